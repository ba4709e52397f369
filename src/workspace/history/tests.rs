//! Commits, blame and what a commit changed, in real repositories made for the purpose.

use super::*;
use crate::text::Lines;
use crate::workspace::StateDirs;

struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(home.folder.path().join("project")).unwrap();
        Repository::init(home.folder.path().join("project")).unwrap();
        home
    }

    fn workspace(&self) -> Workspace {
        let dirs = StateDirs { state: self.folder.path().join("state") };
        Workspace::open_folder(&self.folder.path().join("project"), dirs).unwrap()
    }

    /// Commits these files (`None`: removed) on top of `parents` (none given: of `HEAD`).
    fn commit(&self, message: &str, files: &[(&str, Option<&str>)], parents: &[Oid]) -> Oid {
        let repository = Repository::open(self.folder.path().join("project")).unwrap();
        let mut index = repository.index().unwrap();
        for (name, text) in files {
            let file = self.folder.path().join("project").join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            match text {
                Some(text) => {
                    std::fs::write(&file, text).unwrap();
                    index.add_path(std::path::Path::new(name)).unwrap();
                }
                None => {
                    std::fs::remove_file(&file).unwrap();
                    index.remove_path(std::path::Path::new(name)).unwrap();
                }
            }
        }
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let count = repository
            .revwalk()
            .map(|mut walk| {
                let _ = walk.push_head();
                walk.count()
            })
            .unwrap();
        let time = git2::Time::new(1_760_000_000 + 86_400 * i64::try_from(count).unwrap(), 0);
        let who = git2::Signature::new("Ada", "ada@example.org", &time).unwrap();
        let head = repository.head().ok().and_then(|head| head.target());
        let parents: Vec<Oid> =
            if parents.is_empty() { head.into_iter().collect() } else { parents.to_vec() };
        let parents: Vec<git2::Commit<'_>> =
            parents.iter().map(|id| repository.find_commit(*id).unwrap()).collect();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        // A merge whose first parent is not the tip would not move it.
        let id = repository.commit(None, &who, &who, message, &tree, &parents).unwrap();
        repository.reference("refs/heads/main", id, true, "test").unwrap();
        repository.set_head("refs/heads/main").unwrap();
        id
    }
}

fn path(path: &str) -> RepoPath {
    RepoPath::parse(path).unwrap()
}

fn subjects(found: &[Commit]) -> Vec<&str> {
    found.iter().map(|commit| commit.message.lines().next().unwrap()).collect()
}

fn blamed(workspace: &Workspace, name: &str, now: &str) -> Vec<(usize, usize, Option<String>)> {
    let span = Lines::from(now).span();
    let found = workspace.blame(&path(name), now.as_bytes(), span, &|| false).unwrap();
    let subject = |commit: Commit| commit.message.lines().next().unwrap().to_owned();
    found.into_iter().map(|run| (run.span.start() + 1, run.span.end(), run.commit.map(subject))).collect()
}

#[test]
fn the_log_of_a_file_follows_it_through_a_renaming_and_words_are_looked_for_in_messages() {
    let home = Home::new();
    home.commit("first", &[("a.rs", Some("one\ntwo\nthree\nfour\n"))], &[]);
    home.commit("another file", &[("b.rs", Some("x\n"))], &[]);
    home.commit(
        "Renamed it\n\nBecause of Windows.",
        &[("a.rs", None), ("src/c.rs", Some("one\ntwo\nthree\nfour\n"))],
        &[],
    );
    home.commit("grew", &[("src/c.rs", Some("one\ntwo\nthree\nfour\nfive\n"))], &[]);
    let workspace = home.workspace();
    let log = |path: Option<&RepoPath>, words: &str| {
        let wanted = WantedCommits { path, words, limit: 10 };
        workspace.commits(&wanted, &|| false).unwrap()
    };
    assert_eq!(subjects(&log(Some(&path("src/c.rs")), "")), ["grew", "Renamed it", "first"]);
    assert_eq!(subjects(&log(Some(&path("src")), "")), ["grew", "Renamed it"]);
    assert_eq!(subjects(&log(None, "windows BECAUSE")), ["Renamed it"]);
    let one = &log(None, "grew")[0];
    assert_eq!((one.author.as_str(), one.date.as_str(), one.id.len()), ("Ada", "2025-10-12", 40));
    let stopped = workspace.commits(&WantedCommits { limit: 1, ..WantedCommits::default() }, &|| true);
    assert_eq!(stopped, Err(HistoryError::Stopped));
}

#[test]
fn a_line_is_of_the_commit_that_last_changed_it_across_merges_renamings_and_what_is_not_saved() {
    let home = Home::new();
    let base = home.commit("base", &[("a.rs", Some("one\ntwo\nthree\nfour\nfive\n"))], &[]);
    let left = home.commit("left", &[("a.rs", Some("ONE\ntwo\nthree\nfour\nfive\n"))], &[base]);
    let right = home.commit("right", &[("a.rs", Some("one\ntwo\nthree\nfour\nFIVE\n"))], &[base]);
    home.commit("merge", &[("a.rs", Some("ONE\ntwo\nthree\nfour\nFIVE\n"))], &[left, right]);
    home.commit("moved", &[("a.rs", None), ("b.rs", Some("ONE\ntwo\nthree\nfour\nFIVE\n"))], &[]);
    let workspace = home.workspace();
    let of = |subject: &str| Some(subject.to_owned());
    assert_eq!(
        blamed(&workspace, "b.rs", "ONE\ntwo\nthree\nfour\nFIVE\n"),
        [(1, 1, of("left")), (2, 4, of("base")), (5, 5, of("right"))]
    );
    // As it stands on screen: a new line on top, one changed, one gone.
    assert_eq!(
        blamed(&workspace, "b.rs", "new\nONE\nTWO\nfour\nFIVE\n"),
        [(1, 1, None), (2, 2, of("left")), (3, 3, None), (4, 4, of("base")), (5, 5, of("right"))]
    );
    let missing = workspace.blame(&path("gone.rs"), b"x\n", Span::new(0, 1), &|| false);
    assert_eq!(missing, Err(HistoryError::NoFile(path("gone.rs"))));
}

#[test]
fn a_commit_says_what_it_did_and_only_commits_of_this_history_are_told() {
    let home = Home::new();
    let first = home.commit("first", &[("a.rs", Some("one\n")), ("b.rs", Some("x\n"))], &[]);
    let taken_back = home.commit("a key", &[("a.rs", Some("hunter2\n"))], &[]);
    let second = home.commit("second", &[("a.rs", Some("two\n")), ("z.bin", Some("a\0b"))], &[first]);
    let workspace = home.workspace();
    let found = workspace.commit(&second.to_string()[..8], None).unwrap();
    let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!((found.commit.message.as_str(), names), ("second", vec!["a.rs", "z.bin"]));
    assert!(found.files[0].diff.as_ref().unwrap().contains("\n-one\n+two\n"), "{found:?}");
    assert!(found.files[1].diff.is_err());
    assert_eq!(workspace.commit("HEAD", Some(&path("b.rs"))).unwrap().files, []);
    assert!(
        workspace.commit(&first.to_string(), None).unwrap().files[0].diff.as_ref().unwrap().contains("+one")
    );
    for name in [&taken_back.to_string()[..], "main", "HEAD~1", "HEAD:a.rs", ":/first", "abc", "0000000"] {
        let refused = workspace.commit(name, None);
        assert!(matches!(refused, Err(HistoryError::NoCommit(_))), "{name}: {refused:?}");
    }
}

#[test]
fn a_folder_without_history_says_so() {
    let home = Home::new();
    let wanted = WantedCommits { limit: 1, ..WantedCommits::default() };
    assert_eq!(home.workspace().commits(&wanted, &|| false), Err(HistoryError::NoCommits));
    std::fs::remove_dir_all(home.folder.path().join("project/.git")).unwrap();
    assert_eq!(home.workspace().commits(&wanted, &|| false), Err(HistoryError::NoRepository));
}

#[test]
fn a_commit_of_no_time_that_could_be_is_told_all_the_same() {
    let home = Home::new();
    let id = home.commit("First", &[("a.rs", Some("1\n"))], &[]);
    let repository = Repository::open(home.folder.path().join("project")).unwrap();
    let raw = repository.odb().unwrap().read(id).unwrap().data().to_vec();
    let raw = String::from_utf8(raw).unwrap().replace(" 1760000000 +0000", " 9223372036854775807 +1200");
    assert!(raw.contains("9223372036854775807"), "{raw}");
    let strange = repository.odb().unwrap().write(git2::ObjectType::Commit, raw.as_bytes()).unwrap();
    repository.reference("refs/heads/main", strange, true, "test").unwrap();
    let found = home.workspace().commits(&WantedCommits { limit: 9, ..Default::default() }, &|| false);
    assert_eq!(found.unwrap().first().map(|commit| commit.date.clone()).as_deref(), Some("1970-01-01"));
}
