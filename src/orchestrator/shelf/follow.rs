//! Under a screen the project is watched: what changes is told at once, and the index follows it while nobody
//! waits.

use std::time::{Duration, Instant};

use super::kept::Kept;
use crate::session::Event;
use crate::workspace::{Watch, Woken};

/// How long nothing more must happen before what happened is followed, and how long that is waited for.
const QUIET: Duration = Duration::from_millis(80);
const LONGEST: Duration = Duration::from_millis(800);

impl Kept {
    /// Watches the project and follows what happens until there is no shelf any more. The index is made when
    /// it is first asked for, and not before: who only edits pays for none.
    pub fn follow(&self) {
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
    pub fn look(&self) {
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
