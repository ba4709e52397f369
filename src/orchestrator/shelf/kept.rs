//! The index in memory, and how it is brought up to date: by what changed, where that is known, else by a
//! look at all files. Who waits for it is not known here, only that somebody is in a hurry.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::Sender;

use super::GLANCE;
use super::maps::Maps;
use crate::index::{Followed, Index, IndexError, Place};
use crate::session::Event;
use crate::text::RepoPath;
use crate::workspace::{Changes, Watch, Workspace};

#[derive(Debug)]
pub(super) struct Kept {
    pub workspace: Workspace,
    pub place: Place,
    pub state: Mutex<State>,
    pub settled: Condvar,
    pub stop: AtomicBool,
    pub map: Maps,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub index: Option<Index>,
    pub refreshing: bool,
    /// The refresh under way has every file to read.
    pub from_nothing: bool,
    /// `index` is as it was at its last use: the files have not been looked at yet. Whoever is in a hurry
    /// takes it so.
    pub early: bool,
    /// How many are.
    pub hurried: usize,
    pub failed: Option<String>,
    /// Tells what changed, once the project is watched.
    pub watch: Option<Watch>,
    /// Changes that the index has not followed yet.
    pub behind: Changes,
    /// Files that change and do not belong in the index, as the last walk found.
    pub outside: HashSet<RepoPath>,
    /// Who hears of changes.
    pub events: Option<Sender<Event>>,
}

impl Kept {
    pub fn new(workspace: Workspace, place: Place) -> Self {
        let (state, settled, stop) = (Mutex::default(), Condvar::new(), AtomicBool::new(false));
        Self { workspace, place, state, settled, stop, map: Maps::default() }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Brings the index up to date with what changed, or with everything. `refreshing` was set before.
    pub fn refresh(&self) {
        // Whoever waits is told, whatever happens here.
        let _settle = Settle(self);
        self.look();
        let (known, changes) = {
            let mut state = self.lock();
            let mut changes = std::mem::take(&mut state.behind);
            changes.any |= state.watch.is_none() || state.index.is_none();
            (state.index.take(), changes)
        };
        let made = self.up_to_date(known, &changes);
        let mut state = self.lock();
        match made {
            Ok(index) => (state.index, state.failed) = (Some(index), None),
            Err(why) => state.failed = Some(why.to_string()),
        }
    }

    fn up_to_date(&self, known: Option<Index>, changes: &Changes) -> Result<Index, IndexError> {
        let mut index = match known {
            Some(index) => index,
            None => {
                let read = Index::open(self.workspace.clone(), self.place.clone())?;
                self.as_it_was(read).ok_or(IndexError::Stopped)?
            }
        };
        if !changes.any {
            let outside = std::mem::take(&mut self.lock().outside);
            let followed = index.follow(&changes.files, &outside);
            self.lock().outside = outside;
            if let Followed::UpTo(_) = followed {
                return Ok(index);
            }
        }
        self.lock().from_nothing = index.is_new();
        self.settled.notify_all();
        // Folders first: what comes while the files are walked is told afterwards.
        let watch = self.lock().watch.take();
        let watch =
            watch.and_then(|mut watch| watch.extend(&self.workspace, &|| self.stops()).ok().map(|()| watch));
        self.lock().watch = watch.filter(|_| !self.stops());
        index.refresh(&|| self.stops())?;
        let mut state = self.lock();
        // What a walk did not find does not belong in it, as long as the rules stay what they are.
        state.outside = changes.files.iter().filter(|path| !index.holds(path)).cloned().collect();
        drop(state);
        // Unpacked here, so that no request pays for it.
        index.corpus();
        Ok(index)
    }

    /// Lends an index that was just read to those in a hurry, before the files are looked at.
    fn as_it_was(&self, index: Index) -> Option<Index> {
        if index.is_new() || self.lock().hurried == 0 {
            return Some(index);
        }
        index.corpus();
        let mut state = self.lock();
        (state.index, state.early) = (Some(index), true);
        self.settled.notify_all();
        while state.hurried > 0 && !self.stops() {
            let waited = self.settled.wait_timeout(state, GLANCE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.early = false;
        let index = state.index.take();
        drop(state);
        index
    }
}

struct Settle<'a>(&'a Kept);

impl Drop for Settle<'_> {
    fn drop(&mut self) {
        self.0.lock().refreshing = false;
        self.0.settled.notify_all();
    }
}
