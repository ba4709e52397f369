//! What each command does to the text.

use std::ops::Range;

use super::buffer::Buffer;
use super::content::without_ending;
use super::history::{Caret, Kind, is_keystroke};
use super::indent::blanks;
use super::{Command, Motion, Outcome};
use crate::text::{LineEnding, Span};

impl Buffer {
    /// A command that changes the text, which is not read-only.
    pub(super) fn edit(&mut self, command: Command) -> Outcome {
        match command {
            Command::Insert(text) => self.insert(&text),
            Command::Newline => self.newline(),
            Command::Tab => self.tab(),
            Command::BackTab => self.dedent(),
            Command::Backspace => self.backspace(),
            Command::Delete => self.erase(Motion::Right, Kind::Erasing),
            Command::DeleteWordBack => self.erase(Motion::WordLeft, Kind::Whole),
            Command::DeleteWordForward => self.erase(Motion::WordRight, Kind::Whole),
            Command::DeleteLine => self.delete_lines(),
            Command::MoveLineUp => self.move_lines_up(),
            Command::MoveLineDown => self.move_lines_down(),
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Cut => self.cut(),
            Command::Move(..)
            | Command::Select(..)
            | Command::SelectAll
            | Command::SelectLine
            | Command::ClearSelection
            | Command::Copy => Outcome::Nothing,
        }
    }

    fn newline_text(&self) -> &'static str {
        if self.ending == LineEnding::CrLf { "\r\n" } else { "\n" }
    }

    /// `text` with the file's own line endings.
    fn with_own_endings(&self, text: &str) -> String {
        if !text.contains(['\r', '\n']) {
            return text.to_owned();
        }
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        match self.ending {
            LineEnding::CrLf => text.replace('\n', "\r\n"),
            _ => text,
        }
    }

    fn insert(&mut self, text: &str) -> Outcome {
        if text.is_empty() && self.caret.is_empty() {
            return Outcome::Nothing;
        }
        let text = self.with_own_endings(text);
        let start = self.caret.start() - self.closing_dedent(&text);
        let kind = if is_keystroke(&text) { Kind::Typing } else { Kind::Whole };
        self.put(start..self.caret.end(), text, kind)
    }

    /// Puts a text that was shown beforehand at the cursor, as a step of its own. Only its line
    /// endings become the file's.
    pub(super) fn insert_as_it_is(&mut self, text: &str) -> Outcome {
        let text = self.with_own_endings(text);
        self.put(self.caret.start()..self.caret.end(), text, Kind::Whole)
    }

    /// Replaces a range; the cursor comes to stand behind what was put.
    fn put(&mut self, range: Range<usize>, text: String, kind: Kind) -> Outcome {
        let after = range.start + text.len();
        self.change(vec![(range, text)], |_| Caret::at(after), kind)
    }

    /// How many blanks before the cursor a typed closing bracket takes away: one level, when it is
    /// the first of its line and stands as deep as the block it closes.
    fn closing_dedent(&self, typed: &str) -> usize {
        if !matches!(typed, "}" | ")" | "]") || !self.caret.is_empty() {
            return 0;
        }
        let here = self.content.line_of(self.caret.head);
        let before = self.before_cursor();
        if !is_blank(&before) {
            return 0;
        }
        let above = (0..here).rev().take(100).map(|line| self.content.line(line)).find(|l| !is_blank(l));
        let Some(above) = above else { return 0 };
        let level = self.indent.first_level(&before, self.tab);
        let deepest = blanks(&above).len() + if opens(&above) { level } else { 0 };
        if before.len() >= deepest { level } else { 0 }
    }

    /// The cursor's line up to the selection's start.
    fn before_cursor(&self) -> String {
        let start = self.content.line_start(self.content.line_of(self.caret.start()));
        self.content.text(start..self.caret.start())
    }

    fn newline(&mut self) -> Outcome {
        let before = self.before_cursor();
        let mut text = self.newline_text().to_owned();
        if self.caret.is_empty() && !before.is_empty() && is_blank(&before) {
            // The break goes before the indentation, so that no blanks stay behind on the old line.
            let start = self.caret.head - before.len();
            let after = self.caret.head + text.len();
            return self.change(vec![(start..start, text)], |_| Caret::at(after), Kind::Whole);
        }
        text.push_str(blanks(&before));
        if opens(&before) {
            text.push_str(&self.indent.unit());
        }
        // Blanks that were between the words would deepen the new line.
        let line_end = self.content.line_end(self.content.line_of(self.caret.end()));
        let after = self.content.text(self.caret.end()..line_end);
        let end = self.caret.end() + blanks(&after).len();
        self.put(self.caret.start()..end, text, Kind::Whole)
    }

    fn tab(&mut self) -> Outcome {
        if self.caret.is_empty() || self.touched_lines().len() < 2 {
            let column = self.content.display_column(self.caret.start(), self.tab);
            let text = self.indent.up_to_next_stop(column);
            return self.put(self.caret.start()..self.caret.end(), text, Kind::Typing);
        }
        let unit = self.indent.unit();
        let lines = self.touched_lines().as_range().filter(|line| !self.content.line(*line).is_empty());
        let starts = lines.map(|line| self.content.line_start(line));
        let edits = starts.map(|start| (start..start, unit.clone())).collect();
        self.change_around(edits)
    }

    fn dedent(&mut self) -> Outcome {
        let level = |line| self.indent.first_level(blanks(&self.content.line(line)), self.tab);
        let start = |line| self.content.line_start(line);
        let lines = self.touched_lines().as_range().filter(|line| level(*line) > 0);
        let edits: Vec<_> =
            lines.map(|line| (start(line)..start(line) + level(line), String::new())).collect();
        if edits.is_empty() { Outcome::Nothing } else { self.change_around(edits) }
    }

    /// Makes edits and keeps the caret on the text it is on.
    fn change_around(&mut self, edits: Vec<(Range<usize>, String)>) -> Outcome {
        let first = self.content.line_start(self.content.line_of(self.caret.start()));
        let whole_lines = !self.caret.is_empty() && self.caret.start() == first;
        let caret = self.caret.map(|offset| match offset {
            // A selection from a line's start takes the line's new indentation in.
            start if whole_lines && start == first => start,
            offset => carried(&edits, offset),
        });
        self.change(edits, |_| caret, Kind::Whole)
    }

    fn backspace(&mut self) -> Outcome {
        let super::Indent::Spaces(width) = self.indent else {
            return self.erase(Motion::Left, Kind::Erasing);
        };
        let before = self.before_cursor();
        let spaces = !before.is_empty() && before.bytes().all(|byte| byte == b' ');
        if !self.caret.is_empty() || !spaces {
            return self.erase(Motion::Left, Kind::Erasing);
        }
        let back = (before.len() - 1) % width + 1;
        self.put(self.caret.head - back..self.caret.head, String::new(), Kind::Erasing)
    }

    /// Deletes the selection, or what lies between the cursor and where `motion` leads.
    fn erase(&mut self, motion: Motion, kind: Kind) -> Outcome {
        let range = if self.caret.is_empty() {
            let to = motion.target(&self.content, self.caret.head, 0, self.tab);
            self.caret.head.min(to)..self.caret.head.max(to)
        } else {
            self.caret.start()..self.caret.end()
        };
        if range.is_empty() {
            return Outcome::Nothing;
        }
        let kind = if self.caret.is_empty() { kind } else { Kind::Whole };
        self.put(range, String::new(), kind)
    }

    /// The bytes of whole lines, endings included.
    fn lines_range(&self, lines: Span) -> Range<usize> {
        self.content.line_start(lines.start())
            ..self.content.line_offset(lines.end()).max(self.content.floor())
    }

    fn delete_lines(&mut self) -> Outcome {
        let lines = self.touched_lines();
        let mut range = self.lines_range(lines);
        let column = self.content.display_column(self.caret.head, self.tab);
        if range.is_empty() {
            return Outcome::Nothing;
        }
        let unended = range.end == self.content.len() && self.content.line_of(range.end) < lines.end();
        if unended && lines.start() > 0 {
            // The last line has no ending to take along; the one before it gives its own.
            range.start = self.content.line_end(lines.start() - 1);
        }
        let (line, tab) = (lines.start(), self.tab);
        let after = move |content: &super::content::Content| {
            Caret::at(content.at_display_column(line.min(content.last_line()), column, tab))
        };
        self.change(vec![(range, String::new())], after, Kind::Whole)
    }

    fn cut(&mut self) -> Outcome {
        let range = self.copied();
        let text = self.content.text(range.clone());
        if text.is_empty() {
            return Outcome::Nothing;
        }
        let _ = self.put(range, String::new(), Kind::Whole);
        Outcome::Cut(text)
    }

    fn move_lines_up(&mut self) -> Outcome {
        let lines = self.touched_lines();
        let Some(above) = lines.start().checked_sub(1) else { return Outcome::Nothing };
        let (upper, lower) = (self.lines_range(Span::new(above, lines.start())), self.lines_range(lines));
        if lower.is_empty() {
            return Outcome::Nothing;
        }
        let caret = self.caret.map(|offset| offset - upper.len());
        self.swap(upper, lower, caret)
    }

    fn move_lines_down(&mut self) -> Outcome {
        let lines = self.touched_lines();
        let (upper, lower) =
            (self.lines_range(lines), self.lines_range(Span::new(lines.end(), lines.end() + 1)));
        if lower.is_empty() || lines.end() > self.content.last_line() {
            return Outcome::Nothing;
        }
        let ended = self.content.text(lower.clone()).ends_with('\n');
        let ending = if ended { 0 } else { ending_of(&self.content.text(upper.clone())).len() };
        let caret = self.caret.map(|offset| offset + lower.len() + ending);
        self.swap(upper, lower, caret)
    }

    /// Exchanges two neighbouring ranges of whole lines. If the lower one ends the text without a
    /// newline, the text still ends without one.
    fn swap(&mut self, upper: Range<usize>, lower: Range<usize>, caret: Caret) -> Outcome {
        let (above, below) = (self.content.text(upper.clone()), self.content.text(lower.clone()));
        let ending = ending_of(&above);
        let swapped = if below.ends_with('\n') {
            format!("{below}{above}")
        } else {
            format!("{below}{ending}{}", &above[..above.len() - ending.len()])
        };
        self.change(vec![(upper.start..lower.end, swapped)], |_| caret, Kind::Whole)
    }
}

fn ending_of(lines: &str) -> &str {
    lines.get(without_ending(lines).len()..).unwrap_or_default()
}

fn is_blank(text: &str) -> bool {
    blanks(text).len() == text.len()
}

/// Does a block open at the end of this text?
fn opens(text: &str) -> bool {
    text.trim_end().ends_with(['{', '(', '['])
}

/// Where an offset stands after edits in ascending order: behind what is put at it, and at the start
/// of what is removed around it.
fn carried(edits: &[(Range<usize>, String)], offset: usize) -> usize {
    let before = edits.iter().take_while(|(range, _)| range.start <= offset);
    before.fold(offset, |at, (range, text)| at + text.len() - (range.end.min(offset) - range.start))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{buffer, check, edits, left, picture, right, typed};
    use super::super::{Command, Motion, Outcome};

    fn insert(text: &str) -> Command {
        Command::Insert(text.into())
    }

    #[test]
    fn typing_puts_text_at_the_cursor_or_in_place_of_the_selection() {
        check("a|c", [insert("b")], "ab|c");
        check("a[bc|]d", [insert("x")], "ax|d");
        check("a[|bc]d", [insert("")], "a|d");
    }

    #[test]
    fn what_joins_its_neighbour_leaves_the_cursor_behind_both() {
        check("e|x", [insert("\u{301}")], "e\u{301}|x");
        check("|\u{301}x", [insert("e")], "e\u{301}|x");
        check("👩\u{200d}|", [insert("👧")], "👩\u{200d}👧|");
    }

    #[test]
    fn a_paste_gets_the_files_own_line_endings() {
        check("a\r\n|", [insert("b\nc\r\nd\re")], "a\r\nb\r\nc\r\nd\r\ne|");
        check("a\n|", [insert("b\r\nc\rd")], "a\nb\nc\nd|");
    }

    #[test]
    fn a_new_line_is_indented_like_the_one_above() {
        check("    a|b", [Command::Newline], "    a\n    |b");
        check("\ta|\r\n", [Command::Newline], "\ta\r\n\t|\r\n");
        check("    fn a() {|", [Command::Newline], "    fn a() {\n        |");
        check("    a |  b", [Command::Newline], "    a \n    |b");
    }

    #[test]
    fn no_blanks_stay_behind_on_an_empty_line() {
        check("    |", [Command::Newline], "\n    |");
        check("    |a", [Command::Newline], "\n    |a");
    }

    #[test]
    fn a_closing_bracket_stands_under_its_block() {
        check("|", typed("fn a() {\nb;\n}\n"), "fn a() {\n    b;\n}\n|");
        check("{\n    a\n|", [insert("}")], "{\n    a\n}|");
        check("{\n    a\n    b|", [insert("}")], "{\n    a\n    b}|");
        check("{\n\ta\n\t|", [insert("}")], "{\n\ta\n}|");
    }

    #[test]
    fn tab_indents_as_the_file_does() {
        check("a\n  b\n|c", [Command::Tab], "a\n  b\n  |c");
        check("a\n\tb\n|c", [Command::Tab], "a\n\tb\n\t|c");
        check("abc|", [Command::Tab], "abc |");
        check("[a\n\nb|]\n", [Command::Tab], "[    a\n\n    b|]\n");
        check("x[a\nb\n|]c\n", [Command::Tab], "    x[a\n    b\n|]c\n");
    }

    #[test]
    fn back_tab_takes_one_level_away() {
        check("    a\n        b|", [Command::BackTab], "    a\n    b|");
        check("  a|", [Command::BackTab], "a|");
        check("\t a|", [Command::BackTab], " a|");
        check("[    a\n\n  b|]\nc", [Command::BackTab], "[a\n\nb|]\nc");
        check("    a\n  |  b", [Command::BackTab], "    a\n|b");
        assert!(!edits(&mut buffer("a|"), Command::BackTab));
    }

    #[test]
    fn backspace_takes_what_is_seen_as_one_character() {
        check("ae\u{301}|", [Command::Backspace], "a|");
        check("a\r\n|b", [Command::Backspace], "a|b");
        check("    x\n        |a", [Command::Backspace], "    x\n    |a");
        check("    x\n      |a", [Command::Backspace], "    x\n    |a");
        check("a    |b", [Command::Backspace], "a   |b");
        check("a[bc|]d", [Command::Backspace], "a|d");
        assert!(!edits(&mut buffer("|a"), Command::Backspace));
    }

    #[test]
    fn delete_takes_what_follows() {
        check("a|🇩🇪b", [Command::Delete], "a|b");
        check("a|\r\nb", [Command::Delete], "a|b");
        assert!(!edits(&mut buffer("a|"), Command::Delete));
    }

    #[test]
    fn words_are_deleted_to_their_ends() {
        check("let foo|;", [Command::DeleteWordBack], "let |;");
        check("a\n|b", [Command::DeleteWordBack], "a|b");
        check("let| foo;", [Command::DeleteWordForward], "let|;");
    }

    #[test]
    fn lines_are_deleted_whole() {
        check("a\nbc|d\nefg\n", [Command::DeleteLine], "a\nef|g\n");
        check("a\n[b\nc\n|]d", [Command::DeleteLine], "a\n|d");
        check("a\r\nb|", [Command::DeleteLine], "a|");
        check("a|", [Command::DeleteLine], "|");
        check("a\n|", [Command::DeleteLine], "a\n|");
    }

    #[test]
    fn lines_move_with_their_selection() {
        check("a\nb|\nc\n", [Command::MoveLineUp], "b|\na\nc\n");
        check("a\nb|\nc\n", [Command::MoveLineDown], "a\nc\nb|\n");
        check("[a\nb|]\nc\n", [Command::MoveLineDown], "c\n[a\nb|]\n");
        check("a\r\nb|c", [Command::MoveLineUp], "b|c\r\na");
        check("a|\r\nbc", [Command::MoveLineDown], "bc\r\na|");
        check("|a\n", [Command::MoveLineUp], "|a\n");
        check("a[\n|]a", [Command::MoveLineDown], "a\na|");
        check("a|\n", [Command::MoveLineDown], "a|\n");
        check("a\n|", [Command::MoveLineUp], "a\n|");
        let (twice, back) = ([Command::MoveLineDown, Command::MoveLineDown], [Command::MoveLineUp]);
        check("a|\nb\nc", twice.into_iter().chain(back), "b\na|\nc");
    }

    #[test]
    fn copy_and_cut_take_the_selection_or_the_line() {
        let mut some = buffer("a[bc|]d\ne");
        assert_eq!(some.run(Command::Copy), Outcome::Copied("bc".into()));
        assert_eq!(some.run(Command::Cut), Outcome::Cut("bc".into()));
        assert_eq!(some.run(Command::Cut), Outcome::Cut("ad\n".into()));
        assert_eq!(picture(&some), "|e");
        assert_eq!(buffer("a\n|").run(Command::Copy), Outcome::Nothing);
    }

    #[test]
    fn a_run_of_typing_is_undone_word_by_word() {
        let mut some = buffer("|");
        for command in typed("let foo") {
            let _ = some.run(command);
        }
        assert!(edits(&mut some, Command::Undo));
        assert_eq!(picture(&some), "let |");
        assert!(edits(&mut some, Command::Undo));
        assert_eq!(picture(&some), "|");
        assert!(!edits(&mut some, Command::Undo));
        assert!(edits(&mut some, Command::Redo));
        assert_eq!(picture(&some), "let |");
    }

    #[test]
    fn a_long_word_is_more_than_one_step_and_moving_ends_one() {
        let mut long = buffer("|");
        for _ in 0..50 {
            assert!(edits(&mut long, insert("x")));
        }
        assert!(edits(&mut long, Command::Undo));
        assert_eq!(long.bytes().len(), 40);
        let steps = [insert("a"), insert("b"), left(false), right(false), insert("c"), Command::Undo];
        check("|", steps, "ab|");
    }

    #[test]
    fn a_run_of_erasing_is_one_step() {
        check("foo bar|", [Command::Backspace, Command::Backspace, Command::Undo], "foo bar|");
        check("|foo", [Command::Delete, Command::Delete, Command::Undo], "|foo");
        check("ab|cd", [Command::Backspace, insert("x"), Command::Undo], "a|cd");
    }

    #[test]
    fn undo_gives_the_selection_back() {
        check("a[bc|]d", [insert("x"), insert("y"), Command::Undo], "a[bc|]d");
        check("[|a\nb]", [Command::Tab, Command::Undo], "[|a\nb]");
        let redone = [insert("x"), Command::Move(Motion::Top, false), Command::Undo, Command::Redo];
        check("a[bc|]d", redone, "ax|d");
    }

    #[test]
    fn something_new_ends_what_could_be_redone() {
        check("|", [insert("a"), Command::Undo, insert("b"), Command::Redo], "b|");
    }
}
