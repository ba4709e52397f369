//! A question about the project and its answer, beside the turn and like it a pure machine: what is
//! found becomes a request, deltas become an answer, and each source that the answer names is checked
//! against the files as they were found ([`proof`](Proof)). It reads only: nothing here can change a
//! file, whatever the answer says.

mod proof;
#[cfg(test)]
mod tests;

pub use proof::{Finding, Proof, Source};

use std::collections::BTreeMap;
use std::sync::Arc;

use super::supply::Switch;
use super::{Effect, End, Event, NotNow, Phase, Session, Terms, TurnId, Wants};
use crate::change::Focus;
use crate::context::{DoesNotFit, Pack};
use crate::model::{Bill, Delta, Failure, Finish, ModelId, Usage};
use crate::prompt::{self, Said, answer};
use crate::text::{Lines, RepoPath};

/// Longest answer that is read, in bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// An answer is read again when it has grown by this part of itself, so that reading all of it again
/// and again stays cheap.
const GROWN_BY: usize = 32;

/// What is asked, with all that fixes its meaning.
#[derive(Clone, Debug)]
pub struct Question {
    pub text: String,
    /// What the user looks at: selected lines come along as evidence.
    pub focus: Focus,
    /// Open buffers as they stand on screen, saved or not.
    pub open: BTreeMap<RepoPath, Lines>,
    pub wants: Wants,
}

/// What was found for a question, and the files it was found in.
#[derive(Clone, Debug)]
pub struct Retrieved {
    pub pack: Pack,
    /// Whole, as they were read: what sources are checked against.
    pub files: BTreeMap<RepoPath, Lines>,
}

/// Why a question cannot be put.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoEvidence {
    #[error("nothing in the project fits the words of the question; name a file, a function or a message")]
    Nothing,
    #[error("{0}")]
    NoIndex(String),
    #[error(transparent)]
    DoesNotFit(#[from] DoesNotFit),
}

/// A question and what has come of it.
#[derive(Debug)]
pub struct Inquiry {
    id: TurnId,
    question: Arc<Question>,
    phase: Phase,
    said: Option<Said>,
    files: BTreeMap<RepoPath, Lines>,
    reply: String,
    /// Length of the reply when it was last read.
    read: usize,
    proof: Proof,
    model: Option<ModelId>,
    usage: Option<Usage>,
    bill: Bill,
    switches: Vec<Switch>,
    finish: Option<Finish>,
    end: Option<End>,
    /// Was there anything to ask about?
    found: bool,
    revision: u64,
}

impl Session {
    /// Puts a question. A turn that runs or waits for a verdict is not touched by it.
    ///
    /// # Errors
    /// There is none, or another is being answered.
    pub fn ask(&mut self, question: Question) -> Result<Vec<Effect>, NotNow> {
        if question.text.trim().is_empty() {
            return Err(NotNow::NoQuestion);
        }
        if self.inquiry.as_ref().is_some_and(Inquiry::is_running) {
            return Err(NotNow::Running);
        }
        let inquiry = Inquiry::new(self.next_id(), Arc::new(question));
        let effect = Effect::Retrieve { turn: inquiry.id, question: Arc::clone(&inquiry.question) };
        self.inquiry = Some(inquiry);
        Ok(vec![effect])
    }

    /// The question in hand, or the last one.
    pub fn inquiry(&self) -> Option<&Inquiry> {
        self.inquiry.as_ref()
    }

    /// Nobody waits for the answer any more; what has come of it stays.
    pub fn stop_asking(&mut self) -> Vec<Effect> {
        let Some(inquiry) = self.inquiry.as_mut().filter(|one| one.is_running()) else { return Vec::new() };
        inquiry.close(End::Cancelled);
        vec![Effect::Abort { turn: inquiry.id }]
    }
}

impl Inquiry {
    fn new(id: TurnId, question: Arc<Question>) -> Self {
        Self {
            id,
            question,
            phase: Phase::Gathering,
            said: None,
            files: BTreeMap::new(),
            reply: String::new(),
            read: 0,
            proof: Proof::default(),
            model: None,
            usage: None,
            bill: Bill::default(),
            switches: Vec::new(),
            finish: None,
            end: None,
            found: true,
            revision: 0,
        }
    }

    pub fn id(&self) -> TurnId {
        self.id
    }

    pub fn question(&self) -> &Question {
        &self.question
    }

    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn is_running(&self) -> bool {
        self.phase.is_running()
    }

    /// What was sent to the model, by segment.
    pub fn pack(&self) -> Option<&Pack> {
        self.said.as_ref().map(Said::pack)
    }

    /// The answer as far as it has been read, each source checked.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    pub fn model(&self) -> Option<&ModelId> {
        self.model.as_ref()
    }

    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// What its requests cost, as far as they have ended.
    pub fn bill(&self) -> Bill {
        self.bill
    }

    /// Who took over from whom, in order.
    pub fn switches(&self) -> &[Switch] {
        &self.switches
    }

    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Did the search find anything to ask a model about?
    pub fn found(&self) -> bool {
        self.found
    }

    /// Grows whenever there is more to show.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The transition function of a question. What does not fit its phase changes nothing.
    pub(super) fn update(&mut self, terms: &Terms, event: Event) -> Vec<Effect> {
        // Money is spent whether or not anybody waits for the answer any more.
        if let Event::Metered { bill, .. } = event {
            self.bill += bill;
            return Vec::new();
        }
        if !self.is_running() {
            return Vec::new();
        }
        self.revision += 1;
        match event {
            Event::Retrieved { found: Ok(found), .. } if self.phase == Phase::Gathering => {
                return self.retrieved(terms, found);
            }
            Event::Retrieved { found: Err(why), .. } if self.phase == Phase::Gathering => {
                self.found = why != NoEvidence::Nothing;
                self.close(End::NotAsked(why.to_string()));
            }
            Event::Asking { model, .. } => self.model = Some(model),
            Event::Switched { failure, from, to, .. } => {
                self.switches.push(Switch { from, to, why: failure, midway: false });
            }
            Event::BrokeOff { failure, from, to, .. } => {
                self.switches.push(Switch { from, to, why: failure, midway: true });
                return self.send(terms);
            }
            Event::Delta { delta, .. } => return self.heard(delta),
            Event::Ended { result, .. } => self.ended(result),
            _ => {}
        }
        Vec::new()
    }

    fn retrieved(&mut self, terms: &Terms, found: Retrieved) -> Vec<Effect> {
        self.files = found.files;
        match prompt::ask(&terms.prompts, &found.pack) {
            Ok(said) => {
                self.said = Some(said);
                self.send(terms)
            }
            Err(why) => {
                self.close(End::NotAsked(why.to_string()));
                Vec::new()
            }
        }
    }

    /// The request, from its beginning: half an answer proves nothing to another model.
    fn send(&mut self, terms: &Terms) -> Vec<Effect> {
        let Some(said) = &self.said else { return Vec::new() };
        let mut ask = said.ask().clone();
        ask.max_output = terms.max_output.or(ask.max_output);
        self.reply.clear();
        self.read = 0;
        self.proof = Proof::default();
        self.finish = None;
        self.phase = Phase::Waiting;
        vec![Effect::Send { turn: self.id, ask: Arc::new(ask) }]
    }

    fn heard(&mut self, delta: Delta) -> Vec<Effect> {
        match delta {
            Delta::Text(text) => return self.hear(&text),
            Delta::Usage(usage) => self.usage = Some(usage),
            Delta::Finish(finish) => self.finish = Some(finish),
            // No tools are offered, so that there is nothing to run; thinking is no answer.
            Delta::Reasoning(_) | Delta::Calling { .. } | Delta::Call(_) | Delta::Seal(_) => {}
        }
        Vec::new()
    }

    fn hear(&mut self, text: &str) -> Vec<Effect> {
        self.phase = Phase::Streaming;
        if self.reply.len() + text.len() > MAX_ANSWER {
            self.close(End::OutOfRoom);
            return vec![Effect::Abort { turn: self.id }];
        }
        self.reply.push_str(text);
        if self.reply.len() > self.read + self.read / GROWN_BY {
            self.prove(false);
        }
        Vec::new()
    }

    fn ended(&mut self, result: Result<(), Failure>) {
        self.close(match result {
            Ok(()) => End::announced(self.finish.as_ref()),
            Err(failure) => End::Failed(failure),
        });
    }

    fn prove(&mut self, ended: bool) {
        self.read = self.reply.len();
        self.proof = Proof::of(answer::read(&self.reply, ended), &self.files);
    }

    /// What was still being written counts only if the model came to its own end.
    fn close(&mut self, end: End) {
        self.prove(end == End::Finished);
        self.revision += 1;
        self.end = Some(end);
        self.phase = Phase::Done;
    }
}
