//! Whether a text has a quote, and on which lines. Its words must be there as they are; that a model
//! moved lines to the left, or indents by two instead of four, is forgiven as long as no line changes
//! its depth against another.

use std::borrow::Cow;

use super::{Agreement, Checked, Doubt};
use crate::text::{Lines, Span};

/// Shortest quote that proves something wherever it stands, in bytes without white space.
const LONG_ENOUGH: usize = 8;

/// A text of so many bytes is not gone through a second time, to say more kindly what is wrong.
const GIANT: usize = 1 << 20;

/// Compares a quote with a file as it was shown, at the lines that are named.
pub(super) fn check(text: &Lines, quote: &str, named: Span) -> Checked {
    let text = Decoded::of(text);
    if solid(quote) < LONG_ENOUGH {
        return short(&text, quote, named);
    }
    let (agreement, places) = match text.places(quote) {
        Ok(found) => found,
        Err(doubt) => return Checked::Unverified(doubt),
    };
    if let Some(span) = places.iter().find(|place| place.overlaps(named)) {
        return Checked::Verified { span: *span, agreement };
    }
    match places.as_slice() {
        [span] => Checked::Corrected { span: *span, agreement },
        _ => Checked::Unverified(Doubt::Ambiguous),
    }
}

/// The same where no lines are named: it is enough that it stands there somewhere.
pub(super) fn find(text: &Lines, quote: &str) -> Checked {
    if solid(quote) < LONG_ENOUGH {
        return Checked::Unverified(Doubt::TooShort);
    }
    match Decoded::of(text).places(quote) {
        Ok((agreement, places)) => places.first().map_or(Checked::Unverified(Doubt::NotThere), |span| {
            Checked::Verified { span: *span, agreement }
        }),
        Err(doubt) => Checked::Unverified(doubt),
    }
}

/// `}` is in every file: few bytes count only where they are all of the very lines that are named, and
/// have a word in them.
fn short(text: &Decoded<'_>, quote: &str, named: Span) -> Checked {
    let lines: Vec<&str> = quote.trim_matches('\n').lines().map(str::trim).collect();
    let there = text.lines().skip(named.start()).take(named.len()).map(str::trim);
    if quote.contains(char::is_alphanumeric) && there.eq(lines) {
        return Checked::Verified { span: named, agreement: Agreement::Exact };
    }
    Checked::Unverified(Doubt::TooShort)
}

fn solid(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).map(char::len_utf8).sum()
}

/// A text as a model reads it: LF only, and U+FFFD for bytes that are not UTF-8.
struct Decoded<'a>(Cow<'a, str>);

impl<'a> Decoded<'a> {
    fn of(text: &'a Lines) -> Self {
        let decoded = String::from_utf8_lossy(text.bytes());
        Self(if decoded.contains("\r\n") { decoded.replace("\r\n", "\n").into() } else { decoded })
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n')
    }

    /// Where the quote stands, which is somewhere.
    fn places(&self, quote: &str) -> Result<(Agreement, Vec<Span>), Doubt> {
        let quote = quote.trim_matches('\n').trim_end();
        let exact: Vec<Span> =
            self.0.match_indices(quote).map(|(at, _)| self.lines_of(at, at + quote.len())).collect();
        if !exact.is_empty() {
            return Ok((Agreement::Exact, exact));
        }
        let indented = self.indented(quote);
        if !indented.is_empty() {
            return Ok((Agreement::Indented, indented));
        }
        Err(if self.respaced(quote) { Doubt::Respaced } else { Doubt::NotThere })
    }

    /// The lines that hold the bytes from `start` to `end`, which are some.
    fn lines_of(&self, start: usize, end: usize) -> Span {
        let before = |at: usize| self.0.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
        Span::new(before(start), before(end.saturating_sub(1).max(start)) + 1)
    }

    /// Where it stands with other indentation.
    fn indented(&self, quote: &str) -> Vec<Span> {
        let wanted: Vec<&str> = quote.lines().collect();
        let have: Vec<&str> = self.lines().collect();
        if let [one] = wanted.as_slice() {
            let at = have.iter().enumerate().filter(|(_, line)| line.contains(one.trim()));
            return at.map(|(at, _)| Span::new(at, at + 1)).collect();
        }
        let places = have.windows(wanted.len().max(1)).enumerate();
        let same = places.filter(|(_, window)| {
            window.iter().zip(&wanted).all(|(a, b)| a.trim() == b.trim()) && alike(window, &wanted)
        });
        same.map(|(at, window)| Span::new(at, at + window.len())).collect()
    }

    /// Does it stand there when white space is left out of both? Not worth a look in a giant.
    fn respaced(&self, quote: &str) -> bool {
        self.0.len() < GIANT && squeezed(&self.0).contains(&squeezed(quote))
    }
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Do the lines of a quote lie as deep against each other as those of the text? One that has no
/// indentation at all says nothing about depth.
fn alike(text: &[&str], quote: &[&str]) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let full = text.iter().zip(quote).filter(|(line, _)| !line.trim().is_empty());
    let depths: Vec<(usize, usize)> = full.map(|(line, quoted)| (depth(line), depth(quoted))).collect();
    let flush = depths.iter().all(|(_, quoted)| *quoted == 0);
    let same = |a: &(usize, usize), b: &(usize, usize)| a.0.cmp(&b.0) == a.1.cmp(&b.1);
    let in_order = || depths.windows(2).all(|pair| matches!(pair, [a, b] if same(a, b)));
    // Lines that are not neighbours: each against the first, which has the others in their order.
    flush || (in_order() && depths.first().is_none_or(|first| depths.iter().all(|other| same(first, other))))
}
