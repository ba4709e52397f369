//! What a person wants to see of a review: which hunks, in which order, how much around them.

use std::collections::BTreeSet;

use super::marks::Marks;
use crate::change::reading::Reading;
use crate::change::{Hunk, HunkId, Review, Standing, Verdict};

/// What a person wants to see of the review, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Look {
    pub filter: Filter,
    pub detail: Detail,
    /// Old lines left, new lines right.
    pub beside: bool,
    /// Lines shown around each hunk.
    pub context: usize,
    /// Hunks that are open though decided, or closed though not.
    pub turned: BTreeSet<HunkId>,
    /// Hunks of which nothing is folded away, whatever needs no reading.
    pub opened: BTreeSet<HunkId>,
}

/// All that a sheet is made by, beside the review.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    pub look: &'a Look,
    /// In which order hunks are shown; those that it does not name come last, as the review has them.
    pub order: Option<&'a [HunkId]>,
    pub reading: Option<&'a Reading>,
    pub marks: &'a Marks,
    /// Rows and columns of the window.
    pub window: (usize, usize),
}

impl Plan<'_> {
    /// Lines around each hunk: in a low window fewer, unless more were asked for, so that a hunk and
    /// its changed lines fit.
    pub fn context(&self) -> usize {
        match self.look.context {
            more if more > CONTEXT => more,
            some => some.min((self.window.0 / 5).max(1)),
        }
    }
}

/// Lines around each hunk, unless a person wants more or fewer.
const CONTEXT: usize = 3;

impl Default for Look {
    fn default() -> Self {
        Self {
            filter: Filter::All,
            detail: Detail::default(),
            beside: false,
            context: CONTEXT,
            turned: BTreeSet::new(),
            opened: BTreeSet::new(),
        }
    }
}

/// Narrower windows show one side below the other, whatever was asked for.
pub const BESIDE_FROM: usize = 60;

/// Which hunks are shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Filter {
    #[default]
    All,
    Undecided,
    Risky,
    /// By which a file stops to parse, or which have no place in it any more.
    Failing,
    /// What was refused: it lies outside of what may change, or has no place.
    Refused,
}

impl Filter {
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Undecided,
            Self::Undecided => Self::Risky,
            Self::Risky => Self::Failing,
            Self::Failing => Self::Refused,
            Self::Refused => Self::All,
        }
    }

    /// What is shown, in the plural.
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "all hunks",
            Self::Undecided => "undecided hunks only",
            Self::Risky => "hunks with a risk mark only",
            Self::Failing => "failing hunks only: those that do not parse or are in conflict",
            Self::Refused => "what was refused only",
        }
    }

    /// One word for it, to stay in sight.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Undecided => Some("undecided"),
            Self::Risky => Some("risky"),
            Self::Failing => Some("failing"),
            Self::Refused => Some("refused"),
        }
    }

    pub fn shows(self, hunk: &Hunk, plan: &Plan<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Undecided => hunk.verdict == Verdict::Undecided,
            Self::Risky => plan.reading.is_some_and(|reading| !reading.risks(hunk.id).is_empty()),
            Self::Failing => plan.marks.breaks(hunk.id) || hunk.standing == Standing::Conflict,
            Self::Refused => false,
        }
    }

    /// How many hunks it shows.
    pub fn count(self, review: &Review, plan: &Plan<'_>) -> usize {
        review.hunks().filter(|hunk| self.shows(hunk, plan)).count()
    }
}

/// How much help the lines of a hunk come with.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Detail {
    /// What moved, or is otherwise the same, is folded away; words that differ are marked.
    #[default]
    Moved,
    /// Every line is there; words that differ are marked.
    Words,
    /// Every line is there, and none of its words stands out.
    Lines,
}

impl Detail {
    pub fn next(self) -> Self {
        match self {
            Self::Moved => Self::Words,
            Self::Words => Self::Lines,
            Self::Lines => Self::Moved,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Moved => "what needs no reading is folded away, words that differ are marked",
            Self::Words => "all lines, words that differ are marked",
            Self::Lines => "all lines, as they are",
        }
    }
}
