use super::*;
use proptest::prelude::*;

/// `kind name first-last`, indented by depth, lines from 1.
fn told(language: Language, text: &str) -> Vec<String> {
    let told = |d: &Definition| {
        let kind = format!("{:?}", d.kind).to_lowercase();
        format!("{}{kind} {} {}", "  ".repeat(d.depth), d.name, d.span)
    };
    definitions(language, text.as_bytes()).iter().map(told).collect()
}

#[test]
fn rust() {
    let text = "use a;\n\n/// Doc.\n#[derive(Debug)]\npub struct Line<'a> {\n    a: &'a u8,\n}\nimpl<'a> fmt::Display for Line<'a> {\n    // Why.\n    fn fmt(&self) {\n        let x = 1;\n    }\n}\nmod b {\n    pub const MAX: usize = 1;\n}\nmacro_rules! m { () => {} }\n";
    let expected = [
        "type Line 3-7",
        "scope Line 8-13",
        "  function fmt 9-12",
        "scope b 14-16",
        "  value MAX 15",
        "function m 17",
    ];
    assert_eq!(told(Language::Rust, text), expected);
}

#[test]
fn python() {
    let text = "import a\n\n# Why.\n@decorated\ndef f():\n    pass\n\nclass B(A):\n    \"\"\"Doc.\"\"\"\n\n    async def g(self):\n        pass\n";
    assert_eq!(told(Language::Python, text), ["function f 3-6", "type B 8-12", "  function g 11-12"]);
}

#[test]
fn typescript_and_javascript() {
    let text = "export function f() {}\nclass A {\n  m(): void {}\n}\nexport const g = () => {\n  a()\n  b()\n}\nconst x = 1\n/** Doc. */\nexport interface I {\n  a: string\n}\ntype T = string\n";
    let expected =
        ["function f 1", "type A 2-4", "  function m 3", "value g 5-8", "type I 10-13", "type T 14"];
    assert_eq!(told(Language::TypeScript, text), expected);
    let text = "const plugin = {\n  name: 'a',\n  load(id) {\n    return 1\n  },\n}\nfunction* g() {}\n";
    assert_eq!(told(Language::JavaScript, text), ["value plugin 1-6", "function g 7"]);
}

#[test]
fn go_and_java() {
    let text = "package a\n\n// F does.\nfunc F() {}\n\nfunc (b *B) m() {}\n\ntype B struct {\n\tx int\n}\n";
    assert_eq!(told(Language::Go, text), ["function F 3-4", "function m 6", "type B 8-10"]);
    let text = "package a;\n\n/**\n * Doc.\n */\npublic class A<T> {\n  @Override\n  public int b() { return 1; }\n\n  A() {}\n}\n";
    assert_eq!(told(Language::Java, text), ["type A 3-11", "  function b 7-8", "  function A 10"]);
}

#[test]
fn c_and_bash() {
    let text = "#define MAX(a, b) a\nstatic char *f(int a) {\n  return 0;\n}\nstruct s {\n  int a;\n};\ntypedef int number;\n";
    assert_eq!(told(Language::C, text), ["function MAX 1", "function f 2-4", "type s 5-7", "type number 8"]);
    assert_eq!(
        told(Language::Bash, "f() {\n  a\n}\nfunction g { b; }\n"),
        ["function f 1-3", "function g 4"]
    );
}

#[test]
fn sections_of_documents_and_settings() {
    let text = "# Title\n\nWords.\n\n## Part one\n\nMore.\n\n## Part two\n";
    let expected = ["section Title 1-9", "  section Part one 5-8", "  section Part two 9"];
    assert_eq!(told(Language::Markdown, text), expected);
    assert_eq!(told(Language::Toml, "a = 1\n[b.c]\nd = 1\n\n[[e]]\n"), ["section b.c 2-4", "section e 5"]);
}

#[test]
fn a_function_inside_a_long_one_is_found_and_inside_a_short_one_is_not() {
    let inner = "    def inner():\n        pass\n";
    let short = format!("def outer():\n{inner}");
    assert_eq!(told(Language::Python, &short), ["function outer 1-3"]);
    let long = format!("def outer():\n{}{inner}", "    a = 1\n".repeat(200));
    assert_eq!(told(Language::Python, &long)[1], "  function inner 202-203");
}

#[test]
fn what_nests_without_end_is_followed_to_a_depth_only() {
    let deep = "mod a { ".repeat(5_000) + "fn f() {} " + &"} ".repeat(5_000);
    let found = definitions(Language::Rust, deep.replace("{ ", "{\n").as_bytes());
    assert!(found.len() <= MAX_DEPTH + 1 && !found.is_empty());
}

#[test]
fn every_kind_in_the_tables_exists_in_its_grammar() {
    for language in ALL {
        assert_eq!(kinds::unknown(language), Vec::<&str>::new(), "{language:?}");
    }
}

const ALL: [Language; 12] = [
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
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn definitions_lie_within_the_text_in_order_whatever_the_bytes(
        language in proptest::sample::select(ALL.to_vec()),
        text in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "(fn|class|def|function|struct|impl|mod|[a-z]+|[(){}<>\"'`#/*=;:\\\\$ \n])*".prop_map(String::into_bytes),
        ],
    ) {
        let lines = crate::text::Lines::new(text.clone());
        let found = definitions(language, &text);
        prop_assert!(found.iter().all(|d| d.span.end() <= lines.len().max(1) && !d.name.is_empty()));
        let mut at = 0;
        for chunk in chunks(&lines, &found, 40) {
            prop_assert!(chunk.span.start() >= at && chunk.span.end() <= lines.len());
            at = chunk.span.end();
        }
    }
}
