//! What is folded, on a labelled set of synthetic refactorings of rein's own sources: each a move, a
//! reformatting or a renaming, half of them with a small change planted inside. Nothing that changed
//! may be folded; of what did not change in meaning, nine lines of ten must be.
//!
//! Beside the labels an oracle that knows none of them. Lines folded as moved must stand, in one piece
//! but for what belongs to the neighbours, on the other side of the change. Of all else that was folded
//! the words must be the same on both sides, whatever their layout, but for a name that became another.
//!
//! `FOLDING_SOURCES=DIR:DIR` takes the sources of other folders in Rust, Python, JavaScript and
//! TypeScript in place of rein's own. `FOLDING_CASES=1000 cargo test --release --test folding -- --nocapture` prints the figures of
//! `docs/benchmarks.md`; `FOLDING_MISSES=1` shows what was not folded.

#[path = "folding/attack.rs"]
mod attack;
#[path = "folding/corpus.rs"]
mod corpus;
#[path = "folding/refactor.rs"]
mod refactor;
#[path = "folding/traps.rs"]
mod traps;

use std::collections::BTreeMap;

use corpus::{Random, Sources, held_out, sources};
use refactor::{Case, moved, reformatted, renamed};
use rein::change::HunkId;
use rein::change::reading::{FileDiff, FoldKind, Reading};
use rein::text::diff::changes;
use rein::text::{Lines, RepoPath};
use traps::{LAYOUT, NAMES, PLACES, TOOLS};

/// Changesets of each kind, with and without a planted change. `FOLDING_CASES` asks for more.
const CASES: usize = 40;

#[derive(Default)]
struct Tally {
    cases: usize,
    /// Changed lines of cases without a planted change, and those of them that were folded.
    foldable: usize,
    folded: usize,
    /// Folded lines of all cases, planted ones among them, and planted lines at all.
    all_folded: usize,
    wrong: usize,
    planted: usize,
    /// Folded lines of changesets whose folds do not say the same on both sides.
    unequal: usize,
}

impl Tally {
    fn recall(&self) -> f64 {
        self.folded as f64 / self.foldable.max(1) as f64
    }

    fn precision(&self) -> f64 {
        (self.all_folded - self.wrong) as f64 / self.all_folded.max(1) as f64
    }

    fn tell(&self, what: &str) {
        println!(
            "{what}: {} changesets, precision {:.3} ({} folded lines, {} planted, {} unequal), \
             recall {:.3} ({} of {} lines)",
            self.cases,
            self.precision(),
            self.all_folded,
            self.planted,
            self.unequal,
            self.recall(),
            self.folded,
            self.foldable,
        );
    }

    fn count(&mut self, case: &Case) {
        let mut first = 0;
        let files: Vec<FileDiff> = case
            .files
            .iter()
            .map(|file| {
                let path = RepoPath::parse(&file.path).unwrap();
                let (old, new) = (Lines::from(&*file.before), Lines::from(&*file.after));
                let diff = FileDiff::between(path, Some(old), Some(new), HunkId(first));
                first += u32::try_from(diff.hunks.len()).unwrap();
                diff
            })
            .collect();
        let reading = Reading::of_files(&files);
        self.cases += 1;
        let mut words = [Vec::new(), Vec::new()];
        let mut others = 0;
        let sides = [true, false].map(|before| {
            let text =
                |file: &refactor::Version| if before { file.before.clone() } else { file.after.clone() };
            case.files.iter().flat_map(|file| printed(text(file).as_bytes())).collect::<Vec<_>>()
        });
        for (file, labels) in files.iter().zip(&case.files) {
            let (old, new) = (file.old.as_ref().unwrap(), &file.after().unwrap());
            let changed: usize = changes(old, new).iter().map(|c| c.old.len() + c.new.len()).sum();
            self.planted += labels.planted_old.len() + labels.planted_new.len();
            let mut folded = 0;
            for cut in &file.hunks {
                for fold in reading.folds(cut.id) {
                    folded += fold.lines();
                    let at = |span: rein::text::Span, start| {
                        rein::text::Span::new(start + span.start(), start + span.end())
                    };
                    let text = [
                        old.slice(at(fold.gone, cut.old.start())),
                        new.slice(at(fold.come, cut.new.start())),
                    ];
                    if matches!(fold.kind, FoldKind::Moved(_)) {
                        let [gone, come] = text.map(printed);
                        if pieces(&gone, &sides[1]) > PIECES || pieces(&come, &sides[0]) > PIECES {
                            self.unequal += fold.lines();
                            println!("NOWHERE {}: {}", labels.path, fold.words());
                        }
                    } else {
                        for (words, text) in words.iter_mut().zip(text) {
                            words.extend(tokens(&String::from_utf8_lossy(text), case.renamed.as_ref()));
                        }
                        others += fold.lines();
                    }
                    let gone = fold.gone.as_range().map(|row| cut.old.start() + row);
                    let come = fold.come.as_range().map(|row| cut.new.start() + row);
                    let wrong = gone.filter(|line| labels.planted_old.contains(line)).count()
                        + come.filter(|line| labels.planted_new.contains(line)).count();
                    if wrong > 0 {
                        println!("WRONG {} {}: {}", case.kind, labels.path, fold.words());
                    }
                    self.wrong += wrong;
                }
            }
            self.all_folded += folded;
            if !case.planted {
                self.foldable += changed;
                self.folded += folded;
                if folded < changed && std::env::var_os("FOLDING_MISSES").is_some() {
                    println!("MISSED {} of {changed} {} {}", changed - folded, case.kind, labels.path);
                    for cut in file.hunks.iter().filter(|cut| reading.lines_to_read([cut.id]) > 0) {
                        let (a, b) = (old.slice(cut.old), new.slice(cut.new));
                        println!("-{}\n+{}", String::from_utf8_lossy(a), String::from_utf8_lossy(b));
                    }
                }
            }
        }
        words.iter_mut().for_each(|words| words.sort());
        if words[0] != words[1] {
            self.unequal += others;
            println!("UNEQUAL {} {}", case.kind, case.files[0].path);
            for cut in files.iter().flat_map(|file| &file.hunks) {
                reading.folds(cut.id).iter().for_each(|fold| println!("    {:?}: {}", cut.id, fold.words()));
            }
            if std::env::var_os("FOLDING_MISSES").is_some() {
                case.files
                    .iter()
                    .for_each(|file| println!("--- {}\n{}\n+++\n{}", file.path, file.before, file.after));
            }
        }
    }
}

/// In how many pieces a definition that moved may be found again: what a difference took of its
/// neighbours above and below stands elsewhere.
const PIECES: usize = 3;

/// Lines that print something, without their indentation.
fn printed(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The fewest runs of lines that `lines` are put together from and that stand in `text` as they are;
/// [`usize::MAX`] if some line is not there.
fn pieces(lines: &[String], text: &[String]) -> usize {
    let (mut left, mut pieces) = (lines, 0);
    while !left.is_empty() {
        let common = |at: usize| text[at..].iter().zip(left).take_while(|(one, other)| one == other).count();
        let longest = (0..text.len()).map(common).max().unwrap_or(0);
        if longest == 0 {
            return usize::MAX;
        }
        (left, pieces) = (&left[longest..], pieces + 1);
    }
    pieces
}

/// The words and signs of a text, in the older of two names. Commas are layout: a formatter puts them
/// where a line ends.
fn tokens(text: &str, renamed: Option<&(String, String)>) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens: Vec<String> = Vec::new();
    let mut within = false;
    for c in text.chars() {
        match tokens.last_mut().filter(|_| within && is_word(c)) {
            Some(word) => word.push(c),
            None if !c.is_whitespace() && c != ',' => tokens.push(c.to_string()),
            None => {}
        }
        within = is_word(c);
    }
    if let Some((from, to)) = renamed {
        tokens.iter_mut().filter(|word| *word == to).for_each(|word| word.clone_from(from));
    }
    tokens
}

type Make = fn(&[(String, String)], &mut Random, bool) -> Option<Case>;

#[test]
fn nothing_that_changed_is_folded_and_nearly_all_that_did_not_is() {
    let held_out = held_out();
    if held_out.is_empty() {
        for (kind, recall) in run("rein", &sources()) {
            assert!(recall >= 0.9, "{kind}: recall {recall:.3}");
        }
    }
    for (language, sources) in held_out {
        println!("{language}: {} files", sources.len());
        run(&language, &sources);
    }
}

/// Changesets of each kind, with and without a planted change.
fn wanted(usual: usize) -> usize {
    std::env::var("FOLDING_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// Holds every kind of refactoring against the sources; returns the recall of each.
fn run(language: &str, sources: &Sources) -> Vec<(&'static str, f64)> {
    let wanted = wanted(CASES);
    let kinds: [(&str, Make); 3] = [("moved", moved), ("reformatted", reformatted), ("renamed", renamed)];
    // Where the layout means something the generator's is another program.
    let kinds = kinds.into_iter().filter(|(kind, _)| (language, *kind) != ("py", "reformatted"));
    kinds
        .map(|(kind, make)| {
            let mut tally = Tally::default();
            let mut random = Random(0x5eed + kind.len() as u64);
            for plant in [false, true] {
                let cases = std::iter::repeat_with(|| make(sources, &mut random, plant)).take(wanted * 400);
                cases.flatten().take(wanted).for_each(|case| tally.count(&case));
            }
            tally.tell(&format!("{language}, {kind}"));
            assert_eq!(tally.wrong, 0, "{language}, {kind}: a planted change was folded");
            assert_eq!(tally.unequal, 0, "{language}, {kind}: what was folded is not the same on both sides");
            // Of other sources there may be too few that fit.
            assert!(
                tally.cases == 2 * wanted || language != "rein",
                "{kind}: only {} changesets",
                tally.cases
            );
            (kind, tally.recall())
        })
        .collect()
}

/// The same of programs in other languages, changed in several ways at once and mutated letter by letter.
#[test]
fn of_changes_that_come_together_none_that_is_mutated_is_folded() {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let wanted = wanted(CASES * 5);
    let mut random = Random(0xa77ac);
    for plant in [false, true] {
        let cases = std::iter::repeat_with(|| attack::attacked(&mut random, plant)).take(wanted * 400);
        for case in cases.flatten().take(wanted) {
            let extension = case.files[0].path.rsplit('.').next().unwrap_or_default().to_owned();
            tallies.entry(extension).or_default().count(&case);
        }
    }
    for (language, tally) in tallies {
        tally.tell(&format!("{language}, together"));
        assert_eq!((tally.wrong, tally.unequal), (0, 0), "{language}: what was mutated was folded");
    }
}

/// Every near miss is read in full.
#[test]
fn what_only_looks_unchanged_is_read() {
    let mut folded = Vec::new();
    for (kind, traps) in [("layout", LAYOUT), ("names", NAMES), ("tools", TOOLS), ("places", PLACES)] {
        for (what, name, old, new) in traps {
            let path = RepoPath::parse(name).unwrap();
            let old = Lines::from(*old);
            let file = FileDiff::between(path, Some(old), Some(Lines::from(*new)), HunkId(0));
            let reading = Reading::of_files(std::slice::from_ref(&file));
            let folds = file.hunks.iter().flat_map(|cut| reading.folds(cut.id)).map(|fold| fold.words());
            folded.extend(folds.map(|words| format!("{kind}: {what}, {name}: {words}")));
        }
    }
    assert!(folded.is_empty(), "{}", folded.join("\n"));
}
