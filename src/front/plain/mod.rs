//! A review as a dialogue, one line after the other: for screen readers, for pipes, and where there is
//! no screen. The same verbs as on the screen; nothing is drawn, nothing moves.
//!
//! The dialogue itself is a machine (`dialogue`); whose lines it hears, and landing, is `talk`'s. The
//! end of the input lands nothing.

mod dialogue;
mod show;
mod talk;
mod verb;

pub use dialogue::{Dialogue, Outcome};
pub(super) use talk::{Answers, reviewed, talk};
