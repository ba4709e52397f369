//! The indentation of a snippet, where it is not the file's. A snippet shows the new text, so some
//! of its lines may truly stand deeper than before: what most of them say counts.

use std::collections::{BTreeMap, HashMap};

use super::pins::{Pins, Places};
use crate::change::locate::{Reindent, code, indent, indent_unit, told};
use crate::text::{Lines, trim_ending};

/// The file, ready to be asked how deep a part of a snippet stands.
pub(super) struct Depths<'a> {
    own: Vec<&'a [u8]>,
    exact: Places<'a>,
    loose: Places<'a>,
    once: HashMap<&'a [u8], usize>,
    unit: Vec<u8>,
    /// Lines of the parts so far, with those of the file that they are.
    seen: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<'a> Depths<'a> {
    pub(super) fn of(body: &'a Lines) -> Self {
        let own: Vec<&[u8]> = body.iter().map(trim_ending).collect();
        let keyed = |key: fn(&[u8]) -> &[u8]| Places::of(own.iter().map(|line| key(line)).collect());
        let (exact, loose) = (keyed(<[u8]>::trim_ascii_end), keyed(<[u8]>::trim_ascii));
        Self { exact, loose, once: single(&own), unit: indent_unit(body), own, seen: Vec::new() }
    }

    /// The lines of a part with the file's indentation, and where its edges stand, from line `from`
    /// of the file on if not in one place of it; `None` where the indentation would be a guess.
    pub(super) fn settled(&mut self, lines: &[&[u8]], from: usize) -> Option<(Vec<Vec<u8>>, Pins)> {
        let as_said = || lines.iter().map(|line| line.to_vec()).collect();
        let keyed = |key: fn(&[u8]) -> &[u8]| lines.iter().map(|line| key(line)).collect::<Vec<_>>();
        let exact = self.exact.pins(&keyed(<[u8]>::trim_ascii_end), from);
        if self.is_foreign(lines) {
            return Some(self.pinned(self.stepped(lines)?, from));
        }
        if self.is_odd(lines)
            && let Some(lines) = self.stepped_in_doubt(lines)
        {
            return Some(self.pinned(lines, from));
        }
        if exact.count() == 2 {
            return Some((as_said(), exact));
        }
        let bare = keyed(<[u8]>::trim_ascii);
        let loose = self.loose.pins(&bare, from);
        if loose.count() <= exact.count() {
            let lines = if exact.count() > 0 { as_said() } else { self.voted(lines)? };
            return Some((lines, exact));
        }
        let pair = |(said, own): (usize, usize)| Some((*lines.get(said)?, *self.own.get(own)?));
        let pairs = self.loose.shared(&bare, loose).into_iter().filter_map(pair);
        let edges: Vec<(&[u8], &[u8])> = pairs.collect();
        if edges.iter().all(|(said, own)| indent(said) == indent(own)) {
            return Some((as_said(), loose));
        }
        let mapped = |pairs: &[(&[u8], &[u8])]| -> Option<Vec<Vec<u8>>> {
            let map = Reindent::learn(pairs.iter().copied(), lines.iter().copied(), &self.unit)?;
            lines.iter().map(|line| map.apply(line)).collect()
        };
        // What the edges of this part leave open, those of the parts above may say.
        let all = || self.seen.iter().map(|(said, own)| (&**said, &**own)).chain(edges.iter().copied());
        let settled = mapped(&edges).or_else(|| mapped(&all().collect::<Vec<_>>()));
        let settled = settled.or_else(|| self.voted(lines))?;
        self.seen.extend(edges.iter().map(|(said, own)| (said.to_vec(), own.to_vec())));
        Some((settled, loose))
    }

    /// Do lines of a part stand behind line `tail` of the file, and nowhere else?
    pub(super) fn reach_beyond(&self, lines: &[Vec<u8>], tail: usize) -> bool {
        let said: Vec<&[u8]> = lines.iter().map(|line| line.trim_ascii()).collect();
        self.loose.reach_beyond(&said, tail)
    }

    /// Is it indented by tabs where the file uses blanks alone, or the other way round?
    fn is_foreign(&self, lines: &[&[u8]]) -> bool {
        let uses =
            |lines: &[&[u8]], blank| code(lines.iter().copied()).any(|line| line.first() == Some(&blank));
        let only = |one, other| {
            uses(lines, one) && !uses(lines, other) && uses(&self.own, other) && !uses(&self.own, one)
        };
        only(b'\t', b' ') || only(b' ', b'\t')
    }

    /// Does it stand between the file's steps, which the file hardly does?
    fn is_odd(&self, lines: &[&[u8]]) -> bool {
        let step = self.unit.len();
        let odd = |lines: &[&[u8]], share: usize| {
            let deep: Vec<usize> =
                code(lines.iter().copied()).map(|line| indent(line).len()).filter(|len| *len > 0).collect();
            deep.iter().filter(|len| !len.is_multiple_of(step)).count() * share > deep.len()
        };
        odd(lines, 3) && !odd(&self.own, 10)
    }

    /// The lines with a step of the file's for each of their own.
    fn stepped(&self, lines: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
        let code: Vec<&[u8]> = code(lines.iter().copied()).collect();
        let (pairs, all) = (self.indents(&code), || code.iter().copied());
        let map = agreed(&pairs).and_then(|seen| Reindent::in_steps(seen, all(), &self.unit));
        let map = map.or_else(|| Reindent::by_steps(&pairs, all(), &self.unit))?;
        lines.iter().map(|line| moved(&map, line)).collect()
    }

    /// The same, where blanks may only be more or fewer: two depths at least have to say so.
    fn stepped_in_doubt(&self, lines: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
        let code: Vec<&[u8]> = code(lines.iter().copied()).collect();
        let pairs = self.indents(&code);
        let seen = agreed(&pairs).filter(|seen| seen.len() > 1)?;
        let map = Reindent::in_steps(seen, code.iter().copied(), &self.unit)?;
        lines.iter().map(|line| moved(&map, line)).collect()
    }

    /// Lines that have the file's indentation now, and where their edges stand.
    fn pinned(&self, lines: Vec<Vec<u8>>, from: usize) -> (Vec<Vec<u8>>, Pins) {
        let keys: Vec<&[u8]> = lines.iter().map(|line| line.trim_ascii_end()).collect();
        let pins = self.exact.pins(&keys, from);
        (lines, pins)
    }

    /// How the lines that stand once in both are indented here and there.
    fn indents<'b>(&'b self, lines: &[&'b [u8]]) -> Vec<(&'b [u8], &'b [u8])> {
        let pair = |(key, at): (&&[u8], &usize)| {
            Some((indent(lines.get(*at)?), indent(self.own.get(*self.once.get(key)?)?)))
        };
        single(lines).iter().filter_map(pair).collect()
    }

    /// The lines with the indentation that most of those have in the file which stand once in both.
    fn voted(&self, lines: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
        let pairs = self.indents(lines);
        let same = pairs.iter().filter(|(said, own)| said == own).count();
        if same * 10 >= pairs.len() * 6 {
            return Some(lines.iter().map(|line| line.to_vec()).collect());
        }
        let map = Reindent::of(agreed(&pairs)?, lines.iter().copied(), &self.unit);
        lines.iter().map(|line| map.apply(line)).collect()
    }
}

/// A line with the file's indentation; the blank before the star of a block comment is no part of it.
fn moved(map: &Reindent<'_>, line: &[u8]) -> Option<Vec<u8>> {
    let (blanks, text) = line.split_at(indent(line).len());
    match blanks.strip_suffix(b" ").filter(|_| text.starts_with(b"*")) {
        Some(blanks) => {
            let mut moved = map.apply(&[blanks, text].concat())?;
            moved.insert(moved.len() - text.len(), b' ');
            Some(moved)
        }
        None => map.apply(line),
    }
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
