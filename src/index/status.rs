//! What `rein index --status` tells.

use super::store::Content;
use super::{Index, Skipped};
use crate::text::RepoPath;

/// Most names told of what ignore rules hide.
const NAMES: usize = 1_000;

/// See [`Index::status`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    pub files: usize,
    pub chunks: usize,
    /// Bytes of text that the index covers.
    pub covered: u64,
    /// Bytes of the index on disk; 0: there is none.
    pub bytes: u64,
    /// Files that changed, came or went since it was made.
    pub stale: usize,
    /// When it was last written, in nanoseconds since 1970.
    pub made: i64,
    /// What is left out.
    pub skipped: Vec<(RepoPath, Skipped)>,
    /// What ignore rules hide: topmost folders and files.
    pub ignored: Vec<String>,
}

pub(super) fn of(index: &Index, stop: &dyn Fn() -> bool) -> Status {
    let store = &index.store;
    let files = index.workspace.stamped(stop);
    let known = |path: &RepoPath| store.files.binary_search_by(|kept| kept.path.cmp(path)).ok();
    let differs = files.iter().filter(|(path, stamp)| {
        known(path).and_then(|at| store.files.get(at)).is_none_or(|kept| kept.stamp != *stamp)
    });
    let gone =
        store.files.iter().filter(|kept| files.binary_search_by(|(path, _)| path.cmp(&kept.path)).is_err());
    let (files, chunks) = index.counts();
    let mut status = Status {
        files,
        chunks,
        covered: 0,
        bytes: store.bytes,
        stale: differs.count() + gone.count(),
        made: store.made,
        skipped: Vec::new(),
        ignored: index.workspace.ignored(NAMES, stop),
    };
    for kept in &store.files {
        match &kept.content {
            Content::Skipped(why) => status.skipped.push((kept.path.clone(), *why)),
            Content::Indexed(_) => status.covered += kept.stamp.bytes,
        }
    }
    status
}
