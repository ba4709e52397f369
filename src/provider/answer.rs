//! An answer while it is being put together: what a wire's reader says into it, and whether it may
//! count as whole. Owns the rule that an answer is whole only when its end was *said*. Knows no
//! wire format and no bytes.

use std::time::Duration;

use crate::model::{Counted, Delta, Finish, Tokens, Usage};

/// Why an answer is none. The client adds whose it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Flaw {
    /// Not an answer in any framing or format we know; why, in words.
    Unreadable(String),
    /// The server reported an error inside a successful response.
    Reported { status: Option<u16>, body: Vec<u8> },
    /// It ended without saying that it ended.
    Cut,
    /// Nothing came for this long.
    Silent(Duration),
}

#[derive(Default, Debug)]
pub(super) struct Answer {
    deltas: Vec<Delta>,
    spoke: bool,
    refusal: String,
    finish: Option<Finish>,
    usage: Usage,
    done: bool,
}

impl Answer {
    pub fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.spoke = true;
            self.deltas.push(Delta::Text(text.to_owned()));
        }
    }

    pub fn reasoning(&mut self, text: &str) {
        if !text.is_empty() {
            self.spoke = true;
            self.deltas.push(Delta::Reasoning(text.to_owned()));
        }
    }

    /// Words with which the model declines; they are the finish, not the answer.
    pub fn refusal(&mut self, text: &str) {
        self.refusal.push_str(text);
    }

    /// Why it ends. Kept back until the end, since some servers send text or counts after it; of
    /// two reasons the graver one counts.
    pub fn finish(&mut self, finish: Finish) {
        if self.finish.as_ref().is_none_or(|known| gravity(&finish) > gravity(known)) {
            self.finish = Some(finish);
        }
    }

    /// Changes the running count, which only the provider's own figures do.
    pub fn count(&mut self, change: impl FnOnce(&mut Usage)) {
        let before = self.usage;
        change(&mut self.usage);
        self.usage.counted = Counted::Provider;
        if self.usage != before {
            self.deltas.push(Delta::Usage(self.usage));
        }
    }

    /// The server marked the end: nothing after it is read. Without a reason it is an ordinary stop,
    /// if anything was said.
    pub fn done(&mut self) {
        if self.finish.is_none() && (self.spoke || !self.refusal.is_empty()) {
            self.finish = Some(Finish::Stop);
        }
        self.done = true;
    }

    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Has a finish been seen, so that only counts can be missing?
    pub fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Has any of the answer's own words arrived?
    pub fn has_spoken(&self) -> bool {
        self.spoke
    }

    /// The deltas since the last call.
    pub fn take(&mut self) -> Vec<Delta> {
        std::mem::take(&mut self.deltas)
    }

    /// Nothing more will come: the finish, or why there is none.
    pub fn close(&mut self) -> Result<Delta, Flaw> {
        match self.finish.take() {
            Some(Finish::Stop) if !self.refusal.is_empty() => {
                Ok(Delta::Finish(Finish::Declined(std::mem::take(&mut self.refusal))))
            }
            Some(finish) => Ok(Delta::Finish(finish)),
            None if self.done => Err(Flaw::Unreadable("an answer without a word in it".into())),
            None => Err(Flaw::Cut),
        }
    }
}

fn gravity(finish: &Finish) -> u8 {
    match finish {
        Finish::Stop => 0,
        Finish::Other(_) => 1,
        Finish::Length => 2,
        Finish::Filtered => 3,
        Finish::Declined(_) => 4,
    }
}

/// A JSON number as tokens; anything else is no count.
pub(super) fn tokens(value: &serde_json::Value) -> Option<Tokens> {
    value.as_u64().map(Tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_reasons_to_end_the_graver_counts() {
        let mut answer = Answer::default();
        answer.text("a");
        answer.finish(Finish::Length);
        answer.finish(Finish::Stop);
        assert_eq!(answer.close(), Ok(Delta::Finish(Finish::Length)));
    }

    #[test]
    fn an_end_that_was_not_said_is_none() {
        let mut answer = Answer::default();
        answer.text("a");
        assert_eq!(answer.close(), Err(Flaw::Cut));
        answer.done();
        assert_eq!(answer.close(), Ok(Delta::Finish(Finish::Stop)));
    }
}
