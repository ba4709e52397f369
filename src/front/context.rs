//! `rein context`: what a model would be sent for an instruction, piece by piece, each with its source,
//! the reason it is there, its weight and whose words it is. The request is made as `rein edit` makes
//! it, and not sent.

use serde_json::{Value, json};

use super::drive::{Driver, Interrupted};
use super::edit::{EditRequest, understood};
use super::report::document;
use super::setup::runtime;
use super::{Exit, print, stop};
use crate::context::{Pack, Segment};
use crate::session::{End, Session, Turn};
use crate::workspace::Source;

/// Prints the pieces of the request that `rein edit` would send.
pub fn context(request: &EditRequest) -> Exit {
    match runtime() {
        Ok(runtime) => runtime.block_on(run(request)),
        Err(why) => stop(Exit::Bug, why),
    }
}

async fn run(request: &EditRequest) -> Exit {
    let (setup, workspace, instruct) = match understood(request) {
        Ok(meant) => meant,
        Err(why) => return stop(why.exit(), why),
    };
    let session = Session::new(setup.terms(Source::Edit));
    let mut driver = match Driver::new(session, setup.orchestrator(workspace)) {
        Ok(driver) => driver,
        Err(why) => return stop(Exit::Bug, format!("Ctrl-C cannot be listened for: {why}")),
    };
    let effects = match driver.session.instruct(instruct) {
        Ok(effects) => effects,
        Err(why) => return stop(Exit::Usage, why),
    };
    if let Err(Interrupted) = driver.stop_short(effects).await {
        return Exit::Interrupted;
    }
    let Some(turn) = driver.session.turn() else { return Exit::Bug };
    match (turn.pack(), turn.end()) {
        (Some(pack), _) if request.json => print(&document(&as_json(turn, pack)), Exit::Done),
        (Some(pack), _) => print(told(pack).as_bytes(), Exit::Done),
        (None, Some(End::NotAsked(why))) => stop(Exit::NotHere, why),
        (None, _) => Exit::Bug,
    }
}

/// The document; a contract with scripts. Joined in order, the texts of the `system` segments are the
/// system message, the others the user's message, to the byte.
fn as_json(turn: &Turn, pack: &Pack) -> Value {
    json!({
        "schema": "rein.context/1",
        "level": turn.instruct().level,
        "tokens": pack.tokens(),
        "segments": pack.segments().iter().map(segment).collect::<Vec<_>>(),
        "notes": pack.notes(),
    })
}

fn segment(segment: &Segment) -> Value {
    let (path, span) = segment.source.place();
    json!({
        "source": segment.source.kind(), "path": path,
        "lines": span.map(|span| [span.start() + 1, span.end()]),
        "why": segment.why, "tokens": segment.tokens, "trust": segment.trust, "text": segment.text,
    })
}

/// For a person: a heading for each piece, and its text behind a bar.
fn told(pack: &Pack) -> String {
    let mut out = format!("~{} tokens in {} segments\n", pack.tokens(), pack.segments().len());
    pack.notes().iter().for_each(|note| out.push_str(&format!("note: {note}\n")));
    for (at, Segment { source, why, tokens, text, trust }) in pack.segments().iter().enumerate() {
        out.push_str(&format!("\n{}  {source}  ~{tokens} tokens, from {}: {why}\n", at + 1, trust.name()));
        text.lines().for_each(|line| out.push_str(&format!("  │ {line}\n")));
    }
    out
}
