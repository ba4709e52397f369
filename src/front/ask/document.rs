//! An answer as one JSON document; a contract with scripts.

use serde_json::{Value, json};

use super::super::{Exit, report};
use super::{AskRequest, reason};
use crate::context::citation::{Agreement, Checked, Place};
use crate::context::{Presence, Segment};
use crate::session::{CitedSource, Depth, Finding, Inquiry, Proof, Since, Step};

/// Of a question that was not put.
pub fn nothing(request: &AskRequest, why: &str) -> Value {
    json!({
        "schema": "rein.ask/1", "status": "failed", "depth": request.depth.unwrap_or(Depth::Quick).name(),
        "question": request.question, "model": null, "usage": null, "cost": null, "budget": null,
        "answer": [], "citations": [], "context": [], "masked": { "results": 0, "tokens": 0 }, "steps": [],
        "parts": [], "notes": [], "reason": why, "id": null, "conversation": null, "goes_on": false, "time": null,
    })
}

pub fn of(inquiry: &Inquiry, exit: Exit) -> Value {
    let status = match exit {
        Exit::Done => "answered",
        Exit::No if !inquiry.found() => "nothing-found",
        Exit::No => "unverified",
        Exit::Limit => "limit",
        _ => "failed",
    };
    let pack = inquiry.pack();
    let segments = pack.as_ref().map(|pack| pack.segments()).unwrap_or_default();
    let (masked, weight) = inquiry.masked();
    let proof = inquiry.proof();
    let citations = proof.sources.iter().enumerate();
    let kept = inquiry.kept_as();
    json!({
        "schema": "rein.ask/1",
        "status": status,
        "depth": inquiry.question().depth.name(),
        "question": inquiry.question().text,
        "model": inquiry.model().map(ToString::to_string),
        "usage": inquiry.usage(),
        "cost": report::cost(&inquiry.bill()),
        "budget": budget(inquiry),
        "answer": proof.findings.iter().map(|one| finding(one, proof)).collect::<Vec<_>>(),
        "citations": citations.map(|(at, source)| citation(source, inquiry.since(at))).collect::<Vec<_>>(),
        "context": segments.iter().map(segment).collect::<Vec<_>>(),
        "masked": { "results": masked, "tokens": weight },
        "steps": inquiry.steps().map(step).collect::<Vec<_>>(),
        "parts": inquiry.parts().map(part).collect::<Vec<_>>(),
        "notes": inquiry.notes(),
        "reason": reason(inquiry),
        "id": kept.as_ref().map(|kept| &kept.id),
        "conversation": kept.as_ref().map(|kept| &kept.conversation),
        "goes_on": inquiry.goes_on(),
        "time": inquiry.of_earlier().map(|recalled| rfc3339(recalled.time())),
    })
}

/// `time`: in milliseconds since 1970, as in [`crate::session::Head`].
pub fn rfc3339(time: i64) -> Option<String> {
    jiff::Timestamp::from_millisecond(time).ok().map(|time| time.to_string())
}

/// What the question might use, `null` where there is no limit.
fn budget(inquiry: &Inquiry) -> Value {
    let allowed = inquiry.question().allowance;
    json!({
        "tokens": allowed.tokens, "dollars": allowed.money.map(|money| money.0 as f64 / 1e6),
        "seconds": allowed.time.map(|time| time.as_secs()),
    })
}

/// A piece of what was sent. `request`: which of its conversation it came with. `state`: `sent`; `above`, where
/// it stands in the conversation since `since` and nothing of it was sent again; `renewed`, where it was sent in
/// place of what `since` held; `stale`, where its file reads otherwise since; `masked`, where it was taken out.
fn segment(segment: &Segment) -> Value {
    let (path, span) = segment.source.place();
    let since = match segment.presence {
        Presence::Above(request) | Presence::Renewed(request) => Some(request),
        _ => None,
    };
    json!({
        "source": segment.source.kind(), "path": path, "lines": span.map(|span| [span.start() + 1, span.end()]),
        "why": segment.why, "tokens": segment.tokens, "request": segment.request,
        "state": segment.presence.name(), "since": since,
    })
}

fn step(step: &Step) -> Value {
    json!({ "asked": step.asked, "failed": step.failed })
}

fn part((question, answered): (&str, bool)) -> Value {
    json!({ "question": question, "answered": answered })
}

/// `places`: in how many different places its sources stand that hold; `doubt`: what a check found
/// against it.
fn finding(finding: &Finding, proof: &Proof) -> Value {
    json!({
        "text": finding.text, "cites": finding.cites, "holds": finding.holds,
        "verified": finding.is_verified(), "places": proof.places(finding), "doubt": finding.doubt,
        "lead": finding.lead,
    })
}

/// `lines`: where the quote really stands, `null` where it does not; of a commit: in its text as it was
/// shown. `spaced`: but for indentation. `since`: what has become of it, where the answer is one of earlier:
/// `unchanged`, `moved` (to the lines of `now`), `changed` or `gone`.
fn citation(source: &CitedSource, since: Since) -> Value {
    let (status, spaced, why) = match &source.checked {
        Checked::Verified { agreement, .. } => ("verified", *agreement == Agreement::Indented, None),
        Checked::Corrected { agreement, .. } => ("corrected", *agreement == Agreement::Indented, None),
        Checked::Unverified(doubt) => ("unverified", false, Some(doubt.to_string())),
    };
    let commit = match &source.at {
        Some(Place::Commit { id }) => Some(id),
        _ => None,
    };
    let now = if let Since::StandsAt(span) = since { Some(span) } else { None };
    json!({
        "number": source.number, "place": source.place, "path": source.path(), "commit": commit,
        "lines": source.lines().map(|span| [span.start() + 1, span.end()]),
        "quote": source.quote, "status": status, "spaced": spaced, "why": why,
        "since": since.name(), "now": now.map(|span| [span.start() + 1, span.end()]),
    })
}
