//! What one edit would do to its file. This is computed, not believed: whatever the edit is called,
//! a [`Proposal`] holds the lines that would really differ, and the gate and the hunks are made of
//! those. It does not know what may change; that is [`super::Scope`].

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::lazy::{Edges, expand};
use super::locate::{Damage, Kept, Located, Tier, locate_among};
use super::placeholder::is_marker;
use super::splice::{Splice, Step, body, splices};
use super::{Base, Edit, EditHunk, EditOp, Fenced, FileOp, Why, is_placeholder};
use crate::text::diff::{Change, changes};
use crate::text::{Lines, Span, trim_ending};

/// Most unchanged lines between two changes that are decided together: a reader takes them in at one
/// glance.
pub(super) const GAP: usize = 2;

/// An edit as the differences it makes.
#[derive(Debug)]
pub(super) struct Proposal {
    pub(super) op: FileOp,
    /// In order and apart from each other.
    pub(super) splices: Vec<Splice>,
    pub(super) matched_by: Tier,
    pub(super) kept: BTreeSet<Kept>,
    /// The lines of the base that the edit spoke about, if it spoke about one place.
    pub(super) place: Option<Span>,
}

/// What is known beside the edit itself of where it belongs.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Circumstances {
    /// Only there.
    pub(super) within: Option<Span>,
    pub(super) damage: Damage,
}

/// One hunk to be.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) replaces: Span,
    pub(super) with: Lines,
    /// Lines that go and lines that come, the unchanged ones between them not counted.
    pub(super) weight: usize,
}

/// Does the edit make its file come or go as a whole?
pub(super) fn op(edit: &Edit, base: &Base) -> FileOp {
    match (&edit.op, &base.text) {
        (EditOp::Delete, _) => FileOp::Delete,
        (_, None) => FileOp::Create,
        (_, Some(_)) => FileOp::Update,
    }
}

/// What `edit` does to `base`.
pub(super) fn propose(edit: &Edit, base: &Base, known: Circumstances) -> Result<Proposal, Why> {
    let op = op(edit, base);
    let sure =
        |splices| Proposal { op, splices, matched_by: Tier::Exact, kept: BTreeSet::new(), place: None };
    let placed = |located: Located| Proposal {
        op,
        splices: located.splices,
        matched_by: located.matched_by,
        kept: located.kept,
        place: Some(located.place),
    };
    let find = |readings: &[EditHunk], text: &Lines| {
        locate_among(readings, text, known.within.unwrap_or(text.span()), known.damage).map(placed)
    };
    Ok(match (&edit.op, &base.text) {
        (EditOp::Delete, Some(text)) => sure(vec![Splice { replaces: text.span(), with: Vec::new() }]),
        (EditOp::Fenced(fenced), _) => {
            let edit = Edit { op: closed(fenced, base)?, ..edit.clone() };
            return propose(&edit, base, known);
        }
        (EditOp::Whole(new), Some(text)) if leaves_out(new, base, text) => {
            placed(expand(new, text, Edges::File)?)
        }
        (EditOp::Whole(new), Some(text)) => sure(rewrite(text, new)?),
        (EditOp::Bytes(new), Some(text)) => sure(exactly(text, new)),
        (EditOp::Bytes(new), None) => sure(vec![created(new.bytes().to_vec())]),
        (EditOp::Hunk(hunk), Some(text)) => find(std::slice::from_ref(hunk), text)?,
        (EditOp::OneOf(readings), Some(text)) => find(readings, text)?,
        (EditOp::Lazy(snippet), Some(text)) => placed(expand(snippet, text, Edges::Open)?),
        (EditOp::Move { hunks, .. }, Some(text)) => sure(all(hunks, text, known.damage)?),
        (EditOp::Whole(new), None) => match new.lines().find(|line| is_placeholder(line)) {
            Some(line) => return Err(left_out(line)),
            None => sure(vec![created(new.clone().into_bytes())]),
        },
        (EditOp::Hunk(hunk), None) if hunk.before().next().is_none() => sure(vec![created(lines(hunk))]),
        (_, None) => return Err(Why::NoSuchFile),
    })
}

/// Several hunks of one file, all found in the text as it is.
fn all(hunks: &[EditHunk], text: &Lines, damage: Damage) -> Result<Vec<Splice>, Why> {
    let mut splices = Vec::new();
    for hunk in hunks {
        splices.extend(locate_among(std::slice::from_ref(hunk), text, text.span(), damage)?.splices);
    }
    splices.sort_by_key(|splice| splice.replaces);
    let apart = |pair: &[Splice]| matches!(pair, [one, next] if !one.replaces.overlaps(next.replaces) && one.replaces != next.replaces);
    if splices.windows(2).all(apart) { Ok(splices) } else { Err(Why::Overlap) }
}

/// The text that ends at the fence which the file says closes it: as many fences as the file has stand
/// in a whole text, and a snippet has none if the file has none.
fn closed(fenced: &Fenced, base: &Base) -> Result<EditOp, Why> {
    let whole = |text: &str| EditOp::Whole(text.to_owned());
    let snippet = |text: &str| EditOp::Lazy(text.to_owned());
    let own = base.text.as_ref().map_or(0, |text| fenced.count(text.iter()));
    let found = match &base.text {
        Some(_) if fenced.lazy && own == 0 => fenced.texts().next().map(snippet),
        Some(text) if fenced.lazy => {
            fenced.texts().rev().find(|said| expand(said, text, Edges::Open).is_ok()).map(snippet)
        }
        Some(_) => {
            fenced.texts().find(|said| fenced.count(said.lines().map(str::as_bytes)) == own).map(whole)
        }
        None => None,
    };
    let likely = || fenced.likely.and_then(|nth| fenced.texts().nth(nth)).map(whole);
    found.or_else(likely).ok_or_else(|| {
        let reason = "the text holds fences like the one around it, so its end is not certain; use a longer outer fence";
        Why::Unreadable(reason.to_owned())
    })
}

/// Does a line of a whole text stand for code left out? Not if the file holds it itself. An ellipsis
/// alone does where more lines go than come with it; in Python only at the margin, for a statement in
/// a block may be one.
fn leaves_out(text: &str, base: &Base, own: &Lines) -> bool {
    let holds = |line: &str| own.iter().any(|own| own.trim_ascii() == line.trim().as_bytes());
    let is_python = matches!(base.path.extension(), Some("py" | "pyi" | "pyx"));
    let mut ellipses = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| is_marker(line) && !holds(line)) {
        if is_placeholder(line) {
            return true;
        }
        if !is_python || !line.starts_with([' ', '\t']) {
            ellipses.push(at);
        }
    }
    let shrinks = |change: &Change| {
        change.old.len() > change.new.len() && ellipses.iter().any(|at| change.new.as_range().contains(at))
    };
    !ellipses.is_empty() && changes(&bare(own), &bare(&text.into())).iter().any(shrinks)
}

fn left_out(line: &str) -> Why {
    let line = line.trim();
    Why::Unreadable(format!("`{line}` stands for code that was left out; write that code in full"))
}

/// What turns the one text into the other, byte for byte.
fn exactly(base: &Lines, new: &Lines) -> Vec<Splice> {
    let splice = |change: Change| Splice { replaces: change.old, with: new.slice(change.new).to_vec() };
    changes(base, new).into_iter().map(splice).collect()
}

fn created(with: Vec<u8>) -> Splice {
    Splice { replaces: Span::new(0, 0), with }
}

fn lines(hunk: &EditHunk) -> Vec<u8> {
    hunk.after()
        .flat_map(|line| [line.strip_suffix('\r').unwrap_or(line), "\n"])
        .collect::<String>()
        .into_bytes()
}

/// A whole text over an existing one. Compared without line endings: a model is shown lines, so how
/// the file ends them, whether the last one does, and its byte order mark are the file's to say. The
/// lines it leaves alone keep their bytes, which makes an identical rewrite no change at all.
fn rewrite(base: &Lines, text: &str) -> Result<Vec<Splice>, Why> {
    let seen = body(base);
    let text = if seen == *base { text } else { text.strip_prefix('\u{feff}').unwrap_or(text) };
    let (old, new) = (bare(&seen), bare(&text.into()));
    let mut steps = Vec::new();
    let mut at = 0;
    for change in changes(&old, &new) {
        steps.extend((at..change.old.start()).map(|_| Step::Keep));
        steps.extend(change.old.as_range().map(|_| Step::Remove));
        let added = change.new.as_range().filter_map(|line| new.text(line));
        steps.extend(added.map(|line| Step::Add(Cow::Borrowed(line))));
        at = change.old.end();
    }
    let lossy =
        |step: &Step| matches!(step, Step::Add(line) if String::from_utf8_lossy(line).contains('\u{fffd}'));
    if std::str::from_utf8(seen.bytes()).is_err() && steps.iter().any(lossy) {
        let reason = "the file is not UTF-8 and the reply rewrites lines whose bytes it could not see";
        return Err(Why::Unreadable(reason.to_owned()));
    }
    Ok(splices(base, 0, steps))
}

/// The text as a model is shown it: valid UTF-8, every line ended by LF.
fn bare(lines: &Lines) -> Lines {
    let mut text = String::with_capacity(lines.bytes().len() + 1);
    for line in lines.iter().map(trim_ending) {
        text.push_str(&String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)));
        text.push('\n');
    }
    Lines::new(text.into_bytes())
}

impl Proposal {
    /// The hunks it falls into.
    pub(super) fn pieces(&self, base: Option<&Lines>) -> Vec<Piece> {
        let near =
            |one: &Splice, next: &Splice| next.replaces.start().saturating_sub(one.replaces.end()) <= GAP;
        self.splices.chunk_by(near).filter_map(|group| piece(group, base)).collect()
    }
}

fn piece(group: &[Splice], base: Option<&Lines>) -> Option<Piece> {
    let start = group.first()?.replaces.start();
    let mut with = Vec::new();
    let mut at = start;
    let mut weight = 0;
    for splice in group {
        if let Some(base) = base {
            with.extend_from_slice(base.slice(Span::new(at, splice.replaces.start())));
        }
        with.extend_from_slice(&splice.with);
        at = splice.replaces.end();
        weight += splice.replaces.len() + Lines::new(&*splice.with).len();
    }
    Some(Piece { replaces: Span::new(start, at), with: Lines::new(with), weight })
}
