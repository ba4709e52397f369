//! The list of problems: what the check said, file by file, or the end of its output where no place could be read
//! out of it; where open files do not parse; and how a check is configured where there is none.

use super::super::app::{App, Out, Overlay};
use super::super::keymap::Action;
use super::super::page::{Kind, Page};
use super::super::theme::Paint;
use super::{Said, ago};
use crate::session::CheckEnd;
use crate::text::RepoPath;
use crate::text::diagnostic::Severity;

/// Most rows of the end of an output.
const TAIL: usize = 40;

impl App {
    /// `height`: rows of a page.
    pub(in crate::ui) fn act_in_checks(&mut self, action: Action, height: isize) -> Vec<Out> {
        let Some(Overlay::Page(page)) = &mut self.overlay else { return Vec::new() };
        let rows = usize::try_from(height).unwrap_or(1);
        match action {
            Action::Down if page.has_stops() => page.choose(1, rows),
            Action::Up if page.has_stops() => page.choose(-1, rows),
            Action::Down => page.scroll(1),
            Action::Up => page.scroll(-1),
            Action::Page { down, .. } => {
                page.scroll(if down { height } else { -height });
                page.choose_in_sight(rows);
            }
            Action::Leave => self.close_overlay(),
            Action::Submit => return self.go_to_chosen(),
            _ => {}
        }
        Vec::new()
    }

    fn go_to_chosen(&mut self) -> Vec<Out> {
        let Some(Overlay::Page(page)) = &self.overlay else { return Vec::new() };
        let place = page.chosen().and_then(|name| {
            let mut parts = name.splitn(3, ' ');
            let (line, column) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some((RepoPath::parse(parts.next()?).ok()?, line, column))
        });
        let Some((path, line, column)) = place else { return Vec::new() };
        self.close_overlay();
        self.open(path, line, column)
    }
}

/// What a row is chosen by: line, column, path.
fn stop(path: &RepoPath, line: usize, column: usize) -> String {
    format!("{line} {column} {path}")
}

pub(super) fn page(app: &App) -> Page {
    let checking = &app.checking;
    let name = checking.configured.as_ref().map(|check| check.name.as_str());
    let mut page = Page::new(Kind::Checks, title(app, name));
    match (name, &checking.said) {
        (None, _) => how_to(&mut page, &checking.folder),
        (Some(_), None) if app.check_runs() => {
            page.text(Paint::Dim, "nothing is said yet");
        }
        (Some(name), None) => {
            page.text(Paint::Dim, &format!("`{name}` was not run yet; r runs it"));
        }
        (Some(_), Some(said)) => told(app, said, &mut page),
    }
    unparsed(app, &mut page);
    page
}

fn title(app: &App, name: Option<&str>) -> String {
    let Some(name) = name else { return "the project's check".into() };
    let how = match (app.checking.running, &app.checking.said) {
        (Some(_), _) => "running; Esc stops it".into(),
        (None, Some(said)) => {
            let old = if said.begun.touched { ", before the last change" } else { "" };
            format!("{}, {}{old}; r runs it again", said.words(), ago(app.now.saturating_sub(said.at)))
        }
        (None, None) => "r runs it".into(),
    };
    crate::text::safe::line(&format!("{name}: {how}"))
}

fn how_to(page: &mut Page, folder: &str) {
    page.text(
        Paint::Text,
        "No check is configured for this project. Your own file (`rein config path`) names it:",
    );
    page.gap();
    page.text(Paint::Text, &format!("  [checks.\"{folder}\"]"));
    page.text(Paint::Text, "  command = [\"cargo\", \"check\", \"--message-format=short\"]");
    page.text(Paint::Text, "  # on_save = true");
    page.gap();
    page.text(Paint::Dim, "It runs at Alt-T, or after saving; no project can name one.");
}

fn told(app: &App, said: &Said, page: &mut Page) {
    let report = &said.report;
    let mut before: Option<&RepoPath> = None;
    for one in report.all() {
        if before != Some(&one.path) {
            if before.is_some() {
                page.gap();
            }
            page.text(Paint::Title, &format!(" {}", one.path));
            before = Some(&one.path);
        }
        let paint = match one.severity {
            Severity::Error => Paint::Bad,
            Severity::Warning => Paint::Warn,
            Severity::Note => Paint::Dim,
        };
        let line = one.at.line;
        let now = now(app, &one.path, line, &one.what());
        let column = one.at.column.unwrap_or(0);
        page.stop(&stop(&one.path, now, column));
        let place =
            one.at.column.map_or(format!("{}", now + 1), |column| format!("{}:{}", now + 1, column + 1));
        page.text(paint, &format!("  {place}: {}", one.what().replace('\n', " ")));
    }
    if report.more() > 0 {
        page.gap().text(Paint::Dim, &format!(" and {} more", report.more()));
    }
    if report.elsewhere() > 0 {
        page.gap().text(Paint::Dim, &format!(" and {} of files that are not here", report.elsewhere()));
    }
    let well = matches!(said.end, Some(CheckEnd::Exited(0)) | None);
    if report.is_empty() && !report.tail().is_empty() && !well {
        page.text(Paint::Dim, " no place could be read out of what it printed, which ends so:").gap();
        let skipped = report.tail().len().saturating_sub(TAIL);
        for line in report.tail().iter().skip(skipped) {
            page.text(Paint::Text, &format!("  {line}"));
        }
    } else if report.is_empty() && well {
        page.text(Paint::Good, " no problem");
    } else if report.is_empty() && report.elsewhere() == 0 {
        page.text(Paint::Dim, " nothing was said until it ended");
    }
}

/// The line where the problem stands by now, in an open file.
fn now(app: &App, path: &RepoPath, line: usize, what: &str) -> usize {
    let file = app.index_of(path).and_then(|at| app.files.get(at));
    let mark = file.and_then(|file| file.marks.told().find(|mark| mark.was_on(line) && mark.what == what));
    mark.map_or(line, |mark| mark.line)
}

fn unparsed(app: &App, page: &mut Page) {
    let mut first = true;
    for file in &app.files {
        for mark in file.marks.faults() {
            if std::mem::take(&mut first) {
                page.gap().text(Paint::Title, " where open files do not parse");
            }
            let path = file.buffer.path();
            let column = mark.range_in(&file.buffer.line(mark.line)).start;
            page.stop(&stop(path, mark.line, column));
            page.text(Paint::Warn, &format!("  {path}:{}: {}", mark.line + 1, mark.what));
        }
    }
}
