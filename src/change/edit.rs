//! What a reply says should change, before anyone has looked where it belongs. The one intermediate
//! form of every edit format: readers make it, [`super::Review`] takes it.

use crate::text::{Lines, PathError, RepoPath};

/// One closed edit of a reply. An edit whose text was cut off is never made into one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// The file as the model wrote its name; not yet a path.
    pub path: String,
    pub op: EditOp,
    /// The model's own reason, if it gave one next to the edit.
    pub reason: Option<String>,
}

impl Edit {
    /// The file it names, if that is a name of a file in the workspace. A leading `./` is dropped.
    pub fn target(&self) -> Result<RepoPath, PathError> {
        RepoPath::parse(self.path.strip_prefix("./").unwrap_or(&self.path))
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EditOp {
    /// Change one place of an existing file.
    Hunk(EditHunk),
    /// One hunk that can be read in several ways (a divider that occurs in the text, lines that may
    /// have lost their first blank), likeliest first: the file decides, and only if one fits.
    OneOf(Vec<EditHunk>),
    /// This is the file's whole text now; makes the file if there is none. A line of it that stands
    /// for code left out ([`super::is_placeholder`]), and that the file does not hold itself, makes
    /// it a snippet like [`EditOp::Lazy`].
    Whole(String),
    /// A whole text or a snippet whose end is not certain: any of several fences in it may be the one
    /// that closes it. The file says which.
    Fenced(Fenced),
    /// These are the file's bytes now, line endings and all: the word of a program, not of a model.
    Bytes(Lines),
    /// A text of the file in which unchanged code is left out by markers ("… existing code …").
    Lazy(String),
    /// The file is to go.
    Delete,
    /// The file gets this name, as the model wrote it, and these hunks.
    Move { to: String, hunks: Vec<EditHunk> },
}

/// A text in a fence, which holds fences like it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fenced {
    /// Up to the last fence that may close it.
    pub text: String,
    /// Bytes of `text` before each fence that may close it, in order.
    pub ends: Vec<usize>,
    /// The fence, as a line.
    pub fence: String,
    /// Code is left out by markers.
    pub lazy: bool,
    /// Which of `ends` it is as far as the text itself can say.
    pub likely: Option<usize>,
}

impl Fenced {
    /// The texts that it may be, shortest first.
    pub fn texts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.ends.iter().filter_map(|end| self.text.get(..*end))
    }

    /// How often its fence stands in a text.
    pub fn count<'a>(&self, lines: impl Iterator<Item = &'a [u8]>) -> usize {
        lines.filter(|line| line.trim_ascii_end() == self.fence.as_bytes()).count()
    }
}

/// Lines around and inside one place, in file order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EditHunk {
    pub lines: Vec<EditLine>,
    /// One-based line of the first line of the hunk, if the format states one. Models miscount: a
    /// tie-breaker, never a proof.
    pub hint: Option<usize>,
    /// Text of a line above that names the place (`@@ fn main`), if the format states one. Several
    /// nested ones are lines of it, the outermost first.
    pub header: Option<String>,
    /// The hunk is said to reach the end of the file.
    pub at_eof: bool,
    /// How it quotes what it changes.
    pub quote: Quote,
}

/// What the old lines of a hunk are, and how many places are meant.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Quote {
    /// Whole lines, at one place.
    #[default]
    Lines,
    /// A string at one place: its first and its last line may be pieces of lines.
    Text,
    /// Such a string, wherever it occurs.
    EveryText,
}

/// A line without its ending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EditLine {
    Keep(String),
    Remove(String),
    Add(String),
}

impl EditHunk {
    /// What the model believes the file holds here.
    pub fn before(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| match line {
            EditLine::Keep(text) | EditLine::Remove(text) => Some(text.as_str()),
            EditLine::Add(_) => None,
        })
    }

    /// What the model wants the file to hold here.
    pub fn after(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| match line {
            EditLine::Keep(text) | EditLine::Add(text) => Some(text.as_str()),
            EditLine::Remove(_) => None,
        })
    }
}
