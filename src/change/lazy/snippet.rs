//! A snippet as it was written: parts of the file's new text, and markers between them that stand for
//! code left out.

use std::ops::Range;

use super::depth::Depths;
use super::pins::Pins;
use crate::change::locate::indent;
use crate::change::placeholder::is_marker;
use crate::text::Lines;

/// A snippet's lines without its markers, with the indentation of the file.
pub(super) struct Snippet {
    pub(super) lines: Vec<Vec<u8>>,
    pub(super) parts: Vec<Part>,
    pub(super) reindented: bool,
}

/// Lines between two markers, blank ones at their edges left out.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Part {
    /// Among the lines of the snippet.
    pub(super) lines: Range<usize>,
    /// One-based line of the snippet as it was written.
    pub(super) line: usize,
    /// Code is left out above it, and below.
    pub(super) above: Option<Marker>,
    pub(super) below: Option<Marker>,
    pub(super) pins: Pins,
}

/// A line that stands for code left out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Marker {
    /// Blanks in front of it.
    pub(super) indent: usize,
    /// Blank lines between it and the part.
    pub(super) blanks: usize,
}

/// Why a snippet cannot be read.
#[derive(Debug)]
pub(super) struct NoIndent {
    pub(super) line: usize,
}

impl Snippet {
    /// A line that `body` has itself is code, even if it looks like a marker.
    pub(super) fn read(text: &str, body: &Lines) -> Result<Self, NoIndent> {
        let said: Vec<&str> = text.lines().collect();
        let own = |line: &str| body.iter().any(|own| own.trim_ascii() == line.trim().as_bytes());
        let marks: Vec<usize> = said
            .iter()
            .enumerate()
            .filter(|(_, line)| is_marker(line) && !own(line))
            .map(|(at, _)| at)
            .collect();
        let mut snippet = Self { lines: Vec::new(), parts: Vec::new(), reindented: false };
        let mut depths = Depths::of(body);
        let mut from = 0_usize;
        for to in marks.iter().copied().chain([said.len()]) {
            let above = from.checked_sub(1).and_then(|mark| said.get(mark));
            snippet.take(&said, from..to, above, said.get(to), &mut depths)?;
            from = to + 1;
        }
        Ok(snippet)
    }

    fn take(
        &mut self,
        said: &[&str],
        range: Range<usize>,
        above: Option<&&str>,
        below: Option<&&str>,
        depths: &mut Depths<'_>,
    ) -> Result<(), NoIndent> {
        let told = |at: &usize| said.get(*at).is_some_and(|line| !line.trim().is_empty());
        let (Some(first), Some(last)) = (range.clone().find(told), range.clone().rfind(told)) else {
            return Ok(());
        };
        let marker = |line: Option<&&str>, blanks| {
            line.map(|line| Marker { indent: indent(line.as_bytes()).len(), blanks })
        };
        let lines: Vec<&[u8]> =
            said.get(first..=last).unwrap_or_default().iter().map(|line| line.as_bytes()).collect();
        let from = self.lines.len();
        let above_ends = self.parts.last().and_then(|part| part.pins.tail).map_or(0, |tail| tail + 1);
        let (settled, mut pins) = depths.settled(&lines, above_ends).ok_or(NoIndent { line: first + 1 })?;
        // Nothing says that the part ends at its tail's place when it tells of lines further down.
        pins.tail = pins.tail.filter(|tail| below.is_some() || !depths.reach_beyond(&settled, *tail));
        self.reindented |= settled.iter().zip(&lines).any(|(now, said)| now != said);
        self.lines.extend(settled);
        self.parts.push(Part {
            lines: from..self.lines.len(),
            line: first + 1,
            above: marker(above, first - range.start),
            below: marker(below, range.end - 1 - last),
            pins,
        });
        Ok(())
    }

    /// Lines of the snippet that stand in one place of the file, with that.
    pub(super) fn pins(&self) -> Vec<(usize, usize)> {
        let of = |part: &Part| {
            let head = part.pins.head.map(|own| (part.lines.start, own));
            head.into_iter().chain(part.pins.tail.map(|own| (part.lines.end - 1, own)))
        };
        self.parts.iter().flat_map(of).collect()
    }

    /// Where code may be left out: before each line, and behind the last. `open`: also above the
    /// first and below the last when no marker says so.
    pub(super) fn gaps(&self, open: bool) -> Vec<bool> {
        let mut gaps = vec![false; self.lines.len() + 1];
        for part in &self.parts {
            if let Some(gap) = gaps.get_mut(part.lines.start) {
                *gap |= part.above.is_some() || open && part.lines.start == 0;
            }
            if let Some(gap) = gaps.get_mut(part.lines.end) {
                *gap |= part.below.is_some() || open && part.lines.end == self.lines.len();
            }
        }
        gaps
    }
}
