//! Problems that fit on one line: `path:line:col: severity: message` and its relatives, as gcc, clang, go, javac,
//! mypy, ruff, flake8, eslint, rustc's short form and `grep -n` write it; tsc's and maven's brackets; eslint's
//! `stylish` lists.

use super::{Place, Raw, Severity, number};

/// Longest path that is looked for, in bytes.
const PATH: usize = 1_024;

/// Only so much of a line is looked at, in bytes.
const LOOKED_AT: usize = 4_096;

/// The lists of eslint's `stylish` form: a file's name alone on a line, its problems under it.
#[derive(Default, Debug)]
pub struct Stylish {
    file: Option<String>,
}

impl Stylish {
    /// The problem of a line of a list.
    pub fn line(&mut self, text: &str) -> Option<Raw> {
        if text.trim().is_empty() {
            return None;
        }
        if !text.starts_with(' ') {
            let name = !text.contains([' ', ':', '\t']) && is_path(text);
            self.file = name.then(|| text.to_owned());
            return None;
        }
        let file = self.file.as_ref()?;
        let (line, rest) = number(text.trim_start())?;
        let (column, rest) = number(rest.strip_prefix(':')?)?;
        let rest = rest.strip_prefix("  ")?.trim_start();
        let (severity, rest) = rest.split_once("  ")?;
        let severity = Severity::parse(severity)?;
        let (message, rule) = rest.trim().rsplit_once("  ").unwrap_or((rest.trim(), ""));
        let at = Place::numbered(line, Some(column));
        let rule = Some(rule.trim()).filter(|rule| !rule.is_empty());
        Some(Raw::new("eslint", file, at, severity, message).coded(rule))
    }
}

/// The problem that a line tells of, if its form is one of these.
pub fn line(text: &str) -> Option<Raw> {
    let end = (0..=LOOKED_AT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = text.get(..end).unwrap_or_default();
    let body = text.trim();
    bracketed(body).or_else(|| parenthesised(body)).or_else(|| colons(body))
}

/// Maven: `[ERROR] /src/A.java:[12,5] cannot find symbol`.
fn bracketed(text: &str) -> Option<Raw> {
    let (severity, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let severity = Severity::parse(severity)?;
    let (path, rest) = rest.split_once(":[")?;
    let (line, rest) = number(rest)?;
    let (column, rest) = rest.strip_prefix(',').map_or(Some((0, rest)), number)?;
    let message = rest.strip_prefix(']')?;
    is_path(path).then(|| Raw::new("maven", path, Place::numbered(line, Some(column)), severity, message))
}

/// tsc: `src/a.ts(3,5): error TS2304: Cannot find name 'x'.`
fn parenthesised(text: &str) -> Option<Raw> {
    let (head, rest) = text.split_once("): ")?;
    let (path, numbers) = head.rsplit_once('(')?;
    let (line, after) = number(numbers)?;
    let column = match after.strip_prefix(',') {
        Some(more) => Some(number(more).filter(|(_, rest)| rest.is_empty() || rest.starts_with(','))?.0),
        None if after.is_empty() => None,
        None => return None,
    };
    if !is_path(path) {
        return None;
    }
    let said = Said::read(rest);
    let source = if said.code.is_some_and(|code| code.starts_with("TS")) { "tsc" } else { "compiler" };
    said.severity.map(|severity| {
        Raw::new(source, path, Place::numbered(line, column), severity, said.message).coded(said.code)
    })
}

/// Everybody else.
fn colons(text: &str) -> Option<Raw> {
    // Some say of what kind it is before all else: kotlinc, vet.
    let text = ["e: ", "w: ", "vet: ", "file://"]
        .iter()
        .fold(text, |text, lead| text.strip_prefix(lead).unwrap_or(text));
    let (path, line, rest) = located(text)?;
    let (column, rest) = match rest.strip_prefix(':').and_then(number) {
        Some((column, rest)) => (Some(column), rest),
        None => (None, rest),
    };
    // A range of columns or lines tells no more than where it begins.
    let rest = rest.strip_prefix('-').and_then(number).map_or(rest, |(_, rest)| rest);
    let rest =
        rest.strip_prefix(':').or_else(|| rest.strip_prefix(" - ")).or_else(|| rest.strip_prefix(' '))?;
    let said = Said::read(rest.trim_start());
    if said.message.is_empty() {
        return None;
    }
    let at = Place::numbered(line, column);
    let severity = said.severity.unwrap_or_else(|| usual(path, said.message));
    let sure = said.severity.is_some() || said.code.is_some();
    let raw = Raw::new(said.source(path), path, at, severity, said.message).coded(said.code);
    Some(Raw { sure, ..raw })
}

/// Path, line and what follows them. The path reaches to the first colon that a number follows.
pub fn located(text: &str) -> Option<(&str, usize, &str)> {
    for (at, _) in text.match_indices(':') {
        let (path, rest) = (text.get(..at)?, text.get(at + 1..)?);
        if path.len() > PATH {
            return None;
        }
        if let Some((line, rest)) = number(rest) {
            return is_path(path).then_some((path, line, rest));
        }
    }
    None
}

/// May it name a file? Times, addresses and words do not.
fn is_path(text: &str) -> bool {
    let named = text.contains(['.', '/']) || matches!(text, "Makefile" | "Dockerfile" | "Justfile");
    let odd = text.contains(['"', '\'', '`', '<', '>', '|', '\t']) || text.contains("://");
    !text.is_empty() && text.len() <= PATH && named && !odd && !text.starts_with(['(', '[', '-', ' '])
}

/// What stands after a place.
struct Said<'a> {
    severity: Option<Severity>,
    code: Option<&'a str>,
    message: &'a str,
    /// The code stood before the message, as linters of Python write it.
    lint: bool,
}

impl<'a> Said<'a> {
    fn read(text: &'a str) -> Self {
        let (severity, code, rest) = graded(text).unwrap_or((None, None, text));
        let (leading, rest) = match code {
            None => lint_code(rest).map_or((None, rest), |(code, rest)| (Some(code), rest)),
            Some(_) => (None, rest),
        };
        let trailing = if code.or(leading).is_none() { trailing(rest) } else { None };
        let (message, code, own) = match trailing {
            Some((message, code, own)) => (message, Some(code), own),
            None => (rest, code.or(leading), None),
        };
        let fatal =
            leading.is_some_and(|code| code.starts_with("E9") || code.starts_with('F') && code.len() == 5);
        let by_code = fatal.then_some(Severity::Error).or(leading.map(|_| Severity::Warning));
        Said {
            severity: severity.or(own).or(by_code),
            code,
            message: message.trim(),
            lint: leading.is_some(),
        }
    }

    /// What likely wrote it.
    fn source(&self, path: &str) -> &'static str {
        let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
        match self.code {
            Some(code) if code.starts_with("-W") => "compiler",
            Some(code) if code.starts_with("TS") => "tsc",
            _ if self.lint => "linter",
            _ if ends(&[".rs"]) => "rustc",
            _ if ends(&[".go"]) => "go",
            _ if ends(&[".py", ".pyi"]) => "python",
            _ if ends(&[".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue"]) => "eslint",
            _ if ends(&[".java"]) => "javac",
            _ => "compiler",
        }
    }
}

/// `error: `, `error[E0308]: `, `error TS2304: ` or `fatal error: `, and what follows.
fn graded(text: &str) -> Option<(Option<Severity>, Option<&str>, &str)> {
    let (head, rest) = text.split_once(':').filter(|(head, _)| head.len() <= 60)?;
    if let Some(severity) = Severity::parse(head.trim()) {
        return Some((Some(severity), None, rest.trim_start()));
    }
    let (word, code) = match head.split_once('[') {
        Some((word, code)) => (word, code.strip_suffix(']')?),
        None => head.rsplit_once(' ')?,
    };
    let plain = !code.is_empty() && !code.contains(char::is_whitespace);
    let severity = Severity::parse(word.trim()).filter(|_| plain)?;
    Some((Some(severity), Some(code), rest.trim_start()))
}

/// `E501 ` or `C0114: `, and what follows; ruff's `[*]` says that it can mend it.
pub fn lint_code(text: &str) -> Option<(&str, &str)> {
    let end = text.find([' ', ':'])?;
    let (code, rest) = (text.get(..end)?, text.get(end..)?.trim_start_matches([':', ' ']));
    let letters = code.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = code.bytes().skip(letters).filter(u8::is_ascii_digit).count();
    let right = (1..=6).contains(&letters) && (2..=5).contains(&digits) && letters + digits == code.len();
    right.then(|| (code, rest.strip_prefix("[*] ").unwrap_or(rest)))
}

/// `… [-Wunused]`, `…  [arg-type]`, `… [Error/semi]`: message, code and, where it says so, how bad it is.
fn trailing(text: &str) -> Option<(&str, &str, Option<Severity>)> {
    let (message, code) = text.trim_end().strip_suffix(']')?.rsplit_once(" [")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_/@.=+,:".contains(c);
    if code.is_empty() || code.len() > 60 || !code.chars().all(plain) {
        return None;
    }
    match code.split_once('/') {
        Some((word, rule)) if Severity::parse(word).is_some() => Some((message, rule, Severity::parse(word))),
        _ => Some((message, code, Severity::parse(code))),
    }
}

/// How bad it is where nothing says so.
fn usual(path: &str, message: &str) -> Severity {
    let first = message.split([':', ' ']).next().unwrap_or_default();
    let asides = ["required from", "in expansion of", "in instantiation", "recursively required"];
    match () {
        () if asides.iter().any(|aside| message.contains(aside)) => Severity::Note,
        // The compiler of Go gives no grade: what it says stops it.
        () if path.ends_with(".go") => Severity::Error,
        () if first.ends_with("Error") || first.ends_with("Exception") => Severity::Error,
        () => Severity::Warning,
    }
}
