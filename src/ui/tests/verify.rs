//! What helps a person to verify: marks that say why, filters, what was refused, numbers of both texts,
//! verdicts that are lost and say so; and that no verdict counts for what was not on screen.

use proptest::prelude::*;

use super::review::{OLD, changed, diffing, verdicts};
use super::*;
use crate::change::Verdict;
use crate::workspace::{Comparison, Trees};

const BROKEN: &str = "    pub fn len(&self) -> usize {\n        (self.items.len()\n    }";

/// The second of two edits leaves a bracket open.
fn with_a_broken_one() -> String {
    let whole = "    pub fn len(&self) -> usize {\n        self.items.len()\n    }";
    let use_line = block("shorter", "use std::fmt;", "use std::fmt::Write;");
    use_line + &block("grouped", whole, BROKEN)
}

#[test]
fn a_hunk_by_which_its_file_stops_to_parse_says_so_wherever_it_is_named() {
    let mut stage = Stage::open(120, 30, 8);
    ask_at_file(&mut stage);
    stage.says(&with_a_broken_one()).ends();
    let head = stage.row("· 19  +1");
    assert!(head.contains("⚠ with it the file does not parse any more"), "{head}");
    assert!(stage.row("⚠ no parse").contains("│"), "the list marks it, too");
    assert!(stage.row("2 open").contains("⚠ 1 does not parse"));
    stage.keys("Ji");
    assert!(stage.row("does not parse any more; before it did").contains('⚠'));
    // Rejected, it keeps nothing from parsing.
    stage.keys("<Esc>n");
    assert!(!stage.shot().contains("not parse"), "{}", stage.shot());
    stage.keys("u");
    assert!(stage.row("2 open").contains("⚠ 1 does not parse"));
    assert!(stage.row("▶").contains("· 19"), "an undone decision is where the reader is");
}

#[test]
fn why_a_hunk_is_there_tells_who_uses_what_it_changes() {
    let mut stage = Stage::open(100, 40, 8);
    let uses = "fn main() {\n    let n = stack.len();\n}\n";
    stage.disk.insert(path("src/main.rs"), Lines::from(uses));
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("Ji");
    let shot = stage.shot();
    assert!(shot.contains("`len`") && shot.contains("src/main.rs:2 in main  let n = stack.len();"), "{shot}");
    assert!(shot.contains("✓ the file still parses"), "{shot}");
    assert!(shot.contains("others of the same name count too"), "{shot}");
}

#[test]
fn while_it_is_looked_for_the_page_is_there_already() {
    let mut stage = Stage::open(100, 40, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends();
    // Nobody answers yet.
    let outs = stage.app.update(stage.now, Input::Key(parse_key("i")));
    let [Out::Do(Effect::Trace { turn, hunk, .. })] = outs.as_slice() else { panic!("{outs:?}") };
    assert!(stage.row("being looked for").starts_with(' '));
    let event = Event::Traced { turn: *turn, hunk: *hunk, callers: Callers::default().into() };
    stage.input(Input::Event(event));
    assert!(stage.row("in no definition").starts_with(' '));
    assert!(!stage.shot().contains("being looked for"));
}

#[test]
fn filters_show_what_is_undecided_failing_or_refused_and_pass_over_what_is_empty() {
    let mut stage = Stage::open(100, 30, 8);
    ask_at_file(&mut stage);
    let elsewhere = "src/other.rs\n<<<<<<< SEARCH\n=======\nfn other() {}\n>>>>>>> REPLACE\n";
    stage.says(&(with_a_broken_one() + elsewhere)).ends();
    assert!(stage.row("refused, nothing of it was taken").contains("F4"));
    assert!(stage.row("✗ the reply changes").contains("raise to `repo`"), "{}", stage.shot());
    stage.keys("f");
    stage.row("undecided hunks only: 2 of 2");
    assert!(!stage.shot().contains("nothing of it was taken"));
    stage.keys("f");
    let said = stage.row("failing hunks only");
    assert!(said.contains("1 of 2") && said.contains("none risky"), "{said}");
    assert!(!stage.shot().contains("use std::fmt::Write"), "{}", stage.shot());
    stage.keys("f");
    stage.row("what was refused only: 1");
    // The hunk under review is not on screen: nothing decides it.
    stage.keys("yn");
    assert_eq!(verdicts(&stage), [Verdict::Undecided; 2]);
    stage.keys("f");
    stage.row("all hunks");
    stage.keys("y");
    assert!(verdicts(&stage).contains(&Verdict::Accepted));
}

#[test]
fn a_hunk_that_changes_after_it_was_accepted_loses_the_verdict_and_says_so() {
    let mut stage = Stage::open(120, 30, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("yy");
    // Another program changes one place, and the file is saved over it from here.
    let theirs = TEXT.replace("pub fn len(&self)", "pub fn len(&mut self)");
    stage.disk.insert(path(RS), Lines::from(theirs.as_str()));
    stage.keys("<Enter>");
    assert_eq!(stage.on_disk(RS), theirs, "nothing was written");
    assert!(stage.row("a hunk changed after you decided it").contains("look at it again"));
    stage.keys("]u");
    let head = stage.row("! ");
    assert!(head.contains("⚠ changed since you decided it"), "{head}");
    assert_eq!(verdicts(&stage), [Verdict::Accepted, Verdict::Undecided]);
    stage.keys("n");
    assert!(!stage.shot().contains("changed since you decided it"), "{}", stage.shot());
}

#[test]
fn a_difference_that_is_another_after_it_was_decided_says_so() {
    let mut stage = diffing(100, 30, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    stage.keys("nn");
    let now = changed().replace("2\n", "zwei\n");
    stage.disk.insert(path("a.txt"), Lines::from(now.as_str()));
    stage.keys("<Enter>");
    stage.row("a hunk changed after you decided it");
    let shot = stage.shot();
    assert!(shot.contains("changed since you decided it") && shot.contains("zwei"), "{shot}");
}

#[test]
fn what_a_revision_changed_is_told_and_the_verdict_before_it_is_gone() {
    let mut stage = Stage::open(120, 40, 8);
    ask_at_file(&mut stage);
    stage.says(&documented()).ends().keys("csay more<Enter>yKR");
    let sent = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Send { turn, .. } => Some(*turn),
        _ => None,
    });
    let turn = sent.expect("a request");
    let reply = block("", "    /// Documented.", "    /// How many there are.");
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Text(reply) }));
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Finish(Finish::Stop) }));
    stage.input(Input::Event(Event::Ended { turn, result: Ok(()) }));
    assert_eq!(verdicts(&stage), [Verdict::Undecided]);
    assert!(stage.row("· at 18").contains("changed since you decided it"), "{}", stage.shot());
    stage.keys("i");
    let shot = stage.shot();
    assert!(shot.contains("- ") && shot.contains("/// Documented."), "{shot}");
    assert!(shot.contains("+     /// How many there are."), "{shot}");
}

#[test]
fn a_revision_as_long_as_what_it_revised_is_parsed_again() {
    let mut stage = Stage::open(120, 40, 8);
    ask_at_file(&mut stage);
    stage.says(&with_a_broken_one()).ends().keys("Jcclose it<Enter>R");
    assert!(stage.shot().contains("⚠ no parse"), "{}", stage.shot());
    let sent = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Send { turn, .. } => Some(*turn),
        _ => None,
    });
    let turn = sent.expect("a request");
    let reply = block("", "        (self.items.len()", "         self.items.len()");
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Text(reply) }));
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Finish(Finish::Stop) }));
    stage.input(Input::Event(Event::Ended { turn, result: Ok(()) }));
    let shot = stage.shot();
    assert!(shot.contains("         self.items.len()"), "{shot}");
    assert!(!shot.contains("no parse") && !shot.contains("not parse"), "{shot}");
}

#[test]
fn both_texts_number_their_lines() {
    let mut stage = diffing(120, 30, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    assert!(stage.row("eleven").starts_with(" 11 12   eleven"), "{}", stage.shot());
    assert!(stage.row("- ten").starts_with(" 10    - ten"));
    assert!(stage.row("+ 10").starts_with("    11 + 10"));
    assert!(stage.row("  one").starts_with("  1  1   one"));
    // A narrow window has one column: that of the text as it will be, where the line is in it.
    let mut stage = diffing(80, 30, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    assert!(stage.row("eleven").starts_with(" 12   eleven"), "{}", stage.shot());
    stage.keys("|");
    let row = stage.row("eleven");
    assert!(row.starts_with(" 11   eleven") && row.contains("│ 12   eleven"), "{row}");
}

#[test]
fn in_a_line_of_a_million_characters_a_key_goes_to_what_differs() {
    let line = |middle: &str| format!("{}{middle}{}\n", "x".repeat(500_000), "x".repeat(500_000));
    let (old, new) = (line("OLD"), line("NEW"));
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", &old, &new)]);
    assert!(!stage.shot().contains("NEW"));
    stage.keys("$");
    assert!(stage.row("+ xx").contains("NEW"), "{}", stage.shot());
    assert!(stage.row("- xx").contains("OLD"));
}

#[test]
fn other_line_endings_are_said_in_words_and_shown_in_each_line() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", "a\nb\n", "a\r\nb\r\n")]);
    assert!(stage.row("· 1-2").contains("only the line endings change"));
    assert!(stage.row("+ a").contains('␍') && !stage.row("- a").contains('␍'));
}

#[test]
fn the_rest_of_a_file_is_what_was_there_when_the_key_was_pressed() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    let reply = two_edits();
    let second = reply.find("Why: it is public").unwrap();
    stage.says(&reply[..second]);
    let turn = stage.app.session().turn().unwrap().id();
    // The second hunk arrives, and the key is pressed before a frame has shown it.
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Text(reply[second..].to_owned()) }));
    stage.input(Input::Key(parse_key("Y")));
    assert_eq!(verdicts(&stage), [Verdict::Accepted, Verdict::Undecided]);
}

#[test]
fn decided_hunks_stay_decided_while_others_come_and_the_frame_stays() {
    let mut stage = Stage::open(100, 30, 8);
    ask_at_file(&mut stage);
    let reply = two_edits();
    let second = reply.find("Why: it is public").unwrap();
    stage.says(&reply[..second]).keys("y");
    assert_eq!(verdicts(&stage), [Verdict::Accepted]);
    // It is unfolded and read again; what arrives below moves nothing.
    stage.keys("z");
    let code =
        |stage: &mut Stage| stage.shot().lines().skip(1).take(8).map(str::to_owned).collect::<Vec<_>>();
    let before = code(&mut stage);
    stage.says(&reply[second..]);
    let after = code(&mut stage);
    assert_eq!(before[1..], after[1..]);
    stage.ends();
    assert_eq!(code(&mut stage)[1..], before[1..]);
    assert_eq!(verdicts(&stage), [Verdict::Accepted, Verdict::Undecided]);
}

#[test]
fn the_map_tells_without_colour_what_is_decided() {
    let old: String = (0..400).map(|n| format!("line {n}\n")).collect();
    let new: String =
        (0..400).map(|n| if n % 20 == 0 { format!("new {n}\n") } else { format!("line {n}\n") }).collect();
    let files = [("a.txt", &*old, &*new), ("b.txt", &*old, &*new)];
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &files);
    stage.keys("Nge");
    let shot = stage.shot();
    let map: String = shot.lines().skip(1).take(19).filter_map(|row| row.chars().nth(79)).collect();
    assert!(map.contains('│') && map.contains('█') && map.contains('✗'), "{map}\n{shot}");
}

/// A file of so many places that change, far enough from each other to be hunks of their own.
fn places(count: usize) -> (String, String) {
    let old: String = (0..count * 8).map(|n| format!("line {n}\n")).collect();
    let new = (0..count).fold(old.clone(), |text, n| {
        text.replace(&format!("line {}\n", n * 8 + 3), &format!("changed {n}\n"))
    });
    (old, new)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn k_of_n_hunks_are_accepted_and_landed_in_n_plus_one_keys(
        accepts in proptest::collection::vec(any::<bool>(), 1..9),
        size in proptest::sample::select(vec![(80_u16, 24_u16), (40, 12), (120, 40)]),
    ) {
        let (old, new) = places(accepts.len());
        let mut stage = Stage::new(size.0, size.1);
        stage.disk.insert(path("a.txt"), Lines::from(old.as_str()));
        stage.open_file("a.txt", 1);
        stage.keys("<C-l>change<Enter>").asking();
        let blocks: String = (0..accepts.len())
            .map(|n| format!("a.txt\n<<<<<<< SEARCH\nline {}\n=======\nchanged {n}\n>>>>>>> REPLACE\n", n * 8 + 3))
            .collect();
        stage.says(&blocks).ends();
        prop_assert_eq!(verdicts(&stage).len(), accepts.len());
        let mut keys = 0;
        for accept in &accepts {
            stage.keys(if *accept { "y" } else { "n" });
            keys += 1;
        }
        prop_assert_eq!(stage.on_disk("a.txt"), old.clone());
        stage.keys("<Enter>");
        keys += 1;
        let expected = accepts.iter().enumerate().filter(|(_, accept)| !**accept).fold(new, |text, (n, _)| {
            text.replace(&format!("changed {n}\n"), &format!("line {}\n", n * 8 + 3))
        });
        prop_assert_eq!(stage.on_disk("a.txt"), expected);
        prop_assert!(keys <= accepts.len() + 1);
    }
}
