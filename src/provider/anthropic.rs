//! Anthropic's Messages API (version 2023-06-01): the request, and its streamed events and whole
//! messages as [`Answer`]. Blocks that we did not ask for (tools, citations, signatures) are passed
//! over, whatever their type.

use serde_json::{Value, json};

use super::answer::{Answer, tokens};
use crate::model::{Ask, Finish, Speaker, Tokens, Usage};

/// Sent with every request.
pub(super) const VERSION: &str = "2023-06-01";

/// The wire demands a limit; this one where the ask has none.
const DEFAULT_MAX_OUTPUT: Tokens = Tokens(8192);

/// The body of `POST /v1/messages`.
pub(super) fn request(model: &str, ask: &Ask) -> Value {
    let messages = ask.messages.iter().map(|message| {
        let role = match message.speaker {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        };
        json!({"role": role, "content": message.text})
    });
    let mut body = json!({
        "model": model,
        "max_tokens": ask.max_output.unwrap_or(DEFAULT_MAX_OUTPUT),
        "messages": messages.collect::<Vec<_>>(),
        "stream": true,
    });
    if !ask.system.is_empty() {
        body["system"] = json!(ask.system);
    }
    if !ask.stop.is_empty() {
        body["stop_sequences"] = json!(ask.stop);
    }
    body
}

/// One event of a stream, or the whole of a message that was not streamed.
pub(super) fn read(value: &Value, answer: &mut Answer) {
    match value["type"].as_str().unwrap_or_default() {
        "message_start" => usage(&value["message"]["usage"], answer),
        "content_block_start" => block(&value["content_block"], answer),
        "content_block_delta" => block(&value["delta"], answer),
        "message_delta" => {
            stop(&value["delta"], answer);
            usage(&value["usage"], answer);
        }
        "message_stop" => answer.done(),
        "message" => {
            let blocks = value["content"].as_array().map(Vec::as_slice).unwrap_or_default();
            blocks.iter().for_each(|one| block(one, answer));
            stop(value, answer);
            usage(&value["usage"], answer);
        }
        _ => {}
    }
}

fn block(block: &Value, answer: &mut Answer) {
    match block["type"].as_str().unwrap_or_default() {
        "text" | "text_delta" => answer.text(block["text"].as_str().unwrap_or_default()),
        "thinking" | "thinking_delta" => answer.reasoning(block["thinking"].as_str().unwrap_or_default()),
        _ => {}
    }
}

fn stop(value: &Value, answer: &mut Answer) {
    let Some(reason) = value["stop_reason"].as_str() else { return };
    answer.finish(match reason {
        "end_turn" | "stop_sequence" => Finish::Stop,
        "max_tokens" | "model_context_window_exceeded" => Finish::Length,
        "refusal" => {
            let why = value["stop_details"]["explanation"].as_str().unwrap_or_default();
            Finish::Declined(why.to_owned())
        }
        other => Finish::Other(other.to_owned()),
    });
}

/// Counts are cumulative, and each event repeats only some of them. Input is reported in three
/// parts that do not overlap: new, written to the cache, read from it.
fn usage(usage: &Value, answer: &mut Answer) {
    if !usage.is_object() {
        return;
    }
    answer.count(|counted| merge(usage, counted));
}

fn merge(usage: &Value, counted: &mut Usage) {
    if let Some(fresh) = tokens(&usage["input_tokens"]) {
        let [written, read] = ["cache_creation_input_tokens", "cache_read_input_tokens"]
            .map(|part| tokens(&usage[part]).unwrap_or_default());
        counted.input = fresh + written + read;
        counted.cached = read;
    }
    if let Some(output) = tokens(&usage["output_tokens"]) {
        counted.output = output;
    }
    if let Some(thinking) = tokens(&usage["output_tokens_details"]["thinking_tokens"]) {
        counted.reasoning = thinking;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Counted, Delta, Message};

    #[test]
    fn a_request_always_has_a_limit_and_keeps_the_system_text_apart() {
        let ask = Ask {
            system: "be brief".into(),
            messages: vec![Message::user("hi")],
            max_output: None,
            stop: vec!["END".into()],
        };
        let expected = r#"{"model":"m","max_tokens":8192,"messages":[{"role":"user","content":"hi"}],"stream":true,"system":"be brief","stop_sequences":["END"]}"#;
        assert_eq!(request("m", &ask).to_string(), expected);
        let bare = request("m", &Ask { system: String::new(), stop: vec![], ..ask });
        assert!(bare.get("system").is_none() && bare.get("stop_sequences").is_none());
    }

    #[test]
    fn a_stream_gives_thinking_text_counts_and_its_end() {
        let mut answer = Answer::default();
        for event in [
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 3, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 4, "output_tokens": 1}}}),
            json!({"type": "ping"}),
            json!({"type": "content_block_start", "content_block": {"type": "thinking", "thinking": ""}}),
            json!({"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "hm"}}),
            json!({"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "x"}}),
            json!({"type": "content_block_start", "content_block": {"type": "new_kind", "text": "?"}}),
            json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hello"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 9}}),
            json!({"type": "message_stop"}),
        ] {
            read(&event, &mut answer);
        }
        let usage = |output| Usage {
            input: Tokens(17),
            output: Tokens(output),
            cached: Tokens(10),
            reasoning: Tokens(0),
            counted: Counted::Provider,
        };
        let expected = [
            Delta::Usage(usage(1)),
            Delta::Reasoning("hm".into()),
            Delta::Text("hello".into()),
            Delta::Usage(usage(9)),
        ];
        assert_eq!(answer.take(), expected);
        assert_eq!(answer.close(), Ok(Delta::Finish(Finish::Length)));
    }

    #[test]
    fn a_refusal_says_why() {
        let mut answer = Answer::default();
        let delta = json!({"stop_reason": "refusal", "stop_details": {"explanation": "against policy"}});
        read(&json!({"type": "message_delta", "delta": delta}), &mut answer);
        assert_eq!(answer.close(), Ok(Delta::Finish(Finish::Declined("against policy".into()))));
    }
}
