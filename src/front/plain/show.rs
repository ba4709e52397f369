//! A hunk as lines of text, for a reader who hears them one after the other.

use crate::change::reading::Reading;
use crate::change::{Atom, FileOp, Hunk, HunkId, Purpose, Review, Standing, Verdict};
use crate::text::{Lines, safe, trim_ending};

/// What is said of a hunk by which its file stops to parse.
pub(super) const BREAKS: &str = "with it the file does not parse any more";

/// Longest line that is shown in full, in bytes.
const MAX_LINE: usize = 2_000;

/// Unchanged lines above and below a hunk.
const AROUND: usize = 2;

/// `hunk 1 of 5: src/a.rs, lines 12-14, 3 lines go and 4 lines come, accepted`
pub(super) fn title(review: &Review, order: &[HunkId], hunk: &Hunk) -> String {
    let place = super::verb::place(order, hunk.id);
    let lines = match hunk.op {
        FileOp::Create => "a new file".to_owned(),
        FileOp::Delete => "the file goes".to_owned(),
        FileOp::Update if hunk.replaces.is_empty() => format!("before line {}", hunk.replaces.start() + 1),
        FileOp::Update if hunk.replaces.len() == 1 => format!("line {}", hunk.replaces),
        FileOp::Update => format!("lines {}", hunk.replaces),
    };
    let parts = review.parts(hunk);
    let (gone, come) =
        parts.iter().fold((0, 0), |(gone, come), part| (gone + part.old.len(), come + part.new.len()));
    let path = safe::line(hunk.path.as_str());
    format!(
        "hunk {place} of {}: {path}, {lines}, {} and {}, {}",
        order.len(),
        counted(gone, "goes", "go"),
        counted(come, "comes", "come"),
        standing(review, hunk)
    )
}

fn counted(lines: usize, one: &str, many: &str) -> String {
    if lines == 1 { format!("1 line {one}") } else { format!("{lines} lines {many}") }
}

fn standing(review: &Review, hunk: &Hunk) -> &'static str {
    match (&hunk.standing, hunk.verdict, review.purpose()) {
        (Standing::Conflict, ..) => {
            "in conflict: the file changed at this place; y takes the proposal up, n keeps what is there"
        }
        (_, Verdict::Undecided, _) => "undecided",
        (_, Verdict::Accepted, Purpose::TakeBack) => "accepted: it stays",
        (_, Verdict::Accepted, _) => "accepted",
        (_, Verdict::Rejected, Purpose::TakeBack) => "rejected: it will be taken back",
        (_, Verdict::Rejected, _) => "rejected",
    }
}

/// The title, the marks, and every line; what is folded is one line unless `unfolded`.
pub(super) fn hunk(
    review: &Review,
    reading: &Reading,
    order: &[HunkId],
    hunk: &Hunk,
    unfolded: bool,
) -> String {
    let mut shown = title(review, order, hunk) + "\n";
    for risk in reading.risks(hunk.id) {
        shown.push_str(&format!("mind: it {}\n", safe::line(&risk.words())));
    }
    if let Some(comment) = review.note(hunk.id).and_then(|note| note.comment.as_deref()) {
        shown.push_str(&format!("comment: {}\n", safe::line(comment)));
    }
    let empty = Lines::from("");
    let base = review.base(&hunk.path).and_then(|base| base.text.as_ref()).unwrap_or(&empty);
    if let Some(saw) = review.saw(hunk) {
        shown.push_str("its author saw:\n");
        saw.iter().for_each(|line| shown.push_str(&format!("     ? {}\n", cut(line))));
        shown.push_str("there now, and proposed:\n");
    }
    let above = hunk.replaces.start().saturating_sub(AROUND)..hunk.replaces.start();
    above.for_each(|line| shown.push_str(&context(base, line)));
    lines(&mut shown, review, reading, hunk, base, unfolded);
    let below = hunk.replaces.end()..hunk.replaces.end() + AROUND;
    below.filter(|line| *line < base.len()).for_each(|line| shown.push_str(&context(base, line)));
    shown
}

fn context(base: &Lines, line: usize) -> String {
    format!("       {}\n", cut(base.get(line).unwrap_or_default()))
}

/// Each changed line with its number, which `v` takes; unchanged lines between them.
fn lines(shown: &mut String, review: &Review, reading: &Reading, hunk: &Hunk, base: &Lines, unfolded: bool) {
    let folds = reading.folds(hunk.id);
    let mut said = None;
    let mut next = 0;
    for nth in 0..review.weight(hunk) {
        let Some(atom) = review.atom(hunk, nth) else { break };
        let (old, line, reached) = match atom {
            Atom::Old(line) => (true, line, line),
            Atom::New { line, before } => (false, line, before),
        };
        (next..reached).for_each(|between| shown.push_str(&context(base, hunk.replaces.start() + between)));
        next = next.max(if old { reached + 1 } else { reached });
        let fold = folds.iter().position(|fold| {
            let span = if old { fold.gone } else { fold.come };
            !unfolded && span.as_range().contains(&line)
        });
        match fold {
            Some(fold) if said == Some(fold) => {}
            Some(fold) => {
                let words = folds.get(fold).map(|fold| fold.words()).unwrap_or_default();
                shown.push_str(&format!("{:>4} = {}\n", nth + 1, safe::line(&words)));
            }
            None => {
                let (sign, bytes) = if old {
                    ('-', base.get(hunk.replaces.start() + line))
                } else {
                    ('+', hunk.with.get(line))
                };
                let bytes = bytes.unwrap_or_default();
                let differs =
                    counterpart(review, hunk, base, (old, line)).map_or(0, |other| common(bytes, other));
                let unended = if bytes.ends_with(b"\n") { "" } else { " (no newline at the end)" };
                shown.push_str(&format!("{:>4} {sign} {}{unended}\n", nth + 1, cut_at(bytes, differs)));
            }
        }
        said = fold;
    }
}

/// The line that stands at the same place on the other side of a change.
fn counterpart<'a>(
    review: &Review,
    hunk: &'a Hunk,
    base: &'a Lines,
    (old, line): (bool, usize),
) -> Option<&'a [u8]> {
    let parts = review.parts(hunk);
    let part = parts.iter().find(|part| if old { part.old } else { part.new }.as_range().contains(&line))?;
    let (own, other) = if old { (part.old, part.new) } else { (part.new, part.old) };
    let at = other.as_range().nth(line - own.start())?;
    if old { hunk.with.get(at) } else { base.get(hunk.replaces.start() + at) }
}

/// How many bytes two lines begin alike with.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// A line made printable, with what is left out said.
fn cut(line: &[u8]) -> String {
    cut_at(line, 0)
}

/// The same of a line that is of interest at this byte: of a long one, what stands around it.
fn cut_at(line: &[u8], at: usize) -> String {
    let line = trim_ending(line);
    if line.len() <= MAX_LINE {
        return safe::bytes(line);
    }
    let wanted = if at < MAX_LINE { 0 } else { at - MAX_LINE / 2 };
    // Not amid a character.
    let goes_on = |byte: &u8| byte & 0xc0 == 0x80;
    let start = (wanted..line.len()).find(|at| !line.get(*at).is_some_and(goes_on)).unwrap_or(line.len());
    let end = line.len().min(start + MAX_LINE);
    let before = if start > 0 { format!("({start} bytes before) ") } else { String::new() };
    let piece = safe::bytes(line.get(start..end).unwrap_or_default());
    format!("{before}{piece} (and {} bytes more)", line.len() - end)
}

/// Was all of the hunk shown, folds apart?
pub(super) fn is_whole(review: &Review, hunk: &Hunk, base: Option<&Lines>) -> bool {
    let long = |line: &[u8]| line.len() > MAX_LINE;
    let gone = hunk.replaces.as_range().filter_map(|line| base?.text(line));
    review.weight(hunk) == 0 || !(gone.into_iter().any(long) || hunk.with.iter().map(trim_ending).any(long))
}

/// Why the hunk is there.
pub(super) fn why(hunk: &Hunk, reading: &Reading, breaks: bool) -> String {
    let reason = hunk.reason.as_deref().map_or_else(|| "no reason was given".to_owned(), safe::line);
    let sure = (hunk.matched_by.confidence() * 100.0).round();
    let mut why = format!("reason: {reason}\nplace: {sure} % sure\n");
    if breaks {
        why.push_str(&format!("mind: {BREAKS}\n"));
    }
    for risk in reading.risks(hunk.id) {
        why.push_str(&format!("mind: it {}\n", safe::line(&risk.words())));
    }
    why
}
