//! The pages: all keys, the whole answer, the journal, why a hunk is there.

use super::app::{App, Out, Overlay};
use super::keymap::{Action, KEYS, Place};
use super::page::{Kind, Page};
use super::theme::Paint;
use crate::model::Counted;
use crate::session::Turn;

impl App {
    pub(super) fn open_page(&mut self, kind: Kind) {
        let page = match kind {
            Kind::Help => Some(help(self.place())),
            Kind::Answer => self.session.turn().map(answer),
            Kind::Journal | Kind::Wire | Kind::Commit | Kind::Earlier | Kind::Checks => None,
            Kind::Why => self.why(),
            Kind::Meaning => Some(self.meaning_page()),
        };
        match page {
            Some(page) => self.lay_over(Overlay::Page(page)),
            None => self.say(Paint::Warn, "nothing has been asked yet"),
        }
    }

    pub(super) fn act_in_page(&mut self, action: Action) -> Vec<Out> {
        let height = isize::try_from(self.size.1.saturating_sub(4)).unwrap_or(1).max(1);
        let Some(Overlay::Page(page)) = &mut self.overlay else { return Vec::new() };
        if page.kind == Kind::Journal {
            return self.act_in_journal(action, height);
        }
        if page.kind == Kind::Earlier {
            return self.act_in_earlier(action, height);
        }
        if page.kind == Kind::Checks {
            return self.act_in_checks(action, height);
        }
        if page.kind == Kind::Meaning
            && let Some(outs) = self.act_in_meaning(action)
        {
            return outs;
        }
        let Some(Overlay::Page(page)) = &mut self.overlay else { return Vec::new() };
        match action {
            Action::Down => page.scroll(1),
            Action::Up => page.scroll(-1),
            Action::Page { down: true, .. } => page.scroll(height),
            Action::Page { down: false, .. } => page.scroll(-height),
            Action::Leave => self.close_overlay(),
            _ => {}
        }
        Vec::new()
    }
}

impl App {
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
