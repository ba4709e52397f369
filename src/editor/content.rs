//! The characters of a buffer: a rope addressed in bytes, with the two questions an editor asks all
//! the time: where is the next grapheme, and which column of the screen is this? Both cost what lies
//! between, not the whole text. It knows no cursor and no history.

use std::borrow::Cow;
use std::ops::Range;

use ropey::{Rope, RopeSlice};
use unicode_segmentation::{GraphemeCursor, GraphemeIncomplete};

use super::Position;
use crate::text::{Lines, safe};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Lines end in LF only (CR LF is a line that ends in CR LF), as in [`Lines`]; but a text that ends
/// in a newline has one more, empty line here, for the cursor to stand on.
#[derive(Clone, Debug)]
pub(super) struct Content {
    rope: Rope,
}

impl Content {
    pub fn new(text: &str) -> Self {
        Self { rope: Rope::from_str(text) }
    }

    pub fn to_lines(&self) -> Lines {
        let mut bytes = Vec::with_capacity(self.len());
        self.rope.chunks().for_each(|chunk| bytes.extend_from_slice(chunk.as_bytes()));
        Lines::new(bytes)
    }

    /// In bytes.
    pub fn len(&self) -> usize {
        self.rope.len_bytes()
    }

    /// At least 1.
    pub fn lines_len(&self) -> usize {
        self.rope.len_lines()
    }

    pub fn last_line(&self) -> usize {
        self.lines_len() - 1
    }

    /// The first place a cursor may stand: behind a byte order mark, which belongs to the file and
    /// not to its first line.
    pub fn floor(&self) -> usize {
        if self.rope.get_char(0) == Some(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 }
    }

    pub fn line_of(&self, offset: usize) -> usize {
        self.rope.byte_to_line(offset.min(self.len()))
    }

    /// The offset of the line's first byte; the text's end for a line past it.
    pub fn line_offset(&self, line: usize) -> usize {
        self.rope.line_to_byte(line.min(self.lines_len()))
    }

    /// The first place of the line a cursor may stand.
    pub fn line_start(&self, line: usize) -> usize {
        self.line_offset(line).max(self.floor())
    }

    /// The last place of the line a cursor may stand: before its ending.
    pub fn line_end(&self, line: usize) -> usize {
        let next = self.line_offset(line + 1);
        if line >= self.last_line() {
            return self.len();
        }
        let carriage_return = next >= 2 && self.rope.get_byte(next - 2) == Some(b'\r');
        (if carriage_return { next - 2 } else { next - 1 }).max(self.line_offset(line))
    }

    /// The line without its ending; empty for a line past the end.
    pub fn line(&self, line: usize) -> Cow<'_, str> {
        let line = line.min(self.lines_len());
        self.slice(self.line_offset(line)..self.line_end(line)).into()
    }

    /// The lines from `first` on, numbered, without their endings.
    pub fn lines_from(&self, first: usize) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
        let first = first.min(self.lines_len());
        let lines = self.rope.lines_at(first).map(|line| match Cow::from(line) {
            Cow::Borrowed(line) => Cow::Borrowed(without_ending(line)),
            Cow::Owned(line) => Cow::Owned(without_ending(&line).to_owned()),
        });
        (first..).zip(lines)
    }

    pub fn slice(&self, range: Range<usize>) -> RopeSlice<'_> {
        let end = range.end.min(self.len());
        self.rope.byte_slice(range.start.min(end)..end)
    }

    pub fn text(&self, range: Range<usize>) -> String {
        self.slice(range).into()
    }

    /// Both ends must lie between characters.
    pub fn replace(&mut self, range: Range<usize>, with: &str) {
        let start = self.rope.byte_to_char(range.start);
        if !range.is_empty() {
            self.rope.remove(start..self.rope.byte_to_char(range.end));
        }
        self.rope.insert(start, with);
    }

    pub fn chars_at(&self, offset: usize) -> ropey::iter::Chars<'_> {
        self.rope.chars_at(self.rope.byte_to_char(offset))
    }

    /// The end of the grapheme that starts at `offset`.
    pub fn next(&self, offset: usize) -> usize {
        if offset >= self.len() {
            return self.len();
        }
        let mut cursor = GraphemeCursor::new(offset, self.len(), true);
        self.walk(&mut cursor, offset, |cursor, chunk, start| cursor.next_boundary(chunk, start))
            .flatten()
            .unwrap_or(self.len())
    }

    /// The start of the grapheme that ends at `offset`; never before [`Content::floor`].
    pub fn previous(&self, offset: usize) -> usize {
        let floor = self.floor();
        if offset <= floor {
            return floor;
        }
        let mut cursor = GraphemeCursor::new(offset, self.len(), true);
        self.walk(&mut cursor, offset - 1, |cursor, chunk, start| cursor.prev_boundary(chunk, start))
            .flatten()
            .unwrap_or(floor)
            .max(floor)
    }

    /// The last place at or before `offset` where a cursor may stand.
    pub fn snap(&self, offset: usize) -> usize {
        let offset = offset.clamp(self.floor(), self.len());
        let offset = self.rope.char_to_byte(self.rope.byte_to_char(offset));
        if offset == 0 || offset == self.len() {
            return offset;
        }
        let mut cursor = GraphemeCursor::new(offset, self.len(), true);
        let boundary =
            self.walk(&mut cursor, offset, |cursor, chunk, start| cursor.is_boundary(chunk, start));
        if boundary.unwrap_or(true) { offset } else { self.previous(offset) }
    }

    /// The first place at or after `offset` where a cursor may stand.
    pub fn snap_forward(&self, offset: usize) -> usize {
        let before = self.snap(offset);
        if before < offset { self.next(before) } else { before }
    }

    /// Asks a grapheme cursor, feeding it the rope's chunks as it wants them, from the one that
    /// holds `offset`.
    fn walk<T>(
        &self,
        cursor: &mut GraphemeCursor,
        offset: usize,
        ask: impl Fn(&mut GraphemeCursor, &str, usize) -> Result<T, GraphemeIncomplete>,
    ) -> Option<T> {
        let (mut chunk, mut start, ..) = self.rope.chunk_at_byte(offset);
        loop {
            match ask(cursor, chunk, start) {
                Ok(answer) => return Some(answer),
                Err(GraphemeIncomplete::NextChunk) => {
                    (chunk, start, ..) = self.rope.chunk_at_byte(start + chunk.len());
                }
                Err(GraphemeIncomplete::PrevChunk) => {
                    (chunk, start, ..) = self.rope.chunk_at_byte(start.checked_sub(1)?);
                }
                Err(GraphemeIncomplete::PreContext(end)) => {
                    let (context, from, ..) = self.rope.chunk_at_byte(end.checked_sub(1)?);
                    cursor.provide_context(context.get(..end - from)?, from);
                }
                Err(GraphemeIncomplete::InvalidOffset) => return None,
            }
        }
    }

    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        Position { line, column: offset - self.line_offset(line) }
    }

    /// Where `position` is, or the nearest place before it where a cursor may stand.
    pub fn offset(&self, position: Position) -> usize {
        let line = position.line.min(self.last_line());
        let offset = self.line_offset(line).saturating_add(position.column);
        self.snap(offset.min(self.line_end(line)))
    }

    /// The column of the screen, from 0, at which the grapheme at `offset` is drawn when a line is
    /// drawn from its start.
    pub fn display_column(&self, offset: usize, tab: usize) -> usize {
        let start = self.line_offset(self.line_of(offset));
        let before: Cow<'_, str> = self.slice(start..offset).into();
        let (plain, rest) = before.split_at(plain(&before, tab));
        plain.len() + safe::cells(rest, tab).map(|cell| cell.width).sum::<usize>()
    }

    /// The place on `line` that is drawn at or over `column` of the screen; the line's end when it
    /// is shorter.
    pub fn at_display_column(&self, line: usize, column: usize, tab: usize) -> usize {
        let line = line.min(self.last_line());
        let text = self.line(line);
        let plain = plain(&text, tab);
        if column < plain {
            return self.snap(self.line_offset(line) + column);
        }
        let mut right = plain;
        let cell = safe::cells(text.get(plain..).unwrap_or_default(), tab).find(|cell| {
            right += cell.width;
            right > column
        });
        match cell {
            Some(cell) => self.snap(self.line_offset(line) + plain + cell.bytes.start),
            None => self.line_end(line),
        }
    }
}

/// A line without its LF or CR LF.
pub(super) fn without_ending(line: &str) -> &str {
    line.strip_suffix('\n').map_or(line, |text| text.strip_suffix('\r').unwrap_or(text))
}

/// How many bytes at the start of a line are drawn as one column each, up to a tab stop. Most lines
/// are nothing else, and counting bytes is a hundred times cheaper than segmenting.
fn plain(line: &str, tab: usize) -> usize {
    let graphic = line.bytes().take_while(|byte| matches!(byte, b' '..=b'~')).count();
    // What follows the last of them may combine with it.
    let alone = if graphic == line.len() { graphic } else { graphic.saturating_sub(1) };
    alone - alone % tab.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    #[test]
    fn a_grapheme_is_walked_whole() {
        let content = Content::new("e\u{301}🇩🇪🇫🇷\r\n👩‍👩‍👧x");
        let mut places = vec![0];
        while *places.last().unwrap() < content.len() {
            places.push(content.next(*places.last().unwrap()));
        }
        assert_eq!(places, [0, 3, 11, 19, 21, 39, 40]);
        assert_eq!(content.line_end(0), 19);
    }

    #[test]
    fn a_byte_order_mark_is_no_place_to_stand() {
        let content = Content::new("\u{feff}a");
        assert_eq!((content.line_start(0), content.previous(4), content.previous(3)), (3, 3, 3));
        assert_eq!(content.snap(0), 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn walking_agrees_with_segmenting_the_whole(
            parts in proptest::collection::vec(
                prop_oneof![Just("a"), Just("\u{301}"), Just("🇩"), Just("\r"), Just("\n"), Just("👩\u{200d}"), Just("क्"), Just("日"), Just("                              ")],
                0..120,
            )
        ) {
            let text = parts.concat();
            let content = Content::new(&text);
            let wanted: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
            let mut forward = vec![0];
            while *forward.last().unwrap() < text.len() {
                forward.push(content.next(*forward.last().unwrap()));
            }
            prop_assert_eq!(&forward, &wanted);
            let mut back = vec![text.len()];
            while *back.last().unwrap() > 0 {
                back.push(content.previous(*back.last().unwrap()));
            }
            back.reverse();
            prop_assert_eq!(&back, &wanted);
            for offset in 0..=text.len() {
                let before = wanted[wanted.partition_point(|at| *at <= offset) - 1];
                prop_assert_eq!(content.snap(offset), before);
            }
        }

        #[test]
        fn columns_are_those_that_are_drawn(
            parts in proptest::collection::vec(
                prop_oneof![3 => Just("ab"), 1 => Just("\t"), 1 => Just("日"), 1 => Just("\u{301}"), 1 => Just("\u{1b}")], 0..20,
            ),
            tab in 1usize..9,
        ) {
            let text = parts.concat();
            let content = Content::new(&text);
            let mut column = 0;
            for cell in safe::cells(&text, tab) {
                prop_assert_eq!(content.display_column(cell.bytes.start, tab), column);
                for over in column..column + cell.width {
                    prop_assert_eq!(content.at_display_column(0, over, tab), content.snap(cell.bytes.start));
                }
                column += cell.width;
            }
            prop_assert_eq!(content.at_display_column(0, column, tab), text.len());
        }
    }
}
