//! Mistral's fill-in (`/fim/completions`): the request of a completion with a suffix, the answer of a
//! chat.

use reqwest::Url;
use serde_json::{Value, json};

use super::openai_chat::{OpenAiChat, Reader};
use crate::model::{Ask, Fim};
use crate::provider::BaseUrl;
use crate::provider::wire::{Format, Part, Read, Voice};

pub(in crate::provider) struct MistralFim;

impl Format for MistralFim {
    fn name(&self) -> &'static str {
        "mistral-fim"
    }

    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join("/fim/completions")
    }

    fn request(&self, _model: &str, _ask: &Ask) -> Option<Value> {
        None
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(Reader::default())
    }

    fn fim(&self, model: &str, fim: &Fim) -> Option<Value> {
        let mut body = json!({"model": model, "prompt": fim.prefix, "suffix": fim.suffix, "max_tokens": fim.max_output, "stream": true});
        if !fim.stop.is_empty() {
            body["stop"] = json!(fim.stop);
        }
        Some(body)
    }

    fn owns(&self, path: &str) -> bool {
        path.ends_with("/fim/completions")
    }

    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String {
        OpenAiChat.say(part, voice)
    }
}
