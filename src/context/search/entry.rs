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

/// How often a term stands in a chunk, up to 31 times, and whether a name defined there has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Posting(u8);

impl Posting {
    const COUNT: u8 = 0x1f;
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

    fn count_one(&mut self) {
        self.0 += u8::from(self.0 & Self::COUNT < Self::COUNT);
    }

    fn mark_defined(&mut self) {
        self.0 |= Self::DEFINES;
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
        let definitions = Language::of(path)
            .map(|language| symbols::definitions(language, text.bytes()))
            .unwrap_or_default();
        let chunks = symbols::chunks(text, &definitions, MAX_CHUNK);
        let mut entry = Self::default();
        let mut counts = HashMap::new();
        let mut names = definitions.iter().peekable();
        for chunk in chunks {
            let own =
                std::iter::from_fn(|| names.next_if(|definition| definition.span.start() < chunk.span.end()));
            entry.push(text, chunk.span, own, &mut counts);
        }
        let kept = definitions.into_iter().take(MAX_SYMBOLS);
        entry.symbols = kept.map(|d| Symbol { name: d.name.into(), kind: d.kind, span: d.span }).collect();
        entry
    }

    /// Adds a chunk in which the definitions `own` begin.
    fn push<'a>(
        &mut self,
        text: &Lines,
        span: Span,
        own: impl Iterator<Item = &'a Definition>,
        counts: &mut HashMap<Term, Posting>,
    ) {
        let bytes = text.slice(span);
        let mut length = 0;
        counts.clear();
        terms(bytes, |term| {
            length += 1;
            counts.entry(term).or_default().count_one();
        });
        for definition in own {
            terms(definition.name.as_bytes(), |term| counts.entry(term).or_default().mark_defined());
        }
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
}
