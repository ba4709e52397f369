//! What makes a file under review easier to read and takes time to work out: syntax classes of both
//! of its texts, and the words that differ in changed lines. Pure; to be made where nobody waits.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::change::{Hunk, HunkId, Review, Standing};
use crate::text::diff::{self, Change};
use crate::text::highlight::{Class, Language, by_line, highlight};
use crate::text::symbols::definitions;
use crate::text::{LineEnding, Lines, RepoPath, Span, trim_ending};

/// Hunks with more changed lines than this get no word marks; they would cost more than they tell.
const WORDS: usize = 400;

/// Of a pair of lines longer than this, in bytes, what lies between the common beginning and the common
/// end is marked as a whole.
const LONG: usize = 2_000;

/// Nor do hunks of more bytes: a few hostile lines could keep a thread busy.
const WORD_BYTES: usize = 64 << 10;

/// A file of a review, to be polished.
#[derive(Clone, Debug)]
pub struct Rough {
    pub path: RepoPath,
    base: Option<Lines>,
    hunks: Vec<(HunkId, Span, Lines, Arc<[Change]>)>,
}

/// Classes and words by line.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Polish {
    old: Vec<Classes>,
    new: Vec<Classes>,
    words: BTreeMap<HunkId, Words>,
    scopes: BTreeMap<HunkId, String>,
    /// Hunks that change how lines end, and nothing else.
    endings: BTreeSet<HunkId>,
    usual: Option<LineEnding>,
}

type Classes = Vec<(Range<usize>, Class)>;

/// Byte ranges that differ, by line of the hunk.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Words {
    pub old: BTreeMap<usize, Vec<Range<usize>>>,
    pub new: BTreeMap<usize, Vec<Range<usize>>>,
}

impl Rough {
    /// What is needed of a file; cheap. Hunks in conflict have no place and are left out.
    pub fn of(review: &Review, path: &RepoPath) -> Self {
        let hunks = review.hunks().filter(|hunk| hunk.path == *path && hunk.standing == Standing::Good);
        let part = |hunk: &Hunk| (hunk.id, hunk.replaces, hunk.with.clone(), review.parts(hunk).into());
        let base = review.base(path).and_then(|base| base.text.clone());
        Self { path: path.clone(), base, hunks: hunks.map(part).collect() }
    }

    pub fn polish(&self) -> Polish {
        let empty = Lines::from("");
        let base = self.base.as_ref().unwrap_or(&empty);
        let mut new = Vec::with_capacity(base.bytes().len());
        let mut at = 0;
        for (_, replaces, with, _) in &self.hunks {
            new.extend_from_slice(base.slice(Span::new(at, replaces.start())));
            new.extend_from_slice(with.bytes());
            at = replaces.end();
        }
        new.extend_from_slice(base.slice(Span::new(at, base.len())));
        let language = Language::of(&self.path);
        let classes = |language, text: &Lines| by_line(text, highlight(language, text.bytes()));
        let coloured = |text: &Lines| language.map(|language| classes(language, text)).unwrap_or_default();
        let words =
            self.hunks.iter().map(|(id, replaces, with, parts)| (*id, words(base, *replaces, with, parts)));
        let words = words.collect();
        let new = Lines::new(new);
        let same = |(_, replaces, with, parts): &&(HunkId, Span, Lines, Arc<[Change]>)| {
            only_endings(base, *replaces, with, parts)
        };
        let endings = self.hunks.iter().filter(same).map(|(id, ..)| *id).collect();
        let scopes = language.map(|language| self.scopes(language, base, &new)).unwrap_or_default();
        let usual = Some(if base.is_empty() { new.dominant_ending() } else { base.dominant_ending() });
        Polish { old: coloured(base), new: coloured(&new), words, scopes, endings, usual }
    }

    /// The definitions that each hunk begins in, outermost first.
    fn scopes(&self, language: Language, base: &Lines, new: &Lines) -> BTreeMap<HunkId, String> {
        let (before, after) = (definitions(language, base.bytes()), definitions(language, new.bytes()));
        let (mut gone, mut come) = (0, 0);
        let mut scopes = BTreeMap::new();
        for (id, replaces, with, parts) in &self.hunks {
            let start = replaces.start() + come - gone;
            (gone, come) = (gone + replaces.len(), come + with.len());
            let Some(part) = parts.first() else { continue };
            let (all, line) = match part.new.is_empty() {
                true => (&before, replaces.start() + part.old.start()),
                false => (&after, start + part.new.start()),
            };
            let around = all.iter().filter(|one| one.span.as_range().contains(&line));
            let names: Vec<&str> = around.map(|one| one.name.as_str()).collect();
            if !names.is_empty() {
                scopes.insert(*id, names.join(" › "));
            }
        }
        scopes
    }
}

impl Polish {
    /// The classes of a line of the old text.
    pub fn of_old(&self, line: usize) -> &[(Range<usize>, Class)] {
        self.old.get(line).map(Vec::as_slice).unwrap_or_default()
    }

    /// The classes of a line of the text with every hunk made.
    pub fn of_new(&self, line: usize) -> &[(Range<usize>, Class)] {
        self.new.get(line).map(Vec::as_slice).unwrap_or_default()
    }

    /// How most lines of the file end.
    pub fn usual_ending(&self) -> LineEnding {
        self.usual.unwrap_or(LineEnding::Lf)
    }

    /// The definitions that the hunk begins in, outermost first. A stranger's words.
    pub fn scope(&self, hunk: HunkId) -> Option<&str> {
        self.scopes.get(&hunk).map(String::as_str)
    }

    /// Does the hunk change how lines end, and nothing else?
    pub fn is_of_endings(&self, hunk: HunkId) -> bool {
        self.endings.contains(&hunk)
    }

    pub fn words(&self, hunk: HunkId) -> Option<&Words> {
        self.words.get(&hunk)
    }
}

/// Are the lines that come those that go, but for their ends?
fn only_endings(base: &Lines, replaces: Span, with: &Lines, parts: &[Change]) -> bool {
    !parts.is_empty()
        && parts.iter().all(|part| {
            part.old.len() == part.new.len()
                && part.old.as_range().zip(part.new.as_range()).all(|(old, new)| {
                    let gone = base.get(replaces.start() + old).map(trim_ending);
                    gone.is_some() && gone == with.get(new).map(trim_ending)
                })
        })
}

/// What lies between the common beginning and the common end of two lines, in bytes of each.
fn middle(old: &str, new: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let ahead = old.chars().zip(new.chars()).take_while(|(old, new)| old == new);
    let start: usize = ahead.map(|(c, _)| c.len_utf8()).sum();
    let rest = |text: &'_ str| text.get(start..).unwrap_or_default().to_owned();
    let (gone, come) = (rest(old), rest(new));
    let behind = gone.chars().rev().zip(come.chars().rev()).take_while(|(old, new)| old == new);
    let end: usize = behind.map(|(c, _)| c.len_utf8()).sum();
    let range = |rest: &str| {
        let range = start..start + rest.len() - end;
        Vec::from_iter((!range.is_empty()).then_some(range))
    };
    (range(&gone), range(&come))
}

/// Pairs the lines that go with those that come, one by one in each change.
fn words(base: &Lines, replaces: Span, with: &Lines, parts: &[Change]) -> Words {
    let mut words = Words::default();
    let changed: usize = parts.iter().map(|part| part.old.len().max(part.new.len())).sum();
    if changed > WORDS {
        return words;
    }
    let large = base.slice(replaces).len() + with.bytes().len() > WORD_BYTES;
    let text =
        |line: Option<&[u8]>| String::from_utf8_lossy(line.map(trim_ending).unwrap_or_default()).into_owned();
    for part in parts {
        for (old, new) in part.old.as_range().zip(part.new.as_range()) {
            let (before, after) = (text(base.get(replaces.start() + old)), text(with.get(new)));
            let long = before.len().max(after.len()) > LONG;
            let (gone, come) = match (long, large) {
                (true, _) => middle(&before, &after),
                (_, true) => continue,
                _ => diff::words(&before, &after),
            };
            words.old.insert(old, gone);
            words.new.insert(new, come);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Base, Compared, Purpose};

    #[test]
    fn both_sides_are_coloured_and_the_words_that_differ_are_known() {
        let path = RepoPath::parse("a.rs").unwrap();
        let mut review = Review::of_difference(Purpose::ReadOnly).unwrap();
        let base = Base { path: path.clone(), text: Some("// one\nlet total = sum(a);\n".into()) };
        review.compare(Compared::of(base, Some(&"// one\n// two\nlet total = product(a);\n".into())));
        let hunk = review.hunks().next().unwrap().id;
        let polish = Rough::of(&review, &path).polish();
        assert_eq!(polish.of_old(0), [(0..6, Class::Comment)]);
        assert_eq!(polish.of_new(1), [(0..6, Class::Comment)]);
        assert!(polish.of_new(9).is_empty());
        assert_eq!(polish.scope(hunk), None, "it lies in no definition");
        // One line went, two came: the first of them is its pair, which tells nothing here.
        assert!(polish.words(hunk).unwrap().new.contains_key(&0));
    }

    fn polished(name: &str, old: &str, new: &str) -> (HunkId, Polish) {
        let path = RepoPath::parse(name).unwrap();
        let mut review = Review::of_difference(Purpose::ReadOnly).unwrap();
        let base = Base { path: path.clone(), text: Some(old.into()) };
        review.compare(Compared::of(base, Some(&new.into())));
        (review.hunks().next().unwrap().id, Rough::of(&review, &path).polish())
    }

    #[test]
    fn a_hunk_says_which_definitions_it_begins_in() {
        let old = "impl Cart {\n    fn total() {\n        1;\n    }\n}\n";
        let (hunk, polish) = polished("a.rs", old, &old.replace("1;", "2;"));
        assert_eq!(polish.scope(hunk), Some("Cart › total"));
        let (hunk, polish) = polished("a.rs", old, &old.replace("        1;\n", ""));
        assert_eq!(polish.scope(hunk), Some("Cart › total"), "a line that goes lies where it was");
    }

    #[test]
    fn of_long_lines_the_middle_that_differs_is_marked() {
        let (old, new) = (format!("{}é\n", "x".repeat(500_000)), format!("{}è!\n", "x".repeat(500_000)));
        let (hunk, polish) = polished("a.txt", &old, &new);
        let words = polish.words(hunk).unwrap();
        let only = |ranges: &[Range<usize>]| (ranges.len(), ranges[0].clone());
        assert_eq!(only(&words.old[&0]), (1, 500_000..500_002));
        assert_eq!(only(&words.new[&0]), (1, 500_000..500_003));
        assert!(!polish.is_of_endings(hunk));
    }

    #[test]
    fn only_other_line_endings_are_known_as_that() {
        let (hunk, polish) = polished("a.txt", "a\nb\n", "a\r\nb\r\n");
        assert!(polish.is_of_endings(hunk));
        let (hunk, polish) = polished("a.txt", "a\nb\n", "a\r\nb \r\n");
        assert!(!polish.is_of_endings(hunk));
    }
}
