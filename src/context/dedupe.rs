//! Lines are shown once in a request: a piece whose lines are in it already adds nothing. What stands in
//! the conversation before it is `transcript`'s.

use super::pack::{Segment, Source};
use crate::text::Span;

/// Is every line of `piece` among `before`?
pub(super) fn covered<'a>(piece: &Segment, mut before: impl Iterator<Item = &'a Segment>) -> bool {
    match lines(&piece.source) {
        Some((path, span)) => {
            before.any(|other| lines(&other.source).is_some_and(|(of, all)| of == path && all.contains(span)))
        }
        None => before.any(|other| other.source == piece.source),
    }
}

/// Is the piece one that is only read, and may be shown in part?
pub(super) fn shows(source: &Source) -> bool {
    matches!(
        source,
        Source::Excerpt { .. }
            | Source::Rules { .. }
            | Source::Diff
            | Source::Page { .. }
            | Source::Diagnostics
    )
}

/// The lines that a piece shows.
fn lines(source: &Source) -> Option<(&str, Span)> {
    match source {
        Source::File { path, span } | Source::Selection { path, span } | Source::Excerpt { path, span } => {
            Some((path.as_str(), *span))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::pack::Trust;
    use super::*;
    use crate::text::RepoPath;

    fn excerpt(path: &str, start: usize, end: usize) -> Segment {
        let source = Source::Excerpt { path: RepoPath::parse(path).unwrap(), span: Span::new(start, end) };
        Segment::new(source, "", "", Trust::Repository)
    }

    #[test]
    fn lines_that_are_there_already_are_covered() {
        let before = [excerpt("a", 0, 9), excerpt("b", 3, 5)];
        assert!(covered(&excerpt("a", 2, 4), before.iter()));
        assert!(!covered(&excerpt("b", 2, 4), before.iter()));
        assert!(!covered(&excerpt("c", 2, 4), before.iter()));
    }
}
