//! Search over a project's text: which lines of which files an instruction or a question is about.
//!
//! An [`Entry`] is a file as a search sees it, a [`Corpus`] is the files of a project, and
//! [`Corpus::search`] ranks their chunks. Lexical only: BM25 over chunks and BM25F over files
//! (Robertson and Zaragoza, 2009), fused by reciprocal rank (Cormack et al., 2009), then moved by what
//! one knows about code. No disk, no clock, no model: the same corpus and the same words give the
//! same hits.

pub mod codec;
mod corpus;
mod entry;
mod query;
mod role;
mod score;

pub use corpus::{Corpus, Hit, Member, within};
pub use entry::{Entry, Part, Symbol};
pub use query::Query;
pub use role::Role;
pub use score::Recipe;
