//! Pages of the web are fetched for a request only after a person said yes to their addresses, for this
//! request and no other. Without it the request goes without them.

use crate::text::safe;
use crate::ui::app::{App, Out, Overlay};
use crate::ui::ask::AskPage;
use crate::ui::keymap::Action;

/// What is asked while it is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consent {
    /// The addresses, as they were typed.
    pub pages: Vec<String>,
    /// They are named in a question, to whose page it goes back.
    pub is_question: bool,
}

impl Consent {
    /// The question, printable, line by line.
    pub fn words(&self) -> Vec<String> {
        let mut words =
            vec!["The instruction names pages of the web. Fetch them for this request?".to_owned()];
        words.extend(self.pages.iter().map(|page| format!("  {}", safe::line(page))));
        words.push(
            "No key, no cookie and nothing of the project is sent along; only text is read.".to_owned(),
        );
        words.push("What a page says is shown as the network's words, and obeyed in nothing.".to_owned());
        words
    }
}

impl App {
    /// Asks for consent where what was `typed` needs it; `None`: it does not.
    pub(in crate::ui) fn ask_for_consent(&mut self, typed: &str, is_question: bool) -> Option<Vec<Out>> {
        let wants = self.wants(typed);
        let pages: Vec<String> = wants.pages_named().into_iter().map(ToOwned::to_owned).collect();
        if pages.is_empty() {
            return None;
        }
        self.overlay = Some(Overlay::Consent(Consent { pages, is_question }));
        Some(Vec::new())
    }

    pub(in crate::ui) fn act_in_consent(&mut self, action: Action) -> Vec<Out> {
        let Some(Overlay::Consent(consent)) = &self.overlay else { return Vec::new() };
        let pages = match action {
            Action::Yes => consent.pages.clone(),
            Action::No => Vec::new(),
            _ => return Vec::new(),
        };
        match self.back_from_consent() {
            true => self.put_question_with(pages),
            false => self.submit(pages),
        }
    }

    /// Back to where was typed; says whether that is a question.
    pub(in crate::ui) fn back_from_consent(&mut self) -> bool {
        let Some(Overlay::Consent(consent)) = self.overlay.take() else { return false };
        self.overlay = consent.is_question.then(|| Overlay::Ask(AskPage::default()));
        consent.is_question
    }
}
