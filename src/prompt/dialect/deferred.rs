//! Whole texts that wait for the end of the reply. Until then it is not known whether the reply is
//! in another format, which makes them samples, or gives a second text for the same file.

use std::collections::BTreeMap;

use super::{Flaw, Read, Unreadable};
use crate::change::{Edit, EditOp};

/// Who named the file of a whole text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Naming {
    Reply,
    Default,
}

/// The waiting texts, in the order of the reply.
#[derive(Debug, Default)]
pub struct Deferred {
    texts: Vec<Text>,
}

#[derive(Debug)]
struct Text {
    read: Read,
    naming: Naming,
    /// As it came, its lead included.
    raw: String,
}

impl Deferred {
    pub fn push(&mut self, read: Read, naming: Naming, raw: String) {
        self.texts.push(Text { read, naming, raw });
    }

    /// The reply is in another format: these were samples.
    pub fn as_prose(&mut self) -> impl Iterator<Item = Read> {
        self.texts.drain(..).map(|text| Read::Prose(text.raw))
    }

    /// The reply has ended at line `end`. A block without a name is only then the default file's text
    /// when nothing else in the reply is an edit (`found`) or has a name; two texts for one file are
    /// none.
    pub fn settle(self, found: bool, end: usize) -> Vec<Read> {
        let named = found || self.texts.iter().any(|text| text.naming == Naming::Reply);
        let (samples, texts): (Vec<_>, Vec<_>) =
            self.texts.into_iter().partition(|text| named && text.naming == Naming::Default);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for path in texts.iter().filter_map(Text::path) {
            *counts.entry(path.to_owned()).or_default() += 1;
        }
        // Parts of a file may be many; with a whole text among them they may not.
        counts.retain(|path, _| texts.iter().any(|text| text.path() == Some(path) && text.is_whole()));
        let samples = samples.into_iter().map(|text| Read::Prose(text.raw));
        let texts = texts.into_iter().map(|text| match text.path().and_then(|path| counts.get(path)) {
            Some(count @ 2..) => text.flawed(Flaw::SeveralTexts(*count), end),
            _ => text.read,
        });
        samples.chain(texts).collect()
    }

    /// The reply was cut at line `end`: what it would have been is not known.
    pub fn cut_off(self, end: usize) -> Vec<Read> {
        self.texts.iter().map(|text| text.flawed(Flaw::Unclosed("reply"), end)).collect()
    }
}

impl Text {
    fn path(&self) -> Option<&str> {
        match &self.read {
            Read::Edit(Edit { path, .. }) => Some(path),
            _ => None,
        }
    }

    fn is_whole(&self) -> bool {
        matches!(&self.read, Read::Edit(Edit { op: EditOp::Whole(_) | EditOp::Fenced(_), .. }))
    }

    fn flawed(&self, flaw: Flaw, end: usize) -> Read {
        let first = self.raw.lines().next().unwrap_or_default();
        Read::Unreadable(Unreadable::new(flaw, end.max(1), first))
    }
}
