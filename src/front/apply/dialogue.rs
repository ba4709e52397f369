//! `rein apply -i --plain`: the reply is stdin, so the answers come from the terminal.

use crate::front::plain::{Answers, reviewed};
use crate::front::setup::Setup;
use crate::front::{Exit, stop};
use crate::session::Ready;
use crate::workspace::{Source, Workspace};

/// Asks for every hunk and lands what is accepted.
pub fn dialogue(workspace: Workspace, ready: Ready) -> Exit {
    let setup = match Setup::load() {
        Ok(setup) => setup,
        Err(why) => return stop(Exit::NotHere, why),
    };
    reviewed(&setup, workspace, Source::Apply, Answers::Terminal, |session| {
        session.review(ready);
        Ok(Vec::new())
    })
}
