//! How a piece stands in its conversation: sent with its request, there from before, out of date, or taken out
//! again. For a person to know; the model reads the texts.

use crate::model::Tokens;

/// How a piece stands in its conversation.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub enum Presence {
    /// It is there.
    #[default]
    Sent,
    /// Nothing of it is sent: it stands in what this earlier request of the conversation held, unchanged.
    Above(u32),
    /// It is there in place of what this earlier request held of the same lines, which read otherwise now.
    Renewed(u32),
    /// It is there, as it was sent; its file reads otherwise now.
    Stale,
    /// A word about it is there in its place: what a tool gave was taken out again, to make room.
    Masked {
        lines: usize,
        /// What it weighed, by estimate, beyond the word that stands for it.
        tokens: Tokens,
    },
}

impl Presence {
    /// In a word; a contract with scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Above(_) => "above",
            Self::Renewed(_) => "renewed",
            Self::Stale => "stale",
            Self::Masked { .. } => "masked",
        }
    }

    /// For a person; nothing where there is nothing to say.
    pub fn told(self) -> Option<String> {
        Some(match self {
            Self::Sent => return None,
            Self::Above(request) => format!("already above (request {request})"),
            Self::Renewed(request) => format!("changed since request {request}"),
            Self::Stale => "stale: it reads otherwise now".into(),
            Self::Masked { lines, tokens } => format!("masked: {lines} lines (~{tokens} tokens) taken out"),
        })
    }
}
