//! One tiny call that proves a model in a role: the request that the role sends, as small as it can
//! be, metered like any other. Says nothing about how good its answers are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::findings::Findings;
use super::meter::Meter;
use super::roles::Route;
use crate::model::{Ask, Bill, Delta, EmbedAs, Failure, Fim, Merge, Message, Role, Suffix, Tokens, Usage};
use crate::provider::{Client, canary_fim, merge_ask};

/// Room for an answer: models that think first need some for that.
const ROOM: Tokens = Tokens(512);

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    pub result: Result<(), Failure>,
    /// What the server makes of a suffix, where that was in question.
    pub suffix: Option<Suffix>,
    pub bill: Bill,
    pub took: Duration,
}

/// Calls the model of `route` as `role` would.
pub async fn probe(
    client: &Client,
    meter: &Arc<Meter>,
    findings: &Findings,
    role: Role,
    route: &Route,
) -> Probe {
    let began = Instant::now();
    let (sent, most) = weight(role, route);
    let mut tab = match meter.open(None, route, sent, Some(most)) {
        Ok(tab) => tab,
        Err(over) => {
            return Probe { result: Err(over), suffix: None, bill: Bill::default(), took: began.elapsed() };
        }
    };
    let mut hear = |delta: Delta| tab.heard(&delta);
    let wire = route.endpoint.wire;
    let called = if role == Role::Complete && wire.may_ignore_suffix() {
        // The request that finds that out proves the role as well.
        let hear = |delta: &Delta| hear(delta.clone());
        client.suffix(&route.endpoint, &route.model, hear).await.map(Some)
    } else {
        call(client, role, route, &mut hear).await.map(|()| None)
    };
    let suffix = called.as_ref().ok().copied().flatten();
    if let Some(suffix) = suffix {
        findings.note(&route.id(), suffix);
    }
    let result = called.map(|_| ());
    let (bill, _) = tab.close(&result);
    Probe { result, suffix, bill, took: began.elapsed() }
}

async fn call(
    client: &Client,
    role: Role,
    route: &Route,
    hear: &mut impl FnMut(Delta),
) -> Result<(), Failure> {
    let (endpoint, model) = (&route.endpoint, route.model.as_str());
    match role {
        Role::Chat | Role::Review => client.stream(endpoint, model, &greeting(), hear).await,
        Role::Complete if endpoint.wire.fills_in() => client.complete(endpoint, model, &gap(), hear).await,
        Role::Complete => client.stream(endpoint, model, &greeting(), hear).await,
        Role::Apply => client.merge(endpoint, model, &merge(), |delta| hear(delta.clone())).await.map(|_| ()),
        Role::Embed => {
            let texts = ["one short text".to_owned()];
            let found = client.embed(endpoint, model, &texts, EmbedAs::Query).await?;
            count(found.usage, hear);
            Ok(())
        }
    }
}

fn count(usage: Usage, hear: &mut impl FnMut(Delta)) {
    hear(Delta::Usage(usage));
    hear(Delta::Finish(crate::model::Finish::Stop));
}

fn greeting() -> Ask {
    Ask {
        messages: vec![Message::user("Answer with the one word: ready")],
        max_output: Some(ROOM),
        ..Ask::default()
    }
}

fn gap() -> Fim {
    let (prefix, suffix) = ("fn add(a: u32, b: u32) -> u32 {\n    a".to_owned(), "\n}\n".to_owned());
    Fim { prefix, suffix, max_output: Tokens(16), stop: vec!["\n".to_owned()] }
}

fn merge() -> Merge {
    let text = |text: &str| text.to_owned();
    Merge { instruction: text("say two"), code: text("one\n"), update: text("two\n") }
}

/// What it weighs, and the longest that its answer may be.
fn weight(role: Role, route: &Route) -> (Tokens, Tokens) {
    match role {
        Role::Complete if route.endpoint.wire.may_ignore_suffix() => {
            (canary_fim().weight(), canary_fim().max_output)
        }
        Role::Apply => (merge_ask(&merge()).weight(), merge().max_output()),
        Role::Complete | Role::Chat | Role::Review => (greeting().weight(), ROOM),
        Role::Embed => (Tokens(8), Tokens(0)),
    }
}
