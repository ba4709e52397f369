//! What of the project a conversation holds already, as it was sent: so that nothing is sent twice, and what
//! reads otherwise now is known to be stale.
//!
//! A conversation is that of one question and of those that go on from it: the excerpts of each of its
//! requests, and what tools gave. A request for edits begins a conversation of its own, so that there is
//! nothing above it; within one request lines are shown once (`dedupe`).

use std::collections::BTreeSet;

use super::citation::Evidence;
use super::pack::{Pack, Segment, Source};
use super::presence::Presence;
use super::request::Excerpt;
use super::visible::{decoded, visible};
use crate::text::{Lines, RepoPath, Span};

/// What a conversation shows of the project.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub struct Transcript {
    shown: Vec<Shown>,
}

/// Something that stands in it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Shown {
    what: What,
    /// The request that it came with, from 1.
    request: u32,
    /// Which result of a tool it is part of, from 0, if it is of one.
    result: Option<usize>,
    /// Its file reads otherwise since.
    stale: bool,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
enum What {
    /// As the model read them.
    Lines {
        path: RepoPath,
        span: Span,
        #[serde(with = "as_read")]
        text: Lines,
    },
    /// Something that is the same only as a whole.
    Whole { source: Source, text: String },
}

/// Lines as they are written down: a model was shown them as text.
mod as_read {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::text::Lines;

    pub fn serialize<S: Serializer>(text: &Lines, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from_utf8_lossy(text.bytes()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Lines, D::Error> {
        String::deserialize(deserializer).map(|text| Lines::from(text.as_str()))
    }
}

/// Lines that read otherwise now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed {
    pub path: RepoPath,
    /// As they were shown.
    pub span: Span,
    pub request: u32,
    /// The file as it is now.
    pub now: Lines,
}

impl Transcript {
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// A request was sent with these pieces.
    pub fn add_pack(&mut self, pack: &Pack, request: u32) {
        for piece in pack.segments() {
            let text = piece.text.as_str();
            match &piece.source {
                _ if matches!(piece.presence, Presence::Above(_)) => {}
                Source::Excerpt { path, span } => self.add_lines(path, *span, text, request, None),
                source if is_comparable(source) => {
                    let what = What::Whole { source: source.clone(), text: text.to_owned() };
                    self.shown.push(Shown { what, request, result: None, stale: false });
                }
                _ => {}
            }
        }
    }

    /// A request was sent with these lines, by themselves or in a result of a tool.
    pub fn add_lines(
        &mut self,
        path: &RepoPath,
        span: Span,
        text: &str,
        request: u32,
        result: Option<usize>,
    ) {
        let what = What::Lines { path: path.clone(), span, text: Lines::from(text) };
        self.shown.push(Shown { what, request, result, stale: false });
    }

    /// The result of a tool was taken out again.
    pub fn forget_result(&mut self, nth: usize) {
        self.shown.retain(|one| one.result != Some(nth));
    }

    /// The piece as it stands in the next request: not sent where all of it is there already.
    #[must_use]
    pub(super) fn place(&self, piece: Segment) -> Segment {
        let Source::Excerpt { path, span } = &piece.source else {
            let same = |one: &&Shown| matches!(&one.what, What::Whole { source, text } if *source == piece.source && *text == piece.text);
            return match self.fresh().find(same) {
                Some(one) => piece.above(one.request),
                None => piece,
            };
        };
        if let Some(request) = self.holds(path, *span, &piece.text) {
            return piece.above(request);
        }
        match self.replaced(path, *span) {
            Some(request) => Segment { presence: Presence::Renewed(request), ..piece },
            None => piece,
        }
    }

    /// Which request holds all of these lines as they are (the last of those that hold a part).
    pub fn holds(&self, path: &RepoPath, span: Span, text: &str) -> Option<u32> {
        let text = Lines::from(text);
        let mut last = None;
        for (at, row) in span.as_range().enumerate() {
            let line = text.get(at)?;
            let has = |one: &&Shown| one.line(path, row) == Some(line);
            last = last.max(Some(self.fresh().find(has)?.request));
        }
        last
    }

    /// Does it hold all lines of an excerpt as they are?
    pub fn has(&self, excerpt: &Excerpt) -> bool {
        self.holds(&excerpt.path, excerpt.span, &decoded(excerpt.text.bytes())).is_some()
    }

    /// The results of tools that show some of these lines as they are.
    pub fn results_with(&self, path: &RepoPath, span: Span) -> Vec<usize> {
        let with = |one: &&Shown| one.lines().is_some_and(|(of, lines)| of == path && lines.overlaps(span));
        self.fresh().filter(with).filter_map(|one| one.result).collect()
    }

    /// The last request that showed some of these lines as they do not read any more.
    pub fn replaced(&self, path: &RepoPath, span: Span) -> Option<u32> {
        let old = self.shown.iter().filter(|one| {
            one.stale && one.lines().is_some_and(|(of, lines)| of == path && lines.overlaps(span))
        });
        old.map(|one| one.request).max()
    }

    fn fresh(&self) -> impl Iterator<Item = &Shown> {
        self.shown.iter().filter(|one| !one.stale)
    }

    /// Files of which it shows lines that count.
    pub fn files(&self) -> BTreeSet<&RepoPath> {
        self.fresh().filter_map(|one| one.lines().map(|(path, _)| path)).collect()
    }

    /// Marks what reads otherwise `now`, and says what does. Files that `now` does not have are left alone.
    pub fn compare(&mut self, now: &Evidence) -> Vec<Changed> {
        let mut changed = Vec::new();
        for one in self.shown.iter_mut().filter(|one| !one.stale) {
            let What::Lines { path, span, text } = &one.what else { continue };
            let Some(file) = now.file(path) else { continue };
            let plain =
                decoded(file.slice(Span::new(span.start().min(file.len()), span.end().min(file.len()))));
            if plain.as_bytes() == text.bytes() || visible(&plain).as_bytes() == text.bytes() {
                continue;
            }
            one.stale = true;
            changed.push(Changed {
                path: path.clone(),
                span: *span,
                request: one.request,
                now: file.clone(),
            });
        }
        changed
    }

    /// Is something of what a request sent of this source stale?
    pub fn is_stale(&self, source: &Source, request: u32) -> bool {
        let (path, span) = source.place();
        self.shown.iter().any(|one| {
            let of = |(of, lines): (&RepoPath, Span)| Some(of.as_str()) == path && Some(lines) == span;
            one.stale && one.result.is_none() && one.request == request && one.lines().is_some_and(of)
        })
    }

    /// Is something of what a tool gave stale?
    pub fn is_stale_result(&self, nth: usize) -> bool {
        self.shown.iter().any(|one| one.stale && one.result == Some(nth))
    }
}

impl Shown {
    fn lines(&self) -> Option<(&RepoPath, Span)> {
        if let What::Lines { path, span, .. } = &self.what { Some((path, *span)) } else { None }
    }

    /// A line of a file as it stands here.
    fn line(&self, of: &RepoPath, row: usize) -> Option<&[u8]> {
        match &self.what {
            What::Lines { path, span, text } if path == of && span.as_range().contains(&row) => {
                text.get(row - span.start())
            }
            _ => None,
        }
    }
}

/// Can two such pieces be the same as a whole?
fn is_comparable(source: &Source) -> bool {
    matches!(
        source,
        Source::Rules { .. }
            | Source::Diff
            | Source::Diagnostics
            | Source::Page { .. }
            | Source::Map
            | Source::Commit { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::super::pack::Trust;
    use super::*;
    use crate::model::Tokens;

    fn path(name: &str) -> RepoPath {
        RepoPath::parse(name).unwrap()
    }

    fn excerpt(start: usize, end: usize, text: &str) -> Segment {
        let source = Source::Excerpt { path: path("a.rs"), span: Span::new(start, end) };
        Segment::new(source, "found", text, Trust::Repository)
    }

    fn now(text: &str) -> Evidence {
        let mut now = Evidence::default();
        now.add_file(path("a.rs"), Lines::from(text));
        now
    }

    fn after(pieces: Vec<Segment>) -> Transcript {
        let mut transcript = Transcript::default();
        transcript.add_pack(&Pack::new(pieces), 1);
        transcript
    }

    #[test]
    fn lines_that_stand_there_as_they_are_cost_nothing() {
        let mut above = after(vec![excerpt(0, 2, "a\nb\n")]);
        above.add_lines(&path("a.rs"), Span::new(2, 4), "c\nd\n", 2, Some(0));
        let piece = above.place(excerpt(1, 3, "b\nc\n"));
        assert_eq!((piece.presence, piece.tokens, piece.text.as_str()), (Presence::Above(2), Tokens(0), ""));
        assert_eq!(piece.told(), "found · already above (request 2)");
        assert_eq!(above.place(excerpt(1, 2, "b\n")).presence, Presence::Above(1));
        for other in [excerpt(1, 2, "c\n"), excerpt(3, 5, "d\ne\n"), excerpt(0, 3, "a\nb\n")] {
            assert_eq!(above.place(other.clone()), other, "other lines, more of them, or fewer than it says");
        }
        above.forget_result(0);
        assert_eq!(
            above.place(excerpt(2, 3, "c\n")).presence,
            Presence::Sent,
            "what was masked is sent again"
        );
        let rules = Segment::new(Source::Rules { path: path("R.md") }, "", "Use tabs.\n", Trust::Repository);
        let above = after(vec![rules.clone()]);
        assert_eq!(above.place(rules.clone()).presence, Presence::Above(1));
        let other = Segment { text: "Use blanks.\n".into(), ..rules };
        assert_eq!(above.place(other.clone()), other);
    }

    #[test]
    fn what_reads_otherwise_now_is_stale_and_is_sent_anew() {
        let mut above = after(vec![excerpt(0, 2, "a\nb\n"), excerpt(3, 4, "d\n")]);
        assert_eq!(above.compare(&now("a\nb\nx\nd\n")), []);
        let file = "new\na\nb\n";
        let changed = above.compare(&now(file));
        let spans: Vec<Span> = changed.iter().map(|one| one.span).collect();
        assert_eq!(spans, [Span::new(0, 2), Span::new(3, 4)], "one moved, one is gone");
        assert!(
            above.is_stale(&excerpt(0, 2, "").source, 1) && !above.is_stale(&excerpt(0, 2, "").source, 2)
        );
        assert_eq!(above.compare(&now(file)), [], "it is said once");
        let piece = above.place(excerpt(0, 2, "new\na\n"));
        assert_eq!((piece.presence, piece.text.as_str()), (Presence::Renewed(1), "new\na\n"));
        assert!(above.files().is_empty());
        // Back to what it was: it stands above, but not as the last word.
        above.add_pack(&Pack::new(vec![piece]), 2);
        above.compare(&now("a\nb\n"));
        assert_eq!(above.place(excerpt(0, 2, "a\nb\n")).presence, Presence::Renewed(2));
    }
}
