//! Server-sent events (WHATWG HTML, 9.2.6), from bytes cut anywhere. Linear in what arrives and
//! bounded in what is kept. Data stays bytes: whoever reads it decides whether it is text, so that
//! nothing is replaced on the way. Knows no wire format.

use memchr::{memchr, memchr2};

/// Most bytes of one event. A server may repeat a whole answer in one, so it is generous.
pub(super) const EVENT_LIMIT: usize = 32 * 1024 * 1024;

/// One event that was closed by an empty line.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Event {
    /// Empty where the server named none.
    pub name: String,
    pub data: Vec<u8>,
}

/// Why reading stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stopped<E> {
    /// An event grew beyond [`EVENT_LIMIT`].
    Oversized,
    /// Whoever was given an event wants no more.
    Enough(E),
}

#[derive(Default)]
pub(super) struct Decoder {
    line: Vec<u8>,
    /// Reused from event to event: an event of a stream is small, and there are many.
    open: Event,
    after_cr: bool,
    begun: bool,
}

impl Decoder {
    /// Hands each event that `bytes` close to `on`, in order, until it wants no more.
    pub fn push<E>(
        &mut self,
        mut bytes: &[u8],
        mut on: impl FnMut(&Event) -> Result<(), E>,
    ) -> Result<(), Stopped<E>> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes.first() == Some(&b'\n') {
                bytes = bytes.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', bytes) else {
                self.line.extend_from_slice(bytes);
                return self.bounded();
            };
            let (head, rest) = bytes.split_at(end);
            self.after_cr = rest.first() == Some(&b'\r');
            bytes = rest.get(1..).unwrap_or_default();
            let closes = if self.line.is_empty() {
                // Most lines come whole, and need not be gathered.
                self.end_line(head)
            } else {
                self.line.extend_from_slice(head);
                self.end_gathered_line()
            };
            self.bounded()?;
            if closes {
                self.close(&mut on).map_err(Stopped::Enough)?;
            }
        }
        Ok(())
    }

    /// What the end of the stream leaves open. The standard drops it; real servers forget the last
    /// empty line, so the reader may have it, and must check that it is whole.
    pub fn rest(&mut self) -> Option<Event> {
        if !self.line.is_empty() {
            self.end_gathered_line();
        }
        let event = std::mem::take(&mut self.open);
        (!event.data.is_empty()).then_some(event)
    }

    fn bounded<E>(&self) -> Result<(), Stopped<E>> {
        let held = self.line.len() + self.open.data.len();
        if held > EVENT_LIMIT { Err(Stopped::Oversized) } else { Ok(()) }
    }

    fn end_gathered_line(&mut self) -> bool {
        let mut line = std::mem::take(&mut self.line);
        let closes = self.end_line(&line);
        line.clear();
        self.line = line;
        closes
    }

    /// Does the line close an event?
    fn end_line(&mut self, line: &[u8]) -> bool {
        let bom: &[u8] = if self.begun { b"" } else { b"\xef\xbb\xbf" };
        self.begun = true;
        let line = line.strip_prefix(bom).unwrap_or(line);
        if line.is_empty() {
            return true;
        }
        let (field, value) = match memchr(b':', line) {
            Some(colon) => (line.get(..colon), line.get(colon + 1..)),
            None => (Some(line), None),
        };
        let value = value.unwrap_or_default();
        self.field(field.unwrap_or_default(), value.strip_prefix(b" ").unwrap_or(value));
        false
    }

    fn field(&mut self, field: &[u8], value: &[u8]) {
        match field {
            b"data" => {
                if !self.open.data.is_empty() {
                    self.open.data.push(b'\n');
                }
                self.open.data.extend_from_slice(value);
            }
            b"event" => {
                self.open.name.clear();
                match std::str::from_utf8(value) {
                    Ok(name) => self.open.name.push_str(name),
                    Err(_) => self.open.name.push_str(&String::from_utf8_lossy(value)),
                }
            }
            _ => {}
        }
    }

    fn close<E>(&mut self, on: &mut impl FnMut(&Event) -> Result<(), E>) -> Result<(), E> {
        let wanted = if self.open.data.is_empty() { Ok(()) } else { on(&self.open) };
        self.open.data.clear();
        self.open.name.clear();
        wanted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        let mut keep = |event: &Event| {
            events.push(event.clone());
            Ok::<(), ()>(())
        };
        for piece in pieces {
            decoder.push(piece, &mut keep).unwrap();
        }
        events.extend(decoder.rest());
        events.into_iter().map(|e| (e.name, String::from_utf8(e.data).unwrap())).collect()
    }

    const STREAM: &str = "\u{feff}: hello\r\n\r\nevent: a\r\ndata: {\"x\":\r\ndata:  \"ü\"}\r\n\r\ndata:bare\n\nid: 1\rdata: cr\r\rretry: 5\n\ndata\n\ndata: last";

    #[test]
    fn comments_line_endings_and_a_missing_last_line_are_all_read() {
        let events = decode([STREAM.as_bytes()]);
        let expected = [("a", "{\"x\":\n \"ü\"}"), ("", "bare"), ("", "cr"), ("", "last")];
        assert_eq!(events, expected.map(|(n, d)| (n.to_owned(), d.to_owned())));
    }

    #[test]
    fn an_event_without_end_is_refused_and_not_collected_for_ever() {
        let mut decoder = Decoder::default();
        let megabyte = vec![b'x'; 1024 * 1024];
        let mut push = || decoder.push(&megabyte, |_| Ok::<(), ()>(()));
        let pushes = (0..64).take_while(|_| push().is_ok()).count();
        assert_eq!(pushes, EVENT_LIMIT / megabyte.len());
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_events(cuts in prop::collection::vec(0..STREAM.len(), 0..20)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|w| &STREAM.as_bytes()[w[0]..w[1]]);
            prop_assert_eq!(decode(pieces), decode([STREAM.as_bytes()]));
        }
    }
}
