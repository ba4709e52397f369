//! `rein restore FILE[@ID]`: an earlier version of one file, from the journal.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::journal::{kind_in_words, refused};
use super::report::{document, landed};
use super::setup::{Setup, SetupError};
use super::{Exit, print, stop};
use crate::text::{Digest, RepoPath, safe};
use crate::workspace::{Restored, Side, UndoError, Version, Wanted, Workspace};

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RestoreRequest {
    /// `FILE` or `FILE@ID`. A file whose own name ends like an id is written `FILE@`.
    pub target: String,
    /// The text that the operation wrote, not the one it replaced.
    pub after: bool,
    /// Take back only what the operation did to the file.
    pub merge: bool,
    pub list: bool,
    pub json: bool,
}

/// Restores a version, or lists what there is.
pub fn restore(request: &RestoreRequest) -> Exit {
    let (workspace, path, id) = match place(&request.target) {
        Ok(place) => place,
        Err(why) => return stop(Exit::NotHere, why),
    };
    if request.list {
        return match list(&workspace, &path) {
            Ok((now, versions)) => show(request, &path, now, &versions),
            Err(why) => stop(refused(&why), why),
        };
    }
    let side = if request.after { Side::After } else { Side::Before };
    let wanted = match id.as_deref() {
        id if request.merge => Wanted::Without(id),
        Some(id) => Wanted::At(id, side),
        None => Wanted::Last,
    };
    match workspace.restore(&path, wanted) {
        Ok(restored) => say(request, &restored),
        Err(why) => stop(refused(&why), why),
    }
}

/// The workspace that a file lies in, or lay in, as when it is opened to be edited.
fn place(target: &str) -> Result<(Workspace, RepoPath, Option<String>), SetupError> {
    let cwd = std::env::current_dir().map_err(SetupError::Cwd)?;
    let (file, id) = parse(target, |file| cwd.join(file).is_file());
    let full = cwd.join(&file);
    let folder = full.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(&cwd);
    let workspace = Setup::load()?.workspace(folder)?;
    let path = workspace.resolve(&file, &cwd)?;
    Ok((workspace, path, id))
}

fn parse(target: &str, exists: impl Fn(&Path) -> bool) -> (PathBuf, Option<String>) {
    let is_id = |id: &str| id.len() <= 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    match target.rsplit_once('@') {
        Some((file, id)) if !file.is_empty() && is_id(id) && !exists(Path::new(target)) => {
            let id = Some(id.to_ascii_lowercase()).filter(|id| !id.is_empty());
            (PathBuf::from(file), id)
        }
        _ => (PathBuf::from(target), None),
    }
}

/// What the file is now (`None`: gone, or no text), and its versions.
fn list(workspace: &Workspace, path: &RepoPath) -> Result<(Option<Digest>, Vec<Version>), UndoError> {
    let versions = workspace.versions(path)?;
    let now = workspace.read(path).ok().flatten().map(|file| file.digest);
    Ok((now, versions))
}

fn show(request: &RestoreRequest, path: &RepoPath, now: Option<Digest>, versions: &[Version]) -> Exit {
    if request.json {
        let report = json!({
            "schema": "rein.restore/1", "path": path, "now": now, "versions": versions,
        });
        return print(&document(&report), Exit::Done);
    }
    if versions.is_empty() {
        return stop(Exit::No, UndoError::NoVersion(path.clone()));
    }
    print(versions.iter().map(|version| told(version, now)).collect::<String>().as_bytes(), Exit::Done)
}

/// A version in lines for a person: the operation, then what the file was before and after it.
fn told(version: &Version, now: Option<Digest>) -> String {
    let text = |text: Option<Digest>| match text {
        None => "no file".to_owned(),
        Some(digest) => {
            let short: String = digest.to_string().chars().take(12).collect();
            if text == now { format!("{short} (as it is now)") } else { short }
        }
    };
    let story = version.story.as_ref().map(|story| safe::line(&story.instruction).to_string());
    let story = story.filter(|story| !story.is_empty()).map(|story| format!("  {story}"));
    format!(
        "{}  {}  {}{}\n    before {}, after {}\n",
        version.id,
        version.time,
        kind_in_words(&version.kind),
        story.unwrap_or_default(),
        text(version.before),
        text(version.after),
    )
}

fn say(request: &RestoreRequest, restored: &Restored) -> Exit {
    if request.json {
        let files = if restored.id.is_some() { landed(std::slice::from_ref(&restored.file)) } else { vec![] };
        let report = json!({
            "schema": "rein.restore/1", "id": restored.id, "of": restored.of, "side": restored.side,
            "path": restored.file.path, "files": files,
        });
        return print(&document(&report), Exit::Done);
    }
    let path = safe::line(restored.file.path.as_str());
    let of = &restored.of;
    let line = match (&restored.id, restored.side) {
        (None, Some(side)) => format!("{path} is as it was {side} {of} already\n"),
        (None, None) => format!("{path} has nothing of {of} in it\n"),
        (Some(_), Some(side)) => format!("restored {path} as it was {side} {of}\n"),
        (Some(_), None) => format!("took back what {of} did to {path}\n"),
    };
    print(line.as_bytes(), Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(target: &str) -> (String, Option<String>) {
        let (file, id) = parse(target, |file| file == Path::new("there@12"));
        (file.to_str().unwrap().to_owned(), id)
    }

    #[test]
    fn a_target_is_a_file_and_after_an_at_sign_an_id() {
        assert_eq!(parsed("src/a.rs"), ("src/a.rs".into(), None));
        assert_eq!(parsed("src/a.rs@0A1b"), ("src/a.rs".into(), Some("0a1b".into())));
        assert_eq!(parsed("a@"), ("a".into(), None));
        assert_eq!(parsed("gone@12@"), ("gone@12".into(), None));
        assert_eq!(parsed("gone@12@ff"), ("gone@12".into(), Some("ff".into())));
    }

    #[test]
    fn a_name_with_an_at_sign_in_it_is_a_name() {
        for name in ["icon@2x.png", "@types", "there@12", "a@123456789"] {
            assert_eq!(parsed(name), (name.into(), None));
        }
    }
}
