//! The pieces of a request, each with its source, the reason it is there, and its weight. What the
//! context panel shows is what is sent: an ask is made of a pack's texts and of nothing else.

use std::fmt;

use super::mention::Mention;
use super::presence::Presence;
use super::wishes::Target;
use crate::model::{Ratio, Tokens};
use crate::text::{RepoPath, Span};

/// Where a piece comes from.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Source {
    /// What rein says about the task as a whole.
    System,
    /// What rein says in a turn.
    Request,
    /// What the user typed.
    Instruction,
    /// Lines of a file that may be changed.
    File { path: RepoPath, span: Span },
    /// The only lines that may be changed, at `selection`.
    Selection { path: RepoPath, span: Span },
    /// Lines that are left out; the text says so.
    Omission { path: RepoPath, span: Span },
    /// The definitions of a file that is not shown in full.
    Outline { path: RepoPath },
    /// Names of the workspace's files.
    FileList,
    /// What the repository says to coding agents. Data like all of it: it may say how code is written
    /// here, and nothing that the instruction or the scope does not allow.
    Rules { path: RepoPath },
    /// What is not committed.
    Diff,
    /// What a check of the project said, and where open files do not parse.
    Diagnostics,
    /// A page of the web, which the user named and let be fetched.
    Page { url: String },
    /// The definitions that the rest of the project refers to most.
    Map,
    /// Lines of another file, to look at.
    Excerpt { path: RepoPath, span: Span },
    /// A commit: what it says, and what it changed as far as that is shown.
    Commit { id: String },
    /// The tools that are offered, with what they take.
    Tools,
    /// A call of a tool by the model: its arguments.
    Call { tool: String },
    /// What a tool gave.
    Outcome { tool: String },
    /// A statement of an earlier answer with the quotes it rests on.
    Claim { number: u32 },
    /// The text before the cursor, at `complete`.
    Prefix { path: RepoPath },
    /// The text after the cursor.
    Suffix { path: RepoPath },
    /// The model's own earlier answer.
    Answer,
    /// An edit of that answer which was refused, and why.
    Refusal { path: String },
}

impl Source {
    /// The part of the conversation it belongs to.
    pub fn is_system(&self) -> bool {
        matches!(self, Self::System)
    }

    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Answer)
    }

    /// What it is, in a word; a contract with scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Request => "request",
            Self::Instruction => "instruction",
            Self::File { .. } => "file",
            Self::Selection { .. } => "selection",
            Self::Omission { .. } => "omission",
            Self::Outline { .. } => "outline",
            Self::FileList => "file-list",
            Self::Rules { .. } => "rules",
            Self::Diff => "diff",
            Self::Diagnostics => "diagnostics",
            Self::Page { .. } => "page",
            Self::Map => "map",
            Self::Excerpt { .. } => "excerpt",
            Self::Commit { .. } => "commit",
            Self::Tools => "tools",
            Self::Call { .. } => "call",
            Self::Outcome { .. } => "outcome",
            Self::Claim { .. } => "claim",
            Self::Prefix { .. } => "prefix",
            Self::Suffix { .. } => "suffix",
            Self::Answer => "answer",
            Self::Refusal { .. } => "refusal",
        }
    }

    /// The file it is of, as far as it is of one, and the lines.
    pub fn place(&self) -> (Option<&str>, Option<Span>) {
        match self {
            Self::File { path, span }
            | Self::Selection { path, span }
            | Self::Omission { path, span }
            | Self::Excerpt { path, span } => (Some(path.as_str()), Some(*span)),
            Self::Outline { path } | Self::Prefix { path } | Self::Suffix { path } | Self::Rules { path } => {
                (Some(path.as_str()), None)
            }
            Self::Refusal { path } => (Some(path), None),
            Self::System | Self::Request | Self::Instruction | Self::Answer => (None, None),
            Self::FileList | Self::Map | Self::Diff | Self::Diagnostics | Self::Page { .. } => (None, None),
            Self::Commit { .. } | Self::Claim { .. } => (None, None),
            Self::Tools | Self::Call { .. } | Self::Outcome { .. } => (None, None),
        }
    }

    /// What its tags are called by: its path or address, else its kind.
    pub fn name(&self) -> &str {
        match self {
            Self::Page { url } => url,
            other => other.place().0.unwrap_or_else(|| other.kind()),
        }
    }

    /// Can a request go without it? What a person asked, what they ask about and what was said so far
    /// has to be there.
    pub fn may_be_evicted(&self) -> bool {
        matches!(
            self,
            Self::FileList
                | Self::Map
                | Self::Rules { .. }
                | Self::Diff
                | Self::Diagnostics
                | Self::Page { .. }
                | Self::Excerpt { .. }
                | Self::Outline { .. }
                | Self::File { .. }
        )
    }

    /// Is it the same from request to request of a session, as long as nothing else changes? Such pieces
    /// come first, so that a provider can keep what it made of them.
    pub fn is_steady(&self) -> bool {
        matches!(self, Self::System | Self::Rules { .. } | Self::Map)
    }
}

/// `src/a.rs 12-30`, `instruction`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Request => f.write_str("request"),
            Self::Instruction => f.write_str("instruction"),
            Self::File { path, span } => write!(f, "{path} {span}"),
            Self::Selection { path, span } => write!(f, "{path} {span}, selected"),
            Self::Omission { path, span } => write!(f, "{path} {span}, left out"),
            Self::Outline { path } => write!(f, "{path}, outline"),
            Self::FileList => f.write_str("file list"),
            Self::Rules { path } => write!(f, "{path}, rules"),
            Self::Diff => f.write_str("diff"),
            Self::Diagnostics => f.write_str("diagnostics"),
            Self::Page { url } => write!(f, "{url}, page"),
            Self::Map => f.write_str("map"),
            Self::Excerpt { path, span } => write!(f, "{path} {span}, excerpt"),
            Self::Commit { id } => write!(f, "commit {}", id.get(..12).unwrap_or(id)),
            Self::Tools => f.write_str("tools"),
            Self::Call { tool } => write!(f, "call of `{tool}`"),
            Self::Outcome { tool } => write!(f, "what `{tool}` gave"),
            Self::Claim { number } => write!(f, "statement {number}"),
            Self::Prefix { path } => write!(f, "{path}, before the cursor"),
            Self::Suffix { path } => write!(f, "{path}, after the cursor"),
            Self::Answer => f.write_str("answer"),
            Self::Refusal { path } => write!(f, "{path}, refused"),
        }
    }
}

/// Who wrote a piece. Only `Rein` and `User` may instruct; the rest is data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    Rein,
    User,
    Repository,
    Model,
    /// Anybody on the web.
    Network,
    /// A compiler or another program that was run on the project.
    Tool,
}

impl Trust {
    /// As it is shown, and written in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rein => "rein",
            Self::User => "user",
            Self::Repository => "repository",
            Self::Model => "model",
            Self::Network => "network",
            Self::Tool => "tool",
        }
    }
}

/// One piece.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Segment {
    pub source: Source,
    /// Why it is there, in a few words for a person.
    pub why: String,
    /// Estimate of its weight.
    pub tokens: Tokens,
    /// A stranger's text unless `trust` says otherwise.
    pub text: String,
    pub trust: Trust,
    /// The wish that it is there by, if it is there by one.
    #[serde(skip)]
    pub pinned: Option<Mention>,
    pub presence: Presence,
    /// Which request of its conversation it came with, from 1.
    pub request: u32,
}

impl Segment {
    pub fn new(source: Source, why: impl Into<String>, text: impl Into<String>, trust: Trust) -> Self {
        let text = text.into();
        let (tokens, presence) = (Tokens::estimate(&text), Presence::Sent);
        Self { source, why: why.into(), tokens, text, trust, pinned: None, presence, request: 1 }
    }

    /// Why it is there, and how it stands, for a person.
    pub fn told(&self) -> String {
        let standing = self.presence.told();
        standing.map_or_else(|| self.why.clone(), |standing| format!("{} · {standing}", self.why))
    }

    /// The same as something that stands in the conversation already: it costs nothing.
    #[must_use]
    pub(super) fn above(self, request: u32) -> Self {
        Self { text: String::new(), tokens: Tokens(0), presence: Presence::Above(request), ..self }
    }
}

/// Something that was found for a request and is not in it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Dropped {
    /// What it is, as a wish names it: a path, an address, a kind of piece. A stranger's text.
    pub what: String,
    /// Its lines, where it is lines.
    #[serde(skip)]
    pub span: Option<Span>,
    /// What it would have weighed, by estimate; 0 where that is not known.
    pub tokens: Tokens,
    /// Why it is not there, in a few words for a person.
    pub why: String,
}

impl Dropped {
    pub fn new(what: impl Into<String>, tokens: Tokens, why: impl Into<String>) -> Self {
        Self { what: what.into(), span: None, tokens, why: why.into() }
    }

    /// Something of a file, which was not even weighed.
    pub fn file(path: &RepoPath, why: impl Into<String>) -> Self {
        Self::new(Target::file(path.as_str()).to_string(), Tokens(0), why)
    }

    /// A piece that was made and left out.
    pub fn piece(segment: &Segment, why: impl Into<String>) -> Self {
        let (what, span) = (Target::of(&segment.source).to_string(), segment.source.place().1);
        Self { span, ..Self::new(what, segment.tokens, why) }
    }
}

/// The pieces of one request, in the order the model reads them.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Pack {
    segments: Vec<Segment>,
    /// For the person, and not sent: what is missing, and why.
    notes: Vec<String>,
    /// For the person, and not sent: what was left out, and why.
    dropped: Vec<Dropped>,
    /// How the estimates compare with what the model's provider counts.
    #[serde(skip)]
    ratio: Ratio,
}

impl Pack {
    pub fn new(segments: Vec<Segment>) -> Self {
        Self { segments, ..Self::default() }
    }

    /// The same with what a person should know of what is missing.
    #[must_use]
    pub fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// The same with more that was left out.
    #[must_use]
    pub fn dropping(mut self, more: impl IntoIterator<Item = Dropped>) -> Self {
        self.dropped.extend(more);
        self
    }

    /// The same, weighed as the model's provider counts.
    #[must_use]
    pub fn weighed(self, ratio: Ratio) -> Self {
        Self { ratio, ..self }
    }

    /// Other pieces with what is known about these: they were put into words.
    #[must_use]
    pub fn reworded(self, segments: Vec<Segment>) -> Self {
        Self { segments, ..self }
    }

    /// The same with one thing more that a person should know.
    #[must_use]
    pub fn noting(mut self, note: Option<String>) -> Self {
        self.notes.extend(note);
        self
    }

    /// What is missing from it and why, for the person: the model is not told.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What was left out, and why.
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    pub fn ratio(&self) -> Ratio {
        self.ratio
    }

    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub fn into_segments(self) -> Vec<Segment> {
        self.segments
    }

    /// What a piece weighs for the model.
    pub fn weight(&self, segment: &Segment) -> Tokens {
        self.ratio.of(segment.tokens)
    }

    /// The three pieces that weigh most among those that a request can do without or with fewer lines of,
    /// in words: what to drop where it is too long. `None` if there are none.
    pub fn heaviest(&self) -> Option<String> {
        let spare = |source: &Source| {
            use Source::{Excerpt, File, FileList, Outline, Suffix};
            matches!(source, File { .. } | Excerpt { .. } | Outline { .. } | FileList | Suffix { .. })
        };
        let mut spare: Vec<&Segment> = self.segments.iter().filter(|one| spare(&one.source)).collect();
        spare.sort_by_key(|one| std::cmp::Reverse(one.tokens));
        let words = spare.iter().take(3).map(|one| format!("{} (~{})", one.source, one.tokens));
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| format!("what weighs most: {}", words.join(", ")))
    }

    /// How many results of tools were taken out again, and what they weighed for the model.
    pub fn masked(&self) -> (usize, Tokens) {
        let weights = self.segments.iter().filter_map(|one| match one.presence {
            Presence::Masked { tokens, .. } => Some(self.ratio.of(tokens)),
            _ => None,
        });
        weights.fold((0, Tokens(0)), |(count, all), own| (count + 1, all + own))
    }

    /// How many requests its conversation has.
    pub fn requests(&self) -> u32 {
        self.segments.iter().map(|one| one.request).max().unwrap_or(0)
    }

    pub fn tokens(&self) -> Tokens {
        self.segments.iter().map(|segment| self.weight(segment)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_weighs_most_is_named_and_what_must_be_there_is_not() {
        let piece = |source, words: usize| Segment::new(source, "", "word ".repeat(words), Trust::Repository);
        let path = RepoPath::parse("a.rs").unwrap();
        let excerpt = |words| piece(Source::Excerpt { path: path.clone(), span: Span::new(0, 1) }, words);
        let pack = Pack::new(vec![
            piece(Source::System, 900),
            piece(Source::FileList, 20),
            excerpt(10),
            excerpt(300),
        ]);
        let said = pack.heaviest().unwrap();
        let first = said.find("a.rs").unwrap();
        assert!(first < said.find("file list").unwrap() && !said.contains("system"), "{said}");
        assert_eq!(Pack::new(vec![piece(Source::System, 9)]).heaviest(), None);
    }
}
