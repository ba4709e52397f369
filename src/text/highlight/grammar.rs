//! The compiled grammars, one for each language, made when first asked for: a query takes
//! milliseconds to compile and never changes.

use std::sync::OnceLock;

use tree_sitter_highlight::HighlightConfiguration;

use super::{Class, Language};

/// A grammar with its query and the class of each of the query's captures.
pub(super) struct Grammar {
    pub(super) configuration: HighlightConfiguration,
    pub(super) classes: Vec<Option<Class>>,
}

/// `None` when the grammar and its query do not fit each other, which a test excludes.
pub(super) fn of(language: Language) -> Option<&'static Grammar> {
    static COMPILED: [OnceLock<Option<Grammar>>; Language::COUNT] =
        [const { OnceLock::new() }; Language::COUNT];
    COMPILED.get(language as usize)?.get_or_init(|| compile(language)).as_ref()
}

fn compile(language: Language) -> Option<Grammar> {
    let (parser, queries) = source(language);
    // A later pattern wins, so the more special query comes last.
    let query = queries.join("\n");
    let mut configuration =
        HighlightConfiguration::new(parser, format!("{language:?}"), &query, "", "").ok()?;
    let names: Vec<String> = configuration.names().iter().map(|name| (*name).to_owned()).collect();
    configuration.configure(&names);
    let classes = names.iter().map(|name| super::class(name)).collect();
    Some(Grammar { configuration, classes })
}

/// The parser alone.
pub(in crate::text) fn parser(language: Language) -> tree_sitter::Language {
    source(language).0
}

/// The grammar's own query tells keys from other strings too, but in a pattern that is overruled.
const JSON_KEYS: &str = "(pair key: (string) @string.special.key)";

fn source(language: Language) -> (tree_sitter::Language, Vec<&'static str>) {
    use tree_sitter_javascript::{HIGHLIGHT_QUERY as JS, JSX_HIGHLIGHT_QUERY as JSX};
    use tree_sitter_typescript::HIGHLIGHTS_QUERY as TS;
    let (parser, queries) = match language {
        Language::Rust => (tree_sitter_rust::LANGUAGE, vec![tree_sitter_rust::HIGHLIGHTS_QUERY]),
        Language::Python => (tree_sitter_python::LANGUAGE, vec![tree_sitter_python::HIGHLIGHTS_QUERY]),
        Language::JavaScript => (tree_sitter_javascript::LANGUAGE, vec![JS, JSX]),
        Language::TypeScript => (tree_sitter_typescript::LANGUAGE_TYPESCRIPT, vec![JS, TS]),
        Language::Tsx => (tree_sitter_typescript::LANGUAGE_TSX, vec![JS, JSX, TS]),
        Language::Go => (tree_sitter_go::LANGUAGE, vec![tree_sitter_go::HIGHLIGHTS_QUERY]),
        Language::Java => (tree_sitter_java::LANGUAGE, vec![tree_sitter_java::HIGHLIGHTS_QUERY]),
        Language::C => (tree_sitter_c::LANGUAGE, vec![tree_sitter_c::HIGHLIGHT_QUERY]),
        Language::Bash => (tree_sitter_bash::LANGUAGE, vec![tree_sitter_bash::HIGHLIGHT_QUERY]),
        Language::Json => (tree_sitter_json::LANGUAGE, vec![tree_sitter_json::HIGHLIGHTS_QUERY, JSON_KEYS]),
        Language::Toml => (tree_sitter_toml_ng::LANGUAGE, vec![tree_sitter_toml_ng::HIGHLIGHTS_QUERY]),
        Language::Markdown => (tree_sitter_md::LANGUAGE, vec![tree_sitter_md::HIGHLIGHT_QUERY_BLOCK]),
        Language::Cpp => (
            tree_sitter_cpp::LANGUAGE,
            vec![tree_sitter_c::HIGHLIGHT_QUERY, tree_sitter_cpp::HIGHLIGHT_QUERY],
        ),
        Language::CSharp => (tree_sitter_c_sharp::LANGUAGE, vec![tree_sitter_c_sharp::HIGHLIGHTS_QUERY]),
        Language::Ruby => (tree_sitter_ruby::LANGUAGE, vec![tree_sitter_ruby::HIGHLIGHTS_QUERY]),
        Language::Php => (tree_sitter_php::LANGUAGE_PHP, vec![tree_sitter_php::HIGHLIGHTS_QUERY]),
        Language::Yaml => (tree_sitter_yaml::LANGUAGE, vec![tree_sitter_yaml::HIGHLIGHTS_QUERY]),
        Language::Html => (tree_sitter_html::LANGUAGE, vec![tree_sitter_html::HIGHLIGHTS_QUERY]),
        Language::Css => (tree_sitter_css::LANGUAGE, vec![tree_sitter_css::HIGHLIGHTS_QUERY]),
    };
    (parser.into(), queries)
}
