//! What makes a file under review easier to read and takes time to work out: syntax classes of both
//! of its texts, and the words that differ in changed lines. Pure; to be made where nobody waits.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::change::{Hunk, HunkId, Review, Standing};
use crate::text::diff::{self, Change};
use crate::text::highlight::{Class, Language, highlight};
use crate::text::{LineEnding, Lines, RepoPath, Span, trim_ending};

/// Hunks with more changed lines than this get no word marks; they would cost more than they tell.
const WORDS: usize = 400;

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
        let coloured = |text: &Lines| language.map(|language| by_line(language, text)).unwrap_or_default();
        let words =
            self.hunks.iter().map(|(id, replaces, with, parts)| (*id, words(base, *replaces, with, parts)));
        let words = words.collect();
        let new = Lines::new(new);
        let usual = Some(if base.is_empty() { new.dominant_ending() } else { base.dominant_ending() });
        Polish { old: coloured(base), new: coloured(&new), words, usual }
    }
}

impl Polish {
    /// The classes of a line of the old text.
    pub fn old(&self, line: usize) -> &[(Range<usize>, Class)] {
        self.old.get(line).map(Vec::as_slice).unwrap_or_default()
    }

    /// The classes of a line of the text with every hunk made.
    pub fn new(&self, line: usize) -> &[(Range<usize>, Class)] {
        self.new.get(line).map(Vec::as_slice).unwrap_or_default()
    }

    /// How most lines of the file end.
    pub fn usual_ending(&self) -> LineEnding {
        self.usual.unwrap_or(LineEnding::Lf)
    }

    pub fn words(&self, hunk: HunkId) -> Option<&Words> {
        self.words.get(&hunk)
    }
}

fn by_line(language: Language, text: &Lines) -> Vec<Classes> {
    let mut classes = highlight(language, text.bytes()).into_iter().peekable();
    let mut offset = 0;
    let mut lines = Vec::with_capacity(text.len());
    for line in text.iter() {
        let end = offset + line.len();
        let mut here = Vec::new();
        while let Some((range, class)) = classes.peek().filter(|(range, _)| range.start < end) {
            here.push((range.start.max(offset) - offset..range.end.min(end) - offset, *class));
            if range.end > end {
                break;
            }
            classes.next();
        }
        lines.push(here);
        offset = end;
    }
    lines
}

/// Pairs the lines that go with those that come, one by one in each change.
fn words(base: &Lines, replaces: Span, with: &Lines, parts: &[Change]) -> Words {
    let mut words = Words::default();
    let changed: usize = parts.iter().map(|part| part.old.len().max(part.new.len())).sum();
    if changed > WORDS || base.slice(replaces).len() + with.bytes().len() > WORD_BYTES {
        return words;
    }
    let text =
        |line: Option<&[u8]>| String::from_utf8_lossy(line.map(trim_ending).unwrap_or_default()).into_owned();
    for part in parts {
        for (old, new) in part.old.as_range().zip(part.new.as_range()) {
            let (gone, come) = diff::words(&text(base.get(replaces.start() + old)), &text(with.get(new)));
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
        assert_eq!(polish.old(0), [(0..6, Class::Comment)]);
        assert_eq!(polish.new(1), [(0..6, Class::Comment)]);
        assert!(polish.new(9).is_empty());
        // One line went, two came: the first of them is its pair, which tells nothing here.
        assert!(polish.words(hunk).unwrap().new.contains_key(&0));
    }
}
