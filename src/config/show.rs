//! The configuration as text: what is in force, in the format it is written in (`rein config show`),
//! and whether it will do (`rein config check`). Secrets appear as the name of their variable.

use std::fmt::Write;

use toml::{Table, Value};

use super::{Asking, Check, Config, Embed, Loaded};
use crate::model::{KeyFrom, ModelId, Money, Price, Role, Tokens};
use crate::provider::{Card, Endpoint};

/// The effective configuration as TOML. Read back, it gives the same configuration.
pub fn show(loaded: &Loaded) -> String {
    let mut text = String::from("# what is in force");
    for file in &loaded.files {
        let _ = write!(text, "\n# from {}", file.display());
    }
    for note in &loaded.notes {
        let _ = write!(text, "\n# {note}");
    }
    for endpoint in &loaded.config.endpoints {
        if let Some(KeyFrom::Variable(variable)) = &endpoint.key_from {
            let state = if endpoint.key.is_some() { "set" } else { "not set" };
            let _ = write!(text, "\n# {variable} is {state}");
        }
    }
    format!("{text}\n\n{}", table(&loaded.config))
}

/// The same without where it came from: equal for equal configurations.
pub fn written(config: &Config) -> String {
    let mut table = table(config);
    // Commands are nobody else's business, and are not run from there.
    table.remove("checks");
    table.to_string()
}

/// One line per fact: what was read, which models will answer, what to know.
pub fn check(loaded: &Loaded) -> String {
    let mut text = String::new();
    match loaded.files.as_slice() {
        [] => text.push_str("no configuration file; the built-in one is in force\n"),
        files => files.iter().for_each(|file| {
            let _ = writeln!(text, "ok: {}", file.display());
        }),
    }
    for role in Role::ALL {
        let models = loaded.config.role(role).iter().map(|id| server(&loaded.config, id));
        let models: Vec<_> = models.collect();
        let shown = if models.is_empty() { "no model".to_owned() } else { models.join(", ") };
        let _ = writeln!(text, "{role}: {shown}");
    }
    for check in &loaded.config.checks {
        let when = if check.on_save { "by Alt-T and after saving" } else { "by Alt-T" };
        let _ = writeln!(text, "check of {}: {}, {when}", check.folder, check.name());
    }
    for note in &loaded.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

fn server(config: &Config, id: &ModelId) -> String {
    let host = config.endpoint(id).map(|endpoint| endpoint.base_url.host()).unwrap_or_default();
    format!("{id} ({host})")
}

fn table(config: &Config) -> Table {
    let mut table = Table::new();
    table.insert("level".into(), config.level.name().into());
    table.insert("theme".into(), config.theme.name().into());
    table.insert("tab_width".into(), number(config.tab_width));
    if let Some(most) = config.max_output {
        table.insert("max_output".into(), Value::Integer(i64::try_from(most.0).unwrap_or(i64::MAX)));
    }
    table.insert("leash".into(), Value::Table(leash(config)));
    table.insert("budget".into(), Value::Table(budget(config)));
    table.insert("ask".into(), Value::Table(ask(config)));
    table.insert("embed".into(), Value::Table(embed(config)));
    let kept = [("days", config.wire_log.days), ("megabytes", config.wire_log.megabytes)];
    let kept = kept.map(|(key, value)| (key.to_owned(), number(value)));
    table.insert("wire_log".into(), Value::Table(kept.into_iter().collect()));
    table.insert("checks".into(), Value::Table(config.checks.iter().map(check_written).collect()));
    let roles = Role::ALL
        .map(|role| (role.name().to_owned(), strings(config.role(role).iter().map(ModelId::to_string))));
    table.insert("roles".into(), Value::Table(roles.into_iter().collect()));
    let providers = config.endpoints.iter().map(|one| (one.name.clone(), Value::Table(provider(one))));
    table.insert("providers".into(), Value::Table(providers.collect()));
    let models =
        config.catalogue.own().map(|(pattern, card)| (pattern.to_owned(), Value::Table(model(card))));
    table.insert("models".into(), Value::Table(models.collect()));
    table
}

fn check_written(check: &Check) -> (String, Value) {
    let seconds = i64::try_from(check.timeout.as_secs()).unwrap_or(i64::MAX);
    let table = Table::from_iter([
        ("command".to_owned(), strings(check.command.iter().cloned())),
        ("on_save".to_owned(), check.on_save.into()),
        ("timeout".to_owned(), Value::Integer(seconds)),
    ]);
    (check.folder.clone(), Value::Table(table))
}

fn budget(config: &Config) -> Table {
    let limits = [("turn", config.budget.turn), ("day", config.budget.day)];
    let written = limits.into_iter().filter_map(|(key, limit)| Some((key.to_owned(), dollars(limit?))));
    written.collect()
}

fn ask(config: &Config) -> Table {
    let Asking { depth, reach, allowance, keep_days } = config.ask;
    let tokens = allowance.tokens.map_or(0, |tokens| i64::try_from(tokens.0).unwrap_or(i64::MAX));
    let minutes = allowance.time.map_or(0, |time| i64::try_from(time.as_secs() / 60).unwrap_or(i64::MAX));
    let mut table = Table::from_iter([
        ("depth".to_owned(), Value::from(depth.name())),
        ("rounds".to_owned(), number(reach.rounds)),
        ("parts".to_owned(), number(reach.parts)),
        ("tokens".to_owned(), Value::Integer(tokens)),
        ("minutes".to_owned(), Value::Integer(minutes)),
        ("keep_days".to_owned(), number(keep_days)),
    ]);
    table.extend(allowance.money.map(|money| ("dollars".to_owned(), dollars(money))));
    table
}

fn embed(config: &Config) -> Table {
    let Embed { auto, wait, tokens, document_prefix, query_prefix, weights, store, collection } =
        &config.embed;
    let tokens = tokens.map_or(0, |tokens| i64::try_from(tokens.0).unwrap_or(i64::MAX));
    let mut table = Table::from_iter([
        ("auto".to_owned(), Value::from(*auto)),
        ("wait".to_owned(), Value::Float(wait.as_secs_f64())),
        ("tokens".to_owned(), Value::Integer(tokens)),
    ]);
    let key = store.as_ref().and_then(|store| match &store.key_from {
        Some(KeyFrom::Variable(name)) => Some(name.as_str()),
        _ => None,
    });
    let texts = [
        ("document_prefix", Some(document_prefix.as_str()).filter(|text| !text.is_empty())),
        ("query_prefix", Some(query_prefix.as_str()).filter(|text| !text.is_empty())),
        ("weights", weights.as_deref().and_then(std::path::Path::to_str)),
        ("store", store.as_ref().map(|store| store.base_url.as_str())),
        ("store_key_env", key),
        ("collection", collection.as_deref()),
    ];
    table.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into()))));
    table
}

/// The user's own word on models; what is built in need not be shown.
fn model(card: &Card) -> Table {
    let rates = card.price.map_or_else(Vec::new, |price| {
        let Price { input, output, cached, cache_write } = price;
        vec![("input", input), ("output", output), ("cached", cached), ("cache_write", cache_write)]
    });
    let limits = [("context", card.context), ("max_output", card.max_output)];
    let tokens = |n: Tokens| Value::Integer(i64::try_from(n.0).unwrap_or(i64::MAX));
    let limits = limits.into_iter().filter_map(|(key, limit)| Some((key.to_owned(), tokens(limit?))));
    rates.into_iter().map(|(key, rate)| (key.to_owned(), dollars(rate.0))).chain(limits).collect()
}

fn dollars(money: Money) -> Value {
    Value::Float(money.0 as f64 / 1e6)
}

fn leash(config: &Config) -> Table {
    Table::from_iter([
        ("max_lines".to_owned(), number(config.leash.max_lines)),
        ("max_files".to_owned(), number(config.leash.max_files)),
        ("protect".to_owned(), strings(config.protect.iter().cloned())),
    ])
}

fn provider(endpoint: &Endpoint) -> Table {
    let base = &endpoint.base_url;
    let timeouts = &endpoint.timeouts;
    let mut table = Table::from_iter([
        ("wire".to_owned(), Value::from(endpoint.wire.name())),
        ("base_url".to_owned(), base.as_str().into()),
        ("connect_timeout".to_owned(), timeouts.connect.as_secs_f64().into()),
        ("first_byte_timeout".to_owned(), timeouts.first_byte.as_secs_f64().into()),
        ("idle_timeout".to_owned(), timeouts.idle.as_secs_f64().into()),
    ]);
    match &endpoint.key_from {
        None => None,
        Some(KeyFrom::Variable(name)) => table.insert("api_key_env".into(), name.as_str().into()),
        // Somebody may have written the key among its arguments.
        Some(KeyFrom::Command(argv)) => {
            let shown =
                argv.iter().enumerate().map(|(at, word)| if at == 0 { word.clone() } else { "…".into() });
            table.insert("api_key_command".into(), strings(shown))
        }
        Some(KeyFrom::Keyring(entry)) => table.insert("api_key_keyring".into(), entry.as_str().into()),
    };
    if base.as_str().starts_with("http:") && !base.is_loopback() {
        table.insert("insecure".into(), true.into());
    }
    table
}

fn strings(texts: impl Iterator<Item = String>) -> Value {
    Value::Array(texts.map(Value::String).collect())
}

fn number(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
