//! What can be said in the dialogue: one table, which reading and the help are made of.

use crate::change::HunkId;

/// What was said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    Accept,
    Reject,
    AcceptFile,
    RejectFile,
    /// A verdict on some of the numbered lines, from 1, both included.
    Lines {
        first: usize,
        last: usize,
        accept: bool,
    },
    Split,
    /// Empty words take the comment away.
    Comment(String),
    Undo,
    Redo,
    Next,
    Previous,
    Go(usize),
    Find(String),
    Why,
    Unfold,
    Order,
    List,
    Land,
    Leave,
    Help,
}

/// How a verb is written, what may follow, and what it does.
const VERBS: [(&str, &str, &str); 19] = [
    ("y", "", "accept this hunk"),
    ("n", "", "reject it"),
    ("Y", "", "accept the rest of the file"),
    ("N", "", "reject the rest of the file"),
    ("v", "A-B y|n", "accept or reject the lines numbered A to B alone"),
    ("s", "", "split the hunk"),
    ("c", "WORDS", "comment on it; no words take the comment away"),
    ("u", "", "undo a decision"),
    ("r", "", "redo it"),
    ("j", "", "the next hunk"),
    ("k", "", "the one before"),
    ("g", "N", "hunk number N"),
    ("/", "WORDS", "the next hunk with these words"),
    ("i", "", "why this hunk"),
    ("z", "", "show what is folded"),
    ("o", "", "another order"),
    ("l", "", "list the hunks"),
    ("land", "", "make what is accepted real, and end"),
    ("q", "", "leave; nothing is written"),
];

/// The verbs, one a line.
pub(super) fn help() -> String {
    let line = |(verb, then, does): &(&str, &str, &str)| {
        format!("{:<12} {does}\n", format!("{verb} {then}").trim_end())
    };
    VERBS.iter().map(line).collect()
}

/// `None`: that is no verb. Blanks around it do not matter.
pub(super) fn parse(said: &str) -> Option<Verb> {
    let said = said.trim();
    if let Some(words) = said.strip_prefix('/') {
        return (!words.is_empty()).then(|| Verb::Find(words.trim().to_owned()));
    }
    let (verb, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    let rest = rest.trim();
    let alone = |verb: Verb| rest.is_empty().then_some(verb);
    match verb {
        "y" => alone(Verb::Accept),
        "n" => alone(Verb::Reject),
        "Y" => alone(Verb::AcceptFile),
        "N" => alone(Verb::RejectFile),
        "v" => lines(rest),
        "s" => alone(Verb::Split),
        "c" => Some(Verb::Comment(rest.to_owned())),
        "u" => alone(Verb::Undo),
        "r" => alone(Verb::Redo),
        "j" => alone(Verb::Next),
        "k" => alone(Verb::Previous),
        "g" => rest.parse().ok().map(Verb::Go),
        "i" => alone(Verb::Why),
        "z" => alone(Verb::Unfold),
        "o" => alone(Verb::Order),
        "l" => alone(Verb::List),
        "land" => alone(Verb::Land),
        "q" => alone(Verb::Leave),
        "?" => alone(Verb::Help),
        _ => None,
    }
}

/// `3-5 y`, `3 n`.
fn lines(rest: &str) -> Option<Verb> {
    let (range, verdict) = rest.rsplit_once(char::is_whitespace)?;
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let accept = match verdict {
        "y" => true,
        "n" => false,
        _ => return None,
    };
    (first >= 1 && first <= last).then_some(Verb::Lines { first, last, accept })
}

/// Where a hunk is among those that are shown, for people.
pub(super) fn place(order: &[HunkId], id: HunkId) -> usize {
    order.iter().position(|other| *other == id).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_of_the_help_is_understood_and_nothing_else_is() {
        for (verb, then, _) in VERBS {
            let said = match then {
                "" => verb.to_owned(),
                "N" => format!("{verb} 2"),
                "WORDS" => format!("{verb} some words"),
                _ => format!("{verb} 2-3 y"),
            };
            assert!(parse(&said).is_some(), "{said}");
            assert!(help().contains(verb));
        }
        for said in ["", "yes", "y y", "v", "v 3-2 y", "v 0 y", "v 1", "g x", "yy", "Land", "/"] {
            assert_eq!(parse(said), None, "{said:?}");
        }
        assert_eq!(parse(" v 3 n "), Some(Verb::Lines { first: 3, last: 3, accept: false }));
    }
}
