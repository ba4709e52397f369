//! What is wrong in an open file, at its lines: what a check said, and where the text does not parse. Marks follow
//! what is typed; one whose own line was edited stays, and says that it is older.

use std::ops::Range;

use super::super::theme::Paint;
use crate::context::edited_since;
use crate::editor::Buffer;
use crate::text::diagnostic::{Diagnostic, Place, Severity};
use crate::text::syntax::Fault;
use crate::text::{Drift, Lines, RepoPath, Span};

/// A problem at a line of the buffer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// From 0.
    pub line: usize,
    at: Place,
    pub severity: Severity,
    /// Without its place; a stranger's text.
    pub what: String,
    /// The line was edited since.
    pub changed: bool,
    kind: Kind,
}

/// Where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Kind {
    /// A check said so.
    Told(Box<Diagnostic>),
    /// The text does not parse, at this byte of the line.
    Fault(usize),
}

impl Mark {
    /// The bytes of its line that are meant.
    pub fn range_in(&self, text: &str) -> Range<usize> {
        match self.kind {
            Kind::Told(_) => self.at.range_in(text),
            Kind::Fault(byte) => {
                let column = text.char_indices().take_while(|(at, _)| *at < byte).count();
                Place { column: Some(column), ..self.at }.range_in(text)
            }
        }
    }

    /// Was it told of this line?
    pub fn was_on(&self, line: usize) -> bool {
        self.at.line == line
    }

    /// What stands before its line: it is told apart without colour.
    pub fn sign(&self) -> &'static str {
        match (&self.kind, self.severity) {
            (Kind::Fault(_), _) => "~",
            (_, Severity::Error) => "✗",
            (_, Severity::Warning) => "!",
            (_, Severity::Note) => "·",
        }
    }

    pub fn paint(&self) -> Paint {
        match (self.changed, self.severity) {
            (true, _) | (_, Severity::Note) => Paint::Dim,
            (_, Severity::Error) => Paint::Bad,
            (_, Severity::Warning) => Paint::Warn,
        }
    }

    /// How its text is drawn, where that is still the text that was meant.
    pub fn underline(&self) -> Option<Paint> {
        match (self.changed, self.severity) {
            (true, _) | (_, Severity::Note) => None,
            (_, Severity::Error) => Some(Paint::Wrong),
            (_, Severity::Warning) => Some(Paint::Doubtful),
        }
    }

    /// As it would be told now.
    pub fn diagnostic(&self, path: &RepoPath) -> Diagnostic {
        let moved = |line: usize| self.line + line.saturating_sub(self.at.line);
        let end = self.at.end.map(|(line, column)| (moved(line), column));
        let at = Place { line: self.line, end, ..self.at };
        let (severity, message) = (self.severity, self.what.clone());
        let plain = Diagnostic { path: path.clone(), at, severity, message, code: None, source: "parser" };
        match &self.kind {
            Kind::Told(told) => {
                let now = Diagnostic { at, ..(**told).clone() };
                if self.changed { edited_since(now) } else { now }
            }
            Kind::Fault(_) => plain,
        }
    }
}

/// All of a file, by line.
#[derive(Clone, Default, Debug)]
pub(in crate::ui) struct Marks {
    all: Vec<Mark>,
    /// The version of the buffer that their lines are of, and its text then.
    version: u64,
    text: Option<Lines>,
}

impl Marks {
    pub fn all(&self) -> &[Mark] {
        &self.all
    }

    /// Those that a check told of.
    pub fn told(&self) -> impl Iterator<Item = &Mark> {
        self.all.iter().filter(|mark| matches!(mark.kind, Kind::Told(_)))
    }

    /// Where the text does not parse.
    pub fn faults(&self) -> impl Iterator<Item = &Mark> {
        self.all.iter().filter(|mark| matches!(mark.kind, Kind::Fault(_)))
    }

    pub fn on_line(&self, line: usize) -> &[Mark] {
        let from = self.all.partition_point(|mark| mark.line < line);
        let to = self.all.partition_point(|mark| mark.line <= line);
        self.all.get(from..to).unwrap_or_default()
    }

    /// In place of what a check told before. `base`: the text that it was told of.
    pub fn take(&mut self, told: &[Diagnostic], base: Option<&Lines>, buffer: &Buffer) {
        self.follow(buffer);
        self.all.retain(|mark| matches!(mark.kind, Kind::Fault(_)));
        let now = buffer.snapshot();
        let drift = base.map(|base| Drift::between(base, &now));
        for one in told {
            let line = one.at.line;
            let moved = drift.as_ref().filter(|drift| !drift.is_none());
            let found = match moved {
                Some(drift) => drift.map(Span::new(line, line + 1)).map(Span::start),
                None => Some(line),
            };
            self.all.push(Mark {
                line: found.unwrap_or(line),
                at: one.at,
                severity: one.severity,
                what: one.what(),
                changed: found.is_none(),
                kind: Kind::Told(Box::new(one.clone())),
            });
        }
        self.settle(now, buffer);
    }

    /// In place of the faults before. They are of the text of this version.
    pub fn parsed(&mut self, faults: Vec<Fault>, version: u64, buffer: &Buffer) {
        self.follow(buffer);
        if version != buffer.version() {
            return;
        }
        self.all.retain(|mark| matches!(mark.kind, Kind::Told(_)));
        self.all.extend(faults.into_iter().map(|fault| Mark {
            line: fault.line,
            at: Place { line: fault.line, ..Place::default() },
            severity: Severity::Warning,
            what: fault.what,
            changed: false,
            kind: Kind::Fault(fault.column),
        }));
        if !self.all.is_empty() {
            self.settle(buffer.snapshot(), buffer);
        }
    }

    /// Lets them follow what was typed since.
    pub fn follow(&mut self, buffer: &Buffer) {
        if self.version == buffer.version() {
            return;
        }
        if self.all.is_empty() {
            self.version = buffer.version();
            return;
        }
        let mut lines: Vec<(usize, bool)> = self.all.iter().map(|mark| (mark.line, mark.changed)).collect();
        if !buffer.follow_lines(self.version, &mut lines) {
            // Too much has happened: texts are compared.
            let now = buffer.snapshot();
            let drift = self.text.as_ref().map(|text| Drift::between(text, &now));
            for (line, changed) in &mut lines {
                let moved = drift.as_ref().and_then(|drift| drift.map(Span::new(*line, *line + 1)));
                (*line, *changed) = moved.map_or((*line, true), |moved| (moved.start(), *changed));
            }
        }
        for (mark, (line, changed)) in self.all.iter_mut().zip(lines) {
            (mark.line, mark.changed) = (line, changed);
        }
        // What did not parse is looked at again soon.
        self.all.retain(|mark| !(mark.changed && matches!(mark.kind, Kind::Fault(_))));
        self.sort(buffer);
        self.version = buffer.version();
    }

    fn settle(&mut self, text: Lines, buffer: &Buffer) {
        self.text = Some(text);
        self.version = buffer.version();
        self.sort(buffer);
    }

    fn sort(&mut self, buffer: &Buffer) {
        let last = buffer.lines_len().saturating_sub(1);
        self.all.iter_mut().for_each(|mark| mark.line = mark.line.min(last));
        self.all.sort_by_key(|mark| (mark.line, mark.severity, mark.at.column));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::{Command, Motion, Position};

    fn buffer(text: &str) -> Buffer {
        Buffer::open(RepoPath::parse("a.rs").unwrap(), text.as_bytes())
    }

    fn told(line: usize) -> Diagnostic {
        Diagnostic {
            path: RepoPath::parse("a.rs").unwrap(),
            at: Place { line, column: Some(0), end: None },
            severity: Severity::Error,
            message: format!("e{line}"),
            code: None,
            source: "rustc",
        }
    }

    fn lines(marks: &Marks) -> Vec<(usize, bool)> {
        marks.all().iter().map(|mark| (mark.line, mark.changed)).collect()
    }

    #[test]
    fn marks_stay_at_their_lines_while_others_come_and_go() {
        let mut buffer = buffer("a\nb\nc\nd\n");
        let base = buffer.snapshot();
        let mut marks = Marks::default();
        marks.take(&[told(1), told(3)], Some(&base), &buffer);
        let _ = buffer.run(Command::Move(Motion::To(Position::new(2, 0)), false));
        let _ = buffer.run(Command::Insert("x\ny\n".into()));
        marks.follow(&buffer);
        assert_eq!(lines(&marks), [(1, false), (5, false)]);
        let _ = buffer.run(Command::Move(Motion::To(Position::new(1, 0)), false));
        let _ = buffer.run(Command::Insert("z".into()));
        marks.follow(&buffer);
        assert_eq!(lines(&marks), [(1, true), (5, false)], "its own line is another now");
        assert!(marks.on_line(5)[0].underline().is_some() && marks.on_line(1)[0].underline().is_none());
        let _ = buffer.run(Command::Move(Motion::To(Position::new(5, 0)), false));
        let _ = buffer.run(Command::DeleteLine);
        marks.follow(&buffer);
        assert!(marks.all().iter().all(|mark| mark.line < buffer.lines_len()));
    }

    #[test]
    fn what_was_said_of_the_saved_text_is_put_where_that_is_in_the_buffer() {
        let buffer = buffer("new\na\nB\nc\n");
        let mut marks = Marks::default();
        marks.take(&[told(0), told(1), told(2), told(99)], Some(&Lines::from("a\nb\nc\n")), &buffer);
        assert_eq!(marks.all().len(), 4);
        assert_eq!(lines(&marks)[0], (0, true), "beside a change nobody can say");
        assert!(marks.all().iter().all(|mark| mark.line < buffer.lines_len()));
    }

    #[test]
    fn faults_are_replaced_when_the_text_is_parsed_again_and_late_ones_fall_away() {
        let mut buffer = buffer("fn a( {\n");
        let mut marks = Marks::default();
        let fault = |column| Fault { line: 0, column, what: "does not parse".into() };
        marks.parsed(vec![fault(3)], buffer.version(), &buffer);
        assert_eq!(marks.all()[0].range_in("fn a( {"), 3..4);
        let before = buffer.version();
        let _ = buffer.run(Command::Insert("x".into()));
        marks.parsed(vec![fault(0), fault(1)], before, &buffer);
        assert!(marks.all().is_empty(), "its line was edited, and the late word is of another text");
        marks.parsed(vec![fault(2)], buffer.version(), &buffer);
        assert_eq!(marks.all().len(), 1);
    }
}
