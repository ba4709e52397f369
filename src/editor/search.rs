//! Finding text in a buffer, line by line. Small letters in what is searched for match both cases;
//! a capital makes the search exact (smart case). Every answer is bounded in what it costs or
//! returns.

use std::borrow::Cow;

use super::Position;
use super::buffer::Buffer;
use crate::text::Span;

/// More matches than this are not counted.
const COUNTED: usize = 10_000;

/// What is searched for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Search {
    needle: String,
    any_case: bool,
}

/// A place that matches, on one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Match {
    pub start: Position,
    pub end: Position,
}

/// How many places match.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Which of them starts at the place asked about, from 1.
    pub current: Option<usize>,
    pub total: usize,
    /// There may be more: counting stopped at ten thousand.
    pub capped: bool,
}

impl Search {
    /// `None` when there is nothing to search for: nothing typed, or more than a line.
    pub fn new(query: &str) -> Option<Self> {
        let searchable = !query.is_empty() && !query.contains(['\n', '\r']);
        let any_case = !query.chars().any(char::is_uppercase);
        searchable.then(|| Self { needle: query.to_owned(), any_case })
    }

    /// The first match at or after `from`, going on at the top when there is none below.
    pub fn next(&self, buffer: &Buffer, from: Position) -> Option<Match> {
        let from = Position { line: from.line.min(buffer.lines_len() - 1), ..from };
        let ahead = |found: &Match| found.start >= from;
        let here = self.on_line(from.line, &buffer.line(from.line)).into_iter().find(ahead);
        let below = || buffer.lines_from(from.line + 1);
        let above = || buffer.lines_from(0).take(from.line + 1);
        let first = |(line, text): (usize, Cow<str>)| {
            self.folded(&text).find(&self.needle).map(|column| self.found(line, column))
        };
        here.or_else(|| below().find_map(first)).or_else(|| above().find_map(first))
    }

    /// The last match before `from`, going on at the bottom when there is none above.
    pub fn previous(&self, buffer: &Buffer, from: Position) -> Option<Match> {
        let lines = buffer.lines_len();
        let first = from.line.min(lines - 1);
        let here = self.on_line(first, &buffer.line(first));
        let last = |line| self.on_line(line, &buffer.line(line)).pop();
        here.into_iter()
            .rfind(|found| found.start < from)
            .or_else(|| (0..first).rev().chain((first..lines).rev()).find_map(last))
    }

    /// The matches on some lines, in order, to be shown: at most ten thousand.
    pub fn within(&self, buffer: &Buffer, lines: Span) -> Vec<Match> {
        let texts = buffer.lines_from(lines.start()).take_while(|(line, _)| *line < lines.end());
        texts.flat_map(|(line, text)| self.on_line(line, &text)).take(COUNTED).collect()
    }

    /// How many there are, and which of them is at `at`.
    pub fn count(&self, buffer: &Buffer, at: Position) -> Count {
        let mut count = Count::default();
        for found in buffer.lines_from(0).flat_map(|(line, text)| self.on_line(line, &text)) {
            if count.total == COUNTED {
                return Count { capped: true, ..count };
            }
            count.total += 1;
            if found.start == at {
                count.current = Some(count.total);
            }
        }
        count
    }

    fn on_line(&self, line: usize, text: &str) -> Vec<Match> {
        let text = self.folded(text);
        text.match_indices(&self.needle).map(|(column, _)| self.found(line, column)).collect()
    }

    fn found(&self, line: usize, column: usize) -> Match {
        Match { start: Position { line, column }, end: Position { line, column: column + self.needle.len() } }
    }

    fn folded<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.any_case {
            false => Cow::Borrowed(text),
            true if text.is_ascii() => Cow::Owned(text.to_ascii_lowercase()),
            true => Cow::Owned(text.chars().map(fold).collect()),
        }
    }
}

/// The small letter, where it takes as many bytes as `c`: so that columns of the folded line are
/// columns of the line.
fn fold(c: char) -> char {
    let mut small = c.to_lowercase();
    match (small.next(), small.next()) {
        (Some(one), None) if one.len_utf8() == c.len_utf8() => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::buffer;
    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    fn starts(query: &str, text: &str) -> Vec<Position> {
        let buffer = buffer(text);
        let lines = Span::new(0, buffer.lines_len());
        Search::new(query).unwrap().within(&buffer, lines).iter().map(|found| found.start).collect()
    }

    #[test]
    fn small_letters_match_both_cases_and_capitals_only_themselves() {
        assert_eq!(starts("foo", "Foo FOO foo"), [at(0, 0), at(0, 4), at(0, 8)]);
        assert_eq!(starts("Foo", "Foo FOO foo"), [at(0, 0)]);
        assert_eq!(starts("äb", "ÄB"), [at(0, 0)]);
        assert_eq!(starts("b", "İ\u{212a}B"), [at(0, 5)]);
    }

    #[test]
    fn going_on_wraps_at_both_ends() {
        let buffer = buffer("one\ntwo one\n");
        let search = Search::new("one").unwrap();
        let start = |found: Option<Match>| found.unwrap().start;
        assert_eq!(start(search.next(&buffer, at(0, 0))), at(0, 0));
        assert_eq!(start(search.next(&buffer, at(0, 1))), at(1, 4));
        assert_eq!(start(search.next(&buffer, at(1, 5))), at(0, 0));
        assert_eq!(start(search.previous(&buffer, at(1, 4))), at(0, 0));
        assert_eq!(start(search.previous(&buffer, at(0, 0))), at(1, 4));
        assert_eq!(Search::new("three").unwrap().next(&buffer, at(0, 0)), None);
    }

    #[test]
    fn the_only_match_is_found_again_from_behind_it() {
        let buffer = buffer("x one");
        let search = Search::new("one").unwrap();
        assert_eq!(search.next(&buffer, at(0, 3)).unwrap().start, at(0, 2));
        assert_eq!(search.previous(&buffer, at(0, 2)).unwrap().start, at(0, 2));
    }

    #[test]
    fn it_says_which_of_how_many() {
        let buffer = buffer("a b a\na");
        let count = Search::new("a").unwrap().count(&buffer, at(0, 4));
        assert_eq!(count, Count { current: Some(2), total: 3, capped: false });
        let many = super::super::testing::buffer(&"a".repeat(COUNTED + 1));
        assert!(Search::new("a").unwrap().count(&many, at(0, 0)).capped);
    }

    #[test]
    fn lines_past_the_end_have_no_matches() {
        let buffer = buffer("a\na");
        let search = Search::new("a").unwrap();
        assert_eq!(search.within(&buffer, Span::new(2, 9)), []);
        assert_eq!(search.within(&buffer, Span::new(1, 9)).len(), 1);
        assert_eq!(search.next(&buffer, at(9, 9)).unwrap().start, at(0, 0));
    }

    #[test]
    fn there_is_nothing_to_search_for_in_nothing() {
        assert_eq!(Search::new(""), None);
        assert_eq!(Search::new("a\nb"), None);
    }
}
