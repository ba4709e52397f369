//! The project's check in the real program: it starts, is heard and ends, with all that it started.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{Pid, test_kill_process};

use super::term::{PATIENCE, Project, Term};

const ESC: &str = "\x1b";
const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";
const F3: &str = "\x1bOR";
const F6: &str = "\x1b[17~";
const F8: &str = "\x1b[19~";
const ALT_T: &str = "\x1bt";

const FILES: [(&str, &str); 2] =
    [("src/one.rs", "fn one() {}\nfn two() {}\n"), ("src/two.rs", "fn three() {}\n")];

/// A project whose check is a line for a shell.
fn with_check(line: &str, more: &str) -> Project {
    let project = Project::new(&FILES);
    project.configure(&checks(&project, line, more));
    project
}

fn checks(project: &Project, line: &str, more: &str) -> String {
    let folder = project.folder().join("shop").canonicalize().unwrap();
    format!("[checks.\"{}\"]\ncommand = ['sh', '-c', '''{line}''']\n{more}\n", folder.display())
}

fn file(project: &Project, name: &str) -> PathBuf {
    project.folder().join("shop").join(name)
}

#[test]
fn a_check_runs_at_a_key_and_what_it_says_stands_at_its_lines() {
    let line = "echo \"src/one.rs:2:4: error[E1]: no ${ANTHROPIC_API_KEY:-key} here\"; echo src/two.rs:1:1: warning: dull; exit 1";
    let project = with_check(line, "");
    let mut command = project.rein(&["src/one.rs"]);
    command.env("ANTHROPIC_API_KEY", "sk-sesame");
    let mut term = Term::spawn(command, (100, 24));
    term.see("fn two");
    term.send(ALT_T);
    term.see("check: 1 error, 1 warning");
    term.see("2 ✗ fn two");
    term.send(F8);
    term.see("✗ error[E1]: no key here");
    term.send(F8);
    term.see("! warning: dull");
    term.send(F6);
    term.see("src/one.rs");
    term.see("2:4: error[E1]: no key here");
    term.send("\r");
    term.see("✗ error[E1]");
    term.send("x");
    term.see(", stale");
    term.send("\x0cmend it");
    term.send(F3);
    term.see("diagnostics");
    term.see("before your last edit");
    term.send(ESC);
    term.miss("before your last edit");
    term.send(CTRL_Q);
    term.see("would be lost");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn saving_runs_it_where_the_user_wants_that() {
    let project = with_check(
        "grep -n bad src/one.rs | sed \"s/^/src\\/one.rs:/;s/:fn/: error: fn/\"",
        "on_save = true",
    );
    let mut term = project.open(&["src/one.rs"]);
    term.see("fn two");
    term.send("bad");
    term.send(CTRL_S);
    term.see("check:");
    term.send("\x7f\x7f\x7f");
    term.send(CTRL_S);
    term.see("check: ok");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

fn is_gone(pid: &std::path::Path) -> bool {
    let pid: i32 = std::fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    let pid = Pid::from_raw(pid).unwrap();
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    let dead =
        || stat().is_ok_and(|stat| stat.rsplit(')').next().unwrap_or_default().trim().starts_with('Z'));
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if test_kill_process(pid).is_err() || dead() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn one_that_never_ends_is_stopped_on_its_page_and_by_leaving() {
    let project =
        with_check("trap \"\" HUP; sleep 600 & echo $! > child; echo src/one.rs:1:1: error: begun; wait", "");
    let mut term = project.open(&["src/one.rs"]);
    term.see("fn two");
    term.send(ALT_T);
    term.see("1 error so far");
    term.send(F6);
    term.see("running; Esc stops it");
    term.send(ESC);
    term.see("stopped; 1 error");
    assert!(is_gone(&file(&project, "child")));
    std::fs::remove_file(file(&project, "child")).unwrap();
    term.send("r");
    term.see("1 error so far");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
    assert!(is_gone(&file(&project, "child")));
}

#[test]
fn hostile_output_moves_no_cursor_and_sets_no_title() {
    let bytes = "\\033]0;owned\\007src/one.rs:1:1: error: \\033[2J\\033[Hhi\\rsrc/one.rs:2:1: error: \\033P1$r\\033\\\\\\\\x\\342\\200\\256y\\n";
    let project = with_check(&format!("printf \"{bytes}\"; exit 1"), "");
    let mut term = project.open(&["src/one.rs"]);
    term.see("fn two");
    term.send(ALT_T);
    term.see("check: 1 error");
    term.send(F8);
    term.see("‹U+202E›y");
    assert_eq!(term.noted(|noted| noted.odd.clone()), [""; 0]);
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn what_a_project_says_of_checks_runs_nothing() {
    let project = Project::new(&FILES);
    let owned = checks(&project, "touch owned", "on_save = true");
    project.write(".rein/config.toml", &owned);
    project.write("rein.toml", &owned);
    let mut term = project.open(&["src/one.rs"]);
    term.see("fn two");
    term.send("x");
    term.send(CTRL_S);
    term.see("saved src/one.rs");
    term.send(ALT_T);
    term.see("No check is configured for this project");
    term.send(ESC);
    term.miss("No check is configured for this project");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
    assert!(!file(&project, "owned").exists());
}
