//! Search by meaning, as the commands use it: who makes the vectors, how far that is, and what is said
//! of it. Nothing here runs unless a model serves the role `embed`, or the user named a table.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::Exit;
use super::report::cost;
use super::setup::{Setup, runtime};
use crate::config::Embed;
use crate::context::search::Hit;
use crate::index::{Index, Place};
use crate::model::{Failure, Role};
use crate::orchestrator::{Embedder, Filling, Meaning, Meter, NotMeant, Opening, Route, Rules, consent};
use crate::provider::{Client, Qdrant, Weights, WeightsError};
use crate::session::Event;
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
            Self::Not(NotMeant::Model(_) | NotMeant::Length { .. } | NotMeant::Incomplete(_)) => {
                Exit::Unavailable
            }
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
    #[error("`embed.weights`: `{}` has {megabytes} MiB; a table of at most 1024 is read", .file.display())]
    TooLarge { file: PathBuf, megabytes: u64 },
}

/// All that making vectors of a project needs to know, for when they are first wanted.
struct Opener {
    embed: Embed,
    client: Client,
    meter: Arc<Meter>,
    workspace: Workspace,
    place: Place,
}

/// The vectors of the project whose index lies at `place`; `None`: there is neither a table nor a model of
/// the role `embed`.
///
/// # Errors
/// There is a table, and it cannot be used.
pub fn meaning(setup: &Setup, workspace: &Workspace, place: &Place) -> Result<Option<Meaning>, NoTable> {
    Opener::of(setup, workspace, place).open(setup.roles().serve(Role::Embed), None)
}

/// The same for a session, where the user wants its requests to be found by meaning too.
pub fn opening(setup: &Setup, workspace: &Workspace, place: &Place) -> Option<Opening> {
    let opener = setup.finds_by_meaning().then(|| Opener::of(setup, workspace, place))?;
    Some(Arc::new(move |routes: &[Route], events| {
        opener.open(routes, Some(events)).map_err(|why| why.to_string())
    }))
}

impl Opener {
    fn of(setup: &Setup, workspace: &Workspace, place: &Place) -> Self {
        Self {
            embed: setup.loaded().config.embed.clone(),
            client: setup.client(workspace),
            meter: setup.meter(workspace),
            workspace: workspace.clone(),
            place: place.clone(),
        }
    }

    fn open(&self, routes: &[Route], events: Option<Sender<Event>>) -> Result<Option<Meaning>, NoTable> {
        let rules = || Rules {
            tokens: self.embed.tokens,
            document_prefix: self.embed.document_prefix.clone(),
            query_prefix: self.embed.query_prefix.clone(),
        };
        let asked = |route: &Route| {
            Embedder::new(self.client.clone(), Arc::clone(&self.meter), route.clone(), rules())
        };
        let mut embedders: Vec<Embedder> = match &self.embed.weights {
            Some(folder) => vec![table(folder, rules())?],
            None => routes.iter().map(asked).collect(),
        };
        if let Some(events) = events {
            embedders = embedders.into_iter().map(|one| one.telling(events.clone())).collect();
        }
        let mut sources = embedders.into_iter().enumerate().map(|(at, one)| {
            let server = self.server(&one, at);
            (one, server)
        });
        let Some(first) = sources.next() else { return Ok(None) };
        Ok(Some(Meaning::open(&self.place, first, sources.collect())))
    }

    /// Who keeps the vectors of an embedder, if that is not this machine: those of two models never share a
    /// collection.
    fn server(&self, embedder: &Embedder, at: usize) -> Option<Qdrant> {
        let store = self.embed.store.clone()?;
        let space = Digest::of(embedder.space().as_bytes()).short().to_string();
        let collection = match (&self.embed.collection, at) {
            (Some(name), 0) => name.clone(),
            (Some(name), _) => format!("{name}-{space}"),
            (None, _) => format!("rein-{}-{space}", self.workspace.id()),
        };
        Some(Qdrant::new(self.client.clone(), store, collection))
    }
}

/// Largest file of a table that is read, in bytes: all of it is held in memory.
const LARGEST: u64 = 1 << 30;

fn table(folder: &Path, rules: Rules) -> Result<Embedder, NoTable> {
    let read = |name: &str| {
        let file = folder.join(name);
        let unreadable = |why| NoTable::Unreadable { file: file.clone(), why };
        let mut opened = std::fs::File::open(&file).map_err(unreadable)?;
        let size = opened.metadata().map_err(unreadable)?.len();
        if size > LARGEST {
            return Err(NoTable::TooLarge { file, megabytes: size >> 20 });
        }
        let mut bytes = Vec::new();
        // What grows while it is read, or is no plain file, has no size to go by.
        (&mut opened).take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        match bytes.len() as u64 {
            size if size > LARGEST => Err(NoTable::TooLarge { file, megabytes: size >> 20 }),
            _ => Ok(bytes),
        }
    };
    let weights = Weights::parse(&read("tokenizer.json")?, &read("model.safetensors")?);
    let weights = weights.map_err(|why| NoTable::Odd { folder: folder.to_owned(), why })?;
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Embedder::of_table(weights, name, rules))
}

/// Makes the vectors that are missing, with progress for a person, until Ctrl-C: those of the first model, and
/// of the others that have been begun; or those of `only`.
///
/// With `proven` the model is asked once more whether its vectors still are what they were.
pub fn filled(
    meaning: &mut Meaning,
    index: &Index,
    only: Option<usize>,
    proven: bool,
) -> Result<Filling, Unmeant> {
    runtime()?.block_on(async {
        let shown = std::io::stderr().is_terminal();
        let show = |text: &str| {
            if shown {
                let _ = write!(std::io::stderr(), "\r\x1b[K{}", safe::line(text));
            }
        };
        let all = async {
            let mut done = Filling::default();
            for set in only.map_or_else(|| meaning.kept_up(), |set| vec![set]) {
                let id = meaning.embedder(set).map(|one| one.id().to_string()).unwrap_or_default();
                show(&format!("vectors by {id}"));
                if proven && meaning.prove(set).await? {
                    super::tell(&format!("{id} makes other vectors than before; all of them are made again"));
                }
                let mut told = |filling: Filling| {
                    show(&format!("vectors by {id}: {} made, {} to go", filling.made, filling.left))
                };
                let filled = meaning.fill(set, index, &mut told).await?;
                done = Filling { made: done.made + filled.made, left: done.left + filled.left };
            }
            Ok(done)
        };
        let done = tokio::select! {
            done = all => done.map_err(|why: NotMeant| Unmeant::from(why)),
            _ = tokio::signal::ctrl_c() => Err(Unmeant::Stopped),
        };
        show("");
        done
    })
}

/// The chunks nearest in meaning, until Ctrl-C. Says so where another model than the first was asked.
pub fn nearest(meaning: &mut Meaning, index: &Index, query: &str) -> Result<Vec<Hit>, Unmeant> {
    let near = runtime()?.block_on(async {
        tokio::select! {
            near = meaning.nearest(index, query) => near.map_err(Unmeant::from),
            _ = tokio::signal::ctrl_c() => Err(Unmeant::Stopped),
        }
    });
    let Some((pointed, hits)) = near? else { return Ok(Vec::new()) };
    if let Some((model, why)) = pointed.instead.first() {
        super::tell(&format!("searched by the vectors of {}: {model} cannot be asked: {why}", pointed.by));
    }
    Ok(hits)
}

/// What of the project goes where, in a sentence.
pub fn told(meaning: Option<&Meaning>, auto: bool, workspace: &Workspace) -> String {
    let first = meaning.and_then(|it| it.embedder(0));
    let Some((embedder, endpoint)) = first.and_then(|one| Some((one, one.endpoint()?))) else {
        let away = meaning.and_then(|meaning| meaning.store(0)).is_some_and(|store| !store.is_here());
        let but = if away { ", but for vectors, without a text" } else { "" };
        return format!("nothing of it leaves this machine{but}\n");
    };
    let here = endpoint.base_url.is_loopback();
    let at = if here { ", on this machine" } else { "" };
    let (id, host) = (embedder.id(), endpoint.base_url.host());
    let by = match (auto, here, consent(workspace, &host)) {
        (false, ..) => "by `rein index` and `rein search --mode semantic`",
        (true, true, _) => "by `rein index`, `rein search` and an open screen",
        (true, false, Some(true)) => {
            "by `rein index`, `rein search` and an open screen (you said yes to that; F9 changes it)"
        }
        (true, false, Some(false)) => {
            "by `rein index` and `rein search`, and by no open screen (you said no to that; F9 changes it)"
        }
        (true, false, None) => "by `rein index` and `rein search`; an open screen asks first (F9)",
    };
    let words = match auto {
        true => "; so are the words of questions and instructions",
        false => "",
    };
    let sent = format!("its texts are sent to {id} at {host}{at}, each with its path, {by}{words}");
    safe::line(&format!("{sent}; what may hold secrets is not")) + "\n"
}

/// How much has vectors, for a person: a line for each model that has any.
pub fn counted(meaning: &Meaning, index: &Index) -> String {
    meaning.kept_up().into_iter().map(|set| counted_of(meaning, set, index)).collect()
}

fn counted_of(meaning: &Meaning, set: usize, index: &Index) -> String {
    let (Some(embedder), Some(store)) = (meaning.embedder(set), meaning.store(set)) else {
        return String::new();
    };
    let (count, id) = (meaning.count(set, index), embedder.id());
    let have = count.all.saturating_sub(count.missing + count.withheld);
    let held = match count.withheld {
        0 => String::new(),
        held => format!(", {held} withheld (they may hold secrets)"),
    };
    let (all, missing, place) = (count.all, count.missing, store.shown());
    safe::line(&format!("vectors: {have} of {all} chunks by {id}, {missing} missing{held}; kept {place}"))
        + "\n"
}

/// What each model was sent today, questions included.
pub fn sent_today(meaning: &Meaning) -> String {
    let one = |set: usize| {
        let embedder = meaning.embedder(set)?;
        let bill = embedder.today().filter(|bill| bill.requests > 0)?;
        let (tokens, id) = (bill.usage.input, embedder.id());
        Some(safe::line(&format!("sent today to {id}: ~{tokens} tokens, {bill}")) + "\n")
    };
    meaning.kept_up().into_iter().filter_map(one).collect()
}

/// The same for a script.
pub fn as_json(meaning: &Meaning, index: &Index, made: Option<usize>) -> Value {
    let one = |set: usize| {
        let (embedder, store) = (meaning.embedder(set)?, meaning.store(set)?);
        let (count, endpoint) = (meaning.count(set, index), embedder.endpoint());
        Some(json!({
            "model": embedder.id().to_string(),
            "server": endpoint.map(|endpoint| endpoint.base_url.host()),
            "local": endpoint.is_none_or(|endpoint| endpoint.base_url.is_loopback()),
            "store": store.shown(),
            "chunks": count.all, "missing": count.missing, "withheld": count.withheld,
            "today": embedder.today().as_ref().map(cost),
        }))
    };
    let mut sets = meaning.kept_up().into_iter().filter_map(one);
    let mut first = sets.next().unwrap_or_default();
    first["made"] = json!(made);
    first["cost"] = json!(cost(&meaning.spent()));
    first["others"] = sets.collect();
    first
}
