//! Effects in, events out: the only room that spawns. It carries a [`session::Effect`] out against
//! the workspace, the providers or a thread of its own and sends the [`session::Event`] back on one
//! bounded channel, so that a fast model waits for a slow screen and memory stays bounded.
//!
//! It decides nothing: what an event means is the session's to know, and what is on screen is not
//! known here.
#![expect(clippy::disallowed_methods, reason = "the one room that spawns tasks and threads")]

mod calibration;
mod catalogue;
mod check;
mod compare;
mod embedding;
mod findings;
mod gather;
mod history;
mod keep;
mod merging;
mod meter;
mod named;
mod page;
mod parsing;
mod probe;
mod retrieve;
mod roles;
mod rules;
mod sensing;
mod shelf;
mod stream;
mod supply;
mod tools;
mod tracing;
pub mod wire_log;

pub use check::{Checker, Placing};
pub use embedding::{Embedder, Filling, Meaning, NotMeant, Opening, Pointed, Rules, VectorStore, consent};
pub use findings::Findings;
pub use meter::{Meter, Tab};
pub use probe::{Probe, probe};
pub use roles::{Roles, Route};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::change::Base;
use crate::change::reading::Reading;
use crate::index::{self, Index};
use crate::model::{Budget, Failure, Role, Tokens};
use crate::provider::{Client, body};
use crate::session::{Effect, Event, Gathered, Payer, Retrieved, TurnId};
use crate::text::{RepoPath, highlight, syntax};
use crate::workspace::{ReadError, Workspace};
use calibration::Calibration;
use embedding::Asked;
use gather::Ground;
use merging::Sketch;
use page::Pages;
use shelf::{Desk, Patience, Shelf};
use stream::{Gap, Left};
use supply::Supply;

/// Events that may wait for the front before the senders do.
const CHANNEL: usize = 256;

/// Most faults of an open file that are shown.
const FAULTS: usize = 20;

/// What of a turn is under way, so that it can be stopped.
#[derive(Debug, Default)]
struct Running {
    stop: Arc<AtomicBool>,
    tasks: Vec<AbortHandle>,
    left: Left,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// Carries effects out. Dropping it stops whatever runs, except a landing, which always ends whole.
#[derive(Debug)]
pub struct Orchestrator {
    workspace: Workspace,
    supply: Arc<Supply>,
    roles: Roles,
    room: Tokens,
    runtime: Handle,
    events: mpsc::Sender<Event>,
    turns: HashMap<TurnId, Running>,
    completion: Option<Running>,
    keeping: keep::Desk,
    shelf: Option<Shelf>,
    /// Where requests are found by meaning too.
    sense: Option<embedding::Sense>,
    making: Option<sensing::Background>,
    /// Nothing that is put together will be sent.
    looks: bool,
    /// The conversations of the last question, which lives beside the turn.
    lanes: HashMap<TurnId, Running>,
    /// The last request that was only looked at.
    looked_at: Option<TurnId>,
    checker: Option<Arc<dyn Checker>>,
    check: Option<Running>,
}

impl Orchestrator {
    /// `room`: most tokens of context a request may carry. `budget`: most that may be spent.
    pub fn new(
        workspace: Workspace,
        client: Client,
        roles: Roles,
        room: Tokens,
        budget: Budget,
        runtime: Handle,
    ) -> (Self, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(CHANNEL);
        let meter = Meter::of(&workspace, budget);
        let (findings, calibration) = (Findings::of(&workspace), Calibration::of(&workspace));
        let supply = Arc::new(Supply::new(client, events.clone(), meter, findings, calibration));
        let turns = HashMap::new();
        let (completion, keeping) = (None, keep::Desk::default());
        let orchestrator = Self {
            workspace,
            supply,
            roles,
            room,
            runtime,
            events,
            turns,
            completion,
            keeping,
            shelf: None,
            sense: None,
            making: None,
            looks: false,
            lanes: HashMap::new(),
            looked_at: None,
            checker: None,
            check: None,
        };
        (orchestrator, receiver)
    }

    /// Requests take what they are about from the index at `place`.
    #[must_use]
    pub fn searching(mut self, place: index::Place) -> Self {
        self.shelf = Some(Shelf::new(self.workspace.clone(), place));
        self
    }

    /// The project has a check, which is run when an effect asks for it.
    #[must_use]
    pub fn checking(mut self, checker: Arc<dyn Checker>) -> Self {
        self.checker = Some(checker);
        self
    }

    /// Replaces the routes, for instance when servers were found after the start.
    pub fn set_roles(&mut self, roles: Roles) {
        self.roles = roles;
        self.sense_anew();
    }

    /// Begins to carry `effect` out and returns at once.
    pub fn run(&mut self, effect: Effect) {
        match effect {
            Effect::Gather { turn, instruct } => {
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
            Effect::Preview { turn, instruct } => {
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
            Effect::Draft { ask } => {
                if let Some(route) = self.roles.serve(Role::Chat).first().cloned() {
                    self.on_thread(move |_| {
                        let body = body(&route.endpoint, &route.model, &ask);
                        Event::Drafted { model: route.id(), body }
                    });
                }
            }
            Effect::FindSymbols { typed } => {
                if let Some(desk) = self.shelf.as_ref().map(|shelf| shelf.refresh(&self.runtime)) {
                    self.on_thread(move |_| Event::Symbols { names: symbols(&desk, &typed), typed });
                }
            }
            Effect::Retrieve { turn, question, above } => {
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
            Effect::UseTools { turn, question, calls } => {
                let stop = self.lane(turn);
                let desk = self.shelf.as_ref().map(|shelf| shelf.refresh(&self.runtime));
                self.on_thread(move |workspace| {
                    let ground = Ground::plain(workspace, desk.as_ref());
                    let stop = || stop.load(Ordering::Relaxed);
                    let outcomes = tools::carry_out(&ground, &question, &calls, &stop);
                    Event::Used { turn, dice: dice(), outcomes }
                });
            }
            Effect::Consult { turn, payer, ask } => {
                let all = self.roles.serve(Role::Chat);
                let able = |route: &&Route| ask.tools.is_empty() || route.endpoint.wire.offers_tools();
                let routes: Vec<Route> = all.iter().filter(able).cloned().collect();
                let none = routes.is_empty() && !all.is_empty();
                let running = self.lanes.entry(turn).or_default();
                let (supply, left) = (Arc::clone(&self.supply), Arc::clone(&running.left));
                let whose = stream::Whose { turn, payer };
                let task = if none {
                    let events = self.events.clone();
                    let ended = Event::Ended { turn, result: Err(Failure::NoTools) };
                    self.runtime.spawn(async move { drop(events.send(ended).await) })
                } else {
                    self.runtime.spawn(stream::answer(supply, routes, left, whose, ask))
                };
                running.tasks.push(task.abort_handle());
            }
            Effect::Wake { turn, after } => {
                let events = self.events.clone();
                let task = self.runtime.spawn(async move {
                    tokio::time::sleep(after).await;
                    let _ = events.send(Event::TimeUp { turn }).await;
                });
                self.lanes.entry(turn).or_default().tasks.push(task.abort_handle());
            }
            Effect::Send { turn, ask } => {
                let routes = self.roles.serve(Role::Chat).to_vec();
                let running = self.turns.entry(turn).or_default();
                let (supply, left) = (Arc::clone(&self.supply), Arc::clone(&running.left));
                let whose = stream::Whose { turn, payer: Payer { turn, limit: None } };
                let task = self.runtime.spawn(stream::answer(supply, routes, left, whose, ask));
                running.tasks.push(task.abort_handle());
            }
            Effect::Abort { turn } => drop((self.turns.remove(&turn), self.lanes.remove(&turn))),
            Effect::Look { turn, path } => self.on_thread(move |workspace| {
                let read = look(workspace, &path);
                Event::Looked { turn, path, read }
            }),
            Effect::Compare { turn, what, paths } => {
                let running = self.turns.entry(turn).or_default();
                let stop = Arc::clone(&running.stop);
                let events = self.events.clone();
                self.on_thread(move |workspace| compare::run(workspace, turn, &what, &paths, &stop, &events));
            }
            Effect::Land { turn, approved, story } => self.on_thread(move |workspace| {
                let result = workspace.apply(approved, &story);
                Event::Landed { turn, result }
            }),
            Effect::Undo { id } => self.on_thread(move |w| Event::Undone(w.undo(id.as_deref()))),
            Effect::Redo => self.on_thread(|w| Event::Redone(w.redo(None))),
            Effect::Open { path } => self.on_thread(move |w| {
                let read = w.read(&path);
                Event::Opened { path, read }
            }),
            Effect::Save { path, text, expected } => self.on_thread(move |w| {
                let result = w.save(&path, text.bytes(), expected);
                Event::Saved { path, text, result }
            }),
            Effect::Follow => {
                if let Some(shelf) = &self.shelf {
                    shelf.follow(self.events.clone());
                }
            }
            Effect::Check { run } => self.check(run),
            Effect::StopCheck => self.check = None,
            Effect::ListFiles => self.on_thread(|w| Event::Files(w.files(&|| false))),
            Effect::AskBranch => self.on_thread(|w| Event::Branch(w.branch())),
            Effect::Highlight { path, version, language, text } => self.on_thread(move |_| {
                let classes = highlight::highlight(language, text.bytes());
                let faults = syntax::faults(language, text.bytes(), FAULTS).unwrap_or_default();
                Event::Highlighted { path, version, classes, faults }
            }),
            Effect::Merge { turn, path, instruct, original, update } => {
                let (supply, routes) = (Arc::clone(&self.supply), self.roles.serve(Role::Apply).to_vec());
                let sketch = Sketch { path, instruct, original, update };
                let task = self.runtime.spawn(merging::merge(supply, routes, turn, sketch));
                self.turns.entry(turn).or_default().tasks.push(task.abort_handle());
            }
            Effect::Keep { name, kept } => {
                if self.keeping.put(name, kept) {
                    let (desk, workspace) = (self.keeping.clone(), self.workspace.clone());
                    let events = self.events.clone();
                    self.runtime.spawn_blocking(move || {
                        if let Err(why) = desk.write(&workspace) {
                            let _ = events.blocking_send(Event::NotKept(why));
                        }
                    });
                }
            }
            Effect::Read { turn, review } => self.on_thread(move |_| {
                let reading = Box::new(Reading::of(&review));
                Event::Read { turn, reading }
            }),
            Effect::Parse { turn, review, files } => {
                let stop = Arc::clone(&self.turns.entry(turn).or_default().stop);
                let events = self.events.clone();
                self.runtime.spawn_blocking(move || parsing::run(turn, &review, files, &stop, &events));
            }
            Effect::Trace { turn, hunk, review } => {
                let stop = Arc::clone(&self.turns.entry(turn).or_default().stop);
                let desk = self.shelf.as_ref().map(|shelf| shelf.refresh(&self.runtime));
                self.on_thread(move |_| {
                    let stop = || stop.load(Ordering::Relaxed);
                    let callers = Box::new(tracing::trace(&review, hunk, desk.as_ref(), &stop));
                    Event::Traced { turn, hunk, callers }
                });
            }
            Effect::Polish { key, rough } => self.on_thread(move |_| {
                let polish = Arc::new(rough.polish());
                Event::Polished { key, path: rough.path, polish }
            }),
            Effect::Complete { id, ask, fim } => {
                let routes = self.roles.serve(Role::Complete).to_vec();
                let (supply, gap) = (Arc::clone(&self.supply), Gap { ask, fim });
                let task = self.runtime.spawn(stream::complete(supply, routes, id, gap));
                let mut running = Running::default();
                running.tasks.push(task.abort_handle());
                self.completion = Some(running);
            }
            Effect::AbortComplete => self.completion = None,
            Effect::ReadWire { limit } => self.on_thread(move |w| {
                Event::Wire(wire_log::read(w, None, limit).map_err(|why| why.to_string()))
            }),
            Effect::ListModels => {
                let (supply, endpoints) = (Arc::clone(&self.supply), self.roles.endpoints().to_vec());
                self.runtime.spawn(catalogue::list(supply, endpoints, self.roles.catalogue()));
            }
            Effect::Prefer { role, model } => {
                self.roles.prefer(role, &model);
                if role == Role::Embed {
                    self.sense_anew();
                }
            }
            Effect::MakeVectors(say) => self.make_vectors(say),
            Effect::ReadLog { limit } => {
                self.on_thread(move |w| Event::Log(w.log(limit).map_err(|why| why.to_string())));
            }
        }
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

    /// Runs the project's check; one that runs still is ended.
    fn check(&mut self, run: u64) {
        let Some(checker) = self.checker.clone() else { return };
        let running = Running::default();
        let stop = Arc::clone(&running.stop);
        self.check = Some(running);
        let (workspace, events) = (self.workspace.clone(), self.events.clone());
        self.runtime.spawn_blocking(move || check::run(&*checker, &workspace, run, &stop, &events));
    }

    /// Whether a conversation about a question is to stop.
    fn lane(&mut self, turn: TurnId) -> Arc<AtomicBool> {
        Arc::clone(&self.lanes.entry(turn).or_default().stop)
    }

    /// Runs blocking work on a thread of the runtime's pool and sends what it gives.
    fn on_thread(&self, work: impl FnOnce(&Workspace) -> Event + Send + 'static) {
        let (workspace, events) = (self.workspace.clone(), self.events.clone());
        self.runtime.spawn_blocking(move || {
            let event = work(&workspace);
            // A closed channel means that the front has left and nobody waits for the event.
            let _ = events.blocking_send(event);
        });
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

/// Any number: the seed of a hash map is drawn from one.
fn dice() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}

/// A file as the reply's edits should be placed in it, under its own name: where a link leads is what
/// the scope has to judge.
fn look(workspace: &Workspace, path: &RepoPath) -> Result<Base, String> {
    let read = workspace.read(path).map_err(|why: ReadError| why.to_string())?;
    Ok(match read {
        Some(file) => Base { path: file.path, text: Some(file.lines) },
        None => Base { path: path.clone(), text: None },
    })
}
