//! Where an edit belongs. Byte-exact or refused: a place is found only when exactly one place fits.
//!
//! Tolerance finds the place, it never writes: only the lines an edit itself adds or removes touch
//! the file. The tiers are tried from the surest to the laxest and the first at which anything fits
//! decides; every search is bounded, the failing ones too.

mod align;
mod choose;
mod damage;
mod elide;
mod fit;
mod fragment;
mod indent;
mod key;
mod nearest;
mod occurrences;

use std::collections::BTreeSet;
use std::ops::Range;

pub use super::splice::Splice;
use super::splice::{body, splices};
use super::{EditHunk, Quote};
use crate::text::{Lines, Span};
use align::{Aligner, MARGIN};
pub(super) use damage::Damage;
use fit::Fit;
use indent::is_blank;
pub(super) use indent::{Reindent, code, indent, unit as indent_unit};
use key::Key;
pub(super) use key::{likeness, told};
use occurrences::occurrences;

/// Most lines compared to learn indentation at candidate places. A text that exceeds it repeats
/// itself so much that its places could not be told apart anyway.
const INDENT_WORK: usize = 1_000_000;

/// Most ways to lay an edit over one place that are compared by what they come to.
const SAME: usize = 24;

/// How the place was found, surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Every context and removed line is equal to the byte, line endings apart.
    Exact,
    /// Equal but for blanks at the end of lines.
    Blanks,
    /// Equal but for look-alike characters: typographic quotes, dashes, blanks.
    Unicode,
    /// Equal but for indentation, which is mapped onto the file's.
    Indent,
    /// Applied to the text the model saw, then merged with what the file has become.
    BaseMerge,
    /// A snippet that leaves code out, laid over the file.
    Lazy,
    /// Blank lines and comments are missing or differ, or a context line has drifted a little.
    Aligned,
    /// The same tokens, wrapped differently.
    Tokens,
}

impl Tier {
    /// From 0 to 1, how sure it is. `Exact` may be accepted by policy; what is below asks.
    pub fn confidence(self) -> f64 {
        match self {
            Self::Exact => 1.0,
            Self::Blanks => 0.98,
            Self::Unicode => 0.96,
            Self::BaseMerge => 0.95,
            Self::Indent => 0.9,
            Self::Lazy => 0.8,
            Self::Aligned => 0.75,
            Self::Tokens => 0.7,
        }
    }
}

/// What of the file's own was kept where the edit had another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// Line endings.
    Eol,
    /// Indentation; new lines were given the file's.
    Indent,
    TrailingBlanks,
    InnerBlanks,
    BlankLines,
    /// Typographic characters.
    Unicode,
    Quotes,
    Comment,
    Wrapping,
    /// A line of context that differs in words.
    Context,
}

/// An edit with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    /// The lines of the base the edit spoke about, context included.
    pub place: Span,
    /// In order, not overlapping; empty when the file already says what the edit wants.
    pub splices: Vec<Splice>,
    pub matched_by: Tier,
    pub kept: BTreeSet<Kept>,
}

/// Why no place was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unplaced {
    /// Nothing fits. The nearest place, one-based, with its text, if any comes near.
    #[error("no place in the file fits the edit's lines{}", near(.nearest))]
    Nowhere { nearest: Option<(usize, String)> },
    /// Several places fit: their one-based first lines.
    #[error("the edit's lines fit {} places (lines {}); more of the lines around would say which", .0.len(), shown(.0))]
    Ambiguous(Vec<usize>),
    /// The edit names no line of the file (an insertion without context) and the file is not empty.
    #[error("the edit does not say where it belongs")]
    NoContext,
    /// The snippet leaves code out, and what it stands for cannot be told for sure.
    #[error("the snippet leaves code out at line {line} of it, and {why}")]
    Unexpanded { line: usize, why: &'static str },
}

fn near(nearest: &Option<(usize, String)>) -> String {
    nearest.as_ref().map_or_else(String::new, |(line, _)| format!("; the nearest is at line {line}"))
}

fn shown(lines: &[usize]) -> String {
    let more = if lines.len() > 5 { ", …" } else { "" };
    lines.iter().take(5).map(usize::to_string).collect::<Vec<_>>().join(", ") + more
}

/// Finds the one place of `base` that `hunk` speaks about.
///
/// # Errors
/// [`Unplaced`], when no place or more than one fits.
pub fn locate(hunk: &EditHunk, base: &Lines) -> Result<Located, Unplaced> {
    locate_among(std::slice::from_ref(hunk), base, base.span(), Damage::default())
}

/// Finds the one place inside `within` that one of the `readings` of a hunk speaks about. `damage`:
/// what is known to have happened to the whole reply.
pub(super) fn locate_among(
    readings: &[EditHunk],
    base: &Lines,
    within: Span,
    damage: Damage,
) -> Result<Located, Unplaced> {
    let text = body(base);
    let place = |hunks: &[EditHunk], effort: Effort| {
        let found = hunks.iter().filter_map(|hunk| {
            let result = Search::new(hunk, base, &text, within).place(effort)?;
            Some((hunk.before().count(), result))
        });
        best(found.collect())
    };
    let whole: Vec<EditHunk> = readings.iter().map(|hunk| damage.undone(hunk)).collect();
    let mended: Vec<EditHunk> = readings.iter().flat_map(|hunk| Damage::mended(hunk, &text)).collect();
    place(&whole, Effort::Strict)
        .or_else(|| place(&mended, Effort::Strict))
        .or_else(|| place(&whole, Effort::Lax))
        .or_else(|| place(&mended, Effort::Lax))
        .unwrap_or_else(|| Err(unplaced(&whole, &text, base, within)))
}

fn unplaced(readings: &[EditHunk], text: &Lines, base: &Lines, within: Span) -> Unplaced {
    let nowhere = Unplaced::Nowhere { nearest: None };
    readings.first().map_or(nowhere, |hunk| Search::new(hunk, base, text, within).unplaced())
}

/// Of several readings the surest that fits, then the one that says most; `None` when none fits.
fn best(mut found: Vec<(usize, Result<Located, Unplaced>)>) -> Option<Result<Located, Unplaced>> {
    if !found.iter().any(|(_, result)| result.is_ok()) {
        return found.pop().map(|(_, result)| result);
    }
    let mut placed: Vec<(usize, Located)> =
        found.into_iter().filter_map(|(lines, result)| Some((lines, result.ok()?))).collect();
    placed.sort_by_key(|(lines, located)| (located.matched_by, std::cmp::Reverse(*lines)));
    let (lines, first) = placed.first()?.clone();
    let rivals = placed.iter().take_while(|(l, other)| (*l, other.matched_by) == (lines, first.matched_by));
    let places: Vec<usize> = rivals
        .filter(|(_, other)| other.splices != first.splices)
        .map(|(_, other)| other.place.start() + 1)
        .collect();
    match places.is_empty() {
        true => Some(Ok(first)),
        false => Some(Err(Unplaced::Ambiguous([vec![first.place.start() + 1], places].concat()))),
    }
}

/// A line of an edit without the CR that a reply in CR LF leaves on it.
fn bare(line: &str) -> &[u8] {
    line.strip_suffix('\r').unwrap_or(line).as_bytes()
}

/// How far an edit may be bent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    /// Every line is there.
    Strict,
    /// Lines may be missing, differ or be wrapped anew.
    Lax,
}

struct Search<'a> {
    hunk: &'a EditHunk,
    base: &'a Lines,
    body: &'a Lines,
    before: Vec<&'a [u8]>,
    within: Span,
}

impl<'a> Search<'a> {
    fn new(hunk: &'a EditHunk, base: &'a Lines, body: &'a Lines, within: Span) -> Self {
        Self { hunk, base, body, before: hunk.before().map(bare).collect(), within }
    }

    /// The place at the surest tier at which anything fits; `None` when nothing does.
    fn place(&self, effort: Effort) -> Option<Result<Located, Unplaced>> {
        if self.hunk.quote == Quote::EveryText {
            return (effort == Effort::Strict).then(|| self.everywhere()).flatten();
        }
        match (self.before.is_empty(), effort) {
            (true, Effort::Strict) => return self.below_header_alone(),
            (true, Effort::Lax) => return None,
            (false, _) => {}
        }
        let (tier, fits) = match effort {
            Effort::Strict => self.strict()?,
            Effort::Lax => match elide::located(self.hunk, self.base, self.within) {
                Some(located) => return Some(located),
                None => self.aligned()?,
            },
        };
        Some(self.chosen(tier, fits))
    }

    fn chosen(&self, tier: Tier, fits: Vec<Fit>) -> Result<Located, Unplaced> {
        let starts: Vec<usize> = fits.iter().map(|fit| fit.start).collect();
        let chosen = choose::choose(self.hunk, self.body, &starts).or_else(|| self.all_the_same(&fits));
        let fit = fits.into_iter().nth(chosen.ok_or_else(|| ambiguous(&starts))?);
        let fit = fit.ok_or_else(|| ambiguous(&starts))?;
        Ok(self.located(tier, &fit))
    }

    /// Places that begin at one line and come to the same: any of them will do.
    fn all_the_same(&self, fits: &[Fit]) -> Option<usize> {
        let (first, others) = fits.split_first().filter(|(_, others)| others.len() < SAME)?;
        if others.iter().any(|fit| fit.start != first.start) {
            return None;
        }
        let change = |fit: &Fit| splices(self.base, fit.start, fit.steps(self.hunk));
        let same = change(first);
        others.iter().all(|fit| change(fit) == same).then_some(0)
    }

    fn located(&self, tier: Tier, fit: &Fit) -> Located {
        Located {
            place: Span::new(fit.start, fit.start + fit.len),
            splices: splices(self.base, fit.start, fit.steps(self.hunk)),
            matched_by: tier,
            kept: fit.kept(self.hunk, self.body),
        }
    }

    fn strict(&self) -> Option<(Tier, Vec<Fit>)> {
        let plain = [(Tier::Exact, Key::Exact), (Tier::Blanks, Key::Blanks), (Tier::Unicode, Key::Unicode)];
        for (tier, key) in plain {
            let fits = self.plain(self.starts(key));
            if !fits.is_empty() {
                return Some((tier, fits));
            }
        }
        let indented = self.indented(self.starts(Key::Indent));
        let pieces = self.pieces();
        match (indented.len(), pieces.len()) {
            (0, 0) => None,
            (0, _) => Some((Tier::Exact, pieces)),
            // A single line that is also a piece of others names no place by itself.
            (1, 2..) if self.hunk.hint.is_none() && self.hunk.header.is_none() => Some((Tier::Exact, pieces)),
            _ => Some((Tier::Indent, indented)),
        }
    }

    fn plain(&self, starts: Vec<usize>) -> Vec<Fit> {
        starts.into_iter().map(|start| Fit::plain(start, self.before.len())).collect()
    }

    fn admits(&self, fit: &Fit) -> bool {
        let place = Span::new(fit.start, fit.start + fit.len);
        self.within.contains(place) && (!self.hunk.at_eof || place.end() == self.body.len())
    }

    /// The places of a string in the middle of lines.
    fn pieces(&self) -> Vec<Fit> {
        if self.hunk.quote == Quote::Lines {
            return Vec::new();
        }
        let after: Vec<&[u8]> = self.hunk.after().map(bare).collect();
        let mut pieces = fragment::places(&self.before, &after, self.body);
        pieces.retain(|fit| self.admits(fit));
        pieces
    }

    /// The places at which one mapping of indentation fits all lines.
    fn indented(&self, starts: Vec<usize>) -> Vec<Fit> {
        if self.before.iter().all(|line| is_blank(line)) {
            return Vec::new();
        }
        if starts.len().saturating_mul(self.before.len()) > INDENT_WORK {
            return Vec::new();
        }
        let unit = if starts.is_empty() { Vec::new() } else { indent_unit(self.body) };
        let fit = |start| {
            let fit = Fit::plain(start, self.before.len());
            let added = self.reindented(&fit, &unit)?;
            Some(Fit { added: Some(added), ..fit })
        };
        starts.into_iter().filter_map(fit).collect()
    }

    /// The edit's new lines with the indentation they have to have at a place.
    fn reindented(&self, fit: &Fit, unit: &[u8]) -> Option<Vec<Vec<u8>>> {
        let pairs: Vec<(&[u8], &[u8])> = fit
            .pairs()
            .filter_map(|(edit, file)| Some((*self.before.get(edit)?, self.body.text(file)?)))
            .collect();
        indent::reindented(&pairs, self.hunk, unit)
    }

    /// Every line at which all lines of the edit stand, compared by `key`.
    fn starts(&self, key: Key) -> Vec<usize> {
        let needle: Vec<_> = self.before.iter().map(|line| key.of(line)).collect();
        let (top, end) = (self.within.start(), self.within.end().min(self.body.len()));
        let Some(last) = end.checked_sub(needle.len()).filter(|last| *last >= top) else { return Vec::new() };
        let keys =
            |lines: Range<usize>| lines.filter_map(|line| self.body.text(line)).map(|line| key.of(line));
        if self.hunk.at_eof {
            let fits = end == self.body.len() && keys(last..end).eq(needle);
            return if fits { vec![last] } else { Vec::new() };
        }
        occurrences(&needle, keys(top..end)).into_iter().map(|at| top + at).collect()
    }

    /// Imperfectly remembered places.
    fn aligned(&self) -> Option<(Tier, Vec<Fit>)> {
        let (old, inserts) = fit::shape(self.hunk);
        let aligner = Aligner::new(&self.before, &old, &inserts, self.body);
        let unit = indent_unit(self.body);
        let cost = |fit: &Fit| fit.alignment.as_ref().map_or(0, |alignment| alignment.cost);
        let alignments = aligner.alignments().into_iter();
        let mut fits: Vec<Fit> =
            alignments.filter_map(|alignment| Fit::aligned(alignment, self.hunk, &old, self.body)).collect();
        fits.retain(|fit| self.admits(fit));
        let least = fits.first().map(cost)?;
        fits.retain(|fit| cost(fit) < least + MARGIN);
        let wrapped = fits.first().is_some_and(Fit::is_wrapped);
        let placed = |fit: Fit| Some(Fit { added: Some(self.reindented(&fit, &unit)?), ..fit });
        // A place whose indentation cannot be told still makes the others doubtful.
        let count = fits.len();
        let fits: Vec<Fit> = fits.into_iter().filter_map(placed).collect();
        (fits.len() == count).then_some((if wrapped { Tier::Tokens } else { Tier::Aligned }, fits))
    }

    /// An insertion that names only the line above it.
    fn below_header_alone(&self) -> Option<Result<Located, Unplaced>> {
        let at = match &self.hunk.header {
            _ if self.hunk.at_eof => self.body.len(),
            Some(header) => match choose::headers(header, self.body)[..] {
                [] => return None,
                [only] => only + 1,
                ref several => return Some(Err(ambiguous(several))),
            },
            None if self.body.is_empty() => self.body.len(),
            None => return None,
        };
        let fit = Fit::plain(at, 0);
        self.admits(&fit).then(|| Ok(self.located(Tier::Exact, &fit)))
    }

    /// Every occurrence, as one edit.
    fn everywhere(&self) -> Option<Result<Located, Unplaced>> {
        let after: Vec<&[u8]> = self.hunk.after().map(bare).collect();
        let steps = fragment::everywhere(&self.before, &after, self.body)?;
        Some(Ok(Located {
            place: self.body.span(),
            splices: splices(self.base, 0, steps),
            matched_by: Tier::Exact,
            kept: BTreeSet::new(),
        }))
    }

    fn unplaced(&self) -> Unplaced {
        if self.before.is_empty() {
            return Unplaced::NoContext;
        }
        Unplaced::Nowhere { nearest: nearest::nearest(&self.before, self.body) }
    }
}

fn ambiguous(starts: &[usize]) -> Unplaced {
    Unplaced::Ambiguous(starts.iter().map(|start| start + 1).collect())
}

#[cfg(test)]
mod tests;
