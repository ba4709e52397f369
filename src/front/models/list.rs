//! `rein models`: for each role the models that serve it, in order, with what they cost and whether
//! their servers answer.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Value, json};

use super::waiting;
use crate::front::report::{cost, document};
use crate::front::{Exit, not_logged, print};
use crate::model::{KeyFrom, ModelId, Price, Role, Suffix};
use crate::orchestrator::{Findings, Route};
use crate::provider::{Endpoint, look};
use crate::text::safe;

/// How long a server may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a server that answered said it has, by the provider's name.
type Answered = BTreeMap<String, Vec<String>>;

/// What was found out of suffixes, by model.
type Suffixes = HashMap<String, Suffix>;

/// What the server makes of a suffix, where that was in question and was found out.
fn suffix(role: Role, route: &Route, suffixes: &Suffixes) -> Option<Suffix> {
    let asked = role == Role::Complete && route.endpoint.wire.may_ignore_suffix();
    asked.then(|| suffixes.get(&route.id().to_string()).copied()).flatten()
}

/// Lists them.
pub fn models(as_json: bool) -> Exit {
    waiting(async |setup, workspace| {
        let roles = setup.roles();
        let all =
            Role::ALL.into_iter().flat_map(|role| roles.serve(role).iter().map(move |route| (role, route)));
        let all: Vec<(Role, &Route)> = all.collect();
        let servers: BTreeMap<&str, &Endpoint> =
            all.iter().map(|(_, route)| (route.endpoint.name.as_str(), &*route.endpoint)).collect();
        let servers: Vec<Endpoint> = servers.into_values().cloned().collect();
        let client = setup.client(&workspace);
        let found = look(&client, &servers, PATIENCE).await;
        if let Some(why) = client.trouble() {
            not_logged(&why);
        }
        let found = servers.into_iter().zip(found);
        let answered: Answered = found.filter_map(|(server, models)| Some((server.name, models?))).collect();
        let suffixes = Findings::of(&workspace).suffixes();
        let today = setup.meter(&workspace).today().unwrap_or_default();
        if as_json {
            let rows: Vec<Value> = numbered(&all)
                .map(|(place, role, route)| row(place, role, route, &answered, &suffixes))
                .collect();
            let report = json!({ "schema": "rein.models/1", "models": rows, "today": cost(&today) });
            return print(&document(&report), Exit::Done);
        }
        let mut text = String::new();
        for role in Role::ALL.into_iter().filter(|role| roles.serve(*role).is_empty()) {
            text.push_str(&format!("{role}: no model\n"));
        }
        for (place, role, route) in numbered(&all) {
            text.push_str(&told(place, role, route, &answered, &suffixes));
        }
        text.push_str(&format!("today: {today} in {} request(s)\n", today.requests));
        print(text.as_bytes(), Exit::Done)
    })
}

/// With the place on the list of its role, from 1.
fn numbered<'a>(all: &'a [(Role, &'a Route)]) -> impl Iterator<Item = (usize, Role, &'a Route)> {
    let mut last = None;
    let mut place = 0;
    all.iter().map(move |(role, route)| {
        place = if last == Some(*role) { place + 1 } else { 1 };
        last = Some(*role);
        (place, *role, *route)
    })
}

/// Whether there is a key, never which.
fn key(endpoint: &Endpoint) -> &'static str {
    match (&endpoint.key, &endpoint.key_from) {
        (Some(_), _) => "set",
        (None, Some(KeyFrom::Variable(_))) => "missing",
        (None, Some(KeyFrom::Command(_))) => "command",
        (None, Some(KeyFrom::Keyring(_))) => "keyring",
        (None, None) => "none",
    }
}

/// The variable that a key comes from, where it does.
fn variable(endpoint: &Endpoint) -> Option<&str> {
    match &endpoint.key_from {
        Some(KeyFrom::Variable(name)) => Some(name),
        _ => None,
    }
}

/// Does the server list the model? `None` if it answered with no list, or not at all.
fn listed(id: &ModelId, answered: &Answered) -> Option<bool> {
    // Ollama and Google name the same model in two ways.
    let same = |name: &String| {
        *name == id.model
            || name.strip_prefix("models/") == Some(&id.model)
            || *name == format!("{}:latest", id.model)
    };
    let models = answered.get(&id.provider).filter(|models| !models.is_empty());
    models.map(|models| models.iter().any(same))
}

fn row(place: usize, role: Role, route: &Route, answered: &Answered, suffixes: &Suffixes) -> Value {
    let (id, endpoint) = (route.id(), &route.endpoint);
    json!({
        "role": role, "place": place, "model": id.to_string(), "wire": endpoint.wire.name(),
        "server": endpoint.base_url.host(), "key": key(endpoint), "key_env": variable(endpoint),
        "reachable": answered.contains_key(&endpoint.name), "listed": listed(&id, answered),
        "suffix": suffix(role, route, suffixes),
        "price": route.card.price, "context": route.card.context, "max_output": route.card.max_output,
    })
}

fn told(place: usize, role: Role, route: &Route, answered: &Answered, suffixes: &Suffixes) -> String {
    let (id, endpoint) = (route.id(), &route.endpoint);
    let key = match (key(endpoint), &endpoint.key_from) {
        ("missing", Some(from)) => format!(", no key: {from} is not set"),
        ("command" | "keyring", Some(from)) => format!(", key from {from}"),
        ("set", _) => ", key set".to_owned(),
        _ => String::new(),
    };
    let reached = match listed(&id, answered) {
        Some(true) => "answers",
        Some(false) => "answers, and does not list this model",
        None if answered.contains_key(&id.provider) => "answers with no list of its models",
        None => "does not answer",
    };
    let context = route.card.context.map(|tokens| format!(", context {tokens}")).unwrap_or_default();
    let (host, wire, price) = (endpoint.base_url.host(), endpoint.wire, price(route.card.price));
    let suffix = suffix(role, route, suffixes).and_then(Suffix::remark);
    let suffix = suffix.map(|words| format!("; {words}")).unwrap_or_default();
    safe::line(&format!("{role} {place}: {id} ({wire} at {host}{key}): {reached}; {price}{context}{suffix}"))
        + "\n"
}

fn price(price: Option<Price>) -> String {
    match price {
        None => "no known price".to_owned(),
        Some(price) if price.is_free() => "free".to_owned(),
        Some(Price { input, output, .. }) => format!("{} in, {} out for a million tokens", input.0, output.0),
    }
}
