//! The laws about landings, tried at every call that changes the disk: all or nothing, no litter, no
//! line of the user's lost, one process at a time.

use std::time::Duration;

use proptest::prelude::*;

use super::fixture::{Project, Snapshot, land};
use super::pen::faults::Fault;
use super::{JournalError, StateDirs, UndoError, Workspace, WriteError};

const BEFORE: [(&str, &str); 5] = [
    ("a.txt", "old a\n"),
    ("src/b.sh*", "old b\n"),
    ("src/gone.txt", "old gone\n"),
    ("src/other.txt", "untouched"),
    ("z.txt", "old z"),
];

const CHANGE: [(&str, Option<&str>); 5] = [
    ("a.txt", Some("new a\n")),
    ("src/b.sh", Some("new b\n")),
    ("src/gone.txt", None),
    ("made/deep/new.txt", Some("new\n")),
    ("z.txt", Some("")),
];

fn states() -> (Snapshot, Snapshot, usize) {
    let project = Project::new(&BEFORE);
    let old = project.snapshot();
    let (workspace, faults) = project.open_faulty();
    land(&workspace, &CHANGE).unwrap();
    (old, project.snapshot(), faults.calls())
}

#[track_caller]
fn assert_settled(project: &Project, old: &Snapshot, new: &Snapshot, what: &str) -> bool {
    let now = project.snapshot();
    assert!(now == *old || now == *new, "{what}: neither all old nor all new: {now:#?}");
    assert_eq!(project.unfinished(), Vec::<String>::new(), "{what}: litter");
    now == *new
}

#[test]
fn killed_at_any_call_a_landing_is_all_old_or_all_new_after_the_next_start() {
    let (old, new, calls) = states();
    let mut outcomes = [0, 0];
    for at in 1..=calls {
        let project = Project::new(&BEFORE);
        let (workspace, faults) = project.open_faulty();
        faults.set(at, Fault::Kill);
        let _ = land(&workspace, &CHANGE);
        drop(workspace);
        let recovered = project.open();
        recovered.recover().unwrap();
        let is_new = assert_settled(&project, &old, &new, &format!("killed at {at}"));
        outcomes[usize::from(is_new)] += 1;
        assert_eq!(recovered.log(9).unwrap().len(), usize::from(is_new), "the journal says what happened");
    }
    assert!(outcomes[0] > 10 && outcomes[1] > 5, "both ends are reached: {outcomes:?}");
}

#[test]
fn a_recovery_that_is_killed_at_any_call_is_finished_by_the_next() {
    let (old, new, calls) = states();
    for at in (1..=calls).step_by(3) {
        for again in 1.. {
            let project = Project::new(&BEFORE);
            let (workspace, faults) = project.open_faulty();
            faults.set(at, Fault::Kill);
            let _ = land(&workspace, &CHANGE);
            let (workspace, faults) = project.open_unsettled();
            faults.set(again, Fault::Kill);
            let _ = workspace.recover();
            let done = faults.calls() < again;
            project.open().recover().unwrap();
            assert_settled(&project, &old, &new, &format!("killed at {at}, then at {again}"));
            if done {
                break;
            }
        }
    }
}

#[test]
fn an_io_error_at_any_call_is_told_and_leaves_all_old_or_all_new() {
    let (old, new, calls) = states();
    for fault in [Fault::Once, Fault::Full] {
        for at in 1..=calls {
            let project = Project::new(&BEFORE);
            let (workspace, faults) = project.open_faulty();
            faults.set(at, fault);
            let landed = land(&workspace, &CHANGE);
            let what = format!("{fault:?} at {at}: {landed:?}");
            if !matches!(landed, Err(WriteError::Unfinished(_))) {
                let now = project.snapshot();
                assert_eq!(now, if landed.is_ok() { new.clone() } else { old.clone() }, "{what}");
            }
            drop(workspace);
            let workspace = project.open();
            let is_new = assert_settled(&project, &old, &new, &what);
            assert_eq!(is_new, landed.is_ok(), "{what}");
            land(&workspace, &CHANGE).unwrap();
            assert_eq!(project.snapshot(), new, "{what}: the next landing works");
        }
    }
}

#[test]
fn an_undo_killed_at_any_call_is_all_undone_or_not_at_all() {
    let (old, new, _) = states();
    for at in 1.. {
        let project = Project::new(&BEFORE);
        let (workspace, faults) = project.open_faulty();
        land(&workspace, &CHANGE).unwrap();
        faults.set(at, Fault::Kill);
        let undone = workspace.undo(None);
        let calls = faults.calls();
        project.open().recover().unwrap();
        let is_new = assert_settled(&project, &old, &new, &format!("undo killed at {at}"));
        if calls < at {
            assert!(undone.is_ok() && !is_new);
            break;
        }
    }
}

#[test]
fn a_line_typed_between_crash_and_recovery_survives() {
    let (_, _, calls) = states();
    for at in 1..=calls {
        let project = Project::new(&BEFORE);
        let (workspace, faults) = project.open_faulty();
        faults.set(at, Fault::Kill);
        let _ = land(&workspace, &CHANGE);
        let typed = project.text("a.txt").unwrap() + "typed by the user\n";
        project.write("a.txt", &typed);
        project.open().recover().unwrap();
        assert_eq!(project.text("a.txt").as_ref(), Some(&typed), "killed at {at}");
        // The rest follows the version the user's line was added to.
        let expected = if typed.starts_with("new") { "new b\n" } else { "old b\n" };
        assert_eq!(project.text("src/b.sh").unwrap(), expected, "killed at {at}");
        assert!(project.unfinished().is_empty(), "killed at {at}");
    }
}

#[test]
fn what_cannot_be_read_is_left_alone_and_nothing_is_written_beside_it() {
    let project = Project::new(&BEFORE);
    let workspace = project.open();
    let id = land(&workspace, &[("a.txt", Some("one\n"))]).unwrap();
    land(&workspace, &[("a.txt", Some("two\n"))]).unwrap();
    let ops = project.state().join(workspace.id()).join("journal/ops");
    let newest = ops.join(format!("0000000002-{}.op", workspace.log(1).unwrap()[0].id));
    std::fs::write(&newest, "damaged").unwrap();
    assert_eq!(workspace.recover().unwrap().unreadable, std::slice::from_ref(&newest));
    assert_eq!(workspace.log(9).unwrap()[0].id, id, "the others are still there");
    assert!(matches!(workspace.undo(None), Err(UndoError::Conflict(_))), "the file is not as it was left");
    assert_eq!(std::fs::read(&newest).unwrap(), b"damaged");

    let pending = ops.with_file_name("pending").join("0000000003-00000000.plan");
    std::fs::rename(&newest, &pending).unwrap();
    let workspace = project.open();
    let refused = land(&workspace, &[("a.txt", Some("three\n"))]).unwrap_err();
    assert!(refused.to_string().contains("00000000.plan"), "{refused}");
    assert_eq!(project.text("a.txt").unwrap(), "two\n");
    assert!(pending.exists());
}

#[test]
fn a_read_only_file_is_refused_and_so_is_everything_with_it() {
    let project = Project::new(&BEFORE);
    project.chmod("z.txt", 0o444);
    let old = project.snapshot();
    let refused = land(&project.open(), &CHANGE).unwrap_err();
    assert!(matches!(refused, WriteError::ReadOnly(_)), "{refused}");
    assert_eq!(project.snapshot(), old);
}

#[test]
fn a_file_where_a_folder_is_needed_is_refused() {
    let project = Project::new(&BEFORE);
    let old = project.snapshot();
    let refused = land(&project.open(), &[("a.txt/x", Some("x"))]).unwrap_err();
    assert!(refused.to_string().contains("a.txt"), "{refused}");
    assert_eq!(project.snapshot(), old);
}

#[test]
fn a_second_process_waits_and_then_says_who_writes() {
    let project = Project::new(&BEFORE);
    let workspace = project.open();
    let held = workspace.inner.journal.lock(Duration::ZERO).unwrap();
    let other: Workspace = project.open();
    let refused = other.inner.journal.lock(Duration::ZERO).unwrap_err();
    assert!(refused.to_string().contains(&std::process::id().to_string()), "{refused}");
    drop(held);
    land(&other, &CHANGE).unwrap();
}

#[test]
fn reins_own_state_is_no_file_of_a_project_around_it() {
    let project = Project::new(&BEFORE);
    let state = StateDirs { state: project.root().join(".local/state/rein") };
    let workspace = Workspace::open(&project.root(), state).unwrap();
    let inside = ".local/state/rein/other/journal/ops/0000000001-00000000.op";
    let refused = land(&workspace, &[("a.txt", Some("x")), (inside, Some("y"))]).unwrap_err();
    assert!(matches!(refused, WriteError::Own(_)), "{refused}");
    assert_eq!(project.text("a.txt").unwrap(), "old a\n");
}

#[test]
fn what_rein_keeps_is_for_the_users_eyes_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new(&BEFORE);
    land(&project.open(), &CHANGE).unwrap();
    let mut folders = vec![project.state()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            let is_folder = entry.file_type().unwrap().is_dir();
            assert_eq!(mode, if is_folder { 0o700 } else { 0o600 }, "{:?}", entry.path());
            folders.extend(is_folder.then(|| entry.path()));
        }
    }
}

#[test]
fn two_processes_that_land_at_once_take_turns() {
    let project = Project::new(&[("a", "0"), ("b", "0")]);
    std::thread::scope(|scope| {
        for name in ["a", "b"] {
            let workspace = project.open();
            scope.spawn(move || {
                for text in ["1", "2", "3", "4", "5"] {
                    // On a busy machine patience may end; then one asks again.
                    while let Err(refused) = land(&workspace, &[(name, Some(text))]) {
                        let locked = matches!(refused, WriteError::Journal(JournalError::Locked(_)));
                        assert!(locked, "{refused}");
                    }
                }
            });
        }
    });
    assert_eq!((project.text("a").unwrap(), project.text("b").unwrap()), ("5".into(), "5".into()));
    assert_eq!(project.open().log(99).unwrap().len(), 10);
}

#[derive(Clone, Debug)]
enum Step {
    /// Both files get a new first line; killed at this call, if any.
    Land(Option<usize>),
    Undo(Option<usize>),
    Redo,
    /// The user adds a line to the end of a file.
    Type(&'static str),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let kill = || proptest::option::of(1usize..60);
    prop_oneof![
        4 => kill().prop_map(Step::Land),
        3 => kill().prop_map(Step::Undo),
        1 => Just(Step::Redo),
        4 => prop_oneof![Just("a"), Just("b")].prop_map(Step::Type),
        2 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_landed_undone_and_killed_no_line_the_user_typed_is_lost(
        steps in proptest::collection::vec(step(), 1..16)
    ) {
        let project = Project::new(&[("a", "0\n2\n3\n"), ("b", "0\n2\n3\n")]);
        let (mut workspace, mut faults) = project.open_faulty();
        let mut typed = vec![];
        for (number, step) in steps.into_iter().enumerate() {
            let kill = match step {
                Step::Land(kill) | Step::Undo(kill) => kill,
                _ => None,
            };
            faults.set(kill.unwrap_or(usize::MAX), Fault::Kill);
            match step {
                Step::Land(_) => {
                    let first = |name| {
                        let text = project.text(name).unwrap();
                        format!("{number}\n{}", text.split_once('\n').unwrap().1)
                    };
                    let (a, b) = (first("a"), first("b"));
                    let _ = land(&workspace, &[("a", Some(&a)), ("b", Some(&b))]);
                }
                Step::Undo(_) => drop(workspace.undo(None)),
                Step::Redo => drop(workspace.redo(None)),
                Step::Type(name) => {
                    let line = format!("typed {number}\n");
                    project.write(name, project.text(name).unwrap() + &line);
                    typed.push((name, line));
                }
                Step::Reopen => {}
            }
            // After a kill the user may type before the next start, and half of the time does.
            let killed = kill.is_some_and(|at| faults.calls() >= at);
            if killed && number % 2 == 0 {
                let line = format!("typed after a crash {number}\n");
                project.write("a", project.text("a").unwrap() + &line);
                typed.push(("a", line));
            }
            if killed || matches!(step, Step::Reopen) {
                (workspace, faults) = project.open_faulty();
            }
            let (a, b) = (project.text("a").unwrap(), project.text("b").unwrap());
            prop_assert_eq!(a.lines().next(), b.lines().next(), "both or none");
            for (name, line) in &typed {
                prop_assert!(project.text(name).unwrap().contains(line), "{} lost {:?}", name, line);
            }
        }
    }
}
