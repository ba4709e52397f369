//! `rein models`: what there is to know about the models and the servers behind them. Keys are never
//! shown, only whether there is one.

mod decode;
mod drill;
mod list;
mod test;

pub use decode::{DecodeRequest, decode};
pub use drill::drill;
pub use list::models;
pub use test::test_models;

use super::setup::{Setup, SetupError, runtime};
use super::{Exit, stop};
use crate::workspace::Workspace;

/// The configuration, with servers of this machine found, and the workspace whose state folder holds
/// what is sent.
async fn ready() -> Result<(Setup, Workspace), SetupError> {
    let mut setup = Setup::load()?;
    let workspace = setup.place(None)?.workspace;
    if let Some(note) = setup.discover(&workspace).await {
        super::remark(&note);
    }
    Ok((setup, workspace))
}

/// Runs what waits for servers.
fn waiting(command: impl AsyncFnOnce(Setup, Workspace) -> Exit) -> Exit {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(why) => return stop(Exit::Bug, why),
    };
    runtime.block_on(async {
        match ready().await {
            Ok((setup, workspace)) => command(setup, workspace).await,
            Err(why) => stop(Exit::NotHere, why),
        }
    })
}
