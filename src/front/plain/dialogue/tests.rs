//! A review by lines of text: what is said, decided and landed.

use super::*;
use std::sync::Arc;

use crate::change::{Base, Edit, EditOp, Focus, Leash, Level, Scope};
use crate::prompt::Prompts;
use crate::session::{Ready, Subject, Terms};
use crate::text::{Lines, RepoPath};
use crate::workspace::Source;

const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n";

fn proposed(new: &str) -> Review {
    let path = RepoPath::parse("a.txt").unwrap();
    let focus = Focus { file: Some(path.clone()), lines: None };
    let mut review = Review::new(Scope::of(Level::File, &focus, Leash::default()).unwrap());
    let edit =
        Edit { path: "a.txt".into(), op: EditOp::Whole(new.into()), reason: Some("so \u{1b}[m".into()) };
    review.offer(&edit, Base { path, text: Some(Lines::from(OLD)) });
    review
}

fn session(review: Review) -> Session {
    let mut session = Session::new(Terms {
        prompts: Arc::new(Prompts::embedded().unwrap()),
        leash: Leash::default(),
        max_output: None,
        source: Source::Apply,
    });
    let (refusals, remarks) = (Vec::new(), Vec::new());
    session.review(Ready { subject: Subject::Reply, title: "a reply".into(), review, refusals, remarks });
    session
}

/// Plays `said` and returns how it ended (`None`: the input did), what was shown, and the file with
/// what was accepted.
fn play(new: &str, said: &str) -> (Option<Outcome>, String, String) {
    let mut session = session(proposed(new));
    let (mut seen, mut shown) = (BTreeMap::new(), Vec::new());
    let mut dialogue = Dialogue::open(&mut session, &mut seen, &mut shown).unwrap();
    let mut lines = said.lines();
    let outcome = lines.find_map(|line| {
        dialogue.ask().unwrap();
        dialogue.hear(line, Duration::from_secs(1)).unwrap()
    });
    let file = session.turn().unwrap().review().preview(&RepoPath::parse("a.txt").unwrap(), false);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (outcome, text(&shown), text(file.unwrap().bytes()))
}

fn two_hunks() -> String {
    OLD.replace("two", "2").replace("eight", "8")
}

#[test]
fn hunks_are_shown_decided_and_landed_by_lines_of_text() {
    let (outcome, shown, file) = play(&two_hunks(), "y\nn\nland\n");
    assert_eq!((outcome, file), (Some(Outcome::Land), OLD.replace("two", "2")));
    let first = "hunk 1 of 2: a.txt, line 2, 1 line goes and 1 line comes, undecided\n       one\n   1 - two\n   2 + 2\n       three\n       four\n";
    assert!(shown.contains(first), "{shown}");
    assert!(shown.contains("every hunk is decided"), "{shown}");
}

#[test]
fn the_end_of_the_input_and_leaving_write_nothing() {
    assert_eq!(play(&two_hunks(), "y\ny\n").0, None);
    assert_eq!(play(&two_hunks(), "y\ny\nq\n").0, Some(Outcome::Leave));
    assert_eq!(play(&two_hunks(), "").0, None);
    let (outcome, shown, _) = play(&two_hunks(), "n\nn\nland\nq\n");
    assert_eq!(outcome, Some(Outcome::Leave));
    assert!(shown.contains("no hunk is accepted yet"));
}

#[test]
fn nothing_is_accepted_that_was_not_shown() {
    let (_, shown, file) = play(&two_hunks(), "Y\nq\n");
    assert_eq!(file, OLD, "the second hunk had not been shown");
    assert!(shown.contains("+ 8") && shown.contains("say it again"), "{shown}");
    assert_eq!(play(&two_hunks(), "Y\nY\nland\n").2, two_hunks());
    assert_eq!(play(&two_hunks(), "N\nland\nq\n").2, OLD);
}

#[test]
fn decisions_are_undone_and_redone() {
    assert_eq!(play(&two_hunks(), "y\ny\nu\nland\n").2, OLD.replace("two", "2"));
    assert_eq!(play(&two_hunks(), "y\ny\nu\nr\nland\n").2, two_hunks());
}

#[test]
fn a_hunk_is_split_and_lines_of_it_are_picked() {
    let near = OLD.replace("two", "2").replace("four", "4");
    let (_, shown, file) = play(&near, "s\nn\ny\nland\n");
    assert_eq!(file, OLD.replace("four", "4"), "{shown}");
    let (_, shown, file) = play(&near, "v 1-2 y\nn\nland\n");
    assert_eq!(file, OLD.replace("two", "2"), "{shown}");
    assert!(play(&near, "v 9 y\nq\n").1.contains("there is no such hunk"), "out of its lines");
}

#[test]
fn one_goes_about_finds_comments_and_asks_why() {
    let (_, shown, _) = play(&two_hunks(), "/ 8\ng 1\ng 7\nj\nk\nk\nc too short\ni\no\nl\nwhat\n?\nq\n");
    assert!(shown.contains("there are hunks 1 to 2") && shown.contains("there is none"), "{shown}");
    assert!(shown.contains("reason: so ␛[m") && !shown.contains('\u{1b}'), "{shown}");
    assert!(shown.contains("`what` is no verb") && shown.contains("accept the rest of the file"));
    assert!(shown.contains("noted"));
}

#[test]
fn a_hunk_by_which_the_file_stops_to_parse_says_so() {
    let path = RepoPath::parse("a.rs").unwrap();
    let mut review = Review::of_difference(Purpose::Propose).unwrap();
    let old = "fn a() {\n    1;\n}\n\n\n\n\nfn b() {}\n";
    let new = old.replace("1;", "(1;").replace("fn b", "fn c");
    let base = Base { path, text: Some(Lines::from(old)) };
    review.compare(crate::change::Compared::of(base, Some(&Lines::from(new.as_str()))));
    let mut session = session(review);
    let (mut seen, mut shown) = (BTreeMap::new(), Vec::new());
    let mut dialogue = Dialogue::open(&mut session, &mut seen, &mut shown).unwrap();
    dialogue.hear("g 1", Duration::ZERO).unwrap();
    dialogue.hear("g 2", Duration::ZERO).unwrap();
    dialogue.hear("i", Duration::ZERO).unwrap();
    let shown = String::from_utf8(shown).unwrap();
    let marked = shown.lines().zip(shown.lines().skip(1));
    let marked: Vec<&str> =
        marked.filter(|(_, next)| next.starts_with("mind: with it")).map(|(title, _)| title).collect();
    assert!(!marked.is_empty() && marked.iter().all(|title| title.contains("a.rs, line 2")), "{shown}");
}

#[test]
fn long_lines_and_hostile_bytes_are_shown_as_far_as_they_can_be() {
    let long = "x".repeat(1_000_000);
    let (_, shown, _) = play(&OLD.replace("two", &format!("\u{202e}{long}")), "q\n");
    assert!(shown.contains("‹U+202E›") && shown.contains("bytes more)") && shown.len() < 10_000);
    assert!(shown.contains("is not what it looks like"), "{shown}");
}

#[test]
fn the_last_line_without_a_newline_says_so() {
    let new = OLD.trim_end().to_owned() + " end";
    assert!(play(&new, "q\n").1.contains("+ nine end"), "{}", play(&new, "q\n").1);
}

#[test]
fn what_lands_is_remembered_with_what_was_seen_and_for_how_long() {
    let mut session = session(proposed(&two_hunks()));
    let mut seen = BTreeMap::new();
    let mut dialogue = Dialogue::open(&mut session, &mut seen, io::sink()).unwrap();
    for said in ["y", "c why so", "n", "land"] {
        dialogue.hear(said, Duration::from_secs(2)).unwrap();
    }
    let effects = session.land_seen(Some(&seen));
    let [crate::session::Effect::Land { story, .. }] = &effects[..] else { panic!("{effects:?}") };
    let hunks = &story.review.as_ref().unwrap().hunks;
    let told: Vec<_> = hunks.iter().map(|hunk| (hunk.verdict, hunk.seen, hunk.comment.as_deref())).collect();
    assert_eq!(told, [(Verdict::Accepted, true, None), (Verdict::Rejected, true, Some("why so"))]);
    assert_eq!(hunks.iter().map(|hunk| hunk.looked_at).collect::<Vec<_>>()[0], 2000);
}
