//! The table. A row is all there is to say of a tool: its name, what a model is told, what it takes, what
//! it touches and how a call of it is read.

use super::call::{self, Call, Refused};

/// What a tool looks at. None of them changes anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Touches {
    /// The index and the files of the project.
    Files,
    /// Commits of the repository.
    History,
}

/// A tool.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    /// What it gives and when to call it, for the model.
    pub purpose: &'static str,
    /// What it takes, as a JSON Schema.
    pub schema: &'static str,
    pub touches: Touches,
    pub(super) read: fn(&str) -> Result<Call, Refused>,
}

/// Every tool.
pub const TABLE: &[Row] = &[
    Row {
        name: "search",
        purpose: "Finds the lines of the project that words, a name or a question are about, best first.",
        schema: r#"{"type":"object","properties":{"query":{"type":"string"}},"required":["query"],"additionalProperties":false}"#,
        touches: Touches::Files,
        read: call::search,
    },
    Row {
        name: "read",
        purpose: "Shows lines of a file, counted from 1; all of it without `first` and `last`.",
        schema: r#"{"type":"object","properties":{"path":{"type":"string"},"first":{"type":"integer","minimum":1},"last":{"type":"integer","minimum":1}},"required":["path"],"additionalProperties":false}"#,
        touches: Touches::Files,
        read: call::read,
    },
    Row {
        name: "list",
        purpose: "Names the files below a folder, or all files of the project.",
        schema: r#"{"type":"object","properties":{"path":{"type":"string"}},"additionalProperties":false}"#,
        touches: Touches::Files,
        read: call::list,
    },
    Row {
        name: "outline",
        purpose: "Names the definitions of a file with their lines; for a file that is too long to read.",
        schema: r#"{"type":"object","properties":{"path":{"type":"string"}},"required":["path"],"additionalProperties":false}"#,
        touches: Touches::Files,
        read: call::outline,
    },
    Row {
        name: "grep",
        purpose: "Shows every line that matches a regular expression, in all files or those below `path`; for \
                  where something is written or set.",
        schema: r#"{"type":"object","properties":{"pattern":{"type":"string"},"path":{"type":"string"}},"required":["pattern"],"additionalProperties":false}"#,
        touches: Touches::Files,
        read: call::grep,
    },
    Row {
        name: "uses",
        purpose: "Shows the lines that use a name as a whole word, code first, and the definition each stands in; \
                  for who calls a function.",
        schema: r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}"#,
        touches: Touches::Files,
        read: call::uses,
    },
    Row {
        name: "git_log",
        purpose: "Lists commits with their messages, newest first: those that changed `path`, those whose \
                  message has all of `words`, or the last ones.",
        schema: r#"{"type":"object","properties":{"path":{"type":"string"},"words":{"type":"string"}},"additionalProperties":false}"#,
        touches: Touches::History,
        read: call::log,
    },
    Row {
        name: "git_blame",
        purpose: "Says which commit last changed each of the lines `first` to `last` of a file, with its message.",
        schema: r#"{"type":"object","properties":{"path":{"type":"string"},"first":{"type":"integer","minimum":1},"last":{"type":"integer","minimum":1}},"required":["path","first","last"],"additionalProperties":false}"#,
        touches: Touches::History,
        read: call::blame,
    },
    Row {
        name: "git_show",
        purpose: "Shows the message of a commit and what it changed, in all files or those below `path`.",
        schema: r#"{"type":"object","properties":{"commit":{"type":"string","description":"7 to 40 digits of its id"},"path":{"type":"string"}},"required":["commit"],"additionalProperties":false}"#,
        touches: Touches::History,
        read: call::show,
    },
];
