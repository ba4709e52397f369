//! Where a motion leads. A pure question to the text: moving the cursor is the buffer's.

use super::Position;
use super::content::Content;

/// A way to go from where the cursor is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    Left,
    Right,
    Up,
    Down,
    /// To a word's start. A line's border is a stop of its own.
    WordLeft,
    /// To a word's end. A line's border is a stop of its own.
    WordRight,
    /// To the line's first character that is no blank, and from there to its start.
    Home,
    End,
    /// This many lines.
    PageUp(usize),
    PageDown(usize),
    Top,
    Bottom,
    /// To the start of this line, from 0.
    Line(usize),
    /// As a click does.
    To(Position),
}

impl Motion {
    /// Does the cursor keep its column of the screen?
    pub(super) fn is_vertical(self) -> bool {
        matches!(self, Self::Up | Self::Down | Self::PageUp(_) | Self::PageDown(_))
    }

    /// Where it leads from `from`. `column` is the column of the screen to keep when it is vertical,
    /// `tab` the width of a tab.
    pub(super) fn target(self, content: &Content, from: usize, column: usize, tab: usize) -> usize {
        let line = content.line_of(from);
        let down = |lines: usize| match line.saturating_add(lines) {
            below if below <= content.last_line() => content.at_display_column(below, column, tab),
            _ if line < content.last_line() => content.at_display_column(content.last_line(), column, tab),
            _ => content.line_end(line),
        };
        let up = |lines: usize| match line {
            0 => content.line_start(0),
            _ => content.at_display_column(line.saturating_sub(lines), column, tab),
        };
        match self {
            Self::Left => content.previous(from),
            Self::Right => content.next(from),
            Self::Up => up(1),
            Self::Down => down(1),
            Self::PageUp(lines) => up(lines),
            Self::PageDown(lines) => down(lines),
            Self::WordLeft => word_left(content, from),
            Self::WordRight => word_right(content, from),
            Self::Home => home(content, from),
            Self::End => content.line_end(line),
            Self::Top => content.floor(),
            Self::Bottom => content.len(),
            Self::Line(line) => content.line_start(line.min(content.last_line())),
            Self::To(position) => content.offset(position),
        }
    }
}

fn home(content: &Content, from: usize) -> usize {
    let line = content.line_of(from);
    let (start, end) = (content.line_start(line), content.line_end(line));
    let blanks = content.slice(start..end).chars().take_while(|c| matches!(c, ' ' | '\t')).count();
    let text = content.snap(start + blanks);
    if from == text { start } else { text }
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Class {
    Blank,
    Word,
    Mark,
}

fn class(c: char) -> Class {
    if c.is_whitespace() {
        Class::Blank
    } else if c.is_alphanumeric() || c == '_' {
        Class::Word
    } else {
        Class::Mark
    }
}

/// How many bytes of `chars` are blanks and then one run of one class. A character without a width
/// belongs to what it is drawn on.
fn word(chars: impl Iterator<Item = char>) -> usize {
    let mut run = Class::Blank;
    let mut bytes = 0;
    for c in chars {
        let joins = unicode_width::UnicodeWidthChar::width(c) == Some(0);
        match class(c) {
            _ if joins => {}
            class if run == Class::Blank => run = class,
            class if class != run => break,
            _ => {}
        }
        bytes += c.len_utf8();
    }
    bytes
}

fn word_right(content: &Content, from: usize) -> usize {
    let end = content.line_end(content.line_of(from));
    if from >= end {
        return content.next(from);
    }
    let bytes = word(content.slice(from..end).chars());
    content.snap_forward(from + bytes)
}

fn word_left(content: &Content, from: usize) -> usize {
    let start = content.line_start(content.line_of(from));
    if from <= start {
        return content.previous(from);
    }
    let mut chars = content.chars_at(from);
    let mut left = from - start;
    let back = std::iter::from_fn(|| {
        let c = chars.prev()?;
        left = left.checked_sub(c.len_utf8())?;
        Some(c)
    });
    content.snap(from - word(back))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, left, right};
    use super::super::{Command, Position};
    use super::*;

    fn go(before: &str, motion: Motion, after: &str) {
        check(before, [Command::Move(motion, false)], after);
    }

    #[test]
    fn left_and_right_go_by_what_is_seen_as_one_character() {
        go("e\u{301}|x", Motion::Left, "|e\u{301}x");
        go("|👩‍👩‍👧x", Motion::Right, "👩‍👩‍👧|x");
        go("a|\r\nb", Motion::Right, "a\r\n|b");
        go("a\r\n|b", Motion::Left, "a|\r\nb");
        go("|a", Motion::Left, "|a");
        go("a|", Motion::Right, "a|");
    }

    #[test]
    fn a_selection_is_left_at_the_side_one_goes_to() {
        go("f[oo|]o", Motion::Left, "f|ooo");
        go("f[|oo]o", Motion::Right, "foo|o");
    }

    #[test]
    fn up_and_down_keep_the_column_of_the_screen() {
        go("日本|語\nabcdef", Motion::Down, "日本語\nabcd|ef");
        go("abc|d\n日本語", Motion::Down, "abcd\n日|本語");
        go("\tx|\nabcdefg", Motion::Down, "\tx\nabcde|fg");
        let down_twice = [Command::Move(Motion::Down, false), Command::Move(Motion::Down, false)];
        check("abcd|e\nx\nabcdef", down_twice, "abcde\nx\nabcd|ef");
        check("abcd|e\n\nabcdef", [Command::Move(Motion::PageDown(9), false)], "abcde\n\nabcd|ef");
    }

    #[test]
    fn beyond_the_first_and_last_line_are_their_ends() {
        go("ab|c\nd", Motion::Up, "|abc\nd");
        go("a\nb|cd", Motion::Down, "a\nbcd|");
        go("a\nb\nc|d", Motion::PageUp(50), "a|\nb\ncd");
    }

    #[test]
    fn words_stop_at_their_ends_and_at_the_lines() {
        go("|let foo_1 = x;", Motion::WordRight, "let| foo_1 = x;");
        go("let| foo_1 = x;", Motion::WordRight, "let foo_1| = x;");
        go("foo_1| => x", Motion::WordRight, "foo_1 =>| x");
        go("ab|\n  cd", Motion::WordRight, "ab\n|  cd");
        go("ab\n|  cd", Motion::WordLeft, "ab|\n  cd");
        go("let foo_1  |", Motion::WordLeft, "let |foo_1  ");
        go("ne\u{301}e\u{301}|", Motion::WordLeft, "|ne\u{301}e\u{301}");
    }

    #[test]
    fn home_goes_to_the_text_and_then_to_the_edge() {
        go("\t  ab|c", Motion::Home, "\t  |abc");
        go("\t  |abc", Motion::Home, "|\t  abc");
        go("|\t  abc", Motion::Home, "\t  |abc");
        go("a|b\r\n", Motion::End, "ab|\r\n");
    }

    #[test]
    fn a_place_that_is_none_is_moved_to_one() {
        go("|日本\nx", Motion::To(Position::new(0, 4)), "日|本\nx");
        go("|日本\nx", Motion::To(Position::new(7, 70)), "日本\nx|");
        go("|a\r\nb", Motion::To(Position::new(0, 2)), "a|\r\nb");
        go("|a\nb", Motion::Line(1), "a\n|b");
        go("|a\nb", Motion::Line(usize::MAX), "a\n|b");
    }

    #[test]
    fn extending_keeps_the_other_end() {
        check("a|bcd", [right(true), right(true)], "a[bc|]d");
        check("a[bc|]d", [left(true), left(true), left(true)], "[|a]bcd");
    }
}
