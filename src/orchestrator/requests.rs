//! What a request is put together from: the context of a turn, what a question is about, what a model looks
//! up, and the names that a person is offered while typing. All of it is read on threads of the pool; a stop
//! is asked about between the pieces, and nobody waits for a thread to notice it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::embedding::Asked;
use super::gather::{self, Ground};
use super::page::{self, Pages};
use super::shelf::{Desk, Patience};
use super::{Orchestrator, Route, dice, retrieve, tools};
use crate::context::Transcript;
use crate::index::{self, Index};
use crate::model::{Ask, Role, Tokens};
use crate::provider::body;
use crate::session::{Event, Gathered, Instruct, Question, Retrieved, TurnId};
use crate::tool;

impl Orchestrator {
    /// [`Effect::Gather`]: the context of a turn.
    pub(super) fn put_together(&mut self, turn: TurnId, instruct: Arc<Instruct>) {
        // At most one turn lives at a time.
        self.turns.retain(|known, _| *known == turn);
        let running = self.turns.entry(turn).or_default();
        let (stop, room) = (Arc::clone(&running.stop), self.room);
        let (pages, notice) = (instruct.wants.pages.clone(), self.notice());
        let asked = self.ask_for_vector(turn, &instruct.text, false);
        self.gather(turn, stop, (pages, asked), false, move |ground, stop| {
            let packed = gather::pack(ground, &instruct, room, stop);
            let packed = packed.map(|all| Gathered { pack: all.pack.noting(notice), ..all });
            Event::Gathered { turn, packed }
        });
    }

    /// [`Effect::Preview`]: the same, to be looked at; one is looked at at a time.
    pub(super) fn preview(&mut self, turn: TurnId, instruct: Arc<Instruct>) {
        if let Some(before) = self.looked_at.replace(turn) {
            self.turns.remove(&before);
        }
        let stop = Arc::clone(&self.turns.entry(turn).or_default().stop);
        let room = self.room;
        let asked = self.ask_for_vector(turn, &instruct.text, true);
        self.gather(turn, stop, (Vec::new(), asked), true, move |ground, stop| Event::Previewed {
            turn,
            packed: gather::pack(ground, &instruct, room, stop),
        });
    }

    /// [`Effect::Draft`]: the bytes of a request as the first model would get them.
    pub(super) fn draft(&self, ask: Arc<Ask>) {
        let Some(route) = self.roles.serve(Role::Chat).first().cloned() else { return };
        self.on_thread(move |_| {
            let body = body(&route.endpoint, &route.model, &ask);
            Event::Drafted { model: route.id(), body }
        });
    }

    /// [`Effect::FindSymbols`]; without an index nothing is answered.
    pub(super) fn find_symbols(&self, typed: String) {
        if let Some(desk) = self.shelf.as_ref().map(|shelf| shelf.refresh(&self.runtime)) {
            self.on_thread(move |_| Event::Symbols { names: symbols(&desk, &typed), typed });
        }
    }

    /// [`Effect::Retrieve`]: what a question is about.
    pub(super) fn retrieve(&mut self, turn: TurnId, question: Arc<Question>, above: Arc<Transcript>) {
        let (stop, room, window) = (self.lane(turn), self.room, self.window());
        let (pages, notice) = (question.wants.pages.clone(), self.notice());
        let asked = self.ask_for_vector(turn, &question.text, false);
        self.gather(turn, stop, (pages, asked), false, move |ground, stop| {
            let window = window.map(|window| ground.ratio.back(window));
            let found = retrieve::retrieve(ground, &question, &above, room, stop);
            let found = found.map(|all| Retrieved { pack: all.pack.noting(notice), window, ..all });
            Event::Retrieved { turn, found }
        });
    }

    /// [`Effect::UseTools`]: what a model called for.
    pub(super) fn use_tools(&mut self, turn: TurnId, question: Arc<Question>, calls: Vec<tool::Call>) {
        let stop = self.lane(turn);
        let desk = self.shelf.as_ref().map(|shelf| shelf.refresh(&self.runtime));
        self.on_thread(move |workspace| {
            let ground = Ground::plain(workspace, desk.as_ref());
            let stop = || stop.load(Ordering::Relaxed);
            let outcomes = tools::carry_out(&ground, &question, &calls, &stop);
            Event::Used { turn, dice: dice(), outcomes }
        });
    }

    /// Puts a request together on a thread of the pool, once the pages that it is to hold are there.
    fn gather(
        &mut self,
        turn: TurnId,
        stop: Arc<AtomicBool>,
        (pages, asked): (Vec<String>, Option<Asked>),
        looked_at: bool,
        put: impl FnOnce(&Ground<'_>, &dyn Fn() -> bool) -> Event + Send + 'static,
    ) {
        let desk = self.shelf.as_ref().map(|shelf| shelf.refresh(&self.runtime));
        let model = self.roles.serve(Role::Chat).first().map(Route::id);
        let (workspace, events, supply) =
            (self.workspace.clone(), self.events.clone(), Arc::clone(&self.supply));
        let put = move |pages: &Pages| {
            let ratio = model.map(|model| supply.ratio(&model)).unwrap_or_default();
            let (desk, asked) = (desk.as_ref(), asked.as_ref());
            let ground = Ground { workspace: &workspace, desk, asked, pages, ratio, looked_at };
            let event = put(&ground, &|| stop.load(Ordering::Relaxed));
            let _ = events.blocking_send(event);
        };
        if pages.is_empty() {
            self.runtime.spawn_blocking(move || put(&Pages::new()));
            return;
        }
        let (client, runtime) = (self.supply.client.clone(), self.runtime.clone());
        let task = self.runtime.spawn(async move {
            let pages = page::fetch(&client, &pages).await;
            runtime.spawn_blocking(move || put(&pages));
        });
        let running = match self.lanes.get_mut(&turn) {
            Some(lane) => lane,
            None => self.turns.entry(turn).or_default(),
        };
        running.tasks.push(task.abort_handle());
    }

    /// Most tokens that the model which is asked first takes of a request and its answer, as it counts them.
    fn window(&self) -> Option<Tokens> {
        self.roles.serve(Role::Chat).first().and_then(|route| route.card.context)
    }
}

/// Names of symbols to choose from; none where the index is not at hand.
fn symbols(desk: &Desk, typed: &str) -> Vec<String> {
    const MOST: usize = 20;
    const PATIENCE: Patience =
        Patience { known: Duration::from_millis(500), new: Duration::from_millis(500) };
    let ask = |index: &Index| index::symbols(&index.under(&BTreeMap::new()), typed, MOST);
    desk.ask(Some(PATIENCE), &|| false, ask).unwrap_or_default()
}
