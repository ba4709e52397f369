//! Where vectors are kept: beside the index, or with a server that the user named. One trait, so that
//! whoever makes and compares them cannot tell.

use futures_util::future::BoxFuture;

use super::NotMeant;
use crate::index::{ChunkId, Place, Rows, Sent};
use crate::provider::Qdrant;

/// A keeper of vectors of one model.
pub trait VectorStore: Send + Sync {
    /// In words, for a person.
    fn shown(&self) -> String;

    /// Is it this machine?
    fn is_here(&self) -> bool;

    /// Has it none at all?
    fn is_empty(&self) -> bool;

    /// Is the vector of this text there?
    fn has(&self, id: ChunkId) -> bool;

    /// Numbers in each vector, where that is known.
    fn length(&self) -> Option<usize>;

    /// Gets ready to be asked and added to.
    fn begin(&mut self) -> BoxFuture<'_, Result<(), NotMeant>>;

    /// Keeps vectors, beyond a kill once this is done.
    fn put(&mut self, vectors: Vec<(ChunkId, Vec<f32>)>) -> BoxFuture<'_, Result<(), NotMeant>>;

    /// The nearest of `among` by cosine, highest first; every one is compared.
    fn nearest<'a>(
        &'a self,
        query: &'a [f32],
        among: &'a [ChunkId],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(ChunkId, f32)>, NotMeant>>;

    /// Forgets all, for vectors of another kind.
    fn forget(&mut self) -> Result<(), NotMeant>;

    /// Forgets what `wanted` does not name, once that is most of it.
    fn tidy(&mut self, wanted: &[ChunkId]) -> Result<(), NotMeant>;
}

impl VectorStore for Rows {
    fn shown(&self) -> String {
        "on this machine".to_owned()
    }

    fn is_here(&self) -> bool {
        true
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn has(&self, id: ChunkId) -> bool {
        self.has(id)
    }

    fn length(&self) -> Option<usize> {
        Some(self.length()).filter(|length| *length > 0)
    }

    fn begin(&mut self) -> BoxFuture<'_, Result<(), NotMeant>> {
        Box::pin(async { Ok(()) })
    }

    fn put(&mut self, vectors: Vec<(ChunkId, Vec<f32>)>) -> BoxFuture<'_, Result<(), NotMeant>> {
        Box::pin(async move { Ok(self.keep(&vectors)?) })
    }

    fn nearest<'a>(
        &'a self,
        query: &'a [f32],
        among: &'a [ChunkId],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(ChunkId, f32)>, NotMeant>> {
        Box::pin(async move { Ok(self.nearest(query, among, limit)) })
    }

    fn forget(&mut self) -> Result<(), NotMeant> {
        Ok(self.forget()?)
    }

    fn tidy(&mut self, wanted: &[ChunkId]) -> Result<(), NotMeant> {
        Ok(self.tidy(wanted)?)
    }
}

/// A collection at a server, and what this machine sent there.
#[derive(Debug)]
pub(super) struct Remote {
    server: Qdrant,
    sent: Sent,
    exists: bool,
}

impl Remote {
    pub(super) fn new(server: Qdrant, place: &Place, space: &str) -> Self {
        let sent = Sent::open(place, &format!("{} {space}", server.shown()));
        Self { server, sent, exists: false }
    }
}

impl VectorStore for Remote {
    fn shown(&self) -> String {
        self.server.shown()
    }

    fn is_here(&self) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    fn has(&self, id: ChunkId) -> bool {
        self.sent.has(id)
    }

    fn length(&self) -> Option<usize> {
        None
    }

    /// A collection that was emptied or made anew has not what this machine remembers.
    fn begin(&mut self) -> BoxFuture<'_, Result<(), NotMeant>> {
        Box::pin(async move {
            let count = self.server.count().await?;
            self.exists = count.is_some();
            if count.unwrap_or(0) < self.sent.len() as u64 {
                self.sent.forget()?;
            }
            Ok(())
        })
    }

    fn put(&mut self, vectors: Vec<(ChunkId, Vec<f32>)>) -> BoxFuture<'_, Result<(), NotMeant>> {
        Box::pin(async move {
            let Some(length) = vectors.first().map(|(_, vector)| vector.len()) else { return Ok(()) };
            if !self.exists {
                if let Err(why) = self.server.create(length).await {
                    // Somebody else may have been faster.
                    if self.server.count().await?.is_none() {
                        return Err(why.into());
                    }
                }
                self.exists = true;
            }
            let ids: Vec<ChunkId> = vectors.iter().map(|(id, _)| *id).collect();
            let points: Vec<_> = vectors.into_iter().map(|(id, vector)| (*id.bytes(), vector)).collect();
            self.server.put(&points).await?;
            Ok(self.sent.note(&ids)?)
        })
    }

    fn nearest<'a>(
        &'a self,
        query: &'a [f32],
        among: &'a [ChunkId],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(ChunkId, f32)>, NotMeant>> {
        Box::pin(async move {
            let among: Vec<_> = among.iter().filter(|id| self.sent.has(**id)).map(|id| *id.bytes()).collect();
            if among.is_empty() {
                return Ok(Vec::new());
            }
            let near = self.server.nearest(query, &among, limit).await?;
            Ok(near.into_iter().map(|(id, score)| (ChunkId::from_bytes(id), score)).collect())
        })
    }

    fn forget(&mut self) -> Result<(), NotMeant> {
        Ok(self.sent.forget()?)
    }

    /// What others may use is for the server's owner to remove.
    fn tidy(&mut self, _wanted: &[ChunkId]) -> Result<(), NotMeant> {
        Ok(())
    }
}
