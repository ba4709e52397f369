//! Reads an output as it comes, in pieces of any size: lines of any form it knows become problems, the rest is
//! passed over, its end kept for people to read.

use std::collections::VecDeque;

use super::generic::{self, Stylish};
use super::rustc::Human;
use super::trace::Stack;
use super::{Raw, Severity, ansi, clipped, json};

/// Longest line that is read, in bytes: messages as JSON hold the lines they are about.
const LINE: usize = 1 << 20;

/// Most problems that are kept before they are sorted.
const MOST: usize = 4_000;

/// Lines at the end of the output that are kept, and how much of each, in bytes.
const TAIL: usize = 40;
const TAIL_LINE: usize = 400;

/// What has been found.
#[derive(Default, Debug)]
pub struct Found {
    list: Vec<Raw>,
    more: usize,
}

impl Found {
    pub fn push(&mut self, raw: Raw) {
        if self.list.len() < MOST {
            self.list.push(raw);
            return;
        }
        self.more += 1;
        // Errors count for more than what is only said, also when they come late.
        if raw.severity == Severity::Error
            && let Some(other) = self.list.iter_mut().rev().find(|one| one.severity != Severity::Error)
        {
            *other = raw;
        }
    }

    pub fn last_mut(&mut self) -> Option<&mut Raw> {
        self.list.last_mut()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Raw> {
        self.list.iter_mut()
    }
}

/// Reads an output. [`Reader::push`] takes pieces, [`Reader::end`] gives what there is.
#[derive(Default, Debug)]
pub struct Reader {
    /// The line that has begun.
    line: Vec<u8>,
    found: Found,
    human: Human,
    stack: Stack,
    stylish: Stylish,
    tail: VecDeque<String>,
}

/// What was read: problems whose files are names still, and the last lines.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Output {
    pub(super) raw: Vec<Raw>,
    pub(super) more: usize,
    pub(super) tail: Vec<String>,
}

impl Reader {
    /// The next piece of the output.
    pub fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE.saturating_sub(self.line.len());
            let (body, ended) = match piece.split_last() {
                Some((b'\n', body)) => (body, true),
                _ => (piece, false),
            };
            self.line.extend_from_slice(body.get(..room.min(body.len())).unwrap_or_default());
            if ended {
                self.take_line();
            }
        }
    }

    fn take_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = ansi::plain(&text);
        self.read(&text);
        let Self { tail, .. } = self;
        if !text.trim().is_empty() && !text.starts_with('{') {
            if tail.len() == TAIL {
                tail.pop_front();
            }
            tail.push_back(clipped(&text, TAIL_LINE));
        }
        // The room is kept for the next line.
        self.line = line;
        self.line.clear();
    }

    fn read(&mut self, text: &str) {
        if text.starts_with('{')
            && let Some(raw) = json::line(text)
        {
            return self.found.push(raw);
        }
        if self.human.line(text, &mut self.found) || self.stack.line(text, &mut self.found) {
            return;
        }
        let one = self.stylish.line(text).or_else(|| generic::line(text));
        if let Some(raw) = one {
            let raw = self.stack.blame(raw);
            self.found.push(raw);
        }
    }

    /// How many problems were read so far, whether or not their files are here.
    pub fn count(&self) -> usize {
        self.found.list.len() + self.found.more
    }

    /// What was read so far.
    pub fn so_far(&self) -> Output {
        let Found { list, more } = &self.found;
        Output { raw: list.clone(), more: *more, tail: self.tail.iter().cloned().collect() }
    }

    /// No more comes.
    pub fn end(mut self) -> Output {
        if !self.line.is_empty() {
            self.take_line();
        }
        self.stack.end(&mut self.found);
        let Found { list, more } = self.found;
        Output { raw: list, more, tail: self.tail.into() }
    }
}
