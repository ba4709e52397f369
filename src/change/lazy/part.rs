//! One part of a snippet, between two markers: where it stands and what it makes of the lines there.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::change::locate::{Kept, Reindent, Unplaced, indent_unit, likeness};
use crate::change::splice::Step;
use crate::text::diff::changes;
use crate::text::{Lines, Span};

/// Letters and digits an anchor has to have to name a place.
const TOLD: usize = 5;

/// Lines of a snippet without a marker among them.
pub(super) struct Part<'a> {
    lines: Vec<&'a str>,
    /// One-based line of the snippet it begins at.
    line: usize,
    /// Is code left out above it, or below?
    marked_above: bool,
    marked_below: bool,
}

/// The lines of the file that a part is the new text of, and its lines as they stand there.
pub(super) struct Anchor {
    pub(super) span: Span,
    lines: Vec<Vec<u8>>,
    reindented: bool,
}

impl<'a> Part<'a> {
    /// `None` when there are only blank lines in it.
    pub(super) fn of(
        lines: &[&'a str],
        range: Range<usize>,
        marked_above: bool,
        marked_below: bool,
    ) -> Option<Self> {
        let told = |at: &usize| lines.get(*at).is_some_and(|line| !line.trim().is_empty());
        let first = range.clone().find(told)?;
        let last = range.rev().find(told)?;
        let lines = lines.get(first..=last)?.to_vec();
        Some(Self { lines, line: first + 1, marked_above, marked_below })
    }

    /// The lines of `body`, inside `within`, that the part is about.
    pub(super) fn anchor(&self, body: &Lines, within: Span, last: bool) -> Result<Anchor, Unplaced> {
        let exact = self.span(body, within, last, <[u8]>::trim_ascii_end);
        let loose = || self.span(body, within, last, <[u8]>::trim_ascii);
        let as_it_is = |span: Span| Anchor { span, lines: self.bytes(), reindented: false };
        match exact {
            Ok(span) if self.fits(body, span) => Ok(as_it_is(span)),
            Ok(_) | Err(_) => {
                let span = loose()?;
                let lines =
                    self.reindented(body, span).ok_or(self.unsure("its indentation cannot be told"))?;
                Ok(Anchor { span, lines, reindented: true })
            }
        }
    }

    /// Are most of the lines that the part shares with the file indented as they are there?
    fn fits(&self, body: &Lines, span: Span) -> bool {
        let own: BTreeSet<&[u8]> =
            span.as_range().filter_map(|at| body.text(at)).map(<[u8]>::trim_ascii_end).collect();
        let bare: BTreeSet<&[u8]> = own.iter().map(|line| line.trim_ascii_start()).collect();
        let told = || self.lines.iter().map(|line| line.as_bytes()).filter(|line| told(line) >= TOLD);
        let same = told().filter(|line| own.contains(line.trim_ascii_end())).count();
        let alike = told().filter(|line| bare.contains(line.trim_ascii())).count();
        same * 10 >= alike * 8
    }

    fn bytes(&self) -> Vec<Vec<u8>> {
        self.lines.iter().map(|line| line.as_bytes().to_vec()).collect()
    }

    fn unsure(&self, why: &'static str) -> Unplaced {
        Unplaced::Unexpanded { line: self.line, why }
    }

    /// From the first to the last anchored line, compared by `key`.
    fn span(
        &self,
        body: &Lines,
        within: Span,
        last: bool,
        key: impl Fn(&[u8]) -> &[u8] + Copy,
    ) -> Result<Span, Unplaced> {
        let own: Vec<&[u8]> = within.as_range().filter_map(|at| body.text(at)).map(key).collect();
        let said: Vec<&[u8]> = self.lines.iter().map(|line| key(line.as_bytes())).collect();
        let top = !self.marked_above && within.start() == 0;
        let end = !self.marked_below && last;
        let above = prefix(&said, &own, top).ok_or(self.unsure("what it follows is not clear"))?;
        let said_back: Vec<&[u8]> = said.iter().rev().copied().collect();
        let own_back: Vec<&[u8]> = own.iter().rev().copied().collect();
        let below =
            prefix(&said_back, &own_back, end).ok_or(self.unsure("what comes after it is not clear"))?;
        let (start, end) = (above.at, own.len() - below.at);
        if start >= end {
            return Err(self.unsure("its lines stand in another order in the file"));
        }
        // A new line at the edge that is much like the file's own line there may stand for it.
        let drifted = |new: usize, said: &[&[u8]], own: Option<&&[u8]>| {
            new > 0 && said.get(new - 1).zip(own).is_some_and(|(said, own)| likeness(said, own) > 0.5)
        };
        let outer_above = start.checked_sub(1).and_then(|at| own.get(at));
        if drifted(above.new, &said, outer_above) || drifted(below.new, &said_back, own.get(end)) {
            return Err(self.unsure("a line at its edge is neither old nor new"));
        }
        Ok(Span::new(within.start() + start, within.start() + end))
    }

    /// The lines with the indentation of the file, learnt from those that stand once in both.
    fn reindented(&self, body: &Lines, span: Span) -> Option<Vec<Vec<u8>>> {
        let own: Vec<&[u8]> = span.as_range().filter_map(|at| body.text(at)).collect();
        let said: Vec<&[u8]> = self.lines.iter().map(|line| line.as_bytes()).collect();
        let (once, there) = (single(&said), single(&own));
        let pairs = once.iter().filter_map(|(key, at)| Some((*said.get(*at)?, *own.get(*there.get(key)?)?)));
        let unit = indent_unit(body);
        let map = Reindent::learn(pairs, said.iter().copied(), &unit)?;
        said.iter().map(|line| map.apply(line)).collect()
    }

    /// What becomes of the lines of the place.
    pub(super) fn steps(
        &self,
        anchor: &Anchor,
        body: &Lines,
        kept: &mut BTreeSet<Kept>,
    ) -> Vec<Step<'static>> {
        let trimmed = |lines: &mut dyn Iterator<Item = &[u8]>| -> Lines {
            let text: Vec<u8> = lines.flat_map(|line| [line.trim_ascii_end(), b"\n"].concat()).collect();
            Lines::new(text)
        };
        let own = trimmed(&mut anchor.span.as_range().filter_map(|at| body.text(at)));
        let new = trimmed(&mut anchor.lines.iter().map(Vec::as_slice));
        if anchor.reindented {
            kept.insert(Kept::Indent);
        }
        let mut steps = Vec::new();
        let mut at = 0;
        for change in changes(&own, &new) {
            steps.extend((at..change.old.start()).map(|_| Step::Keep));
            steps.extend(change.old.as_range().map(|_| Step::Remove));
            let added = anchor.lines.get(change.new.as_range()).unwrap_or_default();
            steps.extend(added.iter().map(|line| Step::Add(Cow::Owned(line.clone()))));
            at = change.old.end();
        }
        steps.extend((at..own.len()).map(|_| Step::Keep));
        steps
    }
}

/// Where the lines of a part begin in the file.
struct Edge {
    at: usize,
    /// Lines of the part before it that the file does not have.
    new: usize,
}

/// The one place of `own` at which the first lines of `said` stand; as few of them as are enough.
/// `first`: where they stand at the very beginning too, that is what is meant.
fn prefix(said: &[&[u8]], own: &[&[u8]], first: bool) -> Option<Edge> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, line) in own.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        places.entry(line).or_default().push(at);
    }
    let new = said.iter().position(|line| places.contains_key(line))?;
    let mut found = places.remove(said.get(new)?)?;
    let mut weight = said.get(new).map_or(0, |line| told(line));
    let mut len = 1;
    while found.len() > 1 || weight < TOLD {
        let next = said.get(new + len)?;
        let longer: Vec<usize> = found.iter().copied().filter(|at| own.get(at + len) == Some(next)).collect();
        if longer.is_empty() {
            return (first && new == 0 && found.first() == Some(&0)).then_some(Edge { at: 0, new: 0 });
        }
        found = longer;
        weight += told(next);
        len += 1;
    }
    found.first().map(|at| Edge { at: *at, new })
}

/// Lines that stand once, without their indentation, and where.
fn single<'a>(lines: &[&'a [u8]]) -> HashMap<&'a [u8], usize> {
    let mut seen: HashMap<&[u8], Option<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| told(line) > 1) {
        seen.entry(line.trim_ascii()).and_modify(|known| *known = None).or_insert(Some(at));
    }
    seen.into_iter().filter_map(|(line, at)| Some((line, at?))).collect()
}

/// Letters and digits in a line.
fn told(line: &[u8]) -> usize {
    line.iter().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).count()
}
