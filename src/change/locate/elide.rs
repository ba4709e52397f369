//! Edits that leave lines out in the middle with a marker (`...`): each part is found by itself, all
//! of them in order.

use std::collections::BTreeSet;

use super::{Effort, Located, Search, Tier, Unplaced};
use crate::change::splice::body;
use crate::change::{EditHunk, EditLine};
use crate::text::{Lines, Span};

/// Words by which models say that code was left out.
const LEFT_OUT: [&str; 18] = [
    "existing",
    "unchanged",
    "rest of",
    "the rest",
    "remaining",
    "remains",
    "same as",
    "as before",
    "omitted",
    "previous",
    "unmodified",
    "other method",
    "other function",
    "other import",
    "stays the same",
    "keep the",
    "no change",
    "code here",
];
const OPENS: [&str; 11] = ["//", "#", "--", "/*", "<!--", "{/*", ";", "%", "*", "\"\"\"", "'''"];
const CLOSES: [&str; 5] = ["*/}", "*/", "-->", "\"\"\"", "'''"];
/// Most bytes of a marker.
const MARKER: usize = 160;

/// Is the line a marker for code that was left out: an ellipsis, or a comment that says so?
pub(in crate::change) fn is_marker(line: &str) -> bool {
    let line = line.trim();
    if line.is_empty() || line.len() > MARKER {
        return false;
    }
    let comment = OPENS.iter().find_map(|mark| line.strip_prefix(mark));
    let words = comment.map_or(line, |rest| rest.trim_start_matches(['/', '#', '*', '-', ';', '!']).trim());
    let words = CLOSES.iter().find_map(|mark| words.strip_suffix(mark)).unwrap_or(words).trim();
    let dots = |text: &str| matches!(text, "..." | "\u{2026}" | "....");
    if dots(words) {
        return true;
    }
    let inner = words.trim_matches(['(', ')', '[', ']', '{', '}', '<', '>', ' ']).to_lowercase();
    let named = LEFT_OUT.iter().any(|phrase| inner.contains(phrase));
    let ellipsis = ["...", "\u{2026}"].iter().any(|dots| inner.starts_with(dots) || inner.ends_with(dots));
    let bracketed = words.starts_with(['(', '[']) && words.ends_with([')', ']']);
    let says_so =
        ["unchanged", "remains the same", "stays the same", "omitted", "same as before", "as before"]
            .iter()
            .any(|end| inner.ends_with(end) || inner.ends_with(&format!("{end}.")));
    named && (ellipsis || comment.is_some() && (bracketed || says_so))
}

/// Where the parts of `hunk` stand, if it has markers; `None` when it has none.
pub(super) fn located(hunk: &EditHunk, base: &Lines, within: Span) -> Option<Result<Located, Unplaced>> {
    let marks = |line: &EditLine| matches!(line, EditLine::Keep(text) if is_marker(text));
    if !hunk.lines.iter().any(marks) {
        return None;
    }
    let parts: Vec<EditHunk> = hunk
        .lines
        .split(marks)
        .filter(|lines| lines.iter().any(|line| !matches!(line, EditLine::Add(_))))
        .map(|lines| EditHunk { lines: lines.to_vec(), ..EditHunk::default() })
        .collect();
    let adrift =
        |lines: &[EditLine]| lines.iter().all(|line| matches!(line, EditLine::Add(_))) && !lines.is_empty();
    if hunk.lines.split(marks).any(adrift) {
        return Some(Err(Unplaced::NoContext));
    }
    in_order(&parts, base, within).transpose()
}

/// Every part at its one place, below the part before it; `None` when one fits nowhere.
fn in_order(parts: &[EditHunk], base: &Lines, within: Span) -> Result<Option<Located>, Unplaced> {
    let text = body(base);
    let mut found: Vec<Option<Located>> = Vec::new();
    let mut refused = None;
    for part in parts {
        match place(part, base, &text, within) {
            None => return Ok(None),
            Some(Ok(located)) => found.push(Some(located)),
            Some(Err(why)) => {
                refused.get_or_insert(why);
                found.push(None);
            }
        }
    }
    // Parts that fit several places by themselves may fit only one between their neighbours.
    for nth in 0..found.len() {
        if found.get(nth).is_some_and(Option::is_some) {
            continue;
        }
        let above = found.iter().take(nth).flatten().map(|l| l.place.end()).max().unwrap_or(within.start());
        let below =
            found.iter().skip(nth + 1).flatten().map(|l| l.place.start()).min().unwrap_or(within.end());
        let part = parts.get(nth).and_then(|part| place(part, base, &text, Span::new(above, below)));
        match (part, found.get_mut(nth)) {
            (Some(Ok(located)), Some(slot)) => *slot = Some(located),
            _ => return refused.map_or(Ok(None), Err),
        }
    }
    Ok(joined(found.into_iter().flatten().collect()))
}

fn place(part: &EditHunk, base: &Lines, text: &Lines, within: Span) -> Option<Result<Located, Unplaced>> {
    let search = Search::new(part, base, text, within);
    search.place(Effort::Strict).or_else(|| search.place(Effort::Lax))
}

fn joined(parts: Vec<Located>) -> Option<Located> {
    let ordered =
        parts.windows(2).all(|pair| matches!(pair, [one, next] if one.place.end() <= next.place.start()));
    let place = Span::new(parts.first()?.place.start(), parts.last()?.place.end());
    let tier = parts.iter().map(|part| part.matched_by).max()?.max(Tier::Aligned);
    let kept: BTreeSet<_> = parts.iter().flat_map(|part| part.kept.iter().copied()).collect();
    let splices = parts.into_iter().flat_map(|part| part.splices).collect();
    ordered.then_some(Located { place, splices, matched_by: tier, kept })
}
