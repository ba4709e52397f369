//! A text as lines, byte-exact. Lines keep their endings, so that concatenating them gives the text
//! back; nothing is decoded, so a Latin-1 file or a stray byte survives everything done here.
//! Only LF ends a line (CR LF is a line that ends in CR LF), as in git, compilers and LSP.

use std::fmt;
use std::sync::Arc;

/// Zero-based, half-open range of lines. `start == end` is a place between two lines. Written down as the pair
/// of both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "(usize, usize)", into = "(usize, usize)")]
pub struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// Lines `start..end`; an `end` before `start` is taken as `start`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// From a person's one-based, inclusive line numbers. `None` when `first` is 0 or after `last`.
    pub fn from_numbers(first: usize, last: usize) -> Option<Self> {
        (first >= 1 && first <= last).then(|| Self { start: first - 1, end: last })
    }

    pub fn start(self) -> usize {
        self.start
    }

    pub fn end(self) -> usize {
        self.end
    }

    pub fn len(self) -> usize {
        self.end - self.start
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Is every line of `other` in `self`? A place between lines counts as inside when it touches.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Do both claim a line, or is one a place strictly inside the other?
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Do they overlap or share a border?
    pub fn touches(self, other: Span) -> bool {
        self.start <= other.end && other.start <= self.end
    }

    pub fn as_range(self) -> std::ops::Range<usize> {
        self.start..self.end
    }
}

impl From<(usize, usize)> for Span {
    fn from((start, end): (usize, usize)) -> Self {
        Self::new(start, end)
    }
}

impl From<Span> for (usize, usize) {
    fn from(span: Span) -> Self {
        (span.start, span.end)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// One-based and inclusive, as people and compilers count: `12-30`, `7`, or `before 7` for a place.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len() {
            0 => write!(f, "before {}", self.start + 1),
            1 => write!(f, "{}", self.end),
            _ => write!(f, "{}-{}", self.start + 1, self.end),
        }
    }
}

/// How a line ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum LineEnding {
    Lf,
    CrLf,
    /// The last line of a text that does not end in a newline.
    None,
}

impl LineEnding {
    pub fn of(line: &[u8]) -> Self {
        match line {
            [.., b'\r', b'\n'] => Self::CrLf,
            [.., b'\n'] => Self::Lf,
            _ => Self::None,
        }
    }

    /// The one that most lines of a text have; LF for a text without any.
    pub fn dominant(text: &[u8]) -> Self {
        let (mut newlines, mut crlf, mut before) = (0_usize, 0_usize, b'\0');
        for byte in text {
            if *byte == b'\n' {
                newlines += 1;
                crlf += usize::from(before == b'\r');
            }
            before = *byte;
        }
        if 2 * crlf > newlines { Self::CrLf } else { Self::Lf }
    }

    pub fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::None => b"",
        }
    }
}

/// An immutable text with an index of its lines. Cloning is cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct Lines {
    bytes: Arc<[u8]>,
    starts: Starts,
}

/// Byte offset of each line's first byte, in half the room wherever it fits: a review holds hundreds of
/// texts at once.
#[derive(Clone, PartialEq, Eq)]
enum Starts {
    Narrow(Arc<[u32]>),
    Wide(Arc<[usize]>),
}

impl Starts {
    fn of(bytes: &[u8]) -> Self {
        let first = (!bytes.is_empty()).then_some(0);
        let newlines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts =
            first.into_iter().chain(newlines.map(|(at, _)| at + 1).filter(|next| *next < bytes.len()));
        match u32::try_from(bytes.len()) {
            Ok(_) => Self::Narrow(starts.map(|start| u32::try_from(start).unwrap_or(u32::MAX)).collect()),
            Err(_) => Self::Wide(starts.collect()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Narrow(starts) => starts.len(),
            Self::Wide(starts) => starts.len(),
        }
    }

    fn get(&self, line: usize) -> Option<usize> {
        match self {
            Self::Narrow(starts) => starts.get(line).and_then(|start| usize::try_from(*start).ok()),
            Self::Wide(starts) => starts.get(line).copied(),
        }
    }
}

impl Lines {
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into();
        let starts = Starts::of(&bytes);
        Self { bytes, starts }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn shared_bytes(&self) -> Arc<[u8]> {
        Arc::clone(&self.bytes)
    }

    /// Number of lines; 0 for the empty text. A last line without a newline counts.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Line `at` with its ending.
    pub fn get(&self, at: usize) -> Option<&[u8]> {
        (at < self.len()).then(|| self.slice(Span::new(at, at + 1)))
    }

    /// Line `at` without its ending.
    pub fn text(&self, at: usize) -> Option<&[u8]> {
        self.get(at).map(trim_ending)
    }

    /// The bytes of the lines of `span`, endings included; a span past the end is cut to the text.
    pub fn slice(&self, span: Span) -> &[u8] {
        let offset = |line: usize| self.starts.get(line).unwrap_or(self.bytes.len());
        self.bytes.get(offset(span.start)..offset(span.end)).unwrap_or_default()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        (0..self.len()).map(|at| self.slice(Span::new(at, at + 1)))
    }

    /// The whole text as a span.
    pub fn span(&self) -> Span {
        Span::new(0, self.len())
    }

    /// Does the text end in a newline? The empty text does: a line may follow.
    pub fn ends_in_newline(&self) -> bool {
        self.bytes.last().is_none_or(|byte| *byte == b'\n')
    }

    /// The ending most lines use; LF for a text without any.
    pub fn dominant_ending(&self) -> LineEnding {
        LineEnding::dominant(&self.bytes)
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lines({:?})", String::from_utf8_lossy(&self.bytes))
    }
}

impl From<&str> for Lines {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

/// A line without its LF or CR LF.
pub fn trim_ending(line: &[u8]) -> &[u8] {
    let without_lf = line.strip_suffix(b"\n").unwrap_or(line);
    if without_lf.len() == line.len() {
        return line;
    }
    without_lf.strip_suffix(b"\r").unwrap_or(without_lf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_newlines_break_lines() {
        let lines = Lines::from("a\r\nb\u{2028}c\rd\n\ne");
        let texts: Vec<_> = (0..lines.len()).map(|at| lines.text(at).unwrap()).collect();
        assert_eq!(texts, [&b"a"[..], "b\u{2028}c\rd".as_bytes(), b"", b"e"]);
        assert_eq!(LineEnding::of(lines.get(0).unwrap()), LineEnding::CrLf);
        assert_eq!(LineEnding::of(lines.get(3).unwrap()), LineEnding::None);
    }

    #[test]
    fn the_empty_text_has_no_lines() {
        assert_eq!(Lines::from("").len(), 0);
        assert_eq!(Lines::from("\n").len(), 1);
    }

    #[test]
    fn spans_are_shown_as_people_count() {
        assert_eq!(Span::new(11, 30).to_string(), "12-30");
        assert_eq!(Span::new(6, 7).to_string(), "7");
        assert_eq!(Span::new(6, 6).to_string(), "before 7");
        assert_eq!(Span::from_numbers(0, 3), None);
        assert_eq!(Span::from_numbers(3, 2), None);
    }

    #[test]
    fn a_place_overlaps_only_what_it_lies_strictly_inside() {
        let lines = Span::new(2, 5);
        assert!(lines.overlaps(Span::new(3, 3)));
        assert!(!lines.overlaps(Span::new(2, 2)));
        assert!(!lines.overlaps(Span::new(5, 5)));
        assert!(!Span::new(3, 3).overlaps(Span::new(3, 3)));
        assert!(lines.touches(Span::new(5, 5)));
        assert!(lines.overlaps(Span::new(4, 9)));
        assert!(!lines.overlaps(Span::new(5, 9)));
    }

    proptest! {
        #[test]
        fn lines_concatenate_to_the_text(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200)) {
            let lines = Lines::new(bytes.clone());
            prop_assert_eq!(lines.iter().flatten().copied().collect::<Vec<_>>(), bytes);
        }
    }
}
