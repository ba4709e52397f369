//! Lines that two texts share beyond doubt, found in one pass: what stands at both ends, and what
//! stands once in either text and in the same order in both (the anchors of Bram Cohen's patience
//! diff). Only the gaps between them have to be compared, so that a long file with many changes costs
//! about what its length costs. How a gap is compared is not known here.

use std::collections::HashMap;
use std::ops::Range;

use super::Span;

/// How often a line has been met, and where.
#[derive(Clone, Copy, Default)]
enum Met {
    #[default]
    Never,
    Once(usize),
    Often,
}

impl Met {
    fn again(&mut self, at: usize) {
        *self = if matches!(self, Self::Never) { Self::Once(at) } else { Self::Often };
    }
}

/// What is left between the anchors, in order: (lines of `old`, lines of `new`), never both empty.
pub(super) fn gaps(old: &[&[u8]], new: &[&[u8]]) -> Vec<(Span, Span)> {
    let head = common(old.iter(), new.iter());
    let (old, new) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = common(old.iter().rev(), new.iter().rev());
    let (old, new) = (cut(old, tail), cut(new, tail));
    let mut gaps = Vec::new();
    let mut from = (0, 0);
    for (old_at, new_at) in anchors(old, new).into_iter().chain([(old.len(), new.len())]) {
        if from != (old_at, new_at) {
            gaps.push((span(head, from.0..old_at), span(head, from.1..new_at)));
        }
        from = (old_at + 1, new_at + 1);
    }
    gaps
}

fn span(head: usize, range: Range<usize>) -> Span {
    Span::new(head + range.start, head + range.end)
}

fn common<'a>(old: impl Iterator<Item = &'a &'a [u8]>, new: impl Iterator<Item = &'a &'a [u8]>) -> usize {
    old.zip(new).take_while(|(old, new)| old == new).count()
}

fn cut<T>(lines: &[T], tail: usize) -> &[T] {
    lines.get(..lines.len() - tail).unwrap_or_default()
}

/// Pairs of places, rising on both sides.
fn anchors(old: &[&[u8]], new: &[&[u8]]) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let mut met: HashMap<&[u8], (Met, Met)> = HashMap::with_capacity(old.len());
    old.iter().enumerate().for_each(|(at, line)| met.entry(line).or_default().0.again(at));
    for (at, line) in new.iter().enumerate() {
        // What is not in `old` can be no anchor.
        if let Some(met) = met.get_mut(line) {
            met.1.again(at);
        }
    }
    let pair = |line: &&[u8]| match met.get(line) {
        Some((Met::Once(old), Met::Once(new))) => Some((*old, *new)),
        _ => None,
    };
    longest_rising(&old.iter().filter_map(pair).collect::<Vec<_>>())
}

/// Of pairs that rise on the left, as many as can be had that rise on the right too (patience
/// sorting, Fredman 1975).
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let right = |index: &usize| pairs.get(*index).map_or(0, |pair| pair.1);
    // For each length, the last pair of the chain of that length that ends lowest.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for index in 0..pairs.len() {
        let shorter = ends.partition_point(|end| right(end) < right(&index));
        before.push(shorter.checked_sub(1).and_then(|last| ends.get(last).copied()));
        match ends.get_mut(shorter) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let back = |index: &usize| before.get(*index).copied().flatten();
    let chain = std::iter::successors(ends.last().copied(), back);
    let mut chosen: Vec<_> = chain.filter_map(|index| pairs.get(index).copied()).collect();
    chosen.reverse();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(old: &str, new: &str) -> Vec<(Span, Span)> {
        let old: Vec<&[u8]> = old.split_inclusive('\n').map(str::as_bytes).collect();
        let new: Vec<&[u8]> = new.split_inclusive('\n').map(str::as_bytes).collect();
        gaps(&old, &new)
    }

    #[test]
    fn equal_texts_have_no_gap_and_one_line_has_one() {
        assert_eq!(of("a\nb\n", "a\nb\n"), []);
        assert_eq!(of("", "a\n"), [(Span::new(0, 0), Span::new(0, 1))]);
        assert_eq!(of("a\nb\nc\n", "a\nx\nc\n"), [(Span::new(1, 2), Span::new(1, 2))]);
    }

    #[test]
    fn lines_that_stand_once_divide_and_others_do_not() {
        let gap =
            |old: (usize, usize), new: (usize, usize)| (Span::new(old.0, old.1), Span::new(new.0, new.1));
        assert_eq!(of("1\nm\n2\n", "one\nm\ntwo\n"), [gap((0, 1), (0, 1)), gap((2, 3), (2, 3))]);
        assert_eq!(of("1\nm\nm\n2\n", "one\nm\nm\ntwo\n"), [gap((0, 4), (0, 4))]);
    }

    #[test]
    fn of_lines_that_moved_past_each_other_the_longer_run_stays() {
        let moved = of("a\nb\nc\nd\n", "d\na\nb\nc\n");
        assert_eq!(moved, [(Span::new(0, 0), Span::new(0, 1)), (Span::new(3, 4), Span::new(4, 4))]);
    }

    proptest! {
        #[test]
        fn what_is_outside_of_gaps_is_equal(
            old in proptest::collection::vec("[a-f]{1,2}\n", 0..40),
            new in proptest::collection::vec("[a-f]{1,2}\n", 0..40),
        ) {
            let lines = |text: &[String]| text.iter().map(|line| line.clone().into_bytes()).collect::<Vec<_>>();
            let (old, new) = (lines(&old), lines(&new));
            let old: Vec<&[u8]> = old.iter().map(Vec::as_slice).collect();
            let new: Vec<&[u8]> = new.iter().map(Vec::as_slice).collect();
            let mut from = (0, 0);
            for (gone, come) in gaps(&old, &new) {
                prop_assert_eq!(&old[from.0..gone.start()], &new[from.1..come.start()]);
                prop_assert!(!(gone.is_empty() && come.is_empty()));
                from = (gone.end(), come.end());
            }
            prop_assert_eq!(&old[from.0..], &new[from.1..]);
        }
    }
}
