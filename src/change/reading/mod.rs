//! Reading a changeset: what of it needs no reading, what needs care, in which order it is read best,
//! and how much is left.
//!
//! Everything here is computed from the texts before and after, and is only a help for the reader: it
//! decides nothing and changes nothing. A fold that cannot be verified is not made, so a changeset
//! that is too large, or in a language nobody knows here, is simply read in full.
//!
//! [`Reading::of`] takes up to a fraction of a second for a very large changeset: never on the UI path.

mod budget;
mod file_diff;
mod fold;
mod generated;
#[cfg(test)]
mod laws;
mod layout;
mod lock;
mod moved;
mod order;
mod page;
mod reformat;
mod renamed;
mod risk;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use super::{Hunk, HunkId, Review};
use crate::text::Lines;
use budget::Budget;
pub use file_diff::{Cut, FileDiff};
pub use fold::{Fold, FoldKind, Generated, Moved};
pub use order::Order;
use order::{Gravity, Ranked, definers, ordered};
use page::Page;
use renamed::Pairs;
use risk::Signs;
pub use risk::{Risk, RiskKind, Weight};

/// What is known of the hunks of a changeset. Made for hunks as they were; see [`Reading::heed`].
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// In the order of [`Order::File`].
    hunks: Vec<Read>,
    places: HashMap<HunkId, usize>,
}

/// What is known of one hunk.
#[derive(Clone, Debug)]
struct Read {
    id: HunkId,
    /// What it was made of, to see whether it is still the same.
    made_of: (usize, Lines),
    /// Lines that really change.
    changed: usize,
    /// Folds that were found, and those of them that hold.
    found: Vec<Fold>,
    folds: Vec<Fold>,
    risks: Vec<Risk>,
    file: usize,
    after: Vec<usize>,
}

impl Reading {
    /// Reads the hunks of a review, whatever was decided of them so far.
    pub fn of(review: &Review) -> Self {
        let mut reading = Self::of_files(&FileDiff::of(review));
        let hunks: HashMap<HunkId, &Hunk> = review.hunks().map(|hunk| (hunk.id, hunk)).collect();
        for read in &mut reading.hunks {
            read.risks.extend(hunks.get(&read.id).into_iter().flat_map(|hunk| risk::of_hunk(review, hunk)));
        }
        reading.heed(review);
        reading
    }

    /// Reads any difference.
    pub fn of_files(files: &[FileDiff]) -> Self {
        let mut pages: Vec<Page<'_>> = Vec::new();
        for (at, file) in files.iter().enumerate() {
            pages.extend(file.hunks.iter().map(|cut| Page::of(files, at, file, cut)));
        }
        let mut budget = Budget::default();
        let signs = Signs::new();
        pages.iter_mut().for_each(|page| generated::fold(page, &signs));
        moved::fold(&mut pages, &mut budget);
        for pages in pages.chunk_by_mut(|one, next| one.at == next.at) {
            reformat::fold(pages, &mut budget);
        }
        let pairs = Pairs::of(&pages);
        for pages in pages.chunk_by_mut(|one, next| one.at == next.at) {
            renamed::fold(pages, &pairs, &mut budget);
        }
        pages.iter_mut().for_each(Page::settle_folds);
        let after = definers(&pages);
        let risks = risk::of_pages(&pages, &signs);
        let read = |((page, after), risks): ((Page<'_>, Vec<usize>), Vec<Risk>)| Read {
            id: page.id(),
            made_of: (page.cut.old.len(), page.cut.with.clone()),
            changed: page.changed(),
            folds: page.folds.clone(),
            found: page.folds,
            risks,
            file: page.at,
            after,
        };
        let hunks: Vec<Read> = pages.into_iter().zip(after).zip(risks).map(read).collect();
        let places = hunks.iter().enumerate().map(|(at, read)| (read.id, at)).collect();
        Self { hunks, places }
    }

    /// Lets go of folds that no longer hold, and takes back those that hold again: a fold rests on
    /// hunks that are not rejected and are what they were. Cheap; call it after every decision. Hunks
    /// that came, or were edited, since the reading was made are read in full until it is made anew.
    pub fn heed(&mut self, review: &Review) {
        let hunks: HashMap<HunkId, &Hunk> = review.hunks().map(|hunk| (hunk.id, hunk)).collect();
        let holds: BTreeMap<HunkId, bool> =
            self.hunks.iter().map(|read| (read.id, read.holds(&hunks))).collect();
        for read in &mut self.hunks {
            let stands = |fold: &&Fold| fold.rests_on().iter().all(|id| holds.get(id) == Some(&true));
            read.folds = read.found.iter().filter(stands).cloned().collect();
        }
    }

    /// Stretches of the hunk that need no reading, from top to bottom, removed lines first.
    pub fn folds(&self, id: HunkId) -> &[Fold] {
        self.read(id).map_or(&[], |read| &read.folds)
    }

    /// What makes the hunk risky, the worst first.
    pub fn risks(&self, id: HunkId) -> &[Risk] {
        self.read(id).map_or(&[], |read| &read.risks)
    }

    /// All hunks, in an order that is the same for the same changeset.
    pub fn order(&self, by: Order) -> Vec<HunkId> {
        let ranked = self.hunks.iter().map(|read| Ranked {
            file: read.file,
            to_read: read.to_read(),
            gravity: Gravity::of(&read.risks),
            after: read.after.clone(),
        });
        let ranked: Vec<Ranked> = ranked.collect();
        ordered(&ranked, by).into_iter().filter_map(|at| self.hunks.get(at)).map(|read| read.id).collect()
    }

    /// The hunks that are `shown` stay as they are, and the others follow: nothing moves under the
    /// reader while hunks arrive.
    pub fn order_after(&self, shown: &[HunkId], by: Order) -> Vec<HunkId> {
        let mut order: Vec<HunkId> =
            shown.iter().copied().filter(|id| self.places.contains_key(id)).collect();
        order.extend(self.order(by).into_iter().filter(|id| !shown.contains(id)));
        order
    }

    /// Changed lines of these hunks that a person must read: those that no fold covers, and one for
    /// each fold whose own line matters. A hunk that is not known counts nothing.
    pub fn lines_to_read(&self, ids: impl IntoIterator<Item = HunkId>) -> usize {
        ids.into_iter().filter_map(|id| self.read(id)).map(Read::to_read).sum()
    }

    fn read(&self, id: HunkId) -> Option<&Read> {
        self.hunks.get(*self.places.get(&id)?)
    }
}

impl Read {
    fn to_read(&self) -> usize {
        let folded: usize = self.folds.iter().map(Fold::lines).sum();
        let owed: usize = self.folds.iter().map(Fold::owes).sum();
        self.changed.saturating_sub(folded) + owed
    }

    /// Is the hunk still what it was, and may it still land?
    fn holds(&self, hunks: &HashMap<HunkId, &Hunk>) -> bool {
        let (replaced, with) = &self.made_of;
        hunks.get(&self.id).is_some_and(|hunk| {
            hunk.is_good()
                && hunk.verdict != super::Verdict::Rejected
                && hunk.replaces.len() == *replaced
                && hunk.with == *with
        })
    }
}
