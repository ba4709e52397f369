//! A call that a model makes of one of its tools, and whether it may be carried out.

/// Whether a tool call may be carried out. The wire decides, from how the answer ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Runnable {
    /// Never: its arguments are cut off or malformed, or the answer failed or never said its end.
    No,
    /// It is whole, but the turn around it was cut off: only after a person was told so.
    May,
    /// The model meant it and came to its end.
    Yes,
}

/// A whole call, as the model wrote it. Nothing in it has been repaired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToolCall {
    /// As the provider names it, to answer it by; some name none.
    pub id: Option<String>,
    pub name: String,
    /// A JSON object as text, or any text if `freeform`.
    pub arguments: String,
    pub freeform: bool,
    pub runnable: Runnable,
}
