//! Who is asked: each request becomes a task that streams its answer back, and ends with the conversation it
//! belongs to.

use std::sync::Arc;
use std::time::Duration;

use super::merging::Sketch;
use super::stream::{Gap, Whose};
use super::{Orchestrator, Route, Running, catalogue, merging, stream};
use crate::model::{Ask, Failure, ModelId, Role};
use crate::session::{Event, Payer, TurnId};

impl Orchestrator {
    /// [`crate::session::Effect::Send`]: the request of a turn.
    pub(super) fn send(&mut self, turn: TurnId, ask: Arc<Ask>) {
        let routes = self.roles.serve(Role::Chat).to_vec();
        let running = self.turns.entry(turn).or_default();
        let (supply, left) = (Arc::clone(&self.supply), Arc::clone(&running.left));
        let whose = Whose { turn, payer: Payer { turn, limit: None } };
        let task = self.runtime.spawn(stream::answer(supply, routes, left, whose, ask));
        running.tasks.push(task.abort_handle());
    }

    /// [`crate::session::Effect::Consult`]: a request of a conversation about a question. One that offers
    /// tools goes to models that can be offered some.
    pub(super) fn consult(&mut self, turn: TurnId, payer: Payer, ask: Arc<Ask>) {
        let all = self.roles.serve(Role::Chat);
        let able = |route: &&Route| ask.tools.is_empty() || route.endpoint.wire.offers_tools();
        let routes: Vec<Route> = all.iter().filter(able).cloned().collect();
        let none = routes.is_empty() && !all.is_empty();
        let running = self.lanes.entry(turn).or_default();
        let (supply, left) = (Arc::clone(&self.supply), Arc::clone(&running.left));
        let task = if none {
            let events = self.events.clone();
            let ended = Event::Ended { turn, result: Err(Failure::NoTools) };
            self.runtime.spawn(async move { drop(events.send(ended).await) })
        } else {
            self.runtime.spawn(stream::answer(supply, routes, left, Whose { turn, payer }, ask))
        };
        running.tasks.push(task.abort_handle());
    }

    /// [`crate::session::Effect::Wake`]
    pub(super) fn wake(&mut self, turn: TurnId, after: Duration) {
        let events = self.events.clone();
        let task = self.runtime.spawn(async move {
            tokio::time::sleep(after).await;
            let _ = events.send(Event::TimeUp { turn }).await;
        });
        self.lanes.entry(turn).or_default().tasks.push(task.abort_handle());
    }

    /// [`crate::session::Effect::Merge`]
    pub(super) fn merge(&mut self, turn: TurnId, sketch: Sketch) {
        let (supply, routes) = (Arc::clone(&self.supply), self.roles.serve(Role::Apply).to_vec());
        let task = self.runtime.spawn(merging::merge(supply, routes, turn, sketch));
        self.turns.entry(turn).or_default().tasks.push(task.abort_handle());
    }

    /// [`crate::session::Effect::Complete`]: in place of a completion that still runs.
    pub(super) fn complete(&mut self, id: u64, gap: Gap) {
        let (supply, routes) = (Arc::clone(&self.supply), self.roles.serve(Role::Complete).to_vec());
        let task = self.runtime.spawn(stream::complete(supply, routes, id, gap));
        let mut running = Running::default();
        running.tasks.push(task.abort_handle());
        self.completion = Some(running);
    }

    /// [`crate::session::Effect::Prefer`]; another model of the role `embed` makes other vectors.
    pub(super) fn prefer(&mut self, role: Role, model: &ModelId) {
        self.roles.prefer(role, model);
        if role == Role::Embed {
            self.sense_anew();
        }
    }

    /// [`crate::session::Effect::ListModels`]
    pub(super) fn list_models(&self) {
        let (supply, endpoints) = (Arc::clone(&self.supply), self.roles.endpoints().to_vec());
        self.runtime.spawn(catalogue::list(supply, endpoints, self.roles.catalogue()));
    }
}
