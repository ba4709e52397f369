//! Which files a project has: everything below the root that git-ignore rules do not hide, in a
//! folder without a repository as well. Links are not followed, so nothing is listed twice.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, Walk, WalkBuilder};

use super::record::TempName;
use crate::text::RepoPath;

/// What the file system says of a file. While it stays the same, so do the bytes, unless they were
/// written within the clock's last tick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Length in bytes.
    pub bytes: u64,
    /// Last change of the contents, in nanoseconds since 1970.
    pub modified: i64,
    /// Last change of the file's own record, which no program sets at will, in nanoseconds since 1970.
    pub changed: i64,
    pub inode: u64,
}

/// Sorted. `own`: a folder of ours that may lie inside and is never listed. Blocking; asks `stop`
/// before every entry and returns what it has when told to.
pub(super) fn files(root: &Path, own: &Path, stop: &dyn Fn() -> bool) -> Vec<RepoPath> {
    let entries = walk(root, own).take_while(|_| !stop()).flatten();
    let mut files: Vec<RepoPath> = entries.filter_map(|entry| project_file(root, &entry)).collect();
    files.sort();
    files
}

/// As [`files`], each with its stamp.
pub(super) fn stamped(root: &Path, own: &Path, stop: &dyn Fn() -> bool) -> Vec<(RepoPath, Stamp)> {
    let entries = walk(root, own).take_while(|_| !stop()).flatten();
    let stamped = entries.filter_map(|entry| {
        let path = project_file(root, &entry)?;
        let about = entry.metadata().ok()?;
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        let stamp = Stamp {
            bytes: about.len(),
            modified: nanoseconds(about.mtime(), about.mtime_nsec()),
            changed: nanoseconds(about.ctime(), about.ctime_nsec()),
            inode: about.ino(),
        };
        Some((path, stamp))
    });
    let mut files: Vec<(RepoPath, Stamp)> = stamped.collect();
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    files
}

/// The folders that ignore rules do not hide, the root (an empty name) among them, as paths below the root;
/// `None` when there are more than `most`. Blocking; asks `stop` before every entry.
pub(super) fn folders(root: &Path, own: &Path, most: usize, stop: &dyn Fn() -> bool) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let entries = walk(root, own).take_while(|_| !stop()).flatten();
    for entry in entries.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_dir())) {
        if found.len() == most {
            return None;
        }
        let below = entry.path().strip_prefix(root).ok().and_then(Path::to_str);
        found.extend(below.map(ToOwned::to_owned));
    }
    Some(found)
}

/// What the file system says of one file, if the project could have it.
pub(super) fn stamp(stat: &rustix::fs::Stat) -> Stamp {
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Stamp {
        bytes: u64::try_from(stat.st_size).unwrap_or(0),
        modified: nanoseconds(stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or(0)),
        changed: nanoseconds(stat.st_ctime, i64::try_from(stat.st_ctime_nsec).unwrap_or(0)),
        inode: stat.st_ino,
    }
}

/// The files and folders that ignore rules hide, the topmost only, as paths below the root; sorted, at
/// most `limit`.
pub(super) fn ignored(root: &Path, own: &Path, limit: usize, stop: &dyn Fn() -> bool) -> Vec<String> {
    let shown: HashSet<PathBuf> =
        walk(root, own).take_while(|_| !stop()).flatten().map(DirEntry::into_path).collect();
    let seen = shown.clone();
    let own = own.to_owned();
    // A hidden folder is reported and not entered: there may be a million files in it.
    let everything = WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(false)
        .filter_entry(move |entry| {
            let within =
                entry.path().parent().is_none_or(|folder| entry.depth() < 2 || seen.contains(folder));
            within && entry.path() != own && !is_metadata(entry)
        })
        .build();
    let hidden = everything.take_while(|_| !stop()).flatten().filter(|entry| !shown.contains(entry.path()));
    let name = |entry: DirEntry| {
        let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let path = entry.path().strip_prefix(root).ok()?.to_string_lossy().into_owned();
        Some(if folder { path + "/" } else { path })
    };
    let mut hidden: Vec<String> = hidden.filter_map(name).take(limit).collect();
    hidden.sort();
    hidden
}

fn walk(root: &Path, own: &Path) -> Walk {
    let own = own.to_owned();
    WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .require_git(false)
        .follow_links(false)
        .filter_entry(move |entry| entry.path() != own && !is_metadata(entry))
        .build()
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
    fn what_rules_hide_is_named_by_its_topmost_folder() {
        let project = Project::new(&[
            (".gitignore", "target/\n*.log\n"),
            ("a.rs", ""),
            ("b/x.log", ""),
            ("b/c", ""),
            ("target/debug/out", ""),
            (".git/HEAD", ""),
        ]);
        let root = project.root();
        let hidden = |limit| ignored(&root, Path::new("/nowhere"), limit, &|| false);
        assert_eq!(hidden(9), ["b/x.log", "target/"]);
        assert_eq!(hidden(1).len(), 1);
    }

    #[test]
    fn a_stamp_changes_with_the_file() {
        let project = Project::new(&[("a", "1"), ("b", "1")]);
        let stamps = || stamped(&project.root(), Path::new("/nowhere"), &|| false);
        let before = stamps();
        assert_eq!(before.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        project.write("a", "22");
        let after = stamps();
        assert_ne!(before[0], after[0]);
        assert_eq!(before[1], after[1]);
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
