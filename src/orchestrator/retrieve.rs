//! What a question is about, out of the index: unlike a request for edits it waits until the index is
//! ready, since there is nothing to ask about without.

use std::collections::BTreeMap;

use super::gather::Ground;
use super::named::{About, Named, named};
use super::shelf::NotReady;
use crate::context::{self, Excerpt};
use crate::index::{Drawn, Index, excerpts};
use crate::model::Tokens;
use crate::session::{NoEvidence, Question, Retrieved};
use crate::text::{Lines, RepoPath};

/// Most tokens of excerpts for one question.
const EVIDENCE: Tokens = Tokens(6_000);

/// The pack for a question, of at most about `budget` tokens, and the files it is from. Blocking.
///
/// # Errors
/// There is no index, or nothing in it fits.
pub fn retrieve(
    ground: &Ground<'_>,
    question: &Question,
    budget: Tokens,
    stop: &dyn Fn() -> bool,
) -> Result<Retrieved, NoEvidence> {
    let desk = ground.desk.ok_or_else(|| NoEvidence::NoIndex("there is no search index here".into()))?;
    let (file, wants) = (question.focus.file.as_ref(), &question.wants);
    let about = About { ground, open: &question.open, file, wants, may_change: false, stop };
    let Named { pieces, files, notes, dropped } = named(&about);
    let skip = |path: &RepoPath| wants.wishes.evicts_file(path.as_str());
    let ask = |index: &Index| excerpts(&index.under(&question.open), &question.text, EVIDENCE, &skip);
    let drawn = desk.ask(None, stop, ask).map_err(|why: NotReady| NoEvidence::NoIndex(why.to_string()))?;
    let selected = selected(question);
    if drawn.is_empty() && selected.is_none() && pieces.is_empty() {
        return Err(NoEvidence::Nothing);
    }
    let (chosen, texts): (Vec<Excerpt>, Vec<(RepoPath, Lines)>) = selected
        .into_iter()
        .chain(drawn)
        .map(|Drawn { excerpt, file }| (excerpt.clone(), (excerpt.path, file)))
        .unzip();
    let room = ground.ratio.back(budget);
    let pack = context::evidence_with(&question.text, &chosen, &pieces, &wants.wishes, room)?;
    let pack = pack.with_notes(notes).dropping(dropped).weighed(ground.ratio);
    Ok(Retrieved { pack, files: texts.into_iter().chain(files).collect::<BTreeMap<_, _>>() })
}

/// The selected lines, as they stand on screen.
fn selected(question: &Question) -> Option<Drawn> {
    let (path, span) = (question.focus.file.clone()?, question.focus.lines?);
    let file = question.open.get(&path)?.clone();
    let text = Lines::new(file.slice(span).to_vec());
    let excerpt =
        Excerpt { whole: span == file.span(), path, span, text, why: "selected by the user".into() };
    Some(Drawn { excerpt, file })
}
