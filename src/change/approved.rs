//! What a human approved, and the proof that it landed. Both are made at the end of a chain and
//! nowhere else; neither knows how a file is written.

use super::splice::spliced;
use super::{Base, FileOp, HunkId};
use crate::text::{Digest, Drift, Lines, RepoPath, Span};

/// Accepted hunks by file. Only [`super::Review::settle`] makes one; `Workspace::apply` takes
/// nothing else.
///
/// ```compile_fail
/// use rein::change::Approved;
/// let approved = Approved { files: Vec::new() }; // approval cannot be written down, only given
/// ```
#[derive(Clone, Debug)]
#[must_use = "what a human approved must be landed or be said to be dropped"]
pub struct Approved {
    files: Vec<ApprovedFile>,
}

/// The accepted hunks of one file.
///
/// ```
/// use rein::change::{Base, Edit, EditOp, Focus, Leash, Level, Review, Scope, Verdict};
/// use rein::text::{Lines, RepoPath};
/// let path = RepoPath::parse("a.rs").unwrap();
/// let focus = Focus { file: Some(path.clone()), lines: None };
/// let mut review = Review::new(Scope::of(Level::File, &focus, Leash::default()).unwrap());
/// let edit = Edit { path: "a.rs".into(), op: EditOp::Whole("one\ntwo\n3\n".into()), reason: None };
/// review.offer(&edit, Base { path, text: Some("one\ntwo\nthree\n".into()) });
/// let ids: Vec<_> = review.hunks().map(|hunk| hunk.id).collect();
/// review.decide(&ids, Verdict::Accepted);
/// let approved = review.settle().unwrap();
/// // Someone added a line meanwhile: both changes are kept.
/// let now = Lines::from("zero\none\ntwo\nthree\n");
/// let merged = approved.files()[0].onto(Some(&now)).unwrap().unwrap();
/// assert_eq!(merged.bytes(), b"zero\none\ntwo\n3\n");
/// ```
///
/// ```compile_fail
/// use rein::change::{ApprovedFile, FileOp};
/// fn forged(base: rein::change::Base) -> ApprovedFile {
///     ApprovedFile::new(base, FileOp::Update, Vec::new())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ApprovedFile {
    base: Base,
    op: FileOp,
    hunks: Vec<(HunkId, Span, Lines)>,
    returns: Option<Returning>,
}

/// A file that is made because it was there before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Returning {
    /// It could be run.
    pub executable: bool,
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
        Self { base, op, hunks, returns: None }
    }

    /// The file was there before, and comes back as it was.
    pub(super) fn returns(self, executable: bool) -> Self {
        Self { returns: Some(Returning { executable }), ..self }
    }

    /// What is known of how the file was, if it comes back.
    pub fn returning(&self) -> Option<Returning> {
        self.returns
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
        match (self.op, now) {
            (FileOp::Update, Some(now)) => self.updated(now).map(Some),
            (FileOp::Create, None) => Ok(Some(self.made())),
            // Made meanwhile, and by luck the same.
            (FileOp::Create, Some(now)) if *now == self.made() => Ok(Some(now.clone())),
            (FileOp::Delete, Some(now)) if self.base.text.as_ref() == Some(now) => Ok(None),
            (FileOp::Create | FileOp::Delete, Some(_)) | (FileOp::Update | FileOp::Delete, None) => {
                Err(self.hunks.iter().map(|(id, ..)| *id).collect())
            }
        }
    }

    /// Each hunk with the lines of the base it replaces and the lines that come.
    pub fn hunks(&self) -> &[(HunkId, Span, Lines)] {
        &self.hunks
    }

    fn updated(&self, now: &Lines) -> Result<Lines, Vec<HunkId>> {
        let Some(base) = self.base.text.as_ref().filter(|base| *base != now) else {
            return Ok(spliced(now, splices(&self.hunks)));
        };
        let drift = Drift::between(base, now);
        let mut moved = Vec::with_capacity(self.hunks.len());
        let mut stuck = Vec::new();
        for (id, replaces, with) in &self.hunks {
            match drift.map(*replaces) {
                Some(replaces) => moved.push((*id, replaces, with.clone())),
                None => stuck.push(*id),
            }
        }
        if stuck.is_empty() { Ok(spliced(now, splices(&moved))) } else { Err(stuck) }
    }

    /// The text of a file that is created.
    fn made(&self) -> Lines {
        spliced(&Lines::from(""), splices(&self.hunks))
    }
}

fn splices(hunks: &[(HunkId, Span, Lines)]) -> impl Iterator<Item = (Span, &[u8])> {
    hunks.iter().map(|(_, replaces, with)| (*replaces, with.bytes()))
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
///
/// ```compile_fail
/// use rein::change::Receipt;
/// let receipt = Receipt { id: "1".into(), files: Vec::new(), hunks: Vec::new() }; // nothing landed
/// ```
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
