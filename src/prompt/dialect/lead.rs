//! The lines that lead to an edit: the file's name, the reason, an opening fence. They are held back
//! until it is known whether an edit follows; if none does, they are prose like any other.

use super::naming::{may_be_path, path_comment, path_line};
use super::{Kept, Line, Read, head};

/// Longest reason kept, in bytes.
const MAX_REASON: usize = 400;

/// What stands before the place in the reply that has been reached.
#[derive(Debug, Default)]
pub struct Lead {
    held: Vec<Kept>,
    path: Option<String>,
    /// No sentence stands between the path and here.
    adjacent: bool,
    why: Option<String>,
    sentence: Option<String>,
    /// The last line, if it may be meant as the name of a file and is none.
    doubt: Option<String>,
}

/// A lead that an edit took over.
#[derive(Debug, Default)]
pub struct Taken {
    /// Its lines, in case the edit turns out to be none.
    pub held: Vec<Kept>,
    pub path: Option<String>,
    pub reason: Option<String>,
    /// What stands where the file's name is due, if it may be meant as one and is none.
    pub doubt: Option<String>,
}

impl Lead {
    /// Takes note of a line outside of any edit.
    pub fn note(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        let text = line.text().trim();
        if text.is_empty() {
            return self.note_blank(line, out);
        }
        let path = path_line(text);
        self.doubt = (path.is_none() && may_be_path(text)).then(|| clipped(text));
        if let Some(path) = path {
            if self.adjacent {
                self.flush(out);
            }
            self.path = Some(path);
            self.adjacent = true;
        } else if let Some(why) = labelled_reason(text) {
            let other_words = self.path.is_none() && !self.held.is_empty();
            if self.why.is_some() || self.sentence.is_some() || other_words {
                self.flush(out);
            }
            self.why = Some(clipped(why));
        } else if let Some(why) = self.why.as_mut().filter(|_| ends_unbroken(&self.held)) {
            *why = clipped(&format!("{why} {text}"));
        } else {
            self.flush(out);
            self.adjacent = false;
            self.sentence = sentence(text).map(clipped);
        }
        self.held.push(line.kept());
    }

    fn note_blank(&mut self, line: Line<'_>, out: &mut Vec<Read>) {
        if self.held.is_empty() {
            out.push(Read::Prose(line.raw.to_owned()));
        } else {
            self.held.push(line.kept());
        }
    }

    /// Holds a line that is no prose whatever follows: a fence, a file header of a diff.
    pub fn hold(&mut self, line: Line<'_>) {
        self.held.push(line.kept());
    }

    /// The last line held, if it was the last line of the reply so far.
    pub fn last(&self) -> Option<Line<'_>> {
        self.held.last().map(Kept::line)
    }

    /// Takes back the last line held.
    pub fn pop(&mut self) -> Option<Kept> {
        self.held.pop()
    }

    /// Names the file, if a fence or the reply did.
    pub fn name(&mut self, path: String) {
        self.path = Some(path);
        self.adjacent = true;
        self.doubt = None;
    }

    /// The path in the line before; with `anywhere`, that in any line since the last edit.
    pub fn path(&self, anywhere: bool) -> Option<&str> {
        self.path.as_deref().filter(|_| anywhere || self.adjacent)
    }

    /// Drops the lines held; what they said is still known.
    pub fn forget(&mut self) {
        self.held.clear();
    }

    /// Nothing follows: what was held is prose.
    pub fn flush(&mut self, out: &mut Vec<Read>) {
        out.extend(self.held.drain(..).map(|kept| Read::Prose(kept.raw)));
        self.why = None;
        self.sentence = None;
    }

    /// An edit follows.
    pub fn take(&mut self) -> Taken {
        let Self { held, path, why, sentence, doubt, .. } = std::mem::take(self);
        Taken { held, path, reason: why.or(sentence), doubt }
    }
}

impl Taken {
    /// The name of a file right before the edit that does not look like one elsewhere: a word that
    /// stands alone (`configure`), a comment of nothing but a name. Taken for prose, it would leave the
    /// edit to another file.
    pub fn bare_name(&self) -> Option<String> {
        let mut before = self.held.iter().rev().map(|kept| kept.line().text().trim());
        let line = before.find(|text| !text.starts_with("```") && !text.starts_with("~~~"))?;
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
        let word = !line.is_empty() && line.chars().all(plain);
        if word { Some(line.to_owned()) } else { path_comment(line) }
    }
}

fn ends_unbroken(held: &[Kept]) -> bool {
    held.last().is_some_and(|kept| labelled_reason(kept.raw.trim()).is_some())
}

/// The text after `Why:` or `Reason:`, bold or not.
fn labelled_reason(text: &str) -> Option<&str> {
    let (label, rest) = text.trim_start_matches(['*', '-', ' ']).split_once(':')?;
    let label = label.trim_end_matches('*').trim().to_ascii_lowercase();
    let rest = rest.trim_start_matches('*').trim();
    (matches!(label.as_str(), "why" | "reason") && !rest.is_empty()).then_some(rest)
}

/// A line of a few words that could be a reason.
fn sentence(text: &str) -> Option<&str> {
    (!text.starts_with(['#', '|', '<', '>', '`']) && text.split_whitespace().count() >= 3).then_some(text)
}

pub(super) fn clipped(reason: &str) -> String {
    head(reason, MAX_REASON).to_owned()
}
