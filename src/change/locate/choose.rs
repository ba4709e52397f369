//! Which of several places that fit is the one meant: the one below the line that the edit names, or
//! the one clearly nearest to the line number it states. Otherwise none.

use super::indent::indent;
use crate::change::EditHunk;
use crate::text::Lines;

/// Most lines between a stated line number and the place, when there are several to choose from.
const NEAR: usize = 60;

/// The index of the one place meant among those that start at `starts`, in order.
pub(super) fn choose(hunk: &EditHunk, body: &Lines, starts: &[usize]) -> Option<usize> {
    match starts {
        [] => None,
        [_] => Some(0),
        several if several.windows(2).any(|pair| pair.first() == pair.last()) => None,
        several => {
            let start = below_header(hunk, body, several).or_else(|| near_hint(hunk, several))?;
            several.iter().position(|at| *at == start)
        }
    }
}

/// The lines that a header may name.
pub(super) fn headers(header: &str, body: &Lines) -> Vec<usize> {
    let header = header.trim().as_bytes();
    let text = |line: usize| body.text(line).unwrap_or_default();
    let matching = |fits: &dyn Fn(&[u8]) -> bool| -> Vec<usize> {
        (0..body.len()).filter(|line| fits(text(*line).trim_ascii())).collect()
    };
    if header.is_empty() {
        return Vec::new();
    }
    let named = matching(&|line| line == header);
    if named.is_empty() { matching(&|line| contains(line, header)) } else { named }
}

/// The place that the header, a line above it, singles out.
fn below_header(hunk: &EditHunk, body: &Lines, starts: &[usize]) -> Option<usize> {
    let named = headers(hunk.header.as_deref()?, body);
    if let ([header], Some(last)) = (&named[..], starts.last())
        && starts.iter().filter(|start| *start > header).count() == 1
    {
        return Some(*last);
    }
    // Only the header nearest above a place, and only the first place below it, belong together.
    let inside = |nth: usize, start: usize| {
        let header = *named.get(named.partition_point(|line| *line <= start).checked_sub(1)?)?;
        let first = nth.checked_sub(1).and_then(|above| starts.get(above)).is_none_or(|s| *s < header);
        (first && reaches(body, header, start)).then_some(start)
    };
    let below = starts.iter().enumerate().filter_map(|(nth, start)| inside(nth, *start));
    match below.collect::<Vec<_>>()[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// Is line `header` the one that line `to` belongs to or follows? Not when between them a line that
/// stands no deeper begins something new.
fn reaches(body: &Lines, header: usize, to: usize) -> bool {
    let depth = body.text(header).map_or(0, |line| indent(line).len());
    let opens = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@');
    let ends = |line: &[u8]| indent(line).len() <= depth && line.trim_ascii().first().is_some_and(opens);
    !(header + 1..to).filter_map(|line| body.text(line)).any(ends)
}

/// The place that is clearly nearest to the stated line.
fn near_hint(hunk: &EditHunk, starts: &[usize]) -> Option<usize> {
    let hint = hunk.hint?.saturating_sub(1);
    let mut by_distance: Vec<(usize, usize)> = starts.iter().map(|s| (s.abs_diff(hint), *s)).collect();
    by_distance.sort_unstable();
    match by_distance[..] {
        [(near, start), (next, _), ..] if near < next && near * 2 <= next && near <= NEAR => Some(start),
        _ => None,
    }
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}
