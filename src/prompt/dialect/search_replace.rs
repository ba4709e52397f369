//! Search/replace blocks: lines to find and what they become. The model copies the lines it changes
//! and no numbers, which it would miscount.
//!
//! Inside a block only the block's own markers count, so fences in the content do no harm. When lines
//! of the content look like the divider, the block is read in each way and the file decides; a second
//! block inside one makes it unreadable.

use super::lead::Taken;
use super::pair;
use super::{Flaw, Kept, Line, Read, Step};
use crate::change::{Edit, EditHunk, EditLine, EditOp, is_placeholder};

/// What the model is taught: the prompt of this name, and its embedded text.
pub const TEACH: &str = "dialect/search-replace";

/// Most lines that may be the divider. Each is a reading that the file is searched for.
const MAX_DIVIDERS: usize = 16;

/// Is the line the first of a block?
pub fn opens(text: &str) -> bool {
    marker(text, '<', &["SEARCH", "ORIGINAL", "HEAD"])
}

/// Is the line the last of a block?
pub fn closes(text: &str) -> bool {
    marker(text, '>', &["REPLACE", "UPDATED"])
}

fn divides(text: &str) -> bool {
    run(text.trim_end(), '=').is_some_and(str::is_empty)
}

/// Five to nine `mark`s, a blank and one of the words.
fn marker(text: &str, mark: char, words: &[&str]) -> bool {
    run(text.trim_end(), mark)
        .and_then(|rest| rest.strip_prefix(' '))
        .is_some_and(|word| words.contains(&word.trim_start()))
}

/// The text after five to nine `mark`s.
fn run(text: &str, mark: char) -> Option<&str> {
    let rest = text.trim_start_matches(mark);
    (5..=9).contains(&(text.len() - rest.len())).then_some(rest)
}

/// An open block.
#[derive(Debug)]
pub struct Block {
    opened: Kept,
    path: Option<String>,
    doubt: Option<String>,
    reason: Option<String>,
    lines: Vec<String>,
    /// Where in `lines` a line stands that may be the divider.
    dividers: Vec<usize>,
    nested: bool,
}

impl Block {
    pub fn open(line: Line<'_>, lead: Taken) -> Self {
        Self {
            opened: line.kept(),
            path: lead.path,
            doubt: lead.doubt,
            reason: lead.reason,
            lines: Vec::new(),
            dividers: Vec::new(),
            nested: false,
        }
    }

    /// The file it is for, if that is certain.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref().filter(|_| self.doubt.is_none())
    }

    pub fn line(&mut self, line: Line<'_>) -> Step {
        let text = line.text();
        if closes(text) {
            return Step::Closed;
        }
        // `<<<<<<< HEAD` is a conflict in the file, not a block in the block.
        self.nested |= marker(text, '<', &["SEARCH", "ORIGINAL"]);
        if divides(text) {
            self.dividers.push(self.lines.len());
        }
        self.lines.push(text.to_owned());
        Step::Open
    }

    /// The edit of a closed block.
    pub fn read(self) -> Read {
        let line = self.opened.clone();
        match self.edit() {
            Ok(edit) => Read::Edit(edit),
            Err(flaw) => line.line().flaw(flaw),
        }
    }

    pub fn cut_off(self) -> Read {
        self.opened.line().flaw(Flaw::Unclosed("block"))
    }

    fn edit(self) -> Result<Edit, Flaw> {
        let path = match (self.nested, self.dividers.len(), &self.path) {
            (true, ..) => return Err(Flaw::Nested),
            (_, 0, _) => return Err(Flaw::NoDivider),
            (_, many, _) if many > MAX_DIVIDERS => return Err(Flaw::AmbiguousDivider(many)),
            _ if self.doubt.is_some() => return Err(Flaw::DoubtfulPath(self.doubt.unwrap_or_default())),
            (_, _, None) => return Err(Flaw::NoPath),
            (_, _, Some(path)) => path.clone(),
        };
        // The longest search first: the shorter ones are parts of it.
        let (readings, flaws): (Vec<_>, Vec<_>) =
            self.dividers.iter().rev().map(|at| self.split(*at)).partition(Result::is_ok);
        let mut readings: Vec<EditHunk> = readings.into_iter().flatten().collect();
        let op = match readings.len() {
            0 => return Err(flaws.into_iter().find_map(Result::err).unwrap_or(Flaw::Nothing)),
            1 => EditOp::Hunk(readings.remove(0)),
            _ => EditOp::OneOf(readings),
        };
        Ok(Edit { path, op, reason: self.reason })
    }

    /// The block with line `at` as its divider.
    fn split(&self, at: usize) -> Result<EditHunk, Flaw> {
        let (search, replace) = self.lines.split_at(at);
        let hunk = pair::of_lines(search, replace.get(1..).unwrap_or_default());
        if hunk.lines.is_empty() {
            return Err(Flaw::Nothing);
        }
        refuse_placeholders(&hunk.lines)?;
        Ok(hunk)
    }
}

/// Refuses added lines that stand for code left out.
pub(super) fn refuse_placeholders(lines: &[EditLine]) -> Result<(), Flaw> {
    let left_out = lines.iter().find_map(|line| match line {
        EditLine::Add(text) if is_placeholder(text) => Some(text.trim().to_owned()),
        _ => None,
    });
    left_out.map_or(Ok(()), |text| Err(Flaw::Placeholder(text)))
}
