//! What `rein edit` says: the document, the reasons, the landing, in words.

use serde_json::{Value, json};

use super::super::{Exit, report};
use super::EditRequest;
use crate::change::Receipt;
use crate::context::Pack;
use crate::model::{Failure, Phase};
use crate::session::{End, Notice, Switch, Turn};
use crate::text::safe;

pub fn landed(receipt: &Receipt) -> String {
    let files: Vec<_> = receipt.files().iter().map(|file| safe::line(file.path.as_str())).collect();
    format!("landed {} in {}; `rein undo {0}` takes it back\n", receipt.id(), files.join(", "))
}

/// Why nothing was written, a line for each reason.
pub fn reasons(turn: &Turn) -> String {
    let mut lines = Vec::new();
    match turn.end() {
        Some(End::Failed(failure)) => {
            lines.push(failure.to_string());
            lines.push(next_step(failure));
            if let (Failure::TooLong { .. }, Some(heaviest)) = (failure, turn.pack().and_then(Pack::heaviest))
            {
                lines.push(format!("{heaviest}; `rein context` shows every piece"));
            }
            if failure.is_outage() {
                lines.push("`rein apply`, `rein log`, `rein undo` and the editor need no model".into());
            }
        }
        Some(End::NotAsked(why)) => lines.push(why.clone()),
        Some(End::Declined(words)) => lines.push(format!("the model declined: {words}")),
        Some(End::OutOfRoom) => {
            lines.push("the answer reached its length limit; ask for less, or raise `max_output`".into());
        }
        _ => {}
    }
    match turn.notice() {
        Some(Notice::Conflict(_)) => lines.push("files changed while the model answered; ask again".into()),
        Some(Notice::NotLanded(why)) => lines.push(why.clone()),
        _ => {}
    }
    lines.extend(turn.refusals().iter().map(|refusal| format!("refused: {refusal}")));
    let hunks = turn.review().hunks().count();
    if lines.is_empty() {
        lines.push(format!("the model proposed no change; it said: {}", turn.prose().trim()));
    } else if hunks > 0 && turn.receipts().is_empty() {
        lines.push(format!("{hunks} hunk(s) that could be placed were not applied either: all or nothing"));
    }
    lines.push("nothing was written".into());
    lines.join("\n      ")
}

/// Without a screen there is nothing to review.
fn next_step(failure: &Failure) -> String {
    match failure {
        Failure::Silent { phase: Phase::MidAnswer, .. } | Failure::Cut { .. } | Failure::MidStream { .. } => {
            "ask again".into()
        }
        other => other.next_step(),
    }
}

/// The turn as one document; a contract with scripts.
pub fn document(request: &EditRequest, turn: &Turn, exit: Exit, hunks: Vec<Value>) -> Value {
    let review = turn.review();
    let status = match exit {
        Exit::Done if request.apply => "applied",
        Exit::Done => "proposed",
        Exit::No => "unchanged",
        Exit::Refused => "refused",
        Exit::Limit => "limit",
        _ => "failed",
    };
    let files = match turn.receipts().last() {
        Some(receipt) => report::landed(receipt.files()),
        None if exit == Exit::Done => report::proposed(review),
        None => Vec::new(),
    };
    json!({
        "schema": "rein.edit/1",
        "status": status,
        "level": turn.instruct().level,
        "id": turn.receipts().last().map(|receipt| receipt.id()),
        "model": turn.model().map(ToString::to_string),
        "usage": turn.usage(),
        "cost": report::cost(&turn.bill()),
        "switched": turn.switches().iter().map(switch).collect::<Vec<_>>(),
        "files": files,
        "hunks": hunks,
        "message": turn.prose().trim(),
        "reason": (exit != Exit::Done).then(|| reasons(turn)),
    })
}

fn switch(switch: &Switch) -> Value {
    let Switch { from, to, why, midway } = switch;
    json!({ "from": from.to_string(), "to": to.to_string(), "why": why.to_string(), "midway": midway })
}

/// The document of a request that came to no turn.
pub fn without_a_turn(why: &str) -> Value {
    json!({
        "schema": "rein.edit/1", "status": "failed", "level": null, "id": null, "model": null,
        "usage": null, "cost": null, "switched": [], "files": [], "hunks": [], "message": "",
        "reason": why,
    })
}
