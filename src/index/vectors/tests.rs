//! A project's texts, from its files to vectors and back.

use std::collections::BTreeSet;

use super::super::{Index, Place};
use super::*;
use crate::workspace::{StateDirs, Workspace};

struct Project {
    folder: tempfile::TempDir,
    index: Index,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        let dirs = StateDirs { state: folder.path().join("state") };
        let workspace = Workspace::open_folder(&folder.path().join("project"), dirs).unwrap();
        let index = Index::open(workspace, Place { folder: folder.path().join("index") }).unwrap();
        let mut project = Self { folder, index };
        files.iter().for_each(|(name, text)| project.write(name, text));
        project
    }

    fn write(&mut self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join("project").join(name), text).unwrap();
        self.index.refresh(&|| false).unwrap();
    }

    fn chunks(&self) -> Chunks {
        Chunks::open(&Place { folder: self.folder.path().join("index") })
    }

    /// The texts without a vector.
    fn texts(&self, has: &dyn Fn(ChunkId) -> bool) -> Vec<Piece> {
        self.chunks().next(&self.index, has, 99, &|| false).unwrap()
    }
}

#[test]
fn a_text_is_given_out_once_with_its_path_and_only_what_changed_is_again() {
    let mut project = Project::new(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")]);
    assert_eq!(project.chunks().count(&project.index, &|_| false).missing, 2);
    let all = project.texts(&|_| false);
    assert_eq!(
        all.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(),
        ["a.rs\nfn a() {}\n", "b.rs\nfn b() {}\n"]
    );
    let have: BTreeSet<ChunkId> = all.iter().map(|one| one.id).collect();
    let has = |id| have.contains(&id);
    assert_eq!(project.texts(&has), []);
    project.write("b.rs", "fn c() {}\n");
    let count = project.chunks().count(&project.index, &has);
    assert_eq!((count.all, count.missing), (2, 1));
    assert_eq!(project.texts(&has).len(), 1);
    project.write("b.rs", "fn b() {}\n");
    assert_eq!(project.chunks().count(&project.index, &has).missing, 0, "as on the branch before");
}

#[test]
fn secrets_are_given_to_nobody() {
    let key = "-----BEGIN PRIVATE KEY-----\nhunter2\n";
    let long = "hunter2hunter2\n".repeat(180);
    let deep = format!(
        "# Setup\n\n{}\n-----BEGIN RSA PRIVATE KEY-----\n{long}-----END RSA PRIVATE KEY-----\n{}",
        "words\n".repeat(900),
        "more\n".repeat(600)
    );
    let aws = "fn id() {}\nconst KEY: &str = \"AKIAIOSFODNN7EXAMPLE\";\n";
    let project =
        Project::new(&[(".env", "A=hunter2\n"), ("k.txt", key), ("deep.md", &deep), ("aws.rs", aws)]);
    let texts = project.texts(&|_| false);
    assert!(
        texts.len() > 2
            && texts.iter().all(|one| !one.text.contains("hunter2") && !one.text.contains("AKIA"))
    );
    let count = project.chunks().count(&project.index, &|_| true);
    assert!(
        count.withheld > 2 && count.missing == 0,
        "several chunks of deep.md, and one of aws.rs: {count:?}"
    );
}

#[test]
fn batches_go_on_where_the_last_ended_and_hits_say_how_near_they_are() {
    let project = Project::new(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n"), ("c.rs", "fn a() {}\n")]);
    let mut chunks = project.chunks();
    let mut next = |stop| chunks.next(&project.index, &|_| false, 1, &move || stop).unwrap();
    assert_eq!(next(true), []);
    let (one, two, three, none) = (next(false), next(false), next(false), next(false));
    assert_eq!([one.len(), two.len(), three.len(), none.len()], [1, 1, 1, 0]);
    let near = [(two[0].id, 0.25), (one[0].id, 0.5)];
    let hits = chunks.hits(&project.index, &near);
    let told: Vec<String> = hits.iter().map(|hit| format!("{} {}", hit.path, hit.why[0])).collect();
    assert_eq!(told, ["a.rs meaning:0.50", "b.rs meaning:0.25"]);
    assert_eq!(chunks.ids(&project.index).len(), 3);
}

#[test]
fn a_file_that_changed_after_the_index_was_made_is_not_given_out_by_its_old_lines() {
    let project = Project::new(&[("a.rs", "fn a() {}\n")]);
    std::fs::write(project.folder.path().join("project/a.rs"), "fn other() {}\n").unwrap();
    assert_eq!(project.texts(&|_| false), []);
}
