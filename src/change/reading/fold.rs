//! A verified stretch of a hunk that needs no reading, and why.
//!
//! A fold is a promise: nothing in it changed but in the way its words say. What exactly each kind
//! promises is defined where it is found ([`super::moved`], [`super::reformat`], [`super::renamed`],
//! [`super::generated`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::HunkId;
use super::page::Side;
use crate::text::{RepoPath, Span};

/// Fewest lines of a definition that stays where it was that are worth a fold of their own.
const MIN_LINES: usize = 3;

/// Rows of a hunk that may be shown as one line. `gone` counts lines of what the hunk replaces,
/// `come` lines of what it brings, both from 0 within the hunk, so that they hold wherever the file
/// moves the hunk to. Folds of a hunk do not overlap, and cover changed lines only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fold {
    pub gone: Span,
    pub come: Span,
    pub kind: FoldKind,
    /// The fold is true only as long as none of these hunks is rejected, edited or split.
    pub(super) rests_on: Arc<[HunkId]>,
}

/// The way in which nothing changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FoldKind {
    /// Whole definitions that stand, byte for byte, elsewhere after the change. Seen from either end.
    Moved(Moved),
    /// The same tokens in the same structure; only blanks and line breaks between them differ and, if
    /// `commas`, commas behind the last element of a list.
    Reformatted { commas: bool },
    /// Names that became others wherever they mean the same thing. `places` counts those of the fold;
    /// `defines`: a definition is among them.
    Renamed { names: BTreeMap<String, String>, places: usize, defines: bool },
    /// Written by a tool, and known as such before this change.
    Generated(Generated),
}

/// Where moved lines came from or went to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The first line at the other end, from 0, and its file.
    pub other: (RepoPath, usize),
    /// Is that another file?
    pub elsewhere: bool,
    /// Are these the removed lines? Then `other` is where they went.
    pub leaves: bool,
    /// What surrounds them (an `impl`, a class, a module) at the source and at the target, if it differs.
    pub scopes: Option<(String, String)>,
    /// Columns of indentation gained, or lost when negative; every line the same.
    pub indent: isize,
    /// Within its surroundings, did it pass statements that run, or macros that begin, where they stand?
    pub past: bool,
}

/// Why a file counts as written by a tool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Generated {
    /// A lock file by its well-known name.
    LockFile,
    /// The mark in its head, and the line it stands in, from 0.
    Marked { mark: &'static str, line: usize },
}

impl Fold {
    /// Lines that are folded away.
    pub fn lines(&self) -> usize {
        self.gone.len() + self.come.len()
    }

    /// Lines a reader still owes it: 1 where the fold's own line must be read, because the place
    /// matters or a tool is trusted; else 0.
    pub fn owes(&self) -> usize {
        match &self.kind {
            FoldKind::Moved(moved) => {
                usize::from(!moved.leaves && (moved.elsewhere || moved.scopes.is_some() || moved.past))
            }
            FoldKind::Generated(_) => 1,
            FoldKind::Renamed { defines, .. } => usize::from(*defines),
            FoldKind::Reformatted { .. } => 0,
        }
    }

    pub(super) fn side(&self, side: Side) -> Span {
        match side {
            Side::Old => self.gone,
            Side::New => self.come,
        }
    }

    /// Do they stand together on one side, and does the shorter say nothing that must be read?
    pub(super) fn may_join(&self, next: &Self) -> bool {
        let together = |a: Span, b: Span| !a.is_empty() && a.end() == b.start() && !b.is_empty();
        let one_sided = |side: Side, other: Side| {
            together(self.side(side), next.side(side))
                && self.side(other).is_empty()
                && next.side(other).is_empty()
        };
        let (long, short) = if self.lines() >= next.lines() { (self, next) } else { (next, self) };
        (one_sided(Side::Old, Side::New) || one_sided(Side::New, Side::Old))
            && matches!(long.kind, FoldKind::Moved(_))
            && short.is_slight()
    }

    /// Takes the fold below in, under the name of the longer.
    pub(super) fn join(&mut self, next: Self) {
        let rests_on: BTreeSet<HunkId> = self.rests_on.iter().chain(&*next.rests_on).copied().collect();
        self.rests_on = rests_on.into_iter().collect();
        let longer = next.lines() > self.lines();
        self.gone = joined(self.gone, next.gone);
        self.come = joined(self.come, next.come);
        if longer {
            self.kind = next.kind;
        }
    }

    /// Blank lines, or a definition that is where it was.
    fn is_slight(&self) -> bool {
        match &self.kind {
            FoldKind::Moved(moved) => !moved.elsewhere && moved.scopes.is_none() && !moved.past,
            FoldKind::Reformatted { .. } => self.gone.is_empty() || self.come.is_empty(),
            FoldKind::Renamed { .. } | FoldKind::Generated(_) => false,
        }
    }

    /// Is it so short that it must be what a difference took of a neighbour?
    pub(super) fn is_remnant(&self) -> bool {
        matches!(self.kind, FoldKind::Moved(_)) && self.is_slight() && self.lines() < MIN_LINES
    }

    /// The hunks that must not be rejected for the fold to be true.
    pub fn rests_on(&self) -> &[HunkId] {
        &self.rests_on
    }

    /// One line that says what is folded. Names in it are a stranger's: pass it through `text::safe`.
    pub fn words(&self) -> String {
        let lines = count(self.lines());
        match &self.kind {
            FoldKind::Moved(moved) => format!("{lines} moved {}", moved.words()),
            FoldKind::Reformatted { commas: false } => {
                format!("{lines} reformatted: the same tokens, other blanks")
            }
            FoldKind::Reformatted { commas: true } => {
                format!("{lines} reformatted: the same tokens but for commas that close lists, other blanks")
            }
            FoldKind::Renamed { names, places, .. } => {
                let pairs: Vec<_> =
                    names.iter().map(|(from, to)| format!("`{from}` is now `{to}`")).collect();
                let places = if *places == 1 { String::new() } else { format!(" in {places} places") };
                format!("{lines}: {}{places}", pairs.join(", "))
            }
            FoldKind::Generated(Generated::LockFile) => {
                format!("{lines} of a lock file, from the same hosts")
            }
            FoldKind::Generated(Generated::Marked { mark, line }) => {
                format!("{lines} of a generated file (`{mark}` in line {})", line + 1)
            }
        }
    }
}

impl Moved {
    fn words(&self) -> String {
        let way = if self.leaves { "to" } else { "from" };
        let (path, line) = &self.other;
        let kept = match self.indent {
            0 => "unchanged ".to_owned(),
            1.. => format!("indented {} more ", self.indent),
            _ => format!("indented {} less ", self.indent.unsigned_abs()),
        };
        let scopes = match &self.scopes {
            Some((source, target)) => format!(", out of {} into {}", scope(source), scope(target)),
            None => String::new(),
        };
        let past = if self.past { ", past code that runs where it stands" } else { "" };
        format!("{kept}{way} {path}:{}{scopes}{past}", line + 1)
    }
}

fn joined(a: Span, b: Span) -> Span {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b,
        (_, true) => a,
        _ => Span::new(a.start(), b.end()),
    }
}

fn scope(header: &str) -> String {
    if header.is_empty() { "the file itself".to_owned() } else { format!("`{header}`") }
}

fn count(lines: usize) -> String {
    if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(kind: FoldKind) -> Fold {
        Fold { gone: Span::new(0, 0), come: Span::new(0, 14), kind, rests_on: [].into() }
    }

    fn moved() -> Moved {
        let other = (RepoPath::parse("a.rs").unwrap(), 39);
        Moved { other, elsewhere: true, leaves: false, scopes: None, indent: 0, past: false }
    }

    #[test]
    fn a_fold_says_in_one_line_what_it_hides() {
        let words = |kind| fold(kind).words();
        assert_eq!(words(FoldKind::Moved(moved())), "14 lines moved unchanged from a.rs:40");
        let scopes = Some((String::new(), "impl B".to_owned()));
        let into = Moved { indent: 4, scopes, ..moved() };
        assert_eq!(
            words(FoldKind::Moved(into)),
            "14 lines moved indented 4 more from a.rs:40, out of the file itself into `impl B`"
        );
        assert_eq!(
            words(FoldKind::Reformatted { commas: false }),
            "14 lines reformatted: the same tokens, other blanks"
        );
        let names = [("a".to_owned(), "b".to_owned())].into();
        let renamed = FoldKind::Renamed { names, places: 3, defines: false };
        assert_eq!(words(renamed), "14 lines: `a` is now `b` in 3 places");
        let marked = FoldKind::Generated(Generated::Marked { mark: "@generated", line: 0 });
        assert_eq!(words(marked), "14 lines of a generated file (`@generated` in line 1)");
    }
}
