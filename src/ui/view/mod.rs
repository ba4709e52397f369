//! Pictures of the state. Nothing here changes anything, computes a difference or reads a clock;
//! every foreign text goes through `text::safe` on its way to a cell.

mod ask;
mod bars;
mod code;
mod context;
mod draw;
mod hand;
mod hunks;
mod layout;
mod meter;
mod models;
mod overlay;
mod sheet;
mod tree;

use ratatui::Frame;

use super::app::{App, Focus};
use super::theme::Paint;
pub(super) use code::gutter_width;
use draw::Pen;
pub(super) use layout::Layout;

/// Smallest terminal that anything can be decided in.
const SMALLEST: (u16, u16) = (24, 6);

/// Is a terminal of so many columns and rows large enough to decide anything in?
pub fn fits((width, height): (u16, u16)) -> bool {
    width >= SMALLEST.0 && height >= SMALLEST.1
}

/// Draws the whole screen.
pub fn view(app: &App, frame: &mut Frame) {
    let area = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), app.theme);
    if !fits((area.width, area.height)) {
        pen.text(area, 0, Paint::Text, "too small");
        if area.height > 1 {
            pen.text(area, 1, Paint::Dim, "nothing is lost");
        }
        return;
    }
    let layout = Layout::of(app, area);
    bars::title(app, &mut pen, layout.title);
    if let (Some(area), Some(row)) = (layout.guide, app.guide.as_ref().and_then(super::guide::Guide::row)) {
        for (y, row) in (0..area.height).zip(super::page::fold(&row, usize::from(area.width))) {
            pen.text(area, y, Paint::Prompt, &row);
        }
    }
    let reviewing = app.focus == Focus::Review;
    let in_text = match reviewing {
        true => sheet::draw(app, &mut pen, layout.code),
        false => code::draw(app, &mut pen, layout.code),
    };
    match layout.list {
        Some(list) if reviewing => tree::draw(app, &mut pen, list),
        Some(list) => hunks::list(app, &mut pen, list),
        None => {}
    }
    if let Some(turn) = layout.turn {
        bars::turn(app, &mut pen, turn);
    }
    if let Some(slider) = layout.slider {
        bars::slider(app, &mut pen, slider);
    }
    let in_prompt = bars::prompt(app, &mut pen, layout.prompt);
    bars::footer(app, &mut pen, layout.footer);
    let over = app.overlay.as_ref().map(|over| overlay::draw(app, over, &mut pen, layout.body));
    context::offers(app, &mut pen, layout.body, layout.prompt);
    let cursor = match (over, app.focus) {
        (Some(over), _) => over,
        (None, Focus::Prompt) => in_prompt,
        (None, Focus::Editor) => in_text,
        (None, Focus::Review) => in_text,
    };
    if let Some(at) = cursor {
        frame.set_cursor_position(at);
    }
}
