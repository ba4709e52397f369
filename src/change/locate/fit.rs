//! An edit laid on a place: which lines stay, go and come there, and what of the file's own is kept.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::align::{Alignment, How, Old};
use super::indent::indent;
use super::key::{Key, fold, loosen, told};
use super::{Kept, bare};
use crate::change::splice::Step;
use crate::change::{EditHunk, EditLine};
use crate::text::{LineEnding, Lines};

/// A place that fits.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub(super) start: usize,
    pub(super) len: usize,
    /// The edit's new lines as they have to stand here, when they differ from how it wrote them.
    pub(super) added: Option<Vec<Vec<u8>>>,
    /// How the lines lie over each other, when not one by one.
    pub(super) alignment: Option<Alignment>,
    /// All lines of the place become these, whatever lines the edit speaks of.
    pub(super) rewritten: Option<Vec<Vec<u8>>>,
}

/// For each old line of a hunk, what becomes of it, and whether something is inserted before it
/// without anything being removed there.
pub(super) fn shape(hunk: &EditHunk) -> (Vec<Old>, Vec<bool>) {
    let (mut old, mut inserts) = (Vec::new(), Vec::new());
    for run in runs(hunk) {
        let adds = run.iter().any(|line| matches!(line, EditLine::Add(_)));
        let mut inserting =
            adds && run.iter().all(|line| matches!(line, EditLine::Add(_) | EditLine::Keep(_)));
        for line in run {
            match line {
                EditLine::Add(_) => {}
                EditLine::Keep(_) => {
                    old.push(Old::Keep);
                    inserts.push(std::mem::take(&mut inserting));
                }
                EditLine::Remove(_) => {
                    old.push(Old::Remove);
                    inserts.push(false);
                }
            }
        }
    }
    (old, inserts)
}

/// The lines cut behind each kept one, so that each run of changes comes with the line below it.
fn runs(hunk: &EditHunk) -> impl Iterator<Item = &[EditLine]> {
    hunk.lines.split_inclusive(|line| matches!(line, EditLine::Keep(_)))
}

impl Fit {
    pub(super) fn plain(start: usize, len: usize) -> Self {
        Self { start, len, added: None, alignment: None, rewritten: None }
    }

    pub(super) fn rewritten(start: usize, len: usize, lines: Vec<Vec<u8>>) -> Self {
        Self { rewritten: Some(lines), ..Self::plain(start, len) }
    }

    /// `None` where it would be a guess on which side of a line that the edit lacks its change belongs,
    /// or where too little of the edit is there.
    pub(super) fn aligned(alignment: Alignment, hunk: &EditHunk, old: &[Old], body: &Lines) -> Option<Self> {
        let (_, inserts) = shape(hunk);
        let unsure = |at: usize| {
            let removes = |at: usize| old.get(at) == Some(&Old::Remove);
            inserts.get(at) == Some(&true)
                || at.checked_sub(1).is_some_and(|above| removes(above) && removes(at))
        };
        if alignment.pairs.iter().any(|pair| pair.edit.is_empty() && unsure(pair.edit.start)) {
            return None;
        }
        // Nor may a line that goes be missing, or a comment beside which something comes.
        let beside = |at: usize| inserts.get(at) == Some(&true) || inserts.get(at + 1) == Some(&true);
        let lost = |pair: &super::align::Pair, at: usize| {
            old.get(at) == Some(&Old::Remove) || pair.how == How::Comment && beside(at)
        };
        if alignment.pairs.iter().any(|p| p.file.is_empty() && p.edit.clone().any(|at| lost(p, at))) {
            return None;
        }
        if among_blanks(&alignment, hunk) {
            return None;
        }
        let same = alignment.pairs.iter().filter(|pair| matches!(pair.how, How::Same | How::Wrapped));
        let told: usize =
            same.flat_map(|pair| pair.file.clone()).filter_map(|at| body.text(at)).map(told).sum();
        let start = alignment.pairs.first()?.file.start;
        let end = alignment.pairs.last()?.file.end;
        let fit = Self { alignment: Some(alignment), ..Self::plain(start, end - start) };
        (told >= 8).then_some(fit)
    }

    pub(super) fn is_wrapped(&self) -> bool {
        self.alignment.as_ref().is_some_and(|a| a.pairs.iter().any(|pair| pair.how == How::Wrapped))
    }

    /// Lines of the edit, counted among its old ones, with the file's lines they stand for.
    pub(super) fn pairs(&self) -> Box<dyn Iterator<Item = (usize, usize)> + '_> {
        match &self.alignment {
            None => Box::new((0..self.len).map(|nth| (nth, self.start + nth))),
            Some(alignment) => {
                let both = alignment.pairs.iter().filter(|p| !p.edit.is_empty() && !p.file.is_empty());
                Box::new(both.map(|pair| (pair.edit.start, pair.file.start)))
            }
        }
    }

    /// What happens from the first line of the place on.
    pub(super) fn steps<'a>(&'a self, hunk: &'a EditHunk) -> Vec<Step<'a>> {
        if let Some(lines) = &self.rewritten {
            let gone = std::iter::repeat_n(Step::Remove, self.len);
            return gone.chain(lines.iter().map(|line| Step::Add(Cow::Borrowed(line)))).collect();
        }
        let mut added = self.added.iter().flatten();
        let mut new =
            |text: &'a str| Step::Add(Cow::Borrowed(added.next().map_or(bare(text), Vec::as_slice)));
        let Some(alignment) = &self.alignment else {
            let step = |line: &'a EditLine| match line {
                EditLine::Keep(_) => Step::Keep,
                EditLine::Remove(_) => Step::Remove,
                EditLine::Add(text) => new(text),
            };
            return hunk.lines.iter().map(step).collect();
        };
        let mut steps = Vec::new();
        let mut pairs = alignment.pairs.iter().peekable();
        let mut nth = 0;
        for run in runs(hunk) {
            while let Some(pair) = pairs.next_if(|pair| pair.edit.is_empty()) {
                steps.extend(pair.file.clone().map(|_| Step::Keep));
            }
            for line in run {
                let step = match line {
                    EditLine::Add(text) => {
                        steps.push(new(text));
                        continue;
                    }
                    EditLine::Keep(_) => Step::Keep,
                    EditLine::Remove(_) => Step::Remove,
                };
                while let Some(pair) = pairs.next_if(|pair| pair.edit.is_empty()) {
                    steps.extend(pair.file.clone().map(|_| Step::Keep));
                }
                if let Some(pair) = pairs.next_if(|pair| pair.edit.start == nth) {
                    steps.extend(pair.file.clone().map(|_| step.clone()));
                }
                nth += 1;
            }
        }
        steps
    }

    /// What of the file's own stays where the edit has another.
    pub(super) fn kept(&self, hunk: &EditHunk, body: &Lines) -> BTreeSet<Kept> {
        let mut kept = BTreeSet::new();
        if self.rewritten.is_some() {
            return kept;
        }
        let before: Vec<&str> = hunk.before().collect();
        for (edit, file) in self.pairs() {
            if let (Some(edit), Some(line)) = (before.get(edit), body.get(file)) {
                differences(edit, line, &mut kept);
            }
        }
        for pair in self.alignment.iter().flat_map(|alignment| &alignment.pairs) {
            match pair.how {
                How::Same => {}
                How::Blank if !pair.edit.is_empty() && !pair.file.is_empty() => {}
                How::Blank => drop(kept.insert(Kept::BlankLines)),
                How::Wrapped => drop(kept.insert(Kept::Wrapping)),
                How::Comment => drop(kept.insert(Kept::Comment)),
                How::Drifted => drop(kept.insert(Kept::Context)),
            }
        }
        kept
    }
}

/// Does something come between two of several blank lines, of which the file has fewer? Nobody can say
/// on which side of it the one too many is.
fn among_blanks(alignment: &Alignment, hunk: &EditHunk) -> bool {
    let dropped = |nth: usize| {
        let gone = |pair: &&super::align::Pair| pair.file.is_empty() && pair.how == How::Blank;
        alignment.pairs.iter().filter(gone).any(|pair| pair.edit.contains(&nth))
    };
    let (mut nth, mut blanks, mut any_gone, mut added, mut split) = (0, 0, false, false, false);
    for line in &hunk.lines {
        match line {
            EditLine::Add(_) => added = true,
            EditLine::Keep(text) if text.trim().is_empty() => {
                split |= added && blanks > 0;
                any_gone |= dropped(nth);
                (nth, blanks, added) = (nth + 1, blanks + 1, false);
            }
            EditLine::Keep(_) | EditLine::Remove(_) => {
                if split && any_gone {
                    return true;
                }
                (nth, blanks, any_gone, added, split) = (nth + 1, 0, false, false, false);
            }
        }
    }
    split && any_gone
}

/// In what two lines differ that stand for each other.
fn differences(edit: &str, line: &[u8], kept: &mut BTreeSet<Kept>) {
    let file = crate::text::trim_ending(line);
    if edit.ends_with('\r') != (LineEnding::of(line) == LineEnding::CrLf) {
        kept.insert(Kept::Eol);
    }
    let edit = bare(edit);
    if edit == file {
        return;
    }
    if edit.len() - edit.trim_ascii_end().len() != file.len() - file.trim_ascii_end().len() {
        kept.insert(Kept::TrailingBlanks);
    }
    let (one, other) = (fold(edit), fold(file));
    if (&*one, &*other) != (edit, file) && one != edit.to_vec() || other != file.to_vec() {
        kept.insert(Kept::Unicode);
    }
    if !one.trim_ascii().is_empty() && indent(&one) != indent(&other) {
        kept.insert(Kept::Indent);
    }
    if Key::Indent.of(edit) == Key::Indent.of(file) {
        return;
    }
    let quotes =
        |line: &[u8]| -> Vec<u8> { line.iter().copied().filter(|b| matches!(b, b'"' | b'\'')).collect() };
    if quotes(&one) != quotes(&other) {
        kept.insert(Kept::Quotes);
    }
    let (mut a, mut b) = (Vec::new(), Vec::new());
    loosen(edit, &mut a);
    loosen(file, &mut b);
    let blanks = |line: &[u8]| line.trim_ascii().iter().filter(|byte| byte.is_ascii_whitespace()).count();
    if a == b && blanks(&one) != blanks(&other) {
        kept.insert(Kept::InnerBlanks);
    }
}
