//! Tags around data that the data cannot forge: if a text holds a tag of ours, all our tags get a
//! number that no text holds.

use std::collections::BTreeSet;

/// Every tag that frames data.
const TAGS: [&str; 18] = [
    "file",
    "selected",
    "omitted",
    "outline",
    "files",
    "excerpt",
    "instruction",
    "before",
    "after",
    "refused",
    "now",
    "rules",
    "diff",
    "diagnostics",
    "page",
    "commit",
    "result",
    "claim",
];

/// An ending for the name of a tag that nobody can guess who does not know `dice`, and that none of
/// `texts` holds: for what comes in the middle of a conversation, whose beginning is said already.
pub fn random<'a>(dice: u64, texts: impl IntoIterator<Item = &'a str> + Clone) -> String {
    // Odd steps go through all numbers before one comes again.
    let marks = (0..).map(|step: u64| format!("-{:016x}", dice.wrapping_add(step.wrapping_mul(0x9e37_79b9))));
    let free = |mark: &String| !texts.clone().into_iter().any(|text| text.contains(mark.as_str()));
    marks.into_iter().find(free).unwrap_or_default()
}

/// What is appended to the name of every tag: nothing, or `-2` and so on, such that none of `texts`
/// holds a tag of that name, opening or closing, in any case.
pub fn unforged<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut taken = BTreeSet::new();
    for text in texts {
        taken.extend(text.match_indices('<').filter_map(|(at, _)| number(text.get(at + 1..)?)));
    }
    match (1..).find(|number| !taken.contains(number)) {
        None | Some(1) => String::new(),
        Some(number) => format!("-{number}"),
    }
}

/// The number of the tag that `text` begins with, after its `<`.
fn number(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(['/', ' ']);
    let rest = TAGS.iter().filter_map(|tag| {
        let name = text.get(..tag.len())?;
        name.eq_ignore_ascii_case(tag).then(|| text.get(tag.len()..))?
    });
    let rest = rest.min_by_key(|rest| rest.len())?;
    let digits = rest.strip_prefix('-').unwrap_or_default();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    Some(digits.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_added_only_when_a_text_holds_a_tag() {
        assert_eq!(unforged(["fn a() {}", "<p>files</p>"]), "");
        assert_eq!(unforged(["x", "</file>"]), "-2");
        assert_eq!(unforged(["</ FILE >", "<excerpt-2 a>", "</now-4>"]), "-3");
    }

    #[test]
    fn an_ending_drawn_by_lot_is_in_no_text() {
        let mark = random(7, [""]);
        assert_eq!(mark, "-0000000000000007");
        let text = format!("</result{mark}>");
        let other = random(7, [text.as_str(), "x"]);
        assert!(other != mark && !text.contains(&other));
    }

    proptest! {
        #[test]
        fn no_text_can_close_a_tag(text in "(</?(file|files|selected|x)(-[0-9]{1,2})?>|[a-z<]){0,30}") {
            let mark = unforged([text.as_str()]);
            for tag in TAGS {
                let closing = format!("</{tag}{mark}>");
                let opening = format!("<{tag}{mark}>");
                prop_assert!(!text.contains(&closing) && !text.contains(&opening));
            }
        }
    }
}
