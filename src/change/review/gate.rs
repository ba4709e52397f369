//! The gate of a review: what an edit would do to its file is computed, and becomes hunks only when
//! all of it lies in the scope, within the leash and beside what is there already. Where an edit
//! belongs is computed in `proposal`.

use std::collections::BTreeMap;

use super::Review;
use super::waiting::{self, Placed};
use crate::change::locate::Tier;
use crate::change::proposal::{Circumstances, Piece, Proposal, op, propose};
use crate::change::slide::slid;
use crate::change::splice::spliced;
use crate::change::{Base, Edit, EditOp, FileOp, Hunk, HunkId, Standing, Verdict, Why};
use crate::text::{Drift, Lines, RepoPath, Span};

impl Review {
    /// Takes all of `edit` as hunks, or says why none of it.
    pub(super) fn consider(
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
        let come = Piece { replaces: Span::new(0, 0), with: now, weight };
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
