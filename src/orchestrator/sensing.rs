//! Search by meaning in a session: who is asked for the vector of a request, what a person is told of it, and
//! the making of vectors in the background. Nothing of it happens unless the user's configuration says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::embedding::{Asked, Opening, Sense, Work};
use super::{Orchestrator, Running};
use crate::model::Role;
use crate::session::{Payer, Say, TurnId};

/// The making of vectors in the background. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Background {
    /// Stops it when this is dropped.
    _running: Running,
    /// More has changed since it began.
    again: Arc<AtomicBool>,
    task: AbortHandle,
}

impl Orchestrator {
    /// Requests are found by meaning too, and what has no vector is made one while the person works.
    /// A request waits for the vector of its words at most `wait`.
    #[must_use]
    pub fn sensing(mut self, opening: Opening, wait: Duration) -> Self {
        let routes = self.roles.serve(Role::Embed).to_vec();
        self.sense = Some(Sense::new(opening, routes, wait, self.events.clone()));
        self
    }

    /// What is put together from now on is looked at and not sent: neither are its words, to another machine.
    #[must_use]
    pub fn looking(mut self) -> Self {
        self.looks = true;
        self
    }

    /// Another model makes the vectors from now on.
    pub(super) fn sense_anew(&mut self) {
        let routes = self.roles.serve(Role::Embed).to_vec();
        if let Some(sense) = self.sense.as_ref().filter(|sense| !sense.is_of(&routes)) {
            self.sense = Some(sense.with(routes));
            self.making = None;
            self.make_vectors(Say::GoOn);
        }
    }

    /// Begins to ask for the vector of a request's words. `looked_at`: the request does not leave, so neither
    /// do they.
    pub(super) fn ask_for_vector(&mut self, turn: TurnId, text: &str, looked_at: bool) -> Option<Asked> {
        let sense = self.sense.as_ref().filter(|_| self.shelf.is_some() && !text.trim().is_empty())?;
        let payer = Payer { turn, limit: None };
        let (asked, task) = sense.ask(&self.runtime, text.to_owned(), payer, looked_at || self.looks);
        let running = match self.lanes.get_mut(&turn) {
            Some(lane) => lane,
            None => self.turns.entry(turn).or_default(),
        };
        running.tasks.push(task);
        Some(asked)
    }

    /// What a person should know where the project's texts go to a model to be searched by meaning, and this
    /// request is found without it.
    pub(super) fn notice(&self) -> Option<String> {
        if self.sense.is_some() {
            return None;
        }
        let route = self.roles.serve(Role::Embed).first().filter(|_| self.shelf.is_some())?;
        let (id, host) = (route.id(), route.endpoint.base_url.host());
        Some(format!(
            "the project's texts go to {id} at {host} by `rein index` and `rein search --mode semantic`, to be searched by meaning; this request was put together without it"
        ))
    }

    /// Does what the screen, or the person at it, says to the making of vectors.
    pub(super) fn make_vectors(&mut self, say: Say) {
        let (Some(sense), Some(shelf)) = (self.sense.clone(), &self.shelf) else { return };
        let begins = say != Say::GoOn;
        if say == Say::Pause {
            self.making = None;
            return;
        }
        let under_way = self.making.as_ref().filter(|background| !background.task.is_finished());
        if let Some(background) = under_way.filter(|_| say == Say::GoOn) {
            background.again.store(true, Ordering::Relaxed);
            return;
        }
        let mut running = Running::default();
        let again = Arc::<AtomicBool>::default();
        let work = Work {
            sense,
            desk: shelf.refresh(&self.runtime),
            workspace: self.workspace.clone(),
            stop: Arc::clone(&running.stop),
            again: Arc::clone(&again),
            at_once: begins || self.making.is_none(),
        };
        let task = self.runtime.spawn(work.run(say)).abort_handle();
        running.tasks.push(task.clone());
        self.making = Some(Background { _running: running, again, task });
    }
}
