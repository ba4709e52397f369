//! What a person wants in the requests of a session, and what not, whatever a search finds: pins and
//! evictions. They say what is meant; whether it is there, and fits, is seen when a request is made.

use std::fmt;

use super::mention::{Mention, is_page};
use super::pack::Source;

/// The kinds of pieces that requests can go without, as they are typed.
const KINDS: [&str; 9] =
    ["file-list", "map", "rules", "diff", "diagnostics", "page", "excerpt", "outline", "file"];

/// Something that is kept out of requests.
///
/// Typed, a word of [`KINDS`] is that kind, an address a page and anything else a file; a file that is called
/// like a kind is written `./rules`. What is shown is read back as the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// Every piece of a kind.
    Kind(&'static str),
    /// Whatever is of the file of this path, as far as it need not be there.
    File(String),
    /// The page at this address.
    Page(String),
}

impl Target {
    /// As a person types it.
    pub fn parse(word: &str) -> Self {
        let word = word.trim();
        let bare = word.trim_start_matches("./");
        if bare.len() < word.len() {
            return Self::File(bare.to_owned());
        }
        match KINDS.iter().find(|kind| **kind == word) {
            Some(kind) => Self::Kind(kind),
            None if is_page(word) => Self::Page(word.to_owned()),
            None => Self::File(word.to_owned()),
        }
    }

    /// The file of this path, whatever it is called.
    pub fn file(path: impl Into<String>) -> Self {
        Self::File(path.into())
    }

    /// What a piece of this source is kept out by, and little else: its file or page, else its kind.
    pub fn of(source: &Source) -> Self {
        match (source, source.place().0) {
            (Source::Page { url }, _) => Self::Page(url.clone()),
            (_, Some(path)) => Self::file(path),
            // A kind that no request can go without is kept out by nothing.
            (other, None) => KINDS
                .iter()
                .find(|kind| **kind == other.kind())
                .map_or_else(|| Self::file(other.kind()), |kind| Self::Kind(kind)),
        }
    }

    fn covers(&self, source: &Source) -> bool {
        match self {
            Self::Kind(kind) => *kind == source.kind(),
            Self::File(path) => source.place().0 == Some(path.as_str()),
            Self::Page(url) => matches!(source, Source::Page { url: other } if other == url),
        }
    }
}

/// As it is typed.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) if KINDS.contains(&path.as_str()) || is_page(path) => write!(f, "./{path}"),
            Self::File(name) | Self::Page(name) => f.write_str(name),
            Self::Kind(kind) => f.write_str(kind),
        }
    }
}

/// What a pin stands against: an eviction of the same takes it back, and the other way round.
impl From<&Mention> for Target {
    fn from(mention: &Mention) -> Self {
        match mention {
            Mention::Name { name, .. } => Self::file(name),
            Mention::Diff => Self::Kind("diff"),
            Mention::Diagnostics => Self::Kind("diagnostics"),
            Mention::Page(url) => Self::Page(url.clone()),
        }
    }
}

/// Pins and evictions, in the order in which they were made.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Wishes {
    pinned: Vec<Mention>,
    evicted: Vec<Target>,
}

impl Wishes {
    /// Nothing is wished for.
    pub const NONE: Self = Self { pinned: Vec::new(), evicted: Vec::new() };

    /// Every request holds this from now on.
    pub fn pin(&mut self, mention: Mention) {
        let what = Target::from(&mention);
        self.evicted.retain(|evicted| *evicted != what);
        if !self.pinned.contains(&mention) {
            self.pinned.push(mention);
        }
    }

    /// No request holds this from now on.
    pub fn evict(&mut self, what: Target) {
        self.pinned.retain(|pinned| Target::from(pinned) != what);
        if !self.evicted.contains(&what) {
            self.evicted.push(what);
        }
    }

    /// Takes back what was wished of `what`, a pin or an eviction. Returns whether there was one.
    pub fn forget(&mut self, what: &Target) -> bool {
        let before = self.pinned.len() + self.evicted.len();
        self.pinned.retain(|pinned| Target::from(pinned) != *what);
        self.evicted.retain(|evicted| evicted != what);
        before > self.pinned.len() + self.evicted.len()
    }

    pub fn pinned(&self) -> &[Mention] {
        &self.pinned
    }

    pub fn evicted(&self) -> &[Target] {
        &self.evicted
    }

    pub fn is_empty(&self) -> bool {
        self.pinned.is_empty() && self.evicted.is_empty()
    }

    /// Is a piece of this source to stay out?
    pub fn evicts(&self, source: &Source) -> bool {
        source.may_be_evicted() && self.evicted.iter().any(|what| what.covers(source))
    }

    /// Are lines of this file to stay out, as far as they need not be there?
    pub fn evicts_file(&self, path: &str) -> bool {
        self.evicted.iter().any(|what| matches!(what, Target::File(evicted) if evicted == path))
    }

    /// Is every piece of this kind to stay out?
    pub fn evicts_kind(&self, kind: &str) -> bool {
        self.evicted.iter().any(|what| matches!(what, Target::Kind(evicted) if *evicted == kind))
    }

    /// Takes a pin back.
    pub fn unpin(&mut self, mention: &Mention) {
        self.pinned.retain(|pinned| pinned != mention);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{RepoPath, Span};

    fn excerpt(path: &str) -> Source {
        Source::Excerpt { path: RepoPath::parse(path).unwrap(), span: Span::new(0, 3) }
    }

    fn rules(path: &str) -> Source {
        Source::Rules { path: RepoPath::parse(path).unwrap() }
    }

    #[test]
    fn the_last_wish_counts() {
        let mut wishes = Wishes::default();
        wishes.pin(Mention::parse("src/a.rs:1-3").unwrap());
        assert!(wishes.pinned().len() == 1 && !wishes.evicts(&excerpt("src/a.rs")));
        wishes.evict(Target::parse("src/a.rs"));
        assert!(wishes.evicts(&excerpt("src/a.rs")) && wishes.pinned().is_empty());
        assert!(!wishes.evicts(&excerpt("src/b.rs")));
        let a = Target::parse("./src/a.rs");
        assert!(wishes.forget(&a) && !wishes.forget(&a));
        assert!(wishes.is_empty());
        wishes.pin(Mention::Diff);
        wishes.evict(Target::parse("./diff"));
        assert_eq!(wishes.pinned(), [Mention::Diff], "a file of that name is another thing");
        wishes.evict(Target::parse("diff"));
        assert!(wishes.pinned().is_empty());
    }

    #[test]
    fn a_kind_of_piece_can_be_kept_out_and_what_the_request_is_about_cannot() {
        let mut wishes = Wishes::default();
        wishes.evict(Target::parse("excerpt"));
        wishes.evict(Target::parse("instruction"));
        assert!(wishes.evicts(&excerpt("a")));
        assert!(!wishes.evicts(&Source::Instruction));
    }

    #[test]
    fn a_file_that_is_called_like_a_kind_and_the_kind_are_two_things() {
        let (mut kind, mut file) = (Wishes::default(), Wishes::default());
        kind.evict(Target::parse("rules"));
        file.evict(Target::of(&excerpt("rules")));
        assert!(kind.evicts(&rules("AGENTS.md")) && !kind.evicts(&excerpt("rules")));
        assert!(file.evicts(&excerpt("rules")) && !file.evicts(&rules("AGENTS.md")));
        assert!(file.evicts_file("rules") && !file.evicts_kind("rules"));
        assert!(kind.evicts_kind("rules") && !kind.evicts_file("rules"));
        assert_eq!(file.evicted()[0].to_string(), "./rules");
        assert!(Target::of(&Source::Diff) == Target::parse("diff"));
        assert!(Target::of(&excerpt("diff")) == Target::parse("./diff"));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(name in "(\\./)?[a-z./]{1,12}|rules|\\./map|https?://[a-z]{1,4}|file") {
            let target = Target::parse(&name);
            prop_assert_eq!(Target::parse(&target.to_string()), target);
        }
    }
}
