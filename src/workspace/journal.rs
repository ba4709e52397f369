//! The journal on disk: texts under their digests, one record a file, and the lock that lets one
//! process at a time write to a workspace. It knows what a record is and which stage it is in; what
//! the stages mean for the project's files is `landing`'s business.
//!
//! ```text
//! <state>/<workspace id>/lock
//! <state>/<workspace id>/journal/blobs/<digest>                 texts before and after
//! <state>/<workspace id>/journal/pending/<number>-<id>.staging  new texts are being staged
//!                                                      .plan    decided: will be completed
//!                                                      .back    decided: will be taken back
//! <state>/<workspace id>/journal/ops/<number>-<id>.op           done
//! ```
//! A record is written once; renaming it is how an operation moves on. What is pending has a folder of
//! its own, so that a start need not list all that was ever done to see that nothing is. Names that
//! start with `.new-` are files that were never finished.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};

use super::error::JournalError;
use super::pen::Pen;
use super::record::{Record, random};
use crate::text::Digest;

/// How long to wait for another process to finish its landing.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Most files that are open to be handed to the disk together.
pub(super) const AT_ONCE: usize = 64;

/// How far an operation has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Stage {
    Staging,
    Plan,
    Back,
    Done,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Staging, Self::Plan, Self::Back, Self::Done];

    fn extension(self) -> &'static str {
        match self {
            Self::Staging => "staging",
            Self::Plan => "plan",
            Self::Back => "back",
            Self::Done => "op",
        }
    }
}

/// A record's name: its number in the order of operations, its id, its stage.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Name {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) stage: Stage,
}

impl Name {
    fn file(&self) -> String {
        format!("{:010}-{}.{}", self.number, self.id, self.stage.extension())
    }

    fn parse(file: &str) -> Option<Self> {
        let (stem, extension) = file.split_once('.')?;
        let (number, id) = stem.split_once('-')?;
        let stage = Stage::ALL.into_iter().find(|stage| stage.extension() == extension)?;
        let hex = id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then_some(Self { number: number.parse().ok()?, id: id.to_owned(), stage })
    }

    pub(super) fn at(&self, stage: Stage) -> Self {
        Self { stage, ..self.clone() }
    }
}

/// Where a workspace's journal lies. Reading needs no lock.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    home: PathBuf,
    pen: Pen,
    /// The number of the first operation of this program's own, once there is one.
    begun: Arc<OnceLock<u64>>,
}

impl Journal {
    pub(super) fn new(home: PathBuf, pen: Pen) -> Self {
        Self { home, pen, begun: Arc::default() }
    }

    /// The number of the first operation that was done since this journal was opened, through it.
    pub(super) fn begun(&self) -> Option<u64> {
        self.begun.get().copied()
    }

    pub(super) fn note_done(&self, name: &Name) {
        self.begun.get_or_init(|| name.number);
    }

    /// Where rein's own state lies, of this workspace and all others, under each of its names.
    pub(super) fn own(&self) -> Vec<PathBuf> {
        let state = self.home.parent().unwrap_or(&self.home);
        std::iter::once(state.to_owned()).chain(state.canonicalize()).collect()
    }

    fn ops(&self) -> PathBuf {
        self.home.join("journal/ops")
    }

    fn pendings(&self) -> PathBuf {
        self.home.join("journal/pending")
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.home.join("journal/blobs")
    }

    pub(super) fn path(&self, name: &Name) -> PathBuf {
        match name.stage {
            Stage::Done => self.ops().join(name.file()),
            _ => self.pendings().join(name.file()),
        }
    }

    /// The names of what was done, oldest first. No journal yet: none.
    pub(super) fn done(&self) -> Result<Vec<Name>, JournalError> {
        names(&self.ops(), |stage| stage == Stage::Done)
    }

    /// The names of what is unfinished, oldest first.
    pub(super) fn pending(&self) -> Result<Vec<Name>, JournalError> {
        names(&self.pendings(), |stage| stage != Stage::Done)
    }

    /// # Errors
    /// [`JournalError::Unreadable`] for a record that is damaged or from another version.
    pub(super) fn record(&self, name: &Name) -> Result<Record, JournalError> {
        let path = self.path(name);
        let bytes = std::fs::read(&path).map_err(|source| failed("read a record", &path, source))?;
        Record::decode(&bytes).map_err(|why| JournalError::Unreadable { path, why })
    }

    /// The text of this digest, verified.
    pub(super) fn text(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        let path = self.blobs().join(digest.to_string());
        match std::fs::read(&path) {
            Ok(bytes) if Digest::of(&bytes) == digest => Ok(bytes),
            _ => Err(JournalError::Lost(path)),
        }
    }

    /// Has anything ever been written here?
    pub(super) fn exists(&self) -> bool {
        self.ops().is_dir()
    }

    /// Waits so long for whoever holds the journal, then takes it.
    pub(super) fn lock(&self, patience: Duration) -> Result<Locked<'_>, JournalError> {
        for folder in [self.ops(), self.pendings(), self.blobs()] {
            let made = self.pen.private_folder(&folder);
            made.map_err(|source| failed("make the journal's folder", &folder, source))?;
        }
        let home = open_folder(&self.home)?;
        let path = self.home.join("lock");
        let file = self.pen.lock_file(home.as_fd(), "lock");
        let mut file = file.map_err(|source| failed("open the lock", &path, source))?;
        let until = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(failed("take the lock", &path, source)),
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock) => return Err(JournalError::Locked(holder(&mut file))),
            }
        }
        // Only to be able to say who holds it; on a full disk the lock holds all the same.
        let _ = self.pen.write(&mut file, format!("{:<20}", std::process::id()).as_bytes());
        let (ops, pending) = (open_folder(&self.ops())?, open_folder(&self.pendings())?);
        let blobs = open_folder(&self.blobs())?;
        Ok(Locked { journal: self, pen: &self.pen, ops, pending, blobs, _lock: file })
    }
}

/// The journal while this process alone may write to it.
#[derive(Debug)]
pub(super) struct Locked<'a> {
    journal: &'a Journal,
    pen: &'a Pen,
    ops: OwnedFd,
    pending: OwnedFd,
    blobs: OwnedFd,
    _lock: File,
}

impl Locked<'_> {
    pub(super) fn journal(&self) -> &Journal {
        self.journal
    }

    pub(super) fn pen(&self) -> &Pen {
        self.pen
    }

    /// Keeps texts under their digests, handed to the disk.
    pub(super) fn keep<'t>(
        &self,
        texts: impl Iterator<Item = (Digest, &'t [u8])>,
    ) -> Result<(), JournalError> {
        // A text kept earlier is trusted only as far as it still says the same.
        let new = texts.filter(|(digest, _)| self.journal.text(*digest).is_err());
        let new: Vec<(String, &[u8])> = new.map(|(digest, bytes)| (digest.to_string(), bytes)).collect();
        let kept = new.chunks(AT_ONCE).try_for_each(|some| self.put(&self.blobs, some));
        let synced = kept.and_then(|()| self.pen.sync(&self.blobs));
        synced.map_err(|source| failed("keep a text", &self.journal.blobs(), source))
    }

    /// A name for a new operation.
    pub(super) fn next_name(&self) -> Result<Name, JournalError> {
        let names = self.journal.done()?;
        let number = names.last().map_or(1, |name| name.number.saturating_add(1));
        let id = std::iter::repeat_with(|| format!("{:08x}", random() >> 32))
            .find(|id| names.iter().all(|name| name.id != *id))
            .unwrap_or_default();
        Ok(Name { number, id, stage: Stage::Staging })
    }

    /// Files a record. When this returns, the disk has it.
    pub(super) fn file(&self, name: &Name, record: &Record) -> Result<(), JournalError> {
        let written = record
            .encode()
            .map_err(io::Error::from)
            .and_then(|bytes| self.put(&self.pending, &[(name.file(), &bytes)]))
            .and_then(|()| self.pen.sync(&self.pending));
        written.map_err(|source| failed("write a record", &self.journal.pendings(), source))
    }

    fn folder(&self, stage: Stage) -> &OwnedFd {
        if stage == Stage::Done { &self.ops } else { &self.pending }
    }

    /// Moves a record on to `stage`. With `durably`, the disk has it when this returns.
    pub(super) fn advance(&self, name: &Name, stage: Stage, durably: bool) -> Result<(), JournalError> {
        let (from, to) = (self.folder(name.stage).as_fd(), self.folder(stage).as_fd());
        let moved = self.pen.transfer((from, &name.file()), (to, &name.at(stage).file()));
        let synced = moved.and_then(|()| if durably { self.pen.sync(to) } else { Ok(()) });
        synced.map_err(|source| failed("move a record on", &self.journal.pendings(), source))
    }

    /// Forgets an operation that did not happen, whatever stage it had reached.
    pub(super) fn withdraw(&self, name: &Name) -> Result<(), JournalError> {
        [Stage::Staging, Stage::Plan, Stage::Back]
            .into_iter()
            .try_for_each(|stage| self.pen.remove(self.pending.as_fd(), &name.at(stage).file()))
            .map_err(|source| failed("withdraw a record", &self.journal.pendings(), source))
    }

    /// Forgets operations that were done. The disk has it when this returns.
    pub(super) fn forget(&self, names: &[Name]) -> Result<(), JournalError> {
        let removed = names.iter().try_for_each(|name| self.pen.remove(self.ops.as_fd(), &name.file()));
        let synced = removed.and_then(|()| self.pen.sync(&self.ops));
        synced.map_err(|source| failed("forget a record", &self.journal.ops(), source))
    }

    /// The digests of all texts that are kept.
    pub(super) fn kept(&self) -> Result<Vec<Digest>, JournalError> {
        Ok(list(&self.journal.blobs())?.iter().filter_map(|name| Digest::parse(name)).collect())
    }

    pub(super) fn drop_text(&self, digest: Digest) -> Result<(), JournalError> {
        let removed = self.pen.remove(self.blobs.as_fd(), &digest.to_string());
        removed.map_err(|source| failed("drop a text", &self.journal.blobs(), source))
    }

    /// Removes files of ours that were never finished.
    pub(super) fn sweep(&self) -> Result<(), JournalError> {
        let folders = [(&self.pending, self.journal.pendings()), (&self.blobs, self.journal.blobs())];
        for (folder, path) in folders {
            for name in list(&path)?.iter().filter(|name| name.starts_with(".new-")) {
                let removed = self.pen.remove(folder.as_fd(), name);
                removed.map_err(|source| failed("remove an unfinished file", &path, source))?;
            }
        }
        Ok(())
    }

    /// Writes files, each whole under its name or not at all.
    fn put(&self, folder: &OwnedFd, files: &[(String, &[u8])]) -> io::Result<()> {
        let temps: Vec<String> = files.iter().map(|_| format!(".new-{:016x}", random())).collect();
        let put = self.put_by(folder, files, &temps);
        if put.is_err() {
            temps.iter().for_each(|temp| drop(self.pen.remove(folder.as_fd(), temp)));
        }
        put
    }

    fn put_by(&self, folder: &OwnedFd, files: &[(String, &[u8])], temps: &[String]) -> io::Result<()> {
        let folder = folder.as_fd();
        let create = |((_, bytes), temp): (&(String, &[u8]), &String)| {
            self.pen.create_with(folder, temp, 0o600, bytes)
        };
        let written = files.iter().zip(temps).map(create).collect::<io::Result<Vec<File>>>()?;
        self.pen.sync_all(&written)?;
        files.iter().zip(temps).try_for_each(|((name, _), temp)| self.pen.replace(folder, temp, name))
    }
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

pub(super) fn open_folder(path: &Path) -> Result<OwnedFd, JournalError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
        .map_err(|error| failed("open the journal's folder", path, error.into()))
}

/// The names of the records in `folder`, oldest first.
fn names(folder: &Path, belongs: impl Fn(Stage) -> bool) -> Result<Vec<Name>, JournalError> {
    let files = list(folder)?;
    let parsed = files.iter().filter_map(|file| Name::parse(file));
    let mut names: Vec<Name> = parsed.filter(|name| belongs(name.stage)).collect();
    names.sort();
    Ok(names)
}

/// File names in `folder`; none when there is no such folder. Names that are not UTF-8 are not ours.
pub(super) fn list(folder: &Path) -> Result<Vec<String>, JournalError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed("read the journal", folder, source)),
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
    let names: io::Result<Vec<_>> = names.collect();
    let names = names.map_err(|source| failed("read the journal", folder, source))?;
    Ok(names.into_iter().flatten().collect())
}

pub(super) fn failed(doing: &'static str, path: &Path, source: io::Error) -> JournalError {
    JournalError::Io { doing, path: path.to_owned(), source }
}
