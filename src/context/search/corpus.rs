//! The files of a project as a search sees them, and the search.

use std::sync::Arc;

use super::entry::Entry;
use super::query::Query;
use super::role::Role;
use super::score::{self, Recipe};
use crate::model::Tokens;
use crate::text::terms::{Term, terms_of};
use crate::text::{RepoPath, Span};

/// A file of the corpus.
#[derive(Clone, Debug)]
pub struct Member {
    pub path: RepoPath,
    pub role: Role,
    pub path_terms: Vec<Term>,
    pub entry: Arc<Entry>,
}

impl Member {
    pub fn new(path: RepoPath, entry: Arc<Entry>) -> Self {
        let path_terms = terms_of(path.as_str());
        Self { role: Role::of(&path), path_terms, path, entry }
    }

    pub fn path(&self) -> &RepoPath {
        &self.path
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
}

/// Lines that fit a query.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    pub path: RepoPath,
    pub span: Span,
    pub score: f32,
    pub tokens: Tokens,
    pub why: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Corpus {
    pub files: Vec<Member>,
}

impl Corpus {
    pub fn new(mut files: Vec<Member>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    pub fn files(&self) -> &[Member] {
        &self.files
    }

    pub fn chunk_count(&self) -> usize {
        self.files.iter().map(|file| file.entry.parts.len()).sum()
    }

    pub fn search(&self, text: &str) -> Vec<Hit> {
        self.search_by(text, &Recipe::default())
    }

    pub fn search_by(&self, text: &str, recipe: &Recipe) -> Vec<Hit> {
        let r = recipe;
        let query = Query::parse(text, recipe);
        let scores = score::score(self, &query, recipe);
        // chunk list
        let mut per_file: Vec<Vec<(f32, usize)>> = Vec::new();
        let mut chunk = 0;
        for file in &self.files {
            let mut own: Vec<(f32, usize)> = (0..file.entry.parts.len()).map(|k| (scores.chunks[chunk + k], k)).filter(|c| c.0 > 0.0).collect();
            chunk += file.entry.parts.len();
            own.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            per_file.push(own);
        }
        let by_chunk: Vec<f32> = per_file.iter().map(|own| own.first().map_or(0.0, |c| c.0) + r.x(9, 0.3) * own.iter().skip(1).take(2).map(|c| c.0).sum::<f32>()).collect();
        let ranks = |s: &[f32]| {
            let mut o: Vec<usize> = (0..s.len()).filter(|i| s[*i] > 0.0).collect();
            o.sort_by(|a, b| s[*b].total_cmp(&s[*a]).then_with(|| self.files[*a].path.cmp(&self.files[*b].path)));
            o
        };
        let k = r.x(10, 20.0);
        let mut fused = vec![0.0_f32; self.files.len()];
        for (weight, list) in [(1.0, ranks(&scores.files)), (r.x(11, 1.0), ranks(&by_chunk))] {
            for (rank, f) in list.iter().enumerate() {
                fused[*f] += weight / (k + rank as f32);
            }
        }
        // --- experimental features
        let n = self.files.len();
        let fmax = fused.iter().copied().fold(1e-9, f32::max);
        let norm = |v: &mut Vec<f32>| { let m = v.iter().copied().fold(0.0, f32::max); if m > 0.0 { v.iter_mut().for_each(|x| *x /= m); } };
        let mut total: Vec<f32> = fused.iter().map(|f| f / fmax).collect();
        let any: Vec<bool> = fused.iter().map(|f| *f > 0.0).collect();
        let mut add = |w: f32, mut v: Vec<f32>, total: &mut Vec<f32>| { norm(&mut v); for i in 0..n { total[i] += w * v[i]; } };
        add(r.x(20, 0.0), scores.cover.clone(), &mut total);
        add(r.x(21, 0.0), scores.files.clone(), &mut total);
        add(r.x(22, 0.0), by_chunk.clone(), &mut total);
        add(r.x(23, 0.0), self.files.iter().zip(&any).map(|(f, a)| if *a { (1.0 + f.entry.parts.len() as f32).ln() } else { 0.0 }).collect(), &mut total);
        // definitions by whole name
        let mut defs: std::collections::HashMap<Term, Vec<usize>> = Default::default();
        for (i, f) in self.files.iter().enumerate() {
            if matches!(f.role, Role::Code | Role::Vendored | Role::Aside) {
                let mut own: Vec<Term> = f.entry.symbols.iter().filter(|s| s.kind != crate::text::symbols::Kind::Section && s.name.len() > 2).map(|s| Term::whole(s.name.to_ascii_lowercase().as_bytes())).collect();
                own.sort(); own.dedup();
                for t in own { defs.entry(t).or_default().push(i); }
            }
        }
        if r.x(24, 0.0) != 0.0 {
            let mut named = vec![0.0; n];
            for asked in query.terms() { if let Some(fs) = defs.get(&asked.term) { if asked.name || r.x(25, 0.0) > 0.0 { for f in fs { named[*f] += asked.weight / fs.len() as f32; } } } }
            add(r.x(24, 0.0), named, &mut total);
        }
        // bridge from tests and prose
        for (role, wi, top) in [(Role::Test, 26, r.x(28, 10.0)), (Role::Prose, 27, r.x(29, 10.0)), (Role::Code, 30, r.x(31, 10.0))] {
            let w = r.x(wi, 0.0);
            if w == 0.0 { continue; }
            let mut best: Vec<(f32, usize, usize)> = vec![];
            for (f, own) in per_file.iter().enumerate() { if self.files[f].role == role { for (s, k) in own.iter().take(5) { best.push((*s, f, *k)); } } }
            best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
            best.truncate(top as usize);
            let smax = best.first().map_or(1.0, |b| b.0);
            let mut got = vec![0.0; n];
            for (s, f, k) in best {
                let (_, terms, _) = self.files[f].entry.columns().nth(k).unwrap();
                for t in terms {
                    if let Some(fs) = defs.get(t) {
                        if fs.len() <= r.x(32, 4.0) as usize { for g in fs { if *g != f { got[*g] += (s / smax).powf(2.0) / fs.len() as f32; } } }
                    }
                }
            }
            if r.x(33, 0.0) > 0.0 { got.iter_mut().for_each(|g: &mut f32| *g = (1.0 + *g).ln()); }
            add(w, got, &mut total);
        }
        // stem of tests
        if r.x(34, 0.0) != 0.0 {
            let stem = |p: &RepoPath| { let s = p.file_name().split('.').next().unwrap_or("").to_ascii_lowercase(); s.trim_start_matches("test_").trim_end_matches("_test").trim_end_matches("tests").trim_end_matches("test").to_owned() };
            let mut by_stem: std::collections::HashMap<String, f32> = Default::default();
            for (i, f) in self.files.iter().enumerate() { if f.role == Role::Test { let e = by_stem.entry(stem(&f.path)).or_default(); *e = e.max(by_chunk[i]); } }
            let v = self.files.iter().map(|f| if f.role == Role::Code { by_stem.get(&stem(&f.path)).copied().unwrap_or(0.0) } else { 0.0 }).collect();
            add(r.x(34, 0.0), v, &mut total);
        }
        // directory coherence
        if r.x(35, 0.0) != 0.0 {
            let dir = |p: &RepoPath| p.as_str().rsplit_once('/').map_or(String::new(), |d| d.0.to_owned());
            let mut sums: std::collections::HashMap<String, f32> = Default::default();
            for (i, f) in self.files.iter().enumerate() { let e = sums.entry(dir(&f.path)).or_default(); *e = e.max(total[i]); }
            let v = self.files.iter().map(|f| sums[&dir(&f.path)]).collect();
            add(r.x(35, 0.0), v, &mut total);
        }
        for (i, f) in self.files.iter().enumerate() {
            total[i] *= match f.role { Role::Code => 1.0, Role::Test => r.x(14, 0.3), Role::Prose => r.x(15, 0.3), Role::Data => r.x(16, 0.3), Role::Vendored => r.x(17, 0.5), Role::Aside => r.x(18, 0.5) };
        }
        let fused = total;
        let mut hits: Vec<Hit> = Vec::new();
        for (f, own) in per_file.iter().enumerate() {
            for (s, k) in own.iter().take(r.x(19, 40.0) as usize) {
                let part = self.files[f].entry.parts[*k];
                let score = if r.x(12, 0.0) > 0.0 { *s } else { fused[f] * 1000.0 };
                let top = own[0].0;
                hits.push(Hit { path: self.files[f].path.clone(), span: part.span, score: score * (s / top).powf(r.x(13, 1.0)), tokens: Tokens::of_bytes(u64::from(part.bytes)), why: vec![] });
            }
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.path.cmp(&b.path)).then(a.span.start().cmp(&b.span.start())));
        hits
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
