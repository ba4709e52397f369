//! The definitions of a file, by name and exact lines, from tree-sitter; and the chunks that a search
//! ranks, cut along them.
//!
//! Which kinds of node define something is a table for each language (`kinds`). References are not
//! looked for here: a use of a name is the name, which `terms` finds at a fraction of the cost.

mod bodies;
mod chunks;
mod kinds;

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::Span;
use super::highlight::Language;
use kinds::{Kinds, Shape};

pub use chunks::{Chunk, chunks};

/// Largest text worth parsing, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Deepest nesting that is followed, so that no input can exhaust the stack or the table of scopes.
const MAX_DEPTH: usize = 24;

/// Longest name kept, in bytes.
const MAX_NAME: usize = 120;

/// Nodes at least this long may hold definitions inside an expression or a body.
const LONG: usize = 1_500;

/// What a definition is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Function, method, macro, constructor.
    Function,
    /// Class, struct, enum, trait, interface, alias.
    Type,
    /// Module, namespace, `impl` block: holds definitions and is seldom what is looked for itself.
    Scope,
    /// Constant, static, variable at the top level.
    Value,
    /// Heading of a document, table of a configuration.
    Section,
}

/// A name that a file defines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    pub name: String,
    pub kind: Kind,
    /// Its lines, with the comments and attributes right above.
    pub span: Span,
    /// How many definitions it lies in.
    pub depth: usize,
}

/// The definitions of `text`, outer before inner, in order. Empty when the language has none, the text
/// is larger than 1 MiB, or it resists parsing for longer than its size warrants. Blocking: about a
/// tenth of a second for each megabyte.
pub fn definitions(language: Language, text: &[u8]) -> Vec<Definition> {
    let kinds = kinds::of(language);
    if text.len() > MAX_BYTES || kinds.is_empty() {
        return Vec::new();
    }
    let Some(tree) = (match language {
        Language::Rust => parse(language, &bodies::without_bodies(text, LONG)),
        _ => parse(language, text),
    }) else {
        return Vec::new();
    };
    let lines = LineStarts::of(text);
    let mut found = Vec::new();
    collect(&tree, kinds, &lines, &mut found);
    found
}

fn parse(language: Language, text: &[u8]) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&kinds::grammar(language)).ok()?;
    // Recovery from errors can take far longer than parsing: what a text may cost follows its size.
    let mut left = 2_000 + text.len() / 4;
    let mut patience = |_: &tree_sitter::ParseState| match left.checked_sub(1) {
        Some(less) => {
            left = less;
            ControlFlow::Continue(())
        }
        None => ControlFlow::Break(()),
    };
    let options = ParseOptions::new().progress_callback(&mut patience);
    parser.parse_with_options(&mut |at, _| text.get(at..).unwrap_or_default(), None, Some(options))
}

fn collect(tree: &Tree, kinds: &Kinds, lines: &LineStarts<'_>, found: &mut Vec<Definition>) {
    let mut cursor = tree.walk();
    // The depth in the tree at which each definition around the cursor stands.
    let mut around: Vec<usize> = Vec::new();
    let mut depth = 0;
    loop {
        let node = cursor.node();
        let shape = kinds.shape(&node);
        if let Some(shape) = shape
            && let Some(definition) = define(&node, shape, lines, around.len())
        {
            found.push(definition);
            around.push(depth);
        }
        if may_hold(&node, shape, depth)
            && depth < MAX_DEPTH * 8
            && around.len() < MAX_DEPTH
            && cursor.goto_first_child()
        {
            depth += 1;
            continue;
        }
        loop {
            around.pop_if(|at| *at == depth);
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return;
            }
            depth -= 1;
        }
    }
}

/// Is it worth looking inside? Small functions hold nothing that is looked for by itself, and to pass
/// them by is most of the speed.
fn may_hold(node: &Node<'_>, shape: Option<Shape>, depth: usize) -> bool {
    let long = node.end_byte() - node.start_byte() > LONG;
    match shape.map(|shape| shape.kind) {
        Some(Kind::Function | Kind::Value) => long,
        Some(Kind::Type | Kind::Scope | Kind::Section) => true,
        // `export function f() {}` stands in one line, and is looked into all the same.
        None => depth < 2 || node.end_position().row > node.start_position().row,
    }
}

fn define(node: &Node<'_>, shape: Shape, lines: &LineStarts<'_>, depth: usize) -> Option<Definition> {
    let (first, last) = (node.start_position().row, node.end_position());
    let rows = last.row - first;
    if rows + 1 < shape.min_lines {
        return None;
    }
    let name = kinds::name(node, shape, lines.text)?;
    let mut name = String::from_utf8_lossy(name).into_owned();
    if let Some((end, _)) = name.char_indices().find(|(at, c)| *at >= MAX_NAME || *c == '\n') {
        name.truncate(end);
    }
    // A node that ends at the start of a line does not have that line.
    let end = if last.column == 0 && rows > 0 { last.row } else { last.row + 1 };
    let span = Span::new(lines.above(first), end);
    Some(Definition { name, kind: shape.kind, span, depth })
}

/// Where the lines of a text begin, for looking at a few of them.
struct LineStarts<'a> {
    text: &'a [u8],
    starts: Vec<usize>,
}

impl<'a> LineStarts<'a> {
    fn of(text: &'a [u8]) -> Self {
        let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    fn line(&self, row: usize) -> &'a [u8] {
        let start = self.starts.get(row).copied().unwrap_or(self.text.len());
        let end = self.starts.get(row + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_ascii()
    }

    /// The first of the comment and attribute lines right above `row`.
    fn above(&self, row: usize) -> usize {
        const LEAD: [&[u8]; 8] = [b"//", b"#[", b"/*", b"*", b"@", b"# ", b"--", b"template"];
        // `@media print {` and `@interface A {` stand above what is in them, and do not lead to it.
        let leads = |line: &[u8]| !line.ends_with(b"{") && LEAD.iter().any(|lead| line.starts_with(lead));
        let mut first = row;
        while first > 0 && leads(self.line(first - 1)) {
            first -= 1;
        }
        first
    }
}

#[cfg(test)]
mod tests;
