//! Which names a Rust source file mentions outside its tests, each resolved to where it comes from:
//! `use` trees and paths, through `crate`, `self`, `super` and what the file imported. A reader of
//! tokens, not a compiler: it sees no macro expansion and no method call (clippy's bans see those).
//! Knows nothing of rooms or rules.

use std::collections::HashMap;

/// A name in absolute form: `["crate", "text", "Lines"]`, `["std", "fs", "read"]`; a glob ends in `*`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    pub path: Vec<String>,
    pub line: usize,
}

/// What one file says.
pub struct Source {
    pub names: Vec<Name>,
    /// `clippy::…` lints whose level an attribute changes.
    pub lints: Vec<Name>,
    /// Modules declared with `#[cfg(test)] mod x;`: their files are tests.
    pub test_modules: Vec<String>,
}

impl Source {
    /// `file` is relative to `src/`, with `/`; it tells what `self` and `super` are.
    pub fn read(file: &str, text: &str) -> Self {
        let (tokens, test_modules) = without_tests(&tokens(text));
        let mut reader =
            Reader { tokens: &tokens, at: 0, module: module(file), names: vec![], known: HashMap::new() };
        reader.run(true);
        reader.run(false);
        let names = reader.names;
        let lints = names.iter().filter(|name| name.path[0] == "clippy").cloned().collect();
        Self { names, lints, test_modules }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

impl Token<'_> {
    fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c == '_' || c.is_alphabetic())
    }
}

/// Identifiers, `::` and single punctuation marks. Comments, literals and lifetimes are left out.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut found, mut at, mut line) = (vec![], 0, 1);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (length, keep) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (block_comment(rest), false)
        } else if let Some(length) = string(rest) {
            (length, false)
        } else if first == '\'' {
            (char_or_lifetime(rest), false)
        } else if first == '_' || first.is_alphanumeric() {
            let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
            (length, !first.is_ascii_digit())
        } else if rest.starts_with("::") {
            (2, true)
        } else {
            (first.len_utf8(), !first.is_whitespace())
        };
        if keep {
            found.push(Token { text: &rest[..length], line });
        }
        line += rest[..length].matches('\n').count();
        at += length;
    }
    found
}

/// Length of the (nesting) block comment that `rest` begins with.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
        if depth == 0 || at == rest.len() {
            return at;
        }
    }
}

/// Length of the string literal that `rest` begins with, if it does: plain, raw, byte or C.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).map(|after| after.trim_start_matches('#'));
        after.is_some_and(|after| after.starts_with('"'))
    })?;
    let hashes = rest[prefix.len()..].bytes().take_while(|&b| b == b'#').count();
    if hashes > 0 && !prefix.ends_with('r') {
        return None;
    }
    let open = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len()));
    }
    Some(open + escaped(&rest[open..], '"'))
}

/// Bytes up to and with the first `close` that no backslash escapes.
fn escaped(rest: &str, close: char) -> usize {
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == close {
            return at + 1;
        }
    }
    rest.len()
}

fn char_or_lifetime(rest: &str) -> usize {
    let mut chars = rest[1..].chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => 1 + escaped(&rest[1..], '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1 + rest[1..].find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len() - 1),
    }
}

/// Drops what stands under `#[cfg(test)]`; names the test modules that are files of their own.
fn without_tests<'a>(tokens: &[Token<'a>]) -> (Vec<Token<'a>>, Vec<String>) {
    let (mut kept, mut files, mut at) = (vec![], vec![], 0);
    while at < tokens.len() {
        match attribute(&tokens[at..]) {
            Some(length) if is_cfg_test(&tokens[at..at + length]) => {
                let item = &tokens[at + length..];
                let item_length = item_length(item);
                if let Some(place) = item[..item_length].iter().position(|t| t.text == "mod")
                    && item.get(place + 2).is_some_and(|t| t.text == ";")
                {
                    files.push(item[place + 1].text.to_owned());
                }
                at += length + item_length;
            }
            Some(length) => {
                kept.extend_from_slice(&tokens[at..at + length]);
                at += length;
            }
            None => {
                kept.push(tokens[at]);
                at += 1;
            }
        }
    }
    (kept, files)
}

/// Tokens in the outer attribute that `tokens` begins with, if it does.
fn attribute(tokens: &[Token<'_>]) -> Option<usize> {
    let opens = tokens.first()?.text == "#" && tokens.get(1)?.text == "[";
    opens.then(|| 1 + group(&tokens[1..]))
}

/// Tokens in the bracketed group that `tokens` begins with, brackets included.
fn group(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

fn is_cfg_test(attribute: &[Token<'_>]) -> bool {
    let has = |word| attribute.iter().any(|t| t.text == word);
    attribute.get(2).is_some_and(|t| t.text == "cfg") && has("test") && !has("not") && !has("any")
}

/// Tokens in the item, statement, field or arm that `tokens` begins with, further attributes included.
fn item_length(tokens: &[Token<'_>]) -> usize {
    const ITEMS: [&str; 14] = [
        "mod",
        "fn",
        "use",
        "impl",
        "struct",
        "enum",
        "trait",
        "type",
        "const",
        "static",
        "pub",
        "async",
        "let",
        "macro_rules",
    ];
    let mut at = 0;
    while let Some(length) = attribute(&tokens[at..]) {
        at += length;
    }
    let is_item = tokens.get(at).is_some_and(|t| ITEMS.contains(&t.text));
    while let Some(token) = tokens.get(at) {
        match token.text {
            ";" => return at + 1,
            "}" => return at,
            "," if !is_item => return at + 1,
            "{" => return at + group(&tokens[at..]),
            "(" | "[" => at += group(&tokens[at..]),
            _ => at += 1,
        }
    }
    at
}

/// The module a file is: `change/scope.rs` is `crate::change::scope`.
fn module(file: &str) -> Vec<String> {
    let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let below = stem.split('/').filter(|part| !["lib", "main"].contains(part));
    std::iter::once("crate").chain(below).map(str::to_owned).collect()
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    module: Vec<String>,
    names: Vec<Name>,
    /// What the file's own `use` lines call what. One table for the whole file: a name that means
    /// two things in two functions is taken for the last of them.
    known: HashMap<String, Vec<String>>,
}

impl<'a> Reader<'a> {
    /// Twice over the file: first to learn what the imports are called, then to resolve.
    fn run(&mut self, learn: bool) {
        let mut inner = vec![];
        let mut depth = 0_usize;
        self.at = 0;
        while let Some(token) = self.peek(0) {
            let (next, after) = (self.text(1), self.text(2));
            match token.text {
                "{" => depth += 1,
                "}" => {
                    depth = depth.saturating_sub(1);
                    if inner.last() == Some(&depth) {
                        inner.pop();
                        self.module.pop();
                    }
                }
                "mod" if after == "{" => {
                    inner.push(depth);
                    self.module.push(next.to_owned());
                    self.at += 1;
                }
                "use" if next != "<" && next != "," => {
                    self.at += 1;
                    self.tree(&[], learn);
                    continue;
                }
                _ if token.is_name() && !learn && !self.continues() => {
                    self.mention(token);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn text(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).map_or("", |t| t.text)
    }

    /// The name here belongs to what stands before it: a field, a method, the rest of `<T>::name`.
    fn continues(&self) -> bool {
        let before = |n: usize| self.at.checked_sub(n).and_then(|at| self.tokens.get(at));
        match before(1).map(|t| t.text) {
            Some(".") => true,
            Some("::") => before(2).is_some_and(|t| t.is_name() || t.text == ">"),
            _ => false,
        }
    }

    /// `a::b::c` in code. A single name is nothing new: its import was seen.
    fn mention(&mut self, first: Token<'_>) {
        let line = first.line;
        let mut path = vec![first.text.to_owned()];
        self.at += 1;
        while self.text(0) == "::" && self.peek(1).is_some_and(|t| t.is_name()) {
            path.push(self.text(1).to_owned());
            self.at += 2;
        }
        if path.len() > 1 {
            let path = self.resolve(path);
            self.names.push(Name { path, line });
        }
    }

    /// One branch of a `use` tree, below `prefix`.
    fn tree(&mut self, prefix: &[String], learn: bool) {
        let mut path = prefix.to_vec();
        let mut line = 0;
        loop {
            let Some(token) = self.peek(0) else { return };
            let text = token.text.to_owned();
            match text.as_str() {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !["}", ""].contains(&self.text(0)) {
                        self.tree(&path, learn);
                        if self.text(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    let alias = self.text(1).to_owned();
                    self.at += 2;
                    return self.import(path, Some(alias), line, learn);
                }
                "self" if !path.is_empty() => self.at += 1,
                name if name == "*" || token.is_name() => {
                    line = token.line;
                    path.push(text);
                    self.at += 1;
                }
                _ => return self.import(path, None, line, learn),
            }
            line = line.max(token.line);
        }
    }

    fn import(&mut self, path: Vec<String>, alias: Option<String>, line: usize, learn: bool) {
        let Some(last) = path.last().cloned() else {
            // Not a name and not a branch: step over it, so that malformed text cannot hold us.
            self.at += usize::from(self.text(0) != "}" && self.text(0) != ",");
            return;
        };
        let path = self.resolve(path);
        if learn {
            self.known.insert(alias.unwrap_or(last), path);
        } else {
            self.names.push(Name { path, line });
        }
    }

    fn resolve(&self, path: Vec<String>) -> Vec<String> {
        let mut rest = path.as_slice();
        let mut base = match rest[0].as_str() {
            "crate" | "rein" => vec!["crate".to_owned()],
            "self" | "super" => self.module.clone(),
            first => match self.known.get(first) {
                Some(known) => known.clone(),
                None => return path,
            },
        };
        if rest[0] == "super" {
            while rest.first().is_some_and(|part| part == "super") {
                rest = &rest[1..];
                base.truncate((base.len() - 1).max(1));
            }
        } else {
            rest = &rest[1..];
        }
        base.extend_from_slice(rest);
        base
    }
}
