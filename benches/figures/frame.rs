//! From a key to a painted frame: `update`, then `view` onto a terminal that is not there. The bytes
//! for a real one are computed too, since the test terminal compares cells as a real one does.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use divan::Bencher;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rein::change::{Leash, Level};
use rein::context::{self, Open, Request};
use rein::model::{Delta, Finish, ModelId, Tokens};
use rein::prompt::Prompts;
use rein::session::{Effect, Event, Gathered, Instruct, Session, Terms, TurnId};
use rein::text::{Digest, Lines, RepoPath, highlight};
use rein::ui::theme::{Depth, Ground, Theme};
use rein::ui::{App, Facts, Input, Limits, Out, view};
use rein::workspace::{FileText, Source};

use super::sample::{LONG, block, code};

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];
const HUNKS: usize = 500;

/// A screen with hands: what the app wants done is done at once, as far as it can be without a disk.
struct Desk {
    app: App,
    terminal: Terminal<TestBackend>,
    text: Lines,
    asked: Option<TurnId>,
}

impl Desk {
    fn new((width, height): (u16, u16), lines: usize) -> Self {
        let leash = Leash::new(usize::MAX, usize::MAX, &[]).unwrap();
        let prompts = Prompts::embedded().unwrap().into();
        let session = Session::new(Terms { prompts, leash, max_output: None, source: Source::Tui });
        let limits = Limits { first_byte: Duration::from_secs(30), idle: Duration::from_secs(20) };
        let theme = Theme { depth: Depth::True, ground: Ground::Dark };
        let app = App::new(session, Facts::default(), limits, theme, Level::File, 4);
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut desk = Self { app, terminal, text: Lines::from(code(lines).as_str()), asked: None };
        desk.input(Input::Resize(width, height));
        let outs = desk.app.open(RepoPath::parse("code.rs").unwrap(), lines / 2, 4);
        desk.follow(outs);
        desk.draw();
        desk
    }

    /// The same with a whole reply of hunks under review.
    fn reviewing(size: (u16, u16)) -> Self {
        let mut desk = Self::new(size, LONG);
        desk.ask();
        let step = LONG / 6 / HUNKS;
        (0..HUNKS).for_each(|n| desk.hear(block(n * step)));
        desk.end();
        assert_eq!(desk.hunks(), HUNKS);
        desk.draw();
        desk
    }

    fn ask(&mut self) {
        self.key(KeyCode::Char('l'), KeyModifiers::CONTROL);
        self.key(KeyCode::Char('x'), KeyModifiers::NONE);
        self.key(KeyCode::Enter, KeyModifiers::NONE);
        let turn = self.turn();
        self.event(Event::Asking {
            turn,
            model: ModelId { provider: "p".into(), model: "m".into() },
            window: None,
        });
    }

    fn turn(&self) -> TurnId {
        self.asked.unwrap()
    }

    fn hear(&mut self, text: String) {
        let turn = self.turn();
        self.event(Event::Delta { turn, delta: Delta::Text(text) });
    }

    fn end(&mut self) {
        let turn = self.turn();
        self.event(Event::Delta { turn, delta: Delta::Finish(Finish::Stop) });
        self.event(Event::Ended { turn, result: Ok(()) });
    }

    fn hunks(&self) -> usize {
        self.app.session().turn().map_or(0, |turn| turn.review().hunks().count())
    }

    fn key(&mut self, code: KeyCode, mods: KeyModifiers) {
        self.input(Input::Key(KeyEvent::new(code, mods)));
    }

    fn event(&mut self, event: Event) {
        self.input(Input::Event(event));
    }

    fn input(&mut self, input: Input) {
        let outs = self.app.update(Duration::ZERO, input);
        self.follow(outs);
    }

    fn follow(&mut self, outs: Vec<Out>) {
        for out in outs {
            let Out::Do(effect) = out else { continue };
            if let Some(event) = self.done(effect) {
                self.event(event);
            }
        }
    }

    fn done(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Open { path } => {
                let (lines, digest) = (self.text.clone(), Digest::of(self.text.bytes()));
                let text = FileText { path: path.clone(), lines, digest, executable: false };
                Some(Event::Opened { path, read: Ok(Some(text)) })
            }
            Effect::Highlight { path, version, language, text } => {
                let classes = highlight::highlight(language, text.bytes());
                Some(Event::Highlighted { path, version, classes, faults: Vec::new() })
            }
            Effect::Gather { turn, instruct } => Some(self.gathered(turn, &instruct)),
            Effect::Send { turn, .. } => {
                self.asked = Some(turn);
                None
            }
            _ => None,
        }
    }

    fn gathered(&self, turn: TurnId, instruct: &Instruct) -> Event {
        let path = instruct.focus.file.as_ref().unwrap();
        let open = Some(Open { path, text: &self.text, selection: None, cursor: None });
        let request = Request::new(instruct.level, &instruct.text, open);
        let pack = context::gather(&request, Tokens(10_000_000)).unwrap();
        Event::Gathered { turn, packed: Ok(Gathered { pack, read: Default::default() }) }
    }

    fn draw(&mut self) {
        self.terminal.draw(|frame| view::view(&self.app, frame)).unwrap();
        self.app.drawn();
    }
}

/// Presses the keys in turn, a frame after each.
fn press(bencher: Bencher<'_, '_>, mut desk: Desk, keys: &[KeyCode]) {
    let mut next = keys.iter().cycle();
    bencher.bench_local(|| {
        if let Some(code) = next.next() {
            desk.key(*code, KeyModifiers::NONE);
        }
        desk.draw();
    });
}

#[divan::bench(args = SIZES)]
fn type_in_50_000_lines(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    press(bencher, Desk::new(size, LONG), &[KeyCode::Char('x'), KeyCode::Backspace]);
}

#[divan::bench(args = SIZES)]
fn page_through_50_000_lines(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    press(bencher, Desk::new(size, LONG), &[KeyCode::PageDown, KeyCode::PageDown, KeyCode::PageUp]);
}

#[divan::bench(args = SIZES)]
fn type_in_coloured_code(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    press(bencher, Desk::new(size, 10_000), &[KeyCode::Char('x'), KeyCode::Backspace]);
}

#[divan::bench(args = SIZES)]
fn type_between_500_hunks(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    let mut desk = Desk::reviewing(size);
    desk.key(KeyCode::Char('q'), KeyModifiers::NONE);
    press(bencher, desk, &[KeyCode::Char('x'), KeyCode::Backspace]);
}

#[divan::bench(args = SIZES)]
fn step_through_500_hunks(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    press(bencher, Desk::reviewing(size), &[KeyCode::Char('J'), KeyCode::Char('J'), KeyCode::Char('K')]);
}

/// Accept, and take it back.
#[divan::bench(args = SIZES)]
fn decide_one_of_500_hunks(bencher: Bencher<'_, '_>, size: (u16, u16)) {
    press(bencher, Desk::reviewing(size), &[KeyCode::Char('y'), KeyCode::Char('u')]);
}

/// The piece of the reply that closes a hunk, and the frame that shows it.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn a_hunk_arrives_in_50_000_lines(bencher: Bencher<'_, '_>) {
    let mut desk = Desk::new(SIZES[0], LONG);
    desk.ask();
    let mut number = 0;
    bencher
        .with_inputs(|| {
            number += 1;
            block(number * 50)
        })
        .bench_local_values(|block| {
            desk.hear(block);
            desk.draw();
        });
    assert!(desk.hunks() > 0);
}
