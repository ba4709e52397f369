//! Text that is not what it looks like: what `text::safe` would have to mark, words whose letters look
//! like others (`text::look_alikes`), and what stands so far to the right that nobody looks there.

use super::RiskKind;
use super::code::Line;
use crate::text::{look_alikes, safe};

/// Most cells of a line that are looked at.
const MAX_CELLS: usize = 4_000;

/// So many blanks before a word, at or behind such a column, hide it: windows end before that.
const BLANKS: usize = 40;
const FAR: usize = 100;

pub(super) fn risks(line: &Line<'_>) -> Vec<(RiskKind, String)> {
    let mut risks = Vec::new();
    if let Some(blanks) = gap(line.text) {
        risks.push((RiskKind::Deceptive, format!("text stands far to the right, behind {blanks} blanks")));
    }
    if line.text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return risks;
    }
    let marks = safe::cells(line.text, 4).take(MAX_CELLS).filter(|cell| cell.mark);
    risks.extend(marks.map(|cell| (RiskKind::Deceptive, format!("it holds {}", cell.shown))));
    let words = look_alikes(line.text).into_iter().filter_map(|range| line.text.get(range));
    risks.extend(words.map(|word| (RiskKind::Deceptive, format!("letters that look like others in {word}"))));
    risks
}

/// The blanks that hide what stands behind them, indentation not counted.
fn gap(line: &str) -> Option<usize> {
    let line = line.get(..MAX_CELLS).unwrap_or(line).trim_end();
    if line.len() <= FAR {
        return None;
    }
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let mut at = 0;
    let runs = line.as_bytes().chunk_by(|one, next| blank(one) == blank(next)).map(|run| {
        let start = at;
        at += run.len();
        (start, run)
    });
    let hides = |(start, run): &(usize, &[u8])| {
        *start > 0 && run.first().is_some_and(blank) && run.len() >= BLANKS && start + run.len() >= FAR
    };
    runs.filter(hides).map(|(_, run)| run.len()).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_far_to_the_right_behind_blanks_is_found() {
        let hidden = format!("let x = 1;{}steal();", " ".repeat(120));
        assert_eq!(gap(&hidden), Some(120));
        assert_eq!(gap(&format!("{}deep();", " ".repeat(120))), None, "indentation");
        assert_eq!(gap(&format!("a{}// aligned", " ".repeat(50))), None, "in every window");
        assert_eq!(gap(&format!("a{}", " ".repeat(200))), None, "blanks at the end");
    }
}
