//! How the hunks of a review follow their files: to what a file has become by other hands, and to
//! what a landing made of it. A hunk whose place is gone is in conflict; none is ever moved by guess.

use std::collections::{BTreeMap, BTreeSet};

use super::clash::Origin;
use super::{Purpose, Review};
use crate::change::splice::spliced;
use crate::change::{Base, FileOp, Hunk, HunkId, Receipt, Standing, Verdict};
use crate::text::{Drift, Lines, RepoPath, Span};

impl Review {
    /// The file changed underneath: moves the hunks of `now.path` onto its new text. Hunks whose
    /// place changed too become [`Standing::Conflict`] and lose their verdict; returns those. A hunk
    /// that wants the file to be made or to go, when it has been, has nothing left to do and is
    /// dropped.
    pub fn rebase(&mut self, now: Base) -> Vec<HunkId> {
        if self.purpose() != Purpose::Propose {
            return self.compare_again(&now.path, now.text.as_ref());
        }
        let path = now.path.clone();
        let Some(known) = self.bases.get_mut(&path) else { return Vec::new() };
        let base = std::mem::replace(known, now.clone());
        if base.text == now.text {
            return Vec::new();
        }
        let fulfilled = |hunk: &Hunk| match hunk.op {
            FileOp::Create => now.text.as_ref() == Some(&hunk.with),
            FileOp::Delete => now.text.is_none(),
            FileOp::Update => false,
        };
        self.drop_hunks(|hunk| hunk.path == path && fulfilled(hunk));
        self.move_hunks(&path, base.text.as_ref(), now.text.as_ref())
    }

    /// Drops the hunks that the receipt names, whatever was decided of them since, and adopts the
    /// files' new texts as bases; the others stay for later, moved to where their lines stand now.
    /// Those whose place is gone become [`Standing::Conflict`].
    pub fn landed(&mut self, receipt: &Receipt) {
        let named: BTreeSet<HunkId> = receipt.hunks().iter().copied().collect();
        if self.purpose() != Purpose::Propose {
            self.drop_hunks(|hunk| named.contains(&hunk.id));
            for file in receipt.files() {
                self.compare_again(&file.path, file.text.as_ref());
            }
            return;
        }
        for file in receipt.files() {
            let lands = |hunk: &&Hunk| named.contains(&hunk.id);
            let all: Vec<(HunkId, Landing)> = self
                .of_file(&file.path)
                .map(|hunk| (hunk.id, Landing { lands: lands(&hunk), hunk: hunk.clone() }))
                .collect();
            self.history.forget_shapes(&file.path);
            self.drop_hunks(|hunk| hunk.path == file.path && lands(&hunk));
            let now = Base { path: file.path.clone(), text: file.text.clone() };
            let Some(known) = self.bases.get_mut(&file.path) else { continue };
            let base = std::mem::replace(known, now);
            // Whoever watches the file may have been here first.
            if base.text != file.text {
                self.move_behind(&file.path, base.text.as_ref(), &all, file.text.as_ref());
            }
        }
    }

    /// Moves what stays first exactly, to the text that the review promised, then by difference, to
    /// what the landing made of it when the file had changed meanwhile.
    fn move_behind(
        &mut self,
        path: &RepoPath,
        base: Option<&Lines>,
        all: &[(HunkId, Landing)],
        now: Option<&Lines>,
    ) {
        let landed: Vec<&Hunk> = all.iter().filter(|(_, one)| one.lands).map(|(_, one)| &one.hunk).collect();
        if !landed.iter().all(|hunk| hunk.is_good()) {
            self.move_hunks(path, base, now);
            return;
        }
        let moved = behind(all);
        for hunk in self.hunks.iter_mut().filter(|hunk| hunk.path == *path) {
            hunk.replaces = moved.get(&hunk.id).copied().unwrap_or(hunk.replaces);
        }
        let promised = promised(base, &landed);
        if promised.as_ref() != now {
            self.move_hunks(path, promised.as_ref(), now);
        }
        self.follow_conflicts(path);
    }

    pub(super) fn drop_hunks(&mut self, gone: impl Fn(&Hunk) -> bool) {
        let gone: Vec<HunkId> = self.hunks.extract_if(.., |hunk| gone(hunk)).map(|hunk| hunk.id).collect();
        self.history.forget(&gone);
    }

    /// Moves the good hunks of a file from one text to another; returns those that have no place in
    /// it and are in conflict now.
    fn move_hunks(&mut self, path: &RepoPath, from: Option<&Lines>, to: Option<&Lines>) -> Vec<HunkId> {
        let drift = from.zip(to).map(|(from, to)| Drift::between(from, to));
        let last = to.map_or(0, Lines::len);
        let mut conflicts = Vec::new();
        for hunk in self.hunks.iter_mut().filter(|hunk| hunk.path == *path && hunk.is_good()) {
            let stays = match hunk.op {
                FileOp::Update => drift.as_ref().and_then(|drift| drift.map(hunk.replaces)),
                // What concerns the whole file is in doubt when anything in it changed.
                FileOp::Create | FileOp::Delete => None,
            };
            if stays.is_none() {
                self.origins.insert(hunk.id, Origin { text: from.cloned(), replaces: hunk.replaces });
            }
            hunk.replaces =
                stays.unwrap_or(Span::new(hunk.replaces.start().min(last), hunk.replaces.end().min(last)));
            if stays.is_none() {
                hunk.standing = Standing::Conflict;
                hunk.verdict = Verdict::Undecided;
                conflicts.push(hunk.id);
            }
        }
        self.history.forget(&conflicts);
        self.history.forget_shapes(path);
        self.follow_conflicts(path);
        conflicts
    }
}

/// A hunk of a file something lands in.
struct Landing {
    hunk: Hunk,
    lands: bool,
}

/// The text that the landed hunks make of `base`.
fn promised(base: Option<&Lines>, landed: &[&Hunk]) -> Option<Lines> {
    if landed.iter().any(|hunk| hunk.op == FileOp::Delete) || (base.is_none() && landed.is_empty()) {
        return None;
    }
    let splices = landed.iter().map(|hunk| (hunk.replaces, hunk.with.bytes()));
    Some(spliced(base.unwrap_or(&"".into()), splices))
}

/// Where the hunks stand once those that land, none of which collides with another, are made. Of
/// several at one place the order in which they are held is the order of their lines.
fn behind(all: &[(HunkId, Landing)]) -> BTreeMap<HunkId, Span> {
    let (mut gone, mut come) = (0, 0);
    let mut moved = BTreeMap::new();
    for (id, Landing { hunk, lands }) in all {
        let shifted = |line: usize| (line + come).saturating_sub(gone);
        moved.insert(*id, Span::new(shifted(hunk.replaces.start()), shifted(hunk.replaces.end())));
        if *lands && hunk.op == FileOp::Update {
            gone += hunk.replaces.len();
            come += hunk.with.len();
        }
    }
    moved
}
