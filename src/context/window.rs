//! Which lines of a file too long to show are shown: those around the selection, as many as fit.

use crate::text::{Lines, Span};

/// The widest span around `core` whose bytes weigh at most `budget`, grown a line at a time on both
/// sides. `None` when `core` alone weighs more.
pub fn around(core: Span, text: &Lines, budget: usize) -> Option<Span> {
    let weight = |line: usize| text.get(line).map_or(0, <[u8]>::len);
    let mut left = budget.checked_sub(text.slice(core).len())?;
    let (mut start, mut end) = (core.start().min(text.len()), core.end().min(text.len()));
    let (mut up, mut down) = (true, true);
    while up || down {
        up = up && start > 0 && weight(start - 1) <= left;
        if up {
            start -= 1;
            left -= weight(start);
        }
        down = down && end < text.len() && weight(end) <= left;
        if down {
            left -= weight(end);
            end += 1;
        }
    }
    Some(Span::new(start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_on_both_sides_to_the_budget() {
        let text = Lines::from("0\n1\n2\n3\n4\n5\n6\n7\n");
        assert_eq!(around(Span::new(3, 4), &text, 2), Some(Span::new(3, 4)));
        assert_eq!(around(Span::new(3, 4), &text, 7), Some(Span::new(2, 5)));
        assert_eq!(around(Span::new(0, 1), &text, 6), Some(Span::new(0, 3)));
        assert_eq!(around(Span::new(3, 4), &text, 999), Some(text.span()));
        assert_eq!(around(Span::new(3, 5), &text, 3), None);
    }
}
