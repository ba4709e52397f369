//! The main job by keyboard: open, write, find, save; ask, read hunks while the model talks, decide,
//! land, take back.

use std::time::Duration;

use rein::provider::scripted::{Fault, Gate, Reply};

use super::model::{Model, hunk};
use super::term::{Project, Term};

const ESC: &str = "\x1b";
const ENTER: &str = "\r";
const TAB: &str = "\t";
const CTRL_F: &str = "\x06";
const CTRL_K: &str = "\x0b";
const CTRL_L: &str = "\x0c";
const CTRL_P: &str = "\x10";
const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";
const F2: &str = "\x1bOQ";
const ALT_I: &str = "\x1bi";

#[test]
fn a_file_is_picked_searched_changed_and_saved() {
    let project = Project::new(&[("src/one.rs", "one\ntwo\nthree\n"), ("docs/notes.md", "notes\n")]);
    let mut term = project.open(&[]);
    term.see("open a file");
    term.send(CTRL_P);
    term.see("docs/notes.md");
    term.send("src/one");
    term.miss("docs/notes.md");
    term.send(ENTER);
    term.see("three");
    term.send(CTRL_F);
    term.send("thr");
    let (row, column) = term.find("three");
    term.until("the match", |screen| {
        let cell = screen.cell(row, column)?;
        (cell.bgcolor() != vt100::Color::Default || cell.inverse()).then_some(())
    });
    term.send(ESC);
    term.until("the cursor in the text", |screen| (screen.cursor_position().0 == row).then_some(()));
    term.send("x");
    term.see("● unsaved");
    term.send(CTRL_S);
    term.see("saved src/one.rs");
    assert_eq!(project.text("src/one.rs"), "one\ntwo\nxee\n");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn leaving_with_unsaved_text_takes_a_second_word() {
    let project = Project::new(&[("a", "text\n")]);
    let mut term = project.open(&["a"]);
    term.see("text");
    term.send("more ");
    term.see("more text");
    term.send(CTRL_Q);
    term.see("1 unsaved file(s) would be lost");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
    assert_eq!(project.text("a"), "text\n");
}

/// Keys that come with a paste are text; no person is so quick.
fn after_the_paste(term: &Term) {
    term.quiet(Duration::from_millis(150));
}

/// Two hunks, the model held between them.
fn held() -> (Project, Model, Gate) {
    let project = Project::new(&[("a.rs", "fn one() {}\n\nfn two() {}\n")]);
    let first = hunk("a.rs", "fn one() {}", "fn first() {}");
    let gate = Gate::after(first.len() + 20);
    let reply = first + &hunk("a.rs", "fn two() {}", "fn second() {}");
    let model = Model::serve(&project, [Reply::text(reply).gate(&gate)]);
    (project, model, gate)
}

fn ask(term: &mut Term, key: &str, instruction: &str) {
    term.send(key);
    term.see("what should change");
    term.send(instruction);
    term.see(instruction);
    term.send(ENTER);
}

#[test]
fn a_hunk_is_read_while_the_model_talks_and_outlives_a_cancel() {
    let (project, model, gate) = held();
    let mut term = project.open(&["a.rs"]);
    term.see("fn one");
    ask(&mut term, CTRL_L, "rename both");
    term.see("fn first() {}");
    term.see("hunk 1 of 1");
    model.wait(gate.reached());
    term.send(ESC);
    // Both before the gate opens: it is Esc that stops, not the end of the answer.
    term.see("stopped; the finished hunk is kept");
    model.wait(model.requests.closed());
    gate.open();
    assert_eq!(project.text("a.rs"), "fn one() {}\n\nfn two() {}\n", "nothing is accepted yet");
    term.send("y");
    term.see("✓ 1 accepted");
    term.send(ENTER);
    term.see("landed 1 hunk(s)");
    assert_eq!(project.text("a.rs"), "fn first() {}\n\nfn two() {}\n");
    term.send("u");
    term.see("took back");
    assert_eq!(project.text("a.rs"), "fn one() {}\n\nfn two() {}\n");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn a_paste_decides_nothing() {
    let (project, _model, gate) = held();
    gate.open();
    let mut term = project.open(&["a.rs"]);
    term.see("fn one");
    ask(&mut term, CTRL_L, "rename both");
    term.see("2 open");
    term.paste("y");
    term.see("a paste decides nothing");
    // One that brings its own end mark, and keys behind it.
    term.paste("x\x1b[201~yY\r");
    after_the_paste(&term);
    term.send("n");
    term.see("✗ 1 rejected");
    assert!(term.picture().contains("✓ 0 accepted"), "{}", term.picture());
    assert_eq!(project.text("a.rs"), "fn one() {}\n\nfn two() {}\n");
}

#[test]
fn the_tour_can_be_walked_to_its_end() {
    let project = Project::new(&[]);
    let mut term = Term::spawn(project.rein(&["tour"]), (100, 30));
    term.see(" 1/6 ");
    term.see("the model is scripted");
    term.see("pub fn total");
    term.send("    pub fn is_empty");
    term.see("self.items.is_empty()");
    term.send(TAB);
    term.see("● unsaved");
    term.send(CTRL_S);
    term.see(" 2/6 ");
    term.send(CTRL_K);
    term.see("use an iterator");
    term.send(ENTER);
    term.see("1 open");
    decide(&mut term, "y", "✓ 1 accepted");
    term.send(ENTER);
    term.see(" 3/6 ");
    term.send(CTRL_L);
    term.see("document what is public");
    term.send(ENTER);
    term.see("3 open");
    decide(&mut term, "y", "✓ 1 accepted");
    decide(&mut term, "n", "✗ 1 rejected");
    decide(&mut term, "y", "✓ 2 accepted");
    term.send(ENTER);
    term.see(" 4/6 ");
    term.send(ALT_I);
    term.see("everywhere");
    term.send(ENTER);
    term.see("refused: ");
    while !term.picture().contains(" Enter lands") {
        let open = term.picture();
        term.send("Y");
        term.until("a decision", |screen| {
            (open_hunks(&screen.contents()) != open_hunks(&open)).then_some(())
        });
    }
    term.send(ENTER);
    term.see(" 5/6 ");
    term.send("u");
    term.see(" 6/6 ");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
    let left = std::fs::read_dir(project.folder().join("home")).unwrap().count();
    assert_eq!(left, 0, "the sample project goes with the tour");
}

/// A verdict for the hunk on screen, once it is there.
fn decide(term: &mut Term, key: &str, then: &str) {
    term.send(key);
    term.see(then);
}

fn open_hunks(picture: &str) -> Option<String> {
    picture.lines().find(|line| line.contains(" open")).map(str::to_owned)
}

#[test]
fn an_instruction_is_one_text_however_it_is_pasted() {
    let (project, model, gate) = held();
    gate.open();
    let mut term = project.open(&["a.rs"]);
    term.see("fn one");
    term.send(CTRL_L);
    term.see("what should change");
    term.paste("first\nsecond");
    term.see("second");
    after_the_paste(&term);
    term.send(ENTER);
    let request = model.wait(model.requests.nth(0)).unwrap();
    assert!(request.body.contains("first\\nsecond"), "{}", request.body);
}

#[test]
fn the_model_chosen_with_f2_gets_the_next_request_and_a_stand_in_is_named_on_screen() {
    let project = Project::new(&[("a.rs", "one\ntwo\n")]);
    let busy = Fault::Status { status: 503, retry_after: None, body: "{}".into() };
    let [first, second] =
        Model::serve_two(&project, [Reply::text(hunk("a.rs", "one", "ONE"))], [Reply::fault(busy)]);
    let mut term = project.open(&["a.rs"]);
    term.see("two");
    term.send(F2);
    term.see("second/scripted  number 2 on the list");
    term.send(format!("\x1b[B{ENTER}"));
    term.miss("number 2 on the list");
    term.send(format!("{CTRL_L}shout"));
    term.see("❯ shout");
    term.send(ENTER);
    term.see("1 open");
    term.see("on generator: first/scripted");
    let messages = |request: rein::provider::scripted::Request| request.path.ends_with("/v1/messages");
    assert!(second.requests.all().into_iter().any(messages), "it was asked first");
    assert!(first.requests.all().iter().any(|request| request.path.ends_with("/chat/completions")));
}
