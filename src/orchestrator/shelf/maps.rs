//! The map of the project: made once for a session, so that requests begin alike for as long as it is, and beside
//! whoever wants it. Of the last commit it may have been made in an earlier session; else it is made from the
//! index, once that is ready, without holding up who asks the index meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::kept::Kept;
use super::{GLANCE, NotReady};
use crate::index::{self, Index, RepoMap};
use crate::model::Tokens;

/// Tokens of the map: the first thousand say which modules there are and what they are for.
pub(super) const SIZE: Tokens = Tokens(1_000);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Maps {
    stage: Mutex<Stage>,
    settled: Condvar,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Unasked,
    Making,
    Made(Arc<RepoMap>),
    /// Why it could not be made; the next who wants it tries again.
    Failed(NotReady),
}

impl Maps {
    /// Is it to be made now? Who is told so makes it.
    pub fn begin(&self) -> bool {
        let mut stage = self.lock();
        let begins = matches!(*stage, Stage::Unasked | Stage::Failed(_));
        if begins {
            *stage = Stage::Making;
        }
        begins
    }

    /// The map, once it is made; at most so `long`, and until `stop` says so.
    pub fn wait(&self, long: Duration, stop: &dyn Fn() -> bool) -> Result<Arc<RepoMap>, NotReady> {
        let since = Instant::now();
        let mut stage = self.lock();
        loop {
            match &*stage {
                Stage::Made(map) => return Ok(Arc::clone(map)),
                Stage::Failed(why) => return Err(why.clone()),
                Stage::Unasked | Stage::Making if stop() => return Err(NotReady::Stopped),
                Stage::Unasked | Stage::Making => {}
            }
            let left = long.saturating_sub(since.elapsed());
            if left.is_zero() {
                return Err(NotReady::MapLate);
            }
            let waited = self.settled.wait_timeout(stage, left.min(GLANCE));
            stage = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn settle(&self, made: Result<RepoMap, NotReady>) {
        *self.lock() = made.map_or_else(Stage::Failed, |map| Stage::Made(Arc::new(map)));
        self.settled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Makes the map. To be called by whom [`Maps::begin`] told so.
    pub fn make_map(&self) {
        // Whoever waits is told, whatever happens here.
        let mut told = Settle { maps: &self.map, made: Err(NotReady::None("its making failed".into())) };
        told.made = self.mapped();
    }

    fn mapped(&self) -> Result<RepoMap, NotReady> {
        let head = self.workspace.head();
        if let Some(map) =
            head.as_ref().and_then(|head| index::kept_map(&self.workspace, &self.place, head, SIZE))
        {
            return Ok(map);
        }
        let stop = || self.stops();
        let known = self.ask(None, &stop, Index::known)?;
        let Some(head) = head else {
            return Ok(index::map(&self.workspace, &known, SIZE, &stop));
        };
        let map = index::committed(&self.workspace, &head, &known, SIZE, &stop).ok_or(NotReady::Stopped)?;
        index::keep_map(&self.workspace, &self.place, &head, SIZE, &map);
        Ok(map)
    }
}

struct Settle<'a> {
    maps: &'a Maps,
    made: Result<RepoMap, NotReady>,
}

impl Drop for Settle<'_> {
    fn drop(&mut self) {
        let made = std::mem::replace(&mut self.made, Err(NotReady::Stopped));
        self.maps.settle(made);
    }
}
