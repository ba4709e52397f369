//! What was asked, as weighted terms. The first line says it, what follows explains it; a name written
//! as in code counts as a name, and two words side by side may be the parts of one.

use std::collections::HashMap;

use super::role::Role;
use crate::text::terms::{Term, is_identifier, terms_of, words};

/// Longest question read, in bytes; what is longer is a document, and its beginning says what it is
/// about.
const MAX_BYTES: usize = 8 * 1024;

/// Most different terms looked for.
const MAX_TERMS: usize = 160;

/// Weight of the first line against the others, and of a name against a word.
const FIRST_LINE: f32 = 2.0;
const NAME: f32 = 1.4;

/// Repetitions beyond this many add nothing.
const REPEATS: f32 = 3.0;

/// How fast words weigh less the later they come, for each word before them.
const FADE: f32 = 0.01;

/// Words that say how something is said, or that something is to be done, and nothing about where.
const STOP: &str = "a about add added adds after all allow also always an and any are as at be because been before being \
    both but by can cannot could did do does doing done each even every few fix fixed fixes for from get gets give gets \
    had has have having he her here his how however i if in instead into is it its itself just let like made make makes \
    making may me might more most much must my need needs no nor not now of off on once only onto or other our out over \
    own per please really same see set should since so some still such support sure than that the their them then there \
    these they thing things this those through to too under until up update updated updates upon us use used uses using \
    via want wants was way we well were what when where whether which while who why will with within without would yes \
    yet you your bug issue pr test tests change changed changes new remove removed removes one two ie eg";

/// See the module.
#[derive(Clone, Debug)]
pub struct Query {
    /// In ascending order of terms.
    terms: Vec<Asked>,
    filter: Box<Filter>,
    about: Vec<Role>,
}

/// A term that is looked for.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Asked {
    pub(super) term: Term,
    pub(super) weight: f32,
    /// As written, for telling why.
    pub(super) word: String,
    /// The whole of a name as written in code.
    pub(super) name: bool,
}

impl Asked {
    /// A term of no word that was typed.
    pub(super) fn again(term: Term, weight: f32) -> Self {
        Self { term, weight, word: String::new(), name: false }
    }
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let end = text.floor_char_boundary(MAX_BYTES);
        let text = text.get(..end).unwrap_or(text);
        let mut reading = Reading::new();
        for (at, line) in text.lines().filter(|line| !line.trim().is_empty()).enumerate() {
            reading.line(line, if at == 0 { FIRST_LINE } else { 1.0 });
        }
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        Self { about: about(first), ..Self::of(reading.weighed()) }
    }

    /// Of terms that are chosen already.
    pub(super) fn of(mut terms: Vec<Asked>) -> Self {
        terms.sort_by_key(|asked| asked.term);
        let mut filter = Box::new(Filter([0; 1024]));
        terms.iter().for_each(|asked| filter.insert(asked.term));
        Self { terms, filter, about: Vec::new() }
    }

    pub(super) fn terms(&self) -> &[Asked] {
        &self.terms
    }

    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The place of `term` among the terms.
    pub(super) fn place(&self, term: Term) -> Option<usize> {
        if !self.filter.may_have(term) {
            return None;
        }
        self.terms.binary_search_by_key(&term, |asked| asked.term).ok()
    }

    /// Does it ask for files of this role by name?
    pub(super) fn is_about(&self, role: Role) -> bool {
        self.about.contains(&role)
    }
}

/// Words that ask for something else than code.
fn about(line: &str) -> Vec<Role> {
    let asked = |word: &[u8]| match word.to_ascii_lowercase().as_slice() {
        b"test" | b"tests" | b"fixture" | b"fixtures" | b"spec" | b"specs" => Some(Role::Test),
        b"doc" | b"docs" | b"documentation" | b"readme" | b"changelog" | b"guide" => Some(Role::Prose),
        b"config" | b"configuration" | b"manifest" | b"workflow" | b"dependencies" => Some(Role::Data),
        _ => None,
    };
    words(line.as_bytes()).filter_map(asked).collect()
}

/// A query while it is read.
struct Reading {
    stop: Vec<Term>,
    found: HashMap<Term, (Asked, u16)>,
    /// How many words were read.
    order: u16,
}

impl Reading {
    fn new() -> Self {
        Self { stop: terms_of(STOP), found: HashMap::new(), order: 0 }
    }

    fn line(&mut self, line: &str, worth: f32) {
        let mut before: Option<&str> = None;
        for (word, quoted) in quoted_words(line) {
            self.order = self.order.saturating_add(1);
            let terms = terms_of(word);
            let whole = Term::whole(word.to_lowercase().as_bytes());
            let named = quoted || is_identifier(word);
            let stops = terms.iter().all(|term| self.stop.contains(term));
            for term in terms.into_iter().filter(|term| !self.stop.contains(term)).collect::<Vec<_>>() {
                self.add(term, word, worth, named && term == whole);
            }
            // "error overlay" may be called `errorOverlay`, or `error_overlay`.
            if let Some(before) = before.filter(|_| !stops) {
                let both = format!("{before}{word}").to_lowercase();
                self.add(Term::whole(both.as_bytes()), &both, worth, false);
            }
            before = (!stops).then_some(word);
        }
    }

    fn add(&mut self, term: Term, word: &str, worth: f32, name: bool) {
        let order = self.order;
        let new = || (Asked { term, weight: 0.0, word: word.to_owned(), name }, order);
        let (asked, _) = self.found.entry(term).or_insert_with(new);
        asked.weight += worth;
        asked.name |= name;
    }

    fn weighed(self) -> Vec<Asked> {
        let mut all: Vec<(Asked, u16)> = self.found.into_values().collect();
        all.sort_by_key(|(asked, order)| (*order, asked.term));
        all.truncate(MAX_TERMS);
        let weigh = |(mut asked, order): (Asked, u16)| {
            asked.weight = asked.weight.min(REPEATS).sqrt() / (1.0 + FADE * f32::from(order));
            asked.weight *= if asked.name { NAME } else { 1.0 };
            asked
        };
        all.into_iter().map(weigh).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(query: &Query, word: &str) -> f32 {
        let term = terms_of(word)[0];
        query.place(term).map_or(0.0, |place| query.terms()[place].weight)
    }

    #[test]
    fn the_first_line_and_names_weigh_most() {
        let query = Query::parse("panic in the watcher\n\nWe call `rebuild` when the debouncer fires");
        assert!(weight(&query, "watcher") > weight(&query, "debouncer"));
        assert!(weight(&query, "rebuild") > weight(&query, "debouncer"));
        assert_eq!(weight(&query, "when"), 0.0);
    }

    #[test]
    fn words_side_by_side_may_be_one_name() {
        let query = Query::parse("show the error overlay");
        assert!(query.place(Term::whole(b"erroroverlay")).is_some());
        assert!(query.place(Term::whole(b"theerror")).is_none());
    }

    #[test]
    fn only_stop_words_are_an_empty_query_and_a_long_text_is_cut() {
        assert!(Query::parse("please fix this").is_empty());
        let long: String = (0..9_000).map(|n| format!("word{n}é ")).collect();
        assert_eq!(Query::parse(&long).terms().len(), MAX_TERMS);
    }

    #[test]
    fn a_question_may_be_about_tests_or_documents() {
        assert!(Query::parse("where are the parser tests").is_about(Role::Test));
        assert!(!Query::parse("fix the parser\nwith tests").is_about(Role::Test));
    }
}
