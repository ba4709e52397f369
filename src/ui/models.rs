//! The page on which the model of a role is chosen: a drop-down for each role, of what is configured
//! and what the servers say they have. It asks no server; what it is told, it lists.

use super::app::{App, Out, Overlay};
use super::keymap::Action;
use super::line_edit::LineEdit;
use super::theme::Paint;
use crate::model::{ModelId, Role};
use crate::session::{Candidate, Effect};

/// The page while it is open.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Models {
    /// The role whose model is chosen, by its place among all.
    pub(super) role: usize,
    pub(super) query: LineEdit,
    pub(super) chosen: usize,
    /// What the servers have; `None` while they are being asked.
    pub(super) found: Option<Vec<Candidate>>,
}

impl Models {
    pub fn role(&self) -> Role {
        Role::ALL.get(self.role).copied().unwrap_or(Role::Chat)
    }

    pub fn query(&self) -> &LineEdit {
        &self.query
    }

    pub fn chosen(&self) -> usize {
        self.chosen
    }

    pub fn is_looking(&self) -> bool {
        self.found.is_none()
    }

    /// What can be chosen for the role: what is configured, in its order, then what was found.
    pub fn rows<'a>(&'a self, configured: &'a [ModelId]) -> Vec<&'a ModelId> {
        let role = self.role();
        let found = self.found.iter().flatten().filter(|one| one.roles.contains(&role));
        let others = found.map(|one| &one.model).filter(|model| !configured.contains(model));
        let wanted = self.query.text().to_lowercase();
        let fits = |model: &&ModelId| model.to_string().to_lowercase().contains(&wanted);
        configured.iter().chain(others).filter(fits).collect()
    }
}

impl App {
    /// Opens the page, and has the servers asked.
    pub(super) fn choose_model(&mut self) -> Vec<Out> {
        self.lay_over(Overlay::Models(Models::default()));
        vec![Out::Do(Effect::ListModels)]
    }

    /// The servers have answered.
    pub(super) fn models_found(&mut self, candidates: Vec<Candidate>) {
        if let Some(Overlay::Models(models)) = &mut self.overlay {
            models.found = Some(candidates);
        }
    }

    pub(super) fn act_in_models(&mut self, action: Action) -> Vec<Out> {
        let facts = &self.facts;
        let Some(Overlay::Models(models)) = &mut self.overlay else { return Vec::new() };
        let rows = models.rows(facts.models(models.role())).len();
        let roles = Role::ALL.len();
        match action {
            Action::Down => models.chosen = (models.chosen + 1).min(rows.saturating_sub(1)),
            Action::Up => models.chosen = models.chosen.saturating_sub(1),
            Action::NextRole => (models.role, models.chosen) = ((models.role + 1) % roles, 0),
            Action::PreviousRole => (models.role, models.chosen) = ((models.role + roles - 1) % roles, 0),
            Action::Backspace => models.query.backspace(),
            Action::DeleteLine => models.query.clear(),
            Action::Submit => return self.prefer_chosen(),
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn type_in_models(&mut self, text: &str) {
        if let Some(Overlay::Models(models)) = &mut self.overlay {
            models.query.insert(text);
            models.chosen = 0;
        }
    }

    /// From the next request on; the turn, its hunks and the conversation stay as they are.
    fn prefer_chosen(&mut self) -> Vec<Out> {
        let Some(Overlay::Models(models)) = &self.overlay else { return Vec::new() };
        let role = models.role();
        let rows = models.rows(self.facts.models(role));
        let Some(model) = rows.get(models.chosen).map(|model| (*model).clone()) else { return Vec::new() };
        let found = models.found.iter().flatten().find(|one| one.model == model);
        let price = found.and_then(|one| one.price);
        self.facts.prices.extend(price.map(|price| (model.clone(), price)));
        self.close_overlay();
        self.facts.prefer(role, model.clone());
        self.say(Paint::Good, format!("{role}: {model}, from the next request on"));
        vec![Out::Do(Effect::Prefer { role, model })]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::theme::{Depth, Ground, Theme};
    use super::super::{Facts, Input, Limits, view};
    use super::*;
    use crate::change::{Focus, Leash, Level};
    use crate::context::{Pack, Segment, Source as From, Trust};
    use crate::model::{Bill, Counted, Failure, Money, Tokens, Usage};
    use crate::prompt::Prompts;
    use crate::session::{Event, Gathered, Instruct, Session, Terms, TurnId};
    use crate::workspace::Source;

    fn id(text: &str) -> ModelId {
        text.parse().unwrap()
    }

    fn app() -> App {
        let prompts = Prompts::embedded().unwrap().into();
        let terms = Terms { prompts, leash: Leash::default(), max_output: None, source: Source::Tui };
        let models = vec![(Role::Chat, vec![id("first/a"), id("second/b")]), (Role::Embed, vec![])];
        let facts = Facts { models, ..Facts::default() };
        let limits = Limits { first_byte: Duration::from_secs(30), idle: Duration::from_secs(20) };
        let theme = Theme { depth: Depth::None, ground: Ground::Dark };
        App::new(Session::new(terms), facts, limits, theme, Level::Repo, 4)
    }

    fn press(app: &mut App, code: KeyCode) -> Vec<Out> {
        app.update(Duration::ZERO, Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn happens(app: &mut App, event: Event) {
        app.update(Duration::ZERO, Input::Event(event));
    }

    fn picture(app: &App, width: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, 12)).unwrap();
        terminal.draw(|frame| view::view(app, frame)).unwrap();
        terminal.backend().to_string()
    }

    fn row(app: &App, width: u16, part: &str) -> String {
        let picture = picture(app, width);
        picture.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{picture}")).to_owned()
    }

    #[test]
    fn a_model_is_chosen_from_a_list_and_asked_first_from_then_on() {
        let mut app = app();
        let outs = press(&mut app, KeyCode::F(2));
        assert!(matches!(outs[..], [Out::Do(Effect::ListModels)]));
        assert!(row(&app, 80, "first/a").contains("asked first"));
        let found = ["third/chat-x", "third/chat-y"].map(|model| Candidate {
            model: id(model),
            roles: vec![Role::Chat],
            price: None,
        });
        happens(&mut app, Event::Models(found.into()));
        for c in "CHAT".chars() {
            press(&mut app, KeyCode::Char(c));
        }
        press(&mut app, KeyCode::Down);
        let outs = press(&mut app, KeyCode::Enter);
        let [Out::Do(Effect::Prefer { role: Role::Chat, model })] = &outs[..] else { panic!("{outs:?}") };
        assert_eq!(model, &id("third/chat-y"));
        assert_eq!(app.facts.models(Role::Chat), [id("third/chat-y"), id("first/a"), id("second/b")]);
        assert!(picture(&app, 80).contains("chat: third/chat-y, from the next request on"));
    }

    #[test]
    fn each_role_lists_what_can_serve_it_and_an_empty_list_says_what_to_do() {
        let mut app = app();
        press(&mut app, KeyCode::F(2));
        happens(
            &mut app,
            Event::Models(vec![Candidate { model: id("v/e"), roles: vec![Role::Embed], price: None }]),
        );
        assert!(!picture(&app, 80).contains("v/e"));
        press(&mut app, KeyCode::BackTab);
        assert!(picture(&app, 80).contains("no model: add one"), "review has none");
        (0..3).for_each(|_| drop(press(&mut app, KeyCode::Tab)));
        assert!(picture(&app, 80).contains("❯ v/e"));
        assert!(press(&mut app, KeyCode::Esc).is_empty() && app.overlay.is_none());
    }

    #[test]
    fn who_stands_in_for_the_first_is_on_screen_with_what_it_costs() {
        let mut app = app();
        let focus = Focus { file: None, lines: None };
        let instruct = Instruct {
            text: "go".into(),
            level: Level::Repo,
            focus,
            open: Default::default(),
            wants: Default::default(),
        };
        app.session.instruct(instruct).unwrap();
        let turn = TurnId(1);
        let pack = Pack::new(vec![Segment::new(From::Instruction, "typed", "go", Trust::User)]);
        happens(&mut app, Event::Gathered { turn, packed: Ok(Gathered { pack, read: Default::default() }) });
        let failure = Failure::Unreachable { server: "first (h)".into(), why: "connection refused".into() };
        happens(&mut app, Event::Switched { turn, failure, from: id("first/a"), to: id("second/b") });
        assert!(picture(&app, 120).contains("on generator: second/b; first (h) is not reachable"));
        happens(&mut app, Event::Asking { turn, model: id("second/b"), window: None });
        let counted = Counted::Provider;
        let usage = Usage { input: Tokens(1_200), output: Tokens(30), counted, ..Usage::default() };
        let bill = Bill::of(usage, Some(Money(4_200)));
        let earlier = Bill::of(usage, Some(Money(1_000_000)));
        happens(&mut app, Event::Metered { turn: Some(turn), bill, today: Some(earlier + bill) });
        let shown = row(&app, 160, "[repo]");
        assert!(shown.contains("on generator: second/b $0.0042 · today $1.00"), "{shown}");
        let narrow = row(&app, 80, "[repo]");
        assert!(narrow.contains("on generator: b") && narrow.contains("600 lines"), "{narrow}");
        assert!(row(&app, 24, "[r]").contains("on generator") || !row(&app, 24, "[r]").contains("second"));
        happens(&mut app, Event::Asking { turn, model: id("first/a"), window: None });
        assert!(!row(&app, 160, "[repo]").contains("generator"), "the first is back");
    }

    #[test]
    fn what_was_sent_is_shown_byte_for_byte_and_printable() {
        let mut app = app();
        let bytes =
            b"POST http://h/v1 HTTP/1.1\r\nauthorization: [key]\r\n\r\n{\"x\":\"\x1b]0;t\x07\"}".to_vec();
        let (id, provider, line) = ("20261125-1".to_owned(), "first".to_owned(), String::new());
        let sent = crate::session::SentRequest { id, provider, line, bytes };
        happens(&mut app, Event::Wire(Ok(vec![sent])));
        let picture = picture(&app, 80);
        for part in ["POST http://h/v1 HTTP/1.1", "authorization: [key]", "{\"x\":\"␛]0;t␇\"}"] {
            assert!(picture.contains(part), "{part}\n{picture}");
        }
    }
}
