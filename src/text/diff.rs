//! Line and word differences, over `similar`.

use std::ops::Range;

use super::{Lines, Span};

/// Lines `old` became lines `new`. Either may be empty, never both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    pub old: Span,
    pub new: Span,
}

/// The byte-exact line difference, in order, with at least one common line between two changes.
pub fn changes(old: &Lines, new: &Lines) -> Vec<Change> {
    let _ = (old, new);
    todo!()
}

/// Which byte ranges of two lines differ, word by word: (ranges of `old`, ranges of `new`), in
/// order. Both empty when the lines have so little in common that marking words would only
/// distract.
pub fn words(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let _ = (old, new);
    todo!()
}
