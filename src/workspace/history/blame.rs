//! Which commit last changed a line: lines are handed from a commit to the parents that have them too,
//! and stay with the commit where none has. Done here, line by line asked for, so that it can be stopped
//! and so that what is on screen and not saved yet has its place as well.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::path::Path;

use git2::{DiffOptions, Oid, Patch, Repository};

use super::{Blamed, Commit, HistoryError, LOOKED_AT, entry, renamed_from, told};
use crate::text::{RepoPath, Span};

/// Lines that may come from a commit: from the line as it is now to the line in that commit's file.
type Lines = BTreeMap<usize, usize>;

/// A commit and the name that the file has in it; younger ones first.
type Stop = (i64, Oid, String);

pub(super) fn blame(
    repository: &Repository,
    head: Oid,
    path: &RepoPath,
    now: &[u8],
    span: Span,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Blamed>, HistoryError> {
    let tree = repository.find_commit(head)?.tree()?;
    let entry = tree.get_path(Path::new(path.as_str())).map_err(|_| HistoryError::NoFile(path.clone()))?;
    let committed = repository.find_blob(entry.id()).map_err(|_| HistoryError::NoFile(path.clone()))?;
    let wanted: Lines = span.as_range().map(|line| (line, line)).collect();
    let patch = Patch::from_blob_and_buffer(&committed, None, now, None, Some(&mut options()))?;
    let (known, _) = passed(&patch, &wanted)?;
    let mut origins: BTreeMap<usize, Option<Oid>> = span.as_range().map(|line| (line, None)).collect();
    let mut walk = Walk { repository, waiting: HashMap::new(), order: BinaryHeap::new() };
    walk.hand(head, path.as_str(), known)?;
    let mut looked_at = 0;
    while let Some((commit, name, lines)) = walk.next() {
        looked_at += 1;
        if stop() {
            return Err(HistoryError::Stopped);
        }
        let rest = if looked_at < LOOKED_AT { walk.pass(commit, &name, lines)? } else { lines };
        origins.extend(rest.into_keys().map(|line| (line, Some(commit))));
    }
    runs(repository, &origins)
}

struct Walk<'a> {
    repository: &'a Repository,
    waiting: HashMap<(Oid, String), Lines>,
    order: BinaryHeap<Stop>,
}

impl Walk<'_> {
    fn hand(&mut self, to: Oid, name: &str, lines: Lines) -> Result<(), git2::Error> {
        if lines.is_empty() {
            return Ok(());
        }
        let key = (to, name.to_owned());
        if !self.waiting.contains_key(&key) {
            let time = self.repository.find_commit(to)?.time().seconds();
            self.order.push((time, to, name.to_owned()));
        }
        self.waiting.entry(key).or_default().extend(lines);
        Ok(())
    }

    fn next(&mut self) -> Option<(Oid, String, Lines)> {
        let (_, commit, name) = self.order.pop()?;
        let lines = self.waiting.remove(&(commit, name.clone())).unwrap_or_default();
        Some((commit, name, lines))
    }

    /// Hands to the parents of a commit the lines that they have too; gives those back that none has.
    fn pass(&mut self, commit: Oid, name: &str, mut lines: Lines) -> Result<Lines, HistoryError> {
        let repository = self.repository;
        let commit = repository.find_commit(commit)?;
        let tree = commit.tree()?;
        let here = entry(&tree, name);
        for parent in commit.parents() {
            if lines.is_empty() {
                break;
            }
            let before = parent.tree()?;
            let old_name = match entry(&before, name) {
                Some(_) => Some(name.to_owned()),
                None => renamed_from(repository, &before, &tree, name)?,
            };
            let Some(old_name) = old_name else { continue };
            let there = entry(&before, &old_name);
            if there == here {
                self.hand(parent.id(), &old_name, std::mem::take(&mut lines))?;
                break;
            }
            let blob = |id: Option<Oid>| id.and_then(|id| repository.find_blob(id).ok());
            let (Some(old), Some(new)) = (blob(there), blob(here)) else { continue };
            let patch = Patch::from_blobs(&old, None, &new, None, Some(&mut options()))?;
            let (known, rest) = passed(&patch, &lines)?;
            self.hand(parent.id(), &old_name, known)?;
            lines = rest;
        }
        Ok(lines)
    }
}

fn options() -> DiffOptions {
    let mut options = DiffOptions::new();
    options.context_lines(0).interhunk_lines(0);
    options
}

/// The lines that the old side of a patch has too, numbered as they are there, and those that it has not.
fn passed(patch: &Patch<'_>, lines: &Lines) -> Result<(Lines, Lines), git2::Error> {
    let mut hunks = Vec::new();
    for at in 0..patch.num_hunks() {
        let (hunk, _) = patch.hunk(at)?;
        // A side without lines is named by the line before it.
        let start = |start: u32, count: u32| start as usize - usize::from(count > 0 && start > 0);
        let (old, new) = (hunk.old_lines() as usize, hunk.new_lines() as usize);
        let new_start = start(hunk.new_start(), hunk.new_lines());
        hunks.push((new_start..new_start + new, start(hunk.old_start(), hunk.old_lines()) + old));
    }
    let (mut known, mut rest) = (Lines::new(), Lines::new());
    for (now, line) in lines {
        let after = hunks.partition_point(|(new, _)| new.start <= *line);
        let before = after.checked_sub(1).and_then(|at| hunks.get(at));
        match before {
            None => drop(known.insert(*now, *line)),
            Some((new, _)) if new.contains(line) => drop(rest.insert(*now, *line)),
            Some((new, old_end)) => drop(known.insert(*now, old_end + (line - new.end))),
        }
    }
    Ok((known, rest))
}

/// Lines that follow each other and come from the same commit, together.
fn runs(
    repository: &Repository,
    origins: &BTreeMap<usize, Option<Oid>>,
) -> Result<Vec<Blamed>, HistoryError> {
    let mut known: HashMap<Oid, Commit> = HashMap::new();
    let mut runs: Vec<(Span, Option<Oid>)> = Vec::new();
    for (line, origin) in origins {
        match runs.last_mut().filter(|(span, last)| last == origin && span.end() == *line) {
            Some((span, _)) => *span = Span::new(span.start(), line + 1),
            None => runs.push((Span::new(*line, line + 1), *origin)),
        }
    }
    for id in runs.iter().filter_map(|(_, origin)| *origin) {
        if let Entry::Vacant(place) = known.entry(id) {
            place.insert(told(&repository.find_commit(id)?));
        }
    }
    let blamed = |(span, origin): (Span, Option<Oid>)| Blamed {
        span,
        commit: origin.and_then(|id| known.get(&id).cloned()),
    };
    Ok(runs.into_iter().map(blamed).collect())
}
