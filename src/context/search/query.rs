//! What was asked, as weighted terms. The first line says it, what follows explains it; a name written
//! as in code counts as a name.

use std::collections::HashMap;

use super::score::Recipe;
use crate::text::terms::{Term, is_identifier, terms, words};

/// Longest question read, in bytes; what is longer is a document, and its beginning says what it is
/// about.
const MAX_BYTES: usize = 8 * 1024;

/// Most different terms looked for.
const MAX_TERMS: usize = 160;

/// Words that say how something is said, or that something is to be done, and nothing about where.
const STOP: &str = "a about add added adds after all allow also always an and any are as at be because been before being both but by \
    can cannot could did do does doing done each even every few fix fixed fixes for from get gets give given had has have having he her \
    here his how however i if in instead into is it its itself just let like made make makes making may me might more most much must my \
    need needs no nor not now of off on once only onto or other our out over own per please really same see set should since so some \
    still such support sure than that the their them then there these they thing things this those through to too under until up update \
    updated updates upon us use used uses using via want wants was way we well were what when where whether which while who why will \
    with within without would yes yet you your bug issue pr test tests change changed changes new remove removed removes one two ie eg";

/// See the module.
#[derive(Clone, Debug)]
pub struct Query {
    /// In ascending order of terms.
    terms: Vec<Asked>,
    filter: Box<Filter>,
}

/// A term that is looked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub term: Term,
    pub weight: f32,
    /// As written, for telling why.
    pub word: String,
    /// The whole of a name as written in code.
    pub name: bool,
}

impl Query {
    pub fn parse(text: &str, recipe: &Recipe) -> Self {
        let end = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= MAX_BYTES).last();
        let text = text.get(..end.unwrap_or(0)).unwrap_or_default();
        let stop: Vec<Term> = words(STOP.as_bytes()).flat_map(|word| terms_of(word)).collect();
        let mut found: HashMap<Term, (Asked, f32)> = HashMap::new();
        let mut order = 0.0;
        for (at, line) in text.lines().filter(|line| !line.trim().is_empty()).enumerate() {
            let worth = if at == 0 { recipe.first_line } else { 1.0 };
            if recipe.x(40, 0.0) > 0.0 {
                let line_words: Vec<String> = words(line.as_bytes()).filter_map(|w| std::str::from_utf8(w).ok()).map(|w| w.to_lowercase()).collect();
                for pair in line_words.windows(2) {
                    if pair.iter().any(|w| words(STOP.as_bytes()).any(|s| s == w.as_bytes())) { continue; }
                    let word = pair.concat();
                    let term = Term::whole(word.as_bytes());
                    let (asked, _) = found.entry(term).or_insert_with(|| (Asked { term, weight: 0.0, word, name: false }, order));
                    asked.weight += worth * recipe.x(40, 0.0);
                }
                if recipe.x(41, 0.0) > 0.0 { for three in line_words.windows(3) {
                    let word = three.concat();
                    let term = Term::whole(word.as_bytes());
                    let (asked, _) = found.entry(term).or_insert_with(|| (Asked { term, weight: 0.0, word, name: false }, order));
                    asked.weight += worth * recipe.x(41, 0.0);
                } }
            }
            for (word, quoted) in quoted_words(line) {
                order += 1.0;
                let all = terms_of(word.as_bytes());
                let whole = Term::whole(word.to_lowercase().as_bytes());
                let named = is_identifier(word) || quoted;
                for term in all.into_iter().filter(|term| !stop.contains(term)) {
                    let name = named && term == whole;
                    let asked = || (Asked { term, weight: 0.0, word: word.to_owned(), name }, order);
                    let (asked, _) = found.entry(term).or_insert_with(asked);
                    asked.weight += worth;
                    asked.name |= name;
                }
            }
        }
        let mut all: Vec<(Asked, f32)> = found.into_values().collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.term.cmp(&b.0.term)));
        all.truncate(MAX_TERMS);
        let weigh = |(mut asked, order): (Asked, f32)| {
            asked.weight = asked.weight.min(recipe.most_repeats).sqrt() / (1.0 + recipe.fade * order);
            asked.weight *= if asked.name { recipe.name } else { 1.0 };
            asked
        };
        Self::of(all.into_iter().map(weigh).collect())
    }

    /// Of terms that are chosen already.
    pub fn of(mut terms: Vec<Asked>) -> Self {
        terms.sort_by_key(|asked| asked.term);
        let mut filter = Box::new(Filter([0; 1024]));
        terms.iter().for_each(|asked| filter.insert(asked.term));
        Self { terms, filter }
    }

    pub fn terms(&self) -> &[Asked] {
        &self.terms
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The place of `term` among the terms.
    pub fn place(&self, term: Term) -> Option<usize> {
        if !self.filter.may_have(term) {
            return None;
        }
        self.terms.binary_search_by_key(&term, |asked| asked.term).ok()
    }
}

fn terms_of(word: &[u8]) -> Vec<Term> {
    let mut all = Vec::new();
    terms(word, |term| all.push(term));
    all
}

/// The words of a line, and whether each stands in backticks.
fn quoted_words(line: &str) -> impl Iterator<Item = (&str, bool)> {
    line.split('`').enumerate().flat_map(|(at, piece)| {
        let quoted = at % 2 == 1 && piece.len() < 80;
        words(piece.as_bytes()).filter_map(move |word| Some((std::str::from_utf8(word).ok()?, quoted)))
    })
}

/// A set of terms that answers "no" in a nanosecond: most terms of a project are not asked for.
#[derive(Clone, Debug)]
struct Filter([u64; 1024]);

impl Filter {
    fn slot(term: Term) -> (usize, u64) {
        let low = term.bits() & 0xffff;
        ((low >> 6) as usize, 1 << (low & 63))
    }

    fn insert(&mut self, term: Term) {
        let (at, bit) = Self::slot(term);
        if let Some(word) = self.0.get_mut(at) {
            *word |= bit;
        }
    }

    fn may_have(&self, term: Term) -> bool {
        let (at, bit) = Self::slot(term);
        self.0.get(at).is_some_and(|word| word & bit != 0)
    }
}
