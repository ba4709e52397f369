//! Two states of the repository, file by file, as a review takes them: the index, a commit or two, the
//! files on disk. What has no lines to review (binaries, modes, links, submodules, names that are no
//! names here) is remarked, never left out. It writes nothing and runs nothing of the repository's: no
//! hook, no filter program, no external diff.

use std::path::Path;

use git2::{
    AttrCheckFlags, AttrValue, Delta, Diff, DiffDelta, DiffFile, DiffFindOptions, DiffOptions, FileMode, Oid,
    Repository, Tree,
};

use super::traces::Extent;
use super::{ReadError, UndoError, Workspace, git, revert};
use crate::change::{Base, Compared};
use crate::text::{Lines, RepoPath, safe};

/// Largest blob that is read as text, in bytes; files on disk have the same limit.
const MAX_BYTES: usize = 16 << 20;

/// How far into a blob a NUL byte is looked for, as git does.
const SNIFFED: usize = 8 << 10;

/// Which two states.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// The index and the files on disk, files included that git does not know yet.
    Unstaged,
    /// The last commit and the index.
    Staged,
    /// A commit and the files on disk.
    Since(String),
    /// Two commits.
    Between(String, String),
    /// What an operation of the journal did, by its id or the first digits of it, as far as it is still in
    /// the files.
    Landing(String),
    /// What files were before an operation of the journal, and the files on disk: those that it or a later
    /// operation touched.
    SinceLanding(String),
    /// The same, from the first operation that was done since this workspace was opened, through it.
    SinceOpened,
}

impl Comparison {
    /// `A..B`, or a commit. An empty side is the last commit, as for git.
    pub fn parse(text: &str) -> Self {
        let head = |side: &str| if side.is_empty() { "HEAD".to_owned() } else { side.to_owned() };
        match text.split_once("..").map(|(from, to)| (from, to.strip_prefix('.').unwrap_or(to))) {
            Some((from, to)) => Self::Between(head(from), head(to)),
            None => Self::Since(text.to_owned()),
        }
    }

    /// For people, and the name of its review.
    pub fn in_words(&self) -> String {
        match self {
            Self::Unstaged => "what is not staged".to_owned(),
            Self::Staged => {
                "what is staged; nothing is written, `git restore --staged -p` unstages".to_owned()
            }
            Self::Since(rev) => format!("the files since {rev}"),
            Self::Between(from, to) => format!("{from}..{to}; nothing is written"),
            Self::Landing(id) => format!("what {id} changed"),
            Self::SinceLanding(id) => format!("what {id} and all after it changed"),
            Self::SinceOpened => "what changed since rein was opened".to_owned(),
        }
    }

    /// Is the newer state the files on disk?
    pub fn is_on_disk(&self) -> bool {
        !matches!(self, Self::Staged | Self::Between(..))
    }
}

/// A file that differs.
#[derive(Clone, Debug)]
pub enum Found {
    Text(Compared),
    Remark(Remark),
}

/// A difference without lines, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// Printable.
    pub name: String,
    pub words: String,
}

/// Why two states cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    #[error("`{0}` is no git repository; `rein diff --files OLD NEW` compares files anywhere")]
    NoRepository(String),
    #[error("`{name}` is no commit here: {why}")]
    NoCommit { name: String, why: String },
    #[error("the repository cannot be compared: {0}")]
    Git(String),
    #[error(transparent)]
    Journal(#[from] UndoError),
}

impl From<git2::Error> for CompareError {
    fn from(why: git2::Error) -> Self {
        Self::Git(why.message().to_owned())
    }
}

impl Workspace {
    /// Are the two states there?
    ///
    /// # Errors
    /// Which one is not.
    pub fn can_compare(&self, what: &Comparison) -> Result<(), CompareError> {
        match what {
            Comparison::Landing(id) | Comparison::SinceLanding(id) => {
                revert::named(&self.inner.journal, id)?;
                return Ok(());
            }
            Comparison::SinceOpened => return Ok(()),
            _ => {}
        }
        let repository = self.repository()?;
        let states = States { workspace: self, repository: &repository, on_disk: what.is_on_disk() };
        match what {
            Comparison::Unstaged | Comparison::Staged => {}
            Comparison::Landing(_) | Comparison::SinceLanding(_) | Comparison::SinceOpened => {}
            Comparison::Since(from) => drop(states.tree(from)?),
            Comparison::Between(from, to) => drop((states.tree(from)?, states.tree(to)?)),
        }
        Ok(())
    }

    /// The repository here.
    pub(super) fn repository(&self) -> Result<Repository, CompareError> {
        let root = self.root();
        git::open(root).ok_or_else(|| CompareError::NoRepository(safe::line(&root.to_string_lossy())))
    }

    /// Hands out what differs, until `found` says `false`. `paths` narrows it to files and folders.
    pub fn compare(
        &self,
        what: &Comparison,
        paths: &[RepoPath],
        found: &mut dyn FnMut(Found) -> bool,
    ) -> Result<(), CompareError> {
        match what {
            Comparison::Landing(id) => return self.trace(Extent::One(id), paths, found),
            Comparison::SinceLanding(id) => return self.trace(Extent::AndLater(id), paths, found),
            Comparison::SinceOpened => return self.trace(Extent::SinceOpened, paths, found),
            _ => {}
        }
        let repository = self.repository()?;
        let states = States { workspace: self, repository: &repository, on_disk: what.is_on_disk() };
        let mut diff = states.diff(what, paths)?;
        if has_moves(&diff) {
            diff.find_similar(Some(DiffFindOptions::new().renames(true).for_untracked(true)))?;
        }
        for delta in diff.deltas() {
            for one in states.look(&delta) {
                if !found(one) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Renames are looked for only where there can be one.
fn has_moves(diff: &Diff<'_>) -> bool {
    let any = |of: &[Delta]| diff.deltas().any(|delta| of.contains(&delta.status()));
    any(&[Delta::Deleted]) && any(&[Delta::Added, Delta::Untracked])
}

/// Bytes that can be reviewed.
///
/// # Errors
/// Why they cannot, in words.
pub(super) fn as_lines(bytes: &[u8]) -> Result<Lines, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("{} bytes; too large to be reviewed here", bytes.len()));
    }
    if bytes.get(..SNIFFED).unwrap_or(bytes).contains(&0) {
        return Err("binary; it has no lines to review".into());
    }
    Ok(Lines::new(bytes))
}

struct States<'a> {
    workspace: &'a Workspace,
    repository: &'a Repository,
    on_disk: bool,
}

impl<'a> States<'a> {
    fn diff(&self, what: &Comparison, paths: &[RepoPath]) -> Result<Diff<'a>, CompareError> {
        let mut options = DiffOptions::new();
        options.include_typechange(true).disable_pathspec_match(true).skip_binary_check(true);
        options.include_untracked(self.on_disk).recurse_untracked_dirs(self.on_disk);
        for path in paths {
            options.pathspec(path.as_str());
        }
        let repository = self.repository;
        Ok(match what {
            Comparison::Unstaged => repository.diff_index_to_workdir(None, Some(&mut options))?,
            Comparison::Staged => {
                let head = repository.head().ok().and_then(|head| head.peel_to_tree().ok());
                repository.diff_tree_to_index(head.as_ref(), None, Some(&mut options))?
            }
            Comparison::Since(from) => {
                let tree = self.tree(from)?;
                repository.diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options))?
            }
            Comparison::Between(from, to) => {
                let (from, to) = (self.tree(from)?, self.tree(to)?);
                repository.diff_tree_to_tree(Some(&from), Some(&to), Some(&mut options))?
            }
            // What the journal keeps, git does not know.
            Comparison::Landing(_) | Comparison::SinceLanding(_) | Comparison::SinceOpened => {
                return Err(CompareError::Git("it has no journal".to_owned()));
            }
        })
    }

    fn tree(&self, name: &str) -> Result<Tree<'a>, CompareError> {
        let found = self.repository.revparse_single(name).and_then(|object| object.peel_to_tree());
        found.map_err(|why| CompareError::NoCommit { name: safe::line(name), why: why.message().to_owned() })
    }

    /// What a delta is: hunks, remarks, or both.
    fn look(&self, delta: &DiffDelta<'_>) -> Vec<Found> {
        let (old, new) = (delta.old_file(), delta.new_file());
        let bytes = new.path_bytes().or(old.path_bytes()).unwrap_or_default();
        let name = safe::bytes(bytes);
        let remark = |words: String| Found::Remark(Remark { name: name.clone(), words });
        let Ok(text) = std::str::from_utf8(bytes) else {
            return vec![remark("its name is not UTF-8; it cannot be reviewed here".into())];
        };
        let path = match RepoPath::parse(text) {
            Ok(path) => path,
            Err(why) => return vec![remark(format!("it cannot be reviewed here: {why}"))],
        };
        if let Some(words) = special(delta, &old, &new) {
            return vec![remark(words)];
        }
        let mut found = Vec::new();
        if delta.status() == Delta::Renamed {
            let from = safe::bytes(old.path_bytes().unwrap_or_default());
            found
                .push(remark(format!("renamed from {from}; a rejected hunk changes its text, not its name")));
        }
        if let Some(words) = mode_change(delta, old.mode(), new.mode()) {
            found.push(remark(words));
        }
        match self.sides(delta, &path, &old, &new) {
            Ok((old, new)) => {
                let executable = delta.old_file().mode() == FileMode::BlobExecutable;
                let compared = Compared::of(Base { path, text: old }, new.as_ref()).executable(executable);
                if !compared.is_empty() {
                    found.push(Found::Text(compared));
                }
            }
            Err(words) => found.push(remark(words)),
        }
        found
    }

    fn sides(
        &self,
        delta: &DiffDelta<'_>,
        path: &RepoPath,
        old: &DiffFile<'_>,
        new: &DiffFile<'_>,
    ) -> Result<(Option<Lines>, Option<Lines>), String> {
        let gone = matches!(delta.status(), Delta::Deleted);
        let came = matches!(delta.status(), Delta::Added | Delta::Untracked);
        let before = if came { None } else { Some(self.blob(old.id())?) };
        let after = match (gone, self.on_disk) {
            (true, _) => None,
            (false, true) => self.on_disk(path)?,
            (false, false) => Some(self.blob(new.id())?),
        };
        let before = match (before, &after) {
            (Some(before), Some(after))
                if self.on_disk && self.is_checked_out_as_crlf(path, &before, after) =>
            {
                Some(with_crlf(&before))
            }
            (before, _) => before,
        };
        Ok((before, after))
    }

    fn on_disk(&self, path: &RepoPath) -> Result<Option<Lines>, String> {
        match self.workspace.read(path) {
            Ok(file) => Ok(file.map(|file| file.lines)),
            Err(ReadError::Binary(_)) => Err("binary; it has no lines to review".into()),
            Err(why) => Err(why.to_string()),
        }
    }

    fn blob(&self, id: Oid) -> Result<Lines, String> {
        if id.is_zero() {
            return Ok(Lines::from(""));
        }
        let blob = self.repository.find_blob(id).map_err(|why| why.message().to_owned())?;
        as_lines(blob.content())
    }

    /// Would git write this file with CR LF, and does it lie there so? Then the old text is compared,
    /// and comes back, as git would have written it (gitattributes(5)).
    fn is_checked_out_as_crlf(&self, path: &RepoPath, before: &Lines, after: &Lines) -> bool {
        let crlf = |lines: &Lines| lines.iter().filter(|line| line.ends_with(b"\r\n")).count();
        if crlf(before) > 0 || after.is_empty() || crlf(after) + 1 < after.len() || crlf(after) == 0 {
            return false;
        }
        let attribute = |name: &str| {
            let file = Path::new(path.as_str());
            let value = self.repository.get_attr(file, name, AttrCheckFlags::FILE_THEN_INDEX).ok().flatten();
            match AttrValue::from_string(value) {
                AttrValue::String(value) => Some(value.to_owned()),
                AttrValue::False => Some("-".to_owned()),
                _ => None,
            }
        };
        let automatic = || {
            let config = self.repository.config().and_then(|config| config.get_bool("core.autocrlf"));
            config.unwrap_or(false)
        };
        match (attribute("text").as_deref(), attribute("eol").as_deref()) {
            (Some("-"), _) => false,
            (_, Some("crlf")) => true,
            (_, Some(_)) => false,
            (_, None) => automatic(),
        }
    }
}

fn with_crlf(lines: &Lines) -> Lines {
    let line = |line: &[u8]| match line.strip_suffix(b"\n") {
        Some(text) => [text, b"\r\n"].concat(),
        None => line.to_vec(),
    };
    Lines::new(lines.iter().flat_map(line).collect::<Vec<u8>>())
}

/// What has no text at all.
fn special(delta: &DiffDelta<'_>, old: &DiffFile<'_>, new: &DiffFile<'_>) -> Option<String> {
    let either = |mode: FileMode| old.mode() == mode || new.mode() == mode;
    let short = |id: Oid| id.to_string().chars().take(8).collect::<String>();
    if delta.status() == Delta::Conflicted {
        return Some("it is unmerged; resolve the conflict first".into());
    }
    if either(FileMode::Commit) {
        return Some(format!("submodule {} → {}", short(old.id()), short(new.id())));
    }
    if either(FileMode::Link) {
        return Some(match delta.status() {
            Delta::Added | Delta::Untracked => "a symbolic link that came".into(),
            Delta::Deleted => "a symbolic link that went".into(),
            Delta::Typechange => "a file became a symbolic link, or the other way round".into(),
            _ => "a symbolic link that leads elsewhere now".into(),
        });
    }
    (delta.status() == Delta::Unreadable).then(|| "it cannot be read".into())
}

fn mode_change(delta: &DiffDelta<'_>, old: FileMode, new: FileMode) -> Option<String> {
    let both = matches!(delta.status(), Delta::Modified | Delta::Renamed);
    let bits = |mode: FileMode| i32::from(mode);
    (both && old != new && bits(old) != 0 && bits(new) != 0)
        .then(|| format!("mode {:o} → {:o}", bits(old), bits(new)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::super::fixture::Project;
    use super::*;
    use crate::change::{Purpose, Review, Verdict};

    fn commit(project: &Project) -> Repository {
        let repository = Repository::init(project.root()).unwrap();
        record(&repository);
        repository
    }

    fn record(repository: &Repository) {
        let mut index = repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let who = git2::Signature::now("a", "a@example.org").unwrap();
        let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<_> = parent.iter().collect();
        repository.commit(Some("HEAD"), &who, &who, "c", &tree, &parents).unwrap();
    }

    /// Each file as `name: +added -removed`, each remark as `name: words`.
    fn told(project: &Project, what: &Comparison) -> Vec<String> {
        let mut review = Review::of_difference(Purpose::ReadOnly).unwrap();
        let mut told = Vec::new();
        let take = &mut |found| {
            match found {
                Found::Text(compared) => review.compare(compared),
                Found::Remark(remark) => told.push(format!("{}: {}", remark.name, remark.words)),
            }
            true
        };
        project.open().compare(what, &[], take).unwrap();
        let hunks = review.hunks();
        let sums = hunks.map(|h| format!("{}: +{} -{}", h.path, h.with.len(), h.replaces.len()));
        let mut all: Vec<String> = sums.chain(told).collect();
        all.sort();
        all
    }

    #[test]
    fn every_pair_of_states_tells_its_own_difference() {
        let project = Project::new(&[("a", "1\n"), ("b", "1\n")]);
        let repository = commit(&project);
        project.write("a", b"1\n2\n");
        let mut index = repository.index().unwrap();
        index.add_path(Path::new("a")).unwrap();
        index.write().unwrap();
        project.write("b", b"");
        project.write("new", b"x\n");
        assert_eq!(told(&project, &Comparison::Unstaged), ["b: +0 -1", "new: +1 -0"]);
        assert_eq!(told(&project, &Comparison::Staged), ["a: +1 -0"]);
        assert_eq!(told(&project, &Comparison::Since("HEAD".into())), ["a: +1 -0", "b: +0 -1", "new: +1 -0"]);
        record(&repository);
        assert_eq!(told(&project, &Comparison::parse("HEAD~1..")), ["a: +1 -0", "b: +0 -1", "new: +1 -0"]);
        let nowhere = project.open().compare(&Comparison::Since("nope".into()), &[], &mut |_| true);
        assert!(nowhere.unwrap_err().to_string().starts_with("`nope` is no commit here"));
    }

    #[test]
    fn what_has_no_lines_is_remarked_and_never_left_out() {
        let project = Project::new(&[("run", "#!/bin/sh\n"), ("image", "\0old"), ("old.rs", "a\nb\nc\nd\n")]);
        symlink("run", project.root().join("link")).unwrap();
        let _repository = commit(&project);
        let run = project.root().join("run");
        std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o755)).unwrap();
        project.write("image", b"\0new");
        std::fs::remove_file(project.root().join("link")).unwrap();
        symlink("image", project.root().join("link")).unwrap();
        std::fs::rename(project.root().join("old.rs"), project.root().join("new.rs")).unwrap();
        project.write("new.rs", b"a\nb\nC\nd\n");
        let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
        std::fs::write(project.root().join(odd), "x\n").unwrap();
        std::fs::write(project.root().join("esc\u{1b}[2J"), "x\n").unwrap();
        let told = told(&project, &Comparison::Since("HEAD".into()));
        let starts = [
            "caf\\xE9: its name is not UTF-8",
            "esc␛[2J: it cannot be reviewed here",
            "image: binary",
            "link: a symbolic link that leads elsewhere",
            "new.rs: +1 -1",
            "new.rs: renamed from old.rs",
            "run: mode 100644 → 100755",
        ];
        assert_eq!(told.len(), starts.len(), "{told:#?}");
        for (one, start) in told.iter().zip(starts) {
            assert!(one.starts_with(start), "{one} for {start}");
        }
    }

    #[test]
    fn a_checkout_with_crlf_differs_only_where_it_was_changed() {
        let project = Project::new(&[("a", "1\n2\n3\n"), (".gitattributes", "* text eol=crlf\n")]);
        let _repository = commit(&project);
        project.write("a", b"1\r\nx\r\n3\r\n");
        let mut review = Review::of_difference(Purpose::TakeBack).unwrap();
        let take = &mut |found| {
            if let Found::Text(compared) = found {
                review.compare(compared);
            }
            true
        };
        project.open().compare(&Comparison::Unstaged, &[RepoPath::parse("a").unwrap()], take).unwrap();
        let ids: Vec<_> = review.hunks().map(|hunk| hunk.id).collect();
        assert_eq!(ids.len(), 1);
        review.decide(&ids, Verdict::Rejected);
        let story = super::super::fixture::story();
        let receipt = project.open().apply(review.settle().unwrap(), &story).unwrap();
        assert_eq!(project.text("a").unwrap(), "1\r\n2\r\n3\r\n");
        project.open().undo(Some(receipt.id())).unwrap();
        assert_eq!(project.text("a").unwrap(), "1\r\nx\r\n3\r\n");
    }

    /// Takes back all that differs from the last commit.
    fn take_back(project: &Project) {
        let mut review = Review::of_difference(Purpose::TakeBack).unwrap();
        let take = &mut |found| {
            if let Found::Text(compared) = found {
                review.compare(compared);
            }
            true
        };
        project.open().compare(&Comparison::Since("HEAD".into()), &[], take).unwrap();
        let ids: Vec<_> = review.hunks().map(|hunk| hunk.id).collect();
        review.decide(&ids, Verdict::Rejected);
        let _receipt =
            project.open().apply(review.settle().unwrap(), &super::super::fixture::story()).unwrap();
    }

    #[test]
    fn a_file_that_comes_back_is_what_it_was() {
        let project = Project::new(&[("run*", "#!/bin/sh\n"), ("text", "x\n"), ("private", "y\n")]);
        let _repository = commit(&project);
        let mode =
            |name: &str| std::fs::metadata(project.root().join(name)).unwrap().permissions().mode() & 0o7777;
        let (run, text) = (mode("run"), mode("text"));
        // Git keeps one bit of the mode; the journal, for what rein wrote or removed, all of them.
        project.chmod("private", 0o600);
        super::super::fixture::land(&project.open(), &[("private", None)]).unwrap();
        for name in ["run", "text"] {
            std::fs::remove_file(project.root().join(name)).unwrap();
        }
        take_back(&project);
        assert_eq!(project.text("run").unwrap(), "#!/bin/sh\n");
        assert_ne!(run & 0o111, 0);
        assert_eq!((mode("run"), mode("text"), mode("private")), (run, text, 0o600));
    }
}
