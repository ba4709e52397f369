//! From which line of the file to which a part of a snippet reaches: from its first matched line to
//! its last, if these are certain, and what its new lines at the edges mean for the lines beside it.

use super::course::{Course, Matched};
use super::snippet::Part;
use super::{Edges, unsure};
use crate::change::locate::{Unplaced, indent, likeness, told};
use crate::text::Span;

/// Letters and digits that the matched lines of a part have to have when one of its ends is new.
const TOLD: usize = 12;
/// How alike a new line at the edge and the file's line there may be and not be the same one changed.
const LIKE: f32 = 0.5;
/// How many times as many lines as a part has it may replace, and how many more it always may.
const STRETCH: usize = 3;
const STRETCH_FREE: usize = 24;

/// The snippet laid over the file. Lines have no blanks at their ends.
pub(super) struct Reaches<'a> {
    pub(super) said: Vec<&'a [u8]>,
    pub(super) own: Vec<&'a [u8]>,
    pub(super) course: &'a Course,
    pub(super) matched: Matched,
    pub(super) edges: Edges,
}

impl Reaches<'_> {
    /// The lines of the file that the part, of `parts`, is the new text of.
    pub(super) fn of(&self, part: &Part, parts: usize) -> Result<Span, Unplaced> {
        let told = |at: &usize| self.said.get(*at).is_some_and(|line| !line.is_empty());
        let known = |at: &usize| told(at) && self.place(*at).is_some();
        let ends = part.lines.clone().find(known).zip(part.lines.clone().rfind(known));
        let Some((head, tail)) = ends else { return self.beside_all(part, parts) };
        let (Some(start), Some(end)) = (self.place(head), self.place(tail)) else {
            return Err(unsure(part.line, "its place is not clear"));
        };
        let mut ends = vec![head, tail];
        ends.dedup();
        if let Some(line) = self.course.doubtful(&self.matched, &ends).first() {
            let why =
                if *line == head { "what it follows is not clear" } else { "where it ends is not clear" };
            return Err(unsure(part.line, why));
        }
        let start = self.start(part, head, start)?;
        let end = self.end(part, tail, end + 1)?;
        if end - start > part.lines.len() * STRETCH + STRETCH_FREE {
            return Err(unsure(part.line, "it would replace much more than it shows"));
        }
        Ok(Span::new(start, end))
    }

    fn place(&self, at: usize) -> Option<usize> {
        self.matched.lines.get(at).copied().flatten()
    }

    /// A part of which the file has nothing comes at the end of the file, or at its top, if there is
    /// where it stands.
    fn beside_all(&self, part: &Part, parts: usize) -> Result<Span, Unplaced> {
        match (&part.above, &part.below) {
            (Some(_), None) if part.lines.end == self.said.len() => {
                Ok(Span::new(self.own.len(), self.own.len()))
            }
            (None, Some(_)) if part.lines.start == 0 && parts == 1 => Ok(Span::new(0, 0)),
            _ => Err(unsure(part.line, "none of its lines is in the file")),
        }
    }

    /// The first line it reaches, when the first one it shares with the file stands at `at`.
    fn start(&self, part: &Part, head: usize, at: usize) -> Result<usize, Unplaced> {
        let is_first = part.lines.start == 0 && part.above.is_none();
        if is_first && (self.edges == Edges::File || at == 0) {
            return Ok(0);
        }
        if head == part.lines.start {
            return Ok(at);
        }
        let above = at.checked_sub(1).and_then(|at| self.own.get(at));
        let known = self.own.contains(&self.line(part.lines.start));
        if known || !self.shares_enough(part) || self.is_like(head.checked_sub(1), above) {
            return Err(unsure(part.line, "what it follows is not clear"));
        }
        Ok(at)
    }

    /// The line behind the last one it reaches, when the last one it shares is the one before `at`.
    fn end(&self, part: &Part, tail: usize, at: usize) -> Result<usize, Unplaced> {
        let is_last = part.lines.end == self.said.len() && part.below.is_none();
        if is_last && (self.edges == Edges::File || at == self.own.len()) {
            return Ok(self.own.len());
        }
        if tail + 1 == part.lines.end {
            return Ok(at);
        }
        if let Some(end) = self.block(part, tail, at) {
            return end.ok_or_else(|| unsure(part.line, "where it ends is not clear"));
        }
        let below = self.own.get(at);
        let known = self.own.contains(&self.line(part.lines.end - 1));
        if known || !self.shares_enough(part) || self.is_like(Some(tail + 1), below) {
            return Err(unsure(part.line, "what comes after it is not clear"));
        }
        Ok(at)
    }

    /// If the new lines at the end are the inside of a block that the last shared line opens, and the
    /// file has one there: the end of that, which they replace. The inner `None`: they may be only the
    /// first lines of it.
    fn block(&self, part: &Part, tail: usize, at: usize) -> Option<Option<usize>> {
        let depth = indent(self.said.get(tail)?).len();
        let deeper = |line: &&[u8]| line.is_empty() || indent(line).len() > depth;
        let new = self.said.get(tail + 1..part.lines.end)?;
        let inside = self.own.get(at..)?.iter().take_while(|line| deeper(line)).count();
        let blanks = self.own.get(at..at + inside)?.iter().rev().take_while(|line| line.is_empty()).count();
        if !new.iter().all(deeper) || inside == blanks {
            return None;
        }
        let whole = part.below.is_none_or(|marker| marker.indent <= depth && marker.blanks > 0);
        Some(whole.then_some(at + inside - blanks))
    }

    fn line(&self, at: usize) -> &[u8] {
        self.said.get(at).copied().unwrap_or_default()
    }

    /// Do the lines that the file has, too, tell enough for new ones beside them to have a place?
    fn shares_enough(&self, part: &Part) -> bool {
        let shared = part.lines.clone().filter(|at| self.place(*at).is_some());
        let lines: Vec<usize> = shared.filter_map(|at| self.said.get(at)).map(|line| told(line)).collect();
        lines.iter().sum::<usize>() >= TOLD
    }

    /// Is the new line much like the file's own, which it then may be, changed?
    fn is_like(&self, new: Option<usize>, own: Option<&&[u8]>) -> bool {
        let new = new.and_then(|at| self.said.get(at));
        new.zip(own).is_some_and(|(new, own)| likeness(new.trim_ascii(), own.trim_ascii()) > LIKE)
    }
}
