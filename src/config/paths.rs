//! Where rein's files are, by the XDG base directory specification (0.8). Says where, looks at
//! nothing.

use std::ffi::OsString;
use std::path::PathBuf;

use super::ConfigError;

/// Reads an environment variable; a parameter, so that tests have an environment of their own.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// rein's folders and its configuration file. Nothing has to exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paths {
    /// The user's configuration: `REIN_CONFIG`, else `config.toml` in the configuration folder.
    pub config: PathBuf,
    /// Journals and sessions: things not to be lost.
    pub state: PathBuf,
    /// Things that can be made again.
    pub cache: PathBuf,
}

/// # Errors
/// A folder can be placed nowhere, because neither `HOME` nor its own variable is set.
pub fn paths(env: Env) -> Result<Paths, ConfigError> {
    let config = match named(env) {
        Some(file) => file,
        None => base(env, "the configuration", "XDG_CONFIG_HOME", ".config")?.join("rein/config.toml"),
    };
    let state = base(env, "the journal", "XDG_STATE_HOME", ".local/state")?.join("rein");
    let cache = base(env, "the cache", "XDG_CACHE_HOME", ".cache")?.join("rein");
    Ok(Paths { config, state, cache })
}

/// The file that `REIN_CONFIG` names in place of the usual one.
pub(super) fn named(env: Env) -> Option<PathBuf> {
    env("REIN_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// The usual file, if there is a place for one.
pub(super) fn usual(env: Env) -> Option<PathBuf> {
    Some(base(env, "", "XDG_CONFIG_HOME", ".config").ok()?.join("rein/config.toml"))
}

/// A relative path in an XDG variable is to be ignored, says the specification.
fn base(
    env: Env,
    what: &'static str,
    variable: &'static str,
    below_home: &str,
) -> Result<PathBuf, ConfigError> {
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(below_home));
    absolute(variable).or_else(home).ok_or(ConfigError::NoHome { what, variable })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_env(variables: &[(&str, &str)]) -> Result<Paths, ConfigError> {
        paths(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn folders_follow_xdg_and_then_home() {
        let found = in_env(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s"), ("XDG_CACHE_HOME", "relative")]);
        let expected = Paths {
            config: "/h/.config/rein/config.toml".into(),
            state: "/s/rein".into(),
            cache: "/h/.cache/rein".into(),
        };
        assert_eq!(found.unwrap(), expected);
        let found = in_env(&[("HOME", "/h"), ("REIN_CONFIG", "my.toml")]).unwrap();
        assert_eq!(found.config, PathBuf::from("my.toml"));
    }

    #[test]
    fn without_a_home_it_says_what_to_set() {
        let said = in_env(&[]).unwrap_err().to_string();
        let expected =
            "there is no place for the configuration: set `HOME`, or `XDG_CONFIG_HOME` to an absolute path";
        assert_eq!(said, expected);
    }
}
