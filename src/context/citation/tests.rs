//! Quotes that are true, moved, bent or invented, and what is said of each.

use super::*;
use crate::text::Lines;
use proptest::prelude::*;

const TEXT: &str = "fn a() {\n    let total = 1;\n}\n\nfn b() {\n    let other = 2;\n    let total = 1;\n}\n\
                    fn unique_name() {\n    same_line();\n    same_line();\n}\n";

const COMMIT: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

const DIFF: &str = "diff --git a/a.rs b/a.rs\nindex 1..2 100644\n--- a/a.rs\n+++ b/a.rs\n@@ -1,3 +1,3 @@ fn a()\n \
                    fn a() {\n-    let total = 0;\n+    let total = 1;\n }\n@@ -9,1 +9,2 @@\n     same_line();\n+    same_line();\n";

fn shown() -> Evidence {
    let mut shown = Evidence::default();
    shown.add_file(RepoPath::parse("a.rs").unwrap(), Lines::from(TEXT));
    let words = "commit 1a2b3c4d5e6f\nAda, 2025-10-12\n\nCount from one\n\nCustomers do.\n";
    shown.add_commit(ShownCommit::new(COMMIT, words, DIFF));
    shown
}

fn check(place: &str, quote: &str) -> Checked {
    Citation::parse(place, quote).map_or(Checked::Unverified(Doubt::NoPlace), |cited| cited.check(&shown()))
}

fn verified(start: usize, end: usize, agreement: Agreement) -> Checked {
    Checked::Verified { span: Span::new(start, end), agreement }
}

#[test]
fn a_true_quote_is_kept_however_it_is_indented() {
    let exact = Agreement::Exact;
    for (place, quote, lines) in [
        ("a.rs:2", "let total = 1;", (1, 2)),
        ("./a.rs:1-3", "    let total = 1;\n", (1, 2)),
        ("a.rs:6-7", "let total = 1;", (6, 7)),
        ("a.rs:5-6", "fn b() {\n    let other = 2;", (4, 6)),
        ("a.rs:1", "fn a() {", (0, 1)),
    ] {
        assert_eq!(check(place, quote), verified(lines.0, lines.1, exact), "{place} {quote}");
    }
    for quote in ["fn b() {\n  let other = 2;", "fn b() {\n\tlet other = 2;", "fn b() {\nlet other = 2;"] {
        assert_eq!(check("a.rs:5", quote), verified(4, 6, Agreement::Indented), "{quote}");
    }
    let whole = "  fn b() {\n      let other = 2;\n      let total = 1;\n  }";
    assert_eq!(check("a.rs:5", whole), verified(4, 8, Agreement::Indented));
}

#[test]
fn wrong_lines_are_put_right_when_there_is_one_place() {
    let corrected = |span, agreement| Checked::Corrected { span, agreement };
    assert_eq!(check("a.rs:1", "unique_name()"), corrected(Span::new(8, 9), Agreement::Exact));
    assert_eq!(check("a.rs:900-950", "let other = 2;"), corrected(Span::new(5, 6), Agreement::Exact));
    assert_eq!(check("a.rs:1", "same_line();"), Checked::Unverified(Doubt::Ambiguous));
}

#[test]
fn what_a_model_makes_up_is_caught() {
    for quote in [
        "let total = 2;",
        "fn unique_name() -> u8",
        "FN UNIQUE_NAME()",
        // A Cyrillic letter, a no-break space, a zero-width space, an ellipsis.
        "let t\u{43e}tal = 1;",
        "let\u{a0}total = 3;",
        "let tot\u{200b}al = 1;",
        "fn b() {\n    …\n}",
        "fn b() {\n    ...\n    let total = 1;",
        // A line left out, two lines in the other order.
        "fn b() {\n    let total = 1;\n}",
        "    let total = 1;\n    let other = 2;",
        // Deeper than it stands.
        "    let other = 2;\n        let total = 1;",
    ] {
        let doubt = Checked::Unverified(Doubt::NotThere);
        let respaced = Checked::Unverified(Doubt::Respaced);
        let found = check("a.rs:2", quote);
        assert!(found == doubt || found == respaced, "{quote}: {found:?}");
    }
    for quote in
        ["let total=1;", "let  total = 1;", "lettotal = 1;", "fn b() { let other = 2;", "let\u{a0}total = 1;"]
    {
        assert_eq!(check("a.rs:2", quote), Checked::Unverified(Doubt::Respaced), "{quote}");
    }
    assert_eq!(check("invented.rs:1", "let total = 1;"), Checked::Unverified(Doubt::NoFile));
}

#[test]
fn few_bytes_prove_something_only_as_the_very_lines_that_are_named() {
    for quote in ["", "}", "fn a()", " \n "] {
        assert_eq!(check("a.rs:1", quote), Checked::Unverified(Doubt::TooShort), "{quote:?}");
    }
    assert_eq!(check("a.rs:3", "}"), Checked::Unverified(Doubt::TooShort));
    let mut shown = Evidence::default();
    shown.add_file(RepoPath::parse("b").unwrap(), Lines::from("a = 1\nb = 2\nc = 1\n"));
    let check = |place: &str, quote: &str| Citation::parse(place, quote).unwrap().check(&shown);
    assert_eq!(check("b:2", "b = 2\n"), verified(1, 2, Agreement::Exact));
    for (place, quote) in [("b:1", "b = 2"), ("b:1-2", "b = 2"), ("b:2", "b ="), ("b:9", "b = 2")] {
        assert_eq!(check(place, quote), Checked::Unverified(Doubt::TooShort), "{place} {quote}");
    }
}

#[test]
fn a_file_is_compared_as_it_was_read_aloud() {
    let mut shown = Evidence::default();
    let path = RepoPath::parse("w").unwrap();
    shown.add_file(path, Lines::new(b"first line\r\nsecond \xff line\r\n".to_vec()));
    let check = |quote: &str| Citation::parse("w:1-2", quote).unwrap().check(&shown);
    assert_eq!(check("first line\nsecond \u{fffd} line"), verified(0, 2, Agreement::Exact));
}

#[test]
fn a_commit_is_quoted_by_what_it_says_and_what_it_changed_on_either_side() {
    for (quote, lines) in [
        ("Count from one", (3, 4)),
        ("Count from one\n\nCustomers do.", (3, 6)),
        ("-    let total = 0;\n+    let total = 1;", (13, 15)),
        ("let total = 0;", (13, 14)),
        ("fn a() {\n    let total = 1;\n}", (12, 16)),
        ("    same_line();\n    same_line();", (17, 19)),
    ] {
        assert_eq!(check("commit 1a2b3c4", quote), verified(lines.0, lines.1, Agreement::Exact), "{quote}");
    }
    for quote in [
        "Count from zero",
        "+    let total = 0;",
        "-    let total = 1;",
        "let total = 0;\n    let total = 1;",
        // From one hunk into the next.
        "}\n    same_line();",
    ] {
        let found = check("commit 1A2B3C4D", quote);
        assert!(
            matches!(found, Checked::Unverified(Doubt::NotThere | Doubt::Respaced)),
            "{quote}: {found:?}"
        );
    }
    for place in ["commit 2a2b3c4", "commit 1a2b3c5"] {
        assert_eq!(check(place, "Count from one"), Checked::Unverified(Doubt::NoCommit));
    }
    for place in ["commit 1a2b3", "commit HEAD", "1a2b3c4", "commit 1a2b3c4 of Ada"] {
        assert_eq!(check(place, "Count from one"), Checked::Unverified(Doubt::NoPlace), "{place}");
    }
}

#[test]
fn digits_that_begin_two_commits_name_none_and_one_commit_may_be_shown_in_parts() {
    let mut shown = shown();
    let other = format!("{}0", &COMMIT[..39]);
    shown.add_commit(ShownCommit::new(other, "commit\n\nSomething else", ""));
    let check = |place: &str, quote: &str| Citation::parse(place, quote).unwrap().check(&shown);
    assert_eq!(check("commit 1a2b3c4", "Count from one"), Checked::Unverified(Doubt::NoCommit));
    assert!(matches!(check(&format!("commit {COMMIT}"), "Count from one"), Checked::Verified { .. }));
    shown.add_commit(ShownCommit::new(COMMIT, "commit\n\nCount from one", "@@ -1 +1 @@\n+another part\n"));
    let check = |quote: &str| Citation::parse(&format!("commit {COMMIT}"), quote).unwrap().check(&shown);
    assert!(matches!(check("another part"), Checked::Verified { .. }));
    assert!(matches!(check("let total = 0;"), Checked::Verified { .. }));
}

#[test]
fn a_place_is_a_path_of_the_workspace_with_lines_or_a_commit() {
    let parsed = |place: &str| match Place::parse(place) {
        Some(Place::Lines { span, .. }) => Some(span),
        _ => None,
    };
    assert_eq!(parsed("src/a.rs:3-9"), Some(Span::new(2, 9)));
    assert_eq!(parsed("src/a.rs:3"), Some(Span::new(2, 3)));
    for wrong in ["src/a.rs", "src/a.rs:", "src/a.rs:0", "src/a.rs:9-3", "../a.rs:1", "/a.rs:1", ":1", "a:x"]
    {
        assert_eq!(Place::parse(wrong), None, "{wrong}");
    }
    let commit = Place::parse("Commit  1A2B3C4").unwrap();
    assert_eq!(commit.to_string(), "commit 1a2b3c4");
}

proptest! {
    #[test]
    fn any_lines_of_a_text_verify_and_no_other_text_does(
        lines in proptest::collection::vec("[a-z]{3,6} [a-z]{3,6} [a-z]{3,6}", 1..12),
        start in any::<prop::sample::Index>(),
        length in 1_usize..4,
    ) {
        let text = Lines::from(lines.iter().map(|line| format!("  {line}\n")).collect::<String>().as_str());
        let start = start.index(lines.len());
        let span = Span::new(start, (start + length).min(lines.len()));
        let quote = String::from_utf8(text.slice(span).to_vec()).unwrap();
        let path = RepoPath::parse("a").unwrap();
        let mut shown = Evidence::default();
        shown.add_file(path.clone(), text);
        let place = Place::Lines { path, span };
        let cited = |quote: String| Citation { place: place.clone(), quote }.check(&shown);
        let exact = matches!(cited(quote.clone()), Checked::Verified { agreement: Agreement::Exact, .. });
        prop_assert!(exact);
        let flush: String = quote.lines().map(|line| format!("{}\n", line.trim())).collect();
        let kept = matches!(cited(flush), Checked::Verified { .. });
        prop_assert!(kept);
        prop_assert_eq!(cited(quote.trim().to_owned() + "X"), Checked::Unverified(Doubt::NotThere));
        let joined = quote.replace(' ', "  ");
        if joined.trim() != quote.trim() {
            prop_assert_eq!(cited(joined), Checked::Unverified(Doubt::Respaced));
        }
    }
}
