//! What is compared of two lines. Every key forgets more than the one before it; what a key forgets
//! is never written: the file's bytes stay.

use std::borrow::Cow;

/// How much of a line counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Key {
    /// Every byte, the ending apart.
    Exact,
    /// Not the blanks at the end.
    Blanks,
    /// Nor which of several look-alike characters it is.
    Unicode,
    /// Nor the indentation.
    Indent,
}

impl Key {
    pub(super) fn of(self, line: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Exact => Cow::Borrowed(line),
            Self::Blanks => Cow::Borrowed(line.trim_ascii_end()),
            Self::Unicode => trimmed(fold(line), <[u8]>::trim_ascii_end),
            Self::Indent => trimmed(fold(line), <[u8]>::trim_ascii),
        }
    }
}

fn trimmed(line: Cow<'_, [u8]>, trim: impl Fn(&[u8]) -> &[u8]) -> Cow<'_, [u8]> {
    match line {
        Cow::Borrowed(line) => Cow::Borrowed(trim(line)),
        Cow::Owned(line) => Cow::Owned(trim(&line).to_vec()),
    }
}

/// The line with typographic look-alikes as ASCII. Bytes that are not UTF-8 stay what they are.
pub(super) fn fold(line: &[u8]) -> Cow<'_, [u8]> {
    if line.is_ascii() {
        return Cow::Borrowed(line);
    }
    let mut folded = Vec::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        for char in chunk.valid().chars() {
            match plain(char) {
                Some(ascii) => folded.extend_from_slice(ascii.as_bytes()),
                None => folded.extend_from_slice(full_width(char).encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        folded.extend_from_slice(chunk.invalid());
    }
    Cow::Owned(folded)
}

/// What a person would type for a character of the Unicode blocks General Punctuation, Spacing
/// Modifiers and Alphabetic Presentation Forms.
fn plain(char: char) -> Option<&'static str> {
    Some(match char {
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2035}' | '\u{2bc}' => "'",
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{2036}' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => "-",
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => "",
        '\u{2026}' => "...",
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        _ => return None,
    })
}

/// A full-width form (U+FF01 to U+FF5E) as its ASCII character.
fn full_width(char: char) -> char {
    let code = u32::from(char);
    match code {
        0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(char),
        _ => char,
    }
}

/// The loosest key: no blanks at all, and one kind of quote. Appends to `into`.
pub(super) fn loosen(line: &[u8], into: &mut Vec<u8>) {
    let kept = |byte: &u8| !byte.is_ascii_whitespace();
    let loose = |byte: u8| if byte == b'"' { b'\'' } else { byte };
    into.extend(fold(line).iter().copied().filter(kept).map(loose));
}

/// Is the line nothing but a comment, in any of the languages that use these marks?
pub(super) fn is_comment(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let marks: [&[u8]; 6] = [b"//", b"/*", b"* ", b"*/", b"<!--", b"--"];
    line == b"*"
        || marks.iter().any(|mark| line.starts_with(mark))
        || (line.starts_with(b"#") && !line.starts_with(b"#[") && !line.starts_with(b"#!["))
            && !["#include", "#define", "#if", "#el", "#end", "#undef", "#pragma", "#error"]
                .iter()
                .any(|directive| line.starts_with(directive.as_bytes()))
}

/// Letters and digits of a line: what it tells about where it stands.
pub(in crate::change) fn told(line: &[u8]) -> usize {
    line.iter().filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()).count()
}

/// How alike two lines are, from 0 to 1: the share of pairs of neighbouring bytes that they have in
/// common (Dice 1945), of their loose keys. Looks at 400 bytes at most.
pub(in crate::change) fn likeness(one: &[u8], other: &[u8]) -> f32 {
    let (one, other) = (pairs(one), pairs(other));
    let total = one.len() + other.len();
    if total == 0 {
        return 0.0;
    }
    let (mut a, mut b, mut common) = (0, 0, 0);
    while let (Some(left), Some(right)) = (one.get(a), other.get(b)) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => a += 1,
            std::cmp::Ordering::Greater => b += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                a += 1;
                b += 1;
            }
        }
    }
    (2 * common) as f32 / total as f32
}

fn pairs(line: &[u8]) -> Vec<[u8; 2]> {
    let pair = |window: &[u8]| Some([*window.first()?, *window.get(1)?]);
    let mut pairs: Vec<[u8; 2]> = line.windows(2).take(400).filter_map(pair).collect();
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_folded_and_stray_bytes_kept() {
        let fold = |text: &str| String::from_utf8(fold(text.as_bytes()).into_owned()).unwrap();
        assert_eq!(
            fold("\u{201c}it\u{2019}s\u{201d}\u{a0}\u{2014} \u{2026} \u{ff08}x\u{ff09}"),
            "\"it's\" - ... (x)"
        );
        assert_eq!(fold("zero\u{200b}width \u{e9}"), "zerowidth \u{e9}");
        assert_eq!(super::fold(b"caf\xe9 \xe2\x80\x99"), &b"caf\xe9 '"[..]);
    }

    #[test]
    fn each_key_forgets_more() {
        let line = "  a\u{a0}b  ".as_bytes();
        assert_eq!(Key::Blanks.of(line), "  a\u{a0}b".as_bytes());
        assert_eq!(Key::Unicode.of(line), &b"  a b"[..]);
        assert_eq!(Key::Indent.of(line), &b"a b"[..]);
        let mut loose = Vec::new();
        loosen(b" f( \"x\" )", &mut loose);
        assert_eq!(loose, b"f('x')");
    }

    #[test]
    fn likeness_tells_a_changed_word_from_another_line() {
        assert!(likeness(b"returnthecachedvalueofthenode", b"returnthegivenvalueofthenode") > 0.7);
        assert!(likeness(b"letx=compute(a,b);", b"fnmain(){") < 0.3);
    }

    #[test]
    fn attributes_and_directives_are_no_comments() {
        assert!(is_comment(b"  # a note") && is_comment(b" * more") && is_comment(b"// x"));
        assert!(!is_comment(b"#[test]") && !is_comment(b"#include <a.h>") && !is_comment(b"*p = 1;"));
    }
}
