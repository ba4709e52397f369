//! Ghost text: asked for when typing pauses, shown at the cursor, gone when it no longer fits.

use std::sync::Arc;
use std::time::Duration;

use super::app::{App, Awaited, Focus, Out};
use crate::change::Level;
use crate::context::{self, Open, Request};
use crate::editor::{Buffer, Ghost};
use crate::model::{Failure, Fim, Tokens};
use crate::prompt::{self, Prompts, Said};
use crate::session::Effect;

/// How long typing must rest before a completion is asked for.
const PAUSE: Duration = Duration::from_millis(180);

/// Most tokens of context for a completion: fast models want little.
const BUDGET: Tokens = Tokens(4_000);

/// Most bytes before and after the cursor that a model which fills in is shown.
const BEFORE: usize = 8 * 1024;
const AFTER: usize = 4 * 1024;

/// How long typing must rest before colours are made anew.
const COLOUR_PAUSE: Duration = Duration::from_millis(60);

impl App {
    /// The text of the current file changed. `goes_on`: the ghost text still fits.
    pub(super) fn text_changed(&mut self, goes_on: bool) {
        self.highlight_due = Some(self.now + COLOUR_PAUSE);
        self.ghosting.due = (!goes_on && self.wants_ghost()).then_some(self.now + PAUSE);
    }

    fn wants_ghost(&self) -> bool {
        self.completes() && self.level == Level::Complete && !self.session.is_running()
    }

    /// Typing has rested: asks for what might come next.
    pub(super) fn complete_if_due(&mut self) -> Vec<Out> {
        if self.ghosting.due.is_none_or(|due| due > self.now) {
            return Vec::new();
        }
        self.ghosting.due = None;
        let Some(file) = self.file().filter(|file| file.buffer.read_only().is_none()) else {
            return Vec::new();
        };
        let buffer = &file.buffer;
        let Some(said) = around_cursor(buffer, self.session.prompts()) else { return Vec::new() };
        let fim = Arc::new(gap(buffer));
        let awaited =
            Awaited { id: self.ghosting.last_id + 1, path: buffer.path().clone(), version: buffer.version() };
        self.ghosting.last_id = awaited.id;
        let effect = Effect::Complete { id: awaited.id, ask: Arc::new(said.into_ask()), fim };
        self.ghosting.awaited = Some(awaited);
        vec![Out::Do(effect)]
    }

    /// A completion came. It is shown only where it was asked for; a failure is no news while typing.
    pub(super) fn completed(&mut self, id: u64, result: Result<String, Failure>) {
        let Some(awaited) = self.ghosting.awaited.take_if(|awaited| awaited.id == id) else { return };
        let Some(file) = self.file() else { return };
        let fits = *file.buffer.path() == awaited.path
            && file.buffer.version() == awaited.version
            && self.focus == Focus::Editor;
        let Ok(text) = result else { return };
        let cursor = file.buffer.cursor();
        let line = file.buffer.line(cursor.line);
        let (before, after) = line.split_at_checked(cursor.column).unwrap_or_default();
        let text = prompt::read_completion(&text, before, after);
        if fits && !text.is_empty() {
            self.ghosting.ghost = Ghost::new(file.buffer.cursor(), &text, awaited.version)
                .filter(|ghost| ghost.is_fresh(&file.buffer));
        }
    }
}

/// The text around the cursor, in whole lines, for a model that fills in.
fn gap(buffer: &Buffer) -> Fim {
    let text = buffer.snapshot();
    let bytes = text.bytes();
    let cursor = buffer.offset(buffer.cursor()).min(bytes.len());
    let (from, to) = (cursor.saturating_sub(BEFORE), (cursor + AFTER).min(bytes.len()));
    let within = |range: std::ops::Range<usize>| bytes.get(range).unwrap_or_default().iter();
    let from = match from {
        0 => 0,
        // A line of more than that is cut.
        from => within(from..cursor).position(|byte| *byte == b'\n').map_or(from, |at| from + at + 1),
    };
    let to = if to == bytes.len() {
        to
    } else {
        within(cursor..to).rposition(|byte| *byte == b'\n').map_or(to, |at| cursor + at + 1)
    };
    let part = |range| String::from_utf8_lossy(bytes.get(range).unwrap_or_default()).into_owned();
    Fim {
        prefix: part(from..cursor),
        suffix: part(cursor..to),
        max_output: prompt::COMPLETION,
        stop: Vec::new(),
    }
}

/// The request for the text at the cursor; `None` when it cannot be made.
fn around_cursor(buffer: &Buffer, prompts: &Prompts) -> Option<Said> {
    let text = buffer.snapshot();
    let open = Open {
        path: buffer.path(),
        text: &text,
        selection: None,
        cursor: Some(buffer.offset(buffer.cursor())),
    };
    let request = Request::new(Level::Complete, "", Some(open));
    let pack = context::gather(&request, BUDGET).ok()?;
    prompt::complete(prompts, &pack).ok()
}
