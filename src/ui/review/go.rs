//! Moving through the review: by line, hunk, file, to what is undecided, to what is searched for; and
//! what is shown of it.

use super::super::app::{App, Focus, Out};
use super::super::keymap::Action;
use super::super::theme::Paint;
use super::look::{Filter, Plan};
use super::row::Row;
use crate::change::reading::Order;
use crate::change::{Atom, Hunk, HunkId, Review, Verdict};
use crate::text::safe;

/// Rows kept in sight above and below the reader's.
const MARGIN: usize = 2;

/// Most lines that are shown around a hunk.
const CONTEXT: usize = 200;

impl App {
    pub(super) fn move_in_review(&mut self, action: Action) -> Vec<Out> {
        match action {
            Action::ScrollDown => self.go_rows(1),
            Action::ScrollUp => self.go_rows(-1),
            Action::Page { down, .. } => {
                let page = isize::try_from(self.review.window.0.saturating_sub(2).max(1)).unwrap_or(1);
                self.go_rows(if down { page } else { -page });
            }
            Action::ScrollLeft => self.scroll_aside(false),
            Action::ScrollRight => self.scroll_aside(true),
            Action::GoDifference => self.go_to_difference(),
            Action::GoTop => self.go_to_row(0),
            Action::GoBottom => self.go_to_row(self.review.sheet.rows().saturating_sub(1)),
            Action::NextHunk => self.step(true),
            Action::PreviousHunk => self.step(false),
            Action::NextFile => self.step_file(true),
            Action::PreviousFile => self.step_file(false),
            Action::NextUndecided => self.go_to_undecided(),
            Action::FindNext => self.find_in_review(true),
            Action::FindPrevious => self.find_in_review(false),
            Action::Fold => self.turn_fold(),
            Action::Beside => self.look_beside(),
            Action::MoreContext => self.show_context(2),
            Action::LessContext => self.show_context(-2),
            Action::Filter => self.next_filter(),
            Action::Detail => self.next_detail(),
            Action::Order => self.next_order(),
            _ => {}
        }
        Vec::new()
    }

    fn go_rows(&mut self, rows: isize) {
        self.go_to_row(self.review.row.saturating_add_signed(rows));
    }

    /// Puts the reader on a row, or on the nearest one that a range can take in.
    pub(super) fn go_to_row(&mut self, row: usize) {
        let row = row.min(self.review.sheet.rows().saturating_sub(1));
        if self.review.range.is_some() {
            let inside = self.review.at.and_then(|at| self.review.sheet.extent(at));
            if inside.is_some_and(|inside| !inside.contains(&row)) {
                return;
            }
        }
        self.review.row = row;
        if self.review.range.is_none() {
            self.review.at = self.review.sheet.hunk_of(row);
        }
        self.keep_in_sight();
    }

    /// Scrolls no further than it must.
    pub(super) fn keep_in_sight(&mut self) {
        let reviewing = &mut self.review;
        let (height, rows) = (reviewing.window.0.max(1), reviewing.sheet.rows());
        reviewing.row = reviewing.row.min(rows.saturating_sub(1));
        let margin = MARGIN.min((height - 1) / 2);
        // Above the head of a hunk there are as many rows as the hunk leaves.
        let hunk = reviewing.at.and_then(|at| reviewing.sheet.extent(at));
        let hunk = hunk.filter(|hunk| hunk.start == reviewing.row);
        let above = hunk.map_or(margin, |hunk| margin.min(height.saturating_sub(hunk.len())));
        let least = (reviewing.row + margin + 1).saturating_sub(height);
        let most = reviewing.row.saturating_sub(above);
        reviewing.top = reviewing.top.clamp(least.min(most), most).min(rows.saturating_sub(height));
    }

    /// Half a window to the side; long lines say where they are cut.
    fn scroll_aside(&mut self, right: bool) {
        let step = (self.review.window.1 / 2).max(1);
        let left = self.review.left;
        self.review.left = if right { left + step } else { left.saturating_sub(step) };
    }

    /// Scrolls so far to the side that the first differing words of the reader's line are in sight: of
    /// the hunk's first line that has some, when the reader is at none.
    fn go_to_difference(&mut self) {
        let Some(review) = self.session.turn().map(|turn| turn.review()) else { return };
        let Some(hunk) = self.review.at.and_then(|at| review.hunk(at)) else { return };
        let words = self.review.polish(&hunk.path).and_then(|polish| polish.words(hunk.id));
        let Some(words) = words else {
            self.say(Paint::Warn, "no words are marked here");
            return;
        };
        let marked = |atom: usize| {
            let (old, line) = match review.atom(hunk, atom)? {
                Atom::Old(line) => (true, line),
                Atom::New { line, .. } => (false, line),
            };
            let ranges = if old { words.old.get(&line) } else { words.new.get(&line) };
            let start = ranges?.first()?.start;
            let base = review.base(&hunk.path).and_then(|base| base.text.as_ref());
            let text = if old { base?.text(hunk.replaces.start() + line)? } else { hunk.with.text(line)? };
            let ahead = std::str::from_utf8(text.get(..start)?).ok()?;
            Some(safe::cells(ahead, self.tab).map(|cell| cell.width).sum::<usize>())
        };
        let here = self.review.atom_at(review, self.review.row);
        let column = match here {
            Some(atom) => marked(atom),
            None => (0..review.weight(hunk)).find_map(marked),
        };
        match column {
            // A third of the window before it tells where it is.
            Some(column) => self.review.left = column.saturating_sub(self.review.window.1 / 3),
            None => self.say(Paint::Warn, "no words are marked in this line"),
        }
    }

    fn step(&mut self, down: bool) {
        let ids: Vec<HunkId> = self.review.sheet.order().collect();
        let at = self.review.at.and_then(|at| ids.iter().position(|id| *id == at));
        let to = match (at, down) {
            (None, _) => ids.first(),
            (Some(at), true) => ids.get(at + 1),
            (Some(at), false) => at.checked_sub(1).and_then(|at| ids.get(at)),
        };
        if let Some(to) = to.copied() {
            self.go_to_hunk(to);
        }
    }

    fn step_file(&mut self, down: bool) {
        let Some(review) = self.session.turn().map(|turn| turn.review()) else { return };
        let shown: Vec<&Hunk> = self.review.sheet.indices().filter_map(|at| review.hunk_at(at)).collect();
        let Some(at) = shown.iter().position(|hunk| Some(hunk.id) == self.review.at) else { return };
        let Some(here) = shown.get(at).map(|hunk| &hunk.path) else { return };
        let to = if down {
            shown.iter().skip(at).find(|hunk| hunk.path != *here)
        } else {
            // The first hunk of the run that the one before this run is in.
            let first = shown.iter().take(at).rposition(|hunk| hunk.path != *here);
            first.and_then(|last| {
                let path = &shown.get(last)?.path;
                let start = shown.iter().take(last).rposition(|hunk| hunk.path != *path);
                shown.get(start.map_or(0, |before| before + 1))
            })
        };
        if let Some(to) = to.map(|hunk| hunk.id) {
            self.go_to_hunk(to);
        }
    }

    /// The next undecided hunk below, else the first one above; stays when there is none.
    pub(super) fn go_to_undecided(&mut self) {
        self.settle_review();
        let Some(turn) = self.session.turn() else { return };
        let undecided: std::collections::BTreeSet<HunkId> = turn
            .review()
            .hunks()
            .filter(|hunk| hunk.verdict == Verdict::Undecided)
            .map(|hunk| hunk.id)
            .collect();
        let ids: Vec<HunkId> = self.review.sheet.order().collect();
        let at = ids.iter().position(|id| Some(*id) == self.review.at).unwrap_or(0);
        let next = ids.iter().skip(at).chain(ids.iter().take(at)).find(|id| undecided.contains(id)).copied();
        if let Some(next) = next {
            self.go_to_hunk(next);
        }
    }

    /// After the review changed: the hunk under review must be one that exists.
    pub(in crate::ui) fn stay_on_a_hunk(&mut self) {
        self.review.range = None;
        let Some(turn) = self.session.turn() else { return };
        if self.review.at.is_some_and(|at| turn.review().hunk(at).is_some()) {
            return;
        }
        self.review.at = turn.review().hunks().next().map(|hunk| hunk.id);
        if self.focus == Focus::Review {
            self.settle_review();
            let row = self.review.row;
            let near = self.review.sheet.hunk_of(row).or(self.review.at);
            if let Some(near) = near {
                self.go_to_hunk(near);
            }
        }
    }

    /// Shows a hunk, as much of it as there is room for. The window moves only if it must.
    pub(in crate::ui) fn go_to_hunk(&mut self, id: HunkId) {
        self.review.at = Some(id);
        self.review.range = None;
        self.settle_review();
        let Some(extent) = self.review.sheet.extent(id) else { return };
        let height = self.review.window.0.max(1);
        self.review.left = 0;
        self.review.row = extent.start;
        let top = self.review.top;
        let shown = top <= extent.start && extent.end <= top + height;
        if !shown {
            // Its name, a line above it, and the rest below.
            let room = height.saturating_sub(extent.len().min(height));
            self.review.top = extent.start.saturating_sub((room / 3).max(1).min(room));
        }
        self.keep_in_sight();
    }

    /// Puts a changed line of the hunk at the top.
    pub(super) fn show_atom(&mut self, id: HunkId, atom: usize) {
        let row = self.session.turn().and_then(|turn| self.review.sheet.row_of(turn.review(), id, atom));
        if let Some(row) = row {
            let rows = self.review.sheet.rows();
            self.review.row = (row + MARGIN).min(rows.saturating_sub(1));
            self.review.top = row.min(rows.saturating_sub(self.review.window.0));
        }
    }

    fn turn_fold(&mut self) {
        let Some(at) = self.review.at else { return };
        let look = &mut self.review.look;
        let decided = self.session.turn().and_then(|turn| turn.review().hunk(at));
        let decided = decided.is_some_and(|hunk| hunk.verdict != Verdict::Undecided);
        // What is folded inside of a hunk that is open comes before the hunk itself.
        let set = match self.review.sheet.has_folds(at) && !decided {
            true => &mut look.opened,
            false => &mut look.turned,
        };
        if !set.remove(&at) {
            set.insert(at);
        }
        self.review.changed();
        self.go_to_hunk(at);
    }

    /// Opens a hunk that is folded.
    pub(super) fn unfold(&mut self, id: HunkId) {
        if !self.review.sheet.is_folded(id) {
            return;
        }
        let turned = &mut self.review.look.turned;
        if !turned.remove(&id) {
            turned.insert(id);
        }
        self.review.changed();
        self.settle_review();
    }

    /// Another order, worked out now: hunks that come later go to the end.
    fn next_order(&mut self) {
        let Some(reading) = &self.review.reading else {
            self.say(Paint::Warn, "the hunks are still being read; try again in a moment");
            return;
        };
        let by = self.review.by.map_or(Order::Reading, Order::next);
        self.review.by = Some(by);
        self.review.order = match by {
            Order::File => None,
            by => Some(reading.order(by)),
        };
        self.review.changed();
        self.say(Paint::Text, by.words());
        if let Some(at) = self.review.at {
            self.go_to_hunk(at);
        }
    }

    fn look_beside(&mut self) {
        self.review.look.beside = !self.review.look.beside;
        self.review.range = None;
        self.review.changed();
        let words = if self.review.look.beside { "side by side" } else { "one below the other" };
        self.say(Paint::Text, words);
    }

    fn show_context(&mut self, more: isize) {
        let context = self.review.look.context.saturating_add_signed(more).min(CONTEXT);
        // The steps grow with what is shown: the whole function is a few keys away.
        let context = if more > 0 { context.max(self.review.look.context * 3 / 2) } else { context };
        self.review.look.context = context;
        self.review.changed();
        self.say(Paint::Text, format!("{context} lines around each hunk"));
    }

    fn next_detail(&mut self) {
        let detail = self.review.look.detail.next();
        self.review.look.detail = detail;
        self.review.changed();
        self.settle_review();
        if let Some(at) = self.review.at {
            self.go_to_hunk(at);
        }
        self.say(Paint::Text, detail.words());
    }

    /// The next filter that shows anything; one that shows nothing is passed over, and said to.
    fn next_filter(&mut self) {
        let Some(turn) = self.session.turn() else { return };
        let reviewing = &self.review;
        let plan = Plan {
            look: &reviewing.look,
            order: None,
            reading: reviewing.reading.as_ref(),
            marks: &reviewing.marks,
            window: reviewing.window,
        };
        let count = |filter: Filter| match filter {
            Filter::Refused => turn.refusals().len(),
            other => other.count(turn.review(), &plan),
        };
        let (mut filter, mut none) = (reviewing.look.filter.next(), Vec::new());
        while filter != Filter::All && count(filter) == 0 {
            none.extend(filter.word());
            filter = filter.next();
        }
        let passed =
            if none.is_empty() { String::new() } else { format!(" (none {})", none.join(", none ")) };
        let words = match filter {
            Filter::All => format!("{}{passed}", filter.words()),
            Filter::Refused => format!("{}: {}{passed}", filter.words(), count(filter)),
            other => format!("{}: {} of {}{passed}", other.words(), count(other), count(Filter::All)),
        };
        self.review.look.filter = filter;
        self.review.changed();
        self.settle_review();
        self.say(Paint::Text, words);
        if let Some(near) = self.review.sheet.hunk_of(self.review.row) {
            self.go_to_hunk(near);
        }
    }

    /// The next line of a hunk, or name of a file, that holds what is searched for.
    pub(super) fn find_in_review(&mut self, forward: bool) {
        if self.review.query.is_empty() {
            self.say(Paint::Warn, "nothing is searched for; / asks");
            return;
        }
        let Some(review) = self.session.turn().map(|turn| turn.review()) else { return };
        let hunks: Vec<&Hunk> = self.review.sheet.indices().filter_map(|at| review.hunk_at(at)).collect();
        let at = hunks.iter().position(|hunk| Some(hunk.id) == self.review.at).unwrap_or(0);
        let here = self.review.atom_at(review, self.review.row);
        let needle = Needle::new(&self.review.query);
        let turned: Box<dyn Iterator<Item = usize>> = match forward {
            true => Box::new((at..hunks.len()).chain(0..=at)),
            false => Box::new((0..=at).rev().chain((at..hunks.len()).rev())),
        };
        let mut first = true;
        let mut found = None;
        for index in turned {
            let Some(hunk) = hunks.get(index) else { continue };
            let beyond = std::mem::take(&mut first).then_some(here).flatten();
            if let Some(atom) = needle.within(review, hunk, beyond, forward) {
                found = Some((hunk.id, atom));
                break;
            }
        }
        match found {
            None => self.say(Paint::Warn, "not found in the changed lines"),
            Some((id, atom)) => {
                self.unfold(id);
                self.go_to_hunk(id);
                let row =
                    self.session.turn().and_then(|turn| self.review.sheet.row_of(turn.review(), id, atom));
                if let Some(row) = row {
                    self.review.row = row;
                    self.keep_in_sight();
                }
            }
        }
    }

    /// The path and line of the row the reader is at, for the editor.
    pub(super) fn place_in_file(&self) -> Option<(crate::text::RepoPath, usize)> {
        let review = self.session.turn()?.review();
        let hunk = review.hunk(self.review.at?)?;
        let new = self.review.sheet.new_start(hunk.id);
        let line = match self.review.sheet.row(review, self.review.row) {
            Some(Row::New { new: changed, .. }) => new + changed.line,
            _ => new,
        };
        Some((hunk.path.clone(), line))
    }
}

/// What is searched for. Capitals count only where the query has some.
struct Needle {
    bytes: Vec<u8>,
    exact: bool,
}

impl Needle {
    fn new(query: &str) -> Self {
        Self { bytes: query.as_bytes().to_vec(), exact: query.chars().any(char::is_uppercase) }
    }

    fn is_in(&self, line: &[u8]) -> bool {
        let len = self.bytes.len();
        line.len() >= len
            && line.windows(len).any(|window| match self.exact {
                true => window == self.bytes,
                false => window.eq_ignore_ascii_case(&self.bytes),
            })
    }

    /// The first changed line that holds it, after (or before) `beyond`.
    fn within(&self, review: &Review, hunk: &Hunk, beyond: Option<usize>, forward: bool) -> Option<usize> {
        let base = review.base(&hunk.path).and_then(|base| base.text.as_ref());
        let mut hits = Vec::new();
        let mut atom = 0;
        for part in review.parts(hunk).iter() {
            for line in part.old.as_range() {
                let text = base.and_then(|base| base.get(hunk.replaces.start() + line));
                hits.extend(text.is_some_and(|text| self.is_in(text)).then_some(atom));
                atom += 1;
            }
            for line in part.new.as_range() {
                hits.extend(hunk.with.get(line).is_some_and(|text| self.is_in(text)).then_some(atom));
                atom += 1;
            }
        }
        match (forward, beyond) {
            (true, beyond) => hits.into_iter().find(|hit| beyond.is_none_or(|beyond| *hit > beyond)),
            (false, beyond) => hits.into_iter().rev().find(|hit| beyond.is_none_or(|beyond| *hit < beyond)),
        }
    }
}
