//! What hunks are marked with beside their verdict: that a file stops to be parsed by them, that they
//! changed after they were decided, what they were before a model revised them, who uses what they
//! change. It comes from elsewhere and in its own time; the screen waits for none of it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::super::app::{App, Focus, Out, Overlay};
use super::super::page::Kind;
use super::super::theme::Paint;
use crate::change::{Hunk, HunkId, Review, Verdict};
use crate::session::{Callers, Effect, Phase, TurnId};
use crate::text::highlight::Language;
use crate::text::{Lines, RepoPath, Span};

/// See the module.
#[derive(Debug, Default)]
pub struct Marks {
    /// By file: of which state of its hunks it is known, and the hunks by which it stops to parse.
    parsed: BTreeMap<RepoPath, (u64, Vec<HunkId>)>,
    unparsed: BTreeSet<HunkId>,
    /// An answer is under way; and the state of the review that was last looked at.
    parsing: bool,
    parsed_at: Option<(TurnId, u64)>,
    lost: BTreeSet<HunkId>,
    before: BTreeMap<HunkId, Lines>,
    /// Of the hunk that was asked about last.
    callers: Option<(HunkId, Lines, Option<Box<Callers>>)>,
}

/// Does a file parse with what is proposed for it?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parses {
    Yes,
    /// It did before, and this hunk is why it does not any more.
    Breaks,
    /// It is being looked at.
    Awaited,
    /// It is in no language known here.
    NoGrammar,
}

impl Marks {
    /// Does the file stop to parse by this hunk?
    pub fn breaks(&self, hunk: HunkId) -> bool {
        self.unparsed.contains(&hunk)
    }

    pub fn parses(&self, hunk: &Hunk) -> Parses {
        match self.parsed.get(&hunk.path) {
            _ if Language::of(&hunk.path).is_none() => Parses::NoGrammar,
            _ if self.breaks(hunk.id) => Parses::Breaks,
            Some(_) => Parses::Yes,
            None => Parses::Awaited,
        }
    }

    /// How many hunks that are not rejected keep their file from being parsed.
    pub fn broken(&self) -> usize {
        self.unparsed.len()
    }

    /// Did the hunk change after it was decided?
    pub fn is_lost(&self, hunk: HunkId) -> bool {
        self.lost.contains(&hunk)
    }

    /// The lines that came with the hunk before a model revised it last.
    pub fn before(&self, hunk: HunkId) -> Option<&Lines> {
        self.before.get(&hunk)
    }

    /// Who uses what the hunk changes, as far as it was asked for: `Some(None)` while it is looked for.
    pub fn callers(&self, hunk: &Hunk) -> Option<Option<&Callers>> {
        let (_, _, found) =
            self.callers.as_ref().filter(|(id, with, _)| *id == hunk.id && *with == hunk.with)?;
        Some(found.as_deref())
    }

    /// A verdict was given anew.
    pub fn heed(&mut self, review: &Review) {
        if !self.lost.is_empty() {
            let open = |id: &HunkId| review.hunk(*id).is_some_and(|hunk| hunk.verdict == Verdict::Undecided);
            self.lost.retain(open);
        }
    }

    /// The files whose parse is not known for what their hunks are now, with the key of that state.
    fn unknown(&self, review: &Review) -> Vec<(RepoPath, u64)> {
        let mut unknown = Vec::new();
        let hunks: Vec<&Hunk> = review.hunks().collect();
        for hunks in hunks.chunk_by(|one, next| one.path == next.path) {
            let Some(path) = hunks.first().map(|hunk| &hunk.path).filter(|path| Language::of(path).is_some())
            else {
                continue;
            };
            let mut hasher = DefaultHasher::new();
            let base = review.base(path).and_then(|base| base.text.as_ref());
            // Of the whole text where it lies tells it apart, and costs nothing; of a hunk its lines do, as
            // a hunk that was revised may be as long as before.
            base.map(|text| (text.bytes().as_ptr().addr(), text.bytes().len())).hash(&mut hasher);
            for hunk in hunks {
                let rejected = hunk.verdict == Verdict::Rejected;
                (hunk.id, hunk.replaces, hunk.with.bytes(), rejected).hash(&mut hasher);
            }
            let key = hasher.finish();
            if self.parsed.get(path).is_none_or(|(known, _)| *known != key) {
                unknown.push((path.clone(), key));
            }
        }
        unknown
    }
}

/// What was decided before something happened, to see whether it still is.
pub struct Decided {
    turn: Option<TurnId>,
    hunks: BTreeMap<HunkId, (RepoPath, Span)>,
    revising: Option<(HunkId, Lines)>,
}

impl App {
    /// Once the hunks are others, asks whether their files still parse.
    pub(in crate::ui) fn parse_what_has_come(&mut self) -> Vec<Out> {
        let Some(turn) = self.session.turn().filter(|_| self.focus == Focus::Review) else {
            return Vec::new();
        };
        let stamp = (turn.id(), turn.revision());
        let marks = &mut self.review.marks;
        if turn.phase() != Phase::Reviewing || marks.parsing || marks.parsed_at.replace(stamp) == Some(stamp)
        {
            return Vec::new();
        }
        let files = marks.unknown(turn.review());
        if files.is_empty() {
            return Vec::new();
        }
        marks.parsing = true;
        let (turn, review) = (turn.id(), Box::new(turn.review().clone()));
        vec![Out::Do(Effect::Parse { turn, review, files })]
    }

    pub(in crate::ui) fn parsed(
        &mut self,
        turn: TurnId,
        found: Vec<(RepoPath, u64, Vec<HunkId>)>,
        done: bool,
    ) {
        if self.session.turn().is_none_or(|now| now.id() != turn) {
            return;
        }
        let marks = &mut self.review.marks;
        marks.parsed.extend(found.into_iter().map(|(path, key, hunks)| (path, (key, hunks))));
        let unparsed: BTreeSet<HunkId> =
            marks.parsed.values().flat_map(|(_, hunks)| hunks.iter().copied()).collect();
        let others = unparsed != marks.unparsed;
        marks.unparsed = unparsed;
        if done {
            // What has changed meanwhile is asked for next.
            (marks.parsing, marks.parsed_at) = (false, None);
        }
        if others {
            self.review.changed();
        }
    }

    /// To be asked before something happens that no key of the reader did.
    pub(in crate::ui) fn decided(&self) -> Decided {
        let Some(turn) = self.session.turn() else {
            return Decided { turn: None, hunks: BTreeMap::new(), revising: None };
        };
        let decided = turn.review().hunks().filter(|hunk| hunk.verdict != Verdict::Undecided);
        let hunks = decided.map(|hunk| (hunk.id, (hunk.path.clone(), hunk.replaces))).collect();
        let revising = self.session.revising().and_then(|(id, _)| turn.review().hunk(id));
        Decided { turn: Some(turn.id()), hunks, revising: revising.map(|hunk| (hunk.id, hunk.with.clone())) }
    }

    /// Says which of the verdicts were lost since, as the hunks are others now.
    pub(in crate::ui) fn tell_what_was_lost(&mut self, before: Decided) {
        let Some(turn) = self.session.turn().filter(|now| Some(now.id()) == before.turn) else { return };
        let review = turn.review();
        if let Some((id, was)) = before.revising
            && review.hunk(id).is_some_and(|hunk| hunk.with != was)
        {
            self.review.marks.before.insert(id, was);
        }
        let landed: BTreeSet<HunkId> =
            turn.receipts().iter().flat_map(|receipt| receipt.hunks().iter().copied()).collect();
        let mut lost = BTreeSet::new();
        for (id, (path, place)) in &before.hunks {
            match review.hunk(*id) {
                Some(hunk) if hunk.verdict == Verdict::Undecided => drop(lost.insert(*id)),
                Some(_) => {}
                // The file was compared again: others stand in its place.
                None if !landed.contains(id) => lost.extend(
                    review
                        .hunks()
                        .filter(|hunk| hunk.path == *path && hunk.verdict == Verdict::Undecided)
                        .filter(|hunk| hunk.replaces.overlaps(*place) || hunk.replaces == *place)
                        .map(|hunk| hunk.id),
                ),
                None => {}
            }
        }
        if lost.is_empty() {
            return;
        }
        let words = match lost.len() {
            1 => "a hunk changed after you decided it; look at it again".to_owned(),
            hunks => format!("{hunks} hunks changed after you decided them; look at them again"),
        };
        lost.iter().for_each(|id| self.sight.forget(*id));
        self.review.marks.lost.extend(lost);
        self.review.changed();
        self.say(Paint::Warn, words);
    }

    /// Opens the page that says why a hunk is there, and asks who uses what it changes.
    pub(in crate::ui) fn ask_why(&mut self) -> Vec<Out> {
        self.open_page(Kind::Why);
        let Some(turn) = self.session.turn() else { return Vec::new() };
        let Some(hunk) = self.review.at.and_then(|at| turn.review().hunk(at)) else { return Vec::new() };
        if self.review.marks.callers(hunk).is_some() || Language::of(&hunk.path).is_none() {
            return Vec::new();
        }
        let (id, review) = (turn.id(), Box::new(turn.review().clone()));
        let (hunk, with) = (hunk.id, hunk.with.clone());
        self.review.marks.callers = Some((hunk, with, None));
        self.open_page(Kind::Why);
        vec![Out::Do(Effect::Trace { turn: id, hunk, review })]
    }

    /// Who uses what a hunk changes was found out.
    pub(in crate::ui) fn traced(&mut self, turn: TurnId, hunk: HunkId, found: Box<Callers>) {
        if self.session.turn().is_none_or(|now| now.id() != turn) {
            return;
        }
        match &mut self.review.marks.callers {
            Some((asked, _, slot)) if *asked == hunk => *slot = Some(found),
            _ => return,
        }
        if let Some(Overlay::Page(page)) = &self.overlay
            && page.kind == Kind::Why
        {
            let top = page.top;
            self.open_page(Kind::Why);
            if let Some(Overlay::Page(page)) = &mut self.overlay {
                page.top = top;
            }
        }
    }
}
