//! Which text each chunk of the project is, by digest, so that a text is made a vector once however
//! many files and branches hold it; and the texts themselves, read from the files when they are wanted.
//! Texts that may hold a secret have no digest here and are given to nobody.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;

use super::super::store::{self, Content, Key};
use super::super::{Index, Place};
use super::log::Log;
use crate::context::search::{Corpus, Hit, Member};
use crate::context::secret_lines;
use crate::text::{Digest, RepoPath, Span};

/// Raised when the text of a chunk, or what counts as a secret, is another.
const VERSION: u8 = 1;

const NAME: &str = "chunks";

/// A text, by the first 16 bytes of its SHA-256: enough for any number of chunks, and a UUID's worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChunkId([u8; 16]);

/// In the place of a text that is withheld.
const WITHHELD: ChunkId = ChunkId([0; 16]);

impl ChunkId {
    fn of(text: &str) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(Digest::of(text.as_bytes()).bytes().first_chunk::<16>().unwrap_or(&[0; 16]));
        Self(id)
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A chunk as a model is given it: its file's path, and its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    pub id: ChunkId,
    pub text: String,
}

/// A file with these bytes, in this language, under this name, cut into chunks as today.
type FileKey = Digest;

/// See the module.
#[derive(Debug)]
pub struct Chunks {
    log: Log,
    files: HashMap<FileKey, Vec<ChunkId>>,
    /// How far the files were gone through for texts.
    at: usize,
}

impl Chunks {
    /// What is known of the project whose index lies at `place`.
    pub fn open(place: &Place) -> Self {
        let mut files = HashMap::new();
        let mut take = |record: &[u8]| drop(read(record).map(|(key, ids)| files.insert(key, ids)));
        let log = Log::open(&place.folder, NAME, b"rein-chunks 1", &mut take);
        Self { log, files, at: 0 }
    }

    /// How many chunks of the project there are, and how many of them have neither a vector (`has`) nor a
    /// reason to be without one. Of files that were not read yet all are.
    pub fn count(&self, index: &Index, has: &dyn Fn(ChunkId) -> bool) -> Count {
        let mut count = Count::default();
        for (key, member) in files(index, &index.corpus()) {
            let parts = &member.entry().parts;
            count.all += parts.len();
            let ids = self.files.get(&key).map(Vec::as_slice);
            for (at, part) in parts.iter().enumerate() {
                match ids.map(|ids| ids.get(at).copied().unwrap_or(WITHHELD)) {
                    Some(WITHHELD) => count.withheld += 1,
                    Some(id) if has(id) => {}
                    _ => {
                        count.missing += 1;
                        count.bytes += u64::from(part.bytes) + member.path().as_str().len() as u64;
                    }
                }
            }
        }
        count
    }

    /// The next texts without a vector, about `most` of them and each once; none when all files were
    /// gone through. Blocking: reads files. Asks `stop` between them.
    ///
    /// # Errors
    /// What was found cannot be written down.
    pub fn next(
        &mut self,
        index: &Index,
        has: &dyn Fn(ChunkId) -> bool,
        most: usize,
        stop: &dyn Fn() -> bool,
    ) -> io::Result<Vec<Piece>> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut taken: HashSet<ChunkId> = HashSet::new();
        let mut new = Vec::new();
        for (key, member) in files(index, &index.corpus()).skip(self.at) {
            if pieces.len() >= most || stop() {
                break;
            }
            self.at += 1;
            let wanted = |id: &ChunkId| *id != WITHHELD && !has(*id);
            if self.files.get(&key).is_some_and(|ids| !ids.iter().any(wanted)) {
                continue;
            }
            // A file that changed since is for the next time.
            let Some(texts) = texts(index, member) else { continue };
            let ids: Vec<ChunkId> =
                texts.iter().map(|text| text.as_deref().map_or(WITHHELD, ChunkId::of)).collect();
            for (id, text) in ids.iter().zip(texts) {
                if let Some(text) = text.filter(|_| wanted(id) && taken.insert(*id)) {
                    pieces.push(Piece { id: *id, text });
                }
            }
            if self.files.get(&key) != Some(&ids) {
                new.push(written(key, &ids));
                self.files.insert(key, ids);
            }
        }
        if !new.is_empty() {
            let files = &mut self.files;
            let mut take = |record: &[u8]| drop(read(record).map(|(key, ids)| files.insert(key, ids)));
            self.log.append(&new, &mut take)?;
        }
        Ok(pieces)
    }

    /// Goes through the files from the first again.
    pub fn rewind(&mut self) {
        self.at = 0;
    }

    /// The texts of all chunks as they are now.
    pub fn ids(&self, index: &Index) -> Vec<ChunkId> {
        let corpus = index.corpus();
        let ids = files(index, &corpus).filter_map(|(key, _)| self.files.get(&key)).flatten();
        let all: BTreeSet<ChunkId> = ids.copied().filter(|id| *id != WITHHELD).collect();
        all.into_iter().collect()
    }

    /// The chunks with these texts, best first, as hits that say how near their meaning is.
    pub fn hits(&self, index: &Index, near: &[(ChunkId, f32)]) -> Vec<Hit> {
        let scores: HashMap<ChunkId, f32> = near.iter().copied().collect();
        let mut hits = Vec::new();
        for (key, member) in files(index, &index.corpus()) {
            let Some(ids) = self.files.get(&key) else { continue };
            for (span, id) in member.spans().zip(ids) {
                let Some(score) = scores.get(id) else { continue };
                hits.push(member.hit(span, *score, vec![format!("meaning:{score:.2}")]));
            }
        }
        hits.sort_by(|a, b| {
            let place = |hit: &Hit| (hit.path.clone(), hit.span.start());
            b.score.total_cmp(&a.score).then_with(|| place(a).cmp(&place(b)))
        });
        hits
    }

    /// Forgets the files that nobody may ask for soon, once they are most of what is kept.
    ///
    /// # Errors
    /// The disk.
    pub fn tidy(&mut self, index: &Index) -> io::Result<()> {
        let used: HashSet<FileKey> = files(index, &index.corpus()).map(|(key, _)| key).collect();
        if self.files.len() <= 3 * used.len() + 256 {
            return Ok(());
        }
        self.files.retain(|key, _| used.contains(key));
        let records: Vec<Vec<u8>> = self.files.iter().map(|(key, ids)| written(*key, ids)).collect();
        self.log.replace(&records)
    }
}

/// How much of a project has vectors.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Count {
    pub all: usize,
    pub missing: usize,
    /// What those without a vector would weigh in requests.
    pub bytes: u64,
    /// They may hold secrets.
    pub withheld: usize,
}

/// The files that are searched, each with its key.
fn files<'a>(index: &'a Index, corpus: &'a Corpus) -> impl Iterator<Item = (FileKey, &'a Member)> {
    corpus
        .files()
        .iter()
        .filter_map(|member| Some((key(member.path(), content(index, member.path())?), member)))
}

fn content(index: &Index, path: &RepoPath) -> Option<Key> {
    let kept = &index.store.files;
    let at = kept.binary_search_by(|kept| kept.path.cmp(path)).ok()?;
    match kept.get(at)?.content {
        Content::Indexed(key) => Some(key),
        Content::Skipped(_) => None,
    }
}

fn key(path: &RepoPath, content: Key) -> FileKey {
    let [a, b, c, d] = store::VERSION.to_le_bytes();
    let about = [VERSION, content.language(), a, b, c, d];
    Digest::of(&[&about, content.digest().bytes().as_slice(), path.as_str().as_bytes()].concat())
}

/// The texts of a file's chunks, `None` where one may hold a secret; none at all if the file is no longer
/// the one that is searched.
fn texts(index: &Index, member: &Member) -> Option<Vec<Option<String>>> {
    let path = member.path();
    let file = index.workspace.read(path).ok()??;
    if content(index, path)?.digest() != file.digest {
        return None;
    }
    let lines = file.lines.span().as_range().map(|line| file.lines.text(line).unwrap_or_default());
    let secret = secret_lines(lines);
    let text = |span: Span| {
        let shows = secret.get(span.as_range()).is_none_or(|lines| lines.contains(&true));
        (!shows).then(|| format!("{path}\n{}", String::from_utf8_lossy(file.lines.slice(span))))
    };
    Some(member.spans().map(text).collect())
}

fn written(key: FileKey, ids: &[ChunkId]) -> Vec<u8> {
    let ids = ids.iter().flat_map(|id| id.0);
    key.bytes().iter().copied().chain(ids).collect()
}

fn read(record: &[u8]) -> Option<(FileKey, Vec<ChunkId>)> {
    let (key, ids) = record.split_first_chunk::<32>()?;
    let (ids, rest) = ids.as_chunks::<16>();
    rest.is_empty().then(|| (Digest::from_bytes(*key), ids.iter().copied().map(ChunkId).collect()))
}
