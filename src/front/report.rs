//! What headless commands print on stdout: one JSON document, or a patch. The JSON is a contract.

use serde_json::{Value, json};

use crate::change::locate::Unplaced;
use crate::change::reading::FileDiff;
use crate::change::{Hunk, HunkId, Landed, Rejected, Review, Verdict, Why, unparsed};
use crate::model::Bill;
use crate::session::Refusal;
use crate::text::{Digest, Lines, RepoPath, patch};
use crate::workspace::Workspace;

/// The change as git takes it, file by file in the order of review; every hunk that is not rejected.
pub fn as_patch(review: &Review, workspace: &Workspace) -> Vec<u8> {
    let mut out = Vec::new();
    for path in files(review) {
        let old = review.base(&path).and_then(|base| base.text.clone());
        let new = review.preview(&path, true);
        let executable = workspace.executable(&path);
        out.extend(patch::unified(&path, old.as_ref(), new.as_ref(), executable));
    }
    out
}

/// The files of a review, in order of first appearance.
pub fn files(review: &Review) -> Vec<RepoPath> {
    let mut files: Vec<RepoPath> = Vec::new();
    for hunk in review.hunks() {
        if files.last() != Some(&hunk.path) {
            files.push(hunk.path.clone());
        }
    }
    files
}

/// What would be written: before and after of each file.
pub fn proposed(review: &Review) -> Vec<Value> {
    let describe = |path: RepoPath| {
        let before = review.base(&path).and_then(|base| base.text.clone());
        let after = review.preview(&path, true);
        let op = match (&before, &after) {
            (None, _) => "create",
            (_, None) => "delete",
            _ => "update",
        };
        json!({
            "path": path, "op": op, "to": null, "merged": false,
            "sha_before": before.as_ref().map(sha), "sha_after": after.as_ref().map(sha),
        })
    };
    files(review).into_iter().map(describe).collect()
}

/// What was written.
pub fn landed(files: &[Landed]) -> Vec<Value> {
    let describe = |file: &Landed| {
        json!({
            "path": file.path, "op": file.op, "to": null, "merged": file.merged,
            "sha_before": file.before, "sha_after": file.after,
        })
    };
    files.iter().map(describe).collect()
}

/// What requests cost, in millionths of a dollar and in words.
pub fn cost(bill: &Bill) -> Value {
    json!({
        "micro_usd": bill.cost, "shown": bill.to_string(), "requests": bill.requests,
        "unpriced": bill.unpriced, "counted": bill.usage.counted,
    })
}

fn sha(text: &Lines) -> Digest {
    Digest::of(text.bytes())
}

/// Every hunk, then every refused edit. A hunk by which its file stops to parse says so.
pub fn hunks(review: &Review, refusals: &[Refusal]) -> Vec<Value> {
    let unparsed: Vec<HunkId> = FileDiff::of(review).iter().flat_map(unparsed).collect();
    let placed = |(index, hunk): (usize, &Hunk)| placed_hunk(index, hunk, unparsed.contains(&hunk.id));
    let placed = review.hunks().enumerate().map(placed);
    placed.chain(refusals.iter().map(refused_hunk)).collect()
}

fn placed_hunk(index: usize, hunk: &Hunk, breaks_parse: bool) -> Value {
    let first = hunk.replaces.start() + 1;
    json!({
        "file": hunk.path, "index": index, "status": "ok",
        "matched_by": hunk.matched_by, "confidence": hunk.matched_by.confidence(),
        "lines": [first, hunk.replaces.end().max(first)],
        "kept": &hunk.kept, "reason": null, "candidates": [], "nearest": null,
        "breaks_parse": breaks_parse,
        "verdict": match hunk.verdict {
            Verdict::Undecided => "undecided",
            Verdict::Accepted => "accepted",
            Verdict::Rejected => "rejected",
        },
    })
}

fn refused_hunk(refusal: &Refusal) -> Value {
    let (file, index) = match refusal {
        Refusal::Edit { rejected, .. } => (Value::from(rejected.path.as_str()), Value::from(rejected.index)),
        Refusal::Text(_) => (Value::Null, Value::Null),
    };
    let line = match refusal {
        Refusal::Text(unreadable) => Some(unreadable.line),
        Refusal::Edit { .. } => None,
    };
    json!({
        "file": file, "index": index, "status": "refused", "matched_by": null, "confidence": 0.0,
        "lines": null, "kept": [], "reason": refusal.to_string(), "reply_line": line,
        "candidates": candidates(refusal), "nearest": nearest(refusal),
    })
}

fn candidates(refusal: &Refusal) -> Vec<Value> {
    match unplaced(refusal) {
        Some(Unplaced::Ambiguous(lines)) => {
            lines.iter().take(5).map(|line| json!({ "line": line })).collect()
        }
        _ => Vec::new(),
    }
}

fn nearest(refusal: &Refusal) -> Value {
    match unplaced(refusal) {
        Some(Unplaced::Nowhere { nearest: Some((line, text)) }) => json!({ "line": line, "text": text }),
        _ => Value::Null,
    }
}

fn unplaced(refusal: &Refusal) -> Option<&Unplaced> {
    match refusal {
        Refusal::Edit { rejected: Rejected { why: Why::Unplaced(why), .. }, .. } => Some(why),
        _ => None,
    }
}

/// A JSON document as it is printed.
pub fn document(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}
