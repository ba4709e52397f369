//! Back to all old, or on to all new: what follows an error in the middle of a landing, and what the
//! next start makes of one that was cut off. Everything here is decided from the record and the disk
//! alone, and every step may be repeated, so that a recovery may be killed as well. The stages are
//! explained in `landing`.

use std::os::fd::AsFd as _;
use std::path::PathBuf;

use super::error::{JournalError, PathProblem, WriteError};
use super::journal::{Name, Stage};
use super::landing::{Desk, Foreign, Standing, failed};
use super::record::{Entry, Record};
use super::tree::parent;
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

impl Desk<'_> {
    /// After an error before the commit point: nothing is in place, so only the staging goes.
    pub(super) fn abandon(&self, name: &Name, record: &Record, error: WriteError) -> WriteError {
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
    pub(super) fn retreat(&self, name: &Name, record: &Record, error: WriteError) -> WriteError {
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

    pub(super) fn pending(&self) -> Result<Vec<Name>, JournalError> {
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
        let temp = RepoPath::parse(&temp).map_err(PathProblem::from)?;
        Ok(self.tree.load(&temp)?.map(|text| text.digest))
    }
}
