//! Where a text does not parse: what an editor underlines.

use tree_sitter::{Node, Tree};

use super::{MAX_BYTES, grown};
use crate::text::highlight::Language;

/// Longest piece of what stands at a fault that is told, in characters.
const SHOWN: usize = 40;

/// A place at which a parser found something else than it could take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// From 0.
    pub line: usize,
    /// From 0, in bytes.
    pub column: usize,
    /// What is wrong, in words; may hold a piece of the text.
    pub what: String,
}

/// The first `most` faults of a text, in order. `None`: not known, since the text is larger than 1 MiB or
/// resists. Blocking: about a tenth of a second for each megabyte.
pub fn faults(language: Language, text: &[u8], most: usize) -> Option<Vec<Fault>> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let tree = grown(language, text)?;
    Some(found(&tree, text, most))
}

fn found(tree: &Tree, text: &[u8], most: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            faults.push(fault(&node, text));
        }
        if faults.len() >= most {
            return faults;
        }
        // Inside of a fault there is nothing more to say.
        let deeper = node.has_error() && !node.is_error();
        if deeper && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return faults;
            }
        }
    }
}

fn fault(node: &Node<'_>, text: &[u8]) -> Fault {
    let at = node.start_position();
    let what = if node.is_missing() {
        format!("`{}` is missing", node.kind())
    } else {
        let own = text.get(node.byte_range()).unwrap_or_default();
        let line = own.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let shown: String = String::from_utf8_lossy(line).trim().chars().take(SHOWN).collect();
        if shown.is_empty() { "does not parse".to_owned() } else { format!("does not parse at `{shown}`") }
    };
    Fault { line: at.row, column: at.column, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_parse_is_said_with_its_place() {
        let text = b"fn a() {}\nfn b( {\n    let x = 1\n}\nfn c() {}\n";
        let faults = faults(Language::Rust, text, 9).unwrap();
        assert!(!faults.is_empty() && faults.iter().all(|fault| (1..4).contains(&fault.line)), "{faults:?}");
        let one = super::faults(Language::Rust, text, 1).unwrap();
        assert_eq!(one.len(), 1);
        let missing = super::faults(Language::Rust, b"fn a() {\n    b()\n", 9).unwrap();
        assert!(missing.iter().any(|fault| fault.what.contains("missing") || fault.what.contains("parse")));
    }

    #[test]
    fn a_text_that_parses_has_no_faults() {
        assert_eq!(faults(Language::Rust, b"fn a() {}\n", 9), Some(Vec::new()));
        assert_eq!(faults(Language::Rust, &vec![b'a'; MAX_BYTES + 1], 9), None);
    }
}
