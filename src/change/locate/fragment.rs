//! Edits of a piece of a line, or of lines whose first and last are cut short, as tool calls that
//! replace one string by another like to send them.

use std::borrow::Cow;

use super::fit::Fit;
use super::occurrences::occurrences;
use crate::change::splice::Step;
use crate::text::Lines;

/// Most lines that are compared. A text that exceeds it repeats itself so much that the piece could
/// not name one place.
const WORK: usize = 2_000_000;

/// Most places that are kept; more than a person would read.
const PLACES: usize = 64;

/// Where `before`, as one string, stands in `body`; what becomes of the lines around it is in each
/// [`Fit`]. Every occurrence counts, overlapping ones too.
pub(super) fn places(before: &[&[u8]], after: &[&[u8]], body: &Lines) -> Vec<Fit> {
    match before {
        [] => Vec::new(),
        [piece] => inside(piece, after, body),
        [first, middle @ .., last] => across(first, middle, last, after, body),
    }
}

fn inside(piece: &[u8], after: &[&[u8]], body: &Lines) -> Vec<Fit> {
    if piece.trim_ascii().is_empty() {
        return Vec::new();
    }
    let mut fits = Vec::new();
    for (at, line) in texts(body) {
        for column in columns(piece, line) {
            let (head, tail) = (line.get(..column), line.get(column + piece.len()..));
            fits.push(Fit::rewritten(at, 1, around(head, after, tail)));
        }
        if fits.len() > PLACES {
            break;
        }
    }
    fits
}

fn across(first: &[u8], middle: &[&[u8]], last: &[u8], after: &[&[u8]], body: &Lines) -> Vec<Fit> {
    // A blank line at an edge is a line, not the end of one.
    if first.trim_ascii().is_empty() || last.trim_ascii().is_empty() {
        return Vec::new();
    }
    let mut work = 0;
    let mut fits = Vec::new();
    for (at, line) in texts(body).filter(|(_, line)| line.ends_with(first)) {
        let below =
            middle.iter().enumerate().take_while(|(nth, want)| body.text(at + 1 + nth) == Some(**want));
        let same = below.count();
        work += same + 1;
        if work > WORK || fits.len() > PLACES {
            break;
        }
        let end = body.text(at + 1 + middle.len()).filter(|line| line.starts_with(last));
        if let Some(end) = end.filter(|_| same == middle.len()) {
            let (head, tail) = (line.get(..line.len() - first.len()), end.get(last.len()..));
            fits.push(Fit::rewritten(at, middle.len() + 2, around(head, after, tail)));
        }
    }
    fits
}

fn texts(body: &Lines) -> impl Iterator<Item = (usize, &[u8])> {
    (0..body.len()).filter_map(|at| Some((at, body.text(at)?)))
}

fn columns(piece: &[u8], line: &[u8]) -> Vec<usize> {
    let Some(first) = piece.first() else { return Vec::new() };
    let starts = line.iter().enumerate().filter(|(_, byte)| *byte == first).map(|(column, _)| column);
    starts
        .filter(|column| line.get(*column..).is_some_and(|rest| rest.starts_with(piece)))
        .take(PLACES)
        .collect()
}

/// The new lines with what stood before and behind the piece.
fn around(head: Option<&[u8]>, after: &[&[u8]], tail: Option<&[u8]>) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = after.iter().map(|line| line.to_vec()).collect();
    if lines.is_empty() {
        lines.push(Vec::new());
    }
    if let Some(first) = lines.first_mut() {
        first.splice(0..0, head.unwrap_or_default().iter().copied());
    }
    if let Some(last) = lines.last_mut() {
        last.extend_from_slice(tail.unwrap_or_default());
    }
    lines
}

/// The steps, from the top of `body`, that replace every occurrence of `before`, from left to right;
/// `None` when there is none.
pub(super) fn everywhere<'a>(
    before: &[&'a [u8]],
    after: &[&'a [u8]],
    body: &'a Lines,
) -> Option<Vec<Step<'a>>> {
    match before {
        [] => None,
        [piece] if after.len() == 1 => each_piece(piece, after.first()?, body),
        _ => each_block(before, after, body),
    }
}

fn each_piece<'a>(piece: &[u8], new: &[u8], body: &'a Lines) -> Option<Vec<Step<'a>>> {
    if piece.is_empty() {
        return None;
    }
    let mut steps = Vec::new();
    for (_, line) in texts(body) {
        match replaced(piece, new, line) {
            Some(line) => steps.extend([Step::Remove, Step::Add(Cow::Owned(line))]),
            None => steps.push(Step::Keep),
        }
    }
    steps.contains(&Step::Remove).then_some(steps)
}

fn replaced(piece: &[u8], new: &[u8], line: &[u8]) -> Option<Vec<u8>> {
    let mut made = Vec::new();
    let mut rest = line;
    while let Some(column) = columns(piece, rest).first() {
        made.extend_from_slice(rest.get(..*column)?);
        made.extend_from_slice(new);
        rest = rest.get(column + piece.len()..)?;
    }
    (rest.len() != line.len()).then(|| [&made, rest].concat())
}

fn each_block<'a>(before: &[&'a [u8]], after: &[&'a [u8]], body: &'a Lines) -> Option<Vec<Step<'a>>> {
    let lines: Vec<&[u8]> = texts(body).map(|(_, line)| line).collect();
    let starts = occurrences(before, &lines);
    let mut steps = Vec::new();
    let mut at = 0;
    for start in starts {
        if start < at {
            continue;
        }
        steps.extend((at..start).map(|_| Step::Keep));
        steps.extend(before.iter().map(|_| Step::Remove));
        steps.extend(after.iter().map(|line| Step::Add(Cow::Borrowed(*line))));
        at = start + before.len();
    }
    steps.contains(&Step::Remove).then_some(steps)
}
