//! What it costs to be looked at: nothing when nothing happens, little when a model talks.

use std::time::Duration;

use rein::provider::scripted::Reply;

use super::model::{Model, hunk};
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
    // Forty hunks of fifty lines, at a speed at which many frames show a part.
    let file: String = (0..40).map(|n| format!("fn f{n}() {{}}\n")).collect();
    let project = Project::new(&[("a.rs", &file)]);
    let long = |n| (0..50).map(move |line| format!("    let x{line} = {n} + {line};\n")).collect::<String>();
    let text: String = (0..40)
        .map(|n| hunk("a.rs", &format!("fn f{n}() {{}}"), &format!("fn f{n}() {{\n{}}}", long(n))))
        .collect();
    assert!(text.lines().count() > 2000);
    let reply = Reply { chunk: 64, pace: Duration::from_millis(1), ..Reply::text(text) };
    let _model = Model::serve(&project, [reply]);
    let mut term = project.open(&["a.rs"]);
    term.see("fn f0");
    let before = term.quiet(Duration::from_millis(200));
    term.send("\x0cexplain");
    term.see("❯ explain");
    term.send("\r");
    term.see("40 open");
    let written = term.quiet(Duration::from_millis(200)) - before;
    let frames = term.noted(|noted| noted.frames);
    assert!(written <= 250_000, "{written} bytes in {frames} frames");
}
