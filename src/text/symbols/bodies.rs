//! Takes the bodies of Rust functions out of a text before it is parsed, where nothing inside them would be
//! listed anyway: parsing is nearly all that an index costs, and most of a program is bodies. A scan for
//! brackets is an order of magnitude cheaper than a grammar. Where the scan and the brackets disagree,
//! the text is left as it is, and the parser makes of it what it can.

use std::borrow::Cow;

/// Words that begin something a search lists. In a body without them nothing is defined.
const ITEMS: [&[u8]; 11] = [
    b"fn",
    b"struct",
    b"enum",
    b"union",
    b"trait",
    b"type",
    b"impl",
    b"mod",
    b"const",
    b"static",
    b"macro_rules",
];

/// More than `pub(in a::path) const unsafe extern "C"` before a `fn` takes, in bytes.
const BEFORE: usize = 128;

/// Most brackets that are open at once; beyond, the text is left as it is.
const MAX_OPEN: usize = 4_096;

/// `text` with blanks for the bodies of functions in which nothing is defined, or which are shorter than `long` and
/// thus not looked into. Every line and every byte outside stays where it is.
pub(super) fn without_bodies(text: &[u8], long: usize) -> Cow<'_, [u8]> {
    let Some(bodies) = Scan { text, at: 0 }.bodies(long).filter(|bodies| !bodies.is_empty()) else {
        return Cow::Borrowed(text);
    };
    let mut out = text.to_vec();
    for (start, end) in bodies {
        let inside = out.get_mut(start..end).unwrap_or_default();
        inside.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    Cow::Owned(out)
}

/// A bracket that is open.
struct Open {
    closes: u8,
    /// Just behind it.
    inside: usize,
    /// It opens the body of the function whose `fn` stands there.
    of: Option<usize>,
}

/// A place in a text that is read token by token.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// The insides of the bodies that can be taken out, outer ones only; `None` if the brackets do not match.
    fn bodies(mut self, long: usize) -> Option<Vec<(usize, usize)>> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        // A `fn` whose body is to come, and how many brackets were open there.
        let mut declared: Option<(usize, usize)> = None;
        let mut last_item = None;
        while let Some(byte) = self.peek(0) {
            let start = self.at;
            match byte {
                b'/' if self.peek(1) == Some(b'/') => self.over_line(),
                b'/' if self.peek(1) == Some(b'*') => self.over_comment()?,
                b'"' => self.over_string()?,
                b'\'' => self.over_quote(),
                b'(' | b'[' | b'{' => {
                    self.at += 1;
                    let body = declared.take_if(|(_, depth)| byte == b'{' && *depth == open.len());
                    let closes = match byte {
                        b'(' => b')',
                        b'[' => b']',
                        _ => b'}',
                    };
                    open.push(Open { closes, inside: self.at, of: body.map(|(function, _)| function) });
                    if open.len() > MAX_OPEN {
                        return None;
                    }
                }
                b')' | b']' | b'}' => {
                    self.at += 1;
                    let opened = open.pop().filter(|opened| opened.closes == byte)?;
                    let Some(function) = opened.of else { continue };
                    let defines = last_item.is_some_and(|item| item > opened.inside);
                    if !defines || self.at - function + BEFORE < long {
                        while found.pop_if(|(inner, _)| *inner > opened.inside).is_some() {}
                        found.push((opened.inside, start));
                    }
                }
                b';' => {
                    self.at += 1;
                    declared.take_if(|(_, depth)| *depth == open.len());
                }
                _ if in_word(byte) => {
                    let word = self.word();
                    if matches!(word, b"r" | b"br" | b"cr") {
                        self.over_raw_string()?;
                    } else if word == b"fn" {
                        // `fn(u8)` is a type, and `fn $name` is for a macro to say.
                        if self.named() {
                            declared = Some((start, open.len()));
                            last_item = Some(start);
                        }
                    } else if ITEMS.contains(&word) {
                        last_item = Some(start);
                    }
                }
                _ => self.at += 1,
            }
        }
        open.is_empty().then_some(found)
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let end = rest.iter().position(|byte| !in_word(*byte)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Does a name come next?
    fn named(&self) -> bool {
        let next = self.rest().iter().find(|byte| !byte.is_ascii_whitespace());
        next.is_some_and(|byte| in_word(*byte) && !byte.is_ascii_digit())
    }

    fn over_line(&mut self) {
        let rest = self.rest();
        self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }

    /// Block comments nest.
    fn over_comment(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0)?, self.peek(1)?) {
                (b'/', b'*') => depth += 1,
                (b'*', b'/') => depth -= 1,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn over_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.rest();
            self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))? + 1;
            match self.text.get(self.at - 1)? {
                b'"' => return Some(()),
                _ => self.at += 1,
            }
        }
    }

    /// Behind an `r`: over `#"…"#`, or nothing if none begins there.
    fn over_raw_string(&mut self) -> Option<()> {
        let hashes = self.rest().iter().take_while(|byte| **byte == b'#').count();
        if self.peek(hashes) != Some(b'"') {
            return Some(());
        }
        self.at += hashes + 1;
        loop {
            self.at += self.rest().iter().position(|byte| *byte == b'"')? + 1;
            let closing = self.rest().iter().take(hashes).take_while(|byte| **byte == b'#').count();
            if closing == hashes {
                self.at += hashes;
                return Some(());
            }
        }
    }

    /// Over a character, or over the quote of a lifetime.
    fn over_quote(&mut self) {
        let width = match self.peek(1) {
            // `'\''`, `'\n'`, `'\u{1f600}'`: the first byte behind the backslash never ends it.
            Some(b'\\') => {
                let rest = self.rest().get(3..).unwrap_or_default();
                return self.at += rest.iter().position(|byte| *byte == b'\'').map_or(1, |end| end + 4);
            }
            Some(0xf0..) => 4,
            Some(0xe0..) => 3,
            Some(0xc0..) => 2,
            _ => 1,
        };
        self.at += if self.peek(1 + width) == Some(b'\'') { width + 2 } else { 1 };
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn left(text: &str) -> String {
        let out = without_bodies(text.as_bytes(), 1_500);
        assert_eq!(out.len(), text.len());
        String::from_utf8(out.into_owned()).unwrap()
    }

    #[test]
    fn bodies_become_blanks_and_their_lines_stay() {
        assert_eq!(left("fn a() {\n    b();\n}\n"), "fn a() {\n        \n}\n");
        assert_eq!(
            left("impl A { fn b(&self) -> [u8; { 1 }] { [{ 0 }] } }"),
            "impl A { fn b(&self) -> [u8; { 1 }] {         } }"
        );
        assert_eq!(
            left("trait A { fn b(); const C: u8 = { 1 }; }"),
            "trait A { fn b(); const C: u8 = { 1 }; }"
        );
        assert_eq!(left("struct A { b: fn(u8) }"), "struct A { b: fn(u8) }");
    }

    #[test]
    fn brackets_in_texts_comments_and_characters_are_none() {
        for inside in [
            r#"a("}", "\"}", b"}");"#,
            r##"r"}\"; r#""}"#; br#"}"#; r#type;"##,
            "/* } /* } */ } */ // }\n",
            r"'}'; '\''; '\\'; '\u{7d}'; b'}'; x::<'a>('é', '}');",
        ] {
            let text = format!("fn a() {{{inside}}}\nfn b() {{}}");
            let blank: String = inside.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
            assert_eq!(left(&text), format!("fn a() {{{blank}}}\nfn b() {{}}"));
        }
    }

    #[test]
    fn a_long_body_that_defines_something_stays_and_so_does_what_is_not_balanced() {
        let long = format!("fn a() {{ struct B; {} fn c() {{ d }} }}", "e; ".repeat(600));
        assert_eq!(left(&long), long.replace("{ d }", "{   }"));
        let plain = format!("fn a() {{ {} }}", "e; ".repeat(600));
        assert_eq!(left(&plain).trim_end_matches('}').trim_end(), "fn a() {");
        for odd in ["fn a() { b(", "fn a() { b) }", "fn a() { b } }", "fn a() { \"b }", "fn a() { /* b }"] {
            assert_eq!(left(odd), odd);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_keep_their_lines_and_their_length(text in "(fn a|r#|[{}()'\"\\\\/*#\n ]|[a-zé0-9]){0,60}") {
            let out = without_bodies(text.as_bytes(), 20);
            prop_assert_eq!(out.len(), text.len());
            let changed = out.iter().zip(text.bytes()).filter(|(new, old)| **new != *old);
            prop_assert!(changed.into_iter().all(|(new, old)| *new == b' ' && old != b'\n'));
        }
    }
}
