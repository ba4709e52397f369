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
mod ask;
mod check;
mod context;
mod diff;
mod drive;
mod edit;
mod index;
mod journal;
mod keeping;
mod keys;
mod meaning;
mod models;
mod outside;
pub mod plain;
mod report;
mod restore;
mod search;
mod setup;
mod terminal;
mod tour;
mod tui;
mod wants;
mod wire_log;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

pub use about::{AboutConfig, config};
pub use apply::{ApplyFormat, ApplyRequest, apply, review, serve};
pub use ask::{AskRequest, ask, list_answers, show_answer};
pub use context::context;
pub use diff::{DiffRequest, diff};
pub use edit::{EditRequest, edit, not_begun};
pub use index::{AboutIndex, index};
pub use journal::{log, note, receipt, recover, redo, undo};
pub use models::{DecodeRequest, decode, drill, models, test_models};
pub use restore::{RestoreRequest, restore};
pub use search::{SearchMode, SearchRequest, search};
pub use setup::Supplied;
pub use tour::tour;
pub use tui::tui;
pub use wants::Wanted;
pub use wire_log::wire_log;

#[cfg(fuzzing)]
pub mod fuzzing {
    //! What the fuzz targets reach that nobody else may.

    pub use super::apply::operations;
}

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
    /// A budget or the length of an answer was not enough; what there is is part of it.
    Limit = 4,
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

/// Runs a command. A panic in it is a bug of rein's, and has an exit code of its own.
pub fn guarded(command: impl FnOnce() -> Exit) -> Exit {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(command)).unwrap_or_else(|_| {
        stop(Exit::Bug, "bug: the lines above say where; nothing is half written, `rein recover` makes sure")
    })
}

/// Says on stderr why a command ends, and with which code it does. Nobody may be listening there.
fn stop(exit: Exit, why: impl std::fmt::Display) -> Exit {
    // Not `eprintln`, which panics when nobody listens any more.
    let _ = writeln!(std::io::stderr(), "rein: {}", crate::text::safe::text(&why.to_string()));
    exit
}

/// Was `command` typed, and `--json` with it? For a command line that means nothing otherwise.
pub fn asked_for_a_document(command: &str) -> bool {
    let typed = |word: &str| std::env::args_os().skip(1).any(|argument| argument == word);
    typed(command) && typed("--json")
}

/// Says on stderr what a script's log should have as well.
fn tell(note: &str) {
    let _ = writeln!(std::io::stderr(), "rein: {}", crate::text::safe::line(note));
}

/// A result as it may reach a terminal: a patch holds a stranger's bytes, which must not move the
/// cursor there. A pipe gets the bytes as they are.
fn for_a_person(result: &[u8]) -> Vec<u8> {
    let lines = result.split_inclusive(|byte| *byte == b'\n').map(|line| {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let ending = if text.len() < line.len() { "\n" } else { "" };
        crate::text::safe::bytes(text) + ending
    });
    lines.collect::<String>().into_bytes()
}

/// Writes a command's result to stdout. A reader that has seen enough (`rein log | head`) is no error.
fn print(result: &[u8], exit: Exit) -> Exit {
    let shown = std::io::stdout().is_terminal().then(|| for_a_person(result));
    let mut out = std::io::stdout().lock();
    match out.write_all(shown.as_deref().unwrap_or(result)).and_then(|()| out.flush()) {
        Err(why) if why.kind() != std::io::ErrorKind::BrokenPipe => {
            stop(Exit::NotHere, format!("the result cannot be written to stdout: {why}"))
        }
        _ => exit,
    }
}

/// Says that a request left which the ledger of the wire misses.
fn not_logged(why: &str) {
    tell(&format!("`rein log --wire` misses a request: {why}"));
}

/// Says that an answer cannot be gone on from.
fn not_kept(why: &str) {
    tell(&format!("the answer cannot be kept: {why}"));
}

/// Something good to know while a command runs: for a person, not for a script.
fn remark(note: &str) {
    if std::io::stderr().is_terminal() {
        tell(note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_a_terminal_moves_no_cursor() {
        let patch = b"+a\x1b]52;c;aGk=\x07\n-b\xe9\xc2\x9b31m\n \xe2\x80\xaec";
        let shown = String::from_utf8(for_a_person(patch)).unwrap();
        assert_eq!(shown, "+a␛]52;c;aGk=␇\n-b\\xE9\\x9B31m\n ‹U+202E›c");
    }
}
