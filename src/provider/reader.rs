//! From the bytes of a response to an [`Answer`]: finds out how they are framed (events or JSON
//! values), whatever was asked for and whatever the header claims, and hands each value to the wire's
//! reader. Bounded, linear, and the same for every way of cutting the bytes.

use memchr::memmem::Finder;

use super::Wire;
use super::answer::{Answer, Flaw};
use super::json::{Json, parse};
use super::refusal::one_line;
use super::report::Report;
use super::sse::{Decoder, EVENT_LIMIT, Event, Stopped};
use super::values::{NotValues, Splitter};
use super::wire::Read;
use crate::model::Delta;

/// Most bytes of a whole answer: far beyond any model's output, small enough to hold.
const ANSWER_LIMIT: usize = 128 * 1024 * 1024;

/// Enough of a body to tell how it is framed.
const SNIFF: usize = 8;

pub(super) struct Reader {
    read: Box<dyn Read>,
    /// A whole answer of this wire says that it is one; the end of the document does not.
    says_its_end: bool,
    content_type: String,
    framing: Framing,
    received: usize,
    answer: Answer,
    suspects: Suspects,
    /// Goes on after an error that the server reports.
    thorough: bool,
}

enum Framing {
    /// The first bytes, too few to tell.
    Unknown(Vec<u8>),
    Events(Decoder),
    /// Values, and how many there were.
    Values(Splitter, usize),
}

impl Reader {
    /// For answers of `wire`. `content_type` as the server gave it; it is believed only where the
    /// bytes do not tell.
    pub fn new(wire: Wire, content_type: &str) -> Self {
        Self::with(wire.format().reader(), wire, content_type)
    }

    /// The same with a reader of its own.
    pub fn with(read: Box<dyn Read>, wire: Wire, content_type: &str) -> Self {
        Self {
            read,
            says_its_end: wire.format().says_its_end(),
            content_type: content_type.to_ascii_lowercase(),
            framing: Framing::Unknown(Vec::new()),
            received: 0,
            answer: Answer::default(),
            suspects: Suspects::default(),
            thorough: false,
        }
    }

    /// Reads all there is, whatever the server reports in between.
    pub fn thorough(self) -> Self {
        Self { thorough: true, ..self }
    }

    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        self.received = self.received.saturating_add(bytes.len());
        if self.received > ANSWER_LIMIT {
            return Err(Flaw::Unreadable(format!("an answer of more than {} MiB", ANSWER_LIMIT >> 20)));
        }
        self.feed(bytes)
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        // Out of the way while its events are read.
        let mut framing = std::mem::replace(&mut self.framing, Framing::Unknown(Vec::new()));
        let fed = self.feed_as(&mut framing, bytes);
        self.framing = framing;
        fed
    }

    fn feed_as(&mut self, framing: &mut Framing, bytes: &[u8]) -> Result<(), Flaw> {
        match framing {
            Framing::Unknown(head) => {
                // Blanks before the first word say nothing in any framing.
                let bytes = if head.is_empty() { bytes.trim_ascii_start() } else { bytes };
                head.extend_from_slice(bytes);
                if head.len() >= SNIFF { self.recognise(framing) } else { Ok(()) }
            }
            Framing::Events(decoder) => match decoder.push(bytes, |event| self.event(event)) {
                Ok(()) => Ok(()),
                Err(Stopped::Enough(flaw)) => Err(flaw),
                Err(Stopped::Oversized) => self.unless_over(oversized()),
            },
            Framing::Values(splitter, count) => {
                let mut values = Vec::new();
                let fine = splitter.push(bytes, &mut values);
                *count += values.len();
                values.iter().try_for_each(|value| self.value("", value))?;
                fine.or_else(|why| {
                    self.unless_over(match why {
                        NotValues::Oversized => oversized(),
                        NotValues::Stray => Flaw::Unreadable("words between JSON values".into()),
                        NotValues::Broken => {
                            Flaw::Unreadable("malformed JSON (a line ends inside a text)".into())
                        }
                    })
                })
            }
        }
    }

    /// What is wrong with bytes that are not part of the answer does not matter.
    fn unless_over(&self, flaw: Flaw) -> Result<(), Flaw> {
        if self.is_over() { Ok(()) } else { Err(flaw) }
    }

    /// The body ended as HTTP says it should.
    pub fn end(&mut self) -> Result<(), Flaw> {
        let mut framing = std::mem::replace(&mut self.framing, Framing::Unknown(Vec::new()));
        let ended = self.end_as(&mut framing);
        self.framing = framing;
        ended
    }

    fn end_as(&mut self, framing: &mut Framing) -> Result<(), Flaw> {
        if matches!(framing, Framing::Unknown(_)) {
            self.recognise(framing)?;
        }
        match framing {
            Framing::Unknown(_) => Ok(()),
            Framing::Events(decoder) => match decoder.rest() {
                // An event that was cut is not malformed: the end of it never came.
                Some(event) if is_whole(&event.data) => self.event(&event),
                _ => Ok(()),
            },
            Framing::Values(splitter, count) => {
                let document = *count == 1 && !splitter.is_open() && !self.is_lines();
                if document && !self.says_its_end {
                    self.answer.done();
                }
                Ok(())
            }
        }
    }

    pub fn take(&mut self) -> Vec<Delta> {
        self.answer.take()
    }

    pub fn close(&mut self) -> Result<Vec<Delta>, Flaw> {
        self.answer.close()
    }

    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    fn is_lines(&self) -> bool {
        self.content_type.contains("ndjson") || self.content_type.contains("jsonl")
    }

    fn recognise(&mut self, framing: &mut Framing) -> Result<(), Flaw> {
        let Framing::Unknown(head) = framing else { return Ok(()) };
        let head = std::mem::take(head);
        *framing = framing_of(&head).ok_or_else(|| Flaw::Unreadable(self.describe(&head)))?;
        self.feed_as(framing, &head)
    }

    fn describe(&self, head: &[u8]) -> String {
        let kind = match self.content_type.as_str() {
            "" => "a body without a content type".to_owned(),
            kind => format!("`{}`", one_line(kind, 60)),
        };
        if head.is_empty() {
            format!("{kind}, and it is empty")
        } else {
            format!("{kind}, beginning with `{}`", beginning(head))
        }
    }

    fn event(&mut self, event: &Event) -> Result<(), Flaw> {
        match event.data.trim_ascii() {
            b"" => Ok(()),
            b"[DONE]" if !self.is_over() => {
                self.answer.done();
                Ok(())
            }
            b"[DONE]" => Ok(()),
            data => self.value(&event.name, data),
        }
    }

    /// Is nothing that comes now part of the answer?
    fn is_over(&self) -> bool {
        self.answer.is_done() || (self.answer.has_failed() && !self.thorough)
    }

    fn value(&mut self, name: &str, data: &[u8]) -> Result<(), Flaw> {
        if self.is_over() {
            return Ok(());
        }
        let mut value = parse(data).map_err(|error| {
            Flaw::Unreadable(format!("malformed JSON ({error}), beginning with `{}`", beginning(data)))
        })?;
        // Some servers say the type in the event's name only.
        if !name.is_empty() && name != "message" && value.is_object() && value["type"].is_null() {
            value.set_default("type", name);
        }
        let may_fail = name == "error" || self.suspects.are_in(data);
        match value {
            Json::Array(values) => values.iter().for_each(|value| self.read_one(name, value, may_fail)),
            value => self.read_one(name, &value, may_fail),
        }
        Ok(())
    }

    fn read_one(&mut self, name: &str, value: &Json<'_>, may_fail: bool) {
        let report = if may_fail { Report::within(name, &value.to_value()) } else { None };
        // A bare error event after an error that was explained says nothing new.
        if let Some(report) = report.filter(|report| !report.is_bare() || !self.answer.has_report()) {
            self.answer.report(report);
        }
        self.read.read(value, &mut self.answer);
    }
}

/// How the bytes are framed; `None` if in no way that an API uses.
fn framing_of(head: &[u8]) -> Option<Framing> {
    const FIELDS: [&[u8]; 6] = [b"data", b"event", b":", b"id", b"retry", b"\xef\xbb\xbf"];
    if head.starts_with(b"{") || head.starts_with(b"[") {
        return Some(Framing::Values(Splitter::default(), 0));
    }
    let events = FIELDS.iter().any(|field| head.starts_with(field));
    events.then(|| Framing::Events(Decoder::default()))
}

/// Without one of these there is no error in the bytes of an event: its name, spelled out or escaped.
/// Looking for them is cheaper for each delta than looking in all the places where an error may be.
struct Suspects([Finder<'static>; 2]);

impl Default for Suspects {
    fn default() -> Self {
        Self([Finder::new("error"), Finder::new("\\u")])
    }
}

impl Suspects {
    fn are_in(&self, data: &[u8]) -> bool {
        self.0.iter().any(|suspect| suspect.find(data).is_some())
    }
}

fn is_whole(data: &[u8]) -> bool {
    data.trim_ascii() == b"[DONE]" || serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
}

fn beginning(data: &[u8]) -> String {
    let head = data.get(..256).unwrap_or(data);
    one_line(&String::from_utf8_lossy(head), 80)
}

fn oversized() -> Flaw {
    Flaw::Unreadable(format!("a single event of more than {} MiB", EVENT_LIMIT >> 20))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Finish;

    fn read<'a>(
        wire: Wire,
        kind: &str,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> (Vec<Delta>, Option<Flaw>) {
        let mut reader = Reader::new(wire, kind);
        let mut result = Ok(());
        for piece in pieces {
            result = result.and_then(|()| reader.push(piece));
        }
        let result = result.and_then(|()| reader.end()).and_then(|()| reader.close());
        let mut deltas = reader.take();
        let flaw = result.map(|last| deltas.extend(last)).err();
        (deltas, flaw)
    }

    fn openai(body: &str) -> (Vec<Delta>, Option<Flaw>) {
        read(Wire::OpenAiChat, "text/event-stream", [body.as_bytes()])
    }

    fn said(text: &str, finish: Finish) -> (Vec<Delta>, Option<Flaw>) {
        (vec![Delta::Text(text.into()), Delta::Finish(finish)], None)
    }

    const CHUNK: &str = r#"data: {"choices":[{"delta":{"content":"hé"}}]}"#;
    const STOP: &str = r#"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"#;

    #[test]
    fn a_stream_is_whole_when_its_end_was_said_and_not_when_it_merely_ended() {
        assert_eq!(openai(&format!("{CHUNK}\n\n{STOP}\n\n")), said("hé", Finish::Stop));
        assert_eq!(openai(&format!("{CHUNK}\n\n{STOP}")), said("hé", Finish::Stop), "no last line break");
        assert_eq!(openai(&format!("{CHUNK}\n\ndata: [DONE]\n\n")), said("hé", Finish::Stop));
        assert_eq!(openai(&format!("{CHUNK}\n\n")).1, Some(Flaw::Cut));
        assert_eq!(openai(&format!("{CHUNK}\n\n{}", &STOP[..30])).1, Some(Flaw::Cut));
        assert!(matches!(openai("data: [DONE]\n\n").1, Some(Flaw::Unreadable(_))));
    }

    #[test]
    fn a_document_is_taken_where_a_stream_was_asked_for_and_the_other_way_round() {
        let document = r#" {"choices":[{"message":{"content":"hé"},"finish_reason":"length"}]}"#;
        for kind in ["application/json", "text/event-stream", ""] {
            let found = read(Wire::OpenAiChat, kind, [document.as_bytes()]);
            assert_eq!(found, said("hé", Finish::Length), "{kind}");
        }
        let stream = format!("{CHUNK}\n\n{STOP}\n\n");
        let found = read(Wire::OpenAiChat, "application/json", [stream.as_bytes()]);
        assert_eq!(found, said("hé", Finish::Stop));
        let lines = format!("{}\n{}\n", &CHUNK[6..], &STOP[6..]);
        let found = read(Wire::OpenAiChat, "application/x-ndjson", [lines.as_bytes()]);
        assert_eq!(found, said("hé", Finish::Stop));
        assert_eq!(read(Wire::OpenAiChat, "", [&document.as_bytes()[..40]]).1, Some(Flaw::Cut));
    }

    #[test]
    fn what_is_no_answer_is_named() {
        for (kind, body, expected) in [
            ("text/html", "<!doctype html><p>hi", "`text/html`, beginning with `<!doctype html><p>hi`"),
            ("", "", "a body without a content type, and it is empty"),
            ("text/event-stream", "hello there", "`text/event-stream`, beginning with `hello there`"),
        ] {
            let found = read(Wire::OpenAiChat, kind, [body.as_bytes()]);
            assert_eq!(found.1, Some(Flaw::Unreadable(expected.into())));
        }
        let (deltas, flaw) = openai(&format!("{CHUNK}\n\ndata: {{\"choices\":[{{\"de\n\n{STOP}\n\n"));
        assert_eq!(deltas, [Delta::Text("hé".into())], "what came before is kept");
        assert!(matches!(flaw, Some(Flaw::Unreadable(why)) if why.contains("malformed JSON")));
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused_and_not_replaced() {
        let found = read(
            Wire::OpenAiChat,
            "",
            [&b"data: {\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}\n\n"[..]],
        );
        assert!(matches!(found, (deltas, Some(Flaw::Unreadable(_))) if deltas.is_empty()));
    }

    #[test]
    fn an_error_in_the_stream_is_one_in_every_shape() {
        for (shape, status) in [
            ("event: error\ndata: {\"message\":\"no\"}", None),
            ("data: {\"error\":{\"message\":\"no\",\"code\":429}}", Some(429)),
            ("data: {\"choices\":[],\"error\":{\"type\":\"overloaded_error\"}}", Some(529)),
            ("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}", None),
        ] {
            let (deltas, flaw) = openai(&format!("{CHUNK}\n\n{shape}\n\n"));
            assert_eq!(deltas.len(), 1);
            assert!(matches!(flaw, Some(Flaw::Reported { status: found, .. }) if found == status), "{shape}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        let deep = format!("data: {}\n\n", "[".repeat(200_000));
        assert!(matches!(openai(&deep).1, Some(Flaw::Unreadable(_))));
    }

    const ANTHROPIC: &str = "event: message_start\r\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3}}}\r\n\r\n: ping\r\n\r\nevent: content_block_delta\r\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"né 🦀\"}}\r\n\r\nevent: message_delta\r\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":9}}\r\n\r\nevent: message_stop\r\ndata: {\"type\":\"message_stop\"}";

    fn bodies() -> Vec<(Wire, String)> {
        let usage = r#"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
        let document = r#"{"choices":[{"message":{"content":"🦀"},"finish_reason":"stop"}]}"#;
        vec![
            (
                Wire::OpenAiChat,
                format!(": hi\n\n{CHUNK}\n\n{CHUNK}\r\n\r\n{STOP}\n\n{usage}\n\ndata: [DONE]\n\n"),
            ),
            (Wire::OpenAiChat, document.into()),
            (Wire::OpenAiChat, "\n\n <html>".into()),
            (Wire::OpenAiChat, format!("{CHUNK}\n\nevent: error\ndata: {{\"message\":\"no\"}}\n\n")),
            (Wire::Anthropic, ANTHROPIC.into()),
        ]
    }

    #[test]
    fn a_stream_that_is_cut_at_any_byte_gives_a_beginning_of_the_answer_and_no_end() {
        for (wire, body) in [
            (Wire::OpenAiChat, format!("{CHUNK}\n\n{CHUNK}\n\n{STOP}\n\n")),
            (Wire::Anthropic, ANTHROPIC.into()),
        ] {
            let (whole, flaw) = read(wire, "text/event-stream", [body.as_bytes()]);
            assert_eq!(flaw, None);
            let said = ["finish_reason", "stop_reason"].into_iter().find_map(|name| body.find(name)).unwrap();
            for cut in 0..body.len() {
                let (deltas, flaw) = read(wire, "text/event-stream", [&body.as_bytes()[..cut]]);
                let kept = deltas.iter().take_while(|delta| !matches!(delta, Delta::Finish(_))).count();
                assert_eq!(deltas[..kept], whole[..kept], "cut at {cut}");
                assert!(flaw.is_some() || cut > said, "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_flood_of_blanks_or_of_one_line_costs_what_it_is_long() {
        let megabyte = |byte: u8| vec![byte; 1024 * 1024];
        for (kind, first, byte) in [("", &b""[..], b' '), ("application/x-ndjson", b"{\"a\": \"", b'x')] {
            let (first, flood) = (first.to_vec(), megabyte(byte));
            let pieces = std::iter::once(first.as_slice()).chain((0..200 * 1024).map(|_| &flood[..1024]));
            let flaw = read(Wire::OpenAiChat, kind, pieces).1;
            assert!(matches!(flaw, Some(Flaw::Unreadable(why)) if why.contains("more than")));
        }
    }

    proptest! {
        #[test]
        fn any_split_of_the_bytes_gives_the_same_answer(which in 0..5_usize, cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..24)) {
            let (wire, body) = bodies().swap_remove(which);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len())).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|w| &body.as_bytes()[w[0]..w[1]]);
            let split = read(wire, "text/event-stream", pieces);
            prop_assert_eq!(split, read(wire, "text/event-stream", [body.as_bytes()]));
        }

        #[test]
        fn no_bytes_panic_and_no_answer_is_whole_without_its_end(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let (deltas, flaw) = read(Wire::OpenAiChat, "text/event-stream", [body.as_slice()]);
            prop_assert_eq!(flaw.is_none(), matches!(deltas.last(), Some(Delta::Finish(_))));
        }
    }
}
