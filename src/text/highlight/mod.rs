//! Syntax classes from tree-sitter. A class is a word, not a colour: the theme lives in `ui`.
//!
//! Which file is in which language, and how a grammar's capture names become classes, is here; the
//! grammars themselves are in `grammar`. Nothing here decides what is an edit.

mod grammar;

use std::ops::Range;

use tree_sitter_highlight::{HighlightEvent, Highlighter};

use super::{Lines, RepoPath};
use grammar::Grammar;
pub(super) use grammar::parser;

/// Largest text worth colouring, in bytes.
const MAX_BYTES: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    Keyword,
    Function,
    Type,
    String,
    Number,
    Constant,
    Comment,
    Property,
    Operator,
    Punctuation,
    Tag,
    Heading,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Language {
    Rust,
    Python,
    JavaScript,
    TypeScript,
    Tsx,
    Go,
    Java,
    C,
    Bash,
    Json,
    Toml,
    Markdown,
    Cpp,
    CSharp,
    Ruby,
    Php,
    Yaml,
    Html,
    Css,
}

impl Language {
    /// How many there are.
    pub(in crate::text) const COUNT: usize = Self::Css as usize + 1;

    /// By file name and extension.
    pub fn of(path: &RepoPath) -> Option<Self> {
        match path.file_name() {
            "Cargo.lock" | "poetry.lock" | "uv.lock" | "Pipfile" => return Some(Self::Toml),
            ".bashrc" | ".bash_profile" | ".profile" | "PKGBUILD" => return Some(Self::Bash),
            "Rakefile" | "Gemfile" | "Podfile" | "Vagrantfile" => return Some(Self::Ruby),
            ".clang-format" | ".clang-tidy" => return Some(Self::Yaml),
            ".babelrc" | ".eslintrc" | ".prettierrc" => return Some(Self::Json),
            _ => {}
        }
        match path.extension()?.to_ascii_lowercase().as_str() {
            "rs" => Some(Self::Rust),
            "py" | "pyi" => Some(Self::Python),
            "js" | "mjs" | "cjs" | "jsx" => Some(Self::JavaScript),
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "tsx" => Some(Self::Tsx),
            "go" => Some(Self::Go),
            "java" => Some(Self::Java),
            "c" | "h" => Some(Self::C),
            "sh" | "bash" => Some(Self::Bash),
            "json" | "jsonc" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "md" | "markdown" => Some(Self::Markdown),
            "cpp" | "cc" | "cxx" | "c++" | "hpp" | "hh" | "hxx" | "ipp" | "inl" | "tpp" => Some(Self::Cpp),
            "cs" => Some(Self::CSharp),
            "rb" | "rake" | "gemspec" | "ru" => Some(Self::Ruby),
            "php" | "phtml" => Some(Self::Php),
            "yml" | "yaml" => Some(Self::Yaml),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "css" => Some(Self::Css),
            _ => None,
        }
    }
}

/// Classified byte ranges, ordered, not overlapping; of nested classes the innermost counts. Costs
/// milliseconds to tens of them: never on the UI path. Empty for a text that is too large to be
/// worth it (more than 1 MiB).
pub fn highlight(language: Language, text: &[u8]) -> Vec<(Range<usize>, Class)> {
    if text.len() > MAX_BYTES {
        return Vec::new();
    }
    grammar::of(language).and_then(|grammar| classify(grammar, text)).unwrap_or_default()
}

/// Classes of a text, by line: ranges within each, in bytes. One that goes on over lines is in all of them.
pub fn by_line(text: &Lines, classes: Vec<(Range<usize>, Class)>) -> Vec<Vec<(Range<usize>, Class)>> {
    let mut classes = classes.into_iter().peekable();
    let mut offset = 0;
    let mut lines = Vec::with_capacity(text.len());
    for line in text.iter() {
        let end = offset + line.len();
        let mut here = Vec::new();
        while let Some((range, class)) = classes.peek().filter(|(range, _)| range.start < end) {
            here.push((range.start.max(offset) - offset..range.end.min(end) - offset, *class));
            if range.end > end {
                break;
            }
            classes.next();
        }
        lines.push(here);
        offset = end;
    }
    lines
}

fn classify(grammar: &Grammar, text: &[u8]) -> Option<Vec<(Range<usize>, Class)>> {
    let mut highlighter = Highlighter::new();
    let events = highlighter.highlight(&grammar.configuration, text, None, None, |_| None).ok()?;
    let mut ranges: Vec<(Range<usize>, Class)> = Vec::new();
    let mut open = Vec::new();
    for event in events {
        match event.ok()? {
            HighlightEvent::HighlightStart(name) => open.push(grammar.classes.get(name.0).copied().flatten()),
            HighlightEvent::HighlightEnd => drop(open.pop()),
            HighlightEvent::Source { start, end } => {
                if let Some(class) = open.last().copied().flatten() {
                    push(&mut ranges, start..end, class);
                }
            }
        }
    }
    Some(ranges)
}

/// Adds a range, or lengthens the last when the new one continues it.
fn push(ranges: &mut Vec<(Range<usize>, Class)>, range: Range<usize>, class: Class) {
    match ranges.last_mut() {
        _ if range.is_empty() => {}
        Some((last, same)) if *same == class && last.end == range.start => last.end = range.end,
        _ => ranges.push((range, class)),
    }
}

/// The class of a capture name of the grammars' queries, by its most telling part; `None` for what
/// is drawn plain.
fn class(capture: &str) -> Option<Class> {
    let mut parts = capture.split('.');
    match (parts.next()?, parts.next().unwrap_or_default()) {
        ("keyword", _) | ("variable", "builtin") => Some(Class::Keyword),
        ("function", _) => Some(Class::Function),
        ("type" | "constructor" | "module", _) => Some(Class::Type),
        ("string", "special") if capture.ends_with(".key") => Some(Class::Property),
        ("string" | "escape", _) | ("text", "literal" | "uri" | "reference") => Some(Class::String),
        ("number", _) => Some(Class::Number),
        ("constant" | "boolean" | "label", _) => Some(Class::Constant),
        ("comment", _) => Some(Class::Comment),
        ("property" | "attribute", _) => Some(Class::Property),
        ("operator", _) => Some(Class::Operator),
        ("punctuation" | "delimiter", _) => Some(Class::Punctuation),
        ("tag", _) => Some(Class::Tag),
        ("text", "title") => Some(Class::Heading),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Language; Language::COUNT] = [
        Language::Rust,
        Language::Python,
        Language::JavaScript,
        Language::TypeScript,
        Language::Tsx,
        Language::Go,
        Language::Java,
        Language::C,
        Language::Bash,
        Language::Json,
        Language::Toml,
        Language::Markdown,
        Language::Cpp,
        Language::CSharp,
        Language::Ruby,
        Language::Php,
        Language::Yaml,
        Language::Html,
        Language::Css,
    ];

    /// The class of the first occurrence of `word`.
    fn class_of(language: Language, text: &str, word: &str) -> Option<Class> {
        let at = text.find(word).unwrap();
        let found = highlight(language, text.as_bytes()).into_iter().find(|(range, _)| range.contains(&at));
        found.map(|(_, class)| class)
    }

    #[test]
    fn every_language_tells_its_words_apart() {
        use Class::*;
        let rust = "// note\nfn main() { let s = \"text\"; let n: Vec<u8> = 17; }";
        let python = "# note\ndef main():\n    return \"text\"\n";
        let javascript = "// note\nfunction main() { return \"text\"; }\nconst e = <div>x</div>;";
        let typescript =
            "// note\ninterface Shape { side: number }\nfunction main(): string { return \"text\"; }";
        let tsx = "// note\nfunction main(): string { return \"text\"; }\nconst e = <div>x</div>;";
        let go = "// note\npackage main\nfunc main() { x := \"text\" }";
        let java = "// note\nclass Main { String s = \"text\"; int n = 17; }";
        let c = "// note\nint main(void) { return puts(\"text\"); }";
        let bash = "# note\nif true; then echo \"text\"; fi";
        let json = "{\"key\": \"text\", \"n\": 17}";
        let toml = "# note\n[table]\nkey = \"text\"\n";
        let markdown = "# Title\n\nwords\n";
        let cpp = "// note\nnamespace a { class Shape : Base { int f() { return g(\"text\"); } }; }";
        let c_sharp = "// note\nclass Shape { string F() { return \"text\"; } int n = 17; }";
        let ruby = "# note\nclass Shape\n  def main\n    puts \"text\"\n  end\nend\n";
        let php = "<?php\n// note\nfunction main($a) { return \"text\"; }\n";
        let yaml = "# note\nkey: \"text\"\nn: 17\n";
        let html = "<!-- note --><div class=\"text\">words</div>";
        let css = "/* note */\n.shape { color: red; width: 17px; }\n";
        for (language, text, word, class) in [
            (Language::Rust, rust, "note", Comment),
            (Language::Rust, rust, "fn", Keyword),
            (Language::Rust, rust, "main", Function),
            (Language::Rust, rust, "text", String),
            (Language::Rust, rust, "Vec", Type),
            (Language::Python, python, "note", Comment),
            (Language::Python, python, "def", Keyword),
            (Language::Python, python, "text", String),
            (Language::JavaScript, javascript, "note", Comment),
            (Language::JavaScript, javascript, "function", Keyword),
            (Language::JavaScript, javascript, "text", String),
            (Language::JavaScript, javascript, "div", Tag),
            (Language::TypeScript, typescript, "note", Comment),
            (Language::TypeScript, typescript, "interface", Keyword),
            (Language::TypeScript, typescript, "function", Keyword),
            (Language::TypeScript, typescript, "Shape", Type),
            (Language::TypeScript, typescript, "text", String),
            (Language::Tsx, tsx, "note", Comment),
            (Language::Tsx, tsx, "function", Keyword),
            (Language::Tsx, tsx, "text", String),
            (Language::Tsx, tsx, "div", Tag),
            (Language::Go, go, "note", Comment),
            (Language::Go, go, "func", Keyword),
            (Language::Go, go, "text", String),
            (Language::Java, java, "note", Comment),
            (Language::Java, java, "class", Keyword),
            (Language::Java, java, "text", String),
            (Language::Java, java, "17", Number),
            (Language::C, c, "note", Comment),
            (Language::C, c, "return", Keyword),
            (Language::C, c, "text", String),
            (Language::Bash, bash, "note", Comment),
            (Language::Bash, bash, "if", Keyword),
            (Language::Bash, bash, "text", String),
            (Language::Json, json, "key", Property),
            (Language::Json, json, "text", String),
            (Language::Json, json, "17", Number),
            (Language::Toml, toml, "note", Comment),
            (Language::Toml, toml, "key", Property),
            (Language::Toml, toml, "text", String),
            (Language::Markdown, markdown, "Title", Heading),
            (Language::Cpp, cpp, "note", Comment),
            (Language::Cpp, cpp, "class", Keyword),
            (Language::Cpp, cpp, "Shape", Type),
            (Language::Cpp, cpp, "return", Keyword),
            (Language::Cpp, cpp, "text", String),
            (Language::CSharp, c_sharp, "note", Comment),
            (Language::CSharp, c_sharp, "class", Keyword),
            (Language::CSharp, c_sharp, "Shape", Type),
            (Language::CSharp, c_sharp, "text", String),
            (Language::CSharp, c_sharp, "17", Number),
            (Language::Ruby, ruby, "note", Comment),
            (Language::Ruby, ruby, "def", Keyword),
            (Language::Ruby, ruby, "main", Function),
            (Language::Ruby, ruby, "text", String),
            (Language::Php, php, "note", Comment),
            (Language::Php, php, "function", Keyword),
            (Language::Php, php, "main", Function),
            (Language::Php, php, "text", String),
            (Language::Yaml, yaml, "note", Comment),
            (Language::Yaml, yaml, "key", Property),
            (Language::Yaml, yaml, "text", String),
            (Language::Yaml, yaml, "17", Number),
            (Language::Html, html, "note", Comment),
            (Language::Html, html, "div", Tag),
            (Language::Html, html, "class", Property),
            (Language::Html, html, "text", String),
            (Language::Css, css, "note", Comment),
            (Language::Css, css, "shape", Property),
            (Language::Css, css, "17", Number),
        ] {
            assert_eq!(class_of(language, text, word), Some(class), "{language:?} {word}");
        }
    }

    #[test]
    fn the_language_is_in_the_name() {
        let of = |path: &str| Language::of(&RepoPath::parse(path).unwrap());
        assert_eq!(of("src/a.RS"), Some(Language::Rust));
        assert_eq!(of("a/Cargo.lock"), Some(Language::Toml));
        assert_eq!(of(".bashrc"), Some(Language::Bash));
        assert_eq!(of("a.tsx"), Some(Language::Tsx));
        assert_eq!(of("a.hpp"), Some(Language::Cpp));
        assert_eq!(of("Gemfile"), Some(Language::Ruby));
        assert_eq!(of("Makefile"), None);
    }

    #[test]
    fn a_text_that_is_too_large_is_left_plain() {
        assert_eq!(highlight(Language::Rust, &b"fn f() {}\n".repeat(MAX_BYTES / 10 + 1)), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn ranges_are_ordered_and_disjoint_whatever_the_bytes(
            language in proptest::sample::select(ALL.to_vec()),
            text in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..200),
                "([a-z]+|[(){}<>\"'`#/*=\\\\$ \n])*".prop_map(String::into_bytes),
            ],
        ) {
            let mut at = 0;
            for (range, _) in highlight(language, &text) {
                prop_assert!(range.start >= at && range.start < range.end && range.end <= text.len());
                at = range.end;
            }
        }
    }
}
