//! From what was written to what is meant: for each setting the highest layer's word, parsed and
//! checked, or an error at the place where it was written.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::checks::{self, Check};
use super::file::{Layer, Model, Program, Provider, Written, advice};
use super::{Asking, Config, ConfigError, Embed, Env, Overrides, Place, Roles, ThemeName, WireLog};
use crate::change::{Leash, Level};
use crate::model::{Budget, KeyFrom, ModelId, Money, Price, Rate, Role, Tokens};
use crate::provider::{BaseUrl, BaseUrlError, Card, Catalogue, Endpoint, Key, Timeouts, Wire};
use crate::session::{Allowance, Reach};

/// Turns layers into a configuration, remembering where each setting was written.
pub(super) struct Meaning<'a> {
    /// Low to high.
    layers: Vec<Layer>,
    env: Env<'a>,
    notes: Vec<String>,
}

impl<'a> Meaning<'a> {
    pub fn new(layers: Vec<Layer>, env: Env<'a>) -> Self {
        Self { layers, env, notes: Vec::new() }
    }

    /// The configuration, and what to tell the user about it.
    pub fn resolve(mut self, overrides: Overrides) -> Result<(Config, Vec<String>), ConfigError> {
        let names: Vec<String> =
            self.layers.iter().flat_map(|l| l.written.providers.keys().cloned()).collect();
        let names = BTreeSet::from_iter(names);
        let endpoints = names.iter().map(|name| self.endpoint(name)).collect::<Result<Vec<_>, _>>()?;
        let (leash, protect) = self.leash()?;
        let config = Config {
            leash,
            protect,
            level: self.level(overrides.level)?,
            theme: self.theme(overrides.theme)?,
            tab_width: self.number(&["tab_width"], 1..=16, |w| w.tab_width)?.unwrap_or(4),
            max_output: self
                .number(&["max_output"], 1..=10_000_000, |w| w.max_output)?
                .map(|n| Tokens(n as u64)),
            roles: self.roles(&endpoints, overrides.model)?,
            budget: self.budget()?,
            ask: self.ask()?,
            embed: self.embed()?,
            wire_log: self.wire_log()?,
            checks: self.checks()?,
            catalogue: self.catalogue()?,
            endpoints,
        };
        self.note_missing_keys(&config);
        Ok((config, self.notes))
    }

    /// The highest layer's word on a setting.
    fn top<T>(&self, pick: impl Fn(&Written) -> Option<T>) -> Option<T> {
        self.layers.iter().rev().find_map(|layer| pick(&layer.written))
    }

    fn invalid(&self, key: &[&str], what: impl Into<String>) -> ConfigError {
        let at = self.layers.iter().rev().find_map(|layer| layer.place(key));
        let nowhere =
            || Place::File(self.layers.last().map_or_else(PathBuf::new, |l| l.file().to_owned()), None);
        ConfigError::Invalid { at: at.unwrap_or_else(nowhere), what: what.into() }
    }

    fn variable(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(value) = (self.env)(name).filter(|value| !value.is_empty()) else { return Ok(None) };
        let invalid = |_| ConfigError::Invalid { at: Place::Env(name), what: "it is not UTF-8".into() };
        value.into_string().map(Some).map_err(invalid)
    }

    fn parsed<T: FromStr<Err = String>>(
        &self,
        key: &[&str],
        pick: impl Fn(&Written) -> Option<String>,
    ) -> Result<Option<T>, ConfigError> {
        let parse = |text: String| text.parse().map_err(|why: String| self.invalid(key, why));
        self.top(pick).map(parse).transpose()
    }

    fn number(
        &self,
        key: &[&str],
        range: RangeInclusive<usize>,
        pick: impl Fn(&Written) -> Option<i64>,
    ) -> Result<Option<usize>, ConfigError> {
        let Some(number) = self.top(pick) else { return Ok(None) };
        let fits = usize::try_from(number).ok().filter(|number| range.contains(number));
        let (low, high) = (range.start(), range.end());
        let what = || format!("`{}` is {number}; use {low} to {high}", key.join("."));
        fits.map(Some).ok_or_else(|| self.invalid(key, what()))
    }

    fn level(&self, flag: Option<Level>) -> Result<Level, ConfigError> {
        if let Some(level) = flag {
            return Ok(level);
        }
        if let Some(name) = self.variable("REIN_LEVEL")? {
            return name.parse().map_err(|what| ConfigError::Invalid { at: Place::Env("REIN_LEVEL"), what });
        }
        Ok(self.parsed(&["level"], |w| w.level.clone())?.unwrap_or(Level::Selection))
    }

    fn theme(&self, flag: Option<ThemeName>) -> Result<ThemeName, ConfigError> {
        match flag {
            Some(theme) => Ok(theme),
            None => Ok(self.parsed(&["theme"], |w| w.theme.clone())?.unwrap_or_default()),
        }
    }

    fn leash(&self) -> Result<(Leash, Vec<String>), ConfigError> {
        let usual = Leash::default();
        let (lines, files, globs) = (["leash", "max_lines"], ["leash", "max_files"], ["leash", "protect"]);
        let max_lines = self.number(&lines, 1..=1_000_000, |w| w.leash.max_lines)?.unwrap_or(usual.max_lines);
        let max_files = self.number(&files, 1..=100_000, |w| w.leash.max_files)?.unwrap_or(usual.max_files);
        let protect = self.top(|w| w.leash.protect.clone()).unwrap_or_default();
        let leash = Leash::new(max_lines, max_files, &protect).map_err(|why| self.invalid(&globs, why))?;
        Ok((leash, protect))
    }

    fn budget(&self) -> Result<Budget, ConfigError> {
        let limit = |key: &str, written: Option<f64>| {
            let read = |dollars| self.dollars(&["budget", key], dollars);
            written.map(read).transpose()
        };
        Ok(Budget {
            turn: limit("turn", self.top(|w| w.budget.turn))?,
            day: limit("day", self.top(|w| w.budget.day))?,
            question: None,
        })
    }

    fn dollars(&self, key: &[&str], written: f64) -> Result<Money, ConfigError> {
        // As short as it was written.
        let read = written.to_string().parse();
        read.map_err(|_| {
            self.invalid(key, format!("`{}` is {written}; write dollars, as in `0.50`", key.join(".")))
        })
    }

    fn ask(&self) -> Result<Asking, ConfigError> {
        let usual = Reach::default();
        let number = |key: &str, most: usize, pick: fn(&Written) -> Option<i64>| {
            self.number(&["ask", key], 0..=most, pick)
        };
        // None of it is no limit.
        let some = |number: Option<usize>| number.filter(|number| *number > 0).map(|number| number as u64);
        let dollars =
            self.top(|w| w.ask.dollars).map(|sum| self.dollars(&["ask", "dollars"], sum)).transpose()?;
        Ok(Asking {
            depth: self.parsed(&["ask", "depth"], |w| w.ask.depth.clone())?.unwrap_or_default(),
            reach: Reach {
                rounds: number("rounds", 50, |w| w.ask.rounds)?.unwrap_or(usual.rounds).max(1),
                parts: number("parts", 12, |w| w.ask.parts)?.unwrap_or(usual.parts).max(1),
            },
            allowance: Allowance {
                tokens: some(number("tokens", 100_000_000, |w| w.ask.tokens)?).map(Tokens),
                money: dollars.filter(|sum| sum.0 > 0),
                time: some(number("minutes", 1_440, |w| w.ask.minutes)?)
                    .map(|minutes| Duration::from_secs(minutes * 60)),
            },
            keep_days: number("keep_days", 3_650, |w| w.ask.keep_days)?.unwrap_or(30),
        })
    }

    fn embed(&mut self) -> Result<Embed, ConfigError> {
        let tokens = self.number(&["embed", "tokens"], 0..=100_000_000_000, |w| w.embed.tokens)?;
        let text = |pick: fn(&Written) -> Option<String>| self.top(pick).filter(|text| !text.is_empty());
        let collection = text(|w| w.embed.collection.clone());
        if let Some(name) = collection.as_ref().filter(|name| !is_entry(name)) {
            let what = format!("`{name}` is no collection; use letters, digits, `.`, `-` and `_`");
            return Err(self.invalid(&["embed", "collection"], what));
        }
        let wait = self.top(|w| w.embed.wait).unwrap_or(1.0);
        if !(0.0..=60.0).contains(&wait) {
            let what = format!("`embed.wait` is {wait}; use 0 to 60 seconds");
            return Err(self.invalid(&["embed", "wait"], what));
        }
        Ok(Embed {
            auto: self.top(|w| w.embed.auto).unwrap_or(false),
            wait: Duration::from_secs_f64(wait),
            tokens: tokens.filter(|tokens| *tokens > 0).map(|tokens| Tokens(tokens as u64)),
            document_prefix: text(|w| w.embed.document_prefix.clone()).unwrap_or_default(),
            query_prefix: text(|w| w.embed.query_prefix.clone()).unwrap_or_default(),
            weights: self.top(|w| w.embed.weights.clone()).filter(|path| !path.as_os_str().is_empty()),
            collection,
            store: self.vector_store()?,
        })
    }

    /// Its key travels as a bearer's, as that wire's does.
    fn vector_store(&mut self) -> Result<Option<Endpoint>, ConfigError> {
        let Some(base) = self.top(|w| w.embed.store.clone()).filter(|base| !base.is_empty()) else {
            return Ok(None);
        };
        let base_url = BaseUrl::parse(&base, false).map_err(|error| {
            let what = match error {
                BaseUrlError::Unencrypted { url, host } => {
                    format!("`{url}` would send vectors and a key unencrypted to `{host}`; use `https://`")
                }
                other => other.to_string(),
            };
            self.invalid(&["embed", "store"], what)
        })?;
        let variable = self.top(|w| w.embed.store_key_env.clone()).filter(|name| !name.is_empty());
        if variable.as_ref().is_some_and(|name| !is_variable(name)) {
            let what = "`store_key_env` is the name of an environment variable, as in `MY_KEY`, not a key";
            return Err(self.invalid(&["embed", "store_key_env"], what));
        }
        let key = variable.as_ref().and_then(|variable| self.key(variable));
        let key_from = variable.map(KeyFrom::Variable);
        Ok(Some(Endpoint { key, key_from, ..Endpoint::new("vectors", Wire::Voyage, base_url) }))
    }

    fn wire_log(&self) -> Result<WireLog, ConfigError> {
        let usual = WireLog::default();
        let (days, megabytes) = (["wire_log", "days"], ["wire_log", "megabytes"]);
        Ok(WireLog {
            days: self.number(&days, 0..=3_650, |w| w.wire_log.days)?.unwrap_or(usual.days),
            megabytes: self
                .number(&megabytes, 1..=100_000, |w| w.wire_log.megabytes)?
                .unwrap_or(usual.megabytes),
        })
    }

    fn checks(&self) -> Result<Vec<Check>, ConfigError> {
        let written =
            self.top(|w| Some(w.checks.clone()).filter(|checks| !checks.is_empty())).unwrap_or_default();
        let home = (self.env)("HOME").map(PathBuf::from);
        checks::read_all(&written, home.as_deref()).map_err(|(folder, key, why)| {
            let at = key.map(|key| ["checks", folder.as_str(), key]);
            let is_written = |key: &[&str]| self.layers.iter().any(|layer| layer.place(key).is_some());
            match at.filter(|at| is_written(at)) {
                Some(at) => self.invalid(&at, why),
                None => self.invalid(&["checks", &folder], why),
            }
        })
    }

    /// What every layer says of models, the built-in ones as rein's own word.
    fn catalogue(&self) -> Result<Catalogue, ConfigError> {
        let mut catalogue = Catalogue::default();
        for layer in &self.layers {
            for (pattern, model) in &layer.written.models {
                catalogue.add(pattern, self.card(layer, pattern, model)?, !layer.is_built_in());
            }
        }
        Ok(catalogue)
    }

    fn card(&self, layer: &Layer, pattern: &str, model: &Model) -> Result<Card, ConfigError> {
        let wrong = |key: &str, what: String| {
            let at = layer.place(&["models", pattern, key]);
            let at = at.unwrap_or_else(|| Place::File(layer.file().to_owned(), None));
            ConfigError::Invalid { at, what }
        };
        let rate = |key: &str, written: Option<f64>| {
            let read = |dollars: f64| {
                let what =
                    || format!("`{key}` is {dollars}; write dollars for a million tokens, as in `0.50`");
                dollars.to_string().parse().map(Rate).map_err(|_| wrong(key, what()))
            };
            written.map(read).transpose()
        };
        let tokens = |key: &str, written: Option<i64>| {
            let read = |n: i64| u64::try_from(n).ok().filter(|n| (1..=1_000_000_000).contains(n)).map(Tokens);
            let what = |n| format!("`{key}` is {n}; use 1 to 1000000000 tokens");
            written.map(|n| read(n).ok_or_else(|| wrong(key, what(n)))).transpose()
        };
        let (input, output) = (rate("input", model.input)?, rate("output", model.output)?);
        let (cached, written) = (rate("cached", model.cached)?, rate("cache_write", model.cache_write)?);
        let price = match (input, output) {
            (Some(input), Some(output)) => Some(Price {
                input,
                output,
                cached: cached.unwrap_or(input),
                cache_write: written.unwrap_or(input),
            }),
            (None, None) if cached.is_none() && written.is_none() => None,
            _ => {
                let what =
                    format!("`[models.\"{pattern}\"]` has half a price; write both `input` and `output`");
                return Err(wrong(if input.is_some() { "input" } else { "output" }, what));
            }
        };
        let context = tokens("context", model.context)?;
        Ok(Card { price, context, max_output: tokens("max_output", model.max_output)? })
    }

    fn endpoint(&mut self, name: &str) -> Result<Endpoint, ConfigError> {
        let key = |setting| ["providers", name, setting];
        if name.is_empty() || name.contains(|c: char| c == '/' || c.is_control() || c.is_whitespace()) {
            return Err(self.invalid(&["providers", name], "a provider's name is one word without `/`"));
        }
        let lacks = |setting: &str, as_in: &str| {
            let what =
                format!("`[providers.{name}]` has no `{setting}`; write it as in `{setting} = \"{as_in}\"`");
            self.invalid(&["providers", name], what)
        };
        let wire = self.provider(name, |p| p.wire.clone()).ok_or_else(|| lacks("wire", "openai-chat"))?;
        let wire = wire.parse().map_err(|_| {
            let what = format!("`{wire}` is not a wire; {}", advice(&wire, &Wire::ALL.map(Wire::name)));
            self.invalid(&key("wire"), what)
        })?;
        let insecure = self.provider(name, |p| p.insecure).unwrap_or(false);
        let base = self.provider(name, |p| p.base_url.clone());
        let base = base.ok_or_else(|| lacks("base_url", "https://api.example.com/v1"))?;
        let base_url = BaseUrl::parse(&base, insecure)
            .map_err(|error| self.invalid(&key("base_url"), error.to_string()))?;
        let timeouts = self.timeouts(name)?;
        let key_from = self.key_from(name)?;
        let key = match &key_from {
            Some(KeyFrom::Variable(variable)) => self.key(variable),
            // Asked when the first request needs it.
            Some(KeyFrom::Command(_) | KeyFrom::Keyring(_)) | None => None,
        };
        Ok(Endpoint { key, key_from, timeouts, ..Endpoint::new(name, wire, base_url) })
    }

    /// Where the key comes from: the highest layer that says so says it alone.
    fn key_from(&self, name: &str) -> Result<Option<KeyFrom>, ConfigError> {
        let said = |p: &Provider| {
            let variable = p.api_key_env.clone().map(|name| ("api_key_env", KeyFrom::Variable(name)));
            let command = p
                .api_key_command
                .clone()
                .map(Program::words)
                .map(|argv| ("api_key_command", KeyFrom::Command(argv)));
            let entry = p.api_key_keyring.clone().map(|entry| ("api_key_keyring", KeyFrom::Keyring(entry)));
            let said: Vec<_> = [variable, command, entry].into_iter().flatten().collect();
            (!said.is_empty()).then_some(said)
        };
        let said = self.provider(name, said).unwrap_or_default();
        let invalid = |setting: &str, what: &str| Err(self.invalid(&["providers", name, setting], what));
        match said.as_slice() {
            [] => Ok(None),
            [(_, KeyFrom::Variable(variable))] if variable.is_empty() => Ok(None),
            [(setting, KeyFrom::Variable(variable))] if !is_variable(variable) => invalid(
                setting,
                "`api_key_env` is the name of an environment variable, as in `MY_KEY`, not a key",
            ),
            [(setting, KeyFrom::Command(argv))] if argv.first().is_none_or(String::is_empty) => invalid(
                setting,
                "`api_key_command` is a program with its arguments, as in `[\"pass\", \"show\", \"openai\"]`",
            ),
            [(setting, KeyFrom::Command(argv))]
                if argv.first().is_some_and(|word| is_key(word)) || is_key_line(argv) =>
            {
                invalid(setting, "`api_key_command` is a program that prints the key, not the key")
            }
            [(setting, KeyFrom::Keyring(entry))] if !is_entry(entry) => invalid(
                setting,
                "`api_key_keyring` is the name of an entry, in letters, digits, `.`, `-` and `_`",
            ),
            [(_, from)] => Ok(Some(from.clone())),
            [(one, _), (other, _), ..] => {
                let what = format!("`[providers.{name}]` has both `{one}` and `{other}`; keep one of them");
                Err(self.invalid(&["providers", name, other], what))
            }
        }
    }

    fn provider<T>(&self, name: &str, pick: impl Fn(&Provider) -> Option<T>) -> Option<T> {
        self.top(|written| written.providers.get(name).and_then(&pick))
    }

    fn timeouts(&self, name: &str) -> Result<Timeouts, ConfigError> {
        let usual = Timeouts::default();
        let read = |setting, pick: fn(&Provider) -> Option<f64>, usual| {
            let Some(seconds) = self.provider(name, pick) else { return Ok(usual) };
            let fits = (0.001..=3600.0).contains(&seconds);
            let what = format!("`{setting}` is {seconds}; use 0.001 to 3600 seconds");
            let invalid = || self.invalid(&["providers", name, setting], what);
            fits.then(|| Duration::from_secs_f64(seconds)).ok_or_else(invalid)
        };
        Ok(Timeouts {
            connect: read("connect_timeout", |p| p.connect_timeout, usual.connect)?,
            first_byte: read("first_byte_timeout", |p| p.first_byte_timeout, usual.first_byte)?,
            idle: read("idle_timeout", |p| p.idle_timeout, usual.idle)?,
        })
    }

    /// The key in an environment variable. An unusable one is no error: its provider may not be used.
    fn key(&mut self, variable: &str) -> Option<Key> {
        let value = (self.env)(variable).filter(|value| !value.is_empty())?;
        match Key::parse(&value.to_string_lossy()) {
            Ok(key) => Some(key),
            Err(why) => {
                self.notes.push(format!("`{variable}` is set, but not used: {why}"));
                None
            }
        }
    }

    fn roles(&mut self, endpoints: &[Endpoint], flag: Option<ModelId>) -> Result<Roles, ConfigError> {
        let chat = match (flag, self.variable("REIN_MODEL")?) {
            (Some(model), _) => {
                let at = |what| ConfigError::Invalid { at: Place::Flag("--model"), what };
                able(&model, Role::Chat, endpoints).map_err(at)?;
                vec![model]
            }
            (None, Some(name)) => {
                let at = |what| ConfigError::Invalid { at: Place::Env("REIN_MODEL"), what };
                let model: ModelId = name.parse().map_err(at)?;
                able(&model, Role::Chat, endpoints).map_err(at)?;
                vec![model]
            }
            (None, None) => self.models(Role::Chat, |roles| roles.chat.clone(), endpoints)?,
        };
        let chat = if chat.is_empty() { self.fallback(endpoints).into_iter().collect() } else { chat };
        Ok(Roles {
            chat,
            complete: self.models(Role::Complete, |roles| roles.complete.clone(), endpoints)?,
            embed: self.models(Role::Embed, |roles| roles.embed.clone(), endpoints)?,
            apply: self.models(Role::Apply, |roles| roles.apply.clone(), endpoints)?,
            review: self.models(Role::Review, |roles| roles.review.clone(), endpoints)?,
        })
    }

    fn models(
        &self,
        role: Role,
        pick: impl Fn(&super::file::Roles) -> Option<Vec<String>>,
        endpoints: &[Endpoint],
    ) -> Result<Vec<ModelId>, ConfigError> {
        let names = self.top(|written| pick(&written.roles)).unwrap_or_default();
        let read = |name: &String| {
            let model: ModelId = name.parse()?;
            able(&model, role, endpoints).map(|()| model)
        };
        let key = ["roles", role.name()];
        names.iter().map(|name| read(name).map_err(|why| self.invalid(&key, why))).collect()
    }

    /// The default model of the first provider whose key is set. Only the first: that several keys
    /// are set does not say that code may go to several places.
    fn fallback(&mut self, endpoints: &[Endpoint]) -> Option<ModelId> {
        let endpoint = endpoints.iter().find(|endpoint| {
            endpoint.has_key() && self.provider(&endpoint.name, |p| p.default_model.clone()).is_some()
        })?;
        let model = self.provider(&endpoint.name, |p| p.default_model.clone())?;
        let id = ModelId { provider: endpoint.name.clone(), model };
        let because = match &endpoint.key_from {
            Some(KeyFrom::Variable(variable)) => format!("`{variable}` is set"),
            _ => format!("`{}` has a key", endpoint.name),
        };
        self.notes.push(format!("chat: `{id}`, because {because}; `roles.chat` names another"));
        Some(id)
    }

    fn note_missing_keys(&mut self, config: &Config) {
        for id in Role::ALL.into_iter().flat_map(|role| config.role(role)) {
            let endpoint = config.endpoint(id).filter(|endpoint| endpoint.key.is_none());
            if let Some(KeyFrom::Variable(variable)) = endpoint.and_then(|one| one.key_from.as_ref()) {
                let note = format!("`{id}` has no key: `{variable}` is not set");
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
            }
        }
    }
}

/// Is there a provider for this model, and does its wire serve the role?
fn able(model: &ModelId, role: Role, endpoints: &[Endpoint]) -> Result<(), String> {
    let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.name == model.provider) else {
        let names: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        let advice = advice(&model.provider, &names);
        return Err(format!("`{model}`: no provider is called `{}`; {advice}", model.provider));
    };
    if endpoint.wire.serves(role) {
        return Ok(());
    }
    let able: Vec<_> = Wire::ALL.into_iter().filter(|wire| wire.serves(role)).map(Wire::name).collect();
    let (wire, able) = (endpoint.wire, able.join(", "));
    Err(format!("`{model}`: the wire `{wire}` cannot serve `{role}`; those that can are {able}"))
}

/// Does a word look like a key, in the place of a program? It would be repeated where the program fails.
fn is_key(word: &str) -> bool {
    let mixed =
        word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    word.starts_with("sk-") || (word.len() >= 24 && mixed && !word.contains(['/', ' ']))
}

/// The same of a line for a shell that is nothing but one word.
fn is_key_line(argv: &[String]) -> bool {
    matches!(argv, [shell, flag, line] if shell == "sh" && flag == "-c" && is_key(line.trim()))
}

/// The name of a keyring's entry: one word that every such program takes as it is.
fn is_entry(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && !name.starts_with('-') && name.bytes().all(plain)
}

/// A portable environment variable's name (POSIX, 8.1), in either case.
fn is_variable(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}
