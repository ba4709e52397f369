//! A dialogue with a person: their lines come from a thread, so that Ctrl-C is heard while none comes;
//! what they accept lands through the session, like anything else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::time::Instant;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

use super::dialogue::{Dialogue, Outcome};
use crate::front::drive::{Driver, Interrupted};
use crate::front::setup::Setup;
use crate::front::{Exit, stop, tui};
use crate::session::{Effect, End, NotNow, Notice, Session, Turn};
use crate::text::safe;
use crate::workspace::{Source, Workspace};

/// Most bytes of one answer.
const MAX_ANSWER: u64 = 1 << 16;

/// Where the answers come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answers {
    Stdin,
    /// Stdin held what is reviewed.
    Terminal,
}

/// Reviews what `begin` starts, and lands what is accepted.
pub fn reviewed(
    setup: &Setup,
    workspace: Workspace,
    source: Source,
    answers: Answers,
    begin: impl FnOnce(&mut Session) -> Result<Vec<Effect>, NotNow>,
) -> Exit {
    let runtime = match crate::front::setup::runtime() {
        Ok(runtime) => runtime,
        Err(why) => return stop(Exit::Bug, why),
    };
    let exit = runtime.block_on(async {
        let session = Session::new(setup.terms(source));
        let mut driver = match Driver::new(session, setup.orchestrator(workspace)) {
            Ok(driver) => driver,
            Err(why) => return stop(Exit::Bug, format!("Ctrl-C cannot be listened for: {why}")),
        };
        let effects = match begin(&mut driver.session) {
            Ok(effects) => effects,
            Err(why) => return stop(Exit::NotHere, why),
        };
        match driver.go(effects).await {
            Ok(()) => talk(&mut driver, source, answers).await,
            Err(Interrupted) => Exit::Interrupted,
        }
    });
    runtime.shutdown_timeout(tui::LEAVING);
    exit
}

/// Asks for every hunk of the session's turn what becomes of it, and lands what is accepted.
pub async fn talk(driver: &mut Driver, source: Source, answers: Answers) -> Exit {
    if let Some(End::NotAsked(why)) = driver.session.turn().and_then(Turn::end) {
        return stop(Exit::NotHere, why);
    }
    let mut lines = match Lines::of(answers) {
        Ok(lines) => lines,
        Err(why) => {
            return stop(Exit::NotHere, format!("there is no terminal to answer from ({why})"));
        }
    };
    match converse(driver, &mut lines).await {
        Ok(Ended::Landed) => Exit::Done,
        Ok(Ended::Left | Ended::Nothing) if source == Source::Diff => Exit::Done,
        Ok(Ended::Left) => stop(Exit::No, "nothing was written"),
        Ok(Ended::Nothing) => stop(Exit::No, "there is nothing to decide"),
        Ok(Ended::Cut) => Exit::Interrupted,
        Err(why) => stop(Exit::NotHere, format!("the dialogue broke off: {why}")),
    }
}

enum Ended {
    Landed,
    Left,
    /// There is no hunk.
    Nothing,
    /// The input ended, or Ctrl-C was pressed.
    Cut,
}

/// Until something lands or nothing is to. What cannot land is decided again.
async fn converse(driver: &mut Driver, lines: &mut Lines) -> io::Result<Ended> {
    let mut output = io::stdout();
    named(driver, &mut output)?;
    if driver.session.turn().is_none_or(|turn| turn.review().hunks().next().is_none()) {
        writeln!(output, "nothing differs that has lines")?;
        return Ok(Ended::Nothing);
    }
    let mut seen = BTreeMap::new();
    loop {
        let mut dialogue = Dialogue::open(&mut driver.session, &mut seen, &mut output)?;
        let outcome = loop {
            dialogue.ask()?;
            let asked = Instant::now();
            let Some(said) = lines.next().await else {
                dialogue.end()?;
                return Ok(Ended::Cut);
            };
            if let Some(outcome) = dialogue.hear(&said, asked.elapsed())? {
                break outcome;
            }
        };
        if outcome == Outcome::Leave {
            return Ok(Ended::Left);
        }
        let effects = driver.session.land_seen(Some(&seen));
        // A landing is not interrupted.
        let _ = driver.go(effects).await;
        let Some(turn) = driver.session.turn() else { return Ok(Ended::Nothing) };
        if !turn.receipts().is_empty() {
            for receipt in turn.receipts() {
                writeln!(output, "{}", safe::line(&tui::told(receipt)))?;
            }
            return Ok(Ended::Landed);
        }
        match turn.notice() {
            Some(Notice::NotLanded(why)) => {
                writeln!(output, "nothing was written: {}", safe::text(why))?;
            }
            _ => writeln!(output, "nothing was written: the files changed meanwhile; decide again")?,
        }
    }
}

/// What is no hunk: refusals, and differences without lines.
fn named(driver: &Driver, output: &mut impl io::Write) -> io::Result<()> {
    let Some(turn) = driver.session.turn() else { return Ok(()) };
    for why in turn.refusals() {
        writeln!(output, "refused: {}", safe::line(&why.to_string()))?;
    }
    for remark in turn.remarks() {
        writeln!(output, "{}: {}", safe::line(&remark.name), safe::line(&remark.words))?;
    }
    Ok(())
}

/// The lines that are said. The thread that reads them ends with the program.
struct Lines {
    said: Receiver<String>,
    interrupts: Signal,
}

impl Lines {
    fn of(answers: Answers) -> io::Result<Self> {
        let mut from: Box<dyn BufRead + Send> = match answers {
            Answers::Stdin => Box::new(BufReader::new(io::stdin())),
            Answers::Terminal => Box::new(BufReader::new(File::open("/dev/tty")?)),
        };
        let (say, said) = channel(1);
        std::thread::spawn(move || {
            while let Some(line) = line(&mut from)
                && say.blocking_send(line).is_ok()
            {}
        });
        Ok(Self { said, interrupts: signal(SignalKind::interrupt())? })
    }

    /// `None`: there will be none.
    async fn next(&mut self) -> Option<String> {
        tokio::select! {
            biased;
            _ = self.interrupts.recv() => None,
            line = self.said.recv() => line,
        }
    }
}

fn line(from: &mut impl BufRead) -> Option<String> {
    let mut said = Vec::new();
    let length = from.take(MAX_ANSWER).read_until(b'\n', &mut said).ok()?;
    (length > 0).then(|| String::from_utf8_lossy(&said).into_owned())
}
