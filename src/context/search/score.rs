//! How well each chunk and each file fits a query: one pass over the postings, then BM25 over chunks
//! and BM25F over files. All numbers that were chosen by measuring are in [`Recipe`].

use super::corpus::Corpus;
use super::query::Query;

/// The numbers of the ranking. Chosen on one half of a development set of commits and checked on the
/// other (docs/benchmarks.md, "Search").
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Weight of the first line of a query against the others.
    pub first_line: f32,
    pub most_repeats: f32,
    pub fade: f32,
    /// Weight of a name as written in code.
    pub name: f32,
    pub x: Vec<f32>,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { first_line: 1.0, most_repeats: 3.0, fade: 0.0, name: 1.0, x: vec![] }
    }
}

impl Recipe {
    pub fn x(&self, at: usize, default: f32) -> f32 {
        self.x.get(at).copied().filter(|v| !v.is_nan()).unwrap_or(default)
    }
}

/// What fits how well.
#[derive(Debug, Default)]
pub struct Scores {
    /// BM25 for each chunk of the corpus.
    pub chunks: Vec<f32>,
    /// BM25F for each file.
    pub files: Vec<f32>,
    /// For each file: which share of the query's weight it has at all.
    pub cover: Vec<f32>,
}

struct Match {
    chunk: u32,
    term: u16,
    count: f32,
}

/// Scores all of `corpus`.
pub fn score(corpus: &Corpus, query: &Query, r: &Recipe) -> Scores {
    let terms = query.terms().len();
    let chunk_count = corpus.chunk_count();
    let mut matches: Vec<Match> = Vec::new();
    let mut chunk_df = vec![0_u32; terms];
    let mut file_df = vec![0_u32; terms];
    // File-level counts, one row a file that has any.
    let mut file_rows: Vec<(usize, Vec<f32>)> = Vec::new();
    let mut lengths = Vec::with_capacity(chunk_count);
    let mut file_lengths = Vec::with_capacity(corpus.files.len());
    let mut chunk = 0;
    let (c_path, c_def, c_scope) = (r.x(0, 1.0), r.x(1, 1.0), r.x(2, 0.5));
    let (f_path, f_def) = (r.x(3, 6.0), r.x(4, 4.0));
    for (at, file) in corpus.files.iter().enumerate() {
        let mut row = vec![0.0; terms];
        let mut any = false;
        let mut path_counts = vec![0.0_f32; terms];
        for term in &file.path_terms {
            if let Some(place) = query.place(*term) {
                path_counts[place] += 1.0;
                any = true;
            }
        }
        let mut length = 0.0;
        for (part, part_terms, postings) in file.entry.columns() {
            let mut here = path_counts.clone();
            let mut touched: Vec<usize> = Vec::new();
            for (term, posting) in part_terms.iter().zip(postings) {
                let Some(place) = query.place(*term) else { continue };
                let def = if posting.defines() { 1.0 } else { 0.0 };
                let scope = if posting.in_scope() { 1.0 } else { 0.0 };
                here[place] = path_counts[place] * c_path + posting.count() + c_def * def + c_scope * scope;
                row[place] += posting.count() + f_def * def;
                any = true;
                touched.push(place);
            }
            for (place, count) in here.iter().enumerate() {
                if touched.contains(&place) || path_counts[place] > 0.0 {
                    let count = if touched.contains(&place) { *count } else { path_counts[place] * c_path };
                    chunk_df[place] += 1;
                    matches.push(Match { chunk, term: place as u16, count });
                }
            }
            lengths.push(part.length as f32 + file.path_terms.len() as f32);
            length += part.length as f32;
            chunk += 1;
        }
        file_lengths.push(length);
        if any {
            for (place, count) in row.iter_mut().enumerate() {
                *count += f_path * path_counts[place];
                if *count > 0.0 {
                    file_df[place] += 1;
                }
            }
            file_rows.push((at, row));
        }
    }
    let idf = |n: usize, df: u32| (1.0 + (n as f32 - df as f32 + 0.5) / (df as f32 + 0.5)).ln();
    let average = |of: &[f32]| of.iter().sum::<f32>() / of.len().max(1) as f32;
    let (k1, b) = (r.x(5, 1.2), r.x(6, 0.5));
    let mean = average(&lengths);
    let mut chunks = vec![0.0; chunk_count];
    let mut chunk_cover = vec![0.0; chunk_count];
    for m in &matches {
        let w = query.terms()[m.term as usize].weight * idf(chunk_count, chunk_df[m.term as usize]);
        let norm = k1 * (1.0 - b + b * lengths[m.chunk as usize] / mean);
        chunks[m.chunk as usize] += w * m.count * (k1 + 1.0) / (m.count + norm);
        chunk_cover[m.chunk as usize] += w;
    }
    let most = chunk_cover.iter().copied().fold(1e-9, f32::max);
    for (score, cover) in chunks.iter_mut().zip(&chunk_cover) { *score *= (cover / most).powf(r.x(42, 0.0)); }
    let (k1, b) = (r.x(7, 1.6), r.x(8, 0.6));
    let mean = average(&file_lengths);
    let mut files = vec![0.0; corpus.files.len()];
    let mut cover = vec![0.0; corpus.files.len()];
    for (at, row) in &file_rows {
        for (place, count) in row.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            let w = query.terms()[place].weight * idf(corpus.files.len(), file_df[place]);
            let norm = k1 * (1.0 - b + b * file_lengths[*at] / mean);
            files[*at] += w * count * (k1 + 1.0) / (count + norm);
            cover[*at] += w;
        }
    }
    Scores { chunks, files, cover }
}
