//! The pen: cells onto the screen. The one place where a string becomes cells.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::theme::{Paint, Theme};
use crate::text::highlight::Class;
use crate::text::safe::{self, Cell};

pub struct Pen<'a> {
    screen: &'a mut Buffer,
    theme: Theme,
}

/// How a line of foreign text is drawn.
pub struct Ink<'a> {
    /// Under everything, to the end of the row.
    pub ground: Option<Paint>,
    /// Syntax classes of byte ranges, ordered and disjoint.
    pub syntax: &'a [(Range<usize>, Class)],
    /// Byte ranges with their paints, each layer ordered and disjoint; later ones over earlier ones.
    pub layers: &'a [&'a [(Range<usize>, Paint)]],
    pub tab: usize,
    /// Columns that are scrolled out of sight.
    pub left: usize,
}

impl<'a> Pen<'a> {
    pub fn new(screen: &'a mut Buffer, theme: Theme) -> Self {
        Self { screen, theme }
    }

    fn style(&self, paint: Paint) -> Style {
        self.theme.style(paint)
    }

    /// Paints a whole area.
    pub fn fill(&mut self, area: Rect, paint: Paint) {
        let style = self.style(paint);
        self.screen.set_style(area, style);
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.screen.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// One row of our own words, cut at the end of the area. Returns the column after the last.
    pub fn text(&mut self, area: Rect, row: u16, paint: Paint, text: &str) -> u16 {
        self.text_at(area, 0, row, paint, text)
    }

    /// The same from a column on. The text is printable: ours, or made so by `text::safe`.
    pub fn text_at(&mut self, area: Rect, column: u16, row: u16, paint: Paint, text: &str) -> u16 {
        if row >= area.height || column >= area.width {
            return column;
        }
        let (x, y) = (area.x + column, area.y + row);
        let room = usize::from(area.width - column);
        let style = self.style(paint);
        if safe::width(text) <= room {
            let (end, _) = self.screen.set_stringn(x, y, text, room, style);
            return end - area.x;
        }
        // What is cut says so.
        let (end, _) = self.screen.set_stringn(x, y, text, room - 1, style);
        self.screen.set_stringn(end, y, "…", 1, style);
        area.width
    }

    /// A row of words whose end is the area's end.
    pub fn text_right(&mut self, area: Rect, row: u16, paint: Paint, text: &str) {
        let width = u16::try_from(safe::width(text)).unwrap_or(u16::MAX);
        if width <= area.width {
            self.text_at(area, area.width - width, row, paint, text);
        }
    }

    /// One row of foreign text. Returns the column after its last cell.
    pub fn line(&mut self, area: Rect, row: u16, text: &str, ink: &Ink<'_>) -> u16 {
        if row >= area.height {
            return 0;
        }
        if let Some(ground) = ink.ground {
            self.fill(Rect { y: area.y + row, height: 1, ..area }, ground);
        }
        let mut column = 0usize;
        let end = ink.left + usize::from(area.width);
        for cell in safe::cells(text, ink.tab) {
            let at = column;
            column += cell.width;
            if at >= end {
                // What is cut says so: what cannot be seen must not look like the end.
                self.text_at(area, area.width.saturating_sub(1), row, Paint::Mark, "…");
                break;
            }
            if column > ink.left {
                self.cell(area, row, at, &cell, ink);
            }
        }
        u16::try_from(column.saturating_sub(ink.left)).unwrap_or(u16::MAX).min(area.width)
    }

    fn cell(&mut self, area: Rect, row: u16, at: usize, cell: &Cell<'_>, ink: &Ink<'_>) {
        let mut style = ink.ground.map(|paint| self.style(paint)).unwrap_or_default();
        if let Some(class) = at_byte(ink.syntax, cell.bytes.start) {
            style = style.patch(self.style(Paint::Syntax(*class)));
        }
        for layer in ink.layers {
            if let Some(paint) = at_byte(layer, cell.bytes.start) {
                style = style.patch(self.style(*paint));
            }
        }
        if cell.mark {
            style = style.patch(self.style(Paint::Mark));
        }
        let y = area.y + row;
        let cut = at < ink.left || at - ink.left + cell.width > usize::from(area.width);
        if cut {
            // A wide cell that is half out of sight leaves a blank.
            let x = at.max(ink.left) - ink.left;
            if let Ok(x) = u16::try_from(x)
                && x < area.width
            {
                self.screen.set_stringn(area.x + x, y, " ", 1, style);
            }
            return;
        }
        if let Ok(x) = u16::try_from(at - ink.left) {
            self.screen.set_stringn(area.x + x, y, &*cell.shown, cell.width, style);
        }
    }
}

/// What an ordered list of disjoint ranges says of a byte. A line may have a hundred thousand.
fn at_byte<T>(ranges: &[(Range<usize>, T)], byte: usize) -> Option<&T> {
    let after = ranges.partition_point(|(range, _)| range.start <= byte);
    let (range, value) = ranges.get(after.checked_sub(1)?)?;
    range.contains(&byte).then_some(value)
}
