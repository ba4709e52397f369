//! Edits that leave code out and could not be laid over their file for sure. Each goes to the apply
//! model together with the file, and what comes back is checked ([`merged`]) and offered like any other
//! edit; if it does not hold, the edit stays refused for the reason it was refused at first.

use std::collections::VecDeque;
use std::sync::Arc;

use super::refusal::{Refusal, as_written};
use super::{Effect, End, Turn};
use crate::change::{Base, Edit, EditOp, Rejected, Unmerged, merged};
use crate::text::RepoPath;

/// The edits of a turn that wait for the apply model, first come first.
#[derive(Debug, Default)]
pub(super) struct Merging {
    waiting: VecDeque<Merge>,
    /// How many of them have been asked for.
    asked: usize,
}

#[derive(Debug)]
struct Merge {
    path: RepoPath,
    edit: Edit,
    rejected: Rejected,
    unmerged: Unmerged,
}

impl Turn {
    /// Keeps a rejected edit for the apply model, if that may help; gives it back if not.
    pub(super) fn defer(&mut self, edit: &Edit, rejected: Rejected) -> Option<Rejected> {
        let cut_short = self.end().is_some_and(|end| *end != End::Finished);
        let unmerged = if cut_short { None } else { self.review().unmerged(edit, &rejected.why) };
        let (Some((path, unmerged)), false) = (unmerged, self.is_merging_of(edit)) else {
            return Some(rejected);
        };
        self.merging.waiting.push_back(Merge { path, edit: edit.clone(), rejected, unmerged });
        None
    }

    fn is_merging_of(&self, edit: &Edit) -> bool {
        self.merging.waiting.iter().any(|merge| merge.edit.path == edit.path)
    }

    /// What has to be asked of the apply model and has not been yet.
    pub(super) fn merges(&mut self) -> Vec<Effect> {
        let new = self.merging.waiting.iter().skip(self.merging.asked);
        let ask = |merge: &Merge| Effect::Merge {
            turn: self.id(),
            path: merge.path.clone(),
            instruct: self.instruct(),
            original: merge.unmerged.original.clone(),
            update: Arc::from(merge.unmerged.update.as_str()),
        };
        let effects: Vec<Effect> = new.map(ask).collect();
        self.merging.asked = self.merging.waiting.len();
        effects
    }

    pub(super) fn is_merging(&self) -> bool {
        !self.merging.waiting.is_empty()
    }

    /// What the apply model made of an edit of `path`, or why it made nothing.
    pub(super) fn merged(&mut self, path: &RepoPath, made: Result<String, String>) {
        let Some(at) = self.merging.waiting.iter().position(|merge| merge.path == *path) else { return };
        let Some(merge) = self.merging.waiting.remove(at) else { return };
        self.merging.asked = self.merging.asked.saturating_sub(1);
        match made.ok().and_then(|text| merged(&merge.unmerged, &text).ok()) {
            Some(text) => {
                let base = Base { path: merge.path, text: Some(merge.unmerged.original) };
                self.offer(&Edit { op: EditOp::Whole(text), ..merge.edit }, base);
            }
            None => self.give_up(&merge.edit, merge.rejected),
        }
        self.rest();
    }

    /// Nobody waits for the apply model any more.
    pub(super) fn stop_merging(&mut self) {
        let merging = std::mem::take(&mut self.merging);
        for merge in merging.waiting {
            self.give_up(&merge.edit, merge.rejected);
        }
    }

    fn give_up(&mut self, edit: &Edit, rejected: Rejected) {
        self.refusals.push(Refusal::Edit { rejected, wrote: as_written(edit) });
    }
}
