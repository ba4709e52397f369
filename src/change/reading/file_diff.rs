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
    /// `None`: the file goes.
    pub new: Option<Lines>,
    /// Its modes before and after, as git writes them (`0o100644`), where they differ.
    pub modes: Option<(u32, u32)>,
    /// In order, apart from each other. Outside of them the two texts are equal.
    pub hunks: Vec<Cut>,
}

/// Lines `old` of the old text became lines `new` of the new one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cut {
    pub id: HunkId,
    pub old: Span,
    pub new: Span,
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
        let hunks = groups.zip(first.0..).filter_map(|(group, id)| Cut::of(HunkId(id), group)).collect();
        Self { path, old, new, modes: None, hunks }
    }

    fn of_file(review: &Review, hunks: &[&Hunk]) -> Option<Self> {
        let path = hunks.first()?.path.clone();
        let old = review.base(&path)?.text.clone();
        let goes = hunks.iter().any(|hunk| hunk.op == FileOp::Delete);
        let splices = hunks.iter().map(|hunk| (hunk.replaces, hunk.with.bytes()));
        let new = (!goes).then(|| spliced(&old.clone().unwrap_or_else(|| "".into()), splices));
        let cuts = hunks.iter().scan((0, 0), |(old, new), hunk| {
            let start = *new + hunk.replaces.start().saturating_sub(*old);
            (*old, *new) = (hunk.replaces.end(), start + hunk.with.len());
            let changes = review.parts(hunk).into_owned();
            Some(Cut { id: hunk.id, old: hunk.replaces, new: Span::new(start, *new), changes })
        });
        Some(Self { hunks: cuts.collect(), path, old, new, modes: None })
    }

    pub(super) fn text(&self, side: Side) -> Option<&Lines> {
        match side {
            Side::Old => self.old.as_ref(),
            Side::New => self.new.as_ref(),
        }
    }
}

impl Cut {
    /// The hunk that these changes are together.
    fn of(id: HunkId, group: &[Change]) -> Option<Self> {
        let (first, last) = (group.first()?, group.last()?);
        let old = Span::new(first.old.start(), last.old.end());
        let new = Span::new(first.new.start(), last.new.end());
        let inside =
            |span: Span, from: Span| Span::new(span.start() - from.start(), span.end() - from.start());
        let changes =
            group.iter().map(|c| Change { old: inside(c.old, old), new: inside(c.new, new) }).collect();
        Some(Self { id, old, new, changes })
    }

    /// Which lines really change, counted within the file.
    pub(super) fn changes_in_file(&self) -> Vec<Change> {
        let at = |span: Span, from: Span| Span::new(from.start() + span.start(), from.start() + span.end());
        self.changes.iter().map(|c| Change { old: at(c.old, self.old), new: at(c.new, self.new) }).collect()
    }
}
