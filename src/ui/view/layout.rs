//! Where the parts of the screen are. A function of the size and of what there is to show.

use ratatui::layout::Rect;

use super::super::app::{App, Focus};
use super::super::guide::Guide;
use super::super::page::fold;
use super::bars::progress_rows;

/// Width from which the list of hunks stands beside the text.
const LIST_FROM: u16 = 110;
const LIST_WIDTH: u16 = 36;

/// Most rows of the instruction that are shown at once.
const PROMPT_ROWS: u16 = 5;

/// Most rows for how a turn stands, the hunk under review not counted.
const TURN_ROWS: u16 = 4;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    pub title: Rect,
    /// What the guide says.
    pub guide: Option<Rect>,
    pub code: Rect,
    pub list: Option<Rect>,
    pub turn: Option<Rect>,
    /// Not where there is nothing but a review.
    pub slider: Option<Rect>,
    pub prompt: Rect,
    pub footer: Rect,
    /// Everything between title and footer, for overlays.
    pub body: Rect,
}

/// Rows for what the guide says: none on a screen too small for it.
fn guide_rows(app: &App, area: Rect) -> u16 {
    let Some(text) = app.guide.as_ref().and_then(Guide::row).filter(|_| area.height >= 12) else { return 0 };
    u16::try_from(fold(&text, usize::from(area.width)).len()).unwrap_or(1).min(3)
}

impl Layout {
    pub fn of(app: &App, area: Rect) -> Self {
        let lines = u16::try_from(app.prompt.text().split('\n').count()).unwrap_or(PROMPT_ROWS);
        let prompt_rows = lines.clamp(1, PROMPT_ROWS).min(area.height.saturating_sub(5).max(1));
        let bare = app.only_review && app.focus == Focus::Review;
        let (prompt_rows, slider_rows) = if bare { (0, 0) } else { (prompt_rows, 1) };
        let turn_rows = match (app.session.turn(), area.height) {
            (None, _) => 0,
            (Some(_), 0..14) => 1,
            (Some(_), 14..20) => 2,
            (Some(turn), _) => {
                let rows = progress_rows(app, turn, area.width).1.len();
                u16::try_from(rows).unwrap_or(TURN_ROWS).min(TURN_ROWS) + 1
            }
        };
        let row = |y: u16, height: u16| Rect { x: area.x, y, width: area.width, height };
        let bottom = area.bottom();
        let footer = row(bottom - 1, 1);
        let prompt = row(footer.y - prompt_rows, prompt_rows);
        let slider = row(prompt.y - slider_rows, slider_rows);
        let turn_top = slider.y.saturating_sub(turn_rows).max(area.y + 1);
        let turn = (turn_rows > 0 && turn_top < slider.y).then(|| row(turn_top, slider.y - turn_top));
        let guide_rows = guide_rows(app, area);
        let guide = (guide_rows > 0).then(|| row(area.y + 1, guide_rows));
        let code_top = area.y + 1 + guide_rows;
        let code = row(code_top, turn_top.saturating_sub(code_top));
        let has_hunks = app.session.turn().is_some_and(|turn| turn.review().hunks().next().is_some());
        let list_width = if has_hunks && area.width >= LIST_FROM { LIST_WIDTH } else { 0 };
        let list = (list_width > 0).then(|| Rect { x: area.right() - list_width, width: list_width, ..code });
        let code = Rect { width: code.width - list_width, ..code };
        let body = row(area.y + 1, slider.y - area.y - 1);
        let slider = (slider_rows > 0).then_some(slider);
        Self { title: row(area.y, 1), guide, code, list, turn, slider, prompt, footer, body }
    }
}
