//! Edits that need to know the rest of the reply. What fits several places may fit only one between
//! the edits before and after it, or be meant for each; what came escaped is known to be damaged once
//! another edit shows it. They wait until the reply is over ([`Review::close`]); nothing else does.

use super::Review;
use crate::change::locate::{Damage, Unplaced};
use crate::change::proposal::Circumstances;
use crate::change::{Base, Edit, EditHunk, EditOp, Offered, Why};
use crate::text::{Lines, RepoPath, Span};

/// An edit that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    index: usize,
    edit: Edit,
    seen: Base,
    now: Base,
    /// Why it was not placed at once, if that was tried.
    why: Option<Why>,
}

/// Where an edit of the reply was found in the file as the turn saw it.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) index: usize,
    pub(super) path: RepoPath,
    pub(super) place: Span,
}

impl Waiting {
    pub(super) fn new(index: usize, edit: &Edit, seen: Base, now: Base, why: Option<Why>) -> Self {
        Self { index, edit: edit.clone(), seen, now, why }
    }

    /// The one-based lines that the edit fits.
    fn fits(&self) -> &[usize] {
        match &self.why {
            Some(Why::Unplaced(Unplaced::Ambiguous(lines))) => lines,
            _ => &[],
        }
    }
}

/// May the rest of the reply say what this edit means?
pub(super) fn may_become_clear(why: &Why) -> bool {
    matches!(why, Why::Unplaced(Unplaced::Ambiguous(_)))
}

/// What the edit shows of damage to the whole reply.
pub(super) fn damage(edit: &Edit, base: &Base) -> Damage {
    let shows = |text: &Lines| readings(edit).iter().any(|hunk| Damage::shows_entities(hunk, text));
    Damage { entities: base.text.as_ref().is_some_and(shows) }
}

fn readings(edit: &Edit) -> &[EditHunk] {
    match &edit.op {
        EditOp::Hunk(hunk) => std::slice::from_ref(hunk),
        EditOp::OneOf(readings) => readings,
        EditOp::Whole(_)
        | EditOp::Fenced(_)
        | EditOp::Bytes(_)
        | EditOp::Lazy(_)
        | EditOp::Delete
        | EditOp::Move { .. } => &[],
    }
}

impl Review {
    /// The reply is over: decides what waited. Returns each such edit with what became of it, in the
    /// order they were offered. To be called once, before the hunks are settled; doing it again does
    /// no harm.
    pub fn close(&mut self) -> Vec<(Edit, Offered)> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut decided: Vec<Option<Offered>> = vec![None; waiting.len()];
        // Each place found narrows the others.
        let mut progress = true;
        while progress {
            progress = false;
            for (edit, slot) in waiting.iter().zip(&mut decided).filter(|(_, slot)| slot.is_none()) {
                *slot = self.retry(edit, &waiting);
                progress |= slot.is_some();
            }
        }
        let give_up = |(edit, offered): (Waiting, Option<Offered>)| {
            let offered = offered.unwrap_or_else(|| {
                let why = edit.why.clone().unwrap_or(Why::Unplaced(Unplaced::NoContext));
                self.reject(edit.index, &edit.edit, why)
            });
            (edit.edit, offered)
        };
        waiting.into_iter().zip(decided).map(give_up).collect()
    }

    /// Must the edit wait, since its new lines look escaped and nothing yet says whether the reply is?
    pub(super) fn must_wait(&self, edit: &Edit, base: &Base) -> bool {
        let Some(text) = &base.text else { return false };
        !self.damage.entities && readings(edit).iter().any(|hunk| Damage::is_doubtful(hunk, text))
    }

    /// `None`: still not clear.
    fn retry(&mut self, waiting: &Waiting, all: &[Waiting]) -> Option<Offered> {
        let within = match &waiting.why {
            None => None,
            Some(_) => Some(self.bounds(waiting, all)?),
        };
        let known = Circumstances { within, damage: self.damage };
        match self.consider(waiting.index, &waiting.edit, &waiting.seen, &waiting.now, known) {
            Ok(ids) => Some(Offered::Hunks(ids)),
            Err(why) if may_become_clear(&why) => None,
            Err(why) => Some(self.reject(waiting.index, &waiting.edit, why)),
        }
    }

    /// The lines among which the edit can only be meant for one place.
    fn bounds(&self, waiting: &Waiting, all: &[Waiting]) -> Option<Span> {
        let text = waiting.seen.text.as_ref()?;
        self.share(waiting, all, text).or_else(|| {
            let between = self.between(waiting, text)?;
            (between != text.span()).then_some(between)
        })
    }

    /// As many times as the same edit comes, its lines stand there: one each.
    fn share(&self, waiting: &Waiting, all: &[Waiting], text: &Lines) -> Option<Span> {
        let twin =
            |other: &&Waiting| other.edit.path == waiting.edit.path && other.edit.op == waiting.edit.op;
        let nth = all.iter().filter(twin).position(|other| other.index == waiting.index)?;
        let fits = waiting.fits();
        let lines = readings(&waiting.edit).first()?.before().count();
        let start = fits.get(nth)?.checked_sub(1)?;
        let each = fits.len() > 1 && all.iter().filter(twin).count() == fits.len();
        (each && start + lines <= text.len()).then(|| Span::new(start, start + lines))
    }

    /// Between the places of the edits before and after it, if the reply goes through the file from
    /// the top.
    fn between(&self, waiting: &Waiting, text: &Lines) -> Option<Span> {
        let mut placed: Vec<&Placed> = self.placed.iter().filter(|p| p.path == waiting.seen.path).collect();
        placed.sort_by_key(|placed| placed.index);
        let in_order =
            |pair: &[&Placed]| matches!(pair, [one, next] if one.place.end() <= next.place.start());
        if placed.is_empty() || !placed.windows(2).all(in_order) {
            return None;
        }
        let above = placed.iter().rev().find(|placed| placed.index < waiting.index);
        let below = placed.iter().find(|placed| placed.index > waiting.index);
        Some(Span::new(above.map_or(0, |p| p.place.end()), below.map_or(text.len(), |p| p.place.start())))
    }
}
