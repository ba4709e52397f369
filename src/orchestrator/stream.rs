//! Requests and their answers: the first healthy route of a role answers, a request that failed
//! before its first byte is sent again a few times, and one that has begun to answer never is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Sender};

use super::Route;
use crate::model::{Ask, Delta, Failure, ModelId, Role};
use crate::provider::Client;
use crate::session::{Event, TurnId};

/// How often one route is tried before the next one is.
const TRIES: u32 = 3;

/// Longest time we wait because a server asks us to; a longer one is the user's to decide.
const PATIENCE: Duration = Duration::from_secs(30);

/// Streams the answer of the chat role as events.
pub async fn answer(client: Client, routes: Vec<Route>, turn: TurnId, ask: Arc<Ask>, events: Sender<Event>) {
    let result = first_healthy(&client, &routes, turn, &ask, &events).await;
    let _ = events.send(Event::Ended { turn, result }).await;
}

async fn first_healthy(
    client: &Client,
    routes: &[Route],
    turn: TurnId,
    ask: &Ask,
    events: &Sender<Event>,
) -> Result<(), Failure> {
    let mut last = Failure::NoModel { role: Role::Chat };
    for route in routes {
        for tried in 1..=TRIES {
            let _ = events.send(Event::Asking { turn, model: model_id(route) }).await;
            let (begun, result) = attempt(client, route, turn, ask, events).await;
            let Err(failure) = result else {
                return Ok(());
            };
            if begun || !failure.is_transient() {
                return Err(failure);
            }
            let wait = pause(&failure, tried).filter(|_| tried < TRIES);
            last = failure;
            let Some(wait) = wait else { break };
            let _ = events.send(Event::Retrying { turn, failure: last.clone(), wait }).await;
            tokio::time::sleep(wait).await;
        }
    }
    Err(last)
}

/// One request. Says whether any delta had come, for then it must not be repeated. The request is
/// read on only when every delta so far was taken, so that a fast server waits for a slow screen.
async fn attempt(
    client: &Client,
    route: &Route,
    turn: TurnId,
    ask: &Ask,
    events: &Sender<Event>,
) -> (bool, Result<(), Failure>) {
    let (deltas, mut arriving) = mpsc::unbounded_channel();
    // The closure owns the sender, so that the channel closes with the request.
    let request = client.stream(&route.endpoint, &route.model, ask, move |delta| drop(deltas.send(delta)));
    let mut request = std::pin::pin!(request);
    let (mut begun, mut result) = (false, None);
    loop {
        tokio::select! {
            biased;
            Some(delta) = arriving.recv() => {
                begun |= !matches!(delta, Delta::Usage(_));
                if events.send(Event::Delta { turn, delta }).await.is_err() {
                    break; // The front has left.
                }
            }
            ended = &mut request, if result.is_none() => result = Some(ended),
            else => break,
        }
    }
    (begun, result.unwrap_or(Ok(())))
}

/// How long to wait before the `tried + 1`-th try; `None` when the server asks for more patience
/// than we have.
fn pause(failure: &Failure, tried: u32) -> Option<Duration> {
    match failure {
        Failure::Busy { retry_after: Some(wait), .. } => (*wait <= PATIENCE).then_some(*wait),
        _ => Some(Duration::from_millis(500) * tried * tried),
    }
}

/// Asks the completion role and gathers its answer. A completion is worth one try only.
pub async fn complete(client: Client, routes: Vec<Route>, id: u64, ask: Arc<Ask>, events: Sender<Event>) {
    let result = completion(&client, &routes, &ask).await;
    let _ = events.send(Event::Completed { id, result }).await;
}

async fn completion(client: &Client, routes: &[Route], ask: &Ask) -> Result<String, Failure> {
    let Some(route) = routes.first() else {
        return Err(Failure::NoModel { role: Role::Complete });
    };
    let mut text = String::new();
    let gather = |delta| {
        if let Delta::Text(more) = delta {
            text.push_str(&more);
        }
    };
    client.stream(&route.endpoint, &route.model, ask, gather).await?;
    Ok(text)
}

fn model_id(route: &Route) -> ModelId {
    ModelId { provider: route.endpoint.name.clone(), model: route.model.clone() }
}
