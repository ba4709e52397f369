//! OpenAI's older completions: one text in, its continuation out, or the filling between a prefix and
//! a suffix where the server honours the suffix. Many take it and ignore it: `provider::canary` finds out.

use reqwest::Url;
use serde_json::{Value, json};

use super::openai_chat::{counts, usage_of, used};
use crate::model::{Ask, Fim, Speaker};
use crate::provider::BaseUrl;
use crate::provider::answer::Answer;
use crate::provider::embed::{Embedding, OpenAiEmbeddings};
use crate::provider::json::Json;
use crate::provider::wire::{Format, Part, Read, Voice, each, event, text};

pub(in crate::provider) struct OpenAiCompletions;

impl Format for OpenAiCompletions {
    fn name(&self) -> &'static str {
        "openai-completions"
    }

    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join("/completions")
    }

    fn request(&self, model: &str, ask: &Ask) -> Option<Value> {
        let mut body = json!({"model": model, "prompt": script(ask), "stream": true});
        if let Some(most) = ask.max_output {
            body["max_tokens"] = json!(most);
        }
        if !ask.stop.is_empty() {
            body["stop"] = json!(ask.stop);
        }
        Some(body)
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(read)
    }

    fn fim(&self, model: &str, fim: &Fim) -> Option<Value> {
        let mut body = json!({"model": model, "prompt": fim.prefix, "suffix": fim.suffix, "max_tokens": fim.max_output, "stream": true});
        if !fim.stop.is_empty() {
            body["stop"] = json!(fim.stop);
        }
        Some(body)
    }

    fn embedding(&self) -> Option<&'static dyn Embedding> {
        Some(&OpenAiEmbeddings)
    }

    fn owns(&self, path: &str) -> bool {
        path.ends_with("/v1/completions")
    }

    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String {
        say(part, voice)
    }
}

/// A conversation as one text, since the wire knows no other; what was called and what came of it are
/// told in words.
fn script(ask: &Ask) -> String {
    let mut script = ask.system.clone();
    for message in &ask.messages {
        let speaker = match message.speaker {
            Speaker::User => "User",
            Speaker::Assistant => "Assistant",
        };
        script.push_str(&format!("\n\n{speaker}:\n{}", message.text));
        for call in message.calls() {
            script.push_str(&format!("\n{}({})", call.name, call.arguments));
        }
        for result in message.tool_results() {
            script.push_str(&format!("\n{}: {}", result.name, result.text));
        }
    }
    script.push_str("\n\nAssistant:\n");
    script
}

fn read(value: &Json<'_>, answer: &mut Answer) {
    if !answer.has_model() {
        answer.model(&value["model"]);
    }
    if value["usage"].as_object().is_some_and(|fields| !fields.is_empty()) {
        answer.count(counts(&value["usage"]), usage_of(&value["usage"]));
    }
    for choice in each(&value["choices"]).iter().filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0) {
        answer.text(text(&choice["text"]));
        answer.reason(&choice["finish_reason"]);
    }
}

fn say(part: Part<'_>, voice: &Voice<'_>) -> String {
    let chunk = |said: &str, reason: Value| json!({"object": "text_completion", "model": voice.model, "choices": [{"index": 0, "text": said, "finish_reason": reason}]});
    match part {
        // It knows no tools.
        Part::Opening | Part::Calls(_) => String::new(),
        Part::Delta(text) => event("", &chunk(text, Value::Null)),
        Part::Finish(reason, output) => {
            let mut last = chunk("", json!(reason.unwrap_or("stop")));
            last["usage"] = used(voice, output);
            event("", &last)
        }
        Part::Farewell => "data: [DONE]\n\n".into(),
        Part::Whole(said, output) => {
            let mut whole = chunk(said, json!("stop"));
            whole["usage"] = used(voice, output);
            whole.to_string()
        }
    }
}
