//! Who answers and what it costs, in the room there is on the status line.

use super::super::app::App;
use super::super::theme::Paint;
use crate::model::{Bill, Counted, Role, Usage};
use crate::session::Turn;
use crate::text::safe;

/// Most columns that a model's name is given where the room is short.
const NAME: usize = 24;

/// Who answers.
struct Answering {
    provider: String,
    model: String,
    /// It stands in for the first of the list.
    on_generator: bool,
}

fn answering(app: &App) -> Option<Answering> {
    let asked = app.session.turn().and_then(Turn::model);
    let first = app.facts.first(Role::Chat);
    let id = asked.or(first)?;
    Some(Answering {
        provider: safe::line(&id.provider),
        model: safe::line(&id.model),
        on_generator: asked.is_some() && first.is_some() && asked != first,
    })
}

impl Answering {
    fn badge(&self) -> &'static str {
        if self.on_generator { "on generator: " } else { "" }
    }

    /// In the fewest words: the model, without whose it is.
    fn brief(&self) -> String {
        let Self { model, .. } = self;
        let short: String = match model.char_indices().nth(NAME) {
            Some(_) => model.chars().take(NAME - 1).chain(['…']).collect(),
            None => model.clone(),
        };
        format!("{}{short} ", self.badge())
    }
}

/// The columns that it takes at least to say who answers.
pub fn least(app: &App) -> usize {
    answering(app).map_or(0, |who| safe::width(&who.brief()))
}

/// The most telling of these that fits into `room` columns; nothing if none does.
pub fn shown(app: &App, room: usize) -> (Paint, String) {
    let Some(who) = answering(app) else {
        let words = "no model ";
        return (Paint::Dim, if words.len() <= room { words.to_owned() } else { String::new() });
    };
    let turn = app.session.turn();
    let paint = if who.on_generator { Paint::Warn } else { Paint::Dim };
    let model = format!("{}{}/{}", who.badge(), who.provider, who.model);
    let used = turn.and_then(Turn::usage).map(tokens).unwrap_or_default();
    let cost = cost(turn.map(Turn::bill).unwrap_or_default());
    let others = others(app);
    let short = if who.on_generator { "on generator ".to_owned() } else { String::new() };
    let wordings = [
        format!("{model}{used}{cost}{others} "),
        format!("{model}{used}{cost} "),
        format!("{model}{cost} "),
        format!("{}{}{cost} ", who.badge(), who.model),
        format!("{model} "),
        who.brief(),
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
