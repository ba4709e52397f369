//! What a question is about, out of the index: unlike a request for edits it waits until the index is
//! ready, since there is nothing to ask about without.

use std::collections::BTreeMap;

use super::gather::{Ground, as_on_screen};
use super::shelf::NotReady;
use crate::context::{self, Excerpt};
use crate::index::{Drawn, excerpts};
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
    let ask = |index: &_| excerpts(index, &question.text, EVIDENCE, None);
    let drawn = desk.ask(None, stop, ask).map_err(|why: NotReady| NoEvidence::NoIndex(why.to_string()))?;
    let (drawn, unsaved): (Vec<Drawn>, Vec<Drawn>) =
        drawn.into_iter().partition(|one| as_on_screen(one, &question.open));
    let selected = selected(question);
    if drawn.is_empty() && selected.is_none() {
        return Err(NoEvidence::Nothing);
    }
    let mut notes: Vec<String> = unsaved.iter().map(|one| unsaved_note(&one.excerpt.path)).collect();
    notes.dedup();
    let (chosen, texts): (Vec<Excerpt>, Vec<(RepoPath, Lines)>) = selected
        .into_iter()
        .chain(drawn)
        .map(|Drawn { excerpt, file }| (excerpt.clone(), (excerpt.path, file)))
        .unzip();
    let pack = context::evidence(&question.text, &chosen, budget)?.with_notes(notes);
    Ok(Retrieved { pack, files: texts.into_iter().collect::<BTreeMap<_, _>>() })
}

fn unsaved_note(path: &RepoPath) -> String {
    format!("{path} has unsaved changes and was left out; save it, or select the lines that you mean")
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
