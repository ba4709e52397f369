//! A review of a difference that nobody proposed: two states of files, hunk by hunk. The newer state
//! may be on disk already, and then a rejected hunk is one to be taken back. Such a review has no
//! gate, since no model's words come into it: both texts are the user's own.

use std::sync::Arc;

use super::Review;
use crate::change::locate::Tier;
use crate::change::{
    Approved, ApprovedFile, Base, FileOp, Focus, Hunk, HunkId, Leash, Level, NoScope, Scope, Standing,
    Verdict,
};
use crate::text::diff::{Change, changes};
use crate::text::{Lines, RepoPath, Span};

/// Most unchanged lines between two changes that are decided together, as for a proposal.
const GAP: usize = 2;

/// What a verdict leads to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Accepted hunks are made.
    #[default]
    Propose,
    /// The hunks are made already: rejected ones are taken back.
    TakeBack,
    /// To nothing: both states are history.
    ReadOnly,
}

/// The difference between two states of a file, ready to be reviewed. Pure, and the expensive part:
/// to be made where nobody waits.
#[derive(Clone, Debug)]
pub struct Compared {
    base: Base,
    op: FileOp,
    pieces: Vec<Piece>,
    /// Could the file be run before?
    executable: bool,
}

/// A hunk to be.
#[derive(Clone, Debug)]
struct Piece {
    replaces: Span,
    with: Lines,
    /// The changes inside, if it is not simply one.
    parts: Option<Arc<[Change]>>,
}

impl Piece {
    fn whole(replaces: Span, with: Lines) -> Self {
        Self { replaces, with, parts: None }
    }
}

impl Compared {
    /// The file before.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// How `base` became `now` (`None`: there is no such file).
    pub fn of(base: Base, now: Option<&Lines>) -> Self {
        let empty = Lines::from("");
        let op = match (&base.text, now) {
            (None, _) => FileOp::Create,
            (_, None) => FileOp::Delete,
            _ => FileOp::Update,
        };
        let (old, new) = (base.text.as_ref().unwrap_or(&empty), now.unwrap_or(&empty));
        let pieces = match op {
            FileOp::Create => vec![Piece::whole(Span::new(0, 0), new.clone())],
            FileOp::Delete => vec![Piece::whole(old.span(), empty.clone())],
            FileOp::Update => changes(old, new)
                .chunk_by(|one, next| next.old.start() - one.old.end() <= GAP)
                .filter_map(|group| piece(group, new))
                .collect(),
        };
        Self { base, op, pieces, executable: false }
    }

    /// Says whether the file could be run before: one that went and comes back is what it was.
    pub fn executable(self, executable: bool) -> Self {
        Self { executable, ..self }
    }

    pub fn path(&self) -> &RepoPath {
        &self.base.path
    }

    /// The two states are equal.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

fn piece(group: &[Change], new: &Lines) -> Option<Piece> {
    let (first, last) = (group.first()?, group.last()?);
    let replaces = Span::new(first.old.start(), last.old.end());
    let with = Lines::new(new.slice(Span::new(first.new.start(), last.new.end())));
    let inside = |span: Span, from: usize| Span::new(span.start() - from, span.end() - from);
    let shape = |change: &Change| Change {
        old: inside(change.old, first.old.start()),
        new: inside(change.new, first.new.start()),
    };
    let parts = (group.len() > 1).then(|| group.iter().map(shape).collect());
    Some(Piece { replaces, with, parts })
}

impl Review {
    /// An empty review of what is no model's proposal.
    ///
    /// # Errors
    /// None in practice: the repository always is a scope.
    pub fn of_difference(purpose: Purpose) -> Result<Self, NoScope> {
        let mut leash = Leash::default();
        (leash.max_lines, leash.max_files) = (usize::MAX, usize::MAX);
        let scope = Scope::of(Level::Repo, &Focus::default(), leash)?;
        Ok(Self { purpose, ..Self::new(scope) })
    }

    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Adds a file's hunks below the others. A file comes once.
    pub fn compare(&mut self, file: Compared) {
        let path = file.base.path.clone();
        if self.bases.contains_key(&path) {
            return;
        }
        let hunks = self.hunks_of(&file);
        self.hunks.extend(hunks);
        if file.executable {
            self.executables.insert(path.clone());
        }
        self.bases.insert(path, file.base);
    }

    /// The file is another now than when it was compared. Hunks that are the same keep their verdict;
    /// returns the others.
    pub(super) fn compare_again(&mut self, path: &RepoPath, now: Option<&Lines>) -> Vec<HunkId> {
        let Some(base) = self.bases.get(path).cloned() else { return Vec::new() };
        // A difference can be told in several ways: as long as ours is true, it stays as it was decided.
        if self.made(path).as_ref() == now {
            return Vec::new();
        }
        let same = match (&base.text, now) {
            (None, None) => true,
            (Some(old), Some(now)) => old == now,
            _ => false,
        };
        let fresh = if same { Vec::new() } else { self.hunks_of(&Compared::of(base, now)) };
        let known: Vec<Hunk> = self.of_file(path).cloned().collect();
        let keep = |hunk: Hunk| {
            let was = known.iter().find(|was| was.repeats(hunk.op, hunk.replaces, &hunk.with));
            was.cloned().unwrap_or(hunk)
        };
        let hunks: Vec<Hunk> = fresh.into_iter().map(keep).collect();
        let new = hunks.iter().filter(|hunk| known.iter().all(|was| was.id != hunk.id));
        let new = new.map(|hunk| hunk.id).collect();
        let gone: Vec<HunkId> =
            known.iter().filter(|was| hunks.iter().all(|hunk| hunk.id != was.id)).map(|was| was.id).collect();
        self.history.forget(&gone);
        self.history.forget_shapes(path);
        if known != hunks {
            self.put_hunks(path, hunks);
        }
        new
    }

    /// The file with all of its hunks made.
    fn made(&self, path: &RepoPath) -> Option<Lines> {
        let base = self.bases.get(path).and_then(|base| base.text.as_ref());
        let hunks: Vec<&Hunk> = self.of_file(path).collect();
        if hunks.iter().any(|hunk| hunk.op == FileOp::Delete) || (base.is_none() && hunks.is_empty()) {
            return None;
        }
        let empty = Lines::from("");
        let splices = hunks.iter().map(|hunk| (hunk.replaces, hunk.with.bytes()));
        Some(super::spliced(base.unwrap_or(&empty), splices))
    }

    fn hunks_of(&mut self, file: &Compared) -> Vec<Hunk> {
        let mut hunks = Vec::with_capacity(file.pieces.len());
        for Piece { replaces, with, parts } in &file.pieces {
            let id = HunkId(self.next_id);
            self.next_id += 1;
            if let Some(parts) = parts {
                self.shapes.insert(id, Arc::clone(parts));
            }
            hunks.push(Hunk {
                id,
                path: file.base.path.clone(),
                op: file.op,
                replaces: *replaces,
                with: with.clone(),
                matched_by: Tier::Exact,
                kept: Default::default(),
                reason: None,
                standing: Standing::Good,
                verdict: Verdict::Undecided,
            });
        }
        hunks
    }

    /// The rejected hunks turned round: what came goes, what went comes back.
    pub(super) fn settle_rejected(&self) -> Option<Approved> {
        let groups = self.hunks.chunk_by(|one, next| one.path == next.path);
        let files: Vec<ApprovedFile> = groups.filter_map(|hunks| self.taken_back(hunks)).collect();
        (!files.is_empty()).then(|| Approved::new(files))
    }

    fn taken_back(&self, hunks: &[Hunk]) -> Option<ApprovedFile> {
        let first = hunks.first()?;
        let base = self.bases.get(&first.path)?;
        let empty = Lines::from("");
        let old = base.text.as_ref().unwrap_or(&empty);
        let (mut gone, mut come) = (0, 0);
        let mut back = Vec::new();
        for hunk in hunks {
            let start = hunk.replaces.start() + come - gone;
            gone += hunk.replaces.len();
            come += hunk.with.len();
            if hunk.verdict == Verdict::Rejected && hunk.is_good() {
                let made = Span::new(start, start + hunk.with.len());
                back.push((hunk.id, made, Lines::new(old.slice(hunk.replaces))));
            }
        }
        if back.is_empty() {
            return None;
        }
        let op = match first.op {
            FileOp::Create => FileOp::Delete,
            FileOp::Delete => FileOp::Create,
            FileOp::Update => FileOp::Update,
        };
        let made = hunks.iter().map(|hunk| (hunk.replaces, hunk.with.bytes()));
        let now = (first.op != FileOp::Delete).then(|| super::spliced(old, made));
        let file = ApprovedFile::new(Base { path: first.path.clone(), text: now }, op, back);
        Some(if op == FileOp::Create { file.returns(self.executables.contains(&first.path)) } else { file })
    }

    /// Does the hunk wait for anything: a verdict, or to be written?
    pub fn is_open(&self, hunk: &Hunk) -> bool {
        match self.purpose {
            Purpose::Propose => hunk.verdict != Verdict::Rejected,
            Purpose::TakeBack | Purpose::ReadOnly => true,
        }
    }
}
