//! Who uses what a hunk changes, by the index where there is one in time, else in the changed files.

use std::time::Duration;

use super::shelf::{Desk, Patience};
use crate::change::{HunkId, Review};
use crate::index::mentions;
use crate::session::{Callers, Mentions};

/// Nobody waits for the answer, so that the index may take its time; not for ever.
const PATIENCE: Patience = Patience { known: Duration::from_secs(20), new: Duration::from_secs(60) };

/// Blocking.
pub fn trace(review: &Review, hunk: HunkId, desk: Option<&Desk>, stop: &dyn Fn() -> bool) -> Callers {
    Callers::of(review, hunk, |names| {
        let alone = |why: String| Mentions { files: Vec::new(), short_of: Some(why) };
        let Some(desk) = desk else { return alone("there is no search index here".into()) };
        match desk.ask(Some(PATIENCE), stop, |index| mentions(index, names, stop)) {
            Ok((files, more)) => {
                let short_of = more.then(|| "the name is in more files than were looked through".into());
                Mentions { files, short_of }
            }
            Err(why) => alone(why.to_string()),
        }
    })
}
