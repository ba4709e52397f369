//! The JSON of an answer: borrowed from the bytes of an event wherever it holds no escapes, and without
//! the fields around an answer that no reader looks at. There is one such value for each delta, it lives
//! for a moment, and is looked into a few times; so its objects are lists. What lies deeper than the
//! outermost object (the answer itself, arguments, what a provider wants back) is kept whole.

use std::borrow::Cow;
use std::fmt;
use std::ops::Index;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, de};
use serde_json::{Number, Value};

/// A value of an answer. Whatever is asked of it that it has not is [`Json::Null`].
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

static NULL: Json<'static> = Json::Null;

/// A value that a test has made.
#[cfg(test)]
pub(super) fn of(value: &Value) -> Json<'_> {
    Kind::WITHIN.deserialize(value).unwrap()
}

/// Parses one value.
pub(super) fn parse(data: &[u8]) -> serde_json::Result<Json<'_>> {
    // Once for all of it is cheaper than for each text in it.
    let data = std::str::from_utf8(data).map_err(de::Error::custom)?;
    let mut deserializer = serde_json::Deserializer::from_str(data);
    let value = Kind { outermost: true }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Does a field of an event say nothing about the answer?
fn is_idle(name: &str) -> bool {
    matches!(
        name,
        "id" | "created"
            | "created_at"
            | "createTime"
            | "service_tier"
            | "system_fingerprint"
            | "obfuscation"
            | "responseId"
            | "sequence_number"
            | "logprobs"
            | "context"
            | "timings"
            | "prompt_filter_results"
            | "content_filter_results"
            | "sla_metrics"
            | "copilot_usage"
    )
}

impl<'a> Json<'a> {
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = self { number.as_u64() } else { None }
    }

    pub fn as_array(&self) -> Option<&[Json<'a>]> {
        if let Self::Array(values) = self { Some(values) } else { None }
    }

    /// The fields of an object, in their order.
    pub fn as_object(&self) -> Option<&[(Cow<'a, str>, Json<'a>)]> {
        if let Self::Object(fields) = self { Some(fields) } else { None }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn is_string(&self) -> bool {
        matches!(self, Self::String(_))
    }

    pub fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }

    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Gives an object the field, if it has none of that name or an empty one.
    pub fn set_default(&mut self, name: &'static str, text: &'a str) {
        let is_set = !self[name].is_null();
        if let (Self::Object(fields), false) = (self, is_set) {
            fields.push((Cow::Borrowed(name), Json::String(Cow::Borrowed(text))));
        }
    }

    /// The same as a value that outlives the event.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::String(text) => Value::String(text.clone().into_owned()),
            Self::Array(values) => Value::Array(values.iter().map(Json::to_value).collect()),
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.clone().into_owned(), value.to_value()));
                Value::Object(fields.collect())
            }
        }
    }
}

impl<'a> Index<&str> for Json<'a> {
    type Output = Json<'a>;

    fn index(&self, name: &str) -> &Json<'a> {
        // The last of several fields of one name counts, as everywhere.
        let field =
            |fields: &'_ [(Cow<'a, str>, Json<'a>)]| fields.iter().rposition(|(known, _)| known == name);
        let found = self.as_object().and_then(|fields| fields.get(field(fields)?));
        found.map_or(&NULL, |(_, value)| value)
    }
}

impl<'a> Index<usize> for Json<'a> {
    type Output = Json<'a>;

    fn index(&self, at: usize) -> &Json<'a> {
        self.as_array().and_then(|values| values.get(at)).unwrap_or(&NULL)
    }
}

impl PartialEq<bool> for Json<'_> {
    fn eq(&self, flag: &bool) -> bool {
        matches!(self, Self::Bool(known) if known == flag)
    }
}

impl PartialEq<&str> for Json<'_> {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == Some(*text)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(values) => serializer.collect_seq(values),
            Self::Object(fields) => {
                let mut object = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| object.serialize_entry(name, value))?;
                object.end()
            }
        }
    }
}

/// The name of a field, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// How a value is read: the outermost object without its idle fields, all else as it is.
#[derive(Clone, Copy)]
struct Kind {
    outermost: bool,
}

impl Kind {
    const WITHIN: Self = Self { outermost: false };
}

impl<'de> DeserializeSeed<'de> for Kind {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Kind {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(Kind::WITHIN)? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        // Most have no more, and growing costs more than room.
        let mut fields = Vec::with_capacity(4);
        while let Some(Name(name)) = entries.next_key()? {
            if self.outermost && is_idle(&name) {
                entries.next_value::<IgnoredAny>()?;
            } else {
                fields.push((name, entries.next_value_seed(Kind::WITHIN)?));
            }
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn idle_fields_are_passed_over_around_an_answer_and_nowhere_within() {
        let chunk = br#" {"id":"x","created":1,"choices":[{"delta":{"id":"y"},"created":2}],"\u0069d":3} "#;
        let expected = json!({"choices": [{"delta": {"id": "y"}, "created": 2}]});
        assert_eq!(parse(chunk).unwrap().to_value(), expected);
        assert_eq!(parse(b"[{\"id\":1}]").unwrap().to_value(), json!([{"id": 1}]));
    }

    #[test]
    fn what_is_no_json_is_none_in_an_idle_field_either() {
        for bad in ["{", "{\"id\":}", "{\"id\":1}}", "{\"id\":[1,]}", "{\"a\":1,}", "{} {}", ""] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = "{\"a\":".repeat(100_000);
        assert!(parse(deep.as_bytes()).is_err(), "and no overflow");
    }

    #[test]
    fn what_is_not_there_is_null_and_the_last_of_two_counts() {
        let value = parse(br#"{"a":[1],"b":1,"b":2}"#).unwrap();
        assert!(value["c"]["d"][3].is_null() && value["a"][1].is_null() && value["a"]["b"].is_null());
        assert_eq!(value["b"].as_u64(), Some(2));
    }

    proptest! {
        #[test]
        fn all_else_is_what_it_would_be_and_is_written_the_same(
            text in "\\PC{0,20}",
            number in any::<i64>(),
            real in any::<f64>(),
            flag in any::<bool>(),
        ) {
            let value = json!({"text": text, "type": [number, real, {"id": flag}], text.clone(): null, "usage": {}});
            let written = value.to_string();
            let Value::Object(fields) = serde_json::from_str(&written).unwrap() else { unreachable!() };
            let fields: Map<String, Value> = fields.into_iter().filter(|(name, _)| !is_idle(name)).collect();
            let expected = Value::Object(fields);
            let parsed = parse(written.as_bytes()).unwrap();
            prop_assert_eq!(serde_json::to_string(&parsed).unwrap(), expected.to_string());
            prop_assert_eq!(parsed.to_value(), expected);
        }
    }
}
