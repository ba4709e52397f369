//! The pages: all keys, the whole answer, the journal, why a hunk is there.

use super::app::{App, Out, Overlay};
use super::keymap::{Action, KEYS, Place};
use super::page::{Kind, Page};
use super::theme::Paint;
use crate::change::Purpose;
use crate::change::locate::{Kept, Tier};
use crate::model::Counted;
use crate::session::{Subject, Turn};
use crate::workspace::{LogEntry, Status};

impl App {
    pub(super) fn open_page(&mut self, kind: Kind) {
        let page = match kind {
            Kind::Help => Some(help(self.place())),
            Kind::Answer => self.session.turn().map(answer),
            Kind::Journal | Kind::Wire => None,
            Kind::Why => self.why(),
        };
        match page {
            Some(page) => self.overlay = Some(Overlay::Page(page)),
            None => self.say(Paint::Warn, "nothing has been asked yet"),
        }
    }

    pub(super) fn open_journal(&mut self, log: Result<Vec<LogEntry>, String>) {
        match log {
            Ok(entries) => self.overlay = Some(Overlay::Page(journal(&entries))),
            Err(why) => self.say(Paint::Bad, why),
        }
    }

    pub(super) fn act_in_page(&mut self, action: Action) -> Vec<Out> {
        let height = isize::try_from(self.size.1.saturating_sub(4)).unwrap_or(1).max(1);
        let Some(Overlay::Page(page)) = &mut self.overlay else { return Vec::new() };
        match action {
            Action::Down => page.scroll(1),
            Action::Up => page.scroll(-1),
            Action::Page { down: true, .. } => page.scroll(height),
            Action::Page { down: false, .. } => page.scroll(-height),
            Action::Leave => self.overlay = None,
            _ => {}
        }
        Vec::new()
    }
}

fn tier_in_words(tier: Tier) -> &'static str {
    match tier {
        Tier::Exact => "its lines stand there to the byte",
        Tier::Blanks => "its lines stand there but for blanks at their ends",
        Tier::Unicode => "its lines stand there but for look-alike characters",
        Tier::Indent => "its lines stand there with another indentation",
        Tier::BaseMerge => "found in the text the model saw, then merged with what the file is now",
        Tier::Lazy => "a snippet that leaves code out, laid over the file",
        Tier::Aligned => "its lines stand there but for blank lines, comments or a line that drifted",
        Tier::Tokens => "the same tokens stand there, wrapped differently",
    }
}

fn kept_in_words(kept: Kept) -> &'static str {
    match kept {
        Kept::Eol => "line endings",
        Kept::Indent => "indentation",
        Kept::TrailingBlanks => "blanks at the end of lines",
        Kept::InnerBlanks => "blanks inside of lines",
        Kept::BlankLines => "blank lines",
        Kept::Unicode => "typographic characters",
        Kept::Quotes => "quotes",
        Kept::Comment => "comments",
        Kept::Wrapping => "how lines are wrapped",
        Kept::Context => "lines around it",
    }
}

impl App {
    /// Where the hunk under review comes from and what is known of it.
    fn why(&self) -> Option<Page> {
        let turn = self.session.turn()?;
        let hunk = turn.review().hunk(self.review.at?)?;
        let mut page = Page::new(Kind::Why, "why this hunk");
        page.text(Paint::Title, &format!("{}  {}", hunk.path, hunk.replaces));
        let asked = match turn.subject() {
            Subject::Instruction => "the instruction",
            Subject::Difference => "the difference",
            Subject::Reply => "the change",
        };
        page.gap().text(Paint::Title, asked).text(Paint::Text, &turn.instruct().text);
        if let Some(reason) = &hunk.reason {
            page.gap().text(Paint::Title, "the model's own reason").text(Paint::Text, reason);
        }
        if let Some(model) = turn.model() {
            page.text(Paint::Dim, &format!("proposed by {model}"));
        }
        if turn.review().purpose() == Purpose::Propose {
            page.gap().text(Paint::Title, "how its place was found");
            let sure = hunk.matched_by.confidence() * 100.0;
            page.text(Paint::Text, &format!("{}: {sure:.0} % sure", tier_in_words(hunk.matched_by)));
            if !hunk.kept.is_empty() {
                let kept: Vec<&str> = hunk.kept.iter().map(|kept| kept_in_words(*kept)).collect();
                page.text(Paint::Text, &format!("kept as the file has it: {}", kept.join(", ")));
            }
        }
        if let Some(reading) = &self.review.reading {
            let (risks, folds) = (reading.risks(hunk.id), reading.folds(hunk.id));
            if !risks.is_empty() {
                page.gap().text(Paint::Title, "to be read with care");
                for risk in risks {
                    page.text(Paint::Warn, &format!("⚠ {}", risk.words()));
                }
            }
            if !folds.is_empty() {
                page.gap().text(Paint::Title, "verified, and need no reading");
                for fold in folds {
                    page.text(Paint::Text, &format!("≡ {}", fold.words()));
                }
            }
        }
        if let Some(note) = turn.review().note(hunk.id) {
            page.gap().text(Paint::Title, "what was done to it since");
            if note.by_hand {
                page.text(Paint::Text, "edited by hand");
            }
            if note.revised > 0 {
                page.text(Paint::Text, &format!("revised by the model {} time(s)", note.revised));
            }
            if let Some(comment) = &note.comment {
                page.text(Paint::Text, &format!("comment: {comment}"));
            }
        }
        Some(page)
    }

    pub(super) fn act_in_line(&mut self, action: Action) -> Vec<Out> {
        let Some(Overlay::Line(wish, line)) = &mut self.overlay else { return Vec::new() };
        match action {
            Action::Submit => {
                let (wish, words) = (*wish, line.take());
                self.overlay = None;
                self.wish_for(wish, words);
            }
            Action::Backspace => line.backspace(),
            Action::DeleteWordBack => line.delete_word_back(),
            Action::DeleteLine => line.clear(),
            Action::Move(motion) => line.go(motion),
            _ => {}
        }
        Vec::new()
    }
}

/// All keys, from the table, those of the place at hand first.
fn help(here: Place) -> Page {
    let mut page = Page::new(Kind::Help, "keys");
    page.text(
        Paint::Text,
        "The model proposes, you decide hunk by hunk; nothing is written before Enter lands it.",
    );
    page.text(
        Paint::Text,
        "The slider says how much a request may change. Text outside of it cannot change.",
    );
    let mut places = Place::ALL;
    places.sort_by_key(|place| *place != here);
    for place in places {
        page.gap().text(Paint::Title, place.title());
        for row in KEYS.iter().filter(|row| row.place == place) {
            let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
            page.text(Paint::Text, &format!("  {:<24} {}", keys.join("  "), row.says));
        }
    }
    page
}

/// The turn as a report: asked, said, refused, landed, used.
fn answer(turn: &Turn) -> Page {
    let mut page = Page::new(Kind::Answer, "the turn");
    let instruct = turn.instruct();
    page.text(Paint::Title, &format!("asked at {}", instruct.level)).text(Paint::Text, &instruct.text);
    page.text(Paint::Dim, &turn.review().scope().in_words());
    if let Some(model) = turn.model() {
        page.text(Paint::Dim, &format!("answered by {model}"));
    }
    if let Some(usage) = turn.usage() {
        let about = if usage.counted == Counted::Estimated { "~" } else { "" };
        let used = format!("{about}{} tokens in, {about}{} out", usage.input, usage.output);
        let parts = [("cached", usage.cached), ("written to the cache", usage.cache_write)];
        let reasoning = [("of thinking", usage.reasoning)];
        let parts = parts.into_iter().chain(reasoning).filter(|(_, tokens)| tokens.0 > 0);
        let parts: String = parts.map(|(what, tokens)| format!(", {tokens} {what}")).collect();
        page.text(Paint::Dim, &format!("{used}{parts}"));
    }
    if turn.bill().requests > 0 {
        page.text(Paint::Dim, &format!("cost {} in {} request(s)", turn.bill(), turn.bill().requests));
    }
    for switch in turn.switches() {
        let midway = if switch.midway { ", in the middle of the answer" } else { "" };
        page.text(
            Paint::Warn,
            &format!("{} took over from {}{midway}: {}", switch.to, switch.from, switch.why),
        );
    }
    if !turn.prose().trim().is_empty() {
        page.gap().text(Paint::Title, "the model said").text(Paint::Text, turn.prose().trim());
    }
    if !turn.refusals().is_empty() {
        page.gap().text(Paint::Title, "refused, nothing of it was taken");
        for refusal in turn.refusals() {
            page.text(Paint::Warn, &format!("• {refusal}"));
        }
    }
    for receipt in turn.receipts() {
        let back = if turn.stands(receipt) { "" } else { ", taken back since" };
        page.gap().text(Paint::Title, &format!("landed as {}{back}", receipt.id()));
        for file in receipt.files() {
            let merged = if file.merged { ", merged with what changed meanwhile" } else { "" };
            page.text(Paint::Good, &format!("• {}{merged}", file.path));
        }
    }
    page
}

fn journal(entries: &[LogEntry]) -> Page {
    let mut page = Page::new(Kind::Journal, "journal, newest first");
    if entries.is_empty() {
        page.text(Paint::Dim, "nothing has landed here yet");
    }
    for entry in entries {
        let undone = if entry.status == Status::Undone { "  (taken back)" } else { "" };
        let what = entry.story.as_ref().map_or("saved by hand", |story| story.instruction.as_str());
        page.text(Paint::Title, &format!("{}  {}{undone}", entry.id, entry.time));
        page.text(Paint::Text, &format!("  {}", what.lines().next().unwrap_or_default()));
        for file in &entry.files {
            page.text(Paint::Dim, &format!("  {}", file.path));
        }
    }
    page
}
