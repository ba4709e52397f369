//! The place that comes nearest to an edit that fits nowhere: what a person, or a model that may try
//! once more, has to see.

use std::collections::HashMap;

use crate::text::{Lines, Span};

/// Most lines of the nearest place that are shown.
const LINES: usize = 12;

/// Where most of the edit's lines stand in their order: each line that is found votes, by its
/// length, for the place at which the edit would then begin. Failing that, the line that shares
/// most words with the edit's longest. One-based, with its text.
pub(super) fn nearest(before: &[&[u8]], body: &Lines) -> Option<(usize, String)> {
    let mut wanted: HashMap<&[u8], usize> = HashMap::new();
    for (nth, line) in before.iter().enumerate() {
        wanted.entry(line.trim_ascii()).or_insert(nth);
    }
    let mut votes: HashMap<usize, usize> = HashMap::new();
    for (at, line) in body.iter().map(<[u8]>::trim_ascii).enumerate().filter(|(_, l)| l.len() > 2) {
        if let Some(nth) = wanted.get(line) {
            *votes.entry(at.saturating_sub(*nth)).or_default() += line.len();
        }
    }
    let best = votes.into_iter().max_by_key(|(start, weight)| (*weight, usize::MAX - start));
    let start = best.map(|(start, _)| start).or_else(|| wordiest(before, body))?;
    let lines = Span::new(start, start + before.len().min(LINES));
    Some((start + 1, String::from_utf8_lossy(body.slice(lines)).into_owned()))
}

/// The place whose line shares at least half of the words of the edit's longest line.
fn wordiest(before: &[&[u8]], body: &Lines) -> Option<usize> {
    let (nth, longest) = before.iter().enumerate().max_by_key(|(_, line)| line.len())?;
    let wanted: Vec<&[u8]> = words(longest).take(16).collect();
    let shared = |line: &[u8]| words(line).take(64).filter(|word| wanted.contains(word)).count();
    let scored = body.iter().enumerate().map(|(at, line)| (shared(line), at));
    let (score, at) = scored.max_by_key(|(score, at)| (*score, usize::MAX - at))?;
    (score > 0 && score * 2 >= wanted.len()).then(|| at.saturating_sub(nth))
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_' && byte.is_ascii())
        .filter(|w| w.len() > 1)
}
