//! `rein diff`: any difference, hunk by hunk, with no model. Where the newer side is the files on disk a
//! rejected hunk is taken back there, journaled; elsewhere nothing is written.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::journal::refused;
use super::plain::{Answers, reviewed};
use super::setup::{Setup, SetupError, runtime};
use super::tui::{First, Showing, ended, show};
use super::{Exit, stop};
use crate::change::{Base, Compared, Purpose, Review};
use crate::session::{Ready, Subject};
use crate::text::{Lines, RepoPath, safe};
use crate::workspace::{CompareError, Comparison, Extent, Remark, Source, Trees};

/// Longest file that is compared, in bytes, as in a repository.
const MAX_BYTES: u64 = 16 << 20;

/// Most files of a folder that are compared.
const MAX_FILES: usize = 20_000;

/// What was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffRequest {
    /// Two files or folders, in place of states of the repository.
    pub files: Option<(PathBuf, PathBuf)>,
    pub staged: bool,
    /// What an operation of the journal did, by its id or the first digits of it.
    pub landing: Option<String>,
    /// That, and what came after it.
    pub since: Option<String>,
    /// `REV` or `REV..REV` may come first.
    pub arguments: Vec<String>,
    /// As a dialogue, without a screen.
    pub plain: bool,
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("`--staged` compares the last commit with the index; it takes paths, and no other commit")]
    Staged,
    #[error(
        "`--landing` and `--since` take the id of an operation (`rein log` lists them) and paths; `{}` is neither",
        safe::line(.0)
    )]
    Journal(String),
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error("`{}` cannot be read: {why}", path.display())]
    Unreadable { path: PathBuf, why: std::io::Error },
    #[error(transparent)]
    Scope(#[from] crate::change::NoScope),
}

/// Opens the review of a difference.
pub fn diff(request: &DiffRequest) -> Exit {
    let (mut setup, place, first) = match meant(request) {
        Ok(meant) => meant,
        Err(why @ (Wrong::Staged | Wrong::Journal(_) | Wrong::Compare(CompareError::NoCommit { .. }))) => {
            return stop(Exit::Usage, why);
        }
        Err(Wrong::Compare(CompareError::Journal(why))) => return stop(refused(&why), why),
        Err(why) => return stop(Exit::NotHere, why),
    };
    if request.plain {
        return reviewed(&setup, place.workspace, Source::Diff, Answers::Stdin, |session| match first {
            First::Compare { what, paths, title } => session.compare(what, paths, title),
            First::Review(ready) => {
                session.review(*ready);
                Ok(Vec::new())
            }
            First::Editor => Ok(Vec::new()),
        });
    }
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(why) => return stop(Exit::Bug, why),
    };
    let screen = Showing { banner: None, guide: None, source: Source::Diff, first };
    let result = runtime.block_on(show(&mut setup, place, screen));
    runtime.shutdown_timeout(super::tui::LEAVING);
    ended(result)
}

fn meant(request: &DiffRequest) -> Result<(Setup, super::setup::Place, First), Wrong> {
    let setup = Setup::load()?;
    let place = setup.place(None)?;
    if let Some((old, new)) = &request.files {
        let ready = files(old, new)?;
        return Ok((setup, place, First::Review(Box::new(ready))));
    }
    let cwd = std::env::current_dir().map_err(SetupError::Cwd)?;
    let (rev, rest) = revision(&request.arguments);
    // By its whole id: it is the review's name, under which verdicts are kept.
    let whole = |id: &String| place.workspace.logged(id).map(|entry| entry.id).map_err(CompareError::from);
    let what = match (&request.landing, &request.since, request.staged, rev) {
        (Some(_), _, _, Some(word)) | (_, Some(_), _, Some(word)) => {
            return Err(Wrong::Journal(word.to_owned()));
        }
        (Some(id), _, _, None) => Comparison::Journal(Extent::Landing(whole(id)?)),
        (_, Some(id), _, None) => Comparison::Journal(Extent::SinceLanding(whole(id)?)),
        (_, _, true, Some(_)) => return Err(Wrong::Staged),
        (_, _, true, None) => Comparison::Git(Trees::Staged),
        (_, _, false, Some(rev)) => Comparison::Git(Trees::parse(rev)),
        (_, _, false, None) => Comparison::Git(Trees::Unstaged),
    };
    place.workspace.can_compare(&what)?;
    let mut paths = Vec::new();
    for typed in rest {
        match place.workspace.resolve(Path::new(typed), &cwd) {
            Ok(path) => paths.push(path),
            // The whole workspace.
            Err(crate::workspace::PathProblem::Root(_)) => {}
            Err(why) => return Err(SetupError::from(why).into()),
        }
    }
    let title = title(&what, &paths);
    Ok((setup, place, First::Compare { what, paths, title }))
}

/// The commit, if the first argument is no file that is there; `--` ends commits, as for git.
fn revision(arguments: &[String]) -> (Option<&str>, &[String]) {
    match arguments {
        [first, rest @ ..] if first == "--" => (None, rest),
        [rev, dashes, rest @ ..] if dashes == "--" => (Some(rev), rest),
        [first, rest @ ..] if !Path::new(first).exists() => (Some(first), rest),
        all => (None, all),
    }
}

fn title(what: &Comparison, paths: &[RepoPath]) -> String {
    let what = what.in_words();
    let paths: Vec<&str> = paths.iter().map(RepoPath::as_str).collect();
    if paths.is_empty() { format!("diff: {what}") } else { format!("diff: {what}, in {}", paths.join(", ")) }
}

/// Two files, or two folders, as `git difftool` hands them over.
fn files(old: &Path, new: &Path) -> Result<Ready, Wrong> {
    let mut review = Review::of_difference(Purpose::ReadOnly)?;
    let mut remarks = Vec::new();
    let Pairs { pairs, left_out } = pairs(old, new)?;
    if left_out > 0 {
        let words = format!("left out: no more than {MAX_FILES} files are compared at once");
        remarks.push(Remark { name: format!("{left_out} more file(s)"), words });
    }
    // A pipe that was named is read (a shell makes one of `<(command)`); one that lies in a folder would
    // be waited for without end.
    let in_folders = old.is_dir() || new.is_dir();
    let side = |path: &Path| match std::fs::metadata(path) {
        Ok(what) if in_folders && !what.is_file() => Ok(Side::Other("it is no regular file".into())),
        _ => read(path),
    };
    for (name, old, new) in pairs {
        let shown = safe::bytes(name.as_os_str().as_encoded_bytes());
        let path = name.to_str().map(RepoPath::parse);
        let Some(Ok(path)) = path else {
            remarks.push(Remark { name: shown, words: "its name cannot be shown as it is".into() });
            continue;
        };
        match (side(&old)?, side(&new)?) {
            (Side::Text(old), Side::Text(new)) if old != new => {
                review.compare(Compared::of(Base { path, text: old }, new.as_ref()));
            }
            (Side::Text(_), Side::Text(_)) => {}
            (Side::Other(words), _) | (_, Side::Other(words)) => remarks.push(Remark { name: shown, words }),
        }
    }
    let title = format!("diff: {} and {}; nothing is written", old.display(), new.display());
    Ok(Ready { subject: Subject::Difference, title, review, refusals: Vec::new(), remarks })
}

enum Side {
    /// `None`: there is no such file.
    Text(Option<Lines>),
    Other(String),
}

fn read(path: &Path) -> Result<Side, Wrong> {
    let unreadable = |why| Wrong::Unreadable { path: path.to_owned(), why };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Side::Text(None)),
        Err(why) => return Err(unreadable(why)),
    };
    // What git hands over for a side that is not there.
    if path == Path::new("/dev/null") {
        return Ok(Side::Text(None));
    }
    let mut bytes = Vec::new();
    let length = file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if length as u64 > MAX_BYTES {
        return Ok(Side::Other("too large to be reviewed here".into()));
    }
    if bytes.iter().take(8 << 10).any(|byte| *byte == 0) {
        return Ok(Side::Other("binary; it has no lines to review".into()));
    }
    Ok(Side::Text(Some(Lines::new(bytes))))
}

/// Names with both sides, sorted, and how many names there were beyond the most that are compared.
struct Pairs {
    pairs: Vec<(PathBuf, PathBuf, PathBuf)>,
    left_out: usize,
}

fn pairs(old: &Path, new: &Path) -> Result<Pairs, Wrong> {
    if !old.is_dir() && !new.is_dir() {
        // A name mistyped twice would pass for two files that are alike.
        for path in [old, new] {
            std::fs::metadata(path).map_err(|why| Wrong::Unreadable { path: path.to_owned(), why })?;
        }
        let named = if new == Path::new("/dev/null") { old } else { new };
        let name = named.file_name().map_or_else(|| named.to_owned(), PathBuf::from);
        return Ok(Pairs { pairs: vec![(name, old.to_owned(), new.to_owned())], left_out: 0 });
    }
    let mut names = BTreeSet::new();
    for root in [old, new] {
        walk(root, Path::new(""), &mut names)?;
    }
    let left_out = names.len().saturating_sub(MAX_FILES);
    let names = names.into_iter().take(MAX_FILES);
    let pairs = names.map(|name| (name.clone(), old.join(&name), new.join(name))).collect();
    Ok(Pairs { pairs, left_out })
}

/// Links are not followed into folders: a folder that leads to itself has no end.
fn walk(root: &Path, below: &Path, names: &mut BTreeSet<PathBuf>) -> Result<(), Wrong> {
    let folder = root.join(below);
    let unreadable = |why| Wrong::Unreadable { path: folder.clone(), why };
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = below.join(entry.file_name());
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if entry.file_name() != ".git" {
                walk(root, &name, names)?;
            }
        } else {
            names.insert(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_commit_comes_before_paths_and_dashes_part_them() {
        let rev = |arguments: &[&str]| {
            let arguments = words(arguments);
            let (rev, rest) = revision(&arguments);
            (rev.map(str::to_owned), rest.to_vec())
        };
        assert_eq!(rev(&[]), (None, vec![]));
        assert_eq!(rev(&["main..topic", "src"]), (Some("main..topic".into()), words(&["src"])));
        assert_eq!(rev(&["Cargo.toml"]), (None, words(&["Cargo.toml"])));
        assert_eq!(rev(&["Cargo.toml", "--", "src"]), (Some("Cargo.toml".into()), words(&["src"])));
        assert_eq!(rev(&["--", "gone.rs"]), (None, words(&["gone.rs"])));
    }

    #[test]
    fn folders_are_compared_file_by_file_and_nothing_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        write("old/same", b"x\n");
        write("new/same", b"x\n");
        write("old/src/a.rs", b"1\n");
        write("new/src/a.rs", b"2\n");
        write("new/come", b"c\n");
        write("old/went", b"w\n");
        write("old/bin", b"\0");
        let pipe = folder.path().join("new/pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        let ready = files(&folder.path().join("old"), &folder.path().join("new")).unwrap();
        let hunks: Vec<String> =
            ready.review.hunks().map(|hunk| format!("{} {:?}", hunk.path, hunk.op)).collect();
        assert_eq!(hunks, ["come Create", "src/a.rs Update", "went Delete"]);
        let remarked: Vec<&str> = ready.remarks.iter().map(|remark| remark.name.as_str()).collect();
        assert_eq!(remarked, ["bin", "pipe"]);
        let one = files(Path::new("/dev/null"), &folder.path().join("new/come")).unwrap();
        assert_eq!(one.review.hunks().count(), 1);
        assert_eq!(one.review.purpose(), Purpose::ReadOnly);
        for wrong in [("new/come", "nowhere"), ("nowhere", "nowhere"), ("old", "nowhere")] {
            let (old, new) = (folder.path().join(wrong.0), folder.path().join(wrong.1));
            assert!(files(&old, &new).is_err_and(|why| why.to_string().contains("nowhere")), "{wrong:?}");
        }
    }
}
