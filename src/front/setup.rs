//! What every command needs before it can begin: the configuration, the folders, the workspace, the
//! routes to models. The environment is read here and nowhere else.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::Receiver;

use super::keys::Keys;
use crate::config::{self, Config, Loaded, Overrides, ThemeName};
use crate::model::{KeyFrom, ModelId, Price, Role, Tokens};
use crate::orchestrator::wire_log::{Retention, WireLog};
use crate::orchestrator::{Checker, Meter, Orchestrator, Roles};
use crate::prompt::{PromptError, Prompts};
use crate::provider::{Client, KeyStore, Recorder, Tape, Timeouts, Witness, discover};
use crate::session::{Event, Session, Terms};
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
    #[error("the base `{}` is no folder; name the folder that holds the files as the model saw them", .0.display())]
    Base(PathBuf),
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
    #[error("the recording `{}` cannot be written: {why}", .file.display())]
    Record { file: PathBuf, why: std::io::Error },
    #[error("the recording `{}` cannot be played: {why}", .file.display())]
    Replay { file: PathBuf, why: String },
    #[error(transparent)]
    Scope(#[from] crate::change::NoScope),
    #[error("`leash.protect`: {0}")]
    Leash(String),
}

/// What was typed that bears on models.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Supplied {
    /// Asked in place of `roles.chat`.
    pub model: Option<String>,
    /// Where to write the wire's exchanges down.
    pub record: Option<PathBuf>,
    /// Where to take them from, in place of a network.
    pub replay: Option<PathBuf>,
}

/// The configuration in force and what follows from it.
pub struct Setup {
    loaded: Loaded,
    state: PathBuf,
    /// Is the search index used, which lives in the user's cache?
    searches: bool,
    prompts: Arc<Prompts>,
    roles: Roles,
    recorder: Option<Arc<Recorder>>,
    tape: Option<Arc<Tape>>,
    keys: Arc<Keys>,
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

/// All that a command without a model needs of the configuration: the globs of protected files, and
/// the folder of the journal.
pub fn protected() -> Result<(Vec<String>, PathBuf), SetupError> {
    let loaded = config::load(&env, Overrides::default())?;
    Ok((loaded.config.protect, config::paths(&env)?.state))
}

/// The runtime for everything that waits.
pub fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

impl Setup {
    /// Reads the configuration.
    pub fn load() -> Result<Self, SetupError> {
        Self::supplied(Supplied::default())
    }

    /// The same with a model, a recording to make or one to play.
    pub fn supplied(supplied: Supplied) -> Result<Self, SetupError> {
        let Supplied { model, record, replay } = supplied;
        let model = match model {
            Some(text) => Some(text.parse::<ModelId>().map_err(|_| SetupError::Model(text))?),
            None => None,
        };
        let tape = replay.as_deref().map(tape).transpose()?;
        // A recording is played with the configuration that it was made with.
        let in_place = replay.zip(tape.as_ref()).map(|(file, tape)| (file, tape.config().to_owned()));
        let loaded = config::load(&env, Overrides { model, in_place, ..Overrides::default() })?;
        let recorder = record.as_deref().map(|file| recorder(file, &loaded.config)).transpose()?;
        let setup = Self::with(loaded, config::paths(&env)?.state)?;
        Ok(Self { recorder, tape: tape.map(Arc::new), searches: true, ..setup })
    }

    /// From a configuration that is known already, with the journal in `state`, and no index: for a
    /// project that is thrown away again.
    pub fn with(loaded: Loaded, state: PathBuf) -> Result<Self, SetupError> {
        let prompts = Arc::new(Prompts::embedded()?);
        let roles = routes(&loaded.config);
        Ok(Self {
            loaded,
            state,
            searches: false,
            prompts,
            roles,
            recorder: None,
            tape: None,
            keys: Arc::default(),
        })
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
        let (client, budget) = (self.client(&workspace), self.loaded.config.budget);
        let place = super::index::place(&workspace).ok().filter(|_| self.searches);
        let checker = self.checker(&workspace);
        let opening = place.as_ref().and_then(|place| super::meaning::opening(self, &workspace, place));
        let (orchestrator, events) =
            Orchestrator::new(workspace, client, self.roles.clone(), ROOM, budget, runtime);
        let days = self.loaded.config.ask.keep_days as u64;
        let orchestrator = orchestrator.keeping_answers(Duration::from_secs(days * 86_400));
        let orchestrator = checker.into_iter().fold(orchestrator, Orchestrator::checking);
        let orchestrator = place.into_iter().fold(orchestrator, Orchestrator::searching);
        let wait = self.loaded.config.embed.wait;
        (opening.into_iter().fold(orchestrator, |it, opening| it.sensing(opening, wait)), events)
    }

    /// The check of the project, by the user's own word.
    pub fn check(&self, workspace: &Workspace) -> Option<&config::Check> {
        self.loaded.config.check(workspace.root(), |folder| std::fs::canonicalize(folder).ok())
    }

    fn checker(&self, workspace: &Workspace) -> Option<Arc<dyn Checker>> {
        let check = self.check(workspace)?;
        let config = &self.loaded.config;
        let keys = config.endpoints.iter().chain(&config.embed.store).filter_map(|one| one.key_from.as_ref());
        let hidden = keys.filter_map(|from| match from {
            KeyFrom::Variable(name) => Some(name.clone()),
            KeyFrom::Command(_) | KeyFrom::Keyring(_) => None,
        });
        let (hidden, command) = (hidden.collect(), check.command.clone());
        Some(Arc::new(super::check::Check { command, hidden, timeout: check.timeout }))
    }

    /// Connections to servers. What leaves is written down as the user wants it; from a recording
    /// nothing leaves.
    pub fn client(&self, workspace: &Workspace) -> Client {
        if let Some(tape) = &self.tape {
            return Client::new().played_from(Arc::clone(tape));
        }
        let mut client = Client::new().with_keys(Arc::clone(&self.keys) as Arc<dyn KeyStore>);
        if let Some(recorder) = &self.recorder {
            client = client.shown_to(Arc::clone(recorder) as Arc<dyn Witness>);
        }
        let kept = self.loaded.config.wire_log;
        if kept.days > 0 {
            let age = Duration::from_secs(kept.days as u64 * 86_400);
            let kept = Retention { age, size: kept.megabytes as u64 * 1_000_000 };
            client = client.shown_to(Arc::new(WireLog::open(workspace, kept)));
        }
        client
    }

    /// The meter, for requests outside of a session.
    pub fn meter(&self, workspace: &Workspace) -> Arc<Meter> {
        Meter::of(workspace, self.loaded.config.budget)
    }

    /// When no model is configured, looks for servers on this machine. Says what it found.
    pub async fn discover(&mut self, workspace: &Workspace) -> Option<String> {
        if !self.roles.serve(Role::Chat).is_empty() {
            return None;
        }
        let found = discover(&self.client(workspace), &self.loaded.config.local(), DISCOVERY).await;
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

    /// A session whose answers are kept, as the user wants it.
    pub fn session(&self, source: Source) -> Session {
        let mut session = Session::new(self.terms(source));
        if self.loaded.config.ask.keep_days > 0 {
            session.keep_answers(seed());
        }
        session
    }

    /// Who serves each role, first choice first.
    pub fn lists(&self) -> Vec<(Role, Vec<ModelId>)> {
        Role::ALL.map(|role| (role, self.loaded.config.role(role).to_vec())).into()
    }

    /// The model that a request would go to first, and what it takes, if that is known.
    pub fn first_chat(&self) -> Option<(ModelId, Option<Price>)> {
        self.roles.serve(Role::Chat).first().map(|route| (route.id(), route.card.price))
    }

    /// What the models that may be asked take for their tokens, as far as it is known.
    pub fn prices(&self) -> Vec<(ModelId, Price)> {
        let routes = Role::ALL.into_iter().flat_map(|role| self.roles.serve(role));
        routes.filter_map(|route| Some((route.id(), route.card.price?))).collect()
    }

    /// Are requests found by meaning too?
    pub fn finds_by_meaning(&self) -> bool {
        let embed = &self.loaded.config.embed;
        embed.auto && self.searches && (embed.weights.is_some() || !self.roles.serve(Role::Embed).is_empty())
    }

    /// How far questions go.
    pub fn asking(&self) -> config::Asking {
        self.loaded.config.ask
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

/// Another one each time: the seed of a hash map is drawn from one.
fn seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id())
}

fn recorder(file: &Path, config: &Config) -> Result<Arc<Recorder>, SetupError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let unwritable = |why| SetupError::Record { file: file.into(), why };
    let old = std::fs::metadata(file).is_ok_and(|what| what.is_file() && what.len() > 0);
    if old && tape(file).is_err() {
        let why = io::Error::other("there is a file of this name that is no recording; name another");
        return Err(unwritable(why));
    }
    let out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    let made = out.and_then(|out| Recorder::new(Box::new(out), &config::written(config)));
    made.map(Arc::new).map_err(unwritable)
}

fn tape(file: &Path) -> Result<Tape, SetupError> {
    let unplayable = |why: String| SetupError::Replay { file: file.into(), why };
    let text = std::fs::read_to_string(file).map_err(|why| unplayable(why.to_string()))?;
    Tape::parse(&text).map_err(|why| unplayable(why.to_string()))
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
