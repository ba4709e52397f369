//! A snippet that leaves unchanged code out, laid over its file. Each part between two markers is
//! anchored in the file by its first and its last lines; what lies between the anchors becomes what
//! the snippet says, and lines that both have keep the file's bytes. There is no old side to search
//! for, so blanks and quotes inside a line are content here. What is not certain is refused.

mod part;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::locate::{Located, Tier, Unplaced, is_marker};
use super::splice::{Step, body, splices};
use crate::text::{Lines, Span};
use part::{Anchor, Part};

/// Largest share of a file's lines, in percent, that a snippet may take away, and how many lines it
/// may always.
const REMOVED_PERCENT: usize = 30;
const REMOVED_FREE: usize = 8;

/// What the snippet makes of `base`.
///
/// # Errors
/// [`Unplaced`], when what the markers stand for cannot be told for sure.
pub(super) fn expand(snippet: &str, base: &Lines) -> Result<Located, Unplaced> {
    let text = body(base);
    let parts = parts(snippet, &text);
    let placed = placed(&parts, &text)?;
    let mut steps = Vec::new();
    let mut kept = BTreeSet::new();
    let mut at = 0;
    for (part, anchor) in parts.iter().zip(&placed) {
        steps.extend((at..anchor.span.start()).map(|_| Step::Keep));
        steps.extend(part.steps(anchor, &text, &mut kept));
        at = anchor.span.end();
    }
    guard(&steps, &text)?;
    let (first, last) = (placed.first(), placed.last());
    let place = first.zip(last).map_or(Span::new(0, 0), |(a, b)| Span::new(a.span.start(), b.span.end()));
    Ok(Located { place, splices: splices(base, 0, steps), matched_by: Tier::Lazy, kept })
}

/// The parts between the markers, blank lines at their edges dropped.
fn parts<'a>(snippet: &'a str, body: &Lines) -> Vec<Part<'a>> {
    let lines: Vec<&str> = snippet.lines().collect();
    // Where the file itself has such a line, it is code (Python's `...`).
    let code = |line: &str| body.iter().any(|own| own.trim_ascii() == line.trim().as_bytes());
    let marks: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_marker(line) && !code(line))
        .map(|(at, _)| at)
        .collect();
    let bounds = marks.iter().map(|at| at + 1).chain([lines.len() + 1]);
    let mut parts = Vec::new();
    let mut from = 0;
    for bound in bounds {
        let to = bound - 1;
        parts.extend(Part::of(&lines, from..to, from > 0, to < lines.len()));
        from = bound;
    }
    parts
}

/// Where each part stands, in order.
fn placed(parts: &[Part<'_>], body: &Lines) -> Result<Vec<Anchor>, Unplaced> {
    if parts.is_empty() {
        return Err(Unplaced::NoContext);
    }
    let mut placed: Vec<Anchor> = Vec::new();
    for (nth, part) in parts.iter().enumerate() {
        let top = placed.last().map_or(0, |above| above.span.end());
        let anchor = part.anchor(body, Span::new(top, body.len()), nth + 1 == parts.len())?;
        placed.push(anchor);
    }
    Ok(placed)
}

/// Refuses a snippet that would take away more than it could have left out by oversight.
fn guard(steps: &[Step<'_>], body: &Lines) -> Result<(), Unplaced> {
    let removed = steps.iter().filter(|step| **step == Step::Remove).count();
    let added = steps.iter().filter(|step| matches!(step, Step::Add(_))).count();
    let lost = removed.saturating_sub(added);
    if lost > REMOVED_FREE && lost * 100 > body.len() * REMOVED_PERCENT {
        return Err(Unplaced::Unexpanded { line: 1, why: "it would take away too much of the file" });
    }
    let marked = |step: &Step<'_>| match step {
        Step::Add(line) => is_marker(&String::from_utf8_lossy(line)) && !matches!(line, Cow::Borrowed(b"")),
        Step::Keep | Step::Remove => false,
    };
    match steps.iter().any(marked) {
        true => Err(Unplaced::Unexpanded { line: 1, why: "a marker would be left in the file" }),
        false => Ok(()),
    }
}
