//! One conversation with a model about a question: what is found becomes a request, deltas become an
//! answer, and where tools are offered, calls become lookups whose results go into the next request. It
//! ends with an answer, or with what there is of one.
//!
//! Every request is the one before it and something behind it, so that a provider can have kept what it
//! knows: how the first is made is in `opening`, how results follow on calls in `rounds`. What a call asks
//! for is read by `tool`; one that is not whole is answered and not carried out.

use std::sync::Arc;

use super::memory::Memory;
use super::purse::{Purse, Room};
use super::{Proof, Question, Source, lookup};
use crate::context::Pack;
use crate::context::citation::Evidence;
use crate::model::{Ask, Delta, Failure, Finish, ModelId, Runnable, Seal, Tokens, ToolCall, Usage};
use crate::prompt::{Means, Said, answer};
use crate::session::supply::Switch;
use crate::session::{Effect, End, Event, Payer, Phase, Terms, TurnId};

/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// An answer is read again when it has grown by this part of itself, so that reading all of it again
/// and again stays cheap.
const GROWN_BY: usize = 32;

/// Most tokens of an answer where money is limited: what it may cost at most is set aside before.
const LONGEST_PAID: Tokens = Tokens(8_000);

/// What is done with what is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    Answer,
    /// Ask for at most so many questions that it is made of.
    Split(usize),
}

/// What a conversation needs from around it.
pub(super) struct Around<'a> {
    pub terms: &'a Terms,
    pub purse: &'a mut Purse,
    /// Who pays: the question as a whole.
    pub payer: TurnId,
}

/// A conversation that can be gone on with.
#[derive(Clone, Debug)]
pub(super) struct Before {
    pub said: Said,
    pub answer: String,
    pub shown: Evidence,
    pub means: Means,
    pub memory: Memory,
    pub window: Option<Tokens>,
}

/// Something that was looked up.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// What was asked, in words; a stranger's text.
    pub asked: String,
    /// Why there was nothing, if there was nothing.
    pub failed: Option<String>,
}

#[derive(Debug)]
pub(super) struct Talk {
    pub lane: TurnId,
    pub question: Arc<Question>,
    pub(super) task: Task,
    pub(super) means: Means,
    pub(super) phase: Phase,
    pub(super) said: Option<Said>,
    /// The conversation that it is to go on from, until its first request is made.
    pub(super) before: Option<Before>,
    pub(super) goes_on: bool,
    pub(super) shown: Evidence,
    /// What stands in the conversation, so that nothing is sent twice.
    pub(super) memory: Memory,
    /// Most tokens, by estimate, that the model takes of a request and its answer, as far as that is known.
    pub(super) window: Option<Tokens>,
    /// Requests that may still follow on calls of tools.
    pub(super) rounds_left: usize,
    pub(super) reply: String,
    /// Length of the reply when it was last read.
    read: usize,
    pub(super) calls: Vec<ToolCall>,
    pub(super) seals: Vec<Seal>,
    finish: Option<Finish>,
    pub(super) steps: Vec<Step>,
    /// Sources that the answer may name without giving them again.
    given: Vec<Source>,
    proof: Proof,
    model: Option<ModelId>,
    usage: Option<Usage>,
    switches: Vec<Switch>,
    /// Why nobody answers yet, while a request waits to be sent again.
    held_up: Option<String>,
    end: Option<End>,
    pub(super) found: bool,
}

impl Talk {
    pub fn new(
        lane: TurnId,
        question: Arc<Question>,
        task: Task,
        means: Means,
        before: Option<Before>,
    ) -> Self {
        Self {
            lane,
            question,
            task,
            rounds_left: means.rounds,
            means,
            phase: Phase::Gathering,
            said: None,
            goes_on: before.is_some(),
            before,
            shown: Evidence::default(),
            memory: Memory::default(),
            window: None,
            reply: String::new(),
            read: 0,
            calls: Vec::new(),
            seals: Vec::new(),
            finish: None,
            steps: Vec::new(),
            given: Vec::new(),
            proof: Proof::default(),
            model: None,
            usage: None,
            switches: Vec::new(),
            held_up: None,
            end: None,
            found: true,
        }
    }

    /// It begins with a search for what the question is about, beside what the conversation holds already.
    pub fn begin(&self) -> Effect {
        let above = self.before.as_ref().map(|before| before.memory.transcript.clone()).unwrap_or_default();
        let question = Arc::clone(&self.question);
        Effect::Retrieve { turn: self.lane, question, above: Arc::new(above) }
    }

    /// It begins with a request that is made already, about what was `shown` and these sources of it.
    pub fn begin_with(
        &mut self,
        said: Said,
        shown: Evidence,
        given: Vec<Source>,
        around: &mut Around<'_>,
    ) -> Vec<Effect> {
        (self.said, self.shown, self.given) = (Some(said), shown, given);
        self.send(around)
    }

    pub fn task(&self) -> Task {
        self.task
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn is_running(&self) -> bool {
        self.phase.is_running()
    }

    pub fn pack(&self) -> Option<&Pack> {
        self.said.as_ref().map(Said::pack)
    }

    pub fn shown(&self) -> &Evidence {
        &self.shown
    }

    pub fn reply(&self) -> &str {
        &self.reply
    }

    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub fn model(&self) -> Option<&ModelId> {
        self.model.as_ref()
    }

    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    pub fn held_up(&self) -> Option<&str> {
        self.held_up.as_deref()
    }

    pub fn switches(&self) -> &[Switch] {
        &self.switches
    }

    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    pub fn found(&self) -> bool {
        self.found
    }

    /// Does it go on from the question before?
    pub fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// The conversation as it was sent, if the next question may go on from it: only an answer that came to
    /// its end is one.
    pub fn answered(&self) -> Option<&Said> {
        let is_whole = self.end == Some(End::Finished) && !self.reply.trim().is_empty();
        self.said.as_ref().filter(|_| is_whole)
    }

    /// The transition function. What does not fit its phase changes nothing.
    pub fn update(&mut self, around: &mut Around<'_>, event: Event) -> Vec<Effect> {
        if !self.is_running() {
            return Vec::new();
        }
        match event {
            Event::Retrieved { found, .. } if self.phase == Phase::Gathering && self.said.is_none() => {
                return self.retrieved(around, found);
            }
            Event::Used { dice, outcomes, .. } if self.phase == Phase::Gathering => {
                return self.used(around, dice, &outcomes);
            }
            Event::Asking { model, window, .. } => {
                (self.model, self.held_up) = (Some(model), None);
                self.window = window.or(self.window);
            }
            Event::Retrying { failure, wait, .. } => {
                self.held_up = Some(format!("{failure}; again in {} s", wait.as_secs_f32().ceil()));
            }
            Event::Switched { failure, from, to, .. } => {
                self.switches.push(Switch { from, to, why: failure, midway: false });
            }
            Event::BrokeOff { failure, from, to, .. } => {
                self.switches.push(Switch { from, to, why: failure, midway: true });
                // From its beginning: half an answer proves nothing to another model.
                return self.send(around);
            }
            Event::Delta { delta, .. } if self.phase != Phase::Gathering => return self.heard(delta),
            Event::Ended { result, .. } if self.phase != Phase::Gathering => {
                return self.ended(around, result);
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn send(&mut self, around: &mut Around<'_>) -> Vec<Effect> {
        let Some(said) = &self.said else { return Vec::new() };
        let mut ask: Ask = said.ask().clone();
        let paid = around.purse.allowance().money.map(|_| LONGEST_PAID);
        ask.max_output = around.terms.max_output.or(ask.max_output).or(paid);
        if let Room::None(limit) = around.purse.room(self.lane, &ask) {
            return self.close(End::Spent(limit));
        }
        around.purse.sent(self.lane, &ask, self.rounds_left == 0);
        self.reply.clear();
        (self.calls, self.seals) = (Vec::new(), Vec::new());
        self.read = 0;
        self.proof = Proof::default();
        self.finish = None;
        self.phase = Phase::Waiting;
        let payer = Payer { turn: around.payer, limit: around.purse.allowance().money };
        vec![Effect::Consult { turn: self.lane, payer, ask: Arc::new(ask) }]
    }

    fn heard(&mut self, delta: Delta) -> Vec<Effect> {
        match delta {
            Delta::Text(text) => return self.hear(&text),
            Delta::Usage(usage) => self.usage = Some(usage),
            Delta::Finish(finish) => self.finish = Some(finish),
            Delta::Call(call) => self.calls.push(call),
            Delta::Seal(seal) => self.seals.push(seal),
            Delta::Calling { .. } => self.phase = Phase::Streaming,
            // Thinking is no answer.
            Delta::Reasoning(_) => {}
        }
        Vec::new()
    }

    fn hear(&mut self, text: &str) -> Vec<Effect> {
        self.phase = Phase::Streaming;
        if self.reply.len() + text.len() > MAX_ANSWER {
            let mut effects = self.close(End::OutOfRoom);
            effects.push(Effect::Abort { turn: self.lane });
            return effects;
        }
        self.reply.push_str(text);
        if self.reply.len() > self.read + self.read / GROWN_BY {
            self.prove(false);
        }
        Vec::new()
    }

    fn ended(&mut self, around: &mut Around<'_>, result: Result<(), Failure>) -> Vec<Effect> {
        if let Err(failure) = result {
            return match self.make_lighter_after(&failure) {
                true => self.send(around),
                false => self.close(End::Failed(failure)),
            };
        }
        let may_run = |call: &ToolCall| call.runnable == Runnable::Yes;
        let calls = self.calls.iter().any(may_run) || self.finish == Some(Finish::Calls);
        if self.calls.is_empty() || !calls || self.means.tools.is_empty() {
            return self.close(End::announced(self.finish.as_ref()));
        }
        if self.rounds_left == 0 {
            // It was told to answer and went on asking: what it said beside is all there is.
            self.prove(true);
            let answered = self.proof.verified().0 > 0;
            return self.close(if answered { End::Finished } else { End::OutOfRounds });
        }
        self.rounds_left -= 1;
        self.phase = Phase::Gathering;
        // What it said beside its calls is no answer.
        self.proof = Proof::default();
        let calls = lookup::wanted(&self.calls);
        vec![Effect::UseTools { turn: self.lane, question: Arc::clone(&self.question), calls }]
    }

    fn prove(&mut self, ended: bool) {
        self.read = self.reply.len();
        let answer = answer::read(&self.reply, ended);
        self.proof = Proof::of(answer, &self.shown, &self.given, &self.proof);
    }

    /// What was still being written counts only if the model came to its own end.
    pub fn close(&mut self, end: End) -> Vec<Effect> {
        if !self.is_running() {
            return Vec::new();
        }
        self.prove(end == End::Finished);
        self.end = Some(end);
        self.phase = Phase::Done;
        Vec::new()
    }
}
