//! Files that change while a change lands, tried at every call that changes the disk: what somebody
//! else wrote is never overwritten unseen, and the rest of the change is all or nothing.

use std::path::Path;

use super::Workspace;
use super::fixture::{Project, Snapshot, land};
use super::pen::faults::Fault;
use crate::text::Digest;

const BEFORE: [(&str, &str); 4] = [("a", "old a"), ("d/b", "old b"), ("gone", "old gone"), ("z", "old z")];

const CHANGE: [(&str, Option<&str>); 5] = [
    ("a", Some("new a")),
    ("d/b", Some("new b")),
    ("gone", None),
    ("made/new", Some("new")),
    ("z", Some("new z")),
];

const MINE: &str = "written by somebody else meanwhile";

type Meddling = fn(&Path);

fn rename_over(file: &Path) {
    let temp = file.with_extension("mine");
    std::fs::write(&temp, MINE).unwrap();
    std::fs::rename(temp, file).unwrap();
}

fn write_into(file: &Path) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, MINE).unwrap();
}

/// All calls of a landing, and the two states between which it moves.
fn states() -> (usize, Snapshot, Snapshot) {
    let project = Project::new(&BEFORE);
    let old = project.snapshot();
    let (workspace, faults) = project.open_faulty();
    land(&workspace, &CHANGE).unwrap();
    (faults.calls(), old, project.snapshot())
}

/// Without the file that was meddled with, and without folders, which come and go with files.
fn rest(mut snapshot: Snapshot, name: &str) -> Snapshot {
    snapshot.retain(|path, file| path != name && file.is_some());
    snapshot
}

/// Did the landing take what somebody wrote for the text before, having begun after it?
fn replaced_knowingly(workspace: &Workspace, name: &str, mine: &str) -> bool {
    let newest = workspace.log(1).unwrap();
    let mut files = newest.iter().flat_map(|entry| &entry.files);
    files.any(|file| file.path.as_str() == name && file.before == Some(Digest::of(mine.as_bytes())))
}

#[test]
fn what_somebody_writes_while_a_change_lands_stays_and_the_rest_is_all_or_nothing() {
    let (calls, old, new) = states();
    let ways: [(&str, Meddling); 6] = [
        ("a", rename_over),
        ("d/b", write_into),
        ("z", rename_over),
        ("gone", rename_over),
        ("gone", write_into),
        ("made/new", write_into),
    ];
    let mut stayed = 0;
    for (name, meddling) in ways {
        for at in 1..=calls {
            let project = Project::new(&BEFORE);
            let (workspace, faults) = project.open_faulty();
            let file = project.root().join(name);
            faults.meddle(at, move || meddling(&file));
            let landed = land(&workspace, &CHANGE);
            let what = format!("`{name}` written at call {at}: {landed:?}");
            if project.text(name).as_deref() == Some(MINE) {
                stayed += 1;
            } else {
                assert!(replaced_knowingly(&workspace, name, MINE), "{what}: lost");
            }
            let expected = if landed.is_ok() { &new } else { &old };
            assert_eq!(rest(project.snapshot(), name), rest(expected.clone(), name), "{what}");
            assert!(project.unfinished().is_empty(), "{what}: litter");
        }
    }
    assert!(stayed > calls, "most of the time the landing has begun: {stayed}");
}

#[test]
fn a_kill_right_after_somebody_wrote_loses_nothing_either() {
    let (calls, old, new) = states();
    for (name, later) in [("a", 1), ("z", 1), ("z", 2), ("gone", 1), ("gone", 2)] {
        for at in 1..=calls {
            let project = Project::new(&BEFORE);
            let (workspace, faults) = project.open_faulty();
            let file = project.root().join(name);
            faults.set(at + later, Fault::Kill);
            faults.meddle(at, move || rename_over(&file));
            let landed = land(&workspace, &CHANGE);
            drop(workspace);
            let workspace = project.open();
            workspace.recover().unwrap();
            let what = format!("`{name}` written at call {at}, killed {later} later: {landed:?}");
            if project.text(name).as_deref() != Some(MINE) {
                assert!(replaced_knowingly(&workspace, name, MINE), "{what}: lost");
            }
            let now = rest(project.snapshot(), name);
            assert!(now == rest(old.clone(), name) || now == rest(new.clone(), name), "{what}: {now:#?}");
            assert!(project.unfinished().is_empty(), "{what}: litter");
        }
    }
}

#[test]
fn a_file_that_becomes_a_link_or_a_folder_while_a_change_lands_stays_one() {
    let (calls, _, _) = states();
    let ways: [fn(&Path); 2] =
        [|file| std::os::unix::fs::symlink("d/b", file).unwrap(), |file| std::fs::create_dir(file).unwrap()];
    for become_so in ways {
        for at in 1..=calls {
            let project = Project::new(&BEFORE);
            let (workspace, faults) = project.open_faulty();
            let file = project.root().join("z");
            let path = file.clone();
            faults.meddle(at, move || {
                std::fs::remove_file(&path).unwrap();
                become_so(&path);
            });
            let landed = land(&workspace, &CHANGE);
            assert!(file.is_symlink() || file.is_dir(), "at call {at}: {landed:?}");
            let b = if landed.is_ok() { "new b" } else { "old b" };
            assert_eq!(project.text("d/b").unwrap(), b, "at call {at}: {landed:?}");
            assert!(project.unfinished().is_empty(), "at call {at}: litter");
        }
    }
}
