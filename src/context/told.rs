//! What a check of the project said, as a request tells it: the problems of the file that is asked about first, the
//! worst before the others, as many as there is room for; how many are left out, and why; nothing that shows a secret.

use std::sync::Arc;

use super::pack::{Dropped, Segment, Source, Trust};
use super::{is_secret, secret_lines, shows_secret, visible};
use crate::model::Tokens;
use crate::text::RepoPath;
use crate::text::diagnostic::{Diagnostic, Report};

/// Most bytes where a person asked for them, and where they come along.
const ASKED: usize = 12_000;
const ALONG: usize = 3_000;

/// What a check said, and how it came about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub report: Arc<Report>,
    /// What was run or read, as `cargo check`. A stranger's text where it is the name of a file.
    pub by: String,
    /// When, and what happened since, in words; may be empty.
    pub when: String,
    /// It says that something is wrong, whether or not any place could be read out of it.
    pub failed: bool,
    /// It comes along with a request that does not name it.
    pub along: bool,
}

/// What is said of a problem whose line was edited after it was found.
const OLD: &str = " (its line was edited since)";

/// What comes of it.
#[derive(Default, Debug)]
pub struct Retold {
    pub text: String,
    /// Why it is there, for a person.
    pub why: String,
    pub dropped: Vec<Dropped>,
    pub notes: Vec<String>,
}

/// The same problem, whichever line its text has moved to: its path and what is wrong, out of those words.
/// Nothing for a line that tells of none.
pub fn but_for_its_line(words: &str) -> Option<String> {
    let (path, rest) = words.split_once(':')?;
    let grades = [": error", ": warning", ": note"];
    let at = grades.iter().filter_map(|grade| rest.find(grade)).min()?;
    Some(format!("{path}{}", rest.get(at..)?.trim_end_matches(OLD)))
}

/// A problem whose line was edited since it was found.
#[must_use]
pub fn edited_since(one: Diagnostic) -> Diagnostic {
    Diagnostic { message: format!("{}{OLD}", one.message), ..one }
}

/// A problem in the words that a model reads.
pub fn in_words(one: &Diagnostic) -> String {
    visible(&one.to_string()).replace('\n', "⏎")
}

impl Told {
    /// `cargo check, 12 s ago, before your last edit`
    pub fn source(&self) -> String {
        match self.when.as_str() {
            "" => self.by.clone(),
            when => format!("{}, {when}", self.by),
        }
    }

    /// In words for a request about `target`. `asked`: a person wants all of it.
    pub fn retold(&self, target: Option<&RepoPath>, asked: bool) -> Retold {
        let room = if asked { ASKED } else { ALONG };
        let (mut told, counts) = (Retold::default(), self.report.counts());
        told.why = format!("{}: {counts}", self.source());
        if self.report.is_empty() && !self.failed {
            told.notes.push(format!("{}: no problem of a file here", self.source()));
            return told;
        }
        let mut all: Vec<&Diagnostic> = self.report.all().iter().collect();
        all.sort_by_key(|one| (Some(&one.path) != target, one.severity));
        let (mut secret, mut left_out) = (0, String::new());
        let mut lines = Vec::new();
        for one in all {
            let line = in_words(one);
            if is_secret(&one.path) || shows_secret(line.as_bytes()) {
                secret += 1;
            } else if told.text.len() + line.len() < room {
                told.text.push_str(&line);
                told.text.push('\n');
                lines.push(one);
            } else {
                left_out.push_str(&line);
                left_out.push('\n');
            }
        }
        let unread = left_out.lines().count();
        if self.report.is_empty() {
            told.notes.push(format!("{}: nothing in the output names a place in a file here", self.by));
            secret += self.tail(room, &mut told.text);
        }
        if told.text.is_empty() {
            told.withheld(secret);
            return told;
        }
        let more = unread + self.report.more();
        let rest = if more > 0 { format!("and {more} more\n") } else { String::new() };
        let about = match self.report.is_empty() {
            true => "its last lines, none of which names a place here".to_owned(),
            false => counts.to_string(),
        };
        let head = visible(&format!("{}: {about}", self.source())).replace('\n', "⏎");
        told.text = format!("{head}\n{}{rest}", told.text);
        if unread > 0 {
            let advice = if asked { "" } else { "; @diagnostics has room for more" };
            let why = format!("{unread} problem(s) of {} do not fit{advice}", self.by);
            told.dropped.push(Dropped::new("diagnostics", Tokens::estimate(&left_out), why));
        }
        if self.report.more() > 0 {
            told.notes.push(format!(
                "{}: {} more problem(s) were read and not kept",
                self.by,
                self.report.more()
            ));
        }
        told.withheld(secret);
        told.elsewhere(self);
        told
    }

    /// The end of the output. Returns how many of its lines are withheld.
    fn tail(&self, room: usize, text: &mut String) -> usize {
        let tail = self.report.tail();
        let mut secret = secret_lines(tail.iter().map(|line| line.as_bytes()));
        // A private key whose beginning is not there any more.
        if let Some(end) = tail.iter().position(|line| line.contains("-----END "))
            && tail.iter().position(|line| line.contains("-----BEGIN ")).is_none_or(|begin| begin > end)
        {
            secret.iter_mut().take(end + 1).for_each(|secret| *secret = true);
        }
        let shown = |(line, secret): (&String, &bool)| (!*secret).then(|| visible(line).replace('\n', "⏎"));
        let lines: Vec<String> = tail.iter().zip(&secret).filter_map(shown).collect();
        let mut from = lines.len();
        let mut used = 0;
        while let Some(line) =
            from.checked_sub(1).and_then(|at| lines.get(at)).filter(|line| used + line.len() < room)
        {
            (from, used) = (from - 1, used + line.len() + 1);
        }
        for line in lines.iter().skip(from) {
            text.push_str(line);
            text.push('\n');
        }
        secret.iter().filter(|secret| **secret).count()
    }

    /// As a piece of a request, if there is anything to tell.
    pub fn piece(&self, target: Option<&RepoPath>, asked: bool, why: &str) -> (Option<Segment>, Retold) {
        let told = self.retold(target, asked);
        let why = format!("{why}: {}", told.why);
        let piece = || Segment::new(Source::Diagnostics, why, told.text.as_str(), Trust::Tool);
        ((!told.text.is_empty()).then(piece), told)
    }
}

impl Retold {
    fn withheld(&mut self, secret: usize) {
        if secret > 0 {
            let why = format!("{secret} line(s) may show a secret: withheld");
            self.dropped.push(Dropped::new("diagnostics", Tokens(0), why));
        }
    }

    fn elsewhere(&mut self, told: &Told) {
        if told.report.elsewhere() > 0 {
            let count = told.report.elsewhere();
            self.notes
                .push(format!("{}: {count} problem(s) of files that are not in this workspace", told.by));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::diagnostic::{Ground, Reader};

    fn told(output: &str) -> Told {
        let mut reader = Reader::default();
        reader.push(output.as_bytes());
        let resolve = |path: &RepoPath| Some(path.clone());
        let ground = Ground { root: "/p", folders: &[], resolve: &resolve, ending: &|_| None };
        let report = Arc::new(Report::of(reader.end(), &ground));
        Told { report, by: "cargo check".into(), when: "12 s ago".into(), failed: true, along: true }
    }

    #[test]
    fn the_file_that_is_asked_about_comes_first_and_errors_before_warnings() {
        let told =
            told("a.rs:1:1: error: a\nz.rs:2:1: warning: w\nz.rs:3:1: error: e\n/out/x.rs:1:1: error: o\n");
        let z = RepoPath::parse("z.rs").unwrap();
        let (piece, retold) = told.piece(Some(&z), false, "the project's check");
        let piece = piece.unwrap();
        assert_eq!(
            piece.text,
            "cargo check, 12 s ago: 2 errors, 1 warning\nz.rs:3:1: error: e\nz.rs:2:1: warning: w\na.rs:1:1: error: a\n"
        );
        assert_eq!(piece.why, "the project's check: cargo check, 12 s ago: 2 errors, 1 warning");
        assert_eq!(piece.trust, Trust::Tool);
        assert_eq!(retold.notes, ["cargo check: 1 problem(s) of files that are not in this workspace"]);
        assert!(retold.dropped.is_empty());
    }

    #[test]
    fn what_does_not_fit_is_counted_and_what_shows_a_secret_is_withheld() {
        let key = "sk-ant-0123456789abcdefghijkl";
        let many: String =
            (1..200).map(|n| format!("a.rs:{n}:1: error: something is wrong here\n")).collect();
        let told = told(&format!("b.rs:1:1: error: key {key}\n.env:3: error: unexpected hunter2\n{many}"));
        let (piece, retold) = told.piece(None, false, "x");
        let text = piece.unwrap().text;
        assert!(text.len() < ALONG + 200 && text.ends_with(" more\n"), "{text}");
        assert!(!text.contains(key) && !text.contains("hunter2"), "{text}");
        let why: Vec<&str> = retold.dropped.iter().map(|one| one.why.as_str()).collect();
        assert!(why[0].ends_with("do not fit; @diagnostics has room for more"), "{why:?}");
        assert_eq!(why[1], "2 line(s) may show a secret: withheld");
        let all = told.piece(None, true, "x").0.unwrap().text;
        assert!(all.len() > text.len());
    }

    #[test]
    fn where_nothing_names_a_place_the_end_of_the_output_is_told_without_keys() {
        let output = "MIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\nlinker `cc` not found\u{202e}\n";
        let (piece, retold) = told(output).piece(None, false, "x");
        let text = piece.unwrap().text;
        assert_eq!(
            text,
            "cargo check, 12 s ago: its last lines, none of which names a place here\nlinker `cc` not found‹U+202E›\n"
        );
        assert_eq!(retold.notes, ["cargo check: nothing in the output names a place in a file here"]);
        assert_eq!(retold.dropped[0].why, "2 line(s) may show a secret: withheld");
    }

    #[test]
    fn where_all_is_well_nothing_is_told() {
        let fine = Told { failed: false, ..told("all is well\n") };
        let (piece, retold) = fine.piece(None, true, "x");
        assert!(piece.is_none() && retold.notes == ["cargo check, 12 s ago: no problem of a file here"]);
    }
}
