//! Tools that a model may call, its calls and what comes of them. Whether a call may be carried out is
//! said here once, by the wire that saw how the answer ended; nobody above can make it more than it is.

use std::borrow::Cow;

use super::Tokens;

/// Whether a tool call may be carried out. The wire decides, from how the answer ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runnable {
    /// Never: its arguments are cut off or malformed, or the answer failed or never said its end.
    No,
    /// It is whole, but the turn around it was cut off: only after a person was told so.
    May,
    /// The model meant it and came to its end.
    Yes,
}

/// A tool that is offered.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Tool {
    pub name: String,
    /// What it does and when to call it, for the model.
    pub purpose: String,
    /// Of its arguments: a JSON Schema (draft 2020-12) of an object, as text.
    pub schema: String,
}

impl Tool {
    pub(super) fn weight(&self) -> Tokens {
        [&self.name, &self.purpose, &self.schema].into_iter().map(|text| Tokens::estimate(text)).sum()
    }
}

/// A call, as the model wrote it. Nothing in it has been repaired.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ToolCall {
    /// As the provider names it, to answer it by; some name none.
    pub id: Option<String>,
    pub name: String,
    /// A JSON object as text, or any text if `freeform`.
    pub arguments: String,
    pub freeform: bool,
    pub runnable: Runnable,
}

/// What came of a call.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ToolResult {
    /// The call's own.
    pub id: Option<String>,
    pub name: String,
    pub text: String,
    pub failed: bool,
}

/// Something that a provider gives with an answer and wants back unchanged when the conversation goes
/// on after the answer's calls (a signature of its thinking). It says nothing to us, and nothing to
/// another provider, which is not sent it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Seal {
    /// Who wants it: the name of a wire.
    pub of: Cow<'static, str>,
    /// In that wire's own words.
    pub body: String,
}
