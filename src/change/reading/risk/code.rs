//! The code of a line: what is left of it without strings and comments, as words.
//!
//! One line at a time, since a mark is a help and not a judgement: a string over several lines is
//! taken for code, which costs a mark too many and never one too few.

use std::borrow::Cow;

use crate::text::RepoPath;
use crate::text::highlight::Language;

/// Most bytes of a line that are looked at: past them it is not written by hand.
pub(super) const MAX_LINE: usize = 4_000;

/// A line of a hunk.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    /// From 0 within its side of the hunk.
    pub(super) row: usize,
    pub(super) text: &'a str,
    /// As long as the text, with strings and comments blanked.
    pub(super) code: Cow<'a, str>,
}

/// How the strings and comments of a language begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    /// `//` begins a comment.
    Slashes,
    /// `#` begins a comment.
    Hash,
    /// No idea: everything is code.
    Unknown,
}

impl Family {
    pub(super) fn of(path: &RepoPath) -> Self {
        match Language::of(path) {
            Some(Language::Python | Language::Bash | Language::Toml | Language::Ruby | Language::Yaml) => {
                Self::Hash
            }
            Some(Language::Json | Language::Markdown | Language::Html | Language::Css) => Self::Unknown,
            None => match path.extension() {
                Some("kt" | "kts" | "swift" | "scala" | "dart") => Self::Slashes,
                Some("pl" | "ex" | "exs" | "r" | "nix") => Self::Hash,
                _ => Self::Unknown,
            },
            Some(_) => Self::Slashes,
        }
    }
}

impl<'a> Line<'a> {
    /// `None` for a line that is not UTF-8.
    pub(super) fn of(row: usize, bytes: &'a [u8], family: Family) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let end = text.floor_char_boundary(MAX_LINE);
        let text = text.get(..end)?;
        Some(Self { row, text, code: code(text, family) })
    }

    /// The words of its code, each with what follows it.
    pub(super) fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut rest = &*self.code;
        std::iter::from_fn(move || {
            let start = rest.find(is_word)?;
            let from = rest.get(start..)?;
            let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            rest = after;
            Some((word, after))
        })
    }
}

fn code(text: &str, family: Family) -> Cow<'_, str> {
    let plain = |byte: u8| match family {
        Family::Slashes => !matches!(byte, b'"' | b'`' | b'/'),
        Family::Hash => !matches!(byte, b'"' | b'`' | b'\'' | b'#'),
        Family::Unknown => !matches!(byte, b'"' | b'`'),
    };
    if text.bytes().all(plain) { Cow::Borrowed(text) } else { Cow::Owned(blanked(text, family)) }
}

fn blanked(text: &str, family: Family) -> String {
    let mut code = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                chars.next();
                code.push_str("  ");
            }
            Some(open) if c == open => {
                quote = None;
                code.push(c);
            }
            Some(_) => code.push(' '),
            None if begins_comment(text.get(at..).unwrap_or_default(), family) => break,
            None => {
                let opens = matches!(c, '"' | '`') || (c == '\'' && family == Family::Hash);
                quote = opens.then_some(c);
                code.push(c);
            }
        }
    }
    code
}

fn begins_comment(rest: &str, family: Family) -> bool {
    match family {
        Family::Slashes => rest.starts_with("//") || rest.starts_with("/*"),
        // `#[…]` is an attribute, `#!` a script's first line.
        Family::Hash => rest.starts_with('#'),
        Family::Unknown => false,
    }
}
