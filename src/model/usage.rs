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

/// How a model's provider counts the tokens of a text, compared with [`Tokens::estimate`], in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Ratio(u32);

impl Default for Ratio {
    /// Nothing is known: the estimate stands.
    fn default() -> Self {
        Self(1_000)
    }
}

impl Ratio {
    /// Smallest and largest ratio that is believed: beyond, somebody counted something else.
    const LEAST: u32 = 400;
    const MOST: u32 = 2_500;

    /// As one request showed it; nothing where a request is too small to tell.
    pub fn seen(estimated: Tokens, counted: Tokens) -> Option<Self> {
        const SMALL: u64 = 200;
        if estimated.0 < SMALL || counted.0 == 0 {
            return None;
        }
        let thousandths = counted.0.saturating_mul(1_000) / estimated.0;
        let thousandths = u32::try_from(thousandths).ok()?;
        (Self::LEAST..=Self::MOST).contains(&thousandths).then_some(Self(thousandths))
    }

    /// With one more request, of which the newest count for more.
    #[must_use]
    pub fn with(self, seen: Self) -> Self {
        Self((3 * self.0 + seen.0) / 4)
    }

    /// What `estimate` comes to with the provider.
    pub fn of(self, estimate: Tokens) -> Tokens {
        Tokens(estimate.0.saturating_mul(u64::from(self.0)).div_ceil(1_000))
    }

    /// The estimate of what the provider counts as at most `counted`.
    pub fn back(self, counted: Tokens) -> Tokens {
        Tokens(counted.0.saturating_mul(1_000) / u64::from(self.0.max(1)))
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
    fn an_estimate_is_corrected_by_what_a_provider_counted() {
        assert_eq!(Ratio::default().of(Tokens(7)), Tokens(7));
        let seen = Ratio::seen(Tokens(1_000), Tokens(1_200)).unwrap();
        assert_eq!((seen.of(Tokens(500)), seen.back(Tokens(600))), (Tokens(600), Tokens(500)));
        assert!(seen.of(seen.back(Tokens(601))) <= Tokens(601), "a budget stays a budget");
        assert_eq!(Ratio::default().with(seen).of(Tokens(1_000)), Tokens(1_050));
        for (estimated, counted) in [(100, 120), (1_000, 0), (1_000, 9_000), (1_000, 100)] {
            assert_eq!(Ratio::seen(Tokens(estimated), Tokens(counted)), None);
        }
    }

    #[test]
    fn a_sum_with_an_estimate_is_an_estimate() {
        let exact = Usage { counted: Counted::Provider, ..Usage::default() };
        assert_eq!((exact + exact).counted, Counted::Provider);
        assert_eq!((exact + Usage::default()).counted, Counted::Estimated);
    }
}
