//! `rein edit`: the main job without a screen. All hunks of the answer, or none.

mod said;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use serde_json::Value;

use super::drive::{Driver, Interrupted};
use super::plain::{Answers, talk};
use super::setup::{Setup, SetupError, Supplied, runtime};
use super::wants::{NotWanted, Wanted};
use super::{Exit, print, remark, report, stop};
use crate::change::{Focus, Level};
use crate::model::Failure;
use crate::session::{Decision, End, Instruct, Session, Turn};
use crate::text::Span;
use crate::workspace::{Source, Workspace};

/// Longest instruction from stdin, in bytes.
const INSTRUCTION: u64 = 1 << 20;

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditRequest {
    pub level: Option<Level>,
    pub file: Option<PathBuf>,
    /// `A-B` or `A`, from 1.
    pub lines: Option<String>,
    pub apply: bool,
    /// Review what comes as a dialogue; what is accepted lands.
    pub plain: bool,
    pub json: bool,
    pub instruction: String,
    pub wanted: Wanted,
    pub supplied: Supplied,
}

/// Why the request means nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Wrong {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("`--lines {0}` is not a range of lines; write A-B, as in `--lines 12-30`")]
    Lines(String),
    #[error("`--level selection` needs `--file` and `--lines`")]
    NoSelection,
    #[error("`--level file` needs `--file`")]
    NoFile,
    #[error(transparent)]
    Wanted(#[from] NotWanted),
    #[error("the instruction is empty; say what should change")]
    Empty,
    #[error("the instruction cannot be read from stdin: {0}")]
    Stdin(std::io::Error),
    #[error("the instruction is longer than 1 MiB; say it shorter, or put what it is about in a file")]
    TooLong,
}

impl Wrong {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Setup(SetupError::Model(_)) => Exit::Usage,
            Self::Setup(_) => Exit::NotHere,
            Self::Wanted(why) => why.exit(),
            Self::Lines(_)
            | Self::NoSelection
            | Self::NoFile
            | Self::Empty
            | Self::Stdin(_)
            | Self::TooLong => Exit::Usage,
        }
    }
}

/// Asks for a change; prints it as a patch or lands it.
pub fn edit(request: EditRequest) -> Exit {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(why) => return not_begun(request.json, Exit::Bug, why),
    };
    runtime.block_on(async {
        match prepare(&request).await {
            Ok((setup, workspace, instruct)) => run(&request, &setup, workspace, instruct).await,
            Err(why) => not_begun(request.json, why.exit(), why),
        }
    })
}

/// Says why there is no turn; as a document too, where one was asked for.
pub fn not_begun(as_json: bool, exit: Exit, why: impl std::fmt::Display) -> Exit {
    let why = why.to_string();
    stop(exit, &why);
    if as_json { print(&report::document(&said::without_a_turn(&why)), exit) } else { exit }
}

async fn prepare(request: &EditRequest) -> Result<(Setup, Workspace, Instruct), Wrong> {
    let (mut setup, workspace, instruct) = understood(request)?;
    if let Some(note) = setup.discover(&workspace).await {
        remark(&note);
    }
    Ok((setup, workspace, instruct))
}

/// From what was typed to what is meant.
pub(super) fn understood(request: &EditRequest) -> Result<(Setup, Workspace, Instruct), Wrong> {
    let setup = Setup::supplied(request.supplied.clone())?;
    let (workspace, file) = match &request.file {
        Some(file) => setup.around(file).map(|(workspace, file)| (workspace, Some(file)))?,
        None => (setup.place(None)?.workspace, None),
    };
    let lines = request.lines.as_deref();
    let lines = lines.map(|lines| parse_lines(lines).ok_or(Wrong::Lines(lines.into()))).transpose()?;
    let focus = Focus { file, lines };
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
    let mut wants = request.wanted.meant(&text)?;
    wants.told = request.wanted.told(&request.instruction, &workspace)?;
    Ok((setup, workspace, Instruct { text, level, focus, open: BTreeMap::new(), wants }))
}

fn instruction(typed: &str) -> Result<String, Wrong> {
    let text = if typed == "-" {
        let mut text = String::new();
        let read = std::io::stdin().take(INSTRUCTION + 1).read_to_string(&mut text).map_err(Wrong::Stdin)?;
        if read as u64 > INSTRUCTION {
            return Err(Wrong::TooLong);
        }
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

async fn run(request: &EditRequest, setup: &Setup, workspace: Workspace, instruct: Instruct) -> Exit {
    let session = Session::new(setup.terms(Source::Edit));
    let mut driver = match Driver::new(session, setup.orchestrator(workspace.clone())) {
        Ok(driver) => driver,
        Err(why) => {
            return not_begun(request.json, Exit::Bug, format!("Ctrl-C cannot be listened for: {why}"));
        }
    };
    let effects = match driver.session.instruct(instruct) {
        Ok(effects) => effects,
        Err(why) => return not_begun(request.json, Exit::Usage, why),
    };
    if let Err(Interrupted) = driver.go(effects).await {
        return not_begun(request.json, Exit::Interrupted, "stopped; nothing was written");
    }
    let verdict = driver.session.turn().map_or(Exit::Bug, judge);
    if request.plain && driver.session.turn().is_some_and(|turn| turn.open_hunks() > 0) {
        let taken = request.instruction == "-" || request.wanted.takes_stdin();
        let answers = if taken { Answers::Terminal } else { Answers::Stdin };
        return talk(&mut driver, Source::Edit, answers).await;
    }
    let mut outcome = verdict;
    if verdict == Exit::Done && request.apply {
        accept_all(&mut driver.session);
    }
    // A landed hunk is no hunk of the review any more.
    let hunks = driver.session.turn().map_or_else(Vec::new, hunks);
    if verdict == Exit::Done && request.apply {
        outcome = land(&mut driver).await;
    }
    match driver.session.turn() {
        Some(turn) => say(request, turn, &workspace, outcome, hunks),
        None => Exit::Bug,
    }
}

fn hunks(turn: &Turn) -> Vec<Value> {
    report::hunks(turn.review(), turn.refusals())
}

/// Every hunk is accepted by the policy that the user chose with `--apply`.
fn accept_all(session: &mut Session) {
    let all = session.turn().map(|turn| turn.review().hunks().map(|hunk| hunk.id).collect());
    session.decide(&Decision::Accept(all.unwrap_or_default()));
}

async fn land(driver: &mut Driver) -> Exit {
    if driver.is_interrupted() {
        return Exit::Interrupted;
    }
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
        Some(End::Failed(Failure::OverBudget { .. })) => Exit::Limit,
        Some(End::Failed(_)) => Exit::Unavailable,
        Some(End::Cancelled) => Exit::Interrupted,
        Some(End::Declined(_)) => Exit::No,
        Some(End::OutOfRoom) => Exit::Limit,
        _ if !turn.refusals().is_empty() => Exit::Refused,
        _ if turn.review().hunks().next().is_none() => Exit::No,
        _ => Exit::Done,
    }
}

fn say(request: &EditRequest, turn: &Turn, workspace: &Workspace, exit: Exit, hunks: Vec<Value>) -> Exit {
    if exit != Exit::Done {
        stop(exit, said::reasons(turn));
    }
    if request.json {
        print(&report::document(&said::document(request, turn, exit, hunks)), exit)
    } else if exit != Exit::Done {
        exit
    } else if request.apply {
        print(turn.receipts().iter().map(said::landed).collect::<String>().as_bytes(), exit)
    } else {
        print(&report::as_patch(turn.review(), workspace), exit)
    }
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
