//! Every key in one table. Dispatch, the footer and the help screen are read from it; a key that is
//! not in the table does nothing but type itself.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::editor::Motion;

/// Where a key was pressed. The table is searched for the place first, then for [`Place::Anywhere`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Anywhere,
    Editor,
    /// The editor, while ghost text stands at the cursor.
    Ghost,
    Prompt,
    Review,
    /// The review, after `]`, `[` or `g`.
    Ahead,
    Back,
    Go,
    /// Lines of a hunk that are edited in place; the editor's keys come after its own.
    Hand,
    /// A line that is typed: a comment, a reason, what to search for.
    Line,
    Picker,
    Find,
    /// A page to read: help, context, answer, journal.
    Page,
    /// The journal; the keys of a page come after its own.
    Journal,
    /// What the project's check said; the keys of a page come after its own.
    Checks,
    /// Where the model of a role is chosen.
    Models,
    /// Where a question about the project is asked.
    Ask,
    /// Answers of earlier; the keys of a page come after its own.
    Earlier,
    /// What the model sees.
    Context,
    /// Names on offer while a mention is typed; the keys of the line come after its own.
    Names,
    /// Where the fetching of pages is agreed to.
    Consent,
    /// How search by meaning stands; the keys of a page come after its own.
    Meaning,
}

impl Place {
    pub const ALL: [Self; 22] = [
        Self::Anywhere,
        Self::Review,
        Self::Ahead,
        Self::Back,
        Self::Go,
        Self::Hand,
        Self::Line,
        Self::Editor,
        Self::Ghost,
        Self::Prompt,
        Self::Picker,
        Self::Find,
        Self::Page,
        Self::Journal,
        Self::Checks,
        Self::Models,
        Self::Ask,
        Self::Earlier,
        Self::Context,
        Self::Names,
        Self::Consent,
        Self::Meaning,
    ];

    /// The heading of its keys in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Anywhere => "everywhere",
            Self::Editor => "editor",
            Self::Ghost => "ghost text at the cursor",
            Self::Prompt => "instruction",
            Self::Review => "review",
            Self::Ahead => "review, after ]",
            Self::Back => "review, after [",
            Self::Go => "review, after g",
            Self::Hand => "editing a hunk in place (and the editor's keys)",
            Self::Line => "a line that is typed",
            Self::Picker => "file picker",
            Self::Find => "find",
            Self::Page => "pages",
            Self::Journal => "journal",
            Self::Checks => "what the check said",
            Self::Models => "models",
            Self::Ask => "a question about the project",
            Self::Earlier => "earlier answers",
            Self::Context => "what the model sees",
            Self::Names => "names after @, in an instruction or a question",
            Self::Consent => "pages to be fetched",
            Self::Meaning => "search by meaning",
        }
    }
}

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    // everywhere
    Stop,
    Interrupt,
    SlideUp,
    AskSelection,
    AskFile,
    AskRepo,
    AskProject,
    /// The slider of a question: how far it goes.
    Deeper,
    /// The next question begins a conversation.
    AskAnew,
    /// Answers of earlier.
    Earlier,
    /// An answer becomes a text of its own, unsaved.
    AsText,
    Review,
    Pick,
    Find,
    Save,
    Help,
    ShowContext,
    ShowAnswer,
    ShowJournal,
    ShowMeaning,
    ShowWire,
    /// Runs the project's check.
    RunCheck,
    ShowChecks,
    ChooseModel,
    TakeBack,
    BringForth,
    Quit,
    Redraw,
    // editor
    Move(Motion),
    Extend(Motion),
    Page {
        down: bool,
        extend: bool,
    },
    Newline,
    Tab,
    BackTab,
    Backspace,
    Delete,
    DeleteWordBack,
    DeleteWordForward,
    DeleteLine,
    LineUp,
    LineDown,
    SelectAll,
    SelectLine,
    Copy,
    Cut,
    Undo,
    Redo,
    FindNext,
    FindPrevious,
    NextProblem,
    PreviousProblem,
    AcceptHere,
    RejectHere,
    TakeGhost,
    TakeGhostWord,
    TakeGhostLine,
    NextBuffer,
    Prompt,
    // review
    Accept,
    Reject,
    AcceptRest,
    RejectRest,
    UndoDecision,
    RedoDecision,
    NextHunk,
    PreviousHunk,
    NextFile,
    PreviousFile,
    NextUndecided,
    ScrollDown,
    ScrollUp,
    ScrollLeft,
    ScrollRight,
    GoDifference,
    GoTop,
    GoBottom,
    Land,
    Leave,
    Split,
    Range,
    EditHunk,
    EditOutside,
    TakeEdit,
    Comment,
    RejectWithReason,
    Revise,
    Why,
    Fold,
    Beside,
    MoreContext,
    LessContext,
    Filter,
    Detail,
    Order,
    Search,
    /// The next key is looked up there.
    Then(Place),
    NotYet(&'static str),
    // prompt, picker, find, pages
    Submit,
    /// What this operation and all later ones did.
    SinceHere,
    /// What was done since the program was opened.
    SinceStart,
    Down,
    Up,
    Older,
    Newer,
    TakeName,
    // what the model sees
    Pin,
    Evict,
    Forget,
    Add,
    OtherView,
    Bytes,
    Yes,
    No,
    /// Stop what is made in the background, or go on with it.
    Pause,
    NextRole,
    PreviousRole,
}

/// A key with its modifiers. Shift is part of the character for letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chord {
    pub code: KeyCode,
    pub mods: KeyModifiers,
}

impl Chord {
    const fn new(code: KeyCode, mods: KeyModifiers) -> Self {
        Self { code, mods }
    }

    /// As the terminal reports it, brought to one spelling: shift is dropped where the character
    /// says it already.
    pub fn of(key: &KeyEvent) -> Self {
        let mods = key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        match key.code {
            KeyCode::Char(c) if mods.contains(KeyModifiers::CONTROL) => {
                let mods = mods - KeyModifiers::SHIFT;
                Self::new(KeyCode::Char(c.to_ascii_lowercase()), mods)
            }
            KeyCode::Char(_) | KeyCode::BackTab => Self::new(key.code, mods - KeyModifiers::SHIFT),
            code => Self::new(code, mods),
        }
    }

    /// The character it types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.mods.is_empty() => Some(c),
            _ => None,
        }
    }
}

impl std::fmt::Display for Chord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.mods.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.mods.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        if self.mods.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift-")?;
        }
        let loud = !self.mods.is_empty();
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if loud => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Delete => f.write_str("Del"),
            other => write!(f, "{other:?}"),
        }
    }
}

const fn key(code: KeyCode) -> Chord {
    Chord::new(code, KeyModifiers::NONE)
}
const fn ch(c: char) -> Chord {
    key(KeyCode::Char(c))
}
const fn ctrl(c: char) -> Chord {
    Chord::new(KeyCode::Char(c), KeyModifiers::CONTROL)
}
const fn alt(c: char) -> Chord {
    Chord::new(KeyCode::Char(c), KeyModifiers::ALT)
}
const fn with(mods: KeyModifiers, code: KeyCode) -> Chord {
    Chord::new(code, mods)
}
const CTRL: KeyModifiers = KeyModifiers::CONTROL;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const ALT: KeyModifiers = KeyModifiers::ALT;
const CTRL_SHIFT: KeyModifiers = KeyModifiers::CONTROL.union(KeyModifiers::SHIFT);

/// One row of the table. `rank`: place in the footer, smallest first; 0 keeps it out.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    pub place: Place,
    pub keys: &'static [Chord],
    pub action: Action,
    pub says: &'static str,
    pub rank: u8,
}

const fn row(place: Place, keys: &'static [Chord], action: Action, says: &'static str, rank: u8) -> Binding {
    Binding { place, keys, action, says, rank }
}

use Action as A;
use Place::{
    Ahead, Anywhere, Ask, Back, Checks, Consent, Context, Earlier, Editor, Find, Ghost, Go, Hand, Journal,
    Line, Meaning, Models, Names, Page, Picker, Prompt, Review,
};

/// The table.
pub const KEYS: &[Binding] = &[
    row(Anywhere, &[key(KeyCode::Esc)], A::Stop, "stop what runs, or step back", 0),
    row(Anywhere, &[ctrl('c')], A::Interrupt, "stop what runs; twice to leave", 0),
    row(Anywhere, &[key(KeyCode::BackTab)], A::SlideUp, "move the slider", 4),
    row(Anywhere, &[ctrl('k')], A::AskSelection, "ask about the selection", 1),
    row(Anywhere, &[ctrl('l')], A::AskFile, "ask about the file", 2),
    row(Anywhere, &[alt('i')], A::AskRepo, "ask about the repository", 3),
    row(Anywhere, &[ctrl('a')], A::AskProject, "ask a question about the project", 0),
    row(Anywhere, &[alt('r')], A::Review, "go to the review", 0),
    row(Anywhere, &[ctrl('p')], A::Pick, "open a file", 5),
    row(Anywhere, &[ctrl('f')], A::Find, "find in the file", 0),
    row(Anywhere, &[ctrl('s')], A::Save, "save the file", 6),
    row(Anywhere, &[key(KeyCode::F(1)), alt('h')], A::Help, "all keys", 7),
    row(Anywhere, &[key(KeyCode::F(2))], A::ChooseModel, "choose the model of a role", 0),
    row(Anywhere, &[key(KeyCode::F(3))], A::ShowContext, "what the model sees", 0),
    row(Anywhere, &[key(KeyCode::F(4))], A::ShowAnswer, "the whole answer, and what was refused", 0),
    row(Anywhere, &[key(KeyCode::F(5))], A::ShowJournal, "what has landed", 0),
    row(Anywhere, &[key(KeyCode::F(6))], A::ShowChecks, "what the project's check said", 0),
    row(Anywhere, &[alt('t')], A::RunCheck, "run the project's check", 0),
    row(Anywhere, &[key(KeyCode::F(9))], A::ShowMeaning, "search by meaning: how far, where texts go", 0),
    row(Anywhere, &[alt('u')], A::TakeBack, "take the last landing back", 0),
    row(Anywhere, &[alt('U')], A::BringForth, "bring it forth again", 0),
    row(Anywhere, &[with(CTRL, KeyCode::Char('\\'))], A::Redraw, "draw the screen anew", 0),
    row(Anywhere, &[ctrl('q')], A::Quit, "leave", 8),
    // ghost text comes before the editor's own keys
    row(Ghost, &[key(KeyCode::Tab)], A::TakeGhost, "take it", 1),
    row(Ghost, &[with(CTRL, KeyCode::Right)], A::TakeGhostWord, "take a word", 2),
    row(Ghost, &[with(CTRL, KeyCode::Down)], A::TakeGhostLine, "take a line", 3),
    // editor
    row(Editor, &[key(KeyCode::Left)], A::Move(Motion::Left), "left", 0),
    row(Editor, &[key(KeyCode::Right)], A::Move(Motion::Right), "right", 0),
    row(Editor, &[key(KeyCode::Up)], A::Move(Motion::Up), "up", 0),
    row(Editor, &[key(KeyCode::Down)], A::Move(Motion::Down), "down", 0),
    row(Editor, &[with(CTRL, KeyCode::Left), alt('b')], A::Move(Motion::WordLeft), "a word left", 0),
    row(Editor, &[with(CTRL, KeyCode::Right), alt('f')], A::Move(Motion::WordRight), "a word right", 0),
    row(Editor, &[key(KeyCode::Home)], A::Move(Motion::Home), "start of the line", 0),
    row(Editor, &[key(KeyCode::End), ctrl('e')], A::Move(Motion::End), "end of the line", 0),
    row(Editor, &[with(CTRL, KeyCode::Home)], A::Move(Motion::Top), "start of the file", 0),
    row(Editor, &[with(CTRL, KeyCode::End)], A::Move(Motion::Bottom), "end of the file", 0),
    row(Editor, &[key(KeyCode::PageUp)], A::Page { down: false, extend: false }, "a page up", 0),
    row(Editor, &[key(KeyCode::PageDown)], A::Page { down: true, extend: false }, "a page down", 0),
    row(Editor, &[with(SHIFT, KeyCode::Left)], A::Extend(Motion::Left), "select left", 0),
    row(Editor, &[with(SHIFT, KeyCode::Right)], A::Extend(Motion::Right), "select right", 0),
    row(Editor, &[with(SHIFT, KeyCode::Up)], A::Extend(Motion::Up), "select up", 0),
    row(Editor, &[with(SHIFT, KeyCode::Down)], A::Extend(Motion::Down), "select down", 0),
    row(Editor, &[with(CTRL_SHIFT, KeyCode::Left)], A::Extend(Motion::WordLeft), "select a word left", 0),
    row(Editor, &[with(CTRL_SHIFT, KeyCode::Right)], A::Extend(Motion::WordRight), "select a word right", 0),
    row(Editor, &[with(SHIFT, KeyCode::Home)], A::Extend(Motion::Home), "select to the start", 0),
    row(Editor, &[with(SHIFT, KeyCode::End)], A::Extend(Motion::End), "select to the end", 0),
    row(Editor, &[with(CTRL_SHIFT, KeyCode::Home)], A::Extend(Motion::Top), "select to the top", 0),
    row(Editor, &[with(CTRL_SHIFT, KeyCode::End)], A::Extend(Motion::Bottom), "select to the bottom", 0),
    row(
        Editor,
        &[with(SHIFT, KeyCode::PageUp)],
        A::Page { down: false, extend: true },
        "select a page up",
        0,
    ),
    row(
        Editor,
        &[with(SHIFT, KeyCode::PageDown)],
        A::Page { down: true, extend: true },
        "select a page down",
        0,
    ),
    row(Editor, &[alt('a')], A::SelectAll, "select all", 0),
    row(Editor, &[alt('l')], A::SelectLine, "select the line, again for the next", 0),
    row(Editor, &[key(KeyCode::Enter)], A::Newline, "new line", 0),
    row(Editor, &[key(KeyCode::Tab)], A::Tab, "indent", 0),
    row(Editor, &[alt(',')], A::BackTab, "indent less", 0),
    row(
        Editor,
        &[key(KeyCode::Backspace), with(SHIFT, KeyCode::Backspace), ctrl('h')],
        A::Backspace,
        "delete back",
        0,
    ),
    row(Editor, &[key(KeyCode::Delete)], A::Delete, "delete", 0),
    row(
        Editor,
        &[ctrl('w'), with(ALT, KeyCode::Backspace), with(CTRL, KeyCode::Backspace)],
        A::DeleteWordBack,
        "delete a word back",
        0,
    ),
    row(Editor, &[alt('d'), with(CTRL, KeyCode::Delete)], A::DeleteWordForward, "delete a word", 0),
    row(Editor, &[alt('k')], A::DeleteLine, "delete the line", 0),
    row(Editor, &[with(ALT, KeyCode::Up)], A::LineUp, "move the line up", 0),
    row(Editor, &[with(ALT, KeyCode::Down)], A::LineDown, "move the line down", 0),
    row(Editor, &[alt('c')], A::Copy, "copy", 0),
    row(Editor, &[ctrl('x')], A::Cut, "cut", 0),
    row(Editor, &[ctrl('z')], A::Undo, "undo", 0),
    row(Editor, &[ctrl('y')], A::Redo, "redo", 0),
    row(Editor, &[key(KeyCode::F(7))], A::FindNext, "next match", 0),
    row(Editor, &[with(SHIFT, KeyCode::F(7))], A::FindPrevious, "previous match", 0),
    row(Editor, &[key(KeyCode::F(8))], A::NextProblem, "next problem", 0),
    row(Editor, &[with(SHIFT, KeyCode::F(8))], A::PreviousProblem, "previous problem", 0),
    row(Editor, &[alt('y')], A::AcceptHere, "accept the hunk at the cursor", 0),
    row(Editor, &[alt('n')], A::RejectHere, "reject the hunk at the cursor", 0),
    row(Editor, &[ctrl('t')], A::NextBuffer, "next open file", 0),
    row(Editor, &[ctrl('o')], A::Prompt, "write an instruction at the slider's notch", 0),
    // review
    row(Review, &[ch('y')], A::Accept, "accept", 1),
    row(Review, &[ch('n')], A::Reject, "reject", 2),
    row(Review, &[ch('Y')], A::AcceptRest, "accept the rest of the file", 5),
    row(Review, &[ch('N')], A::RejectRest, "reject the rest of the file", 0),
    row(Review, &[ch('u')], A::UndoDecision, "undo; after landing, take it back", 4),
    row(Review, &[ctrl('r')], A::RedoDecision, "redo", 0),
    row(Review, &[ch('J'), key(KeyCode::Tab)], A::NextHunk, "next hunk", 0),
    row(Review, &[ch('K')], A::PreviousHunk, "previous hunk", 0),
    row(Review, &[ch('}')], A::NextFile, "next file", 0),
    row(Review, &[ch('{')], A::PreviousFile, "previous file", 0),
    row(Review, &[ch(' ')], A::NextUndecided, "next undecided", 0),
    row(Review, &[ch('j'), key(KeyCode::Down)], A::ScrollDown, "line down", 6),
    row(Review, &[ch('k'), key(KeyCode::Up)], A::ScrollUp, "line up", 0),
    row(Review, &[ch('l'), key(KeyCode::Right)], A::ScrollRight, "the rest of long lines", 0),
    row(Review, &[ch('h'), key(KeyCode::Left)], A::ScrollLeft, "back to their beginning", 0),
    row(Review, &[ch('$')], A::GoDifference, "where a long line differs", 0),
    row(Review, &[key(KeyCode::PageDown)], A::Page { down: true, extend: false }, "a page down", 0),
    row(Review, &[key(KeyCode::PageUp)], A::Page { down: false, extend: false }, "a page up", 0),
    row(Review, &[key(KeyCode::Enter)], A::Land, "land what is accepted", 3),
    row(Review, &[ch('i')], A::Why, "why this hunk", 8),
    row(Review, &[ch('s')], A::Split, "split into its smallest parts", 7),
    row(Review, &[ch('v')], A::Range, "choose lines, then y or n", 9),
    row(Review, &[ch('e')], A::EditHunk, "edit the lines in place", 10),
    row(Review, &[ch('E')], A::EditOutside, "edit the lines in $EDITOR", 0),
    row(Review, &[ch('c')], A::Comment, "comment on the hunk", 11),
    row(Review, &[ch('x')], A::RejectWithReason, "reject and say why; the model is told", 0),
    row(Review, &[ch('R')], A::Revise, "send the comments: the model revises those hunks", 0),
    row(Review, &[ch('z')], A::Fold, "fold or unfold the hunk, or what is folded in it", 0),
    row(Review, &[ch('|')], A::Beside, "old and new side by side", 0),
    row(Review, &[ch('+')], A::MoreContext, "more lines around hunks", 0),
    row(Review, &[ch('-')], A::LessContext, "fewer lines around hunks", 0),
    row(Review, &[ch('f')], A::Filter, "all hunks, or undecided, risky, failing, refused ones", 0),
    row(Review, &[ch('m')], A::Detail, "what moved folded, words marked, or lines alone", 0),
    row(Review, &[ch('o')], A::Order, "another order", 0),
    row(Review, &[ch('/')], A::Search, "search in the changed lines", 0),
    row(Review, &[ch('q')], A::Leave, "leave; the review is kept", 12),
    row(Review, &[ch('?')], A::Help, "all keys", 13),
    row(Review, &[ch(']')], A::Then(Ahead), "then c, f or u: next hunk, file, undecided", 0),
    row(Review, &[ch('[')], A::Then(Back), "then c or f: previous hunk, file", 0),
    row(Review, &[ch('g')], A::Then(Go), "then n, N, g or e: match, top, end", 0),
    row(
        Review,
        &[ch('t'), ch('b'), ch('A')],
        A::NotYet("checking hunks"),
        "kept for checks, which come later",
        0,
    ),
    row(Ahead, &[ch('c')], A::NextHunk, "next hunk", 1),
    row(Ahead, &[ch('f')], A::NextFile, "next file", 2),
    row(Ahead, &[ch('u')], A::NextUndecided, "next undecided", 3),
    row(Back, &[ch('c')], A::PreviousHunk, "previous hunk", 1),
    row(Back, &[ch('f')], A::PreviousFile, "previous file", 2),
    row(Go, &[ch('n')], A::FindNext, "next match", 1),
    row(Go, &[ch('N')], A::FindPrevious, "previous match", 2),
    row(Go, &[ch('g')], A::GoTop, "the top", 3),
    row(Go, &[ch('e')], A::GoBottom, "the end", 4),
    row(Hand, &[key(KeyCode::Esc), ctrl('s')], A::TakeEdit, "take these lines", 1),
    row(Line, &[key(KeyCode::Enter)], A::Submit, "done", 1),
    row(Line, &[key(KeyCode::Backspace), ctrl('h')], A::Backspace, "delete back", 0),
    row(Line, &[ctrl('w')], A::DeleteWordBack, "delete a word back", 0),
    row(Line, &[ctrl('u')], A::DeleteLine, "clear", 0),
    row(Line, &[key(KeyCode::Left)], A::Move(Motion::Left), "left", 0),
    row(Line, &[key(KeyCode::Right)], A::Move(Motion::Right), "right", 0),
    // prompt
    row(Prompt, &[key(KeyCode::Enter)], A::Submit, "ask", 1),
    row(Prompt, &[with(ALT, KeyCode::Enter), ctrl('j')], A::Newline, "new line", 2),
    row(Prompt, &[key(KeyCode::Left)], A::Move(Motion::Left), "left", 0),
    row(Prompt, &[key(KeyCode::Right)], A::Move(Motion::Right), "right", 0),
    row(Prompt, &[with(CTRL, KeyCode::Left), alt('b')], A::Move(Motion::WordLeft), "a word left", 0),
    row(Prompt, &[with(CTRL, KeyCode::Right), alt('f')], A::Move(Motion::WordRight), "a word right", 0),
    row(Prompt, &[key(KeyCode::Home)], A::Move(Motion::Home), "start", 0),
    row(Prompt, &[key(KeyCode::End), ctrl('e')], A::Move(Motion::End), "end", 0),
    row(
        Prompt,
        &[key(KeyCode::Backspace), with(SHIFT, KeyCode::Backspace), ctrl('h')],
        A::Backspace,
        "delete back",
        0,
    ),
    row(Prompt, &[key(KeyCode::Delete)], A::Delete, "delete", 0),
    row(Prompt, &[ctrl('w'), with(ALT, KeyCode::Backspace)], A::DeleteWordBack, "delete a word back", 0),
    row(Prompt, &[ctrl('u')], A::DeleteLine, "clear", 0),
    row(Prompt, &[key(KeyCode::Up)], A::Older, "earlier instruction", 3),
    row(Prompt, &[key(KeyCode::Down)], A::Newer, "later instruction", 0),
    // picker
    row(Picker, &[key(KeyCode::Enter)], A::Submit, "open", 1),
    row(Picker, &[key(KeyCode::Down), ctrl('n')], A::Down, "down", 2),
    row(Picker, &[key(KeyCode::Up)], A::Up, "up", 3),
    row(Picker, &[key(KeyCode::Backspace), ctrl('h')], A::Backspace, "delete back", 0),
    row(Picker, &[ctrl('u')], A::DeleteLine, "clear", 0),
    // find
    row(Find, &[key(KeyCode::Enter), key(KeyCode::Down)], A::FindNext, "next", 1),
    row(Find, &[with(SHIFT, KeyCode::Enter), key(KeyCode::Up)], A::FindPrevious, "previous", 2),
    row(Find, &[key(KeyCode::Backspace), ctrl('h')], A::Backspace, "delete back", 0),
    row(Find, &[ctrl('u')], A::DeleteLine, "clear", 0),
    // pages
    row(Page, &[ch('j'), key(KeyCode::Down), key(KeyCode::Enter)], A::Down, "down", 1),
    row(Page, &[ch('k'), key(KeyCode::Up)], A::Up, "up", 2),
    row(Page, &[key(KeyCode::PageDown), ch(' ')], A::Page { down: true, extend: false }, "a page down", 0),
    row(Page, &[key(KeyCode::PageUp)], A::Page { down: false, extend: false }, "a page up", 0),
    row(Page, &[ch('w')], A::ShowWire, "the exact bytes that were sent", 0),
    row(Page, &[ch('q')], A::Leave, "close", 3),
    row(Journal, &[key(KeyCode::Enter)], A::Submit, "review what it changed", 1),
    row(Journal, &[ch('a')], A::SinceHere, "and all after it", 2),
    row(Journal, &[ch('s')], A::SinceStart, "all since rein was opened", 3),
    row(Journal, &[ch('j'), key(KeyCode::Down)], A::Down, "next", 4),
    row(Journal, &[ch('k'), key(KeyCode::Up)], A::Up, "previous", 5),
    row(Journal, &[ch('q'), key(KeyCode::F(5))], A::Leave, "close", 6),
    row(Checks, &[key(KeyCode::Enter)], A::Submit, "go there", 1),
    row(Checks, &[ch('r')], A::RunCheck, "run it", 2),
    row(Checks, &[ch('j'), key(KeyCode::Down)], A::Down, "next", 3),
    row(Checks, &[ch('k'), key(KeyCode::Up)], A::Up, "previous", 4),
    row(Checks, &[key(KeyCode::Esc)], A::Stop, "stop it, or close", 5),
    row(Checks, &[ch('q'), key(KeyCode::F(6))], A::Leave, "close", 6),
    // what the model sees
    row(Context, &[key(KeyCode::Down), ch('j')], A::Down, "next piece", 0),
    row(Context, &[key(KeyCode::Up), ch('k')], A::Up, "previous piece", 0),
    row(Context, &[key(KeyCode::Enter)], A::Submit, "its text", 1),
    row(Context, &[ch('z')], A::Fold, "all texts", 0),
    row(Context, &[ch('p')], A::Pin, "pin it", 2),
    row(Context, &[ch('x')], A::Evict, "evict it", 3),
    row(Context, &[ch('u')], A::Forget, "neither", 4),
    row(Context, &[ch('a')], A::Add, "add something", 5),
    row(Context, &[key(KeyCode::Tab)], A::OtherView, "next or sent", 6),
    row(Context, &[ch('w')], A::Bytes, "exact bytes", 7),
    row(Context, &[key(KeyCode::PageDown), ch(' ')], A::Page { down: true, extend: false }, "a page down", 0),
    row(Context, &[key(KeyCode::PageUp)], A::Page { down: false, extend: false }, "a page up", 0),
    row(Context, &[ch('q'), key(KeyCode::F(3))], A::Leave, "close", 8),
    row(Context, &[ch('?')], A::Help, "all keys", 0),
    // names after @
    row(Names, &[key(KeyCode::Tab)], A::TakeName, "take the name", 1),
    row(Names, &[key(KeyCode::Down), ctrl('n')], A::Down, "next name", 2),
    row(Names, &[key(KeyCode::Up)], A::Up, "previous name", 3),
    row(Names, &[key(KeyCode::Esc)], A::Stop, "offer none", 4),
    // pages
    row(Consent, &[ch('y')], A::Yes, "fetch them, this once", 1),
    row(Consent, &[ch('n')], A::No, "ask without them", 2),
    row(Consent, &[key(KeyCode::Esc)], A::Stop, "back to the instruction", 3),
    row(Meaning, &[ch('y')], A::Yes, "texts may be sent", 1),
    row(Meaning, &[ch('n')], A::No, "they may not", 2),
    row(Meaning, &[ch('p')], A::Pause, "pause, or go on", 3),
    row(Meaning, &[ch('q'), key(KeyCode::F(9))], A::Leave, "close", 4),
    // a question
    row(Ask, &[key(KeyCode::Enter)], A::Submit, "ask, or open", 1),
    row(Ask, &[key(KeyCode::Tab), key(KeyCode::BackTab)], A::Deeper, "how far to go", 2),
    row(Ask, &[ctrl('a')], A::Leave, "leave", 3),
    row(Ask, &[ctrl('r')], A::Earlier, "earlier answers", 4),
    row(Ask, &[alt('n')], A::AskAnew, "ask the next without what was said before", 0),
    row(Ask, &[alt('c')], A::Copy, "copy the answer, as Markdown", 0),
    row(Ask, &[alt('e')], A::AsText, "the answer as a text of its own, unsaved", 0),
    row(Ask, &[key(KeyCode::Down), ctrl('n')], A::Down, "next source", 5),
    row(Ask, &[key(KeyCode::Up)], A::Up, "previous source", 0),
    row(Ask, &[key(KeyCode::PageDown)], A::Page { down: true, extend: false }, "a page down", 6),
    row(Ask, &[key(KeyCode::PageUp)], A::Page { down: false, extend: false }, "a page up", 0),
    row(Ask, &[key(KeyCode::Left)], A::Move(Motion::Left), "left", 0),
    row(Ask, &[key(KeyCode::Right)], A::Move(Motion::Right), "right", 0),
    row(Ask, &[key(KeyCode::Home)], A::Move(Motion::Home), "start", 0),
    row(Ask, &[key(KeyCode::End)], A::Move(Motion::End), "end", 0),
    row(Ask, &[key(KeyCode::Backspace), ctrl('h')], A::Backspace, "delete back", 0),
    row(Ask, &[ctrl('w')], A::DeleteWordBack, "delete a word back", 0),
    row(Ask, &[ctrl('u')], A::DeleteLine, "clear", 0),
    // earlier answers
    row(Earlier, &[key(KeyCode::Enter)], A::Submit, "open it; the next question goes on from it", 1),
    row(Earlier, &[ch('j'), key(KeyCode::Down)], A::Down, "next", 2),
    row(Earlier, &[ch('k'), key(KeyCode::Up)], A::Up, "previous", 3),
    row(Earlier, &[ch('q'), ctrl('r')], A::Leave, "back", 4),
    // models
    row(Models, &[key(KeyCode::Enter)], A::Submit, "choose", 1),
    row(Models, &[key(KeyCode::Down), ctrl('n')], A::Down, "down", 2),
    row(Models, &[key(KeyCode::Up)], A::Up, "up", 3),
    row(Models, &[key(KeyCode::Tab), key(KeyCode::Right)], A::NextRole, "next role", 4),
    row(Models, &[key(KeyCode::BackTab), key(KeyCode::Left)], A::PreviousRole, "previous role", 0),
    row(Models, &[key(KeyCode::Backspace), ctrl('h')], A::Backspace, "delete back", 0),
    row(Models, &[ctrl('u')], A::DeleteLine, "clear", 0),
];

/// What `chord` does at the first of `places` that knows it, or anywhere.
pub fn look_up(places: &[Place], chord: Chord) -> Option<Action> {
    let at = |place: Place| {
        KEYS.iter().find(|row| row.place == place && row.keys.contains(&chord)).map(|row| row.action)
    };
    places.iter().copied().chain([Anywhere]).find_map(at)
}

/// The footer's rows for a place, in order.
pub fn footer(place: Place) -> Vec<&'static Binding> {
    let mut rows: Vec<_> = KEYS.iter().filter(|row| row.place == place && row.rank > 0).collect();
    rows.sort_by_key(|row| row.rank);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (at, one) in KEYS.iter().enumerate() {
            for other in KEYS.iter().skip(at + 1).filter(|other| other.place == one.place) {
                for chord in one.keys {
                    assert!(
                        !other.keys.contains(chord),
                        "{chord} in {:?}: {:?} and {:?}",
                        one.place,
                        one.says,
                        other.says
                    );
                }
            }
        }
    }

    #[test]
    fn the_place_comes_before_everywhere() {
        let enter = key(KeyCode::Enter);
        assert_eq!(look_up(&[Place::Review], enter), Some(Action::Land));
        assert_eq!(look_up(&[Place::Prompt], enter), Some(Action::Submit));
        assert_eq!(look_up(&[Place::Review], ctrl('k')), Some(Action::AskSelection));
        assert_eq!(look_up(&[Place::Ghost, Place::Editor], key(KeyCode::Tab)), Some(Action::TakeGhost));
        assert_eq!(look_up(&[Place::Editor], ch('y')), None);
    }

    #[test]
    fn terminals_spell_shifted_letters_in_several_ways() {
        let shifted = KeyEvent::new(KeyCode::Char('Y'), KeyModifiers::SHIFT);
        assert_eq!(look_up(&[Place::Review], Chord::of(&shifted)), Some(Action::AcceptRest));
        let bare = KeyEvent::new(KeyCode::Char('Y'), KeyModifiers::NONE);
        assert_eq!(look_up(&[Place::Review], Chord::of(&bare)), Some(Action::AcceptRest));
        let back_tab = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(look_up(&[Place::Editor], Chord::of(&back_tab)), Some(Action::SlideUp));
    }

    #[test]
    fn keys_are_written_as_people_say_them() {
        let shown: Vec<String> =
            [ctrl('k'), alt('i'), key(KeyCode::BackTab), ch('Y'), with(SHIFT, KeyCode::F(7)), ch(' ')]
                .map(|chord| chord.to_string())
                .into();
        assert_eq!(shown, ["Ctrl-K", "Alt-I", "Shift-Tab", "Y", "Shift-F7", "Space"]);
    }
}
