//! `rein edit`: the main job without a screen. All hunks of the answer, or none.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::drive::{Driver, Interrupted};
use super::setup::{Place, Setup, SetupError, runtime};
use super::{Exit, report, stop};
use crate::change::{Focus, HunkId, Level};
use crate::session::{Decision, End, Instruct, Notice, Session, Turn};
use crate::text::Span;
use crate::workspace::Source;

/// Most bytes of an instruction that are read from stdin.
const INSTRUCTION: u64 = 1 << 20;

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditRequest {
    pub level: Option<Level>,
    pub file: Option<PathBuf>,
    /// `A-B` or `A`, from 1.
    pub lines: Option<String>,
    pub apply: bool,
    pub json: bool,
    pub instruction: String,
    pub model: Option<String>,
}

/// Why the request means nothing.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("`--lines {0}` is not a range of lines; write A-B, as in `--lines 12-30`")]
    Lines(String),
    #[error("`--level selection` needs `--file` and `--lines`")]
    NoSelection,
    #[error("`--level file` needs `--file`")]
    NoFile,
    #[error("the instruction is empty; say what should change")]
    Empty,
    #[error("the instruction cannot be read from stdin: {0}")]
    Stdin(std::io::Error),
}

impl Wrong {
    fn exit(&self) -> Exit {
        match self {
            Self::Setup(SetupError::Model(_)) => Exit::Usage,
            Self::Setup(_) => Exit::NotHere,
            Self::Lines(_) | Self::NoSelection | Self::NoFile | Self::Empty | Self::Stdin(_) => Exit::Usage,
        }
    }
}

/// Asks for a change; prints it as a patch or lands it.
pub fn edit(request: EditRequest) -> Exit {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(why) => return stop(Exit::Bug, why),
    };
    runtime.block_on(async {
        match prepare(&request).await {
            Ok((setup, place, instruct)) => run(&request, &setup, place, instruct).await,
            Err(why) => stop(why.exit(), why),
        }
    })
}

async fn prepare(request: &EditRequest) -> Result<(Setup, Place, Instruct), Wrong> {
    let mut setup = Setup::load(request.model.clone())?;
    if let Some(note) = setup.discover().await {
        eprintln!("rein: {}", crate::text::safe::line(&note));
    }
    let place =
        setup.place(request.file.as_deref().and_then(|file| file.to_str()).map(literal).as_deref())?;
    let focus = Focus {
        file: place.file.as_ref().map(|(path, ..)| path.clone()),
        lines: request
            .lines
            .as_deref()
            .map(|lines| parse_lines(lines).ok_or(Wrong::Lines(lines.into())))
            .transpose()?,
    };
    let level = request.level.unwrap_or(match (&focus.file, focus.lines) {
        (_, Some(_)) => Level::Selection,
        (Some(_), None) => Level::File,
        (None, None) => Level::Repo,
    });
    match level {
        Level::Selection if focus.lines.is_none() => return Err(Wrong::NoSelection),
        Level::File if focus.file.is_none() => return Err(Wrong::NoFile),
        _ => {}
    }
    let text = instruction(&request.instruction)?;
    Ok((setup, place, Instruct { text, level, focus, open: BTreeMap::new() }))
}

/// A file name as it is: what follows a colon in it is no line number here.
fn literal(file: &str) -> String {
    format!("{file}:1")
}

fn instruction(typed: &str) -> Result<String, Wrong> {
    let text = if typed == "-" {
        let mut text = String::new();
        std::io::stdin().take(INSTRUCTION).read_to_string(&mut text).map_err(Wrong::Stdin)?;
        text
    } else {
        typed.to_owned()
    };
    if text.trim().is_empty() { Err(Wrong::Empty) } else { Ok(text) }
}

/// `12-30` or `12`, from 1, both included.
fn parse_lines(text: &str) -> Option<Span> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Span::from_numbers(first.trim().parse().ok()?, last.trim().parse().ok()?)
}

async fn run(request: &EditRequest, setup: &Setup, place: Place, instruct: Instruct) -> Exit {
    let session = Session::new(setup.terms(Source::Edit));
    let mut driver = Driver::new(session, setup.orchestrator(place.workspace.clone()));
    let effects = match driver.session.instruct(instruct) {
        Ok(effects) => effects,
        Err(why) => return stop(Exit::Usage, why),
    };
    if let Err(Interrupted) = driver.go(effects).await {
        return stop(Exit::Interrupted, "stopped; nothing was written");
    }
    let verdict = driver.session.turn().map_or(Exit::Bug, judge);
    let mut outcome = verdict;
    if verdict == Exit::Done && request.apply {
        outcome = land(&mut driver).await;
    }
    match driver.session.turn() {
        Some(turn) => say(request, turn, &place, outcome),
        None => Exit::Bug,
    }
}

/// Every hunk is accepted by the policy that the user chose with `--apply`.
async fn land(driver: &mut Driver) -> Exit {
    let all: Vec<HunkId> = driver
        .session
        .turn()
        .map(|turn| turn.review().hunks().map(|hunk| hunk.id).collect())
        .unwrap_or_default();
    driver.session.decide(&Decision::Accept(all));
    let effects = driver.session.land();
    if let Err(Interrupted) = driver.go(effects).await {
        return Exit::Interrupted;
    }
    match driver.session.turn() {
        Some(turn) if !turn.receipts().is_empty() => Exit::Done,
        _ => Exit::Refused,
    }
}

/// How the answer is to be taken: all of it, or none.
fn judge(turn: &Turn) -> Exit {
    match turn.end() {
        Some(End::NotAsked(_)) => Exit::NotHere,
        Some(End::Failed(_)) => Exit::Unavailable,
        Some(End::Cancelled) => Exit::Interrupted,
        Some(End::Declined(_)) => Exit::No,
        Some(End::OutOfRoom) => Exit::Refused,
        _ if !turn.refusals().is_empty() => Exit::Refused,
        _ if turn.review().hunks().next().is_none() => Exit::No,
        _ => Exit::Done,
    }
}

fn say(request: &EditRequest, turn: &Turn, place: &Place, exit: Exit) -> Exit {
    if request.json {
        report::print_json(&as_json(request, turn, exit));
    } else if exit == Exit::Done && !request.apply {
        let patch = report::as_patch(turn.review(), &place.workspace);
        if let Err(why) = std::io::stdout().write_all(&patch) {
            return stop(Exit::NotHere, format!("the patch cannot be written to stdout: {why}"));
        }
    } else if exit == Exit::Done {
        for receipt in turn.receipts() {
            let files: Vec<&str> = receipt.files().iter().map(|file| file.path.as_str()).collect();
            println!("landed {} in {}; `rein undo {0}` takes it back", receipt.id(), files.join(", "));
        }
    }
    if exit != Exit::Done {
        return stop(exit, reasons(turn));
    }
    exit
}

/// Why nothing was written, a line for each reason.
fn reasons(turn: &Turn) -> String {
    let mut lines = Vec::new();
    match turn.end() {
        Some(End::Failed(failure)) => lines.push(format!("{failure}: {}", failure.next_step())),
        Some(End::NotAsked(why)) => lines.push(why.clone()),
        Some(End::Declined(words)) => lines.push(format!("the model declined: {words}")),
        Some(End::OutOfRoom) => {
            lines.push("the answer reached its length limit; ask for less, or raise `max_output`".into());
        }
        _ => {}
    }
    match turn.notice() {
        Some(Notice::Conflict(_)) => lines.push("files changed while the model answered; ask again".into()),
        Some(Notice::NotLanded(why)) => lines.push(why.clone()),
        _ => {}
    }
    lines.extend(turn.refusals().iter().map(|refusal| format!("refused: {refusal}")));
    let hunks = turn.review().hunks().count();
    if lines.is_empty() {
        lines.push(format!("the model proposed no change; it said: {}", turn.prose().trim()));
    } else if hunks > 0 && turn.receipts().is_empty() {
        lines.push(format!("{hunks} hunk(s) that could be placed were not applied either: all or nothing"));
    }
    lines.push("nothing was written".into());
    lines.join("\n      ")
}

fn as_json(request: &EditRequest, turn: &Turn, exit: Exit) -> Value {
    let review = turn.review();
    let status = match exit {
        Exit::Done if request.apply => "applied",
        Exit::Done => "proposed",
        Exit::No => "unchanged",
        Exit::Refused => "refused",
        _ => "failed",
    };
    let files = match turn.receipts().last() {
        Some(receipt) => report::landed(receipt.files()),
        None => report::proposed(review),
    };
    json!({
        "schema": "rein.edit/1",
        "status": status,
        "level": turn.instruct().level,
        "id": turn.receipts().last().map(|receipt| receipt.id()),
        "model": turn.model().map(ToString::to_string),
        "usage": turn.usage(),
        "files": files,
        "hunks": report::hunks(review, turn.refusals()),
        "message": turn.prose().trim(),
        "reason": (exit != Exit::Done).then(|| reasons(turn)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one_and_both_are_included() {
        assert_eq!(parse_lines("12-30"), Some(Span::new(11, 30)));
        assert_eq!(parse_lines("7"), Some(Span::new(6, 7)));
        for wrong in ["", "0-3", "5-2", "a-b", "1-", "-1"] {
            assert_eq!(parse_lines(wrong), None, "{wrong}");
        }
    }
}
