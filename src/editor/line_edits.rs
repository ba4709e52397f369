//! Which lines the last edits touched, so that what is attached to lines (pending hunks) can follow
//! a keystroke without comparing whole texts.

use std::collections::VecDeque;

use super::buffer::Buffer;
use crate::text::Span;

/// How many edits are remembered. One keystroke is one; who falls further behind compares texts.
const REMEMBERED: usize = 512;

/// Lines `old` became lines `new`; both start at the same line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LineEdit {
    pub old: Span,
    pub new: Span,
}

impl Buffer {
    /// Lets line numbers follow what was edited after version `since`: each is where its line is now, and whether
    /// that line was edited itself, or is gone. Returns `false`, and leaves them, when that is too long ago to be
    /// known.
    pub fn follow_lines(&self, since: u64, lines: &mut [(usize, bool)]) -> bool {
        let Some(edits) = self.line_edits_since(since) else { return false };
        for LineEdit { old, new } in edits {
            for (line, changed) in lines.iter_mut() {
                if *line >= old.end() {
                    *line = *line - old.len() + new.len();
                } else if *line >= old.start() {
                    *line = (*line).min((new.end().max(new.start() + 1)) - 1);
                    *changed = true;
                }
            }
        }
        true
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct LineEdits {
    edits: VecDeque<(u64, LineEdit)>,
    /// Every edit that led to a later version is here.
    since: u64,
}

impl LineEdits {
    /// Nothing is known of what led to `version`.
    pub fn forget(&mut self, version: u64) {
        self.edits.clear();
        self.since = version;
    }

    /// Edits, in the order they were made, that led to `version`.
    pub fn note(&mut self, version: u64, edits: &[LineEdit]) {
        if edits.len() > REMEMBERED {
            return self.forget(version);
        }
        self.edits.extend(edits.iter().map(|edit| (version, *edit)));
        while self.edits.len() > REMEMBERED {
            // A version's edits are of use only together.
            if let Some((dropped, _)) = self.edits.pop_front() {
                self.since = self.since.max(dropped);
            }
        }
    }

    /// Every edit made after `version`; `None` when they are no longer all known.
    pub fn since(&self, version: u64) -> Option<impl Iterator<Item = LineEdit>> {
        let first = self.edits.partition_point(|(made, _)| *made <= version);
        (version >= self.since).then(|| self.edits.range(first..).map(|(_, edit)| *edit))
    }
}
