//! Two sides of an edit as one hunk: what both say is kept.

use crate::change::EditLine;
use crate::text::Lines;
use crate::text::diff::changes;

/// The difference between what an edit wants to find and what it wants there.
pub(super) fn pair(before: &[String], after: &[String]) -> Vec<EditLine> {
    let text =
        |lines: &[String]| Lines::from(&*lines.iter().flat_map(|line| [line, "\n"]).collect::<String>());
    let mut lines = Vec::with_capacity(before.len().max(after.len()));
    let mut at = 0;
    let owned = |lines: Option<&[String]>| lines.unwrap_or_default().to_vec().into_iter();
    for change in changes(&text(before), &text(after)) {
        lines.extend(owned(before.get(at..change.old.start())).map(EditLine::Keep));
        lines.extend(owned(before.get(change.old.as_range())).map(EditLine::Remove));
        lines.extend(owned(after.get(change.new.as_range())).map(EditLine::Add));
        at = change.old.end();
    }
    lines.extend(owned(before.get(at..)).map(EditLine::Keep));
    lines
}
