//! An answer taken elsewhere, as Markdown: to the clipboard, or into a text of its own that nobody has saved
//! yet. The file is written when the user saves it, and not before.

use super::super::app::{App, Focus, Out};
use super::super::open_file::OpenFile;
use super::super::theme::Paint;
use crate::text::{Lines, RepoPath, Span};

/// Longest name that is made from a question, in bytes.
const NAME: usize = 48;

impl App {
    pub(super) fn copy_answer(&mut self) -> Vec<Out> {
        let Some(text) = self.answer_as_markdown() else { return Vec::new() };
        self.say(Paint::Good, "copied, as Markdown");
        vec![Out::Clipboard(text)]
    }

    /// A new text with the answer in it, under a name that no file has.
    pub(super) fn answer_as_a_text(&mut self) -> Vec<Out> {
        let Some(text) = self.answer_as_markdown() else { return Vec::new() };
        let question = self.session.inquiry().map(|one| one.question().text.as_str()).unwrap_or_default();
        let Some(path) = self.free_name(&name(question)) else { return Vec::new() };
        let mut file = OpenFile::new(path.clone(), None, self.tab);
        let _ = file.buffer.splice(&[(Span::new(0, 0), Lines::from(text.as_str()))]);
        self.files.push(file);
        self.current = self.files.len() - 1;
        (self.overlay, self.focus) = (None, Focus::Editor);
        self.highlight_due = Some(self.now);
        self.settle_views();
        self.go_to(0, 0);
        self.say(Paint::Good, format!("{path} is not written yet; Ctrl-S saves it"));
        Vec::new()
    }

    fn answer_as_markdown(&mut self) -> Option<String> {
        let inquiry = self.session.inquiry().filter(|one| !one.proof().findings.is_empty());
        let text = inquiry.map(|one| one.markdown());
        if text.is_none() {
            self.say(Paint::Warn, "there is no answer yet");
        }
        text
    }

    /// `name.md`, or with a number behind it where there is such a file.
    fn free_name(&self, name: &str) -> Option<RepoPath> {
        let listed = self.listing.as_deref().unwrap_or_default();
        let free = |path: &RepoPath| !listed.contains(path) && self.index_of(path).is_none();
        let first = std::iter::once(format!("{name}.md"));
        let names = first.chain((2..1_000).map(|number| format!("{name}-{number}.md")));
        names.filter_map(|name| RepoPath::parse(&name).ok()).find(free)
    }
}

/// The words of a question, as a file is called.
fn name(question: &str) -> String {
    let words = question.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = String::new();
    for word in words {
        if name.len() + word.len() >= NAME {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&word.to_ascii_lowercase());
    }
    if name.is_empty() { "answer".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_the_question() {
        assert_eq!(name("How often is `a::b` tried?"), "how-often-is-a-b-tried");
        assert_eq!(name("為什麼?"), "answer");
        assert_eq!(name("../../etc/passwd"), "etc-passwd");
        assert!(name(&"long ".repeat(40)).len() <= NAME);
    }
}
