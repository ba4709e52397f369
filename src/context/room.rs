//! The bytes that a request has left. A piece takes its text, the tags around it and the rounding of its
//! weight, so that what is put into words weighs no more than was budgeted.

use super::pack::{Segment, Source};
use super::presence::Presence;
use crate::model::Tokens;

/// Bytes that the tags around a piece take beside the name in them: two tags of the longest name with
/// the longest number, the lines, and what a sum of rounded weights is too much.
const TAG: usize = 112;

/// Bytes of one character of a name in a tag, at most (`&quot;`).
const ESCAPED: usize = 6;

/// Bytes of the word in a tag that lines have changed since they were shown.
const RENEWED: usize = 40;

#[derive(Clone, Debug)]
pub(super) struct Room {
    budget: Tokens,
    left: usize,
}

impl Room {
    pub fn new(budget: Tokens) -> Self {
        // The inverse of `Tokens::estimate`.
        let left = usize::try_from(budget.0.saturating_mul(7) / 2).unwrap_or(usize::MAX);
        Self { budget, left }
    }

    pub fn budget(&self) -> Tokens {
        self.budget
    }

    /// What is left, as tokens.
    pub fn left(&self) -> Tokens {
        Tokens::of_bytes(self.left as u64)
    }

    /// Takes room for a piece, if there is room. One that stands in the conversation already needs none.
    pub fn take(&mut self, piece: &Segment) -> bool {
        match piece.presence {
            Presence::Above(_) => true,
            Presence::Renewed(_) => self.take_bytes(piece.text.len() + RENEWED, &piece.source),
            _ => self.take_bytes(piece.text.len(), &piece.source),
        }
    }

    /// Takes room for a piece of so many bytes.
    pub fn take_bytes(&mut self, bytes: usize, source: &Source) -> bool {
        let left = self.left.checked_sub(bytes.saturating_add(around(source)));
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// The bytes of text that a piece of such a source may have.
    pub fn left_for(&self, piece: &Segment) -> usize {
        let renewed = if let Presence::Renewed(_) = piece.presence { RENEWED } else { 0 };
        self.left_beside(&piece.source).saturating_sub(renewed)
    }

    pub fn left_beside(&self, source: &Source) -> usize {
        self.left.saturating_sub(around(source))
    }
}

/// Bytes of the tags around a piece.
fn around(source: &Source) -> usize {
    let name = source.name();
    let escaped: usize =
        name.bytes().map(|byte| if matches!(byte, b'&' | b'"' | b'<' | b'>') { ESCAPED } else { 1 }).sum();
    TAG + escaped
}
