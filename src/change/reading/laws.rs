//! The laws of folding, over random texts and random changes of them: folds cover changed lines only,
//! each once, and what they hide is what they say.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::text::{Lines, RepoPath, Span};

/// Pieces that texts are made of: definitions, statements, and things that trip over each other.
const PIECES: [&str; 16] = [
    "fn alpha(left: u32, right: u32) -> u32 {\n    left * 2 + right\n}\n",
    "fn beta(list: &[u32]) -> usize {\n    let count = list.len();\n    count + 1\n}\n",
    "impl Gamma {\n    fn delta(&self) -> u32 {\n        self.x + 1 + self.y\n    }\n}\n",
    "impl Other {\n    fn delta(&self) -> u32 {\n        self.x + 1 + self.y\n    }\n}\n",
    "#[cfg(test)]\nfn epsilon() {\n    assert_eq!(alpha(1, 2), 4);\n}\n",
    "/// Words.\nfn zeta() -> &'static str {\n    \"a\n    b\"\n}\n",
    "struct Gamma {\n    x: u32,\n    y: u32,\n}\n",
    "const COUNT: [u32; 3] = [1, 2, 3];\n",
    "mod inner {\n    fn eta(a: u32) -> u32 {\n        a + 1 + a + 2\n    }\n}\n",
    "fn eta(a: u32) -> u32 {\n    a + 1 + a + 2\n}\n",
    "\n",
    "\n",
    "// note\n",
    "#[inline]\n",
    "fn theta() {\n    call(1, 2, |count| count + 1);\n}\n",
    "static NAME: &str = \"count\";\n",
];

/// One change of a text.
#[derive(Clone, Debug)]
enum Twist {
    Swap(usize, usize),
    Drop(usize),
    Put(usize, usize),
    Replace(&'static str, &'static str, bool),
}

fn twist() -> impl Strategy<Value = Twist> {
    let replacements = vec![
        ("count", "total"),
        ("left", "right"),
        ("alpha", "omega"),
        (" + ", " - "),
        (" + ", "  +  "),
        (", ", ",\n        "),
        ("    ", "  "),
        ("    ", "\t"),
        ("\n", "\r\n"),
        ("\n", "\n\n"),
        ("1", "2"),
        ("\"", "\" "),
        ("{", "{ "),
        ("Gamma", "Other"),
    ];
    prop_oneof![
        3 => (0usize..12, 0usize..12).prop_map(|(a, b)| Twist::Swap(a, b)),
        1 => (0usize..12).prop_map(Twist::Drop),
        1 => (0usize..12, 0usize..PIECES.len()).prop_map(|(at, piece)| Twist::Put(at, piece)),
        4 => (proptest::sample::select(replacements), any::<bool>()).prop_map(|((a, b), all)| Twist::Replace(a, b, all)),
    ]
}

fn twisted(pieces: &[String], twists: &[Twist]) -> String {
    let mut pieces = pieces.to_vec();
    for twist in twists {
        let len = pieces.len();
        match twist {
            Twist::Swap(a, b) if len > 0 => pieces.swap(a % len, b % len),
            Twist::Drop(at) if len > 0 => drop(pieces.remove(at % len)),
            Twist::Put(at, piece) => pieces.insert(at % (len + 1), PIECES[*piece].to_owned()),
            Twist::Replace(from, to, true) => {
                pieces.iter_mut().for_each(|piece| *piece = piece.replace(from, to))
            }
            Twist::Replace(from, to, false) => {
                let at = pieces.iter().position(|piece| piece.contains(from));
                at.into_iter().for_each(|at| pieces[at] = pieces[at].replacen(from, to, 1));
            }
            _ => {}
        }
    }
    pieces.concat()
}

/// All but layout, to which a comma behind the last of a list belongs.
fn letters(lines: &[&[u8]]) -> Vec<u8> {
    lines.concat().into_iter().filter(|byte| !byte.is_ascii_whitespace() && *byte != b',').collect()
}

/// Each of these lines without its blanks, and how often.
fn bag(lines: impl Iterator<Item = Vec<u8>>) -> BTreeMap<Vec<u8>, usize> {
    let mut bag = BTreeMap::new();
    lines.filter(|line| !line.is_empty()).for_each(|line| *bag.entry(line).or_default() += 1);
    bag
}

fn trimmed(text: &Lines) -> BTreeMap<Vec<u8>, usize> {
    bag(text.iter().map(|line| line.trim_ascii().to_vec()))
}

/// All rows of these lines, counted from their first.
fn rows(lines: Span) -> Span {
    Span::new(0, lines.len())
}

fn holds(file: &FileDiff, cut: &Cut, fold: &Fold) -> Result<(), TestCaseError> {
    let (old, new) = (file.old.as_ref().unwrap(), &file.after().unwrap());
    let slice = |text: &Lines, from: Span, span: Span| -> Vec<Vec<u8>> {
        span.as_range().map(|row| text.get(from.start() + row).unwrap().to_vec()).collect()
    };
    let (gone, come) = (slice(old, cut.old, fold.gone), slice(new, cut.new, fold.come));
    let refs = |lines: &[Vec<u8>]| letters(&lines.iter().map(Vec::as_slice).collect::<Vec<_>>());
    match &fold.kind {
        // A line and a blank that changed places are two changes, the same only when taken together.
        FoldKind::Reformatted { .. } => {
            let whole = (slice(old, cut.old, rows(cut.old)), slice(new, cut.new, rows(cut.new)));
            let (is, was) = if refs(&gone) == refs(&come) { (gone, come) } else { whole };
            prop_assert_eq!(refs(&is), refs(&was));
        }
        FoldKind::Renamed { names, .. } => {
            let text = |lines: &[Vec<u8>]| String::from_utf8(lines.concat()).unwrap();
            let words = |text: &str| -> Vec<String> {
                let pieces =
                    text.as_bytes().chunk_by(|a, b| a.is_ascii_alphanumeric() == b.is_ascii_alphanumeric());
                pieces.map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
            };
            let put = |word: String| names.get(&word).cloned().unwrap_or(word);
            let expected: String = words(&text(&gone)).into_iter().map(put).collect();
            prop_assert_eq!(expected, text(&come));
        }
        // Every line that is hidden at one end stands at the other as well.
        FoldKind::Moved(_) => {
            let there = trimmed(if fold.come.is_empty() { new } else { old });
            let here = bag(gone.iter().chain(&come).map(|line| line.trim_ascii().to_vec()));
            for (line, count) in here {
                prop_assert!(there.get(&line).is_some_and(|there| *there >= count));
            }
        }
        FoldKind::Generated(_) => prop_assert!(false, "nothing here is generated"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_fold_hides_changed_lines_only_each_once_and_says_what_it_hides(
        pieces in proptest::collection::vec(0..PIECES.len(), 1..12),
        twists in proptest::collection::vec(twist(), 1..5),
        name in proptest::sample::select(vec!["a.rs", "a.go", "a.txt"]),
    ) {
        let pieces: Vec<String> = pieces.into_iter().map(|at| PIECES[at].to_owned()).collect();
        let (old, new) = (Lines::from(&*pieces.concat()), Lines::from(&*twisted(&pieces, &twists)));
        let path = RepoPath::parse(name).unwrap();
        let file = FileDiff::between(path, Some(old), Some(new), HunkId(0));
        let reading = Reading::of_files(std::slice::from_ref(&file));
        for cut in &file.hunks {
            let mut gone = vec![false; cut.old.len()];
            let mut come = vec![false; cut.new.len()];
            for change in &cut.changes {
                change.old.as_range().for_each(|row| gone[row] = true);
                change.new.as_range().for_each(|row| come[row] = true);
            }
            for fold in reading.folds(cut.id) {
                prop_assert!(fold.lines() > 0);
                // Taken out of what is changed and not folded yet: everything else is out of bounds.
                for row in fold.gone.as_range() {
                    prop_assert!(std::mem::take(&mut gone[row]));
                }
                for row in fold.come.as_range() {
                    prop_assert!(std::mem::take(&mut come[row]));
                }
                holds(&file, cut, fold)?;
            }
            let left = gone.iter().chain(&come).filter(|row| **row).count();
            let owed: usize = reading.folds(cut.id).iter().map(Fold::owes).sum();
            prop_assert_eq!(reading.lines_to_read([cut.id]), left + owed);
        }
        let mut order = reading.order(Order::Reading);
        order.sort();
        prop_assert_eq!(order, file.hunks.iter().map(|cut| cut.id).collect::<Vec<_>>(), "each hunk once");
    }

    /// Whatever the bytes: what is folded is what it says.
    #[test]
    fn nothing_is_folded_across_bytes_nobody_can_parse(
        noise in proptest::collection::vec(any::<u8>(), 0..200),
        other in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let file = FileDiff::between(
            RepoPath::parse("a.rs").unwrap(),
            Some(Lines::new(noise)),
            Some(Lines::new(other)),
            HunkId(0),
        );
        let reading = Reading::of_files(std::slice::from_ref(&file));
        for cut in &file.hunks {
            for fold in reading.folds(cut.id) {
                holds(&file, cut, fold)?;
            }
        }
    }
}
