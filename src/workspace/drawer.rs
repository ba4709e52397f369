//! A folder of rein's own below the state folder: small files that only this user can read, written
//! whole or appended to under a lock, and cleared out by age and size. It knows neither what is in
//! them nor what for, and reaches no file of the project.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Such a folder. It is made when something is put into it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawer {
    folder: PathBuf,
}

/// What to put at the end of a file, and what came of looking at it.
pub type Appended<T> = (Option<Vec<u8>>, T);

impl Drawer {
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new file with these bytes.
    ///
    /// # Errors
    /// There is one of that name ([`io::ErrorKind::AlreadyExists`]), or it cannot be written.
    pub fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.made(name)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)
    }

    /// Shows what the file holds to `decide` and appends what that says, with no other process in
    /// between.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn append<T>(&self, name: &str, decide: impl FnOnce(&[u8]) -> Appended<T>) -> io::Result<T> {
        let path = self.made(name)?;
        let options = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
        let mut file: File = options?;
        file.lock()?;
        let mut held = Vec::new();
        file.read_to_end(&mut held)?;
        let (more, result) = decide(&held);
        if let Some(more) = more {
            // What a crash cut off must not swallow the next line.
            if held.last().is_some_and(|last| *last != b'\n') {
                file.write_all(b"\n")?;
            }
            file.seek(io::SeekFrom::End(0))?;
            file.write_all(&more)?;
        }
        file.unlock()?;
        Ok(result)
    }

    /// What a file holds; `None` if there is none.
    ///
    /// # Errors
    /// It is there and cannot be read, or the name is none of ours.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.path(name)?) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// The files' names, in order.
    ///
    /// # Errors
    /// The folder is there and cannot be read.
    pub fn names(&self) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().into_string().ok().filter(|name| is_plain(name)));
        }
        names.sort();
        Ok(names)
    }

    /// Removes what is older than `age`, and of the rest the first by name until no more than `bytes`
    /// are left.
    ///
    /// # Errors
    /// The folder cannot be read, or a file not removed.
    pub fn clear_out(&self, age: Duration, bytes: u64) -> io::Result<()> {
        let oldest = SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut room = bytes;
        for name in self.names()?.iter().rev() {
            let path = self.path(name)?;
            let Ok(found) = std::fs::symlink_metadata(&path) else { continue };
            let is_old = found.modified().is_ok_and(|time| time < oldest);
            match room.checked_sub(found.len()).filter(|_| !is_old) {
                Some(left) => room = left,
                None => {
                    // What is older than a file that had no room has none either.
                    room = if is_old { room } else { 0 };
                    std::fs::remove_file(path)?;
                }
            }
        }
        Ok(())
    }

    fn made(&self, name: &str) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.path(name)
    }

    fn path(&self, name: &str) -> io::Result<PathBuf> {
        if is_plain(name) { Ok(self.folder.join(name)) } else { Err(io::ErrorKind::InvalidFilename.into()) }
    }
}

/// A name that is one file's in this folder, and no hidden one's.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn drawer() -> (tempfile::TempDir, Drawer) {
        let folder = tempfile::tempdir().unwrap();
        let drawer = Drawer::at(folder.path().join("a/b"));
        (folder, drawer)
    }

    #[test]
    fn what_is_put_in_is_the_users_alone_and_never_replaced() {
        let (_folder, drawer) = drawer();
        assert_eq!(drawer.names().unwrap(), [""; 0]);
        drawer.put("one", b"\xff\n").unwrap();
        assert_eq!(drawer.put("one", b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(drawer.read("one").unwrap().unwrap(), b"\xff\n");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&drawer.folder().join("one")), 0o600);
        assert_eq!(mode(drawer.folder()), 0o700);
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let (_folder, drawer) = drawer();
        for name in ["../x", "/etc/passwd", "", ".", "..", ".hidden", "a/b", "a\0"] {
            assert!(drawer.put(name, b"x").is_err(), "{name:?}");
            assert!(drawer.read(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn lines_are_appended_by_one_at_a_time() {
        let (_folder, drawer) = drawer();
        let add = || {
            let count = |held: &[u8]| held.iter().filter(|byte| **byte == b'\n').count();
            drawer.append("sum", |held| (Some(format!("{}\n", count(held)).into_bytes()), ())).unwrap();
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| (0..25).for_each(|_| add())))));
        let held = String::from_utf8(drawer.read("sum").unwrap().unwrap()).unwrap();
        let expected: String = (0..100).map(|n| format!("{n}\n")).collect();
        assert_eq!(held, expected);
    }

    #[test]
    fn a_line_that_a_crash_cut_off_swallows_no_other() {
        let (_folder, drawer) = drawer();
        drawer.put("sum", b"whole\ncut").unwrap();
        drawer.append("sum", |_| (Some(b"next\n".to_vec()), ())).unwrap();
        assert_eq!(drawer.read("sum").unwrap().unwrap(), b"whole\ncut\nnext\n");
    }

    #[test]
    fn what_is_old_or_too_much_goes_the_first_by_name_first() {
        let (_folder, drawer) = drawer();
        for name in ["1", "2", "3"] {
            drawer.put(name, &[0; 10]).unwrap();
        }
        let day = Duration::from_secs(86_400);
        drawer.clear_out(day, 30).unwrap();
        assert_eq!(drawer.names().unwrap(), ["1", "2", "3"]);
        drawer.clear_out(day, 25).unwrap();
        assert_eq!(drawer.names().unwrap(), ["2", "3"]);
        let old = std::fs::File::options().write(true).open(drawer.folder().join("2")).unwrap();
        old.set_modified(SystemTime::now() - day * 2).unwrap();
        drawer.clear_out(day, 25).unwrap();
        assert_eq!(drawer.names().unwrap(), ["3"]);
    }
}
