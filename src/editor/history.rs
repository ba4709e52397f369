//! What was done to a text, step by step, so that it can be undone and redone. A run of typing or
//! erasing is one step until a word begins, forty characters are reached, or anything else happens.
//! It holds the steps; carrying them out is the buffer's.

use unicode_segmentation::UnicodeSegmentation;

/// Longest run of typing that is one step, in graphemes.
const RUN: usize = 40;

/// The cursor (`head`) and the other end of the selection, in bytes. Equal: nothing is selected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Caret {
    pub anchor: usize,
    pub head: usize,
}

impl Caret {
    pub fn at(offset: usize) -> Self {
        Self { anchor: offset, head: offset }
    }

    pub fn start(self) -> usize {
        self.anchor.min(self.head)
    }

    pub fn end(self) -> usize {
        self.anchor.max(self.head)
    }

    pub fn is_empty(self) -> bool {
        self.anchor == self.head
    }

    pub fn map(self, f: impl Fn(usize) -> usize) -> Self {
        Self { anchor: f(self.anchor), head: f(self.head) }
    }
}

/// At byte `at`, `removed` became `inserted`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Splice {
    pub at: usize,
    pub removed: String,
    pub inserted: String,
}

/// May a step grow?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Typing,
    Erasing,
    Whole,
}

/// Names a text in the history: undoing and redoing leads back to the same one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct State(u64);

/// Carried out in order; each splice speaks of the text the one before it left.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub splices: Vec<Splice>,
    pub before: Caret,
    pub after: Caret,
    kind: Kind,
    graphemes: usize,
    leads_to: State,
}

#[derive(Clone, Debug, Default)]
pub(super) struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
    /// The text before anything was done.
    root: State,
    states: u64,
    /// The last step may not grow.
    closed: bool,
}

impl History {
    /// An empty history of another text. No state of the old one is a state of it.
    pub fn begin_anew(&self) -> Self {
        let states = self.states + 1;
        Self { root: State(states), states, ..Self::default() }
    }

    pub fn state(&self) -> State {
        self.done.last().map_or(self.root, |step| step.leads_to)
    }

    /// Ends the current run: what comes next is a step of its own.
    pub fn close(&mut self) {
        self.closed = true;
    }

    pub fn push(&mut self, splices: Vec<Splice>, before: Caret, after: Caret, kind: Kind) {
        self.undone.clear();
        self.states += 1;
        let leads_to = State(self.states);
        let grown = match (self.done.last_mut(), splices.as_slice()) {
            (Some(last), [splice]) if !self.closed && last.kind == kind => last.grow(splice),
            _ => false,
        };
        match self.done.last_mut() {
            Some(last) if grown => {
                last.after = after;
                last.leads_to = leads_to;
            }
            _ => self.done.push(Step { splices, before, after, kind, graphemes: 1, leads_to }),
        }
        self.closed = false;
    }

    /// The step to take back, which is undone from now on.
    pub fn undo(&mut self) -> Option<&Step> {
        self.closed = true;
        self.undone.push(self.done.pop()?);
        self.undone.last()
    }

    /// The step to do again, which is done from now on.
    pub fn redo(&mut self) -> Option<&Step> {
        self.closed = true;
        self.done.push(self.undone.pop()?);
        self.done.last()
    }
}

impl Step {
    /// Takes `next` in, if it goes on where this step is and within the same word.
    fn grow(&mut self, next: &Splice) -> bool {
        let Some(last) = self.splices.last_mut() else { return false };
        if self.graphemes >= RUN {
            return false;
        }
        let grown = match self.kind {
            Kind::Whole => false,
            Kind::Typing => last.type_on(next),
            Kind::Erasing => last.erase_on(next),
        };
        self.graphemes += usize::from(grown);
        grown
    }
}

impl Splice {
    fn type_on(&mut self, next: &Splice) -> bool {
        let adjacent = next.removed.is_empty() && next.at == self.at + self.inserted.len();
        let grows = adjacent && !begins_word(self.inserted.chars().next_back(), next.inserted.chars().next());
        if grows {
            self.inserted.push_str(&next.inserted);
        }
        grows
    }

    fn erase_on(&mut self, next: &Splice) -> bool {
        if !self.inserted.is_empty() || !next.inserted.is_empty() {
            return false;
        }
        let (before, after) = (next.at + next.removed.len() == self.at, next.at == self.at);
        let ends = |text: &str| (text.chars().next(), text.chars().next_back());
        let ((first, last), (next_first, next_last)) = (ends(&self.removed), ends(&next.removed));
        if before && !begins_word(first, next_last) {
            self.at = next.at;
            self.removed.insert_str(0, &next.removed);
            true
        } else if after && !begins_word(last, next_first) {
            self.removed.push_str(&next.removed);
            true
        } else {
            false
        }
    }
}

/// Does a new word begin where `next` follows `last`? Line breaks always begin one.
fn begins_word(last: Option<char>, next: Option<char>) -> bool {
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let newline = |c: Option<char>| c == Some('\n');
    newline(last) || newline(next) || (blank(last) && !blank(next))
}

/// Is this one thing typed with one key?
pub(super) fn is_keystroke(text: &str) -> bool {
    let mut graphemes = text.graphemes(true);
    graphemes.next().is_some_and(|first| !first.contains(['\n', '\r'])) && graphemes.next().is_none()
}
