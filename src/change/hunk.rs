//! The vocabulary of a review: a file as the turn saw it, and the hunks that would change it.

use std::collections::BTreeSet;

use super::locate::{Kept, Tier};
use crate::text::{Lines, RepoPath, Span};

/// A file as the turn saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    pub path: RepoPath,
    /// `None`: there was no file.
    pub text: Option<Lines>,
}

/// Names a hunk for as long as its review lives. Ordered by arrival, never given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(transparent)]
pub struct HunkId(pub u32);

/// What was decided of a hunk.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    #[default]
    Undecided,
    Accepted,
    Rejected,
}

/// What a hunk does to its file as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileOp {
    Update,
    Create,
    Delete,
}

/// The smallest thing a human decides: lines `replaces` of the base become `with`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    pub id: HunkId,
    pub path: RepoPath,
    pub op: FileOp,
    /// Lines of the base (see [`super::Review::base`]) that go.
    pub replaces: Span,
    /// Whole lines that come, endings included.
    pub with: Lines,
    pub matched_by: Tier,
    /// What of the file's own was kept where the edit had another.
    pub kept: BTreeSet<Kept>,
    /// The model's own reason, if it gave one.
    pub reason: Option<String>,
    pub standing: Standing,
    pub verdict: Verdict,
}

/// Can the hunk still land?
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub enum Standing {
    #[default]
    Good,
    /// The file changed underneath at this very place; it must be decided against the new text.
    /// It cannot be accepted as it is.
    Conflict,
}

impl Hunk {
    pub(super) fn is_good(&self) -> bool {
        self.standing == Standing::Good
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.is_good() && self.verdict == Verdict::Accepted
    }

    /// Does it make the very same change of the same file?
    pub(super) fn repeats(&self, op: FileOp, replaces: Span, with: &Lines) -> bool {
        self.op == op && self.replaces == replaces && self.with == *with
    }

    /// Would the order in which the two are made matter?
    pub(super) fn collides(&self, op: FileOp, replaces: Span) -> bool {
        let same_place = self.replaces == replaces && replaces.is_empty();
        let of_the_whole = self.op != FileOp::Update || op != FileOp::Update;
        of_the_whole || same_place || self.replaces.overlaps(replaces)
    }
}
