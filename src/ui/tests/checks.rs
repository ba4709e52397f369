//! The project's check on screen: at a key and after saving, at its lines, in its list, in the panel of requests.

use std::sync::Arc;

use super::*;
use crate::context::{Pack, Segment, Source as Of, Trust};
use crate::session::CheckEnd;
use crate::text::diagnostic::{Ground as Where, Reader, Report};
use crate::text::syntax::Fault;

const SAID: &str = "\
src/stack.rs:9:13: warning: unused variable: `n`
src/stack.rs:13:20: error[E0608]: cannot index into a value of type `\u{202e}Vec`
src/other.rs:2:1: error: expected item
/usr/lib/x.rs:1:1: error: elsewhere
";

fn report(output: &str) -> Arc<Report> {
    let mut reader = Reader::default();
    reader.push(output.as_bytes());
    let resolve = |path: &RepoPath| Some(path.clone());
    let ground = Where { root: "/p", folders: &[], resolve: &resolve, ending: &|_| None };
    Arc::new(Report::of(reader.end(), &ground))
}

fn checked(stage: &mut Stage, run: u64, output: &str, end: Option<CheckEnd>) {
    stage.input(Input::Event(Event::Checked { run, report: report(output), end }));
    stage.draw();
}

/// A screen of a project that has a check.
fn with_check(on_save: bool) -> Stage {
    let mut stage = Stage::open(100, 24, 9);
    stage.disk.insert(path("src/other.rs"), Lines::from("fn a() {}\nxx\n"));
    stage.app.set_check("/p".into(), Some(Check { name: "cargo check".into(), on_save }));
    stage
}

fn runs(stage: &Stage) -> Vec<u64> {
    let run = |effect: &Effect| if let Effect::Check { run } = effect { Some(*run) } else { None };
    stage.unanswered.iter().filter_map(run).collect()
}

#[test]
fn what_the_check_says_stands_at_its_lines_and_under_the_cursor() {
    let mut stage = with_check(false);
    assert!(!stage.shot().contains("check"), "nothing is said before it was run");
    stage.keys("<A-t>").tick(3_000);
    assert_eq!(runs(&stage), [1]);
    assert!(stage.row("shop").contains("check: running 3 s │ shop"), "{}", stage.shot());
    checked(&mut stage, 1, "src/stack.rs:9:13: warning: unused variable: `n`\n", None);
    assert!(stage.row("shop").contains("check: running 3 s · 1 warning so far"), "{}", stage.shot());
    checked(&mut stage, 1, SAID, Some(CheckEnd::Exited(101)));
    insta::assert_snapshot!("check_100x24", stage.shot());
    // Keys go from problem to problem, through this file and the others, and round.
    stage.keys("<F8>");
    assert!(stage.shot().contains("! warning: unused variable: `n`"), "{}", stage.shot());
    stage.keys("<F8>");
    assert!(stage.shot().contains("✗ error[E0608]: cannot index into a value of type `‹U+202E›Vec`"));
    stage.keys("<F8>");
    assert!(stage.row("shop").contains("src/other.rs") && stage.shot().contains("✗ error: expected item"));
    stage.keys("<F8>");
    assert!(stage.row("shop").contains("src/stack.rs") || stage.row("shop").contains("src/other.rs"));
    stage.keys("<S-F8><S-F8>");
    assert!(stage.row("shop").contains("check: 2 errors, 1 warning"), "{}", stage.shot());
}

#[test]
fn what_was_typed_since_makes_it_old_and_marks_stay_at_their_lines() {
    let mut stage = with_check(false);
    stage.keys("<A-t>");
    checked(&mut stage, 1, SAID, Some(CheckEnd::Exited(101)));
    stage.keys("<C-Home>x<Enter>");
    assert!(stage.row("shop").contains("check: 2 errors, 1 warning, stale"), "{}", stage.shot());
    assert!(stage.row("let n = ").contains("10 ! "), "{}", stage.shot());
    stage.keys("<F8><End>;");
    assert!(stage.shot().contains("! (before your edit) warning: unused variable"), "{}", stage.shot());
    // A run that was begun before falls away when another begins; a new one is not old.
    stage.keys("<A-t>");
    checked(&mut stage, 1, SAID, Some(CheckEnd::Exited(0)));
    assert!(stage.row("shop").contains("check: running"));
    checked(&mut stage, 2, "", Some(CheckEnd::Exited(0)));
    assert!(stage.row("shop").contains("check: ok │"), "{}", stage.shot());
    assert!(!stage.row("let n = ").contains('!'));
}

#[test]
fn how_a_check_ends_is_said_in_words() {
    for (end, words) in [
        (CheckEnd::Exited(2), "check: failed (status 2)"),
        (CheckEnd::Exited(0), "check: ok"),
        (CheckEnd::Killed, "check: killed"),
        (CheckEnd::Stopped, "check: stopped"),
        (CheckEnd::TooLong(600), "check: ended after 600 s"),
        (CheckEnd::TooMuch(64 << 20), "check: ended after 64 MB of output"),
        (
            CheckEnd::NotRun("`x\u{1b}` cannot be started".into()),
            "check: could not run: `x␛` cannot be started",
        ),
    ] {
        let mut stage = with_check(false);
        stage.keys("<A-t>");
        checked(&mut stage, 1, "", Some(end));
        assert!(stage.row("shop").contains(words), "{words}:\n{}", stage.shot());
        stage.keys("<F6>");
        let list = stage.shot();
        let said = ["nothing was said until it ended", "no problem"].iter().any(|said| list.contains(said));
        assert!(said && !list.contains("of 0"), "{words}:\n{list}");
    }
}

#[test]
fn the_list_goes_to_a_problem_and_stops_a_check_that_runs() {
    let mut stage = with_check(false);
    stage.keys("<F6>");
    assert!(stage.shot().contains("`cargo check` was not run yet; r runs it"), "{}", stage.shot());
    stage.keys("r");
    assert_eq!(runs(&stage), [1]);
    assert!(stage.shot().contains("cargo check: running; Esc stops it"), "{}", stage.shot());
    stage.keys("<Esc>");
    assert!(stage.unanswered.iter().any(|effect| matches!(effect, Effect::StopCheck)));
    checked(&mut stage, 1, "", Some(CheckEnd::Stopped));
    stage.keys("r");
    checked(&mut stage, 2, SAID, Some(CheckEnd::Exited(101)));
    insta::assert_snapshot!("check_list_100x24", stage.shot());
    stage.keys("jj<Enter>");
    assert!(stage.row("shop").contains("src/stack.rs"));
    assert!(stage.shot().contains("cannot index into a value"), "{}", stage.shot());
    stage.keys("<F6><Esc>");
    assert!(!stage.shot().contains("r runs it again"), "nothing runs, so that it closes");
}

#[test]
fn where_nothing_names_a_place_the_end_of_the_output_is_shown() {
    let mut stage = with_check(false);
    stage.keys("<A-t>");
    checked(&mut stage, 1, "linking\n\u{1b}]0;owned\u{7}linker `cc` not found\n", Some(CheckEnd::Exited(1)));
    stage.keys("<F6>");
    let shot = stage.shot();
    assert!(shot.contains("linker `cc` not found") && !shot.contains("owned"), "{shot}");
}

#[test]
fn saving_runs_it_only_where_the_user_wants_that() {
    let mut stage = with_check(true);
    stage.keys("x<C-s>");
    assert_eq!(runs(&stage), [1]);
    stage.keys("y<C-s>");
    assert_eq!(runs(&stage), [1, 2], "a run that is old by now is begun anew");
    let mut stage = with_check(false);
    stage.keys("x<C-s>");
    assert!(runs(&stage).is_empty());
}

#[test]
fn without_a_check_a_key_says_how_one_is_configured_and_runs_nothing() {
    let mut stage = Stage::open(100, 24, 9);
    stage.app.set_check("/home/me/shop".into(), None);
    stage.keys("<A-t>");
    assert!(runs(&stage).is_empty());
    assert!(stage.shot().contains("[checks.\"/home/me/shop\"]"), "{}", stage.shot());
    stage.keys("<Esc><F8>");
    assert!(stage.shot().contains("no problem is known"));
}

#[test]
fn where_the_text_does_not_parse_is_marked_and_gone_to() {
    let mut stage = with_check(false);
    let version = stage.app.file().unwrap().buffer.version();
    let faults = vec![Fault { line: 11, column: 4, what: "does not parse at `}`".into() }];
    let highlighted = Event::Highlighted { path: path(RS), version, classes: Vec::new(), faults };
    stage.input(Input::Event(highlighted));
    stage.keys("<F8>");
    assert!(stage.shot().contains("~ does not parse at `}`"), "{}", stage.shot());
    assert!(stage.shot().lines().any(|row| row.contains("12 ~ ")), "{}", stage.shot());
    stage.keys("<F6>");
    assert!(stage.shot().contains("where open files do not parse"), "{}", stage.shot());
}

/// The request that is looked at, made of `text` for the check's piece.
fn previewed(stage: &mut Stage, text: Option<&str>) -> String {
    let awaited = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Preview { turn, instruct } => Some((*turn, instruct.clone())),
        _ => None,
    });
    let (turn, instruct) = awaited.expect("a preview");
    let said = instruct.wants.told.as_ref().map(|told| told.retold(None, false).text).unwrap_or_default();
    let piece = |text: &str| Segment::new(Of::Diagnostics, "comes along", text, Trust::Tool);
    let pieces = text.map(|text| piece(if text.is_empty() { &said } else { text }));
    let file = Segment::new(Of::Instruction, "typed", "mend it", Trust::User);
    let pack = Pack::new(pieces.into_iter().chain([file]).collect());
    stage
        .input(Input::Event(Event::Previewed { turn, packed: Ok(Gathered { pack, read: BTreeMap::new() }) }));
    stage.draw();
    said
}

#[test]
fn the_model_is_told_and_what_only_one_of_the_two_sees_is_said() {
    let mut stage = with_check(false);
    stage.keys("<A-t>");
    checked(&mut stage, 1, SAID, Some(CheckEnd::Exited(101)));
    stage.tick(12_000).keys("<C-Home>x<Enter><C-l>mend it<F3>");
    let said = previewed(&mut stage, Some(""));
    assert!(
        said.starts_with("cargo check, 12 s ago, before your last edit: 2 errors, 1 warning\n"),
        "{said}"
    );
    assert!(
        said.contains("src/stack.rs:14:20: error[E0608]: cannot index into a value of type `‹U+202E›Vec`"),
        "{said}"
    );
    assert!(!stage.shot().contains("the check's problems"), "{}", stage.shot());
    assert!(stage.row("diagnostics").contains("tool"), "{}", stage.shot());
    stage.keys("jx");
    previewed(&mut stage, None);
    assert!(
        stage.shot().contains("the check's problems: 3 of 3 that you see are not in it"),
        "{}",
        stage.shot()
    );
    stage.keys("<Tab><Tab>");
    previewed(&mut stage, Some("cargo check: 1 error\nsrc/gone.rs:1:1: error: that is mended\n"));
    assert!(stage.shot().contains("1 that were told are not what it says now"), "{}", stage.shot());
}
