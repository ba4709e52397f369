//! What a person names: the definitions of a symbol, and the names that begin as theirs does.

use std::collections::BTreeSet;

use super::excerpts::Drawn;
use super::layer::Layered;
use crate::context::Excerpt;
use crate::text::{Lines, RepoPath, Span};

/// Most lines of one definition: a type of a thousand lines is named by its first.
const LONGEST: usize = 120;

/// The definitions of `name`, at most `limit` of them, and how many there are. Those in code that is not
/// about tests come first. Of `Owner::name` and `Owner.name`, which are no names of their own, those of
/// `name` in files that define the owner too. Blocking: reads the files.
pub fn defined(layered: &Layered<'_>, name: &str, limit: usize) -> (Vec<Drawn>, usize) {
    let whole = defined_with(layered, None, name, limit);
    let parts = name.rsplit_once("::").or_else(|| name.rsplit_once('.'));
    match parts {
        Some((owners, last)) if whole.1 == 0 => {
            let owner = owners.rsplit(['.', ':']).next();
            defined_with(layered, owner, last, limit)
        }
        _ => whole,
    }
}

fn defined_with(layered: &Layered<'_>, owner: Option<&str>, name: &str, limit: usize) -> (Vec<Drawn>, usize) {
    let mut places: Vec<(bool, &RepoPath, Span)> = Vec::new();
    for file in layered.corpus().files() {
        let symbols = &file.entry().symbols;
        if owner.is_none_or(|owner| symbols.iter().any(|symbol| *symbol.name == *owner)) {
            let own = symbols.iter().filter(|symbol| *symbol.name == *name);
            places.extend(own.map(|symbol| (aside(file.path()), file.path(), symbol.span)));
        }
    }
    places.sort();
    places.dedup();
    let all = places.len();
    let drawn = places.into_iter().filter_map(|(_, path, span)| definition(layered, name, path, span));
    (drawn.take(limit).collect(), all)
}

/// Is it a test, an example or a copy of another's code?
fn aside(path: &RepoPath) -> bool {
    const ASIDE: [&str; 8] =
        ["test", "tests", "testdata", "examples", "vendor", "third_party", "node_modules", "benches"];
    path.components().any(|part| ASIDE.contains(&part))
}

fn definition(layered: &Layered<'_>, name: &str, path: &RepoPath, span: Span) -> Option<Drawn> {
    let (file, unsaved) = layered.text(path)?;
    let span = Span::new(span.start(), span.end().min(span.start() + LONGEST).min(file.len()));
    let text = Lines::new(file.slice(span).to_vec());
    let unsaved = if unsaved { ", unsaved" } else { "" };
    let why = format!("defines `{name}`{unsaved}");
    let excerpt = Excerpt { whole: span == file.span(), path: path.clone(), span, text, why };
    Some(Drawn { excerpt, file })
}

/// Names that symbols of the project have and that begin with `typed`, in any case; at most `limit`, the
/// shortest first.
pub fn symbols(layered: &Layered<'_>, typed: &str, limit: usize) -> Vec<String> {
    let begins = |name: &str| {
        name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
            && !name.contains(char::is_whitespace)
    };
    let mut found: BTreeSet<(usize, &str)> = BTreeSet::new();
    for file in layered.corpus().files() {
        let own = file.entry().symbols.iter().map(|symbol| &*symbol.name);
        found.extend(own.filter(|name| begins(name)).map(|name| (name.len(), name)));
    }
    found.into_iter().take(limit).map(|(_, name)| name.to_owned()).collect()
}
