//! From what a human wants written to an operation: reading as text, landing an [`Approved`], saving
//! a buffer. The hunks know where they belong ([`crate::change::ApprovedFile::onto`]); here the
//! current text is fetched, under the lock, and the result handed to `landing`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FileText;
use super::error::{ApplyError, PathProblem, ReadError, SaveError, WriteError};
use super::landing::{After, Desk, Operation, Target};
use super::record::{Kind, Story};
use super::tree::{Loaded, Tree};
use crate::change::{Approved, ApprovedFile, Base, Focus, Landed, Leash, Level, Receipt, Scope};
use crate::text::{Digest, Lines, RepoPath};

/// How far into a file a NUL byte is looked for, as git does.
const SNIFFED: usize = 8 << 10;

pub(super) fn read(tree: &Tree, path: &RepoPath) -> Result<Option<FileText>, ReadError> {
    let real = tree.real(path)?;
    let Some(loaded) = tree.load(&real)? else { return Ok(None) };
    refuse_binary(path, &loaded)?;
    Ok(Some(FileText {
        path: real,
        lines: lines(&loaded),
        digest: loaded.digest,
        executable: loaded.mode & 0o111 != 0,
    }))
}

fn refuse_binary(path: &RepoPath, loaded: &Loaded) -> Result<(), ReadError> {
    let head = loaded.bytes.get(..SNIFFED).unwrap_or(&loaded.bytes);
    // UTF-16 of ASCII is full of NULs; of other scripts it need not be, but then it has a mark.
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if utf16 || head.contains(&0) { Err(ReadError::Binary(path.clone())) } else { Ok(()) }
}

fn lines(loaded: &Loaded) -> Lines {
    Lines::new(Arc::clone(&loaded.bytes))
}

/// The file that `path` means, if it may be written under this name: a harmless-looking link must
/// not be the way to a file that steers other programs.
fn writable_path(tree: &Tree, path: &RepoPath) -> Result<RepoPath, PathProblem> {
    let target = tree.real(path)?;
    if target == *path {
        return Ok(target);
    }
    let scope = Scope::of(Level::Repo, &Focus::default(), Leash::default());
    match scope.ok().and_then(|scope| scope.protects(&target)) {
        Some(why) => Err(PathProblem::LinkProtected { path: path.clone(), target, why: why.to_string() }),
        None => Ok(target),
    }
}

pub(super) fn apply(desk: &Desk<'_>, approved: Approved, why: &Story) -> Result<Receipt, ApplyError> {
    let mut names = BTreeMap::new();
    let mut targets = Vec::new();
    let mut landed = Vec::new();
    let mut conflicts = Vec::new();
    for file in approved.files() {
        let real = writable_path(desk.tree(), file.path()).map_err(WriteError::from)?;
        if let Some(other) = names.insert(real.clone(), file.path().clone()) {
            return Err(WriteError::SameFile(other, file.path().clone()).into());
        }
        let before = desk.tree().load(&real)?;
        if let Some(before) = &before {
            refuse_binary(file.path(), before)?;
        }
        let now = before.as_ref().map(lines);
        match file.onto(now.as_ref()) {
            Ok(text) => {
                landed.push(landing(file, before.as_ref(), now.as_ref(), text.as_ref()));
                let mode = before.as_ref().map(|before| before.mode);
                let after = text.map(|text| After::new(text.shared_bytes(), mode));
                targets.push(Target { path: real, before, after });
            }
            Err(hunks) => conflicts.push((Base { path: file.path().clone(), text: now }, hunks)),
        }
    }
    if !conflicts.is_empty() {
        return Err(ApplyError::Conflict { files: conflicts });
    }
    let operation = Operation { kind: Kind::Landing, story: Some(why.clone()), vacates: Vec::new() };
    let id = desk.commit(operation, targets)?;
    Ok(approved.landed(id, landed))
}

fn landing(
    file: &ApprovedFile,
    before: Option<&Loaded>,
    now: Option<&Lines>,
    text: Option<&Lines>,
) -> Landed {
    Landed {
        path: file.path().clone(),
        op: file.op(),
        before: before.map(|before| before.digest),
        after: text.map(|text| Digest::of(text.bytes())),
        merged: now != file.base().text.as_ref(),
        text: text.cloned(),
    }
}

pub(super) fn save(
    desk: &Desk<'_>,
    path: &RepoPath,
    text: &[u8],
    expected: Option<Digest>,
) -> Result<Digest, SaveError> {
    // The user named the file themselves, so where a link leads inside the workspace is theirs to say.
    let real = desk.tree().real(path).map_err(WriteError::from)?;
    let before = desk.tree().load(&real).map_err(WriteError::from)?;
    if before.as_ref().map(|before| before.digest) != expected {
        return Err(SaveError::Changed(path.clone()));
    }
    let after = After::new(text.into(), before.as_ref().map(|before| before.mode));
    let digest = after.digest;
    if expected != Some(digest) {
        let operation = Operation { kind: Kind::Save, story: None, vacates: Vec::new() };
        desk.commit(operation, vec![Target { path: real, before, after: Some(after) }])?;
    }
    Ok(digest)
}
