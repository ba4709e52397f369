//! The rows of the review: a file's name, a hunk's head, lines that stay, go and come.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::layout::Rect;

use super::super::app::App;
use super::super::review::{Below, Changed, Detail, FileRow, Hand, Row};
use super::super::theme::Paint;
use super::draw::{Ink, Pen};
use super::hunks::sign;
use crate::change::{FileOp, Hunk, Review, Standing, Verdict};
use crate::session::Polish;
use crate::text::highlight::Class;
use crate::text::{LineEnding, safe, trim_ending};

type Layer = Vec<(Range<usize>, Paint)>;

/// Narrower windows have no map at their edge.
const MAP_FROM: u16 = 50;

/// Draws the window of the sheet.
pub fn draw(app: &App, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    if let Some(hand) = &app.review.hand {
        return Some(draw_hand(app, hand, pen, area));
    }
    let turn = app.session.turn()?;
    let review = turn.review();
    let sheet = &app.review.sheet;
    let mapped = area.width >= MAP_FROM && sheet.rows() > usize::from(area.height);
    let rows = Rect { width: area.width - u16::from(mapped), ..area };
    let range = app.review.range_at(review);
    let mut painter = Painter { app, review, pen, area: rows, range };
    for y in 0..area.height {
        match sheet.row(review, app.review.top + usize::from(y)) {
            Some(row) => painter.row(y, row),
            None => break,
        }
    }
    if sheet.rows() == 0 {
        let words = if turn.phase().is_running() { "" } else { "nothing to show here; f shows all hunks" };
        pen.text_at(area, 2, 1, Paint::Dim, words);
    }
    if mapped {
        map(app, review, pen, Rect { x: area.right() - 1, width: 1, ..area });
    }
    None
}

struct Painter<'a, 'b, 'c> {
    app: &'a App,
    review: &'a Review,
    pen: &'b mut Pen<'c>,
    area: Rect,
    range: Option<std::ops::RangeInclusive<usize>>,
}

impl Painter<'_, '_, '_> {
    fn row(&mut self, y: u16, row: Row) {
        let here = self.app.review.top + usize::from(y) == self.app.review.row;
        match row {
            Row::Blank => {}
            Row::File(file) => self.file(y, file),
            Row::Remark(at) => self.remark(y, at),
            Row::Head { hunk, folded } => self.head(y, hunk, folded),
            Row::Fold { hunk, fold } => self.fold(y, hunk, fold),
            Row::Label { hunk, below } => self.label(y, hunk, below),
            Row::Saw { hunk, line } => self.saw(y, hunk, line),
            Row::Same { hunk, line } => self.same(y, hunk, line),
            Row::Old { hunk, old } => self.changed(y, self.area, hunk, Some(old), true),
            Row::New { hunk, new } => self.changed(y, self.area, hunk, Some(new), false),
            Row::Both { hunk, old, new } => {
                let (left, right) = halves(self.area);
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
        let column = self.pen.text_at(row, 1, 0, Paint::BarKey, &safe::line(file.path.as_str()));
        self.pen.text_at(row, column, 0, Paint::Bar, &format!("  {}", progress(file)));
    }

    fn remark(&mut self, y: u16, at: usize) {
        let remark = self.app.session.turn().and_then(|turn| turn.remarks().get(at));
        let Some(remark) = remark else { return };
        let column = self.pen.text_at(self.area, 1, y, Paint::Warn, "◇ ");
        let column = self.pen.text_at(self.area, column, y, Paint::Text, &remark.name);
        self.pen.text_at(self.area, column, y, Paint::Dim, &format!(": {}", safe::line(&remark.words)));
    }

    /// A hunk's own row: how it stands, where it is, how large, and why.
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
        let (come, gone) = sizes(self.review, hunk);
        let fold = if folded { " ▸" } else { "" };
        let words = format!("{} {}  +{come} -{gone}{fold}", sign(hunk), place(hunk));
        let column = self.pen.text_at(self.area, 1, y, paint, &words);
        let risks = self.app.review.reading.as_ref().map_or(&[][..], |reading| reading.risks(hunk.id));
        let column = match risks {
            [] => column,
            [first, rest @ ..] => {
                let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
                let words = format!("  ⚠ {}{more}", safe::line(&first.words()));
                self.pen.text_at(self.area, column, y, Paint::Warn, &words)
            }
        };
        let about = self.about(hunk);
        if !about.is_empty() {
            self.pen.text_at(self.area, column, y, Paint::Dim, &format!("  {}", safe::line(&about)));
        }
    }

    /// What there is to say of a hunk in a few words.
    fn about(&self, hunk: &Hunk) -> String {
        let note = self.review.note(hunk.id);
        let mut words: Vec<String> = Vec::new();
        if hunk.standing == Standing::Conflict {
            words.push("the file changed at this place".into());
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
        let column = u16::try_from(self.app.review.sheet.digits() + 2).unwrap_or(0);
        self.pen.text_at(self.area, column, y, Paint::Settled, &format!("≡ {}", safe::line(&fold.words())));
    }

    fn label(&mut self, y: u16, index: usize, below: Below) {
        let Some(hunk) = self.review.hunk_at(index) else { return };
        let column = u16::try_from(self.app.review.sheet.digits() + 2).unwrap_or(0);
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
        let column = u16::try_from(self.app.review.sheet.digits() + 2).unwrap_or(0);
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
        let areas = if self.is_beside() { halves(self.area) } else { (self.area, Rect::default()) };
        for area in [areas.0, areas.1].into_iter().filter(|area| area.width > 0) {
            self.gutter(area, y, line + 1, ' ', Paint::Gutter);
            let area = self.text_area(area);
            self.pen.line(area, y, &shown, &ink);
        }
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
        let blanks = if old { Layer::new() } else { trailing(&shown) };
        let picked = self.range.as_ref().is_some_and(|range| range.contains(&changed.atom))
            && self.app.review.at == Some(hunk.id);
        let chosen: Layer =
            if picked { vec![(0..shown.len().max(1), Paint::Selection)] } else { Layer::new() };
        let ground = if old { Paint::Removed } else { Paint::Added };
        let sign = if picked { '▐' } else { sign };
        self.gutter(area, y, number, sign, paint);
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

    fn gutter(&mut self, area: Rect, y: u16, number: usize, sign: char, paint: Paint) {
        let digits = self.app.review.sheet.digits();
        self.pen.text_at(area, 1, y, Paint::Gutter, &format!("{number:>digits$}"));
        let column = u16::try_from(digits + 2).unwrap_or(0);
        self.pen.text_at(area, column, y, paint, &sign.to_string());
    }

    fn text_area(&self, area: Rect) -> Rect {
        let gutter = u16::try_from(self.app.review.sheet.digits() + 4).unwrap_or(8).min(area.width);
        Rect { x: area.x + gutter, width: area.width - gutter, ..area }
    }
}

fn halves(area: Rect) -> (Rect, Rect) {
    let left = area.width / 2;
    (Rect { width: left, ..area }, Rect { x: area.x + left, width: area.width - left, ..area })
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

/// Blanks at the end of a line that comes.
fn trailing(text: &str) -> Layer {
    let end = text.trim_end_matches([' ', '\t']).len();
    if end < text.len() { vec![(end..text.len(), Paint::Mark)] } else { Layer::new() }
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

fn sizes(review: &Review, hunk: &Hunk) -> (usize, usize) {
    review
        .parts(hunk)
        .iter()
        .fold((0, 0), |(come, gone), part| (come + part.new.len(), gone + part.old.len()))
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

/// `3/5  ✓2 ✗1`
pub fn progress(file: &FileRow) -> String {
    let decided = file.accepted + file.rejected;
    format!("{decided}/{}  ✓{} ✗{}", file.hunks, file.accepted, file.rejected)
}

/// The whole sheet in a column: where the window is, and how each part of it is decided.
fn map(app: &App, review: &Review, pen: &mut Pen<'_>, area: Rect) {
    let sheet = &app.review.sheet;
    let (rows, height) = (sheet.rows(), usize::from(area.height).max(1));
    let window = app.review.top..app.review.top + app.review.window.0;
    for y in 0..area.height {
        let at = usize::from(y) * rows / height;
        let next = ((usize::from(y) + 1) * rows / height).max(at + 1);
        let inside = window.start < next && at < window.end;
        let paint = match sheet.hunk_of(at).and_then(|id| sheet.index(id)).and_then(|at| review.hunk_at(at)) {
            Some(hunk) if hunk.standing == Standing::Conflict => Paint::Warn,
            Some(hunk) => match hunk.verdict {
                Verdict::Accepted => Paint::Good,
                Verdict::Rejected => Paint::Bad,
                Verdict::Undecided => Paint::Dim,
            },
            None => Paint::Dim,
        };
        pen.text(area, y, paint, if inside { "█" } else { "│" });
    }
}

/// The lines of a hunk, being edited.
fn draw_hand(app: &App, hand: &Hand, pen: &mut Pen<'_>, area: Rect) -> (u16, u16) {
    let head = Rect { height: 1, ..area };
    pen.fill(head, Paint::Bar);
    let name = safe::line(hand.buffer.path().as_str());
    let column = pen.text(head, 0, Paint::BarKey, " editing the hunk's lines ");
    pen.text_at(head, column, 0, Paint::Bar, &format!(" {name} · Esc takes them"));
    let text = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    let lines = hand.buffer.lines_from(hand.view.top_row);
    let ink =
        Ink { ground: Some(Paint::Added), syntax: &[], layers: &[], tab: app.tab, left: hand.view.left_col };
    for (y, (_, line)) in (0..text.height).zip(lines) {
        pen.text_at(area, 0, y + 1, Paint::Good, "+");
        pen.line(text, y, &line, &ink);
    }
    let cursor = hand.buffer.cursor();
    let x = hand.buffer.display_column(cursor).saturating_sub(hand.view.left_col);
    let y = cursor.line.saturating_sub(hand.view.top_row);
    let (x, y) = (u16::try_from(x).unwrap_or(0), u16::try_from(y).unwrap_or(0));
    (text.x + x.min(text.width.saturating_sub(1)), text.y + y.min(text.height.saturating_sub(1)))
}

/// The files of the review and how far each is decided; of the one under review, its hunks.
pub fn tree(app: &App, pen: &mut Pen<'_>, area: Rect) {
    let Some(review) = app.session.turn().map(|turn| turn.review()) else { return };
    let sheet = &app.review.sheet;
    let here = app.review.at.and_then(|at| review.hunk(at));
    let mut rows: Vec<(Paint, String, bool)> = Vec::new();
    let mut at = 0;
    for (index, file) in sheet.files().iter().enumerate() {
        let paint = match file.accepted + file.rejected == file.hunks {
            true if file.accepted > 0 => Paint::Good,
            true => Paint::Dim,
            false => Paint::Title,
        };
        let open =
            here.is_some_and(|hunk| hunk.path == file.path && sheet.run(index).any(|id| id == hunk.id));
        let name = safe::line(file.path.as_str());
        rows.push((
            paint,
            format!("{} {name}", progress(file).split("  ").next().unwrap_or_default()),
            false,
        ));
        if !open {
            continue;
        }
        for hunk in sheet.run(index).filter_map(|id| review.hunk_at(sheet.index(id)?)) {
            let mine = here.is_some_and(|here| here.id == hunk.id);
            if mine {
                at = rows.len();
            }
            rows.push((super::hunks::paint(hunk), super::hunks::row(hunk), mine));
        }
    }
    let height = usize::from(area.height);
    let top = at.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    for y in 0..area.height {
        pen.text(area, y, Paint::Gutter, "│");
        let Some((paint, text, mine)) = rows.get(top + usize::from(y)) else { continue };
        if *mine {
            pen.text_at(area, 1, y, Paint::Prompt, "▌");
        }
        pen.text_at(area, 2, y, *paint, text);
    }
}
