//! A changeset under review: hunks that grow while the model talks, and what was decided of each.
//!
//! [`Review::offer`] is the gate: nothing becomes a hunk that the [`Scope`] does not admit.
//! [`Review::settle`] is the only way to an [`Approved`]. Where an edit belongs and what it changes is
//! computed in [`super::proposal`]; nothing here touches a disk.

use std::collections::{BTreeMap, BTreeSet};

use super::history::History;
use super::proposal::{Piece, Proposal, op, propose};
use super::splice::spliced;
use super::{
    Approved, ApprovedFile, Base, Edit, FileOp, Hunk, HunkId, Offered, Receipt, Rejected, Scope, Standing,
    Verdict, Why,
};
use crate::text::{Drift, Lines, RepoPath, Span};

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
    offered: usize,
    next_id: u32,
    /// What the turn has proposed so far, for the leash; landing gives nothing of it back.
    proposed_files: BTreeSet<RepoPath>,
    proposed_lines: usize,
    history: History,
}

impl Review {
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            bases: BTreeMap::new(),
            seen: BTreeMap::new(),
            hunks: Vec::new(),
            rejected: Vec::new(),
            offered: 0,
            next_id: 0,
            proposed_files: BTreeSet::new(),
            proposed_lines: 0,
            history: History::default(),
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
        match self.consider(edit, base) {
            Ok(ids) => {
                self.offered += 1;
                Offered::Hunks(ids)
            }
            Err(why) => self.refuse(edit, why),
        }
    }

    /// Notes an edit that could not even be looked at (its path is no path, its file unreadable).
    pub fn refuse(&mut self, edit: &Edit, why: Why) -> Offered {
        let rejected = Rejected { path: edit.path.clone(), index: self.offered, why };
        self.offered += 1;
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

    pub fn rejected(&self) -> &[Rejected] {
        &self.rejected
    }

    /// The file that the hunks of `path` speak about, as it is now.
    pub fn base(&self, path: &RepoPath) -> Option<&Base> {
        self.bases.get(path)
    }

    /// Sets verdicts as one step that [`Review::undo`] takes back. A hunk in conflict cannot be
    /// accepted: it is left out. Returns whether anything changed.
    pub fn decide(&mut self, ids: &[HunkId], verdict: Verdict) -> bool {
        let decided = |hunk: &&mut Hunk| {
            let barred = verdict == Verdict::Accepted && !hunk.is_good();
            ids.contains(&hunk.id) && hunk.verdict != verdict && !barred
        };
        let give = |hunk: &mut Hunk| (hunk.id, std::mem::replace(&mut hunk.verdict, verdict));
        let before: Vec<_> = self.hunks.iter_mut().filter(decided).map(give).collect();
        let changed = !before.is_empty();
        if changed {
            self.history.record(before);
        }
        changed
    }

    /// Takes back the last decision; returns the hunks it concerned (empty: nothing to undo).
    pub fn undo(&mut self) -> Vec<HunkId> {
        let hunks = &mut self.hunks;
        self.history.undo(|id, verdict| give(hunks, id, verdict))
    }

    /// Makes the decision again that was taken back last (empty: nothing to redo).
    pub fn redo(&mut self) -> Vec<HunkId> {
        let hunks = &mut self.hunks;
        self.history.redo(|id, verdict| give(hunks, id, verdict))
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

    /// The file changed underneath: moves the hunks of `now.path` onto its new text. Hunks whose
    /// place changed too become [`Standing::Conflict`] and lose their verdict; returns those. A hunk
    /// that wants the file to be made or to go, when it has been, has nothing left to do and is
    /// dropped.
    pub fn rebase(&mut self, now: Base) -> Vec<HunkId> {
        let path = now.path.clone();
        let Some(base) = self.bases.insert(path.clone(), now.clone()) else {
            self.bases.remove(&path);
            return Vec::new();
        };
        if base.text == now.text {
            return Vec::new();
        }
        let fulfilled = |hunk: &Hunk| match hunk.op {
            FileOp::Create => now.text.as_ref() == Some(&hunk.with),
            FileOp::Delete => now.text.is_none(),
            FileOp::Update => false,
        };
        self.drop_hunks(|hunk| hunk.path == path && fulfilled(hunk));
        self.move_hunks(&path, base.text.as_ref(), now.text.as_ref())
    }

    /// The accepted hunks, ready to land; `None` when none is accepted.
    pub fn settle(&self) -> Option<Approved> {
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

    /// Drops hunks that have landed (all accepted ones that the receipt names) and adopts the files'
    /// new texts as bases; the others stay for later, moved to where their lines stand now. Those
    /// whose place is gone become [`Standing::Conflict`].
    pub fn landed(&mut self, receipt: &Receipt) {
        for file in receipt.files() {
            let Some(base) = self.bases.get(&file.path).map(|base| base.text.clone()) else { continue };
            let landed: Vec<Hunk> = self
                .of_file(&file.path)
                .filter(|h| h.is_accepted() && receipt.hunks().contains(&h.id))
                .cloned()
                .collect();
            self.drop_hunks(|hunk| landed.iter().any(|gone| gone.id == hunk.id));
            // First exactly, to the text the review promised; then by difference, to what the landing
            // made of it when the file had changed meanwhile.
            let promised = promised(base.as_ref(), &landed);
            for hunk in self.hunks.iter_mut().filter(|hunk| hunk.path == file.path) {
                hunk.replaces = behind(hunk.replaces, &landed);
            }
            self.hunks_in_order(&file.path);
            let now = Base { path: file.path.clone(), text: file.text.clone() };
            self.bases.insert(file.path.clone(), now);
            if promised != file.text {
                self.move_hunks(&file.path, promised.as_ref(), file.text.as_ref());
            }
        }
    }

    fn consider(&mut self, edit: &Edit, base: Base) -> Result<Vec<HunkId>, Why> {
        let path = base.path.clone();
        let seen = self.seen.entry(path.clone()).or_insert_with(|| base.clone());
        if seen.text != base.text {
            return Err(Why::Moved);
        }
        self.bases.entry(path.clone()).or_insert_with(|| base.clone());
        self.scope.admit_file(&path, op(edit, &base) != FileOp::Update)?;
        let proposal = propose(edit, &base)?;
        self.admit_lines(&path, &proposal)?;
        let now = self.bases.get(&path).and_then(|base| base.text.as_ref());
        let pieces = moved(proposal.pieces(base.text.as_ref()), base.text.as_ref(), now)?;
        self.admit_pieces(edit, &path, &proposal, pieces)
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
        Ok(pieces.into_iter().map(|piece| self.add(edit, path, proposal, piece)).collect())
    }

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
            reason: edit.reason.clone(),
            standing: Standing::Good,
            verdict: Verdict::Undecided,
        };
        let below = self.hunks.iter().rposition(|other| other.path == hunk.path).map(|last| last + 1);
        self.hunks.insert(below.unwrap_or(self.hunks.len()), hunk);
        self.hunks_in_order(path);
        id
    }

    fn of_file(&self, path: &RepoPath) -> impl Iterator<Item = &Hunk> {
        self.hunks.iter().filter(move |hunk| hunk.path == *path)
    }

    fn drop_hunks(&mut self, gone: impl Fn(&Hunk) -> bool) {
        let ids: Vec<HunkId> = self.hunks.iter().filter(|hunk| gone(hunk)).map(|hunk| hunk.id).collect();
        self.hunks.retain(|hunk| !ids.contains(&hunk.id));
        self.history.forget(&ids);
    }

    /// Moves the good hunks of a file from one text to another; returns those that have no place in
    /// it and are in conflict now.
    fn move_hunks(&mut self, path: &RepoPath, from: Option<&Lines>, to: Option<&Lines>) -> Vec<HunkId> {
        let drift = from.zip(to).map(|(from, to)| Drift::between(from, to));
        let last = to.map_or(0, Lines::len);
        let mut conflicts = Vec::new();
        for hunk in self.hunks.iter_mut().filter(|hunk| hunk.path == *path && hunk.is_good()) {
            let stays = match hunk.op {
                FileOp::Update => drift.as_ref().and_then(|drift| drift.map(hunk.replaces)),
                // What concerns the whole file is in doubt when anything in it changed.
                FileOp::Create | FileOp::Delete => None,
            };
            hunk.replaces =
                stays.unwrap_or(Span::new(hunk.replaces.start().min(last), hunk.replaces.end().min(last)));
            if stays.is_none() {
                hunk.standing = Standing::Conflict;
                hunk.verdict = Verdict::Undecided;
                conflicts.push(hunk.id);
            }
        }
        self.history.forget(&conflicts);
        self.hunks_in_order(path);
        conflicts
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

/// The text that the landed hunks make of `base`.
fn promised(base: Option<&Lines>, landed: &[Hunk]) -> Option<Lines> {
    if landed.iter().any(|hunk| hunk.op == FileOp::Delete) || (base.is_none() && landed.is_empty()) {
        return None;
    }
    let splices = landed.iter().map(|hunk| (hunk.replaces, hunk.with.bytes()));
    Some(spliced(base.unwrap_or(&"".into()), splices))
}

/// Where `span` stands once the landed hunks, none of which collides with it, are made.
fn behind(span: Span, landed: &[Hunk]) -> Span {
    let above = landed.iter().filter(|hunk| hunk.op == FileOp::Update && hunk.replaces < span);
    let (gone, come) =
        above.fold((0, 0), |(gone, come), hunk| (gone + hunk.replaces.len(), come + hunk.with.len()));
    let moved = |line: usize| (line + come).saturating_sub(gone);
    Span::new(moved(span.start()), moved(span.end()))
}
