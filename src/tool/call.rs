//! A call that may be carried out, and how its arguments are read.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::text::{PathError, RepoPath, Span};

/// What a model wants to see. Lines count from 0 here, as everywhere inside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// Lines that words are about, anywhere in the project.
    Search { query: String },
    /// Lines of a file; all of it without.
    Read { path: RepoPath, lines: Option<Span> },
    /// The files below a folder, or all.
    List { path: Option<RepoPath> },
    /// The definitions of a file.
    Outline { path: RepoPath },
    /// Lines that match a regular expression, in a file, below a folder or anywhere.
    Grep { pattern: String, path: Option<RepoPath> },
    /// Lines that use a name.
    Uses { name: String },
    /// Commits that touched a path, or that speak of something.
    Log { path: Option<RepoPath>, words: String },
    /// Which commits last changed these lines.
    Blame { path: RepoPath, lines: Span },
    /// What a commit said and changed.
    Show { commit: String, path: Option<RepoPath> },
}

/// Why a call is not carried out, for the model to read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    #[error("there is no tool `{name}`; the tools are {known}")]
    Unknown { name: String, known: String },
    #[error("the call was cut off or is no JSON object, and was not carried out")]
    NotWhole,
    #[error("its arguments do not fit: {0}")]
    Arguments(String),
    #[error("`{0}` is empty")]
    Empty(&'static str),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(
        "lines {first} to {last} are no lines; they count from 1, and the last does not come before the first"
    )]
    Lines { first: usize, last: usize },
    #[error("no more calls are carried out in one answer; ask again for what is still needed")]
    TooMany,
}

/// `read src/a.rs:3-9`: for a person. A stranger's text.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Search { query } => write!(f, "search {query}"),
            Self::Read { path, lines: None } => write!(f, "read {path}"),
            Self::Read { path, lines: Some(lines) } if lines.end() == usize::MAX => {
                write!(f, "read {path} from line {}", lines.start() + 1)
            }
            Self::Read { path, lines: Some(lines) } => write!(f, "read {path}:{lines}"),
            Self::List { path } => write!(f, "list{}", Behind("", path.as_ref())),
            Self::Outline { path } => write!(f, "outline {path}"),
            Self::Grep { pattern, path } => write!(f, "grep {pattern}{}", Behind(" in", path.as_ref())),
            Self::Uses { name } => write!(f, "uses {name}"),
            Self::Log { path, words } => {
                write!(f, "git_log{}", Behind("", path.as_ref()))?;
                if words.is_empty() { Ok(()) } else { write!(f, " with {words}") }
            }
            Self::Blame { path, lines } => write!(f, "git_blame {path}:{lines}"),
            Self::Show { commit, path } => write!(f, "git_show {commit}{}", Behind("", path.as_ref())),
        }
    }
}

struct Behind<'a>(&'static str, Option<&'a RepoPath>);

impl fmt::Display for Behind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.map_or(Ok(()), |path| write!(f, "{} {path}", self.0))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    query: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    path: String,
    first: Option<usize>,
    last: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Under {
    path: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    pattern: String,
    path: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    path: Option<String>,
    words: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinesOf {
    path: String,
    first: usize,
    last: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Commit {
    commit: String,
    path: Option<String>,
}

fn arguments<T: DeserializeOwned>(text: &str) -> Result<T, Refused> {
    serde_json::from_str(text).map_err(|why| Refused::Arguments(why.to_string()))
}

fn file(path: &str) -> Result<RepoPath, Refused> {
    Ok(RepoPath::parse(path.strip_prefix("./").unwrap_or(path))?)
}

/// A file or a folder; none for the whole project.
fn place(path: Option<String>) -> Result<Option<RepoPath>, Refused> {
    let path = path.unwrap_or_default();
    let bare = path.trim_end_matches('/');
    if matches!(bare, "" | ".") && !path.starts_with('/') { Ok(None) } else { file(bare).map(Some) }
}

fn some(text: String, name: &'static str) -> Result<String, Refused> {
    if text.trim().is_empty() { Err(Refused::Empty(name)) } else { Ok(text) }
}

fn lines(first: usize, last: usize) -> Result<Span, Refused> {
    Span::from_numbers(first, last).ok_or(Refused::Lines { first, last })
}

pub(super) fn search(text: &str) -> Result<Call, Refused> {
    let Query { query } = arguments(text)?;
    Ok(Call::Search { query: some(query, "query")? })
}

pub(super) fn read(text: &str) -> Result<Call, Refused> {
    let Part { path, first, last } = arguments(text)?;
    let span = (first.is_some() || last.is_some())
        .then(|| lines(first.unwrap_or(1), last.unwrap_or(usize::MAX)))
        .transpose()?;
    Ok(Call::Read { path: file(&path)?, lines: span })
}

pub(super) fn list(text: &str) -> Result<Call, Refused> {
    let Under { path } = arguments(text)?;
    Ok(Call::List { path: place(path)? })
}

pub(super) fn outline(text: &str) -> Result<Call, Refused> {
    let Whole { path } = arguments(text)?;
    Ok(Call::Outline { path: file(&path)? })
}

pub(super) fn grep(text: &str) -> Result<Call, Refused> {
    let Pattern { pattern, path } = arguments(text)?;
    Ok(Call::Grep { pattern: some(pattern, "pattern")?, path: place(path)? })
}

pub(super) fn uses(text: &str) -> Result<Call, Refused> {
    let Name { name } = arguments(text)?;
    Ok(Call::Uses { name: some(name, "name")? })
}

pub(super) fn log(text: &str) -> Result<Call, Refused> {
    let Words { path, words } = arguments(text)?;
    Ok(Call::Log { path: place(path)?, words: words.unwrap_or_default().trim().to_owned() })
}

pub(super) fn blame(text: &str) -> Result<Call, Refused> {
    let LinesOf { path, first, last } = arguments(text)?;
    Ok(Call::Blame { path: file(&path)?, lines: lines(first, last)? })
}

pub(super) fn show(text: &str) -> Result<Call, Refused> {
    let Commit { commit, path } = arguments(text)?;
    Ok(Call::Show { commit: some(commit, "commit")?.trim().to_owned(), path: place(path)? })
}
