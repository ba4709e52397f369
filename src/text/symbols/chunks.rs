//! Cutting a text into chunks: whole definitions where they fit, small neighbours together, long ones
//! split between lines. What is not parsed is cut by size.

use super::Definition;
use crate::text::{Lines, Span};

/// Lines that are found and shown together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chunk {
    pub span: Span,
}

/// The chunks of `text`, in order and disjoint, of at most about `max` bytes (a line longer than that
/// is a chunk of its own). Together they have every line that is not blank.
pub fn chunks(text: &Lines, definitions: &[Definition], max: usize) -> Vec<Chunk> {
    let mut out = Vec::new();
    let mut open: Option<(Span, usize)> = None;
    for piece in pieces(text.len(), definitions) {
        let size = text.slice(piece).len();
        open = match open {
            Some((span, have)) if have + size <= max => {
                Some((Span::new(span.start(), piece.end()), have + size))
            }
            before => {
                out.extend(before.map(|(span, _)| span));
                split(text, piece, max, &mut out)
            }
        };
    }
    out.extend(open.map(|(span, _)| span));
    let told = |span: &Span| text.slice(*span).iter().any(|byte| !byte.is_ascii_whitespace());
    out.into_iter().filter(told).map(|span| Chunk { span }).collect()
}

/// The lines between one border of a definition and the next.
fn pieces(lines: usize, definitions: &[Definition]) -> Vec<Span> {
    let borders = definitions.iter().flat_map(|definition| [definition.span.start(), definition.span.end()]);
    let mut cuts: Vec<usize> = borders.filter(|cut| *cut < lines).chain([0, lines]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).filter_map(|pair| Some(Span::new(*pair.first()?, *pair.last()?))).collect()
}

/// Puts all of `piece` but the last part, which may still grow, into `out`.
fn split(text: &Lines, piece: Span, max: usize, out: &mut Vec<Span>) -> Option<(Span, usize)> {
    let (mut start, mut size) = (piece.start(), 0);
    for line in piece.as_range() {
        let more = text.get(line).map_or(0, <[u8]>::len);
        if size > 0 && size + more > max {
            out.push(Span::new(start, line));
            (start, size) = (line, 0);
        }
        size += more;
    }
    (start < piece.end()).then(|| (Span::new(start, piece.end()), size))
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use proptest::prelude::*;

    fn definition(start: usize, end: usize) -> Definition {
        Definition { name: "a".into(), kind: Kind::Function, span: Span::new(start, end), depth: 0 }
    }

    fn cut(text: &str, definitions: &[Definition], max: usize) -> Vec<(usize, usize)> {
        let chunks = chunks(&Lines::from(text), definitions, max);
        chunks.iter().map(|chunk| (chunk.span.start(), chunk.span.end())).collect()
    }

    #[test]
    fn definitions_are_kept_whole_and_small_neighbours_together() {
        let text = "a\nb\nc\nd\ne\nf\n";
        let found = [definition(0, 2), definition(2, 3), definition(3, 6)];
        assert_eq!(cut(text, &found, 6), [(0, 3), (3, 6)]);
        assert_eq!(cut(text, &found, 100), [(0, 6)]);
        assert_eq!(cut(text, &found, 4), [(0, 2), (2, 3), (3, 5), (5, 6)]);
    }

    #[test]
    fn blank_lines_alone_are_no_chunk() {
        assert_eq!(cut("a\n\n\n\nb\n", &[definition(0, 1), definition(4, 5)], 2), [(0, 1), (4, 5)]);
        assert_eq!(cut("", &[], 9), []);
    }

    proptest! {
        #[test]
        fn every_line_that_says_something_is_in_one_chunk(
            lines in proptest::collection::vec("[a ]{0,12}", 0..40),
            cuts in proptest::collection::vec((0_usize..45, 0_usize..45), 0..8),
            max in 1_usize..60,
        ) {
            let found: Vec<Definition> = cuts.iter().map(|(a, b)| definition(*a.min(b), *a.max(b))).collect();
            let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            let spans = cut(&text, &found, max);
            prop_assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0));
            for (at, line) in lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                prop_assert!(spans.iter().any(|(start, end)| (*start..*end).contains(&at)), "{at} {line}");
            }
            let weight = |(start, end): &(usize, usize)| lines[*start..*end].iter().map(|line| line.len() + 1).sum::<usize>();
            prop_assert!(spans.iter().all(|span| weight(span) <= max || span.1 - span.0 == 1), "{spans:?}");
        }
    }
}
