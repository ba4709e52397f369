//! Reading a changeset: folds, marks, order.

use divan::Bencher;
use rein::change::HunkId;
use rein::change::reading::{FileDiff, Order, Reading};
use rein::text::{Lines, RepoPath};

use super::sample::code;

/// Files of the large changeset, and the lines of each.
const FILES: usize = 500;
const LINES: usize = 300;

fn diff(n: usize, old: &str, new: &str, first: &mut u32) -> FileDiff {
    let path = RepoPath::parse(&format!("src/part_{n}.rs")).unwrap();
    let diff = FileDiff::between(path, Some(Lines::from(old)), Some(Lines::from(new)), HunkId(*first));
    *first += u32::try_from(diff.hunks.len()).unwrap();
    diff
}

/// 500 files in which some 100,000 lines go or come: by turns edited, moved, reformatted and renamed.
fn large(edited_only: bool) -> Vec<FileDiff> {
    let mut first = 0;
    let text = |n: usize| {
        code(LINES).replace("_1", &format!("_{n}x1")).replace("Takes part ", &format!("Takes part {n}."))
    };
    let file = |n: usize| {
        let old = text(n);
        let turn = if edited_only { 0 } else { n % 5 };
        let new = match turn {
            0 | 1 => old.replace("let part = input", "let part = 1 + input").replace("part *", "7 + part *"),
            2 => {
                let (head, tail) = old.split_at(old.find("/// Takes part").map_or(0, |_| old.len() / 2));
                let cut = tail.find("\n\n").map_or(0, |at| at + 2);
                format!("{}{head}{}", &tail[cut..], &tail[..cut])
            }
            3 => old.replace("(input: &str, limit: usize)", "(\n    input: &str,\n    limit: usize)"),
            _ => old.replace("limit", "most"),
        };
        diff(n, &old, &new, &mut first)
    };
    (0..FILES).map(file).collect()
}

fn lines(files: &[FileDiff]) -> usize {
    files.iter().flat_map(|file| &file.hunks).map(|cut| cut.old.len() + cut.new.len()).sum()
}

#[divan::bench(sample_count = 10)]
fn a_hundred_thousand_edited_lines(bencher: Bencher<'_, '_>) {
    let files = large(true);
    assert!(lines(&files) >= 95_000, "{}", lines(&files));
    bencher.bench_local(|| Reading::of_files(divan::black_box(&files)));
}

#[divan::bench(sample_count = 10)]
fn a_hundred_thousand_refactored_lines(bencher: Bencher<'_, '_>) {
    let files = large(false);
    assert!(lines(&files) >= 60_000, "{}", lines(&files));
    bencher.bench_local(|| Reading::of_files(divan::black_box(&files)));
}

#[divan::bench(sample_count = 10)]
fn an_order_of_all_of_it(bencher: Bencher<'_, '_>) {
    let reading = Reading::of_files(&large(false));
    bencher.bench_local(|| reading.order(divan::black_box(Order::Reading)));
}

/// The hunk a person mostly meets.
#[divan::bench]
fn one_file_of_three_hundred_lines(bencher: Bencher<'_, '_>) {
    let old = code(LINES);
    let new = old.replace("limit + 1)", "limit)").replace("limit + 10)", "limit)");
    let files = [diff(0, &old, &new, &mut 0)];
    bencher.bench_local(|| Reading::of_files(divan::black_box(&files)));
}

#[divan::bench(sample_count = 10)]
fn a_line_of_a_million_characters(bencher: Bencher<'_, '_>) {
    let (old, new) =
        (format!("let a = {};\n", "x+".repeat(500_000)), format!("let b = {};\n", "x +".repeat(400_000)));
    let files = [diff(0, &old, &new, &mut 0)];
    bencher.bench_local(|| Reading::of_files(divan::black_box(&files)));
}
