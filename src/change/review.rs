//! A changeset under review: hunks that grow while the model talks, and what was decided of each.

use std::collections::BTreeMap;

use super::locate::{Tier, Unplaced};
use super::{Approved, Breach, Edit, Scope};
use crate::text::{Lines, RepoPath, Span};

/// A file as the turn saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    pub path: RepoPath,
    /// `None`: there was no file.
    pub text: Option<Lines>,
}

/// Names a hunk for as long as its review lives. Ordered by arrival.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(transparent)]
pub struct HunkId(pub u32);

/// What was decided of a hunk.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    #[default]
    Undecided,
    Accepted,
    Rejected,
}

/// What a hunk does to its file as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
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
    /// Lines of the base (see [`Review::base`]) that go.
    pub replaces: Span,
    /// Whole lines that come, endings included.
    pub with: Lines,
    pub matched_by: Tier,
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

/// What became of an offered edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Offered {
    /// These hunks were added. None when the file already says what the edit wants.
    Hunks(Vec<HunkId>),
    Rejected(Rejected),
}

/// An edit that did not become hunks. Nothing of it was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// The file as the model wrote its name.
    pub path: String,
    /// Which edit of the reply, from 0.
    pub index: usize,
    pub why: Why,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Why {
    #[error(transparent)]
    Breach(#[from] Breach),
    #[error(transparent)]
    Unplaced(#[from] Unplaced),
    #[error("there is no such file")]
    NoSuchFile,
    #[error("it overlaps an earlier edit of this reply")]
    Overlap,
    #[error("{0}")]
    Path(#[from] crate::text::PathError),
    /// The file cannot be edited as text (binary, too large, unreadable): the reason.
    #[error("{0}")]
    Unreadable(String),
}

/// Hunks of one turn with their verdicts. Made from a [`Scope`] and grown by [`Review::offer`].
#[derive(Clone, Debug)]
pub struct Review {
    scope: Scope,
    bases: BTreeMap<RepoPath, Base>,
    hunks: Vec<Hunk>,
    rejected: Vec<Rejected>,
    offered: usize,
    done: Vec<Vec<(HunkId, Verdict)>>,
    undone: Vec<Vec<(HunkId, Verdict)>>,
}

impl Review {
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            bases: BTreeMap::new(),
            hunks: Vec::new(),
            rejected: Vec::new(),
            offered: 0,
            done: Vec::new(),
            undone: Vec::new(),
        }
    }

    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Takes one closed edit of the reply and the file it names as the turn saw it. The gate: what
    /// the edit would *do* to the base is computed, and all of it must lie in the scope, or none of
    /// it is taken.
    pub fn offer(&mut self, edit: &Edit, base: Base) -> Offered {
        let _ = (edit, base);
        todo!()
    }

    /// Notes an edit that could not even be looked at (its path is no path, its file unreadable).
    pub fn refuse(&mut self, edit: &Edit, why: Why) -> Offered {
        let _ = (edit, why);
        todo!()
    }

    /// In the order a person reads them: by file in order of first appearance, then by line.
    pub fn hunks(&self) -> impl Iterator<Item = &Hunk> {
        self.hunks.iter()
    }

    pub fn hunk(&self, id: HunkId) -> Option<&Hunk> {
        self.hunks.iter().find(|hunk| hunk.id == id)
    }

    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    pub fn base(&self, path: &RepoPath) -> Option<&Base> {
        self.bases.get(path)
    }

    /// Sets verdicts as one step that [`Review::undo`] takes back. A hunk in conflict cannot be
    /// accepted: it is left out. Returns whether anything changed.
    pub fn decide(&mut self, ids: &[HunkId], verdict: Verdict) -> bool {
        let _ = (ids, verdict);
        todo!()
    }

    /// Takes back the last decision; returns the hunks it concerned (empty: nothing to undo).
    pub fn undo(&mut self) -> Vec<HunkId> {
        todo!()
    }

    pub fn redo(&mut self) -> Vec<HunkId> {
        todo!()
    }

    /// The file as it would be with the accepted hunks (`Verdict::Accepted`), or with every hunk
    /// that is not rejected when `hopeful`. `None`: there would be no file.
    pub fn preview(&self, path: &RepoPath, hopeful: bool) -> Option<Lines> {
        let _ = (path, hopeful);
        todo!()
    }

    /// The file changed underneath: moves the hunks of `now.path` onto its new text. Hunks whose
    /// place changed too become [`Standing::Conflict`] and lose their verdict; returns those.
    pub fn rebase(&mut self, now: Base) -> Vec<HunkId> {
        let _ = now;
        todo!()
    }

    /// The accepted hunks, ready to land; `None` when none is accepted.
    pub fn settle(&self) -> Option<Approved> {
        todo!()
    }

    /// Drops hunks that have landed (all accepted ones) and adopts the files' new texts as bases;
    /// the undecided ones stay for later.
    pub fn landed(&mut self, receipt: &super::Receipt) {
        let _ = receipt;
        todo!()
    }
}
