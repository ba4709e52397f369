//! An index on disk: one file, written beside the old one and renamed over it. Entries are kept by the
//! digest of their text, so branches share what they have in common, and switching back finds it.
//!
//! Layout, little-endian, numbers as LEB128: a magic, a version, a CRC-32 of all that follows; when it
//! was made; the entries by key; the files by path. Anything else is no index, and a new one is made.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::survey::Skipped;
use crate::context::search::Entry;
use crate::context::search::codec::{self, Reader, number};
use crate::text::highlight::Language;
use crate::text::{Digest, RepoPath};
use crate::workspace::Stamp;

const MAGIC: &[u8; 10] = b"rein-index";

/// Raised whenever chunks, terms or this layout change.
const VERSION: u32 = 1;

const HEADER: usize = MAGIC.len() + 4 + 4;

const NAME: &str = "index";

/// Largest file believed to be an index, in bytes.
const MOST: u64 = 1 << 30;

/// Entries that no file uses are kept while they are fewer than those in use, and this many.
const SPARE: usize = 64;

const REASONS: [Skipped; 6] = [
    Skipped::Secret,
    Skipped::Binary,
    Skipped::TooLarge,
    Skipped::Generated,
    Skipped::OverLimit,
    Skipped::Unreadable,
];

/// What an entry is made from: the bytes, and the language they are read as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Key {
    digest: Digest,
    language: u8,
}

impl Key {
    pub(super) fn new(path: &RepoPath, digest: Digest) -> Self {
        Self { digest, language: Language::of(path).map_or(0, |language| language as u8 + 1) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    Indexed(Key),
    Skipped(Skipped),
}

/// A file as it was when last looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    pub(super) path: RepoPath,
    pub(super) stamp: Stamp,
    pub(super) content: Content,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Store {
    /// When the files were looked at, in nanoseconds since 1970.
    pub(super) made: i64,
    /// By path, ascending.
    pub(super) files: Vec<Kept>,
    pub(super) entries: BTreeMap<Key, Arc<Entry>>,
    /// Size on disk; 0: not there.
    pub(super) bytes: u64,
}

impl Store {
    /// Drops entries that no file uses, beyond some that a switch back to another branch may want.
    pub(super) fn forget(&mut self) {
        let used: HashSet<Key> = self
            .files
            .iter()
            .filter_map(|kept| match kept.content {
                Content::Indexed(key) => Some(key),
                Content::Skipped(_) => None,
            })
            .collect();
        let mut spare = self.entries.len().saturating_sub(used.len());
        let most = used.len().max(SPARE);
        self.entries.retain(|key, _| {
            let keep = used.contains(key) || spare <= most;
            spare -= usize::from(!keep);
            keep
        });
    }
}

/// Nanoseconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// The index in `folder`; `None` when there is none that can be read.
pub(super) fn load(folder: &Path) -> Option<Store> {
    let path = folder.join(NAME);
    let size = fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= MOST)?.len();
    let bytes = fs::read(path).ok()?;
    let mut store = decode(&bytes)?;
    store.bytes = size;
    Some(store)
}

/// Puts the index in `folder`, all or nothing, for the user's own eyes. Its size in bytes.
pub(super) fn save(folder: &Path, store: &Store) -> io::Result<u64> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let bytes = encode(store);
    let new = Staged(folder.join(format!("{NAME}.{}.new", std::process::id())));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new.0)?;
    file.write_all(&bytes)?;
    drop(file);
    fs::rename(&new.0, folder.join(NAME))?;
    sweep(folder);
    Ok(bytes.len() as u64)
}

/// A file that goes away unless it was renamed.
struct Staged(PathBuf);

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Removes what a killed process left, a day later, when it cannot be another one's work under way.
fn sweep(folder: &Path) {
    let old = |entry: &fs::DirEntry| {
        let age = entry.metadata().ok().and_then(|about| about.modified().ok()?.elapsed().ok());
        entry.file_name().to_string_lossy().ends_with(".new") && age.is_some_and(|age| age.as_secs() > 86_400)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(old).for_each(|entry| drop(fs::remove_file(entry.path())));
}

fn encode(store: &Store) -> Vec<u8> {
    let mut out = Vec::with_capacity(store.bytes as usize + (64 << 10));
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&store.made.to_le_bytes());
    number(&mut out, store.entries.len());
    let mut one = Vec::new();
    let mut places = BTreeMap::new();
    for (place, (key, entry)) in store.entries.iter().enumerate() {
        one.clear();
        codec::encode(entry, &mut one);
        out.extend_from_slice(key.digest.bytes());
        out.push(key.language);
        number(&mut out, one.len());
        out.extend_from_slice(&one);
        places.insert(*key, place);
    }
    number(&mut out, store.files.len());
    for kept in &store.files {
        number(&mut out, kept.path.as_str().len());
        out.extend_from_slice(kept.path.as_str().as_bytes());
        for field in [kept.stamp.bytes, kept.stamp.inode] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        for field in [kept.stamp.modified, kept.stamp.changed] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        match kept.content {
            Content::Skipped(why) => {
                number(&mut out, REASONS.iter().position(|one| *one == why).unwrap_or(0))
            }
            Content::Indexed(key) => number(&mut out, REASONS.len() + places.get(&key).copied().unwrap_or(0)),
        }
    }
    let sum = crc32fast::hash(out.get(HEADER..).unwrap_or_default());
    if let Some(field) = out.get_mut(HEADER - 4..HEADER) {
        field.copy_from_slice(&sum.to_le_bytes());
    }
    out
}

fn decode(bytes: &[u8]) -> Option<Store> {
    let mut from = Reader(bytes);
    let right = from.take(MAGIC.len())? == MAGIC && from.take(4)? == VERSION.to_le_bytes();
    let sum = u32::from_le_bytes(from.take(4)?.try_into().ok()?);
    if !right || crc32fast::hash(from.0) != sum {
        return None;
    }
    let made = i64::from_le_bytes(from.take(8)?.try_into().ok()?);
    let mut entries = BTreeMap::new();
    let mut keys = Vec::new();
    for _ in 0..from.count()? {
        let digest = Digest::from_bytes(from.take(32)?.try_into().ok()?);
        let key = Key { digest, language: *from.take(1)?.first()? };
        let size = from.number()?;
        entries.insert(key, Arc::new(codec::decode(from.take(size)?)?));
        keys.push(key);
    }
    let mut files = Vec::new();
    for _ in 0..from.count()? {
        files.push(kept(&mut from, &keys)?);
    }
    from.0.is_empty().then_some(Store { made, files, entries, bytes: 0 })
}

fn kept(from: &mut Reader<'_>, keys: &[Key]) -> Option<Kept> {
    let length = from.number()?;
    let path = RepoPath::parse(std::str::from_utf8(from.take(length)?).ok()?).ok()?;
    let mut field = || Some(u64::from_le_bytes(from.take(8)?.try_into().ok()?));
    let (bytes, inode) = (field()?, field()?);
    let (modified, changed) = (field()?.cast_signed(), field()?.cast_signed());
    let tag = from.number()?;
    let content = match REASONS.get(tag) {
        Some(why) => Content::Skipped(*why),
        None => Content::Indexed(*keys.get(tag - REASONS.len())?),
    };
    Some(Kept { path, stamp: Stamp { bytes, modified, changed, inode }, content })
}
