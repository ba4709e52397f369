//! The JSON of one event, without the fields around an answer that no reader looks at: they are most
//! of a delta's bytes, and making values of them most of the work. What lies deeper (the answer
//! itself, the arguments of a call, what a provider wants back) is never touched.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Fields of an event that say nothing about the answer.
const IDLE: &[&str] = &[
    "id",
    "object",
    "created",
    "created_at",
    "createTime",
    "service_tier",
    "system_fingerprint",
    "obfuscation",
    "responseId",
    "sequence_number",
    "logprobs",
    "context",
    "timings",
    "prompt_filter_results",
    "content_filter_results",
    "sla_metrics",
    "copilot_usage",
];

/// Parses one value.
pub(super) fn parse(data: &[u8]) -> serde_json::Result<Value> {
    if !data.trim_ascii_start().starts_with(b"{") {
        return serde_json::from_slice(data);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(data);
    let value = deserializer.deserialize_map(Around)?;
    deserializer.end()?;
    Ok(value)
}

/// An object without its idle fields.
struct Around;

/// The name of a field, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for Around {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(Name(name)) = fields.next_key()? {
            if IDLE.contains(&name.as_ref()) {
                fields.next_value::<IgnoredAny>()?;
            } else {
                object.insert(name.into_owned(), fields.next_value()?);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn idle_fields_are_passed_over_around_an_answer_and_nowhere_within() {
        let chunk = br#" {"id":"x","created":1,"choices":[{"delta":{"id":"y"},"created":2}],"\u0069d":3} "#;
        assert_eq!(parse(chunk).unwrap(), json!({"choices": [{"delta": {"id": "y"}, "created": 2}]}));
        assert_eq!(parse(b"[{\"id\":1}]").unwrap(), json!([{"id": 1}]));
    }

    #[test]
    fn what_is_no_json_is_none_in_an_idle_field_either() {
        for bad in ["{", "{\"id\":}", "{\"id\":1}}", "{\"id\":[1,]}", "{\"a\":1,}", "{} {}", ""] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = "{\"a\":".repeat(100_000);
        assert!(parse(deep.as_bytes()).is_err(), "and no overflow");
    }

    proptest! {
        #[test]
        fn all_else_is_parsed_as_it_would_be(text in "\\PC{0,20}", number in any::<i64>(), flag in any::<bool>()) {
            let value = json!({"text": text, "type": [number, {"id": flag}], text.clone(): null, "usage": {}});
            let expected: Map<String, Value> =
                value.as_object().unwrap().clone().into_iter().filter(|(name, _)| !IDLE.contains(&name.as_str())).collect();
            prop_assert_eq!(parse(value.to_string().as_bytes()).unwrap(), Value::Object(expected));
        }
    }
}
