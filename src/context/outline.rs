//! The definitions of a file, found by how lines look. Cheap and rough: it tells the model what the
//! parts of a file that it does not see are called, nothing more.

use crate::text::{Lines, Span};

/// Words that begin a definition, after any of [`BEFORE`].
const DEFINES: [&str; 22] = [
    "fn",
    "def",
    "class",
    "struct",
    "enum",
    "trait",
    "impl",
    "interface",
    "type",
    "func",
    "function",
    "mod",
    "module",
    "namespace",
    "union",
    "macro_rules!",
    "const",
    "static",
    "var",
    "object",
    "record",
    "package",
];

const BEFORE: [&str; 14] = [
    "pub",
    "pub(crate)",
    "pub(super)",
    "export",
    "default",
    "async",
    "unsafe",
    "extern",
    "public",
    "private",
    "protected",
    "static",
    "abstract",
    "final",
];

/// Longest line shown, in bytes, and deepest indentation at which a line counts.
const MAX_LINE: usize = 120;
const MAX_INDENT: usize = 4;

/// The lines of `text` outside of `shown` that look like definitions, at most `max` bytes of them.
pub fn outline(text: &Lines, shown: Span, max: usize) -> String {
    let mut out = String::new();
    for (at, line) in text.iter().enumerate() {
        if shown.as_range().contains(&at) || !defines(line) {
            continue;
        }
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end().trim_end_matches('{').trim_end();
        if out.len() + line.len() + 1 > max {
            break;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn defines(line: &[u8]) -> bool {
    let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let mut words = text.split_whitespace().skip_while(|word| BEFORE.contains(word));
    indent <= MAX_INDENT
        && line.len() <= MAX_LINE
        && words.next().is_some_and(|word| DEFINES.iter().any(|define| begins(word, define)))
}

/// `impl<T>` begins as `impl` does.
fn begins(word: &str, define: &str) -> bool {
    word.strip_prefix(define).is_some_and(|rest| rest.is_empty() || rest.starts_with('<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_outside_of_the_window_are_listed() {
        let text = Lines::from(
            "use a;\npub struct A {\n    x: u8,\n}\nimpl<T> A {\n    pub fn a(&self) {\n        let fn_ = 1;\n    }\n}\nclass B:\n    def b(self):\n",
        );
        assert_eq!(
            outline(&text, Span::new(0, 0), 999),
            "pub struct A\nimpl<T> A\n    pub fn a(&self)\nclass B:\n    def b(self):\n"
        );
        assert_eq!(outline(&text, Span::new(0, 9), 999), "class B:\n    def b(self):\n");
        assert_eq!(outline(&text, Span::new(0, 0), 20), "pub struct A\n");
    }
}
