//! Who uses what a hunk changes: the definitions that its lines lie in, and the lines of the project
//! that name them. A name is a name here: one of the same spelling elsewhere counts too, and whoever
//! shows this says so. Pure, and slow enough to be worked out where nobody waits.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::reading::FileDiff;
use crate::change::{Hunk, HunkId, Review};
use crate::text::highlight::Language;
use crate::text::symbols::{Definition, Kind, definitions};
use crate::text::{Lines, RepoPath, Span};

/// Most names of one hunk that are looked for.
const NAMES: usize = 8;

/// Most uses of a name that are told; the others are counted.
const SHOWN: usize = 8;

/// Names shorter than this are everywhere.
const SHORT: usize = 3;

/// Longest line that is told of, in bytes.
const LINE: usize = 200;

/// The definitions that a hunk touches, with who uses them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Callers {
    pub names: Vec<Touched>,
    /// Why fewer files were looked through than there are, if so.
    pub short_of: Option<String>,
}

/// A definition that a hunk touches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touched {
    /// A stranger's word.
    pub name: String,
    pub how: How,
    /// The first of its uses, those in changed files before others.
    pub uses: Vec<Use>,
    /// All of its uses, and the files they are in.
    pub count: usize,
    pub files: usize,
}

/// What becomes of a definition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum How {
    /// It goes.
    Goes,
    /// The line that names it changes: what it takes, gives or is called by.
    Head,
    /// What is inside of it changes.
    Body,
    /// It is new.
    Comes,
}

/// A line that names a definition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    pub path: RepoPath,
    /// From 0.
    pub line: usize,
    /// The definition that the line lies in.
    pub within: Option<String>,
    /// The line itself, its blanks as one each. A stranger's text.
    pub text: String,
}

/// Files of the project that may hold some names, as they are on disk.
#[derive(Debug, Default)]
pub struct Mentions {
    pub files: Vec<(RepoPath, Lines)>,
    /// Why these are not all, if so.
    pub short_of: Option<String>,
}

impl Callers {
    /// Looks in the files of the review, as its hunks would make them, and in what `project` has for the
    /// names. Blocking: parses every file that names one of them.
    pub fn of(review: &Review, hunk: HunkId, project: impl FnOnce(&[&str]) -> Mentions) -> Self {
        let Some(hunk) = review.hunk(hunk) else { return Self::default() };
        let names = touched(review, hunk);
        if names.is_empty() {
            return Self::default();
        }
        let asked: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        let Mentions { files, short_of } = project(&asked);
        let mut texts: BTreeMap<RepoPath, (bool, Lines)> =
            files.into_iter().map(|(path, text)| (path, (false, text))).collect();
        let paths: BTreeSet<&RepoPath> = review.hunks().map(|hunk| &hunk.path).collect();
        for path in paths {
            let made = match FileDiff::hoped_for(review, path) {
                Some(file) => file.after(),
                None => review.base(path).and_then(|base| base.text.clone()),
            };
            match made {
                Some(text) => drop(texts.insert(path.clone(), (true, text))),
                None => drop(texts.remove(path)),
            }
        }
        let mut found: Vec<Vec<(bool, Use)>> = vec![Vec::new(); names.len()];
        for (path, (changed, text)) in &texts {
            for (at, one) in uses(path, text, &asked) {
                found.get_mut(at).into_iter().for_each(|uses| uses.push((*changed, one.clone())));
            }
        }
        let told = |((name, how), mut uses): ((String, How), Vec<(bool, Use)>)| {
            uses.sort_by_key(|(changed, one)| (one.path != hunk.path, !changed));
            let files = uses.iter().map(|(_, one)| &one.path).collect::<BTreeSet<_>>().len();
            let count = uses.len();
            let uses = uses.into_iter().map(|(_, one)| one).take(SHOWN).collect();
            Touched { name, how, uses, count, files }
        };
        Self { names: names.into_iter().zip(found).map(told).collect(), short_of }
    }
}

/// The definitions that the changed lines of a hunk lie in, and what becomes of each.
fn touched(review: &Review, hunk: &Hunk) -> Vec<(String, How)> {
    let Some(language) = Language::of(&hunk.path) else { return Vec::new() };
    let empty = Lines::from("");
    let old = review.base(&hunk.path).and_then(|base| base.text.as_ref()).unwrap_or(&empty);
    // With this hunk alone: whatever becomes of the others, it is this one that is asked about.
    let first = hunk.replaces.start();
    let head = old.slice(Span::new(0, first));
    let tail = old.slice(Span::new(hunk.replaces.end(), old.len()));
    let new = Lines::new([head, hunk.with.bytes(), tail].concat());
    let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
    for part in review.parts(hunk).iter() {
        gone.extend(part.old.as_range().map(|line| first + line));
        come.extend(part.new.as_range().map(|line| first + line));
    }
    let (before, after) = (definitions(language, old.bytes()), definitions(language, new.bytes()));
    let names = |all: &[Definition]| all.iter().map(|one| one.name.clone()).collect::<BTreeSet<_>>();
    let (named_before, named_after) = (names(&before), names(&after));
    let mut how: BTreeMap<String, How> = BTreeMap::new();
    for (lines, all, text) in [(&gone, &before, old), (&come, &after, &new)] {
        for line in lines {
            let Some(inner) = innermost(all, *line) else { continue };
            let becomes = match (named_before.contains(&inner.name), named_after.contains(&inner.name)) {
                (true, false) => How::Goes,
                (false, true) => How::Comes,
                _ if names_it(text, inner) == Some(*line) => How::Head,
                _ => How::Body,
            };
            let known = how.entry(inner.name.clone()).or_insert(becomes);
            *known = becomes.min(*known);
        }
    }
    let mut how: Vec<(String, How)> =
        how.into_iter().filter(|(name, _)| name.len() >= SHORT && name.bytes().all(is_word)).collect();
    how.sort_by_key(|(_, how)| *how);
    how.truncate(NAMES);
    how
}

/// The innermost definition around a line that may be used by its name.
fn innermost(all: &[Definition], line: usize) -> Option<&Definition> {
    let around = all.iter().filter(|one| one.span.as_range().contains(&line));
    around.filter(is_used).max_by_key(|one| one.depth)
}

fn is_used(one: &&Definition) -> bool {
    matches!(one.kind, Kind::Function | Kind::Type | Kind::Value)
}

/// The line in which a definition says its name.
fn names_it(text: &Lines, definition: &Definition) -> Option<usize> {
    let says = |line: &usize| {
        let bytes = text.text(*line).unwrap_or_default();
        !is_comment(bytes) && words(bytes).any(|word| word == definition.name.as_bytes())
    };
    definition.span.as_range().find(says)
}

/// Every line of a text that names one of `names` and does not define it, with the name's place.
fn uses(path: &RepoPath, text: &Lines, names: &[&str]) -> Vec<(usize, Use)> {
    let mut lines: Vec<(usize, usize)> = Vec::new();
    for (line, bytes) in text.iter().enumerate() {
        if is_comment(bytes) {
            continue;
        }
        let known: BTreeSet<&[u8]> = words(bytes).collect();
        let here = names.iter().enumerate().filter(|(_, name)| known.contains(name.as_bytes()));
        lines.extend(here.map(|(at, _)| (at, line)));
    }
    if lines.is_empty() {
        return Vec::new();
    }
    let all = Language::of(path).map(|language| definitions(language, text.bytes())).unwrap_or_default();
    let is_its_own = |at: usize, line: usize| {
        let own = |one: &&Definition| is_used(one) && names.get(at).is_some_and(|name| one.name == **name);
        all.iter().filter(own).any(|one| one.span.as_range().contains(&line))
    };
    let told = |(at, line): (usize, usize)| {
        let bytes = text.text(line).unwrap_or_default();
        let shown = String::from_utf8_lossy(bytes.get(..LINE).unwrap_or(bytes));
        let text = shown.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let within = innermost(&all, line).map(|one| one.name.clone());
        (at, Use { path: path.clone(), line, within, text })
    };
    lines.into_iter().filter(|(at, line)| !is_its_own(*at, *line)).map(told).collect()
}

/// Does the line look like nothing but a comment?
fn is_comment(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    [&b"//"[..], b"/*", b"* ", b"# ", b"-- ", b"<!--"].iter().any(|lead| line.starts_with(lead))
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| !is_word(*byte)).filter(|word| !word.is_empty())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Base, Compared, Purpose};

    const CART: &str = "pub struct Cart {\n    cents: u64,\n}\n\nimpl Cart {\n    pub fn total(&self) -> u64 {\n        self.cents\n    }\n\n    fn old_way(&self) {}\n}\n";
    const MAIN: &str = "fn main() {\n    // total is a word\n    let sum = cart.total();\n    cart.old_way();\n}\n\nfn total_of_all() {}\n";

    fn of(old: &str, new: &str) -> Callers {
        let path = |name: &str| RepoPath::parse(name).unwrap();
        let mut review = Review::of_difference(Purpose::ReadOnly).unwrap();
        let base = Base { path: path("src/cart.rs"), text: Some(old.into()) };
        review.compare(Compared::of(base, Some(&new.into())));
        let hunk = review.hunks().next().unwrap().id;
        Callers::of(&review, hunk, |_| Mentions {
            files: vec![(path("src/main.rs"), MAIN.into()), (path("src/cart.rs"), "stale".into())],
            short_of: None,
        })
    }

    fn told(callers: &Callers) -> Vec<String> {
        let told = |one: &Touched| {
            let uses = one.uses.iter().map(|one| {
                format!("{}:{} in {}", one.path, one.line + 1, one.within.as_deref().unwrap_or("-"))
            });
            format!(
                "{} {:?} {}/{}: {}",
                one.name,
                one.how,
                one.count,
                one.files,
                uses.collect::<Vec<_>>().join(", ")
            )
        };
        callers.names.iter().map(told).collect()
    }

    #[test]
    fn who_calls_what_a_hunk_changes_is_told_with_what_becomes_of_it() {
        let body = of(CART, &CART.replace("        self.cents\n", "        self.cents + 1\n"));
        assert_eq!(told(&body), ["total Body 1/1: src/main.rs:3 in main"]);
        let head = of(CART, &CART.replace("total(&self)", "total(&self, tax: u64)"));
        assert_eq!(told(&head), ["total Head 1/1: src/main.rs:3 in main"]);
        let gone = of(CART, &CART.replace("\n    fn old_way(&self) {}\n", ""));
        assert_eq!(told(&gone), ["old_way Goes 1/1: src/main.rs:4 in main"]);
    }

    #[test]
    fn what_is_new_and_unused_says_so_and_a_field_is_its_types() {
        let new = CART.replace(
            "    fn old_way",
            "    fn taxed(&self) {\n        self.total();\n    }\n\n    fn old_way",
        );
        assert_eq!(told(&of(CART, &new)), ["taxed Comes 0/0: "]);
        let field = CART.replace("    cents: u64,\n", "    cents: u64,\n    tax: u64,\n");
        assert_eq!(told(&of(CART, &field)), ["Cart Body 1/1: src/cart.rs:6 in -"]);
    }

    #[test]
    fn lines_in_no_definition_and_files_in_no_language_touch_nothing() {
        assert_eq!(of(CART, &format!("use std::fmt;\n{CART}")), Callers::default());
        assert_eq!(of("", "\n"), Callers::default());
    }
}
