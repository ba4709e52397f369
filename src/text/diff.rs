//! Line and word differences, over `similar`.
//!
//! Line differences are byte-exact and are what the gate, the hunks and the patches are made of.
//! Word differences only decide what is painted stronger; nothing is ever decided by them.

use std::ops::Range;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use unicode_segmentation::UnicodeSegmentation;

use super::anchors::gaps;
use super::{Lines, Span};

/// Longest time spent to find a *small* difference; past it the answer is coarser, never wrong.
/// A hundred thousand changed lines take a tenth of it.
const LINES_PATIENCE: Duration = Duration::from_millis(500);
const WORDS_PATIENCE: Duration = Duration::from_millis(20);

/// Longest line, in bytes, whose words are worth comparing: minified code gains nothing.
const WORDS_MAX_BYTES: usize = 2_000;

/// Smallest part of two lines that must be common for marked words to help a reader.
const WORDS_MIN_COMMON: f64 = 0.4;

/// Lines `old` became lines `new`. Either may be empty, never both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    pub old: Span,
    pub new: Span,
}

/// The byte-exact line difference, in order, with at least one common line between two changes.
pub fn changes(old: &Lines, new: &Lines) -> Vec<Change> {
    let old: Vec<&[u8]> = old.iter().collect();
    let new: Vec<&[u8]> = new.iter().collect();
    let deadline = Instant::now() + LINES_PATIENCE;
    let gaps = gaps(&old, &new).into_iter();
    gaps.flat_map(|(gone, come)| within((&old, gone), (&new, come), deadline)).collect()
}

/// The change that a gap is, or several if it turns out to hold common lines.
fn within(old: (&[&[u8]], Span), new: (&[&[u8]], Span), deadline: Instant) -> Vec<Change> {
    let ((old, gone), (new, come)) = (old, new);
    if gone.is_empty() || come.is_empty() {
        return vec![Change { old: gone, new: come }];
    }
    let old = old.get(gone.as_range()).unwrap_or_default();
    let new = new.get(come.as_range()).unwrap_or_default();
    let below = |start: usize, run: Range<usize>| Span::new(start + run.start, start + run.end);
    runs(&differences(old, new, deadline))
        .into_iter()
        .map(|(old, new)| Change { old: below(gone.start(), old), new: below(come.start(), new) })
        .collect()
}

/// Which byte ranges of two lines differ, word by word: (ranges of `old`, ranges of `new`), in
/// order. Both empty when the lines have so little in common, or are so long, that marking words
/// would only distract.
pub fn words(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    if old.len().max(new.len()) > WORDS_MAX_BYTES {
        return Default::default();
    }
    let (old_words, new_words) = (Words::of(old), Words::of(new));
    let ops = differences(&old_words.texts, &new_words.texts, Instant::now() + WORDS_PATIENCE);
    let runs = runs(&ops);
    let gone: usize = runs.iter().map(|(run, _)| old_words.weight(run)).sum();
    let come: usize = runs.iter().map(|(_, run)| new_words.weight(run)).sum();
    let all = old_words.weight(&(0..old_words.texts.len())) + new_words.weight(&(0..new_words.texts.len()));
    if all > 0 && ((all - gone - come) as f64) < WORDS_MIN_COMMON * all as f64 {
        return Default::default();
    }
    let (old_runs, new_runs): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
    (old_words.ranges(old_runs), new_words.ranges(new_runs))
}

/// A line cut at word boundaries (UAX #29), so that `snake_case` is one word.
struct Words<'a> {
    texts: Vec<&'a str>,
    /// Byte offset of each word, and of the end.
    starts: Vec<usize>,
}

impl<'a> Words<'a> {
    fn of(line: &'a str) -> Self {
        let (mut starts, texts): (Vec<_>, Vec<_>) = line.split_word_bound_indices().unzip();
        starts.push(line.len());
        Self { texts, starts }
    }

    /// Bytes that are not blank: two lines are not alike because both are indented.
    fn weight(&self, run: &Range<usize>) -> usize {
        let texts = self.texts.get(run.clone()).unwrap_or_default();
        texts.iter().filter(|text| !text.trim().is_empty()).map(|text| text.len()).sum()
    }

    /// Byte ranges of runs of words; runs with only blanks between them become one.
    fn ranges(&self, runs: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let mut joined: Vec<Range<usize>> = Vec::new();
        for run in runs.into_iter().filter(|run| !run.is_empty()) {
            match joined.last_mut() {
                Some(last) if self.weight(&(last.end..run.start)) == 0 => last.end = run.end,
                _ => joined.push(run),
            }
        }
        let offset = |word: usize| self.starts.get(word).copied().unwrap_or_default();
        joined.into_iter().map(|run| offset(run.start)..offset(run.end)).collect()
    }
}

fn differences<T: Eq + std::hash::Hash>(old: &[T], new: &[T], deadline: Instant) -> Vec<DiffOp> {
    capture_diff_slices_deadline(Algorithm::Histogram, old, new, Some(deadline))
}

/// What is not equal, with neighbouring insertions and deletions as one.
fn runs(ops: &[DiffOp]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut runs: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for op in ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let (old, new) = (op.old_range(), op.new_range());
        match runs.last_mut() {
            Some(last) if last.0.end == old.start && last.1.end == new.start => {
                *last = (last.0.start..old.end, last.1.start..new.end);
            }
            _ => runs.push((old, new)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans(old: &str, new: &str) -> Vec<(Span, Span)> {
        changes(&old.into(), &new.into()).into_iter().map(|c| (c.old, c.new)).collect()
    }

    /// What applying the changes to `old` gives.
    fn applied(old: &Lines, new: &Lines) -> Vec<u8> {
        let mut text = Vec::new();
        let mut at = 0;
        for change in changes(old, new) {
            text.extend_from_slice(old.slice(Span::new(at, change.old.start())));
            text.extend_from_slice(new.slice(change.new));
            at = change.old.end();
        }
        text.extend_from_slice(old.slice(Span::new(at, old.len())));
        text
    }

    #[test]
    fn equal_texts_have_no_changes() {
        assert_eq!(spans("", ""), []);
        assert_eq!(spans("a\r\nb", "a\r\nb"), []);
    }

    #[test]
    fn an_insertion_is_a_place_and_a_deletion_leaves_one() {
        assert_eq!(spans("a\nc\n", "a\nb\nc\n"), [(Span::new(1, 1), Span::new(1, 2))]);
        assert_eq!(spans("a\nb\nc\n", "a\nc\n"), [(Span::new(1, 2), Span::new(1, 1))]);
        assert_eq!(spans("", "a\n"), [(Span::new(0, 0), Span::new(0, 1))]);
    }

    #[test]
    fn endings_count() {
        assert_eq!(spans("a\nb\n", "a\r\nb\n"), [(Span::new(0, 1), Span::new(0, 1))]);
        assert_eq!(spans("a\nb\n", "a\nb"), [(Span::new(1, 2), Span::new(1, 2))]);
    }

    #[test]
    fn words_that_differ_are_marked_on_both_sides() {
        let (old, new) = ("let total = sum(a, b);", "let total = product(a, b);");
        let (gone, come) = words(old, new);
        assert_eq!(gone.iter().map(|r| &old[r.clone()]).collect::<Vec<_>>(), ["sum"]);
        assert_eq!(come.iter().map(|r| &new[r.clone()]).collect::<Vec<_>>(), ["product"]);
    }

    #[test]
    fn lines_with_little_in_common_have_no_marks() {
        assert_eq!(words("        return cache", "        import os, sys"), (vec![], vec![]));
        let long = "x ".repeat(WORDS_MAX_BYTES);
        assert_eq!(words(&long, &format!("{long}y")), (vec![], vec![]));
    }

    #[test]
    fn a_pathological_pair_is_answered_in_time_and_exactly() {
        let line = |n: usize| format!("{}\n", n % 7);
        let old: String = (0..30_000).map(|n| line(n * n)).collect();
        let new: String = (0..30_000).map(|n| line(n * n * n + 3)).collect();
        let (old, new) = (Lines::from(&*old), Lines::from(&*new));
        let began = Instant::now();
        assert_eq!(applied(&old, &new), new.bytes());
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![Just("a"), Just("b"), Just("c"), Just(""), Just("\u{e9}")];
        let ending = prop_oneof![4 => Just("\n"), 2 => Just("\r\n"), 1 => Just("")];
        proptest::collection::vec((line, ending), 0..30)
            .prop_map(|lines| lines.into_iter().flat_map(|(l, e)| [l, e]).collect::<String>().into_bytes())
    }

    proptest! {
        #[test]
        fn applying_the_changes_to_old_gives_new(old in text(), new in text()) {
            let (old, new) = (Lines::new(old), Lines::new(new));
            prop_assert_eq!(applied(&old, &new), new.bytes());
        }

        #[test]
        fn changes_are_never_empty_and_have_a_common_line_between_them(old in text(), new in text()) {
            let changes = changes(&Lines::new(old), &Lines::new(new));
            for change in &changes {
                prop_assert!(!(change.old.is_empty() && change.new.is_empty()));
            }
            for pair in changes.windows(2) {
                let gap = pair[1].old.start() - pair[0].old.end();
                prop_assert!(gap >= 1);
                prop_assert_eq!(gap, pair[1].new.start() - pair[0].new.end());
            }
        }

        #[test]
        fn marked_words_lie_on_character_boundaries_in_order(old in "\\PC{0,40}", new in "\\PC{0,40}") {
            let (gone, come) = words(&old, &new);
            for (line, ranges) in [(&old, gone), (&new, come)] {
                let mut at = 0;
                for range in ranges {
                    prop_assert!(range.start >= at && range.start < range.end);
                    prop_assert!(line.get(range.clone()).is_some());
                    at = range.end;
                }
            }
        }
    }
}
