//! Some files changed: the index follows them alone. No walk, and nothing is unpacked that did not change;
//! what a walk alone can tell (whether a new file is ignored) is left to one.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

use super::store::Content;
use super::{Index, Kept, MOST_BYTES};
use crate::context::search::Member;
use crate::text::RepoPath;

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Followed {
    /// The index is as the files are; so many changed.
    UpTo(usize),
    /// There are files that it does not know: [`Index::refresh`] finds out whether they belong in it.
    Unknown,
}

impl Index {
    /// Reads `paths` again, and nothing else. `outside`: files that are known not to belong in it. Blocking:
    /// a tenth of a second for each megabyte that changed. The index in memory alone follows; it is kept by the next
    /// refresh.
    pub fn follow(&mut self, paths: &BTreeSet<RepoPath>, outside: &HashSet<RepoPath>) -> Followed {
        let mut unknown = false;
        let mut changed = 0;
        let (mut gone, mut came) = (BTreeSet::new(), BTreeSet::new());
        for path in paths {
            let at = self.store.files.binary_search_by(|kept| kept.path.cmp(path));
            let stamp = self.workspace.stamp(path);
            match (at, stamp) {
                (Ok(at), None) => {
                    self.store.files.remove(at);
                    gone.insert(path.clone());
                    changed += 1;
                }
                (Ok(at), Some(stamp)) => {
                    let room = MOST_BYTES.saturating_sub(self.covered_but(path));
                    let now = self.read(path.clone(), stamp, room);
                    changed += usize::from(self.replace(at, now));
                    came.insert(path.clone());
                }
                (Err(_), Some(_)) => unknown |= !outside.contains(path),
                (Err(_), None) => {}
            }
        }
        self.amend(&gone, &came);
        if unknown { Followed::Unknown } else { Followed::UpTo(changed) }
    }

    /// Puts a file in the place of what it was; says whether its contents differ.
    fn replace(&mut self, at: usize, now: Kept) -> bool {
        let Some(kept) = self.store.files.get_mut(at) else { return false };
        let differs = kept.content != now.content;
        *kept = now;
        differs
    }

    /// Bytes of all other files in the index.
    fn covered_but(&self, path: &RepoPath) -> u64 {
        let others = self.store.files.iter().filter(|kept| kept.path != *path);
        others.filter(|kept| matches!(kept.content, Content::Indexed(_))).map(|kept| kept.stamp.bytes).sum()
    }

    /// Brings the unpacked files up to date, if they have been unpacked.
    fn amend(&mut self, gone: &BTreeSet<RepoPath>, came: &BTreeSet<RepoPath>) {
        let Some(corpus) = self.corpus.get().map(Arc::clone) else { return };
        let mut gone = gone.clone();
        let mut members = Vec::new();
        for path in came {
            let entry = match self.kept(path).map(|kept| kept.content) {
                Some(Content::Indexed(key)) => self.store.entries.get(&key).and_then(|packed| packed.entry()),
                _ => None,
            };
            match entry {
                Some(entry) => members.push(Member::new(path.clone(), Arc::new(entry))),
                None => drop(gone.insert(path.clone())),
            }
        }
        if !gone.is_empty() || !members.is_empty() {
            self.corpus = OnceLock::from(Arc::new(corpus.amended(&gone, members)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;
    use crate::workspace::{StateDirs, Workspace};

    fn path(name: &str) -> RepoPath {
        RepoPath::parse(name).unwrap()
    }

    fn found(index: &Index, words: &str) -> Vec<String> {
        index.corpus().search(words, 9).into_iter().map(|hit| hit.path.to_string()).collect()
    }

    #[test]
    fn files_that_changed_or_went_are_followed_and_new_ones_ask_for_a_walk() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        std::fs::create_dir(&project).unwrap();
        let write = |name: &str, text: &str| std::fs::write(project.join(name), text).unwrap();
        write("a.rs", "fn watch_folder() {}\n");
        write("b.rs", "fn other() {}\n");
        let dirs = StateDirs { state: folder.path().join("state") };
        let workspace = Workspace::open_folder(&project, dirs).unwrap();
        let mut index = Index::open(workspace, Place { folder: folder.path().join("index") }).unwrap();
        index.refresh(&|| false).unwrap();
        assert_eq!(found(&index, "watch folder"), ["a.rs"]);
        write("b.rs", "fn watch_folder_again() {}\n");
        std::fs::remove_file(project.join("a.rs")).unwrap();
        let changed = BTreeSet::from([path("a.rs"), path("b.rs"), path("gone.rs")]);
        assert_eq!(index.follow(&changed, &HashSet::new()), Followed::UpTo(2));
        assert_eq!(found(&index, "watch folder"), ["b.rs"]);
        assert_eq!(index.follow(&changed, &HashSet::new()), Followed::UpTo(0));
        write("c.rs", "fn watch_folder_too() {}\n");
        let came = BTreeSet::from([path("c.rs")]);
        assert_eq!(index.follow(&came, &HashSet::new()), Followed::Unknown);
        assert_eq!(index.follow(&came, &HashSet::from([path("c.rs")])), Followed::UpTo(0));
        write("b.rs", "\0\0\0");
        assert_eq!(index.follow(&changed, &HashSet::new()), Followed::UpTo(1));
        assert_eq!(found(&index, "watch folder"), [""; 0], "a file that is no text any more is not found");
        index.refresh(&|| false).unwrap();
        assert_eq!(found(&index, "watch folder"), ["c.rs"]);
    }
}
