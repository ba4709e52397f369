//! Decisions that can be taken back: which hunks had which verdict, or which shape, before each of
//! them. It keeps steps; what a step means for the hunks is the review's to know.

use std::collections::BTreeSet;

use super::{Hunk, HunkId, Verdict};
use crate::text::RepoPath;

/// What to give back.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Verdicts, hunk by hunk.
    Verdicts(Vec<(HunkId, Verdict)>),
    /// All hunks of a file: they were cut, or edited by hand.
    Shape(RepoPath, Vec<Hunk>),
}

#[derive(Clone, Default, Debug)]
pub(super) struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl History {
    /// A decision was made: `before` is what it replaced. What was taken back is forgotten.
    pub(super) fn record(&mut self, before: Step) {
        self.undone.clear();
        self.done.push(before);
    }

    /// The step to take back. What it replaces belongs to [`History::can_redo`].
    pub(super) fn undo(&mut self) -> Option<Step> {
        self.done.pop()
    }

    pub(super) fn redo(&mut self) -> Option<Step> {
        self.undone.pop()
    }

    pub(super) fn can_redo(&mut self, step: Step) {
        self.undone.push(step);
    }

    pub(super) fn can_undo(&mut self, step: Step) {
        self.done.push(step);
    }

    /// Hunks that are gone, or may no longer be what they were: no step brings their verdict back.
    pub(super) fn forget(&mut self, ids: &[HunkId]) {
        let gone: BTreeSet<HunkId> = ids.iter().copied().collect();
        self.prune(|step| match step {
            Step::Verdicts(verdicts) => {
                verdicts.retain(|(id, _)| !gone.contains(id));
                !verdicts.is_empty()
            }
            Step::Shape(..) => true,
        });
    }

    /// The hunks of a file moved: no step brings back where they were.
    pub(super) fn forget_shapes(&mut self, path: &RepoPath) {
        self.prune(|step| !matches!(step, Step::Shape(of, _) if of == path));
    }

    fn prune(&mut self, mut stays: impl FnMut(&mut Step) -> bool) {
        self.done.retain_mut(&mut stays);
        self.undone.retain_mut(&mut stays);
    }
}
