//! One conversation with a model about a question: what is found becomes a request, deltas become an
//! answer, and where tools are offered, calls become lookups whose results go into the next request. It
//! ends with an answer, or with what there is of one.
//!
//! Every request is the one before it and something behind it, so that a provider can have kept what it
//! knows. What a call asks for is read by `tool`; one that is not whole is answered and not carried out.

use std::sync::Arc;

use super::lookup::{self, Looked};
use super::purse::{Purse, Room};
use super::{NoEvidence, Outcome, Proof, Question, Retrieved, Source};
use crate::context::citation::Evidence;
use crate::context::{self, Pack, Segment};
use crate::model::{Ask, Delta, Failure, Finish, ModelId, Runnable, Seal, Tokens, ToolCall, Usage};
use crate::prompt::{self, Means, Said, answer};
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
    task: Task,
    means: Means,
    phase: Phase,
    said: Option<Said>,
    before: Option<Before>,
    shown: Evidence,
    /// Requests that may still follow on calls of tools.
    rounds_left: usize,
    reply: String,
    /// Length of the reply when it was last read.
    read: usize,
    calls: Vec<ToolCall>,
    seals: Vec<Seal>,
    finish: Option<Finish>,
    steps: Vec<Step>,
    /// Sources that the answer may name without giving them again.
    given: Vec<Source>,
    proof: Proof,
    model: Option<ModelId>,
    usage: Option<Usage>,
    switches: Vec<Switch>,
    /// Why nobody answers yet, while a request waits to be sent again.
    held_up: Option<String>,
    end: Option<End>,
    found: bool,
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
            before,
            shown: Evidence::default(),
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

    /// It begins with a search for what the question is about.
    pub fn begin(&self) -> Effect {
        Effect::Retrieve { turn: self.lane, question: Arc::clone(&self.question) }
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

    /// How many questions it goes on from.
    pub fn goes_on(&self) -> bool {
        self.before.is_some()
    }

    /// What the conversation weighs, if the next question may go on from it: only an answer that came to
    /// its end is one.
    pub fn weight_to_go_on(&self) -> Option<Tokens> {
        let is_whole = self.end == Some(End::Finished) && !self.reply.trim().is_empty();
        self.said.as_ref().filter(|_| is_whole).map(|said| said.ask().weight())
    }

    /// The conversation, to be gone on with.
    pub fn to_go_on(&self) -> Option<Before> {
        self.weight_to_go_on()?;
        let (said, answer, shown) = (self.said.clone()?, self.reply.clone(), self.shown.clone());
        Some(Before { said, answer, shown, means: self.means.clone() })
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
                return self.used(around, dice, outcomes);
            }
            Event::Asking { model, .. } => (self.model, self.held_up) = (Some(model), None),
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
            Event::Ended { result, .. } if self.phase != Phase::Gathering => return self.ended(result),
            _ => {}
        }
        Vec::new()
    }

    fn retrieved(&mut self, around: &mut Around<'_>, found: Result<Retrieved, NoEvidence>) -> Vec<Effect> {
        let found = match found {
            // Who can look for itself, or has seen something already, begins with nothing in hand.
            Err(NoEvidence::Nothing) if self.means.rounds > 0 || self.before.is_some() => {
                let bare = context::evidence(&self.question.text, &[], Tokens(u64::MAX));
                bare.map(|pack| Retrieved { pack, shown: Evidence::default(), history: false })
                    .map_err(NoEvidence::from)
            }
            other => other,
        };
        let found = match found {
            Ok(found) => found,
            Err(why) => {
                self.found = why != NoEvidence::Nothing;
                return self.close(End::NotAsked(why.to_string()));
            }
        };
        self.means.history |= found.history;
        let before = self.before.as_ref().map(|before| before.shown.clone());
        self.shown = before.unwrap_or_default();
        self.shown.extend(&found.shown);
        let mut said = self.first(around.terms, &found.pack);
        let is_close = |said: &Said| around.purse.room(self.lane, said.ask()) != Room::Enough;
        if self.means.rounds > 0 && said.as_ref().is_ok_and(is_close) {
            // Too close to the end for looking things up: it answers from what was found.
            self.means = Means { history: self.means.history, ..Means::default() };
            self.rounds_left = 0;
            said = self.first(around.terms, &found.pack);
        }
        match said {
            Ok(said) => {
                self.said = Some(said);
                self.send(around)
            }
            Err(why) => self.close(End::NotAsked(why.to_string())),
        }
    }

    /// The first request: behind what was said before, if there is something it can stand behind.
    fn first(&mut self, terms: &Terms, pack: &Pack) -> Result<Said, prompt::PromptError> {
        if let Task::Split(parts) = self.task {
            return prompt::split(&terms.prompts, pack, parts);
        }
        // What the first prompt taught is all that this conversation knows.
        let fits = |before: &Before| {
            before.means.tools == self.means.tools && (before.means.history || !self.means.history)
        };
        let before = self.before.take().filter(fits);
        let on = before.as_ref().and_then(|before| {
            prompt::after_answer(&before.said, &before.answer, &unseen(pack, before.said.pack()))
        });
        self.before = before.filter(|_| on.is_some());
        self.means.history |= self.before.as_ref().is_some_and(|before| before.means.history);
        match on {
            Some(said) => Ok(said),
            None => prompt::ask(&terms.prompts, pack, &self.means),
        }
    }

    fn send(&mut self, around: &mut Around<'_>) -> Vec<Effect> {
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

    fn ended(&mut self, result: Result<(), Failure>) -> Vec<Effect> {
        if let Err(failure) = result {
            return self.close(End::Failed(failure));
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

    /// What was looked up goes into the next request, as far as that still fits.
    fn used(&mut self, around: &mut Around<'_>, dice: u64, outcomes: Vec<Outcome>) -> Vec<Effect> {
        let Some(said) = self.said.take() else { return Vec::new() };
        let go_on = |last: bool, looked: &[Looked]| {
            let results = looked.iter().map(|one| one.result.clone()).collect();
            prompt::after_calls(&said, &self.reply, &self.calls, &self.seals, results, dice, last)
        };
        let mut looked = lookup::looked(&self.calls, outcomes);
        let mut last = self.rounds_left == 0;
        let mut next = go_on(last, &looked);
        match around.purse.room(self.lane, next.ask()) {
            Room::Enough => {}
            Room::OneMore => (next, last) = (go_on(true, &looked), true),
            Room::None(_) => {
                // An answer from what was seen before is better than none.
                looked = looked.into_iter().map(Looked::left_out).collect();
                (next, last) = (go_on(true, &looked), true);
            }
        }
        for one in looked {
            self.shown.extend(&one.shown);
            self.steps.push(one.step);
        }
        if last {
            self.rounds_left = 0;
        }
        self.said = Some(next);
        self.send(around)
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

/// A pack without the excerpts that the conversation holds already.
fn unseen(pack: &Pack, before: &Pack) -> Pack {
    let is_known = |piece: &Segment| {
        let same = |known: &Segment| {
            known.source.place().0 == piece.source.place().0 && known.text.contains(piece.text.as_str())
        };
        piece.source.place().1.is_some() && before.segments().iter().any(same)
    };
    let fresh = pack.segments().iter().filter(|piece| !is_known(piece));
    Pack::new(fresh.cloned().collect()).with_notes(pack.notes().to_vec())
}
