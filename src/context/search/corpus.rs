//! The files of a project as a search sees them, and the search.

use std::collections::{BTreeSet, HashMap};
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

    pub fn shared_entry(&self) -> Arc<Entry> {
        Arc::clone(&self.entry)
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

    pub fn role(&self) -> Role {
        self.role
    }

    pub(super) fn path_terms(&self) -> &[Term] {
        &self.path_terms
    }

    /// The folder's path; empty for the root.
    fn folder(&self) -> &str {
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
    /// Which folder each lies in, by number from 0.
    folders: Vec<usize>,
    chunks: usize,
}

impl Corpus {
    pub fn new(mut files: Vec<Member>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let chunks = files.iter().map(|file| file.entry.parts.len()).sum();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut folders = Vec::with_capacity(files.len());
        for file in &files {
            let next = numbers.len();
            folders.push(*numbers.entry(file.folder()).or_insert(next));
        }
        Self { folders, chunks, files }
    }

    /// The same with these files, in place of those of their paths.
    #[must_use]
    pub fn with(&self, members: Vec<Member>) -> Self {
        self.amended(&BTreeSet::new(), members)
    }

    /// The same without the files that are `gone`, and with those that `came` in place of those of their paths.
    #[must_use]
    pub fn amended(&self, gone: &BTreeSet<RepoPath>, came: Vec<Member>) -> Self {
        let new: BTreeSet<&RepoPath> = came.iter().map(Member::path).collect();
        let stays = |file: &&Member| !new.contains(file.path()) && !gone.contains(file.path());
        let others: Vec<Member> = self.files.iter().filter(stays).cloned().collect();
        Self::new(others.into_iter().chain(came).collect())
    }

    /// By path, ascending.
    pub fn files(&self) -> &[Member] {
        &self.files
    }

    /// Beside [`Corpus::files`].
    pub(super) fn folders(&self) -> &[usize] {
        &self.folders
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lines;

    fn corpus(files: &[(&str, &str)]) -> Corpus {
        let member = |(path, text): &(&str, &str)| {
            let path = RepoPath::parse(path).unwrap();
            let entry = Arc::new(Entry::of(&path, &Lines::from(*text)));
            Member::new(path, entry)
        };
        Corpus::new(files.iter().map(member).collect())
    }

    fn first(corpus: &Corpus, text: &str) -> String {
        corpus.search(text, 1).first().map(|hit| hit.path.to_string()).unwrap_or_default()
    }

    fn shop() -> Corpus {
        corpus(&[
            (
                "src/cart.rs",
                "/// What a customer wants.\npub struct ShoppingCart {\n    items: Vec<Item>,\n}\nfn total_price() {}\n",
            ),
            (
                "src/pay.rs",
                "fn pay(cart: ShoppingCart) { let price = total_price(); charge(price, price, price); }\n",
            ),
            ("src/mail.rs", "fn send_receipt(address: &str) { smtp(address); }\n"),
            ("tests/cart.rs", "fn shopping_cart_total_price_is_right() { ShoppingCart; total_price(); }\n"),
            ("docs/cart.md", "# Shopping cart\n\nThe total price of a shopping cart.\n"),
            ("vendor/cart.rs", "pub struct ShoppingCart {}\nfn total_price() {}\n"),
        ])
    }

    #[test]
    fn a_definition_comes_before_its_uses_and_code_before_what_is_about_it() {
        assert_eq!(first(&shop(), "`total_price` of the ShoppingCart"), "src/cart.rs");
        assert_eq!(first(&shop(), "mailing receipts"), "src/mail.rs");
        assert_eq!(first(&shop(), "the total price of a cart"), "src/cart.rs");
    }

    #[test]
    fn who_asks_for_tests_or_documents_has_them_counted_in_full() {
        let score = |path: &str, text: &str| {
            let hits = shop().search(text, 9);
            hits.iter().find(|hit| hit.path.as_str() == path).map_or(0.0, |hit| hit.score)
        };
        for (path, asked) in [("tests/cart.rs", "tests"), ("docs/cart.md", "documentation")] {
            let with = score(path, &format!("{asked} of the shopping cart"));
            assert!(with > 2.0 * score(path, "the shopping cart"), "{path}");
        }
    }

    #[test]
    fn every_hit_says_why() {
        let hits = shop().search("where does ShoppingCart get its price", 9);
        assert!(hits.iter().all(|hit| !hit.why.is_empty()));
        assert_eq!(hits[0].why[..2], ["def:ShoppingCart, total_price", "name:ShoppingCart"]);
    }

    #[test]
    fn an_empty_corpus_and_an_empty_question_have_no_hits() {
        assert_eq!(Corpus::default().search("anything", 9), []);
        assert_eq!(shop().search("", 9), []);
        assert_eq!(shop().search("zyxwvut", 9), []);
    }

    #[test]
    fn a_budget_lets_a_smaller_hit_through() {
        let hit = |tokens| Hit {
            path: RepoPath::parse("a").unwrap(),
            span: Span::new(0, 1),
            score: 1.0,
            tokens: Tokens(tokens),
            why: vec![],
        };
        let kept = |limit, budget| {
            let hits = within(vec![hit(5), hit(9), hit(4), hit(1)], limit, budget);
            hits.iter().map(|hit| hit.tokens.0).collect::<Vec<u64>>()
        };
        assert_eq!(kept(9, Some(Tokens(10))), [5, 4, 1]);
        assert_eq!(kept(2, Some(Tokens(10))), [5, 4]);
        assert_eq!(kept(3, None), [5, 9, 4]);
    }
}
