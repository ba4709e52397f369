//! Where edits land, and why they do not: the tiers by examples, and the law that holds for all.

use super::*;
use crate::change::EditLine;
use crate::change::splice::spliced;
use proptest::prelude::*;

/// ` keep`, `-remove`, `+add`, as in a unified diff.
fn hunk(lines: &[&str]) -> EditHunk {
    let line = |line: &&str| match line.split_at(1) {
        ("-", text) => EditLine::Remove(text.into()),
        ("+", text) => EditLine::Add(text.into()),
        (_, text) => EditLine::Keep(text.into()),
    };
    EditHunk { lines: lines.iter().map(line).collect(), ..EditHunk::default() }
}

fn applied(hunk: &EditHunk, base: &[u8]) -> Result<(Vec<u8>, Tier), Unplaced> {
    let base = Lines::new(base);
    let located = locate(hunk, &base)?;
    let splices = located.splices.iter().map(|s| (s.replaces, &*s.with));
    Ok((spliced(&base, splices).bytes().to_vec(), located.matched_by))
}

fn text(hunk: &EditHunk, base: &str) -> (String, Tier) {
    let (bytes, tier) = applied(hunk, base.as_bytes()).unwrap();
    (String::from_utf8(bytes).unwrap(), tier)
}

#[test]
fn only_removed_and_added_lines_touch_the_file() {
    let (made, tier) = text(&hunk(&[" a", "-b", "+x", "+y", " c", "+z", " d"]), "a  \r\nb\r\nc\t\nd\ne");
    assert_eq!((&*made, tier), ("a  \r\nx\r\ny\r\nc\t\nz\nd\ne", Tier::Blanks));
}

#[test]
fn endings_do_not_count_and_are_kept() {
    let (made, tier) = text(&hunk(&["-a\r", "+x\r", " b\r"]), "a\nb\n");
    assert_eq!((&*made, tier), ("x\nb\n", Tier::Exact));
    let (made, tier) = text(&hunk(&[" a", "-b", "+x"]), "a\r\nb\r\n");
    assert_eq!((&*made, tier), ("a\r\nx\r\n", Tier::Exact));
}

#[test]
fn a_file_that_is_not_utf_8_keeps_its_bytes() {
    let (made, _) = applied(&hunk(&["-b", "+x"]), b"caf\xe9\nb\n\xff\n").unwrap();
    assert_eq!(made, b"caf\xe9\nx\n\xff\n");
}

#[test]
fn a_surer_tier_wins_over_a_laxer_one() {
    let (made, tier) = text(&hunk(&["-b", "+x"]), "  b\nb \nb\n");
    assert_eq!((&*made, tier), ("  b\nb \nx\n", Tier::Exact));
}

#[test]
fn new_lines_follow_the_indentation_of_the_file() {
    let base = "class A:\n    def f(self):\n        return 1\n";
    let edit = hunk(&[" def f(self):", "-    return 1", "+    if x:", "+        return 2"]);
    let (made, tier) = text(&edit, base);
    assert_eq!(made, "class A:\n    def f(self):\n        if x:\n            return 2\n");
    assert_eq!(tier, Tier::Indent);
    let edit = hunk(&[" def f(self):", "-return 1", "+return 2"]);
    assert_eq!(
        applied(&edit, base.as_bytes()).unwrap_err(),
        nowhere(2, "    def f(self):\n        return 1\n")
    );
}

fn nowhere(line: usize, text: &str) -> Unplaced {
    Unplaced::Nowhere { nearest: Some((line, text.into())) }
}

#[test]
fn ways_to_lay_an_edit_over_one_place_that_come_to_the_same_are_one() {
    let base = "  const boats = list(yard).boats\n\n  if (!boats) {\n    return []\n  }\n\n  return boats.map(one)\n}\n\n\
                /**\n * @param {Yard} yard\n * @param {Boat} boat\n * @returns {void}\n */\n";
    let before = [
        " const boats = list(yard).boats",
        " ",
        "   if (!boats) {",
        "     return []",
        "   }",
        " ",
        "-  return boats.map(one)",
        "+  return boats.map(two)",
        " }",
        " ",
        " /**",
        "  * @param {Yard} yard",
        "  * @returns {void}",
    ];
    let before = before.map(|line| line.replacen(" const", "   const", 1));
    let (made, tier) = text(&hunk(&before.each_ref().map(String::as_str)), base);
    assert_eq!((made, tier), (base.replace("one", "two"), Tier::Aligned));
}

const TWICE: &str = "fn a() {\n    go();\n}\n\nfn b() {\n    go();\n}\n";

#[test]
fn what_fits_twice_is_refused_with_all_its_lines() {
    let refused = applied(&hunk(&["-    go();", "+    stop();"]), TWICE.as_bytes()).unwrap_err();
    assert_eq!(refused, Unplaced::Ambiguous(vec![2, 6]));
    let said = "the edit's lines fit 2 places (lines 2, 6); more of the lines around would say which";
    assert_eq!(refused.to_string(), said);
}

#[test]
fn a_header_singles_out_the_place_below_it() {
    let mut edit = hunk(&["-    go();", "+    stop();"]);
    for (header, expected) in [("fn a() {", Some(2)), ("fn b", Some(6)), ("fn", None), ("fn c", None)] {
        edit.header = Some(header.into());
        let line = locate(&edit, &TWICE.into()).ok().map(|located| located.place.start() + 1);
        assert_eq!(line, expected, "{header}");
    }
}

#[test]
fn a_header_does_not_reach_out_of_what_it_opens() {
    let base = format!("fn empty() {{\n}}\n\n{TWICE}");
    let edit = EditHunk { header: Some("fn empty() {".into()), ..hunk(&["-    go();", "+    stop();"]) };
    assert_eq!(locate(&edit, &(&*base).into()), Err(Unplaced::Ambiguous(vec![5, 9])));
}

#[test]
fn a_line_number_decides_only_with_a_clear_margin() {
    let mut edit = hunk(&["-    go();", "+    stop();"]);
    for (hint, expected) in [(2, Some(2)), (3, Some(2)), (4, None), (6, Some(6)), (900, None)] {
        edit.hint = Some(hint);
        let line = locate(&edit, &TWICE.into()).ok().map(|located| located.place.start() + 1);
        assert_eq!(line, expected, "{hint}");
    }
}

#[test]
fn a_hunk_at_the_end_is_looked_for_only_there() {
    let at_eof = |lines: &[&str]| EditHunk { at_eof: true, ..hunk(lines) };
    assert_eq!(text(&at_eof(&[" a", "+x"]), "a\nb\na\n").0, "a\nb\na\nx\n");
    assert!(applied(&at_eof(&["-b", "+x"]), b"a\nb\na\n").is_err());
}

#[test]
fn an_insertion_without_context_needs_an_empty_file() {
    assert_eq!(text(&hunk(&["+x", "+y"]), "").0, "x\ny\n");
    assert_eq!(applied(&hunk(&["+x"]), b"a\n"), Err(Unplaced::NoContext));
    assert_eq!(applied(&EditHunk { hint: Some(1), ..hunk(&["+x"]) }, b"a\n"), Err(Unplaced::NoContext));
}

#[test]
fn an_edit_that_changes_nothing_has_no_splices() {
    let located = locate(&hunk(&[" a", "-b", "+b"]), &"a\nb\n".into()).unwrap();
    assert_eq!((located.place, located.splices), (Span::new(0, 2), vec![]));
}

#[test]
fn what_fits_nowhere_names_the_nearest_place() {
    let base = "one\ntwo words here\nthree\nfour\n";
    assert_eq!(applied(&hunk(&[" three", "-five", "+x"]), base.as_bytes()), Err(nowhere(3, "three\nfour\n")));
    assert_eq!(
        applied(&hunk(&["-two words there", "+x"]), base.as_bytes()),
        Err(nowhere(2, "two words here\n"))
    );
    assert_eq!(applied(&hunk(&["-zzz"]), base.as_bytes()), Err(Unplaced::Nowhere { nearest: None }));
    assert_eq!(applied(&hunk(&["-zzz"]), b""), Err(Unplaced::Nowhere { nearest: None }));
}

#[test]
fn a_line_of_a_large_file_is_found_and_one_that_is_not_there_has_a_nearest() {
    let line = |n: usize| format!("    let value_{n} = compute(input_{}, other[{}]);", n * 7, n % 13);
    let base = Lines::from(&*(0..50_000).map(|n| line(n) + "\n").collect::<String>());
    let found = locate(&hunk(&[&format!("-{}", line(25_000)), "+x"]), &base).unwrap();
    assert_eq!(found.place, Span::new(25_000, 25_001));
    let nearly = line(40_000).replace("other", "others");
    let refused = locate(&hunk(&[&format!("-{nearly}"), "+x"]), &base).unwrap_err();
    assert!(matches!(refused, Unplaced::Nowhere { nearest: Some((40_001, _)) }), "{refused:?}");
}

#[test]
fn hostile_repetition_names_no_place() {
    let base = Lines::from(&*"    x\n".repeat(50_000));
    for line in [" x", "     x", "      x"] {
        let mut lines = vec![line; 10_000];
        assert!(locate(&hunk(&lines), &base).is_err());
        lines.push(" y");
        assert!(locate(&hunk(&lines), &base).is_err());
    }
}

proptest! {
    #[test]
    fn an_edit_made_from_the_file_gives_what_it_says(
        base in proptest::collection::vec(("[a-c]{0,2}", any::<bool>()), 1..12),
        kinds in proptest::collection::vec(0usize..4, 1..12),
        start in 0usize..12,
        ends in any::<bool>(),
    ) {
        let mut text: String = base.iter().map(|(l, crlf)| format!("{l}{}", if *crlf { "\r\n" } else { "\n" })).collect();
        if !ends { text.truncate(text.trim_end_matches(['\r', '\n']).len()); }
        let lines = Lines::from(&*text);
        let start = start.min(lines.len());
        let (mut edit, mut expected) = (EditHunk::default(), Vec::new());
        let said = |line: usize| String::from_utf8(lines.text(line).unwrap().to_vec()).unwrap();
        expected.extend((0..start).map(said));
        let mut at = start;
        for kind in kinds {
            match kind {
                0 => { edit.lines.push(EditLine::Add("new".into())); expected.push("new".into()); }
                _ if at >= lines.len() => {}
                1 => { edit.lines.push(EditLine::Remove(said(at))); at += 1; }
                _ => { edit.lines.push(EditLine::Keep(said(at))); expected.push(said(at)); at += 1; }
            }
        }
        expected.extend((at..lines.len()).map(said));
        if let Ok(located) = locate(&edit, &lines) {
            let splices = located.splices.iter().map(|s| (s.replaces, &*s.with));
            let made = spliced(&lines, splices);
            if located.place.start() == start {
                let got: Vec<String> = (0..made.len()).map(|l| String::from_utf8(made.text(l).unwrap().to_vec()).unwrap()).collect();
                // Without a final newline an empty last line cannot be told from none.
                let trimmed = |mut v: Vec<String>| { while v.last().is_some_and(String::is_empty) { v.pop(); } v };
                prop_assert_eq!(trimmed(got), trimmed(expected));
            }
            for pair in located.splices.windows(2) {
                prop_assert!(pair[0].replaces.end() < pair[1].replaces.start());
            }
        }
    }
}
