//! `log`, `undo`, `redo`, `recover`: the journal from the command line.

use serde_json::json;

use super::report::{document, landed};
use super::setup::{Place, Setup, SetupError};
use super::{Exit, print, remark, stop};
use crate::change::Verdict;
use crate::text::safe;
use crate::workspace::{
    CompareError, JournalError, Kind, LogEntry, NoteError, Reviewed, Status, UndoError, Undone, WriteError,
};

fn here() -> Result<Place, SetupError> {
    Setup::load()?.place(None)
}

/// Lists operations, newest first.
pub fn log(limit: usize, as_json: bool) -> Exit {
    let place = match here() {
        Ok(place) => place,
        Err(why) => return stop(Exit::NotHere, why),
    };
    match place.workspace.log(limit) {
        Ok(entries) if as_json => {
            print(&document(&json!({ "schema": "rein.log/1", "entries": entries })), Exit::Done)
        }
        Ok(entries) => print(entries.iter().map(told).collect::<String>().as_bytes(), Exit::Done),
        Err(why) => stop(failed(&why), why),
    }
}

/// Shows one operation with what was decided of it.
pub fn receipt(id: &str, as_json: bool) -> Exit {
    let place = match here() {
        Ok(place) => place,
        Err(why) => return stop(Exit::NotHere, why),
    };
    match place.workspace.logged(id) {
        Ok(entry) if as_json => {
            print(&document(&json!({ "schema": "rein.receipt/1", "entry": entry })), Exit::Done)
        }
        Ok(entry) => {
            let reviewed = entry.story.as_ref().and_then(|story| story.review.as_ref());
            let how = reviewed.map_or_else(
                || "    what was decided of each hunk is not recorded\n".to_owned(),
                |reviewed| judged(&entry, reviewed),
            );
            print((told(&entry) + &how).as_bytes(), Exit::Done)
        }
        Err(why) => stop(refused(&why), why),
    }
}

/// Keeps the receipt of one operation with a commit, as a git note.
pub fn note(id: &str, commit: &str, as_json: bool) -> Exit {
    let place = match here() {
        Ok(place) => place,
        Err(why) => return stop(Exit::NotHere, why),
    };
    let entry = match place.workspace.logged(id) {
        Ok(entry) => entry,
        Err(why) => return stop(refused(&why), why),
    };
    let receipt = json!({ "schema": "rein.receipt/1", "entry": entry }).to_string();
    match place.workspace.note(&receipt, commit) {
        Ok(noted) if as_json => {
            let report = json!({
                "schema": "rein.note/1", "id": entry.id, "commit": noted.commit, "already": noted.already,
            });
            print(&document(&report), Exit::Done)
        }
        Ok(noted) => {
            let word = if noted.already { "was noted already" } else { "is noted" };
            let words = format!("{} {word} on {}; `git log --notes=rein` shows it\n", entry.id, noted.commit);
            print(words.as_bytes(), Exit::Done)
        }
        Err(why @ NoteError::Compare(CompareError::NoCommit { .. })) => stop(Exit::Usage, why),
        Err(why) => stop(Exit::NotHere, why),
    }
}

/// What was decided, in lines for a person.
fn judged(entry: &LogEntry, reviewed: &Reviewed) -> String {
    let mut lines = String::new();
    if let Some(model) = entry.story.as_ref().and_then(|story| story.model.as_ref()) {
        lines.push_str(&format!("    model     {}\n", safe::line(model)));
    }
    if let Some(prompts) = &reviewed.prompts {
        lines.push_str(&format!("    {}\n", safe::line(prompts)));
    }
    lines.push_str(&format!("    proposal  {}\n", reviewed.proposal));
    for hunk in &reviewed.hunks {
        let verdict = match hunk.verdict {
            Verdict::Accepted => "accepted ",
            Verdict::Rejected => "rejected ",
            Verdict::Undecided => "undecided",
        };
        let seen = match (hunk.seen, hunk.looked_at) {
            (true, time) => format!("seen, {:.1} s", time as f64 / 1e3),
            (false, 0) => "not seen".to_owned(),
            (false, time) => format!("not seen to its end, {:.1} s", time as f64 / 1e3),
        };
        let hand = if hunk.by_hand { ", edited by hand" } else { "" };
        let revised =
            if hunk.revised > 0 { format!(", revised {} time(s)", hunk.revised) } else { String::new() };
        let path = safe::line(hunk.path.as_str());
        lines.push_str(&format!(
            "    {verdict}  {path}:{}  +{} -{}  ({seen}{hand}{revised})\n",
            hunk.line, hunk.come, hunk.gone
        ));
        if let Some(comment) = &hunk.comment {
            lines.push_str(&format!("               “{}”\n", safe::line(comment)));
        }
    }
    lines
}

/// An operation in lines for a person.
fn told(entry: &LogEntry) -> String {
    let story = entry.story.as_ref();
    let kind = kind_in_words(&entry.kind);
    let what = story.map_or_else(|| kind.clone(), |story| format!("{kind} at {}", story.level));
    let undone = if entry.status == Status::Undone { " (taken back)" } else { "" };
    let mut lines = format!("{}  {}  {what}{undone}\n", entry.id, entry.time);
    if let Some(story) = story.filter(|story| !story.instruction.is_empty()) {
        lines.push_str(&format!("    {}\n", safe::line(&story.instruction)));
    }
    for file in &entry.files {
        let op = match (&file.before, &file.after) {
            (None, _) => "+",
            (_, None) => "-",
            _ => "~",
        };
        lines.push_str(&format!("    {op} {}\n", safe::line(file.path.as_str())));
    }
    lines
}

pub(super) fn kind_in_words(kind: &Kind) -> String {
    match kind {
        Kind::Landing => "landing".to_owned(),
        Kind::Save => "save".to_owned(),
        Kind::Restore { of } => format!("restore from {of}"),
        Kind::Undo { of } => format!("undo of {of}"),
        Kind::Redo { of } => format!("redo of {of}"),
    }
}

/// Takes a landing back.
pub fn undo(id: Option<&str>, as_json: bool) -> Exit {
    go(as_json, "rein.undo/1", "took back", |place| place.workspace.undo(id))
}

/// Does an undone landing again: the last one, or the one named.
pub fn redo(id: Option<&str>, as_json: bool) -> Exit {
    go(as_json, "rein.redo/1", "brought forth", |place| place.workspace.redo(id))
}

fn go(
    as_json: bool,
    schema: &str,
    verb: &str,
    act: impl FnOnce(&Place) -> Result<Undone, UndoError>,
) -> Exit {
    let place = match here() {
        Ok(place) => place,
        Err(why) => return stop(Exit::NotHere, why),
    };
    match act(&place) {
        Ok(undone) => {
            let files = landed(&undone.files);
            if as_json {
                let report = json!({ "schema": schema, "id": undone.id, "of": undone.of, "files": files });
                return print(&document(&report), Exit::Done);
            }
            let names = undone.files.iter().map(|file| format!("    {}\n", safe::line(file.path.as_str())));
            print(format!("{verb} {}\n{}", undone.of, names.collect::<String>()).as_bytes(), Exit::Done)
        }
        Err(why) => stop(refused(&why), why),
    }
}

pub(super) fn refused(why: &UndoError) -> Exit {
    match why {
        UndoError::Nothing(_) | UndoError::NoVersion(_) => Exit::No,
        UndoError::Conflict(_)
        | UndoError::AlreadyUndone(_)
        | UndoError::NotUndone(_)
        | UndoError::NoFile { .. } => Exit::Refused,
        UndoError::Unknown(_)
        | UndoError::Ambiguous(_)
        | UndoError::NotALanding(_)
        | UndoError::NotTouched { .. } => Exit::Usage,
        UndoError::Write(WriteError::Journal(why)) => failed(why),
        UndoError::Write(_) => Exit::Refused,
    }
}

fn failed(why: &JournalError) -> Exit {
    match why {
        JournalError::Recovery(_) => Exit::Refused,
        _ => Exit::NotHere,
    }
}

/// Completes or takes back what a crash interrupted.
pub fn recover(as_json: bool) -> Exit {
    let place = match here() {
        Ok(place) => place,
        Err(why) => return stop(Exit::NotHere, why),
    };
    let recovery = match place.workspace.recover() {
        Ok(recovery) => recovery,
        Err(why) => return stop(failed(&why), why),
    };
    if as_json {
        let unreadable: Vec<String> =
            recovery.unreadable.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let report = json!({
            "schema": "rein.recover/1", "completed": recovery.completed,
            "taken_back": recovery.taken_back, "left": recovery.left, "unreadable": unreadable,
        });
        return print(&document(&report), Exit::Done);
    }
    let completed = recovery.completed.iter().map(|id| format!("completed {id}\n"));
    let taken_back = recovery.taken_back.iter().map(|id| format!("took back {id}\n"));
    let left = recovery.left.iter().map(|path| format!("left as it is: {}\n", safe::line(path.as_str())));
    let unreadable = recovery
        .unreadable
        .iter()
        .map(|path| format!("cannot be read by this version: {}\n", safe::line(&path.to_string_lossy())));
    let lines: String = completed.chain(taken_back).chain(left).chain(unreadable).collect();
    if lines.is_empty() {
        remark("nothing was interrupted");
    }
    print(lines.as_bytes(), Exit::Done)
}
