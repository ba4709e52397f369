//! Taking operations back, and doing them again. Both are the same: the reverse of an operation,
//! journaled like any other. When a file is still as the operation left it, the kept text returns;
//! when it was edited since, the operation's own lines are taken back and the edits stay; when they
//! touch, nothing happens and a human decides.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::{JournalError, UndoError};
use super::journal::{Journal, Name, Stage};
use super::landing::{After, Desk, Operation, Target};
use super::record::{Entry, Kind, Record, Story};
use super::tree::Loaded;
use crate::change::{FileOp, Landed};
use crate::text::{Drift, Lines, RepoPath, Span, diff};

/// An operation that was taken back, or done again.
#[derive(Clone, Debug)]
pub struct Undone {
    /// The journal's name for this undo or redo itself.
    pub id: String,
    /// The landing (or save) it is about.
    pub of: String,
    /// That landing's story.
    pub story: Option<Story>,
    pub files: Vec<Landed>,
}

/// Done operations, newest first. Records that cannot be read are passed over: they are reported by
/// `recover`, and one of them must not keep the others from being undone.
pub(super) fn history(journal: &Journal) -> Result<impl Iterator<Item = Record> + '_, JournalError> {
    let names = journal.names()?;
    let done = names.into_iter().rev().filter(|name| name.stage == Stage::Done);
    Ok(done.filter_map(|name| journal.record(&name).ok()))
}

/// Of which operations, read newest first, the last word was an undo.
#[derive(Default)]
pub(super) struct Settled(HashMap<String, bool>);

impl Settled {
    pub(super) fn note(&mut self, kind: &Kind) {
        match kind {
            Kind::Undo { of } => self.0.entry(of.clone()).or_insert(true),
            Kind::Redo { of } => self.0.entry(of.clone()).or_insert(false),
            Kind::Landing | Kind::Save => return,
        };
    }

    fn knows(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    pub(super) fn is_undone(&self, id: &str) -> bool {
        self.0.get(id).copied().unwrap_or(false)
    }
}

/// The newest landing that stands.
fn last_standing(journal: &Journal) -> Result<Record, UndoError> {
    let mut settled = Settled::default();
    for record in history(journal)? {
        let landing = record.kind == Kind::Landing && !record.files.is_empty();
        if landing && !settled.is_undone(&record.id) {
            return Ok(record);
        }
        settled.note(&record.kind);
    }
    Err(UndoError::Nothing("undo"))
}

/// The operation whose id starts with `prefix`.
fn named(journal: &Journal, prefix: &str) -> Result<Record, UndoError> {
    let names = journal.names()?;
    let fits = |name: &&Name| name.stage == Stage::Done && name.id.starts_with(prefix);
    let mut found = names.iter().filter(fits);
    let (Some(name), false) = (found.next(), prefix.is_empty()) else {
        return Err(UndoError::Unknown(prefix.to_owned()));
    };
    if found.next().is_some() {
        return Err(UndoError::Ambiguous(prefix.to_owned()));
    }
    let record = journal.record(name)?;
    if matches!(record.kind, Kind::Undo { .. } | Kind::Redo { .. }) {
        return Err(UndoError::NotALanding(record.id));
    }
    if last_about(journal, &record.id)?.is_some_and(|last| matches!(last.kind, Kind::Undo { .. })) {
        return Err(UndoError::AlreadyUndone(record.id));
    }
    Ok(record)
}

/// The newest undo or redo of the operation `id`.
fn last_about(journal: &Journal, id: &str) -> Result<Option<Record>, JournalError> {
    let about = |record: &Record| matches!(&record.kind, Kind::Undo { of } | Kind::Redo { of } if of == id);
    Ok(history(journal)?.find(about))
}

/// The newest undo that was not redone, and what it undid.
fn last_undo(journal: &Journal) -> Result<(Record, String), UndoError> {
    let mut settled = Settled::default();
    for record in history(journal)? {
        match record.kind.clone() {
            Kind::Undo { of } if !settled.knows(&of) => return Ok((record, of)),
            kind => settled.note(&kind),
        }
    }
    Err(UndoError::Nothing("redo"))
}

pub(super) fn undo(desk: &Desk<'_>, id: Option<&str>) -> Result<Undone, UndoError> {
    let record = match id {
        Some(prefix) => named(desk.journal(), prefix)?,
        None => last_standing(desk.journal())?,
    };
    let of = record.id.clone();
    revert(desk, &record, Kind::Undo { of: of.clone() }, of)
}

pub(super) fn redo(desk: &Desk<'_>) -> Result<Undone, UndoError> {
    let (record, of) = last_undo(desk.journal())?;
    revert(desk, &record, Kind::Redo { of: of.clone() }, of)
}

fn revert(desk: &Desk<'_>, record: &Record, kind: Kind, of: String) -> Result<Undone, UndoError> {
    let mut targets = Vec::new();
    let mut files = Vec::new();
    let mut conflicts = Vec::new();
    for entry in &record.files {
        let now = desk.tree().load(&entry.path)?;
        match reversed(desk.journal(), entry, now.as_ref())? {
            Reversed::To(after, merged) => {
                files.push(landed(&entry.path, now.as_ref(), after.as_ref(), merged));
                targets.push(Target { path: entry.path.clone(), before: now, after });
            }
            Reversed::Already => {}
            Reversed::Conflict => conflicts.push(entry.path.clone()),
        }
    }
    if !conflicts.is_empty() {
        return Err(UndoError::Conflict(conflicts));
    }
    let vacates = record.makes.iter().rev().cloned().collect();
    let operation = Operation { kind, story: record.story.clone(), vacates };
    let id = desk.commit(operation, targets)?;
    Ok(Undone { id, of, story: record.story.clone(), files })
}

/// What the reverse of an entry makes of a file.
enum Reversed {
    /// This text (`None`: no file), with edits made since kept if `true`.
    To(Option<After>, bool),
    Already,
    Conflict,
}

fn reversed(journal: &Journal, entry: &Entry, now: Option<&Loaded>) -> Result<Reversed, JournalError> {
    let digest = now.map(|now| now.digest);
    if digest == entry.digest_after() {
        let Some(before) = entry.before else { return Ok(Reversed::To(None, false)) };
        // Its mode may have been changed since, which is not ours to take back.
        let mode = now.map(|now| now.mode).or(before.mode);
        let text = journal.text(before.digest)?;
        return Ok(Reversed::To(Some(After::new(text.into(), mode)), false));
    }
    if digest == entry.digest_before() {
        return Ok(Reversed::Already);
    }
    let (Some(before), Some(after), Some(now)) = (entry.before, entry.after, now) else {
        return Ok(Reversed::Conflict);
    };
    let before = Lines::new(journal.text(before.digest)?);
    let after = Lines::new(journal.text(after.digest)?);
    Ok(match without(&Lines::new(Arc::clone(&now.bytes)), &after, &before) {
        Some(text) => Reversed::To(Some(After::new(text.into(), Some(now.mode))), true),
        None => Reversed::Conflict,
    })
}

/// `now` with the lines that made `before` into `after` taken back; `None` when edits made since
/// touch them.
fn without(now: &Lines, after: &Lines, before: &Lines) -> Option<Vec<u8>> {
    let drift = Drift::between(after, now);
    let mut text = Vec::with_capacity(now.bytes().len());
    let mut at = 0;
    for change in diff::changes(after, before) {
        let place = drift.map(change.old)?;
        let returning = before.slice(change.new);
        // A line without a newline belongs at the end of a text, and only there.
        if !returning.is_empty() && !returning.ends_with(b"\n") && place.end() != now.len() {
            return None;
        }
        text.extend_from_slice(now.slice(Span::new(at, place.start())));
        text.extend_from_slice(returning);
        at = place.end();
    }
    text.extend_from_slice(now.slice(Span::new(at, now.len())));
    Some(text)
}

fn landed(path: &RepoPath, now: Option<&Loaded>, after: Option<&After>, merged: bool) -> Landed {
    let op = match (now, after) {
        (None, _) => FileOp::Create,
        (Some(_), Some(_)) => FileOp::Update,
        (Some(_), None) => FileOp::Delete,
    };
    Landed {
        path: path.clone(),
        op,
        before: now.map(|now| now.digest),
        after: after.map(|after| after.digest),
        merged,
        text: after.map(|after| Lines::new(Arc::clone(&after.bytes))),
    }
}
