//! The wire formats as a table: one value per wire, each in a file of its own under `wires/`. A
//! format is all that is particular to a wire: where requests go, where the key is put, what a
//! request looks like, how an answer is read, and how the scripted server says one.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use serde_json::{Value, json};

use super::answer::Answer;
use super::json::Json;
use super::scripted::Called;
use super::wires::{
    anthropic, gemini, llamacpp_infill, mistral_fim, ollama, openai_chat, openai_completions,
    openai_responses, voyage,
};
use super::{BaseUrl, embed::Embedding};
use crate::model::{Ask, Fim, Message, Role, Speaker, Tokens, Tool};

/// The language a server speaks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wire {
    /// `POST …/chat/completions`, as OpenAI and most others serve it.
    OpenAiChat,
    /// `POST …/responses`, as OpenAI serves it.
    OpenAiResponses,
    /// `POST …/completions`: text in, text out, and a suffix where the server honours it.
    OpenAiCompletions,
    /// `POST …/v1/messages`, as Anthropic serves it.
    Anthropic,
    /// `POST …/models/MODEL:streamGenerateContent`, as Google serves it.
    Gemini,
    /// `POST …/api/chat`, Ollama's own.
    Ollama,
    /// `POST …/fim/completions`, as Mistral serves it: completes, and nothing else.
    MistralFim,
    /// `POST …/infill`, llama.cpp's own: completes, and nothing else.
    LlamaCppInfill,
    /// `POST …/embeddings` with an `input_type`, as Voyage serves it: embeds, and nothing else.
    Voyage,
}

impl Wire {
    pub const ALL: [Self; 9] = [
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::OpenAiCompletions,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
        Self::MistralFim,
        Self::LlamaCppInfill,
        Self::Voyage,
    ];

    pub(super) fn format(self) -> &'static dyn Format {
        match self {
            Self::OpenAiChat => &openai_chat::OpenAiChat,
            Self::OpenAiResponses => &openai_responses::OpenAiResponses,
            Self::OpenAiCompletions => &openai_completions::OpenAiCompletions,
            Self::Anthropic => &anthropic::Anthropic,
            Self::Gemini => &gemini::Gemini,
            Self::Ollama => &ollama::Ollama,
            Self::MistralFim => &mistral_fim::MistralFim,
            Self::LlamaCppInfill => &llamacpp_infill::LlamaCppInfill,
            Self::Voyage => &voyage::Voyage,
        }
    }

    /// As written in the configuration.
    pub fn name(self) -> &'static str {
        self.format().name()
    }

    /// As the API is called in its own documentation, where that differs.
    pub fn api(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic-messages",
            Self::Gemini => "google-generate",
            Self::Ollama => "ollama-chat",
            other => other.name(),
        }
    }

    /// Can it take a conversation?
    pub fn chats(self) -> bool {
        self.format().request("", &Ask::default()).is_some()
    }

    /// Can it offer tools to a model?
    pub fn offers_tools(self) -> bool {
        self.chats() && self != Self::OpenAiCompletions
    }

    /// Can it fill in between a prefix and a suffix?
    pub fn fills_in(self) -> bool {
        let fim = Fim { prefix: String::new(), suffix: String::new(), max_output: Tokens(1), stop: vec![] };
        self.format().fim("", &fim).is_some()
    }

    /// Do servers of others speak it that take the suffix of a fill-in and ignore it?
    pub fn may_ignore_suffix(self) -> bool {
        self == Self::OpenAiCompletions
    }

    /// Can it turn texts into vectors?
    pub fn embeds(self) -> bool {
        self.format().embedding().is_some()
    }

    /// Can it serve a role? A completion is filled in where the wire can, else asked for in words.
    pub fn serves(self, role: Role) -> bool {
        match role {
            Role::Chat | Role::Apply | Role::Review => self.chats(),
            Role::Complete => self.chats() || self.fills_in(),
            Role::Embed => self.embeds(),
        }
    }
}

impl FromStr for Wire {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|wire| wire.name() == name || wire.api() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("`{name}` is not a wire; use one of {names}")
        })
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A request: where it goes and what it says.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Post {
    pub url: Url,
    pub body: Value,
}

/// Reads an answer's values, in order of arrival, into an [`Answer`].
pub(super) trait Read: Send {
    fn read(&mut self, value: &Json<'_>, answer: &mut Answer);
}

/// A reader without a memory is a function.
impl<F: FnMut(&Json<'_>, &mut Answer) + Send> Read for F {
    fn read(&mut self, value: &Json<'_>, answer: &mut Answer) {
        self(value, answer);
    }
}

/// All that is particular to a wire.
pub(super) trait Format: Sync {
    fn name(&self) -> &'static str;

    /// The header that holds the key, and what stands before it there.
    fn key(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    /// Headers of every request besides.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Where a conversation is posted.
    fn url(&self, base: &BaseUrl, model: &str) -> Url;

    /// The body that asks for a streamed answer, if the wire takes a conversation.
    fn request(&self, model: &str, ask: &Ask) -> Option<Value>;

    fn reader(&self) -> Box<dyn Read>;

    /// Where a server lists its models.
    fn catalogue(&self, base: &BaseUrl) -> Url {
        base.join("/models")
    }

    /// Does every whole answer say that it is one? If not, the end of a document is its end.
    fn says_its_end(&self) -> bool {
        false
    }

    /// Where a fill-in is posted.
    fn fim_url(&self, base: &BaseUrl, model: &str) -> Url {
        self.url(base, model)
    }

    /// The body that asks for a fill-in, if the wire knows such a thing.
    fn fim(&self, _model: &str, _fim: &Fim) -> Option<Value> {
        None
    }

    /// How texts are made vectors, if the wire knows such a thing.
    fn embedding(&self) -> Option<&'static dyn Embedding> {
        None
    }

    /// Is this path one of its own? For the scripted server.
    fn owns(&self, path: &str) -> bool;

    /// How a streamed answer is framed, as a header says it. For the scripted server.
    fn stream_type(&self) -> &'static str {
        "text/event-stream"
    }

    /// Does this request ask for a stream?
    fn streams(&self, request: &Value) -> bool {
        request["stream"].as_bool().unwrap_or(false)
    }

    /// What a server says when it fails in the middle of an answer; for the scripted server.
    fn report(&self, message: &str) -> String {
        let error = json!({"type": "overloaded_error", "message": message});
        event("error", &json!({"type": "error", "error": error}))
    }

    /// Why an answer ends that waits for its calls, where that is not the usual reason; for the scripted
    /// server.
    fn waits(&self) -> Option<&'static str> {
        None
    }

    /// What a server says for a part of an answer; for the scripted server.
    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String;
}

/// A part of an answer that the scripted server gives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    Opening,
    Delta(&'a str),
    /// Tools that are called, after the text.
    Calls(&'a [Called]),
    /// Why it ends (in the wire's own word, if not the usual one), and what was used.
    Finish(Option<&'a str>, Tokens),
    /// The last words of a stream.
    Farewell,
    /// The whole answer as one document.
    Whole(&'a str, Tokens),
}

/// Who speaks in the scripted server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice<'a> {
    pub model: &'a str,
    /// What the request weighed.
    pub input: Tokens,
}

/// An event of a stream.
pub(super) fn event(name: &str, data: &Value) -> String {
    if name.is_empty() { format!("data: {data}\n\n") } else { format!("event: {name}\ndata: {data}\n\n") }
}

/// The system text, if there is one, and each message, in the order and the roles of OpenAI's chat and
/// of the wires made after it. `said` writes a message that is more than words, `None` the others.
pub(super) fn chat(ask: &Ask, said: impl Fn(usize, &Message) -> Option<Vec<Value>>) -> Vec<Value> {
    let system = (!ask.system.is_empty()).then(|| json!({"role": "system", "content": ask.system}));
    let said = ask.messages.iter().enumerate().flat_map(|(at, message)| {
        said(at, message)
            .unwrap_or_else(|| vec![json!({"role": role(message.speaker), "content": message.text})])
    });
    system.into_iter().chain(said).collect()
}

/// The roles of every wire but Google's.
pub(super) fn role(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

/// A tool as OpenAI's chat and the wires made after it are offered one.
pub(super) fn function(tool: &Tool) -> Value {
    let function = json!({"name": tool.name, "description": tool.purpose, "parameters": schema(tool)});
    json!({"type": "function", "function": function})
}

/// What a tool takes; an object of any kind, if the schema cannot be read.
pub(super) fn schema(tool: &Tool) -> Value {
    serde_json::from_str(&tool.schema).unwrap_or_else(|_| json!({"type": "object"}))
}

/// Arguments as a value, for the wires that want one; none, if they are no JSON.
pub(super) fn arguments(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({}))
}

/// The id of the `nth` call of the message at `at`, or of the result of it in the message after: its
/// own, or one made up alike for both where its provider names none.
pub(super) fn call_id(own: Option<&String>, at: usize, nth: usize) -> String {
    own.cloned().unwrap_or_else(|| format!("call_{at}_{nth}"))
}

/// The elements of an array; none of anything else.
pub(super) fn each<'a, 'j>(value: &'a Json<'j>) -> &'a [Json<'j>] {
    value.as_array().unwrap_or_default()
}

/// The objects of an array in which pieces of calls may stand. Says so where something else stands in
/// their place.
pub(super) fn pieces<'a, 'j>(value: &'a Json<'j>, answer: &mut Answer) -> &'a [Json<'j>] {
    let pieces = each(value);
    if !(value.is_null() || value.is_array()) || pieces.iter().any(|piece| !piece.is_object()) {
        answer.garbled();
    }
    pieces
}

/// An object that may hold pieces of calls, or nothing. Says so where something else stands in its place.
pub(super) fn piece<'a, 'j>(value: &'a Json<'j>, answer: &mut Answer) -> &'a Json<'j> {
    if !(value.is_null() || value.is_object()) {
        answer.garbled();
    }
    value
}

/// A text; anything else is an empty one.
pub(super) fn text<'a>(value: &'a Json<'_>) -> &'a str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_has_a_name_of_its_own_and_serves_a_role() {
        for wire in Wire::ALL {
            assert_eq!(wire.name().parse(), Ok(wire));
            assert_eq!(wire.api().parse(), Ok(wire));
            assert!(Role::ALL.into_iter().any(|role| wire.serves(role)), "{wire}");
        }
        assert!("openai".parse::<Wire>().unwrap_err().contains("openai-chat, openai-responses"));
    }

    #[test]
    fn a_wire_that_only_completes_or_embeds_serves_no_conversation() {
        let chats: Vec<_> = Wire::ALL.into_iter().filter(|wire| !wire.serves(Role::Chat)).collect();
        assert_eq!(chats, [Wire::MistralFim, Wire::LlamaCppInfill, Wire::Voyage]);
        assert!(!Wire::Anthropic.fills_in() && Wire::Ollama.fills_in() && Wire::OpenAiCompletions.fills_in());
        assert!(Wire::Voyage.embeds() && !Wire::Anthropic.embeds());
    }
}
