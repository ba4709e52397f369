//! One hunk of a unified diff: its header, whose numbers are only hints, and its lines.

use super::{Kept, Line};
use crate::change::{EditHunk, EditLine, Quote};

/// Is the line a hunk header?
pub fn is_hunk(text: &str) -> bool {
    text == "@@" || text.starts_with("@@ ") || text.starts_with("@@-")
}

/// Is it one with a line number?
pub fn is_numbered_hunk(text: &str) -> bool {
    is_hunk(text) && Header::read(text).old.is_some()
}

/// `@@ -10,3 +12,4 @@ fn main() {`.
#[derive(Debug, Default, PartialEq)]
struct Header {
    /// Line and count.
    old: Option<(usize, usize)>,
    new: Option<(usize, usize)>,
    text: Option<String>,
}

impl Header {
    fn read(line: &str) -> Self {
        let rest = line.trim_start_matches('@').trim();
        let (ranges, text) = rest.split_once("@@").map_or((rest, ""), |(ranges, text)| (ranges, text.trim()));
        let (mut old, mut new) = (None, None);
        let mut named = Vec::new();
        for word in ranges.split_whitespace() {
            match (word.strip_prefix('-').and_then(range), word.strip_prefix('+').and_then(range)) {
                (Some(range), _) if old.is_none() => old = Some(range),
                (_, Some(range)) if new.is_none() => new = Some(range),
                _ => named.push(word),
            }
        }
        let named = named.join(" ");
        let text = if text.is_empty() && !matches!(named.as_str(), "..." | "…") { &named } else { text };
        Self { old, new, text: Some(text.to_owned()).filter(|text| !text.is_empty()) }
    }

    /// One-based line of the hunk's first line; a range without lines stands *after* its line.
    fn hint(&self) -> Option<usize> {
        self.old
            .map(|(line, count)| if count == 0 { line.saturating_add(1) } else { line })
            .filter(|n| *n > 0)
    }
}

fn range(text: &str) -> Option<(usize, usize)> {
    let (line, count) = text.split_once(',').unwrap_or((text, "1"));
    Some((line.parse().ok()?, count.parse().ok()?))
}

/// What a line's first character says of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Mark {
    Keep,
    Remove,
    Add,
}

/// An open hunk.
#[derive(Debug)]
pub struct Hunk {
    opened: Kept,
    header: Header,
    /// Each line with its mark still on.
    lines: Vec<(Mark, String)>,
    /// Blank lines that are context if more lines follow.
    blanks: usize,
    /// How many lines have come: of the old text, of the new one.
    seen: (usize, usize),
    /// Context came without its leading blank.
    bare: bool,
    at_eof: bool,
}

impl Hunk {
    /// `line` is its header, or its first line, if it has none.
    pub fn open(line: Line<'_>) -> Self {
        let text = line.text();
        Self {
            opened: line.kept(),
            header: if is_hunk(text) { Header::read(text) } else { Header::default() },
            lines: Vec::new(),
            blanks: 0,
            seen: (0, 0),
            bare: false,
            at_eof: false,
        }
    }

    /// The line of its header.
    pub fn opened(&self) -> &Kept {
        &self.opened
    }

    /// Takes another header right below the first one: a place inside of what that one names.
    pub fn nest(&mut self, line: Line<'_>) {
        let inner = Header::read(line.text());
        self.header.old = inner.old.or(self.header.old);
        self.header.new = inner.new.or(self.header.new);
        self.header.text = match (self.header.text.take(), inner.text) {
            (Some(outer), Some(inner)) => Some(format!("{outer}\n{inner}")),
            (outer, inner) => outer.or(inner),
        };
    }

    /// Has no line come yet?
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.blanks == 0
    }

    /// Takes a blank line: context if more lines follow.
    pub fn push_blank(&mut self) {
        self.blanks += 1;
    }

    /// Takes a line with its mark still on.
    pub fn push(&mut self, mark: Mark, text: &str) {
        self.keep_blanks(usize::MAX);
        self.count(mark);
        self.lines.push((mark, text.to_owned()));
    }

    /// Takes a line of context that came without its leading blank.
    pub fn push_bare(&mut self, text: &str) {
        self.bare = true;
        self.push(Mark::Keep, text);
    }

    /// The line before is the last one of its file.
    pub fn ends_file(&mut self) {
        self.at_eof = true;
    }

    /// May a line without a mark be of this hunk, outside of a fence? Not after its last line.
    pub fn wants_more(&self) -> bool {
        self.promised().0 > 0 || self.blanks == 0 && !self.is_full()
    }

    fn count(&mut self, mark: Mark) {
        self.seen.0 += usize::from(mark != Mark::Add);
        self.seen.1 += usize::from(mark != Mark::Remove);
    }

    fn keep_blanks(&mut self, most: usize) {
        for _ in 0..self.blanks.min(most) {
            self.blanks -= 1;
            self.count(Mark::Keep);
            self.lines.push((Mark::Keep, " ".to_owned()));
        }
    }

    /// How many lines its header still promises: (old, new).
    pub fn promised(&self) -> (usize, usize) {
        let left =
            |range: Option<(usize, usize)>, seen| range.map_or(0, |(_, count)| count.saturating_sub(seen));
        (left(self.header.old, self.seen.0), left(self.header.new, self.seen.1))
    }

    /// Has every line come that the header promises?
    pub fn is_full(&self) -> bool {
        self.header.old.is_some() && self.promised() == (0, 0)
    }

    /// May the reply end here? Not while the header promises more.
    pub fn may_end(&self) -> bool {
        let (old, new) = self.promised();
        old.max(new) <= self.blanks
    }

    /// The hunk in each way it can be read, likeliest first. Trailing blank lines are context only as
    /// far as the header promises more.
    pub fn close(mut self) -> (Kept, Vec<EditHunk>) {
        let (old, _) = self.promised();
        self.keep_blanks(old);
        let mut readings = if self.may_have_lost_blanks() {
            vec![self.reading(Context::Bare), self.reading(Context::Marked)]
        } else {
            vec![self.reading(Context::Marked)]
        };
        if !self.bare {
            readings.reverse();
        }
        readings.dedup();
        (self.opened, readings)
    }

    /// Context lines may have lost their first blank: one did for sure, or their indentation is odd
    /// once it is taken off, and that of the changed lines is not.
    fn may_have_lost_blanks(&self) -> bool {
        let odd = |text: &str| {
            let body = text.get(1..).unwrap_or_default();
            let blanks = body.len() - body.trim_start_matches(' ').len();
            // The lines of a block comment stand one blank deeper (` * text`).
            let stars = usize::from(body.trim_start().starts_with('*'));
            (!body.trim().is_empty()).then_some((blanks + stars) % 2 == 1)
        };
        let all_odd = |context: bool| {
            let lines = self.lines.iter().filter(|(mark, _)| (*mark == Mark::Keep) == context);
            let mut odds = lines.filter_map(|(_, text)| odd(text)).peekable();
            odds.peek().is_some().then(|| odds.all(|odd| odd))
        };
        self.bare || (all_odd(true) == Some(true) && all_odd(false) != Some(true))
    }

    fn reading(&self, context: Context) -> EditHunk {
        let lines = self.lines.iter().map(|(mark, text)| match (mark, context) {
            (Mark::Keep, Context::Bare) if text != " " => EditLine::Keep(text.clone()),
            (Mark::Keep, _) => EditLine::Keep(text.strip_prefix(' ').unwrap_or(text).to_owned()),
            (Mark::Remove, _) => EditLine::Remove(unmarked(text)),
            (Mark::Add, _) => EditLine::Add(unmarked(text)),
        });
        EditHunk {
            lines: lines.collect(),
            hint: self.header.hint(),
            header: self.header.text.clone(),
            at_eof: self.at_eof,
            quote: Quote::Lines,
        }
    }
}

/// How the lines of context are taken.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    /// Their first blank is a mark.
    Marked,
    /// They lost it: all of it is text.
    Bare,
}

fn unmarked(text: &str) -> String {
    text.get(1..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_with_and_without_numbers() {
        let read = |text| {
            let header = Header::read(text);
            (header.hint(), header.text)
        };
        assert_eq!(read("@@ -10,3 +12,4 @@ fn main() {"), (Some(10), Some("fn main() {".into())));
        assert_eq!(read("@@ -7 +7 @@"), (Some(7), None));
        assert_eq!(read("@@ -0,0 +1,5 @@"), (Some(1), None));
        assert_eq!(read("@@ -4,0 +5 @@"), (Some(5), None));
        assert_eq!(read("@@"), (None, None));
        assert_eq!(read("@@ ... @@"), (None, None));
        assert_eq!(read("@@ class A"), (None, Some("class A".into())));
        assert_eq!(read("@@ def f(x): @@"), (None, Some("def f(x):".into())));
        assert_eq!(read("@@ -99999999999999999999,1 +1 @@").0, None);
    }
}
