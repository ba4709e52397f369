//! A verified stretch of a hunk that needs no reading, and why.
//!
//! A fold is a promise: nothing in it changed but in the way its words say. What exactly each kind
//! promises is defined where it is found ([`super::moved`], [`super::reformat`], [`super::renamed`],
//! [`super::generated`]).

use std::sync::Arc;

use super::super::HunkId;
use crate::text::{RepoPath, Span};

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
    /// The same tokens in the same structure; only blanks and line breaks between them differ.
    Reformatted,
    /// One name became another wherever it means the same thing. `places` counts those of the fold.
    Renamed { from: String, to: String, places: usize },
    /// Written by a tool, and known as such before this change.
    Generated(Generated),
}

/// Where moved lines came from or went to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The first line at the other end, from 0, and its file.
    pub other: (RepoPath, usize),
    /// Are these the removed lines? Then `other` is where they went.
    pub leaves: bool,
    /// What surrounds them (an `impl`, a class, a module) at the source and at the target, if it differs.
    pub scopes: Option<(String, String)>,
    /// Columns of indentation gained, or lost when negative; every line the same.
    pub indent: isize,
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
            FoldKind::Moved(moved) => usize::from(!moved.leaves && moved.scopes.is_some()),
            FoldKind::Generated(_) | FoldKind::Renamed { .. } => 1,
            FoldKind::Reformatted => 0,
        }
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
            FoldKind::Reformatted => format!("{lines} reformatted: the same tokens, other blanks"),
            FoldKind::Renamed { from, to, places: 1 } => format!("{lines}: `{from}` is now `{to}`"),
            FoldKind::Renamed { from, to, places } => {
                format!("{lines}: `{from}` is now `{to}` in {places} places")
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
        format!("{kept}{way} {path}:{}{scopes}", line + 1)
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
        Moved { other, leaves: false, scopes: None, indent: 0 }
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
        assert_eq!(words(FoldKind::Reformatted), "14 lines reformatted: the same tokens, other blanks");
        let renamed = FoldKind::Renamed { from: "a".into(), to: "b".into(), places: 3 };
        assert_eq!(words(renamed), "14 lines: `a` is now `b` in 3 places");
        let marked = FoldKind::Generated(Generated::Marked { mark: "@generated", line: 0 });
        assert_eq!(words(marked), "14 lines of a generated file (`@generated` in line 1)");
    }
}
