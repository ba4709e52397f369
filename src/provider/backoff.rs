//! When a request that failed may be sent again: exponential back-off with full jitter, or what the
//! server asks for, within a total. A value without a clock and without chance of its own: the caller
//! waits, and brings the dice.
//!
//! Full jitter: a wait is drawn evenly from nothing up to the bound of its try, so that many clients
//! that failed together do not come back together (M. Brooker, "Exponential Backoff and Jitter", 2015).

use std::time::Duration;

use crate::model::Failure;

/// The bound of the first wait; it doubles with each try.
const FIRST: Duration = Duration::from_millis(500);

/// The bound that it grows to.
const LONGEST: Duration = Duration::from_secs(8);

/// How long one request is pursued, over all its waits. A server that asks for more than what is
/// left of this is not waited for: that is for the user, or the next provider.
const TOTAL: Duration = Duration::from_secs(30);

/// Most waits for one request.
const TRIES: u32 = 3;

/// The waits of one request to one server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Backoff {
    tried: u32,
    left: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { tried: 0, left: TOTAL }
    }
}

impl Backoff {
    /// How long to wait before the request is sent again; `None` if it should not be. `dice`: any
    /// number, as even as can be had.
    pub fn wait(&mut self, failure: &Failure, dice: u64) -> Option<Duration> {
        if !failure.is_transient() || self.tried == TRIES {
            return None;
        }
        let wait = match failure {
            // Never earlier than it says, and not all at the same instant after it.
            Failure::Busy { retry_after: Some(asked), .. } => asked.checked_add(share(FIRST, dice))?,
            _ => share(bound(self.tried), dice),
        };
        self.left = self.left.checked_sub(wait)?;
        self.tried += 1;
        Some(wait)
    }
}

fn bound(tried: u32) -> Duration {
    FIRST.saturating_mul(2u32.saturating_pow(tried)).min(LONGEST)
}

/// A part of `bound`, as large as the dice say.
fn share(bound: Duration, dice: u64) -> Duration {
    let parts = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX).saturating_add(1);
    Duration::from_micros(dice % parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn busy(retry_after: Option<Duration>) -> Failure {
        Failure::Busy { server: "it".into(), status: 429, retry_after, said: String::new() }
    }

    #[test]
    fn a_server_is_not_asked_again_before_it_says_and_not_at_all_if_it_says_too_long() {
        let seven = Duration::from_secs(7);
        let waited = Backoff::default().wait(&busy(Some(seven)), 99).unwrap();
        assert!(waited >= seven && waited <= seven + FIRST);
        assert_eq!(Backoff::default().wait(&busy(Some(TOTAL + FIRST)), 0), None);
        let mut backoff = Backoff::default();
        let waits = (0..9).map_while(|_| backoff.wait(&busy(Some(Duration::from_secs(12))), 0)).count();
        assert_eq!(waits, 2, "twice twelve seconds fit into thirty");
    }

    #[test]
    fn what_would_fail_again_is_not_sent_again() {
        let refused = Failure::Refused { server: "it".into(), status: 400, said: String::new() };
        assert_eq!(Backoff::default().wait(&refused, 1), None);
        let cut = Failure::Cut { server: "it".into() };
        assert_eq!(Backoff::default().wait(&cut, 1), None, "part of an answer was shown");
    }

    proptest! {
        #[test]
        fn waits_are_few_bounded_and_grow_no_further_than_they_may(
            dice in prop::collection::vec(any::<u64>(), 20),
            asked in prop::option::of(0..60u64),
        ) {
            let mut backoff = Backoff::default();
            let failure = busy(asked.map(Duration::from_secs));
            let waits: Vec<_> = dice.iter().map_while(|dice| backoff.wait(&failure, *dice)).collect();
            prop_assert!(waits.len() <= TRIES as usize);
            prop_assert!(waits.iter().sum::<Duration>() <= TOTAL);
            if asked.is_none() {
                prop_assert_eq!(waits.len(), TRIES as usize);
                prop_assert!(waits.iter().zip(0..).all(|(wait, tried)| *wait <= bound(tried)));
            }
        }
    }
}
