//! The law of what models get wrong, over random files and edits: however an edit is damaged, what it
//! makes is what was meant, or it is refused. Each damage is one of those that replies really show.

use proptest::prelude::*;

use super::locate::{Tier, locate};
use super::splice::spliced;
use super::{EditHunk, EditLine};
use crate::text::Lines;

/// What happened to the edit, or to the file since.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Dedented,
    ShiftedDeeper,
    TabsForBlanks,
    FirstLineStripped,
    TrailingBlanks,
    CarriageReturns,
    CrLfFile,
    MarkedFile,
    NoFinalNewline,
    CommentReworded,
    OtherQuotes,
    TypographicQuotes,
    InnerBlanks,
    WrongNumber,
    LineNumbers,
}

fn damage() -> impl Strategy<Value = Damage> {
    use Damage::*;
    proptest::sample::select(vec![
        Dedented,
        ShiftedDeeper,
        TabsForBlanks,
        FirstLineStripped,
        TrailingBlanks,
        CarriageReturns,
        CrLfFile,
        MarkedFile,
        NoFinalNewline,
        CommentReworded,
        OtherQuotes,
        TypographicQuotes,
        InnerBlanks,
        WrongNumber,
        LineNumbers,
    ])
}

/// A line of a made-up program: some say where they stand, some stand everywhere.
fn line() -> impl Strategy<Value = (usize, u8)> {
    (0usize..4, 0u8..10)
}

fn written(at: usize, (depth, kind): (usize, u8)) -> String {
    let indent = "    ".repeat(depth);
    match kind {
        0 => String::new(),
        1 => format!("{indent}}}"),
        2 => format!("{indent}// note {at} about what follows it"),
        _ => format!("{indent}let value_{at} = call(\"text {at}\", {at});"),
    }
}

/// A file, a hunk of it that is right, and what the file is to become.
fn meant() -> impl Strategy<Value = (Vec<String>, EditHunk, Vec<String>)> {
    (
        proptest::collection::vec(line(), 8..30),
        any::<prop::sample::Index>(),
        proptest::collection::vec(0u8..6, 3..8),
    )
        .prop_map(|(shape, start, kinds)| {
            let file: Vec<String> = shape.iter().enumerate().map(|(at, line)| written(at, *line)).collect();
            let start = start.index(file.len() - 3);
            let mut gold = file[..start].to_vec();
            let mut hunk = EditHunk::default();
            let mut at = start;
            for (nth, kind) in kinds.iter().enumerate().take(shape.len() - start) {
                let here = file[at].clone();
                if *kind == 0 {
                    let new = format!("{}fresh_{nth}(\"new\");", "    ".repeat(shape[at].0));
                    gold.push(new.clone());
                    hunk.lines.push(EditLine::Add(new));
                }
                if *kind == 1 {
                    hunk.lines.push(EditLine::Remove(here));
                } else {
                    gold.push(here.clone());
                    hunk.lines.push(EditLine::Keep(here));
                }
                at += 1;
            }
            gold.extend_from_slice(&file[at..]);
            (file, hunk, gold)
        })
}

fn mapped(hunk: &EditHunk, with: impl Fn(usize, &str) -> String) -> EditHunk {
    let line = |(nth, line): (usize, &EditLine)| match line {
        EditLine::Keep(text) => EditLine::Keep(with(nth, text)),
        EditLine::Remove(text) => EditLine::Remove(with(nth, text)),
        EditLine::Add(text) => EditLine::Add(with(nth, text)),
    };
    EditHunk { lines: hunk.lines.iter().enumerate().map(line).collect(), ..hunk.clone() }
}

/// Changes lines of context alone.
fn kept(hunk: &EditHunk, with: impl Fn(&str) -> Vec<String>) -> EditHunk {
    let line = |line: &EditLine| match line {
        EditLine::Keep(text) => with(text).into_iter().map(EditLine::Keep).collect(),
        other => vec![other.clone()],
    };
    EditHunk { lines: hunk.lines.iter().flat_map(line).collect(), ..hunk.clone() }
}

fn damaged(hunk: &EditHunk, damage: Damage) -> EditHunk {
    let blank = |text: &str| text.trim().is_empty();
    match damage {
        Damage::Dedented => {
            let deep = |line: &str| line.len() - line.trim_start().len();
            let all = hunk.before().chain(hunk.after()).filter(|line| !blank(line));
            let least = all.map(deep).min().unwrap_or_default();
            mapped(hunk, |_, text| text.get(least.min(deep(text))..).unwrap_or_default().to_owned())
        }
        Damage::ShiftedDeeper => {
            mapped(hunk, |_, text| if blank(text) { String::new() } else { format!("    {text}") })
        }
        Damage::TabsForBlanks => mapped(hunk, |_, text| text.replace("    ", "\t")),
        Damage::FirstLineStripped => {
            mapped(hunk, |nth, text| if nth == 0 { text.trim_start().to_owned() } else { text.to_owned() })
        }
        Damage::TrailingBlanks => kept(hunk, |text| vec![format!("{text}  ")]),
        Damage::CarriageReturns => mapped(hunk, |_, text| format!("{text}\r")),
        Damage::CommentReworded => kept(hunk, |text| vec![text.replace("about what follows", "on that")]),
        Damage::OtherQuotes => kept(hunk, |text| vec![text.replace('"', "'")]),
        Damage::TypographicQuotes => kept(hunk, |text| vec![text.replace('"', "\u{201d}")]),
        Damage::InnerBlanks => kept(hunk, |text| vec![text.replace(", ", ",").replace("call(", "call( ")]),
        Damage::WrongNumber => EditHunk { hint: Some(3), ..hunk.clone() },
        Damage::LineNumbers => {
            let mut number = 40;
            let mut count = |line: &EditLine| {
                let at = number;
                number += usize::from(!matches!(line, EditLine::Add(_)));
                at
            };
            let numbers: Vec<usize> = hunk.lines.iter().map(&mut count).collect();
            mapped(hunk, |nth, text| format!("{:5}\t{text}", numbers[nth]))
        }
        Damage::CrLfFile | Damage::MarkedFile | Damage::NoFinalNewline => hunk.clone(),
    }
}

/// The bytes of a file with these lines.
fn bytes(lines: &[String], damage: Damage) -> Vec<u8> {
    let ending = if matches!(damage, Damage::CrLfFile) { "\r\n" } else { "\n" };
    let mut text = lines.iter().flat_map(|line| [line.as_str(), ending]).collect::<String>();
    if matches!(damage, Damage::NoFinalNewline) {
        text.truncate(text.len() - ending.len().min(text.len()));
    }
    if matches!(damage, Damage::MarkedFile) {
        text.insert(0, '\u{feff}');
    }
    text.into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_damaged_edit_makes_what_was_meant_or_is_refused((file, hunk, gold) in meant(), damage in damage()) {
        // Without a line that is indented, nothing says how the file is.
        prop_assume!(hunk.before().any(|line| line.starts_with("    let")));
        let begins_new = matches!(hunk.lines.first(), Some(EditLine::Add(_)));
        // One line that lost its indentation is an edit that lost it as a whole.
        let alone = hunk.before().filter(|line| !line.trim().is_empty()).count() == 1;
        // What replaces the first line without being indented is taken to have lost it likewise.
        let replaces = matches!(hunk.lines.first(), Some(EditLine::Remove(text)) if text.starts_with(' '));
        let next = hunk.lines.iter().find(|line| !matches!(line, EditLine::Remove(_)));
        let outdents = replaces && matches!(next, Some(EditLine::Add(text)) if !text.starts_with(' '));
        prop_assume!(!((begins_new || alone || outdents) && matches!(damage, Damage::FirstLineStripped)));
        let base = Lines::new(bytes(&file, damage));
        let said = damaged(&hunk, damage);
        if let Ok(located) = locate(&said, &base) {
            // What stands in the file as it is said is not damaged: something else is said.
            let bare = |text: &str| text.trim_end_matches('\r').to_owned();
            let altered = !said.before().map(bare).eq(hunk.before().map(str::to_owned));
            prop_assume!(!(altered && located.matched_by == Tier::Exact));
            let made = spliced(&base, located.splices.iter().map(|s| (s.replaces, &*s.with)));
            // Whether an empty last line without an ending is a line cannot be told.
            prop_assume!(!matches!(damage, Damage::NoFinalNewline) || gold.last().is_some_and(|line| !line.is_empty()) && file.last().is_some_and(|line| !line.is_empty()));
            let expected = bytes(&gold, damage);
            prop_assert_eq!(made.bytes().escape_ascii().to_string(), expected.escape_ascii().to_string());
        }
    }

    #[test]
    fn an_edit_without_damage_lands_unless_it_fits_twice((file, hunk, gold) in meant()) {
        let base = Lines::new(bytes(&file, Damage::WrongNumber));
        let said: Vec<&str> = hunk.before().collect();
        let places = file.windows(said.len().max(1)).filter(|lines| lines.iter().eq(said.iter())).count();
        prop_assume!(places == 1 && said.iter().any(|line| line.contains("value")));
        let located = locate(&hunk, &base).unwrap();
        let made = spliced(&base, located.splices.iter().map(|s| (s.replaces, &*s.with)));
        prop_assert_eq!(made.bytes(), &*bytes(&gold, Damage::WrongNumber));
    }
}
