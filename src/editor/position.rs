//! Where in a buffer.

/// A place in a text: a line and a column, both from 0. The column is in *bytes* from the line's
/// first byte, as in [`crate::text::Lines`], so that highlights, cells and hunks speak of the same
/// bytes. What a [`super::Buffer`] hands out lies between two graphemes (UAX #29); what it is given is
/// moved to the nearest such place before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    pub fn new(line: usize, column: usize) -> Self {
        Self { line, column }
    }
}
