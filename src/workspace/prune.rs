//! What the journal may forget, so that it does not grow for ever: operations that are neither among
//! the last [`KEPT`] nor younger than its days, from the oldest on, and then the texts that nothing
//! remembers. Done under the lock after an operation has landed, never during one.
//!
//! A crash in the middle loses nothing that is still remembered: a record goes before its texts, and
//! a text that was left over goes the next time.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::error::JournalError;
use super::journal::Locked;
use super::record::Record;
use crate::text::Digest;

/// How much the journal keeps: what either says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retention {
    /// So many operations, however old: a clock that jumps must not cost anybody their history.
    pub(super) operations: usize,
    pub(super) days: i64,
}

/// The last 1,000 operations, and every operation of the last 30 days.
pub(super) const KEPT: Retention = Retention { operations: 1000, days: 30 };

/// Pruning is tried after every so many operations.
pub(super) const PRUNE_EVERY: u64 = 128;

/// Forgets what `keep` does not hold at the time `now`.
///
/// Nothing is forgotten while an operation is pending, and no text while there is a record that cannot
/// be read: it may need any of them.
pub(super) fn prune(journal: &Locked<'_>, keep: Retention, now: Timestamp) -> Result<(), JournalError> {
    let disk = journal.journal();
    let names = disk.done()?;
    let surplus = names.len().saturating_sub(keep.operations);
    if surplus == 0 || !disk.pending()?.is_empty() {
        return Ok(());
    }
    let since = now - SignedDuration::from_hours(24 * keep.days);
    let old = |record: Result<Record, JournalError>| record.is_ok_and(|record| record.time < since);
    let forgotten = names.iter().take(surplus).take_while(|name| old(disk.record(name))).count();
    let (forget, remember) = names.split_at(forgotten);
    if forget.is_empty() {
        return Ok(());
    }
    journal.forget(forget)?;
    let mut needed: HashSet<Digest> = HashSet::new();
    for name in remember {
        let Ok(record) = disk.record(name) else { return Ok(()) };
        let texts = record.files.iter().flat_map(|file| [file.digest_before(), file.digest_after()]);
        needed.extend(texts.flatten());
    }
    let loose = journal.kept()?.into_iter().filter(|digest| !needed.contains(digest));
    loose.into_iter().try_for_each(|digest| journal.drop_text(digest))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Project, land};
    use super::super::landing::Desk;
    use super::super::pen::faults::Fault;
    use super::super::{UndoError, Workspace};
    use super::*;

    const ALL: Retention = Retention { operations: 3, days: 30 };

    fn pruned(workspace: &Workspace, keep: Retention, days_from_now: i64) -> Result<(), JournalError> {
        let desk = Desk::ready(&workspace.inner.tree, &workspace.inner.journal)?;
        prune(&desk.journal, keep, Timestamp::now() + SignedDuration::from_hours(24 * days_from_now))
    }

    /// Eight landings on one file: `0` becomes `1` and so on, up to `8`.
    fn landed(workspace: &Workspace) -> Vec<String> {
        (1..9).map(|n| land(workspace, &[("a", Some(&n.to_string()))]).unwrap()).collect()
    }

    fn texts(project: &Project, workspace: &Workspace) -> Vec<String> {
        let blobs = project.state().join(workspace.id()).join("journal/blobs");
        let read = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(entry.unwrap().path());
        let mut texts: Vec<_> = std::fs::read_dir(blobs).unwrap().map(|entry| read(entry).unwrap()).collect();
        texts.sort();
        texts
    }

    #[test]
    fn what_is_both_old_and_many_operations_ago_is_forgotten_with_its_texts() {
        let project = Project::new(&[("a", "0")]);
        let workspace = project.open();
        let ids = landed(&workspace);
        pruned(&workspace, ALL, 31).unwrap();
        let log = workspace.log(99).unwrap();
        assert_eq!(log.iter().map(|entry| &entry.id).collect::<Vec<_>>(), [&ids[7], &ids[6], &ids[5]]);
        assert_eq!(texts(&project, &workspace), ["5", "6", "7", "8"]);
        assert!(matches!(workspace.undo(Some(&ids[0])), Err(UndoError::Unknown(_))));
        for text in ["7", "6", "5"] {
            workspace.undo(None).unwrap();
            assert_eq!(project.text("a").unwrap(), text);
        }
    }

    #[test]
    fn what_is_recent_by_number_or_by_time_is_kept() {
        let project = Project::new(&[("a", "0")]);
        let workspace = project.open();
        landed(&workspace);
        pruned(&workspace, ALL, 29).unwrap();
        pruned(&workspace, Retention { operations: 8, days: 0 }, 3650).unwrap();
        assert_eq!(workspace.log(99).unwrap().len(), 8);
        assert_eq!(texts(&project, &workspace).len(), 9);
    }

    #[test]
    fn no_text_goes_while_a_record_cannot_be_read() {
        let project = Project::new(&[("a", "0")]);
        let workspace = project.open();
        let ids = landed(&workspace);
        let ops = project.state().join(workspace.id()).join("journal/ops");
        std::fs::write(ops.join(format!("0000000008-{}.op", ids[7])), "of another version").unwrap();
        pruned(&workspace, ALL, 31).unwrap();
        assert_eq!(texts(&project, &workspace).len(), 9);
    }

    #[test]
    fn killed_at_any_call_pruning_loses_nothing_that_is_remembered() {
        for at in 1.. {
            let project = Project::new(&[("a", "0")]);
            let (workspace, faults) = project.open_faulty();
            landed(&workspace);
            faults.set(at, Fault::Kill);
            let done = pruned(&workspace, ALL, 31).is_ok();
            let workspace = project.open();
            let log = workspace.log(99).unwrap();
            assert!(log.len() >= 3);
            for (entry, text) in log.iter().zip((0..8).rev()) {
                workspace.undo(None).unwrap();
                assert_eq!(project.text("a").unwrap(), text.to_string(), "{entry:?}, killed at {at}");
            }
            if done {
                break;
            }
        }
    }
}
