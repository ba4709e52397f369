//! JSON (RFC 8259) as far as tool calls need it: where a value ends in a stream ([`Scan`]), and what
//! it holds ([`Json`]). Strict: a reply that is not JSON is never repaired. It does not know edits.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Most members of an object.
const MAX_MEMBERS: usize = 1000;

/// Deepest nesting.
const MAX_DEPTH: usize = 64;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub enum Json {
    /// Null, a number: nothing an edit is made of.
    Other,
    Bool(bool),
    Whole(u64),
    Text(String),
    List(Vec<Json>),
    /// Names are unique.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text that holds one value and nothing else.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The member with the first of these names that there is.
    pub fn get(&self, names: &[&str]) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        names.iter().find_map(|name| members.iter().find(|(key, _)| key == name)).map(|(_, value)| value)
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Whole(value))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object: Vec<(String, Json)> = Vec::new();
        while let Some((name, value)) = members.next_entry::<String, Json>()? {
            if object.len() == MAX_MEMBERS || object.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom("a name is given twice, or there are too many"));
            }
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}

/// Follows a value byte by byte, up to its end or to the first byte that no JSON has there. What is
/// inside numbers, words and escapes is left to [`Json::read`].
#[derive(Debug)]
pub struct Scan {
    /// The closing brackets that are due.
    due: Vec<u8>,
    at: At,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum At {
    Value,
    /// After `[`.
    ValueOrEnd,
    /// After `{`.
    NameOrEnd,
    Name,
    Colon,
    /// After a value: a comma, or the closing bracket.
    Next,
    Text {
        name: bool,
        escaped: bool,
    },
    /// In a number or one of the three words.
    Word,
}

/// What a byte did.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Reached {
    Inside,
    /// It closed an object that is the value itself, or a member of the list that is.
    Unit,
    /// It closed the value, which is a list.
    End,
    /// No JSON has it there.
    Wrong,
}

impl Scan {
    pub fn new() -> Self {
        Self { due: Vec::new(), at: At::Value }
    }

    /// Is the value an object, or a list, that is not closed?
    pub fn is_open(&self) -> bool {
        !self.due.is_empty()
    }

    /// The value is a list, and this is a place between its members.
    pub fn is_between(&self) -> bool {
        self.due == [b']'] && !matches!(self.at, At::Text { .. } | At::Word)
    }

    pub fn take(&mut self, byte: u8) -> Reached {
        match self.at {
            At::Text { name, escaped } => self.of_text(byte, name, escaped),
            At::Word if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-') => Reached::Inside,
            At::Word => {
                self.at = At::Next;
                self.take(byte)
            }
            _ if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') => Reached::Inside,
            At::Value | At::ValueOrEnd => self.of_value(byte),
            At::Name | At::NameOrEnd => self.of_name(byte),
            At::Colon if byte == b':' => self.goes(At::Value),
            At::Next if byte == b',' && self.is_open() => {
                self.goes(if self.due.last() == Some(&b'}') { At::Name } else { At::Value })
            }
            At::Next => self.closes(byte),
            At::Colon => Reached::Wrong,
        }
    }

    fn goes(&mut self, at: At) -> Reached {
        self.at = at;
        Reached::Inside
    }

    fn of_text(&mut self, byte: u8, name: bool, escaped: bool) -> Reached {
        match byte {
            _ if escaped => self.goes(At::Text { name, escaped: false }),
            b'\\' => self.goes(At::Text { name, escaped: true }),
            b'"' => self.goes(if name { At::Colon } else { At::Next }),
            0..0x20 => Reached::Wrong,
            _ => Reached::Inside,
        }
    }

    fn of_value(&mut self, byte: u8) -> Reached {
        match byte {
            b'{' => self.opens(b'}', At::NameOrEnd),
            b'[' => self.opens(b']', At::ValueOrEnd),
            b'"' => self.goes(At::Text { name: false, escaped: false }),
            b']' if self.at == At::ValueOrEnd => self.closes(byte),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => self.goes(At::Word),
            _ => Reached::Wrong,
        }
    }

    fn of_name(&mut self, byte: u8) -> Reached {
        match byte {
            b'"' => self.goes(At::Text { name: true, escaped: false }),
            b'}' if self.at == At::NameOrEnd => self.closes(byte),
            _ => Reached::Wrong,
        }
    }

    fn opens(&mut self, due: u8, at: At) -> Reached {
        if self.due.len() == MAX_DEPTH {
            return Reached::Wrong;
        }
        self.due.push(due);
        self.goes(at)
    }

    fn closes(&mut self, byte: u8) -> Reached {
        if self.due.last() != Some(&byte) {
            return Reached::Wrong;
        }
        self.due.pop();
        self.at = At::Next;
        match (byte, self.due.as_slice()) {
            (b'}', [] | [b']']) => Reached::Unit,
            (_, []) => Reached::End,
            _ => Reached::Inside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reads of a text: where units end, and how it ends.
    fn scanned(text: &str) -> (Vec<usize>, Reached) {
        let mut scan = Scan::new();
        let mut units = Vec::new();
        for (at, byte) in text.bytes().enumerate() {
            match scan.take(byte) {
                Reached::Inside => {}
                Reached::Unit => units.push(at),
                ended => return (units, ended),
            }
        }
        (units, Reached::Inside)
    }

    #[test]
    fn units_are_objects_at_the_top_or_right_below_a_list() {
        assert_eq!(scanned(r#"{"a": {"b": [1, {"c": 2}]}}"#), (vec![26], Reached::Inside));
        assert_eq!(scanned(r#"[{"a":1}, {"b":"]}"}]"#), (vec![7, 19], Reached::End));
        assert_eq!(scanned(r#"{"a":"\"}"}"#), (vec![10], Reached::Inside));
    }

    #[test]
    fn the_first_wrong_byte_ends_it() {
        for wrong in [
            "{a",
            "{\"a\" 1",
            "{\"a\":1,}",
            "[1,]",
            "{\"a\":\"x\ny\"",
            "[{\"a\":1}}",
            "{\"a\":x",
            &"[".repeat(65),
        ] {
            assert_eq!(scanned(wrong).1, Reached::Wrong, "{wrong}");
        }
    }

    #[test]
    fn a_name_may_stand_once() {
        assert_eq!(Json::read(r#"{"a":1,"a":2}"#), None);
        assert_eq!(Json::read(r#"{"a":"\ud800"}"#), None);
        assert_eq!(Json::read("{} {}"), None);
        let json = Json::read(r#"{"a":"x","n":7,"no":-1.5,"l":[true,null]}"#).unwrap();
        assert_eq!(json.get(&["b", "a"]).and_then(Json::text), Some("x"));
        assert_eq!(json.get(&["n"]), Some(&Json::Whole(7)));
        assert_eq!(json.get(&["l"]), Some(&Json::List(vec![Json::Bool(true), Json::Other])));
    }
}
