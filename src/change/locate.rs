//! Where an edit belongs. Byte-exact or refused: a place is found only when exactly one place fits.
//!
//! Tolerance finds the place, it never writes: only the lines an edit itself adds or removes touch
//! the file. Every search is linear in the file, the failing ones too.

use std::borrow::Cow;
use std::collections::HashMap;

use super::indent::{Reindent, indent, is_blank, unit};
use super::occurrences::occurrences;
pub use super::splice::Splice;
use super::splice::{Step, body, splices};
use super::{EditHunk, EditLine};
use crate::text::{Lines, Span};

/// Most lines compared to learn indentation at candidate places. A text that exceeds it repeats
/// itself so much that its places cannot be told apart anyway.
const INDENT_WORK: usize = 1_000_000;

/// Most lines of the nearest place that are shown.
const NEAREST_LINES: usize = 12;

/// How the place was found, surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Every context and removed line is equal to the byte, line endings apart.
    Exact,
    /// Equal but for blanks at the end of lines.
    Blanks,
    /// Equal but for indentation, which is mapped onto the file's.
    Indent,
}

/// An edit with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    /// The lines of the base the edit spoke about, context included.
    pub place: Span,
    /// In order, not overlapping; empty when the file already says what the edit wants.
    pub splices: Vec<Splice>,
    pub matched_by: Tier,
}

/// Why no place was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unplaced {
    /// Nothing fits. The nearest place, one-based, with its text, if any comes near.
    #[error("no place in the file fits the edit's lines{}", near(.nearest))]
    Nowhere { nearest: Option<(usize, String)> },
    /// Several places fit: their one-based first lines.
    #[error("the edit's lines fit {} places (lines {})", .0.len(), shown(.0))]
    Ambiguous(Vec<usize>),
    /// The edit names no line of the file (an insertion without context) and the file is not empty.
    #[error("the edit does not say where it belongs")]
    NoContext,
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
    let body = body(base);
    let before: Vec<&[u8]> = hunk.before().map(bare).collect();
    if before.is_empty() && !body.is_empty() {
        return Err(Unplaced::NoContext);
    }
    let search = Search { hunk, body: &body, before };
    for tier in [Tier::Exact, Tier::Blanks, Tier::Indent] {
        let places = search.places(tier);
        if places.is_empty() {
            continue;
        }
        let starts: Vec<usize> = places.iter().map(|place| place.start).collect();
        let chosen = search.choose(&starts).ok_or_else(|| Unplaced::Ambiguous(numbers(&starts)))?;
        let added = places.into_iter().find(|place| place.start == chosen).and_then(|place| place.added);
        return Ok(Located {
            place: Span::new(chosen, chosen + search.before.len()),
            splices: splices(base, chosen, search.steps(added)),
            matched_by: tier,
        });
    }
    Err(Unplaced::Nowhere { nearest: search.nearest() })
}

fn numbers(starts: &[usize]) -> Vec<usize> {
    starts.iter().map(|start| start + 1).collect()
}

/// A line of an edit without the CR that a reply in CR LF leaves on it.
fn bare(line: &str) -> &[u8] {
    line.strip_suffix('\r').unwrap_or(line).as_bytes()
}

/// A place that fits.
struct Place {
    start: usize,
    /// The edit's new lines as they have to stand here, when they differ from how it wrote them.
    added: Option<Vec<Vec<u8>>>,
}

struct Search<'a> {
    hunk: &'a EditHunk,
    body: &'a Lines,
    before: Vec<&'a [u8]>,
}

impl<'a> Search<'a> {
    fn places(&self, tier: Tier) -> Vec<Place> {
        match tier {
            Tier::Exact => self.plain(self.starts(|line| line)),
            Tier::Blanks => self.plain(self.starts(<[u8]>::trim_ascii_end)),
            Tier::Indent => self.indented(self.starts(<[u8]>::trim_ascii)),
        }
    }

    fn plain(&self, starts: Vec<usize>) -> Vec<Place> {
        starts.into_iter().map(|start| Place { start, added: None }).collect()
    }

    /// The places at which one mapping of indentation fits all lines.
    fn indented(&self, starts: Vec<usize>) -> Vec<Place> {
        if self.before.iter().all(|line| is_blank(line)) {
            return Vec::new();
        }
        if starts.len().saturating_mul(self.before.len()) > INDENT_WORK {
            return self.plain(starts);
        }
        let unit = if starts.is_empty() { Vec::new() } else { unit(self.body) };
        let place = |start| Some(Place { start, added: Some(self.reindented(start, &unit)?) });
        starts.into_iter().filter_map(place).collect()
    }

    fn reindented(&self, start: usize, unit: &[u8]) -> Option<Vec<Vec<u8>>> {
        let here = (start..).map_while(|line| self.body.text(line));
        let pairs = self.before.iter().copied().zip(here);
        let map = Reindent::learn(pairs, self.added(), unit)?;
        self.added().map(|line| map.apply(line)).collect()
    }

    fn added(&self) -> impl Iterator<Item = &'a [u8]> {
        self.hunk.lines.iter().filter_map(|line| match line {
            EditLine::Add(text) => Some(bare(text)),
            EditLine::Keep(_) | EditLine::Remove(_) => None,
        })
    }

    /// Every line at which all lines of the edit stand, compared by `key`.
    fn starts(&self, key: impl Fn(&[u8]) -> &[u8]) -> Vec<usize> {
        let needle: Vec<&[u8]> = self.before.iter().map(|line| key(line)).collect();
        let hay: Vec<&[u8]> = (0..self.body.len()).filter_map(|line| self.body.text(line)).map(key).collect();
        let Some(last) = hay.len().checked_sub(needle.len()) else { return Vec::new() };
        if needle.is_empty() {
            return vec![0];
        }
        if self.hunk.at_eof {
            return if hay.get(last..) == Some(&needle[..]) { vec![last] } else { Vec::new() };
        }
        occurrences(&needle, &hay)
    }

    /// The one place meant among those that fit.
    fn choose(&self, starts: &[usize]) -> Option<usize> {
        match starts {
            [only] => Some(*only),
            several => self.below_header(several).or_else(|| self.near_hint(several)),
        }
    }

    /// The place that the header, a line above it, singles out.
    fn below_header(&self, starts: &[usize]) -> Option<usize> {
        let header = self.hunk.header.as_deref()?.trim().as_bytes();
        let text = |line: usize| self.body.text(line).unwrap_or_default();
        let matching = |fits: &dyn Fn(&[u8]) -> bool| -> Vec<usize> {
            (0..self.body.len()).filter(|line| fits(text(*line).trim_ascii())).collect()
        };
        if header.is_empty() {
            return None;
        }
        let mut named = matching(&|line| line == header);
        if named.is_empty() {
            named = matching(&|line| contains(line, header));
        }
        // Only the header nearest above a place, and only the first place below it, belong together.
        let inside = |nth: usize, start: usize| {
            let header = *named.get(named.partition_point(|line| *line <= start).checked_sub(1)?)?;
            let first = nth.checked_sub(1).and_then(|above| starts.get(above)).is_none_or(|s| *s < header);
            (first && self.reaches(header, start)).then_some(start)
        };
        let below = starts.iter().enumerate().filter_map(|(nth, start)| inside(nth, *start));
        match below.collect::<Vec<_>>()[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Is line `to` still inside what line `header` opens? It ends where a line stands no deeper and
    /// begins something new or closes the old.
    fn reaches(&self, header: usize, to: usize) -> bool {
        let depth = self.body.text(header).map_or(0, |line| indent(line).len());
        let opens = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'}');
        let ends = |line: &[u8]| indent(line).len() <= depth && line.trim_ascii().first().is_some_and(opens);
        !(header + 1..to).filter_map(|line| self.body.text(line)).any(ends)
    }

    /// The place that is clearly nearest to the stated line.
    fn near_hint(&self, starts: &[usize]) -> Option<usize> {
        let hint = self.hunk.hint?.saturating_sub(1);
        let mut by_distance: Vec<(usize, usize)> = starts.iter().map(|s| (s.abs_diff(hint), *s)).collect();
        by_distance.sort_unstable();
        match by_distance[..] {
            [(near, start), (next, _), ..] if near < next && near * 2 <= next => Some(start),
            _ => None,
        }
    }

    /// The edit's lines as steps from its place; `added` instead of its own new lines, if given.
    fn steps(&self, added: Option<Vec<Vec<u8>>>) -> impl Iterator<Item = Step<'a>> {
        let mut added = added.map(Vec::into_iter);
        self.hunk.lines.iter().map(move |line| match line {
            EditLine::Keep(_) => Step::Keep,
            EditLine::Remove(_) => Step::Remove,
            EditLine::Add(text) => match added.as_mut().and_then(Iterator::next) {
                Some(line) => Step::Add(Cow::Owned(line)),
                None => Step::Add(Cow::Borrowed(bare(text))),
            },
        })
    }

    /// Where most of the edit's lines stand in their order: each line that is found votes, by its
    /// length, for the place at which the edit would then begin. Failing that, the line that shares
    /// most words with the edit's longest.
    fn nearest(&self) -> Option<(usize, String)> {
        let mut wanted: HashMap<&[u8], usize> = HashMap::new();
        for (nth, line) in self.before.iter().enumerate() {
            wanted.entry(line.trim_ascii()).or_insert(nth);
        }
        let mut votes: HashMap<usize, usize> = HashMap::new();
        for (at, line) in self.body.iter().map(<[u8]>::trim_ascii).enumerate().filter(|(_, l)| l.len() > 2) {
            if let Some(nth) = wanted.get(line) {
                *votes.entry(at.saturating_sub(*nth)).or_default() += line.len();
            }
        }
        let best = votes.into_iter().max_by_key(|(start, weight)| (*weight, usize::MAX - start));
        let start = best.map(|(start, _)| start).or_else(|| self.wordiest())?;
        let lines = Span::new(start, start + self.before.len().min(NEAREST_LINES));
        Some((start + 1, String::from_utf8_lossy(self.body.slice(lines)).into_owned()))
    }

    /// The place whose line shares at least half of the words of the edit's longest line.
    fn wordiest(&self) -> Option<usize> {
        let (nth, longest) = self.before.iter().enumerate().max_by_key(|(_, line)| line.len())?;
        let wanted: Vec<&[u8]> = words(longest).take(16).collect();
        let shared = |line: &[u8]| words(line).take(64).filter(|word| wanted.contains(word)).count();
        let scored = self.body.iter().enumerate().map(|(at, line)| (shared(line), at));
        let (score, at) = scored.max_by_key(|(score, at)| (*score, usize::MAX - at))?;
        (score > 0 && score * 2 >= wanted.len()).then(|| at.saturating_sub(nth))
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_' && byte.is_ascii())
        .filter(|w| w.len() > 1)
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(refused.to_string(), "the edit's lines fit 2 places (lines 2, 6)");
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
    fn a_large_file_is_searched_without_a_pause() {
        let line = |n: usize| format!("    let value_{n} = compute(input_{}, other[{}]);", n * 7, n % 13);
        let base = Lines::from(&*(0..50_000).map(|n| line(n) + "\n").collect::<String>());
        let began = std::time::Instant::now();
        let found = locate(&hunk(&[&format!("-{}", line(25_000)), "+x"]), &base).unwrap();
        assert_eq!(found.place, Span::new(25_000, 25_001));
        let nearly = line(40_000).replace("other", "others");
        let refused = locate(&hunk(&[&format!("-{nearly}"), "+x"]), &base).unwrap_err();
        assert!(matches!(refused, Unplaced::Nowhere { nearest: Some((40_001, _)) }), "{refused:?}");
        // Unoptimised; an optimised build takes about a tenth.
        assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
    }

    #[test]
    fn hostile_repetition_is_searched_in_linear_time() {
        let base = Lines::from(&*"    x\n".repeat(50_000));
        let began = std::time::Instant::now();
        for line in [" x", "     x", "      x"] {
            let mut lines = vec![line; 10_000];
            assert!(locate(&hunk(&lines), &base).is_err());
            lines.push(" y");
            assert!(locate(&hunk(&lines), &base).is_err());
        }
        assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
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
