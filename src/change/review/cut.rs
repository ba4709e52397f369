//! Hunks made smaller, or other, by the person who reviews: cut into parts that are decided apart,
//! edited by hand, replaced by a revision. Whatever is done to a hunk, it changes no line that the
//! whole hunk did not claim; all of it can be taken back like a verdict.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::{Purpose, Review};
use crate::change::history::Step;
use crate::change::{FileOp, Hunk, HunkId, Verdict};
use crate::text::diff::{Change, changes};
use crate::text::{Lines, RepoPath, Span};

/// Hunks of more lines are shown as removed and added lines only: their inner order would cost more
/// than it tells.
const SHAPED: usize = 4_000;

/// Why a hunk stays as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Uncut {
    #[error("there is no such hunk any more")]
    NoHunk,
    #[error("a file that comes or goes is decided as a whole; `e` edits its lines")]
    Whole,
    #[error("it is one change already; `v` picks lines of it")]
    Smallest,
    #[error("the file changed at this place; reject the hunk, or ask again")]
    Conflict,
    #[error("another hunk stands in these lines; decide that one and land, or reject this one")]
    Crowded,
    #[error("these lines are in the file already; `q` goes to the editor")]
    Made,
    /// Half of it would glue two lines together.
    #[error("the file ends here without a newline, before or after; decide these lines together")]
    NoNewline,
}

impl Review {
    /// The changes inside a hunk, in order, with common lines between them. Lines are counted from
    /// the hunk's first: old ones in what it replaces, new ones in what comes.
    pub fn parts(&self, hunk: &Hunk) -> Cow<'_, [Change]> {
        match self.shapes.get(&hunk.id) {
            Some(parts) => Cow::Borrowed(parts),
            None => Cow::Owned(vec![one_part(hunk.replaces.len(), hunk.with.len())]),
        }
    }

    /// Lines that go and lines that come, those between them not counted.
    pub fn weight(&self, hunk: &Hunk) -> usize {
        match self.shapes.get(&hunk.id) {
            Some(parts) => parts.iter().map(|part| part.old.len() + part.new.len()).sum(),
            None => hunk.replaces.len() + hunk.with.len(),
        }
    }

    /// The changed lines of a hunk as they are read: of each part the old ones, then the new ones.
    pub fn atom(&self, hunk: &Hunk, nth: usize) -> Option<Atom> {
        let mut left = nth;
        for part in self.parts(hunk).iter() {
            if left < part.old.len() {
                return Some(Atom::Old(part.old.start() + left));
            }
            left -= part.old.len();
            if left < part.new.len() {
                return Some(Atom::New { line: part.new.start() + left, before: part.old.end() });
            }
            left -= part.new.len();
        }
        None
    }

    /// Which of [`Review::atom`]s a line is: an old one of the hunk, or else one that comes. `None`: the
    /// line stays as it is.
    pub fn nth_atom(&self, hunk: &Hunk, old: bool, line: usize) -> Option<usize> {
        let mut before = 0;
        for part in self.parts(hunk).iter() {
            let (span, skip) = if old { (part.old, 0) } else { (part.new, part.old.len()) };
            if span.as_range().contains(&line) {
                return Some(before + skip + line - span.start());
            }
            before += part.old.len() + part.new.len();
        }
        None
    }

    /// Cuts a hunk into its smallest independent parts: changes with a common line between them.
    ///
    /// # Errors
    /// Why it stays whole.
    pub fn split(&mut self, id: HunkId) -> Result<Vec<HunkId>, Uncut> {
        let hunk = self.to_be_cut(id)?;
        let sizes = self.parts(hunk).iter().map(|part| part.old.len() + part.new.len()).collect::<Vec<_>>();
        let mut at = 0;
        let borders: Vec<usize> = sizes
            .iter()
            .map(|size| {
                at += size;
                at
            })
            .collect();
        if sizes.len() < 2 {
            return Err(Uncut::Smallest);
        }
        let before = self.file_hunks(id)?;
        let ids = self.cut(id, &borders)?;
        self.history.record(before);
        Ok(ids)
    }

    /// Cuts lines out of a hunk and gives them a verdict of their own, as one step. `lines` counts the
    /// hunk's lines as they are read: of each of its parts the old ones, then the new ones.
    ///
    /// # Errors
    /// Why nothing was done.
    pub fn pick(&mut self, id: HunkId, lines: Range<usize>, verdict: Verdict) -> Result<HunkId, Uncut> {
        let total = self.weight(self.to_be_cut(id)?);
        if lines.is_empty() || lines.start >= total {
            return Err(Uncut::NoHunk);
        }
        if self.glues(id, &lines) {
            return Err(Uncut::NoNewline);
        }
        let before = self.file_hunks(id)?;
        let picked = if lines.start == 0 && lines.end >= total {
            id
        } else {
            let nth = usize::from(lines.start > 0);
            let ids = self.cut(id, &[lines.start, lines.end.min(total)])?;
            *ids.get(nth).ok_or(Uncut::NoHunk)?
        };
        self.hunks.iter_mut().filter(|hunk| hunk.id == picked).for_each(|hunk| hunk.verdict = verdict);
        self.history.record(before);
        Ok(picked)
    }

    /// Other lines in the place of those that would come. The verdict is given anew. What ends in the
    /// middle of a file ends in a newline.
    ///
    /// # Errors
    /// Why nothing was done.
    pub fn rewrite(&mut self, id: HunkId, with: &Lines, by: Author) -> Result<(), Uncut> {
        let hunk = self.hunk(id).ok_or(Uncut::NoHunk)?;
        if self.purpose != Purpose::Propose {
            return Err(Uncut::Made);
        }
        if hunk.op == FileOp::Delete {
            return Err(Uncut::Whole);
        }
        if !hunk.is_good() {
            return Err(Uncut::Conflict);
        }
        let base = self.bases.get(&hunk.path).and_then(|base| base.text.clone()).unwrap_or_else(|| "".into());
        let ends_the_file = hunk.op == FileOp::Create || hunk.replaces.end() >= base.len();
        let with = if ends_the_file { with.clone() } else { ended(with, &hunk.with) };
        let same = hunk.op == FileOp::Update && base.slice(hunk.replaces) == with.bytes();
        let before = self.file_hunks(id)?;
        self.history.record(before);
        self.shape(id, &base, &with);
        for hunk in self.hunks.iter_mut().filter(|hunk| hunk.id == id) {
            hunk.with = with.clone();
            hunk.verdict = if same { Verdict::Rejected } else { Verdict::Undecided };
        }
        let note = self.notes.entry(id).or_default();
        match by {
            Author::Person => note.by_hand = true,
            Author::Model => {
                note.revised += 1;
                note.comment = None;
            }
        }
        Ok(())
    }

    /// What a hunk is remembered by beside its verdict.
    pub fn note(&self, id: HunkId) -> Option<&Note> {
        self.notes.get(&id)
    }

    /// Sets or takes away the comment on a hunk.
    pub fn comment(&mut self, id: HunkId, words: Option<String>) {
        if self.hunk(id).is_some() {
            self.notes.entry(id).or_default().comment = words.filter(|words| !words.trim().is_empty());
        }
    }

    /// Hunks with a comment, and the comment.
    pub fn comments(&self) -> impl Iterator<Item = (&Hunk, &str)> {
        self.hunks.iter().filter_map(|hunk| Some((hunk, self.notes.get(&hunk.id)?.comment.as_deref()?)))
    }

    /// Remembers what is inside of a hunk.
    pub(in crate::change) fn shape(&mut self, id: HunkId, base: &Lines, with: &Lines) {
        let Some(hunk) = self.hunk(id) else { return };
        match parts(base, hunk.replaces, with) {
            Some(parts) => self.shapes.insert(id, parts),
            None => self.shapes.remove(&id),
        };
    }

    fn to_be_cut(&self, id: HunkId) -> Result<&Hunk, Uncut> {
        let hunk = self.hunk(id).ok_or(Uncut::NoHunk)?;
        match hunk.op {
            _ if !hunk.is_good() => Err(Uncut::Conflict),
            FileOp::Create | FileOp::Delete => Err(Uncut::Whole),
            FileOp::Update => Ok(hunk),
        }
    }

    /// Would a border of `lines` lie inside of the change that a last line without newline is in?
    fn glues(&self, id: HunkId, lines: &Range<usize>) -> bool {
        let Some(hunk) = self.hunk(id) else { return false };
        let base = self.bases.get(&hunk.path).and_then(|base| base.text.as_ref());
        let old = base.map_or(&[][..], |base| base.slice(hunk.replaces));
        let open = |text: &[u8]| text.last().is_some_and(|byte| *byte != b'\n');
        if !open(old) && !open(hunk.with.bytes()) {
            return false;
        }
        let total = self.weight(hunk);
        let last = self.parts(hunk).last().map_or(total, |part| part.old.len() + part.new.len());
        let inside = |border: usize| border > total.saturating_sub(last) && border < total;
        inside(lines.start) || inside(lines.end)
    }

    /// All hunks of the hunk's file, to be brought back.
    pub(super) fn file_hunks(&self, id: HunkId) -> Result<Step, Uncut> {
        let path = self.hunk(id).ok_or(Uncut::NoHunk)?.path.clone();
        let hunks = self.of_file(&path).cloned().collect();
        Ok(Step::Shape(path, hunks))
    }

    /// Puts smaller hunks in the place of one, borders before these lines. What is not new of them,
    /// reason, verdict and all, is the whole's.
    fn cut(&mut self, id: HunkId, borders: &[usize]) -> Result<Vec<HunkId>, Uncut> {
        let at = self.hunks.iter().position(|hunk| hunk.id == id).ok_or(Uncut::NoHunk)?;
        let hunk = self.hunks.get(at).cloned().ok_or(Uncut::NoHunk)?;
        let base = self.bases.get(&hunk.path).and_then(|base| base.text.clone()).unwrap_or_else(|| "".into());
        let cuts = pieces(&hunk, &self.parts(&hunk), &base, borders);
        let comment = self.notes.get(&id).cloned();
        let mut made = Vec::with_capacity(cuts.len());
        for (replaces, with) in cuts {
            let id = HunkId(self.next_id);
            self.next_id += 1;
            if let Some(comment) = &comment {
                self.notes.insert(id, comment.clone());
            }
            made.push(Hunk { id, replaces, with, ..hunk.clone() });
        }
        let ids: Vec<HunkId> = made.iter().map(|hunk| hunk.id).collect();
        let shapes: Vec<_> = made.iter().map(|hunk| parts(&base, hunk.replaces, &hunk.with)).collect();
        self.hunks.splice(at..=at, made);
        for (id, shape) in ids.iter().zip(shapes) {
            if let Some(shape) = shape {
                self.shapes.insert(*id, shape);
            }
        }
        Ok(ids)
    }

    /// Brings a step back and says what it replaced, and which hunks it concerned.
    pub(super) fn bring_back(&mut self, step: Step) -> (Step, Vec<HunkId>) {
        match step {
            Step::Verdicts(verdicts) => {
                let before: Vec<_> = verdicts
                    .into_iter()
                    .filter_map(|(id, verdict)| Some((id, super::give(&mut self.hunks, id, verdict)?)))
                    .collect();
                let ids = before.iter().map(|(id, _)| *id).collect();
                (Step::Verdicts(before), ids)
            }
            Step::Shape(path, hunks) => {
                let ids = hunks.iter().map(|hunk| hunk.id).collect();
                let before = self.put_hunks(&path, hunks);
                (Step::Shape(path, before), ids)
            }
        }
    }

    /// Puts other hunks in the place of a file's; returns those that were there.
    pub(super) fn put_hunks(&mut self, path: &RepoPath, hunks: Vec<Hunk>) -> Vec<Hunk> {
        let first = self.hunks.iter().position(|hunk| hunk.path == *path).unwrap_or(self.hunks.len());
        let before: Vec<Hunk> = self.hunks.extract_if(.., |hunk| hunk.path == *path).collect();
        let base = self.bases.get(path).and_then(|base| base.text.clone()).unwrap_or_else(|| "".into());
        for hunk in &hunks {
            match parts(&base, hunk.replaces, &hunk.with) {
                Some(parts) => self.shapes.insert(hunk.id, parts),
                None => self.shapes.remove(&hunk.id),
            };
        }
        self.hunks.splice(first..first, hunks);
        before
    }
}

/// Who wrote the lines that a hunk holds now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Author {
    Person,
    Model,
}

/// What a hunk is remembered by beside its verdict.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Note {
    /// What a person says to it: a wish, or the reason of a rejection.
    pub comment: Option<String>,
    /// A person has written in it.
    pub by_hand: bool,
    /// How often a model has revised it.
    pub revised: u32,
}

fn one_part(old: usize, new: usize) -> Change {
    Change { old: Span::new(0, old), new: Span::new(0, new) }
}

/// The changes inside of a hunk, if it is not simply one.
pub(in crate::change) fn parts(base: &Lines, replaces: Span, with: &Lines) -> Option<Arc<[Change]>> {
    let (old, new) = (replaces.len(), with.len());
    if old == 0 || new == 0 || old.max(new) > SHAPED {
        return None;
    }
    let parts = changes(&Lines::new(base.slice(replaces)), with);
    (parts != [one_part(old, new)]).then(|| parts.into())
}

/// A changed line of a hunk, counted from the hunk's first: one that goes, or one that comes before an
/// old line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Atom {
    Old(usize),
    New { line: usize, before: usize },
}

/// The hunk in pieces, borders before these atoms.
fn pieces(hunk: &Hunk, parts: &[Change], base: &Lines, borders: &[usize]) -> Vec<(Span, Lines)> {
    let atoms: Vec<Atom> = parts
        .iter()
        .flat_map(|part| {
            let old = part.old.as_range().map(Atom::Old);
            old.chain(part.new.as_range().map(|line| Atom::New { line, before: part.old.end() }))
        })
        .collect();
    let mut at = 0;
    let mut pieces = Vec::new();
    for border in borders.iter().copied().chain([atoms.len()]) {
        let group = atoms.get(at..border.clamp(at, atoms.len())).unwrap_or_default();
        pieces.extend(piece(hunk, base, group));
        at = border.max(at);
    }
    pieces
}

fn piece(hunk: &Hunk, base: &Lines, group: &[Atom]) -> Option<(Span, Lines)> {
    let start = match group.first()? {
        Atom::Old(line) => *line,
        Atom::New { before, .. } => *before,
    };
    let end = match group.last()? {
        Atom::Old(line) => line + 1,
        Atom::New { before, .. } => *before,
    };
    let first = hunk.replaces.start();
    let mut with = Vec::new();
    let mut at = start;
    for atom in group {
        let upto = match atom {
            Atom::Old(line) => *line,
            Atom::New { before, .. } => *before,
        };
        with.extend_from_slice(base.slice(Span::new(first + at, first + upto.max(at))));
        at = at.max(upto);
        match atom {
            Atom::Old(line) => at = line + 1,
            Atom::New { line, .. } => with.extend_from_slice(hunk.with.get(*line).unwrap_or_default()),
        }
    }
    Some((Span::new(first + start, first + end), Lines::new(with)))
}

/// The lines, the last one ended as those were that they replace.
fn ended(with: &Lines, before: &Lines) -> Lines {
    if with.is_empty() || with.ends_in_newline() {
        return with.clone();
    }
    let crlf = before.iter().any(|line| line.ends_with(b"\r\n"));
    Lines::new([with.bytes(), if crlf { b"\r\n" } else { b"\n" }].concat())
}
