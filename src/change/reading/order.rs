//! In which order hunks are read. Never by file name: a defect in the last file of an alphabetical
//! list is found far less often than the same defect in the first (Fregnan et al., ESEC/FSE 2022).
//!
//! Orders are deterministic. A symbol counts as defined by a hunk when an added line looks like its
//! definition, and as used by every other hunk that adds its name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};

use super::page::{Page, Side};
use super::risk::{Risk, Weight};
use crate::text::highlight::Language;

/// What comes first.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Order {
    /// Definitions before uses, risky before dull, the hunks of a file together where it makes no
    /// difference; last what needs no reading.
    #[default]
    Reading,
    /// The gravest marks first.
    Risk,
    /// Files in the order in which they were proposed, each from top to bottom.
    File,
    /// What has most lines to read first.
    Size,
}

impl Order {
    /// The order that follows it when a key cycles through them.
    pub fn next(self) -> Self {
        match self {
            Self::Reading => Self::Risk,
            Self::Risk => Self::File,
            Self::File => Self::Size,
            Self::Size => Self::Reading,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Reading => "definitions before uses, risky before dull",
            Self::Risk => "risky before dull",
            Self::File => "file by file",
            Self::Size => "long before short",
        }
    }
}

/// How grave the marks of a hunk are together: the gravest, then how many kinds of it there are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(super) struct Gravity {
    worst: Option<Weight>,
    kinds: usize,
}

impl Gravity {
    pub(super) fn of(risks: &[Risk]) -> Self {
        let worst = risks.iter().map(Risk::weight).max();
        let kinds: BTreeSet<_> = risks.iter().filter(|r| Some(r.weight()) == worst).map(|r| r.kind).collect();
        Self { worst, kinds: kinds.len() }
    }
}

/// What an order knows of a hunk.
#[derive(Clone, Debug)]
pub(super) struct Ranked {
    pub(super) file: usize,
    pub(super) to_read: usize,
    pub(super) gravity: Gravity,
    /// Hunks, by position, that should be read before it, since they define what it uses.
    pub(super) after: Vec<usize>,
}

/// Positions of `hunks`, which stand in the order of [`Order::File`], in another order.
pub(super) fn ordered(hunks: &[Ranked], by: Order) -> Vec<usize> {
    let mut order: Vec<usize> = (0..hunks.len()).collect();
    match by {
        Order::File => {}
        Order::Risk => {
            order.sort_by_key(|at| hunks.get(*at).map(|hunk| Reverse((hunk.gravity, hunk.to_read))))
        }
        Order::Size => order.sort_by_key(|at| hunks.get(*at).map(|hunk| Reverse(hunk.to_read))),
        Order::Reading => order = reading(hunks),
    }
    order
}

/// What decides between hunks that may come next: to be read at all, grave, in the file at hand, first.
type Claim = (bool, Gravity, bool, Reverse<usize>);

/// A topological order (Kahn, 1962) in which the strongest claim goes next. What a grave hunk needs is
/// as urgent as that hunk; a circle is entered where the claim is strongest.
fn reading(hunks: &[Ranked]) -> Vec<usize> {
    let urgency = urgency(hunks);
    let mut waits: Vec<usize> = hunks.iter().map(|hunk| hunk.after.len()).collect();
    let mut users: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, hunk) in hunks.iter().enumerate() {
        hunk.after.iter().for_each(|before| users.entry(*before).or_default().push(at));
    }
    let claim = |at: usize, near: bool| -> Claim {
        let to_read = hunks.get(at).is_some_and(|hunk| hunk.to_read > 0);
        (to_read, urgency.get(at).copied().unwrap_or_default(), near, Reverse(at))
    };
    let mut left: BTreeSet<usize> = (0..hunks.len()).collect();
    let mut free = Free::default();
    left.iter().filter(|at| waits.get(**at) == Some(&0)).for_each(|at| free.push(hunks, *at, &claim));
    let mut blocked: BinaryHeap<Claim> = left.iter().map(|at| claim(*at, false)).collect();
    let (mut order, mut file) = (Vec::with_capacity(hunks.len()), None);
    while !left.is_empty() {
        let next = free.pop(file, &left, &claim).or_else(|| {
            std::iter::from_fn(|| blocked.pop()).map(|claim| claim.3.0).find(|at| left.contains(at))
        });
        let Some(next) = next else { break };
        left.remove(&next);
        order.push(next);
        file = hunks.get(next).map(|hunk| hunk.file);
        for user in users.get(&next).into_iter().flatten() {
            if let Some(waits) = waits.get_mut(*user) {
                *waits -= 1;
                if *waits == 0 && left.contains(user) {
                    free.push(hunks, *user, &claim);
                }
            }
        }
    }
    order
}

/// Hunks that wait for nothing: all of them by claim, and those of each file.
#[derive(Default)]
struct Free {
    all: BinaryHeap<Claim>,
    of_file: HashMap<usize, BinaryHeap<Claim>>,
}

impl Free {
    fn push(&mut self, hunks: &[Ranked], at: usize, claim: &impl Fn(usize, bool) -> Claim) {
        let Some(hunk) = hunks.get(at) else { return };
        self.all.push(claim(at, false));
        self.of_file.entry(hunk.file).or_default().push(claim(at, true));
    }

    /// The strongest claim; one of the file at hand wins where all else is equal.
    fn pop(
        &mut self,
        file: Option<usize>,
        left: &BTreeSet<usize>,
        claim: &impl Fn(usize, bool) -> Claim,
    ) -> Option<usize> {
        let anywhere = top(&mut self.all, left);
        let here = file.and_then(|file| self.of_file.get_mut(&file)).and_then(|heap| top(heap, left));
        match (anywhere, here) {
            (Some(anywhere), Some(here)) => {
                let strongest = claim(anywhere, false).max(claim(here, true));
                Some(strongest.3.0)
            }
            (anywhere, here) => anywhere.or(here),
        }
    }
}

/// The strongest claim of those that are left.
fn top(heap: &mut BinaryHeap<Claim>, left: &BTreeSet<usize>) -> Option<usize> {
    while let Some(claim) = heap.peek() {
        if left.contains(&claim.3.0) {
            return Some(claim.3.0);
        }
        heap.pop();
    }
    None
}

/// The gravity of each hunk or of the gravest that needs it.
fn urgency(hunks: &[Ranked]) -> Vec<Gravity> {
    let mut urgency: Vec<Gravity> = hunks.iter().map(|hunk| hunk.gravity).collect();
    let mut queue: BTreeSet<(Gravity, usize)> =
        urgency.iter().enumerate().map(|(at, gravity)| (*gravity, at)).collect();
    while let Some((gravity, at)) = queue.pop_last() {
        for before in hunks.get(at).into_iter().flat_map(|hunk| &hunk.after) {
            if let Some(own) = urgency.get_mut(*before)
                && *own < gravity
            {
                queue.remove(&(*own, *before));
                *own = gravity;
                queue.insert((gravity, *before));
            }
        }
    }
    urgency
}

/// Words that begin a definition in one language or another.
const DEFINES: [&str; 24] = [
    "fn",
    "def",
    "class",
    "struct",
    "enum",
    "trait",
    "interface",
    "type",
    "func",
    "function",
    "mod",
    "module",
    "namespace",
    "union",
    "macro_rules",
    "const",
    "static",
    "let",
    "var",
    "val",
    "object",
    "record",
    "typedef",
    "protocol",
];

/// Names shorter than this are everywhere.
const MIN_NAME: usize = 4;

/// Most bytes of a line that are looked at, and most definitions of a name: what many hunks define
/// orders none of them.
const MAX_LINE: usize = 1_000;
const MAX_DEFINERS: usize = 2;

/// For each hunk, by position, the hunks that define what it uses.
pub(super) fn definers(pages: &[Page<'_>]) -> Vec<Vec<usize>> {
    let mut defined: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, page) in pages.iter().enumerate() {
        for name in page.unread(Side::New).flat_map(|(_, line)| definitions(line)) {
            let by = defined.entry(name).or_default();
            if by.last() != Some(&at) {
                by.push(at);
            }
        }
    }
    let language: Vec<Option<Language>> = pages.iter().map(|page| Language::of(page.path())).collect();
    let before = |(at, page): (usize, &Page<'_>)| {
        let names: HashSet<&[u8]> = page.unread(Side::New).flat_map(|(_, line)| words(line)).collect();
        let by = names.iter().filter_map(|name| defined.get(name)).filter(|by| by.len() <= MAX_DEFINERS);
        let others = by.flatten().copied().filter(|by| *by != at && language.get(*by) == language.get(at));
        others.collect::<BTreeSet<usize>>().into_iter().collect()
    };
    pages.iter().enumerate().map(before).collect()
}

/// Names that a line looks like defining.
fn definitions(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut words = words_of_any_length(line).peekable();
    std::iter::from_fn(move || {
        loop {
            let word = words.next()?;
            let defines = DEFINES.iter().any(|define| define.as_bytes() == word);
            if defines && let Some(name) = words.next_if(|name| name.len() >= MIN_NAME) {
                return Some(name);
            }
        }
    })
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    words_of_any_length(line).filter(|word| word.len() >= MIN_NAME)
}

fn words_of_any_length(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let line = line.get(..MAX_LINE).unwrap_or(line);
    line.split(|byte| !is_word(*byte)).filter(|word| word.first().is_some_and(|byte| !byte.is_ascii_digit()))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
