//! What it costs to be looked at: nothing when nothing happens, little when a model talks.

use std::time::Duration;

use rein::provider::scripted::Reply;

use super::model::Model;
use super::term::Project;

#[test]
fn at_rest_nothing_is_written_and_nothing_runs() {
    let project = Project::new(&[("a.rs", "fn main() {}\n")]);
    let term = project.open(&["a.rs"]);
    term.see("fn main");
    let written = term.quiet(Duration::from_millis(500));
    let before = term.ticks();
    assert_eq!(term.quiet(Duration::from_millis(1500)), written, "a byte was written at rest");
    let used = term.ticks() - before;
    assert!(used <= 2, "{used} ticks of processor time at rest");
}

#[test]
fn a_long_answer_costs_few_bytes() {
    let project = Project::new(&[("a.rs", "fn main() {}\n")]);
    let text: String = (0..2000).map(|n| format!("Line {n} of a long explanation.\n")).collect();
    let reply = Reply { chunk: 24, ..Reply::text(text) };
    let _model = Model::serve(&project, [reply]);
    let mut term = project.open(&["a.rs"]);
    term.see("fn main");
    term.quiet(Duration::from_millis(200));
    let before = term.bytes().len();
    term.send("\x0cexplain");
    term.see("❯ explain");
    term.send("\r");
    term.see("no change was proposed");
    let written = term.bytes().len() - before;
    assert!(written <= 250_000, "{written} bytes for 2,000 lines");
    eprintln!("{written} bytes");
}
