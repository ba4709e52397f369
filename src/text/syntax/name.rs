//! Identifiers, and what ties each of them to this text: does it name something here, or does it speak
//! of something elsewhere?
//!
//! This is no name resolution. It knows the common forms of binding in each language and how far they
//! reach; what it does not know is [`Use::Fixed`], which promises nothing.

use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::super::Span;
use super::shape::Shapes;
use crate::text::highlight::Language;

/// An identifier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    pub bytes: Range<usize>,
    pub lines: Span,
    pub used: Use,
}

/// What an identifier does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Use {
    /// It gives a name to something: a variable, parameter, function or type. Within `reach`, in bytes,
    /// the name means that.
    Binds { reach: Range<usize>, parameter: bool },
    /// It stands alone, so it means what is bound around it.
    Plain,
    /// It names an argument of a call, and so may mean a parameter of what is called.
    Keyword,
    /// Its name is known elsewhere as well, or it binds or is used in a way that is not understood: a
    /// path, an import, a short form of a field, an argument of a macro that may look at names.
    Fixed,
    /// It follows a dot or the like: what is bound around it has nothing to do with it.
    Member,
}

/// Where identifiers bind, and how far: (parent, field).
struct Bindings {
    /// Reaching through the body around the definition.
    definitions: &'static [(&'static str, &'static str)],
    /// Reaching through the function they belong to.
    parameters: &'static [(&'static str, &'static str)],
    /// Reaching to the end of the block they stand in.
    locals: &'static [(&'static str, &'static str)],
    /// Patterns that pass a binding on.
    patterns: &'static [&'static str],
    functions: &'static [&'static str],
    blocks: &'static [&'static str],
    /// Do locals reach back to the beginning of their block?
    whole_block: bool,
}

const RUST: Bindings = Bindings {
    definitions: &[
        ("function_item", "name"),
        ("struct_item", "name"),
        ("enum_item", "name"),
        ("union_item", "name"),
        ("type_item", "name"),
        ("trait_item", "name"),
        ("const_item", "name"),
        ("static_item", "name"),
        ("mod_item", "name"),
    ],
    parameters: &[("parameter", "pattern"), ("closure_parameters", ""), ("for_expression", "pattern")],
    locals: &[("let_declaration", "pattern")],
    patterns: &["tuple_pattern", "mut_pattern", "ref_pattern", "reference_pattern"],
    functions: &["function_item", "closure_expression", "for_expression"],
    blocks: &["block", "source_file", "declaration_list"],
    whole_block: false,
};

const PYTHON: Bindings = Bindings {
    definitions: &[("function_definition", "name"), ("class_definition", "name")],
    parameters: &[
        ("parameters", ""),
        ("lambda_parameters", ""),
        ("default_parameter", "name"),
        ("typed_parameter", ""),
        ("typed_default_parameter", "name"),
    ],
    locals: &[("assignment", "left"), ("for_statement", "left"), ("as_pattern_target", "")],
    patterns: &["pattern_list", "tuple_pattern", "list_splat_pattern", "dictionary_splat_pattern"],
    functions: &["function_definition", "lambda"],
    blocks: &["module", "function_definition", "lambda", "class_definition"],
    whole_block: true,
};

const JAVASCRIPT: Bindings = Bindings {
    definitions: &[
        ("function_declaration", "name"),
        ("generator_function_declaration", "name"),
        ("class_declaration", "name"),
        ("abstract_class_declaration", "name"),
        ("interface_declaration", "name"),
        ("type_alias_declaration", "name"),
        ("enum_declaration", "name"),
    ],
    parameters: &[
        ("formal_parameters", ""),
        ("required_parameter", "pattern"),
        ("optional_parameter", "pattern"),
        ("arrow_function", "parameter"),
        ("assignment_pattern", "left"),
        ("catch_clause", "parameter"),
        ("for_in_statement", "left"),
    ],
    locals: &[("variable_declarator", "name")],
    patterns: &["array_pattern", "rest_pattern"],
    functions: &[
        "function_declaration",
        "generator_function_declaration",
        "function_expression",
        "arrow_function",
        "method_definition",
        "catch_clause",
        "for_in_statement",
    ],
    blocks: &["statement_block", "program", "class_body"],
    whole_block: true,
};

const GO: Bindings = Bindings {
    definitions: &[("function_declaration", "name"), ("type_spec", "name")],
    parameters: &[("parameter_declaration", "name")],
    locals: &[
        ("short_var_declaration", "left"),
        ("range_clause", "left"),
        ("var_spec", "name"),
        ("const_spec", "name"),
    ],
    patterns: &["expression_list"],
    functions: &["function_declaration", "method_declaration", "func_literal"],
    blocks: &["block", "source_file", "for_statement", "if_statement"],
    whole_block: true,
};

const C: Bindings = Bindings {
    definitions: &[("function_declarator", "declarator")],
    parameters: &[("parameter_declaration", "declarator")],
    locals: &[("declaration", "declarator"), ("init_declarator", "declarator")],
    patterns: &["pointer_declarator", "array_declarator"],
    functions: &["function_definition"],
    blocks: &["compound_statement", "translation_unit", "for_statement"],
    whole_block: true,
};

const JAVA: Bindings = Bindings {
    definitions: &[
        ("class_declaration", "name"),
        ("interface_declaration", "name"),
        ("enum_declaration", "name"),
        ("record_declaration", "name"),
    ],
    parameters: &[
        ("formal_parameter", "name"),
        ("catch_formal_parameter", "name"),
        ("inferred_parameters", ""),
        ("lambda_expression", "parameters"),
        ("enhanced_for_statement", "name"),
    ],
    locals: &[("variable_declarator", "name")],
    patterns: &[],
    functions: &[
        "method_declaration",
        "constructor_declaration",
        "lambda_expression",
        "catch_clause",
        "enhanced_for_statement",
    ],
    blocks: &["program", "class_body", "interface_body", "block", "constructor_body", "for_statement"],
    whole_block: false,
};

const NOTHING: Bindings = Bindings {
    definitions: &[],
    parameters: &[],
    locals: &[],
    patterns: &[],
    functions: &[],
    blocks: &[],
    whole_block: false,
};

fn bindings(language: Language) -> &'static Bindings {
    match language {
        Language::Rust => &RUST,
        Language::Python => &PYTHON,
        Language::JavaScript | Language::TypeScript | Language::Tsx => &JAVASCRIPT,
        Language::Go => &GO,
        Language::C => &C,
        Language::Java => &JAVA,
        _ => &NOTHING,
    }
}

/// Macros of the standard library that take expressions for their values alone.
const TRANSPARENT_MACROS: [&str; 21] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "prop_assert",
];

/// What stands around a node, outermost first: kind, field it hangs on, bytes.
struct Frame<'t> {
    kind: &'t str,
    field: Option<&'t str>,
    bytes: Range<usize>,
    /// The name of the macro, of a macro invocation.
    transparent: bool,
}

pub(super) fn names(tree: &Tree, shapes: &Shapes, text: &[u8]) -> Vec<Name> {
    let bindings = bindings(shapes.language);
    let mut cursor = tree.walk();
    let mut above: Vec<Frame<'_>> = Vec::new();
    let mut names = Vec::new();
    loop {
        let node = cursor.node();
        if node.child_count() == 0 && node.kind().ends_with("identifier") {
            let row = node.start_position().row;
            let used = used(&node, cursor.field_name(), &above, bindings, text);
            names.push(Name { bytes: node.byte_range(), lines: Span::new(row, row + 1), used });
        }
        let whole = shapes.is_whole(node.kind_id());
        let field = cursor.field_name();
        if !whole && cursor.goto_first_child() {
            let transparent = node.kind() == "macro_invocation" && is_transparent(&node, text);
            above.push(Frame { kind: node.kind(), field, bytes: node.byte_range(), transparent });
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return names;
            }
            above.pop();
        }
    }
}

pub(super) fn is_transparent(invocation: &Node<'_>, text: &[u8]) -> bool {
    let name = invocation.child_by_field_name("macro").and_then(|name| text.get(name.byte_range()));
    name.is_some_and(|name| TRANSPARENT_MACROS.iter().any(|known| known.as_bytes() == name))
}

fn used(node: &Node<'_>, field: Option<&str>, above: &[Frame<'_>], bindings: &Bindings, text: &[u8]) -> Use {
    if matches!(node.kind(), "field_identifier" | "property_identifier" | "statement_identifier") {
        return Use::Member;
    }
    if bindings.blocks.is_empty() || !matches!(node.kind(), "identifier" | "type_identifier") {
        return Use::Fixed;
    }
    if let Some(fixed) = fixed(node, field, above, text) {
        return fixed;
    }
    match binding(field, above, bindings) {
        Binding::None => Use::Plain,
        Binding::Unknown => Use::Fixed,
        Binding::Within { reach, parameter } => Use::Binds { reach, parameter },
    }
}

enum Binding {
    None,
    /// It binds in a way that reaches further than is known: a member.
    Unknown,
    Within {
        reach: Range<usize>,
        parameter: bool,
    },
}

fn binding(field: Option<&str>, above: &[Frame<'_>], bindings: &Bindings) -> Binding {
    // Up through patterns to what binds.
    let mut field = field;
    let mut depth = above.len();
    while let Some(frame) = depth.checked_sub(1).and_then(|at| above.get(at)) {
        if !bindings.patterns.contains(&frame.kind) {
            break;
        }
        field = frame.field;
        depth -= 1;
    }
    let Some(owner) = depth.checked_sub(1).and_then(|at| above.get(at)) else { return Binding::None };
    let outside = above.get(..depth - 1).unwrap_or_default();
    let is = |table: &[(&str, &str)]| {
        table.iter().any(|(kind, name)| *kind == owner.kind && (name.is_empty() || field == Some(name)))
    };
    let inner = |kinds: &[&str]| {
        above.get(..depth).unwrap_or_default().iter().rev().find(|f| kinds.contains(&f.kind))
    };
    let block = |frames: &[Frame<'_>]| {
        let at = frames.iter().rposition(|frame| bindings.blocks.contains(&frame.kind))?;
        let holder = at.checked_sub(1).and_then(|at| frames.get(at)).map(|frame| frame.kind);
        let kind = frames.get(at)?.kind;
        let members = matches!(kind, "class_body" | "class_definition" | "interface_body")
            || (kind == "declaration_list" && matches!(holder, Some("impl_item" | "trait_item")));
        (!members).then(|| frames.get(at).map(|frame| frame.bytes.clone()))?
    };
    let parameter = is(bindings.parameters);
    let found = if is(bindings.definitions) {
        block(outside)
    } else if parameter {
        inner(bindings.functions).map(|frame| frame.bytes.clone())
    } else if is(bindings.locals) {
        let start = if bindings.whole_block { 0 } else { owner.bytes.end };
        block(outside).map(|block| start.max(block.start)..block.end)
    } else {
        return Binding::None;
    };
    found.map_or(Binding::Unknown, |reach| Binding::Within { reach, parameter })
}

/// What an identifier is that is neither bound here nor means what is bound around it, as far as that
/// can be told.
fn fixed(node: &Node<'_>, field: Option<&str>, above: &[Frame<'_>], text: &[u8]) -> Option<Use> {
    let before = text.get(..node.start_byte()).unwrap_or_default().trim_ascii_end();
    let after = text.get(node.end_byte()..).unwrap_or_default().trim_ascii_start();
    if (before.ends_with(b".") && !before.ends_with(b"..")) || before.ends_with(b"->") {
        return Some(Use::Member);
    }
    let parent = above.last().map(|frame| frame.kind);
    if matches!(parent, Some("lifetime" | "label")) {
        return Some(Use::Member);
    }
    if [&b"::"[..], b"$", b"'", b"@", b"#"].iter().any(|sign| before.ends_with(sign)) {
        return Some(Use::Fixed);
    }
    match (parent, field) {
        (Some("keyword_argument"), Some("name")) => return Some(Use::Keyword),
        (Some("method_invocation"), Some("name")) => return Some(Use::Member),
        // `<item>` is an element of the document, `<Item>` a component.
        (Some("jsx_opening_element" | "jsx_closing_element" | "jsx_self_closing_element"), _)
            if text.get(node.start_byte()).is_some_and(u8::is_ascii_lowercase) =>
        {
            return Some(Use::Member);
        }
        _ => {}
    }
    let key = matches!(
        parent,
        Some(
            "shorthand_field_initializer"
                | "enum_variant"
                | "enumerator"
                | "enum_constant"
                | "function_signature_item"
                | "meta_item"
        )
    ) || (parent == Some("literal_element") && after.starts_with(b":"))
        || (matches!(parent, Some("method_declaration" | "constructor_declaration"))
            && field == Some("name"));
    // `export function f` is a binding like any other; `export { f }` names something for others.
    let elsewhere = above.iter().any(|frame| {
        let kind = frame.kind;
        kind.contains("import")
            || kind.starts_with("preproc_")
            || matches!(
                kind,
                "use_declaration"
                    | "extern_crate_declaration"
                    | "attribute_item"
                    | "inner_attribute_item"
                    | "macro_definition"
                    | "foreign_mod_item"
                    | "object_pattern"
                    | "package_clause"
                    | "package_declaration"
                    | "export_clause"
                    | "annotation"
                    | "marker_annotation"
            )
    });
    (key || elsewhere || is_opaque_macro(above, after)).then_some(Use::Fixed)
}

/// Within a macro that may look at names, or used there as one.
fn is_opaque_macro(above: &[Frame<'_>], after: &[u8]) -> bool {
    let arguments = above.iter().any(|frame| frame.kind.starts_with("token_"));
    let transparent =
        above.iter().rev().find(|frame| frame.kind == "macro_invocation").is_some_and(|f| f.transparent);
    let names = (after.starts_with(b":") && !after.starts_with(b"::"))
        || (after.starts_with(b"=") && !after.starts_with(b"==") && !after.starts_with(b"=>"))
        // A macro within the macro.
        || (after.starts_with(b"!") && !after.starts_with(b"!="));
    arguments && (!transparent || names)
}
