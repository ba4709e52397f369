//! Where the edges of a part stand in the file: as few of its first lines as stand in one place only,
//! and as few of its last.

use std::collections::HashMap;

use crate::change::locate::told;

/// Letters and digits that the lines of an edge have to have to name a place.
const TOLD: usize = 5;

/// The file's lines and where each stands, compared by a key of them.
pub(super) struct Places<'a> {
    own: Vec<&'a [u8]>,
    at: HashMap<&'a [u8], Vec<usize>>,
}

/// The two edges of a part: the line of the file that its first line is, and that its last is.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(super) struct Pins {
    pub(super) head: Option<usize>,
    pub(super) tail: Option<usize>,
}

impl Pins {
    pub(super) fn count(self) -> usize {
        usize::from(self.head.is_some()) + usize::from(self.tail.is_some())
    }
}

impl<'a> Places<'a> {
    pub(super) fn of(own: Vec<&'a [u8]>) -> Self {
        let mut at: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (line, text) in own.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            at.entry(text).or_default().push(line);
        }
        Self { own, at }
    }

    /// Where the edges of a part with the lines `said` stand: in the whole file, or failing that, from
    /// line `from` on.
    pub(super) fn pins(&self, said: &[&[u8]], from: usize) -> Pins {
        let either = |back: bool| self.pin(said, 0, back).or_else(|| self.pin(said, from, back));
        let (head, tail) = (either(false), either(true));
        match (head, tail) {
            (Some(head), Some(tail)) if tail < head => Pins::default(),
            _ => Pins { head, tail },
        }
    }

    /// Does one of the lines `said` stand behind line `tail`, and nowhere else?
    pub(super) fn reach_beyond(&self, said: &[&[u8]], tail: usize) -> bool {
        let once = |line: &&[u8]| match self.at.get(line).map(Vec::as_slice) {
            Some([at]) if told(line) >= TOLD => Some(*at),
            _ => None,
        };
        said.iter().filter_map(once).any(|at| at > tail)
    }

    fn pin(&self, said: &[&[u8]], from: usize, back: bool) -> Option<usize> {
        let line = |nth: usize| {
            let at = if back { said.len().checked_sub(nth + 1)? } else { nth };
            said.get(at).copied()
        };
        let own = |at: usize, nth: usize| {
            let at = if back { at.checked_sub(nth)? } else { at + nth };
            self.own.get(at).copied()
        };
        let first = line(0)?;
        let mut found: Vec<usize> = self.at.get(first)?.iter().copied().filter(|at| *at >= from).collect();
        let (mut weight, mut nth) = (told(first), 1);
        while found.len() > 1 || weight < TOLD {
            let next = line(nth)?;
            found.retain(|at| own(*at, nth) == Some(next));
            if found.is_empty() {
                return None;
            }
            weight += told(next);
            nth += 1;
        }
        found.first().copied()
    }

    /// How many lines from its edges on a part shares with the file: pairs of (said, own) indices.
    pub(super) fn shared(&self, said: &[&[u8]], pins: Pins) -> Vec<(usize, usize)> {
        let same =
            |(at, own): &(usize, usize)| said.get(*at).is_some_and(|line| self.own.get(*own) == Some(line));
        let head = pins.head.into_iter().flat_map(|own| (0..said.len()).map(move |nth| (nth, own + nth)));
        let tail = pins
            .tail
            .into_iter()
            .flat_map(|own| (0..said.len().min(own + 1)).map(move |nth| (said.len() - 1 - nth, own - nth)));
        head.take_while(same).chain(tail.take_while(same)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins(said: &str, own: &str, from: usize) -> Pins {
        let lines = |text: &'static str| text.split(' ').map(str::as_bytes).collect::<Vec<_>>();
        let (said, own) = (said.to_owned().leak(), own.to_owned().leak());
        Places::of(lines(own)).pins(&lines(said), from)
    }

    #[test]
    fn as_few_lines_as_name_one_place_are_enough() {
        let found = pins("first new } second", "} first second } first other } second", 0);
        assert_eq!((found.head, found.tail), (None, Some(7)));
        assert_eq!(pins("first second new", "} first second } first other", 0).head, Some(1));
    }

    #[test]
    fn what_is_not_one_place_in_the_file_may_be_one_further_down() {
        assert_eq!(pins("again x", "again again b", 0).head, None);
        assert_eq!(pins("again x", "again again b", 1).head, Some(1));
    }

    #[test]
    fn a_bracket_alone_is_no_place() {
        assert_eq!(pins("} x", "} b", 0).head, None);
    }
}
