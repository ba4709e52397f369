//! A stream of JSON values, one after the other: lines of JSON, a single document, however it is laid
//! out over lines. Finds where each value ends without reading it; what is in it is not known here.

use super::sse::EVENT_LIMIT;

/// Why bytes are no stream of values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotValues {
    /// A single value of more than [`EVENT_LIMIT`].
    Oversized,
    /// Something between two values that is neither.
    Stray,
    /// A text that goes on over a line's end, which JSON forbids (RFC 8259, 7).
    Broken,
}

#[derive(Default, Debug)]
pub(super) struct Splitter {
    open: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Splitter {
    /// The values that `bytes` close, appended to `values` in order.
    pub fn push(&mut self, bytes: &[u8], values: &mut Vec<Vec<u8>>) -> Result<(), NotValues> {
        let mut begun = 0;
        for (at, byte) in bytes.iter().enumerate() {
            match (self.in_string, byte) {
                (true, _) if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (true, b'"') => self.in_string = false,
                (true, b'\n' | b'\r') => return Err(NotValues::Broken),
                (true, _) => {}
                (false, b'{' | b'[') => self.depth += 1,
                (false, _) if self.depth == 0 => {
                    begun = at + 1;
                    if !byte.is_ascii_whitespace() {
                        return Err(NotValues::Stray);
                    }
                }
                (false, b'"') => self.in_string = true,
                (false, b'}' | b']') => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.open.extend_from_slice(bytes.get(begun..=at).unwrap_or_default());
                        begun = at + 1;
                        self.bounded()?;
                        values.push(std::mem::take(&mut self.open));
                    }
                }
                (false, _) => {}
            }
        }
        self.open.extend_from_slice(bytes.get(begun..).unwrap_or_default());
        self.bounded()
    }

    /// Has a value begun that has not ended?
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn bounded(&self) -> Result<(), NotValues> {
        if self.open.len() > EVENT_LIMIT { Err(NotValues::Oversized) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, bool, bool) {
        let (mut splitter, mut values) = (Splitter::default(), Vec::new());
        let fine = pieces.into_iter().all(|piece| splitter.push(piece, &mut values).is_ok());
        let values = values.into_iter().map(|value| String::from_utf8(value).unwrap());
        (values.collect(), splitter.is_open(), fine)
    }

    const STREAM: &str = "{\"a\": \"}{\\\"[\"}\r\n{\n \"b\": [1,\n {\"ü\": \"\\\\\"}]\n}\n\n[{}]{";

    #[test]
    fn values_end_where_their_brackets_do_and_not_where_lines_do() {
        let (values, open, fine) = split([STREAM.as_bytes()]);
        assert_eq!(values, ["{\"a\": \"}{\\\"[\"}", "{\n \"b\": [1,\n {\"ü\": \"\\\\\"}]\n}", "[{}]"]);
        assert!(open && fine);
        assert!(!split([&b"{} x {}"[..]]).2, "between values is nothing but blanks");
        assert!(!split([&b"{}}"[..]]).2);
        assert!(!split([&b"{\"a\": \"b\n{}"[..]]).2, "a text ends on its line");
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_values(cuts in prop::collection::vec(0..STREAM.len(), 0..20)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|w| &STREAM.as_bytes()[w[0]..w[1]]);
            prop_assert_eq!(split(pieces), split([STREAM.as_bytes()]));
        }
    }
}
