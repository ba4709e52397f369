//! Edit formats: how a model is taught to write a change ([`TEACH`]) and how its
//! words are read back ([`Reader`]), side by side.
//!
//! Readers are incremental: an edit is handed out as soon as its text is closed in the stream, and
//! an edit that is not closed is never handed out. They never guess: what can be read in two ways
//! is [`Unreadable`], with the reason. This room does not know files, so whether an edit fits
//! anywhere is not known here; that is `change`.

mod apply_patch;
mod deferred;
mod fence;
mod hunk;
mod json;
mod lead;
mod names;
mod naming;
mod pair;
mod reader;
mod search_replace;
mod str_replace;
mod unified;
mod whole;

use std::fmt;
use std::str::FromStr;

use crate::change::Edit;

pub use reader::{MAX_REPLY, Reader};
pub use search_replace::TEACH;

/// Which edit format a reply is read as.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Format {
    /// Whichever of the others its first marker belongs to.
    #[default]
    Auto,
    /// `<<<<<<< SEARCH`, `=======`, `>>>>>>> REPLACE` blocks.
    SearchReplace,
    /// Tool calls in JSON: a path, a text, and the text that replaces it.
    StrReplace,
    /// Patches between `*** Begin Patch` and `*** End Patch`.
    ApplyPatch,
    /// Unified diffs, with or without right numbers.
    Unified,
    /// A file's name and a text of it in a fenced block, with unchanged code left out.
    Lazy,
    /// A file's name and its whole text in a fenced block.
    Whole,
}

impl Format {
    pub const ALL: [Self; 7] = [
        Self::Auto,
        Self::SearchReplace,
        Self::StrReplace,
        Self::ApplyPatch,
        Self::Unified,
        Self::Lazy,
        Self::Whole,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::SearchReplace => "sr",
            Self::StrReplace => "str-replace",
            Self::ApplyPatch => "apply-patch",
            Self::Unified => "udiff",
            Self::Lazy => "lazy",
            Self::Whole => "whole",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| format!("`{name}` is not an edit format; use one of {known}"))
    }
}

/// What a reader makes of a piece of a reply, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    /// Words around the edits.
    Prose(String),
    /// An edit of `path` has begun; nothing is known of it yet.
    Opened { path: String },
    /// An edit whose text is closed.
    Edit(Edit),
    /// Something that was meant as an edit and is not one.
    Unreadable(Unreadable),
}

/// A piece of a reply that cannot be read as an edit. Nothing of it is taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line} of the reply: {why}")]
pub struct Unreadable {
    pub why: Flaw,
    /// One-based line of the reply where the piece begins.
    pub line: usize,
    /// The first words of that line, as they came; at most [`Unreadable::EXCERPT`] bytes.
    pub excerpt: String,
}

impl Unreadable {
    /// Longest excerpt, in bytes.
    pub const EXCERPT: usize = 200;

    pub(crate) fn new(why: Flaw, line: usize, text: &str) -> Self {
        Self { why, line, excerpt: head(text, Self::EXCERPT).to_owned() }
    }
}

/// What is wrong with it. The texts are shown to people and, in a repair turn, to the model.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Flaw {
    #[error("the {0} is not closed, so its end may be missing; write it again in full")]
    Unclosed(&'static str),
    #[error("`{0}` stands outside of any block; write the whole block again")]
    StrayMarker(String),
    #[error("a block begins inside another one; close each block before the next")]
    Nested,
    #[error("no file is named; put the file's path on the line before the edit")]
    NoPath,
    #[error("`{0}` may be the name of a file or words; put the path alone, in backticks, before the edit")]
    DoubtfulPath(String),
    #[error("the block has no `=======` line between what is searched and what replaces it")]
    NoDivider,
    #[error(
        "the block has {0} lines that look like the divider `=======`; choose a block without such a line"
    )]
    AmbiguousDivider(usize),
    #[error("`{0}` stands for code that was left out; write that code in full")]
    Placeholder(String),
    #[error(
        "the text holds fences like the one around it, so its end is not certain; use a longer outer fence"
    )]
    AmbiguousFence,
    #[error("the reply holds {0} texts for the same file; give one")]
    SeveralTexts(usize),
    #[error("{0} is not supported yet; create and delete files instead")]
    Unsupported(&'static str),
    #[error("this is not a hunk of a diff: {0}")]
    Malformed(&'static str),
    #[error("this JSON is not an edit: {0}")]
    Json(&'static str),
    #[error("there is nothing to apply; write the change in the edit format")]
    Nothing,
    /// Of a reply as a whole. From a model in conversation it is an answer in words, and no flaw.
    #[error("there is no edit in it; write the change in the edit format")]
    NoEdit,
    #[error("the reply is longer than {} MiB; the rest is not read", MAX_REPLY >> 20)]
    TooLong,
}

/// The first `bytes` bytes of a text, or a few fewer so as not to cut a character.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// One line of a reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// As it came, with its ending; the last line may have none.
    pub raw: &'a str,
    /// One-based.
    pub number: usize,
}

impl<'a> Line<'a> {
    /// Without its LF or CR LF.
    pub fn text(self) -> &'a str {
        match self.raw.strip_suffix('\n') {
            Some(text) => text.strip_suffix('\r').unwrap_or(text),
            None => self.raw,
        }
    }

    pub fn kept(self) -> Kept {
        Kept { raw: self.raw.to_owned(), number: self.number }
    }

    pub fn flaw(self, why: Flaw) -> Read {
        Read::Unreadable(Unreadable::new(why, self.number, self.text()))
    }
}

/// A line held back until it is known what it is.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub raw: String,
    pub number: usize,
}

impl Kept {
    pub fn line(&self) -> Line<'_> {
        Line { raw: &self.raw, number: self.number }
    }
}

/// What an open edit makes of a line.
#[derive(Debug)]
pub(crate) enum Step {
    /// The line belongs to it; it is still open.
    Open,
    /// The line closed it.
    Closed,
    /// It is closed, and these lines (the last one seen among them) are not of it.
    Past(Vec<Kept>),
    /// It cannot be read, and neither can what follows in this format.
    Broken,
    /// It was not an edit of this format at all: what follows is to be read as the named one.
    Mistaken(Format, Vec<Kept>),
}

#[cfg(test)]
mod tests;
