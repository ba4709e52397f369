//! Landing one hunk, and taking it back. Dominated by `fsync`: the figure tells of the disk under
//! the temp folder (`TMPDIR`) as much as of rein.

use divan::Bencher;
use rein::change::{Approved, Base, Edit, EditOp, Focus, Leash, Level, Review, Scope, Verdict};
use rein::text::RepoPath;
use rein::workspace::{Source, StateDirs, Story, Workspace};

use super::sample::{code, replace_line};

struct Project {
    _folder: tempfile::TempDir,
    workspace: Workspace,
    path: RepoPath,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("code.rs"), code(200)).unwrap();
        let workspace = Workspace::open(&root, StateDirs { state: folder.path().join("state") }).unwrap();
        Self { _folder: folder, workspace, path: RepoPath::parse("code.rs").unwrap() }
    }

    /// An accepted change of the file as it stands.
    fn approve(&self, with: &str) -> Approved {
        let file = self.workspace.read(&self.path).unwrap().unwrap();
        let text = String::from_utf8(file.lines.bytes().to_vec()).unwrap();
        let focus = Focus { file: Some(self.path.clone()), lines: None };
        let mut review = Review::new(Scope::of(Level::File, &focus, Leash::default()).unwrap());
        let op = EditOp::Hunk(replace_line(&text, 100, with));
        let edit = Edit { path: self.path.to_string(), op, reason: None };
        review.offer(&edit, Base { path: self.path.clone(), text: Some(file.lines) });
        let ids: Vec<_> = review.hunks().map(|hunk| hunk.id).collect();
        review.decide(&ids, Verdict::Accepted);
        review.settle().unwrap()
    }

    fn land(&self, approved: Approved) {
        let story = Story {
            instruction: "measure".into(),
            level: Level::File,
            model: None,
            source: Source::Edit,
            review: None,
        };
        let _receipt = self.workspace.apply(approved, &story).unwrap();
    }
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn land_one_file(bencher: Bencher<'_, '_>) {
    let project = Project::new();
    let mut number = 0;
    bencher
        .with_inputs(|| {
            number += 1;
            project.approve(&format!("    part + {number}"))
        })
        .bench_local_values(|approved| project.land(approved));
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn undo_one_file(bencher: Bencher<'_, '_>) {
    let project = Project::new();
    bencher
        .with_inputs(|| project.land(project.approve("    part + 1")))
        .bench_local_values(|()| project.workspace.undo(None).unwrap());
}
