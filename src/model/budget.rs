//! How much may be spent, and the check before a request: its projected maximum must fit into what
//! is left of the turn and of the day. Counts nothing itself.

use std::fmt;

use super::Money;

/// The user's limits; `None` is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize)]
pub struct Budget {
    pub turn: Option<Money>,
    pub day: Option<Money>,
    /// Of one question, whatever it takes to answer it.
    #[serde(skip)]
    pub question: Option<Money>,
}

/// Which limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    Question,
    Turn,
    Day,
}

impl Span {
    /// As written in the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::Question => "ask.dollars",
            Self::Turn => "budget.turn",
            Self::Day => "budget.day",
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Question => "question",
            Self::Turn => "turn",
            Self::Day => "day",
        })
    }
}

/// A request that was not sent, because it might not have fitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Excess {
    #[error("it may cost {most}, and of `{}` ({limit}) {} is left", .span.key(), .limit.saturating_sub(*.spent))]
    Over { span: Span, limit: Money, spent: Money, most: Money },
    #[error("it has no known price, and `{}` ({limit}) is to be kept", .span.key())]
    NoPrice { span: Span, limit: Money },
    #[error("what was spent today is not known, and `{}` ({limit}) is to be kept", .span.key())]
    NoCount { span: Span, limit: Money },
}

impl Excess {
    pub fn span(&self) -> Span {
        match self {
            Self::Over { span, .. } | Self::NoPrice { span, .. } | Self::NoCount { span, .. } => *span,
        }
    }
}

impl Budget {
    /// May a request be sent that costs at most `most` (`None`: nobody knows), after so much was spent?
    /// `today` is `None` where the day's sum could not be read.
    ///
    /// # Errors
    /// The first limit that it might break.
    pub fn admit(&self, most: Option<Money>, turn: Money, today: Option<Money>) -> Result<(), Excess> {
        let limits = [
            (Span::Question, self.question, Some(turn)),
            (Span::Turn, self.turn, Some(turn)),
            (Span::Day, self.day, today),
        ];
        for (span, limit, spent) in limits {
            let Some(limit) = limit else { continue };
            let most = most.ok_or(Excess::NoPrice { span, limit })?;
            // What costs nothing breaks no limit.
            if most == Money(0) {
                continue;
            }
            let spent = spent.ok_or(Excess::NoCount { span, limit })?;
            if spent + most > limit {
                return Err(Excess::Over { span, limit, spent, most });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { turn: Some(Money(500_000)), day: Some(Money(2_000_000)), question: None };

    #[test]
    fn a_request_goes_only_if_the_most_it_can_cost_fits() {
        assert_eq!(BUDGET.admit(Some(Money(500_000)), Money(0), Some(Money(0))), Ok(()));
        let over = BUDGET.admit(Some(Money(400_000)), Money(100_001), Some(Money(0))).unwrap_err();
        assert_eq!(over.span(), Span::Turn);
        assert_eq!(over.to_string(), "it may cost $0.40, and of `budget.turn` ($0.50) $0.40 is left");
        let day = BUDGET.admit(Some(Money(300_000)), Money(0), Some(Money(1_900_000))).unwrap_err();
        assert_eq!(day.span(), Span::Day);
    }

    #[test]
    fn what_is_not_known_does_not_fit_and_what_is_free_always_does() {
        assert!(matches!(BUDGET.admit(None, Money(0), Some(Money(0))), Err(Excess::NoPrice { .. })));
        assert!(matches!(BUDGET.admit(Some(Money(1)), Money(0), None), Err(Excess::NoCount { .. })));
        assert_eq!(BUDGET.admit(Some(Money(0)), Money(9_000_000), None), Ok(()));
        assert_eq!(Budget::default().admit(None, Money(u64::MAX), None), Ok(()));
    }
}
