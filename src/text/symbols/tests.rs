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
