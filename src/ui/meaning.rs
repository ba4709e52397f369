//! Search by meaning, as a person sees it: how many of the project's texts have vectors, who is sent them, what
//! that costs, and whether they may leave this machine, which is asked once for each project and server. The
//! question waits on its page: nothing that is typed elsewhere answers it.

use super::app::{App, Out, Overlay};
use super::keymap::Action;
use super::page::{Kind, Page};
use super::theme::Paint;
use crate::model::{Money, Role};
use crate::session::{Effect, Making, Say, Vectors};

impl App {
    /// What the program asks for once the first frame is drawn.
    pub(super) fn begin_vectors(&self) -> Option<Out> {
        (self.facts.meaning && !self.only_review).then_some(Out::Do(Effect::MakeVectors(Say::GoOn)))
    }

    /// Files have changed: what is new in them has no vector.
    pub(super) fn vectors_behind(&self) -> Option<Out> {
        let Some(Ok(vectors)) = &self.vectors else { return None };
        let goes_on = matches!(vectors.making, Making::Done | Making::UnderWay);
        goes_on.then_some(Out::Do(Effect::MakeVectors(Say::GoOn)))
    }

    pub(super) fn vectors_told(&mut self, now: Result<Vectors, String>) {
        let before = self.vectors.as_ref().and_then(|known| known.as_ref().ok()).map(|known| &known.making);
        let is_new = |now: &Making| before.is_none_or(|before| *before != *now);
        match &now {
            Ok(vectors) => match &vectors.making {
                // What was stopped here may have told of a last step.
                Making::UnderWay | Making::Done if before == Some(&Making::Paused) => return,
                Making::Asks { .. } if is_new(&vectors.making) => {
                    let asks = asks(vectors).unwrap_or_default();
                    self.say(Paint::Warn, format!("F9 decides: {asks}"));
                }
                Making::Stopped(why) if is_new(&vectors.making) => {
                    self.say(Paint::Warn, format!("no more vectors for now: {why} (F9)"));
                }
                Making::Done if before == Some(&Making::UnderWay) => {
                    self.say(Paint::Good, format!("{} chunks are found by meaning too", vectors.made()));
                }
                _ => {}
            },
            Err(why) => self.say(Paint::Warn, format!("searched by words alone: {why}")),
        }
        self.vectors = Some(now);
        self.refresh_meaning();
    }

    /// How far it is, for the title: the longest wording that has room is taken.
    pub(super) fn vectors_in_short(&self) -> Vec<String> {
        let Some(Ok(vectors)) = &self.vectors else { return Vec::new() };
        let (made, all) = (vectors.made(), vectors.chunks - vectors.withheld.min(vectors.chunks));
        match &vectors.making {
            Making::Asks { .. } => {
                vec!["may texts be sent to be found by meaning? F9".to_owned(), "vectors: F9 asks".to_owned()]
            }
            Making::UnderWay => {
                vec![format!("vectors: {made} of {all} chunks"), format!("vectors {made}/{all}")]
            }
            Making::Paused => {
                vec![format!("vectors: paused at {made} of {all} (F9)"), "vectors paused".to_owned()]
            }
            Making::Stopped(_) => vec!["vectors: stopped, F9 says why".to_owned(), "vectors: F9".to_owned()],
            Making::Refused | Making::Done => Vec::new(),
        }
    }

    /// The page is made anew where it is open.
    fn refresh_meaning(&mut self) {
        let top = match &self.overlay {
            Some(Overlay::Page(page)) if page.kind == Kind::Meaning => page.top,
            _ => return,
        };
        let mut page = self.meaning_page();
        page.top = top;
        self.overlay = Some(Overlay::Page(page));
    }

    /// What `action` decides on the page as things stand, if anything.
    pub(super) fn decides_meaning(&self, action: Action) -> Option<Say> {
        let Some(Ok(vectors)) = &self.vectors else { return None };
        match (action, &vectors.making) {
            (Action::Yes, Making::Asks { .. } | Making::Refused) => Some(Say::Allow),
            (Action::No, _) if vectors.host.is_some() && !vectors.is_local => Some(Say::Refuse),
            (Action::Pause, Making::UnderWay) => Some(Say::Pause),
            (Action::Pause, Making::Paused | Making::Stopped(_)) => Some(Say::GoOn),
            _ => None,
        }
    }

    pub(super) fn act_in_meaning(&mut self, action: Action) -> Option<Vec<Out>> {
        if !matches!(action, Action::Yes | Action::No | Action::Pause) {
            return None;
        }
        let Some(say) = self.decides_meaning(action) else {
            self.say(Paint::Text, "there is nothing to decide here now");
            return Some(Vec::new());
        };
        if let Some(Ok(vectors)) = &mut self.vectors {
            vectors.making = match say {
                Say::Pause => Making::Paused,
                Say::Refuse => Making::Refused,
                Say::Allow | Say::GoOn => Making::UnderWay,
            };
        }
        self.refresh_meaning();
        Some(vec![Out::Do(Effect::MakeVectors(say))])
    }

    pub(super) fn meaning_page(&self) -> Page {
        let mut page = Page::new(Kind::Meaning, "search by meaning");
        match &self.vectors {
            Some(Ok(vectors)) => tell(&mut page, vectors),
            Some(Err(why)) => drop(page.text(Paint::Warn, &format!("searched by words alone: {why}"))),
            None if self.facts.meaning => drop(page.text(Paint::Dim, "looking at what has vectors…")),
            None => without(&mut page, self.facts.first(Role::Embed).map(ToString::to_string)),
        }
        page
    }
}

/// Nothing is made in the background.
fn without(page: &mut Page, model: Option<String>) {
    let words = match model {
        None => "off: no model serves the role `embed`, and no table is named by `embed.weights`".to_owned(),
        Some(model) => format!(
            "off: {model} is asked by `rein index` and `rein search --mode semantic` alone; `embed.auto = true` has requests found by meaning too"
        ),
    };
    page.text(Paint::Text, &words).gap();
    page.text(Paint::Dim, "questions and instructions are found by words; nothing is sent for that");
}

fn tell(page: &mut Page, vectors: &Vectors) {
    let made = vectors.made();
    page.text(
        Paint::Text,
        &format!("{made} of {} chunks have a vector; kept {}", vectors.chunks, vectors.kept),
    );
    if vectors.withheld > 0 {
        page.text(Paint::Text, &format!("{} have none because they may hold secrets", vectors.withheld));
    }
    let whom = vectors.whom();
    let goes = match (&vectors.host, vectors.is_local) {
        (None, _) => format!("made by the table {}, in this process: no text leaves it", vectors.by),
        (Some(_), true) => format!("made by {whom}, on this machine"),
        (Some(_), false) => format!("made by {whom}, another machine"),
    };
    page.text(Paint::Text, &goes);
    if vectors.host.is_some() {
        page.text(
            Paint::Text,
            "it is sent each text once, with its path, and the words of questions and instructions",
        );
        let today = vectors.today.unwrap_or_default();
        let sum = if today.requests == 0 {
            "nothing was sent today".to_owned()
        } else {
            format!("today: ~{} tokens in {} requests, {today}", today.usage.input, today.requests)
        };
        page.text(Paint::Text, &sum);
    }
    page.gap();
    match &vectors.making {
        Making::Asks { .. } => {
            page.text(Paint::Warn, &asks(vectors).unwrap_or_default());
            page.text(Paint::Text, "y: yes, now and as files change, in this project alone. n: no.");
            page.text(Paint::Dim, "Until then nothing is sent, and requests are found by words.");
        }
        Making::Refused => {
            page.text(
                Paint::Text,
                "You said that an open screen sends no texts of this project; y allows it.",
            );
            page.text(Paint::Dim, "`rein index` sends what is missing when you run it.");
        }
        Making::UnderWay => drop(page.text(Paint::Good, &format!("{} to go; p pauses", vectors.missing))),
        Making::Paused => drop(page.text(Paint::Warn, "paused; p goes on")),
        Making::Done => drop(page.text(Paint::Good, "all that may have one; what changes follows by itself")),
        Making::Stopped(why) => {
            page.text(Paint::Bad, &format!("stopped: {why}"));
            page.text(Paint::Dim, "what was made is kept and searched; p tries again");
        }
    }
}

/// What a person is asked before the first text leaves.
fn asks(vectors: &Vectors) -> Option<String> {
    let Making::Asks { tokens, cost } = &vectors.making else { return None };
    let price = match cost {
        Some(Money(0)) => ", free of charge".to_owned(),
        Some(cost) => format!(", ~{cost}"),
        None => ", at a price that is not known".to_owned(),
    };
    let (missing, whom) = (vectors.missing, vectors.whom());
    Some(format!("May {missing} chunks of this project (~{tokens} tokens{price}) be sent to {whom}?"))
}
