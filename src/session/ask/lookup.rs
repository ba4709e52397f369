//! What came of the calls of one answer, put together for the next request: the outcomes of those that
//! were carried out, and for the others why they were not.

use super::Outcome;
use super::memory::Memory;
use super::talk::Step;
use crate::context::Presence;
use crate::context::citation::Evidence;
use crate::model::{ToolCall, ToolResult};
use crate::tool::{self, Call, Refused};

/// Most calls of one answer that are carried out.
const CALLS: usize = 8;

/// What is said in place of a result for which there is no room.
const NO_ROOM: &str = "left out, since the budget of this question is at its end";

/// One call, and what came of it.
#[derive(Debug)]
pub(super) struct Looked {
    pub step: Step,
    pub result: ToolResult,
    pub presence: Presence,
    pub shown: Evidence,
}

/// Those of the calls that are carried out.
pub(super) fn wanted(calls: &[ToolCall]) -> Vec<Call> {
    calls.iter().take(CALLS).filter_map(|call| tool::parse(call).ok()).collect()
}

/// What came of each call, for the request of this number. `outcomes`: of [`wanted`], in order. `memory`: what
/// the conversation holds, these results with it afterwards.
pub(super) fn looked(
    calls: &[ToolCall],
    outcomes: &[Outcome],
    memory: &mut Memory,
    request: u32,
) -> Vec<Looked> {
    let mut outcomes = outcomes.iter().cloned();
    let mut one = |(at, call): (usize, &ToolCall)| {
        let parsed = if at < CALLS { tool::parse(call) } else { Err(Refused::TooMany) };
        let (asked, outcome) = match parsed {
            Ok(asked) => (asked.to_string(), outcomes.next().unwrap_or_else(Outcome::none)),
            Err(why) => (format!("{} {}", call.name, call.arguments), Outcome::refused(&why)),
        };
        let told = memory.tell(&asked, &outcome, request);
        let failed = outcome.gave.err();
        let (id, name, is_failed) = (call.id.clone(), call.name.clone(), failed.is_some());
        let result = ToolResult { id, name, text: told.text, failed: is_failed };
        Looked { step: Step { asked, failed }, result, presence: told.presence, shown: outcome.shown }
    };
    calls.iter().enumerate().map(&mut one).collect()
}

impl Looked {
    /// As if nothing had come of it.
    pub fn left_out(self) -> Self {
        let result = ToolResult { text: NO_ROOM.into(), failed: true, ..self.result };
        let step = Step { failed: Some(NO_ROOM.into()), ..self.step };
        Self { step, result, presence: Presence::Sent, shown: Evidence::default() }
    }
}
