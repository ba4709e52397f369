//! Unified diffs (POSIX.1-2024 `diff -u`, and git's headers) as models write them: with wrong counts,
//! without numbers, with context that lost its leading blank. A hunk ends where its lines end; its
//! numbers are only hints.

use super::fence::Fence;
use super::search_replace::refuse_placeholders;
use super::{Flaw, Kept, Line, Read, Step, names};
use crate::change::{Edit, EditHunk, EditLine, EditOp};

/// Is the line a hunk header?
pub fn is_hunk(text: &str) -> bool {
    text == "@@" || text.starts_with("@@ ") || text.starts_with("@@-")
}

/// Is it one with a line number?
pub fn is_numbered_hunk(text: &str) -> bool {
    is_hunk(text) && Header::read(text).old.is_some()
}

/// Do the two lines name the old and the new file?
pub fn is_file_header(first: &str, second: &str) -> bool {
    first.starts_with("--- ") && second.starts_with("+++ ")
}

/// `@@ -10,3 +12,4 @@ fn main() {`.
#[derive(Debug, Default, PartialEq)]
struct Header {
    /// Line and count.
    old: Option<(usize, usize)>,
    new: Option<(usize, usize)>,
    text: Option<String>,
}

impl Header {
    fn read(line: &str) -> Self {
        let rest = line.trim_start_matches('@').trim();
        let (ranges, text) = rest.split_once("@@").map_or((rest, ""), |(ranges, text)| (ranges, text.trim()));
        let (mut old, mut new) = (None, None);
        let mut named = Vec::new();
        for word in ranges.split_whitespace() {
            match (word.strip_prefix('-').and_then(range), word.strip_prefix('+').and_then(range)) {
                (Some(range), _) if old.is_none() => old = Some(range),
                (_, Some(range)) if new.is_none() => new = Some(range),
                _ => named.push(word),
            }
        }
        let named = named.join(" ");
        let text = if text.is_empty() && !matches!(named.as_str(), "..." | "…") { &named } else { text };
        Self { old, new, text: Some(text.to_owned()).filter(|text| !text.is_empty()) }
    }

    /// One-based line of the hunk's first line; a range without lines stands *after* its line.
    fn hint(&self) -> Option<usize> {
        self.old
            .map(|(line, count)| if count == 0 { line.saturating_add(1) } else { line })
            .filter(|n| *n > 0)
    }
}

fn range(text: &str) -> Option<(usize, usize)> {
    let (line, count) = text.split_once(',').unwrap_or((text, "1"));
    Some((line.parse().ok()?, count.parse().ok()?))
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mark {
    Keep,
    Remove,
    Add,
}

/// An open hunk.
#[derive(Debug)]
struct Hunk {
    opened: Kept,
    header: Header,
    /// Each line with its mark still on.
    lines: Vec<(Mark, String)>,
    /// Blank lines that are context if more lines follow.
    blanks: Vec<Kept>,
    /// How many lines have come: of the old text, of the new one.
    seen: (usize, usize),
    /// Context came without its leading blank.
    bare: bool,
    at_eof: bool,
}

impl Hunk {
    fn open(line: Line<'_>) -> Self {
        Self {
            opened: line.kept(),
            header: Header::read(line.text()),
            lines: Vec::new(),
            blanks: Vec::new(),
            seen: (0, 0),
            bare: false,
            at_eof: false,
        }
    }

    fn push(&mut self, mark: Mark, text: &str) {
        self.keep_blanks(usize::MAX);
        self.count(mark);
        self.lines.push((mark, text.to_owned()));
    }

    fn count(&mut self, mark: Mark) {
        self.seen.0 += usize::from(mark != Mark::Add);
        self.seen.1 += usize::from(mark != Mark::Remove);
    }

    fn keep_blanks(&mut self, most: usize) {
        for _ in 0..self.blanks.len().min(most) {
            self.blanks.pop();
            self.count(Mark::Keep);
            self.lines.push((Mark::Keep, " ".to_owned()));
        }
    }

    /// How many lines its header still promises: (old, new).
    fn promised(&self) -> (usize, usize) {
        let left =
            |range: Option<(usize, usize)>, seen| range.map_or(0, |(_, count)| count.saturating_sub(seen));
        (left(self.header.old, self.seen.0), left(self.header.new, self.seen.1))
    }

    fn is_full(&self) -> bool {
        self.header.old.is_some() && self.promised() == (0, 0)
    }

    fn may_end(&self) -> bool {
        let (old, new) = self.promised();
        old.max(new) <= self.blanks.len()
    }

    /// Trailing blank lines are context only as far as the header promises more.
    fn close(mut self) -> (Kept, EditHunk) {
        let (old, _) = self.promised();
        self.keep_blanks(old);
        let bare = self.bare;
        let lines = self.lines.iter().map(|(mark, text)| match mark {
            Mark::Keep if bare && text.as_str() != " " => EditLine::Keep(text.clone()),
            Mark::Keep => EditLine::Keep(unmarked(text)),
            Mark::Remove => EditLine::Remove(unmarked(text)),
            Mark::Add => EditLine::Add(unmarked(text)),
        });
        let hunk = EditHunk {
            lines: lines.collect(),
            hint: self.header.hint(),
            header: self.header.text,
            at_eof: self.at_eof,
        };
        (self.opened, hunk)
    }
}

fn unmarked(text: &str) -> String {
    text.get(1..).unwrap_or_default().to_owned()
}

/// What a diff says of one file.
#[derive(Debug)]
struct File {
    opened: Kept,
    names: names::Names,
    comes: bool,
    goes: bool,
    unsupported: Option<&'static str>,
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
        } else if let Some(what) = unsupported(text) {
            self.unsupported = Some(what);
        } else {
            return text.trim().is_empty() || text.starts_with("index ") || text.starts_with("similarity ");
        }
        true
    }

    fn comes(&self) -> bool {
        self.comes || self.names.old == Some(names::Name::Null)
    }

    fn goes(&self) -> bool {
        self.goes || self.names.new == Some(names::Name::Null)
    }

    fn op(self) -> Result<Option<(String, EditOp)>, Flaw> {
        if let Some(what) = self.unsupported {
            return Err(Flaw::Unsupported(what));
        }
        let path = self.names.path()?;
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
    if starts(&["rename from ", "rename to "]) {
        Some("renaming a file")
    } else if starts(&["copy from ", "copy to "]) {
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
        let opened = self.hunk.map(|hunk| hunk.opened).or(self.file.map(|file| file.opened));
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
                hunk.blanks.push(line.kept());
                return true;
            }
            Some(b'-') => text != "-- " || !hunk.is_full(),
            Some(b' ' | b'+' | b'\\') => true,
            // Words after a whole hunk are prose; else they are context that lost its blank.
            Some(_) => fenced || hunk.promised().0 > 0 || hunk.blanks.is_empty() && !hunk.is_full(),
        };
        if !is_body {
            self.close_hunk(out);
            return false;
        }
        match text.as_bytes().first() {
            Some(b'\\') => hunk.at_eof = true,
            Some(b'-') => hunk.push(Mark::Remove, text),
            Some(b'+') => hunk.push(Mark::Add, text),
            Some(b' ') => hunk.push(Mark::Keep, text),
            _ => {
                hunk.bare = true;
                hunk.push(Mark::Keep, text);
            }
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
        let (opened, hunk) = hunk.close();
        match taken(file, hunk, self.reason.as_ref()) {
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
    if let Ok(path) = file.names.path() {
        out.push(Read::Opened { path });
    }
}

/// Takes a hunk into its file: an edit of its own, or a part of the file's whole text.
fn taken(file: &mut File, hunk: EditHunk, reason: Option<&String>) -> Result<Option<Edit>, Flaw> {
    if file.goes() || file.unsupported.is_some() {
        return Ok(None);
    }
    let path = file.names.path()?;
    if hunk.lines.is_empty() {
        return Err(Flaw::Malformed("it has no lines"));
    }
    refuse_placeholders(&hunk.lines)?;
    if !file.comes() {
        return Ok(Some(Edit { path, op: EditOp::Hunk(hunk), reason: reason.cloned() }));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_with_and_without_numbers() {
        let read = |text| {
            let header = Header::read(text);
            (header.hint(), header.text)
        };
        assert_eq!(read("@@ -10,3 +12,4 @@ fn main() {"), (Some(10), Some("fn main() {".into())));
        assert_eq!(read("@@ -7 +7 @@"), (Some(7), None));
        assert_eq!(read("@@ -0,0 +1,5 @@"), (Some(1), None));
        assert_eq!(read("@@ -4,0 +5 @@"), (Some(5), None));
        assert_eq!(read("@@"), (None, None));
        assert_eq!(read("@@ ... @@"), (None, None));
        assert_eq!(read("@@ class A"), (None, Some("class A".into())));
        assert_eq!(read("@@ def f(x): @@"), (None, Some("def f(x):".into())));
        assert_eq!(read("@@ -99999999999999999999,1 +1 @@").0, None);
    }
}
