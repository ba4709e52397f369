//! Changes before they happen: how much may change ([`Level`], [`Scope`]), what a reply says
//! ([`Edit`]), where it belongs ([`locate`]), what a human decided ([`Review`]) and what they
//! approved ([`Approved`]).
//!
//! `Level → Scope → Review → Approved → Receipt` is a chain of values with private constructors:
//! each is made only from the one before it. This room knows no model, no wire and no disk.

mod approved;
mod edit;
mod history;
mod hunk;
#[cfg(test)]
mod laws;
mod lazy;
mod level;
pub mod locate;
mod merged;
mod offered;
mod pair;
mod parse;
#[cfg(test)]
mod perturbed;
mod placeholder;
mod proposal;
pub mod reading;
mod review;
mod scope;
mod slide;
mod splice;
#[cfg(test)]
mod verbs;

pub use approved::{Approved, ApprovedFile, Landed, Receipt, Returning};
pub use edit::{Edit, EditHunk, EditLine, EditOp, Fenced, Quote};

pub use hunk::{Base, FileOp, Hunk, HunkId, Standing, Verdict};
pub use level::Level;
pub use merged::{NotMerged, Unmerged, merged};
pub use parse::unparsed;

pub use offered::{Offered, Rejected, Why};
pub use pair::pair;
pub use placeholder::is_placeholder;
pub use review::{Atom, Author, Compared, KeptFile, KeptReview, Note, Purpose, Review, Uncut};
pub use scope::{Breach, Focus, Leash, NoScope, Outside, Protected, Scope};
