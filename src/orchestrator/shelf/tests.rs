//! How long who waits for the index, what they get, and what follows a change of a file.

use std::sync::Arc;

use super::*;
use crate::index::excerpts;
use crate::model::Tokens;
use crate::text::RepoPath;
use crate::workspace::StateDirs;

fn shelf(folder: &std::path::Path) -> Shelf {
    std::fs::create_dir(folder.join("project")).unwrap();
    std::fs::write(folder.join("project/a.rs"), "fn watch_folder() {}\n").unwrap();
    let dirs = StateDirs { state: folder.join("state") };
    let workspace = Workspace::open_folder(&folder.join("project"), dirs).unwrap();
    Shelf::new(workspace, Place { folder: folder.join("index") })
}

fn found(desk: &Desk) -> Result<usize, NotReady> {
    found_in(&desk.kept)
}

fn found_in(kept: &Kept) -> Result<usize, NotReady> {
    let found = |index: &Index| {
        excerpts(&index.under(&Default::default()), "watch_folder", Tokens(999), &|_| false).len()
    };
    kept.ask(None, &|| false, found)
}

#[tokio::test]
async fn the_map_is_made_once_for_a_session_and_beside_who_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join("project").join(name), text).unwrap();
    write("b.rs", "fn other_thing() { watch_folder(); }\n");
    // Without patience a request goes without it; what was begun is there for the next.
    let none = Patience { known: Duration::ZERO, new: Duration::ZERO };
    let desk = shelf.refresh(&Handle::current());
    assert_eq!(desk.map(none, &|| false), Err(NotReady::MapLate));
    let long = Patience { known: Duration::from_secs(600), new: Duration::from_secs(600) };
    let map = tokio::task::spawn_blocking(move || desk.map(long, &|| false)).await.unwrap().unwrap();
    assert_eq!(map.text, "a.rs\n  fn watch_folder()\n");
    write("a.rs", "fn elsewhere() {}\n");
    let desk = shelf.refresh(&Handle::current());
    assert_eq!(desk.map(none, &|| false), Ok(map), "as the session began");
    assert_eq!(found(&desk), Ok(1), "and the index follows what changed");
}

#[tokio::test]
async fn an_index_is_made_once_and_brought_up_to_date_for_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    let runtime = Handle::current();
    assert_eq!(found(&shelf.refresh(&runtime)), Ok(1));
    std::fs::write(folder.path().join("project/b.rs"), "fn watch_folder_too() {}\n").unwrap();
    assert_eq!(found(&shelf.refresh(&runtime)), Ok(2));
}

#[test]
fn a_request_waits_no_longer_than_it_likes_and_not_at_all_once_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    // A refresh that never comes to its end.
    shelf.0.lock().refreshing = true;
    let desk = &shelf.0;
    let (known, new) = (Duration::from_secs(600), Duration::ZERO);
    shelf.0.lock().from_nothing = true;
    assert_eq!(desk.ask(Some(Patience { known, new }), &|| false, |_| ()), Err(NotReady::Late));
    shelf.0.lock().from_nothing = false;
    let (known, new) = (new, known);
    assert_eq!(desk.ask(Some(Patience { known, new }), &|| false, |_| ()), Err(NotReady::Late));
    assert_eq!(desk.ask(None, &|| true, |_| ()), Err(NotReady::Stopped));
}

#[test]
fn who_is_in_a_hurry_takes_the_index_as_it_was_and_others_wait() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    shelf.0.lock().refreshing = true;
    shelf.0.refresh();
    std::fs::write(folder.path().join("project/b.rs"), "fn watch_folder_too() {}\n").unwrap();
    let again = Shelf::new(shelf.0.workspace.clone(), shelf.0.place.clone());
    let long = Patience { known: Duration::from_secs(600), new: Duration::from_secs(600) };
    again.0.lock().refreshing = true;
    let desk = Arc::clone(&again.0);
    let hurried = std::thread::spawn(move || {
        let ask = |index: &Index| index.corpus().files().len();
        desk.ask_soon(long, &|| false, ask)
    });
    while again.0.lock().hurried == 0 {
        std::thread::yield_now();
    }
    again.0.refresh();
    assert_eq!(hurried.join().unwrap(), Ok((1, true)), "as it was: one file");
    assert_eq!(found_in(&again.0), Ok(2), "and as the files are for who asks later");
}

#[tokio::test]
async fn an_index_that_cannot_be_made_is_said_and_waited_for_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    let inside = Place { folder: folder.path().canonicalize().unwrap().join("project/index") };
    let shelf = Shelf::new(shelf.0.workspace.clone(), inside);
    let why = found(&shelf.refresh(&Handle::current())).unwrap_err();
    assert!(why.to_string().contains("REIN_INDEX_DIR"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_and_the_next_request_has_it_without_looking_at_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    let (sender, mut events) = tokio::sync::mpsc::channel(8);
    shelf.follow(sender);
    // The thread is at work once the project is watched.
    while shelf.0.lock().watch.is_none() {
        tokio::task::yield_now().await;
    }
    let runtime = Handle::current();
    assert_eq!(found(&shelf.refresh(&runtime)), Ok(1));
    let path = folder.path().join("project/a.rs");
    std::fs::write(&path, "fn elsewhere() {}\n").unwrap();
    let Some(Event::FilesChanged { paths, any, .. }) = events.recv().await else { panic!() };
    assert_eq!((paths.first().map(RepoPath::as_str), any), (Some("a.rs"), false));
    assert_eq!(found(&shelf.refresh(&runtime)), Ok(0));
    std::fs::write(&path, "fn watch_folder() {}\n").unwrap();
    assert_eq!(found(&shelf.refresh(&runtime)), Ok(1), "also before the thread has woken");
    // A new file asks for a walk, and one that does not belong in the index for one alone.
    std::fs::write(folder.path().join("project/b.rs"), "fn watch_folder_too() {}\n").unwrap();
    assert_eq!(found(&shelf.refresh(&runtime)), Ok(2));
    drop(shelf);
    while events.recv().await.is_some() {}
}
