//! A question with all that fixes its meaning, and what is found for one.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::Allowance;
use crate::change::Focus;
use crate::context::citation::Evidence;
use crate::context::{DoesNotFit, Pack, Transcript};
use crate::model::Tokens;
use crate::session::Wants;
use crate::text::{Lines, RepoPath, Span};

/// How far the search for an answer goes: a slider of its own, since it costs and takes more.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// One search, one request.
    #[default]
    Quick,
    /// The model looks things up, a few times.
    Research,
    /// Split, answered part by part, checked, written up.
    Deep,
}

impl Depth {
    pub const ALL: [Self; 3] = [Self::Quick, Self::Research, Self::Deep];

    /// As it is typed and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Research => "research",
            Self::Deep => "deep",
        }
    }

    /// What it does, in words.
    pub fn does(self) -> &'static str {
        match self {
            Self::Quick => "one search, one request",
            Self::Research => "looks things up in files and history",
            Self::Deep => "split, looked up part by part, checked",
        }
    }

    /// The next deeper one, and from the deepest the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Quick => Self::Research,
            Self::Research => Self::Deep,
            Self::Deep => Self::Quick,
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Depth {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = || format!("`{name}` is no depth; use {}", Self::ALL.map(Self::name).join(", "));
        Self::ALL.into_iter().find(|depth| depth.name() == name).ok_or_else(known)
    }
}

/// How often a model may look things up for one question, and for each part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    pub rounds: usize,
    /// Most parts that a question is split into.
    pub parts: usize,
}

impl Default for Reach {
    fn default() -> Self {
        Self { rounds: 6, parts: 4 }
    }
}

/// What is asked, with all that fixes its meaning.
#[derive(Clone, Debug)]
pub struct Question {
    pub text: String,
    /// What the user looks at: selected lines come along as evidence.
    pub focus: Focus,
    /// The line of the cursor, from 0, for a question about "this line".
    pub cursor: Option<usize>,
    /// Open buffers as they stand on screen, saved or not.
    pub open: BTreeMap<RepoPath, Lines>,
    pub depth: Depth,
    pub reach: Reach,
    pub allowance: Allowance,
    /// Does it go on from the answer before?
    pub follows: bool,
    /// What the user named, pinned and evicted.
    pub wants: Wants,
}

/// Words of a question that is about how something came to be.
const ABOUT_THE_PAST: [&str; 27] = [
    "why",
    "when",
    "who",
    "since",
    "history",
    "historical",
    "commit",
    "commits",
    "committed",
    "introduced",
    "introduce",
    "added",
    "changed",
    "removed",
    "reason",
    "blame",
    "author",
    "wrote",
    "written",
    "origin",
    "originally",
    "rationale",
    "motivation",
    "regression",
    "broke",
    "warum",
    "pourquoi",
];

/// Words that point at the place where the cursor stands.
const HERE: [&str; 4] = ["this", "these", "here", "that"];

impl Question {
    /// What it asks, of nothing in particular, at depth `quick`.
    pub fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            focus: Focus { file: None, lines: None },
            cursor: None,
            open: BTreeMap::new(),
            depth: Depth::Quick,
            reach: Reach::default(),
            allowance: Allowance::default(),
            follows: false,
            wants: Wants::default(),
        }
    }

    /// Is it about how something came to be?
    pub fn is_about_the_past(&self) -> bool {
        self.words().any(|word| ABOUT_THE_PAST.contains(&word.as_str()))
    }

    /// The lines that it is about: those that are selected, or the cursor's where it points there.
    pub fn place(&self) -> Option<(&RepoPath, Span)> {
        let path = self.focus.file.as_ref()?;
        let here = || self.words().any(|word| HERE.contains(&word.as_str()));
        let cursor = || self.cursor.filter(|_| here()).map(|line| Span::new(line, line + 1));
        Some((path, self.focus.lines.or_else(cursor)?))
    }

    fn words(&self) -> impl Iterator<Item = String> {
        self.text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase)
    }
}

/// What was found for a question, and what it was found in.
#[derive(Clone, Debug)]
pub struct Retrieved {
    pub pack: Pack,
    /// Whole, as it was read: what sources are checked against.
    pub shown: Evidence,
    /// Are there commits in the pack?
    pub history: bool,
    /// What the conversation held before, with what of it reads otherwise now marked so.
    pub above: Transcript,
    /// Most tokens, by estimate, that the model takes of a request and its answer together, where known.
    pub window: Option<Tokens>,
}

impl Retrieved {
    /// For a question that begins a conversation.
    pub fn of(pack: Pack, shown: Evidence) -> Self {
        Self { pack, shown, history: false, above: Transcript::default(), window: None }
    }
}

/// What a tool gave, or why it gave nothing; and what of the project was shown by it.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub gave: Result<Vec<Given>, String>,
    pub shown: Evidence,
}

/// A part of what a tool gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Given {
    Words(String),
    /// Lines of a file, as a model reads them.
    Lines {
        path: RepoPath,
        span: Span,
        /// Lines of the whole file.
        of: usize,
        text: String,
    },
}

impl Outcome {
    /// It gave words.
    pub fn words(text: impl Into<String>, shown: Evidence) -> Self {
        Self { gave: Ok(vec![Given::Words(text.into())]), shown }
    }

    /// It was not carried out; why, for the model.
    pub fn refused(why: &impl fmt::Display) -> Self {
        Self { gave: Err(why.to_string()), shown: Evidence::default() }
    }

    pub(super) fn none() -> Self {
        Self::refused(&"it was not carried out")
    }
}

/// Why a question cannot be put.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoEvidence {
    #[error("nothing in the project fits the words of the question; name a file, a function or a message")]
    Nothing,
    #[error("{0}")]
    NoIndex(String),
    #[error(transparent)]
    DoesNotFit(#[from] DoesNotFit),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_points_at_a_line_and_at_the_past_by_its_words() {
        let path = RepoPath::parse("a.rs").unwrap();
        let focus = Focus { file: Some(path.clone()), lines: None };
        let at = |text: &str| Question { focus: focus.clone(), cursor: Some(6), ..Question::of(text) };
        let why = at("Why is this line so?");
        assert!(why.is_about_the_past());
        assert_eq!(why.place(), Some((&path, Span::new(6, 7))));
        let other = at("how does retry work");
        assert!(!other.is_about_the_past() && other.place().is_none());
        let focus = Focus { lines: Some(Span::new(1, 3)), ..focus };
        assert_eq!(Question { focus, ..other }.place(), Some((&path, Span::new(1, 3))));
    }

    #[test]
    fn the_slider_goes_round_and_its_names_are_typed() {
        assert_eq!(Depth::ALL.map(Depth::next), [Depth::Research, Depth::Deep, Depth::Quick]);
        assert_eq!("deep".parse(), Ok(Depth::Deep));
        assert!("bottomless".parse::<Depth>().unwrap_err().contains("quick, research, deep"));
    }
}
