//! What a command line wants in a request beside what is found for it: `--add`, `--evict`, what the text
//! names with `@`, and whether the pages among it may be fetched.

use crate::context::{Mention, Target, Wishes};
use crate::session::Wants;

/// What was typed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Wanted {
    /// A file, lines of one, a symbol, `diff`, `diagnostics` or an address, each.
    pub add: Vec<String>,
    /// A path (`./rules`: of a file that is called like a kind), an address or a kind of piece, each.
    pub evict: Vec<String>,
    pub allow_url: bool,
}

/// Why that means nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotWanted {
    #[error("`--add {0}` names nothing; write a file, FILE:A-B, a symbol, diff, diagnostics or an address")]
    Nothing(String),
    #[error("`{0}` is a page of the web; `--allow-url` lets it be fetched, this once")]
    Page(String),
}

impl Wanted {
    /// What is meant with an instruction or a question.
    ///
    /// # Errors
    /// Something names nothing, or a page may not be fetched.
    pub fn meant(&self, text: &str) -> Result<Wants, NotWanted> {
        let mut wishes = Wishes::default();
        for word in &self.add {
            wishes.pin(Mention::parse(word).ok_or_else(|| NotWanted::Nothing(word.clone()))?);
        }
        self.evict.iter().for_each(|what| wishes.evict(Target::parse(what)));
        let mut wants = Wants::of(text, wishes);
        let pages: Vec<String> = wants.pages_named().into_iter().map(ToOwned::to_owned).collect();
        match pages.first().filter(|_| !self.allow_url) {
            Some(page) => Err(NotWanted::Page(page.clone())),
            None => {
                wants.pages = pages;
                Ok(wants)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_needs_the_flag_wherever_it_is_named() {
        let page = "https://example.org/a";
        let wanted = Wanted::default();
        assert_eq!(wanted.meant("see @https://example.org/a."), Err(NotWanted::Page(page.into())));
        assert_eq!(wanted.meant("see https://example.org/a").unwrap().pages, [""; 0], "a link is a word");
        let added = Wanted { add: vec![page.into()], ..Wanted::default() };
        assert_eq!(added.meant("x"), Err(NotWanted::Page(page.into())));
        let allowed = Wanted { allow_url: true, ..added };
        assert_eq!(allowed.meant("see @https://example.org/a").unwrap().pages, [page]);
        assert!(Wanted { add: vec!["@".into()], ..Wanted::default() }.meant("x").is_err());
    }
}
