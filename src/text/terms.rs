//! Identifier-aware search terms. `parseHTTPRequests`, `parse_http_request` and "parsing an http
//! request" share the terms `pars`, `http` and `request`; the identifier as a whole is a term of its
//! own, so an exact name still outweighs its parts. A term is kept as a hash: ranking compares and
//! counts terms, it never spells them.
//!
//! What a term weighs, and where it stands in a file, is for `context` to say.

use std::borrow::Cow;

/// Longest word considered, in bytes; beyond are hashes, keys and encoded data.
const MAX_WORD: usize = 64;

/// One searchable word, as a 32-bit FNV-1a hash of its folded form (Fowler, Noll and Vo). Two of the
/// 60,000 terms of a large project share a hash with a chance of one in three: a stray match, no more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Term(u32);

impl Term {
    /// Of a word that is folded already: lower case, stemmed if it is a part.
    pub fn of(word: &[u8]) -> Self {
        Self::hash(word.iter().copied())
    }

    /// Of a name as a whole, folded: `max_columns` and `maxcolumns` are one.
    pub fn whole(name: &[u8]) -> Self {
        Self::hash(name.iter().copied().filter(|byte| *byte != b'_'))
    }

    fn hash(bytes: impl Iterator<Item = u8>) -> Self {
        let hash =
            bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        // The low bits select slots in filters, and FNV mixes them least for short words.
        Self(hash ^ (hash >> 15))
    }

    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    pub fn bits(self) -> u32 {
        self.0
    }
}

/// Calls `each` with every term of `text` in order: for an identifier of several parts first the
/// whole of it, then its parts, stemmed.
pub fn terms(text: &[u8], mut each: impl FnMut(Term)) {
    let mut folded = [0_u8; MAX_WORD];
    for word in words(text) {
        split(word, &mut folded, &mut each);
    }
}

/// The terms of `text` as a list.
pub fn terms_of(text: &str) -> Vec<Term> {
    let mut all = Vec::new();
    terms(text.as_bytes(), |term| all.push(term));
    all
}

/// Runs of letters, digits and underscores that are words: not too long, and no bare digit.
pub fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !in_word(*byte)).filter(|word| (2..=MAX_WORD).contains(&word.len()))
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Does the word look like a name in code rather than one in prose?
pub fn is_identifier(word: &str) -> bool {
    let bytes = word.trim_matches('_').as_bytes();
    let hump = bytes
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    let acronym = bytes.windows(3).any(|three| {
        matches!(three, [a, b, c] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_lowercase())
    });
    bytes.contains(&b'_') || hump || (acronym && bytes.len() > 3)
}

fn split(word: &[u8], folded: &mut [u8; MAX_WORD], each: &mut impl FnMut(Term)) {
    let first = part(word);
    if first.len() == word.len() {
        return each(Term::of(&stem(fold(word, folded))));
    }
    each(Term::whole(fold(word, folded)));
    let mut rest = word;
    while !rest.is_empty() {
        let next = part(rest);
        if next.len() > 1 {
            each(Term::of(&stem(fold(next, folded))));
        }
        let after = rest.get(next.len().max(1)..).unwrap_or_default();
        rest = after;
    }
}

/// The first part of an identifier: `HTTP` of `HTTPRequest`, `Parse` of `ParseLine`, `12` of `12ab`;
/// empty before an underscore.
fn part(word: &[u8]) -> &[u8] {
    let run =
        |from: usize, is: fn(&u8) -> bool| from + word.iter().skip(from).take_while(|byte| is(byte)).count();
    let small = |byte: &u8| byte.is_ascii_lowercase() || *byte >= 0x80;
    let end = match word.first() {
        Some(byte) if byte.is_ascii_digit() => run(0, u8::is_ascii_digit),
        Some(byte) if byte.is_ascii_uppercase() => {
            let capitals = run(0, u8::is_ascii_uppercase);
            match word.get(capitals) {
                Some(next) if small(next) && capitals > 1 => capitals - 1,
                Some(next) if small(next) => run(capitals, |byte| byte.is_ascii_lowercase() || *byte >= 0x80),
                _ => capitals,
            }
        }
        Some(byte) if small(byte) => run(0, |byte| byte.is_ascii_lowercase() || *byte >= 0x80),
        _ => 0,
    };
    word.get(..end).unwrap_or_default()
}

/// Lower case, in `into`. Only ASCII is folded in place; other scripts take the slow way.
fn fold<'a>(word: &[u8], into: &'a mut [u8; MAX_WORD]) -> &'a [u8] {
    let lower: Cow<'_, [u8]> = match word.is_ascii() {
        true => Cow::Borrowed(word),
        false => Cow::Owned(String::from_utf8_lossy(word).to_lowercase().into_bytes()),
    };
    let end = lower.len().min(MAX_WORD);
    let (kept, _) = into.split_at_mut(end);
    kept.iter_mut().zip(lower.iter()).for_each(|(to, from)| *to = from.to_ascii_lowercase());
    kept
}

/// Endings of English words, longest first of those that share letters, and what takes their place.
const ENDINGS: [(&[u8], &[u8]); 14] = [
    (b"ization", b"ize"),
    (b"ations", b"ate"),
    (b"ation", b"ate"),
    (b"ingly", b""),
    (b"ies", b"y"),
    (b"ing", b""),
    (b"ions", b""),
    (b"ion", b""),
    (b"ed", b""),
    (b"ers", b""),
    (b"er", b""),
    (b"es", b""),
    (b"ly", b""),
    (b"ment", b""),
];

/// A light stemmer for the words of code and of its comments: one ending, a doubled consonant, a
/// silent `e`. Coarser than Porter's (1980), and a fraction of its cost.
fn stem(word: &[u8]) -> Cow<'_, [u8]> {
    if word.len() <= 4 || !word.is_ascii() || word.first().is_some_and(u8::is_ascii_digit) {
        // `url` and `urls` are one word too.
        return match word {
            [start @ .., before, b's'] if word.len() == 4 && !matches!(before, b's' | b'u' | b'i') => {
                Cow::Owned([start, &[*before]].concat())
            }
            _ => Cow::Borrowed(word),
        };
    }
    let found = ENDINGS.iter().find_map(|(ending, with)| {
        let start = word.strip_suffix(*ending).filter(|start| start.len() >= 3)?;
        Some((start, *with))
    });
    let (start, with) = found.or_else(|| Some((word.strip_suffix(b"s")?, &b""[..]))).unwrap_or((word, b""));
    let start = match start {
        [rest @ .., a, b] if with.is_empty() && start.len() > 3 && a == b && !matches!(a, b'l' | b's') => {
            start.get(..=rest.len()).unwrap_or(start)
        }
        _ => start,
    };
    let silent = |whole: &[u8]| whole.len() > 4 && whole.ends_with(b"e");
    if with.is_empty() {
        let end = start.len() - usize::from(silent(start));
        return Cow::Borrowed(start.get(..end).unwrap_or(start));
    }
    let mut whole = [start, with].concat();
    if silent(&whole) {
        whole.pop();
    }
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spelled(word: &str) -> Vec<String> {
        let mut folded = [0; MAX_WORD];
        let mut rest = word.as_bytes();
        let mut all = vec![];
        while !rest.is_empty() {
            let next = part(rest);
            if next.len() > 1 {
                all.push(String::from_utf8(stem(fold(next, &mut folded)).into_owned()).unwrap());
            }
            rest = &rest[next.len().max(1)..];
        }
        all
    }

    #[test]
    fn names_in_any_style_have_the_same_parts() {
        for name in ["parseHTTPRequests", "parse_http_request", "ParseHttpRequest", "PARSE_HTTP_REQUESTS"] {
            assert_eq!(spelled(name), ["pars", "http", "request"], "{name}");
        }
        assert_eq!(spelled("utf8Decoder2"), ["utf", "decod"]);
        assert_eq!(spelled("sha256sum"), ["sha", "256", "sum"]);
    }

    #[test]
    fn forms_of_a_word_are_one_term() {
        for forms in [
            &["parse", "parser", "parsers", "parsed", "parsing", "parses"][..],
            &["url", "urls"],
            &["entry", "entries"],
            &["normalize", "normalization"],
            &["stop", "stopped", "stopping", "stops"],
        ] {
            let stems: Vec<Vec<Term>> = forms.iter().map(|form| terms_of(form)).collect();
            assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{forms:?}");
        }
        assert_ne!(terms_of("class"), terms_of("clas"));
        assert_ne!(terms_of("bus"), terms_of("bu"));
    }

    #[test]
    fn an_identifier_is_a_term_of_its_own_besides_its_parts() {
        let whole = Term::whole(b"max_columns");
        assert!(terms_of("max_columns").contains(&whole));
        assert!(!terms_of("max columns").contains(&whole));
        assert_eq!(terms_of("maxColumns").len(), 3);
        assert_eq!(terms_of("Größe größe")[0], terms_of("Größe größe")[1]);
    }

    #[test]
    fn names_in_code_look_different_from_words() {
        for name in ["snake_case", "camelCase", "PascalCase", "HTTPServer"] {
            assert!(is_identifier(name), "{name}");
        }
        for word in ["word", "Word", "HTTP", "_", "it"] {
            assert!(!is_identifier(word), "{word}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_terms(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut count = 0;
            terms(&text, |_| count += 1);
            prop_assert!(count <= text.len());
        }

        #[test]
        fn words_in_other_places_change_nothing(a in "[a-zA-Z_0-9]{2,20}", b in "[a-zA-Z_0-9]{2,20}") {
            let mut apart = terms_of(&a);
            apart.extend(terms_of(&b));
            prop_assert_eq!(terms_of(&format!("{a}, {b}")), apart);
        }
    }
}
