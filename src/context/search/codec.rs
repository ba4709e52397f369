//! An [`Entry`] as bytes. Little-endian; numbers as LEB128 except the columns, which are read as a
//! block. What does not decode to the last byte is no entry.

use super::entry::{Entry, Part, Posting, Symbol};
use crate::text::Span;
use crate::text::symbols::Kind;
use crate::text::terms::Term;

const KINDS: [Kind; 5] = [Kind::Function, Kind::Type, Kind::Scope, Kind::Value, Kind::Section];

/// Appends `entry` to `out`.
pub fn encode(entry: &Entry, out: &mut Vec<u8>) {
    number(out, entry.parts.len());
    let (mut line, mut end) = (0, 0);
    for part in &entry.parts {
        number(out, part.span.start() - line);
        number(out, part.span.len());
        number(out, part.bytes as usize);
        number(out, part.length as usize);
        number(out, (part.end - end) as usize);
        (line, end) = (part.span.end(), part.end);
    }
    number(out, entry.symbols.len());
    for symbol in &entry.symbols {
        out.push(KINDS.iter().position(|kind| *kind == symbol.kind).unwrap_or(0) as u8);
        number(out, symbol.span.start());
        number(out, symbol.span.len());
        number(out, symbol.name.len());
        out.extend_from_slice(symbol.name.as_bytes());
    }
    entry.terms.iter().for_each(|term| out.extend_from_slice(&term.bits().to_le_bytes()));
    out.extend(entry.postings.iter().map(|posting| posting.bits()));
}

/// Reads what [`encode`] wrote; `None` for anything else.
pub fn decode(bytes: &[u8]) -> Option<Entry> {
    let mut from = Reader(bytes);
    let mut entry = Entry::default();
    let (mut line, mut end) = (0_usize, 0_usize);
    for _ in 0..from.count()? {
        let start = line.checked_add(from.number()?)?;
        let lines = from.number()?;
        line = start.checked_add(lines)?;
        let (bytes, length) = (u32::try_from(from.number()?).ok()?, u32::try_from(from.number()?).ok()?);
        end = end.checked_add(from.number()?)?;
        entry.parts.push(Part { span: Span::new(start, line), bytes, length, end: u32::try_from(end).ok()? });
    }
    for _ in 0..from.count()? {
        let kind = *KINDS.get(usize::from(*from.take(1)?.first()?))?;
        let start = from.number()?;
        let span = Span::new(start, start.checked_add(from.number()?)?);
        let size = from.number()?;
        let name = std::str::from_utf8(from.take(size)?).ok()?.into();
        entry.symbols.push(Symbol { name, kind, span });
    }
    let terms = from.take(end.checked_mul(4)?)?.chunks_exact(4);
    entry.terms =
        terms.filter_map(|four| Some(Term::from_bits(u32::from_le_bytes(four.try_into().ok()?)))).collect();
    entry.postings = from.take(end)?.iter().map(|bits| Posting::from_bits(*bits)).collect();
    from.0.is_empty().then_some(entry)
}

/// Appends a number as LEB128.
pub fn number(out: &mut Vec<u8>, mut value: usize) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that are read from the front.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number that [`number`] wrote.
    pub fn number(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = *self.take(1)?.first()?;
            value |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// How many things follow: never more than there are bytes.
    pub fn count(&mut self) -> Option<usize> {
        self.number().filter(|count| *count <= self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lines, RepoPath};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn an_entry_of_any_text_comes_back(text in "(fn [a-z_]{1,9}\\(\\) \\{\\}\n|[a-zA-Z_ .\n]{0,40})*") {
            let entry = Entry::of(&RepoPath::parse("a.rs").unwrap(), &Lines::from(text.as_str()));
            let mut bytes = Vec::new();
            encode(&entry, &mut bytes);
            prop_assert_eq!(decode(&bytes), Some(entry));
            bytes.push(0);
            prop_assert_eq!(decode(&bytes), None);
        }

        #[test]
        fn numbers_come_back(value in any::<usize>()) {
            let mut bytes = Vec::new();
            number(&mut bytes, value);
            prop_assert_eq!(Reader(&bytes).number(), Some(value));
        }

        #[test]
        fn any_bytes_are_an_entry_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            decode(&bytes);
        }
    }
}
