//! Search by meaning: the chunks of a project are made vectors by the model of the `embed` role, kept,
//! and compared with the vector of a question. What it costs is metered like any request; what was done
//! before a stop need not be done again. It runs only when it is called, and sends texts to nobody but
//! that model: no secret is among them.

mod background;
mod embedder;
mod sense;
mod store;

#[cfg(test)]
mod tests;

pub use background::{Work, consent};
pub use embedder::{Embedder, Rules};
pub use sense::{Asked, Near, Opening, Sense};
pub use store::VectorStore;

use std::sync::Arc;

use futures_util::future::join_all;
use store::Remote;

use crate::context::search::Hit;
use crate::context::shows_secret;
use crate::index::{ChunkId, Chunks, Count, Index, NotKept, Piece, Place, Rows};
use crate::model::{Bill, EmbedAs, Failure, ModelId, Tokens};
use crate::provider::Qdrant;
use crate::session::Payer;

/// Most texts of one request: every server takes as many.
const TEXTS: usize = 64;

/// Most bytes of one request's texts.
const BYTES: usize = 64_000;

/// Requests that run at once.
const AT_ONCE: usize = 4;

/// Chunks near in meaning that are looked at for one question.
const NEAR: usize = 200;

/// Why a project or a question has no vectors, or not all.
#[derive(Debug, thiserror::Error)]
pub enum NotMeant {
    #[error(transparent)]
    Model(#[from] Failure),
    #[error(
        "`{model}` was sent ~{used} tokens today, and `embed.tokens` allows {limit}; the rest is for tomorrow, or for a higher limit"
    )]
    DayIsOver { model: ModelId, used: Tokens, limit: Tokens },
    #[error("the question shows a key, and was not sent to be compared; leave the key out")]
    Secret,
    #[error(
        "`{model}` gave a vector of {got} numbers, and those that are kept have {length}: it is another model under its old name. `rein index --rebuild` makes all of its vectors again"
    )]
    Length { model: ModelId, got: usize, length: usize },
    #[error(transparent)]
    Incomplete(Box<Incomplete>),
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

/// The first of the list cannot be asked, and the other one is no stand-in.
#[derive(Debug, thiserror::Error)]
#[error(
    "{model} cannot be asked ({why}), and {other} has no vectors of {missing} chunks; `rein index --model {other}` makes them"
)]
pub struct Incomplete {
    pub model: ModelId,
    pub why: String,
    pub other: ModelId,
    pub missing: usize,
}

impl From<std::io::Error> for NotMeant {
    fn from(why: std::io::Error) -> Self {
        Self::NotKept(why.into())
    }
}

/// How far making vectors has come.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Filling {
    /// Chunks that had none before, and have one now.
    pub made: usize,
    /// Chunks without a vector that may have one.
    pub left: usize,
}

/// A question's vector, by the first model of the list that could make one.
#[derive(Clone, PartialEq, Debug)]
pub struct Pointed {
    /// Which of the list.
    set: usize,
    vector: Vec<f32>,
    pub by: ModelId,
    /// Why not by those before it.
    pub instead: Vec<(ModelId, String)>,
}

/// The vectors of a project by one model, and whoever makes them.
struct Set {
    embedder: Arc<Embedder>,
    store: Box<dyn VectorStore>,
}

/// The vectors of a project: a set of each model of the list, and never two of them compared. All sets are of
/// the same chunks. The first is made; those behind it are for when its model cannot be asked, and only
/// where they have been begun by the user and are complete.
pub struct Meaning {
    chunks: Chunks,
    /// First choice first; never none.
    sets: Vec<Set>,
}

impl Meaning {
    /// With vectors beside the index at `place`, or with the server that stands beside an embedder. `first` is
    /// the first choice, `others` stand in for it.
    pub fn open(
        place: &Place,
        first: (Embedder, Option<Qdrant>),
        others: Vec<(Embedder, Option<Qdrant>)>,
    ) -> Self {
        let set = |(embedder, server): (Embedder, Option<Qdrant>)| {
            let space = embedder.space();
            let store: Box<dyn VectorStore> = match server {
                Some(server) => Box::new(Remote::new(server, place, &space)),
                None => Box::new(Rows::open(place, &space)),
            };
            Set { embedder: Arc::new(embedder), store }
        };
        let sets = std::iter::once(first).chain(others).map(set).collect();
        Self { chunks: Chunks::open(place), sets }
    }

    /// Who makes the vectors of a set; `None` beyond the last.
    pub fn embedder(&self, set: usize) -> Option<&Arc<Embedder>> {
        self.sets.get(set).map(|set| &set.embedder)
    }

    pub fn store(&self, set: usize) -> Option<&dyn VectorStore> {
        self.sets.get(set).map(|set| &*set.store)
    }

    /// The sets that are worth making: the first, and those that have been begun.
    pub fn kept_up(&self) -> Vec<usize> {
        let begun = |(at, set): (usize, &Set)| (at == 0 || !set.store.is_empty()).then_some(at);
        self.sets.iter().enumerate().filter_map(begun).collect()
    }

    /// The set of this model.
    pub fn set_of(&self, model: &ModelId) -> Option<usize> {
        self.sets.iter().position(|set| set.embedder.id() == *model)
    }

    /// What all requests of this one cost.
    pub fn spent(&self) -> Bill {
        self.sets.iter().map(|set| set.embedder.spent()).sum()
    }

    /// How much of the project has vectors in a set. Asks nobody.
    pub fn count(&self, set: usize, index: &Index) -> Count {
        let has = |id| self.sets.get(set).is_some_and(|set| set.store.has(id));
        self.chunks.count(index, &has)
    }

    /// Makes the vectors of a set that are missing. `told` hears how far it is after each few requests. What
    /// was made before this ends, or is dropped, is kept.
    ///
    /// # Errors
    /// The model or the store cannot be asked, or a limit was reached. What was made until then is kept.
    pub async fn fill(
        &mut self,
        set: usize,
        index: &Index,
        told: &mut dyn FnMut(Filling),
    ) -> Result<Filling, NotMeant> {
        self.begin(set).await?;
        let mut filling = Filling { made: 0, left: self.count(set, index).missing };
        // Vectors of another length than before replace those that are there: then a second round is due.
        for _ in 0..2 {
            self.chunks.rewind();
            loop {
                let pieces = self.next(set, index, TEXTS * AT_ONCE)?;
                if pieces.is_empty() {
                    break;
                }
                let made = pieces.len();
                self.make(set, pieces).await?;
                filling = Filling { made: filling.made + made, left: filling.left.saturating_sub(made) };
                told(filling);
            }
            filling.left = self.count(set, index).missing;
            if filling.left == 0 || filling.made == 0 {
                break;
            }
        }
        self.tidy(set, index)?;
        Ok(filling)
    }

    /// Asks for one vector, to see that its length is that of those that are kept, and forgets them if it is
    /// not: the model is another one under its old name. Says whether it was.
    ///
    /// # Errors
    /// The model cannot be asked.
    pub async fn prove(&mut self, set: usize) -> Result<bool, NotMeant> {
        let Some(set) = self.sets.get_mut(set) else { return Ok(false) };
        let Some(length) = set.store.length() else { return Ok(false) };
        let texts = vec!["fn main() {}".to_owned()];
        let made = set.embedder.vectors(texts, EmbedAs::Document).await?;
        let other = made.first().is_some_and(|vector| vector.len() != length);
        if other {
            set.store.forget()?;
        }
        Ok(other)
    }

    /// Gets a set's store ready.
    async fn begin(&mut self, set: usize) -> Result<(), NotMeant> {
        match self.sets.get_mut(set) {
            Some(set) => set.store.begin().await,
            None => Ok(()),
        }
    }

    /// The next texts without a vector in a set, about `most` of them. Blocking: reads files.
    fn next(&mut self, set: usize, index: &Index, most: usize) -> Result<Vec<Piece>, NotMeant> {
        let Self { chunks, sets } = self;
        let Some(set) = sets.get(set) else { return Ok(Vec::new()) };
        Ok(chunks.next(index, &|id| set.store.has(id), most, &|| false)?)
    }

    async fn keep(&mut self, set: usize, vectors: Vec<(ChunkId, Vec<f32>)>) -> Result<(), NotMeant> {
        match self.sets.get_mut(set) {
            Some(set) => set.store.put(vectors).await,
            None => Ok(()),
        }
    }

    /// Forgets what no file holds any more, once it is most of what is kept.
    fn tidy(&mut self, set: usize, index: &Index) -> Result<(), NotMeant> {
        let wanted = self.chunks.ids(index);
        if let Some(set) = self.sets.get_mut(set) {
            set.store.tidy(&wanted)?;
        }
        Ok(self.chunks.tidy(index)?)
    }

    /// # Errors
    /// The question shows a key.
    pub fn may_ask(text: &str) -> Result<(), NotMeant> {
        if shows_secret(text.as_bytes()) { Err(NotMeant::Secret) } else { Ok(()) }
    }

    /// Who can be asked for a question's vector, with the number of the set: those that have something to
    /// compare it with.
    fn askable(&self) -> Vec<(usize, Arc<Embedder>)> {
        let askable =
            |(at, set): (usize, &Set)| (!set.store.is_empty()).then(|| (at, Arc::clone(&set.embedder)));
        self.sets.iter().enumerate().filter_map(askable).collect()
    }

    /// The chunks nearest in meaning to `text`, best first, and by whose vectors; `None` where there is nothing
    /// to compare it with.
    ///
    /// # Errors
    /// No model can be asked, or the store cannot, or a limit was reached.
    pub async fn nearest(
        &mut self,
        index: &Index,
        text: &str,
    ) -> Result<Option<(Pointed, Vec<Hit>)>, NotMeant> {
        let Some(pointed) = pointed(&self.askable(), text, None).await? else { return Ok(None) };
        let among = self.among(&pointed, index)?;
        let near = self.near(&pointed, &among).await?;
        let hits = self.chunks.hits(index, &near);
        Ok(Some((pointed, hits)))
    }

    /// What a question's vector is compared with.
    ///
    /// # Errors
    /// A set that stands in for the first is not complete: what it lacks would never be found.
    fn among(&self, pointed: &Pointed, index: &Index) -> Result<Vec<ChunkId>, NotMeant> {
        let missing = if pointed.set == 0 { 0 } else { self.count(pointed.set, index).missing };
        if missing > 0 {
            let (model, why) =
                pointed.instead.first().cloned().unwrap_or((pointed.by.clone(), String::new()));
            let other = pointed.by.clone();
            return Err(NotMeant::Incomplete(Box::new(Incomplete { model, why, other, missing })));
        }
        let ids = self.chunks.ids(index);
        let has = |id: &ChunkId| self.sets.get(pointed.set).is_some_and(|set| set.store.has(*id));
        Ok(ids.into_iter().filter(has).collect())
    }

    /// The nearest of `among`. Ready at once where the vectors are on this machine.
    ///
    /// # Errors
    /// The vectors are of another length than the question's.
    async fn near(&self, pointed: &Pointed, among: &[ChunkId]) -> Result<Vec<(ChunkId, f32)>, NotMeant> {
        let Some(set) = self.sets.get(pointed.set) else { return Ok(Vec::new()) };
        let got = pointed.vector.len();
        if let Some(length) = set.store.length().filter(|length| *length != got) {
            return Err(NotMeant::Length { model: pointed.by.clone(), got, length });
        }
        let near = set.store.nearest(&pointed.vector, among, NEAR).await?;
        // What points elsewhere is near to nothing.
        Ok(near.into_iter().filter(|(_, cosine)| *cosine > 0.0).collect())
    }

    /// A few requests at once. Those that succeed are kept whatever becomes of the others.
    async fn make(&mut self, set: usize, pieces: Vec<Piece>) -> Result<(), NotMeant> {
        let Some(embedder) = self.embedder(set).map(Arc::clone) else { return Ok(()) };
        let asked = batches(pieces).into_iter().map(|pieces| made(&embedder, pieces));
        let mut failed = Ok(());
        for made in join_all(asked).await {
            match made {
                Ok(vectors) => self.keep(set, vectors).await?,
                Err(why) => failed = failed.and(Err(why)),
            }
        }
        failed
    }
}

/// The vectors of one batch.
async fn made(embedder: &Embedder, pieces: Vec<Piece>) -> Result<Vec<(ChunkId, Vec<f32>)>, NotMeant> {
    let (ids, texts): (Vec<ChunkId>, Vec<String>) =
        pieces.into_iter().map(|piece| (piece.id, piece.text)).unzip();
    let vectors = embedder.vectors(texts, EmbedAs::Document).await?;
    Ok(ids.into_iter().zip(vectors).collect())
}

/// The vector of a question, by the first of `askable` that makes one; `None` where nobody has anything to
/// compare it with.
///
/// # Errors
/// The question shows a key; or the first's reason, where none can be asked.
async fn pointed(
    askable: &[(usize, Arc<Embedder>)],
    text: &str,
    payer: Option<Payer>,
) -> Result<Option<Pointed>, NotMeant> {
    Meaning::may_ask(text)?;
    let mut failed = None;
    let mut instead = Vec::new();
    for (set, embedder) in askable {
        match embedder.question(text, payer).await {
            Ok(vector) => {
                return Ok(Some(Pointed { set: *set, vector, by: embedder.id(), instead }));
            }
            Err(why) => {
                instead.push((embedder.id(), why.to_string()));
                failed = failed.or(Some(why));
            }
        }
    }
    failed.map_or(Ok(None), Err)
}

/// As many texts as a request takes, in each.
fn batches(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut batches: Vec<Vec<Piece>> = Vec::new();
    let mut bytes = 0;
    for piece in pieces {
        bytes += piece.text.len();
        match batches.last_mut().filter(|batch| batch.len() < TEXTS && bytes <= BYTES) {
            Some(batch) => batch.push(piece),
            None => {
                bytes = piece.text.len();
                batches.push(vec![piece]);
            }
        }
    }
    batches
}
