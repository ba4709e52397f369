//! Where an edit belongs. Byte-exact or refused: a place is found only when exactly one place fits.

use super::EditHunk;
use crate::text::{Lines, Span};

/// How the place was found, surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Every context and removed line is equal to the byte, line endings apart.
    Exact,
    /// Equal but for blanks at the end of lines.
    Blanks,
    /// Equal but for indentation, which is mapped onto the file's.
    Indent,
}

/// Lines `replaces` of the base become `with`. Only lines that the edit itself changes are in it:
/// what the model repeated as context keeps the file's own bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Splice {
    pub replaces: Span,
    /// Whole lines with the endings they will have in the file.
    pub with: Vec<u8>,
}

/// An edit with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    /// The lines of the base the edit spoke about, context included.
    pub place: Span,
    /// In order, not overlapping; empty when the file already says what the edit wants.
    pub splices: Vec<Splice>,
    pub matched_by: Tier,
}

/// Why no place was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unplaced {
    /// Nothing fits. The nearest place, one-based, with its text, if any comes near.
    #[error("no place in the file fits the edit's lines")]
    Nowhere { nearest: Option<(usize, String)> },
    /// Several places fit: their one-based first lines.
    #[error("the edit's lines fit {} places (lines {})", .0.len(), shown(.0))]
    Ambiguous(Vec<usize>),
    /// The edit names no line of the file (an insertion without context) and the file is not empty.
    #[error("the edit does not say where it belongs")]
    NoContext,
}

fn shown(lines: &[usize]) -> String {
    lines.iter().take(5).map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// Finds the one place of `base` that `hunk` speaks about.
pub fn locate(hunk: &EditHunk, base: &Lines) -> Result<Located, Unplaced> {
    let _ = (hunk, base);
    todo!()
}
