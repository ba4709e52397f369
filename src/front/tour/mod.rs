//! `rein tour`: the main job on a sample project, with a scripted model behind a real wire. Only the
//! model's words are scripted; the road is the one every turn takes. Without a terminal the same
//! keys go to the same screen, and the files on disk are held to what each step promises.

mod play;
mod sample;

use super::setup::{Place, Setup, SetupError, runtime};
use super::tui::{First, Showing, ended, show};
use super::{Exit, stop};
use crate::config;
use crate::model::{ModelId, Tokens};
use crate::provider::Wire;
use crate::provider::scripted::Server;
use crate::ui::Guide;
use crate::workspace::Source;

/// Said on screen all the time.
const BANNER: &str = "the model is scripted";

/// Opens the tour, or plays it.
pub fn tour(headless: bool) -> Exit {
    let folder = match sample::Folder::make() {
        Ok(folder) => folder,
        Err(why) => return stop(Exit::NotHere, why),
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(why) => return stop(Exit::Bug, why),
    };
    let exit = runtime.block_on(async {
        match begin(&folder, headless).await {
            Ok((setup, place)) if headless => play::play(setup, place).await,
            Ok((mut setup, place)) => {
                let guide = Some(Guide::new(sample::steps()));
                let showing = Showing {
                    banner: Some(BANNER.into()),
                    guide,
                    source: Source::Tour,
                    first: First::Editor,
                };
                ended(show(&mut setup, place, showing).await)
            }
            Err(why) => stop(Exit::Bug, why),
        }
    });
    runtime.shutdown_background();
    exit
}

/// Binds the server, writes the project and configures the one model there is.
async fn begin(folder: &sample::Folder, at_full_speed: bool) -> Result<(Setup, Place), SetupError> {
    let (server, _) = Server::bind(sample::script(at_full_speed)).await.map_err(SetupError::Tour)?;
    let endpoint = server.endpoint("tour", Wire::OpenAiChat).map_err(SetupError::Tour)?;
    tokio::spawn(server.serve());
    // The tour is the same for everybody: nobody's environment or configuration has a part in it.
    let mut loaded = config::load(&|_| None, config::Overrides::default())?;
    let model = ModelId { provider: "tour".into(), model: "scripted".into() };
    loaded.config.endpoints = vec![endpoint];
    loaded.config.roles.chat = vec![model.clone()];
    loaded.config.roles.complete = vec![model];
    loaded.config.max_output = Some(Tokens(4_000));
    let setup = Setup::with(loaded, folder.state())?;
    let workspace = setup.folder(&folder.project(), true)?;
    sample::write(&workspace).map_err(SetupError::Sample)?;
    Ok((setup, Place { workspace, file: None }))
}
