//! Code that stands elsewhere, unchanged.
//!
//! What is folded is never a run of equal lines as such: statements that change places change what a
//! program does. It is whole *definitions* ([`Item`]) among others whose order does not matter. A
//! changed line is accounted for when the definition it belongs to
//!
//! - is there once before and once after the change, byte for byte with its attributes and the comment
//!   above it, or shifted as a whole by one indentation (never when a string or comment in it spans
//!   lines, whose content the shift would change);
//! - is called by a name that is its own among its neighbours, before and after, so that it neither
//!   overrides nor is overridden;
//! - does not replace anything: where it arrives, in another scope or file, nothing had its name
//!   before, and where it left, nothing has it now. Two functions that trade places are read;
//! - is more than a few tokens long.
//!
//! That is told from the definitions, not from how a diff aligned the lines, so a diff that took the
//! closing brace of the neighbour changes nothing. The words say where the lines came from, and out of
//! which scope into which other; then that one line counts as to be read, since a method of another
//! type is another method.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use super::super::HunkId;
use super::budget::Budget;
use super::file_diff::Cut;
use super::fold::{FoldKind, Moved};
use super::page::{Page, Side};
use crate::text::highlight::Language;
use crate::text::syntax::Item;
use crate::text::{Lines, Span};

/// Fewest tokens that make a definition worth recognising.
const MIN_TOKENS: usize = 10;

/// Fewest bytes of a line that make it telling, and fewest telling lines that a file must share with
/// the other side of the changeset to be parsed at all.
const MIN_LINE: usize = 8;
const MIN_SHARED: usize = 2;

/// Folds the definitions that moved.
pub(super) fn fold(pages: &mut [Page<'_>], budget: &mut Budget) {
    let files = sharing(pages);
    let house = House::of(pages, &files, budget);
    let pairs = house.pairs();
    if pairs.is_empty() {
        return;
    }
    let tenants = Tenants::of(pages);
    for pages in pages.chunk_by_mut(|one, next| one.at == next.at) {
        let Some(at) = pages.first().map(|page| page.at) else { continue };
        for side in [Side::Old, Side::New] {
            let rows = tenancies(&house, &pairs, at, side);
            for page in pages.iter_mut() {
                fold_side(page, side, &rows, (&house, &tenants));
            }
        }
    }
}

/// Files whose changed lines appear on the other side of the changeset.
fn sharing(pages: &[Page<'_>]) -> Vec<usize> {
    let telling = |page: &Page<'_>, side| -> Vec<u64> {
        page.unread(side)
            .map(|(_, line)| line.trim_ascii())
            .filter(|line| is_telling(line))
            .map(hash)
            .collect()
    };
    let lines: Vec<[Vec<u64>; 2]> =
        pages.iter().map(|page| [telling(page, Side::Old), telling(page, Side::New)]).collect();
    let gone: HashSet<u64> = lines.iter().flat_map(|[gone, _]| gone).copied().collect();
    let come: HashSet<u64> = lines.iter().flat_map(|[_, come]| come).copied().collect();
    let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
    for (page, [old, new]) in pages.iter().zip(&lines) {
        let count = old.iter().filter(|line| come.contains(line)).count()
            + new.iter().filter(|line| gone.contains(line)).count();
        *shared.entry(page.at).or_default() += count;
    }
    shared.into_iter().filter(|(_, count)| *count >= MIN_SHARED).map(|(at, _)| at).collect()
}

fn is_telling(line: &[u8]) -> bool {
    line.len() >= MIN_LINE && line.iter().any(u8::is_ascii_alphanumeric)
}

fn hash(value: impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The definitions of one side of a file.
struct Floor {
    language: Language,
    text: Lines,
    items: Vec<Item>,
    /// For each item: does a comment or string in it span lines?
    long: Vec<bool>,
}

/// Names an item: its file, its side, its number.
type Address = (usize, Side, usize);

/// The definitions of all files that may have moved ones.
#[derive(Default)]
struct House {
    floors: BTreeMap<(usize, Side), Floor>,
}

impl House {
    fn of(pages: &[Page<'_>], files: &[usize], budget: &mut Budget) -> Self {
        let mut house = Self::default();
        for page in pages {
            if files.binary_search(&page.at).is_err() || house.floors.contains_key(&(page.at, Side::Old)) {
                continue;
            }
            for side in [Side::Old, Side::New] {
                if house.floors.contains_key(&(page.at, side)) {
                    continue;
                }
                let Some((text, syntax)) = budget.parse(page.file, side) else { continue };
                let items = syntax.items().to_vec();
                let long = items.iter().map(|item| syntax.has_long_token(item.lines)).collect();
                house.floors.insert((page.at, side), Floor { language: syntax.language, text, items, long });
            }
        }
        // A side that is there and cannot be known could hold another copy, or the name.
        let blind: Vec<usize> =
            pages.iter().filter(|page| house.is_blind(page)).map(|page| page.at).collect();
        house.floors.retain(|(at, _), _| !blind.contains(at));
        house
    }

    fn is_blind(&self, page: &Page<'_>) -> bool {
        let known = |side| self.floors.contains_key(&(page.at, side));
        [Side::Old, Side::New].into_iter().any(|side| page.file.has(side) && !known(side))
    }

    fn item(&self, (at, side, number): Address) -> Option<(&Floor, &Item)> {
        let floor = self.floors.get(&(at, side))?;
        Some((floor, floor.items.get(number)?))
    }

    /// Each definition that is the same before and after, from both ends.
    fn pairs(&self) -> HashMap<Address, Address> {
        let mut copies: HashMap<u64, Vec<Address>> = HashMap::new();
        for (&(at, side), floor) in &self.floors {
            for (number, item) in floor.items.iter().enumerate().filter(|(_, i)| i.tokens >= MIN_TOKENS) {
                let key = hash((floor.language as usize, floor.words(number, item)));
                copies.entry(key).or_default().push((at, side, number));
            }
        }
        let names = self.names();
        let mut pairs = HashMap::new();
        for same in copies.values() {
            let of = |side| {
                let mut of = same.iter().copied().filter(move |address| address.1 == side);
                of.next().filter(|_| of.next().is_none())
            };
            if let (Some(old), Some(new)) = (of(Side::Old), of(Side::New))
                && self.is_same(old, new, &names) == Some(true)
            {
                pairs.extend([(old, new), (new, old)]);
            }
        }
        pairs
    }

    /// How often each name stands in each scope of each side of each file.
    fn names(&self) -> HashMap<(usize, Side, &str, &str), usize> {
        let mut names = HashMap::new();
        for (&(at, side), floor) in &self.floors {
            for item in &floor.items {
                if let Some(name) = &item.name {
                    *names.entry((at, side, &*item.scope, name.as_str())).or_default() += 1;
                }
            }
        }
        names
    }

    fn is_same(
        &self,
        old: Address,
        new: Address,
        names: &HashMap<(usize, Side, &str, &str), usize>,
    ) -> Option<bool> {
        let ((source, before), (target, after)) = (self.item(old)?, self.item(new)?);
        let text = source.language == target.language
            && source.words(old.2, before) == target.words(new.2, after)
            && before.name == after.name;
        let Some(name) = before.name.as_deref() else { return Some(text) };
        let count = |at, side, scope| names.get(&(at, side, scope, name)).copied().unwrap_or(0);
        let stays = old.0 == new.0 && before.scope == after.scope;
        let own = (stays && before.in_parts)
            || (count(old.0, Side::Old, &before.scope) == 1 && count(new.0, Side::New, &after.scope) == 1);
        let replaces_nothing =
            count(new.0, Side::Old, &after.scope) == 0 && count(old.0, Side::New, &before.scope) == 0;
        Some(text && own && (stays || replaces_nothing))
    }
}

impl Floor {
    /// The lines of an item without the indentation they share; with it, where a shift would change
    /// content.
    fn words(&self, number: usize, item: &Item) -> Vec<u8> {
        let raw = self.text.slice(item.lines);
        let indent = self.indent(item);
        let fixed = self.long.get(number).is_none_or(|long| *long);
        let shifted = || -> Option<Vec<u8>> {
            let mut words = Vec::with_capacity(raw.len());
            for line in raw.split_inclusive(|byte| *byte == b'\n') {
                match line.strip_prefix(indent) {
                    Some(rest) => words.extend_from_slice(rest),
                    None if line.trim_ascii().is_empty() => {
                        words.extend(line.iter().filter(|b| !is_indent(**b)))
                    }
                    None => return None,
                }
            }
            Some(words)
        };
        match shifted().filter(|_| !fixed) {
            Some(words) => words,
            // The mark keeps the two forms apart: raw lines are equal only to raw lines.
            None => [b"\0", raw].concat(),
        }
    }

    fn indent(&self, item: &Item) -> &[u8] {
        let first = self.text.get(item.lines.start()).unwrap_or_default();
        let end = first.iter().position(|byte| !is_indent(*byte)).unwrap_or(first.len());
        first.get(..end).unwrap_or_default()
    }
}

fn is_indent(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Where the hunks of each file stand.
struct Tenants<'a>(BTreeMap<usize, Vec<&'a Cut>>);

impl<'a> Tenants<'a> {
    fn of(pages: &[Page<'a>]) -> Self {
        let mut tenants: BTreeMap<usize, Vec<&'a Cut>> = BTreeMap::new();
        pages.iter().for_each(|page| tenants.entry(page.at).or_default().push(page.cut));
        Self(tenants)
    }

    /// The hunks that change these lines.
    fn within(&self, (at, side, _): Address, lines: Span) -> impl Iterator<Item = HunkId> {
        let cuts = self.0.get(&at).map_or(&[][..], Vec::as_slice);
        let span = move |cut: &&Cut| if side == Side::Old { cut.old } else { cut.new };
        let first = cuts.partition_point(|cut| span(cut).end() < lines.start());
        let cuts = cuts.iter().skip(first).take_while(move |cut| span(cut).start() <= lines.end());
        cuts.filter(move |cut| span(cut).overlaps(lines)).map(|cut| cut.id)
    }
}

/// A run of lines of one hunk that stand together at the other end as well.
struct Run {
    lines: Span,
    /// The line at the other end that the run begins with, and the one that would come next.
    other: (usize, usize),
    items: Vec<(Address, Address)>,
}

fn fold_side(
    page: &mut Page<'_>,
    side: Side,
    rows: &[Option<Tenancy>],
    (house, tenants): (&House, &Tenants<'_>),
) {
    for mut run in runs(page, side, rows) {
        run.take_blanks(page, side, house);
        let Some(moved) = moved(&run, side, house, page) else { continue };
        let ends = run.items.iter().flat_map(|(here, there)| [*here, *there]);
        let ends = ends.filter_map(|address| Some((address, house.item(address)?.1.lines)));
        let hunks: BTreeSet<HunkId> =
            ends.flat_map(|(address, lines)| tenants.within(address, lines)).collect();
        let rests_on: Arc<[HunkId]> = hunks.into_iter().collect();
        let nothing = |side| Span::new(page.span(side).start(), page.span(side).start());
        let (gone, come) = match side {
            Side::Old => (run.lines, nothing(Side::New)),
            Side::New => (nothing(Side::Old), run.lines),
        };
        page.fold(gone, come, FoldKind::Moved(moved), rests_on);
    }
}

fn moved(run: &Run, side: Side, house: &House, page: &Page<'_>) -> Option<Moved> {
    let (here, there) = *run.items.first()?;
    let ((own_floor, own), (other_floor, other)) = (house.item(here)?, house.item(there)?);
    let path = page.siblings.get(there.0)?.path.clone();
    let leaves = side == Side::Old;
    let width = |floor: &Floor, item: &Item| isize::try_from(floor.indent(item).len()).unwrap_or(0);
    let gained = width(own_floor, own) - width(other_floor, other);
    let scopes = (own.scope.to_string(), other.scope.to_string());
    let scopes = (own.scope != other.scope).then_some(if leaves { scopes } else { (scopes.1, scopes.0) });
    Some(Moved {
        other: (path, run.other.0),
        elsewhere: here.0 != there.0,
        leaves,
        scopes,
        indent: if leaves { -gained } else { gained },
        past: here.0 == there.0 && own.scope == other.scope && own.behind != other.behind,
    })
}

/// The definition a line belongs to, at both ends, and the line at the other end.
#[derive(Clone, Copy)]
struct Tenancy {
    here: Address,
    there: Address,
    other: usize,
}

/// For each line of a file, the outermost definition around it that is the same before and after.
fn tenancies(
    house: &House,
    pairs: &HashMap<Address, Address>,
    at: usize,
    side: Side,
) -> Vec<Option<Tenancy>> {
    let Some(floor) = house.floors.get(&(at, side)) else { return Vec::new() };
    let mut rows = vec![None; floor.text.len()];
    for (number, item) in floor.items.iter().enumerate() {
        let here = (at, side, number);
        let Some(there) = pairs.get(&here).copied() else { continue };
        let Some((_, other)) = house.item(there) else { continue };
        let rows = rows.get_mut(item.lines.as_range()).into_iter().flatten().zip(other.lines.as_range());
        rows.filter(|(row, _)| row.is_none())
            .for_each(|(row, other)| *row = Some(Tenancy { here, there, other }));
    }
    rows
}

fn runs(page: &Page<'_>, side: Side, rows: &[Option<Tenancy>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    // Blank lines since the last line of a definition, which join the run if they are blank at the
    // other end as well.
    let mut blanks = 0;
    for (line, text) in page.unread(side) {
        let tenancy = rows.get(line).copied().flatten();
        let last = runs.last_mut().filter(|run| run.lines.end() + blanks == line);
        match (tenancy, last) {
            (Some(tenancy), Some(run)) if run.other.1 + blanks == tenancy.other => run.take(line, tenancy),
            (Some(tenancy), _) => runs.push(Run::of(line, tenancy)),
            (None, Some(_)) if text.trim_ascii().is_empty() => {
                blanks += 1;
                continue;
            }
            (None, _) => {}
        }
        blanks = 0;
    }
    runs
}

impl Run {
    fn of(line: usize, tenancy: Tenancy) -> Self {
        let other = (tenancy.other, tenancy.other + 1);
        Self { lines: Span::new(line, line + 1), other, items: vec![(tenancy.here, tenancy.there)] }
    }

    fn take(&mut self, line: usize, tenancy: Tenancy) {
        self.lines = Span::new(self.lines.start(), line + 1);
        self.other.1 = tenancy.other + 1;
        if self.items.last() != Some(&(tenancy.here, tenancy.there)) {
            self.items.push((tenancy.here, tenancy.there));
        }
    }

    /// The blank lines below, as far as there are some at the other end; and one above.
    fn take_blanks(&mut self, page: &Page<'_>, side: Side, house: &House) {
        let Some((floor, _)) = self.items.first().and_then(|(_, there)| house.item(*there)) else { return };
        let blank = |line: &[u8]| line.trim_ascii().is_empty();
        let both = |line, other| {
            page.is_unread(side, line)
                && blank(page.line(side, line))
                && floor.text.get(other).is_some_and(blank)
        };
        while both(self.lines.end(), self.other.1) {
            self.lines = Span::new(self.lines.start(), self.lines.end() + 1);
            self.other.1 += 1;
        }
        if let (Some(line), Some(other)) = (self.lines.start().checked_sub(1), self.other.0.checked_sub(1))
            && both(line, other)
        {
            self.lines = Span::new(line, self.lines.end());
            self.other.0 = other;
        }
    }
}
