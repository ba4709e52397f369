//! How commands that ask a model are typed, and the one that shows what it would be asked.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::change::Level;
use crate::front;

/// Options that every command which may ask a model takes.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct Shared {
    /// The model to ask, as PROVIDER/MODEL, instead of `roles.chat`
    #[arg(long, short = 'm', value_name = "PROVIDER/MODEL")]
    pub(super) model: Option<String>,
    /// Write every exchange with a server down, without keys, so that it can be played again
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    pub(super) record: Option<PathBuf>,
    /// Take the answers from a recording; nothing leaves this machine
    #[arg(long, value_name = "FILE")]
    pub(super) replay: Option<PathBuf>,
}

impl From<Shared> for front::Supplied {
    fn from(shared: Shared) -> Self {
        let Shared { model, record, replay } = shared;
        Self { model, record, replay }
    }
}

/// What a request holds beside what is found for it.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct Beside {
    /// Put this into the request too: a file, FILE:A-B, a symbol, diff, diagnostics or an address; `@`
    /// before it in the text does the same
    #[arg(long, value_name = "WHAT")]
    pub(super) add: Vec<String>,
    /// Keep this out of the request: a path, an address, or a kind of piece as `rein context` names it; `./map`
    /// is a file that is called like a kind
    #[arg(long, value_name = "WHAT")]
    pub(super) evict: Vec<String>,
    /// Fetch the pages that are named, this once; without it they are refused
    #[arg(long)]
    pub(super) allow_url: bool,
    /// Tell the model what a compiler, a linter or a test runner printed: FILE holds it, `-` reads it from
    /// stdin. What it says of files that are not here is left out
    #[arg(long, value_name = "FILE")]
    pub(super) diagnostics: Option<PathBuf>,
}

impl From<Beside> for front::Wanted {
    fn from(beside: Beside) -> Self {
        let Beside { add, evict, allow_url, diagnostics } = beside;
        Self { add, evict, allow_url, diagnostics }
    }
}

#[derive(Args, Debug)]
pub(super) struct EditArgs {
    /// What may change: the lines given, the file given, or the repository
    #[arg(long, value_enum)]
    pub(super) level: Option<Notch>,
    /// The file the instruction is about
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The lines of FILE that may change, from 1, both included
    #[arg(long, value_name = "A-B", requires = "file")]
    pub(super) lines: Option<String>,
    /// Land the change instead of printing it; it can be undone
    #[arg(long)]
    pub(super) apply: bool,
    /// Review the change first in a dialogue, line by line; what is accepted lands
    #[arg(long, conflicts_with_all = ["apply", "json"])]
    pub(super) plain: bool,
    /// Report as one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// What should change; `-` reads it from stdin
    #[arg(required = true, value_name = "INSTRUCTION")]
    pub(super) instruction: Vec<String>,
    #[command(flatten)]
    pub(super) beside: Beside,
    #[command(flatten)]
    pub(super) shared: Shared,
}

#[derive(Args, Debug)]
#[command(
    after_help = "A sentence without a source that was verified is marked [?]. Exit code 1: none of the \
    answer could be verified, or nothing in the project fits the question; 4: the budget ended, what was \
    found until then is printed. `[ask]` in the configuration has the defaults, and says how long answers are \
    kept.\n\
    rein ask --continue \"and where is it called?\" goes on from the last answer about this project; \
    --continue=ID from another."
)]
pub(super) struct AskArgs {
    /// Report as one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// How far to go: quick (one search, one request), research (the model looks things up in files and
    /// history) or deep (split, looked up part by part, checked, written up)
    #[arg(long, value_name = "DEPTH")]
    pub(super) depth: Option<crate::session::Depth>,
    /// The line or lines that the question is about: FILE:LINE or FILE:FIRST-LAST
    #[arg(long, value_name = "FILE:LINE")]
    pub(super) at: Option<String>,
    /// Most that it may use, as in `$0.50`, `200k` (tokens), `5min`, or several with commas between
    #[arg(long, value_name = "BUDGET")]
    pub(super) budget: Option<crate::session::Allowance>,
    /// Go on from an answer of earlier, with all that was said up to it: the last one, or the one of that name
    #[arg(long = "continue", value_name = "ID", num_args = 0..=1, require_equals = true)]
    pub(super) after: Option<Option<String>>,
    /// List the answers that were kept, the last conversation first
    #[arg(long, conflicts_with_all = ["question", "show", "after", "out", "depth", "at", "budget"])]
    pub(super) list: bool,
    /// Show an answer again with those that led to it, and what has become of their sources: the last one, or
    /// the one of that name
    #[arg(long, value_name = "ID", num_args = 0..=1, conflicts_with_all = ["question", "after", "depth", "at", "budget"])]
    pub(super) show: Option<Option<String>>,
    /// Write it as Markdown into a new file, and nothing to stdout; `-` is stdout
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub(super) out: Option<PathBuf>,
    /// What to find out; `-` reads it from stdin
    #[arg(required_unless_present_any = ["list", "show"], value_name = "QUESTION")]
    pub(super) question: Vec<String>,
    #[command(flatten)]
    pub(super) beside: Beside,
    #[command(flatten)]
    pub(super) shared: Shared,
}

#[derive(Args, Debug)]
pub(super) struct ContextArgs {
    /// What may change: the lines given, the file given, or the repository
    #[arg(long, value_enum)]
    pub(super) level: Option<Notch>,
    /// The file the instruction is about
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The lines of FILE that may change, from 1, both included
    #[arg(long, value_name = "A-B", requires = "file")]
    pub(super) lines: Option<String>,
    /// Report as one JSON document
    #[arg(long)]
    pub(super) json: bool,
    /// What should change; `-` reads it from stdin
    #[arg(required = true, value_name = "INSTRUCTION")]
    pub(super) instruction: Vec<String>,
    #[command(flatten)]
    pub(super) beside: Beside,
}

/// The notches that take an instruction.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub(super) enum Notch {
    Selection,
    File,
    Repo,
}

impl From<Notch> for Level {
    fn from(notch: Notch) -> Self {
        match notch {
            Notch::Selection => Self::Selection,
            Notch::File => Self::File,
            Notch::Repo => Self::Repo,
        }
    }
}

impl From<EditArgs> for front::EditRequest {
    fn from(args: EditArgs) -> Self {
        Self {
            level: args.level.map(Level::from),
            file: args.file,
            lines: args.lines,
            apply: args.apply,
            plain: args.plain,
            json: args.json,
            instruction: args.instruction.join(" "),
            wanted: args.beside.into(),
            supplied: args.shared.into(),
        }
    }
}

impl From<AskArgs> for front::AskRequest {
    fn from(args: AskArgs) -> Self {
        let AskArgs { json, depth, at, budget, question, beside, shared, after, out, .. } = args;
        Self {
            question: question.join(" "),
            depth,
            at,
            budget,
            after: after.map(Option::unwrap_or_default),
            out,
            json,
            wanted: beside.into(),
            supplied: shared.into(),
        }
    }
}

impl From<ContextArgs> for front::EditRequest {
    fn from(args: ContextArgs) -> Self {
        let ContextArgs { level, file, lines, json, instruction, beside } = args;
        let (level, instruction) = (level.map(Level::from), instruction.join(" "));
        Self {
            level,
            file,
            lines,
            apply: false,
            plain: false,
            json,
            instruction,
            wanted: beside.into(),
            supplied: front::Supplied::default(),
        }
    }
}
