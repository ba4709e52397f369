//! The review screen's state: where the reader is, what is shown of the review and how. What the keys
//! do is in `decide` (verdicts, landing), `go` (moving), `rework` (cutting, editing, commenting); the
//! rows are `sheet`'s. Verdicts and hunks are the session's, never kept here.

mod around;
mod decide;
mod go;
mod look;
mod marks;
mod rework;
mod row;
mod sheet;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

pub(super) use decide::{ordinal, tally};
pub(super) use look::Detail;
pub(super) use look::Filter;
use look::{Look, Plan};
use marks::Marks;
pub(super) use marks::Parses;
pub(super) use rework::{Hand, Wish};
pub(super) use row::{Below, Changed, Row};
use sheet::Tail;
pub(super) use sheet::{FileRow, Sheet};

use super::app::{App, Focus, Out};
use crate::change::reading::{Order, Reading};
use crate::change::{HunkId, Review};
use crate::session::{Effect, Phase, Polish, Rough, Subject, TurnId};
use crate::text::RepoPath;
use around::kept_up;

/// Files whose colours are kept: those around the window, and where the reader was just now.
const POLISHED: usize = 12;

/// Where the reader is, and what is shown.
#[derive(Debug, Default)]
pub struct Reviewing {
    /// The hunk under review.
    pub at: Option<HunkId>,
    pub sheet: Sheet,
    /// Of which the sheet is.
    stamp: Option<(TurnId, u64)>,
    pub look: Look,
    /// `None`: by file.
    pub order: Option<Vec<HunkId>>,
    /// The hunks that the order was made for, as the review has them.
    ordered: Vec<HunkId>,
    /// Which order that is; `None`: the one in which hunks came.
    pub by: Option<Order>,
    /// What is known of the hunks, once it is.
    pub reading: Option<Reading>,
    /// The hunks that a reading was asked for, and whether the answer has come.
    asked: Option<(TurnId, u64, bool)>,
    /// Of which state of the review, and of the window, the colours and the reading were asked for.
    polished_at: Option<(TurnId, u64, usize, (usize, usize))>,
    read_at: Option<(TurnId, u64)>,
    pub marks: Marks,
    /// A key was pressed in this review.
    pub touched: bool,
    /// The row the reader is at.
    pub row: usize,
    pub top: usize,
    pub left: usize,
    /// Rows and columns of the window.
    pub window: (usize, usize),
    /// The first changed line of a range that is being chosen.
    pub range: Option<usize>,
    /// Lines that are being edited in place.
    pub hand: Option<Hand>,
    pub query: String,
    /// What is known of the files that were seen; the one that was seen first last.
    polished: Vec<Polished>,
}

/// The colours of a file. While a reply arrives its text is another with every hunk: one piece of work
/// for it is under way at a time, however fast they come.
#[derive(Debug)]
struct Polished {
    path: RepoPath,
    turn: TurnId,
    /// Names the text that was asked for last.
    key: u64,
    under_way: bool,
    /// Of that text, or of one before it.
    polish: Option<Arc<Polish>>,
}

impl Reviewing {
    /// Another sheet is needed.
    pub fn changed(&mut self) {
        self.stamp = None;
        self.polished_at = None;
    }

    pub fn polish(&self, path: &RepoPath) -> Option<&Polish> {
        self.polished.iter().rev().find(|known| known.path == *path)?.polish.as_deref()
    }

    /// The changed lines of the range that is being chosen, both ends included.
    pub fn range_at(&self, review: &Review) -> Option<std::ops::RangeInclusive<usize>> {
        let anchor = self.range?;
        let here = self.atom_at(review, self.row).unwrap_or(anchor);
        Some(anchor.min(here)..=anchor.max(here))
    }

    /// Which changed line of the hunk under review a row is.
    pub fn atom_at(&self, review: &Review, row: usize) -> Option<usize> {
        let (hunk, atom) = match self.sheet.row(review, row)? {
            Row::Old { hunk, old } => (hunk, old.atom),
            Row::New { hunk, new } => (hunk, new.atom),
            Row::Both { hunk, old, new } => (hunk, new.or(old)?.atom),
            _ => return None,
        };
        (review.hunk_at(hunk).map(|hunk| hunk.id) == self.at).then_some(atom)
    }
}

impl App {
    /// After every input: a sheet of the review as it is now, the reader where they were.
    pub(super) fn settle_review(&mut self) {
        let Some(turn) = self.session.turn().filter(|_| self.focus == Focus::Review) else { return };
        let stamp = (turn.id(), turn.revision());
        if self.review.stamp == Some(stamp) {
            return;
        }
        let reviewing = &mut self.review;
        let anchor = reviewing.sheet.anchor(reviewing.row, reviewing.top);
        if let Some(reading) = &mut reviewing.reading {
            reading.heed(turn.review());
        }
        reviewing.marks.heed(turn.review());
        let hunks: Vec<HunkId> = turn.review().hunks().map(|hunk| hunk.id).collect();
        // As long as nobody asked for another order hunks are shown as they come: what comes later
        // moves nothing that is on screen.
        let order = match (&reviewing.order, reviewing.by) {
            (None, Some(_)) => None,
            (Some(_), _) if reviewing.ordered == hunks => reviewing.order.take(),
            (order, _) => Some(kept_up(order.as_deref().unwrap_or_default(), &reviewing.ordered, &hunks)),
        };
        (reviewing.order, reviewing.ordered) = (order, hunks);
        let plan = Plan {
            look: &reviewing.look,
            order: reviewing.order.as_deref(),
            reading: reviewing.reading.as_ref(),
            marks: &reviewing.marks,
            window: reviewing.window,
        };
        let refused = turn.refusals().iter().map(ToString::to_string).collect();
        let fresh = Sheet::new(turn.review(), &Tail { refused, remarks: turn.remarks().len() }, &plan);
        reviewing.sheet = fresh;
        reviewing.stamp = Some(stamp);
        if let Some((anchor, row)) = anchor.and_then(|a| Some((a, reviewing.sheet.find(a)?))) {
            reviewing.row = row;
            reviewing.top = row.saturating_sub(anchor.depth);
        }
        self.keep_in_sight();
    }

    /// Once a review is complete, or its hunks are others, asks what of it needs no reading.
    pub(super) fn read_what_has_come(&mut self) -> Vec<Out> {
        let Some(turn) = self.session.turn().filter(|_| self.focus == Focus::Review) else {
            return Vec::new();
        };
        if turn.phase() != Phase::Reviewing || matches!(self.review.asked, Some((_, _, false))) {
            return Vec::new();
        }
        let stamp = (turn.id(), turn.revision());
        if self.review.read_at.replace(stamp) == Some(stamp) {
            return Vec::new();
        }
        let mut hasher = DefaultHasher::new();
        turn.review().hunks().for_each(|hunk| (hunk.id, hunk.with.bytes().len()).hash(&mut hasher));
        let hunks = hasher.finish();
        if self.review.asked.is_some_and(|(id, known, _)| id == turn.id() && known == hunks) {
            return Vec::new();
        }
        let (turn, review) = (turn.id(), Box::new(turn.review().clone()));
        self.review.asked = Some((turn, hunks, false));
        vec![Out::Do(Effect::Read { turn, review })]
    }

    /// The hunks were read. A difference that nobody has touched yet is put in the order it is read best.
    pub(super) fn read(&mut self, turn: TurnId, reading: Reading) {
        let known = self.review.asked.take_if(|(asked, ..)| *asked == turn);
        self.review.asked = known.map(|(turn, hunks, _)| (turn, hunks, true));
        let Some(now) = self.session.turn().filter(|now| now.id() == turn) else { return };
        let first = self.review.reading.is_none();
        if first && !self.review.touched && now.subject() == Subject::Difference {
            self.review.by = Some(Order::Reading);
            self.review.order = Some(reading.order(Order::Reading));
            (self.review.row, self.review.top) = (0, 0);
            self.review.sheet = Sheet::default();
            self.review.at = None;
        }
        self.review.reading = Some(reading);
        self.review.changed();
        self.stay_on_a_hunk();
    }

    /// Asks for the colours of the files in the window.
    pub(super) fn polish_what_is_seen(&mut self) -> Vec<Out> {
        let Some(turn) = self.session.turn().filter(|_| self.focus == Focus::Review) else {
            return Vec::new();
        };
        let review = turn.review();
        let (top, height) = (self.review.top, self.review.window.0);
        let at = (turn.id(), turn.revision(), top, self.review.window);
        if self.review.polished_at.replace(at) == Some(at) {
            return Vec::new();
        }
        let mut seen: BTreeMap<&RepoPath, ()> = BTreeMap::new();
        for row in top..top + height {
            let index = match self.review.sheet.row(review, row) {
                Some(
                    Row::Same { hunk, .. }
                    | Row::Old { hunk, .. }
                    | Row::New { hunk, .. }
                    | Row::Both { hunk, .. },
                ) => hunk,
                Some(_) => continue,
                None => break,
            };
            if let Some(hunk) = review.hunk_at(index) {
                seen.insert(&hunk.path, ());
            }
        }
        let id = turn.id();
        // Another turn's hunks may have the same numbers.
        self.review.polished.retain(|known| known.turn == id);
        let mut outs = Vec::new();
        for path in seen.into_keys() {
            let known = self.review.polished.iter().position(|known| known.path == *path);
            // When what is under way has come, the window is looked at again.
            if known.is_some_and(|at| self.review.polished.get(at).is_some_and(|known| known.under_way)) {
                continue;
            }
            let key = key(review, path);
            let before = known.map(|at| self.review.polished.remove(at));
            let current = before.as_ref().is_some_and(|known| known.key == key);
            // What was known of the file before serves until the new is there.
            let polish = before.and_then(|known| known.polish);
            let path = path.clone();
            if !current {
                outs.push(Out::Do(Effect::Polish { key, rough: Rough::of(review, &path) }));
            }
            self.review.polished.push(Polished { path, turn: id, key, under_way: !current, polish });
        }
        let surplus = self.review.polished.len().saturating_sub(POLISHED);
        self.review.polished.drain(..surplus);
        outs
    }

    pub(super) fn polished(&mut self, key: u64, path: &RepoPath, polish: Arc<Polish>) {
        let known = self.review.polished.iter_mut().find(|known| known.path == *path && known.key == key);
        if let Some(known) = known {
            (known.under_way, known.polish) = (false, Some(polish));
            self.review.polished_at = None;
        }
    }
}

/// Names the two texts of a file, so that colours of others are not taken for theirs.
fn key(review: &Review, path: &RepoPath) -> u64 {
    let mut hasher = DefaultHasher::new();
    review.base(path).and_then(|base| base.text.as_ref()).map(|text| text.bytes().len()).hash(&mut hasher);
    for hunk in review.hunks().filter(|hunk| hunk.path == *path) {
        (hunk.id, hunk.replaces).hash(&mut hasher);
        hunk.with.bytes().hash(&mut hasher);
    }
    hasher.finish()
}
