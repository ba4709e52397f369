//! One name that became another, wherever it means the same thing.
//!
//! A pair of lines, one removed and one added in its place, is a mere renaming when both texts parse
//! without an error, the lines are equal byte for byte but for whole identifiers, have the same tokens
//! in the same structure, and each pair of names (from, to)
//!
//! - stands in several places: of a name that is never used again nothing shows that it is still meant;
//! - is the only one in the whole changeset that has either name;
//! - is fresh: `to` stands nowhere in the old text, not in a comment or string either, so nothing that
//!   is called so already can be meant instead;
//! - is complete: no name `from` that could mean the same thing is left in the new text, nor the word
//!   in a string, where it might be code as well;
//! - stands in the new text exactly where `from` stood in the old one, name by name: a line that came
//!   with `to` in it could be what the lines below mean now;
//! - is defined in lines that are mere renamings themselves: what is made otherwise is another thing;
//! - is of the same kind: letters that look alike, underscores in front and, in Go, a capital at the
//!   beginning make another name of it;
//! - is *bound here* ([`Use`]): every identifier in the line that changed stands alone (is no member,
//!   key, import, or argument of a macro that may look at names) and lies within reach of a variable,
//!   parameter, function or type of that name that this file itself defines, before and after. A name
//!   that comes from elsewhere is another thing under another name: `min` that became `max`.
//!
//! A line with a name of any other kind is read. So is, as one line, the fold that holds the definition.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem::{Discriminant, discriminant};
use std::ops::Range;
use std::sync::Arc;

use super::super::HunkId;
use super::budget::Budget;
use super::fold::FoldKind;
use super::page::{Page, Side};
use crate::text::highlight::Language;
use crate::text::syntax::{Name, Structure, Syntax, TokenClass, Use, same_tokens};
use crate::text::{Lines, Span};

/// Longest line that is compared word by word, in bytes.
const MAX_LINE: usize = 2_000;

/// Most names that are followed in one file.
const MAX_PAIRS: usize = 32;

type Pair<'a> = (&'a [u8], &'a [u8]);

/// Pairs of names that lines of the whole changeset exchange, without those that disagree.
pub(super) struct Pairs<'a>(BTreeSet<Pair<'a>>);

impl<'a> Pairs<'a> {
    pub(super) fn of(pages: &[Page<'a>]) -> Self {
        let pairs: BTreeSet<Pair<'a>> = pages
            .iter()
            .flat_map(rows)
            .flat_map(|row| exchanged(row.old, row.new).unwrap_or_default())
            .collect();
        let mut from: BTreeMap<&[u8], usize> = BTreeMap::new();
        let mut to: BTreeMap<&[u8], usize> = BTreeMap::new();
        for (old, new) in &pairs {
            *from.entry(old).or_default() += 1;
            *to.entry(new).or_default() += 1;
        }
        let agreed = |(old, new): &Pair<'a>| {
            // A chain (a→b, b→c) or an exchange would not be fresh either.
            from.get(old) == Some(&1)
                && to.get(new) == Some(&1)
                && !from.contains_key(new)
                && !to.contains_key(old)
        };
        Self(pairs.iter().copied().filter(agreed).collect())
    }
}

/// A removed line and the one in its place.
struct Row<'a> {
    lines: (usize, usize),
    old: &'a [u8],
    new: &'a [u8],
}

/// The changed lines of a hunk in pairs, where as many come as go.
fn rows<'a>(page: &Page<'a>) -> Vec<Row<'a>> {
    let even = page.changes.iter().filter(|change| change.old.len() == change.new.len());
    let pairs = even.flat_map(|change| change.old.as_range().zip(change.new.as_range()));
    let open = pairs.filter(|(old, new)| page.is_unread(Side::Old, *old) && page.is_unread(Side::New, *new));
    open.map(|lines| Row { lines, old: page.raw(Side::Old, lines.0), new: page.raw(Side::New, lines.1) })
        .collect()
}

/// The words that differ between two lines, pair by pair; `None` if anything else does.
fn exchanged<'a>(old: &'a [u8], new: &'a [u8]) -> Option<Vec<Pair<'a>>> {
    if old.len().max(new.len()) > MAX_LINE {
        return None;
    }
    let (mut old, mut new) = (pieces(old), pieces(new));
    let mut pairs = Vec::new();
    loop {
        match (old.next(), new.next()) {
            (None, None) => return Some(pairs),
            (Some(one), Some(other)) if one == other => {}
            (Some(one), Some(other)) if is_identifier(one) && is_identifier(other) => {
                pairs.push((one, other))
            }
            _ => return None,
        }
    }
}

/// A line as words and single other bytes.
fn pieces(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.chunk_by(|one, next| is_word(*one) && is_word(*next))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn is_identifier(word: &[u8]) -> bool {
    word.first().is_some_and(|byte| is_word(*byte) && !byte.is_ascii_digit())
}

/// Folds what is only renamed, in the hunks of one file.
pub(super) fn fold(pages: &mut [Page<'_>], pairs: &Pairs<'_>, budget: &mut Budget) {
    let Some(first) = pages.first() else { return };
    let mut wanted: BTreeSet<Pair<'_>> = BTreeSet::new();
    for row in pages.iter().flat_map(rows) {
        let of_row = exchanged(row.old, row.new).unwrap_or_default();
        wanted.extend(of_row.into_iter().filter(|pair| pairs.0.contains(pair)));
    }
    if wanted.is_empty() {
        return;
    }
    let Some(both) = Both::of(first, budget) else { return };
    let mut renamings: BTreeMap<&[u8], &[u8]> =
        wanted.into_iter().take(MAX_PAIRS).filter(|pair| both.is_renaming(*pair)).collect();
    let folds = loop {
        let folds: Vec<Vec<Stretch>> = pages.iter().map(|page| stretches(page, &both, &renamings)).collect();
        // A definition that became another takes with it what was made of the name.
        let before = renamings.len();
        renamings.retain(|from, _| {
            let folded = |line: usize| folds.iter().flatten().any(|fold| fold.old.as_range().contains(&line));
            both.old.binding_lines(from).all(folded)
        });
        if renamings.len() == before {
            break folds;
        }
    };
    let rests_on: Arc<[HunkId]> =
        pages.iter().filter(|page| takes_part(page, &renamings)).map(|page| page.id()).collect();
    for (page, folds) in pages.iter_mut().zip(folds) {
        for stretch in folds {
            let kind =
                FoldKind::Renamed { names: stretch.names, places: stretch.places, defines: stretch.defines };
            page.fold(stretch.old, stretch.new, kind, Arc::clone(&rests_on));
        }
    }
}

/// Does the hunk take a name out or bring it in, folded or not? Without it the renaming would be half done.
fn takes_part(page: &Page<'_>, renamings: &BTreeMap<&[u8], &[u8]>) -> bool {
    page.changes.iter().any(|change| {
        pieces(page.slice(Side::Old, change.old)).any(|word| renamings.contains_key(word))
            || pieces(page.slice(Side::New, change.new)).any(|word| renamings.values().any(|to| *to == word))
    })
}

/// Lines that follow each other on both sides and are renamed in the same way.
struct Stretch {
    old: Span,
    new: Span,
    names: BTreeMap<String, String>,
    places: usize,
    defines: bool,
}

fn stretches(page: &Page<'_>, both: &Both, renamings: &BTreeMap<&[u8], &[u8]>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for row in rows(page) {
        let Some(stretch) = both.renamed(&row, renamings) else { continue };
        match stretches.last_mut() {
            Some(last) if last.old.end() == row.lines.0 && last.new.end() == row.lines.1 => {
                last.join(stretch)
            }
            _ => stretches.push(stretch),
        }
    }
    stretches
}

impl Stretch {
    fn join(&mut self, next: Self) {
        self.old = Span::new(self.old.start(), next.old.end());
        self.new = Span::new(self.new.start(), next.new.end());
        self.names.extend(next.names);
        self.places += next.places;
        self.defines |= next.defines;
    }
}

/// One side of a file, understood.
struct Known {
    text: Lines,
    syntax: Syntax,
    names: HashMap<usize, Name>,
    /// Where each name is bound.
    bound: HashMap<Vec<u8>, Vec<Range<usize>>>,
}

struct Both {
    old: Known,
    new: Known,
}

impl Known {
    fn of(page: &Page<'_>, side: Side, budget: &mut Budget) -> Option<Self> {
        let (text, syntax) = budget.parse(page.file, side)?;
        let names = syntax.names(text.bytes());
        let mut bound: HashMap<Vec<u8>, Vec<Range<usize>>> = HashMap::new();
        for name in &names {
            if let Use::Binds { reach, .. } = &name.used {
                let word = text.bytes().get(name.bytes.clone())?.to_vec();
                bound.entry(word).or_default().push(reach.clone());
            }
        }
        let names = names.into_iter().map(|name| (name.bytes.start, name)).collect();
        Some(Self { text, syntax, names, bound })
    }

    fn word(&self, bytes: &Range<usize>) -> &[u8] {
        self.text.bytes().get(bytes.clone()).unwrap_or_default()
    }

    /// Does the name at this place mean something that this text binds?
    fn is_bound(&self, at: usize) -> bool {
        let Some(name) = self.names.get(&at) else { return false };
        let within = |reach: &Range<usize>| reach.start <= at && at < reach.end;
        match name.used {
            Use::Binds { .. } => true,
            Use::Plain => {
                self.bound.get(self.word(&name.bytes)).is_some_and(|reaches| reaches.iter().any(within))
            }
            Use::Keyword | Use::Fixed | Use::Member => false,
        }
    }

    /// Where the name may mean what is bound here, in order: does it bind there, or what does it do?
    fn roles(&self, word: &[u8]) -> Vec<Discriminant<Use>> {
        let own =
            |name: &&Name| self.word(&name.bytes) == word && !matches!(name.used, Use::Member | Use::Keyword);
        let mut roles: Vec<_> = self
            .names
            .values()
            .filter(own)
            .map(|name| (name.bytes.start, discriminant(&name.used)))
            .collect();
        roles.sort_by_key(|(at, _)| *at);
        roles.into_iter().map(|(_, role)| role).collect()
    }

    /// Lines in which the name is bound.
    fn binding_lines(&self, word: &[u8]) -> impl Iterator<Item = usize> {
        let binds =
            move |name: &&Name| matches!(name.used, Use::Binds { .. }) && self.word(&name.bytes) == word;
        self.names.values().filter(binds).map(|name| name.lines.start())
    }

    fn has_parameter(&self, word: &[u8]) -> bool {
        let parameter = |name: &Name| matches!(name.used, Use::Binds { parameter: true, .. });
        self.names.values().any(|name| parameter(name) && self.word(&name.bytes) == word)
    }

    fn binds(&self, at: usize) -> bool {
        self.names.get(&at).is_some_and(|name| matches!(name.used, Use::Binds { .. }))
    }
}

impl Both {
    fn of(page: &Page<'_>, budget: &mut Budget) -> Option<Self> {
        Language::of(page.path())?;
        Some(Self { old: Known::of(page, Side::Old, budget)?, new: Known::of(page, Side::New, budget)? })
    }

    /// Is `to` fresh, and nothing left of `from` that could mean the same?
    fn is_renaming(&self, (from, to): Pair<'_>) -> bool {
        let is_bound = self.old.bound.contains_key(from) && self.new.bound.contains_key(to);
        is_bound
            && is_like(from, to, self.old.syntax.language)
            && self.is_everywhere(from, to)
            && !holds_word(self.old.text.bytes(), to)
            && !self.is_left(from)
    }

    /// Does the name stand in more than one place, and is each of them, and nothing else, one of the
    /// other name now? A line that came with the other name in it may be what is meant below.
    fn is_everywhere(&self, from: &[u8], to: &[u8]) -> bool {
        let (old, new) = (self.old.roles(from), self.new.roles(to));
        old.len() > 1 && old == new
    }

    fn is_left(&self, from: &[u8]) -> bool {
        let text = self.new.text.bytes();
        let keywords = self.old.has_parameter(from);
        self.new.syntax.tokens().iter().any(|token| {
            let own = token.text(text).unwrap_or_default();
            match token.class {
                TokenClass::Word if own == from => {
                    self.new.names.get(&token.bytes.start).is_none_or(|name| match name.used {
                        Use::Member => false,
                        Use::Keyword => keywords,
                        Use::Binds { .. } | Use::Plain | Use::Fixed => true,
                    })
                }
                TokenClass::Literal => holds_word(own, from),
                _ => false,
            }
        })
    }

    /// One pair of lines that differ in renamed names only.
    fn renamed(&self, row: &Row<'_>, renamings: &BTreeMap<&[u8], &[u8]>) -> Option<Stretch> {
        let pairs = exchanged(row.old, row.new)?;
        let span = |line: usize| Span::new(line, line + 1);
        let (old, new) =
            (self.old.syntax.within(span(row.lines.0))?, self.new.syntax.within(span(row.lines.1))?);
        let (mut places, mut defines) = (0, false);
        let same = same_tokens(old, new, Structure::of(self.old.syntax.language), |one, other| {
            let words = (self.old.word(&one.bytes), self.new.word(&other.bytes));
            if words.0 == words.1 {
                return true;
            }
            places += 1;
            defines |= self.old.binds(one.bytes.start);
            renamings.get(words.0) == Some(&words.1)
                && self.old.is_bound(one.bytes.start)
                && self.new.is_bound(other.bytes.start)
                && self.old.binds(one.bytes.start) == self.new.binds(other.bytes.start)
        });
        let string = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
        let names = pairs.iter().map(|(from, to)| (string(from), string(to))).collect();
        (same && places == pairs.len()).then_some(Stretch {
            old: span(row.lines.0),
            new: span(row.lines.1),
            names,
            places,
            defines,
        })
    }
}

/// Are they names of one kind? Where the first letter, or underscores in front, say who may use a
/// name, they stay; and a letter that only looks like another is never a mere renaming.
fn is_like(from: &[u8], to: &[u8], language: Language) -> bool {
    let upper = |name: &[u8]| name.first().is_some_and(u8::is_ascii_uppercase);
    let private = |name: &[u8]| name.starts_with(b"__");
    let case = language != Language::Go || upper(from) == upper(to);
    case && !private(from) && !private(to) && to.is_ascii()
}

/// Does `word` stand in `text` as a whole word?
fn holds_word(text: &[u8], word: &[u8]) -> bool {
    pieces(text).any(|piece| piece == word)
}
