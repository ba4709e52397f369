//! Where an edit belongs in a file of 50,000 lines: found, found only by its indentation, nowhere,
//! in too many places. The failing searches must not cost more than a person notices.

use divan::Bencher;
use rein::change::EditHunk;
use rein::change::locate::locate;
use rein::text::Lines;

use super::sample::{LONG, code, replace_line};

/// Near the end, below a line that stands nowhere else.
const NUMBER: usize = LONG - 17;

fn search(bencher: Bencher<'_, '_>, text: &str, hunk: EditHunk, finds: bool) {
    let base = Lines::from(text);
    assert_eq!(locate(&hunk, &base).is_ok(), finds);
    bencher.bench(|| locate(divan::black_box(&hunk), &base));
}

#[divan::bench]
fn exact(bencher: Bencher<'_, '_>) {
    let text = code(LONG);
    let hunk = replace_line(&text, NUMBER, "    part");
    search(bencher, &text, hunk, true);
}

#[divan::bench]
fn indented_otherwise(bencher: Bencher<'_, '_>) {
    let text = code(LONG);
    let hunk = replace_line(&text.replace("    ", "\t"), NUMBER, "\tpart");
    search(bencher, &text, hunk, true);
}

#[divan::bench]
fn nowhere(bencher: Bencher<'_, '_>) {
    let text = code(LONG);
    let hunk = replace_line(&text.replace("limit", "bound"), NUMBER, "    part");
    search(bencher, &text, hunk, false);
}

#[divan::bench]
fn everywhere(bencher: Bencher<'_, '_>) {
    let text = "    }\n    {\n    }\n".repeat(LONG / 3);
    let hunk = replace_line(&text, 4, "    x");
    search(bencher, &text, hunk, false);
}
