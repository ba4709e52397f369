//! Replacing lines so that the file stays itself: what an edit does not change keeps its bytes, what
//! it adds ends as its neighbours end, a byte order mark stays first, and a file without a final
//! newline stays without one. Where the lines go is decided elsewhere ([`super::locate`]).

use std::borrow::Cow;

use crate::text::diff::changes;
use crate::text::{LineEnding, Lines, Span, trim_ending};

/// U+FEFF in UTF-8, as some editors put it before the first line.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Lines `replaces` of the base become `with`. Only lines that really differ are in it: what the
/// model repeated keeps the file's own bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Splice {
    pub replaces: Span,
    /// Whole lines with the endings they will have in the file.
    pub with: Vec<u8>,
}

/// One line of an edit whose place is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step<'a> {
    /// The base's next line stays.
    Keep,
    /// The base's next line goes.
    Remove,
    /// A line comes, here without its ending.
    Add(Cow<'a, [u8]>),
}

/// The base without its byte order mark: what people and models see. Line numbers are the same.
pub(super) fn body(base: &Lines) -> Lines {
    base.bytes().strip_prefix(BOM).map_or_else(|| base.clone(), Lines::new)
}

/// What `steps`, taken from line `start`, do to `base`: in order, apart from each other.
pub(super) fn splices<'a>(
    base: &Lines,
    start: usize,
    steps: impl IntoIterator<Item = Step<'a>>,
) -> Vec<Splice> {
    let body = body(base);
    let mut rough = gather(&body, start, steps);
    if let Some(last) = rough.last_mut() {
        keep_end(&body, last);
    }
    let mut splices = joined(rough);
    if base.bytes().len() != body.bytes().len()
        && let Some(first) = splices.first_mut()
    {
        keep_mark(base, &body, first);
    }
    joined(splices).iter().flat_map(|splice| refined(base, splice)).collect()
}

/// The text that `splices` (in order, not overlapping) make of `base`.
pub(super) fn spliced<'a>(base: &Lines, splices: impl IntoIterator<Item = (Span, &'a [u8])>) -> Lines {
    let mut text = Vec::with_capacity(base.bytes().len());
    let mut at = 0;
    for (replaces, with) in splices {
        text.extend_from_slice(base.slice(Span::new(at, replaces.start())));
        text.extend_from_slice(with);
        at = replaces.end();
    }
    text.extend_from_slice(base.slice(Span::new(at, base.len())));
    Lines::new(text)
}

/// Splices as the steps say, each run of removals and additions one.
fn gather<'a>(body: &Lines, start: usize, steps: impl IntoIterator<Item = Step<'a>>) -> Vec<Splice> {
    let mut splices = Vec::new();
    let mut at = start;
    let mut run = Run { start, added: Vec::new() };
    for step in steps {
        match step {
            Step::Keep => {
                splices.extend(run.close(body, at));
                at += 1;
                run = Run { start: at, added: Vec::new() };
            }
            Step::Remove => at += 1,
            Step::Add(line) => run.added.push(line),
        }
    }
    splices.extend(run.close(body, at));
    splices
}

/// Removals and additions without a kept line between them.
struct Run<'a> {
    start: usize,
    added: Vec<Cow<'a, [u8]>>,
}

impl Run<'_> {
    fn close(self, body: &Lines, end: usize) -> Option<Splice> {
        let replaces = Span::new(self.start, end);
        if replaces.is_empty() && self.added.is_empty() {
            return None;
        }
        let mut with = Vec::new();
        for (nth, line) in self.added.iter().enumerate() {
            with.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            with.extend_from_slice(ending_for(body, replaces, nth).as_bytes());
        }
        Some(Splice { replaces, with })
    }
}

/// The ending of the `nth` line that takes the place of `replaces`: that of the line it replaces, or
/// of the nearest line above, or below; the file's usual one where there is none.
fn ending_for(body: &Lines, replaces: Span, nth: usize) -> LineEnding {
    let of = |line: usize| match body.get(line).map(LineEnding::of) {
        Some(LineEnding::None) | None => None,
        ending => ending,
    };
    let replaced = (replaces.start() + nth).min(replaces.end().saturating_sub(1));
    let replaced = (!replaces.is_empty()).then(|| of(replaced)).flatten();
    replaced
        .or_else(|| of(replaces.start().checked_sub(1)?))
        .or_else(|| of(replaces.end()))
        .unwrap_or_else(|| body.dominant_ending())
}

/// Keeps a text without a final newline without one.
fn keep_end(body: &Lines, last: &mut Splice) {
    if body.ends_in_newline() || last.replaces.end() != body.len() {
        return;
    }
    let above = last.replaces.start().checked_sub(1);
    let kept = |line: usize| body.text(line).unwrap_or_default().to_vec();
    match above {
        // Lines come after the one without an ending, so that one needs an ending now.
        Some(above) if last.replaces.is_empty() => {
            let mut with = kept(above);
            with.extend_from_slice(ending_for(body, last.replaces, 0).as_bytes());
            with.extend_from_slice(trim_ending(&last.with));
            *last = Splice { replaces: Span::new(above, body.len()), with };
        }
        // The last line goes, so the one above it becomes the line without an ending.
        Some(above) if last.with.is_empty() => {
            *last = Splice { replaces: Span::new(above, body.len()), with: kept(above) };
        }
        _ => last.with.truncate(trim_ending(&last.with).len()),
    }
}

/// Keeps the byte order mark before the first line. A splice at the very top takes the line below it
/// in, if the mark would otherwise be lost or end up in the middle.
fn keep_mark(base: &Lines, body: &Lines, first: &mut Splice) {
    if first.replaces.start() > 0 {
        return;
    }
    let mut end = first.replaces.end();
    if first.replaces.is_empty() || first.with.is_empty() {
        first.with.extend_from_slice(body.get(end).unwrap_or_default());
        end = (end + 1).min(base.len());
    }
    first.replaces = Span::new(0, end);
    first.with.splice(0..0, BOM.iter().copied());
}

/// Makes one of splices that came to touch.
fn joined(splices: Vec<Splice>) -> Vec<Splice> {
    let mut joined: Vec<Splice> = Vec::new();
    for splice in splices {
        match joined.last_mut() {
            Some(last) if last.replaces.end() == splice.replaces.start() => {
                last.replaces = Span::new(last.replaces.start(), splice.replaces.end());
                last.with.extend_from_slice(&splice.with);
            }
            _ => joined.push(splice),
        }
    }
    joined
}

/// The splice without what it leaves as it is.
fn refined(base: &Lines, splice: &Splice) -> Vec<Splice> {
    let start = splice.replaces.start();
    let (old, new) = (Lines::new(base.slice(splice.replaces)), Lines::new(&*splice.with));
    let moved = |span: Span| Span::new(start + span.start(), start + span.end());
    let differs = changes(&old, &new).into_iter();
    differs.map(|c| Splice { replaces: moved(c.old), with: new.slice(c.new).to_vec() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(line: &str) -> Step<'static> {
        Step::Add(line.as_bytes().to_vec().into())
    }

    fn made(base: &str, start: usize, steps: Vec<Step<'static>>) -> String {
        let base = Lines::from(base);
        let splices = splices(&base, start, steps);
        let text = spliced(&base, splices.iter().map(|s| (s.replaces, &*s.with)));
        String::from_utf8(text.bytes().to_vec()).unwrap()
    }

    #[test]
    fn added_lines_end_as_their_neighbours_do() {
        assert_eq!(made("a\r\nb\n", 0, vec![Step::Remove, add("x"), add("y")]), "x\r\ny\r\nb\n");
        assert_eq!(made("a\r\nb\n", 1, vec![Step::Remove, add("x")]), "a\r\nx\n");
        assert_eq!(made("a\r\nb\n", 0, vec![Step::Keep, add("x"), Step::Keep]), "a\r\nx\r\nb\n");
        assert_eq!(made("a\r\nb\n", 0, vec![add("x"), Step::Keep]), "x\r\na\r\nb\n");
        assert_eq!(made("a\r\nb", 0, vec![Step::Keep, Step::Keep, add("x")]), "a\r\nb\r\nx");
        assert_eq!(made("", 0, vec![add("x"), add("y\r")]), "x\ny\n");
    }

    #[test]
    fn the_end_of_the_file_stays_as_it_was() {
        assert_eq!(made("a\nb", 1, vec![Step::Remove, add("x")]), "a\nx");
        assert_eq!(made("a\nb", 1, vec![Step::Keep, add("x"), add("y")]), "a\nb\nx\ny");
        assert_eq!(made("a\nb", 1, vec![Step::Remove]), "a");
        assert_eq!(made("b", 0, vec![Step::Remove]), "");
        assert_eq!(made("a\nb\n", 1, vec![Step::Keep, add("x")]), "a\nb\nx\n");
        assert_eq!(made("a\nb", 0, vec![Step::Remove, Step::Keep]), "b");
        assert_eq!(made("a\nb\nc", 0, vec![Step::Remove, Step::Keep, Step::Remove]), "b");
    }

    #[test]
    fn the_byte_order_mark_stays_first() {
        assert_eq!(made("\u{feff}a\nb\n", 0, vec![Step::Remove, add("x")]), "\u{feff}x\nb\n");
        assert_eq!(made("\u{feff}a\nb\n", 0, vec![add("x"), Step::Keep]), "\u{feff}x\na\nb\n");
        assert_eq!(made("\u{feff}a\nb\n", 0, vec![Step::Remove, Step::Keep]), "\u{feff}b\n");
        assert_eq!(made("\u{feff}a", 0, vec![Step::Remove]), "\u{feff}");
        assert_eq!(made("\u{feff}a", 0, vec![Step::Keep, add("x")]), "\u{feff}a\nx");
        assert_eq!(made("\u{feff}a", 0, vec![add("x"), Step::Keep, add("y")]), "\u{feff}x\na\ny");
        assert_eq!(made("\u{feff}", 0, vec![add("x")]), "\u{feff}x\n");
        assert_eq!(
            made("\u{feff}a\nb\nc\n", 0, vec![add("x"), Step::Keep, Step::Remove]),
            "\u{feff}x\na\nc\n"
        );
    }

    #[test]
    fn what_is_put_back_as_it_was_is_no_splice() {
        let base = Lines::from("a\nb\nc\n");
        assert_eq!(splices(&base, 0, [Step::Remove, add("a"), Step::Keep]), []);
        let steps = [Step::Remove, Step::Remove, Step::Remove, add("a"), add("x"), add("c")];
        assert_eq!(splices(&base, 0, steps), [Splice { replaces: Span::new(1, 2), with: b"x\n".to_vec() }]);
    }
}
