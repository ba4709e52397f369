//! A file as a search sees it: its chunks, the terms of each with how often and where they stand, and
//! the names it defines. Made from bytes and a path; holds no text, so it stays a small part of what
//! it was made from.

use std::collections::HashMap;

use crate::text::highlight::Language;
use crate::text::symbols::{self, Definition, Kind};
use crate::text::terms::{Term, terms};
use crate::text::{Lines, RepoPath, Span};

/// Most bytes of a chunk: about a screen, and about 400 tokens.
pub const MAX_CHUNK: usize = 1_400;

/// Most definitions remembered of one file.
const MAX_SYMBOLS: usize = 4_000;

/// The lines of a chunk and where its terms end in the file's columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    pub span: Span,
    /// Bytes of its text.
    pub bytes: u32,
    /// How many terms its text has, repetitions counted.
    pub length: u32,
    /// Its different terms are those from the end of the part before up to here.
    pub end: u32,
}

/// A name that the file defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    pub name: Box<str>,
    pub kind: Kind,
    pub span: Span,
}

/// How often a term stands in a chunk, and where, in one byte: a count up to 31 and two marks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Posting(u8);

impl Posting {
    const COUNT: u8 = 0x1f;
    const SCOPE: u8 = 0x40;
    const DEFINES: u8 = 0x80;

    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub fn bits(self) -> u8 {
        self.0
    }

    pub fn count(self) -> f32 {
        f32::from(self.0 & Self::COUNT)
    }

    /// A definition that begins in the chunk has the term in its name.
    pub fn defines(self) -> bool {
        self.0 & Self::DEFINES != 0
    }

    /// A definition around the chunk has the term in its name.
    pub fn in_scope(self) -> bool {
        self.0 & Self::SCOPE != 0
    }

    fn add(&mut self, count: u8, marks: u8) {
        let sum = (self.0 & Self::COUNT).saturating_add(count).min(Self::COUNT);
        self.0 = (self.0 & !Self::COUNT) | sum | marks;
    }
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    pub parts: Vec<Part>,
    /// The terms of all parts, each part's own in ascending order.
    pub terms: Vec<Term>,
    /// Beside `terms`.
    pub postings: Vec<Posting>,
    pub symbols: Vec<Symbol>,
}

impl Entry {
    /// Reads a file. Blocking: about a tenth of a second for each megabyte.
    pub fn of(path: &RepoPath, text: &Lines) -> Self {
        let definitions =
            Language::of(path).map(|language| symbols::definitions(language, text.bytes())).unwrap_or_default();
        let chunks = symbols::chunks(text, &definitions, MAX_CHUNK);
        let mut entry = Self::default();
        let mut counts = HashMap::new();
        let mut names = Names::new(&definitions);
        for chunk in chunks {
            entry.push(text, chunk.span, &mut names, &mut counts);
        }
        let kept = definitions.into_iter().take(MAX_SYMBOLS);
        entry.symbols = kept.map(|d| Symbol { name: d.name.into(), kind: d.kind, span: d.span }).collect();
        entry
    }

    fn push(&mut self, text: &Lines, span: Span, names: &mut Names<'_>, counts: &mut HashMap<Term, Posting>) {
        let bytes = text.slice(span);
        let mut length = 0;
        counts.clear();
        terms(bytes, |term| {
            length += 1;
            counts.entry(term).or_default().add(1, 0);
        });
        names.of(span, |name, marks| {
            terms(name.as_bytes(), |term| counts.entry(term).or_default().add(0, marks));
        });
        let mut sorted: Vec<(Term, Posting)> = counts.drain().collect();
        sorted.sort_unstable_by_key(|(term, _)| *term);
        for (term, posting) in sorted {
            self.terms.push(term);
            self.postings.push(posting);
        }
        let end = u32::try_from(self.terms.len()).unwrap_or(u32::MAX);
        self.parts.push(Part { span, bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX), length, end });
    }

    /// Each part with its terms.
    pub fn columns(&self) -> impl Iterator<Item = (&Part, &[Term], &[Posting])> {
        let mut start = 0;
        self.parts.iter().map(move |part| {
            let range = start..part.end as usize;
            start = part.end as usize;
            let terms = self.terms.get(range.clone()).unwrap_or_default();
            (part, terms, self.postings.get(range).unwrap_or_default())
        })
    }

    /// The innermost definition that begins in these lines, or that they lie in.
    pub fn symbol_at(&self, span: Span) -> Option<&Symbol> {
        let begins = self.symbols.iter().find(|symbol| span.as_range().contains(&symbol.span.start()));
        begins.or_else(|| self.symbols.iter().filter(|symbol| symbol.span.overlaps(span)).next_back())
    }
}

/// The definitions that begin in a chunk or lie around it, chunk after chunk.
struct Names<'a> {
    definitions: &'a [Definition],
    next: usize,
    around: Vec<&'a Definition>,
}

impl<'a> Names<'a> {
    fn new(definitions: &'a [Definition]) -> Self {
        Self { definitions, next: 0, around: Vec::new() }
    }

    fn of(&mut self, span: Span, mut each: impl FnMut(&str, u8)) {
        self.around.retain(|definition| definition.span.end() > span.start());
        for definition in &self.around {
            each(&definition.name, Posting::SCOPE);
        }
        while let Some(definition) = self.definitions.get(self.next) {
            if definition.span.start() >= span.end() {
                break;
            }
            each(&definition.name, Posting::DEFINES);
            self.around.push(definition);
            self.next += 1;
        }
    }
}
