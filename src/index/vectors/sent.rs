//! Which texts have their vectors in a store elsewhere: what is there is asked for by name only, so
//! this machine has to know. As disposable as the vectors themselves.

use std::collections::HashSet;
use std::io;

use super::super::Place;
use super::chunks::ChunkId;
use super::log::Log;
use super::named;

/// See the module.
#[derive(Debug)]
pub struct Sent {
    log: Log,
    ids: HashSet<ChunkId>,
}

impl Sent {
    /// What was sent to `store`, a name for a collection of one model's vectors at one server.
    pub fn open(place: &Place, store: &str) -> Self {
        let mut ids = HashSet::new();
        let title = format!("rein-sent 1 {store}");
        let mut take = |record: &[u8]| ids.extend(read(record));
        let log = Log::open(&place.folder, &named("sent", store), title.as_bytes(), &mut take);
        Self { log, ids }
    }

    pub fn has(&self, id: ChunkId) -> bool {
        self.ids.contains(&id)
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Notes that these are there.
    ///
    /// # Errors
    /// The disk.
    pub fn note(&mut self, sent: &[ChunkId]) -> io::Result<()> {
        let record: Vec<u8> = sent.iter().flat_map(|id| *id.bytes()).collect();
        let ids = &mut self.ids;
        self.log.append(&[record], &mut |record| ids.extend(read(record)))?;
        ids.extend(sent);
        Ok(())
    }

    /// The store has lost them.
    ///
    /// # Errors
    /// The disk.
    pub fn forget(&mut self) -> io::Result<()> {
        self.ids.clear();
        self.log.replace(&[])
    }
}

fn read(record: &[u8]) -> impl Iterator<Item = ChunkId> {
    record.as_chunks::<16>().0.iter().map(|id| ChunkId::from_bytes(*id))
}
