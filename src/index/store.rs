//! An index on disk: one file, written beside the old one and renamed over it. Entries are kept by the
//! digest of their text, so branches share what they have in common, and switching back finds it.
//!
//! Layout, little-endian, numbers as LEB128: a magic, a version, a CRC-32 of all that follows; when it
//! was made; the entries by key; the files by path. Anything else is no index, and a new one is made.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::survey::Skipped;
use crate::context::search::Entry;
use crate::context::search::codec::{self, Reader, number};
use crate::text::highlight::Language;
use crate::text::{Digest, RepoPath};
use crate::workspace::Stamp;

const MAGIC: &[u8; 10] = b"rein-index";

/// Raised whenever chunks, terms or this layout change.
pub(super) const VERSION: u32 = 2;

const HEADER: usize = MAGIC.len() + 4 + 4;

const NAME: &str = "index";

/// Largest file believed to be an index, in bytes.
const MOST: u64 = 1 << 30;

/// Largest file beside it that is believed to be ours, in bytes.
const MOST_BESIDE: u64 = 1 << 20;

/// Entries that no file uses are kept while they are fewer than this, or a quarter of those in use.
const SPARE: usize = 64;

const REASONS: [Skipped; 6] = [
    Skipped::Secret,
    Skipped::Binary,
    Skipped::TooLarge,
    Skipped::Generated,
    Skipped::OverLimit,
    Skipped::Unreadable,
];

/// What an entry is made from: the bytes, and the language they are read as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Key {
    digest: Digest,
    language: u8,
}

impl Key {
    pub(super) fn new(path: &RepoPath, digest: Digest) -> Self {
        Self { digest, language: Language::of(path).map_or(0, |language| language as u8 + 1) }
    }

    pub(super) fn digest(self) -> Digest {
        self.digest
    }

    pub(super) fn language(self) -> u8 {
        self.language
    }
}

/// An entry as it lies on disk: to find one changed file the others need not be unpacked.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    all: Arc<Vec<u8>>,
    own: Range<usize>,
}

impl Packed {
    pub(super) fn new(entry: &Entry) -> Self {
        let mut bytes = Vec::new();
        codec::encode(entry, &mut bytes);
        Self { own: 0..bytes.len(), all: Arc::new(bytes) }
    }

    fn bytes(&self) -> &[u8] {
        self.all.get(self.own.clone()).unwrap_or_default()
    }

    pub(super) fn entry(&self) -> Option<Entry> {
        codec::decode(self.bytes())
    }

    /// How many chunks it has.
    pub(super) fn chunks(&self) -> usize {
        Reader(self.bytes()).count().unwrap_or(0)
    }
}

impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    Indexed(Key),
    Skipped(Skipped),
}

/// A file as it was when last looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    pub(super) path: RepoPath,
    pub(super) stamp: Stamp,
    pub(super) content: Content,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Store {
    /// When the files were looked at, in nanoseconds since 1970.
    pub(super) made: i64,
    /// By path, ascending.
    pub(super) files: Vec<Kept>,
    pub(super) entries: BTreeMap<Key, Packed>,
    /// Size on disk; 0: not there.
    pub(super) bytes: u64,
}

impl Store {
    /// Drops entries that no file uses, beyond some that a switch back to another branch may want.
    pub(super) fn forget(&mut self) {
        let used: HashSet<Key> = self
            .files
            .iter()
            .filter_map(|kept| match kept.content {
                Content::Indexed(key) => Some(key),
                Content::Skipped(_) => None,
            })
            .collect();
        let mut spare = self.entries.len().saturating_sub(used.len());
        let most = (used.len() / 4).max(SPARE);
        self.entries.retain(|key, _| {
            let keep = used.contains(key) || spare <= most;
            spare -= usize::from(!keep);
            keep
        });
    }
}

/// Nanoseconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// The index in `folder`; `None` when there is none that can be read.
pub(super) fn load(folder: &Path) -> Option<Store> {
    let path = folder.join(NAME);
    let size = fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= MOST)?.len();
    let mut store = decode(Arc::new(fs::read(path).ok()?))?;
    store.bytes = size;
    Some(store)
}

/// Puts the index in `folder`, all or nothing, for the user's own eyes. Its size in bytes.
pub(super) fn save(folder: &Path, store: &Store) -> io::Result<u64> {
    let bytes = encode(store);
    put(folder, NAME, &bytes)?;
    sweep(folder);
    Ok(bytes.len() as u64)
}

fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = Staged(folder.join(format!("{name}.{}.new", std::process::id())));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new.0)?;
    file.write_all(bytes)?;
    drop(file);
    fs::rename(&new.0, folder.join(name))
}

/// Puts something small beside the index, all or nothing, with a checksum before it.
pub(super) fn put_beside(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    put(folder, name, &[&crc32fast::hash(bytes).to_le_bytes(), bytes].concat())
}

/// What lies beside the index by this name; `None` where it is not whole.
pub(super) fn beside(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let path = folder.join(name);
    fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= MOST_BESIDE)?;
    let bytes = fs::read(path).ok()?;
    let (sum, rest) = bytes.split_first_chunk()?;
    (u32::from_le_bytes(*sum) == crc32fast::hash(rest)).then(|| rest.to_vec())
}

/// Of the files whose names begin so, the `most` that were written last stay.
pub(super) fn keep_newest(folder: &Path, begins: &str, most: usize) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let whole = |name: &str| name.starts_with(begins) && !name.ends_with(".new");
    let named = entries.filter(|entry| whole(&entry.file_name().to_string_lossy()));
    let written = |entry: &fs::DirEntry| entry.metadata().ok().and_then(|about| about.modified().ok());
    let mut all: Vec<_> = named.map(|entry| (written(&entry), entry.path())).collect();
    all.sort();
    let old = all.len().saturating_sub(most);
    all.into_iter().take(old).for_each(|(_, path)| drop(fs::remove_file(path)));
}

/// A file that goes away unless it was renamed.
struct Staged(PathBuf);

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Removes what a killed process left, a day later, when it cannot be another one's work under way.
fn sweep(folder: &Path) {
    let old = |entry: &fs::DirEntry| {
        let age = entry.metadata().ok().and_then(|about| about.modified().ok()?.elapsed().ok());
        entry.file_name().to_string_lossy().ends_with(".new") && age.is_some_and(|age| age.as_secs() > 86_400)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(old).for_each(|entry| drop(fs::remove_file(entry.path())));
}

fn encode(store: &Store) -> Vec<u8> {
    let mut out = Vec::with_capacity(store.bytes as usize + (64 << 10));
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&store.made.to_le_bytes());
    number(&mut out, store.entries.len());
    let mut places = BTreeMap::new();
    for (place, (key, packed)) in store.entries.iter().enumerate() {
        let bytes = packed.bytes();
        out.extend_from_slice(key.digest.bytes());
        out.push(key.language);
        number(&mut out, bytes.len());
        out.extend_from_slice(bytes);
        places.insert(*key, place);
    }
    number(&mut out, store.files.len());
    for kept in &store.files {
        number(&mut out, kept.path.as_str().len());
        out.extend_from_slice(kept.path.as_str().as_bytes());
        for field in [kept.stamp.bytes, kept.stamp.inode] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        for field in [kept.stamp.modified, kept.stamp.changed] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        match kept.content {
            Content::Skipped(why) => {
                number(&mut out, REASONS.iter().position(|one| *one == why).unwrap_or(0))
            }
            Content::Indexed(key) => number(&mut out, REASONS.len() + places.get(&key).copied().unwrap_or(0)),
        }
    }
    let sum = crc32fast::hash(out.get(HEADER..).unwrap_or_default());
    if let Some(field) = out.get_mut(HEADER - 4..HEADER) {
        field.copy_from_slice(&sum.to_le_bytes());
    }
    out
}

fn decode(all: Arc<Vec<u8>>) -> Option<Store> {
    let mut from = Reader(&all);
    let right = from.take(MAGIC.len())? == MAGIC && from.take(4)? == VERSION.to_le_bytes();
    let sum = u32::from_le_bytes(from.take(4)?.try_into().ok()?);
    if !right || crc32fast::hash(from.0) != sum {
        return None;
    }
    let made = i64::from_le_bytes(from.take(8)?.try_into().ok()?);
    let mut entries = BTreeMap::new();
    let mut keys = Vec::new();
    for _ in 0..from.count()? {
        let digest = Digest::from_bytes(from.take(32)?.try_into().ok()?);
        let key = Key { digest, language: *from.take(1)?.first()? };
        let size = from.number()?;
        let start = all.len() - from.0.len();
        from.take(size)?;
        entries.insert(key, Packed { all: Arc::clone(&all), own: start..start + size });
        keys.push(key);
    }
    let mut files = Vec::new();
    for _ in 0..from.count()? {
        files.push(kept(&mut from, &keys)?);
    }
    from.0.is_empty().then_some(Store { made, files, entries, bytes: 0 })
}

fn kept(from: &mut Reader<'_>, keys: &[Key]) -> Option<Kept> {
    let length = from.number()?;
    let path = RepoPath::parse(std::str::from_utf8(from.take(length)?).ok()?).ok()?;
    let mut field = || Some(u64::from_le_bytes(from.take(8)?.try_into().ok()?));
    let (bytes, inode) = (field()?, field()?);
    let (modified, changed) = (field()?.cast_signed(), field()?.cast_signed());
    let tag = from.number()?;
    let content = match REASONS.get(tag) {
        Some(why) => Content::Skipped(*why),
        None => Content::Indexed(*keys.get(tag - REASONS.len())?),
    };
    Some(Kept { path, stamp: Stamp { bytes, modified, changed, inode }, content })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lines;
    use proptest::prelude::*;

    fn indexed(path: &str, text: &str) -> (Kept, Key, Packed) {
        let path = RepoPath::parse(path).unwrap();
        let key = Key::new(&path, Digest::of(text.as_bytes()));
        let entry = Packed::new(&Entry::of(&path, &Lines::from(text)));
        let stamp = Stamp { bytes: text.len() as u64, modified: -1, changed: i64::MAX, inode: u64::MAX };
        (Kept { path, stamp, content: Content::Indexed(key) }, key, entry)
    }

    fn store(files: &[(&str, &str)]) -> Store {
        let mut store = Store { made: 7, ..Store::default() };
        for (path, text) in files {
            let (kept, key, entry) = indexed(path, text);
            store.files.push(kept);
            store.entries.insert(key, entry);
        }
        let path = RepoPath::parse("z").unwrap();
        let stamp = Stamp { bytes: 0, modified: 0, changed: 0, inode: 0 };
        store.files.push(Kept { path, stamp, content: Content::Skipped(Skipped::Secret) });
        store
    }

    const SOME: [(&str, &str); 3] =
        [("a.rs", "fn a() {}\n"), ("b.txt", "fn a() {}\n"), ("c.rs", "fn a() {}\n")];

    #[test]
    fn what_is_kept_comes_back_and_equal_texts_share_an_entry() {
        let store = store(&SOME);
        assert_eq!(store.entries.len(), 2, "a.rs and c.rs are one, b.txt is read as another language");
        assert_eq!(decode(Arc::new(encode(&store))), Some(store));
    }

    #[test]
    fn another_version_is_no_index() {
        let mut bytes = encode(&store(&SOME));
        bytes[MAGIC.len()] += 1;
        assert_eq!(decode(Arc::new(bytes)), None);
    }

    #[test]
    fn entries_of_another_branch_are_kept_to_a_limit() {
        let mut store = store(&SOME);
        for n in 0..SPARE + 10 {
            let (_, key, entry) = indexed("x.rs", &format!("fn x{n}() {{}}\n"));
            store.entries.insert(key, entry);
        }
        store.forget();
        assert_eq!(store.entries.len(), 2 + SPARE);
        assert!(store.files.iter().all(|kept| match kept.content {
            Content::Indexed(key) => store.entries.contains_key(&key),
            Content::Skipped(_) => true,
        }));
    }

    proptest! {
        #[test]
        fn any_damage_is_noticed(at in any::<prop::sample::Index>(), flip in 1_u8..=255) {
            let mut bytes = encode(&store(&SOME));
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert_eq!(decode(Arc::new(bytes)), None);
        }

        #[test]
        fn no_bytes_behind_a_right_checksum_do_harm(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &crc32fast::hash(&body).to_le_bytes()].concat();
            bytes.extend(&body);
            let entries = decode(Arc::new(bytes)).map(|store| store.entries).unwrap_or_default();
            entries.values().for_each(|packed| drop(packed.entry()));
        }
    }
}
