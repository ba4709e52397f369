//! What was written: one configuration file as text, its keys checked by name and its values by
//! type, with the line of each. What it means is `meaning`'s.
#![expect(
    clippy::disallowed_methods,
    reason = "reads the user's configuration, which is no file of a workspace"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ConfigError, Place};

/// A layer's settings; what it leaves out, the layer below decides.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    pub level: Option<String>,
    pub theme: Option<String>,
    pub tab_width: Option<i64>,
    pub max_output: Option<i64>,
    pub leash: Leash,
    pub budget: Budget,
    pub ask: Ask,
    pub embed: Embed,
    pub wire_log: WireLog,
    /// By the folder of the project.
    pub checks: BTreeMap<String, Check>,
    pub roles: Roles,
    pub providers: BTreeMap<String, Provider>,
    /// By name pattern.
    pub models: BTreeMap<String, Model>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Leash {
    pub max_lines: Option<i64>,
    pub max_files: Option<i64>,
    pub protect: Option<Vec<String>>,
}

/// In dollars.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Budget {
    pub turn: Option<f64>,
    pub day: Option<f64>,
}

/// Of questions.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Ask {
    pub depth: Option<String>,
    pub rounds: Option<i64>,
    pub parts: Option<i64>,
    pub tokens: Option<i64>,
    pub minutes: Option<i64>,
    pub keep_days: Option<i64>,
    pub dollars: Option<f64>,
}

/// Of search by meaning.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Embed {
    pub auto: Option<bool>,
    pub wait: Option<f64>,
    pub tokens: Option<i64>,
    pub document_prefix: Option<String>,
    pub query_prefix: Option<String>,
    pub weights: Option<PathBuf>,
    pub store: Option<String>,
    pub store_key_env: Option<String>,
    pub collection: Option<String>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WireLog {
    pub days: Option<i64>,
    pub megabytes: Option<i64>,
}

/// The check of a project.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Check {
    pub command: Option<Program>,
    pub on_save: Option<bool>,
    pub timeout: Option<i64>,
}

/// Rates in dollars for a million tokens.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Model {
    pub input: Option<f64>,
    pub output: Option<f64>,
    pub cached: Option<f64>,
    pub cache_write: Option<f64>,
    pub context: Option<i64>,
    pub max_output: Option<i64>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Roles {
    pub chat: Option<Vec<String>>,
    pub complete: Option<Vec<String>>,
    pub embed: Option<Vec<String>>,
    pub apply: Option<Vec<String>>,
    pub review: Option<Vec<String>>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Provider {
    pub wire: Option<String>,
    pub base_url: Option<String>,
    pub api_key_env: Option<String>,
    pub api_key_command: Option<Program>,
    pub api_key_keyring: Option<String>,
    pub default_model: Option<String>,
    pub insecure: Option<bool>,
    pub connect_timeout: Option<f64>,
    pub first_byte_timeout: Option<f64>,
    pub idle_timeout: Option<f64>,
}

/// A program with its arguments, or a line for a shell.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a command is a program with its arguments, as in `[\"pass\", \"show\", \"openai\"]`, or a line for a shell"
)]
pub(super) enum Program {
    Line(String),
    Words(Vec<String>),
}

impl Program {
    pub fn words(self) -> Vec<String> {
        match self {
            Self::Line(line) if line.trim().is_empty() => Vec::new(),
            Self::Line(line) => ["sh", "-c", &line].map(str::to_owned).into(),
            Self::Words(words) => words,
        }
    }
}

/// The keys of each table, for suggestions: [`Written`] in another form. A test holds them equal.
const TOP: &[&str] = &[
    "level",
    "theme",
    "tab_width",
    "max_output",
    "leash",
    "budget",
    "ask",
    "embed",
    "wire_log",
    "checks",
    "roles",
    "providers",
    "models",
];
const BUDGET: &[&str] = &["turn", "day"];
const ASK: &[&str] = &["depth", "rounds", "parts", "tokens", "minutes", "keep_days", "dollars"];
const EMBED: &[&str] = &[
    "auto",
    "wait",
    "tokens",
    "document_prefix",
    "query_prefix",
    "weights",
    "store",
    "store_key_env",
    "collection",
];
const WIRE_LOG: &[&str] = &["days", "megabytes"];
const CHECK: &[&str] = &["command", "on_save", "timeout"];
const MODEL: &[&str] = &["input", "output", "cached", "cache_write", "context", "max_output"];
const LEASH: &[&str] = &["max_lines", "max_files", "protect"];
const ROLES: &[&str] = &["chat", "complete", "embed", "apply", "review"];
const PROVIDER: &[&str] = &[
    "wire",
    "base_url",
    "api_key_env",
    "api_key_command",
    "api_key_keyring",
    "default_model",
    "insecure",
    "connect_timeout",
    "first_byte_timeout",
    "idle_timeout",
];

/// Names under which people try to write a key down.
const KEYS_THEMSELVES: &[&str] = &["api_key", "api-key", "apikey", "key", "token", "secret"];

/// The largest configuration that is read.
const SIZE_LIMIT: u64 = 1024 * 1024;

/// One configuration file.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    file: PathBuf,
    text: String,
    built_in: bool,
    pub written: Written,
}

impl Layer {
    /// The layer in `file`; `None` if there is no such file.
    pub fn read(file: &Path) -> Result<Option<Self>, ConfigError> {
        let unreadable = |why: String| ConfigError::Unreadable { file: file.into(), why };
        match std::fs::metadata(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error.to_string())),
            Ok(found) if found.len() > SIZE_LIMIT => return Err(unreadable("it is over 1 MiB".into())),
            Ok(_) => {}
        }
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        Self::parse(file.into(), text).map(Some)
    }

    /// What rein brings along. `name` is what an error calls it.
    pub fn built_in(name: &str, text: &str) -> Result<Self, ConfigError> {
        Ok(Self { built_in: true, ..Self::parse(name.into(), text.into())? })
    }

    pub fn is_built_in(&self) -> bool {
        self.built_in
    }

    pub fn parse(file: PathBuf, text: String) -> Result<Self, ConfigError> {
        let layer = Self { file, text, built_in: false, written: Written::default() };
        let table = DeTable::parse(&layer.text).map_err(|error| layer.malformed(&error))?;
        layer.check(table.get_ref())?;
        let written = toml::from_str(&layer.text).map_err(|error| layer.malformed(&error))?;
        Ok(Self { written, ..layer })
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// No more lines and files than these, and `protect` protected as well.
    pub fn tighten(&mut self, max_lines: usize, max_files: usize, protect: &[String]) {
        let least = |written: Option<i64>, most: usize| {
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            Some(written.map_or(most, |written| written.min(most)))
        };
        let leash = &mut self.written.leash;
        leash.max_lines = least(leash.max_lines, max_lines);
        leash.max_files = least(leash.max_files, max_files);
        let globs = leash.protect.get_or_insert_default();
        let further: Vec<String> = protect.iter().filter(|glob| !globs.contains(glob)).cloned().collect();
        globs.extend(further);
    }

    /// It names no command that could be run.
    pub fn forget_checks(&mut self) {
        self.written.checks.clear();
    }

    /// Where this layer writes `key`, a path such as `["roles", "chat"]`, if it does.
    pub fn place(&self, key: &[&str]) -> Option<Place> {
        let table = DeTable::parse(&self.text).ok()?;
        let (last, tables) = key.split_last()?;
        let mut inner = table.get_ref();
        for name in tables {
            inner = inner.get(*name)?.get_ref().as_table()?;
        }
        let (name, _) = inner.get_key_value(*last)?;
        Some(self.at(name.span().start))
    }

    fn at(&self, byte: usize) -> Place {
        let before = self.text.as_bytes().get(..byte).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Place::File(self.file.clone(), Some(line))
    }

    fn malformed(&self, error: &toml::de::Error) -> ConfigError {
        let at = error.span().map_or(Place::File(self.file.clone(), None), |span| self.at(span.start));
        // Only the message: the line itself might hold a secret.
        ConfigError::Invalid { at, what: error.message().trim_end().replace('\n', "; ") }
    }

    fn check(&self, table: &DeTable) -> Result<(), ConfigError> {
        self.names(table, TOP, "")?;
        for (name, keys) in [
            ("leash", LEASH),
            ("budget", BUDGET),
            ("ask", ASK),
            ("embed", EMBED),
            ("wire_log", WIRE_LOG),
            ("roles", ROLES),
        ] {
            if let Some(inner) = sub(table, name) {
                self.names(inner, keys, name)?;
            }
        }
        for (name, keys) in [("providers", PROVIDER), ("models", MODEL), ("checks", CHECK)] {
            self.each(table, name, keys)?;
        }
        Ok(())
    }

    /// The tables in the table `name`, whose own names are the user's.
    fn each(&self, table: &DeTable, name: &str, keys: &[&str]) -> Result<(), ConfigError> {
        let Some(tables) = sub(table, name) else { return Ok(()) };
        for (own, _) in tables {
            let Some(inner) = sub(tables, own.get_ref()) else { continue };
            self.names(inner, keys, &format!("{name}.{}", own.get_ref()))?;
        }
        Ok(())
    }

    fn names(&self, table: &DeTable, known: &[&str], place: &str) -> Result<(), ConfigError> {
        let unknown = |(name, _): &(&Spanned<_>, &Spanned<DeValue>)| !known.contains(&spelled(name));
        let Some((name, _)) = table.iter().find(unknown) else { return Ok(()) };
        let place = if place.is_empty() { String::new() } else { format!(" in `[{place}]`") };
        let written = spelled(name);
        let what = if KEYS_THEMSELVES.contains(&written.to_lowercase().as_str()) {
            format!(
                "`{written}`{place}: keys are not kept in files; put it into an environment variable and \
                 name that, as in `api_key_env = \"MY_KEY\"`, or name a program that prints it \
                 (`api_key_command`) or an entry of your keyring (`api_key_keyring`)"
            )
        } else {
            format!("unknown key `{written}`{place}; {}", advice(written, known))
        };
        Err(ConfigError::Invalid { at: self.at(name.span().start), what })
    }
}

fn spelled<'a>(name: &'a Spanned<std::borrow::Cow<'_, str>>) -> &'a str {
    name.get_ref().as_ref()
}

fn sub<'a, 'i>(table: &'a DeTable<'i>, name: &str) -> Option<&'a DeTable<'i>> {
    table.get(name)?.get_ref().as_table()
}

/// ``did you mean `x`?``, or what there is.
pub(super) fn advice(written: &str, known: &[&str]) -> String {
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let distance = |name: &&&str| edits(&plain(written), &plain(name));
    let begins = |name: &&&str| written.len() > 2 && plain(name).starts_with(&plain(written));
    let near = |name: &&&str| distance(name) <= 1 + written.chars().count() / 4;
    let nearest = || known.iter().min_by_key(distance).filter(near);
    match known.iter().find(begins).or_else(nearest) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}

/// Levenshtein distance in characters. Short words only: long ones are no misspelling.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != y)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Layer::parse("my.toml".into(), text.into()).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_an_error_with_line_and_suggestion() {
        for (text, expected) in [
            (
                "level = \"file\"\n\n[providers.local]\nbase-url = \"x\"",
                "my.toml:4: unknown key `base-url` in `[providers.local]`; did you mean `base_url`?",
            ),
            ("tabwidth = 3", "my.toml:1: unknown key `tabwidth`; did you mean `tab_width`?"),
            (
                "[roles]\nsing = []",
                "my.toml:2: unknown key `sing` in `[roles]`; there are chat, complete, embed, apply, review",
            ),
            (
                "leash = { max_line = 3 }",
                "my.toml:1: unknown key `max_line` in `[leash]`; did you mean `max_lines`?",
            ),
        ] {
            assert_eq!(wrong(text), expected);
        }
    }

    #[test]
    fn a_key_written_into_the_file_is_refused_and_not_repeated() {
        for name in ["api_key", "token", "API-KEY"] {
            let said = wrong(&format!("[providers.local]\n{name} = \"sk-sesame\""));
            assert!(said.starts_with(&format!(
                "my.toml:2: `{name}` in `[providers.local]`: keys are not kept in files"
            )));
            assert!(said.contains("api_key_env = ") && !said.contains("sesame"));
        }
    }

    #[test]
    fn broken_toml_and_wrong_types_name_their_line() {
        assert!(wrong("level = \"file\"\nlevel = \"repo\"").starts_with("my.toml:2: duplicate key"));
        assert!(wrong("\ntab_width = \"four\"").starts_with("my.toml:2: invalid type: string"));
        assert!(wrong("[roles\nchat = []").starts_with("my.toml:1: "));
        assert!(wrong("roles = 3").starts_with("my.toml:1: invalid type"));
        assert!(!wrong("[providers.x]\napi_key = \"sk-sesame").contains("sesame"));
    }

    #[test]
    fn the_list_of_keys_is_the_list_of_fields() {
        let says = |error: toml::de::Error| error.message().to_owned();
        for (known, found) in [
            (TOP, says(toml::from_str::<Written>("_ = 1").unwrap_err())),
            (LEASH, says(toml::from_str::<Leash>("_ = 1").unwrap_err())),
            (ROLES, says(toml::from_str::<Roles>("_ = 1").unwrap_err())),
            (PROVIDER, says(toml::from_str::<Provider>("_ = 1").unwrap_err())),
            (BUDGET, says(toml::from_str::<Budget>("_ = 1").unwrap_err())),
            (CHECK, says(toml::from_str::<Check>("_ = 1").unwrap_err())),
            (ASK, says(toml::from_str::<Ask>("_ = 1").unwrap_err())),
            (WIRE_LOG, says(toml::from_str::<WireLog>("_ = 1").unwrap_err())),
            (MODEL, says(toml::from_str::<Model>("_ = 1").unwrap_err())),
        ] {
            let named = found.split('`').skip(3).step_by(2).collect::<Vec<_>>();
            assert_eq!(known, named, "{found}");
        }
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        let found =
            [("", "abc"), ("abc", ""), ("kitten", "sitting"), ("same", "same")].map(|(a, b)| edits(a, b));
        assert_eq!(found, [3, 3, 3, 0]);
    }
}
