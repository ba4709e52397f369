//! What crosses the border between the thinking wing and the acting wing: [`Effect`]s out,
//! [`Event`]s back. Both are plain values, so a run can be printed, compared and replayed.
//! `orchestrator` carries effects out; nothing here knows how.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Answered, Callers, Head, Kept, NoEvidence, Outcome, Polish, Question, Recalled, Retrieved, Rough, Say,
    Vectors,
};
use crate::change::reading::Reading;
use crate::change::{Approved, Base, Focus, HunkId, Level, Receipt, Review, Verdict};
use crate::context::{DoesNotFit, Mention, Pack, Told, Transcript, Wishes, mentioned};
use crate::model::{Ask, Bill, Delta, Failure, Fim, ModelId, Money, Price, Role, Tokens};
use crate::text::diagnostic::Report;
use crate::text::highlight::{Class, Language};
use crate::text::syntax::Fault;
use crate::text::{Digest, Lines, RepoPath};
use crate::tool;
use crate::workspace::{
    ApplyError, Comparison, FileText, Found, LogEntry, ReadError, SaveError, Story, UndoError, Undone,
};

/// Names a turn. A result that carries another turn's name is late and falls away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TurnId(pub u64);

/// Who a request is counted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payer {
    /// The question as a whole, whichever of its conversations asks.
    pub turn: TurnId,
    /// Most that all its requests together may cost.
    pub limit: Option<Money>,
}

/// What the user asked for, with all that fixes its meaning.
#[derive(Clone, Debug)]
pub struct Instruct {
    pub text: String,
    pub level: Level,
    pub focus: Focus,
    /// Open buffers as they stand on screen, saved or not. The turn sees these, not the disk.
    pub open: BTreeMap<RepoPath, Lines>,
    pub wants: Wants,
}

/// What the user wants in a request, and not in it, beside what is found for it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Wants {
    /// For every request of the session.
    pub wishes: Wishes,
    /// What the user named in this one. Only what was typed names something: text of the repository that
    /// stands in an instruction does not.
    pub named: Vec<Mention>,
    /// Pages whose fetching the user has agreed to, for this request alone.
    pub pages: Vec<String>,
    /// What a check of the project said, where there is one.
    pub told: Option<Told>,
}

impl Wants {
    /// What `typed` names beside `wishes`.
    pub fn of(typed: &str, wishes: Wishes) -> Self {
        Self { wishes, named: mentioned(typed), pages: Vec::new(), told: None }
    }

    /// The pages that are named or pinned, each once.
    pub fn pages_named(&self) -> Vec<&str> {
        let mut pages: Vec<&str> =
            self.wishes.pinned().iter().chain(&self.named).filter_map(Mention::page).collect();
        pages.sort_unstable();
        pages.dedup();
        pages
    }
}

/// Something for the acting wing to do.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Read what the request needs and pack it.
    Gather { turn: TurnId, instruct: Arc<Instruct> },
    /// The same for a request that is only looked at: nothing is fetched for it, and nothing sent.
    Preview { turn: TurnId, instruct: Arc<Instruct> },
    /// Put a request into its model's wire format, to be looked at.
    Draft { ask: Arc<Ask> },
    /// Find names of symbols that begin as `typed` does.
    FindSymbols { typed: String },
    /// Search what a question is about and pack it, beside what its conversation holds already.
    Retrieve { turn: TurnId, question: Arc<Question>, above: Arc<Transcript> },
    /// Ask the chat role; the answer comes as [`Event::Delta`]s and one [`Event::Ended`].
    Send { turn: TurnId, ask: Arc<Ask> },
    /// Ask the chat role for a conversation about a question; comes back as with [`Effect::Send`].
    Consult { turn: TurnId, payer: Payer, ask: Arc<Ask> },
    /// Look up what a model called for.
    UseTools { turn: TurnId, question: Arc<Question>, calls: Vec<tool::Call> },
    /// Say when this time has gone by, unless the turn is stopped before.
    Wake { turn: TurnId, after: Duration },
    /// Stop whatever the turn has running. No event follows.
    Abort { turn: TurnId },
    /// Read a file that the reply wants to change.
    Look { turn: TurnId, path: RepoPath },
    /// Compare two states of the repository; the files come as [`Event::Compared`]s and one
    /// [`Event::ComparedAll`].
    Compare { turn: TurnId, what: Comparison, paths: Vec<RepoPath> },
    /// Ask the apply role to merge `update`, which leaves code out, into `original`.
    Merge { turn: TurnId, path: RepoPath, instruct: Arc<Instruct>, original: Lines, update: Arc<str> },
    /// Land what was approved.
    Land { turn: TurnId, approved: Approved, story: Story },
    /// Take a landing back: the named one, or the last.
    Undo { id: Option<String> },
    /// Bring the last undone landing forth again.
    Redo,
    /// Read a file for the editor.
    Open { path: RepoPath },
    /// The user saves a buffer. `expected`: what the disk is believed to hold.
    Save { path: RepoPath, text: Lines, expected: Option<Digest> },
    /// From now on, say which files change.
    Follow,
    /// Make vectors of the project's texts in the background, where the user's configuration says so, or
    /// stop that; how far it is comes as [`Event::Vectors`]s.
    MakeVectors(Say),
    /// Run the check that the user has configured for this project; what it says comes as
    /// [`Event::Checked`]s, the last of them with its end. There is at most one at a time. Which command it is,
    /// no effect can say.
    Check { run: u64 },
    /// End it.
    StopCheck,
    /// List the project's files.
    ListFiles,
    /// Find out which branch is checked out.
    AskBranch,
    /// Classify a text; the answer carries `version` back.
    Highlight { path: RepoPath, version: u64, language: Language, text: Lines },
    /// Keep a review so that it outlives the program; `None` forgets it.
    Keep { name: String, kept: Option<Kept> },
    /// Keep an answer with those of its conversation.
    KeepAnswer { answered: Arc<Answered> },
    /// List the answers that were kept.
    ListAnswers,
    /// Read an answer that was kept, and what has become of its sources.
    RecallAnswer { id: String },
    /// Find out what of a review needs no reading, and what needs care.
    Read { turn: TurnId, review: Box<Review> },
    /// Find out which hunks keep these files from being parsed any more, rejected hunks left out; the
    /// answers come as [`Event::Parsed`]s, the last of them `done`. Each carries its key back.
    Parse { turn: TurnId, review: Box<Review>, files: Vec<(RepoPath, u64)> },
    /// Find out who uses what a hunk changes.
    Trace { turn: TurnId, hunk: HunkId, review: Box<Review> },
    /// Work out colours and differing words of a file under review; the answer carries `key` back.
    Polish { key: u64, rough: Rough },
    /// Ask the completion role, in words or as a gap to fill; replaces a completion that is still
    /// running.
    Complete { id: u64, ask: Arc<Ask>, fim: Arc<Fim> },
    /// Nobody waits for the completion any more.
    AbortComplete,
    /// Read the journal, newest first.
    ReadLog { limit: usize },
    /// Read what was sent, newest first.
    ReadWire { limit: usize },
    /// Ask the servers which models they have.
    ListModels,
    /// From the next request on `model` is asked first for `role`.
    Prefer { role: Role, model: ModelId },
}

/// Something that happened in the acting wing.
#[derive(Debug)]
pub enum Event {
    Gathered {
        turn: TurnId,
        packed: Result<Gathered, GatherError>,
    },
    Previewed {
        turn: TurnId,
        packed: Result<Gathered, GatherError>,
    },
    /// What the check has said so far; its end, where it has ended.
    Checked {
        run: u64,
        report: Arc<Report>,
        end: Option<CheckEnd>,
    },
    /// The body that would be sent, and to whom.
    Drafted {
        model: ModelId,
        body: Vec<u8>,
    },
    /// Symbols whose names begin as was `typed`.
    Symbols {
        typed: String,
        names: Vec<String>,
    },
    /// Files were written, came or went, by other hands or ours.
    FilesChanged {
        paths: Vec<RepoPath>,
        /// Others may have, too.
        any: bool,
        /// Another branch may be checked out.
        head: bool,
    },
    /// How the making of vectors stands.
    Vectors(Box<Vectors>),
    /// There are none and none can be made; why.
    NoVectors(String),
    Retrieved {
        turn: TurnId,
        found: Result<Retrieved, NoEvidence>,
    },
    /// What the calls gave, in order. `dice`: any number, drawn now.
    Used {
        turn: TurnId,
        dice: u64,
        outcomes: Vec<Outcome>,
    },
    /// The time that a question may take has gone by.
    TimeUp {
        turn: TurnId,
    },
    /// The request is on its way to this model. `window`: most tokens, by our estimate, that it takes of a request
    /// and its answer together, where that is known.
    Asking {
        turn: TurnId,
        model: ModelId,
        window: Option<Tokens>,
    },
    /// The request failed before its first byte and will be sent again after `wait`.
    Retrying {
        turn: TurnId,
        failure: Failure,
        wait: Duration,
    },
    /// The request failed before its first byte, and `to` is asked in place of `from`.
    Switched {
        turn: TurnId,
        failure: Failure,
        from: ModelId,
        to: ModelId,
    },
    /// The answer of `from` broke off, and `to` stands ready to go on: it is asked by the
    /// [`Effect::Send`] that follows from this.
    BrokeOff {
        turn: TurnId,
        failure: Failure,
        from: ModelId,
        to: ModelId,
    },
    /// What a request used and cost, once that is known. `turn`: the one that it was for.
    Metered {
        turn: Option<TurnId>,
        bill: Bill,
        /// All of today's requests; `None` where they could not be counted.
        today: Option<Bill>,
    },
    Delta {
        turn: TurnId,
        delta: Delta,
    },
    /// `Ok` only when the model came to a finish.
    Ended {
        turn: TurnId,
        result: Result<(), Failure>,
    },
    Looked {
        turn: TurnId,
        path: RepoPath,
        read: Result<Base, String>,
    },
    /// More files of a difference.
    Compared {
        turn: TurnId,
        found: Vec<Found>,
    },
    ComparedAll {
        turn: TurnId,
        result: Result<(), String>,
    },
    /// The file as the apply model merged it; why not, if it did not.
    Merged {
        turn: TurnId,
        path: RepoPath,
        result: Result<String, String>,
    },
    Landed {
        turn: TurnId,
        result: Result<Receipt, ApplyError>,
    },
    Undone(Result<Undone, UndoError>),
    Redone(Result<Undone, UndoError>),
    Opened {
        path: RepoPath,
        read: Result<Option<FileText>, ReadError>,
    },
    Saved {
        path: RepoPath,
        text: Lines,
        result: Result<Digest, SaveError>,
    },
    Files(Vec<RepoPath>),
    Branch(Option<String>),
    Highlighted {
        path: RepoPath,
        version: u64,
        classes: Vec<(std::ops::Range<usize>, Class)>,
        /// Where the text does not parse, the first few places.
        faults: Vec<Fault>,
    },
    /// A review could not be kept; why.
    NotKept(String),
    /// An answer was kept, or why it was not.
    AnswerKept(Result<(), String>),
    /// The answers that were kept, the last first.
    Answers(Result<Vec<Head>, String>),
    /// An answer as it was then.
    Recalled(Box<Result<Recalled, String>>),
    /// A request that left is missing in the ledger of the wire; why.
    NotLogged(String),
    /// A server that takes what stands after a gap and ignores it: it is asked in words instead.
    SuffixIgnored(ModelId),
    Read {
        turn: TurnId,
        reading: Box<Reading>,
    },
    /// Of more files, the hunks by which they stop to parse.
    Parsed {
        turn: TurnId,
        found: Vec<(RepoPath, u64, Vec<HunkId>)>,
        done: bool,
    },
    Traced {
        turn: TurnId,
        hunk: HunkId,
        callers: Box<Callers>,
    },
    Polished {
        key: u64,
        path: RepoPath,
        polish: Arc<Polish>,
    },
    Completed {
        id: u64,
        result: Result<String, Failure>,
    },
    Log(Result<Vec<LogEntry>, String>),
    Wire(Result<Vec<SentRequest>, String>),
    /// The servers that answered have these.
    Models(Vec<Candidate>),
}

/// How a check ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckEnd {
    /// With this status; 0 says that all is well.
    Exited(i32),
    /// By a signal that was none of ours.
    Killed,
    /// It took longer than so many seconds, and was ended.
    TooLong(u64),
    /// It said more than so many bytes, and was ended.
    TooMuch(u64),
    /// The user stopped it.
    Stopped,
    /// It could not be started, or not be heard; why.
    NotRun(String),
}

/// The context of a request, and the files it was made from.
#[derive(Clone, Debug)]
pub struct Gathered {
    pub pack: Pack,
    /// By the name under which they were read. The turn's edits are placed in these texts: a reply
    /// that was written for an older text must not undo what was typed since.
    pub read: BTreeMap<RepoPath, Base>,
}

/// Why a request could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{path} has {lines} line(s); the selection begins at line {first}. Select lines that are there")]
    NoSuchLines { path: RepoPath, lines: usize, first: usize },
    #[error(transparent)]
    DoesNotFit(#[from] DoesNotFit),
}

/// A request as it left, but for the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SentRequest {
    /// When it left (UTC), to the microsecond: `20261125-094200-123456`.
    pub id: String,
    pub provider: String,
    /// The request line, as in `POST https://…`.
    pub line: String,
    /// All of it: request line, headers, an empty line, the body.
    pub bytes: Vec<u8>,
}

/// A model that can be chosen, and the roles it can serve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    pub model: ModelId,
    pub roles: Vec<Role>,
    /// What it takes for its tokens, if that is known.
    pub price: Option<Price>,
}

/// What a person decided about the turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Accept(Vec<HunkId>),
    Reject(Vec<HunkId>),
    Undo,
    Redo,
}

/// What a person does to a hunk beside deciding it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rework {
    /// Cut it into its smallest independent parts.
    Split,
    /// Cut these of its lines out and give them a verdict.
    Pick { lines: Range<usize>, verdict: Verdict },
    /// Other lines come.
    Rewrite(Lines),
    /// It is in conflict: propose it again, against the text as it is now.
    TakeUp,
    /// Say something to it; `None` takes it away.
    Comment(Option<String>),
}
