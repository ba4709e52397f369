//! rustc's form for people, which ruff has too: a headline, an arrow to the place, the lines with carets and labels
//! under them, notes.

use super::generic::{lint_code, located};
use super::reader::Found;
use super::{Place, Raw, Severity, clipped, number};

/// What has been read of a problem so far.
#[derive(Default, Debug)]
pub struct Human {
    /// A headline whose place has not come yet.
    head: Option<(Severity, Option<String>, String, &'static str)>,
    /// The last problem that was found is this one, and more may be said of it.
    open: bool,
    /// Its carets have come.
    marked: bool,
}

impl Human {
    /// Is the line a part of such a problem?
    pub fn line(&mut self, text: &str, found: &mut Found) -> bool {
        let body = text.trim();
        if body.is_empty() {
            (self.open, self.head) = (false, None);
            return false;
        }
        if let Some(place) = body.strip_prefix("--> ") {
            self.arrow(place, found);
            return true;
        }
        if self.open && self.more(body, found) {
            return true;
        }
        self.headline(text)
    }

    fn arrow(&mut self, place: &str, found: &mut Found) {
        let Some((severity, code, message, source)) = self.head.take() else { return };
        let Some((path, line, rest)) = located(place) else { return };
        let column = rest.strip_prefix(':').and_then(number).map(|(column, _)| column);
        let raw = Raw::new(source, path, Place::numbered(line, column), severity, &message);
        found.push(raw.coded(code.as_deref()));
        (self.open, self.marked) = (true, false);
    }

    /// A line under the arrow.
    fn more(&mut self, body: &str, found: &mut Found) -> bool {
        let under = body.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        if let Some(line) = under.strip_prefix('|') {
            if let (false, Some(raw)) = (self.marked, found.last_mut()) {
                self.marked = carets(line, raw);
            }
            return true;
        }
        let aside =
            ["= note: ", "= help: ", "help: ", "note: "].iter().find_map(|lead| body.strip_prefix(lead));
        if let (Some(aside), Some(raw)) = (aside, found.last_mut()) {
            // Which switch turned a lint on is no part of the problem.
            if !aside.starts_with("`#[") && !aside.starts_with("for further information") {
                raw.say(aside);
            }
        }
        aside.is_some() || body.starts_with(":::") || body.starts_with("...")
    }

    fn headline(&mut self, text: &str) -> bool {
        let graded = [("error", Severity::Error), ("warning", Severity::Warning)].iter().find_map(
            |(word, severity)| {
                let rest = text.strip_prefix(word)?;
                let (code, message) = match rest.strip_prefix('[') {
                    Some(rest) => rest.split_once("]: ").map(|(code, message)| (Some(code), message))?,
                    None => (None, rest.strip_prefix(": ")?),
                };
                Some((*severity, code, message, "rustc"))
            },
        );
        let lint =
            || lint_code(text).map(|(code, message)| (Severity::Warning, Some(code), message, "linter"));
        let taken = graded.is_some();
        if let Some((severity, code, message, source)) = graded.or_else(lint) {
            self.open = false;
            self.head = Some((severity, code.map(str::to_owned), clipped(message, 400), source));
        }
        taken
    }
}

/// Takes the length of the mark and its label. Returns whether there were any.
fn carets(line: &str, raw: &mut Raw) -> bool {
    let Some(at) = line.find('^') else { return false };
    let rest = line.get(at..).unwrap_or_default();
    let length = rest.chars().take_while(|c| *c == '^').count();
    let label = rest.get(length..).unwrap_or_default().trim();
    let label = label.trim_start_matches(['-', '|', ' ']);
    // A line of text may have such a sign in it; what marks has nothing before it.
    if line.get(..at).is_some_and(|before| before.contains(char::is_alphanumeric)) {
        return false;
    }
    if let Some((_, place)) = raw.places.first_mut()
        && let Some(column) = place.column
    {
        place.end = Some((place.line, column + length));
    }
    raw.say(label);
    true
}
