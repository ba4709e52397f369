//! Texts as vectors, for search by meaning.

use super::Usage;

/// What a text is for: some models turn a question and what answers it into different vectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmbedAs {
    Query,
    Document,
}

/// The vectors of some texts, in their order and all of one length.
#[derive(Clone, PartialEq, Debug)]
pub struct Vectors {
    pub vectors: Vec<Vec<f32>>,
    pub usage: Usage,
}
