//! What compilers, linters and test runners say of a project: their output, read line by line as it comes
//! ([`Reader`]), becomes problems with a place in a file ([`Diagnostic`]), each at most once and no more than can
//! be looked at ([`Report`]).
//!
//! The output is a stranger's text: whatever is in it, reading it ends, and takes memory for what is kept
//! and no more. A path counts only where a file of the project is; which files there are is for the caller to say
//! ([`Ground`]). It knows no process and no disk, and judges no secret.

mod ansi;
mod generic;
mod json;
mod reader;
mod report;
mod rustc;
#[cfg(test)]
mod tests;
mod trace;

use std::fmt;
use std::ops::Range;

pub use reader::{Output, Reader};
pub use report::{Counts, Ground, Report};

use super::RepoPath;

/// Longest message that is kept, in bytes.
const MESSAGE: usize = 600;

/// How bad it is, worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    Error,
    Warning,
    /// What belongs to another problem, or is only said.
    Note,
}

impl Severity {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    /// As tools write it.
    fn parse(word: &str) -> Option<Self> {
        const WORDS: [(&str, Severity); 12] = [
            ("error", Severity::Error),
            ("fatal error", Severity::Error),
            ("fatal", Severity::Error),
            ("err", Severity::Error),
            ("syntaxerror", Severity::Error),
            ("warning", Severity::Warning),
            ("warn", Severity::Warning),
            ("note", Severity::Note),
            ("info", Severity::Note),
            ("information", Severity::Note),
            ("hint", Severity::Note),
            ("help", Severity::Note),
        ];
        WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, severity)| *severity)
    }
}

/// Where in a file, as the tool counted it: files change, and tools do not agree on what a column is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// From 0.
    pub line: usize,
    /// From 0, in characters; none: the whole line.
    pub column: Option<usize>,
    /// Line and column after the last character, where it is known.
    pub end: Option<(usize, usize)>,
}

impl Place {
    /// From numbers that count from 1; a column of 0 is none.
    fn numbered(line: usize, column: Option<usize>) -> Self {
        Self { line: line.saturating_sub(1), column: column.and_then(|one| one.checked_sub(1)), end: None }
    }

    /// The bytes of `text`, the place's line without its ending, that are meant. Never outside of it, and
    /// never empty where there is anything.
    pub fn range_in(&self, text: &str) -> Range<usize> {
        let blank = text.len() - text.trim_start().len();
        let whole = blank.min(text.len())..text.trim_end().len().max(blank);
        let Some(column) = self.column else { return whole };
        let at = |column: usize| text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        let start = at(column);
        if start >= text.len() {
            // Something is missing at the end of the line.
            return text.char_indices().next_back().map_or(0, |(at, _)| at)..text.len();
        }
        let end = match self.end {
            Some((line, column)) if line == self.line => at(column),
            Some(_) => text.trim_end().len(),
            None => {
                let rest = text.get(start..).unwrap_or_default();
                let word = |c: char| c.is_alphanumeric() || c == '_';
                start + rest.find(|c| !word(c)).unwrap_or(rest.len())
            }
        };
        let one = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        start..end.max(start + one)
    }
}

/// One problem of a file of the project.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Diagnostic {
    pub path: RepoPath,
    pub at: Place,
    pub severity: Severity,
    /// One line of a stranger's text.
    pub message: String,
    /// What the tool calls it, as `E0308`. A stranger's text.
    pub code: Option<String>,
    /// What wrote it, as far as its form tells.
    pub source: &'static str,
}

/// `src/a.rs:3:5: error[E0308]: mismatched types`, as it is told to a model and listed; a stranger's text.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.at.line + 1)?;
        if let Some(column) = self.at.column {
            write!(f, ":{}", column + 1)?;
        }
        write!(f, ": {}", self.what())
    }
}

impl Diagnostic {
    /// What it is, without its place.
    pub fn what(&self) -> String {
        let code = self.code.as_ref().map(|code| format!("[{code}]")).unwrap_or_default();
        format!("{}{code}: {}", self.severity.name(), self.message)
    }
}

/// A problem as it was read: its file is a name still.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Raw {
    /// The first of these that is in the project is meant: the frames of a stack, most telling first.
    places: Vec<(String, Place)>,
    severity: Severity,
    message: String,
    code: Option<String>,
    source: &'static str,
    /// Its form is nobody else's: where its file is not here, that is worth saying.
    sure: bool,
}

impl Raw {
    fn new(source: &'static str, path: &str, at: Place, severity: Severity, message: &str) -> Self {
        let message = clipped(message.trim(), MESSAGE);
        Self { places: vec![(path.to_owned(), at)], severity, message, code: None, source, sure: true }
    }

    fn coded(self, code: Option<&str>) -> Self {
        Self { code: code.map(|code| clipped(code, 60)), ..self }
    }

    /// Adds to what is said.
    fn say(&mut self, more: &str) {
        let more = more.trim();
        if more.is_empty() || self.message.contains(more) || self.message.len() >= MESSAGE {
            return;
        }
        let joint = if self.message.is_empty() { "" } else { "; " };
        self.message = clipped(&format!("{}{joint}{more}", self.message), MESSAGE);
    }
}

/// At most so many bytes of a text, cut where a character begins.
fn clipped(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// The number that a text begins with, and what follows it. Numbers of more than nine digits are none.
fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (1..=9).contains(&digits.len()).then(|| digits.parse().ok()).flatten().map(|number| (number, rest))
}
