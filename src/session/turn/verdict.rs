//! What a person decides of the hunks, and what becomes of them: landed, back in review, taken back.

use super::{Notice, Phase, Turn};
use crate::change::{Base, Receipt, Standing, Verdict};
use crate::session::Decision;
use crate::workspace::{ApplyError, Undone};

impl Turn {
    pub(in crate::session) fn decide(&mut self, decision: &Decision) -> bool {
        if self.phase == Phase::Landing {
            return false;
        }
        let changed = match decision {
            Decision::Accept(ids) => self.review.decide(ids, Verdict::Accepted),
            Decision::Reject(ids) => self.review.decide(ids, Verdict::Rejected),
            Decision::Undo => !self.review.undo().is_empty(),
            Decision::Redo => !self.review.redo().is_empty(),
        };
        if changed {
            self.revision += 1;
            self.rest();
        }
        changed
    }

    pub(in crate::session) fn begin_landing(&mut self) {
        self.notice = None;
        self.phase = Phase::Landing;
    }

    pub(in crate::session) fn landed(&mut self, receipt: Receipt) {
        self.revision += 1;
        self.review.landed(&receipt);
        self.receipts.push(receipt);
        self.rest();
    }

    /// Nothing was written. Hunks whose place changed go back to review against the new text.
    pub(in crate::session) fn not_landed(&mut self, why: ApplyError) {
        self.revision += 1;
        self.notice = Some(match why {
            ApplyError::Conflict { files } => {
                let moved = files.into_iter().flat_map(|(now, _)| self.review.rebase(now)).collect();
                Notice::Conflict(moved)
            }
            other => Notice::NotLanded(other.to_string()),
        });
        self.phase = Phase::Reviewing;
    }

    /// A landing, of this turn or another, was taken back (or, if it `stands`, brought forth again):
    /// hunks that are still open follow their files.
    pub(in crate::session) fn reverted(&mut self, undone: &Undone, stands: bool) {
        if stands {
            self.taken_back.remove(&undone.of);
        } else if self.receipts.iter().any(|receipt| receipt.id() == undone.of) {
            self.taken_back.insert(undone.of.clone());
        }
        self.revision += 1;
        if self.phase == Phase::Landing {
            return; // What was sent to land is merged there.
        }
        for file in &undone.files {
            self.review.rebase(Base { path: file.path.clone(), text: file.text.clone() });
        }
        self.rest();
    }

    /// Hunks in conflict.
    pub fn conflicts(&self) -> usize {
        self.review.hunks().filter(|hunk| hunk.standing == Standing::Conflict).count()
    }
}
