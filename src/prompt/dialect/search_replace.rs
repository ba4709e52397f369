//! Search/replace blocks: lines to find and what they become. The model copies the lines it changes
//! and no numbers, which it would miscount.
//!
//! Inside a block only the block's own markers count, so fences in the content do no harm. A line of
//! content that looks like a marker makes the block unreadable: it is not guessed which one is meant.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::lead::Taken;
use super::placeholder::is_placeholder;
use super::{Flaw, Kept, Line, Read, Step};
use crate::change::{Edit, EditHunk, EditLine, EditOp};

/// What the model is taught: the prompt of this name, and its embedded text.
pub const TEACH: &str = "dialect/search-replace";

/// Most lines of a block that are compared line by line. Past it only the common lines at its two
/// ends count as unchanged, so that hostile input cannot buy quadratic work.
const MAX_COMPARED: usize = 20_000;

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
    reason: Option<String>,
    search: Vec<String>,
    replace: Vec<String>,
    dividers: usize,
    nested: bool,
}

impl Block {
    pub fn open(line: Line<'_>, lead: Taken) -> Self {
        Self {
            opened: line.kept(),
            path: lead.path,
            reason: lead.reason,
            search: Vec::new(),
            replace: Vec::new(),
            dividers: 0,
            nested: false,
        }
    }

    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    pub fn line(&mut self, line: Line<'_>) -> Step {
        let text = line.text();
        if closes(text) {
            return Step::Closed;
        }
        if opens(text) {
            self.nested = true;
        } else if divides(text) {
            self.dividers += 1;
        } else if self.dividers == 0 {
            self.search.push(text.to_owned());
        } else {
            self.replace.push(text.to_owned());
        }
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
        let path = match (self.nested, self.dividers, self.path) {
            (true, ..) => return Err(Flaw::Nested),
            (_, 0, _) => return Err(Flaw::NoDivider),
            (_, 2.., _) => return Err(Flaw::AmbiguousDivider(self.dividers)),
            (_, _, None) => return Err(Flaw::NoPath),
            (_, _, Some(path)) => path,
        };
        let lines = pair(&self.search, &self.replace);
        if lines.is_empty() {
            return Err(Flaw::Nothing);
        }
        refuse_placeholders(&lines)?;
        let hunk = EditHunk { lines, ..EditHunk::default() };
        Ok(Edit { path, op: EditOp::Hunk(hunk), reason: self.reason })
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

/// The two sides as one hunk. A search of nothing but blank lines names no place: it is empty.
fn pair(search: &[String], replace: &[String]) -> Vec<EditLine> {
    let search = if search.iter().all(|line| line.trim().is_empty()) { &[] } else { search };
    let mut lines = Vec::with_capacity(search.len() + replace.len());
    for op in differences(search, replace) {
        let (_, old, new) = op.as_tag_tuple();
        let (old, new) = (&search[old], &replace[new]);
        if matches!(op, DiffOp::Equal { .. }) {
            lines.extend(old.iter().cloned().map(EditLine::Keep));
        } else {
            lines.extend(old.iter().cloned().map(EditLine::Remove));
            lines.extend(new.iter().cloned().map(EditLine::Add));
        }
    }
    lines
}

fn differences(old: &[String], new: &[String]) -> Vec<DiffOp> {
    if old.len() + new.len() <= MAX_COMPARED {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let ends = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = ends.take_while(|(a, b)| a == b).count();
    let (old_len, new_len) = (old.len() - head - tail, new.len() - head - tail);
    vec![
        DiffOp::Equal { old_index: 0, new_index: 0, len: head },
        DiffOp::Replace { old_index: head, old_len, new_index: head, new_len },
        DiffOp::Equal { old_index: head + old_len, new_index: head + new_len, len: tail },
    ]
}
