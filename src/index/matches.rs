//! The lines that match a regular expression, as `grep -n` gives them: for whoever asks who calls or sets
//! something, and wants all of it, in order.

use super::grep::{PatternError, compiled};
use crate::context::search::Corpus;
use crate::context::{holds_key, is_secret};
use crate::text::{Lines, RepoPath};
use crate::workspace::Workspace;

/// A line that matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MatchedLine {
    pub path: RepoPath,
    /// From 0.
    pub line: usize,
}

/// Lines that match, file after file, and the texts that they are of.
pub type Matched = (Vec<MatchedLine>, Vec<(RepoPath, Lines)>);

/// At most `most` lines of the files that `wanted` names, file after file; and the texts that they are of.
/// `as_seen` gives a file as a person has it on screen, where that differs. A file that holds a key by now
/// has no lines here. Blocking: reads the files;
/// asks `stop` between them.
///
/// # Errors
/// `pattern` is not a regular expression, or would take too much memory.
pub fn matched_lines(
    workspace: &Workspace,
    corpus: &Corpus,
    pattern: &str,
    wanted: &dyn Fn(&RepoPath) -> bool,
    as_seen: &dyn Fn(&RepoPath) -> Option<Lines>,
    most: usize,
    stop: &dyn Fn() -> bool,
) -> Result<Matched, PatternError> {
    let regex = compiled(pattern)?;
    let (mut found, mut texts) = (Vec::new(), Vec::new());
    for member in corpus.files().iter().filter(|member| wanted(member.path())) {
        if stop() || found.len() >= most {
            break;
        }
        let path = member.path();
        // What the index let in may be a link to something else by now.
        let read = || workspace.read(path).ok().flatten().filter(|file| !is_secret(&file.path));
        let text = as_seen(path).or_else(|| read().map(|file| file.lines));
        // A key may have been typed, or saved, since the index looked.
        let shown = |text: &Lines| regex.is_match(text.bytes()) && !holds_key(text.bytes());
        let Some(text) = text.filter(shown) else {
            continue;
        };
        let matches = |line: &usize| text.text(*line).is_some_and(|line| regex.is_match(line));
        let lines = text.span().as_range().filter(matches).take(most - found.len());
        let before = found.len();
        found.extend(lines.map(|line| MatchedLine { path: path.clone(), line }));
        if found.len() > before {
            texts.push((path.clone(), text));
        }
    }
    Ok((found, texts))
}

#[cfg(test)]
mod tests {
    use crate::text::Lines;
    use crate::workspace::{StateDirs, Workspace};

    use super::*;

    #[test]
    fn what_came_since_the_index_looked_is_judged_as_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir(&root).unwrap();
        for name in ["link", "saved", "typed", "plain", ".env"] {
            std::fs::write(root.join(name), "WORD\n").unwrap();
        }
        let dirs = StateDirs { state: folder.path().join("state") };
        let workspace = Workspace::open_folder(&root, dirs).unwrap();
        let path = |name: &str| RepoPath::parse(name).unwrap();
        let entry = |name: &str| {
            let entry = crate::context::search::Entry::of(&path(name), &Lines::from("WORD\n"));
            crate::context::search::Member::new(path(name), std::sync::Arc::new(entry))
        };
        let corpus = Corpus::new(["link", "plain", "saved", "typed"].map(entry).into());
        let key = "-----BEGIN PRIVATE KEY-----\nWORD\n";
        std::fs::remove_file(root.join("link")).unwrap();
        std::os::unix::fs::symlink(".env", root.join("link")).unwrap();
        std::fs::write(root.join("saved"), key).unwrap();
        let on_screen = |at: &RepoPath| (*at == path("typed")).then(|| Lines::from(key));
        let found = matched_lines(&workspace, &corpus, "WORD", &|_| true, &on_screen, 9, &|| false).unwrap();
        assert_eq!(found.0, [MatchedLine { path: path("plain"), line: 0 }]);
    }
}
