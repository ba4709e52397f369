//! The instruction: the prompt line, the slider, and the turn's progress.

use super::app::{App, Focus, Out};
use super::keymap::Action;
use super::theme::Paint;
use crate::change::Level;
use crate::editor::Command;
use crate::session::{Event, Inquiry, Phase};
use crate::workspace::ApplyError;

impl App {
    /// Moves the slider to `level` and the keys to the prompt. At `selection` with nothing selected,
    /// the cursor's line is: what may change is then on screen before a word is written.
    pub(super) fn ask_at(&mut self, level: Level) {
        self.level = level;
        self.overlay = None;
        self.ghosting.ghost = None;
        let selected = self.selected().is_some();
        if level == Level::Selection
            && !selected
            && let Some(file) = self.file_mut()
        {
            let _ = file.buffer.run(Command::SelectLine);
        }
        self.focus = Focus::Prompt;
        if self.prompt.is_empty()
            && let Some(step) = self.guide.as_ref().and_then(|guide| guide.step())
        {
            let suggestion = step.suggests.clone();
            self.prompt.set(suggestion);
        }
    }

    pub(super) fn act_in_prompt(&mut self, action: Action) -> Vec<Out> {
        match action {
            Action::Submit => {
                let text = self.prompt.text().trim().to_owned();
                return self.ask_for_consent(&text, false).unwrap_or_else(|| self.submit(Vec::new()));
            }
            Action::Newline => self.write("\n"),
            Action::Move(motion) => self.prompt.go(motion),
            Action::Backspace => self.prompt.backspace(),
            Action::Delete => self.prompt.delete(),
            Action::DeleteWordBack => self.prompt.delete_word_back(),
            Action::DeleteLine => self.prompt.clear(),
            Action::Older => self.history.older(&mut self.prompt),
            Action::Newer => self.history.newer(&mut self.prompt),
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn write(&mut self, text: &str) {
        let left = self.prompt.insert(text);
        if left > 0 {
            self.say(Paint::Warn, format!("the instruction is full: the last {left} bytes did not fit"));
        }
    }

    /// Sends the instruction, with the `pages` that may be fetched for it.
    pub(super) fn submit(&mut self, pages: Vec<String>) -> Vec<Out> {
        let unborn = self.file().filter(|file| file.is_new() && file.buffer.is_dirty());
        if let Some(path) = unborn.map(|file| file.buffer.path().clone()) {
            self.say(Paint::Warn, format!("{path} does not exist on disk yet; save it first (Ctrl-S)"));
            return Vec::new();
        }
        let mut instruct = self.instruction();
        instruct.wants.pages = pages;
        match self.session.instruct(instruct) {
            Ok(effects) => {
                let text = self.prompt.take();
                self.history.push(&text);
                self.toast = None;
                self.heard = self.now;
                self.review = super::review::Reviewing::default();
                self.sight = super::sight::Sight::default();
                self.focus = Focus::Review;
                self.follow(effects)
            }
            Err(why) => {
                self.say(Paint::Warn, why.to_string());
                Vec::new()
            }
        }
    }

    /// Something happened to the turn.
    pub(super) fn turn_event(&mut self, event: Event) -> Vec<Out> {
        let landed = match &event {
            Event::Landed { result: Ok(receipt), .. } => Some(receipt.files().to_vec()),
            _ => None,
        };
        // What made hunks conflict is what the files are now: those that are open take it in.
        let conflicting = match &event {
            Event::Landed { result: Err(ApplyError::Conflict { files }), .. } => {
                files.iter().map(|(now, _)| now.clone()).collect()
            }
            _ => Vec::new(),
        };
        match &event {
            Event::Delta { .. } | Event::Asking { .. } | Event::Retrying { .. } => self.heard = self.now,
            Event::Metered { bill, today, .. } => self.metered(*bill, *today),
            Event::Switched { failure, to, .. } | Event::BrokeOff { failure, to, .. } => {
                self.heard = self.now;
                self.say(Paint::Warn, format!("on generator: {to}; {failure}"));
            }
            _ => {}
        }
        let before = self.session.phase();
        let asking = self.session.inquiry().is_some_and(Inquiry::is_running);
        self.adopt(conflicting.iter().map(|now| (&now.path, now.text.as_ref())));
        let decided = self.decided();
        let effects = self.session.update(event);
        self.tell_what_was_lost(decided);
        if let Some(files) = landed {
            self.adopt_landed(&files);
        }
        self.stay_on_a_hunk();
        self.tell_the_end(before);
        self.tell_of_the_answer(asking);
        self.follow(effects)
    }

    /// Says once how a turn ended when there is nothing to review.
    fn tell_the_end(&mut self, before: Option<Phase>) {
        let now = self.session.phase();
        if now == before || now != Some(Phase::Done) || before == Some(Phase::Landing) {
            return;
        }
        if self.focus == Focus::Review && self.review.at.is_none() {
            self.focus = Focus::Editor;
        }
    }
}
