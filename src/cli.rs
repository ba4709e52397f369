//! What was typed. This file knows the words of the command line and nothing of what they do; each
//! command's meaning is in `front`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::change::Level;
use crate::front::{self, ApplyFormat, Exit};
use crate::model::{ModelId, Tokens};
use crate::provider::Wire;

/// A terminal coding agent with an autonomy slider: the model generates, you verify, hunk by hunk.
#[derive(Parser, Debug)]
#[command(name = "rein", version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Exit codes: 0 done · 1 the answer is no · 2 refused, nothing was changed · \
    3 model or network unavailable · 4 a budget or a length limit was reached · \
    5 not possible here · 64 usage · 70 a bug in rein · 130 interrupted\n\
    Start with `rein tour`: it needs no key and no network.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// A file to open, with a line and a column if you like: FILE[:LINE[:COL]]
    target: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

/// Options that every command which may ask a model takes.
#[derive(Args, Debug, Clone, Default)]
struct Shared {
    /// The model to ask, as PROVIDER/MODEL, instead of `roles.chat`
    #[arg(long, short = 'm', value_name = "PROVIDER/MODEL")]
    model: Option<String>,
    /// Write every exchange with a server down, without keys, so that it can be played again
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Take the answers from a recording; nothing leaves this machine
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
}

impl From<Shared> for front::Supplied {
    fn from(shared: Shared) -> Self {
        let Shared { model, record, replay } = shared;
        Self { model, record, replay }
    }
}

/// What a request holds beside what is found for it.
#[derive(Args, Debug, Clone, Default)]
struct Beside {
    /// Put this into the request too: a file, FILE:A-B, a symbol, diff, diagnostics or an address; `@`
    /// before it in the text does the same
    #[arg(long, value_name = "WHAT")]
    add: Vec<String>,
    /// Keep this out of the request: a path, an address, or a kind of piece as `rein context` names it; `./map`
    /// is a file that is called like a kind
    #[arg(long, value_name = "WHAT")]
    evict: Vec<String>,
    /// Fetch the pages that are named, this once; without it they are refused
    #[arg(long)]
    allow_url: bool,
    /// Tell the model what a compiler, a linter or a test runner printed: FILE holds it, `-` reads it from
    /// stdin. What it says of files that are not here is left out
    #[arg(long, value_name = "FILE")]
    diagnostics: Option<PathBuf>,
}

impl From<Beside> for front::Wanted {
    fn from(beside: Beside) -> Self {
        let Beside { add, evict, allow_url, diagnostics } = beside;
        Self { add, evict, allow_url, diagnostics }
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    /// See it work: a sample project and a scripted model, no key, no network
    Tour {
        /// Play the same steps without a terminal and check the files after each
        #[arg(long)]
        headless: bool,
    },
    /// Ask for a change and get a diff, or land it with --apply
    Edit(EditArgs),
    /// Apply a model's reply, read from stdin, exactly or not at all
    Apply(ApplyArgs),
    /// Find the code that words, a name or a question are about; offline, no model
    Search(SearchArgs),
    /// Ask about the project; every source of the answer is compared with the files
    Ask(AskArgs),
    /// Show exactly what a model would be sent for an instruction, piece by piece; sends nothing
    Context(ContextArgs),
    /// Bring the search index up to date, or say what is in it
    Index {
        /// What is indexed, what is not and why; changes nothing
        #[arg(long, conflicts_with = "rebuild")]
        status: bool,
        /// Forget what is known and read every file again
        #[arg(long)]
        rebuild: bool,
        /// Make the vectors of this model of the role `embed`, as in ollama/nomic-embed-text; those that were
        /// begun are kept up from then on, for when the first of the list cannot be asked
        #[arg(long, value_name = "MODEL", conflicts_with_all = ["rebuild", "status"])]
        model: Option<ModelId>,
        /// Report as one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Review any difference, hunk by hunk; rejected hunks are taken back in the files
    Diff(DiffArgs),
    /// Show what has landed, newest first; with an ID: what was decided of it, hunk by hunk
    Log {
        /// The first few digits are enough
        id: Option<String>,
        /// Show the requests that were sent instead, or all of the one whose id begins so
        #[arg(long, value_name = "ID", num_args = 0..=1, conflicts_with = "id")]
        wire: Option<Option<String>>,
        /// Keep the receipt of that operation as a git note (refs/notes/rein) on a commit; HEAD by default
        #[arg(long, value_name = "COMMIT", num_args = 0..=1, requires = "id", conflicts_with = "wire")]
        note: Option<Option<String>>,
        /// Most entries to show
        #[arg(long, short = 'n', default_value_t = 20)]
        limit: usize,
        #[arg(long)]
        json: bool,
    },
    /// Take a landing back: the last one, or the one named
    Undo {
        /// As `rein log` shows it; the first few digits are enough
        id: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Bring a landing that was taken back forth again: the last one, or the one named
    Redo {
        /// As `rein log` shows it; the first few digits are enough
        id: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Make a file what it was before (or after) any change that the journal remembers
    Restore(RestoreArgs),
    /// Finish or roll back a landing that was interrupted by a crash
    Recover {
        #[arg(long)]
        json: bool,
    },
    /// The models and the servers behind them: who serves which role, who answers, what it costs
    Models {
        #[command(subcommand)]
        what: Option<ModelsCommand>,
        /// Report as one JSON document
        #[arg(long, global = true)]
        json: bool,
    },
    /// The configuration: where it is, what it says, whether it is right
    Config {
        #[command(subcommand)]
        what: ConfigCommand,
    },
}

#[derive(Args, Debug)]
struct EditArgs {
    /// What may change: the lines given, the file given, or the repository
    #[arg(long, value_enum)]
    level: Option<Notch>,
    /// The file the instruction is about
    #[arg(long, short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// The lines of FILE that may change, from 1, both included
    #[arg(long, value_name = "A-B", requires = "file")]
    lines: Option<String>,
    /// Land the change instead of printing it; it can be undone
    #[arg(long)]
    apply: bool,
    /// Review the change first in a dialogue, line by line; what is accepted lands
    #[arg(long, conflicts_with_all = ["apply", "json"])]
    plain: bool,
    /// Report as one JSON document
    #[arg(long)]
    json: bool,
    /// What should change; `-` reads it from stdin
    #[arg(required = true, value_name = "INSTRUCTION")]
    instruction: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Args, Debug)]
#[command(
    after_help = "A sentence without a source that was verified is marked [?]. Exit code 1: none of the \
    answer could be verified, or nothing in the project fits the question; 4: the budget ended, what was \
    found until then is printed. `[ask]` in the configuration has the defaults."
)]
struct AskArgs {
    /// Report as one JSON document
    #[arg(long)]
    json: bool,
    /// How far to go: quick (one search, one request), research (the model looks things up in files and
    /// history) or deep (split, looked up part by part, checked, written up)
    #[arg(long, value_name = "DEPTH")]
    depth: Option<crate::session::Depth>,
    /// The line or lines that the question is about: FILE:LINE or FILE:FIRST-LAST
    #[arg(long, value_name = "FILE:LINE")]
    at: Option<String>,
    /// Most that it may use, as in `$0.50`, `200k` (tokens), `5min`, or several with commas between
    #[arg(long, value_name = "BUDGET")]
    budget: Option<crate::session::Allowance>,
    /// What to find out; `-` reads it from stdin
    #[arg(required = true, value_name = "QUESTION")]
    question: Vec<String>,
    #[command(flatten)]
    beside: Beside,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Args, Debug)]
struct ContextArgs {
    /// What may change: the lines given, the file given, or the repository
    #[arg(long, value_enum)]
    level: Option<Notch>,
    /// The file the instruction is about
    #[arg(long, short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// The lines of FILE that may change, from 1, both included
    #[arg(long, value_name = "A-B", requires = "file")]
    lines: Option<String>,
    /// Report as one JSON document
    #[arg(long)]
    json: bool,
    /// What should change; `-` reads it from stdin
    #[arg(required = true, value_name = "INSTRUCTION")]
    instruction: Vec<String>,
    #[command(flatten)]
    beside: Beside,
}

#[derive(Args, Debug)]
struct ApplyArgs {
    /// The reply's edit format: auto, sr (search/replace), str-replace, apply-patch, udiff, lazy, whole;
    /// or ops (operations on whole files, as JSON)
    #[arg(long, default_value = "auto", value_name = "FORMAT")]
    format: ApplyFormat,
    /// The folder whose files change
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The files as the model saw them; what they have become since is kept
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// The file meant by edits that name none
    #[arg(long, short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// Say what would happen and write nothing
    #[arg(long)]
    check: bool,
    /// With --check: print the change as a unified diff
    #[arg(long, requires = "check", conflicts_with = "json")]
    diff: bool,
    /// Review first, hunk by hunk: what is accepted lands, what cannot be placed is named
    #[arg(long, short = 'i', conflicts_with_all = ["check", "json", "serve"])]
    interactive: bool,
    /// With -i: as a dialogue, line by line, for screen readers and where there is no screen
    #[arg(long, requires = "interactive")]
    plain: bool,
    /// Report as one JSON document
    #[arg(long)]
    json: bool,
    /// Answer requests, one JSON object a line: {root, format, edit, base?, scope?, file?, check?}
    #[arg(long, conflicts_with_all = ["format", "root", "base", "file", "check", "json"])]
    serve: bool,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Without a commit: what is not staged, and new files. REV: the files since that commit. \
    In both, a rejected hunk is taken back in the file when Enter is pressed; `rein undo` brings it again. \
    REV..REV, --staged and --files write nothing.\n\
    --landing ID and --since ID look back in the journal (`rein log`), and take back likewise.\n\
    As a tool of git's, once: git config --global difftool.rein.cmd 'rein diff --files \"$LOCAL\" \"$REMOTE\"'\n\
    and then: git difftool -d -t rein"
)]
struct DiffArgs {
    /// The last commit and the index; nothing is written
    #[arg(long)]
    staged: bool,
    /// What the landing ID changed, as far as it is still in the files; paths narrow it
    #[arg(long, value_name = "ID", conflicts_with_all = ["staged", "files", "since"])]
    landing: Option<String>,
    /// What the landing ID and all after it changed: the files before it, and now; paths narrow it
    #[arg(long, value_name = "ID", conflicts_with_all = ["staged", "files"])]
    since: Option<String>,
    /// Two files or folders, anywhere; nothing is written
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["staged", "arguments"])]
    files: Option<Vec<PathBuf>>,
    /// As a dialogue, line by line, for screen readers, pipes and where there is no screen
    #[arg(long)]
    plain: bool,
    /// A commit or two (REV, REV..REV), then paths that narrow it
    #[arg(value_name = "REV|PATH", allow_hyphen_values = false)]
    arguments: Vec<String>,
    /// Paths only, whatever they are called
    #[arg(last = true, value_name = "PATH")]
    paths: Vec<String>,
}

#[derive(Args, Debug)]
struct SearchArgs {
    /// Most results
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10)]
    limit: usize,
    /// Most tokens that the results may weigh together, by estimate
    #[arg(long, value_name = "B")]
    budget_tokens: Option<u64>,
    /// How to search
    #[arg(long, value_enum, default_value = "auto")]
    mode: Mode,
    /// Report as one JSON document
    #[arg(long)]
    json: bool,
    /// What to look for; `-` reads it from stdin
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum Mode {
    /// As `lexical`; with `embed.auto` in the configuration also by meaning
    Auto,
    /// By the words and names in the text
    Lexical,
    /// By meaning and words; needs a model of the role `embed`, and sends it the texts
    Semantic,
    /// By a regular expression, line by line
    Regex,
    /// Who uses a name: QUERY is a function, a type or a constant, as in `Parser::parse`
    Uses,
}

#[derive(Args, Debug)]
struct RestoreArgs {
    /// The file, and whose change: FILE@ID is the file before ID. Without ID: the last version
    /// that differs from the file. Nothing is lost: what the file is now can be restored as well
    #[arg(value_name = "FILE[@ID]")]
    target: String,
    /// The file as ID left it, instead of as it was before
    #[arg(long, conflicts_with_all = ["merge", "list"])]
    after: bool,
    /// Take back only what ID did to the file and keep later edits; refused where they touch
    #[arg(long, conflicts_with = "list")]
    merge: bool,
    /// List the versions and change nothing
    #[arg(long)]
    list: bool,
    /// Report as one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum ModelsCommand {
    /// Prove each role with one tiny call, and say what it cost
    Test,
    /// Play an outage of each provider and say who takes over; sends nothing
    Drill,
    /// Decode the body of a server's answer, read from stdin, and print what a client must make of it
    Decode(DecodeArgs),
}

#[derive(Args, Debug)]
struct DecodeArgs {
    /// The API that answered: openai-chat, openai-responses, anthropic-messages, google-generate,
    /// ollama-chat, openai-completions, mistral-fim or llamacpp-infill
    #[arg(long, value_name = "API", value_parser = talking)]
    api: Wire,
    /// The HTTP status that the body came with
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..600))]
    status: u16,
    /// Its content type, which tells what the body alone does not
    #[arg(long, value_name = "TYPE", default_value = "", hide_default_value = true)]
    content_type: String,
}

/// An API whose answers are words.
fn talking(name: &str) -> Result<Wire, String> {
    let wire: Wire = name.parse()?;
    if wire.chats() || wire.fills_in() { Ok(wire) } else { Err(format!("`{name}` answers with no words")) }
}

#[derive(Subcommand, Debug)]
enum ConfigCommand {
    /// Where the user's file is
    Path,
    /// What holds, with defaults filled in and keys left out
    Show,
    /// Read everything and say what is wrong
    Check,
}

/// The notches that take an instruction.
#[derive(Clone, Copy, ValueEnum, Debug)]
enum Notch {
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

/// Runs the command line and says how it ended.
pub fn run() -> Exit {
    match Cli::try_parse() {
        Ok(cli) => front::guarded(|| dispatch(cli)),
        Err(wrong) => {
            // Help and version come this way too, on stdout.
            if !wrong.use_stderr() {
                let _ = wrong.print();
                return Exit::Done;
            }
            // Who reads documents gets one for this too.
            if front::asked_for_a_document("edit") {
                return front::not_begun(true, Exit::Usage, wrong);
            }
            let _ = wrong.print();
            Exit::Usage
        }
    }
}

fn dispatch(cli: Cli) -> Exit {
    let Cli { command, target, shared } = cli;
    match command {
        None => front::tui(target.as_deref(), shared.into()),
        Some(Command::Tour { headless }) => front::tour(headless),
        Some(Command::Edit(args)) => front::edit(args.into()),
        Some(Command::Apply(args)) if args.serve => front::serve(),
        Some(Command::Apply(args)) if args.interactive => {
            let plain = args.plain;
            front::review(args.into(), plain)
        }
        Some(Command::Apply(args)) => front::apply(args.into()),
        Some(Command::Search(args)) => front::search(args.into()),
        Some(Command::Ask(args)) => front::ask(&args.into()),
        Some(Command::Context(args)) => front::context(&args.into()),
        Some(Command::Index { status, rebuild, model, json }) => {
            let what = match (status, rebuild) {
                (true, _) => front::AboutIndex::Status,
                (_, true) => front::AboutIndex::Rebuild,
                _ => front::AboutIndex::Refresh(model),
            };
            front::index(what, json)
        }
        Some(Command::Diff(args)) => front::diff(&args.into()),
        Some(Command::Log { wire: Some(id), limit, json, .. }) => front::wire_log(id.as_deref(), limit, json),
        Some(Command::Log { id: Some(id), note: Some(on), json, .. }) => {
            front::note(&id, on.as_deref().unwrap_or("HEAD"), json)
        }
        Some(Command::Log { id: Some(id), json, .. }) => front::receipt(&id, json),
        Some(Command::Log { limit, json, .. }) => front::log(limit, json),
        Some(Command::Undo { id, json }) => front::undo(id.as_deref(), json),
        Some(Command::Redo { id, json }) => front::redo(id.as_deref(), json),
        Some(Command::Restore(args)) => front::restore(&args.into()),
        Some(Command::Recover { json }) => front::recover(json),
        Some(Command::Models { what, json }) => match what {
            None => front::models(json),
            Some(ModelsCommand::Test) => front::test_models(json),
            Some(ModelsCommand::Drill) => front::drill(json),
            Some(ModelsCommand::Decode(args)) => front::decode(&args.into()),
        },
        Some(Command::Config { what }) => front::config(match what {
            ConfigCommand::Path => front::AboutConfig::Path,
            ConfigCommand::Show => front::AboutConfig::Show,
            ConfigCommand::Check => front::AboutConfig::Check,
        }),
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
        let AskArgs { json, depth, at, budget, question, beside, shared } = args;
        let wanted = beside.into();
        Self { question: question.join(" "), depth, at, budget, json, wanted, supplied: shared.into() }
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

impl From<ApplyArgs> for front::ApplyRequest {
    fn from(args: ApplyArgs) -> Self {
        Self {
            format: args.format,
            root: args.root,
            base: args.base,
            file: args.file,
            check: args.check,
            diff: args.diff,
            json: args.json,
        }
    }
}

impl From<SearchArgs> for front::SearchRequest {
    fn from(args: SearchArgs) -> Self {
        let mode = match args.mode {
            Mode::Auto => front::SearchMode::Auto,
            Mode::Lexical => front::SearchMode::Lexical,
            Mode::Semantic => front::SearchMode::Semantic,
            Mode::Regex => front::SearchMode::Regex,
            Mode::Uses => front::SearchMode::Uses,
        };
        let SearchArgs { limit, budget_tokens, json, query, .. } = args;
        Self { query: query.join(" "), mode, limit, budget: budget_tokens.map(Tokens), json }
    }
}

impl From<DiffArgs> for front::DiffRequest {
    fn from(args: DiffArgs) -> Self {
        let mut files = args.files.into_iter().flatten();
        let mut arguments = args.arguments;
        if !args.paths.is_empty() {
            arguments.push("--".into());
            arguments.extend(args.paths);
        }
        let DiffArgs { staged, landing, since, plain, .. } = args;
        Self { files: files.next().zip(files.next()), staged, landing, since, plain, arguments }
    }
}

impl From<DecodeArgs> for front::DecodeRequest {
    fn from(args: DecodeArgs) -> Self {
        let DecodeArgs { api, status, content_type } = args;
        Self { api, status, content_type }
    }
}

impl From<RestoreArgs> for front::RestoreRequest {
    fn from(args: RestoreArgs) -> Self {
        let RestoreArgs { target, after, merge, list, json } = args;
        Self { target, after, merge, list, json }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_file_can_be_opened_without_a_command() {
        let cli = Cli::try_parse_from(["rein", "src/main.rs:12"]).unwrap();
        assert_eq!(cli.target.as_deref(), Some("src/main.rs:12"));
        assert!(cli.command.is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_a_usage_error() {
        for wrong in [
            &["rein", "edit"][..],
            &["rein", "edit", "--level", "complete", "x"],
            &["rein", "edit", "--lines", "1-2", "x"],
            &["rein", "apply", "--diff"],
            &["rein", "apply", "--format", "xml"],
            &["rein", "search"],
            &["rein", "search", "--mode", "magic", "x"],
            &["rein", "ask", "--depth", "bottomless", "x"],
            &["rein", "ask", "--budget", "a lot", "x"],
            &["rein", "index", "--status", "--rebuild"],
            &["rein", "models", "decode"],
            &["rein", "models", "decode", "--api", "openai"],
            &["rein", "models", "decode", "--api", "voyage"],
            &["rein", "models", "decode", "--api", "openai-chat", "--status", "7"],
        ] {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }
}
