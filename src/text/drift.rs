//! Where lines went when a text changed underneath.

use super::diff::Change;
use super::{Lines, Span};

/// How one text became another, to be asked where a span of the first stands in the second.
#[derive(Clone, Debug)]
pub struct Drift {
    changes: Vec<Change>,
}

impl Drift {
    pub fn between(base: &Lines, now: &Lines) -> Self {
        let _ = (base, now);
        todo!()
    }

    /// Did nothing change?
    pub fn is_none(&self) -> bool {
        self.changes.is_empty()
    }

    /// Where the lines of `span` stand now; `None` when a change overlaps or touches them (then
    /// nobody can say whose lines come first, and a human must).
    pub fn map(&self, span: Span) -> Option<Span> {
        let _ = span;
        todo!()
    }
}
