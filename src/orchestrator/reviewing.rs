//! What is found out about a review while a person reads it, and how it is kept. Each result names what it
//! is of, so that one which comes late falls away.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Orchestrator, compare, parsing, tracing};
use crate::change::reading::Reading;
use crate::change::{HunkId, Review};
use crate::session::{Event, Kept, Rough, TurnId};
use crate::text::RepoPath;
use crate::workspace::Comparison;

impl Orchestrator {
    /// [`crate::session::Effect::Compare`]
    pub(super) fn compare(&mut self, turn: TurnId, what: Comparison, paths: Vec<RepoPath>) {
        let stop = Arc::clone(&self.turns.entry(turn).or_default().stop);
        let events = self.events.clone();
        self.on_thread(move |workspace| compare::run(workspace, turn, &what, &paths, &stop, &events));
    }

    /// [`crate::session::Effect::Read`]
    pub(super) fn read(&self, turn: TurnId, review: Box<Review>) {
        self.on_thread(move |_| {
            let reading = Box::new(Reading::of(&review));
            Event::Read { turn, reading }
        });
    }

    /// [`crate::session::Effect::Parse`]
    pub(super) fn parse(&mut self, turn: TurnId, review: Box<Review>, files: Vec<(RepoPath, u64)>) {
        let stop = Arc::clone(&self.turns.entry(turn).or_default().stop);
        let events = self.events.clone();
        self.runtime.spawn_blocking(move || parsing::run(turn, &review, files, &stop, &events));
    }

    /// [`crate::session::Effect::Trace`]
    pub(super) fn trace(&mut self, turn: TurnId, hunk: HunkId, review: Box<Review>) {
        let stop = Arc::clone(&self.turns.entry(turn).or_default().stop);
        let desk = self.shelf.as_ref().map(|shelf| shelf.refresh(&self.runtime));
        self.on_thread(move |_| {
            let stop = || stop.load(Ordering::Relaxed);
            let callers = Box::new(tracing::trace(&review, hunk, desk.as_ref(), &stop));
            Event::Traced { turn, hunk, callers }
        });
    }

    /// [`crate::session::Effect::Polish`]
    pub(super) fn polish(&self, key: u64, rough: Rough) {
        self.on_thread(move |_| {
            let polish = Arc::new(rough.polish());
            Event::Polished { key, path: rough.path, polish }
        });
    }

    /// [`crate::session::Effect::Keep`]: somebody is at the desk already, or is sent there.
    pub(super) fn keep_review(&self, name: String, kept: Option<Kept>) {
        if !self.keeping.put(name, kept) {
            return;
        }
        let (desk, workspace) = (self.keeping.clone(), self.workspace.clone());
        let events = self.events.clone();
        self.runtime.spawn_blocking(move || {
            if let Err(why) = desk.write(&workspace) {
                let _ = events.blocking_send(Event::NotKept(why));
            }
        });
    }
}
