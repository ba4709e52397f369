//! What makes a hunk worth a second look, and why, in words.
//!
//! Marks are a help to spend attention, not a judgement: they are found by names and tokens, cheaply,
//! in every language, and their absence proves nothing. What is folded as unchanged is not marked.

mod path;

use super::file_diff::FileDiff;

/// How much a mark matters, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Weight {
    /// Good to know.
    Note,
    /// Read it with care.
    Serious,
    /// Read it first.
    Grave,
}

/// In which way a hunk is risky.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RiskKind {
    /// Text that is not what it looks like: invisible or bidirectional characters, look-alikes.
    Deceptive,
    /// A secret stands in the text.
    Secret,
    /// A test goes, is skipped, or asks for less.
    WeakerTest,
    /// Text becomes code.
    Eval,
    /// Another program is started.
    Process,
    /// Memory is no longer guarded by the compiler.
    Unsafe,
    /// A query is put together from strings.
    Query,
    /// A check of a compiler or linter is switched off.
    CheckOff,
    /// An error is dropped.
    Swallowed,
    /// Something is sent or fetched, or an address is new.
    Network,
    /// Cryptography or certificates.
    Crypto,
    /// Credentials or permissions.
    Access,
    /// Files are removed by the code.
    Removal,
    /// It runs in CI, at build time, or when an editor, a shell or an agent starts.
    Runs,
    /// What the project depends on.
    Dependency,
    /// What others may call.
    PublicApi,
    /// The file's mode changes.
    Mode,
    /// The file goes.
    Deleted,
    /// It lies at the edge of what may change.
    ScopeEdge,
    /// Its place was found by likeness.
    Place,
}

impl RiskKind {
    pub fn weight(self) -> Weight {
        match self {
            Self::Deceptive
            | Self::Secret
            | Self::WeakerTest
            | Self::Eval
            | Self::Process
            | Self::Unsafe
            | Self::Query
            | Self::Runs => Weight::Grave,
            Self::CheckOff
            | Self::Swallowed
            | Self::Network
            | Self::Crypto
            | Self::Access
            | Self::Removal
            | Self::Dependency
            | Self::Mode => Weight::Serious,
            Self::PublicApi | Self::Deleted | Self::ScopeEdge | Self::Place => Weight::Note,
        }
    }

    /// The reason, without the particulars.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Deceptive => "is not what it looks like",
            Self::Secret => "holds a secret",
            Self::WeakerTest => "weakens a test",
            Self::Eval => "runs text as code",
            Self::Process => "starts a program",
            Self::Unsafe => "steps out of memory safety",
            Self::Query => "puts a query together from strings",
            Self::CheckOff => "switches a check off",
            Self::Swallowed => "drops an error",
            Self::Network => "reaches the network",
            Self::Crypto => "touches cryptography",
            Self::Access => "touches credentials or permissions",
            Self::Removal => "removes files",
            Self::Runs => "runs without being asked",
            Self::Dependency => "changes what the project depends on",
            Self::PublicApi => "changes what others may call",
            Self::Mode => "changes the file's mode",
            Self::Deleted => "deletes the file",
            Self::ScopeEdge => "lies at the edge of what may change",
            Self::Place => "was placed by likeness",
        }
    }
}

/// One mark. Worst first when sorted in reverse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Risk {
    pub kind: RiskKind,
    /// The particulars: the word that gave it away, or the path. A stranger's text.
    pub what: String,
    /// The line of what comes that shows it (of what goes, if it is about something removed), from 0
    /// within the hunk; `None` when it is about the file.
    pub row: Option<usize>,
}

impl Risk {
    pub(super) fn of_file(kind: RiskKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), row: None }
    }

    pub fn weight(&self) -> Weight {
        self.kind.weight()
    }

    /// Why it is marked, in words. Names in it are a stranger's: pass it through `text::safe`.
    pub fn words(&self) -> String {
        match self.what.as_str() {
            "" => self.kind.reason().to_owned(),
            what => format!("{}: {what}", self.kind.reason()),
        }
    }
}

/// What the file as a whole says.
pub(super) fn of_file(file: &FileDiff) -> Vec<Risk> {
    path::risks(file)
}
