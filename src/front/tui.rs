//! The terminal loop: keys, events, signals and time in; effects and frames out. The one `select!`.

use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

use crossterm::event::{Event as TerminalEvent, KeyEventKind};
use futures_util::FutureExt as _;
use rustix::io::Errno;
use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;

use super::keeping::Keeping;
use super::setup::{self, Place, Setup, Supplied, runtime};
use super::terminal::{self, NoScreen, Screen};
use super::{Exit, stop};
use crate::change::{HunkId, Receipt};
use crate::model::{ModelId, Price, Role};
use crate::orchestrator::{Orchestrator, Roles};
use crate::session::{Event, Kept, Ready, Subject, kept_name};
use crate::text::{Lines, RepoPath};
use crate::ui::{App, Check, Facts, Guide, Input, Out, view};
use crate::workspace::{Comparison, Source, Workspace};

/// Shortest time between two frames that only events asked for. A key is never made to wait.
const FRAME: Duration = Duration::from_millis(16);

/// How long leaving waits for work on threads: a landing ends whole, and one that does not in this
/// time is recovered at the next start.
pub const LEAVING: Duration = Duration::from_secs(2);

/// Opens the terminal on the workspace, at `FILE[:LINE[:COL]]` if it is given.
pub fn tui(target: Option<&str>, supplied: Supplied) -> Exit {
    let setup = match Setup::supplied(supplied) {
        Ok(setup) => setup,
        Err(why) => return stop(Exit::NotHere, why),
    };
    match setup.place(target) {
        Ok(place) => run(setup, place),
        Err(why) => stop(Exit::NotHere, why),
    }
}

fn run(mut setup: Setup, place: Place) -> Exit {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(why) => return stop(Exit::Bug, why),
    };
    let screen = Showing { banner: None, guide: None, source: Source::Tui, first: First::Editor };
    let result = runtime.block_on(show(&mut setup, place, screen));
    runtime.shutdown_timeout(LEAVING);
    ended(result)
}

/// What a screen is for.
pub struct Showing {
    /// Stays in sight all the time.
    pub banner: Option<String>,
    pub guide: Option<Guide>,
    pub source: Source,
    pub first: First,
}

/// What the screen begins with.
pub enum First {
    Editor,
    /// The review of a difference, and nothing else.
    Compare {
        what: Comparison,
        paths: Vec<RepoPath>,
        title: String,
    },
    /// The review of what has been read from stdin or from files, and nothing else. Keys come from the
    /// terminal all the same.
    Review(Box<Ready>),
}

/// Why the screen could not be shown, or not any longer.
#[derive(Debug, thiserror::Error)]
pub enum Unshown {
    #[error(transparent)]
    NoScreen(#[from] NoScreen),
    #[error("the terminal failed: {0}")]
    Failed(#[from] io::Error),
}

/// Runs the screen until the user leaves, or has to.
///
/// # Errors
/// There is no terminal to show it on, or the terminal failed.
pub async fn show(setup: &mut Setup, place: Place, showing: Showing) -> Result<Exit, Unshown> {
    let input = match &showing.first {
        First::Review(_) => terminal::Input::Tty,
        First::Editor | First::Compare { .. } => terminal::Input::Stdin,
    };
    terminal::check(setup::term().as_deref(), input)?;
    // First: a signal that comes while the terminal is ours must find somebody to give it back.
    let signals = Signals::listen()?;
    let mut keeping = Keeping::begin(&place.workspace, showing.source);
    let Showing { banner, guide, source, first } = showing;
    let (mut front, events) = Front::enter(setup, &place, (banner, guide, source))?;
    let workspace = place.workspace.clone();
    front.begin(place, &keeping, first)?;
    let turns = AssertUnwindSafe(front.turn_round(setup, workspace, events, signals));
    let result = match turns.catch_unwind().await {
        // A terminal that is gone, and nobody to tell.
        Ok(Err(why)) if Errno::from_io_error(&why) == Some(Errno::IO) => Ok(Exit::Interrupted),
        Ok(result) => result,
        // The hook has given the terminal back and said what happened.
        Err(_) => Ok(Exit::Bug),
    };
    let turn = front.app.session().turn();
    let landed: Vec<String> = turn
        .iter()
        .flat_map(|turn| turn.receipts().iter().filter(|one| turn.stands(one)).map(told))
        .collect();
    match result {
        // The user has seen what is unsaved, and left.
        Ok(Exit::Done) => keeping.forget(),
        _ => keeping.keep(&front.app),
    }
    // The terminal is given back before anything is said.
    drop(front);
    keeping.say();
    if matches!(source, Source::Apply | Source::Diff) {
        landed.iter().for_each(|line| super::remark(line));
    }
    match result? {
        // Asked whether the change should be made, the user said no.
        Exit::Done if source == Source::Apply && landed.is_empty() => Ok(Exit::No),
        exit => Ok(exit),
    }
}

/// What an earlier run left of the review that the screen begins with.
fn kept_review(workspace: &Workspace, first: &First) -> Option<Kept> {
    let read = |name: &str| serde_json::from_slice(&workspace.kept_review(name)?).ok();
    match first {
        First::Editor => {
            let name = |subject| kept_name(subject, "");
            read(&name(Subject::Instruction)).or_else(|| read(&name(Subject::Reply)))
        }
        First::Compare { title, .. } => read(&kept_name(Subject::Difference, title)),
        First::Review(_) => None,
    }
}

/// A landing in a sentence.
pub(super) fn told(receipt: &Receipt) -> String {
    let files: Vec<&str> = receipt.files().iter().map(|file| file.path.as_str()).collect();
    format!("wrote {} as {}; `rein undo` takes it back", files.join(", "), receipt.id())
}

/// How the screen ended.
pub fn ended(result: Result<Exit, Unshown>) -> Exit {
    result.unwrap_or_else(|why| match why {
        Unshown::NoScreen(_) => stop(Exit::NotHere, why),
        Unshown::Failed(_) => stop(Exit::Bug, why),
    })
}

struct Front {
    app: App,
    screen: Screen,
    orchestrator: Orchestrator,
    keys: terminal::Keys,
    began: Instant,
    drawn: Option<Instant>,
    dirty: bool,
}

/// Signals that end the program or hand the terminal back and forth.
struct Signals {
    terminate: Signal,
    hangup: Signal,
    stop: Signal,
    resumed: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let raw = |number: Number| signal(SignalKind::from_raw(number.as_raw()));
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            stop: raw(Number::TSTP)?,
            resumed: raw(Number::CONT)?,
        })
    }
}

/// Servers that were found after the start.
struct Found {
    roles: Roles,
    lists: Vec<(Role, Vec<ModelId>)>,
    prices: Vec<(ModelId, Price)>,
    note: String,
}

/// The first frame waits for no server, and neither do keys.
async fn look_around(setup: &mut Setup, workspace: Workspace) -> Option<Found> {
    let note = setup.discover(&workspace).await?;
    Some(Found { roles: setup.roles().clone(), lists: setup.lists(), prices: setup.prices(), note })
}

impl Front {
    fn enter(
        setup: &Setup,
        place: &Place,
        (banner, guide, source): (Option<String>, Option<Guide>, Source),
    ) -> io::Result<(Self, Receiver<Event>)> {
        let (orchestrator, events) = setup.orchestrator(place.workspace.clone());
        let facts = Facts {
            workspace: place.name(),
            models: setup.lists(),
            prices: setup.prices(),
            banner,
            meaning: setup.finds_by_meaning(),
        };
        let session = setup.session(source);
        let mut app =
            App::new(session, facts, setup.limits(), setup.theme(), setup.level(), setup.tab_width());
        let asking = setup.asking();
        app.ask_as(asking.depth, asking.reach, asking.allowance);
        let check = setup.check(&place.workspace);
        let check = check.map(|check| Check { name: check.name(), on_save: check.on_save });
        app.set_check(place.workspace.root().to_string_lossy().into_owned(), check);
        if let Some(guide) = guide {
            app.set_guide(guide);
        }
        let screen = Screen::enter()?;
        let (began, keys) = (Instant::now(), terminal::Keys::default());
        let front = Self { app, screen, orchestrator, keys, began, drawn: None, dirty: true };
        Ok((front, events))
    }

    /// The first frame waits for nothing.
    fn begin(&mut self, place: Place, keeping: &Keeping, first: First) -> io::Result<()> {
        let (width, height) = self.screen.size()?;
        self.input(Input::Resize(width, height));
        let outs = self.app.bring_back(keeping.earlier());
        self.carry_out(outs);
        if let Some((path, line, column)) = place.file {
            let outs = self.app.open(path, line, column);
            self.carry_out(outs);
        }
        let kept = if keeping.is_lasting() { kept_review(&place.workspace, &first) } else { None };
        if keeping.is_lasting() {
            self.app.keep_reviews();
        }
        let outs = match first {
            First::Editor => match kept {
                Some(kept) => self.app.bring_review_back(kept),
                None => Vec::new(),
            },
            First::Compare { what, paths, title } => self.app.compare(what, paths, title, kept),
            First::Review(ready) => self.app.review(*ready),
        };
        self.carry_out(outs);
        self.draw()?;
        let outs = self.app.begin();
        self.carry_out(outs);
        Ok(())
    }

    async fn turn_round(
        &mut self,
        setup: &mut Setup,
        workspace: Workspace,
        mut events: Receiver<Event>,
        mut signals: Signals,
    ) -> io::Result<Exit> {
        let mut keys = self.keys.read();
        let mut gone = terminal::hangup();
        let mut around = pin!(look_around(setup, workspace).fuse());
        loop {
            let wake = self.next_wake();
            tokio::select! {
                biased;
                _ = signals.terminate.recv() => return Ok(Exit::Interrupted),
                _ = signals.hangup.recv() => return Ok(Exit::Interrupted),
                _ = &mut gone => return Ok(Exit::Interrupted),
                _ = signals.stop.recv() => self.screen.stop()?,
                _ = signals.resumed.recv() => {
                    self.screen.resume()?;
                    self.dirty = true;
                }
                key = keys.recv() => {
                    let mut next = key;
                    if next.is_none() {
                        return Ok(Exit::Interrupted);
                    }
                    while let Some(key) = next {
                        if self.terminal_event(key?)? {
                            return Ok(Exit::Done);
                        }
                        next = keys.try_recv().ok();
                    }
                    self.draw()?;
                }
                Some(event) = events.recv() => {
                    self.input(Input::Event(event));
                    self.drain(&mut events);
                }
                Some(found) = &mut around => {
                    self.orchestrator.set_roles(found.roles);
                    self.app.set_models(found.lists, found.prices, &found.note);
                    self.dirty = true;
                }
                () = sleep_until(wake) => self.input(Input::Tick),
            }
            if self.dirty && self.frame_is_due() {
                self.draw()?;
            }
        }
    }

    /// Takes what else has arrived, until a frame is due.
    fn drain(&mut self, events: &mut Receiver<Event>) {
        while !self.frame_is_due()
            && let Ok(event) = events.try_recv()
        {
            self.input(Input::Event(event));
        }
    }

    /// Returns whether the user leaves.
    fn terminal_event(&mut self, event: TerminalEvent) -> io::Result<bool> {
        let input = match event {
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => Input::Key(key),
            TerminalEvent::Paste(text) => Input::Paste(text),
            TerminalEvent::Resize(width, height) => {
                // Even to the size we know: it may have been another in between, and cut what it showed.
                self.screen.forget();
                Input::Resize(width, height)
            }
            _ => return Ok(false),
        };
        let outs = self.app.update(self.began.elapsed(), input);
        self.dirty = true;
        for out in outs {
            match out {
                Out::Do(effect) => self.orchestrator.run(effect),
                Out::Clipboard(text) => self.screen.copy(&text)?,
                Out::EditOutside { hunk, path, text } => self.edit_outside(hunk, &path, &text)?,
                Out::Redraw => self.screen.forget(),
                Out::Quit => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Hands the terminal to the user's editor and takes the lines back.
    fn edit_outside(&mut self, hunk: HunkId, path: &RepoPath, text: &Lines) -> io::Result<()> {
        let _quiet = self.keys.hold();
        self.screen.leave()?;
        let edited = super::outside::edit(path, text);
        self.screen.resume()?;
        self.app.edited_outside(hunk, edited);
        self.dirty = true;
        Ok(())
    }

    fn input(&mut self, input: Input) {
        let outs = self.app.update(self.began.elapsed(), input);
        self.dirty = true;
        self.carry_out(outs);
    }

    /// What does not come from a key can only be effects.
    fn carry_out(&mut self, outs: Vec<Out>) {
        for out in outs {
            if let Out::Do(effect) = out {
                self.orchestrator.run(effect);
            }
        }
    }

    fn frame_is_due(&self) -> bool {
        self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME)
    }

    fn next_wake(&self) -> Option<Instant> {
        let frame = self.dirty.then(|| self.drawn.map(|drawn| drawn + FRAME)).flatten();
        let app = self.app.wake_at().map(|at| self.began + at);
        frame.into_iter().chain(app).min()
    }

    fn draw(&mut self) -> io::Result<()> {
        let app = &self.app;
        self.screen.draw(|frame| view::view(app, frame))?;
        self.app.drawn();
        self.drawn = Some(Instant::now());
        self.dirty = false;
        Ok(())
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// `FILE[:LINE[:COL]]`, numbers from 1 as people count; line and column come back from 0.
pub fn parse_target(target: &str) -> (&Path, usize, usize) {
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
    let whole = (Path::new(target), 0, 0);
    let Some((rest, last)) = target.rsplit_once(':').filter(|(rest, _)| !rest.is_empty()) else {
        return whole;
    };
    let Some(last) = number(last) else { return whole };
    let before = rest.rsplit_once(':').filter(|(file, _)| !file.is_empty());
    match before.and_then(|(file, line)| Some((file, number(line)?))) {
        Some((file, line)) => (Path::new(file), line - 1, last - 1),
        None => (Path::new(rest), last - 1, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_file_with_a_line_and_a_column() {
        let parsed = |target| {
            let (path, line, column) = parse_target(target);
            (path.to_str().unwrap().to_owned(), line, column)
        };
        assert_eq!(parsed("a.rs"), ("a.rs".into(), 0, 0));
        assert_eq!(parsed("a.rs:12"), ("a.rs".into(), 11, 0));
        assert_eq!(parsed("a.rs:12:5"), ("a.rs".into(), 11, 4));
        assert_eq!(parsed("a:b.rs"), ("a:b.rs".into(), 0, 0));
        assert_eq!(parsed("a.rs:0"), ("a.rs:0".into(), 0, 0));
        assert_eq!(parsed(":12"), (":12".into(), 0, 0));
    }
}
