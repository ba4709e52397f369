//! The names in a diff's file headers: prefixes, `/dev/null`, time stamps and git's quoting.

use super::Flaw;

/// The name on one side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Name {
    /// `/dev/null`: there is no file on this side.
    Null,
    File(String),
}

impl Name {
    /// Reads what follows `--- ` or `+++ `.
    pub fn read(text: &str) -> Self {
        let name = match text.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => text.split('\t').next().unwrap_or_default().trim().to_owned(),
        };
        if name == "/dev/null" { Self::Null } else { Self::File(name) }
    }
}

/// All that is said about a file's name.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Names {
    pub old: Option<Name>,
    pub new: Option<Name>,
    /// From `diff --git`.
    pub git: Option<String>,
    /// From outside of the diff.
    pub given: Option<String>,
}

impl Names {
    /// The one file they name.
    ///
    /// # Errors
    /// None is named, or two different ones.
    pub fn path(&self) -> Result<String, Flaw> {
        let path = match (&self.old, &self.new) {
            (Some(Name::File(old)), Some(Name::File(new))) => {
                same(old, new).ok_or(Flaw::Unsupported("renaming a file"))?
            }
            (Some(Name::File(name)), _) => without(name, "a/"),
            (_, Some(Name::File(name))) => without(name, "b/"),
            _ => self.git.as_deref().or(self.given.as_deref()).ok_or(Flaw::NoPath)?,
        };
        let path = path.strip_prefix("./").unwrap_or(path);
        if path.is_empty() { Err(Flaw::NoPath) } else { Ok(path.to_owned()) }
    }
}

/// The name that both sides share, with git's prefixes or without.
fn same<'a>(old: &'a str, new: &'a str) -> Option<&'a str> {
    match (old.strip_prefix("a/"), new.strip_prefix("b/")) {
        (Some(old), Some(new)) if old == new => Some(old),
        _ if old == new => Some(old),
        (Some(bare), _) if bare == new => Some(new),
        (_, Some(bare)) if bare == old => Some(old),
        _ => None,
    }
}

fn without<'a>(name: &'a str, prefix: &str) -> &'a str {
    name.strip_prefix(prefix).unwrap_or(name)
}

/// The name in the rest of a `diff --git` line, if both sides have the same.
pub fn git_pair(text: &str) -> Option<String> {
    if let Some(quoted) = text.strip_prefix('"') {
        return Some(without(&unquoted(quoted), "a/").to_owned());
    }
    let pairs = text.match_indices(' ').filter_map(|(at, _)| {
        let (old, new) = (text.get(..at)?, text.get(at + 1..)?);
        same(old, new.trim_end())
    });
    pairs.map(str::to_owned).next()
}

/// The name in a `rename from` or `rename to` line.
pub fn renamed(text: &str) -> String {
    match text.strip_prefix('"') {
        Some(quoted) => unquoted(quoted),
        None => text.trim_end().to_owned(),
    }
}

/// Undoes git's C-style quoting up to the closing quote.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => break,
            b'\\' => bytes.extend(escape(&mut rest)),
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escape(rest: &mut std::str::Bytes<'_>) -> Option<u8> {
    Some(match rest.next()? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        first @ b'0'..=b'3' => {
            let digits = [first, rest.next()?, rest.next()?];
            return u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok();
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(old: &str, new: &str) -> Result<String, Flaw> {
        Names { old: Some(Name::read(old)), new: Some(Name::read(new)), ..Names::default() }.path()
    }

    #[test]
    fn both_sides_name_one_file() {
        for (old, new) in [
            ("a/src/x.rs", "b/src/x.rs"),
            ("src/x.rs", "src/x.rs"),
            ("a/src/x.rs\t2026-01-01 00:00:00", "b/src/x.rs\t2026-01-02 00:00:00"),
            ("/dev/null", "b/src/x.rs"),
            ("a/src/x.rs", "/dev/null"),
            ("src/x.rs", "b/src/x.rs"),
        ] {
            assert_eq!(path(old, new).as_deref(), Ok("src/x.rs"), "{old} {new}");
        }
        assert_eq!(path("a/x", "a/x").as_deref(), Ok("a/x"));
        assert_eq!(path(r#""a/f\303\266 \"o\"""#, r#""b/f\303\266 \"o\"""#).as_deref(), Ok("fö \"o\""));
        assert!(path("a/x", "b/y").is_err());
        assert_eq!(path("/dev/null", "/dev/null"), Err(Flaw::NoPath));
        assert_eq!(git_pair("a/my file b/my file").as_deref(), Some("my file"));
    }
}
