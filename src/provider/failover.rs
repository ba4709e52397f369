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

use super::Backoff;
use crate::model::{Failure, ModelId};

/// How long a model rests after its first failure in a row; twice as long after each further one.
const REST: Duration = Duration::from_secs(15);
const LONGEST_REST: Duration = Duration::from_secs(600);

/// Longest rest that a server's own word gives it.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// A failure, as far as it bears on who is asked next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
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
            other if other.is_outage() => Self::Lasting,
            _ => Self::Ours,
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
    /// Those that were asked, each with its last failure.
    tried: Vec<(ModelId, Failure)>,
    asking: Option<ModelId>,
    /// Part of the answer has come.
    begun: bool,
    over: bool,
    backoff: Backoff,
}

impl Walk {
    pub fn new(list: Vec<ModelId>) -> Self {
        let backoff = Backoff::default();
        Self { list, tried: Vec::new(), asking: None, begun: false, over: false, backoff }
    }

    /// Who is asked first.
    pub fn begin(&mut self, health: &mut Health, now: Duration) -> Step {
        match self.untried(health, now) {
            Some(model) if !self.over && self.asking.is_none() => {
                self.ask(model, Duration::ZERO, health, now)
            }
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

    /// The model that was asked has failed. `dice`: any number, to spread those who wait.
    pub fn failed(&mut self, failure: &Failure, health: &mut Health, now: Duration, dice: u64) -> Step {
        let fault = Fault::from(failure);
        let Some(model) = self.asking.take().filter(|_| !self.over) else { return Step::GiveUp };
        if fault == Fault::Ours {
            self.over = true;
            return Step::GiveUp;
        }
        health.failed(&model, fault, now);
        self.tried.retain(|(known, _)| *known != model);
        self.tried.push((model, failure.clone()));
        let begun = std::mem::take(&mut self.begun);
        match self.untried(health, now) {
            Some(model) if begun => {
                self.ask(model.clone(), Duration::ZERO, health, now);
                Step::TakeOver { model }
            }
            Some(model) => self.ask(model, Duration::ZERO, health, now),
            // What has begun to answer is not asked for the same once more.
            None if begun => self.give_up(),
            None => self.again(health, now, dice),
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

    /// Everyone has failed: whoever can be asked again soonest is, if it is worth waiting for.
    fn again(&mut self, health: &mut Health, now: Duration, dice: u64) -> Step {
        let asked = |failure: &Failure| match failure {
            Failure::Busy { retry_after, .. } => retry_after.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let place = |model: &ModelId| self.list.iter().position(|listed| listed == model);
        let transient = self.tried.iter().filter(|(_, failure)| failure.is_transient());
        let soonest = transient.min_by_key(|(model, failure)| (asked(failure), place(model)));
        let Some((model, failure)) = soonest.cloned() else { return self.give_up() };
        match self.backoff.wait(&failure, dice) {
            Some(wait) => self.ask(model, wait, health, now),
            None => self.give_up(),
        }
    }
}

/// Who answers when the models that `dark` names are not reachable, and who is asked on the way: the
/// same machine as in earnest, with nothing sent.
pub fn drill(list: &[ModelId], dark: impl Fn(&ModelId) -> bool) -> (Vec<ModelId>, Option<ModelId>) {
    let (mut health, mut walk) = (Health::default(), Walk::new(list.to_vec()));
    let mut asked = Vec::new();
    let mut step = walk.begin(&mut health, Duration::ZERO);
    while let Step::Ask { model, .. } | Step::TakeOver { model } = step {
        if !dark(&model) {
            return (asked, Some(model));
        }
        let failure = Failure::Unreachable { server: model.provider.clone(), why: "drill".into() };
        if !asked.contains(&model) {
            asked.push(model);
        }
        step = walk.failed(&failure, &mut health, Duration::ZERO, 0);
    }
    (asked, None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::KeyFrom;

    const SECOND: Duration = Duration::from_secs(1);
    const TRIES: usize = 3;

    fn busy(retry_after: Option<u32>) -> Failure {
        let retry_after = retry_after.map(|seconds| SECOND * seconds);
        Failure::Busy { server: "it".into(), status: 429, retry_after, said: String::new() }
    }

    fn cut() -> Failure {
        Failure::Cut { server: "it".into() }
    }

    fn no_key() -> Failure {
        Failure::NoKey {
            server: "it".into(),
            from: KeyFrom::Variable("KEY".into()),
            why: "is not set".into(),
        }
    }

    fn ours() -> Failure {
        Failure::Refused { server: "it".into(), status: 400, said: String::new() }
    }

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
        let refused = Failure::Unreachable { server: "it".into(), why: "connection refused".into() };
        let quota = Failure::OverQuota { server: "it".into(), status: 429, said: String::new() };
        for fault in [busy(None), busy(Some(5)), busy(Some(500)), refused, quota, no_key(), cut()] {
            let (mut health, mut walk) = (Health::default(), walk(3));
            assert_eq!(walk.begin(&mut health, SECOND), ask(0));
            assert_eq!(walk.failed(&fault, &mut health, SECOND, 0), ask(1));
            assert_eq!(walk.failed(&fault, &mut health, SECOND, 0), ask(2));
        }
    }

    #[test]
    fn what_is_wrong_with_the_request_is_asked_of_nobody_else() {
        let (mut health, mut walk) = (Health::default(), walk(3));
        walk.begin(&mut health, SECOND);
        assert_eq!(walk.failed(&ours(), &mut health, SECOND, 0), Step::GiveUp);
        assert!(!health.rests(&id(0), SECOND), "and nobody is blamed for it");
    }

    #[test]
    fn an_answer_that_broke_off_is_taken_over_and_never_begun_anew_by_the_same() {
        let (mut health, mut walk) = (Health::default(), walk(2));
        walk.begin(&mut health, SECOND);
        walk.begun();
        assert_eq!(walk.failed(&cut(), &mut health, SECOND, 0), Step::TakeOver { model: id(1) });
        walk.begun();
        assert_eq!(walk.failed(&cut(), &mut health, SECOND, 0), Step::GiveUp);
    }

    #[test]
    fn one_that_failed_rests_and_then_is_tried_first_again_by_one_request() {
        let mut health = Health::default();
        let mut first = walk(2);
        first.begin(&mut health, SECOND);
        first.failed(&cut(), &mut health, SECOND, 0);
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
        health.failed(&id(0), Fault::Passing(None), Duration::ZERO);
        health.failed(&id(0), Fault::Passing(None), Duration::ZERO);
        assert!(health.rests(&id(0), REST) && !health.rests(&id(0), REST * 2));
        health.failed(&id(1), Fault::Passing(Some(SECOND * 100)), Duration::ZERO);
        assert!(health.rests(&id(1), SECOND * 99) && !health.rests(&id(1), SECOND * 100));
        health.failed(&id(2), Fault::Lasting, Duration::ZERO);
        assert!(health.rests(&id(2), LONGEST_REST - SECOND));
    }

    #[test]
    fn when_all_rest_the_list_is_asked_all_the_same() {
        let mut health = Health::default();
        (0..2).for_each(|n| health.failed(&id(n), Fault::Passing(None), Duration::ZERO));
        let mut walk = walk(2);
        assert_eq!(walk.begin(&mut health, SECOND), ask(0));
        assert_eq!(walk.failed(&cut(), &mut health, SECOND, 0), ask(1));
    }

    #[test]
    fn with_nobody_else_a_passing_failure_is_waited_out_and_others_are_not() {
        let (mut health, mut lonely) = (Health::default(), walk(1));
        lonely.begin(&mut health, SECOND);
        let wait = |seconds| Step::Ask { model: id(0), wait: SECOND * seconds };
        assert_eq!(lonely.failed(&busy(Some(3)), &mut health, SECOND, 0), wait(3));
        assert_eq!(lonely.failed(&busy(Some(4)), &mut health, SECOND, 0), wait(4));
        assert_eq!(lonely.failed(&no_key(), &mut health, SECOND, 0), Step::GiveUp);
        for failure in [no_key(), busy(Some(500)), cut()] {
            let (mut health, mut lonely) = (Health::default(), walk(1));
            lonely.begin(&mut health, SECOND);
            assert_eq!(lonely.failed(&failure, &mut health, SECOND, 0), Step::GiveUp);
        }
        assert_eq!(walk(0).begin(&mut health, SECOND), Step::GiveUp);
    }

    #[test]
    fn when_all_have_failed_whoever_is_back_soonest_is_asked() {
        let (mut health, mut walk) = (Health::default(), walk(3));
        walk.begin(&mut health, SECOND);
        walk.failed(&busy(Some(9)), &mut health, SECOND, 0);
        walk.failed(&busy(Some(2)), &mut health, SECOND, 0);
        let step = walk.failed(&no_key(), &mut health, SECOND, 0);
        assert_eq!(step, Step::Ask { model: id(1), wait: SECOND * 2 });
    }

    #[test]
    fn a_drill_says_who_takes_over() {
        let list: Vec<_> = (0..3).map(id).collect();
        assert_eq!(drill(&list, |_| false), (vec![], Some(id(0))));
        assert_eq!(drill(&list, |model| *model == id(0)), (vec![id(0)], Some(id(1))));
        assert_eq!(drill(&list, |_| true), (list.clone(), None));
        assert_eq!(drill(&[], |_| true), (vec![], None));
    }

    #[derive(Clone, Debug)]
    enum Happens {
        Begun,
        Failed(Failure),
        Finished,
        Later(u64),
    }

    fn happens() -> impl Strategy<Value = Happens> {
        let fault = prop_oneof![
            Just(cut()),
            prop::option::of(0u32..60).prop_map(busy),
            Just(no_key()),
            Just(ours()),
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
            dice in any::<u64>(),
        ) {
            let mut health = Health::default();
            let mut now = Duration::ZERO;
            for events in turns {
                let mut walk = walk(n);
                let mut step = walk.begin(&mut health, now);
                let (mut asked, mut over, mut begun) = (Vec::new(), step == Step::GiveUp, false);
                let mut waited = Duration::ZERO;
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
                            step = walk.failed(&fault, &mut health, now, dice);
                            match &step {
                                Step::Ask { model, wait } => {
                                    prop_assert!(!over && !begun, "asked plainly after an answer had begun");
                                    waited += *wait;
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
                prop_assert!(waited <= Duration::from_secs(30));
                prop_assert!(asked.len() <= n + TRIES, "{:?}", asked);
                let first_round = &asked[..asked.len().min(n)];
                let distinct: std::collections::HashSet<_> = first_round.iter().collect();
                prop_assert_eq!(distinct.len(), first_round.len(), "nobody twice while others are left");
            }
        }
    }
}
