//! The project as its last commit has it: which files, and their texts, whatever was done to them since.
//! It writes nothing and runs nothing of the repository's: no filter, no text conversion.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;

use git2::{IndexTime, ObjectType, Oid, Repository};

use super::{Stamp, Workspace, apply, git};
use crate::text::{Lines, RepoPath};

/// Modes of regular files in a tree; links and repositories within are none.
const FILES: [i32; 2] = [0o100_644, 0o100_755];

/// The commit that is checked out.
pub struct Head {
    repository: Repository,
    commit: Oid,
}

/// A text of a [`Head`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blob(Oid);

impl Workspace {
    /// The commit that is checked out; `None` where there is no repository, or no commit yet.
    pub fn head(&self) -> Option<Head> {
        let repository = git::open(self.root())?;
        let commit = repository.head().ok()?.peel_to_commit().ok()?.id();
        Some(Head { repository, commit })
    }
}

impl Head {
    /// 40 hexadecimal digits.
    pub fn id(&self) -> String {
        self.commit.to_string()
    }

    /// Its regular files, by path; those whose names can be none here are left out. Blocking: reads every
    /// folder of it, and asks `stop` in each. Empty where it cannot be read.
    pub fn files(&self, stop: &dyn Fn() -> bool) -> Vec<(RepoPath, Blob)> {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        let root = self.repository.find_commit(self.commit).and_then(|commit| commit.tree());
        folders.extend(root.ok().map(|tree| (String::new(), tree.id())));
        while let Some((folder, id)) = folders.pop() {
            // Half of the files say nothing of which matter.
            let tree = self.repository.find_tree(id).ok().filter(|_| !stop());
            let Some(tree) = tree else { return Vec::new() };
            for entry in &tree {
                // A name that can be none here leads to nothing that could be read.
                let Ok(path) = entry
                    .name()
                    .map_or(Err(()), |name| RepoPath::parse(&format!("{folder}{name}")).map_err(drop))
                else {
                    continue;
                };
                match entry.kind() {
                    Some(ObjectType::Tree) => folders.push((format!("{path}/"), entry.id())),
                    Some(ObjectType::Blob) if FILES.contains(&entry.filemode()) => {
                        files.push((path, Blob(entry.id())));
                    }
                    _ => {}
                }
            }
        }
        files.sort_by(|(a, _), (b, _)| a.cmp(b));
        files
    }

    /// Which files lie on disk as git last saw them, by what git keeps of them. Blocking: reads git's index.
    pub fn untouched(&self) -> Untouched {
        let mut seen = HashMap::new();
        let Ok(index) = self.repository.index() else { return Untouched { seen } };
        // What was written in the very tick in which git wrote its index may have been written again since.
        let written = index.path().and_then(|path| path.metadata().ok());
        let written = written.map_or((0, 0), |about| (about.mtime(), about.mtime_nsec()));
        for entry in index.iter() {
            let time = (i64::from(entry.mtime.seconds()), i64::from(entry.mtime.nanoseconds()));
            if let (true, Ok(path)) = (time < written, std::str::from_utf8(&entry.path)) {
                let times = [entry.mtime, entry.ctime].map(nanoseconds);
                seen.insert(path.to_owned(), Seen { blob: entry.id, times, bytes: entry.file_size });
            }
        }
        Untouched { seen }
    }

    /// How long a text is, in bytes; without reading it.
    pub fn size(&self, blob: Blob) -> Option<u64> {
        let (size, _) = self.repository.odb().ok()?.read_header(blob.0).ok()?;
        u64::try_from(size).ok()
    }

    /// A text; `None` where it is none, by the measure of [`Workspace::read`], or is not there.
    pub fn read(&self, blob: Blob) -> Option<Lines> {
        let read = self.repository.find_blob(blob.0).ok()?;
        (!apply::is_binary(read.content())).then(|| Lines::new(read.content()))
    }
}

/// See [`Head::untouched`].
pub struct Untouched {
    seen: HashMap<String, Seen>,
}

/// A file as git last saw it on disk.
struct Seen {
    blob: Oid,
    /// When its contents, and its own record, were last changed, in nanoseconds since 1970.
    times: [i64; 2],
    /// Its length, as far as 32 bits hold it.
    bytes: u32,
}

impl Untouched {
    /// Is a file that looks so on disk this text? `false`: nobody knows without reading it.
    pub fn is(&self, path: &RepoPath, blob: Blob, stamp: Stamp) -> bool {
        self.seen.get(path.as_str()).is_some_and(|seen| {
            let same = seen.times == [stamp.modified, stamp.changed];
            seen.blob == blob.0 && same && u64::from(seen.bytes) == stamp.bytes & u64::from(u32::MAX)
        })
    }
}

fn nanoseconds(time: IndexTime) -> i64 {
    i64::from(time.seconds()) * 1_000_000_000 + i64::from(time.nanoseconds())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Project;
    use super::*;

    fn commit(project: &Project) -> Repository {
        let repository = Repository::init(project.root()).unwrap();
        {
            let mut index = repository.index().unwrap();
            index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
            let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
            index.write().unwrap();
            let who = git2::Signature::now("a", "a@example.org").unwrap();
            repository.commit(Some("HEAD"), &who, &who, "first", &tree, &[]).unwrap();
        }
        repository
    }

    #[test]
    fn the_last_commit_is_read_whatever_the_files_are_now() {
        let project = Project::new(&[("src/a.rs", "fn a() {}\n"), ("b.md", "b\n"), ("c.bin", "\0")]);
        assert!(project.open().head().is_none(), "no repository");
        Repository::init(project.root()).unwrap();
        assert!(project.open().head().is_none(), "no commit yet");
        std::os::unix::fs::symlink("b.md", project.root().join("link.md")).unwrap();
        let repository = commit(&project);
        project.write("src/a.rs", b"changed\n");
        project.write("new.rs", b"new\n");
        std::fs::remove_file(project.root().join("b.md")).unwrap();
        let head = project.open().head().unwrap();
        assert_eq!(head.id(), repository.head().unwrap().target().unwrap().to_string());
        let files = head.files(&|| false);
        let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["b.md", "c.bin", "src/a.rs"], "no link, nothing that is not committed");
        assert_eq!(head.read(files[2].1).unwrap().bytes(), b"fn a() {}\n");
        assert_eq!((head.size(files[2].1), head.read(files[1].1)), (Some(10), None));
        assert!(head.files(&|| true).is_empty());
    }

    #[test]
    fn a_file_that_nobody_touched_is_known_without_being_read_and_another_is_not() {
        let project = Project::new(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")]);
        let repository = commit(&project);
        // As if git had written its index a while later.
        let index = std::fs::File::options().append(true).open(repository.path().join("index")).unwrap();
        index.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(9)).unwrap();
        let workspace = project.open();
        let is = |name: &str| {
            let head = workspace.head().unwrap();
            let (path, blob) =
                head.files(&|| false).into_iter().find(|(path, _)| path.as_str() == name).unwrap();
            head.untouched().is(&path, blob, workspace.stamp(&path).unwrap())
        };
        assert!(is("a.rs") && is("b.rs"));
        let before = project.root().join("b.rs").metadata().unwrap().modified().unwrap();
        project.write("b.rs", "fn c() {}\n");
        let file = std::fs::File::options().append(true).open(project.root().join("b.rs")).unwrap();
        file.set_modified(before).unwrap();
        assert!(is("a.rs") && !is("b.rs"), "as long as before and as old, and another text");
        index.set_modified(before - std::time::Duration::from_secs(9)).unwrap();
        assert!(!is("a.rs"), "it may have been written again in the same tick");
    }
}
