//! An answer while it is being put together: what a wire's reader says into it, and whether it may
//! count as whole. Owns the rule that an answer is whole only when its end was *said*, and what each
//! wire's word for an end means. Knows no framing and no bytes.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::call::{Around, Call};
use super::json::Json;
use super::report::Report;
use crate::model::{Counted, Delta, Finish, Seal, Tokens, Usage};

/// Most tokens of a request or an answer that a server is believed to have counted; windows are a tenth
/// of that. One number too many would use the day's budget up.
pub(super) const BELIEVED: Tokens = Tokens(100_000_000);

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

/// What the word for an end means, in every wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    Stop,
    Calls,
    Paused,
    Other,
    Length,
    Filtered,
    Refusal,
    /// The server gave up half-way, and calls that an end.
    Interrupted,
    Failed,
}

impl Meaning {
    fn of(word: &str) -> Self {
        match word {
            "stop" | "STOP" | "end_turn" | "stop_sequence" | "completed" | "eos" | "eos_token" => Self::Stop,
            "tool_calls" | "tool_use" | "function_call" | "tool-calls" => Self::Calls,
            "length"
            | "max_tokens"
            | "max_output_tokens"
            | "MAX_TOKENS"
            | "model_length"
            | "model_context_window_exceeded" => Self::Length,
            "content_filter" | "SAFETY" | "RECITATION" | "PROHIBITED_CONTENT" | "BLOCKLIST" | "SPII" => {
                Self::Filtered
            }
            "refusal" => Self::Refusal,
            "pause_turn" => Self::Paused,
            "insufficient_system_resource" | "abort" => Self::Interrupted,
            "error" | "failed" | "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => Self::Failed,
            _ => Self::Other,
        }
    }

    /// Of two reasons the graver one counts; of equal ones the later.
    fn gravity(self) -> u8 {
        match self {
            Self::Stop | Self::Calls => 0,
            Self::Paused | Self::Other => 1,
            Self::Length => 2,
            Self::Filtered => 3,
            Self::Refusal => 4,
            Self::Interrupted => 5,
            Self::Failed => 6,
        }
    }
}

/// The provider's own figures, each only if it was reported.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub(super) struct Counts {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub total: Option<u64>,
    pub cached_input: Option<u64>,
    /// Only where the wire knows such a thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Option<u64>>,
    pub reasoning: Option<u64>,
}

#[derive(Default, Debug)]
pub(super) struct Answer {
    deltas: Vec<Delta>,
    spoke: bool,
    refusal: String,
    explanation: String,
    calls: Vec<Call>,
    hosted: Vec<(u64, String)>,
    /// What stands last in the place of the wire's own word for an end, word or not.
    word: Option<Value>,
    /// The gravest word for an end so far: a later and milder one does not undo it.
    gravest: Option<(String, Meaning)>,
    counts: Option<Counts>,
    usage: Usage,
    report: Option<Report>,
    model: Option<String>,
    /// The server said that the answer is over.
    ended: bool,
    /// Nothing after this is part of the answer.
    done: bool,
    spliced: bool,
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

    /// The provider's words on why it ended as it did.
    pub fn explain(&mut self, text: &str) {
        if !self.explanation.is_empty() && !text.is_empty() {
            self.explanation.push_str(": ");
        }
        self.explanation.push_str(text);
    }

    /// A tool call opens; what it is called by from here on.
    pub fn open(&mut self, call: Call) -> usize {
        let index = self.calls.len();
        self.spoke = true;
        self.deltas.push(Delta::Calling {
            index,
            name: call.name.clone().unwrap_or_default(),
            arguments: call.arguments().to_owned(),
        });
        self.calls.push(call);
        index
    }

    /// The next piece of a call's arguments.
    pub fn argue(&mut self, index: usize, piece: &str) {
        let Some(call) = self.calls.get_mut(index).filter(|_| !piece.is_empty()) else { return };
        call.text.push_str(piece);
        let name = call.name.clone().unwrap_or_default();
        self.deltas.push(Delta::Calling { index, name, arguments: piece.to_owned() });
    }

    pub fn call(&mut self, index: usize) -> Option<&mut Call> {
        self.calls.get_mut(index)
    }

    /// Something that cannot be read stands where a piece of a call could: none of the calls so far is
    /// known to have all of its pieces.
    pub fn garbled(&mut self) {
        self.calls.iter_mut().for_each(|call| call.garbled = true);
    }

    /// What the provider of a wire wants back with the calls of this answer.
    pub fn seal(&mut self, of: &'static str, body: String) {
        self.deltas.push(Delta::Seal(Seal { of: of.into(), body }));
    }

    /// A tool that the provider itself runs: named, and never ours to run.
    pub fn hosted(&mut self, place: u64, name: &str) {
        self.hosted.push((place, name.to_owned()));
    }

    /// The model that answers, in the server's words; `null` and the like say nothing.
    pub fn model(&mut self, name: &Json<'_>) {
        if let Some(name) = name.as_str().filter(|name| !name.is_empty()) {
            self.model = Some(name.to_owned());
        }
    }

    pub fn has_model(&self) -> bool {
        self.model.is_some()
    }

    /// Why it ends, in the wire's own word. Kept back until the end, since some servers send text or
    /// counts after it. `null`, nothing and what is no word are no reason.
    pub fn reason(&mut self, word: &Json<'_>) {
        if word.is_null() || word.as_str() == Some("") {
            return;
        }
        self.word = Some(word.to_value());
        let Some(word) = word.as_str() else { return };
        let meaning = Meaning::of(word);
        let graver = |(_, known): &(String, Meaning)| meaning.gravity() >= known.gravity();
        if self.gravest.as_ref().is_none_or(graver) {
            self.gravest = Some((word.to_owned(), meaning));
        }
    }

    /// The provider did not show the request to the model, for this reason (in its own word), whatever
    /// the word is: new ones come up.
    pub fn withheld(&mut self, word: &Json<'_>) {
        self.reason(word);
        if let Some(word) = word.as_str().filter(|word| !word.is_empty()) {
            self.gravest = Some((word.to_owned(), Meaning::Refusal));
            self.explanation = format!("the provider blocked the request ({word})");
        }
    }

    /// The provider's figures so far, and what they come to.
    pub fn count(&mut self, counts: Counts, usage: Usage) {
        let usage = Usage { counted: Counted::Provider, ..usage };
        self.counts = Some(counts);
        // Gateways report nothing at all where the server behind them does not count.
        let nothing = usage.input == Tokens(0) && usage.output == Tokens(0);
        let parts = [usage.input, usage.output, usage.cached, usage.cache_write];
        let absurd = parts.into_iter().any(|part| part > BELIEVED);
        if !nothing && !absurd && self.usage != usage {
            self.usage = usage;
            self.deltas.push(Delta::Usage(usage));
        }
    }

    /// An error that the server reported within the answer.
    pub fn report(&mut self, report: Report) {
        self.report = Some(report);
    }

    /// Another answer was spliced into this one: whose words came since is not known, so that none of
    /// them count.
    pub fn spliced(&mut self) {
        let (word, gravest) = (self.word.take(), self.gravest.take());
        *self = Self { word, gravest, model: self.model.take(), ..Self::default() };
        self.report = Some(Report::spliced());
        (self.done, self.spliced) = (true, true);
    }

    /// Was another answer spliced into this one?
    pub fn is_spliced(&self) -> bool {
        self.spliced
    }

    /// The server said that the answer is over; counts may follow.
    pub fn ended(&mut self) {
        self.ended = true;
    }

    /// The server marked the end: nothing after it is read.
    pub fn done(&mut self) {
        (self.ended, self.done) = (true, true);
    }

    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Has the server reported an error?
    pub fn has_failed(&self) -> bool {
        self.report.is_some() || matches!(self.gravest, Some((_, Meaning::Failed)))
    }

    pub fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// Has a finish been seen, so that only counts can be missing?
    pub fn is_finished(&self) -> bool {
        self.gravest.is_some() || self.ended
    }

    /// Has any of the answer's own words arrived?
    pub fn has_spoken(&self) -> bool {
        self.spoke
    }

    /// The deltas since the last call.
    pub fn take(&mut self) -> Vec<Delta> {
        std::mem::take(&mut self.deltas)
    }

    /// Nothing more will come: the tool calls and the finish, or why there is none.
    pub fn close(&mut self) -> Result<Vec<Delta>, Flaw> {
        if self.spliced {
            return Err(Flaw::Unreadable("another answer begins inside this one".into()));
        }
        if let Some(report) = &self.report {
            return Err(Flaw::Reported { status: report.status(), body: report.body() });
        }
        let finish = self.finish()?;
        let around = self.around();
        let mut last: Vec<Delta> =
            self.calls().into_iter().map(|call| Delta::Call(call.finished(around))).collect();
        last.push(Delta::Finish(finish));
        Ok(last)
    }

    fn finish(&self) -> Result<Finish, Flaw> {
        Ok(match &self.gravest {
            None if !self.ended => return Err(Flaw::Cut),
            None if !self.spoke && self.refusal.is_empty() => {
                return Err(Flaw::Unreadable("an answer without a word in it".into()));
            }
            None | Some((_, Meaning::Stop)) if !self.calls.is_empty() => Finish::Calls,
            None | Some((_, Meaning::Stop)) if !self.refusal.is_empty() => {
                Finish::Declined(self.refusal.clone())
            }
            None | Some((_, Meaning::Stop)) => Finish::Stop,
            Some((_, Meaning::Calls)) => Finish::Calls,
            Some((_, Meaning::Paused)) => Finish::Paused,
            Some((_, Meaning::Length)) => Finish::Length,
            Some((_, Meaning::Filtered)) => Finish::Filtered,
            Some((_, Meaning::Refusal)) => {
                let words = if self.refusal.is_empty() { &self.explanation } else { &self.refusal };
                Finish::Declined(words.clone())
            }
            Some((word, Meaning::Other)) => Finish::Other(word.clone()),
            Some((word, Meaning::Interrupted | Meaning::Failed)) => {
                let words = [word.as_str(), &self.explanation].map(str::trim);
                let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
                return Err(Flaw::Reported { status: None, body: words.join(": ").into_bytes() });
            }
        })
    }

    /// How it ended, as far as calls are concerned.
    pub(super) fn around(&self) -> Around {
        // Pieces that belong to no call that is known by name may be those that another one misses.
        let stray = self.calls.iter().any(|call| !call.is_named());
        let wanted = self.end() == Some("tool_calls") && !stray;
        match self.gravest.as_ref().map(|(_, meaning)| *meaning) {
            _ if self.report.is_some() || !self.ended => Around::Failed { wanted },
            Some(Meaning::Interrupted | Meaning::Failed) => Around::Failed { wanted },
            Some(Meaning::Stop | Meaning::Calls) => Around::Whole { wanted },
            // A word for the end that we do not know is an end: what is whole is the model's.
            Some(Meaning::Paused | Meaning::Other) => Around::Whole { wanted: false },
            None | Some(Meaning::Length | Meaning::Filtered | Meaning::Refusal) => Around::CutShort,
        }
    }

    /// The calls in the order of their places.
    pub(super) fn calls(&self) -> Vec<&Call> {
        let mut calls: Vec<&Call> = self.calls.iter().collect();
        calls.sort_by_key(|call| call.place);
        calls
    }

    /// What a report on this answer shows beyond its text; see [`super::decode`].
    pub(super) fn facts(&self) -> Facts<'_> {
        let mut hosted: Vec<&(u64, String)> = self.hosted.iter().collect();
        hosted.sort_by_key(|(place, _)| *place);
        Facts {
            refusal: &self.refusal,
            hosted: hosted.into_iter().map(|(_, name)| name.as_str()).collect(),
            word: self.word.as_ref(),
            end: self.end(),
            counts: self.counts,
            report: self.report.as_ref(),
            ended: self.ended,
            model: self.model.as_deref(),
        }
    }

    /// One word for the end, the same for every wire.
    fn end(&self) -> Option<&'static str> {
        if self.report.is_some() {
            return Some("error");
        }
        Some(match Meaning::of(self.word.as_ref()?.as_str()?) {
            Meaning::Stop if !self.calls.is_empty() => "tool_calls",
            Meaning::Stop if !self.refusal.is_empty() => "refusal",
            Meaning::Stop => "stop",
            Meaning::Calls => "tool_calls",
            Meaning::Paused => "pause",
            Meaning::Other | Meaning::Interrupted => "other",
            Meaning::Length => "length",
            Meaning::Filtered => "content_filter",
            Meaning::Refusal => "refusal",
            Meaning::Failed => "error",
        })
    }
}

/// See [`Answer::facts`].
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub refusal: &'a str,
    pub hosted: Vec<&'a str>,
    pub word: Option<&'a Value>,
    pub end: Option<&'static str>,
    pub counts: Option<Counts>,
    pub report: Option<&'a Report>,
    pub ended: bool,
    pub model: Option<&'a str>,
}

/// A reported number as tokens; what was not reported is none.
pub(super) fn tokens(count: Option<u64>) -> Tokens {
    Tokens(count.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Runnable, ToolCall};

    fn end(answer: &mut Answer) -> Result<Delta, Flaw> {
        answer.close().map(|mut last| last.pop().unwrap())
    }

    #[test]
    fn of_two_reasons_to_end_the_graver_counts() {
        let mut answer = Answer::default();
        answer.text("a");
        answer.reason(&Json::String("length".into()));
        answer.reason(&Json::String("stop".into()));
        assert_eq!(end(&mut answer), Ok(Delta::Finish(Finish::Length)));
    }

    #[test]
    fn counts_that_no_request_can_have_are_no_counts() {
        let most = Tokens(u64::MAX);
        for usage in [
            Usage { input: most, ..Usage::default() },
            Usage { output: most, ..Usage::default() },
            Usage { input: Tokens(1), cached: most, ..Usage::default() },
            Usage { input: Tokens(1), cache_write: most, ..Usage::default() },
        ] {
            let mut answer = Answer::default();
            answer.count(Counts::default(), usage);
            assert_eq!(answer.take(), []);
        }
    }

    #[test]
    fn counts_of_nothing_are_no_counts() {
        let mut answer = Answer::default();
        answer.count(Counts { input: Some(0), output: Some(0), ..Counts::default() }, Usage::default());
        assert_eq!(answer.take(), []);
        assert_eq!(answer.facts().counts.and_then(|counts| counts.input), Some(0), "and still told");
    }

    #[test]
    fn an_end_that_was_not_said_is_none() {
        let mut answer = Answer::default();
        answer.text("a");
        assert_eq!(end(&mut answer), Err(Flaw::Cut));
        answer.done();
        assert_eq!(end(&mut answer), Ok(Delta::Finish(Finish::Stop)));
    }

    #[test]
    fn a_call_is_handed_over_after_the_end_and_never_without_one() {
        let mut answer = Answer::default();
        let call = answer.open(Call { name: Some("save".into()), ..Call::default() });
        answer.argue(call, "{\"a\":");
        answer.argue(call, "1}");
        assert_eq!(answer.close(), Err(Flaw::Cut));
        answer.reason(&Json::String("tool_calls".into()));
        let runnable = |answer: &mut Answer| match answer.close().unwrap().as_slice() {
            [Delta::Call(ToolCall { runnable, .. }), Delta::Finish(Finish::Calls)] => *runnable,
            other => panic!("{other:?}"),
        };
        assert_eq!(runnable(&mut answer), Runnable::No, "a reason is not yet the end of the stream");
        answer.done();
        assert_eq!(runnable(&mut answer), Runnable::Yes);
    }

    #[test]
    fn of_an_answer_with_another_inside_nothing_counts() {
        let mut answer = Answer::default();
        answer.text("mine");
        answer.open(Call { name: Some("save".into()), text: "{}".into(), ..Call::default() });
        answer.reason(&Json::String("tool_calls".into()));
        answer.spliced();
        answer.done();
        assert!(matches!(answer.close(), Err(Flaw::Unreadable(_))));
        assert!(answer.calls().is_empty());
    }
}
