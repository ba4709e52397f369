//! The rows around the text: title, turn, slider, instruction, keys.

use ratatui::layout::Rect;
use std::time::Duration;

use super::super::app::{App, Focus};
use super::super::keymap::{self, Action};
use super::super::page::fold;
use super::super::review::{ordinal, tally};
use super::super::theme::Paint;
use super::draw::Pen;
use super::hunks::sign;
use super::meter;
use crate::change::{FileOp, Hunk, Level, Purpose, Standing};
use crate::context::Pack;
use crate::model::Failure;
use crate::session::{End, Notice, Phase, Subject, Turn};
use crate::text::safe;

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// File, state, branch; and what must stay in sight.
pub fn title(app: &App, pen: &mut Pen<'_>, area: Rect) {
    pen.fill(area, Paint::Bar);
    let mut column = pen.text(area, 0, Paint::BarKey, " rein ");
    let hunk = app.session.turn().and_then(|turn| turn.review().hunk(app.review.at?));
    if let Some(hunk) = hunk.filter(|_| app.focus == Focus::Review) {
        let new = if hunk.op == FileOp::Create { " (new)" } else { "" };
        column = pen.text_at(area, column, 0, Paint::Bar, &format!(" {}", safe::line(hunk.path.as_str())));
        column = pen.text_at(area, column, 0, Paint::BarKey, new);
    } else if let Some(file) = app.file() {
        let name = safe::line(file.buffer.path().as_str());
        column = pen.text_at(area, column, 0, Paint::Bar, &format!(" {name}"));
        let state = match (file.buffer.read_only().is_some(), file.is_new(), file.buffer.is_dirty()) {
            (true, ..) => " (read only)",
            (_, true, _) => " (new)",
            (.., true) => " ● unsaved",
            _ => "",
        };
        column = pen.text_at(area, column, 0, Paint::BarKey, state);
    }
    let branch = app.branch.as_ref().map(|branch| format!(" ⎇ {}", safe::line(branch)));
    let place = format!("{}{} ", safe::line(&app.facts.workspace), branch.unwrap_or_default());
    let banner = app.facts.banner.as_ref().map(|banner| format!("{} │ ", safe::line(banner)));
    // What somebody waits for, and that the model is scripted, before where we are.
    let asked = match app.asked_in_short() {
        asked if asked.is_empty() => app.vectors_in_short(),
        asked => asked,
    };
    let check = app.check_in_short();
    let asked = |most: usize| {
        asked.iter().find(|words| safe::width(words) <= most).map(|words| format!("{words} │ "))
    };
    let room = usize::from(area.width.saturating_sub(column));
    let kept = banner.unwrap_or_default() + &asked(room.saturating_sub(4)).unwrap_or_default();
    let left = room.saturating_sub(safe::width(&kept) + 4);
    let check = check.iter().find(|words| safe::width(words) <= left);
    let kept = kept + &check.map(|words| format!("{words} │ ")).unwrap_or_default();
    let short = kept.trim_end_matches(['│', ' ']);
    let wordings =
        [format!(" {kept}{place}"), if short.is_empty() { String::new() } else { format!(" {short} ") }];
    if let Some(right) = wordings.iter().find(|words| safe::width(words) <= room) {
        pen.text_right(area, 0, Paint::Bar, right);
    }
}

/// How the turn stands, and the hunk under review.
pub fn turn(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let Some(turn) = app.session.turn() else { return };
    let hunk = app.review.at.and_then(|at| turn.review().hunk(at));
    let reviewing = app.focus == Focus::Review && hunk.is_some();
    if area.height > 1 || !reviewing || turn.phase().is_running() {
        let (paint, rows) = progress_rows(app, turn, area.width);
        let room = area.height.saturating_sub(1).max(1);
        for (y, row) in (0..room).zip(rows) {
            pen.text(area, y, paint, &row);
        }
    }
    let last = Rect { y: area.bottom() - 1, height: 1, ..area };
    match hunk {
        Some(hunk) if area.height > 1 || (reviewing && !turn.phase().is_running()) => {
            under_review(app, turn, hunk, pen, last, area.height == 1);
        }
        None if area.height > 1 => said(turn, pen, last),
        _ => {}
    }
}

/// The end of what the model says beside its edits.
fn said(turn: &Turn, pen: &mut Pen<'_>, area: Rect) {
    if let Some(line) = turn.prose().lines().rev().find(|line| !line.trim().is_empty()) {
        pen.text(area, 0, Paint::Dim, &format!("“{}”", safe::line(line.trim())));
    }
}

/// How the turn stands, folded once it is at rest: what went wrong is to be read whole.
pub fn progress_rows(app: &App, turn: &Turn, width: u16) -> (Paint, Vec<String>) {
    let (paint, text) = progress(app, turn);
    if turn.phase().is_running() { (paint, vec![text]) } else { (paint, fold(&text, usize::from(width))) }
}

/// The hunk under review; where that row is the only one, with how the turn stands.
fn under_review(app: &App, turn: &Turn, hunk: &Hunk, pen: &mut Pen<'_>, area: Rect, alone: bool) {
    let (number, of) = ordinal(&app.review.sheet, turn, hunk.id).unwrap_or((0, 0));
    let what = match hunk.op {
        FileOp::Update if hunk.replaces.is_empty() => {
            format!("{}:{} (new lines)", hunk.path, hunk.replaces.start() + 1)
        }
        FileOp::Update => format!("{}:{}", hunk.path, hunk.replaces),
        FileOp::Create => format!("{} (new file)", hunk.path),
        FileOp::Delete => format!("{} (deleted)", hunk.path),
    };
    let head = match (alone, tally(turn.review())) {
        (false, _) => format!("{} hunk {number} of {of} ", sign(hunk)),
        (true, (yes, no, open)) => format!("{} {number}/{of}  ✓{yes} ✗{no} ·{open}  ", sign(hunk)),
    };
    let paint = if app.focus == Focus::Review { Paint::Prompt } else { Paint::Dim };
    let column = pen.text(area, 0, paint, &head);
    let column = pen.text_at(area, column, 0, Paint::Text, &safe::line(&what));
    let conflict = (hunk.standing == Standing::Conflict).then_some("the file changed at this place");
    let why = conflict.or(hunk.reason.as_deref());
    if let Some(why) = why {
        pen.text_at(area, column, 0, Paint::Dim, &format!(" · {}", safe::line(why)));
    }
}

fn progress(app: &App, turn: &Turn) -> (Paint, String) {
    let silent = app.now.saturating_sub(app.heard);
    let spinner = SPINNER[(app.now.as_millis() / 100) as usize % SPINNER.len()];
    let model = turn.model().map(|model| safe::line(&model.to_string())).unwrap_or_default();
    if let Some(Notice::Retrying { why, wait }) = turn.notice() {
        let left = wait.saturating_sub(silent).as_secs();
        return (Paint::Warn, format!("{spinner} {}; again in {left} s · Esc stops", safe::line(why)));
    }
    match turn.phase() {
        Phase::Gathering => (Paint::Dim, format!("{spinner} reading what the request needs · Esc stops")),
        Phase::Waiting => {
            let count = counting(silent, app.limits.first_byte);
            let asked = match turn.mended() {
                0 => format!("asked {model}"),
                edits => format!("{edits} edit(s) could not be placed; asked {model} once more"),
            };
            (Paint::Dim, format!("{spinner} {asked}{count} · Esc stops"))
        }
        Phase::Streaming => (Paint::Dim, streaming(app, turn, spinner, &model, silent)),
        Phase::Landing => (Paint::Dim, format!("{spinner} landing")),
        Phase::Reviewing | Phase::Done => match app.session.revising() {
            Some((_, revision)) => (Paint::Dim, revising(app, revision, spinner, silent)),
            None => at_rest(app, turn),
        },
    }
}

fn streaming(app: &App, turn: &Turn, spinner: &str, model: &str, silent: Duration) -> String {
    if turn.subject() == Subject::Difference {
        let files = app.review.sheet.files().len();
        return format!("{spinner} comparing · {files} file(s) so far · Esc stops");
    }
    let bytes = turn.reply_len();
    let size = if bytes < 1000 { format!("{bytes} B") } else { format!("{:.1} kB", bytes as f64 / 1e3) };
    let writing = turn.opened().map(|path| format!(" · writing {}", safe::line(path))).unwrap_or_default();
    let thinking = if bytes == 0 && turn.reasoning() > 0 { " · thinking" } else { "" };
    let hunks = turn.review().hunks().count();
    let hunks = if hunks > 0 { format!(" · {hunks} hunk(s)") } else { String::new() };
    let count = counting(silent, app.limits.idle);
    format!("{spinner} {model} {size}{thinking}{count}{hunks} · Esc stops{writing}")
}

/// Silence is shown once it is long enough to wonder about.
fn counting(silent: Duration, limit: Duration) -> String {
    match silent.as_secs() {
        0..2 => String::new(),
        seconds => format!(" · silent for {seconds} s of {}", limit.as_secs()),
    }
}

fn at_rest(app: &App, turn: &Turn) -> (Paint, String) {
    let end = match turn.end() {
        Some(End::Failed(failure)) => {
            let still = if failure.is_outage() { " · all else works without a model" } else { "" };
            let heaviest = match failure {
                Failure::TooLong { .. } => turn.pack().and_then(Pack::heaviest),
                _ => None,
            };
            let heaviest = heaviest.map(|words| format!(" · {words} (F3)")).unwrap_or_default();
            Some(format!("{failure}: {}{heaviest}{still}", failure.next_step()))
        }
        Some(End::NotAsked(why)) => Some(why.clone()),
        Some(End::Declined(words)) => Some(format!("the model declined: {words}")),
        Some(End::OutOfRoom | End::OutOfRounds | End::Spent(_)) => {
            Some("the answer reached its length limit; what was open then is dropped".into())
        }
        Some(End::Cancelled | End::Finished) | None => None,
    };
    let notice = match turn.notice() {
        Some(Notice::Conflict(hunks)) => {
            Some(format!("nothing was written: {} hunk(s) changed underneath, look again", hunks.len()))
        }
        Some(Notice::NotLanded(why)) => Some(why.clone()),
        Some(Notice::NotRevised(why)) => Some(format!("not revised: {why}")),
        Some(Notice::Retrying { .. }) | None => None,
    };
    let refused = match turn.refusals() {
        [] => None,
        [one] => Some(format!("refused: {one} (F4)")),
        [one, rest @ ..] => Some(format!("refused: {one} and {} more (F4)", rest.len())),
    };
    let troubled = end.is_some() || notice.is_some() || refused.is_some();
    // Where something went wrong and nothing came of the turn, what went wrong says it all.
    let came_to_nothing = troubled && turn.receipts().is_empty() && turn.review().hunks().next().is_none();
    let standing = (!came_to_nothing).then(|| standing(app, turn));
    let parts: Vec<String> = [standing, notice, end, refused].into_iter().flatten().collect();
    let paint = if troubled { Paint::Warn } else { Paint::Good };
    (paint, safe::line(&parts.join(" · ")))
}

/// How far the model is with a hunk that goes back to it.
fn revising(app: &App, turn: &Turn, spinner: &str, silent: Duration) -> String {
    let model = turn.model().map(|model| safe::line(&model.to_string())).unwrap_or_default();
    let count = counting(silent, app.limits.first_byte);
    format!("{spinner} {model} revises a hunk{count} · Esc stops; the others can be decided meanwhile")
}

/// What there is to do in the review, while there is anything: lines of undecided hunks, hunks that keep
/// their file from being parsed; and that not all of it is shown.
fn to_read(app: &App) -> String {
    if app.focus != Focus::Review {
        return String::new();
    }
    let mut words = String::new();
    match app.review.sheet.unread() {
        0 => {}
        1 => words.push_str("  1 line to read"),
        lines => words.push_str(&format!("  {lines} lines to read")),
    }
    match app.review.marks.broken() {
        0 => {}
        1 => words.push_str("  ⚠ 1 does not parse"),
        hunks => words.push_str(&format!("  ⚠ {hunks} do not parse")),
    }
    if let Some(filter) = app.review.look.filter.word() {
        words.push_str(&format!("  shown: {filter} (f)"));
    }
    words
}

/// How a difference stands that nobody proposed.
fn difference(app: &App, turn: &Turn) -> String {
    let (yes, no, open) = tally(turn.review());
    let title = safe::line(&turn.instruct().text);
    let written: usize = turn.receipts().iter().map(|receipt| receipt.hunks().len()).sum();
    if turn.review().hunks().next().is_none() {
        return match (written, turn.remarks().len()) {
            (0, 0) => format!("{title}: no difference"),
            (0, remarks) => format!("{title}: no lines differ; {remarks} other difference(s)"),
            _ => format!("took back {written} hunk(s); nothing is left; u brings them again"),
        };
    }
    let counts = format!("✓ {yes} stay  ✗ {no} rejected  · {open} open{}", to_read(app));
    match (turn.review().purpose(), no, turn.receipts().last()) {
        (Purpose::TakeBack, 1.., _) => format!("{counts}  Enter takes the rejected ones back"),
        (_, _, Some(receipt)) if turn.stands(receipt) => {
            format!("{counts}  took back {written} as {}; u brings them again", receipt.id())
        }
        _ => format!("{counts}  {title}"),
    }
}

fn standing(app: &App, turn: &Turn) -> String {
    if turn.review().purpose() != Purpose::Propose {
        return difference(app, turn);
    }
    let (yes, no, open) = tally(turn.review());
    let landed: usize = turn.receipts().iter().map(|receipt| receipt.hunks().len()).sum();
    match (turn.phase(), turn.receipts().last()) {
        (Phase::Done, Some(receipt)) if turn.taken_back() => {
            format!("took back {}; Alt-Shift-U brings it forth again", receipt.id())
        }
        (Phase::Done, Some(receipt)) => {
            format!("landed {landed} hunk(s) as {}; u in the review or Alt-U takes it back", receipt.id())
        }
        (Phase::Done, None) if no > 0 => "all hunks rejected; nothing was changed".into(),
        (Phase::Done, None) => match turn.end() {
            Some(End::Cancelled) => "stopped".into(),
            Some(End::Finished) if turn.refusals().is_empty() => {
                "no change was proposed (F4 shows the answer)".into()
            }
            _ => "nothing to review".into(),
        },
        (_, last) => {
            let so_far = match last.filter(|receipt| turn.stands(receipt)) {
                Some(receipt) => format!("  landed {landed} hunk(s) so far, last as {}", receipt.id()),
                None => String::new(),
            };
            let left =
                if open == 0 && yes > 0 { "  Enter lands".to_owned() } else { format!("  · {open} open") };
            format!("✓ {yes} accepted  ✗ {no} rejected{left}{}{so_far}", to_read(app))
        }
    }
}

/// The slider, what the notch permits, the model and what the turn has used. Who answers is always in
/// sight: where the room is short, the words before it are fewer.
pub fn slider(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let (paint, words) = match app.scope_in_words() {
        Ok(words) => (Paint::Text, safe::line(&words)),
        Err(why) => (Paint::Warn, safe::line(&why.to_string())),
    };
    let few = few(&words).to_owned();
    let room = usize::from(area.width).saturating_sub(meter::least(app));
    let ways = [(Names::Whole, &words), (Names::Whole, &few), (Names::Chosen, &few)];
    let fits = |(names, words): &(Names, &String)| names.width(app.level) + safe::width(words) < room;
    let (names, words) = match area.width {
        60.. => ways.into_iter().find(fits).unwrap_or((Names::Chosen, &few)),
        _ => (Names::Letters, &words),
    };
    let mut column = 0;
    for level in Level::ALL {
        let paint = if level == app.level { Paint::NotchOn } else { Paint::Notch };
        column = pen.text_at(area, column, 0, paint, &names.notch(level, app.level));
    }
    let left = match area.width {
        60.. => Rect { width: area.width.min(u16::try_from(room).unwrap_or(u16::MAX)), ..area },
        _ => area,
    };
    let column = pen.text_at(left, column, 0, paint, &format!(" {words}"));
    let room = usize::from(area.width.saturating_sub(column + 1));
    let (paint, shown) = meter::shown(app, room);
    pen.text_right(area, 0, paint, &shown);
}

/// What a notch permits in fewer words: what may change, or what is amiss without the advice.
fn few(words: &str) -> &str {
    match words.strip_prefix("may change: ") {
        Some(what) => what,
        None => words.split([';', ':']).next().unwrap_or(words),
    }
}

/// How the notches are called.
#[derive(Clone, Copy)]
enum Names {
    Whole,
    /// The one that is on, and the others by their letters.
    Chosen,
    Letters,
}

impl Names {
    fn notch(self, level: Level, on: Level) -> String {
        let name = level.name();
        let is_whole = matches!((self, level == on), (Self::Whole, _) | (Self::Chosen, true));
        let name = if is_whole { name } else { name.get(..1).unwrap_or(name) };
        if level == on { format!("[{name}]") } else { format!(" {name} ") }
    }

    /// Of all of them, in columns.
    fn width(self, on: Level) -> usize {
        Level::ALL.into_iter().map(|level| self.notch(level, on).len()).sum()
    }
}

/// The instruction; returns where its cursor stands.
pub fn prompt(app: &App, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    if area.height == 0 {
        return None;
    }
    let focused = app.focus == Focus::Prompt;
    pen.text(area, 0, if focused { Paint::Prompt } else { Paint::Dim }, "❯ ");
    let area = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
    if app.prompt.is_empty() {
        let hint = if focused {
            format!("what should change at `{}`?", app.level)
        } else {
            "Ctrl-K selection · Ctrl-L file · Alt-I repository".to_owned()
        };
        pen.text(area, 0, Paint::Dim, &hint);
    }
    let before = app.prompt.before();
    let row = before.matches('\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default();
    let column = safe::width(&safe::line(last));
    let top = (row + 1).saturating_sub(usize::from(area.height));
    let left = (column + 1).saturating_sub(usize::from(area.width));
    for (y, line) in (0..area.height).zip(app.prompt.text().split('\n').skip(top)) {
        let ink = super::draw::Ink { ground: None, syntax: &[], layers: &[], tab: 4, left };
        pen.line(area, y, line, &ink);
    }
    let x = area.x + u16::try_from(column - left).unwrap_or(0);
    let y = area.y + u16::try_from(row - top).unwrap_or(0);
    focused.then_some((x, y))
}

/// The message of the moment, else the keys of the place.
pub fn footer(app: &App, pen: &mut Pen<'_>, area: Rect) {
    if let Some(toast) = &app.toast {
        pen.text(area, 0, toast.paint, &toast.text);
        return;
    }
    let place = app.place();
    if let (keymap::Place::Editor, Some((paint, words))) = (place, app.problem_here()) {
        pen.text(area, 0, paint, &words);
        return;
    }
    let mut rows = keymap::footer(place);
    if place == keymap::Place::Review && app.review.at.is_none() {
        let left = [Action::Stop, Action::Leave, Action::Help];
        rows = keymap::KEYS.iter().filter(|row| left.contains(&row.action)).take(left.len()).collect();
    }
    if app.session.phase() == Some(Phase::Done) && place == keymap::Place::Review {
        let left = [Action::UndoDecision, Action::ShowAnswer, Action::Leave, Action::Help];
        rows.retain(|row| left.contains(&row.action));
    }
    if rows.len() < 4 {
        rows.extend(keymap::footer(keymap::Place::Anywhere));
    }
    let mut column = 0;
    for row in rows {
        let Some(says) = says(app, row) else { continue };
        let key = row.keys.first().map(ToString::to_string).unwrap_or_default();
        let width = safe::width(&key) + safe::width(says) + 3;
        if usize::from(column) + width > usize::from(area.width) {
            break;
        }
        column = pen.text_at(area, column, 0, Paint::Prompt, &key);
        column = pen.text_at(area, column, 0, Paint::Dim, &format!(" {says}  "));
    }
}

/// What a key does in the review at hand; `None` where it does nothing.
fn says(app: &App, row: &keymap::Binding) -> Option<&'static str> {
    let purpose = app.session.turn().map(|turn| turn.review().purpose());
    match (row.action, purpose) {
        (Action::Land, Some(Purpose::TakeBack)) => Some("take back what is rejected"),
        (Action::Land, Some(Purpose::ReadOnly)) => None,
        (Action::Yes | Action::No | Action::Pause, _) if row.place == keymap::Place::Meaning => {
            app.decides_meaning(row.action).map(|_| row.says)
        }
        _ => Some(row.says),
    }
}
