//! A text as its tokens in their structure, from tree-sitter: enough to say that two texts are the
//! same code, where whole definitions stand, and what a name belongs to.
//!
//! Strict where `highlight` is lenient: a text with a syntax error, or one that takes too long, has no
//! [`Syntax`]. Whoever asks then knows nothing, and must not guess.

mod fault;
mod item;
mod name;
mod shape;

use std::ops::{ControlFlow, Range};

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree, TreeCursor};

use super::Span;
use super::highlight::{self, Language};
pub use fault::{Fault, faults};
pub use item::Item;
pub use name::{Name, Use};
use shape::Shapes;

/// Largest text worth parsing, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Deepest structure that is followed.
const MAX_DEPTH: usize = 400;

/// A text that parsed without an error.
#[derive(Clone, Debug)]
pub struct Syntax {
    pub language: Language,
    tokens: Vec<Token>,
    items: Vec<Item>,
    tree: Tree,
}

/// What a parser takes as one: a word, a sign, and as a whole each comment, string and pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    pub bytes: Range<usize>,
    /// Lines it stands in.
    pub lines: Span,
    pub class: TokenClass,
    pub loose: Loose,
    /// A comma that closes its list stood behind it ([`Syntax::meaning`]).
    pub closed: bool,
    /// The grammar's numbers for the token and for what it is directly in.
    kind: u16,
    parent: u16,
    /// How deep it stands, and how much of the path to it it shares with the token before it: these
    /// two of every token are the shape of the tree.
    depth: u32,
    shared: u32,
    /// Hash of the kinds of everything around it.
    path: u64,
}

/// What matters of a token beside its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenClass {
    Word,
    Sign,
    /// A string, a character, a pattern: content, blanks included.
    Literal,
    Comment,
    /// Words between the elements of JSX, which are shown with their blanks reduced.
    Shown,
}

/// In the arguments of a macro blanks may be seen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Loose {
    #[default]
    No,
    /// Of signs it matters whether they touch.
    Signs,
    /// Of everything: the macro is unknown, and may take the spelling.
    Everything,
}

impl Syntax {
    /// `None` when the text has an error, is larger than 1 MiB, or resists, and for languages of which it
    /// is not known what blanks and order mean. Blocking: about a tenth of a second for each megabyte.
    pub fn of(language: Language, text: &[u8]) -> Option<Self> {
        if text.len() > MAX_BYTES || !shape::is_understood(language) {
            return None;
        }
        let tree = parse(language, text)?;
        let shapes = shape::of(language);
        let tokens = tokens(&tree, shapes, text)?;
        let items = item::items(&tree, shapes, text, &tokens);
        Some(Self { language, tokens, items, tree })
    }

    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Definitions that stand where their order does not matter, outer before inner, in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Every identifier of the text it was made from, in order.
    pub fn names(&self, text: &[u8]) -> Vec<Name> {
        name::names(&self.tree, shape::of(self.language), text)
    }

    /// The tokens of whole lines; `None` when one of them reaches beyond.
    pub fn within(&self, lines: Span) -> Option<&[Token]> {
        let start = self.tokens.partition_point(|token| token.lines.start() < lines.start());
        let end = self.tokens.partition_point(|token| token.lines.start() < lines.end());
        let inside = self.tokens.get(start..end.max(start))?;
        let before = start.checked_sub(1).and_then(|before| self.tokens.get(before));
        let reaches_in = before.is_some_and(|token| token.lines.end() > lines.start());
        let reaches_out =
            inside.last().is_some_and(|token| token.lines.end() > lines.end().max(lines.start() + 1));
        (!reaches_in && !reaches_out).then_some(inside)
    }

    /// Tokens that stand in these lines, wholly or in part.
    fn touching(&self, lines: Span) -> impl Iterator<Item = &Token> {
        let start = self.tokens.partition_point(|token| token.lines.end() <= lines.start());
        self.tokens.iter().skip(start).take_while(move |token| token.lines.start() < lines.end())
    }

    /// The tokens of whole lines without commas that only close a list, as formatters put them where a
    /// list is broken into lines; `None` when a token reaches beyond.
    pub fn meaning(&self, lines: Span, text: &[u8]) -> Option<Vec<Token>> {
        let inside = self.within(lines)?;
        let beyond = self.around(lines).1;
        let mut kept: Vec<Token> = Vec::with_capacity(inside.len());
        let mut shared = u32::MAX;
        for (at, token) in inside.iter().enumerate() {
            let next = inside.get(at + 1).or(beyond);
            let says =
                |token: &Token, signs: &[&[u8]]| token.text(text).is_some_and(|own| signs.contains(&own));
            let closes = says(token, &[b","])
                && next.is_some_and(|next| {
                    says(next, &[b")", b"]", b"}", b">"])
                        && (next.parent, next.depth) == (token.parent, token.depth)
                })
                && self.shapes().may_close(token.parent);
            match kept.last_mut() {
                Some(last) if closes && !says(last, &[b",", b"(", b"[", b"{", b"<"]) => {
                    last.closed = true;
                    shared = shared.min(token.shared);
                }
                _ => {
                    kept.push(Token { shared: token.shared.min(shared), ..token.clone() });
                    shared = u32::MAX;
                }
            }
        }
        Some(kept)
    }

    fn shapes(&self) -> &'static Shapes {
        shape::of(self.language)
    }

    /// The tokens right before and right after whole lines.
    pub fn around(&self, lines: Span) -> (Option<&Token>, Option<&Token>) {
        let start = self.tokens.partition_point(|token| token.lines.start() < lines.start());
        let end = self.tokens.partition_point(|token| token.lines.start() < lines.end());
        let before = start.checked_sub(1).and_then(|before| self.tokens.get(before));
        (before, self.tokens.get(end.max(start)))
    }

    /// Does the token stand directly in what the grammar calls `kind`?
    pub fn is_in(&self, token: &Token, kind: &str) -> bool {
        self.tree.language().node_kind_for_id(token.parent) == Some(kind)
    }

    /// The comments in these lines.
    pub fn comments(&self, lines: Span) -> impl Iterator<Item = &Token> {
        self.touching(lines).filter(|token| token.class == TokenClass::Comment)
    }

    /// Does a comment or literal that spans lines stand in these lines?
    pub fn has_long_token(&self, lines: Span) -> bool {
        self.touching(lines).any(|token| token.lines.len() > 1)
    }
}

/// How strictly two runs of tokens must stand in the same structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Structure {
    /// The same shape, at any depth: where brackets make the structure.
    Relative,
    /// The same shape at the same place in the tree: where indentation makes the structure.
    Absolute,
}

impl Structure {
    pub fn of(language: Language) -> Self {
        if language == Language::Python { Self::Absolute } else { Self::Relative }
    }
}

/// Have two runs of tokens of one language the same kinds in the same structure, and does `same` hold
/// for each pair? Blanks and line breaks between tokens do not count.
pub fn same_tokens(
    a: &[Token],
    b: &[Token],
    structure: Structure,
    mut same: impl FnMut(&Token, &Token) -> bool,
) -> bool {
    let base = |tokens: &[Token]| tokens.first().map_or(0, |token| i64::from(token.depth));
    let (a_base, b_base) = (base(a), base(b));
    let alike = |(at, (one, other)): (usize, (&Token, &Token))| {
        let own = one.kind == other.kind && one.parent == other.parent && one.class == other.class;
        let shape = i64::from(one.depth) - a_base == i64::from(other.depth) - b_base
            // What the first token shares with the one before it is not about these tokens.
            && (at == 0 || i64::from(one.shared) - a_base == i64::from(other.shared) - b_base);
        let place = structure == Structure::Relative || one.path == other.path;
        own && shape && place && same(one, other)
    };
    a.len() == b.len() && a.iter().zip(b).enumerate().all(alike)
}

impl Token {
    /// Lines between it and the token before it.
    pub fn lines_after(&self, before: &Token) -> usize {
        (self.lines.start() + 1).saturating_sub(before.lines.end())
    }

    pub fn text<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        text.get(self.bytes.clone())
    }

    /// Does it say the same as a token of another text? Byte for byte, but for words of JSX, of which
    /// what is shown counts, the blanks around them included.
    pub fn says(&self, own: &[u8], other: &Token, text: &[u8]) -> bool {
        if self.class != TokenClass::Shown {
            return self.text(own) == other.text(text);
        }
        shown(with_blanks(own, &self.bytes)) == shown(with_blanks(text, &other.bytes))
    }
}

/// Does the text parse without an error? Not known, and so `false`, for one that is larger than 1 MiB
/// or resists.
pub fn parses(language: Language, text: &[u8]) -> bool {
    text.len() <= MAX_BYTES && parse(language, text).is_some()
}

fn parse(language: Language, text: &[u8]) -> Option<Tree> {
    grown(language, text).filter(|tree| !tree.root_node().has_error())
}

/// The tree of a text, with whatever errors it has; `None` when it resists for longer than its size warrants.
fn grown(language: Language, text: &[u8]) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&highlight::parser(language)).ok()?;
    // Recovery from errors can take far longer than parsing: what a text may cost follows its size.
    let mut left = 2_000 + text.len() / 4;
    let mut patience = |_: &ParseState| match left.checked_sub(1) {
        Some(less) => {
            left = less;
            ControlFlow::Continue(())
        }
        None => ControlFlow::Break(()),
    };
    let options = ParseOptions::new().progress_callback(&mut patience);
    let mut read = |at: usize, _| text.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options))
}

/// Kinds around the cursor, outermost first, each with the hash of the path to it and what blanks mean
/// in it.
struct Path {
    above: Vec<(u16, u64, Loose)>,
    /// How many of `above` were there when the last token was taken.
    shared: usize,
}

impl Path {
    fn hash(&self) -> u64 {
        self.above.last().map_or(0, |(_, hash, _)| *hash)
    }

    fn loose(&self) -> Loose {
        self.above.last().map_or(Loose::No, |(.., loose)| *loose)
    }

    fn push(&mut self, kind: u16, loose: Loose) {
        let hash = (self.hash() ^ u64::from(kind)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        self.above.push((kind, hash, loose));
    }

    fn pop(&mut self) {
        self.above.pop();
        self.shared = self.shared.min(self.above.len());
    }
}

/// `None` when the tree is too deep, or bytes that are not blank belong to no token.
fn tokens(tree: &Tree, shapes: &Shapes, text: &[u8]) -> Option<Vec<Token>> {
    let mut cursor = tree.walk();
    let mut path = Path { above: Vec::new(), shared: 0 };
    let mut tokens: Vec<Token> = Vec::new();
    let mut end = 0;
    loop {
        let node = cursor.node();
        let kind = node.kind_id();
        let whole = node.child_count() == 0 || shapes.is_whole(kind);
        if whole && let Some(token) = token(&node, shapes, &path, text) {
            if !is_blank(text.get(end..token.bytes.start)?) {
                return None;
            }
            end = token.bytes.end;
            path.shared = path.above.len();
            tokens.push(token);
        }
        if path.above.len() > MAX_DEPTH {
            return None;
        }
        if !whole && cursor.goto_first_child() {
            path.push(kind, loose(&node, path.loose(), shapes, text));
            continue;
        }
        if !onward(&mut cursor, &mut path) {
            return is_blank(text.get(end..)?).then_some(tokens);
        }
    }
}

/// What blanks mean below a node.
fn loose(node: &Node<'_>, around: Loose, shapes: &Shapes, text: &[u8]) -> Loose {
    match node.kind() {
        "macro_invocation" if around == Loose::No && name::is_transparent(node, text) => Loose::Signs,
        "macro_invocation" | "macro_definition" => Loose::Everything,
        // A macro within the macro.
        _ if around == Loose::Signs && shapes.is_macro_argument(node.kind_id()) => {
            let before = text.get(..node.start_byte()).unwrap_or_default().trim_ascii_end();
            let own = node.parent().is_some_and(|parent| parent.kind() == "macro_invocation");
            if before.ends_with(b"!") && !own { Loose::Everything } else { Loose::Signs }
        }
        _ => around,
    }
}

/// To the next node that is not below this one.
fn onward(cursor: &mut TreeCursor<'_>, path: &mut Path) -> bool {
    while !cursor.goto_next_sibling() {
        if !cursor.goto_parent() {
            return false;
        }
        path.pop();
    }
    true
}

fn token(node: &Node<'_>, shapes: &Shapes, path: &Path, text: &[u8]) -> Option<Token> {
    let raw = text.get(node.byte_range())?;
    let (start, kind) = (node.start_byte(), node.kind_id());
    let class = shapes.class(kind, raw);
    let own = match class {
        TokenClass::Shown => raw.trim_ascii(),
        // Two blanks at the end of a line of documentation are a break.
        TokenClass::Comment if is_documentation(raw) => trim_breaks(raw),
        // Some comments and terminators take the line break with them.
        _ => raw.trim_ascii_end(),
    };
    let own = if own.is_empty() && class == TokenClass::Shown && !shown(raw).is_empty() { raw } else { own };
    if own.is_empty() {
        return None;
    }
    let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    let before = raw.len() - raw.trim_ascii_start().len();
    let skipped = if class == TokenClass::Shown && own.len() < raw.len() { before } else { 0 };
    let first = node.start_position().row + count(raw.get(..skipped).unwrap_or_default());
    let start = start + skipped;
    Some(Token {
        bytes: start..start + own.len(),
        lines: Span::new(first, first + count(own) + 1),
        class,
        loose: path.loose(),
        closed: false,
        kind,
        parent: path.above.last().map_or(0, |(kind, ..)| *kind),
        depth: u32::try_from(path.above.len()).ok()?,
        shared: u32::try_from(path.shared).ok()?,
        path: path.hash(),
    })
}

fn with_blanks<'a>(text: &'a [u8], bytes: &Range<usize>) -> &'a [u8] {
    let before = text.get(..bytes.start).unwrap_or_default();
    let after = text.get(bytes.end..).unwrap_or_default();
    let end = bytes.end + (after.len() - after.trim_ascii_start().len());
    text.get(before.trim_ascii_end().len()..end).unwrap_or_default()
}

fn is_documentation(comment: &[u8]) -> bool {
    [&b"///"[..], b"//!", b"/**", b"/*!"].iter().any(|mark| comment.starts_with(mark))
}

fn trim_breaks(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// Text of JSX as it is shown: lines without the blanks at their borders, and without those that are
/// blank, joined by one blank. What does not span lines is shown as it is.
fn shown(text: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let last = lines.len().saturating_sub(1);
    let line = |(at, line): (usize, &&'_ [u8])| {
        let line = if at > 0 { line.trim_ascii_start() } else { line };
        if at < last { line.trim_ascii_end() } else { line }.to_vec()
    };
    let shown: Vec<Vec<u8>> = lines.iter().enumerate().map(line).filter(|line| !line.is_empty()).collect();
    shown.join(&b' ')
}

/// Blanks that every language here takes for blanks. Others (U+00A0, U+200B) are never ignored. A byte
/// order mark in front counts as one.
fn is_blank(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}
