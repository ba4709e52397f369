//! The review as rows: files, hunks with lines around them, remarks. What a row is, is worked out when
//! it is asked for, so that a frame costs as much as its window; what a sheet keeps is a block for each
//! hunk. It decides nothing and holds no text.

mod anchor;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::page::fold;
use super::around::{gaps, in_order, new_starts};
use super::look::{BESIDE_FROM, Detail, Filter, Plan};
use super::row::{Changed, HunkBlock, Row};
use crate::change::reading::Fold;
use crate::change::{Hunk, HunkId, Review, Standing, Verdict};
use crate::text::{RepoPath, safe};

/// A file of the sheet and how far it is decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    pub path: RepoPath,
    pub hunks: usize,
    pub accepted: usize,
    pub rejected: usize,
    /// Lines of its undecided hunks.
    pub unread: usize,
    /// Its first block.
    pub block: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Block {
    File(usize),
    Hunk(HunkBlock),
    Refused,
    Remarks,
}

#[derive(Clone, Default, Debug)]
pub struct Sheet {
    blocks: Vec<Block>,
    /// The first row of each block, and in the end the number of rows.
    starts: Vec<usize>,
    of: HashMap<HunkId, usize>,
    files: Vec<FileRow>,
    /// Bodies of which something is folded away, row by row.
    bodies: BTreeMap<HunkId, Vec<Row>>,
    has_folds: BTreeSet<HunkId>,
    beside: bool,
    /// Largest line number.
    lines: usize,
    unread: usize,
    /// What was refused, folded to the width, printable.
    refused: Vec<String>,
}

/// What stands below the hunks.
#[derive(Clone, Default, Debug)]
pub struct Tail {
    /// What was refused of the reply, and why. A stranger's words.
    pub refused: Vec<String>,
    /// How many differences have no lines.
    pub remarks: usize,
}

impl Sheet {
    /// Lays the review out.
    pub fn new(review: &Review, tail: &Tail, plan: &Plan<'_>) -> Self {
        let Plan { look, order, reading, window: (_, width), .. } = *plan;
        let beside = look.beside && width >= BESIDE_FROM;
        let mut sheet = Self { beside, starts: vec![0], ..Self::default() };
        let hunks: Vec<&Hunk> = review.hunks().collect();
        let (starts, gaps) = (new_starts(&hunks), gaps(&hunks, review));
        let mut before = None;
        for index in in_order(&hunks, order) {
            let Some(hunk) = hunks.get(index).filter(|hunk| look.filter.shows(hunk, plan)) else {
                continue;
            };
            let gap = gaps.get(index).copied().unwrap_or_default();
            let (above, below) = gap.around(plan.context(), before.is_some_and(|before| before + 1 == index));
            before = Some(index);
            let decided = hunk.verdict != Verdict::Undecided && hunk.standing == Standing::Good;
            let new_start = starts.get(index).copied().unwrap_or(0);
            let folded = decided != look.turned.contains(&hunk.id);
            let saw = review.saw(hunk).map(|saw| saw.len());
            let block = HunkBlock { id: hunk.id, index, above, below, saw, folded, new_start };
            let folds = reading.map_or(&[][..], |reading| reading.folds(hunk.id));
            if !folds.is_empty() && look.detail == Detail::Moved && !look.opened.contains(&hunk.id) {
                let body = sheet.body(review, &block, folds);
                sheet.bodies.insert(hunk.id, body);
            }
            let can_fold = !folds.is_empty() && look.detail == Detail::Moved;
            sheet.has_folds.extend(can_fold.then_some(hunk.id));
            let weight = match hunk.verdict {
                Verdict::Undecided => reading.map(|reading| reading.lines_to_read([hunk.id])),
                _ => Some(0),
            };
            sheet.put(review, hunk, block, weight);
        }
        sheet.end(tail, plan);
        sheet
    }

    fn end(&mut self, tail: &Tail, plan: &Plan<'_>) {
        let filter = plan.look.filter;
        if !tail.refused.is_empty() && matches!(filter, Filter::All | Filter::Refused) {
            let room = plan.window.1.saturating_sub(4);
            let rows = tail.refused.iter().flat_map(|why| {
                let rows = fold(&safe::line(why), room.saturating_sub(2)).into_iter().enumerate();
                rows.map(|(at, row)| if at == 0 { format!("✗ {row}") } else { format!("  {row}") })
            });
            self.refused = rows.collect();
            let blank = usize::from(!self.blocks.is_empty());
            self.push(Block::Refused, blank + 1 + self.refused.len());
        }
        if tail.remarks > 0 && filter == Filter::All {
            self.push(Block::Remarks, tail.remarks + 1);
        }
    }

    /// What was refused, row by row, printable.
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    fn put(&mut self, review: &Review, hunk: &Hunk, block: HunkBlock, unread: Option<usize>) {
        let base = review.base(&hunk.path).and_then(|base| base.text.as_ref());
        self.lines = self.lines.max(base.map_or(0, |base| base.len())).max(block.new_start + hunk.with.len());
        // A hunk that was not read yet is to be read in full.
        let unread = unread.unwrap_or_else(|| review.weight(hunk));
        self.unread += unread;
        if self.files.last().is_none_or(|file| file.path != hunk.path) {
            let rows = 1 + usize::from(!self.files.is_empty());
            self.push(Block::File(self.files.len()), rows);
            let block = self.blocks.len() - 1;
            let path = hunk.path.clone();
            self.files.push(FileRow { path, hunks: 0, accepted: 0, rejected: 0, unread: 0, block });
        }
        if let Some(file) = self.files.last_mut() {
            file.hunks += 1;
            file.accepted += usize::from(hunk.verdict == Verdict::Accepted);
            file.rejected += usize::from(hunk.verdict == Verdict::Rejected);
            file.unread += unread;
        }
        self.of.insert(hunk.id, self.blocks.len());
        let rows = self.block_rows(review, &block);
        self.push(Block::Hunk(block), rows);
    }

    fn push(&mut self, block: Block, rows: usize) {
        self.blocks.push(block);
        self.starts.push(self.rows() + rows);
    }

    fn block_rows(&self, review: &Review, block: &HunkBlock) -> usize {
        match block.folded {
            true => 1,
            false => 1 + block.before() + self.body_rows(review, block) + block.below,
        }
    }

    /// The rows between a hunk's head and what is below it, one for each fold.
    fn body(&self, review: &Review, block: &HunkBlock, folds: &[Fold]) -> Vec<Row> {
        let rows = self.whole_body_rows(review, block);
        let mut shown = BTreeSet::new();
        let hidden = |changed: Option<Changed>, old: bool| {
            let changed = changed?;
            folds.iter().position(|fold| {
                let span = if old { fold.gone } else { fold.come };
                span.as_range().contains(&changed.line)
            })
        };
        let mut body = Vec::new();
        for row in (0..rows).filter_map(|row| self.whole_body_row(review, block, row)) {
            let fold = match row {
                Row::Old { old, .. } => hidden(Some(old), true),
                Row::New { new, .. } => hidden(Some(new), false),
                Row::Both { old, new, .. } => match (hidden(old, true), hidden(new, false)) {
                    (one, None) if new.is_none() => one,
                    (None, one) if old.is_none() => one,
                    (Some(one), Some(other)) if one == other => Some(one),
                    _ => None,
                },
                _ => None,
            };
            match fold {
                None => body.push(row),
                Some(fold) if shown.insert(fold) => body.push(Row::Fold { hunk: block.index, fold }),
                Some(_) => {}
            }
        }
        body
    }

    /// Can something of the hunk be folded away?
    pub fn has_folds(&self, id: HunkId) -> bool {
        self.has_folds.contains(&id)
    }

    fn body_rows(&self, review: &Review, block: &HunkBlock) -> usize {
        match self.bodies.get(&block.id) {
            Some(body) => body.len(),
            None => self.whole_body_rows(review, block),
        }
    }

    fn whole_body_rows(&self, review: &Review, block: &HunkBlock) -> usize {
        let Some(hunk) = review.hunk_at(block.index) else { return 0 };
        let parts = review.parts(hunk);
        let gone: usize = parts.iter().map(|part| part.old.len()).sum();
        let kept = hunk.replaces.len() - gone;
        let changed: usize = match self.beside {
            true => parts.iter().map(|part| part.old.len().max(part.new.len())).sum(),
            false => parts.iter().map(|part| part.old.len() + part.new.len()).sum(),
        };
        kept + changed
    }

    pub fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    pub fn files(&self) -> &[FileRow] {
        &self.files
    }

    /// Old lines left, new lines right?
    pub fn is_beside(&self) -> bool {
        self.beside
    }

    /// Lines of undecided hunks.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// The hunk that came last.
    pub fn latest(&self) -> Option<HunkId> {
        self.of.keys().max().copied()
    }

    /// Columns of the largest line number.
    pub fn digits(&self) -> usize {
        self.lines.max(1).ilog10() as usize + 1
    }

    /// Which block a row is in, and which of its rows it is.
    fn place(&self, row: usize) -> Option<(usize, usize)> {
        if row >= self.rows() {
            return None;
        }
        let block = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        Some((block, row - self.starts.get(block)?))
    }

    /// What is shown in a row.
    pub fn row(&self, review: &Review, row: usize) -> Option<Row> {
        let (block, inside) = self.place(row)?;
        let at = block;
        Some(match self.blocks.get(block)? {
            Block::File(0) => Row::File(0),
            Block::File(_) if inside == 0 => Row::Blank,
            Block::File(file) => Row::File(*file),
            Block::Refused => self.refused_row(at, inside),
            Block::Remarks if inside == 0 => Row::Blank,
            Block::Remarks => Row::Remark(inside - 1),
            Block::Hunk(block) if inside == 0 => Row::Head { hunk: block.index, folded: block.folded },
            Block::Hunk(block) => self.hunk_row(review, block, inside - 1)?,
        })
    }

    fn refused_row(&self, block: usize, inside: usize) -> Row {
        match inside.checked_sub(usize::from(block > 0)) {
            None => Row::Blank,
            Some(0) => Row::RefusedHead,
            Some(row) => Row::Refused(row - 1),
        }
    }

    fn hunk_row(&self, review: &Review, block: &HunkBlock, row: usize) -> Option<Row> {
        let hunk = review.hunk_at(block.index)?;
        let first = hunk.replaces.start();
        let row = match block.clash_row(row) {
            Ok(shown) => return Some(shown),
            Err(row) => row,
        };
        if row < block.above {
            return Some(Row::Same { hunk: block.index, line: first - block.above + row });
        }
        let row = row - block.above;
        let body = self.body_rows(review, block);
        if row >= body {
            return Some(Row::Same { hunk: block.index, line: hunk.replaces.end() + row - body });
        }
        match self.bodies.get(&block.id) {
            Some(body) => body.get(row).copied(),
            None => self.whole_body_row(review, block, row),
        }
    }

    fn whole_body_row(&self, review: &Review, block: &HunkBlock, row: usize) -> Option<Row> {
        let hunk = review.hunk_at(block.index)?;
        let first = hunk.replaces.start();
        let (mut left, mut line, mut atom) = (row, 0, 0);
        for part in review.parts(hunk).iter() {
            let kept = part.old.start() - line;
            if left < kept {
                return Some(Row::Same { hunk: block.index, line: first + line + left });
            }
            left -= kept;
            let (old, new) = (part.old.len(), part.new.len());
            let rows = if self.beside { old.max(new) } else { old + new };
            if left < rows {
                let old_at = |at: usize| Changed { line: part.old.start() + at, atom: atom + at };
                let new_at = |at: usize| Changed { line: part.new.start() + at, atom: atom + old + at };
                return Some(match self.beside {
                    true => Row::Both {
                        hunk: block.index,
                        old: (left < old).then(|| old_at(left)),
                        new: (left < new).then(|| new_at(left)),
                    },
                    false if left < old => Row::Old { hunk: block.index, old: old_at(left) },
                    false => Row::New { hunk: block.index, new: new_at(left - old) },
                });
            }
            left -= rows;
            line = part.old.end();
            atom += old + new;
        }
        Some(Row::Same { hunk: block.index, line: first + line + left })
    }

    /// The row in which a changed line of a hunk is shown; the hunk's head when it is folded.
    pub fn row_of(&self, review: &Review, id: HunkId, atom: usize) -> Option<usize> {
        let at = *self.of.get(&id)?;
        let start = *self.starts.get(at)?;
        let Some(Block::Hunk(block)) = self.blocks.get(at) else { return None };
        if block.folded {
            return Some(start);
        }
        let hunk = review.hunk_at(block.index)?;
        if let Some(body) = self.bodies.get(&id) {
            let is_it = |row: &Row| match row {
                Row::Old { old, .. } => old.atom == atom,
                Row::New { new, .. } => new.atom == atom,
                Row::Both { old, new, .. } => [old, new].into_iter().flatten().any(|one| one.atom == atom),
                _ => false,
            };
            // What is folded away is where its fold is.
            let fold = || body.iter().position(|row| matches!(row, Row::Fold { .. }));
            let at = body.iter().position(is_it).or_else(fold).unwrap_or(0);
            return Some(start + 1 + block.before() + at);
        }
        let (mut before, mut rows, mut line) = (0, 0, 0);
        for part in review.parts(hunk).iter() {
            rows += part.old.start() - line;
            let (old, new) = (part.old.len(), part.new.len());
            if atom < before + old + new {
                let inside = atom - before;
                let inside = if self.beside && inside >= old { inside - old } else { inside };
                return Some(start + 1 + block.before() + rows + inside);
            }
            before += old + new;
            rows += if self.beside { old.max(new) } else { old + new };
            line = part.old.end();
        }
        Some(start)
    }

    /// The hunk's head.
    pub fn head(&self, id: HunkId) -> Option<usize> {
        self.starts.get(*self.of.get(&id)?).copied()
    }

    /// The rows of a hunk, head and lines around it included.
    pub fn extent(&self, id: HunkId) -> Option<std::ops::Range<usize>> {
        let at = *self.of.get(&id)?;
        Some(*self.starts.get(at)?..*self.starts.get(at + 1)?)
    }

    /// The hunk of a row: the one it is in, or the next one below a file's name, or the last.
    pub fn hunk_of(&self, row: usize) -> Option<HunkId> {
        let (block, _) = self.place(row.min(self.rows().saturating_sub(1)))?;
        let id = |block: &Block| match block {
            Block::Hunk(hunk) => Some(hunk.id),
            Block::File(_) | Block::Refused | Block::Remarks => None,
        };
        let below = self.blocks.get(block..).unwrap_or_default().iter().find_map(id);
        below.or_else(|| self.blocks.iter().rev().find_map(id))
    }

    /// The hunks in the order they are shown.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = HunkId> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Hunk(hunk) => Some(hunk.id),
            Block::File(_) | Block::Refused | Block::Remarks => None,
        })
    }

    /// The same by their places in the review.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Hunk(hunk) => Some(hunk.index),
            Block::File(_) | Block::Refused | Block::Remarks => None,
        })
    }

    /// The hunks below a file's name, by its place in [`Sheet::files`].
    pub fn run(&self, file: usize) -> impl Iterator<Item = HunkId> {
        let first = self.files.get(file).map_or(self.blocks.len(), |file| file.block + 1);
        self.blocks.iter().skip(first).map_while(|block| match block {
            Block::Hunk(hunk) => Some(hunk.id),
            Block::File(_) | Block::Refused | Block::Remarks => None,
        })
    }

    /// Line of the new text, from 0, at which what a hunk brings begins.
    pub fn new_start(&self, id: HunkId) -> usize {
        match self.of.get(&id).and_then(|at| self.blocks.get(*at)) {
            Some(Block::Hunk(block)) => block.new_start,
            _ => 0,
        }
    }

    /// The hunk's place in the review.
    pub fn index(&self, id: HunkId) -> Option<usize> {
        match self.blocks.get(*self.of.get(&id)?)? {
            Block::Hunk(block) => Some(block.index),
            Block::File(_) | Block::Refused | Block::Remarks => None,
        }
    }

    pub fn is_folded(&self, id: HunkId) -> bool {
        matches!(self.of.get(&id).and_then(|at| self.blocks.get(*at)), Some(Block::Hunk(b)) if b.folded)
    }
}
