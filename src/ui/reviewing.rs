//! Deciding hunks by keyboard. A verdict counts only for a hunk that has been on screen.

use super::app::{App, Focus, Out, Overlay};
use super::keymap::Action;
use super::open_file::OpenFile;
use super::theme::Paint;
use crate::change::{Hunk, HunkId, Review, Standing, Verdict};
use crate::editor::{Command, Motion};
use crate::session::{Decision, Effect, Event, Phase, Turn};
use crate::text::RepoPath;
use crate::workspace::Undone;

impl App {
    pub(super) fn enter_review(&mut self) {
        if self.session.turn().is_none() {
            self.say(Paint::Warn, "nothing to review yet; ask for a change first");
            return;
        }
        self.overlay = None;
        self.focus = Focus::Review;
        self.stay_on_a_hunk();
        if let Some(at) = self.review.at {
            self.go_to_hunk(at);
        }
    }

    pub(super) fn act_in_review(&mut self, action: Action) -> Vec<Out> {
        match action {
            Action::Accept => self.decide_here(true),
            Action::Reject => self.decide_here(false),
            Action::AcceptRest => self.decide_rest(true),
            Action::RejectRest => self.decide_rest(false),
            Action::UndoDecision => return self.undo_in_review(),
            Action::RedoDecision => self.redo_in_review(),
            Action::NextHunk => self.step(|ids, at| ids.get(at + 1).copied()),
            Action::PreviousHunk => {
                self.step(|ids, at| at.checked_sub(1).and_then(|at| ids.get(at).copied()))
            }
            Action::NextFile => self.step_file(true),
            Action::PreviousFile => self.step_file(false),
            Action::NextUndecided => self.go_to_undecided(),
            Action::ScrollDown => self.scroll(1),
            Action::ScrollUp => self.scroll(-1),
            Action::ScrollLeft => self.scroll_aside(false),
            Action::ScrollRight => self.scroll_aside(true),
            Action::Page { down, .. } => {
                let page = self.file().map_or(1, |file| file.viewport.height.saturating_sub(2).max(1));
                let page = isize::try_from(page).unwrap_or(1);
                self.scroll(if down { page } else { -page });
            }
            Action::Land => return self.land(),
            Action::Leave => self.focus = Focus::Editor,
            _ => {}
        }
        Vec::new()
    }

    fn scroll(&mut self, rows: isize) {
        if let Some(file) = self.file_mut() {
            let total = file.placed.total_rows();
            file.viewport.scroll(rows, total);
        }
    }

    /// Half a window to the side; long lines say where they are cut.
    fn scroll_aside(&mut self, right: bool) {
        if let Some(file) = self.file_mut() {
            let step = (file.viewport.width / 2).max(1);
            let left = file.viewport.left_col;
            file.viewport.left_col = if right { left + step } else { left.saturating_sub(step) };
        }
    }

    /// The hunk under review, if the last frame named it.
    fn named_hunk(&self) -> Option<&Hunk> {
        let at = self.review.at.filter(|at| self.sight.is_named(*at))?;
        self.session.turn()?.review().hunk(at)
    }

    fn decide_here(&mut self, accept: bool) {
        let Some(id) = self.named_hunk().map(|hunk| hunk.id) else { return };
        if accept && !self.may_accept(id) {
            return;
        }
        self.session.decide(&decision(accept, vec![id]));
        self.go_to_undecided();
    }

    /// Only what stands on screen with all its rows, and can still land, is accepted by one key. Shows
    /// the rest of a hunk that has not been read to its end.
    fn may_accept(&mut self, id: HunkId) -> bool {
        let hunk = self.session.turn().and_then(|turn| turn.review().hunk(id));
        let Some((standing, path)) = hunk.map(|hunk| (hunk.standing.clone(), hunk.path.clone())) else {
            return false;
        };
        if standing == Standing::Conflict {
            self.say(Paint::Warn, "the file changed at this place; reject it, or ask again");
            return false;
        }
        if self.file().is_none_or(|file| *file.buffer.path() != path) {
            self.go_to_hunk(id);
            self.say(Paint::Warn, "the hunk is in this file; look at it, then decide");
            return false;
        }
        let removed = self.file().and_then(|file| file.placed.span(id).map(|span| span.len()));
        let added = self.session.turn().and_then(|turn| Some(turn.review().hunk(id)?.with.len()));
        let (Some(removed), Some(added)) = (removed, added) else {
            self.say(
                Paint::Warn,
                "you edited the text at this place; undo that (Ctrl-Z), or reject the hunk",
            );
            return false;
        };
        let Some(unseen) = self.sight.first_unseen(id, removed + added) else { return true };
        self.show_row_of(id, unseen);
        self.say(Paint::Warn, "the hunk goes on; read it to its end, then y accepts it");
        false
    }

    fn show_row_of(&mut self, id: HunkId, row: usize) {
        if let Some(file) = self.file_mut()
            && let Some(first) = file.placed.row_of_hunk(id)
        {
            let total = file.placed.total_rows();
            file.viewport.top_row = (first + row).min(total.saturating_sub(1));
        }
    }

    fn decide_rest(&mut self, accept: bool) {
        let Some(turn) = self.session.turn() else { return };
        let Some(here) = self.named_hunk() else { return };
        let rest: Vec<HunkId> = turn
            .review()
            .hunks()
            .filter(|hunk| hunk.path == here.path)
            .skip_while(|hunk| hunk.id != here.id)
            .filter(|hunk| hunk.id == here.id || hunk.verdict == Verdict::Undecided)
            .map(|hunk| hunk.id)
            .collect();
        let count = rest.len();
        self.session.decide(&decision(accept, rest));
        let word = if accept { "accepted" } else { "rejected" };
        self.say(Paint::Good, format!("{word} {count} hunk(s); u takes it back"));
        self.go_to_undecided();
    }

    /// While hunks are open `u` undoes a decision; once they have landed it takes the landing back.
    fn undo_in_review(&mut self) -> Vec<Out> {
        if self.session.decide(&Decision::Undo) {
            self.stay_on_a_hunk();
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
        if !self.session.decide(&Decision::Redo) {
            self.say(Paint::Warn, "nothing to redo");
        }
    }

    pub(super) fn land(&mut self) -> Vec<Out> {
        let effects = self.session.land();
        if !effects.is_empty() {
            return self.follow(effects);
        }
        let why = match self.session.phase() {
            Some(Phase::Reviewing) => "no hunk is accepted yet; y accepts, Y the rest of the file",
            Some(phase) if phase.is_stoppable() => "the answer is still coming; Esc stops it, then land",
            Some(Phase::Landing) => "landing already",
            _ => "nothing is left to land",
        };
        self.say(Paint::Warn, why);
        Vec::new()
    }

    fn ids(&self) -> Vec<HunkId> {
        self.session
            .turn()
            .map(|turn| turn.review().hunks().map(|hunk| hunk.id).collect())
            .unwrap_or_default()
    }

    fn step(&mut self, next: impl Fn(&[HunkId], usize) -> Option<HunkId>) {
        let ids = self.ids();
        let at = self.review.at.and_then(|at| ids.iter().position(|id| *id == at));
        let to = at.map_or_else(|| ids.first().copied(), |at| next(&ids, at));
        if let Some(to) = to {
            self.go_to_hunk(to);
        }
    }

    fn step_file(&mut self, down: bool) {
        let Some(turn) = self.session.turn() else { return };
        let hunks: Vec<&Hunk> = turn.review().hunks().collect();
        let Some(at) = hunks.iter().position(|hunk| Some(hunk.id) == self.review.at) else { return };
        let Some(here) = hunks.get(at).map(|hunk| hunk.path.clone()) else { return };
        let other = |hunk: &&&Hunk| hunk.path != here;
        let to = if down {
            hunks.iter().skip(at).find(other).map(|hunk| hunk.id)
        } else {
            let before = hunks.iter().take(at).rev().find(other).map(|hunk| hunk.path.clone());
            before.and_then(|path| hunks.iter().find(|hunk| hunk.path == path).map(|hunk| hunk.id))
        };
        if let Some(to) = to {
            self.go_to_hunk(to);
        }
    }

    /// The next undecided hunk below, else the first one above; stays when there is none.
    fn go_to_undecided(&mut self) {
        let Some(turn) = self.session.turn() else { return };
        let hunks: Vec<&Hunk> = turn.review().hunks().collect();
        let at = hunks.iter().position(|hunk| Some(hunk.id) == self.review.at).unwrap_or(0);
        let order = hunks.iter().skip(at).chain(hunks.iter().take(at));
        let next = order.into_iter().find(|hunk| hunk.verdict == Verdict::Undecided).map(|hunk| hunk.id);
        if let Some(next) = next {
            self.go_to_hunk(next);
        }
    }

    /// After the review changed: the hunk under review must be one that exists.
    pub(super) fn stay_on_a_hunk(&mut self) {
        let ids = self.ids();
        if self.review.at.is_some_and(|at| ids.contains(&at)) {
            return;
        }
        match ids.first() {
            Some(first) if self.focus == Focus::Review => self.go_to_hunk(*first),
            first => self.review.at = first.copied(),
        }
    }

    /// Shows a hunk, in its file. The reader's place moves only when asked to.
    pub(super) fn go_to_hunk(&mut self, id: HunkId) {
        self.review.at = Some(id);
        let Some(turn) = self.session.turn() else { return };
        let Some(path) = turn.review().hunk(id).map(|hunk| hunk.path.clone()) else { return };
        self.show_file_of(&path);
        self.settle_views();
        if let Some(file) = self.file_mut()
            && let Some(row) = file.placed.row_of_hunk(id)
        {
            let total = file.placed.total_rows();
            file.viewport.left_col = 0;
            file.viewport.center(row, total);
        }
    }

    /// Makes the hunk's file the current one; a file that is not open is opened as the turn saw it.
    fn show_file_of(&mut self, path: &RepoPath) {
        if let Some(at) = self.index_of(path) {
            self.current = at;
            return;
        }
        let base = self.session.turn().and_then(|turn| turn.review().base(path)).cloned();
        if let Some(base) = base {
            self.files.push(OpenFile::new(base.path, base.text, self.tab));
            self.current = self.files.len() - 1;
            self.highlight_due = Some(self.now);
        }
    }

    /// In the editor: the verdict for the hunk at the cursor.
    pub(super) fn decide_at_cursor(&mut self, accept: bool) {
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
    pub(super) fn adopt_landed(&mut self, landed: &[crate::change::Landed]) {
        let mut unmerged = Vec::new();
        for change in landed {
            let Some(at) = self.index_of(&change.path) else { continue };
            let Some(file) = self.files.get_mut(at) else { continue };
            if file.adopt(change.text.as_ref()) == super::open_file::Adopted::Conflict {
                unmerged.push(change.path.to_string());
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
    pub(super) fn reverted(&mut self, undone: Undone, stands: bool) -> Vec<Out> {
        self.adopt_landed(&undone.files);
        let verb = if stands { "brought forth" } else { "took back" };
        self.say(Paint::Good, format!("{verb} {} ({} file(s))", undone.of, undone.files.len()));
        if let Some(guide) = self.guide.as_mut().filter(|_| !stands) {
            guide.taken_back = true;
        }
        let event = if stands { Event::Redone(Ok(undone)) } else { Event::Undone(Ok(undone)) };
        let effects = self.session.update(event);
        self.stay_on_a_hunk();
        self.follow(effects)
    }
}

fn decision(accept: bool, ids: Vec<HunkId>) -> Decision {
    if accept { Decision::Accept(ids) } else { Decision::Reject(ids) }
}

/// How many hunks are accepted, rejected and open.
pub(super) fn tally(review: &Review) -> (usize, usize, usize) {
    review.hunks().fold((0, 0, 0), |(yes, no, open), hunk| match hunk.verdict {
        Verdict::Accepted => (yes + 1, no, open),
        Verdict::Rejected => (yes, no + 1, open),
        Verdict::Undecided => (yes, no, open + 1),
    })
}

/// Which hunk of how many is under review, from 1.
pub(super) fn ordinal(turn: &Turn, at: HunkId) -> Option<(usize, usize)> {
    let index = turn.review().hunks().position(|hunk| hunk.id == at)?;
    Some((index + 1, turn.review().hunks().count()))
}

impl App {
    /// After every input: places hunks, follows the cursor, drops ghost text that fits no more.
    pub(super) fn settle_views(&mut self) {
        self.place_current();
        if let Some(Overlay::Page(page)) = &mut self.overlay {
            page.fold(usize::from(self.size.0).saturating_sub(2));
        }
        let layout = super::view::Layout::of(
            self,
            ratatui::layout::Rect::new(0, 0, self.size.0.max(8), self.size.1.max(6)),
        );
        let following = self.focus != Focus::Review;
        let Some(file) = self.files.get_mut(self.current) else { return };
        let gutter = super::view::gutter_width(file.buffer.lines_len());
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

    fn place_current(&mut self) {
        let review = self.session.turn().map(|turn| (turn.review(), (turn.id(), turn.revision())));
        if let Some(file) = self.files.get_mut(self.current) {
            file.place(review);
        }
    }
}
