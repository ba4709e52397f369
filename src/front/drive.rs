//! Runs a session without a screen: effects out, events in, until nothing runs any more.

use std::io::{IsTerminal, Write as _};

use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;

use crate::orchestrator::Orchestrator;
use crate::session::{Effect, Event, Inquiry, Phase, Session};
use crate::text::safe;

/// A session with hands.
pub struct Driver {
    pub session: Session,
    orchestrator: Orchestrator,
    events: Receiver<Event>,
    /// Listened to all the time: a Ctrl-C between two events counts.
    interrupts: Signal,
    /// Progress goes to stderr, and only to a person.
    progress: bool,
}

/// The user pressed Ctrl-C.
#[derive(Debug)]
pub struct Interrupted;

impl Driver {
    /// # Errors
    /// The system does not let us listen for Ctrl-C.
    pub fn new(
        session: Session,
        (orchestrator, events): (Orchestrator, Receiver<Event>),
    ) -> std::io::Result<Self> {
        let interrupts = signal(SignalKind::interrupt())?;
        Ok(Self { session, orchestrator, events, interrupts, progress: std::io::stderr().is_terminal() })
    }

    /// Carries `effects` out and goes on until the session is at rest. A landing is not interrupted:
    /// it is all or nothing already, and soon over.
    pub async fn go(&mut self, effects: Vec<Effect>) -> Result<(), Interrupted> {
        self.carry_out(effects);
        while self.session.is_running() {
            let stoppable = self.session.phase().is_some_and(Phase::is_stoppable);
            let event = tokio::select! {
                event = self.events.recv() => event,
                _ = self.interrupts.recv(), if stoppable => {
                    let effects = self.session.cancel();
                    self.carry_out(effects);
                    self.wipe();
                    return Err(Interrupted);
                }
            };
            let Some(event) = event else { break };
            self.show(&event);
            let effects = self.session.update(event);
            self.carry_out(effects);
        }
        self.wipe();
        Ok(())
    }

    /// Carries `effects` out up to the request, which is made and not sent.
    pub async fn stop_short(&mut self, effects: Vec<Effect>) -> Result<(), Interrupted> {
        self.carry_out(effects);
        while self.session.phase() == Some(Phase::Gathering) {
            let event = tokio::select! {
                event = self.events.recv() => event,
                _ = self.interrupts.recv() => return Err(Interrupted),
            };
            let Some(event) = event else { break };
            let effects = self.session.update(event);
            self.carry_out(
                effects.into_iter().filter(|effect| !matches!(effect, Effect::Send { .. })).collect(),
            );
        }
        Ok(())
    }

    /// Carries `effects` out and goes on until the question is answered; `heard` sees each step.
    pub async fn answer(
        &mut self,
        effects: Vec<Effect>,
        mut heard: impl FnMut(&Inquiry),
    ) -> Result<(), Interrupted> {
        let mut interrupted = false;
        let mut keeping = self.carry_out_and_keep(effects);
        while self.session.inquiry().is_some_and(Inquiry::is_running) || keeping {
            let event = tokio::select! {
                event = self.events.recv() => event,
                _ = self.interrupts.recv(), if !interrupted => {
                    let effects = self.session.stop_asking();
                    interrupted = true;
                    keeping |= self.carry_out_and_keep(effects);
                    self.wipe();
                    continue;
                }
            };
            let Some(event) = event else { break };
            if let Event::AnswerKept(kept) = &event {
                keeping = false;
                kept.as_ref().err().into_iter().for_each(|why| super::not_kept(why));
            }
            // The answer itself is the progress, once it comes.
            match &event {
                Event::Delta { .. } | Event::Ended { .. } => self.wipe(),
                other => self.show(other),
            }
            let effects = self.session.update(event);
            keeping |= self.carry_out_and_keep(effects);
            self.session.inquiry().into_iter().for_each(&mut heard);
        }
        if interrupted { Err(Interrupted) } else { Ok(()) }
    }

    /// Carries `effects` out; says whether an answer is among them that is being kept. The program must not
    /// end before that is done.
    fn carry_out_and_keep(&mut self, effects: Vec<Effect>) -> bool {
        let keeps = effects.iter().any(|effect| matches!(effect, Effect::KeepAnswer { .. }));
        self.carry_out(effects);
        keeps
    }

    /// Did Ctrl-C come while nothing listened?
    pub fn is_interrupted(&mut self) -> bool {
        self.interrupts.recv().now_or_never().is_some()
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        effects.into_iter().for_each(|effect| self.orchestrator.run(effect));
    }

    fn wipe(&self) {
        if self.progress {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    fn show(&self, event: &Event) {
        if let Event::Switched { failure, to, .. } | Event::BrokeOff { failure, to, .. } = event {
            self.wipe();
            super::tell(&format!("{failure}; on generator: {to}"));
        }
        if let Event::NotLogged(why) = event {
            self.wipe();
            super::not_logged(why);
        }
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
        let _ = write!(std::io::stderr(), "\r\x1b[K{}", safe::line(&text));
    }
}
