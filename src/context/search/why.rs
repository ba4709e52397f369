//! Why a chunk is among the hits, in words a person can check against the lines.

use super::corpus::Member;
use super::query::{Asked, Query};
use crate::text::symbols::Kind;
use crate::text::terms::terms_of;

/// Most words named of one kind.
const NAMED: usize = 4;

/// `def:parse_config`, `name:max_columns`, `words:config, file`, `path:config`: definitions that begin
/// there and are asked for, names found as they were written, words, words of the path. When none is,
/// the chunk talks of what the others talk of.
pub(super) fn why<'a>(file: &Member, part: usize, query: &'a Query) -> Vec<String> {
    let Some((part, terms, _)) = file.entry().columns().nth(part) else { return Vec::new() };
    let begins =
        file.entry().symbols.iter().filter(|symbol| part.span.as_range().contains(&symbol.span.start()));
    let asked = |name: &str| terms_of(name).iter().any(|term| query.place(*term).is_some());
    let defined = begins.filter(|symbol| symbol.kind != Kind::Section && asked(&symbol.name));
    let mut found: Vec<&Asked> = terms
        .iter()
        .filter_map(|term| query.place(*term))
        .filter_map(|place| query.terms().get(place))
        .collect();
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.word.cmp(&b.word)));
    let (names, words): (Vec<&Asked>, Vec<&Asked>) = found.into_iter().partition(|asked| asked.name);
    let in_path = file.path_terms().iter().filter_map(|term| query.place(*term));
    let in_path = in_path.filter_map(|place| query.terms().get(place));
    let spelled = |asked: &'a Asked| asked.word.as_str();
    let mut out = Vec::new();
    out.extend(listed("def", defined.map(|symbol| &*symbol.name)));
    out.extend(listed("name", names.into_iter().map(spelled)));
    out.extend(listed("words", words.into_iter().map(spelled)));
    out.extend(listed("path", in_path.map(spelled)));
    if out.is_empty() {
        out.push("like the best hits".to_owned());
    }
    out
}

fn listed<'a>(what: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut named: Vec<&str> = Vec::new();
    for word in words {
        if !named.contains(&word) && named.len() < NAMED {
            named.push(word);
        }
    }
    (!named.is_empty()).then(|| format!("{what}:{}", named.join(", ")))
}
