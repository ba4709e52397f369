//! The search index as requests use it: brought up to date beside the request that wants it, and kept
//! in memory for the next. A request waits for it as long as it likes and no longer; what is not ready
//! then goes on in the background.
//!
//! It knows no request and chooses nothing: it lends the [`Index`] to whoever does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::index::{self, Index, IndexError, Place, RepoMap};
use crate::model::Tokens;
use crate::workspace::Workspace;

/// How often a request that waits asks whether it still should.
const GLANCE: Duration = Duration::from_millis(20);

/// Where the index is kept. Dropping it stops a refresh that is under way; what that has read is kept.
#[derive(Debug)]
pub struct Shelf(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    workspace: Workspace,
    place: Place,
    state: Mutex<State>,
    settled: Condvar,
    stop: AtomicBool,
    /// As of the first request that wanted it, so that requests begin alike for as long as the session is.
    map: OnceLock<Arc<RepoMap>>,
}

#[derive(Debug, Default)]
struct State {
    index: Option<Index>,
    refreshing: bool,
    /// The refresh under way has every file to read.
    from_nothing: bool,
    failed: Option<String>,
}

/// How long a request waits for the index to be up to date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// When there is one that only has to follow what changed.
    pub known: Duration,
    /// When there is none yet, which takes as long as it takes: worth a moment, for a small project.
    pub new: Duration,
}

/// Why there is no index to ask.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotReady {
    #[error("the search index was not ready in time; it is being made")]
    Late,
    #[error("stopped")]
    Stopped,
    #[error("there is no search index: {0}")]
    None(String),
}

impl Shelf {
    pub fn new(workspace: Workspace, place: Place) -> Self {
        let (state, settled, stop) = (Mutex::default(), Condvar::new(), AtomicBool::new(false));
        Self(Arc::new(Kept { workspace, place, state, settled, stop, map: OnceLock::new() }))
    }

    /// Begins to bring the index up to date, unless that is under way, and returns at once.
    pub fn refresh(&self, runtime: &Handle) -> Desk {
        let kept = Arc::clone(&self.0);
        let begun = std::mem::replace(&mut kept.lock().refreshing, true);
        if !begun {
            let kept = Arc::clone(&kept);
            runtime.spawn_blocking(move || kept.refresh());
        }
        Desk(kept)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

/// Where a request asks the index, on its own thread.
#[derive(Debug)]
pub struct Desk(Arc<Kept>);

impl Desk {
    /// Asks the index once it is up to date. Blocking: until then, at most `patience` (`None`: as long
    /// as it takes), and until `stop` says so.
    ///
    /// # Errors
    /// It is not ready, or cannot be had.
    pub fn ask<T>(
        &self,
        patience: Option<Patience>,
        stop: &dyn Fn() -> bool,
        question: impl FnOnce(&Index) -> T,
    ) -> Result<T, NotReady> {
        let since = Instant::now();
        let mut state = self.0.lock();
        while state.refreshing {
            if stop() {
                return Err(NotReady::Stopped);
            }
            let long = patience.map(|it| if state.from_nothing { it.new } else { it.known });
            let left = long.map_or(GLANCE, |long| long.saturating_sub(since.elapsed()));
            if left.is_zero() {
                return Err(NotReady::Late);
            }
            let waited = self.0.settled.wait_timeout(state, left.min(GLANCE));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match (&state.index, &state.failed) {
            (Some(index), None) => Ok(question(index)),
            (_, why) => Err(NotReady::None(why.clone().unwrap_or_else(|| "its making failed".into()))),
        }
    }

    /// The map of the project, of at most about `budget` tokens: the same each time it is asked for, also
    /// after files changed. Blocking the first time: as [`Desk::ask`], and then about as long as a search,
    /// and the reading of the files in it.
    ///
    /// # Errors
    /// As there.
    pub fn map(
        &self,
        budget: Tokens,
        patience: Patience,
        stop: &dyn Fn() -> bool,
    ) -> Result<Arc<RepoMap>, NotReady> {
        if let Some(map) = self.0.map.get() {
            return Ok(Arc::clone(map));
        }
        let map = Arc::new(self.ask(Some(patience), stop, |index| index::map(index, budget, stop))?);
        if stop() {
            return Err(NotReady::Stopped);
        }
        Ok(Arc::clone(self.0.map.get_or_init(|| map)))
    }
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refresh(&self) {
        // Whoever waits is told, whatever happens here.
        let _settle = Settle(self);
        let known = self.lock().index.take();
        let made = self.up_to_date(known);
        let mut state = self.lock();
        match made {
            Ok(index) => (state.index, state.failed) = (Some(index), None),
            Err(why) => state.failed = Some(why.to_string()),
        }
    }

    fn up_to_date(&self, known: Option<Index>) -> Result<Index, IndexError> {
        let mut index = match known {
            Some(index) => index,
            None => Index::open(self.workspace.clone(), self.place.clone())?,
        };
        self.lock().from_nothing = index.is_new();
        self.settled.notify_all();
        index.refresh(&|| self.stop.load(Ordering::Relaxed))?;
        // Unpacked here, so that no request pays for it.
        index.corpus();
        Ok(index)
    }
}

struct Settle<'a>(&'a Kept);

impl Drop for Settle<'_> {
    fn drop(&mut self) {
        self.0.lock().refreshing = false;
        self.0.settled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::excerpts;
    use crate::model::Tokens;
    use crate::workspace::StateDirs;

    fn shelf(folder: &std::path::Path) -> Shelf {
        std::fs::create_dir(folder.join("project")).unwrap();
        std::fs::write(folder.join("project/a.rs"), "fn watch_folder() {}\n").unwrap();
        let dirs = StateDirs { state: folder.join("state") };
        let workspace = Workspace::open_folder(&folder.join("project"), dirs).unwrap();
        Shelf::new(workspace, Place { folder: folder.join("index") })
    }

    fn found(desk: &Desk) -> Result<usize, NotReady> {
        desk.ask(None, &|| false, |index| excerpts(index, "watch_folder", Tokens(999), None).len())
    }

    #[tokio::test]
    async fn an_index_is_made_once_and_brought_up_to_date_for_each_request() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        let runtime = Handle::current();
        assert_eq!(found(&shelf.refresh(&runtime)), Ok(1));
        std::fs::write(folder.path().join("project/b.rs"), "fn watch_folder_too() {}\n").unwrap();
        assert_eq!(found(&shelf.refresh(&runtime)), Ok(2));
    }

    #[test]
    fn a_request_waits_no_longer_than_it_likes_and_not_at_all_once_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        // A refresh that never comes to its end.
        shelf.0.lock().refreshing = true;
        let desk = Desk(Arc::clone(&shelf.0));
        let (known, new) = (Duration::from_secs(600), Duration::ZERO);
        shelf.0.lock().from_nothing = true;
        assert_eq!(desk.ask(Some(Patience { known, new }), &|| false, |_| ()), Err(NotReady::Late));
        shelf.0.lock().from_nothing = false;
        let (known, new) = (new, known);
        assert_eq!(desk.ask(Some(Patience { known, new }), &|| false, |_| ()), Err(NotReady::Late));
        assert_eq!(desk.ask(None, &|| true, |_| ()), Err(NotReady::Stopped));
    }

    #[tokio::test]
    async fn an_index_that_cannot_be_made_is_said_and_waited_for_by_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        let inside = Place { folder: folder.path().canonicalize().unwrap().join("project/index") };
        let shelf = Shelf::new(shelf.0.workspace.clone(), inside);
        let why = found(&shelf.refresh(&Handle::current())).unwrap_err();
        assert!(why.to_string().contains("REIN_INDEX_DIR"), "{why}");
    }
}
