//! `rein ask`: a question about the project, answered with sources that have been compared with the
//! files. Reads only. A sentence is printed once it is known whether its sources hold, so that nothing
//! is on screen that would have to be taken back.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Read as _};

use serde_json::{Value, json};

use super::drive::{Driver, Interrupted};
use super::report::{self, document};
use super::setup::{Setup, SetupError, Supplied, runtime};
use super::wants::{NotWanted, Wanted};
use super::{Exit, print, remark, stop};
use crate::change::Focus;
use crate::context::citation::{Agreement, Checked};
use crate::model::Failure;
use crate::session::{CitedSource, End, Finding, Inquiry, Proof, Question, Session};
use crate::workspace::{Source, Workspace};

/// Most bytes of a question that are read from stdin.
const QUESTION: u64 = 256 * 1024;

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskRequest {
    /// `-`: on stdin.
    pub question: String,
    pub json: bool,
    pub wanted: Wanted,
    pub supplied: Supplied,
}

#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Wanted(#[from] NotWanted),
    #[error("the question is empty; ask something")]
    Empty,
    #[error("the question cannot be read from stdin: {0}")]
    Stdin(std::io::Error),
}

impl Wrong {
    fn exit(&self) -> Exit {
        match self {
            Self::Setup(SetupError::Model(_)) | Self::Empty | Self::Stdin(_) | Self::Wanted(_) => Exit::Usage,
            Self::Setup(_) => Exit::NotHere,
        }
    }
}

/// Asks, and prints the answer with its sources. Exit 1 when none of it could be verified.
pub fn ask(request: &AskRequest) -> Exit {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(why) => return not_begun(request, Exit::Bug, why),
    };
    runtime.block_on(async {
        match prepare(request).await {
            Ok((setup, workspace, question)) => run(request, &setup, workspace, question).await,
            Err(why) => not_begun(request, why.exit(), why),
        }
    })
}

fn not_begun(request: &AskRequest, exit: Exit, why: impl std::fmt::Display) -> Exit {
    let why = why.to_string();
    stop(exit, &why);
    let nothing = json!({
        "schema": "rein.ask/1", "status": "failed", "depth": "quick", "question": request.question,
        "model": null, "usage": null, "cost": null, "answer": [], "citations": [], "context": [],
        "notes": [], "reason": why,
    });
    if request.json { print(&document(&nothing), exit) } else { exit }
}

async fn prepare(request: &AskRequest) -> Result<(Setup, Workspace, Question), Wrong> {
    let mut text = request.question.clone();
    if text == "-" {
        text.clear();
        std::io::stdin().take(QUESTION).read_to_string(&mut text).map_err(Wrong::Stdin)?;
    }
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(Wrong::Empty);
    }
    let wants = request.wanted.meant(&text)?;
    let mut setup = Setup::supplied(request.supplied.clone())?;
    let workspace = setup.place(None)?.workspace;
    if let Some(note) = setup.discover(&workspace).await {
        remark(&note);
    }
    let focus = Focus { file: None, lines: None };
    Ok((setup, workspace, Question { text, focus, open: BTreeMap::new(), wants }))
}

async fn run(request: &AskRequest, setup: &Setup, workspace: Workspace, question: Question) -> Exit {
    let session = Session::new(setup.terms(Source::Edit));
    let mut driver = match Driver::new(session, setup.orchestrator(workspace)) {
        Ok(driver) => driver,
        Err(why) => return not_begun(request, Exit::Bug, format!("Ctrl-C cannot be listened for: {why}")),
    };
    let effects = match driver.session.ask(question) {
        Ok(effects) => effects,
        Err(why) => return not_begun(request, Exit::Usage, why),
    };
    let mut shown = 0;
    let live = !request.json && std::io::stdout().is_terminal();
    let answered = driver.answer(effects, |inquiry| {
        if live {
            shown += say_more(inquiry, shown);
        }
    });
    if let Err(Interrupted) = answered.await {
        return not_begun(request, Exit::Interrupted, "stopped");
    }
    let Some(inquiry) = driver.session.inquiry() else { return Exit::Bug };
    let exit = judge(inquiry);
    if request.json {
        print(&document(&as_json(inquiry, exit)), exit);
    } else {
        say_more(inquiry, shown);
        print(sources_told(inquiry.proof()).as_bytes(), exit);
        inquiry.pack().iter().flat_map(|pack| pack.notes()).for_each(|note| super::tell(note));
    }
    if let Some(why) = reason(inquiry) { stop(exit, why) } else { exit }
}

/// Prints the sentences after the first `shown` whose sources are known; says how many.
fn say_more(inquiry: &Inquiry, shown: usize) -> usize {
    let proof = inquiry.proof();
    let known = |one: &&Finding| !inquiry.is_running() || one.cites.iter().all(|number| proof.knows(*number));
    let more: Vec<String> = proof.findings.iter().skip(shown).take_while(known).map(told).collect();
    if !more.is_empty() {
        print(more.concat().as_bytes(), Exit::Done);
    }
    more.len()
}

fn told(finding: &Finding) -> String {
    format!("{}{}", finding.lead, finding.marked())
}

/// The list of sources under an answer.
fn sources_told(proof: &Proof) -> String {
    let (verified, all) = proof.verified();
    let mut out = if all > 0 { "\n".to_owned() } else { String::new() };
    if !proof.sources.is_empty() {
        out.push('\n');
    }
    for source in &proof.sources {
        out.push_str(&format!("[{}] {}\n", source.number, source.told()));
    }
    if verified < all {
        out.push_str(&format!(
            "[?] {} of {all} sentences have no source that was verified\n",
            all - verified
        ));
    }
    out
}

fn judge(inquiry: &Inquiry) -> Exit {
    match inquiry.end() {
        Some(End::NotAsked(_)) if !inquiry.found() => Exit::No,
        Some(End::NotAsked(_)) => Exit::NotHere,
        Some(End::Failed(Failure::OverBudget { .. }) | End::OutOfRoom) => Exit::Limit,
        Some(End::Failed(_)) => Exit::Unavailable,
        Some(End::Cancelled) => Exit::Interrupted,
        Some(End::Declined(_)) => Exit::No,
        Some(End::Finished) if inquiry.proof().verified().0 > 0 => Exit::Done,
        Some(End::Finished) => Exit::No,
        None => Exit::Bug,
    }
}

/// Why the answer is none, or not all of one.
fn reason(inquiry: &Inquiry) -> Option<String> {
    Some(match inquiry.end()? {
        End::NotAsked(why) => why.clone(),
        End::Failed(failure) => format!("{failure}\n      {}", failure.next_step()),
        End::OutOfRoom => "the answer reached its length limit; what there is of it is shown".into(),
        End::Declined(words) => format!("the model declined: {words}"),
        End::Finished if inquiry.proof().verified().0 == 0 => {
            "nothing of the answer could be verified".into()
        }
        End::Finished | End::Cancelled => return None,
    })
}

/// The document; a contract with scripts.
fn as_json(inquiry: &Inquiry, exit: Exit) -> Value {
    let status = match exit {
        Exit::Done => "answered",
        Exit::No if !inquiry.found() => "nothing-found",
        Exit::No => "unverified",
        Exit::Limit => "limit",
        _ => "failed",
    };
    let segments = inquiry.pack().map(|pack| pack.segments()).unwrap_or_default();
    let evidence = segments.iter().filter_map(|segment| {
        let (path, span) = segment.source.place();
        let lines = span.map(|span| [span.start() + 1, span.end()]);
        Some(json!({ "path": path?, "lines": lines, "why": segment.why, "tokens": segment.tokens }))
    });
    json!({
        "schema": "rein.ask/1",
        "status": status,
        "depth": "quick",
        "question": inquiry.question().text,
        "model": inquiry.model().map(ToString::to_string),
        "usage": inquiry.usage(),
        "cost": report::cost(&inquiry.bill()),
        "answer": inquiry.proof().findings.iter().map(finding).collect::<Vec<_>>(),
        "citations": inquiry.proof().sources.iter().map(citation).collect::<Vec<_>>(),
        "context": evidence.collect::<Vec<_>>(),
        "notes": inquiry.pack().map(|pack| pack.notes()).unwrap_or_default(),
        "reason": reason(inquiry),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "text": finding.text, "cites": finding.cites, "holds": finding.holds,
        "verified": finding.is_verified(), "lead": finding.lead,
    })
}

/// `lines`: where the quote really stands, `null` where it does not.
fn citation(source: &CitedSource) -> Value {
    let (status, spaced, why) = match &source.checked {
        Checked::Verified { agreement, .. } => ("verified", *agreement == Agreement::Spaced, None),
        Checked::Corrected { agreement, .. } => ("corrected", *agreement == Agreement::Spaced, None),
        Checked::Unverified(doubt) => ("unverified", false, Some(doubt.to_string())),
    };
    json!({
        "number": source.number, "place": source.place, "path": source.path,
        "lines": source.lines().map(|span| [span.start() + 1, span.end()]),
        "quote": source.quote, "status": status, "spaced": spaced, "why": why,
    })
}
