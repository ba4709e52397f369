//! Damage on the way from a model to here: line numbers that a tool had shown, text that was escaped
//! once too often, a blank line that an opening quote brought along. Undone only where the undone
//! text stands in the file and the text as it came does not.

use crate::change::{EditHunk, EditLine, pair};
use crate::text::Lines;

/// What is known to have happened to a whole reply.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Damage {
    /// `<`, `>` and `&` came as HTML entities.
    pub(crate) entities: bool,
}

const ENTITIES: [(&str, &str); 6] =
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&amp;", "&")];

impl Damage {
    pub(crate) fn or(self, other: Self) -> Self {
        Self { entities: self.entities || other.entities }
    }

    /// The hunk as the model meant it.
    pub(super) fn undone(self, hunk: &EditHunk) -> EditHunk {
        if self.entities { decoded(hunk) } else { hunk.clone() }
    }

    /// The readings of a hunk with damage undone, the likeliest first; none for a hunk that shows no
    /// trace of any.
    pub(super) fn mended(hunk: &EditHunk, body: &Lines) -> Vec<EditHunk> {
        let entities = hunk.before().any(has_entity) && !holds_entity(body);
        let entities = entities.then(|| decoded(hunk));
        let sides = (owned(hunk.before()), owned(hunk.after()));
        let rebuilt = [unnumbered(&sides), unescaped(&sides), unquoted(&sides), without_lead(&sides)];
        let rebuilt = rebuilt
            .into_iter()
            .flatten()
            .map(|(before, after)| EditHunk { lines: pair(&before, &after), ..hunk.clone() });
        entities.into_iter().chain(rebuilt).collect()
    }

    /// Can it not be told from this hunk alone whether its entities are damage? Its old lines have
    /// none, nor has the file, but its new ones do.
    pub(crate) fn is_doubtful(hunk: &EditHunk, body: &Lines) -> bool {
        let adds = hunk.lines.iter().any(|line| matches!(line, EditLine::Add(text) if has_entity(text)));
        adds && hunk.before().next().is_some() && !hunk.before().any(has_entity) && !holds_entity(body)
    }

    /// Does the hunk fit only with its entities undone?
    pub(crate) fn shows_entities(hunk: &EditHunk, body: &Lines) -> bool {
        hunk.before().any(has_entity) && !holds_entity(body)
    }
}

type Sides = (Vec<String>, Vec<String>);

fn owned<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    lines.map(str::to_owned).collect()
}

fn has_entity(line: &str) -> bool {
    line.contains('&') && ENTITIES.iter().any(|(entity, _)| line.contains(entity))
}

fn holds_entity(body: &Lines) -> bool {
    body.bytes().split(|byte| *byte == b'&').skip(1).any(|rest| {
        ENTITIES.iter().any(|(entity, _)| rest.starts_with(entity.trim_start_matches('&').as_bytes()))
    })
}

fn decoded(hunk: &EditHunk) -> EditHunk {
    let decode = |text: &String| {
        // `&amp;` last, so that `&amp;lt;` becomes `&lt;`.
        ENTITIES.iter().fold(text.clone(), |text, (entity, char)| text.replace(entity, char))
    };
    let line = |line: &EditLine| match line {
        EditLine::Keep(text) => EditLine::Keep(decode(text)),
        EditLine::Remove(text) => EditLine::Remove(decode(text)),
        EditLine::Add(text) => EditLine::Add(decode(text)),
    };
    EditHunk { lines: hunk.lines.iter().map(line).collect(), ..hunk.clone() }
}

/// Without the line numbers in front, when the old lines have them all and count up.
fn unnumbered((before, after): &Sides) -> Option<Sides> {
    let numbers: Vec<(usize, &str)> = before.iter().map(|line| numbered(line)).collect::<Option<_>>()?;
    let counts = numbers.windows(2).all(|pair| matches!(pair, [(one, _), (next, _)] if one + 1 == *next));
    if numbers.is_empty() || !counts {
        return None;
    }
    let bare = |line: &String| numbered(line).map_or(line.clone(), |(_, rest)| rest.to_owned());
    Some((numbers.iter().map(|(_, rest)| (*rest).to_owned()).collect(), after.iter().map(bare).collect()))
}

/// `  12\tcode`, `12 | code`, `12→code`, `12: code`: the number and the code.
fn numbered(line: &str) -> Option<(usize, &str)> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let digits = line.trim_start_matches([' ', '\t']);
    let rest = digits.trim_start_matches(|char: char| char.is_ascii_digit());
    let number = digits.get(..digits.len() - rest.len())?;
    let number = number.parse().ok().filter(|_| number.len() <= 7)?;
    if rest.is_empty() {
        return Some((number, ""));
    }
    let marks = [" | ", " \u{2502} ", "\u{2192}", "\t", ": ", "| ", "|"];
    let rest = marks.iter().find_map(|mark| rest.strip_prefix(mark));
    let rest = rest.or_else(|| {
        [" |", ":"]
            .iter()
            .any(|mark| *mark == digits.trim_start_matches(|c: char| c.is_ascii_digit()))
            .then_some("")
    });
    Some((number, rest?))
}

/// With `\n`, `\t`, `\"` and `\\` as what they stand for, when the old text came as one line of them.
fn unescaped((before, after): &Sides) -> Option<Sides> {
    let escaped =
        before.len() == 1 && before.iter().any(|line| line.contains("\\n") || line.contains("\\\""));
    let plain = |lines: &[String]| -> Vec<String> {
        if lines.is_empty() {
            return Vec::new();
        }
        unescape(&lines.join("\n")).split('\n').map(str::to_owned).collect()
    };
    escaped.then(|| (plain(before), plain(after)))
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (char, (char == '\\').then(|| chars.clone().next()).flatten()) {
            ('\\', Some(escaped @ ('n' | 't' | 'r' | '"' | '\'' | '\\'))) => {
                chars.next();
                plain.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
            }
            _ => plain.push(char),
        }
    }
    plain
}

/// Without the backslashes that Markdown wants before punctuation.
fn unquoted((before, after): &Sides) -> Option<Sides> {
    const MARKED: [char; 12] = ['_', '*', '<', '>', '[', ']', '(', ')', '#', '`', '{', '}'];
    let marked = |line: &str| MARKED.iter().any(|char| line.contains(&format!("\\{char}")));
    let plain = |line: &String| {
        MARKED.iter().fold(line.clone(), |line, char| line.replace(&format!("\\{char}"), &char.to_string()))
    };
    let found = before.iter().any(|line| line.contains('\\') && marked(line));
    found.then(|| (before.iter().map(plain).collect(), after.iter().map(plain).collect()))
}

/// Without a blank line at the top that the file does not have. Compared anew, lest that line be
/// taken for a blank one among the new.
fn without_lead((before, after): &Sides) -> Option<Sides> {
    let (first, rest) = before.split_first()?;
    let blank = first.trim().is_empty() && rest.iter().any(|line| !line.trim().is_empty());
    let new = match after.split_first() {
        Some((line, rest)) if line.trim().is_empty() => rest.to_vec(),
        _ => after.clone(),
    };
    blank.then(|| (rest.to_vec(), new))
}
