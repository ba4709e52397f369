//! A hunk while it is being read: which of its lines are still to be read, and what is folded.

use std::sync::Arc;

use super::super::HunkId;
use super::file_diff::{Cut, FileDiff};
use super::fold::{Fold, FoldKind};
use crate::text::diff::Change;
use crate::text::{RepoPath, Span, trim_ending};

/// Which text a line is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Side {
    Old,
    New,
}

/// One hunk. Lines are counted within the file.
pub(super) struct Page<'a> {
    /// All files, and which of them it is in.
    pub(super) siblings: &'a [FileDiff],
    pub(super) at: usize,
    pub(super) file: &'a FileDiff,
    pub(super) cut: &'a Cut,
    pub(super) changes: Vec<Change>,
    /// For each line of the hunk: is it changed and not folded?
    gone: Vec<bool>,
    come: Vec<bool>,
    pub(super) folds: Vec<Fold>,
}

impl<'a> Page<'a> {
    pub(super) fn of(siblings: &'a [FileDiff], at: usize, file: &'a FileDiff, cut: &'a Cut) -> Self {
        let changes = cut.changes_in_file();
        let mut gone = vec![false; cut.old.len()];
        let mut come = vec![false; cut.new.len()];
        for change in &changes {
            mark(&mut gone, within(change.old, cut.old), true);
            mark(&mut come, within(change.new, cut.new), true);
        }
        Self { siblings, at, file, cut, changes, gone, come, folds: Vec::new() }
    }

    pub(super) fn id(&self) -> HunkId {
        self.cut.id
    }

    pub(super) fn path(&self) -> &'a RepoPath {
        &self.file.path
    }

    /// Lines of the hunk, counted within the file.
    pub(super) fn slice(&self, side: Side, lines: Span) -> &'a [u8] {
        match side {
            Side::Old => self.file.old.as_ref().map_or(&[][..], |text| text.slice(lines)),
            Side::New => self.cut.with.slice(within(lines, self.cut.new)),
        }
    }

    /// A line of the hunk with its ending; empty when there is none.
    pub(super) fn raw(&self, side: Side, line: usize) -> &'a [u8] {
        self.slice(side, Span::new(line, line + 1))
    }

    /// A line of the hunk without its ending.
    pub(super) fn line(&self, side: Side, line: usize) -> &'a [u8] {
        trim_ending(self.raw(side, line))
    }

    pub(super) fn span(&self, side: Side) -> Span {
        match side {
            Side::Old => self.cut.old,
            Side::New => self.cut.new,
        }
    }

    fn rows(&self, side: Side) -> &[bool] {
        match side {
            Side::Old => &self.gone,
            Side::New => &self.come,
        }
    }

    /// The changed lines of one side that no fold covers, with their numbers in the file.
    pub(super) fn unread(&self, side: Side) -> impl Iterator<Item = (usize, &'a [u8])> + use<'_, 'a> {
        let start = self.span(side).start();
        let rows = self.rows(side).iter().enumerate().filter(|(_, unread)| **unread);
        rows.map(move |(row, _)| (start + row, self.line(side, start + row)))
    }

    pub(super) fn is_unread(&self, side: Side, line: usize) -> bool {
        let row = line.checked_sub(self.span(side).start());
        row.and_then(|row| self.rows(side).get(row)).is_some_and(|unread| *unread)
    }

    /// Is every one of these lines changed, and none folded?
    pub(super) fn is_open(&self, gone: Span, come: Span) -> bool {
        let open = |side: Side, span: Span| span.as_range().all(|line| self.is_unread(side, line));
        open(Side::Old, gone) && open(Side::New, come)
    }

    /// Folds lines (counted within the file), all of them or none.
    pub(super) fn fold(&mut self, gone: Span, come: Span, kind: FoldKind, rests_on: Arc<[HunkId]>) {
        if !self.is_open(gone, come) || (gone.is_empty() && come.is_empty()) {
            return;
        }
        let (gone, come) = (within(gone, self.cut.old), within(come, self.cut.new));
        mark(&mut self.gone, gone, false);
        mark(&mut self.come, come, false);
        self.folds.push(Fold { gone, come, kind, rests_on });
    }

    /// Does a fold cover the line?
    pub(super) fn is_folded(&self, side: Side, line: usize) -> bool {
        let Some(row) = line.checked_sub(self.span(side).start()) else { return false };
        self.folds.iter().any(|fold| fold.side(side).as_range().contains(&row))
    }

    /// Puts the folds in order and joins what stands together: what a difference took of the neighbours
    /// of a moved definition, and the blank lines around it, belong to the move. What is left over of
    /// that kind alone would be no help, and is shown.
    pub(super) fn settle_folds(&mut self) {
        self.folds.sort_by_key(|fold| (fold.gone.is_empty(), fold.gone.start(), fold.come.start()));
        let mut settled: Vec<Fold> = Vec::new();
        for fold in self.folds.drain(..) {
            match settled.last_mut() {
                Some(last) if last.may_join(&fold) => last.join(fold),
                _ => settled.push(fold),
            }
        }
        let (remnants, folds): (Vec<Fold>, Vec<Fold>) = settled.into_iter().partition(Fold::is_remnant);
        for fold in remnants {
            mark(&mut self.gone, fold.gone, true);
            mark(&mut self.come, fold.come, true);
        }
        self.folds = folds;
    }

    /// Changed lines, whether folded or not.
    pub(super) fn changed(&self) -> usize {
        self.changes.iter().map(|change| change.old.len() + change.new.len()).sum()
    }
}

/// A span of the file as rows of the hunk.
fn within(span: Span, cut: Span) -> Span {
    let row = |line: usize| line.saturating_sub(cut.start()).min(cut.len());
    Span::new(row(span.start()), row(span.end()))
}

fn mark(rows: &mut [bool], span: Span, unread: bool) {
    if let Some(rows) = rows.get_mut(span.as_range()) {
        rows.fill(unread);
    }
}
