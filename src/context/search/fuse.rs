//! Two orders of chunks made one: what words found and what is near in meaning, by reciprocal rank
//! (Cormack et al., 2009). Knows no vector: nearness comes as hits like any other.

use std::collections::BTreeMap;

use super::corpus::{Corpus, Hit};
use super::query::Query;
use super::rank::worth;
use crate::text::{RepoPath, Span};

/// Most hits by words that are fused with those by meaning.
pub const FUSED: usize = 200;

/// The constant of reciprocal rank fusion.
const FUSION: f32 = 10.0;

/// What a rank by meaning counts for beside one by words. Words alone find more in code: at twice this, a
/// general embedder pushed more out of the first ten than it brought in (`docs/benchmarks.md`).
const MEANING: f32 = 0.25;

/// At most `limit` of the hits of both, best first. A chunk that both found has the reasons of both. What
/// is near in meaning counts by its role, as what was found by words does already.
pub fn fused(
    corpus: &Corpus,
    text: &str,
    by_words: Vec<Hit>,
    by_meaning: Vec<Hit>,
    limit: usize,
) -> Vec<Hit> {
    let query = Query::parse(text);
    let role = |path: &RepoPath| {
        let at = corpus.files().binary_search_by(|file| file.path().cmp(path)).ok();
        at.and_then(|at| corpus.files().get(at)).map_or(1.0, |file| worth(file.role(), &query))
    };
    let mut all: BTreeMap<(RepoPath, Span), Hit> = BTreeMap::new();
    let reciprocal = |rank: usize| 1.0 / (FUSION + rank as f32);
    for (rank, hit) in by_words.into_iter().enumerate() {
        all.insert((hit.path.clone(), hit.span), Hit { score: reciprocal(rank), ..hit });
    }
    let mut near: Vec<(f32, Hit)> =
        by_meaning.into_iter().map(|hit| (hit.score * role(&hit.path), hit)).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (rank, (_, hit)) in near.into_iter().enumerate() {
        let score = MEANING * reciprocal(rank);
        let same =
            all.entry((hit.path.clone(), hit.span)).or_insert(Hit { score: 0.0, why: vec![], ..hit.clone() });
        same.score += score;
        same.why.extend(hit.why);
    }
    let mut hits: Vec<Hit> = all.into_values().collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits.truncate(limit);
    hits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tokens;

    fn hit(path: &str, score: f32, why: &str) -> Hit {
        let path = RepoPath::parse(path).unwrap();
        Hit { path, span: Span::new(0, 1), score, tokens: Tokens(1), why: vec![why.into()] }
    }

    #[test]
    fn what_both_find_comes_first_and_each_keeps_its_reasons() {
        let words = vec![hit("a.rs", 9.0, "words:x"), hit("b.rs", 8.0, "words:y")];
        let meaning = vec![hit("c.rs", 0.9, "meaning:0.90"), hit("b.rs", 0.8, "meaning:0.80")];
        let all = fused(&Corpus::default(), "x", words, meaning, 9);
        let told: Vec<String> = all.iter().map(|hit| format!("{} {}", hit.path, hit.why.join(" "))).collect();
        assert_eq!(told, ["b.rs words:y meaning:0.80", "a.rs words:x", "c.rs meaning:0.90"]);
        assert_eq!(fused(&Corpus::default(), "x", vec![], vec![hit("c.rs", 0.9, "")], 9).len(), 1);
        assert_eq!(fused(&Corpus::default(), "x", vec![hit("a.rs", 1.0, "")], vec![], 0), []);
    }
}
