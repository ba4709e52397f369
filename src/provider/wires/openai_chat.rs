//! OpenAI's chat completions, as OpenAI documents them and as the servers that call themselves
//! compatible really speak them. Writes the request strictly, reads the answer loosely: streamed
//! chunks (`delta`) and whole documents (`message`) alike.

use reqwest::Url;
use serde_json::{Value, json};

use crate::model::{Ask, Message, Tokens, Usage};
use crate::provider::BaseUrl;
use crate::provider::answer::{Answer, Counts, tokens};
use crate::provider::call::{Call, Script, written};
use crate::provider::embed::{Embedding, OpenAiEmbeddings};
use crate::provider::json::Json;
use crate::provider::wire::{
    self, Format, Part, Read, Voice, call_id, chat, event, function, piece, pieces, text,
};

pub(in crate::provider) struct OpenAiChat;

impl Format for OpenAiChat {
    fn name(&self) -> &'static str {
        "openai-chat"
    }

    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join("/chat/completions")
    }

    fn request(&self, model: &str, ask: &Ask) -> Option<Value> {
        Some(request(model, ask))
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(Reader::default())
    }

    fn embedding(&self) -> Option<&'static dyn Embedding> {
        Some(&OpenAiEmbeddings)
    }

    fn owns(&self, path: &str) -> bool {
        path.ends_with("/chat/completions")
    }

    fn waits(&self) -> Option<&'static str> {
        Some("tool_calls")
    }

    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String {
        say(part, voice)
    }
}

/// The body of `POST /chat/completions`.
fn request(model: &str, ask: &Ask) -> Value {
    let mut body = json!({
        "model": model,
        "messages": chat(ask, with_tools),
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if let Some(most) = ask.max_output {
        body[limit_name(model)] = json!(most);
    }
    if !ask.stop.is_empty() {
        body["stop"] = json!(ask.stop);
    }
    if let Some(effort) = ask.effort {
        body["reasoning_effort"] = json!(effort);
    }
    if !ask.tools.is_empty() {
        body["tools"] = ask.tools.iter().map(function).collect();
    }
    body
}

/// A message with calls in it, or with what came of them.
fn with_tools(at: usize, message: &Message) -> Option<Vec<Value>> {
    if !message.calls().is_empty() {
        let calls = message.calls().iter().enumerate().map(|(nth, call)| {
            let function = json!({"name": call.name, "arguments": call.arguments});
            json!({"id": call_id(call.id.as_ref(), at, nth), "type": "function", "function": function})
        });
        let calls: Vec<_> = calls.collect();
        return Some(vec![json!({"role": "assistant", "content": message.text, "tool_calls": calls})]);
    }
    let results = message.tool_results().iter().enumerate().map(|(nth, result)| {
        let id = call_id(result.id.as_ref(), at.saturating_sub(1), nth);
        json!({"role": "tool", "tool_call_id": id, "content": result.text})
    });
    let results: Vec<_> = results.collect();
    (!results.is_empty()).then_some(results)
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

/// Where a piece of a tool call belongs. Servers number calls, or name them, or do neither.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Slot {
    Number(u64),
    Name(String),
    Place(usize),
}

/// What has to be remembered between chunks: which calls are open.
#[derive(Default)]
pub(in crate::provider) struct Reader {
    open: Vec<(Slot, usize)>,
    last: Option<usize>,
}

impl Read for Reader {
    fn read(&mut self, value: &Json<'_>, answer: &mut Answer) {
        if !answer.has_model() {
            answer.model(&value["model"]);
        }
        // We ask for one choice; a second one would be mixed into the first.
        let first = |choice: &&Json<'_>| choice["index"].as_u64().unwrap_or(0) == 0;
        for choice in pieces(&value["choices"], answer).iter().filter(first) {
            let whole = !piece(&choice["delta"], answer).is_object();
            let said = if whole { &choice["message"] } else { &choice["delta"] };
            let reasoning = [&said["reasoning_content"], &said["reasoning"], &said["reasoning_text"]];
            answer.reasoning(reasoning.into_iter().find_map(Json::as_str).unwrap_or_default());
            content(&said["content"], answer);
            answer.refusal(text(&said["refusal"]));
            for (place, piece) in pieces(&said["tool_calls"], answer).iter().enumerate() {
                // In a document each is a call of its own; in a stream, a nameless piece goes on.
                self.last = self.last.filter(|_| !whole);
                self.call(place, piece, answer);
            }
            answer.reason(&choice["finish_reason"]);
        }
        for usage in [&value["x_groq"]["usage"], &value["usage"]] {
            if usage.as_object().is_some_and(|fields| !fields.is_empty()) {
                answer.count(counts(usage), usage_of(usage));
            }
        }
    }
}

impl Reader {
    fn call(&mut self, place: usize, piece: &Json<'_>, answer: &mut Answer) {
        let (id, function) = (piece["id"].as_str(), wire::piece(&piece["function"], answer));
        let name = function["name"].as_str().filter(|name| !name.is_empty());
        let index = self.find(place, piece, name.is_some(), answer);
        if let Some(call) = answer.call(index) {
            if call.id.as_deref().unwrap_or_default().is_empty() {
                call.id = id.map(str::to_owned).or(call.id.take());
            }
            if let (None | Some(""), Some(name)) = (call.name.as_deref(), name) {
                call.name = Some(name.to_owned());
            }
        }
        match &function["arguments"] {
            Json::Null => {}
            Json::String(piece) => answer.argue(index, piece),
            value @ Json::Object(_) => answer.argue(index, &written(value, Script::Ascii)),
            _ => answer.garbled(),
        }
        if !piece["index"].is_null() && piece["index"].as_u64().is_none() {
            answer.garbled();
        }
        self.last = Some(index);
    }

    /// The call that a piece belongs to, opened if there is none.
    fn find(&mut self, place: usize, piece: &Json<'_>, is_named: bool, answer: &mut Answer) -> usize {
        let id = piece["id"].as_str().filter(|id| !id.is_empty());
        let slot = match (piece["index"].as_u64(), id, self.last) {
            (Some(number), _, _) => Slot::Number(number),
            (None, Some(id), _) => Slot::Name(id.to_owned()),
            (None, None, Some(last)) => return last,
            (None, None, None) => Slot::Place(place),
        };
        let known = self.open.iter().rev().find(|(open, _)| *open == slot).map(|(_, index)| *index);
        // Some servers number every call of an answer 0.
        let another = |index: usize, answer: &mut Answer| {
            let known = answer.call(index).and_then(|call| call.id.clone()).filter(|id| !id.is_empty());
            is_named && id.is_some() && known.is_some() && known.as_deref() != id
        };
        match known {
            Some(index) if !another(index, answer) => index,
            _ => {
                let name = text(&piece["function"]["name"]).to_owned();
                let index = answer.open(Call { name: Some(name), ..Call::default() });
                self.open.push((slot, index));
                index
            }
        }
    }
}

/// A string, or a list of typed parts, some of which are thinking.
fn content(content: &Json<'_>, answer: &mut Answer) {
    match content {
        Json::String(text) => answer.text(text),
        Json::Array(parts) => parts.iter().for_each(|part| match part["type"].as_str() {
            Some("thinking" | "reasoning") => answer.reasoning(&words(&part["thinking"])),
            Some("refusal") => answer.refusal(&words(&part["refusal"])),
            _ => answer.text(&words(&part["text"])),
        }),
        _ => {}
    }
}

fn words(value: &Json<'_>) -> String {
    match value {
        Json::String(text) => text.clone().into_owned(),
        Json::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// The figures of OpenAI's wires, under the names of each of them.
pub(super) fn counts(usage: &Json<'_>) -> Counts {
    let either = |names: [&str; 2]| names.into_iter().find_map(|name| usage[name].as_u64());
    let detail = |names: [&str; 2], part: &str| names.into_iter().find_map(|name| usage[name][part].as_u64());
    let cached = detail(["prompt_tokens_details", "input_tokens_details"], "cached_tokens");
    Counts {
        input: either(["prompt_tokens", "input_tokens"]),
        output: either(["completion_tokens", "output_tokens"]),
        total: usage["total_tokens"].as_u64(),
        cached_input: cached.or_else(|| either(["prompt_cache_hit_tokens", "num_cached_tokens"])),
        cache_write: None,
        reasoning: detail(["completion_tokens_details", "output_tokens_details"], "reasoning_tokens"),
    }
}

pub(super) fn usage_of(usage: &Json<'_>) -> Usage {
    let counts = counts(usage);
    let mut usage = Usage {
        input: tokens(counts.input),
        output: tokens(counts.output),
        cached: tokens(counts.cached_input),
        reasoning: tokens(counts.reasoning),
        ..Usage::default()
    };
    // xAI counts reasoning beside the completion, everyone else within it.
    if usage.reasoning > usage.output {
        usage.output += usage.reasoning;
    }
    usage
}

fn say(part: Part<'_>, voice: &Voice<'_>) -> String {
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        let chunk = json!({"id": "scripted", "object": "chat.completion.chunk", "model": voice.model, "choices": [choice]});
        event("", &chunk)
    };
    match part {
        Part::Opening => chunk(json!({"role": "assistant", "content": ""}), Value::Null),
        Part::Delta(text) => chunk(json!({"content": text}), Value::Null),
        Part::Calls(calls) => {
            let calls = calls.iter().enumerate().map(|(at, call)| {
                let function = json!({"name": call.name, "arguments": call.arguments});
                json!({"index": at, "id": format!("call_{at}"), "type": "function", "function": function})
            });
            chunk(json!({"tool_calls": calls.collect::<Vec<_>>()}), Value::Null)
        }
        Part::Finish(reason, output) => {
            let usage = json!({"id": "scripted", "object": "chat.completion.chunk", "model": voice.model, "choices": [], "usage": used(voice, output)});
            chunk(json!({}), json!(reason.unwrap_or("stop"))) + &event("", &usage)
        }
        Part::Farewell => "data: [DONE]\n\n".into(),
        Part::Whole(said, output) => {
            let choice = json!({"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"});
            json!({"id": "scripted", "object": "chat.completion", "model": voice.model, "choices": [choice], "usage": used(voice, output)})
                .to_string()
        }
    }
}

pub(super) fn used(voice: &Voice<'_>, output: Tokens) -> Value {
    json!({"prompt_tokens": voice.input, "completion_tokens": output, "total_tokens": voice.input + output})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Counted, Delta, Finish, Message, Tokens};
    use crate::provider::json::of;

    fn ask() -> Ask {
        Ask {
            system: "be brief".into(),
            messages: vec![Message::user("hi"), Message::assistant("ho"), Message::user("ha")],
            ..Ask::default()
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
        let (mut answer, mut reader) = (Answer::default(), Reader::default());
        chunks.iter().for_each(|chunk| reader.read(&of(chunk), &mut answer));
        let mut deltas = answer.take();
        deltas.extend(answer.close().unwrap_or_default());
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
            cache_write: Tokens(0),
            reasoning: Tokens(227),
            counted: Counted::Provider,
        };
        assert_eq!(found, [Delta::Usage(expected)]);
    }
}
