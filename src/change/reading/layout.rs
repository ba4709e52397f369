//! Where blanks and line breaks mean something although the tokens are the same, language by language.
//! It knows two places in texts that hold the same tokens, and says whether their layout may be told
//! apart by a compiler, a tool or a reader of documentation.
//!
//! - A comment stays on the line of the tokens it stood with, and directly above what it stood directly
//!   above; nothing is folded next to a comment that steers a tool by its place (`noqa`, `ts-ignore`, …).
//! - The first two lines of a file may say how it is run and read.
//! - In JavaScript and its kin a line break ends a statement after `return` and the like; in Go after
//!   nearly everything that can end one.
//! - A directive of the C preprocessor is a line; so is a key of TOML.
//! - In Python no other kind of blank comes among those that indent.
//! - In the arguments of Rust macros, signs that stood together stay together; of macros that are not
//!   known, everything.

use crate::text::highlight::Language;
use crate::text::syntax::{Loose, Syntax, Token, TokenClass};
use crate::text::{Lines, Span};

/// Whole lines of a text that was understood.
pub(super) struct Place<'a> {
    pub(super) text: &'a Lines,
    pub(super) syntax: &'a Syntax,
    pub(super) lines: Span,
    /// Without commas that only close a list.
    pub(super) tokens: Vec<Token>,
}

/// Words in comments that steer a tool for the line they stand in, or the next, in small letters.
const PRAGMAS: [&str; 37] = [
    "noqa",
    "ignore",
    "expect-error",
    "eslint",
    "nolint",
    "lint:",
    "fmt:",
    "pragma",
    "prettier",
    "rustfmt",
    "noinspection",
    "formatter",
    "clang-format",
    "pylint",
    "pyright",
    "mypy",
    "ruff",
    "flake8",
    "yapf",
    "isort",
    "istanbul",
    "c8 ",
    "v8 ",
    "nosec",
    "nosonar",
    "codeql",
    "flowfixme",
    "flowissue",
    "go:",
    "+build",
    "export ",
    "fallthrough",
    "checkstyle",
    "suppress",
    "no-cover",
    "no cover",
    "sourcemappingurl",
];

/// Words after which a line break may end a statement (ECMA-262, 12.10, and what TypeScript adds), and
/// signs and words before which it does.
const RESTRICTED: [&[u8]; 20] = [
    b"return",
    b"throw",
    b"break",
    b"continue",
    b"yield",
    b"async",
    b"type",
    b"abstract",
    b"declare",
    b"namespace",
    b"module",
    b"interface",
    b"global",
    b"accessor",
    b"using",
    b"asserts",
    b"keyof",
    b"unique",
    b"infer",
    b"let",
];
const RESTRICTED_BEFORE: [&[u8]; 7] = [b"++", b"--", b"=>", b"!", b"as", b"satisfies", b"is"];

/// Is the layout of two places, which hold the same tokens, the same wherever it means something?
pub(super) fn is_same(old: &Place<'_>, new: &Place<'_>) -> bool {
    let language = old.syntax.language;
    let neighbours = old.pairs().zip(new.pairs()).all(|(before, after)| {
        let may_break = || match language {
            Language::JavaScript | Language::TypeScript | Language::Tsx => {
                !is_restricted(&before, old.text.bytes())
            }
            Language::Go => !ends_statement(&before, old.text.bytes()) || is_closed(&before, &after),
            Language::Toml => old.is_in_array(&before),
            _ => true,
        };
        same_comments(&before, &after)
            && same_macros(&before, &after)
            && (same_line(&before, &after) || may_break())
    });
    let counts = old.pairs().count() == new.pairs().count();
    let directives = language != Language::C
        || !(old.has_directive() || new.has_directive())
        || old.pairs().zip(new.pairs()).all(|(before, after)| same_line(&before, &after));
    let indents = language != Language::Python || same_blanks(old, new);
    counts
        && neighbours
        && directives
        && indents
        && !old.is_steered()
        && !new.is_steered()
        && same_head(old, new)
}

/// Two tokens next to each other; none where the text begins or ends.
type Pair<'a> = (Option<&'a Token>, Option<&'a Token>);

fn lines_between(pair: &Pair<'_>) -> Option<usize> {
    Some(pair.1?.lines_after(pair.0?))
}

fn same_line(before: &Pair<'_>, after: &Pair<'_>) -> bool {
    let same = |pair: &Pair<'_>| lines_between(pair).map(|lines| lines == 0);
    same(before) == same(after)
}

/// Does each comment stand with what it stood with, and right above what it stood right above?
fn same_comments(before: &Pair<'_>, after: &Pair<'_>) -> bool {
    let is_comment = |token: Option<&Token>| token.is_some_and(|token| token.class == TokenClass::Comment);
    let any = [before.0, before.1, after.0, after.1].into_iter().any(is_comment);
    let above = is_comment(before.0) || is_comment(after.0);
    let near = |pair: &Pair<'_>| lines_between(pair).map(|lines| lines <= 1);
    (!any || same_line(before, after)) && (!above || near(before) == near(after))
}

fn same_macros(before: &Pair<'_>, after: &Pair<'_>) -> bool {
    let ((Some(a), Some(b)), (Some(c), Some(d))) = (before, after) else { return true };
    let signs = [a, b].iter().all(|token| token.class == TokenClass::Sign);
    let matters = match (a.loose, b.loose) {
        (Loose::No, _) | (_, Loose::No) => false,
        (Loose::Everything, _) | (_, Loose::Everything) => true,
        (Loose::Signs, Loose::Signs) => signs,
    };
    let together = |a: &Token, b: &Token| a.bytes.end == b.bytes.start;
    !matters || together(a, b) == together(c, d)
}

fn is_restricted(pair: &Pair<'_>, text: &[u8]) -> bool {
    let is = |token: Option<&Token>, words: &[&[u8]]| {
        token.and_then(|token| token.text(text)).is_some_and(|text| words.contains(&text))
    };
    is(pair.0, &RESTRICTED) || is(pair.1, &RESTRICTED_BEFORE)
}

/// Does Go put a semicolon at the end of a line that the first of the two ends (The Go Programming
/// Language Specification, Semicolons), and does it matter?
fn ends_statement(pair: &Pair<'_>, text: &[u8]) -> bool {
    let own =
        |token: Option<&Token>| -> &[u8] { token.and_then(|token| token.text(text)).unwrap_or_default() };
    let (first, second) = (own(pair.0), own(pair.1));
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_\"'`)]}".contains(byte);
    let ends = first.last().is_some_and(word) || matches!(first, b"++" | b"--");
    ends && second != b"}"
}

/// Of two pairs, one of which is parted by a line break: does that one stand at the end of a list that a
/// comma closes?
fn is_closed(before: &Pair<'_>, after: &Pair<'_>) -> bool {
    let breaks = |pair: &Pair<'_>| lines_between(pair).is_some_and(|lines| lines > 0);
    [before, after]
        .into_iter()
        .filter(|pair| breaks(pair))
        .all(|pair| pair.0.is_some_and(|token| token.closed))
}

/// Do the lines of Python that indent do so with the blanks that the rest of the file indents with?
fn same_blanks(old: &Place<'_>, new: &Place<'_>) -> bool {
    let kinds = |lines: &mut dyn Iterator<Item = &[u8]>| {
        let indents = lines.filter(|line| !line.trim_ascii().is_empty());
        indents.fold((false, false), |(tabs, blanks), line| {
            let end = line.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(0);
            let indent = line.get(..end).unwrap_or_default();
            (tabs || indent.contains(&b'\t'), blanks || indent.contains(&b' '))
        })
    };
    let within =
        |place: &Place<'_>| kinds(&mut place.lines.as_range().filter_map(|line| place.text.text(line)));
    let ((old_tabs, _), (new_tabs, _)) = (within(old), within(new));
    // Without tabs in these lines nothing new can come among what indents.
    (!old_tabs && !new_tabs) || kinds(&mut new.text.iter()) != (true, true)
}

/// Who runs the file, and how its bytes are read, stands in its first two lines.
fn same_head(old: &Place<'_>, new: &Place<'_>) -> bool {
    const HEAD: usize = 2;
    if old.lines.start().min(new.lines.start()) >= HEAD {
        return true;
    }
    let speaks = |text: &Lines| {
        let line = |line: &[u8]| line.starts_with(b"#!") || line.windows(6).any(|word| word == b"coding");
        text.iter().take(HEAD).any(line)
    };
    !(speaks(old.text) || speaks(new.text)) || old.text.iter().take(HEAD).eq(new.text.iter().take(HEAD))
}

impl<'a> Place<'a> {
    /// `None`: a token of these lines reaches beyond them.
    pub(super) fn of(text: &'a Lines, syntax: &'a Syntax, lines: Span) -> Option<Self> {
        Some(Self { text, syntax, lines, tokens: syntax.meaning(lines, text.bytes())? })
    }

    /// Of which tokens does a comma close the list?
    pub(super) fn closes(&self) -> Vec<bool> {
        self.tokens.iter().map(|token| token.closed).collect()
    }

    /// The tokens of these lines and those around them, each with the next.
    fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        let (before, after) = self.syntax.around(self.lines);
        let first = std::iter::once(before).chain(self.tokens.iter().map(Some));
        first.zip(self.tokens.iter().map(Some).chain([after]))
    }

    /// Does a comment in these lines, or in the one above, steer a tool by where it stands?
    fn is_steered(&self) -> bool {
        let around = Span::new(self.lines.start().saturating_sub(1), self.lines.end());
        self.syntax.comments(around).any(|comment| {
            let bytes = comment.text(self.text.bytes()).unwrap_or_default();
            let words = String::from_utf8_lossy(bytes).to_ascii_lowercase();
            PRAGMAS.iter().any(|pragma| words.contains(pragma))
        })
    }

    fn has_directive(&self) -> bool {
        self.tokens
            .iter()
            .any(|token| token.text(self.text.bytes()).is_some_and(|text| text.starts_with(b"#")))
    }

    /// Between the elements of an array of TOML?
    fn is_in_array(&self, pair: &Pair<'_>) -> bool {
        let own = |token: Option<&Token>, sign: &[u8]| {
            token.and_then(|token| token.text(self.text.bytes())).is_some_and(|text| text == sign)
        };
        let array = |token: Option<&Token>| token.is_some_and(|token| self.syntax.is_in(token, "array"));
        (array(pair.0) || array(pair.1)) && !own(pair.1, b"[") && !own(pair.0, b"]")
    }
}
