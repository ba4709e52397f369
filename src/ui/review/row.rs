//! What a row of the review shows, and the block of rows that a hunk is.

use crate::change::HunkId;

/// A changed line of a hunk: which of the hunk's old or new lines, and which of its changed ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Changed {
    pub line: usize,
    pub atom: usize,
}

/// What is shown in a row. `hunk`: its place in [`Review::hunks`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Row {
    /// Its place in [`Sheet::files`].
    File(usize),
    Head {
        hunk: usize,
        folded: bool,
    },
    /// A line that stays, of the base.
    Same {
        hunk: usize,
        line: usize,
    },
    Old {
        hunk: usize,
        old: Changed,
    },
    New {
        hunk: usize,
        new: Changed,
    },
    /// Side by side.
    Both {
        hunk: usize,
        old: Option<Changed>,
        new: Option<Changed>,
    },
    /// Lines that need no reading, by the fold's place in [`Reading::folds`].
    Fold {
        hunk: usize,
        fold: usize,
    },
    /// Of a hunk in conflict: what is shown below, or a line that its author saw.
    Label {
        hunk: usize,
        below: Below,
    },
    Saw {
        hunk: usize,
        line: usize,
    },
    /// A difference without lines, by its place in the list.
    Remark(usize),
    /// What stands above what was refused, and a row of it, by its place in [`Sheet::refused`].
    RefusedHead,
    Refused(usize),
    Blank,
}

/// What stands below a label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Below {
    /// The lines that a hunk in conflict was made for.
    Saw,
    /// The lines that stand there now, and what is proposed.
    Now,
}

/// A hunk among the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct HunkBlock {
    pub(super) id: HunkId,
    /// Its place in the review.
    pub(super) index: usize,
    pub(super) above: usize,
    pub(super) below: usize,
    /// Lines that the author of a hunk in conflict saw.
    pub(super) saw: Option<usize>,
    pub(super) folded: bool,
    /// Line of the new text at which what comes begins.
    pub(super) new_start: usize,
}

impl HunkBlock {
    /// Rows between the head and the body.
    pub(super) fn before(&self) -> usize {
        self.clash_rows() + self.above
    }

    fn clash_rows(&self) -> usize {
        self.saw.map_or(0, |lines| lines + 2)
    }

    /// A row of what the author saw, or else the row among those below.
    pub(super) fn clash_row(&self, row: usize) -> Result<Row, usize> {
        let (hunk, rows) = (self.index, self.clash_rows());
        match row {
            _ if row >= rows => Err(row - rows),
            0 => Ok(Row::Label { hunk, below: Below::Saw }),
            _ if row + 1 == rows => Ok(Row::Label { hunk, below: Below::Now }),
            _ => Ok(Row::Saw { hunk, line: row - 1 }),
        }
    }
}
