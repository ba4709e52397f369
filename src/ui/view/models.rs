//! The page on which models are chosen, as a picture.

use ratatui::layout::Rect;

use super::super::app::App;
use super::super::models::Models;
use super::super::theme::Paint;
use super::draw::Pen;
use super::overlay::typed_at;
use crate::model::Role;
use crate::text::safe;

/// Draws the roles in a row, and under them what the chosen one can be served by; returns where the
/// cursor stands.
pub fn draw(app: &App, models: &Models, pen: &mut Pen<'_>, body: Rect) -> (u16, u16) {
    let width = body.width.min(84);
    let area = Rect { x: body.x + (body.width - width) / 2, width, ..body };
    pen.clear(area);
    let head = Rect { height: 1, ..area };
    pen.fill(head, Paint::Bar);
    let mut column = 0;
    for role in Role::ALL {
        let (open, close) = if role == models.role() { ("[", "]") } else { (" ", " ") };
        let paint = if role == models.role() { Paint::BarKey } else { Paint::Bar };
        column = pen.text_at(head, column, 0, paint, &format!("{open}{role}{close}"));
    }
    let query = Rect { y: area.y + 1, height: 1.min(area.height.saturating_sub(1)), ..area };
    let from = pen.text(query, 0, Paint::Dim, "model ");
    pen.text_at(query, from, 0, Paint::Text, &safe::line(models.query().text()));
    let looking = if models.is_looking() { "asking the servers… " } else { "" };
    pen.text_right(query, 0, Paint::Dim, looking);
    let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    rows(app, models, pen, list);
    typed_at(query, from, models.query().before())
}

fn rows(app: &App, models: &Models, pen: &mut Pen<'_>, list: Rect) {
    let configured = app.facts.models(models.role());
    let all = models.rows(configured);
    if all.is_empty() {
        let empty =
            if models.is_looking() { "" } else { "no model: add one under `[roles]` (`rein config path`)" };
        pen.text(list, 0, Paint::Dim, empty);
    }
    let height = usize::from(list.height).max(1);
    let top = (models.chosen() + 1).saturating_sub(height);
    for (y, (at, model)) in (0..list.height).zip(all.iter().enumerate().skip(top)) {
        let chosen = at == models.chosen();
        pen.text(list, y, Paint::Prompt, if chosen { "❯ " } else { "  " });
        let paint = if chosen { Paint::Title } else { Paint::Text };
        let end = pen.text_at(list, 2, y, paint, &safe::line(&model.to_string()));
        let place = configured.iter().position(|known| known == *model);
        let note = match place {
            Some(0) => "  asked first".to_owned(),
            Some(place) => format!("  number {} on the list", place + 1),
            None => String::new(),
        };
        pen.text_at(list, end, y, Paint::Dim, &note);
    }
}
