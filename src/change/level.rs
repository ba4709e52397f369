//! The notches of the autonomy slider.

use std::fmt;
use std::str::FromStr;

/// How much is handed over, least first. The order is the slider's: a higher notch admits all that
/// a lower one does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Ghost text at the cursor.
    Complete,
    /// The selected lines.
    Selection,
    /// The open file.
    File,
    /// The workspace, minus protected paths.
    Repo,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::Complete, Self::Selection, Self::File, Self::Repo];

    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Selection => "selection",
            Self::File => "file",
            Self::Repo => "repo",
        }
    }

    /// The next notch, and from the last back to the first.
    pub fn next(self) -> Self {
        match self {
            Self::Complete => Self::Selection,
            Self::Selection => Self::File,
            Self::File => Self::Repo,
            Self::Repo => Self::Complete,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| format!("`{name}` is not a notch; use complete, selection, file or repo"))
    }
}
