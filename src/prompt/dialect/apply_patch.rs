//! Patches between `*** Begin Patch` and `*** End Patch`: files by name, places by a line above them
//! (`@@ fn main`) and by their lines, no numbers. A hunk is closed by the next one, a file by the
//! next one, and the patch by its last line alone: without it the end may be missing.

use super::fence::Fence;
use super::hunk::{Hunk, Mark, is_hunk};
use super::unified::{likeliest, read_ways};
use super::{Flaw, Kept, Line, Read, Step};
use crate::change::{Edit, EditHunk, EditOp};

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const END_OF_FILE: &str = "*** End of File";

/// A line that names a file and what becomes of it.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Verb {
    Update,
    Add,
    Delete,
    MoveTo,
}

impl Verb {
    fn read(text: &str) -> Option<(Self, &str)> {
        let words = [
            ("*** Update File:", Self::Update),
            ("*** Add File:", Self::Add),
            ("*** Delete File:", Self::Delete),
            ("*** Move to:", Self::MoveTo),
        ];
        words.into_iter().find_map(|(word, verb)| Some((verb, text.strip_prefix(word)?.trim())))
    }
}

/// Is the line the first of a patch?
pub fn opens(text: &str) -> bool {
    text.trim_end() == BEGIN || matches!(Verb::read(text), Some((verb, _)) if verb != Verb::MoveTo)
}

/// Is the line the last of a patch?
pub fn closes(text: &str) -> bool {
    text.trim_end() == END
}

/// What the patch says of one file.
#[derive(Debug)]
struct File {
    opened: Kept,
    path: String,
    verb: Verb,
    to: Option<String>,
    /// The hunks so far, if the file gets another name.
    moved: Vec<EditHunk>,
    /// The text so far, if the file comes, and blank lines that are of it if more follows.
    text: String,
    blanks: usize,
    hunks: usize,
    flawed: bool,
}

/// An open patch.
#[derive(Debug)]
pub struct Patch {
    opened: Kept,
    fence: Option<Fence>,
    reason: Option<String>,
    file: Option<File>,
    hunk: Option<Hunk>,
    files: usize,
}

impl Patch {
    /// `fence`: the fence around it. `line` is its first line, which [`opens`] one.
    pub fn open(line: Line<'_>, fence: Option<Fence>, reason: Option<String>, out: &mut Vec<Read>) -> Self {
        let mut patch = Self { opened: line.kept(), fence, reason, file: None, hunk: None, files: 0 };
        if line.text().trim_end() != BEGIN {
            patch.line(line, out);
        }
        patch
    }

    pub fn line(&mut self, line: Line<'_>, out: &mut Vec<Read>) -> Step {
        let text = line.text();
        if closes(text) {
            self.close_file(out);
            if self.files == 0 {
                out.push(self.opened.line().flaw(Flaw::Nothing));
            }
            return Step::Closed;
        }
        if self.fence.as_ref().is_some_and(|fence| fence.closes(text)) || text.trim_end() == BEGIN {
            self.cut_off(out);
            return Step::Past(vec![line.kept()]);
        }
        match Verb::read(text) {
            Some((Verb::MoveTo, to)) => self.moves_to(line, to, out),
            Some((verb, path)) => self.next_file(line, verb, path, out),
            None => self.body(line, out),
        }
        Step::Open
    }

    /// The reply has ended, or the patch is broken off: what is open is lost, and that is said.
    pub fn cut_off(&mut self, out: &mut Vec<Read>) {
        let inner = self.hunk.take().map(|hunk| hunk.opened().clone());
        let inner = inner.or_else(|| self.file.take().map(|file| file.opened));
        let opened = inner.unwrap_or_else(|| self.opened.clone());
        out.push(opened.line().flaw(Flaw::Unclosed("patch")));
    }

    fn next_file(&mut self, line: Line<'_>, verb: Verb, path: &str, out: &mut Vec<Read>) {
        self.close_file(out);
        self.files += 1;
        let path = path.strip_prefix("./").unwrap_or(path).to_owned();
        let flawed = path.is_empty();
        if flawed {
            out.push(line.flaw(Flaw::NoPath));
        } else {
            out.push(Read::Opened { path: path.clone() });
        }
        let opened = line.kept();
        let (text, moved) = (String::new(), Vec::new());
        self.file = Some(File { opened, path, verb, to: None, moved, text, blanks: 0, hunks: 0, flawed });
    }

    fn moves_to(&mut self, line: Line<'_>, to: &str, out: &mut Vec<Read>) {
        let fits = self.hunk.is_none();
        match &mut self.file {
            Some(file)
                if fits
                    && file.verb == Verb::Update
                    && file.hunks == 0
                    && file.to.is_none()
                    && !to.is_empty() =>
            {
                file.to = Some(to.strip_prefix("./").unwrap_or(to).to_owned());
            }
            _ => self.is_flawed(line, "`*** Move to:` stands right below `*** Update File:`", out),
        }
    }

    /// The file cannot be read; said once.
    fn is_flawed(&mut self, line: Line<'_>, why: &'static str, out: &mut Vec<Read>) {
        self.hunk = None;
        let said = self.file.as_mut().is_some_and(|file| std::mem::replace(&mut file.flawed, true));
        if !said {
            out.push(line.flaw(Flaw::Malformed(why)));
        }
    }

    /// Takes a line that names no file.
    fn body(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        let text = line.text();
        match self.file.as_ref().map(|file| (file.verb, file.flawed)) {
            Some((_, true)) => {}
            Some((Verb::Update, _)) => self.of_hunk(line, out),
            Some((Verb::Add, _)) => self.of_text(line, out),
            _ if text.trim().is_empty() => {}
            _ => self.is_flawed(line, "text stands where `*** Update File:` or its like is due", out),
        }
    }

    fn of_text(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        let text = line.text();
        let Some(file) = &mut self.file else { return };
        match text.strip_prefix('+') {
            Some(added) => {
                (0..std::mem::take(&mut file.blanks)).for_each(|_| file.text.push('\n'));
                file.text.push_str(added);
                file.text.push('\n');
            }
            None if text.trim().is_empty() => file.blanks += 1,
            None if is_no_newline(text) && file.text.ends_with('\n') => {
                file.text.pop();
            }
            None if text.trim_end() == END_OF_FILE => {}
            None => self.is_flawed(line, "each line of a new file begins with `+`", out),
        }
    }

    fn of_hunk(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        let text = line.text();
        if is_hunk(text) {
            match &mut self.hunk {
                Some(hunk) if hunk.is_empty() => hunk.nest(line),
                _ => self.next_hunk(line, out),
            }
            return;
        }
        if text.trim_end() == END_OF_FILE {
            if let Some(hunk) = &mut self.hunk {
                hunk.ends_file();
            }
            return self.close_hunk(out);
        }
        if self.hunk.is_none() {
            // The first hunk may come without its `@@`.
            if text.trim().is_empty() {
                return;
            }
            self.next_hunk(line, out);
        }
        let Some(hunk) = &mut self.hunk else { return };
        match text.as_bytes().first() {
            None => hunk.push_blank(),
            Some(b'-') => hunk.push(Mark::Remove, text),
            Some(b'+') => hunk.push(Mark::Add, text),
            Some(b' ') => hunk.push(Mark::Keep, text),
            Some(_) if is_no_newline(text) => hunk.ends_file(),
            Some(_) => hunk.push_bare(text),
        }
    }

    fn next_hunk(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        self.close_hunk(out);
        if let Some(file) = &mut self.file {
            file.hunks += 1;
        }
        self.hunk = Some(Hunk::open(line));
    }

    fn close_hunk(&mut self, out: &mut Vec<Read>) {
        let (Some(hunk), Some(file)) = (self.hunk.take(), &mut self.file) else { return };
        let (opened, readings) = hunk.close();
        match read_ways(readings) {
            _ if file.flawed => {}
            Ok(op) if file.to.is_some() => file.moved.extend(likeliest(op)),
            Ok(op) => {
                out.push(Read::Edit(Edit { path: file.path.clone(), op, reason: self.reason.clone() }));
            }
            Err(flaw) => {
                file.flawed = true;
                out.push(opened.line().flaw(flaw));
            }
        }
    }

    fn close_file(&mut self, out: &mut Vec<Read>) {
        self.close_hunk(out);
        let Some(file) = self.file.take().filter(|file| !file.flawed) else { return };
        let op = match (file.verb, file.to) {
            (Verb::Delete, _) => EditOp::Delete,
            (Verb::Add, _) => EditOp::Whole(file.text),
            (_, Some(to)) => EditOp::Move { to, hunks: file.moved },
            (_, None) if file.hunks == 0 => return out.push(file.opened.line().flaw(Flaw::Nothing)),
            (_, None) => return,
        };
        out.push(Read::Edit(Edit { path: file.path, op, reason: self.reason.clone() }));
    }
}

/// `\ No newline at end of file`.
fn is_no_newline(text: &str) -> bool {
    text.starts_with("\\ No newline")
}
