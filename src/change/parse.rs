//! Whether a file that parsed still does once a change is made. A mark for the reader, not a reason
//! to refuse: a change may rightly be one of several. Takes a parse of each file: never while a reply
//! streams in, never on the UI path.

use super::HunkId;
use super::reading::{Cut, FileDiff};
use super::splice::spliced;
use crate::text::highlight::Language;
use crate::text::syntax::parses;
use crate::text::{Lines, Span};

/// Most hunks that are tried one by one.
const TRIED: usize = 8;

/// Longest text, in bytes, that is parsed whole at once: some ten milliseconds. Of a longer one the
/// definitions around the changes are.
const WHOLE: usize = 48 << 10;

/// The hunks by which the file stops to parse: those that do it alone, or else all of them. Empty when
/// it parses afterwards, did not before, or is in no language known here.
pub fn unparsed(file: &FileDiff) -> Vec<HunkId> {
    let Some(language) = Language::of(&file.path) else { return Vec::new() };
    let (Some(old), Some(new)) = (&file.old, &file.after()) else { return Vec::new() };
    let whole = || guilty(language, old, new, &file.hunks).unwrap_or_default();
    if old.bytes().len().max(new.bytes().len()) <= WHOLE {
        return whole();
    }
    let parts = windows(old, &file.hunks).into_iter().map(|window| {
        let (old_lines, new_lines) = (window.old, window.new);
        guilty(language, &part(old, old_lines), &part(new, new_lines), &window.hunks)
    });
    // A window that does not parse by itself was cut amid something: only the whole file can tell.
    parts.collect::<Option<Vec<_>>>().map_or_else(whole, |marked| marked.concat())
}

/// Those of `hunks` by which `old` stops to parse; `None` when neither text does.
fn guilty(language: Language, old: &Lines, new: &Lines, hunks: &[Cut]) -> Option<Vec<HunkId>> {
    if parses(language, new.bytes()) {
        return Some(Vec::new());
    }
    if !parses(language, old.bytes()) {
        return None;
    }
    let alone = |hunk: &&Cut| {
        let made = spliced(old, [(hunk.old, new.slice(hunk.new))]);
        !parses(language, made.bytes())
    };
    let guilty: Vec<HunkId> = match hunks.len() {
        0..=TRIED => hunks.iter().filter(alone).map(|hunk| hunk.id).collect(),
        _ => Vec::new(),
    };
    Some(if guilty.is_empty() { hunks.iter().map(|hunk| hunk.id).collect() } else { guilty })
}

/// Lines of both texts around hunks, which are told as of these lines.
struct Window {
    old: Span,
    new: Span,
    hunks: Vec<Cut>,
}

fn part(text: &Lines, lines: Span) -> Lines {
    Lines::new(text.slice(lines))
}

/// The definitions that hunks stand in, those that touch as one.
fn windows(old: &Lines, hunks: &[Cut]) -> Vec<Window> {
    let mut groups: Vec<(Span, Vec<&Cut>)> = Vec::new();
    for hunk in hunks {
        let around = around(old, hunk.old);
        match groups.last_mut() {
            Some((span, group)) if around.start() <= span.end() => {
                *span = Span::new(span.start().min(around.start()), span.end().max(around.end()));
                group.push(hunk);
            }
            _ => groups.push((around, vec![hunk])),
        }
    }
    groups.into_iter().filter_map(|(span, hunks)| window(span, &hunks)).collect()
}

fn window(old: Span, hunks: &[&Cut]) -> Option<Window> {
    let (first, last) = (hunks.first()?, hunks.last()?);
    let start = first.new.start().checked_sub(first.old.start() - old.start())?;
    let new = Span::new(start, last.new.end() + (old.end() - last.old.end()));
    let within = |lines: Span, of: Span| Span::new(lines.start() - of.start(), lines.end() - of.start());
    let moved =
        |hunk: &&Cut| Cut { old: within(hunk.old, old), new: within(hunk.new, new), ..(*hunk).clone() };
    Some(Window { old, new, hunks: hunks.iter().map(moved).collect() })
}

/// From the last line above that begins something, to the first below that does.
fn around(text: &Lines, lines: Span) -> Span {
    let begins = |at: &usize| {
        let above = at.checked_sub(1).and_then(|above| text.text(above));
        let first = text.text(*at).and_then(<[u8]>::first);
        above.is_some_and(|line| line.trim_ascii().is_empty())
            && first.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_@#/".contains(byte))
    };
    let start = (0..=lines.start()).rev().find(begins).unwrap_or_default();
    let end = (lines.end()..text.len()).find(begins).unwrap_or(text.len());
    Span::new(start, end)
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
    fn in_a_long_file_the_definitions_around_the_hunks_are_looked_at() {
        let many = |from: usize| {
            (from..from + 1500).map(|n| format!("fn f{n}() {{\n    {n};\n}}\n\n")).collect::<String>()
        };
        let old = format!("{}{FINE}\n{}", many(100), many(5000));
        assert!(old.len() > WHOLE);
        let broken = old
            .replace("    1;\n", "    3;\n")
            .replace("    2;\n", "    2);\n")
            .replace("    6000;\n", "    {;\n");
        assert_eq!(unparsed_of("a.rs", &old, &broken), [1, 2]);
        assert!(unparsed_of("a.rs", &old, &old.replace("    1;\n", "    3;\n")).is_empty());
    }

    #[test]
    fn a_definition_that_parses_only_in_its_file_makes_the_file_count() {
        let lines: String = (0..3000).map(|n| format!("text {n} in a comment\n\n")).collect();
        let old = format!("fn a() {{}}\n\n/*\n\n{lines}*/\nfn b() {{}}\n");
        assert!(unparsed_of("a.rs", &old, &old.replace("text 7 in", "( in")).is_empty());
        assert_eq!(unparsed_of("a.rs", &old, &old.replace("text 7 in", "*/ in")), [0]);
    }

    #[test]
    fn what_parses_never_parsed_or_is_no_code_is_not_marked() {
        assert!(unparsed_of("a.rs", FINE, &FINE.replace('1', "3")).is_empty());
        assert!(unparsed_of("a.rs", "fn (\n", "fn ((\n").is_empty());
        assert!(unparsed_of("a.txt", FINE, "fn (\n").is_empty());
    }
}
