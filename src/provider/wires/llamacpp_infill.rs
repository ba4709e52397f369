//! llama.cpp's own fill-in (`/infill`): the server puts the tokens of its model around prefix and
//! suffix. Its stream has no `[DONE]`; the last event says `stop`.

use reqwest::Url;
use serde_json::{Value, json};

use crate::model::{Ask, Fim, Tokens, Usage};
use crate::provider::BaseUrl;
use crate::provider::answer::{Answer, Counts, tokens};
use crate::provider::json::Json;
use crate::provider::wire::{Format, Part, Read, Voice, event, text};

pub(in crate::provider) struct LlamaCppInfill;

impl Format for LlamaCppInfill {
    fn name(&self) -> &'static str {
        "llamacpp-infill"
    }

    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join_unversioned("/infill")
    }

    fn request(&self, _model: &str, _ask: &Ask) -> Option<Value> {
        None
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(read)
    }

    fn catalogue(&self, base: &BaseUrl) -> Url {
        base.join_unversioned("/v1/models")
    }

    fn says_its_end(&self) -> bool {
        true
    }

    fn fim(&self, model: &str, fim: &Fim) -> Option<Value> {
        Some(body(model, fim))
    }

    fn owns(&self, path: &str) -> bool {
        path.ends_with("/infill")
    }

    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String {
        say(part, voice)
    }
}

/// Both sides are always there: the server fails without one of them.
fn body(model: &str, fim: &Fim) -> Value {
    let mut body = json!({"model": model, "input_prefix": fim.prefix, "input_suffix": fim.suffix, "n_predict": fim.max_output, "cache_prompt": true, "stream": true});
    if !fim.stop.is_empty() {
        body["stop"] = json!(fim.stop);
    }
    body
}

fn read(value: &Json<'_>, answer: &mut Answer) {
    answer.model(&value["model"]);
    answer.text(text(&value["content"]));
    if value["stop"] == true {
        let (input, output) = (value["tokens_evaluated"].as_u64(), value["tokens_predicted"].as_u64());
        if input.or(output).is_some() {
            let usage = Usage { input: tokens(input), output: tokens(output), ..Usage::default() };
            answer.count(Counts { input, output, ..Counts::default() }, usage);
        }
        let limited = value["stop_type"] == "limit" || value["stopped_limit"] == true;
        let word = if limited { "length" } else { "stop" };
        answer.reason(&Json::String(word.into()));
        answer.done();
    }
}

fn say(part: Part<'_>, voice: &Voice<'_>) -> String {
    let end = |said: &str, reason: Option<&str>, output: Tokens| {
        let stop_type = if reason == Some("length") { "limit" } else { "eos" };
        json!({"content": said, "stop": true, "stop_type": stop_type, "model": voice.model, "tokens_evaluated": voice.input, "tokens_predicted": output})
    };
    match part {
        Part::Opening | Part::Calls(_) | Part::Farewell => String::new(),
        Part::Delta(text) => event("", &json!({"content": text, "stop": false})),
        Part::Finish(reason, output) => event("", &end("", reason, output)),
        Part::Whole(said, output) => end(said, None, output).to_string(),
    }
}
