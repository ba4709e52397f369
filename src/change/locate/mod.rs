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

pub use super::splice::Splice;
use super::splice::{body, splices};
use super::{EditHunk, Quote};
use crate::text::{Lines, Span};
use align::{Aligner, MARGIN};
pub(super) use damage::Damage;
use fit::Fit;
use indent::is_blank;
pub(super) use indent::{Reindent, indent, unit as indent_unit};
use key::Key;
pub(super) use key::likeness;
use occurrences::occurrences;

/// Most lines compared to learn indentation at candidate places. A text that exceeds it repeats
/// itself so much that its places could not be told apart anyway.
const INDENT_WORK: usize = 1_000_000;

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
        let chosen = choose::choose(self.hunk, self.body, &starts);
        let fit = fits.into_iter().nth(chosen.ok_or_else(|| ambiguous(&starts))?);
        let fit = fit.ok_or_else(|| ambiguous(&starts))?;
        Ok(self.located(tier, &fit))
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
        let lines = self.within.as_range().filter_map(|line| self.body.text(line));
        let hay: Vec<_> = lines.map(|line| key.of(line)).collect();
        let (needle, hay): (Vec<&[u8]>, Vec<&[u8]>) =
            (needle.iter().map(|line| &**line).collect(), hay.iter().map(|line| &**line).collect());
        let Some(last) = hay.len().checked_sub(needle.len()) else { return Vec::new() };
        let top = self.within.start();
        if self.hunk.at_eof {
            let fits = self.within.end() >= self.body.len() && hay.get(last..) == Some(&needle[..]);
            return if fits { vec![top + last] } else { Vec::new() };
        }
        occurrences(&needle, &hay).into_iter().map(|at| top + at).collect()
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
mod tests {
    use super::*;
    use crate::change::EditLine;
    use crate::change::splice::spliced;
    use proptest::prelude::*;

    /// ` keep`, `-remove`, `+add`, as in a unified diff.
    fn hunk(lines: &[&str]) -> EditHunk {
        let line = |line: &&str| match line.split_at(1) {
            ("-", text) => EditLine::Remove(text.into()),
            ("+", text) => EditLine::Add(text.into()),
            (_, text) => EditLine::Keep(text.into()),
        };
        EditHunk { lines: lines.iter().map(line).collect(), ..EditHunk::default() }
    }

    fn applied(hunk: &EditHunk, base: &[u8]) -> Result<(Vec<u8>, Tier), Unplaced> {
        let base = Lines::new(base);
        let located = locate(hunk, &base)?;
        let splices = located.splices.iter().map(|s| (s.replaces, &*s.with));
        Ok((spliced(&base, splices).bytes().to_vec(), located.matched_by))
    }

    fn text(hunk: &EditHunk, base: &str) -> (String, Tier) {
        let (bytes, tier) = applied(hunk, base.as_bytes()).unwrap();
        (String::from_utf8(bytes).unwrap(), tier)
    }

    #[test]
    fn only_removed_and_added_lines_touch_the_file() {
        let (made, tier) = text(&hunk(&[" a", "-b", "+x", "+y", " c", "+z", " d"]), "a  \r\nb\r\nc\t\nd\ne");
        assert_eq!((&*made, tier), ("a  \r\nx\r\ny\r\nc\t\nz\nd\ne", Tier::Blanks));
    }

    #[test]
    fn endings_do_not_count_and_are_kept() {
        let (made, tier) = text(&hunk(&["-a\r", "+x\r", " b\r"]), "a\nb\n");
        assert_eq!((&*made, tier), ("x\nb\n", Tier::Exact));
        let (made, tier) = text(&hunk(&[" a", "-b", "+x"]), "a\r\nb\r\n");
        assert_eq!((&*made, tier), ("a\r\nx\r\n", Tier::Exact));
    }

    #[test]
    fn a_file_that_is_not_utf_8_keeps_its_bytes() {
        let (made, _) = applied(&hunk(&["-b", "+x"]), b"caf\xe9\nb\n\xff\n").unwrap();
        assert_eq!(made, b"caf\xe9\nx\n\xff\n");
    }

    #[test]
    fn a_surer_tier_wins_over_a_laxer_one() {
        let (made, tier) = text(&hunk(&["-b", "+x"]), "  b\nb \nb\n");
        assert_eq!((&*made, tier), ("  b\nb \nx\n", Tier::Exact));
    }

    #[test]
    fn new_lines_follow_the_indentation_of_the_file() {
        let base = "class A:\n    def f(self):\n        return 1\n";
        let edit = hunk(&[" def f(self):", "-    return 1", "+    if x:", "+        return 2"]);
        let (made, tier) = text(&edit, base);
        assert_eq!(made, "class A:\n    def f(self):\n        if x:\n            return 2\n");
        assert_eq!(tier, Tier::Indent);
        let edit = hunk(&[" def f(self):", "-return 1", "+return 2"]);
        assert_eq!(
            applied(&edit, base.as_bytes()).unwrap_err(),
            nowhere(2, "    def f(self):\n        return 1\n")
        );
    }

    fn nowhere(line: usize, text: &str) -> Unplaced {
        Unplaced::Nowhere { nearest: Some((line, text.into())) }
    }

    const TWICE: &str = "fn a() {\n    go();\n}\n\nfn b() {\n    go();\n}\n";

    #[test]
    fn what_fits_twice_is_refused_with_all_its_lines() {
        let refused = applied(&hunk(&["-    go();", "+    stop();"]), TWICE.as_bytes()).unwrap_err();
        assert_eq!(refused, Unplaced::Ambiguous(vec![2, 6]));
        let said = "the edit's lines fit 2 places (lines 2, 6); more of the lines around would say which";
        assert_eq!(refused.to_string(), said);
    }

    #[test]
    fn a_header_singles_out_the_place_below_it() {
        let mut edit = hunk(&["-    go();", "+    stop();"]);
        for (header, expected) in [("fn a() {", Some(2)), ("fn b", Some(6)), ("fn", None), ("fn c", None)] {
            edit.header = Some(header.into());
            let line = locate(&edit, &TWICE.into()).ok().map(|located| located.place.start() + 1);
            assert_eq!(line, expected, "{header}");
        }
    }

    #[test]
    fn a_header_does_not_reach_out_of_what_it_opens() {
        let base = format!("fn empty() {{\n}}\n\n{TWICE}");
        let edit = EditHunk { header: Some("fn empty() {".into()), ..hunk(&["-    go();", "+    stop();"]) };
        assert_eq!(locate(&edit, &(&*base).into()), Err(Unplaced::Ambiguous(vec![5, 9])));
    }

    #[test]
    fn a_line_number_decides_only_with_a_clear_margin() {
        let mut edit = hunk(&["-    go();", "+    stop();"]);
        for (hint, expected) in [(2, Some(2)), (3, Some(2)), (4, None), (6, Some(6)), (900, None)] {
            edit.hint = Some(hint);
            let line = locate(&edit, &TWICE.into()).ok().map(|located| located.place.start() + 1);
            assert_eq!(line, expected, "{hint}");
        }
    }

    #[test]
    fn a_hunk_at_the_end_is_looked_for_only_there() {
        let at_eof = |lines: &[&str]| EditHunk { at_eof: true, ..hunk(lines) };
        assert_eq!(text(&at_eof(&[" a", "+x"]), "a\nb\na\n").0, "a\nb\na\nx\n");
        assert!(applied(&at_eof(&["-b", "+x"]), b"a\nb\na\n").is_err());
    }

    #[test]
    fn an_insertion_without_context_needs_an_empty_file() {
        assert_eq!(text(&hunk(&["+x", "+y"]), "").0, "x\ny\n");
        assert_eq!(applied(&hunk(&["+x"]), b"a\n"), Err(Unplaced::NoContext));
        assert_eq!(applied(&EditHunk { hint: Some(1), ..hunk(&["+x"]) }, b"a\n"), Err(Unplaced::NoContext));
    }

    #[test]
    fn an_edit_that_changes_nothing_has_no_splices() {
        let located = locate(&hunk(&[" a", "-b", "+b"]), &"a\nb\n".into()).unwrap();
        assert_eq!((located.place, located.splices), (Span::new(0, 2), vec![]));
    }

    #[test]
    fn what_fits_nowhere_names_the_nearest_place() {
        let base = "one\ntwo words here\nthree\nfour\n";
        assert_eq!(
            applied(&hunk(&[" three", "-five", "+x"]), base.as_bytes()),
            Err(nowhere(3, "three\nfour\n"))
        );
        assert_eq!(
            applied(&hunk(&["-two words there", "+x"]), base.as_bytes()),
            Err(nowhere(2, "two words here\n"))
        );
        assert_eq!(applied(&hunk(&["-zzz"]), base.as_bytes()), Err(Unplaced::Nowhere { nearest: None }));
        assert_eq!(applied(&hunk(&["-zzz"]), b""), Err(Unplaced::Nowhere { nearest: None }));
    }

    #[test]
    fn a_line_of_a_large_file_is_found_and_one_that_is_not_there_has_a_nearest() {
        let line = |n: usize| format!("    let value_{n} = compute(input_{}, other[{}]);", n * 7, n % 13);
        let base = Lines::from(&*(0..50_000).map(|n| line(n) + "\n").collect::<String>());
        let found = locate(&hunk(&[&format!("-{}", line(25_000)), "+x"]), &base).unwrap();
        assert_eq!(found.place, Span::new(25_000, 25_001));
        let nearly = line(40_000).replace("other", "others");
        let refused = locate(&hunk(&[&format!("-{nearly}"), "+x"]), &base).unwrap_err();
        assert!(matches!(refused, Unplaced::Nowhere { nearest: Some((40_001, _)) }), "{refused:?}");
    }

    #[test]
    fn hostile_repetition_names_no_place() {
        let base = Lines::from(&*"    x\n".repeat(50_000));
        for line in [" x", "     x", "      x"] {
            let mut lines = vec![line; 10_000];
            assert!(locate(&hunk(&lines), &base).is_err());
            lines.push(" y");
            assert!(locate(&hunk(&lines), &base).is_err());
        }
    }

    proptest! {
        #[test]
        fn an_edit_made_from_the_file_gives_what_it_says(
            base in proptest::collection::vec(("[a-c]{0,2}", any::<bool>()), 1..12),
            kinds in proptest::collection::vec(0usize..4, 1..12),
            start in 0usize..12,
            ends in any::<bool>(),
        ) {
            let mut text: String = base.iter().map(|(l, crlf)| format!("{l}{}", if *crlf { "\r\n" } else { "\n" })).collect();
            if !ends { text.truncate(text.trim_end_matches(['\r', '\n']).len()); }
            let lines = Lines::from(&*text);
            let start = start.min(lines.len());
            let (mut edit, mut expected) = (EditHunk::default(), Vec::new());
            let said = |line: usize| String::from_utf8(lines.text(line).unwrap().to_vec()).unwrap();
            expected.extend((0..start).map(said));
            let mut at = start;
            for kind in kinds {
                match kind {
                    0 => { edit.lines.push(EditLine::Add("new".into())); expected.push("new".into()); }
                    _ if at >= lines.len() => {}
                    1 => { edit.lines.push(EditLine::Remove(said(at))); at += 1; }
                    _ => { edit.lines.push(EditLine::Keep(said(at))); expected.push(said(at)); at += 1; }
                }
            }
            expected.extend((at..lines.len()).map(said));
            if let Ok(located) = locate(&edit, &lines) {
                let splices = located.splices.iter().map(|s| (s.replaces, &*s.with));
                let made = spliced(&lines, splices);
                if located.place.start() == start {
                    let got: Vec<String> = (0..made.len()).map(|l| String::from_utf8(made.text(l).unwrap().to_vec()).unwrap()).collect();
                    // Without a final newline an empty last line cannot be told from none.
                    let trimmed = |mut v: Vec<String>| { while v.last().is_some_and(String::is_empty) { v.pop(); } v };
                    prop_assert_eq!(trimmed(got), trimmed(expected));
                }
                for pair in located.splices.windows(2) {
                    prop_assert!(pair[0].replaces.end() < pair[1].replaces.start());
                }
            }
        }
    }
}
