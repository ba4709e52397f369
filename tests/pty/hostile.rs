//! Texts and terminals that are not what one hopes for.

use std::time::Duration;

use super::term::{Project, Term};

const CTRL_END: &str = "\x1b[1;5F";
const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";
const CTRL_Z: &str = "\x1a";

#[test]
fn no_size_is_too_small_or_too_large() {
    let project = Project::new(&[("a.rs", "fn main() {}\n")]);
    let mut term = project.open(&["a.rs"]);
    term.see("fn main");
    for (columns, rows) in [(10, 3), (1, 1), (24, 6), (400, 120), (2, 40), (300, 2), (23, 5)] {
        term.resize(columns, rows);
        term.send("\x1c");
    }
    term.resize(24, 6);
    term.see("fn main");
    term.see("❯");
    term.resize(10, 3);
    term.see("too small");
    term.see("nothing");
    term.resize(400, 120);
    term.see("fn main");
    term.send("x");
    term.see("xfn main");
    // A storm: sizes come quicker than frames.
    for step in 0..200u16 {
        term.resize(20 + step, 10 + step % 30);
    }
    term.resize(80, 24);
    term.until("the last size", |screen| screen.contents().contains("xfn main").then_some(()));
    term.send(CTRL_Z);
    term.miss("xfn main");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn a_key_in_the_moment_of_a_resize_is_neither_lost_nor_late() {
    let project = Project::new(&[("a.txt", "")]);
    let mut term = project.open(&["a.txt"]);
    term.see("(empty)");
    for step in 1..=60u16 {
        term.resize(80 + step % 2, 24);
        term.send("x");
        term.see(&"x".repeat(step.into()));
    }
    // The last size counts, whatever was typed meanwhile.
    term.send("y");
    term.resize(70, 12);
    term.until("the footer in the last row", |screen| {
        screen.contents_between(11, 0, 11, 70).contains("Ctrl-").then_some(())
    });
}

#[test]
fn a_large_paste_is_one_step() {
    let project = Project::new(&[("a.txt", "end\n")]);
    let mut term = project.open(&["a.txt"]);
    term.see("end");
    let line = "0123456789 abcdefghijklmnopqrstuvwxyz\n";
    let text = line.repeat((1 << 20) / line.len());
    term.paste(&text);
    term.see(&format!("{} ", text.lines().count() + 1));
    // Keys that come with a paste are text; no person is so quick.
    term.quiet(Duration::from_millis(150));
    term.send("!");
    term.see("!end");
    term.send(CTRL_S);
    term.see("saved a.txt");
    assert!(project.text("a.txt") == text + "!end\n", "every byte arrived");
    term.send(CTRL_Z);
    term.miss("!end");
    term.send(CTRL_Z);
    term.miss("abc");
    term.send(CTRL_S);
    term.until("saved", |screen| (!screen.contents().contains("● unsaved")).then_some(()));
    assert_eq!(project.text("a.txt"), "end\n");
}

#[test]
fn a_paste_with_its_own_end_mark_is_text_to_its_end() {
    let project = Project::new(&[("a.txt", "")]);
    let mut term = project.open(&["a.txt"]);
    term.see("(empty)");
    // Ctrl-Q behind the mark would leave, Ctrl-S would save.
    term.paste("one\x1b[201~two\x13\x11\nthree");
    term.see("three");
    term.see("onetwo");
    assert_eq!(project.text("a.txt"), "");
}

#[test]
fn a_file_cannot_speak_to_the_terminal() {
    let text = "a\x1b]0;pwned\x07b\x1b[2J\x1b[3Jc\x1b]52;c;cm0=\x07d\u{9b}6n\n\
                rtl \u{202e}olleh\u{202c} zero\u{200b}width\n\
                after\n";
    let project = Project::new(&[("bad.txt", text)]);
    let mut term = project.open(&["bad.txt"]);
    term.see("after");
    let picture = term.picture();
    let (after, _) = term.find("after");
    assert_eq!(after, 3, "three lines are three rows:\n{picture}");
    assert!(!picture.contains(['\u{202e}', '\u{202c}', '\u{200b}']), "what hides is shown:\n{picture}");
    assert!(picture.contains("␛") || picture.contains("\\x1B"), "{picture}");
    assert_eq!(term.noted(|noted| noted.odd.clone()), Vec::<String>::new());
    assert_eq!(term.noted(|noted| noted.clipboard.len()), 0);
    let bytes = term.bytes();
    assert!(!bytes.windows(4).any(|four| four == b"\x1b[3J"));
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn long_lines_and_long_files_open() {
    let long = "x".repeat(1_000_000) + "END\nnext\n";
    let many: String = (1..=50_000).map(|n| format!("line {n} of many\n")).collect();
    let project = Project::new(&[("long.txt", &long), ("many.rs", &many)]);
    let mut term = project.open(&["long.txt"]);
    term.see("next");
    term.send("\x1b[F");
    term.see("END");
    term.send("!");
    term.see("END!");
    let mut many = project.open(&["many.rs"]);
    many.see("line 1 of");
    many.send(CTRL_END);
    many.see("line 50000 of many");
    many.send("x");
    many.see("● unsaved");
}

#[test]
fn wide_and_combining_characters_keep_their_columns() {
    let project = Project::new(&[("w.txt", "日本語|\ncafe\u{301}|\n👩‍👩‍👧|\n\t|\nplain |\n")]);
    let mut term = project.open(&["w.txt"]);
    term.see("plain");
    let (first, _) = term.find("日本語|");
    let start = 4;
    let screen = term.screen();
    let bar = |row: u16| (0..80).find(|at| screen.cell(row, *at).unwrap().contents() == "|").unwrap();
    assert_eq!(bar(first) - start, 6 + 1, "{}", term.picture());
    assert_eq!(bar(first + 1) - start, 4 + 1, "{}", term.picture());
    assert_eq!(bar(first + 3) - start, 4 + 1, "{}", term.picture());
    assert_eq!(bar(first + 4) - start, 6 + 1, "{}", term.picture());
    // Three steps to the right are six columns.
    for _ in 0..3 {
        term.send("\x1b[C");
    }
    term.until("the cursor on the bar", |screen| {
        let (row, column) = screen.cursor_position();
        ((row, column) == (first, bar(first))).then_some(())
    });
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn sixteen_colours_and_a_small_terminal_are_enough_to_open() {
    let project = Project::new(&[("a.rs", "fn main() {}\n")]);
    let mut command = project.rein(&["a.rs"]);
    command.env("TERM", "linux");
    command.env_remove("COLORTERM");
    let mut term = Term::spawn(command, (24, 6));
    term.see("fn main");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}
