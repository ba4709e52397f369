//! `rein search`: the lines that words, a name or a question are about. Offline and without a model,
//! unless it is asked to search by meaning.

use std::io::Read as _;

use serde_json::{Value, json};

use super::index::{NoIndex, place, ready};
use super::meaning::{self, Unmeant};
use super::setup::Setup;
use super::{Exit, print, remark, stop, tell};
use crate::context::search::{FUSED, Hit, fused, within};
use crate::index::{Callee, Index, PatternError, grep, uses};
use crate::model::Tokens;
use crate::text::safe;

/// Most bytes of a question that are read from stdin.
const QUESTION: u64 = 256 * 1024;

/// How to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SearchMode {
    /// By words, and by meaning where the user's configuration says so.
    Auto,
    Lexical,
    Semantic,
    Regex,
    /// Who uses the name.
    Uses,
}

/// What `rein search` was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SearchRequest {
    /// `-`: on stdin.
    pub query: String,
    pub mode: SearchMode,
    /// Most hits.
    pub limit: usize,
    /// Most tokens of all hits together.
    pub budget: Option<Tokens>,
    pub json: bool,
}

#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error(transparent)]
    NoIndex(#[from] NoIndex),
    #[error("the question cannot be read from stdin: {0}")]
    Stdin(std::io::Error),
    #[error("nothing to look for; write some words, a name, or a question")]
    Nothing,
    #[error(
        "searching by meaning needs a model for embeddings; name one under `[roles]`, as in `embed = [\"ollama/nomic-embed-text\"]`, or a table of static embeddings with `embed.weights`, or leave out `--mode semantic`"
    )]
    Semantic,
    #[error("`{0}` has no name in it; with `--mode uses` write a function, a type or a constant")]
    NoName(String),
    #[error(transparent)]
    Unmeant(#[from] Unmeant),
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl Wrong {
    fn exit(&self) -> Exit {
        match self {
            Self::NoIndex(_) | Self::Stdin(_) | Self::Semantic => Exit::NotHere,
            Self::Unmeant(why) => why.exit(),
            Self::Nothing | Self::NoName(_) | Self::Pattern(_) => Exit::Usage,
        }
    }
}

/// Prints the hits, best first. Exit 1 when there is none.
pub fn search(request: SearchRequest) -> Exit {
    match find(&request) {
        Ok(hits) => {
            let exit = if hits.is_empty() { Exit::No } else { Exit::Done };
            let out = if request.json {
                as_json(&hits)
            } else {
                hits.iter().map(told).collect::<String>().into_bytes()
            };
            print(&out, exit)
        }
        Err(why) => stop(why.exit(), why),
    }
}

fn find(request: &SearchRequest) -> Result<Vec<Hit>, Wrong> {
    let query = question(&request.query)?;
    let setup = Setup::load().map_err(NoIndex::from)?;
    let workspace = setup.place(None).map_err(NoIndex::from)?.workspace;
    let mut vectors = match request.mode {
        SearchMode::Auto if !setup.loaded().config.embed.auto => None,
        SearchMode::Auto | SearchMode::Semantic => {
            let place = place(&workspace).map_err(NoIndex::from)?;
            meaning::meaning(&setup, &workspace, &place).map_err(NoIndex::from)?
        }
        SearchMode::Lexical | SearchMode::Regex | SearchMode::Uses => None,
    };
    if request.mode == SearchMode::Semantic && vectors.is_none() {
        return Err(Wrong::Semantic);
    }
    let index = ready(workspace)?;
    let by_words = |limit| index.corpus().search(&query, limit);
    let hits = match (request.mode, &mut vectors) {
        (SearchMode::Regex, _) => grep(&index, &query, &|| false)?,
        (SearchMode::Uses, _) => {
            let callee = Callee::parse(&query).ok_or(Wrong::NoName(query))?;
            uses(&index, &callee, &|| false)
        }
        (mode, Some(vectors)) => match by_meaning(vectors, &index, &query, mode == SearchMode::Semantic) {
            Ok(near) => fused(&index.corpus(), &query, by_words(FUSED), near, looked_at(request)),
            Err(why) if mode == SearchMode::Auto && why.exit() != Exit::Interrupted => {
                remark(&format!("searched by words alone: {why}"));
                by_words(looked_at(request))
            }
            Err(why) => return Err(why.into()),
        },
        _ => by_words(looked_at(request)),
    };
    let found = hits.len();
    let fitting = within(hits, request.limit, request.budget);
    if let (true, 1.., Some(budget)) = (fitting.is_empty(), found, request.budget) {
        tell(&format!("{found} found, none of which fits in {budget} tokens; raise `--budget-tokens`"));
    }
    Ok(fitting)
}

/// The chunks nearest in meaning. Who asks for that by name has what is missing made first; what cannot
/// be made now is searched by words.
fn by_meaning(
    vectors: &mut crate::orchestrator::Meaning,
    index: &Index,
    query: &str,
    complete: bool,
) -> Result<Vec<Hit>, Unmeant> {
    crate::orchestrator::Meaning::may_ask(query).map_err(Unmeant::from)?;
    if complete && let Err(why) = meaning::filled(vectors, index, Some(0), false) {
        let count = vectors.count(0, index);
        // With some of the vectors, or with another model's, there is something to go by.
        let ends = why.exit() == Exit::Limit && count.missing < count.all;
        let stands_in = why.exit() == Exit::Unavailable && vectors.kept_up().len() > 1;
        if !ends && !stands_in {
            return Err(why);
        }
        tell(&format!("{} chunks have no vector: {why}", count.missing));
    }
    meaning::nearest(vectors, index, query)
}

/// With a budget, a hit that does not fit makes room for a later one.
fn looked_at(request: &SearchRequest) -> usize {
    if request.budget.is_some() { request.limit.saturating_mul(4) } else { request.limit }
}

fn question(typed: &str) -> Result<String, Wrong> {
    let mut text = typed.to_owned();
    if typed == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().take(QUESTION).read_to_end(&mut bytes).map_err(Wrong::Stdin)?;
        text = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
    }
    if text.trim().is_empty() { Err(Wrong::Nothing) } else { Ok(text) }
}

/// One array: a contract with scripts and benchmarks.
fn as_json(hits: &[Hit]) -> Vec<u8> {
    let one = |hit: &Hit| {
        json!({
            "path": hit.path,
            "start_line": hit.span.start() + 1,
            "end_line": hit.span.end(),
            "score": (f64::from(hit.score) * 1e4).round() / 1e4,
            "tokens": hit.tokens,
            "why": hit.why,
        })
    };
    let mut out = Value::Array(hits.iter().map(one).collect()).to_string().into_bytes();
    out.push(b'\n');
    out
}

/// `src/a.rs:10-42  def:parse, words:config`
fn told(hit: &Hit) -> String {
    format!(
        "{}:{}-{}  {}\n",
        safe::line(hit.path.as_str()),
        hit.span.start() + 1,
        hit.span.end(),
        safe::line(&hit.why.join(", "))
    )
}
