//! What every command needs before it can begin: the configuration, the folders, the workspace, the
//! routes to models. The environment is read here and nowhere else.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::Receiver;

use crate::config::{self, Config, Loaded, Overrides, ThemeName};
use crate::model::{ModelId, Role, Tokens};
use crate::orchestrator::{Orchestrator, Roles};
use crate::prompt::{PromptError, Prompts};
use crate::provider::{Client, Timeouts, discover};
use crate::session::{Event, Terms};
use crate::text::RepoPath;
use crate::ui::Limits;
use crate::ui::theme::{Depth, Ground, Theme};
use crate::workspace::{OpenError, PathProblem, SaveError, Source, StateDirs, Workspace};

/// Most tokens of context that a request carries.
const ROOM: Tokens = Tokens(24_000);

/// How long servers on this machine may take to say that they are there.
const DISCOVERY: Duration = Duration::from_millis(150);

/// Why a command cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    #[error("`{0}` is not a model; write PROVIDER/MODEL, as in `local/qwen3-coder`")]
    Model(String),
    #[error("the current folder cannot be read: {0}")]
    Cwd(std::io::Error),
    #[error("`{}` is a folder; name a file in it", .0.display())]
    Folder(PathBuf),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Path(#[from] PathProblem),
    #[error(transparent)]
    Prompts(#[from] PromptError),
    #[error("the scripted model cannot be started: {0}")]
    Tour(std::io::Error),
    #[error("the sample project cannot be written: {0}")]
    Sample(SaveError),
    #[error("`leash.protect`: {0}")]
    Leash(String),
}

/// The configuration in force and what follows from it.
pub struct Setup {
    loaded: Loaded,
    state: PathBuf,
    prompts: Arc<Prompts>,
    roles: Roles,
}

/// Where a command works: the workspace, and a file to begin with.
pub struct Place {
    pub workspace: Workspace,
    /// With a line and a column, from 0.
    pub file: Option<(RepoPath, usize, usize)>,
}

impl Place {
    /// The workspace folder's own name.
    pub fn name(&self) -> String {
        let root = self.workspace.root();
        root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned()
    }
}

fn env(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn env_text(name: &str) -> Option<String> {
    env(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty())
}

/// The terminal's name.
pub fn term() -> Option<OsString> {
    env("TERM")
}

/// The runtime for everything that waits.
pub fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

impl Setup {
    /// Reads the configuration. `model` is asked in place of `roles.chat`.
    pub fn load(model: Option<String>) -> Result<Self, SetupError> {
        let model = match model {
            Some(text) => Some(text.parse::<ModelId>().map_err(|_| SetupError::Model(text))?),
            None => None,
        };
        let loaded = config::load(&env, Overrides { model, ..Overrides::default() })?;
        Self::with(loaded, config::paths(&env)?.state)
    }

    /// From a configuration that is known already, with the journal in `state`.
    pub fn with(loaded: Loaded, state: PathBuf) -> Result<Self, SetupError> {
        let prompts = Arc::new(Prompts::embedded()?);
        let roles = routes(&loaded.config);
        Ok(Self { loaded, state, prompts, roles })
    }

    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The workspace around `target`'s folder or the current one, and the file it names.
    pub fn place(&self, target: Option<&str>) -> Result<Place, SetupError> {
        let cwd = std::env::current_dir().map_err(SetupError::Cwd)?;
        let Some(target) = target else {
            return Ok(Place { workspace: self.workspace(&cwd)?, file: None });
        };
        let (path, line, column) = super::tui::parse_target(target);
        let full = cwd.join(path);
        if full.is_dir() {
            return Ok(Place { workspace: self.workspace(&full)?, file: None });
        }
        let (workspace, file) = self.around(path)?;
        Ok(Place { workspace, file: Some((file, line, column)) })
    }

    /// The workspace around the folder of `file`, and the file's name there, links followed: it is
    /// the file itself that a scope grants and a model is told of.
    pub fn around(&self, file: &Path) -> Result<(Workspace, RepoPath), SetupError> {
        let cwd = std::env::current_dir().map_err(SetupError::Cwd)?;
        let full = cwd.join(file);
        if full.is_dir() {
            return Err(SetupError::Folder(file.into()));
        }
        let folder = full.parent().filter(|folder| folder.is_dir()).unwrap_or(&cwd);
        let workspace = self.workspace(folder)?;
        let name = workspace.real(&workspace.resolve(file, &cwd)?)?;
        Ok((workspace, name))
    }

    /// The workspace of a folder: its work tree, or the folder itself when `exactly`.
    pub fn folder(&self, folder: &Path, exactly: bool) -> Result<Workspace, SetupError> {
        if !exactly {
            return self.workspace(folder);
        }
        Ok(Workspace::open_folder(folder, StateDirs { state: self.state.clone() })?)
    }

    pub fn workspace(&self, folder: &Path) -> Result<Workspace, SetupError> {
        Ok(Workspace::open(folder, StateDirs { state: self.state.clone() })?)
    }

    pub fn orchestrator(&self, workspace: Workspace) -> (Orchestrator, Receiver<Event>) {
        let runtime = tokio::runtime::Handle::current();
        let budget = self.loaded.config.budget;
        Orchestrator::new(workspace, Client::new(), self.roles.clone(), ROOM, budget, runtime)
    }

    /// When no model is configured, looks for servers on this machine. Says what it found.
    pub async fn discover(&mut self) -> Option<String> {
        if !self.roles.serve(Role::Chat).is_empty() {
            return None;
        }
        let found = discover(&Client::new(), &self.loaded.config.local(), DISCOVERY).await;
        let note = self.loaded.config.adopt(&found);
        self.roles = routes(&self.loaded.config);
        note
    }

    pub fn terms(&self, source: Source) -> Terms {
        Terms {
            prompts: Arc::clone(&self.prompts),
            leash: self.loaded.config.leash.clone(),
            max_output: self.loaded.config.max_output,
            source,
        }
    }

    /// The first model of the chat role, as shown on screen.
    pub fn chat_model(&self) -> Option<String> {
        self.loaded.config.role(Role::Chat).first().map(ToString::to_string)
    }

    pub fn completes(&self) -> bool {
        !self.roles.serve(Role::Complete).is_empty()
    }

    pub fn level(&self) -> crate::change::Level {
        self.loaded.config.level
    }

    pub fn tab_width(&self) -> usize {
        self.loaded.config.tab_width
    }

    /// How long the first chat model may be silent.
    pub fn limits(&self) -> Limits {
        let timeouts = self
            .roles
            .serve(Role::Chat)
            .first()
            .map_or_else(Timeouts::default, |route| route.endpoint.timeouts);
        Limits { first_byte: timeouts.first_byte, idle: timeouts.idle }
    }

    pub fn theme(&self) -> Theme {
        let asked = self.loaded.config.theme;
        let light = match asked {
            ThemeName::Light => true,
            ThemeName::Dark | ThemeName::None => false,
            ThemeName::Auto => light_ground(env_text("COLORFGBG").as_deref()),
        };
        let depth = if asked == ThemeName::None { Depth::None } else { depth() };
        Theme { depth, ground: if light { Ground::Light } else { Ground::Dark } }
    }
}

fn routes(config: &Config) -> Roles {
    let mut roles = Roles::new(&config.endpoints, config.catalogue.clone());
    Role::ALL.into_iter().for_each(|role| roles.list(role, config.role(role)));
    roles
}

/// What the terminal can show, by the variables that terminals set (no-color.org, terminfo names).
fn depth() -> Depth {
    let term = env_text("TERM").unwrap_or_default();
    if env_text("NO_COLOR").is_some() || term == "dumb" || !std::io::stdout().is_terminal() {
        return Depth::None;
    }
    match env_text("COLORTERM").as_deref() {
        Some("truecolor" | "24bit") => Depth::True,
        _ if term.contains("256color") || term.contains("kitty") => Depth::Indexed256,
        _ => Depth::Ansi16,
    }
}

/// `COLORFGBG` is `foreground;background` in ANSI numbers; 7 and 15 are the light ones.
fn light_ground(variable: Option<&str>) -> bool {
    variable.and_then(|text| text.rsplit(';').next()).is_some_and(|ground| matches!(ground, "7" | "15"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_is_what_the_terminal_says() {
        assert!(light_ground(Some("0;15")));
        assert!(!light_ground(Some("15;0")));
        assert!(!light_ground(Some("15;default;0")));
        assert!(!light_ground(None));
    }
}
