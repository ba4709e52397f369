//! What each grammar cuts a text into, and that a broken or hostile text is cut without harm.

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
fn cpp_and_c_sharp() {
    let text = "namespace a {\n// Why.\ntemplate <typename T>\nclass B : public C {\npublic:\n  int& f() { return x; }\n  ~B();\n};\n}\nint a::B::g(int n) {\n  return n;\n}\nusing D = int;\nenum class E { A };\n";
    let expected = ["scope a 1-9", "  type B 2-8", "    function f 6", "function g 10-12", "type D 13"];
    assert_eq!(told(Language::Cpp, text), expected);
    let text = "namespace A {\n  /// Doc.\n  [Serializable]\n  public class B<T> : C {\n    public int F() => 1;\n    public B() {}\n    public int P {\n      get; set;\n    }\n  }\n  record R(int X);\n}\n";
    let expected = [
        "scope A 1-12",
        "  type B 2-10",
        "    function F 5",
        "    function B 6",
        "    value P 7-9",
        "  type R 11",
    ];
    assert_eq!(told(Language::CSharp, text), expected);
}

#[test]
fn ruby_and_php() {
    let text = "# Doc.\nmodule A\n  class B < C\n    NAMES = [\n      1\n    ].freeze\n\n    def f?(a)\n      a\n    end\n\n    def self.g; end\n  end\nend\n";
    let expected =
        ["scope A 1-14", "  type B 3-13", "    value NAMES 4-6", "    function f 8-10", "    function g 12"];
    assert_eq!(told(Language::Ruby, text), expected);
    let text = "<?php\nnamespace A;\n\n/** Doc. */\n#[Attr]\nfinal class B extends C {\n  public function f(): int { return 1; }\n}\ninterface I {}\nfunction g() {}\n";
    let expected = ["type B 4-8", "  function f 7", "type I 9", "function g 10"];
    assert_eq!(told(Language::Php, text), expected);
}

#[test]
fn json_yaml_html_and_css() {
    let text = "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [\n      2\n    ]\n  }\n}\n";
    assert_eq!(told(Language::Json, text), ["section b 3-7", "  section c 4-6"]);
    let text = "a: 1\n# Why.\njobs:\n  test:\n    - run: x\n      if: y\n  lint: z\n";
    assert_eq!(told(Language::Yaml, text), ["section jobs 2-7", "  section test 4-6"]);
    let text = "<body>\n<div class=\"a\" id=\"main\">\n<p>b</p>\n</div>\n</body>\n";
    assert_eq!(told(Language::Html, text), ["section main 2-4"]);
    let text = "a { b: c }\n/* Why. */\n.d > e,\nf {\n  g: h;\n}\n@media print {\n  i { j: k }\n}\n";
    let expected = ["section a 1", "section .d > e, 2-6", "section print 7-9", "  section i 8"];
    assert_eq!(told(Language::Css, text), expected);
}

#[test]
fn every_kind_in_the_tables_exists_in_its_grammar() {
    for language in ALL {
        assert_eq!(kinds::unknown(language), Vec::<&str>::new(), "{language:?}");
    }
}

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

#[test]
fn what_is_taken_out_before_parsing_changes_no_definition() {
    let inner =
        format!("fn long() {{ {} struct Inner; fn deep() {{ mod no {{}} }} }}", "call(1); ".repeat(200));
    let texts = [
        include_str!("mod.rs"),
        include_str!("bodies.rs"),
        include_str!("kinds.rs"),
        include_str!("tests.rs"),
        include_str!("../terms.rs"),
        include_str!("../diff.rs"),
        &inner,
    ];
    for text in texts {
        let text = text.as_bytes();
        let mut whole = Vec::new();
        let tree = parse(Language::Rust, text).unwrap();
        collect(&tree, kinds::of(Language::Rust), &LineStarts::of(text), &mut whole);
        assert!(!whole.is_empty());
        assert_eq!(definitions(Language::Rust, text), whole);
        assert_ne!(bodies::without_bodies(text, LONG), text);
    }
}
