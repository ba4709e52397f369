//! What was looked up goes into the next request of a conversation, as far as there is room: in the model's
//! window, and in what the question may use. Where there is none, results of earlier rounds give way first;
//! where that does not help either, the new ones do, and an answer from what was seen is better than none.

use super::Outcome;
use super::lookup::{self, Looked};
use super::mask;
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
    pub(super) fn used(&mut self, around: &mut Around<'_>, dice: u64, outcomes: Vec<Outcome>) -> Vec<Effect> {
        let Some(mut said) = self.said.take() else { return Vec::new() };
        let request = said.next_request();
        let mut memory = self.memory.clone();
        let mut looked = lookup::looked(&self.calls, outcomes, &mut memory, request);
        let mut last = self.rounds_left == 0;
        let mut next = self.next(&said, &looked, dice, last);
        let mut room = self.room(around, next.ask());
        if room != Room::Enough && !(last && room == Room::OneMore) {
            let behind = |said: &Said| self.room(around, self.next(said, &looked, dice, last).ask());
            let wanted = |said: &Said| better(behind(said), room);
            if let Some(lighter) = mask::lighter(&said, &memory, &self.reply, request, &wanted) {
                (said, memory) = lighter;
                next = self.next(&said, &looked, dice, last);
                room = self.room(around, next.ask());
            }
        }
        match room {
            Room::Enough => {}
            Room::OneMore => (next, last) = (self.next(&said, &looked, dice, true), true),
            Room::None(_) => {
                // An answer from what was seen before is better than none.
                memory = self.memory.clone();
                looked.iter().for_each(|one| memory.leave_out(&one.step.asked, request));
                looked = looked.into_iter().map(Looked::left_out).collect();
                (next, last) = (self.next(&said, &looked, dice, true), true);
            }
        }
        let first = next.results().count().saturating_sub(looked.len());
        let of = |nth: usize| looked.get(nth.checked_sub(first)?).map(|one| one.presence);
        let next = next.standing(|piece, nth| memory.presence(piece, nth).or_else(|| nth.and_then(of)));
        for one in looked {
            self.shown.extend(&one.shown);
            self.steps.push(one.step);
        }
        if last {
            self.rounds_left = 0;
        }
        (self.said, self.memory) = (Some(next), memory);
        self.send(around)
    }

    /// The conversation with what was looked up behind it. `last`: the model is told to answer now.
    fn next(&self, said: &Said, looked: &[Looked], dice: u64, last: bool) -> Said {
        let results = looked.iter().map(|one| one.result.clone()).collect();
        prompt::after_calls(said, &self.reply, &self.calls, &self.seals, results, dice, last)
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
        let enough = |lighter: &Said| fits.is_none_or(|most| lighter.ask().weight() <= most);
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
