//! The dispatcher: an input goes to the part of the screen that has the keys.

use std::time::Duration;

use crossterm::event::{KeyEvent, KeyEventKind};

use super::app::{App, Focus, Input, Out, Overlay};
use super::keymap::{Action, Chord, Place, look_up};
use super::page::Kind;
use super::theme::Paint;
use super::wire_page::REQUESTS;
use crate::change::Level;
use crate::editor::Command;
use crate::session::{Effect, Event};

/// How soon a second Ctrl-C or Ctrl-Q must follow to leave all the same.
const TWICE: Duration = Duration::from_secs(3);

impl App {
    /// What the program asks for once the first frame is drawn.
    pub fn begin(&mut self) -> Vec<Out> {
        let mut outs = vec![Out::Do(Effect::AskBranch), Out::Do(Effect::ListFiles), Out::Do(Effect::Follow)];
        outs.extend(self.begin_vectors());
        outs
    }

    /// The screen's one transition function.
    pub fn update(&mut self, now: Duration, input: Input) -> Vec<Out> {
        self.now = now;
        let outs = match input {
            Input::Key(key) => self.key(key),
            Input::Paste(text) => self.paste(&text),
            Input::Resize(width, height) => {
                self.size = (width, height);
                self.sight.blind();
                Vec::new()
            }
            Input::Tick => self.tick(),
            Input::Event(event) => self.event(event),
        };
        let mut outs = outs;
        outs.extend(self.follow_guide());
        self.settle_views();
        self.settle_checks();
        self.settle_ask();
        outs.extend(self.offer_names());
        self.settle_context();
        outs.extend(self.polish_what_is_seen());
        outs.extend(self.read_what_has_come());
        outs.extend(self.parse_what_has_come());
        let leaves = outs.iter().any(|out| matches!(out, Out::Quit));
        let kept = self.keep_what_changed(leaves);
        // Before the program ends.
        outs.splice(0..0, kept);
        outs
    }

    fn key(&mut self, key: KeyEvent) -> Vec<Out> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        let chord = Chord::of(&key);
        // A message has been read when the next key is pressed.
        self.toast = None;
        let places = self.places();
        if self.prefix.take().is_some() && look_up(&places, chord).is_none() {
            return Vec::new();
        }
        match look_up(&places, chord) {
            Some(action) => self.act(action),
            None => match chord.typed() {
                Some(c) => self.typed(&c.to_string()),
                None => Vec::new(),
            },
        }
    }

    /// Where the keys go, nearest first.
    fn places(&self) -> Vec<Place> {
        match (&self.overlay, self.focus) {
            (Some(Overlay::Picker(_)), _) => vec![Place::Picker],
            (Some(Overlay::Find(_)), _) => vec![Place::Find],
            (Some(Overlay::Line(..)), _) => vec![Place::Line],
            (Some(Overlay::Page(page)), _) if page.kind == Kind::Journal => vec![Place::Journal, Place::Page],
            (Some(Overlay::Page(page)), _) if page.kind == Kind::Earlier => vec![Place::Earlier, Place::Page],
            (Some(Overlay::Page(page)), _) if page.kind == Kind::Meaning => vec![Place::Meaning, Place::Page],
            (Some(Overlay::Page(page)), _) if page.kind == Kind::Checks => vec![Place::Checks, Place::Page],
            (Some(Overlay::Page(_)), _) => vec![Place::Page],
            (Some(Overlay::Models(_)), _) => vec![Place::Models],
            (Some(Overlay::Ask(_)), _) if self.offers_names() => vec![Place::Names, Place::Ask],
            (Some(Overlay::Ask(_)), _) => vec![Place::Ask],
            (Some(Overlay::Context(page)), _) if page.adding.is_some() => match self.offers_names() {
                true => vec![Place::Names, Place::Line],
                false => vec![Place::Line],
            },
            (Some(Overlay::Context(_)), _) => vec![Place::Context],
            (Some(Overlay::Consent(_)), _) => vec![Place::Consent],
            (None, Focus::Prompt) if self.offers_names() => vec![Place::Names, Place::Prompt],
            (None, Focus::Review) if self.review.hand.is_some() => vec![Place::Hand, Place::Editor],
            (None, Focus::Review) if self.prefix.is_some() => self.prefix.into_iter().collect(),
            (None, Focus::Prompt) => vec![Place::Prompt],
            (None, Focus::Review) => vec![Place::Review],
            (None, Focus::Editor) if self.ghosting.ghost.is_some() => vec![Place::Ghost, Place::Editor],
            (None, Focus::Editor) => vec![Place::Editor],
        }
    }

    /// The place whose keys the footer shows.
    pub(super) fn place(&self) -> Place {
        self.places().first().copied().unwrap_or(Place::Editor)
    }

    fn act(&mut self, action: Action) -> Vec<Out> {
        if !matches!(action, Action::Interrupt | Action::Quit) {
            self.leaving = None;
        }
        if self.offers_names() && self.act_in_menu(action) {
            return Vec::new();
        }
        match action {
            Action::Stop => return self.stop(),
            Action::Interrupt => return self.interrupt(),
            Action::Quit => return self.quit(),
            Action::Redraw => return vec![Out::Redraw],
            Action::SlideUp => self.level = self.level.next(),
            Action::AskSelection => self.ask_at(Level::Selection),
            Action::AskFile => self.ask_at(Level::File),
            Action::AskRepo => self.ask_at(Level::Repo),
            Action::AskProject => self.ask_about_the_project(),
            Action::Prompt => self.ask_at(self.level),
            Action::Review => self.enter_review(),
            Action::Pick => return self.pick(),
            Action::Find => self.find(),
            Action::Save => return self.save(),
            Action::Help => self.open_page(Kind::Help),
            Action::ShowContext => return self.open_context(),
            Action::ShowAnswer => self.open_page(Kind::Answer),
            Action::ShowJournal => return vec![Out::Do(Effect::ReadLog { limit: 100 })],
            Action::ShowMeaning => self.open_page(Kind::Meaning),
            Action::ShowWire => return vec![Out::Do(Effect::ReadWire { limit: REQUESTS })],
            Action::ChooseModel => return self.choose_model(),
            Action::TakeBack => return vec![Out::Do(Effect::Undo { id: None })],
            Action::BringForth => return vec![Out::Do(Effect::Redo)],
            Action::Why => return self.ask_why(),
            Action::RunCheck => return self.run_check(),
            Action::ShowChecks => self.show_checks(),
            Action::Then(place) => self.prefix = Some(place),
            Action::NotYet(what) => self.say(Paint::Warn, format!("{what} comes with a later version")),
            _ => return self.act_in_place(action),
        }
        Vec::new()
    }

    /// Actions whose meaning depends on where the keys go.
    fn act_in_place(&mut self, action: Action) -> Vec<Out> {
        match (&self.overlay, self.focus) {
            (Some(Overlay::Picker(_)), _) => self.act_in_picker(action),
            (Some(Overlay::Find(_)), _) => self.act_in_find(action),
            (Some(Overlay::Line(..)), _) => self.act_in_line(action),
            (Some(Overlay::Page(_)), _) => self.act_in_page(action),
            (Some(Overlay::Models(_)), _) => self.act_in_models(action),
            (Some(Overlay::Ask(_)), _) => self.act_in_ask(action),
            (Some(Overlay::Context(_)), _) => self.act_in_context(action),
            (Some(Overlay::Consent(_)), _) => self.act_in_consent(action),
            (None, Focus::Review) if self.review.hand.is_some() => self.act_in_hand(action),
            (None, Focus::Prompt) => self.act_in_prompt(action),
            (None, Focus::Review) => self.act_in_review(action),
            (None, Focus::Editor) => self.act_in_editor(action),
        }
    }

    fn typed(&mut self, text: &str) -> Vec<Out> {
        self.leaving = None;
        match (&mut self.overlay, self.focus) {
            (Some(Overlay::Picker(picker)), _) => {
                picker.query.insert(text);
                picker.refresh(self.listing.as_deref().unwrap_or_default());
            }
            (Some(Overlay::Find(query)), _) => {
                query.insert(text);
                self.search_anew();
            }
            (Some(Overlay::Models(_)), _) => self.type_in_models(text),
            (Some(Overlay::Ask(_)), _) => drop(self.asking.question.insert(text)),
            (Some(Overlay::Line(_, line)), _) => drop(line.insert(text)),
            (None, Focus::Review) if self.review.hand.is_some() => {
                return self.run_in_hand(Command::Insert(text.to_owned()));
            }
            (None, Focus::Prompt) => self.write(text),
            (None, Focus::Editor) => return self.type_text(text),
            (Some(Overlay::Context(page)), _) => {
                if let Some(line) = &mut page.adding {
                    line.insert(text);
                }
            }
            (Some(Overlay::Page(_) | Overlay::Consent(_)), _) | (None, Focus::Review) => {}
        }
        Vec::new()
    }

    /// A paste is text wherever text can be typed, and nothing anywhere else.
    fn paste(&mut self, text: &str) -> Vec<Out> {
        let one_line = matches!(
            self.overlay,
            Some(
                Overlay::Picker(_)
                    | Overlay::Find(_)
                    | Overlay::Line(..)
                    | Overlay::Models(_)
                    | Overlay::Ask(_)
                    | Overlay::Context(_)
            )
        );
        if one_line {
            return self.typed(text.lines().next().unwrap_or_default());
        }
        if self.focus == Focus::Review && self.overlay.is_none() && self.review.hand.is_none() {
            self.prefix = None;
            self.say(Paint::Warn, "a paste decides nothing; press q to go to the editor first");
            return Vec::new();
        }
        self.typed(text)
    }

    /// Esc: the nearest thing ends.
    fn stop(&mut self) -> Vec<Out> {
        if matches!(self.overlay, Some(Overlay::Ask(_)))
            && let Some(outs) = self.stop_asking()
        {
            return outs;
        }
        match &self.overlay {
            Some(Overlay::Context(_)) => return self.stop_in_context(),
            Some(Overlay::Page(page)) if page.kind == Kind::Checks && self.check_runs() => {
                return self.stop_check();
            }
            Some(Overlay::Consent(_)) => {
                self.back_from_consent();
                return Vec::new();
            }
            _ => {}
        }
        if self.overlay.is_some() {
            self.close_overlay();
            return Vec::new();
        }
        let effects = self.session.cancel();
        if !effects.is_empty() {
            self.say(Paint::Warn, self.what_is_kept());
            return self.follow(effects);
        }
        if self.ghosting.ghost.take().is_some() {
            return Vec::new();
        }
        if self.focus == Focus::Review && self.review.range.take().is_some() {
            return Vec::new();
        }
        match self.focus {
            Focus::Prompt if self.only_review => self.focus = Focus::Review,
            Focus::Review if self.only_review => self.say(Paint::Text, "q leaves; the review is kept"),
            Focus::Prompt | Focus::Review => self.focus = Focus::Editor,
            Focus::Editor => return self.clear_selection(),
        }
        Vec::new()
    }

    fn what_is_kept(&self) -> String {
        match self.open_hunks() {
            0 => "stopped; no hunk had been finished".into(),
            1 => "stopped; the finished hunk is kept".into(),
            n => format!("stopped; {n} finished hunks are kept"),
        }
    }

    fn interrupt(&mut self) -> Vec<Out> {
        let effects = self.session.cancel();
        if !effects.is_empty() {
            self.say(Paint::Warn, self.what_is_kept());
            return self.follow(effects);
        }
        if let Some(outs) = self.stop_asking() {
            return outs;
        }
        self.leave("Ctrl-C again to leave", true)
    }

    pub(super) fn quit(&mut self) -> Vec<Out> {
        self.leave("Ctrl-Q again to leave", false)
    }

    /// Leaves at once if nothing would be lost, else (or when `always`) at the second time.
    fn leave(&mut self, again: &str, always: bool) -> Vec<Out> {
        let asked = self.leaving.is_some_and(|at| self.now.saturating_sub(at) < TWICE);
        let open = if self.keeps { 0 } else { self.open_hunks() };
        let lost = match (self.unsaved(), open) {
            (0, 0) => String::new(),
            (files, 0) => format!("{files} unsaved file(s) would be lost; "),
            (0, hunks) => format!("{hunks} open hunk(s) would be lost; "),
            (files, hunks) => format!("{files} unsaved file(s) and {hunks} open hunk(s) would be lost; "),
        };
        if asked || (lost.is_empty() && !always) {
            return vec![Out::Quit];
        }
        self.leaving = Some(self.now);
        self.say(Paint::Warn, format!("{lost}{again}"));
        Vec::new()
    }

    fn tick(&mut self) -> Vec<Out> {
        if self.toast.as_ref().is_some_and(|toast| toast.until <= self.now) {
            self.toast = None;
        }
        let mut outs = self.highlight_if_due();
        outs.extend(self.complete_if_due());
        outs
    }

    fn event(&mut self, event: Event) -> Vec<Out> {
        match event {
            Event::Opened { path, read } => self.opened(path, read),
            Event::Saved { path, text, result } => self.saved(&path, &text, result),
            Event::Files(files) => self.listed(files),
            Event::Branch(branch) => {
                self.branch = branch;
                Vec::new()
            }
            Event::Checked { run, report, end } => self.checked(run, report, end),
            Event::Highlighted { path, version, classes, faults } => {
                self.highlighted(&path, version, classes, faults);
                Vec::new()
            }
            Event::NotKept(why) => {
                self.say(Paint::Bad, format!("the review cannot be kept: {why}"));
                Vec::new()
            }
            Event::AnswerKept(kept) => {
                if let Err(why) = kept {
                    self.say(Paint::Bad, format!("the answer cannot be kept: {why}"));
                }
                Vec::new()
            }
            Event::Answers(heads) => {
                self.open_earlier(heads);
                Vec::new()
            }
            Event::Recalled(recalled) => self.recalled(*recalled),
            Event::NotLogged(why) => {
                self.say(Paint::Bad, format!("`rein log --wire` misses a request: {why}"));
                Vec::new()
            }
            Event::SuffixIgnored(model) => {
                let said = format!("{model} ignores what follows the cursor; it is asked in words instead");
                self.say(Paint::Dim, said);
                Vec::new()
            }
            Event::Read { turn, reading } => {
                self.read(turn, *reading);
                Vec::new()
            }
            Event::Parsed { turn, found, done } => {
                self.parsed(turn, found, done);
                Vec::new()
            }
            Event::Traced { turn, hunk, callers } => {
                self.traced(turn, hunk, callers);
                Vec::new()
            }
            Event::Polished { key, path, polish } => {
                self.polished(key, &path, polish);
                Vec::new()
            }
            Event::Completed { id, result } => {
                self.completed(id, result);
                Vec::new()
            }
            Event::Undone(Err(why)) | Event::Redone(Err(why)) => {
                self.say(Paint::Bad, why.to_string());
                Vec::new()
            }
            Event::Undone(Ok(undone)) => self.reverted(undone, false),
            Event::Redone(Ok(redone)) => self.reverted(redone, true),
            Event::Log(log) => {
                self.open_journal(log);
                Vec::new()
            }
            Event::Wire(sent) => {
                self.open_wire(sent);
                Vec::new()
            }
            Event::Symbols { typed, names } => {
                self.symbols_found(&typed, names);
                Vec::new()
            }
            Event::Drafted { model, body } => {
                self.open_draft(&model, &body);
                Vec::new()
            }
            Event::FilesChanged { paths, any, head } => {
                let mut outs = self.files_changed(&paths, any, head);
                outs.extend(self.vectors_behind());
                outs
            }
            Event::Vectors(vectors) => {
                self.vectors_told(Ok(*vectors));
                Vec::new()
            }
            Event::NoVectors(why) => {
                self.vectors_told(Err(why));
                Vec::new()
            }
            Event::Models(candidates) => {
                self.models_found(candidates);
                Vec::new()
            }
            turn => self.turn_event(turn),
        }
    }

    /// Turns the session's effects into outs.
    pub(super) fn follow(&mut self, effects: Vec<Effect>) -> Vec<Out> {
        effects.into_iter().map(Out::Do).collect()
    }
}
