//! Finding a run of lines among others, in time that no text can stretch.

/// Every index of `hay` at which all of `needle` stands, overlapping ones too (Knuth, Morris and
/// Pratt 1977): a file that repeats one line ten thousand times costs no more than another.
pub(super) fn occurrences(needle: &[&[u8]], hay: &[&[u8]]) -> Vec<usize> {
    let borders = borders(needle);
    let mut found = Vec::new();
    let mut matched = 0;
    for (at, line) in hay.iter().enumerate() {
        matched = extend(needle, &borders, matched, line);
        if matched == needle.len() {
            found.push(at + 1 - matched);
        }
    }
    found
}

/// For each prefix of `needle`, the length of its longest proper border.
fn borders(needle: &[&[u8]]) -> Vec<usize> {
    let mut borders = Vec::with_capacity(needle.len());
    let mut matched = 0;
    for (nth, line) in needle.iter().enumerate() {
        if nth > 0 {
            matched = extend(needle, &borders, matched, line);
        }
        borders.push(matched);
    }
    borders
}

/// How many lines of `needle` are matched when `line` follows `matched` matched ones.
fn extend(needle: &[&[u8]], borders: &[usize], mut matched: usize, line: &[u8]) -> usize {
    loop {
        if needle.get(matched).is_some_and(|next| *next == line) {
            return matched + 1;
        }
        match matched.checked_sub(1).and_then(|last| borders.get(last)) {
            Some(border) => matched = *border,
            None => return 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_looking_everywhere_finds(
            needle in proptest::collection::vec(prop_oneof![Just(&b"a"[..]), Just(&b"b"[..])], 1..5),
            hay in proptest::collection::vec(prop_oneof![Just(&b"a"[..]), Just(&b"b"[..])], 0..30),
        ) {
            let everywhere = hay.windows(needle.len()).enumerate().filter(|(_, w)| *w == needle);
            prop_assert_eq!(occurrences(&needle, &hay), everywhere.map(|(at, _)| at).collect::<Vec<_>>());
        }
    }
}
