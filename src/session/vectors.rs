//! How the making of vectors in the background stands, as a screen is told, and what a person says to it.
//! Owns no vector and starts nothing.

use crate::model::{Bill, ModelId, Money, Tokens};

/// What a person, or the screen for them, says to the making of vectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Say {
    /// Make what is missing, unless that needs a yes that was not given.
    GoOn,
    /// Texts of this project may leave for the model, now and later.
    Allow,
    /// They may not.
    Refuse,
    /// Not now.
    Pause,
}

/// How far it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Making {
    /// Texts would leave this machine, and nobody has said that they may. What all of them would weigh, and
    /// cost where that is known.
    Asks {
        tokens: Tokens,
        cost: Option<Money>,
    },
    /// A person said that they may not.
    Refused,
    UnderWay,
    Paused,
    /// Every chunk that may have a vector has one.
    Done,
    /// Why it does not go on.
    Stopped(String),
}

/// The vectors of a project by the model that is asked first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vectors {
    pub making: Making,
    pub by: ModelId,
    /// The server that gets the texts; `None`: they stay in this process.
    pub host: Option<String>,
    /// Is it this machine?
    pub is_local: bool,
    /// Where the vectors are kept, in words.
    pub kept: String,
    pub chunks: usize,
    pub missing: usize,
    /// They may hold secrets.
    pub withheld: usize,
    /// What the model was sent today, by all of rein's processes.
    pub today: Option<Bill>,
}

impl Vectors {
    /// Chunks that have one.
    pub fn made(&self) -> usize {
        self.chunks.saturating_sub(self.missing + self.withheld)
    }

    /// Who is sent the texts, as in `voyage/voyage-code-3 at api.voyageai.com`.
    pub fn whom(&self) -> String {
        match &self.host {
            Some(host) => format!("{} at {host}", self.by),
            None => self.by.to_string(),
        }
    }
}
