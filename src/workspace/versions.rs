//! Earlier versions of one file. Every text that rein replaced or wrote is in the journal, so a file
//! can become any of them again, byte for byte. A restoring is an operation like a landing: what the
//! file was is kept, and it can be undone. It also brings back single files of a change: with `merge`
//! only what one operation did to the file is taken back, and edits made since stay.

use std::fmt;
use std::sync::Arc;

use super::error::UndoError;
use super::journal::Journal;
use super::landing::{After, Desk, Operation, Target};
use super::record::{Entry, Kind, Record, Stamp, Story, time};
use super::revert::{self, Reversed};
use super::tree::Loaded;
use crate::change::Landed;
use crate::text::{Digest, RepoPath};

/// The text before an operation, or the one after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Before,
    After,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

/// What one operation did to a file: two versions of it, either `None` where there was no file.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Version {
    /// The operation's id.
    pub id: String,
    /// UTC.
    #[serde(with = "time")]
    pub time: jiff::Timestamp,
    #[serde(flatten)]
    pub kind: Kind,
    pub story: Option<Story>,
    pub before: Option<Digest>,
    pub after: Option<Digest>,
}

/// Which version of a file is asked for. An operation is named by its id or the first digits of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted<'a> {
    /// The newest one that differs from what the file is now.
    Last,
    /// The one before or after an operation.
    At(&'a str, Side),
    /// What the file is now, without what an operation did to it (`None`: the last one that touched it).
    Without(Option<&'a str>),
}

/// A file that became an earlier version.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Restored {
    /// The journal's name for the restoring; `None`: the file was that version already.
    pub id: Option<String>,
    /// The operation before or after which the file was so.
    pub of: String,
    /// Which of the two; `None` when edits were merged.
    pub side: Option<Side>,
    pub file: Landed,
}

pub(super) fn of(journal: &Journal, path: &RepoPath) -> Result<Vec<Version>, UndoError> {
    let version = |(record, entry): (Record, Entry)| Version {
        id: record.id,
        time: record.time,
        kind: record.kind,
        story: record.story,
        before: entry.digest_before(),
        after: entry.digest_after(),
    };
    Ok(touching(journal, path)?.map(version).collect())
}

/// The operations that touched a file, newest first.
fn touching<'a>(
    journal: &'a Journal,
    path: &RepoPath,
) -> Result<impl Iterator<Item = (Record, Entry)> + 'a, UndoError> {
    let path = path.clone();
    let own = move |record: Record| {
        let entry = record.files.iter().find(|entry| entry.path == path)?.clone();
        Some((record, entry))
    };
    Ok(revert::history(journal)?.filter_map(own))
}

/// The permissions that a file had when it last held this text, as far as the journal knows.
pub(super) fn last_mode(journal: &Journal, path: &RepoPath, digest: Digest) -> Option<u32> {
    let stamps = touching(journal, path).ok()?.flat_map(|(_, entry)| [entry.after, entry.before]);
    stamps.flatten().find(|stamp| stamp.digest == digest)?.mode
}

pub(super) fn restore(desk: &Desk<'_>, path: &RepoPath, wanted: Wanted<'_>) -> Result<Restored, UndoError> {
    let now = desk.tree().load(path)?;
    let (of, side, reversed) = match wanted {
        Wanted::Last => {
            let (of, side, stamp) = newest_other(desk.journal(), path, now.as_ref())?;
            (of, Some(side), version(desk.journal(), stamp, now.as_ref())?)
        }
        Wanted::At(id, side) => {
            let (of, entry) = touched_by(desk.journal(), path, id)?;
            let stamp = if side == Side::Before { entry.before } else { entry.after };
            let none = || UndoError::NoFile { id: of.clone(), path: path.clone(), side };
            let reversed = version(desk.journal(), stamp.ok_or_else(none)?, now.as_ref())?;
            (of, Some(side), reversed)
        }
        Wanted::Without(id) => {
            let (of, entry) = match id {
                Some(id) => touched_by(desk.journal(), path, id)?,
                None => last_touching(desk.journal(), path)?,
            };
            (of, None, revert::reversed(desk.journal(), &entry, now.as_ref())?)
        }
    };
    carry_out(desk, path, now, reversed, of, side)
}

fn carry_out(
    desk: &Desk<'_>,
    path: &RepoPath,
    now: Option<Loaded>,
    reversed: Reversed,
    of: String,
    side: Option<Side>,
) -> Result<Restored, UndoError> {
    let (after, merged) = match reversed {
        Reversed::Conflict => return Err(UndoError::Conflict(vec![path.clone()])),
        Reversed::To(after, merged) => (after, merged),
        Reversed::Already => {
            let same = now.as_ref().map(|now| After::new(Arc::clone(&now.bytes), Some(now.mode)));
            let file = revert::landed(path, now.as_ref(), same.as_ref(), false);
            return Ok(Restored { id: None, of, side, file });
        }
    };
    let file = revert::landed(path, now.as_ref(), after.as_ref(), merged);
    let operation = Operation { kind: Kind::Restore { of: of.clone() }, story: None, vacates: Vec::new() };
    let id = desk.commit(operation, vec![Target { path: path.clone(), before: now, after }])?;
    Ok(Restored { id: Some(id), of, side, file })
}

/// A kept text in the place of what is there now, with the mode the file has, or had.
fn version(journal: &Journal, stamp: Stamp, now: Option<&Loaded>) -> Result<Reversed, UndoError> {
    if now.is_some_and(|now| now.digest == stamp.digest) {
        return Ok(Reversed::Already);
    }
    let text = journal.text(stamp.digest)?;
    let mode = now.map(|now| now.mode).or(stamp.mode);
    Ok(Reversed::To(Some(After::new(text.into(), mode)), false))
}

fn newest_other(
    journal: &Journal,
    path: &RepoPath,
    now: Option<&Loaded>,
) -> Result<(String, Side, Stamp), UndoError> {
    let now = now.map(|now| now.digest);
    let other = |stamp: Option<Stamp>| stamp.filter(|stamp| Some(stamp.digest) != now);
    let mut versions = touching(journal, path)?.flat_map(|(record, entry)| {
        let sides = [(Side::After, entry.after), (Side::Before, entry.before)];
        sides.map(|(side, stamp)| other(stamp).map(|stamp| (record.id.clone(), side, stamp)))
    });
    versions.find_map(|version| version).ok_or_else(|| UndoError::NoVersion(path.clone()))
}

fn touched_by(journal: &Journal, path: &RepoPath, prefix: &str) -> Result<(String, Entry), UndoError> {
    let (_, record) = revert::named(journal, prefix)?;
    let entry = record.files.into_iter().find(|entry| entry.path == *path);
    let not = || UndoError::NotTouched { id: record.id.clone(), path: path.clone() };
    Ok((record.id.clone(), entry.ok_or_else(not)?))
}

fn last_touching(journal: &Journal, path: &RepoPath) -> Result<(String, Entry), UndoError> {
    let last = touching(journal, path)?.next();
    last.map(|(record, entry)| (record.id, entry)).ok_or_else(|| UndoError::NoVersion(path.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Project, land, path};
    use super::*;

    #[test]
    fn any_version_that_rein_replaced_or_wrote_comes_back_byte_for_byte() {
        let project = Project::new(&[("a*", "0\r\n\u{feff}")]);
        project.chmod("a", 0o750);
        let workspace = project.open();
        let one = land(&workspace, &[("a", Some("1\n")), ("b", Some("b"))]).unwrap();
        let two = land(&workspace, &[("a", Some("2"))]).unwrap();
        project.write("a", "typed by hand");
        let workspace = project.open();

        let versions = workspace.versions(&path("a")).unwrap();
        assert_eq!(versions.iter().map(|version| &version.id).collect::<Vec<_>>(), [&two, &one]);
        let restored = workspace.restore(&path("a"), Wanted::At(&one, Side::Before)).unwrap();
        assert_eq!((&restored.of, restored.side, restored.file.merged), (&one, Some(Side::Before), false));
        assert_eq!(project.text("a").unwrap(), "0\r\n\u{feff}");
        assert!(workspace.executable(&path("a")));

        // What was typed was never landed, yet is not lost.
        let id = restored.id.unwrap();
        assert_eq!(workspace.undo(None).unwrap().of, id);
        assert_eq!(project.text("a").unwrap(), "typed by hand");
        workspace.redo(None).unwrap();
        workspace.restore(&path("a"), Wanted::At(&id[..6], Side::Before)).unwrap();
        assert_eq!(project.text("a").unwrap(), "typed by hand");
        workspace.restore(&path("a"), Wanted::At(&two, Side::After)).unwrap();
        assert_eq!(project.text("a").unwrap(), "2");
    }

    #[test]
    fn without_a_name_the_version_before_comes_back_and_forth() {
        let project = Project::new(&[("a", "0")]);
        let workspace = project.open();
        land(&workspace, &[("a", Some("1"))]).unwrap();
        for text in ["0", "1", "0"] {
            workspace.restore(&path("a"), Wanted::Last).unwrap();
            assert_eq!(project.text("a").unwrap(), text);
        }
        project.write("a", "by hand");
        workspace.restore(&path("a"), Wanted::Last).unwrap();
        assert_eq!(project.text("a").unwrap(), "0", "what rein wrote last");
    }

    #[test]
    fn a_file_that_is_gone_comes_back_in_its_folder() {
        let project = Project::new(&[("d/a*", "0")]);
        let workspace = project.open();
        let id = land(&workspace, &[("d/a", None)]).unwrap();
        std::fs::remove_dir(project.root().join("d")).unwrap();
        workspace.restore(&path("d/a"), Wanted::Last).unwrap();
        assert_eq!(project.text("d/a").unwrap(), "0");
        assert!(workspace.executable(&path("d/a")));
        let refused = workspace.restore(&path("d/a"), Wanted::At(&id, Side::After)).unwrap_err();
        assert!(matches!(refused, UndoError::NoFile { side: Side::After, .. }), "{refused}");
    }

    #[test]
    fn one_file_of_a_change_is_taken_back_with_later_edits_kept() {
        let project = Project::new(&[("a", "1\n2\n3\n4\n"), ("b", "b")]);
        let workspace = project.open();
        let id = land(&workspace, &[("a", Some("one\n2\n3\n4\n")), ("b", Some("B"))]).unwrap();
        project.write("a", "one\n2\n3\nfour\n");
        let restored = workspace.restore(&path("a"), Wanted::Without(Some(&id))).unwrap();
        assert!(restored.file.merged);
        assert_eq!(project.text("a").unwrap(), "1\n2\n3\nfour\n");
        assert_eq!(project.text("b").unwrap(), "B");
        workspace.undo(None).unwrap();
        project.write("a", "ONE\n2\n3\nfour\n");
        let refused = workspace.restore(&path("a"), Wanted::Without(Some(&id))).unwrap_err();
        assert!(matches!(refused, UndoError::Conflict(files) if files == [path("a")]));
        assert_eq!(project.text("a").unwrap(), "ONE\n2\n3\nfour\n");
    }

    #[test]
    fn what_is_asked_for_and_is_not_there_is_said() {
        let project = Project::new(&[("a", "0"), ("b", "0")]);
        let workspace = project.open();
        let none = workspace.restore(&path("a"), Wanted::Last).unwrap_err();
        assert!(matches!(none, UndoError::NoVersion(_)), "{none}");
        let id = land(&workspace, &[("a", Some("1"))]).unwrap();
        let other = workspace.restore(&path("b"), Wanted::At(&id, Side::Before)).unwrap_err();
        assert!(matches!(other, UndoError::NotTouched { .. }), "{other}");
        let unknown = workspace.restore(&path("a"), Wanted::At("zz", Side::Before)).unwrap_err();
        assert!(matches!(unknown, UndoError::Unknown(_)), "{unknown}");
        let same = workspace.restore(&path("a"), Wanted::At(&id, Side::After)).unwrap();
        assert_eq!(same.id, None);
        assert_eq!(workspace.log(9).unwrap().len(), 1, "nothing to do is no operation");
    }

    #[test]
    fn operations_are_undone_and_redone_by_name_in_any_order() {
        let project = Project::new(&[("a", "1\n2\n3\n4\n5\n")]);
        let workspace = project.open();
        let first = land(&workspace, &[("a", Some("one\n2\n3\n4\n5\n"))]).unwrap();
        let second = land(&workspace, &[("a", Some("one\n2\nthree\n4\n5\n"))]).unwrap();
        project.write("a", "one\n2\nthree\n4\nfive\n");
        workspace.undo(Some(&first)).unwrap();
        assert_eq!(project.text("a").unwrap(), "1\n2\nthree\n4\nfive\n");
        let stands = workspace.redo(Some(&second)).unwrap_err();
        assert!(matches!(stands, UndoError::NotUndone(_)), "{stands}");
        workspace.undo(Some(&second)).unwrap();
        assert_eq!(project.text("a").unwrap(), "1\n2\n3\n4\nfive\n");
        workspace.redo(Some(&first)).unwrap();
        assert_eq!(project.text("a").unwrap(), "one\n2\n3\n4\nfive\n");
        assert_eq!(workspace.redo(None).unwrap().of, second);
        assert_eq!(project.text("a").unwrap(), "one\n2\nthree\n4\nfive\n");
    }
}
