//! The files of a project as a search sees them, and the search.

use std::sync::Arc;

use super::entry::Entry;
use super::query::Query;
use super::rank::{Ranked, rank};
use super::role::Role;
use super::why::why;
use crate::model::Tokens;
use crate::text::terms::{Term, terms_of};
use crate::text::{RepoPath, Span};

/// A file of the corpus.
#[derive(Clone, Debug)]
pub struct Member {
    path: RepoPath,
    role: Role,
    path_terms: Vec<Term>,
    entry: Arc<Entry>,
}

impl Member {
    pub fn new(path: RepoPath, entry: Arc<Entry>) -> Self {
        let path_terms = terms_of(path.as_str());
        Self { role: Role::of(&path), path_terms, path, entry }
    }

    pub fn path(&self) -> &RepoPath {
        &self.path
    }

    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The lines of each chunk.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        self.entry.parts.iter().map(|part| part.span)
    }

    /// A hit in this file, on the lines of one of its chunks.
    pub fn hit(&self, span: Span, score: f32, why: Vec<String>) -> Hit {
        let bytes = self.entry.parts.iter().find(|part| part.span == span).map_or(0, |part| part.bytes);
        Hit { path: self.path.clone(), span, score, tokens: Tokens::of_bytes(u64::from(bytes)), why }
    }

    pub(super) fn role(&self) -> Role {
        self.role
    }

    pub(super) fn path_terms(&self) -> &[Term] {
        &self.path_terms
    }

    /// The folder's path; empty for the root.
    pub(super) fn folder(&self) -> &str {
        self.path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// Lines that fit a query.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    pub path: RepoPath,
    pub span: Span,
    /// Higher is better; comparable within one search only.
    pub score: f32,
    /// What the lines weigh, by estimate.
    pub tokens: Tokens,
    /// What speaks for them, strongest first, each in a few words.
    pub why: Vec<String>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// By path, ascending.
    files: Vec<Member>,
    chunks: usize,
}

impl Corpus {
    pub fn new(mut files: Vec<Member>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let chunks = files.iter().map(|file| file.entry.parts.len()).sum();
        Self { files, chunks }
    }

    /// By path, ascending.
    pub fn files(&self) -> &[Member] {
        &self.files
    }

    pub fn chunk_count(&self) -> usize {
        self.chunks
    }

    /// At most `limit` chunks that fit the words and names of `text`, best first. Milliseconds; the
    /// same hits for the same text, always.
    pub fn search(&self, text: &str, limit: usize) -> Vec<Hit> {
        let query = Query::parse(text);
        if query.is_empty() {
            return Vec::new();
        }
        let ranked = rank(self, &query);
        ranked.into_iter().take(limit).filter_map(|ranked| self.hit(&query, ranked)).collect()
    }

    fn hit(&self, query: &Query, Ranked { file, part, score }: Ranked) -> Option<Hit> {
        let file = self.files.get(file)?;
        let span = file.entry.parts.get(part)?.span;
        Some(file.hit(span, score, why(file, part, query)))
    }
}

/// The first hits, at most `limit` of them and of at most `budget` tokens together. One that does not
/// fit is left out; a later, smaller one may.
pub fn within(hits: Vec<Hit>, limit: usize, budget: Option<Tokens>) -> Vec<Hit> {
    let mut left = budget.unwrap_or(Tokens(u64::MAX));
    let fits = |hit: &Hit| {
        let fits = hit.tokens <= left;
        left = if fits { left.saturating_sub(hit.tokens) } else { left };
        fits
    };
    hits.into_iter().filter(fits).take(limit).collect()
}
