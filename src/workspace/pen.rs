//! The calls that change a disk, all of them: whatever this room writes, in the project or in its
//! own state, goes through a [`Pen`]. It owns no path and takes no decision; it works on names
//! inside folders that somebody else opened, so that no path is resolved twice.
//!
//! Under test a fault can be set at the n-th call (a kill, a torn write, one I/O error, a full
//! disk), which is how the laws about crashes are tried at every single step.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{Advice, AtFlags, Gid, Mode, OFlags, RenameFlags, Stat, Uid, XattrFlags};
use rustix::io::Errno;

/// What kind of call is about to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Call {
    Create,
    Write,
    Sync,
    Rename,
    Remove,
    Mode,
}

/// Writes. Cloning shares the fault that a test may have set.
#[derive(Clone, Default, Debug)]
pub(super) struct Pen {
    #[cfg(test)]
    pub(super) faults: faults::Faults,
}

impl Pen {
    /// A new file in `folder`; never an existing one, never through a link (`O_EXCL`). `mode` is cut
    /// by the umask.
    pub(super) fn create(&self, folder: BorrowedFd<'_>, name: &str, mode: u32) -> io::Result<File> {
        self.step(Call::Create)?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(mode))?))
    }

    /// A new file in `folder` that holds `bytes`, not yet handed to the disk.
    pub(super) fn create_with(
        &self,
        folder: BorrowedFd<'_>,
        name: &str,
        mode: u32,
        bytes: &[u8],
    ) -> io::Result<File> {
        let mut file = self.create(folder, name, mode)?;
        self.write(&mut file, bytes)?;
        Ok(file)
    }

    /// Opens the lock file of a state folder, making it if need be.
    pub(super) fn lock_file(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<File> {
        self.step(Call::Create)?;
        let flags = OFlags::CREATE | OFlags::NOFOLLOW | OFlags::RDWR | OFlags::CLOEXEC;
        Ok(File::from(rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(0o600))?))
    }

    pub(super) fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        self.tear(file, bytes)?;
        self.step(Call::Write)?;
        file.write_all(bytes)
    }

    pub(super) fn set_mode(&self, file: &File, mode: u32) -> io::Result<()> {
        self.step(Call::Mode)?;
        Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(mode))?)
    }

    /// Gives `file` the owner and group of `like`, as far as we may. Only root may give a file away;
    /// then the group, and then nothing, is what is left, as with every editor that renames.
    pub(super) fn match_owner(&self, file: &File, like: &Stat) -> io::Result<()> {
        let mine = rustix::fs::fstat(file)?;
        if (mine.st_uid, mine.st_gid) == (like.st_uid, like.st_gid) {
            return Ok(());
        }
        self.step(Call::Mode)?;
        let group = Some(Gid::from_raw(like.st_gid));
        if rustix::fs::fchown(file, Some(Uid::from_raw(like.st_uid)), group).is_err() {
            let _ = rustix::fs::fchown(file, None, group);
        }
        Ok(())
    }

    /// Sets an extended attribute, as xattr(7) names them.
    pub(super) fn set_attribute(&self, file: &File, name: &CStr, value: &[u8]) -> io::Result<()> {
        self.step(Call::Mode)?;
        Ok(rustix::fs::fsetxattr(file, name, value, XattrFlags::empty())?)
    }

    pub(super) fn remove_attribute(&self, file: &File, name: &CStr) -> io::Result<()> {
        self.step(Call::Mode)?;
        Ok(rustix::fs::fremovexattr(file, name)?)
    }

    /// Hands a file's bytes, or a folder's names, to the disk.
    pub(super) fn sync(&self, file: impl AsFd) -> io::Result<()> {
        self.step(Call::Sync)?;
        Ok(rustix::fs::fsync(file)?)
    }

    /// Hands the bytes of several files to the disk: all are on their way before one is waited for,
    /// which takes about half as long.
    pub(super) fn sync_all(&self, files: &[File]) -> io::Result<()> {
        for file in files {
            // Advice: the kernel begins to write what it is told will not be read soon.
            let _ = rustix::fs::fadvise(file, 0, None, Advice::DontNeed);
        }
        files.iter().try_for_each(|file| self.sync(file))
    }

    /// Renames within one folder, replacing what is there.
    pub(super) fn replace(&self, folder: BorrowedFd<'_>, from: &str, to: &str) -> io::Result<()> {
        self.step(Call::Rename)?;
        Ok(rustix::fs::renameat(folder, from, folder, to)?)
    }

    /// Lets two names of one folder change places. Where the file system cannot, `from` replaces `to`.
    pub(super) fn exchange(&self, folder: BorrowedFd<'_>, from: &str, to: &str) -> io::Result<()> {
        self.step(Call::Rename)?;
        match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::EXCHANGE) {
            Err(Errno::INVAL | Errno::NOSYS) => Ok(rustix::fs::renameat(folder, from, folder, to)?),
            other => Ok(other?),
        }
    }

    /// Renames from one folder to another of the same file system, replacing what is there.
    pub(super) fn transfer(
        &self,
        (folder, from): (BorrowedFd<'_>, &str),
        (other, to): (BorrowedFd<'_>, &str),
    ) -> io::Result<()> {
        self.step(Call::Rename)?;
        Ok(rustix::fs::renameat(folder, from, other, to)?)
    }

    /// Renames within one folder; an error when something is there already.
    pub(super) fn rename_new(&self, folder: BorrowedFd<'_>, from: &str, to: &str) -> io::Result<()> {
        self.step(Call::Rename)?;
        match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
            // The file system does not know the flag: look, then rename.
            Err(Errno::INVAL | Errno::NOSYS) => {
                match rustix::fs::statat(folder, to, AtFlags::SYMLINK_NOFOLLOW) {
                    Err(Errno::NOENT) => Ok(rustix::fs::renameat(folder, from, folder, to)?),
                    Err(other) => Err(other.into()),
                    Ok(_) => Err(Errno::EXIST.into()),
                }
            }
            other => Ok(other?),
        }
    }

    /// Removes a file; that there is none is no error.
    pub(super) fn remove(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        self.step(Call::Remove)?;
        match rustix::fs::unlinkat(folder, name, AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Makes a folder; that there is one is no error. `mode` is cut by the umask.
    pub(super) fn make_folder(&self, folder: BorrowedFd<'_>, name: &str, mode: u32) -> io::Result<()> {
        self.step(Call::Create)?;
        match rustix::fs::mkdirat(folder, name, Mode::from_raw_mode(mode)) {
            Err(Errno::EXIST) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Removes a folder if it is empty; that it is gone or not empty is no error.
    pub(super) fn remove_folder_if_empty(&self, folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
        self.step(Call::Remove)?;
        match rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR) {
            Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => Ok(()),
            other => Ok(other?),
        }
    }

    /// A folder of our own, with its parents, for our eyes only. The disk has it when this returns:
    /// a record is worth nothing in a folder that a power cut takes away.
    pub(super) fn private_folder(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        let Some(parent) = path.parent().filter(|_| !path.is_dir()) else { return Ok(()) };
        self.private_folder(parent)?;
        self.step(Call::Create)?;
        match std::fs::DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.sync(File::open(parent)?)
    }

    #[cfg(not(test))]
    fn step(&self, _: Call) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn step(&self, call: Call) -> io::Result<()> {
        self.faults.step(call)
    }

    /// A process that is killed at a write may have written half.
    #[cfg(test)]
    fn tear(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let half = if self.faults.tears_next() { bytes.len() / 2 } else { 0 };
        file.write_all(&bytes[..half])
    }
}

#[cfg(test)]
pub(super) mod faults {
    //! Faults at the n-th call.

    use std::io;
    use std::sync::{Arc, Mutex};

    use rustix::io::Errno;

    use super::Call;

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) enum Fault {
        /// The process is gone: nothing from here on happens, half a write aside.
        Kill,
        /// The call fails with `EIO`; the ones after it work.
        Once,
        /// From here on nothing new fits on the disk.
        Full,
    }

    #[derive(Clone, Default, Debug)]
    pub(crate) struct Faults(Arc<Mutex<State>>);

    #[derive(Default, Debug)]
    struct State {
        set: Option<(usize, Fault)>,
        meddling: Option<Meddling>,
        calls: usize,
    }

    /// What somebody else does just before the n-th call.
    struct Meddling {
        at: usize,
        deed: Box<dyn FnOnce() + Send>,
    }

    impl std::fmt::Debug for Meddling {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "meddling at {}", self.at)
        }
    }

    impl Faults {
        /// Sets `fault` at the n-th call from now, counted from 1.
        pub(crate) fn set(&self, at: usize, fault: Fault) {
            *self.0.lock().unwrap() = State { set: Some((at, fault)), ..State::default() };
        }

        /// Lets somebody else do `deed` just before the n-th call, counted like that of `set`.
        pub(crate) fn meddle(&self, at: usize, deed: impl FnOnce() + Send + 'static) {
            self.0.lock().unwrap().meddling = Some(Meddling { at, deed: Box::new(deed) });
        }

        pub(crate) fn calls(&self) -> usize {
            self.0.lock().unwrap().calls
        }

        pub(super) fn tears_next(&self) -> bool {
            let state = self.0.lock().unwrap();
            state.set == Some((state.calls + 1, Fault::Kill))
        }

        pub(super) fn step(&self, call: Call) -> io::Result<()> {
            let mut state = self.0.lock().unwrap();
            state.calls += 1;
            let calls = state.calls;
            if let Some(meddling) = state.meddling.take_if(|meddling| meddling.at == calls) {
                (meddling.deed)();
            }
            let Some((at, fault)) = state.set else { return Ok(()) };
            let grows = matches!(call, Call::Create | Call::Write);
            match fault {
                Fault::Kill if state.calls >= at => Err(io::Error::other("killed")),
                Fault::Once if state.calls == at => Err(Errno::IO.into()),
                Fault::Full if state.calls >= at && grows => Err(Errno::NOSPC.into()),
                _ => Ok(()),
            }
        }
    }
}
