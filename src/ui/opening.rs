//! Files come to the screen and go to the disk: the picker, opening, saving, colours.

use std::ops::Range;

use super::app::{App, Focus, Out, Overlay};
use super::keymap::Action;
use super::open_file::{Adopted, OpenFile};
use super::picker::Picker;
use super::theme::Paint;
use crate::change::Base;
use crate::session::Effect;
use crate::text::highlight::{Class, Language};
use crate::text::syntax::Fault;
use crate::text::{Digest, Lines, RepoPath};
use crate::workspace::{FileText, ReadError, SaveError};

impl App {
    /// Asks for a file; it is shown at this line and column, from 0, when it has been read.
    pub fn open(&mut self, path: RepoPath, line: usize, column: usize) -> Vec<Out> {
        if let Some(at) = self.index_of(&path) {
            self.current = at;
            self.focus = Focus::Editor;
            self.go_to(line, column);
            return Vec::new();
        }
        self.awaited_file = Some((path.clone(), line, column));
        vec![Out::Do(Effect::Open { path })]
    }

    pub(super) fn opened(&mut self, path: RepoPath, read: Result<Option<FileText>, ReadError>) -> Vec<Out> {
        let read = match read {
            Ok(read) => read.map(|file| file.lines),
            Err(why) => {
                self.awaited_file = None;
                self.say(Paint::Bad, why.to_string());
                return Vec::new();
            }
        };
        if let Some(at) = self.index_of(&path) {
            return self.reread(at, read.as_ref());
        }
        let Some((_, line, column)) = self.awaited_file.take_if(|(awaited, ..)| *awaited == path) else {
            return Vec::new();
        };
        if read.is_none() {
            self.say(Paint::Warn, format!("{path} does not exist yet; Ctrl-S creates it"));
        }
        self.files.push(OpenFile::new(path.clone(), read, self.tab));
        self.current = self.files.len() - 1;
        self.mark(&path);
        self.focus = Focus::Editor;
        self.settle_views();
        self.go_to(line, column);
        self.highlight_due = Some(self.now);
        self.highlight_if_due()
    }

    /// Files were written, by whomever: those that are open are read again. What we wrote ourselves is what
    /// the disk is believed to hold already.
    pub(super) fn files_changed(&mut self, paths: &[RepoPath], any: bool, head: bool) -> Vec<Out> {
        self.these_were_changed(paths);
        let open = self.files.iter().filter(|file| file.saving.is_none()).map(|file| file.buffer.path());
        let changed = open.filter(|path| any || paths.contains(path));
        let read = changed.map(|path| Out::Do(Effect::Open { path: path.clone() }));
        read.chain((head || any).then_some(Out::Do(Effect::AskBranch))).collect()
    }

    /// The disk was read again because a save found it changed.
    fn reread(&mut self, at: usize, now: Option<&Lines>) -> Vec<Out> {
        let Some(file) = self.files.get_mut(at) else { return Vec::new() };
        let path = file.buffer.path().clone();
        match (file.adopt(now), file.buffer.is_dirty()) {
            (Adopted::Same, _) => {}
            (Adopted::Taken, true) => self.say(
                Paint::Warn,
                format!("{path} had changed on disk: both changes are in the buffer; look, then save again"),
            ),
            (Adopted::Taken, false) => {
                // Hunks that wait for a verdict follow what others wrote.
                self.session.changed(Base { path: path.clone(), text: now.cloned() });
                self.say(Paint::Warn, format!("{path} changed on disk and is shown as it is now"));
            }
            (Adopted::Conflict, _) => self.say(
                Paint::Bad,
                format!(
                    "{path} changed on disk where you typed; nothing was written, your text is still here"
                ),
            ),
        }
        self.highlight_due = Some(self.now);
        Vec::new()
    }

    pub(super) fn save(&mut self) -> Vec<Out> {
        let Some(file) = self.files.get_mut(self.current) else {
            self.say(Paint::Warn, "no file is open; Ctrl-P opens one");
            return Vec::new();
        };
        if let Some(why) = file.buffer.read_only() {
            self.say(Paint::Warn, why.to_string());
            return Vec::new();
        }
        file.saving = Some(file.buffer.save_point());
        let (path, text) = (file.buffer.path().clone(), file.buffer.snapshot());
        let expected = file.expected();
        vec![Out::Do(Effect::Save { path, text, expected })]
    }

    pub(super) fn saved(
        &mut self,
        path: &RepoPath,
        text: &Lines,
        result: Result<Digest, SaveError>,
    ) -> Vec<Out> {
        let Some(file) = self.index_of(path).and_then(|at| self.files.get_mut(at)) else {
            return Vec::new();
        };
        match result {
            Ok(_) => {
                file.written(text);
                // Hunks that wait for a verdict follow what was typed.
                self.say(Paint::Good, format!("saved {path}"));
                let decided = self.decided();
                self.session.changed(Base { path: path.clone(), text: Some(text.clone()) });
                self.tell_what_was_lost(decided);
                self.check_after_saving()
            }
            Err(SaveError::Changed(_)) => {
                file.saving = None;
                vec![Out::Do(Effect::Open { path: path.clone() })]
            }
            Err(why) => {
                file.saving = None;
                self.say(Paint::Bad, why.to_string());
                Vec::new()
            }
        }
    }

    pub(super) fn pick(&mut self) -> Vec<Out> {
        let mut picker = Picker::default();
        picker.refresh(self.listing.as_deref().unwrap_or_default());
        self.lay_over(Overlay::Picker(picker));
        vec![Out::Do(Effect::ListFiles)]
    }

    pub(super) fn listed(&mut self, files: Vec<RepoPath>) -> Vec<Out> {
        self.listing = Some(files);
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            picker.refresh(self.listing.as_deref().unwrap_or_default());
        }
        Vec::new()
    }

    pub(super) fn act_in_picker(&mut self, action: Action) -> Vec<Out> {
        let files = self.listing.as_deref().unwrap_or_default();
        let Some(Overlay::Picker(picker)) = &mut self.overlay else { return Vec::new() };
        match action {
            Action::Down => picker.go(1),
            Action::Up => picker.go(-1),
            Action::Backspace => {
                picker.query.backspace();
                picker.refresh(files);
            }
            Action::DeleteLine => {
                picker.query.clear();
                picker.refresh(files);
            }
            Action::Submit => {
                let line = picker.line_number();
                let choice = picker.choice(files).cloned();
                self.overlay = None;
                if let Some(number) = line {
                    self.go_to(number.saturating_sub(1), 0);
                } else if let Some(path) = choice {
                    return self.open(path, 0, 0);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn highlight_if_due(&mut self) -> Vec<Out> {
        if self.highlight_due.is_none_or(|due| due > self.now) {
            return Vec::new();
        }
        self.highlight_due = None;
        let Some(file) = self.files.get_mut(self.current) else { return Vec::new() };
        let version = file.buffer.version();
        let Some(language) = Language::of(file.buffer.path()) else { return Vec::new() };
        if file.colours.is_current(version) {
            return Vec::new();
        }
        let text = file.buffer.snapshot();
        file.colours.asked = Some((version, text.clone()));
        vec![Out::Do(Effect::Highlight { path: file.buffer.path().clone(), version, language, text })]
    }

    pub(super) fn highlighted(
        &mut self,
        path: &RepoPath,
        version: u64,
        classes: Vec<(Range<usize>, Class)>,
        faults: Vec<Fault>,
    ) {
        if let Some(file) = self.index_of(path).and_then(|at| self.files.get_mut(at)) {
            file.colours.set(version, classes);
            file.marks.parsed(faults, version, &file.buffer);
        }
    }
}
