//! A guide through the screen, for the tour: what to do next, in one row, until it has been done.
//! It watches the state and changes nothing but what it suggests.

use super::app::{App, Out};
use crate::change::Level;
use crate::editor::{Command, Position};
use crate::text::{RepoPath, Span, safe};

/// Something that has to happen before the guide goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Milestone {
    /// Ghost text was taken and the file saved.
    SavedCompletion,
    /// A turn at this level has landed and nothing of it is open.
    Landed(Level),
    /// The last landing was taken back.
    TakenBack,
    /// Never: the last step.
    End,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What to do, in a sentence or two that fit a row of 80 columns.
    pub says: String,
    /// Put into the empty instruction when it is opened.
    pub suggests: String,
    /// Shown and, when lines are given, selected as the step begins.
    pub shows: Option<(RepoPath, Span)>,
    pub level: Option<Level>,
    pub until: Milestone,
}

/// The steps and how far the user has come.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Guide {
    steps: Vec<Step>,
    at: usize,
    /// Steps whose beginning has been acted on.
    begun: usize,
    pub(super) took_ghost: bool,
    pub(super) taken_back: bool,
}

impl Guide {
    pub fn new(steps: Vec<Step>) -> Self {
        Self { steps, ..Self::default() }
    }

    pub fn step(&self) -> Option<&Step> {
        self.steps.get(self.at)
    }

    /// `2/5  do this`, printable.
    pub fn row(&self) -> Option<String> {
        let step = self.step()?;
        Some(format!(" {}/{}  {}", self.at + 1, self.steps.len(), safe::line(&step.says)))
    }
}

impl App {
    /// Gives the screen a guide.
    pub fn set_guide(&mut self, guide: Guide) {
        self.guide = Some(guide);
    }

    /// Which step the guide stands at, from 0, and how many there are.
    pub fn guided(&self) -> Option<(usize, usize)> {
        self.guide.as_ref().map(|guide| (guide.at, guide.steps.len()))
    }

    /// After every input: goes on when the milestone is reached, and begins the next step.
    pub(super) fn follow_guide(&mut self) -> Vec<Out> {
        let Some(guide) = &self.guide else { return Vec::new() };
        let reached = guide.step().is_some_and(|step| self.has_reached(guide, &step.until));
        let Some(guide) = &mut self.guide else { return Vec::new() };
        if reached {
            guide.at += 1;
            guide.took_ghost = false;
            guide.taken_back = false;
        }
        if guide.begun > guide.at {
            return Vec::new();
        }
        guide.begun = guide.at + 1;
        match guide.step().cloned() {
            Some(step) => self.begin_step(step),
            None => Vec::new(),
        }
    }

    fn has_reached(&self, guide: &Guide, milestone: &Milestone) -> bool {
        match milestone {
            Milestone::SavedCompletion => guide.took_ghost && self.unsaved() == 0,
            Milestone::Landed(level) => self.session.turn().is_some_and(|turn| {
                turn.instruct().level == *level && !turn.receipts().is_empty() && turn.open_hunks() == 0
            }),
            Milestone::TakenBack => guide.taken_back,
            Milestone::End => false,
        }
    }

    fn begin_step(&mut self, step: Step) -> Vec<Out> {
        if let Some(level) = step.level {
            self.level = level;
        }
        let Some((path, lines)) = step.shows else { return Vec::new() };
        let Some(at) = self.index_of(&path) else {
            return self.open(path, lines.start(), usize::MAX);
        };
        self.current = at;
        self.go_to(lines.start(), usize::MAX);
        if let Some(file) = self.file_mut().filter(|_| !lines.is_empty()) {
            let (start, end) = (Position::new(lines.start(), 0), Position::new(lines.end(), 0));
            let _ = file.buffer.run(Command::Select(start, end));
        }
        Vec::new()
    }
}
