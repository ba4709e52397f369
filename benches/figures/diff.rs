//! Line and word differences.

use divan::Bencher;
use rein::text::{Lines, diff};

use super::sample::{LONG, code};

fn compare(bencher: Bencher<'_, '_>, old: &str, new: &str) {
    let (old, new) = (Lines::from(old), Lines::from(new));
    bencher.bench(|| diff::changes(divan::black_box(&old), &new));
}

#[divan::bench]
fn one_line_of_fifty_thousand(bencher: Bencher<'_, '_>) {
    let old = code(LONG);
    compare(bencher, &old, &old.replace("limit + 4000)", "limit)"));
}

#[divan::bench]
fn three_lines_of_fifty_thousand(bencher: Bencher<'_, '_>) {
    let old = code(LONG);
    let new = ["limit + 40)", "limit + 4000)", "limit + 8000)"];
    compare(bencher, &old, &new.iter().fold(old.clone(), |text, line| text.replace(line, "limit)")));
}

#[divan::bench]
fn a_hundred_and_seventy_two_lines(bencher: Bencher<'_, '_>) {
    let old = code(LONG);
    compare(bencher, &old, &old.replace("* 17\n", "* 18\n").replace("* 50\n", "* 51\n"));
}

#[divan::bench]
fn a_fifth_of_all_lines(bencher: Bencher<'_, '_>) {
    let old = code(LONG);
    compare(bencher, &old, &old.replace("usize {", "u64 {"));
}

/// Ten thousand lines go and ten thousand come, each a word different.
#[divan::bench(sample_count = 20)]
fn ten_thousand_changed_lines(bencher: Bencher<'_, '_>) {
    let old = code(LONG);
    let new = old.replace("usize {", "u64 {").replacen("part *", "3 * part *", 1_667);
    assert!((9_900..10_200).contains(&changed(&old, &new)), "{}", changed(&old, &new));
    compare(bencher, &old, &new);
}

fn changed(old: &str, new: &str) -> usize {
    diff::changes(&Lines::from(old), &Lines::from(new)).iter().map(|change| change.new.len()).sum()
}

/// The words of twenty lines, as a hunk that is called typical has them.
#[divan::bench]
fn words_of_a_hunk(bencher: Bencher<'_, '_>) {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (code(20), code(20).replace("limit + ", "limit - ").replace("input:", "text:"));
    let pairs: Vec<(String, String)> = lines(&old).into_iter().zip(lines(&new)).collect();
    bencher.bench(|| {
        pairs.iter().map(|(old, new)| diff::words(divan::black_box(old), new).0.len()).sum::<usize>()
    });
}

#[divan::bench]
fn words_of_a_line(bencher: Bencher<'_, '_>) {
    let (old, new) = (
        "fn parse(input: &str, limit: usize) -> usize {",
        "fn parse(source: &str, limit: u64) -> Option<usize> {",
    );
    bencher.bench(|| diff::words(divan::black_box(old), new));
}

/// As many words as a line may have, and no order to go by.
#[divan::bench]
fn words_of_a_hostile_line(bencher: Bencher<'_, '_>) {
    let (old, new) = ("a b ".repeat(500), "b a c ".repeat(333));
    bencher.bench(|| diff::words(divan::black_box(&old), &new));
}
