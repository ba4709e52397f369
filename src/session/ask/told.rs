//! How far a question is, in words for a person: on the screen and, without one, on the way.

use super::{Inquiry, Stage, Talk};
use crate::model::Money;

impl Inquiry {
    /// `looking up what it asks for · 3 lookup(s) · 2 request(s) · 12k of 300k tokens · $0.02`. A
    /// stranger's text, since it names a model.
    pub fn progress(&self) -> String {
        std::iter::once(self.doing()).chain(self.used()).collect::<Vec<_>>().join(" · ")
    }

    /// What is being done right now. A stranger's text.
    pub fn doing(&self) -> String {
        if let Some(why) = self.latest().and_then(Talk::held_up) {
            return why.to_owned();
        }
        let model = self.model().map_or_else(|| "the model".into(), ToString::to_string);
        match self.stage() {
            Stage::Searching => "searching the project".into(),
            Stage::Asking => format!("asking {model}"),
            Stage::LookingUp => "looking up what it asks for".into(),
            Stage::Answering => format!("{model} is answering"),
            Stage::Splitting => "splitting the question".into(),
            Stage::Parts { done, all } => format!("answering its parts, {done} of {all} done"),
            Stage::Checking => "checking what was found".into(),
            Stage::Reporting => "writing it up".into(),
            Stage::Done => "done".into(),
        }
    }

    /// What it has taken so far, as far as that is worth a word: lookups, requests, tokens, money.
    pub fn used(&self) -> Vec<String> {
        let (bill, tokens) = (self.bill(), self.purse.used());
        let (lookups, allowed) = (self.steps().count(), self.purse.allowance());
        let mut used = Vec::new();
        if lookups > 0 {
            used.push(format!("{lookups} lookup(s)"));
        }
        let (masked, weight) = self.masked();
        if masked > 0 {
            used.push(format!("{masked} result(s) masked, ~{weight} tokens"));
        }
        if bill.requests > 1 || lookups > 0 {
            used.push(format!("{} request(s)", bill.requests));
            used.push(match allowed.tokens {
                Some(most) => format!("{tokens} of {most} tokens"),
                None => format!("{tokens} tokens"),
            });
        }
        if bill.cost > Money(0) || bill.unpriced > 0 {
            used.push(match allowed.money {
                Some(most) => format!("{bill} of {most}"),
                None => bill.to_string(),
            });
        }
        used
    }
}
