//! `rein context`: what a model would be sent for an instruction, piece by piece, each with its source,
//! the reason it is there, its weight and whose words it is. The request is made as `rein edit` makes
//! it, and not sent.

use serde_json::{Value, json};

use super::drive::{Driver, Interrupted};
use super::edit::{EditRequest, understood};
use super::report::document;
use super::setup::runtime;
use super::{Exit, print, stop};
use crate::context::{Dropped, Pack, Segment, Source as From};
use crate::model::{ModelId, Money, Price, Tokens, Usage};
use crate::session::{End, Session, Turn};
use crate::text::{Span, safe};
use crate::workspace::Source;

/// Prints the pieces of the request that `rein edit` would send.
pub fn context(request: &EditRequest) -> Exit {
    match runtime() {
        Ok(runtime) => runtime.block_on(run(request)),
        Err(why) => stop(Exit::Bug, why),
    }
}

async fn run(request: &EditRequest) -> Exit {
    let (setup, workspace, instruct) = match understood(request) {
        Ok(meant) => meant,
        Err(why) => return stop(why.exit(), why),
    };
    let session = Session::new(setup.terms(Source::Edit));
    let (orchestrator, events) = setup.orchestrator(workspace);
    let mut driver = match Driver::new(session, (orchestrator.looking(), events)) {
        Ok(driver) => driver,
        Err(why) => return stop(Exit::Bug, format!("Ctrl-C cannot be listened for: {why}")),
    };
    let effects = match driver.session.instruct(instruct) {
        Ok(effects) => effects,
        Err(why) => return stop(Exit::Usage, why),
    };
    if let Err(Interrupted) = driver.stop_short(effects).await {
        return Exit::Interrupted;
    }
    let Some(turn) = driver.session.turn() else { return Exit::Bug };
    let shown = match (turn.pack(), turn.end()) {
        (Some(pack), _) => Shown { pack, turn, priced: setup.first_chat() },
        (None, Some(End::NotAsked(why))) => return stop(Exit::NotHere, why),
        (None, _) => return Exit::Bug,
    };
    match request.json {
        true => print(&document(&shown.as_json()), Exit::Done),
        false => print(shown.told().as_bytes(), Exit::Done),
    }
}

/// A request that was put together, and the model that it would go to with what that takes.
struct Shown<'a> {
    pack: &'a Pack,
    turn: &'a Turn,
    priced: Option<(ModelId, Option<Price>)>,
}

impl Shown<'_> {
    /// The document; a contract with scripts. Joined in order, the texts of the `system` segments are the
    /// system message, the others the user's message, to the byte. `cost`: in millionths of a dollar, of
    /// what is sent; null where the model's price is not known.
    fn as_json(&self) -> Value {
        let pack = self.pack;
        json!({
            "schema": "rein.context/1",
            "level": self.turn.instruct().level,
            "model": self.priced.as_ref().map(|(model, _)| model.to_string()),
            "tokens": pack.tokens(),
            "cost": self.cost(pack.tokens()),
            "segments": pack.segments().iter().map(|one| self.segment(one)).collect::<Vec<_>>(),
            "dropped": pack.dropped().iter().map(|one| self.dropped(one)).collect::<Vec<_>>(),
            "notes": pack.notes(),
        })
    }

    fn segment(&self, segment: &Segment) -> Value {
        let (path, span) = segment.source.place();
        let url = if let From::Page { url } = &segment.source { Some(url) } else { None };
        let tokens = self.pack.weight(segment);
        json!({
            "source": segment.source.kind(), "path": path, "url": url, "lines": span.map(numbers),
            "why": segment.why, "tokens": tokens, "cost": self.cost(tokens), "trust": segment.trust,
            "pinned": segment.pinned.is_some(), "text": segment.text,
        })
    }

    fn dropped(&self, dropped: &Dropped) -> Value {
        let tokens = self.pack.ratio().of(dropped.tokens);
        json!({ "what": dropped.what, "lines": dropped.span.map(numbers), "tokens": tokens, "why": dropped.why })
    }

    /// What so many tokens cost to send.
    fn cost(&self, tokens: Tokens) -> Option<Money> {
        let price = self.priced.as_ref()?.1?;
        Some(price.cost(&Usage { input: tokens, ..Usage::default() }))
    }

    /// For a person: a heading for each piece, and its text behind a bar.
    fn told(&self) -> String {
        let pack = self.pack;
        let model = self.priced.as_ref().map_or_else(String::new, |(model, _)| format!(" for {model}"));
        let cost = self.cost(pack.tokens()).map_or_else(String::new, |cost| format!(", {cost}"));
        let mut out =
            format!("~{} tokens in {} segments{cost}{model}\n", pack.tokens(), pack.segments().len());
        pack.notes().iter().for_each(|note| out.push_str(&format!("note: {}\n", safe::line(note))));
        for dropped in pack.dropped() {
            let lines = dropped.span.map_or_else(String::new, |span| format!(" {span}"));
            let what = safe::line(&format!("{}{lines}: {}", dropped.what, dropped.why));
            out.push_str(&format!("left out: {what}\n"));
        }
        for (at, segment) in pack.segments().iter().enumerate() {
            let Segment { source, why, text, trust, .. } = segment;
            let tokens = pack.weight(segment);
            let cost = self.cost(tokens).map_or_else(String::new, |cost| format!(", {cost}"));
            let head = format!("{source}  ~{tokens} tokens{cost}, from {}: {why}", trust.name());
            out.push_str(&format!("\n{}  {}\n", at + 1, safe::line(&head)));
            text.lines().for_each(|line| out.push_str(&format!("  │ {line}\n")));
        }
        out
    }
}

/// Line numbers from 1, both included.
fn numbers(span: Span) -> [usize; 2] {
    [span.start() + 1, span.end()]
}
