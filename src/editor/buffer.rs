//! A text open for editing: its characters, cursor, selection and history. What each command does to
//! the text is in `edit`; texts that come from outside are taken in by `adopt`.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use super::content::Content;
use super::history::{Caret, History, Kind, Splice, State};
use super::line_edits::{LineEdit, LineEdits};
use super::{Command, Indent, Motion, Outcome, Position};
use crate::text::{LineEnding, Lines, RepoPath, Span};

const TAB_WIDTH: usize = 4;

/// Why a text cannot be changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadOnly {
    /// The first stray byte is on this line, from 1.
    #[error(
        "the file is not UTF-8 (first stray byte on line {line}), so it is open for reading only; convert it to edit it here"
    )]
    NotUtf8 { line: usize },
}

/// A text as it was at one moment, to be named again when it has been written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SavePoint(State);

/// An open file. What is not touched keeps its bytes: line endings, mixed or not, a byte order mark,
/// a missing final newline.
#[derive(Clone, Debug)]
pub struct Buffer {
    pub(super) path: RepoPath,
    pub(super) content: Content,
    pub(super) caret: Caret,
    /// The column of the screen that going up and down keeps.
    desired: Option<usize>,
    pub(super) history: History,
    pub(super) ending: LineEnding,
    pub(super) indent: Indent,
    pub(super) tab: usize,
    version: u64,
    pub(super) saved: State,
    pub(super) read_only: Option<ReadOnly>,
    line_edits: LineEdits,
    snapshot: OnceLock<Lines>,
}

impl Buffer {
    /// Never fails: a text that is not UTF-8 is open for reading, its bytes kept and its stray bytes
    /// shown as `\xE9`.
    pub fn open(path: RepoPath, text: &[u8]) -> Self {
        let (shown, read_only) = decode(text);
        let content = Content::new(&shown);
        let snapshot = OnceLock::new();
        if read_only.is_some() {
            let _ = snapshot.set(Lines::new(text));
        }
        Self {
            caret: Caret::at(content.floor()),
            desired: None,
            history: History::default(),
            ending: LineEnding::dominant(text),
            indent: Indent::of(&shown, &path),
            tab: TAB_WIDTH,
            version: 0,
            saved: State::default(),
            read_only,
            line_edits: LineEdits::default(),
            snapshot,
            content,
            path,
        }
    }

    pub fn path(&self) -> &RepoPath {
        &self.path
    }

    /// Why it cannot be changed, if it cannot.
    pub fn read_only(&self) -> Option<ReadOnly> {
        self.read_only
    }

    /// At least 1; a text that ends in a newline has an empty last line, where a cursor can stand.
    pub fn lines_len(&self) -> usize {
        self.content.lines_len()
    }

    /// Line `at` without its ending; empty past the end. A byte order mark is part of line 0.
    pub fn line(&self, at: usize) -> Cow<'_, str> {
        self.content.line(at)
    }

    /// The lines from `first` on, with their numbers and without their endings. Cheaper than asking for
    /// each.
    pub fn lines_from(&self, first: usize) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
        self.content.lines_from(first)
    }

    /// The text as it would be saved. Costs the whole text once per version.
    pub fn snapshot(&self) -> Lines {
        self.snapshot.get_or_init(|| self.content.to_lines()).clone()
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.snapshot().bytes().to_vec()
    }

    /// Grows with every change of the text, undoing included.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Is the text another than the saved one? Undoing back to it makes it clean.
    pub fn is_dirty(&self) -> bool {
        self.history.state() != self.saved
    }

    /// Names the present text, for [`Buffer::saved`] when it has been written.
    pub fn save_point(&self) -> SavePoint {
        SavePoint(self.history.state())
    }

    /// The text as it was at `point` is on disk. What was typed since then makes the buffer dirty.
    pub fn saved(&mut self, point: SavePoint) {
        self.saved = point.0;
        self.history.close();
    }

    pub fn indent(&self) -> Indent {
        self.indent
    }

    /// The ending new lines get.
    pub fn line_ending(&self) -> LineEnding {
        self.ending
    }

    /// Columns from one tab stop to the next.
    pub fn tab_width(&self) -> usize {
        self.tab
    }

    /// From 1 to 64.
    pub fn set_tab_width(&mut self, columns: usize) {
        self.tab = columns.clamp(1, 64);
    }

    pub fn cursor(&self) -> Position {
        self.content.position(self.caret.head)
    }

    /// Its start and end; `None` when nothing is selected.
    pub fn selection(&self) -> Option<(Position, Position)> {
        let position = |offset| self.content.position(offset);
        (!self.caret.is_empty()).then(|| (position(self.caret.start()), position(self.caret.end())))
    }

    /// Empty when nothing is selected.
    pub fn selected_text(&self) -> String {
        self.content.text(self.caret.start()..self.caret.end())
    }

    /// The lines a selection lies on. One that ends at a line's start does not take that line.
    pub fn selected_lines(&self) -> Option<Span> {
        let lines = self.touched_lines();
        let all = self.lines_len() - usize::from(self.line(self.content.last_line()).is_empty());
        (!self.caret.is_empty()).then(|| Span::new(lines.start().min(all), lines.end().min(all)))
    }

    /// The lines of the selection, or the cursor's.
    pub(super) fn touched_lines(&self) -> Span {
        let (first, last) =
            (self.content.line_of(self.caret.start()), self.content.line_of(self.caret.end()));
        let at_start = last > first && self.caret.end() == self.content.line_start(last);
        Span::new(first, last + usize::from(!at_start))
    }

    /// The byte of [`Buffer::snapshot`] at which a position stands.
    pub fn offset(&self, position: Position) -> usize {
        self.content.offset(position)
    }

    /// The position at or before a byte of [`Buffer::snapshot`].
    pub fn position(&self, offset: usize) -> Position {
        self.content.position(self.content.snap(offset))
    }

    /// The column of the screen, from 0, where `position` is drawn on an unscrolled line.
    pub fn display_column(&self, position: Position) -> usize {
        self.content.display_column(self.content.offset(position), self.tab)
    }

    /// What is drawn on `line` at a column of the screen: where a click goes.
    pub fn at_display_column(&self, line: usize, column: usize) -> Position {
        self.content.position(self.content.at_display_column(line, column, self.tab))
    }

    /// Does it. A command that changes the text is refused when the text is read-only.
    pub fn run(&mut self, command: Command) -> Outcome {
        let caret = self.caret;
        match command {
            Command::Move(motion, extend) => self.go(motion, extend),
            Command::Select(anchor, head) => {
                self.select(Caret { anchor: self.content.offset(anchor), head: self.content.offset(head) })
            }
            Command::SelectAll => {
                self.select(Caret { anchor: self.content.floor(), head: self.content.len() })
            }
            Command::SelectLine => {
                let lines = self.touched_lines();
                let again = !caret.is_empty() && caret == self.lines_caret(lines);
                let lines = Span::new(lines.start(), lines.end() + usize::from(again));
                self.select(self.lines_caret(lines))
            }
            Command::ClearSelection => self.select(Caret::at(caret.head)),
            Command::Copy => match self.content.text(self.copied()) {
                text if text.is_empty() => Outcome::Nothing,
                text => Outcome::Copied(text),
            },
            edit => match self.read_only {
                Some(reason) => Outcome::Refused(reason),
                None => self.edit(edit),
            },
        }
    }

    /// What copying and cutting take: the selection, or the cursor's line with its ending.
    pub(super) fn copied(&self) -> Range<usize> {
        if !self.caret.is_empty() {
            return self.caret.start()..self.caret.end();
        }
        let line = self.content.line_of(self.caret.head);
        self.content.line_start(line)..self.content.line_offset(line + 1)
    }

    fn lines_caret(&self, lines: Span) -> Caret {
        Caret {
            anchor: self.content.line_start(lines.start()),
            head: self.content.line_offset(lines.end()).max(self.content.floor()),
        }
    }

    fn go(&mut self, motion: Motion, extend: bool) -> Outcome {
        let Caret { anchor, head } = self.caret;
        let leaves = !extend && anchor != head;
        if leaves && motion == Motion::Left {
            return self.select(Caret::at(self.caret.start()));
        }
        if leaves && motion == Motion::Right {
            return self.select(Caret::at(self.caret.end()));
        }
        let column = motion
            .is_vertical()
            .then(|| self.desired.unwrap_or_else(|| self.content.display_column(head, self.tab)));
        let target = motion.target(&self.content, head, column.unwrap_or(0), self.tab);
        let outcome = self.select(Caret { anchor: if extend { anchor } else { target }, head: target });
        self.desired = column;
        outcome
    }

    fn select(&mut self, caret: Caret) -> Outcome {
        self.history.close();
        self.desired = None;
        let before = std::mem::replace(&mut self.caret, caret);
        if before == caret { Outcome::Nothing } else { Outcome::Moved }
    }

    /// Makes edits, in ascending order and speaking of the present text, as one step. `after` is the
    /// caret in the text they lead to.
    pub(super) fn change(
        &mut self,
        edits: Vec<(Range<usize>, String)>,
        after: impl FnOnce(&Content) -> Caret,
        kind: Kind,
    ) -> Outcome {
        let before = self.caret;
        let mut line_edits = Vec::new();
        // From the bottom up, so that each speaks of the text it finds.
        let splices: Vec<Splice> = edits
            .into_iter()
            .rev()
            .map(|(range, inserted)| Splice { at: range.start, removed: self.content.text(range), inserted })
            .filter(|splice| splice.removed != splice.inserted)
            .collect();
        if splices.is_empty() {
            let after = self.standing(after(&self.content));
            return self.select(after);
        }
        for splice in &splices {
            line_edits.push(self.splice_in(splice.at, &splice.removed, &splice.inserted));
        }
        self.changed(&line_edits);
        self.caret = self.standing(after(&self.content));
        self.history.push(splices, before, self.caret, kind);
        Outcome::Edited
    }

    /// The caret where a cursor may stand: what was put may have joined what it was put beside.
    fn standing(&self, caret: Caret) -> Caret {
        caret.map(|offset| self.content.snap_forward(offset))
    }

    pub(super) fn undo(&mut self) -> Outcome {
        let Some(step) = self.history.undo().cloned() else { return Outcome::Nothing };
        let back = step.splices.iter().rev();
        let edits: Vec<_> = back.map(|s| self.splice_in(s.at, &s.inserted, &s.removed)).collect();
        self.changed(&edits);
        self.caret = step.before;
        Outcome::Edited
    }

    pub(super) fn redo(&mut self) -> Outcome {
        let Some(step) = self.history.redo().cloned() else { return Outcome::Nothing };
        let edits: Vec<_> =
            step.splices.iter().map(|s| self.splice_in(s.at, &s.removed, &s.inserted)).collect();
        self.changed(&edits);
        self.caret = step.after;
        Outcome::Edited
    }

    fn splice_in(&mut self, at: usize, removed: &str, inserted: &str) -> LineEdit {
        let end = at + removed.len();
        let (first, last) = (self.content.line_of(at), self.content.line_of(end));
        let at_starts = at == self.content.line_offset(first) && end == self.content.line_offset(last);
        let whole_lines = at_starts && (inserted.is_empty() || inserted.ends_with('\n'));
        self.content.replace(at..end, inserted);
        let partial = usize::from(!whole_lines);
        let newlines = inserted.bytes().filter(|byte| *byte == b'\n').count();
        LineEdit { old: Span::new(first, last + partial), new: Span::new(first, first + newlines + partial) }
    }

    fn changed(&mut self, edits: &[LineEdit]) {
        self.version += 1;
        self.line_edits.note(self.version, edits);
        self.snapshot = OnceLock::new();
        self.desired = None;
    }

    /// Becomes a newly opened text, a later version of this one with nothing to undo.
    pub(super) fn become_text(&mut self, text: &[u8]) {
        let cursor = self.cursor();
        let version = self.version + 1;
        let history = self.history.begin_anew();
        let saved = history.state();
        *self = Self { version, history, saved, tab: self.tab, ..Self::open(self.path.clone(), text) };
        self.line_edits.forget(version);
        self.caret = Caret::at(self.content.offset(cursor));
    }

    pub(super) fn state(&self) -> State {
        self.history.state()
    }

    /// Which lines became which after `version`; `None` when that is too long ago to be known.
    pub(super) fn line_edits_since(&self, version: u64) -> Option<impl Iterator<Item = LineEdit>> {
        self.line_edits.since(version)
    }
}

/// The text as it is shown, and why it is only shown.
pub(super) fn decode(text: &[u8]) -> (Cow<'_, str>, Option<ReadOnly>) {
    let Err(error) = std::str::from_utf8(text) else {
        return (String::from_utf8_lossy(text), None);
    };
    let valid = text.get(..error.valid_up_to()).unwrap_or_default();
    let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        shown.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| shown.push_str(&format!("\\x{byte:02X}")));
    }
    (Cow::Owned(shown), Some(ReadOnly::NotUtf8 { line }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{buffer, check, edits, typed};
    use super::*;
    use proptest::prelude::*;

    fn open(text: &[u8]) -> Buffer {
        Buffer::open(RepoPath::parse("a.rs").unwrap(), text)
    }

    #[test]
    fn saving_and_undoing_back_to_it_are_clean() {
        let mut some = buffer("|");
        assert!(edits(&mut some, Command::Insert("a".into())));
        assert!(some.is_dirty());
        let point = some.save_point();
        some.saved(point);
        assert!(edits(&mut some, Command::Insert("b".into())));
        assert!(some.is_dirty());
        assert!(edits(&mut some, Command::Undo));
        assert!(!some.is_dirty());
        assert!(edits(&mut some, Command::Undo));
        assert!(some.is_dirty());
    }

    #[test]
    fn what_was_typed_while_it_was_saved_is_not_saved() {
        let mut some = buffer("|");
        assert!(edits(&mut some, Command::Insert("a".into())));
        let point = some.save_point();
        assert!(edits(&mut some, Command::Insert("b".into())));
        some.saved(point);
        assert!(some.is_dirty());
    }

    #[test]
    fn a_file_that_is_not_utf8_is_shown_and_never_changed() {
        let mut some = open(b"a\ncaf\xe9 \xff|\n");
        assert_eq!(some.line(1), "caf\\xE9 \\xFF|");
        assert_eq!(some.read_only(), Some(ReadOnly::NotUtf8 { line: 2 }));
        let refused = some.run(Command::Insert("x".into()));
        assert_eq!(refused, Outcome::Refused(ReadOnly::NotUtf8 { line: 2 }));
        assert_eq!(some.run(Command::Move(Motion::Bottom, false)), Outcome::Moved);
        assert_eq!(some.bytes(), b"a\ncaf\xe9 \xff|\n");
    }

    #[test]
    fn a_byte_order_mark_stays_in_front() {
        let mut some = open("\u{feff}ab\ncd".as_bytes());
        assert!(edits(&mut some, Command::Insert("x".into())));
        assert!(edits(&mut some, Command::MoveLineDown));
        assert_eq!(some.bytes(), "\u{feff}cd\nxab".as_bytes());
        let _ = some.run(Command::SelectAll);
        assert!(edits(&mut some, Command::Delete));
        assert!(!edits(&mut some, Command::Backspace));
        assert_eq!(some.bytes(), "\u{feff}".as_bytes());
    }

    #[test]
    fn selected_lines_are_those_with_something_selected() {
        let lines = |picture| buffer(picture).selected_lines().map(Span::as_range);
        assert_eq!(lines("a\n[b\nc\n|]d"), Some(1..3));
        assert_eq!(lines("a\n[b\nc\nd|]"), Some(1..4));
        assert_eq!(lines("a[\nb|]\n"), Some(0..2));
        assert_eq!(lines("[a\n|]"), Some(0..1));
        assert_eq!(lines("a|"), None);
    }

    #[test]
    fn lines_are_selected_one_more_each_time() {
        check("a\nb|b\nc\n", [Command::SelectLine], "a\n[bb\n|]c\n");
        check("a\nb|b\nc\n", [Command::SelectLine, Command::SelectLine], "a\n[bb\nc\n|]");
        check("a\n[b\nc|]c", [Command::SelectLine], "a\n[b\ncc|]");
        check("a[b|]c", [Command::ClearSelection], "ab|c");
        check("a\nb|", [Command::SelectAll], "[a\nb|]");
    }

    #[test]
    fn a_click_lands_on_what_is_drawn_there() {
        let some = buffer("a\t日x\n|");
        let at = |column| some.at_display_column(0, column).column;
        assert_eq!([0, 1, 3, 4, 5, 6, 7, 99].map(at), [0, 1, 1, 2, 2, 5, 6, 6]);
        assert_eq!(some.display_column(Position::new(0, 5)), 6);
    }

    #[test]
    fn a_pasted_megabyte_is_one_step() {
        let mut some = open(b"x\r\n");
        let version = some.version();
        assert!(edits(&mut some, Command::Insert("0123456789 \n".repeat(90_000))));
        assert_eq!(some.version(), version + 1);
        assert_eq!(some.lines_len(), 90_002);
        assert!(edits(&mut some, Command::Undo));
        assert_eq!(some.bytes(), b"x\r\n");
    }

    #[test]
    fn a_line_of_a_million_characters_is_a_line() {
        let mut some = open(format!("{}é", "x".repeat(1_000_000)).as_bytes());
        for command in [Motion::End, Motion::Left, Motion::Up, Motion::Down, Motion::WordLeft] {
            let _ = some.run(Command::Move(command, false));
        }
        for _ in 0..1000 {
            assert!(edits(&mut some, Command::Insert("x".into())));
        }
        assert_eq!(some.bytes().len(), 1_001_002);
    }

    fn any_command() -> impl Strategy<Value = Command> {
        let texts = prop_oneof![
            Just("a"),
            Just(" "),
            Just("\n"),
            Just("\r"),
            Just("}"),
            Just("{"),
            Just("\t"),
            Just("日"),
            Just("\u{301}"),
            Just("🇩"),
            Just("foo\nbar"),
            Just("\u{feff}"),
            Just(""),
            Just("    ")
        ];
        let places = || (0usize..6, 0usize..9).prop_map(|(line, column)| Position { line, column });
        let motions = prop_oneof![
            Just(Motion::Left),
            Just(Motion::Right),
            Just(Motion::Up),
            Just(Motion::Down),
            Just(Motion::WordLeft),
            Just(Motion::WordRight),
            Just(Motion::Home),
            Just(Motion::End),
            Just(Motion::PageUp(3)),
            Just(Motion::PageDown(3)),
            Just(Motion::Top),
            Just(Motion::Bottom),
            places().prop_map(Motion::To)
        ];
        prop_oneof![
            4 => texts.prop_map(|text| Command::Insert(text.to_owned())),
            4 => (motions, any::<bool>()).prop_map(|(motion, extend)| Command::Move(motion, extend)),
            1 => (places(), places()).prop_map(|(anchor, head)| Command::Select(anchor, head)),
            6 => prop_oneof![
                Just(Command::Newline), Just(Command::Tab), Just(Command::BackTab), Just(Command::Backspace),
                Just(Command::Delete), Just(Command::DeleteWordBack), Just(Command::DeleteWordForward),
                Just(Command::DeleteLine), Just(Command::MoveLineUp), Just(Command::MoveLineDown),
                Just(Command::SelectLine), Just(Command::SelectAll), Just(Command::Undo), Just(Command::Redo),
                Just(Command::Cut), Just(Command::Copy), Just(Command::ClearSelection)
            ],
        ]
    }

    fn any_text() -> impl Strategy<Value = String> {
        let parts = prop_oneof![
            Just("a"),
            Just("    b {\n"),
            Just("\r\n"),
            Just("\n"),
            Just("\tc"),
            Just("日本"),
            Just("e\u{301}"),
            Just("\r"),
            Just("👩\u{200d}👧"),
            Just("\u{feff}"),
            Just("\u{2028}")
        ];
        proptest::collection::vec(parts, 0..14).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn undoing_all_gives_the_file_back_and_redoing_all_the_work(
            text in any_text(), commands in proptest::collection::vec(any_command(), 0..40)
        ) {
            let mut some = open(text.as_bytes());
            for command in commands {
                let version = some.version();
                let before = some.bytes();
                let said = format!("{command:?}");
                let outcome = some.run(command);
                prop_assert_eq!(outcome.edited(), some.version() > version, "{}", said);
                prop_assert_eq!(outcome.edited(), before != some.bytes(), "{}", said);
                for place in [some.caret.anchor, some.caret.head] {
                    prop_assert_eq!(some.content.snap(place), place, "{}", said);
                }
            }
            while edits(&mut some, Command::Redo) {}
            let done = some.bytes();
            while edits(&mut some, Command::Undo) {}
            prop_assert_eq!(some.bytes(), text.as_bytes());
            prop_assert!(!some.is_dirty());
            while edits(&mut some, Command::Redo) {}
            prop_assert_eq!(some.bytes(), done);
        }

        #[test]
        fn typing_in_a_crlf_file_keeps_every_ending(lines in proptest::collection::vec("[a-z]{0,4}", 1..6)) {
            let mut some = open(b"a\r\nb\r\n");
            for command in typed(&lines.join("\n")) {
                let _ = some.run(command);
            }
            let text = String::from_utf8(some.bytes()).unwrap();
            prop_assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        }

        #[test]
        fn opening_changes_nothing(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..60)) {
            let some = open(&bytes);
            prop_assert_eq!(some.bytes(), bytes.clone());
            prop_assert_eq!(some.snapshot().len() + usize::from(some.snapshot().ends_in_newline()), some.lines_len());
        }
    }
}
