//! What others may call: names that a file makes public, by how their definitions look.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Line;
use crate::text::RepoPath;
use crate::text::highlight::Language;

/// Words between `pub` or `export` and a name.
const BETWEEN: [&str; 22] = [
    "abstract",
    "async",
    "class",
    "const",
    "declare",
    "default",
    "enum",
    "extern",
    "final",
    "fn",
    "function",
    "interface",
    "let",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
    "var",
];

/// Public names that lines define, each with its line's words.
pub(super) fn public<'a>(path: &RepoPath, lines: &'a [Line<'a>]) -> BTreeMap<&'a str, (&'a str, usize)> {
    let language = Language::of(path);
    lines
        .iter()
        .filter_map(|line| Some((defined(language?, line.text)?, (line.text.trim(), line.row))))
        .collect()
}

fn defined(language: Language, text: &str) -> Option<&str> {
    let code = text.trim_start();
    match language {
        Language::Rust => name(code.strip_prefix("pub ")?),
        Language::JavaScript | Language::TypeScript | Language::Tsx => name(code.strip_prefix("export ")?),
        Language::Go => {
            let rest = text.strip_prefix("func ").or_else(|| text.strip_prefix("type "))?;
            let rest = if rest.starts_with('(') { rest.split_once(") ")?.1 } else { rest };
            word(rest).filter(|name| name.starts_with(|c: char| c.is_uppercase()))
        }
        Language::Python => {
            let rest = text.strip_prefix("def ").or_else(|| text.strip_prefix("class "));
            word(rest.or_else(|| text.strip_prefix("async def "))?).filter(|name| !name.starts_with('_'))
        }
        Language::Java => {
            let rest = code.strip_prefix("public ")?;
            let head = rest.split(['(', '{', '=', ';']).next()?.trim_end();
            head.rsplit(' ').next().filter(|name| !name.is_empty())
        }
        _ => None,
    }
}

fn name(rest: &str) -> Option<&str> {
    rest.split_whitespace().find_map(|part| {
        let name = word(part)?;
        (!BETWEEN.contains(&name)).then_some(name)
    })
}

fn word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.get(..end).filter(|word| !word.is_empty())
}

/// What happens to public names: gone, or defined otherwise. A name that another hunk brings is not gone.
pub(super) fn risks(
    path: &RepoPath,
    gone: &[Line<'_>],
    come: &[Line<'_>],
    elsewhere: &BTreeSet<String>,
) -> Vec<(String, Option<usize>)> {
    let (before, after) = (public(path, gone), public(path, come));
    let changed = before.iter().filter_map(|(name, (old, _))| match after.get(name) {
        Some((new, row)) => (old != new).then(|| (format!("the definition of `{name}`"), Some(*row))),
        None => (!elsewhere.contains(*name)).then(|| (format!("`{name}` goes"), None)),
    });
    changed.collect()
}
