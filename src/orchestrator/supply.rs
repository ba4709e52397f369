//! What every request shares: the connections, the health of the models, the meter and the way back
//! to the front. Decides who is asked by `provider::failover`; spawns nothing itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::calibration::Calibration;
use super::dice;
use super::findings::Findings;
use super::meter::{Meter, Tab};
use super::roles::Route;
use crate::model::{Bill, Failure, ModelId, Ratio, Suffix, Tokens};
use crate::provider::failover::{Health, Step, Walk};
use crate::provider::{Client, canary_fim};
use crate::session::{Event, Payer, TurnId};

/// Shared by the tasks that ask models.
#[derive(Debug)]
pub struct Supply {
    pub client: Client,
    pub events: Sender<Event>,
    meter: Arc<Meter>,
    calibration: Calibration,
    health: Mutex<Health>,
    /// What was found out of the models whose server may ignore a suffix. Held while one is asked, so
    /// that two completions do not both ask.
    suffixes: tokio::sync::Mutex<HashMap<ModelId, Suffix>>,
    findings: Findings,
    began: Instant,
}

impl Supply {
    pub fn new(
        client: Client,
        events: Sender<Event>,
        meter: Arc<Meter>,
        findings: Findings,
        calibration: Calibration,
    ) -> Self {
        Self {
            client,
            events,
            meter,
            calibration,
            health: Mutex::default(),
            suffixes: Default::default(),
            findings,
            began: Instant::now(),
        }
    }

    /// Who is asked first.
    pub fn begin(&self, walk: &mut Walk) -> Step {
        self.with_health(|health, now| walk.begin(health, now))
    }

    /// Who is asked after a failure. `begun`: part of the answer had come.
    pub fn failed(&self, walk: &mut Walk, failure: &Failure, begun: bool) -> Step {
        if begun {
            walk.begun();
        }
        self.with_health(|health, now| walk.failed(failure, health, now, dice()))
    }

    pub fn finished(&self, walk: &mut Walk) {
        self.with_health(|health, _| walk.finished(health));
    }

    fn with_health<T>(&self, act: impl FnOnce(&mut Health, Duration) -> T) -> T {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut health, self.began.elapsed())
    }

    /// Opens a tab for a request, if it fits the budget.
    pub fn open(
        &self,
        payer: Option<Payer>,
        route: &Route,
        sent: Tokens,
        most_output: Option<Tokens>,
    ) -> Result<Tab, Failure> {
        self.meter.open(payer, route, sent, most_output)
    }

    /// How a model's provider counts, as far as it has shown.
    pub fn ratio(&self, model: &ModelId) -> Ratio {
        self.calibration.ratio(model)
    }

    /// Closes it, and says what it was.
    pub async fn close(&self, turn: Option<TurnId>, tab: Tab, result: &Result<(), Failure>) {
        if let (Some((model, sent, usage)), Ok(())) = (tab.counted(), result) {
            self.calibration.learn(&model, sent, usage);
        }
        let (bill, today) = tab.close(result);
        if bill != Bill::default() {
            let _ = self.events.send(Event::Metered { turn, bill, today }).await;
        }
        if let Some(why) = self.client.trouble() {
            let _ = self.events.send(Event::NotLogged(why)).await;
        }
    }

    /// Is a gap to be filled in by `route` with what stands after it? A server that takes a suffix and
    /// ignores it is found out by one small request, once, and said.
    pub async fn fills_in(&self, route: &Route) -> Result<bool, Failure> {
        let wire = route.endpoint.wire;
        if !wire.may_ignore_suffix() {
            return Ok(wire.fills_in());
        }
        let mut suffixes = self.suffixes.lock().await;
        if let Some(known) = suffixes.get(&route.id()) {
            return Ok(*known != Suffix::Ignored);
        }
        let found = self.suffix(route).await?;
        suffixes.insert(route.id(), found);
        self.findings.note(&route.id(), found);
        if found == Suffix::Ignored {
            let _ = self.events.send(Event::SuffixIgnored(route.id())).await;
        }
        Ok(found != Suffix::Ignored)
    }

    async fn suffix(&self, route: &Route) -> Result<Suffix, Failure> {
        let fim = canary_fim();
        let mut tab = self.open(None, route, fim.weight(), Some(fim.max_output))?;
        let hear = |delta: &_| tab.heard(delta);
        let found = self.client.suffix(&route.endpoint, &route.model, hear).await;
        self.close(None, tab, &found.as_ref().map(|_| ()).map_err(Failure::clone)).await;
        found
    }
}
