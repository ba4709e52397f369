//! `rein apply`: a model's reply, from stdin, onto the files, without a model. Every file or none.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::setup::{Place, Setup, SetupError};
use super::{Exit, print, report, stop};
use crate::change::{Base, Edit, Focus, HunkId, Leash, Level, Offered, Receipt, Review, Scope, Verdict, Why};
use crate::prompt::dialect::{Format, MAX_REPLY, Read, Reader};
use crate::session::Refusal;
use crate::text::{RepoPath, safe};
use crate::workspace::{ApplyError, Source, Story, Workspace, WriteError};

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApplyRequest {
    pub format: Format,
    pub root: Option<PathBuf>,
    /// The file of edits that name none.
    pub file: Option<PathBuf>,
    pub check: bool,
    pub diff: bool,
    pub json: bool,
}

/// Applies the reply on stdin.
pub fn apply(request: ApplyRequest) -> Exit {
    let (place, leash) = match prepare(&request) {
        Ok(prepared) => prepared,
        Err(why) => return stop(Exit::NotHere, why),
    };
    let mut reply = Vec::new();
    if let Err(why) = std::io::stdin().take(MAX_REPLY as u64 + 1).read_to_end(&mut reply) {
        return stop(Exit::NotHere, format!("the reply cannot be read from stdin: {why}"));
    }
    let Ok(reply) = String::from_utf8(reply) else {
        return stop(Exit::Refused, "the reply is not UTF-8; nothing was written");
    };
    let scope = match Scope::of(Level::Repo, &Focus::default(), leash) {
        Ok(scope) => scope,
        Err(why) => return stop(Exit::Bug, why),
    };
    let default = place.file.as_ref().map(|(path, ..)| path.to_string());
    let mut desk = Desk::new(&place.workspace, scope);
    desk.read(&reply, request.format, default);
    finish(&request, &place.workspace, desk)
}

fn prepare(request: &ApplyRequest) -> Result<(Place, Leash), SetupError> {
    let setup = Setup::load()?;
    // How much a reply may change is the user's to say, by piping it in; what is protected stays so.
    let protect = &setup.loaded().config.protect;
    let leash = Leash::new(usize::MAX, usize::MAX, protect).map_err(SetupError::Leash)?;
    let cwd = match &request.root {
        Some(root) => root.clone(),
        None => std::env::current_dir().map_err(SetupError::Cwd)?,
    };
    let workspace = setup.folder(&cwd, request.root.is_some())?;
    let file = match &request.file {
        Some(file) => Some((workspace.resolve(file, &cwd)?, 0, 0)),
        None => None,
    };
    Ok((Place { workspace, file }, leash))
}

/// The review of one reply, being filled.
struct Desk<'a> {
    workspace: &'a Workspace,
    review: Review,
    refusals: Vec<Refusal>,
    bases: BTreeMap<RepoPath, Result<Base, String>>,
}

impl<'a> Desk<'a> {
    fn new(workspace: &'a Workspace, scope: Scope) -> Self {
        Self { workspace, review: Review::new(scope), refusals: Vec::new(), bases: BTreeMap::new() }
    }

    fn read(&mut self, reply: &str, format: Format, default: Option<String>) {
        let mut reader = Reader::new(format, default);
        let reads = reader.feed(reply);
        for read in reads.into_iter().chain(reader.finish(true)) {
            match read {
                Read::Edit(edit) => self.offer(&edit),
                Read::Unreadable(what) => self.refusals.push(Refusal::Text(what)),
                Read::Prose(_) | Read::Opened { .. } => {}
            }
        }
    }

    fn offer(&mut self, edit: &Edit) {
        let offered = match edit.target() {
            Err(why) => self.review.refuse(edit, why.into()),
            Ok(path) => match self.base(&path) {
                Ok(base) => self.review.offer(edit, base),
                Err(why) => self.review.refuse(edit, Why::Unreadable(why)),
            },
        };
        if let Offered::Rejected(rejected) = offered {
            self.refusals.push(Refusal::Edit { rejected, wrote: String::new() });
        }
    }

    fn base(&mut self, path: &RepoPath) -> Result<Base, String> {
        let read = || match self.workspace.read(path) {
            Ok(Some(file)) => Ok(Base { path: file.path, text: Some(file.lines) }),
            Ok(None) => Ok(Base { path: path.clone(), text: None }),
            Err(why) => Err(why.to_string()),
        };
        self.bases.entry(path.clone()).or_insert_with(read).clone()
    }
}

fn finish(request: &ApplyRequest, workspace: &Workspace, mut desk: Desk<'_>) -> Exit {
    if !desk.refusals.is_empty() {
        let list: Vec<String> = desk.refusals.iter().map(ToString::to_string).collect();
        return say(
            request,
            &desk,
            None,
            Some(format!("refused: {}\nnothing was written", list.join("\nrefused: "))),
        );
    }
    if request.check {
        if request.diff {
            return print(&report::as_patch(&desk.review, workspace), Exit::Done);
        }
        return say(request, &desk, None, None);
    }
    let all: Vec<HunkId> = desk.review.hunks().map(|hunk| hunk.id).collect();
    desk.review.decide(&all, Verdict::Accepted);
    let Some(approved) = desk.review.settle() else {
        return say(request, &desk, None, None);
    };
    let story = Story { instruction: String::new(), level: Level::Repo, model: None, source: Source::Apply };
    match workspace.apply(approved, &story) {
        Ok(receipt) => say(request, &desk, Some(&receipt), None),
        Err(ApplyError::Write(WriteError::Journal(why))) => stop(Exit::NotHere, why),
        Err(why) => say(request, &desk, None, Some(why.to_string())),
    }
}

fn say(request: &ApplyRequest, desk: &Desk<'_>, receipt: Option<&Receipt>, refused: Option<String>) -> Exit {
    let exit = match &refused {
        Some(why) => stop(Exit::Refused, why),
        None => Exit::Done,
    };
    if request.json {
        print(&report::document(&as_json(request, desk, receipt, refused)), exit)
    } else if exit == Exit::Done {
        print(in_words(request, desk).as_bytes(), exit)
    } else {
        exit
    }
}

fn in_words(request: &ApplyRequest, desk: &Desk<'_>) -> String {
    let files = report::files(&desk.review);
    if files.is_empty() {
        return "the files say already what the reply wants\n".into();
    }
    let verb = if request.check { "would change" } else { "changed" };
    files.iter().map(|path| format!("{verb} {}\n", safe::line(path.as_str()))).collect()
}

fn as_json(
    request: &ApplyRequest,
    desk: &Desk<'_>,
    receipt: Option<&Receipt>,
    refused: Option<String>,
) -> Value {
    let files = match (&refused, receipt) {
        (Some(_), _) => Vec::new(),
        (None, Some(receipt)) => report::landed(receipt.files()),
        (None, None) => report::proposed(&desk.review),
    };
    json!({
        "schema": "rein.apply/1",
        "status": if refused.is_some() { "refused" } else { "applied" },
        "checked_only": request.check,
        "id": receipt.map(Receipt::id),
        "files": files,
        "hunks": report::hunks(&desk.review, &desk.refusals),
        "reason": refused,
    })
}
