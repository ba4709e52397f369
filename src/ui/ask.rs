//! The page on which a question about the project is asked: its line, the answer as it comes with what
//! of it is verified, and the sources, of which the chosen one opens in the editor. The answer itself is
//! the session's; closing the page stops nothing and forgets nothing.

use super::app::{App, Out, Overlay};
use super::keymap::Action;
use super::line_edit::LineEdit;
use super::page::fold;
use super::theme::Paint;
use crate::context::citation::Checked;
use crate::session::{CitedSource, End, Finding, Inquiry, Phase, Question, TurnId};
use crate::text::safe;

/// The page while it is open.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AskPage {
    pub(super) question: LineEdit,
    /// The source that Enter opens.
    chosen: usize,
    rows: Vec<Row>,
    top: usize,
    /// What the rows show: they are made when that changes, not when they are drawn.
    made_of: Option<(TurnId, u64, usize)>,
}

/// A row, printable. `source`: the one that it tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub paint: Paint,
    pub text: String,
    pub source: Option<usize>,
}

impl AskPage {
    pub fn question(&self) -> &LineEdit {
        &self.question
    }

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
    /// Opens the page; the last answer is still on it.
    pub(super) fn ask_about_the_project(&mut self) {
        self.ghosting.ghost = None;
        self.overlay = Some(Overlay::Ask(AskPage::default()));
    }

    fn ask_height(&self) -> usize {
        usize::from(self.size.1).saturating_sub(5).max(1)
    }

    pub(super) fn act_in_ask(&mut self, action: Action) -> Vec<Out> {
        let height = self.ask_height();
        let page_by = isize::try_from(height).unwrap_or(1);
        let sources = self.session.inquiry().map_or(0, |inquiry| inquiry.proof().sources.len());
        let Some(Overlay::Ask(page)) = &mut self.overlay else { return Vec::new() };
        match action {
            Action::Submit if page.question.is_empty() => return self.open_source(),
            Action::Submit => return self.put_question(),
            Action::Down => page.choose(1, sources, height),
            Action::Up => page.choose(-1, sources, height),
            Action::Page { down: true, .. } => page.scroll(page_by),
            Action::Page { down: false, .. } => page.scroll(-page_by),
            Action::Move(motion) => page.question.go(motion),
            Action::Backspace => page.question.backspace(),
            Action::DeleteWordBack => page.question.delete_word_back(),
            Action::DeleteLine => page.question.clear(),
            _ => {}
        }
        Vec::new()
    }

    fn put_question(&mut self) -> Vec<Out> {
        let Some(Overlay::Ask(page)) = &self.overlay else { return Vec::new() };
        let text = page.question.text().trim().to_owned();
        let open = self.files.iter().map(|file| (file.buffer.path().clone(), file.buffer.snapshot()));
        let wants = self.wants(&text);
        let question = Question { text, focus: self.looking_at(), open: open.collect(), wants };
        match self.session.ask(question) {
            Ok(effects) => {
                self.overlay = Some(Overlay::Ask(AskPage::default()));
                self.follow(effects)
            }
            Err(why) => {
                self.say(Paint::Warn, why.to_string());
                Vec::new()
            }
        }
    }

    /// The chosen source, in the editor at its lines.
    fn open_source(&mut self) -> Vec<Out> {
        let Some(Overlay::Ask(page)) = &self.overlay else { return Vec::new() };
        let sources = self.session.inquiry().map(|inquiry| inquiry.proof().sources.as_slice());
        let Some(source) = sources.and_then(|sources| sources.get(page.chosen)) else { return Vec::new() };
        let Some((path, span)) = source.path.clone().zip(source.lines()) else {
            self.say(Paint::Warn, "this source was not verified: there is no place to go to");
            return Vec::new();
        };
        self.overlay = None;
        self.open(path, span.start(), 0)
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

    /// An answer has ended while its page was closed.
    pub(super) fn tell_of_the_answer(&mut self, was_running: bool) {
        let over = was_running && self.session.inquiry().is_some_and(|one| !one.is_running());
        if over && !matches!(self.overlay, Some(Overlay::Ask(_))) {
            self.say(Paint::Good, "your question has been answered; Ctrl-A shows it");
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
            page.rows = rows(inquiry, width);
            page.top = page.top.min(page.rows.len().saturating_sub(1));
        }
    }
}

/// The question, how far it is, the answer sentence by sentence, the sources.
fn rows(inquiry: &Inquiry, width: usize) -> Vec<Row> {
    let mut rows = Rows { rows: Vec::new(), width };
    rows.text(Paint::Title, &inquiry.question().text, None);
    let (paint, standing) = standing(inquiry);
    rows.text(paint, &standing, None);
    inquiry.pack().iter().flat_map(|pack| pack.notes()).for_each(|note| rows.text(Paint::Warn, note, None));
    let proof = inquiry.proof();
    if !proof.findings.is_empty() {
        rows.gap();
    }
    for finding in &proof.findings {
        rows.finding(finding);
    }
    for (at, source) in proof.sources.iter().enumerate() {
        if at == 0 {
            rows.gap();
        }
        rows.source(at, source);
    }
    rows.rows
}

struct Rows {
    rows: Vec<Row>,
    width: usize,
}

impl Rows {
    /// A stranger's text, made printable and folded.
    fn text(&mut self, paint: Paint, text: &str, source: Option<usize>) {
        for line in text.lines() {
            let folded = fold(&safe::line(line), self.width).into_iter();
            self.rows.extend(folded.map(|text| Row { paint, text, source }));
        }
    }

    fn gap(&mut self) {
        self.rows.push(Row { paint: Paint::Text, text: String::new(), source: None });
    }

    fn finding(&mut self, finding: &Finding) {
        if finding.lead == "\n\n" {
            self.gap();
        }
        let paint = if finding.is_verified() { Paint::Text } else { Paint::Warn };
        self.text(paint, &finding.marked(), None);
    }

    fn source(&mut self, at: usize, source: &CitedSource) {
        let paint = match source.checked {
            Checked::Verified { .. } | Checked::Corrected { .. } => Paint::Good,
            Checked::Unverified(_) => Paint::Warn,
        };
        self.text(paint, &format!("[{}] {}", source.number, source.told()), Some(at));
        self.text(
            Paint::Dim,
            &source.quote.lines().map(|line| format!("  {line}\n")).collect::<String>(),
            None,
        );
    }
}

/// How far the answer is, or how it ended.
fn standing(inquiry: &Inquiry) -> (Paint, String) {
    let (verified, all) = inquiry.proof().verified();
    let model = inquiry.model().map_or_else(|| "the model".into(), ToString::to_string);
    let of = format!("{verified} of {all} sentence(s) verified");
    match (inquiry.phase(), inquiry.end()) {
        (Phase::Gathering, _) => (Paint::Dim, "searching the project… Esc stops".into()),
        (Phase::Waiting, _) => (Paint::Dim, format!("asking {model}… Esc stops")),
        (_, None) => (Paint::Dim, format!("{model} is answering… {of}; Esc stops")),
        (_, Some(End::Finished)) if verified == all && all > 0 => (Paint::Good, of),
        (_, Some(End::Finished)) => (Paint::Warn, format!("{of}; [?] marks the others")),
        (_, Some(End::Cancelled)) => (Paint::Warn, format!("stopped; {of}")),
        (_, Some(End::OutOfRoom)) => (Paint::Warn, format!("the answer reached its length limit; {of}")),
        (_, Some(End::Declined(words))) => (Paint::Warn, format!("the model declined: {words}")),
        (_, Some(End::NotAsked(why))) => (Paint::Bad, why.clone()),
        (_, Some(End::Failed(why))) => (Paint::Bad, format!("{why}; {}", why.next_step())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::theme::{Depth, Ground, Theme};
    use super::super::{Facts, Input, Limits, view};
    use super::*;
    use crate::change::{Leash, Level};
    use crate::context::{Excerpt, evidence};
    use crate::model::{Delta, Tokens};
    use crate::prompt::Prompts;
    use crate::session::{Effect, Event, Retrieved, Session, Terms};
    use crate::text::{Lines, RepoPath};
    use crate::workspace::Source;

    const TEXT: &str = "fn a() {\n    let total = 1;\n}\n";

    fn app() -> App {
        let prompts = Prompts::embedded().unwrap().into();
        let terms = Terms { prompts, leash: Leash::default(), max_output: None, source: Source::Tui };
        let limits = Limits { first_byte: Duration::from_secs(30), idle: Duration::from_secs(20) };
        let theme = Theme { depth: Depth::None, ground: Ground::Dark };
        App::new(Session::new(terms), Facts::default(), limits, theme, Level::Repo, 4)
    }

    fn press(app: &mut App, code: KeyCode, mods: KeyModifiers) -> Vec<Out> {
        app.update(Duration::ZERO, Input::Key(KeyEvent::new(code, mods)))
    }

    fn key(app: &mut App, code: KeyCode) -> Vec<Out> {
        press(app, code, KeyModifiers::NONE)
    }

    fn happens(app: &mut App, event: Event) -> Vec<Out> {
        app.update(Duration::ZERO, Input::Event(event))
    }

    fn picture(app: &App) -> String {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| view::view(app, frame)).unwrap();
        terminal.backend().to_string()
    }

    /// A question that has been put and found something.
    fn asked() -> (App, TurnId) {
        let mut app = app();
        press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
        "what is it?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
        let outs = key(&mut app, KeyCode::Enter);
        let [Out::Do(Effect::Retrieve { turn, question })] = &outs[..] else { panic!("{outs:?}") };
        assert_eq!(question.text, "what is it?");
        let turn = *turn;
        let (path, text) = (RepoPath::parse("src/a.rs").unwrap(), Lines::from(TEXT));
        let excerpt = Excerpt {
            path: path.clone(),
            span: text.span(),
            text: text.clone(),
            whole: true,
            why: "words".into(),
        };
        let pack = evidence("what is it?", &[excerpt], Tokens(999)).unwrap();
        let found = Ok(Retrieved { pack, files: BTreeMap::from([(path, text)]) });
        let outs = happens(&mut app, Event::Retrieved { turn, found });
        assert!(matches!(outs[..], [Out::Do(Effect::Send { .. })]), "{outs:?}");
        (app, turn)
    }

    fn say(app: &mut App, turn: TurnId, text: &str) {
        happens(app, Event::Delta { turn, delta: Delta::Text(text.into()) });
    }

    const SOURCES: &str =
        "SOURCES\n[1] src/a.rs:9\n> let total = 1;\n[2] src/x.rs:1\n> let total = 2;\n\nANSWER\n";

    #[test]
    fn an_answer_comes_with_what_is_verified_and_enter_opens_a_source_at_its_line() {
        let (mut app, turn) = asked();
        assert!(picture(&app).contains("asking the model… Esc stops"));
        say(&mut app, turn, SOURCES);
        say(&mut app, turn, "The total is 1 [1]. It is 2 [2].");
        happens(&mut app, Event::Ended { turn, result: Ok(()) });
        let shown = picture(&app);
        for part in [
            "1 of 2 sentence(s) verified; [?] marks the others",
            "The total is 1 [1].",
            "It is 2 [2]. [?]",
            "❯ [1] src/a.rs:2  verified; the answer said src/a.rs:9",
            "[2] src/x.rs:1  not verified: no such file was shown",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        key(&mut app, KeyCode::Down);
        assert!(key(&mut app, KeyCode::Enter).is_empty(), "an unverified source leads nowhere");
        key(&mut app, KeyCode::Up);
        let outs = key(&mut app, KeyCode::Enter);
        assert!(
            matches!(&outs[..], [Out::Do(Effect::Open { path })] if path.as_str() == "src/a.rs"),
            "{outs:?}"
        );
        assert_eq!(app.awaited_file.as_ref().map(|(_, line, _)| *line), Some(1));
    }

    #[test]
    fn esc_stops_the_answer_at_once_and_then_closes_the_page() {
        let (mut app, turn) = asked();
        say(&mut app, turn, SOURCES);
        say(&mut app, turn, "The total is 1 [1]. And");
        let outs = key(&mut app, KeyCode::Esc);
        assert!(matches!(outs[..], [Out::Do(Effect::Abort { .. })]), "{outs:?}");
        assert!(picture(&app).contains("stopped; 1 of 1 sentence(s) verified"), "{}", picture(&app));
        key(&mut app, KeyCode::Esc);
        assert!(app.overlay.is_none());
        press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
        assert!(picture(&app).contains("The total is 1 [1]."), "the answer is still there");
    }

    #[test]
    fn an_answer_that_ends_behind_another_screen_is_announced_and_no_terminal_obeys_it() {
        let (mut app, turn) = asked();
        app.overlay = None;
        say(&mut app, turn, "A lie\x1b]0;owned\x07.");
        happens(&mut app, Event::Ended { turn, result: Ok(()) });
        assert!(picture(&app).contains("Ctrl-A shows it"), "{}", picture(&app));
        press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
        assert!(picture(&app).contains("A lie␛]0;owned␇. [?]"), "{}", picture(&app));
        key(&mut app, KeyCode::F(3));
        assert!(picture(&app).contains("src/a.rs 1-3, excerpt"), "{}", picture(&app));
    }
}
