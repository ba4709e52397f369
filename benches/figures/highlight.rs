//! Taking a text in and classifying it. Classifying runs on a thread of its own, so this is the wait
//! for colours after a pause in typing, not for a key.

use divan::Bencher;
use rein::editor::Buffer;
use rein::text::highlight::{Language, highlight};
use rein::text::{Lines, RepoPath};

use super::sample::{LONG, code};

#[divan::bench(args = [100, 2_000, 20_000])]
fn rust(bencher: Bencher<'_, '_>, lines: usize) {
    let text = code(lines);
    bencher.bench(|| highlight(Language::Rust, divan::black_box(text.as_bytes())));
}

#[divan::bench]
fn index_lines(bencher: Bencher<'_, '_>) {
    let text = code(LONG);
    bencher.bench(|| Lines::from(divan::black_box(text.as_str())));
}

#[divan::bench]
fn open_buffer(bencher: Bencher<'_, '_>) {
    let text = code(LONG);
    let path = RepoPath::parse("code.rs").unwrap();
    bencher.bench(|| Buffer::open(path.clone(), divan::black_box(text.as_bytes())));
}
