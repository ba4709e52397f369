//! `rein ask --list` and `--show`: answers that were kept, and what has become of their sources since. And
//! `--continue`: which of them the next question goes on from.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::setup::{Setup, SetupError};
use super::super::{Exit, print, remark, report, stop};
use super::out::{NotWritten, Out};
use super::{document, judge, told};
use crate::orchestrator::conversations::{self, NoAnswer};
use crate::session::{Conversation, Depth, Head, Inquiry, Recalled, Session};
use crate::text::safe;
use crate::workspace::{Source, Workspace};

/// Why an answer cannot be shown, or not be gone on from.
#[derive(Debug, thiserror::Error)]
pub enum NoWayOn {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error(transparent)]
    Out(#[from] NotWritten),
    #[error(
        "`{0}` was asked at depth deep, whose report cannot be gone on from; ask anew, without `--continue`"
    )]
    Deep(String),
    #[error("`{0}` did not come to its end, grew too long, or a secret was shown on the way; ask anew")]
    Part(String),
    #[error("what was said up to `{0}` cannot be read any more; ask anew")]
    Damaged(String),
    #[error("`{id}` was asked at depth {was}, and goes on at it; leave `--depth` out, or ask anew")]
    Depth { id: String, was: Depth },
}

impl NoWayOn {
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoAnswer(NoAnswer::None) => Exit::No,
            Self::NoAnswer(NoAnswer::Io(_)) => Exit::NotHere,
            Self::NoAnswer(_) | Self::Depth { .. } => Exit::Usage,
            Self::Out(why) => why.exit(),
            Self::Setup(_) | Self::Deep(_) | Self::Part(_) | Self::Damaged(_) => Exit::NotHere,
        }
    }
}

/// Could a word be the name of an answer?
pub fn is_name(word: &str) -> bool {
    word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
}

/// The answer that `--continue` means, at the `depth` that was typed: the one that is named or, with no name,
/// the last of the last conversation that can be gone on from.
///
/// # Errors
/// There is none.
pub fn to_go_on_from(workspace: &Workspace, id: &str, depth: Option<Depth>) -> Result<Recalled, NoWayOn> {
    let (conversation, found) = conversations::find(workspace, id)?;
    let last = conversation.last_whole().map(|answer| answer.head.id.clone()).filter(|_| id.is_empty());
    let head = |id: &str| conversation.answers().iter().map(|one| &one.head).find(|head| head.id == id);
    let id = last.unwrap_or(found);
    let Some(head) = head(&id) else { return Err(NoAnswer::Unknown(id).into()) };
    let was = head.depth;
    if was == Depth::Deep {
        return Err(NoWayOn::Deep(id));
    }
    if !head.whole {
        return Err(NoWayOn::Part(id));
    }
    if depth.is_some_and(|depth| depth != was) {
        return Err(NoWayOn::Depth { id, was });
    }
    let recalled = conversations::recall_of(workspace, &conversation, &id)?;
    if recalled.is_whole() { Ok(recalled) } else { Err(NoWayOn::Damaged(id)) }
}

/// `rein ask --list`
pub fn list_answers(json: bool) -> Exit {
    match read_list() {
        Ok(heads) if json => {
            let answers: Vec<Value> = heads.iter().map(head).collect();
            let document = json!({ "schema": "rein.ask.list/1", "answers": answers });
            print(&report::document(&document), Exit::Done)
        }
        Ok(heads) if heads.is_empty() => {
            remark(&NoAnswer::None.to_string());
            Exit::Done
        }
        Ok(heads) => print(heads.iter().map(line).collect::<String>().as_bytes(), Exit::Done),
        Err(why) => stop(why.exit(), &why),
    }
}

fn read_list() -> Result<Vec<Head>, NoWayOn> {
    let place = Setup::load()?.place(None)?;
    Ok(conversations::list(&place.workspace)?)
}

fn head(head: &Head) -> Value {
    json!({
        "id": head.id, "conversation": head.conversation, "after": head.after,
        "time": document::rfc3339(head.time), "depth": head.depth.name(), "question": head.question,
        "verified": head.verified.0, "sentences": head.verified.1, "can_go_on": head.whole,
    })
}

/// `3fa9c2d1  2026-11-30 10:45  quick  2/3  how often is a request tried?`; what goes on from another stands
/// to the right.
fn line(head: &Head) -> String {
    let time =
        jiff::Timestamp::from_millisecond(head.time).map(|time| time.strftime("%Y-%m-%d %H:%M").to_string());
    let (verified, all) = head.verified;
    let on = if head.after.is_some() { "↳ " } else { "" };
    let question = head.question.split_whitespace().collect::<Vec<_>>().join(" ");
    let (id, depth, time) = (safe::line(&head.id), head.depth.name(), time.unwrap_or_default());
    format!("{id}  {time}  {depth:8}  {verified:>2}/{all:<2}  {on}{}\n", safe::line(&question))
}

/// `rein ask --show`: the answer that is named, or the last one, with those that led to it.
pub fn show_answer(id: &str, json: bool, out: Option<&PathBuf>) -> Exit {
    match read_branch(id, out) {
        Ok((branch, out)) => shown(&branch, json, out),
        Err(why) => stop(why.exit(), &why),
    }
}

fn read_branch(id: &str, out: Option<&PathBuf>) -> Result<(Vec<Session>, Option<Out>), NoWayOn> {
    let setup = Setup::load()?;
    let workspace = setup.place(None)?.workspace;
    let out = out.map(|out| Out::new(&setup, out)).transpose()?;
    let (conversation, id) = conversations::find(&workspace, id)?;
    let mut sessions = Vec::new();
    for id in leading_to(&conversation, &id) {
        let recalled = conversations::recall_of(&workspace, &conversation, &id)?;
        let mut session = Session::new(setup.terms(Source::Edit));
        // Nothing runs in it that would be in the way.
        let _ = session.recall_answer(recalled);
        sessions.push(session);
    }
    Ok((sessions, out))
}

/// The names of the answers that lead to one, it included, the first first.
fn leading_to(conversation: &Conversation, id: &str) -> Vec<String> {
    let head = |id: &str| conversation.answers().iter().map(|one| &one.head).find(|head| head.id == id);
    let mut names = vec![id.to_owned()];
    while let Some(after) = names.last().and_then(|last| head(last)).and_then(|head| head.after.clone()) {
        if head(&after).is_none() || names.contains(&after) {
            break;
        }
        names.push(after);
    }
    names.reverse();
    names
}

fn shown(branch: &[Session], json: bool, out: Option<Out>) -> Exit {
    let answers: Vec<&Inquiry> = branch.iter().filter_map(Session::inquiry).collect();
    if let Some(out) = out {
        let text = answers.iter().map(|one| one.markdown()).collect::<Vec<_>>().join("\n");
        return match out.write(&text) {
            Ok(()) => Exit::Done,
            Err(why) => stop(why.exit(), &why),
        };
    }
    if json {
        let answers: Vec<Value> = answers.iter().map(|one| document::of(one, judge(one))).collect();
        let document = json!({ "schema": "rein.ask.show/1", "answers": answers });
        return print(&report::document(&document), Exit::Done);
    }
    let told = |one: &&Inquiry| {
        let time =
            one.of_earlier().and_then(|recalled| jiff::Timestamp::from_millisecond(recalled.time()).ok());
        let time = time.map(|time| time.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
        let notes: String = one.notes().iter().map(|note| format!("{note}\n")).collect();
        format!(
            "> {}  ({time})\n\n{}{}{notes}",
            one.question().text,
            told::sentences(one),
            told::sources(one)
        )
    };
    print(answers.iter().map(told).collect::<Vec<_>>().join("\n").as_bytes(), Exit::Done)
}
