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
