//! A recorded answer as one JSON document that is the same for every wire: what a client must reach
//! from these bytes, however they were cut. For bug reports and for tests against recordings.

use serde::Serialize;
use serde_json::Value;

use super::Wire;
use super::answer::{Counts, Flaw};
use super::reader::Reader;
use super::report::Report;
use crate::model::{Delta, Runnable};

/// How an answer came.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    pub wire: Wire,
    /// The HTTP status; 400 and above is a refusal.
    pub status: u16,
    /// As the server gave it, or empty.
    pub content_type: &'a str,
}

/// What is in an answer.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Decoded {
    status: u16,
    text: String,
    reasoning: String,
    refusal: String,
    tool_calls: Vec<Call>,
    /// Tools that the provider ran; never ours to run.
    server_tools: Vec<String>,
    /// The wire's own word for the end.
    finish_raw: Option<Value>,
    /// The same in one word for all wires.
    finish: Option<&'static str>,
    usage: Option<Counts>,
    error: Option<Error>,
    /// Did the server say that the answer is over?
    terminal: bool,
    model: Option<String>,
    /// Why this is not the whole of an answer, if it is not.
    #[serde(skip)]
    pub complaint: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Call {
    id: Option<String>,
    name: Option<String>,
    arguments_raw: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    freeform: bool,
    arguments: Option<Value>,
    runnable: Runnable,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
struct Error {
    r#type: Value,
    code: Value,
    message: Value,
}

impl From<&Report> for Error {
    fn from(report: &Report) -> Self {
        let Report { kind, code, message, .. } = report.clone();
        Self { r#type: kind, code, message }
    }
}

/// Decodes the pieces of a body.
pub fn decode<'a>(response: Response<'_>, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut reader = Reader::new(response.wire, response.content_type).thorough();
    let mut whole = Vec::new();
    let mut words = Words::default();
    let mut read = Ok(());
    for piece in pieces {
        if response.status >= 400 {
            whole.extend_from_slice(piece);
        }
        read = read.and_then(|()| reader.push(piece));
        words.hear(reader.take());
    }
    let read = read.and_then(|()| reader.end());
    words.hear(reader.take());
    if reader.answer().is_spliced() {
        words = Words::default();
    }
    let mut decoded = decoded(response.status, words, &reader);
    if response.status >= 400 {
        decoded.refused(&whole, response.content_type);
    } else if let Some(complaint) = complaint(read, &mut reader) {
        decoded.complaint = Some(complaint);
    }
    decoded
}

/// What was said and thought so far.
#[derive(Default)]
struct Words {
    text: String,
    reasoning: String,
}

impl Words {
    fn hear(&mut self, deltas: Vec<Delta>) {
        for delta in deltas {
            match delta {
                Delta::Text(more) => self.text.push_str(&more),
                Delta::Reasoning(more) => self.reasoning.push_str(&more),
                _ => {}
            }
        }
    }
}

fn decoded(status: u16, words: Words, reader: &Reader) -> Decoded {
    let around = reader.answer().around();
    let calls = reader.answer().calls().into_iter().map(|call| Call {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments_raw: call.arguments().to_owned(),
        freeform: call.freeform,
        arguments: call.parsed(around),
        runnable: call.runnable(around),
    });
    let facts = reader.answer().facts();
    Decoded {
        status,
        text: words.text,
        reasoning: words.reasoning,
        refusal: facts.refusal.to_owned(),
        tool_calls: calls.collect(),
        server_tools: facts.hosted.into_iter().map(str::to_owned).collect(),
        finish_raw: facts.word.cloned(),
        finish: facts.end,
        usage: facts.counts,
        error: facts.report.map(Error::from),
        terminal: facts.ended,
        model: facts.model.map(str::to_owned),
        complaint: None,
    }
}

/// Why the bytes are not a whole answer, which an error that the server reports is.
fn complaint(read: Result<(), Flaw>, reader: &mut Reader) -> Option<String> {
    match read.and_then(|()| reader.close().map(drop)) {
        Ok(()) | Err(Flaw::Reported { .. }) => None,
        Err(Flaw::Unreadable(why)) => Some(why),
        Err(Flaw::Cut | Flaw::Silent(_)) => Some("it ends in the middle of the answer".into()),
    }
}

impl Decoded {
    /// An HTTP error: the body is about it, whatever else it may look like.
    fn refused(&mut self, body: &[u8], content_type: &str) {
        let value = serde_json::from_slice::<Value>(body).ok();
        let is_stream = content_type.to_ascii_lowercase().contains("event-stream");
        match (&self.error, &value) {
            (Some(_), _) => {}
            (None, Some(value)) => self.error = Some((&Report::in_place_of_an_answer(value)).into()),
            (None, None) => {
                let said = super::refusal::one_line(&String::from_utf8_lossy(body), 300);
                self.error = Some(Error { r#type: Value::Null, code: Value::Null, message: said.into() });
            }
        }
        // A stream that was announced and is none did not come to its end.
        self.terminal = self.terminal || !is_stream;
        self.terminal &= !(is_stream && value.is_some());
        self.finish = Some("error");
        self.tool_calls.iter_mut().for_each(|call| call.runnable = Runnable::No);
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// As JSON, in a fixed order.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        let indent = serde_json::ser::PrettyFormatter::with_indent(b" ");
        // What came out of JSON goes back into it.
        let _ = self.serialize(&mut serde_json::Serializer::with_formatter(&mut out, indent));
        String::from_utf8(out).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(status: u16, body: &str) -> Decoded {
        let response = Response { wire: Wire::OpenAiChat, status, content_type: "" };
        decode(response, [body.as_bytes()])
    }

    #[test]
    fn an_answer_that_was_cut_is_shown_as_far_as_it_came_and_named() {
        let cut = chat(200, "data: {\"choices\":[{\"delta\":{\"content\":\"hé\"}}]}\n\ndata: {\"cho");
        assert_eq!((cut.text.as_str(), cut.terminal, cut.finish), ("hé", false, None));
        assert!(cut.complaint.unwrap().contains("middle"));
        assert!(chat(200, "<html>").complaint.unwrap().contains("`<html>`"));
    }

    fn runnable(wire: Wire, events: &[Value]) -> Vec<Runnable> {
        let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        let decoded = decode(Response { wire, status: 200, content_type: "" }, [body.as_bytes()]);
        decoded.tool_calls.into_iter().map(|call| call.runnable).collect()
    }

    #[test]
    fn a_call_is_not_run_when_something_unreadable_stands_where_a_piece_of_it_could() {
        use serde_json::json;
        let chat = |piece: Value| {
            let open = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "go", "arguments": "{\"to\": \""}}]}}]});
            let close = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "\"}"}}]}, "finish_reason": "tool_calls"}]});
            runnable(Wire::OpenAiChat, &[open, piece, close, json!("[DONE]")])
        };
        for piece in [
            json!({"choices": [true]}),
            json!({"choices": [{"delta": 1}]}),
            json!({"choices": [{"delta": {"tool_calls": "Rome"}}]}),
            json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "function": "Rome"}]}}]}),
            json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": 7}}]}}]}),
        ] {
            assert!(!chat(piece.clone()).contains(&Runnable::Yes), "{piece}");
        }
        let gemini = |call: Value| {
            runnable(
                Wire::Gemini,
                &[
                    json!({"candidates": [{"content": {"parts": [{"functionCall": call}]}, "finishReason": "STOP"}]}),
                ],
            )
        };
        assert_eq!(gemini(json!({"name": "go"})), [Runnable::Yes]);
        assert_eq!(gemini(json!({"name": "go", "args": "Rome"})), [Runnable::No]);
    }

    #[test]
    fn a_call_may_not_have_no_arguments_while_arguments_without_a_name_are_about() {
        use serde_json::json;
        let lost = json!({"choices": [{"delta": {"tool_calls": [{"id": "1", "function": {"name": "go", "arguments": ""}}]}}]});
        let stray = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}, "finish_reason": "tool_calls"}]});
        let read = runnable(Wire::OpenAiChat, &[lost, stray]);
        assert_eq!(read, [Runnable::No, Runnable::No]);
    }

    #[test]
    fn a_refusal_is_an_error_whatever_its_body() {
        for (body, message) in [("{\"detail\":\"no\"}", "no"), ("<p>no\n</p>", "<p>no </p>"), ("", "")] {
            let decoded = chat(500, body);
            assert_eq!(decoded.finish, Some("error"));
            assert_eq!(decoded.error.unwrap().message, message);
            assert_eq!(decoded.complaint, None);
        }
    }
}
