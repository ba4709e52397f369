//! What was looked up goes into the next request of a conversation, as far as there is room: in the model's
//! window, and in what the question may use. Where there is none, results of earlier rounds give way first;
//! where that does not help either, the new ones do, and an answer from what was seen is better than none.

use super::Outcome;
use super::lookup::{self, Looked};
use super::mask;
use super::memory::Memory;
use super::purse::{Limit, Room};
use super::talk::{Around, Talk};
use crate::model::{Ask, Failure, Tokens};
use crate::prompt::{self, Said};
use crate::session::Effect;

/// The heaviest request of a conversation that looks things up, whatever the model would take: what is this
/// old is seldom worth being paid for again in each request.
const LARGEST: Tokens = Tokens(100_000);

/// Of a window, the part that is left for the answer, and the most of it.
const ANSWER_PART: u64 = 4;
const ANSWER: Tokens = Tokens(8_000);

/// One round of looking things up, of which the results are to be put into words.
#[derive(Clone, Copy)]
struct Round<'a> {
    /// The number of the request that they go into.
    request: u32,
    dice: u64,
    outcomes: &'a [Outcome],
    /// Is the model told to answer now?
    last: bool,
}

/// A request that could be the next, and what the conversation holds with it.
struct Next {
    said: Said,
    memory: Memory,
    looked: Vec<Looked>,
}

impl Talk {
    /// The heaviest request that may leave, by estimate.
    fn most(&self) -> Tokens {
        let within = |window: Tokens| window.saturating_sub(ANSWER.min(Tokens(window.0 / ANSWER_PART)));
        self.window.map_or(LARGEST, |window| within(window).min(LARGEST))
    }

    pub(super) fn fits(&self, ask: &Ask) -> bool {
        ask.weight() <= self.most()
    }

    fn room(&self, around: &Around<'_>, ask: &Ask) -> Room {
        match self.fits(ask) {
            true => around.purse.room(self.lane, ask),
            false => Room::None(Limit::Tokens(self.most())),
        }
    }

    /// What was looked up goes into the next request, as far as that still fits.
    pub(super) fn used(&mut self, around: &mut Around<'_>, dice: u64, outcomes: &[Outcome]) -> Vec<Effect> {
        let Some(said) = self.said.take() else { return Vec::new() };
        let round = Round { request: said.next_request(), dice, outcomes, last: self.rounds_left == 0 };
        let mut next = self.behind(&said, &self.memory, &round);
        let mut room = self.room(around, next.said.ask());
        if room != Room::Enough && !(round.last && room == Room::OneMore) {
            let behind = |said: &Said, memory: &Memory| self.behind(said, memory, &round);
            let wanted = |said: &Said, memory: &Memory| {
                better(self.room(around, behind(said, memory).said.ask()), room)
            };
            // What stands above is told of as it stands once older results are gone.
            if let Some((said, memory)) =
                mask::lighter(&said, &self.memory, &self.reply, round.request, &wanted)
            {
                next = behind(&said, &memory);
                room = self.room(around, next.said.ask());
                return self.go_on_with(around, room, (said, memory), next, round);
            }
        }
        let before = (said, self.memory.clone());
        self.go_on_with(around, room, before, next, round)
    }

    /// Sends the next request, or the last one where there is no `room` for more after it. `before`: the
    /// conversation that it stands behind, for who has to do without the results.
    fn go_on_with(
        &mut self,
        around: &mut Around<'_>,
        room: Room,
        before: (Said, Memory),
        next: Next,
        round: Round<'_>,
    ) -> Vec<Effect> {
        let last = Round { last: true, ..round };
        let next = match room {
            Room::Enough => next,
            Room::OneMore => self.behind(&before.0, &before.1, &last),
            Room::None(_) => {
                // An answer from what was seen before is better than none.
                let without = |said: &Said, memory: &Memory| self.without(said, memory, &last);
                let fits = |said: &Said, memory: &Memory| {
                    !matches!(self.room(around, without(said, memory).said.ask()), Room::None(_))
                };
                let lighter = (!fits(&before.0, &before.1))
                    .then(|| mask::lighter(&before.0, &before.1, &self.reply, round.request, &fits))
                    .flatten();
                let (said, memory) = lighter.unwrap_or(before);
                without(&said, &memory)
            }
        };
        if room != Room::Enough || round.last {
            self.rounds_left = 0;
        }
        for one in next.looked {
            self.shown.extend(&one.shown);
            self.steps.push(one.step);
        }
        (self.said, self.memory) = (Some(next.said), next.memory);
        self.send(around)
    }

    /// What was looked up, behind a conversation that holds `memory`.
    fn behind(&self, said: &Said, memory: &Memory, round: &Round<'_>) -> Next {
        let mut memory = memory.clone();
        let looked = lookup::looked(&self.calls, round.outcomes, &mut memory, round.request);
        self.put(said, memory, looked, round)
    }

    /// The same as if nothing had come of it.
    fn without(&self, said: &Said, memory: &Memory, round: &Round<'_>) -> Next {
        let looked = lookup::looked(&self.calls, round.outcomes, &mut memory.clone(), round.request);
        let mut memory = memory.clone();
        looked.iter().for_each(|one| memory.leave_out(&one.step.asked, round.request));
        self.put(said, memory, looked.into_iter().map(Looked::left_out).collect(), round)
    }

    fn put(&self, said: &Said, memory: Memory, looked: Vec<Looked>, round: &Round<'_>) -> Next {
        let results = looked.iter().map(|one| one.result.clone()).collect();
        let (reply, calls, seals) = (&self.reply, &self.calls, &self.seals);
        let said = prompt::after_calls(said, reply, calls, seals, results, round.dice, round.last);
        let first = said.results().count().saturating_sub(looked.len());
        let of = |nth: usize| looked.get(nth.checked_sub(first)?).map(|one| one.presence);
        let said = said.standing(|piece, nth| memory.presence(piece, nth).or_else(|| nth.and_then(of)));
        Next { said, memory, looked }
    }

    /// The request was too long for the model: is there a lighter one to send in its place?
    pub(super) fn make_lighter_after(&mut self, failure: &Failure) -> bool {
        let (Failure::TooLong { overflow, .. }, Some(said)) = (failure, &self.said) else { return false };
        let weight = said.ask().weight();
        // By our estimate, as it compares with the server's own count of this very request.
        let fits = overflow.filter(|over| over.sent > Tokens(0) && over.limit < over.sent).map(|over| {
            Tokens(
                u64::try_from(u128::from(weight.0) * u128::from(over.limit.0) / u128::from(over.sent.0))
                    .unwrap_or(0),
            )
        });
        let enough = |lighter: &Said, _: &Memory| fits.is_none_or(|most| lighter.ask().weight() <= most);
        let Some((said, memory)) =
            mask::lighter(said, &self.memory, &self.reply, self.memory.newest(), &enough)
        else {
            return false;
        };
        (self.said, self.memory) = (Some(said), memory);
        self.window = fits.or(self.window);
        true
    }
}

/// Is it worth breaking what a provider has kept? A last request is, where there was none; where there was
/// one, only more of them are.
fn better(now: Room, before: Room) -> bool {
    match before {
        Room::None(_) => !matches!(now, Room::None(_)),
        _ => now == Room::Enough,
    }
}
