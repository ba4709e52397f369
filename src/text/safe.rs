//! The only way a stranger's string becomes printable. What comes out has no control character, no
//! bidirectional or invisible mark, no tag: those are *shown*, as marks, so that what a person
//! approves is what is written (CVE-2021-42574 and its kin).
//!
//! One rule, in [`cells`]; everything else here is built on it. It owns no colour and knows no
//! screen: whoever draws decides how a mark looks.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Most code points drawn in one cell; what a stranger stacks on top of that becomes marks.
const STACK: usize = 8;

/// How far ahead we look for the end of a grapheme, in code points: a cluster can be as long as its
/// author likes, a look at it cannot.
const WINDOW: usize = 32;

/// Widest tab drawn.
const TAB_MAX: usize = 64;
const BLANKS: &str = "                                                                ";

/// Tab stops of text that is shown outside a file view.
const TAB: usize = 4;

/// One cell of a line: a grapheme as it is drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell<'a> {
    /// Which bytes of the source it stands for.
    pub bytes: Range<usize>,
    /// What to draw. Printable, on one line.
    pub shown: Cow<'a, str>,
    /// Columns it takes.
    pub width: usize,
    /// It stands for something that would not have been seen as it is.
    pub mark: bool,
}

/// The cells of a line (without its ending). Lazy: a line of a million characters costs what is
/// taken of it. A tab reaches to the next multiple of `tab` columns (1 to 64).
///
/// The byte ranges tile the line. Nothing that is shown is a control or format character, a line or
/// paragraph separator, unassigned or for private use; nothing is invisible but the blank itself.
///
/// ```
/// use rein::text::safe::cells;
/// let shown: Vec<_> = cells("if x\u{202e}\u{1b}[m", 4).map(|cell| cell.shown.into_owned()).collect();
/// assert_eq!(shown.concat(), "if x‹U+202E›␛[m");
/// ```
pub fn cells(line: &str, tab: usize) -> impl Iterator<Item = Cell<'_>> {
    Cells { line, at: 0, cluster_end: 0, column: 0, tab: tab.clamp(1, TAB_MAX) }
}

/// A foreign text made printable as one line: line breaks become `⏎`.
pub fn line(text: &str) -> String {
    printable(text, "⏎")
}

/// The same for bytes that may not be UTF-8: a stray byte is shown as `\xE9`.
pub fn bytes(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        shown.push_str(&line(chunk.valid()));
        shown.extend(chunk.invalid().iter().map(|byte| hex(u32::from(*byte))));
    }
    shown
}

/// A foreign text made printable with its line breaks kept (LF only).
pub fn text(text: &str) -> String {
    printable(text, "\n")
}

fn printable(text: &str, line_break: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, ending) = match line.strip_suffix('\n') {
            // The CR of CR LF belongs to the break; one that no LF follows is shown.
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), line_break),
            None => (line, ""),
        };
        cells(line, TAB).for_each(|cell| shown.push_str(&cell.shown));
        shown.push_str(ending);
    }
    shown
}

/// The iterator behind [`cells`].
struct Cells<'a> {
    line: &'a str,
    /// Byte offset of the next cell.
    at: usize,
    /// Byte offset at which the grapheme cluster that `at` is in ends.
    cluster_end: usize,
    column: usize,
    tab: usize,
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cell<'a>;

    fn next(&mut self) -> Option<Cell<'a>> {
        let rest = self.line.get(self.at..)?;
        let first = rest.chars().next()?;
        let cell = match rest.as_bytes() {
            [b'\t', ..] => self.blank(),
            // Nothing in ASCII combines with what stands before it.
            [b' '..=b'~'] | [b' '..=b'~', ..=0x7f, ..] => self.plain(1, 1),
            _ => self.cluster_part(rest, first),
        };
        self.at = cell.bytes.end;
        self.column += cell.width;
        Some(cell)
    }
}

impl<'a> Cells<'a> {
    /// The next cell of a grapheme cluster: as many printable code points as fit on one base, or
    /// one mark.
    fn cluster_part(&mut self, rest: &'a str, first: char) -> Cell<'a> {
        if self.at >= self.cluster_end {
            self.cluster_end = self.at + cluster(rest).len();
        }
        let part = rest.get(..self.cluster_end - self.at).unwrap_or(rest);
        let drawn = &part[..drawable(part)];
        // What has no width of its own would hide in its neighbour, so it does not begin a cell.
        let width = if first.width().unwrap_or(0) == 0 { 0 } else { drawn.width() };
        match width {
            0 => self.mark(first),
            width => self.plain(drawn.len(), width),
        }
    }

    fn plain(&self, len: usize, width: usize) -> Cell<'a> {
        let bytes = self.at..self.at + len;
        let shown = Cow::Borrowed(self.line.get(bytes.clone()).unwrap_or_default());
        Cell { bytes, shown, width, mark: false }
    }

    fn blank(&self) -> Cell<'a> {
        let width = self.tab - self.column % self.tab;
        let shown = Cow::Borrowed(BLANKS.get(..width).unwrap_or(BLANKS));
        Cell { bytes: self.at..self.at + 1, shown, width, mark: false }
    }

    fn mark(&self, c: char) -> Cell<'a> {
        let shown = name(c);
        let width = shown.width();
        Cell { bytes: self.at..self.at + c.len_utf8(), shown: Cow::Owned(shown), width, mark: true }
    }
}

/// The first grapheme cluster (UAX #29), or as much of it as lies in the window.
fn cluster(rest: &str) -> &str {
    let window = match rest.char_indices().nth(WINDOW) {
        Some((end, _)) => rest.get(..end).unwrap_or(rest),
        None => rest,
    };
    window.graphemes(true).next().unwrap_or(window)
}

/// How many bytes of `part` can be drawn as they are, in one cell.
fn drawable(part: &str) -> usize {
    let mut before: Option<char> = None;
    let mut chars = part.char_indices().take(STACK).peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, c)| *c);
        let emoji = at > 0 && c == '\u{fe0f}' && before.is_some_and(|base| takes_emoji_style(base, after));
        if !emoji && !is_visible(c) {
            return at;
        }
        before = Some(c);
    }
    part.char_indices().nth(STACK).map_or(part.len(), |(at, _)| at)
}

/// Is VARIATION SELECTOR-16 meaningful after `base`? Elsewhere it is an invisible bit of payload.
fn takes_emoji_style(base: char, after: Option<char>) -> bool {
    match base {
        '#' | '*' | '0'..='9' => after == Some('\u{20e3}'),
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}' | '\u{3299}' => true,
        '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' => {
            let mut pair = [0; 8];
            let len = base.encode_utf8(&mut pair).len();
            let len = len + '\u{fe0f}'.encode_utf8(&mut pair[len..]).len();
            std::str::from_utf8(&pair[..len]).is_ok_and(|pair| pair.width() == 2)
        }
        _ => false,
    }
}

/// Does it leave a trace of its own when drawn, and only there?
fn is_visible(c: char) -> bool {
    match c {
        ' '..='~' => true,
        // Default_Ignorable_Code_Point that is not of a category excluded below: joiners, fillers,
        // Khmer inherent vowels, variation selectors.
        '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}' => false,
        // Drawn blank although they are symbols: braille blank, null notehead.
        '\u{2800}' | '\u{1d159}' => false,
        _ => !is_escaped(c),
    }
}

/// The standard library's notion of what debug output must escape is the categories Cc, Cf, Cs, Co,
/// Cn, Zl, Zp and Zs but the blank (a test holds it to that), from Unicode tables as new as the
/// compiler. A first character is also escaped for extending a grapheme, so `c` is made the second.
fn is_escaped(c: char) -> bool {
    let mut pair = [b'_'; 5];
    let len = 1 + c.encode_utf8(&mut pair[1..]).len();
    std::str::from_utf8(&pair[..len]).is_ok_and(|pair| pair.escape_debug().count() > 2)
}

/// A mark for a code point: a control picture, `\x9B`, or `‹U+202E›`.
fn name(c: char) -> String {
    match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).map_or_else(|| hex(code), String::from),
        0x7f => "␡".to_owned(),
        code @ 0x80..0xa0 => hex(code),
        code => format!("‹U+{code:04X}›"),
    }
}

fn hex(code: u32) -> String {
    format!("\\x{code:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(line: &str) -> String {
        cells(line, 4).map(|cell| cell.shown.into_owned()).collect()
    }

    fn marks(line: &str) -> usize {
        cells(line, 4).filter(|cell| cell.mark).count()
    }

    /// Written out from the Unicode 16 character database (General_Category Cf), so that the rule
    /// is not tested with itself.
    const FORMAT: [(u32, u32); 21] = [
        (0xad, 0xad),
        (0x600, 0x605),
        (0x61c, 0x61c),
        (0x6dd, 0x6dd),
        (0x70f, 0x70f),
        (0x890, 0x891),
        (0x8e2, 0x8e2),
        (0x180e, 0x180e),
        (0x200b, 0x200f),
        (0x202a, 0x202e),
        (0x2060, 0x2064),
        (0x2066, 0x206f),
        (0xfeff, 0xfeff),
        (0xfff9, 0xfffb),
        (0x110bd, 0x110bd),
        (0x110cd, 0x110cd),
        (0x13430, 0x1343f),
        (0x1bca0, 0x1bca3),
        (0x1d173, 0x1d17a),
        (0xe0001, 0xe0001),
        (0xe0020, 0xe007f),
    ];

    fn is_hostile(c: char) -> bool {
        let code = u32::from(c);
        c.is_control()
            || matches!(code, 0x2028 | 0x2029 | 0xe000..=0xf8ff | 0xf0000.. )
            || (c.is_whitespace() && c != ' ')
            || FORMAT.iter().any(|(first, last)| (*first..=*last).contains(&code))
    }

    #[test]
    fn plain_text_is_shown_as_it_is() {
        for line in ["fn main() {}", "naïve", "日本語", "e\u{301}", "한글", "नमस्ते", "🇦🇹", "👍🏽", "❤️", "1️⃣"]
        {
            assert_eq!(shown(line), line);
            assert_eq!(marks(line), 0, "{line}");
        }
    }

    #[test]
    fn what_would_not_be_seen_is_marked() {
        for (line, expected) in [
            ("\x1b]0;x\x07", "␛]0;x␇"),
            ("a\u{7f}b", "a␡b"),
            ("\u{9b}31m", "\\x9B31m"),
            ("a\rb", "a␍b"),
            ("x\u{202e}y\u{2066}", "x‹U+202E›y‹U+2066›"),
            ("a\u{200b}b\u{200d}", "a‹U+200B›b‹U+200D›"),
            ("a\u{e0041}", "a‹U+E0041›"),
            ("a\u{fe0f}b\u{fe01}", "a‹U+FE0F›b‹U+FE01›"),
            ("a\u{e0100}", "a‹U+E0100›"),
            ("\u{3164}\u{115f}\u{ffa0}", "‹U+3164›‹U+115F›‹U+FFA0›"),
            ("a\u{ad}b", "a‹U+00AD›b"),
            ("a\u{a0}b\u{3000}", "a‹U+00A0›b‹U+3000›"),
            ("a\u{2800}", "a‹U+2800›"),
            ("\u{e000}\u{10ffff}", "‹U+E000›‹U+10FFFF›"),
            ("\u{301}a", "‹U+0301›a"),
            ("a\t\u{301}", "a   ‹U+0301›"),
            ("\u{feff}use", "‹U+FEFF›use"),
            ("👩\u{200d}💻", "👩‹U+200D›💻"),
            ("a\u{2028}b", "a‹U+2028›b"),
        ] {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn tabs_reach_to_the_next_stop_and_are_no_mark() {
        let widths: Vec<_> = cells("\ta\t日\tb", 4).map(|cell| (cell.width, cell.mark)).collect();
        assert_eq!(widths, [(4, false), (1, false), (3, false), (2, false), (2, false), (1, false)]);
        assert_eq!(cells("\t", 0).next().unwrap().width, 1);
        assert_eq!(cells("\t", 1_000).next().unwrap().width, 64);
    }

    #[test]
    fn stacked_marks_do_not_grow_out_of_their_cell() {
        let zalgo = format!("a{}", "\u{301}".repeat(100));
        let cells: Vec<_> = cells(&zalgo, 4).collect();
        assert_eq!(cells[0].shown.chars().count(), STACK);
        assert!(cells[1..].iter().all(|cell| cell.mark));
        assert_eq!(cells.len(), 1 + 101 - STACK);
    }

    #[test]
    fn a_line_costs_what_is_taken_of_it() {
        for part in ["a", "日", "\u{301}", "🇦"] {
            let line = part.repeat(10_000_000);
            let began = std::time::Instant::now();
            assert_eq!(cells(&line, 4).take(200).count(), 200);
            assert!(began.elapsed().as_millis() < 500, "{part}");
        }
    }

    #[test]
    fn lines_and_texts_keep_only_the_breaks_they_say() {
        assert_eq!(line("a\r\nb\nc\rd\r"), "a⏎b⏎c␍d␍");
        assert_eq!(text("a\r\nb\n\u{1b}\n"), "a\nb\n␛\n");
        assert_eq!(bytes(b"caf\xe9 \xff\xc3\xa9\r\n"), "caf\\xE9 \\xFFé⏎");
    }

    #[test]
    fn no_scalar_value_that_is_hostile_is_ever_shown() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            assert!(!shown(&format!("a{c}")).chars().any(is_hostile), "{c:?}");
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let c = prop_oneof![
            any::<char>(),
            proptest::char::range('\0', '\u{ff}'),
            proptest::char::range('\u{300}', '\u{310}'),
            proptest::char::range('\u{1100}', '\u{1200}'),
            proptest::char::range('\u{2000}', '\u{2070}'),
            proptest::char::range('\u{1f1e6}', '\u{1f1ff}'),
            proptest::sample::select(vec![
                '\u{fe0f}',
                '\u{200d}',
                '👩',
                '❤',
                '👍',
                '\u{1f3fd}',
                'क',
                '\u{94d}',
                '\u{111c2}'
            ]),
        ];
        proptest::collection::vec(c, 0..60).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn cells_tile_the_line_and_are_as_wide_as_what_they_show(line in hostile(), tab in 0usize..12) {
            let mut at = 0;
            for cell in cells(&line, tab) {
                prop_assert_eq!(cell.bytes.start, at);
                prop_assert!(cell.bytes.end > at);
                at = cell.bytes.end;
                prop_assert!(cell.width > 0);
                prop_assert_eq!(cell.width, cell.shown.width());
                prop_assert!(cell.shown.chars().count() <= STACK.max(tab).max(10));
                prop_assert!(!cell.shown.chars().any(is_hostile), "{:?}", cell);
                if !cell.mark && line.as_bytes()[cell.bytes.start] != b'\t' {
                    prop_assert_eq!(&line[cell.bytes.clone()], &*cell.shown);
                }
            }
            prop_assert_eq!(at, line.len());
        }

        #[test]
        fn what_is_printed_never_has_a_hostile_character(text_ in hostile(), raw in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(!line(&text_).chars().any(is_hostile));
            prop_assert!(!bytes(&raw).chars().any(is_hostile));
            prop_assert!(!text(&text_).chars().any(|c| c != '\n' && is_hostile(c)));
        }
    }
}
