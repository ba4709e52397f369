//! A review that goes round more than once: comments that a model answers, reasons that it is told,
//! hunks that are decided while it still talks, files that others write to meanwhile.

use std::time::Duration;

use rein::provider::scripted::{Gate, Reply, Request};

use super::model::{Model, hunk};
use super::term::{Project, Term};

const CTRL_L: &str = "\x0c";
const CTRL_Q: &str = "\x11";
const ENTER: &str = "\r";

const OLD: &str = "fn one() {}\n\nfn two() {}\n";

fn ask(term: &mut Term, instruction: &str) {
    term.send(CTRL_L);
    term.see("what should change");
    term.send(instruction);
    term.see(instruction);
    term.send(ENTER);
}

/// The messages of a request as one text.
fn said(request: &Request) -> String {
    let json = request.json();
    let messages = json["messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|message| message["content"].to_string()).collect()
}

#[test]
fn a_comment_is_answered_by_the_model_and_the_answer_is_decided_anew() {
    let project = Project::new(&[("a.rs", OLD)]);
    let first = hunk("a.rs", "fn one() {}", "fn first() {}") + &hunk("a.rs", "fn two() {}", "fn second() {}");
    let revised = hunk("a.rs", "fn second() {}", "fn zweite() {}");
    let model = Model::serve(&project, [Reply::text(first), Reply::text(revised)]);
    let mut term = project.open(&["a.rs"]);
    term.see("fn one");
    ask(&mut term, "rename both");
    term.see("2 open");
    term.send("y");
    term.see("✓ 1 accepted");
    term.send("c");
    term.see(" comment ");
    term.send("in German");
    term.see("in German");
    term.send(ENTER);
    term.see("“in German”");
    term.send("R");
    let request = said(&model.wait(model.requests.nth(1)).unwrap());
    // The remark, what it is about, and the lines as they are proposed: all of it, and in that order.
    let place = |part: &str| request.find(part).unwrap_or_else(|| panic!("`{part}` is not in {request}"));
    assert!(place("fn second() {}") > 0 && place("in German") < place("rename both"), "{request}");
    assert!(place("Before that change these lines stood here:") < request.rfind("fn two() {}").unwrap());
    term.see("+ fn zweite() {}");
    term.see("1 open");
    assert_eq!(project.text("a.rs"), OLD, "nothing is written before Enter");
    term.send("i");
    term.see("what the last revision changed");
    term.see("- fn second() {}");
    term.send("q");
    term.see("1 open");
    term.send("y");
    term.see("✓ 2 accepted");
    term.send(ENTER);
    term.see("landed 2 hunk(s)");
    assert_eq!(project.text("a.rs"), "fn first() {}\n\nfn zweite() {}\n");
}

#[test]
fn why_a_hunk_was_rejected_reaches_the_model_with_the_next_instruction() {
    let project = Project::new(&[("a.rs", OLD)]);
    let reply = |new: &str| Reply::text(hunk("a.rs", "fn two() {}", new));
    let model = Model::serve(&project, [reply("fn second() {}"), reply("fn two2() {}")]);
    let mut term = project.open(&["a.rs"]);
    term.see("fn one");
    ask(&mut term, "rename it");
    term.see("1 open");
    term.send("x");
    term.see("reject, because");
    term.send("too far from two");
    term.see("too far from two");
    term.send(ENTER);
    term.see("the model is told why");
    assert!(!said(&model.wait(model.requests.nth(0)).unwrap()).contains("too far from two"));
    ask(&mut term, "again");
    let request = said(&model.wait(model.requests.nth(1)).unwrap());
    let (reason, asked) = (request.find("- a.rs, line 3: too far from two"), request.find("again"));
    assert!(reason.is_some() && asked < reason, "{request}");
    // It is told once: what came of it is another change.
    term.see("+ fn two2() {}");
    term.send("y");
    term.see("✓ 1 accepted");
    term.send(ENTER);
    term.see("landed 1 hunk(s)");
    assert_eq!(project.text("a.rs"), OLD.replace("fn two", "fn two2"));
}

#[test]
fn a_hunk_is_accepted_while_the_model_talks_and_nothing_moves_under_the_reader() {
    let far = "// as it is\n".repeat(9);
    let old = format!("fn one() {{}}\n{far}fn two() {{}}\n");
    let project = Project::new(&[("a.rs", &old)]);
    let first = hunk("a.rs", "fn two() {}", "fn second() {}");
    let gate = Gate::after(first.len() + 20);
    let reply = first + &hunk("a.rs", "fn one() {}", "fn first() {}");
    let model = Model::serve(&project, [Reply::text(reply).gate(&gate)]);
    let mut term = project.open(&["a.rs"]);
    term.see("fn one");
    ask(&mut term, "rename both");
    term.see("+ fn second() {}");
    model.wait(gate.reached());
    term.send("y");
    term.see("✓ ");
    // Opened again to be read on; then the other hunk comes, above it in the file.
    term.send("z");
    let (row, _) = term.find("+ fn second() {}");
    gate.open();
    term.see("1 open");
    assert_eq!(term.find("+ fn second() {}").0, row, "{}", term.picture());
    term.see("✓ 1 accepted");
    term.send(ENTER);
    term.see("landed 1 hunk(s)");
    assert_eq!(project.text("a.rs"), old.replace("fn two", "fn second"));
    term.send("y");
    term.see("✓ 1 accepted");
    term.send(ENTER);
    term.see("landed 2 hunk(s)");
    assert_eq!(project.text("a.rs"), old.replace("fn two", "fn second").replace("fn one", "fn first"));
}

#[test]
fn what_another_program_writes_meanwhile_is_kept_or_becomes_a_conflict_with_all_texts() {
    let old: String = (1..=30).map(|n| format!("line {n}\n")).collect();
    let project = Project::new(&[("a.txt", &old)]);
    let reply = hunk("a.txt", "line 5", "five") + &hunk("a.txt", "line 25", "twenty-five");
    let _model = Model::serve(&project, [Reply::text(reply)]);
    let mut term = project.open(&["a.txt"]);
    term.see("line 1");
    ask(&mut term, "in words");
    term.see("2 open");
    term.send("Y");
    term.see("✓ 2 accepted");
    // Another program adds a line above, and changes the very line of the second hunk.
    let theirs = format!("new\n{}", old.replace("line 25\n", "line XXV\n"));
    project.write("a.txt", &theirs);
    // Seen as it happens: the verdict on what is no longer there is lost, the other one stays.
    term.see("1 accepted  ✗ 0 rejected  · 1 open");
    assert_eq!(project.text("a.txt"), theirs, "nothing is written by looking");
    term.send("]u");
    term.see("! hunk 2 of 2");
    term.see("the author saw:");
    term.see("- line XXV");
    term.see("+ twenty-five");
    term.send("y");
    term.see("now it is a change of the text as it is");
    term.send("y");
    term.see("✓ 2 accepted");
    term.send(ENTER);
    term.see("landed 2 hunk(s)");
    assert_eq!(
        project.text("a.txt"),
        format!("new\n{}", old.replace("line 5\n", "five\n").replace("line 25\n", "twenty-five\n"))
    );
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn a_storm_of_sizes_while_the_model_talks_loses_nothing() {
    let old: String = (0..60).map(|n| format!("fn f{n}() {{}}\n")).collect();
    let project = Project::new(&[("a.rs", &old)]);
    let text: String =
        (0..60).map(|n| hunk("a.rs", &format!("fn f{n}() {{}}"), &format!("fn g{n}() {{}}"))).collect();
    let gate = Gate::after(text.len() / 2);
    let model = Model::serve(&project, [Reply { chunk: 7, ..Reply::text(text) }.gate(&gate)]);
    let mut term = project.open(&["a.rs"]);
    term.see("fn f0");
    ask(&mut term, "rename all");
    term.see("+ fn g0() {}");
    for step in 0..100u16 {
        term.resize(10 + (step * 37) % 150, 3 + (step * 13) % 50);
        term.send(if step % 3 == 0 { "j" } else { "k" });
        if step == 50 {
            model.wait(gate.reached());
            gate.open();
        }
    }
    term.resize(10, 3);
    term.see("too small");
    // No verdict counts for what cannot be seen.
    term.send("yY");
    term.quiet(Duration::from_millis(600));
    term.resize(100, 30);
    term.see("60 open");
    assert!(term.picture().contains("✓ 0 accepted"), "{}", term.picture());
    assert_eq!(term.noted(|noted| noted.odd.clone()), Vec::<String>::new());
    term.send("gg");
    term.send("Y");
    term.see("✓ 60 accepted");
    term.send(ENTER);
    term.see("landed 60 hunk(s)");
    assert_eq!(project.text("a.rs"), old.replace("fn f", "fn g"));
}
