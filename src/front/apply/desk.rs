//! One reply on its way onto the files: its edits are offered to a review, file by file as the model
//! saw them, moved to what the files are now, and landed when not one of them was refused.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::meant::meant;
use super::{ApplyFormat, ApplyRequest, House, ops};
use crate::change::{
    Base, Edit, EditOp, Fenced, Focus, HunkId, Level, Offered, Receipt, Review, Scope, Standing, Verdict, Why,
};
use crate::front::report;
use crate::front::setup::SetupError;
use crate::prompt::dialect::{Format, Read, Reader};
use crate::session::{Ready, Refusal, Subject};
use crate::text::{Lines, RepoPath, Span};
use crate::workspace::{ApplyError, Source, Story, Workspace, WriteError};

/// Longest file that is read from the base, in bytes; the workspace has the same limit.
const MAX_BASE: u64 = 16 << 20;

/// Most reasons given in words; the hunks of the document have all of them.
const TOLD: usize = 100;

/// How sure a hunk can be that was moved from what the model saw to what the file is now.
const MERGED: f64 = 0.95;

/// What became of the reply.
pub enum Outcome {
    /// It fits; nothing was written, since that was asked, or since nothing was to be written.
    Fits,
    Landed(Receipt),
    /// Nothing was written, for this reason.
    Refused(String),
    /// Nothing can be written here.
    NotHere(String),
}

/// What may change: a file, or lines of it.
pub struct Within {
    pub path: RepoPath,
    pub lines: Option<Span>,
}

/// The review of one reply, being filled.
pub struct Desk {
    workspace: Workspace,
    base: Option<PathBuf>,
    default: Option<String>,
    review: Review,
    refusals: Vec<Refusal>,
    /// A reason to refuse that is no edit's.
    refused: Option<String>,
    files: BTreeMap<RepoPath, Result<Known, String>>,
    merged: BTreeSet<RepoPath>,
    /// The project's files, once a name had to be looked for.
    names: Option<Vec<RepoPath>>,
}

/// A file.
#[derive(Clone)]
struct Known {
    now: Base,
    /// As the model saw it, if that differs.
    seen: Option<Lines>,
}

/// What the journal says of a reply that lands.
fn story(review: &Review) -> Story {
    let level = review.scope().level();
    Story { instruction: String::new(), level, model: None, source: Source::Apply, review: None }
}

impl Desk {
    /// `within`: all that may change; nothing narrows it otherwise.
    pub fn open(house: &House, request: &ApplyRequest, within: Option<&Within>) -> Result<Self, SetupError> {
        let cwd = std::env::current_dir().map_err(SetupError::Cwd)?;
        let workspace = match &request.root {
            Some(root) => Workspace::open_folder(root, house.state())?,
            None => Workspace::open(&cwd, house.state())?,
        };
        // A base that is not there would pass for one that holds none of the files.
        if let Some(base) = request.base.as_ref().filter(|base| !base.is_dir()) {
            return Err(SetupError::Base(base.clone()));
        }
        let from = request.root.as_ref().unwrap_or(&cwd);
        let default = match &request.file {
            Some(file) => Some(workspace.resolve(file, from)?.to_string()),
            None => None,
        };
        let (level, focus) = match within {
            None => (Level::Repo, Focus::default()),
            Some(Within { path, lines }) => {
                let level = if lines.is_some() { Level::Selection } else { Level::File };
                (level, Focus { file: Some(path.clone()), lines: *lines })
            }
        };
        let scope = Scope::of(level, &focus, house.leash.clone()).map_err(SetupError::Scope)?;
        Ok(Self {
            workspace,
            base: request.base.clone(),
            default,
            review: Review::new(scope),
            refusals: Vec::new(),
            refused: None,
            files: BTreeMap::new(),
            merged: BTreeSet::new(),
            names: None,
        })
    }

    /// Takes all that a reply says.
    pub fn take(&mut self, reply: &str, format: ApplyFormat) {
        match format {
            ApplyFormat::Reply(format) => self.read(reply, format),
            ApplyFormat::Ops => match ops::parse(reply) {
                Ok(list) => list.into_iter().for_each(|op| self.carry_out(op)),
                Err(why) => self.refused = Some(why),
            },
        }
        for (_, offered) in self.review.close() {
            self.note(offered);
        }
        self.catch_up();
    }

    fn read(&mut self, reply: &str, format: Format) {
        let mut reader = Reader::new(format, self.default.clone());
        let reads = reader.feed(reply);
        for read in reads.into_iter().chain(reader.finish(true)) {
            match read {
                Read::Edit(mut edit) => {
                    self.name(&mut edit);
                    self.offer(&edit);
                }
                Read::Unreadable(what) => self.refusals.push(Refusal::Text(what)),
                Read::Prose(_) | Read::Opened { .. } => {}
            }
        }
    }

    /// Takes an operation on a whole file.
    fn carry_out(&mut self, op: ops::Op) {
        let path = op.path.clone();
        let target = op.to().map(|to| self.known(to)).transpose();
        let edits = match (self.known(&path), target) {
            (Ok(file), Ok(target)) => op.edits(&file.now, target.as_ref().map(|target| &target.now)),
            (Err(why), _) | (_, Err(why)) => Err(why),
        };
        match edits {
            Ok(edits) => edits.iter().for_each(|edit| self.offer(edit)),
            Err(why) => self.refuse(&path, why),
        }
    }

    fn refuse(&mut self, path: &RepoPath, why: String) {
        let edit = Edit { path: path.to_string(), op: EditOp::Delete, reason: None };
        let offered = self.review.refuse(&edit, Why::Unreadable(why));
        self.note(offered);
    }

    fn offer(&mut self, edit: &Edit) {
        let offered = match edit.target() {
            Err(why) => self.review.refuse(edit, why.into()),
            Ok(path) => match self.known(&path) {
                Ok(Known { now, seen }) => {
                    let text = seen.or(now.text);
                    self.review.offer(edit, Base { path: now.path, text })
                }
                Err(why) => self.review.refuse(edit, Why::Unreadable(why)),
            },
        };
        self.note(offered);
    }

    fn note(&mut self, offered: Offered) {
        if let Offered::Rejected(rejected) = offered {
            self.refusals.push(Refusal::Edit { rejected, wrote: String::new() });
        }
    }

    /// A name that is no file's may mean one all the same: an absolute path, the end of one.
    fn name(&mut self, edit: &mut Edit) {
        // What the edit says of the old text must fit the file it means.
        let speaks_of_one = match &edit.op {
            EditOp::Hunk(hunk) => hunk.before().next().is_some(),
            EditOp::Move { hunks, .. } => !hunks.is_empty(),
            EditOp::Whole(_) | EditOp::Fenced(_) | EditOp::OneOf(_) | EditOp::Lazy(_) => true,
            EditOp::Delete | EditOp::Bytes(_) => false,
        };
        if !speaks_of_one || edit.target().is_ok_and(|path| !self.is_missing(&path)) {
            return;
        }
        let files = self.names.get_or_insert_with(|| self.workspace.files(&|| false));
        let root = self.workspace.root();
        let Some(path) = meant(&edit.path, root, files) else { return };
        // A whole text may be a new file's; it means an old one if it is like that one.
        let like = match &edit.op {
            EditOp::Whole(text) | EditOp::Fenced(Fenced { text, .. }) => match self.workspace.read(&path) {
                Ok(Some(file)) => is_like(&file.lines, text),
                _ => false,
            },
            _ => true,
        };
        if like {
            edit.path = path.to_string();
        }
    }

    /// Is there no such file, and was there none when the model looked?
    fn is_missing(&mut self, path: &RepoPath) -> bool {
        let was_seen = self.base.as_ref().is_some_and(|folder| folder.join(path.as_str()).is_file());
        !was_seen && self.known(path).is_ok_and(|file| file.now.text.is_none())
    }

    fn known(&mut self, path: &RepoPath) -> Result<Known, String> {
        let read = || {
            let now = match self.workspace.read(path) {
                Ok(Some(file)) => Base { path: file.path, text: Some(file.lines) },
                Ok(None) => Base { path: path.clone(), text: None },
                Err(why) => return Err(why.to_string()),
            };
            let seen = match &self.base {
                Some(folder) => seen(folder, path)?.filter(|seen| Some(seen) != now.text.as_ref()),
                None => None,
            };
            Ok(Known { now, seen })
        };
        self.files.entry(path.clone()).or_insert_with(read).clone()
    }

    /// Moves the hunks from what the model saw to what the files are now.
    fn catch_up(&mut self) {
        for known in self.files.values().flatten() {
            if known.seen.is_some() && self.review.base(&known.now.path).is_some() {
                self.merged.insert(known.now.path.clone());
                self.review.rebase(known.now.clone());
            }
        }
    }

    /// Lands what was taken, unless something was refused or it was only a question.
    pub fn finish(&mut self, check: bool) -> Outcome {
        let mut reasons: Vec<String> = self.refusals.iter().map(ToString::to_string).collect();
        reasons.extend(self.refused.clone());
        reasons.extend(self.conflicts());
        if !reasons.is_empty() {
            let more = reasons.len().saturating_sub(TOLD);
            reasons.truncate(TOLD);
            if more > 0 {
                reasons.push(format!("{more} more edit(s); `--json` names each"));
            }
            let list = reasons.join("\nrefused: ");
            return Outcome::Refused(format!("refused: {list}\nnothing was written"));
        }
        if check {
            return Outcome::Fits;
        }
        let all: Vec<HunkId> = self.review.hunks().map(|hunk| hunk.id).collect();
        self.review.decide(&all, Verdict::Accepted);
        let Some(approved) = self.review.settle() else {
            return Outcome::Fits;
        };
        match self.workspace.apply(approved, &story(&self.review)) {
            Ok(receipt) => Outcome::Landed(receipt),
            Err(ApplyError::Write(WriteError::Journal(why))) => Outcome::NotHere(why.to_string()),
            Err(why) => Outcome::Refused(why.to_string()),
        }
    }

    /// Hands what was taken to a person.
    pub fn into_review(self, title: String) -> (Workspace, Ready) {
        let remarks = Vec::new();
        let Self { workspace, review, refusals, .. } = self;
        (workspace, Ready { subject: Subject::Reply, title, review, refusals, remarks })
    }

    fn conflicts(&self) -> Vec<String> {
        let stuck = self.review.hunks().filter(|hunk| hunk.standing == Standing::Conflict);
        let say =
            |path: &RepoPath| format!("{path}: the file has changed at this place since the model saw it");
        stuck.map(|hunk| say(&hunk.path)).collect()
    }

    pub fn files(&self) -> Vec<RepoPath> {
        report::files(&self.review)
    }

    pub fn as_patch(&self) -> Vec<u8> {
        report::as_patch(&self.review, &self.workspace)
    }

    /// `list` with what is of a file that was merged told so.
    fn with_merged(&self, mut list: Vec<Value>, name: &str, tell: impl Fn(&mut Value)) -> Vec<Value> {
        let merged = |value: &&mut Value| self.merged.iter().any(|path| value[name] == path.as_str());
        list.iter_mut().filter(merged).for_each(tell);
        list
    }

    /// The contract's document.
    pub fn as_json(&self, outcome: &Outcome) -> Value {
        let (files, id, reason) = match outcome {
            Outcome::Fits => (report::proposed(&self.review), None, None),
            Outcome::Landed(receipt) => (report::landed(receipt.files()), Some(receipt.id()), None),
            Outcome::Refused(why) | Outcome::NotHere(why) => (Vec::new(), None, Some(why)),
        };
        json!({
            "schema": "rein.apply/1",
            "status": match outcome {
                Outcome::Fits | Outcome::Landed(_) => "applied",
                Outcome::Refused(_) => "refused",
                Outcome::NotHere(_) => "error",
            },
            "checked_only": matches!(outcome, Outcome::Fits),
            "id": id,
            "files": self.with_merged(files, "path", |file| file["merged"] = json!(true)),
            "hunks": self.with_merged(report::hunks(&self.review, &self.refusals), "file", was_merged),
            "reason": reason,
        })
    }
}

/// The hunk was found in what the model saw, and moved.
fn was_merged(hunk: &mut Value) {
    if hunk["status"] == "ok" {
        hunk["matched_by"] = json!("base-merge");
        hunk["confidence"] = json!(hunk["confidence"].as_f64().unwrap_or(1.0).min(MERGED));
    }
}

/// The file as the model saw it; `None`: the base does not hold it.
fn seen(folder: &Path, path: &RepoPath) -> Result<Option<Lines>, String> {
    let full = folder.join(path.as_str());
    let cannot = |why: &dyn std::fmt::Display| format!("the base of `{path}` cannot be read: {why}");
    let file = match std::fs::metadata(&full) {
        Ok(what) if !what.is_file() => return Err(cannot(&"it is no regular file")),
        Ok(_) => std::fs::File::open(&full).map_err(|why| cannot(&why))?,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(cannot(&why)),
    };
    let mut bytes = Vec::new();
    let read = file.take(MAX_BASE + 1).read_to_end(&mut bytes).map_err(|why| cannot(&why))?;
    if read as u64 > MAX_BASE {
        return Err(cannot(&"it is too large"));
    }
    Ok(Some(Lines::new(bytes)))
}

/// Do the two texts have at least half of their lines in common, wherever they stand?
fn is_like(old: &Lines, new: &str) -> bool {
    let known: BTreeSet<&[u8]> = old.iter().map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).collect();
    let lines: Vec<&str> = new.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let shared = lines.iter().filter(|line| known.contains(line.as_bytes())).count();
    !lines.is_empty() && shared * 2 >= lines.len()
}
