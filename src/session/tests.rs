//! A turn as a table: every situation it can be in × everything that can happen to it, and the
//! sentences a user would say about the rest.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::change::{Base, FileOp, Focus, HunkId, Landed, Level, Standing, Verdict};
use crate::context::{Pack, Segment, Source as From, Trust};
use crate::model::{Ask, Bill, Finish, ModelId, Money, Speaker, Usage};
use crate::text::{Digest, Lines, RepoPath, Span};
use crate::workspace::{JournalError, UndoError, WriteError};

const TEXT: &str = "one\ntwo\nthree\nfour\nfive\n";

fn path(name: &str) -> RepoPath {
    RepoPath::parse(name).unwrap()
}

fn base(name: &str, text: &str) -> Base {
    Base { path: path(name), text: Some(Lines::from(text)) }
}

fn block(file: &str, old: &str, new: &str) -> String {
    format!("{file}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n\n")
}

fn instruct(level: Level, open: bool) -> Instruct {
    let focus = Focus { file: Some(path("a.txt")), lines: Some(Span::new(1, 3)) };
    let open = BTreeMap::from_iter(open.then(|| (path("a.txt"), Lines::from(TEXT))));
    Instruct { text: "make it so".into(), level, focus, open, wants: Default::default() }
}

fn session() -> Session {
    Session::new(Terms {
        prompts: Arc::new(Prompts::embedded().unwrap()),
        leash: Leash::default(),
        max_output: None,
        source: Source::Tui,
    })
}

const FIRST: TurnId = TurnId(1);

fn gathered(read: &[(&str, &str)]) -> Event {
    let pack = Pack::new(vec![Segment::new(From::Instruction, "typed", "make it so", Trust::User)]);
    let read = read.iter().map(|(name, text)| (path(name), base(name, text))).collect();
    Event::Gathered { turn: FIRST, packed: Ok(Gathered { pack, read }) }
}

fn text(text: impl Into<String>) -> Event {
    Event::Delta { turn: FIRST, delta: Delta::Text(text.into()) }
}

fn usage(input: u64, output: u64) -> Event {
    let usage = Usage { input: Tokens(input), output: Tokens(output), ..Usage::default() };
    Event::Delta { turn: FIRST, delta: Delta::Usage(usage) }
}

fn ended() -> Event {
    Event::Ended { turn: FIRST, result: Ok(()) }
}

fn cut() -> Event {
    Event::Ended { turn: FIRST, result: Err(Failure::Cut { server: "local (127.0.0.1)".into() }) }
}

fn broke_off() -> Event {
    let id = |provider: &str| ModelId { provider: provider.into(), model: "m".into() };
    let failure = Failure::Cut { server: "first (127.0.0.1)".into() };
    Event::BrokeOff { turn: FIRST, failure, from: id("first"), to: id("second") }
}

fn looked(name: &str, text: &str) -> Event {
    Event::Looked { turn: FIRST, path: path(name), read: Ok(base(name, text)) }
}

/// The landing that the session asked for, as done: the files hold `text` now.
fn landed(effects: Vec<Effect>, text: &str) -> Event {
    let Some(Effect::Land { approved, turn, .. }) = effects.into_iter().next() else { panic!("no landing") };
    let file = |path: &RepoPath| Landed {
        path: path.clone(),
        op: FileOp::Update,
        before: None,
        after: Some(Digest::of(text.as_bytes())),
        merged: false,
        text: Some(Lines::from(text)),
    };
    let files = approved.files().iter().map(|one| file(&one.base().path)).collect();
    Event::Landed { turn, result: Ok(approved.landed("cafe0001".into(), files)) }
}

fn undone(of: &str, text: &str) -> Undone {
    let file = Landed {
        path: path("a.txt"),
        op: FileOp::Update,
        before: None,
        after: None,
        merged: false,
        text: Some(Lines::from(text)),
    };
    Undone { id: "cafe0002".into(), of: of.into(), story: None, files: vec![file] }
}

fn not_landed() -> ApplyError {
    ApplyError::Write(WriteError::Journal(JournalError::Locked(None)))
}

fn hunks(session: &Session) -> Vec<HunkId> {
    session.turn().unwrap().review().hunks().map(|hunk| hunk.id).collect()
}

fn accept_all(session: &mut Session) {
    let all = hunks(session);
    session.decide(&Decision::Accept(all));
}

/// The situations, each with a session in it. Where hunks can be open, one is.
const SITUATIONS: [&str; 12] = [
    "no turn",
    "gathering",
    "waiting",
    "streaming",
    "looking",
    "cancelled, looking",
    "repairing",
    "reviewing",
    "landing",
    "done, landed",
    "done, rejected",
    "done, failed",
];

fn placed(situation: &str) -> (Session, Vec<Effect>) {
    let mut session = session();
    let mut last = Vec::new();
    let go = |session: &mut Session, event: Event| drop(session.update(event));
    let steps = match situation {
        "no turn" => return (session, last),
        "gathering" => 0,
        "waiting" | "done, failed" => 1,
        _ => 2,
    };
    session.instruct(instruct(Level::Repo, false)).unwrap();
    if steps > 0 {
        go(&mut session, gathered(&[("a.txt", TEXT)]));
    }
    if steps > 1 {
        go(&mut session, text(block("a.txt", "two", "TWO")));
    }
    match situation {
        "looking" => {
            go(&mut session, text(block("b.txt", "beta", "BETA")));
            go(&mut session, ended());
        }
        "cancelled, looking" => {
            go(&mut session, text(block("b.txt", "beta", "BETA")));
            session.cancel();
        }
        "repairing" => {
            go(&mut session, text(block("a.txt", "nowhere to be found", "x")));
            go(&mut session, ended());
        }
        "reviewing" => go(&mut session, ended()),
        "landing" | "done, landed" => {
            go(&mut session, ended());
            accept_all(&mut session);
            last = session.land();
            if situation == "done, landed" {
                let event = landed(std::mem::take(&mut last), &TEXT.replace("two", "TWO"));
                go(&mut session, event);
            }
        }
        "done, rejected" => {
            go(&mut session, ended());
            let all = hunks(&session);
            session.decide(&Decision::Reject(all));
        }
        "done, failed" => go(&mut session, cut()),
        _ => {}
    }
    (session, last)
}

/// What can happen; what it makes the session do.
const HAPPENINGS: [&str; 27] = [
    "instruct",
    "cancel",
    "accept all",
    "reject all",
    "undo a verdict",
    "land",
    "gathered",
    "not gathered",
    "asking",
    "retrying",
    "switched",
    "broke off",
    "text: closes an edit",
    "text: of a new file",
    "usage",
    "ended",
    "ended out of room",
    "cut",
    "looked",
    "not looked",
    "landed",
    "landed, in conflict",
    "not landed",
    "taken back",
    "taken back: another's",
    "of another turn: text",
    "of another turn: ended",
];

fn happen(session: &mut Session, landing: Vec<Effect>, what: &str) -> Result<Vec<Effect>, NotNow> {
    let another = TurnId(99);
    let event = match what {
        "instruct" => return session.instruct(instruct(Level::File, true)),
        "cancel" => return Ok(session.cancel()),
        "land" => return Ok(session.land()),
        "accept all" | "reject all" | "undo a verdict" => {
            let all = session.turn().map(|_| hunks(session)).unwrap_or_default();
            let decision = match what {
                "accept all" => Decision::Accept(all),
                "reject all" => Decision::Reject(all),
                _ => Decision::Undo,
            };
            session.decide(&decision);
            return Ok(Vec::new());
        }
        "gathered" => gathered(&[("a.txt", TEXT)]),
        "not gathered" => {
            let why = crate::context::DoesNotFit::NoFile;
            Event::Gathered { turn: FIRST, packed: Err(GatherError::DoesNotFit(why)) }
        }
        "asking" => {
            let model = ModelId { provider: "local".into(), model: "m".into() };
            Event::Asking { turn: FIRST, model, window: None }
        }
        "retrying" => Event::Retrying {
            turn: FIRST,
            failure: Failure::Cut { server: "local".into() },
            wait: Duration::from_secs(1),
        },
        "switched" => {
            let Event::BrokeOff { turn, failure, from, to } = broke_off() else { unreachable!() };
            Event::Switched { turn, failure, from, to }
        }
        "broke off" => broke_off(),
        "text: closes an edit" => text(block("a.txt", "four", "FOUR")),
        "text: of a new file" => text(block("c.txt", "gamma", "GAMMA")),
        "usage" => usage(10, 5),
        "ended" => ended(),
        "ended out of room" => {
            session.update(Event::Delta { turn: FIRST, delta: Delta::Finish(Finish::Length) });
            ended()
        }
        "cut" => cut(),
        "looked" => looked("b.txt", "beta\n"),
        "not looked" => Event::Looked { turn: FIRST, path: path("b.txt"), read: Err("binary".into()) },
        "landed" if landing.is_empty() => return Ok(Vec::new()),
        "landed" => landed(landing, &TEXT.replace("two", "TWO")),
        "landed, in conflict" => {
            let files = vec![(base("a.txt", &TEXT.replace("two", "zwei")), vec![])];
            Event::Landed { turn: FIRST, result: Err(ApplyError::Conflict { files }) }
        }
        "not landed" => Event::Landed { turn: FIRST, result: Err(not_landed()) },
        "taken back" => Event::Undone(Ok(undone("cafe0001", TEXT))),
        "taken back: another's" => Event::Undone(Ok(undone("beef0001", &format!("zero\n{TEXT}")))),
        "of another turn: text" => Event::Delta { turn: another, delta: Delta::Text("x".into()) },
        "of another turn: ended" => Event::Ended { turn: another, result: Ok(()) },
        other => panic!("{other}"),
    };
    Ok(session.update(event))
}

/// A session in a few words: phase, hunks by verdict, refusals, how the answer ended.
fn state(session: &Session) -> String {
    let Some(turn) = session.turn() else { return "no turn".into() };
    let mut words = format!("{:?}", turn.phase());
    for hunk in turn.review().hunks() {
        words.push_str(match (&hunk.standing, hunk.verdict) {
            (_, Verdict::Rejected) => " n",
            (Standing::Conflict, _) => " !",
            (_, Verdict::Undecided) => " ?",
            (_, Verdict::Accepted) => " y",
        });
    }
    if !turn.refusals().is_empty() {
        let _ = write!(words, " refused {}", turn.refusals().len());
    }
    if !turn.receipts().is_empty() {
        words.push_str(if turn.taken_back() { " taken-back" } else { " landed" });
    }
    match turn.notice() {
        Some(Notice::Retrying { .. }) => words.push_str(" [retrying]"),
        Some(Notice::Conflict(hunks)) => {
            let _ = write!(words, " [{} in conflict]", hunks.len());
        }
        Some(Notice::NotLanded(_)) => words.push_str(" [not landed]"),
        Some(Notice::NotRevised(_)) => words.push_str(" [not revised]"),
        None => {}
    }
    match turn.end() {
        Some(End::Failed(_)) => words.push_str(" (failed)"),
        Some(End::NotAsked(_)) => words.push_str(" (not asked)"),
        Some(end) => {
            let _ = write!(words, " ({})", format!("{end:?}").to_lowercase());
        }
        None => {}
    }
    words
}

fn names(effects: &[Effect]) -> String {
    let name = |effect: &Effect| match effect {
        Effect::Gather { .. } => "Gather".to_owned(),
        Effect::Send { .. } => "Send".into(),
        Effect::Abort { .. } => "Abort".into(),
        Effect::Look { path, .. } => format!("Look {path}"),
        Effect::Land { .. } => "Land".into(),
        Effect::Merge { .. } => "Merge".into(),
        other => format!("{other:?}"),
    };
    effects.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_situation_and_everything_that_can_happen_to_it() {
    let mut table = String::new();
    for situation in SITUATIONS {
        let (session, _) = placed(situation);
        let before = state(&session);
        let _ = writeln!(table, "{situation}: {before}");
        let mut nothing = Vec::new();
        for what in HAPPENINGS {
            let (mut session, landing) = placed(situation);
            let said = match happen(&mut session, landing, what) {
                Ok(effects) if effects.is_empty() => String::new(),
                Ok(effects) => format!("  => {}", names(&effects)),
                Err(why) => format!("  => not now: {why}"),
            };
            let after = state(&session);
            if after == before && said.is_empty() {
                nothing.push(what);
                continue;
            }
            let after = if after == before { "(the same)".into() } else { after };
            let _ = writeln!(table, "    {what:<24} {after}{said}");
        }
        let _ = writeln!(table, "    no change: {}\n", nothing.join(" · "));
    }
    insta::assert_snapshot!(table);
}

/// A turn whose answer was `reply`, with a.txt open.
fn answered(reply: &str) -> (Session, Vec<Effect>) {
    let mut session = session();
    session.instruct(instruct(Level::Repo, true)).unwrap();
    session.update(gathered(&[]));
    session.update(text(reply));
    let effects = session.update(ended());
    (session, effects)
}

#[test]
fn what_is_late_after_a_cancel_changes_nothing_even_while_a_file_is_still_looked_at() {
    let (mut session, _) = placed("cancelled, looking");
    for late in [text(block("a.txt", "five", "FIVE")), usage(1, 1), ended(), cut()] {
        assert_eq!(names(&session.update(late)), "");
    }
    assert_eq!(session.turn().unwrap().end(), Some(&End::Cancelled));
    assert_eq!(session.turn().unwrap().usage(), None);
    session.update(looked("b.txt", "beta\n"));
    assert_eq!(state(&session), "Reviewing ? ? (cancelled)");
}

#[test]
fn an_answer_is_repaired_once_and_what_was_not_mended_stays_refused() {
    let bad = block("a.txt", "nowhere to be found", "x");
    let (mut session, effects) = answered(&format!("{}{bad}{bad}", block("a.txt", "two", "TWO")));
    assert_eq!(names(&effects), "Send");
    assert_eq!(state(&session), "Waiting ?");
    // One of the two comes back right; of the other nothing is heard.
    session.update(text(block("a.txt", "four", "FOUR")));
    assert_eq!(names(&session.update(ended())), "", "there is no second repair");
    assert_eq!(state(&session), "Reviewing ? ? refused 1 (finished)");
}

#[test]
fn a_repair_that_names_the_right_file_mends_an_edit_of_a_wrong_one() {
    let (mut session, effects) = answered(&block("z.txt", "two", "TWO"));
    assert_eq!(names(&effects), "", "first z.txt is looked at");
    let effects = session.update(Event::Looked {
        turn: FIRST,
        path: path("z.txt"),
        read: Ok(Base { path: path("z.txt"), text: None }),
    });
    assert_eq!(names(&effects), "Send");
    session.update(text(block("a.txt", "two", "TWO")));
    session.update(ended());
    assert_eq!(state(&session), "Reviewing ? (finished)");
}

#[test]
fn a_repair_that_fails_or_is_stopped_loses_neither_hunks_nor_refusals() {
    for end in ["cut", "cancel"] {
        let (mut session, landing) = placed("repairing");
        happen(&mut session, landing, end).unwrap();
        let said = state(&session);
        assert!(said.starts_with("Reviewing ? refused 1"), "{end}: {said}");
    }
}

#[test]
fn a_breach_is_not_sent_back() {
    let mut session = session();
    session.instruct(instruct(Level::Selection, true)).unwrap();
    session.update(gathered(&[]));
    session.update(text(block("a.txt", "five", "FIVE")));
    assert_eq!(names(&session.update(ended())), "");
    assert_eq!(state(&session), "Done refused 1 (finished)");
    assert!(session.turn().unwrap().refusals()[0].to_string().contains("raise to `file`"));
}

#[test]
fn the_usage_of_a_turn_is_that_of_all_its_requests() {
    let (mut session, _) = {
        let mut session = session();
        session.instruct(instruct(Level::Repo, true)).unwrap();
        session.update(gathered(&[]));
        session.update(usage(90, 1));
        session.update(usage(100, 20));
        session.update(text(block("a.txt", "nowhere to be found", "x")));
        let effects = session.update(ended());
        (session, effects)
    };
    session.update(usage(150, 5));
    session.update(ended());
    let sum = session.turn().unwrap().usage().unwrap();
    assert_eq!((sum.input, sum.output), (Tokens(250), Tokens(25)));
}

#[test]
fn an_answer_past_all_bounds_is_stopped_and_its_whole_edits_are_kept() {
    let mut session = session();
    session.instruct(instruct(Level::Repo, true)).unwrap();
    session.update(gathered(&[]));
    session.update(text(block("a.txt", "two", "TWO")));
    let megabyte = "x".repeat(1 << 20);
    let mut effects = Vec::new();
    for _ in 0..20 {
        effects.extend(session.update(text(megabyte.as_str())));
    }
    assert_eq!(names(&effects), "Abort");
    assert_eq!(state(&session), "Reviewing ? (outofroom)");
    assert!(session.turn().unwrap().reply_len() <= crate::prompt::dialect::MAX_REPLY);
}

#[test]
fn an_edit_is_placed_in_the_text_the_model_saw_not_in_what_the_disk_holds_now() {
    let mut session = session();
    session.instruct(instruct(Level::Repo, false)).unwrap();
    session.update(gathered(&[("a.txt", TEXT)]));
    let whole = format!("a.txt\n```\n{}```\n", TEXT.replace("two", "TWO"));
    assert_eq!(names(&session.update(text(whole))), "", "nothing is looked at again");
    session.update(ended());
    let turn = session.turn().unwrap();
    assert_eq!(turn.review().base(&path("a.txt")).unwrap().text, Some(Lines::from(TEXT)));
}

#[test]
fn verdicts_can_be_given_while_the_model_still_talks_and_hold() {
    let (mut session, _) = placed("streaming");
    accept_all(&mut session);
    session.update(text(block("a.txt", "four", "FOUR")));
    assert_eq!(state(&session), "Streaming y ?");
    assert!(session.land().is_empty(), "nothing lands before the answer has ended");
    session.update(ended());
    assert_eq!(state(&session), "Reviewing y ? (finished)");
}

#[test]
fn a_conflict_goes_back_to_review_and_can_be_decided_anew() {
    let (mut session, landing) = placed("landing");
    happen(&mut session, landing, "landed, in conflict").unwrap();
    assert_eq!(state(&session), "Reviewing ! [1 in conflict] (finished)");
    assert!(matches!(session.turn().unwrap().notice(), Some(Notice::Conflict(hunks)) if hunks.len() == 1));
    accept_all(&mut session);
    assert!(session.land().is_empty(), "a hunk in conflict cannot land");
    let all = hunks(&session);
    session.decide(&Decision::Reject(all));
    assert_eq!(state(&session), "Done n [1 in conflict] (finished)");
}

#[test]
fn a_landing_that_is_taken_back_and_brought_forth_again_is_told_so() {
    let (mut session, _) = placed("done, landed");
    session.update(Event::Undone(Err(UndoError::Nothing("undo"))));
    assert!(!session.turn().unwrap().taken_back());
    session.update(Event::Undone(Ok(undone("cafe0001", TEXT))));
    let turn = session.turn().unwrap();
    assert!(turn.taken_back() && !turn.stands(&turn.receipts()[0]));
    session.update(Event::Redone(Ok(undone("cafe0001", &TEXT.replace("two", "TWO")))));
    assert!(!session.turn().unwrap().taken_back());
}

#[test]
fn hunks_still_open_follow_a_file_whose_landing_was_taken_back() {
    let (mut session, _) = answered(&(block("a.txt", "one", "1\n1") + &block("a.txt", "four", "FOUR")));
    let first = hunks(&session)[0];
    session.decide(&Decision::Accept(vec![first]));
    let effects = session.land();
    let event = landed(effects, &TEXT.replace("one\n", "1\n1\n"));
    session.update(event);
    let at = |session: &Session| session.turn().unwrap().review().hunks().next().unwrap().replaces;
    assert_eq!((state(&session).as_str(), at(&session)), ("Reviewing ? landed (finished)", Span::new(4, 5)));
    session.update(Event::Undone(Ok(undone("cafe0001", TEXT))));
    assert_eq!(
        (state(&session).as_str(), at(&session)),
        ("Reviewing ? taken-back (finished)", Span::new(3, 4))
    );
}

#[test]
fn an_answer_in_words_is_an_answer_and_asked_for_once() {
    let (session, effects) = answered("It is right as it stands.\n");
    assert_eq!((names(&effects).as_str(), state(&session).as_str()), ("", "Done (finished)"));
    assert_eq!(session.turn().unwrap().prose().trim(), "It is right as it stands.");
}

#[test]
fn a_rejected_hunk_can_be_brought_back_after_all_is_done() {
    let (mut session, _) = placed("done, rejected");
    assert!(session.decide(&Decision::Undo));
    assert_eq!(state(&session), "Reviewing ? (finished)");
}

/// The ask of the one request that is among the effects.
fn sent(effects: Vec<Effect>) -> Arc<Ask> {
    let mut asks = effects.into_iter().filter_map(|effect| match effect {
        Effect::Send { ask, .. } => Some(ask),
        _ => None,
    });
    let ask = asks.next().expect("a request");
    assert!(asks.next().is_none(), "one request only");
    ask
}

#[test]
fn an_answer_that_broke_off_is_gone_on_with_by_the_next_and_nothing_is_placed_twice() {
    let (mut session, _) = placed("waiting");
    session.update(text(block("a.txt", "two", "TWO")));
    session.update(text("a.txt\n<<<<<<< SEARCH\nfour\n====")); // cut in the middle of an edit
    let first = hunks(&session);
    assert_eq!(first.len(), 1);
    let ask = sent(session.update(broke_off()));
    let said: Vec<_> = ask.messages.iter().map(|message| message.speaker).collect();
    assert_eq!(said, [Speaker::User, Speaker::Assistant, Speaker::User]);
    assert!(ask.messages[1].text.contains("TWO") && ask.messages[2].text.contains("do not repeat"));
    assert_eq!(session.phase(), Some(Phase::Waiting));
    // The next repeats what is there already, and goes on.
    session.update(text(block("a.txt", "two", "TWO")));
    session.update(text(block("a.txt", "four", "FOUR")));
    session.update(ended());
    let turn = session.turn().unwrap();
    assert_eq!((hunks(&session).len(), turn.refusals()), (2, &[][..]));
    assert_eq!(hunks(&session)[0], first[0], "the first hunk is still the same one");
    assert_eq!(turn.switches().len(), 1);
    assert!(turn.switches()[0].midway && turn.end() == Some(&End::Finished));
}

#[test]
fn an_answer_that_broke_off_before_a_whole_edit_is_asked_for_again_as_it_was() {
    let mut session = session();
    session.instruct(instruct(Level::Repo, false)).unwrap();
    let first = sent(session.update(gathered(&[("a.txt", TEXT)])));
    session.update(text("Let me see.\na.txt\n<<<<<<< SEARCH\ntw"));
    assert_eq!(sent(session.update(broke_off())), first);
    session.update(text(block("a.txt", "two", "TWO")));
    session.update(ended());
    assert_eq!((hunks(&session).len(), session.turn().unwrap().refusals()), (1, &[][..]));
}

#[test]
fn verdicts_given_before_an_answer_broke_off_stand() {
    let (mut session, _) = placed("streaming");
    accept_all(&mut session);
    session.update(broke_off());
    session.update(text(block("a.txt", "four", "FOUR")));
    session.update(ended());
    let turn = session.turn().unwrap();
    let verdicts: Vec<_> = turn.review().hunks().map(|hunk| hunk.verdict).collect();
    assert_eq!(verdicts, [Verdict::Accepted, Verdict::Undecided]);
}

#[test]
fn money_is_counted_even_when_nobody_waits_for_the_answer_any_more() {
    let (mut session, _) = placed("streaming");
    session.cancel();
    let usage = Usage { input: Tokens(10), ..Usage::default() };
    let bill = Bill::of(usage, Some(Money(7)));
    session.update(Event::Metered { turn: Some(FIRST), bill, today: None });
    session.update(Event::Metered { turn: Some(TurnId(99)), bill, today: None });
    assert_eq!(session.turn().unwrap().bill().cost, Money(7));
}

/// An answer that leaves code out around a line which the file does not have.
const LAZY: &str = "a.txt\n```\n// ... existing code ...\nnew line\n// ... existing code ...\n```\n";

fn merged(result: Result<&str, &str>) -> Event {
    let result = result.map(str::to_owned).map_err(str::to_owned);
    Event::Merged { turn: FIRST, path: path("a.txt"), result }
}

#[test]
fn what_leaves_code_out_and_has_no_sure_place_goes_to_the_apply_model_and_is_checked() {
    let (mut session, effects) = answered(LAZY);
    assert_eq!(names(&effects), "Merge");
    let made = TEXT.replace("two\n", "two\nnew line\n");
    assert_eq!(names(&session.update(merged(Ok(&made)))), "");
    assert_eq!(hunks(&session).len(), 1);
    assert_eq!(session.turn().unwrap().refusals(), []);
    assert_eq!(session.turn().unwrap().review().preview(&path("a.txt"), true), Some(Lines::from(&*made)));
}

#[test]
fn a_merge_that_changes_more_than_the_edit_says_is_dropped_and_the_edit_goes_back_to_the_model() {
    for made in [Ok(TEXT.replace("five", "55")), Err("no model".to_owned())] {
        let (mut session, _) = answered(LAZY);
        let effects = session.update(merged(made.as_deref().map_err(String::as_str)));
        assert_eq!(names(&effects), "Send", "the one repair");
        assert!(hunks(&session).is_empty());
    }
}

#[test]
fn a_cancel_does_not_wait_for_the_apply_model() {
    let (mut session, _) = answered(LAZY);
    assert!(session.is_running());
    session.cancel();
    assert_eq!(session.turn().unwrap().refusals().len(), 1);
    assert!(!session.is_running());
    let late = TEXT.replace("two\n", "two\nnew line\n");
    session.update(merged(Ok(&late)));
    assert!(hunks(&session).is_empty());
}

#[test]
fn a_receipt_names_the_proposal_as_it_came_whatever_was_made_of_it_by_hand() {
    let review = |by_hand: bool| {
        let (mut session, _) = placed("reviewing");
        if by_hand {
            let id = hunks(&session)[0];
            session.rework(id, &Rework::Rewrite(Lines::from("by hand\n"))).unwrap();
        }
        accept_all(&mut session);
        let Some(Effect::Land { story, .. }) = session.land().into_iter().next() else {
            panic!("no landing")
        };
        story.review.expect("a landing that nobody looked at has a receipt too")
    };
    let (plain, by_hand) = (review(false), review(true));
    assert_eq!(plain.proposal, by_hand.proposal);
    assert!(!plain.hunks[0].by_hand && by_hand.hunks[0].by_hand && !plain.hunks[0].seen);
}
