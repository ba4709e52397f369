//! Which nodes of each grammar define something, and where their names stand. Kinds and fields are
//! looked up by number once: comparing strings at every node would cost as much as parsing.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::Kind;
use crate::text::highlight::{self, Language};

/// How a kind of node defines something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// Shorter ones are details of what is around them.
    pub(super) min_lines: usize,
    /// Fields that lead to the name, the first there is; inner ones are followed down.
    name: &'static [&'static str],
}

/// The shapes of a grammar, by number of the node's kind.
#[derive(Debug)]
pub(super) struct Kinds(Vec<Option<Shape>>);

impl Kinds {
    pub(super) fn shape(&self, node: &Node<'_>) -> Option<Shape> {
        self.0.get(usize::from(node.kind_id())).copied().flatten()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

const NAME: &[&str] = &["name"];
/// `impl Display for Line` is known by the type, as its methods are.
const TYPE: &[&str] = &["type"];
const DECLARATOR: &[&str] = &["declarator"];

const FUNCTION: Shape = Shape { kind: Kind::Function, min_lines: 1, name: NAME };
const TYPE_NAMED: Shape = Shape { kind: Kind::Type, min_lines: 1, name: NAME };
const SCOPE: Shape = Shape { kind: Kind::Scope, min_lines: 1, name: NAME };
const VALUE: Shape = Shape { kind: Kind::Value, min_lines: 1, name: NAME };
const SECTION: Shape = Shape { kind: Kind::Section, min_lines: 1, name: &[] };

type Row = (&'static [&'static str], Shape);

const RUST: &[Row] = &[
    (&["function_item", "function_signature_item", "macro_definition"], FUNCTION),
    (&["struct_item", "enum_item", "union_item", "trait_item", "type_item"], TYPE_NAMED),
    (&["impl_item"], Shape { name: TYPE, ..SCOPE }),
    (&["mod_item"], Shape { min_lines: 2, ..SCOPE }),
    (&["const_item", "static_item"], VALUE),
];

const PYTHON: &[Row] = &[(&["function_definition"], FUNCTION), (&["class_definition"], TYPE_NAMED)];

const JAVASCRIPT: &[Row] = &[
    (&["function_declaration", "generator_function_declaration", "method_definition"], FUNCTION),
    (&["class_declaration"], TYPE_NAMED),
    (&["lexical_declaration", "variable_declaration"], Shape { min_lines: 3, name: &[], ..VALUE }),
    (&["pair"], Shape { min_lines: 5, name: &["key"], ..FUNCTION }),
];

const TYPESCRIPT: &[Row] = &[
    (
        &[
            "abstract_class_declaration",
            "interface_declaration",
            "type_alias_declaration",
            "enum_declaration",
        ],
        TYPE_NAMED,
    ),
    (&["function_signature", "abstract_method_signature"], FUNCTION),
    (&["internal_module", "module"], SCOPE),
];

const GO: &[Row] = &[
    (&["function_declaration", "method_declaration"], FUNCTION),
    (&["type_spec", "type_alias"], TYPE_NAMED),
    (&["const_spec", "var_spec"], Shape { min_lines: 3, ..VALUE }),
];

const JAVA: &[Row] = &[
    (&["method_declaration", "constructor_declaration", "compact_constructor_declaration"], FUNCTION),
    (
        &[
            "class_declaration",
            "interface_declaration",
            "enum_declaration",
            "record_declaration",
            "annotation_type_declaration",
        ],
        TYPE_NAMED,
    ),
    (&["field_declaration"], Shape { min_lines: 3, name: DECLARATOR, ..VALUE }),
];

const C: &[Row] = &[
    (&["function_definition"], Shape { name: DECLARATOR, ..FUNCTION }),
    (&["preproc_function_def"], FUNCTION),
    (&["struct_specifier", "union_specifier", "enum_specifier"], Shape { min_lines: 3, ..TYPE_NAMED }),
    (&["type_definition"], Shape { name: DECLARATOR, ..TYPE_NAMED }),
    (&["declaration"], Shape { min_lines: 3, name: DECLARATOR, ..VALUE }),
];

const CPP: &[Row] = &[
    (&["class_specifier"], Shape { min_lines: 3, ..TYPE_NAMED }),
    (&["alias_declaration", "concept_definition"], TYPE_NAMED),
    (&["namespace_definition"], Shape { min_lines: 2, ..SCOPE }),
];

const C_SHARP: &[Row] = &[
    (&["method_declaration", "constructor_declaration", "local_function_statement"], FUNCTION),
    (
        &[
            "class_declaration",
            "struct_declaration",
            "interface_declaration",
            "enum_declaration",
            "record_declaration",
            "delegate_declaration",
        ],
        TYPE_NAMED,
    ),
    (&["property_declaration", "event_declaration"], Shape { min_lines: 3, ..VALUE }),
    (&["namespace_declaration"], Shape { min_lines: 2, ..SCOPE }),
];

const RUBY: &[Row] = &[
    (&["method", "singleton_method"], FUNCTION),
    (&["class"], TYPE_NAMED),
    (&["module"], SCOPE),
    (&["assignment"], Shape { min_lines: 3, name: &["left"], ..VALUE }),
];

const PHP: &[Row] = &[
    (&["function_definition", "method_declaration"], FUNCTION),
    (&["class_declaration", "interface_declaration", "trait_declaration", "enum_declaration"], TYPE_NAMED),
    (&["namespace_definition"], Shape { min_lines: 2, ..SCOPE }),
];

const JSON: &[Row] = &[(&["pair"], Shape { min_lines: 3, ..SECTION })];
const YAML: &[Row] = &[(&["block_mapping_pair"], Shape { min_lines: 2, ..SECTION })];
const HTML: &[Row] = &[(&["element"], Shape { min_lines: 2, ..SECTION })];
const CSS: &[Row] = &[(&["rule_set", "media_statement", "keyframes_statement"], SECTION)];

const BASH: &[Row] = &[(&["function_definition"], FUNCTION)];
const TOML: &[Row] = &[(&["table", "table_array_element"], SECTION)];
const MARKDOWN: &[Row] = &[(&["section"], SECTION)];

/// `None`-like empty tables are of languages whose texts are cut by size.
fn rows(language: Language) -> &'static [&'static [Row]] {
    match language {
        Language::Rust => &[RUST],
        Language::Python => &[PYTHON],
        Language::JavaScript => &[JAVASCRIPT],
        Language::TypeScript | Language::Tsx => &[JAVASCRIPT, TYPESCRIPT],
        Language::Go => &[GO],
        Language::Java => &[JAVA],
        Language::C => &[C],
        Language::Bash => &[BASH],
        Language::Toml => &[TOML],
        Language::Markdown => &[MARKDOWN],
        Language::Json => &[JSON],
        Language::Cpp => &[C, CPP],
        Language::CSharp => &[C_SHARP],
        Language::Ruby => &[RUBY],
        Language::Php => &[PHP],
        Language::Yaml => &[YAML],
        Language::Html => &[HTML],
        Language::Css => &[CSS],
    }
}

pub(super) fn grammar(language: Language) -> tree_sitter::Language {
    highlight::parser(language)
}

pub(super) fn of(language: Language) -> &'static Kinds {
    static TABLES: [OnceLock<Kinds>; Language::COUNT] = [const { OnceLock::new() }; Language::COUNT];
    static NONE: Kinds = Kinds(Vec::new());
    let made = |cell: &'static OnceLock<Kinds>| cell.get_or_init(|| make(language));
    TABLES.get(language as usize).map_or(&NONE, made)
}

fn make(language: Language) -> Kinds {
    let grammar = grammar(language);
    let mut shapes = Vec::new();
    for (names, shape) in rows(language).iter().flat_map(|rows| rows.iter()) {
        for name in *names {
            let id = usize::from(grammar.id_for_node_kind(name, true));
            if shapes.len() <= id {
                shapes.resize(id + 1, None);
            }
            if let Some(slot) = shapes.get_mut(id).filter(|_| id > 0) {
                *slot = Some(*shape);
            }
        }
    }
    Kinds(shapes)
}

/// The name that `node` defines.
pub(super) fn name<'a>(node: &Node<'_>, shape: Shape, text: &'a [u8]) -> Option<&'a [u8]> {
    let named = match (shape.kind, shape.name) {
        (Kind::Section, _) => heading(node, text)?,
        (_, []) => first_declared(node)?,
        (_, fields) => fields.iter().find_map(|field| node.child_by_field_name(field))?,
    };
    let name = text.get(innermost(named).byte_range())?.trim_ascii();
    let name = if shape.kind == Kind::Section { name } else { plain(name) };
    (!name.is_empty()).then_some(name)
}

/// `Vec<T>` is known as `Vec`, `a::b::C` as `C`, `"key"` as `key`.
fn plain(name: &[u8]) -> &[u8] {
    let is_plain = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-' | b'~' | b'!') || *byte >= 0x80
    };
    let bare = name.split(|byte| matches!(byte, b'<' | b'(' | b'[' | b'{')).next().unwrap_or(name);
    bare.rsplit(|byte| !is_plain(byte)).find(|part| !part.is_empty()).unwrap_or_default()
}

/// C puts the name inside what is declared of it: `*(f(x))[2]`.
fn innermost(node: Node<'_>) -> Node<'_> {
    let mut inner = node;
    for _ in 0..8 {
        let next = inner.child_by_field_name("declarator").or_else(|| match inner.kind() {
            "parenthesized_declarator" | "reference_declarator" => inner.named_child(0),
            "variable_declarator" | "init_declarator" => inner.child_by_field_name("name"),
            _ => None,
        });
        match next {
            Some(next) => inner = next,
            None => break,
        }
    }
    inner
}

/// The name of `const a = …`.
fn first_declared<'tree>(node: &Node<'tree>) -> Option<Node<'tree>> {
    let declared = node.named_child(0).filter(|child| child.kind() == "variable_declarator")?;
    declared.child_by_field_name("name").filter(|name| name.kind() == "identifier")
}

/// A heading's words, a table's or a pair's key, a selector, what an element is called.
fn heading<'tree>(node: &Node<'tree>, text: &[u8]) -> Option<Node<'tree>> {
    let first = node.named_child(0)?;
    match first.kind() {
        "start_tag" => id(&first, text),
        "string" => first.named_child(0),
        "atx_heading" | "setext_heading" => first.child_by_field_name("heading_content"),
        "paragraph" | "section" => None,
        _ => Some(first),
    }
}

/// The value of an element's `id`.
fn id<'tree>(tag: &Node<'tree>, text: &[u8]) -> Option<Node<'tree>> {
    let is_id =
        |name: Node<'_>| text.get(name.byte_range()).is_some_and(|name| name.eq_ignore_ascii_case(b"id"));
    let mut cursor = tag.walk();
    let found = tag.named_children(&mut cursor).find(|part| part.named_child(0).is_some_and(is_id))?;
    let value = found.named_child(1)?;
    Some(value.named_child(0).unwrap_or(value))
}

/// Kinds and fields named here that the grammar does not know: a typing error, or another version.
#[cfg(test)]
pub(super) fn unknown(language: Language) -> Vec<&'static str> {
    let grammar = grammar(language);
    let rows = || rows(language).iter().flat_map(|rows| rows.iter());
    let kinds = rows().flat_map(|(names, _)| names.iter().copied());
    let fields = rows().flat_map(|(_, shape)| shape.name.iter().copied());
    kinds
        .filter(|name| grammar.id_for_node_kind(name, true) == 0)
        .chain(fields.filter(|name| grammar.field_id_for_name(name).is_none()))
        .collect()
}
