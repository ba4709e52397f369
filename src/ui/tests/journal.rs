//! From the journal page to the review of what landed, and on to the next request.

use super::review::{OLD, changed};
use super::*;
use crate::change::Compared;
use crate::session::Subject;
use crate::workspace::{Comparison, Extent, Found, Kind, LogEntry, Status};

fn log(stage: &mut Stage, ids: &[&str]) {
    stage.keys("<F5>");
    let entry = |id: &&str| LogEntry {
        id: (*id).to_owned(),
        time: "2026-11-25T04:00:00Z".parse().unwrap(),
        kind: Kind::Landing,
        status: Status::Done,
        story: None,
        files: Vec::new(),
    };
    stage.input(Input::Event(Event::Log(Ok(ids.iter().map(entry).collect()))));
    stage.draw();
}

/// What is being compared, if anything is.
fn compared(stage: &mut Stage) -> Option<Comparison> {
    stage.unanswered.drain(..).rev().find_map(|effect| match effect {
        Effect::Compare { what, .. } => Some(what),
        _ => None,
    })
}

fn arrive(stage: &mut Stage) {
    let base = Base { path: path("a.txt"), text: Some(OLD.into()) };
    let found = vec![Found::Text(Compared::of(base, Some(&changed().as_str().into())))];
    stage.disk.insert(path("a.txt"), changed().as_str().into());
    stage.event(|turn| Event::Compared { turn, found });
    stage.event(|turn| Event::ComparedAll { turn, result: Ok(()) });
}

#[test]
fn the_journal_leads_to_one_landing_to_all_since_and_to_the_whole_session() {
    let mut stage = Stage::open(80, 24, 1);
    for (keys, what) in [
        ("<Enter>", Comparison::Journal(Extent::Landing("aaaa".into()))),
        ("j<Enter>", Comparison::Journal(Extent::Landing("bbbb".into()))),
        ("jka", Comparison::Journal(Extent::SinceLanding("aaaa".into()))),
        ("jjja", Comparison::Journal(Extent::SinceLanding("bbbb".into()))),
        ("js", Comparison::Journal(Extent::SinceOpened)),
    ] {
        log(&mut stage, &["aaaa", "bbbb"]);
        stage.keys(keys);
        assert_eq!(compared(&mut stage), Some(what), "{keys}");
        arrive(&mut stage);
        assert!(stage.row("lines to read").contains("2 open"));
    }
    // What was only looked at is in nobody's way.
    stage.keys("q<C-l>simplify pop<Enter>");
    assert_eq!(stage.app.session().turn().unwrap().subject(), Subject::Instruction);
}

#[test]
fn an_empty_journal_leads_nowhere() {
    let mut stage = Stage::open(80, 24, 1);
    log(&mut stage, &[]);
    stage.keys("ja<Enter>");
    assert_eq!(compared(&mut stage), None);
    assert!(stage.row("nothing has landed").contains("here yet"));
}

#[test]
fn what_is_to_be_taken_back_and_is_not_yet_is_not_lost_to_another_look() {
    let mut stage = Stage::open(80, 24, 1);
    log(&mut stage, &["aaaa"]);
    stage.keys("<Enter>");
    arrive(&mut stage);
    stage.keys("n");
    stage.unanswered.clear();
    log(&mut stage, &["aaaa"]);
    stage.keys("s");
    assert!(stage.row("still open").contains("1 hunk(s)"));
    assert_eq!(compared(&mut stage), None);
    stage.keys("q<A-r>u");
    log(&mut stage, &["aaaa"]);
    stage.keys("s");
    assert_eq!(compared(&mut stage), Some(Comparison::Journal(Extent::SinceOpened)));
}
