//! Search by a regular expression: every indexed file is read and looked through. Costs what `grep`
//! costs; the index only says which files and where their chunks are.

use regex::bytes::{Regex, RegexBuilder};

use super::Index;
use crate::context::search::{Hit, Member};
use crate::text::{Lines, Span};

/// Most hits collected.
const MOST: usize = 10_000;

/// Why a pattern cannot be searched for.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is no regular expression: {source}; leave out `--mode regex` to search for words")]
pub struct PatternError {
    pattern: String,
    source: Box<regex::Error>,
}

impl PatternError {
    /// What is wrong with the pattern, and nothing of where it was typed.
    pub fn why(&self) -> String {
        self.source.to_string()
    }
}

/// The chunks with lines that match, most matches first. Blocking; asks `stop` between files.
///
/// # Errors
/// `pattern` is not a regular expression, or would take too much memory.
pub fn grep(index: &Index, pattern: &str, stop: &dyn Fn() -> bool) -> Result<Vec<Hit>, PatternError> {
    let regex = compiled(pattern)?;
    let mut hits = Vec::new();
    for member in index.corpus().files() {
        if stop() || hits.len() >= MOST {
            break;
        }
        // A file that changed this moment may be shorter than its chunks say: what is gone has no match.
        if let Ok(Some(file)) = index.workspace.read(member.path()) {
            hits.extend(of_file(&regex, member, &file.lines));
        }
    }
    hits.sort_by(|a: &Hit, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.path.cmp(&b.path))
            .then(a.span.start().cmp(&b.span.start()))
    });
    Ok(hits)
}

pub(super) fn compiled(pattern: &str) -> Result<Regex, PatternError> {
    let built = RegexBuilder::new(pattern).multi_line(true).build();
    built.map_err(|source| PatternError { pattern: pattern.to_owned(), source: Box::new(source) })
}

fn of_file(regex: &Regex, member: &Member, text: &Lines) -> Vec<Hit> {
    if !regex.is_match(text.bytes()) {
        return Vec::new();
    }
    let hit = |span: Span| {
        let lines: Vec<usize> = span
            .as_range()
            .filter(|line| text.text(*line).is_some_and(|line| regex.is_match(line)))
            .collect();
        let first = lines.first()?;
        let why = format!("matches:{} from line {}", lines.len(), first + 1);
        Some(member.hit(span, lines.len() as f32, vec![why]))
    };
    member.spans().filter_map(hit).collect()
}
