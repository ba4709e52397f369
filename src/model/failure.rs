//! How a request fails. Each kind says what happened, to whom, and what can be done: the text is
//! shown to a person as it stands.

use std::time::Duration;

use super::{Excess, KeyFrom, Span, Tokens};

/// How far a request had come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// No byte of the answer had arrived.
    BeforeFirstByte,
    /// Some of the answer had arrived; what was whole has been kept.
    MidAnswer,
}

/// By how much a request is too long, where the server says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overflow {
    /// What was sent, by the server's count.
    pub sent: Tokens,
    /// What fits.
    pub limit: Tokens,
}

impl std::fmt::Display for Overflow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sent, limit } = self;
        write!(f, "by {} tokens ({sent} where {limit} fit)", sent.saturating_sub(*limit))
    }
}

/// `server` is the provider's configured name and host, as in `local (127.0.0.1:8080)`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    #[error("{server} is not reachable: {why}")]
    Unreachable { server: String, why: String },
    #[error("{server} is busy (HTTP {status}){}{}", after(.retry_after), reason(.said))]
    Busy { server: String, status: u16, retry_after: Option<Duration>, said: String },
    #[error("{server} answers no more on this account (HTTP {status}): {said}")]
    OverQuota { server: String, status: u16, said: String },
    #[error("{server} failed (HTTP {status}): {said}")]
    Broken { server: String, status: u16, said: String },
    #[error("{server} did not accept the key (HTTP {status}): {said}")]
    Unauthorised { server: String, status: u16, key_from: Option<KeyFrom>, said: String },
    /// `why` it is not to be had from there.
    #[error("{server} needs a key, and {from} {why}")]
    NoKey { server: String, from: KeyFrom, why: String },
    #[error("{server} refused the request (HTTP {status}): {said}")]
    Refused { server: String, status: u16, said: String },
    #[error("{server} does not know the model `{model}`: {said}")]
    UnknownModel { server: String, model: String, said: String },
    #[error("the request is too long for `{model}` at {server}{}: {said}", by(.overflow))]
    TooLong { server: String, model: String, overflow: Option<Overflow>, said: String },
    #[error("{server} said nothing for {}{}", seconds(.waited), so_far(.phase))]
    Silent { server: String, waited: Duration, phase: Phase },
    #[error("the connection to {server} ended in the middle of the answer")]
    Cut { server: String },
    #[error("{server} sent something that is not an answer: {why}")]
    Unreadable { server: String, why: String },
    #[error("{server} reported an error in the middle of the answer: {said}")]
    MidStream { server: String, said: String },
    /// Not sent: it might have broken a limit of the user's.
    #[error("`{model}` was not asked: {excess}")]
    OverBudget { model: String, excess: Excess },
    #[error("the wire `{wire}` of {server} cannot {what}")]
    CannotServe { server: String, wire: &'static str, what: &'static str },
    /// While a recording is played.
    #[error("the recording has no answer of {server} to this request; {difference}")]
    NotRecorded { server: String, difference: String },
    #[error("no model of the role `chat` is served in a way that offers tools")]
    NoTools,
    #[error("no model is configured for the role `{role}`")]
    NoModel { role: super::Role },
}

impl Failure {
    /// What the user can do now, as an imperative sentence without a full stop.
    pub fn next_step(&self) -> String {
        match self {
            Self::Unreachable { .. } => {
                "start the server or correct its `base_url` (`rein config path` says where), then ask again"
                    .into()
            }
            Self::Busy { retry_after: Some(wait), .. } => {
                format!("ask again in {}, or name another model: `--model PROVIDER/MODEL`", seconds(wait))
            }
            Self::Busy { .. } | Self::Broken { .. } => {
                "ask again, or name another model: `--model PROVIDER/MODEL`".into()
            }
            Self::OverQuota { .. } => {
                "add credit there, or name another model: `--model PROVIDER/MODEL`".into()
            }
            Self::Unauthorised { key_from: Some(from), .. } => format!("check the key: {}", from.remedy()),
            Self::Unauthorised { key_from: None, .. } => {
                "name the environment variable that holds the key: `api_key_env = \"NAME\"`".into()
            }
            Self::NoKey { from, .. } => {
                format!("{}, or name another model: `--model PROVIDER/MODEL`", from.remedy())
            }
            Self::Refused { status: 400 | 422, .. } => {
                "see what it says; another model, or another `wire` for this provider, may take it".into()
            }
            Self::Refused { .. } => {
                "check `wire` and `base_url` of this provider (`rein config show`)".into()
            }
            Self::UnknownModel { .. } => {
                "check the model's name under `[roles]`; `rein models` says whether the server lists it"
                    .into()
            }
            Self::TooLong { .. } => "ask at a lower notch, or select fewer lines".into(),
            Self::Silent { phase: Phase::BeforeFirstByte, .. } => {
                "ask again, or give this provider more time: `first_byte_timeout = SECONDS`".into()
            }
            Self::Silent { .. } | Self::Cut { .. } | Self::MidStream { .. } => {
                "review what is whole, or ask again".into()
            }
            Self::Unreadable { .. } => {
                "check that `base_url` is the API's address and `wire` its format (`rein config show`)".into()
            }
            Self::CannotServe { .. } => {
                "give the role another model, or the provider another `wire` (`rein config show`)".into()
            }
            Self::OverBudget { model, excess: Excess::NoPrice { .. } } => {
                format!(
                    "write its price under `[models.\"{model}\"]` in the configuration, or lift the limit"
                )
            }
            Self::OverBudget { excess, .. } if excess.span() == Span::Question => {
                "allow the question more: `--budget`, or `ask.dollars` in the configuration".into()
            }
            Self::OverBudget { excess, .. } => {
                format!("raise `{}`, or lower `max_output`, in the configuration", excess.span().key())
            }
            Self::NotRecorded { .. } => {
                "replay it on the files it was recorded on, or record it anew: `--record FILE`".into()
            }
            Self::NoTools => {
                "ask at depth `quick`, or give `roles.chat` a model behind another `wire`".into()
            }
            Self::NoModel { role } => {
                format!("add a provider and `roles.{role}` to the configuration (`rein config path`)")
            }
        }
    }

    /// Is the model not to be had, with nothing wrong with the request? Then another may answer it.
    pub fn is_outage(&self) -> bool {
        !matches!(
            self,
            Self::Refused { status: 400 | 413 | 422, .. }
                | Self::TooLong { .. }
                | Self::OverBudget { .. }
                | Self::NotRecorded { .. }
                | Self::NoTools
                | Self::NoModel { .. }
        )
    }

    /// May the same request succeed if it is simply sent again?
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Broken { .. } | Self::Unreachable { .. })
    }
}

fn seconds(duration: &Duration) -> String {
    format!("{} s", duration.as_secs_f32().ceil())
}

fn after(retry_after: &Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| format!("; it asks to wait {}", seconds(&wait)))
}

fn reason(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

fn by(overflow: &Option<Overflow>) -> String {
    overflow.map_or_else(String::new, |overflow| format!(" {overflow}"))
}

fn so_far(phase: &Phase) -> &'static str {
    match phase {
        Phase::BeforeFirstByte => "",
        Phase::MidAnswer => " in the middle of the answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_happened_and_what_to_do() {
        let silent = Failure::Silent {
            server: "local (127.0.0.1:8080)".into(),
            waited: Duration::from_secs(20),
            phase: Phase::MidAnswer,
        };
        let said = format!("{silent}: {}", silent.next_step());
        assert_eq!(
            said,
            "local (127.0.0.1:8080) said nothing for 20 s in the middle of the answer: \
             review what is whole, or ask again"
        );
    }

    #[test]
    fn a_request_that_is_too_long_says_by_how_much() {
        let overflow = Some(Overflow { sent: Tokens(6_030), limit: Tokens(4_096) });
        let (server, model, said) = ("local (127.0.0.1)".into(), "m".into(), "no".into());
        let failure = Failure::TooLong { server, model, overflow, said };
        assert_eq!(
            failure.to_string(),
            "the request is too long for `m` at local (127.0.0.1) by 1.9k tokens (6.0k where 4.0k fit): no"
        );
    }

    #[test]
    fn a_busy_server_says_why_and_for_how_long() {
        let busy = Failure::Busy {
            server: "openai (api.openai.com)".into(),
            status: 429,
            retry_after: Some(Duration::from_millis(1_500)),
            said: "you exceeded your current quota".into(),
        };
        assert_eq!(
            busy.to_string(),
            "openai (api.openai.com) is busy (HTTP 429); it asks to wait 2 s: you exceeded your current quota"
        );
    }
}
