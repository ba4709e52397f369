//! Texts that come from outside: a landing that changed some lines, or the file read again. Each is
//! one step that can be undone, and the cursor stays on its line.

use super::buffer::{Buffer, decode};
use super::history::{Caret, Kind};
use super::{Outcome, Position};
use crate::text::{LineEnding, Lines, Span, diff};

impl Buffer {
    /// Replaces lines of the present text as one undo step. The hunks come in order; when two of
    /// them overlap nothing is done. A text that is not UTF-8 is opened anew, with nothing to undo;
    /// one that is stays so: hunks that are not UTF-8 are refused.
    pub fn splice(&mut self, hunks: &[(Span, Lines)]) -> Outcome {
        let in_order = hunks.windows(2).all(|pair| match pair {
            [(first, _), (second, _)] => first.end() <= second.start(),
            _ => true,
        });
        if hunks.is_empty() || !in_order {
            return Outcome::Nothing;
        }
        if self.read_only.is_some() {
            self.become_text(&spliced(&self.snapshot(), hunks));
            return Outcome::Edited;
        }
        let mut texts = Vec::with_capacity(hunks.len());
        for (_, with) in hunks {
            match decode(with.bytes()) {
                (text, None) => texts.push(text),
                (_, Some(reason)) => return Outcome::Refused(reason),
            }
        }
        let range = |span: Span| self.content.line_offset(span.start())..self.content.line_offset(span.end());
        let edits =
            hunks.iter().zip(texts).map(|((span, _), text)| (range(*span), text.into_owned())).collect();
        let position = |offset| carried(hunks, self.content.position(offset));
        let (anchor, head) = (position(self.caret.anchor), position(self.caret.head));
        self.history.close();
        self.change(
            edits,
            |content| Caret { anchor: content.offset(anchor), head: content.offset(head) },
            Kind::Whole,
        )
    }

    /// The file was read again and holds `text`: takes it over as one undo step, and is clean. When
    /// it is no longer UTF-8 it is opened anew for reading; refused while there is unsaved work,
    /// which could not be brought back by undoing.
    pub fn reload(&mut self, text: &[u8]) -> Outcome {
        if let Some(reason) = decode(text).1.filter(|_| self.read_only.is_none()) {
            if self.is_dirty() {
                return Outcome::Refused(reason);
            }
            self.become_text(text);
            return Outcome::Edited;
        }
        let (old, new) = (self.snapshot(), Lines::new(text));
        let changes = diff::changes(&old, &new);
        let with = |span| Lines::new(new.slice(span));
        let hunks: Vec<_> = changes.iter().map(|change| (change.old, with(change.new))).collect();
        let outcome = self.splice(&hunks);
        self.ending = LineEnding::dominant(text);
        let now = self.save_point();
        self.saved(now);
        outcome
    }
}

/// Where a position is when lines above or around it were replaced.
fn carried(hunks: &[(Span, Lines)], at: Position) -> Position {
    let mut line = at.line;
    for (span, with) in hunks.iter().take_while(|(span, _)| span.start() <= at.line) {
        let above = line - (at.line - span.start());
        line = if at.line < span.end() {
            above + (at.line - span.start()).min(with.len().saturating_sub(1))
        } else {
            line + with.len() - span.len()
        };
    }
    Position { line, ..at }
}

fn spliced(text: &Lines, hunks: &[(Span, Lines)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.bytes().len());
    let mut from = 0;
    for (span, with) in hunks {
        bytes.extend_from_slice(text.slice(Span::new(from, span.start())));
        bytes.extend_from_slice(with.bytes());
        from = span.end();
    }
    bytes.extend_from_slice(text.slice(Span::new(from, text.len())));
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::super::testing::{buffer, edits, picture};
    use super::*;
    use crate::text::RepoPath;
    use proptest::prelude::*;

    #[track_caller]
    fn spliced(before: &str, hunks: &[(usize, usize, &str)], after: &str) {
        let mut some = buffer(before);
        let hunks: Vec<_> =
            hunks.iter().map(|(start, end, with)| (Span::new(*start, *end), Lines::from(*with))).collect();
        let _ = some.splice(&hunks);
        assert_eq!(picture(&some), after);
        assert!(edits(&mut some, Command::Undo));
        assert_eq!(picture(&some), before);
    }

    #[test]
    fn the_cursor_stays_on_its_line() {
        spliced("a\nb\nc|c\n", &[(0, 1, "x\ny\n"), (1, 1, "z\n")], "x\ny\nz\nb\nc|c\n");
        spliced("a\nb|b\nc\n", &[(2, 3, "x\n")], "a\nb|b\nx\n");
        spliced("a\nb|b\nc\n", &[(1, 2, "xyz\n")], "a\nx|yz\nc\n");
        spliced("a\nb\nc|c\nd", &[(1, 3, "x\n")], "a\nx|\nd");
        spliced("a\nb|b\nc\n", &[(1, 2, "")], "a\nc|\n");
        spliced("a\n[b\n|]c\n", &[(0, 0, "x\n")], "x\na\n[b\n|]c\n");
    }

    #[test]
    fn hunks_that_overlap_do_nothing() {
        let mut some = buffer("a\nb\n|");
        let hunks = [(Span::new(0, 2), Lines::from("x\n")), (Span::new(1, 2), Lines::from("y\n"))];
        assert_eq!(some.splice(&hunks), Outcome::Nothing);
    }

    #[test]
    fn a_file_read_again_is_clean_and_can_be_undone() {
        let mut some = buffer("a\nb\nc|\n");
        assert!(edits(&mut some, Command::Insert("x".into())));
        assert_eq!(some.reload(b"new\na\nB\ncx\n"), Outcome::Edited);
        assert_eq!(picture(&some), "new\na\nB\ncx|\n");
        assert!(!some.is_dirty());
        assert!(edits(&mut some, Command::Undo));
        assert_eq!(picture(&some), "a\nb\ncx|\n");
        assert!(some.is_dirty());
    }

    #[test]
    fn what_is_on_disk_already_is_just_clean() {
        let mut some = buffer("a|");
        assert!(edits(&mut some, Command::Insert("b".into())));
        assert_eq!(some.reload(b"ab"), Outcome::Nothing);
        assert!(!some.is_dirty());
    }

    #[test]
    fn a_text_that_is_no_longer_utf8_is_only_read() {
        let mut some = buffer("a\n|b\n");
        let version = some.version();
        let _ = some.reload(b"a\nb\xff\n");
        assert!(some.read_only().is_some());
        assert_eq!(some.bytes(), b"a\nb\xff\n");
        assert!(some.version() > version);
        assert_eq!(some.cursor(), Position::new(1, 0));
        let _ = some.splice(&[(Span::new(0, 1), Lines::new(*b"\xfe\n"))]);
        assert_eq!(some.bytes(), b"\xfe\nb\xff\n");
        let _ = some.reload(b"a\nb\n");
        assert_eq!(some.read_only(), None);
    }

    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        let parts: [&[u8]; 6] = [b"a", b"\n", b"\r\n", b"b\n", b"\xef\xbb\xbf", b"\xff"];
        proptest::collection::vec(proptest::sample::select(parts.to_vec()), 0..20)
            .prop_map(|parts| parts.concat())
    }

    #[test]
    fn unsaved_work_is_not_given_up_for_a_text_that_cannot_be_edited() {
        let mut some = buffer("a|\n");
        assert!(edits(&mut some, Command::Insert("b".into())));
        assert!(matches!(some.reload(b"\xff\n"), Outcome::Refused(_)));
        assert!(matches!(some.splice(&[(Span::new(0, 1), Lines::new(*b"\xff"))]), Outcome::Refused(_)));
        assert_eq!(picture(&some), "ab|\n");
        assert!(some.is_dirty());
    }

    proptest! {
        #[test]
        fn reading_again_gives_exactly_those_bytes(old in any_bytes(), new in any_bytes()) {
            let mut some = Buffer::open(RepoPath::parse("a").unwrap(), &old);
            let _ = some.reload(&new);
            prop_assert_eq!(some.bytes(), new);
            prop_assert!(!some.is_dirty());
        }
    }
}
