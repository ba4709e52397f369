//! What happens to the project's files while a program runs, told by the kernel (inotify(7)): which files
//! were written, came or went. One watch for each folder that ignore rules do not hide, so that what a
//! build writes wakes nobody. It opens no file and trusts no event: who hears of a change looks.
//!
//! Bounded: a project of too many folders, or a system that has no watches left, is not watched, and says
//! so; whoever would have been told looks at each use instead.

use std::collections::{BTreeSet, HashMap};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;

use super::Workspace;
use super::record::TempName;
use crate::text::RepoPath;

/// Most folders that are watched: each takes about a kilobyte of the kernel's memory.
const MOST_FOLDERS: usize = 10_000;

/// More files than this at once are told as "any".
const MOST_FILES: usize = 2_000;

/// Files that change which files there are.
const RULES: [&str; 2] = [".gitignore", ".ignore"];

/// Why a project is not watched.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotWatched {
    #[error("it has more than {MOST_FOLDERS} folders")]
    TooManyFolders,
    #[error("the system has no watches left (`fs.inotify.max_user_watches`)")]
    NoneLeft,
    #[error("the system allows no more programs that watch (`fs.inotify.max_user_instances`)")]
    TooManyPrograms,
    #[error("the system does not tell of changes: {0}")]
    Impossible(String),
    #[error("stopped")]
    Stopped,
}

impl From<Errno> for NotWatched {
    fn from(why: Errno) -> Self {
        match why {
            Errno::NOSPC => Self::NoneLeft,
            Errno::MFILE | Errno::NFILE => Self::TooManyPrograms,
            why => Self::Impossible(why.to_string()),
        }
    }
}

/// What has happened.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Changes {
    /// Files that were written, came or went, ignored ones among them.
    pub files: BTreeSet<RepoPath>,
    /// Any file may have changed, come or gone: folders did, or rules, or too much happened at once.
    pub any: bool,
    /// Another commit or branch may be checked out.
    pub head: bool,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The watched project.
#[derive(Debug)]
pub struct Watch {
    queue: Arc<OwnedFd>,
    stop: Arc<OwnedFd>,
    /// Below the root, `/` between the parts, empty for the root itself; by the kernel's number.
    folders: HashMap<i32, Box<str>>,
    git: Option<i32>,
}

/// Waits for something to happen, on a thread of its own.
#[derive(Clone, Debug)]
pub struct Waiter {
    queue: Arc<OwnedFd>,
    stop: Arc<OwnedFd>,
}

/// What a wait came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Woken {
    /// Something has happened.
    Changed,
    /// Nothing has for as long as was waited.
    Quiet,
    /// Nobody wants to know any more.
    Stopped,
}

impl Workspace {
    /// Begins to watch the project. Blocking: walks its folders; asks `stop` between them.
    ///
    /// # Errors
    /// It cannot be watched.
    pub fn watch(&self, stop: &dyn Fn() -> bool) -> Result<Watch, NotWatched> {
        let queue = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        let waker = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        let (queue, waker) = (Arc::new(queue), Arc::new(waker));
        let mut watch = Watch { queue, stop: waker, folders: HashMap::new(), git: None };
        watch.extend(self, stop)?;
        let git = self.root().join(".git");
        watch.git =
            add_watch(&*watch.queue, &git, WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE | flags()).ok();
        Ok(watch)
    }
}

/// Links are not followed, and what is no folder is not watched.
fn flags() -> WatchFlags {
    WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW | WatchFlags::EXCL_UNLINK
}

impl Watch {
    /// Watches the folders that came since. Blocking: walks them all.
    ///
    /// # Errors
    /// They cannot be watched.
    pub fn extend(&mut self, workspace: &Workspace, stop: &dyn Fn() -> bool) -> Result<(), NotWatched> {
        let wanted = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | flags();
        let folders = workspace.folders(MOST_FOLDERS, stop).ok_or(NotWatched::TooManyFolders)?;
        if stop() {
            return Err(NotWatched::Stopped);
        }
        for folder in folders {
            let place =
                if folder.is_empty() { workspace.root().to_owned() } else { workspace.root().join(&folder) };
            match add_watch(&*self.queue, &place, wanted) {
                Ok(number) => drop(self.folders.insert(number, folder.into())),
                // It went in the meantime, or is somebody else's.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP) => {}
                Err(why) => return Err(why.into()),
            }
        }
        Ok(())
    }

    /// How many folders are watched.
    pub fn folders(&self) -> usize {
        self.folders.len()
    }

    /// What has happened since this was last asked. Never waits: all that happened before the call is in it.
    pub fn changes(&mut self) -> Changes {
        let mut changes = Changes::default();
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let queue = Arc::clone(&self.queue);
        let mut reader = Reader::new(&*queue, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().and_then(|name| name.to_str().ok());
                    let (number, kind) = (event.wd(), event.events());
                    self.note(number, kind, name, &mut changes);
                }
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        if changes.files.len() > MOST_FILES {
            changes.files.clear();
            changes.any = true;
        }
        changes
    }

    fn note(&mut self, number: i32, kind: ReadFlags, name: Option<&str>, changes: &mut Changes) {
        if kind.contains(ReadFlags::QUEUE_OVERFLOW) {
            changes.any = true;
            return;
        }
        if self.git == Some(number) {
            changes.head |= name == Some("HEAD");
            return;
        }
        if kind.contains(ReadFlags::IGNORED) {
            // The folder went; the one it was in tells of it.
            self.folders.remove(&number);
            return;
        }
        let Some(folder) = self.folders.get(&number) else { return };
        if kind.contains(ReadFlags::ISDIR) {
            // Its files went with it, or wait to be found.
            changes.any |= kind.intersects(
                ReadFlags::CREATE | ReadFlags::MOVED_TO | ReadFlags::MOVED_FROM | ReadFlags::DELETE,
            );
            return;
        }
        let Some(name) = name else { return };
        if RULES.contains(&name) {
            changes.any = true;
        }
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        // What has no name here is no file of the project, and what we stage ourselves is none yet.
        let file = RepoPath::parse(&path).ok().filter(|_| TempName::parse(name).is_none());
        changes.files.extend(file);
    }

    /// Who waits for changes without holding the watch.
    pub fn waiter(&self) -> Waiter {
        Waiter { queue: Arc::clone(&self.queue), stop: Arc::clone(&self.stop) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.waiter().stop();
    }
}

impl Waiter {
    /// Waits until something happens, at most for `long` (`None`: for ever). Takes nothing of it.
    pub fn wait(&self, long: Option<Duration>) -> Woken {
        let long = long.and_then(|long| Timespec::try_from(long).ok());
        let mut both = [PollFd::new(&*self.stop, PollFlags::IN), PollFd::new(&*self.queue, PollFlags::IN)];
        match poll(&mut both, long.as_ref()) {
            Ok(0) => Woken::Quiet,
            Ok(_) if !both.first().is_some_and(|stop| stop.revents().is_empty()) => Woken::Stopped,
            Ok(_) => Woken::Changed,
            Err(Errno::INTR) => Woken::Quiet,
            Err(_) => Woken::Stopped,
        }
    }

    /// Ends every wait, now and later.
    pub fn stop(&self) {
        let _ = rustix::io::write(&*self.stop, &1u64.to_ne_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Project;
    use super::*;

    fn names(changes: &Changes) -> Vec<&str> {
        changes.files.iter().map(RepoPath::as_str).collect()
    }

    #[test]
    fn what_is_written_comes_and_goes_is_told_and_what_is_ignored_is_not() {
        let project = Project::new(&[(".gitignore", "target/\n"), ("src/a.rs", "1"), ("target/out", "1")]);
        let workspace = project.open();
        let mut watch = workspace.watch(&|| false).unwrap();
        assert_eq!(watch.folders(), 2);
        assert!(watch.changes().is_empty(), "what was there before is no change");
        project.write("src/a.rs", "2");
        project.write("src/b.rs", "1");
        project.write("target/out", "2");
        let changes = watch.changes();
        assert_eq!((names(&changes), changes.any), (vec!["src/a.rs", "src/b.rs"], false));
        std::fs::rename(project.root().join("src/b.rs"), project.root().join("c.rs")).unwrap();
        std::fs::remove_file(project.root().join("src/a.rs")).unwrap();
        assert_eq!(names(&watch.changes()), ["c.rs", "src/a.rs", "src/b.rs"]);
        assert!(watch.changes().is_empty());
    }

    #[test]
    fn folders_that_come_and_rules_that_change_mean_that_anything_may_have_changed() {
        let project = Project::new(&[("a.rs", "1")]);
        let workspace = project.open();
        let mut watch = workspace.watch(&|| false).unwrap();
        project.write("new/b.rs", "1");
        assert!(watch.changes().any);
        watch.extend(&workspace, &|| false).unwrap();
        assert!(watch.changes().is_empty());
        project.write("new/b.rs", "2");
        assert_eq!(names(&watch.changes()), ["new/b.rs"]);
        project.write(".gitignore", "new/\n");
        assert!(watch.changes().any);
        std::fs::remove_dir_all(project.root().join("new")).unwrap();
        assert!(watch.changes().any);
    }

    #[test]
    fn another_branch_is_told_and_the_rest_of_the_repository_is_not() {
        let project = Project::new(&[(".git/HEAD", "ref: refs/heads/main"), ("a.rs", "1")]);
        let mut watch = project.open().watch(&|| false).unwrap();
        project.write(".git/index", "x");
        assert!(watch.changes().is_empty());
        project.write(".git/HEAD", "ref: refs/heads/other");
        let changes = watch.changes();
        assert!(changes.head && changes.files.is_empty() && !changes.any);
    }

    #[test]
    fn a_wait_ends_when_something_happens_and_when_nobody_wants_to_know_any_more() {
        let project = Project::new(&[("a.rs", "1")]);
        let watch = project.open().watch(&|| false).unwrap();
        let waiter = watch.waiter();
        assert_eq!(waiter.wait(Some(Duration::ZERO)), Woken::Quiet);
        project.write("a.rs", "2");
        assert_eq!(waiter.wait(None), Woken::Changed);
        drop(watch);
        assert_eq!(waiter.wait(None), Woken::Stopped);
    }

    #[test]
    fn a_walk_that_is_stopped_watches_nothing() {
        let project = Project::new(&[("a/b.rs", "1"), ("c/d.rs", "1")]);
        assert_eq!(project.open().watch(&|| true).unwrap_err(), NotWatched::Stopped);
    }
}
