//! The list of hunks beside the text.

use ratatui::layout::Rect;

use super::super::app::App;
use super::super::theme::Paint;
use super::draw::Pen;
use super::sheet::{place, size};
use crate::change::{Hunk, Review, Standing, Verdict};
use crate::text::safe;

/// Draws the files and hunks of the turn, the one under review in sight.
pub fn list(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let Some(turn) = app.session.turn() else { return };
    let mut rows: Vec<(Paint, String, bool)> = Vec::new();
    let mut file = None;
    for hunk in turn.review().hunks() {
        if file != Some(&hunk.path) {
            file = Some(&hunk.path);
            rows.push((Paint::Title, safe::line(hunk.path.as_str()), false));
        }
        rows.push((paint(hunk), row(app, turn.review(), hunk), app.review.at == Some(hunk.id)));
    }
    let here = rows.iter().position(|(.., here)| *here).unwrap_or(0);
    let height = usize::from(area.height);
    let top = here.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    for (y, (paint, text, here)) in (0..area.height).zip(rows.iter().skip(top)) {
        pen.text(area, y, Paint::Gutter, "│");
        if *here {
            pen.text_at(area, 1, y, Paint::Prompt, "▌");
        }
        pen.text_at(area, 2, y, *paint, text);
    }
    for y in u16::try_from(rows.len().saturating_sub(top)).unwrap_or(area.height)..area.height {
        pen.text(area, y, Paint::Gutter, "│");
    }
}

pub fn paint(hunk: &Hunk) -> Paint {
    match (hunk.verdict, &hunk.standing) {
        (_, Standing::Conflict) => Paint::Warn,
        (Verdict::Accepted, _) => Paint::Good,
        (Verdict::Rejected, _) => Paint::Dim,
        (Verdict::Undecided, _) => Paint::Text,
    }
}

/// `✓ 12-14  +3 -1`, and what is to be minded.
pub fn row(app: &App, review: &Review, hunk: &Hunk) -> String {
    let mind = match &app.review {
        reviewing if reviewing.marks.breaks(hunk.id) => "  ⚠ no parse",
        reviewing if reviewing.marks.is_lost(hunk.id) => "  ⚠ changed",
        reviewing => match reviewing.reading.as_ref().map_or(&[][..], |reading| reading.risks(hunk.id)) {
            [] => "",
            _ => "  ⚠",
        },
    };
    format!(" {} {:<9} {}{mind}", sign(hunk), place(hunk), size(review, hunk))
}

/// A verdict as one character that needs no colour.
pub fn sign(hunk: &Hunk) -> char {
    match (hunk.verdict, &hunk.standing) {
        (_, Standing::Conflict) => '!',
        (Verdict::Accepted, _) => '✓',
        (Verdict::Rejected, _) => '✗',
        (Verdict::Undecided, _) => '·',
    }
}
