//! `rein apply -i --plain`: the reply is stdin, so the answers come from the terminal.

use std::fs::File;
use std::io::{BufReader, Write as _};

use super::desk::story;
use crate::change::Review;
use crate::front::plain::{self, Outcome};
use crate::front::{Exit, stop};
use crate::session::Ready;
use crate::text::safe;
use crate::workspace::Workspace;

/// Asks for every hunk and lands what is accepted.
pub fn dialogue(workspace: &Workspace, ready: Ready) -> Exit {
    let Ok(terminal) = File::open("/dev/tty") else {
        return stop(
            Exit::NotHere,
            "there is no terminal to answer from; without -i every hunk lands, or none",
        );
    };
    let mut out = std::io::stdout().lock();
    let named = ready.refusals.iter().map(|why| format!("refused: {}\n", safe::line(&why.to_string())));
    let named: String = named.collect();
    let mut review = ready.review;
    let ended = out.write_all(named.as_bytes());
    match ended.and_then(|()| plain::review(&mut review, BufReader::new(terminal), &mut out)) {
        Ok(Outcome::Land) => land(workspace, &review),
        Ok(Outcome::Leave) => stop(Exit::No, "nothing was written"),
        Ok(Outcome::Ended) => Exit::Interrupted,
        Err(why) => stop(Exit::NotHere, format!("the dialogue broke off: {why}; nothing was written")),
    }
}

fn land(workspace: &Workspace, review: &Review) -> Exit {
    let Some(approved) = review.settle() else { return stop(Exit::No, "nothing was written") };
    match workspace.apply(approved, &story(review)) {
        Ok(receipt) => {
            let files = receipt.files().len();
            super::print(format!("landed in {files} file(s) as {}\n", receipt.id()).as_bytes(), Exit::Done)
        }
        Err(why) => stop(Exit::Refused, why),
    }
}
