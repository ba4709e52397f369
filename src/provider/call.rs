//! Tool calls while they arrive: their pieces by place, and the rule that says which of them may be
//! carried out. Owns the one sentence that matters for an agent: what was cut off, repaired or left
//! without an end is never run.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter};

use crate::model::{Runnable, ToolCall};

/// A call as far as it has come.
#[derive(Clone, Default, Debug)]
pub(super) struct Call {
    /// Calls are listed by this, and by arrival where it is equal.
    pub place: u64,
    pub id: Option<String>,
    pub name: Option<String>,
    /// The arguments' text so far.
    pub text: String,
    /// Holds if no text ever comes: some servers send whole arguments where a call opens.
    pub usual: Option<String>,
    /// Any text rather than a JSON object.
    pub freeform: bool,
    /// Its arguments did not fit together; whatever they look like now, they are not the model's.
    pub broken: bool,
    /// A piece of it may be missing: see [`super::answer::Answer::garbled`].
    pub garbled: bool,
}

/// How the answer around a call ended, as far as it bears on carrying the call out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Around {
    /// No end was said, or it failed. `wanted`: a word was said that means calls.
    Failed { wanted: bool },
    /// It ended before its time: the limit, a filter, a refusal, no reason at all.
    CutShort,
    /// It ended on purpose, and `wanted` says that it was to have its calls made.
    Whole { wanted: bool },
}

impl Around {
    /// May a call without arguments be one that has none, rather than one whose arguments are lost?
    fn allows_none(self) -> bool {
        matches!(self, Self::Failed { wanted: true } | Self::Whole { wanted: true })
    }
}

impl Call {
    pub fn arguments(&self) -> &str {
        match &self.usual {
            Some(usual) if self.text.is_empty() => usual,
            _ => &self.text,
        }
    }

    /// The arguments as a value, to be looked at: an empty object for a call without any, which
    /// servers write in three ways. Whether they may be used is [`Self::runnable`]'s to say.
    pub fn parsed(&self, around: Around) -> Option<Value> {
        match self.arguments().trim() {
            _ if self.freeform => None,
            "" | "null" => around.allows_none().then(|| Value::Object(Default::default())),
            text => serde_json::from_str(text).ok(),
        }
    }

    pub fn is_named(&self) -> bool {
        self.name.as_deref().is_some_and(|name| !name.is_empty())
    }

    pub fn runnable(&self, around: Around) -> Runnable {
        let whole = self.freeform || matches!(self.parsed(around), Some(Value::Object(_)));
        match around {
            _ if !self.is_named() || !whole || self.broken || self.garbled => Runnable::No,
            Around::Failed { .. } => Runnable::No,
            Around::CutShort => Runnable::May,
            Around::Whole { .. } => Runnable::Yes,
        }
    }

    pub fn finished(&self, around: Around) -> ToolCall {
        ToolCall {
            id: self.id.clone().filter(|id| !id.is_empty()),
            name: self.name.clone().unwrap_or_default(),
            arguments: self.arguments().to_owned(),
            freeform: self.freeform,
            runnable: self.runnable(around),
        }
    }
}

/// Whether a wire that sends arguments as a value has them written in ASCII only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Script {
    Ascii,
    Unicode,
}

/// The arguments that a wire sends as a value, as text: like those that models write themselves, with
/// a blank after each comma and colon.
pub(super) fn written(value: &impl Serialize, script: Script) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Spaced(script));
    // A value that came out of JSON goes back into it.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(out).unwrap_or_default()
}

struct Spaced(Script);

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        if self.0 == Script::Unicode || text.is_ascii() {
            return out.write_all(text.as_bytes());
        }
        for unit in text.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => out.write_all(&[byte])?,
                _ => write!(out, "\\u{unit:04x}")?,
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        let text: &[u8] = match escape {
            CharEscape::Quote => b"\\\"",
            CharEscape::ReverseSolidus => b"\\\\",
            CharEscape::Solidus => b"/",
            CharEscape::Backspace => b"\\b",
            CharEscape::FormFeed => b"\\f",
            CharEscape::LineFeed => b"\\n",
            CharEscape::CarriageReturn => b"\\r",
            CharEscape::Tab => b"\\t",
            CharEscape::AsciiControl(byte) => return write!(out, "\\u{byte:04x}"),
        };
        out.write_all(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(text: &str) -> Call {
        Call { name: Some("save".into()), text: text.into(), ..Call::default() }
    }

    const WANTED: Around = Around::Whole { wanted: true };
    const FAILED: Around = Around::Failed { wanted: true };

    #[test]
    fn only_a_whole_call_of_a_turn_that_came_to_its_end_is_run() {
        let whole = call(r#"{"a": 1}"#);
        assert_eq!(whole.runnable(WANTED), Runnable::Yes);
        assert_eq!(whole.runnable(Around::CutShort), Runnable::May);
        assert_eq!(whole.runnable(FAILED), Runnable::No);
        for cut in [r#"{"a": "#, r#"{"a": 1}}"#, "[1]", "1", "\"x\"", "{'a': 1}"] {
            for around in [WANTED, Around::CutShort, FAILED] {
                assert_eq!(call(cut).runnable(around), Runnable::No, "{cut}");
            }
        }
        assert_eq!(Call { name: None, ..whole.clone() }.runnable(WANTED), Runnable::No);
        assert_eq!(Call { broken: true, ..whole.clone() }.runnable(WANTED), Runnable::No);
        assert_eq!(Call { garbled: true, ..whole }.runnable(WANTED), Runnable::No);
    }

    #[test]
    fn no_arguments_are_a_call_only_where_calls_were_meant() {
        for none in ["", "null", " {} "] {
            assert_eq!(call(none).runnable(WANTED), Runnable::Yes, "{none}");
        }
        for lost in ["", "null"] {
            assert_eq!(call(lost).runnable(Around::CutShort), Runnable::No, "{lost}");
            assert_eq!(call(lost).runnable(Around::Whole { wanted: false }), Runnable::No, "{lost}");
        }
    }

    #[test]
    fn arguments_sent_as_a_value_are_written_as_models_write_them() {
        let value = json!({"a": [1, 2.5], "b": {"c": "é\n🦀"}});
        assert_eq!(written(&value, Script::Unicode), "{\"a\": [1, 2.5], \"b\": {\"c\": \"é\\n🦀\"}}");
        let ascii = written(&value, Script::Ascii);
        assert!(ascii.ends_with("\"\\u00e9\\n\\ud83e\\udd80\"}}"), "{ascii}");
        assert_eq!(serde_json::from_str::<Value>(&ascii).unwrap(), value);
    }
}
