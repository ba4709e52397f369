//! Where an answer goes as Markdown: a new file, or stdout. A file that is there already is never replaced;
//! one that is written is in the journal like any other, so that `rein undo` takes it back.

use std::path::Path;

use super::super::setup::{Setup, SetupError};
use super::super::{Exit, print, remark};
use crate::text::RepoPath;
use crate::workspace::{PathProblem, ReadError, SaveError, Workspace};

/// A place that has been looked at: it can be written to, or could be when the question was put.
pub enum Out {
    Stdout,
    File { workspace: Workspace, path: RepoPath, typed: String },
}

/// Why an answer is not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    #[error("`{0}` is there already and is not replaced; name another file")]
    Exists(String),
    #[error("`{0}` names no file")]
    NoName(String),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Path(#[from] PathProblem),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl NotWritten {
    pub fn exit(&self) -> Exit {
        match self {
            Self::NoName(_) => Exit::Usage,
            Self::Exists(_) | Self::Save(SaveError::Changed(_)) => Exit::Refused,
            _ => Exit::NotHere,
        }
    }
}

impl Out {
    /// Looks at the place that was typed; `-` is stdout.
    ///
    /// # Errors
    /// There is something of that name, or there can be nothing.
    pub fn new(setup: &Setup, typed: &Path) -> Result<Self, NotWritten> {
        if typed.as_os_str() == "-" {
            return Ok(Self::Stdout);
        }
        let shown = typed.display().to_string();
        let cwd = std::env::current_dir().map_err(SetupError::Cwd)?;
        let full = cwd.join(typed);
        let (Some(folder), Some(_)) = (full.parent(), full.file_name()) else {
            return Err(NotWritten::NoName(shown));
        };
        if full.symlink_metadata().is_ok() {
            return Err(NotWritten::Exists(shown));
        }
        let workspace = setup.workspace(folder)?;
        let path = workspace.resolve(&full, &cwd)?;
        Ok(Self::File { workspace, path, typed: shown })
    }

    /// Writes `text` there.
    ///
    /// # Errors
    /// Something of that name has come since, or it cannot be written.
    pub fn write(self, text: &str) -> Result<(), NotWritten> {
        match self {
            Self::Stdout => drop(print(text.as_bytes(), Exit::Done)),
            Self::File { workspace, path, typed } => {
                workspace.save(&path, text.as_bytes(), None)?;
                remark(&format!("wrote `{typed}`"));
            }
        }
        Ok(())
    }
}
