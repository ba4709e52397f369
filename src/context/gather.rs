//! From what the user looks at to the pieces a model is shown, within a budget. What does not fit is
//! left out at line borders, and the pack says so; what must fit and does not is an error.
//!
//! The order is fixed: what is the same from request to request comes first, so that a provider can keep
//! what it made of it; what was found follows, the best of it last; then what the user named, what may be
//! changed, and what is to be done.

#[cfg(test)]
mod tests;

use super::file::{around_cursor, named_file, of_file, of_selection, omission};
use super::fitting::Fitting;
use super::pack::{Dropped, Pack, Segment, Source, Trust};
use super::request::{DoesNotFit, Request};
use super::room::Room;
use super::transcript::Transcript;
use super::visible::hidden;
use crate::change::Level;
use crate::model::Tokens;

/// The pieces of a request, of at most `budget` tokens by estimate once they are put into words.
///
/// # Errors
/// What must be shown does not fit, or there is nothing to show.
pub fn gather(request: &Request<'_>, budget: Tokens) -> Result<Pack, DoesNotFit> {
    let mut room = Room::new(budget);
    if request.level == Level::Complete {
        let open = request.open.ok_or(DoesNotFit::NoFile)?;
        return Ok(Pack::new(around_cursor(&open, &room)));
    }
    let said = instruction(request.instruction, &mut room)?;
    let (core, left_out) = core(request, &mut room)?;
    // It begins a conversation of its own: nothing stands above it.
    let above = Transcript::default();
    let mut fitting =
        Fitting { taken: core, dropped: left_out, ..Fitting::new(room, request.wishes, &above) };
    // Room goes to what was named before it goes to what was found; they are read in another order.
    let named = fitting.all(request.named.iter().cloned());
    let steady = fitting.all(request.steady.iter().cloned());
    let list = fitting.list(request);
    let mut found = fitting.found(request, &named);
    found.reverse();
    let core = std::mem::take(&mut fitting.taken);
    let (diagnostics, named): (Vec<_>, Vec<_>) =
        named.into_iter().partition(|piece| piece.source == Source::Diagnostics);
    let notes = deceptive(core.iter().chain(&found).chain(&named));
    let parts = [steady, list, found, named, core, diagnostics, vec![said]];
    Ok(fitting.pack(parts.into_iter().flatten().collect()).with_notes(notes))
}

pub(super) fn instruction(text: &str, room: &mut Room) -> Result<Segment, DoesNotFit> {
    let said = Segment::new(Source::Instruction, "typed by the user", text, Trust::User);
    let (needs, budget) = (said.tokens, room.budget());
    if room.take(&said) { Ok(said) } else { Err(DoesNotFit::Instruction { needs, budget }) }
}

/// What the request is about.
fn core(request: &Request<'_>, room: &mut Room) -> Result<(Vec<Segment>, Vec<Dropped>), DoesNotFit> {
    let nothing = Ok((Vec::new(), Vec::new()));
    match (request.level, &request.open) {
        (Level::Selection, Some(open)) => of_selection(open, room),
        (Level::Repo, None) => nothing,
        (Level::Repo, Some(open)) if request.wishes.evicts_file(open.path.as_str()) => nothing,
        (Level::Repo, Some(open)) => {
            let piece = named_file(open);
            Ok(match room.take(&piece) {
                true => (vec![piece], Vec::new()),
                false => {
                    let said = omission(open, open.text.span()).filter(|said| room.take(said));
                    (said.into_iter().collect(), vec![Dropped::piece(&piece, "the open file does not fit")])
                }
            })
        }
        (_, Some(open)) => Ok((vec![of_file(open, room)?], Vec::new())),
        (_, None) => Err(DoesNotFit::NoFile),
    }
}

/// Files that hold characters which a person does not see and the model reads.
fn deceptive<'a>(pieces: impl Iterator<Item = &'a Segment>) -> Vec<String> {
    let note = |piece: &Segment| {
        let count = hidden(&piece.text);
        let path = piece.source.place().0?;
        (count > 0).then(|| format!("{path} holds {count} hidden character(s), which the model reads"))
    };
    pieces.filter_map(note).collect()
}
