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
