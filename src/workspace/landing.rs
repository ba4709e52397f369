//! All or nothing. A [`Desk`] is one process at work on a workspace: it holds the lock, completes or
//! takes back what an earlier process left unfinished, and commits operations:
//!
//! 1. the texts before and after are kept in the journal; a record names every file, both digests and
//!    the staged name (stage `staging`);
//! 2. folders are made, new texts staged beside their files and handed to the disk;
//! 3. the record becomes a `plan`: the commit point;
//! 4. each file is compared once more with the text it had, then changes places with the new text
//!    (`swap`); folders are handed to the disk; the record becomes `op`.
//!
//! An error before 3 clears the staging; after 3 it moves the record to `back` and restores the kept
//! texts. After a crash `recovery` does the same from the record alone: `staging` is cleared, a `plan`
//! is completed if every text is still at hand and taken back otherwise, `back` is taken back. Each
//! step may be repeated, so recovery may be killed too. A file that is neither as it was nor as it
//! was to be belongs to the user and is left alone.
//!
//! A rename gives a file a new inode: other hard links keep the old text. Owner, permissions, access
//! control lists and the user's extended attributes go along (`attributes`).
//!
//! It knows nothing of hunks or reviews: texts in, texts out.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::FileType;

use super::attributes;
use super::error::{JournalError, ReadError, WriteError};
use super::journal::{AT_ONCE, Journal, Locked, Name, PATIENCE, Stage};
use super::pen::Pen;
use super::prune::{self, KEPT, PRUNE_EVERY};
use super::record::{Entry, Kind, Record, Stamp, Story, TempName};
use super::swap::Incoming;
use super::tree::{LIMIT, Loaded, Tree, parent};
use crate::text::{Digest, RepoPath};

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
    /// Without permission bits: the new file may be run.
    pub(super) executable: bool,
}

/// What a file that is written may be used for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Permissions {
    Exactly(u32),
    /// As new files are: these bits, cut by the umask.
    Fresh(u32),
}

impl Permissions {
    /// As they are recorded.
    pub(super) fn of(mode: Option<u32>) -> Self {
        mode.map_or(Self::Fresh(0o666), Self::Exactly)
    }
}

impl After {
    fn permissions(&self) -> Permissions {
        match self.mode {
            None if self.executable => Permissions::Fresh(0o777),
            mode => Permissions::of(mode),
        }
    }

    pub(super) fn new(bytes: Arc<[u8]>, mode: Option<u32>) -> Self {
        let digest = Digest::of(&bytes);
        Self { bytes, digest, mode, executable: false }
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
pub(super) enum Standing {
    Old,
    New,
    /// Neither: the user's.
    Foreign,
}

/// What to do about a file that is neither old nor new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Foreign {
    Refuse,
    Leave,
}

/// One process at work on a workspace; see the top of the file.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    pub(super) tree: &'a Tree,
    pub(super) journal: Locked<'a>,
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
        let pending = desk.journal().pending()?;
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

    pub(super) fn pen(&self) -> &Pen {
        self.journal.pen()
    }

    /// Makes every target so, or none. Returns the operation's id.
    pub(super) fn commit(&self, operation: Operation, targets: Vec<Target>) -> Result<String, WriteError> {
        let targets: Vec<Target> = targets.into_iter().filter(Target::changes).collect();
        let own = self.journal().own();
        targets.iter().try_for_each(|target| self.permit(target, &own))?;
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
        self.journal().note_done(&name);
        // All files are new and on the disk. Should this fail, the next start finds a plan that is
        // carried out and only renames it.
        let _ = self.journal.advance(&name.at(Stage::Plan), Stage::Done, false);
        if name.number % PRUNE_EVERY == 0 {
            // The change has landed; what could not be pruned now will be another time.
            let _ = prune::prune(&self.journal, KEPT, record.time);
        }
        Ok(record.id)
    }

    /// Refuses what may not be written, before anything is. `own`: where rein's own state lies.
    fn permit(&self, target: &Target, own: &[PathBuf]) -> Result<(), WriteError> {
        let path = &target.path;
        let place = self.tree.path().join(path.as_str());
        if own.iter().any(|own| place.starts_with(own)) {
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
        let news = record.files.iter().zip(targets);
        let news: Vec<_> = news.filter_map(|(entry, target)| Some((entry, target.after.as_ref()?))).collect();
        news.chunks(AT_ONCE).try_for_each(|some| self.stage_all(some))?;
        Ok(self.journal.advance(name, Stage::Plan, true)?)
    }

    pub(super) fn make(&self, folder: &RepoPath) -> Result<(), WriteError> {
        let within = self.tree.folder_of(folder)?.ok_or_else(|| WriteError::Changed(folder.clone()))?;
        let made = self.pen().make_folder(within.as_fd(), folder.file_name(), 0o777);
        made.map_err(|source| failed("make the folder", folder, source))
    }

    /// Stages several texts, handed to the disk.
    fn stage_all(&self, news: &[(&Entry, &After)]) -> Result<(), WriteError> {
        let stage = |(entry, after): &(&Entry, &After)| {
            self.stage(entry, &entry.temp, &after.bytes, after.permissions())
        };
        let files = news.iter().map(stage).collect::<Result<Vec<File>, _>>()?;
        let Some((first, _)) = news.first() else { return Ok(()) };
        let synced = self.pen().sync_all(&files);
        synced.map_err(|source| failed("stage the new text of", &first.path, source))
    }

    /// Writes the text an entry's file is to have beside it, with everything but the text taken from
    /// what is there now. The disk does not have it yet.
    pub(super) fn stage(
        &self,
        entry: &Entry,
        temp: &TempName,
        bytes: &[u8],
        permissions: Permissions,
    ) -> Result<File, WriteError> {
        let folder = self.folder_of(entry)?;
        let there = self.tree.handle(&entry.path)?;
        let stage = || {
            let pen = self.pen();
            // Until it has its own mode, a text that may be private is.
            let (at_first, mode) = match permissions {
                Permissions::Exactly(mode) => (0o600, Some(mode)),
                Permissions::Fresh(mode) => (mode, None),
            };
            let mut file = pen.create(folder.as_fd(), temp.as_str(), at_first)?;
            pen.write(&mut file, bytes)?;
            if let Some(there) = &there {
                pen.match_owner(&file, &rustix::fs::fstat(there)?)?;
            }
            if let Some(mode) = mode {
                pen.set_mode(&file, mode)?;
            }
            if let Some(there) = &there {
                attributes::carry_over(pen, there, &file)?;
            }
            Ok(file)
        };
        stage().map_err(|source| failed("stage the new text of", &entry.path, source))
    }

    /// Puts every new text in its place. What is in place already is left so.
    pub(super) fn land(&self, record: &Record, foreign: Foreign) -> Result<(), WriteError> {
        for entry in &record.files {
            match (self.standing(entry)?, foreign) {
                (Standing::Old, _) => match (self.put(entry), foreign) {
                    (Err(WriteError::Changed(_)), Foreign::Leave) => {}
                    (put, _) => put?,
                },
                (Standing::Foreign, Foreign::Refuse) => return Err(WriteError::Changed(entry.path.clone())),
                // What was put in place before a crash may have left the old text beside it.
                (Standing::New, _) | (Standing::Foreign, Foreign::Leave) => self.remove_staged(entry)?,
            }
        }
        for folder in &record.vacates {
            self.vacate(folder)?;
        }
        self.sync_folders(record)
    }

    fn put(&self, entry: &Entry) -> Result<(), WriteError> {
        let comes = if entry.after.is_some() { Incoming::Staged } else { Incoming::Nothing };
        self.swap(entry, entry.digest_before(), comes)
    }

    pub(super) fn vacate(&self, folder: &RepoPath) -> Result<(), WriteError> {
        let Some(within) = self.tree.folder_of(folder)? else { return Ok(()) };
        let removed = self.pen().remove_folder_if_empty(within.as_fd(), folder.file_name());
        removed.map_err(|source| failed("remove the folder", folder, source))
    }

    /// Hands the names in every folder concerned to the disk.
    pub(super) fn sync_folders(&self, record: &Record) -> Result<(), WriteError> {
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

    pub(super) fn standing(&self, entry: &Entry) -> Result<Standing, WriteError> {
        let there = self.lying(&entry.path)?;
        Ok(match there {
            there if there.is(entry.digest_after()) => Standing::New,
            there if there.is(entry.digest_before()) => Standing::Old,
            _ => Standing::Foreign,
        })
    }

    pub(super) fn folder_of(&self, entry: &Entry) -> Result<OwnedFd, WriteError> {
        self.tree.folder_of(&entry.path)?.ok_or_else(|| WriteError::Changed(entry.path.clone()))
    }
}

/// To the second: people read it.
fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

pub(super) fn failed(doing: &'static str, path: &RepoPath, source: io::Error) -> WriteError {
    WriteError::Io { doing, path: path.clone(), source }
}
