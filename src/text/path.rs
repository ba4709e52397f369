//! Names of files inside a workspace. A [`RepoPath`] can only be made by [`RepoPath::parse`], so a
//! path that climbs out of the workspace, or into version-control metadata under any spelling, is a
//! value that cannot exist. Whether a path may be *changed* is not known here; that is
//! `change::scope`. Whether something lies at the path on disk is not known here; that is
//! `workspace`.

use std::fmt;
use std::sync::Arc;

/// Longest path accepted, in bytes: Linux `PATH_MAX`, the tightest limit we meet in practice.
const MAX_BYTES: usize = 4096;

/// Folders that belong to a version-control system. Nothing below them is a file of the project.
const METADATA: [&str; 4] = [".git", ".hg", ".svn", ".jj"];

/// A path relative to the workspace root: `/`-separated, no empty, `.` or `..` component, no
/// control character, and no component that a file system could fold into a metadata folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

/// Why a string is not a [`RepoPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("the path is empty")]
    Empty,
    #[error("`{0}` is absolute; paths are relative to the workspace root")]
    Absolute(String),
    #[error("`{0}` leaves the workspace or has an empty or `.` component")]
    NotNormal(String),
    #[error("`{0}` has a control character or a backslash in it")]
    Unprintable(String),
    #[error("`{0}` lies in version-control metadata, which no change may touch")]
    Metadata(String),
    #[error("the path is {0} bytes long; the limit is {MAX_BYTES}")]
    TooLong(usize),
}

impl RepoPath {
    /// The only way to make one.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let shown = || path.escape_debug().to_string();
        if path.is_empty() {
            return Err(PathError::Empty);
        }
        if path.len() > MAX_BYTES {
            return Err(PathError::TooLong(path.len()));
        }
        if path.starts_with('/') || has_drive_letter(path) {
            return Err(PathError::Absolute(shown()));
        }
        if path.chars().any(|c| c.is_control() || c == '\\') {
            return Err(PathError::Unprintable(shown()));
        }
        for component in path.split('/') {
            if matches!(component, "" | "." | "..") {
                return Err(PathError::NotNormal(shown()));
            }
            if METADATA.contains(&folded(component).as_str()) {
                return Err(PathError::Metadata(shown()));
            }
        }
        Ok(Self(path.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The text after the last dot of the file name; `None` for `Makefile` and `.bashrc`.
    pub fn extension(&self) -> Option<&str> {
        let (stem, extension) = self.file_name().rsplit_once('.')?;
        (!stem.is_empty()).then_some(extension)
    }

    /// The path with every component folded as the most lenient file system would fold it, for
    /// policy look-ups: `.CURSOR./mcp.json` and `.cursor/mcp.json` are one name here.
    pub fn folded(&self) -> String {
        self.components().map(folded).collect::<Vec<_>>().join("/")
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for RepoPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for RepoPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = String::deserialize(deserializer)?;
        Self::parse(&path).map_err(serde::de::Error::custom)
    }
}

fn has_drive_letter(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// One component as case-insensitive, normalising and DOS-compatible file systems see it
/// (CVE-2014-9390, CVE-2019-1352): lower case, ignorable code points gone, trailing dots and blanks
/// gone, `NAME::$STREAM` cut, `GIT~1` undone.
fn folded(component: &str) -> String {
    let visible: String = component
        .chars()
        .filter(|c| !is_ignorable(*c))
        .map(fullwidth_to_ascii)
        .flat_map(char::to_lowercase)
        .collect();
    let main_stream = visible.split(':').next().unwrap_or_default();
    let trimmed = main_stream.trim_end_matches(['.', ' ']);
    match trimmed {
        "git~1" => ".git".to_owned(),
        "hg~1" => ".hg".to_owned(),
        "svn~1" => ".svn".to_owned(),
        other => other.to_owned(),
    }
}

/// Code points that HFS+ drops when it compares names, and their kin.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Compatibility forms that normalising file systems fold to ASCII.
fn fullwidth_to_ascii(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xff01 + 0x21).unwrap_or(c),
        '\u{2024}' => '.',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_kept_as_written() {
        for path in ["a", "src/main.rs", ".github/workflows/ci.yml", "naïve/файл.txt", ".gitignore", "a b/c"]
        {
            assert_eq!(RepoPath::parse(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn paths_that_leave_the_workspace_cannot_be_made() {
        for path in
            ["", "/etc/passwd", "..", "a/../b", "./a", "a//b", "a/", "C:/x", "c:x", "a\\b", "a\nb", "a\0b"]
        {
            assert!(RepoPath::parse(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn metadata_is_recognised_under_every_disguise() {
        for path in [
            ".git/config",
            ".GIT/config",
            "sub/.git/hooks/x",
            ".g\u{200c}it/config",
            ".git./config",
            ".git /config",
            "GIT~1/config",
            ".git::$INDEX_ALLOCATION/config",
            ".hg/hgrc",
            ".jj/x",
            "\u{ff0e}git/config",
            ".\u{ff47}it/x",
        ] {
            assert!(matches!(RepoPath::parse(path), Err(PathError::Metadata(_))), "{path:?}");
        }
    }

    #[test]
    fn extension_is_that_of_the_file_name() {
        let extension = |p: &str| RepoPath::parse(p).unwrap().extension().map(str::to_owned);
        assert_eq!(extension("a.d/b.tar.gz").as_deref(), Some("gz"));
        assert_eq!(extension("a.d/Makefile"), None);
        assert_eq!(extension(".bashrc"), None);
    }
}
