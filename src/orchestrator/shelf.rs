//! The search index as requests use it: brought up to date beside the request that wants it, and kept
//! in memory for the next. A request waits for it as long as it likes and no longer; what is not ready
//! then goes on in the background.
//!
//! It knows no request and chooses nothing: it lends the [`Index`] to whoever does.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

use crate::index::{self, Followed, Index, IndexError, Place, RepoMap};
use crate::model::Tokens;
use crate::session::Event;
use crate::text::RepoPath;
use crate::workspace::{Changes, Watch, Woken, Workspace};

/// How often a request that waits asks whether it still should.
const GLANCE: Duration = Duration::from_millis(20);

/// How long nothing more must happen before what happened is followed, and how long that is waited for.
const QUIET: Duration = Duration::from_millis(80);
const LONGEST: Duration = Duration::from_millis(800);

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
    /// `index` is as it was at its last use: the files have not been looked at yet. Whoever is in a hurry
    /// takes it so.
    early: bool,
    /// How many are.
    hurried: usize,
    failed: Option<String>,
    /// Tells what changed, once the project is watched.
    watch: Option<Watch>,
    /// Changes that the index has not followed yet.
    behind: Changes,
    /// Files that change and do not belong in the index, as the last walk found.
    outside: HashSet<RepoPath>,
    /// Who hears of changes.
    events: Option<Sender<Event>>,
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

    /// From now on changes of files are followed as they happen, and told as [`Event::FilesChanged`]. On a
    /// thread of its own that ends with the shelf: it waits, mostly, and nobody waits for it. Where the
    /// project cannot be watched, each request looks at all files, as without it.
    pub fn follow(&self, events: Sender<Event>) {
        let kept = Arc::clone(&self.0);
        kept.lock().events = Some(events);
        let follow = move || kept.follow();
        // Without a thread nothing is followed, and each request looks.
        let _ = std::thread::Builder::new().name("watch".into()).spawn(follow);
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
        // Ends the thread that waits.
        self.0.lock().watch = None;
    }
}

/// Where a request asks the index, on its own thread.
#[derive(Clone, Debug)]
pub struct Desk(Arc<Kept>);

/// Somebody will ask for the index soon: one that was just read is lent before it is brought up to date.
/// Until this is dropped.
#[derive(Debug)]
pub struct Hurry(Arc<Kept>);

impl Drop for Hurry {
    fn drop(&mut self) {
        self.0.lock().hurried -= 1;
        self.0.settled.notify_all();
    }
}

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
        let state = self.wait(self.0.lock(), patience, false, stop)?;
        lent(&state, question)
    }

    /// The same for who is in a hurry: an index as it was at its last use will do, since what it says of a
    /// file is compared with the file before it counts. Says whether it was one.
    ///
    /// # Errors
    /// As there.
    pub fn ask_soon<T>(
        &self,
        patience: Patience,
        stop: &dyn Fn() -> bool,
        question: impl FnOnce(&Index) -> T,
    ) -> Result<(T, bool), NotReady> {
        let mut state = self.0.lock();
        state.hurried += 1;
        let waited = self.wait(state, Some(patience), true, stop);
        let asked = waited.and_then(|state| Ok((lent(&state, question)?, state.early)));
        self.0.lock().hurried -= 1;
        self.0.settled.notify_all();
        asked
    }

    /// Says that the index will be asked for soon.
    pub fn hurry(&self) -> Hurry {
        self.0.lock().hurried += 1;
        Hurry(Arc::clone(&self.0))
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

    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        patience: Option<Patience>,
        hurried: bool,
        stop: &dyn Fn() -> bool,
    ) -> Result<MutexGuard<'a, State>, NotReady> {
        let since = Instant::now();
        while state.refreshing && !(hurried && state.early) {
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
        Ok(state)
    }
}

fn lent<T>(state: &State, question: impl FnOnce(&Index) -> T) -> Result<T, NotReady> {
    match (&state.index, &state.failed) {
        (Some(index), None) => Ok(question(index)),
        (_, why) => Err(NotReady::None(why.clone().unwrap_or_else(|| "its making failed".into()))),
    }
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Brings the index up to date with what changed, or with everything. `refreshing` was set before.
    fn refresh(&self) {
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

    /// Watches the project and follows what happens until there is no shelf any more. The index is made when
    /// it is first asked for, and not before: who only edits pays for none.
    fn follow(&self) {
        let Ok(watch) = self.workspace.watch(&|| self.stops()) else { return };
        let waiter = watch.waiter();
        {
            let mut state = self.lock();
            if self.stops() {
                return;
            }
            state.watch = Some(watch);
            // What happened until now was told to nobody.
            state.behind.any = true;
        }
        while waiter.wait(None) != Woken::Stopped {
            // Who writes one file often writes others: once it is quiet they are read together.
            let since = Instant::now();
            self.look();
            while since.elapsed() < LONGEST && waiter.wait(Some(QUIET)) == Woken::Changed {
                self.look();
            }
            if self.stops() {
                return;
            }
            if self.lock().index.is_some() {
                self.refresh_alone();
            }
        }
    }

    /// Notes what has happened, and says so to whoever shows files.
    fn look(&self) {
        let (new, events) = {
            let mut state = self.lock();
            let new = state.watch.as_mut().map(Watch::changes).unwrap_or_default();
            state.behind.files.extend(new.files.iter().cloned());
            state.behind.any |= new.any;
            (new, state.events.clone())
        };
        if let Some(events) = events.filter(|_| !new.is_empty()) {
            let paths = new.files.into_iter().collect();
            // A closed channel means that the front has left.
            let _ = events.blocking_send(Event::FilesChanged { paths, any: new.any, head: new.head });
        }
    }

    /// Refreshes, unless somebody else is at it.
    fn refresh_alone(&self) {
        if !std::mem::replace(&mut self.lock().refreshing, true) {
            self.refresh();
        }
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
        let found = |index: &Index| {
            excerpts(&index.under(&Default::default()), "watch_folder", Tokens(999), &|_| false).len()
        };
        desk.ask(None, &|| false, found)
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

    #[test]
    fn who_is_in_a_hurry_takes_the_index_as_it_was_and_others_wait() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        shelf.0.lock().refreshing = true;
        shelf.0.refresh();
        std::fs::write(folder.path().join("project/b.rs"), "fn watch_folder_too() {}\n").unwrap();
        let again = Shelf::new(shelf.0.workspace.clone(), shelf.0.place.clone());
        let long = Patience { known: Duration::from_secs(600), new: Duration::from_secs(600) };
        again.0.lock().refreshing = true;
        let desk = Desk(Arc::clone(&again.0));
        let hurried = std::thread::spawn(move || {
            let ask = |index: &Index| index.corpus().files().len();
            desk.ask_soon(long, &|| false, ask)
        });
        while again.0.lock().hurried == 0 {
            std::thread::yield_now();
        }
        again.0.refresh();
        assert_eq!(hurried.join().unwrap(), Ok((1, true)), "as it was: one file");
        assert_eq!(found(&Desk(Arc::clone(&again.0))), Ok(2), "and as the files are for who asks later");
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

    #[tokio::test(flavor = "multi_thread")]
    async fn a_change_is_told_and_the_next_request_has_it_without_looking_at_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path());
        let (sender, mut events) = tokio::sync::mpsc::channel(8);
        shelf.follow(sender);
        // The thread is at work once the project is watched.
        while shelf.0.lock().watch.is_none() {
            tokio::task::yield_now().await;
        }
        let runtime = Handle::current();
        assert_eq!(found(&shelf.refresh(&runtime)), Ok(1));
        let path = folder.path().join("project/a.rs");
        std::fs::write(&path, "fn elsewhere() {}\n").unwrap();
        let Some(Event::FilesChanged { paths, any, .. }) = events.recv().await else { panic!() };
        assert_eq!((paths.first().map(RepoPath::as_str), any), (Some("a.rs"), false));
        assert_eq!(found(&shelf.refresh(&runtime)), Ok(0));
        std::fs::write(&path, "fn watch_folder() {}\n").unwrap();
        assert_eq!(found(&shelf.refresh(&runtime)), Ok(1), "also before the thread has woken");
        // A new file asks for a walk, and one that does not belong in the index for one alone.
        std::fs::write(folder.path().join("project/b.rs"), "fn watch_folder_too() {}\n").unwrap();
        assert_eq!(found(&shelf.refresh(&runtime)), Ok(2));
        drop(shelf);
        while events.recv().await.is_some() {}
    }
}
