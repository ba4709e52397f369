//! What a person names with `@` in an instruction or a question, as it was typed: a file, lines of one,
//! a symbol, the difference since the last commit, what is wrong with it, a page of the web. Which file or
//! symbol a name means is for whoever knows the project.

use std::fmt;

use crate::text::Span;

/// Most things that one text may name: more than that is a paste.
const MOST: usize = 32;

/// Something that was named.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Mention {
    /// `@src/a.rs`, `@"with a blank.rs"`, `@src/a.rs:10-20`, `@total_price`: a file or a symbol. A file that is
    /// called like one of the words below is written `@./diff`.
    Name {
        name: String,
        /// Line numbers from 1, both included.
        lines: Option<(usize, usize)>,
    },
    /// `@diff`: what is not committed.
    Diff,
    /// `@diagnostics`: what the project's check said, and where open files do not parse.
    Diagnostics,
    /// `@https://…`
    Page(String),
}

impl Mention {
    /// Reads one mention, with or without its `@`. `None`: it names nothing.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.trim();
        let word = word.strip_prefix('@').unwrap_or(word);
        let (name, rest) = match word.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => (word, ""),
        };
        let whole = format!("{name}{rest}");
        match name {
            "" => None,
            "diff" => Some(Self::Diff),
            "diagnostics" => Some(Self::Diagnostics),
            url if is_page(url) => Some(Self::Page(url.to_owned())),
            _ => {
                let (name, lines) = lines_of(&whole).unwrap_or((&whole, None));
                let name = name.trim_start_matches("./");
                (!name.is_empty()).then(|| Self::Name { name: name.to_owned(), lines })
            }
        }
    }

    /// The lines that are named, from 0.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Name { lines: Some((first, last)), .. } => Span::from_numbers(*first, *last),
            _ => None,
        }
    }

    /// The address of a page, if it is one.
    pub fn page(&self) -> Option<&str> {
        if let Self::Page(url) = self { Some(url) } else { None }
    }
}

/// As it is typed.
impl fmt::Display for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, lines } => {
                let quote = if name.contains(char::is_whitespace) { "\"" } else { "" };
                let here = if is_a_word(name) { "./" } else { "" };
                write!(f, "@{quote}{here}{name}{quote}")?;
                match lines {
                    Some((first, last)) if first == last => write!(f, ":{first}"),
                    Some((first, last)) => write!(f, ":{first}-{last}"),
                    None => Ok(()),
                }
            }
            Self::Diff => f.write_str("@diff"),
            Self::Diagnostics => f.write_str("@diagnostics"),
            Self::Page(url) => write!(f, "@{url}"),
        }
    }
}

/// Would the name of a file, written by itself, mean something else?
fn is_a_word(name: &str) -> bool {
    matches!(name, "diff" | "diagnostics") || is_page(name)
}

pub(super) fn is_page(word: &str) -> bool {
    word.starts_with("https://") || word.starts_with("http://")
}

/// `name:10-20` or `name:10`, if it ends so.
fn lines_of(word: &str) -> Option<(&str, Option<(usize, usize)>)> {
    let (name, numbers) = word.rsplit_once(':')?;
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (!name.is_empty() && Span::from_numbers(first, last).is_some()).then_some((name, Some((first, last))))
}

/// What `text` names, in order, each once. An `@` inside a word (`me@example.org`) or after a backtick
/// names nothing.
pub fn mentioned(text: &str) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        let begins =
            c == '@' && before.is_none_or(|before| before.is_whitespace() || "([{,;".contains(before));
        before = Some(c);
        if !begins || found.len() >= MOST {
            continue;
        }
        let mention = word_at(text.get(at + 1..).unwrap_or_default()).and_then(Mention::parse);
        found.extend(mention.filter(|mention| !found.contains(mention)));
    }
    found
}

/// The word that an `@` stands before, without the punctuation that follows it in a sentence.
fn word_at(rest: &str) -> Option<&str> {
    let end = match rest.strip_prefix('"') {
        Some(quoted) => {
            let close = 1 + quoted.split('\n').next()?.find('"')? + 1;
            let after = rest.get(close..)?;
            close + after.find(char::is_whitespace).unwrap_or(after.len())
        }
        None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
    };
    let word = rest.get(..end)?;
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'']);
    (!word.is_empty()).then_some(word)
}

/// The mention that is being typed at the end of `before` (the text before the cursor): what follows its
/// `@`.
pub fn being_typed(before: &str) -> Option<&str> {
    let at = before.rfind('@')?;
    let typed = before.get(at + 1..)?;
    let outside = before.get(..at)?.chars().next_back();
    let begins = outside.is_none_or(|c| c.is_whitespace() || "([{,;".contains(c));
    let whole = match typed.strip_prefix('"') {
        Some(quoted) => !quoted.contains('"') && !quoted.contains('\n'),
        None => !typed.contains(char::is_whitespace),
    };
    (begins && whole).then_some(typed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        mentioned(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_named_is_found_in_a_sentence() {
        let text = "use @total_price of @src/a.rs:10-20, as in (@\"my notes.md\") and @diff; see \
                    @https://example.org/a?b=c. @diagnostics! @src/a.rs:10-20";
        let expected = [
            "@total_price",
            "@src/a.rs:10-20",
            "@\"my notes.md\"",
            "@diff",
            "@https://example.org/a?b=c",
            "@diagnostics",
        ];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn an_at_sign_that_names_nothing_is_a_character() {
        assert_eq!(shown("write to me@example.org, cost @ 5, `@property`, @, @\"open"), [""; 0]);
    }

    #[test]
    fn lines_are_counted_as_people_count() {
        let one = Mention::parse("@a.rs:7").unwrap();
        assert_eq!((one.span(), one.to_string()), (Some(Span::new(6, 7)), "@a.rs:7".into()));
        assert_eq!(Mention::parse("a.rs:0").unwrap().span(), None);
        assert_eq!(Mention::parse("a.rs:9-2").unwrap().to_string(), "@a.rs:9-2");
    }

    #[test]
    fn the_mention_at_the_cursor_is_known_while_it_is_typed() {
        assert_eq!(being_typed("make @src/m"), Some("src/m"));
        assert_eq!(being_typed("make @"), Some(""));
        assert_eq!(being_typed("make @\"my no"), Some("\"my no"));
        for over in ["make @src/main.rs ", "me@exam", "make", "@\"my notes.md\" "] {
            assert_eq!(being_typed(over), None, "{over}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(name in "[a-z/. ]{0,8}[a-z]|diff|diagnostics", lines in proptest::option::of((1usize..99, 0usize..9))) {
            let lines = lines.map(|(first, more)| (first, first + more));
            prop_assume!(!name.starts_with("./") && name.trim() == name);
            let mention = Mention::Name { name, lines };
            prop_assert_eq!(mentioned(&format!("see {mention} now")), vec![mention]);
        }

        #[test]
        fn no_text_is_too_strange(text in "[@\":.a-z0-9 \n-]{0,60}|\\PC{0,40}") {
            prop_assert!(mentioned(&text).len() <= MOST);
            let _ = being_typed(&text);
        }
    }
}
