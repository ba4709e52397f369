//! Refactorings made by rules of their own, which share nothing with the code under test: they work on
//! lines and letters, know what they changed, and label it.

use std::collections::BTreeSet;

use super::corpus::Random;

/// A file before and after. `old` and `new` hold the lines (from 0) that a verified fold should cover;
/// the planted ones those that none may.
#[derive(Clone, Debug, Default)]
pub struct Version {
    pub path: String,
    pub before: String,
    pub after: String,
    pub planted_old: BTreeSet<usize>,
    pub planted_new: BTreeSet<usize>,
}

/// One labelled changeset.
#[derive(Clone, Debug)]
pub struct Case {
    pub kind: &'static str,
    pub planted: bool,
    /// The name that became another, and the other.
    pub renamed: Option<(String, String)>,
    pub files: Vec<Version>,
}

fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Spans of lines that are a whole definition at the left margin: from its comments and attributes
/// down to a closing bracket in the first column.
fn definitions(text: &[String]) -> Vec<(usize, usize)> {
    if text.iter().any(|line| line.starts_with("def ") && line.trim_end().ends_with(':')) {
        return indented(text);
    }
    let begins = |line: &str| {
        [
            "fn ",
            "pub fn ",
            "pub(super) fn ",
            "struct ",
            "pub struct ",
            "enum ",
            "pub enum ",
            "impl ",
            "impl<",
            "function ",
            "export function ",
            "class ",
            "export class ",
            "async function ",
            "interface ",
        ]
        .iter()
        .any(|word| line.starts_with(word))
    };
    let attached = |line: &str| line.starts_with("///") || line.starts_with("#[") || line.starts_with("// ");
    let mut found = Vec::new();
    for (at, line) in text.iter().enumerate() {
        if !begins(line) || !line.trim_end().ends_with('{') {
            continue;
        }
        let start = (0..at).rev().take_while(|above| attached(&text[*above])).last().unwrap_or(at);
        let Some(length) = text[at..].iter().position(|line| line == "}\n") else { continue };
        let above = start == 0 || text[start - 1] == "\n";
        let end = at + length + 1;
        let below = text.get(end).is_none_or(|line| line == "\n");
        if above && below && end - start >= 4 {
            found.push((start, end));
        }
    }
    found
}

/// The same where the body is what is indented: a function or class at the left margin, with its
/// decorators, between blank lines.
fn indented(text: &[String]) -> Vec<(usize, usize)> {
    let begins = |line: &str| line.starts_with("def ") || line.starts_with("class ");
    let mut found = Vec::new();
    for (at, _) in text.iter().enumerate().filter(|(_, line)| begins(line)) {
        let start = (0..at).rev().take_while(|above| text[*above].starts_with('@')).last().unwrap_or(at);
        let body = text[at + 1..].iter().take_while(|line| line.starts_with([' ', '\t', '\n', ')'])).count();
        let blank =
            text[at + 1..at + 1 + body].iter().rev().take_while(|line| line.trim().is_empty()).count();
        let end = at + 1 + body - blank;
        let above = start == 0 || text[start - 1] == "\n";
        if above && text.get(end).is_none_or(|line| line == "\n") && end - start >= 4 {
            found.push((start, end));
        }
    }
    found
}

/// A small change of code: a number, an operator, or a word that means something else.
fn tampered(line: &str, random: &mut Random) -> Option<String> {
    const SWAPS: [(&str, &str); 12] = [
        ("true", "false"),
        (" + ", " - "),
        (" == ", " != "),
        (" < ", " <= "),
        ("&&", "||"),
        ("is_some", "is_none"),
        ("first", "last"),
        ("1", "2"),
        ("0", "1"),
        ("start", "end"),
        (".min(", ".max("),
        ("let ", "let mut "),
    ];
    let fits: Vec<_> = SWAPS.iter().filter(|(from, _)| line.contains(from)).collect();
    let (from, to) = random.of(&fits).copied()?;
    if line.trim_start().starts_with("//") { None } else { Some(line.replacen(from, to, 1)) }
}

/// A definition that moves within its file or into another.
pub fn moved(sources: &[(String, String)], random: &mut Random, plant: bool) -> Option<Case> {
    let (path, text) = random.of(sources)?.clone();
    let mut here = lines(&text);
    let (start, end) = *random.of(&definitions(&here))?;
    let mut block: Vec<String> = here[start..end].to_vec();
    let original = block.clone();
    let across = random.below(2) == 0;
    let (to_path, to_text) = if across { random.of(sources)?.clone() } else { (path.clone(), String::new()) };
    if across && (to_path == path || to_text.contains(&block.concat())) {
        return None;
    }
    let mut planted = None;
    if plant {
        let at = random.below(block.len());
        let changed = tampered(&block[at], random)?;
        if original.contains(&changed) || text.contains(&changed) || to_text.contains(&changed) {
            return None;
        }
        block[at] = changed;
        planted = Some(at);
    }
    let mut there = if across { lines(&to_text) } else { here.clone() };
    let places: Vec<usize> = definitions(&there)
        .iter()
        .map(|(start, _)| *start)
        .filter(|place| across || *place + 40 < start || *place > end + 40)
        .collect();
    let place = *random.of(&places)?;
    block.push("\n".to_owned());
    let cut = (start, (end + 1).min(here.len()));
    if across {
        here.drain(cut.0..cut.1);
        there.splice(place..place, block);
        let mut source = version(&path, &text, &here);
        let mut target = version(&to_path, &to_text, &there);
        if let Some(at) = planted {
            source.planted_old.insert(start + at);
            target.planted_new.insert(place + at);
        }
        return Some(Case { kind: "moved", planted: plant, renamed: None, files: vec![source, target] });
    }
    let shift = cut.1 - cut.0;
    here.drain(cut.0..cut.1);
    let place = if place > start { place - shift } else { place };
    here.splice(place..place, block);
    let mut file = version(&path, &text, &here);
    if let Some(at) = planted {
        file.planted_old.insert(start + at);
        file.planted_new.insert(place + at);
    }
    Some(Case { kind: "moved", planted: plant, renamed: None, files: vec![file] })
}

fn version(path: &str, before: &str, after: &[String]) -> Version {
    Version { path: path.to_owned(), before: before.to_owned(), after: after.concat(), ..Version::default() }
}

/// Calls and signatures over several lines, or with wider blanks; bodies indented otherwise.
pub fn reformatted(sources: &[(String, String)], random: &mut Random, plant: bool) -> Option<Case> {
    let (path, text) = random.of(sources)?.clone();
    let here = lines(&text);
    let plain = |line: &str| !line.contains(['"', '\'', '/', '#', '!']) && !line.trim().is_empty();
    let candidates: Vec<usize> =
        (0..here.len()).filter(|at| plain(&here[*at]) && here[*at].contains('(')).collect();
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    for _ in 0..6 {
        chosen.insert(*random.of(&candidates)?);
    }
    let victim = if plant { chosen.iter().copied().nth(random.below(chosen.len())) } else { None };
    let mut file = Version { path, before: text.clone(), ..Version::default() };
    let mut after: Vec<String> = Vec::new();
    for (at, line) in here.iter().enumerate() {
        if !chosen.contains(&at) {
            after.push(line.clone());
            continue;
        }
        let mut line = line.clone();
        if victim == Some(at) {
            line = tampered(&line, random)?;
        }
        let pieces = laid_out(&line, random);
        if victim == Some(at) {
            file.planted_old.insert(at);
            file.planted_new.extend(after.len()..after.len() + pieces.len());
        }
        after.extend(pieces);
    }
    file.after = after.concat();
    (file.after != file.before).then_some(Case {
        kind: "reformatted",
        planted: plant,
        renamed: None,
        files: vec![file],
    })
}

fn laid_out(line: &str, random: &mut Random) -> Vec<String> {
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let code = line.trim();
    match random.below(4) {
        0 if code.contains(", ") => {
            let parts: Vec<&str> = code.split(", ").collect();
            let last = parts.len() - 1;
            let part = |(at, part): (usize, &&str)| {
                let comma = if at < last { "," } else { "" };
                let deeper = if at == 0 { "" } else { "    " };
                format!("{indent}{deeper}{part}{comma}\n")
            };
            parts.iter().enumerate().map(part).collect()
        }
        1 => vec![format!("{indent}  {code}\n")],
        2 => vec![format!("{indent}{}\n", code.replacen('(', "( ", 1))],
        _ => match code.split_once('(') {
            Some((before, after)) if !after.is_empty() => {
                vec![format!("{indent}{before}(\n"), format!("{indent}        {after}\n")]
            }
            _ => vec![format!("{indent}{code}  \n")],
        },
    }
}

/// A function, variable, parameter or type with another name, wherever it stands as a word in code.
pub fn renamed(sources: &[(String, String)], random: &mut Random, plant: bool) -> Option<Case> {
    let (path, text) = random.of(sources)?.clone();
    let names = bound(&text);
    let from = random.of(&names)?.clone();
    let to = format!("{from}{}", ["_now", "_of", "Kept", "2"][random.below(4)]);
    if text.contains(&to) {
        return None;
    }
    let here = lines(&text);
    let mut after = Vec::new();
    let mut file = Version { path, before: text.clone(), ..Version::default() };
    let touched: Vec<usize> =
        (0..here.len()).filter(|at| replaced(&here[*at], &from, &to) != here[*at]).collect();
    let victim = if plant { Some(*random.of(&touched)?) } else { None };
    for (at, line) in here.iter().enumerate() {
        let mut line = replaced(line, &from, &to);
        if victim == Some(at) {
            line = tampered(&line, random).filter(|tampered| tampered.contains(&to))?;
            file.planted_old.insert(at);
            file.planted_new.insert(at);
        }
        after.push(line);
    }
    file.after = after.concat();
    Some(Case { kind: "renamed", planted: plant, renamed: Some((from, to)), files: vec![file] })
}

/// Names that look bound in this file and are used alone in it: never after a dot or a colon, never in
/// a string or a comment, and no field, key, import or member.
fn bound(text: &str) -> Vec<String> {
    let mut names = BTreeSet::new();
    for line in text.lines() {
        let code = line.trim();
        for word in [
            "fn ",
            "let ",
            "let mut ",
            "struct ",
            "enum ",
            "const ",
            "for ",
            "def ",
            "class ",
            "function ",
            "var ",
        ] {
            let Some(rest) = code.strip_prefix(word) else { continue };
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // `let Some(x)` binds `x`.
            if code.strip_prefix(word).is_some_and(|rest| rest[name.len()..].starts_with('('))
                && !["fn ", "def ", "function "].contains(&word)
            {
                continue;
            }
            let member = ["fn ", "def ", "function "].contains(&word) && line.starts_with(' ');
            if name.len() >= 3 && name != "mut" && !member {
                names.insert(name);
            }
        }
    }
    names.into_iter().filter(|name| stands_alone(text, name)).collect()
}

fn stands_alone(text: &str, name: &str) -> bool {
    let mut places = 0;
    for line in text.lines() {
        for at in words(line, name) {
            let (before, after) = (&line[..at], &line[at + name.len()..]);
            let quoted = before.matches('"').count() % 2 == 1
                || line.contains("//")
                || line.contains('{') && line.contains('"');
            let member = before.ends_with('.') || before.ends_with("::") || before.ends_with('\'');
            let key = after.starts_with(':')
                && !after.starts_with("::")
                && !before.contains("let ")
                && !before.contains('(');
            let import =
                line.trim_start().starts_with("use ") || line.contains("pub ") || line.contains("macro");
            let field = after.starts_with(',') || after.starts_with(" }") || line.contains('!');
            if quoted || member || key || import || field {
                return false;
            }
            places += 1;
        }
    }
    places >= 2
}

/// Where `name` stands as a word.
fn words(line: &str, name: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let found = line.match_indices(name).filter(|(at, _)| {
        let before = line[..*at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    });
    found.map(|(at, _)| at).collect()
}

fn replaced(line: &str, from: &str, to: &str) -> String {
    let mut line = line.to_owned();
    for at in words(&line.clone(), from).into_iter().rev() {
        line.replace_range(at..at + from.len(), to);
    }
    line
}
