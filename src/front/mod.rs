//! The loops: the terminal, the headless commands, the tour. `front` reads keys, arguments,
//! environment and signals, owns the runtime, and says how it ended as an [`Exit`]. What a request
//! means is `session`'s, how a screen looks is `ui`'s.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the room that reads the environment, owns the terminal and the standard streams"
)]

mod about;
mod apply;
mod drive;
mod edit;
mod journal;
mod report;
mod setup;
mod terminal;
mod tour;
mod tui;

use std::io::Write as _;
use std::process::ExitCode;

pub use about::{AboutConfig, config};
pub use apply::{ApplyRequest, apply};
pub use edit::{EditRequest, edit};
pub use journal::{log, recover, redo, undo};
pub use tour::tour;
pub use tui::tui;

/// How a command ended; a contract with scripts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    /// The answer is "no": nothing was proposed.
    No = 1,
    /// The change cannot be applied exactly, or is out of scope; nothing was changed.
    Refused = 2,
    /// Model or network unavailable.
    Unavailable = 3,
    /// Not possible here: no such file, a wrong configuration.
    NotHere = 5,
    Usage = 64,
    /// A bug in rein.
    Bug = 70,
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Says on stderr why a command ends, and with which code it does.
fn stop(exit: Exit, why: impl std::fmt::Display) -> Exit {
    // Not `eprintln`, which panics when nobody listens any more.
    let _ = writeln!(std::io::stderr(), "rein: {}", crate::text::safe::text(&why.to_string()));
    exit
}
