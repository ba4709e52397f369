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
