//! What has to be known of all hunks to lay one of them out: what stands around it, where it begins in
//! the new text, which one comes next.

use std::collections::{HashMap, HashSet};

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

/// An order of hunks as it is once the hunks are others, `before` and `now` as the review has them: what
/// a hunk became stands where the hunk stood, and what is new comes last, so that nothing moves under
/// the reader.
pub fn kept_up(order: &[HunkId], before: &[HunkId], now: &[HunkId]) -> Vec<HunkId> {
    let (was, is): (HashSet<HunkId>, HashSet<HunkId>) =
        (before.iter().copied().collect(), now.iter().copied().collect());
    let place: HashMap<HunkId, usize> = before.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let rank: HashMap<HunkId, usize> = order.iter().enumerate().map(|(rank, id)| (*id, rank)).collect();
    // What stands in the place of which rank, and what stands nowhere yet.
    let (mut instead, mut last): (HashMap<usize, Vec<HunkId>>, Vec<HunkId>) = Default::default();
    let mut at = 0;
    for run in now.chunk_by(|one, next| was.contains(one) == was.contains(next)) {
        let after = now.get(at + run.len()).and_then(|next| place.get(next)).copied().unwrap_or(before.len());
        let ahead = at.checked_sub(1).and_then(|at| place.get(now.get(at)?)).map_or(0, |place| place + 1);
        at += run.len();
        if run.first().is_none_or(|one| was.contains(one)) {
            continue;
        }
        let gone = before.get(ahead..after.max(ahead)).unwrap_or_default();
        let ranks = gone.iter().filter(|id| !is.contains(id)).filter_map(|id| rank.get(id));
        match ranks.min() {
            Some(rank) => instead.entry(*rank).or_default().extend(run),
            None => last.extend(run.iter().filter(|id| !rank.contains_key(id))),
        }
    }
    let mut kept = Vec::with_capacity(now.len());
    for (rank, id) in order.iter().enumerate() {
        kept.extend(instead.remove(&rank).unwrap_or_default());
        kept.extend(is.contains(id).then_some(*id));
    }
    kept.extend(last);
    kept
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[u32]) -> Vec<HunkId> {
        ids.iter().copied().map(HunkId).collect()
    }

    fn kept(order: &[u32], before: &[u32], now: &[u32]) -> Vec<u32> {
        kept_up(&ids(order), &ids(before), &ids(now)).into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn what_comes_stands_last_and_what_goes_leaves_no_gap() {
        assert_eq!(kept(&[2, 0], &[0, 2], &[0, 3, 2]), [2, 0, 3]);
        assert_eq!(kept(&[2, 0, 1], &[0, 1, 2], &[0, 2]), [2, 0]);
        assert_eq!(kept(&[], &[], &[0, 1]), [0, 1]);
    }

    #[test]
    fn the_parts_of_a_hunk_stand_where_it_stood_and_it_stands_where_they_did() {
        assert_eq!(kept(&[2, 1, 0], &[0, 1, 2], &[0, 3, 4, 2]), [2, 3, 4, 0]);
        assert_eq!(kept(&[2, 3, 4, 0], &[0, 3, 4, 2], &[0, 1, 2]), [2, 1, 0]);
    }
}
