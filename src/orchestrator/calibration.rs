//! How each model's provider counts tokens, learnt from the figures it sends with its answers and kept
//! for the next run. A request is budgeted and shown with it; without figures our own estimate stands.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{Counted, ModelId, Ratio, Tokens, Usage};
use crate::workspace::{Drawer, Workspace};

/// Below the state folder, for all workspaces.
const FOLDER: &str = "tokens";
const FILE: &str = "ratios.jsonl";

/// A larger file is not believed.
const LARGE: usize = 1 << 20;

/// A ratio moves by at least so many thousandths before it is written down again.
const MOVED: u64 = 20;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Line {
    model: String,
    ratio: Ratio,
}

/// What is known of all models.
#[derive(Debug)]
pub struct Calibration {
    drawer: Drawer,
    known: Mutex<Option<HashMap<String, Ratio>>>,
}

impl Calibration {
    pub fn of(workspace: &Workspace) -> Self {
        Self { drawer: workspace.common_drawer(FOLDER), known: Mutex::default() }
    }

    /// How `model` counts. Blocking, but for a moment only: the first time a small file is read.
    pub fn ratio(&self, model: &ModelId) -> Ratio {
        self.with(|known| known.get(&model.to_string()).copied().unwrap_or_default())
    }

    /// A request that we took for `estimated` was counted.
    pub fn learn(&self, model: &ModelId, estimated: Tokens, usage: Usage) {
        let seen = Ratio::seen(estimated, usage.input).filter(|_| usage.counted == Counted::Provider);
        let Some(seen) = seen else { return };
        let model = model.to_string();
        let moved = self.with(|known| {
            let before = known.get(&model).copied();
            let now = before.map_or(seen, |before| before.with(seen));
            let far = before.is_none_or(|before| distance(before, now) >= MOVED);
            if far || before.is_some() {
                known.insert(model.clone(), now);
            }
            far.then_some(now)
        });
        if let Some(ratio) = moved {
            // What cannot be kept is learnt again.
            let _ = self.write(Line { model, ratio });
        }
    }

    fn write(&self, line: Line) -> std::io::Result<()> {
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        self.drawer.append(FILE, |held| ((held.len() + bytes.len() <= LARGE).then_some(bytes), ()))
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Ratio>) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        act(known.get_or_insert_with(|| self.read()))
    }

    fn read(&self) -> HashMap<String, Ratio> {
        let held =
            self.drawer.read(FILE).ok().flatten().filter(|held| held.len() <= LARGE).unwrap_or_default();
        // The last of the lines counts.
        let lines =
            held.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        lines.map(|line| (line.model, line.ratio)).collect()
    }
}

/// In thousandths.
fn distance(a: Ratio, b: Ratio) -> u64 {
    let of = |ratio: Ratio| ratio.of(Tokens(1_000)).0;
    of(a).abs_diff(of(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration(folder: &std::path::Path) -> Calibration {
        Calibration { drawer: Drawer::at(folder.to_owned()), known: Mutex::default() }
    }

    fn counted(input: u64) -> Usage {
        Usage { input: Tokens(input), counted: Counted::Provider, ..Usage::default() }
    }

    #[test]
    fn what_a_provider_counts_is_learnt_for_its_model_and_known_in_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = ("local/a".parse().unwrap(), "local/b".parse().unwrap());
        let first = calibration(folder.path());
        assert_eq!(first.ratio(&a), Ratio::default());
        first.learn(&a, Tokens(1_000), counted(1_300));
        assert_eq!(first.ratio(&a).of(Tokens(1_000)), Tokens(1_300));
        let next = calibration(folder.path());
        assert_eq!((next.ratio(&a), next.ratio(&b)), (first.ratio(&a), Ratio::default()));
        next.learn(&a, Tokens(1_000), counted(900));
        assert_eq!(
            next.ratio(&a).of(Tokens(1_000)),
            Tokens(1_200),
            "one request moves it, and does not turn it"
        );
    }

    #[test]
    fn what_nobody_counted_teaches_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let model = "local/a".parse().unwrap();
        let calibration = calibration(folder.path());
        calibration.learn(&model, Tokens(1_000), Usage { input: Tokens(1_300), ..Usage::default() });
        calibration.learn(&model, Tokens(10), counted(30));
        assert_eq!(calibration.ratio(&model), Ratio::default());
    }
}
