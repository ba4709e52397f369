//! `config path|show|check`: what holds, where it is written, whether it is right.

use super::setup::Setup;
use super::{Exit, print, stop};
use crate::config;

/// What is asked about the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AboutConfig {
    Path,
    Show,
    Check,
}

/// Answers on stdout; a configuration that is wrong is exit 5 with the place of the error.
pub fn config(what: AboutConfig) -> Exit {
    if what == AboutConfig::Path {
        return match config::paths(&|name| std::env::var_os(name)) {
            Ok(paths) => print(format!("{}\n", paths.config.display()).as_bytes(), Exit::Done),
            Err(why) => stop(Exit::NotHere, why),
        };
    }
    match Setup::load() {
        Ok(setup) if what == AboutConfig::Show => print(config::show(setup.loaded()).as_bytes(), Exit::Done),
        Ok(setup) => print(config::check(setup.loaded()).as_bytes(), Exit::Done),
        Err(why) => stop(Exit::NotHere, why),
    }
}
