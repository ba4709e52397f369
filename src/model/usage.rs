//! What a request used, in tokens. What that costs is `money`'s.

use std::fmt;
use std::ops::{Add, AddAssign};

/// A number of tokens.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Tokens(pub u64);

impl Tokens {
    /// A local estimate: about 3.5 bytes of code or prose to a token in today's vocabularies.
    /// Shown with `~`, never used where the provider reports its own count.
    pub fn estimate(text: &str) -> Self {
        Self::of_bytes(text.len() as u64)
    }

    /// As [`Tokens::estimate`], of a text of so many bytes.
    pub fn of_bytes(bytes: u64) -> Self {
        Self(bytes.saturating_mul(2).div_ceil(7))
    }

    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Tokens {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Tokens {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self(0), Add::add)
    }
}

/// `950`, `1.2k`, `34k`, `1.1M`.
impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n @ 0..1_000 => write!(f, "{n}"),
            n @ 1_000..10_000 => write!(f, "{}.{}k", n / 1_000, n % 1_000 / 100),
            n @ 10_000..1_000_000 => write!(f, "{}k", n / 1_000),
            n => write!(f, "{}.{}M", n / 1_000_000, n % 1_000_000 / 100_000),
        }
    }
}

/// Who counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// The provider's own figures.
    Provider,
    /// Our estimate, because the provider reported nothing. Marked `~` wherever it is shown.
    #[default]
    Estimated,
}

/// Tokens of one request or of several added up.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// All input tokens, cached ones included.
    pub input: Tokens,
    /// All output tokens, reasoning included.
    pub output: Tokens,
    /// The part of `input` that was served from the provider's cache.
    pub cached: Tokens,
    /// The part of `input` that was written to the provider's cache.
    pub cache_write: Tokens,
    /// The part of `output` that was hidden reasoning.
    pub reasoning: Tokens,
    pub counted: Counted,
}

impl Add for Usage {
    type Output = Self;
    /// A sum with one estimate in it is an estimate.
    fn add(self, other: Self) -> Self {
        let counted = match (self.counted, other.counted) {
            (Counted::Provider, Counted::Provider) => Counted::Provider,
            _ => Counted::Estimated,
        };
        Self {
            input: self.input + other.input,
            output: self.output + other.output,
            cached: self.cached + other.cached,
            cache_write: self.cache_write + other.cache_write,
            reasoning: self.reasoning + other.reasoning,
            counted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        let shown: Vec<_> = [7, 1_250, 34_900, 1_150_000].map(|n| Tokens(n).to_string()).into();
        assert_eq!(shown, ["7", "1.2k", "34k", "1.1M"]);
    }

    #[test]
    fn a_sum_with_an_estimate_is_an_estimate() {
        let exact = Usage { counted: Counted::Provider, ..Usage::default() };
        assert_eq!((exact + exact).counted, Counted::Provider);
        assert_eq!((exact + Usage::default()).counted, Counted::Estimated);
    }
}
