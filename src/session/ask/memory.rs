//! What a conversation holds of the project: the excerpts of its requests and what tools gave, each once.
//! What is asked for again while it stands there unchanged is answered with where it stands; where its file
//! reads otherwise since, with the new lines.

use super::{Given, Outcome};
use crate::context::citation::Place;
use crate::context::{Presence, Transcript};
use crate::text::{RepoPath, Span};

/// What is shorter than this, in bytes, is given again rather than pointed at.
const SHORT: usize = 160;

/// See the module.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Memory {
    pub transcript: Transcript,
    results: Vec<Kept>,
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
    /// requests, none that one of these places is in or that such a one points at, and none that is gone
    /// already.
    pub fn spare(&self, newest: u32, cited: &[Place]) -> Vec<usize> {
        let stays = |one: &&Kept| one.request >= newest || cited.iter().any(|place| one.holds(place));
        let there = self.results.iter().filter(|one| !one.masked);
        let held: Vec<usize> = there.filter(stays).flat_map(|one| one.points_at.clone()).collect();
        let may = |nth: usize, one: &Kept| {
            !one.masked && one.text.len() >= SHORT && !stays(&one) && !held.contains(&nth)
        };
        let all = self.results.iter().enumerate();
        all.filter(|(nth, one)| may(*nth, one)).map(|(nth, _)| nth).collect()
    }

    /// The request that the last results came with; 0 where there are none.
    pub fn newest(&self) -> u32 {
        self.results.last().map_or(0, |one| one.request)
    }

    /// Takes a result out, and with it those that point at it. Of each the word that stands for it, and how many
    /// lines it had.
    pub fn mask(&mut self, nth: usize) -> Vec<(usize, (String, usize))> {
        let points = |one: &Kept| !one.masked && one.points_at.contains(&nth);
        let others = self.results.iter().enumerate().filter(|(_, one)| points(one)).map(|(at, _)| at);
        let all: Vec<usize> = std::iter::once(nth).chain(others).collect();
        let mut words = Vec::new();
        for at in all {
            self.transcript.forget_result(at);
            let Some(kept) = self.results.get_mut(at) else { continue };
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
