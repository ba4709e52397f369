//! The rows of the review: a file's name, a hunk's head, lines that stay, go and come.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::layout::Rect;

use super::super::app::App;
use super::super::review::{Below, Changed, Detail, Filter, Row};
use super::super::theme::Paint;
use super::draw::{Ink, Pen};
use super::hunks::sign;
use super::{hand, tree};
use crate::change::{FileOp, Hunk, Review, Standing, Verdict};
use crate::session::{Phase, Polish, Turn};
use crate::text::highlight::Class;
use crate::text::{LineEnding, look_alikes, safe, trim_ending};

type Layer = Vec<(Range<usize>, Paint)>;

/// Narrower windows have no map at their edge.
const MAP_FROM: u16 = 50;

/// Windows from this width show the numbers of both texts beside each other.
const TWO_NUMBERS_FROM: u16 = 82;

/// Draws the window of the sheet.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    if let Some(hand) = &app.review.hand {
        return Some(hand::draw(app, hand, pen, area));
    }
    let turn = app.session.turn()?;
    let review = turn.review();
    let sheet = &app.review.sheet;
    // The column is kept free also while there is nothing to map: what arrives then moves nothing.
    let column = area.width >= MAP_FROM;
    let mapped = column && sheet.rows() > usize::from(area.height);
    let rows = Rect { width: area.width - u16::from(column), ..area };
    let range = app.review.range_at(review);
    let two = area.width >= TWO_NUMBERS_FROM && !sheet.is_beside();
    let mut painter = Painter { app, review, pen, area: rows, range, two };
    for y in 0..area.height {
        match sheet.row(review, app.review.top + usize::from(y)) {
            Some(row) => painter.row(y, row),
            None => break,
        }
    }
    if sheet.rows() == 0 {
        for (y, (paint, words)) in (1..).zip(nothing(app, turn)) {
            pen.text_at(area, 2, y, paint, words);
        }
    }
    if mapped {
        tree::map(app, review, pen, Rect { x: area.right() - 1, width: 1, ..area });
    }
    None
}

/// What is said where there is no row.
fn nothing(app: &App, turn: &Turn) -> Vec<(Paint, &'static str)> {
    let none_at_all = turn.review().hunks().next().is_none();
    match turn.phase() {
        Phase::Gathering | Phase::Waiting => {
            vec![(Paint::Dim, "hunks appear here while the model still talks")]
        }
        Phase::Streaming => vec![(Paint::Dim, "no hunk is finished yet")],
        _ if none_at_all => vec![(Paint::Dim, "there is nothing to review; q leaves")],
        _ if app.review.look.filter != Filter::All => {
            vec![(Paint::Dim, "no hunk is left that this filter shows; f goes on to the next")]
        }
        _ => Vec::new(),
    }
}

struct Painter<'a, 'b, 'c> {
    app: &'a App,
    review: &'a Review,
    pen: &'b mut Pen<'c>,
    area: Rect,
    range: Option<std::ops::RangeInclusive<usize>>,
    /// Numbers of both texts stand before each line.
    two: bool,
}

impl Painter<'_, '_, '_> {
    fn row(&mut self, y: u16, row: Row) {
        let here = self.app.review.top + usize::from(y) == self.app.review.row;
        match row {
            Row::Blank => {}
            Row::File(file) => self.file(y, file),
            Row::Remark(at) => self.remark(y, at),
            Row::RefusedHead => {
                let words = "refused, nothing of it was taken (F4 shows the whole answer):";
                self.pen.text_at(self.area, 1, y, Paint::Title, words);
            }
            Row::Refused(at) => {
                let words = self.app.review.sheet.refused().get(at).map_or("", String::as_str);
                self.pen.text_at(self.area, 3, y, Paint::Warn, words);
            }
            Row::Head { hunk, folded } => self.head(y, hunk, folded),
            Row::Fold { hunk, fold } => self.fold(y, hunk, fold),
            Row::Label { hunk, below } => self.label(y, hunk, below),
            Row::Saw { hunk, line } => self.saw(y, hunk, line),
            Row::Same { hunk, line } => self.same(y, hunk, line),
            Row::Old { hunk, old } => self.changed(y, self.area, hunk, Some(old), true),
            Row::New { hunk, new } => self.changed(y, self.area, hunk, Some(new), false),
            Row::Both { hunk, old, new } => {
                let (left, right) = self.halves(y);
                self.changed(y, left, hunk, old, true);
                self.changed(y, right, hunk, new, false);
            }
        }
        if here {
            self.pen.text(self.area, y, Paint::Prompt, "▶");
        }
    }

    fn file(&mut self, y: u16, at: usize) {
        let Some(file) = self.app.review.sheet.files().get(at) else { return };
        let row = Rect { y: self.area.y + y, height: 1, ..self.area };
        self.pen.fill(row, Paint::Bar);
        let progress = format!(" {} ", tree::progress(file));
        let room = usize::from(row.width).saturating_sub(safe::width(&progress) + 1);
        self.pen.text_right(row, 0, Paint::Bar, &progress);
        let name = safe::line(file.path.as_str());
        self.pen.text_at(row, 1, 0, Paint::BarKey, &tree::tail(&name, room));
    }

    fn remark(&mut self, y: u16, at: usize) {
        let remark = self.app.session.turn().and_then(|turn| turn.remarks().get(at));
        let Some(remark) = remark else { return };
        let column = self.pen.text_at(self.area, 1, y, Paint::Warn, "◇ ");
        let column = self.pen.text_at(self.area, column, y, Paint::Text, &remark.name);
        self.pen.text_at(self.area, column, y, Paint::Dim, &format!(": {}", safe::line(&remark.words)));
    }

    /// A hunk's own row: how it stands, where it is, how large, what is to be minded, and why.
    fn head(&mut self, y: u16, index: usize, folded: bool) {
        let review = self.review;
        let Some(hunk) = review.hunk_at(index) else { return };
        let reviewed = self.app.review.at == Some(hunk.id);
        if reviewed {
            self.pen.text(self.area, y, Paint::Prompt, "▌");
        }
        let paint = match (hunk.verdict, &hunk.standing) {
            (_, Standing::Conflict) => Paint::Warn,
            (Verdict::Accepted, _) => Paint::Good,
            (Verdict::Rejected, _) => Paint::Dim,
            (Verdict::Undecided, _) if reviewed => Paint::Prompt,
            (Verdict::Undecided, _) => Paint::Title,
        };
        let fold = if folded { " ▸" } else { "" };
        let words = format!("{} {}  {}{fold}", sign(hunk), place(hunk), size(review, hunk));
        let mut column = self.pen.text_at(self.area, 1, y, paint, &words);
        if let Some(scope) = self.app.review.polish(&hunk.path).and_then(|polish| polish.scope(hunk.id)) {
            column = self.pen.text_at(self.area, column, y, Paint::Dim, &format!("  {}", safe::line(scope)));
        }
        for (paint, words) in self.warnings(hunk) {
            column = self.pen.text_at(self.area, column, y, paint, &format!("  ⚠ {}", safe::line(&words)));
        }
        let about = self.about(hunk);
        if !about.is_empty() {
            self.pen.text_at(self.area, column, y, Paint::Dim, &format!("  {}", safe::line(&about)));
        }
    }

    /// What is to be minded, the worst first.
    fn warnings(&self, hunk: &Hunk) -> Vec<(Paint, String)> {
        let reviewing = &self.app.review;
        let mut words = Vec::new();
        if reviewing.marks.is_lost(hunk.id) {
            words.push((Paint::Warn, "changed since you decided it".to_owned()));
        }
        if reviewing.marks.breaks(hunk.id) {
            words.push((Paint::Bad, "with it the file does not parse any more".to_owned()));
        }
        let risks = reviewing.reading.as_ref().map_or(&[][..], |reading| reading.risks(hunk.id));
        if let [first, rest @ ..] = risks {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more (i)", rest.len()) };
            words.push((Paint::Warn, format!("{}{more}", first.words())));
        }
        words
    }

    /// What there is to say of a hunk in a few words.
    fn about(&self, hunk: &Hunk) -> String {
        let note = self.review.note(hunk.id);
        let mut words: Vec<String> = Vec::new();
        if hunk.standing == Standing::Conflict {
            words.push("the file changed at this place".into());
        }
        if self.app.review.polish(&hunk.path).is_some_and(|polish| polish.is_of_endings(hunk.id)) {
            words.push("only the line endings change".into());
        }
        if self.app.session.revising().is_some_and(|(at, _)| at == hunk.id) {
            words.push("the model is revising it".into());
        }
        if note.is_some_and(|note| note.by_hand) {
            words.push("edited by hand".into());
        }
        if note.is_some_and(|note| note.revised > 0) {
            words.push("revised".into());
        }
        words.extend(note.and_then(|note| note.comment.as_ref()).map(|comment| format!("“{comment}”")));
        words.extend(hunk.reason.clone());
        words.join(" · ")
    }

    fn fold(&mut self, y: u16, index: usize, at: usize) {
        let Some(hunk) = self.review.hunk_at(index) else { return };
        let folds = self.app.review.reading.as_ref().map_or(&[][..], |reading| reading.folds(hunk.id));
        let Some(fold) = folds.get(at) else { return };
        let column = self.sign_column();
        // It is read as far as one likes, as any line.
        let words = safe::line(&format!("≡ {}", fold.words()));
        let area =
            Rect { x: self.area.x + column, width: self.area.width.saturating_sub(column), ..self.area };
        self.pen.line(area, y, &words, &self.ink(Some(Paint::Settled), &[], &[]));
    }

    fn label(&mut self, y: u16, index: usize, below: Below) {
        let Some(hunk) = self.review.hunk_at(index) else { return };
        let column = self.sign_column();
        let words = match below {
            Below::Saw if hunk.op == FileOp::Create => "the author saw no such file",
            Below::Saw => "the author saw:",
            Below::Now => "there now (-) and proposed (+); y takes it up, n keeps mine, e edits:",
        };
        self.pen.text_at(self.area, column, y, Paint::Warn, words);
    }

    /// A line that the author of a hunk in conflict saw.
    fn saw(&mut self, y: u16, index: usize, line: usize) {
        let Some(saw) = self.review.hunk_at(index).and_then(|hunk| self.review.saw(hunk)) else { return };
        let shown = printable(saw.text(line).unwrap_or_default()).into_owned();
        let column = self.sign_column();
        self.pen.text_at(self.area, column, y, Paint::Warn, "?");
        let ink = self.ink(Some(Paint::Settled), &[], &[]);
        let area = self.text_area(self.area);
        self.pen.line(area, y, &shown, &ink);
    }

    fn same(&mut self, y: u16, index: usize, line: usize) {
        let review = self.review;
        let Some(hunk) = review.hunk_at(index) else { return };
        let base = review.base(&hunk.path).and_then(|base| base.text.as_ref());
        let text = base.and_then(|base| base.text(line)).unwrap_or_default();
        let shown = printable(text);
        let polish = self.app.review.polish(&hunk.path);
        let classes = polish.map_or(&[][..], |polish| polish.of_old(line));
        let ink = self.ink(None, plain(&shown, text, classes), &[]);
        let (old, new) = (Some(line + 1), Some(self.in_new(hunk, line) + 1));
        let areas = if self.is_beside() { self.halves(y) } else { (self.area, Rect::default()) };
        for (area, numbers) in
            [(areas.0, if self.is_beside() { [old, None] } else { [old, new] }), (areas.1, [None, new])]
        {
            if area.width > 0 {
                self.gutter(area, y, numbers, ' ', Paint::Gutter);
                let area = self.text_area(area);
                self.pen.line(area, y, &shown, &ink);
            }
        }
    }

    /// The line of the new text that a line of the old one is, hunks before it made.
    fn in_new(&self, hunk: &Hunk, line: usize) -> usize {
        let (start, first) = (self.app.review.sheet.new_start(hunk.id), hunk.replaces.start());
        let Some(inside) = line.checked_sub(first) else { return (start + line).saturating_sub(first) };
        let parts = self.review.parts(hunk);
        let before = parts.iter().filter(|part| part.old.end() <= inside);
        before.fold(start + inside, |line, part| (line + part.new.len()).saturating_sub(part.old.len()))
    }

    fn is_beside(&self) -> bool {
        self.app.review.sheet.is_beside()
    }

    /// A line that goes (`old`) or comes; nothing but a ground where the other side has more lines.
    fn changed(&mut self, y: u16, area: Rect, index: usize, changed: Option<Changed>, old: bool) {
        let review = self.review;
        let (Some(hunk), Some(changed)) = (review.hunk_at(index), changed) else { return };
        let base = review.base(&hunk.path).and_then(|base| base.text.as_ref());
        let (bytes, number, sign, paint) = if old {
            let line = hunk.replaces.start() + changed.line;
            (base.and_then(|base| base.get(line)), line + 1, '-', Paint::Bad)
        } else {
            let start = self.app.review.sheet.new_start(hunk.id);
            (hunk.with.get(changed.line), start + changed.line + 1, '+', Paint::Good)
        };
        let bytes = bytes.unwrap_or_default();
        let text = trim_ending(bytes);
        let shown = printable(text);
        let polish = self.app.review.polish(&hunk.path);
        let (mut words, classes) = marks(polish, hunk, changed.line, number, old);
        if shown.len() != text.len() || self.app.review.look.detail == Detail::Lines {
            words.clear();
        }
        let blanks = if old { Layer::new() } else { odd(&shown) };
        let picked = self.range.as_ref().is_some_and(|range| range.contains(&changed.atom))
            && self.app.review.at == Some(hunk.id);
        let chosen: Layer =
            if picked { vec![(0..shown.len().max(1), Paint::Selection)] } else { Layer::new() };
        let ground = if old { Paint::Removed } else { Paint::Added };
        let sign = if picked { '▐' } else { sign };
        let numbers = if old { [Some(number), None] } else { [None, Some(number)] };
        self.gutter(area, y, numbers, sign, paint);
        let layers: [&[(Range<usize>, Paint)]; 3] = [&words, &blanks, &chosen];
        let ink = self.ink(Some(ground), plain(&shown, text, classes), &layers);
        let area = self.text_area(area);
        let end = self.pen.line(area, y, &shown, &ink);
        if let Some(note) = odd_ending(bytes, polish) {
            self.pen.text_at(area, end, y, Paint::Mark, note);
        }
    }

    fn ink<'i>(
        &self,
        ground: Option<Paint>,
        syntax: &'i [(Range<usize>, Class)],
        layers: &'i [&'i [(Range<usize>, Paint)]],
    ) -> Ink<'i> {
        Ink { ground, syntax, layers, tab: self.app.tab, left: self.app.review.left }
    }

    /// The numbers of a line in the old and in the new text, or one of them, and its sign.
    fn gutter(&mut self, area: Rect, y: u16, numbers: [Option<usize>; 2], sign: char, paint: Paint) {
        let digits = self.app.review.sheet.digits();
        let shown = |number: Option<usize>| number.map_or(String::new(), |number| number.to_string());
        let [old, new] = numbers;
        let words = match self.two {
            true => format!("{:>digits$} {:>digits$}", shown(old), shown(new)),
            false => format!("{:>digits$}", shown(new.or(old))),
        };
        self.pen.text_at(area, 1, y, Paint::Gutter, &words);
        self.pen.text_at(area, self.sign_column(), y, paint, &sign.to_string());
    }

    fn sign_column(&self) -> u16 {
        let digits = self.app.review.sheet.digits() + 1;
        u16::try_from(1 + if self.two { 2 * digits } else { digits }).unwrap_or(0)
    }

    fn text_area(&self, area: Rect) -> Rect {
        let gutter = (self.sign_column() + 2).min(area.width);
        Rect { x: area.x + gutter, width: area.width - gutter, ..area }
    }

    /// Left and right, and a line between them.
    fn halves(&mut self, y: u16) -> (Rect, Rect) {
        let left = self.area.width / 2;
        self.pen.text_at(self.area, left, y, Paint::Gutter, "│");
        let right = Rect { x: self.area.x + left + 1, width: self.area.width - left - 1, ..self.area };
        (Rect { width: left, ..self.area }, right)
    }
}

fn printable(text: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(text) {
        Ok(text) => text.into(),
        Err(_) => safe::bytes(text).into(),
    }
}

/// Classes are of the bytes; where those are shown otherwise, they fit no more.
fn plain<'a>(shown: &str, text: &[u8], classes: &'a [(Range<usize>, Class)]) -> &'a [(Range<usize>, Class)] {
    if shown.len() == text.len() { classes } else { &[] }
}

fn marks<'a>(
    polish: Option<&'a Polish>,
    hunk: &Hunk,
    line: usize,
    number: usize,
    old: bool,
) -> (Layer, &'a [(Range<usize>, Class)]) {
    let Some(polish) = polish else { return (Layer::new(), &[]) };
    let classes = if old { polish.of_old(number - 1) } else { polish.of_new(number - 1) };
    let words =
        polish.words(hunk.id).and_then(|words| if old { words.old.get(&line) } else { words.new.get(&line) });
    let paint = if old { Paint::RemovedWord } else { Paint::AddedWord };
    let words = words.map(|ranges| ranges.iter().map(|range| (range.clone(), paint)).collect());
    (words.unwrap_or_default(), classes)
}

/// Of a line that comes: words that are not what they look like, and blanks at the end.
fn odd(text: &str) -> Layer {
    let mut odd: Layer = look_alikes(text).into_iter().map(|range| (range, Paint::Mark)).collect();
    let end = text.trim_end_matches([' ', '\t']).len();
    if end < text.len() {
        odd.push((end..text.len(), Paint::Mark));
    }
    odd
}

/// An ending that is not the file's, or none.
fn odd_ending(line: &[u8], polish: Option<&Polish>) -> Option<&'static str> {
    match (LineEnding::of(line), polish.map(Polish::usual_ending)) {
        (LineEnding::None, _) => Some(" no newline at the end "),
        (LineEnding::CrLf, Some(LineEnding::Lf)) => Some("␍"),
        (LineEnding::Lf, Some(LineEnding::CrLf)) => Some("␊"),
        _ => None,
    }
}

/// `+3 -1`
pub fn size(review: &Review, hunk: &Hunk) -> String {
    let parts = review.parts(hunk);
    let (come, gone) =
        parts.iter().fold((0, 0), |(come, gone), part| (come + part.new.len(), gone + part.old.len()));
    format!("+{come} -{gone}")
}

/// `12-14`, or what happens to the file.
pub fn place(hunk: &Hunk) -> String {
    match hunk.op {
        FileOp::Update if hunk.replaces.is_empty() => format!("at {}", hunk.replaces.start() + 1),
        FileOp::Update => hunk.replaces.to_string(),
        FileOp::Create => "new file".to_owned(),
        FileOp::Delete => "delete".to_owned(),
    }
}
