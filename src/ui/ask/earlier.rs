//! Answers of earlier: the list of them, newest conversation first, and the one that is chosen, which comes
//! to the page as it was then.

use super::super::app::{App, Out, Overlay};
use super::super::keymap::Action;
use super::super::page::{Kind, Page};
use super::super::theme::Paint;
use super::AskPage;
use crate::session::{Effect, Head, Recalled};

impl App {
    /// The list has been read. Whoever has left the page meanwhile is not called back to it.
    pub(in crate::ui) fn open_earlier(&mut self, heads: Result<Vec<Head>, String>) {
        let Some(Overlay::Ask(_)) = &self.overlay else { return };
        let heads = match heads {
            Ok(heads) if heads.is_empty() => {
                return self.say(Paint::Warn, "no answer about this project has been kept yet");
            }
            Ok(heads) => heads,
            Err(why) => return self.say(Paint::Bad, why),
        };
        self.lay_over(Overlay::Page(list(&heads)));
    }

    /// `height`: rows of a page.
    pub(in crate::ui) fn act_in_earlier(&mut self, action: Action, height: isize) -> Vec<Out> {
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
            Action::Submit => {
                let chosen = page.chosen().map(ToOwned::to_owned);
                return chosen.map(|id| Out::Do(Effect::RecallAnswer { id })).into_iter().collect();
            }
            _ => {}
        }
        Vec::new()
    }

    /// The answer that was chosen has been read: it is the one in hand now, and the next question goes on
    /// from it.
    pub(in crate::ui) fn recalled(&mut self, recalled: Result<Recalled, String>) -> Vec<Out> {
        let listed = matches!(&self.overlay, Some(Overlay::Page(page)) if page.kind == Kind::Earlier);
        if !listed {
            return Vec::new();
        }
        let recalled = match recalled {
            Ok(recalled) => recalled,
            Err(why) => {
                self.say(Paint::Bad, why);
                return Vec::new();
            }
        };
        let depth = recalled.depth();
        match self.session.recall_answer(recalled) {
            Ok(effects) => {
                self.asking.depth = depth;
                (self.asking.anew, self.asking.unseen, self.asking.behind) = (false, false, None);
                self.overlay = Some(Overlay::Ask(AskPage::default()));
                self.follow(effects)
            }
            Err(why) => {
                self.say(Paint::Warn, why.to_string());
                Vec::new()
            }
        }
    }
}

fn list(heads: &[Head]) -> Page {
    let mut page = Page::new(Kind::Earlier, "earlier answers, the last conversation first");
    for head in heads {
        let question = head.question.split_whitespace().collect::<Vec<_>>().join(" ");
        let (on, under) = if head.after.is_some() { ("  ↳ ", "    ") } else { ("", "") };
        let (verified, all) = head.verified;
        let last = if head.whole { "" } else { " · cannot be gone on from" };
        page.stop(&head.id);
        page.text(Paint::Title, &format!(" {on}{question}"));
        page.text(
            Paint::Dim,
            &format!("   {under}{} · {} · {verified} of {all} verified{last}", time(head.time), head.depth),
        );
    }
    page
}

/// `2026-11-30 10:45 UTC`; `millis`: milliseconds since 1970.
pub(super) fn time(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis);
    time.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}
