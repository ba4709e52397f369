//! A sketched change that a model is asked to work into a text: for the role `apply`. What it makes of
//! it is a proposal like any other.

use super::Tokens;

/// What is sent to an apply model, and nothing else.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Merge {
    /// What is to be changed, in words.
    pub instruction: String,
    /// The text as it is.
    pub code: String,
    /// The change, with marks such as `// ... existing code ...` for what stays.
    pub update: String,
}

impl Merge {
    /// Room for the answer, which is the whole text with the change in it.
    pub fn max_output(&self) -> Tokens {
        const SLACK: Tokens = Tokens(256);
        let whole = Tokens::estimate(&self.code) + Tokens::estimate(&self.update);
        // An estimate may fall short, and a text that is cut is worth nothing.
        whole + whole + SLACK
    }
}
