//! What makes a hunk worth a second look, and why, in words.
//!
//! Marks are a help to spend attention, not a judgement: they are found by names and tokens, cheaply,
//! in every language, and their absence proves nothing. What is folded as unchanged is not marked.

mod api;
mod code;
mod deceptive;
mod path;
mod pattern;
mod test;
mod word;

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Hunk, Review};
use super::fold::FoldKind;
use super::page::{Page, Side};
use code::{Family, Line};
pub(super) use pattern::Signs;

/// How much a mark matters, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Weight {
    /// Good to know.
    Note,
    /// Read it with care.
    Serious,
    /// Read it first.
    Grave,
}

/// In which way a hunk is risky.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RiskKind {
    /// Text that is not what it looks like: invisible or bidirectional characters, look-alikes.
    Deceptive,
    /// A secret stands in the text.
    Secret,
    /// A test goes, is skipped, or asks for less.
    WeakerTest,
    /// Text becomes code.
    Eval,
    /// Another program is started.
    Process,
    /// Memory is no longer guarded by the compiler.
    Unsafe,
    /// A query is put together from strings.
    Query,
    /// A check of a compiler or linter is switched off.
    CheckOff,
    /// An error is dropped.
    Swallowed,
    /// Something is sent or fetched, or an address is new.
    Network,
    /// Cryptography or certificates.
    Crypto,
    /// Credentials or permissions.
    Access,
    /// Files are removed by the code.
    Removal,
    /// It runs in CI, at build time, or when an editor, a shell or an agent starts.
    Runs,
    /// What the project depends on.
    Dependency,
    /// What others may call.
    PublicApi,
    /// The file's mode changes.
    Mode,
    /// The file goes.
    Deleted,
    /// It lies at the edge of what may change.
    ScopeEdge,
    /// Its place was found by likeness.
    Place,
}

impl RiskKind {
    pub fn weight(self) -> Weight {
        match self {
            Self::Deceptive
            | Self::Secret
            | Self::WeakerTest
            | Self::Eval
            | Self::Process
            | Self::Unsafe
            | Self::Query
            | Self::Runs => Weight::Grave,
            Self::CheckOff
            | Self::Swallowed
            | Self::Network
            | Self::Crypto
            | Self::Access
            | Self::Removal
            | Self::Dependency
            | Self::Mode => Weight::Serious,
            Self::PublicApi | Self::Deleted | Self::ScopeEdge | Self::Place => Weight::Note,
        }
    }

    /// The reason, without the particulars.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Deceptive => "is not what it looks like",
            Self::Secret => "holds a secret",
            Self::WeakerTest => "weakens a test",
            Self::Eval => "runs text as code",
            Self::Process => "starts a program",
            Self::Unsafe => "steps out of memory safety",
            Self::Query => "puts a query together from strings",
            Self::CheckOff => "switches a check off",
            Self::Swallowed => "drops an error",
            Self::Network => "reaches the network",
            Self::Crypto => "touches cryptography",
            Self::Access => "touches credentials or permissions",
            Self::Removal => "removes files",
            Self::Runs => "runs without being asked",
            Self::Dependency => "changes what the project depends on",
            Self::PublicApi => "changes what others may call",
            Self::Mode => "changes the file's mode",
            Self::Deleted => "deletes the file",
            Self::ScopeEdge => "lies at the edge of what may change",
            Self::Place => "was placed by likeness",
        }
    }
}

/// One mark. Worst first when sorted in reverse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Risk {
    pub kind: RiskKind,
    /// The particulars: the word that gave it away, or the path. A stranger's text.
    pub what: String,
    /// The line of what comes that shows it (of what goes, if it is about something removed), from 0
    /// within the hunk; `None` when it is about the file.
    pub row: Option<usize>,
}

impl Risk {
    pub(super) fn of_file(kind: RiskKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), row: None }
    }

    pub fn weight(&self) -> Weight {
        self.kind.weight()
    }

    /// Why it is marked, in words. Names in it are a stranger's: pass it through `text::safe`.
    pub fn words(&self) -> String {
        match self.what.as_str() {
            "" => self.kind.reason().to_owned(),
            what => format!("{}: {what}", self.kind.reason()),
        }
    }
}

/// The marks of every hunk, in the order of `pages`. What is folded as unchanged is passed over.
pub(super) fn of_pages(pages: &[Page<'_>], signs: &Signs) -> Vec<Vec<Risk>> {
    let mut all = Vec::with_capacity(pages.len());
    let public = public(pages);
    for pages in pages.chunk_by(|one, next| one.at == next.at) {
        let Some(file) = pages.first().map(|page| page.file) else { continue };
        let of_file = path::risks(file);
        let tests =
            [test::starts(&file.path, file.old.as_ref()), test::starts(&file.path, file.after().as_ref())];
        all.extend(pages.iter().map(|page| {
            let mut risks = of_file.clone();
            risks.extend(of_page(page, tests, &public, signs));
            risks.sort_by_key(|risk| (std::cmp::Reverse(risk.weight()), risk.kind, risk.row));
            risks
        }));
    }
    all
}

/// Names that the changeset makes public.
fn public(pages: &[Page<'_>]) -> BTreeSet<String> {
    let mut public = BTreeSet::new();
    for page in pages {
        let lines = lines(page, Side::New);
        public.extend(api::public(page.path(), &lines).into_keys().map(str::to_owned));
    }
    public
}

fn of_page(
    page: &Page<'_>,
    tests: [Option<usize>; 2],
    public: &BTreeSet<String>,
    signs: &Signs,
) -> Vec<Risk> {
    let (gone, come) = (lines(page, Side::Old), lines(page, Side::New));
    let mut risks = shown(&gone, &come, signs);
    let [old, new] = tests;
    let in_tests = old.is_some_and(|from| from <= page.cut.old.start() && !page.cut.old.is_empty())
        || new.is_some_and(|from| from <= page.cut.new.start() && !page.cut.new.is_empty());
    if in_tests {
        let found = test::risks(&gone, &come);
        risks.extend(found.into_iter().map(|(kind, what, row)| Risk { kind, what, row }));
    } else {
        let found = api::risks(page.path(), &gone, &come, public);
        let risk = |(what, row)| Risk { kind: RiskKind::PublicApi, what, row };
        risks.extend(found.into_iter().map(risk));
    }
    risks
}

/// Does what a tool wrote show something that must be read all the same?
pub(super) fn is_grave(page: &Page<'_>, signs: &Signs) -> bool {
    shown(&lines(page, Side::Old), &lines(page, Side::New), signs)
        .iter()
        .any(|risk| risk.weight() == Weight::Grave)
}

/// What shows in more of the lines that come than of those that go.
fn shown(gone: &[Line<'_>], come: &[Line<'_>], signs: &Signs) -> Vec<Risk> {
    let mut before: BTreeMap<(RiskKind, String), usize> = BTreeMap::new();
    gone.iter().flat_map(|line| in_line(line, signs)).for_each(|risk| *before.entry(risk).or_default() += 1);
    let mut found: BTreeMap<(RiskKind, String), usize> = BTreeMap::new();
    for line in come {
        for risk in in_line(line, signs) {
            match before.get_mut(&risk).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => drop(found.entry(risk).or_insert(line.row)),
            }
        }
    }
    found.into_iter().map(|((kind, what), row)| Risk { kind, what, row: Some(row) }).collect()
}

fn in_line(line: &Line<'_>, signs: &Signs) -> Vec<(RiskKind, String)> {
    let mut risks = word::risks(line);
    risks.extend(pattern::risks(line, signs));
    risks.extend(deceptive::risks(line));
    risks
}

/// The changed lines of one side that a mark may be about: all but those that are folded as unchanged.
fn lines<'a>(page: &Page<'a>, side: Side) -> Vec<Line<'a>> {
    let family = Family::of(page.path());
    let start = page.span(side).start();
    let written_by_tool = |line: usize| {
        let row = line - start;
        page.folds.iter().any(|fold| {
            matches!(fold.kind, FoldKind::Generated(_)) && fold.side(side).as_range().contains(&row)
        })
    };
    let changed = page.changes.iter().flat_map(|change| match side {
        Side::Old => change.old.as_range(),
        Side::New => change.new.as_range(),
    });
    let shown = changed.filter(|line| page.is_unread(side, *line) || written_by_tool(*line));
    shown.filter_map(|line| Line::of(line - start, page.line(side, line), family)).collect()
}

/// What the review knows beside the texts.
pub(super) fn of_hunk(review: &Review, hunk: &Hunk) -> Vec<Risk> {
    let mut risks = Vec::new();
    if let Some(lines) = review.scope().lines()
        && (hunk.replaces.start() == lines.start() || hunk.replaces.end() == lines.end())
    {
        risks.push(Risk::of_file(RiskKind::ScopeEdge, "at the border of the selection"));
    }
    if hunk.matched_by.confidence() < LIKENESS {
        let percent = (hunk.matched_by.confidence() * 100.0).round();
        risks.push(Risk::of_file(RiskKind::Place, format!("{percent} % sure")));
    }
    risks
}

/// Places that are found with less confidence than this are marked.
const LIKENESS: f64 = 0.9;
