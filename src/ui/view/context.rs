//! The panel of requests, the names on offer and the question of consent, as pictures.

use ratatui::layout::Rect;

use super::super::app::{App, Overlay};
use super::super::context::{Consent, ContextPage, Menu, View};
use super::super::page::fold;
use super::super::theme::Paint;
use super::draw::Pen;
use super::overlay::typed_at;
use crate::text::safe;

/// Draws the panel; returns where the cursor stands while something is added.
pub fn draw(page: &ContextPage, pen: &mut Pen<'_>, body: Rect) -> Option<(u16, u16)> {
    pen.clear(body);
    let head = Rect { height: 1, ..body };
    pen.fill(head, Paint::Bar);
    let mut column = pen.text(head, 0, Paint::BarKey, " what the model sees ");
    for (view, name) in [(View::Next, "next"), (View::Sent, "sent")] {
        let on = page.view() == view;
        let (open, close) = if on { ("[", "]") } else { (" ", " ") };
        let paint = if on { Paint::BarKey } else { Paint::Bar };
        column = pen.text_at(head, column, 0, paint, &format!("{open}{name}{close}"));
    }
    pen.text_at(head, column, 0, Paint::Bar, &format!(" {}", page.title()));
    let (top, all) = page.place();
    let list = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    let list =
        if page.adding().is_some() { Rect { height: list.height.saturating_sub(1), ..list } } else { list };
    let last = (top + usize::from(list.height)).min(all);
    if all > usize::from(list.height) {
        pen.text_right(head, 0, Paint::Bar, &format!(" {}-{last} of {all} ", top + 1));
    }
    for (y, row) in (0..list.height).zip(page.seen()) {
        if row.heads && row.item == Some(page.chosen()) {
            pen.text(list, y, Paint::Prompt, "❯ ");
        }
        let chosen = row.heads && row.item == Some(page.chosen());
        let paint = if chosen && row.paint == Paint::Text { Paint::Title } else { row.paint };
        pen.text_at(list, 2, y, paint, &row.text);
    }
    let line = page.adding()?;
    let row = Rect { y: body.bottom().saturating_sub(1), height: 1, ..body };
    pen.clear(row);
    pen.fill(row, Paint::Bar);
    let from = pen.text(row, 0, Paint::BarKey, " add @");
    pen.text_at(row, from, 0, Paint::Bar, &safe::line(line.text()));
    if line.is_empty() {
        pen.text_at(row, from, 0, Paint::Bar, "  a file, FILE:A-B, a symbol, diff, diagnostics, https://…");
    }
    Some(typed_at(row, from, line.before()))
}

/// On which side of the line that is typed its names are.
enum Side {
    /// Right above this row.
    Above(u16),
    /// Right under this one.
    Under(u16),
}

/// Draws the names on offer beside the line.
fn menu(menu: &Menu, pen: &mut Pen<'_>, within: Rect, side: &Side) {
    let names: Vec<&str> = menu.names().collect();
    let room = match side {
        Side::Above(row) => row.saturating_sub(within.y),
        Side::Under(row) => within.bottom().saturating_sub(row + 1),
    };
    let rows = u16::try_from(names.len()).unwrap_or(0).min(room);
    let y = match side {
        Side::Above(row) => row.saturating_sub(rows),
        Side::Under(row) => row + 1,
    };
    let widest = names.iter().map(|name| safe::width(&safe::line(name))).max().unwrap_or(0);
    let width =
        u16::try_from(widest + 4).unwrap_or(within.width).clamp(12, within.width.max(12)).min(within.width);
    let area = Rect { y, height: rows, width, ..within };
    // Over a page, half a row that looks out from behind the names would read as one of them.
    pen.clear(if matches!(side, Side::Under(_)) {
        Rect { x: 0, width: within.right(), ..area }
    } else {
        area
    });
    // The chosen one stays in sight.
    let top = (menu.chosen + 1).saturating_sub(usize::from(rows));
    for (y, (at, name)) in (0..rows).zip(names.iter().enumerate().skip(top)) {
        let row = Rect { y: area.y + y, height: 1, ..area };
        pen.fill(row, Paint::Bar);
        let (mark, paint) = if at == menu.chosen { ("❯ ", Paint::BarKey) } else { ("  ", Paint::Bar) };
        let column = pen.text(row, 0, paint, mark);
        pen.text_at(row, column, 0, paint, &safe::line(name));
    }
}

/// Draws the question.
pub fn consent(consent: &Consent, pen: &mut Pen<'_>, body: Rect) {
    let width = body.width.min(76);
    let lines: Vec<String> =
        consent.words().iter().flat_map(|line| fold(line, usize::from(width.saturating_sub(4)))).collect();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2).min(body.height);
    let area =
        Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height };
    pen.clear(area);
    let head = Rect { height: 1, ..area };
    pen.fill(head, Paint::Bar);
    pen.text(head, 0, Paint::BarKey, " fetch? ");
    let text = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: height.saturating_sub(1),
    };
    for (y, line) in (0..text.height).zip(&lines) {
        pen.text(text, y, Paint::Text, line);
    }
}

/// Draws the names on offer, if any are, where they belong.
pub fn offers(app: &App, pen: &mut Pen<'_>, body: Rect, prompt: Rect) {
    if !app.offers_names() {
        return;
    }
    let Some(names) = &app.panelling.menu else { return };
    let side = match app.overlay {
        Some(Overlay::Ask(_)) => Side::Under(body.y),
        Some(_) => Side::Above(body.bottom().saturating_sub(1)),
        None => Side::Above(prompt.y),
    };
    menu(names, pen, Rect { x: body.x + 2, width: body.width.saturating_sub(2), ..body }, &side);
}
