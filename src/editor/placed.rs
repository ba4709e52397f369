//! Pending hunks where they stand in a buffer, and the rows that show both: the text's own lines,
//! those a hunk would remove among them, and the lines it would add, which are not in the text.
//! What a keystroke costs depends on the number of hunks, never on the length of the text. It
//! decides nothing: verdicts are `change::Review`'s.

use super::buffer::Buffer;
use super::history::State;
use super::line_edits::LineEdit;
use crate::change::{Hunk, HunkId, Standing, Verdict};
use crate::text::{Drift, Lines, Span};

/// One row of the screen, from top to bottom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Row {
    /// A line of the text.
    Text { line: usize },
    /// A line of the text that the hunk removes.
    Removed { line: usize, hunk: HunkId, verdict: Verdict },
    /// Line `index` of what the hunk adds ([`Placed::added`]).
    Added { hunk: HunkId, index: usize, verdict: Verdict },
}

/// The hunks of one file in one version of its buffer.
#[derive(Clone, Debug)]
pub struct Placed {
    version: u64,
    /// The text they were placed in by comparing: coming back to it brings them back.
    origin: (State, Vec<Place>),
    places: Vec<Place>,
    /// Rows added by the places before each one, and in the end by all.
    added_before: Vec<usize>,
    lines: usize,
    displaced: Vec<HunkId>,
}

#[derive(Clone, Debug)]
struct Place {
    hunk: HunkId,
    /// Lines of the buffer; `None` when they were edited.
    at: Option<Span>,
    with: Lines,
    verdict: Verdict,
}

impl Place {
    fn added(&self) -> usize {
        if self.verdict == Verdict::Rejected { 0 } else { self.with.len() }
    }
}

impl Placed {
    /// Finds each hunk's place by comparing `base`, which the hunks speak of, with the text as it is.
    /// Costs the whole text unless the two are equal: for when hunks arrive or their base changes,
    /// not for every key. `hunks` are those of the buffer's file.
    pub fn new<'a>(base: &Lines, hunks: impl IntoIterator<Item = &'a Hunk>, buffer: &Buffer) -> Self {
        let drift = Drift::between(base, &buffer.snapshot());
        let place = |hunk: &Hunk| Place {
            hunk: hunk.id,
            at: (hunk.standing == Standing::Good).then(|| drift.map(hunk.replaces)).flatten(),
            with: hunk.with.clone(),
            verdict: hunk.verdict,
        };
        let places: Vec<Place> = hunks.into_iter().map(place).collect();
        let mut placed = Self {
            version: buffer.version(),
            origin: (buffer.state(), places),
            places: Vec::new(),
            added_before: Vec::new(),
            lines: 0,
            displaced: Vec::new(),
        };
        placed.arrange(placed.origin.1.clone(), buffer);
        placed
    }

    /// Follows what was typed since. A hunk whose lines, or a line next to them, were edited is
    /// displaced until the text is again what it was. `false`: too much has happened; make a new one.
    #[must_use = "when it could not follow, the places are those of an older text"]
    pub fn follow(&mut self, buffer: &Buffer) -> bool {
        if buffer.version() == self.version {
            return true;
        }
        let places = if buffer.state() == self.origin.0 {
            self.origin.1.clone()
        } else {
            let Some(edits) = buffer.line_edits_since(self.version) else { return false };
            let mut places = std::mem::take(&mut self.places);
            for edit in edits {
                places.iter_mut().for_each(|place| place.at = place.at.and_then(|at| moved(at, edit)));
            }
            places
        };
        self.version = buffer.version();
        self.arrange(places, buffer);
        true
    }

    /// Takes over the verdicts of these hunks.
    pub fn judge<'a>(&mut self, hunks: impl IntoIterator<Item = &'a Hunk>) {
        for hunk in hunks {
            let same = |place: &&mut Place| place.hunk == hunk.id;
            if let Some(place) = self.places.iter_mut().find(same) {
                place.verdict = hunk.verdict;
            }
            if let Some(place) = self.origin.1.iter_mut().find(same) {
                place.verdict = hunk.verdict;
            }
        }
        self.index();
    }

    fn arrange(&mut self, places: Vec<Place>, buffer: &Buffer) {
        self.places = places;
        // By line, the displaced ones first: they add nothing.
        self.places.sort_by_key(|place| (place.at.map(|at| (at.start(), at.end())), place.hunk));
        self.lines = buffer.lines_len();
        self.displaced = self.places.iter().filter(|p| p.at.is_none()).map(|p| p.hunk).collect();
        self.index();
    }

    fn index(&mut self) {
        let mut sum = 0;
        let before = |added: usize| {
            sum += added;
            sum - added
        };
        self.added_before =
            self.places.iter().map(|place| place.at.map_or(0, |_| place.added())).map(before).collect();
        self.added_before.push(sum);
    }

    /// Hunks whose place was edited: nobody can say where they belong now.
    pub fn displaced(&self) -> &[HunkId] {
        &self.displaced
    }

    /// The lines of the buffer that a hunk replaces; `None` when it is displaced or not of this file.
    pub fn span(&self, hunk: HunkId) -> Option<Span> {
        self.place(hunk)?.at
    }

    pub fn verdict(&self, hunk: HunkId) -> Option<Verdict> {
        Some(self.place(hunk)?.verdict)
    }

    /// Line `index` of what a hunk adds, without its ending.
    pub fn added(&self, hunk: HunkId, index: usize) -> Option<&[u8]> {
        self.place(hunk)?.with.text(index)
    }

    /// The hunk that removes `line`, or adds lines right before it.
    pub fn hunk_at(&self, line: usize) -> Option<HunkId> {
        let on = |at: Span| at.as_range().contains(&line) || (at.is_empty() && at.start() == line);
        self.places.iter().find(|place| place.at.is_some_and(on)).map(|place| place.hunk)
    }

    /// The first row of a hunk: its first removed line, else its first added one.
    pub fn row_of_hunk(&self, hunk: HunkId) -> Option<usize> {
        let index = self.places.iter().position(|place| place.hunk == hunk)?;
        let at = self.places.get(index)?.at?;
        Some(at.start() + self.added_before.get(index)?)
    }

    /// The accepted hunks as [`Buffer::splice`] takes them, for a buffer this has followed.
    pub fn accepted(&self) -> Vec<(Span, Lines)> {
        let accepted = self.places.iter().filter(|place| place.verdict == Verdict::Accepted);
        accepted.filter_map(|place| Some((place.at?, place.with.clone()))).collect()
    }

    fn place(&self, hunk: HunkId) -> Option<&Place> {
        self.places.iter().find(|place| place.hunk == hunk)
    }

    pub fn total_rows(&self) -> usize {
        self.lines + self.added_before.last().copied().unwrap_or(0)
    }

    /// Rows added by the first `places` places.
    fn added_above(&self, places: usize) -> usize {
        self.added_before.get(places).copied().unwrap_or(0)
    }

    /// Where a line of the text is shown.
    pub fn row_of_line(&self, line: usize) -> usize {
        let before = self.places.partition_point(|place| place.at.is_none_or(|at| at.end() <= line));
        line + self.added_above(before)
    }

    /// What is shown in a row; `None` below the text.
    pub fn row(&self, row: usize) -> Option<Row> {
        if row >= self.total_rows() {
            return None;
        }
        let starts = |index: usize| {
            let end = self.places.get(index).and_then(|place| place.at).map_or(0, Span::end);
            end + self.added_above(index)
        };
        let above = partition(self.places.len(), |index| starts(index) <= row);
        if let Some(last) = above.checked_sub(1)
            && let Some(place) = self.places.get(last)
            && row < starts(last) + self.added_above(above) - self.added_above(last)
        {
            return Some(Row::Added { hunk: place.hunk, index: row - starts(last), verdict: place.verdict });
        }
        let line = row - self.added_above(above);
        Some(self.text_row(line, self.places.get(above)))
    }

    fn text_row(&self, line: usize, next: Option<&Place>) -> Row {
        let removes = |place: &&Place| {
            place.verdict != Verdict::Rejected && place.at.is_some_and(|at| at.as_range().contains(&line))
        };
        match next.filter(removes) {
            Some(place) => Row::Removed { line, hunk: place.hunk, verdict: place.verdict },
            None => Row::Text { line },
        }
    }

    /// The line of the text shown in a row, or the nearest above it.
    pub fn line_of_row(&self, row: usize) -> usize {
        let row = row.min(self.total_rows().saturating_sub(1));
        match self.row(row) {
            Some(Row::Text { line } | Row::Removed { line, .. }) => line,
            Some(Row::Added { hunk, .. }) => self.span(hunk).map_or(0, |at| at.end().saturating_sub(1)),
            None => 0,
        }
    }

    /// What is shown in some rows.
    pub fn rows(&self, window: std::ops::Range<usize>) -> Vec<Row> {
        window.map_while(|row| self.row(row)).collect()
    }
}

/// Where lines stand after an edit elsewhere; `None` when it touches them.
fn moved(at: Span, edit: LineEdit) -> Option<Span> {
    if edit.old.touches(at) {
        None
    } else if edit.old.end() < at.start() {
        let start = at.start() - edit.old.len() + edit.new.len();
        Some(Span::new(start, start + at.len()))
    } else {
        Some(at)
    }
}

/// The first index for which `holds` does not, given that it holds for all before.
fn partition(len: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::super::testing::{edits, left};
    use super::super::{Command, Motion, Position};
    use super::*;
    use crate::change::FileOp;
    use crate::change::locate::Tier;
    use crate::text::RepoPath;
    use proptest::prelude::*;

    fn hunk(id: u32, start: usize, end: usize, with: &str, verdict: Verdict) -> Hunk {
        Hunk {
            id: HunkId(id),
            path: RepoPath::parse("a.rs").unwrap(),
            op: FileOp::Update,
            replaces: Span::new(start, end),
            with: with.into(),
            matched_by: Tier::Exact,
            kept: Default::default(),
            reason: None,
            standing: Standing::Good,
            verdict,
        }
    }

    fn open(text: &str) -> Buffer {
        Buffer::open(RepoPath::parse("a.rs").unwrap(), text.as_bytes())
    }

    /// What a person sees: ` ` text, `-` removed, `+` added, `*` added and accepted.
    fn drawn(placed: &Placed, buffer: &Buffer) -> Vec<String> {
        let draw = |row: &Row| match *row {
            Row::Text { line } => format!(" {}", buffer.line(line)),
            Row::Removed { line, .. } => format!("-{}", buffer.line(line)),
            Row::Added { hunk, index, verdict } => {
                let sign = if verdict == Verdict::Accepted { '*' } else { '+' };
                format!("{sign}{}", String::from_utf8_lossy(placed.added(hunk, index).unwrap()))
            }
        };
        placed.rows(0..usize::MAX).iter().map(draw).collect()
    }

    fn three() -> (Buffer, Vec<Hunk>) {
        let hunks = vec![
            hunk(0, 0, 0, "new\n", Verdict::Accepted),
            hunk(1, 2, 4, "C\nD\nE\n", Verdict::Undecided),
            hunk(2, 6, 7, "", Verdict::Undecided),
            hunk(3, 8, 9, "I\n", Verdict::Rejected),
        ];
        (open("a\nb\nc\nd\ne\nf\ng\nh\ni\n"), hunks)
    }

    #[test]
    fn hunks_are_shown_between_the_lines_they_change() {
        let (buffer, hunks) = three();
        let placed = Placed::new(&buffer.snapshot(), &hunks, &buffer);
        let expected = ["*new", " a", " b", "-c", "-d", "+C", "+D", "+E", " e", " f", "-g", " h", " i", " "];
        assert_eq!(drawn(&placed, &buffer), expected);
        assert_eq!(placed.total_rows(), expected.len());
        let rows: Vec<_> = (0..buffer.lines_len()).map(|line| placed.row_of_line(line)).collect();
        assert_eq!(rows, [1, 2, 3, 4, 8, 9, 10, 11, 12, 13]);
        assert_eq!((placed.line_of_row(0), placed.line_of_row(6), placed.line_of_row(99)), (0, 3, 9));
        assert_eq!(placed.row_of_hunk(HunkId(1)), Some(3));
        assert_eq!(placed.row_of_hunk(HunkId(2)), Some(10));
        assert_eq!((placed.hunk_at(3), placed.hunk_at(4)), (Some(HunkId(1)), None));
    }

    #[test]
    fn a_hunk_may_stand_behind_the_last_line() {
        let buffer = open("a");
        let hunks = [hunk(0, 0, 1, "a\nb\n", Verdict::Undecided)];
        let placed = Placed::new(&buffer.snapshot(), &hunks, &buffer);
        assert_eq!(drawn(&placed, &buffer), ["-a", "+a", "+b"]);
        let empty = open("");
        let hunks = [hunk(0, 0, 0, "b\n", Verdict::Undecided)];
        let placed = Placed::new(&empty.snapshot(), &hunks, &empty);
        assert_eq!(drawn(&placed, &empty), ["+b", " "]);
    }

    #[test]
    fn a_verdict_changes_what_is_shown() {
        let (buffer, mut hunks) = three();
        let mut placed = Placed::new(&buffer.snapshot(), &hunks, &buffer);
        hunks[1].verdict = Verdict::Rejected;
        placed.judge(&hunks);
        let expected = ["*new", " a", " b", " c", " d", " e", " f", "-g", " h", " i", " "];
        assert_eq!(drawn(&placed, &buffer), expected);
        assert_eq!(placed.accepted(), [(Span::new(0, 0), "new\n".into())]);
    }

    #[test]
    fn typing_elsewhere_moves_them_and_typing_there_displaces() {
        let (mut buffer, hunks) = three();
        let mut placed = Placed::new(&buffer.snapshot(), &hunks, &buffer);
        let _ = buffer.run(Command::Move(Motion::Line(5), false));
        assert!(edits(&mut buffer, Command::Insert("x\ny\n".into())));
        assert!(placed.follow(&buffer));
        assert_eq!(placed.span(HunkId(1)), Some(Span::new(2, 4)));
        assert_eq!(placed.span(HunkId(2)), Some(Span::new(8, 9)));
        let _ = buffer.run(Command::Move(Motion::Line(3), false));
        assert!(edits(&mut buffer, Command::Insert("d".into())));
        assert!(placed.follow(&buffer));
        assert_eq!(placed.displaced(), [HunkId(1)]);
        let expected = ["*new", " a", " b", " c", " dd", " e", " x", " y", " f", "-g", " h", " i", " "];
        assert_eq!(drawn(&placed, &buffer), expected);
        assert_eq!(placed.row_of_line(0), 1);
        while edits(&mut buffer, Command::Undo) {}
        assert!(placed.follow(&buffer));
        assert!(placed.displaced().is_empty());
    }

    #[test]
    fn landing_leaves_nothing_pending_and_can_be_undone() {
        let (mut buffer, mut hunks) = three();
        hunks.iter_mut().for_each(|hunk| hunk.verdict = Verdict::Accepted);
        let base = buffer.snapshot();
        let placed = Placed::new(&base, &hunks, &buffer);
        let _ = buffer.run(Command::Select(Position::new(4, 0), Position::new(4, 1)));
        assert!(buffer.splice(&placed.accepted()).edited());
        assert_eq!(buffer.bytes(), b"new\na\nb\nC\nD\nE\ne\nf\nh\nI\n");
        assert_eq!(buffer.selected_text(), "e");
        assert!(edits(&mut buffer, Command::Undo));
        assert_eq!(buffer.bytes(), base.bytes());
    }

    #[test]
    fn one_that_fell_too_far_behind_says_so() {
        let (mut buffer, hunks) = three();
        let mut placed = Placed::new(&buffer.snapshot(), &hunks, &buffer);
        let _ = buffer.run(left(false));
        for _ in 0..600 {
            assert!(edits(&mut buffer, Command::Insert("x".into())));
        }
        assert!(!placed.follow(&buffer));
    }

    proptest! {
        #[test]
        fn following_never_disagrees_with_comparing(
            at in 0usize..9, typed in prop_oneof![Just("x"), Just("q\n"), Just("\n"), Just("q\nr\n"), Just("")]
        ) {
            let (mut buffer, hunks) = three();
            let base = buffer.snapshot();
            let mut followed = Placed::new(&base, &hunks, &buffer);
            let _ = buffer.run(Command::Move(Motion::Line(at), false));
            let command = if typed.is_empty() { Command::DeleteLine } else { Command::Insert(typed.into()) };
            let _ = buffer.run(command);
            prop_assert!(followed.follow(&buffer));
            let compared = Placed::new(&base, &hunks, &buffer);
            for hunk in &hunks {
                let (one, other) = (followed.span(hunk.id), compared.span(hunk.id));
                prop_assert!(one == other || one.is_none() || other.is_none(), "{one:?} {other:?}");
            }
        }

        #[test]
        fn every_line_has_its_row(
            parts in proptest::collection::vec((0usize..4, 0usize..3, 0usize..4, 0u8..3), 0..8)
        ) {
            let mut line = 0;
            let mut hunks = Vec::new();
            for (id, (gap, len, added, verdict)) in parts.into_iter().enumerate() {
                let start = line + gap + 1;
                line = start + len;
                let verdict = [Verdict::Undecided, Verdict::Accepted, Verdict::Rejected][usize::from(verdict)];
                hunks.push(hunk(u32::try_from(id).unwrap(), start, line, &"n\n".repeat(added), verdict));
            }
            let buffer = open(&"x\n".repeat(line + 2));
            let placed = Placed::new(&buffer.snapshot(), &hunks, &buffer);
            let rows = placed.rows(0..usize::MAX);
            prop_assert_eq!(rows.len(), placed.total_rows());
            let mut shown = Vec::new();
            for (at, row) in rows.iter().enumerate() {
                if let Row::Text { line } | Row::Removed { line, .. } = *row {
                    prop_assert_eq!(placed.row_of_line(line), at);
                    prop_assert_eq!(placed.line_of_row(at), line);
                    shown.push(line);
                }
            }
            prop_assert_eq!(shown, (0..buffer.lines_len()).collect::<Vec<_>>());
        }
    }
}
