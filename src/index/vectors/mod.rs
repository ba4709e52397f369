//! What search by meaning needs, kept beside the index: which text each chunk is ([`Chunks`]), and for
//! each model the vectors of the texts ([`Rows`]) or which of them a store elsewhere has ([`Sent`]). A
//! text is named by its digest, so that branches and files share what was paid for; all of it is added
//! to as it comes, so that a kill loses one batch.
//!
//! It makes no vector and asks nobody: who does brings them here. The texts that leave this room are
//! those that may: no secret is among them.

mod chunks;
mod log;
mod rows;
mod sent;

pub use chunks::{ChunkId, Chunks, Count, Piece};
pub use rows::{NotKept, Rows};
pub use sent::Sent;

use crate::text::Digest;

/// A file's name for what belongs to `whom`, whose own name may hold anything.
fn named(what: &str, whom: &str) -> String {
    let digest = Digest::of(whom.as_bytes());
    format!("{what}-{}", digest.short())
}

#[cfg(test)]
mod tests;
