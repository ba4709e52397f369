//! What the repository remembers: the commits that touched a file or speak of something, what one of
//! them said and changed, and which of them last changed a line. Only of the history of `HEAD`: a commit
//! that nothing leads to any more was taken back by somebody, and stays so.
//!
//! It writes nothing and runs nothing of the repository's: no external diff, no text conversion, no
//! pager. What of it may be shown to whom is not known here.

mod blame;
#[cfg(test)]
mod tests;

use git2::{Delta, DiffFindOptions, DiffOptions, ErrorCode, Oid, Patch, Repository, Sort, Tree};

use super::{Workspace, git};
use crate::text::{RepoPath, Span, safe};

/// Most commits that are looked at for one answer.
const LOOKED_AT: usize = 50_000;

/// Most files of a commit whose difference is made.
const FILES: usize = 200;

/// Largest blob of which a difference is made, in bytes.
const LARGE: usize = 1 << 20;

/// A commit as a person reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commit {
    /// 40 hexadecimal digits.
    pub id: String,
    /// The author's name; who they can be written to is nobody's business here.
    pub author: String,
    /// When it was authored: `2026-11-25`, in the author's own time zone.
    pub date: String,
    /// All of it, without the line ends at its end.
    pub message: String,
}

/// What a commit did to a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileChange {
    /// Its name as git has it, printable.
    pub name: String,
    /// Every name that it has on either side, as far as they can be names here.
    pub paths: Vec<RepoPath>,
    /// A unified diff with its head; `Err`: why there is none.
    pub diff: Result<String, &'static str>,
}

/// A commit and its difference from its first parent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    pub commit: Commit,
    pub is_merge: bool,
    pub files: Vec<FileChange>,
    /// Files whose difference was not made, since there are too many.
    pub more: usize,
}

/// Lines of a file that one commit was the last to change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blamed {
    /// In the file as it is now.
    pub span: Span,
    /// `None`: they are not committed.
    pub commit: Option<Commit>,
}

/// Which commits are looked for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WantedCommits<'a> {
    /// Only those that changed this file, or files below this folder.
    pub path: Option<&'a RepoPath>,
    /// Only those whose message has all of these words, in any case.
    pub words: &'a str,
    /// Most commits.
    pub limit: usize,
}

/// Why there is nothing to read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("this folder is no git repository, so that it has no history")]
    NoRepository,
    #[error("nothing has been committed here yet")]
    NoCommits,
    #[error("`{0}` is no commit of this history; name one by 7 to 40 digits of its id, or `HEAD`")]
    NoCommit(String),
    #[error("`{0}` is in no commit")]
    NoFile(RepoPath),
    #[error("stopped")]
    Stopped,
    #[error("the history cannot be read: {0}")]
    Git(String),
}

impl From<git2::Error> for HistoryError {
    fn from(why: git2::Error) -> Self {
        Self::Git(why.message().to_owned())
    }
}

impl Workspace {
    /// Commits, newest first. Blocking: looks at the history until it has them; asks `stop` between two
    /// of them.
    ///
    /// # Errors
    /// There is no history, or it cannot be read.
    pub fn commits(
        &self,
        wanted: &WantedCommits<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<Commit>, HistoryError> {
        let repository = repository(self)?;
        let mut walk = repository.revwalk()?;
        walk.set_sorting(Sort::TIME | Sort::TOPOLOGICAL)?;
        walk.push(head(&repository)?)?;
        let words: Vec<String> = wanted.words.split_whitespace().map(str::to_lowercase).collect();
        let mut name = wanted.path.map(|path| path.as_str().to_owned());
        let mut found = Vec::new();
        for id in walk.take(LOOKED_AT) {
            if stop() {
                return Err(HistoryError::Stopped);
            }
            if found.len() >= wanted.limit {
                break;
            }
            let commit = repository.find_commit(id?)?;
            if let Some(now) = &mut name {
                let Some(before) = touched(&repository, &commit, now)? else { continue };
                *now = before;
            }
            let told = told(&commit);
            let message = told.message.to_lowercase();
            if words.iter().all(|word| message.contains(word.as_str())) {
                found.push(told);
            }
        }
        Ok(found)
    }

    /// Which commits last changed the lines `span` of a file, whose text is `now`: runs in order, each as
    /// long as it is. Blocking, as [`Workspace::commits`].
    ///
    /// # Errors
    /// As there; or no commit knows the file.
    pub fn blame(
        &self,
        path: &RepoPath,
        now: &[u8],
        span: Span,
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<Blamed>, HistoryError> {
        let repository = repository(self)?;
        blame::blame(&repository, head(&repository)?, path, now, span, stop)
    }

    /// What a commit said and did, to all files or to `path` and what lies below it. Blocking.
    ///
    /// # Errors
    /// `name` is neither `HEAD` nor the id of a commit in its history.
    pub fn commit(&self, name: &str, path: Option<&RepoPath>) -> Result<Recorded, HistoryError> {
        let repository = repository(self)?;
        let id = named(&repository, name)?;
        let commit = repository.find_commit(id)?;
        let (tree, parent) = (commit.tree()?, first_parent(&commit)?);
        let mut options = DiffOptions::new();
        options.disable_pathspec_match(true).include_typechange(true).max_size(LARGE as i64);
        path.iter().for_each(|path| {
            options.pathspec(path.as_str());
        });
        let mut diff = repository.diff_tree_to_tree(parent.as_ref(), Some(&tree), Some(&mut options))?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        let count = diff.deltas().len();
        let files = (0..count.min(FILES)).map(|at| changed(&diff, at)).collect::<Result<_, _>>()?;
        let is_merge = commit.parent_count() > 1;
        Ok(Recorded { commit: told(&commit), is_merge, files, more: count.saturating_sub(FILES) })
    }
}

fn repository(workspace: &Workspace) -> Result<Repository, HistoryError> {
    git::open(workspace.root()).ok_or(HistoryError::NoRepository)
}

fn head(repository: &Repository) -> Result<Oid, HistoryError> {
    let head = repository.head().and_then(|head| head.peel_to_commit());
    head.map(|commit| commit.id()).map_err(|why| match why.code() {
        ErrorCode::UnbornBranch | ErrorCode::NotFound => HistoryError::NoCommits,
        _ => why.into(),
    })
}

/// The commit of a name. Nothing else is a name here: what git makes of a revision is a language.
fn named(repository: &Repository, name: &str) -> Result<Oid, HistoryError> {
    let head = head(repository)?;
    if name == "HEAD" {
        return Ok(head);
    }
    let none = || HistoryError::NoCommit(safe::line(name));
    let is_id = (7..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let found = is_id.then(|| repository.find_object_by_prefix(&name.to_ascii_lowercase(), None).ok());
    let id = found.flatten().and_then(|object| object.into_commit().ok()).ok_or_else(none)?.id();
    let is_there = id == head || repository.graph_descendant_of(head, id)?;
    if is_there { Ok(id) } else { Err(none()) }
}

fn told(commit: &git2::Commit<'_>) -> Commit {
    let author = commit.author();
    let time = author.when();
    Commit {
        id: commit.id().to_string(),
        author: String::from_utf8_lossy(author.name_bytes()).into_owned(),
        date: day(time.seconds().saturating_add(i64::from(time.offset_minutes()) * 60)),
        message: String::from_utf8_lossy(commit.message_bytes()).trim_end().to_owned(),
    }
}

/// The day of a time that has its zone added already.
fn day(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_string().split('T').next().unwrap_or_default().to_owned()
}

fn first_parent<'a>(commit: &git2::Commit<'a>) -> Result<Option<Tree<'a>>, git2::Error> {
    commit.parents().next().map(|parent| parent.tree()).transpose()
}

/// What is at a name in a tree.
fn entry(tree: &Tree<'_>, name: &str) -> Option<Oid> {
    tree.get_path(std::path::Path::new(name)).ok().map(|entry| entry.id())
}

/// The name that `name` had before `commit`, if the commit changed what is there. A merge that took one
/// side's changed nothing.
fn touched(
    repository: &Repository,
    commit: &git2::Commit<'_>,
    name: &str,
) -> Result<Option<String>, git2::Error> {
    let now = commit.tree()?;
    let here = entry(&now, name);
    let parents: Vec<Tree<'_>> = commit.parents().map(|parent| parent.tree()).collect::<Result<_, _>>()?;
    if parents.iter().any(|parent| entry(parent, name) == here) || (parents.is_empty() && here.is_none()) {
        return Ok(None);
    }
    let came = here.is_some() && parents.first().is_some_and(|parent| entry(parent, name).is_none());
    let renamed = match parents.first() {
        Some(parent) if came => renamed_from(repository, parent, &now, name)?,
        _ => None,
    };
    Ok(Some(renamed.unwrap_or_else(|| name.to_owned())))
}

/// Under which name a file was in `before` that is new in `now`, if it was there at all.
fn renamed_from(
    repository: &Repository,
    before: &Tree<'_>,
    now: &Tree<'_>,
    name: &str,
) -> Result<Option<String>, git2::Error> {
    let mut diff = repository.diff_tree_to_tree(Some(before), Some(now), None)?;
    diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
    let moved = diff.deltas().find(|delta| {
        delta.status() == Delta::Renamed && delta.new_file().path_bytes() == Some(name.as_bytes())
    });
    let old = moved.and_then(|delta| delta.old_file().path_bytes().map(<[u8]>::to_vec));
    Ok(old.and_then(|old| String::from_utf8(old).ok()))
}

fn changed(diff: &git2::Diff<'_>, at: usize) -> Result<FileChange, git2::Error> {
    let delta = diff.get_delta(at);
    let names: Vec<Vec<u8>> = delta
        .iter()
        .flat_map(|delta| [delta.new_file(), delta.old_file()])
        .filter_map(|file| file.path_bytes().map(<[u8]>::to_vec))
        .collect();
    let name = names.first().map(|name| safe::bytes(name)).unwrap_or_default();
    let parsed =
        names.iter().map(|name| std::str::from_utf8(name).ok().and_then(|name| RepoPath::parse(name).ok()));
    let Some(mut paths) = parsed.collect::<Option<Vec<_>>>() else {
        return Ok(FileChange {
            name,
            paths: Vec::new(),
            diff: Err("its name is none that can be read here"),
        });
    };
    paths.dedup();
    let diff = match Patch::from_diff(diff, at)? {
        // The delta knows that it is binary, or too large, once the patch has been made.
        Some(mut patch) if !patch.delta().flags().is_binary() => {
            Ok(String::from_utf8_lossy(&patch.to_buf()?).into_owned())
        }
        _ => Err("it is binary or too large"),
    };
    Ok(FileChange { name, paths, diff })
}
