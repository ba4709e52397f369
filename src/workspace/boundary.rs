//! Where a project ends although the folder goes on: a repository inside the repository, a file that a
//! sparse checkout left out, a pointer that stands for a large file. A change meant for the project
//! would be made in the wrong place there, so it is refused with the reason. Looked at only where it is
//! cheap; what is in an index nobody asked to be sparse is not read.

use std::path::Path;

use super::git;
use crate::text::RepoPath;

/// Longest pointer, in bytes (Git LFS specification, "The Pointer").
const LONGEST_POINTER: usize = 1024;

/// The nearest folder above `path` and below `root` that is a repository of its own: a submodule, a
/// linked work tree, a clone.
pub(super) fn nested(root: &Path, path: &RepoPath) -> Option<RepoPath> {
    std::iter::successors(super::tree::parent(path), super::tree::parent)
        .find(|folder| git::is_work_tree(&root.join(folder.as_str())))
}

/// Is a file that is not there in the repository all the same, and left out of this checkout?
pub(super) fn left_out(root: &Path, path: &RepoPath) -> bool {
    git::is_sparse(root) && git::skips(root, path.as_str())
}

/// Does this text stand for a file that Git LFS keeps elsewhere?
pub(super) fn is_pointer(text: &[u8]) -> bool {
    let begins = text.starts_with(b"version https://git-lfs.github.com/spec/");
    let names_sum = || text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"oid sha256:"));
    begins && text.len() < LONGEST_POINTER && names_sum()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Project, path};
    use super::super::{ReadError, WriteError};
    use super::*;
    use crate::workspace::Workspace;

    const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
        oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

    #[test]
    fn a_repository_inside_is_a_boundary_unless_one_starts_there() {
        let project = Project::new(&[
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("src/a", "a"),
            ("sub/.git", "gitdir: ../.git/modules/sub\n"),
            ("sub/deep/a", "a"),
            ("clone/.git/HEAD", "ref: refs/heads/main\n"),
            ("clone/a", "a"),
            ("not/.git", "a file that only looks like it"),
            ("not/a", "a"),
        ]);
        let workspace = project.open();
        for (inside, nested) in [("sub/deep/a", "sub"), ("sub/new", "sub"), ("clone/a", "clone")] {
            let refused = workspace.permits(&path(inside)).unwrap_err();
            assert!(matches!(&refused, WriteError::Nested { repository, .. } if *repository == path(nested)));
            assert!(refused.to_string().contains(&format!("`{nested}`")), "{refused}");
        }
        for own in ["src/a", "new", "not/a"] {
            workspace.permits(&path(own)).unwrap();
        }
        let sub = Workspace::open(&project.root().join("sub/deep"), project.dirs()).unwrap();
        sub.permits(&path("deep/a")).unwrap();
    }

    #[test]
    fn a_pointer_is_not_the_file_it_stands_for() {
        let near = POINTER.replace("oid sha256:", "see also ");
        let long = format!("{POINTER}{}", "x".repeat(1024));
        let project = Project::new(&[("big.png", POINTER), ("near", &near), ("long", &long)]);
        let workspace = project.open();
        let refused = workspace.read(&path("big.png")).unwrap_err();
        assert!(matches!(refused, ReadError::Pointer(_)), "{refused}");
        workspace.read(&path("near")).unwrap();
        workspace.read(&path("long")).unwrap();
    }

    #[test]
    fn a_file_that_a_sparse_checkout_left_out_is_not_a_new_file() {
        let project = Project::new(&[("in/a", "a"), ("out/b", "b")]);
        let repository = git2::Repository::init(project.root()).unwrap();
        let mut index = repository.index().unwrap();
        index.add_path(Path::new("in/a")).unwrap();
        index.add_path(Path::new("out/b")).unwrap();
        let mut entry = index.get_path(Path::new("out/b"), 0).unwrap();
        entry.flags |= git2::IndexEntryFlag::EXTENDED.bits();
        entry.flags_extended |= git2::IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
        index.add(&entry).unwrap();
        index.write().unwrap();
        std::fs::remove_dir_all(project.root().join("out")).unwrap();
        let workspace = project.open();
        assert!(workspace.read(&path("out/b")).unwrap().is_none(), "nobody said sparse");

        project.write(".git/info/sparse-checkout", "/in/\n");
        let refused = workspace.read(&path("out/b")).unwrap_err();
        assert!(matches!(refused, ReadError::LeftOut(_)), "{refused}");
        assert!(workspace.read(&path("out/new")).unwrap().is_none());
        assert!(workspace.read(&path("in/a")).unwrap().is_some());
    }
}
