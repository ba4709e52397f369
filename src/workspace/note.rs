//! Receipts as git notes: what was decided of a landing goes along with the commit that came of it, for
//! whoever reads the history elsewhere. Only on a person's word; no hook is run, nothing else in the
//! repository changes.

use git2::{ErrorCode, Oid, Repository};

use super::{CompareError, Workspace};
use crate::text::safe;

/// Where the notes are kept. `git log --notes=rein` shows them.
pub const NOTES: &str = "refs/notes/rein";

/// What became of a receipt that was to be noted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noted {
    /// The commit it is on.
    pub commit: String,
    /// It was there already, word for word.
    pub already: bool,
}

/// Why a receipt was not noted.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error("git does not know who you are; `git config user.name` and `user.email` say it")]
    Nobody,
    #[error("the note cannot be written: {0}")]
    Git(String),
}

impl Workspace {
    /// Adds a receipt, one line of JSON, to the note on a commit. A note holds one receipt a line: what
    /// others wrote there stays.
    ///
    /// # Errors
    /// There is no repository, or no such commit; git knows no author, or cannot write.
    pub fn note(&self, receipt: &str, commit: &str) -> Result<Noted, NoteError> {
        let repository = self.repository()?;
        let on = commit_id(&repository, commit)?;
        let noted = |already| Noted { commit: on.to_string(), already };
        let before = standing(&repository, on)?;
        if before.lines().any(|line| line == receipt) {
            return Ok(noted(true));
        }
        let who = repository.signature().map_err(|_| NoteError::Nobody)?;
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let note = format!("{before}{gap}{receipt}\n");
        repository.note(&who, &who, Some(NOTES), on, &note, true).map_err(told)?;
        Ok(noted(false))
    }
}

fn commit_id(repository: &Repository, name: &str) -> Result<Oid, CompareError> {
    let found = repository.revparse_single(name).and_then(|object| object.peel_to_commit());
    let why =
        |why: git2::Error| CompareError::NoCommit { name: safe::line(name), why: why.message().to_owned() };
    Ok(found.map_err(why)?.id())
}

/// The note as it is; empty when there is none.
fn standing(repository: &Repository, on: Oid) -> Result<String, NoteError> {
    match repository.find_note(Some(NOTES), on) {
        Ok(note) => note.message().map(str::to_owned).map_err(told),
        Err(why) if why.code() == ErrorCode::NotFound => Ok(String::new()),
        Err(why) => Err(told(why)),
    }
}

fn told(why: git2::Error) -> NoteError {
    NoteError::Git(why.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Project;
    use super::*;

    fn committed(project: &Project) -> Repository {
        let repository = Repository::init(project.root()).unwrap();
        let mut config = repository.config().unwrap();
        config.set_str("user.name", "a").unwrap();
        config.set_str("user.email", "a@example.org").unwrap();
        {
            let who = repository.signature().unwrap();
            let tree = repository.find_tree(repository.index().unwrap().write_tree().unwrap()).unwrap();
            repository.commit(Some("HEAD"), &who, &who, "first", &tree, &[]).unwrap();
        }
        repository
    }

    #[test]
    fn receipts_are_added_to_the_note_one_a_line_and_what_was_there_stays() {
        let project = Project::new(&[]);
        let repository = committed(&project);
        let head = repository.head().unwrap().target().unwrap();
        let who = repository.signature().unwrap();
        repository.note(&who, &who, Some(NOTES), head, "by hand", false).unwrap();
        let workspace = project.open();
        for (receipt, already) in [("{\"a\":1}", false), ("{\"b\":2}", false), ("{\"a\":1}", true)] {
            let noted = workspace.note(receipt, "HEAD").unwrap();
            assert_eq!(noted, Noted { commit: head.to_string(), already });
        }
        let note = repository.find_note(Some(NOTES), head).unwrap();
        assert_eq!(note.message().unwrap(), "by hand\n{\"a\":1}\n{\"b\":2}\n");
    }

    #[test]
    fn a_note_needs_a_repository_and_a_commit() {
        let project = Project::new(&[]);
        let none = project.open().note("{}", "HEAD").unwrap_err();
        assert!(none.to_string().contains("is no git repository"), "{none}");
        committed(&project);
        let none = project.open().note("{}", "nope").unwrap_err();
        assert!(none.to_string().contains("`nope` is no commit here"), "{none}");
    }
}
