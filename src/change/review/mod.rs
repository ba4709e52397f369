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
mod kept;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::history::{History, Step};
use super::locate::{Damage, Tier};
use super::proposal::{Circumstances, Piece, Proposal, op, propose};
use super::slide::slid;
use super::splice::spliced;
use super::{
    Approved, ApprovedFile, Base, Edit, EditOp, FileOp, Hunk, HunkId, Offered, Rejected, Scope, Standing,
    Unmerged, Verdict, Why,
};
use crate::text::diff::Change;
use crate::text::{Drift, Lines, RepoPath};
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

    fn consider(
        &mut self,
        index: usize,
        edit: &Edit,
        base: &Base,
        now: &Base,
        known: Circumstances,
    ) -> Result<Vec<HunkId>, Why> {
        let path = base.path.clone();
        let seen = self.seen.entry(path.clone()).or_insert_with(|| base.clone());
        if seen.text != base.text {
            return Err(Why::Moved);
        }
        self.bases.entry(path.clone()).or_insert_with(|| now.clone());
        let whole = matches!(edit.op, EditOp::Move { .. }) || op(edit, base) != FileOp::Update;
        self.scope.admit_file(&path, whole)?;
        let mut proposal = propose(edit, base, known)?;
        if let EditOp::Move { to, .. } = &edit.op {
            return self.move_file(edit, to, base, &proposal);
        }
        if let (Some(selected), Some(text)) = (self.scope.lines(), &base.text) {
            proposal.splices = slid(text, proposal.splices, selected);
        }
        self.admit_lines(&path, &proposal)?;
        let now = self.bases.get(&path).and_then(|base| base.text.as_ref());
        if base.text.as_ref() != now {
            proposal.matched_by = proposal.matched_by.max(Tier::BaseMerge);
        }
        let pieces = moved(proposal.pieces(base.text.as_ref()), base.text.as_ref(), now)?;
        let ids = self.admit_pieces(edit, &path, &proposal, pieces)?;
        if let Some(place) = proposal.place {
            self.placed.push(Placed { index, path, place });
        }
        self.damage = self.damage.or(waiting::damage(edit, base));
        Ok(ids)
    }

    /// A file under a new name: the new one comes, the old one goes, as two hunks that say so.
    fn move_file(&mut self, edit: &Edit, to: &str, base: &Base, made: &Proposal) -> Result<Vec<HunkId>, Why> {
        let to = Edit { path: to.to_owned(), ..edit.clone() }.target()?;
        self.scope.admit_file(&to, true)?;
        let taken = |bases: &BTreeMap<RepoPath, Base>| bases.get(&to).is_some_and(|base| base.text.is_some());
        if to == base.path || taken(&self.bases) || taken(&self.seen) {
            return Err(Why::Exists);
        }
        let text = base.text.clone().unwrap_or_else(|| "".into());
        if self.bases.get(&base.path).is_some_and(|now| now.text != base.text) {
            return Err(Why::Moved);
        }
        let now = spliced(&text, made.splices.iter().map(|splice| (splice.replaces, &*splice.with)));
        let note = format!("moves {} to {to}", base.path);
        let reason = edit.reason.as_ref().map_or(note.clone(), |reason| format!("{note}: {reason}"));
        let edit = Edit { reason: Some(reason), ..edit.clone() };
        let weight = made.splices.iter().map(|s| s.replaces.len() + Lines::new(&*s.with).len()).sum();
        let come = Piece { replaces: crate::text::Span::new(0, 0), with: now, weight };
        let goes = Piece { replaces: text.span(), with: "".into(), weight: 0 };
        let proposal = |op| Proposal {
            op,
            splices: Vec::new(),
            matched_by: made.matched_by,
            kept: made.kept.clone(),
            place: None,
        };
        let none = Base { path: to.clone(), text: None };
        self.seen.entry(to.clone()).or_insert_with(|| none.clone());
        self.bases.entry(to.clone()).or_insert(none);
        let before = self.clone();
        let mut ids = self.admit_pieces(&edit, &to, &proposal(FileOp::Create), vec![come])?;
        match self.admit_pieces(&edit, &base.path, &proposal(FileOp::Delete), vec![goes]) {
            Ok(gone) => ids.extend(gone),
            Err(why) => {
                *self = before;
                return Err(why);
            }
        }
        Ok(ids)
    }

    fn admit_lines(&self, path: &RepoPath, proposal: &Proposal) -> Result<(), Why> {
        if proposal.op == FileOp::Create {
            return Ok(());
        }
        Ok(proposal.splices.iter().try_for_each(|splice| self.scope.admit_lines(path, splice.replaces))?)
    }

    /// The last part of the gate, against what the review already holds.
    fn admit_pieces(
        &mut self,
        edit: &Edit,
        path: &RepoPath,
        proposal: &Proposal,
        mut pieces: Vec<Piece>,
    ) -> Result<Vec<HunkId>, Why> {
        let op = proposal.op;
        let good = |hunks: &[Hunk], fits: &dyn Fn(&Hunk) -> bool| {
            hunks.iter().any(|hunk| hunk.path == *path && hunk.is_good() && fits(hunk))
        };
        pieces.retain(|piece| !good(&self.hunks, &|hunk| hunk.repeats(op, piece.replaces, &piece.with)));
        if pieces.is_empty() {
            return Ok(Vec::new());
        }
        let lines = self.proposed_lines + pieces.iter().map(|piece| piece.weight).sum::<usize>();
        let files = self.proposed_files.len() + usize::from(!self.proposed_files.contains(path));
        self.scope.admit_size(path, files, lines)?;
        if pieces.iter().any(|piece| good(&self.hunks, &|hunk| hunk.collides(op, piece.replaces))) {
            return Err(Why::Overlap);
        }
        self.proposed_lines = lines;
        self.proposed_files.insert(path.clone());
        let ids = pieces.into_iter().map(|piece| self.add(edit, path, proposal, piece)).collect();
        self.hunks_in_order(path);
        Ok(ids)
    }

    /// Puts a hunk below the others of its file.
    fn add(&mut self, edit: &Edit, path: &RepoPath, proposal: &Proposal, piece: Piece) -> HunkId {
        let id = HunkId(self.next_id);
        self.next_id += 1;
        let hunk = Hunk {
            id,
            path: path.clone(),
            op: proposal.op,
            replaces: piece.replaces,
            with: piece.with,
            matched_by: proposal.matched_by,
            kept: proposal.kept.clone(),
            reason: edit.reason.clone(),
            standing: Standing::Good,
            verdict: Verdict::Undecided,
        };
        let below = self.hunks.iter().rposition(|other| other.path == hunk.path).map(|last| last + 1);
        let with = hunk.with.clone();
        self.hunks.insert(below.unwrap_or(self.hunks.len()), hunk);
        if let Some(base) = self.bases.get(path).and_then(|base| base.text.clone()) {
            self.shape(id, &base, &with);
        }
        id
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

/// Pieces cut for the text the turn saw, as they stand in the file now.
fn moved(pieces: Vec<Piece>, seen: Option<&Lines>, now: Option<&Lines>) -> Result<Vec<Piece>, Why> {
    if seen == now {
        return Ok(pieces);
    }
    let (Some(seen), Some(now)) = (seen, now) else { return Err(Why::Moved) };
    let drift = Drift::between(seen, now);
    let place = |piece: Piece| Some(Piece { replaces: drift.map(piece.replaces)?, ..piece });
    pieces.into_iter().map(place).collect::<Option<_>>().ok_or(Why::Moved)
}
