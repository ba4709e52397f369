//! The project's files, reached from a handle of the root folder and never by a path string from
//! outside: `openat2(2)` with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS`, or
//! the same walk component by component where the kernel has no `openat2` (before Linux 5.6, or
//! behind a filter). A folder swapped for a link after a check is an error, not an escape.
//!
//! Links are followed here and only here, by name: [`Tree::real`] says which file a path means, and
//! everything after that opens strictly. This file only reads.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use super::error::{PathProblem, ReadError};
use crate::text::{Digest, RepoPath};

/// Longest file read, in bytes.
pub(super) const LIMIT: u64 = 16 << 20;

/// Most links followed on one path, as the kernel's own limit.
const MOST_LINKS: usize = 40;

#[derive(Debug)]
pub(super) struct Tree {
    root: OwnedFd,
    path: PathBuf,
    /// Walk even where the kernel could resolve.
    walk: bool,
}

/// A file's bytes as they lay on disk at one moment.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) bytes: Arc<[u8]>,
    pub(super) digest: Digest,
    /// Permission bits (`0o7777`).
    pub(super) mode: u32,
}

impl Tree {
    /// `path`: the canonical root.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { root, path: path.to_owned(), walk: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Which file `path` means once links are followed. A path without links is itself, whether
    /// something lies there or not.
    pub(super) fn real(&self, path: &RepoPath) -> Result<RepoPath, PathProblem> {
        match self.open_strictly(path.as_str(), OFlags::PATH) {
            Err(Errno::LOOP | Errno::XDEV) => self.follow(path),
            _ => Ok(path.clone()),
        }
    }

    fn follow(&self, path: &RepoPath) -> Result<RepoPath, PathProblem> {
        let outside = |target: &str| PathProblem::LinkOutside {
            path: path.clone(),
            target: target.escape_debug().to_string(),
        };
        let mut left: Vec<String> = path.as_str().rsplit('/').map(str::to_owned).collect();
        let mut done: Vec<String> = Vec::new();
        let mut links = 0;
        let mut last = String::new();
        // How many components are left when the outermost link has been followed to its end.
        let mut landing = None;
        loop {
            if landing == Some(left.len()) {
                let end = self.open_strictly(&done.join("/"), OFlags::PATH);
                end.map_err(|_| PathProblem::LinkDangling(path.clone()))?;
                landing = None;
            }
            let Some(component) = left.pop() else { break };
            match component.as_str() {
                "" | "." => continue,
                ".." => {
                    done.pop().ok_or_else(|| outside(&last))?;
                    continue;
                }
                _ => {}
            }
            let Some(target) = self.link_target(&done, &component) else {
                done.push(component);
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return Err(PathProblem::LinkLoop(path.clone()));
            }
            last = target.ok_or_else(|| outside("a name that is not UTF-8"))?;
            landing = Some(landing.map_or(left.len(), |end: usize| end.min(left.len())));
            let relative = self.relative(&last, &mut done).ok_or_else(|| outside(&last))?;
            left.extend(relative.rsplit('/').map(str::to_owned));
        }
        // A link may lead into metadata, or to the root: its own name does not say so, its target does.
        RepoPath::parse(&done.join("/")).map_err(|_| outside(&last))
    }

    /// A link's target relative to its folder, or to the root when it names the root absolutely.
    fn relative(&self, target: &str, done: &mut Vec<String>) -> Option<String> {
        if !target.starts_with('/') {
            return Some(target.to_owned());
        }
        let inside = Path::new(target).strip_prefix(&self.path).ok()?.to_str()?.to_owned();
        done.clear();
        Some(inside)
    }

    /// What the link `name` in the folder of these components points to; `None`: it is no link.
    /// The inner `None`: the target is not UTF-8.
    fn link_target(&self, folder: &[String], name: &str) -> Option<Option<String>> {
        let folder = self.open_strictly(&folder.join("/"), OFlags::PATH | OFlags::DIRECTORY).ok()?;
        let target = rustix::fs::readlinkat(&folder, name, Vec::new()).ok()?;
        Some(target.into_string().ok())
    }

    /// Opens `path` (empty: the root) without following any link.
    fn open_strictly(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC;
        let path = if path.is_empty() { "." } else { path };
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        if self.walk {
            return self.walk_strictly(path, flags);
        }
        match rustix::fs::openat2(&self.root, path, flags, Mode::empty(), resolve) {
            // Old container filters answer EPERM to calls they do not know.
            Err(Errno::NOSYS | Errno::PERM) => self.walk_strictly(path, flags),
            other => other,
        }
    }

    fn walk_strictly(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let step = |folder: &OwnedFd, name: &str, flags: OFlags| {
            let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
            if kind(&stat) == FileType::Symlink {
                return Err(Errno::LOOP);
            }
            // With O_NOFOLLOW a link that came between the two calls is an error here as well.
            rustix::fs::openat(folder, name, flags | OFlags::NOFOLLOW, Mode::empty())
        };
        let through = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut folder = rustix::fs::openat(&self.root, ".", through, Mode::empty())?;
        for component in folders.split('/').filter(|component| !component.is_empty()) {
            folder = step(&folder, component, through)?;
        }
        step(&folder, name, flags)
    }

    /// The folder that holds `real`, open; `None`: there is no such folder.
    pub(super) fn folder_of(&self, real: &RepoPath) -> Result<Option<OwnedFd>, ReadError> {
        self.folder(parent(real).as_ref())
    }

    /// A folder (`None`: the root), open.
    pub(super) fn folder(&self, path: Option<&RepoPath>) -> Result<Option<OwnedFd>, ReadError> {
        let name = path.map_or("", RepoPath::as_str);
        match self.open_strictly(name, OFlags::RDONLY | OFlags::DIRECTORY) {
            Ok(folder) => Ok(Some(folder)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(error) => Err(match path {
                Some(path) => self.unreadable(path, error),
                None => ReadError::Root { path: self.path.clone(), source: error.into() },
            }),
        }
    }

    /// What lies at `real`, links not followed; `None`: nothing.
    pub(super) fn stat(&self, real: &RepoPath) -> Result<Option<Stat>, ReadError> {
        let Some(folder) = self.folder_of(real)? else { return Ok(None) };
        self.stat_in(&folder, real)
    }

    fn stat_in(&self, folder: &OwnedFd, real: &RepoPath) -> Result<Option<Stat>, ReadError> {
        match rustix::fs::statat(folder, real.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.unreadable(real, error)),
        }
    }

    /// The regular file at `real`, open for reading; `None`: there is none.
    pub(super) fn handle(&self, real: &RepoPath) -> Result<Option<OwnedFd>, ReadError> {
        let Some(folder) = self.folder_of(real)? else { return Ok(None) };
        match self.stat_in(&folder, real)? {
            Some(stat) if kind(&stat) == FileType::RegularFile => self.open_in(&folder, real),
            _ => Ok(None),
        }
    }

    fn open_in(&self, folder: &OwnedFd, real: &RepoPath) -> Result<Option<OwnedFd>, ReadError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(folder, real.file_name(), flags, Mode::empty()) {
            Ok(file) => Ok(Some(file)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.unreadable(real, error)),
        }
    }

    /// The bytes of the regular file at `real`; `None`: there is nothing. Fifos, devices and folders
    /// are refused without opening them.
    pub(super) fn load(&self, real: &RepoPath) -> Result<Option<Loaded>, ReadError> {
        let Some(folder) = self.folder_of(real)? else { return Ok(None) };
        let Some(stat) = self.stat_in(&folder, real)? else { return Ok(None) };
        self.check(real, &stat)?;
        let Some(file) = self.open_in(&folder, real)? else { return Ok(None) };
        // Again on what was opened: names can be swapped between two calls, handles cannot.
        let stat = rustix::fs::fstat(&file).map_err(|error| self.unreadable(real, error))?;
        let size = self.check(real, &stat)?;
        let bytes = read_up_to(file, size, LIMIT);
        let bytes = bytes.map_err(|source| ReadError::Io { path: real.clone(), source })?;
        if bytes.len() as u64 > LIMIT {
            return Err(too_large(real, bytes.len() as u64));
        }
        let digest = Digest::of(&bytes);
        Ok(Some(Loaded { bytes: bytes.into(), digest, mode: stat.st_mode & 0o7777 }))
    }

    /// The size of what is to be read, if it may be.
    fn check(&self, real: &RepoPath, stat: &Stat) -> Result<u64, ReadError> {
        match kind(stat) {
            FileType::RegularFile => {}
            FileType::Symlink => return Err(self.unreadable(real, Errno::LOOP)),
            _ => return Err(ReadError::NotAFile(real.clone())),
        }
        let bytes = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        if bytes > LIMIT { Err(too_large(real, bytes)) } else { Ok(bytes) }
    }

    fn unreadable(&self, path: &RepoPath, error: Errno) -> ReadError {
        match error {
            // A path that was real a moment ago now runs through a link.
            Errno::LOOP | Errno::XDEV => {
                let target = "somewhere else than a moment ago".to_owned();
                PathProblem::LinkOutside { path: path.clone(), target }.into()
            }
            error => ReadError::Io { path: path.clone(), source: error.into() },
        }
    }

    /// May this process write to `real`? The owner's bit is asked too: to root every file is
    /// writable, yet a file somebody made read-only is meant to be.
    pub(super) fn writable(&self, real: &RepoPath, mode: u32) -> bool {
        let Ok(Some(folder)) = self.folder_of(real) else { return false };
        let access = rustix::fs::accessat(
            folder.as_fd(),
            real.file_name(),
            rustix::fs::Access::WRITE_OK,
            AtFlags::EACCESS,
        );
        mode & 0o200 != 0 && access.is_ok()
    }

    #[cfg(test)]
    pub(super) fn walking(mut self) -> Self {
        self.walk = true;
        self
    }
}

/// The folder of `path`; `None`: the root.
pub(super) fn parent(path: &RepoPath) -> Option<RepoPath> {
    let (folder, _) = path.as_str().rsplit_once('/')?;
    RepoPath::parse(folder).ok()
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

fn too_large(path: &RepoPath, bytes: u64) -> ReadError {
    ReadError::TooLarge { path: path.clone(), bytes, limit: LIMIT }
}

/// `size`: how long the file was a moment ago.
fn read_up_to(file: OwnedFd, size: u64, limit: u64) -> io::Result<Vec<u8>> {
    // One byte of room past the end, so that the end is seen without another allocation.
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(limit) + 1).unwrap_or_default());
    File::from(file).take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::fixture::{Project, path};
    use super::*;

    /// The tree as the kernel resolves it and as we walk it: they must agree.
    fn both(project: &Project) -> [Tree; 2] {
        let root = project.root().canonicalize().unwrap();
        [Tree::open(&root).unwrap(), Tree::open(&root).unwrap().walking()]
    }

    fn project() -> Project {
        let project = Project::new(&[("src/a.rs", "text"), ("deep/er/b.rs", "b"), (".git/HEAD", "ref: x")]);
        std::fs::write(project.outside().join("secret"), "secret").unwrap();
        project
    }

    fn link(project: &Project, target: impl AsRef<Path>, name: &str) {
        symlink(target, project.root().join(name)).unwrap();
    }

    #[test]
    fn a_path_without_links_is_itself_whether_or_not_something_is_there() {
        for tree in both(&project()) {
            for plain in ["src/a.rs", "src/new.rs", "no/such/folder", "src/a.rs/below"] {
                assert_eq!(tree.real(&path(plain)).unwrap(), path(plain));
            }
            assert!(tree.load(&path("src/new.rs")).unwrap().is_none());
            assert!(tree.load(&path("src/a.rs/below")).unwrap().is_none());
            assert_eq!(&*tree.load(&path("src/a.rs")).unwrap().unwrap().bytes, b"text");
        }
    }

    #[test]
    fn a_link_inside_leads_to_the_file_it_means() {
        let project = project();
        link(&project, "src/a.rs", "file");
        link(&project, "deep/er", "folder");
        link(&project, "../src/../file", "deep/chain");
        link(&project, project.root().canonicalize().unwrap().join("src"), "absolute");
        for tree in both(&project) {
            for (link, target) in [
                ("file", "src/a.rs"),
                ("folder/b.rs", "deep/er/b.rs"),
                ("folder/new.rs", "deep/er/new.rs"),
                ("deep/chain", "src/a.rs"),
                ("absolute/a.rs", "src/a.rs"),
            ] {
                assert_eq!(tree.real(&path(link)).unwrap(), path(target), "{link}");
            }
        }
    }

    #[test]
    fn a_link_that_leaves_dangles_or_loops_is_refused_by_name() {
        let project = project();
        link(&project, "../secret", "up");
        link(&project, project.outside().join("secret"), "absolute");
        link(&project, "..", "folder");
        link(&project, "src/../../project/src/a.rs", "out-and-in");
        link(&project, ".git/HEAD", "metadata");
        link(&project, ".", "root");
        link(&project, "nothing", "dangling");
        link(&project, "nothing/folder", "dangling-folder");
        link(&project, "loop", "loop");
        link(&project, "pong", "ping");
        link(&project, "ping", "pong");
        link(&project, "/proc/self/root", "magic");
        for tree in both(&project) {
            for (name, expected) in [
                ("up", "leads out"),
                ("absolute", "leads out"),
                ("folder/secret", "leads out"),
                ("folder/new", "leads out"),
                ("out-and-in", "leads out"),
                ("metadata", "leads out"),
                ("root", "leads out"),
                ("magic/etc/passwd", "leads out"),
                ("dangling", "leads nowhere"),
                ("dangling-folder/x", "leads nowhere"),
                ("loop", "leads back"),
                ("ping", "leads back"),
            ] {
                let problem = tree.real(&path(name)).unwrap_err().to_string();
                assert!(problem.contains(expected) && problem.contains('`'), "{name}: {problem}");
            }
        }
    }

    #[test]
    fn a_folder_swapped_for_a_link_after_the_check_is_not_entered() {
        let project = project();
        for tree in both(&project) {
            let real = tree.real(&path("src/a.rs")).unwrap();
            std::fs::rename(project.root().join("src"), project.root().join("moved")).unwrap();
            link(&project, project.outside(), "src");
            assert!(tree.load(&real).is_err());
            assert!(tree.folder_of(&real).is_err());
            std::fs::remove_file(project.root().join("src")).unwrap();
            std::fs::rename(project.root().join("moved"), project.root().join("src")).unwrap();
        }
    }

    #[test]
    fn what_is_not_a_regular_file_is_refused_without_waiting_for_it() {
        let project = project();
        let fifo = project.root().join("fifo");
        let mode = Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, mode, 0).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(project.root().join("socket")).unwrap();
        // Only root may make one: `/dev/zero`, which never ends.
        let (device, zero) = (project.root().join("device"), rustix::fs::makedev(1, 5));
        let made = rustix::fs::mknodat(rustix::fs::CWD, device, FileType::CharacterDevice, mode, zero);
        let names = ["fifo", "socket", "src"].into_iter().chain(made.is_ok().then_some("device"));
        for tree in both(&project) {
            for name in names.clone() {
                let refused = tree.load(&path(name)).unwrap_err();
                assert!(matches!(refused, ReadError::NotAFile(_)), "{name}: {refused}");
            }
        }
    }

    #[test]
    fn a_file_past_the_limit_is_refused_unread() {
        let project = project();
        let file = File::create(project.root().join("huge")).unwrap();
        file.set_len(1 << 40).unwrap();
        for tree in both(&project) {
            let refused = tree.load(&path("huge")).unwrap_err();
            assert!(matches!(refused, ReadError::TooLarge { bytes, .. } if bytes == 1 << 40), "{refused}");
        }
    }
}
