//! What can be asked of a buffer and what it says. A key is not known here; `ui` maps keys to these.

use super::buffer::ReadOnly;
use super::{Motion, Position};

/// One thing a person does to a buffer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// A typed character or a paste, in place of the selection. Line breaks in it (LF, CR LF or, as
    /// terminals paste, CR) become the file's own.
    Insert(String),
    /// A line break, indented like the line above it.
    Newline,
    /// Indentation up to the next stop, as the file indents; with several lines selected, indents
    /// them.
    Tab,
    /// Takes one level of indentation from the lines of the selection or cursor.
    BackTab,
    /// Deletes the selection, or the grapheme before the cursor, or back to the previous stop
    /// within an indentation of spaces.
    Backspace,
    Delete,
    DeleteWordBack,
    DeleteWordForward,
    /// Deletes the lines of the selection or cursor.
    DeleteLine,
    MoveLineUp,
    MoveLineDown,
    /// Moves the cursor; `true` keeps the selection's other end where it is.
    Move(Motion, bool),
    /// Selects from the first to the second, where the cursor then is.
    Select(Position, Position),
    SelectAll,
    /// Selects the whole lines of the selection or cursor; again: one more.
    SelectLine,
    ClearSelection,
    Undo,
    Redo,
    /// The selection, or the cursor's line when there is none.
    Copy,
    Cut,
}

/// What became of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "it may carry a text for the clipboard, or a refusal to show"]
pub enum Outcome {
    /// Nothing to do.
    Nothing,
    /// The cursor or the selection is elsewhere; the text is the same.
    Moved,
    Edited,
    /// For the clipboard.
    Copied(String),
    /// The text changed, and this is for the clipboard.
    Cut(String),
    /// The text cannot be changed.
    Refused(ReadOnly),
}

impl Outcome {
    /// Did the text change?
    pub fn edited(&self) -> bool {
        matches!(self, Self::Edited | Self::Cut(_))
    }
}
