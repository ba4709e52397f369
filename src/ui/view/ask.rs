//! The page of a question, as a picture.

use ratatui::layout::Rect;

use super::super::app::App;
use super::super::ask::AskPage;
use super::super::theme::Paint;
use super::draw::Pen;
use super::overlay::typed_at;
use crate::session::Depth;
use crate::text::safe;

/// What the line says before anything is typed: for the first question, and for the next.
const EMPTY: &str = "a question about the project; @ names a file, a symbol, the diff";
const AGAIN: &str = "another question, with names after @; Enter opens a source";

/// Draws the line and the answer under it; returns where the cursor stands.
pub fn draw(app: &App, page: &AskPage, pen: &mut Pen<'_>, body: Rect) -> (u16, u16) {
    pen.clear(body);
    let head = Rect { height: 1, ..body };
    pen.fill(head, Paint::Bar);
    let from = pen.text(head, 0, Paint::BarKey, " ask ");
    let question = &app.asking.question;
    // A long question is shown where the cursor is.
    let room = usize::from(head.width.saturating_sub(from + 1));
    let before = safe::line(question.before());
    let cut = safe::width(&before).saturating_sub(room);
    let shown = skip(&safe::line(question.text()), cut);
    let typed = match (question.is_empty(), app.session.inquiry()) {
        (true, None) => EMPTY,
        (true, Some(_)) => AGAIN,
        (false, _) => &shown,
    };
    pen.text_at(head, from, 0, Paint::Bar, typed);
    slider(app, pen, Rect { y: body.y + 1, height: 1, ..body });
    let list = Rect { y: body.y + 2, height: body.height.saturating_sub(2), ..body };
    for (y, row) in (0..list.height).zip(page.seen()) {
        let mark = if row.source == Some(page.chosen()) { "❯ " } else { "  " };
        pen.text(list, y, Paint::Prompt, mark);
        pen.text_at(list, 2, y, row.paint, &row.text);
    }
    typed_at(head, from, &skip(&before, cut))
}

/// How far the next question goes, in words, and whether it goes on from the last answer.
fn slider(app: &App, pen: &mut Pen<'_>, row: Rect) {
    let mut column = 1;
    for depth in Depth::ALL {
        let (paint, shown) = match depth == app.asking.depth {
            true => (Paint::Prompt, format!("[{depth}]")),
            false => (Paint::Dim, format!(" {depth} ")),
        };
        column = pen.text_at(row, column, 0, paint, &shown);
    }
    let does = app.asking.depth.does();
    let on = "goes on from the answer; Alt-N: anew";
    let wordings = match app.asks_on() {
        true => vec![format!("  {does} · {on}"), format!("  {on}")],
        false => vec![format!("  {does}")],
    };
    let room = usize::from(row.width.saturating_sub(column));
    if let Some(words) = wordings.iter().find(|words| safe::width(words) <= room) {
        pen.text_at(row, column, 0, Paint::Dim, words);
    }
}

/// A printable text without its first columns.
fn skip(text: &str, columns: usize) -> String {
    let mut left = columns;
    let cells = safe::cells(text, 4).skip_while(|cell| {
        let skipped = left > 0;
        left = left.saturating_sub(cell.width);
        skipped
    });
    cells.map(|cell| cell.shown.into_owned()).collect()
}
