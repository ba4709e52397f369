//! What is folded, on a labelled set of synthetic refactorings of rein's own sources: each a move, a
//! reformatting or a renaming, half of them with a small change planted inside. Nothing that changed
//! may be folded; of what did not change in meaning, nine lines of ten must be.
//!
//! `FOLDING_CASES=1000 cargo test --release --test folding -- --nocapture` prints the figures of
//! `docs/benchmarks.md`; `FOLDING_MISSES=1` shows what was not folded.

#[path = "folding/corpus.rs"]
mod corpus;
#[path = "folding/refactor.rs"]
mod refactor;

use corpus::{Random, sources};
use refactor::{Case, moved, reformatted, renamed};
use rein::change::HunkId;
use rein::change::reading::{FileDiff, Reading};
use rein::text::diff::changes;
use rein::text::{Lines, RepoPath};

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
}

impl Tally {
    fn recall(&self) -> f64 {
        self.folded as f64 / self.foldable.max(1) as f64
    }

    fn precision(&self) -> f64 {
        (self.all_folded - self.wrong) as f64 / self.all_folded.max(1) as f64
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
        for (file, labels) in files.iter().zip(&case.files) {
            let (old, new) = (file.old.as_ref().unwrap(), file.new.as_ref().unwrap());
            let changed: usize = changes(old, new).iter().map(|c| c.old.len() + c.new.len()).sum();
            self.planted += labels.planted_old.len() + labels.planted_new.len();
            let mut folded = 0;
            for cut in &file.hunks {
                for fold in reading.folds(cut.id) {
                    folded += fold.lines();
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
    }
}

type Make = fn(&[(String, String)], &mut Random, bool) -> Option<Case>;

#[test]
fn nothing_that_changed_is_folded_and_nearly_all_that_did_not_is() {
    let sources = sources();
    let wanted = std::env::var("FOLDING_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(CASES);
    let kinds: [(&str, Make); 3] = [("moved", moved), ("reformatted", reformatted), ("renamed", renamed)];
    for (kind, make) in kinds {
        let mut tally = Tally::default();
        let mut random = Random(0x5eed + kind.len() as u64);
        for plant in [false, true] {
            let cases = std::iter::repeat_with(|| make(&sources, &mut random, plant)).take(wanted * 400);
            cases.flatten().take(wanted).for_each(|case| tally.count(&case));
        }
        println!(
            "{kind}: {} changesets, precision {:.3} ({} folded lines, {} planted), recall {:.3} ({} of {} lines)",
            tally.cases,
            tally.precision(),
            tally.all_folded,
            tally.planted,
            tally.recall(),
            tally.folded,
            tally.foldable,
        );
        assert_eq!(tally.wrong, 0, "{kind}: a planted change was folded");
        assert!(tally.cases == 2 * wanted, "{kind}: only {} changesets", tally.cases);
        assert!(tally.recall() >= 0.9, "{kind}: recall {:.3}", tally.recall());
    }
}
