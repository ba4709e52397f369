//! What the kinds of nodes of each grammar are to us, as tables.

use std::sync::OnceLock;

use super::super::highlight::{self, Language};
use super::TokenClass;

/// The table of one language, as its grammar names things.
struct Table {
    /// Definitions whose order among their neighbours does not matter.
    items: &'static [&'static str],
    /// What stands around an item and is read with it: `export`, decorators.
    wrappers: &'static [&'static str],
    /// What holds items: the bodies of items, and conditional sections.
    bodies: &'static [&'static str],
    /// What belongs to the item that follows it, even after a blank line.
    attributes: &'static [&'static str],
}

const NOTHING: Table = Table { items: &[], wrappers: &[], bodies: &[], attributes: &[] };

const RUST: Table = Table {
    items: &[
        "function_item",
        "function_signature_item",
        "struct_item",
        "enum_item",
        "union_item",
        "type_item",
        "const_item",
        "static_item",
        "impl_item",
        "trait_item",
        "mod_item",
    ],
    wrappers: &[],
    bodies: &["source_file", "declaration_list"],
    attributes: &["attribute_item"],
};

const PYTHON: Table = Table {
    items: &["function_definition", "class_definition"],
    wrappers: &["decorated_definition"],
    bodies: &["module", "block"],
    attributes: &["decorator"],
};

const JAVASCRIPT: Table = Table {
    items: &[
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
        "type_alias_declaration",
        "enum_declaration",
        "method_definition",
        "internal_module",
        "lexical_declaration",
    ],
    wrappers: &["export_statement"],
    bodies: &["program", "class_body", "statement_block"],
    attributes: &["decorator"],
};

const GO: Table = Table {
    items: &[
        "function_declaration",
        "method_declaration",
        "type_declaration",
        "const_declaration",
        "var_declaration",
    ],
    wrappers: &[],
    bodies: &["source_file"],
    attributes: &[],
};

const JAVA: Table = Table {
    items: &[
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "annotation_type_declaration",
        "method_declaration",
        "constructor_declaration",
    ],
    wrappers: &[],
    bodies: &["program", "class_body", "interface_body", "enum_body_declarations"],
    attributes: &[],
};

const C: Table = Table {
    items: &["function_definition", "type_definition"],
    wrappers: &[],
    bodies: &[
        "translation_unit",
        "preproc_if",
        "preproc_ifdef",
        "preproc_else",
        "preproc_elif",
        "preproc_elifdef",
    ],
    attributes: &[],
};

const BASH: Table = Table { items: &["function_definition"], bodies: &["program"], ..NOTHING };

const TOML: Table = Table { items: &["table"], bodies: &["document"], ..NOTHING };

/// Is it known what blanks, line ends and order mean in this language? Where it is not, nothing may be
/// said of two texts but that they differ.
pub(super) fn is_understood(language: Language) -> bool {
    !matches!(
        language,
        Language::Cpp
            | Language::CSharp
            | Language::Ruby
            | Language::Php
            | Language::Yaml
            | Language::Html
            | Language::Css
    )
}

fn table(language: Language) -> &'static Table {
    match language {
        Language::Rust => &RUST,
        Language::Python => &PYTHON,
        Language::JavaScript | Language::TypeScript | Language::Tsx => &JAVASCRIPT,
        Language::Go => &GO,
        Language::Java => &JAVA,
        Language::C => &C,
        Language::Bash => &BASH,
        Language::Toml => &TOML,
        Language::Json | Language::Markdown => &NOTHING,
        Language::Cpp | Language::CSharp | Language::Ruby | Language::Php => &NOTHING,
        Language::Yaml | Language::Html | Language::Css => &NOTHING,
    }
}

/// What a kind of node is to an item.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Part {
    Item,
    Wrapper,
    Body,
    Attribute,
    Comment,
    #[default]
    Other,
}

/// The kinds of a grammar by their numbers.
pub(super) struct Shapes {
    pub(super) language: Language,
    names: Vec<String>,
    whole: Vec<Option<TokenClass>>,
    parts: Vec<Part>,
    runs: Vec<bool>,
    lists: Vec<bool>,
    macro_arguments: Vec<bool>,
}

pub(super) fn of(language: Language) -> &'static Shapes {
    static SHAPES: [OnceLock<Shapes>; 16] = [const { OnceLock::new() }; 16];
    static NONE: OnceLock<Shapes> = OnceLock::new();
    let cell = SHAPES.get(language as usize).unwrap_or(&NONE);
    cell.get_or_init(|| Shapes::of(language))
}

impl Shapes {
    fn of(language: Language) -> Self {
        let grammar = highlight::parser(language);
        let table = table(language);
        let ids = 0..u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX);
        let names: Vec<String> =
            ids.map(|id| grammar.node_kind_for_id(id).unwrap_or_default().to_owned()).collect();
        let whole = names.iter().map(|name| whole(name)).collect();
        let parts = names.iter().map(|name| part(name, table)).collect();
        let named = |id: usize| u16::try_from(id).is_ok_and(|id| grammar.node_kind_is_named(id));
        let runs = names.iter().enumerate().map(|(id, name)| named(id) && runs(language, name)).collect();
        let lists = names.iter().map(|name| lists(language).contains(&name.as_str())).collect();
        let macro_arguments = names.iter().map(|name| name.starts_with("token_")).collect();
        Self { language, names, whole, parts, runs, lists, macro_arguments }
    }

    pub(super) fn name(&self, kind: u16) -> &str {
        self.names.get(usize::from(kind)).map_or("", String::as_str)
    }

    /// Is a node of this kind one token, whatever it holds?
    pub(super) fn is_whole(&self, kind: u16) -> bool {
        self.whole.get(usize::from(kind)).is_some_and(Option::is_some)
    }

    pub(super) fn part(&self, kind: u16) -> Part {
        self.parts.get(usize::from(kind)).copied().unwrap_or_default()
    }

    /// Does it run, or steer what follows, where it stands?
    pub(super) fn runs(&self, kind: u16) -> bool {
        self.runs.get(usize::from(kind)).is_some_and(|runs| *runs)
    }

    /// May a comma behind the last element of a list of this kind come and go?
    pub(super) fn may_close(&self, kind: u16) -> bool {
        self.lists.get(usize::from(kind)).is_some_and(|may| *may)
    }

    pub(super) fn is_macro_argument(&self, kind: u16) -> bool {
        self.macro_arguments.get(usize::from(kind)).is_some_and(|is| *is)
    }

    pub(super) fn class(&self, kind: u16, text: &[u8]) -> TokenClass {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        match self.whole.get(usize::from(kind)).copied().flatten() {
            Some(class) => class,
            None if text.iter().any(is_word) => TokenClass::Word,
            None => TokenClass::Sign,
        }
    }
}

/// Kinds that are one token although the grammar looks into them: between their parts blanks are
/// content. Their names are much alike from grammar to grammar.
fn whole(name: &str) -> Option<TokenClass> {
    let has = |part: &str| name.contains(part);
    if has("comment") {
        return Some(TokenClass::Comment);
    }
    if name == "jsx_text" {
        return Some(TokenClass::Shown);
    }
    let literal = (has("string") && name != "string_start" && name != "string_end")
        || has("char_literal")
        || has("character_literal")
        || has("heredoc")
        || ["regex", "rune_literal", "template_literal_type", "preproc_arg", "line_continuation"]
            .contains(&name);
    literal.then_some(TokenClass::Literal)
}

fn part(name: &str, table: &Table) -> Part {
    let of = |names: &[&str]| names.contains(&name);
    match name {
        _ if of(table.items) => Part::Item,
        _ if of(table.wrappers) => Part::Wrapper,
        _ if of(table.bodies) => Part::Body,
        _ if of(table.attributes) => Part::Attribute,
        _ if name.contains("comment") => Part::Comment,
        _ => Part::Other,
    }
}

/// What is no definition and matters to those below it: statements where a file is run from its top,
/// macros where their reach begins where they stand.
fn runs(language: Language, name: &str) -> bool {
    match language {
        Language::Python => !name.contains("import") && name != "pass_statement",
        Language::JavaScript | Language::TypeScript | Language::Tsx => !matches!(
            name,
            "import_statement" | "empty_statement" | "ambient_declaration" | "function_signature"
        ),
        Language::Bash => true,
        Language::C => matches!(name, "preproc_def" | "preproc_function_def" | "preproc_call"),
        Language::Rust => name == "macro_definition",
        Language::Go | Language::Java | Language::Json | Language::Markdown | Language::Toml => false,
        // Not understood, so never asked.
        Language::Cpp | Language::CSharp | Language::Ruby | Language::Php => true,
        Language::Yaml | Language::Html | Language::Css => true,
    }
}

/// Lists behind whose last element a comma means nothing. Never tuples, where it makes one.
fn lists(language: Language) -> &'static [&'static str] {
    match language {
        Language::Rust => &[
            "arguments",
            "parameters",
            "type_arguments",
            "type_parameters",
            "field_initializer_list",
            "field_declaration_list",
            "enum_variant_list",
            "use_list",
            "array_expression",
            "struct_pattern",
        ],
        Language::Python => {
            &["argument_list", "parameters", "list", "dictionary", "set", "import_from_statement"]
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => &[
            "arguments",
            "formal_parameters",
            "array",
            "object",
            "named_imports",
            "export_clause",
            "type_arguments",
            "type_parameters",
            "enum_body",
        ],
        Language::Go => &["argument_list", "parameter_list", "literal_value"],
        Language::C => &["initializer_list", "enumerator_list"],
        Language::Java => &["array_initializer"],
        Language::Toml => &["array"],
        Language::Bash | Language::Json | Language::Markdown => &[],
        Language::Cpp | Language::CSharp | Language::Ruby | Language::Php => &[],
        Language::Yaml | Language::Html | Language::Css => &[],
    }
}
