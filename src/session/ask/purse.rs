//! How far a question may go: tokens, money and time, and what of them is left. A request leaves only if
//! what it weighs fits; whoever is close to the end is told to answer with what it has.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::model::{Ask, Bill, Money, Tokens};
use crate::session::TurnId;

/// Tokens of an answer that are reckoned with before it is known.
const ANSWER: Tokens = Tokens(1_500);

/// Tokens that a conversation gains from one request to the next, reckoned with before they are known.
const GAIN: Tokens = Tokens(2_000);

/// Of the tokens of a question in depth, the part that is kept for its check and its report.
const KEPT_BACK: u64 = 4;

/// Most that one question may use; `None` is no limit of its own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Allowance {
    pub tokens: Option<Tokens>,
    pub money: Option<Money>,
    pub time: Option<Duration>,
}

/// Which part of an allowance came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Limit {
    Tokens(Tokens),
    Money(Money),
    Time(Duration),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tokens(tokens) => write!(f, "{tokens} tokens"),
            Self::Money(money) => write!(f, "{money}"),
            Self::Time(time) if time.as_secs() % 60 == 0 => write!(f, "{} min", time.as_secs() / 60),
            Self::Time(time) => write!(f, "{} s", time.as_secs()),
        }
    }
}

impl Allowance {
    /// The same, with what `typed` says in its place.
    #[must_use]
    pub fn or_as(self, typed: Self) -> Self {
        Self {
            tokens: typed.tokens.or(self.tokens),
            money: typed.money.or(self.money),
            time: typed.time.or(self.time),
        }
    }
}

/// `$0.50`, `200k`, `5min`, or several of them with commas between.
impl FromStr for Allowance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no budget; write dollars, tokens or time, as in `$0.50`, `200k`, `5min` or `$1,90s`"
            )
        };
        let mut allowance = Self::default();
        for part in text.split(',').map(str::trim) {
            let number =
                |end: &str| part.strip_suffix(end).and_then(|digits| digits.trim().parse::<u64>().ok());
            if part.starts_with('$') {
                allowance.money = Some(part.parse().map_err(|_| wrong())?);
            } else if let Some(minutes) = number("min") {
                allowance.time = Some(Duration::from_secs(minutes.saturating_mul(60)));
            } else if let Some(seconds) = number("s") {
                allowance.time = Some(Duration::from_secs(seconds));
            } else if let Some(thousands) = number("k") {
                allowance.tokens = Some(Tokens(thousands.saturating_mul(1_000)));
            } else {
                allowance.tokens = Some(Tokens(part.parse().map_err(|_| wrong())?));
            }
        }
        Ok(allowance)
    }
}

/// May a request leave?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Room {
    Enough,
    /// It may, and it is the last of its conversation that does.
    OneMore,
    None(Limit),
}

/// An allowance and what was used of it.
#[derive(Clone, Debug)]
pub(super) struct Purse {
    allowance: Allowance,
    bill: Bill,
    /// What requests under way are reckoned to weigh.
    under_way: BTreeMap<TurnId, Tokens>,
    /// What the next request of a conversation will weigh at least: each that was begun is to come to its
    /// answer, whatever the others do.
    begun: BTreeMap<TurnId, Tokens>,
    /// Is a part kept back for what comes at the end?
    keeps_back: bool,
}

impl Purse {
    pub fn new(allowance: Allowance, keeps_back: bool) -> Self {
        let (bill, under_way, begun) = (Bill::default(), BTreeMap::new(), BTreeMap::new());
        Self { allowance, bill, under_way, begun, keeps_back }
    }

    pub fn allowance(&self) -> Allowance {
        self.allowance
    }

    pub fn bill(&self) -> Bill {
        self.bill
    }

    /// From now on all of it may be used.
    pub fn open_all(&mut self) {
        self.keeps_back = false;
    }

    pub fn used(&self) -> Tokens {
        self.bill.usage.input + self.bill.usage.output
    }

    pub fn metered(&mut self, lane: TurnId, bill: Bill) {
        self.under_way.remove(&lane);
        self.bill += bill;
    }

    /// Nobody waits for its request any more.
    pub fn dropped(&mut self, lane: TurnId) {
        self.under_way.remove(&lane);
    }

    /// A conversation is over.
    pub fn closed(&mut self, lane: TurnId) {
        self.dropped(lane);
        self.begun.remove(&lane);
    }

    /// May the next request of a conversation leave?
    pub fn room(&self, lane: TurnId, ask: &Ask) -> Room {
        if let Some(money) = self.allowance.money.filter(|money| self.bill.cost >= *money && money.0 > 0) {
            return Room::None(Limit::Money(money));
        }
        let Some(tokens) = self.allowance.tokens else { return Room::Enough };
        let back = if self.keeps_back { Tokens(tokens.0 / KEPT_BACK) } else { Tokens(0) };
        let under_way: Tokens = self.under_way.values().copied().sum();
        let others = self.begun.iter().filter(|(other, _)| **other != lane).map(|(_, next)| *next).sum();
        let taken = [back, self.used(), under_way, others];
        let left = taken.into_iter().fold(tokens, Tokens::saturating_sub);
        let needs = ask.weight() + ANSWER;
        match left {
            left if left < needs => Room::None(Limit::Tokens(tokens)),
            left if left < needs + needs + GAIN => Room::OneMore,
            _ => Room::Enough,
        }
    }

    /// `last`: no other request of the conversation follows on this one.
    pub fn sent(&mut self, lane: TurnId, ask: &Ask, last: bool) {
        let needs = ask.weight() + ANSWER;
        self.under_way.insert(lane, needs);
        if last {
            self.begun.remove(&lane);
        } else {
            self.begun.insert(lane, needs + GAIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Message, Usage};

    #[test]
    fn a_budget_is_written_in_dollars_tokens_or_time() {
        let all: Allowance = "$0.50, 200k,5min".parse().unwrap();
        assert_eq!((all.tokens, all.money), (Some(Tokens(200_000)), Some(Money(500_000))));
        assert_eq!(all.time, Some(Duration::from_secs(300)));
        assert_eq!("1500".parse::<Allowance>().unwrap().tokens, Some(Tokens(1_500)));
        assert_eq!("90s".parse::<Allowance>().unwrap().time, Some(Duration::from_secs(90)));
        for wrong in ["", "a lot", "5 minutes", "-3", "$x", "1,,2"] {
            assert!(wrong.parse::<Allowance>().is_err(), "{wrong}");
        }
        let kept = all.or_as("7".parse().unwrap());
        assert_eq!((kept.tokens, kept.money), (Some(Tokens(7)), all.money));
    }

    #[test]
    fn a_request_leaves_only_if_it_fits_with_those_under_way_and_what_is_kept_back() {
        let ask = Ask { messages: vec![Message::user("x".repeat(3_500))], ..Ask::default() };
        let needs = ask.weight() + ANSWER;
        let allowance = Allowance { tokens: Some(Tokens(needs.0 * 4)), ..Allowance::default() };
        let mut purse = Purse::new(allowance, false);
        assert_eq!(purse.room(TurnId(1), &ask), Room::Enough);
        purse.sent(TurnId(1), &ask, true);
        assert_eq!(purse.room(TurnId(2), &ask), Room::Enough);
        purse.sent(TurnId(2), &ask, true);
        assert_eq!(purse.room(TurnId(3), &ask), Room::OneMore);
        purse.sent(TurnId(3), &ask, true);
        purse.sent(TurnId(4), &ask, true);
        assert_eq!(purse.room(TurnId(5), &ask), Room::None(Limit::Tokens(Tokens(needs.0 * 4))));
        let usage = Usage { input: Tokens(10), ..Usage::default() };
        (1..=4).for_each(|lane| purse.metered(TurnId(lane), Bill::of(usage, None)));
        assert_eq!((purse.room(TurnId(5), &ask), purse.used()), (Room::Enough, Tokens(40)));
        let mut kept = Purse::new(Allowance { tokens: Some(needs), ..allowance }, true);
        assert!(matches!(kept.room(TurnId(1), &ask), Room::None(_)));
        kept.open_all();
        assert_eq!(kept.room(TurnId(1), &ask), Room::OneMore);
    }

    #[test]
    fn a_conversation_that_was_begun_has_its_last_request_kept_for_it() {
        let ask = Ask { messages: vec![Message::user("x".repeat(3_500))], ..Ask::default() };
        let needs = ask.weight() + ANSWER;
        let tokens = needs + needs + GAIN + Tokens(needs.0 - 1);
        let mut purse = Purse::new(Allowance { tokens: Some(tokens), ..Allowance::default() }, false);
        purse.sent(TurnId(1), &ask, false);
        assert!(matches!(purse.room(TurnId(2), &ask), Room::None(_)), "the first would be left without one");
        purse.metered(TurnId(1), Bill::default());
        assert_eq!(purse.room(TurnId(1), &ask), Room::Enough);
        purse.closed(TurnId(1));
        assert_eq!(purse.room(TurnId(2), &ask), Room::Enough);
    }

    #[test]
    fn money_that_is_spent_ends_it_whatever_is_left_of_the_rest() {
        let mut purse = Purse::new(Allowance { money: Some(Money(5)), ..Allowance::default() }, false);
        assert_eq!(purse.room(TurnId(1), &Ask::default()), Room::Enough);
        purse.metered(TurnId(1), Bill::of(Usage::default(), Some(Money(5))));
        assert_eq!(purse.room(TurnId(1), &Ask::default()), Room::None(Limit::Money(Money(5))));
    }
}
