//! Changes before they happen: how much may change ([`Level`], [`Scope`]), what a reply says
//! ([`Edit`]), where it belongs ([`locate`]), what a human decided ([`Review`]) and what they
//! approved ([`Approved`]).
//!
//! `Level → Scope → Review → Approved → Receipt` is a chain of values with private constructors:
//! each is made only from the one before it. This room knows no model, no wire and no disk.

mod approved;
mod edit;
mod indent;
mod level;
pub mod locate;
mod review;
mod scope;
mod splice;

pub use approved::{Approved, ApprovedFile, Landed, Receipt};
pub use edit::{Edit, EditHunk, EditLine, EditOp};
pub use level::Level;
pub use review::{Base, FileOp, Hunk, HunkId, Offered, Rejected, Review, Standing, Verdict};
pub use scope::{Breach, Focus, Leash, NoScope, Outside, Protected, Scope};
