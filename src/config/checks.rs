//! The checks of projects: which command says whether a project is sound, by the folder that it is in. Only the
//! user's own file names one; a folder that is a pattern is good for many projects, and what runs without a key
//! is good for none of those.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};

use super::file::{Check as Written, Program};

/// Longest that a check may be let run, in seconds, and how long one is where nothing says so.
const LONGEST: i64 = 86_400;
const USUAL: i64 = 600;

/// The check of a project, or of those whose folders fit.
#[derive(Clone, Debug)]
pub struct Check {
    /// As it was written.
    pub folder: String,
    place: Place,
    /// The program, then its arguments.
    pub command: Vec<String>,
    pub on_save: bool,
    pub timeout: Duration,
}

#[derive(Clone, Debug)]
enum Place {
    One(PathBuf),
    Many(GlobMatcher),
}

impl Check {
    /// From what was written. `home` stands for `~`.
    ///
    /// # Errors
    /// The key that means nothing (none: the folder), and why.
    pub(super) fn read(
        folder: &str,
        written: &Written,
        home: Option<&Path>,
    ) -> Result<Self, (Option<&'static str>, String)> {
        let place = place(folder, home).map_err(|why| (None, why))?;
        let command = written.command.clone().map(Program::words).unwrap_or_default();
        if command.first().is_none_or(String::is_empty) {
            let why = format!(
                "`[checks.\"{folder}\"]` has no `command`; write it as in `command = [\"cargo\", \"check\", \"--message-format=short\"]`"
            );
            return Err((Some("command"), why));
        }
        let on_save = written.on_save.unwrap_or(false);
        if on_save && matches!(place, Place::Many(_)) {
            let why =
                "`on_save` runs the command without a key: name one folder, and not all that fit a pattern";
            return Err((Some("on_save"), why.to_owned()));
        }
        let seconds = written.timeout.unwrap_or(USUAL);
        match u64::try_from(seconds).ok().filter(|_| (1..=LONGEST).contains(&seconds)) {
            Some(seconds) => {
                let timeout = Duration::from_secs(seconds);
                Ok(Self { folder: folder.to_owned(), place, command, on_save, timeout })
            }
            None => Err((Some("timeout"), format!("`timeout` is {seconds}; use 1 to {LONGEST} seconds"))),
        }
    }

    /// Of what it is called on screen: the program and the words that say what it does, no switch, no path and
    /// nothing that could be a key.
    pub fn name(&self) -> String {
        let line = match self.command.as_slice() {
            [shell, flag, line] if shell == "sh" && flag == "-c" => line.split_whitespace().collect(),
            words => words.iter().map(String::as_str).collect::<Vec<&str>>(),
        };
        let plain = |word: &&&str| {
            word.len() <= 20
                && !word.starts_with('-')
                && word.chars().all(|c| c.is_ascii_lowercase() || "_-:".contains(c))
        };
        let program = line.first().map(|word| word.rsplit('/').next().unwrap_or(word)).unwrap_or_default();
        let program: String = program.chars().take(30).collect();
        let words = line.iter().skip(1).take_while(plain).take(2).copied();
        std::iter::once(program.as_str()).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// Is it that of the project at `root`? `real`: the folder itself, where a link leads to it.
    pub(super) fn is_of(&self, root: &Path, real: impl Fn(&Path) -> Option<PathBuf>) -> bool {
        match &self.place {
            Place::One(folder) => folder == root || real(folder).is_some_and(|folder| folder == root),
            Place::Many(glob) => glob.is_match(root),
        }
    }

    /// How closely it names its project: a folder before any pattern, and of those the longest.
    pub(super) fn rank(&self) -> (bool, usize) {
        (matches!(self.place, Place::One(_)), self.folder.len())
    }
}

fn place(folder: &str, home: Option<&Path>) -> Result<Place, String> {
    let no_folder =
        || format!("`checks.\"{folder}\"` names no folder; write all of its path, or `~/` and the rest");
    let trimmed = if folder.len() > 1 { folder.trim_end_matches('/') } else { folder };
    let full = match trimmed.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = home.ok_or_else(|| format!("`checks.\"{folder}\"`: `HOME` is not set"))?;
            format!("{}{rest}", home.display())
        }
        _ if trimmed.starts_with('/') => trimmed.to_owned(),
        _ => return Err(no_folder()),
    };
    if !full.contains(['*', '?', '[', '{']) {
        return Ok(Place::One(PathBuf::from(full)));
    }
    let glob = GlobBuilder::new(&full).literal_separator(true).build();
    glob.map(|glob| Place::Many(glob.compile_matcher()))
        .map_err(|why| format!("`checks.\"{folder}\"`: {why}"))
}

/// All that were written, by folder.
pub(super) fn read_all(
    written: &BTreeMap<String, Written>,
    home: Option<&Path>,
) -> Result<Vec<Check>, (String, Option<&'static str>, String)> {
    let read = |(folder, written): (&String, &Written)| {
        Check::read(folder, written, home).map_err(|(key, why)| (folder.clone(), key, why))
    };
    written.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folder: &str, command: &[&str]) -> Check {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        let written = Written { command: Some(Program::Words(command)), ..Written::default() };
        Check::read(folder, &written, Some(Path::new("/home/me"))).unwrap()
    }

    #[test]
    fn a_folder_is_meant_itself_and_a_pattern_means_folders_at_its_depth() {
        let is_of = |folder: &str, root: &str| check(folder, &["x"]).is_of(Path::new(root), |_| None);
        assert!(is_of("~/code/shop", "/home/me/code/shop") && is_of("~/code/shop/", "/home/me/code/shop"));
        assert!(is_of("/srv/*", "/srv/shop") && !is_of("/srv/*", "/srv/a/b") && is_of("/srv/**", "/srv/a/b"));
        assert!(!is_of("~/code/shop", "/home/me/code/shop2") && !is_of("~/code/shop", "/home/me/code"));
        let linked = check("/link", &["x"]);
        assert!(linked.is_of(Path::new("/real"), |_| Some("/real".into())));
    }

    #[test]
    fn it_is_called_by_its_program_and_what_that_does() {
        for (command, name) in [
            (&["cargo", "check", "--message-format=short"][..], "cargo check"),
            (&["/usr/bin/make"], "make"),
            (&["npm", "run", "lint", "--silent"], "npm run lint"),
            (&["sh", "-c", "npx tsc --noEmit | cat"], "npx tsc"),
            (&["check", "sk-ant-0123456789"], "check"),
        ] {
            assert_eq!(check("/p", command).name(), name);
        }
    }
}
