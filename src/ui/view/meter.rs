//! Who answers and what it costs, in the room there is on the status line.

use super::super::app::App;
use super::super::theme::Paint;
use crate::model::{Bill, Counted, Role, Usage};
use crate::session::Turn;
use crate::text::safe;

/// The most telling of these that fits into `room` columns; nothing if none does.
pub fn shown(app: &App, room: usize) -> (Paint, String) {
    let turn = app.session.turn();
    let asked = turn.and_then(Turn::model);
    let first = app.facts.first(Role::Chat);
    let on_generator = asked.is_some() && first.is_some() && asked != first;
    let model = asked.or(first).map(|model| safe::line(&model.to_string()));
    let (paint, model) = match model {
        None => (Paint::Dim, "no model".to_owned()),
        Some(model) if on_generator => (Paint::Warn, format!("on generator: {model}")),
        Some(model) => (Paint::Dim, model),
    };
    let used = turn.and_then(Turn::usage).map(tokens).unwrap_or_default();
    let cost = cost(turn.map(Turn::bill).unwrap_or_default());
    let others = others(app);
    let short = if on_generator { "on generator ".to_owned() } else { String::new() };
    let wordings = [
        format!("{model}{used}{cost}{others} "),
        format!("{model}{used}{cost} "),
        format!("{model}{cost} "),
        format!("{model} "),
        short,
    ];
    let fitting = wordings.into_iter().find(|words| safe::width(words) <= room);
    (paint, fitting.unwrap_or_default())
}

fn tokens(usage: Usage) -> String {
    let about = if usage.counted == Counted::Estimated { "~" } else { "" };
    format!(" {about}{} in {about}{} out", usage.input, usage.output)
}

/// What costs nothing needs no figure.
fn cost(bill: Bill) -> String {
    if bill.cost.0 == 0 && bill.unpriced == 0 { String::new() } else { format!(" {bill}") }
}

/// Of the session and the day, where they tell more than the turn.
fn others(app: &App) -> String {
    let session = cost(app.spent);
    let turn = cost(app.session.turn().map(Turn::bill).unwrap_or_default());
    let today = cost(app.today.unwrap_or_default());
    let session =
        if session == turn || session.is_empty() { String::new() } else { format!(" · session{session}") };
    let known = today.is_empty() || (session.is_empty() && today == turn);
    if known { session } else { format!("{session} · today{today}") }
}
