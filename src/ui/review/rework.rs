//! What is done to a hunk beside deciding it: cutting it, choosing lines of it, editing it in place or
//! in another editor, saying something to it, sending what was said to the model.

use super::super::app::{App, Out, Overlay};
use super::super::editing::command;
use super::super::keymap::Action;
use super::super::line_edit::LineEdit;
use super::super::theme::Paint;
use crate::change::{FileOp, Hunk, HunkId, Purpose, Standing, Verdict};
use crate::editor::{Buffer, Command, Outcome, Viewport};
use crate::session::{Decision, Rework};
use crate::text::Lines;

/// Lines of a hunk that are being edited in place.
#[derive(Debug)]
pub struct Hand {
    pub hunk: HunkId,
    pub buffer: Buffer,
    pub view: Viewport,
}

/// What a line is typed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    Comment(HunkId),
    Reason(HunkId),
    Search,
}

impl Wish {
    pub fn title(self) -> &'static str {
        match self {
            Self::Comment(_) => " comment ",
            Self::Reason(_) => " reject, because ",
            Self::Search => " search ",
        }
    }
}

impl App {
    pub(super) fn rework(&mut self, action: Action) -> Vec<Out> {
        if action == Action::Search {
            let mut line = LineEdit::default();
            line.set(self.review.query.clone());
            self.overlay = Some(Overlay::Line(Wish::Search, line));
            return Vec::new();
        }
        if action == Action::Revise {
            return self.revise();
        }
        let Some(id) = self.named_hunk().map(|hunk| hunk.id) else { return Vec::new() };
        match action {
            Action::Split => self.split(id),
            Action::Range => self.begin_range(id),
            Action::EditHunk => self.edit_here(id),
            Action::EditOutside => return self.edit_outside(id),
            Action::Comment => self.ask_for(Wish::Comment(id), id),
            Action::RejectWithReason => self.ask_for(Wish::Reason(id), id),
            _ => {}
        }
        Vec::new()
    }

    fn split(&mut self, id: HunkId) {
        match self.session.rework(id, &Rework::Split) {
            Ok(first) => {
                self.go_to_hunk(first);
                self.say(Paint::Good, "split; each part is decided by itself, u puts it together again");
            }
            Err(why) => self.say(Paint::Warn, why.to_string()),
        }
    }

    fn begin_range(&mut self, id: HunkId) {
        if self.review.range.take().is_some() {
            return;
        }
        self.unfold(id);
        self.settle_review();
        let Some(review) = self.session.turn().map(|turn| turn.review()) else { return };
        let here = self.review.atom_at(review, self.review.row);
        let first = self.review.sheet.row_of(review, id, 0);
        if here.is_none()
            && let Some(first) = first
        {
            self.go_to_row(first);
        }
        self.review.range = Some(here.unwrap_or(0));
        self.say(Paint::Text, "j and k choose lines, y and n decide them, v ends it");
    }

    pub(super) fn decide_range(&mut self, accept: bool) {
        let Some(id) = self.named_hunk().map(|hunk| hunk.id) else { return };
        let range = self.session.turn().and_then(|turn| self.review.range_at(turn.review()));
        let Some(range) = range else { return };
        if accept && range.clone().any(|atom| !self.sight.has_seen(id, atom)) {
            self.say(Paint::Warn, "not all of these lines have been on screen; go through them first");
            return;
        }
        let lines = *range.start()..*range.end() + 1;
        let verdict = if accept { Verdict::Accepted } else { Verdict::Rejected };
        self.review.range = None;
        match self.session.rework(id, &Rework::Pick { lines: lines.clone(), verdict }) {
            Ok(picked) => {
                let word = if accept { "accepted" } else { "rejected" };
                self.review.at = Some(picked);
                self.go_to_undecided();
                self.say(Paint::Good, format!("{word} {} line(s); u takes it back", lines.len()));
            }
            Err(why) => self.say(Paint::Warn, why.to_string()),
        }
    }

    /// The lines that a hunk brings, if they can be edited.
    fn editable(&mut self, id: HunkId) -> Option<(Hunk, Lines)> {
        let in_conflict = |hunk: &Hunk| hunk.standing == Standing::Conflict;
        if self.session.turn()?.review().hunk(id).is_some_and(in_conflict) && !self.take_up(id) {
            return None;
        }
        let turn = self.session.turn()?;
        let hunk = turn.review().hunk(id)?.clone();
        let why = match (turn.review().purpose(), hunk.op) {
            (Purpose::TakeBack, _) => {
                "these lines are in the file already; open it with `rein FILE:LINE` to edit them"
            }
            (Purpose::ReadOnly, _) => "this review writes nothing; there is nothing to edit",
            (_, FileOp::Delete) => "the file would go as a whole; there are no lines to edit",
            _ if std::str::from_utf8(hunk.with.bytes()).is_err() => {
                "the lines are not UTF-8; they cannot be edited here"
            }
            _ => return Some((hunk.clone(), hunk.with)),
        };
        self.say(Paint::Warn, why);
        None
    }

    fn edit_here(&mut self, id: HunkId) {
        let Some((hunk, with)) = self.editable(id) else { return };
        let mut buffer = Buffer::open(hunk.path, with.bytes());
        buffer.set_tab_width(self.tab);
        self.review.hand = Some(Hand { hunk: id, buffer, view: Viewport::default() });
    }

    fn edit_outside(&mut self, id: HunkId) -> Vec<Out> {
        match self.editable(id) {
            Some((hunk, with)) => vec![Out::EditOutside { hunk: id, path: hunk.path, text: with }],
            None => Vec::new(),
        }
    }

    /// Another editor was left: its text, or why there is none.
    pub fn edited_outside(&mut self, hunk: HunkId, text: Result<Lines, String>) {
        match text {
            Ok(text) => self.take_edit(hunk, &text),
            Err(why) => self.say(Paint::Bad, why),
        }
        self.settle_views();
    }

    pub(in crate::ui) fn act_in_hand(&mut self, action: Action) -> Vec<Out> {
        if action == Action::TakeEdit {
            if let Some(hand) = self.review.hand.take() {
                self.take_edit(hand.hunk, &hand.buffer.snapshot());
            }
            return Vec::new();
        }
        match command(action) {
            Some(command) => self.run_in_hand(command),
            None => Vec::new(),
        }
    }

    pub(in crate::ui) fn run_in_hand(&mut self, command: Command) -> Vec<Out> {
        let Some(hand) = self.review.hand.as_mut() else { return Vec::new() };
        let outcome = hand.buffer.run(command);
        let cursor = hand.buffer.cursor();
        hand.view.height = self.review.window.0.saturating_sub(1).max(1);
        hand.view.width = self.review.window.1.saturating_sub(2).max(1);
        hand.view.follow(cursor.line, hand.buffer.display_column(cursor), hand.buffer.lines_len());
        match outcome {
            Outcome::Copied(text) | Outcome::Cut(text) => vec![Out::Clipboard(text)],
            _ => Vec::new(),
        }
    }

    fn take_edit(&mut self, id: HunkId, text: &Lines) {
        let same =
            self.session.turn().and_then(|turn| turn.review().hunk(id)).is_some_and(|h| h.with == *text);
        if same {
            self.say(Paint::Text, "nothing was changed");
            return;
        }
        match self.session.rework(id, &Rework::Rewrite(text.clone())) {
            Ok(id) => {
                self.sight.forget(id);
                self.go_to_hunk(id);
                self.say(Paint::Good, "edited; look at it, then decide; u takes the edit back");
            }
            Err(why) => self.say(Paint::Warn, why.to_string()),
        }
    }

    fn ask_for(&mut self, wish: Wish, id: HunkId) {
        let known = self.session.turn().and_then(|turn| turn.review().note(id)?.comment.clone());
        let mut line = LineEdit::default();
        line.set(known.unwrap_or_default());
        self.overlay = Some(Overlay::Line(wish, line));
    }

    /// The line was typed.
    pub(in crate::ui) fn wish_for(&mut self, wish: Wish, words: String) {
        match wish {
            Wish::Search => {
                self.review.query = words;
                self.find_in_review(true);
            }
            Wish::Comment(id) => match self.session.rework(id, &Rework::Comment(Some(words))) {
                Ok(_) => self.say(Paint::Good, "noted; R sends the comments to the model, hunk by hunk"),
                Err(why) => self.say(Paint::Warn, why.to_string()),
            },
            Wish::Reason(id) => {
                if self.session.rework(id, &Rework::Comment(Some(words))).is_ok() {
                    self.session.decide(&Decision::Reject(vec![id]));
                    self.go_to_undecided();
                    self.say(Paint::Good, "rejected; the model is told why with your next instruction");
                }
            }
        }
    }

    fn revise(&mut self) -> Vec<Out> {
        if self.facts.first(crate::model::Role::Chat).is_none() {
            self.say(Paint::Warn, "there is no model to revise anything; e edits the hunk by hand");
            return Vec::new();
        }
        match self.session.revise() {
            Ok(effects) => {
                self.heard = self.now;
                self.follow(effects)
            }
            Err(why) => {
                self.say(Paint::Warn, why.to_string());
                Vec::new()
            }
        }
    }
}
