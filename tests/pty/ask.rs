//! A question beside the work: its depth is chosen, it is left to itself, text is typed meanwhile, and
//! the answer waits; a source opens. Nothing of it needs the terminal for itself.

use rein::provider::scripted::{Gate, Reply};

use super::model::Model;
use super::term::Project;

const ESC: &str = "\x1b";
const ENTER: &str = "\r";
const TAB: &str = "\t";
const CTRL_A: &str = "\x01";
const CTRL_Q: &str = "\x11";

const TEXT: &str = "fn watch_folder() {\n    let attempts = 3;\n}\n";

#[test]
fn a_question_in_depth_goes_on_while_text_is_typed_and_its_answer_waits() {
    let project = Project::new(&[("src/watch.rs", TEXT), ("notes.md", "text\n")]);
    let part = "SOURCES\n[1] src/watch.rs:2\n> let attempts = 3;\n\nANSWER\nThree attempts are made [1].";
    let gate = Gate::after(3);
    let model = Model::serve(
        &project,
        [
            Reply::text("- How many attempts are made by watch_folder?\n").when("You plan how"),
            Reply::text(part).when("by watch_folder?\n</instruction>").gate(&gate),
            Reply::text("1 holds\n").when("You check statements"),
            Reply::text("ANSWER\nThree it is [1].\n").when("You write the answer"),
        ],
    );
    let mut term = project.open(&["notes.md"]);
    term.see("text");
    term.send(CTRL_A);
    term.see("[quick]");
    term.send(TAB);
    term.see("[research]");
    term.send(TAB);
    term.see("[deep]");
    term.send("how many attempts does watch_folder make");
    term.send(ENTER);
    term.see("answering its parts, 0 of 1 done");
    term.see("How many attempts are made by watch_folder?");
    model.wait(gate.reached());
    term.send(CTRL_A);
    term.see("Ctrl-A: answering its parts");
    term.send("more ");
    term.see("more text");
    term.see("● unsaved");
    gate.open();
    term.see("an answer waits: Ctrl-A");
    term.send(CTRL_A);
    term.see("Three it is [1].");
    term.see("src/watch.rs:2  verified");
    term.send(ENTER);
    term.see("fn watch_folder() {");
    term.send(CTRL_Q);
    term.see("unsaved file(s) would be lost");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
    assert_eq!(project.text("notes.md"), "text\n");
}

#[test]
fn esc_stops_a_search_in_the_middle_of_a_request() {
    let project = Project::new(&[("src/watch.rs", TEXT)]);
    let gate = Gate::after(6);
    let model = Model::serve(
        &project,
        [
            Reply::text("").calling("read", r#"{"path": "src/watch.rs"}"#),
            Reply::text("SOURCES\n[1] src/watch.rs:2\n> let attempts = 3;\n").gate(&gate),
        ],
    );
    let mut term = project.open(&[]);
    term.see("open a file");
    term.send(CTRL_A);
    term.send(TAB);
    term.see("[research]");
    term.send("how many attempts does watch_folder make");
    term.send(ENTER);
    term.see("read src/watch.rs");
    model.wait(gate.reached());
    term.send(ESC);
    term.see("stopped; 0 of 0 sentence(s) verified");
    model.wait(model.requests.closed());
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}
