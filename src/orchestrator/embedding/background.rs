//! Vectors made while a person works: a batch at a time, with a pause after each, until none is missing, a
//! limit is reached, or somebody says stop. Texts leave this machine only after a person said so once for this
//! project and this server. Each batch is kept before the next is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Sender;

use super::super::shelf::Desk;
use super::sense::{Sense, Shared};
use super::{Embedder, Meaning, NotMeant, TEXTS, batches, made};
use crate::index::{Count, Index, Piece};
use crate::model::Tokens;
use crate::session::{Event, Making, Say, Vectors};
use crate::workspace::{Drawer, Workspace};

/// How long the project must be at rest before what changed is made vectors.
const QUIET: Duration = Duration::from_secs(2);

/// Shortest pause after a batch, and longest; between them as long as the batch took where this machine makes
/// the vectors, so that it has half of its time for the person.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(2);

/// About as many texts at once where this machine makes the vectors: a question that comes meanwhile waits for
/// no more of them.
const AT_HOME: usize = 16;

/// How soon the vectors are asked for again when a request holds them.
const AGAIN: Duration = Duration::from_millis(25);

/// Below the workspace's state folder.
const DRAWER: &str = "embed";
const CONSENT: &str = "consent.jsonl";

/// What a person said; the last line of a server counts.
#[derive(Serialize, Deserialize)]
struct Line {
    to: String,
    allowed: bool,
}

/// What a person said of texts that leave this workspace for `to`; `None`: nothing yet.
pub fn consent(workspace: &Workspace, to: &str) -> Option<bool> {
    said(&workspace.drawer(DRAWER), to)
}

fn said(drawer: &Drawer, to: &str) -> Option<bool> {
    let held = drawer.read(CONSENT).ok()??;
    let lines =
        held.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    lines.filter(|line| line.to == to).map(|line| line.allowed).reduce(|_, last| last)
}

fn note(drawer: &Drawer, to: &str, allowed: bool) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(&Line { to: to.to_owned(), allowed }).map_err(std::io::Error::other)?;
    line.push(b'\n');
    drawer.append(CONSENT, |_| (Some(line), ()))
}

/// One making of vectors.
#[derive(Clone)]
pub struct Work {
    pub sense: Sense,
    pub desk: Desk,
    pub workspace: Workspace,
    pub stop: Arc<AtomicBool>,
    /// More has changed: go on once this is done.
    pub again: Arc<AtomicBool>,
    /// Begin at once, and not only when the project is at rest.
    pub at_once: bool,
}

impl Work {
    /// Makes what is missing, and tells how far it is.
    pub async fn run(self, say: Say) {
        if let Err(why) = self.clone().work(say).await {
            self.tell(Making::Stopped(why)).await;
        }
    }

    async fn work(self, say: Say) -> Result<(), String> {
        let this = self.clone();
        let opened = tokio::task::spawn_blocking(move || this.sense.opened()).await;
        let meaning = opened.map_err(|why| why.to_string())??;
        if !self.may(&meaning, say).await? {
            return Ok(());
        }
        let mut at_once = self.at_once;
        loop {
            self.again.store(false, Ordering::Relaxed);
            if !std::mem::take(&mut at_once) {
                tokio::time::sleep(QUIET).await;
            }
            // Not in the head of the loop: the vectors would be held through all of it.
            let sets = meaning.lock().await.kept_up();
            for set in sets {
                self.fill(&meaning, set).await?;
            }
            if !self.again.load(Ordering::Relaxed) {
                self.tell(Making::Done).await;
                return Ok(());
            }
        }
    }

    /// May texts leave for whom they would leave for? Asks a person where nothing was said yet.
    async fn may(&self, meaning: &Shared, say: Say) -> Result<bool, String> {
        let Some(embedder) = meaning.lock().await.embedder(0).map(Arc::clone) else { return Ok(false) };
        let Some(endpoint) = embedder.endpoint().filter(|one| !one.base_url.is_loopback()) else {
            return Ok(true);
        };
        let (drawer, to) = (self.workspace.drawer(DRAWER), endpoint.base_url.host());
        let unkept = |why: std::io::Error| format!("what you said cannot be kept: {why}");
        match say {
            Say::Allow => note(&drawer, &to, true).map_err(unkept)?,
            Say::Refuse => note(&drawer, &to, false).map_err(unkept)?,
            Say::GoOn | Say::Pause => {}
        }
        match said(&drawer, &to) {
            Some(true) => Ok(true),
            Some(false) => {
                self.tell(Making::Refused).await;
                Ok(false)
            }
            None => {
                let count = self.count(meaning, 0).await?;
                if count.missing > 0 {
                    let tokens = Tokens::of_bytes(count.bytes);
                    self.tell(Making::Asks { tokens, cost: embedder.price(tokens) }).await;
                }
                Ok(count.missing == 0)
            }
        }
    }

    async fn fill(&self, meaning: &Shared, set: usize) -> Result<(), String> {
        let Some(embedder) = meaning.lock().await.embedder(set).map(Arc::clone) else { return Ok(()) };
        meaning.lock().await.begin(set).await.map_err(in_words)?;
        // Vectors of another length than before replace those that are there: then a second round is due.
        for _ in 0..2 {
            let count = self.with(meaning, move |meaning, index| {
                meaning.chunks.rewind();
                meaning.count(set, index)
            });
            if count.await?.missing == 0 {
                break;
            }
            loop {
                if set == 0 {
                    self.tell(Making::UnderWay).await;
                }
                let most = if is_here(&embedder) { AT_HOME } else { TEXTS };
                let pieces = self.with(meaning, move |meaning, index| meaning.next(set, index, most)).await?;
                let pieces = pieces.map_err(in_words)?;
                if pieces.is_empty() {
                    break;
                }
                self.batch(meaning, set, &embedder, pieces).await?;
            }
        }
        self.with(meaning, move |meaning, index| meaning.tidy(set, index)).await?.map_err(in_words)
    }

    async fn batch(
        &self,
        meaning: &Shared,
        set: usize,
        embedder: &Embedder,
        pieces: Vec<Piece>,
    ) -> Result<(), String> {
        for pieces in batches(pieces) {
            let since = Instant::now();
            let vectors = made(embedder, pieces).await.map_err(in_words)?;
            meaning.lock().await.keep(set, vectors).await.map_err(in_words)?;
            let pause = if is_here(embedder) { since.elapsed().clamp(PAUSE, LONGEST) } else { PAUSE };
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    async fn count(&self, meaning: &Shared, set: usize) -> Result<Count, String> {
        self.with(meaning, move |meaning, index| meaning.count(set, index)).await
    }

    /// Something that needs both the vectors and the index, on a thread of the pool. While the index is lent
    /// the vectors are not waited for.
    async fn with<T: Send + 'static>(
        &self,
        meaning: &Shared,
        mut act: impl FnMut(&mut Meaning, &Index) -> T + Send + 'static,
    ) -> Result<T, String> {
        loop {
            let (desk, stop, meaning) = (self.desk.clone(), Arc::clone(&self.stop), Arc::clone(meaning));
            let once = move || {
                let mut both =
                    |index: &Index| meaning.try_lock().ok().map(|mut meaning| act(&mut meaning, index));
                let done = desk.ask(None, &|| stop.load(Ordering::Relaxed), &mut both);
                (done, act)
            };
            let (done, back) = tokio::task::spawn_blocking(once).await.map_err(|why| why.to_string())?;
            act = back;
            match done.map_err(|why| why.to_string())? {
                Some(done) => return Ok(done),
                None => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    async fn tell(&self, making: Making) {
        let this = self.clone();
        let Ok(Ok(meaning)) = tokio::task::spawn_blocking(move || this.sense.opened()).await else {
            return self
                .say(Event::NoVectors(match making {
                    Making::Stopped(why) => why,
                    _ => String::new(),
                }))
                .await;
        };
        let count = self.count(&meaning, 0).await.unwrap_or_default();
        let about = {
            let meaning = meaning.lock().await;
            meaning.embedder(0).map(Arc::clone).zip(meaning.store(0).map(|store| store.shown()))
        };
        let Some((embedder, kept)) = about else { return };
        let endpoint = embedder.endpoint();
        let vectors = Vectors {
            making,
            by: embedder.id(),
            host: endpoint.map(|endpoint| endpoint.base_url.host()),
            is_local: endpoint.is_none_or(|endpoint| endpoint.base_url.is_loopback()),
            kept,
            chunks: count.all,
            missing: count.missing,
            withheld: count.withheld,
            today: embedder.today(),
        };
        self.say(Event::Vectors(Box::new(vectors))).await;
    }

    async fn say(&self, event: Event) {
        let events: &Sender<Event> = self.sense.events();
        // A closed channel means that the front has left.
        let _ = events.send(event).await;
    }
}

/// Does this machine make the vectors?
fn is_here(embedder: &Embedder) -> bool {
    embedder.endpoint().is_none_or(|one| one.base_url.is_loopback())
}

fn in_words(why: NotMeant) -> String {
    why.to_string()
}
