//! What a request is put together from, as values: the file in the editor, other files and lines of them,
//! what is named, found and wished for; and why no request can be made of it. Nothing is weighed here.

use super::pack::{Segment, Source, Trust};
use super::visible::{decoded, visible};
use super::wishes::Wishes;
use crate::change::Level;
use crate::model::Tokens;
use crate::text::{Lines, RepoPath, Span};

/// The file in the editor, as the turn saw it.
#[derive(Clone, Copy, Debug)]
pub struct Open<'a> {
    pub path: &'a RepoPath,
    pub text: &'a Lines,
    /// The selected lines. Needed at `selection`.
    pub selection: Option<Span>,
    /// The cursor, as a byte offset into `text`. Needed at `complete`.
    pub cursor: Option<usize>,
}

/// Another file, or lines of one, that may help.
#[derive(Clone, Debug)]
pub struct Excerpt {
    pub path: RepoPath,
    /// Which lines of the file `text` holds.
    pub span: Span,
    pub text: Lines,
    /// Is it all of the file? At `repo`, only whole files are offered for change.
    pub whole: bool,
    pub why: String,
}

impl Excerpt {
    /// As a piece: of a file that may be changed if `may_change`, else to be read, with what is hidden in
    /// it written out.
    pub fn piece(&self, may_change: bool) -> Segment {
        let (path, span) = (self.path.clone(), self.span);
        let text = decoded(self.text.bytes());
        if may_change {
            return Segment::new(Source::File { path, span }, self.why.clone(), text, Trust::Repository);
        }
        Segment::new(Source::Excerpt { path, span }, self.why.clone(), visible(&text), Trust::Repository)
    }

    /// As a piece that is quoted from: a quote is compared with the file to the byte, so nothing of it is
    /// written out otherwise.
    pub(super) fn quotable(&self) -> Segment {
        let source = Source::Excerpt { path: self.path.clone(), span: self.span };
        Segment::new(source, self.why.clone(), decoded(self.text.bytes()), Trust::Repository)
    }
}

/// What a turn is about.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub level: Level,
    /// What the user typed; ignored at `complete`.
    pub instruction: &'a str,
    pub open: Option<Open<'a>>,
    /// What holds for every request of the session: rules.
    pub steady: &'a [Segment],
    /// What the user pinned, then what the instruction names.
    pub named: &'a [Segment],
    /// What was found, best first.
    pub candidates: &'a [Excerpt],
    /// Names of the workspace's files, likeliest first; used at `repo`.
    pub files: &'a [RepoPath],
    pub wishes: &'a Wishes,
}

impl<'a> Request<'a> {
    /// One about the open file and nothing else.
    pub fn new(level: Level, instruction: &'a str, open: Option<Open<'a>>) -> Self {
        const NONE: &Wishes = &Wishes::NONE;
        let (steady, named, candidates, files) = (&[][..], &[][..], &[][..], &[][..]);
        Self { level, instruction, open, steady, named, candidates, files, wishes: NONE }
    }
}

/// Why a pack cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DoesNotFit {
    #[error(
        "`{path}` weighs ~{needs} tokens and the request has room for {budget}; select the lines to change and ask at `selection`"
    )]
    File { path: RepoPath, needs: Tokens, budget: Tokens },
    #[error("the selection weighs ~{needs} tokens and the request has room for {budget}; select fewer lines")]
    Selection { needs: Tokens, budget: Tokens },
    #[error("the instruction weighs ~{needs} tokens and the request has room for {budget}; shorten it")]
    Instruction { needs: Tokens, budget: Tokens },
    #[error("no file is open; open one, or raise the slider to `repo`")]
    NoFile,
    #[error("nothing is selected; select lines, or raise the slider to `file`")]
    NoSelection,
}
