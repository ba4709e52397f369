//! Open buffers laid over the index: a search sees a file as it stands on screen, saved or not. Read anew
//! for each request and kept nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Index;
use super::store::Content;
use crate::context::search::{Corpus, Entry, Member};
use crate::context::{holds_key, is_secret};
use crate::text::{Digest, Lines, RepoPath};

/// Largest buffer that is read for a search, in bytes; a larger one is searched as it was saved.
const LARGE: usize = 1 << 20;

/// The index with what is on screen.
#[derive(Debug)]
pub struct Layered<'a> {
    pub(super) index: &'a Index,
    pub(super) corpus: Arc<Corpus>,
    /// Texts that are on screen and not on disk.
    pub(super) unsaved: BTreeMap<RepoPath, Lines>,
}

impl Index {
    /// Lays `open` buffers over the index. Costs nothing where they stand on disk as they do on screen, and
    /// a tenth of a second for each megabyte where they do not. Blocking.
    pub fn under(&self, open: &BTreeMap<RepoPath, Lines>) -> Layered<'_> {
        let differs = |path: &RepoPath, text: &Lines| {
            let plain = text.bytes().len() <= LARGE && !is_secret(path) && !holds_key(text.bytes());
            plain && self.may_hold(path) && !self.knows(path, Digest::of(text.bytes()))
        };
        let unsaved: BTreeMap<RepoPath, Lines> = open
            .iter()
            .filter(|(path, text)| differs(path, text))
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect();
        let corpus = self.corpus();
        if unsaved.is_empty() {
            return Layered { index: self, corpus, unsaved };
        }
        let member =
            |(path, text): (&RepoPath, &Lines)| Member::new(path.clone(), Arc::new(Entry::of(path, text)));
        let corpus = Arc::new(corpus.with(unsaved.iter().map(member).collect()));
        Layered { index: self, corpus, unsaved }
    }

    /// Is it a file of the index, or one that does not exist yet? What ignore rules hide is neither.
    fn may_hold(&self, path: &RepoPath) -> bool {
        match self.kept(path) {
            Some(kept) => matches!(kept.content, Content::Indexed(_)),
            None => matches!(self.workspace.read(path), Ok(None)),
        }
    }
}

impl Layered<'_> {
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// The file as it stands on screen, else as it was searched; and whether it is unsaved. `None`: it has
    /// changed on disk since, or is gone.
    pub(super) fn text(&self, path: &RepoPath) -> Option<(Lines, bool)> {
        if let Some(text) = self.unsaved.get(path) {
            return Some((text.clone(), true));
        }
        let file = self.index.workspace.read(path).ok()??;
        // Other bytes have other lines.
        self.index.knows(path, file.digest).then_some((file.lines, false))
    }
}
