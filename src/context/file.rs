//! The file that a request is about, as its pieces: whole, cut around a selection, or cut around the
//! cursor. Cut at line borders, and what is left out is said to the model and to the person.

use super::outline::outline;
use super::pack::{Dropped, Segment, Source, Trust};
use super::request::{DoesNotFit, Open};
use super::room::Room;
use super::visible::decoded;
use super::window;
use crate::model::Tokens;
use crate::text::{Lines, Span};

/// Most bytes of an outline.
const MAX_OUTLINE: usize = 1_500;

/// Most bytes before and after the cursor, at `complete`: what fast completion can afford.
pub(super) const MAX_PREFIX: usize = 6_000;
pub(super) const MAX_SUFFIX: usize = 2_000;

/// All of it, as one piece.
pub(super) fn named_file(open: &Open<'_>) -> Segment {
    lines_of(open, &shown(open.text), open.text.span(), "the open file")
}

/// All of it.
///
/// # Errors
/// It does not fit.
pub(super) fn of_file(open: &Open<'_>, room: &mut Room) -> Result<Segment, DoesNotFit> {
    let segment = named_file(open);
    let (needs, budget) = (segment.tokens, room.budget());
    if room.take(&segment) {
        Ok(segment)
    } else {
        Err(DoesNotFit::File { path: open.path.clone(), needs, budget })
    }
}

/// The file in up to five pieces: what is left out, before, the selection, after, what is left out; and
/// what of it is not there.
///
/// # Errors
/// The selection does not fit, or there is none.
pub(super) fn of_selection(
    open: &Open<'_>,
    room: &mut Room,
) -> Result<(Vec<Segment>, Vec<Dropped>), DoesNotFit> {
    let span = open.selection.ok_or(DoesNotFit::NoSelection)?;
    // Its lines are those of the file: nothing of the decoding makes or takes a line.
    let text = &shown(open.text);
    let span = Span::new(span.start().min(text.len()), span.end().min(text.len()));
    let tags = room_of_tags(open, 3);
    let source = Source::Outline { path: open.path.clone() };
    let whole = room.take_bytes(text.bytes().len() + tags, &source);
    let window = if whole { text.span() } else { part_around(open, text, span, room)? };
    let mut segments = Vec::new();
    if !whole {
        segments.extend(outline_of(open, text, window, room));
    }
    let (above, below) = (Span::new(0, window.start()), Span::new(window.end(), text.len()));
    segments.extend(omission(open, above));
    segments.extend(lines_unless_none(
        open,
        text,
        Span::new(window.start(), span.start()),
        "above the selection",
    ));
    let source = Source::Selection { path: open.path.clone(), span };
    let selected = String::from_utf8_lossy(text.slice(span)).into_owned();
    segments.push(Segment::new(source, "selected by the user", selected, Trust::Repository));
    segments.extend(lines_unless_none(
        open,
        text,
        Span::new(span.end(), window.end()),
        "below the selection",
    ));
    segments.extend(omission(open, below));
    let gone = [above, below].into_iter().filter(|span| !span.is_empty()).map(|span| {
        let piece = lines_of(open, text, span, "");
        Dropped::piece(&piece, "the file does not fit")
    });
    Ok((segments, gone.collect()))
}

/// Bytes for the tags of so many more pieces of the file.
fn room_of_tags(open: &Open<'_>, pieces: usize) -> usize {
    let room = Room::new(Tokens(1_000_000));
    let source = Source::Outline { path: open.path.clone() };
    let all = room.left_beside(&Source::Instruction);
    pieces * (160 + all.saturating_sub(room.left_beside(&source)))
}

/// As much around the selection as fits when an outline is to fit too.
fn part_around(open: &Open<'_>, text: &Lines, span: Span, room: &mut Room) -> Result<Span, DoesNotFit> {
    let selected = text.slice(span).len();
    let source = Source::Outline { path: open.path.clone() };
    let tags = room_of_tags(open, 4);
    let spare = room.left_beside(&source).saturating_sub(tags);
    // The outline gives way before the selection does.
    let for_lines = spare.saturating_sub(MAX_OUTLINE).max(selected.min(spare));
    let window = window::around(span, text, for_lines).filter(|window| {
        let bytes = text.slice(*window).len();
        room.take_bytes(bytes + tags, &source)
    });
    window.ok_or_else(|| {
        let needs = Tokens::of_bytes(selected as u64);
        DoesNotFit::Selection { needs, budget: room.budget() }
    })
}

fn outline_of(open: &Open<'_>, text: &Lines, shown: Span, room: &mut Room) -> Option<Segment> {
    let source = Source::Outline { path: open.path.clone() };
    let outline = outline(text, shown, MAX_OUTLINE.min(room.left_beside(&source)));
    let segment = Segment::new(source, "definitions in the lines left out", outline, Trust::Repository);
    (!segment.text.is_empty() && room.take(&segment)).then_some(segment)
}

/// Word to the model of lines that are left out; none of no lines.
pub(super) fn omission(open: &Open<'_>, span: Span) -> Option<Segment> {
    let source = Source::Omission { path: open.path.clone(), span };
    let what = if span.len() == 1 { "line" } else { "lines" };
    let text = format!("{what} {span} of {} omitted\n", open.text.len());
    (!span.is_empty()).then(|| Segment::new(source, "the file does not fit", text, Trust::Rein))
}

fn lines_unless_none(open: &Open<'_>, text: &Lines, span: Span, why: &str) -> Option<Segment> {
    (!span.is_empty()).then(|| lines_of(open, text, span, why))
}

fn lines_of(open: &Open<'_>, text: &Lines, span: Span, why: &str) -> Segment {
    let source = Source::File { path: open.path.clone(), span };
    let lines = String::from_utf8_lossy(text.slice(span)).into_owned();
    Segment::new(source, why, lines, Trust::Repository)
}

/// The text as the model reads it, line for line.
fn shown(text: &Lines) -> Lines {
    let bytes = text.bytes();
    let as_is = std::str::from_utf8(bytes).is_ok() && !bytes.windows(2).any(|pair| pair == b"\r\n");
    if as_is { text.clone() } else { Lines::new(decoded(bytes).into_bytes()) }
}

/// The text before and after the cursor, as much of it as completion can afford.
pub(super) fn around_cursor(open: &Open<'_>, room: &Room) -> Vec<Segment> {
    let bytes = open.text.bytes();
    let cursor = open.cursor.unwrap_or(0).min(bytes.len());
    let (before, after) = bytes.split_at(cursor);
    let path = open.path.clone();
    let (source, behind) = (Source::Prefix { path: path.clone() }, Source::Suffix { path });
    let spare = room.left_beside(&source).saturating_sub(160);
    let (most_before, most_after) = (MAX_PREFIX.min(spare * 3 / 4), MAX_SUFFIX.min(spare / 4));
    // A byte may become three.
    let near = before.get(before.len().saturating_sub(most_before)..).unwrap_or_default();
    let (before, all_before) = (decoded(near), near.len() == before.len());
    let far = after.get(..after.len().min(most_after)).unwrap_or_default();
    let (after, all_after) = (decoded(far), far.len() == after.len());
    let start = before.ceil_char_boundary(before.len().saturating_sub(most_before));
    let prefix = before.get(start..).unwrap_or_default();
    let prefix = if all_before && start == 0 { prefix } else { from_next_line(prefix) };
    let end = after.floor_char_boundary(after.len().min(most_after));
    let suffix = after.get(..end).unwrap_or_default();
    let suffix = if all_after && end == after.len() { suffix } else { to_last_line(suffix) };
    vec![
        Segment::new(source, "before the cursor", prefix, Trust::Repository),
        Segment::new(behind, "after the cursor", suffix, Trust::Repository),
    ]
}

/// Without the line that was cut; a single long line is kept as it is.
fn from_next_line(text: &str) -> &str {
    let newline = text.find('\n');
    newline.and_then(|at| text.get(at + 1..)).filter(|rest| !rest.is_empty()).unwrap_or(text)
}

fn to_last_line(text: &str) -> &str {
    let newline = text.rfind('\n');
    newline.and_then(|at| text.get(..=at)).unwrap_or(text)
}
