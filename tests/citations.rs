//! Planted falsehoods in answers about real sources: those of this repository. A model that is scripted
//! quotes some of them truly and the others in every way that one can be wrong; each planted source must
//! be caught and each true one kept, by the session as it runs in earnest. Figures: `docs/benchmarks.md`,
//! printed by `cargo test --test citations -- --nocapture`.

use std::collections::BTreeMap;
use std::path::Path;

use rein::change::Leash;
use rein::context::citation::{Checked, Evidence, ShownCommit};
use rein::context::evidence;
use rein::model::{Delta, Tokens};
use rein::prompt::Prompts;
use rein::session::{Effect, Event, Proof, Question, Retrieved, Session, Terms};
use rein::text::{Lines, RepoPath};
use rein::workspace::Source;

const COMMIT: &str = "3f9a1c07b2d84e5566aa7788bb99cc00dd11ee22";
const MESSAGE: &str =
    "Count requests from one\n\nThe meter began at zero, so that the first request was free.\n";
const DIFF: &str = "diff --git a/meter.rs b/meter.rs\n--- a/meter.rs\n+++ b/meter.rs\n@@ -1,3 +1,3 @@\n fn count() {\n\
                    -    let mut requests = 0;\n+    let mut requests = 1;\n }\n";

/// Numbers that are the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }
}

/// The sources of this repository, as a project's.
fn project() -> Vec<(RepoPath, Lines)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src/context", "src/session", "src/text", "src/workspace", "docs", "prompts"] {
        collect(root, &root.join(folder), &mut files);
    }
    files.sort();
    files.into_iter().map(|(path, text)| (path, Lines::from(text.as_str()))).collect()
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(RepoPath, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            files.push((RepoPath::parse(name).unwrap(), text));
        }
    }
}

/// A source as a model may write it: where, what, and of which kind.
type Planted = (&'static str, String, String);

fn quote_of(text: &Lines, first: usize, count: usize) -> String {
    (first..first + count)
        .map(|line| String::from_utf8_lossy(text.text(line).unwrap()).into_owned() + "\n")
        .collect()
}

/// One to four lines with enough in them to be worth a quote.
fn place(dice: &mut Dice, text: &Lines) -> Option<(usize, usize)> {
    let count = 1 + dice.below(4);
    let first = dice.below(text.len().saturating_sub(count));
    let quote = (first + count <= text.len()).then(|| quote_of(text, first, count))?;
    let solid = squeezed(&quote).len();
    (solid >= 12 && !quote.starts_with('\n') && !quote.ends_with("\n\n")).then_some((first, count))
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn at(path: &RepoPath, first: usize, count: usize) -> String {
    if count == 1 {
        format!("{path}:{}", first + 1)
    } else {
        format!("{path}:{}-{}", first + 1, first + count)
    }
}

/// What is true of the files: to the byte, moved to the left, without its indentation, a part of a line, a
/// range around it; and of the commit: what it says, and what it changed on either side.
fn true_sources(dice: &mut Dice, path: &RepoPath, text: &Lines) -> Vec<Planted> {
    let Some((first, count)) = place(dice, text) else { return Vec::new() };
    let quote = quote_of(text, first, count);
    let indents = quote.lines().filter(|line| !line.trim().is_empty());
    let least = indents.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let left: String =
        quote.lines().map(|line| format!("{}\n", line.get(least..).unwrap_or_default())).collect();
    let flush: String = quote.lines().map(|line| format!("{}\n", line.trim())).collect();
    let part: String = quote.lines().next().unwrap().trim().to_owned();
    let mut all = vec![
        ("to the byte", at(path, first, count), quote.clone()),
        ("moved to the left", at(path, first, count), left),
        ("without its indentation", at(path, first, count), flush),
        ("a wider range", at(path, first.saturating_sub(3), count + 6), quote.clone()),
        ("`./` before the path", format!("./{}", at(path, first, count)), quote),
    ];
    if part.len() >= 16 && part.is_char_boundary(part.len() - 4) {
        all.push(("part of a line", at(path, first, 1), part[..part.len() - 4].to_owned()));
    }
    for quoted in [
        "Count requests from one",
        "-    let mut requests = 0;\n+    let mut requests = 1;",
        "let mut requests = 0;",
    ] {
        all.push(("of a commit", format!("commit {}", &COMMIT[..8]), quoted.to_owned()));
    }
    all
}

/// What is false: each a true source with one thing changed.
fn planted(dice: &mut Dice, path: &RepoPath, text: &Lines, files: &[(RepoPath, Lines)]) -> Vec<Planted> {
    let Some((first, count)) = place(dice, text) else { return Vec::new() };
    let quote = quote_of(text, first, count);
    let here = at(path, first, count);
    let letter =
        quote.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).map(|(at, _)| at).collect::<Vec<_>>();
    let Some(at_letter) = letter.get(dice.below(letter.len())).copied() else { return Vec::new() };
    let (head, tail) = (&quote[..at_letter], &quote[at_letter + 1..]);
    let mut all = vec![
        ("another letter", here.clone(), format!("{head}q{tail}")),
        ("a letter left out", here.clone(), format!("{head}{tail}")),
        ("a look-alike letter", here.clone(), format!("{head}\u{430}{tail}")),
        ("an invisible character", here.clone(), format!("{head}\u{200b}{}", &quote[at_letter..])),
        ("something added", here.clone(), format!("{} // as asked", quote.trim_end())),
        ("an invented file", format!("src/invented/{here}"), quote.clone()),
        ("a path that leads out", format!("../{here}"), quote.clone()),
        ("an ellipsis", here.clone(), format!("{}\n…\n{}", quote.trim_end(), quote.trim_start())),
        ("three full stops", here.clone(), format!("{}\n    ...\n", quote.trim_end())),
        ("no lines", path.to_string(), quote.clone()),
        ("no quote", here.clone(), String::new()),
        ("a brace", here.clone(), "}".to_owned()),
        ("an invented commit", "commit 1234567".to_owned(), "Count requests from one".to_owned()),
        ("a false message", format!("commit {}", &COMMIT[..8]), "Count requests from two".to_owned()),
        ("the wrong side", format!("commit {}", &COMMIT[..8]), "+    let mut requests = 0;".to_owned()),
    ];
    let upper: String = quote
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    all.push(("another case", here.clone(), upper));
    if let Some((before, after)) = quote.trim().split_once(' ') {
        all.push(("two blanks for one", here.clone(), format!("{before}  {after}")));
        all.push(("a no-break space", here.clone(), format!("{before}\u{a0}{after}")));
        all.push(("no blank", here.clone(), format!("{before}{after}")));
    }
    if count > 1 {
        let lines: Vec<&str> = quote.lines().collect();
        all.push((
            "lines joined",
            here.clone(),
            lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "),
        ));
        let turned: Vec<&str> = lines.iter().rev().copied().collect();
        all.push(("lines in another order", here.clone(), turned.join("\n")));
        if count > 2 {
            all.push(("a line left out", here.clone(), format!("{}\n{}\n", lines[0], lines[count - 1])));
        }
        let deeper: Vec<String> =
            lines.iter().enumerate().map(|(at, line)| format!("{}{line}", "    ".repeat(at * 3))).collect();
        all.push(("another depth", here.clone(), deeper.join("\n")));
    }
    // Of a file that was never shown.
    let (_, other) = &files[dice.below(files.len())];
    if let Some((first, count)) = place(dice, other) {
        let quote = quote_of(other, first, count);
        all.push((
            "a file never shown",
            at(&RepoPath::parse("secret/plan.md").unwrap(), first, count),
            quote,
        ));
        all.push(("another file's lines", here, quote_of(other, first, count)));
    }
    // What is true by chance was not planted.
    all.retain(|(kind, _, quote)| {
        let may_be_elsewhere =
            ["an invented file", "a path that leads out", "a file never shown", "no lines"].contains(kind);
        may_be_elsewhere || is_false(text, quote)
    });
    all
}

/// By another road than the one that is tested: does the text not hold it, and is there no run of lines
/// that reads so but for indentation of the same shape?
fn is_false(text: &Lines, quote: &str) -> bool {
    let bare = quote.trim_matches('\n').trim_end();
    let all = String::from_utf8_lossy(text.bytes()).into_owned();
    if bare.is_empty() || all.contains(bare) {
        return bare.is_empty();
    }
    let (wanted, have): (Vec<&str>, Vec<&str>) = (bare.split('\n').collect(), all.split('\n').collect());
    let depth = |line: &&str| line.len() - line.trim_start().len();
    let ranks = |lines: &[&str]| -> Vec<usize> {
        let depths: Vec<usize> = lines.iter().filter(|line| !line.trim().is_empty()).map(depth).collect();
        depths.iter().map(|one| depths.iter().filter(|other| *other < one).count()).collect()
    };
    let flush = wanted.iter().all(|line| depth(line) == 0);
    !have.windows(wanted.len()).any(|window| {
        let words = window.iter().zip(&wanted).all(|(a, b)| a.trim() == b.trim());
        let within = wanted.len() == 1 && window[0].contains(wanted[0].trim());
        within || (words && (flush || ranks(window) == ranks(&wanted)))
    })
}

/// What the session makes of an answer that rests on these sources, one sentence on each.
fn proof(sources: &[Planted], shown: &Evidence) -> Proof {
    let prompts = Prompts::embedded().unwrap().into();
    let mut session =
        Session::new(Terms { prompts, leash: Leash::default(), max_output: None, source: Source::Tui });
    let effects = session.ask(Question::of("what is so?")).unwrap();
    let [Effect::Retrieve { turn, .. }] = effects[..] else { panic!("{effects:?}") };
    let pack = evidence("what is so?", &[], Tokens(9_999)).unwrap();
    let found = Ok(Retrieved { history: true, ..Retrieved::of(pack, shown.clone()) });
    session.update(Event::Retrieved { turn, found });
    let mut answer = "SOURCES\n".to_owned();
    for (number, (_, place, quote)) in (1..).zip(sources) {
        answer.push_str(&format!("[{number}] {place}\n"));
        quote.lines().for_each(|line| answer.push_str(&format!("> {line}\n")));
    }
    answer.push_str("\nANSWER\n");
    (1..=sources.len()).for_each(|number| answer.push_str(&format!("It is so [{number}].\n\n")));
    session.update(Event::Delta { turn, delta: Delta::Text(answer) });
    session.update(Event::Ended { turn, result: Ok(()) });
    session.inquiry().unwrap().proof().clone()
}

#[test]
fn every_planted_source_is_caught_and_every_true_one_is_kept() {
    let files = project();
    let mut dice = Dice(42);
    // By kind: how many there were, and how many were taken for what they are.
    let mut counts: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for round in 0..400 {
        let (path, text) = &files[dice.below(files.len())];
        let mut shown = Evidence::default();
        shown.add_file(path.clone(), text.clone());
        shown.add_commit(ShownCommit::new(COMMIT, &format!("commit {COMMIT}\n\n{MESSAGE}"), DIFF));
        for is_true in [true, false] {
            let sources = match is_true {
                true => true_sources(&mut dice, path, text),
                false => planted(&mut dice, path, text, &files),
            };
            let proof = proof(&sources, &shown);
            for (number, source) in (1..).zip(&sources) {
                // What is no source is a statement of its own, and none that is verified.
                let said = format!("It is so [{number}].");
                let finding = proof.findings.iter().find(|one| one.text == said).unwrap();
                let (all, right) = counts.entry((is_true, source.0)).or_default();
                *all += 1;
                *right += usize::from(finding.is_verified() == is_true);
                if finding.is_verified() != is_true {
                    wrong.push(format!("{round} {}: {} {:?}", source.0, source.1, source.2));
                }
            }
        }
    }
    let mut sums = [(0, 0); 2];
    for ((is_true, kind), (all, right)) in &counts {
        println!("{} {kind}: {right} of {all}", if *is_true { "kept:  " } else { "caught:" });
        sums[usize::from(*is_true)].0 += all;
        sums[usize::from(*is_true)].1 += right;
    }
    println!("caught: {} of {} planted, kept: {} of {} true", sums[0].1, sums[0].0, sums[1].1, sums[1].0);
    assert!(wrong.is_empty(), "{} wrong, as in\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(sums[0].0 > 5_000 && sums[1].0 > 2_000, "{sums:?}");
}

#[test]
fn a_true_quote_at_other_lines_is_never_shown_as_if_it_stood_there() {
    let files = project();
    let mut dice = Dice(7);
    let (mut put_right, mut doubted) = (0, 0);
    for _ in 0..600 {
        let (path, text) = &files[dice.below(files.len())];
        let Some((first, count)) = place(&mut dice, text) else { continue };
        let quote = quote_of(text, first, count);
        let elsewhere = first + count + 40 + dice.below(200);
        let mut shown = Evidence::default();
        shown.add_file(path.clone(), text.clone());
        let source = ("elsewhere", at(path, elsewhere, 1), quote.clone());
        let found = proof(&[source], &shown);
        match &found.sources[0].checked {
            Checked::Corrected { span, .. } => {
                assert_eq!(quote_of(text, span.start(), span.len()).trim_end(), quote.trim_end());
                assert!(found.sources[0].told().contains("the answer said"));
                put_right += 1;
            }
            Checked::Unverified(_) => doubted += 1,
            // It stands there as well.
            Checked::Verified { span, .. } => {
                assert!(span.as_range().contains(&elsewhere), "{span:?} {elsewhere}");
            }
        }
    }
    println!("put right: {put_right}, not verified since it stands in several places: {doubted}");
    assert!(put_right > 300, "{put_right}");
}
