//! Finding a place that the edit remembers imperfectly: blank lines and comments are missing or
//! different, a call has been wrapped anew, a context line has drifted a little. The cheapest way to
//! lay the edit's old lines over the file's is sought (Dijkstra 1959, over pairs of positions); what
//! it costs says how sure the place is. Lines that the edit removes must all be there, blanks, quotes
//! and wrapping apart.

use std::collections::HashMap;
use std::ops::Range;

use super::key::{is_comment, likeness, loosen};
use crate::text::Lines;

/// A blank line more or less; a wrapping that differs.
const BLANK: u32 = 2;
const WRAPPED: u32 = 3;
/// A comment more or less.
const COMMENT: u32 = 10;
/// A comment that is known again, in other words.
const REWORDED: u32 = 9;
/// A context line that differs a little.
const DRIFTED: u32 = 15;

/// A place that is cheaper than another by this is the one that is meant.
pub(super) const MARGIN: u32 = 8;

/// How alike two comments, or two lines of code, have to be to be the same one drifted.
const LIKE_COMMENT: f32 = 0.45;
const LIKE_CODE: f32 = 0.75;

/// Most occurrences in the file of a line of the edit that may say where to look.
const RARE: usize = 48;
/// Most places looked at.
const WINDOWS: usize = 12;
/// Most pairs of positions considered at one place, apart from those a plain match needs.
const PATIENCE: usize = 12_000;
/// Most lines that one wrapping may spread over, on either side.
const WRAP: usize = 24;

/// An old line of the edit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Old {
    Keep,
    Remove,
}

/// A step of an alignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pair {
    /// Old lines of the edit; empty when the file has lines that the edit lacks.
    pub(super) edit: Range<usize>,
    pub(super) file: Range<usize>,
    pub(super) how: How,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    Same,
    /// Lines of nothing but blanks, on one side or on both.
    Blank,
    Wrapped,
    Comment,
    Drifted,
}

/// The edit's old lines laid over the file's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Alignment {
    pub(super) pairs: Vec<Pair>,
    pub(super) cost: u32,
}

/// Lines without blanks, end to end, so that wrapped lines can be compared across their ends.
struct Loose {
    bytes: Vec<u8>,
    starts: Vec<usize>,
    comments: Vec<bool>,
}

impl Loose {
    fn of<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut loose = Self { bytes: Vec::new(), starts: vec![0], comments: Vec::new() };
        for line in lines {
            loosen(line, &mut loose.bytes);
            loose.starts.push(loose.bytes.len());
            loose.comments.push(is_comment(line));
        }
        loose
    }

    fn len(&self) -> usize {
        self.comments.len()
    }

    fn key(&self, at: usize) -> &[u8] {
        let bound = |at: usize| self.starts.get(at).copied().unwrap_or(self.bytes.len());
        self.bytes.get(bound(at)..bound(at + 1)).unwrap_or_default()
    }

    fn is_blank(&self, at: usize) -> bool {
        at < self.len() && self.key(at).is_empty()
    }

    fn is_comment(&self, at: usize) -> bool {
        self.comments.get(at).copied().unwrap_or_default()
    }

    fn start(&self, at: usize) -> usize {
        self.starts.get(at).copied().unwrap_or(self.bytes.len())
    }
}

/// An edit's old lines and a file, ready to be laid over each other.
pub(super) struct Aligner<'a> {
    old: &'a [Old],
    /// Is something inserted before this old line, without anything removed there?
    inserts: &'a [bool],
    edit: Loose,
    file: Loose,
    /// For each old line where it stands in the file; `None` for the frequent ones.
    found: Vec<Option<Vec<usize>>>,
}

impl<'a> Aligner<'a> {
    pub(super) fn new(before: &[&[u8]], old: &'a [Old], inserts: &'a [bool], body: &Lines) -> Self {
        let edit = Loose::of(before.iter().copied());
        let file = Loose::of(body.iter().map(crate::text::trim_ending));
        let found = found(&edit, &file);
        Self { old, inserts, edit, file, found }
    }

    /// The ways to lay the edit over the file that are cheap enough, each at a place of its own,
    /// cheapest first.
    pub(super) fn alignments(&self) -> Vec<Alignment> {
        let limit = self.limit();
        let mut all: Vec<Alignment> = Vec::new();
        for window in self.windows() {
            let Some(best) = self.cheapest(window.clone(), limit, None) else { continue };
            let anchor = self.anchor(&best);
            let other = anchor.and_then(|pair| self.cheapest(window, limit, Some(pair)));
            for alignment in [Some(best), other].into_iter().flatten() {
                if !all.iter().any(|known| known.same_place(&alignment)) {
                    all.push(alignment);
                }
            }
        }
        all.sort_by_key(|alignment| alignment.cost);
        all
    }

    /// How much a place may cost. An edit of few lines says too little to be bent.
    fn limit(&self) -> u32 {
        let lines = (0..self.edit.len()).filter(|at| !self.edit.is_blank(*at)).count() as u32;
        if lines < 3 { COMMENT - 1 } else { (12 + 3 * lines).min(90) }
    }

    /// Ranges of the file that share rare lines with the edit, in its order.
    fn windows(&self) -> Vec<Range<usize>> {
        let mut votes: Vec<(usize, usize)> = Vec::new();
        for (nth, places) in self.found.iter().enumerate() {
            for at in places.iter().flatten() {
                votes.push((at.saturating_sub(nth), self.edit.key(nth).len().min(40)));
            }
        }
        votes.sort_unstable();
        let slack = 6 + self.edit.len() / 4;
        let mut clusters: Vec<(usize, Range<usize>)> = Vec::new();
        for (start, weight) in votes {
            match clusters.last_mut() {
                Some((sum, range)) if start <= range.end + slack && start - range.start <= 4 * slack => {
                    *sum += weight;
                    range.end = start;
                }
                _ => clusters.push((weight, start..start)),
            }
        }
        clusters.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let window = |(_, range): (usize, Range<usize>)| {
            range.start.saturating_sub(slack)..(range.end + self.edit.len() + 2 * slack).min(self.file.len())
        };
        clusters.into_iter().take(WINDOWS).map(window).collect()
    }

    /// A matched line by which another place could be told apart: the rarest. `None` when it stands
    /// in the file only once, so that there can be no other place.
    fn anchor(&self, alignment: &Alignment) -> Option<(usize, usize)> {
        let same = alignment.pairs.iter().filter(|pair| pair.how == How::Same);
        let often = |nth: usize| self.found.get(nth).and_then(Option::as_ref).map_or(usize::MAX, Vec::len);
        let rarest = same.min_by_key(|pair| often(pair.edit.start))?;
        (often(rarest.edit.start) > 1).then_some((rarest.edit.start, rarest.file.start))
    }

    /// The cheapest way through a window, `without` one pair of lines.
    fn cheapest(
        &self,
        window: Range<usize>,
        limit: u32,
        without: Option<(usize, usize)>,
    ) -> Option<Alignment> {
        let mut search = Search { buckets: vec![Vec::new(); limit as usize + 1], known: HashMap::new() };
        for at in window.clone().filter(|at| !self.file.is_blank(*at) || self.edit.is_blank(0)) {
            search.reach((0, at), 0, None);
        }
        let patience = PATIENCE + 40 * self.edit.len() + window.len();
        for _ in 0..patience {
            let (cost, (i, j)) = search.next()?;
            if i == self.edit.len() {
                return search.path((i, j), cost);
            }
            self.steps(i, j, &window, |pair, price| {
                if without.is_some_and(|pair_| pair.how == How::Same && pair_ == (i, j)) {
                    return;
                }
                search.reach((pair.edit.end, pair.file.end), cost + price, Some(pair));
            });
        }
        None
    }

    /// Every way on from old line `i` at the file's line `j`.
    fn steps(&self, i: usize, j: usize, window: &Range<usize>, mut reach: impl FnMut(Pair, u32)) {
        let (edit, file) = (self.edit.key(i), self.file.key(j));
        let inside = j < window.end;
        let mut pair = |p: usize, q: usize, how: How, price: u32| {
            reach(Pair { edit: i..i + p, file: j..j + q, how }, price);
        };
        if edit.is_empty() {
            pair(1, 0, How::Blank, BLANK);
        } else if self.keeps(i) && self.edit.is_comment(i) {
            pair(1, 0, How::Comment, COMMENT);
        }
        if !inside {
            return;
        }
        let begun = i > 0;
        if file.is_empty() {
            if edit.is_empty() {
                pair(1, 1, How::Blank, 0);
            }
            if begun {
                pair(0, 1, How::Blank, BLANK);
            }
            return;
        }
        if begun && self.file.is_comment(j) {
            pair(0, 1, How::Comment, COMMENT);
        }
        if edit.is_empty() {
            return;
        }
        if edit == file {
            return pair(1, 1, How::Same, 0);
        }
        if let Some((p, q)) = self.wrapped(i, j, window.end) {
            pair(p, q, How::Wrapped, WRAPPED);
        }
        if self.keeps(i) {
            let (old, now) = (self.edit.is_comment(i), self.file.is_comment(j));
            let (least, how, price) =
                if old { (LIKE_COMMENT, How::Comment, REWORDED) } else { (LIKE_CODE, How::Drifted, DRIFTED) };
            if old == now && likeness(edit, file) >= least {
                pair(1, 1, how, price);
            }
        }
    }

    fn keeps(&self, at: usize) -> bool {
        self.old.get(at) == Some(&Old::Keep)
    }

    /// How many lines of each side are the same text, wrapped differently. A comma before a closing
    /// bracket does not count: formatters add it when they wrap.
    fn wrapped(&self, i: usize, j: usize, end: usize) -> Option<(usize, usize)> {
        let kind = self.old.get(i)?;
        let (a, b) = (&self.edit.bytes, &self.file.bytes);
        let (mut at, mut to) = (self.edit.start(i), self.file.start(j));
        let (mut p, mut q) = (1, 1);
        loop {
            let (left, right) = (self.edit.start(i + p), self.file.start(j + q));
            match (at == left, to == right) {
                (true, true) => return (p + q > 2).then_some((p, q)),
                (true, false) | (false, true) if at == left && skips(b, to) => to += 1,
                (true, _) => {
                    let joins = self.old.get(i + p) == Some(kind) && self.inserts.get(i + p) == Some(&false);
                    if !joins || p == WRAP || self.edit.is_comment(i + p) {
                        return None;
                    }
                    p += 1;
                }
                (_, true) if skips(a, at) => at += 1,
                (_, true) => {
                    if q == WRAP || j + q >= end || self.file.is_comment(j + q) {
                        return None;
                    }
                    q += 1;
                }
                (false, false) if a.get(at) == b.get(to) => {
                    at += 1;
                    to += 1;
                }
                (false, false) if skips(a, at) => at += 1,
                (false, false) if skips(b, to) => to += 1,
                (false, false) => return None,
            }
        }
    }
}

/// Is there a comma with a closing bracket behind it?
fn skips(text: &[u8], at: usize) -> bool {
    text.get(at) == Some(&b',') && matches!(text.get(at + 1), Some(b')' | b']' | b'}'))
}

/// Where each line of the edit stands in the file, but for the blank and the frequent ones.
fn found(edit: &Loose, file: &Loose) -> Vec<Option<Vec<usize>>> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for at in (0..edit.len()).filter(|at| edit.key(*at).len() > 2) {
        places.entry(edit.key(at)).or_default();
    }
    for at in 0..file.len() {
        if let Some(found) = places.get_mut(file.key(at))
            && found.len() <= RARE
        {
            found.push(at);
        }
    }
    let rare = |at: usize| places.get(edit.key(at)).filter(|found| found.len() <= RARE).cloned();
    (0..edit.len()).map(rare).collect()
}

impl Alignment {
    fn same_place(&self, other: &Self) -> bool {
        let matched = |alignment: &Self| -> Vec<Range<usize>> {
            alignment
                .pairs
                .iter()
                .filter(|p| !p.edit.is_empty() && p.how != How::Blank)
                .map(|p| p.file.clone())
                .collect()
        };
        matched(self) == matched(other)
    }
}

/// Positions reached, by cost.
struct Search {
    buckets: Vec<Vec<(usize, usize)>>,
    known: HashMap<(usize, usize), (u32, Option<Pair>)>,
}

impl Search {
    fn reach(&mut self, to: (usize, usize), cost: u32, by: Option<Pair>) {
        let Some(bucket) = self.buckets.get_mut(cost as usize) else { return };
        if self.known.get(&to).is_none_or(|(known, _)| cost < *known) {
            self.known.insert(to, (cost, by));
            bucket.push(to);
        }
    }

    fn next(&mut self) -> Option<(u32, (usize, usize))> {
        loop {
            let cost = self.buckets.iter().position(|bucket| !bucket.is_empty())?;
            let at = self.buckets.get_mut(cost)?.pop()?;
            if self.known.get(&at).is_some_and(|(known, _)| *known == cost as u32) {
                return Some((cost as u32, at));
            }
        }
    }

    fn path(&self, mut at: (usize, usize), cost: u32) -> Option<Alignment> {
        let mut pairs = Vec::new();
        while let (_, Some(pair)) = self.known.get(&at)? {
            at = (pair.edit.start, pair.file.start);
            pairs.push(pair.clone());
        }
        pairs.reverse();
        Some(Alignment { pairs, cost })
    }
}
