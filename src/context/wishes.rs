//! What a person wants in the requests of a session, and what not, whatever a search finds: pins and
//! evictions. They say what is meant; whether it is there, and fits, is seen when a request is made.

use super::mention::Mention;
use super::pack::Source;

/// Pins and evictions, in the order in which they were made.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Wishes {
    pinned: Vec<Mention>,
    evicted: Vec<String>,
}

impl Wishes {
    /// Nothing is wished for.
    pub const NONE: Self = Self { pinned: Vec::new(), evicted: Vec::new() };

    /// Every request holds this from now on.
    pub fn pin(&mut self, mention: Mention) {
        let what = named(&mention);
        self.evicted.retain(|evicted| *evicted != what);
        if !self.pinned.contains(&mention) {
            self.pinned.push(mention);
        }
    }

    /// No request holds this from now on: a file's path, or what [`Source::kind`] calls a kind of piece.
    pub fn evict(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.pinned.retain(|pinned| named(pinned) != what);
        if !self.evicted.contains(&what) {
            self.evicted.push(what);
        }
    }

    /// Takes back what was wished of `what`, a pin or an eviction. Returns whether there was one.
    pub fn forget(&mut self, what: &str) -> bool {
        let before = self.pinned.len() + self.evicted.len();
        self.pinned.retain(|pinned| named(pinned) != what);
        self.evicted.retain(|evicted| evicted != what);
        before > self.pinned.len() + self.evicted.len()
    }

    pub fn pinned(&self) -> &[Mention] {
        &self.pinned
    }

    pub fn evicted(&self) -> &[String] {
        &self.evicted
    }

    pub fn is_empty(&self) -> bool {
        self.pinned.is_empty() && self.evicted.is_empty()
    }

    /// Is a piece of this source to stay out?
    pub fn evicts(&self, source: &Source) -> bool {
        source.may_be_evicted()
            && self.evicted.iter().any(|what| what == source.kind() || *what == source.name())
    }

    /// Are lines of this file to stay out, as far as they need not be there?
    pub fn evicts_file(&self, path: &str) -> bool {
        self.evicted.iter().any(|what| what == path)
    }

    /// Takes a pin back.
    pub fn unpin(&mut self, mention: &Mention) {
        self.pinned.retain(|pinned| pinned != mention);
    }
}

/// What a mention is called where wishes are compared: the path or symbol, `diff`, an address.
fn named(mention: &Mention) -> String {
    match mention {
        Mention::Name { name, .. } => name.clone(),
        other => other.to_string().trim_start_matches('@').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{RepoPath, Span};

    fn excerpt(path: &str) -> Source {
        Source::Excerpt { path: RepoPath::parse(path).unwrap(), span: Span::new(0, 3) }
    }

    #[test]
    fn the_last_wish_counts() {
        let mut wishes = Wishes::default();
        wishes.pin(Mention::parse("src/a.rs:1-3").unwrap());
        assert!(wishes.pinned().len() == 1 && !wishes.evicts(&excerpt("src/a.rs")));
        wishes.evict("src/a.rs");
        assert!(wishes.evicts(&excerpt("src/a.rs")) && wishes.pinned().is_empty());
        assert!(!wishes.evicts(&excerpt("src/b.rs")));
        assert!(wishes.forget("src/a.rs") && !wishes.forget("src/a.rs"));
        assert!(wishes.is_empty());
    }

    #[test]
    fn a_kind_of_piece_can_be_kept_out_and_what_the_request_is_about_cannot() {
        let mut wishes = Wishes::default();
        wishes.evict("excerpt");
        wishes.evict("instruction");
        assert!(wishes.evicts(&excerpt("a")));
        assert!(!wishes.evicts(&Source::Instruction));
    }
}
