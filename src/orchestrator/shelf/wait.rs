//! Waiting for the index: as long as somebody likes, and no longer.

use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::GLANCE;
use super::kept::{Kept, State};
use crate::index::Index;

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
    #[error("it was not ready in time; it is being made")]
    MapLate,
    #[error("stopped")]
    Stopped,
    #[error("there is no search index: {0}")]
    None(String),
}

impl Kept {
    /// See [`super::Desk::ask`].
    pub fn ask<T>(
        &self,
        patience: Option<Patience>,
        stop: &dyn Fn() -> bool,
        question: impl FnOnce(&Index) -> T,
    ) -> Result<T, NotReady> {
        let state = self.wait(self.lock(), patience, false, stop)?;
        lent(&state, question)
    }

    /// See [`super::Desk::ask_soon`].
    pub fn ask_soon<T>(
        &self,
        patience: Patience,
        stop: &dyn Fn() -> bool,
        question: impl FnOnce(&Index) -> T,
    ) -> Result<(T, bool), NotReady> {
        let mut state = self.lock();
        state.hurried += 1;
        let waited = self.wait(state, Some(patience), true, stop);
        let asked = waited.and_then(|state| Ok((lent(&state, question)?, state.early)));
        self.lock().hurried -= 1;
        self.settled.notify_all();
        asked
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
            let waited = self.settled.wait_timeout(state, left.min(GLANCE));
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
