//! Anthropic's Messages API (version 2023-06-01): the request, and its streamed events and whole
//! messages. Blocks that we did not ask for (citations, signatures, the provider's own tools) are
//! passed over, whatever their type.

use std::collections::HashMap;

use reqwest::Url;
use serde_json::{Value, json};

use crate::model::{Ask, Counted, Effort, Message, Tokens, Tool, Usage};
use crate::provider::BaseUrl;
use crate::provider::answer::{Answer, Counts, tokens};
use crate::provider::call::{Call, Script, written};
use crate::provider::json::Json;
use crate::provider::wire::{Format, Part, Read, Voice, arguments, call_id, each, event, role, schema, text};

/// The wire demands a limit; this one where the ask has none.
const DEFAULT_MAX_OUTPUT: Tokens = Tokens(8192);

const NAME: &str = "anthropic";

pub(in crate::provider) struct Anthropic;

impl Format for Anthropic {
    fn name(&self) -> &'static str {
        NAME
    }

    fn key(&self) -> (&'static str, &'static str) {
        ("x-api-key", "")
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join_versioned("/v1", "/messages")
    }

    fn request(&self, model: &str, ask: &Ask) -> Option<Value> {
        Some(request(model, ask))
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(Reader::default())
    }

    fn catalogue(&self, base: &BaseUrl) -> Url {
        base.join_versioned("/v1", "/models")
    }

    fn owns(&self, path: &str) -> bool {
        path.ends_with("/messages")
    }

    fn waits(&self) -> Option<&'static str> {
        Some("tool_use")
    }

    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String {
        say(part, voice)
    }
}

/// The body of `POST /v1/messages`.
fn request(model: &str, ask: &Ask) -> Value {
    let goes_on = ask.messages.len() > 1 || !ask.tools.is_empty();
    let last = ask.messages.len().saturating_sub(1);
    let messages = ask.messages.iter().enumerate().map(|(at, message)| {
        let mut blocks = blocks(at, message);
        if at == 0
            && let Some(apart) = steady(message, ask.steady)
        {
            blocks = apart;
        }
        // What was marked last time is read now, what is marked now is read next time.
        if goes_on && (at == last || at + 2 == last) {
            mark(blocks.last_mut());
        }
        json!({"role": role(message.speaker), "content": blocks})
    });
    let thought = ask.effort.map(budget);
    let mut body = json!({
        "model": model,
        "max_tokens": ask.max_output.unwrap_or(DEFAULT_MAX_OUTPUT) + thought.unwrap_or_default(),
        "messages": messages.collect::<Vec<_>>(),
        "stream": true,
    });
    if !ask.system.is_empty() {
        let mut system = json!([{"type": "text", "text": ask.system}]);
        mark(system.get_mut(0));
        body["system"] = system;
    }
    if !ask.stop.is_empty() {
        body["stop_sequences"] = json!(ask.stop);
    }
    if let Some(thought) = thought {
        body["thinking"] = json!({"type": "enabled", "budget_tokens": thought});
    }
    if !ask.tools.is_empty() {
        let tool = |tool: &Tool| {
            let Tool { name, purpose, .. } = tool;
            json!({"name": name, "description": purpose, "input_schema": schema(tool)})
        };
        body["tools"] = ask.tools.iter().map(tool).collect();
    }
    body
}

/// The content blocks of a message: first what the provider sealed, which it checks.
fn blocks(at: usize, message: &Message) -> Vec<Value> {
    let seals = message.seals().iter().filter(|seal| seal.of == NAME);
    let seals = seals.filter_map(|seal| serde_json::from_str(&seal.body).ok());
    // Blocks of no text are refused.
    let said = (!message.text.is_empty()).then(|| json!({"type": "text", "text": message.text}));
    let calls = message.calls().iter().enumerate().map(|(nth, call)| {
        let id = call_id(call.id.as_ref(), at, nth);
        json!({"type": "tool_use", "id": id, "name": call.name, "input": arguments(&call.arguments)})
    });
    let results = message.tool_results().iter().enumerate().map(|(nth, result)| {
        let id = call_id(result.id.as_ref(), at.saturating_sub(1), nth);
        json!({"type": "tool_result", "tool_use_id": id, "content": result.text, "is_error": result.failed})
    });
    seals.chain(results).chain(said).chain(calls).collect()
}

/// A person's message with what is the same in every request as a block of its own, which is kept.
fn steady(message: &Message, bytes: usize) -> Option<Vec<Value>> {
    let (kept, rest) = message.text.split_at_checked(bytes)?;
    if kept.is_empty() || rest.is_empty() || !message.tool_results().is_empty() {
        return None;
    }
    let mut blocks = vec![json!({"type": "text", "text": kept}), json!({"type": "text", "text": rest})];
    mark(blocks.first_mut());
    Some(blocks)
}

/// Everything up to this block is kept by the provider for some minutes, and costs a tenth the next
/// time it is sent. What is too short to be kept is not, without a word.
fn mark(block: Option<&mut Value>) {
    if let Some(block) = block {
        block["cache_control"] = json!({"type": "ephemeral"});
    }
}

/// The most that a model may think, in tokens beside its answer.
fn budget(effort: Effort) -> Tokens {
    Tokens(match effort {
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
    })
}

/// What has to be remembered between events.
#[derive(Default)]
struct Reader {
    message: Option<String>,
    /// The open tool calls, by the number of their block.
    calls: HashMap<Option<u64>, usize>,
    /// The open block of thinking, with its signature as far as it has come.
    thinking: Option<Value>,
    /// The figures so far: each event repeats only some.
    used: Counts,
}

impl Read for Reader {
    fn read(&mut self, value: &Json<'_>, answer: &mut Answer) {
        match text(&value["type"]) {
            "message_start" => self.start(&value["message"], answer),
            "content_block_start" => self.open(value["index"].as_u64(), &value["content_block"], answer),
            "content_block_delta" => self.delta(value["index"].as_u64(), &value["delta"], answer),
            "content_block_stop" => self.seal(answer),
            "message_delta" => {
                stop(&value["delta"], answer);
                self.usage(&value["usage"], answer);
            }
            "message_stop" => answer.done(),
            "message" => self.whole(value, answer),
            "" if value["content"].is_array() => self.whole(value, answer),
            _ => {}
        }
    }
}

impl Reader {
    fn start(&mut self, message: &Json<'_>, answer: &mut Answer) {
        let id = message["id"].as_str().map(str::to_owned);
        if self.message.is_some() && self.message != id {
            return answer.spliced();
        }
        self.message = id;
        answer.model(&message["model"]);
        self.usage(&message["usage"], answer);
    }

    fn open(&mut self, index: Option<u64>, block: &Json<'_>, answer: &mut Answer) {
        match text(&block["type"]) {
            "text" => answer.text(text(&block["text"])),
            "thinking" => {
                answer.reasoning(text(&block["thinking"]));
                self.thinking = Some(block.to_value());
            }
            "redacted_thinking" => self.thinking = Some(block.to_value()),
            "tool_use" => {
                let some = block["input"].as_object().is_some_and(|fields| !fields.is_empty());
                let usual = some.then(|| written(&block["input"], Script::Ascii));
                self.calls.insert(index, answer.open(Call { usual, ..call(block) }));
            }
            "server_tool_use" | "mcp_tool_use" => hosted(block, answer),
            _ => {}
        }
    }

    fn delta(&mut self, index: Option<u64>, delta: &Json<'_>, answer: &mut Answer) {
        match text(&delta["type"]) {
            "text_delta" => answer.text(text(&delta["text"])),
            "thinking_delta" => {
                answer.reasoning(text(&delta["thinking"]));
                self.think("thinking", text(&delta["thinking"]));
            }
            "signature_delta" => self.think("signature", text(&delta["signature"])),
            "input_json_delta" => match (self.calls.get(&index), delta["partial_json"].as_str()) {
                (Some(call), Some(piece)) => answer.argue(*call, piece),
                // Of a tool that the provider runs.
                (None, Some(_)) if index.is_some() => {}
                _ => answer.garbled(),
            },
            "" => answer.garbled(),
            _ => {}
        }
    }

    fn think(&mut self, part: &str, more: &str) {
        if let Some(block) = &mut self.thinking {
            let known = block[part].as_str().unwrap_or_default();
            block[part] = json!(format!("{known}{more}"));
        }
    }

    /// A block of thinking is whole: it goes back as it came, if it is signed.
    fn seal(&mut self, answer: &mut Answer) {
        let some = |field: &Value| field.as_str().is_some_and(|text| !text.is_empty());
        let signed = |block: &Value| some(&block["signature"]) || some(&block["data"]);
        if let Some(block) = self.thinking.take().filter(signed) {
            answer.seal(NAME, block.to_string());
        }
    }

    fn whole(&mut self, message: &Json<'_>, answer: &mut Answer) {
        answer.model(&message["model"]);
        for block in each(&message["content"]) {
            if block["type"] == "tool_use" {
                answer.open(Call { text: written(&block["input"], Script::Ascii), ..call(block) });
            } else {
                self.open(None, block, answer);
                self.seal(answer);
            }
        }
        stop(message, answer);
        self.usage(&message["usage"], answer);
    }

    /// Counts are cumulative. Input is reported in three parts that do not overlap: new, written to
    /// the cache, read from it.
    fn usage(&mut self, usage: &Json<'_>, answer: &mut Answer) {
        if !usage.as_object().is_some_and(|fields| fields.iter().any(|(_, field)| !field.is_null())) {
            return;
        }
        let Counts { input, output, cached_input, cache_write, reasoning, .. } = self.used;
        let newer = |name: &str, known: Option<u64>| usage[name].as_u64().or(known);
        self.used = Counts {
            input: newer("input_tokens", input),
            output: newer("output_tokens", output),
            total: None,
            cached_input: newer("cache_read_input_tokens", cached_input),
            cache_write: Some(newer("cache_creation_input_tokens", cache_write.flatten())),
            reasoning: usage["output_tokens_details"]["thinking_tokens"].as_u64().or(reasoning),
        };
        let written = tokens(self.used.cache_write.flatten());
        let sum = Usage {
            input: tokens(self.used.input) + written + tokens(self.used.cached_input),
            output: tokens(self.used.output),
            cached: tokens(self.used.cached_input),
            cache_write: written,
            reasoning: tokens(self.used.reasoning),
            counted: Counted::Provider,
        };
        answer.count(self.used, sum);
    }
}

fn call(block: &Json<'_>) -> Call {
    let own = |value: &Json<'_>| value.as_str().map(str::to_owned);
    Call { id: own(&block["id"]), name: own(&block["name"]), ..Call::default() }
}

fn hosted(block: &Json<'_>, answer: &mut Answer) {
    let name = block["name"].as_str().filter(|name| !name.is_empty());
    answer.hosted(0, name.unwrap_or_else(|| text(&block["type"])));
}

fn stop(value: &Json<'_>, answer: &mut Answer) {
    answer.reason(&value["stop_reason"]);
    answer.explain(text(&value["stop_details"]["explanation"]));
}

fn say(part: Part<'_>, voice: &Voice<'_>) -> String {
    match part {
        Part::Opening => {
            let usage = json!({"input_tokens": voice.input, "output_tokens": 0});
            let message = json!({"id": "msg_scripted", "type": "message", "role": "assistant", "content": [], "model": voice.model, "usage": usage});
            let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
            event("message_start", &json!({"type": "message_start", "message": message}))
                + &event("content_block_start", &block)
        }
        Part::Delta(text) => {
            let delta = json!({"type": "text_delta", "text": text});
            event("content_block_delta", &json!({"type": "content_block_delta", "index": 0, "delta": delta}))
        }
        Part::Calls(calls) => {
            let blocks = calls.iter().enumerate().map(|(at, call)| {
                let at = at + 1;
                let block =
                    json!({"type": "tool_use", "id": format!("toolu_{at}"), "name": call.name, "input": {}});
                let start = json!({"type": "content_block_start", "index": at, "content_block": block});
                let delta = json!({"type": "input_json_delta", "partial_json": call.arguments});
                let delta = json!({"type": "content_block_delta", "index": at, "delta": delta});
                event("content_block_start", &start)
                    + &event("content_block_delta", &delta)
                    + &event("content_block_stop", &json!({"type": "content_block_stop", "index": at}))
            });
            blocks.collect()
        }
        Part::Finish(reason, output) => {
            let delta = json!({"stop_reason": reason.unwrap_or("end_turn"), "stop_sequence": null});
            let end = json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": output}});
            event("content_block_stop", &json!({"type": "content_block_stop", "index": 0}))
                + &event("message_delta", &end)
        }
        Part::Farewell => event("message_stop", &json!({"type": "message_stop"})),
        Part::Whole(said, output) => {
            let usage = json!({"input_tokens": voice.input, "output_tokens": output});
            json!({"type": "message", "role": "assistant", "model": voice.model, "content": [{"type": "text", "text": said}], "stop_reason": "end_turn", "usage": usage})
                .to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Delta, Finish, Message};
    use crate::provider::json::of;

    #[test]
    fn what_is_the_same_in_every_request_is_kept_by_the_provider() {
        let ask = Ask { messages: vec![Message::user("rules\nquestion")], steady: 6, ..Ask::default() };
        let body = request("m", &ask);
        let expected = json!([
            {"type": "text", "text": "rules\n", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "question"},
        ]);
        assert_eq!(body["messages"][0]["content"], expected);
        for none in [0, 14, 99] {
            let body = request("m", &Ask { steady: none, ..ask.clone() });
            assert_eq!(body["messages"][0]["content"], json!([{"type": "text", "text": "rules\nquestion"}]));
        }
    }

    #[test]
    fn a_request_always_has_a_limit_and_keeps_the_system_text_apart() {
        let ask = Ask {
            system: "be brief".into(),
            messages: vec![Message::user("hi")],
            stop: vec!["END".into()],
            ..Ask::default()
        };
        let expected = r#"{"model":"m","max_tokens":8192,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"stream":true,"system":[{"type":"text","text":"be brief","cache_control":{"type":"ephemeral"}}],"stop_sequences":["END"]}"#;
        assert_eq!(request("m", &ask).to_string(), expected);
        let bare = request("m", &Ask { system: String::new(), stop: vec![], ..ask });
        assert!(bare.get("system").is_none() && bare.get("stop_sequences").is_none());
    }

    #[test]
    fn a_stream_gives_thinking_text_counts_and_its_end() {
        let (mut answer, mut reader) = (Answer::default(), Reader::default());
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
            reader.read(&of(&event), &mut answer);
        }
        let usage = |output| Usage {
            input: Tokens(17),
            output: Tokens(output),
            cached: Tokens(10),
            cache_write: Tokens(4),
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
        assert_eq!(answer.close(), Ok(vec![Delta::Finish(Finish::Length)]));
    }

    #[test]
    fn a_refusal_says_why() {
        let mut answer = Answer::default();
        let delta = json!({"stop_reason": "refusal", "stop_details": {"explanation": "against policy"}});
        Reader::default().read(&of(&json!({"type": "message_delta", "delta": delta})), &mut answer);
        answer.done();
        assert_eq!(answer.close(), Ok(vec![Delta::Finish(Finish::Declined("against policy".into()))]));
    }
}
