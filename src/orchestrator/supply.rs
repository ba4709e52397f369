//! What every request shares: the connections, the health of the models, the meter and the way back
//! to the front. Decides who is asked by `provider::failover`; spawns nothing itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::dice;
use super::meter::{Meter, Tab};
use super::roles::Route;
use crate::model::{Bill, Failure, Tokens};
use crate::provider::Client;
use crate::provider::failover::{Health, Step, Walk};
use crate::session::{Event, TurnId};

/// Shared by the tasks that ask models.
#[derive(Debug)]
pub struct Supply {
    pub client: Client,
    pub events: Sender<Event>,
    meter: Arc<Meter>,
    health: Mutex<Health>,
    began: Instant,
}

impl Supply {
    pub fn new(client: Client, events: Sender<Event>, meter: Arc<Meter>) -> Self {
        Self { client, events, meter, health: Mutex::default(), began: Instant::now() }
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
        turn: Option<TurnId>,
        route: &Route,
        sent: Tokens,
        most_output: Option<Tokens>,
    ) -> Result<Tab, Failure> {
        self.meter.open(turn, route, sent, most_output)
    }

    /// Closes it, and says what it was.
    pub async fn close(&self, turn: Option<TurnId>, tab: Tab, result: &Result<(), Failure>) {
        let (bill, today) = tab.close(result);
        if bill != Bill::default() {
            let _ = self.events.send(Event::Metered { turn, bill, today }).await;
        }
    }
}
