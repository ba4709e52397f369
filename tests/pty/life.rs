//! The beginning and the end: what the terminal is told at first, and that it is usable afterwards,
//! whatever happened in between.

use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::term::{Project, Term};

fn project() -> Project {
    Project::new(&[("src/a.rs", "fn main() {\n    let x = 1;\n}\n")])
}

const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";

#[test]
fn the_screen_comes_at_once_and_leaves_no_trace() {
    let project = project();
    let mut term = project.open(&["src/a.rs"]);
    term.see("let x = 1;");
    term.see("❯");
    let screen = term.screen();
    assert!(screen.alternate_screen() && screen.bracketed_paste());
    assert!(term.is_raw());
    let (row, column) = screen.cursor_position();
    assert!(!screen.hide_cursor(), "the cursor stands in the text");
    assert_eq!(screen.cell(row, column).unwrap().contents(), "f");
    term.send(CTRL_Q);
    let bytes = term.bytes_to_the_end();
    assert!(!bytes.windows(4).any(|four| four == b"\x1b[3J"), "the scrollback is the user's");
    let (status, screen) = term.end();
    assert_eq!(status.exit_code(), 0);
    assert_eq!(screen.contents(), "", "the old screen is back as it was");
}

#[test]
fn frames_are_synchronized_and_the_terminal_is_asked_nothing() {
    let project = project();
    let mut term = project.open(&["src/a.rs"]);
    term.see("let x = 1;");
    // Ctrl-\ draws everything anew; a resize and a page do too.
    term.send("\x1c");
    term.resize(60, 20);
    term.send("\x1bOP");
    term.see("you decide hunk by hunk");
    term.send("\x1b");
    term.miss("you decide hunk by hunk");
    term.send(CTRL_Q);
    let bytes = term.bytes_to_the_end();
    assert_eq!(term.noted(|noted| noted.odd.clone()), Vec::<String>::new());
    assert!(term.noted(|noted| noted.frames) > 2);
    let outside = outside_frames(&bytes);
    assert!(
        !outside.contains(|c: char| !c.is_ascii() || c == ' '),
        "text is written inside of frames only: {outside:?}"
    );
    assert_eq!(term.end().0.exit_code(), 0);
}

/// What is written between two synchronized updates, without the sequences that begin and end them.
fn outside_frames(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("\x1b[?2026h");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once("\x1b[?2026l").map_or("", |(_, after)| after))
}

#[test]
fn a_signal_that_ends_it_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP] {
        let project = project();
        let term = project.open(&["src/a.rs"]);
        term.see("let x = 1;");
        term.signal(signal);
        let (status, screen) = term.end();
        assert_eq!(status.exit_code(), 130, "{signal:?}");
        assert_eq!(screen.contents(), "");
    }
}

#[test]
fn the_screen_comes_back_after_a_stop() {
    let project = project();
    let mut term = project.open(&["src/a.rs"]);
    term.see("let x = 1;");
    // A stop that asks first: the shell gets a usable terminal.
    term.signal(Signal::TSTP);
    term.until("the old screen", |screen| (!screen.alternate_screen()).then_some(()));
    term.until_stopped();
    term.assert_given_back();
    term.signal(Signal::CONT);
    term.see("let x = 1;");
    assert!(term.is_raw() && term.screen().alternate_screen());
    // One that cannot be caught: the frame after it is drawn whole.
    term.signal(Signal::STOP);
    term.until_stopped();
    term.scribble("\x1b[2J");
    term.signal(Signal::CONT);
    term.see("let x = 1;");
    term.send("y");
    term.see("yfn main");
    term.send("\x1a");
    term.miss("yfn main");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let project = project();
    let term = project.open(&["src/a.rs"]);
    term.see("let x = 1;");
    assert_eq!(term.unplug().exit_code(), 130);
}

#[test]
fn a_terminal_that_goes_away_without_a_signal_ends_it_too() {
    let project = project();
    let mut command = project.rein(&["src/a.rs"]);
    // Not its controlling terminal: the kernel tells nobody.
    command.set_controlling_tty(false);
    let term = Term::spawn(command, (80, 24));
    term.see("let x = 1;");
    assert_eq!(term.unplug().exit_code(), 130);
}

#[test]
fn unsaved_text_outlives_every_end_that_nobody_asked_for() {
    let ends: [fn(Term); 3] = [
        |term| {
            term.signal(Signal::TERM);
            let (status, screen) = term.end();
            assert_eq!(status.exit_code(), 130);
            assert!(screen.contents().contains("`src/a.rs` was not saved; its text is kept"));
        },
        |term| {
            term.signal(Signal::HUP);
            assert_eq!(term.end().0.exit_code(), 130);
        },
        |term| assert_eq!(term.unplug().exit_code(), 130),
    ];
    for end in ends {
        let project = project();
        let mut term = project.open(&["src/a.rs"]);
        term.see("let x = 1;");
        term.paste("// mine\n");
        term.see("// mine");
        end(term);
        assert!(!project.text("src/a.rs").contains("mine"), "nothing is written unasked");
        // Somebody else changes another place of the file meanwhile.
        project.write("src/a.rs", "fn main() {\n    let x = 1;\n}\n// theirs\n");
        let mut term = project.open(&[]);
        term.see("// mine");
        term.see("// theirs");
        term.see("● unsaved");
        term.send(CTRL_S);
        term.see("saved src/a.rs");
        assert_eq!(project.text("src/a.rs"), "// mine\nfn main() {\n    let x = 1;\n}\n// theirs\n");
        term.send(CTRL_Q);
        assert_eq!(term.end().0.exit_code(), 0);
        let mut term = project.open(&[]);
        term.see("open a file");
        term.send(CTRL_Q);
        assert_eq!(term.end().0.exit_code(), 0);
    }
}

#[test]
fn unsaved_text_of_a_new_file_is_kept_until_it_is_not_wanted() {
    let project = project();
    let mut term = project.open(&["src/new.rs"]);
    term.see("(new)");
    term.send("idea");
    term.see("idea");
    for _ in 0..2 {
        term.signal(Signal::TERM);
        assert_eq!(term.end().0.exit_code(), 130);
        term = project.open(&["src/a.rs"]);
        term.see("let x = 1;");
        term.see("not saved yet: src/new.rs");
    }
    // Ctrl-T goes to the next open file.
    term.send("\x14");
    term.see("idea");
    term.send(CTRL_Q);
    term.see("1 unsaved file(s) would be lost");
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
    let term = project.open(&["src/a.rs"]);
    term.see("let x = 1;");
    assert!(!term.picture().contains("not saved yet"));
}

#[test]
fn where_no_screen_can_be_it_says_what_to_do() {
    let project = project();
    for arguments in [&["src/a.rs"][..], &["tour"]] {
        let mut command = project.rein(arguments);
        command.env("TERM", "dumb");
        let (status, screen) = Term::spawn(command, (80, 24)).end();
        assert_eq!(status.exit_code(), 5);
        assert!(screen.contents().contains("`TERM` is `dumb`"), "{}", screen.contents());
        assert!(screen.contents().contains("`rein edit`"), "{}", screen.contents());
    }
    let run = |stdin: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rein"));
        command.env_clear().env("HOME", project.folder()).current_dir(project.folder());
        command.stdin(stdin).output().unwrap()
    };
    let output = run(Stdio::null());
    assert_eq!(output.status.code(), Some(5));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("rein needs a terminal, and stdin is none"), "{said}");
}

#[test]
fn without_colour_nothing_is_coloured() {
    let project = project();
    let mut command = project.rein(&["src/a.rs"]);
    command.env("NO_COLOR", "1");
    let mut term = Term::spawn(command, (80, 24));
    term.see("let x = 1;");
    let screen = term.screen();
    for (row, column) in (0..24).flat_map(|row| (0..80).map(move |column| (row, column))) {
        let cell = screen.cell(row, column).unwrap();
        let colours = (cell.fgcolor(), cell.bgcolor());
        assert_eq!(colours, (vt100::Color::Default, vt100::Color::Default), "{row}:{column}");
    }
    term.send(CTRL_Q);
    assert_eq!(term.end().0.exit_code(), 0);
}
