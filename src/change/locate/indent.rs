//! How an edit's indentation became the file's. Learnt from lines that stand in both, verified on
//! all of them, then used on the lines that are new. A mapping that leaves a doubt is none: wrongly
//! indented lines change what a program does.

use std::collections::BTreeMap;

use super::bare;
use crate::change::{EditHunk, EditLine};
use crate::text::Lines;

/// Most lines looked at to see how a file indents.
const SAMPLE: usize = 5_000;

/// The edit's new lines with the file's indentation, learnt from `pairs`: lines of the edit with the
/// file's lines they stand for. `None` where that would be a guess.
pub(super) fn reindented<'a>(
    pairs: &[(&'a [u8], &'a [u8])],
    hunk: &'a EditHunk,
    unit: &'a [u8],
) -> Option<Vec<Vec<u8>>> {
    let added = || {
        hunk.lines.iter().filter_map(|line| match line {
            EditLine::Add(text) => Some(bare(text)),
            EditLine::Keep(_) | EditLine::Remove(_) => None,
        })
    };
    let told = |pair: &&(&[u8], &[u8])| !is_blank(pair.0);
    if pairs.iter().filter(told).all(|(edit, file)| indent(edit) == indent(file)) {
        return Some(added().map(<[u8]>::to_vec).collect());
    }
    let learnt = |pairs: &[(&'a [u8], &'a [u8])]| -> Option<Vec<Vec<u8>>> {
        let map = Reindent::learn(pairs.iter().copied(), added(), unit)?;
        added().map(|line| map.apply(line)).collect()
    };
    // Quoting often costs the first line its indentation, and only that one.
    let ((edit, file), rest) = pairs.split_first()?;
    let stripped = indent(edit).is_empty() && rest.iter().any(|pair| told(&pair));
    let rest_stays = rest.iter().filter(told).all(|(edit, file)| indent(edit) == indent(file));
    if !(stripped && rest_stays) {
        return learnt(pairs);
    }
    let mut lines: Vec<Vec<u8>> = added().map(<[u8]>::to_vec).collect();
    let replaced = matches!(hunk.lines.first(), Some(EditLine::Remove(_)));
    let new_first = hunk.lines.iter().find(|line| !matches!(line, EditLine::Remove(_)));
    if let (true, Some(EditLine::Add(_)), Some(first)) = (replaced, new_first, lines.first_mut())
        && indent(first).is_empty()
    {
        first.splice(0..0, indent(file).iter().copied());
    }
    Some(lines)
}

/// From an edit's leading blanks to the file's.
#[derive(Debug)]
pub(in crate::change) struct Reindent<'a> {
    /// What was seen.
    seen: BTreeMap<&'a [u8], &'a [u8]>,
    /// What that says about depths that were not seen.
    shift: Option<Shift<'a>>,
    units: Option<Units<'a>>,
}

/// The whole block stands deeper or less deep by the same blanks.
#[derive(Debug)]
enum Shift<'a> {
    Deeper(&'a [u8]),
    Shallower(&'a [u8]),
}

/// One step of the edit's indentation is one step of the file's.
#[derive(Debug)]
struct Units<'a> {
    edit: Vec<u8>,
    file: &'a [u8],
    deeper: isize,
}

impl<'a> Reindent<'a> {
    /// `pairs`: lines of the edit with the file's lines they stand for; `added`: the edit's new lines;
    /// `unit`: one step of the file's indentation. `None` when no one mapping fits all pairs.
    pub(in crate::change) fn learn(
        pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        added: impl Iterator<Item = &'a [u8]>,
        unit: &'a [u8],
    ) -> Option<Self> {
        let mut seen = BTreeMap::new();
        for (edit, file) in pairs.filter(|(edit, _)| !is_blank(edit)) {
            let (from, to) = (indent(edit), indent(file));
            if *seen.entry(from).or_insert(to) != to {
                return None;
            }
        }
        Some(Self::of(seen, added, unit))
    }

    /// `seen`: indentations of the edit with the file's.
    pub(in crate::change) fn of(
        seen: BTreeMap<&'a [u8], &'a [u8]>,
        added: impl Iterator<Item = &'a [u8]>,
        unit: &'a [u8],
    ) -> Self {
        let added = added.filter(|line| !is_blank(line)).map(indent);
        let step = step(seen.keys().copied().chain(added));
        let shift = Shift::learn(&seen);
        let units = step.and_then(|step| Units::learn(&seen, step, unit));
        Self { seen, shift, units }
    }

    /// The same, where a step of the edit's is known to stand for a step of the file's; `None` when
    /// that does not fit all that was seen.
    pub(in crate::change) fn in_steps(
        seen: BTreeMap<&'a [u8], &'a [u8]>,
        added: impl Iterator<Item = &'a [u8]>,
        unit: &'a [u8],
    ) -> Option<Self> {
        let seen = if seen.is_empty() { BTreeMap::from([(&b""[..], &b""[..])]) } else { seen };
        let map = Self { shift: None, ..Self::of(seen, added, unit) };
        map.units.is_some().then_some(map)
    }

    /// The same, where some lines truly stand deeper or less deep than in the file: a step for a step is
    /// what most pairs of indentations have to say.
    pub(in crate::change) fn by_steps(
        pairs: &[(&'a [u8], &'a [u8])],
        lines: impl Iterator<Item = &'a [u8]>,
        unit: &'a [u8],
    ) -> Option<Self> {
        let edit = step(lines.filter(|line| !is_blank(line)).map(indent))?;
        let same =
            |(from, to): &&(&[u8], &[u8])| steps(from, &edit).is_some_and(|n| steps(to, unit) == Some(n));
        let count = pairs.iter().filter(same).count();
        let units = Some(Units { edit, file: unit, deeper: 0 });
        (count * 5 >= pairs.len() * 3).then_some(Self { seen: BTreeMap::new(), shift: None, units })
    }

    /// A new line of the edit as it has to stand in the file; `None` where that is a guess.
    pub(in crate::change) fn apply(&self, line: &[u8]) -> Option<Vec<u8>> {
        if is_blank(line) {
            return Some(line.to_vec());
        }
        let from = indent(line);
        let mut placed = match self.seen.get(from) {
            Some(to) => to.to_vec(),
            None => self.guess(from)?,
        };
        placed.extend_from_slice(line.get(from.len()..).unwrap_or_default());
        Some(placed)
    }

    fn guess(&self, from: &[u8]) -> Option<Vec<u8>> {
        let shifted = self.shift.as_ref().map(|shift| shift.apply(from));
        let stepped = self.units.as_ref().map(|units| units.apply(from));
        match (shifted, stepped) {
            (Some(one), Some(other)) if one != other => None,
            (Some(to), _) | (None, Some(to)) => to,
            (None, None) => None,
        }
    }
}

impl<'a> Shift<'a> {
    fn learn(seen: &BTreeMap<&'a [u8], &'a [u8]>) -> Option<Self> {
        let (from, to) = seen.first_key_value()?;
        let shift = match to.strip_suffix(*from) {
            Some(deeper) => Self::Deeper(deeper),
            None => Self::Shallower(from.strip_suffix(*to)?),
        };
        let fits = seen.iter().all(|(from, to)| shift.apply(from).as_deref() == Some(*to));
        fits.then_some(shift)
    }

    fn apply(&self, from: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Deeper(by) => Some([*by, from].concat()),
            Self::Shallower(by) => from.strip_prefix(*by).map(<[u8]>::to_vec),
        }
    }
}

impl<'a> Units<'a> {
    fn learn(seen: &BTreeMap<&'a [u8], &'a [u8]>, edit: Vec<u8>, file: &'a [u8]) -> Option<Self> {
        let (from, to) = seen.last_key_value()?;
        let deeper = steps(to, file)?.checked_sub(steps(from, &edit)?)?;
        let units = Self { edit, file, deeper };
        let fits = seen.iter().all(|(from, to)| units.apply(from).as_deref() == Some(*to));
        fits.then_some(units)
    }

    fn apply(&self, from: &[u8]) -> Option<Vec<u8>> {
        let depth = usize::try_from(steps(from, &self.edit)?.checked_add(self.deeper)?).ok()?;
        Some(self.file.repeat(depth))
    }
}

/// One step of a file's indentation: the most frequent difference between a line and the one above
/// it that stands less deep; four blanks where there is none.
pub(in crate::change) fn unit(file: &Lines) -> Vec<u8> {
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    let lines = code(file.iter().take(SAMPLE)).filter(|line| !is_blank(line)).map(indent);
    lines.fold(b"".as_slice(), |above, below| {
        let by = below.strip_prefix(above).unwrap_or_default();
        if !by.is_empty() && by.len() <= 8 {
            *counts.entry(by).or_default() += 1;
        }
        below
    });
    counts.into_iter().max_by_key(|(_, count)| *count).map_or_else(|| b"    ".to_vec(), |(by, _)| by.to_vec())
}

/// The lines but those of block comments, which stand one blank deeper (` * text`).
pub(in crate::change) fn code<'a>(lines: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a [u8]> {
    lines.filter(|line| !line.trim_ascii_start().starts_with(b"*"))
}

/// One step of an edit's indentation: the largest that all its indents are multiples of. `None` when
/// blanks and tabs are mixed or nothing is indented.
fn step<'a>(indents: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut blank = None;
    let mut len = 0;
    for indent in indents.filter(|indent| !indent.is_empty()) {
        let first = *indent.first()?;
        if *blank.get_or_insert(first) != first || indent.iter().any(|byte| *byte != first) {
            return None;
        }
        len = gcd(len, indent.len());
    }
    blank.map(|blank| vec![blank; len])
}

/// How many times `unit` stands in `indent`, if that is all of it.
fn steps(indent: &[u8], unit: &[u8]) -> Option<isize> {
    let whole = !unit.is_empty() && indent.chunks(unit.len()).all(|chunk| chunk == unit);
    whole.then(|| isize::try_from(indent.len() / unit.len()).ok()).flatten()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The blanks and tabs a line begins with.
pub(in crate::change) fn indent(line: &[u8]) -> &[u8] {
    let len = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    line.get(..len).unwrap_or_default()
}

pub(in crate::change) fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(pairs: &[(&str, &str)], new: &str, unit: &str) -> Option<String> {
        let bytes = pairs.iter().map(|(edit, file)| (edit.as_bytes(), file.as_bytes()));
        let map = Reindent::learn(bytes, [new.as_bytes()].into_iter(), unit.as_bytes())?;
        map.apply(new.as_bytes()).map(|line| String::from_utf8(line).unwrap())
    }

    #[test]
    fn a_block_that_stands_deeper_takes_new_lines_along() {
        let pairs = [("if x:", "    if x:"), ("    y", "        y")];
        assert_eq!(placed(&pairs, "    z", "    ").as_deref(), Some("        z"));
        assert_eq!(placed(&pairs, "        z", "    ").as_deref(), Some("            z"));
        assert_eq!(placed(&[("    y", "y")], "        z", "    ").as_deref(), Some("    z"));
        assert_eq!(placed(&[("    y", "        y")], "        z", "    ").as_deref(), Some("            z"));
    }

    #[test]
    fn steps_of_one_kind_become_steps_of_the_other() {
        let pairs = [("if x {", "if x {"), ("    y", "\ty")];
        assert_eq!(placed(&pairs, "        z", "\t").as_deref(), Some("\t\tz"));
        let pairs = [("  a", "    a"), ("    b", "        b")];
        assert_eq!(placed(&pairs, "      z", "    ").as_deref(), Some("            z"));
        let pairs = [("a", "\ta"), ("  b", "\t\tb")];
        assert_eq!(placed(&pairs, "    z", "\t").as_deref(), Some("\t\t\tz"));
    }

    #[test]
    fn a_mapping_in_doubt_is_none() {
        assert_eq!(placed(&[("a", "a"), ("b", "    b")], "z", "    "), None);
        assert_eq!(placed(&[("    a", "    a"), ("  b", "      b")], "        z", "  "), None);
        assert_eq!(placed(&[("  a", "    a")], "    z", "    "), None, "two levels of two, or one of four?");
        assert_eq!(placed(&[("    a", "a")], "  z", "    "), None, "left of the margin");
    }

    #[test]
    fn the_unit_of_a_file_is_its_most_frequent_step() {
        assert_eq!(unit(&"a\n  b\n  c\nd\n  e\n      f\n".into()), b"  ");
        assert_eq!(unit(&"a\n\tb\n".into()), b"\t");
        assert_eq!(unit(&"a\nb\n".into()), b"    ");
        assert_eq!(unit(&"/**\n * a\n */\na {\n\t/**\n\t * b\n\t */\n\tb\n}\n".into()), b"\t");
    }
}
