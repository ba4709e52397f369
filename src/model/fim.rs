//! A request to fill in a text between a prefix and a suffix.

use super::Tokens;

/// What stands before and after the gap. Nothing else is sent to the model.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Fim {
    pub prefix: String,
    pub suffix: String,
    /// Most tokens of the filling.
    pub max_output: Tokens,
    /// Texts at which the server is to stop.
    pub stop: Vec<String>,
}

impl Fim {
    /// The tokens we expect it to weigh (estimate).
    pub fn weight(&self) -> Tokens {
        Tokens::of_bytes((self.prefix.len() + self.suffix.len()) as u64)
    }
}

/// What a server makes of the suffix. Some take it and fill in as if there were none, without a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suffix {
    Honoured,
    Ignored,
    /// The server's answers do not tell.
    Unknown,
}

impl Suffix {
    /// What a person should know of it, if anything.
    pub fn remark(self) -> Option<&'static str> {
        match self {
            Self::Honoured => None,
            Self::Ignored => Some("it ignores what follows the cursor and is asked in words"),
            Self::Unknown => Some("whether it reads what follows the cursor does not show"),
        }
    }
}
