//! Edits that leave lines out in the middle with a marker (`...`): each part is found by itself, all
//! of them in order.

use std::collections::BTreeSet;

use super::{Effort, Located, Search, Tier, Unplaced};
use crate::change::placeholder::is_marker;
use crate::change::splice::body;
use crate::change::{EditHunk, EditLine};
use crate::text::{Lines, Span};

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
