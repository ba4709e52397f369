//! What is read: files before and after, and where the hunks stand in both.
//!
//! This is the shape in which a review's proposals and any other difference are alike. It knows no
//! verdicts.

use super::super::proposal::GAP;
use super::super::{FileOp, Hunk, HunkId, Review, Verdict};
use super::page::Side;
use crate::change::splice::spliced;
use crate::text::diff::{Change, changes};
use crate::text::{Lines, RepoPath, Span};

/// A file before and after all of its hunks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileDiff {
    pub path: RepoPath,
    /// `None`: the file comes.
    pub old: Option<Lines>,
    new: After,
    /// Its modes before and after, as git writes them (`0o100644`), where they differ.
    pub modes: Option<(u32, u32)>,
    /// In order, apart from each other. Outside of them the two texts are equal.
    pub hunks: Vec<Cut>,
}

/// The text after all hunks. Of a large changeset it is made file by file when it is asked for: old texts
/// and hunks are held already, and all new texts together would double that.
#[derive(Clone, PartialEq, Eq, Debug)]
enum After {
    /// The file goes.
    Nothing,
    Text(Lines),
    /// The old text with the hunks made.
    Made,
}

/// Lines `old` of the old text became lines `new` of the new one, which are `with`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    pub id: HunkId,
    pub old: Span,
    pub new: Span,
    pub with: Lines,
    /// Which of these lines really change, counted within the hunk, as [`Review::parts`] has it.
    pub changes: Vec<Change>,
}

impl FileDiff {
    /// The files of a review as all its hunks together would make them, whatever was decided of each.
    /// Hunks in conflict have no place and are left out.
    pub fn of(review: &Review) -> Vec<Self> {
        let hunks: Vec<&Hunk> = review.hunks().filter(|hunk| hunk.is_good()).collect();
        let files = hunks.chunk_by(|one, next| one.path == next.path);
        files.filter_map(|hunks| Self::of_file(review, hunks)).collect()
    }

    /// One file of a review as those of its hunks would make it that are not rejected.
    pub fn hoped_for(review: &Review, path: &RepoPath) -> Option<Self> {
        let hopeful =
            |hunk: &&Hunk| hunk.path == *path && hunk.is_good() && hunk.verdict != Verdict::Rejected;
        Self::of_file(review, &review.hunks().filter(hopeful).collect::<Vec<_>>())
    }

    /// The difference between two texts of a file, with changes that a reader takes in at one glance as
    /// one hunk. Names its hunks from `first` on.
    pub fn between(path: RepoPath, old: Option<Lines>, new: Option<Lines>, first: HunkId) -> Self {
        let empty = Lines::from("");
        let changes = changes(old.as_ref().unwrap_or(&empty), new.as_ref().unwrap_or(&empty));
        let groups = changes.chunk_by(|one, next| next.old.start() - one.old.end() <= GAP);
        let text = new.as_ref().unwrap_or(&empty);
        let hunks =
            groups.zip(first.0..).filter_map(|(group, id)| Cut::of(HunkId(id), group, text)).collect();
        Self { path, old, new: new.map_or(After::Nothing, After::Text), modes: None, hunks }
    }

    fn of_file(review: &Review, hunks: &[&Hunk]) -> Option<Self> {
        let path = hunks.first()?.path.clone();
        let old = review.base(&path)?.text.clone();
        let goes = hunks.iter().any(|hunk| hunk.op == FileOp::Delete);
        let new = if goes { After::Nothing } else { After::Made };
        let cuts = hunks.iter().scan((0, 0), |(old, new), hunk| {
            let start = *new + hunk.replaces.start().saturating_sub(*old);
            (*old, *new) = (hunk.replaces.end(), start + hunk.with.len());
            let changes = review.parts(hunk).into_owned();
            let with = hunk.with.clone();
            Some(Cut { id: hunk.id, old: hunk.replaces, new: Span::new(start, *new), with, changes })
        });
        Some(Self { hunks: cuts.collect(), path, old, new, modes: None })
    }

    /// The text after all hunks; `None`: the file goes. May cost what the file is long: keep it.
    pub fn after(&self) -> Option<Lines> {
        match &self.new {
            After::Nothing => None,
            After::Text(text) => Some(text.clone()),
            After::Made => {
                let empty = Lines::from("");
                let splices = self.hunks.iter().map(|cut| (cut.old, cut.with.bytes()));
                Some(spliced(self.old.as_ref().unwrap_or(&empty), splices))
            }
        }
    }

    /// The whole text of a side; see [`FileDiff::after`].
    pub(super) fn text(&self, side: Side) -> Option<Lines> {
        match side {
            Side::Old => self.old.clone(),
            Side::New => self.after(),
        }
    }

    pub(super) fn has(&self, side: Side) -> bool {
        match side {
            Side::Old => self.old.is_some(),
            Side::New => self.new != After::Nothing,
        }
    }
}

impl Cut {
    /// The hunk that these changes are together.
    fn of(id: HunkId, group: &[Change], text: &Lines) -> Option<Self> {
        let (first, last) = (group.first()?, group.last()?);
        let old = Span::new(first.old.start(), last.old.end());
        let new = Span::new(first.new.start(), last.new.end());
        let inside =
            |span: Span, from: Span| Span::new(span.start() - from.start(), span.end() - from.start());
        let changes =
            group.iter().map(|c| Change { old: inside(c.old, old), new: inside(c.new, new) }).collect();
        Some(Self { id, old, new, with: Lines::new(text.slice(new)), changes })
    }

    /// Which lines really change, counted within the file.
    pub(super) fn changes_in_file(&self) -> Vec<Change> {
        let at = |span: Span, from: Span| Span::new(from.start() + span.start(), from.start() + span.end());
        self.changes.iter().map(|c| Change { old: at(c.old, self.old), new: at(c.new, self.new) }).collect()
    }
}
