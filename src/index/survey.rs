//! Which files belong in an index, and why the others do not.

use crate::context::{holds_key, is_secret};
use crate::text::{Digest, Lines, RepoPath};
use crate::workspace::{ReadError, Stamp, Workspace};

/// Largest file that is indexed, in bytes. Larger ones are data, logs, or made by a program.
const MAX_FILE: u64 = 1 << 20;

/// Longest lines on average that a person may have written, in bytes.
const MAX_MEAN_LINE: usize = 400;

/// Names of files that a program writes and nobody reads.
const GENERATED: [&str; 14] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "cargo.lock",
    "poetry.lock",
    "uv.lock",
    "pipfile.lock",
    "composer.lock",
    "gemfile.lock",
    "go.sum",
    "flake.lock",
    "deno.lock",
];

/// Why a file is not in the index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skipped {
    /// It may hold secrets.
    Secret,
    Binary,
    /// More than 1 MiB.
    TooLarge,
    /// A lock file, or minified.
    Generated,
    /// Everything before it filled the index.
    OverLimit,
    Unreadable,
}

/// A file as it was found.
pub(super) enum Read {
    Text { lines: Lines, digest: Digest },
    Skipped(Skipped),
}

/// Reads the file if it belongs in an index that has `room` bytes left. What its name or its size
/// decides is decided without opening it.
pub(super) fn read(workspace: &Workspace, path: &RepoPath, stamp: Stamp, room: u64) -> Read {
    if let Some(why) = by_name(path, stamp.bytes) {
        return Read::Skipped(why);
    }
    if stamp.bytes > room {
        return Read::Skipped(Skipped::OverLimit);
    }
    match workspace.read(path) {
        Ok(Some(file)) => match by_text(&file.lines) {
            Some(why) => Read::Skipped(why),
            None => Read::Text { lines: file.lines, digest: file.digest },
        },
        Err(ReadError::Binary(_)) => Read::Skipped(Skipped::Binary),
        Err(ReadError::TooLarge { .. }) => Read::Skipped(Skipped::TooLarge),
        Ok(None) | Err(_) => Read::Skipped(Skipped::Unreadable),
    }
}

/// Why a file of this name and size stays out, whatever is in it.
pub(super) fn by_name(path: &RepoPath, bytes: u64) -> Option<Skipped> {
    let name = path.file_name().to_ascii_lowercase();
    if is_secret(path) {
        return Some(Skipped::Secret);
    }
    if GENERATED.contains(&name.as_str())
        || [".min.js", ".min.css", ".map"].iter().any(|end| name.ends_with(end))
    {
        return Some(Skipped::Generated);
    }
    (bytes > MAX_FILE).then_some(Skipped::TooLarge)
}

/// Why a file with this text stays out.
pub(super) fn by_text(lines: &Lines) -> Option<Skipped> {
    if holds_key(lines.bytes()) {
        return Some(Skipped::Secret);
    }
    // One long line is a data URL or a table; a whole file of them was not written by hand.
    let mean = lines.bytes().len() / lines.len().max(1);
    (mean > MAX_MEAN_LINE && lines.bytes().len() > 8 * MAX_MEAN_LINE).then_some(Skipped::Generated)
}
