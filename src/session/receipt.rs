//! What a landing is remembered by: what was proposed, what was decided of each hunk, and whether it
//! had been looked at.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Turn;
use crate::change::{Hunk, HunkId};
use crate::context::Source;
use crate::text::Digest;
use crate::workspace::{Judged, Reviewed};

/// How a hunk was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    /// Every line of it was on screen.
    pub whole: bool,
    /// How long it was the hunk under review.
    pub looked_at: Duration,
}

impl Turn {
    /// The review as it stands when it lands.
    pub(super) fn reviewed(&self, seen: &BTreeMap<HunkId, Seen>) -> Reviewed {
        let judged = |hunk: &Hunk| {
            let seen = seen.get(&hunk.id).copied().unwrap_or_default();
            let note = self.review.note(hunk.id).cloned().unwrap_or_default();
            let (come, gone) = self
                .review
                .parts(hunk)
                .iter()
                .fold((0, 0), |(come, gone), part| (come + part.new.len(), gone + part.old.len()));
            Judged {
                path: hunk.path.clone(),
                line: hunk.replaces.start() + 1,
                gone,
                come,
                verdict: hunk.verdict,
                seen: seen.whole,
                looked_at: u64::try_from(seen.looked_at.as_millis()).unwrap_or(u64::MAX),
                by_hand: note.by_hand,
                revised: note.revised,
                comment: note.comment,
            }
        };
        let system = self.pack().and_then(|pack| pack.segments().iter().find(|s| s.source == Source::System));
        Reviewed {
            prompts: system.map(|segment| segment.why.clone()),
            // As it was before anybody cut or edited it, if it was ever at rest so.
            proposal: self.proposed.unwrap_or_else(|| self.proposal()),
            hunks: self.review.hunks().map(judged).collect(),
        }
    }

    pub(super) fn proposal(&self) -> Digest {
        let mut all = Vec::new();
        for hunk in self.review.hunks() {
            let head =
                format!("{}\n{:?} {:?} {}\n", hunk.path, hunk.op, hunk.replaces, hunk.with.bytes().len());
            all.extend_from_slice(head.as_bytes());
            all.extend_from_slice(hunk.with.bytes());
        }
        Digest::of(&all)
    }
}
