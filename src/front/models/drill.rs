//! `rein models drill`: an outage of each provider, played with the machine that decides in earnest.
//! Sends nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::front::report::document;
use crate::front::setup::Setup;
use crate::front::{Exit, print, stop};
use crate::model::{ModelId, Role};
use crate::provider::failover;
use crate::text::safe;

/// What happens in one role when one provider is dark.
struct Outage {
    role: Role,
    /// `None`: all of them.
    dark: Option<String>,
    answers: Option<ModelId>,
}

/// Plays them.
pub fn drill(as_json: bool) -> Exit {
    let setup = match Setup::load() {
        Ok(setup) => setup,
        Err(why) => return stop(Exit::NotHere, why),
    };
    let outages: Vec<Outage> =
        setup.lists().into_iter().flat_map(|(role, list)| outages(role, &list)).collect();
    if as_json {
        let rows: Vec<Value> = outages.iter().map(row).collect();
        return print(&document(&json!({ "schema": "rein.models.drill/1", "outages": rows })), Exit::Done);
    }
    if outages.is_empty() {
        return print(b"no role has a model; what needs none works\n", Exit::Done);
    }
    print(outages.iter().map(told).collect::<String>().as_bytes(), Exit::Done)
}

fn outages(role: Role, list: &[ModelId]) -> Vec<Outage> {
    // Vectors of two models cannot be compared, so no other takes over.
    let list = if role == Role::Embed { list.get(..1).unwrap_or_default() } else { list };
    let providers: BTreeSet<&str> = list.iter().map(|model| model.provider.as_str()).collect();
    let one = |dark: &str| {
        let (_, answers) = failover::drill(list, |model| model.provider == dark);
        Outage { role, dark: Some(dark.to_owned()), answers }
    };
    let mut outages: Vec<Outage> = providers.iter().map(|dark| one(dark)).collect();
    if providers.len() > 1 {
        outages.push(Outage { role, dark: None, answers: failover::drill(list, |_| true).1 });
    }
    outages
}

fn row(outage: &Outage) -> Value {
    let Outage { role, dark, answers } = outage;
    json!({ "role": role, "dark": dark, "answers": answers.as_ref().map(ToString::to_string) })
}

fn told(outage: &Outage) -> String {
    let Outage { role, dark, answers } = outage;
    let dark = dark.as_ref().map_or_else(|| "all are dark".to_owned(), |dark| format!("`{dark}` is dark"));
    let answers = match answers {
        Some(model) => format!("{model} answers"),
        None => "nobody answers; what needs no model works".to_owned(),
    };
    safe::line(&format!("{role}: when {dark}, {answers}")) + "\n"
}
