//! What a question is about, out of the index: unlike a request for edits it waits until the index is
//! ready, since there is nothing to ask about without. The lines that it points at come along, and where
//! it is about how they came to be, the commits that last changed them.

use super::gather::{Ground, near, on_screen};
use super::named::{About, Named, named};
use super::shelf::NotReady;
use super::{history, tools};
use crate::context::citation::Evidence;
use crate::context::{
    self, Asked, Changed, Excerpt, Segment, Source, Transcript, Trust, holds_key, is_secret,
};
use crate::index::{Drawn, Index, excerpts_near};
use crate::model::Tokens;
use crate::session::{NoEvidence, Question, Retrieved};
use crate::text::diagnostic::Severity;
use crate::text::{Lines, RepoPath, Span};

/// Most tokens of excerpts for one question, beside those that its conversation holds already.
const EVIDENCE: Tokens = Tokens(6_000);

/// Most bytes that are shown of each commit.
const COMMIT: usize = 6_000;

/// Most places of errors whose lines are shown, and the lines around each.
const PLACES: usize = 6;
const NEAR: usize = 8;

/// Lines around those that a question about the past points at.
const AROUND: usize = 20;

/// The pack for a question, of at most about `budget` tokens, and what it is from. `above`: what the
/// conversation that it goes on holds; of that nothing is packed again, and what reads otherwise now is packed
/// anew. Blocking.
///
/// # Errors
/// There is no index, or nothing in it fits.
pub fn retrieve(
    ground: &Ground<'_>,
    question: &Question,
    above: &Transcript,
    budget: Tokens,
    stop: &dyn Fn() -> bool,
) -> Result<Retrieved, NoEvidence> {
    let (file, wants) = (question.focus.file.as_ref(), &question.wants);
    let about = About { ground, open: &question.open, file, wants, may_change: false, stop };
    let Named { pieces, files, mut notes, dropped } = named(&about);
    let (mut shown, mut above) = (Evidence::default(), above.clone());
    let mut renewed = renewed(ground, question, &mut above, &mut shown);
    let drawn = drawn(ground, question, &above, &mut notes, stop)?;
    let found = |one: &Excerpt| {
        drawn.iter().any(|other| other.excerpt.path == one.path && other.excerpt.span.contains(one.span))
    };
    renewed.retain(|one| !found(one));
    let here = pointed_at(ground, question);
    let past = match &here {
        Some((path, text, span)) if question.is_about_the_past() => {
            past(ground, (path, text, *span), &mut shown, &mut notes, stop)
        }
        _ => Vec::new(),
    };
    if drawn.is_empty() && renewed.is_empty() && here.is_none() && pieces.is_empty() {
        return Err(NoEvidence::Nothing);
    }
    let lines = here.map(|(path, file, span)| lines(path, file, span, question));
    let mut chosen: Vec<Excerpt> = renewed;
    let told = pieces.iter().any(|piece| piece.source == Source::Diagnostics);
    let faulty = if told { faulty(ground, question) } else { Vec::new() };
    for Drawn { excerpt, file } in lines.into_iter().chain(faulty).chain(drawn) {
        shown.add_file(excerpt.path.clone(), file);
        chosen.push(excerpt);
    }
    files.into_iter().for_each(|(path, file)| shown.add_file(path, file));
    let asked = Asked {
        named: &pieces,
        past: &past,
        wishes: &wants.wishes,
        ..Asked::of(&question.text, &chosen, &above)
    };
    let pack = context::evidence_for(&asked, ground.ratio.back(budget))?;
    let pack = pack.with_notes(notes).dropping(dropped).weighed(ground.ratio);
    let history = !past.is_empty();
    Ok(Retrieved { history, above, ..Retrieved::of(pack, shown) })
}

/// What the index has for the question, best first.
fn drawn(
    ground: &Ground<'_>,
    question: &Question,
    above: &Transcript,
    notes: &mut Vec<String>,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Drawn>, NoEvidence> {
    let desk = ground.desk.ok_or_else(|| NoEvidence::NoIndex("there is no search index here".into()))?;
    let skip = |path: &RepoPath| question.wants.wishes.evicts_file(path.as_str());
    let more = if above.is_empty() { Tokens(0) } else { EVIDENCE };
    let mut near = near(ground.asked, desk, None, stop, notes);
    let mut said = None;
    let ask = |index: &Index| {
        let (near, note) = near.as_mut().map(|near| near.hits(index)).unzip();
        said = note;
        let near = near.unwrap_or_default();
        excerpts_near(&index.under(&question.open), &question.text, near, EVIDENCE + more, &skip)
    };
    let drawn = desk.ask(None, stop, ask);
    notes.extend(said);
    let mut drawn = drawn.map_err(|why: NotReady| NoEvidence::NoIndex(why.to_string()))?;
    // Lines that the conversation holds cost nothing, and take nothing from the others.
    let mut room = EVIDENCE;
    drawn.retain(|Drawn { excerpt, .. }| {
        let weight = Tokens::of_bytes(excerpt.text.bytes().len() as u64);
        let (known, fits) = (above.has(excerpt), weight <= room);
        room = if known || !fits { room } else { room.saturating_sub(weight) };
        known || fits
    });
    Ok(drawn)
}

/// Lines that the conversation shows and that read otherwise now, as they read now.
fn renewed(
    ground: &Ground<'_>,
    question: &Question,
    above: &mut Transcript,
    shown: &mut Evidence,
) -> Vec<Excerpt> {
    let mut now = Evidence::default();
    for path in above.files() {
        let text = on_screen(ground.workspace, &question.open, path);
        let plain = text.filter(|text| !is_secret(path) && !holds_key(text.bytes()));
        plain.into_iter().for_each(|text| now.add_file(path.clone(), text));
    }
    let mut renewed: Vec<Excerpt> = Vec::new();
    for Changed { path, span, request, now } in above.compare(&now) {
        shown.add_file(path.clone(), now.clone());
        let span = Span::new(span.start().min(now.len()), span.end().min(now.len()));
        if question.wants.wishes.evicts_file(path.as_str()) || span.is_empty() {
            continue;
        }
        let (text, why) =
            (Lines::new(now.slice(span).to_vec()), format!("request {request} showed these lines"));
        renewed.push(Excerpt { whole: span == now.span(), path, span, text, why });
    }
    renewed
}

/// The lines that the question points at, as they stand on screen, and the file they are in. No secret.
fn pointed_at(ground: &Ground<'_>, question: &Question) -> Option<(RepoPath, Lines, Span)> {
    let (path, span) = question.place()?;
    let read = || ground.workspace.read(path).ok().flatten().map(|file| file.lines);
    let text = question.open.get(path).cloned().or_else(read)?;
    let span = Span::new(span.start(), span.end().min(text.len()));
    let may = !span.is_empty() && !is_secret(path) && !holds_key(text.bytes());
    may.then(|| (path.clone(), text, span))
}

/// Lines in which a check that is told of found errors: without them a question about it cannot be answered.
fn faulty(ground: &Ground<'_>, question: &Question) -> Vec<Drawn> {
    let wishes = &question.wants.wishes;
    let told = question.wants.told.as_ref().filter(|_| !wishes.evicts(&Source::Diagnostics));
    let report = told.map(|told| &told.report);
    let errors = report.iter().flat_map(|report| report.all()).filter(|one| one.severity == Severity::Error);
    let mut drawn: Vec<Drawn> = Vec::new();
    for one in errors {
        let known = |drawn: &Drawn| {
            drawn.excerpt.path == one.path
                && drawn.excerpt.span.contains(Span::new(one.at.line, one.at.line + 1))
        };
        if drawn.len() >= PLACES
            || drawn.iter().any(known)
            || question.wants.wishes.evicts_file(one.path.as_str())
        {
            continue;
        }
        let read = || ground.workspace.read(&one.path).ok().flatten().map(|file| file.lines);
        let Some(file) = question.open.get(&one.path).cloned().or_else(read) else { continue };
        if is_secret(&one.path) || holds_key(file.bytes()) || one.at.line >= file.len() {
            continue;
        }
        let span = Span::new(one.at.line.saturating_sub(NEAR), (one.at.line + 1 + NEAR).min(file.len()));
        let text = Lines::new(file.slice(span).to_vec());
        let why = format!("an error is on line {}, by what was told", one.at.line + 1);
        drawn.push(Drawn {
            excerpt: Excerpt { whole: span == file.span(), path: one.path.clone(), span, text, why },
            file,
        });
    }
    drawn
}

/// These lines as an excerpt; with some around them where the question is about a line of many.
fn lines(path: RepoPath, file: Lines, span: Span, question: &Question) -> Drawn {
    let why = match question.focus.lines {
        Some(_) => format!("line(s) {span}, selected by the user"),
        None => format!("line {span}, where the cursor stands"),
    };
    let around = if span.len() > AROUND { 0 } else { AROUND };
    let span = Span::new(span.start().saturating_sub(around), (span.end() + around).min(file.len()));
    let text = Lines::new(file.slice(span).to_vec());
    Drawn { excerpt: Excerpt { whole: span == file.span(), path, span, text, why }, file }
}

/// The commits that last changed the lines, newest last: nearest to the question.
fn past(
    ground: &Ground<'_>,
    (path, text, span): (&RepoPath, &Lines, Span),
    shown: &mut Evidence,
    notes: &mut Vec<String>,
    stop: &dyn Fn() -> bool,
) -> Vec<Segment> {
    let found = match history::of_lines(ground.workspace, path, text.bytes(), span, stop) {
        Ok(found) => found,
        Err(why) => {
            notes.push(format!("without history: {why}"));
            return Vec::new();
        }
    };
    if found.is_empty() {
        notes.push(format!("without history: line(s) {span} of {path} are not committed"));
    }
    let segments = found.into_iter().rev().map(|(recorded, why)| {
        let commit = history::with_changes(&recorded);
        let (text, more) = tools::shown_of(&commit, COMMIT);
        let text = if more { text + "(the rest is not shown)\n" } else { text };
        shown.add_commit(commit);
        Segment::new(Source::Commit { id: recorded.commit.id }, why, text, Trust::Repository)
    });
    segments.collect()
}
