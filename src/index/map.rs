//! The map of a project: the definitions that the rest of it refers to most, with the lines that declare
//! them, file by file. For a model's first orientation; made once for a session and from no question, so
//! that what stands behind it in a request stays where it is.
//!
//! It is of the last commit (`committed` reads it), so that it is the same whatever is being worked on; where
//! there is none, of the files as they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Index;
use super::store::{Content, Key};
use crate::context::search::graph::{Referred, referred};
use crate::context::search::{Corpus, Member};
use crate::model::Tokens;
use crate::text::{Lines, RepoPath, Span, safe};
use crate::workspace::{Stamp, Workspace};

/// Longest declaration shown, in bytes.
const LONGEST: usize = 120;

/// Most definitions shown of one file: a map of one file is an outline.
const OF_FILE: usize = 10;

/// Most files read for it, however small the lines in them.
const FILES: usize = 400;

/// Digits of a commit's id by which a person knows it.
const ID: usize = 10;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct RepoMap {
    /// A file's path, then its declarations, indented; files by path, declarations as they stand there.
    pub text: String,
    pub files: usize,
    pub definitions: usize,
    /// Files of the project, in the map or not.
    pub of_files: usize,
    /// The commit that it is of; `None`: it is of the files as they were when it was made.
    pub commit: Option<String>,
}

impl RepoMap {
    pub fn is_empty(&self) -> bool {
        self.definitions == 0
    }

    /// `12 of 340 files of commit 1a2b3c4d5e, 48 definitions: what the others refer to most`
    pub fn why(&self) -> String {
        let Self { files, definitions, of_files, .. } = self;
        let of = match &self.commit {
            Some(id) => format!("of commit {}", id.get(..ID).unwrap_or(id)),
            None => "as they are (there is no commit)".to_owned(),
        };
        format!("{files} of {of_files} files {of}, {definitions} definitions: what the others refer to most")
    }
}

/// What an index knows of the files, to make a map from beside it: whoever holds this holds up nobody who asks
/// the index.
#[derive(Clone, Debug)]
pub struct Known {
    pub(super) corpus: Arc<Corpus>,
    /// Every file of the project: how it lay on disk and, if it is in the corpus, what it was read as.
    pub(super) files: HashMap<RepoPath, (Stamp, Option<Key>)>,
}

impl Known {
    pub(super) fn key(&self, path: &RepoPath) -> Option<Key> {
        self.files.get(path)?.1
    }
}

impl Index {
    /// What it knows, as of its last refresh.
    pub fn known(&self) -> Known {
        let key = |content| match content {
            Content::Indexed(key) => Some(key),
            Content::Skipped(_) => None,
        };
        let files = self.store.files.iter().map(|kept| (kept.path.clone(), (kept.stamp, key(kept.content))));
        Known { files: files.collect(), corpus: self.corpus() }
    }
}

/// The map of the files as they are, of at most about `budget` tokens; the same for the same files. Blocking: goes
/// through all references of the project and reads the files in the map. Empty when `stop` says so, and where
/// nothing refers to anything.
pub fn map(workspace: &Workspace, known: &Known, budget: Tokens, stop: &dyn Fn() -> bool) -> RepoMap {
    // The file, if it is still the one that was indexed: other bytes have other lines.
    let mut text = |member: &Member| {
        let file = workspace.read(member.path()).ok()??;
        (known.key(member.path())?.digest() == file.digest).then_some(file.lines)
    };
    drawn(&known.corpus, budget, &mut text, stop)
}

/// The map of the files of `corpus`, whose texts `text` gives.
pub(super) fn drawn(
    corpus: &Corpus,
    budget: Tokens,
    text: &mut dyn FnMut(&Member) -> Option<Lines>,
    stop: &dyn Fn() -> bool,
) -> RepoMap {
    let mut drawing = Drawing { left: bytes(budget), chosen: BTreeMap::new() };
    let mut texts: BTreeMap<usize, Option<Lines>> = BTreeMap::new();
    for one in referred(corpus) {
        if stop() {
            return RepoMap::default();
        }
        let full = texts.len() >= FILES && !texts.contains_key(&one.file);
        if full || drawing.left < SMALLEST {
            break;
        }
        let Some(member) = corpus.files().get(one.file) else { continue };
        let text = texts.entry(one.file).or_insert_with(|| text(member));
        let declared = text.as_ref().and_then(|text| declaration(member, &one, text));
        if let Some((row, line)) = declared {
            drawing.add(&one, member, row, line);
        }
    }
    drawing.finish(corpus)
}

/// Below this, in bytes, nothing more fits.
const SMALLEST: usize = 24;

/// The inverse of `Tokens::of_bytes`.
fn bytes(budget: Tokens) -> usize {
    usize::try_from(budget.0.saturating_mul(7) / 2).unwrap_or(usize::MAX)
}

/// What is in the map already: for each file its declarations by line.
struct Drawing {
    left: usize,
    chosen: BTreeMap<usize, BTreeMap<usize, String>>,
}

impl Drawing {
    fn add(&mut self, one: &Referred, member: &Member, row: usize, line: String) {
        let own = self.chosen.get(&one.file);
        let heading = if own.is_some() { 0 } else { member.path().as_str().len() + 1 };
        let needs = heading + line.len() + 3;
        let known = own.is_some_and(|own| own.len() >= OF_FILE || own.contains_key(&row));
        if known || needs > self.left {
            return;
        }
        self.left -= needs;
        self.chosen.entry(one.file).or_default().insert(row, line);
    }

    fn finish(self, corpus: &Corpus) -> RepoMap {
        let (of_files, files) = (corpus.files().len(), self.chosen.len());
        let mut map = RepoMap { of_files, files, ..RepoMap::default() };
        for (file, declared) in &self.chosen {
            let path = corpus.files().get(*file).map_or("", |member| member.path().as_str());
            map.text.push_str(&format!("{}\n", safe::line(path)));
            declared.values().for_each(|line| map.text.push_str(&format!("  {line}\n")));
            map.definitions += declared.len();
        }
        map
    }
}

/// The line of a definition that has its name, and where it stands.
fn declaration(member: &Member, one: &Referred, text: &Lines) -> Option<(usize, String)> {
    let symbol = member.entry().symbols.get(one.symbol)?;
    let (row, line) = declared_at(&symbol.name, symbol.span, text)?;
    // What it is and takes, and not what it does: `fn new() -> Self { … }`.
    let shown = line.split(" {").next().unwrap_or(&line).trim_end_matches('{').trim_end();
    let end = shown.floor_char_boundary(LONGEST);
    let cut = shown.get(..end).unwrap_or_default();
    let more = if end < shown.len() { "…" } else { "" };
    Some((row, format!("{}{more}", safe::line(cut))))
}

/// The first line of `span` that is no comment and has the name as a word of its own.
pub(super) fn declared_at(name: &str, span: Span, text: &Lines) -> Option<(usize, String)> {
    span.as_range().find_map(|row| {
        let line = String::from_utf8_lossy(text.text(row)?).into_owned();
        let line = line.trim();
        let comment = ["//", "/*", "*", "#", "--", "@", "["].iter().any(|lead| line.starts_with(lead));
        (!comment && super::uses::has_word(line.as_bytes(), name.as_bytes())).then(|| (row, line.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;
    use crate::workspace::{StateDirs, Workspace};

    const FILES: [(&str, &str); 4] = [
        ("src/main.rs", "fn main() {\n    let cart = ShoppingCart::new();\n    total_price(&cart);\n}\n"),
        (
            "src/cart.rs",
            "/// A ShoppingCart.\npub struct ShoppingCart {\n    items: u8,\n}\nimpl ShoppingCart {\n    pub fn new() -> Self { todo() }\n}\n",
        ),
        (
            "src/price.rs",
            "use ShoppingCart;\npub fn total_price(cart: &ShoppingCart) -> u64 {\n    0\n}\nfn nobody_calls() {}\n",
        ),
        ("README.md", "# Shop\n\ntotal_price of a ShoppingCart.\n"),
    ];

    fn map(index: &Index, budget: Tokens, stop: &dyn Fn() -> bool) -> RepoMap {
        super::map(&index.workspace, &index.known(), budget, stop)
    }

    fn indexed(folder: &std::path::Path, files: &[(&str, &str)]) -> Index {
        let project = folder.join("project");
        std::fs::create_dir_all(project.join("src")).unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(project.join(name), text).unwrap());
        let state = StateDirs { state: folder.join("state") };
        let workspace = Workspace::open_folder(&project, state).unwrap();
        let mut index = Index::open(workspace, Place { folder: folder.join("index") }).unwrap();
        index.refresh(&|| false).unwrap();
        index
    }

    #[test]
    fn it_shows_the_declarations_that_others_refer_to() {
        let folder = tempfile::tempdir().unwrap();
        let index = indexed(folder.path(), &FILES);
        let whole = map(&index, Tokens(500), &|| false);
        let expected = "src/cart.rs\n  pub struct ShoppingCart\nsrc/price.rs\n  pub fn total_price(cart: &ShoppingCart) -> u64\n";
        assert_eq!(whole.text, expected);
        assert_eq!(
            whole.why(),
            "2 of 4 files as they are (there is no commit), 2 definitions: what the others refer to most"
        );
        let small = map(&index, Tokens(13), &|| false);
        assert_eq!(
            small.text, "src/cart.rs\n  pub struct ShoppingCart\n",
            "the most referred to comes first"
        );
        assert!(map(&index, Tokens(500), &|| true).is_empty());
    }

    #[test]
    fn the_budget_is_kept_and_hostile_lines_are_shown_as_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let many: String = (0..300).map(|n| format!("pub fn useful_thing_{n}(a: u8) {{}}\n")).collect();
        let uses: String = (0..300).map(|n| format!("useful_thing_{n}();\n")).collect();
        let evil = "pub fn evil_thing(a: u8 /* \u{202e} */) {}\n";
        let uses = format!("fn main_thing() {{\nevil_thing();\nevil_thing();\n{uses}}}\n");
        let index = indexed(folder.path(), &[("src/a.rs", &many), ("src/b.rs", &uses), ("src/c.rs", evil)]);
        for budget in [0, 5, 20, 60, 1_000] {
            let map = map(&index, Tokens(budget), &|| false);
            assert!(Tokens::of_bytes(map.text.len() as u64) <= Tokens(budget), "{budget}: {}", map.text);
            assert!(!map.text.contains('\u{202e}'));
        }
        let map = map(&index, Tokens(1_000), &|| false);
        assert_eq!((map.files, map.definitions), (2, OF_FILE + 1), "{}", map.text);
    }
}
