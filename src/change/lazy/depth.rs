//! The indentation of a snippet, where it is not the file's. A snippet shows the new text, so some
//! of its lines may truly stand deeper than before: what most of them say counts.

use std::collections::{BTreeMap, HashMap};

use super::course::told;
use crate::change::locate::{Reindent, indent, indent_unit};
use crate::text::Lines;

/// The lines with the file's indentation; `None` where that would be a guess.
pub(super) fn settled(lines: &[&[u8]], body: &Lines) -> Option<Vec<Vec<u8>>> {
    let own: Vec<&[u8]> = (0..body.len()).filter_map(|at| body.text(at)).collect();
    let (once, there) = (single(lines), single(&own));
    let pairs: Vec<(&[u8], &[u8])> = once
        .iter()
        .filter_map(|(key, at)| Some((indent(lines.get(*at)?), indent(own.get(*there.get(key)?)?))))
        .collect();
    let same = pairs.iter().filter(|(said, own)| said == own).count();
    if same * 10 >= pairs.len() * 6 {
        return Some(lines.iter().map(|line| line.to_vec()).collect());
    }
    let agreed = agreed(&pairs)?;
    let unit = indent_unit(body);
    let map = Reindent::of(agreed, lines.iter().copied(), &unit);
    lines.iter().map(|line| map.apply(line)).collect()
}

/// What most pairs say of each indentation; `None` when they agree too little.
fn agreed<'a>(pairs: &[(&'a [u8], &'a [u8])]) -> Option<BTreeMap<&'a [u8], &'a [u8]>> {
    let mut votes: HashMap<(&[u8], &[u8]), usize> = HashMap::new();
    for pair in pairs {
        *votes.entry(*pair).or_default() += 1;
    }
    let mut ranked: Vec<_> = votes.into_iter().collect();
    ranked.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
    let (mut agreed, mut sum) = (BTreeMap::new(), 0);
    for ((said, own), count) in ranked {
        if !agreed.contains_key(said) {
            agreed.insert(said, own);
            sum += count;
        }
    }
    (sum * 3 >= pairs.len() * 2).then_some(agreed)
}

/// Lines that stand once, without their indentation, and where.
fn single<'a>(lines: &[&'a [u8]]) -> HashMap<&'a [u8], usize> {
    let mut seen: HashMap<&[u8], Option<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| told(line) > 1) {
        seen.entry(line.trim_ascii()).and_modify(|known| *known = None).or_insert(Some(at));
    }
    seen.into_iter().filter_map(|(line, at)| Some((line, at?))).collect()
}
