//! Tests that go, are skipped, or ask for less than they did.

use super::RiskKind;
use super::code::Line;
use crate::text::{Lines, RepoPath};

/// Signs that a test is skipped, or that the others are.
const SKIPS: [&str; 17] = [
    "#[ignore",
    "@pytest.mark.skip",
    "@pytest.mark.xfail",
    "pytest.skip(",
    "@unittest.skip",
    ".skip(",
    ".skipIf(",
    ".only(",
    ".todo(",
    "xit(",
    "xdescribe(",
    "fdescribe(",
    "fit(",
    "t.Skip(",
    "t.SkipNow(",
    "@Disabled",
    "@Ignore",
];

/// Signs that a test begins.
const TESTS: [&str; 9] = [
    "#[test]",
    "::test]",
    "def test_",
    "func Test",
    " it(",
    " test(",
    "@Test",
    "@ParameterizedTest",
    "proptest! {",
];

/// Assertions of a value, and of something less.
const EXACT: [&str; 12] = [
    "assert_eq!",
    "assert_ne!",
    "assert_snapshot!",
    "assertEqual",
    "assertEquals",
    "assertIs(",
    "assertRaises",
    ".toBe(",
    ".toEqual(",
    ".toStrictEqual(",
    ".toThrow(",
    "assert.Equal",
];
const LOOSE: [&str; 12] = [
    "assert!(",
    "prop_assert",
    "assert ",
    "assertTrue",
    "assertFalse",
    "assertIsNotNone",
    ".toBeTruthy(",
    ".toBeDefined(",
    ".toBeFalsy(",
    "assert.True",
    "t.Error",
    "t.Fatal",
];

/// Words beside a number that says how far off a result may be.
const TOLERANCES: [&str; 9] =
    ["tolerance", "epsilon", "delta", "rtol", "atol", "abs_tol", "rel_tol", "margin", "abs_diff"];

/// The line from which on a file holds tests; `None` when it holds none.
pub(super) fn starts(path: &RepoPath, text: Option<&Lines>) -> Option<usize> {
    let name = path.file_name();
    let folder =
        path.components().any(|part| matches!(part, "test" | "tests" | "__tests__" | "spec" | "e2e"));
    let named = name.starts_with("test_")
        || ["_test.", ".test.", ".spec.", "_spec."].iter().any(|part| name.contains(part))
        || name.ends_with("Test.java")
        || name.ends_with("Tests.java")
        || name.trim_end_matches(".rs") == "tests";
    if folder || named {
        return Some(0);
    }
    if path.extension() != Some("rs") {
        return None;
    }
    text?.iter().position(|line| line.trim_ascii() == b"#[cfg(test)]")
}

fn count(lines: &[Line<'_>], signs: &[&str]) -> usize {
    lines.iter().map(|line| signs.iter().filter(|sign| line.text.contains(**sign)).count().min(1)).sum()
}

/// What happens to tests between the lines that go and those that come.
pub(super) fn risks(gone: &[Line<'_>], come: &[Line<'_>]) -> Vec<(RiskKind, String, Option<usize>)> {
    let mut found: Vec<(String, Option<usize>)> = Vec::new();
    let fewer = |signs: &[&str]| count(gone, signs).saturating_sub(count(come, signs));
    let more = |signs: &[&str]| count(come, signs).saturating_sub(count(gone, signs));
    if let Some(skip) = SKIPS.iter().find(|skip| more(&[skip]) > 0) {
        let row = come.iter().find(|line| line.text.contains(*skip)).map(|line| line.row);
        found.push((format!("`{}`", skip.trim_end_matches('(')), row));
    }
    match fewer(&TESTS) {
        0 => {}
        1 => found.push(("a test goes".to_owned(), None)),
        tests => found.push((format!("{tests} tests go"), None)),
    }
    let all: Vec<&str> = EXACT.iter().chain(&LOOSE).copied().collect();
    match (fewer(&all), fewer(&EXACT)) {
        (0, 0) => {}
        (0, _) => found.push(("an assertion of a value asks for less".to_owned(), None)),
        (1, _) => found.push(("an assertion goes".to_owned(), None)),
        (assertions, _) => found.push((format!("{assertions} assertions go"), None)),
    }
    let pairs = gone.iter().zip(come).filter(|_| gone.len() == come.len());
    found.extend(pairs.filter_map(|(old, new)| Some((loosened(old.text, new.text)?, Some(new.row)))));
    found.into_iter().map(|(what, row)| (RiskKind::WeakerTest, what, row)).collect()
}

/// Has a tolerance grown?
fn loosened(old: &str, new: &str) -> Option<String> {
    let word = TOLERANCES.iter().find(|word| old.to_ascii_lowercase().contains(**word));
    let small = old.contains("< 1e-") || old.contains("<= 1e-") || old.contains("< 0.0");
    if word.is_none() && !small {
        return None;
    }
    let (before, after) = (numbers(old), numbers(new));
    let grown = before.len() == after.len() && before.iter().zip(&after).any(|(old, new)| new > old);
    grown.then(|| format!("the {} grows", word.unwrap_or(&"tolerance")))
}

/// The numbers in a line, `1e-9` as one.
fn numbers(text: &str) -> Vec<f64> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    let joined = text.replace("e-", "e\u{2212}").replace("E-", "e\u{2212}");
    let words = joined.split(|c: char| !is_part(c) && c != '\u{2212}');
    let starts = words.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    starts.filter_map(|word| word.replace('\u{2212}', "-").replace('_', "").parse().ok()).collect()
}
