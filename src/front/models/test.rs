//! `rein models test`: one tiny call for each role that has a model, to the first of its list.

use serde_json::{Value, json};

use super::waiting;
use crate::front::report::{cost, document};
use crate::front::{Exit, not_logged, print};
use crate::model::{Bill, Role, Suffix};
use crate::orchestrator::{Findings, Probe, Route, probe};
use crate::text::safe;

/// Calls them one after the other. Exit 3 if one cannot serve its role, 4 if a budget forbids a call.
pub fn test_models(as_json: bool) -> Exit {
    waiting(async |setup, workspace| {
        let (client, meter) = (setup.client(&workspace), setup.meter(&workspace));
        let findings = Findings::of(&workspace);
        let mut probed: Vec<(Role, &Route, Probe)> = Vec::new();
        for role in Role::ALL {
            if let Some(route) = setup.roles().serve(role).first() {
                probed.push((role, route, probe(&client, &meter, &findings, role, route).await));
            }
        }
        if let Some(why) = client.trouble() {
            not_logged(&why);
        }
        let exit = probed.iter().map(|(_, _, probe)| outcome(probe)).find(|exit| *exit != Exit::Done);
        let exit = exit.unwrap_or(if probed.is_empty() { Exit::Unavailable } else { Exit::Done });
        let all: Bill = probed.iter().map(|(_, _, probe)| probe.bill).sum();
        if as_json {
            let rows: Vec<Value> =
                probed.iter().map(|(role, route, probe)| row(*role, route, probe)).collect();
            let report = json!({ "schema": "rein.models.test/1", "roles": rows, "cost": cost(&all) });
            return print(&document(&report), exit);
        }
        if probed.is_empty() {
            return print(b"no role has a model; add one under `[roles]` (`rein config path`)\n", exit);
        }
        let lines = probed.iter().map(|(role, route, probe)| told(*role, route, probe));
        let text = lines.collect::<String>() + &format!("cost: {all}\n");
        print(text.as_bytes(), exit)
    })
}

fn outcome(probe: &Probe) -> Exit {
    match &probe.result {
        Ok(()) => Exit::Done,
        Err(crate::model::Failure::OverBudget { .. }) => Exit::Limit,
        Err(_) => Exit::Unavailable,
    }
}

fn row(role: Role, route: &Route, probe: &Probe) -> Value {
    let why = probe.result.as_ref().err();
    json!({
        "role": role, "model": route.id().to_string(), "ok": why.is_none(),
        "suffix": probe.suffix, "reason": why.map(ToString::to_string), "next_step": why.map(crate::model::Failure::next_step),
        "milliseconds": probe.took.as_millis() as u64, "usage": probe.bill.usage, "cost": cost(&probe.bill),
    })
}

fn told(role: Role, route: &Route, probe: &Probe) -> String {
    let (id, took) = (route.id(), probe.took.as_millis());
    let line = match &probe.result {
        Ok(()) => {
            let remark = probe.suffix.and_then(Suffix::remark);
            let suffix = remark.map(|words| format!("; {words}")).unwrap_or_default();
            format!("{role}: {id} answers in {took} ms, {}{suffix}", probe.bill)
        }
        Err(why) => format!("{role}: {id} does not serve: {why}; {}", why.next_step()),
    };
    safe::line(&line) + "\n"
}
