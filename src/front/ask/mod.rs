//! `rein ask`: a question about the project, answered with sources that have been compared with the
//! files. Reads only. A sentence is printed once it is known whether its sources hold, so that nothing
//! is on screen that would have to be taken back.

mod document;
mod earlier;
mod out;
mod told;

pub use earlier::{list_answers, show_answer};

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::drive::{Driver, Interrupted};
use super::setup::{Setup, SetupError, Supplied, runtime};
use super::wants::{NotWanted, Wanted};
use super::{Exit, print, remark, report, stop};
use crate::change::Focus;
use crate::model::Failure;
use crate::session::{Allowance, Depth, End, Inquiry, Question, Recalled};
use crate::text::{Span, safe};
use crate::workspace::{ReadError, Source, Workspace};
use earlier::NoWayOn;
use out::{NotWritten, Out};
use told::say_more;

/// Most bytes of a question that are read from stdin.
const QUESTION: u64 = 256 * 1024;

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskRequest {
    /// `-`: on stdin.
    pub question: String,
    /// As the configuration says, if not said.
    pub depth: Option<Depth>,
    /// The lines that it is about: `FILE:LINE` or `FILE:FIRST-LAST`.
    pub at: Option<String>,
    /// In place of what the configuration says, limit by limit.
    pub budget: Option<Allowance>,
    /// The answer that it goes on from: its name or the first digits of it, the last one where that is empty.
    pub after: Option<String>,
    /// Where the answer goes as Markdown, in place of stdout; `-` is stdout.
    pub out: Option<PathBuf>,
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
    #[error(transparent)]
    NoWayOn(#[from] NoWayOn),
    #[error(transparent)]
    Out(#[from] NotWritten),
    #[error("the question is empty; ask something")]
    Empty,
    #[error("the question cannot be read from stdin: {0}")]
    Stdin(std::io::Error),
    #[error("`--at {0}` names no lines; write FILE:LINE or FILE:FIRST-LAST, as in `--at src/main.rs:12`")]
    Lines(String),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("`{file}` has {lines} line(s); `--at` asks for line {first}")]
    NoSuchLines { file: String, lines: usize, first: usize },
    #[error("`--at` names `{0}`, which is no file here; `rein search` finds where things are")]
    NoSuchFile(String),
}

impl Wrong {
    fn exit(&self) -> Exit {
        match self {
            Self::Setup(SetupError::Model(_)) | Self::Empty | Self::Stdin(_) | Self::Lines(_) => Exit::Usage,
            Self::Wanted(why) => why.exit(),
            Self::NoWayOn(why) => why.exit(),
            Self::Out(why) => why.exit(),
            Self::Setup(_) | Self::Read(_) | Self::NoSuchLines { .. } | Self::NoSuchFile(_) => Exit::NotHere,
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
            Ok(prepared) => run(request, prepared).await,
            Err(why) => not_begun(request, why.exit(), why),
        }
    })
}

fn not_begun(request: &AskRequest, exit: Exit, why: impl std::fmt::Display) -> Exit {
    let why = why.to_string();
    stop(exit, &why);
    if request.json { print(&report::document(&document::nothing(request, &why)), exit) } else { exit }
}

/// All that a question needs, looked at before anything is sent.
struct Prepared {
    setup: Setup,
    workspace: Workspace,
    question: Question,
    before: Option<Recalled>,
    out: Option<Out>,
}

async fn prepare(request: &AskRequest) -> Result<Prepared, Wrong> {
    let (after, mut text) = continued(request);
    if text == "-" {
        text.clear();
        std::io::stdin().take(QUESTION).read_to_string(&mut text).map_err(Wrong::Stdin)?;
    }
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(Wrong::Empty);
    }
    let mut wants = request.wanted.meant(&text)?;
    let mut setup = Setup::supplied(request.supplied.clone())?;
    let (workspace, focus) = match request.at.as_deref() {
        Some(at) => pointed_at(&setup, at)?,
        None => (setup.place(None)?.workspace, Focus { file: None, lines: None }),
    };
    wants.told = request.wanted.told(&request.question, &workspace)?;
    let before = after.map(|id| earlier::to_go_on_from(&workspace, &id, request.depth)).transpose()?;
    let out = request.out.as_deref().map(|out| Out::new(&setup, out)).transpose()?;
    if let Some(note) = setup.discover(&workspace).await {
        remark(&note);
    }
    let asking = setup.asking();
    let question = Question {
        focus,
        wants,
        depth: before.as_ref().map(Recalled::depth).or(request.depth).unwrap_or(asking.depth),
        follows: before.is_some(),
        reach: asking.reach,
        allowance: asking.allowance.or_as(request.budget.unwrap_or_default()),
        ..Question::of(text)
    };
    Ok(Prepared { setup, workspace, question, before, out })
}

/// What `--continue` names, and the question: `--continue=ID question`, or `--continue ID question` where the
/// first word has the form of a name and others follow.
fn continued(request: &AskRequest) -> (Option<String>, String) {
    let text = request.question.clone();
    match (&request.after, text.split_once(' ')) {
        (Some(id), Some((word, rest))) if id.is_empty() && earlier::is_name(word) => {
            (Some(word.to_owned()), rest.to_owned())
        }
        (after, _) => (after.clone(), text),
    }
}

/// The lines of `--at`, in the workspace of their file.
fn pointed_at(setup: &Setup, at: &str) -> Result<(Workspace, Focus), Wrong> {
    let (file, span) = parse_at(at).ok_or_else(|| Wrong::Lines(at.into()))?;
    let (workspace, path) = setup.around(Path::new(file))?;
    let text = workspace.read(&path)?.ok_or_else(|| Wrong::NoSuchFile(path.to_string()))?;
    let lines = text.lines.len();
    if span.start() >= lines {
        return Err(Wrong::NoSuchLines { file: path.to_string(), lines, first: span.start() + 1 });
    }
    let lines = Span::new(span.start(), span.end().min(lines));
    Ok((workspace, Focus { file: Some(path), lines: Some(lines) }))
}

fn parse_at(at: &str) -> Option<(&str, Span)> {
    let (file, lines) = at.rsplit_once(':').filter(|(file, _)| !file.is_empty())?;
    let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
    Some((file, Span::from_numbers(first.parse().ok()?, last.parse().ok()?)?))
}

async fn run(request: &AskRequest, prepared: Prepared) -> Exit {
    let Prepared { setup, workspace, question, before, out } = prepared;
    let mut session = setup.session(Source::Edit);
    if let Some(before) = before {
        // Nothing runs in it that would be in the way.
        let _ = session.recall_answer(before);
    }
    let mut driver = match Driver::new(session, setup.orchestrator(workspace)) {
        Ok(driver) => driver,
        Err(why) => return not_begun(request, Exit::Bug, format!("Ctrl-C cannot be listened for: {why}")),
    };
    let effects = match driver.session.ask(question) {
        Ok(effects) => effects,
        Err(why) => return not_begun(request, Exit::Usage, why),
    };
    let mut shown = 0;
    let quick = driver.session.inquiry().is_some_and(|one| one.question().depth == Depth::Quick);
    // What a model says before it has looked everything up is no answer yet.
    let live = quick && !request.json && out.is_none() && std::io::stdout().is_terminal();
    let watched = !quick && std::io::stderr().is_terminal();
    let answered = driver.answer(effects, |inquiry| {
        if live {
            shown += say_more(inquiry, shown);
        }
        if watched {
            tell_progress(inquiry);
        }
    });
    let interrupted = matches!(answered.await, Err(Interrupted));
    if watched {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    let Some(inquiry) = driver.session.inquiry() else { return Exit::Bug };
    if interrupted && inquiry.proof().findings.is_empty() {
        return not_begun(request, Exit::Interrupted, "stopped");
    }
    conclude(request, inquiry, shown, out)
}

/// Says what has come of it: after `shown` sentences that are on screen already.
fn conclude(request: &AskRequest, inquiry: &Inquiry, shown: usize, out: Option<Out>) -> Exit {
    let exit = judge(inquiry);
    if request.json {
        print(&report::document(&document::of(inquiry, exit)), exit);
    } else if let Some(out) = out.filter(|_| !inquiry.proof().findings.is_empty()) {
        if let Err(why) = out.write(&inquiry.markdown()) {
            return stop(why.exit(), &why);
        }
    } else {
        say_more(inquiry, shown);
        print(told::sources(inquiry).as_bytes(), exit);
    }
    if !request.json {
        inquiry.notes().iter().for_each(|note| super::tell(note));
        if let (masked @ 1.., weight) = inquiry.masked() {
            super::tell(&format!(
                "{masked} result(s) of tools, ~{weight} tokens, were taken out to make room"
            ));
        }
    }
    if let Some(why) = reason(inquiry) { stop(exit, why) } else { exit }
}

/// One line that is written over and over, as wide as it is.
fn tell_progress(inquiry: &Inquiry) {
    if inquiry.is_running() {
        let _ = write!(std::io::stderr(), "\r\x1b[K{}", safe::line(&inquiry.progress()));
    }
}

fn judge(inquiry: &Inquiry) -> Exit {
    match inquiry.end() {
        Some(End::NotAsked(_)) if !inquiry.found() => Exit::No,
        Some(End::NotAsked(_)) => Exit::NotHere,
        Some(End::Failed(Failure::OverBudget { .. })) => Exit::Limit,
        Some(End::OutOfRoom | End::OutOfRounds | End::Spent(_)) => Exit::Limit,
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
        End::Spent(limit) => {
            format!(
                "the budget of {limit} is used up; what was found until then is shown (`--budget`, `[ask]`)"
            )
        }
        End::OutOfRounds => {
            "the model went on looking things up and gave no answer; raise `ask.rounds`, or ask for less"
                .into()
        }
        End::Cancelled => "stopped; what was found until then is shown".into(),
        End::Declined(words) => format!("the model declined: {words}"),
        End::Finished if inquiry.proof().verified().0 == 0 => {
            "nothing of the answer could be verified".into()
        }
        End::Finished => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_file_are_named_as_everywhere() {
        assert_eq!(parse_at("src/a.rs:12"), Some(("src/a.rs", Span::new(11, 12))));
        assert_eq!(parse_at("a:b.rs:3-9"), Some(("a:b.rs", Span::new(2, 9))));
        for wrong in ["a.rs", "a.rs:", ":3", "a.rs:0", "a.rs:9-3", "a.rs:x"] {
            assert_eq!(parse_at(wrong), None, "{wrong}");
        }
    }
}
