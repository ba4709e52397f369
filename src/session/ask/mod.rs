//! A question about the project and its answer, beside the turn and like it a pure machine. At depth
//! `quick` and `research` it is one conversation ([`talk`]), at `deep` it is several ([`deep`]); each
//! source that an answer names is compared with what was shown ([`Proof`]), and no request leaves that
//! does not fit what the question may use ([`Allowance`]). It reads only: nothing here can change a file,
//! whatever an answer or a tool says.

mod claims;
mod deep;
mod kept;
mod lookup;
mod markdown;
mod mask;
mod memory;
mod opening;
mod proof;
mod purse;
mod put;
mod question;
mod recalled;
mod rounds;
mod talk;
#[cfg(test)]
mod tests;
mod told;

pub use kept::{Answered, Head, KeptAnswer, KeptAs};
pub use proof::{Finding, Proof, Source};
pub use purse::{Allowance, Limit};
pub use question::{Depth, Given, NoEvidence, Outcome, Question, Reach, Retrieved};
pub use recalled::{Conversation, Recalled, Since};
pub use talk::Step;

use std::borrow::Cow;
use std::sync::Arc;

use super::supply::Switch;
use super::{Effect, End, Event, Phase, Terms, TurnId};
use crate::context::Pack;
use crate::context::citation::Evidence;
use crate::model::{Bill, ModelId, Tokens, Usage};
use deep::{Deep, Hands};
use kept::Base;
use purse::Purse;
use talk::{Around, Before, Talk};

/// How far a question is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// For what it is about.
    Searching,
    /// A model was asked and has said nothing yet.
    Asking,
    /// What a model called for.
    LookingUp,
    Answering,
    /// Into its parts.
    Splitting,
    Parts {
        done: usize,
        all: usize,
    },
    /// Whether what was found follows from its sources.
    Checking,
    Reporting,
    Done,
}

/// One conversation, or several.
#[derive(Debug)]
enum Course {
    Talk(Box<Talk>),
    Deep(Box<Deep>),
    /// Of earlier: it is over.
    Recalled(Box<Recalled>),
}

/// A question and what has come of it.
#[derive(Debug)]
pub struct Inquiry {
    id: TurnId,
    question: Arc<Question>,
    purse: Purse,
    course: Course,
    revision: u64,
    /// The name it is kept under, if answers are kept.
    name: Option<String>,
    /// It has been given away to be kept.
    kept: bool,
    /// What it goes on from, as that is written down.
    base: Option<Arc<Base>>,
}

impl Inquiry {
    fn recalled(id: TurnId, recalled: Recalled) -> Self {
        let question = Arc::new(recalled.question.clone());
        let mut purse = Purse::new(question.allowance, false);
        purse.metered(id, recalled.bill);
        let name = Some(recalled.kept.id.clone());
        let course = Course::Recalled(Box::new(recalled));
        Self { id, question, purse, course, revision: 0, name, kept: true, base: None }
    }

    /// The conversation, if the next question may go on with it.
    fn to_go_on(&self) -> Option<Before> {
        match &self.course {
            Course::Talk(talk) => talk.to_go_on(),
            Course::Deep(_) => None,
            Course::Recalled(recalled) => recalled.before.clone(),
        }
    }

    /// Under which names it is kept, or will be.
    pub fn kept_as(&self) -> Option<KeptAs> {
        if let Course::Recalled(recalled) = &self.course {
            return Some(recalled.kept.clone());
        }
        let id = self.name.clone()?;
        let base = self.base.as_ref().filter(|_| self.goes_on());
        let conversation = base.map_or_else(|| id.clone(), |base| base.kept.conversation.clone());
        Some(KeptAs { id, conversation })
    }

    /// The answer of earlier that it is, if it is one.
    pub fn of_earlier(&self) -> Option<&Recalled> {
        if let Course::Recalled(recalled) = &self.course { Some(recalled) } else { None }
    }

    /// What has become of the lines of a source, by its place in the proof, since the answer was given.
    pub fn since(&self, source: usize) -> Since {
        let since = self.of_earlier().and_then(|recalled| recalled.since.get(source));
        since.copied().unwrap_or(Since::Unchanged)
    }

    pub fn id(&self) -> TurnId {
        self.id
    }

    pub fn question(&self) -> &Question {
        &self.question
    }

    pub fn phase(&self) -> Phase {
        match &self.course {
            Course::Talk(talk) => talk.phase(),
            Course::Recalled(_) => Phase::Done,
            Course::Deep(deep) if deep.end().is_some() => Phase::Done,
            Course::Deep(deep) => match deep.latest().phase() {
                // Between two conversations.
                Phase::Done => Phase::Waiting,
                phase => phase,
            },
        }
    }

    pub fn stage(&self) -> Stage {
        match &self.course {
            Course::Deep(deep) => deep.stage(),
            Course::Recalled(_) => Stage::Done,
            Course::Talk(talk) => match talk.phase() {
                Phase::Gathering if talk.steps().is_empty() && talk.pack().is_none() => Stage::Searching,
                Phase::Gathering => Stage::LookingUp,
                Phase::Waiting => Stage::Asking,
                Phase::Streaming | Phase::Reviewing | Phase::Landing => Stage::Answering,
                Phase::Done => Stage::Done,
            },
        }
    }

    pub fn is_running(&self) -> bool {
        self.end().is_none()
    }

    /// What was sent to models, by segment.
    pub fn pack(&self) -> Option<Cow<'_, Pack>> {
        match &self.course {
            Course::Talk(talk) => talk.pack().map(Cow::Borrowed),
            Course::Deep(deep) => Some(Cow::Owned(deep.pack())),
            Course::Recalled(recalled) => {
                recalled.before.as_ref().map(|before| Cow::Borrowed(before.said.pack()))
            }
        }
    }

    /// How many results of tools were taken out of its conversations again, and what they weighed.
    pub fn masked(&self) -> (usize, Tokens) {
        let packs: Vec<&Pack> = match &self.course {
            Course::Talk(talk) => talk.pack().into_iter().collect(),
            Course::Deep(deep) => deep.talks().filter_map(Talk::pack).collect(),
            Course::Recalled(recalled) => recalled.before.iter().map(|before| before.said.pack()).collect(),
        };
        packs.iter().map(|pack| pack.masked()).fold((0, Tokens(0)), |all, own| (all.0 + own.0, all.1 + own.1))
    }

    /// What a person should know of how it went.
    pub fn notes(&self) -> &[String] {
        match &self.course {
            Course::Talk(talk) => talk.pack().map(Pack::notes).unwrap_or_default(),
            Course::Deep(deep) => deep.notes(),
            Course::Recalled(recalled) => &recalled.notes,
        }
    }

    /// The answer as far as it has been read, each source checked.
    pub fn proof(&self) -> &Proof {
        match &self.course {
            Course::Talk(talk) => talk.proof(),
            Course::Deep(deep) => deep.proof(),
            Course::Recalled(recalled) => &recalled.proof,
        }
    }

    /// Files and commits as they were shown: where the lines of a source can be looked at.
    pub fn shown(&self) -> &Evidence {
        match &self.course {
            Course::Talk(talk) => talk.shown(),
            Course::Deep(deep) => deep.shown(),
            Course::Recalled(recalled) => &recalled.shown,
        }
    }

    /// What was looked up so far; of a question in depth, by the parts.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let (talk, deep, earlier) = match &self.course {
            Course::Talk(talk) => (Some(&**talk), None, None),
            Course::Deep(deep) => (None, Some(deep), None),
            Course::Recalled(recalled) => (None, None, Some(&recalled.steps)),
        };
        let parts = deep.into_iter().flat_map(|deep| deep.parts().filter_map(|(_, talk)| talk));
        talk.into_iter().chain(parts).flat_map(Talk::steps).chain(earlier.into_iter().flatten())
    }

    /// The parts of a question in depth, and whether each is answered.
    pub fn parts(&self) -> impl Iterator<Item = (&str, bool)> {
        let deep = if let Course::Deep(deep) = &self.course { Some(deep) } else { None };
        let over = |talk: Option<&Talk>| talk.is_some_and(|talk| !talk.is_running());
        let earlier = self.of_earlier().into_iter().flat_map(|recalled| &recalled.parts);
        let earlier = earlier.map(|(text, answered)| (text.as_str(), *answered));
        let now =
            deep.into_iter().flat_map(move |deep| deep.parts().map(move |(text, talk)| (text, over(talk))));
        now.chain(earlier)
    }

    /// The conversation that was begun last.
    fn latest(&self) -> Option<&Talk> {
        match &self.course {
            Course::Talk(talk) => Some(talk),
            Course::Deep(deep) => Some(deep.latest()),
            Course::Recalled(_) => None,
        }
    }

    pub fn model(&self) -> Option<&ModelId> {
        let earlier = || self.of_earlier().and_then(|recalled| recalled.model.as_ref());
        self.latest().map_or_else(earlier, Talk::model)
    }

    /// Of its last request.
    pub fn usage(&self) -> Option<Usage> {
        let earlier = || self.of_earlier().and_then(|recalled| recalled.usage);
        self.latest().map_or_else(earlier, Talk::usage)
    }

    /// What its requests cost, as far as they have ended.
    pub fn bill(&self) -> Bill {
        self.purse.bill()
    }

    /// Who took over from whom, in order.
    pub fn switches(&self) -> &[Switch] {
        self.latest().map(Talk::switches).unwrap_or_default()
    }

    /// Does it go on from the question before?
    pub fn goes_on(&self) -> bool {
        match &self.course {
            Course::Talk(talk) => talk.goes_on(),
            Course::Deep(_) => false,
            Course::Recalled(recalled) => recalled.goes_on,
        }
    }

    /// Would a question at this depth go on from it? Not from half an answer, not from one in depth, and
    /// not where a model may do other things than it was told at the beginning.
    pub fn can_be_gone_on_from(&self, depth: Depth) -> bool {
        match &self.course {
            Course::Talk(talk) => depth == self.question.depth && talk.can_be_gone_on_from(),
            Course::Deep(_) => false,
            Course::Recalled(recalled) => recalled.can_be_gone_on_from(depth),
        }
    }

    pub fn end(&self) -> Option<&End> {
        match &self.course {
            Course::Talk(talk) => talk.end(),
            Course::Deep(deep) => deep.end(),
            Course::Recalled(recalled) => Some(&recalled.end),
        }
    }

    /// Did the search find anything to ask a model about?
    pub fn found(&self) -> bool {
        match &self.course {
            Course::Talk(talk) => talk.found(),
            Course::Deep(deep) => deep.found(),
            Course::Recalled(recalled) => recalled.found,
        }
    }

    /// Grows whenever there is more to show.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The names of its conversations.
    fn lanes(&self) -> Vec<TurnId> {
        match &self.course {
            Course::Talk(talk) => vec![talk.lane],
            Course::Deep(deep) => deep.lanes(),
            Course::Recalled(_) => Vec::new(),
        }
    }

    pub(super) fn owns(&self, lane: TurnId) -> bool {
        match &self.course {
            Course::Talk(talk) => talk.lane == lane,
            Course::Deep(deep) => deep.owns(lane),
            Course::Recalled(_) => false,
        }
    }

    fn stop(&mut self, end: &End) -> Vec<Effect> {
        if !self.is_running() {
            return Vec::new();
        }
        self.revision += 1;
        match &mut self.course {
            Course::Talk(talk) => {
                talk.close(end.clone());
                vec![Effect::Abort { turn: talk.lane }]
            }
            Course::Deep(deep) => deep.stop(end),
            Course::Recalled(_) => Vec::new(),
        }
    }

    /// The transition function of a question. What does not fit its phase changes nothing. `ids`: the
    /// last name that was given.
    pub(super) fn update(&mut self, terms: &Terms, ids: &mut u64, lane: TurnId, event: Event) -> Vec<Effect> {
        let mut effects = self.step(terms, ids, lane, event);
        effects.extend(self.keep_once());
        effects
    }

    fn step(&mut self, terms: &Terms, ids: &mut u64, lane: TurnId, event: Event) -> Vec<Effect> {
        // Money is spent whether or not anybody waits for the answer any more.
        if let Event::Metered { bill, .. } = event {
            self.purse.metered(lane, bill);
            self.revision += 1;
            return Vec::new();
        }
        if !self.is_running() {
            return Vec::new();
        }
        if let Event::TimeUp { .. } = event {
            let time = self.question.allowance.time.unwrap_or_default();
            return self.stop(&End::Spent(Limit::Time(time)));
        }
        self.revision += 1;
        if let Event::Ended { .. } | Event::BrokeOff { .. } = event {
            self.purse.dropped(lane);
        }
        let around = Around { terms, purse: &mut self.purse, payer: self.id };
        match &mut self.course {
            Course::Talk(talk) => {
                let mut around = around;
                talk.update(&mut around, event)
            }
            Course::Deep(deep) => deep.update(&mut Hands { around, ids }, lane, event),
            Course::Recalled(_) => Vec::new(),
        }
    }
}
