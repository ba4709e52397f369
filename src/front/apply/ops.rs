//! Explicit operations on whole files: what a program, not a model, wants the files to be. Bytes are
//! meant as they stand, line endings and all, and the gate judges the difference they make like any
//! other.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::base64::decode;
use super::desk::Within;
use crate::change::{Base, Edit, EditOp};
use crate::text::{Digest, Lines, RepoPath, Span};

/// Longest document, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// Lines of a file, or all of it, as a request writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeSaid {
    path: String,
    /// First and last, from 1.
    lines: Option<(usize, usize)>,
}

impl ScopeSaid {
    pub fn meant(&self) -> Result<Within, String> {
        let path = RepoPath::parse(&self.path).map_err(|why| format!("`scope.path`: {why}"))?;
        let span = |(first, last)| {
            Span::from_numbers(first, last)
                .ok_or_else(|| format!("`scope.lines`: {first} to {last} are no lines; count from 1"))
        };
        Ok(Within { path, lines: self.lines.map(span).transpose()? })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    ops: Vec<Said>,
    scope: Option<ScopeSaid>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Write,
    Delete,
    Rename,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    op: Verb,
    path: Option<String>,
    path_b64: Option<String>,
    content_b64: Option<String>,
    to: Option<String>,
    base_sha256: Option<String>,
}

/// One operation.
pub struct Op {
    pub path: RepoPath,
    what: What,
    /// The file before must be this one.
    base: Option<Digest>,
}

enum What {
    Write(Vec<u8>),
    Delete,
    Rename(RepoPath),
}

/// Reads the operations of a document.
///
/// # Errors
/// What is wrong with the first that is wrong.
pub fn parse(text: &str) -> Result<Vec<Op>, String> {
    let document = read(text)?;
    let mut names = BTreeSet::new();
    let mut ops = Vec::new();
    for (at, said) in document.ops.iter().enumerate() {
        let op = said.meant().map_err(|why| format!("operation {at}: {why}"))?;
        for name in std::iter::once(&op.path).chain(op.to()) {
            if !names.insert(name.clone()) {
                return Err(format!(
                    "operation {at}: `{name}` is named by an earlier one; name each file once"
                ));
            }
        }
        ops.push(op);
    }
    Ok(ops)
}

/// What the document itself says may change.
pub fn scope(text: &str) -> Result<Option<Within>, String> {
    read(text)?.scope.as_ref().map(ScopeSaid::meant).transpose()
}

fn read(text: &str) -> Result<Document, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("the operations are longer than {} MiB", MAX_BYTES >> 20));
    }
    let document: Document =
        serde_json::from_str(text).map_err(|why| format!("this is no list of operations: {why}"))?;
    match document.version {
        1 => Ok(document),
        other => Err(format!("version {other} of operations is not known; write version 1")),
    }
}

impl Said {
    fn meant(&self) -> Result<Op, String> {
        let path = self.name()?;
        let base = match &self.base_sha256 {
            Some(hex) => {
                Some(Digest::parse(hex).ok_or_else(|| format!("`base_sha256`: `{hex}` is no SHA-256"))?)
            }
            None => None,
        };
        let what = match (self.op, &self.content_b64, &self.to) {
            (Verb::Write, Some(content), None) => {
                What::Write(decode(content).ok_or("`content_b64` is not base 64")?)
            }
            (Verb::Delete, None, None) => What::Delete,
            (Verb::Rename, None, Some(to)) => {
                What::Rename(RepoPath::parse(to).map_err(|why| format!("`to`: {why}"))?)
            }
            _ => return Err("write has `content_b64`, rename has `to`, delete has neither".into()),
        };
        Ok(Op { path, what, base })
    }

    fn name(&self) -> Result<RepoPath, String> {
        let name = match (&self.path, &self.path_b64) {
            (Some(path), None) => path.clone(),
            (None, Some(path)) => {
                let bytes = decode(path).ok_or("`path_b64` is not base 64")?;
                String::from_utf8(bytes).map_err(|_| "names that are not UTF-8 are not supported")?
            }
            _ => return Err("either `path` or `path_b64` names the file".into()),
        };
        RepoPath::parse(&name).map_err(|why| why.to_string())
    }
}

impl Op {
    /// The name that the file gets.
    pub fn to(&self) -> Option<&RepoPath> {
        match &self.what {
            What::Rename(to) => Some(to),
            What::Write(_) | What::Delete => None,
        }
    }

    /// The edits that carry it out on the file as it is; `target`: what is at the name it gets.
    ///
    /// # Errors
    /// The file is not the one that was meant.
    pub fn edits(self, now: &Base, target: Option<&Base>) -> Result<Vec<Edit>, String> {
        let digest = now.text.as_ref().map(|text| Digest::of(text.bytes()));
        if self.base.is_some() && self.base != digest {
            let is = digest.map_or("there is none".to_owned(), |digest| format!("it is {digest}"));
            return Err(format!("the file is not the one that `base_sha256` names; {is}"));
        }
        if target.is_some_and(|target| target.text.is_some()) {
            return Err("there is a file of the new name already".into());
        }
        let edit = |path: &RepoPath, op| Edit { path: path.to_string(), op, reason: None };
        Ok(match (self.what, &now.text) {
            (What::Write(bytes), _) => vec![edit(&self.path, EditOp::Bytes(Lines::new(bytes)))],
            (What::Delete, _) => vec![edit(&self.path, EditOp::Delete)],
            (What::Rename(to), Some(text)) => {
                vec![edit(&to, EditOp::Bytes(text.clone())), edit(&self.path, EditOp::Delete)]
            }
            (What::Rename(_), None) => return Err("there is no such file".into()),
        })
    }
}
