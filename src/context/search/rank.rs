//! From scores to an order: files by reciprocal rank fusion of the two scores (Cormack et al., 2009),
//! moved by what one knows about code, then the chunks of each file among the others.
//!
//! The numbers were chosen on one half of a set of commits of four projects and checked on the other;
//! docs/benchmarks.md ("Search") says what each is worth.

use std::cmp::Ordering;

use super::corpus::Corpus;
use super::feedback;
use super::query::Query;
use super::role::Role;
use super::score::{Scores, score};

/// The constant of reciprocal rank fusion: smaller trusts the first ranks more.
const FUSION: f32 = 10.0;
const WEIGHT_OF_FILES: f32 = 1.0;
const WEIGHT_OF_CHUNKS: f32 = 2.5;

/// What a file's second and third best chunk add to its best.
const MORE_CHUNKS: f32 = 0.5;

/// Weights of what is added to the fused score, each scaled to 1 at its best.
const SCORE: f32 = 0.8;
const COVER: f32 = 0.2;
const SIZE: f32 = 0.2;
const FEEDBACK: f32 = 0.25;
const FOLDER: f32 = 0.5;

/// How much less a chunk counts that fits less than its file's best: 1 would be in proportion.
const WITHIN: f32 = 0.6;

/// Most chunks of one file.
const MOST_OF_FILE: usize = 40;

/// A chunk in the order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Ranked {
    /// Among the corpus's files.
    pub(super) file: usize,
    /// Among the file's chunks.
    pub(super) part: usize,
    pub(super) score: f32,
}

/// The chunks that fit `query`, best first; the same for the same corpus and query.
pub(super) fn rank(corpus: &Corpus, query: &Query) -> Vec<Ranked> {
    let scores = score(corpus, query);
    let chunks = by_file(corpus, &scores.chunks);
    let files = files(corpus, query, &scores, &chunks);
    let mut ranked = Vec::new();
    for (file, (own, total)) in chunks.iter().zip(&files).enumerate() {
        let best = own.first().map_or(0.0, |(score, _)| *score);
        for (score, part) in own.iter().take(MOST_OF_FILE) {
            ranked.push(Ranked { file, part: *part, score: total * (score / best).powf(WITHIN) });
        }
    }
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.file.cmp(&b.file)).then(a.part.cmp(&b.part)));
    ranked
}

/// For each file its chunks that fit at all, best first.
fn by_file(corpus: &Corpus, scores: &[f32]) -> Vec<Vec<(f32, usize)>> {
    let mut rest = scores;
    let own = corpus.files().iter().map(|file| {
        let (own, after) = rest.split_at_checked(file.entry().parts.len()).unwrap_or((rest, &[]));
        rest = after;
        let mut own: Vec<(f32, usize)> = own
            .iter()
            .enumerate()
            .filter(|(_, score)| **score > 0.0)
            .map(|(part, score)| (*score, part))
            .collect();
        own.sort_by(best_first);
        own
    });
    own.collect()
}

fn best_first(a: &(f32, usize), b: &(f32, usize)) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

fn files(corpus: &Corpus, query: &Query, scores: &Scores, chunks: &[Vec<(f32, usize)>]) -> Vec<f32> {
    let by_chunk: Vec<f32> = chunks
        .iter()
        .map(|own| {
            let more: f32 = own.iter().skip(1).take(2).map(|(score, _)| score).sum();
            own.first().map_or(0.0, |(score, _)| *score) + MORE_CHUNKS * more
        })
        .collect();
    let mut fused = vec![0.0; by_chunk.len()];
    fuse(&mut fused, &scores.files, WEIGHT_OF_FILES);
    fuse(&mut fused, &by_chunk, WEIGHT_OF_CHUNKS);
    let again = feedback::score(corpus, chunks, &scaled(fused.clone()));
    let size = corpus.files().iter().zip(&fused).map(|(file, found)| match *found > 0.0 {
        true => (1.0 + file.entry().parts.len() as f32).ln(),
        false => 0.0,
    });
    let size = size.collect();
    let mut total = scaled(fused);
    for (weight, signal) in
        [(SCORE, by_chunk), (COVER, scores.cover.clone()), (SIZE, size), (FEEDBACK, again)]
    {
        gain(&mut total, weight, signal);
    }
    let near = folders(corpus, &total);
    gain(&mut total, FOLDER, near);
    let asked = corpus.files().iter().map(|file| worth(file.role(), query));
    total.iter_mut().zip(asked).for_each(|(total, worth)| *total *= worth);
    total
}

/// Adds the reciprocal ranks of `scores`.
fn fuse(total: &mut [f32], scores: &[f32], weight: f32) {
    let mut order: Vec<(f32, usize)> = scores
        .iter()
        .enumerate()
        .filter(|(_, score)| **score > 0.0)
        .map(|(file, score)| (*score, file))
        .collect();
    order.sort_by(best_first);
    for (rank, (_, file)) in order.into_iter().enumerate() {
        if let Some(total) = total.get_mut(file) {
            *total += weight / (FUSION + rank as f32);
        }
    }
}

/// With 1 for the best.
fn scaled(mut signal: Vec<f32>) -> Vec<f32> {
    let best = signal.iter().copied().fold(0.0, f32::max);
    if best > 0.0 {
        signal.iter_mut().for_each(|value| *value /= best);
    }
    signal
}

fn gain(total: &mut [f32], weight: f32, signal: Vec<f32>) {
    total.iter_mut().zip(scaled(signal)).for_each(|(total, value)| *total += weight * value);
}

/// For each file the best score of its folder: what changes together lies together.
fn folders(corpus: &Corpus, total: &[f32]) -> Vec<f32> {
    let mut best: Vec<f32> = vec![0.0; corpus.files().len()];
    for (folder, score) in corpus.folders().iter().zip(total) {
        if let Some(best) = best.get_mut(*folder) {
            *best = best.max(*score);
        }
    }
    corpus.folders().iter().map(|folder| best.get(*folder).copied().unwrap_or(0.0)).collect()
}

/// What a file counts for by its role: code, unless the question is about something else.
pub(super) fn worth(role: Role, query: &Query) -> f32 {
    match role {
        Role::Code => 1.0,
        Role::Vendored | Role::Aside => 0.5,
        Role::Test | Role::Prose | Role::Data if query.is_about(role) => 1.0,
        Role::Test | Role::Prose | Role::Data => 0.3,
    }
}
