//! All or nothing. A [`Desk`] is one process at work on a workspace: it holds the lock, completes or
//! takes back what an earlier process left unfinished, and commits operations:
//!
//! 1. the texts before and after are kept in the journal; a record names every file, both digests and
//!    the staged name (stage `staging`);
//! 2. folders are made, new texts staged beside their files and handed to the disk;
//! 3. the record becomes a `plan`: the commit point;
//! 4. each file is compared once more with the text it had, then replaced by one rename; folders are
//!    handed to the disk; the record becomes `op`.
//!
//! An error before 3 clears the staging; after 3 it moves the record to `back` and restores the kept
//! texts. Recovery after a crash does the same from the record alone: `staging` is cleared, a `plan`
//! is completed if every text is still at hand and taken back otherwise, `back` is taken back. Each
//! step may be repeated, so recovery may be killed too. A file that is neither as it was nor as it
//! was to be belongs to the user and is left alone.
//!
//! A rename gives a file a new inode: other hard links keep the old text, and access control lists
//! and extended attributes are not carried over.
//!
//! It knows nothing of hunks or reviews: texts in, texts out.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::FileType;

use super::error::{JournalError, ReadError, WriteError};
use super::journal::{Journal, Locked, Name, PATIENCE, Stage};
use super::pen::Pen;
use super::record::{Entry, Kind, Record, Stamp, Story, TempName};
use super::tree::{LIMIT, Loaded, Tree, parent};
use crate::text::{Digest, RepoPath};

/// What [`super::Workspace::recover`] found and did.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Serialize)]
pub struct Recovery {
    /// Interrupted operations that were completed.
    pub completed: Vec<String>,
    /// Interrupted operations that were taken back.
    pub taken_back: Vec<String>,
    /// Files of those that somebody changed in between; they were left as they are.
    pub left: Vec<RepoPath>,
    /// Records that this version cannot read; they were left alone.
    pub unreadable: Vec<PathBuf>,
}

/// One file of an operation. `before` is what lies on disk (read under the lock).
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) path: RepoPath,
    pub(super) before: Option<Loaded>,
    pub(super) after: Option<After>,
}

/// The text a file is to have.
#[derive(Clone, Debug)]
pub(super) struct After {
    pub(super) bytes: Arc<[u8]>,
    pub(super) digest: Digest,
    /// Permission bits; `None`: what the umask gives a new file.
    pub(super) mode: Option<u32>,
}

impl After {
    pub(super) fn new(bytes: Arc<[u8]>, mode: Option<u32>) -> Self {
        let digest = Digest::of(&bytes);
        Self { bytes, digest, mode }
    }
}

impl Target {
    fn changes(&self) -> bool {
        self.before.as_ref().map(|before| before.digest) != self.after.as_ref().map(|after| after.digest)
    }

    fn texts(&self) -> impl Iterator<Item = (Digest, &[u8])> {
        let before = self.before.iter().map(|before| (before.digest, &*before.bytes));
        before.chain(self.after.iter().map(|after| (after.digest, &*after.bytes)))
    }

    fn entry(&self) -> Entry {
        let before = self.before.as_ref();
        let after = self.after.as_ref();
        Entry {
            path: self.path.clone(),
            before: before.map(|text| Stamp { digest: text.digest, mode: Some(text.mode) }),
            after: after.map(|text| Stamp { digest: text.digest, mode: text.mode }),
            temp: TempName::fresh(),
        }
    }
}

/// What an operation is, besides its files.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    pub(super) story: Option<Story>,
    /// Folders to remove if they are empty afterwards, innermost first.
    pub(super) vacates: Vec<RepoPath>,
}

/// What lies at an entry's path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Old,
    New,
    /// Neither: the user's.
    Foreign,
}

/// What to do about a file that is neither old nor new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Foreign {
    Refuse,
    Leave,
}

/// One process at work on a workspace; see the top of the file.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    tree: &'a Tree,
    journal: Locked<'a>,
}

impl<'a> Desk<'a> {
    /// Takes the lock; nothing else.
    pub(super) fn take(
        tree: &'a Tree,
        journal: &'a Journal,
        patience: Duration,
    ) -> Result<Self, JournalError> {
        Ok(Self { tree, journal: journal.lock(patience)? })
    }

    /// Takes the lock and settles what was left unfinished, or refuses to work beside it.
    pub(super) fn ready(tree: &'a Tree, journal: &'a Journal) -> Result<Self, JournalError> {
        let desk = Self::take(tree, journal, PATIENCE)?;
        let pending = desk.pending()?;
        pending.iter().try_for_each(|name| desk.journal().record(name).map(drop))?;
        if !pending.is_empty() {
            desk.recover()?;
        }
        Ok(desk)
    }

    pub(super) fn tree(&self) -> &Tree {
        self.tree
    }

    pub(super) fn journal(&self) -> &Journal {
        self.journal.journal()
    }

    fn pen(&self) -> &Pen {
        self.journal.pen()
    }

    /// Makes every target so, or none. Returns the operation's id.
    pub(super) fn commit(&self, operation: Operation, targets: Vec<Target>) -> Result<String, WriteError> {
        let targets: Vec<Target> = targets.into_iter().filter(Target::changes).collect();
        targets.iter().try_for_each(|target| self.permit(target))?;
        let name = self.journal.next_name()?;
        let record = Record {
            id: name.id.clone(),
            time: now(),
            kind: operation.kind,
            story: operation.story,
            files: targets.iter().map(Target::entry).collect(),
            makes: self.missing_folders(&targets)?,
            vacates: operation.vacates,
        };
        self.journal.keep(targets.iter().flat_map(Target::texts))?;
        if let Err(error) = self.prepare(&name, &record, &targets) {
            return Err(self.abandon(&name, &record, error));
        }
        if let Err(error) = self.land(&record, Foreign::Refuse) {
            return Err(self.retreat(&name, &record, error));
        }
        // All files are new and on the disk. Should this fail, the next start finds a plan that is
        // carried out and only renames it.
        let _ = self.journal.advance(&name.at(Stage::Plan), Stage::Done, false);
        Ok(record.id)
    }

    /// Refuses what may not be written, before anything is.
    fn permit(&self, target: &Target) -> Result<(), WriteError> {
        let path = &target.path;
        if self.journal().owns(&self.tree.path().join(path.as_str())) {
            return Err(WriteError::Own(path.clone()));
        }
        if target.before.as_ref().is_some_and(|before| !self.tree.writable(path, before.mode)) {
            return Err(WriteError::ReadOnly(path.clone()));
        }
        // What could not be read back could not be recovered.
        let bytes = target.after.as_ref().map_or(0, |after| after.bytes.len() as u64);
        if bytes > LIMIT {
            return Err(ReadError::TooLarge { path: path.clone(), bytes, limit: LIMIT }.into());
        }
        Ok(())
    }

    /// The folders that the new files need and that are not there, outermost first.
    fn missing_folders(&self, targets: &[Target]) -> Result<Vec<RepoPath>, WriteError> {
        let mut missing = BTreeSet::new();
        for target in targets.iter().filter(|target| target.after.is_some()) {
            for folder in std::iter::successors(parent(&target.path), parent) {
                match self.tree.stat(&folder)? {
                    None => missing.insert(folder),
                    Some(stat) if FileType::from_raw_mode(stat.st_mode).is_dir() => break,
                    Some(_) => {
                        let source = io::ErrorKind::NotADirectory.into();
                        return Err(failed("make the folder", &folder, source));
                    }
                };
            }
        }
        Ok(missing.into_iter().collect())
    }

    /// Up to and including the commit point.
    fn prepare(&self, name: &Name, record: &Record, targets: &[Target]) -> Result<(), WriteError> {
        self.journal.file(name, record)?;
        record.makes.iter().try_for_each(|folder| self.make(folder))?;
        for (entry, target) in record.files.iter().zip(targets) {
            if let Some(after) = &target.after {
                self.stage(entry, &after.bytes, after.mode)?;
            }
        }
        Ok(self.journal.advance(name, Stage::Plan, true)?)
    }

    fn make(&self, folder: &RepoPath) -> Result<(), WriteError> {
        let within = self.tree.folder_of(folder)?.ok_or_else(|| WriteError::Changed(folder.clone()))?;
        let made = self.pen().make_folder(within.as_fd(), folder.file_name(), 0o777);
        made.map_err(|source| failed("make the folder", folder, source))
    }

    /// Writes the text an entry's file is to have beside it, with the owner of what is there now.
    fn stage(&self, entry: &Entry, bytes: &[u8], mode: Option<u32>) -> Result<(), WriteError> {
        let folder = self.folder_of(entry)?;
        let there = self.tree.stat(&entry.path)?;
        let stage = || {
            let pen = self.pen();
            // Until it has its own mode, a text that may be private is.
            let at_first = if mode.is_some() { 0o600 } else { 0o666 };
            let mut file = pen.create(folder.as_fd(), entry.temp.as_str(), at_first)?;
            pen.write(&mut file, bytes)?;
            if let Some(there) = &there {
                pen.match_owner(&file, there)?;
            }
            if let Some(mode) = mode {
                pen.set_mode(&file, mode)?;
            }
            pen.sync(&file)
        };
        stage().map_err(|source| failed("stage the new text of", &entry.path, source))
    }

    /// Puts every new text in its place. What is in place already is left so.
    fn land(&self, record: &Record, foreign: Foreign) -> Result<(), WriteError> {
        for entry in &record.files {
            match self.standing(entry)? {
                Standing::New => {}
                Standing::Old => self.swap(entry)?,
                Standing::Foreign if foreign == Foreign::Leave => {}
                Standing::Foreign => return Err(WriteError::Changed(entry.path.clone())),
            }
        }
        for folder in &record.vacates {
            self.vacate(folder)?;
        }
        self.sync_folders(record)
    }

    fn swap(&self, entry: &Entry) -> Result<(), WriteError> {
        let folder = self.folder_of(entry)?;
        let (temp, name) = (entry.temp.as_str(), entry.path.file_name());
        let swapped = match (entry.before, entry.after) {
            (None, _) => self.pen().rename_new(folder.as_fd(), temp, name),
            (Some(_), Some(_)) => self.pen().replace(folder.as_fd(), temp, name),
            (Some(_), None) => self.pen().remove(folder.as_fd(), name),
        };
        swapped.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => WriteError::Changed(entry.path.clone()),
            _ => failed("replace", &entry.path, source),
        })
    }

    fn vacate(&self, folder: &RepoPath) -> Result<(), WriteError> {
        let Some(within) = self.tree.folder_of(folder)? else { return Ok(()) };
        let removed = self.pen().remove_folder_if_empty(within.as_fd(), folder.file_name());
        removed.map_err(|source| failed("remove the folder", folder, source))
    }

    /// Hands the names in every folder concerned to the disk.
    fn sync_folders(&self, record: &Record) -> Result<(), WriteError> {
        let files = record.files.iter().map(|entry| parent(&entry.path));
        let folders = record.makes.iter().chain(&record.vacates).map(parent);
        for folder in files.chain(folders).collect::<BTreeSet<_>>() {
            let Some(open) = self.tree.folder(folder.as_ref())? else { continue };
            let at = folder.as_ref().or_else(|| record.files.first().map(|entry| &entry.path));
            if let (Err(source), Some(at)) = (self.pen().sync(&open), at) {
                return Err(failed("hand to the disk", at, source));
            }
        }
        Ok(())
    }

    /// After an error before the commit point: nothing is in place, so only the staging goes.
    fn abandon(&self, name: &Name, record: &Record, error: WriteError) -> WriteError {
        // The record may have become a plan although the disk was not told; it must not be completed
        // by a later start.
        let plan = name.at(Stage::Plan);
        let unplanned = if self.journal().path(&plan).exists() {
            self.journal.advance(&plan, Stage::Back, false)
        } else {
            Ok(())
        };
        let cleared = unplanned.map_err(WriteError::from).and_then(|()| self.clear(name, record));
        if cleared.is_ok() { error } else { WriteError::Unfinished(Box::new(error)) }
    }

    /// After an error past the commit point.
    fn retreat(&self, name: &Name, record: &Record, error: WriteError) -> WriteError {
        let back = self.journal.advance(&name.at(Stage::Plan), Stage::Back, true);
        let done = back.map_err(WriteError::from).and_then(|()| self.take_back(name, record));
        if done.is_ok() { error } else { WriteError::Unfinished(Box::new(error)) }
    }

    /// Restores every file that is new, then clears. The record is at `back`.
    fn take_back(&self, name: &Name, record: &Record) -> Result<(), WriteError> {
        for entry in record.files.iter().rev() {
            if self.standing(entry)? == Standing::New {
                self.restore(entry)?;
            }
        }
        self.sync_folders(record)?;
        self.clear(name, record)
    }

    fn restore(&self, entry: &Entry) -> Result<(), WriteError> {
        let Some(before) = entry.before else {
            let folder = self.folder_of(entry)?;
            let removed = self.pen().remove(folder.as_fd(), entry.path.file_name());
            return removed.map_err(|source| failed("remove", &entry.path, source));
        };
        let text = self.journal().text(before.digest)?;
        let folders: Vec<_> = std::iter::successors(parent(&entry.path), parent).collect();
        folders.iter().rev().try_for_each(|folder| self.make(folder))?;
        self.remove_staged(entry)?;
        self.stage(entry, &text, before.mode)?;
        let folder = self.folder_of(entry)?;
        let (temp, name) = (entry.temp.as_str(), entry.path.file_name());
        let restored = match entry.after {
            Some(_) => self.pen().replace(folder.as_fd(), temp, name),
            None => self.pen().rename_new(folder.as_fd(), temp, name),
        };
        restored.map_err(|source| failed("restore", &entry.path, source))
    }

    /// Removes the staging, then the record.
    fn clear(&self, name: &Name, record: &Record) -> Result<(), WriteError> {
        record.files.iter().try_for_each(|entry| self.remove_staged(entry))?;
        record.makes.iter().rev().try_for_each(|folder| self.vacate(folder))?;
        Ok(self.journal.withdraw(name)?)
    }

    fn remove_staged(&self, entry: &Entry) -> Result<(), WriteError> {
        let Some(folder) = self.tree.folder_of(&entry.path)? else { return Ok(()) };
        let removed = self.pen().remove(folder.as_fd(), entry.temp.as_str());
        removed.map_err(|source| failed("clear the staging of", &entry.path, source))
    }

    fn standing(&self, entry: &Entry) -> Result<Standing, WriteError> {
        let there = match self.tree.load(&entry.path) {
            Ok(there) => there.map(|text| text.digest),
            Err(error @ (ReadError::Io { .. } | ReadError::Root { .. })) => return Err(error.into()),
            // A folder, a link, a fifo, something huge: not ours.
            Err(_) => return Ok(Standing::Foreign),
        };
        Ok(match there {
            there if there == entry.digest_after() => Standing::New,
            there if there == entry.digest_before() => Standing::Old,
            _ => Standing::Foreign,
        })
    }

    fn folder_of(&self, entry: &Entry) -> Result<OwnedFd, WriteError> {
        self.tree.folder_of(&entry.path)?.ok_or_else(|| WriteError::Changed(entry.path.clone()))
    }

    fn pending(&self) -> Result<Vec<Name>, JournalError> {
        let names = self.journal().names()?;
        Ok(names.into_iter().filter(|name| name.stage != Stage::Done).collect())
    }

    /// Completes or takes back whatever was interrupted.
    pub(super) fn recover(&self) -> Result<Recovery, JournalError> {
        let mut recovery = Recovery::default();
        for name in self.pending()? {
            match self.journal().record(&name) {
                Ok(record) => self
                    .settle(&name, &record, &mut recovery)
                    .map_err(|error| JournalError::Recovery(Box::new(error)))?,
                Err(JournalError::Unreadable { path, .. }) => recovery.unreadable.push(path),
                Err(other) => return Err(other),
            }
        }
        self.journal.sweep()?;
        Ok(recovery)
    }

    fn settle(&self, name: &Name, record: &Record, recovery: &mut Recovery) -> Result<(), WriteError> {
        if name.stage == Stage::Staging {
            recovery.taken_back.push(record.id.clone());
            return self.clear(name, record);
        }
        for entry in &record.files {
            if self.standing(entry)? == Standing::Foreign {
                recovery.left.push(entry.path.clone());
            }
        }
        if name.stage == Stage::Plan && self.can_complete(record)? {
            recovery.completed.push(record.id.clone());
            self.land(record, Foreign::Leave)?;
            return Ok(self.journal.advance(name, Stage::Done, true)?);
        }
        if name.stage == Stage::Plan {
            self.journal.advance(name, Stage::Back, true)?;
        }
        recovery.taken_back.push(record.id.clone());
        self.take_back(name, record)
    }

    /// Is every file in place or ready to be put there? One that is the user's is no hindrance when
    /// it had been put in place before they changed it.
    fn can_complete(&self, record: &Record) -> Result<bool, WriteError> {
        for entry in &record.files {
            let ready = match self.standing(entry)? {
                Standing::New => true,
                Standing::Old => entry.after.is_none() || self.staged(entry)? == entry.digest_after(),
                Standing::Foreign => entry.after.is_some() && self.staged(entry)?.is_none(),
            };
            if !ready {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The digest of what is staged for an entry.
    fn staged(&self, entry: &Entry) -> Result<Option<Digest>, WriteError> {
        let temp = match parent(&entry.path) {
            Some(folder) => format!("{folder}/{}", entry.temp.as_str()),
            None => entry.temp.as_str().to_owned(),
        };
        let temp = RepoPath::parse(&temp).map_err(super::PathProblem::from)?;
        Ok(self.tree.load(&temp)?.map(|text| text.digest))
    }
}

/// To the second: people read it.
fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

fn failed(doing: &'static str, path: &RepoPath, source: io::Error) -> WriteError {
    WriteError::Io { doing, path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    //! The laws about crashes, tried at every call that changes the disk.

    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::fixture::{Project, Snapshot, land};
    use super::super::pen::faults::Fault;
    use super::super::{JournalError, StateDirs, UndoError, Workspace, WriteError};

    const BEFORE: [(&str, &str); 5] = [
        ("a.txt", "old a\n"),
        ("src/b.sh*", "old b\n"),
        ("src/gone.txt", "old gone\n"),
        ("src/other.txt", "untouched"),
        ("z.txt", "old z"),
    ];

    const CHANGE: [(&str, Option<&str>); 5] = [
        ("a.txt", Some("new a\n")),
        ("src/b.sh", Some("new b\n")),
        ("src/gone.txt", None),
        ("made/deep/new.txt", Some("new\n")),
        ("z.txt", Some("")),
    ];

    fn states() -> (Snapshot, Snapshot, usize) {
        let project = Project::new(&BEFORE);
        let old = project.snapshot();
        let (workspace, faults) = project.open_faulty();
        land(&workspace, &CHANGE).unwrap();
        (old, project.snapshot(), faults.calls())
    }

    #[track_caller]
    fn assert_settled(project: &Project, old: &Snapshot, new: &Snapshot, what: &str) -> bool {
        let now = project.snapshot();
        assert!(now == *old || now == *new, "{what}: neither all old nor all new: {now:#?}");
        assert_eq!(project.unfinished(), Vec::<String>::new(), "{what}: litter");
        now == *new
    }

    #[test]
    fn killed_at_any_call_a_landing_is_all_old_or_all_new_after_the_next_start() {
        let (old, new, calls) = states();
        let mut outcomes = [0, 0];
        for at in 1..=calls {
            let project = Project::new(&BEFORE);
            let (workspace, faults) = project.open_faulty();
            faults.set(at, Fault::Kill);
            let _ = land(&workspace, &CHANGE);
            drop(workspace);
            let recovered = project.open();
            recovered.recover().unwrap();
            let is_new = assert_settled(&project, &old, &new, &format!("killed at {at}"));
            outcomes[usize::from(is_new)] += 1;
            assert_eq!(
                recovered.log(9).unwrap().len(),
                usize::from(is_new),
                "the journal says what happened"
            );
        }
        assert!(outcomes[0] > 10 && outcomes[1] > 5, "both ends are reached: {outcomes:?}");
    }

    #[test]
    fn a_recovery_that_is_killed_at_any_call_is_finished_by_the_next() {
        let (old, new, calls) = states();
        for at in (1..=calls).step_by(3) {
            for again in 1.. {
                let project = Project::new(&BEFORE);
                let (workspace, faults) = project.open_faulty();
                faults.set(at, Fault::Kill);
                let _ = land(&workspace, &CHANGE);
                let (workspace, faults) = project.open_unsettled();
                faults.set(again, Fault::Kill);
                let _ = workspace.recover();
                let done = faults.calls() < again;
                project.open().recover().unwrap();
                assert_settled(&project, &old, &new, &format!("killed at {at}, then at {again}"));
                if done {
                    break;
                }
            }
        }
    }

    #[test]
    fn an_io_error_at_any_call_is_told_and_leaves_all_old_or_all_new() {
        let (old, new, calls) = states();
        for fault in [Fault::Once, Fault::Full] {
            for at in 1..=calls {
                let project = Project::new(&BEFORE);
                let (workspace, faults) = project.open_faulty();
                faults.set(at, fault);
                let landed = land(&workspace, &CHANGE);
                let what = format!("{fault:?} at {at}: {landed:?}");
                if !matches!(landed, Err(WriteError::Unfinished(_))) {
                    let now = project.snapshot();
                    assert_eq!(now, if landed.is_ok() { new.clone() } else { old.clone() }, "{what}");
                }
                drop(workspace);
                let workspace = project.open();
                let is_new = assert_settled(&project, &old, &new, &what);
                assert_eq!(is_new, landed.is_ok(), "{what}");
                land(&workspace, &CHANGE).unwrap();
                assert_eq!(project.snapshot(), new, "{what}: the next landing works");
            }
        }
    }

    #[test]
    fn an_undo_killed_at_any_call_is_all_undone_or_not_at_all() {
        let (old, new, _) = states();
        for at in 1.. {
            let project = Project::new(&BEFORE);
            let (workspace, faults) = project.open_faulty();
            land(&workspace, &CHANGE).unwrap();
            faults.set(at, Fault::Kill);
            let undone = workspace.undo(None);
            let calls = faults.calls();
            project.open().recover().unwrap();
            let is_new = assert_settled(&project, &old, &new, &format!("undo killed at {at}"));
            if calls < at {
                assert!(undone.is_ok() && !is_new);
                break;
            }
        }
    }

    #[test]
    fn a_line_typed_between_crash_and_recovery_survives() {
        let (_, _, calls) = states();
        for at in 1..=calls {
            let project = Project::new(&BEFORE);
            let (workspace, faults) = project.open_faulty();
            faults.set(at, Fault::Kill);
            let _ = land(&workspace, &CHANGE);
            let typed = project.text("a.txt").unwrap() + "typed by the user\n";
            project.write("a.txt", &typed);
            project.open().recover().unwrap();
            assert_eq!(project.text("a.txt").as_ref(), Some(&typed), "killed at {at}");
            // The rest follows the version the user's line was added to.
            let expected = if typed.starts_with("new") { "new b\n" } else { "old b\n" };
            assert_eq!(project.text("src/b.sh").unwrap(), expected, "killed at {at}");
            assert!(project.unfinished().is_empty(), "killed at {at}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_alone_and_nothing_is_written_beside_it() {
        let project = Project::new(&BEFORE);
        let workspace = project.open();
        let id = land(&workspace, &[("a.txt", Some("one\n"))]).unwrap();
        land(&workspace, &[("a.txt", Some("two\n"))]).unwrap();
        let ops = project.state().join(workspace.id()).join("journal/ops");
        let newest = ops.join(format!("0000000002-{}.op", workspace.log(1).unwrap()[0].id));
        std::fs::write(&newest, "damaged").unwrap();
        assert_eq!(workspace.recover().unwrap().unreadable, std::slice::from_ref(&newest));
        assert_eq!(workspace.log(9).unwrap()[0].id, id, "the others are still there");
        assert!(
            matches!(workspace.undo(None), Err(UndoError::Conflict(_))),
            "the file is not as it was left"
        );
        assert_eq!(std::fs::read(&newest).unwrap(), b"damaged");

        let pending = ops.join("0000000003-00000000.plan");
        std::fs::rename(&newest, &pending).unwrap();
        let workspace = project.open();
        let refused = land(&workspace, &[("a.txt", Some("three\n"))]).unwrap_err();
        assert!(refused.to_string().contains("00000000.plan"), "{refused}");
        assert_eq!(project.text("a.txt").unwrap(), "two\n");
        assert!(pending.exists());
    }

    #[test]
    fn a_read_only_file_is_refused_and_so_is_everything_with_it() {
        let project = Project::new(&BEFORE);
        project.chmod("z.txt", 0o444);
        let old = project.snapshot();
        let refused = land(&project.open(), &CHANGE).unwrap_err();
        assert!(matches!(refused, WriteError::ReadOnly(_)), "{refused}");
        assert_eq!(project.snapshot(), old);
    }

    #[test]
    fn a_file_where_a_folder_is_needed_is_refused() {
        let project = Project::new(&BEFORE);
        let old = project.snapshot();
        let refused = land(&project.open(), &[("a.txt/x", Some("x"))]).unwrap_err();
        assert!(refused.to_string().contains("a.txt"), "{refused}");
        assert_eq!(project.snapshot(), old);
    }

    #[test]
    fn a_second_process_waits_and_then_says_who_writes() {
        let project = Project::new(&BEFORE);
        let workspace = project.open();
        let held = workspace.inner.journal.lock(Duration::ZERO).unwrap();
        let other: Workspace = project.open();
        let refused = other.inner.journal.lock(Duration::ZERO).unwrap_err();
        assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");
        drop(held);
        land(&other, &CHANGE).unwrap();
    }

    #[test]
    fn reins_own_state_is_no_file_of_a_project_around_it() {
        let project = Project::new(&BEFORE);
        let state = StateDirs { state: project.root().join(".local/state/rein") };
        let workspace = Workspace::open(&project.root(), state).unwrap();
        let inside = ".local/state/rein/other/journal/ops/0000000001-00000000.op";
        let refused = land(&workspace, &[("a.txt", Some("x")), (inside, Some("y"))]).unwrap_err();
        assert!(matches!(refused, WriteError::Own(_)), "{refused}");
        assert_eq!(project.text("a.txt").unwrap(), "old a\n");
    }

    #[test]
    fn what_rein_keeps_is_for_the_users_eyes_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let project = Project::new(&BEFORE);
        land(&project.open(), &CHANGE).unwrap();
        let mut folders = vec![project.state()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
                let is_folder = entry.file_type().unwrap().is_dir();
                assert_eq!(mode, if is_folder { 0o700 } else { 0o600 }, "{:?}", entry.path());
                folders.extend(is_folder.then(|| entry.path()));
            }
        }
    }

    #[test]
    fn two_processes_that_land_at_once_take_turns() {
        let project = Project::new(&[("a", "0"), ("b", "0")]);
        std::thread::scope(|scope| {
            for name in ["a", "b"] {
                let workspace = project.open();
                scope.spawn(move || {
                    for text in ["1", "2", "3", "4", "5"] {
                        // On a busy machine patience may end; then one asks again.
                        while let Err(refused) = land(&workspace, &[(name, Some(text))]) {
                            let locked = matches!(refused, WriteError::Journal(JournalError::Locked(_)));
                            assert!(locked, "{refused}");
                        }
                    }
                });
            }
        });
        assert_eq!((project.text("a").unwrap(), project.text("b").unwrap()), ("5".into(), "5".into()));
        assert_eq!(project.open().log(99).unwrap().len(), 10);
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// Both files get a new first line; killed at this call, if any.
        Land(Option<usize>),
        Undo(Option<usize>),
        Redo,
        /// The user adds a line to the end of a file.
        Type(&'static str),
        Reopen,
    }

    fn step() -> impl Strategy<Value = Step> {
        let kill = || proptest::option::of(1usize..60);
        prop_oneof![
            4 => kill().prop_map(Step::Land),
            3 => kill().prop_map(Step::Undo),
            1 => Just(Step::Redo),
            4 => prop_oneof![Just("a"), Just("b")].prop_map(Step::Type),
            2 => Just(Step::Reopen),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn whatever_is_landed_undone_and_killed_no_line_the_user_typed_is_lost(
            steps in proptest::collection::vec(step(), 1..16)
        ) {
            let project = Project::new(&[("a", "0\n2\n3\n"), ("b", "0\n2\n3\n")]);
            let (mut workspace, mut faults) = project.open_faulty();
            let mut typed = vec![];
            for (number, step) in steps.into_iter().enumerate() {
                let kill = match step {
                    Step::Land(kill) | Step::Undo(kill) => kill,
                    _ => None,
                };
                faults.set(kill.unwrap_or(usize::MAX), Fault::Kill);
                match step {
                    Step::Land(_) => {
                        let first = |name| {
                            let text = project.text(name).unwrap();
                            format!("{number}\n{}", text.split_once('\n').unwrap().1)
                        };
                        let (a, b) = (first("a"), first("b"));
                        let _ = land(&workspace, &[("a", Some(&a)), ("b", Some(&b))]);
                    }
                    Step::Undo(_) => drop(workspace.undo(None)),
                    Step::Redo => drop(workspace.redo()),
                    Step::Type(name) => {
                        let line = format!("typed {number}\n");
                        project.write(name, project.text(name).unwrap() + &line);
                        typed.push((name, line));
                    }
                    Step::Reopen => {}
                }
                // After a kill the user may type before the next start, and half of the time does.
                let killed = kill.is_some_and(|at| faults.calls() >= at);
                if killed && number % 2 == 0 {
                    let line = format!("typed after a crash {number}\n");
                    project.write("a", project.text("a").unwrap() + &line);
                    typed.push(("a", line));
                }
                if killed || matches!(step, Step::Reopen) {
                    (workspace, faults) = project.open_faulty();
                }
                let (a, b) = (project.text("a").unwrap(), project.text("b").unwrap());
                prop_assert_eq!(a.lines().next(), b.lines().next(), "both or none");
                for (name, line) in &typed {
                    prop_assert!(project.text(name).unwrap().contains(line), "{} lost {:?}", name, line);
                }
            }
        }
    }
}
