//! The journal page: what has landed, newest first, and the way from an operation to the review of what it
//! did, or of all that came since.

use super::app::{App, Out, Overlay};
use super::keymap::Action;
use super::page::{Kind, Page};
use super::theme::Paint;
use crate::workspace::{Comparison, Extent, Kind as Operation, LogEntry, Status};

impl App {
    pub(super) fn open_journal(&mut self, log: Result<Vec<LogEntry>, String>) {
        match log {
            Ok(entries) => self.lay_over(Overlay::Page(journal(&entries))),
            Err(why) => self.say(Paint::Bad, why),
        }
    }

    /// `height`: rows of a page.
    pub(super) fn act_in_journal(&mut self, action: Action, height: isize) -> Vec<Out> {
        let Some(Overlay::Page(page)) = &mut self.overlay else { return Vec::new() };
        let rows = usize::try_from(height).unwrap_or(1);
        match action {
            Action::Down => page.choose(1, rows),
            Action::Up => page.choose(-1, rows),
            Action::Page { down, .. } => {
                page.scroll(if down { height } else { -height });
                page.choose_in_sight(rows);
            }
            Action::Leave => self.close_overlay(),
            Action::Submit | Action::SinceHere | Action::SinceStart => {
                let id = page.chosen().map(str::to_owned);
                return match (action, id) {
                    (Action::SinceStart, _) => self.look_back(Comparison::Journal(Extent::SinceOpened)),
                    (Action::SinceHere, Some(id)) => {
                        self.look_back(Comparison::Journal(Extent::SinceLanding(id)))
                    }
                    (_, Some(id)) => self.look_back(Comparison::Journal(Extent::Landing(id))),
                    (_, None) => Vec::new(),
                };
            }
            _ => {}
        }
        Vec::new()
    }

    /// Reviews what is in the journal, in the place of a turn that is finished.
    fn look_back(&mut self, what: Comparison) -> Vec<Out> {
        let title = format!("diff: {}", what.in_words());
        match self.session.compare(what, Vec::new(), title) {
            Ok(effects) => {
                self.enter_review();
                self.follow(effects)
            }
            Err(why) => {
                self.say(Paint::Warn, why.to_string());
                Vec::new()
            }
        }
    }
}

fn journal(entries: &[LogEntry]) -> Page {
    let mut page = Page::new(Kind::Journal, "journal, newest first");
    if entries.is_empty() {
        page.text(Paint::Dim, "nothing has landed here yet");
    }
    for entry in entries {
        let undone = if entry.status == Status::Undone { "  (taken back)" } else { "" };
        page.stop(&entry.id);
        page.text(Paint::Title, &format!(" {}  {}{undone}", entry.id, entry.time));
        let what = what(entry);
        if !what.is_empty() {
            page.text(Paint::Text, &format!("   {what}"));
        }
        for file in &entry.files {
            page.text(Paint::Dim, &format!("   {}", file.path));
        }
    }
    page
}

/// Of what kind it was, and what was asked for.
fn what(entry: &LogEntry) -> String {
    let asked = entry.story.as_ref().and_then(|story| story.instruction.lines().next()).unwrap_or_default();
    let about = if asked.is_empty() { String::new() } else { format!(": {asked}") };
    match &entry.kind {
        Operation::Landing => asked.to_owned(),
        Operation::Save => "saved by hand".to_owned(),
        Operation::Restore { of } => format!("restored a version that {of} knew"),
        Operation::Undo { of } => format!("took {of} back{about}"),
        Operation::Redo { of } => format!("brought {of} forth again{about}"),
    }
}
