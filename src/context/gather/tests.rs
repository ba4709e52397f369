//! Requests as a person would see them: what is in them, in which order, and what was left out.

use super::super::file::{MAX_PREFIX, MAX_SUFFIX};
use super::super::fitting::MAX_LIST;
use super::super::request::{Excerpt, Open};
use super::super::wishes::{Target, Wishes};
use super::*;
use crate::text::{Lines, RepoPath, Span};

fn path(path: &str) -> RepoPath {
    RepoPath::parse(path).unwrap()
}

fn numbered(count: usize) -> Lines {
    Lines::new((1..=count).map(|n| format!("fn line_{n}() {{}}\n")).collect::<String>().into_bytes())
}

fn request<'a>(level: Level, open: Option<Open<'a>>) -> Request<'a> {
    Request::new(level, "make it so", open)
}

fn sources(pack: &Pack) -> Vec<String> {
    pack.segments().iter().map(|segment| segment.source.to_string()).collect()
}

#[test]
fn at_selection_a_file_that_fits_is_shown_whole_in_its_three_parts() {
    let (path, text) = (path("a.rs"), numbered(10));
    let open = Open { path: &path, text: &text, selection: Span::from_numbers(4, 5), cursor: None };
    let pack = gather(&request(Level::Selection, Some(open)), Tokens(4_000)).unwrap();
    assert_eq!(sources(&pack), ["a.rs 1-3", "a.rs 4-5, selected", "a.rs 6-10", "instruction"]);
    let shown: String = pack.segments()[..3].iter().map(|segment| segment.text.as_str()).collect();
    assert_eq!(shown.as_bytes(), text.bytes());
}

#[test]
fn at_selection_a_long_file_is_cut_and_the_cut_is_said() {
    let (path, text) = (path("a.rs"), numbered(12_000));
    let open = Open { path: &path, text: &text, selection: Span::from_numbers(6_000, 6_001), cursor: None };
    let pack = gather(&request(Level::Selection, Some(open)), Tokens(2_000)).unwrap();
    assert!(pack.tokens() <= Tokens(2_000), "{}", pack.tokens());
    assert!(pack.tokens() >= Tokens(1_400), "{}", pack.tokens());
    let omitted: Vec<&str> = pack
        .segments()
        .iter()
        .filter(|s| matches!(s.source, Source::Omission { .. }))
        .map(|s| s.text.as_str())
        .collect();
    assert_eq!(omitted.len(), 2);
    assert!(
        omitted[0].starts_with("lines 1-58") && omitted[0].ends_with("of 12000 omitted\n"),
        "{omitted:?}"
    );
    assert!(sources(&pack)[0].ends_with("outline"));
}

#[test]
fn what_must_fit_and_does_not_is_an_error_with_a_next_step() {
    let (path, text) = (path("a.rs"), numbered(12_000));
    let open = Open { path: &path, text: &text, selection: Some(text.span()), cursor: None };
    let error = gather(&request(Level::File, Some(open)), Tokens(2_000)).unwrap_err();
    assert!(error.to_string().contains("ask at `selection`"), "{error}");
    let error = gather(&request(Level::Selection, Some(open)), Tokens(2_000)).unwrap_err();
    assert!(matches!(error, DoesNotFit::Selection { .. }));
    assert_eq!(gather(&request(Level::File, None), Tokens(2_000)), Err(DoesNotFit::NoFile));
}

#[test]
fn at_repo_files_are_listed_and_those_that_do_not_fit_are_named() {
    let names: Vec<RepoPath> = (0..900).map(|n| path(&format!("src/file_{n}.rs"))).collect();
    let whole = |name: &str, count| Excerpt {
        path: path(name),
        span: Span::new(0, count),
        text: numbered(count),
        whole: true,
        why: "named".into(),
    };
    let candidates = [whole("src/a.rs", 3), whole("src/big.rs", 5_000), whole("src/b.rs", 4)];
    let request = Request { candidates: &candidates, files: &names, ..request(Level::Repo, None) };
    let pack = gather(&request, Tokens(3_000)).unwrap();
    assert_eq!(
        sources(&pack),
        ["file list", "src/b.rs 1-4", "src/big.rs 1-5000, left out", "src/a.rs 1-3", "instruction"],
        "the best comes last"
    );
    let dropped: Vec<&str> = pack.dropped().iter().map(|one| one.what.as_str()).collect();
    assert_eq!(dropped, ["src/big.rs"]);
    let list = &pack.segments()[0].text;
    assert!(list.len() < MAX_LIST + 30 && list.ends_with(" more\n"), "{list}");
}

#[test]
fn at_complete_the_text_around_the_cursor_is_cut_at_lines() {
    let (path, text) = (path("a.rs"), numbered(2_000));
    let open = Open { path: &path, text: &text, selection: None, cursor: Some(20_005) };
    let pack = gather(&request(Level::Complete, Some(open)), Tokens(4_000)).unwrap();
    let [before, after] = pack.segments() else { panic!() };
    assert!(before.text.starts_with("fn line_") && before.text.len() <= MAX_PREFIX);
    assert!(after.text.ends_with("{}\n") && after.text.len() <= MAX_SUFFIX);
    let around = format!("{}{}", before.text, after.text);
    assert!(String::from_utf8_lossy(text.bytes()).contains(&around));
}

#[test]
fn other_encodings_and_line_endings_are_shown_as_well_as_can_be() {
    let (path, text) = (path("a.txt"), Lines::new(&b"caf\xe9\r\nb\r\n"[..]));
    let open = Open { path: &path, text: &text, selection: None, cursor: None };
    let pack = gather(&request(Level::File, Some(open)), Tokens(100)).unwrap();
    assert_eq!(pack.segments()[0].text, "caf\u{fffd}\nb\n");
}

fn excerpt(name: &str, start: usize, count: usize, why: &str) -> Excerpt {
    let text = numbered(count);
    Excerpt { path: path(name), span: Span::new(start, start + count), text, whole: false, why: why.into() }
}

fn rules(text: &str) -> Segment {
    Segment::new(Source::Rules { path: path("AGENTS.md") }, "rules", text, Trust::Repository)
}

#[test]
fn what_is_steady_comes_first_and_what_matters_most_comes_last() {
    let (file, text) = (path("a.rs"), numbered(3));
    let open = Open { path: &file, text: &text, selection: None, cursor: None };
    let named = [
        excerpt("pinned.rs", 0, 2, "pinned by you").piece(false),
        Segment::new(Source::Diagnostics, "named", "a.rs:1:1: x\n", Trust::Repository),
        Segment::new(Source::Diff, "named", "+x\n", Trust::Repository),
    ];
    let request = Request {
        steady: &[rules("Use tabs.\n")],
        named: &named,
        candidates: &[excerpt("best.rs", 0, 2, "best"), excerpt("good.rs", 4, 2, "good")],
        ..request(Level::File, Some(open))
    };
    let pack = gather(&request, Tokens(4_000)).unwrap();
    let expected = [
        "AGENTS.md, rules",
        "good.rs 5-6, excerpt",
        "best.rs 1-2, excerpt",
        "pinned.rs 1-2, excerpt",
        "diff",
        "a.rs 1-3",
        "diagnostics",
        "instruction",
    ];
    assert_eq!(sources(&pack), expected);
    assert!(pack.dropped().is_empty());
}

#[test]
fn lines_are_shown_once_and_what_was_named_goes_before_what_was_found() {
    let (file, text) = (path("a.rs"), numbered(9));
    let open = Open { path: &file, text: &text, selection: None, cursor: None };
    let named = [excerpt("b.rs", 0, 9, "named").piece(false), excerpt("a.rs", 1, 2, "named").piece(false)];
    let candidates = [excerpt("b.rs", 2, 3, "found"), excerpt("c.rs", 0, 200, "found")];
    let request = Request { named: &named, candidates: &candidates, ..request(Level::File, Some(open)) };
    let pack = gather(&request, Tokens(400)).unwrap();
    assert_eq!(sources(&pack), ["b.rs 1-9, excerpt", "a.rs 1-9", "instruction"]);
    let dropped: Vec<(&str, Option<Span>, &str)> =
        pack.dropped().iter().map(|one| (one.what.as_str(), one.span, one.why.as_str())).collect();
    let twice = "its lines are in the request already";
    assert_eq!(
        dropped[..2],
        [("a.rs", Some(Span::new(1, 3)), twice), ("b.rs", Some(Span::new(2, 5)), twice)]
    );
    assert_eq!((dropped[2].0, dropped[2].1), ("c.rs", Some(Span::new(0, 200))));
    assert!(dropped[2].2.starts_with("does not fit: ~"), "{}", dropped[2].2);
}

#[test]
fn what_is_evicted_stays_out_and_is_said_and_what_is_asked_about_stays() {
    let (file, text) = (path("a.rs"), numbered(3));
    let open = Open { path: &file, text: &text, selection: None, cursor: None };
    let mut wishes = Wishes::default();
    ["b.rs", "rules", "a.rs", "gone.rs"].into_iter().for_each(|what| wishes.evict(Target::parse(what)));
    let request = Request {
        steady: &[rules("Use tabs.\n")],
        candidates: &[excerpt("b.rs", 0, 2, "found")],
        wishes: &wishes,
        ..request(Level::File, Some(open))
    };
    let pack = gather(&request, Tokens(4_000)).unwrap();
    assert_eq!(sources(&pack), ["a.rs 1-3", "instruction"]);
    let dropped: Vec<&str> = pack.dropped().iter().map(|one| one.what.as_str()).collect();
    assert_eq!(dropped, ["AGENTS.md", "b.rs", "rules", "a.rs", "gone.rs"]);
    let at_repo = Request { level: Level::Repo, ..request };
    assert_eq!(sources(&gather(&at_repo, Tokens(4_000)).unwrap()), ["file list", "instruction"]);
}

#[test]
fn of_what_is_only_read_the_first_lines_are_shown_where_not_all_of_it_fits() {
    let (file, text) = (path("a.rs"), numbered(3));
    let open = Open { path: &file, text: &text, selection: None, cursor: None };
    let named = [excerpt("long.rs", 10, 900, "named").piece(false)];
    let request = Request { named: &named, ..request(Level::File, Some(open)) };
    let pack = gather(&request, Tokens(900)).unwrap();
    let [long, ..] = pack.segments() else { panic!() };
    let lines = long.text.lines().count();
    assert!((100..200).contains(&lines) && long.source.to_string().starts_with("long.rs 11-"), "{lines}");
    assert_eq!(pack.dropped()[0].why, format!("does not fit; its first {lines} lines are there"));
}

#[test]
fn hidden_characters_are_written_out_where_they_are_only_read_and_counted_where_they_may_change() {
    let (file, text) = (path("a.rs"), Lines::from("let a\u{202e} = 1;\n"));
    let open = Open { path: &file, text: &text, selection: None, cursor: None };
    let hidden = Excerpt { text: text.clone(), span: Span::new(0, 1), ..excerpt("b.rs", 0, 1, "found") };
    let request = Request { candidates: &[hidden], ..request(Level::File, Some(open)) };
    let pack = gather(&request, Tokens(900)).unwrap();
    assert_eq!(pack.segments()[0].text, "let a‹U+202E› = 1;\n");
    assert_eq!(pack.segments()[1].text.as_bytes(), text.bytes());
    assert_eq!(pack.notes(), ["a.rs holds 1 hidden character(s), which the model reads"]);
}
