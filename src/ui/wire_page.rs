//! The page of what was sent: the exact bytes of the last requests, newest first.

use super::app::{App, Overlay};
use super::page::{Kind, Page};
use super::theme::Paint;
use crate::model::ModelId;
use crate::session::SentRequest;
use crate::text::safe;

/// Most requests on the page.
pub const REQUESTS: usize = 20;

/// Most bytes of one that are shown; `rein log --wire ID` has all of them.
const SHOWN: usize = 256 * 1024;

impl App {
    pub(super) fn open_wire(&mut self, sent: Result<Vec<SentRequest>, String>) {
        match sent {
            Ok(sent) => self.lay_over(Overlay::Page(page(&sent))),
            Err(why) => self.say(Paint::Bad, why),
        }
    }
}

impl App {
    /// The body that the next request would have.
    pub(super) fn open_draft(&mut self, model: &ModelId, body: &[u8]) {
        let mut page = Page::new(Kind::Wire, "what the next request would be");
        let words = format!("{} bytes, to {model}; nothing of it was sent", body.len());
        page.text(Paint::Dim, &words).gap();
        let shown = body.get(..SHOWN.min(body.len())).unwrap_or_default();
        page.text(Paint::Text, &safe::bytes(shown));
        if shown.len() < body.len() {
            page.text(Paint::Dim, "… and so on");
        }
        let effects = self.session.forget_preview();
        // What was put together was looked at; nothing of it runs any more.
        debug_assert!(effects.is_empty());
        self.lay_over(Overlay::Page(page));
    }
}

fn page(sent: &[SentRequest]) -> Page {
    let mut page = Page::new(Kind::Wire, "what was sent, newest first");
    page.text(Paint::Dim, "byte for byte as it left, but for the key; `rein log --wire` has it too");
    if sent.is_empty() {
        page.text(Paint::Dim, "nothing is kept: nothing was sent yet, or `wire_log.days` is 0");
    }
    for one in sent {
        let head = format!("{}  {}  {} bytes", one.id, one.provider, one.bytes.len());
        page.gap().text(Paint::Title, &head);
        let shown = one.bytes.get(..SHOWN.min(one.bytes.len())).unwrap_or_default();
        for line in shown.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                page.gap();
            } else {
                page.text(Paint::Text, &safe::bytes(line));
            }
        }
        if shown.len() < one.bytes.len() {
            let rest = format!("… `rein log --wire {}` shows all of it", one.id);
            page.text(Paint::Dim, &rest);
        }
    }
    page
}
