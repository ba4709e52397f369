//! What has to be known of all hunks to lay one of them out: what stands around it, where it begins in
//! the new text, which one comes next.

use std::collections::HashMap;

use crate::change::{Hunk, HunkId, Review};
use crate::text::RepoPath;

/// The lines of the base that stand free above and below a hunk.
#[derive(Clone, Copy, Default)]
pub struct Gap {
    above: usize,
    /// Those above are those below another hunk.
    shared: bool,
    below: usize,
}

impl Gap {
    /// Lines shown above and below. No line is shown twice: what lies between two hunks is the first
    /// one's as far as it goes, if the hunks are shown beside each other.
    pub fn around(self, context: usize, beside: bool) -> (usize, usize) {
        let taken = if self.shared && beside { context } else { 0 };
        (context.min(self.above.saturating_sub(taken)), context.min(self.below))
    }
}

/// The gaps around each hunk, in the order of the review.
pub fn gaps(hunks: &[&Hunk], review: &Review) -> Vec<Gap> {
    let near = |at: usize, hunk: &Hunk| hunks.get(at).filter(|other| other.path == hunk.path);
    let gap = |(at, hunk): (usize, &&Hunk)| {
        let before = at.checked_sub(1).and_then(|before| near(before, hunk));
        let start = before.map_or(0, |before| before.replaces.end());
        let len = review.base(&hunk.path).and_then(|base| base.text.as_ref()).map_or(0, |base| base.len());
        let end = near(at + 1, hunk).map_or(len, |next| next.replaces.start());
        Gap {
            above: hunk.replaces.start().saturating_sub(start),
            shared: before.is_some(),
            below: end.saturating_sub(hunk.replaces.end()),
        }
    };
    hunks.iter().enumerate().map(gap).collect()
}

/// Where the lines that come begin in the new text, hunk by hunk.
pub fn new_starts(hunks: &[&Hunk]) -> Vec<usize> {
    let (mut gone, mut come) = (0, 0);
    let mut path: Option<&RepoPath> = None;
    let mut starts = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        if path != Some(&hunk.path) {
            (gone, come, path) = (0, 0, Some(&hunk.path));
        }
        starts.push((hunk.replaces.start() + come).saturating_sub(gone));
        gone += hunk.replaces.len();
        come += hunk.with.len();
    }
    starts
}

/// The places of the hunks in the review, in the order they are shown.
pub fn in_order(hunks: &[&Hunk], order: Option<&[HunkId]>) -> Vec<usize> {
    let Some(order) = order else { return (0..hunks.len()).collect() };
    let rank: HashMap<HunkId, usize> = order.iter().enumerate().map(|(rank, id)| (*id, rank)).collect();
    let mut indices: Vec<usize> = (0..hunks.len()).collect();
    let rank_of = |at: &usize| hunks.get(*at).and_then(|hunk| rank.get(&hunk.id)).copied();
    indices.sort_by_key(|at| rank_of(at).unwrap_or(usize::MAX));
    indices
}
