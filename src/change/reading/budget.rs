//! How much work a reading may be. Counted in bytes, since this room has no clock: a changeset that
//! exceeds it is folded less, never wrongly.

use super::file_diff::FileDiff;
use super::page::Side;
use crate::text::Lines;
use crate::text::highlight::Language;
use crate::text::syntax::Syntax;

/// Bytes parsed for one reading: about half a second's worth.
const PARSED: usize = 6 << 20;

pub(super) struct Budget {
    parse: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { parse: PARSED }
    }
}

impl Budget {
    /// One side of a file, parsed; `None` when it is not there, does not parse, or would cost too much.
    pub(super) fn parse(&mut self, file: &FileDiff, side: Side) -> Option<(Lines, Syntax)> {
        let language = Language::of(&file.path)?;
        let text = file.text(side)?;
        self.parse = self.parse.checked_sub(text.bytes().len())?;
        let syntax = Syntax::of(language, text.bytes())?;
        Some((text, syntax))
    }
}
