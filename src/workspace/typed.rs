//! From a path as a person typed it to a file of the workspace.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use super::error::PathProblem;
use crate::text::RepoPath;

/// `root`: canonical. `cwd`: where a relative path starts. The file need not exist.
pub(super) fn resolve(typed: &Path, cwd: &Path, root: &Path) -> Result<RepoPath, PathProblem> {
    let path = without_dots(&cwd.join(typed));
    let inside = match path.strip_prefix(root) {
        Ok(inside) => inside.to_owned(),
        // The same place may be reached under another name: a link above the root, or in `cwd`.
        Err(_) => canonical(&path)
            .strip_prefix(root)
            .map(Path::to_owned)
            .map_err(|_| PathProblem::Outside { path: typed.to_owned(), root: root.to_owned() })?,
    };
    if inside.as_os_str().is_empty() {
        return Err(PathProblem::Root(typed.to_owned()));
    }
    let name = inside.to_str().ok_or_else(|| PathProblem::NotUtf8(typed.to_owned()))?;
    Ok(RepoPath::parse(name)?)
}

/// `.` and `..` resolved by name, as people mean them.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The path with links resolved as far as it exists.
fn canonical(path: &Path) -> PathBuf {
    let mut missing: Vec<OsString> = Vec::new();
    for folder in path.ancestors() {
        if let Ok(there) = folder.canonicalize() {
            return missing.iter().rev().fold(there, |path, name| path.join(name));
        }
        missing.extend(folder.file_name().map(OsString::from));
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(typed: &str, cwd: &str) -> Result<String, PathProblem> {
        let root = Path::new("/nowhere/project");
        resolve(Path::new(typed), Path::new(cwd), root).map(|path| path.to_string())
    }

    #[test]
    fn a_typed_path_is_understood_from_where_the_user_stands() {
        assert_eq!(resolved("a.rs", "/nowhere/project/src").unwrap(), "src/a.rs");
        assert_eq!(resolved("../b.rs", "/nowhere/project/src").unwrap(), "b.rs");
        assert_eq!(resolved("./x/../y", "/nowhere/project").unwrap(), "y");
        assert_eq!(resolved("/nowhere/project/z", "/elsewhere").unwrap(), "z");
        assert_eq!(resolved("project/z", "/nowhere").unwrap(), "z");
    }

    #[test]
    fn a_path_outside_is_refused_with_both_names() {
        for typed in ["/etc/passwd", "../../x", "/nowhere/project-evil/x", "../project/../../x"] {
            let problem = resolved(typed, "/nowhere/project").unwrap_err();
            assert!(matches!(problem, PathProblem::Outside { .. }), "{typed}: {problem}");
        }
        assert!(matches!(resolved(".", "/nowhere/project"), Err(PathProblem::Root(_))));
        assert!(matches!(resolved(".git/config", "/nowhere/project"), Err(PathProblem::Name(_))));
    }

    #[test]
    fn a_path_through_a_link_above_the_root_is_inside() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap().join("project");
        std::fs::create_dir(&root).unwrap();
        let link = temp.path().join("link");
        std::os::unix::fs::symlink(&root, &link).unwrap();
        assert_eq!(resolve(Path::new("new/a"), &link, &root).unwrap().as_str(), "new/a");
    }
}
