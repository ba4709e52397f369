//! What differs between two states that git knows: the index, a commit or two, the files on disk. Binaries,
//! modes, links, submodules and names that are no names here are remarks. It writes nothing and runs nothing
//! of the repository's: no hook, no filter program, no external diff.

use std::path::Path;

use git2::{
    AttrCheckFlags, AttrValue, Delta, Diff, DiffDelta, DiffFile, DiffFindOptions, DiffOptions, FileMode, Oid,
    Repository, Tree,
};

use super::{CompareError, Found, Remark, Trees, as_lines};
use crate::change::{Base, Compared};
use crate::text::{Lines, RepoPath, safe};
use crate::workspace::{ReadError, Workspace};

impl Workspace {
    pub(super) fn can_compare_trees(&self, what: &Trees) -> Result<(), CompareError> {
        let repository = self.repository()?;
        let states = States { workspace: self, repository: &repository, on_disk: what.is_on_disk() };
        match what {
            Trees::Unstaged | Trees::Staged => {}
            Trees::Since(from) => drop(states.tree(from)?),
            Trees::Between(from, to) => drop((states.tree(from)?, states.tree(to)?)),
        }
        Ok(())
    }

    pub(super) fn compare_trees(
        &self,
        what: &Trees,
        paths: &[RepoPath],
        found: &mut dyn FnMut(Found) -> bool,
    ) -> Result<(), CompareError> {
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

struct States<'a> {
    workspace: &'a Workspace,
    repository: &'a Repository,
    on_disk: bool,
}

impl<'a> States<'a> {
    fn diff(&self, what: &Trees, paths: &[RepoPath]) -> Result<Diff<'a>, CompareError> {
        let mut options = DiffOptions::new();
        options.include_typechange(true).disable_pathspec_match(true).skip_binary_check(true);
        options.include_untracked(self.on_disk).recurse_untracked_dirs(self.on_disk);
        for path in paths {
            options.pathspec(path.as_str());
        }
        let repository = self.repository;
        Ok(match what {
            Trees::Unstaged => repository.diff_index_to_workdir(None, Some(&mut options))?,
            Trees::Staged => {
                let head = repository.head().ok().and_then(|head| head.peel_to_tree().ok());
                repository.diff_tree_to_index(head.as_ref(), None, Some(&mut options))?
            }
            Trees::Since(from) => {
                let tree = self.tree(from)?;
                repository.diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options))?
            }
            Trees::Between(from, to) => {
                let (from, to) = (self.tree(from)?, self.tree(to)?);
                repository.diff_tree_to_tree(Some(&from), Some(&to), Some(&mut options))?
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
