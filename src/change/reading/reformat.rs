//! The same code with other blanks.
//!
//! A change is a mere reformatting when both texts parse without an error and its lines hold the same
//! tokens in the same structure before and after: equal bytes, equal kinds, an equal shape of the
//! tree. Comments, strings and patterns are one token each, so no byte of them may differ. In Python,
//! where indentation is structure, the tokens must stand at the same place in the tree; where brackets
//! make the structure they may stand deeper as a whole.
//!
//! A comma behind the last element of a list, where it means nothing, may come and go, and is told.
//!
//! Blanks mean more than that in places ([`layout`]), and there they must not differ either. Line
//! endings, bare carriage returns and blanks other than the usual four are changes. Where blanks are
//! content (shells, Markdown, YAML), or not known to be none, nothing is folded.

use super::budget::Budget;
use super::fold::FoldKind;
use super::layout::{self, Place};
use super::page::{Page, Side};
use crate::text::diff::Change;
use crate::text::highlight::Language;
use crate::text::syntax::{Structure, Syntax, Token, same_tokens};
use crate::text::{LineEnding, Lines, Span};

/// Lines of both texts that might be the same code.
#[derive(Clone, Copy)]
struct Region {
    old: Span,
    new: Span,
}

/// A file on both sides, understood.
struct Both {
    old: (Lines, Syntax),
    new: (Lines, Syntax),
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
        let together = whole(page).and_then(|region| both.same(region));
        let regions: Vec<(Region, bool)> = match together {
            Some(commas) => {
                let of = |change: &Change| (Region { old: change.old, new: change.new }, commas);
                page.changes.iter().map(of).collect()
            }
            None => parts(page).filter_map(|region| Some((region, both.same(region)?))).collect(),
        };
        for (region, commas) in regions {
            page.fold(region.old, region.new, FoldKind::Reformatted { commas }, [page.id()].into());
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
        let blank =
            |line: &usize| page.is_unread(side, *line) && page.line(side, *line).trim_ascii().is_empty();
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
        page.slice(side, span).iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b',')
    };
    letters(Side::Old, region.old).eq(letters(Side::New, region.new))
}

impl Both {
    fn of(page: &Page<'_>, budget: &mut Budget) -> Option<Self> {
        let (old, new) = (budget.parse(page.file, Side::Old)?, budget.parse(page.file, Side::New)?);
        Some(Self { old, new })
    }

    /// If they are the same code: do commas that close lists differ?
    fn same(&self, region: Region) -> Option<bool> {
        let ((old_text, old_syntax), (new_text, new_syntax)) = (&self.old, &self.new);
        let old = Place::of(old_text, old_syntax, region.old)?;
        let new = Place::of(new_text, new_syntax, region.new)?;
        let structure = Structure::of(old_syntax.language);
        let said = |old: &Token, new: &Token| old.says(old_text.bytes(), new, new_text.bytes());
        let same = same_tokens(&old.tokens, &new.tokens, structure, said)
            && same_endings(old_text, region.old, new_text, region.new)
            && layout::is_same(&old, &new);
        same.then(|| old.closes() != new.closes())
    }
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
