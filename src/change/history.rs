//! Decisions that can be taken back: which hunks had which verdict before each of them. It knows ids
//! and verdicts, not hunks.

use std::collections::BTreeSet;

use super::{HunkId, Verdict};

/// Verdicts to give back, hunk by hunk.
pub(super) type Step = Vec<(HunkId, Verdict)>;

#[derive(Clone, Default, Debug)]
pub(super) struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl History {
    /// A decision was made: `before` are the verdicts it replaced. What was taken back is forgotten.
    pub(super) fn record(&mut self, before: Step) {
        self.undone.clear();
        self.done.push(before);
    }

    /// Takes the last decision back. `give` sets a verdict and returns the one it replaced.
    pub(super) fn undo(&mut self, give: impl FnMut(HunkId, Verdict) -> Option<Verdict>) -> Vec<HunkId> {
        shift(&mut self.done, &mut self.undone, give)
    }

    /// Makes the decision again that was taken back last.
    pub(super) fn redo(&mut self, give: impl FnMut(HunkId, Verdict) -> Option<Verdict>) -> Vec<HunkId> {
        shift(&mut self.undone, &mut self.done, give)
    }

    /// Hunks that are gone, or may no longer be what they were: no step brings their verdict back.
    pub(super) fn forget(&mut self, ids: &[HunkId]) {
        let gone: BTreeSet<HunkId> = ids.iter().copied().collect();
        for steps in [&mut self.done, &mut self.undone] {
            steps.iter_mut().for_each(|step| step.retain(|(id, _)| !gone.contains(id)));
            steps.retain(|step| !step.is_empty());
        }
    }
}

fn shift(
    from: &mut Vec<Step>,
    to: &mut Vec<Step>,
    mut give: impl FnMut(HunkId, Verdict) -> Option<Verdict>,
) -> Vec<HunkId> {
    let Some(step) = from.pop() else { return Vec::new() };
    let back: Step = step.into_iter().filter_map(|(id, verdict)| Some((id, give(id, verdict)?))).collect();
    let ids = back.iter().map(|(id, _)| *id).collect();
    to.push(back);
    ids
}
