//! `rein apply`: a model's reply onto the files, without a model. Every file or none. One reply from
//! stdin, or with `--serve` one request a line.

mod base64;
mod desk;
mod dialogue;
mod meant;
mod ops;
mod review;
mod serve;

use std::fmt;
use std::io::Read as _;
use std::path::PathBuf;
use std::str::FromStr;

use serde_json::{Value, json};

use super::setup::{SetupError, protected};
use super::{Exit, print, report, stop};
use crate::change::Leash;
use crate::prompt::dialect::{Format, MAX_REPLY};
use crate::text::safe;
use crate::workspace::StateDirs;
use desk::{Desk, Outcome};

#[cfg(fuzzing)]
pub use ops::parse as operations;
pub use review::review;
pub use serve::serve;

/// How what is applied is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApplyFormat {
    /// As a model writes it.
    Reply(Format),
    /// As a list of operations on whole files, bytes and all.
    Ops,
}

impl FromStr for ApplyFormat {
    type Err = String;

    /// `_` is taken for `-`.
    fn from_str(name: &str) -> Result<Self, String> {
        match name.replace('_', "-").as_str() {
            "ops" => Ok(Self::Ops),
            name => name.parse().map(Self::Reply).map_err(|why: String| format!("{why}, ops")),
        }
    }
}

impl fmt::Display for ApplyFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(format) => format.fmt(f),
            Self::Ops => f.pad("ops"),
        }
    }
}

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApplyRequest {
    pub format: ApplyFormat,
    pub root: Option<PathBuf>,
    /// The folder that holds the files as the model saw them, where they differ.
    pub base: Option<PathBuf>,
    /// The file of edits that name none.
    pub file: Option<PathBuf>,
    pub check: bool,
    pub diff: bool,
    pub json: bool,
}

/// What holds for every reply: which files are protected, and where the journal is.
struct House {
    leash: Leash,
    state: PathBuf,
}

impl House {
    fn open() -> Result<Self, SetupError> {
        let (protect, state) = protected()?;
        // How much a reply may change is the user's to say, by piping it in; what is protected stays.
        let leash = Leash::new(usize::MAX, usize::MAX, &protect).map_err(SetupError::Leash)?;
        Ok(Self { leash, state })
    }

    fn state(&self) -> StateDirs {
        StateDirs { state: self.state.clone() }
    }
}

/// Applies the reply on stdin.
pub fn apply(request: ApplyRequest) -> Exit {
    let mut desk = match taken(&request) {
        Ok(desk) => desk,
        Err(exit) => return exit,
    };
    let outcome = desk.finish(request.check);
    say(&request, &desk, &outcome)
}

/// The reply on stdin, taken; or what was said of it.
fn taken(request: &ApplyRequest) -> Result<Desk, Exit> {
    let mut reply = Vec::new();
    let limit = if request.format == ApplyFormat::Ops { ops::MAX_BYTES } else { MAX_REPLY };
    if let Err(why) = std::io::stdin().take(limit as u64 + 1).read_to_end(&mut reply) {
        return Err(not_taken(request, Exit::NotHere, format!("the reply cannot be read from stdin: {why}")));
    }
    let Ok(reply) = String::from_utf8(reply) else {
        return Err(not_taken(request, Exit::Refused, "the reply is not UTF-8; nothing was written"));
    };
    let within = match request.format {
        ApplyFormat::Ops => ops::scope(&reply),
        ApplyFormat::Reply(_) => Ok(None),
    };
    let refused = |why| not_taken(request, Exit::Refused, format!("refused: {why}\nnothing was written"));
    let within = within.map_err(refused)?;
    let desk = House::open().and_then(|house| Desk::open(&house, request, within.as_ref()));
    let mut desk = desk.map_err(|why| not_taken(request, Exit::NotHere, why))?;
    desk.take(&reply, request.format);
    Ok(desk)
}

/// Says why no reply was taken; as a document too, where one was asked for.
fn not_taken(request: &ApplyRequest, exit: Exit, why: impl fmt::Display) -> Exit {
    let why = why.to_string();
    stop(exit, &why);
    let status = if exit == Exit::Refused { "refused" } else { "error" };
    if request.json { print(&report::document(&without_a_desk(status, &why)), exit) } else { exit }
}

/// The document of a reply that was not taken.
fn without_a_desk(status: &str, why: &str) -> Value {
    json!({ "schema": "rein.apply/1", "status": status, "files": [], "hunks": [], "reason": why })
}

fn say(request: &ApplyRequest, desk: &Desk, outcome: &Outcome) -> Exit {
    let exit = match outcome {
        Outcome::NotHere(why) => stop(Exit::NotHere, why),
        Outcome::Refused(why) => stop(Exit::Refused, why),
        Outcome::Fits | Outcome::Landed(_) => Exit::Done,
    };
    if request.json {
        print(&report::document(&desk.as_json(outcome)), exit)
    } else if exit != Exit::Done {
        exit
    } else if request.diff {
        print(&desk.as_patch(), exit)
    } else {
        print(in_words(request, desk).as_bytes(), exit)
    }
}

fn in_words(request: &ApplyRequest, desk: &Desk) -> String {
    let files = desk.files();
    if files.is_empty() {
        return "the files say already what the reply wants\n".into();
    }
    let verb = if request.check { "would change" } else { "changed" };
    files.iter().map(|path| format!("{verb} {}\n", safe::line(path.as_str()))).collect()
}

/// One JSON document on one line.
fn line(value: &Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
