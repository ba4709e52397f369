//! `rein log --wire`: the requests that were sent, as they left but for the keys.

use serde_json::{Value, json};

use super::report::document;
use super::setup::Setup;
use super::{Exit, print, stop};
use crate::orchestrator::wire_log::read;
use crate::session::SentRequest;

/// Lists the last `limit`, newest first; or prints the bytes of the one whose id begins with `id`.
pub fn wire_log(id: Option<&str>, limit: usize, as_json: bool) -> Exit {
    let place = match Setup::load().and_then(|setup| setup.place(None)) {
        Ok(place) => place,
        Err(why) => return stop(Exit::NotHere, why),
    };
    // One more than one is enough to see that an id names several.
    let limit = if id.is_some() { 2 } else { limit };
    let sent = match read(&place.workspace, id, limit) {
        Ok(sent) => sent,
        Err(why) => return stop(Exit::NotHere, format!("what was sent cannot be read: {why}")),
    };
    match (id, sent.as_slice()) {
        (Some(id), []) => {
            stop(Exit::No, format!("no request that is kept is called `{id}`; see `rein log --wire`"))
        }
        (Some(id), [_, _, ..]) => stop(Exit::Usage, format!("`{id}` begins several ids; give more of it")),
        (Some(_), [one]) if !as_json => print(&one.bytes, Exit::Done),
        (_, all) if as_json => {
            let rows: Vec<Value> = all.iter().map(|one| row(one, id.is_some())).collect();
            print(&document(&json!({ "schema": "rein.log.wire/1", "requests": rows })), Exit::Done)
        }
        (_, all) => print(all.iter().map(told).collect::<String>().as_bytes(), Exit::Done),
    }
}

fn row(one: &SentRequest, whole: bool) -> Value {
    let text = || String::from_utf8_lossy(&one.bytes).into_owned();
    json!({
        "id": one.id, "provider": one.provider, "request": one.line, "bytes": one.bytes.len(),
        "text": whole.then(text),
    })
}

fn told(one: &SentRequest) -> String {
    format!("{}  {}  {} ({} bytes)\n", one.id, one.provider, one.line, one.bytes.len())
}
