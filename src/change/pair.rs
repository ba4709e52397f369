//! Two sides of an edit as one hunk: what both say is kept, so that only the edit's own difference
//! touches the file. It does not know the file.

use super::EditLine;
use crate::text::diff::changes;
use crate::text::{Lines, Span};

/// The difference between what an edit wants to find and what it wants there.
///
/// Where new lines could as well be told to begin a few lines further up (the last of them is equal
/// to the line above the first), they are told so that what they add is whole: at the smallest
/// indentation, then behind a blank line (as git's indent heuristic, Haggerty 2016). It makes no
/// difference to the text; it does when the file has another line right there.
pub fn pair<S: AsRef<str>>(before: &[S], after: &[S]) -> Vec<EditLine> {
    let text =
        |lines: &[S]| Lines::from(&*lines.iter().flat_map(|line| [line.as_ref(), "\n"]).collect::<String>());
    let owned = |lines: Option<&[S]>| -> Vec<String> {
        lines.unwrap_or_default().iter().map(|line| line.as_ref().to_owned()).collect()
    };
    let mut lines = Vec::with_capacity(before.len().max(after.len()));
    let mut at = 0;
    for change in changes(&text(before), &text(after)) {
        let up = if change.old.is_empty() { slide(after, change.new, change.old.start() - at) } else { 0 };
        let (old, new) = (moved_up(change.old, up), moved_up(change.new, up));
        lines.extend(owned(before.get(at..old.start())).into_iter().map(EditLine::Keep));
        lines.extend(owned(before.get(old.as_range())).into_iter().map(EditLine::Remove));
        lines.extend(owned(after.get(new.as_range())).into_iter().map(EditLine::Add));
        at = old.end();
    }
    lines.extend(owned(before.get(at..)).into_iter().map(EditLine::Keep));
    lines
}

fn moved_up(span: Span, by: usize) -> Span {
    Span::new(span.start() - by, span.end() - by)
}

/// By how many lines, `most` at most, the lines `new` of `after` are better told to begin earlier.
fn slide<S: AsRef<str>>(after: &[S], new: Span, most: usize) -> usize {
    let line = |at: usize| after.get(at).map(S::as_ref);
    let same = |up: &usize| {
        let above = new.start().checked_sub(up + 1).and_then(line);
        above.is_some() && above == new.end().checked_sub(up + 1).and_then(line)
    };
    let most = (0..most).take_while(same).count();
    let price = |up: &usize| {
        let above = (new.start() - up).checked_sub(1).and_then(line).unwrap_or_default();
        let first = line(new.start() - up).unwrap_or_default();
        (indent(first), usize::from(!above.trim().is_empty()), *up)
    };
    (0..=most).min_by_key(price).unwrap_or_default()
}

/// Blanks in front; a blank line says nothing and counts as deepest.
fn indent(line: &str) -> usize {
    let rest = line.trim_start();
    if rest.is_empty() { usize::MAX } else { line.len() - rest.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(before: &[&str], after: &[&str]) -> String {
        let line = |line: EditLine| match line {
            EditLine::Keep(text) => format!(" {text}\n"),
            EditLine::Remove(text) => format!("-{text}\n"),
            EditLine::Add(text) => format!("+{text}\n"),
        };
        pair(before, after).into_iter().map(line).collect()
    }

    #[test]
    fn what_both_sides_say_is_kept() {
        assert_eq!(shown(&["a", "b", "c"], &["a", "x", "c"]), " a\n-b\n+x\n c\n");
    }

    #[test]
    fn new_lines_are_told_as_a_whole() {
        let before = ["}", "", "/**", " * Old.", " */", "fn old() {"];
        let after =
            ["}", "", "/**", " * New.", " */", "fn new() {}", "", "/**", " * Old.", " */", "fn old() {"];
        let expected = " }\n \n+/**\n+ * New.\n+ */\n+fn new() {}\n+\n /**\n  * Old.\n  */\n fn old() {\n";
        assert_eq!(shown(&before, &after), expected);
    }

    proptest! {
        #[test]
        fn the_two_sides_can_be_read_back(
            before in proptest::collection::vec("[ab]?", 0..10),
            after in proptest::collection::vec("[ab]?", 0..10),
        ) {
            let lines = pair(&before, &after);
            let hunk = crate::change::EditHunk { lines, ..Default::default() };
            prop_assert_eq!(hunk.before().collect::<Vec<_>>(), before);
            prop_assert_eq!(hunk.after().collect::<Vec<_>>(), after);
        }
    }
}
