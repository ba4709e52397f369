//! Runs a session without a screen: effects out, events in, until nothing runs any more.

use std::io::{IsTerminal, Write as _};

use tokio::sync::mpsc::Receiver;

use crate::orchestrator::Orchestrator;
use crate::session::{Effect, Event, Session};
use crate::text::safe;

/// A session with hands.
pub struct Driver {
    pub session: Session,
    orchestrator: Orchestrator,
    events: Receiver<Event>,
    /// Progress goes to stderr, and only to a person.
    progress: bool,
}

/// The user pressed Ctrl-C.
#[derive(Debug)]
pub struct Interrupted;

impl Driver {
    pub fn new(session: Session, (orchestrator, events): (Orchestrator, Receiver<Event>)) -> Self {
        Self { session, orchestrator, events, progress: std::io::stderr().is_terminal() }
    }

    /// Carries `effects` out and goes on until the session is at rest.
    pub async fn go(&mut self, effects: Vec<Effect>) -> Result<(), Interrupted> {
        effects.into_iter().for_each(|effect| self.orchestrator.run(effect));
        while self.session.is_running() {
            let event = tokio::select! {
                event = self.events.recv() => event,
                _ = tokio::signal::ctrl_c() => {
                    self.session.cancel().into_iter().for_each(|effect| self.orchestrator.run(effect));
                    return Err(Interrupted);
                }
            };
            let Some(event) = event else { break };
            self.show(&event);
            let effects = self.session.update(event);
            effects.into_iter().for_each(|effect| self.orchestrator.run(effect));
        }
        if self.progress {
            eprint!("\r\x1b[K");
        }
        Ok(())
    }

    fn show(&self, event: &Event) {
        if !self.progress {
            return;
        }
        let text = match event {
            Event::Asking { model, .. } => format!("asking {model}"),
            Event::Retrying { failure, wait, .. } => {
                format!("{failure}; again in {} s", wait.as_secs_f32().ceil())
            }
            Event::Delta { .. } => {
                let turn = self.session.turn();
                format!("receiving {} bytes", turn.map_or(0, crate::session::Turn::reply_len))
            }
            _ => return,
        };
        eprint!("\r\x1b[K{}", safe::line(&text));
        let _ = std::io::stderr().flush();
    }
}
