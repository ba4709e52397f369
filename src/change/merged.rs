//! A snippet that could not be laid over its file for sure, and the file that an apply model made of
//! the two. What a model merged is believed no more than any other reply: it is checked here, then
//! judged by its difference like a whole file, in the scope of the turn.

use std::collections::HashMap;

use super::lazy::loose_parts;
use super::placeholder::is_placeholder;
use crate::text::diff::changes;
use crate::text::{Lines, Span, trim_ending};

/// An edit that has to be merged: the words of the edit, and the file they are about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unmerged {
    /// The snippet as the model wrote it, markers and all.
    pub update: String,
    /// The file as the model saw it.
    pub original: Lines,
}

/// Why what an apply model made is not taken. Nothing of it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotMerged {
    #[error("`{0}` still stands for code that was left out")]
    Marker(String),
    #[error("line {0} of the snippet is missing")]
    Missing(usize),
    #[error("line {0} of it is neither the file's nor the snippet's")]
    Invented(usize),
    #[error("the file's line {0} was taken away, and the snippet does not say so")]
    Lost(usize),
}

/// Checks `merged`, what a model made of `unmerged`, and gives the text to judge.
///
/// Each of its lines has to be the file's or the snippet's, in the order of either; every line of the
/// snippet has to be in it, and no marker; a line of the file may be missing only between two lines of
/// one part of the snippet, where the snippet shows something else.
///
/// # Errors
/// [`NotMerged`], with the first line that is wrong.
pub fn merged(unmerged: &Unmerged, merged: &str) -> Result<String, NotMerged> {
    let own = |line: &str| unmerged.original.iter().any(|own| trim_ending(own) == line.as_bytes());
    if let Some(line) = merged.lines().find(|line| is_placeholder(line) && !own(line)) {
        return Err(NotMerged::Marker(line.trim().to_owned()));
    }
    let made = lines(merged.as_bytes());
    let places = snippet_in(unmerged, &made)?;
    let old = Lines::new(lines(unmerged.original.bytes()).iter().flat_map(ended).collect::<Vec<u8>>());
    let new = Lines::new(made.iter().flat_map(ended).collect::<Vec<u8>>());
    for change in changes(&old, &new) {
        if let Some(line) = change.new.as_range().find(|line| !places.covers(*line)) {
            return Err(NotMerged::Invented(line + 1));
        }
        if !change.old.is_empty() && !places.reaches(change.new) {
            return Err(NotMerged::Lost(change.old.start() + 1));
        }
    }
    Ok(merged.to_owned())
}

/// Where the parts of the snippet stand in what was made: for each the lines it has there.
struct Places {
    parts: Vec<Vec<usize>>,
}

impl Places {
    fn covers(&self, line: usize) -> bool {
        self.parts.iter().any(|part| part.binary_search(&line).is_ok())
    }

    /// Is the change inside one part? Where lines are only taken away the part must go on both before
    /// and after: at its edge nothing the snippet shows stands for them.
    fn reaches(&self, new: Span) -> bool {
        let inside = |part: &Vec<usize>| match (part.first(), part.last()) {
            (Some(first), Some(last)) if new.is_empty() => *first < new.start() && new.start() <= *last,
            (Some(first), Some(last)) => *first <= new.start() && new.end() <= last + 1,
            _ => false,
        };
        self.parts.iter().any(inside)
    }
}

/// Finds every line of the snippet in what was made, in order, each part without a gap but for blank
/// lines.
fn snippet_in(unmerged: &Unmerged, made: &[&[u8]]) -> Result<Places, NotMerged> {
    let mut at_of: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, line) in made.iter().enumerate() {
        at_of.entry(line.trim_ascii()).or_default().push(at);
    }
    let mut from = 0;
    let mut parts = Vec::new();
    for part in loose_parts(&unmerged.update, &unmerged.original) {
        let first = part.first().map_or(&b""[..], |(_, line)| line.trim().as_bytes());
        let starts = at_of.get(first).map_or(&[][..], Vec::as_slice).iter().filter(|at| **at >= from);
        let found = starts
            .map(|start| run(&part, made, *start))
            .max_by_key(|run| (run.len(), usize::MAX - run.first().copied().unwrap_or(0)));
        let found = found.unwrap_or_default();
        if let Some((line, _)) = part.get(found.len()) {
            return Err(NotMerged::Missing(*line));
        }
        from = found.last().map_or(from, |last| last + 1);
        parts.push(found);
    }
    Ok(Places { parts })
}

/// As many lines of the part as stand in a row from `start` on, blank lines aside.
fn run(part: &[(usize, &str)], made: &[&[u8]], start: usize) -> Vec<usize> {
    let mut rows = made.iter().enumerate().skip(start).filter(|(_, line)| !line.trim_ascii().is_empty());
    let same = |(_, said): &(usize, &str)| {
        rows.next().filter(|(_, line)| line.trim_ascii() == said.trim().as_bytes()).map(|(at, _)| at)
    };
    part.iter().map_while(same).collect()
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').map(|line| trim_ending(line).trim_ascii_end()).collect()
}

fn ended<'a>(line: &&'a [u8]) -> impl Iterator<Item = u8> + use<'a> {
    line.iter().copied().chain([b'\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "import a\n\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n";
    const SNIPPET: &str =
        "# ... existing code ...\ndef f():\n    x = 3\n    return x\n# ... existing code ...\n";
    const MERGED: &str = "import a\n\ndef f():\n    x = 3\n    return x\n\n\ndef g():\n    return 2\n";

    fn check(made: &str) -> Result<String, NotMerged> {
        merged(&Unmerged { update: SNIPPET.into(), original: FILE.into() }, made)
    }

    #[test]
    fn a_faithful_merge_is_taken() {
        assert_eq!(check(MERGED).as_deref(), Ok(MERGED));
    }

    #[test]
    fn a_line_changed_beside_the_snippet_is_not() {
        assert_eq!(check(&MERGED.replace("import a", "import b")), Err(NotMerged::Invented(1)));
        assert_eq!(check(&MERGED.replace("return 2", "return 22")), Err(NotMerged::Invented(9)));
    }

    #[test]
    fn a_line_lost_beside_the_snippet_is_not() {
        assert_eq!(check(&MERGED.replace("import a\n", "")), Err(NotMerged::Lost(1)));
    }

    #[test]
    fn a_line_lost_at_the_edge_of_the_snippet_is_not_but_one_within_it_is() {
        let file = "@cached\ndef f():\n    log()\n    return 1\n# end\n";
        let kept = |update: &str, made: &str| {
            merged(&Unmerged { update: update.into(), original: file.into() }, made).map(|_| ())
        };
        let whole = "def f():\n    return 1\n";
        assert_eq!(kept(whole, "@cached\ndef f():\n    return 1\n# end\n"), Ok(()));
        assert_eq!(kept(whole, "def f():\n    return 1\n# end\n"), Err(NotMerged::Lost(1)));
        assert_eq!(kept(whole, "@cached\ndef f():\n    return 1\n"), Err(NotMerged::Lost(5)));
    }

    #[test]
    fn a_marker_or_a_missing_line_is_not() {
        let marked = MERGED.replace("def g():\n    return 2\n", "# ... existing code ...\n");
        assert_eq!(check(&marked), Err(NotMerged::Marker("# ... existing code ...".into())));
        assert_eq!(check(&MERGED.replace("    x = 3\n", "")), Err(NotMerged::Missing(3)));
    }
}
