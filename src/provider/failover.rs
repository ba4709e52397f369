//! The transfer switch: which model of a role's list is asked next, as a pure machine. What happened
//! goes in with the time; who is to be asked, and when, comes out. It keeps no connection, has no
//! clock and no dice of its own, and knows no answer: a drill is the same machine without a network.
//!
//! Two parts. [`Health`] remembers, beyond a request, which models have failed: such a one *rests* and
//! others are asked before it; when it has rested, the next request tries it first (half-open, after
//! Nygard's circuit breaker), and one answer puts it back into its place. [`Walk`] is one request's way
//! along the list: each model at most once while there is another, a few more tries when there is none,
//! and after a finish nothing.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::{Failure, ModelId};

/// How often a list is tried anew once everyone on it has failed.
const RETRIES: u32 = 2;

/// Longest time we wait because a server asks us to; a longer one is the user's to decide.
const PATIENCE: Duration = Duration::from_secs(30);

/// Before the first retry; twice as long before the second.
const BACKOFF: Duration = Duration::from_millis(500);

/// How long a model rests after its first failure in a row; twice as long after each further one.
const REST: Duration = Duration::from_secs(15);
const LONGEST_REST: Duration = Duration::from_secs(600);

/// Longest rest that a server's own word gives it.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// A failure, as far as it bears on who is asked next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Busy, unreachable, silent, cut off: it may pass, in the time that the server says.
    Passing(Option<Duration>),
    /// A wrong key, an unknown model, an empty account: asking it again is no use, another may answer.
    Lasting,
    /// The request itself: whoever is asked would refuse it.
    Ours,
}

impl From<&Failure> for Fault {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Busy { retry_after, .. } => Self::Passing(*retry_after),
            Failure::Unreachable { .. }
            | Failure::Broken { .. }
            | Failure::Silent { .. }
            | Failure::Cut { .. }
            | Failure::MidStream { .. } => Self::Passing(None),
            Failure::Refused { status: 400 | 413 | 422, .. }
            | Failure::TooLong { .. }
            | Failure::OverBudget { .. }
            | Failure::NoModel { .. } => Self::Ours,
            Failure::Refused { .. }
            | Failure::Unauthorised { .. }
            | Failure::NoKey { .. }
            | Failure::UnknownModel { .. }
            | Failure::Unreadable { .. } => Self::Lasting,
        }
    }
}

/// What to do now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Send the request to this model, after this time.
    Ask { model: ModelId, wait: Duration },
    /// The answer broke off and this model can take over: what was whole is kept, so the request has
    /// to be made anew before it is sent.
    TakeOver { model: ModelId },
    /// Nobody is left; the last failure stands.
    GiveUp,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Record {
    /// In a row.
    failures: u32,
    rests_until: Duration,
}

impl Record {
    fn rests(&self, now: Duration) -> bool {
        self.failures > 0 && now < self.rests_until
    }

    fn rest(&self) -> Duration {
        let doubled = REST.saturating_mul(1 << self.failures.saturating_sub(1).min(10));
        doubled.min(LONGEST_REST)
    }
}

/// Who has failed lately. Times are since the start of the program.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Health {
    records: HashMap<ModelId, Record>,
}

impl Health {
    /// Is it passed over for now?
    pub fn rests(&self, model: &ModelId, now: Duration) -> bool {
        self.records.get(model).is_some_and(|record| record.rests(now))
    }

    fn failed(&mut self, model: &ModelId, fault: Fault, now: Duration) {
        let record = self.records.entry(model.clone()).or_default();
        record.failures = record.failures.saturating_add(1);
        let rest = match fault {
            Fault::Passing(asked) => record.rest().max(asked.unwrap_or_default().min(LONGEST_ASKED)),
            Fault::Lasting | Fault::Ours => LONGEST_REST,
        };
        record.rests_until = now.saturating_add(rest);
    }

    fn answered(&mut self, model: &ModelId) {
        self.records.remove(model);
    }

    /// A model that has rested is tried by one request at a time.
    fn probes(&mut self, model: &ModelId, now: Duration) {
        if let Some(record) = self.records.get_mut(model) {
            record.rests_until = now.saturating_add(record.rest());
        }
    }
}

/// One request's way along a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Walk {
    /// First choice first.
    list: Vec<ModelId>,
    /// Those that were asked, and whether asking them again may help, after which time.
    tried: Vec<(ModelId, Fault)>,
    asking: Option<ModelId>,
    /// Part of the answer has come.
    begun: bool,
    over: bool,
    retries: u32,
}

impl Walk {
    pub fn new(list: Vec<ModelId>) -> Self {
        Self { list, tried: Vec::new(), asking: None, begun: false, over: false, retries: 0 }
    }

    /// Who is asked first.
    pub fn begin(&mut self, health: &mut Health, now: Duration) -> Step {
        match self.untried(health, now) {
            Some(model) if !self.over && self.asking.is_none() => self.ask(model, Duration::ZERO, health, now),
            _ => Step::GiveUp,
        }
    }

    /// A part of the answer has come.
    pub fn begun(&mut self) {
        self.begun = true;
    }

    /// The answer is whole: nobody is asked again.
    pub fn finished(&mut self, health: &mut Health) {
        if let Some(model) = self.asking.take() {
            health.answered(&model);
        }
        self.over = true;
    }

    /// The model that was asked has failed. `chance`, 0 to 1, spreads those who wait.
    pub fn failed(&mut self, fault: Fault, health: &mut Health, now: Duration, chance: f64) -> Step {
        let Some(model) = self.asking.take().filter(|_| !self.over) else { return Step::GiveUp };
        if fault == Fault::Ours {
            self.over = true;
            return Step::GiveUp;
        }
        health.failed(&model, fault, now);
        self.tried.retain(|(known, _)| *known != model);
        self.tried.push((model, fault));
        let begun = std::mem::take(&mut self.begun);
        match self.untried(health, now) {
            Some(model) if begun => {
                self.ask(model.clone(), Duration::ZERO, health, now);
                Step::TakeOver { model }
            }
            Some(model) => self.ask(model, Duration::ZERO, health, now),
            // What has begun to answer is not asked for the same once more.
            None if begun => self.give_up(),
            None => self.again(health, now, chance),
        }
    }

    fn give_up(&mut self) -> Step {
        self.over = true;
        Step::GiveUp
    }

    fn ask(&mut self, model: ModelId, wait: Duration, health: &mut Health, now: Duration) -> Step {
        health.probes(&model, now.saturating_add(wait));
        self.asking = Some(model.clone());
        Step::Ask { model, wait }
    }

    /// The first that was not asked yet; those that rest come last.
    fn untried(&self, health: &Health, now: Duration) -> Option<ModelId> {
        let left = || self.list.iter().filter(|model| self.tried.iter().all(|(tried, _)| tried != *model));
        left().find(|model| !health.rests(model, now)).or_else(|| left().next()).cloned()
    }

    /// Everyone has failed: whoever can be asked again soonest is.
    fn again(&mut self, health: &mut Health, now: Duration, chance: f64) -> Step {
        let backoff = BACKOFF.saturating_mul(1 << self.retries.min(10));
        let backoff = backoff.mul_f64(1.0 + chance.clamp(0.0, 1.0) / 2.0);
        let wait = |fault: &Fault| match fault {
            Fault::Passing(asked) => asked.map_or(Some(backoff), |asked| (asked <= PATIENCE).then_some(asked)),
            Fault::Lasting | Fault::Ours => None,
        };
        let soonest = self
            .list
            .iter()
            .filter_map(|model| {
                let (_, fault) = self.tried.iter().find(|(tried, _)| tried == model)?;
                Some((wait(fault)?, model.clone()))
            })
            .min_by_key(|(wait, _)| *wait);
        match soonest {
            Some((wait, model)) if self.retries < RETRIES => {
                self.retries += 1;
                self.ask(model, wait, health, now)
            }
            _ => self.give_up(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const BUSY: Fault = Fault::Passing(None);

    fn id(n: usize) -> ModelId {
        ModelId { provider: format!("p{n}"), model: "m".into() }
    }

    fn walk(n: usize) -> Walk {
        Walk::new((0..n).map(id).collect())
    }

    fn ask(n: usize) -> Step {
        Step::Ask { model: id(n), wait: Duration::ZERO }
    }

    #[test]
    fn the_next_on_the_list_is_asked_at_once_whatever_failed() {
        let asked = Fault::Passing(Some(SECOND * 5));
        for fault in [BUSY, asked, Fault::Lasting] {
            let (mut health, mut walk) = (Health::default(), walk(3));
            assert_eq!(walk.begin(&mut health, SECOND), ask(0));
            assert_eq!(walk.failed(fault, &mut health, SECOND, 0.0), ask(1));
            assert_eq!(walk.failed(fault, &mut health, SECOND, 0.0), ask(2));
        }
    }

    #[test]
    fn what_is_wrong_with_the_request_is_asked_of_nobody_else() {
        let (mut health, mut walk) = (Health::default(), walk(3));
        walk.begin(&mut health, SECOND);
        assert_eq!(walk.failed(Fault::Ours, &mut health, SECOND, 0.0), Step::GiveUp);
        assert!(!health.rests(&id(0), SECOND), "and nobody is blamed for it");
    }

    #[test]
    fn an_answer_that_broke_off_is_taken_over_and_never_begun_anew_by_the_same() {
        let (mut health, mut walk) = (Health::default(), walk(2));
        walk.begin(&mut health, SECOND);
        walk.begun();
        assert_eq!(walk.failed(BUSY, &mut health, SECOND, 0.0), Step::TakeOver { model: id(1) });
        walk.begun();
        assert_eq!(walk.failed(BUSY, &mut health, SECOND, 0.0), Step::GiveUp);
    }

    #[test]
    fn one_that_failed_rests_and_then_is_tried_first_again_by_one_request() {
        let mut health = Health::default();
        let mut first = walk(2);
        first.begin(&mut health, SECOND);
        first.failed(BUSY, &mut health, SECOND, 0.0);
        first.finished(&mut health);
        assert_eq!(walk(2).begin(&mut health, SECOND * 2), ask(1), "it rests");
        let rested = SECOND + REST;
        let mut probe = walk(2);
        assert_eq!(probe.begin(&mut health, rested), ask(0), "half open");
        assert_eq!(walk(2).begin(&mut health, rested), ask(1), "one probe at a time");
        probe.finished(&mut health);
        assert_eq!(walk(2).begin(&mut health, rested), ask(0), "it is back");
    }

    #[test]
    fn rests_grow_with_each_failure_and_follow_the_servers_own_word() {
        let mut health = Health::default();
        health.failed(&id(0), BUSY, Duration::ZERO);
        health.failed(&id(0), BUSY, Duration::ZERO);
        assert!(health.rests(&id(0), REST) && !health.rests(&id(0), REST * 2));
        health.failed(&id(1), Fault::Passing(Some(SECOND * 100)), Duration::ZERO);
        assert!(health.rests(&id(1), SECOND * 99) && !health.rests(&id(1), SECOND * 100));
        health.failed(&id(2), Fault::Lasting, Duration::ZERO);
        assert!(health.rests(&id(2), LONGEST_REST - SECOND));
    }

    #[test]
    fn when_all_rest_the_list_is_asked_all_the_same() {
        let mut health = Health::default();
        (0..2).for_each(|n| health.failed(&id(n), BUSY, Duration::ZERO));
        let mut walk = walk(2);
        assert_eq!(walk.begin(&mut health, SECOND), ask(0));
        assert_eq!(walk.failed(BUSY, &mut health, SECOND, 0.0), ask(1));
    }

    #[test]
    fn with_nobody_else_a_passing_failure_is_waited_out_and_a_lasting_one_is_not() {
        let (mut health, mut lonely) = (Health::default(), walk(1));
        lonely.begin(&mut health, SECOND);
        let wait = |wait| Step::Ask { model: id(0), wait };
        assert_eq!(lonely.failed(BUSY, &mut health, SECOND, 0.0), wait(BACKOFF));
        let asked = Fault::Passing(Some(SECOND * 3));
        assert_eq!(lonely.failed(asked, &mut health, SECOND, 0.5), wait(SECOND * 3));
        assert_eq!(lonely.failed(BUSY, &mut health, SECOND, 0.0), Step::GiveUp);
        for fault in [Fault::Lasting, Fault::Passing(Some(PATIENCE + SECOND))] {
            let (mut health, mut lonely) = (Health::default(), walk(1));
            lonely.begin(&mut health, SECOND);
            assert_eq!(lonely.failed(fault, &mut health, SECOND, 0.0), Step::GiveUp);
        }
        assert_eq!(walk(0).begin(&mut health, SECOND), Step::GiveUp);
    }

    #[derive(Clone, Debug)]
    enum Happens {
        Begun,
        Failed(Fault),
        Finished,
        Later(u64),
    }

    fn happens() -> impl Strategy<Value = Happens> {
        let fault = prop_oneof![
            Just(BUSY),
            (0u64..60).prop_map(|s| Fault::Passing(Some(SECOND * s as u32))),
            Just(Fault::Lasting),
            Just(Fault::Ours),
        ];
        prop_oneof![
            2 => Just(Happens::Begun),
            6 => fault.prop_map(Happens::Failed),
            1 => Just(Happens::Finished),
            1 => (0u64..2_000).prop_map(Happens::Later),
        ]
    }

    proptest! {
        #[test]
        fn calls_are_bounded_and_a_finished_turn_is_never_asked_again(
            n in 0usize..5,
            turns in prop::collection::vec(prop::collection::vec(happens(), 0..24), 1..4),
        ) {
            let mut health = Health::default();
            let mut now = Duration::ZERO;
            for events in turns {
                let mut walk = walk(n);
                let mut step = walk.begin(&mut health, now);
                let (mut asked, mut over, mut begun) = (Vec::new(), step == Step::GiveUp, false);
                if let Step::Ask { model, .. } = &step {
                    asked.push(model.clone());
                }
                for event in events {
                    match event {
                        Happens::Begun => {
                            walk.begun();
                            begun = true;
                        }
                        Happens::Finished => {
                            walk.finished(&mut health);
                            over = true;
                        }
                        Happens::Later(seconds) => now += Duration::from_secs(seconds),
                        Happens::Failed(fault) => {
                            let last = asked.last().cloned();
                            step = walk.failed(fault, &mut health, now, 0.5);
                            match &step {
                                Step::Ask { model, wait } => {
                                    prop_assert!(!over && !begun, "asked plainly after an answer had begun");
                                    prop_assert!(*wait <= PATIENCE);
                                    // Waiting is for those who have nobody else to ask.
                                    prop_assert!(wait.is_zero() || asked.len() >= n);
                                    asked.push(model.clone());
                                }
                                Step::TakeOver { model } => {
                                    prop_assert!(!over && begun && Some(model) != last.as_ref());
                                    asked.push(model.clone());
                                }
                                Step::GiveUp => over = true,
                            }
                            begun = false;
                        }
                    }
                }
                prop_assert!(asked.len() <= n + RETRIES as usize, "{:?}", asked);
                let first_round = &asked[..asked.len().min(n)];
                let distinct: std::collections::HashSet<_> = first_round.iter().collect();
                prop_assert_eq!(distinct.len(), first_round.len(), "nobody twice while others are left");
            }
        }
    }
}
