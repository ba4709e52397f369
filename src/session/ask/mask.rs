//! A conversation that has grown too heavy is made lighter: what tools gave is taken out again, the oldest
//! first, and a word about it stands in its place. Nothing is summarised. The newest results stay, and so do
//! those that an answer cites; a model that needs one back calls for it again.

use std::collections::BTreeMap;

use super::memory::Memory;
use crate::context::Source;
use crate::context::citation::Place;
use crate::model::Tokens;
use crate::prompt::{Said, answer};

/// The conversation without as many of its oldest results as it takes until it is light `enough`, and what it
/// holds then; `None` where it never is. `beside`: what the model said last, and may cite them in. `newest`:
/// from this request on results stay.
///
/// Each time breaks what a provider has kept of the conversation, so that each time at least half of what
/// could be taken out is.
pub(super) fn lighter(
    said: &Said,
    memory: &Memory,
    beside: &str,
    newest: u32,
    enough: &dyn Fn(&Said, &Memory) -> bool,
) -> Option<(Said, Memory)> {
    let cited = cited(said, beside);
    let weights: Vec<Tokens> = said.results().map(|piece| piece.tokens).collect();
    let weight = |nth: &usize| weights.get(*nth).copied().unwrap_or_default();
    let spare: Vec<usize> = memory.spare(newest, &cited);
    let all: Tokens = spare.iter().map(weight).sum();
    let (mut memory, mut words, mut gone) = (memory.clone(), BTreeMap::new(), Tokens(0));
    for nth in spare {
        words.extend(memory.mask(nth));
        gone += weight(&nth);
        if gone + gone < all {
            continue;
        }
        let lighter = said.masking(&words);
        if enough(&lighter, &memory) {
            return Some((lighter, memory));
        }
    }
    None
}

/// The weight of what could be taken out at most.
pub(super) fn spare(said: &Said, memory: &Memory, beside: &str, newest: u32) -> Tokens {
    let cited = cited(said, beside);
    let weights: Vec<Tokens> = said.results().map(|piece| piece.tokens).collect();
    memory.spare(newest, &cited).iter().filter_map(|nth| weights.get(*nth)).copied().sum()
}

/// The places that the model has named so far: as sources of its answers, and in passing.
fn cited(said: &Said, beside: &str) -> Vec<Place> {
    let answers = said.pack().segments().iter().filter(|piece| piece.source == Source::Answer);
    answers.map(|piece| piece.text.as_str()).chain([beside]).flat_map(named).collect()
}

fn named(text: &str) -> Vec<Place> {
    let sources = answer::read(text, true).sources;
    let sources = sources.iter().filter_map(|source| Place::parse(&source.place));
    let bare = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '/' | '_'));
        Place::parse(bare)
    };
    sources.chain(text.split_whitespace().filter_map(bare)).collect()
}
