//! What can go wrong with files, each with the path and the next step. No error here hides whether
//! something was written: unless it says otherwise, nothing was.

use std::io;
use std::path::PathBuf;

use super::versions::Side;
use crate::change::{Base, HunkId};
use crate::text::{PathError, RepoPath};

/// Why a folder cannot be opened as a workspace.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("`{}` is not a folder; start in a folder or name a file inside one", .0.display())]
    NotAFolder(PathBuf),
    #[error("cannot open `{}`: {source}; check that it exists and that you may read it", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Why a path names no file of the workspace.
#[derive(Debug, thiserror::Error)]
pub enum PathProblem {
    #[error("`{}` lies outside the workspace `{}`; start rein there, or name a file inside", path.display(), root.display())]
    Outside { path: PathBuf, root: PathBuf },
    #[error("`{}` is the workspace itself; name a file inside it", .0.display())]
    Root(PathBuf),
    #[error("`{}` is not valid UTF-8; rename the file to edit it with rein", .0.display())]
    NotUtf8(PathBuf),
    #[error(transparent)]
    Name(#[from] PathError),
    #[error(
        "`{path}` is a link that leads out of the workspace (to `{target}`); open the file it points to in its own folder"
    )]
    LinkOutside { path: RepoPath, target: String },
    #[error("`{0}` is a link that leads nowhere; mend or remove the link first")]
    LinkDangling(RepoPath),
    #[error("`{0}` is a link that leads back to itself; mend or remove the link first")]
    LinkLoop(RepoPath),
    #[error(
        "`{path}` is a link to `{target}`, which is protected ({why}); open `{target}` itself to change it"
    )]
    LinkProtected { path: RepoPath, target: RepoPath, why: String },
}

/// Why a file cannot be read as text.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Path(#[from] PathProblem),
    #[error("`{0}` is binary; rein edits text only")]
    Binary(RepoPath),
    #[error("`{path}` is {bytes} bytes long; the limit is {limit}. Use another editor for it")]
    TooLarge { path: RepoPath, bytes: u64, limit: u64 },
    #[error("`{0}` is a Git LFS pointer, not the file itself; fetch that with `git lfs pull`")]
    Pointer(RepoPath),
    #[error(
        "`{0}` is in the repository but left out of this sparse checkout; add it with `git sparse-checkout add`"
    )]
    LeftOut(RepoPath),
    #[error("`{0}` is not a regular file; name a file")]
    NotAFile(RepoPath),
    #[error("cannot read `{path}`: {source}; check its permissions")]
    Io { path: RepoPath, source: io::Error },
    #[error("cannot read the workspace folder `{}`: {source}; check that it still exists", path.display())]
    Root { path: PathBuf, source: io::Error },
}

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("cannot {doing} in `{}`: {source}; check that the folder is writable and the disk is not full", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    /// Neither read nor removed: it may be from another version, and it may name a half-done change.
    #[error("`{}` is an unfinished operation that this version of rein cannot read ({why}); nothing was changed. Use the version that wrote it, or move the file away", path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("the journal has lost the text `{}` (missing or damaged); this operation cannot be taken back", .0.display())]
    Lost(PathBuf),
    #[error("another rein (process {}) is writing to this workspace; wait for it or stop it, then try again", holder(.0))]
    Locked(Option<u32>),
    #[error(
        "an interrupted change could not be completed or taken back: {0}; mend the cause, then run `rein recover`"
    )]
    Recovery(Box<WriteError>),
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("`{0}` is read-only; make it writable first (`chmod u+w`)")]
    ReadOnly(RepoPath),
    #[error("`{0}` belongs to rein's own state, which no change may touch")]
    Own(RepoPath),
    #[error(
        "`{path}` belongs to the repository in `{repository}`, not to this one; start rein there to change it"
    )]
    Nested { path: RepoPath, repository: RepoPath },
    #[error(
        "`{0}` and `{1}` differ only in spelling, and on some disks they are one file; change one at a time"
    )]
    Twins(RepoPath, RepoPath),
    #[error("`{0}` changed on disk just now; nothing was written. Look at it again and retry")]
    Changed(RepoPath),
    #[error("`{0}` and `{1}` are the same file; change it under one name at a time")]
    SameFile(RepoPath, RepoPath),
    #[error("cannot {doing} `{path}`: {source}; nothing was changed")]
    Io { doing: &'static str, path: RepoPath, source: io::Error },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The only one that may leave files changed.
    #[error("the change was interrupted ({0}) and could not be taken back yet; run `rein recover`")]
    Unfinished(Box<WriteError>),
}

/// Why an approved change did not land. Nothing was changed unless it is [`WriteError::Unfinished`].
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Files changed underneath, at the very place of these hunks. Each base holds the current text.
    #[error(
        "{} changed underneath; nothing was written. Review the hunks again against the new text",
        bases(files)
    )]
    Conflict { files: Vec<(Base, Vec<HunkId>)> },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why a save did not happen.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Compare-and-swap failed.
    #[error(
        "`{0}` changed on disk since it was opened; nothing was written. Reload it, or save under another name"
    )]
    Changed(RepoPath),
    #[error(transparent)]
    Write(WriteError),
}

/// Why an operation was not taken back. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    #[error("there is nothing to {0}; `rein log` lists what was done")]
    Nothing(&'static str),
    #[error("no operation is called `{0}`; `rein log` lists them")]
    Unknown(String),
    #[error("`{0}` names several operations; give more digits, `rein log` lists them")]
    Ambiguous(String),
    #[error("`{0}` is itself an undo or a redo; `rein redo` and `rein undo` go back and forth")]
    NotALanding(String),
    #[error("`{0}` is already undone; `rein redo` does it again")]
    AlreadyUndone(String),
    #[error("`{0}` stands; `rein undo {0}` takes it back")]
    NotUndone(String),
    #[error("the journal keeps no version of `{0}`; it keeps what rein itself has replaced or written")]
    NoVersion(RepoPath),
    #[error("the operation `{id}` did not touch `{path}`; `rein restore {path} --list` shows those that did")]
    NotTouched { id: String, path: RepoPath },
    #[error(
        "`{path}` did not exist {side} `{id}`; `rein undo` takes an operation back with the files it made"
    )]
    NoFile { id: String, path: RepoPath, side: Side },
    #[error("{} changed since, at the very lines to be taken back; nothing was changed. Edit by hand, or undo the later change first", paths(.0))]
    Conflict(Vec<RepoPath>),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<ReadError> for ApplyError {
    fn from(error: ReadError) -> Self {
        Self::Write(error.into())
    }
}

impl From<ReadError> for UndoError {
    fn from(error: ReadError) -> Self {
        Self::Write(error.into())
    }
}

impl From<JournalError> for ApplyError {
    fn from(error: JournalError) -> Self {
        Self::Write(error.into())
    }
}

impl From<JournalError> for UndoError {
    fn from(error: JournalError) -> Self {
        Self::Write(error.into())
    }
}

impl From<PathProblem> for WriteError {
    fn from(problem: PathProblem) -> Self {
        Self::Read(problem.into())
    }
}

/// A file that changed between two looks is, to a save, the same as one that changed before.
impl From<WriteError> for SaveError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Changed(path) => Self::Changed(path),
            other => Self::Write(other),
        }
    }
}

fn holder(process: &Option<u32>) -> String {
    process.map_or_else(|| "unknown".to_owned(), |id| id.to_string())
}

fn paths(paths: &[RepoPath]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}

fn bases(files: &[(Base, Vec<HunkId>)]) -> String {
    paths(&files.iter().map(|(base, _)| base.path.clone()).collect::<Vec<_>>())
}
