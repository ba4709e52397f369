//! Text that is not what it looks like: what `text::safe` would have to mark, and words whose letters
//! are of several scripts that look alike (UTS #39, mixed-script confusables).

use super::RiskKind;
use super::code::Line;
use crate::text::safe;

/// Most cells of a line that are looked at.
const MAX_CELLS: usize = 4_000;

pub(super) fn risks(line: &Line<'_>) -> Vec<(RiskKind, String)> {
    if line.text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return Vec::new();
    }
    let marks = safe::cells(line.text, 4).take(MAX_CELLS).filter(|cell| cell.mark);
    let marks = marks.map(|cell| (RiskKind::Deceptive, format!("it holds {}", cell.shown)));
    // What stands on top of a letter does not end its word.
    let in_word = |c: char| c.is_alphanumeric() || c == '_' || matches!(c, '\u{300}'..='\u{36f}');
    let words = line.text.split(|c: char| !in_word(c));
    let mixed = words.filter(|word| is_mixed(word));
    marks
        .chain(mixed.map(|word| (RiskKind::Deceptive, format!("letters of several scripts in {word}"))))
        .collect()
}

/// Latin letters beside Greek, Cyrillic, Armenian, Cherokee or full-width ones, in one word.
fn is_mixed(word: &str) -> bool {
    let latin = word.chars().any(|c| c.is_ascii_alphabetic());
    let alike = |c: char| {
        matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{ff00}'..='\u{ff5e}')
            && c.is_alphabetic()
            // Signs of mathematics and units, at home among Latin letters.
            && !matches!(c, 'π' | 'µ' | 'μ' | 'σ' | 'λ' | 'Δ' | 'Σ' | 'Ω' | 'α' | 'β' | 'γ' | 'δ' | 'ε' | 'θ' | 'φ' | 'ω')
    };
    latin && word.chars().any(alike)
}
