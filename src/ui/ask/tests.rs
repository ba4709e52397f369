//! The page of a question: depths, sources, stopping, and what a hostile answer can draw.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::super::theme::{Depth as Colours, Ground, Theme};
use super::super::{Facts, Input, Limits, view};
use super::*;
use crate::change::{Leash, Level};
use crate::context::citation::{Evidence, ShownCommit};
use crate::context::{Asked, Excerpt, evidence, evidence_for};
use crate::model::{Delta, Runnable, Tokens, ToolCall};
use crate::prompt::Prompts;
use crate::session::{
    Allowance, Conversation, Depth, Effect, Event, Head, KeptAnswer, NoEvidence, Outcome, Reach, Recalled,
    Retrieved, Session, Terms,
};
use crate::text::{Lines, RepoPath};
use crate::workspace::Source;

const TEXT: &str = "fn a() {\n    let total = 1;\n}\n";

fn app() -> App {
    let prompts = Prompts::embedded().unwrap().into();
    let terms = Terms { prompts, leash: Leash::default(), max_output: None, source: Source::Tui };
    let limits = Limits { first_byte: Duration::from_secs(30), idle: Duration::from_secs(20) };
    let theme = Theme { depth: Colours::None, ground: Ground::Dark };
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

/// All of the file that questions are about.
fn excerpt() -> Excerpt {
    let (path, text) = (RepoPath::parse("src/a.rs").unwrap(), Lines::from(TEXT));
    Excerpt { path, span: text.span(), text, whole: true, why: "words".into() }
}

fn shown() -> Evidence {
    let mut shown = Evidence::default();
    shown.add_file(excerpt().path, excerpt().text);
    shown
}

/// A question that has been put and found something.
fn asked() -> (App, TurnId) {
    asked_by(|_| ())
}

fn asked_by(begin: impl FnOnce(&mut App)) -> (App, TurnId) {
    let mut app = app();
    begin(&mut app);
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    "what is it?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
    let outs = key(&mut app, KeyCode::Enter);
    let [Out::Do(Effect::Retrieve { turn, question, .. })] = &outs[..] else { panic!("{outs:?}") };
    assert_eq!(question.text, "what is it?");
    let turn = *turn;
    let pack = evidence("what is it?", &[excerpt()], Tokens(999)).unwrap();
    let found = Ok(Retrieved::of(pack, shown()));
    let outs = happens(&mut app, Event::Retrieved { turn, found });
    assert!(matches!(outs[..], [Out::Do(Effect::Consult { .. })]), "{outs:?}");
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
    assert!(matches!(&outs[..], [Out::Do(Effect::Open { path })] if path.as_str() == "src/a.rs"), "{outs:?}");
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

#[test]
fn the_slider_of_a_question_is_its_own_and_on_screen_in_words() {
    let mut app = app();
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    let shown = picture(&app);
    assert!(shown.contains("[quick] research  deep   one search, one request"), "{shown}");
    assert!(shown.contains("Tab how far to go  Ctrl-A leave  Ctrl-R earlier answers"), "{shown}");
    key(&mut app, KeyCode::Tab);
    assert!(
        picture(&app).contains(" quick [research] deep   looks things up in files and history"),
        "{}",
        picture(&app)
    );
    assert_eq!(app.level(), Level::Repo, "the other slider has not moved");
    "why?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
    let outs = key(&mut app, KeyCode::Enter);
    let [Out::Do(Effect::Retrieve { question, .. })] = &outs[..] else { panic!("{outs:?}") };
    assert_eq!(question.depth, Depth::Research);
}

#[test]
fn what_is_looked_up_is_on_screen_and_the_page_can_be_left_while_it_goes_on() {
    let mut app = app();
    app.ask_as(Depth::Research, Reach::default(), Allowance::default());
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    "why?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
    let outs = key(&mut app, KeyCode::Enter);
    let [Out::Do(Effect::Retrieve { turn, .. })] = &outs[..] else { panic!("{outs:?}") };
    let turn = *turn;
    happens(&mut app, Event::Retrieved { turn, found: Err(NoEvidence::Nothing) });
    let (id, arguments) = (None, "{\"query\": \"a\\u001bb\"}".to_owned());
    let call = ToolCall { id, name: "search".into(), arguments, freeform: false, runnable: Runnable::Yes };
    happens(&mut app, Event::Delta { turn, delta: Delta::Call(call) });
    let outs = happens(&mut app, Event::Ended { turn, result: Ok(()) });
    assert!(matches!(outs[..], [Out::Do(Effect::UseTools { .. })]), "{outs:?}");
    let outcomes = vec![Outcome { gave: Err("nothing fits".into()), shown: Evidence::default() }];
    happens(&mut app, Event::Used { turn, dice: 1, outcomes });
    assert!(picture(&app).contains("search a␛b: nothing fits"), "{}", picture(&app));
    assert!(picture(&app).contains("asking the model · 1 lookup(s)"), "{}", picture(&app));
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    assert!(app.overlay.is_none() && app.session().inquiry().unwrap().is_running());
    say(&mut app, turn, "Nobody knows.");
    happens(&mut app, Event::Ended { turn, result: Ok(()) });
    app.update(Duration::from_secs(60), Input::Tick);
    assert!(picture(&app).contains("an answer waits: Ctrl-A"), "{}", picture(&app));
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    key(&mut app, KeyCode::Esc);
    assert!(!picture(&app).contains("an answer waits"), "{}", picture(&app));
}

#[test]
fn a_commit_that_is_a_source_opens_to_be_read_and_goes_back_to_the_answer() {
    let (mut app, turn) = asked();
    say(&mut app, turn, "Nothing.");
    happens(&mut app, Event::Ended { turn, result: Ok(()) });
    "why?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
    assert!(picture(&app).contains("goes on from the answer; Alt-N: anew"), "{}", picture(&app));
    press(&mut app, KeyCode::Char('n'), KeyModifiers::ALT);
    assert!(!picture(&app).contains("goes on from"), "{}", picture(&app));
    let outs = key(&mut app, KeyCode::Enter);
    let Some(Out::Do(Effect::Retrieve { turn, question, .. })) = outs.last() else { panic!("{outs:?}") };
    assert!(!question.follows);
    let turn = *turn;
    let mut shown = Evidence::default();
    let diff = "diff --git a/x b/x\n@@ -1 +1 @@\n-let total = 0;\n+let total = 1;\n";
    shown.add_commit(ShownCommit::new("1a2b3c4d".repeat(5), "commit 1a2b\n\nCount from one\u{202e}\n", diff));
    let pack = evidence("why?", &[], Tokens(999)).unwrap();
    happens(
        &mut app,
        Event::Retrieved { turn, found: Ok(Retrieved { history: true, ..Retrieved::of(pack, shown) }) },
    );
    say(&mut app, turn, "SOURCES\n[1] commit 1a2b3c4d\n> let total = 1;\n\nANSWER\nIt was wanted [1].");
    happens(&mut app, Event::Ended { turn, result: Ok(()) });
    assert!(picture(&app).contains("❯ [1] commit 1a2b3c4d  verified"), "{}", picture(&app));
    assert!(key(&mut app, KeyCode::Enter).is_empty());
    let shown = picture(&app);
    assert!(shown.contains("+let total = 1;") && !shown.contains("It was wanted"), "{shown}");
    key(&mut app, KeyCode::PageUp);
    assert!(picture(&app).contains("Count from one‹U+202E›"), "{}", picture(&app));
    key(&mut app, KeyCode::Esc);
    assert!(picture(&app).contains("It was wanted [1]."), "{}", picture(&app));
}

#[test]
fn over_two_questions_the_panel_says_what_came_with_which_and_what_stands_above() {
    let (mut app, turn) = asked();
    say(&mut app, turn, "Nothing.");
    happens(&mut app, Event::Ended { turn, result: Ok(()) });
    "and?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
    let outs = key(&mut app, KeyCode::Enter);
    let Some(Out::Do(Effect::Retrieve { turn, above, .. })) = outs.last() else { panic!("{outs:?}") };
    let (turn, above) = (*turn, (**above).clone());
    let pack = evidence_for(&Asked::of("and?", &[excerpt()], &above), Tokens(999)).unwrap();
    let found = Retrieved { above, ..Retrieved::of(pack, shown()) };
    happens(&mut app, Event::Retrieved { turn, found: Ok(found) });
    say(&mut app, turn, "Nothing either.");
    happens(&mut app, Event::Ended { turn, result: Ok(()) });
    key(&mut app, KeyCode::F(3));
    let panel = picture(&app);
    let second = panel.find("request 2").unwrap_or_else(|| panic!("{panel}"));
    assert!(panel.find("request 1").is_some_and(|first| first < second), "{panel}");
    let again = &panel[second..];
    assert!(
        again.contains("↑ ▸ src/a.rs 1-3, excerpt") && again.contains("already above (request 1)"),
        "{panel}"
    );
}

#[test]
fn whatever_is_read_over_a_question_goes_back_to_it_with_what_was_typed() {
    let mut app = app();
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    "who uses it?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
    for opened in [1, 2, 3, 6, 9] {
        key(&mut app, KeyCode::F(opened));
        assert!(!matches!(app.overlay, Some(Overlay::Ask(_))), "F{opened} opens a page");
        key(&mut app, KeyCode::Esc);
        assert!(picture(&app).contains("ask who uses it?"), "F{opened}: {}", picture(&app));
    }
    press(&mut app, KeyCode::Char('p'), KeyModifiers::CONTROL);
    assert!(matches!(app.overlay, Some(Overlay::Picker(_))));
    key(&mut app, KeyCode::Esc);
    assert!(picture(&app).contains("ask who uses it?"), "{}", picture(&app));
    press(&mut app, KeyCode::Char('p'), KeyModifiers::CONTROL);
    key(&mut app, KeyCode::Enter);
    assert!(app.overlay.is_none(), "a file was chosen");
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    assert!(picture(&app).contains("ask who uses it?"), "{}", picture(&app));
    key(&mut app, KeyCode::F(3));
    assert!(picture(&app).contains("no question was sent yet"), "{}", picture(&app));
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    assert!(picture(&app).contains("ask who uses it?"), "{}", picture(&app));
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    assert!(app.overlay.is_none());
    key(&mut app, KeyCode::F(1));
    key(&mut app, KeyCode::Esc);
    assert!(app.overlay.is_none(), "what was opened over the editor goes back there");
}

#[test]
fn what_was_typed_as_a_question_is_there_again_after_every_way_out_and_after_a_failure() {
    let mut app = app();
    let ask = |app: &mut App| drop(press(app, KeyCode::Char('a'), KeyModifiers::CONTROL));
    ask(&mut app);
    "who uses it?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
    for way_out in ['a', 'k', 'l'] {
        press(&mut app, KeyCode::Char(way_out), KeyModifiers::CONTROL);
        if matches!(app.overlay, Some(Overlay::Ask(_))) {
            ask(&mut app);
        }
        assert!(app.overlay.is_none(), "Ctrl-{way_out} leaves the page");
        ask(&mut app);
        assert!(picture(&app).contains("ask who uses it?"), "Ctrl-{way_out}: {}", picture(&app));
    }
    let outs = key(&mut app, KeyCode::Enter);
    let [Out::Do(Effect::Retrieve { turn, .. })] = &outs[..] else { panic!("{outs:?}") };
    let turn = *turn;
    assert!(!picture(&app).contains("ask who uses it?"), "it is on its way");
    ask(&mut app);
    happens(&mut app, Event::Retrieved { turn, found: Err(NoEvidence::Nothing) });
    assert!(picture(&app).contains("your question has no answer; Ctrl-A says why"), "{}", picture(&app));
    ask(&mut app);
    assert!(picture(&app).contains("ask who uses it?"), "{}", picture(&app));
}

#[test]
fn the_footer_offers_no_decision_about_meaning_where_there_is_none() {
    let mut app = app();
    key(&mut app, KeyCode::F(9));
    let shown = picture(&app);
    assert!(shown.contains("q close") && !shown.contains("texts may be sent"), "{shown}");
}

#[test]
fn at_forty_columns_the_page_is_still_legible() {
    let (mut app, turn) = asked();
    app.update(Duration::ZERO, Input::Resize(40, 10));
    say(&mut app, turn, SOURCES);
    say(&mut app, turn, "The total is 1 [1].");
    happens(&mut app, Event::Ended { turn, result: Ok(()) });
    let mut terminal = Terminal::new(TestBackend::new(40, 10)).unwrap();
    terminal.draw(|frame| view::view(&app, frame)).unwrap();
    let shown = terminal.backend().to_string();
    assert!(shown.contains("[quick] research  deep") && shown.contains("The total is 1 [1]."), "{shown}");
}

/// The answer in hand as it is read back after a restart, with what its file is now.
fn read_back(app: &mut App, outs: &[Out], now: &str) -> (Head, Recalled) {
    let kept = outs.iter().find_map(|out| match out {
        Out::Do(Effect::KeepAnswer { answered }) => answered.at(1_796_037_119_000),
        _ => None,
    });
    let kept = kept.expect("an answer to be kept");
    let line = serde_json::to_vec(&kept).unwrap();
    let kept: KeptAnswer = serde_json::from_slice(&line).unwrap();
    assert_eq!(app.session().inquiry().unwrap().kept_as().unwrap().id, kept.head.id);
    let head = kept.head.clone();
    let now = [(RepoPath::parse("src/a.rs").unwrap(), Lines::from(now))].into();
    let recalled = Conversation::of(vec![kept]).recall(&head.id, &now).unwrap();
    (head, recalled)
}

/// An answer that was kept, and its page left.
fn answered_and_kept() -> (App, Vec<Out>) {
    let (mut app, turn) = asked_by(|app| app.session.keep_answers(7));
    say(&mut app, turn, SOURCES);
    say(&mut app, turn, "The total is 1 [1]. It is 2 [2].");
    let outs = happens(&mut app, Event::Ended { turn, result: Ok(()) });
    (app, outs)
}

#[test]
fn an_answer_of_earlier_is_opened_from_a_list_and_says_what_changed_since() {
    let (mut before, outs) = answered_and_kept();
    let (head, recalled) = read_back(&mut before, &outs, &format!("// new\n{TEXT}"));
    let mut app = app();
    app.session.keep_answers(8);
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    let outs = press(&mut app, KeyCode::Char('r'), KeyModifiers::CONTROL);
    assert!(matches!(outs[..], [Out::Do(Effect::ListAnswers)]), "{outs:?}");
    happens(&mut app, Event::Answers(Ok(vec![head.clone()])));
    let shown = picture(&app);
    assert!(
        shown.contains("what is it?") && shown.contains("2026-11-30 11:11 UTC · quick · 1 of 2"),
        "{shown}"
    );
    let outs = key(&mut app, KeyCode::Enter);
    assert!(matches!(&outs[..], [Out::Do(Effect::RecallAnswer { id })] if *id == head.id), "{outs:?}");
    happens(&mut app, Event::Recalled(Box::new(Ok(recalled))));
    let shown = picture(&app);
    for part in [
        "answered 2026-11-30 11:11 UTC",
        "The total is 1 [1].",
        "❯ [1] src/a.rs:2  verified; the answer said src/a.rs:9",
        "the file changed since; it stands at 3 now",
        "goes on from the answer; Alt-N: anew",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let outs = key(&mut app, KeyCode::Enter);
    assert!(matches!(&outs[..], [Out::Do(Effect::Open { .. })]), "{outs:?}");
    assert_eq!(app.awaited_file.as_ref().map(|(_, line, _)| *line), Some(2), "where it stands now");
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    "and?".chars().for_each(|c| drop(key(&mut app, KeyCode::Char(c))));
    let outs = key(&mut app, KeyCode::Enter);
    let asked = outs.iter().find_map(|out| match out {
        Out::Do(Effect::Retrieve { question, .. }) => Some(question.follows),
        _ => None,
    });
    assert_eq!(asked, Some(true), "{outs:?}");
}

#[test]
fn what_a_source_said_can_be_read_when_the_file_says_it_no_more() {
    let (mut before, outs) = answered_and_kept();
    let (_, recalled) = read_back(&mut before, &outs, "fn other() {}\n");
    let mut app = app();
    let _ = app.session.recall_answer(recalled);
    press(&mut app, KeyCode::Char('a'), KeyModifiers::CONTROL);
    assert!(picture(&app).contains("the file changed since, and does not say so"), "{}", picture(&app));
    assert!(key(&mut app, KeyCode::Enter).is_empty());
    let shown = picture(&app);
    assert!(shown.contains("src/a.rs as it was shown") && shown.contains("2     let total = 1;"), "{shown}");
    key(&mut app, KeyCode::Esc);
    assert!(picture(&app).contains("The total is 1 [1]."), "{}", picture(&app));
}

#[test]
fn a_list_that_comes_late_opens_nothing_and_what_runs_is_not_replaced() {
    let (mut before, outs) = answered_and_kept();
    let (head, recalled) = read_back(&mut before, &outs, TEXT);
    let mut left = app();
    happens(&mut left, Event::Answers(Ok(vec![head.clone()])));
    assert!(left.overlay.is_none(), "who has left the page is not called back");
    let (mut app, turn) = asked();
    happens(&mut app, Event::Answers(Ok(vec![head])));
    happens(&mut app, Event::Recalled(Box::new(Ok(recalled))));
    assert!(picture(&app).contains("a request is still running; Esc stops it"), "{}", picture(&app));
    assert_eq!(app.session().inquiry().map(Inquiry::id), Some(turn));
}

#[test]
fn an_answer_is_copied_or_becomes_a_text_that_nobody_has_saved_yet() {
    let (mut app, _) = answered_and_kept();
    let outs = press(&mut app, KeyCode::Char('c'), KeyModifiers::ALT);
    let [Out::Clipboard(text)] = &outs[..] else { panic!("{outs:?}") };
    assert!(text.starts_with("# what is it?\n") && text.contains("It is 2 [2]. [?]"), "{text}");
    let text = text.clone();
    app.listing = Some(vec![RepoPath::parse("what-is-it.md").unwrap()]);
    let outs = press(&mut app, KeyCode::Char('e'), KeyModifiers::ALT);
    assert!(!outs.iter().any(|out| matches!(out, Out::Do(Effect::Save { .. }))), "{outs:?}");
    assert!(picture(&app).contains("what-is-it-2.md (new)"), "{}", picture(&app));
    let file = app.file().unwrap();
    assert_eq!(file.buffer.snapshot(), Lines::from(text.as_str()));
    assert!(file.buffer.is_dirty() && app.unsaved() == 1);
    let outs = press(&mut app, KeyCode::Char('s'), KeyModifiers::CONTROL);
    assert!(matches!(&outs[..], [Out::Do(Effect::Save { expected: None, .. }), ..]), "{outs:?}");
}
