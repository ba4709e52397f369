//! What an output says of the files that are here: each problem once, in order of place, no more than can be
//! looked at, and how many there were beside them.

use std::collections::BTreeSet;
use std::fmt;

use super::{Diagnostic, Output, Place, Raw, Severity};
use crate::text::RepoPath;

/// Most problems that are kept.
const MOST: usize = 500;

/// Folders of other people's code: a stack goes through them, and it did not begin there.
const OTHERS: [&str; 5] = ["node_modules", "site-packages", "vendor", ".venv", "venv"];

/// Where the files are.
pub struct Ground<'a> {
    /// The absolute path of the workspace, without a slash at its end.
    pub root: &'a str,
    /// Folders below it that names may be relative to, best first; the root itself is tried last.
    pub folders: &'a [String],
    /// The file of a name, links followed, if it is in the workspace.
    pub resolve: &'a dyn Fn(&RepoPath) -> Option<RepoPath>,
    /// The one file whose path ends with this, if there is just one.
    pub ending: &'a dyn Fn(&str) -> Option<RepoPath>,
}

/// How many of each kind there are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
}

/// `2 errors, 1 warning`; `no problem`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            many => Some(format!("{many} {what}s")),
        };
        let graded = [of(self.errors, "error"), of(self.warnings, "warning")];
        let said: Vec<String> = graded.into_iter().flatten().collect();
        match (said.is_empty(), of(self.notes, "note")) {
            (false, _) => f.write_str(&said.join(", ")),
            (true, Some(notes)) => f.write_str(&notes),
            (true, None) => f.write_str("no problem"),
        }
    }
}

/// Problems of the project.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Report {
    all: Vec<Diagnostic>,
    /// More of the same, which are not kept.
    more: usize,
    /// Their files are outside of the workspace, or are no files here.
    elsewhere: usize,
    tail: Vec<String>,
}

impl Report {
    /// What of an output is about files that are here.
    pub fn of(output: Output, ground: &Ground<'_>) -> Self {
        let mut elsewhere = BTreeSet::new();
        let mut known: BTreeSet<Diagnostic> = BTreeSet::new();
        let mut said = BTreeSet::new();
        for raw in output.raw {
            match ground.place(&raw) {
                Some((path, at)) => {
                    // The same of one place is one problem, also where one tells more of it.
                    let key = (path.clone(), at.line, at.column, raw.severity, head(&raw.message).to_owned());
                    if said.insert(key) {
                        let Raw { severity, message, code, source, .. } = raw;
                        known.insert(Diagnostic { path, at, severity, message, code, source });
                    }
                }
                None if raw.sure => drop(elsewhere.insert((raw.places, raw.message))),
                None => {}
            }
        }
        let mut all: Vec<Diagnostic> = known.into_iter().collect();
        let more = output.more + all.len().saturating_sub(MOST);
        if all.len() > MOST {
            all.sort_by_key(|one| one.severity);
            all.truncate(MOST);
            all.sort();
        }
        Self { all, more, elsewhere: elsewhere.len(), tail: output.tail }
    }

    /// From problems that are known already.
    pub fn new(mut all: Vec<Diagnostic>) -> Self {
        all.sort();
        all.dedup();
        Self { all, ..Self::default() }
    }

    /// The same with other problems in their place, as where their lines have moved.
    #[must_use]
    pub fn with(&self, all: Vec<Diagnostic>) -> Self {
        Self { all: Self::new(all).all, more: self.more, elsewhere: self.elsewhere, tail: self.tail.clone() }
    }

    /// By path and line.
    pub fn all(&self) -> &[Diagnostic] {
        &self.all
    }

    /// Those of one file.
    pub fn of_file(&self, path: &RepoPath) -> &[Diagnostic] {
        let from = self.all.partition_point(|one| one.path < *path);
        let to = self.all.partition_point(|one| one.path <= *path);
        self.all.get(from..to).unwrap_or_default()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn counts(&self) -> Counts {
        let of = |severity| self.all.iter().filter(|one| one.severity == severity).count();
        Counts { errors: of(Severity::Error), warnings: of(Severity::Warning), notes: of(Severity::Note) }
    }

    /// How many problems there were beside those that are kept.
    pub fn more(&self) -> usize {
        self.more
    }

    /// How many are about files that are not here.
    pub fn elsewhere(&self) -> usize {
        self.elsewhere
    }

    /// The last lines of the output: a stranger's text.
    pub fn tail(&self) -> &[String] {
        &self.tail
    }
}

/// What stands before the first addition to a message.
fn head(message: &str) -> &str {
    message.split("; ").next().unwrap_or(message)
}

impl Ground<'_> {
    /// The first place that is in the workspace, those in other people's code last.
    fn place(&self, raw: &Raw) -> Option<(RepoPath, Place)> {
        let foreign = |(path, _): &&(String, Place)| path.split('/').any(|part| OTHERS.contains(&part));
        let many = raw.places.len() > 1;
        let (theirs, ours): (Vec<_>, Vec<_>) = raw.places.iter().partition(|place| many && foreign(place));
        let theirs = if ours.is_empty() { theirs } else { Vec::new() };
        ours.into_iter().chain(theirs).find_map(|(path, at)| Some((self.file(path)?, *at)))
    }

    /// The file that a tool means.
    fn file(&self, name: &str) -> Option<RepoPath> {
        let below = match name.strip_prefix('/') {
            // Absolute: below the root, or nothing.
            Some(_) => {
                let below = name.strip_prefix(self.root)?.strip_prefix('/')?;
                return self.known(below);
            }
            None => name,
        };
        let folders = self.folders.iter().map(String::as_str).chain([""]);
        let found = folders.filter(|folder| !folder.starts_with('/')).find_map(|folder| match folder {
            "" => self.known(below),
            folder => self.known(&format!("{folder}/{below}")),
        });
        let bare =
            || (!below.contains("..")).then(|| (self.ending)(below.trim_start_matches("./"))).flatten();
        found.or_else(bare)
    }

    fn known(&self, name: &str) -> Option<RepoPath> {
        (self.resolve)(&RepoPath::parse(&normal(name)?).ok()?)
    }
}

/// Without `.` and `..`; nothing where it climbs out.
fn normal(name: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
