//! Texts of a file: its name and a fenced block with all of it, or a snippet of it. A text whose end
//! is not certain is refused. Whether a line of it stands for code that was left out depends on the
//! file, which may hold that very line; so that is not for here.

use super::deferred::Naming;
use super::fence::Fence;
use super::hunk::is_numbered_hunk;
use super::lead::Taken;
use super::naming::path_line;
use super::unified::is_file_header;
use super::{Flaw, Format, Kept, Line, Read, Step};
use super::{apply_patch, search_replace};
use crate::change::{Edit, EditOp, Fenced};

/// An open text.
#[derive(Debug)]
pub struct Text {
    path: String,
    reason: Option<String>,
    /// What stands where the file's name is due, and may be meant as one.
    doubt: Option<String>,
    fence: Fence,
    /// Everything from the first line of the lead on, as it came.
    lines: Vec<Kept>,
    /// Where in `lines` the text begins.
    start: usize,
    /// Where in `lines` fences stand that may be the closing one: a text may hold such fences itself.
    /// One at most in a text without a name, for it cannot be told from another text behind it.
    ends: Vec<usize>,
    /// How many blocks are open inside the text.
    inner: usize,
    naming: Naming,
    /// In [`Format::Auto`] markers of other formats mean that this is none.
    format: Format,
}

impl Text {
    /// `lead.held` ends in the line of the opening fence, or in the path right after it.
    pub fn open(fence: Fence, path: String, naming: Naming, lead: Taken, format: Format) -> Self {
        let start = lead.held.len();
        let Taken { held: lines, reason, doubt, .. } = lead;
        Self { path, reason, doubt, fence, lines, start, ends: Vec::new(), inner: 0, naming, format }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// How many lines of text have come.
    pub fn len(&self) -> usize {
        self.lines.len() - self.start
    }

    pub fn line(&mut self, line: Line<'_>) -> Step {
        if let Some(format) = self.other_format(line).filter(|_| self.format == Format::Auto) {
            self.lines.push(line.kept());
            return Step::Mistaken(format, std::mem::take(&mut self.lines));
        }
        if self.next_file_begins(line) {
            return Step::Past(self.give_back(line));
        }
        let text = line.text();
        if self.fence.opens_inner(text) {
            self.inner += 1;
        } else if self.fence.closes(text) && self.inner > 0 {
            self.inner -= 1;
        } else if self.fence.closes(text) {
            self.ends.push(self.lines.len());
        }
        self.lines.push(line.kept());
        let may_go_on = self.ends.is_empty() || self.is_markdown() || self.naming == Naming::Reply;
        if may_go_on { Step::Open } else { Step::Closed }
    }

    /// The edit of a closed text. In Markdown the last of an odd number of fences closes it, if the
    /// file does not say otherwise.
    pub fn read(mut self) -> (Read, Vec<Kept>) {
        let opened = self.lines.get(self.start.saturating_sub(1)).cloned();
        let flawed = |flaw| {
            let kept = opened.unwrap_or(Kept { raw: String::new(), number: 1 });
            kept.line().flaw(flaw)
        };
        let Some(end) = self.ends.last().copied() else {
            return (flawed(Flaw::Unclosed("whole text")), Vec::new());
        };
        let odd = !self.ends.len().is_multiple_of(2);
        if self.is_markdown() && !odd {
            return (flawed(Flaw::AmbiguousFence), Vec::new());
        }
        let after = self.lines.split_off(end + 1);
        if let Some(doubt) = self.doubt {
            return (flawed(Flaw::DoubtfulPath(doubt)), after);
        }
        let text = self.lines.get(self.start..end).unwrap_or_default();
        let before =
            |end: &usize| text.iter().take(end - self.start).map(|kept| kept.raw.len()).sum::<usize>();
        let ends: Vec<usize> = self.ends.iter().map(before).collect();
        let likely = self.is_markdown().then_some(ends.len() - 1);
        let text: String = text.iter().map(|kept| kept.raw.as_str()).collect();
        if ends.len() == 1 {
            return (Read::Edit(edit(self.format, self.path, text, self.reason)), after);
        }
        let lazy = self.format == Format::Lazy;
        let op = EditOp::Fenced(Fenced { text, ends, fence: self.fence.closing(), lazy, likely });
        (Read::Edit(Edit { path: self.path, op, reason: self.reason }), after)
    }

    pub fn cut_off(self) -> Read {
        let opened =
            self.lines.get(self.start.saturating_sub(1)).map_or(Line { raw: "", number: 1 }, Kept::line);
        opened.flaw(Flaw::Unclosed("whole text"))
    }

    /// Its lines as they came, for a reply that turns out to be in another format.
    pub fn raw(&self) -> String {
        self.lines.iter().map(|kept| kept.raw.as_str()).collect()
    }

    fn other_format(&self, line: Line<'_>) -> Option<Format> {
        let text = line.text();
        if search_replace::opens(text) {
            return Some(Format::SearchReplace);
        }
        if apply_patch::opens(text) {
            return Some(Format::ApplyPatch);
        }
        let before = self.lines.last().filter(|_| self.len() > 0).map_or("", |kept| kept.raw.as_str());
        let patch = text.starts_with("diff --git ") || is_numbered_hunk(text) || is_file_header(before, text);
        patch.then_some(Format::Unified)
    }

    fn is_markdown(&self) -> bool {
        let extension = self.path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        matches!(extension.as_str(), "md" | "markdown" | "mdx" | "mkd" | "qmd" | "rmd")
    }

    /// A path and an opening fence after what may be the end: another file begins.
    fn next_file_begins(&self, line: Line<'_>) -> bool {
        let named = || self.lines.last().is_some_and(|kept| path_line(kept.line().text()).is_some());
        let may_have_ended = self.ends.last().is_some_and(|end| *end + 1 < self.lines.len());
        may_have_ended
            && self.inner == 0
            && !self.ends.len().is_multiple_of(2)
            && Fence::open(line.text()).is_some()
            && named()
    }

    fn give_back(&mut self, line: Line<'_>) -> Vec<Kept> {
        self.lines.pop().into_iter().chain([line.kept()]).collect()
    }
}

/// A closed text as an edit: all of the file, or parts of it.
pub fn edit(format: Format, path: String, text: String, reason: Option<String>) -> Edit {
    let op = if format == Format::Lazy { EditOp::Lazy(text) } else { EditOp::Whole(text) };
    Edit { path, op, reason }
}
