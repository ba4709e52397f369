//! A reply laid out in time, as a value: what is sent, where it is held, how it ends. And each of
//! its deltas in the words of a wire.

use serde_json::{Value, json};

use super::{Fault, Gate, Reply};
use crate::model::Tokens;
use crate::provider::Wire;

/// One step of a reply.
#[derive(Clone, Debug)]
pub(super) enum Beat {
    Delta(String),
    Hold(Gate),
    /// Says nothing more and keeps the connection.
    Stall,
    /// Closes the connection as it is.
    Cut,
    /// Ends the body without ending the answer.
    End,
    /// Sends this instead of what was to come, and ends the body.
    Instead(String),
    /// Ends the answer, with this reason if it is not the ordinary one.
    Finish(Option<String>),
    /// Ends the answer without its usual last words, and keeps the connection.
    Linger,
}

/// The steps of a streamed reply.
pub(super) fn score(reply: &Reply) -> Vec<Beat> {
    let mut gates = reply.gates.clone();
    gates.sort_by_key(Gate::at);
    let (end, last) = ending(reply);
    let mut beats = Vec::new();
    let mut sent = 0;
    for gate in gates.into_iter().filter(|gate| gate.at() <= end) {
        pieces(&reply.text, sent, gate.at(), reply.chunk, &mut beats);
        sent = sent.max(gate.at());
        beats.push(Beat::Hold(gate));
    }
    pieces(&reply.text, sent, end, reply.chunk, &mut beats);
    beats.push(last);
    beats
}

/// How many bytes are said, and what comes then.
fn ending(reply: &Reply) -> (usize, Beat) {
    match &reply.fault {
        Some(Fault::StallAfter(bytes)) => (*bytes, Beat::Stall),
        Some(Fault::CutAfter(bytes)) => (*bytes, Beat::Cut),
        Some(Fault::EndAfter(bytes)) => (*bytes, Beat::End),
        Some(Fault::ErrorAfter(bytes)) => (*bytes, Beat::Instead(reported())),
        Some(Fault::Malformed) => (reply.text.len(), Beat::Instead("data: {\"choices\":[{\"de\n\n".into())),
        Some(Fault::HeadersOnly) => (0, Beat::Stall),
        Some(Fault::Empty) => (0, Beat::End),
        Some(Fault::Linger) => (reply.text.len(), Beat::Linger),
        Some(Fault::Finish(reason)) => (reply.text.len(), Beat::Finish(Some(reason.clone()))),
        _ => (reply.text.len(), Beat::Finish(None)),
    }
}

fn reported() -> String {
    let error =
        json!({"type": "error", "error": {"type": "overloaded_error", "message": "the script says so"}});
    event("error", &error)
}

fn pieces(text: &str, from: usize, to: usize, chunk: usize, beats: &mut Vec<Beat>) {
    let (from, to) = (floor(text, from), floor(text, to));
    let mut rest = text.get(from..to).unwrap_or_default();
    while let Some(first) = rest.chars().next() {
        let wanted = if chunk == 0 { rest.len() } else { floor(rest, chunk) };
        let (piece, more) = rest.split_at(wanted.max(first.len_utf8()));
        beats.push(Beat::Delta(piece.to_owned()));
        rest = more;
    }
}

/// The last start of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The words of a wire for each part of a reply.
#[derive(Clone, Copy)]
pub(super) struct Voice<'a> {
    pub wire: Wire,
    pub model: &'a str,
    /// What the request weighed.
    pub input: Tokens,
}

impl Voice<'_> {
    pub fn opening(&self) -> String {
        match self.wire {
            Wire::OpenAiChat => self.chunk(json!({"role": "assistant", "content": ""}), Value::Null),
            Wire::Anthropic => {
                let usage = json!({"input_tokens": self.input, "output_tokens": 0});
                let message = json!({"id": "msg_scripted", "type": "message", "role": "assistant", "content": [], "model": self.model, "usage": usage});
                let start = json!({"type": "message_start", "message": message});
                let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
                event("message_start", &start) + &event("content_block_start", &block)
            }
        }
    }

    pub fn delta(&self, text: &str) -> String {
        match self.wire {
            Wire::OpenAiChat => self.chunk(json!({"content": text}), Value::Null),
            Wire::Anthropic => {
                let delta = json!({"type": "text_delta", "text": text});
                let value = json!({"type": "content_block_delta", "index": 0, "delta": delta});
                event("content_block_delta", &value)
            }
        }
    }

    /// Why it ends, and what was used.
    pub fn finish(&self, reason: Option<&str>, said: &str) -> String {
        let output = Tokens::estimate(said);
        match self.wire {
            Wire::OpenAiChat => {
                let usage = json!({"id": "scripted", "object": "chat.completion.chunk", "model": self.model, "choices": [], "usage": self.usage(output)});
                self.chunk(json!({}), json!(reason.unwrap_or("stop"))) + &event("", &usage)
            }
            Wire::Anthropic => {
                let delta = json!({"stop_reason": reason.unwrap_or("end_turn"), "stop_sequence": null});
                let end =
                    json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": output}});
                event("content_block_stop", &json!({"type": "content_block_stop", "index": 0}))
                    + &event("message_delta", &end)
            }
        }
    }

    /// The last words of a stream.
    pub fn farewell(&self) -> String {
        match self.wire {
            Wire::OpenAiChat => "data: [DONE]\n\n".into(),
            Wire::Anthropic => event("message_stop", &json!({"type": "message_stop"})),
        }
    }

    /// The same as one document.
    pub fn whole(&self, said: &str) -> String {
        let output = Tokens::estimate(said);
        let document = match self.wire {
            Wire::OpenAiChat => {
                let choice = json!({"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"});
                json!({"id": "scripted", "object": "chat.completion", "model": self.model, "choices": [choice], "usage": self.usage(output)})
            }
            Wire::Anthropic => {
                let usage = json!({"input_tokens": self.input, "output_tokens": output});
                json!({"type": "message", "role": "assistant", "model": self.model, "content": [{"type": "text", "text": said}], "stop_reason": "end_turn", "usage": usage})
            }
        };
        document.to_string()
    }

    fn chunk(&self, delta: Value, reason: Value) -> String {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        event(
            "",
            &json!({"id": "scripted", "object": "chat.completion.chunk", "model": self.model, "choices": [choice]}),
        )
    }

    fn usage(&self, output: Tokens) -> Value {
        json!({"prompt_tokens": self.input, "completion_tokens": output, "total_tokens": self.input + output})
    }
}

fn event(name: &str, data: &Value) -> String {
    if name.is_empty() { format!("data: {data}\n\n") } else { format!("event: {name}\ndata: {data}\n\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(reply: &Reply) -> Vec<String> {
        let show = |beat: &Beat| match beat {
            Beat::Delta(text) => text.clone(),
            Beat::Hold(_) => "<hold>".into(),
            other => format!("<{other:?}>"),
        };
        score(reply).iter().map(show).collect()
    }

    #[test]
    fn a_reply_is_cut_at_characters_and_held_at_its_gates() {
        let reply = Reply { chunk: 4, ..Reply::text("abé🦀cdefg") }.gate(&Gate::after(9));
        assert_eq!(shown(&reply), ["abé", "🦀", "c", "<hold>", "defg", "<Finish(None)>"]);
        let reply = Reply { chunk: 0, ..Reply::text("abcdef") };
        assert_eq!(shown(&reply.clone().with(Fault::CutAfter(4))), ["abcd", "<Cut>"]);
        assert_eq!(shown(&reply.gate(&Gate::after(5)).with(Fault::StallAfter(4))), ["abcd", "<Stall>"]);
    }
}
