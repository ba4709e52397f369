//! The lines of a hunk while a person edits them in place.

use ratatui::layout::Rect;

use super::super::app::App;
use super::super::review::Hand;
use super::super::theme::Paint;
use super::draw::{Ink, Pen};
use crate::text::safe;

/// Draws them; returns where the cursor stands.
pub fn draw(app: &App, hand: &Hand, pen: &mut Pen<'_>, area: Rect) -> (u16, u16) {
    let head = Rect { height: 1, ..area };
    pen.fill(head, Paint::Bar);
    let name = safe::line(hand.buffer.path().as_str());
    let column = pen.text(head, 0, Paint::BarKey, " editing the hunk's lines ");
    pen.text_at(head, column, 0, Paint::Bar, &format!(" {name} · Esc takes them"));
    let text = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    let lines = hand.buffer.lines_from(hand.view.top_row);
    let ink =
        Ink { ground: Some(Paint::Added), syntax: &[], layers: &[], tab: app.tab, left: hand.view.left_col };
    for (y, (_, line)) in (0..text.height).zip(lines) {
        pen.text_at(area, 0, y + 1, Paint::Good, "+");
        pen.line(text, y, &line, &ink);
    }
    let cursor = hand.buffer.cursor();
    let x = hand.buffer.display_column(cursor).saturating_sub(hand.view.left_col);
    let y = cursor.line.saturating_sub(hand.view.top_row);
    let (x, y) = (u16::try_from(x).unwrap_or(0), u16::try_from(y).unwrap_or(0));
    (text.x + x.min(text.width.saturating_sub(1)), text.y + y.min(text.height.saturating_sub(1)))
}
