//! Every pair of states on a real repository, what has no lines, and taking back.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use git2::Repository;

use super::*;
use crate::workspace::fixture::{Project, compared, land, sums, take_all_back};

fn commit(project: &Project) -> Repository {
    let repository = Repository::init(project.root()).unwrap();
    record(&repository);
    repository
}

fn record(repository: &Repository) {
    let mut index = repository.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    index.update_all(["*"], None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let who = git2::Signature::now("a", "a@example.org").unwrap();
    let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = parent.iter().collect();
    repository.commit(Some("HEAD"), &who, &who, "c", &tree, &parents).unwrap();
}

/// Each file as `name: +added -removed`, each remark as `name: words`.
fn told(project: &Project, what: &Comparison) -> Vec<String> {
    let (review, remarks) = compared(project, what, &[]);
    let mut all = [sums(&review), remarks].concat();
    all.sort();
    all
}

#[test]
fn every_pair_of_states_tells_its_own_difference() {
    let project = Project::new(&[("a", "1\n"), ("b", "1\n")]);
    let repository = commit(&project);
    project.write("a", b"1\n2\n");
    let mut index = repository.index().unwrap();
    index.add_path(Path::new("a")).unwrap();
    index.write().unwrap();
    project.write("b", b"");
    project.write("new", b"x\n");
    assert_eq!(told(&project, &Comparison::Git(Trees::Unstaged)), ["b: +0 -1", "new: +1 -0"]);
    assert_eq!(told(&project, &Comparison::Git(Trees::Staged)), ["a: +1 -0"]);
    assert_eq!(
        told(&project, &Comparison::Git(Trees::Since("HEAD".into()))),
        ["a: +1 -0", "b: +0 -1", "new: +1 -0"]
    );
    record(&repository);
    assert_eq!(
        told(&project, &Comparison::Git(Trees::parse("HEAD~1.."))),
        ["a: +1 -0", "b: +0 -1", "new: +1 -0"]
    );
    let nowhere = project.open().compare(&Comparison::Git(Trees::Since("nope".into())), &[], &mut |_| true);
    assert!(nowhere.unwrap_err().to_string().starts_with("`nope` is no commit here"));
}

#[test]
fn what_has_no_lines_is_remarked_and_never_left_out() {
    let project = Project::new(&[("run", "#!/bin/sh\n"), ("image", "\0old"), ("old.rs", "a\nb\nc\nd\n")]);
    symlink("run", project.root().join("link")).unwrap();
    let _repository = commit(&project);
    let run = project.root().join("run");
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o755)).unwrap();
    project.write("image", b"\0new");
    std::fs::remove_file(project.root().join("link")).unwrap();
    symlink("image", project.root().join("link")).unwrap();
    std::fs::rename(project.root().join("old.rs"), project.root().join("new.rs")).unwrap();
    project.write("new.rs", b"a\nb\nC\nd\n");
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
    std::fs::write(project.root().join(odd), "x\n").unwrap();
    std::fs::write(project.root().join("esc\u{1b}[2J"), "x\n").unwrap();
    let told = told(&project, &Comparison::Git(Trees::Since("HEAD".into())));
    let starts = [
        "caf\\xE9: its name is not UTF-8",
        "esc␛[2J: it cannot be reviewed here",
        "image: binary",
        "link: a symbolic link that leads elsewhere",
        "new.rs: +1 -1",
        "new.rs: renamed from old.rs",
        "run: mode 100644 → 100755",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (one, start) in told.iter().zip(starts) {
        assert!(one.starts_with(start), "{one} for {start}");
    }
}

#[test]
fn a_checkout_with_crlf_differs_only_where_it_was_changed() {
    let project = Project::new(&[("a", "1\n2\n3\n"), (".gitattributes", "* text eol=crlf\n")]);
    let _repository = commit(&project);
    project.write("a", b"1\r\nx\r\n3\r\n");
    let only = [RepoPath::parse("a").unwrap()];
    let (review, _) = compared(&project, &Comparison::Git(Trees::Unstaged), &only);
    assert_eq!(review.hunks().count(), 1);
    let id = take_all_back(&project, review);
    assert_eq!(project.text("a").unwrap(), "1\r\n2\r\n3\r\n");
    project.open().undo(Some(&id)).unwrap();
    assert_eq!(project.text("a").unwrap(), "1\r\nx\r\n3\r\n");
}

#[test]
fn a_file_that_comes_back_is_what_it_was() {
    let project = Project::new(&[("run*", "#!/bin/sh\n"), ("text", "x\n"), ("private", "y\n")]);
    let _repository = commit(&project);
    let mode =
        |name: &str| std::fs::metadata(project.root().join(name)).unwrap().permissions().mode() & 0o7777;
    let (run, text) = (mode("run"), mode("text"));
    // Git keeps one bit of the mode; the journal, for what rein wrote or removed, all of them.
    project.chmod("private", 0o600);
    land(&project.open(), &[("private", None)]).unwrap();
    for name in ["run", "text"] {
        std::fs::remove_file(project.root().join(name)).unwrap();
    }
    let (review, _) = compared(&project, &Comparison::Git(Trees::Since("HEAD".into())), &[]);
    take_all_back(&project, review);
    assert_eq!(project.text("run").unwrap(), "#!/bin/sh\n");
    assert_ne!(run & 0o111, 0);
    assert_eq!((mode("run"), mode("text"), mode("private")), (run, text, 0o600));
}
