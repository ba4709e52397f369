//! What a conversation holds, and what gives way where it has grown too heavy.

use super::*;
use crate::context::{Presence, Segment};
use crate::model::Overflow;

/// A tool gave all of a file of `lines` lines.
fn read(name: &str, lines: usize) -> Outcome {
    let path = RepoPath::parse(name).unwrap();
    let text: String =
        (0..lines).map(|n| format!("pub fn number_{n}() {{ /* line {n} of {name} */ }}\n")).collect();
    let mut shown = Evidence::default();
    shown.add_file(path.clone(), Lines::from(text.as_str()));
    Outcome { gave: Ok(vec![Given::Lines { path, span: Span::new(0, lines), of: lines, text }]), shown }
}

/// Reads a file in a round of its own.
fn look(session: &mut Session, turn: TurnId, name: &str, lines: usize) -> Arc<Ask> {
    calls(session, turn, &[("read", &format!(r#"{{"path": "{name}"}}"#), Runnable::Yes)]);
    asked_for(session.update(Event::Used { turn, dice: 1, outcomes: vec![read(name, lines)] }))
}

fn results(session: &Session) -> Vec<Presence> {
    let pack = session.inquiry().unwrap().pack().unwrap().into_owned();
    let is_result = |one: &&Segment| matches!(one.source, crate::context::Source::Outcome { .. });
    pack.segments().iter().filter(is_result).map(|one| one.presence).collect()
}

fn masked(session: &Session) -> Vec<bool> {
    results(session).iter().map(|one| matches!(one, Presence::Masked { .. })).collect()
}

#[test]
fn a_request_that_is_too_long_for_its_model_goes_again_without_the_oldest_results() {
    let (mut session, turn, _) = research();
    ["a.rs", "b.rs", "c.rs"].iter().for_each(|name| drop(look(&mut session, turn, name, 60)));
    let last = look(&mut session, turn, "d.rs", 60);
    let too_long = |overflow| {
        let (server, model, said) = ("local".into(), "m".into(), "no".into());
        Event::Ended { turn, result: Err(Failure::TooLong { server, model, overflow, said }) }
    };
    // By the server's count there are twenty times as many tokens as by ours, and some of them are too many.
    let overflow = Overflow { sent: Tokens(last.weight().0 * 20), limit: Tokens(last.weight().0 * 17) };
    let lighter = asked_for(session.update(too_long(Some(overflow))));
    assert!(lighter.weight() <= Tokens(last.weight().0 * 17 / 20), "{} {}", lighter.weight(), last.weight());
    assert_eq!(masked(&session), [true, true, false, false], "in a batch, the newest are kept");
    assert_eq!(lighter.messages.len(), last.messages.len());
    let stub = &lighter.messages[2].tool_results()[0].text;
    assert!(
        stub.contains("(read a.rs: 61 lines, taken out to make room; call it again to see them)"),
        "{stub}"
    );
    assert_eq!(session.inquiry().unwrap().masked().0, 2);
    // What it does not say how long it may be is made lighter too, until nothing more can be.
    asked_for(session.update(too_long(None)));
    assert_eq!(masked(&session), [true, true, true, false]);
    assert!(session.update(too_long(None)).is_empty());
    assert!(matches!(session.inquiry().unwrap().end(), Some(End::Failed(Failure::TooLong { .. }))));
}

#[test]
fn what_was_taken_out_is_given_again_and_what_points_at_it_goes_with_it() {
    let (mut session, turn, _) = research();
    look(&mut session, turn, "a.rs", 60);
    let again = look(&mut session, turn, "a.rs", 60);
    let told = &again.messages[4].tool_results()[0].text;
    assert!(told.contains("a.rs lines 1-60 of 60: stands above already, unchanged\n"), "{told}");
    assert_eq!(results(&session), [Presence::Sent, Presence::Above(2)]);
    look(&mut session, turn, "b.rs", 60);
    let (server, model, said) = ("local".into(), "m".into(), "no".into());
    let failure = Failure::TooLong { server, model, overflow: None, said };
    asked_for(session.update(Event::Ended { turn, result: Err(failure) }));
    assert_eq!(masked(&session), [true, true, false]);
    let given = look(&mut session, turn, "a.rs", 60);
    assert!(given.messages.last().unwrap().tool_results()[0].text.contains("number_59"));
    assert_eq!(results(&session)[3], Presence::Sent);
}

#[test]
fn lines_that_changed_while_they_were_looked_up_are_given_anew_and_the_old_ones_are_stale() {
    let (mut session, turn, _) = research();
    look(&mut session, turn, "a.rs", 60);
    let next = look(&mut session, turn, "a.rs", 61);
    assert_eq!(results(&session), [Presence::Sent, Presence::Sent], "more lines, and none of them changed");
    assert!(next.messages[4].tool_results()[0].text.contains("number_60"));
    calls(&mut session, turn, &[("read", r#"{"path": "a.rs"}"#, Runnable::Yes)]);
    let outcomes = vec![read("a.rs", 3)];
    let next = asked_for(session.update(Event::Used { turn, dice: 1, outcomes }));
    assert!(
        next.messages[6].tool_results()[0]
            .text
            .contains("a.rs lines 1-3 of 3, changed since they were shown above:\n")
    );
    assert_eq!(results(&session), [Presence::Stale, Presence::Stale, Presence::Renewed(3)]);
}

#[test]
fn a_heavy_conversation_is_gone_on_with_once_it_is_lighter() {
    let (mut session, turn, _) = research();
    // Three results of some 25,000 tokens each.
    ["a.rs", "b.rs", "c.rs"].iter().for_each(|name| drop(look(&mut session, turn, name, 1_900)));
    assert_eq!(masked(&session), [false; 3]);
    say(
        &mut session,
        turn,
        "SOURCES\n[1] a.rs:2\n> pub fn number_1() { /* line 1 of a.rs */ }\n\nANSWER\nThere [1].",
    );
    session.update(Event::Ended { turn, result: Ok(()) });
    let inquiry = session.inquiry().unwrap();
    assert_eq!(inquiry.proof().verified(), (1, 1));
    assert!(inquiry.can_be_gone_on_from(Depth::Research));
    let next = Question { depth: Depth::Research, follows: true, ..question("and?") };
    let effects = session.ask(next).unwrap();
    let Some(Effect::Retrieve { turn, above, .. }) = effects.last() else { panic!("{effects:?}") };
    let (turn, above) = (*turn, (**above).clone());
    let names: Vec<&str> = above.files().into_iter().map(RepoPath::as_str).collect();
    assert_eq!(names, ["a.rs", "c.rs", "src/a.rs"], "cited, newest, and what was found at first");
    let found = Retrieved { above, ..retrieved() };
    let ask = asked_for(session.update(Event::Retrieved { turn, found: Ok(found) }));
    assert!(session.inquiry().unwrap().goes_on() && ask.weight() < Tokens(60_000), "{}", ask.weight());
    assert_eq!(masked(&session), [false, true, false]);
}
