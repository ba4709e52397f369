//! Deciding hunks by keyboard. A verdict counts only for a hunk that has been on screen.

use std::collections::HashMap;

use super::super::app::{App, Focus, Out, Overlay};
use super::super::keymap::Action;
use super::super::open_file;
use super::super::theme::Paint;
use super::Sheet;
use crate::change::{Atom, Hunk, HunkId, Purpose, Review, Standing, Verdict};
use crate::editor::{Command, Motion};
use crate::session::{Decision, Effect, Event, Phase, Rework, Turn};
use crate::text::{Lines, RepoPath};
use crate::workspace::Undone;

impl App {
    pub(in crate::ui) fn enter_review(&mut self) {
        if self.session.turn().is_none() {
            self.say(Paint::Warn, "nothing to review yet; ask for a change first");
            return;
        }
        self.overlay = None;
        self.focus = Focus::Review;
        self.review.changed();
        self.settle_window();
        self.settle_review();
        self.stay_on_a_hunk();
        if let Some(at) = self.review.at {
            self.go_to_hunk(at);
        }
    }

    pub(in crate::ui) fn act_in_review(&mut self, action: Action) -> Vec<Out> {
        self.review.touched = true;
        match action {
            Action::Accept => self.decide_here(true),
            Action::Reject => self.decide_here(false),
            Action::AcceptRest => self.decide_rest(true),
            Action::RejectRest => self.decide_rest(false),
            Action::UndoDecision => return self.undo_in_review(),
            Action::RedoDecision => self.redo_in_review(),
            Action::Land => return self.land(),
            Action::Leave => return self.leave_review(),
            Action::Split
            | Action::Range
            | Action::EditHunk
            | Action::EditOutside
            | Action::Comment
            | Action::RejectWithReason
            | Action::Revise
            | Action::Search => return self.rework(action),
            other => return self.move_in_review(other),
        }
        Vec::new()
    }

    /// Out of the review, to the editor at the same place; where there is nothing but the review, out
    /// of the program, the review kept.
    fn leave_review(&mut self) -> Vec<Out> {
        if self.only_review {
            return self.quit();
        }
        self.focus = Focus::Editor;
        let Some((path, line)) = self.place_in_file() else { return Vec::new() };
        match self.index_of(&path) {
            Some(at) => {
                self.current = at;
                self.highlight_due = Some(self.now);
                self.settle_views();
                self.show_hunk_in_editor();
                Vec::new()
            }
            // A file that the review would make is not there to be opened.
            None if self
                .session
                .turn()
                .is_some_and(|turn| turn.review().base(&path).is_none_or(|b| b.text.is_none())) =>
            {
                Vec::new()
            }
            None => self.open(path, line, 0),
        }
    }

    /// The hunk under review, where it stands in the open file.
    fn show_hunk_in_editor(&mut self) {
        let at = self.review.at;
        if let Some(file) = self.file_mut()
            && let Some(row) = at.and_then(|at| file.placed.row_of_hunk(at))
        {
            let (total, line) = (file.placed.total_rows(), file.placed.line_of_row(row));
            let _ = file.buffer.run(Command::Move(Motion::Line(line), false));
            file.viewport.center(row, total);
        }
    }

    /// The hunk under review, if the last frame named it.
    pub(super) fn named_hunk(&self) -> Option<&Hunk> {
        let at = self.review.at.filter(|at| self.sight.is_named(*at))?;
        self.session.turn()?.review().hunk(at)
    }

    fn decide_here(&mut self, accept: bool) {
        if self.review.range.is_some() {
            return self.decide_range(accept);
        }
        let Some(id) = self.named_hunk().map(|hunk| hunk.id) else { return };
        if accept && !self.may_accept(id) {
            return;
        }
        self.session.decide(&decision(accept, vec![id]));
        self.review.look.turned.remove(&id);
        self.go_to_undecided();
    }

    /// Only what stands on screen with all its rows, and can still land, is accepted by one key. Shows
    /// the rest of a hunk that has not been read to its end.
    pub(super) fn may_accept(&mut self, id: HunkId) -> bool {
        let review = self.session.turn().map(Turn::review);
        let Some((hunk, review)) = review.and_then(|review| Some((review.hunk(id)?, review))) else {
            return false;
        };
        if hunk.standing == Standing::Conflict {
            self.take_up(id);
            return false;
        }
        let (weight, path) = (review.weight(hunk), hunk.path.clone());
        // Where the file is open the hunk must have a place in what was typed, too.
        let open = self.index_of(&path).and_then(|at| self.files.get(at));
        if review.purpose() == Purpose::Propose
            && open.is_some_and(|file| file.placed.displaced().contains(&id))
        {
            self.say(
                Paint::Warn,
                "you edited the text at this place; undo that (Ctrl-Z), or reject the hunk",
            );
            return false;
        }
        let Some(unseen) = self.sight.first_unseen(id, weight) else { return true };
        self.unfold(id);
        match self.focus {
            Focus::Review => self.show_atom(id, unseen),
            _ => self.show_atom_in_editor(id, unseen),
        }
        self.say(Paint::Warn, "the hunk goes on; read it to its end, then y accepts it");
        false
    }

    /// Of a hunk in conflict, makes one against the text as it is now; it is read and decided as any.
    pub(super) fn take_up(&mut self, id: HunkId) -> bool {
        match self.session.rework(id, &Rework::TakeUp) {
            Ok(id) => {
                self.sight.forget(id);
                self.review.changed();
                self.go_to_hunk(id);
                let words = "now it is a change of the text as it is; y accepts it, n keeps what is there";
                self.say(Paint::Good, words);
                true
            }
            Err(why) => {
                self.say(Paint::Warn, why.to_string());
                false
            }
        }
    }

    fn show_atom_in_editor(&mut self, id: HunkId, atom: usize) {
        let review = self.session.turn().map(Turn::review);
        let row = review.and_then(|review| {
            let hunk = review.hunk(id)?;
            Some(match review.atom(hunk, atom)? {
                Atom::Old(line) => line,
                Atom::New { line, .. } => hunk.replaces.len() + line,
            })
        });
        if let (Some(row), Some(file)) = (row, self.file_mut())
            && let Some(first) = file.placed.row_of_hunk(id)
        {
            let total = file.placed.total_rows();
            file.viewport.top_row = (first + row).min(total.saturating_sub(1));
        }
    }

    fn decide_rest(&mut self, accept: bool) {
        let Some(turn) = self.session.turn() else { return };
        let Some(here) = self.named_hunk() else { return };
        let review = turn.review();
        let rest: Vec<HunkId> = self
            .review
            .sheet
            .order()
            .filter_map(|id| review.hunk_at(self.review.sheet.index(id)?))
            .filter(|hunk| hunk.path == here.path)
            .skip_while(|hunk| hunk.id != here.id)
            .filter(|hunk| hunk.id == here.id || hunk.verdict == Verdict::Undecided)
            // What has come since the last frame is nobody's to decide yet.
            .filter(|hunk| self.sight.has_come(hunk.id))
            .map(|hunk| hunk.id)
            .collect();
        let unread = |id: &&HunkId| {
            let weight = review.hunk(**id).map_or(0, |hunk| review.weight(hunk));
            self.sight.first_unseen(**id, weight).is_some()
        };
        let unread = rest.iter().filter(unread).count();
        let count = rest.len();
        self.session.decide(&decision(accept, rest));
        let word = if accept { "accepted" } else { "rejected" };
        let unread =
            if accept && unread > 0 { format!(", {unread} of them not read") } else { String::new() };
        self.say(Paint::Good, format!("{word} {count} hunk(s){unread}; u takes it back"));
        self.go_to_undecided();
    }

    /// While hunks are open `u` undoes a decision; once they have landed it takes the landing back.
    fn undo_in_review(&mut self) -> Vec<Out> {
        if self.travel(&Decision::Undo) {
            return Vec::new();
        }
        let last = self
            .session
            .turn()
            .and_then(|turn| turn.receipts().iter().rev().find(|receipt| turn.stands(receipt)));
        if let Some(receipt) = last {
            let id = Some(receipt.id().to_owned());
            return vec![Out::Do(Effect::Undo { id })];
        }
        self.say(Paint::Warn, "nothing to undo");
        Vec::new()
    }

    fn redo_in_review(&mut self) {
        if !self.travel(&Decision::Redo) {
            self.say(Paint::Warn, "nothing to redo");
        }
    }

    /// Takes a decision back, or makes it again, and shows the hunk that it was about.
    fn travel(&mut self, way: &Decision) -> bool {
        let hunks = |app: &Self| {
            let hunks = app.session.turn().into_iter().flat_map(|turn| turn.review().hunks());
            hunks.map(|hunk| (hunk.id, (hunk.verdict, hunk.with.clone()))).collect::<HashMap<_, _>>()
        };
        let before = hunks(self);
        if !self.session.decide(way) {
            return false;
        }
        self.stay_on_a_hunk();
        self.settle_review();
        let now = hunks(self);
        let other = |id: &HunkId| now.get(id) != before.get(id);
        let first = self.review.sheet.order().find(other);
        if let Some(first) = first {
            self.go_to_hunk(first);
        }
        true
    }

    pub(in crate::ui) fn land(&mut self) -> Vec<Out> {
        let seen = self.seen();
        let effects = self.session.land_seen(Some(&seen));
        if !effects.is_empty() {
            return self.follow(effects);
        }
        let purpose = self.session.turn().map(|turn| turn.review().purpose());
        let why = match (self.session.phase(), purpose) {
            (Some(Phase::Reviewing), Some(Purpose::TakeBack)) => {
                "nothing is rejected, so everything stays as it is; n rejects, N the rest of the file"
            }
            (Some(Phase::Reviewing), Some(Purpose::ReadOnly)) => {
                "this review writes nothing: neither side of the difference is the files on disk"
            }
            (Some(Phase::Reviewing), _) => "no hunk is accepted yet; y accepts, Y the rest of the file",
            (Some(phase), _) if phase.is_stoppable() => "the answer is still coming; Esc stops it, then land",
            (Some(Phase::Landing), _) => "landing already",
            _ => "nothing is left to land",
        };
        self.say(Paint::Warn, why);
        Vec::new()
    }

    /// In the editor: the verdict for the hunk at the cursor.
    pub(in crate::ui) fn decide_at_cursor(&mut self, accept: bool) {
        let at = self.file().and_then(|file| {
            let line = file.buffer.cursor().line;
            file.placed.hunk_at(line).or_else(|| file.placed.hunk_at(line + 1))
        });
        let Some(id) = at else {
            self.say(Paint::Warn, "no hunk at the cursor; Alt-R goes to the review");
            return;
        };
        if accept && !self.may_accept(id) {
            return;
        }
        self.session.decide(&decision(accept, vec![id]));
        let line = self.file().and_then(|file| file.placed.span(id)).map(|span| span.end());
        if let (Some(line), Some(file)) = (line, self.file_mut()) {
            let _ = file.buffer.run(Command::Move(Motion::Line(line), false));
        }
    }

    /// Files that landed are shown as they are now, with what the user typed meanwhile.
    pub(in crate::ui) fn adopt_landed(&mut self, landed: &[crate::change::Landed]) {
        if !landed.is_empty() {
            self.files_were_changed();
        }
        self.adopt(landed.iter().map(|change| (&change.path, change.text.as_ref())));
    }

    /// The same for files that became others in another way.
    pub(in crate::ui) fn adopt<'a>(&mut self, now: impl Iterator<Item = (&'a RepoPath, Option<&'a Lines>)>) {
        let mut unmerged = Vec::new();
        for (path, text) in now {
            let Some(at) = self.index_of(path) else { continue };
            let Some(file) = self.files.get_mut(at) else { continue };
            if file.adopt(text) == open_file::Adopted::Conflict {
                unmerged.push(path.to_string());
            }
        }
        self.highlight_due = Some(self.now);
        if !unmerged.is_empty() {
            let list = unmerged.join(", ");
            self.say(
                Paint::Warn,
                format!("{list} changed on disk where you typed; your text is still here, unsaved"),
            );
        }
    }

    /// A landing was taken back, or brought forth again if it `stands` now.
    pub(in crate::ui) fn reverted(&mut self, undone: Undone, stands: bool) -> Vec<Out> {
        self.adopt_landed(&undone.files);
        let verb = if stands { "brought forth" } else { "took back" };
        self.say(Paint::Good, format!("{verb} {} ({} file(s))", undone.of, undone.files.len()));
        if let Some(guide) = self.guide.as_mut().filter(|_| !stands) {
            guide.taken_back = true;
        }
        let event = if stands { Event::Redone(Ok(undone)) } else { Event::Undone(Ok(undone)) };
        let decided = self.decided();
        let effects = self.session.update(event);
        self.tell_what_was_lost(decided);
        self.stay_on_a_hunk();
        self.follow(effects)
    }
}

fn decision(accept: bool, ids: Vec<HunkId>) -> Decision {
    if accept { Decision::Accept(ids) } else { Decision::Reject(ids) }
}

/// How many hunks are accepted, rejected and open.
pub fn tally(review: &Review) -> (usize, usize, usize) {
    review.hunks().fold((0, 0, 0), |(yes, no, open), hunk| match hunk.verdict {
        Verdict::Accepted => (yes + 1, no, open),
        Verdict::Rejected => (yes, no + 1, open),
        Verdict::Undecided => (yes, no, open + 1),
    })
}

/// Which hunk of how many is under review, from 1: as they are shown, or else as they came.
pub fn ordinal(sheet: &Sheet, turn: &Turn, at: HunkId) -> Option<(usize, usize)> {
    let shown = sheet.order().position(|id| id == at);
    let index = shown.or_else(|| turn.review().hunks().position(|hunk| hunk.id == at))?;
    Some((index + 1, turn.review().hunks().count()))
}

impl App {
    /// After every input: places hunks, follows the cursor, drops ghost text that fits no more.
    pub(in crate::ui) fn settle_views(&mut self) {
        self.place_current();
        if let Some(Overlay::Page(page)) = &mut self.overlay {
            page.fold(usize::from(self.size.0).saturating_sub(2));
        }
        self.settle_window();
        self.settle_review();
        let layout = self.layout();
        let following = self.focus != Focus::Review;
        let Some(file) = self.files.get_mut(self.current) else { return };
        let gutter = super::super::view::gutter_width(file.buffer.lines_len());
        file.viewport.height = usize::from(layout.code.height).max(1);
        file.viewport.width = usize::from(layout.code.width).saturating_sub(gutter).max(1);
        if following {
            let row = file.placed.row_of_line(file.buffer.cursor().line);
            let column = file.buffer.display_column(file.buffer.cursor());
            let total = file.placed.total_rows();
            // First as much of the ghost text as fits, then the cursor whatever else.
            let ghost = self.ghosting.ghost.as_ref().map_or(0, |ghost| ghost.text().matches('\n').count());
            file.viewport.follow(row + ghost, column, total + ghost);
            file.viewport.follow(row, column, total + ghost);
        }
        if self.ghosting.ghost.as_ref().is_some_and(|ghost| !ghost.is_fresh(&file.buffer)) {
            self.ghosting.ghost = None;
        }
    }

    fn layout(&self) -> super::super::view::Layout {
        let area = ratatui::layout::Rect::new(0, 0, self.size.0.max(8), self.size.1.max(6));
        super::super::view::Layout::of(self, area)
    }

    fn settle_window(&mut self) {
        let code = self.layout().code;
        let window = (usize::from(code.height).max(1), usize::from(code.width).max(1));
        if self.review.window != window {
            self.review.window = window;
            self.review.changed();
            self.settle_review();
            self.keep_in_sight();
        }
    }

    /// Hunks that are in the files already have no place of their own in the text.
    fn place_current(&mut self) {
        let turn = self.session.turn().filter(|turn| turn.review().purpose() == Purpose::Propose);
        let review = turn.map(|turn| (turn.review(), (turn.id(), turn.revision())));
        if let Some(file) = self.files.get_mut(self.current) {
            file.place(review);
        }
    }
}
