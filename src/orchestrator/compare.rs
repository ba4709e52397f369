//! A difference on its way to the screen: a few files at a time, so that the first are read while the
//! others are still compared, and memory stays bounded by what the review holds.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::Sender;

use crate::session::{Event, TurnId};
use crate::text::RepoPath;
use crate::workspace::{Comparison, Found, Workspace};

/// Files that come together: the first ones at once, later ones in larger lots, since each lot is a
/// frame.
const LOTS: [usize; 4] = [1, 15, 60, 200];

/// Compares and sends what is found; returns the event that ends it. Blocking.
pub fn run(
    workspace: &Workspace,
    turn: TurnId,
    what: &Comparison,
    paths: &[RepoPath],
    stop: &AtomicBool,
    events: &Sender<Event>,
) -> Event {
    let mut lots = LOTS.iter().copied();
    let mut room = lots.next().unwrap_or(1);
    let mut lot: Vec<Found> = Vec::new();
    let send = |lot: &mut Vec<Found>| {
        let found = std::mem::take(lot);
        events.blocking_send(Event::Compared { turn, found }).is_ok()
    };
    let result = workspace.compare(what, paths, &mut |found| {
        lot.push(found);
        if lot.len() < room {
            return !stop.load(Ordering::Relaxed);
        }
        room = lots.next().unwrap_or(room);
        send(&mut lot) && !stop.load(Ordering::Relaxed)
    });
    send(&mut lot);
    Event::ComparedAll { turn, result: result.map_err(|why| why.to_string()) }
}
