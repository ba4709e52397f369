//! Stopping, at every event there is: whatever a question waits for, it is over when the key is pressed, and
//! not when a worker, a server or a tool notices. What they still send falls away.

use std::collections::BTreeSet;

use super::*;

/// What the acting wing would answer to an effect, event by event.
fn answered(effect: &Effect) -> Vec<Event> {
    match effect {
        Effect::Retrieve { turn, question, .. } => {
            vec![Event::Retrieved { turn: *turn, found: Ok(found_for(&question.text)) }]
        }
        Effect::UseTools { turn, calls, .. } => {
            let outcomes = calls.iter().map(|_| gave("nothing")).collect();
            vec![Event::Used { turn: *turn, dice: 7, outcomes }]
        }
        Effect::Consult { turn, ask, .. } => {
            let turn = *turn;
            let mut events = vec![Event::Asking { turn, model: "a/b".parse().unwrap(), window: None }];
            let said = format!("{}\n{}", ask.system, ask.messages[0].text);
            let looks = !ask.tools.is_empty() && ask.messages.len() < 3;
            if looks {
                let name = "read".to_owned();
                events.push(Event::Delta {
                    turn,
                    delta: Delta::Calling { index: 0, name: name.clone(), arguments: "{".into() },
                });
                let arguments = r#"{"path": "src/a.rs"}"#.to_owned();
                let call = ToolCall { id: None, name, arguments, freeform: false, runnable: Runnable::Yes };
                events.push(Event::Delta { turn, delta: Delta::Call(call) });
                events.push(Event::Delta { turn, delta: Delta::Finish(Finish::Calls) });
            } else {
                let text = model(&said);
                let (head, tail) = text.split_at(text.len() / 2);
                let delta = |text: &str| Event::Delta { turn, delta: Delta::Text(text.into()) };
                events.extend([delta(head), delta(tail)]);
            }
            events.push(Event::Ended { turn, result: Ok(()) });
            events
        }
        _ => Vec::new(),
    }
}

fn whose(event: &Event) -> TurnId {
    match event {
        Event::Retrieved { turn, .. }
        | Event::Used { turn, .. }
        | Event::Asking { turn, .. }
        | Event::Delta { turn, .. }
        | Event::Ended { turn, .. } => *turn,
        other => panic!("{other:?}"),
    }
}

/// Plays a question for `most` events, and returns those that are on their way then.
fn played(session: &mut Session, depth: Depth, most: usize) -> Vec<Event> {
    let question = Question { depth, ..question("what is the total?") };
    let effects = session.ask(question).unwrap();
    let mut coming: Vec<Event> = effects.iter().flat_map(answered).collect();
    for _ in 0..most {
        if coming.is_empty() {
            break;
        }
        let effects = session.update(coming.remove(0));
        coming.extend(effects.iter().flat_map(answered));
    }
    coming
}

#[test]
fn a_question_is_over_when_it_is_stopped_whatever_it_waits_for() {
    let mut stages = BTreeSet::new();
    for depth in Depth::ALL {
        for most in 0.. {
            let mut session = session();
            session.keep_answers(1);
            let late = played(&mut session, depth, most);
            let inquiry = session.inquiry().unwrap();
            if !inquiry.is_running() {
                break;
            }
            stages.insert(format!("{depth} {:?} {:?}", inquiry.stage(), inquiry.phase()));
            let effects = session.stop_asking();
            let inquiry = session.inquiry().unwrap();
            assert!(!inquiry.is_running(), "{depth} after {most}");
            assert_eq!((inquiry.end(), inquiry.stage()), (Some(&End::Cancelled), Stage::Done));
            let stopped: BTreeSet<TurnId> = effects
                .iter()
                .filter_map(|effect| match effect {
                    Effect::Abort { turn } => Some(*turn),
                    Effect::KeepAnswer { .. } => None,
                    other => panic!("{depth} after {most}: {other:?}"),
                })
                .collect();
            for event in &late {
                assert!(
                    stopped.contains(&whose(event)),
                    "{depth} after {most}: {event:?} is still on its way"
                );
            }
            let proof = inquiry.proof().clone();
            for event in late {
                assert!(
                    session.update(event).is_empty(),
                    "{depth} after {most}: what comes late asks for more"
                );
            }
            assert_eq!(session.inquiry().unwrap().proof(), &proof, "{depth} after {most}");
            assert!(session.stop_asking().is_empty());
        }
    }
    let told = stages.iter().cloned().collect::<Vec<_>>().join("\n");
    for stage in
        ["quick Searching", "quick Asking", "quick Answering", "research LookingUp", "deep Splitting"]
    {
        assert!(told.contains(stage), "{stage} was never stopped:\n{told}");
    }
    for stage in ["deep Parts", "deep Checking", "deep Reporting"] {
        assert!(told.contains(stage), "{stage} was never stopped:\n{told}");
    }
}

#[test]
fn what_was_answered_until_then_is_kept_once_and_is_no_answer_to_go_on_from() {
    let begun = || {
        let mut session = session();
        session.keep_answers(1);
        let effects = session.ask(question("what is the total?")).unwrap();
        let [Effect::Retrieve { turn, .. }, ..] = effects[..] else { panic!("{effects:?}") };
        session.update(Event::Retrieved { turn, found: Ok(retrieved()) });
        (session, turn)
    };
    let (mut silent, _) = begun();
    assert!(silent.stop_asking().iter().all(|effect| matches!(effect, Effect::Abort { .. })));
    let (mut session, turn) = begun();
    say(&mut session, turn, "SOURCES\n[1] src/a.rs:2\n> let total = 1;\n\nANSWER\nThe total is 1 [1]. And");
    let kept = session.stop_asking().into_iter().find_map(|effect| match effect {
        Effect::KeepAnswer { answered } => answered.at(5),
        _ => None,
    });
    let kept = kept.unwrap();
    assert_eq!((kept.head.verified, kept.head.whole, kept.head.time), ((1, 1), false, 5));
    let bill = Bill::of(Usage::default(), None);
    assert!(session.update(Event::Metered { turn: Some(turn), bill, today: None }).is_empty());
}
