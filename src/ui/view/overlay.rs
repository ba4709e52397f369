//! What lies over the text: the picker, the find line, pages.

use ratatui::layout::Rect;

use super::super::app::{App, Overlay};
use super::super::page::Page;
use super::super::picker::Picker;
use super::super::theme::Paint;
use super::draw::{Ink, Pen};
use super::{ask, context, models};
use crate::text::safe;

/// Draws an overlay; returns where its cursor stands.
pub fn draw(app: &App, overlay: &Overlay, pen: &mut Pen<'_>, body: Rect) -> Option<(u16, u16)> {
    match overlay {
        Overlay::Picker(picker) => Some(draw_picker(app, picker, pen, body)),
        Overlay::Find(query) => {
            let row = Rect { y: body.bottom().saturating_sub(1), height: 1, ..body };
            pen.clear(row);
            pen.fill(row, Paint::Bar);
            let column = pen.text(row, 0, Paint::BarKey, " find ");
            pen.text_at(row, column, 0, Paint::Bar, &safe::line(query.text()));
            pen.text_right(row, 0, Paint::Bar, &found(app));
            Some(typed_at(row, 6, query.before()))
        }
        Overlay::Models(page) => Some(models::draw(app, page, pen, body)),
        Overlay::Ask(page) => Some(ask::draw(app, page, pen, body)),
        Overlay::Line(wish, line) => {
            let row = Rect { y: body.bottom().saturating_sub(1), height: 1, ..body };
            pen.clear(row);
            pen.fill(row, Paint::Bar);
            let column = pen.text(row, 0, Paint::BarKey, wish.title());
            let ink = Ink { ground: Some(Paint::Bar), syntax: &[], layers: &[], tab: 4, left: 0 };
            let room = Rect { x: row.x + column, width: row.width.saturating_sub(column), ..row };
            let before = safe::width(&safe::line(line.before()));
            let left = (before + 1).saturating_sub(usize::from(room.width));
            pen.line(room, 0, line.text(), &Ink { left, ..ink });
            Some((room.x + u16::try_from(before - left).unwrap_or(0), room.y))
        }
        Overlay::Context(page) => context::draw(page, pen, body),
        Overlay::Consent(asked) => {
            context::consent(asked, pen, body);
            None
        }
        Overlay::Page(page) => {
            draw_page(page, pen, body);
            None
        }
    }
}

/// Which match of how many is selected.
fn found(app: &App) -> String {
    let more = if app.matches.capped { "+" } else { "" };
    match (&app.search, app.matches.current) {
        (None, _) => String::new(),
        (Some(_), Some(current)) => format!(" {current} of {}{more} ", app.matches.total),
        (Some(_), None) => format!(" {}{more} matches ", app.matches.total),
    }
}

pub(super) fn typed_at(row: Rect, from: u16, before: &str) -> (u16, u16) {
    let width = u16::try_from(safe::width(&safe::line(before))).unwrap_or(u16::MAX);
    (row.x + from.saturating_add(width).min(row.width.saturating_sub(1)), row.y)
}

fn draw_picker(app: &App, picker: &Picker, pen: &mut Pen<'_>, body: Rect) -> (u16, u16) {
    let width = body.width.min(84);
    let area = Rect { x: body.x + (body.width - width) / 2, width, ..body };
    pen.clear(area);
    let head = Rect { height: 1, ..area };
    pen.fill(head, Paint::Bar);
    pen.text(head, 0, Paint::BarKey, " open ");
    pen.text_at(head, 6, 0, Paint::Bar, &safe::line(picker.query.text()));
    let files = app.listing.as_deref().unwrap_or_default();
    let count = match app.listing {
        None => " listing… ".to_owned(),
        Some(_) => format!(" {} of {} · :LINE goes to a line ", picker.total, files.len()),
    };
    pen.text_right(head, 0, Paint::Bar, &count);
    let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let rows = usize::from(list.height).max(1);
    let top = (picker.chosen + 1).saturating_sub(rows);
    for (y, (at, path)) in (0..list.height).zip(picker.matches(files).enumerate().skip(top)) {
        let chosen = at == picker.chosen;
        let mark = if chosen { "❯ " } else { "  " };
        pen.text(list, y, Paint::Prompt, mark);
        pen.text_at(list, 2, y, if chosen { Paint::Title } else { Paint::Text }, &safe::line(path.as_str()));
    }
    typed_at(head, 6, picker.query.before())
}

fn draw_page(page: &Page, pen: &mut Pen<'_>, body: Rect) {
    pen.clear(body);
    let head = Rect { height: 1, ..body };
    pen.fill(head, Paint::Bar);
    pen.text(head, 0, Paint::BarKey, &format!(" {} ", page.title));
    let area = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
    let shown = page.rows().iter().enumerate().skip(page.top);
    let chosen = page.chosen_rows();
    for (y, (at, (paint, line))) in (0..area.height).zip(shown) {
        if at == chosen.start && !chosen.is_empty() {
            pen.text(area, y, Paint::Prompt, "❯");
        }
        pen.text_at(area, 1, y, *paint, line);
    }
    let last = (page.top + usize::from(area.height)).min(page.rows().len());
    let place = format!(" {}-{last} of {} · q closes ", page.top + 1, page.rows().len());
    pen.text_right(head, 0, Paint::Bar, &place);
}
