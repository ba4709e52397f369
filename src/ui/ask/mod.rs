//! The page on which a question about the project is asked: its line, how far it goes, the answer as it
//! comes with what of it is verified (`answer`), and the sources, of which the chosen one opens: a file in
//! the editor, a commit to be read. The answer itself is the session's; leaving the page stops nothing and
//! forgets nothing.

mod answer;
mod earlier;
mod export;
#[cfg(test)]
mod tests;

use super::app::{App, Out, Overlay};
use super::keymap::Action;
use super::line_edit::LineEdit;
use super::page::{Kind, Page};
use super::theme::Paint;
use crate::context::citation::Place;
use crate::session::{Allowance, CitedSource, Depth, Effect, Inquiry, Question, Reach, Since, TurnId};
use crate::text::safe;

/// The page while it is open.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AskPage {
    /// The source that Enter opens.
    chosen: usize,
    rows: Vec<Row>,
    top: usize,
    /// What the rows show: they are made when that changes, not when they are drawn.
    made_of: Option<(TurnId, u64, usize)>,
}

/// What is kept of the page while it is closed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Asking {
    pub depth: Depth,
    /// What is being typed: it outlives the page, whatever takes its place.
    pub question: LineEdit,
    reach: Reach,
    allowance: Allowance,
    /// The next question does not go on from the last answer.
    anew: bool,
    /// An answer has come that nobody has seen yet.
    unseen: bool,
    /// The page that what is read now was opened from.
    behind: Option<AskPage>,
}

/// A row, printable. `source`: the one that it tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub paint: Paint,
    pub text: String,
    pub source: Option<usize>,
}

impl AskPage {
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// The rows from the top of the window on.
    pub fn seen(&self) -> &[Row] {
        self.rows.get(self.top..).unwrap_or_default()
    }

    fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
    }

    fn choose(&mut self, by: isize, sources: usize, height: usize) {
        self.chosen = self.chosen.saturating_add_signed(by).min(sources.saturating_sub(1));
        let at = self.rows.iter().position(|row| row.source == Some(self.chosen)).unwrap_or(0);
        if at < self.top || at >= self.top + height {
            self.top = (at + 1).saturating_sub(height);
        }
    }
}

impl App {
    /// How far questions go, until the slider is moved.
    pub fn ask_as(&mut self, depth: Depth, reach: Reach, allowance: Allowance) {
        self.asking = Asking { depth, reach, allowance, ..Asking::default() };
    }

    /// Opens the page; the last answer is still on it, and so is what was typed.
    pub(super) fn ask_about_the_project(&mut self) {
        self.ghosting.ghost = None;
        self.asking.unseen = false;
        if !matches!(self.overlay, Some(Overlay::Ask(_))) {
            let page = self.asking.behind.take().unwrap_or_default();
            self.overlay = Some(Overlay::Ask(page));
        }
    }

    /// Lays what is to be read, or chosen from, over the screen. Over the page of a question, it goes back there.
    pub(super) fn lay_over(&mut self, over: Overlay) {
        match self.overlay.replace(over) {
            Some(Overlay::Ask(page)) => self.asking.behind = Some(page),
            Some(Overlay::Page(_) | Overlay::Context(_) | Overlay::Picker(_) | Overlay::Models(_)) => {}
            _ => self.asking.behind = None,
        }
    }

    /// Closes what lies over the screen: what was opened from the page of a question goes back to it.
    pub(super) fn close_overlay(&mut self) {
        let over = matches!(
            &self.overlay,
            Some(Overlay::Page(_) | Overlay::Context(_) | Overlay::Picker(_) | Overlay::Models(_))
        );
        let behind = self.asking.behind.take().filter(|_| over);
        self.asking.unseen &= behind.is_none();
        self.overlay = behind.map(Overlay::Ask);
    }

    /// Does the next question go on from the last answer?
    pub(super) fn asks_on(&self) -> bool {
        let inquiry = self.session.inquiry().filter(|_| !self.asking.anew);
        inquiry.is_some_and(|one| one.can_be_gone_on_from(self.asking.depth))
    }

    /// A question that is being answered, or was, while something else is on screen: printable, the most
    /// telling words first.
    pub(super) fn asked_in_short(&self) -> Vec<String> {
        let Some(inquiry) = self.session.inquiry() else { return Vec::new() };
        if matches!(self.overlay, Some(Overlay::Ask(_))) {
            return Vec::new();
        }
        match (inquiry.is_running(), self.asking.unseen) {
            (true, _) => {
                vec![safe::line(&format!("Ctrl-A: {}", inquiry.doing())), "Ctrl-A: answering".into()]
            }
            (false, true) => vec!["an answer waits: Ctrl-A".into()],
            (false, false) => Vec::new(),
        }
    }

    fn ask_height(&self) -> usize {
        usize::from(self.size.1).saturating_sub(6).max(1)
    }

    pub(super) fn act_in_ask(&mut self, action: Action) -> Vec<Out> {
        let height = self.ask_height();
        let page_by = isize::try_from(height).unwrap_or(1);
        let sources = self.session.inquiry().map_or(0, |inquiry| inquiry.proof().sources.len());
        let Some(Overlay::Ask(page)) = &mut self.overlay else { return Vec::new() };
        match action {
            Action::Leave => self.overlay = None,
            Action::Deeper => self.asking.depth = self.asking.depth.next(),
            Action::Earlier => return vec![Out::Do(Effect::ListAnswers)],
            Action::Copy => return self.copy_answer(),
            Action::AsText => return self.answer_as_a_text(),
            Action::AskAnew => self.asking.anew = !self.asking.anew,
            Action::Submit if self.asking.question.is_empty() => return self.open_source(),
            Action::Submit => return self.put_question(),
            Action::Down => page.choose(1, sources, height),
            Action::Up => page.choose(-1, sources, height),
            Action::Page { down: true, .. } => page.scroll(page_by),
            Action::Page { down: false, .. } => page.scroll(-page_by),
            Action::Move(motion) => self.asking.question.go(motion),
            Action::Backspace => self.asking.question.backspace(),
            Action::DeleteWordBack => self.asking.question.delete_word_back(),
            Action::DeleteLine => self.asking.question.clear(),
            _ => {}
        }
        Vec::new()
    }

    fn put_question(&mut self) -> Vec<Out> {
        let text = self.asking.question.text().trim().to_owned();
        self.ask_for_consent(&text, true).unwrap_or_else(|| self.put_question_with(Vec::new()))
    }

    /// Puts the question on the page, with the `pages` that may be fetched for it.
    pub(super) fn put_question_with(&mut self, pages: Vec<String>) -> Vec<Out> {
        let text = self.asking.question.text().trim().to_owned();
        let mut wants = self.wants(&text);
        // A question is about what it names: what the check said is there for who asks for it.
        wants.told.iter_mut().for_each(|told| told.along = false);
        wants.pages = pages;
        let open = self.files.iter().map(|file| (file.buffer.path().clone(), file.buffer.snapshot()));
        let cursor = self.file().map(|file| file.buffer.cursor().line);
        let question = Question {
            focus: self.looking_at(),
            cursor,
            open: open.collect(),
            depth: self.asking.depth,
            reach: self.asking.reach,
            allowance: self.asking.allowance,
            follows: self.asks_on(),
            wants,
            ..Question::of(text)
        };
        match self.session.ask(question) {
            Ok(effects) => {
                (self.asking.anew, self.asking.unseen) = (false, false);
                self.asking.question.clear();
                self.overlay = Some(Overlay::Ask(AskPage::default()));
                self.follow(effects)
            }
            Err(why) => {
                self.say(Paint::Warn, why.to_string());
                Vec::new()
            }
        }
    }

    /// The chosen source: a file in the editor at its lines, a commit on a page of its own.
    fn open_source(&mut self) -> Vec<Out> {
        let Some(Overlay::Ask(page)) = &self.overlay else { return Vec::new() };
        let Some(inquiry) = self.session.inquiry() else { return Vec::new() };
        let Some(source) = inquiry.proof().sources.get(page.chosen) else { return Vec::new() };
        let since = inquiry.since(page.chosen);
        match (&source.at, source.lines()) {
            (Some(Place::Lines { path, .. }), Some(span)) => {
                if matches!(since, Since::Gone | Since::NoFile) {
                    let read = then(inquiry, source, since);
                    return self.read_over(read, since.told());
                }
                let span = if let Since::StandsAt(now) = since { now } else { span };
                let path = path.clone();
                self.overlay = None;
                return self.open(path, span.start(), 0);
            }
            (Some(Place::Commit { id }), Some(span)) => {
                let read = commit(inquiry, id, &source.quote, span.start());
                return self.read_over(read, String::new());
            }
            _ => self.say(Paint::Warn, "this source was not verified: there is no place to go to"),
        }
        Vec::new()
    }

    /// Shows what is to be read over the page, to which it goes back; `else_say` where there is nothing.
    fn read_over(&mut self, read: Option<Page>, else_say: String) -> Vec<Out> {
        match read {
            Some(read) => self.lay_over(Overlay::Page(read)),
            None => self.say(Paint::Warn, else_say),
        }
        Vec::new()
    }

    /// Stops the answer that is coming; says whether one was.
    pub(super) fn stop_asking(&mut self) -> Option<Vec<Out>> {
        let effects = self.session.stop_asking();
        if effects.is_empty() {
            return None;
        }
        self.say(Paint::Warn, "stopped; what has come of the answer is kept");
        Some(self.follow(effects))
    }

    /// An answer has ended: said where its page is closed. Where there is none, the question is in its line
    /// again, to be asked once more or otherwise.
    pub(super) fn tell_of_the_answer(&mut self, was_running: bool) {
        let Some(inquiry) = self.session.inquiry().filter(|one| was_running && !one.is_running()) else {
            return;
        };
        let answered = !inquiry.proof().findings.is_empty();
        if !answered && self.asking.question.is_empty() {
            self.asking.question.set(inquiry.question().text.as_str());
        }
        if !matches!(self.overlay, Some(Overlay::Ask(_))) {
            self.asking.unseen = true;
            match answered {
                true => self.say(Paint::Good, "your question has been answered; Ctrl-A shows it"),
                false => self.say(Paint::Warn, "your question has no answer; Ctrl-A says why"),
            }
        }
    }

    /// Makes the rows anew when there is something else to show.
    pub(super) fn settle_ask(&mut self) {
        let width = usize::from(self.size.0).saturating_sub(4).max(8);
        let (Some(Overlay::Ask(page)), Some(inquiry)) = (&mut self.overlay, self.session.inquiry()) else {
            return;
        };
        let made_of = Some((inquiry.id(), inquiry.revision(), width));
        if page.made_of != made_of {
            page.made_of = made_of;
            page.rows = answer::rows(inquiry, width);
            page.top = page.top.min(page.rows.len().saturating_sub(1));
        }
    }
}

/// A commit as it was shown, from a little above the line at which it was quoted.
fn commit(inquiry: &Inquiry, id: &str, quote: &str, line: usize) -> Option<Page> {
    let commit = inquiry.shown().commit(id, quote)?;
    let mut page = Page::new(Kind::Commit, format!("commit {}", id.get(..12).unwrap_or(id)));
    for text in commit.text().iter() {
        let paint = match text.first() {
            Some(b'+') => Paint::Good,
            Some(b'-') => Paint::Bad,
            Some(b'@') => Paint::Title,
            _ => Paint::Text,
        };
        let shown = safe::bytes(crate::text::trim_ending(text));
        if shown.is_empty() {
            page.gap()
        } else {
            page.text(paint, &shown)
        };
    }
    page.top = line.saturating_sub(3);
    Some(page)
}

/// A file as it was shown, from a little above the lines that were quoted: what is there now says something
/// else.
fn then(inquiry: &Inquiry, source: &CitedSource, since: Since) -> Option<Page> {
    let (path, span) = (source.path()?, source.lines()?);
    let text = inquiry.shown().file(path)?;
    let mut page = Page::new(Kind::Commit, format!("{path} as it was shown; {}", since.told()));
    for (at, line) in text.iter().enumerate() {
        let paint = if span.as_range().contains(&at) { Paint::Title } else { Paint::Text };
        page.text(paint, &format!("{:>5} {}", at + 1, safe::bytes(crate::text::trim_ending(line))));
    }
    page.top = span.start().saturating_sub(3);
    Some(page)
}
