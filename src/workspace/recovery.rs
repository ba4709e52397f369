//! Back to all old, or on to all new: what follows an error in the middle of a landing, and what the
//! next start makes of one that was cut off. Everything here is decided from the record and the disk
//! alone, and every step may be repeated, so that a recovery may be killed as well. The stages are
//! explained in `landing`.

use std::os::fd::AsFd as _;
use std::path::PathBuf;

use super::error::{JournalError, WriteError};
use super::journal::{Name, Stage};
use super::landing::{Desk, Foreign, Permissions, Standing, failed};
use super::record::{Entry, Record};
use super::swap::{Incoming, Lying, staged_path};
use super::tree::parent;
use crate::text::RepoPath;

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
        let taken_back = |()| self.take_back(&name.at(Stage::Back), record);
        let done = back.map_err(WriteError::from).and_then(taken_back);
        if done.is_ok() { error } else { WriteError::Unfinished(Box::new(error)) }
    }

    /// Restores every file that is new, then clears. The record is at `back`.
    fn take_back(&self, name: &Name, record: &Record) -> Result<(), WriteError> {
        for entry in record.files.iter().rev() {
            if self.standing(entry)? == Standing::New {
                match self.restore(entry) {
                    // Theirs by now, and in its place.
                    Err(WriteError::Changed(_)) => {}
                    restored => restored?,
                }
            }
        }
        self.sync_folders(record)?;
        self.clear(name, record)
    }

    fn restore(&self, entry: &Entry) -> Result<(), WriteError> {
        let Some(before) = entry.before else {
            return self.swap(entry, entry.digest_after(), Incoming::Nothing);
        };
        let text = self.journal().text(before.digest)?;
        let folders: Vec<_> = std::iter::successors(parent(&entry.path), parent).collect();
        folders.iter().rev().try_for_each(|folder| self.make(folder))?;
        // Half a text lies only under the scratch name, where nobody takes it for a stray.
        let scratch = entry.temp.scratch();
        self.remove_temp(entry, &scratch)?;
        let staged = self.stage(entry, &scratch, &text, Permissions::of(before.mode))?;
        self.pen().sync(&staged).map_err(|source| failed("restore", &entry.path, source))?;
        self.remove_staged(entry)?;
        let folder = self.folder_of(entry)?;
        let whole = self.pen().rename_new(folder.as_fd(), scratch.as_str(), entry.temp.as_str());
        whole.map_err(|source| failed("restore", &entry.path, source))?;
        self.swap(entry, entry.digest_after(), Incoming::Staged)
    }

    /// Removes the staging, then the record. Before the commit point whatever lies under a staged name
    /// is ours, whole or not; after it, a stray may.
    fn clear(&self, name: &Name, record: &Record) -> Result<(), WriteError> {
        for entry in &record.files {
            match name.stage {
                Stage::Staging => self.remove_temp(entry, &entry.temp)?,
                _ => self.remove_staged(entry)?,
            }
            self.remove_temp(entry, &entry.temp.scratch())?;
        }
        record.makes.iter().rev().try_for_each(|folder| self.vacate(folder))?;
        Ok(self.journal.withdraw(name)?)
    }

    /// Completes or takes back whatever was interrupted.
    pub(super) fn recover(&self) -> Result<Recovery, JournalError> {
        let mut recovery = Recovery::default();
        for name in self.journal().pending()? {
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
            self.give_back(entry)?;
            if self.standing(entry)? == Standing::Foreign {
                recovery.left.push(entry.path.clone());
            }
            if self.is_stray(entry)? {
                recovery.left.push(staged_path(entry)?);
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
            let beside = self.beside(entry)?;
            let ready = match self.standing(entry)? {
                Standing::New => true,
                Standing::Old => entry.after.is_none() || beside.is(entry.digest_after()),
                // The old text is beside it when the process was killed right after the exchange.
                Standing::Foreign if entry.before.is_some() && beside.is(entry.digest_before()) => true,
                Standing::Foreign => entry.after.is_some() && beside == Lying::Nothing,
            };
            if !ready {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
