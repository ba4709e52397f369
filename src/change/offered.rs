//! What becomes of an edit that is offered to a review.

use super::locate::Unplaced;
use super::{Breach, HunkId};
use crate::text::PathError;

/// What became of an offered edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Offered {
    /// These hunks were added. None when the file, or the review, already says what the edit wants.
    Hunks(Vec<HunkId>),
    /// What it means depends on the edits that are still to come: [`super::Review::close`] tells.
    Waiting,
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

impl Why {
    /// Could an apply model, given the edit and the file, make of them what was meant? Only where the
    /// edit leaves code out; everything else is placed for sure or not at all.
    pub fn wants_merge(&self) -> bool {
        matches!(self, Self::Unplaced(Unplaced::Unexpanded { .. }))
    }
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
    /// The file is not, at this place, what the turn saw.
    #[error("the file changed there since the model saw it; ask again")]
    Moved,
    /// A file is to get a name that another one has.
    #[error("there is a file of the new name already")]
    Exists,
    #[error("{0}")]
    Path(#[from] PathError),
    /// The file cannot be edited as text (binary, too large, unreadable): the reason.
    #[error("{0}")]
    Unreadable(String),
}
