//! Text as rein sees it: names of files ([`RepoPath`]), byte-exact lines ([`Lines`], [`Span`]),
//! content digests ([`Digest`]), line and word diffs ([`diff`]), where lines went when a text
//! changed underneath ([`Drift`]), patches that git takes ([`patch`]), syntax classes
//! ([`highlight`]), tokens in their structure ([`syntax`]), definitions and chunks ([`symbols`]), search
//! terms ([`terms`]), what compilers say ([`diagnostic`]), words that deceive ([`look_alikes`]) and the only way a foreign string becomes printable ([`safe`]).
//!
//! This room is the ground floor: values in, values out. It knows no model, no change, no screen
//! and no disk.

mod alike;
mod anchors;
pub mod diagnostic;
pub mod diff;
mod digest;
mod drift;
pub mod highlight;
mod lines;
pub mod patch;
mod path;
pub mod safe;
pub mod symbols;
pub mod syntax;
pub mod terms;

pub use alike::look_alikes;
pub use digest::Digest;
pub use drift::Drift;
pub use lines::{LineEnding, Lines, Span, trim_ending};
pub use path::{PathError, RepoPath};
