//! The little that is asked of git: where the work tree begins, what the branch is called, what a
//! sparse checkout leaves out.
//! Nothing of the repository's configuration is executed: no hook, no filter, no fsmonitor, no pager.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use git2::{IndexEntryExtendedFlag, Repository, RepositoryOpenFlags};

/// The nearest folder at or above `start` (canonical) that holds a `.git`: a folder with a `HEAD`, or
/// the one-line file of a linked work tree or a submodule (gitrepository-layout(5)).
pub(super) fn work_tree(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| is_work_tree(folder)).map(Path::to_owned)
}

pub(super) fn is_work_tree(folder: &Path) -> bool {
    let git = folder.join(".git");
    if git.is_dir() {
        return git.join("HEAD").symlink_metadata().is_ok();
    }
    git.is_file() && begins(&git, b"gitdir:")
}

fn begins(file: &Path, with: &[u8]) -> bool {
    let mut head = Vec::new();
    let read = File::open(file).and_then(|file| file.take(with.len() as u64).read_to_end(&mut head));
    read.is_ok() && head == with
}

/// Was this checkout told to leave files out (git-sparse-checkout(1))?
pub(super) fn is_sparse(root: &Path) -> bool {
    let git = root.join(".git");
    let git =
        if git.is_dir() { Some(git) } else { open(root).map(|repository| repository.path().to_owned()) };
    git.is_some_and(|git| git.join("info/sparse-checkout").is_file())
}

/// Does the index hold `path` (relative to `root`) with the mark that it is not to be in the work tree?
pub(super) fn skips(root: &Path, path: &str) -> bool {
    let entry = open(root)
        .and_then(|repository| repository.index().ok())
        .and_then(|index| index.get_path(Path::new(path), 0));
    let mark = IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
    entry.is_some_and(|entry| entry.flags_extended & mark != 0)
}

pub(super) fn open(root: &Path) -> Option<Repository> {
    let none: [&Path; 0] = [];
    Repository::open_ext(root, RepositoryOpenFlags::NO_SEARCH, none).ok()
}

/// The branch of the work tree at `root`, also one without commits; a short commit id when detached.
pub(super) fn branch(root: &Path) -> Option<String> {
    let repository = open(root)?;
    let head = repository.find_reference("HEAD").ok()?;
    if let Ok(Some(target)) = head.symbolic_target() {
        return Some(target.strip_prefix("refs/heads/").unwrap_or(target).to_owned());
    }
    head.target().map(|id| id.to_string().chars().take(8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(root: &Path) -> Repository {
        let repository = Repository::init(root).unwrap();
        let who = git2::Signature::now("a", "a@example.org").unwrap();
        let tree = repository.treebuilder(None).unwrap().write().unwrap();
        {
            let tree = repository.find_tree(tree).unwrap();
            repository.commit(Some("HEAD"), &who, &who, "first", &tree, &[]).unwrap();
        }
        repository
    }

    #[test]
    fn the_work_tree_is_found_from_below_also_a_linked_one() {
        let temp = tempfile::tempdir().unwrap();
        let temp = temp.path().canonicalize().unwrap();
        let (main, linked) = (temp.join("main"), temp.join("linked"));
        let repository = committed(&main);
        repository.worktree("linked", &linked, None).unwrap();
        std::fs::create_dir_all(main.join("a/b")).unwrap();
        assert_eq!(work_tree(&main.join("a/b")), Some(main.clone()));
        assert_eq!(work_tree(&linked), Some(linked.clone()));
        assert_eq!(branch(&linked).as_deref(), Some("linked"));
    }

    #[test]
    fn an_empty_git_folder_is_no_work_tree() {
        let temp = tempfile::tempdir().unwrap();
        let temp = temp.path().canonicalize().unwrap();
        std::fs::create_dir(temp.join(".git")).unwrap();
        assert_ne!(work_tree(&temp), Some(temp));
    }

    #[test]
    fn the_branch_has_a_name_before_the_first_commit_and_an_id_when_detached() {
        let temp = tempfile::tempdir().unwrap();
        let unborn = temp.path().join("unborn");
        Repository::init(&unborn).unwrap().set_head("refs/heads/fresh/start").unwrap();
        assert_eq!(branch(&unborn).as_deref(), Some("fresh/start"));

        let detached = temp.path().join("detached");
        let repository = committed(&detached);
        let id = repository.head().unwrap().target().unwrap();
        repository.set_head_detached(id).unwrap();
        assert_eq!(branch(&detached), Some(id.to_string()[..8].to_owned()));
        assert_eq!(branch(temp.path()), None);
    }

    #[test]
    fn nothing_the_repository_configures_is_run() {
        let temp = tempfile::tempdir().unwrap();
        let trap = temp.path().join("trapped");
        committed(temp.path());
        let command = format!("touch {}", trap.display());
        let config = format!(
            "[core]\n\tfsmonitor = {command}\n\thooksPath = .\n\tpager = {command}\n[alias]\n\tstatus = !{command}\n"
        );
        std::fs::write(temp.path().join(".git/config"), config).unwrap();
        branch(temp.path());
        work_tree(temp.path());
        assert!(!trap.exists());
    }
}
