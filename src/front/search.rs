//! `rein search`: the lines that words, a name or a question are about. Offline, without a model.

use std::io::Read as _;

use serde_json::{Value, json};

use super::index::{NoIndex, ready};
use super::setup::Setup;
use super::{Exit, print, stop};
use crate::context::search::{Hit, within};
use crate::index::{Callee, PatternError, grep, uses};
use crate::model::Tokens;
use crate::text::safe;

/// Most bytes of a question that are read from stdin.
const QUESTION: u64 = 256 * 1024;

/// How to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SearchMode {
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
        "searching by meaning needs embeddings, which this rein does not make; leave out `--mode semantic`"
    )]
    Semantic,
    #[error("`{0}` has no name in it; with `--mode uses` write a function, a type or a constant")]
    NoName(String),
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl Wrong {
    fn exit(&self) -> Exit {
        match self {
            Self::NoIndex(_) | Self::Stdin(_) | Self::Semantic => Exit::NotHere,
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
    if request.mode == SearchMode::Semantic {
        return Err(Wrong::Semantic);
    }
    let workspace = Setup::load().and_then(|setup| setup.place(None)).map_err(NoIndex::from)?.workspace;
    let index = ready(workspace)?;
    let hits = match request.mode {
        SearchMode::Regex => grep(&index, &query, &|| false)?,
        SearchMode::Uses => {
            let callee = Callee::parse(&query).ok_or(Wrong::NoName(query))?;
            uses(&index, &callee, &|| false)
        }
        _ => index.corpus().search(&query, looked_at(request)),
    };
    Ok(within(hits, request.limit, request.budget))
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
