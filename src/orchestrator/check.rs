//! The project's own check, and outputs of such programs: what is read of them, and which files of the project are
//! meant. Which command a check is, only its [`Checker`] knows, which the front has from the user's own
//! configuration.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use crate::session::{CheckEnd, Event};
use crate::text::RepoPath;
use crate::text::diagnostic::{Ground, Output, Reader, Report};
use crate::workspace::Workspace;

/// How often what is known goes out.
const OFTEN: Duration = Duration::from_millis(250);

/// Most names without a folder that are looked for in the whole project.
const BARE: usize = 64;

/// Runs the check that the user has configured.
pub trait Checker: fmt::Debug + Send + Sync {
    /// Runs it in `root` and gives what it prints, as it comes, to `heard`; nothing at all, now and then, while it
    /// is silent. Ends it, and all that it has started, when `stop` says so. Blocking.
    fn run(&self, root: &Path, stop: &dyn Fn() -> bool, heard: &mut dyn FnMut(&[u8])) -> CheckEnd;
}

/// Blocking. Ends with an event that says how the check ended.
pub fn run(
    checker: &dyn Checker,
    workspace: &Workspace,
    run: u64,
    stop: &Arc<AtomicBool>,
    events: &Sender<Event>,
) {
    let stop = || stop.load(Ordering::Relaxed);
    let placing = Placing::new(workspace, &stop);
    let mut reader = Reader::default();
    let (mut sent, mut told) = (Instant::now(), 0);
    let end = checker.run(workspace.root(), &stop, &mut |bytes| {
        reader.push(bytes);
        if reader.count() > told && sent.elapsed() >= OFTEN {
            (sent, told) = (Instant::now(), reader.count());
            let report = Arc::new(placing.report("", reader.so_far()));
            // A closed channel means that nobody waits any more, and the check is stopped.
            let _ = events.blocking_send(Event::Checked { run, report, end: None });
        }
    });
    let report = Arc::new(placing.report("", reader.end()));
    let _ = events.blocking_send(Event::Checked { run, report, end: Some(end) });
}

/// Finds the files that a program's output names.
pub struct Placing<'a> {
    workspace: &'a Workspace,
    stop: &'a dyn Fn() -> bool,
    known: RefCell<HashMap<RepoPath, Option<RepoPath>>>,
    bare: RefCell<HashMap<String, Option<RepoPath>>>,
    asked: Cell<usize>,
    files: OnceCell<Vec<RepoPath>>,
}

impl<'a> Placing<'a> {
    pub fn new(workspace: &'a Workspace, stop: &'a dyn Fn() -> bool) -> Self {
        let (known, bare) = (RefCell::default(), RefCell::default());
        Self { workspace, stop, known, bare, asked: Cell::new(0), files: OnceCell::new() }
    }

    /// What an output says of files that are here. `folder`: below the root, where the program ran. Blocking.
    pub fn report(&self, folder: &str, output: Output) -> Report {
        let root = self.workspace.root().to_string_lossy();
        let (resolve, ending) = (|path: &RepoPath| self.file(path), |name: &str| self.ending(name));
        let folders = [folder.to_owned()];
        Report::of(output, &Ground { root: &root, folders: &folders, resolve: &resolve, ending: &ending })
    }

    /// The file itself, where a link leads to it; nothing outside of the workspace.
    fn file(&self, path: &RepoPath) -> Option<RepoPath> {
        if let Some(known) = self.known.borrow().get(path) {
            return known.clone();
        }
        let real = self.workspace.real(path).ok().filter(|real| self.workspace.stamp(real).is_some());
        self.known.borrow_mut().insert(path.clone(), real.clone());
        real
    }

    /// The file of the project whose path ends so, if there is just one.
    fn ending(&self, name: &str) -> Option<RepoPath> {
        if let Some(known) = self.bare.borrow().get(name) {
            return known.clone();
        }
        if self.asked.replace(self.asked.get() + 1) >= BARE {
            return None;
        }
        let ending = format!("/{name}");
        let mut all = self.files.get_or_init(|| self.workspace.files(self.stop)).iter();
        let mut all = all.by_ref().filter(|path| path.as_str().ends_with(&ending));
        let found = all.next().filter(|_| all.next().is_none()).cloned();
        self.bare.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }
}
