//! The configuration: what was written, in layers (`file`), becomes what is meant
//! (`meaning`, [`Config`]), or an error that names the line. Layers, low to high: the built-in `default.toml`, the user's file,
//! the environment, flags. Secrets come from the environment or from a
//! program, by the name that a file gives; no file holds one.
//!
//! This room reads files and writes none; it knows no screen and asks no server.

mod checks;
mod error;
mod file;
mod meaning;
mod paths;
mod show;

pub use checks::Check;
pub use error::{ConfigError, Place};
pub use paths::{Env, Paths, paths};
pub use show::{check, show, written};

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use file::Layer;
use meaning::Meaning;

use crate::change::{Leash, Level};
use crate::model::{Budget, ModelId, Role, Tokens};
use crate::provider::{Card, Catalogue, Endpoint, Found};
use crate::session::{Allowance, Depth, Reach};

/// The built-in layer: the defaults and their documentation.
pub const DEFAULT: &str = include_str!("default.toml");

/// Below it: what is known of models, in the same format.
const MODELS: &str = include_str!("models.toml");

/// Which models answer, for each role, best first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Roles {
    pub chat: Vec<ModelId>,
    pub complete: Vec<ModelId>,
    pub embed: Vec<ModelId>,
    pub apply: Vec<ModelId>,
    pub review: Vec<ModelId>,
}

/// How long what was sent is kept, to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WireLog {
    /// 0 keeps nothing.
    pub days: usize,
    /// Most room it may take for one workspace.
    pub megabytes: usize,
}

impl Default for WireLog {
    fn default() -> Self {
        Self { days: 7, megabytes: 64 }
    }
}

/// Which colours the user wants.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum ThemeName {
    /// By what the terminal says of its background.
    #[default]
    Auto,
    Dark,
    Light,
    /// No colour at all.
    None,
}

impl ThemeName {
    pub const ALL: [Self; 4] = [Self::Auto, Self::Dark, Self::Light, Self::None];

    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::None => "none",
        }
    }
}

impl FromStr for ThemeName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|theme| theme.name() == name)
            .ok_or_else(|| format!("`{name}` is not a theme; use auto, dark, light or none"))
    }
}

/// How far questions go.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Asking {
    /// Where their slider starts.
    pub depth: Depth,
    pub reach: Reach,
    pub allowance: Allowance,
    /// So long an answer is kept after the last one of its conversation, in days; 0: not at all.
    pub keep_days: usize,
}

/// How a project is made searchable by meaning, where a model serves the role `embed`.
#[derive(Clone, Default, Debug)]
pub struct Embed {
    /// Searches by default and requests use the vectors that there are, and not only searches that ask for
    /// it; and under a screen those that are missing are made.
    pub auto: bool,
    /// How long a request waits for the vector of its words, at most.
    pub wait: Duration,
    /// Most tokens a day that the model is sent; none: no limit.
    pub tokens: Option<Tokens>,
    /// Stand before each text that is searched, and each that is searched for.
    pub document_prefix: String,
    pub query_prefix: String,
    /// A folder with a table of static embeddings, in place of a model.
    pub weights: Option<PathBuf>,
    /// A server that keeps the vectors; none: this machine does.
    pub store: Option<Endpoint>,
    /// The name of the collection there; none: one of rein's own making.
    pub collection: Option<String>,
}

/// What is in force. Every model in `roles` has its endpoint.
#[derive(Clone, Debug)]
pub struct Config {
    pub endpoints: Vec<Endpoint>,
    pub roles: Roles,
    /// With `protect` built in.
    pub leash: Leash,
    /// The globs as written.
    pub protect: Vec<String>,
    /// Where the slider starts.
    pub level: Level,
    pub theme: ThemeName,
    /// Columns of a tab, 1 to 16.
    pub tab_width: usize,
    pub max_output: Option<Tokens>,
    pub budget: Budget,
    pub ask: Asking,
    pub embed: Embed,
    pub wire_log: WireLog,
    /// Of projects, by folder.
    pub checks: Vec<Check>,
    /// Prices and limits.
    pub catalogue: Catalogue,
}

impl Config {
    /// The server of a model.
    pub fn endpoint(&self, model: &ModelId) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == model.provider)
    }

    /// What is known of a model.
    pub fn card(&self, model: &ModelId) -> Card {
        let local = self.endpoint(model).is_some_and(|endpoint| endpoint.base_url.is_loopback());
        self.catalogue.card(model, local)
    }

    /// The models of a role.
    pub fn role(&self, role: Role) -> &[ModelId] {
        match role {
            Role::Chat => &self.roles.chat,
            Role::Complete => &self.roles.complete,
            Role::Embed => &self.roles.embed,
            Role::Apply => &self.roles.apply,
            Role::Review => &self.roles.review,
        }
    }

    /// The check of the project at `root`: of those that fit the one that names it most closely. `real`: where a
    /// folder is, links followed.
    pub fn check(&self, root: &Path, real: impl Fn(&Path) -> Option<PathBuf>) -> Option<&Check> {
        self.checks.iter().filter(|check| check.is_of(root, &real)).max_by_key(|check| check.rank())
    }

    /// Where to look for a server when `roles.chat` is empty: what is configured on this machine.
    pub fn local(&self) -> Vec<Endpoint> {
        self.endpoints.iter().filter(|endpoint| endpoint.base_url.is_loopback()).cloned().collect()
    }

    /// Takes the first of the servers found for `chat`, if nothing else serves it. Says so.
    pub fn adopt(&mut self, found: &[Found]) -> Option<String> {
        let chats = |name: &&String| !name.to_lowercase().contains("embed");
        let mut able = found.iter().filter_map(|one| Some((&one.endpoint, one.models.iter().find(chats)?)));
        let (endpoint, model) = able.next().filter(|_| self.roles.chat.is_empty())?;
        let id = ModelId { provider: endpoint.name.clone(), model: model.clone() };
        let note = format!(
            "chat: `{id}`, found at {}; to keep it write `roles.chat = [\"{id}\"]`",
            endpoint.base_url.host()
        );
        self.roles.chat = vec![id];
        Some(note)
    }
}

/// What the command line decides.
#[derive(Clone, Default, Debug)]
pub struct Overrides {
    pub level: Option<Level>,
    /// In place of `roles.chat`.
    pub model: Option<ModelId>,
    pub theme: Option<ThemeName>,
    /// A text in place of the user's file, and what to call it.
    pub in_place: Option<(PathBuf, String)>,
}

/// A configuration and how it came about.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// What the user should know: choices made for them, keys that are missing.
    pub notes: Vec<String>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

/// Reads every layer and says what they mean together.
///
/// # Errors
/// A file that cannot be read, or a setting that means nothing, with its place.
pub fn load(env: Env, overrides: Overrides) -> Result<Loaded, ConfigError> {
    let mut overrides = overrides;
    let user = match overrides.in_place.take() {
        Some((name, text)) => Some(bounded(Layer::parse(name, text)?, env)?),
        None => user_layer(env)?,
    };
    let files = user.iter().map(|layer| layer.file().to_owned()).collect();
    let (config, notes) = Meaning::new(layers(user)?, env).resolve(overrides)?;
    Ok(Loaded { config, notes, files })
}

fn layers(user: Option<Layer>) -> Result<Vec<Layer>, ConfigError> {
    let models = Layer::built_in("(built-in prices)", MODELS)?;
    let built_in = Layer::built_in("(built-in configuration)", DEFAULT)?;
    Ok([Some(models), Some(built_in), user].into_iter().flatten().collect())
}

/// A text in place of the user's file may come from a stranger: it lets no more change than the user
/// does, and names no command that could be run.
fn bounded(mut text: Layer, env: Env) -> Result<Layer, ConfigError> {
    let (own, _) = Meaning::new(layers(user_layer(env)?)?, env).resolve(Overrides::default())?;
    text.tighten(own.leash.max_lines, own.leash.max_files, &own.protect);
    text.forget_checks();
    Ok(text)
}

fn user_layer(env: Env) -> Result<Option<Layer>, ConfigError> {
    let missing = |file: &Path| ConfigError::Unreadable {
        file: file.to_owned(),
        why: "`REIN_CONFIG` names it, but it does not exist".into(),
    };
    match (paths::named(env), paths::usual(env)) {
        (Some(file), _) => Layer::read(&file)?.ok_or_else(|| missing(&file)).map(Some),
        (None, Some(file)) => Layer::read(&file),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::time::Duration;

    use super::*;
    use crate::provider::{Timeouts, Wire};

    /// A user's file and an environment; what they mean.
    fn loaded(user: &str, env: &[(&str, &str)], overrides: Overrides) -> Result<Loaded, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("my.toml");
        std::fs::write(&file, user).unwrap();
        let read = |name: &str| match name {
            "REIN_CONFIG" => Some(file.clone().into_os_string()),
            _ => env.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)),
        };
        load(&read, overrides)
    }

    fn config(user: &str) -> Config {
        loaded(user, &[], Overrides::default()).unwrap().config
    }

    fn wrong(user: &str, env: &[(&str, &str)]) -> String {
        let said = loaded(user, env, Overrides::default()).unwrap_err().to_string();
        said.rsplit_once("/my.toml").map_or(said.clone(), |(_, rest)| format!("my.toml{rest}"))
    }

    const LOCAL: &str =
        "[providers.local]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:8080/v1\"\n";

    #[test]
    fn without_anything_configured_the_defaults_are_in_force_and_no_model_is() {
        let loaded = load(&|_| None, Overrides::default()).unwrap();
        let config = loaded.config;
        assert_eq!((config.level, config.theme, config.tab_width), (Level::Selection, ThemeName::Auto, 4));
        assert_eq!((config.leash.max_lines, config.leash.max_files), (600, 20));
        assert_eq!((config.roles, config.max_output), (Roles::default(), None));
        assert!(loaded.notes.is_empty() && loaded.files.is_empty());
        let local: Vec<_> = config.endpoints.iter().filter(|one| one.base_url.is_loopback()).collect();
        assert_eq!(local.len(), 3);
    }

    #[test]
    fn each_layer_overrides_the_one_below_setting_by_setting() {
        let user = "level = \"file\"\ntheme = \"dark\"\nmax_output = 900\n[leash]\nmax_files = 3\n[providers.openai]\nidle_timeout = 2.5\n[roles]\nchat = [\"openai/a\"]";
        let Config { level, theme, leash, max_output, endpoints, .. } = config(user);
        assert_eq!((level, theme, max_output), (Level::File, ThemeName::Dark, Some(Tokens(900))));
        assert_eq!((leash.max_files, leash.max_lines), (3, 600));
        let openai = endpoints.iter().find(|one| one.name == "openai").unwrap();
        assert_eq!(openai.timeouts, Timeouts { idle: Duration::from_millis(2_500), ..Timeouts::default() });
        assert_eq!(openai.wire, Wire::OpenAiChat);

        let env = [("REIN_LEVEL", "repo"), ("REIN_MODEL", "openai/b")];
        let by_env = loaded(user, &env, Overrides::default()).unwrap().config;
        assert_eq!((by_env.level, by_env.roles.chat[0].model.as_str()), (Level::Repo, "b"));

        let flags = Overrides {
            level: Some(Level::Selection),
            model: "openai/c".parse().ok(),
            theme: Some(ThemeName::None),
            ..Overrides::default()
        };
        let by_flag = loaded(user, &env, flags).unwrap().config;
        assert_eq!((by_flag.level, by_flag.theme), (Level::Selection, ThemeName::None));
        assert_eq!(by_flag.roles.chat, ["openai/c".parse().unwrap()]);
    }

    #[test]
    fn a_text_in_place_of_the_users_file_lets_no_more_change_than_the_user_does() {
        let own = "[leash]\nmax_files = 3\nprotect = [\"db/**\"]";
        for (text, bounds) in [
            ("", (3, 600, vec!["db/**"])),
            ("[leash]\nmax_files = 99\nmax_lines = 9000\nprotect = []", (3, 600, vec!["db/**"])),
            (
                "[leash]\nmax_files = 2\nmax_lines = 8\nprotect = [\"a\", \"db/**\"]",
                (2, 8, vec!["a", "db/**"]),
            ),
        ] {
            let in_place = Some((PathBuf::from("a recording"), text.to_owned()));
            let config = loaded(own, &[], Overrides { in_place, ..Overrides::default() }).unwrap().config;
            assert_eq!(
                (
                    config.leash.max_files,
                    config.leash.max_lines,
                    config.protect.iter().map(String::as_str).collect()
                ),
                bounds,
                "{text}"
            );
        }
    }

    #[test]
    fn a_setting_that_means_nothing_names_its_line_and_what_to_write() {
        for (user, expected) in [
            ("level = \"all\"", "my.toml:1: `all` is not a notch; use complete, selection, file or repo"),
            ("\ntheme = \"pink\"", "my.toml:2: `pink` is not a theme; use auto, dark, light or none"),
            ("tab_width = 0", "my.toml:1: `tab_width` is 0; use 1 to 16"),
            ("max_output = -1", "my.toml:1: `max_output` is -1; use 1 to 10000000"),
            (
                "[roles]\nchat = [\"qwen\"]",
                "my.toml:2: `qwen` is not a model; write `provider/model`, as in `local/qwen3-coder`",
            ),
            (
                "[roles]\nchat = [\"opnai/x\"]",
                "my.toml:2: `opnai/x`: no provider is called `opnai`; did you mean `openai`?",
            ),
            (
                "[providers.x]\nwire = \"openai\"",
                "my.toml:2: `openai` is not a wire; did you mean `openai-chat`?",
            ),
            (
                "[providers.x]\nwire = \"anthropic\"",
                "my.toml:1: `[providers.x]` has no `base_url`; write it as in `base_url = \"https://api.example.com/v1\"`",
            ),
            (
                "[providers.openai]\nidle_timeout = 0",
                "my.toml:2: `idle_timeout` is 0; use 0.001 to 3600 seconds",
            ),
            (
                "[providers.openai]\nidle_timeout = nan",
                "my.toml:2: `idle_timeout` is NaN; use 0.001 to 3600 seconds",
            ),
            ("[providers.\"a/b\"]", "my.toml:1: a provider's name is one word without `/`"),
            ("[budget]\nday = -1", "my.toml:2: `budget.day` is -1; write dollars, as in `0.50`"),
            ("[budget]\nturm = 1", "my.toml:2: unknown key `turm` in `[budget]`; did you mean `turn`?"),
            (
                "[models.\"x*\"]\ninput = 1",
                "my.toml:2: `[models.\"x*\"]` has half a price; write both `input` and `output`",
            ),
            ("[models.x]\ncontext = 0", "my.toml:2: `context` is 0; use 1 to 1000000000 tokens"),
            (
                "[ask]\ndepth = \"bottomless\"",
                "my.toml:2: `bottomless` is no depth; use quick, research, deep",
            ),
            ("[ask]\nrounds = 99", "my.toml:2: `ask.rounds` is 99; use 0 to 50"),
            (
                "[checks.shop]\ncommand = \"make\"",
                "my.toml:1: `checks.\"shop\"` names no folder; write all of its path, or `~/` and the rest",
            ),
            (
                "[checks.\"/p\"]\non_save = true",
                "my.toml:1: `[checks.\"/p\"]` has no `command`; write it as in `command = [\"cargo\", \"check\", \"--message-format=short\"]`",
            ),
            (
                "[checks.\"/p/*\"]\ncommand = \"make\"\non_save = true",
                "my.toml:3: `on_save` runs the command without a key: name one folder, and not all that fit a pattern",
            ),
            (
                "[checks.\"/p\"]\ncommand = \"make\"\ntimeout = 0",
                "my.toml:3: `timeout` is 0; use 1 to 86400 seconds",
            ),
            (
                "[checks.\"/p\"]\ncomand = \"make\"",
                "my.toml:2: unknown key `comand` in `[checks./p]`; did you mean `command`?",
            ),
            ("[embed]\ntokens = -1", "my.toml:2: `embed.tokens` is -1; use 0 to 100000000000"),
            (
                "[embed]\ncollection = \"a/b\"",
                "my.toml:2: `a/b` is no collection; use letters, digits, `.`, `-` and `_`",
            ),
            (
                "[embed]\nstore = \"http://10.0.0.7\"",
                "my.toml:2: `http://10.0.0.7` would send vectors and a key unencrypted to `10.0.0.7`; use `https://`",
            ),
            (
                "[embed]\nstore = \"https://x\"\nstore_key_env = \"sk-sesame\"",
                "my.toml:3: `store_key_env` is the name of an environment variable, as in `MY_KEY`, not a key",
            ),
            ("[wire_log]\ndays = -1", "my.toml:2: `wire_log.days` is -1; use 0 to 3650"),
            (
                "[leash]\nprotect = [\"a[\"]",
                "my.toml:2: error parsing glob 'a[': unclosed character class; missing ']'",
            ),
        ] {
            assert_eq!(wrong(user, &[]), expected);
        }
        assert!(wrong("", &[("REIN_LEVEL", "x")]).starts_with("`REIN_LEVEL`: `x` is not a notch"));
        assert!(wrong("", &[("REIN_MODEL", "x")]).starts_with("`REIN_MODEL`: `x` is not a model"));
        let flags = Overrides { model: "x/y".parse().ok(), ..Overrides::default() };
        let said = loaded("", &[], flags).unwrap_err().to_string();
        assert!(said.starts_with("`--model`: `x/y`: no provider is called `x`"), "{said}");
    }

    #[test]
    fn five_lines_put_any_wire_behind_any_role_it_can_serve() {
        for wire in Wire::ALL {
            for role in Role::ALL {
                let user = format!(
                    "[providers.my]\nwire = \"{wire}\"\nbase_url = \"http://127.0.0.1:9\"\n[roles]\n{role} = [\"my/m\"]"
                );
                let loaded = loaded(&user, &[], Overrides::default());
                assert_eq!(loaded.is_ok(), wire.serves(role), "{wire} {role}");
                if let Err(why) = loaded {
                    assert!(why.to_string().contains("those that can are"), "{why}");
                }
            }
        }
    }

    #[test]
    fn how_far_a_question_goes_is_the_users_to_set() {
        let config = loaded("", &[], Overrides::default()).unwrap().config;
        assert_eq!((config.ask.depth, config.ask.reach), (Depth::Quick, Reach::default()));
        assert_eq!(config.ask.allowance, "300k,10min".parse().unwrap());
        assert_eq!(config.ask.keep_days, 30);
        let user = "[ask]\ndepth = \"deep\"\nrounds = 9\nparts = 0\ntokens = 0\nminutes = 2\nkeep_days = 0\ndollars = 0.25\n";
        let config = loaded(user, &[], Overrides::default()).unwrap().config;
        assert_eq!((config.ask.depth, config.ask.reach), (Depth::Deep, Reach { rounds: 9, parts: 1 }));
        assert_eq!(config.ask.allowance, "$0.25,2min".parse().unwrap());
        assert_eq!(config.ask.keep_days, 0);
    }

    #[test]
    fn budgets_and_prices_are_the_users_to_set() {
        let user = "[budget]\nturn = 0.50\nday = 5\n[models.\"gpt-5*\"]\ninput = 9\noutput = 10\nmax_output = 7\n[wire_log]\ndays = 0\n";
        let config = config(user);
        assert_eq!(
            config.budget,
            Budget { turn: "0.50".parse().ok(), day: "5".parse().ok(), question: None }
        );
        assert_eq!((config.wire_log.days, config.wire_log.megabytes), (0, 64));
        let card = config.card(&"openai/gpt-5".parse().unwrap());
        assert_eq!(card.price.unwrap().cached.0.to_string(), "$9.00", "what is not given is `input`");
        assert_eq!((card.max_output, card.context), (Some(Tokens(7)), Some(Tokens(400_000))));
        let sonnet = config.card(&"anthropic/claude-sonnet-4-6".parse().unwrap());
        assert_eq!(sonnet.price.unwrap().output.0.to_string(), "$15.00");
        assert!(config.card(&"ollama/anything".parse().unwrap()).price.unwrap().is_free());
        assert_eq!(config.card(&"openai/unheard-of".parse().unwrap()).price, None);
    }

    #[test]
    fn every_default_model_has_a_price() {
        let config = config("");
        for id in ["anthropic/claude-sonnet-4-6", "openai/gpt-5.2", "openrouter/anthropic/claude-sonnet-4.6"]
        {
            assert!(config.card(&id.parse().unwrap()).price.is_some(), "{id}");
        }
    }

    #[test]
    fn code_and_keys_leave_this_machine_encrypted_or_by_the_users_word() {
        let remote = "[providers.lan]\nwire = \"openai-chat\"\nbase_url = \"http://10.0.0.7:8080/v1\"\n";
        let expected = "my.toml:3: `http://10.0.0.7:8080/v1` would send code and keys unencrypted to `10.0.0.7`; use `https://`, or set `insecure = true`";
        assert_eq!(wrong(remote, &[]), expected);
        assert!(config(&format!("{remote}insecure = true")).endpoints.iter().any(|one| one.name == "lan"));
    }

    #[test]
    fn a_key_comes_from_the_variable_that_is_named_for_it() {
        let user = format!("{LOCAL}api_key_env = \"LOCAL_KEY\"\n[roles]\nchat = [\"local/m\"]");
        let with = loaded(&user, &[("LOCAL_KEY", "sk-sesame\n")], Overrides::default()).unwrap();
        let id = &with.config.roles.chat[0];
        assert!(with.config.endpoint(id).unwrap().key.is_some() && with.notes.is_empty());
        let without = loaded(&user, &[], Overrides::default()).unwrap();
        assert_eq!(without.notes, ["`local/m` has no key: `LOCAL_KEY` is not set"]);
        let odd = loaded(&user, &[("LOCAL_KEY", "two words")], Overrides::default()).unwrap();
        assert!(odd.notes[0].starts_with("`LOCAL_KEY` is set, but not used: the key holds"));
        assert!(!odd.notes.concat().contains("two words"));
    }

    #[test]
    fn a_key_comes_from_one_place_and_what_a_program_is_given_is_not_shown() {
        let from = |more: &str| {
            let loaded = loaded(&format!("{LOCAL}{more}"), &[], Overrides::default()).unwrap();
            let local = loaded.config.endpoints.iter().find(|one| one.name == "local").unwrap();
            assert!(
                local.has_key()
                    && !show(&loaded).contains("sesame")
                    && !format!("{local:?}").contains("sesame")
            );
            local.key_from.clone().and_then(|from| from.command()).unwrap()
        };
        assert_eq!(from("api_key_command = [\"echo\", \"sk-sesame\"]"), ["echo", "sk-sesame"]);
        assert_eq!(from("api_key_command = \"echo sk-sesame\""), ["sh", "-c", "echo sk-sesame"]);
        assert!(from("api_key_keyring = \"mine\"").contains(&"mine".to_owned()));
        for (more, part) in [
            ("api_key_command = []", "is a program with its arguments"),
            ("api_key_command = 7", "is a program with its arguments"),
            ("api_key_command = \"sk-sesame\"", "not the key"),
            ("api_key_command = [\"sk-sesame\"]", "not the key"),
            ("api_key_command = \"AIzaSesame0123456789abcdefghijk\"", "not the key"),
            ("api_key_keyring = \"-x\"", "is the name of an entry"),
            ("api_key_keyring = \"x\"\napi_key_env = \"X\"", "has both `api_key_env` and `api_key_keyring`"),
        ] {
            let said = wrong(&format!("{LOCAL}{more}"), &[]);
            assert!(said.starts_with("my.toml:") && said.contains(part) && !said.contains("esame"), "{said}");
        }
        // A layer above says it anew, and not besides.
        let above = "[providers.openai]\napi_key_command = \"pass show openai\"";
        let over = loaded(above, &[], Overrides::default()).unwrap();
        let openai = over.config.endpoints.iter().find(|one| one.name == "openai").unwrap();
        assert_eq!(openai.key_from.clone().and_then(|from| from.command()).unwrap()[0], "sh");
    }

    #[test]
    fn a_key_in_the_place_of_a_variables_name_is_refused_and_not_repeated() {
        let said = wrong(&format!("{LOCAL}api_key_env = \"sk-sesame\""), &[]);
        assert!(
            said.starts_with("my.toml:4: `api_key_env` is the name of an environment variable"),
            "{said}"
        );
        assert!(!said.contains("sesame"));
    }

    #[test]
    fn a_key_in_the_environment_is_enough_and_is_said() {
        let env = [("OPENAI_API_KEY", "sk-sesame"), ("OPENROUTER_API_KEY", "sk-or")];
        let found = loaded("", &env, Overrides::default()).unwrap();
        assert_eq!(found.config.roles.chat.len(), 1, "code goes to one place only");
        assert_eq!(found.config.roles.chat[0].provider, "openai");
        assert!(found.notes[0].contains("because `OPENAI_API_KEY` is set"));
        let chosen =
            loaded(&format!("{LOCAL}[roles]\nchat = [\"local/m\"]"), &env, Overrides::default()).unwrap();
        assert_eq!(chosen.config.roles.chat, ["local/m".parse().unwrap()]);
    }

    #[test]
    fn a_server_found_on_this_machine_serves_if_nothing_else_does() {
        let mut config = config("");
        let endpoint = config.local().into_iter().find(|one| one.name == "ollama").unwrap();
        let found = [Found { endpoint, models: vec!["nomic-embed".into(), "qwen3:8b".into()] }];
        let note = config.adopt(&found).unwrap();
        assert!(note.starts_with("chat: `ollama/qwen3:8b`, found at 127.0.0.1:11434"), "{note}");
        assert_eq!(config.roles.chat, ["ollama/qwen3:8b".parse().unwrap()]);
        assert_eq!(config.adopt(&found), None, "once is enough");
    }

    #[test]
    fn the_check_of_a_project_is_the_one_that_names_it_most_closely_and_no_recording_has_one() {
        let user = "[checks.\"/p/*\"]\ncommand = \"make check\"\n[checks.\"/p/shop\"]\ncommand = [\"cargo\", \"check\"]\non_save = true";
        let first = loaded(user, &[], Overrides::default()).unwrap();
        let name = |root: &str| first.config.check(Path::new(root), |_| None).map(Check::name);
        assert_eq!(name("/p/shop").as_deref(), Some("cargo check"));
        assert_eq!(name("/p/other").as_deref(), Some("make check"));
        assert_eq!(name("/p/a/b"), None);
        assert!(show(&first).contains("on_save = true") && !written(&first.config).contains("checks"));
        let in_place = Some((PathBuf::from("a recording"), user.to_owned()));
        let played = loaded("", &[], Overrides { in_place, ..Overrides::default() }).unwrap();
        assert!(played.config.checks.is_empty(), "a stranger's text names no command");
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same_and_holds_no_secret() {
        let user = format!(
            "{LOCAL}api_key_env = \"LOCAL_KEY\"\n[providers.lan]\nwire = \"anthropic\"\nbase_url = \"http://10.0.0.7\"\ninsecure = true\n[roles]\nchat = [\"local/m\"]\n[leash]\nprotect = [\"db/**\"]\n[embed]\nauto = true\nweights = \"w\"\nstore = \"https://v:6333\"\nstore_key_env = \"LOCAL_KEY\"\nquery_prefix = \"q: \""
        );
        let env = [("LOCAL_KEY", "sk-sesame")];
        let first = loaded(&user, &env, Overrides::default()).unwrap();
        let shown = show(&first);
        let again = show(&loaded(&shown, &env, Overrides::default()).unwrap());
        let body = |text: &str| text.split_once("\n\n").map(|(_, body)| body.to_owned());
        assert_eq!(body(&shown), body(&again));
        assert!(shown.contains("# LOCAL_KEY is set\n") && !shown.contains("sesame"));
        let checked = check(&first);
        assert!(checked.contains("chat: local/m (127.0.0.1:8080)\ncomplete: no model\n"), "{checked}");
    }

    #[test]
    fn a_file_that_is_named_must_exist_and_the_usual_one_need_not() {
        let named = |name: &str| (name == "REIN_CONFIG").then(|| OsString::from("/nowhere/rein.toml"));
        let said = load(&named, Overrides::default()).unwrap_err().to_string();
        assert!(said.contains("`/nowhere/rein.toml`: `REIN_CONFIG` names it, but it does not exist"));
        let usual = |name: &str| (name == "HOME").then(|| OsString::from("/nowhere"));
        assert!(load(&usual, Overrides::default()).unwrap().files.is_empty());
    }
}
