//! A file on screen: its buffer, what the disk is believed to hold, the hunks placed in it and its
//! colours.

use std::collections::BTreeMap;
use std::ops::Range;

use super::checks::Marks;
use crate::change::{Hunk, HunkId, Review};
use crate::editor::{Buffer, Placed, SavePoint, Viewport};
use crate::session::TurnId;
use crate::text::diff::{self, changes};
use crate::text::highlight::{Class, by_line};
use crate::text::{Digest, Drift, Lines, RepoPath, Span, trim_ending};

/// Hunks with more lines than this get no word marks; they would cost more than they tell.
const WORDS: usize = 400;

/// Nor do hunks of more bytes: a few hostile lines could hold up a frame.
const WORD_BYTES: usize = 64 * 1024;

/// Names one state of a review, to see whether anything has to be placed anew.
pub type Stamp = (TurnId, u64);

#[derive(Debug)]
pub struct OpenFile {
    pub buffer: Buffer,
    /// What the disk held when we last looked; `None`: no file.
    disk: Option<Lines>,
    pub viewport: Viewport,
    pub placed: Placed,
    stamp: Option<Stamp>,
    words: BTreeMap<HunkId, Words>,
    pub colours: Colours,
    pub saving: Option<SavePoint>,
    /// What is wrong with it.
    pub(super) marks: Marks,
}

/// Which bytes differ in the lines of a hunk, removed lines first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Words {
    pub removed: Vec<Vec<Range<usize>>>,
    pub added: Vec<Vec<Range<usize>>>,
}

/// Syntax classes by line, as of some version of the text.
#[derive(Debug, Default)]
pub struct Colours {
    /// The version and text that classes were asked for.
    pub asked: Option<(u64, Lines)>,
    /// The version the classes belong to.
    version: Option<u64>,
    lines: Vec<Coloured>,
}

/// The classes of a line and its length in bytes.
type Coloured = (usize, Vec<(Range<usize>, Class)>);

/// What became of a text that came from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adopted {
    Same,
    /// The buffer shows it now, the user's unsaved lines kept.
    Taken,
    /// The user's unsaved lines and the new ones claim the same place; the buffer is as it was.
    Conflict,
}

impl OpenFile {
    /// `disk`: what the file holds, `None` when there is no such file yet.
    pub fn new(path: RepoPath, disk: Option<Lines>, tab: usize) -> Self {
        let mut buffer = Buffer::open(path, disk.as_ref().map(Lines::bytes).unwrap_or_default());
        buffer.set_tab_width(tab);
        let placed = Placed::new(&buffer.snapshot(), [], &buffer);
        Self {
            buffer,
            disk,
            viewport: Viewport::default(),
            placed,
            stamp: None,
            words: BTreeMap::new(),
            colours: Colours::default(),
            saving: None,
            marks: Marks::default(),
        }
    }

    /// What the disk is believed to hold.
    pub fn disk(&self) -> Option<&Lines> {
        self.disk.as_ref()
    }

    /// The digest a save must find on disk.
    pub fn expected(&self) -> Option<Digest> {
        self.disk.as_ref().map(|text| Digest::of(text.bytes()))
    }

    /// There is no such file on disk yet.
    pub fn is_new(&self) -> bool {
        self.disk.is_none()
    }

    /// The buffer was written as `text`.
    pub fn written(&mut self, text: &Lines) {
        self.disk = Some(text.clone());
        if let Some(point) = self.saving.take() {
            self.buffer.saved(point);
        }
    }

    /// The disk holds `now`: takes what changed there into the buffer, around what the user typed.
    pub fn adopt(&mut self, now: Option<&Lines>) -> Adopted {
        let empty = Lines::from("");
        let text = now.unwrap_or(&empty);
        let base = self.disk.clone().unwrap_or_else(|| empty.clone());
        if base == *text {
            self.disk = now.cloned();
            return Adopted::Same;
        }
        if self.buffer.snapshot() == *text {
            self.disk = now.cloned();
            let point = self.buffer.save_point();
            self.buffer.saved(point);
            return Adopted::Same;
        }
        if !self.buffer.is_dirty() {
            let _ = self.buffer.reload(text.bytes());
            self.disk = now.cloned();
            return Adopted::Taken;
        }
        let typed = Drift::between(&base, &self.buffer.snapshot());
        let moved: Option<Vec<(Span, Lines)>> = changes(&base, text)
            .into_iter()
            .map(|change| Some((typed.map(change.old)?, Lines::new(text.slice(change.new)))))
            .collect();
        let Some(hunks) = moved else {
            return Adopted::Conflict;
        };
        let _ = self.buffer.splice(&hunks);
        self.disk = now.cloned();
        Adopted::Taken
    }

    /// Brings the placed hunks up to date with the review and with what was typed.
    pub fn place(&mut self, review: Option<(&Review, Stamp)>) {
        let stamp = review.map(|(_, stamp)| stamp);
        if stamp == self.stamp && self.placed.follow(&self.buffer) {
            return;
        }
        self.stamp = stamp;
        let path = self.buffer.path().clone();
        let Some((review, _)) = review.filter(|(review, _)| review.base(&path).is_some()) else {
            self.words.clear();
            self.placed = Placed::new(&self.buffer.snapshot(), [], &self.buffer);
            return;
        };
        let base = review.base(&path).and_then(|base| base.text.clone()).unwrap_or_else(|| Lines::from(""));
        let hunks: Vec<&Hunk> = review.hunks().filter(|hunk| hunk.path == path).collect();
        self.words.retain(|id, _| hunks.iter().any(|hunk| hunk.id == *id));
        for hunk in &hunks {
            self.words.entry(hunk.id).or_insert_with(|| Words::of(hunk, &base));
        }
        self.placed = Placed::new(&base, hunks, &self.buffer);
    }

    pub fn words(&self, hunk: HunkId) -> Option<&Words> {
        self.words.get(&hunk)
    }
}

impl Words {
    /// Pairs the lines that go with those that come, one by one.
    fn of(hunk: &Hunk, base: &Lines) -> Self {
        let lines = hunk.replaces.len().min(hunk.with.len());
        let bytes = base.slice(hunk.replaces).len() + hunk.with.bytes().len();
        if hunk.replaces.len().max(hunk.with.len()) > WORDS || bytes > WORD_BYTES {
            return Self::default();
        }
        let text = |line: Option<&[u8]>| String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
        let pairs = (0..lines)
            .map(|at| diff::words(&text(base.text(hunk.replaces.start() + at)), &text(hunk.with.text(at))));
        let (removed, added) = pairs.unzip();
        Self { removed, added }
    }
}

impl Colours {
    /// Sorts the classes of the text that was asked for into lines.
    pub fn set(&mut self, version: u64, classes: Vec<(Range<usize>, Class)>) {
        let Some((_, text)) = self.asked.as_ref().filter(|(asked, _)| *asked == version) else { return };
        let lengths = text.iter().map(|line| trim_ending(line).len());
        self.lines = lengths.zip(by_line(text, classes)).collect();
        self.version = Some(version);
    }

    /// Are the classes, or those that are on their way, of this version?
    pub fn is_current(&self, version: u64) -> bool {
        self.asked.as_ref().is_some_and(|(asked, _)| *asked == version)
    }

    /// The classes of a line; none when the line has changed its length since they were made.
    pub fn of(&self, line: usize, len: usize) -> &[(Range<usize>, Class)] {
        match self.lines.get(line) {
            Some((was, classes)) if *was == len => classes,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::{Command, Motion};

    fn open(text: &str) -> OpenFile {
        OpenFile::new(RepoPath::parse("a.txt").unwrap(), Some(Lines::from(text)), 4)
    }

    #[test]
    fn what_changed_on_disk_is_taken_in_around_what_the_user_typed() {
        let mut file = open("1\n2\n3\n4\n5\n");
        let _ = file.buffer.run(Command::Insert("x".into()));
        assert_eq!(file.adopt(Some(&Lines::from("1\n2\n3\n4\nfive\n"))), Adopted::Taken);
        assert_eq!(file.buffer.bytes(), b"x1\n2\n3\n4\nfive\n");
        assert!(file.buffer.is_dirty());
    }

    #[test]
    fn what_the_disk_holds_already_is_not_unsaved() {
        let mut file = open("1\n2\n");
        let _ = file.buffer.run(Command::Insert("x".into()));
        assert_eq!(file.adopt(Some(&Lines::from("x1\n2\n"))), Adopted::Same);
        assert!(!file.buffer.is_dirty());
    }

    #[test]
    fn two_claims_on_one_line_are_a_conflict_and_nothing_is_lost() {
        let mut file = open("1\n2\n3\n");
        let _ = file.buffer.run(Command::Move(Motion::Line(1), false));
        let _ = file.buffer.run(Command::Insert("x".into()));
        assert_eq!(file.adopt(Some(&Lines::from("1\ntwo\n3\n"))), Adopted::Conflict);
        assert_eq!(file.buffer.bytes(), b"1\nx2\n3\n");
    }

    #[test]
    fn a_class_that_spans_lines_colours_each_of_them() {
        let mut colours = Colours { asked: Some((3, Lines::from("ab\n/*\n*/ c\n"))), ..Colours::default() };
        colours.set(3, vec![(3..8, Class::Comment)]);
        assert_eq!(colours.of(0, 2), []);
        assert_eq!(colours.of(1, 2), [(0..3, Class::Comment)]);
        assert_eq!(colours.of(2, 4), [(0..2, Class::Comment)]);
        assert_eq!(colours.of(2, 5), [], "a line that was edited waits for new classes");
    }
}
