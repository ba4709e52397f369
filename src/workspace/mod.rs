//! The one pen: the only room that writes files. A [`Workspace`] reads the project, lands what a
//! human approved, saves what they typed, and can take all of it back, across restarts and crashes.
//!
//! Floors inside: `pen` (every call that changes a disk) → `tree` (the project's files, from a handle
//! of the root) and `journal` (texts, records, the lock) → `landing` and `recovery` (all or nothing) →
//! `apply`, `revert` and `versions`. It may not know who asked (no model, no screen) and gives no opinion on what
//! may change: it takes an [`Approved`], which only a review makes.
#![expect(clippy::disallowed_methods, reason = "the one room that reads and writes the user's files")]

mod apply;
mod attributes;
mod boundary;
mod compare;
#[cfg(test)]
mod crash;
mod drawer;
mod error;
#[cfg(test)]
mod fixture;
mod git;
mod head;
mod history;
mod journal;
mod landing;
#[cfg(test)]
mod laws;
mod note;
mod pen;
mod prune;
#[cfg(test)]
mod race;
mod record;
mod recovery;
mod revert;
mod reviews;
mod swap;
mod traces;
mod tree;
mod typed;
mod unsaved;
mod versions;
mod walk;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use compare::{CompareError, Comparison, Extent, Found, Remark, Trees};
pub use drawer::Drawer;
pub use error::{
    ApplyError, JournalError, OpenError, PathProblem, ReadError, SaveError, UndoError, WriteError,
};
pub use head::{Blob, Head, Untouched};
pub use history::{Blamed, Commit, FileChange, HistoryError, Recorded, WantedCommits};
pub use note::{NoteError, Noted};
pub use record::{Judged, Kind, Reviewed, Source, Story};
pub use recovery::Recovery;
pub use revert::Undone;
pub use unsaved::{Kept, Unsaved};
pub use versions::{Restored, Side, Version, Wanted};
pub use walk::Stamp;
pub use watch::{Changes, NotWatched, Waiter, Watch, Woken};

use crate::change::{Approved, Receipt};
use crate::text::{Digest, Lines, RepoPath};
use journal::{Journal, PATIENCE};
use landing::Desk;
use pen::Pen;
use tree::Tree;

/// Where rein keeps what it remembers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateDirs {
    /// `$XDG_STATE_HOME/rein` by default. Each workspace has a folder of its own in it.
    pub state: PathBuf,
}

/// An open project folder. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Workspace {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    tree: Tree,
    journal: Journal,
    state: PathBuf,
    id: String,
    repository: bool,
}

/// A file's text as it lay on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileText {
    /// The file it is, links followed. What may change is asked about this path.
    pub path: RepoPath,
    pub lines: Lines,
    pub digest: Digest,
    pub executable: bool,
}

/// One line of `rein log`.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct LogEntry {
    pub id: String,
    /// UTC.
    #[serde(with = "record::time")]
    pub time: jiff::Timestamp,
    #[serde(flatten)]
    pub kind: Kind,
    pub status: Status,
    /// `None` for a save.
    pub story: Option<Story>,
    pub files: Vec<LogFile>,
}

/// Does the operation still stand?
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Done,
    Undone,
}

/// One file of an operation: the digests of its text before and after (`None`: no file).
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct LogFile {
    pub path: RepoPath,
    pub before: Option<Digest>,
    pub after: Option<Digest>,
}

impl Workspace {
    /// The git work tree at or above `start`, else `start` itself. What an interrupted rein left
    /// unfinished is settled first, unless another process is at it; should that fail, reading works
    /// and the next write says why it cannot.
    pub fn open(start: &Path, dirs: StateDirs) -> Result<Self, OpenError> {
        Self::open_with(start, dirs, Pen::default())
    }

    /// rein's own files called `name`, of this workspace.
    pub fn drawer(&self, name: &str) -> Drawer {
        Drawer::at(self.inner.state.join(&self.inner.id).join(name))
    }

    /// rein's own files called `name`, of all workspaces together.
    pub fn common_drawer(&self, name: &str) -> Drawer {
        Drawer::at(self.inner.state.join(name))
    }

    /// `folder` itself, even inside a larger work tree.
    pub fn open_folder(folder: &Path, dirs: StateDirs) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: folder.to_owned(), source };
        let root = folder.canonicalize().map_err(io)?;
        let workspace = Self::rooted(root.clone(), git::work_tree(&root).is_some(), dirs, Pen::default())?;
        workspace.settle();
        Ok(workspace)
    }

    fn open_with(start: &Path, dirs: StateDirs, pen: Pen) -> Result<Self, OpenError> {
        let workspace = Self::open_unsettled(start, dirs, pen)?;
        workspace.settle();
        Ok(workspace)
    }

    fn open_unsettled(start: &Path, dirs: StateDirs, pen: Pen) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: start.to_owned(), source };
        let start = start.canonicalize().map_err(io)?;
        if !start.is_dir() {
            return Err(OpenError::NotAFolder(start));
        }
        let work_tree = git::work_tree(&start);
        let repository = work_tree.is_some();
        let root = work_tree.unwrap_or(start);
        Self::rooted(root, repository, dirs, pen)
    }

    fn rooted(root: PathBuf, repository: bool, dirs: StateDirs, pen: Pen) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: root.clone(), source };
        if !root.is_dir() {
            return Err(OpenError::NotAFolder(root));
        }
        let tree = Tree::open(&root).map_err(io)?;
        let id = identity(&root);
        let journal = Journal::new(dirs.state.join(&id), pen);
        Ok(Self { inner: Arc::new(Inner { tree, journal, state: dirs.state, id, repository }) })
    }

    /// Quietly: whoever holds the lock is at it, and what fails now is said at the next write.
    fn settle(&self) {
        let Inner { tree, journal, .. } = &*self.inner;
        if journal.pending().is_ok_and(|pending| !pending.is_empty()) {
            let _ = Desk::take(tree, journal, Duration::ZERO).and_then(|desk| desk.recover());
        }
    }

    /// Canonical.
    pub fn root(&self) -> &Path {
        self.inner.tree.path()
    }

    /// The same for the same root, today and tomorrow: its last component and a short digest.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    pub fn is_repository(&self) -> bool {
        self.inner.repository
    }

    /// The branch, or a short commit id when none is checked out.
    pub fn branch(&self) -> Option<String> {
        self.inner.repository.then(|| git::branch(self.root())).flatten()
    }

    /// A path as a person typed it, from `cwd`, to a file of the workspace. It need not exist.
    pub fn resolve(&self, typed: &Path, cwd: &Path) -> Result<RepoPath, PathProblem> {
        typed::resolve(typed, cwd, self.root())
    }

    /// The file that `path` means once links are followed; it need not exist.
    pub fn real(&self, path: &RepoPath) -> Result<RepoPath, PathProblem> {
        self.inner.tree.real(path)
    }

    /// The text of a file; `None`: there is none. Bytes that are not UTF-8 are text too.
    ///
    /// # Errors
    /// Binary files (a NUL in the first 8 KiB, or UTF-16), files of more than 16 MiB, what is not a
    /// regular file, links that lead outside, pointers of Git LFS, and files that a sparse checkout left
    /// out.
    pub fn read(&self, path: &RepoPath) -> Result<Option<FileText>, ReadError> {
        apply::read(&self.inner.tree, path)
    }

    /// Files of the project, by git-ignore rules, sorted. Blocking: walks until done or `stop` says so.
    pub fn files(&self, stop: &dyn Fn() -> bool) -> Vec<RepoPath> {
        walk::files(self.root(), &self.inner.state, stop)
    }

    /// As [`Workspace::files`], with what tells whether a file changed.
    pub fn stamped(&self, stop: &dyn Fn() -> bool) -> Vec<(RepoPath, Stamp)> {
        walk::stamped(self.root(), &self.inner.state, stop)
    }

    /// What tells whether a file changed; `None` where there is no regular file of this name, links not
    /// followed.
    pub fn stamp(&self, path: &RepoPath) -> Option<Stamp> {
        let stat = self.inner.tree.stat(path).ok().flatten()?;
        let regular = rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::RegularFile;
        regular.then(|| walk::stamp(&stat))
    }

    /// Folders of the project, by git-ignore rules, as paths below the root; `None` when there are more than
    /// `most`. Blocking: walks until done or `stop` says so.
    pub fn folders(&self, most: usize, stop: &dyn Fn() -> bool) -> Option<Vec<String>> {
        walk::folders(self.root(), &self.inner.state, most, stop)
    }

    /// What ignore rules hide, by name: topmost folders (which end in `/`) and files, at most `limit`.
    /// Blocking: walks twice.
    pub fn ignored(&self, limit: usize, stop: &dyn Fn() -> bool) -> Vec<String> {
        walk::ignored(self.root(), &self.inner.state, limit, stop)
    }

    pub fn executable(&self, path: &RepoPath) -> bool {
        let real = self.inner.tree.real(path);
        let stat = real.ok().and_then(|real| self.inner.tree.stat(&real).ok().flatten());
        stat.is_some_and(|stat| stat.st_mode & 0o111 != 0)
    }

    /// May a change write this file? Asked again by [`Workspace::apply`]; asking earlier tells a human
    /// before they review in vain.
    ///
    /// # Errors
    /// A file of a repository inside this one; a link that leads out, or to a protected file.
    pub fn permits(&self, path: &RepoPath) -> Result<(), WriteError> {
        apply::writable_path(&self.inner.tree, path).map(drop)
    }

    /// Lands what a human approved: every file, or none. A file that changed since is merged.
    ///
    /// A file reached by a link inside the workspace is changed where it lies; the link stays.
    /// Permissions, access lists and the user's extended attributes are kept; other hard links to the
    /// file keep the old text.
    pub fn apply(&self, approved: Approved, why: &Story) -> Result<Receipt, ApplyError> {
        apply::apply(&self.desk()?, approved, why)
    }

    /// The user's own save: `expected` is the digest of what they opened (`None`: a new file).
    pub fn save(&self, path: &RepoPath, text: &[u8], expected: Option<Digest>) -> Result<Digest, SaveError> {
        let desk = self.desk().map_err(WriteError::from)?;
        apply::save(&desk, path, text, expected)
    }

    /// Operations, newest first. Records that cannot be read are left out; [`Workspace::recover`]
    /// names them.
    pub fn log(&self, limit: usize) -> Result<Vec<LogEntry>, JournalError> {
        let mut settled = revert::Settled::default();
        let history = revert::history(&self.inner.journal)?;
        Ok(history.take(limit).map(|record| entry(record, &mut settled)).collect())
    }

    /// The operation that `id` (or its first digits) names.
    pub fn logged(&self, id: &str) -> Result<LogEntry, UndoError> {
        let mut named =
            self.log(usize::MAX).map_err(WriteError::from)?.into_iter().filter(|e| e.id.starts_with(id));
        match (named.next(), named.next()) {
            (Some(entry), None) => Ok(entry),
            (Some(entry), Some(_)) if entry.id == id => Ok(entry),
            (Some(_), Some(_)) => Err(UndoError::Ambiguous(id.to_owned())),
            (None, _) => Err(UndoError::Unknown(id.to_owned())),
        }
    }

    /// Takes back the last landing or restoring that stands, or the operation that `id` (or its first digits)
    /// names. Saves are taken back only by name.
    pub fn undo(&self, id: Option<&str>) -> Result<Undone, UndoError> {
        revert::undo(&self.desk()?, id)
    }

    /// Does the last undone operation again, or the one that `id` (or its first digits) names.
    pub fn redo(&self, id: Option<&str>) -> Result<Undone, UndoError> {
        revert::redo(&self.desk()?, id)
    }

    /// What the journal keeps of a file, newest first.
    pub fn versions(&self, path: &RepoPath) -> Result<Vec<Version>, UndoError> {
        let path = self.inner.tree.real(path).map_err(WriteError::from)?;
        versions::of(&self.inner.journal, &path)
    }

    /// Makes a file what it was, byte for byte. What it is now is kept as a version like any other, and
    /// the restoring can be undone.
    pub fn restore(&self, path: &RepoPath, wanted: Wanted<'_>) -> Result<Restored, UndoError> {
        let path = self.inner.tree.real(path).map_err(WriteError::from)?;
        versions::restore(&self.desk()?, &path, wanted)
    }

    /// Completes or takes back what was interrupted, and looks through the journal.
    pub fn recover(&self) -> Result<Recovery, JournalError> {
        let journal = &self.inner.journal;
        let mut recovery = match journal.exists() {
            true => Desk::take(&self.inner.tree, journal, PATIENCE)?.recover()?,
            false => Recovery::default(),
        };
        for name in journal.done()? {
            if let Err(JournalError::Unreadable { path, .. }) = journal.record(&name) {
                recovery.unreadable.push(path);
            }
        }
        Ok(recovery)
    }

    fn desk(&self) -> Result<Desk<'_>, JournalError> {
        Desk::ready(&self.inner.tree, &self.inner.journal)
    }
}

fn entry(record: record::Record, settled: &mut revert::Settled) -> LogEntry {
    settled.note(&record.kind);
    let status = if settled.is_undone(&record.id) { Status::Undone } else { Status::Done };
    let file = |entry: record::Entry| LogFile {
        before: entry.digest_before(),
        after: entry.digest_after(),
        path: entry.path,
    };
    LogEntry {
        status,
        id: record.id,
        time: record.time,
        kind: record.kind,
        story: record.story,
        files: record.files.into_iter().map(file).collect(),
    }
}

/// A name for the workspace's folder in the state folder, readable and safe in a path.
fn identity(root: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let name = root.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy());
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let name: String = name.chars().take(32).map(plain).collect();
    let digest = Digest::of(root.as_os_str().as_bytes()).to_string();
    format!("{name}-{}", digest.chars().take(12).collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::fixture::{Project, land, path};
    use super::*;

    #[test]
    fn a_workspace_has_the_same_name_every_time_and_no_other_has_it() {
        let (one, two) = (Project::new(&[]), Project::new(&[]));
        assert_eq!(one.open().id(), one.open().id());
        assert_ne!(one.open().id(), two.open().id());
        assert!(one.open().id().starts_with("project-"));
    }

    #[test]
    fn opening_and_reading_writes_nothing() {
        let project = Project::new(&[("a", "x")]);
        let workspace = project.open();
        workspace.read(&path("a")).unwrap();
        workspace.files(&|| false);
        assert!(workspace.log(9).unwrap().is_empty());
        assert_eq!(workspace.recover().unwrap(), Recovery::default());
        assert!(!project.state().exists());
    }

    #[test]
    fn what_is_no_folder_is_no_workspace() {
        let project = Project::new(&[("a", "x")]);
        let dirs = || StateDirs { state: project.state() };
        let file = Workspace::open(&project.root().join("a"), dirs()).unwrap_err();
        assert!(matches!(file, OpenError::NotAFolder(_)));
        let nothing = Workspace::open(&project.root().join("b"), dirs()).unwrap_err();
        assert!(nothing.to_string().contains("/b`"), "{nothing}");
    }

    #[test]
    fn texts_are_read_as_they_are_and_binaries_are_not_texts() {
        let project = Project::new(&[("run*", "#!/bin/sh\n")]);
        let workspace = project.open();
        for text in [&b""[..], b"a\r\nb", b"\xef\xbb\xbfbom", b"caf\xe9\n", b"\xc3\x28", b"\x1b[2J"] {
            project.write("text", text);
            assert_eq!(workspace.read(&path("text")).unwrap().unwrap().lines.bytes(), text);
        }
        for binary in
            [&b"a\0b"[..], b"\xff\xfea\0", b"\xfe\xff\x4e\x2d", &[&[b'x'; 8000][..], b"\0"].concat()]
        {
            project.write("binary", binary);
            let refused = workspace.read(&path("binary")).unwrap_err();
            assert!(matches!(refused, ReadError::Binary(_)), "{binary:?}");
        }
        assert!(workspace.read(&path("run")).unwrap().unwrap().executable);
        assert!(workspace.executable(&path("run")) && !workspace.executable(&path("text")));
        assert!(!workspace.executable(&path("nothing")));
        assert!(workspace.read(&path("nothing")).unwrap().is_none());
    }

    #[test]
    fn a_save_replaces_only_what_was_opened() {
        let project = Project::new(&[("a*", "opened")]);
        let workspace = project.open();
        let opened = workspace.read(&path("a")).unwrap().unwrap().digest;
        let saved = workspace.save(&path("a"), b"mine\r\n\xe9", Some(opened)).unwrap();
        assert_eq!(saved, workspace.read(&path("a")).unwrap().unwrap().digest);
        assert!(workspace.executable(&path("a")), "the mode is kept");

        project.write("a", "somebody else's");
        for expected in [Some(saved), None] {
            let refused = workspace.save(&path("a"), b"mine", expected).unwrap_err();
            assert!(matches!(refused, SaveError::Changed(_)), "{refused}");
        }
        assert_eq!(project.text("a").unwrap(), "somebody else's");
        assert!(matches!(workspace.save(&path("b"), b"", Some(saved)), Err(SaveError::Changed(_))));
        workspace.save(&path("new/b"), b"", None).unwrap();
        assert_eq!(project.text("new/b").unwrap(), "");
    }

    #[test]
    fn saving_what_is_there_already_is_no_operation() {
        let project = Project::new(&[("a", "x")]);
        let workspace = project.open();
        let digest = workspace.read(&path("a")).unwrap().unwrap().digest;
        assert_eq!(workspace.save(&path("a"), b"x", Some(digest)).unwrap(), digest);
        assert!(workspace.log(9).unwrap().is_empty());
    }

    #[test]
    fn a_save_through_a_link_keeps_the_link() {
        let project = Project::new(&[("src/a", "old")]);
        symlink("src/a", project.root().join("link")).unwrap();
        let workspace = project.open();
        let opened = workspace.read(&path("link")).unwrap().unwrap();
        assert_eq!(opened.path, path("src/a"));
        workspace.save(&path("link"), b"new", Some(opened.digest)).unwrap();
        assert_eq!(project.text("src/a").unwrap(), "new");
        assert!(project.root().join("link").is_symlink());
    }

    #[test]
    fn a_hard_link_elsewhere_keeps_the_old_text() {
        let project = Project::new(&[("a", "old")]);
        let other = project.outside().join("other");
        std::fs::hard_link(project.root().join("a"), &other).unwrap();
        land(&project.open(), &[("a", Some("new"))]).unwrap();
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "old");
        assert_eq!(std::fs::metadata(project.root().join("a")).unwrap().nlink(), 1);
    }

    #[test]
    fn the_log_tells_the_story_newest_first() {
        let project = Project::new(&[("a", "0")]);
        let workspace = project.open();
        land(&workspace, &[("a", Some("1"))]).unwrap();
        land(&workspace, &[("a", None)]).unwrap();
        let log = workspace.log(9).unwrap();
        assert_eq!(log[0].files[0].after, None);
        assert_eq!(log[1].files[0].before, Some(Digest::of(b"0")));
        assert_eq!(log[1].story, Some(fixture::story()));
        assert_eq!(workspace.log(1).unwrap(), log[..1]);
        let json = serde_json::to_value(&log[1]).unwrap();
        assert_eq!((&json["kind"], &json["status"]), (&"landing".into(), &"done".into()));
        assert!(json["time"].as_str().unwrap().ends_with('Z'), "{json}");
    }
}
