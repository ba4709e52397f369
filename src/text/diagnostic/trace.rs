//! Programs that stopped: tracebacks of Python, stacks of JavaScript, Java and Go, panics of Rust, and what pytest
//! says of a failed test. The place of such a problem is the frame that is in the project, whichever that is.

use super::generic::located;
use super::reader::Found;
use super::{Place, Raw, Severity, clipped, number};

/// Most frames that are kept of one stack.
const FRAMES: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Kind {
    /// The last frame is where it happened.
    #[default]
    Python,
    /// The first one is.
    Script,
    /// The same, with lines between them.
    Go,
}

/// What has been read of a stack.
#[derive(Default, Debug)]
pub struct Stack {
    kind: Kind,
    frames: Vec<(String, Place)>,
    /// What was said before the frames.
    said: Option<String>,
    /// The last problem is a panic: how many more lines may belong to what it says.
    panic: usize,
    /// What pytest says went wrong, before it says where.
    blame: Option<String>,
}

impl Stack {
    /// Is the line a part of one?
    pub fn line(&mut self, text: &str, found: &mut Found) -> bool {
        if self.panic > 0 && self.panicked(text, found) {
            return true;
        }
        let body = text.trim();
        if let Some(at) = text.find("panicked at ") {
            return self.panic_at(text.get(at + "panicked at ".len()..).unwrap_or_default(), found);
        }
        if let Some(frame) = python_frame(body) {
            self.frame(Kind::Python, frame);
            return true;
        }
        if let Some(frame) = script_frame(body) {
            self.frame(Kind::Script, frame);
            return true;
        }
        if let Some(frame) = go_frame(text) {
            self.frame(Kind::Go, frame);
            return true;
        }
        if self.kind == Kind::Python && !self.frames.is_empty() && text.starts_with(' ') {
            return true;
        }
        let taken = self.ends(text, found);
        taken || self.remember(text, found)
    }

    /// No more lines come.
    pub fn end(&mut self, found: &mut Found) {
        if self.kind != Kind::Python {
            self.emit(None, found);
        }
    }

    fn frame(&mut self, kind: Kind, frame: (String, Place)) {
        if self.kind != kind {
            self.frames.clear();
        }
        self.kind = kind;
        if kind == Kind::Python && self.frames.len() >= FRAMES {
            self.frames.remove(0);
        }
        if self.frames.len() < FRAMES {
            self.frames.push(frame);
        }
    }

    /// A line that is no frame: a stack may end with it.
    fn ends(&mut self, text: &str, found: &mut Found) -> bool {
        if self.frames.is_empty() {
            return false;
        }
        match self.kind {
            Kind::Python => match text.is_empty() {
                true => false,
                false => {
                    let named = is_exception(text);
                    if named {
                        self.emit(Some(text), found);
                    }
                    self.frames.clear();
                    named
                }
            },
            Kind::Script => {
                self.emit(None, found);
                false
            }
            Kind::Go if text.trim().is_empty() || text.starts_with("exit status") => {
                self.emit(None, found);
                true
            }
            Kind::Go => true,
        }
    }

    fn emit(&mut self, said: Option<&str>, found: &mut Found) {
        let mut frames = std::mem::take(&mut self.frames);
        let said = said.map(str::to_owned).or_else(|| self.said.take());
        let source = match self.kind {
            Kind::Python => {
                frames.reverse();
                "python"
            }
            Kind::Script => "stack",
            Kind::Go => "go",
        };
        if let (Some((path, at)), Some(said)) = (frames.first(), said) {
            let raw = Raw::new(source, path, *at, Severity::Error, &said);
            found.push(Raw { places: frames, sure: false, ..raw });
        }
    }

    /// A line that says what the next stack, or the next place, is about.
    fn remember(&mut self, text: &str, found: &mut Found) -> bool {
        let body = text.trim();
        if let Some(said) = text.strip_prefix("E   ").map(str::trim) {
            if self.blame.is_none() && !said.is_empty() {
                self.blame = Some(clipped(said, 300));
            }
            return true;
        }
        if let Some(failed) = text.strip_prefix("FAILED ").or_else(|| text.strip_prefix("ERROR ")) {
            return failed_test(failed, found);
        }
        let exception = body.strip_prefix("Exception in thread ").or_else(|| body.strip_prefix("Uncaught "));
        let headline = body.strip_prefix("● ").or_else(|| text.strip_prefix("panic: "));
        if exception.is_some() || headline.is_some() || is_exception(body) {
            self.said = Some(clipped(headline.unwrap_or(body), 300));
        }
        false
    }

    /// What was wrong, for the place that has been found.
    pub fn blame(&mut self, raw: Raw) -> Raw {
        let python = raw.places.first().is_some_and(|(path, _)| path.ends_with(".py"));
        if !python {
            return raw;
        }
        match self.blame.take() {
            Some(blame) if blame.starts_with(&raw.message) => {
                Raw { message: blame, severity: Severity::Error, source: "pytest", ..raw }
            }
            Some(blame) => {
                let message = format!("{}: {blame}", raw.message);
                Raw { message, severity: Severity::Error, source: "pytest", ..raw }
            }
            None => raw,
        }
    }

    /// `src/lib.rs:12:5:`, its message on the next line; or, as it was once, `'message', src/lib.rs:12:5`.
    fn panic_at(&mut self, rest: &str, found: &mut Found) -> bool {
        let old = rest.strip_prefix('\'').and_then(|rest| rest.rsplit_once("', "));
        let Some((path, line, after)) = located(old.map_or(rest, |(_, place)| place)) else { return false };
        let column = after.strip_prefix(':').and_then(number).map(|(column, _)| column);
        let message = old.map_or("panicked", |(message, _)| message);
        let raw = Raw::new("panic", path, Place::numbered(line, column), Severity::Error, message);
        found.push(raw);
        self.panic = if old.is_some() { 0 } else { 3 };
        true
    }

    fn panicked(&mut self, text: &str, found: &mut Found) -> bool {
        let (body, first) = (text.trim(), self.panic == 3);
        let about = |body: &str| ["left: ", "right: "].iter().any(|side| body.starts_with(side));
        self.panic -= 1;
        let belongs = !body.is_empty() && !body.starts_with("note: ") && (first || about(body));
        match found.last_mut().filter(|_| belongs) {
            Some(raw) if first => raw.message = clipped(&format!("panicked: {body}"), 400),
            Some(raw) => raw.say(body),
            None => self.panic = 0,
        }
        belongs
    }
}

/// `File "src/a.py", line 3, in total`.
fn python_frame(body: &str) -> Option<(String, Place)> {
    let (path, rest) = body.strip_prefix("File \"")?.split_once("\", line ")?;
    let (line, _) = number(rest)?;
    Some((path.to_owned(), Place::numbered(line, None)))
}

/// `at total (src/a.js:3:5)`, `at src/a.js:3:5`, `❯ src/a.test.ts:3:5`, `at shop.Cart.total(Cart.java:12)`.
fn script_frame(body: &str) -> Option<(String, Place)> {
    let rest = body.strip_prefix("at ").or_else(|| body.strip_prefix("❯ "))?;
    let inner =
        rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')).map_or(rest, |(_, inner)| inner);
    let inner = inner.rsplit(' ').next().unwrap_or(inner);
    let inner = inner.strip_prefix("file://").unwrap_or(inner);
    let (path, line, rest) = located(inner)?;
    let column = rest.strip_prefix(':').and_then(number).map(|(column, _)| column);
    Some((path.to_owned(), Place::numbered(line, column)))
}

/// `⇥/src/main.go:12 +0x1d`.
fn go_frame(text: &str) -> Option<(String, Place)> {
    let (path, line, rest) = located(text.strip_prefix('\t')?)?;
    (path.ends_with(".go") && rest.starts_with(" +0x"))
        .then(|| (path.to_owned(), Place::numbered(line, None)))
}

/// `ValueError: no such thing`, `shop.errors.Broken`, `java.lang.IllegalStateException: x`.
fn is_exception(text: &str) -> bool {
    let name = text.split([':', ' ', '[']).next().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || "._".contains(c);
    let kinds = ["Error", "Exception", "Warning", "Interrupt", "Exit", "Failed", "Timeout"];
    let known = kinds.iter().any(|kind| name.ends_with(kind));
    let upper = name.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase));
    !name.is_empty() && name.len() <= 120 && name.chars().all(plain) && upper && (known || name.contains('.'))
}

/// `tests/test_a.py::test_total - AssertionError: …`: said of the place where it failed, where that is known.
fn failed_test(text: &str, found: &mut Found) -> bool {
    let (name, why) = text.split_once(" - ").unwrap_or((text, ""));
    let (path, test) = name.split_once("::").unwrap_or((name, ""));
    if !path.ends_with(".py") || path.contains(' ') {
        return false;
    }
    let short = why.trim_end_matches('.');
    let same = |raw: &&mut Raw| {
        let at = raw.places.iter().any(|(known, _)| known == path || known.ends_with(&format!("/{path}")));
        at && raw.severity == Severity::Error
            && !raw.message.contains(" failed")
            && raw.message.contains(short)
    };
    let failed = if test.is_empty() { String::new() } else { format!("{test} failed: ") };
    if let Some(raw) = found.iter_mut().find(same) {
        raw.message = clipped(&format!("{failed}{}", raw.message), 400);
        return true;
    }
    found.push(Raw::new("pytest", path, Place::default(), Severity::Error, &format!("{failed}{why}")));
    true
}
