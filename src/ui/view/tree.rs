//! Beside the review: its files with how far each is decided, and the map of the whole at the edge.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use super::super::app::App;
use super::super::review::FileRow;
use super::super::theme::Paint;
use super::draw::Pen;
use super::hunks;
use crate::change::{Hunk, HunkId, Review, Standing, Verdict};
use crate::text::safe;

/// `14 to read  2/3 ✓1 ✗1`
pub fn progress(file: &FileRow) -> String {
    let unread = if file.unread > 0 { format!("{} to read  ", file.unread) } else { String::new() };
    format!("{unread}{}", decided(file))
}

/// `2/3 ✓1 ✗1`
fn decided(file: &FileRow) -> String {
    let mut words = format!("{}/{}", file.accepted + file.rejected, file.hunks);
    for (sign, count) in [('✓', file.accepted), ('✗', file.rejected)] {
        if count > 0 {
            words.push_str(&format!(" {sign}{count}"));
        }
    }
    words
}

/// The end of a printable name, which tells more than its beginning, in at most `room` columns.
pub fn tail(name: &str, room: usize) -> String {
    let surplus = safe::width(name).saturating_sub(room);
    if surplus == 0 {
        return name.to_owned();
    }
    let mut gone = 0;
    let rest = safe::cells(name, 4).skip_while(|cell| {
        let skip = gone < surplus + 1;
        gone += cell.width;
        skip
    });
    let rest: String = rest.map(|cell| cell.shown.into_owned()).collect();
    format!("…{rest}")
}

/// The files of the review and how far each is decided; of the one under review, its hunks.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let Some(review) = app.session.turn().map(|turn| turn.review()) else { return };
    let sheet = &app.review.sheet;
    let here = app.review.at.and_then(|at| review.hunk(at));
    let room = usize::from(area.width).saturating_sub(3);
    let mut rows: Vec<(Paint, String, bool)> = Vec::new();
    let mut at = 0;
    for (index, file) in sheet.files().iter().enumerate() {
        let paint = match file.accepted + file.rejected == file.hunks {
            true if file.accepted > 0 => Paint::Good,
            true => Paint::Dim,
            false => Paint::Title,
        };
        let open =
            here.is_some_and(|hunk| hunk.path == file.path && sheet.run(index).any(|id| id == hunk.id));
        let progress = decided(file);
        let name = tail(&safe::line(file.path.as_str()), room.saturating_sub(safe::width(&progress) + 1));
        let gap = room.saturating_sub(safe::width(&name) + safe::width(&progress));
        rows.push((paint, format!("{name}{}{progress}", " ".repeat(gap)), false));
        if !open {
            continue;
        }
        for hunk in sheet.run(index).filter_map(|id| review.hunk_at(sheet.index(id)?)) {
            let mine = here.is_some_and(|here| here.id == hunk.id);
            if mine {
                at = rows.len();
            }
            rows.push((hunks::paint(hunk), hunks::row(app, review, hunk), mine));
        }
    }
    let height = usize::from(area.height);
    let top = at.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    for y in 0..area.height {
        pen.text(area, y, Paint::Gutter, "│");
        let Some((paint, text, mine)) = rows.get(top + usize::from(y)) else { continue };
        if *mine {
            pen.text_at(area, 1, y, Paint::Prompt, "▌");
        }
        pen.text_at(area, 2, y, *paint, text);
    }
}

/// The whole sheet in a column: where the window is, and how each part of it stands, in signs that need
/// no colour.
pub fn map(app: &App, review: &Review, pen: &mut Pen<'_>, area: Rect) {
    let sheet = &app.review.sheet;
    let (rows, height) = (sheet.rows(), usize::from(area.height).max(1));
    let window = app.review.top..app.review.top + app.review.window.0;
    for y in 0..area.height {
        let at = usize::from(y) * rows / height;
        let next = ((usize::from(y) + 1) * rows / height).max(at + 1);
        let inside = window.start < next && at < window.end;
        let ids: BTreeSet<HunkId> =
            [at, (at + next) / 2, next - 1].iter().filter_map(|row| sheet.hunk_of(*row)).collect();
        let hunks = ids.iter().filter_map(|id| review.hunk_at(sheet.index(*id)?));
        let (paint, sign) = hunks
            .map(|hunk| standing(app, hunk))
            .max_by_key(|(weight, ..)| *weight)
            .map_or((Paint::Dim, '│'), |(_, paint, sign)| (paint, sign));
        let sign = if inside { '█' } else { sign };
        pen.text(area, y, paint, &sign.to_string());
    }
}

/// How a hunk stands on the map, what must be looked at before what is done.
fn standing(app: &App, hunk: &Hunk) -> (u8, Paint, char) {
    match hunk.verdict {
        _ if hunk.standing == Standing::Conflict => (4, Paint::Warn, '!'),
        Verdict::Undecided if app.review.marks.breaks(hunk.id) => (4, Paint::Bad, '!'),
        Verdict::Undecided => (3, Paint::Dim, '│'),
        Verdict::Accepted => (2, Paint::Good, '✓'),
        Verdict::Rejected => (1, Paint::Bad, '✗'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(tail("src/ui/view/tree.rs", 40), "src/ui/view/tree.rs");
        assert_eq!(tail("src/ui/view/tree.rs", 12), "…iew/tree.rs");
        assert_eq!(tail("目録/木.rs", 6), "…木.rs");
        assert_eq!(tail("a", 0), "…");
    }
}
