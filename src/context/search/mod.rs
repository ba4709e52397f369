//! Search over a project's text: which lines of which files an instruction or a question is about.
//!
//! An [`Entry`] is a file as a search sees it, a [`Corpus`] is the files of a project, and
//! [`Corpus::search`] ranks their chunks: `query` reads what was asked, `score` weighs, `rank` orders,
//! `why` explains. No disk, no clock, no model: the same corpus and the same words give the same hits.

pub mod codec;
mod corpus;
mod entry;
mod feedback;
mod fuse;
pub mod graph;
mod query;
mod rank;
mod role;
mod score;
mod why;

pub use corpus::{Corpus, Hit, Member, within};
pub use entry::{Entry, Part, Posting, Symbol};
pub use fuse::{FUSED, fused};
pub use role::Role;
