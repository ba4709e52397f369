//! The search index as requests use it: brought up to date beside the request that wants it, and kept
//! in memory for the next. A request waits for it as long as it likes and no longer; what is not ready
//! then goes on in the background.
//!
//! It knows no request and chooses nothing: it lends the [`Index`] to whoever does, and the map of the
//! project.

mod follow;
mod kept;
mod maps;
#[cfg(test)]
mod tests;
mod wait;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;

use crate::index::{Index, Place, RepoMap};
use crate::session::Event;
use crate::workspace::Workspace;
use kept::Kept;
pub use wait::{NotReady, Patience};

/// How often a request that waits asks whether it still should.
const GLANCE: Duration = Duration::from_millis(20);

/// Where the index is kept. Dropping it stops a refresh that is under way; what that has read is kept.
#[derive(Debug)]
pub struct Shelf(Arc<Kept>);

impl Shelf {
    pub fn new(workspace: Workspace, place: Place) -> Self {
        Self(Arc::new(Kept::new(workspace, place)))
    }

    /// Begins to bring the index up to date, unless that is under way, and returns at once.
    pub fn refresh(&self, runtime: &Handle) -> Desk {
        let kept = Arc::clone(&self.0);
        let begun = std::mem::replace(&mut kept.lock().refreshing, true);
        if !begun {
            let kept = Arc::clone(&kept);
            runtime.spawn_blocking(move || kept.refresh());
        }
        Desk { kept, runtime: runtime.clone() }
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
pub struct Desk {
    kept: Arc<Kept>,
    runtime: Handle,
}

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
        self.kept.ask(patience, stop, question)
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
        self.kept.ask_soon(patience, stop, question)
    }

    /// Says that the index will be asked for soon.
    pub fn hurry(&self) -> Hurry {
        self.kept.lock().hurried += 1;
        Hurry(Arc::clone(&self.kept))
    }

    /// Begins to make the map of the project, unless that is done or under way, and returns at once.
    pub fn begin_map(&self) {
        if self.kept.map.begin() {
            let kept = Arc::clone(&self.kept);
            self.runtime.spawn_blocking(move || kept.make_map());
        }
    }

    /// The map of the project: the same each time it is asked for, also after files changed. Blocking, as
    /// [`Desk::ask`]; it is made beside whoever waits, and what is not ready in time is there for the next.
    ///
    /// # Errors
    /// As there.
    pub fn map(&self, patience: Patience, stop: &dyn Fn() -> bool) -> Result<Arc<RepoMap>, NotReady> {
        self.begin_map();
        let from_nothing = {
            let state = self.kept.lock();
            state.refreshing && state.from_nothing
        };
        self.kept.map.wait(if from_nothing { patience.new } else { patience.known }, stop)
    }
}
