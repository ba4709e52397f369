//! One difference, told at another place. When a line like `}` comes before an equal one, nobody can
//! say which of the two is new; a difference that lies beside the selection only by that choice is
//! told inside it. What the file becomes is the same to the byte.

use std::collections::VecDeque;

use super::splice::Splice;
use crate::text::{Lines, Span};

/// The same splices, those outside `into` moved towards it as far as the text allows.
pub(super) fn slid(base: &Lines, splices: Vec<Splice>, into: Span) -> Vec<Splice> {
    let mut slid: Vec<Splice> = Vec::with_capacity(splices.len());
    let mut rest = splices.into_iter().peekable();
    while let Some(splice) = rest.next() {
        let floor = slid.last().map_or(0, |above| above.replaces.end());
        let ceiling = rest.peek().map_or(base.len(), |below| below.replaces.start());
        slid.push(slide(base, splice, into, floor..ceiling));
    }
    slid
}

fn slide(base: &Lines, splice: Splice, into: Span, room: std::ops::Range<usize>) -> Splice {
    let Splice { replaces, with } = &splice;
    if into.contains(*replaces) || (!replaces.is_empty() && !with.is_empty()) {
        return splice;
    }
    let (text, gone) = (Lines::new(&**with), Lines::new(base.slice(*replaces)));
    let mut ring: VecDeque<&[u8]> =
        if with.is_empty() { gone.iter().collect() } else { text.iter().collect() };
    let (mut start, len) = (replaces.start(), replaces.len());
    while start + len > into.end() && start > room.start && ring.back().copied() == base.get(start - 1) {
        ring.rotate_right(1);
        start -= 1;
    }
    while start < into.start() && start + len < room.end && ring.front().copied() == base.get(start + len) {
        ring.rotate_left(1);
        start += 1;
    }
    let with = if with.is_empty() { Vec::new() } else { ring.iter().copied().flatten().copied().collect() };
    Splice { replaces: Span::new(start, start + len), with }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::splice::spliced;
    use crate::text::diff::changes;
    use proptest::prelude::*;

    fn made(base: &Lines, splices: &[Splice]) -> Vec<u8> {
        spliced(base, splices.iter().map(|s| (s.replaces, &*s.with))).bytes().to_vec()
    }

    #[test]
    fn an_insertion_beside_the_selection_is_told_inside_it() {
        let base = Lines::from("fn a() {\n}\n\nfn b() {\n}\n");
        let below = Splice { replaces: Span::new(4, 4), with: b"}\n\nfn c() {\n".to_vec() };
        let slid = slid(&base, vec![below.clone()], Span::new(5, 5));
        assert_eq!(slid, [Splice { replaces: Span::new(5, 5), with: b"\nfn c() {\n}\n".to_vec() }]);
        assert_eq!(made(&base, &slid), made(&base, &[below]));
    }

    #[test]
    fn a_deletion_slides_too_and_a_replacement_does_not() {
        let base = Lines::from("a\nb\nb\nb\nc\n");
        let gone = Splice { replaces: Span::new(3, 4), with: vec![] };
        assert_eq!(slid(&base, vec![gone], Span::new(0, 2))[0].replaces, Span::new(1, 2));
        let other = Splice { replaces: Span::new(3, 4), with: b"x\n".to_vec() };
        assert_eq!(slid(&base, vec![other.clone()], Span::new(0, 2)), [other]);
    }

    proptest! {
        #[test]
        fn sliding_never_changes_what_the_file_becomes(
            old in "([ab]\n){0,12}b?", new in "([ab]\n){0,12}b?", start in 0usize..12, len in 0usize..5,
        ) {
            let (old, new) = (Lines::from(&*old), Lines::from(&*new));
            let splice = |c: crate::text::diff::Change| Splice { replaces: c.old, with: new.slice(c.new).to_vec() };
            let splices: Vec<_> = changes(&old, &new).into_iter().map(splice).collect();
            let slid = slid(&old, splices, Span::new(start, start + len));
            prop_assert_eq!(made(&old, &slid), new.bytes());
        }
    }
}
