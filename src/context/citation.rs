//! Citations: a model says "`path:12-14` reads so", and here it is checked against the texts as they
//! were shown. A quote counts when it is there, exactly or up to white space; when it stands elsewhere
//! in that file, and only there, the lines are put right; anything else is not verified, and a screen
//! says so.
//!
//! Pure: the caller has the snapshot. What is done about an unverified citation is not known here.

use crate::text::{Lines, RepoPath, Span};

/// Shortest quote that proves anything, in bytes without white space: `}` is in every file.
const SHORTEST: usize = 8;

/// What a model claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Citation {
    pub path: RepoPath,
    /// The lines it names.
    pub span: Span,
    /// What it says stands there.
    pub quote: String,
}

/// How a quote agrees with the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Agreement {
    /// Byte for byte.
    Exact,
    /// But for white space: reflowed, or indented otherwise.
    Spaced,
}

/// What came of a check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Checked {
    /// The quote stands on lines within those named, or overlapping them.
    Verified {
        span: Span,
        agreement: Agreement,
    },
    /// It stands in the file once, on other lines than those named.
    Corrected {
        span: Span,
        agreement: Agreement,
    },
    Unverified(Doubt),
}

/// Why a citation is not verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Doubt {
    #[error("it names no lines of a file")]
    NoPlace,
    #[error("no such file was shown")]
    NoFile,
    #[error("the file does not say so")]
    NotThere,
    /// None of them the one named.
    #[error("the file says so in several places, all of them others")]
    Ambiguous,
    /// Or there is no quote at all.
    #[error("the quote is too short to prove anything")]
    TooShort,
}

impl Citation {
    /// Reads `path:a-b` or `path:a`; lines count from 1. `None` for anything else.
    pub fn parse(place: &str, quote: impl Into<String>) -> Option<Self> {
        let (path, lines) = place.trim().rsplit_once(':')?;
        let (first, last) = lines.split_once(['-', '–']).unwrap_or((lines, lines));
        let span = Span::from_numbers(first.trim().parse().ok()?, last.trim().parse().ok()?)?;
        Some(Self { path: RepoPath::parse(path).ok()?, span, quote: quote.into() })
    }

    /// Compares with the file as it was shown; `None`: it was not.
    pub fn check(&self, text: Option<&Lines>) -> Checked {
        let Some(text) = text else { return Checked::Unverified(Doubt::NoFile) };
        if self.quote.bytes().filter(|byte| !byte.is_ascii_whitespace()).count() < SHORTEST {
            return Checked::Unverified(Doubt::TooShort);
        }
        let exact = (Agreement::Exact, exactly(text, &self.quote));
        let spaced = || (Agreement::Spaced, up_to_space(text, &self.quote));
        let (agreement, places) = if exact.1.is_empty() { spaced() } else { exact };
        if let Some(span) = places.iter().find(|place| place.overlaps(self.span)) {
            return Checked::Verified { span: *span, agreement };
        }
        match places.as_slice() {
            [] => Checked::Unverified(Doubt::NotThere),
            [span] => Checked::Corrected { span: *span, agreement },
            _ => Checked::Unverified(Doubt::Ambiguous),
        }
    }
}

/// The lines of each place where `text` has the bytes of `quote`.
fn exactly(text: &Lines, quote: &str) -> Vec<Span> {
    let quote = quote.trim_matches(['\n', '\r']).as_bytes();
    let all = text.bytes();
    let starts = all.windows(quote.len().max(1)).enumerate().filter(|(_, window)| *window == quote);
    let ends = line_ends(text);
    starts.map(|(at, _)| lines_of(&ends, at, at + quote.len())).collect()
}

/// The same with white space left out on both sides. Words that white space parts stay parted: a quote
/// does not agree with a text that reads differently.
fn up_to_space(text: &Lines, quote: &str) -> Vec<Span> {
    let wanted = words(quote.as_bytes());
    let have = words(text.bytes());
    let ends = line_ends(text);
    let places = have.windows(wanted.len().max(1)).filter(|window| {
        window.len() == wanted.len() && window.iter().zip(&wanted).all(|((_, a), (_, b))| a == b)
    });
    let span = |window: &[(usize, &[u8])]| {
        let ((start, _), (last, word)) = (window.first()?, window.last()?);
        Some(lines_of(&ends, *start, last + word.len()))
    };
    places.filter_map(span).collect()
}

/// Runs of what is no white space, each with its place.
fn words(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut at = 0;
    let pieces = text.split(u8::is_ascii_whitespace).map(|word| {
        let start = at;
        at += word.len() + 1;
        (start, word)
    });
    pieces.filter(|(_, word)| !word.is_empty()).collect()
}

/// Where each line ends, in bytes.
fn line_ends(text: &Lines) -> Vec<usize> {
    let mut end = 0;
    text.iter()
        .map(|line| {
            end += line.len();
            end
        })
        .collect()
}

/// The lines that hold the bytes from `start` to `end`, which are some.
fn lines_of(ends: &[usize], start: usize, end: usize) -> Span {
    let line = |at: usize| ends.partition_point(|end| *end <= at);
    Span::new(line(start), line(end.saturating_sub(1).max(start)) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "fn a() {\n    let total = 1;\n}\n\nfn b() {\n    let other = 2;\n    let total = 1;\n}\n\
                        fn unique_name() {\n    same_line();\n    same_line();\n}\n";

    fn check(place: &str, quote: &str) -> Checked {
        Citation::parse(place, quote).unwrap().check(Some(&Lines::from(TEXT)))
    }

    #[test]
    fn a_true_quote_is_kept_however_it_is_spaced() {
        let exact = Agreement::Exact;
        for (place, quote, lines) in [
            ("a.rs:2", "let total = 1;", (1, 2)),
            ("a.rs:1-3", "    let total = 1;\n", (1, 2)),
            ("a.rs:6-7", "let total = 1;", (6, 7)),
            ("a.rs:5-6", "fn b() {\n    let other = 2;", (4, 6)),
        ] {
            let span = Span::new(lines.0, lines.1);
            assert_eq!(check(place, quote), Checked::Verified { span, agreement: exact }, "{place} {quote}");
        }
        let spaced = Checked::Verified { span: Span::new(4, 6), agreement: Agreement::Spaced };
        assert_eq!(check("a.rs:5", "fn b() {\n\tlet other =  2;"), spaced);
    }

    #[test]
    fn wrong_lines_are_put_right_when_there_is_one_place() {
        let corrected = |span, agreement| Checked::Corrected { span, agreement };
        assert_eq!(check("a.rs:1", "unique_name()"), corrected(Span::new(8, 9), Agreement::Exact));
        assert_eq!(check("a.rs:900-950", "let  other\n= 2;"), corrected(Span::new(5, 6), Agreement::Spaced));
        assert_eq!(check("a.rs:1", "same_line();"), Checked::Unverified(Doubt::Ambiguous));
    }

    #[test]
    fn what_a_model_makes_up_is_caught() {
        for quote in
            ["let total = 2;", "let total=1;", "fn unique_name() -> u8", "lettotal = 1;", "FN UNIQUE_NAME()"]
        {
            assert_eq!(check("a.rs:2", quote), Checked::Unverified(Doubt::NotThere), "{quote}");
        }
        for quote in ["", "}", "fn a()", " \n "] {
            assert_eq!(check("a.rs:1", quote), Checked::Unverified(Doubt::TooShort), "{quote:?}");
        }
        let invented = Citation::parse("invented.rs:1", "let total = 1;").unwrap();
        assert_eq!(invented.check(None), Checked::Unverified(Doubt::NoFile));
    }

    #[test]
    fn a_place_is_a_path_of_the_workspace_and_lines() {
        let parsed = |place: &str| Citation::parse(place, "").map(|citation| citation.span);
        assert_eq!(parsed("src/a.rs:3-9"), Some(Span::new(2, 9)));
        assert_eq!(parsed("src/a.rs:3"), Some(Span::new(2, 3)));
        for wrong in
            ["src/a.rs", "src/a.rs:", "src/a.rs:0", "src/a.rs:9-3", "../a.rs:1", "/a.rs:1", ":1", "a:x"]
        {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_lines_of_a_text_verify_and_no_other_text_does(
            lines in proptest::collection::vec("[a-z]{3,6} [a-z]{3,6} [a-z]{3,6}", 1..12),
            start in any::<prop::sample::Index>(),
            length in 1_usize..4,
        ) {
            let text = Lines::from(lines.iter().map(|line| format!("  {line}\n")).collect::<String>().as_str());
            let start = start.index(lines.len());
            let span = Span::new(start, (start + length).min(lines.len()));
            let quote = String::from_utf8(text.slice(span).to_vec()).unwrap();
            let path = RepoPath::parse("a").unwrap();
            let cited = |quote: String| Citation { path: path.clone(), span, quote }.check(Some(&text));
            let verified = matches!(cited(quote.clone()), Checked::Verified { agreement: Agreement::Exact, .. });
            prop_assert!(verified);
            let reflowed = quote.split_whitespace().collect::<Vec<_>>().join("\n");
            let verified = matches!(cited(reflowed), Checked::Verified { .. });
            prop_assert!(verified);
            prop_assert_eq!(cited(quote.trim().to_owned() + "X"), Checked::Unverified(Doubt::NotThere));
        }
    }
}
