//! Unified diffs (POSIX.1-2024 `diff -u`, and git's headers) as models write them: with wrong counts,
//! without numbers, with context that lost its leading blank. A hunk ends where its lines end; its
//! numbers are only hints.

use super::fence::Fence;
use super::hunk::{Hunk, Mark, is_hunk};
use super::search_replace::refuse_placeholders;
use super::{Flaw, Kept, Line, Read, Step, names};
use crate::change::{Edit, EditHunk, EditLine, EditOp};

/// Do the two lines name the old and the new file?
pub fn is_file_header(first: &str, second: &str) -> bool {
    first.starts_with("--- ") && second.starts_with("+++ ")
}

/// What a diff says of one file.
#[derive(Debug)]
struct File {
    opened: Kept,
    names: names::Names,
    comes: bool,
    goes: bool,
    unsupported: Option<&'static str>,
    /// `rename from` and `rename to`.
    from: Option<String>,
    to: Option<String>,
    /// The hunks so far, if the file gets another name.
    moved: Vec<EditHunk>,
    /// The text so far, if the file comes as a whole.
    text: String,
    hunks: usize,
    flawed: bool,
}

impl File {
    fn open(line: Line<'_>, given: Option<&str>) -> Self {
        Self {
            opened: line.kept(),
            names: names::Names { given: given.map(str::to_owned), ..names::Names::default() },
            comes: false,
            goes: false,
            unsupported: None,
            from: None,
            to: None,
            moved: Vec::new(),
            text: String::new(),
            hunks: 0,
            flawed: false,
        }
    }

    /// Takes a line between the file's first and its hunks; false: the line is not one of these.
    fn header(&mut self, text: &str) -> bool {
        if let Some(name) = text.strip_prefix("--- ") {
            self.names.old = Some(names::Name::read(name));
        } else if let Some(name) = text.strip_prefix("+++ ") {
            self.names.new = Some(names::Name::read(name));
        } else if text.starts_with("new file mode ") {
            self.comes = true;
        } else if text.starts_with("deleted file mode ") {
            self.goes = true;
        } else if let Some(name) = text.strip_prefix("rename from ") {
            self.from = Some(names::renamed(name));
        } else if let Some(name) = text.strip_prefix("rename to ") {
            self.to = Some(names::renamed(name));
        } else if let Some(what) = unsupported(text) {
            self.unsupported = Some(what);
        } else {
            return text.trim().is_empty()
                || text.starts_with("index ")
                || text.starts_with("similarity ")
                || text.starts_with("dissimilarity ");
        }
        true
    }

    fn comes(&self) -> bool {
        self.comes || self.names.old == Some(names::Name::Null)
    }

    fn goes(&self) -> bool {
        self.goes || self.names.new == Some(names::Name::Null)
    }

    fn moves(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// The file it is about; the one before, if it gets another name.
    fn path(&self) -> Result<String, Flaw> {
        match (&self.from, &self.to) {
            (Some(from), Some(_)) => Ok(from.clone()),
            (None, None) => self.names.path(),
            _ => Err(Flaw::Malformed("it says only one of the two names of a renamed file")),
        }
    }

    fn op(self) -> Result<Option<(String, EditOp)>, Flaw> {
        if let Some(what) = self.unsupported {
            return Err(Flaw::Unsupported(what));
        }
        let path = self.path()?;
        if let Some(to) = self.to {
            return Ok(Some((path, EditOp::Move { to, hunks: self.moved })));
        }
        match (self.goes(), self.comes(), self.hunks) {
            (true, ..) => Ok(Some((path, EditOp::Delete))),
            (_, true, _) => Ok(Some((path, EditOp::Whole(self.text)))),
            (_, _, 0) => Err(Flaw::Nothing),
            _ => Ok(None),
        }
    }
}

fn unsupported(text: &str) -> Option<&'static str> {
    let starts = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    if starts(&["copy from ", "copy to "]) {
        Some("copying a file")
    } else if starts(&["old mode ", "new mode "]) {
        Some("changing a file's mode")
    } else if starts(&["Binary files ", "GIT binary patch"]) {
        Some("a binary patch")
    } else {
        None
    }
}

/// A diff that is being read, of one file or several.
#[derive(Debug)]
pub struct Patch {
    fence: Option<Fence>,
    /// The file's name from outside of the diff.
    given: Option<String>,
    reason: Option<String>,
    file: Option<File>,
    hunk: Option<Hunk>,
    /// `---` and `+++` lines inside a hunk, until it is known whether a file begins there.
    waiting: Vec<Kept>,
}

impl Patch {
    /// `fence`: the fence around it. `given`: the name of the file if the diff names none.
    pub fn open(fence: Option<Fence>, given: Option<String>, reason: Option<String>) -> Self {
        Self { fence, given, reason, file: None, hunk: None, waiting: Vec::new() }
    }

    pub fn line(&mut self, line: Line<'_>, out: &mut Vec<Read>) -> Step {
        let text = line.text();
        if self.hunk.is_some() {
            if self.waits_for(line, out) {
                return Step::Open;
            }
            if self.body(line, out) {
                return Step::Open;
            }
        }
        self.outside(line, text, out)
    }

    /// The reply has ended. `complete`: by itself, so that its last line closes what is open, unless
    /// its fence is missing or its header promises more.
    pub fn finish(mut self, complete: bool, out: &mut Vec<Read>) {
        self.no_file_begins();
        if complete && self.fence.is_none() && self.hunk.as_ref().is_none_or(Hunk::may_end) {
            return self.close_file(out);
        }
        let opened = self.hunk.as_ref().map(Hunk::opened).or(self.file.as_ref().map(|file| &file.opened));
        out.extend(opened.map(|kept| kept.line().flaw(Flaw::Unclosed("diff"))));
    }

    /// Holds lines in a hunk that may be the header of the next file: `---`, `+++`, then `@@`.
    fn waits_for(&mut self, line: Line<'_>, out: &mut Vec<Read>) -> bool {
        let text = line.text();
        match self.waiting.len() {
            0 if text.starts_with("--- ") => self.waiting.push(line.kept()),
            1 if text.starts_with("+++ ") => self.waiting.push(line.kept()),
            2 if is_hunk(text) && (self.names_a_file() || !self.fills_the_hunk()) => {
                self.next_file_begins(out);
                return false;
            }
            0 => return false,
            _ => {
                self.no_file_begins();
                return self.waits_for(line, out);
            }
        }
        true
    }

    /// Do the two lines name one file?
    fn names_a_file(&self) -> bool {
        let name = |at: usize| {
            self.waiting.get(at).and_then(|kept| kept.line().text().get(4..)).map(names::Name::read)
        };
        names::Names { old: name(0), new: name(1), ..names::Names::default() }.path().is_ok()
    }

    /// Are the two lines just what the hunk's header still promises?
    fn fills_the_hunk(&self) -> bool {
        self.hunk.as_ref().is_some_and(|hunk| hunk.promised() == (1, 1))
    }

    fn next_file_begins(&mut self, out: &mut Vec<Read>) {
        let waiting = std::mem::take(&mut self.waiting);
        self.close_file(out);
        for kept in &waiting {
            self.outside(kept.line(), kept.line().text(), out);
        }
    }

    fn no_file_begins(&mut self) {
        for (kept, mark) in self.waiting.drain(..).zip([Mark::Remove, Mark::Add]) {
            if let Some(hunk) = &mut self.hunk {
                hunk.push(mark, kept.line().text());
            }
        }
    }

    /// Takes a line of the open hunk; false: the line is not of it.
    fn body(&mut self, line: Line<'_>, out: &mut Vec<Read>) -> bool {
        let text = line.text();
        let fenced = self.fence.is_some();
        let ends_fence = self.fence.as_ref().is_some_and(|fence| fence.closes(text));
        let Some(hunk) = &mut self.hunk else { return false };
        let is_body = match text.as_bytes().first() {
            _ if ends_fence || is_hunk(text) || text.starts_with("diff --git ") => false,
            None => {
                hunk.push_blank();
                return true;
            }
            Some(b'-') => text != "-- " || !hunk.is_full(),
            Some(b' ' | b'+' | b'\\') => true,
            // Words after a whole hunk are prose; else they are context that lost its blank.
            Some(_) => fenced || hunk.wants_more(),
        };
        if !is_body {
            self.close_hunk(out);
            return false;
        }
        match text.as_bytes().first() {
            Some(b'\\') => hunk.ends_file(),
            Some(b'-') => hunk.push(Mark::Remove, text),
            Some(b'+') => hunk.push(Mark::Add, text),
            Some(b' ') => hunk.push(Mark::Keep, text),
            _ => hunk.push_bare(text),
        }
        true
    }

    /// Takes a line that is not in a hunk.
    fn outside(&mut self, line: Line<'_>, text: &str, out: &mut Vec<Read>) -> Step {
        if is_hunk(text) {
            let given = self.given.as_deref();
            let file = self.file.get_or_insert_with(|| File::open(line, given));
            if file.hunks == 0 {
                announce(file, out);
            }
            file.hunks += 1;
            self.hunk = Some(Hunk::open(line));
            return Step::Open;
        }
        let next = text.starts_with("diff --git ")
            || text.starts_with("--- ") && self.file.as_ref().is_some_and(|file| file.names.old.is_some());
        if next {
            self.close_file(out);
        }
        let is_first = self.file.is_none() && (text.starts_with("diff --git ") || text.starts_with("--- "));
        if is_first {
            let mut file = File::open(line, None);
            file.names.git = text.strip_prefix("diff --git ").and_then(names::git_pair);
            file.header(text);
            self.file = Some(file);
            return Step::Open;
        }
        if self.file.as_mut().is_some_and(|file| file.hunks == 0 && file.header(text)) {
            return Step::Open;
        }
        self.close_file(out);
        Step::Past(vec![line.kept()])
    }

    fn close_hunk(&mut self, out: &mut Vec<Read>) {
        let (Some(hunk), Some(file)) = (self.hunk.take(), &mut self.file) else { return };
        let (opened, readings) = hunk.close();
        match taken(file, readings, self.reason.as_ref()) {
            Ok(edit) => out.extend(edit.map(Read::Edit)),
            Err(_) if file.flawed => {}
            Err(flaw) => {
                file.flawed = true;
                out.push(opened.line().flaw(flaw));
            }
        }
    }

    fn close_file(&mut self, out: &mut Vec<Read>) {
        self.close_hunk(out);
        let Some(file) = self.file.take().filter(|file| !file.flawed) else { return };
        let opened = file.opened.clone();
        match file.op() {
            Ok(Some((path, op))) => out.push(Read::Edit(Edit { path, op, reason: self.reason.clone() })),
            Ok(None) => {}
            Err(flaw) => out.push(opened.line().flaw(flaw)),
        }
        self.reason = None;
    }
}

/// Says that an edit has begun, once its file is known.
fn announce(file: &File, out: &mut Vec<Read>) {
    if let Ok(path) = file.path() {
        out.push(Read::Opened { path });
    }
}

/// Takes a hunk into its file: an edit of its own, a part of the file's whole text, or a part of its
/// move.
fn taken(file: &mut File, readings: Vec<EditHunk>, reason: Option<&String>) -> Result<Option<Edit>, Flaw> {
    if file.goes() || file.unsupported.is_some() {
        return Ok(None);
    }
    let path = file.path()?;
    let op = read_ways(readings)?;
    if file.moves() {
        file.moved.extend(likeliest(op));
        return Ok(None);
    }
    if !file.comes() {
        return Ok(Some(Edit { path, op, reason: reason.cloned() }));
    }
    let Some(hunk) = likeliest(op) else { return Ok(None) };
    for line in &hunk.lines {
        let EditLine::Add(text) = line else {
            return Err(Flaw::Malformed("it has old lines, but the file is said to be new"));
        };
        file.text.push_str(text);
        file.text.push('\n');
    }
    if hunk.at_eof {
        file.text.pop();
    }
    Ok(None)
}

/// A hunk in each way it can be read, as an operation.
pub(super) fn read_ways(mut readings: Vec<EditHunk>) -> Result<EditOp, Flaw> {
    for hunk in &readings {
        if hunk.lines.is_empty() {
            return Err(Flaw::Malformed("it has no lines"));
        }
        refuse_placeholders(&hunk.lines)?;
    }
    match readings.len() {
        0 => Err(Flaw::Nothing),
        1 => Ok(EditOp::Hunk(readings.remove(0))),
        _ => Ok(EditOp::OneOf(readings)),
    }
}

/// The first way a hunk can be read.
pub(super) fn likeliest(op: EditOp) -> Option<EditHunk> {
    match op {
        EditOp::Hunk(hunk) => Some(hunk),
        EditOp::OneOf(readings) => readings.into_iter().next(),
        _ => None,
    }
}
