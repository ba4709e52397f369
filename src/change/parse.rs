//! Whether a file that parsed still does once a change is made. A mark for the reader, not a reason
//! to refuse: a change may rightly be one of several. Takes a parse of each file: never while a reply
//! streams in, never on the UI path.

use super::HunkId;
use super::reading::FileDiff;
use super::splice::spliced;
use crate::text::highlight::Language;
use crate::text::syntax::parses;

/// Most hunks of a file that are tried one by one.
const TRIED: usize = 8;

/// The hunks by which the file stops to parse: those that do it alone, or else all of them. Empty when
/// it parses afterwards, did not before, or is in no language known here.
pub fn unparsed(file: &FileDiff) -> Vec<HunkId> {
    let Some(language) = Language::of(&file.path) else { return Vec::new() };
    let (Some(old), Some(new)) = (&file.old, &file.new) else { return Vec::new() };
    if parses(language, new.bytes()) || !parses(language, old.bytes()) {
        return Vec::new();
    }
    let alone = |hunk: &&super::reading::Cut| {
        let made = spliced(old, [(hunk.old, new.slice(hunk.new))]);
        !parses(language, made.bytes())
    };
    let all = || file.hunks.iter();
    let guilty: Vec<HunkId> = match file.hunks.len() {
        0..=TRIED => all().filter(alone).map(|hunk| hunk.id).collect(),
        _ => Vec::new(),
    };
    if guilty.is_empty() { all().map(|hunk| hunk.id).collect() } else { guilty }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Lines, RepoPath};

    fn unparsed_of(path: &str, old: &str, new: &str) -> Vec<u32> {
        let path = RepoPath::parse(path).unwrap();
        let file = FileDiff::between(path, Some(Lines::from(old)), Some(Lines::from(new)), HunkId(0));
        unparsed(&file).iter().map(|id| id.0).collect()
    }

    const FINE: &str = "fn a() {\n    1;\n}\n\n\n\n\nfn b() {\n    2;\n}\n";

    #[test]
    fn the_hunk_that_breaks_a_file_is_named() {
        let broken = FINE.replace("    1;\n", "    3;\n").replace("    2;\n", "    2);\n");
        assert_eq!(unparsed_of("a.rs", FINE, &broken), [1]);
    }

    #[test]
    fn hunks_that_break_it_only_together_are_all_named() {
        let old = "fn a() {\n    f(1);\n    g();\n    h();\n    i();\n    j();\n    k(2);\n}\n";
        let new = old.replace("f(1)", "f(/* 1)").replace("k(2)", "k(2 */ )) }");
        assert_eq!(unparsed_of("a.rs", old, &new), [0, 1]);
    }

    #[test]
    fn what_parses_never_parsed_or_is_no_code_is_not_marked() {
        assert!(unparsed_of("a.rs", FINE, &FINE.replace('1', "3")).is_empty());
        assert!(unparsed_of("a.rs", "fn (\n", "fn ((\n").is_empty());
        assert!(unparsed_of("a.txt", FINE, "fn (\n").is_empty());
    }
}
