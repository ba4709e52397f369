//! Ollama's own API: conversations (`/api/chat`), fill-ins (`/api/generate` with a suffix) and their
//! answers, which are lines of JSON. Arguments of a call come as a value, in one piece.

use reqwest::Url;
use serde_json::{Value, json};

use crate::model::{Ask, Effort, Fim, Message, Tokens, Usage};
use crate::provider::BaseUrl;
use crate::provider::answer::{Answer, Counts, tokens};
use crate::provider::call::{Call, Script, written};
use crate::provider::embed::{Embedding, OllamaEmbeddings};
use crate::provider::json::Json;
use crate::provider::wire::{Format, Part, Read, Voice, arguments, chat, each, function, text};

/// What an answer may need where the ask has no limit.
const ROOM: Tokens = Tokens(4096);

/// The windows that are asked for, in tokens.
const WINDOWS: std::ops::RangeInclusive<u64> = 8_192..=131_072;

pub(in crate::provider) struct Ollama;

impl Format for Ollama {
    fn name(&self) -> &'static str {
        "ollama"
    }

    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join_unversioned("/api/chat")
    }

    fn request(&self, model: &str, ask: &Ask) -> Option<Value> {
        let window = window(ask.weight() + ask.max_output.unwrap_or(ROOM));
        let options = options(window, ask.max_output, &ask.stop);
        let messages = chat(ask, with_tools);
        let mut body = json!({"model": model, "messages": messages, "stream": true, "options": options});
        if let Some(effort) = ask.effort {
            body["think"] = think(model, effort);
        }
        if !ask.tools.is_empty() {
            body["tools"] = ask.tools.iter().map(function).collect();
        }
        Some(body)
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(read)
    }

    fn catalogue(&self, base: &BaseUrl) -> Url {
        base.join_unversioned("/api/tags")
    }

    fn says_its_end(&self) -> bool {
        true
    }

    fn fim_url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join_unversioned("/api/generate")
    }

    fn fim(&self, model: &str, fim: &Fim) -> Option<Value> {
        let weight = Tokens::estimate(&fim.prefix) + Tokens::estimate(&fim.suffix) + fim.max_output;
        let options = options(window(weight), Some(fim.max_output), &fim.stop);
        Some(
            json!({"model": model, "prompt": fim.prefix, "suffix": fim.suffix, "stream": true, "options": options}),
        )
    }

    fn embedding(&self) -> Option<&'static dyn Embedding> {
        Some(&OllamaEmbeddings)
    }

    fn owns(&self, path: &str) -> bool {
        path.ends_with("/api/chat") || path.ends_with("/api/generate")
    }

    fn stream_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn report(&self, message: &str) -> String {
        format!("{}\n", json!({"error": message}))
    }

    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String {
        say(part, voice)
    }
}

/// A message with calls in it, or with what came of them.
fn with_tools(_at: usize, message: &Message) -> Option<Vec<Value>> {
    if !message.calls().is_empty() {
        let calls = message
            .calls()
            .iter()
            .map(|call| json!({"function": {"name": call.name, "arguments": arguments(&call.arguments)}}));
        let calls: Vec<_> = calls.collect();
        return Some(vec![json!({"role": "assistant", "content": message.text, "tool_calls": calls})]);
    }
    let results = message.tool_results().iter();
    let results: Vec<_> = results
        .map(|result| json!({"role": "tool", "tool_name": result.name, "content": result.text}))
        .collect();
    (!results.is_empty()).then_some(results)
}

/// Most models think or do not; one family takes a level.
fn think(model: &str, effort: Effort) -> Value {
    if model.contains("gpt-oss") { json!(effort) } else { json!(true) }
}

/// The server cuts what does not fit into its window, and says nothing: so the window is asked for.
/// In powers of two, since each change of it loads the model anew.
fn window(weight: Tokens) -> u64 {
    let wanted = weight.0.checked_next_power_of_two().unwrap_or(u64::MAX);
    wanted.clamp(*WINDOWS.start(), *WINDOWS.end())
}

fn options(window: u64, most: Option<Tokens>, stop: &[String]) -> Value {
    let mut options = json!({"num_ctx": window});
    if let Some(most) = most {
        options["num_predict"] = json!(most);
    }
    if !stop.is_empty() {
        options["stop"] = json!(stop);
    }
    options
}

fn read(value: &Json<'_>, answer: &mut Answer) {
    if !answer.has_model() {
        answer.model(&value["model"]);
    }
    let message = &value["message"];
    let said = [&message["content"], &value["response"]].into_iter().find(|said| !text(said).is_empty());
    let thought = [&message["thinking"], &value["thinking"]].into_iter().find(|said| !text(said).is_empty());
    answer.reasoning(thought.map(text).unwrap_or_default());
    answer.text(said.map(text).unwrap_or_default());
    for call in each(&message["tool_calls"]) {
        let own = |value: &Json<'_>| value.as_str().map(str::to_owned);
        let (id, name) = (own(&call["id"]), own(&call["function"]["name"]));
        let arguments = match &call["function"]["arguments"] {
            Json::String(text) => text.clone().into_owned(),
            value => written(value, Script::Unicode),
        };
        answer.open(Call { id, name, text: arguments, ..Call::default() });
    }
    if value["done"] == true {
        answer.reason(&value["done_reason"]);
        count(value, answer);
        answer.done();
    }
}

fn count(value: &Json<'_>, answer: &mut Answer) {
    let (input, output) = (value["prompt_eval_count"].as_u64(), value["eval_count"].as_u64());
    let counts = Counts { input, output, ..Counts::default() };
    answer.count(counts, Usage { input: tokens(input), output: tokens(output), ..Usage::default() });
}

fn say(part: Part<'_>, voice: &Voice<'_>) -> String {
    let line = |said: &str, done: Option<(&str, Tokens)>| {
        let message = json!({"role": "assistant", "content": said});
        let mut line = json!({"model": voice.model, "message": message, "done": done.is_some()});
        if let Some((reason, output)) = done {
            line["done_reason"] = json!(reason);
            line["prompt_eval_count"] = json!(voice.input);
            line["eval_count"] = json!(output);
        }
        format!("{line}\n")
    };
    match part {
        Part::Opening | Part::Farewell => String::new(),
        Part::Delta(text) => line(text, None),
        Part::Calls(calls) => {
            let calls = calls.iter().map(
                |call| json!({"function": {"name": call.name, "arguments": arguments(&call.arguments)}}),
            );
            let message =
                json!({"role": "assistant", "content": "", "tool_calls": calls.collect::<Vec<_>>()});
            format!("{}\n", json!({"model": voice.model, "message": message, "done": false}))
        }
        Part::Finish(reason, output) => line("", Some((reason.unwrap_or("stop"), output))),
        Part::Whole(said, output) => line(said, Some(("stop", output))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Message;

    #[test]
    fn a_request_asks_for_a_window_that_holds_it() {
        let ask = |text: String| Ask {
            system: "be brief".into(),
            messages: vec![Message::user(text)],
            stop: vec!["END".into()],
            ..Ask::default()
        };
        let expected = r#"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}],"stream":true,"options":{"num_ctx":8192,"stop":["END"]}}"#;
        assert_eq!(Ollama.request("m", &ask("hi".into())).unwrap().to_string(), expected);
        let long = Ollama.request("m", &ask("word ".repeat(10_000))).unwrap();
        assert_eq!(long["options"]["num_ctx"], 32_768);
    }
}
