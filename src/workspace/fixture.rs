//! A project in a temp folder, for this room's tests.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::landing::{After, Desk, Operation, Target};
use super::pen::{Pen, faults::Faults};
use super::{Comparison, Found, Kind, Source, StateDirs, Story, Workspace, WriteError};
use crate::change::{Level, Purpose, Review, Verdict};
use crate::text::RepoPath;

/// What a project holds: path → (bytes, permission bits); `None` for a folder.
pub(super) type Snapshot = BTreeMap<String, Option<(Vec<u8>, u32)>>;

pub(super) struct Project {
    temp: tempfile::TempDir,
}

pub(super) fn path(path: &str) -> RepoPath {
    RepoPath::parse(path).unwrap()
}

pub(super) fn story() -> Story {
    Story { instruction: "do it".into(), level: Level::Repo, model: None, source: Source::Edit, review: None }
}

impl Project {
    /// Files with their texts; a name that ends in `*` is executable.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { temp: tempfile::tempdir().unwrap() };
        std::fs::create_dir(project.root()).unwrap();
        for (name, text) in files {
            project.write(name.trim_end_matches('*'), text);
            if name.ends_with('*') {
                project.chmod(name.trim_end_matches('*'), 0o755);
            }
        }
        project
    }

    pub(super) fn root(&self) -> PathBuf {
        self.temp.path().join("project")
    }

    pub(super) fn state(&self) -> PathBuf {
        self.temp.path().join("state")
    }

    pub(super) fn outside(&self) -> &Path {
        self.temp.path()
    }

    pub(super) fn dirs(&self) -> StateDirs {
        StateDirs { state: self.state() }
    }

    pub(super) fn open(&self) -> Workspace {
        Workspace::open(&self.root(), self.dirs()).unwrap()
    }

    /// A workspace whose writes can be made to fail.
    pub(super) fn open_faulty(&self) -> (Workspace, Faults) {
        let pen = Pen::default();
        let faults = pen.faults.clone();
        (Workspace::open_with(&self.root(), self.dirs(), pen).unwrap(), faults)
    }

    /// The same, with what was interrupted left as it is.
    pub(super) fn open_unsettled(&self) -> (Workspace, Faults) {
        let pen = Pen::default();
        let faults = pen.faults.clone();
        (Workspace::open_unsettled(&self.root(), self.dirs(), pen).unwrap(), faults)
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let file = self.root().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        std::fs::read(self.root().join(name)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn chmod(&self, name: &str, mode: u32) {
        std::fs::set_permissions(self.root().join(name), PermissionsExt::from_mode(mode)).unwrap();
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::new();
        collect(&self.root(), &self.root(), &mut snapshot);
        snapshot
    }

    /// Files of ours, by name, that are neither a finished record nor a kept text.
    pub(super) fn unfinished(&self) -> Vec<String> {
        let mut state = Snapshot::new();
        collect(&self.state(), &self.state(), &mut state);
        let finished = |name: &String| name.ends_with(".op") || name.ends_with("/lock");
        let text = |name: &String| name.rsplit('/').next().is_some_and(|file| file.len() == 64);
        let files = state.into_iter().filter(|(_, file)| file.is_some()).map(|(name, _)| name);
        files.filter(|name| !finished(name) && !text(name)).collect()
    }
}

fn collect(folder: &Path, root: &Path, snapshot: &mut Snapshot) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if entry.file_type().unwrap().is_dir() {
            snapshot.insert(name, None);
            collect(&entry.path(), root, snapshot);
        } else {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o7777;
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            snapshot.insert(name, Some((bytes, mode)));
        }
    }
}

/// Commits these texts (`None`: the file goes) as a landing.
pub(super) fn land(workspace: &Workspace, files: &[(&str, Option<&str>)]) -> Result<String, WriteError> {
    let desk = Desk::ready(&workspace.inner.tree, &workspace.inner.journal)?;
    let target = |(name, text): &(&str, Option<&str>)| {
        let before = desk.tree().load(&path(name))?;
        let mode = before.as_ref().map(|before| before.mode);
        let after = text.map(|text| After::new(text.as_bytes().into(), mode));
        Ok(Target { path: path(name), before, after })
    };
    let targets: Result<_, WriteError> = files.iter().map(target).collect();
    desk.commit(Operation { kind: Kind::Landing, story: Some(story()), vacates: vec![] }, targets?)
}

/// What differs, as a review whose rejected hunks are taken back, and each remark as `name: words`.
pub(super) fn compared(project: &Project, what: &Comparison, paths: &[RepoPath]) -> (Review, Vec<String>) {
    let mut review = Review::of_difference(Purpose::TakeBack).unwrap();
    let mut remarks = Vec::new();
    let take = &mut |found| {
        match found {
            Found::Text(compared) => review.compare(compared),
            Found::Remark(remark) => remarks.push(format!("{}: {}", remark.name, remark.words)),
        }
        true
    };
    project.open().compare(what, paths, take).unwrap();
    (review, remarks)
}

/// Each hunk as `name: +added -removed`.
pub(super) fn sums(review: &Review) -> Vec<String> {
    review.hunks().map(|h| format!("{}: +{} -{}", h.path, h.with.len(), h.replaces.len())).collect()
}

/// Rejects every hunk and lands that; the operation's id.
pub(super) fn take_all_back(project: &Project, mut review: Review) -> String {
    let ids: Vec<_> = review.hunks().map(|hunk| hunk.id).collect();
    review.decide(&ids, Verdict::Rejected);
    project.open().apply(review.settle().unwrap(), &story()).unwrap().id().to_owned()
}
