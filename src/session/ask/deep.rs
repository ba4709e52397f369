//! An answer in depth: the question is split, its parts are answered side by side, each with tools of its
//! own; what they found is checked by somebody who did not find it, and written up. Each stage is a
//! conversation like any other; here it is only said which comes next.
//!
//! Whatever ends it early, what was found until then is an answer: the statements that have sources.

use std::sync::Arc;

use super::claims::Claims;
use super::talk::{Around, Talk, Task};
use super::{Course, Question, Stage};
use crate::context::Pack;
use crate::context::citation::Evidence;
use crate::prompt::{self, Means, PromptError, Said, parts};
use crate::session::{Effect, End, Event, TurnId};

use super::Proof;

/// Most parts that are answered at the same time.
const SIDE_BY_SIDE: usize = 3;

#[derive(Debug)]
pub(super) struct Deep {
    question: Arc<Question>,
    means: Means,
    plan: Talk,
    parts: Vec<Part>,
    claims: Claims,
    check: Option<Talk>,
    report: Option<Talk>,
    stage: Stage,
    proof: Proof,
    shown: Evidence,
    notes: Vec<String>,
    end: Option<End>,
}

/// A part of the question; without a conversation while it waits for its turn.
#[derive(Debug)]
struct Part {
    question: Arc<Question>,
    talk: Option<Talk>,
}

/// What it needs from around it, names for new conversations included.
pub(super) struct Hands<'a> {
    pub around: Around<'a>,
    pub ids: &'a mut u64,
}

impl Hands<'_> {
    fn lane(&mut self) -> TurnId {
        *self.ids += 1;
        TurnId(*self.ids)
    }
}

impl Deep {
    pub fn new(lane: TurnId, question: Arc<Question>, means: Means, most: usize) -> Self {
        let plan = Talk::new(lane, Arc::clone(&question), Task::Split(most), Means::default(), None);
        Self {
            question,
            means,
            plan,
            parts: Vec::new(),
            claims: Claims::default(),
            check: None,
            report: None,
            stage: Stage::Splitting,
            proof: Proof::default(),
            shown: Evidence::default(),
            notes: Vec::new(),
            end: None,
        }
    }

    pub fn begin(&self) -> Effect {
        self.plan.begin()
    }

    /// Its conversations, in the order of the stages.
    pub fn talks(&self) -> impl Iterator<Item = &Talk> {
        let parts = self.parts.iter().filter_map(|part| part.talk.as_ref());
        std::iter::once(&self.plan).chain(parts).chain(&self.check).chain(&self.report)
    }

    fn talks_mut(&mut self) -> impl Iterator<Item = &mut Talk> {
        let parts = self.parts.iter_mut().filter_map(|part| part.talk.as_mut());
        std::iter::once(&mut self.plan).chain(parts).chain(&mut self.check).chain(&mut self.report)
    }

    pub fn lanes(&self) -> Vec<TurnId> {
        self.talks().map(|talk| talk.lane).collect()
    }

    pub fn owns(&self, lane: TurnId) -> bool {
        self.talks().any(|talk| talk.lane == lane)
    }

    pub fn stage(&self) -> Stage {
        self.stage
    }

    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    pub fn shown(&self) -> &Evidence {
        &self.shown
    }

    /// What a person should know of how it went.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The conversation that was begun last: who answers, and what it is about.
    pub fn latest(&self) -> &Talk {
        self.talks().last().unwrap_or(&self.plan)
    }

    pub fn found(&self) -> bool {
        self.plan.found()
    }

    /// Everything that was sent, conversation after conversation.
    pub fn pack(&self) -> Pack {
        let packs = self.talks().filter_map(Talk::pack);
        Pack::new(packs.flat_map(|pack| pack.segments().to_vec()).collect())
    }

    /// The parts and how each stands: its question, what it has looked up, whether it is over.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Option<&Talk>)> {
        self.parts.iter().map(|part| (part.question.text.as_str(), part.talk.as_ref()))
    }

    pub fn update(&mut self, hands: &mut Hands<'_>, lane: TurnId, event: Event) -> Vec<Effect> {
        if self.end.is_some() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if let Some(talk) = self.talks_mut().find(|talk| talk.lane == lane) {
            effects.extend(talk.update(&mut hands.around, event));
            if !talk.is_running() {
                hands.around.purse.closed(lane);
            }
        }
        effects.extend(self.advance(hands));
        effects
    }

    /// Goes to the next stage for as long as the one before is over.
    fn advance(&mut self, hands: &mut Hands<'_>) -> Vec<Effect> {
        let mut effects = Vec::new();
        loop {
            let before = self.stage;
            effects.extend(match self.stage {
                Stage::Splitting if !self.plan.is_running() => self.take_apart(hands),
                Stage::Parts { .. } => self.go_on_with_parts(hands),
                Stage::Checking if is_over(self.check.as_ref()) => self.write_up(hands),
                Stage::Reporting if is_over(self.report.as_ref()) => self.finish(),
                _ => Vec::new(),
            });
            // A stage whose request could not leave is over already.
            if self.stage == before || self.end.is_some() {
                return effects;
            }
        }
    }

    fn take_apart(&mut self, hands: &mut Hands<'_>) -> Vec<Effect> {
        match self.plan.end() {
            Some(End::Finished | End::OutOfRoom) | None => {}
            Some(other) => {
                self.end = Some(other.clone());
                self.stage = Stage::Done;
                return Vec::new();
            }
        }
        let most = match self.plan.task() {
            Task::Split(most) => most,
            Task::Answer => 1,
        };
        let mut texts = parts::questions(self.plan.reply(), most);
        if texts.is_empty() {
            texts.push(self.question.text.clone());
        }
        let part = |text: String| {
            let question = Question { text, follows: false, ..(*self.question).clone() };
            Part { question: Arc::new(question), talk: None }
        };
        self.parts = texts.into_iter().map(part).collect();
        self.stage = Stage::Parts { done: 0, all: self.parts.len() };
        self.begin_parts(hands)
    }

    /// Begins as many parts as may run side by side.
    fn begin_parts(&mut self, hands: &mut Hands<'_>) -> Vec<Effect> {
        let running =
            self.parts.iter().filter(|part| part.talk.as_ref().is_some_and(Talk::is_running)).count();
        // What a request may cost at most is set aside while it runs: where money is counted, two at once
        // would keep each other from being asked.
        let most = if hands.around.purse.allowance().money.is_some() { 1 } else { SIDE_BY_SIDE };
        let waiting = self.parts.iter_mut().filter(|part| part.talk.is_none());
        let mut effects = Vec::new();
        for part in waiting.take(most.saturating_sub(running)) {
            let (question, means) = (Arc::clone(&part.question), self.means.clone());
            let talk = Talk::new(hands.lane(), question, Task::Answer, means, None);
            effects.push(talk.begin());
            part.talk = Some(talk);
        }
        effects
    }

    fn go_on_with_parts(&mut self, hands: &mut Hands<'_>) -> Vec<Effect> {
        let over = |part: &Part| part.talk.as_ref().is_some_and(|talk| !talk.is_running());
        let done = self.parts.iter().filter(|part| over(part)).count();
        let all = self.parts.len();
        self.stage = Stage::Parts { done, all };
        if self.spent().is_none() && done < all {
            return self.begin_parts(hands);
        }
        if self.parts.iter().any(|part| part.talk.as_ref().is_some_and(Talk::is_running)) {
            return Vec::new();
        }
        self.gather();
        if self.claims.is_empty() {
            return self.finish();
        }
        hands.around.purse.open_all();
        self.stage = Stage::Checking;
        let said = prompt::check(&hands.around.terms.prompts, self.claims.segments(), &self.question.text);
        let begun = self.begin_with(hands, said);
        self.begun(begun, |deep, talk| deep.check = Some(talk))
    }

    /// Why no more parts are begun: the end of what may be used.
    fn spent(&self) -> Option<End> {
        let ends = self.parts.iter().filter_map(|part| part.talk.as_ref().and_then(Talk::end));
        ends.into_iter().find(|end| end.is_of_budget()).cloned()
    }

    /// Takes what the parts have found.
    fn gather(&mut self) {
        let talks: Vec<&Talk> = self.parts.iter().filter_map(|part| part.talk.as_ref()).collect();
        let mut shown = Evidence::default();
        talks.iter().for_each(|talk| shown.extend(talk.shown()));
        self.claims = Claims::of(talks.iter().map(|talk| talk.proof()));
        let mut notes = Vec::new();
        for (at, talk) in talks.iter().enumerate() {
            if let Some(why) = talk.end().and_then(why_not) {
                notes.push(format!("part {} was not answered to its end: {why}", at + 1));
            }
        }
        let unanswered = self.parts.len() - talks.len();
        if unanswered > 0 {
            notes.push(format!("{unanswered} part(s) of the question were not begun"));
        }
        if self.claims.left_out() > 0 {
            let count = self.claims.left_out();
            notes.push(format!("{count} statement(s) had no source that was verified and were left out"));
        }
        self.shown = shown;
        self.notes = notes;
        self.proof = self.claims.proof();
        if self.claims.is_empty() {
            // Marked as what they are.
            let said = talks.iter().map(|talk| talk.proof()).find(|proof| !proof.findings.is_empty());
            self.proof = said.cloned().unwrap_or_default();
        }
    }

    /// A conversation about the statements, which asks for nothing beside them.
    fn begin_with(
        &self,
        hands: &mut Hands<'_>,
        said: Result<Said, PromptError>,
    ) -> Result<(Talk, Vec<Effect>), PromptError> {
        let said = said?;
        let lane = hands.lane();
        let mut talk = Talk::new(lane, Arc::clone(&self.question), Task::Answer, Means::default(), None);
        let sources = self.claims.sources().to_vec();
        let effects = talk.begin_with(said, self.shown.clone(), sources, &mut hands.around);
        Ok((talk, effects))
    }

    fn begun(
        &mut self,
        begun: Result<(Talk, Vec<Effect>), PromptError>,
        put: impl FnOnce(&mut Self, Talk),
    ) -> Vec<Effect> {
        match begun {
            Ok((talk, effects)) => {
                put(self, talk);
                effects
            }
            Err(why) => {
                self.end = Some(End::NotAsked(why.to_string()));
                Vec::new()
            }
        }
    }

    fn write_up(&mut self, hands: &mut Hands<'_>) -> Vec<Effect> {
        let checked = self.check.as_ref().filter(|check| check.end() == Some(&End::Finished));
        match checked.map(|check| parts::verdicts(check.reply())) {
            Some(verdicts) => self.claims.judge(verdicts),
            None => self.notes.push("the statements could not be checked against their quotes".into()),
        }
        let (doubted, contradicted) = (self.claims.doubted(), self.claims.contradicted());
        if doubted > 0 {
            self.notes.push(format!("{doubted} statement(s) did not follow from their quotes"));
        }
        if contradicted > 0 {
            self.notes.push(format!("{contradicted} statement(s) contradict another"));
        }
        self.proof = self.claims.proof();
        if self.claims.len() == doubted {
            return self.finish();
        }
        self.stage = Stage::Reporting;
        let said = prompt::report(&hands.around.terms.prompts, self.claims.segments(), &self.question.text);
        let begun = self.begin_with(hands, said);
        self.begun(begun, |deep, talk| deep.report = Some(talk))
    }

    /// The report, if there is a sound one; else what the parts have found.
    fn finish(&mut self) -> Vec<Effect> {
        let report = self.report.as_ref().filter(|talk| talk.proof().verified().0 > 0);
        let whole = report.is_some_and(|talk| talk.end() == Some(&End::Finished));
        if let Some(report) = report.filter(|_| whole) {
            self.proof = report.proof().clone();
        } else if self.report.is_some() {
            self.notes.push("no report could be written; this is what was found, part by part".into());
        }
        self.end = Some(self.own_end(whole));
        self.stage = Stage::Done;
        Vec::new()
    }

    fn own_end(&self, whole: bool) -> End {
        let last = self.check.iter().chain(&self.report).filter_map(Talk::end);
        if let Some(spent) = self.spent().or_else(|| last.into_iter().find(|end| end.is_of_budget()).cloned())
        {
            return spent;
        }
        if whole {
            return End::Finished;
        }
        // Nothing came of it: why, if one of them knows.
        let ends = self.talks().filter_map(Talk::end);
        let failed = ends.into_iter().find(|end| matches!(end, End::Failed(_) | End::Declined(_)));
        match failed {
            Some(end) if self.claims.is_empty() => end.clone(),
            _ => End::Finished,
        }
    }

    /// Ends it here and now with what there is.
    pub fn stop(&mut self, end: &End) -> Vec<Effect> {
        if self.end.is_some() {
            return Vec::new();
        }
        let running = self.talks().filter(|talk| talk.is_running());
        let effects = running.map(|talk| Effect::Abort { turn: talk.lane }).collect();
        self.talks_mut().for_each(|talk| drop(talk.close(end.clone())));
        if self.claims.is_empty() {
            self.gather();
        }
        self.end = Some(end.clone());
        self.stage = Stage::Done;
        effects
    }
}

/// Why an answer is not what it might have been.
fn why_not(end: &End) -> Option<String> {
    Some(match end {
        End::Failed(why) => why.to_string(),
        End::NotAsked(why) => why.clone(),
        End::Declined(words) => format!("the model declined: {words}"),
        End::OutOfRounds => "the model went on looking things up".into(),
        End::OutOfRoom => "it reached its length limit".into(),
        End::Spent(limit) => format!("the budget of {limit} was used up"),
        End::Finished | End::Cancelled => return None,
    })
}

fn is_over(talk: Option<&Talk>) -> bool {
    talk.is_some_and(|talk| !talk.is_running())
}

impl From<Deep> for Course {
    fn from(deep: Deep) -> Self {
        Self::Deep(Box::new(deep))
    }
}
