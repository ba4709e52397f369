//! Answers in the state folder: one file for each conversation, one line of JSON for each answer, written at
//! the end and nowhere else. They are the user's alone, and go when they are old or too many. What a line
//! says is `session`'s to know; one that was cut off by a crash, or is of another version, says nothing.
//!
//! ```text
//! <state>/<workspace id>/sessions/<when it began>-<name of its first answer>.jsonl
//! ```

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;

use super::Orchestrator;
use crate::session::{Answered, Conversation, Event, Head, KeptAnswer, Recalled};
use crate::text::{Lines, RepoPath};
use crate::workspace::{Drawer, Workspace};

/// Most bytes of all conversations together; the oldest go first.
const ROOM: u64 = 64_000_000;

/// Why there is no such answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error("no question about this project has been kept; `rein ask` asks one")]
    None,
    #[error("no answer is called `{0}`; `rein ask --list` names them")]
    Unknown(String),
    #[error("several answers begin with `{0}`; give more of the name")]
    Ambiguous(String),
    #[error("the answers that were kept cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Why an answer is not kept.
#[derive(Debug, thiserror::Error)]
enum NotKept {
    #[error("it shows what has the form of a key")]
    Secret,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Orchestrator {
    /// [`crate::session::Effect::KeepAnswer`]
    pub(super) fn keep_answer(&self, answered: Arc<Answered>) {
        let age = self.answers_for;
        self.on_thread(move |workspace| {
            let kept = keep(workspace, &answered, age);
            Event::AnswerKept(kept.map_err(|why| why.to_string()))
        });
    }
}

fn drawer(workspace: &Workspace) -> Drawer {
    workspace.drawer("sessions")
}

fn keep(workspace: &Workspace, answered: &Answered, age: Duration) -> Result<(), NotKept> {
    let drawer = drawer(workspace);
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let at = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let answer = answered.at(at).ok_or(NotKept::Secret)?;
    let mut line = serde_json::to_vec(&answer).map_err(io::Error::from)?;
    line.push(b'\n');
    let conversation = format!("-{}.jsonl", answer.head.conversation);
    let known = drawer.names()?.into_iter().find(|name| name.ends_with(&conversation));
    let is_new = known.is_none();
    let name = known.unwrap_or_else(|| format!("{:012}{conversation}", since.as_secs()));
    drawer.append(&name, |_| (Some(line), ()))?;
    if is_new {
        drawer.clear_out(age, ROOM)?;
    }
    Ok(())
}

/// The lines of a file that say something.
fn lines<T: DeserializeOwned>(bytes: &[u8]) -> Vec<T> {
    bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// What there is, the conversation with the last answer first, and in each the answers in their order.
///
/// # Errors
/// It cannot be read.
pub fn list(workspace: &Workspace) -> Result<Vec<Head>, NoAnswer> {
    let drawer = drawer(workspace);
    let mut all: Vec<Vec<Head>> = Vec::new();
    for name in drawer.names()? {
        all.push(drawer.read(&name)?.map(|bytes| lines(&bytes)).unwrap_or_default());
    }
    all.sort_by_key(|heads| std::cmp::Reverse(heads.last().map(|head| head.time)));
    Ok(all.into_iter().flatten().collect())
}

/// A conversation, and the answer of it that `id`, or its first digits, names; the last one of all where
/// that is empty.
///
/// # Errors
/// There is none, or several begin so.
pub fn find(workspace: &Workspace, id: &str) -> Result<(Conversation, String), NoAnswer> {
    let heads = list(workspace)?;
    let head = match id {
        "" => {
            let first = heads.first().ok_or(NoAnswer::None)?;
            let last = heads.iter().rfind(|head| head.conversation == first.conversation);
            last.unwrap_or(first)
        }
        _ => {
            let mut named = heads.iter().filter(|head| head.id.starts_with(id));
            match (named.next(), named.next()) {
                (Some(one), None) => one,
                (Some(_), Some(_)) => return Err(NoAnswer::Ambiguous(id.to_owned())),
                (None, _) => return Err(NoAnswer::Unknown(id.to_owned())),
            }
        }
    };
    let drawer = drawer(workspace);
    let file = format!("-{}.jsonl", head.conversation);
    let name = drawer.names()?.into_iter().find(|name| name.ends_with(&file));
    let bytes = name.map(|name| drawer.read(&name)).transpose()?.flatten().unwrap_or_default();
    Ok((Conversation::of(lines::<KeptAnswer>(&bytes)), head.id.clone()))
}

/// An answer as it was then, compared with what the files are now.
///
/// # Errors
/// As [`find`].
pub fn recall(workspace: &Workspace, id: &str) -> Result<Recalled, NoAnswer> {
    let (conversation, id) = find(workspace, id)?;
    recall_of(workspace, &conversation, &id)
}

/// The same of a conversation that is at hand.
///
/// # Errors
/// It has no such answer.
pub fn recall_of(workspace: &Workspace, conversation: &Conversation, id: &str) -> Result<Recalled, NoAnswer> {
    let mut now: BTreeMap<RepoPath, Lines> = BTreeMap::new();
    for path in conversation.files(id) {
        if let Ok(Some(file)) = workspace.read(&path) {
            now.insert(path, file.lines);
        }
    }
    conversation.recall(id, &now).ok_or_else(|| NoAnswer::Unknown(id.to_owned()))
}
