//! A hunk goes back to the model with what a person said to it. The request is a turn of its own at
//! `selection`, whose scope is the hunk's lines and nothing else; what comes of it takes the place of
//! the hunk's lines, undecided. One at a time, in the order of the comments.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Effect, End, Instruct, Notice, Phase, Session, Turn, Wants};
use crate::change::{Author, Focus, Hunk, HunkId, Level, Purpose, Review, Scope, Verdict};
use crate::text::{Lines, Span};

/// Hunks that go back to the model.
#[derive(Default, Debug)]
pub(super) struct Revisions {
    waiting: VecDeque<HunkId>,
    pub(super) running: Option<Revision>,
}

/// The one that is under way.
#[derive(Debug)]
pub(super) struct Revision {
    hunk: HunkId,
    pub(super) turn: Turn,
    /// The lines of the hunk in the text that the model sees.
    lines: Span,
    seen: Lines,
}

/// Why no comment goes to the model now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotRevised {
    #[error("no hunk has a comment; `c` writes one")]
    NoComment,
    #[error("the answer is still coming; Esc stops it, then send the comments")]
    Running,
    #[error("these lines are in the files already; open the file and ask there")]
    Made,
}

impl Session {
    /// Sends the comments, hunk by hunk. Those on rejected hunks are reasons, told with the next
    /// instruction.
    ///
    /// # Errors
    /// Why none is sent.
    pub fn revise(&mut self) -> Result<Vec<Effect>, NotRevised> {
        let Some(turn) = self.turn.as_ref() else { return Err(NotRevised::NoComment) };
        if turn.review.purpose() != Purpose::Propose {
            return Err(NotRevised::Made);
        }
        if self.is_running() || turn.phase() != Phase::Reviewing {
            return Err(NotRevised::Running);
        }
        let open = turn.review.comments().filter(|(hunk, _)| hunk.verdict != Verdict::Rejected);
        self.revisions.waiting = open.map(|(hunk, _)| hunk.id).collect();
        if self.revisions.waiting.is_empty() {
            return Err(NotRevised::NoComment);
        }
        Ok(self.next_revision())
    }

    /// The hunk that is being revised, and how far the request is.
    pub fn revising(&self) -> Option<(HunkId, &Turn)> {
        self.revisions.running.as_ref().map(|one| (one.hunk, &one.turn))
    }

    pub(super) fn next_revision(&mut self) -> Vec<Effect> {
        while let Some(hunk) = self.revisions.waiting.pop_front() {
            let id = self.next_id();
            let Some(turn) = self.turn.as_ref() else { break };
            let Some((instruct, lines, seen)) = request(turn, hunk) else { continue };
            let Ok(scope) = Scope::of(Level::Selection, &instruct.focus, self.terms.leash.clone()) else {
                continue;
            };
            let turn = Turn::new(id, Arc::new(instruct), scope);
            let effect = Effect::Gather { turn: id, instruct: turn.instruct() };
            self.revisions.running = Some(Revision { hunk, turn, lines, seen });
            return vec![effect];
        }
        Vec::new()
    }

    /// Takes what has come of a revision that is over.
    pub(super) fn end_revision(&mut self) -> Vec<Effect> {
        let over = |one: &mut Revision| matches!(one.turn.phase(), Phase::Reviewing | Phase::Done);
        let Some(revision) = self.revisions.running.take_if(over) else { return Vec::new() };
        if let Some(turn) = self.turn.as_mut() {
            turn.revised(&revision);
        }
        self.next_revision()
    }

    /// Stops the request, and forgets those that wait.
    pub(super) fn abandon_revisions(&mut self) -> Vec<Effect> {
        let revisions = std::mem::take(&mut self.revisions);
        revisions.running.map(|one| Effect::Abort { turn: one.turn.id() }).into_iter().collect()
    }
}

impl Turn {
    fn revised(&mut self, revision: &Revision) {
        self.revision += 1;
        self.notice = match lines_of(revision) {
            Ok(with) => match self.review.rewrite(revision.hunk, &with, Author::Model) {
                Ok(()) => None,
                Err(why) => Some(Notice::NotRevised(why.to_string())),
            },
            Err(why) => Some(Notice::NotRevised(why)),
        };
        self.rest();
    }
}

/// What the hunk's lines have become.
fn lines_of(revision: &Revision) -> Result<Lines, String> {
    let (turn, seen) = (&revision.turn, &revision.seen);
    match turn.end() {
        Some(End::Failed(failure)) => return Err(format!("{failure}: {}", failure.next_step())),
        Some(End::NotAsked(why)) => return Err(why.clone()),
        Some(End::Declined(words)) => return Err(format!("the model declined: {words}")),
        Some(End::OutOfRoom | End::OutOfRounds | End::Spent(_)) => {
            return Err("the answer reached its length limit".into());
        }
        Some(End::Cancelled) | None => return Err("stopped; the hunk is as it was".into()),
        Some(End::Finished) => {}
    }
    if let Some(refusal) = turn.refusals().first() {
        return Err(format!("the model's revision was refused: {refusal}"));
    }
    let Some(hunk) = turn.review().hunks().next() else {
        let said = turn.prose().trim().lines().next().unwrap_or_default();
        return Err(format!("the model left the hunk as it is: {said}"));
    };
    let now = turn.review().preview(&hunk.path, true).ok_or("the model would delete the file")?;
    let below = seen.len() - revision.lines.end();
    Ok(Lines::new(now.slice(Span::new(revision.lines.start(), now.len().saturating_sub(below)))))
}

/// The request: the file with the hunk made, its lines selected, and the comment as the instruction.
fn request(turn: &Turn, id: HunkId) -> Option<(Instruct, Span, Lines)> {
    let review = turn.review();
    let hunk = review.hunk(id)?;
    let comment = review.note(id)?.comment.clone()?;
    let (seen, lines) = made(review, hunk)?;
    let old = review.base(&hunk.path)?.text.as_ref().map(|base| base.slice(hunk.replaces).to_vec());
    let old = old.filter(|old| !old.is_empty());
    let mut text = format!(
        "{comment}\n\nThe selected lines are part of a change that was proposed for this request: {}\n\
         Rewrite them so that the remark above is met, and change nothing else.",
        turn.instruct().text
    );
    if let Some(old) = old {
        text.push_str("\nBefore that change these lines stood here:\n");
        text.push_str(&String::from_utf8_lossy(&old));
    }
    let focus = Focus { file: Some(hunk.path.clone()), lines: Some(lines) };
    let open = BTreeMap::from([(hunk.path.clone(), seen.clone())]);
    let wants = Wants { wishes: turn.instruct().wants.wishes.clone(), ..Wants::default() };
    Some((Instruct { text, level: Level::Selection, focus, open, wants }, lines, seen))
}

/// The file with this hunk made and no other, and where its lines stand in it.
fn made(review: &Review, hunk: &Hunk) -> Option<(Lines, Span)> {
    let empty = Lines::from("");
    let base = review.base(&hunk.path)?.text.as_ref().unwrap_or(&empty);
    let above = base.slice(Span::new(0, hunk.replaces.start()));
    let below = base.slice(Span::new(hunk.replaces.end(), base.len()));
    let start = hunk.replaces.start();
    let text = Lines::new([above, hunk.with.bytes(), below].concat());
    Some((text, Span::new(start, start + hunk.with.len())))
}
