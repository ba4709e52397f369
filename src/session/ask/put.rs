//! How a question is put, stopped, and taken up again: at most one is in hand, and it stays in hand when it is
//! answered, so that it can be looked at and gone on from.

use std::sync::Arc;

use super::deep::Deep;
use super::kept::Base;
use super::purse::Purse;
use super::talk::{Before, Talk, Task};
use super::{Course, Depth, Inquiry, Question, Recalled};
use crate::prompt::Means;
use crate::session::{Effect, End, NotNow, Session, TurnId};
use crate::text::Digest;
use crate::tool;

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
        let before = self.inquiry.take();
        let forgotten: Vec<Effect> =
            before.iter().flat_map(Inquiry::lanes).map(|turn| Effect::Abort { turn }).collect();
        let before = before.filter(|_| question.follows);
        let kept = before.as_ref().filter(|before| before.kept).and_then(Inquiry::kept_as);
        let before = before.and_then(|before| before.to_go_on());
        let base = kept.zip(before.clone()).map(|(kept, before)| Arc::new(Base { kept, before }));
        let id = self.next_id();
        let name = self.next_name();
        let question = Arc::new(question);
        let (course, begin) = course(id, &question, before);
        let allowance = question.allowance;
        let purse = Purse::new(allowance, question.depth == Depth::Deep);
        self.inquiry = Some(Inquiry { id, question, purse, course, revision: 0, name, kept: false, base });
        let wake = allowance.time.map(|after| Effect::Wake { turn: id, after });
        Ok(forgotten.into_iter().chain([begin]).chain(wake).collect())
    }

    /// The question in hand, or the last one.
    pub fn inquiry(&self) -> Option<&Inquiry> {
        self.inquiry.as_ref()
    }

    /// Nobody waits for the answer any more; what has come of it stays.
    pub fn stop_asking(&mut self) -> Vec<Effect> {
        let Some(inquiry) = &mut self.inquiry else { return Vec::new() };
        let mut effects = inquiry.stop(&End::Cancelled);
        effects.extend(inquiry.keep_once());
        effects
    }

    /// From now on answers are kept, under names that are drawn from `seed`.
    pub fn keep_answers(&mut self, seed: u64) {
        self.seed = Some(seed);
    }

    fn next_name(&mut self) -> Option<String> {
        let name = self.seed.map(|seed| Digest::of(format!("{seed} {}", self.named).as_bytes()).short())?;
        self.named += 1;
        Some(name)
    }

    /// Takes an answer of earlier in hand, to be looked at and gone on from.
    ///
    /// # Errors
    /// Another is being given.
    pub fn recall_answer(&mut self, recalled: Recalled) -> Result<Vec<Effect>, NotNow> {
        if self.inquiry.as_ref().is_some_and(Inquiry::is_running) {
            return Err(NotNow::Running);
        }
        let before = self.inquiry.take();
        let id = self.next_id();
        self.inquiry = Some(Inquiry::recalled(id, recalled));
        Ok(before.iter().flat_map(Inquiry::lanes).map(|turn| Effect::Abort { turn }).collect())
    }
}

fn course(id: TurnId, question: &Arc<Question>, before: Option<Before>) -> (Course, Effect) {
    let reach = question.reach;
    let looking = || Means { tools: tool::offered(true), rounds: reach.rounds, history: true };
    if question.depth == Depth::Deep {
        let deep = Deep::new(id, Arc::clone(question), looking(), reach.parts);
        let begin = deep.begin();
        return (deep.into(), begin);
    }
    let means = if question.depth == Depth::Research { looking() } else { Means::default() };
    let talk = Talk::new(id, Arc::clone(question), Task::Answer, means, before);
    let begin = talk.begin();
    (Course::Talk(Box::new(talk)), begin)
}
