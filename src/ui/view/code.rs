//! The text with its pending hunks in place.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::layout::Rect;

use super::super::app::{App, Focus};
use super::super::open_file::OpenFile;
use super::super::theme::Paint;
use super::draw::{Ink, Pen};
use crate::change::{HunkId, Verdict};
use crate::editor::{Position, Row};
use crate::text::{Span, safe};

type Layer = Vec<(Range<usize>, Paint)>;

/// Columns before the text: a bar for the hunk under review, the line number, a sign, a blank.
pub fn gutter_width(lines: usize) -> usize {
    lines.max(1).ilog10() as usize + 1 + 4
}

/// Draws the current file; returns where the cursor stands, if it is in sight.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let Some(file) = app.file() else {
        nothing_open(app, pen, area);
        return None;
    };
    let mut painter = Painter { app, file, pen, area, cursor: None };
    painter.rows();
    painter.cursor
}

fn nothing_open(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let lines = [
        (Paint::Title, app.facts.workspace.as_str()),
        (Paint::Dim, ""),
        (Paint::Dim, "Ctrl-P  open a file"),
        (Paint::Dim, "Alt-I   ask for a change anywhere in it"),
        (Paint::Dim, "F1      all keys"),
    ];
    let top = area.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(0)) / 2;
    for (row, (paint, text)) in (top..).zip(lines) {
        pen.text_at(area, 2, row, paint, &safe::line(text));
    }
}

struct Painter<'a, 'b, 'c> {
    app: &'a App,
    file: &'a OpenFile,
    pen: &'b mut Pen<'c>,
    area: Rect,
    cursor: Option<(u16, u16)>,
}

impl Painter<'_, '_, '_> {
    fn rows(&mut self) {
        let rows = self.file.placed.rows(self.file.viewport.rows());
        let mut y = 0;
        for row in rows {
            if y >= self.area.height {
                break;
            }
            y += match row {
                Row::Text { line } => self.text_row(y, line, None),
                Row::Removed { line, hunk, verdict } => self.text_row(y, line, Some((hunk, verdict))),
                Row::Added { hunk, index, verdict } => self.added_row(y, hunk, index, verdict),
            };
        }
        if self.file.buffer.lines_len() == 1 && self.file.buffer.line(0).is_empty() && y <= 1 {
            self.pen.text_at(self.text_area(), 0, 1, Paint::Dim, "(empty)");
        }
    }

    fn text_area(&self) -> Rect {
        let gutter =
            u16::try_from(gutter_width(self.file.buffer.lines_len())).unwrap_or(8).min(self.area.width);
        Rect { x: self.area.x + gutter, width: self.area.width - gutter, ..self.area }
    }

    /// A line of the buffer. Returns how many rows it took: ghost text adds some.
    fn text_row(&mut self, y: u16, line: usize, removed: Option<(HunkId, Verdict)>) -> u16 {
        let text = self.file.buffer.line(line);
        let here = self.file.buffer.cursor().line == line;
        self.gutter(y, Some(line), removed.map(|(hunk, verdict)| (hunk, '-', verdict)), here);
        let words = removed.map_or_else(Layer::new, |(hunk, _)| self.removed_words(hunk, line));
        let marks = self.marks(line, &text);
        let wrong = self.wrong(line, &text);
        let ink = Ink {
            ground: removed.map(|_| Paint::Removed),
            syntax: self.file.colours.of(line, text.len()),
            layers: &[&words, &wrong, &marks],
            tab: self.file.buffer.tab_width(),
            left: self.file.viewport.left_col,
        };
        let area = self.text_area();
        self.pen.line(area, y, &text, &ink);
        if !here {
            return 1;
        }
        self.place_cursor(y);
        self.ghost(y, &text)
    }

    fn added_row(&mut self, y: u16, hunk: HunkId, index: usize, verdict: Verdict) -> u16 {
        self.gutter(y, None, Some((hunk, '+', verdict)), false);
        let bytes = self.file.placed.added(hunk, index).unwrap_or_default();
        let text: Cow<'_, str> = match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => safe::bytes(bytes).into(),
        };
        let words: Layer = self
            .file
            .words(hunk)
            .and_then(|words| words.added.get(index))
            .map(|ranges| ranges.iter().map(|range| (range.clone(), Paint::AddedWord)).collect())
            .unwrap_or_default();
        let ink = Ink {
            ground: Some(Paint::Added),
            syntax: &[],
            layers: &[&words],
            tab: self.file.buffer.tab_width(),
            left: self.file.viewport.left_col,
        };
        let area = self.text_area();
        self.pen.line(area, y, &text, &ink);
        1
    }

    fn gutter(&mut self, y: u16, line: Option<usize>, hunk: Option<(HunkId, char, Verdict)>, here: bool) {
        let width = gutter_width(self.file.buffer.lines_len());
        let reviewed = hunk.is_some_and(|(id, ..)| self.app.review.at == Some(id));
        if reviewed && self.app.focus == Focus::Review {
            self.pen.text(self.area, y, Paint::Prompt, "▌");
        }
        let number = line.map_or(String::new(), |line| (line + 1).to_string());
        let paint = if here { Paint::GutterHere } else { Paint::Gutter };
        self.pen.text_at(self.area, 1, y, paint, &format!("{number:>w$}", w = width - 4));
        let worst =
            line.and_then(|line| self.file.marks.on_line(line).iter().min_by_key(|mark| mark.severity));
        if let Some(mark) = worst {
            // Beside the sign of a hunk, where one is.
            let column = if hunk.is_some() { 0 } else { u16::try_from(width - 2).unwrap_or(0) };
            self.pen.text_at(self.area, column, y, mark.paint(), mark.sign());
        }
        if let Some((_, sign, verdict)) = hunk {
            let column = u16::try_from(width - 2).unwrap_or(0);
            let paint = if sign == '+' { Paint::Good } else { Paint::Bad };
            let shown = if verdict == Verdict::Accepted && sign == '+' { '✓' } else { sign };
            self.pen.text_at(self.area, column, y, paint, &shown.to_string());
        }
    }

    fn removed_words(&self, hunk: HunkId, line: usize) -> Layer {
        let first = self.file.placed.span(hunk).map_or(line, Span::start);
        let words = self.file.words(hunk).and_then(|words| words.removed.get(line.saturating_sub(first)));
        words
            .map(|ranges| ranges.iter().map(|r| (r.clone(), Paint::RemovedWord)).collect())
            .unwrap_or_default()
    }

    /// What is wrong in the line: the worst first, and nothing twice.
    fn wrong(&self, line: usize, text: &str) -> Layer {
        let mut layer = Layer::new();
        for mark in self.file.marks.on_line(line) {
            let range = mark.range_in(text);
            let free = layer.iter().all(|(taken, _)| range.end <= taken.start || taken.end <= range.start);
            layer.extend(mark.underline().filter(|_| free).map(|paint| (range, paint)));
        }
        layer.sort_by_key(|(range, _)| range.start);
        layer
    }

    /// Selection and search matches.
    fn marks(&self, line: usize, text: &str) -> Layer {
        let mut marks = Layer::new();
        if let Some((start, end)) = self.file.buffer.selection()
            && (start.line..=end.line).contains(&line)
        {
            let from = if line == start.line { start.column } else { 0 };
            let to = if line == end.line { end.column } else { text.len() };
            marks.push((from..to, Paint::Selection));
        }
        if let Some(search) = &self.app.search
            && matches!(self.app.overlay, Some(super::super::app::Overlay::Find(_)))
        {
            let found = search.within(&self.file.buffer, Span::new(line, line + 1));
            marks.extend(found.iter().map(|found| (found.start.column..found.end.column, Paint::Match)));
        }
        marks
    }

    fn place_cursor(&mut self, y: u16) {
        let column = self.file.buffer.display_column(self.file.buffer.cursor());
        let area = self.text_area();
        let x = column.checked_sub(self.file.viewport.left_col).and_then(|x| u16::try_from(x).ok());
        if let Some(x) = x.filter(|x| *x < area.width) {
            self.cursor = Some((area.x + x, area.y + y));
        }
    }

    /// Ghost text: the rest of its first line behind the cursor, its other lines in rows of their own.
    fn ghost(&mut self, y: u16, line: &str) -> u16 {
        let ghost = self.app.ghosting.ghost.as_ref().filter(|ghost| ghost.is_fresh(&self.file.buffer));
        let (Some(ghost), Some((x, _))) = (ghost, self.cursor) else { return 1 };
        let area = self.text_area();
        let behind = Rect { x, width: area.right().saturating_sub(x), ..area };
        let mut parts = ghost.text().split('\n');
        let first = parts.next().unwrap_or_default();
        let column = self.pen.text(behind, y, Paint::Ghost, &safe::line(first));
        let cursor: Position = self.file.buffer.cursor();
        let rest = line.get(cursor.column..).unwrap_or_default();
        self.pen.text_at(behind, column, y, Paint::Text, &safe::line(rest));
        let mut rows = 1;
        for part in parts {
            self.pen.text(area, y + rows, Paint::Ghost, &safe::line(part));
            rows += 1;
        }
        rows
    }
}
