//! A snippet that leaves unchanged code out, laid over its file. The alignment of all its parts that
//! explains most says which lines of the file each part is the new text of; what lies between the
//! parts stays. There is no old side to search for, so blanks and quotes inside a line are content
//! here. What is not certain is refused.

mod course;
mod depth;
mod pins;
mod reach;
mod snippet;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::locate::{Kept, Located, Tier, Unplaced};
use super::placeholder::is_marker;
use super::splice::{Step, body, splices};
use crate::text::diff::changes;
use crate::text::{Lines, Span};
use course::Course;
use reach::Reaches;
use snippet::{Part, Snippet};

/// Largest share of a file's lines, in percent, that a snippet may take away, and how many lines it
/// may always.
const REMOVED_PERCENT: usize = 30;
const REMOVED_FREE: usize = 8;

/// What the edges of a snippet are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Edges {
    /// The file's, unless a marker stands there.
    File,
    /// Anywhere: a marker may have been forgotten.
    Open,
}

/// What the snippet makes of `base`.
///
/// # Errors
/// [`Unplaced`], when what the markers stand for cannot be told for sure.
pub(super) fn expand(snippet: &str, base: &Lines, edges: Edges) -> Result<Located, Unplaced> {
    let text = body(base);
    let snippet =
        Snippet::read(snippet, &text).map_err(|why| unsure(why.line, "its indentation cannot be told"))?;
    if snippet.parts.is_empty() {
        return Err(Unplaced::NoContext);
    }
    let placed = placed(&snippet, &text, edges)?;
    let mut steps = Vec::new();
    let mut at = 0;
    for (part, span) in snippet.parts.iter().zip(&placed) {
        steps.extend((at..span.start()).map(|_| Step::Keep));
        let new = snippet.lines.get(part.lines.clone()).unwrap_or_default();
        steps.extend(rewritten(&text, *span, new));
        at = span.end();
    }
    guard(&steps, &text)?;
    let (first, last) = (placed.first(), placed.last());
    let place = first.zip(last).map_or(Span::new(0, 0), |(a, b)| Span::new(a.start(), b.end()));
    let kept = if snippet.reindented { BTreeSet::from([Kept::Indent]) } else { BTreeSet::new() };
    Ok(Located { place, splices: splices(base, 0, steps), matched_by: Tier::Lazy, kept })
}

/// The lines of each part of a snippet with their one-based numbers, blank ones left out.
pub(super) fn loose_parts<'a>(snippet: &'a str, base: &Lines) -> Vec<Vec<(usize, &'a str)>> {
    let own = |line: &str| base.iter().any(|own| own.trim_ascii() == line.trim().as_bytes());
    let numbered: Vec<(usize, &str)> = snippet.lines().enumerate().map(|(at, line)| (at + 1, line)).collect();
    let parts = numbered.split(|(_, line)| is_marker(line) && !own(line));
    let told = |part: &[(usize, &'a str)]| -> Vec<(usize, &'a str)> {
        part.iter().filter(|(_, line)| !line.trim().is_empty()).copied().collect()
    };
    parts.map(told).filter(|part| !part.is_empty()).collect()
}

fn unsure(line: usize, why: &'static str) -> Unplaced {
    Unplaced::Unexpanded { line, why }
}

/// The lines of the file that each part is the new text of, in order.
fn placed(snippet: &Snippet, body: &Lines, edges: Edges) -> Result<Vec<Span>, Unplaced> {
    let trimmed = |line: &[u8]| line.trim_ascii_end().len();
    let said: Vec<&[u8]> = snippet.lines.iter().filter_map(|line| line.get(..trimmed(line))).collect();
    let own: Vec<&[u8]> = body.iter().map(<[u8]>::trim_ascii_end).collect();
    if let Some(spans) = pinned(snippet, own.len(), edges) {
        return Ok(spans);
    }
    let course = Course::new(&said, snippet.gaps(edges == Edges::Open), &own, &snippet.pins());
    let course = course.ok_or_else(|| unsure(1, "it is too much to compare with the file"))?;
    let reaches = Reaches { said, own, course: &course, matched: course.matched(), edges };
    let spans = snippet.parts.iter().map(|part| reaches.of(part, snippet.parts.len()));
    let spans: Vec<Span> = spans.collect::<Result<_, _>>()?;
    match in_order(&spans) {
        true => Ok(spans),
        false => Err(unsure(1, "its parts would overlap in the file")),
    }
}

/// The same, if the edges of all parts stand in one place each, in order.
fn pinned(snippet: &Snippet, len: usize, edges: Edges) -> Option<Vec<Span>> {
    let span = |part: &Part| {
        let top = edges == Edges::File && part.lines.start == 0 && part.above.is_none();
        let end = edges == Edges::File && part.lines.end == snippet.lines.len() && part.below.is_none();
        let start = if top { Some(0) } else { part.pins.head };
        let end = if end { Some(len) } else { part.pins.tail.map(|at| at + 1) };
        start.zip(end).filter(|(start, end)| start < end).map(|(start, end)| Span::new(start, end))
    };
    let spans: Vec<Span> = snippet.parts.iter().map(span).collect::<Option<_>>()?;
    in_order(&spans).then_some(spans)
}

fn in_order(spans: &[Span]) -> bool {
    spans.windows(2).all(|pair| matches!(pair, [one, next] if one.end() <= next.start()))
}

/// What becomes of the lines of a place. Lines that both have keep the file's bytes.
fn rewritten(body: &Lines, span: Span, new: &[Vec<u8>]) -> Vec<Step<'static>> {
    let trimmed = |lines: &mut dyn Iterator<Item = &[u8]>| -> Lines {
        Lines::new(lines.flat_map(|line| [line.trim_ascii_end(), b"\n"].concat()).collect::<Vec<u8>>())
    };
    let own = trimmed(&mut span.as_range().filter_map(|at| body.text(at)));
    let said = trimmed(&mut new.iter().map(Vec::as_slice));
    let mut steps = Vec::new();
    let mut at = 0;
    for change in changes(&own, &said) {
        steps.extend((at..change.old.start()).map(|_| Step::Keep));
        steps.extend(change.old.as_range().map(|_| Step::Remove));
        let added = new.get(change.new.as_range()).unwrap_or_default();
        steps.extend(added.iter().map(|line| Step::Add(Cow::Owned(line.clone()))));
        at = change.old.end();
    }
    steps.extend((at..own.len()).map(|_| Step::Keep));
    steps
}

/// Refuses a snippet that would take away more than it could have left out by oversight.
fn guard(steps: &[Step<'_>], body: &Lines) -> Result<(), Unplaced> {
    let removed = steps.iter().filter(|step| **step == Step::Remove).count();
    let added = steps.iter().filter(|step| matches!(step, Step::Add(_))).count();
    let lost = removed.saturating_sub(added);
    if lost > REMOVED_FREE && lost * 100 > body.len() * REMOVED_PERCENT {
        return Err(unsure(1, "it would take away too much of the file"));
    }
    let marked = |step: &Step<'_>| match step {
        Step::Add(line) => {
            std::str::from_utf8(line).is_ok_and(|line| line.trim().len() > 4 && is_marker(line))
        }
        Step::Keep | Step::Remove => false,
    };
    match steps.iter().any(marked) {
        true => Err(unsure(1, "a marker would be left in the file")),
        false => Ok(()),
    }
}
