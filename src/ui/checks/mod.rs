//! The project's own check on screen: it runs at a key or after saving, in the background; what it says stands at its
//! lines, in a list and in requests, and is said to be old once a file has changed since. Which command it is,
//! the user's configuration says; here it has only a name.

mod marks;
mod page;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(super) use marks::Marks;

use super::app::{App, Out, Overlay};
use super::page::Kind;
use super::theme::Paint;
use crate::context::Told;
use crate::session::{CheckEnd, Effect};
use crate::text::diagnostic::{Counts, Diagnostic, Report, Severity};
use crate::text::{Lines, RepoPath, safe};

/// The check of the project, as far as a screen must know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// What it is called, as `cargo check`.
    pub name: String,
    pub on_save: bool,
}

/// What is known of it.
#[derive(Default, Debug)]
pub(super) struct Checking {
    configured: Option<Check>,
    /// The project's folder, to say how one is configured.
    folder: String,
    last_run: u64,
    /// Since when it runs.
    running: Option<Duration>,
    said: Option<Said>,
    /// What the files were when the run began that is under way.
    begun: Begun,
    /// Grows with all that is to be shown otherwise.
    pub revision: u64,
}

/// The files on screen when a check began.
#[derive(Clone, Default, Debug)]
struct Begun {
    /// What the disk held.
    texts: BTreeMap<RepoPath, Lines>,
    /// The versions of the buffers.
    versions: BTreeMap<RepoPath, u64>,
    /// Something has changed since, in a buffer or on disk.
    touched: bool,
}

/// What the last check said.
#[derive(Debug)]
struct Said {
    report: Arc<Report>,
    end: Option<CheckEnd>,
    /// When it was heard last.
    at: Duration,
    begun: Begun,
}

impl Said {
    fn failed(&self) -> bool {
        !matches!(self.end, None | Some(CheckEnd::Exited(0)))
    }

    /// How it stands, in words.
    fn words(&self) -> String {
        let counts = self.report.counts();
        let found = counts != Counts::default();
        match &self.end {
            Some(CheckEnd::NotRun(why)) => format!("could not run: {why}"),
            Some(CheckEnd::Exited(0)) if !found => "ok".into(),
            Some(CheckEnd::Exited(code)) if !found => format!("failed (status {code})"),
            Some(CheckEnd::Exited(_)) | None => counts.to_string(),
            Some(CheckEnd::Killed) => said_too("killed", counts),
            Some(CheckEnd::Stopped) => said_too("stopped", counts),
            Some(CheckEnd::TooLong(seconds)) => said_too(&format!("ended after {seconds} s"), counts),
            Some(CheckEnd::TooMuch(bytes)) => {
                said_too(&format!("ended after {} MB of output", bytes >> 20), counts)
            }
        }
    }
}

fn said_too(how: &str, counts: Counts) -> String {
    if counts == Counts::default() { how.to_owned() } else { format!("{how}; {counts}") }
}

impl App {
    /// The project's folder, and the check that the user has configured for it.
    pub fn set_check(&mut self, folder: String, check: Option<Check>) {
        (self.checking.folder, self.checking.configured) = (folder, check);
    }

    pub(super) fn check_runs(&self) -> bool {
        self.checking.running.is_some()
    }

    /// Runs the check; one that runs already is begun anew if something has changed since.
    pub(super) fn run_check(&mut self) -> Vec<Out> {
        if self.checking.configured.is_none() {
            self.show_checks();
            return Vec::new();
        }
        if self.check_runs() && !self.checking.begun.touched {
            self.say(Paint::Text, "the check runs already; Esc on its page (F6) stops it");
            return Vec::new();
        }
        let unsaved = self.unsaved();
        if unsaved > 0 {
            self.say(Paint::Warn, format!("the check sees files as they are saved; {unsaved} unsaved"));
        }
        self.begin_check()
    }

    fn begin_check(&mut self) -> Vec<Out> {
        let checking = &mut self.checking;
        checking.last_run += 1;
        checking.revision += 1;
        checking.running = Some(self.now);
        let open = || self.files.iter().map(|file| (file.buffer.path().clone(), file));
        checking.begun = Begun {
            texts: open().filter_map(|(path, file)| Some((path, file.disk()?.clone()))).collect(),
            versions: open().map(|(path, file)| (path, file.buffer.version())).collect(),
            touched: false,
        };
        let run = checking.last_run;
        self.remake_checks();
        vec![Out::Do(Effect::Check { run })]
    }

    /// A file was saved: the check runs, if the user wants that.
    pub(super) fn check_after_saving(&mut self) -> Vec<Out> {
        self.files_were_changed();
        match self.checking.configured.as_ref().is_some_and(|check| check.on_save) {
            true => self.begin_check(),
            false => Vec::new(),
        }
    }

    pub(super) fn stop_check(&mut self) -> Vec<Out> {
        match self.check_runs() {
            true => vec![Out::Do(Effect::StopCheck)],
            false => Vec::new(),
        }
    }

    /// Files of the project are others now: what a check said before is old.
    pub(super) fn files_were_changed(&mut self) {
        self.checking.begun.touched = true;
        if let Some(said) = &mut self.checking.said
            && !said.begun.touched
        {
            said.begun.touched = true;
            self.checking.revision += 1;
        }
    }

    /// The same where only some files did.
    pub(super) fn these_were_changed(&mut self, paths: &[RepoPath]) {
        let said = self.checking.said.as_ref();
        let told = |path: &RepoPath| said.is_some_and(|said| !said.report.of_file(path).is_empty());
        // What a check writes itself is none of its files, as a rule.
        if !self.check_runs() && paths.iter().any(told) {
            self.files_were_changed();
        }
    }

    pub(super) fn checked(&mut self, run: u64, report: Arc<Report>, end: Option<CheckEnd>) -> Vec<Out> {
        if run != self.checking.last_run || self.checking.running.is_none() {
            return Vec::new();
        }
        if end.is_some() {
            self.checking.running = None;
        }
        let begun = self.checking.begun.clone();
        self.checking.said = Some(Said { report, end, at: self.now, begun });
        self.checking.revision += 1;
        let all: Vec<RepoPath> = self.files.iter().map(|file| file.buffer.path().clone()).collect();
        all.iter().for_each(|path| self.mark(path));
        self.remake_checks();
        self.look_ahead()
    }

    /// Puts what was said at its lines, in a file that is open.
    pub(super) fn mark(&mut self, path: &RepoPath) {
        let Some(said) = &self.checking.said else { return };
        if let Some(file) = self.index_of(path).and_then(|at| self.files.get_mut(at)) {
            let told = said.report.of_file(path);
            // A text is looked at only where there is something to put into it, or to take out of it.
            if told.is_empty() && file.marks.told().next().is_none() {
                return;
            }
            let base = said.begun.texts.get(path).or(file.disk()).cloned();
            file.marks.take(told, base.as_ref(), &file.buffer);
        }
    }

    /// Lets marks follow what was typed, and finds out whether what was said is old.
    pub(super) fn settle_checks(&mut self) {
        for file in &mut self.files {
            file.marks.follow(&file.buffer);
        }
        let changed = |versions: &mut BTreeMap<RepoPath, u64>| {
            self.files.iter().any(|file| {
                let version = file.buffer.version();
                *versions.entry(file.buffer.path().clone()).or_insert(version) != version
            })
        };
        let begun = &mut self.checking.begun;
        begun.touched = begun.touched || changed(&mut begun.versions);
        if let Some(said) = &mut self.checking.said
            && !said.begun.touched
            && changed(&mut said.begun.versions)
        {
            said.begun.touched = true;
            self.checking.revision += 1;
        }
    }

    /// When the seconds of a check that runs are to be shown anew.
    pub(super) fn check_wakes(&self) -> Option<Duration> {
        let since = self.checking.running?;
        let seconds = self.now.saturating_sub(since).as_secs();
        Some(since + Duration::from_secs(seconds + 1))
    }

    /// How the check stands, in words of which the first that fit are shown.
    pub(super) fn check_in_short(&self) -> Vec<String> {
        let said = self.checking.said.as_ref();
        if let Some(since) = self.checking.running {
            let running = format!("check: running {} s", self.now.saturating_sub(since).as_secs());
            let found =
                said.filter(|said| said.end.is_none()).map(|said| format!(" · {} so far", said.words()));
            let long = format!("{running}{}", found.unwrap_or_default());
            return vec![long, running, "check…".into()];
        }
        let Some(said) = said else { return Vec::new() };
        let (words, old) = (safe::line(&said.words()), if said.begun.touched { ", stale" } else { "" });
        let Counts { errors, warnings, .. } = said.report.counts();
        let short = match (errors, warnings) {
            (0, 0) if said.failed() => format!("check ✗{old}"),
            (0, 0) => format!("check ✓{old}"),
            (errors, warnings) => format!("check ✗{errors} !{warnings}{old}"),
        };
        vec![format!("check: {words}{old}"), short]
    }

    /// What the check said, for a request that would leave now; lines in open files as they are now.
    pub(super) fn told(&self) -> Option<Told> {
        let said = self.checking.said.as_ref()?;
        if matches!(said.end, Some(CheckEnd::NotRun(_))) || (said.end.is_none() && said.report.is_empty()) {
            return None;
        }
        let mut all: Vec<Diagnostic> = Vec::new();
        for one in said.report.all() {
            if self.index_of(&one.path).is_none() {
                all.push(one.clone());
            }
        }
        for file in &self.files {
            let path = file.buffer.path();
            all.extend(file.marks.told().map(|mark| mark.diagnostic(path)));
        }
        let mut when = vec![ago(self.now.saturating_sub(said.at))];
        if said.begun.touched {
            when.push("before your last edit".into());
        }
        match &said.end {
            None => when.push("still running".into()),
            Some(CheckEnd::Exited(_)) => {}
            Some(_) => when.push(said.words()),
        }
        let by = self.checking.configured.as_ref().map_or("check", |check| check.name.as_str()).to_owned();
        let report = Arc::new(said.report.with(all));
        Some(Told { report, by, when: when.join(", "), failed: said.failed(), along: true })
    }

    /// The problem on the cursor's line, for the row of messages.
    pub(super) fn problem_here(&self) -> Option<(Paint, String)> {
        let file = self.file()?;
        let here = file.marks.on_line(file.buffer.cursor().line);
        let worst = here.iter().min_by_key(|mark| mark.severity)?;
        let more = match here.len() {
            1 => String::new(),
            many => format!(" · {} more here", many - 1),
        };
        let old = if worst.changed { "(before your edit) " } else { "" };
        Some((worst.paint(), safe::line(&format!("{} {old}{}{more}", worst.sign(), worst.what))))
    }

    /// Goes to the next problem, or the one before: in this file, then in the others.
    pub(super) fn go_to_problem(&mut self, forward: bool) -> Vec<Out> {
        let mut all: Vec<(RepoPath, usize, usize)> = Vec::new();
        let mut asides: Vec<(RepoPath, usize, usize)> = Vec::new();
        for file in &self.files {
            for mark in file.marks.all() {
                let column = mark.range_in(&file.buffer.line(mark.line)).start;
                let list = if mark.severity == Severity::Note { &mut asides } else { &mut all };
                list.push((file.buffer.path().clone(), mark.line, column));
            }
        }
        let said = self.checking.said.iter().flat_map(|said| said.report.all());
        for one in said.filter(|one| self.index_of(&one.path).is_none()) {
            let list = if one.severity == Severity::Note { &mut asides } else { &mut all };
            list.push((one.path.clone(), one.at.line, one.at.column.unwrap_or(0)));
        }
        let mut all = if all.is_empty() { asides } else { all };
        all.sort();
        all.dedup();
        let cursor = self.file().map(|file| (file.buffer.path().clone(), file.buffer.cursor()));
        let here = cursor.map(|(path, at)| (path, at.line, at.column));
        let next = match forward {
            true => all.iter().find(|one| Some(*one) > here.as_ref()).or(all.first()),
            false => all.iter().rev().find(|one| here.as_ref().is_none_or(|here| *one < here)).or(all.last()),
        };
        match next.cloned() {
            Some((path, line, column)) => self.open(path, line, column),
            None => {
                let advice = if self.checking.configured.is_some() { "; Alt-T runs the check" } else { "" };
                self.say(Paint::Text, format!("no problem is known{advice}"));
                Vec::new()
            }
        }
    }

    /// Opens the list of problems.
    pub(super) fn show_checks(&mut self) {
        self.lay_over(Overlay::Page(page::page(self)));
    }

    /// Makes the list anew, if it is open.
    fn remake_checks(&mut self) {
        let place = match &self.overlay {
            Some(Overlay::Page(open)) if open.kind == Kind::Checks => open.place(),
            _ => return,
        };
        let mut page = page::page(self);
        page.fold(usize::from(self.size.0).saturating_sub(2));
        page.go_back_to(place);
        self.overlay = Some(Overlay::Page(page));
    }
}

/// `12 s ago`
fn ago(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s ago"),
        seconds @ 120..7_200 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3_600),
    }
}
