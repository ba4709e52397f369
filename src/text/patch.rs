//! Unified diffs as git writes and takes them.

use super::{Lines, RepoPath};

/// One file's part of a patch (`diff --git …`), byte-exact, accepted by `git apply`. `old` is `None`
/// for a file that is created, `new` for one that is deleted; empty when nothing changed.
/// `executable`: the file's mode is 100755.
pub fn unified(path: &RepoPath, old: Option<&Lines>, new: Option<&Lines>, executable: bool) -> Vec<u8> {
    let _ = (path, old, new, executable);
    todo!()
}
