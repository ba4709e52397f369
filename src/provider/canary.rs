//! A fill-in that shows whether its suffix is looked at: many servers take one and complete as if there
//! were none, without a word. Two traces tell. A suffix of many words weighs more than the few tokens
//! that such a server reports; and a word that stands only in the suffix can only come from there.

use crate::model::{Counted, Delta, Failure, Fim, Suffix, Tokens, Usage};

/// The word that stands in the suffix only.
const WORD: &str = "zebra-quilt-4471";

/// How often a line is repeated in the suffix, so that its weight stands out.
const LINES: usize = 40;

/// A prompt of fewer tokens does not hold the suffix, whatever the vocabulary: half of what it weighs
/// where a token is eight bytes, twice what the prefix weighs where a token is one.
const LIGHT: Tokens = Tokens(128);

/// The fill-in that shows it.
pub fn fim() -> Fim {
    let line = format!("\"\nassert password == \"{WORD}\"\n");
    Fim {
        prefix: "# the password is asserted below\npassword = \"".into(),
        suffix: line.repeat(LINES),
        max_output: Tokens(24),
        stop: vec!["\n".into()],
    }
}

/// What was seen of the answer.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Seen {
    text: String,
    usage: Usage,
}

impl Seen {
    pub fn note(&mut self, delta: Delta) {
        match delta {
            Delta::Text(more) => self.text.push_str(&more),
            Delta::Usage(usage) => self.usage = usage,
            _ => {}
        }
    }
}

/// What the answer tells. A server that refuses the request because of its suffix has told too.
pub(super) fn verdict(result: Result<(), Failure>, seen: &Seen) -> Result<Suffix, Failure> {
    match result {
        Err(Failure::Refused { said, .. } | Failure::Broken { said, .. })
            if said.to_lowercase().contains("suffix") =>
        {
            Ok(Suffix::Ignored)
        }
        Err(failure) => Err(failure),
        Ok(()) if seen.text.contains(WORD) => Ok(Suffix::Honoured),
        Ok(()) if seen.usage.counted == Counted::Estimated || seen.usage.input == Tokens(0) => {
            Ok(Suffix::Unknown)
        }
        Ok(()) if seen.usage.input < LIGHT => Ok(Suffix::Ignored),
        Ok(()) => Ok(Suffix::Honoured),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str, input: Option<u64>) -> Seen {
        let counted = if input.is_some() { Counted::Provider } else { Counted::Estimated };
        let usage = Usage { input: Tokens(input.unwrap_or_default()), counted, ..Usage::default() };
        Seen { text: text.into(), usage }
    }

    #[test]
    fn a_suffix_is_found_by_its_weight_or_by_its_word() {
        for (text, input, expected) in [
            ("hunter2", Some(14), Suffix::Ignored),
            ("hunter2", Some(700), Suffix::Honoured),
            ("hunter2", None, Suffix::Unknown),
            ("hunter2", Some(0), Suffix::Unknown),
            ("zebra-quilt-4471", None, Suffix::Honoured),
        ] {
            assert_eq!(verdict(Ok(()), &seen(text, input)), Ok(expected), "{text} {input:?}");
        }
    }

    #[test]
    fn a_server_that_refuses_a_suffix_has_answered_and_any_other_failure_has_not() {
        let refused =
            |said: &str| Err(Failure::Refused { server: "it".into(), status: 400, said: said.into() });
        let nothing = Seen::default();
        assert_eq!(verdict(refused("Suffix is not supported"), &nothing), Ok(Suffix::Ignored));
        assert!(verdict(refused("no such thing"), &nothing).is_err());
    }

    #[test]
    fn the_weight_that_tells_lies_between_the_prefix_and_the_suffix_in_any_vocabulary() {
        let fim = fim();
        assert!(fim.prefix.len() as u64 <= LIGHT.0 / 2, "a token a byte");
        assert!(fim.suffix.len() as u64 / 8 >= LIGHT.0, "eight bytes a token");
    }
}
