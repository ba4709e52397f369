//! What tokens cost: amounts, rates, a model's price and the bill of what was used. Integers all the
//! way, so that a sum of many small requests is exact. Where a price comes from is not known here.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

use super::{Counted, Tokens, Usage};

/// Millionths of a US dollar.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Money(pub u64);

impl Money {
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self(0), Add::add)
    }
}

/// `$0`, `$0.0042`, `$1.25`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        match self.0 {
            0 => f.write_str("$0"),
            // What is spent is not shown as nothing.
            1..100_000 => write!(f, "${dollars}.{:04}", rest.div_ceil(100)),
            _ => {
                let cents = self.0.saturating_add(5_000) / 10_000;
                write!(f, "${}.{:02}", cents / 100, cents % 100)
            }
        }
    }
}

/// Dollars with at most six decimals: `2`, `0.50`, `$0.000001`.
impl FromStr for Money {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an amount in dollars; write it as in `0.50`");
        let digits = text.trim().trim_start_matches('$');
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 6 || !plain(whole) || !plain(decimals) {
            return Err(wrong());
        }
        let micros: u64 = format!("{decimals:0<6}").parse().map_err(|_| wrong())?;
        let dollars: u64 = whole.parse().map_err(|_| wrong())?;
        dollars.checked_mul(1_000_000).and_then(|sum| sum.checked_add(micros)).map(Self).ok_or_else(wrong)
    }
}

/// What a million tokens cost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, serde::Serialize)]
#[serde(transparent)]
pub struct Rate(pub Money);

impl Rate {
    /// In millionths of a [`Money`], which a single token of a cheap model is a fraction of.
    fn of(self, tokens: Tokens) -> u128 {
        u128::from(tokens.0) * u128::from(self.0.0)
    }
}

/// What a model takes for tokens of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize)]
pub struct Price {
    pub input: Rate,
    pub output: Rate,
    /// Input that was read from the provider's cache.
    pub cached: Rate,
    /// Input that was written to the provider's cache.
    pub cache_write: Rate,
}

impl Price {
    /// What `usage` cost, rounded up.
    pub fn cost(&self, usage: &Usage) -> Money {
        let plain = usage.input.saturating_sub(usage.cached).saturating_sub(usage.cache_write);
        rounded(
            self.input.of(plain)
                + self.cached.of(usage.cached)
                + self.cache_write.of(usage.cache_write)
                + self.output.of(usage.output),
        )
    }

    /// The most that a request can cost: all its input written to the cache (which some providers take
    /// more for), and an answer as long as it may be.
    pub fn most(&self, input: Tokens, output: Tokens) -> Money {
        rounded(self.input.max(self.cache_write).of(input) + self.output.of(output))
    }

    pub fn is_free(&self) -> bool {
        *self == Self::default()
    }
}

fn rounded(millionths: u128) -> Money {
    Money(u64::try_from(millionths.div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

/// Requests added up: their tokens, and what those cost as far as prices are known.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Bill {
    pub usage: Usage,
    pub cost: Money,
    /// Requests whose model has no known price: what they cost is not in `cost`.
    pub unpriced: usize,
    /// Requests altogether.
    pub requests: usize,
}

impl Bill {
    /// Of one request.
    pub fn of(usage: Usage, cost: Option<Money>) -> Self {
        Self { usage, cost: cost.unwrap_or_default(), unpriced: usize::from(cost.is_none()), requests: 1 }
    }
}

impl Add for Bill {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let usage = match (self.requests, other.requests) {
            // Nothing at all is no estimate.
            (0, _) => other.usage,
            (_, 0) => self.usage,
            _ => self.usage + other.usage,
        };
        Self {
            usage,
            cost: self.cost + other.cost,
            unpriced: self.unpriced + other.unpriced,
            requests: self.requests + other.requests,
        }
    }
}

impl std::iter::Sum for Bill {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

impl AddAssign for Bill {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// `$0.0042`, `~$0.0042` where tokens were counted here, `$0.0042+` where a price is not known; `?`
/// where none is.
impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.requests > 0 && self.unpriced == self.requests {
            return f.write_str("$?");
        }
        let estimated = self.usage.counted == Counted::Estimated && self.cost > Money(0);
        let about = if estimated { "~" } else { "" };
        let more = if self.unpriced > 0 { "+" } else { "" };
        write!(f, "{about}{}{more}", self.cost)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(dollars: &str) -> Rate {
        Rate(dollars.parse().unwrap())
    }

    fn price() -> Price {
        Price { input: rate("3"), output: rate("15"), cached: rate("0.30"), cache_write: rate("3.75") }
    }

    fn exact(input: u64, output: u64) -> Usage {
        let counted = Counted::Provider;
        Usage { input: Tokens(input), output: Tokens(output), counted, ..Usage::default() }
    }

    #[test]
    fn amounts_are_short_and_never_shown_as_nothing_when_something_was_spent() {
        let shown = [0, 1, 4_200, 99_999, 100_000, 1_250_000, 1_995_000].map(|n| Money(n).to_string());
        assert_eq!(shown, ["$0", "$0.0001", "$0.0042", "$0.1000", "$0.10", "$1.25", "$2.00"]);
        assert_eq!(Money(u64::MAX).to_string(), "$18446744073709.55");
    }

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, micros) in [("2", 2_000_000), ("0.50", 500_000), ("$0.000001", 1), (" 1.25 ", 1_250_000)] {
            assert_eq!(text.parse(), Ok(Money(micros)), "{text}");
        }
        for wrong in ["", "-1", "1,5", "0.0000001", ".5", "1e3", "nan", "99999999999999999999"] {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_kind_of_token_has_its_own_rate() {
        let usage =
            Usage { cached: Tokens(600_000), cache_write: Tokens(100_000), ..exact(1_000_000, 1_000) };
        // 300k × $3 + 600k × $0.30 + 100k × $3.75 + 1k × $15, a million tokens each
        assert_eq!(price().cost(&usage), Money(900_000 + 180_000 + 375_000 + 15_000));
    }

    #[test]
    fn a_bill_says_what_it_does_not_know() {
        let known = Bill::of(exact(10, 10), Some(Money(4_200)));
        let unknown = Bill::of(exact(10, 10), None);
        assert_eq!(known.to_string(), "$0.0042");
        assert_eq!(unknown.to_string(), "$?");
        assert_eq!((known + unknown).to_string(), "$0.0042+");
        assert_eq!((known + Bill::of(Usage::default(), Some(Money(0)))).to_string(), "~$0.0042");
        assert_eq!(Bill::default() + known, known);
    }

    proptest! {
        #[test]
        fn no_request_costs_more_than_was_projected(
            input in 0u64..10_000_000, output in 0u64..1_000_000,
            cached in 0u64..10_000_000, written in 0u64..10_000_000,
        ) {
            let cached = cached.min(input);
            let cache_write = Tokens(written.min(input - cached));
            let usage = Usage { cached: Tokens(cached), cache_write, ..exact(input, output) };
            prop_assert!(price().cost(&usage) <= price().most(Tokens(input), Tokens(output)));
        }

        #[test]
        fn what_is_written_in_full_is_read_back(micros in 0u64..1_000_000_000_000) {
            let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            prop_assert_eq!(text.parse(), Ok(Money(micros)));
        }
    }
}
