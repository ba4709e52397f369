//! How far a turn has come, how its answer ended, and what a person should hear of once.

use std::time::Duration;

use crate::change::HunkId;
use crate::model::{Failure, Finish};
use crate::session::Limit;

/// How far a turn has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// The context is being put together.
    Gathering,
    /// The request is out; no byte of the answer has come.
    Waiting,
    /// The answer is coming.
    Streaming,
    /// The answer has ended; hunks wait for a verdict or for landing.
    Reviewing,
    /// The accepted hunks are being written.
    Landing,
    /// Nothing is left to decide.
    Done,
}

impl Phase {
    /// Something is going on that a person waits for.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Gathering | Self::Waiting | Self::Streaming | Self::Landing)
    }

    /// Something is going on that Esc stops. A landing is not: it is all or nothing already.
    pub fn is_stoppable(self) -> bool {
        matches!(self, Self::Gathering | Self::Waiting | Self::Streaming)
    }
}

/// How the model's part of a turn ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// The model came to its end.
    Finished,
    /// The output limit was reached; an edit that was open then was dropped.
    OutOfRoom,
    /// The model or its provider declined; its words.
    Declined(String),
    /// The user stopped it.
    Cancelled,
    Failed(Failure),
    /// The request never left; why.
    NotAsked(String),
    /// A question has used what it may.
    Spent(Limit),
    /// The model went on calling tools when it was to answer.
    OutOfRounds,
}

impl End {
    /// Did it end because no more may be spent?
    pub fn is_of_budget(&self) -> bool {
        matches!(self, Self::Spent(_) | Self::Failed(Failure::OverBudget { .. }))
    }

    /// The end that a model announced by `finish`.
    pub(in crate::session) fn announced(finish: Option<&Finish>) -> Self {
        match finish {
            Some(Finish::Length | Finish::Paused) => Self::OutOfRoom,
            Some(Finish::Declined(words)) => Self::Declined(words.clone()),
            Some(Finish::Filtered) => Self::Declined("the provider withheld the rest".into()),
            Some(Finish::Stop | Finish::Calls | Finish::Other(_)) | None => Self::Finished,
        }
    }
}

/// Something the user should hear of once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    Retrying {
        why: String,
        wait: Duration,
    },
    /// Hunks whose place changed underneath.
    Conflict(Vec<HunkId>),
    /// The landing failed; nothing was written.
    NotLanded(String),
    /// A comment led to nothing; why.
    NotRevised(String),
}
