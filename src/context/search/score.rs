//! How well each chunk and each file fits a query: one pass over the postings, then BM25 over chunks
//! and BM25F over files (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).

use super::corpus::{Corpus, Member};
use super::query::Query;

/// Saturation and length normalisation.
#[derive(Clone, Copy, Debug)]
struct Bm25 {
    k1: f32,
    b: f32,
}

const CHUNKS: Bm25 = Bm25 { k1: 1.6, b: 0.65 };
const FILES: Bm25 = Bm25 { k1: 1.6, b: 0.75 };

/// What a term in the name of a definition counts for, beside its place in the text.
const DEFINED_IN_CHUNK: f32 = 1.0;
const DEFINED_IN_FILE: f32 = 4.0;

/// What a term in the path counts for.
const PATH_OF_CHUNK: f32 = 1.0;
const PATH_OF_FILE: f32 = 6.0;

/// What fits how well; 0 where nothing does.
#[derive(Debug, Default)]
pub(super) struct Scores {
    /// For each chunk of the corpus, in order.
    pub(super) chunks: Vec<f32>,
    pub(super) files: Vec<f32>,
    /// For each file the weight of the query's terms that it has at all.
    pub(super) cover: Vec<f32>,
}

/// Scores all of `corpus`. About a nanosecond for each posting.
pub(super) fn score(corpus: &Corpus, query: &Query) -> Scores {
    let mut tally = Tally::new(query.terms().len());
    corpus.files().iter().for_each(|file| tally.add(file, query));
    let mut scores = Scores {
        chunks: vec![0.0; tally.chunks.lengths.len()],
        files: vec![0.0; tally.files.lengths.len()],
        cover: vec![0.0; tally.files.lengths.len()],
    };
    tally.chunks.weigh(query, CHUNKS, |chunk, gain, _| add(&mut scores.chunks, chunk, gain));
    tally.files.weigh(query, FILES, |file, gain, weight| {
        add(&mut scores.files, file, gain);
        add(&mut scores.cover, file, weight);
    });
    scores
}

/// Most files that are counted in; beyond, every second, every third.
const SAMPLE: usize = 2_000;

/// In about how many chunks each of the query's terms stands: of a large corpus a part is counted, since
/// only the logarithm matters.
pub(super) fn frequencies(corpus: &Corpus, query: &Query) -> Vec<u32> {
    let mut found = vec![0; query.terms().len()];
    let step = (corpus.files().len() / SAMPLE).max(1);
    let terms = corpus.files().iter().step_by(step).flat_map(|file| &file.entry().terms);
    for place in terms.filter_map(|term| query.place(*term)) {
        if let Some(count) = found.get_mut(place) {
            *count += u32::try_from(step).unwrap_or(1);
        }
    }
    found
}

fn add(to: &mut [f32], at: usize, gain: f32) {
    if let Some(slot) = to.get_mut(at) {
        *slot += gain;
    }
}

/// Documents of one size, and which terms they have.
#[derive(Debug, Default)]
struct Counts {
    found: Vec<Found>,
    /// In how many documents each term stands.
    having: Vec<u32>,
    /// How many terms each document has.
    lengths: Vec<f32>,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    document: usize,
    place: usize,
    count: f32,
}

impl Counts {
    fn new(terms: usize) -> Self {
        Self { having: vec![0; terms], ..Self::default() }
    }

    /// The terms of the next document, which have a count.
    fn push(&mut self, length: f32, row: &mut Row) {
        let document = self.lengths.len();
        self.lengths.push(length);
        row.drain(|place, count| {
            self.found.push(Found { document, place, count });
            if let Some(having) = self.having.get_mut(place) {
                *having += 1;
            }
        });
    }

    /// Calls `each` with a document, what a term adds to its score, and what the term weighs.
    fn weigh(&self, query: &Query, with: Bm25, mut each: impl FnMut(usize, f32, f32)) {
        let all = self.lengths.len() as f32;
        let mean = (self.lengths.iter().sum::<f32>() / all.max(1.0)).max(1.0);
        let weights: Vec<f32> = query
            .terms()
            .iter()
            .zip(&self.having)
            .map(|(asked, having)| {
                let having = *having as f32;
                asked.weight * (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
            })
            .collect();
        for Found { document, place, count } in &self.found {
            let weight = weights.get(*place).copied().unwrap_or(0.0);
            let length = self.lengths.get(*document).copied().unwrap_or(mean);
            let norm = with.k1 * (1.0 - with.b + with.b * length / mean);
            each(*document, weight * count * (with.k1 + 1.0) / (count + norm), weight);
        }
    }
}

/// Counts by term, of which few are set.
#[derive(Debug, Default)]
struct Row {
    counts: Vec<f32>,
    set: Vec<usize>,
}

impl Row {
    fn new(terms: usize) -> Self {
        Self { counts: vec![0.0; terms], set: Vec::new() }
    }

    fn add(&mut self, place: usize, count: f32) {
        let Some(slot) = self.counts.get_mut(place).filter(|_| count > 0.0) else { return };
        if *slot == 0.0 {
            self.set.push(place);
        }
        *slot += count;
    }

    fn drain(&mut self, mut each: impl FnMut(usize, f32)) {
        for place in self.set.drain(..) {
            if let Some(slot) = self.counts.get_mut(place) {
                each(place, std::mem::take(slot));
            }
        }
    }
}

#[derive(Debug)]
struct Tally {
    chunks: Counts,
    files: Counts,
    chunk: Row,
    file: Row,
}

impl Tally {
    fn new(terms: usize) -> Self {
        Self {
            chunks: Counts::new(terms),
            files: Counts::new(terms),
            chunk: Row::new(terms),
            file: Row::new(terms),
        }
    }

    fn add(&mut self, file: &Member, query: &Query) {
        let in_path: Vec<usize> = file.path_terms().iter().filter_map(|term| query.place(*term)).collect();
        let mut length = 0.0;
        for (part, terms, postings) in file.entry().columns() {
            for (term, posting) in terms.iter().zip(postings) {
                let Some(place) = query.place(*term) else { continue };
                let defined = f32::from(u8::from(posting.defines()));
                self.chunk.add(place, posting.count() + DEFINED_IN_CHUNK * defined);
                self.file.add(place, posting.count() + DEFINED_IN_FILE * defined);
            }
            in_path.iter().for_each(|place| self.chunk.add(*place, PATH_OF_CHUNK));
            self.chunks.push((part.length as usize + file.path_terms().len()) as f32, &mut self.chunk);
            length += part.length as f32;
        }
        in_path.iter().for_each(|place| self.file.add(*place, PATH_OF_FILE));
        self.files.push(length, &mut self.file);
    }
}
