//! Voyage's embeddings, and those of servers that speak like it: OpenAI's request with an
//! `input_type`. The wire knows nothing else; as a conversation it is refused before it is sent.

use reqwest::Url;
use serde_json::Value;

use crate::model::Ask;
use crate::provider::BaseUrl;
use crate::provider::answer::Answer;
use crate::provider::embed::{Embedding, VoyageEmbeddings};
use crate::provider::json::Json;
use crate::provider::wire::{Format, Part, Read, Voice};

pub(in crate::provider) struct Voyage;

impl Format for Voyage {
    fn name(&self) -> &'static str {
        "voyage"
    }

    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join("/embeddings")
    }

    fn request(&self, _model: &str, _ask: &Ask) -> Option<Value> {
        None
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(|_: &Json<'_>, _: &mut Answer| {})
    }

    fn embedding(&self) -> Option<&'static dyn Embedding> {
        Some(&VoyageEmbeddings)
    }

    fn owns(&self, _path: &str) -> bool {
        false
    }

    fn say(&self, _part: Part<'_>, _voice: &Voice<'_>) -> String {
        String::new()
    }
}
