//! What a person has had on screen. A hunk can be accepted once each of its rows has been in sight,
//! and rejected once it has been named; nothing else of the screen counts.

use std::collections::BTreeMap;

use super::app::{App, Focus};
use super::view;
use crate::change::HunkId;
use crate::editor::Row;

/// The rows of each hunk that have been drawn: removed lines first, then added ones.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sight {
    /// The hunk that the review named when the last frame was drawn.
    named: Option<HunkId>,
    rows: BTreeMap<HunkId, Vec<bool>>,
}

impl Sight {
    pub fn is_named(&self, hunk: HunkId) -> bool {
        self.named == Some(hunk)
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
        if self.overlay.is_some() || !view::fits(self.size) {
            return;
        }
        self.sight.named = self.review.at.filter(|_| self.focus == Focus::Review);
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
                    self.sight.note(hunk, line.saturating_sub(first));
                }
                Row::Added { hunk, index, .. } => {
                    let removed = file.placed.span(hunk).map_or(0, |span| span.len());
                    self.sight.note(hunk, removed + index);
                }
            }
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
