//! OpenAI's Responses: the request, its streamed events and whole responses. Nothing is kept at the
//! provider (`store: false`); the conversation is ours, and goes along whole each time.

use std::collections::HashMap;

use reqwest::Url;
use serde_json::{Value, json};

use super::openai_chat::{counts, usage_of};
use crate::model::{Ask, Message, Tokens, Tool, ToolCall};
use crate::provider::BaseUrl;
use crate::provider::answer::Answer;
use crate::provider::call::Call;
use crate::provider::embed::{Embedding, OpenAiEmbeddings};
use crate::provider::json::Json;
use crate::provider::wire::{Format, Part, Read, Voice, call_id, each, event, role, schema, text};

const NAME: &str = "openai-responses";

pub(in crate::provider) struct OpenAiResponses;

impl Format for OpenAiResponses {
    fn name(&self) -> &'static str {
        NAME
    }

    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join("/responses")
    }

    /// The wire knows no stop texts: the model's own end has to do.
    fn request(&self, model: &str, ask: &Ask) -> Option<Value> {
        let said = ask.messages.iter().enumerate().flat_map(|(at, message)| items(at, message));
        let mut body = json!({
            "model": model,
            "input": said.collect::<Vec<_>>(),
            "stream": true,
            "store": false,
        });
        if !ask.system.is_empty() {
            body["instructions"] = json!(ask.system);
        }
        if let Some(most) = ask.max_output {
            // Less than 16 is refused.
            body["max_output_tokens"] = json!(most.max(Tokens(16)));
        }
        if let Some(effort) = ask.effort {
            body["reasoning"] = json!({"effort": effort, "summary": "auto"});
            // Since nothing is kept there, the model's thoughts go along, sealed.
            body["include"] = json!(["reasoning.encrypted_content"]);
        }
        if !ask.tools.is_empty() {
            let tool = |tool: &Tool| {
                let (name, parameters) = (&tool.name, schema(tool));
                json!({"type": "function", "name": name, "description": tool.purpose, "parameters": parameters, "strict": false})
            };
            body["tools"] = ask.tools.iter().map(tool).collect();
        }
        Some(body)
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(Reader::default())
    }

    fn embedding(&self) -> Option<&'static dyn Embedding> {
        Some(&OpenAiEmbeddings)
    }

    fn owns(&self, path: &str) -> bool {
        path.ends_with("/responses")
    }

    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String {
        say(part, voice)
    }
}

/// The items of the input that a message is.
fn items(at: usize, message: &Message) -> Vec<Value> {
    let seals = message.seals().iter().filter(|seal| seal.of == NAME);
    let seals = seals.filter_map(|seal| serde_json::from_str(&seal.body).ok());
    let said = (!message.text.is_empty()
        || (message.calls().is_empty() && message.tool_results().is_empty()))
    .then(|| json!({"role": role(message.speaker), "content": message.text}));
    let calls = message.calls().iter().enumerate().map(|(nth, call)| called(call, at, nth));
    let results = message.tool_results().iter().enumerate().map(|(nth, result)| {
        let id = call_id(result.id.as_ref(), at.saturating_sub(1), nth);
        json!({"type": "function_call_output", "call_id": id, "output": result.text})
    });
    seals.chain(said).chain(calls).chain(results).collect()
}

fn called(call: &ToolCall, at: usize, nth: usize) -> Value {
    let id = call_id(call.id.as_ref(), at, nth);
    json!({"type": "function_call", "call_id": id, "name": call.name, "arguments": call.arguments})
}

/// What an item of the output is known by. Ids may change between events, so the number is first.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Item {
    Number(u64),
    Named(String),
}

/// What has to be remembered between events: the items so far, and which of them are calls of ours.
#[derive(Default)]
struct Reader {
    items: HashMap<Item, Option<usize>>,
    /// Words come as they are made. Where they do not, those of a whole item are taken.
    streams: bool,
}

impl Read for Reader {
    fn read(&mut self, value: &Json<'_>, answer: &mut Answer) {
        match text(&value["type"]) {
            "response.created" | "response.in_progress" if !answer.has_model() => {
                answer.model(&value["response"]["model"]);
            }
            "response.output_item.added" => self.added(key(value), &value["item"], answer),
            "response.output_item.done" => self.complete(key(value), &value["item"], answer),
            "response.output_text.delta" => {
                self.streams = true;
                answer.text(text(&value["delta"]));
            }
            "response.refusal.delta" => {
                self.streams = true;
                answer.refusal(text(&value["delta"]));
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                answer.reasoning(text(&value["delta"]));
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                if let Some(Some(call)) = self.items.get(&key(value)) {
                    answer.argue(*call, text(&value["delta"]));
                }
            }
            "response.function_call_arguments.done" => self.whole(value, &value["arguments"], answer),
            "response.custom_tool_call_input.done" => self.whole(value, &value["input"], answer),
            "response.completed" | "response.incomplete" | "response.failed" | "response.done" => {
                if self.items.is_empty() {
                    self.output(&value["response"], answer);
                }
                end(&value["response"], answer);
                answer.done();
            }
            "" => {
                self.output(value, answer);
                end(value, answer);
            }
            _ => {}
        }
    }
}

impl Reader {
    fn added(&mut self, key: Item, item: &Json<'_>, answer: &mut Answer) {
        if self.items.contains_key(&key) {
            return;
        }
        let place = if let Item::Number(place) = key { place } else { u64::MAX };
        let call = match text(&item["type"]) {
            "function_call" => Some((false, &item["arguments"])),
            "custom_tool_call" => Some((true, &item["input"])),
            "message" | "reasoning" | "" => None,
            hosted => {
                answer.hosted(place, hosted);
                None
            }
        };
        let open = call.map(|(freeform, arguments)| {
            let own = |value: &Json<'_>| value.as_str().map(str::to_owned);
            let usual = own(arguments).filter(|text| !text.is_empty());
            let (id, name) = (own(&item["call_id"]), own(&item["name"]));
            // Until it is said to be whole it is not: free text would look whole at any point.
            answer.open(Call { place, id, name, usual, freeform, broken: true, ..Call::default() })
        });
        self.items.insert(key, open);
    }

    /// An item as a whole, whatever came of it before.
    fn complete(&mut self, key: Item, item: &Json<'_>, answer: &mut Answer) {
        if item["type"] == "reasoning" && item["encrypted_content"].is_string() {
            answer.seal(NAME, item.to_value().to_string());
        }
        if item["type"] == "message" && !self.streams {
            for part in each(&item["content"]) {
                answer.text(text(&part["text"]));
                answer.refusal(text(&part["refusal"]));
            }
        }
        self.added(key.clone(), item, answer);
        let arguments = item["arguments"].as_str().or_else(|| item["input"].as_str());
        let Some(call) = self.items.get(&key).copied().flatten().and_then(|index| answer.call(index)) else {
            return;
        };
        call.broken = false;
        if let Some(arguments) = arguments {
            arguments.clone_into(&mut call.text);
            call.usual = None;
        }
        if call.id.is_none() {
            call.id = item["call_id"].as_str().map(str::to_owned);
        }
    }

    /// The arguments of a call as a whole; some servers leave them out of the item.
    fn whole(&mut self, value: &Json<'_>, arguments: &Json<'_>, answer: &mut Answer) {
        let open = self.items.get(&key(value)).copied().flatten().and_then(|index| answer.call(index));
        if let (Some(call), Some(arguments)) = (open, arguments.as_str()) {
            arguments.clone_into(&mut call.text);
            call.broken = false;
        }
    }

    /// The output of a response that came in one piece.
    fn output(&mut self, response: &Json<'_>, answer: &mut Answer) {
        for (number, item) in (0..).zip(each(&response["output"])) {
            match text(&item["type"]) {
                "reasoning" => {
                    let parts = each(&item["summary"]).iter().chain(each(&item["content"]));
                    parts.for_each(|part| answer.reasoning(text(&part["text"])));
                    self.complete(Item::Number(number), item, answer);
                }
                _ => self.complete(Item::Number(number), item, answer),
            }
        }
    }
}

fn key(value: &Json<'_>) -> Item {
    match value["output_index"].as_u64() {
        Some(number) => Item::Number(number),
        None => {
            let names = [&value["item_id"], &value["item"]["id"], &value["item"]["call_id"]];
            Item::Named(names.into_iter().find_map(Json::as_str).unwrap_or_default().to_owned())
        }
    }
}

fn end(response: &Json<'_>, answer: &mut Answer) {
    answer.model(&response["model"]);
    let why = &response["incomplete_details"]["reason"];
    let cut = response["status"] == "incomplete" && !why.is_null();
    answer.reason(if cut { why } else { &response["status"] });
    let usage = &response["usage"];
    if usage.as_object().is_some_and(|fields| !fields.is_empty()) {
        answer.count(counts(usage), usage_of(usage));
    }
}

fn say(part: Part<'_>, voice: &Voice<'_>) -> String {
    let typed = |kind: &str, mut value: Value| {
        value["type"] = json!(kind);
        event(kind, &value)
    };
    let used = |output: Tokens| json!({"input_tokens": voice.input, "output_tokens": output, "total_tokens": voice.input + output});
    match part {
        Part::Opening => {
            let response = json!({"id": "resp_scripted", "object": "response", "status": "in_progress", "model": voice.model});
            let item = json!({"id": "msg_scripted", "type": "message", "role": "assistant", "content": []});
            typed("response.created", json!({"response": response}))
                + &typed("response.output_item.added", json!({"output_index": 0, "item": item}))
        }
        Part::Delta(text) => typed("response.output_text.delta", json!({"output_index": 0, "delta": text})),
        Part::Calls(calls) => {
            let items = calls.iter().enumerate().map(|(at, call)| {
                let (id, index) = (format!("call_{at}"), at + 1);
                let item = |arguments: &str| json!({"type": "function_call", "id": id, "call_id": id, "name": call.name, "arguments": arguments});
                typed("response.output_item.added", json!({"output_index": index, "item": item("")}))
                    + &typed("response.function_call_arguments.delta", json!({"item_id": id, "output_index": index, "delta": call.arguments}))
                    + &typed("response.output_item.done", json!({"output_index": index, "item": item(&call.arguments)}))
            });
            items.collect()
        }
        Part::Finish(reason, output) => {
            let mut response = json!({"id": "resp_scripted", "object": "response", "status": "completed", "model": voice.model, "output": [], "usage": used(output)});
            if let Some(reason) = reason {
                response["status"] = json!("incomplete");
                response["incomplete_details"] = json!({"reason": reason});
            }
            typed("response.completed", json!({"response": response}))
        }
        Part::Farewell => String::new(),
        Part::Whole(said, output) => {
            let content = json!([{"type": "output_text", "text": said}]);
            json!({"object": "response", "status": "completed", "model": voice.model, "output": [{"type": "message", "content": content}], "usage": used(output)})
                .to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Delta, Finish, Message, Runnable, ToolCall};
    use crate::provider::json::of;

    #[test]
    fn a_request_keeps_nothing_at_the_provider() {
        let ask = Ask {
            system: "be brief".into(),
            messages: vec![Message::user("hi"), Message::assistant("ho"), Message::user("ha")],
            max_output: Some(Tokens(9)),
            ..Ask::default()
        };
        let expected = r#"{"model":"m","input":[{"role":"user","content":"hi"},{"role":"assistant","content":"ho"},{"role":"user","content":"ha"}],"stream":true,"store":false,"instructions":"be brief","max_output_tokens":16}"#;
        assert_eq!(OpenAiResponses.request("m", &ask).unwrap().to_string(), expected);
    }

    #[test]
    fn calls_that_arrive_interleaved_and_without_numbers_are_kept_apart() {
        let (mut answer, mut reader) = (Answer::default(), Reader::default());
        let item = |id: &str| json!({"type": "function_call", "id": id, "call_id": id, "name": "save", "arguments": ""});
        for value in [
            json!({"type": "response.output_item.added", "item": item("a")}),
            json!({"type": "response.output_item.added", "item": item("b")}),
            json!({"type": "response.function_call_arguments.delta", "item_id": "b", "delta": "{\"n\":2}"}),
            json!({"type": "response.function_call_arguments.delta", "item_id": "a", "delta": "{\"n\":1}"}),
            json!({"type": "response.function_call_arguments.done", "item_id": "a", "arguments": "{\"n\":1}"}),
            json!({"type": "response.output_item.done", "item": {"id": "b", "arguments": "{\"n\":2}"}}),
            json!({"type": "response.completed", "response": {"status": "completed"}}),
        ] {
            reader.read(&of(&value), &mut answer);
        }
        let call = |id: &str, arguments: &str| {
            Delta::Call(ToolCall {
                id: Some(id.into()),
                name: "save".into(),
                arguments: arguments.into(),
                freeform: false,
                runnable: Runnable::Yes,
            })
        };
        let expected = [call("a", "{\"n\":1}"), call("b", "{\"n\":2}"), Delta::Finish(Finish::Calls)];
        assert_eq!(answer.close().unwrap(), expected);
    }

    #[test]
    fn free_text_is_not_whole_until_it_is_said_to_be() {
        let (mut answer, mut reader) = (Answer::default(), Reader::default());
        let item = json!({"type": "custom_tool_call", "id": "a", "call_id": "a", "name": "write_sql"});
        for value in [
            json!({"type": "response.output_item.added", "item": item}),
            json!({"type": "response.custom_tool_call_input.delta", "item_id": "a", "delta": "DELETE FROM t"}),
            json!({"type": "response.completed", "response": {"status": "completed"}}),
        ] {
            reader.read(&of(&value), &mut answer);
        }
        let runnable = |delta: &Delta| matches!(delta, Delta::Call(call) if call.runnable != Runnable::No);
        assert!(!answer.close().unwrap().iter().any(runnable));
    }
}
