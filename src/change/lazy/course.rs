//! How the lines of a snippet lie over those of its file: the alignment that explains most of them
//! in the file's order, found by dynamic programming (Needleman and Wunsch 1970, with the gap costs
//! of Gotoh 1982). Skipping lines of the file costs nothing where the snippet leaves code out.

use std::collections::HashMap;

use crate::change::locate::told;

/// A new line of the snippet.
const NEW: i32 = 2;
/// The first line of the file that goes, and each one after it.
const GONE: i32 = 8;
const GONE_MORE: i32 = 1;
/// A line of the snippet at the one place where it stands.
const PINNED: i32 = 400;
/// What another place for a line may come near to the best by and still be no rival.
const MARGIN: i32 = 2;

/// Most pairs of lines that are considered: three passes over them take some 30 ms.
const MAX_CELLS: usize = 6_000_000;
/// Lines looked at around each line of the file that the snippet has, too, and that is not frequent.
const AROUND: usize = 300;
const FREQUENT: usize = 24;

/// The snippet's lines and those of the file, by number, so that they compare fast.
pub(super) struct Course {
    snippet: Vec<u32>,
    /// Is code left out before this line of the snippet (or behind the last)?
    gaps: Vec<bool>,
    columns: Vec<Column>,
    weights: Vec<i32>,
    pins: HashMap<usize, usize>,
}

/// A line of the file, or a stretch of it that has nothing to do with the snippet.
#[derive(Clone, Copy)]
struct Column {
    line: Option<u32>,
    at: usize,
    len: i32,
}

/// For each line of the snippet the line of the file that it is.
pub(super) struct Matched {
    pub(super) lines: Vec<Option<usize>>,
    best: i32,
}

/// How a cell was reached.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Start,
    Match,
    New,
    Gone,
    Skipped,
}

struct Steps {
    cells: Vec<Step>,
    width: usize,
}

impl Course {
    /// `gaps`: where code is left out, one more than there are lines; `pins`: lines of the snippet that
    /// stand in one place of the file, with that. `None` when it is too much to compare.
    pub(super) fn new(
        snippet: &[&[u8]],
        gaps: Vec<bool>,
        file: &[&[u8]],
        pins: &[(usize, usize)],
    ) -> Option<Self> {
        let mut ids: HashMap<&[u8], u32> = HashMap::new();
        let mut number = |line| {
            let next = ids.len() as u32;
            *ids.entry(line).or_insert(next)
        };
        let numbers: Vec<u32> = snippet.iter().map(|line| number(line)).collect();
        let mut counts = vec![0_usize; ids.len()];
        let lines: Vec<Option<u32>> = file.iter().map(|line| ids.get(line).copied()).collect();
        for id in lines.iter().flatten() {
            if let Some(count) = counts.get_mut(*id as usize) {
                *count += 1;
            }
        }
        let mut weights = vec![0; ids.len()];
        for (line, id) in &ids {
            let count = counts.get(*id as usize).copied().unwrap_or_default();
            if let Some(weight) = weights.get_mut(*id as usize) {
                *weight = weigh(line, count);
            }
        }
        let columns = columns(&lines, &counts, AROUND + snippet.len());
        let pins = pins.iter().copied().collect();
        let cells = (columns.len() + 1).checked_mul(numbers.len() + 1)?;
        (cells <= MAX_CELLS).then_some(Self { snippet: numbers, gaps, columns, weights, pins })
    }

    /// The best alignment.
    pub(super) fn matched(&self) -> Matched {
        let width = self.columns.len() + 1;
        let mut steps = Steps { cells: vec![Step::Start; width * (self.snippet.len() + 1)], width };
        let rows = self.sweep(false, &[self.snippet.len()], Some(&mut steps));
        let best = rows.first().and_then(|row| row.last()).copied().unwrap_or_default();
        let mut lines = vec![None; self.snippet.len()];
        let (mut i, mut j) = (self.snippet.len(), self.columns.len());
        loop {
            match steps.at(i, j) {
                Step::Start => break,
                Step::Match => {
                    (i, j) = (i - 1, j - 1);
                    if let (Some(line), Some(column)) = (lines.get_mut(i), self.columns.get(j)) {
                        *line = Some(column.at);
                    }
                }
                Step::New => i -= 1,
                Step::Gone | Step::Skipped => j -= 1,
            }
        }
        Matched { lines, best }
    }

    /// Those of `lines` (of the snippet) that could nearly as well be another line of the file.
    pub(super) fn doubtful(&self, matched: &Matched, lines: &[usize]) -> Vec<usize> {
        let above = self.sweep(false, lines, None);
        let count = self.snippet.len();
        let back: Vec<usize> = lines.iter().rev().map(|line| count - 1 - line).collect();
        let below = self.sweep(true, &back, None);
        let rival = |(line, (above, below)): (&usize, (&Vec<i32>, &Vec<i32>))| {
            let (id, at) = (self.snippet.get(*line)?, matched.lines.get(*line)?.as_ref()?);
            let through = |j: usize| {
                let (before, behind) = (above.get(j)?, below.get(self.columns.len() - 1 - j)?);
                Some(before + behind + self.weight(*id) + self.pinned(*line, self.columns.get(j)?))
            };
            let others = self.columns.iter().enumerate().filter(|(_, c)| c.line == Some(*id) && c.at != *at);
            let near = others.filter_map(|(j, _)| through(j)).any(|total| total + MARGIN > matched.best);
            near.then_some(*line)
        };
        lines.iter().zip(above.iter().zip(below.iter().rev())).filter_map(rival).collect()
    }

    fn pinned(&self, line: usize, column: &Column) -> i32 {
        if self.pins.get(&line) == Some(&column.at) { PINNED } else { 0 }
    }

    fn weight(&self, id: u32) -> i32 {
        self.weights.get(id as usize).copied().unwrap_or_default()
    }

    /// Fills the table row by row, or from its end when `back`; returns the rows `wanted` (in order):
    /// what is best when so many lines of the snippet and so many columns are behind.
    fn sweep(&self, back: bool, wanted: &[usize], mut steps: Option<&mut Steps>) -> Vec<Vec<i32>> {
        let (count, width) = (self.snippet.len(), self.columns.len() + 1);
        let turned = |at: usize, len: usize| if back { len - 1 - at } else { at };
        let columns: Vec<Column> =
            (0..width - 1).filter_map(|j| self.columns.get(turned(j, width - 1)).copied()).collect();
        let mut rows = Vec::with_capacity(wanted.len());
        let mut row = vec![i32::MIN / 2; width];
        if let Some(first) = row.first_mut() {
            *first = 0;
        }
        let mut next = row.clone();
        for i in 0..=count {
            if i > 0 {
                let line = turned(i - 1, count);
                self.fill(&row, &mut next, &columns, line, steps.as_mut().map(|steps| steps.row(i)));
                std::mem::swap(&mut row, &mut next);
            }
            let gap = self.gaps.get(turned(i, count + 1)).copied().unwrap_or_default();
            skip(&mut row, &columns, gap, i == 0, steps.as_mut().map(|steps| steps.row(i)));
            rows.extend(wanted.iter().filter(|wanted| **wanted == i).map(|_| row.clone()));
        }
        rows
    }

    /// The row below `row`, in which line `line` of the snippet is behind, too.
    fn fill(
        &self,
        row: &[i32],
        next: &mut [i32],
        columns: &[Column],
        line: usize,
        mut steps: Option<&mut [Step]>,
    ) {
        let id = self.snippet.get(line).copied().unwrap_or(u32::MAX);
        let weight = self.weight(id);
        let mut gone = i32::MIN / 2;
        let mut left = i32::MIN / 2;
        let mut diagonal = i32::MIN / 2;
        for (j, (above, cell)) in row.iter().zip(next.iter_mut()).enumerate() {
            let (mut best, mut step) = (above - NEW, Step::New);
            if let Some(column) = j.checked_sub(1).and_then(|j| columns.get(j)) {
                gone = gone.max(left - GONE) - GONE_MORE * column.len;
                if gone > best {
                    (best, step) = (gone, Step::Gone);
                }
                let matched = diagonal + weight + self.pinned(line, column);
                if column.line == Some(id) && matched >= best {
                    (best, step) = (matched, Step::Match);
                }
            }
            *cell = best;
            if let Some(slot) = steps.as_mut().and_then(|steps| steps.get_mut(j)) {
                *slot = step;
            }
            (left, diagonal) = (best, *above);
        }
    }
}

/// Lets lines of the file go: for nothing where code is left out (`gap`), else only in the first row,
/// where [`Course::fill`] has not been.
fn skip(row: &mut [i32], columns: &[Column], gap: bool, first: bool, mut steps: Option<&mut [Step]>) {
    if !gap && !first {
        return;
    }
    let mut left = row.first().copied().unwrap_or_default() - if gap { 0 } else { GONE };
    for (j, (cell, column)) in row.iter_mut().skip(1).zip(columns).enumerate() {
        left -= if gap { 0 } else { GONE_MORE * column.len };
        if left > *cell {
            *cell = left;
            if let Some(slot) = steps.as_mut().and_then(|steps| steps.get_mut(j + 1)) {
                *slot = Step::Skipped;
            }
        }
        left = left.max(*cell);
    }
}

impl Steps {
    fn row(&mut self, i: usize) -> &mut [Step] {
        self.cells.get_mut(i * self.width..(i + 1) * self.width).unwrap_or_default()
    }

    fn at(&self, i: usize, j: usize) -> Step {
        self.cells.get(i * self.width + j).copied().unwrap_or(Step::Start)
    }
}

/// What it says that a line which stands `count` times in the file is matched.
fn weigh(line: &[u8], count: usize) -> i32 {
    let told = told(line).min(24) as i32;
    match (line.trim_ascii().is_empty(), told) {
        (true, _) => 4,
        (_, 0) => 12,
        (_, told) => 12 + (12 + 4 * told) / (count.max(1).ilog2() as i32 + 1),
    }
}

/// The file's lines, those far from any line that the snippet has, too, in one column each stretch.
fn columns(lines: &[Option<u32>], counts: &[usize], around: usize) -> Vec<Column> {
    let count = |id: &u32| counts.get(*id as usize).copied().unwrap_or_default();
    let rare = |line: &Option<u32>| line.as_ref().is_some_and(|id| count(id) <= FREQUENT);
    let mut near = vec![lines.len() <= 2 * around; lines.len()];
    for at in lines.iter().enumerate().filter(|(_, line)| rare(line)).map(|(at, _)| at) {
        let (from, to) = (at.saturating_sub(around), (at + around).min(lines.len()));
        near.get_mut(from..to).unwrap_or_default().fill(true);
    }
    let mut columns: Vec<Column> = Vec::new();
    let mut far = false;
    for (at, (line, near)) in lines.iter().zip(near).enumerate() {
        match columns.last_mut() {
            Some(stretch) if far && !near => stretch.len += 1,
            _ => columns.push(Column { line: line.filter(|_| near), at, len: 1 }),
        }
        far = !near;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(snippet: &str, gaps: &[usize], file: &str) -> (Vec<Option<usize>>, Vec<usize>) {
        let lines = |text: &'static str| text.split(' ').map(str::as_bytes).collect::<Vec<_>>();
        let (snippet, file) = (snippet.to_owned().leak(), file.to_owned().leak());
        let (snippet, file) = (lines(snippet), lines(file));
        let gaps = (0..=snippet.len()).map(|at| gaps.contains(&at)).collect();
        let course = Course::new(&snippet, gaps, &file, &[]).unwrap();
        let matched = course.matched();
        let known: Vec<usize> = (0..snippet.len()).filter(|at| matched.lines[*at].is_some()).collect();
        let doubtful = course.doubtful(&matched, &known);
        (matched.lines, doubtful)
    }

    #[test]
    fn lines_are_matched_in_order_across_what_is_left_out() {
        let (lines, doubtful) = matched("one two six", &[0, 2, 3], "zero one two three four five six seven");
        assert_eq!(lines, [Some(1), Some(2), Some(6)]);
        assert!(doubtful.is_empty());
    }

    #[test]
    fn what_goes_and_comes_in_a_part_lies_between_its_matches() {
        let (lines, _) = matched("head new1 new2 tail", &[0, 4], "tail head old1 old2 old3 tail x tail");
        assert_eq!(lines, [Some(1), None, None, Some(5)]);
    }

    #[test]
    fn a_line_that_could_stand_elsewhere_is_doubtful() {
        let (_, doubtful) = matched("same", &[0, 1], "a same b c d same e");
        assert_eq!(doubtful, [0]);
        let (_, doubtful) = matched("head same", &[0, 2], "same x y head same z same");
        assert!(doubtful.is_empty());
    }

    #[test]
    fn a_snippet_without_gaps_covers_the_whole_file() {
        let (lines, _) = matched("a x c", &[], "a b c d");
        assert_eq!(lines, [Some(0), None, Some(2)]);
    }
}
