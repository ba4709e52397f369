//! Who uses a name: the chunks with lines that have it as a whole word and do not declare it. The index
//! says which files can have it; the lines are read.

use super::Index;
use super::map::declared_at;
use crate::context::search::graph::term_of;
use crate::context::search::{Hit, Member, Role};
use crate::text::{Lines, Span};

/// Most hits collected.
const MOST: usize = 10_000;

/// Most lines named of one chunk.
const NAMED: usize = 6;

/// A name as it is asked for: `parse`, `Parser::parse`, `parser.parse()`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Callee(String);

impl Callee {
    /// The last name in `text`; `None` when there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut names = text.split(|c: char| !is_word(c)).filter(|name| !name.is_empty());
        names.next_back().map(|name| Self(name.to_owned()))
    }

    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The chunks that use `callee`, code before tests and all else, most uses first. Exact in the letters and
/// blind to types: two functions of one name are not told apart. Blocking: reads the files that may have
/// the name; asks `stop` between them.
pub fn uses(index: &Index, callee: &Callee, stop: &dyn Fn() -> bool) -> Vec<Hit> {
    let Some(term) = term_of(callee.name()) else { return Vec::new() };
    let corpus = index.corpus();
    let mut hits: Vec<(Role, Hit)> = Vec::new();
    for member in corpus.files() {
        if stop() || hits.len() >= MOST {
            break;
        }
        if !member.entry().terms.contains(&term) {
            continue;
        }
        if let Ok(Some(file)) = index.workspace.read(member.path()) {
            let found = of_file(callee.name(), member, &file.lines);
            hits.extend(found.into_iter().map(|hit| (member.role(), hit)));
        }
    }
    hits.sort_by(|(left, a), (right, b)| {
        let place = |hit: &Hit| (hit.path.clone(), hit.span.start());
        left.cmp(right).then(b.score.total_cmp(&a.score)).then_with(|| place(a).cmp(&place(b)))
    });
    hits.into_iter().map(|(_, hit)| hit).collect()
}

fn of_file(name: &str, member: &Member, text: &Lines) -> Vec<Hit> {
    let symbols = &member.entry().symbols;
    let own = symbols.iter().filter(|symbol| &*symbol.name == name);
    let declared: Vec<usize> =
        own.filter_map(|symbol| declared_at(name, symbol.span, text)).map(|(row, _)| row).collect();
    let hit = |span: Span| {
        let uses = |row: &usize| {
            !declared.contains(row) && text.text(*row).is_some_and(|line| has_word(line, name.as_bytes()))
        };
        let rows: Vec<usize> = span.as_range().filter(uses).collect();
        let first = *rows.first()?;
        // The innermost definition around the first of them is who uses it.
        let around = symbols.iter().filter(|symbol| symbol.span.as_range().contains(&first));
        let around = around.min_by_key(|symbol| symbol.span.len()).filter(|symbol| &*symbol.name != name);
        let lines: Vec<String> = rows.iter().take(NAMED).map(|row| (row + 1).to_string()).collect();
        let more = if rows.len() > NAMED { "…" } else { "" };
        let mut why = vec![format!("uses:{name} on {}{more}", lines.join(", "))];
        why.extend(around.map(|symbol| format!("in:{}", symbol.name)));
        Some(member.hit(span, rows.len() as f32, why))
    };
    member.spans().filter_map(hit).collect()
}

/// Does `line` have `name` as a whole word?
pub(super) fn has_word(line: &[u8], name: &[u8]) -> bool {
    let joined = |byte: Option<&u8>| byte.is_some_and(|byte| is_word_byte(*byte));
    memchr::memmem::find_iter(line, name).any(|at| {
        let before = at.checked_sub(1).and_then(|at| line.get(at));
        !joined(before) && !joined(line.get(at + name.len()))
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_is_meant() {
        let name = |text: &str| Callee::parse(text).map(|callee| callee.0).unwrap_or_default();
        assert_eq!(name("Parser::parse"), "parse");
        assert_eq!(name("parser.parse_line()"), "parse_line");
        assert_eq!(name("größe"), "größe");
        assert_eq!(name("::"), "");
    }

    #[test]
    fn a_part_of_a_longer_name_is_no_use() {
        assert!(has_word(b"x = parse(y)", b"parse"));
        assert!(has_word(b"parse", b"parse"));
        assert!(!has_word(b"reparse(y); parse_line; parses", b"parse"));
    }
}
