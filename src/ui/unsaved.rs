//! Unsaved text when the program ends without having been asked to leave: what there is to keep, and
//! how it comes back at the next start. Where it is kept is not known here.

use super::app::{App, Out};
use super::open_file::OpenFile;
use super::theme::Paint;
use crate::session::Effect;
use crate::text::{Lines, RepoPath, Span};
use crate::workspace::{Kept, Unsaved};

impl App {
    /// What of the user's would be lost if the program ended now.
    pub fn unsaved_texts(&self) -> Vec<Unsaved> {
        let dirty = self.files.iter().filter(|file| file.buffer.is_dirty());
        dirty
            .map(|file| Unsaved {
                path: file.buffer.path().clone(),
                base: file.disk().cloned(),
                text: file.buffer.snapshot(),
            })
            .collect()
    }

    /// Opens files with the text that was not saved in an earlier run, as unsaved text, around what has
    /// changed on disk since. There is one text for a file.
    pub fn bring_back(&mut self, kept: &[Kept]) -> Vec<Out> {
        let mut outs = Vec::new();
        for one in kept {
            let Unsaved { path, base, text } = &one.unsaved;
            let file = typed(path, base.as_ref(), text, self.tab);
            self.files.push(file);
            // What the disk holds now is taken in like any change from outside.
            outs.push(Out::Do(Effect::Open { path: path.clone() }));
        }
        if let Some(last) = kept.last() {
            let time = last.time.strftime("%Y-%m-%d %H:%M");
            let files = match kept {
                [one] => one.unsaved.path.to_string(),
                many => format!("{} files", many.len()),
            };
            self.say(Paint::Warn, format!("back from {time} UTC, not saved yet: {files}; Ctrl-S saves"));
            self.highlight_due = Some(self.now);
            self.settle_views();
        }
        outs
    }
}

/// A file as it was on disk, with the text that was typed over it: one step to take back.
fn typed(path: &RepoPath, base: Option<&Lines>, text: &Lines, tab: usize) -> OpenFile {
    let mut file = OpenFile::new(path.clone(), base.cloned(), tab);
    let all = Span::new(0, file.buffer.snapshot().len());
    let _ = file.buffer.splice(&[(all, text.clone())]);
    file
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_text_comes_back_byte_for_byte_and_can_be_taken_back(
            base in proptest::option::of("[ab\\r\\n\u{feff}é]{0,12}"),
            text in "[ab\\r\\n\u{feff}é]{0,12}",
        ) {
            let path = RepoPath::parse("a").unwrap();
            let base = base.as_deref().map(Lines::from);
            let old = base.as_ref().map(|base| base.bytes().to_vec()).unwrap_or_default();
            let mut file = typed(&path, base.as_ref(), &Lines::from(text.as_str()), 4);
            prop_assert_eq!(file.buffer.bytes(), text.as_bytes());
            prop_assert_eq!(file.disk(), base.as_ref());
            let _ = file.buffer.run(crate::editor::Command::Undo);
            prop_assert_eq!(file.buffer.bytes(), old);
        }
    }
}
