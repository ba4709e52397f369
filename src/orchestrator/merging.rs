//! A sketched change is worked into a file by the apply role: asked along its list, metered, and given
//! back as a text that nobody has checked yet.

use std::sync::Arc;

use super::roles::Route;
use super::stream::to_ask;
use super::supply::Supply;
use crate::model::{Failure, Merge, Role};
use crate::provider::failover::Walk;
use crate::provider::merge_ask;
use crate::session::{Event, Instruct, Payer, TurnId};
use crate::text::{Lines, RepoPath};

/// A file, and a change to it that leaves code out.
#[derive(Clone, Debug)]
pub struct Sketch {
    pub path: RepoPath,
    pub instruct: Arc<Instruct>,
    pub original: Lines,
    pub update: Arc<str>,
}

/// Asks and answers with [`Event::Merged`].
pub async fn merge(supply: Arc<Supply>, routes: Vec<Route>, turn: TurnId, sketch: Sketch) {
    let result = match asked(&sketch) {
        Some(merge) => merged(&supply, &routes, turn, &merge).await.map_err(said),
        None => Err(format!("{} is not UTF-8, and no model can be shown it", sketch.path)),
    };
    let _ = supply.events.send(Event::Merged { turn, path: sketch.path, result }).await;
}

fn asked(sketch: &Sketch) -> Option<Merge> {
    let code = std::str::from_utf8(sketch.original.bytes()).ok()?.to_owned();
    Some(Merge { instruction: sketch.instruct.text.clone(), code, update: sketch.update.to_string() })
}

fn said(failure: Failure) -> String {
    format!("{failure}: {}", failure.next_step())
}

/// Nothing of an answer is shown before it is whole, so one that broke off is as good as not begun.
async fn merged(supply: &Supply, routes: &[Route], turn: TurnId, merge: &Merge) -> Result<String, Failure> {
    let mut walk = Walk::new(routes.iter().map(Route::id).collect());
    let mut step = supply.begin(&mut walk);
    let mut last = Failure::NoModel { role: Role::Apply };
    while let Some((route, wait)) = to_ask(&step, routes) {
        tokio::time::sleep(wait).await;
        match attempt(supply, route, turn, merge).await {
            Ok(text) => {
                supply.finished(&mut walk);
                return Ok(text);
            }
            Err(failure) => {
                step = supply.failed(&mut walk, &failure, false);
                last = failure;
            }
        }
    }
    Err(last)
}

async fn attempt(supply: &Supply, route: &Route, turn: TurnId, merge: &Merge) -> Result<String, Failure> {
    let sent = merge_ask(merge).weight();
    let mut tab = supply.open(Some(Payer { turn, limit: None }), route, sent, Some(merge.max_output()))?;
    let result = supply.client.merge(&route.endpoint, &route.model, merge, |delta| tab.heard(delta)).await;
    let ended = result.as_ref().map(|_| ()).map_err(Failure::clone);
    supply.close(Some(turn), tab, &ended).await;
    result
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::super::Roles;
    use super::super::calibration::Calibration;
    use super::super::meter::Meter;
    use super::*;
    use crate::change::{Focus, Level};
    use crate::model::{Budget, ModelId};
    use crate::provider::scripted::{Fault, Reply, Script, Server};
    use crate::provider::{Catalogue, Client, Wire};
    use crate::workspace::{StateDirs, Workspace};

    #[test]
    fn the_next_of_the_apply_list_merges_where_the_first_fails_and_it_is_metered() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let dirs = StateDirs { state: folder.path().join("state") };
        let workspace = Workspace::open_folder(folder.path(), dirs).unwrap();
        let (event, bill) = runtime.block_on(async {
            let busy = Fault::Status { status: 503, retry_after: None, body: "{}".into() };
            let (first, _) = Server::bind(Script::new([Reply::fault(busy)])).await.unwrap();
            let (second, _) = Server::bind(Script::new([Reply::text("one\ntwo\n")])).await.unwrap();
            let endpoints = [("first", &first), ("second", &second)]
                .map(|(name, server)| server.endpoint(name, Wire::OpenAiChat).unwrap());
            let id = |provider: &str| ModelId { provider: provider.into(), model: "m".into() };
            let mut roles = Roles::new(&endpoints, Catalogue::default());
            roles.list(Role::Apply, &[id("first"), id("second")]);
            let (events, mut arriving) = mpsc::channel(8);
            let meter = Meter::of(&workspace, Budget::default());
            let findings = crate::orchestrator::Findings::of(&workspace);
            let calibration = Calibration::of(&workspace);
            let supply = Arc::new(Supply::new(Client::new(), events, meter, findings, calibration));
            let path = RepoPath::parse("a.txt").unwrap();
            let focus = Focus { file: Some(path.clone()), lines: None };
            let open = Default::default();
            let instruct = Arc::new(Instruct {
                text: "add two".into(),
                level: Level::File,
                focus,
                open,
                wants: Default::default(),
            });
            let sketch = Sketch { path, instruct, original: Lines::from("one\n"), update: "two\n".into() };
            let work = merge(supply, roles.serve(Role::Apply).to_vec(), TurnId(1), sketch);
            tokio::select! {
                () = first.serve() => {}
                () = second.serve() => {}
                () = work => {}
            }
            let Some(Event::Metered { bill, .. }) = arriving.recv().await else { panic!("not metered") };
            (arriving.recv().await, bill)
        });
        let Some(Event::Merged { result, .. }) = event else { panic!("{event:?}") };
        assert_eq!((result.as_deref(), bill.requests), (Ok("one\ntwo\n"), 1));
    }
}
