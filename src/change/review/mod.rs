//! A changeset under review: hunks that grow while the model talks, and what was decided of each.
//!
//! [`Review::offer`] is the gate: nothing becomes a hunk that the [`Scope`] does not admit.
//! [`Review::settle`] is the only way to an [`Approved`]. Where an edit belongs and what it changes is
//! computed in `proposal`; edits that need to know the rest of the reply wait in `waiting`; how hunks
//! follow a file that changes underneath is in `follow`.

mod clash;
mod compare;
mod cut;
mod follow;
mod gate;
mod kept;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::history::{History, Step};
use super::locate::Damage;
use super::proposal::Circumstances;
use super::splice::spliced;
use super::{
    Approved, ApprovedFile, Base, Edit, EditOp, FileOp, Hunk, HunkId, Offered, Rejected, Scope, Unmerged,
    Verdict, Why,
};
use crate::text::diff::Change;
use crate::text::{Lines, RepoPath};
use clash::Origin;
pub use compare::{Compared, Purpose};
pub use cut::{Atom, Author, Note, Uncut};
pub use kept::{KeptFile, KeptReview};
use waiting::{Placed, Waiting};

/// Hunks of one turn with their verdicts. Made from a [`Scope`] and grown by [`Review::offer`].
///
/// ```
/// use rein::change::{Base, Edit, EditOp, Focus, Leash, Level, Review, Scope, Verdict};
/// use rein::text::RepoPath;
/// let path = RepoPath::parse("a.rs").unwrap();
/// let focus = Focus { file: Some(path.clone()), lines: None };
/// let mut review = Review::new(Scope::of(Level::File, &focus, Leash::default()).unwrap());
/// let edit = Edit { path: "a.rs".into(), op: EditOp::Whole("two\n".into()), reason: None };
/// review.offer(&edit, Base { path, text: Some("one\n".into()) });
/// let ids: Vec<_> = review.hunks().map(|hunk| hunk.id).collect();
/// assert!(review.settle().is_none()); // nothing is accepted yet
/// review.decide(&ids, Verdict::Accepted);
/// assert!(review.settle().is_some());
/// ```
///
/// ```compile_fail
/// use rein::change::Review;
/// let review = Review { hunks: Vec::new() }; // a review cannot be written down, only grown in a scope
/// ```
#[derive(Clone, Debug)]
pub struct Review {
    scope: Scope,
    /// Files as they are now.
    bases: BTreeMap<RepoPath, Base>,
    /// Files as the turn saw them, which is what its edits and its scope speak about.
    seen: BTreeMap<RepoPath, Base>,
    hunks: Vec<Hunk>,
    rejected: Vec<Rejected>,
    /// Edits that could not be placed yet, and where the others of the reply were.
    waiting: Vec<Waiting>,
    placed: Vec<Placed>,
    damage: Damage,
    offered: usize,
    next_id: u32,
    /// What the turn has proposed so far, for the leash; landing gives nothing of it back.
    proposed_files: BTreeSet<RepoPath>,
    proposed_lines: usize,
    history: History,
    purpose: Purpose,
    /// The changes inside of hunks that are more than one.
    shapes: BTreeMap<HunkId, Arc<[Change]>>,
    notes: BTreeMap<HunkId, Note>,
    /// Of hunks that are, or were, in conflict.
    origins: BTreeMap<HunkId, Origin>,
    /// Of a difference: files that could be run before.
    executables: BTreeSet<RepoPath>,
}

impl Review {
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            bases: BTreeMap::new(),
            seen: BTreeMap::new(),
            hunks: Vec::new(),
            rejected: Vec::new(),
            waiting: Vec::new(),
            placed: Vec::new(),
            damage: Damage::default(),
            offered: 0,
            next_id: 0,
            proposed_files: BTreeSet::new(),
            proposed_lines: 0,
            history: History::default(),
            purpose: Purpose::default(),
            shapes: BTreeMap::new(),
            notes: BTreeMap::new(),
            origins: BTreeMap::new(),
            executables: BTreeSet::new(),
        }
    }

    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Takes one closed edit of the reply and the file it names as the turn saw it. The gate: what
    /// the edit would *do* to the base is computed, and all of it must lie in the scope, or none of
    /// it is taken.
    ///
    /// The first base offered for a path is *the* base of the turn: a later edit with another one is
    /// rejected ([`Why::Moved`]). When the file has meanwhile changed ([`Review::rebase`],
    /// [`Review::landed`]), the edit is still judged by what the turn saw, then moved.
    pub fn offer(&mut self, edit: &Edit, base: Base) -> Offered {
        self.take(edit, base.clone(), base)
    }

    /// Takes an edit whose author saw the file as `seen`, while it is `now`: what the edit does to
    /// `seen` is carried over to `now` (three-way). Where `now` differs at the very place, the edit
    /// is rejected ([`Why::Moved`]); a whole new text of the file thus keeps what others did to it.
    pub fn offer_from(&mut self, edit: &Edit, seen: &Lines, now: Base) -> Offered {
        let seen = Base { path: now.path.clone(), text: Some(seen.clone()) };
        self.take(edit, seen, now)
    }

    fn take(&mut self, edit: &Edit, seen: Base, now: Base) -> Offered {
        let index = self.offered;
        self.offered += 1;
        if self.must_wait(edit, &seen) {
            self.waiting.push(Waiting::new(index, edit, seen, now, None));
            return Offered::Waiting;
        }
        match self.consider(index, edit, &seen, &now, Circumstances { damage: self.damage, within: None }) {
            Ok(ids) => Offered::Hunks(ids),
            Err(why) if waiting::may_become_clear(&why) => {
                self.waiting.push(Waiting::new(index, edit, seen, now, Some(why)));
                Offered::Waiting
            }
            Err(why) => self.reject(index, edit, why),
        }
    }

    /// The edit with its file, if it was rejected since what it leaves out cannot be told for sure: an
    /// apply model may merge the two.
    pub fn unmerged(&self, edit: &Edit, why: &Why) -> Option<(RepoPath, Unmerged)> {
        if !why.wants_merge() {
            return None;
        }
        let update = match &edit.op {
            EditOp::Lazy(text) | EditOp::Whole(text) => text.clone(),
            EditOp::Fenced(_)
            | EditOp::Hunk(_)
            | EditOp::OneOf(_)
            | EditOp::Bytes(_)
            | EditOp::Delete
            | EditOp::Move { .. } => return None,
        };
        let path = edit.target().ok()?;
        let original = self.seen.get(&path)?.text.clone()?;
        Some((path, Unmerged { update, original }))
    }

    /// Notes an edit that could not even be looked at (its path is no path, its file unreadable).
    pub fn refuse(&mut self, edit: &Edit, why: Why) -> Offered {
        let index = self.offered;
        self.offered += 1;
        self.reject(index, edit, why)
    }

    fn reject(&mut self, index: usize, edit: &Edit, why: Why) -> Offered {
        let rejected = Rejected { path: edit.path.clone(), index, why };
        self.rejected.push(rejected.clone());
        Offered::Rejected(rejected)
    }

    /// In the order a person reads them: by file in order of first appearance, then by line.
    pub fn hunks(&self) -> impl Iterator<Item = &Hunk> {
        self.hunks.iter()
    }

    pub fn hunk(&self, id: HunkId) -> Option<&Hunk> {
        self.hunks.iter().find(|hunk| hunk.id == id)
    }

    /// The hunk at this place of [`Review::hunks`].
    pub fn hunk_at(&self, index: usize) -> Option<&Hunk> {
        self.hunks.get(index)
    }

    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// The file that the hunks of `path` speak about, as it is now.
    pub fn base(&self, path: &RepoPath) -> Option<&Base> {
        self.bases.get(path)
    }

    /// The file as the turn saw it: what further edits of it must be offered with.
    pub fn seen(&self, path: &RepoPath) -> Option<&Base> {
        self.seen.get(path)
    }

    /// Sets verdicts as one step that [`Review::undo`] takes back. A hunk in conflict cannot be
    /// accepted: it is left out. Returns whether anything changed.
    pub fn decide(&mut self, ids: &[HunkId], verdict: Verdict) -> bool {
        let ids: BTreeSet<HunkId> = ids.iter().copied().collect();
        let decided = |hunk: &&mut Hunk| {
            let barred = verdict == Verdict::Accepted && !hunk.is_good();
            ids.contains(&hunk.id) && hunk.verdict != verdict && !barred
        };
        let give = |hunk: &mut Hunk| (hunk.id, std::mem::replace(&mut hunk.verdict, verdict));
        let before: Vec<_> = self.hunks.iter_mut().filter(decided).map(give).collect();
        let changed = !before.is_empty();
        if changed {
            self.history.record(Step::Verdicts(before));
        }
        changed
    }

    /// Takes back the last decision; returns the hunks it concerned (empty: nothing to undo).
    pub fn undo(&mut self) -> Vec<HunkId> {
        let Some(step) = self.history.undo() else { return Vec::new() };
        let (back, ids) = self.bring_back(step);
        self.history.can_redo(back);
        ids
    }

    /// Makes the decision again that was taken back last (empty: nothing to redo).
    pub fn redo(&mut self) -> Vec<HunkId> {
        let Some(step) = self.history.redo() else { return Vec::new() };
        let (back, ids) = self.bring_back(step);
        self.history.can_undo(back);
        ids
    }

    /// The file as it would be with the accepted hunks, or with every hunk that is not rejected when
    /// `hopeful`. Hunks in conflict have no place and are left out. `None`: there would be no file.
    pub fn preview(&self, path: &RepoPath, hopeful: bool) -> Option<Lines> {
        let shown = |hunk: &&Hunk| {
            hunk.is_accepted() || (hopeful && hunk.is_good() && hunk.verdict != Verdict::Rejected)
        };
        let chosen: Vec<&Hunk> = self.of_file(path).filter(shown).collect();
        if chosen.iter().any(|hunk| hunk.op == FileOp::Delete) {
            return None;
        }
        let base = self.bases.get(path)?.text.as_ref();
        if base.is_none() && chosen.is_empty() {
            return None;
        }
        let splices = chosen.iter().map(|hunk| (hunk.replaces, hunk.with.bytes()));
        Some(spliced(base.unwrap_or(&"".into()), splices))
    }

    /// What was decided, ready to be written: the accepted hunks or, where they are made already, the
    /// rejected ones taken back. `None` when there is nothing to write.
    pub fn settle(&self) -> Option<Approved> {
        match self.purpose {
            Purpose::Propose => self.settle_accepted(),
            Purpose::TakeBack => self.settle_rejected(),
            Purpose::ReadOnly => None,
        }
    }

    fn settle_accepted(&self) -> Option<Approved> {
        let accepted: Vec<&Hunk> = self.hunks.iter().filter(|hunk| hunk.is_accepted()).collect();
        let files = accepted.chunk_by(|one, next| one.path == next.path).filter_map(|hunks| {
            let first = hunks.first()?;
            let base = self.bases.get(&first.path)?.clone();
            let hunks = hunks.iter().map(|hunk| (hunk.id, hunk.replaces, hunk.with.clone())).collect();
            Some(ApprovedFile::new(base, first.op, hunks))
        });
        let files: Vec<_> = files.collect();
        (!files.is_empty()).then(|| Approved::new(files))
    }

    fn of_file(&self, path: &RepoPath) -> impl Iterator<Item = &Hunk> {
        self.hunks.iter().filter(move |hunk| hunk.path == *path)
    }

    /// Sorts the hunks of a file by line, in the places they hold among the others.
    fn hunks_in_order(&mut self, path: &RepoPath) {
        let of_file = |hunk: &Hunk| hunk.path == *path;
        let Some(first) = self.hunks.iter().position(of_file) else { return };
        let count = self.of_file(path).count();
        if let Some(hunks) = self.hunks.get_mut(first..first + count) {
            hunks.sort_by_key(|hunk| hunk.replaces);
        }
    }
}

/// Gives a hunk a verdict and returns the one it had; `None` when there is no such hunk.
fn give(hunks: &mut [Hunk], id: HunkId, verdict: Verdict) -> Option<Verdict> {
    let hunk = hunks.iter_mut().find(|hunk| hunk.id == id)?;
    Some(std::mem::replace(&mut hunk.verdict, verdict))
}

#[cfg(test)]
mod tests;
