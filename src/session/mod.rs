//! One turn as a pure machine: an instruction becomes a request, deltas become hunks, verdicts
//! become a landing. [`Session::update`] takes what happened and says what to do next; it reads no
//! disk, no clock and no network, so cancelling is one arm and a result that arrives late falls
//! away because it names another turn.
//!
//! It owns the turn's [`Review`](crate::change::Review) and the reader of the reply. It cannot
//! write a file: it can only ask, with an `Approved` in hand.

mod ask;
mod callers;
mod difference;
mod effect;
mod kept;
mod merging;
mod polish;
mod preview;
mod receipt;
mod refusal;
mod revision;
mod supply;
#[cfg(test)]
mod tests;
mod turn;
mod vectors;

pub use ask::{
    Allowance, Answered, Conversation, Depth, Finding, Given, Head, Inquiry, KeptAnswer, KeptAs, Limit,
    NoEvidence, Outcome, Proof, Question, Reach, Recalled, Retrieved, Since, Source as CitedSource, Stage,
    Step,
};
pub use callers::{Callers, How, Mentions, Touched};
pub use difference::{Ready, Subject};
pub use effect::{
    Candidate, CheckEnd, Decision, Effect, Event, GatherError, Gathered, Instruct, Payer, Rework,
    SentRequest, TurnId, Wants,
};
pub use kept::{Kept, kept_name};
pub use polish::{Polish, Rough, Words};
pub use preview::Preview;
pub use receipt::Seen;
pub use refusal::Refusal;
pub use revision::NotRevised;
pub use supply::Switch;
pub use turn::{End, Notice, Phase, Turn};
pub use vectors::{Making, Say, Vectors};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::change::{Base, HunkId, Leash, NoScope, Receipt, Scope, Uncut};
use crate::model::{Delta, Failure, Tokens};
use crate::prompt::{self, Prompts};
use crate::workspace::{ApplyError, Source, Story, Undone};
use revision::Revisions;

/// What holds for every turn of a session.
#[derive(Clone, Debug)]
pub struct Terms {
    pub prompts: Arc<Prompts>,
    pub leash: Leash,
    pub max_output: Option<Tokens>,
    pub source: Source,
}

/// The machine. At most one turn lives at a time; a finished one stays until the next begins, so
/// that it can be looked at and taken back.
#[derive(Debug)]
pub struct Session {
    terms: Terms,
    turn: Option<Turn>,
    last_id: u64,
    revisions: Revisions,
    inquiry: Option<Inquiry>,
    preview: Preview,
    /// Names of answers are drawn from it; without one none is kept.
    seed: Option<u64>,
    /// How many have been.
    named: u64,
}

/// Why an instruction is not taken now. The instruction stays where it was typed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotNow {
    #[error("say what should change")]
    Empty,
    #[error("ask a question")]
    NoQuestion,
    #[error("a request is still running; Esc stops it")]
    Running,
    #[error("{0} hunk(s) of the last change are still open; land or reject them first")]
    HunksOpen(usize),
    #[error(transparent)]
    NoScope(#[from] NoScope),
}

impl Session {
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            turn: None,
            last_id: 0,
            revisions: Revisions::default(),
            inquiry: None,
            preview: Preview::default(),
            seed: None,
            named: 0,
        }
    }

    /// The turn in hand, or the last one.
    pub fn turn(&self) -> Option<&Turn> {
        self.turn.as_ref()
    }

    pub fn prompts(&self) -> &Prompts {
        &self.terms.prompts
    }

    pub fn leash(&self) -> &Leash {
        &self.terms.leash
    }

    pub fn phase(&self) -> Option<Phase> {
        self.turn.as_ref().map(Turn::phase)
    }

    pub fn is_running(&self) -> bool {
        self.phase().is_some_and(Phase::is_running) || self.revisions.running.is_some()
    }

    fn next_id(&mut self) -> TurnId {
        self.last_id += 1;
        TurnId(self.last_id)
    }

    /// Begins a turn. The scope is fixed here, from what the user did, and never grows.
    pub fn instruct(&mut self, instruct: Instruct) -> Result<Vec<Effect>, NotNow> {
        if instruct.text.trim().is_empty() {
            return Err(NotNow::Empty);
        }
        if self.is_running() {
            return Err(NotNow::Running);
        }
        let open = self.turn.as_ref().map_or(0, Turn::unsettled);
        if open > 0 {
            return Err(NotNow::HunksOpen(open));
        }
        let scope = Scope::of(instruct.level, &instruct.focus, self.terms.leash.clone())?;
        let asked = Arc::new(told(self.turn.as_ref(), &instruct));
        let turn = Turn::new(self.next_id(), Arc::new(instruct), scope);
        let effect = Effect::Gather { turn: turn.id(), instruct: asked };
        self.turn = Some(turn);
        Ok(vec![effect])
    }

    /// Stops what runs. Every hunk that was closed stays reviewable.
    pub fn cancel(&mut self) -> Vec<Effect> {
        if self.revisions.running.is_some() {
            return self.abandon_revisions();
        }
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.phase().is_stoppable()) else {
            return Vec::new();
        };
        let mut effects = vec![Effect::Abort { turn: turn.id() }];
        effects.extend(turn.close(End::Cancelled));
        effects
    }

    /// Takes a verdict. Returns whether anything changed.
    pub fn decide(&mut self, decision: &Decision) -> bool {
        self.turn.as_mut().is_some_and(|turn| turn.decide(decision))
    }

    /// Cuts, edits or comments on a hunk. Returns the hunk that is meant now.
    ///
    /// # Errors
    /// Why the hunk stays as it is.
    pub fn rework(&mut self, id: HunkId, how: &Rework) -> Result<HunkId, Uncut> {
        self.turn.as_mut().ok_or(Uncut::NoHunk)?.rework(id, how)
    }

    /// A file is another now, by other hands than ours.
    pub fn changed(&mut self, now: Base) {
        self.turn.iter_mut().for_each(|turn| turn.changed(now.clone()));
    }

    /// Lands the accepted hunks.
    pub fn land(&mut self) -> Vec<Effect> {
        self.land_seen(None)
    }

    /// The same, with what a person has had on screen for the record.
    pub fn land_seen(&mut self, seen: Option<&BTreeMap<HunkId, Seen>>) -> Vec<Effect> {
        let source = self.terms.source;
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.phase() == Phase::Reviewing) else {
            return Vec::new();
        };
        let Some(approved) = turn.review().settle() else {
            return Vec::new();
        };
        turn.begin_landing();
        let instruct = turn.instruct();
        let story = Story {
            instruction: instruct.text.clone(),
            level: instruct.level,
            model: turn.model().map(ToString::to_string),
            source,
            review: Some(turn.reviewed(seen.unwrap_or(&BTreeMap::new()))),
        };
        vec![Effect::Land { turn: turn.id(), approved, story }]
    }

    /// The machine's one transition function. Events that concern no turn, or a turn that is not in
    /// the phase they belong to, change nothing.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        let named = match &event {
            Event::Previewed { .. } => {
                preview::previewed(&self.terms, &mut self.preview, event);
                return Vec::new();
            }
            Event::Undone(Ok(undone)) => return self.reverted(undone, false),
            Event::Redone(Ok(undone)) => return self.reverted(undone, true),
            Event::Gathered { turn, .. }
            | Event::Retrieved { turn, .. }
            | Event::Used { turn, .. }
            | Event::TimeUp { turn }
            | Event::Asking { turn, .. }
            | Event::Retrying { turn, .. }
            | Event::Switched { turn, .. }
            | Event::BrokeOff { turn, .. }
            | Event::Metered { turn: Some(turn), .. }
            | Event::Delta { turn, .. }
            | Event::Ended { turn, .. }
            | Event::Looked { turn, .. }
            | Event::Merged { turn, .. }
            | Event::Compared { turn, .. }
            | Event::ComparedAll { turn, .. }
            | Event::Landed { turn, .. } => *turn,
            _ => return Vec::new(),
        };
        let Self { terms, turn, revisions, inquiry, last_id, .. } = self;
        if let Some(inquiry) = inquiry.as_mut().filter(|inquiry| inquiry.owns(named)) {
            return inquiry.update(terms, last_id, named, event);
        }
        if let Some(turn) = turn.as_mut().filter(|turn| turn.id() == named) {
            let mut effects = step(terms, turn, event);
            effects.extend(turn.merges());
            return effects;
        }
        let revision = revisions.running.as_mut().filter(|one| one.turn.id() == named);
        let Some(revision) = revision else { return Vec::new() };
        let mut effects = step(terms, &mut revision.turn, event);
        effects.extend(revision.turn.merges());
        effects.extend(self.end_revision());
        effects
    }

    /// The landing that `undone` names was taken back, or brought forth again if it `stands` now.
    fn reverted(&mut self, undone: &Undone, stands: bool) -> Vec<Effect> {
        self.turn.iter_mut().for_each(|turn| turn.reverted(undone, stands));
        Vec::new()
    }
}

/// What a turn makes of an event that names it.
fn step(terms: &Terms, turn: &mut Turn, event: Event) -> Vec<Effect> {
    match (turn.phase(), event) {
        (Phase::Gathering, Event::Gathered { packed: Ok(found), .. }) => gathered(terms, turn, &found),
        (Phase::Gathering, Event::Gathered { packed: Err(why), .. }) => {
            turn.close(End::NotAsked(why.to_string()))
        }
        (Phase::Waiting, Event::Asking { model, .. }) => {
            turn.asking(model);
            Vec::new()
        }
        (Phase::Waiting, Event::Retrying { failure, wait, .. }) => {
            turn.retrying(failure, wait);
            Vec::new()
        }
        (Phase::Waiting, Event::Switched { failure, from, to, .. }) => {
            turn.switched(Switch { from, to, why: failure, midway: false });
            Vec::new()
        }
        (_, Event::BrokeOff { failure, from, to, .. }) if turn.is_listening() => {
            turn.go_on(terms, Switch { from, to, why: failure, midway: true })
        }
        // Money is spent whether or not anybody waits for the answer any more.
        (_, Event::Metered { bill, .. }) => {
            turn.metered(bill);
            Vec::new()
        }
        (_, Event::Delta { delta, .. }) if turn.is_listening() => heard(turn, delta),
        (_, Event::Ended { result, .. }) if turn.is_listening() => ended(terms, turn, result),
        (phase, Event::Merged { path, result, .. }) if phase != Phase::Done => {
            turn.merged(&path, result);
            settle(terms, turn)
        }
        (phase, Event::Looked { path, read, .. }) if phase != Phase::Done => {
            turn.looked(&path, read);
            settle(terms, turn)
        }
        (Phase::Streaming, Event::Compared { found, .. }) => {
            turn.compared(found);
            Vec::new()
        }
        (Phase::Streaming, Event::ComparedAll { result, .. }) => {
            turn.close(result.map_or_else(End::NotAsked, |()| End::Finished))
        }
        (Phase::Landing, Event::Landed { result, .. }) => {
            landed(turn, result);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// The instruction as the model reads it: with what was rejected of the change before, where a person
/// said why.
fn told(before: Option<&Turn>, instruct: &Instruct) -> Instruct {
    let mut asked = instruct.clone();
    let reasons: Vec<String> = before.map(Turn::reasons).unwrap_or_default();
    if !reasons.is_empty() {
        asked.text.push_str("\n\nOf the change before, this was rejected:\n");
        asked.text.push_str(&reasons.join("\n"));
    }
    asked
}

fn gathered(terms: &Terms, turn: &mut Turn, found: &Gathered) -> Vec<Effect> {
    turn.saw(found);
    match prompt::edit(&terms.prompts, turn.instruct().level, &found.pack) {
        Ok(said) => vec![turn.send(said, terms.max_output)],
        Err(why) => turn.close(End::NotAsked(why.to_string())),
    }
}

fn heard(turn: &mut Turn, delta: Delta) -> Vec<Effect> {
    match delta {
        Delta::Text(text) => turn.read(&text),
        Delta::Reasoning(text) => {
            turn.reasoned(&text);
            Vec::new()
        }
        Delta::Usage(usage) => {
            turn.used(usage);
            Vec::new()
        }
        // No tools are offered, so that there is nothing to run.
        Delta::Calling { .. } | Delta::Call(_) | Delta::Seal(_) => Vec::new(),
        Delta::Finish(finish) => {
            turn.finished(finish);
            Vec::new()
        }
    }
}

fn ended(terms: &Terms, turn: &mut Turn, result: Result<(), Failure>) -> Vec<Effect> {
    let end = match result {
        Ok(()) => turn.own_end(),
        Err(failure) => End::Failed(failure),
    };
    let mut effects = turn.close(end);
    effects.extend(settle(terms, turn));
    effects
}

/// Once the answer has ended and every file it names was looked at: one repair, if the model came to
/// its own end and some edit could not be placed.
fn settle(terms: &Terms, turn: &mut Turn) -> Vec<Effect> {
    if !turn.wants_repair() {
        return Vec::new();
    }
    turn.repair(&terms.prompts).map(|said| turn.send(said, terms.max_output)).into_iter().collect()
}

fn landed(turn: &mut Turn, result: Result<Receipt, ApplyError>) {
    match result {
        Ok(receipt) => turn.landed(receipt),
        Err(why) => turn.not_landed(why),
    }
}
