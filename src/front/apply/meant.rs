//! Which file a model means by a name that is no file's: it saw the project under another root, or
//! gave only the end of a path. Pure; a name is resolved to one file or to none.

use std::path::Path;

use crate::text::RepoPath;

/// The one file of `files` (the project's) meant by `name`, in a project whose folder is `root`.
pub fn meant(name: &str, root: &Path, files: &[RepoPath]) -> Option<RepoPath> {
    if name.split(['/', '\\']).any(|part| part == "..") {
        return None;
    }
    let named = |path: &str| files.iter().find(|file| file.as_str() == path).cloned();
    if let Some(below) = name.strip_prefix('/') {
        // Another root: the longest end of the path that is a file here.
        let mut rest = below;
        loop {
            if let Some(file) = named(rest) {
                return Some(file);
            }
            rest = rest.split_once('/')?.1;
        }
    }
    let name = name.strip_prefix("./").unwrap_or(name);
    let folder = root.file_name().and_then(|folder| folder.to_str());
    if let Some((first, rest)) = name.split_once('/')
        && Some(first) == folder
        && let Some(file) = named(rest)
    {
        return Some(file);
    }
    let end = format!("/{name}");
    let mut ending = files.iter().filter(|file| file.as_str().ends_with(&end));
    let file = ending.next()?;
    ending.next().is_none().then(|| file.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Option<String> {
        let files = ["src/a.rs", "src/b/mod.rs", "src/c/mod.rs", "x/src/d.rs", "d.rs"];
        let files: Vec<RepoPath> = files.iter().map(|file| RepoPath::parse(file).unwrap()).collect();
        meant(name, Path::new("/home/me/work"), &files).map(|file| file.to_string())
    }

    #[test]
    fn another_root_or_a_missing_one_is_seen_through() {
        for name in ["/somewhere/else/src/a.rs", "/src/a.rs", "work/src/a.rs", "a.rs"] {
            assert_eq!(named(name).as_deref(), Some("src/a.rs"), "{name}");
        }
        assert_eq!(named("b/mod.rs").as_deref(), Some("src/b/mod.rs"));
        assert_eq!(named("/tmp/x/src/d.rs").as_deref(), Some("x/src/d.rs"));
    }

    #[test]
    fn what_could_be_two_files_or_lies_outside_is_none() {
        for name in ["mod.rs", "../src/a.rs", "/up/../src/a.rs", "lib/a.rs", "s/a.rs", "z.rs", "", "/"] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
