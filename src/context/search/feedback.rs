//! Pseudo-relevance feedback (Rocchio, 1971; Lavrenko and Croft, 2001): what the best chunks talk
//! about is asked again, so that code which says the same in other words is found as well.

use std::collections::BTreeMap;

use super::corpus::Corpus;
use super::query::{Asked, Query};
use super::role::Role;
use super::score::{frequencies, score as score_by};
use crate::text::terms::Term;

/// Most chunks that are believed, and of one file.
const CHUNKS: usize = 8;
const OF_FILE: usize = 3;

/// Most terms asked again.
const TERMS: usize = 20;

/// Added to a chunk's length, so that a chunk of one line does not speak loudest.
const SMOOTH: f32 = 50.0;

/// For each file how well its best chunk fits what the best chunks have in common. `chunks` are those
/// of each file, best first; `files` what each file is worth.
pub(super) fn score(corpus: &Corpus, chunks: &[Vec<(f32, usize)>], files: &[f32]) -> Vec<f32> {
    let query = Query::of(telling(corpus, spoken(corpus, &believed(corpus, chunks, files))));
    let scores = score_by(corpus, &query);
    let mut rest = scores.chunks.as_slice();
    let best = corpus.files().iter().map(|file| {
        let (own, after) = rest.split_at_checked(file.entry().parts.len()).unwrap_or((rest, &[]));
        rest = after;
        own.iter().copied().fold(0.0, f32::max)
    });
    best.collect()
}

/// The best chunks of code: how much each is believed, its file, its place there.
fn believed(corpus: &Corpus, chunks: &[Vec<(f32, usize)>], files: &[f32]) -> Vec<(f32, usize, usize)> {
    let mut best: Vec<(f32, usize, usize)> = Vec::new();
    for (at, ((own, worth), file)) in chunks.iter().zip(files).zip(corpus.files()).enumerate() {
        if file.role() == Role::Code {
            best.extend(own.iter().take(OF_FILE).map(|(score, part)| (score * worth, at, *part)));
        }
    }
    best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    best.truncate(CHUNKS);
    let most = best.first().map_or(1.0, |(score, ..)| *score).max(f32::MIN_POSITIVE);
    best.iter_mut().for_each(|(score, ..)| *score /= most);
    best
}

/// The terms of these chunks, by how often they stand there.
fn spoken(corpus: &Corpus, chunks: &[(f32, usize, usize)]) -> Vec<Asked> {
    let mut weights: BTreeMap<Term, f32> = BTreeMap::new();
    for (belief, file, part) in chunks {
        let columns = corpus.files().get(*file).and_then(|file| file.entry().columns().nth(*part));
        let Some((part, terms, postings)) = columns else { continue };
        for (term, posting) in terms.iter().zip(postings) {
            *weights.entry(*term).or_default() += belief * posting.count() / (part.length as f32 + SMOOTH);
        }
    }
    weights.into_iter().map(|(term, weight)| Asked::again(term, weight)).collect()
}

/// Those that tell these chunks from the rest.
fn telling(corpus: &Corpus, terms: Vec<Asked>) -> Vec<Asked> {
    let query = Query::of(terms);
    let all = corpus.chunk_count() as f32;
    let mut ranked: Vec<Asked> = query
        .terms()
        .iter()
        .zip(frequencies(corpus, &query))
        .map(|(asked, having)| {
            Asked::again(asked.term, asked.weight * (1.0 + all / (having as f32 + 0.5)).ln())
        })
        .collect();
    ranked.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.term.cmp(&b.term)));
    ranked.truncate(TERMS);
    ranked
}
