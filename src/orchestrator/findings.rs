//! What was found out of servers by asking them, kept for whoever looks at the list of models: which of
//! them ignore the suffix of a fill-in. Of all workspaces together, in one small file; the last word on
//! a model counts. Nothing depends on it: each session finds out for itself before it fills in.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::model::{ModelId, Suffix};
use crate::workspace::{Drawer, Workspace};

const FOLDER: &str = "found";
const FILE: &str = "suffixes.jsonl";

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Found {
    model: String,
    suffix: Suffix,
}

/// Where it is kept.
#[derive(Clone, Debug)]
pub struct Findings(Drawer);

impl Findings {
    pub fn of(workspace: &Workspace) -> Self {
        Self(workspace.common_drawer(FOLDER))
    }

    /// Keeps what a model's server makes of a suffix. Blocking, but for a moment only.
    pub fn note(&self, model: &ModelId, suffix: Suffix) {
        let found = Found { model: model.to_string(), suffix };
        let line = serde_json::to_string(&found).ok().map(|line| (line + "\n").into_bytes());
        // What cannot be kept is found out again.
        let _ = self.0.append(FILE, |held| {
            let known = read(held).get(&found.model) == Some(&suffix);
            (line.filter(|_| !known), ())
        });
    }

    /// By model.
    pub fn suffixes(&self) -> HashMap<String, Suffix> {
        self.0.read(FILE).ok().flatten().map(|held| read(&held)).unwrap_or_default()
    }
}

fn read(held: &[u8]) -> HashMap<String, Suffix> {
    let lines = held.split(|byte| *byte == b'\n');
    let found = lines.filter_map(|line| serde_json::from_slice::<Found>(line).ok());
    found.map(|found| (found.model, found.suffix)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_model_counts_and_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let findings = Findings(Drawer::at(folder.path().join(FOLDER)));
        let model: ModelId = "a/m".parse().unwrap();
        assert!(findings.suffixes().is_empty());
        for suffix in [Suffix::Unknown, Suffix::Ignored, Suffix::Ignored] {
            findings.note(&model, suffix);
        }
        assert_eq!(findings.suffixes().get("a/m"), Some(&Suffix::Ignored));
        let held = findings.0.read(FILE).unwrap().unwrap();
        assert_eq!(held.iter().filter(|byte| **byte == b'\n').count(), 2);
    }
}
