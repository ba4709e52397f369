//! The next request before it is sent: put together as it would be, put into words as it would be, and
//! not sent. What is shown of it is what an instruction of these words, now, would send.

use std::sync::Arc;

use super::{Effect, Event, Instruct, Session, Terms, TurnId, told};
use crate::change::Level;
use crate::context::Pack;
use crate::model::Ask;
use crate::prompt::{self, Said};

/// What is known of it.
#[derive(Debug, Default)]
pub struct Preview {
    /// The one that is awaited.
    awaited: Option<TurnId>,
    /// Of the last that came: what would be sent, or why nothing could be.
    made: Option<Result<Said, String>>,
    level: Option<Level>,
    revision: u64,
}

impl Preview {
    /// What would be sent, piece by piece.
    pub fn pack(&self) -> Option<&Pack> {
        self.made.as_ref()?.as_ref().ok().map(Said::pack)
    }

    /// Why nothing could be sent.
    pub fn why_not(&self) -> Option<&str> {
        self.made.as_ref()?.as_ref().err().map(String::as_str)
    }

    pub fn is_awaited(&self) -> bool {
        self.awaited.is_some()
    }

    /// Grows whenever there is another to show.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

impl Session {
    /// Puts the request together that `instruct` would send. Another that is still awaited falls away.
    pub fn preview(&mut self, instruct: Instruct) -> Vec<Effect> {
        let turn = self.next_id();
        let before = self.preview.awaited.replace(turn);
        self.preview.level = Some(instruct.level);
        self.preview.revision += 1;
        let asked = Arc::new(told(self.turn.as_ref(), &instruct));
        let abort = before.map(|turn| Effect::Abort { turn });
        abort.into_iter().chain([Effect::Preview { turn, instruct: asked }]).collect()
    }

    /// The next request as far as it is known.
    pub fn next_request(&self) -> &Preview {
        &self.preview
    }

    /// Nobody looks at it any more.
    pub fn forget_preview(&mut self) -> Vec<Effect> {
        let awaited = std::mem::take(&mut self.preview).awaited;
        awaited.map(|turn| Effect::Abort { turn }).into_iter().collect()
    }

    /// The next request as it would go to a server.
    pub fn next_ask(&self) -> Option<Ask> {
        let said = self.preview.made.as_ref()?.as_ref().ok()?;
        let mut ask = said.ask().clone();
        ask.max_output = self.terms.max_output.or(ask.max_output);
        Some(ask)
    }
}

/// Takes what was put together, if it is still awaited.
pub(super) fn previewed(terms: &Terms, preview: &mut Preview, event: Event) {
    let Event::Previewed { turn, packed } = event else { return };
    let (true, Some(level)) = (preview.awaited == Some(turn), preview.level) else { return };
    preview.awaited = None;
    preview.revision += 1;
    preview.made = Some(match packed {
        Ok(found) => prompt::edit(&terms.prompts, level, &found.pack).map_err(|why| why.to_string()),
        Err(why) => Err(why.to_string()),
    });
}
