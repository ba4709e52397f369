use super::*;
use crate::change::Leash;
use crate::context::citation::{Agreement, Checked, Doubt};
use crate::context::{Excerpt, evidence};
use crate::model::{Bill, Tokens};
use crate::prompt::Prompts;
use crate::text::Span;
use crate::workspace::Source as Frontend;

const TEXT: &str = "fn a() {\n    let total = 1;\n    log(total);\n}\n\nfn b() {\n    let other = 2;\n}\n";

fn session() -> Session {
    let prompts = Prompts::embedded().unwrap().into();
    Session::new(Terms { prompts, leash: Leash::default(), max_output: None, source: Frontend::Tui })
}

fn question(text: &str) -> Question {
    Question {
        text: text.into(),
        focus: Focus { file: None, lines: None },
        open: BTreeMap::new(),
        wants: Default::default(),
    }
}

fn retrieved() -> Retrieved {
    let (path, text) = (RepoPath::parse("src/a.rs").unwrap(), Lines::from(TEXT));
    let excerpt = Excerpt {
        path: path.clone(),
        span: text.span(),
        text: text.clone(),
        whole: true,
        why: "words".into(),
    };
    let pack = evidence("what is the total?", &[excerpt], Tokens(999)).unwrap();
    Retrieved { pack, files: BTreeMap::from([(path, text)]) }
}

/// A session that has put a question and hears the answer.
fn asked() -> (Session, TurnId) {
    let mut session = session();
    let effects = session.ask(question("what is the total?")).unwrap();
    let [Effect::Retrieve { turn, .. }] = effects[..] else { panic!("{effects:?}") };
    let effects = session.update(Event::Retrieved { turn, found: Ok(retrieved()) });
    assert!(matches!(effects[..], [Effect::Send { .. }]), "{effects:?}");
    (session, turn)
}

fn say(session: &mut Session, turn: TurnId, text: &str) -> Vec<Effect> {
    session.update(Event::Delta { turn, delta: Delta::Text(text.into()) })
}

/// The proof of an answer that comes in pieces of seven bytes.
fn proof(answer: &str) -> Proof {
    let (mut session, turn) = asked();
    for piece in answer.as_bytes().chunks(7) {
        say(&mut session, turn, std::str::from_utf8(piece).unwrap());
    }
    session.update(Event::Ended { turn, result: Ok(()) });
    let inquiry = session.inquiry().unwrap();
    assert_eq!(inquiry.end(), Some(&End::Finished));
    inquiry.proof().clone()
}

#[test]
fn a_true_source_proves_the_sentences_that_name_it_and_no_other() {
    let proof = proof(
        "SOURCES\n[1] src/a.rs:2\n> let total = 1;\n\nANSWER\nThe total is 1 [1]. It is logged. Nobody reads it [2].\n",
    );
    let verified: Vec<bool> = proof.findings.iter().map(Finding::is_verified).collect();
    assert_eq!(verified, [true, false, false]);
    assert_eq!(proof.verified(), (1, 3));
    assert_eq!(proof.sources[0].lines(), Some(Span::new(1, 2)));
}

#[test]
fn every_planted_falsehood_is_caught_and_every_truth_is_kept() {
    let planted = [
        ("src/a.rs:2", "let total = 2;", Doubt::NotThere),
        ("src/a.rs:2", "let total = 1; // checked", Doubt::NotThere),
        ("src/invented.rs:2", "let total = 1;", Doubt::NoFile),
        ("../a.rs:2", "let total = 1;", Doubt::NoPlace),
        ("src/a.rs:9-3", "let total = 1;", Doubt::NoPlace),
        ("src/a.rs:4", "}", Doubt::TooShort),
        ("src/a.rs:4", "", Doubt::TooShort),
    ];
    for (place, quote, doubt) in planted {
        let proof = proof(&format!("SOURCES\n[1] {place}\n> {quote}\n\nANSWER\nIt is so [1].\n"));
        assert_eq!(proof.sources[0].checked, Checked::Unverified(doubt), "{place} {quote}");
        assert!(!proof.findings.last().unwrap().is_verified(), "{place} {quote}");
    }
    for (place, quote, span) in [
        ("src/a.rs:2", "let total = 1;", (1, 2)),
        ("src/a.rs:1-4", "    let total = 1;\n>     log(total);", (1, 3)),
        ("src/a.rs:6-7", "fn b() {\n> let other = 2;", (5, 7)),
    ] {
        let proof = proof(&format!("SOURCES\n[1] {place}\n> {quote}\n\nANSWER\nIt is so [1].\n"));
        let span = Span::new(span.0, span.1);
        assert!(
            matches!(proof.sources[0].checked, Checked::Verified { span: at, .. } if at == span),
            "{proof:?}"
        );
        assert!(proof.findings[0].is_verified());
    }
    // Wrong lines are no lie: they are put right, and that is said.
    let proof = proof("SOURCES\n[1] src/a.rs:900\n> let other = 2;\n\nANSWER\nIt is so [1].\n");
    let right = Checked::Corrected { span: Span::new(6, 7), agreement: Agreement::Exact };
    assert_eq!(proof.sources[0].checked, right);
}

#[test]
fn a_number_that_is_given_to_two_sources_holds_only_if_both_do() {
    let proof = proof(
        "SOURCES\n[1] src/a.rs:2\n> let total = 1;\n[1] src/a.rs:2\n> let total = 9;\n\nANSWER\nIt is so [1].\n",
    );
    assert_eq!(proof.verified(), (0, 1));
}

#[test]
fn what_is_proved_can_be_shown_while_the_answer_comes() {
    let (mut session, turn) = asked();
    say(&mut session, turn, "SOURCES\n[1] src/a.rs:2\n> let total = 1;\n\nANSWER\n");
    assert!(session.inquiry().unwrap().proof().holds(1));
    say(&mut session, turn, "The total is 1 [1]. It is");
    let shown: Vec<&str> =
        session.inquiry().unwrap().proof().findings.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(shown, ["The total is 1 [1]."]);
    let effects = session.stop_asking();
    assert!(matches!(effects[..], [Effect::Abort { .. }]));
    // A late word changes nothing.
    say(&mut session, turn, " a lie.");
    let inquiry = session.inquiry().unwrap();
    assert_eq!((inquiry.end(), inquiry.proof().findings.len()), (Some(&End::Cancelled), 1));
}

#[test]
fn an_answer_that_breaks_off_is_begun_anew_by_the_next_model() {
    let (mut session, turn) = asked();
    say(&mut session, turn, "SOURCES\n[1] src/a.rs:2\n> let total = 1;\n\nANSWER\nHalf of");
    let failure = Failure::Unreachable { server: "first".into(), why: "gone".into() };
    let (from, to) = ("first/a".parse().unwrap(), "second/b".parse().unwrap());
    let effects = session.update(Event::BrokeOff { turn, failure, from, to });
    assert!(matches!(effects[..], [Effect::Send { .. }]));
    let inquiry = session.inquiry().unwrap();
    assert_eq!((inquiry.proof(), inquiry.switches().len()), (&Proof::default(), 1));
    say(&mut session, turn, "Nothing is known.");
    session.update(Event::Ended { turn, result: Ok(()) });
    assert_eq!(session.inquiry().unwrap().proof().verified(), (0, 1));
}

#[test]
fn an_endless_answer_is_stopped_and_what_it_cost_is_counted_all_the_same() {
    let (mut session, turn) = asked();
    let effects =
        (0..300).find_map(|_| Some(say(&mut session, turn, &"word ".repeat(999))).filter(|e| !e.is_empty()));
    assert!(matches!(effects.unwrap()[..], [Effect::Abort { .. }]));
    let bill = Bill { requests: 1, ..Bill::default() };
    session.update(Event::Metered { turn: Some(turn), bill, today: None });
    let inquiry = session.inquiry().unwrap();
    assert_eq!((inquiry.end(), inquiry.bill().requests), (Some(&End::OutOfRoom), 1));
}

#[test]
fn a_question_waits_for_the_one_before_and_not_for_a_turn() {
    let (mut session, turn) = asked();
    assert_eq!(session.ask(question("and?")).unwrap_err(), NotNow::Running);
    assert_eq!(session.ask(question(" ")).unwrap_err(), NotNow::NoQuestion);
    let why = NoEvidence::Nothing;
    session.stop_asking();
    let effects = session.ask(question("and?")).unwrap();
    let [Effect::Retrieve { turn: next, .. }] = effects[..] else { panic!("{effects:?}") };
    assert_ne!(next, turn);
    session.update(Event::Retrieved { turn: next, found: Err(why) });
    let inquiry = session.inquiry().unwrap();
    assert!(!inquiry.found() && matches!(inquiry.end(), Some(End::NotAsked(_))));
    let focus = Focus { file: None, lines: None };
    let level = crate::change::Level::Repo;
    let instruct = super::super::Instruct {
        text: "go".into(),
        level,
        focus,
        open: BTreeMap::new(),
        wants: Default::default(),
    };
    assert!(session.instruct(instruct).is_ok());
}
