//! A reply of 1 MB, read in pieces of 16 bytes as it would stream in.

use divan::Bencher;
use divan::counter::BytesCount;
use rein::prompt::dialect::{Format, Read, Reader};

use super::sample::{block, code};

const REPLY: usize = 1 << 20;
const PIECE: usize = 16;

fn read(bencher: Bencher<'_, '_>, reply: &str, edits: usize) {
    let pieces: Vec<&str> =
        reply.as_bytes().chunks(PIECE).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    assert_eq!(feed(&pieces), edits);
    bencher.counter(BytesCount::of_str(reply)).bench(|| feed(divan::black_box(&pieces)));
}

/// Returns how many edits were read.
fn feed(pieces: &[&str]) -> usize {
    let mut reader = Reader::new(Format::Auto, Some("code.rs".into()));
    let mut reads: Vec<Read> = pieces.iter().flat_map(|piece| reader.feed(piece)).collect();
    reads.extend(reader.finish(true));
    reads.iter().filter(|read| matches!(read, Read::Edit(_))).count()
}

#[divan::bench]
fn many_blocks(bencher: Bencher<'_, '_>) {
    let blocks = REPLY / block(1000).len();
    let reply: String = (0..blocks).map(block).collect();
    read(bencher, &reply, blocks);
}

#[divan::bench]
fn one_whole_file(bencher: Bencher<'_, '_>) {
    let mut text = code(REPLY / 40);
    text.truncate(REPLY);
    let text = format!("code.rs\n```rust\n{}\n```\n", text.trim_end());
    read(bencher, &text, 1);
}

#[divan::bench]
fn nothing_but_prose(bencher: Bencher<'_, '_>) {
    let line = "The quick brown fox explains at length what it would change, and changes nothing.\n";
    read(bencher, &line.repeat(REPLY / line.len()), 0);
}
