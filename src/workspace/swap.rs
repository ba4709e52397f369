//! One file changes places: compare-and-swap by name. A look followed by a rename leaves a moment in
//! which somebody else may write; so the two names are exchanged (`RENAME_EXCHANGE`, Linux 3.15), and
//! what came out is looked at afterwards. If it is not what was expected, it goes back where it was.
//! A deletion is the same with nothing coming in. Where the file system knows no exchange (NFS, some
//! FUSE), the look before has to do.
//!
//! Between the exchange and the look the process may be killed. Then a text that is neither of ours
//! lies under the staged name: a *stray*. No step of a recovery removes one; it is given back, or,
//! when its place is taken by something newer of the user's, left and named.
//!
//! What no name can tell: a program that holds the old file open and goes on writing into it.

use std::io;
use std::os::fd::AsFd as _;

use super::error::{PathProblem, ReadError, WriteError};
use super::landing::{Desk, failed};
use super::record::{Entry, TempName};
use super::tree::parent;
use crate::text::{Digest, RepoPath};

/// What lies at a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lying {
    Nothing,
    Text(Digest),
    /// A folder, a link, a fifo, something huge: nothing of ours.
    Other,
}

impl Lying {
    pub(super) fn is(self, text: Option<Digest>) -> bool {
        self == text.map_or(Self::Nothing, Self::Text)
    }
}

/// What comes into a file's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Incoming {
    /// The text under the staged name.
    Staged,
    Nothing,
}

impl Desk<'_> {
    /// Puts `comes` in the place of `leaves` (`None`: no file), or changes nothing.
    ///
    /// # Errors
    /// [`WriteError::Changed`] when something else left, or lay there; it is back in its place.
    pub(super) fn swap(
        &self,
        entry: &Entry,
        leaves: Option<Digest>,
        comes: Incoming,
    ) -> Result<(), WriteError> {
        let folder = self.folder_of(entry)?;
        let (temp, name) = (entry.temp.as_str(), entry.path.file_name());
        let swapped = match (leaves, comes) {
            (None, Incoming::Nothing) => return Ok(()),
            (None, Incoming::Staged) => self.pen().rename_new(folder.as_fd(), temp, name),
            (Some(_), Incoming::Staged) => self.pen().exchange(folder.as_fd(), temp, name),
            (Some(_), Incoming::Nothing) => self.pen().rename_new(folder.as_fd(), name, temp),
        };
        swapped.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound => WriteError::Changed(entry.path.clone()),
            _ => failed("replace", &entry.path, source),
        })?;
        if self.is_stray(entry)? {
            self.give_back(entry)?;
            return Err(WriteError::Changed(entry.path.clone()));
        }
        self.remove_temp(entry, &entry.temp)
    }

    /// Puts a stray back, if its place is free or holds a text of ours.
    pub(super) fn give_back(&self, entry: &Entry) -> Result<(), WriteError> {
        if !self.is_stray(entry)? {
            return Ok(());
        }
        let folder = self.folder_of(entry)?;
        let (temp, name) = (entry.temp.as_str(), entry.path.file_name());
        let given = match self.lying(&entry.path)? {
            Lying::Nothing => self.pen().rename_new(folder.as_fd(), temp, name),
            there if is_ours(entry, there) => self.pen().exchange(folder.as_fd(), temp, name),
            _ => return Ok(()),
        };
        given.map_err(|source| failed("give back", &entry.path, source))
    }

    /// Does something lie under the staged name that came out of the file's place and is not ours?
    pub(super) fn is_stray(&self, entry: &Entry) -> Result<bool, WriteError> {
        let beside = self.beside(entry)?;
        Ok(beside != Lying::Nothing && !is_ours(entry, beside))
    }

    /// Removes what is staged for an entry, if it is ours.
    pub(super) fn remove_staged(&self, entry: &Entry) -> Result<(), WriteError> {
        if !self.is_stray(entry)? {
            self.remove_temp(entry, &entry.temp)?;
        }
        Ok(())
    }

    pub(super) fn remove_temp(&self, entry: &Entry, temp: &TempName) -> Result<(), WriteError> {
        let Some(folder) = self.tree.folder_of(&entry.path)? else { return Ok(()) };
        let removed = self.pen().remove(folder.as_fd(), temp.as_str());
        removed.map_err(|source| failed("clear the staging of", &entry.path, source))
    }

    /// What lies under an entry's staged name.
    pub(super) fn beside(&self, entry: &Entry) -> Result<Lying, WriteError> {
        self.lying(&staged_path(entry)?)
    }

    pub(super) fn lying(&self, path: &RepoPath) -> Result<Lying, WriteError> {
        match self.tree.load(path) {
            Ok(there) => Ok(there.map_or(Lying::Nothing, |text| Lying::Text(text.digest))),
            Err(error @ (ReadError::Io { .. } | ReadError::Root { .. })) => Err(error.into()),
            Err(_) => Ok(Lying::Other),
        }
    }
}

/// The staged name as a path of the project.
pub(super) fn staged_path(entry: &Entry) -> Result<RepoPath, WriteError> {
    let path = match parent(&entry.path) {
        Some(folder) => format!("{folder}/{}", entry.temp.as_str()),
        None => entry.temp.as_str().to_owned(),
    };
    Ok(RepoPath::parse(&path).map_err(PathProblem::from)?)
}

fn is_ours(entry: &Entry, there: Lying) -> bool {
    let texts = [entry.digest_before(), entry.digest_after()];
    texts.into_iter().flatten().any(|ours| there == Lying::Text(ours))
}
