//! What a command line wants in a request beside what is found for it: `--add`, `--evict`, what the text
//! names with `@`, whether the pages among it may be fetched, and what a compiler said (`--diagnostics`).

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Exit;
use crate::context::{Mention, Target, Told, Wishes};
use crate::orchestrator::Placing;
use crate::session::Wants;
use crate::text::RepoPath;
use crate::text::diagnostic::{Output, Reader};
use crate::workspace::Workspace;

/// What was typed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Wanted {
    /// A file, lines of one, a symbol, `diff`, `diagnostics` or an address, each.
    pub add: Vec<String>,
    /// A path (`./rules`: of a file that is called like a kind), an address or a kind of piece, each.
    pub evict: Vec<String>,
    pub allow_url: bool,
    /// A file with what a compiler or another such program printed; `-`: on stdin.
    pub diagnostics: Option<PathBuf>,
}

/// Most bytes of such an output that are read.
const OUTPUT: u64 = 256 << 20;

/// Why that means nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotWanted {
    #[error("`--add {0}` names nothing; write a file, FILE:A-B, a symbol, diff, diagnostics or an address")]
    Nothing(String),
    #[error("`{0}` is a page of the web; `--allow-url` lets it be fetched, this once")]
    Page(String),
    #[error("`--diagnostics {}` cannot be read: {why}; name a file, or `-` for stdin", .file.display())]
    Unreadable { file: PathBuf, why: std::io::Error },
    #[error("stdin is one thing only: `--diagnostics -` reads what was printed there, and `-` the words")]
    Twice,
}

impl NotWanted {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } => Exit::NotHere,
            Self::Nothing(_) | Self::Page(_) | Self::Twice => Exit::Usage,
        }
    }
}

impl Wanted {
    /// Is what was printed read from stdin?
    pub fn takes_stdin(&self) -> bool {
        self.diagnostics.as_deref() == Some(Path::new("-"))
    }

    /// What a compiler said, of the files of `workspace`. `typed`: the instruction or the question as typed.
    ///
    /// # Errors
    /// It cannot be read, or is to be read where the words are.
    pub fn told(&self, typed: &str, workspace: &Workspace) -> Result<Option<Told>, NotWanted> {
        let Some(file) = &self.diagnostics else { return Ok(None) };
        let unreadable = |why| NotWanted::Unreadable { file: file.clone(), why };
        if self.takes_stdin() {
            if typed == "-" {
                return Err(NotWanted::Twice);
            }
            let output = read(std::io::stdin().lock()).map_err(unreadable)?;
            return Ok(Some(told_of(output, "stdin".into(), None, workspace)));
        }
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        let written = opened.metadata().and_then(|about| about.modified()).ok();
        let output = read(opened).map_err(unreadable)?;
        let by = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        Ok(Some(told_of(output, by, written, workspace)))
    }

    /// What is meant with an instruction or a question.
    ///
    /// # Errors
    /// Something names nothing, or a page may not be fetched.
    pub fn meant(&self, text: &str) -> Result<Wants, NotWanted> {
        let mut wishes = Wishes::default();
        for word in &self.add {
            wishes.pin(Mention::parse(word).ok_or_else(|| NotWanted::Nothing(word.clone()))?);
        }
        self.evict.iter().for_each(|what| wishes.evict(Target::parse(what)));
        let mut wants = Wants::of(text, wishes);
        let pages: Vec<String> = wants.pages_named().into_iter().map(ToOwned::to_owned).collect();
        match pages.first().filter(|_| !self.allow_url) {
            Some(page) => Err(NotWanted::Page(page.clone())),
            None => {
                wants.pages = pages;
                Ok(wants)
            }
        }
    }
}

fn read(from: impl Read) -> std::io::Result<Output> {
    let mut reader = Reader::default();
    let mut from = from.take(OUTPUT);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(reader.end()),
            Ok(read) => reader.push(buffer.get(..read).unwrap_or_default()),
            Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
}

/// `written`: when the output was, where that is known.
fn told_of(output: Output, by: String, written: Option<SystemTime>, workspace: &Workspace) -> Told {
    let here = std::env::current_dir().ok().and_then(|folder| folder.canonicalize().ok());
    let below = here.as_deref().and_then(|folder| folder.strip_prefix(workspace.root()).ok());
    let folder = below.map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
    let report = Placing::new(workspace, &|| false).report(&folder, output);
    let files: BTreeSet<&RepoPath> = report.all().iter().map(|one| &one.path).collect();
    let written = written.and_then(|at| i64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok());
    let newer = |path: &&&RepoPath| workspace.stamp(path).is_some_and(|stamp| Some(stamp.modified) > written);
    let changed = if written.is_some() { files.iter().filter(newer).count() } else { 0 };
    let when = if changed > 0 { format!("before {changed} of its files changed") } else { String::new() };
    Told { report: Arc::new(report), by, when, failed: true, along: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_needs_the_flag_wherever_it_is_named() {
        let page = "https://example.org/a";
        let wanted = Wanted::default();
        let refused = |wanted: &Wanted, text: &str| matches!(wanted.meant(text), Err(NotWanted::Page(url)) if url == page);
        assert!(refused(&wanted, "see @https://example.org/a."));
        assert_eq!(wanted.meant("see https://example.org/a").unwrap().pages, [""; 0], "a link is a word");
        let added = Wanted { add: vec![page.into()], ..Wanted::default() };
        assert!(refused(&added, "x"));
        let allowed = Wanted { allow_url: true, ..added };
        assert_eq!(allowed.meant("see @https://example.org/a").unwrap().pages, [page]);
        assert!(Wanted { add: vec!["@".into()], ..Wanted::default() }.meant("x").is_err());
    }
}
