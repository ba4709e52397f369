//! The searchable copy of a project: what [`context::search`](crate::context::search) needs of every
//! file, kept between runs in the cache and brought up to date before each use. Disposable: made again
//! when it is missing, damaged or of another version, and never in the work tree.
//!
//! `survey` says which files belong in it and why others do not, `store` puts it on disk and back,
//! and this file compares the two. Reads the project through [`Workspace`] alone, so no link leads it
//! out. It knows no model, and nothing leaves the machine from here.
#![expect(clippy::disallowed_methods, reason = "the room that keeps its own files, in the cache")]

mod committed;
mod excerpts;
mod follow;
mod grep;
mod layer;
mod map;
mod matches;
mod mentions;
mod named;
mod status;
mod store;
mod survey;
mod uses;
mod vectors;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub use committed::{committed, keep_map, kept_map};
pub use excerpts::{Drawn, excerpts, excerpts_near};
pub use follow::Followed;
pub use grep::{PatternError, grep};
pub use layer::Layered;
pub use map::{Known, RepoMap, map};
pub use matches::{MatchedLine, matched_lines};
pub use mentions::mentions;
pub use named::{defined, symbols};
pub use status::Status;
pub use survey::Skipped;
pub use uses::{Callee, uses};
pub use vectors::{ChunkId, Chunks, Count, NotKept, Piece, Rows, Sent};

use crate::context::search::{Corpus, Entry, Member};
use crate::text::RepoPath;
use crate::workspace::{Stamp, Workspace};
use store::{Content, Kept, Key, Packed, Store};
use survey::Read;

/// How long a file must have been left alone before its stamp is trusted: the coarsest clock in use
/// has ticks of two seconds, and two writes within one look the same.
const SETTLED: i64 = 2_000_000_000;

/// Most bytes of text that an index covers. What comes later, in the order of paths, is left out and
/// said so.
const MOST_BYTES: u64 = 512 << 20;

/// Where an index lives: a folder of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub folder: PathBuf,
}

/// Why there is no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the index would lie in the work tree, in `{}`; set `REIN_INDEX_DIR` to a folder outside", .0.display())]
    Inside(PathBuf),
    #[error("stopped before the index was complete")]
    Stopped,
}

/// What bringing an index up to date did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Refreshed {
    pub files: usize,
    pub chunks: usize,
    /// Files that were read anew, came or went.
    pub changed: usize,
    pub took: Duration,
    /// Size of the index on disk; 0 when it could not be kept.
    pub bytes: u64,
}

/// An index in memory, as of the moment it was opened or refreshed.
#[derive(Debug)]
pub struct Index {
    workspace: Workspace,
    place: Place,
    store: Store,
    corpus: OnceLock<Arc<Corpus>>,
}

impl Index {
    /// Reads the index from its place, or begins an empty one. Not yet up to date: see
    /// [`Index::refresh`].
    ///
    /// # Errors
    /// Its place lies in the work tree.
    pub fn open(workspace: Workspace, place: Place) -> Result<Self, IndexError> {
        if place.folder.starts_with(workspace.root()) {
            return Err(IndexError::Inside(place.folder));
        }
        let store = store::load(&place.folder).unwrap_or_default();
        Ok(Self { workspace, place, store, corpus: OnceLock::new() })
    }

    /// As [`Index::open`], forgetting what was known.
    ///
    /// # Errors
    /// As there.
    pub fn anew(workspace: Workspace, place: Place) -> Result<Self, IndexError> {
        let index = Self::open(workspace, place)?;
        Ok(Self { store: Store::default(), ..index })
    }

    /// Is nothing known yet, so that a refresh has every file to read?
    pub fn is_new(&self) -> bool {
        self.store.files.is_empty()
    }

    /// Brings it up to date with the files as they are now, and keeps it. Blocking: as long as a walk
    /// over the project, and a tenth of a second for each megabyte that is new. Asks `stop` between
    /// files.
    ///
    /// # Errors
    /// `stop` said so. What was read until then is kept for the next time.
    pub fn refresh(&mut self, stop: &dyn Fn() -> bool) -> Result<Refreshed, IndexError> {
        let start = Instant::now();
        let now = store::now();
        let files = self.workspace.stamped(stop);
        let mut known: HashMap<RepoPath, Kept> =
            std::mem::take(&mut self.store.files).into_iter().map(|kept| (kept.path.clone(), kept)).collect();
        let (mut changed, mut covered) = (0, 0);
        let (mut touched, mut stopped) = (false, false);
        for (path, stamp) in files {
            let before = known.remove(&path);
            stopped = stopped || stop();
            let room = MOST_BYTES.saturating_sub(covered);
            let kept = match before {
                Some(kept)
                    if kept.stamp == stamp && settled(stamp, self.store.made) && stands(&kept, room) =>
                {
                    kept
                }
                _ if stopped => continue,
                before => {
                    touched = true;
                    let kept = self.read(path, stamp, room);
                    changed += usize::from(before.is_none_or(|before| before.content != kept.content));
                    kept
                }
            };
            if let Content::Indexed(_) = kept.content {
                covered += kept.stamp.bytes;
            }
            self.store.files.push(kept);
        }
        changed += known.len();
        if touched || !known.is_empty() || self.store.bytes == 0 {
            self.keep(now);
        }
        if stopped {
            return Err(IndexError::Stopped);
        }
        self.corpus = OnceLock::new();
        let (files, chunks) = self.counts();
        Ok(Refreshed { files, chunks, changed, took: start.elapsed(), bytes: self.store.bytes })
    }

    /// Puts it on disk as of `now`. A disk that is full or read-only costs time at the next start, no more.
    fn keep(&mut self, now: i64) {
        self.store.made = now;
        self.store.forget();
        self.store.bytes = store::save(&self.place.folder, &self.store).unwrap_or(0);
    }

    /// The files as of the last refresh, unpacked when first asked for.
    pub fn corpus(&self) -> Arc<Corpus> {
        Arc::clone(self.corpus.get_or_init(|| Arc::new(self.members())))
    }

    /// Files and chunks.
    fn counts(&self) -> (usize, usize) {
        let keys = self.store.files.iter().filter_map(|kept| match &kept.content {
            Content::Indexed(key) => Some(key),
            Content::Skipped(_) => None,
        });
        let chunks = keys.map(|key| self.store.entries.get(key).map_or(0, Packed::chunks));
        chunks.fold((0, 0), |(files, all), own| (files + 1, all + own))
    }

    /// What is in the index, what is not, and why. Blocking: walks the project.
    pub fn status(&self, stop: &dyn Fn() -> bool) -> Status {
        status::of(self, stop)
    }

    fn read(&mut self, path: RepoPath, stamp: Stamp, room: u64) -> Kept {
        let content = match survey::read(&self.workspace, &path, stamp, room) {
            Read::Skipped(why) => Content::Skipped(why),
            Read::Text { lines, digest } => {
                let key = Key::new(&path, digest);
                let packed = || Packed::new(&Entry::of(&path, &lines));
                self.store.entries.entry(key).or_insert_with(packed);
                Content::Indexed(key)
            }
        };
        Kept { path, stamp, content }
    }

    fn members(&self) -> Corpus {
        // Files with equal texts share what was made of them.
        let mut unpacked: HashMap<Key, Arc<Entry>> = HashMap::new();
        let mut entry = |key: &Key| match unpacked.get(key) {
            Some(entry) => Some(Arc::clone(entry)),
            None => {
                let entry = Arc::new(self.store.entries.get(key)?.entry()?);
                unpacked.insert(*key, Arc::clone(&entry));
                Some(entry)
            }
        };
        let member = |kept: &Kept| match &kept.content {
            Content::Indexed(key) => Some(Member::new(kept.path.clone(), entry(key)?)),
            Content::Skipped(_) => None,
        };
        Corpus::new(self.store.files.iter().filter_map(member).collect())
    }
}

/// Would it be judged the same with `room` bytes left in the index?
fn stands(kept: &Kept, room: u64) -> bool {
    match kept.content {
        Content::Indexed(_) => kept.stamp.bytes <= room,
        Content::Skipped(Skipped::OverLimit) => kept.stamp.bytes > room,
        Content::Skipped(_) => true,
    }
}

/// Was the file left alone for long enough before `made` that the same stamp means the same bytes?
fn settled(stamp: Stamp, made: i64) -> bool {
    stamp.modified.max(stamp.changed) < made.saturating_sub(SETTLED)
}
