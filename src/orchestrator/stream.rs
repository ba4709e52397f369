//! Requests and their answers as events: who is asked, in whose place and after which wait is
//! `failover`'s to say; here it is done. An answer that broke off goes back to the session, which
//! knows what of it was whole, before the next model is asked.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::roles::Route;
use super::supply::Supply;
use crate::model::{Ask, Delta, Failure, Fim, Role};
use crate::provider::failover::{Step, Walk};
use crate::session::{Event, Payer, TurnId};

/// A walk along the list that an answer which broke off has left, until it is gone on with.
pub type Left = Arc<Mutex<Option<(Walk, Step)>>>;

/// Whose a request is: where its events go, and who it is counted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Whose {
    pub turn: TurnId,
    pub payer: Payer,
}

/// Streams the answer of the chat role as events.
pub async fn answer(supply: Arc<Supply>, routes: Vec<Route>, left: Left, whose: Whose, ask: Arc<Ask>) {
    let turn = whose.turn;
    let taken = left.lock().unwrap_or_else(PoisonError::into_inner).take();
    let (mut walk, mut step) = taken.unwrap_or_else(|| {
        let mut walk = Walk::new(routes.iter().map(Route::id).collect());
        let step = supply.begin(&mut walk);
        (walk, step)
    });
    let mut last = Failure::NoModel { role: Role::Chat };
    loop {
        let Some((route, wait)) = to_ask(&step, &routes) else {
            let _ = supply.events.send(Event::Ended { turn, result: Err(last) }).await;
            return;
        };
        if !wait.is_zero() {
            let _ = supply.events.send(Event::Retrying { turn, failure: last, wait }).await;
            tokio::time::sleep(wait).await;
        }
        let from = route.id();
        let (begun, result) = attempt(&supply, route, whose, &ask).await;
        let Err(failure) = result else {
            supply.finished(&mut walk);
            let _ = supply.events.send(Event::Ended { turn, result: Ok(()) }).await;
            return;
        };
        step = supply.failed(&mut walk, &failure, begun);
        last = failure.clone();
        match step.clone() {
            Step::TakeOver { model: to } => {
                *left.lock().unwrap_or_else(PoisonError::into_inner) = Some((walk, step));
                let _ = supply.events.send(Event::BrokeOff { turn, failure, from, to }).await;
                return;
            }
            Step::Ask { model: to, .. } if to != from => {
                let _ = supply.events.send(Event::Switched { turn, failure, from, to }).await;
            }
            Step::Ask { .. } | Step::GiveUp => {}
        }
    }
}

/// The route that is to be asked now, and the wait before.
pub fn to_ask<'a>(step: &Step, routes: &'a [Route]) -> Option<(&'a Route, std::time::Duration)> {
    let (model, wait) = match step {
        Step::Ask { model, wait } => (model, *wait),
        Step::TakeOver { model } => (model, std::time::Duration::ZERO),
        Step::GiveUp => return None,
    };
    Some((routes.iter().find(|route| route.id() == *model)?, wait))
}

/// One request, metered. Says whether any delta had come, for then it must not be repeated. The
/// request is read on only when every delta so far was taken, so that a fast server waits for a slow
/// screen.
async fn attempt(supply: &Supply, route: &Route, whose: Whose, ask: &Ask) -> (bool, Result<(), Failure>) {
    let turn = whose.turn;
    let mut tab = match supply.open(Some(whose.payer), route, ask.weight(), ask.max_output) {
        Ok(tab) => tab,
        Err(over) => return (false, Err(over)),
    };
    let model = route.id();
    let window = route.card.context.map(|window| supply.ratio(&model).back(window));
    let _ = supply.events.send(Event::Asking { turn, model, window }).await;
    let (deltas, mut arriving) = mpsc::unbounded_channel();
    // The closure owns the sender, so that the channel closes with the request.
    let hear = move |delta| drop(deltas.send(delta));
    let request = supply.client.stream(&route.endpoint, &route.model, ask, hear);
    let mut request = std::pin::pin!(request);
    let (mut begun, mut result) = (false, None);
    loop {
        tokio::select! {
            biased;
            Some(delta) = arriving.recv() => {
                begun |= !matches!(delta, Delta::Usage(_));
                tab.heard(&delta);
                if supply.events.send(Event::Delta { turn, delta }).await.is_err() {
                    break; // The front has left.
                }
            }
            ended = &mut request, if result.is_none() => result = Some(ended),
            else => break,
        }
    }
    let result = result.unwrap_or(Ok(()));
    supply.close(Some(turn), tab, &result).await;
    (begun, result)
}

/// What is asked where a completion is wanted: in words of a model that chats, as a gap of one that
/// fills in.
#[derive(Clone, Debug)]
pub struct Gap {
    pub ask: Arc<Ask>,
    pub fim: Arc<Fim>,
}

/// Asks the completion role and gathers its answer. A completion is worth no wait: it is asked of the
/// next model at once, or not at all.
pub async fn complete(supply: Arc<Supply>, routes: Vec<Route>, id: u64, gap: Gap) {
    let result = completion(&supply, &routes, &gap).await;
    let _ = supply.events.send(Event::Completed { id, result }).await;
}

async fn completion(supply: &Supply, routes: &[Route], gap: &Gap) -> Result<String, Failure> {
    let mut walk = Walk::new(routes.iter().map(Route::id).collect());
    let mut step = supply.begin(&mut walk);
    let mut last = Failure::NoModel { role: Role::Complete };
    loop {
        let Some((route, wait)) = to_ask(&step, routes) else { return Err(last) };
        if !wait.is_zero() {
            return Err(last);
        }
        let mut text = String::new();
        match fill(supply, route, gap, &mut text).await {
            Ok(()) => {
                supply.finished(&mut walk);
                return Ok(text);
            }
            // Nothing of it was shown: what broke off is as good as not begun.
            Err(failure) => {
                step = supply.failed(&mut walk, &failure, false);
                last = failure;
            }
        }
    }
}

/// One request for a completion, metered.
async fn fill(supply: &Supply, route: &Route, gap: &Gap, text: &mut String) -> Result<(), Failure> {
    let fills_in = supply.fills_in(route).await?;
    let (sent, most) = if fills_in {
        (gap.fim.weight(), Some(gap.fim.max_output))
    } else {
        (gap.ask.weight(), gap.ask.max_output)
    };
    let mut tab = supply.open(None, route, sent, most)?;
    let hear = |delta| {
        tab.heard(&delta);
        if let Delta::Text(more) = delta {
            text.push_str(&more);
        }
    };
    let (endpoint, model) = (&route.endpoint, route.model.as_str());
    let result = if fills_in {
        supply.client.complete(endpoint, model, &gap.fim, hear).await
    } else {
        supply.client.stream(endpoint, model, &gap.ask, hear).await
    };
    supply.close(None, tab, &result).await;
    result
}

#[cfg(test)]
mod tests {
    use super::super::Roles;
    use super::super::calibration::Calibration;
    use super::super::meter::Meter;
    use super::*;
    use crate::model::{Budget, Message, ModelId, Tokens};
    use crate::provider::scripted::{Fault, Reply, Script, Server};
    use crate::provider::{Catalogue, Client, Wire};
    use crate::workspace::{StateDirs, Workspace};

    fn gap() -> Gap {
        let ask = Ask { messages: vec![Message::user("in words")], ..Ask::default() };
        let (prefix, suffix) = ("before".to_owned(), "behind".to_owned());
        let fim = Fim { prefix, suffix, max_output: Tokens(9), stop: vec![] };
        Gap { ask: Arc::new(ask), fim: Arc::new(fim) }
    }

    /// Two completions of a server whose first reply is `canary`: the bodies that it was sent, and
    /// whether the user was told.
    fn completed_twice(canary: Reply) -> (Vec<String>, bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let dirs = StateDirs { state: folder.path().join("state") };
        let workspace = Workspace::open_folder(folder.path(), dirs).unwrap();
        runtime.block_on(async {
            let script = Script::new([canary, Reply::text("one"), Reply::text("two")]);
            let (server, _) = Server::bind(script).await.unwrap();
            let requests = server.requests();
            let endpoint = server.endpoint("it", Wire::OpenAiCompletions).unwrap();
            let mut roles = Roles::new(&[endpoint], Catalogue::default());
            roles.list(Role::Complete, &[ModelId { provider: "it".into(), model: "m".into() }]);
            let routes = roles.serve(Role::Complete);
            let (events, mut arriving) = mpsc::channel(64);
            let supply = Supply::new(
                Client::new(),
                events,
                Meter::of(&workspace, Budget::default()),
                crate::orchestrator::Findings::of(&workspace),
                Calibration::of(&workspace),
            );
            let work = async {
                assert_eq!(completion(&supply, routes, &gap()).await, Ok("one".to_owned()));
                assert_eq!(completion(&supply, routes, &gap()).await, Ok("two".to_owned()));
            };
            tokio::select! {
                () = server.serve() => {}
                () = work => {}
            }
            let mut told = false;
            while let Ok(event) = arriving.try_recv() {
                told |= matches!(event, Event::SuffixIgnored(_));
            }
            (requests.all().into_iter().map(|request| request.body).collect(), told)
        })
    }

    #[test]
    fn whether_a_suffix_is_looked_at_is_asked_once_before_the_first_completion() {
        let (sent, told) = completed_twice(Reply::text("hunter2"));
        assert_eq!((sent.len(), told), (3, false));
        assert!(!sent[0].contains("behind"), "nothing of the user's is in the question");
        assert!(sent[1].contains("behind") && sent[2].contains("behind"));
    }

    #[test]
    fn a_server_that_has_no_use_for_a_suffix_is_asked_in_words_and_the_user_is_told() {
        let body = r#"{"error":{"message":"suffix is not supported"}}"#.into();
        let (sent, told) =
            completed_twice(Reply::fault(Fault::Status { status: 400, retry_after: None, body }));
        assert_eq!((sent.len(), told), (3, true));
        assert!(sent[1..].iter().all(|body| body.contains("in words") && !body.contains("suffix")));
    }
}
