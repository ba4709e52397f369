//! A page to read and scroll: help, a whole answer, the journal, bytes of the wire.

use super::theme::Paint;
use crate::text::safe;

/// Which page is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Help,
    Answer,
    Journal,
    Wire,
    Why,
    /// A commit that an answer names, or a file as it was shown.
    Commit,
    /// Answers of earlier.
    Earlier,
    /// How search by meaning stands.
    Meaning,
    /// What the project's check said.
    Checks,
}

/// Lines that are ready to be drawn: every foreign text in them has been made printable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    pub kind: Kind,
    pub title: String,
    lines: Vec<(Paint, String)>,
    /// The lines folded to the width they are read at.
    rows: Vec<(Paint, String)>,
    width: usize,
    pub top: usize,
    /// What can be chosen: a name, the line it begins at and, once folded, the row.
    stops: Vec<(String, usize, usize)>,
    chosen: usize,
}

impl Page {
    pub fn new(kind: Kind, title: impl Into<String>) -> Self {
        Self {
            kind,
            title: title.into(),
            lines: Vec::new(),
            rows: Vec::new(),
            width: 0,
            top: 0,
            stops: Vec::new(),
            chosen: 0,
        }
    }

    /// What is added from here on, up to the next stop, can be chosen as `name`.
    pub fn stop(&mut self, name: &str) -> &mut Self {
        self.stops.push((name.to_owned(), self.lines.len(), 0));
        self
    }

    /// Adds a foreign text, line by line.
    pub fn text(&mut self, paint: Paint, text: &str) -> &mut Self {
        self.lines.extend(text.lines().map(|line| (paint, safe::line(line))));
        self
    }

    /// Adds an empty line.
    pub fn gap(&mut self) -> &mut Self {
        self.lines.push((Paint::Text, String::new()));
        self
    }

    /// Folds the lines to `width` columns, if they are not already.
    pub fn fold(&mut self, width: usize) {
        if self.width == width {
            return;
        }
        self.width = width;
        self.rows.clear();
        let mut stops = self.stops.iter_mut().peekable();
        for (at, (paint, line)) in self.lines.iter().enumerate() {
            while let Some((_, _, row)) = stops.next_if(|(_, line, _)| *line <= at) {
                *row = self.rows.len();
            }
            self.rows.extend(fold(line, width).into_iter().map(|row| (*paint, row)));
        }
        self.top = self.top.min(self.rows.len().saturating_sub(1));
    }

    pub fn rows(&self) -> &[(Paint, String)] {
        &self.rows
    }

    /// What is chosen.
    pub fn chosen(&self) -> Option<&str> {
        self.stops.get(self.chosen).map(|(name, ..)| name.as_str())
    }

    /// The rows of what is chosen.
    pub fn chosen_rows(&self) -> std::ops::Range<usize> {
        let row = |at: usize| self.stops.get(at).map(|(_, _, row)| *row);
        match row(self.chosen) {
            Some(first) => first..row(self.chosen + 1).unwrap_or(self.rows.len()),
            None => 0..0,
        }
    }

    /// Chooses the stop that is `by` further on and brings it into a window of `height` rows.
    pub fn choose(&mut self, by: isize, height: usize) {
        self.chosen = self.chosen.saturating_add_signed(by).min(self.stops.len().saturating_sub(1));
        let rows = self.chosen_rows();
        self.top = self.top.max(rows.end.saturating_sub(height)).min(rows.start);
    }

    /// Chooses the nearest stop that begins in the window.
    pub fn choose_in_sight(&mut self, height: usize) {
        let rows = self.chosen_rows();
        let seen = self.top..self.top + height;
        let begins = |(_, _, row): &(String, usize, usize)| seen.contains(row);
        let nearest = if rows.start < seen.start {
            self.stops.iter().position(begins)
        } else if rows.start >= seen.end {
            self.stops.iter().rposition(begins)
        } else {
            None
        };
        self.chosen = nearest.unwrap_or(self.chosen);
    }

    /// Is there anything to choose?
    pub fn has_stops(&self) -> bool {
        !self.stops.is_empty()
    }

    /// What is chosen and where the window begins, for the page that takes this one's place.
    pub fn place(&self) -> (usize, usize) {
        (self.chosen, self.top)
    }

    /// Chooses what was chosen before, as far as it is there.
    pub fn go_back_to(&mut self, (chosen, top): (usize, usize)) {
        self.chosen = chosen.min(self.stops.len().saturating_sub(1));
        self.top = top.min(self.rows.len().saturating_sub(1));
    }

    /// Moves the window by `by` rows; the last row stays in sight.
    pub fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
    }
}

/// A printable line in rows of at most `width` columns: broken at blanks where there are any, and
/// continued under its own indentation.
pub fn fold(line: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    if safe::width(line) <= width {
        return vec![line.to_owned()];
    }
    let indent: String = line.chars().take_while(|c| *c == ' ').take(width / 2).collect();
    let mut rows = Vec::new();
    let mut row = String::new();
    for word in line.split_inclusive(' ') {
        if safe::width(&row) + safe::width(word.trim_end()) > width && !row.trim().is_empty() {
            rows.push(std::mem::replace(&mut row, indent.clone()).trim_end().to_owned());
        }
        for piece in pieces(word, width.saturating_sub(safe::width(&row)), width - indent.len()) {
            if safe::width(&row) + safe::width(piece.trim_end()) > width {
                rows.push(std::mem::replace(&mut row, indent.clone()));
            }
            row.push_str(piece);
        }
    }
    rows.push(row.trim_end().to_owned());
    rows
}

/// A word in pieces of at most `width` columns, the first of at most `first`.
fn pieces(word: &str, first: usize, width: usize) -> Vec<&str> {
    if safe::width(word.trim_end()) <= first {
        return vec![word];
    }
    let mut out = Vec::new();
    let (mut start, mut used, mut room) = (0, 0, first.max(1));
    for cell in safe::cells(word, 4) {
        if used + cell.width > room {
            out.extend(word.get(start..cell.bytes.start));
            (start, used, room) = (cell.bytes.start, 0, width);
        }
        used += cell.width;
    }
    out.extend(word.get(start..));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_lines_are_folded_at_blanks_under_their_indentation() {
        assert_eq!(fold("  one two three four", 12), ["  one two", "  three four"]);
        assert_eq!(fold("abcdefghijklmnop", 10), ["abcdefghij", "klmnop"]);
        assert_eq!(fold("short", 10), ["short"]);
    }

    #[test]
    fn what_is_chosen_stays_in_sight_whichever_way_one_goes() {
        let mut page = Page::new(Kind::Journal, "");
        for at in 0..5 {
            page.stop(&at.to_string()).text(Paint::Text, "a word that is folded\nb");
        }
        page.fold(12);
        assert_eq!((page.rows().len(), page.chosen(), page.chosen_rows()), (15, Some("0"), 0..3));
        page.choose(3, 6);
        assert_eq!((page.chosen(), page.top), (Some("3"), 6));
        page.choose(-1, 6);
        assert_eq!((page.chosen(), page.top), (Some("2"), 6));
        page.choose(-2, 6);
        assert_eq!((page.chosen(), page.top), (Some("0"), 0));
        page.scroll(7);
        page.choose_in_sight(6);
        assert_eq!(page.chosen(), Some("3"));
        page.choose(9, 6);
        assert_eq!((page.chosen(), page.top), (Some("4"), 9));
        page.scroll(-9);
        page.choose_in_sight(6);
        assert_eq!(page.chosen(), Some("1"));
    }

    proptest! {
        #[test]
        fn folding_loses_nothing_but_blanks_and_no_row_is_too_wide(line in "[ a-zé漢]{0,80}", width in 8usize..40) {
            let rows = fold(&line, width);
            let solid = |text: &str| text.replace(' ', "");
            prop_assert_eq!(solid(&rows.concat()), solid(&line));
            for row in rows {
                prop_assert!(safe::width(&row) <= width, "{:?}", row);
            }
        }
    }
}
