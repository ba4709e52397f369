//! Search by meaning, as the commands use it: who makes the vectors, how far that is, and what is said
//! of it. Nothing here runs unless a model serves the role `embed`, or the user named a table.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Exit;
use super::report::cost;
use super::setup::{Setup, runtime};
use crate::context::search::Hit;
use crate::index::{Index, Place};
use crate::model::{Failure, Role};
use crate::orchestrator::{Embedder, Filling, Meaning, NotMeant, Rules};
use crate::provider::{Qdrant, Weights, WeightsError};
use crate::text::{Digest, safe};
use crate::workspace::Workspace;

/// Why there is no answer by meaning.
#[derive(Debug, thiserror::Error)]
pub enum Unmeant {
    #[error("{0}; `--mode lexical` needs no model")]
    Not(#[from] NotMeant),
    #[error("stopped; the vectors that were made are kept")]
    Stopped,
    #[error("the runtime cannot be started: {0}")]
    Runtime(#[from] std::io::Error),
}

impl Unmeant {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Not(NotMeant::Model(Failure::OverBudget { .. }) | NotMeant::DayIsOver { .. }) => {
                Exit::Limit
            }
            Self::Not(NotMeant::Model(_)) => Exit::Unavailable,
            Self::Not(NotMeant::Secret) => Exit::Refused,
            Self::Not(NotMeant::NotKept(_)) => Exit::NotHere,
            Self::Stopped => Exit::Interrupted,
            Self::Runtime(_) => Exit::Bug,
        }
    }
}

/// Why the user's own table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoTable {
    #[error("`embed.weights`: `{}` cannot be read: {why}", .file.display())]
    Unreadable { file: PathBuf, why: std::io::Error },
    #[error("`embed.weights`: `{}` is no folder of static embeddings: {why}", .folder.display())]
    Odd { folder: PathBuf, why: WeightsError },
}

/// The vectors of the project whose index lies at `place`; `None`: there is neither a table nor a model of
/// the role `embed`.
///
/// # Errors
/// There is a table, and it cannot be used.
pub fn meaning(setup: &Setup, workspace: &Workspace, place: &Place) -> Result<Option<Meaning>, NoTable> {
    let embed = &setup.loaded().config.embed;
    let rules = Rules {
        tokens: embed.tokens,
        document_prefix: embed.document_prefix.clone(),
        query_prefix: embed.query_prefix.clone(),
    };
    let client = setup.client(workspace);
    let embedder = match (&embed.weights, setup.roles().serve(Role::Embed).first()) {
        (Some(folder), _) => table(folder, rules)?,
        (None, Some(route)) => Embedder::new(client.clone(), setup.meter(workspace), route.clone(), rules),
        (None, None) => return Ok(None),
    };
    let own = || format!("rein-{}-{}", workspace.id(), Digest::of(embedder.space().as_bytes()).short());
    let collection = embed.collection.clone().unwrap_or_else(own);
    let server = embed.store.clone().map(|store| Qdrant::new(client, store, collection));
    Ok(Some(Meaning::open(embedder, place, server)))
}

fn table(folder: &Path, rules: Rules) -> Result<Embedder, NoTable> {
    let read = |name: &str| {
        let file = folder.join(name);
        std::fs::read(&file).map_err(|why| NoTable::Unreadable { file, why })
    };
    let weights = Weights::parse(&read("tokenizer.json")?, &read("model.safetensors")?);
    let weights = weights.map_err(|why| NoTable::Odd { folder: folder.to_owned(), why })?;
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Embedder::of_table(weights, name, rules))
}

/// Makes the vectors that are missing, with progress for a person, until Ctrl-C.
pub fn filled(meaning: &mut Meaning, index: &Index) -> Result<Filling, Unmeant> {
    runtime()?.block_on(async {
        let shown = std::io::stderr().is_terminal();
        let show = |text: &str| {
            if shown {
                let _ = write!(std::io::stderr(), "\r\x1b[K{}", safe::line(text));
            }
        };
        let id = meaning.embedder().id();
        show(&format!("vectors by {id}"));
        let mut told = |filling: Filling| {
            show(&format!("vectors by {id}: {} made, {} to go", filling.made, filling.left))
        };
        let done = tokio::select! {
            done = meaning.fill(index, &mut told) => done.map_err(Unmeant::from),
            _ = tokio::signal::ctrl_c() => Err(Unmeant::Stopped),
        };
        show("");
        done
    })
}

/// The chunks nearest in meaning, until Ctrl-C.
pub fn nearest(meaning: &mut Meaning, index: &Index, query: &str) -> Result<Vec<Hit>, Unmeant> {
    runtime()?.block_on(async {
        tokio::select! {
            near = meaning.nearest(index, query) => near.map_err(Unmeant::from),
            _ = tokio::signal::ctrl_c() => Err(Unmeant::Stopped),
        }
    })
}

/// What of the project goes where, in a sentence.
pub fn told(meaning: Option<&Meaning>) -> String {
    let Some((meaning, endpoint)) = meaning.and_then(|it| Some((it, it.embedder().endpoint()?))) else {
        let vectors = meaning.is_some_and(|meaning| !meaning.store().is_here());
        let but = if vectors { ", but for vectors, without a text" } else { "" };
        return format!("nothing of it leaves this machine{but}\n");
    };
    let here = if endpoint.base_url.is_loopback() { ", on this machine" } else { "" };
    let (id, host) = (meaning.embedder().id(), endpoint.base_url.host());
    safe::line(&format!(
        "its texts are sent to {id} at {host}{here}, each with its path, by `rein index` and `rein search --mode semantic`; what may hold secrets is not"
    )) + "\n"
}

/// How much has vectors, for a person.
pub fn counted(meaning: &Meaning, index: &Index) -> String {
    let (count, id) = (meaning.count(index), meaning.embedder().id());
    let have = count.all.saturating_sub(count.missing + count.withheld);
    let held = match count.withheld {
        0 => String::new(),
        held => format!(", {held} withheld (they may hold secrets)"),
    };
    let (all, missing, place) = (count.all, count.missing, meaning.store().shown());
    safe::line(&format!("vectors: {have} of {all} chunks by {id}, {missing} missing{held}; kept {place}"))
        + "\n"
}

/// The same for a script.
pub fn as_json(meaning: &Meaning, index: &Index, made: Option<usize>) -> Value {
    let (count, endpoint) = (meaning.count(index), meaning.embedder().endpoint());
    json!({
        "model": meaning.embedder().id().to_string(),
        "server": endpoint.map(|endpoint| endpoint.base_url.host()),
        "local": endpoint.is_none_or(|endpoint| endpoint.base_url.is_loopback()), "store": meaning.store().shown(),
        "chunks": count.all, "missing": count.missing, "withheld": count.withheld,
        "made": made, "cost": cost(&meaning.spent()),
    })
}
