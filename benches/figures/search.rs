//! The search over a project of 735 files and about 18 MB: made from nothing, brought up to date after
//! one file changed, and asked. Wall time, on one thread.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use divan::Bencher;
use rein::index::{Index, Place};
use rein::workspace::{StateDirs, Workspace};

use super::sample::code_from;

const FILES: usize = 735;

/// Lines of each file: about 24 kB.
const LINES: usize = 720;

const QUESTIONS: [&str; 4] = [
    "trace_1204 says how much of the input was of use",
    "which part of the input is merged",
    "limit of the score",
    "split input by `limit`\n\nThe parts are emitted one after the other, and each says how much was of use.",
];

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for n in 0..FILES {
            let file = folder.path().join(format!("project/src/room_{}/part_{n}.rs", n % 40));
            std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).expect("a folder");
            std::fs::write(file, code_from(n * LINES / 6, LINES)).expect("a file");
        }
        Self(folder)
    }

    fn index(&self) -> Index {
        let dirs = StateDirs { state: self.0.path().join("state") };
        let workspace = Workspace::open_folder(&self.0.path().join("project"), dirs).expect("a workspace");
        Index::open(workspace, Place { folder: self.0.path().join("index") }).expect("an index")
    }
}

fn stop() -> bool {
    false
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn made_from_nothing(bencher: Bencher<'_, '_>) {
    let project = Project::new();
    bencher
        .with_inputs(|| {
            let _ = std::fs::remove_dir_all(project.0.path().join("index"));
            project.index()
        })
        .bench_values(|mut index| index.refresh(&stop).map(|done| done.chunks));
}

/// As a command does: read the index, look at the project, read the one file, write the index.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn one_file_changed(bencher: Bencher<'_, '_>) {
    let project = Project::new();
    project.index().refresh(&stop).expect("an index");
    let file = project.0.path().join("project/src/room_0/part_0.rs");
    let n = AtomicUsize::new(1);
    bencher
        .with_inputs(|| {
            std::fs::write(&file, code_from(n.fetch_add(1, Relaxed), LINES)).expect("a file");
        })
        .bench_values(|()| project.index().refresh(&stop).map(|done| done.changed));
}

/// As a command does: read and unpack the index, look at the project, search.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn asked_as_a_command(bencher: Bencher<'_, '_>) {
    let project = Project::new();
    project.index().refresh(&stop).expect("an index");
    bencher.bench(|| {
        let mut index = project.index();
        index.refresh(&stop).expect("an index");
        index.corpus().search(QUESTIONS[0], 10).len()
    });
}

#[divan::bench(args = 0..QUESTIONS.len())]
fn asked_in_process(bencher: Bencher<'_, '_>, question: usize) {
    let project = Project::new();
    let mut index = project.index();
    index.refresh(&stop).expect("an index");
    let corpus = index.corpus();
    bencher.bench(|| corpus.search(divan::black_box(QUESTIONS[question]), 10).len());
}
