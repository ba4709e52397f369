//! Two states of the project, file by file, as a review takes them: which ones there are, and what differs in
//! a form that knows neither git nor the journal. `trees` looks at what git knows; what the journal
//! knows is `workspace::traces`. What has no lines to review is remarked, never left out.

mod trees;

use git2::Repository;

use super::{UndoError, Workspace, git, revert};
use crate::change::Compared;
use crate::text::{Lines, RepoPath, safe};

/// Largest blob that is read as text, in bytes; files on disk have the same limit.
const MAX_BYTES: usize = 16 << 20;

/// How far into a blob a NUL byte is looked for, as git does.
const SNIFFED: usize = 8 << 10;

/// Which two states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// Two that git knows, or one of them and the files on disk.
    Git(Trees),
    /// What operations of the journal changed, and the files on disk.
    Journal(Extent),
}

/// Two states that git knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trees {
    /// The index and the files on disk, files included that git does not know yet.
    Unstaged,
    /// The last commit and the index.
    Staged,
    /// A commit and the files on disk.
    Since(String),
    /// Two commits.
    Between(String, String),
}

/// How much of the journal; an operation by its id or the first digits of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Extent {
    /// What an operation did, as far as it is still in the files.
    Landing(String),
    /// What files were before an operation: those that it or a later one touched.
    SinceLanding(String),
    /// The same, from the first operation that was done since this workspace was opened, through it.
    SinceOpened,
}

impl Trees {
    /// `A..B`, or a commit. An empty side is the last commit, as for git.
    pub fn parse(text: &str) -> Self {
        let head = |side: &str| if side.is_empty() { "HEAD".to_owned() } else { side.to_owned() };
        match text.split_once("..").map(|(from, to)| (from, to.strip_prefix('.').unwrap_or(to))) {
            Some((from, to)) => Self::Between(head(from), head(to)),
            None => Self::Since(text.to_owned()),
        }
    }

    /// Is the newer state the files on disk?
    fn is_on_disk(&self) -> bool {
        !matches!(self, Self::Staged | Self::Between(..))
    }

    fn in_words(&self) -> String {
        match self {
            Self::Unstaged => "what is not staged".to_owned(),
            Self::Staged => {
                "what is staged; nothing is written, `git restore --staged -p` unstages".to_owned()
            }
            Self::Since(rev) => format!("the files since {rev}"),
            Self::Between(from, to) => format!("{from}..{to}; nothing is written"),
        }
    }
}

impl Extent {
    fn in_words(&self) -> String {
        match self {
            Self::Landing(id) => format!("what {id} changed"),
            Self::SinceLanding(id) => format!("what {id} and all after it changed"),
            Self::SinceOpened => "what changed since rein was opened".to_owned(),
        }
    }
}

impl Comparison {
    /// For people, and the name of its review.
    pub fn in_words(&self) -> String {
        match self {
            Self::Git(trees) => trees.in_words(),
            Self::Journal(extent) => extent.in_words(),
        }
    }

    /// Is the newer state the files on disk?
    pub fn is_on_disk(&self) -> bool {
        match self {
            Self::Git(trees) => trees.is_on_disk(),
            Self::Journal(_) => true,
        }
    }
}

/// A file that differs.
#[derive(Clone, Debug)]
pub enum Found {
    Text(Compared),
    Remark(Remark),
}

/// A difference without lines, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// Printable.
    pub name: String,
    pub words: String,
}

/// Why two states cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    #[error("`{0}` is no git repository; `rein diff --files OLD NEW` compares files anywhere")]
    NoRepository(String),
    #[error("`{name}` is no commit here: {why}")]
    NoCommit { name: String, why: String },
    #[error("the repository cannot be compared: {0}")]
    Git(String),
    #[error(transparent)]
    Journal(#[from] UndoError),
}

impl From<git2::Error> for CompareError {
    fn from(why: git2::Error) -> Self {
        Self::Git(why.message().to_owned())
    }
}

impl Workspace {
    /// Are the two states there?
    ///
    /// # Errors
    /// Which one is not.
    pub fn can_compare(&self, what: &Comparison) -> Result<(), CompareError> {
        match what {
            Comparison::Git(trees) => self.can_compare_trees(trees),
            Comparison::Journal(Extent::Landing(id) | Extent::SinceLanding(id)) => {
                Ok(revert::named(&self.inner.journal, id).map(drop)?)
            }
            Comparison::Journal(Extent::SinceOpened) => Ok(()),
        }
    }

    /// The repository here.
    pub(super) fn repository(&self) -> Result<Repository, CompareError> {
        let root = self.root();
        git::open(root).ok_or_else(|| CompareError::NoRepository(safe::line(&root.to_string_lossy())))
    }

    /// Hands out what differs, until `found` says `false`. `paths` narrows it to files and folders.
    pub fn compare(
        &self,
        what: &Comparison,
        paths: &[RepoPath],
        found: &mut dyn FnMut(Found) -> bool,
    ) -> Result<(), CompareError> {
        match what {
            Comparison::Git(trees) => self.compare_trees(trees, paths, found),
            Comparison::Journal(extent) => self.trace(extent, paths, found),
        }
    }
}

/// Bytes that can be reviewed.
///
/// # Errors
/// Why they cannot, in words.
pub(super) fn as_lines(bytes: &[u8]) -> Result<Lines, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("{} bytes; too large to be reviewed here", bytes.len()));
    }
    if bytes.get(..SNIFFED).unwrap_or(bytes).contains(&0) {
        return Err("binary; it has no lines to review".into());
    }
    Ok(Lines::new(bytes))
}

#[cfg(test)]
mod tests;
