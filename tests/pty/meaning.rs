//! Vectors are made while a person works: at once where nothing leaves the machine, else after a yes that is
//! asked for once; the question waits where nothing that is typed can answer it.

use super::model::Model;
use super::term::Project;

const CTRL_Q: &str = "\x11";
const F9: &str = "\x1b[20~";

const TEXT: &str = "pub struct Debouncer {\n    quiet: u64,\n}\n";

fn project(host: &str) -> (Project, Model) {
    let project = Project::new(&[("src/quiet.rs", TEXT), ("src/other.rs", "fn other() {}\n")]);
    let (model, address) = Model::start([]);
    project.configure(&format!(
        "[roles]\nembed = [\"near/m\"]\n[embed]\nauto = true\nwait = 60\n[providers.near]\nwire = \"voyage\"\n\
         base_url = \"http://{host}:{}/v1\"\ninsecure = true\n[models.m]\ninput = 1000\noutput = 0\n",
        address.port()
    ));
    (project, model)
}

#[test]
fn on_this_machine_vectors_are_made_at_once_and_what_changes_follows() {
    let (project, model) = project("127.0.0.1");
    let mut term = project.open(&["src/quiet.rs"]);
    term.see("Debouncer");
    term.send(F9);
    term.see("2 of 2 chunks have a vector");
    term.see("made by near/m at 127.0.0.1");
    term.see("all that may have one");
    let before = model.requests.all().len();
    project.write("src/other.rs", "fn quite_other() {}\n");
    model.wait(model.requests.nth(before));
    assert!(model.requests.all().last().unwrap().body.contains("quite_other"));
    term.send("q");
    term.miss("q closes");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn texts_leave_for_another_machine_after_a_yes_on_a_page_of_its_own_and_no_is_kept() {
    let (project, model) = project("0.0.0.0");
    let mut term = project.open(&["src/quiet.rs"]);
    term.see("F9");
    term.send("y");
    term.see("ypub struct");
    term.send("\x1a");
    term.miss("ypub struct");
    term.send(F9);
    term.see("May 2 chunks of this project");
    term.see("be sent to near/m at");
    assert_eq!(model.requests.all().len(), 0);
    term.send("n");
    term.see("You said that an open screen sends no texts");
    term.send("q");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
    let mut term = project.open(&["src/quiet.rs"]);
    term.see("Debouncer");
    term.send(F9);
    term.see("You said that an open screen sends no texts");
    assert_eq!(model.requests.all().len(), 0);
    term.send("y");
    term.see("2 of 2 chunks have a vector");
    term.see("today: ~");
    term.send("q");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
    assert!(model.requests.all().iter().any(|one| one.body.contains("Debouncer")));
}
