//! What is wrong with a configuration, where, and what to write instead. Never prints a value that
//! could be a key.

use std::fmt;
use std::path::PathBuf;

/// Where a setting was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A file, and the line where it is known.
    File(PathBuf, Option<usize>),
    /// An environment variable.
    Env(&'static str),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Self::File(path, None) => write!(f, "{}", path.display()),
            Self::Env(name) | Self::Flag(name) => write!(f, "`{name}`"),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the configuration `{}`: {why}", .file.display())]
    Unreadable { file: PathBuf, why: String },
    /// `what` says what is wrong and what to write.
    #[error("{at}: {what}")]
    Invalid { at: Place, what: String },
    #[error("there is no place for {what}: set `HOME`, or `{variable}` to an absolute path")]
    NoHome { what: &'static str, variable: &'static str },
}
