//! OpenAI's chat completions, as OpenAI documents them and as the servers that call themselves
//! compatible really speak them. Writes the request strictly, reads the answer loosely: streamed
//! chunks (`delta`) and whole documents (`message`) alike.

use serde_json::{Value, json};

use super::answer::{Answer, tokens};
use crate::model::{Ask, Finish, Speaker, Usage};

/// The body of `POST /chat/completions`.
pub(super) fn request(model: &str, ask: &Ask) -> Value {
    let system = (!ask.system.is_empty()).then(|| json!({"role": "system", "content": ask.system}));
    let said = ask.messages.iter().map(|message| {
        let role = match message.speaker {
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        };
        json!({"role": role, "content": message.text})
    });
    let mut body = json!({
        "model": model,
        "messages": system.into_iter().chain(said).collect::<Vec<_>>(),
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if let Some(most) = ask.max_output {
        body[limit_name(model)] = json!(most);
    }
    if !ask.stop.is_empty() {
        body["stop"] = json!(ask.stop);
    }
    body
}

/// OpenAI's reasoning models refuse `max_tokens`; older servers know no other name.
fn limit_name(model: &str) -> &'static str {
    let name = model.rsplit('/').next().unwrap_or(model);
    let o_series = name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if o_series || name.starts_with("gpt-5") || name.starts_with("gpt-6") {
        "max_completion_tokens"
    } else {
        "max_tokens"
    }
}

/// One chunk of a stream, or the whole of an answer that was not streamed.
pub(super) fn read(value: &Value, answer: &mut Answer) {
    let choices = value["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
    // We ask for one choice; a second one would be mixed into the first.
    for choice in choices.iter().filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0) {
        let said = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
        let reasoning = [&said["reasoning_content"], &said["reasoning"]];
        answer.reasoning(reasoning.into_iter().find_map(Value::as_str).unwrap_or_default());
        content(&said["content"], answer);
        answer.refusal(said["refusal"].as_str().unwrap_or_default());
        if let Some(reason) = choice["finish_reason"].as_str().filter(|reason| !reason.is_empty()) {
            answer.finish(finish(reason));
        }
    }
    for usage in [&value["x_groq"]["usage"], &value["usage"]] {
        if usage.is_object() {
            answer.count(|counted| count(usage, counted));
        }
    }
}

/// A string, or a list of typed parts, some of which are thinking.
fn content(content: &Value, answer: &mut Answer) {
    match content {
        Value::String(text) => answer.text(text),
        Value::Array(parts) => parts.iter().for_each(|part| match part["type"].as_str() {
            Some("thinking" | "reasoning") => answer.reasoning(&words(&part["thinking"])),
            Some("refusal") => answer.refusal(&words(&part["refusal"])),
            _ => answer.text(&words(&part["text"])),
        }),
        _ => {}
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn finish(reason: &str) -> Finish {
    match reason {
        "stop" | "end_turn" | "eos" | "eos_token" | "stop_sequence" => Finish::Stop,
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "content_filter" => Finish::Filtered,
        other => Finish::Other(other.to_owned()),
    }
}

fn count(usage: &Value, counted: &mut Usage) {
    let read = |value: &Value| tokens(value).unwrap_or_default();
    let cached = [&usage["prompt_tokens_details"]["cached_tokens"], &usage["prompt_cache_hit_tokens"]];
    counted.input = read(&usage["prompt_tokens"]);
    counted.output = read(&usage["completion_tokens"]);
    counted.cached = cached.into_iter().find_map(tokens).unwrap_or_default();
    counted.reasoning = read(&usage["completion_tokens_details"]["reasoning_tokens"]);
    // xAI counts reasoning beside the completion, everyone else within it.
    if counted.reasoning > counted.output {
        counted.output += counted.reasoning;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Counted, Delta, Message, Tokens};

    fn ask() -> Ask {
        Ask {
            system: "be brief".into(),
            messages: vec![Message::user("hi"), Message::assistant("ho"), Message::user("ha")],
            max_output: None,
            stop: vec![],
        }
    }

    #[test]
    fn a_request_says_what_was_asked_and_nothing_else() {
        let expected = r#"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"},{"role":"assistant","content":"ho"},{"role":"user","content":"ha"}],"stream":true,"stream_options":{"include_usage":true}}"#;
        assert_eq!(request("m", &ask()).to_string(), expected);
    }

    #[test]
    fn the_output_limit_has_the_name_the_model_knows() {
        let ask = Ask { max_output: Some(Tokens(9)), stop: vec!["END".into()], ..ask() };
        for (model, name) in [
            ("gpt-4o", "max_tokens"),
            ("olmo-2", "max_tokens"),
            ("o3-mini", "max_completion_tokens"),
            ("openai/gpt-5.2", "max_completion_tokens"),
            ("gpt-6-mini", "max_completion_tokens"),
        ] {
            let body = request(model, &ask);
            assert_eq!(body[name], 9, "{model}");
            assert_eq!(body["stop"], json!(["END"]));
        }
    }

    fn deltas(chunks: &[Value]) -> Vec<Delta> {
        let mut answer = Answer::default();
        chunks.iter().for_each(|chunk| read(chunk, &mut answer));
        let mut deltas = answer.take();
        deltas.extend(answer.close());
        deltas
    }

    #[test]
    fn parts_second_choices_and_absent_fields_are_taken_as_they_come() {
        let found = deltas(&[
            json!({"choices": []}),
            json!({"choices": [{"delta": {"role": "assistant", "content": null}}]}),
            json!({"choices": [{"delta": {"content": [{"type": "thinking", "thinking": [{"text": "hm"}]}, {"type": "text", "text": "a"}]}}]}),
            json!({"choices": [{"index": 1, "delta": {"content": "other"}}]}),
            json!({"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]}),
        ]);
        let expected = [
            Delta::Reasoning("hm".into()),
            Delta::Text("a".into()),
            Delta::Text("b".into()),
            Delta::Finish(Finish::Stop),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_model_that_declines_is_not_an_empty_success() {
        let found = deltas(&[
            json!({"choices": [{"delta": {"content": "", "refusal": "I'm "}}]}),
            json!({"choices": [{"delta": {"refusal": "sorry"}}]}),
            json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
        ]);
        assert_eq!(found, [Delta::Finish(Finish::Declined("I'm sorry".into()))]);
    }

    #[test]
    fn counts_include_what_was_cached_and_thought() {
        let found = deltas(&[json!({"choices": [], "usage": {
            "prompt_tokens": 307, "completion_tokens": 26, "prompt_tokens_details": {"cached_tokens": 306},
            "completion_tokens_details": {"reasoning_tokens": 227},
        }})]);
        let expected = Usage {
            input: Tokens(307),
            output: Tokens(253),
            cached: Tokens(306),
            reasoning: Tokens(227),
            counted: Counted::Provider,
        };
        assert_eq!(found, [Delta::Usage(expected)]);
    }
}
