//! The editor: everything a person can do to one text by hand. [`Buffer`] holds the text, cursor
//! and undo history and takes [`Command`]s; [`Search`] finds; [`Ghost`] is a completion not yet
//! taken; [`Placed`] shows pending hunks where they stand in the text as it is now; [`Viewport`]
//! follows the cursor.
//!
//! Pure: values in, values out. It knows no key, no colour, no terminal, no disk and no model.

mod adopt;
mod buffer;
mod command;
mod content;
mod edit;
mod ghost;
mod history;
mod indent;
mod line_edits;
mod motion;
mod placed;
mod position;
mod search;
#[cfg(test)]
mod testing;
mod viewport;

pub use buffer::{Buffer, ReadOnly, SavePoint};
pub use command::{Command, Outcome};
pub use ghost::{Ghost, Part};
pub use indent::Indent;
pub use motion::Motion;
pub use placed::{Placed, Row};
pub use position::Position;
pub use search::{Count, Match, Search};
pub use viewport::Viewport;
