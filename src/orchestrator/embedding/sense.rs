//! Search by meaning as a session's requests use it. The vectors are opened when they are first wanted, on a
//! thread of the pool; a question's own vector is asked for beside everything else that a request waits
//! for. Who is not there in time is done without, and said.
//!
//! Locks: who holds the vectors may wait for the index; who holds the index never waits for the vectors.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex as Plain, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::AbortHandle;

use super::super::roles::Route;
use super::super::shelf::{Desk, Patience};
use super::{Embedder, Meaning, NotMeant, Pointed, pointed};
use crate::context::search::Hit;
use crate::index::{ChunkId, Index};
use crate::session::{Event, Payer};

/// Vectors of questions that are kept: the same is often asked for twice, to be looked at and to be sent.
const KEPT: usize = 8;

/// How often a request that waits asks whether it still should.
const GLANCE: Duration = Duration::from_millis(20);

/// Opens the vectors of the project by these models, first choice first; `None` where none of them and no
/// table makes any. Blocking.
pub type Opening =
    Arc<dyn Fn(&[Route], Sender<Event>) -> Result<Option<Meaning>, String> + Send + Sync + 'static>;

/// The vectors, for one after the other.
pub(super) type Shared = Arc<Mutex<Meaning>>;

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Sense(Arc<Inner>);

struct Inner {
    opening: Opening,
    routes: Vec<Route>,
    /// How long a request waits for its vector.
    wait: Duration,
    events: Sender<Event>,
    opened: OnceLock<Result<Shared, String>>,
    asked: Plain<VecDeque<(String, Pointed)>>,
}

impl std::fmt::Debug for Sense {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sense").field("routes", &self.0.routes).finish_non_exhaustive()
    }
}

/// What a request is told of its vector.
type Answer = Result<Pointed, String>;

impl Sense {
    pub fn new(opening: Opening, routes: Vec<Route>, wait: Duration, events: Sender<Event>) -> Self {
        let (opened, asked) = (OnceLock::new(), Plain::default());
        Self(Arc::new(Inner { opening, routes, wait, events, opened, asked }))
    }

    /// The same with other models.
    #[must_use]
    pub fn with(&self, routes: Vec<Route>) -> Self {
        Self::new(Arc::clone(&self.0.opening), routes, self.0.wait, self.0.events.clone())
    }

    /// Is it by these models already?
    pub fn is_of(&self, routes: &[Route]) -> bool {
        self.0.routes.iter().map(Route::id).eq(routes.iter().map(Route::id))
    }

    pub fn events(&self) -> &Sender<Event> {
        &self.0.events
    }

    /// The vectors. Blocking the first time: reads them.
    pub(super) fn opened(&self) -> Result<Shared, String> {
        let open = || match (self.0.opening)(&self.0.routes, self.0.events.clone()) {
            Ok(Some(meaning)) => Ok(Arc::new(Mutex::new(meaning))),
            Ok(None) => Err("no model serves `embed`".to_owned()),
            Err(why) => Err(why),
        };
        self.0.opened.get_or_init(open).clone()
    }

    /// Begins to ask for the vector of `text`, and returns at once.
    /// `only_here`: nothing may leave this machine for it.
    pub fn ask(&self, runtime: &Handle, text: String, payer: Payer, only_here: bool) -> (Asked, AbortHandle) {
        let (sender, receiver) = sync_channel(1);
        let whom = Arc::new(OnceLock::new());
        let asked = Asked {
            sense: self.clone(),
            runtime: runtime.clone(),
            until: Instant::now() + self.0.wait,
            answer: OnceLock::new(),
            receiver: Plain::new(receiver),
            whom: Arc::clone(&whom),
        };
        let task = runtime.spawn(self.clone().answer(sender, text, payer, only_here, whom));
        (asked, task.abort_handle())
    }

    async fn answer(
        self,
        sender: SyncSender<Answer>,
        text: String,
        payer: Payer,
        only_here: bool,
        whom: Arc<OnceLock<String>>,
    ) {
        let answer = self.vector(&text, payer, only_here, &whom).await;
        // Nobody may wait for it any more.
        let _ = sender.try_send(answer);
    }

    async fn vector(&self, text: &str, payer: Payer, only_here: bool, whom: &OnceLock<String>) -> Answer {
        if let Some(known) = self.known(text) {
            return Ok(known);
        }
        let this = self.clone();
        let opened = tokio::task::spawn_blocking(move || this.opened()).await;
        let meaning = opened.map_err(|why| why.to_string())??;
        let askable = meaning.lock().await.askable();
        let Some((_, first)) = askable.first() else {
            return Err("nothing has a vector yet".to_owned());
        };
        let is_here = |embedder: &Embedder| embedder.endpoint().is_none_or(|one| one.base_url.is_loopback());
        if only_here && !askable.iter().all(|(_, embedder)| is_here(embedder)) {
            let whom = shown(first);
            return Err(format!(
                "its words go to {whom} for a vector only when it is sent; that may find more"
            ));
        }
        let _ = whom.set(shown(first));
        let pointed = pointed(&askable, text, Some(payer)).await.map_err(|why| why.to_string())?;
        let pointed = pointed.ok_or("nothing has a vector yet")?;
        let mut kept = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((text.to_owned(), pointed.clone()));
        kept.truncate(KEPT);
        Ok(pointed)
    }

    /// A vector by the first choice that was had before.
    fn known(&self, text: &str) -> Option<Pointed> {
        let kept = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(known, pointed): &&(String, Pointed)| known == text && pointed.instead.is_empty();
        kept.iter().find(same).map(|(_, pointed)| pointed.clone())
    }
}

fn shown(embedder: &Embedder) -> String {
    match embedder.endpoint() {
        Some(endpoint) => format!("{} at {}", embedder.id(), endpoint.base_url.host()),
        None => embedder.id().to_string(),
    }
}

/// What a person is told of a request that went without. Who was asked is said: the words may have left.
fn alone(why: &str, whom: Option<&str>) -> String {
    let asked = match whom {
        Some(whom) if !why.contains(whom) => format!(" (asked was {whom})"),
        _ => String::new(),
    };
    format!("found by words alone: {why}{asked}")
}

/// A request's own vector, which is on its way.
#[derive(Debug)]
pub struct Asked {
    sense: Sense,
    runtime: Handle,
    until: Instant,
    answer: OnceLock<Answer>,
    receiver: Plain<Receiver<Answer>>,
    /// Who was sent the words of the request, once they were.
    whom: Arc<OnceLock<String>>,
}

impl Asked {
    /// What the vector is compared with, once it is there; or why the request does without, in words. Blocking:
    /// for as long as it may wait, and for a store elsewhere once more as long as `desk` takes.
    pub fn near(
        &self,
        desk: &Desk,
        patience: Option<Patience>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Near, String> {
        let answer = self.answer.get_or_init(|| self.wait(stop));
        let pointed = answer.clone().map_err(|why| self.without(&why))?;
        let left = self.until.saturating_duration_since(Instant::now()).max(GLANCE);
        let shared = self.sense.opened().map_err(|why| self.without(&why))?;
        let locked = self.runtime.block_on(async { tokio::time::timeout(left, shared.lock_owned()).await });
        let meaning = locked.map_err(|_| self.without("the vectors are being written"))?;
        let is_here = meaning.store(pointed.set).is_some_and(|store| store.is_here());
        let mut far = None;
        if !is_here {
            let among = |index: &Index| meaning.among(&pointed, index);
            let among = match patience {
                Some(patience) => desk.ask_soon(patience, stop, among).map(|(among, _)| among),
                None => desk.ask(None, stop, among),
            };
            let among = among.map_err(|why| self.without(&why.to_string()))?;
            let among = among.map_err(|why| self.without(&why.to_string()))?;
            let asked = async { tokio::time::timeout(left, meaning.near(&pointed, &among)).await };
            let found = self.runtime.block_on(asked);
            let late = |_| self.without("whoever keeps the vectors did not answer in time");
            far = Some(found.map_err(late)?.map_err(|why| self.without(&why.to_string()))?);
        }
        let whom = self.whom.get().cloned();
        Ok(Near { meaning, far, note: self.told(&pointed), whom, pointed })
    }

    fn wait(&self, stop: &dyn Fn() -> bool) -> Answer {
        let receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(left.min(GLANCE)) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    return Err("its vector was not there in time".to_owned());
                }
                Err(RecvTimeoutError::Timeout) if !stop() => {}
                Err(_) => return Err("stopped".to_owned()),
            }
        }
    }

    /// For a person: what the request holds was found by words alone. What left all the same is said.
    fn without(&self, why: &str) -> String {
        alone(why, self.whom.get().map(String::as_str))
    }

    fn told(&self, pointed: &Pointed) -> String {
        let Some(whom) = self.whom.get() else {
            return format!(
                "found by words and by meaning ({}); its vector was at hand, and nothing was sent for it",
                pointed.by
            );
        };
        let stands_in = match pointed.instead.first() {
            Some((model, why)) => format!(", in place of {model} ({why})"),
            None => String::new(),
        };
        let by = &pointed.by;
        match pointed.instead.is_empty() && whom == &by.to_string() {
            true => format!("found by words and by meaning ({by}); nothing was sent for that"),
            false => {
                let to = if pointed.instead.is_empty() { whom.clone() } else { by.to_string() };
                format!("found by words and by meaning; its words were sent to {to} for a vector{stands_in}")
            }
        }
    }
}

/// What a request is near to: ask [`Near::hits`] while the index is lent.
pub struct Near {
    meaning: OwnedMutexGuard<Meaning>,
    pointed: Pointed,
    /// What a store elsewhere has found.
    far: Option<Vec<(ChunkId, f32)>>,
    note: String,
    whom: Option<String>,
}

impl Near {
    /// The nearest chunks, best first, and what is to be said of it; none, where there is nothing to compare
    /// with.
    pub fn hits(&mut self, index: &Index) -> (Vec<Hit>, String) {
        match self.found(index) {
            Ok(near) => (self.meaning.chunks.hits(index, &near), self.note.clone()),
            Err(why) => (Vec::new(), alone(&why.to_string(), self.whom.as_deref())),
        }
    }

    fn found(&mut self, index: &Index) -> Result<Vec<(ChunkId, f32)>, NotMeant> {
        if let Some(far) = &self.far {
            return Ok(far.clone());
        }
        let among = self.meaning.among(&self.pointed, index)?;
        // Those on this machine are compared at once.
        self.meaning.near(&self.pointed, &among).now_or_never().unwrap_or_else(|| Ok(Vec::new()))
    }
}
