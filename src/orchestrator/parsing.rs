//! Tells file by file which hunks of a review keep it from being parsed any more. A review of many files
//! takes seconds of this, so that what is known goes out while the rest is worked out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use crate::change::reading::FileDiff;
use crate::change::{Review, unparsed};
use crate::session::{Event, TurnId};
use crate::text::RepoPath;

/// How often what is known goes out.
const OFTEN: Duration = Duration::from_millis(100);

/// Blocking. Ends with an event that says so, also when it was stopped.
pub fn run(
    turn: TurnId,
    review: &Review,
    files: Vec<(RepoPath, u64)>,
    stop: &AtomicBool,
    events: &Sender<Event>,
) {
    let mut found = Vec::new();
    let mut sent = Instant::now();
    for (path, key) in files {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let hunks = FileDiff::hoped_for(review, &path).map(|file| unparsed(&file)).unwrap_or_default();
        found.push((path, key, hunks));
        if sent.elapsed() >= OFTEN {
            let found = std::mem::take(&mut found);
            if events.blocking_send(Event::Parsed { turn, found, done: false }).is_err() {
                return;
            }
            sent = Instant::now();
        }
    }
    // A closed channel means that nobody waits any more.
    let _ = events.blocking_send(Event::Parsed { turn, found, done: true });
}
