//! Which file refers to what another defines, and how much of the project rests on each definition: by
//! PageRank (Brin and Page, 1998) over the files, whose worth then flows to the names they use.
//!
//! A reference is a name that stands in a text and is defined in few other files. No type is looked at,
//! so two functions of one name share what is said of either; names of one word, which prose uses too,
//! count for less. It chooses an overview and expands nothing: that it does not help to rank hits was
//! measured.

use std::collections::HashMap;

use super::corpus::Corpus;
use super::role::Role;
use crate::text::symbols::Kind;
use crate::text::terms::{Term, terms_of};

/// How much of a file's worth goes along its references.
const DAMPING: f32 = 0.85;

/// Rounds: what is left to move then is below a thousandth.
const ROUNDS: usize = 30;

/// A name that more files define says nothing about which of them is meant.
const MOST_DEFINING: usize = 5;

/// What a name of one word counts for against one of several: prose uses the word too, less often that of
/// a type.
const ONE_WORD: f32 = 0.1;
const ONE_WORD_TYPE: f32 = 0.5;

/// Names that every library has: who uses one of them seldom means the project's.
const COMMON: [&str; 44] = [
    "add", "append", "as_ref", "as_str", "build", "clone", "close", "contains", "default", "display", "drop",
    "empty", "equals", "error", "extend", "find", "format", "from", "from_str", "get", "hash", "hashcode",
    "init", "insert", "into", "is_empty", "is_none", "is_some", "iter", "join", "length", "main", "name",
    "new", "next", "open", "parse", "push", "read", "remove", "run", "set", "tostring", "write",
];

/// Shortest name that is looked at, in bytes.
const SHORTEST: usize = 3;

/// A definition that others refer to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Referred {
    /// Among the corpus's files.
    pub file: usize,
    /// Among the file's symbols.
    pub symbol: usize,
    /// How much of the project's worth rests on it; all together at most 1.
    pub worth: f32,
}

/// One name that a file may refer to: the places that define it.
struct Name {
    weight: f32,
    places: Vec<(usize, usize)>,
}

/// A file's references: each to a name, with how much it counts.
type References = Vec<(usize, f32)>;

/// What other files refer to, most referred to first; the same for the same corpus. Takes about as long
/// as a search.
pub fn referred(corpus: &Corpus) -> Vec<Referred> {
    let (by_term, names) = names(corpus);
    let references: Vec<References> =
        (0..corpus.files().len()).map(|file| references(corpus, file, &by_term, &names)).collect();
    let worth = worth(&references, &names);
    let mut found: HashMap<(usize, usize), f32> = HashMap::new();
    for ((file, own), worth) in references.iter().enumerate().zip(&worth) {
        each_place(file, own, &names, |place, share| *found.entry(place).or_default() += worth * share);
    }
    let mut all: Vec<Referred> =
        found.into_iter().map(|((file, symbol), worth)| Referred { file, symbol, worth }).collect();
    let place = |one: &Referred| (one.file, one.symbol);
    all.sort_by(|a, b| b.worth.total_cmp(&a.worth).then_with(|| place(a).cmp(&place(b))));
    all
}

/// The term under which the whole of `name` is found in a text.
pub fn term_of(name: &str) -> Option<Term> {
    terms_of(name).first().copied()
}

fn names(corpus: &Corpus) -> (HashMap<Term, usize>, Vec<Name>) {
    let mut by_term = HashMap::new();
    let mut names: Vec<Name> = Vec::new();
    for (file, member) in corpus.files().iter().enumerate().filter(|(_, member)| member.role() == Role::Code)
    {
        for (symbol, defined) in member.entry().symbols.iter().enumerate() {
            let Some((term, weight)) = telling(&defined.name, defined.kind) else { continue };
            let at = *by_term.entry(term).or_insert_with(|| {
                names.push(Name { weight, places: Vec::new() });
                names.len() - 1
            });
            // The first of a name stands for the others of its file: its methods of many types, its overloads.
            if let Some(name) = names.get_mut(at)
                && name.places.last().is_none_or(|(last, _)| *last != file)
            {
                name.places.push((file, symbol));
            }
        }
    }
    (by_term, names)
}

/// The term of a name that says something where it is used, and how much.
fn telling(name: &str, kind: Kind) -> Option<(Term, f32)> {
    let named = !matches!(kind, Kind::Section | Kind::Scope) && name.len() >= SHORTEST;
    if !named || (kind != Kind::Type && COMMON.contains(&name.to_lowercase().as_str())) {
        return None;
    }
    let terms = terms_of(name);
    let weight = match kind {
        _ if terms.len() > 1 => 1.0,
        Kind::Type => ONE_WORD_TYPE,
        _ => ONE_WORD,
    };
    Some((*terms.first()?, weight))
}

/// The names that a file of code uses and does not define itself.
fn references(corpus: &Corpus, file: usize, by_term: &HashMap<Term, usize>, names: &[Name]) -> References {
    let Some(member) = corpus.files().get(file).filter(|member| member.role() == Role::Code) else {
        return Vec::new();
    };
    let mut counts: HashMap<usize, f32> = HashMap::new();
    for (_, terms, postings) in member.entry().columns() {
        for (term, posting) in terms.iter().zip(postings) {
            if let Some(name) = by_term.get(term) {
                *counts.entry(*name).or_default() += posting.count();
            }
        }
    }
    let weighed = counts.into_iter().filter_map(|(at, count)| {
        let name = names.get(at)?;
        let foreign = name.places.len() <= MOST_DEFINING && name.places.iter().all(|(at, _)| *at != file);
        foreign.then(|| (at, name.weight * count.sqrt()))
    });
    let mut all: References = weighed.collect();
    all.sort_by_key(|(name, _)| *name);
    all
}

/// Calls `each` with a definition and the share of the file's worth that goes there.
fn each_place(file: usize, own: &References, names: &[Name], mut each: impl FnMut((usize, usize), f32)) {
    let all: f32 = own.iter().map(|(_, weight)| weight).sum();
    for (name, weight) in own {
        let Some(name) = names.get(*name) else { continue };
        let share = weight / (all * name.places.len() as f32);
        name.places.iter().filter(|(at, _)| *at != file).for_each(|place| each(*place, share));
    }
}

/// How much each file is worth; together 1.
fn worth(references: &[References], names: &[Name]) -> Vec<f32> {
    let count = references.len().max(1) as f32;
    let mut worth = vec![1.0 / count; references.len()];
    for _ in 0..ROUNDS {
        // Who refers to nothing refers to everything.
        let idle = worth.iter().zip(references).filter(|(_, own)| own.is_empty());
        let idle: f32 = idle.map(|(worth, _)| worth).sum();
        let mut next = vec![(1.0 - DAMPING + DAMPING * idle) / count; references.len()];
        for ((file, own), worth) in references.iter().enumerate().zip(&worth) {
            each_place(file, own, names, |(to, _), share| {
                if let Some(slot) = next.get_mut(to) {
                    *slot += DAMPING * worth * share;
                }
            });
        }
        worth = next;
    }
    worth
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Entry, Member};
    use super::*;
    use crate::text::{Lines, RepoPath};
    use proptest::prelude::*;

    fn corpus(files: &[(&str, &str)]) -> Corpus {
        let member = |(path, text): &(&str, &str)| {
            let path = RepoPath::parse(path).unwrap();
            let entry = Arc::new(Entry::of(&path, &Lines::from(*text)));
            Member::new(path, entry)
        };
        Corpus::new(files.iter().map(member).collect())
    }

    fn told(corpus: &Corpus) -> Vec<String> {
        let name = |one: &Referred| {
            let member = &corpus.files()[one.file];
            format!("{} {}", member.path(), member.entry().symbols[one.symbol].name)
        };
        referred(corpus).iter().map(name).collect()
    }

    #[test]
    fn what_much_rests_on_comes_first_and_what_nobody_uses_not_at_all() {
        let corpus = corpus(&[
            ("src/a.rs", "fn run_all() { read_config(); open_store(); }\n"),
            ("src/b.rs", "fn other_way() { open_store(); open_store(); }\n"),
            ("src/config.rs", "pub fn read_config() { open_store(); }\npub fn never_used() {}\n"),
            ("src/store.rs", "pub fn open_store() {}\n"),
            ("tests/a.rs", "fn tests_do_not_count() { never_used(); }\n"),
        ]);
        assert_eq!(told(&corpus), ["src/store.rs open_store", "src/config.rs read_config"]);
    }

    #[test]
    fn a_name_that_everybody_defines_points_nowhere() {
        let defining: Vec<(String, &str)> =
            (0..9).map(|n| (format!("src/{n}.rs"), "fn from_text() {}\n")).collect();
        let mut files: Vec<(&str, &str)> =
            defining.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        files.push(("src/user.rs", "fn main_loop() { from_text(); }\n"));
        assert!(referred(&corpus(&files)).is_empty());
        assert!(referred(&Corpus::default()).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn worth_is_shared_out_and_never_made(
            files in proptest::collection::vec("((fn|struct) (ab|cd|ef)_(x|y) \\{\\}\n|(ab|cd|ef)_(x|y)\n){0,6}", 0..9)
        ) {
            let named: Vec<(String, &String)> = files.iter().enumerate().map(|(n, text)| (format!("{n}.rs"), text)).collect();
            let files: Vec<(&str, &str)> = named.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            let corpus = corpus(&files);
            let found = referred(&corpus);
            let all: f32 = found.iter().map(|one| one.worth).sum();
            prop_assert!(all <= 1.001 && found.iter().all(|one| one.worth > 0.0), "{}", all);
            prop_assert_eq!(referred(&corpus), found);
        }
    }
}
