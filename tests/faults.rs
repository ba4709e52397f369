//! Every accident that a stream can have, at every kind of place in it, on every wire that answers in
//! words, over real sockets: what arrived whole is kept, nothing is called an answer that is none, and
//! a person reads what happened and what to do. The outcomes are the table in `docs/reliability.md`,
//! which this test compares.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use rein::model::{Ask, Delta, Failure, Fim, Finish, KeyFrom, Message, Phase, Tokens};
use rein::provider::scripted::{Fault, Mishap, Place, Reply, Requests, Script, Server};
use rein::provider::{Client, Endpoint, Key, Timeouts, Wire};

const REPLY: &str = "The first line.\nAnd 🦀 the second.\n";

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn serving<T, F: Future<Output = T>>(
    wire: Wire,
    reply: Reply,
    test: impl FnOnce(Endpoint, Requests) -> F,
) -> T {
    let (server, _) = Server::bind(Script::new([reply])).await.unwrap();
    let (endpoint, requests) = (server.endpoint("it", wire).unwrap(), server.requests());
    tokio::select! {
        () = server.serve() => unreachable!("a server serves until it is dropped"),
        result = test(endpoint, requests) => result,
    }
}

async fn ask(endpoint: &Endpoint) -> (Vec<Delta>, Result<(), Failure>) {
    let mut deltas = Vec::new();
    let (client, hear) = (Client::new(), |delta| deltas.push(delta));
    let result = if endpoint.wire.chats() {
        let ask = Ask { messages: vec![Message::user("hi")], ..Ask::default() };
        client.stream(endpoint, "m", &ask, hear).await
    } else {
        let fim = Fim { prefix: "a".into(), suffix: "b".into(), max_output: Tokens(64), stop: vec![] };
        client.complete(endpoint, "m", &fim, hear).await
    };
    (deltas, result)
}

fn talking() -> impl Iterator<Item = Wire> {
    Wire::ALL.into_iter().filter(|wire| wire.chats() || wire.fills_in())
}

fn text(deltas: &[Delta]) -> String {
    let texts = deltas.iter().filter_map(|delta| match delta {
        Delta::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// In a word, as the table has it.
fn outcome(result: &Result<(), Failure>) -> &'static str {
    match result {
        Ok(()) => "whole",
        Err(Failure::Silent { phase: Phase::BeforeFirstByte, .. }) => "silent",
        Err(Failure::Silent { .. }) => "silent midway",
        Err(Failure::Unreachable { .. }) => "unreachable",
        Err(Failure::Cut { .. }) => "cut",
        Err(Failure::Unreadable { .. }) => "unreadable",
        Err(Failure::MidStream { .. }) => "reported",
        Err(Failure::Busy { .. }) => "busy",
        Err(Failure::Broken { .. }) => "failed",
        Err(other) => panic!("{other:?}"),
    }
}

async fn accident(wire: Wire, place: Place, mishap: Mishap) -> &'static str {
    let reply = Reply::text(REPLY).with(Fault::At(place, mishap));
    let (deltas, result) = serving(wire, reply, |endpoint, _| async move {
        // Patience is short only where it has to run out, so that a busy machine is no accident.
        let (short, long) = (Duration::from_millis(250), Duration::from_secs(600));
        let usual = Timeouts { connect: long, first_byte: long, idle: long };
        let timeouts = match (mishap, place) {
            (Mishap::Stall, Place::AfterHead) => Timeouts { first_byte: short, ..usual },
            (Mishap::Stall, _) => Timeouts { idle: short, ..usual },
            _ => usual,
        };
        ask(&Endpoint { timeouts, ..endpoint }).await
    })
    .await;
    let case = format!("{wire} {place:?} {mishap:?}: {result:?}");
    let said = text(&deltas);
    assert!(REPLY.starts_with(&said), "{case}: words that were not said: {said:?}");
    if matches!(place, Place::AfterLastDelta | Place::InFinish | Place::AfterFinish) {
        assert_eq!(said, REPLY, "{case}: words were lost");
    }
    if matches!(place, Place::BetweenDeltas) {
        assert_eq!(said, "The first line.\n", "{case}");
    }
    let ended = deltas.iter().any(|delta| matches!(delta, Delta::Finish(Finish::Stop)));
    assert_eq!(ended, result.is_ok(), "{case}: an end is given if and only if the answer is whole");
    assert!(result.is_err() || place == Place::AfterFinish || place == Place::InFinish, "{case}");
    if let Err(failure) = &result {
        assert!(failure.to_string().contains("it (127.0.0.1:"), "{case}: it says whose it is");
        assert!(!failure.next_step().is_empty());
    }
    outcome(&result)
}

const MISHAPS: [(Mishap, &str); 6] = [
    (Mishap::Stall, "stalls"),
    (Mishap::Cut, "connection lost"),
    (Mishap::End, "ends early"),
    (Mishap::Report, "reports an error"),
    (Mishap::Page, "a gateway's page"),
    (Mishap::Junk, "malformed event"),
];

/// A row of the table: a mishap, and for each place the outcomes with the wires that have them.
async fn row(mishap: Mishap, name: &str) -> String {
    let cells = Place::ALL.map(|place| async move {
        let outcomes =
            join_all(talking().map(|wire| async move { (accident(wire, place, mishap).await, wire) }));
        let mut by_outcome: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (outcome, wire) in outcomes.await {
            by_outcome.entry(outcome).or_default().push(wire.name());
        }
        let mut cell: Vec<_> = by_outcome.into_iter().collect();
        cell.sort_by_key(|(_, wires)| std::cmp::Reverse(wires.len()));
        let shown = cell.iter().enumerate().map(|(at, (outcome, wires))| match at {
            0 => (*outcome).to_owned(),
            _ => format!("{outcome} ({})", wires.join(", ")),
        });
        shown.collect::<Vec<_>>().join("; ")
    });
    format!("| {name} | {} |\n", join_all(cells).await.join(" | "))
}

#[test]
fn every_accident_at_every_place_on_every_wire_is_what_the_documentation_says() {
    let rows = run(join_all(MISHAPS.map(|(mishap, name)| row(mishap, name))));
    let table = rows.concat();
    let documentation = include_str!("../docs/reliability.md");
    assert!(documentation.contains(&table), "docs/reliability.md should hold these rows:\n{table}");
}

#[test]
fn a_line_without_end_is_given_up_and_not_collected() {
    for wire in [Wire::OpenAiChat, Wire::Ollama] {
        let outcome = run(accident(wire, Place::AfterLastDelta, Mishap::Flood(33)));
        assert_eq!(outcome, "unreadable");
    }
}

#[test]
fn a_compressed_answer_is_read_like_any_other() {
    for wire in talking() {
        let reply = Reply::text(REPLY).with(Fault::Gzipped);
        let (deltas, result) = run(serving(wire, reply, |endpoint, _| async move { ask(&endpoint).await }));
        assert_eq!((text(&deltas).as_str(), result), (REPLY, Ok(())), "{wire}");
    }
}

fn keyed(endpoint: Endpoint) -> Endpoint {
    Endpoint {
        key: Key::parse("sk-sesame-12345").ok(),
        key_from: Some(KeyFrom::Variable("THE_KEY".into())),
        ..endpoint
    }
}

#[test]
fn where_a_server_points_to_elsewhere_nothing_is_sent() {
    run(async {
        let (elsewhere, address) = Server::bind(Script::new([Reply::text("caught")])).await.unwrap();
        let caught = elsewhere.requests();
        let all = join_all(talking().map(|wire| async move {
            let reply = Reply::fault(Fault::Redirect(format!("http://{address}/v1/chat/completions")));
            let result =
                serving(wire, reply, |endpoint, _| async move { ask(&keyed(endpoint)).await.1 }).await;
            assert!(matches!(result, Err(Failure::Refused { status: 307, .. })), "{wire}: {result:?}");
        }));
        tokio::select! {
            () = elsewhere.serve() => unreachable!("a server serves until it is dropped"),
            _ = all => {}
        }
        assert_eq!(caught.all(), []);
    });
}

#[test]
fn a_key_that_a_server_repeats_is_in_no_failure() {
    let echo =
        r#"{"error":{"message":"incorrect API key provided: sk-sesame-12345","type":"sk-sesame-12345"}}"#;
    for status in [400, 401, 404, 429, 500] {
        let fault = Fault::Status { status, retry_after: None, body: echo.into() };
        for wire in talking() {
            let reply = Reply::fault(fault.clone());
            let (endpoint, result) = run(serving(wire, reply, |endpoint, _| async move {
                let endpoint = keyed(endpoint);
                let result = ask(&endpoint).await.1;
                (endpoint, result)
            }));
            let failure = result.unwrap_err();
            let shown = format!("{failure} {failure:?} {} {endpoint:?}", failure.next_step());
            assert!(!shown.contains("sesame"), "{wire}: {shown}");
        }
    }
}
