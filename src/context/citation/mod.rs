//! Citations: a model says "`path:12-14` reads so" or "commit `1a2b3c4` says so", and here it is compared
//! with what it was shown. A quote counts when it is there to the byte, but for how its lines are
//! indented; when it stands elsewhere in that file, and only there, the lines are put right; anything
//! else is not verified, and a screen says so.
//!
//! Pure: the caller has read the texts. What is done about an unverified citation is not known here.

mod evidence;
mod quote;
#[cfg(test)]
mod tests;

pub use evidence::{Evidence, ShownCommit};

use std::fmt;

use crate::text::{RepoPath, Span};

/// Fewest digits of a commit's id that name it, as git shows them, and most that it has.
const ID_DIGITS: std::ops::RangeInclusive<usize> = 7..=40;

/// Where a quote is said to stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    Lines {
        path: RepoPath,
        span: Span,
    },
    /// What a commit says or changes. `id`: its first digits, in lower case.
    Commit {
        id: String,
    },
}

/// What a model claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Citation {
    pub place: Place,
    /// What it says stands there.
    pub quote: String,
}

/// How a quote agrees with the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Agreement {
    /// Byte for byte.
    Exact,
    /// But for how its lines are indented.
    Indented,
}

/// What came of a check. The lines are of the file, or of the commit as it was shown.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Checked {
    /// The quote stands on lines within those named, or overlapping them.
    Verified {
        span: Span,
        agreement: Agreement,
    },
    /// It stands in the file once, on other lines than those named.
    Corrected {
        span: Span,
        agreement: Agreement,
    },
    Unverified(Doubt),
}

/// Why a citation is not verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize, thiserror::Error)]
pub enum Doubt {
    #[error("it names no lines of a file and no commit")]
    NoPlace,
    #[error("no such file was shown")]
    NoFile,
    #[error("no such commit was shown")]
    NoCommit,
    #[error("it does not say so there")]
    NotThere,
    /// White space was changed inside a line, or lines were joined or broken.
    #[error("it says so there only with other white space")]
    Respaced,
    /// None of them the one named.
    #[error("the file says so in several places, all of them others")]
    Ambiguous,
    /// Or there is no quote at all.
    #[error("the quote is too short to prove anything")]
    TooShort,
}

impl Place {
    /// Reads `path:a-b`, `path:a` (lines count from 1) and `commit 1a2b3c4`. `None` for anything else.
    pub fn parse(place: &str) -> Option<Self> {
        let place = place.trim();
        let place = place.strip_prefix("./").unwrap_or(place);
        if let Some(id) = commit_id(place) {
            return Some(Self::Commit { id });
        }
        let (path, lines) = place.rsplit_once(':')?;
        let (first, last) = lines.split_once(['-', '–']).unwrap_or((lines, lines));
        let span = Span::from_numbers(first.trim().parse().ok()?, last.trim().parse().ok()?)?;
        Some(Self::Lines { path: RepoPath::parse(path).ok()?, span })
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&RepoPath> {
        match self {
            Self::Lines { path, .. } => Some(path),
            Self::Commit { .. } => None,
        }
    }
}

/// `commit 1a2b3c4`, and nothing behind it.
fn commit_id(place: &str) -> Option<String> {
    let (word, id) = place.split_once(char::is_whitespace)?;
    let id = id.trim();
    let is_id = ID_DIGITS.contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (word.eq_ignore_ascii_case("commit") && is_id).then(|| id.to_ascii_lowercase())
}

/// As it is written: `src/a.rs:12-14`, `commit 1a2b3c4`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines { path, span } => write!(f, "{path}:{span}"),
            Self::Commit { id } => write!(f, "commit {}", id.get(..12).unwrap_or(id)),
        }
    }
}

impl Citation {
    /// `None` where the place is none.
    pub fn parse(place: &str, quote: impl Into<String>) -> Option<Self> {
        Place::parse(place).map(|place| Self { place, quote: quote.into() })
    }

    /// Compares with what was shown.
    pub fn check(&self, shown: &Evidence) -> Checked {
        match &self.place {
            Place::Lines { path, span } => match shown.file(path) {
                Some(text) => quote::check(text, &self.quote, *span),
                None => Checked::Unverified(Doubt::NoFile),
            },
            Place::Commit { id } => shown.check_commit(id, &self.quote),
        }
    }
}
