//! Which files an instruction is about, judged by names alone: paths written in it, file names, and
//! words that a path shares with it. The caller reads the best and counts what they mention.

use std::collections::{BTreeSet, HashSet};

use crate::text::RepoPath;

/// Most words worth looking for in files.
const MAX_WORDS: usize = 12;

/// Words of instructions that name nothing.
const STOP: [&str; 74] = [
    "about",
    "add",
    "after",
    "again",
    "all",
    "also",
    "and",
    "any",
    "are",
    "avoid",
    "because",
    "before",
    "body",
    "but",
    "call",
    "called",
    "change",
    "check",
    "code",
    "convert",
    "create",
    "delete",
    "does",
    "each",
    "every",
    "file",
    "files",
    "find",
    "fix",
    "for",
    "from",
    "function",
    "give",
    "have",
    "implement",
    "improve",
    "instead",
    "into",
    "its",
    "like",
    "line",
    "lines",
    "make",
    "method",
    "more",
    "must",
    "need",
    "not",
    "now",
    "only",
    "please",
    "refactor",
    "remove",
    "rename",
    "replace",
    "return",
    "should",
    "simplify",
    "some",
    "than",
    "that",
    "the",
    "them",
    "then",
    "there",
    "they",
    "this",
    "update",
    "use",
    "when",
    "where",
    "which",
    "with",
    "write",
];

/// File names that say where a file stands rather than what is in it.
const GENERIC: [&str; 10] =
    ["mod", "lib", "main", "index", "init", "__init__", "test", "tests", "src", "utils"];

/// The files that `instruction` seems to be about, best first, each with the reason. `open` is the
/// file in the editor, which counts for something unnamed.
pub fn rank(instruction: &str, files: &[RepoPath], open: Option<&RepoPath>) -> Vec<(RepoPath, String)> {
    let said = Said::of(instruction);
    let mut ranked: Vec<(u32, &RepoPath, String)> = files
        .iter()
        .filter_map(|file| said.score(file, open == Some(file)).map(|(score, why)| (score, file, why)))
        .collect();
    ranked.sort_by(|(a, path_a, _), (b, path_b, _)| b.cmp(a).then_with(|| path_a.cmp(path_b)));
    ranked.into_iter().map(|(_, file, why)| (file.clone(), why)).collect()
}

/// What an instruction names.
struct Said<'a> {
    /// Everything that could be a path or the end of one.
    paths: HashSet<&'a str>,
    /// Whole words, in lower case.
    words: HashSet<String>,
    /// Parts of words, in lower case and the singular.
    parts: HashSet<String>,
}

impl<'a> Said<'a> {
    fn of(instruction: &'a str) -> Self {
        let words = identifiers(instruction).map(str::to_lowercase).filter(|word| is_telling(word));
        let parts = identifiers(instruction).flat_map(parts).filter(|part| is_telling(part));
        Self {
            paths: instruction.split(ends_path).flat_map(path_forms).collect(),
            words: words.collect(),
            parts: parts.collect(),
        }
    }

    fn score(&self, file: &RepoPath, is_open: bool) -> Option<(u32, String)> {
        let open = if is_open { 30 } else { 0 };
        let (score, why) = self.named(file).or_else(|| self.shared(file)).unwrap_or_default();
        match (score, is_open) {
            (0, false) => None,
            (0, true) => Some((open, "open in the editor".to_owned())),
            _ => Some((score + open, why)),
        }
    }

    /// The instruction writes the path, its end, or the file's name.
    fn named(&self, file: &RepoPath) -> Option<(u32, String)> {
        let path = file.as_str();
        if self.paths.contains(path) {
            return Some((100, "named in the instruction".to_owned()));
        }
        let ends = path.match_indices('/').map(|(at, _)| &path[at + 1..]);
        if let Some(end) = ends.into_iter().find(|end| self.paths.contains(end)) {
            let score = if end.contains('/') { 90 } else { 60 };
            return Some((score, format!("`{end}` is named in the instruction")));
        }
        let stem = file.file_name().split('.').next().unwrap_or_default().to_lowercase();
        let telling = stem.len() >= 3 && !GENERIC.contains(&stem.as_str());
        (telling && self.words.contains(&stem)).then(|| (40, format!("the instruction mentions `{stem}`")))
    }

    /// The path shares words with the instruction.
    fn shared(&self, file: &RepoPath) -> Option<(u32, String)> {
        let shared: BTreeSet<String> =
            parts(file.as_str()).filter(|part| self.parts.contains(part)).collect();
        let first = shared.first()?;
        Some((8 * shared.len().min(3) as u32, format!("its path has `{first}`")))
    }
}

fn ends_path(c: char) -> bool {
    c.is_whitespace() || "`\"'(),;<>[]{}".contains(c)
}

/// A word as it stands and without a line number or a full stop.
fn path_forms(word: &str) -> impl Iterator<Item = &str> {
    let plain = word.trim_end_matches(['.', ':', '!', '?']);
    let plain = plain.strip_prefix("./").unwrap_or(plain);
    let unnumbered = plain.split(':').next().unwrap_or(plain);
    [plain, unnumbered].into_iter().filter(|form| form.len() > 1 && form.contains(['.', '/']))
}

/// Words of an instruction worth looking for in files: identifiers first, then telling plain words.
pub fn words(instruction: &str) -> Vec<String> {
    let (marked, plain): (Vec<&str>, Vec<&str>) = identifiers(instruction)
        .filter(|word| word.len() >= 3 && is_telling(&word.to_lowercase()))
        .partition(|word| is_identifier(word));
    let quoted =
        instruction.split('`').skip(1).step_by(2).flat_map(identifiers).filter(|word| word.len() >= 2);
    let plain = plain.into_iter().filter(|word| word.len() >= 4);
    let mut out: Vec<String> = Vec::new();
    for word in quoted.chain(marked).chain(plain) {
        if out.len() < MAX_WORDS && !out.iter().any(|known| known == word) {
            out.push(word.to_owned());
        }
    }
    out
}

/// How often `text` mentions one of `words`, which are all different, as a whole word.
pub fn mentions(text: &str, words: &[String]) -> usize {
    // Most files have none, and to say so is several times cheaper than to go through the matches.
    let there = words.iter().filter(|word| !word.is_empty() && text.contains(word.as_str()));
    there.map(|word| text.match_indices(word.as_str()).filter(|found| is_whole(text, *found)).count()).sum()
}

/// Is what was found in `text` a word, and not part of one?
fn is_whole(text: &str, (at, word): (usize, &str)) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
    !before.is_some_and(in_identifier) && !after.is_some_and(in_identifier)
}

/// Runs of letters, digits and underscores.
fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !in_identifier(c)).filter(|word| !word.is_empty())
}

fn in_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Does the word look like a name in code rather than one in prose?
fn is_identifier(word: &str) -> bool {
    let inner_capital = word.chars().skip(1).any(char::is_uppercase);
    word.contains('_')
        || inner_capital
        || word.contains(|c: char| c.is_ascii_digit()) && !word.starts_with(|c: char| c.is_ascii_digit())
}

fn is_telling(word: &str) -> bool {
    word.len() >= 3 && !STOP.contains(&word) && !word.chars().all(|c| c.is_ascii_digit())
}

/// `parseHttp_requests` has the parts `parse`, `http`, `request`.
fn parts(word: &str) -> impl Iterator<Item = String> {
    let mut cuts = vec![0];
    let mut before = ' ';
    for (at, c) in word.char_indices() {
        if !c.is_alphanumeric() || c.is_uppercase() && before.is_lowercase() {
            cuts.push(at);
        }
        before = c;
    }
    cuts.push(word.len());
    let pieces: Vec<String> = cuts
        .windows(2)
        .filter_map(|pair| word.get(pair[0]..pair[1]))
        .map(|piece| piece.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .map(|piece| {
            piece.strip_suffix('s').filter(|one| one.len() >= 3).map_or(piece.clone(), str::to_owned)
        })
        .filter(|piece| piece.len() >= 3)
        .collect();
    pieces.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranked(instruction: &str, open: Option<&str>) -> Vec<String> {
        let files = [
            "src/parser.rs",
            "src/http/client.rs",
            "src/http/server.rs",
            "docs/http.md",
            "src/main.rs",
            "README.md",
        ]
        .map(|path| RepoPath::parse(path).unwrap());
        let open = open.map(|path| RepoPath::parse(path).unwrap());
        let ranked = rank(instruction, &files, open.as_ref());
        ranked.into_iter().map(|(path, why)| format!("{path}: {why}")).collect()
    }

    #[test]
    fn a_file_named_in_the_instruction_comes_first() {
        assert_eq!(
            ranked("Fix the timeout in src/http/client.rs:40, as `parser.rs` does.", None)[..2],
            [
                "src/http/client.rs: named in the instruction",
                "src/parser.rs: `parser.rs` is named in the instruction"
            ]
        );
        assert_eq!(
            ranked("make http/server.rs async", None)[0],
            "src/http/server.rs: `http/server.rs` is named in the instruction"
        );
    }

    #[test]
    fn words_of_the_instruction_are_looked_for_in_paths() {
        assert_eq!(
            ranked("The parser must accept tabs", None),
            ["src/parser.rs: the instruction mentions `parser`"]
        );
        assert_eq!(ranked("retry when httpClients fail", None).len(), 3);
        assert_eq!(ranked("make it faster", Some("src/main.rs")), ["src/main.rs: open in the editor"]);
        assert!(ranked("make it faster", None).is_empty());
    }

    #[test]
    fn identifiers_are_worth_looking_for_before_plain_words() {
        assert_eq!(
            words("Rename parse_line to `Parser::line`, keep HttpError and the timeout of 30 s"),
            ["Parser", "line", "parse_line", "HttpError", "keep", "timeout"]
        );
        assert_eq!(mentions("a line, inline, line_a; Line line", &["line".into()]), 2);
    }

    proptest! {
        #[test]
        fn mentions_are_whole_words_however_they_are_found(text in "[ab_é.]{0,40}", words in "[ab_é]{1,3}") {
            let found = identifiers(&text).filter(|word| *word == words).count();
            prop_assert_eq!(mentions(&text, &[words]), found);
        }

        #[test]
        fn any_instruction_is_survived(text in "\\PC{0,80}") {
            rank(&text, &[RepoPath::parse("src/a.rs").unwrap()], None);
            prop_assert!(words(&text).len() <= MAX_WORDS);
        }
    }
}
