//! Taking operations back, and doing them again. Both are the same: the reverse of an operation,
//! journaled like any other. When a file is still as the operation left it, the kept text returns;
//! when it was edited since, the operation's own lines are taken back and the edits stay; when they
//! touch, nothing happens and a human decides.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::{JournalError, UndoError};
use super::journal::{Journal, Name};
use super::landing::{After, Desk, Operation, Target};
use super::record::{Entry, Kind, Record, Story};
use super::tree::Loaded;
use crate::change::{FileOp, Landed};
use crate::text::{Drift, Lines, RepoPath, Span, diff};

/// An operation that was taken back, or done again.
#[derive(Clone, Debug, serde::Serialize)]
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
    since(journal, 0)
}

/// The same, of those with this number or a higher one.
pub(super) fn since(
    journal: &Journal,
    number: u64,
) -> Result<impl Iterator<Item = Record> + '_, JournalError> {
    let newest_first = journal.done()?.into_iter().rev();
    let names = newest_first.take_while(move |name| name.number >= number);
    Ok(names.filter_map(|name| journal.record(&name).ok()))
}

/// Of which operations, read newest first, the last word was an undo.
#[derive(Default)]
pub(super) struct Settled(HashMap<String, bool>);

impl Settled {
    pub(super) fn note(&mut self, kind: &Kind) {
        match kind {
            Kind::Undo { of } => self.0.entry(of.clone()).or_insert(true),
            Kind::Redo { of } => self.0.entry(of.clone()).or_insert(false),
            Kind::Landing | Kind::Save | Kind::Restore { .. } => return,
        };
    }

    fn knows(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    pub(super) fn is_undone(&self, id: &str) -> bool {
        self.0.get(id).copied().unwrap_or(false)
    }
}

/// The newest landing or restoring that stands.
fn last_standing(journal: &Journal) -> Result<Record, UndoError> {
    let mut settled = Settled::default();
    for record in history(journal)? {
        let landing = matches!(record.kind, Kind::Landing | Kind::Restore { .. });
        let landing = landing && !record.files.is_empty();
        if landing && !settled.is_undone(&record.id) {
            return Ok(record);
        }
        settled.note(&record.kind);
    }
    Err(UndoError::Nothing("undo"))
}

/// The operation whose id starts with `prefix`.
pub(super) fn named(journal: &Journal, prefix: &str) -> Result<(Name, Record), UndoError> {
    let names = journal.done()?;
    let mut found = names.into_iter().filter(|name| name.id.starts_with(prefix));
    let (Some(name), false) = (found.next(), prefix.is_empty()) else {
        return Err(UndoError::Unknown(prefix.to_owned()));
    };
    if found.next().is_some() {
        return Err(UndoError::Ambiguous(prefix.to_owned()));
    }
    let record = journal.record(&name)?;
    Ok((name, record))
}

/// The named operation, if it can be taken back or done again, and the last undo or redo of it.
fn landing(journal: &Journal, prefix: &str) -> Result<(Record, Option<Record>), UndoError> {
    let (name, record) = named(journal, prefix)?;
    if matches!(record.kind, Kind::Undo { .. } | Kind::Redo { .. }) {
        return Err(UndoError::NotALanding(record.id));
    }
    let about =
        |later: &Record| matches!(&later.kind, Kind::Undo { of } | Kind::Redo { of } if *of == record.id);
    let last = since(journal, name.number)?.find(about);
    Ok((record, last))
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
    let record = match id.map(|prefix| landing(desk.journal(), prefix)).transpose()? {
        None => last_standing(desk.journal())?,
        Some((record, Some(Record { kind: Kind::Undo { .. }, .. }))) => {
            return Err(UndoError::AlreadyUndone(record.id));
        }
        Some((record, _)) => record,
    };
    let of = record.id.clone();
    revert(desk, &record, Kind::Undo { of: of.clone() }, of)
}

pub(super) fn redo(desk: &Desk<'_>, id: Option<&str>) -> Result<Undone, UndoError> {
    let (record, of) = match id.map(|prefix| landing(desk.journal(), prefix)).transpose()? {
        None => last_undo(desk.journal())?,
        Some((record, Some(undo @ Record { kind: Kind::Undo { .. }, .. }))) => (undo, record.id),
        Some((record, _)) => return Err(UndoError::NotUndone(record.id)),
    };
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
pub(super) enum Reversed {
    /// This text (`None`: no file), with edits made since kept if `true`.
    To(Option<After>, bool),
    Already,
    Conflict,
}

pub(super) fn reversed(
    journal: &Journal,
    entry: &Entry,
    now: Option<&Loaded>,
) -> Result<Reversed, JournalError> {
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

pub(super) fn landed(path: &RepoPath, now: Option<&Loaded>, after: Option<&After>, merged: bool) -> Landed {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::{Project, land, path};
    use super::super::{Status, Workspace};
    use super::*;

    fn texts(project: &Project) -> (Option<String>, Option<String>) {
        (project.text("a"), project.text("b"))
    }

    fn shown(workspace: &Workspace) -> Vec<(String, Status)> {
        let kind = |kind: &Kind| match kind {
            Kind::Landing => "landing",
            Kind::Save => "save",
            Kind::Restore { .. } => "restore",
            Kind::Undo { .. } => "undo",
            Kind::Redo { .. } => "redo",
        };
        let log = workspace.log(100).unwrap();
        log.iter().map(|entry| (kind(&entry.kind).to_owned(), entry.status)).collect()
    }

    #[test]
    fn undo_is_the_identity_also_for_files_and_folders_that_came_or_went() {
        let project = Project::new(&[("a", "1\n"), ("run.sh*", "x"), ("dir/gone*", "gone")]);
        project.chmod("a", 0o640);
        let before = project.snapshot();
        let change = [
            ("a", Some("2\n")),
            ("run.sh", Some("y")),
            ("dir/gone", None),
            ("new/er/file", Some("n")),
            ("new/other", Some("")),
        ];
        land(&project.open(), &change).unwrap();
        let after = project.snapshot();
        for _ in 0..3 {
            let undone = project.open().undo(None).unwrap();
            assert_eq!(undone.files.len(), 5);
            assert_eq!(project.snapshot(), before);
            project.open().redo(None).unwrap();
            assert_eq!(project.snapshot(), after);
        }
    }

    #[test]
    fn landings_are_undone_from_the_last_and_redone_from_the_first() {
        let project = Project::new(&[("a", "0")]);
        let workspace = project.open();
        let first = land(&workspace, &[("a", Some("1"))]).unwrap();
        let second = land(&workspace, &[("a", Some("2"))]).unwrap();
        assert!(matches!(workspace.redo(None), Err(UndoError::Nothing("redo"))));
        assert_eq!(workspace.undo(None).unwrap().of, second);
        assert_eq!(workspace.undo(None).unwrap().of, first);
        assert_eq!(project.text("a").unwrap(), "0");
        assert!(matches!(workspace.undo(None), Err(UndoError::Nothing("undo"))));
        assert_eq!(project.open().redo(None).unwrap().of, first);
        assert_eq!(project.open().redo(None).unwrap().of, second);
        assert_eq!(project.text("a").unwrap(), "2");
        assert_eq!(workspace.undo(None).unwrap().of, second);
        let expected = [
            ("undo", Status::Done),
            ("redo", Status::Done),
            ("redo", Status::Done),
            ("undo", Status::Done),
            ("undo", Status::Done),
            ("landing", Status::Undone),
            ("landing", Status::Done),
        ];
        assert_eq!(shown(&workspace), expected.map(|(kind, status)| (kind.to_owned(), status)));
    }

    #[test]
    fn an_operation_is_undone_by_the_first_digits_of_its_name() {
        let project = Project::new(&[("a", "0"), ("b", "0")]);
        let workspace = project.open();
        let first = land(&workspace, &[("a", Some("1"))]).unwrap();
        land(&workspace, &[("b", Some("1"))]).unwrap();
        assert_eq!(workspace.undo(Some(&first[..7])).unwrap().of, first);
        assert_eq!(texts(&project), (Some("0".into()), Some("1".into())));
        assert!(matches!(workspace.undo(Some(&first)), Err(UndoError::AlreadyUndone(id)) if id == first));
        assert!(matches!(workspace.undo(Some("no such")), Err(UndoError::Unknown(_))));
        assert!(matches!(workspace.undo(Some("")), Err(UndoError::Unknown(_))));
        let undo = workspace.log(1).unwrap()[0].id.clone();
        assert!(matches!(workspace.undo(Some(&undo)), Err(UndoError::NotALanding(_))));
    }

    #[test]
    fn a_save_is_undone_only_by_name() {
        let project = Project::new(&[("a", "0")]);
        let workspace = project.open();
        let saved = workspace.save(&path("a"), b"1", Some(crate::text::Digest::of(b"0"))).unwrap();
        assert_eq!(saved, crate::text::Digest::of(b"1"));
        assert!(matches!(workspace.undo(None), Err(UndoError::Nothing(_))));
        let id = workspace.log(1).unwrap()[0].id.clone();
        workspace.undo(Some(&id)).unwrap();
        assert_eq!(project.text("a").unwrap(), "0");
        assert_eq!(workspace.redo(None).unwrap().of, id);
        assert_eq!(project.text("a").unwrap(), "1");
    }

    #[test]
    fn edits_made_since_are_kept_when_they_do_not_touch() {
        let project = Project::new(&[("a", "1\n2\n3\n4\n5\n"), ("b", "x")]);
        let workspace = project.open();
        land(&workspace, &[("a", Some("1\ntwo\n3\n4\n5\n")), ("b", Some("y"))]).unwrap();
        project.write("a", "0\n1\ntwo\n3\n4\nfive\n");
        let undone = workspace.undo(None).unwrap();
        assert!(undone.files[0].merged && !undone.files[1].merged);
        assert_eq!(texts(&project), (Some("0\n1\n2\n3\n4\nfive\n".into()), Some("x".into())));
        let redone = workspace.redo(None).unwrap();
        assert_eq!(texts(&project), (Some("0\n1\ntwo\n3\n4\nfive\n".into()), Some("y".into())));
        assert!(!redone.files[0].merged);
    }

    #[test]
    fn when_edits_touch_nothing_is_undone_and_the_files_are_named() {
        let project = Project::new(&[("a", "1\n2\n"), ("b", "x"), ("c", "gone")]);
        let workspace = project.open();
        let change = [("a", Some("1\ntwo\n")), ("b", Some("y")), ("c", None), ("new", Some("n"))];
        land(&workspace, &change).unwrap();
        project.write("a", "1\nTWO\n");
        project.write("c", "another");
        project.write("new", "n and more");
        let before = project.snapshot();
        let Err(UndoError::Conflict(files)) = workspace.undo(None) else { panic!("a conflict") };
        assert_eq!(files, ["a", "c", "new"].map(path));
        assert_eq!(project.snapshot(), before);
    }

    #[test]
    fn what_the_user_took_back_by_hand_is_no_conflict() {
        let project = Project::new(&[("a", "0"), ("b", "0")]);
        let workspace = project.open();
        land(&workspace, &[("a", Some("1")), ("b", Some("1"))]).unwrap();
        project.write("a", "0");
        workspace.undo(None).unwrap();
        assert_eq!(texts(&project), (Some("0".into()), Some("0".into())));
    }

    #[test]
    fn a_text_the_journal_has_lost_is_said_and_nothing_is_changed() {
        let project = Project::new(&[("a", "0"), ("b", "0")]);
        let workspace = project.open();
        land(&workspace, &[("a", Some("1")), ("b", Some("1"))]).unwrap();
        let blobs = project.state().join(workspace.id()).join("journal/blobs");
        std::fs::write(blobs.join(crate::text::Digest::of(b"0").to_string()), "damaged").unwrap();
        let refused = workspace.undo(None).unwrap_err();
        assert!(refused.to_string().contains("has lost the text"), "{refused}");
        assert_eq!(texts(&project), (Some("1".into()), Some("1".into())));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Land(Option<String>, Option<String>),
        Undo,
        Redo,
        Reopen,
    }

    fn step() -> impl Strategy<Value = Step> {
        let text = || proptest::option::weighted(0.8, "([ab]\n){0,3}[ab]?");
        prop_oneof![
            3 => (text(), text()).prop_map(|(a, b)| Step::Land(a, b)),
            3 => Just(Step::Undo),
            2 => Just(Step::Redo),
            1 => Just(Step::Reopen),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// With no edits by hand and no landing between an undo and its redo, undo and redo are a
        /// walk through the states that were.
        #[test]
        fn undo_and_redo_walk_through_the_states_that_were(steps in proptest::collection::vec(step(), 1..12)) {
            let project = Project::new(&[("a", "start\n")]);
            let mut workspace = project.open();
            let (mut past, mut future) = (vec![], vec![]);
            for step in steps {
                let now = texts(&project);
                match step {
                    Step::Land(a, b) if future.is_empty() && (&a, &b) != (&now.0, &now.1) => {
                        land(&workspace, &[("a", a.as_deref()), ("b", b.as_deref())]).unwrap();
                        past.push(now);
                        prop_assert_eq!(texts(&project), (a, b));
                    }
                    Step::Land(..) => {}
                    Step::Undo => {
                        prop_assert_eq!(workspace.undo(None).is_ok(), !past.is_empty());
                        if let Some(state) = past.pop() {
                            future.push(now);
                            prop_assert_eq!(texts(&project), state);
                        }
                    }
                    Step::Redo => {
                        prop_assert_eq!(workspace.redo(None).is_ok(), !future.is_empty());
                        if let Some(state) = future.pop() {
                            past.push(now);
                            prop_assert_eq!(texts(&project), state);
                        }
                    }
                    Step::Reopen => workspace = project.open(),
                }
            }
        }
    }
}
