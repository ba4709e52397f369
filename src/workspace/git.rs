//! The little that is asked of git: where the work tree begins and what the branch is called.
//! Nothing of the repository's configuration is executed: no hook, no filter, no fsmonitor, no pager.

use std::path::{Path, PathBuf};

use git2::{Repository, RepositoryOpenFlags};

/// The nearest folder at or above `start` (canonical) that holds a `.git`: a folder with a `HEAD`, or
/// the one-line file of a linked work tree or a submodule (gitrepository-layout(5)).
pub(super) fn work_tree(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| is_git(&folder.join(".git"))).map(Path::to_owned)
}

fn is_git(path: &Path) -> bool {
    if path.is_dir() {
        return path.join("HEAD").symlink_metadata().is_ok();
    }
    path.is_file() && std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"gitdir:"))
}

/// The branch of the work tree at `root`, also one without commits; a short commit id when detached.
pub(super) fn branch(root: &Path) -> Option<String> {
    let none: [&Path; 0] = [];
    let repository = Repository::open_ext(root, RepositoryOpenFlags::NO_SEARCH, none).ok()?;
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
