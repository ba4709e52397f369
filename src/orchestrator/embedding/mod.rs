//! Search by meaning: the chunks of a project are made vectors by the model of the `embed` role, kept,
//! and compared with the vector of a question. What it costs is metered like any request; what was done
//! before a stop need not be done again. It runs only when it is called, and sends texts to nobody but
//! that model: no secret is among them.

mod embedder;
mod store;

#[cfg(test)]
mod tests;

pub use embedder::{Embedder, Rules};
pub use store::VectorStore;

use futures_util::future::join_all;
use store::Remote;

use crate::context::search::Hit;
use crate::context::shows_secret;
use crate::index::{ChunkId, Chunks, Count, Index, NotKept, Piece, Place, Rows};
use crate::model::{Bill, EmbedAs, Failure, ModelId, Tokens};
use crate::provider::Qdrant;

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
    #[error(transparent)]
    NotKept(#[from] NotKept),
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

/// The vectors of a project by one model, and whoever makes them.
pub struct Meaning {
    embedder: Embedder,
    chunks: Chunks,
    store: Box<dyn VectorStore>,
}

impl Meaning {
    /// With vectors beside the index at `place`, or with `server`.
    pub fn open(embedder: Embedder, place: &Place, server: Option<Qdrant>) -> Self {
        let space = embedder.space();
        let store: Box<dyn VectorStore> = match server {
            Some(server) => Box::new(Remote::new(server, place, &space)),
            None => Box::new(Rows::open(place, &space)),
        };
        Self { embedder, chunks: Chunks::open(place), store }
    }

    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    pub fn store(&self) -> &dyn VectorStore {
        &*self.store
    }

    /// What all requests of this one cost.
    pub fn spent(&self) -> Bill {
        self.embedder.spent()
    }

    /// How much of the project has vectors. Asks nobody.
    pub fn count(&self, index: &Index) -> Count {
        self.chunks.count(index, &|id| self.store.has(id))
    }

    /// Makes the vectors that are missing. `told` hears how far it is after each few requests. What was
    /// made before this ends, or is dropped, is kept.
    ///
    /// # Errors
    /// The model or the store cannot be asked, or a limit was reached. What was made until then is kept.
    pub async fn fill(&mut self, index: &Index, told: &mut dyn FnMut(Filling)) -> Result<Filling, NotMeant> {
        self.store.begin().await?;
        let mut filling = Filling { made: 0, left: self.count(index).missing };
        // Vectors of another length than before replace those that are there: then a second round is due.
        for _ in 0..2 {
            self.chunks.rewind();
            loop {
                let store = &self.store;
                let pieces = self.chunks.next(index, &|id| store.has(id), TEXTS * AT_ONCE, &|| false)?;
                if pieces.is_empty() {
                    break;
                }
                let made = pieces.len();
                self.make(pieces).await?;
                filling = Filling { made: filling.made + made, left: filling.left.saturating_sub(made) };
                told(filling);
            }
            filling.left = self.count(index).missing;
            if filling.left == 0 || filling.made == 0 {
                break;
            }
        }
        let wanted = self.chunks.ids(index);
        self.store.tidy(&wanted)?;
        self.chunks.tidy(index)?;
        Ok(filling)
    }

    /// # Errors
    /// The question shows a key.
    pub fn may_ask(text: &str) -> Result<(), NotMeant> {
        if shows_secret(text.as_bytes()) { Err(NotMeant::Secret) } else { Ok(()) }
    }

    /// The chunks nearest in meaning to `text`, best first. With vectors of another length than the
    /// model's all are forgotten, and there is none.
    ///
    /// # Errors
    /// The model or the store cannot be asked, or a limit was reached.
    pub async fn nearest(&mut self, index: &Index, text: &str) -> Result<Vec<Hit>, NotMeant> {
        Self::may_ask(text)?;
        let ids = self.chunks.ids(index);
        let among: Vec<ChunkId> = ids.into_iter().filter(|id| self.store.has(*id)).collect();
        if among.is_empty() {
            return Ok(Vec::new());
        }
        let vectors = self.embedder.vectors(vec![text.to_owned()], EmbedAs::Query).await?;
        let Some(query) = vectors.into_iter().next() else { return Ok(Vec::new()) };
        if self.store.length().is_some_and(|length| length != query.len()) {
            self.store.forget()?;
        }
        let near = self.store.nearest(&query, &among, NEAR).await?;
        // What points elsewhere is near to nothing.
        let near: Vec<(ChunkId, f32)> = near.into_iter().filter(|(_, cosine)| *cosine > 0.0).collect();
        Ok(self.chunks.hits(index, &near))
    }

    /// A few requests at once. Those that succeed are kept whatever becomes of the others.
    async fn make(&mut self, pieces: Vec<Piece>) -> Result<(), NotMeant> {
        let batches = batches(pieces);
        let embedder = &self.embedder;
        let asked = batches.into_iter().map(async |pieces| {
            let (ids, texts): (Vec<ChunkId>, Vec<String>) =
                pieces.into_iter().map(|piece| (piece.id, piece.text)).unzip();
            let vectors = embedder.vectors(texts, EmbedAs::Document).await?;
            Ok::<_, NotMeant>(ids.into_iter().zip(vectors).collect::<Vec<_>>())
        });
        let mut failed = Ok(());
        for made in join_all(asked).await {
            match made {
                Ok(vectors) => self.store.put(vectors).await?,
                Err(why) => failed = failed.and(Err(why)),
            }
        }
        failed
    }
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
