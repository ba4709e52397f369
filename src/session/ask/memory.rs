//! What a conversation holds of the project: the excerpts of its requests and what tools gave, each once.
//! What is asked for again while it stands there unchanged is answered with where it stands; where its file
//! reads otherwise since, with the new lines.

use std::collections::BTreeSet;

use super::{Given, Outcome};
use crate::context::citation::Place;
use crate::context::{Pack, Presence, Source, Transcript};
use crate::text::{RepoPath, Span};

/// What is shorter than this, in bytes, is given again rather than pointed at.
const SHORT: usize = 160;

/// See the module.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Memory {
    pub transcript: Transcript,
    results: Vec<Kept>,
    /// Results in which lines stand that the question under way was not sent again.
    #[serde(skip)]
    relied_on: BTreeSet<usize>,
}

/// A result of a tool that stands in the conversation.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Kept {
    /// What was asked, in words.
    asked: String,
    text: String,
    /// Lines of files that it shows, or the whole of a file where it does not say which.
    places: Vec<(RepoPath, Span)>,
    commits: Vec<String>,
    /// Results that it points at in place of giving the same again.
    points_at: Vec<usize>,
    request: u32,
    masked: bool,
}

/// A result as it goes into the next request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub text: String,
    pub presence: Presence,
}

impl Memory {
    /// Notes that something else is what the result was: there was no room for it.
    pub fn leave_out(&mut self, asked: &str, request: u32) {
        self.results.push(Kept::of(asked, String::new(), request));
    }

    /// A question was put with these pieces: what of them stands in a result stays there until it is answered.
    pub fn rely_on(&mut self, pack: &Pack) {
        let above = pack.segments().iter().filter(|piece| matches!(piece.presence, Presence::Above(_)));
        let results = above.filter_map(|piece| match &piece.source {
            Source::Excerpt { path, span } => Some(self.transcript.results_with(path, *span)),
            _ => None,
        });
        self.relied_on = results.flatten().collect();
    }

    /// The question is answered.
    pub fn rely_on_nothing(&mut self) {
        self.relied_on.clear();
    }

    /// Puts what a call gave into words for `request`, and remembers it.
    pub fn tell(&mut self, asked: &str, outcome: &Outcome, request: u32) -> Told {
        self.transcript.compare(&outcome.shown);
        let nth = self.results.len();
        let mut kept = Kept::of(asked, String::new(), request);
        let parts = match &outcome.gave {
            Ok(parts) => parts,
            Err(why) => {
                self.results.push(kept);
                return Told { text: why.clone(), presence: Presence::Sent };
            }
        };
        let mut telling = Telling::default();
        for part in parts {
            match part {
                Given::Words(words) => telling.words(words),
                Given::Lines { path, span, of, text } => {
                    let head = format!("{path} lines {span} of {of}");
                    let above = self.transcript.holds(path, *span, text).filter(|_| text.len() >= SHORT);
                    if let Some(above) = above {
                        telling.above(&head, above);
                        kept.points_at.extend(self.transcript.results_with(path, *span));
                        continue;
                    }
                    telling.lines(&head, text, self.transcript.replaced(path, *span));
                    self.transcript.add_lines(path, *span, text, request, Some(nth));
                    kept.places.push((path.clone(), *span));
                }
            }
        }
        if let Some(before) = self.same(asked, &telling.text) {
            telling = Telling::default();
            telling
                .above("what this call gives", self.results.get(before).map_or(request, |one| one.request));
            kept.points_at.push(before);
        } else if kept.places.is_empty() && !telling.fresh {
            kept.places.extend(outcome.shown.files().map(|(path, text)| (path.clone(), text.span())));
        }
        kept.commits.extend(outcome.shown.commits().map(ToOwned::to_owned));
        kept.text.clone_from(&telling.text);
        self.results.push(kept);
        Told { presence: telling.presence(), text: telling.text }
    }

    /// The result in which the same call gave the same, if that still stands there.
    fn same(&self, asked: &str, text: &str) -> Option<usize> {
        let same = |one: &Kept| !one.masked && one.asked == asked && one.text == text;
        (text.len() >= SHORT).then(|| self.results.iter().rposition(same)).flatten()
    }

    /// Results that may be taken out of the conversation, oldest first: not those of `newest` and later
    /// requests, none that one of these places is in, that the question relies on or that such a one leads to,
    /// and none that is gone already.
    pub fn spare(&self, newest: u32, cited: &[Place]) -> Vec<usize> {
        let stays = |one: &Kept| one.request >= newest || cited.iter().any(|place| one.holds(place));
        let mut held = self.relied_on.clone();
        // What a result points at came before it.
        for (nth, one) in self.results.iter().enumerate().rev().filter(|(_, one)| !one.masked) {
            if stays(one) || held.contains(&nth) {
                held.insert(nth);
                held.extend(&one.points_at);
            }
        }
        let may = |nth: usize, one: &Kept| !one.masked && one.text.len() >= SHORT && !held.contains(&nth);
        let all = self.results.iter().enumerate();
        all.filter(|(nth, one)| may(*nth, one)).map(|(nth, _)| nth).collect()
    }

    /// The request that the last results came with; 0 where there are none.
    pub fn newest(&self) -> u32 {
        self.results.last().map_or(0, |one| one.request)
    }

    /// Takes a result out, and with it those that lead to it. Of each the word that stands for it, and how many
    /// lines it had.
    pub fn mask(&mut self, nth: usize) -> Vec<(usize, (String, usize))> {
        let mut gone = BTreeSet::from([nth]);
        for (at, one) in self.results.iter().enumerate() {
            if one.points_at.iter().any(|other| gone.contains(other)) {
                gone.insert(at);
            }
        }
        let mut words = Vec::new();
        for at in gone {
            let Some(kept) = self.results.get_mut(at).filter(|kept| !kept.masked) else { continue };
            self.transcript.forget_result(at);
            let lines = std::mem::take(&mut kept.text).lines().count();
            kept.masked = true;
            let asked = shortened(&kept.asked);
            let word = format!("({asked}: {lines} lines, taken out to make room; call it again to see them)");
            words.push((at, (word, lines)));
        }
        words
    }

    /// What became of the pieces of a conversation: those whose files read otherwise now are stale.
    pub fn presence(&self, piece: &crate::context::Segment, nth: Option<usize>) -> Option<Presence> {
        let there = matches!(piece.presence, Presence::Sent | Presence::Renewed(_));
        let stale = match nth {
            Some(nth) => self.transcript.is_stale_result(nth),
            None => self.transcript.is_stale(&piece.source, piece.request),
        };
        (there && stale).then_some(Presence::Stale)
    }
}

impl Kept {
    fn of(asked: &str, text: String, request: u32) -> Self {
        let (places, commits, points_at) = (Vec::new(), Vec::new(), Vec::new());
        Self { asked: asked.to_owned(), text, places, commits, points_at, request, masked: false }
    }

    fn holds(&self, place: &Place) -> bool {
        match place {
            Place::Lines { path, span } => {
                self.places.iter().any(|(of, lines)| of == path && lines.overlaps(*span))
            }
            Place::Commit { id } => self.commits.iter().any(|commit| commit.starts_with(id.as_str())),
        }
    }
}

/// A result while it is put together.
#[derive(Default)]
struct Telling {
    text: String,
    /// The last request that a part of it stands in already, and that it takes the place of.
    above: Option<u32>,
    renewed: Option<u32>,
    /// Some lines of it are new here.
    fresh: bool,
}

impl Telling {
    fn words(&mut self, words: &str) {
        self.text.push_str(words);
    }

    fn above(&mut self, what: &str, request: u32) {
        self.text.push_str(&format!("{what}: stands above already, unchanged\n"));
        self.above = self.above.max(Some(request));
    }

    fn lines(&mut self, head: &str, text: &str, replaced: Option<u32>) {
        let changed = if replaced.is_some() { ", changed since they were shown above" } else { "" };
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        self.text.push_str(&format!("{head}{changed}:\n{text}{end}"));
        self.renewed = self.renewed.max(replaced);
        self.fresh = true;
    }

    fn presence(&self) -> Presence {
        match (self.above, self.renewed) {
            (_, Some(request)) => Presence::Renewed(request),
            (Some(request), None) if !self.fresh => Presence::Above(request),
            _ => Presence::Sent,
        }
    }
}

/// As much of what was asked as says which call is meant, on one line.
fn shortened(asked: &str) -> String {
    const MOST: usize = 160;
    let line: String = asked.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let end = line.floor_char_boundary(MOST.min(line.len()));
    let more = if end < line.len() { "…" } else { "" };
    format!("{}{more}", line.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::citation::Evidence;
    use crate::context::{Segment, Trust};
    use crate::text::Lines;

    const OF: usize = 60;

    fn path() -> RepoPath {
        RepoPath::parse("a.rs").unwrap()
    }

    fn text(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("pub fn number_{n}() {{ /* a line of some length */ }}\n")).collect()
    }

    /// A tool gave these lines.
    fn lines(spans: &[(usize, usize)]) -> Outcome {
        let mut shown = Evidence::default();
        shown.add_file(path(), Lines::from(text(0, OF).as_str()));
        let given = |&(from, to): &(usize, usize)| Given::Lines {
            path: path(),
            span: Span::new(from, to),
            of: OF,
            text: text(from, to),
        };
        Outcome { gave: Ok(spans.iter().map(given).collect()), shown }
    }

    /// Lines; the same lines and more; and that more, which only points at the second.
    fn chain() -> Memory {
        let mut memory = Memory::default();
        memory.tell("one", &lines(&[(0, 20)]), 2);
        memory.tell("two", &lines(&[(0, 20), (30, 50)]), 3);
        let third = memory.tell("three", &lines(&[(30, 50)]), 4);
        assert_eq!(third.presence, Presence::Above(3));
        memory
    }

    #[test]
    fn what_a_result_leads_to_over_others_stays_with_it_and_goes_with_it() {
        let memory = chain();
        assert_eq!(
            memory.spare(4, &[]),
            [0_usize; 0],
            "the newest points at the second, and that at the first"
        );
        let mut memory = chain();
        let gone: Vec<usize> = memory.mask(0).into_iter().map(|(nth, _)| nth).collect();
        assert_eq!(gone, [0, 1, 2], "a word that lines stand above is not left where they do not");
        assert!(memory.mask(1).is_empty(), "what is out is told of once");
        assert_eq!(memory.tell("three", &lines(&[(30, 50)]), 5).presence, Presence::Sent);
    }

    #[test]
    fn what_a_question_was_not_sent_again_stays_until_it_is_answered() {
        let mut memory = Memory::default();
        memory.tell("one", &lines(&[(0, 20)]), 2);
        memory.tell("two", &lines(&[(30, 50)]), 3);
        let source = Source::Excerpt { path: path(), span: Span::new(5, 9) };
        let piece = Segment::new(source, "found", "", Trust::Repository);
        memory.rely_on(&Pack::new(vec![Segment { presence: Presence::Above(2), ..piece }]));
        assert_eq!(memory.spare(9, &[]), [1]);
        memory.rely_on_nothing();
        assert_eq!(memory.spare(9, &[]), [0, 1]);
    }
}
