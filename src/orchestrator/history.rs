//! Commits as a model and a person read them: who and when, the message, and what it changed, as far as
//! that is no secret and not too much. What is made here is also what a source is compared with.

use crate::context::citation::ShownCommit;
use crate::context::{is_secret, secret_lines, shows_secret};
use crate::text::{RepoPath, Span};
use crate::workspace::{Blamed, Commit, FileChange, HistoryError, Recorded, WantedCommits, Workspace};

/// Most bytes of differences that are kept of one commit.
const DIFF: usize = 256 * 1024;

/// Most commits for one question about some lines.
const ABOUT: usize = 3;

/// The head of a commit and its message, without lines that show a key.
pub fn words(commit: &Commit) -> String {
    let Commit { id, author, date, message } = commit;
    let withheld = secret_lines(message.lines().map(str::as_bytes));
    let line = |(line, secret)| if secret { "(a line that shows a key is withheld)" } else { line };
    let message = message.lines().zip(withheld).map(line).collect::<Vec<_>>().join("\n");
    format!("commit {}\n{author}, {date}\n\n{message}\n", id.get(..12).unwrap_or(id))
}

/// Without what it changed.
pub fn told(commit: &Commit) -> ShownCommit {
    ShownCommit::new(commit.id.as_str(), &words(commit), "")
}

/// With what it changed. Files that hold secrets are named and not shown.
pub fn with_changes(recorded: &Recorded) -> ShownCommit {
    let mut text = words(&recorded.commit);
    if recorded.is_merge {
        text.push_str("\nA merge: what follows is against its first parent.\n");
    }
    let mut diff = String::new();
    for file in &recorded.files {
        match shown(file) {
            Ok(more) if diff.len() + more.len() <= DIFF => diff.push_str(more),
            Ok(_) => diff.push_str(&format!("diff of {}: left out, since there is too much\n", file.name)),
            Err(why) => diff.push_str(&format!("diff of {}: not shown, since {why}\n", file.name)),
        }
    }
    if recorded.more > 0 {
        diff.push_str(&format!("and {} more file(s)\n", recorded.more));
    }
    ShownCommit::new(recorded.commit.id.as_str(), &text, &diff)
}

/// The difference of a file, if it may be shown.
fn shown(file: &FileChange) -> Result<&str, &'static str> {
    let diff = file.diff.as_ref().map_err(|why| *why)?;
    if file.paths.iter().any(is_secret) {
        return Err("it usually holds secrets");
    }
    if shows_secret(diff.as_bytes()) { Err("it shows a key") } else { Ok(diff) }
}

/// The commits that last changed these lines, newest first, and in words which lines of the file each has.
///
/// # Errors
/// There is no history, or none of the file.
pub fn of_lines(
    workspace: &Workspace,
    path: &RepoPath,
    now: &[u8],
    span: Span,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<(Recorded, String)>, HistoryError> {
    let mut by_commit: Vec<(Commit, Vec<Span>)> = Vec::new();
    for Blamed { span, commit } in workspace.blame(path, now, span, stop)? {
        let Some(commit) = commit else { continue };
        match by_commit.iter_mut().find(|(known, _)| known.id == commit.id) {
            Some((_, spans)) => spans.push(span),
            None => by_commit.push((commit, vec![span])),
        }
    }
    by_commit.sort_by(|(a, _), (b, _)| b.date.cmp(&a.date));
    by_commit.truncate(ABOUT);
    let recorded = by_commit.into_iter().map(|(commit, spans)| {
        let spans: Vec<String> = spans.iter().map(Span::to_string).collect();
        let why = format!("last changed line(s) {} of {path}", spans.join(", "));
        // Under the name that the file has now, or all of it where it had another then.
        let of_file = workspace.commit(&commit.id, Some(path))?;
        let all = of_file.files.is_empty();
        Ok((if all { workspace.commit(&commit.id, None)? } else { of_file }, why))
    });
    recorded.collect()
}

/// Commits that are looked for.
pub fn log(
    workspace: &Workspace,
    path: Option<&RepoPath>,
    words: &str,
    limit: usize,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Commit>, HistoryError> {
    workspace.commits(&WantedCommits { path, words, limit }, stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(message: &str) -> Commit {
        let (id, author, date) = ("0123456789abcdef0123".into(), "A".into(), "2026-01-01".into());
        Commit { id, author, date, message: message.into() }
    }

    #[test]
    fn a_key_in_a_message_goes_nowhere_and_the_lines_around_it_stay() {
        let key = format!("ghp_{}", "0123456789".repeat(4));
        let said = words(&commit(&format!("rotate the key\n\nit was {key}\nand is new")));
        assert!(!said.contains(&key), "{said}");
        assert!(said.contains("rotate the key\n\n(a line that shows a key is withheld)\nand is new\n"));
        assert!(words(&commit("one\n\ntwo")).ends_with("\n\none\n\ntwo\n"));
    }

    #[test]
    fn the_difference_of_a_file_that_shows_a_key_is_named_and_not_shown() {
        let key = format!("+let token = \"ghp_{}\";\n", "0123456789".repeat(4));
        let paths = vec![RepoPath::parse("src/a.rs").unwrap()];
        let change =
            |diff: &str| FileChange { name: "src/a.rs".into(), paths: paths.clone(), diff: Ok(diff.into()) };
        assert_eq!(shown(&change(&key)), Err("it shows a key"));
        assert_eq!(shown(&change("+let token = key();\n")), Ok("+let token = key();\n"));
    }
}
