//! What a model was shown in answer to a question, whole, as it was read: files, and commits with what
//! they said and changed. A source that is not in here was made up, or remembered.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::quote;
use super::{Checked, Doubt};
use crate::text::{Lines, RepoPath, Span};

/// All that a source may name.
#[derive(Clone, Default, Debug)]
pub struct Evidence {
    files: BTreeMap<RepoPath, Lines>,
    /// By id; one that was shown several times, of several files, stands there as often.
    commits: BTreeMap<String, Vec<Arc<ShownCommit>>>,
}

/// A commit as it was shown: its message, and what it changed as far as that was shown too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownCommit {
    id: String,
    /// As it was given.
    words: String,
    diff: String,
    /// Its head and message, and then the differences.
    text: Lines,
    /// Each side of the differences without its marks, and at which line of `text` each line stands.
    sides: [(Lines, Vec<usize>); 2],
}

impl Evidence {
    /// A file was shown, or lines of it. What is shown again is as it was shown last.
    pub fn add_file(&mut self, path: RepoPath, text: Lines) {
        self.files.insert(path, text);
    }

    pub fn add_commit(&mut self, commit: ShownCommit) {
        let known = self.commits.entry(commit.id.clone()).or_default();
        if !known.iter().any(|one| **one == commit) {
            known.push(Arc::new(commit));
        }
    }

    /// Takes over what somebody else was shown.
    pub fn extend(&mut self, other: &Self) {
        self.files.extend(other.files.iter().map(|(path, text)| (path.clone(), text.clone())));
        for (id, commits) in &other.commits {
            let known = self.commits.entry(id.clone()).or_default();
            known.extend(commits.iter().filter(|one| !known.contains(one)).cloned().collect::<Vec<_>>());
        }
    }

    pub fn file(&self, path: &RepoPath) -> Option<&Lines> {
        self.files.get(path)
    }

    pub fn files(&self) -> impl Iterator<Item = (&RepoPath, &Lines)> {
        self.files.iter()
    }

    /// Its commits, each as it was shown.
    pub fn shown_commits(&self) -> impl Iterator<Item = &ShownCommit> {
        self.commits.values().flatten().map(|commit| &**commit)
    }

    /// The ids of its commits.
    pub fn commits(&self) -> impl Iterator<Item = &str> {
        self.commits.keys().map(String::as_str)
    }

    /// The commit whose id begins so, as it was shown with `quote` in it if there is one of those.
    pub fn commit(&self, id: &str, quote: &str) -> Option<&ShownCommit> {
        let shown = self.named(id)?;
        let holds = |one: &&Arc<ShownCommit>| matches!(one.check(quote), Checked::Verified { .. });
        shown.iter().find(holds).or(shown.first()).map(|one| &**one)
    }

    /// Those of the one commit whose id begins so.
    fn named(&self, id: &str) -> Option<&[Arc<ShownCommit>]> {
        let mut begin_so = self.commits.range(id.to_owned()..).take_while(|(known, _)| known.starts_with(id));
        let (_, shown) = begin_so.next()?;
        begin_so.next().is_none().then_some(shown.as_slice())
    }

    pub(super) fn check_commit(&self, id: &str, quote: &str) -> Checked {
        match self.commit(id, quote) {
            Some(commit) => commit.check(quote),
            None => Checked::Unverified(Doubt::NoCommit),
        }
    }
}

impl ShownCommit {
    /// `words`: its head and message. `diff`: unified differences, one after the other; may be empty.
    pub fn new(id: impl Into<String>, words: &str, diff: &str) -> Self {
        let given = (words.to_owned(), diff.to_owned());
        let words = format!("{}\n", words.trim_end());
        let first = words.lines().count() + usize::from(!diff.is_empty());
        let text = if diff.is_empty() { words } else { format!("{words}\n{diff}") };
        let sides = [side(diff, '-', first), side(diff, '+', first)];
        Self { id: id.into(), words: given.0, diff: given.1, text: Lines::from(text.as_str()), sides }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn text(&self) -> &Lines {
        &self.text
    }

    /// Its head and message, and its differences, as [`ShownCommit::new`] takes them.
    pub fn parts(&self) -> (&str, &str) {
        (&self.words, &self.diff)
    }

    /// A quote may be of the message, of the differences with their marks, or of either side of them
    /// without.
    fn check(&self, quote: &str) -> Checked {
        let first = quote::find(&self.text, quote);
        if matches!(first, Checked::Verified { .. }) {
            return first;
        }
        let found = self.sides.iter().find_map(|(text, lines)| match quote::find(text, quote) {
            Checked::Verified { span, agreement } => {
                let start = lines.get(span.start()).copied()?;
                let end = lines.get(span.end().saturating_sub(1)).copied()?;
                Some(Checked::Verified { span: Span::new(start, end + 1), agreement })
            }
            _ => None,
        });
        found.unwrap_or(first)
    }
}

/// One side of unified differences. The heads of hunks stay, so that no quote goes from one hunk into
/// the next. `first`: the line at which they begin.
fn side(diff: &str, mark: char, first: usize) -> (Lines, Vec<usize>) {
    let (mut text, mut lines) = (String::new(), Vec::new());
    let mut within = false;
    for (at, line) in diff.lines().enumerate() {
        within = match line.chars().next() {
            Some('@') => true,
            Some('d') if line.starts_with("diff ") => false,
            _ => within,
        };
        let bare = line.strip_prefix(mark).or(line.strip_prefix(' '));
        let shown = if line.starts_with('@') { Some(line) } else { bare.filter(|_| within) };
        if let Some(shown) = shown {
            text.push_str(shown);
            text.push('\n');
            lines.push(first + at);
        }
    }
    (Lines::from(text.as_str()), lines)
}
