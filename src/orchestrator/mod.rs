//! Effects in, events out: the only room that spawns. It carries a [`session::Effect`] out against
//! the workspace, the providers or a thread of its own and sends the [`session::Event`] back on one
//! bounded channel, so that a fast model waits for a slow screen and memory stays bounded.
//!
//! It decides nothing: what an event means is the session's to know, and what is on screen is not
//! known here.
#![expect(clippy::disallowed_methods, reason = "the one room that spawns tasks and threads")]

mod answers;
mod calibration;
mod catalogue;
mod check;
mod compare;
pub mod conversations;
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
mod requests;
mod retrieve;
mod reviewing;
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

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::change::Base;
use crate::index;
use crate::model::{Budget, Tokens};
use crate::provider::Client;
use crate::session::{Effect, Event, TurnId};
use crate::text::{RepoPath, highlight, syntax};
use crate::workspace::{ReadError, Workspace};
use calibration::Calibration;
use merging::Sketch;
use shelf::Shelf;
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
    /// How long answers are kept.
    answers_for: Duration,
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
            answers_for: Duration::ZERO,
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

    /// Answers are kept for so long after the last one of their conversation.
    #[must_use]
    pub fn keeping_answers(self, answers_for: Duration) -> Self {
        Self { answers_for, ..self }
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
            // Put together: `requests`.
            Effect::Gather { turn, instruct } => self.put_together(turn, instruct),
            Effect::Preview { turn, instruct } => self.preview(turn, instruct),
            Effect::Draft { ask } => self.draft(ask),
            Effect::FindSymbols { typed } => self.find_symbols(typed),
            Effect::Retrieve { turn, question, above } => self.retrieve(turn, question, above),
            Effect::UseTools { turn, question, calls } => self.use_tools(turn, question, calls),
            // Asked of models: `answers`.
            Effect::Send { turn, ask } => self.send(turn, ask),
            Effect::Consult { turn, payer, ask } => self.consult(turn, payer, ask),
            Effect::Merge { turn, path, instruct, original, update } => {
                self.merge(turn, Sketch { path, instruct, original, update });
            }
            Effect::Complete { id, ask, fim } => self.complete(id, Gap { ask, fim }),
            Effect::AbortComplete => self.completion = None,
            Effect::Wake { turn, after } => self.wake(turn, after),
            Effect::Abort { turn } => drop((self.turns.remove(&turn), self.lanes.remove(&turn))),
            Effect::ListModels => self.list_models(),
            Effect::Prefer { role, model } => self.prefer(role, &model),
            Effect::MakeVectors(say) => self.make_vectors(say),
            // Found out about a review: `reviewing`.
            Effect::Compare { turn, what, paths } => self.compare(turn, what, paths),
            Effect::Read { turn, review } => self.read(turn, review),
            Effect::Parse { turn, review, files } => self.parse(turn, review, files),
            Effect::Trace { turn, hunk, review } => self.trace(turn, hunk, review),
            Effect::Polish { key, rough } => self.polish(key, rough),
            Effect::Keep { name, kept } => self.keep_review(name, kept),
            // Kept of answers: `conversations`.
            Effect::KeepAnswer { answered } => self.keep_answer(answered),
            Effect::ListAnswers => self.on_thread(|w| Event::Answers(conversations::list(w).map_err(told))),
            Effect::RecallAnswer { id } => self
                .on_thread(move |w| Event::Recalled(Box::new(conversations::recall(w, &id).map_err(told)))),
            // Read and written in the project.
            Effect::Look { turn, path } => self.on_thread(move |w| {
                let read = look(w, &path);
                Event::Looked { turn, path, read }
            }),
            Effect::Land { turn, approved, story } => {
                self.on_thread(move |w| Event::Landed { turn, result: w.apply(approved, &story) });
            }
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
            Effect::Follow => self.shelf.iter().for_each(|shelf| shelf.follow(self.events.clone())),
            Effect::Check { run } => self.check(run),
            Effect::StopCheck => self.check = None,
            Effect::ListFiles => self.on_thread(|w| Event::Files(w.files(&|| false))),
            Effect::AskBranch => self.on_thread(|w| Event::Branch(w.branch())),
            Effect::Highlight { path, version, language, text } => self.on_thread(move |_| {
                let classes = highlight::highlight(language, text.bytes());
                let faults = syntax::faults(language, text.bytes(), FAULTS).unwrap_or_default();
                Event::Highlighted { path, version, classes, faults }
            }),
            Effect::ReadLog { limit } => {
                self.on_thread(move |w| Event::Log(w.log(limit).map_err(|why| why.to_string())));
            }
            Effect::ReadWire { limit } => self.on_thread(move |w| {
                Event::Wire(wire_log::read(w, None, limit).map_err(|why| why.to_string()))
            }),
        }
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

fn told(why: impl std::fmt::Display) -> String {
    why.to_string()
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
