//! The review screen: everything that can be done to hunks by keyboard, for proposals and for
//! differences that nobody proposed.

use super::*;
use crate::change::{Compared, Purpose, Review, Verdict};
use crate::session::{Kept, Ready, Subject};
use crate::workspace::{Comparison, Found, Remark, Trees};

pub(super) const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n";

/// A screen on a difference of files: names with what they were and what they are.
pub(super) fn diffing(width: u16, height: u16, what: Comparison, files: &[(&str, &str, &str)]) -> Stage {
    let mut stage = Stage::new(width, height);
    let outs = stage.app.compare(what, Vec::new(), "diff: what is not staged".into(), None);
    stage.follow(outs);
    arrive(&mut stage, files);
    stage
}

fn arrive(stage: &mut Stage, files: &[(&str, &str, &str)]) {
    let text = |text: &str| (!text.is_empty()).then(|| Lines::from(text));
    let found = files.iter().map(|(name, old, new)| {
        Found::Text(Compared::of(Base { path: path(name), text: text(old) }, text(new).as_ref()))
    });
    let mut found: Vec<Found> = found.collect();
    found.push(Found::Remark(Remark {
        name: "logo.png".into(),
        words: "binary; it has no lines to review".into(),
    }));
    for (name, _, new) in files {
        if let Some(new) = text(new) {
            stage.disk.insert(path(name), new);
        }
    }
    stage.event(|turn| Event::Compared { turn, found });
    stage.event(|turn| Event::ComparedAll { turn, result: Ok(()) });
}

pub(super) fn changed() -> String {
    OLD.replace("two", "2").replace("four\n", "4\nand a half\n").replace("ten", "10")
}

fn review(stage: &Stage) -> &Review {
    stage.app.session().turn().unwrap().review()
}

pub(super) fn verdicts(stage: &Stage) -> Vec<Verdict> {
    review(stage).hunks().map(|hunk| hunk.verdict).collect()
}

#[test]
fn any_difference_is_reviewed_and_what_is_rejected_is_taken_back() {
    let mut stage = diffing(
        80,
        36,
        Comparison::Git(Trees::Unstaged),
        &[("a.txt", OLD, &changed()), ("new.txt", "", "x\n")],
    );
    assert!(stage.row("lines to read").contains("3 open"));
    assert!(stage.row("logo.png").contains("binary"));
    // The first hunk stays, the second is taken back.
    stage.keys("yn");
    assert_eq!(stage.on_disk("a.txt"), changed(), "nothing is written before Enter");
    stage.keys("<Enter>");
    assert_eq!(stage.on_disk("a.txt"), changed().replace("10", "ten"));
    assert!(stage.row("took back 1").contains("1a2b3c4d"));
    assert_eq!(verdicts(&stage), [Verdict::Accepted, Verdict::Undecided], "the other verdict is kept");
    // A file that came goes when it is rejected.
    stage.keys("n<Enter>");
    assert!(!stage.disk.contains_key(&path("new.txt")));
}

#[test]
fn a_difference_at_every_size() {
    for (width, height) in [(80, 24), (40, 10), (200, 60)] {
        let files = [("src/a.rs", OLD, &*changed()), ("src/b.rs", "fn b() {}\n", "fn b() { unsafe {} }\n")];
        let mut stage = diffing(width, height, Comparison::Git(Trees::Unstaged), &files);
        stage.keys("y");
        insta::assert_snapshot!(format!("difference_{width}x{height}"), stage.shot());
    }
}

#[test]
fn old_and_new_stand_side_by_side() {
    let mut stage = diffing(100, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    stage.keys("|");
    insta::assert_snapshot!("beside_100x24", stage.shot());
    stage.screen = Terminal::new(TestBackend::new(50, 24)).unwrap();
    stage.input(Input::Resize(50, 24));
    assert!(!stage.row("- two").contains("+ 2"), "a narrow window has one column");
}

#[test]
fn light_dark_and_no_colour_tell_the_same() {
    let shot = |theme| {
        let mut stage = Stage::with(80, 24, theme);
        let outs = stage.app.compare(Comparison::Git(Trees::Unstaged), Vec::new(), "diff".into(), None);
        stage.follow(outs);
        arrive(&mut stage, &[("a.txt", OLD, &changed())]);
        let words = stage.shot();
        let buffer = stage.screen.backend().buffer().clone();
        let y = words.lines().position(|row| row.contains("- two")).unwrap() as u16;
        (words, buffer[(12, y)].style().bg)
    };
    let (plain, ground) = shot(Theme { depth: Depth::None, ground: Ground::Dark });
    assert_eq!(ground, Some(ratatui::style::Color::Reset));
    let mut grounds = Vec::new();
    for ground in [Ground::Dark, Ground::Light] {
        let (words, painted) = shot(Theme { depth: Depth::True, ground });
        assert_eq!(words, plain);
        grounds.push(painted);
    }
    assert_ne!(grounds[0], grounds[1]);
}

#[test]
fn a_hunk_is_split_and_its_parts_are_decided_apart() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    assert_eq!(verdicts(&stage).len(), 2, "two close changes are one hunk");
    stage.keys("s");
    assert_eq!(verdicts(&stage).len(), 3);
    stage.keys("n");
    assert_eq!(verdicts(&stage), [Verdict::Rejected, Verdict::Undecided, Verdict::Undecided]);
    stage.keys("<Enter>");
    assert_eq!(stage.on_disk("a.txt"), changed().replace("2\nthree", "two\nthree"));
    stage.keys("s");
    assert!(stage.row("one change already").contains("`v` picks lines"));
}

#[test]
fn splitting_is_undone_like_a_verdict() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    stage.keys("syu").keys("u");
    assert_eq!(verdicts(&stage), [Verdict::Undecided; 2]);
    stage.keys("<C-r><C-r>");
    assert_eq!(verdicts(&stage), [Verdict::Accepted, Verdict::Undecided, Verdict::Undecided]);
}

#[test]
fn lines_are_chosen_and_decided() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    let old = "    pub fn len(&self) -> usize {";
    let reply = block("both", old, &format!("    /// One.\n    /// Two.\n    /// Three.\n{old}"));
    stage.says(&reply).ends();
    // From the first line down to the second.
    stage.keys("vjy");
    assert_eq!(verdicts(&stage), [Verdict::Accepted, Verdict::Undecided]);
    stage.keys("n<Enter>");
    let landed = stage.on_disk(RS);
    assert!(
        landed.contains("/// One.\n    /// Two.\n    pub fn len") && !landed.contains("Three"),
        "{landed}"
    );
}

#[test]
fn a_range_does_not_leave_its_hunk_and_esc_ends_it() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    stage.keys("vjjjjjjjjjjjjjj");
    assert!(stage.shot().contains('▐'));
    stage.keys("<Esc>");
    assert!(!stage.shot().contains('▐'));
    assert_eq!(verdicts(&stage), [Verdict::Undecided; 2]);
    assert!(stage.outs.is_empty(), "the screen stays");
}

#[test]
fn a_hunk_is_edited_in_place_and_looked_at_again() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&documented()).ends().keys("e");
    assert!(stage.row("editing the hunk's lines").contains("Esc takes them"));
    stage.input(Input::Paste("    /// Mine: y n q.\n".into()));
    stage.keys("<Esc>");
    assert!(stage.row("edited by hand").contains('·'));
    assert_eq!(verdicts(&stage), [Verdict::Undecided]);
    stage.keys("y<Enter>");
    assert!(stage.on_disk(RS).contains("    /// Mine: y n q.\n    /// Documented.\n    pub fn len"));
}

#[test]
fn an_edit_is_undone() {
    let mut stage = Stage::open(80, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&documented()).ends().keys("e// x<Esc>");
    assert!(stage.shot().contains("// x"));
    stage.keys("u");
    assert!(!stage.shot().contains("// x"));
}

#[test]
fn a_comment_goes_to_the_model_and_its_revision_takes_the_hunks_place() {
    let mut stage = Stage::open(100, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("y");
    stage.keys("csay how fast<Enter>");
    assert!(stage.row("say how fast").contains('“'));
    stage.keys("R");
    let sent = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Send { turn, ask } => Some((*turn, ask.clone())),
        _ => None,
    });
    let (turn, ask) = sent.unwrap();
    let said: String = ask.messages.iter().map(|message| message.text.as_str()).collect();
    assert!(said.contains("say how fast") && said.contains("simplify pop"), "{said}");
    // What lies outside of the hunk's lines is refused.
    let reply = block("", "    /// How many there are.", "    /// How many there are, in O(1).");
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Text(reply) }));
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Finish(Finish::Stop) }));
    stage.input(Input::Event(Event::Ended { turn, result: Ok(()) }));
    assert!(stage.row("O(1)").contains('+'));
    assert_eq!(verdicts(&stage), [Verdict::Accepted, Verdict::Undecided]);
    stage.keys("y<Enter>");
    assert!(stage.on_disk(RS).contains("How many there are, in O(1)."));
}

#[test]
fn a_revision_outside_the_hunk_changes_nothing_and_says_so() {
    let mut stage = Stage::open(180, 24, 8);
    ask_at_file(&mut stage);
    stage.says(&documented()).ends().keys("cshorter<Enter>R");
    let turn = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Send { turn, .. } => Some(*turn),
        _ => None,
    });
    let turn = turn.unwrap();
    let reply = block("", "use std::fmt;", "use std::io;");
    stage.input(Input::Event(Event::Delta { turn, delta: Delta::Text(reply) }));
    stage.input(Input::Event(Event::Ended { turn, result: Ok(()) }));
    assert!(stage.row("not revised").contains("outside the selection"));
    assert!(stage.shot().contains("/// Documented."));
}

#[test]
fn why_a_hunk_was_rejected_is_told_with_the_next_instruction() {
    let mut stage = Stage::open(100, 120, 8);
    ask_at_file(&mut stage);
    stage.says(&documented()).ends().keys("xno comments please<Enter>");
    assert_eq!(verdicts(&stage), [Verdict::Rejected]);
    ask_at_file(&mut stage);
    let sent = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Send { ask, .. } => Some(ask.clone()),
        _ => None,
    });
    let said: String = sent.unwrap().messages.iter().map(|message| message.text.clone()).collect();
    assert!(said.contains("this was rejected:") && said.contains("no comments please"), "{said}");
    stage.keys("<F3>z");
    assert!(stage.shot().contains("no comments please"), "and the context shows it");
}

#[test]
fn changed_lines_are_searched() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    stage.keys("/AND<Enter>");
    assert!(stage.row("not found").contains("changed lines"));
    stage.keys("/<C-u>1<Enter>");
    assert!(stage.row("▶").contains("10"));
    stage.keys("/<C-u>t<Enter>");
    assert!(stage.row("▶").contains("two"), "{}", stage.shot());
    stage.keys("gn");
    assert!(stage.row("▶").contains("ten"));
    stage.keys("gN");
    assert!(stage.row("▶").contains("two"));
}

#[test]
fn decided_hunks_fold_and_unfold() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    stage.keys("y");
    assert!(!stage.shot().contains("- two"));
    stage.keys("Kz");
    assert!(stage.shot().contains("- two"));
    stage.keys("z");
    assert!(!stage.shot().contains("- two"));
    stage.keys("f");
    assert!(stage.row("undecided hunks only").contains("only"));
    assert!(!stage.shot().contains('▸'));
}

#[test]
fn what_comes_later_is_reserved_and_says_so() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    for key in ["t", "b", "A"] {
        stage.keys(key);
        assert!(stage.row("later version").contains("checking hunks"));
    }
    assert_eq!(verdicts(&stage), [Verdict::Undecided; 2]);
}

#[test]
fn a_history_is_only_read() {
    let what = Comparison::Git(Trees::Between("a".into(), "b".into()));
    let mut stage = diffing(80, 24, what, &[("a.txt", OLD, &changed())]);
    stage.keys("n<Enter>");
    assert!(stage.row("writes nothing").contains("neither side"));
    assert_eq!(stage.on_disk("a.txt"), changed());
    stage.keys("e");
    assert!(stage.row("nothing to edit").contains("writes nothing"));
}

#[test]
fn the_window_stays_while_files_arrive() {
    let mut stage = Stage::new(80, 24);
    let outs = stage.app.compare(Comparison::Git(Trees::Unstaged), Vec::new(), "diff".into(), None);
    stage.follow(outs);
    let file = |name: &str| {
        let base = Base { path: path(name), text: Some(OLD.into()) };
        Found::Text(Compared::of(base, Some(&changed().as_str().into())))
    };
    stage.event(|turn| Event::Compared { turn, found: vec![file("b.txt")] });
    stage.keys("J");
    // The map at the edge grows, the text stays.
    let text = |stage: &mut Stage| {
        let shot = stage.shot();
        let rows: Vec<&str> =
            shot.lines().take(12).map(|row| row.trim_end_matches(['│', '█', ' '])).collect();
        rows.join("\n")
    };
    let before = text(&mut stage);
    stage.event(|turn| Event::Compared { turn, found: vec![file("c.txt"), file("d.txt")] });
    assert_eq!(text(&mut stage), before);
    stage.keys("y");
    assert_eq!(verdicts(&stage)[1], Verdict::Accepted, "finished files are decided meanwhile");
}

#[test]
fn a_file_that_is_saved_meanwhile_is_compared_again() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    stage.keys("Jy");
    let now = changed().replace("2\n", "zwei\n");
    stage.disk.insert(path("a.txt"), Lines::from(now.as_str()));
    stage.keys("K").keys("n<Enter>");
    // The rejected hunk was not what is there now: it comes back, to be looked at.
    assert_eq!(stage.on_disk("a.txt"), now);
    assert!(stage.shot().contains("zwei"));
    assert_eq!(verdicts(&stage), [Verdict::Undecided, Verdict::Accepted]);
}

fn kept(stage: &mut Stage) -> Kept {
    stage.tick(500);
    let kept = stage.unanswered.iter().rev().find_map(|effect| match effect {
        Effect::Keep { kept: Some(kept), .. } => Some(kept.clone()),
        _ => None,
    });
    // As it is on disk.
    let bytes = serde_json::to_vec(&kept.expect("the review was kept")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn a_proposal_comes_back_with_its_verdicts_comments_and_edits() {
    let mut stage = Stage::open(80, 24, 8);
    stage.app.keep_reviews();
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("y").keys("cfaster?<Enter>e// x<Enter><Esc>");
    let kept = kept(&mut stage);
    stage.keys("<C-q>");
    assert!(matches!(stage.outs.as_slice(), [Out::Quit]), "leaving loses nothing, so it asks nothing");

    let mut again = Stage::new(80, 24);
    let outs = again.app.bring_review_back(kept);
    again.follow(outs);
    assert!(again.row("back from an earlier run").contains("2 hunk(s)"));
    again.keys("<A-r>");
    assert_eq!(verdicts(&again), [Verdict::Accepted, Verdict::Undecided]);
    let shot = again.shot();
    assert!(shot.contains("faster?") && shot.contains("// x") && shot.contains("edited by hand"), "{shot}");
    again.keys("]uy<Enter>");
    assert!(again.on_disk(RS).contains("swap_remove") && again.on_disk(RS).contains("// x"));
}

#[test]
fn a_proposal_that_comes_back_to_another_file_moves_or_is_in_conflict() {
    let mut stage = Stage::open(80, 24, 8);
    stage.app.keep_reviews();
    ask_at_file(&mut stage);
    stage.says(&two_edits()).ends().keys("y");
    let kept = kept(&mut stage);
    let mut again = Stage::new(80, 24);
    let theirs = format!("// new\n{}", TEXT.replace("pub fn len(&self)", "pub fn len(&mut self)"));
    again.disk.insert(path(RS), Lines::from(theirs.as_str()));
    let outs = again.app.bring_review_back(kept);
    again.follow(outs);
    again.keys("<A-r>");
    assert!(again.row("✓ 14-15").contains("+1 -2"), "{}", again.shot());
    assert!(again.row("changed at this place").contains('!'));
    // As three texts: what was seen, what is there, what is proposed. One key takes it up, one accepts.
    again.keys("]u");
    let shot = again.shot();
    let at = |words: &str| shot.find(words).unwrap_or_else(|| panic!("{words}: {shot}"));
    assert!(at("the author saw:") < at("pub fn len(&self)"), "{shot}");
    assert!(at("there now (-)") < at("pub fn len(&mut self)"), "{shot}");
    again.keys("<Enter>");
    assert!(again.on_disk(RS).contains("len(&mut self)"), "what is in conflict does not land");
    again.keys("y");
    again.row("now it is a change of the text as it is");
    assert_eq!(verdicts(&again), [Verdict::Undecided]);
    again.keys("y<Enter>");
    assert!(
        again.on_disk(RS).contains("How many there are.\n    pub fn len(&mut self)"),
        "{}",
        again.on_disk(RS)
    );
}

#[test]
fn a_difference_comes_back_with_what_was_decided_of_it() {
    let mut stage = diffing(
        80,
        24,
        Comparison::Git(Trees::Unstaged),
        &[("a.txt", OLD, &changed()), ("b.txt", "1\n", "2\n")],
    );
    stage.app.keep_reviews();
    stage.keys("sy");
    let kept = kept(&mut stage);
    let mut again = Stage::new(80, 24);
    let outs = again.app.compare(Comparison::Git(Trees::Unstaged), Vec::new(), "diff".into(), Some(kept));
    again.follow(outs);
    // Another file changed meanwhile, this one did not.
    arrive(&mut again, &[("a.txt", OLD, &changed()), ("b.txt", "1\n", "3\n")]);
    assert_eq!(
        verdicts(&again),
        [Verdict::Accepted, Verdict::Undecided, Verdict::Undecided, Verdict::Undecided]
    );
}

#[test]
fn a_reply_is_reviewed_with_what_was_refused_of_it() {
    let mut stage = Stage::new(80, 24);
    let mut review = Review::of_difference(Purpose::Propose).unwrap();
    let base = Base { path: path(RS), text: Some(TEXT.into()) };
    review.compare(Compared::of(base, Some(&TEXT.replace("u32", "u64").as_str().into())));
    let ready = Ready {
        subject: Subject::Reply,
        title: "a reply from stdin".into(),
        review,
        refusals: vec![],
        remarks: vec![],
    };
    let outs = stage.app.review(ready);
    stage.follow(outs);
    stage.draw();
    stage.keys("Y<Enter>");
    assert!(stage.on_disk(RS).contains("Vec<u64>"));
    stage.keys("q");
    assert!(matches!(stage.outs.as_slice(), [Out::Quit]));
}

#[test]
fn hostile_names_and_texts_are_shown_and_move_nothing() {
    let evil = "a\u{1b}[2Jb\u{202e}c\u{200b}\u{e0041}\t \r\n".repeat(3);
    let long = "x".repeat(1_000_000);
    let files = [("\u{202e}gpj.exe", "", evil.as_str()), ("long.txt", "x\n", long.as_str())];
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &files);
    for keys in ["", "J", "l", "i", "<Esc>|", "z", "/\u{202e}<Enter>", "v", "<Esc>"] {
        stage.keys(keys);
        let bad = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{e0000}'..='\u{e007f}')
        };
        assert!(!stage.shot().contains(bad), "after {keys:?}: {:?}", stage.shot());
    }
    for (width, height) in [(10, 3), (1, 1), (24, 6), (400, 120)] {
        stage.screen = Terminal::new(TestBackend::new(width, height)).unwrap();
        stage.input(Input::Resize(width, height));
        stage.shot();
    }
}

#[test]
fn odd_endings_and_trailing_blanks_are_seen() {
    let stage =
        &mut diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", "a\nb\nc\n", "a\r\nb  \nc")]);
    assert!(stage.row("+ a").contains('␍'));
    assert!(stage.row("+ c").contains("no newline at the end"));
}

#[test]
fn the_keys_that_are_named_are_those_of_the_review_at_hand() {
    let mut stage = diffing(80, 24, Comparison::Git(Trees::Unstaged), &[("a.txt", OLD, &changed())]);
    stage.row("Enter take back what is rejected");
    stage.keys("?");
    let shot = stage.shot();
    assert!(shot.find("reject").unwrap() < shot.find("move the slider").unwrap_or(usize::MAX), "{shot}");
    let history = Comparison::Git(Trees::Between("a".into(), "b".into()));
    let mut stage = diffing(80, 24, history, &[("a.txt", OLD, &changed())]);
    assert!(!stage.shot().contains("Enter"), "nothing lands: {}", stage.shot());
}

#[test]
fn one_key_goes_from_what_is_folded_to_every_line_to_lines_without_marks() {
    let old = "fn f() {\n    call(one, two);\n}\n\nfn g() -> u32 {\n    1 + width\n}\n";
    let new = old.replace("one, two", "\n        one,\n        two").replace("1 + width", "1 + height");
    let mut stage = diffing(80, 30, Comparison::Git(Trees::Unstaged), &[("src/a.rs", old, &new)]);
    assert!(stage.shot().contains("≡ 4 lines reformatted"), "{}", stage.shot());
    stage.keys("m");
    assert!(!stage.shot().contains('≡') && stage.shot().contains("+         one,"), "{}", stage.shot());
    stage.row("all lines, words that differ are marked");
    stage.keys("m");
    stage.row("all lines, as they are");
    stage.keys("m");
    assert!(stage.shot().contains("≡ 4 lines reformatted"), "{}", stage.shot());
}
