//! Editing by hand: actions become the buffer's commands.

use super::app::{App, Out, Overlay};
use super::keymap::Action;
use super::line_edit::LineEdit;
use super::open_file::OpenFile;
use super::theme::Paint;
use crate::editor::{Command, Count, Ghost, Motion, Outcome, Part, Position, Search};

impl App {
    pub(super) fn act_in_editor(&mut self, action: Action) -> Vec<Out> {
        match action {
            Action::AcceptHere => self.decide_at_cursor(true),
            Action::RejectHere => self.decide_at_cursor(false),
            Action::FindNext => self.find_step(true),
            Action::FindPrevious => self.find_step(false),
            Action::NextProblem => return self.go_to_problem(true),
            Action::PreviousProblem => return self.go_to_problem(false),
            Action::NextBuffer => self.next_file(),
            Action::TakeGhost => self.take_ghost(Part::Whole),
            Action::TakeGhostWord => self.take_ghost(Part::Word),
            Action::TakeGhostLine => self.take_ghost(Part::Line),
            Action::Page { down, extend } => {
                let lines = self.file().map_or(1, |file| file.viewport.height.saturating_sub(2).max(1));
                let motion = if down { Motion::PageDown(lines) } else { Motion::PageUp(lines) };
                return self.run(Command::Move(motion, extend));
            }
            other => {
                if let Some(command) = command(other) {
                    return self.run(command);
                }
            }
        }
        Vec::new()
    }

    pub(super) fn type_text(&mut self, text: &str) -> Vec<Out> {
        self.run(Command::Insert(text.to_owned()))
    }

    pub(super) fn clear_selection(&mut self) -> Vec<Out> {
        self.run(Command::ClearSelection)
    }

    /// Runs a command on the current buffer, carrying ghost text along.
    pub(super) fn run(&mut self, command: Command) -> Vec<Out> {
        let ghost = self.ghosting.ghost.take();
        let Some(file) = self.files.get_mut(self.current) else {
            self.say(Paint::Warn, "no file is open; Ctrl-P opens one");
            return Vec::new();
        };
        let (outcome, ghost) = match ghost {
            Some(ghost) => ghost.run(&mut file.buffer, command),
            None => (file.buffer.run(command), None),
        };
        let typing_goes_on = ghost.is_some();
        self.ghosting.ghost = ghost;
        if outcome.edited() {
            self.text_changed(typing_goes_on);
        }
        match outcome {
            Outcome::Copied(text) | Outcome::Cut(text) => vec![Out::Clipboard(text)],
            Outcome::Refused(why) => {
                self.say(Paint::Warn, why.to_string());
                Vec::new()
            }
            Outcome::Nothing | Outcome::Moved | Outcome::Edited => Vec::new(),
        }
    }

    fn take_ghost(&mut self, part: Part) {
        let Some(ghost) = self.ghosting.ghost.take() else { return };
        let Some(file) = self.files.get_mut(self.current) else { return };
        let taken: Option<(String, Option<Ghost>)> = ghost.accept(&mut file.buffer, part);
        let Some((_, rest)) = taken else { return };
        if let Some(guide) = &mut self.guide {
            guide.took_ghost = true;
        }
        let goes_on = rest.is_some();
        self.ghosting.ghost = rest;
        self.text_changed(goes_on);
    }

    fn next_file(&mut self) {
        if !self.files.is_empty() {
            self.current = (self.current + 1) % self.files.len();
            self.ghosting.ghost = None;
            self.highlight_due = Some(self.now);
        }
    }

    pub(super) fn find(&mut self) {
        let mut query = LineEdit::default();
        let selected = self.file().map(|file| file.buffer.selected_text()).unwrap_or_default();
        if !selected.is_empty() && !selected.contains('\n') {
            query.set(selected);
        }
        self.overlay = Some(Overlay::Find(query));
    }

    pub(super) fn act_in_find(&mut self, action: Action) -> Vec<Out> {
        let Some(Overlay::Find(query)) = &mut self.overlay else { return Vec::new() };
        match action {
            Action::FindNext => self.find_step(true),
            Action::FindPrevious => self.find_step(false),
            Action::Backspace => {
                query.backspace();
                self.search_anew();
            }
            Action::DeleteLine => {
                query.clear();
                self.search_anew();
            }
            _ => {}
        }
        Vec::new()
    }

    /// The query changed: shows the first match at or after the cursor.
    pub(super) fn search_anew(&mut self) {
        let Some(Overlay::Find(query)) = &self.overlay else { return };
        self.search = Search::new(query.text());
        let start =
            |file: &OpenFile| file.buffer.selection().map_or(file.buffer.cursor(), |(start, _)| start);
        let from = self.file().map(start);
        if let Some(from) = from {
            self.show_match(|search, buffer| search.next(buffer, from));
        }
    }

    fn find_step(&mut self, forward: bool) {
        if self.search.is_none() {
            self.say(Paint::Warn, "nothing is searched for; Ctrl-F asks");
            return;
        }
        let Some(file) = self.file() else { return };
        let here = file.buffer.selection().unwrap_or((file.buffer.cursor(), file.buffer.cursor()));
        if forward {
            self.show_match(|search, buffer| search.next(buffer, here.1));
        } else {
            self.show_match(|search, buffer| search.previous(buffer, here.0));
        }
    }

    fn show_match(&mut self, find: impl Fn(&Search, &crate::editor::Buffer) -> Option<crate::editor::Match>) {
        let Some(search) = self.search.clone() else { return };
        let Some(file) = self.files.get_mut(self.current) else { return };
        match find(&search, &file.buffer) {
            Some(found) => {
                self.matches = search.count(&file.buffer, found.start);
                let _ = file.buffer.run(Command::Select(found.start, found.end));
            }
            None => {
                self.matches = Count::default();
                self.say(Paint::Warn, "not found");
            }
        }
    }

    /// Puts the cursor on a line and column, from 0.
    pub(super) fn go_to(&mut self, line: usize, column: usize) {
        if let Some(file) = self.files.get_mut(self.current) {
            let _ = file.buffer.run(Command::Move(Motion::To(Position::new(line, column)), false));
            let row = file.placed.row_of_line(file.buffer.cursor().line);
            let total = file.placed.total_rows();
            file.viewport.center(row, total);
        }
    }
}

pub(super) fn command(action: Action) -> Option<Command> {
    Some(match action {
        Action::Move(motion) => Command::Move(motion, false),
        Action::Extend(motion) => Command::Move(motion, true),
        Action::Newline => Command::Newline,
        Action::Tab => Command::Tab,
        Action::BackTab => Command::BackTab,
        Action::Backspace => Command::Backspace,
        Action::Delete => Command::Delete,
        Action::DeleteWordBack => Command::DeleteWordBack,
        Action::DeleteWordForward => Command::DeleteWordForward,
        Action::DeleteLine => Command::DeleteLine,
        Action::LineUp => Command::MoveLineUp,
        Action::LineDown => Command::MoveLineDown,
        Action::SelectAll => Command::SelectAll,
        Action::SelectLine => Command::SelectLine,
        Action::Copy => Command::Copy,
        Action::Cut => Command::Cut,
        Action::Undo => Command::Undo,
        Action::Redo => Command::Redo,
        _ => return None,
    })
}
