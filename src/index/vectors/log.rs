//! A file of records that is only ever added to, so that a kill costs at most the record under way:
//! each says how long it is and carries a CRC-32, and what follows the last whole one is cut off before
//! the next is written. Several processes may add to one file: each takes in what the others added
//! before it writes, under a lock. Disposable, like the index beside it. It knows no chunk and no vector.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Largest file that is read, in bytes: it is held in memory.
const MOST: u64 = 2 << 30;

/// Length and checksum before each record.
const FRAME: usize = 8;

/// See the module. Nothing is made on disk before something is added.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// The first record. A file with another one holds something else, and is begun anew.
    title: Vec<u8>,
    /// Where the last whole record ends that was taken in; 0: not even the title was.
    end: u64,
    /// Which file that was: another process may have put a shorter one in its place.
    inode: u64,
}

impl Log {
    /// The file `name` in `folder`; `each` is given the records that are in it.
    pub(super) fn open(folder: &Path, name: &str, title: &[u8], each: &mut dyn FnMut(&[u8])) -> Self {
        let mut log = Self { path: folder.join(name), title: title.to_vec(), end: 0, inode: 0 };
        let (size, inode) = fs::metadata(&log.path).map_or((0, 0), |about| (about.len(), about.ino()));
        log.inode = inode;
        if let (1..=MOST, Ok(mut file)) = (size, File::open(&log.path)) {
            // What cannot be read is made again, and paid for again: no worse than a lost cache.
            let _ = log.take_in(&mut file, each);
        }
        log
    }

    /// Its size on disk, in bytes, as far as it is whole.
    pub(super) fn bytes(&self) -> u64 {
        self.end
    }

    /// Adds records, after giving `each` those that others have added since.
    ///
    /// # Errors
    /// The file cannot be written, or would be too large to be read again.
    pub(super) fn append(&mut self, records: &[Vec<u8>], each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let options = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path);
        let mut file: File = options?;
        file.lock()?;
        let about = file.metadata()?;
        let size = about.len();
        if size < self.end || about.ino() != self.inode {
            (self.end, self.inode) = (0, about.ino());
        }
        if size > self.end {
            self.take_in(&mut file, each)?;
            // What a kill cut off, or what was never ours, must not stand before what comes now.
            file.set_len(self.end)?;
        }
        let mut out = Vec::new();
        if self.end == 0 {
            frame(&self.title, &mut out);
        }
        records.iter().for_each(|record| frame(record, &mut out));
        if self.end.saturating_add(out.len() as u64) > MOST {
            return Err(io::Error::other("it would be larger than 2 GiB"));
        }
        file.write_all(&out)?;
        self.end += out.len() as u64;
        file.unlock()
    }

    /// Begins the file anew with these records alone, all or nothing.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn replace(&mut self, records: &[Vec<u8>]) -> io::Result<()> {
        let staged = self.path.with_extension(format!("{}.new", std::process::id()));
        let mut new = Self { path: staged.clone(), title: self.title.clone(), end: 0, inode: 0 };
        let _ = fs::remove_file(&staged);
        let written = new.append(records, &mut |_| {}).and_then(|()| fs::rename(&staged, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&staged);
        }
        (self.end, self.inode) = (new.end, new.inode);
        written
    }

    /// Reads on from where it is whole.
    fn take_in(&mut self, file: &mut File, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.end))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        let mut rest = bytes.as_slice();
        while let Some((record, after)) = whole(rest) {
            if self.end == 0 && record != self.title {
                return Ok(());
            }
            if self.end > 0 {
                each(record);
            }
            self.end += (rest.len() - after.len()) as u64;
            rest = after;
        }
        Ok(())
    }
}

fn frame(record: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(record.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(record).to_le_bytes());
    out.extend_from_slice(record);
}

/// The first record, if it is whole, and what follows it.
fn whole(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(FRAME)?;
    let (length, sum) = head.split_at_checked(4)?;
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    let (record, after) = rest.split_at_checked(length)?;
    (sum == crc32fast::hash(record).to_le_bytes()).then_some((record, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open(folder: &Path, title: &str) -> (Log, Vec<Vec<u8>>) {
        let mut found = Vec::new();
        let log = Log::open(folder, "log", title.as_bytes(), &mut |record| found.push(record.to_vec()));
        (log, found)
    }

    #[test]
    fn what_was_added_is_there_again_and_a_file_of_something_else_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, found) = open(folder.path(), "one");
        assert!(found.is_empty() && !folder.path().join("log").exists(), "looking makes nothing");
        log.append(&[b"a".to_vec(), vec![]], &mut |_| {}).unwrap();
        assert_eq!(open(folder.path(), "one").1, [b"a".to_vec(), vec![]]);
        let (mut other, found) = open(folder.path(), "two");
        assert!(found.is_empty());
        other.append(&[b"b".to_vec()], &mut |_| {}).unwrap();
        assert_eq!(open(folder.path(), "two").1, [b"b".to_vec()]);
        assert!(open(folder.path(), "one").1.is_empty());
    }

    #[test]
    fn two_processes_take_in_what_the_other_added() {
        let folder = tempfile::tempdir().unwrap();
        let ((mut one, _), (mut two, _)) = (open(folder.path(), "t"), open(folder.path(), "t"));
        one.append(&[b"a".to_vec()], &mut |_| {}).unwrap();
        let mut news = Vec::new();
        two.append(&[b"b".to_vec()], &mut |record| news.push(record.to_vec())).unwrap();
        assert_eq!(news, [b"a".to_vec()]);
        one.append(&[b"c".to_vec()], &mut |record| news.push(record.to_vec())).unwrap();
        assert_eq!(news[1..], [b"b".to_vec()]);
        assert_eq!(open(folder.path(), "t").1.concat(), b"abc");
        one.replace(&[b"d".to_vec()]).unwrap();
        assert_eq!(open(folder.path(), "t").1, [b"d".to_vec()]);
        two.append(&[b"e".to_vec()], &mut |record| news.push(record.to_vec())).unwrap();
        assert_eq!(
            (news.last().unwrap().as_slice(), open(folder.path(), "t").1.concat()),
            (&b"d"[..], b"de".to_vec())
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_file_cut_or_damaged_anywhere_keeps_what_was_whole_before_and_grows_on(
            cut in any::<prop::sample::Index>(), flip in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let records = [b"first".to_vec(), b"second".to_vec(), b"third".to_vec()];
            open(folder.path(), "t").0.append(&records, &mut |_| {}).unwrap();
            let path = folder.path().join("log");
            let mut bytes = fs::read(&path).unwrap();
            let at = cut.index(bytes.len());
            if flip { bytes[at] ^= 0x40 } else { bytes.truncate(at) }
            fs::write(&path, &bytes).unwrap();
            let (mut log, found) = open(folder.path(), "t");
            prop_assert!(found.len() < 3 && records.starts_with(&found));
            log.append(&[b"new".to_vec()], &mut |_| {}).unwrap();
            let again = open(folder.path(), "t").1;
            prop_assert_eq!(again.last().map(Vec::as_slice), Some(b"new".as_slice()));
            prop_assert_eq!(again.len(), found.len() + 1);
        }
    }
}
