//! What a human approved, and the proof that it landed.

use super::{Base, FileOp, HunkId};
use crate::text::{Digest, Lines, RepoPath, Span};

/// Accepted hunks by file. Only [`super::Review::settle`] makes one; `Workspace::apply` takes
/// nothing else.
#[derive(Clone, Debug)]
#[must_use = "what a human approved must be landed or be said to be dropped"]
pub struct Approved {
    files: Vec<ApprovedFile>,
}

/// The accepted hunks of one file.
#[derive(Clone, Debug)]
pub struct ApprovedFile {
    base: Base,
    op: FileOp,
    hunks: Vec<(HunkId, Span, Lines)>,
}

impl Approved {
    pub(super) fn new(files: Vec<ApprovedFile>) -> Self {
        Self { files }
    }

    pub fn files(&self) -> &[ApprovedFile] {
        &self.files
    }

    /// The proof of landing, for `workspace` alone to make when the last rename is done.
    pub(crate) fn landed(self, id: String, files: Vec<Landed>) -> Receipt {
        Receipt {
            id,
            files,
            hunks: self.files.into_iter().flat_map(|f| f.hunks).map(|(id, ..)| id).collect(),
        }
    }
}

impl ApprovedFile {
    pub(super) fn new(base: Base, op: FileOp, hunks: Vec<(HunkId, Span, Lines)>) -> Self {
        Self { base, op, hunks }
    }

    pub fn path(&self) -> &RepoPath {
        &self.base.path
    }

    pub fn op(&self) -> FileOp {
        self.op
    }

    pub fn base(&self) -> &Base {
        &self.base
    }

    /// The file's new text when `now` is what lies on disk (`None`: no file). `Ok(None)`: the file
    /// goes. When `now` is not the base, the hunks are moved onto it (three-way).
    ///
    /// # Errors
    /// The hunks whose place changed underneath.
    pub fn onto(&self, now: Option<&Lines>) -> Result<Option<Lines>, Vec<HunkId>> {
        let _ = now;
        todo!()
    }
}

/// One file of a landing.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Landed {
    pub path: RepoPath,
    pub op: FileOp,
    pub before: Option<Digest>,
    pub after: Option<Digest>,
    /// The file had changed since the turn saw it and both changes were kept.
    pub merged: bool,
    /// What the file holds now.
    #[serde(skip)]
    pub text: Option<Lines>,
}

/// The proof that an [`Approved`] landed as a whole.
#[derive(Clone, Debug)]
#[must_use = "a receipt names the landing that can be undone"]
pub struct Receipt {
    id: String,
    files: Vec<Landed>,
    hunks: Vec<HunkId>,
}

impl Receipt {
    /// The journal's name for the landing, as `rein undo` takes it.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn files(&self) -> &[Landed] {
        &self.files
    }

    pub fn hunks(&self) -> &[HunkId] {
        &self.hunks
    }
}
