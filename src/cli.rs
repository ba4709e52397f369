//! What was typed. This file knows the words of the command line and nothing of what they do; each
//! command's meaning is in `front`.

mod asking;
mod changing;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::front::{self, Exit};
use crate::model::{ModelId, Tokens};
use crate::provider::Wire;
use asking::{AskArgs, ContextArgs, EditArgs, Shared};
use changing::{ApplyArgs, DiffArgs, RestoreArgs};

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
        Some(Command::Ask(args)) => ask(args),
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

fn ask(args: AskArgs) -> Exit {
    match &args.show {
        _ if args.list => front::list_answers(args.json),
        Some(id) => front::show_answer(id.as_deref().unwrap_or_default(), args.json, args.out.as_ref()),
        None => front::ask(&args.into()),
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

impl From<DecodeArgs> for front::DecodeRequest {
    fn from(args: DecodeArgs) -> Self {
        let DecodeArgs { api, status, content_type } = args;
        Self { api, status, content_type }
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
            &["rein", "ask"],
            &["rein", "ask", "--continue"],
            &["rein", "ask", "--list", "x"],
            &["rein", "ask", "--list", "--show"],
            &["rein", "ask", "--show", "3fa9c2d1", "--continue", "x"],
            &["rein", "ask", "--json", "--out", "a.md", "x"],
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
