//! Landing a hunk in each of one or seven files, and taking it back. Dominated by `fsync`: the figure tells of the disk under
//! the temp folder (`TMPDIR`) as much as of rein.

use divan::Bencher;
use rein::change::{Approved, Base, Edit, EditOp, Focus, Leash, Level, Review, Scope, Verdict};
use rein::text::RepoPath;
use rein::workspace::{Source, StateDirs, Story, Workspace};

use super::sample::{code, replace_line};

struct Project {
    _folder: tempfile::TempDir,
    workspace: Workspace,
    paths: Vec<RepoPath>,
}

impl Project {
    fn new(files: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir(&root).unwrap();
        let names: Vec<String> = (0..files).map(|number| format!("code{number}.rs")).collect();
        names.iter().for_each(|name| std::fs::write(root.join(name), code(200)).unwrap());
        let workspace = Workspace::open(&root, StateDirs { state: folder.path().join("state") }).unwrap();
        let paths = names.iter().map(|name| RepoPath::parse(name).unwrap()).collect();
        Self { _folder: folder, workspace, paths }
    }

    /// An accepted change of each file as it stands.
    fn approve(&self, with: &str) -> Approved {
        let scope = Scope::of(Level::Repo, &Focus::default(), Leash::default()).unwrap();
        let mut review = Review::new(scope);
        for path in &self.paths {
            let file = self.workspace.read(path).unwrap().unwrap();
            let text = String::from_utf8(file.lines.bytes().to_vec()).unwrap();
            let op = EditOp::Hunk(replace_line(&text, 100, with));
            let edit = Edit { path: path.to_string(), op, reason: None };
            review.offer(&edit, Base { path: path.clone(), text: Some(file.lines) });
        }
        let ids: Vec<_> = review.hunks().map(|hunk| hunk.id).collect();
        review.decide(&ids, Verdict::Accepted);
        review.settle().unwrap()
    }

    fn land(&self, approved: Approved) {
        let story = Story {
            instruction: "measure".into(),
            level: Level::Repo,
            model: None,
            source: Source::Edit,
            review: None,
        };
        let _receipt = self.workspace.apply(approved, &story).unwrap();
    }
}

#[divan::bench(args = [1, 7], sample_count = 50, sample_size = 1)]
fn land(bencher: Bencher<'_, '_>, files: usize) {
    let project = Project::new(files);
    let mut number = 0;
    bencher
        .with_inputs(|| {
            number += 1;
            project.approve(&format!("    part + {number}"))
        })
        .bench_local_values(|approved| project.land(approved));
}

#[divan::bench(args = [1, 7], sample_count = 50, sample_size = 1)]
fn undo(bencher: Bencher<'_, '_>, files: usize) {
    let project = Project::new(files);
    bencher
        .with_inputs(|| project.land(project.approve("    part + 1")))
        .bench_local_values(|()| project.workspace.undo(None).unwrap());
}
