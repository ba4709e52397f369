//! Reviewing without a model: a difference of a real repository, a reply from a pipe, two files; and
//! what a review leaves behind when the program is killed.

use std::time::Duration;

use git2::{IndexAddOption, Repository, Signature};
use portable_pty::CommandBuilder;
use rein::provider::scripted::Reply;
use rustix::process::Signal;

use super::model::{Model, hunk};
use super::term::{Project, Term};

const ENTER: &str = "\r";

const OLD: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n";

fn new() -> String {
    OLD.replace("two", "2").replace("nine", "9")
}

/// A repository with one commit, and files changed since.
fn project() -> Project {
    let project = Project::new(&[("a.txt", OLD)]);
    let repository = Repository::open(project.folder().join("shop")).unwrap();
    let mut index = repository.index().unwrap();
    index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = Signature::now("a", "a@example.org").unwrap();
    repository.commit(Some("HEAD"), &who, &who, "first", &tree, &[]).unwrap();
    project.write("a.txt", new());
    project
}

/// Runs rein with a file as its stdin, as a shell does.
fn piped(project: &Project, arguments: &str, stdin: &str) -> Term {
    let rein = project.rein(&[]);
    let mut command = CommandBuilder::new("/bin/sh");
    command.env_clear();
    for (name, value) in rein.iter_full_env_as_str() {
        command.env(name, value);
    }
    command.cwd(project.folder().join("shop"));
    let program = env!("CARGO_BIN_EXE_rein");
    command.args(["-c", &format!("'{program}' {arguments} < {stdin}")]);
    Term::spawn(command, (80, 24))
}

#[test]
fn a_difference_is_reviewed_and_rejected_hunks_are_taken_back() {
    let project = project();
    let mut term = project.open(&["diff"]);
    term.see("2 open");
    term.see("- two");
    term.paste("nnY\r");
    term.see("a paste decides nothing");
    // Keys that come with a paste are text; no person is so quick.
    term.quiet(Duration::from_millis(150));
    term.send("y");
    term.see("✓ 1 stay");
    term.send("n");
    term.see("✗ 1 rejected");
    assert_eq!(project.text("a.txt"), new(), "nothing is written before Enter");
    term.send(ENTER);
    term.see("took back 1");
    assert_eq!(project.text("a.txt"), OLD.replace("two", "2"));
    // The review is kept, and read anew; after that nothing happens, and nothing is drawn.
    let written = term.quiet(Duration::from_millis(800));
    assert_eq!(term.quiet(Duration::from_millis(500)), written, "a byte was written at rest");
    term.send("q");
    let bytes = term.bytes_to_the_end();
    assert!(!bytes.windows(4).any(|four| four == b"\x1b[3J"), "the scrollback is the user's");
    let (status, screen) = term.end();
    assert_eq!(status.exit_code(), 0);
    assert!(screen.contents().contains("`rein undo` takes it back"), "{}", screen.contents());
    // Journaled like every landing.
    let (status, _) = project.open(&["undo"]).end();
    assert_eq!(status.exit_code(), 0);
    assert_eq!(project.text("a.txt"), new());
    let (_, screen) = project.open(&["log"]).end();
    let id = screen.contents().lines().nth(3).unwrap_or_default().split(' ').next().unwrap().to_owned();
    let (status, screen) = Term::spawn(project.rein(&["log", &id]), (100, 24)).end();
    assert_eq!(status.exit_code(), 0, "{}", screen.contents());
    assert!(screen.contents().contains("rejected   a.txt:9  +1 -1  (seen"), "{}", screen.contents());
}

#[test]
fn the_journal_leads_to_what_a_landing_did_and_to_all_that_a_session_did() {
    let project = Project::new(&[("a.txt", OLD)]);
    let block =
        |old: &str, new: &str| format!("a.txt\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n\n");
    for (name, old, new) in [("one.md", "two", "2"), ("two.md", "nine", "9")] {
        project.write(name, block(old, new));
        let (status, screen) = piped(&project, "apply", name).end();
        assert_eq!(status.exit_code(), 0, "{}", screen.contents());
    }
    let mut term = project.open(&["a.txt"]);
    term.see("ten");
    term.send("\x1b[15~");
    term.see("review what it changed");
    // Nothing was done in this session yet.
    term.send("s");
    term.see("no difference");
    // The older of the two: its hunk alone.
    term.send("\x1b[15~");
    term.see("review what it changed");
    term.send("j\r");
    term.see("- two");
    term.see("1 open");
    term.send("n\r");
    term.see("took back 1");
    assert_eq!(project.text("a.txt"), OLD.replace("nine", "9"), "what came after it stays");
    term.send("\x1b[15~");
    term.see("review what it changed");
    term.send("s");
    term.see("+ two");
    term.see("1 open");
    term.send("n\r");
    term.see("took back 1");
    assert_eq!(project.text("a.txt"), new());
    term.send("\x11");
    assert_eq!(term.end().0.exit_code(), 0);
    // The same without the page.
    let (_, screen) = project.open(&["log", "-n", "1"]).end();
    let id = screen.contents().split(' ').next().unwrap().to_owned();
    let mut term = project.open(&["diff", "--landing", &id[..6]]);
    term.see("1 open");
    term.send("q");
    assert_eq!(term.end().0.exit_code(), 0);
    let (status, screen) = project.open(&["diff", "--since", "nowhere"]).end();
    assert_eq!(status.exit_code(), 64);
    assert!(screen.contents().contains("no operation is called"), "{}", screen.contents());
}

#[test]
fn a_review_outlives_a_kill() {
    let project = project();
    let mut term = project.open(&["diff"]);
    term.see("2 open");
    term.send("n");
    term.see("✗ 1 rejected");
    let reviews =
        || walk(&project.folder().join("state")).into_iter().any(|path| path.contains("/reviews/diff-"));
    let began = std::time::Instant::now();
    while !reviews() {
        assert!(began.elapsed() < super::term::PATIENCE, "the review is kept while it goes on");
        std::thread::yield_now();
    }
    term.signal(Signal::KILL);
    drop(term);
    let mut term = project.open(&["diff"]);
    term.see("✗ 1 rejected");
    term.send("q");
    assert_eq!(term.end().0.exit_code(), 0);
    assert_eq!(project.text("a.txt"), new());
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path().is_dir() {
            true => walk(&entry.path()),
            false => vec![entry.path().to_string_lossy().into_owned()],
        })
        .collect()
}

#[test]
fn a_reply_from_a_pipe_is_reviewed_with_keys_from_the_terminal() {
    let project = Project::new(&[("a.txt", OLD)]);
    let block =
        |old: &str, new: &str| format!("a.txt\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n\n");
    project.write("reply.md", block("two", "2") + &block("nine", "9") + &block("nowhere", "x"));
    let mut term = piped(&project, "apply -i", "reply.md");
    term.see("2 open");
    term.see("refused");
    term.send("y");
    term.see("✓ 1 accepted");
    term.send("n");
    term.see("✗ 1 rejected");
    term.send(ENTER);
    term.see("landed 1 hunk(s)");
    assert_eq!(project.text("a.txt"), OLD.replace("two", "2"));
    term.send("q");
    assert_eq!(term.end().0.exit_code(), 0);
    // Asked, and the answer was no.
    let mut term = piped(&project, "apply -i", "reply.md");
    term.see("1 open");
    term.send("q");
    assert_eq!(term.end().0.exit_code(), 1);
    let (status, screen) = piped(&project, "apply -i", "/dev/null").end();
    assert_eq!(status.exit_code(), 2, "{}", screen.contents());
}

#[test]
fn a_hunk_is_edited_in_the_users_own_editor() {
    let project = Project::new(&[("a.txt", OLD)]);
    project.write("reply.md", "a.txt\n<<<<<<< SEARCH\ntwo\n=======\n2\n>>>>>>> REPLACE\n");
    project
        .write("editor.sh", "#!/bin/sh\nprintf 'typed in %s: ' \"$1\"\nread word\necho \"$word\" > \"$2\"\n");
    let rein = project.rein(&[]);
    let mut command = CommandBuilder::new("/bin/sh");
    command.env_clear();
    for (name, value) in rein.iter_full_env_as_str() {
        command.env(name, value);
    }
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.env("EDITOR", "sh ./editor.sh -x");
    command.cwd(project.folder().join("shop"));
    command.args(["-c", &format!("'{}' apply -i < reply.md", env!("CARGO_BIN_EXE_rein"))]);
    let mut term = Term::spawn(command, (80, 24));
    term.see("1 open");
    term.send("E");
    term.see("typed in -x: ");
    // Keys are the editor's now.
    term.send("yes\n");
    term.see("edited; look at it");
    term.see("+ yes");
    term.send("y");
    term.see("✓ 1 accepted");
    term.send(ENTER);
    term.see("landed 1 hunk(s)");
    assert_eq!(project.text("a.txt"), OLD.replace("two", "yes"));
    term.send("q");
    assert_eq!(term.end().0.exit_code(), 0);
    assert!(walk(&project.folder().join("home")).is_empty(), "no litter");
}

#[test]
fn two_files_are_compared_and_nothing_is_written() {
    let project = Project::new(&[("old.txt", OLD), ("new.txt", &new())]);
    let mut term = project.open(&["diff", "--files", "old.txt", "new.txt"]);
    term.see("- two");
    term.send("n");
    term.see("✗ 1 rejected");
    term.send(ENTER);
    term.see("this review writes nothing");
    term.send("q");
    assert_eq!(term.end().0.exit_code(), 0);
    assert_eq!(project.text("new.txt"), new());
}

#[test]
fn what_cannot_be_compared_is_said_before_the_screen_opens() {
    let project = project();
    let (status, screen) = project.open(&["diff", "nowhere"]).end();
    assert_eq!(status.exit_code(), 64);
    assert!(screen.contents().contains("`nowhere` is no commit here"), "{}", screen.contents());
    let (status, screen) = project.open(&["diff", "--staged", "HEAD"]).end();
    assert_eq!(status.exit_code(), 64, "{}", screen.contents());
}

#[test]
fn a_reply_is_reviewed_in_a_dialogue_and_the_journal_knows_what_was_decided() {
    let project = Project::new(&[("a.txt", OLD)]);
    let block =
        |old: &str, new: &str| format!("a.txt\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n\n");
    project.write("reply.md", block("two", "2") + &block("nine", "9") + &block("nowhere", "x"));
    let mut term = piped(&project, "apply -i --plain", "reply.md");
    term.see("refused:");
    term.see("hunk 1 of 2: a.txt, line 2");
    term.send("y\n");
    term.see("hunk 2 of 2: a.txt, line 9");
    term.send("n\n");
    term.see("every hunk is decided");
    assert_eq!(project.text("a.txt"), OLD, "nothing is written before `land`");
    term.send("land\n");
    let (status, screen) = term.end();
    assert_eq!(status.exit_code(), 0);
    assert!(screen.contents().contains("`rein undo` takes it back"), "{}", screen.contents());
    assert!(!screen.alternate_screen(), "a dialogue has no screen of its own");
    assert_eq!(project.text("a.txt"), OLD.replace("two", "2"));
    let (_, screen) = project.open(&["log"]).end();
    let id = screen.contents().split(' ').next().unwrap().to_owned();
    let (_, screen) = Term::spawn(project.rein(&["log", &id]), (100, 24)).end();
    for line in ["accepted   a.txt:2  +1 -1  (seen", "rejected   a.txt:9  +1 -1  (seen"] {
        assert!(screen.contents().contains(line), "{}", screen.contents());
    }
}

#[test]
fn a_difference_is_reviewed_in_a_dialogue_and_ctrl_c_writes_nothing() {
    let project = project();
    let mut term = project.open(&["diff", "--plain"]);
    term.see("what is rejected is taken back");
    term.see("hunk 1 of 2: a.txt, line 2");
    term.send("n\n");
    term.see("hunk 2 of 2: a.txt, line 9");
    term.signal(Signal::INT);
    assert_eq!(term.end().0.exit_code(), 130);
    assert_eq!(project.text("a.txt"), new());
    let mut term = project.open(&["diff", "--plain"]);
    term.see("hunk 1 of 2");
    term.send("n\ny\nland\n");
    let (status, screen) = term.end();
    assert_eq!(status.exit_code(), 0, "{}", screen.contents());
    assert_eq!(project.text("a.txt"), new().replace("2\n", "two\n"));
    let (status, screen) = project.open(&["diff", "--plain", "HEAD", "--", "b.txt"]).end();
    assert_eq!(status.exit_code(), 0);
    assert!(screen.contents().contains("nothing differs"), "{}", screen.contents());
}

#[test]
fn an_instruction_is_answered_in_a_dialogue_and_only_what_is_accepted_lands() {
    let project = Project::new(&[("a.txt", OLD)]);
    let reply = hunk("a.txt", "two", "2") + &hunk("a.txt", "nine", "9");
    let _model = Model::serve(&project, [Reply::text(reply)]);
    let mut term = project.open(&["edit", "--plain", "--file", "a.txt", "digits"]);
    term.see("hunk 1 of 2: a.txt, line 2");
    term.send("y\nn\n");
    term.see("every hunk is decided");
    assert_eq!(project.text("a.txt"), OLD);
    term.send("land\n");
    assert_eq!(term.end().0.exit_code(), 0);
    assert_eq!(project.text("a.txt"), OLD.replace("two", "2"));
}
