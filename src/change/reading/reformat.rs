//! The same code with other blanks.
//!
//! A change is a mere reformatting when both texts parse without an error and its lines hold the same
//! tokens in the same structure before and after: equal bytes, equal kinds, an equal shape of the
//! tree. Comments, strings and patterns are one token each, so no byte of them may differ. In Python,
//! where indentation is structure, the tokens must stand at the same place in the tree; where brackets
//! make the structure they may stand deeper as a whole.
//!
//! Blanks mean more than that in places, and there they must not differ either:
//!
//! - line endings, bare carriage returns and blanks other than the usual four are changes;
//! - a comment stays on the line of the tokens it stood with, and nothing is folded next to a comment
//!   that steers a tool by its place (`noqa`, `ts-ignore`, …);
//! - in JavaScript and its kin a line break ends a statement after `return` and the like;
//! - in the arguments of Rust macros, signs that stood together stay together;
//! - in shells and Markdown blanks are content: nothing is folded.

use super::budget::Budget;
use super::fold::FoldKind;
use super::page::{Page, Side};
use crate::text::highlight::Language;
use crate::text::syntax::{Structure, Syntax, Token, TokenClass, same_tokens};
use crate::text::{LineEnding, Lines, Span};

/// Words in comments that steer a tool for the line they stand in, or the next.
const PRAGMAS: [&str; 18] = [
    "noqa",
    "type: ignore",
    "ts-ignore",
    "ts-expect-error",
    "eslint",
    "nolint",
    "NOLINT",
    "fmt:",
    "pragma",
    "prettier-ignore",
    "rustfmt",
    "noinspection",
    "@formatter",
    "clang-format",
    "pylint",
    "pyright",
    "istanbul",
    "biome-ignore",
];

/// Words after which a line break ends a statement (ECMA-262, 12.10), and signs before which it does.
const RESTRICTED: [&[u8]; 7] = [b"return", b"throw", b"break", b"continue", b"yield", b"async", b"type"];
const RESTRICTED_BEFORE: [&[u8]; 3] = [b"++", b"--", b"=>"];

/// Lines of both texts that might be the same code.
#[derive(Clone, Copy)]
struct Region {
    old: Span,
    new: Span,
}

/// A file on both sides, understood.
struct Both<'a> {
    old: (&'a Lines, Syntax),
    new: (&'a Lines, Syntax),
}

/// Folds what is only reformatted, in the hunks of one file.
pub(super) fn fold(pages: &mut [Page<'_>], budget: &mut Budget) {
    let Some(first) = pages.first() else { return };
    let blanks_mean_nothing = Language::of(first.path())
        .is_some_and(|language| !matches!(language, Language::Bash | Language::Markdown));
    if !blanks_mean_nothing || !pages.iter().any(|page| whole(page).is_some() || parts(page).next().is_some())
    {
        return;
    }
    let Some(both) = Both::of(first, budget) else { return };
    for page in pages {
        let regions: Vec<Region> = match whole(page).filter(|region| both.is_same(*region)) {
            Some(_) => {
                page.changes.iter().map(|change| Region { old: change.old, new: change.new }).collect()
            }
            None => parts(page).filter(|region| both.is_same(*region)).collect(),
        };
        for region in regions {
            page.fold(region.old, region.new, FoldKind::Reformatted, [page.id()].into());
        }
    }
}

/// The hunk as a whole, if it holds the same letters on both sides.
fn whole(page: &Page<'_>) -> Option<Region> {
    let region = Region { old: page.cut.old, new: page.cut.new };
    let open = page.changes.iter().all(|change| page.is_open(change.old, change.new));
    (open && same_letters(page, region)).then_some(region)
}

/// Single changes that hold the same letters on both sides; of what else is left, blank
/// lines that stand next to a fold.
fn parts(page: &Page<'_>) -> impl Iterator<Item = Region> {
    let changes = page.changes.iter().map(|change| Region { old: change.old, new: change.new });
    changes.flat_map(move |region| {
        if page.is_open(region.old, region.new) && same_letters(page, region) {
            vec![region]
        } else {
            blanks(page, region)
        }
    })
}

fn blanks(page: &Page<'_>, region: Region) -> Vec<Region> {
    let runs = |side: Side, span: Span| {
        let blank = |line: &usize| {
            let text = page.text(side).and_then(|text| text.text(*line));
            page.is_unread(side, *line) && text.is_some_and(|text| text.trim_ascii().is_empty())
        };
        let lines: Vec<usize> = span.as_range().filter(blank).collect();
        let runs = lines.chunk_by(|one, next| one + 1 == *next);
        let runs = runs.filter_map(|run| Some(Span::new(*run.first()?, run.last()? + 1)));
        let folded = |line: usize| page.is_folded(side, line);
        let runs = runs.filter(|run| folded(run.end()) || run.start().checked_sub(1).is_some_and(folded));
        runs.collect::<Vec<Span>>()
    };
    let place = |span: Span| Span::new(span.start(), span.start());
    let old = runs(Side::Old, region.old).into_iter().map(|old| Region { old, new: place(region.new) });
    let new = runs(Side::New, region.new).into_iter().map(|new| Region { old: place(region.old), new });
    old.chain(new).collect()
}

/// A necessary condition that costs no parsing.
fn same_letters(page: &Page<'_>, region: Region) -> bool {
    let letters = |side, span| {
        let text = page.text(side).map_or(&[][..], |text| text.slice(span));
        text.iter().filter(|byte| !byte.is_ascii_whitespace())
    };
    letters(Side::Old, region.old).eq(letters(Side::New, region.new))
}

impl<'a> Both<'a> {
    fn of(page: &Page<'a>, budget: &mut Budget) -> Option<Self> {
        let old = (page.text(Side::Old)?, budget.parse(page.file, Side::Old)?);
        let new = (page.text(Side::New)?, budget.parse(page.file, Side::New)?);
        Some(Self { old, new })
    }

    fn is_same(&self, region: Region) -> bool {
        self.try_same(region).unwrap_or(false)
    }

    fn try_same(&self, region: Region) -> Option<bool> {
        let ((old_text, old_syntax), (new_text, new_syntax)) = (&self.old, &self.new);
        let (old, new) = (old_syntax.within(region.old)?, new_syntax.within(region.new)?);
        let language = old_syntax.language;
        let structure = Structure::of(language);
        let steered = steers(old_syntax, old_text, region.old) || steers(new_syntax, new_text, region.new);
        Some(
            same_tokens(old, new, structure, |old, new| {
                old.text(old_text.bytes()) == new.text(new_text.bytes())
            }) && same_endings(old_text, region.old, new_text, region.new)
                && !steered
                && same_breaks(old, new)
                && (!has_restricted_breaks(language) || same_restricted(old, new, old_text.bytes())),
        )
    }
}

/// Does a comment in these lines, or in the one above, steer a tool by where it stands?
fn steers(syntax: &Syntax, text: &Lines, span: Span) -> bool {
    let around = Span::new(span.start().saturating_sub(1), span.end());
    syntax.comments(around).any(|comment| {
        let words = String::from_utf8_lossy(comment.text(text.bytes()).unwrap_or_default());
        PRAGMAS.iter().any(|pragma| words.contains(pragma))
    })
}

/// Do all lines end alike, and is every carriage return part of an ending?
fn same_endings(old_text: &Lines, old: Span, new_text: &Lines, new: Span) -> bool {
    let lines = |text: &Lines, span: Span| -> Vec<LineEnding> {
        span.as_range().filter_map(|line| text.get(line)).map(LineEnding::of).collect()
    };
    let bare = |text: &Lines, span: Span| {
        span.as_range().filter_map(|line| text.text(line)).any(|line| line.contains(&b'\r'))
    };
    let (old_endings, new_endings) = (lines(old_text, old), lines(new_text, new));
    let unended = |endings: &[LineEnding]| endings.last() == Some(&LineEnding::None);
    let kinds = old_endings.iter().chain(&new_endings).filter(|ending| **ending != LineEnding::None);
    let mut kinds: Vec<LineEnding> = kinds.copied().collect();
    // What is added to a text ends as that text does.
    let rest = if old.is_empty() { old_text } else { new_text };
    kinds.push(rest.dominant_ending());
    kinds.dedup();
    kinds.len() == 1
        && unended(&old_endings) == unended(&new_endings)
        && !bare(old_text, old)
        && !bare(new_text, new)
}

/// Where it matters, do the same neighbours share a line, or touch?
fn same_breaks(old: &[Token], new: &[Token]) -> bool {
    let pairs = old.windows(2).zip(new.windows(2));
    pairs.into_iter().all(|(old, new)| {
        let ([a, b], [c, d]) = (old, new) else { return true };
        let comment = [a, b].iter().any(|token| token.class == TokenClass::Comment);
        let loose = [a, b].iter().all(|token| token.class == TokenClass::LooseSign);
        let together = |a: &Token, b: &Token| a.bytes.end == b.bytes.start;
        (!comment || (b.lines_after(a) == 0) == (d.lines_after(c) == 0))
            && (!loose || together(a, b) == together(c, d))
    })
}

fn has_restricted_breaks(language: Language) -> bool {
    matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Go)
}

fn same_restricted(old: &[Token], new: &[Token], old_text: &[u8]) -> bool {
    let pairs = old.windows(2).zip(new.windows(2));
    pairs.into_iter().all(|(old, new)| {
        let ([a, b], [c, d]) = (old, new) else { return true };
        let word =
            |token: &Token, words: &[&[u8]]| token.text(old_text).is_some_and(|text| words.contains(&text));
        let restricted = word(a, &RESTRICTED) || word(b, &RESTRICTED_BEFORE);
        !restricted || (b.lines_after(a) == 0) == (d.lines_after(c) == 0)
    })
}
