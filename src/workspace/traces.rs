//! What operations of the journal did, as a review takes it: one of them, or one and all that came after.
//! The newer side is always what lies on disk now, so that a rejected hunk can be taken back there; the
//! older side comes from the texts that the journal keeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compare::{Extent, as_lines};
use super::record::Entry;
use super::revert::{self, Reversed};
use super::{CompareError, Found, Remark, UndoError, Workspace};
use crate::change::{Base, Compared};
use crate::text::{Lines, RepoPath, safe};

impl Workspace {
    /// Hands out what an operation did to files, as far as it is still in them (`Landing`), or how files differ
    /// from what they were before it (those that it or a later operation touched).
    pub(super) fn trace(
        &self,
        extent: &Extent,
        paths: &[RepoPath],
        found: &mut dyn FnMut(Found) -> bool,
    ) -> Result<(), CompareError> {
        let journal = &self.inner.journal;
        let mut entries: BTreeMap<RepoPath, Entry> = BTreeMap::new();
        // Records come newest first: the oldest word on a file is the last.
        let mut note = |entry: Entry| drop(entries.insert(entry.path.clone(), entry));
        match extent {
            Extent::Landing(id) => revert::named(journal, id)?.1.files.into_iter().for_each(&mut note),
            Extent::SinceLanding(id) => {
                let (name, _) = revert::named(journal, id)?;
                let history = revert::since(journal, name.number).map_err(UndoError::from)?;
                history.flat_map(|record| record.files).for_each(&mut note);
            }
            Extent::SinceOpened => {
                let Some(first) = journal.begun() else { return Ok(()) };
                let history = revert::since(journal, first).map_err(UndoError::from)?;
                history.flat_map(|record| record.files).for_each(&mut note);
            }
        }
        let wanted = |path: &RepoPath| paths.is_empty() || paths.iter().any(|of| is_in(path, of));
        for entry in entries.into_values().filter(|entry| wanted(&entry.path)) {
            let one = match self.traced(&entry, extent) {
                Ok(compared) if compared.is_empty() => continue,
                Ok(compared) => Found::Text(compared),
                Err(words) => Found::Remark(Remark { name: safe::line(entry.path.as_str()), words }),
            };
            if !found(one) {
                break;
            }
        }
        Ok(())
    }

    /// # Errors
    /// Why there is nothing to review, in words.
    fn traced(&self, entry: &Entry, extent: &Extent) -> Result<Compared, String> {
        let journal = &self.inner.journal;
        let now = self.inner.tree.load(&entry.path).map_err(|why| why.to_string())?;
        let before = match extent {
            Extent::SinceLanding(_) | Extent::SinceOpened => match entry.before {
                Some(stamp) => Some(journal.text(stamp.digest).map_err(|why| why.to_string())?.into()),
                None => None,
            },
            Extent::Landing(_) => match revert::reversed(journal, entry, now.as_ref()) {
                Ok(Reversed::To(before, _)) => before.map(|before| before.bytes),
                Ok(Reversed::Already) => return Err("it is again as it was before".into()),
                Ok(Reversed::Conflict) => {
                    return Err(
                        "it changed since, at the very same lines; `rein diff --since` shows both".into()
                    );
                }
                Err(why) => return Err(why.to_string()),
            },
        };
        let lines = |bytes: Option<&Arc<[u8]>>| bytes.map(|bytes| as_lines(bytes)).transpose();
        let (old, new): (Option<Lines>, _) =
            (lines(before.as_ref())?, lines(now.as_ref().map(|now| &now.bytes))?);
        // Permission bits that no file has now come back with the text.
        let executable = entry.before.and_then(|stamp| stamp.mode).is_some_and(|mode| mode & 0o111 != 0);
        let base = Base { path: entry.path.clone(), text: old };
        Ok(Compared::of(base, new.as_ref()).executable(executable))
    }
}

/// Is `path` the file or below the folder `of`?
fn is_in(path: &RepoPath, of: &RepoPath) -> bool {
    let rest = path.as_str().strip_prefix(of.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::super::Comparison;
    use super::super::fixture::{Project, compared as review, land, path, sums, take_all_back};
    use super::*;

    const FIVE: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

    #[test]
    fn one_landing_is_told_apart_from_what_came_after_it() {
        let project = Project::new(&[("a", FIVE), ("gone*", "g\n")]);
        let one = land(
            &project.open(),
            &[("a", Some(&FIVE.replace('1', "one"))), ("gone", None), ("new/file", Some("n\n"))],
        )
        .unwrap();
        let both = FIVE.replace('1', "one").replace('9', "nine");
        let two = land(&project.open(), &[("a", Some(&both))]).unwrap();
        project.write("a", both.replace('5', "by hand"));
        let first = Comparison::Journal(Extent::Landing(one.clone()));
        let (made, told) = review(&project, &first, &[]);
        assert_eq!(
            (sums(&made), told.len()),
            (vec!["a: +1 -1".into(), "gone: +0 -1".into(), "new/file: +1 -0".into()], 0)
        );
        assert_eq!(sums(&review(&project, &first, &[path("new")]).0), ["new/file: +1 -0"]);
        assert_eq!(sums(&review(&project, &Comparison::Journal(Extent::Landing(two)), &[]).0), ["a: +1 -1"]);
        let since = review(&project, &Comparison::Journal(Extent::SinceLanding(one[..7].to_owned())), &[]).0;
        assert_eq!(sums(&since), ["a: +1 -1", "a: +1 -1", "a: +1 -1", "gone: +0 -1", "new/file: +1 -0"]);
        // Taken back, edits made since stay; undone, it is as if nothing had been rejected.
        let before = project.snapshot();
        let back = take_all_back(&project, made);
        assert_eq!(project.text("a").unwrap(), both.replace('5', "by hand").replace("one", "1"));
        assert_eq!((project.text("gone").as_deref(), project.text("new/file")), (Some("g\n"), None));
        assert!(project.open().executable(&path("gone")));
        let (none, told) = review(&project, &first, &[]);
        assert_eq!(none.hunks().count(), 0);
        assert!(told.iter().any(|told| told == "gone: it is again as it was before"), "{told:?}");
        project.open().undo(Some(&back)).unwrap();
        assert_eq!(project.snapshot(), before);
    }

    #[test]
    fn what_was_changed_since_at_the_same_lines_is_remarked_and_shown_with_what_came_after() {
        let project = Project::new(&[("a", "1\n2\n")]);
        let id = land(&project.open(), &[("a", Some("one\n2\n"))]).unwrap();
        project.write("a", "ONE\n2\n");
        let (none, told) = review(&project, &Comparison::Journal(Extent::Landing(id.clone())), &[]);
        assert_eq!(none.hunks().count(), 0);
        assert!(told[0].starts_with("a: it changed since"), "{told:?}");
        let since = review(&project, &Comparison::Journal(Extent::SinceLanding(id)), &[]).0;
        assert_eq!(sums(&since), ["a: +1 -1"]);
        take_all_back(&project, since);
        assert_eq!(project.text("a").unwrap(), "1\n2\n");
    }

    #[test]
    fn a_session_begins_with_its_own_first_operation() {
        let project = Project::new(&[("a", "1\n"), ("b", "1\n"), ("c", "1\n")]);
        land(&project.open(), &[("a", Some("2\n"))]).unwrap();
        let mine = project.open();
        let files = |workspace: &Workspace| {
            let mut names = Vec::new();
            let take = &mut |found| {
                if let Found::Text(compared) = found {
                    names.push(compared.path().to_string());
                }
                true
            };
            workspace.compare(&Comparison::Journal(Extent::SinceOpened), &[], take).unwrap();
            names
        };
        assert_eq!(files(&mine), [""; 0]);
        mine.save(&path("b"), b"2\n", Some(crate::text::Digest::of(b"1\n"))).unwrap();
        land(&mine, &[("c", Some("2\n"))]).unwrap();
        land(&mine, &[("c", Some("3\n"))]).unwrap();
        assert_eq!(files(&mine), ["b", "c"]);
        mine.undo(None).unwrap();
        mine.undo(None).unwrap();
        assert_eq!(files(&mine), ["b"], "what was taken back is no difference");
        assert_eq!(files(&project.open()), [""; 0]);
    }

    #[test]
    fn a_landing_that_is_not_there_is_said_before_anything_is_read() {
        let project = Project::new(&[("a", "1\n")]);
        for what in [
            Comparison::Journal(Extent::Landing("zz".into())),
            Comparison::Journal(Extent::SinceLanding(String::new())),
        ] {
            let refused = project.open().can_compare(&what).unwrap_err();
            assert!(refused.to_string().contains("no operation is called"), "{refused}");
            assert!(project.open().compare(&what, &[], &mut |_| true).is_err());
        }
    }
}
