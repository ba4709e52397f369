//! One exchange: a request and the stream of its answer.

use std::fmt;
use std::str::FromStr;

use super::{Seal, Tokens, Tool, ToolCall, ToolResult, Usage};

/// What a model is used for. A role is served by an ordered list of models.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Edits and answers.
    Chat,
    /// Ghost text at the cursor.
    Complete,
    /// Texts as vectors, for search by meaning.
    Embed,
    /// Merges a sketched change into a file.
    Apply,
    /// Reads a change and reports what is wrong with it.
    Review,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Chat, Self::Complete, Self::Embed, Self::Apply, Self::Review];

    /// As written in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Complete => "complete",
            Self::Embed => "embed",
            Self::Apply => "apply",
            Self::Review => "review",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `provider/model`, as written in the configuration and shown on screen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ModelId {
    pub provider: String,
    pub model: String,
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

impl FromStr for ModelId {
    type Err = String;

    /// The provider ends at the first `/`: a gateway's model names have slashes of their own.
    fn from_str(id: &str) -> Result<Self, String> {
        match id.split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
                Ok(Self { provider: provider.into(), model: model.into() })
            }
            _ => Err(format!("`{id}` is not a model; write `provider/model`, as in `local/qwen3-coder`")),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    User,
    Assistant,
}

/// What one side said. Calls of tools and their results are part of a conversation only where tools
/// were offered; a person's message holds none.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Message {
    pub speaker: Speaker,
    pub text: String,
    #[serde(default, skip_serializing_if = "Besides::is_nothing")]
    besides: Besides,
}

/// What a message holds besides words.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
enum Besides {
    #[default]
    Nothing,
    /// Of the assistant: the calls that it made, and what its provider wants back with them.
    Calls { calls: Vec<ToolCall>, seals: Vec<Seal> },
    /// Of the user: what came of the calls in the message before.
    Results(Vec<ToolResult>),
}

impl Besides {
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

impl Message {
    pub fn user(text: impl Into<String>) -> Self {
        Self::of(Speaker::User, text)
    }

    pub fn assistant(text: impl Into<String>) -> Self {
        Self::of(Speaker::Assistant, text)
    }

    pub fn of(speaker: Speaker, text: impl Into<String>) -> Self {
        Self { speaker, text: text.into(), besides: Besides::Nothing }
    }

    /// The assistant's words before its calls, the calls, and the seals that came with them.
    pub fn calling(text: impl Into<String>, calls: Vec<ToolCall>, seals: Vec<Seal>) -> Self {
        Self { besides: Besides::Calls { calls, seals }, ..Self::assistant(text) }
    }

    /// What came of the calls in the message before this one.
    pub fn results(results: Vec<ToolResult>) -> Self {
        Self { besides: Besides::Results(results), ..Self::user("") }
    }

    pub fn calls(&self) -> &[ToolCall] {
        if let Besides::Calls { calls, .. } = &self.besides { calls } else { &[] }
    }

    pub fn seals(&self) -> &[Seal] {
        if let Besides::Calls { seals, .. } = &self.besides { seals } else { &[] }
    }

    pub fn tool_results(&self) -> &[ToolResult] {
        if let Besides::Results(results) = &self.besides { results } else { &[] }
    }

    fn weight(&self) -> Tokens {
        let calls = self.calls().iter().map(|call| Tokens::estimate(&call.arguments));
        let results = self.tool_results().iter().map(|result| Tokens::estimate(&result.text));
        Tokens::estimate(&self.text) + calls.chain(results).sum()
    }
}

/// How much a model is to think before it answers. Each wire says it in its own way; a wire or a
/// model that knows no such thing is asked as always.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    Low,
    Medium,
    High,
}

/// A whole request. Nothing is sent to a model that is not in here.
#[derive(Clone, PartialEq, Eq, Default, Debug, serde::Serialize)]
pub struct Ask {
    pub system: String,
    /// Alternating, first and last by the user.
    pub messages: Vec<Message>,
    /// Bytes at the beginning of the first message that are the same from request to request of a session:
    /// a provider that keeps what it is told to keep is told to keep them.
    #[serde(skip)]
    pub steady: usize,
    /// Most tokens the model may answer with; `None` leaves it to the server where the wire allows.
    pub max_output: Option<Tokens>,
    /// Texts at which the server is to stop.
    pub stop: Vec<String>,
    /// `None` leaves it to the model.
    pub effort: Option<Effort>,
    /// What the model may call. What it calls is only ever offered to us: see [`super::Runnable`].
    pub tools: Vec<Tool>,
}

impl Ask {
    /// The tokens we expect it to weigh (estimate).
    pub fn weight(&self) -> Tokens {
        let messages = self.messages.iter().map(Message::weight);
        let tools = self.tools.iter().map(Tool::weight);
        Tokens::estimate(&self.system) + messages.chain(tools).sum()
    }
}

/// Why an answer ended. An answer without a `Finish` was cut off, whatever else arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finish {
    /// The model came to its end (or hit a stop text).
    Stop,
    /// The output limit was reached: the last words are missing.
    Length,
    /// The model waits for the results of its tool calls.
    Calls,
    /// The provider stopped a long turn half-way, to be sent on.
    Paused,
    /// The provider withheld the rest.
    Filtered,
    /// The model declined; its words, if it gave any.
    Declined(String),
    /// A reason we do not know, kept for the log.
    Other(String),
}

/// One increment of an answer, in order of arrival.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delta {
    Text(String),
    /// Thinking that the provider shows; never parsed for edits.
    Reasoning(String),
    /// A piece of a tool call, to be shown and never to be run. `index` tells calls apart that
    /// arrive interleaved; `arguments` is the next piece of their text.
    Calling {
        index: usize,
        name: String,
        arguments: String,
    },
    /// A tool call, after the last word of the answer and only if its end was said.
    Call(ToolCall),
    /// What the provider wants back with the calls of this answer.
    Seal(Seal),
    /// Cumulative for the request: the last one counts.
    Usage(Usage),
    /// At most one, last but for `Usage`.
    Finish(Finish),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_a_gateway_keeps_its_own_slashes() {
        let id: ModelId = "openrouter/qwen/qwen3-coder".parse().unwrap();
        assert_eq!((id.provider.as_str(), id.model.as_str()), ("openrouter", "qwen/qwen3-coder"));
        assert_eq!(id.to_string(), "openrouter/qwen/qwen3-coder");
        for bad in ["qwen", "/qwen", "local/", ""] {
            assert!(bad.parse::<ModelId>().is_err(), "{bad}");
        }
    }
}
