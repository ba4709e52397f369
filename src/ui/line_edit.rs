//! A short text that is typed: the instruction, the picker's query, the find query. Grapheme-aware,
//! a few lines at most; the editor's buffer is `editor`'s.

use unicode_segmentation::UnicodeSegmentation;

use crate::editor::Motion;

/// Longest text it takes, in bytes; a longer paste is cut there and the cut is reported.
const MAX_BYTES: usize = 1 << 20;

#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct LineEdit {
    text: String,
    /// Byte offset, always on a grapheme's border.
    cursor: usize,
}

impl LineEdit {
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text before the cursor.
    pub fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    pub fn set(&mut self, text: impl Into<String>) {
        self.text = text.into();
        self.cursor = self.text.len();
    }

    pub fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Inserts at the cursor. Line endings become LF. Returns how many bytes did not fit.
    pub fn insert(&mut self, typed: &str) -> usize {
        let typed = typed.replace("\r\n", "\n").replace('\r', "\n");
        let room = MAX_BYTES.saturating_sub(self.text.len());
        let fits = typed.floor_char_boundary(room.min(typed.len()));
        let (taken, left) = typed.split_at(fits);
        self.text.insert_str(self.cursor, taken);
        self.cursor += taken.len();
        left.len()
    }

    pub fn backspace(&mut self) {
        let start = self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
        self.delete_back_to(start);
    }

    pub fn delete(&mut self) {
        let len = self.after().graphemes(true).next().map_or(0, str::len);
        self.text.replace_range(self.cursor..self.cursor + len, "");
    }

    pub fn delete_word_back(&mut self) {
        let start = self.word_left();
        self.delete_back_to(start);
    }

    fn delete_back_to(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    pub fn go(&mut self, motion: Motion) {
        self.cursor = match motion {
            Motion::Left => self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at),
            Motion::Right => self.cursor + self.after().graphemes(true).next().map_or(0, str::len),
            Motion::WordLeft => self.word_left(),
            Motion::WordRight => {
                let word = self
                    .after()
                    .split_word_bound_indices()
                    .find(|(at, word)| *at > 0 && !word.trim().is_empty());
                word.map_or(self.text.len(), |(at, _)| self.cursor + at)
            }
            Motion::Home | Motion::Top => 0,
            Motion::End | Motion::Bottom => self.text.len(),
            _ => self.cursor,
        };
    }

    fn word_left(&self) -> usize {
        self.before().unicode_word_indices().next_back().map_or(0, |(at, _)| at)
    }
}

/// Earlier texts, stepped through with the arrow keys; the text being written is kept meanwhile.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct History {
    entries: Vec<String>,
    at: Option<usize>,
    draft: String,
}

impl History {
    pub fn push(&mut self, text: &str) {
        self.at = None;
        if self.entries.last().is_none_or(|last| last != text) {
            self.entries.push(text.to_owned());
        }
    }

    pub fn older(&mut self, line: &mut LineEdit) {
        let next = match self.at {
            None => self.entries.len().checked_sub(1),
            Some(at) => at.checked_sub(1).or(Some(0)),
        };
        let Some(entry) = next.and_then(|at| self.entries.get(at)) else { return };
        if self.at.is_none() {
            self.draft = line.text().to_owned();
        }
        line.set(entry.clone());
        self.at = next;
    }

    pub fn newer(&mut self, line: &mut LineEdit) {
        let Some(at) = self.at else { return };
        self.at = (at + 1 < self.entries.len()).then_some(at + 1);
        match self.at.and_then(|at| self.entries.get(at)) {
            Some(entry) => line.set(entry.clone()),
            None => line.set(std::mem::take(&mut self.draft)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> LineEdit {
        let mut line = LineEdit::default();
        line.insert(text);
        line
    }

    #[test]
    fn one_backspace_takes_one_visible_character() {
        let mut line = typed("né👨‍👩‍👧");
        line.backspace();
        assert_eq!(line.text(), "né");
        line.go(Motion::Left);
        line.delete();
        assert_eq!(line.text(), "n");
    }

    #[test]
    fn words_are_deleted_and_jumped_over() {
        let mut line = typed("make this iterative");
        line.delete_word_back();
        assert_eq!(line.text(), "make this ");
        line.go(Motion::Home);
        line.go(Motion::WordRight);
        line.insert("all ");
        assert_eq!(line.text(), "make all this ");
    }

    #[test]
    fn history_keeps_what_was_being_written() {
        let mut history = History::default();
        history.push("first");
        history.push("second");
        let mut line = typed("dra");
        history.older(&mut line);
        history.older(&mut line);
        history.older(&mut line);
        assert_eq!(line.text(), "first");
        history.newer(&mut line);
        assert_eq!(line.text(), "second");
        history.newer(&mut line);
        assert_eq!(line.text(), "dra");
    }

    #[test]
    fn a_paste_that_is_too_long_says_what_was_left_out() {
        let mut line = LineEdit::default();
        assert_eq!(line.insert(&"x".repeat(MAX_BYTES + 5)), 5);
        assert_eq!(line.insert("y"), 1);
    }
}
