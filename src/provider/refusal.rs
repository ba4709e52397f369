//! What a server says when it does not answer: an HTTP status, a few headers and a body in one of
//! many shapes, read into the [`Failure`] that tells a person what to do. A server's words are a
//! stranger's: one line, bounded, and without the key that some of them repeat.

use std::time::Duration;

use serde_json::Value;

use super::Endpoint;
use crate::model::{Failure, Overflow, Tokens};

/// Most characters of a server's message that are passed on.
const SAID_LIMIT: usize = 300;

/// Longest wait that is passed on: a day.
const WAIT_LIMIT: f64 = 86_400.0;

/// A refusal as it came.
pub(super) struct Refusal<'a> {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub body: &'a [u8],
}

impl Refusal<'_> {
    /// Which failure it is, and what was said.
    pub fn into_failure(self, endpoint: &Endpoint, model: &str) -> Failure {
        let (server, status) = (endpoint.shown(), self.status);
        let said = said(self.body, endpoint);
        let model = model.to_owned();
        match (status, self.hints()) {
            (402, _) | (400 | 403 | 429, Hints { no_credit: true, .. }) => {
                Failure::OverQuota { server, status, said }
            }
            (401 | 403, _) => {
                Failure::Unauthorised { server, status, key_from: endpoint.key_from.clone(), said }
            }
            (413, _) | (400 | 422 | 500, Hints { too_long: true, .. }) => {
                let overflow = overflow(self.body, &said);
                Failure::TooLong { server, model, overflow, said }
            }
            (400 | 404 | 422, Hints { unknown_model: true, .. }) => {
                Failure::UnknownModel { server, model, said }
            }
            (408 | 409 | 425 | 429 | 503 | 529, _) => {
                let retry_after = self.retry_after.or_else(|| retry_delay(self.body));
                Failure::Busy { server, status, retry_after, said }
            }
            (500.. | ..300, _) => Failure::Broken { server, status, said },
            _ => Failure::Refused { server, status, said },
        }
    }

    fn hints(&self) -> Hints {
        let body = String::from_utf8_lossy(self.body).to_lowercase();
        let any = |needles: &[&str]| needles.iter().any(|needle| body.contains(needle));
        let is_page = body.trim_start().starts_with('<');
        Hints {
            no_credit: any(NO_CREDIT),
            too_long: any(TOO_LONG),
            unknown_model: !is_page && (any(NO_MODEL) || (self.status == 404 && body.contains("model"))),
        }
    }
}

/// What servers say of an account that has nothing left. That a quota *per minute* is used up is
/// something else, and passes.
const NO_CREDIT: &[&str] = &[
    "insufficient_quota",
    "insufficient balance",
    "insufficient credits",
    "credit balance",
    "billing_not_active",
];

const TOO_LONG: &[&str] = &[
    "context length",
    "context_length",
    "context window",
    "context size",
    "context_size",
    "prompt is too long",
    "input is too long",
    "input token count",
    "too many tokens",
    "reduce the length",
];

const NO_MODEL: &[&str] = &[
    "model_not_found",
    "invalid_model",
    "invalid model",
    "unknown model",
    "not a valid model",
    "model not found",
];

/// What a body says beyond its status. Servers agree on no code, only on words.
struct Hints {
    no_credit: bool,
    too_long: bool,
    unknown_model: bool,
}

/// By how much a request is too long: from the fields of a server that has some, else from its words,
/// where the first two numbers are what was sent and what fits, in either order.
fn overflow(body: &[u8], said: &str) -> Option<Overflow> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &value["error"];
    let fields = (error["n_prompt_tokens"].as_u64(), error["n_ctx"].as_u64());
    let (sent, limit) = match fields {
        (Some(sent), Some(limit)) => (sent, limit),
        _ => {
            let mut numbers =
                said.split(|c: char| c.is_whitespace() || "():;".contains(c)).filter_map(number);
            let (one, other) = (numbers.next()?, numbers.next()?);
            (one.max(other), one.min(other))
        }
    };
    (sent > limit).then_some(Overflow { sent: Tokens(sent), limit: Tokens(limit) })
}

/// A number that stands alone; those in names of models and versions do not.
fn number(word: &str) -> Option<u64> {
    let digits: String = word.trim_matches(|c| ".,".contains(c)).chars().filter(|c| *c != ',').collect();
    digits.parse().ok()
}

/// How long Google asks to wait, which it says in the body (`google.rpc.RetryInfo`): `"34.07s"`.
fn retry_delay(body: &[u8]) -> Option<Duration> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let details = value.get(0).unwrap_or(&value)["error"]["details"].as_array()?;
    let delay = details.iter().find_map(|detail| detail["retryDelay"].as_str())?;
    bounded(delay.strip_suffix('s')?.parse().ok()?)
}

/// The server's message out of a body of any shape.
pub(super) fn said(body: &[u8], endpoint: &Endpoint) -> String {
    let text = String::from_utf8_lossy(body);
    // Where a stream was asked for, some report what went wrong as an event.
    let document = text.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or(&text);
    let message = serde_json::from_str(document).ok().and_then(|value: Value| message(&value));
    let said = match message {
        Some(message) => message,
        None if text.trim_start().starts_with('<') => "an HTML page".into(),
        None if text.trim().is_empty() => "no reason given".into(),
        None => text.into_owned(),
    };
    let said = match &endpoint.key {
        Some(key) if key.expose().len() >= 8 => said.replace(key.expose(), "[the key]"),
        _ => said,
    };
    one_line(&said, SAID_LIMIT)
}

fn message(value: &Value) -> Option<String> {
    let value = value.get(0).unwrap_or(value);
    let error = if value["error"].is_null() { value } else { &value["error"] };
    let places = [&error["message"], error, &error["detail"], &error["detail"][0]["msg"], &error["type"]];
    let message = places.into_iter().find_map(Value::as_str).filter(|said| !said.is_empty())?;
    // A gateway's own words say little; those of the server behind it are here.
    let behind = error["metadata"]["raw"].as_str().map(|raw| format!("{message}: {raw}"));
    Some(behind.unwrap_or_else(|| message.to_owned()))
}

/// A text on one line of at most `limit` characters.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > limit * 4 {
            break;
        }
    }
    match line.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// How long the server asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date
/// (RFC 9110, 10.2.3). What cannot be read is not there.
pub(super) fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let millis = get("retry-after-ms").and_then(|text| text.parse::<f64>().ok()).map(|ms| ms / 1e3);
    let wait =
        millis.or_else(|| get("retry-after").and_then(|text| text.parse().ok().or_else(|| until(text))))?;
    bounded(wait)
}

fn bounded(seconds: f64) -> Option<Duration> {
    seconds.is_finite().then(|| Duration::from_secs_f64(seconds.clamp(0.0, WAIT_LIMIT)))
}

fn until(date: &str) -> Option<f64> {
    let then = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    Some(then.duration_since(jiff::Timestamp::now()).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::super::{BaseUrl, Key, Wire};
    use super::*;
    use crate::model::KeyFrom;

    fn endpoint() -> Endpoint {
        let base = BaseUrl::parse("https://api.example.com/v1", false).unwrap();
        let key = Key::parse("sk-sesame-12345").ok();
        Endpoint {
            key,
            key_from: Some(KeyFrom::Variable("THE_KEY".into())),
            ..Endpoint::new("it", Wire::OpenAiChat, base)
        }
    }

    fn failure(status: u16, body: &str) -> String {
        let refusal = Refusal { status, retry_after: None, body: body.as_bytes() };
        refusal.into_failure(&endpoint(), "m").to_string()
    }

    #[test]
    fn every_shape_of_refusal_says_what_it_is() {
        let it = "it (api.example.com)";
        for (status, body, expected) in [
            (401, r#"{"detail":"Invalid API Key"}"#, "did not accept the key (HTTP 401): Invalid API Key"),
            (
                404,
                r#"{"error":{"message":"model: x","type":"not_found_error"}}"#,
                "does not know the model `m`: model: x",
            ),
            (
                400,
                r#"{"message":"Invalid model: x","type":"invalid_model"}"#,
                "does not know the model `m`: Invalid model: x",
            ),
            (404, "<html>no such model</html>", "refused the request (HTTP 404): an HTML page"),
            (405, "", "refused the request (HTTP 405): no reason given"),
            (
                429,
                r#"{"error":{"message":"Provider","metadata":{"raw":"slow\n down"}}}"#,
                "is busy (HTTP 429): Provider: slow down",
            ),
            (500, r#"{"error":"out of memory"}"#, "failed (HTTP 500): out of memory"),
            (200, r#"{"error":{"message":"odd"}}"#, "failed (HTTP 200): odd"),
        ] {
            assert_eq!(failure(status, body), format!("{it} {expected}"));
        }
        for body in [
            r#"{"error":{"code":"context_length_exceeded","message":"no"}}"#,
            r#"{"error":{"message":"prompt is too long: 9 > 8"}}"#,
        ] {
            assert!(failure(400, body).starts_with("the request is too long for `m`"), "{body}");
        }
        assert!(failure(413, "").starts_with("the request is too long"));
    }

    #[test]
    fn by_how_much_a_request_is_too_long_is_read_from_fields_and_from_words() {
        for body in [
            r#"{"error":{"code":400,"type":"exceed_context_size_error","message":"the request exceeds the available context size","n_prompt_tokens":6030,"n_ctx":4096}}"#,
            r#"{"error":{"message":"This model's maximum context length is 4,096 tokens. However, your messages resulted in 6030 tokens."}}"#,
            r#"{"error":{"message":"prompt is too long: 6030 tokens > 4096 maximum"}}"#,
            r#"{"error":{"message":"The input token count (6030) exceeds the maximum number of tokens allowed (4096)."}}"#,
            r#"{"error":{"message":"gpt-4-0613: context window exceeded, 6030 of 4096 tokens"}}"#,
        ] {
            let said = failure(400, body);
            assert!(said.contains(" by 1.9k tokens (6.0k where 4.0k fit)"), "{said}");
        }
        assert!(!failure(400, r#"{"error":{"message":"context length exceeded (4096)"}}"#).contains(" by "));
    }

    #[test]
    fn an_account_without_credit_is_not_merely_busy() {
        let quota = "You exceeded your current quota, please check your plan and billing details.";
        let none = format!(r#"{{"error":{{"message":"{quota}","code":"insufficient_quota"}}}}"#);
        assert!(failure(429, &none).contains("answers no more on this account"), "{}", failure(429, &none));
        assert!(failure(402, "").contains("answers no more"));
        let minute = format!(
            r#"{{"error":{{"message":"{quota}","details":[{{"@type":"x"}},{{"retryDelay":"34.07s"}}]}}}}"#
        );
        assert!(failure(429, &minute).contains("busy (HTTP 429); it asks to wait 35 s"));
    }

    #[test]
    fn a_message_is_short_on_one_line_and_without_the_key() {
        let said = failure(400, &format!("bad key sk-sesame-12345\n{}", "long ".repeat(5000)));
        assert!(!said.contains("sesame") && said.contains("[the key]"));
        assert!(said.chars().count() < 400 && !said.contains('\n'));
        assert_eq!(one_line("ééé", 2), "éé…");
    }

    #[test]
    fn the_wait_is_read_in_each_of_its_forms() {
        let wait = |name: &'static str, value: &str| {
            retry_after(&HeaderMap::from_iter([(
                name.parse().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )]))
        };
        assert_eq!(wait("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("retry-after-ms", "1500"), Some(Duration::from_millis(1500)));
        assert_eq!(wait("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(wait("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT").is_some_and(|wait| wait.as_secs() > 9));
        assert_eq!(wait("retry-after", "1e300"), Some(Duration::from_secs(86_400)));
        for junk in ["soon", "NaN", "-inf", ""] {
            assert_eq!(wait("retry-after", junk), None, "{junk}");
        }
    }
}
