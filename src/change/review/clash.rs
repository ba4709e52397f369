//! Hunks in conflict, as three texts: what their author saw, what stands there now, what is proposed.
//!
//! A conflict is never settled by guess. A person keeps what is there by rejecting the hunk, or takes
//! the proposal up again: [`Review::take_up`] makes it an ordinary hunk against the text as it is now,
//! undecided, so that all it would undo is on screen before it can be accepted.

use super::{Review, Uncut};
use crate::change::locate::Tier;
use crate::change::{FileOp, Hunk, HunkId, Standing, Verdict};
use crate::text::diff::{Change, changes};
use crate::text::{Drift, Lines, RepoPath, Span};

/// What a hunk was made for, before its place changed.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// `None`: there was no file.
    pub(super) text: Option<Lines>,
    pub(super) replaces: Span,
}

/// The same stretch of two texts, wide enough that no change reaches across its borders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stretch {
    then: Span,
    now: Span,
}

impl Review {
    /// The lines that a hunk in conflict was made for, as its author saw them, and one around them.
    pub fn saw(&self, hunk: &Hunk) -> Option<Lines> {
        let origin = self.origins.get(&hunk.id).filter(|_| hunk.standing == Standing::Conflict)?;
        let lines = origin.text.as_ref().map_or(&[][..], |text| {
            let (start, end) = (origin.replaces.start(), origin.replaces.end());
            text.slice(Span::new(start.saturating_sub(1), (end + 1).min(text.len())))
        });
        Some(Lines::new(lines))
    }

    /// Makes of a hunk in conflict one against the text as it is now, undecided: the lines that came
    /// between go, and what was proposed comes. Lines that others put right above or below it stay.
    ///
    /// # Errors
    /// Why it stays in conflict.
    pub fn take_up(&mut self, id: HunkId) -> Result<(), Uncut> {
        let hunk = self.hunk(id).ok_or(Uncut::NoHunk)?;
        let origin = self.origins.get(&id).filter(|_| !hunk.is_good()).ok_or(Uncut::Conflict)?;
        let now = self.bases.get(&hunk.path).and_then(|base| base.text.clone());
        let taken = match (hunk.op, &origin.text, now) {
            (FileOp::Update, Some(then), Some(now)) => self.updated(hunk, origin, then, &now)?,
            (FileOp::Create, _, Some(now)) if self.scope.lines().is_none() => {
                Hunk { op: FileOp::Update, replaces: now.span(), ..hunk.clone() }
            }
            (FileOp::Delete, _, Some(now)) => Hunk { replaces: now.span(), ..hunk.clone() },
            // The file went: there is nothing to change, and nobody asked for a new one.
            _ => return Err(Uncut::Conflict),
        };
        let others = self.of_file(&hunk.path).filter(|other| other.id != id && other.is_good());
        if others.into_iter().any(|other| other.collides(taken.op, taken.replaces)) {
            return Err(Uncut::Crowded);
        }
        let path = taken.path.clone();
        let before = self.file_hunks(id)?;
        self.history.record(before);
        let base = self.bases.get(&path).and_then(|base| base.text.clone()).unwrap_or_else(|| "".into());
        let same = taken.op == FileOp::Update && base.slice(taken.replaces) == taken.with.bytes();
        let verdict = if same { Verdict::Rejected } else { Verdict::Undecided };
        let matched_by = taken.matched_by.max(Tier::BaseMerge);
        let with = taken.with.clone();
        let taken = Hunk { standing: Standing::Good, verdict, matched_by, ..taken };
        self.hunks.iter_mut().filter(|hunk| hunk.id == id).for_each(|hunk| *hunk = taken.clone());
        self.shape(id, &base, &with);
        self.hunks_in_order(&path);
        Ok(())
    }

    fn updated(&self, hunk: &Hunk, origin: &Origin, then: &Lines, now: &Lines) -> Result<Hunk, Uncut> {
        let stretch = Stretch::of(&changes(then, now), origin.replaces);
        self.admits(hunk, then, stretch)?;
        let above = then.slice(Span::new(stretch.then.start(), origin.replaces.start()));
        let below = then.slice(Span::new(origin.replaces.end(), stretch.then.end()));
        let with = Lines::new([above, hunk.with.bytes(), below].concat());
        let ends_the_file = stretch.now.end() >= now.len();
        let glues_above = stretch.now.start() > 0
            && stretch.now.start() == now.len()
            && !now.ends_in_newline()
            && !with.is_empty();
        if glues_above || (!ends_the_file && !with.is_empty() && !with.ends_in_newline()) {
            return Err(Uncut::NoNewline);
        }
        Ok(Hunk { replaces: stretch.now, with, ..hunk.clone() })
    }

    /// The gate, again: the stretch may be wider than what was admitted.
    fn admits(&self, hunk: &Hunk, then: &Lines, stretch: Stretch) -> Result<(), Uncut> {
        let seen = self.seen.get(&hunk.path).and_then(|seen| seen.text.as_ref()).ok_or(Uncut::Conflict)?;
        let place = match stretch.then {
            // Nothing but what was admitted already.
            _ if self.scope.lines().is_none() => Some(stretch.then),
            span if then == seen => Some(span),
            span => Drift::between(then, seen).map(span),
        };
        let place = place.ok_or(Uncut::Conflict)?;
        let lines = self.proposed_lines + stretch.now.len();
        let fits = self.scope.admit_lines(&hunk.path, place).is_ok()
            && self.scope.admit_size(&hunk.path, self.proposed_files.len(), lines).is_ok();
        fits.then_some(()).ok_or(Uncut::Conflict)
    }

    /// The file became another: hunks in conflict show what stands at their place now, and those whose
    /// place is as it was again are good again.
    pub(super) fn follow_conflicts(&mut self, path: &RepoPath) {
        let now = self.bases.get(path).and_then(|base| base.text.clone());
        let mut moved = Vec::new();
        for hunk in self.hunks.iter_mut().filter(|hunk| hunk.path == *path && !hunk.is_good()) {
            let Some(origin) = self.origins.get(&hunk.id) else { continue };
            let (replaces, is_back) = match (hunk.op, &origin.text, &now) {
                (FileOp::Update, Some(then), Some(now)) => {
                    let changes = changes(then, now);
                    let back = Drift::between(then, now).map(origin.replaces);
                    (back.unwrap_or_else(|| Stretch::of(&changes, origin.replaces).now), back.is_some())
                }
                (_, then, now) => (now.as_ref().map_or(Span::new(0, 0), Lines::span), then == now),
            };
            hunk.replaces = replaces;
            if is_back {
                hunk.standing = Standing::Good;
                hunk.verdict = Verdict::Undecided;
            }
            moved.push((hunk.id, hunk.with.clone()));
        }
        let text = now.unwrap_or_else(|| "".into());
        moved.into_iter().for_each(|(id, with)| self.shape(id, &text, &with));
        self.hunks_in_order(path);
    }
}

impl Stretch {
    /// Around `span` of the older text. A change that only touches it stays outside.
    fn of(changes: &[Change], span: Span) -> Self {
        let cuts = |old: Span, span: Span| match old.is_empty() {
            true => span.start() < old.start() && old.start() < span.end(),
            false if span.is_empty() => old.start() < span.start() && span.start() < old.end(),
            false => old.overlaps(span),
        };
        let then = changes.iter().filter(|change| cuts(change.old, span)).fold(span, |span, change| {
            Span::new(span.start().min(change.old.start()), span.end().max(change.old.end()))
        });
        let moved = |line: usize, before: &dyn Fn(&Change) -> bool| {
            changes
                .iter()
                .filter(|change| before(change))
                .fold(line, |line, change| (line + change.new.len()).saturating_sub(change.old.len()))
        };
        let start = moved(then.start(), &|change| change.old.end() <= then.start());
        let end = match then.is_empty() {
            true => start,
            false => moved(then.end(), &|change| change.old.start() < then.end()),
        };
        Self { then, now: Span::new(start, end.max(start)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::change::{Base, Edit, EditHunk, EditLine, EditOp, Focus, Leash, Level, Scope};

    fn path() -> RepoPath {
        RepoPath::parse("a.txt").unwrap()
    }

    fn base(text: &str) -> Base {
        Base { path: path(), text: Some(text.into()) }
    }

    fn offered(level: Level, old: &str, line: &str, new: &str) -> (Review, HunkId) {
        let focus = Focus { file: Some(path()), lines: Some(Span::new(1, 4)) };
        let mut review = Review::new(Scope::of(level, &focus, Leash::default()).unwrap());
        let lines = vec![EditLine::Remove(line.into()), EditLine::Add(new.into())];
        let op = EditOp::Hunk(EditHunk { lines, ..EditHunk::default() });
        review.offer(&Edit { path: "a.txt".into(), op, reason: None }, base(old));
        let id = review.hunks().next().unwrap().id;
        (review, id)
    }

    fn preview(review: &Review) -> String {
        String::from_utf8(review.preview(&path(), false).unwrap().bytes().to_vec()).unwrap()
    }

    const OLD: &str = "1\n2\n3\n4\n5\n6\n";

    #[test]
    fn a_conflict_shows_what_was_seen_and_what_is_there_and_is_taken_up_undecided() {
        let (mut review, id) = offered(Level::File, OLD, "3", "three");
        assert_eq!(review.rebase(base("0\n1\n2\nmine\nmine too\n4\n5\n6\n")), [id]);
        let hunk = review.hunk(id).unwrap().clone();
        assert_eq!(hunk.replaces, Span::new(3, 5), "what stands there now");
        assert_eq!(review.saw(&hunk), Some("2\n3\n4\n".into()));
        review.take_up(id).unwrap();
        assert_eq!(review.hunk(id).unwrap().verdict, Verdict::Undecided);
        assert!(review.settle().is_none(), "taking it up accepts nothing");
        assert!(review.decide(&[id], Verdict::Accepted));
        assert_eq!(preview(&review), "0\n1\n2\nthree\n4\n5\n6\n");
        review.undo();
        review.undo();
        assert_eq!(review.hunk(id).unwrap().standing, Standing::Conflict, "undo brings the conflict back");
        assert!(!review.decide(&[id], Verdict::Accepted));
    }

    #[test]
    fn a_conflict_that_went_away_is_none() {
        let (mut review, id) = offered(Level::File, OLD, "3", "three");
        assert_eq!(review.rebase(base(&OLD.replace('3', "mine"))), [id]);
        assert_eq!(review.rebase(base(&format!("0\n{OLD}"))), []);
        let hunk = review.hunk(id).unwrap();
        assert_eq!(
            (&hunk.standing, hunk.verdict, hunk.replaces.start()),
            (&Standing::Good, Verdict::Undecided, 3)
        );
    }

    #[test]
    fn lines_put_right_beside_the_place_stay() {
        let (mut review, id) = offered(Level::File, OLD, "3", "three");
        assert_eq!(review.rebase(base("1\n2\nmine\n3\nmine too\n4\n5\n6\n")), [id]);
        review.take_up(id).unwrap();
        review.decide(&[id], Verdict::Accepted);
        assert_eq!(preview(&review), "1\n2\nmine\nthree\nmine too\n4\n5\n6\n");
    }

    #[test]
    fn what_reaches_beyond_the_selection_is_not_taken_up() {
        let (mut review, id) = offered(Level::Selection, OLD, "4", "four");
        // Line 5, outside, was rewritten with it.
        assert_eq!(review.rebase(base("1\n2\n3\nmine\nand mine\nand that\n6\n")), [id]);
        assert_eq!(review.take_up(id), Err(Uncut::Conflict));
        assert!(review.decide(&[id], Verdict::Rejected));
    }

    #[test]
    fn a_file_that_came_meanwhile_is_replaced_only_line_by_line_in_sight() {
        let (mut review, _) = offered(Level::Repo, OLD, "3", "three");
        let other = RepoPath::parse("b.txt").unwrap();
        let new = Edit { path: "b.txt".into(), op: EditOp::Whole("x\n".into()), reason: None };
        review.offer(&new, Base { path: other.clone(), text: None });
        let id = review.hunks().last().unwrap().id;
        assert_eq!(review.rebase(Base { path: other.clone(), text: Some("theirs\n".into()) }), [id]);
        review.take_up(id).unwrap();
        let hunk = review.hunk(id).unwrap();
        assert_eq!((hunk.op, hunk.replaces), (FileOp::Update, Span::new(0, 1)));
    }

    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec("[a-d]", 0..9)
            .prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect::<String>())
    }

    proptest! {
        #[test]
        fn nothing_lands_in_a_conflict_without_a_decision_and_then_only_there(
            old in text(),
            nows in proptest::collection::vec(text(), 1..4),
            at in 0usize..9,
            keep in 0usize..2,
        ) {
            let lines = Lines::from(&*old);
            prop_assume!(at < lines.len());
            let new: String = old.split_inclusive('\n').enumerate()
                .filter(|(line, _)| *line != at || keep == 1)
                .map(|(line, text)| if line == at { "new\n" } else { text })
                .collect();
            let focus = Focus { file: Some(path()), lines: None };
            let mut review = Review::new(Scope::of(Level::File, &focus, Leash::default()).unwrap());
            let edit = Edit { path: "a.txt".into(), op: EditOp::Whole(new), reason: None };
            review.offer(&edit, base(&old));
            let ids: Vec<HunkId> = review.hunks().map(|hunk| hunk.id).collect();
            for now in &nows {
                review.decide(&ids, Verdict::Accepted);
                review.rebase(base(now));
                let stuck: Vec<Hunk> = review.hunks().filter(|hunk| !hunk.is_good()).cloned().collect();
                prop_assert!(stuck.iter().all(|hunk| hunk.verdict == Verdict::Undecided));
                let before = preview(&review);
                for hunk in stuck {
                    prop_assert!(hunk.replaces.end() <= Lines::from(&**now).len());
                    if review.take_up(hunk.id).is_ok() {
                        prop_assert_eq!(preview(&review), before.clone(), "taking it up decides nothing");
                        prop_assert!(review.hunk(hunk.id).unwrap().verdict != Verdict::Accepted);
                    }
                }
            }
            // Rejected, every conflict leaves the file as it is.
            let all: Vec<HunkId> = review.hunks().map(|hunk| hunk.id).collect();
            review.decide(&all, Verdict::Rejected);
            prop_assert_eq!(preview(&review), nows.last().unwrap().clone());
        }
    }
}
