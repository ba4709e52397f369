//! Where the reader is in a sheet, so that they are there in the next one, too.

use super::{Block, Sheet};
use crate::change::HunkId;

/// Where the reader is, to be found again in another sheet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Anchor {
    hunk: HunkId,
    /// Rows from the hunk's head, as a file's name is above it; below the head from its body, above
    /// which there may be more lines or fewer another time.
    rows: isize,
    in_body: bool,
    /// Rows from the top of the window.
    pub depth: usize,
}

impl Sheet {
    pub fn anchor(&self, row: usize, top: usize) -> Option<Anchor> {
        let hunk = self.hunk_of(row)?;
        let head = self.head(hunk)?;
        let in_body = row > head;
        let from = if in_body { self.body_start(hunk)? } else { head };
        let rows = isize::try_from(row).ok()? - isize::try_from(from).ok()?;
        Some(Anchor { hunk, rows, in_body, depth: row.saturating_sub(top) })
    }

    /// The row at which the reader was; `None` when the hunk is gone.
    pub fn find(&self, anchor: Anchor) -> Option<usize> {
        let extent = self.extent(anchor.hunk)?;
        let from = if anchor.in_body { self.body_start(anchor.hunk)? } else { extent.start };
        let row = from.saturating_add_signed(anchor.rows);
        Some(row.min(extent.end.saturating_sub(1)))
    }

    /// The first row below the lines above a hunk.
    fn body_start(&self, id: HunkId) -> Option<usize> {
        let at = *self.of.get(&id)?;
        match self.blocks.get(at)? {
            Block::Hunk(block) if !block.folded => Some(self.starts.get(at)? + 1 + block.before()),
            _ => self.starts.get(at).copied(),
        }
    }
}
