//! Finding a run of lines among others, in time that no text can stretch.

/// Every index in `hay` at which all of `needle` stands, overlapping ones too (Knuth, Morris and
/// Pratt 1977): a file that repeats one line ten thousand times costs no more than another. Each line of
/// `hay` is looked at once, and none is kept.
pub(super) fn occurrences<N: AsRef<[u8]>, H: AsRef<[u8]>>(
    needle: &[N],
    hay: impl IntoIterator<Item = H>,
) -> Vec<usize> {
    let borders = borders(needle);
    let mut found = Vec::new();
    let mut matched = 0;
    for (at, line) in hay.into_iter().enumerate() {
        matched = extend(needle, &borders, matched, line.as_ref());
        if matched == needle.len() {
            found.push(at + 1 - matched);
        }
    }
    found
}

/// For each prefix of `needle`, the length of its longest proper border.
fn borders<N: AsRef<[u8]>>(needle: &[N]) -> Vec<usize> {
    let mut borders = Vec::with_capacity(needle.len());
    let mut matched = 0;
    for (nth, line) in needle.iter().enumerate() {
        if nth > 0 {
            matched = extend(needle, &borders, matched, line.as_ref());
        }
        borders.push(matched);
    }
    borders
}

/// How many lines of `needle` are matched when `line` follows `matched` matched ones.
fn extend<N: AsRef<[u8]>>(needle: &[N], borders: &[usize], mut matched: usize, line: &[u8]) -> usize {
    loop {
        if needle.get(matched).is_some_and(|next| next.as_ref() == line) {
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
            prop_assert_eq!(occurrences(&needle, hay.iter()), everywhere.map(|(at, _)| at).collect::<Vec<_>>());
        }
    }
}
