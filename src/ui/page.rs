//! A page to read and scroll: help, the context of a request, a whole answer, the journal.

use super::theme::Paint;
use crate::text::safe;

/// Which page is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Help,
    Context,
    Answer,
    Journal,
}

/// Lines that are ready to be drawn: every foreign text in them has been made printable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    pub kind: Kind,
    pub title: String,
    lines: Vec<(Paint, String)>,
    pub top: usize,
}

impl Page {
    pub fn new(kind: Kind, title: impl Into<String>) -> Self {
        Self { kind, title: title.into(), lines: Vec::new(), top: 0 }
    }

    /// Adds a foreign text, line by line.
    pub fn text(&mut self, paint: Paint, text: &str) -> &mut Self {
        self.lines.extend(text.lines().map(|line| (paint, safe::line(line))));
        self
    }

    /// Adds an empty line.
    pub fn gap(&mut self) -> &mut Self {
        self.lines.push((Paint::Text, String::new()));
        self
    }

    pub fn lines(&self) -> &[(Paint, String)] {
        &self.lines
    }

    /// Moves the window by `by` lines; the last line stays in sight.
    pub fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by).min(self.lines.len().saturating_sub(1));
    }
}
