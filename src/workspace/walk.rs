//! Which files a project has: everything below the root that git-ignore rules do not hide, in a
//! folder without a repository as well. Links are not followed, so nothing is listed twice.

use std::path::Path;

use ignore::{DirEntry, WalkBuilder};

use super::record::TempName;
use crate::text::RepoPath;

/// Sorted. `own`: a folder of ours that may lie inside and is never listed. Blocking; asks `stop`
/// before every entry and returns what it has when told to.
pub(super) fn files(root: &Path, own: &Path, stop: &dyn Fn() -> bool) -> Vec<RepoPath> {
    let own = own.to_owned();
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .require_git(false)
        .follow_links(false)
        .filter_entry(move |entry| entry.path() != own && !is_metadata(entry))
        .build();
    let mut files: Vec<RepoPath> =
        walk.take_while(|_| !stop()).flatten().filter_map(|entry| project_file(root, &entry)).collect();
    files.sort();
    files
}

fn is_metadata(entry: &DirEntry) -> bool {
    // The root itself may be called anything.
    entry.depth() > 0 && matches!(entry.file_name().to_str(), Some(".git" | ".hg" | ".svn" | ".jj"))
}

/// A regular file with a name that a change can carry.
fn project_file(root: &Path, entry: &DirEntry) -> Option<RepoPath> {
    entry.file_type().filter(std::fs::FileType::is_file)?;
    let path = RepoPath::parse(entry.path().strip_prefix(root).ok()?.to_str()?).ok()?;
    TempName::parse(path.file_name()).is_none().then_some(path)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::fixture::Project;
    use super::*;

    fn listed(project: &Project) -> Vec<String> {
        project.open().files(&|| false).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn files_are_what_git_would_show_sorted() {
        let project = Project::new(&[
            (".gitignore", "target/\n*.log\n!keep.log\n"),
            ("b.rs", ""),
            ("a/z.rs", ""),
            ("a/.gitignore", "private\n"),
            ("a/private", ""),
            (".github/ci.yml", ""),
            ("target/out", ""),
            ("x.log", ""),
            ("keep.log", ""),
            (".git/HEAD", "ref: refs/heads/main"),
            (".git/info/exclude", "excluded\n"),
            ("excluded", ""),
            (".rein-0123456789abcdef.tmp", "staged by a landing at this moment"),
        ]);
        std::os::unix::fs::symlink("b.rs", project.root().join("link")).unwrap();
        let expected = [".github/ci.yml", ".gitignore", "a/.gitignore", "a/z.rs", "b.rs", "keep.log"];
        assert_eq!(listed(&project), expected);
    }

    #[test]
    fn ignore_rules_hold_without_a_repository_too() {
        let project = Project::new(&[(".gitignore", "out\n"), ("out", ""), ("in", "")]);
        assert_eq!(listed(&project), [".gitignore", "in"]);
    }

    #[test]
    fn the_walk_stops_when_told_to() {
        let project = Project::new(&[("a", ""), ("b", ""), ("c", ""), ("d", "")]);
        let asked = Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) >= 2;
        assert!(project.open().files(&stop).len() < 3);
    }

    #[test]
    fn our_own_state_is_never_listed_wherever_it_lies() {
        let project = Project::new(&[("a", ""), ("state/x", "")]);
        let files = files(&project.root(), &project.root().join("state"), &|| false);
        assert_eq!(files.len(), 1);
    }
}
