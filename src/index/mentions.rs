//! The files that may name something: found by the terms of the index, then read.

use super::Index;
use crate::text::terms::{Term, terms_of};
use crate::text::{Lines, RepoPath};

/// Most files that are read for one question.
const MOST: usize = 300;

/// The indexed files with one of `names` among their terms, as they are on disk now, and whether there
/// are more than were read. Names are matched as terms: other forms of a word may be among them.
/// Blocking: reads the files; asks `stop` between them.
pub fn mentions(index: &Index, names: &[&str], stop: &dyn Fn() -> bool) -> (Vec<(RepoPath, Lines)>, bool) {
    let wanted: Vec<Term> = names.iter().filter_map(|name| terms_of(name).first().copied()).collect();
    let corpus = index.corpus();
    let holds =
        corpus.files().iter().filter(|file| file.entry().terms.iter().any(|term| wanted.contains(term)));
    let mut found = Vec::new();
    for member in holds {
        if stop() || found.len() >= MOST {
            return (found, true);
        }
        if let Ok(Some(file)) = index.workspace.read(member.path()) {
            found.push((file.path, file.lines));
        }
    }
    (found, false)
}
