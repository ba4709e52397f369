//! `rein index`: makes the search index or brings it up to date, or tells what is in it; and where it
//! lies, for every command that searches.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use serde_json::json;

use super::report::document;
use super::setup::{Setup, SetupError};
use super::{Exit, meaning, print, stop, tell};
use crate::config::{self, ConfigError};
use crate::index::{Index, IndexError, Place, Refreshed, Skipped, Status};
use crate::model::ModelId;
use crate::text::safe;
use crate::workspace::{NotWatched, Workspace};

/// What is asked about the index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AboutIndex {
    /// With vectors by this model of the role `embed`, where it is not the first.
    Refresh(Option<ModelId>),
    Rebuild,
    Status,
}

/// Why there is no index to search in.
#[derive(Debug, thiserror::Error)]
pub enum NoIndex {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    NoTable(#[from] meaning::NoTable),
    #[error("`{0}` is no model of the role `embed`; name it under `[roles]`")]
    NoSuchModel(ModelId),
}

/// Most names of one reason shown to a person.
const SHOWN: usize = 8;

/// Makes, refreshes or describes the index of the workspace around the current folder.
pub fn index(what: AboutIndex, as_json: bool) -> Exit {
    match run(what, as_json) {
        Ok(exit) => exit,
        Err(why) => stop(Exit::NotHere, why),
    }
}

fn run(what: AboutIndex, as_json: bool) -> Result<Exit, NoIndex> {
    let setup = Setup::load()?;
    let workspace = setup.place(None)?.workspace;
    let place = place(&workspace)?;
    let mut vectors = meaning::meaning(&setup, &workspace, &place)?;
    if what == AboutIndex::Status {
        let index = Index::open(workspace.clone(), place)?;
        let status = index.status(&|| false);
        let watched = workspace.watch(&|| false).map(|watch| watch.folders());
        if as_json {
            let vectors = vectors.as_ref().map(|vectors| meaning::as_json(vectors, &index, None));
            return Ok(print(&document(&status_as_json(&status, &watched, vectors)), Exit::Done));
        }
        let counted = vectors.as_ref().map(|vectors| meaning::counted(vectors, &index)).unwrap_or_default();
        let auto = setup.loaded().config.embed.auto;
        let meant = meaning::told(vectors.as_ref(), auto, &workspace);
        let today = vectors.as_ref().map(meaning::sent_today).unwrap_or_default();
        let text = status_told(&status) + &counted + &today + &watched_told(&watched) + &meant;
        return Ok(print(text.as_bytes(), Exit::Done));
    }
    let only = match &what {
        AboutIndex::Refresh(Some(model)) => {
            let set = vectors.as_ref().and_then(|vectors| vectors.set_of(model));
            Some(set.ok_or_else(|| NoIndex::NoSuchModel(model.clone()))?)
        }
        _ => None,
    };
    let open = if what == AboutIndex::Rebuild { Index::anew } else { Index::open };
    let mut index = open(workspace, place)?;
    let done = index.refresh(&|| false)?;
    let anew = what == AboutIndex::Rebuild;
    let filled = vectors.as_mut().map(|vectors| meaning::filled(vectors, &index, only, anew));
    let made = filled.as_ref().and_then(|filled| filled.as_ref().ok()).map(|filling| filling.made);
    let mut text = refreshed_told(&done).into_bytes();
    if as_json {
        let vectors = vectors.as_ref().map(|vectors| meaning::as_json(vectors, &index, made));
        text = document(&refreshed_as_json(&done, vectors));
    } else if let Some(vectors) = &vectors {
        let counted = meaning::counted(vectors, &index);
        text.extend(format!("{}, {}\n", counted.trim_end(), vectors.spent()).into_bytes());
    }
    let exit = match &filled {
        Some(Err(why)) => {
            tell(&why.to_string());
            why.exit()
        }
        _ => Exit::Done,
    };
    Ok(print(&text, exit))
}

/// Where the index of a workspace lies: `REIN_INDEX_DIR`, else the cache; a folder for each workspace.
pub fn place(workspace: &Workspace) -> Result<Place, ConfigError> {
    let own = std::env::var_os("REIN_INDEX_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let base = match own {
        Some(folder) => std::path::absolute(&folder).unwrap_or(folder),
        None => config::paths(&|name| std::env::var_os(name))?.cache,
    };
    Ok(Place { folder: base.join(workspace.id()) })
}

/// The index of the workspace, up to date.
pub fn ready(workspace: Workspace) -> Result<Index, NoIndex> {
    let place = place(&workspace)?;
    let mut index = Index::open(workspace, place)?;
    let done = index.refresh(&|| false)?;
    if done.changed > 0 && done.took.as_secs() > 0 && std::io::stderr().is_terminal() {
        super::remark(refreshed_told(&done).trim_end());
    }
    Ok(index)
}

fn refreshed_as_json(done: &Refreshed, vectors: Option<serde_json::Value>) -> serde_json::Value {
    json!({
        "schema": "rein.index/1",
        "files": done.files,
        "chunks": done.chunks,
        "changed": done.changed,
        "ms": u64::try_from(done.took.as_millis()).unwrap_or(u64::MAX),
        "bytes": done.bytes,
        "vectors": vectors,
    })
}

fn refreshed_told(done: &Refreshed) -> String {
    let Refreshed { files, chunks, changed, took, bytes } = done;
    let kept = match bytes {
        0 => "not kept: its folder cannot be written, so each search reads the files again".to_owned(),
        bytes => size(*bytes),
    };
    format!("{files} files in {chunks} chunks, {changed} of them new; {} ms, {kept}\n", took.as_millis())
}

fn status_as_json(
    status: &Status,
    watched: &Result<usize, NotWatched>,
    vectors: Option<serde_json::Value>,
) -> serde_json::Value {
    let skipped = status.skipped.iter().map(|(path, why)| json!({ "path": path, "why": why }));
    json!({
        "schema": "rein.index-status/1",
        "files": status.files,
        "chunks": status.chunks,
        "covered_bytes": status.covered,
        "bytes": status.bytes,
        "stale": status.stale,
        "made_ms": status.made / 1_000_000,
        "sent": vectors.as_ref().is_some_and(|vectors| !vectors["server"].is_null()),
        "vectors": vectors,
        "watched_folders": watched.as_ref().ok(),
        "not_watched": watched.as_ref().err().map(ToString::to_string),
        "skipped": skipped.collect::<Vec<_>>(),
        "ignored": status.ignored,
    })
}

/// How an open screen hears of changes.
fn watched_told(watched: &Result<usize, NotWatched>) -> String {
    match watched {
        Ok(folders) => format!("changes: an open screen follows them as they happen, in {folders} folders\n"),
        Err(why) => format!("changes: looked for at each use; the project cannot be watched: {why}\n"),
    }
}

fn status_told(status: &Status) -> String {
    let mut out = match status.bytes {
        0 => "no index yet; `rein index` makes one\n".to_owned(),
        bytes => format!(
            "indexed: {} files ({}) in {} chunks; the index takes {}\n",
            status.files,
            size(status.covered),
            status.chunks,
            size(bytes)
        ),
    };
    out.push_str(&match status.stale {
        0 => "fresh: nothing changed since\n".to_owned(),
        stale => format!("stale: {stale} files differ; the next search looks at them\n"),
    });
    let mut reasons: BTreeMap<Skipped, Vec<&str>> = BTreeMap::new();
    for (path, why) in &status.skipped {
        reasons.entry(*why).or_default().push(path.as_str());
    }
    for (why, paths) in &reasons {
        out.push_str(&listed(in_words(*why), paths));
    }
    let ignored: Vec<&str> = status.ignored.iter().map(String::as_str).collect();
    if !ignored.is_empty() {
        out.push_str(&listed("ignored, by git's rules", &ignored));
    }
    out
}

fn listed(what: &str, names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| safe::line(name).to_string()).collect();
    let more = names.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("not indexed, {what}: {}{rest}\n", shown.join(", "))
}

fn in_words(why: Skipped) -> &'static str {
    match why {
        Skipped::Secret => "may hold secrets",
        Skipped::Binary => "binary",
        Skipped::TooLarge => "larger than 1 MiB",
        Skipped::Generated => "made by a program",
        Skipped::OverLimit => "past the limit of 512 MiB",
        Skipped::Unreadable => "unreadable",
    }
}

/// `1.4 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
