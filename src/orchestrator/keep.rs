//! Reviews on their way to the disk: one at a time, the latest state of each and not every one in
//! between, so that a slow disk is never behind by more than one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::session::Kept;
use crate::workspace::Workspace;

/// What waits to be written, by name. `None`: to be forgotten.
#[derive(Clone, Default, Debug)]
pub struct Desk {
    state: Arc<Mutex<State>>,
}

#[derive(Default, Debug)]
struct State {
    waiting: BTreeMap<String, Option<Kept>>,
    busy: bool,
}

impl Desk {
    /// Takes a state; says whether somebody must be sent to [`Desk::write`].
    pub fn put(&self, name: String, kept: Option<Kept>) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.insert(name, kept);
        !std::mem::replace(&mut state.busy, true)
    }

    /// Writes until nothing waits. Says the first thing that went wrong.
    pub fn write(&self, workspace: &Workspace) -> Result<(), String> {
        let mut result = Ok(());
        while let Some((name, kept)) = self.next() {
            let written = match kept.map(|kept| serde_json::to_vec(&kept)) {
                None => workspace.forget_review(&name).map_err(|why| why.to_string()),
                Some(Ok(bytes)) => workspace.keep_review(&name, &bytes).map_err(|why| why.to_string()),
                Some(Err(why)) => Err(why.to_string()),
            };
            result = result.and(written);
        }
        result
    }

    fn next(&self) -> Option<(String, Option<Kept>)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let next = state.waiting.pop_first();
        state.busy = next.is_some();
        next
    }
}
