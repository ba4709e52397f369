//! Where lines went when a text changed underneath. A [`Drift`] moves places; it never merges
//! texts, and it refuses to guess.

use super::diff::{Change, changes};
use super::{Lines, Span};

/// How one text became another, to be asked where a span of the first stands in the second.
#[derive(Clone, Debug)]
pub struct Drift {
    changes: Vec<Change>,
}

impl Drift {
    pub fn between(base: &Lines, now: &Lines) -> Self {
        // The common case, and far cheaper to see than to diff.
        let changes = if base == now { Vec::new() } else { changes(base, now) };
        Self { changes }
    }

    /// Did nothing change?
    pub fn is_none(&self) -> bool {
        self.changes.is_empty()
    }

    /// Where the lines of `span` stand now; `None` when a change overlaps or touches them (then
    /// nobody can say whose lines come first, and a human must).
    pub fn map(&self, span: Span) -> Option<Span> {
        let above = self.changes.partition_point(|change| change.old.end() < span.start());
        if self.changes.get(above).is_some_and(|next| next.old.touches(span)) {
            return None;
        }
        let last = above.checked_sub(1).and_then(|last| self.changes.get(last));
        let moved = |line: usize| last.map_or(line, |c| c.new.end() + (line - c.old.end()));
        Some(Span::new(moved(span.start()), moved(span.end())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_span_far_from_the_changes_moves_by_the_lines_that_came_above_it() {
        let drift = Drift::between(&"a\nb\nc\nd\n".into(), &"x\ny\na\nb\nc\nd\n".into());
        assert_eq!(drift.map(Span::new(2, 4)), Some(Span::new(4, 6)));
        assert_eq!(drift.map(Span::new(4, 4)), Some(Span::new(6, 6)));
    }

    #[test]
    fn touching_a_change_is_no_place() {
        let drift = Drift::between(&"a\nb\nc\nd\n".into(), &"a\nB\nc\nd\n".into());
        assert_eq!(drift.map(Span::new(0, 1)), None);
        assert_eq!(drift.map(Span::new(1, 1)), None);
        assert_eq!(drift.map(Span::new(2, 2)), None);
        assert_eq!(drift.map(Span::new(2, 3)), None);
        assert_eq!(drift.map(Span::new(0, 0)), Some(Span::new(0, 0)));
        assert_eq!(drift.map(Span::new(3, 4)), Some(Span::new(3, 4)));
    }

    #[test]
    fn an_equal_text_does_not_drift() {
        let drift = Drift::between(&"a\n".into(), &"a\n".into());
        assert!(drift.is_none());
        assert_eq!(drift.map(Span::new(0, 1)), Some(Span::new(0, 1)));
    }

    fn text() -> impl Strategy<Value = Lines> {
        proptest::collection::vec("[a-c]\r?\n", 0..20).prop_map(|lines| Lines::from(&*lines.concat()))
    }

    proptest! {
        #[test]
        fn a_span_that_is_mapped_holds_the_same_lines(base in text(), now in text(), start in 0usize..20, len in 0usize..4) {
            let span = Span::new(start.min(base.len()), (start + len).min(base.len()));
            if let Some(moved) = Drift::between(&base, &now).map(span) {
                prop_assert_eq!(now.slice(moved), base.slice(span));
                prop_assert_eq!(moved.len(), span.len());
                prop_assert!(moved.end() <= now.len());
            }
        }
    }
}
