//! A completion that is shown at the cursor and not yet part of the text. It belongs to one version
//! of one buffer: on any other it is stale, and cannot be taken.

use super::buffer::Buffer;
use super::{Command, Outcome, Position};

/// Text offered at a place of one version of a buffer. Foreign: print it through `text::safe`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ghost {
    at: Position,
    /// Never empty; lines end in LF.
    text: String,
    version: u64,
}

/// How much of a ghost is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Whole,
    /// Blanks and one run of letters, or of signs.
    Word,
    /// Up to the next line break; from a line break, it and the line it opens.
    Line,
}

impl Ghost {
    /// What was made for `version` of a buffer with the cursor at `at`. `None` when it is empty.
    pub fn new(at: Position, text: &str, version: u64) -> Option<Self> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        (!text.is_empty()).then_some(Self { at, text, version })
    }

    pub fn at(&self) -> Position {
        self.at
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// May it be shown and taken: is the buffer what it was made for, with the cursor there?
    pub fn is_fresh(&self, buffer: &Buffer) -> bool {
        let editable = buffer.read_only().is_none() && buffer.selection().is_none();
        editable && self.version == buffer.version() && self.at == buffer.cursor()
    }

    /// Puts some of it into the text as one undo step: what was put, and what is still offered.
    /// `None` when it is stale; nothing is put then.
    pub fn accept(self, buffer: &mut Buffer, part: Part) -> Option<(String, Option<Self>)> {
        if !self.is_fresh(buffer) {
            return None;
        }
        let (taken, rest) = self.text.split_at(part.len_in(&self.text));
        let _ = buffer.insert_as_it_is(taken);
        let rest = Self::new(buffer.cursor(), rest, buffer.version());
        Some((taken.to_owned(), rest))
    }

    /// Runs a command on the buffer it is shown in. The ghost stays when nothing changed, goes on
    /// when its own next characters were typed, and goes away otherwise.
    pub fn run(self, buffer: &mut Buffer, command: Command) -> (Outcome, Option<Self>) {
        let fresh = self.is_fresh(buffer);
        let before = line_before(buffer, self.at);
        let start = buffer.offset(self.at);
        let outcome = buffer.run(command);
        if !fresh || self.is_fresh(buffer) {
            return (outcome, fresh.then_some(self));
        }
        let end = buffer.offset(buffer.cursor());
        let typed = (end > start && line_before(buffer, self.at) == before)
            .then(|| buffer.content.text(start..end).replace("\r\n", "\n"));
        let rest = typed.as_deref().and_then(|typed| self.text.strip_prefix(typed));
        let grew = outcome.edited();
        let rest = rest.filter(|_| grew).and_then(|rest| Self::new(buffer.cursor(), rest, buffer.version()));
        (outcome, rest)
    }
}

fn line_before(buffer: &Buffer, at: Position) -> String {
    let line = buffer.line(at.line);
    line.get(..at.column).unwrap_or_default().to_owned()
}

impl Part {
    fn len_in(self, text: &str) -> usize {
        match self {
            Self::Whole => text.len(),
            Self::Word => word(text),
            Self::Line => match text.strip_prefix('\n') {
                Some(next) => 1 + next.find('\n').unwrap_or(next.len()),
                None => text.find('\n').unwrap_or(text.len()),
            },
        }
    }
}

fn word(text: &str) -> usize {
    let start = text.len() - text.trim_start().len();
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let rest = &text[start..];
    let letters = rest.starts_with(is_letter);
    let end = rest.find(|c: char| c.is_whitespace() || is_letter(c) != letters).unwrap_or(rest.len());
    start + end
}

#[cfg(test)]
mod tests {
    use super::super::testing::{buffer, edits, left, picture};
    use super::*;

    fn offered(before: &str, text: &str) -> (Buffer, Ghost) {
        let buffer = buffer(before);
        let ghost = Ghost::new(buffer.cursor(), text, buffer.version()).unwrap();
        (buffer, ghost)
    }

    #[track_caller]
    fn taken(before: &str, text: &str, part: Part, after: &str, left: Option<&str>) {
        let (mut buffer, ghost) = offered(before, text);
        let (put, rest) = ghost.accept(&mut buffer, part).unwrap();
        assert_eq!(picture(&buffer), after);
        assert!(text.starts_with(&put));
        assert_eq!(rest.as_ref().map(Ghost::text), left);
        assert!(rest.is_none_or(|rest| rest.is_fresh(&buffer)));
    }

    #[test]
    fn it_is_taken_whole_by_word_or_by_line() {
        taken("a|\n", " + b\nc", Part::Whole, "a + b\nc|\n", None);
        taken("a|\n", " foo_1.bar", Part::Word, "a foo_1|\n", Some(".bar"));
        taken("a|\n", "::<x", Part::Word, "a::<|\n", Some("x"));
        taken("a|\n", " + b\nc\nd", Part::Line, "a + b|\n", Some("\nc\nd"));
        taken("a|\n", "\nc\nd", Part::Line, "a\nc|\n", Some("\nd"));
        taken("a|\r\n", "b\nc", Part::Whole, "ab\r\nc|\r\n", None);
    }

    #[test]
    fn a_stale_one_is_never_taken() {
        let (mut buffer, ghost) = offered("a|b", "xyz");
        let _ = buffer.run(left(false));
        assert_eq!(ghost.clone().accept(&mut buffer, Part::Whole), None);
        assert!(edits(&mut buffer, Command::Insert("q".into())));
        assert!(edits(&mut buffer, Command::Undo));
        assert_eq!(ghost.accept(&mut buffer, Part::Whole), None);
        assert_eq!(picture(&buffer), "|ab");
    }

    #[test]
    fn typing_it_goes_on_with_it_and_typing_anything_else_drops_it() {
        let (mut buffer, ghost) = offered("    a|", "b {\n    c");
        let (_, ghost) = ghost.run(&mut buffer, Command::Insert("b".into()));
        let (_, ghost) = ghost.unwrap().run(&mut buffer, Command::Insert(" {".into()));
        let (_, ghost) = ghost.unwrap().run(&mut buffer, Command::Copy);
        let ghost = ghost.unwrap();
        assert_eq!(ghost.text(), "\n    c");
        assert!(ghost.is_fresh(&buffer));
        assert_eq!(ghost.run(&mut buffer, Command::Insert("x".into())).1, None);
    }

    #[test]
    fn a_line_break_counts_with_its_indentation() {
        let (mut buffer, ghost) = offered("\r\n    a|", "\n    c");
        let (_, ghost) = ghost.run(&mut buffer, Command::Newline);
        assert_eq!(ghost.unwrap().text(), "c");
        assert_eq!(picture(&buffer), "\r\n    a\r\n    |");
    }

    #[test]
    fn moving_away_drops_it() {
        let (mut buffer, ghost) = offered("a|b", "b");
        let (_, ghost) = ghost.run(&mut buffer, Command::Move(super::super::Motion::Right, false));
        assert_eq!(ghost, None);
    }

    #[test]
    fn what_is_taken_is_what_was_shown() {
        taken("{\n    a\n    |", "}", Part::Whole, "{\n    a\n    }|", None);
    }

    #[test]
    fn taking_it_is_one_step_to_undo() {
        let (mut buffer, ghost) = offered("a|", "b");
        assert!(edits(&mut buffer, Command::Insert("x".into())));
        let ghost = Ghost { version: buffer.version(), at: buffer.cursor(), ..ghost };
        let _ = ghost.accept(&mut buffer, Part::Whole).unwrap();
        assert!(edits(&mut buffer, Command::Insert("y".into())));
        assert!(edits(&mut buffer, Command::Undo));
        assert!(edits(&mut buffer, Command::Undo));
        assert_eq!(picture(&buffer), "ax|");
    }
}
