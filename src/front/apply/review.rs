//! `rein apply -i`: a person decides, hunk by hunk. The reply comes from stdin, keys from the terminal.

use super::super::setup::{Place, Setup, runtime};
use super::super::tui::{First, LEAVING, Showing, ended, show};
use super::super::{Exit, stop};
use super::dialogue::dialogue;
use super::{ApplyRequest, taken};
use crate::session::Ready;
use crate::workspace::{Source, Workspace};

/// Shows what the reply would change; what is accepted lands. What cannot be placed is named, and holds
/// nothing else up. `plain`: as a dialogue, without a screen.
pub fn review(request: ApplyRequest, plain: bool) -> Exit {
    let (workspace, ready) = match taken(&request) {
        Ok(desk) => desk.into_review("a reply from stdin".into()),
        Err(exit) => return exit,
    };
    if ready.review.hunks().next().is_some() {
        return if plain { dialogue(workspace, ready) } else { shown(workspace, ready) };
    }
    let reasons: Vec<String> = ready.refusals.iter().map(|why| format!("refused: {why}")).collect();
    match reasons.is_empty() {
        true => stop(Exit::No, "the files say already what the reply wants"),
        false => stop(Exit::Refused, reasons.join("\n") + "\nnothing was written"),
    }
}

fn shown(workspace: Workspace, ready: Ready) -> Exit {
    let (mut setup, runtime) = match (Setup::load(), runtime()) {
        (Ok(setup), Ok(runtime)) => (setup, runtime),
        (Err(why), _) => return stop(Exit::NotHere, why),
        (_, Err(why)) => return stop(Exit::Bug, why),
    };
    let first = First::Review(Box::new(ready));
    let screen = Showing { banner: None, guide: None, source: Source::Apply, first };
    let place = Place { workspace, file: None };
    let result = runtime.block_on(show(&mut setup, place, screen));
    runtime.shutdown_timeout(LEAVING);
    ended(result)
}
