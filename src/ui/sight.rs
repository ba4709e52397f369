//! What a person has had on screen. A hunk can be accepted once each of its rows has been in sight,
//! and rejected once it has been named; nothing else of the screen counts.

use std::collections::BTreeMap;
use std::time::Duration;

use super::app::{App, Focus};
use super::review::Row as Shown;
use super::view;
use crate::change::{Hunk, HunkId};
use crate::editor::Row;
use crate::session::Seen;

/// The changed lines of each hunk that have been drawn, numbered as `Review::atom` does.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sight {
    /// The hunk that the review named when the last frame was drawn.
    named: Option<HunkId>,
    /// The latest hunk that had come when it was drawn.
    latest: Option<HunkId>,
    rows: BTreeMap<HunkId, Vec<bool>>,
    /// How long each hunk was the one under review; and which one is, since when.
    looked_at: BTreeMap<HunkId, Duration>,
    since: Option<(HunkId, Duration)>,
}

impl Sight {
    pub fn is_named(&self, hunk: HunkId) -> bool {
        self.named == Some(hunk)
    }

    /// Had the hunk come when the last frame was drawn? What came since was counted in none.
    pub fn has_come(&self, hunk: HunkId) -> bool {
        self.latest.is_some_and(|latest| hunk <= latest)
    }

    /// The terminal has another size: until the next frame nobody knows what is on it.
    pub fn blind(&mut self) {
        self.named = None;
    }

    /// At `now`, this hunk is under review.
    fn look_at(&mut self, hunk: Option<HunkId>, now: Duration) {
        if let Some((last, since)) = self.since {
            *self.looked_at.entry(last).or_default() += now.saturating_sub(since);
        }
        self.since = hunk.map(|hunk| (hunk, now));
    }

    pub fn has_seen(&self, hunk: HunkId, row: usize) -> bool {
        self.rows.get(&hunk).and_then(|rows| rows.get(row)).copied().unwrap_or(false)
    }

    /// The hunk is another now.
    pub fn forget(&mut self, hunk: HunkId) {
        self.rows.remove(&hunk);
    }

    /// The first row of a hunk of `rows` rows that has not been drawn yet.
    pub fn first_unseen(&self, hunk: HunkId, rows: usize) -> Option<usize> {
        let seen = self.rows.get(&hunk).map(Vec::as_slice).unwrap_or_default();
        (0..rows).find(|row| !seen.get(*row).copied().unwrap_or(false))
    }

    fn note(&mut self, hunk: HunkId, row: usize) {
        let rows = self.rows.entry(hunk).or_default();
        if rows.len() <= row {
            rows.resize(row + 1, false);
        }
        if let Some(seen) = rows.get_mut(row) {
            *seen = true;
        }
    }
}

impl App {
    /// To be called when a frame has reached the terminal: only then has a person seen what is on it.
    pub fn drawn(&mut self) {
        self.sight.named = None;
        let at = self.review.at.filter(|_| self.focus == Focus::Review && self.overlay.is_none());
        self.sight.look_at(at, self.now);
        if self.overlay.is_some() || !view::fits(self.size) {
            return;
        }
        if self.review.hand.is_some() {
            return;
        }
        if self.focus == Focus::Review {
            // What a filter hides is not named by the row that says which hunk is under review.
            self.sight.named = self.review.at.filter(|at| self.review.sheet.index(*at).is_some());
            self.sight.latest = self.review.sheet.latest();
            self.note_the_sheet();
            return;
        }
        // Ghost text pushes rows out of sight; it stands in no review.
        if self.ghosting.ghost.is_some() {
            return;
        }
        let Some(file) = self.files.get(self.current) else { return };
        for row in file.placed.rows(file.viewport.rows()) {
            match row {
                Row::Text { .. } => {}
                Row::Removed { line, hunk, .. } => {
                    let first = file.placed.span(hunk).map_or(line, |span| span.start());
                    if let Some(atom) = self.atom(hunk, true, line.saturating_sub(first)) {
                        self.sight.note(hunk, atom);
                    }
                }
                Row::Added { hunk, index, .. } => {
                    if let Some(atom) = self.atom(hunk, false, index) {
                        self.sight.note(hunk, atom);
                    }
                }
            }
        }
    }

    /// How each hunk of the review was looked at, for the record.
    pub(super) fn seen(&self) -> BTreeMap<HunkId, Seen> {
        let Some(review) = self.session.turn().map(|turn| turn.review()) else { return BTreeMap::new() };
        let seen = |hunk: &Hunk| {
            let whole = self.sight.first_unseen(hunk.id, review.weight(hunk)).is_none();
            let looked_at = self.sight.looked_at.get(&hunk.id).copied().unwrap_or_default();
            (hunk.id, Seen { whole, looked_at })
        };
        review.hunks().map(seen).collect()
    }

    fn atom(&self, id: HunkId, old: bool, line: usize) -> Option<usize> {
        let review = self.session.turn()?.review();
        review.nth_atom(review.hunk(id)?, old, line)
    }

    fn note_the_sheet(&mut self) {
        let Some(review) = self.session.turn().map(|turn| turn.review()) else { return };
        let (top, height) = (self.review.top, self.review.window.0);
        let mut seen_folded = Vec::new();
        for row in (top..top + height).map_while(|row| self.review.sheet.row(review, row)) {
            let (hunk, atoms) = match row {
                Shown::Old { hunk, old } => (hunk, [Some(old), None]),
                Shown::New { hunk, new } => (hunk, [None, Some(new)]),
                Shown::Both { hunk, old, new } => (hunk, [old, new]),
                Shown::Fold { hunk, fold } => {
                    seen_folded.push((hunk, fold));
                    continue;
                }
                _ => continue,
            };
            let Some(id) = review.hunk_at(hunk).map(|hunk| hunk.id) else { continue };
            atoms.into_iter().flatten().for_each(|changed| self.sight.note(id, changed.atom));
        }
        // A fold's one line stands for what it hides.
        for (hunk, fold) in seen_folded {
            let Some(hunk) = review.hunk_at(hunk) else { continue };
            let folds = self.review.reading.as_ref().map_or(&[][..], |reading| reading.folds(hunk.id));
            let Some(fold) = folds.get(fold) else { continue };
            let last = match fold.come.end().checked_sub(1).filter(|_| !fold.come.is_empty()) {
                Some(line) => review.nth_atom(hunk, false, line),
                None => fold.gone.end().checked_sub(1).and_then(|line| review.nth_atom(hunk, true, line)),
            };
            if last.is_some_and(|last| self.sight.has_seen(hunk.id, last)) {
                continue;
            }
            let old = fold.gone.as_range().filter_map(|line| review.nth_atom(hunk, true, line));
            let new = fold.come.as_range().filter_map(|line| review.nth_atom(hunk, false, line));
            old.chain(new).for_each(|atom| self.sight.note(hunk.id, atom));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hunk_is_seen_when_each_of_its_rows_was() {
        let (hunk, mut sight) = (HunkId(3), Sight::default());
        assert_eq!(sight.first_unseen(hunk, 3), Some(0));
        sight.note(hunk, 2);
        sight.note(hunk, 0);
        assert_eq!(sight.first_unseen(hunk, 3), Some(1));
        sight.note(hunk, 1);
        assert_eq!(sight.first_unseen(hunk, 3), None);
        assert_eq!(sight.first_unseen(HunkId(4), 0), None);
    }
}
