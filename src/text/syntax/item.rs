//! Whole definitions, where they stand, and what surrounds them.

use std::collections::BTreeSet;
use std::sync::Arc;

use tree_sitter::{Node, Tree};

use super::super::Span;
use super::shape::{Part, Shapes};
use super::{Token, TokenClass};
use crate::text::highlight::Language;

/// Deepest nesting of definitions, and longest name kept, in bytes.
const MAX_DEPTH: usize = 32;
const MAX_NAME: usize = 200;

/// A definition that stands on lines of its own, together with its attributes and the comment right
/// above, among others whose order does not matter: items of a module, members of a type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    pub lines: Span,
    /// What it is called among its neighbours. A method of Go is called after its receiver too, and an
    /// `impl` by its header.
    pub name: Option<String>,
    /// May there be several of that name, which add up (`impl`)?
    pub in_parts: bool,
    /// The headers of what is around it, attributes included, outermost first, blanks reduced. Empty
    /// for what stands in the file itself.
    pub scope: Arc<str>,
    /// Tokens of the definition, without comments.
    pub tokens: usize,
    /// Statements among its neighbours in front of it that run, or steer what follows, where they stand.
    pub behind: usize,
}

struct Collector<'a> {
    shapes: &'a Shapes,
    text: &'a [u8],
    tokens: &'a [Token],
    /// Of TOML: how the names of arrays of tables begin.
    arrays: BTreeSet<&'a [u8]>,
    items: Vec<Item>,
}

pub(super) fn items(tree: &Tree, shapes: &Shapes, text: &[u8], tokens: &[Token]) -> Vec<Item> {
    let root = tree.root_node();
    let mut arrays = BTreeSet::new();
    if shapes.language == Language::Toml {
        let mut cursor = root.walk();
        let of = root.named_children(&mut cursor).filter(|node| node.kind() == "table_array_element");
        arrays.extend(of.filter_map(|node| first_segment(node, text)));
    }
    let mut collector = Collector { shapes, text, tokens, arrays, items: Vec::new() };
    collector.within(root, &"".into(), 0);
    collector.items
}

/// How the name of a table of TOML begins.
fn first_segment<'a>(table: Node<'_>, text: &'a [u8]) -> Option<&'a [u8]> {
    let name = text.get(table.named_child(0)?.byte_range())?;
    name.split(|byte| *byte == b'.').next().map(<[u8]>::trim_ascii)
}

impl Collector<'_> {
    /// The items directly in a body.
    fn within(&mut self, body: Node<'_>, scope: &Arc<str>, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let mut cursor = body.walk();
        // Where what belongs to the next item begins, and the last line that is taken.
        let mut attached: Option<Node<'_>> = None;
        let mut taken = None;
        let mut behind = 0;
        for node in body.children(&mut cursor) {
            let (first, last) = (node.start_position().row, last_row(&node, self.text));
            match self.shapes.part(node.kind_id()) {
                Part::Comment if taken != Some(first) => {
                    let follows = attached.is_some_and(|a| self.reaches(&a, &node, first));
                    attached = attached.filter(|_| follows).or(Some(node));
                }
                Part::Comment => {}
                Part::Attribute => attached = attached.or(Some(node)),
                Part::Item | Part::Wrapper => {
                    let start = attached.filter(|a| self.reaches(a, &node, first));
                    if self.core(node).is_none() {
                        behind += 1;
                    }
                    self.item(&node, start.unwrap_or(node), (scope, behind), depth);
                    attached = None;
                }
                Part::Body => {
                    let end = node.start_byte()
                        + first_line(self.text.get(node.byte_range()).unwrap_or_default()).len();
                    let header = join(scope, &self.header(node.start_byte(), end));
                    self.within(node, &header, depth + 1);
                    attached = None;
                }
                Part::Other => {
                    behind += usize::from(self.shapes.runs(node.kind_id()));
                    attached = None;
                }
            }
            taken = Some(last);
        }
    }

    /// Is there no blank line between what is attached and the item? Attributes hold on regardless.
    fn reaches(&self, attached: &Node<'_>, node: &Node<'_>, first: usize) -> bool {
        let between = self.text.get(attached.start_byte()..node.start_byte()).unwrap_or_default();
        let is_blank = |line: &[u8]| line.trim_ascii().is_empty();
        let blank_lines =
            between.split(|byte| *byte == b'\n').rev().skip(1).filter(|line| is_blank(line)).count();
        let comment = self.shapes.part(attached.kind_id()) == Part::Comment;
        attached.start_position().row < first && (!comment || blank_lines == 0)
    }

    fn item(&mut self, node: &Node<'_>, start: Node<'_>, (scope, behind): (&Arc<str>, usize), depth: usize) {
        let Some(core) = self.core(*node) else { return };
        let lines = Span::new(start.start_position().row, last_row(node, self.text) + 1);
        let body = self.body(&core);
        if let Some(tokens) = self.alone(lines) {
            let in_parts = core.kind() == "impl_item";
            let name = match &body {
                Some(body) if in_parts => Some(self.header(core.start_byte(), body.start_byte())),
                _ => name(&core, self.shapes, self.text),
            };
            self.items.push(Item { lines, name, in_parts, scope: Arc::clone(scope), tokens, behind });
        }
        if let Some(body) = body {
            let header = self.header(start.start_byte(), body.start_byte());
            self.within(body, &join(scope, &header), depth + 1);
        }
    }

    /// The definition itself, out of what is wrapped around it.
    fn core<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        match self.shapes.part(node.kind_id()) {
            Part::Item => self.is_order_free(&node).then_some(node),
            Part::Wrapper => {
                let mut cursor = node.walk();
                let inner = node
                    .named_children(&mut cursor)
                    .find(|child| matches!(self.shapes.part(child.kind_id()), Part::Item | Part::Wrapper))?;
                self.core(inner)
            }
            _ => None,
        }
    }

    /// `const f = () => …` defines a function; every other `const` is computed where it stands, and so is
    /// a variable of Go that is made by a call. A table of TOML belongs to the element of an array that is
    /// above it, if its name begins as the array's does.
    fn is_order_free(&self, node: &Node<'_>) -> bool {
        match self.shapes.name(node.kind_id()) {
            "lexical_declaration" => {
                let mut cursor = node.walk();
                node.named_children(&mut cursor).all(|declarator| {
                    let value = declarator.child_by_field_name("value");
                    value
                        .is_some_and(|value| matches!(value.kind(), "arrow_function" | "function_expression"))
                })
            }
            "var_declaration" => {
                let text = self.text.get(node.byte_range()).unwrap_or_default();
                let group = text.strip_prefix(b"var").map(<[u8]>::trim_ascii_start);
                let own = group.and_then(|group| group.strip_prefix(b"(")).unwrap_or(text);
                !own.contains(&b'(')
            }
            "table" => first_segment(*node, self.text).is_none_or(|name| !self.arrays.contains(name)),
            _ => true,
        }
    }

    /// Where the members of a definition stand, if it has any of its own.
    fn body<'t>(&self, core: &Node<'t>) -> Option<Node<'t>> {
        let holds = !matches!(
            core.kind(),
            "function_definition"
                | "function_declaration"
                | "generator_function_declaration"
                | "method_definition"
        );
        let body = core.child_by_field_name("body").filter(|_| holds)?;
        (self.shapes.part(body.kind_id()) == Part::Body).then_some(body)
    }

    /// The code in front of a body, on one line: what a reader takes as the name of a scope. Comments
    /// are no part of it.
    fn header(&self, start: usize, end: usize) -> String {
        let first = self.tokens.partition_point(|token| token.bytes.start < start);
        let inside = self.tokens.iter().skip(first).take_while(|token| token.bytes.end <= end);
        let mut header = String::new();
        let mut reached = start;
        for token in inside.filter(|token| token.class != TokenClass::Comment) {
            if token.bytes.start > reached && !header.is_empty() {
                header.push(' ');
            }
            header.push_str(&String::from_utf8_lossy(token.text(self.text).unwrap_or_default()));
            reached = token.bytes.end;
        }
        header
    }

    /// The tokens of these lines, if no token of anything else stands there.
    fn alone(&self, lines: Span) -> Option<usize> {
        let start = self.tokens.partition_point(|token| token.lines.start() < lines.start());
        let end = self.tokens.partition_point(|token| token.lines.start() < lines.end());
        let inside = self.tokens.get(start..end)?;
        let before = start.checked_sub(1).and_then(|before| self.tokens.get(before));
        let shares = before.is_some_and(|token| token.lines.end() > lines.start())
            || inside.last()?.lines.end() > lines.end();
        let code = inside.iter().filter(|token| token.class != TokenClass::Comment);
        (!shares).then(|| code.count())
    }
}

/// The last line a node stands in: some take the line break with them.
fn last_row(node: &Node<'_>, text: &[u8]) -> usize {
    let raw = text.get(node.byte_range()).unwrap_or_default();
    let breaks = raw.trim_ascii_end().iter().filter(|byte| **byte == b'\n').count();
    node.start_position().row + breaks
}

fn name(core: &Node<'_>, shapes: &Shapes, text: &[u8]) -> Option<String> {
    let named = core.child_by_field_name("name").or_else(|| declared(core, shapes.language))?;
    let name = match core.child_by_field_name("receiver") {
        Some(receiver) => text.get(receiver.start_byte()..named.end_byte())?,
        None => text.get(named.byte_range())?,
    };
    Some(String::from_utf8_lossy(name.get(..name.len().min(MAX_NAME))?).into_owned())
}

/// The name of what has no field for it.
fn declared<'t>(core: &Node<'t>, language: Language) -> Option<Node<'t>> {
    match language {
        Language::C => {
            let mut declarator = core.child_by_field_name("declarator")?;
            for _ in 0..8 {
                match declarator.child_by_field_name("declarator") {
                    Some(inner) => declarator = inner,
                    None => return Some(declarator),
                }
            }
            None
        }
        // The first name of a `type`, `const` or `var`, of `const f = …`, of `[table]`.
        _ => {
            let first = core.named_child(0)?;
            first.child_by_field_name("name").or(Some(first))
        }
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

fn join(scope: &str, header: &str) -> Arc<str> {
    if scope.is_empty() { header.into() } else { format!("{scope} › {header}").into() }
}
