//! The gate. A [`Scope`] says which bytes a turn may change; it is made from what the *user* did,
//! before any model speaks, and it is asked about the computed difference, never about what a reply
//! claims. What lies outside is a [`Breach`], which names the lowest notch that would admit it.

use std::collections::BTreeSet;
use std::fmt;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Level;
use crate::text::{RepoPath, Span};

/// What the user was looking at when they gave the instruction.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Focus {
    pub file: Option<RepoPath>,
    /// The selected lines of `file`.
    pub lines: Option<Span>,
}

/// Limits that hold at every notch, from the user's configuration.
#[derive(Clone, Debug)]
pub struct Leash {
    /// Most lines, removed and added together, that one turn may propose to change at `repo`.
    pub max_lines: usize,
    /// Most files one turn may propose to change at `repo`.
    pub max_files: usize,
    protect: GlobSet,
}

impl Leash {
    /// `protect`: further globs, relative to the workspace root, that no `repo` turn may change.
    ///
    /// # Errors
    /// The first glob that does not parse, with the reason.
    pub fn new(max_lines: usize, max_files: usize, protect: &[String]) -> Result<Self, String> {
        let mut globs = GlobSetBuilder::new();
        for glob in protect {
            let parsed = GlobBuilder::new(glob).literal_separator(true).case_insensitive(true).build();
            globs.add(parsed.map_err(|error| error.to_string())?);
        }
        let protect = globs.build().map_err(|error| error.to_string())?;
        Ok(Self { max_lines, max_files, protect })
    }
}

impl Default for Leash {
    fn default() -> Self {
        Self { max_lines: 600, max_files: 20, protect: GlobSet::empty() }
    }
}

/// Which bytes a turn may change. Only [`Scope::of`] makes one.
///
/// ```
/// use rein::change::{Focus, Leash, Level, Scope};
/// let focus = Focus { file: Some(rein::text::RepoPath::parse("src/a.rs").unwrap()), lines: None };
/// let scope = Scope::of(Level::File, &focus, Leash::default()).unwrap();
/// assert_eq!(scope.in_words(), "may change: src/a.rs, all of it");
/// ```
///
/// ```compile_fail
/// use rein::change::{Level, Scope};
/// let scope = Scope { level: Level::Repo }; // a scope cannot be written down, only granted
/// ```
#[derive(Clone, Debug)]
pub struct Scope {
    level: Level,
    reach: Reach,
    leash: Leash,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Reach {
    Lines(RepoPath, Span),
    File(RepoPath),
    Repo,
}

/// Why the user's instruction does not amount to a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoScope {
    #[error("`complete` takes no instruction; raise the slider to `selection`, `file` or `repo`")]
    NotInstructed,
    #[error("no file is open; open one, or raise the slider to `repo`")]
    NoFile,
    #[error("nothing is selected; select lines, or raise the slider to `file`")]
    NoSelection,
}

impl Scope {
    /// The scope that `level` grants at `focus`.
    pub fn of(level: Level, focus: &Focus, leash: Leash) -> Result<Self, NoScope> {
        let reach = match level {
            Level::Complete => return Err(NoScope::NotInstructed),
            Level::Selection => {
                let file = focus.file.clone().ok_or(NoScope::NoFile)?;
                Reach::Lines(file, focus.lines.ok_or(NoScope::NoSelection)?)
            }
            Level::File => Reach::File(focus.file.clone().ok_or(NoScope::NoFile)?),
            Level::Repo => Reach::Repo,
        };
        Ok(Self { level, reach, leash })
    }

    pub fn level(&self) -> Level {
        self.level
    }

    /// The one file it is about; `None` at `repo`.
    pub fn file(&self) -> Option<&RepoPath> {
        match &self.reach {
            Reach::Lines(file, _) | Reach::File(file) => Some(file),
            Reach::Repo => None,
        }
    }

    /// The only lines that may change, at `selection`.
    pub fn lines(&self) -> Option<Span> {
        match &self.reach {
            Reach::Lines(_, span) => Some(*span),
            Reach::File(_) | Reach::Repo => None,
        }
    }

    /// What it permits, as shown beside the slider.
    pub fn in_words(&self) -> String {
        match &self.reach {
            Reach::Lines(file, span) if span.len() == 1 => format!("may change: line {span} of {file}"),
            Reach::Lines(file, span) => format!("may change: lines {span} of {file}"),
            Reach::File(file) => format!("may change: {file}, all of it"),
            Reach::Repo => format!(
                "may change: unprotected files, ≤ {} files, ≤ {} lines",
                self.leash.max_files, self.leash.max_lines
            ),
        }
    }

    /// May `path` be changed at all? `creates` or deletes: the file comes or goes as a whole.
    pub(super) fn admit_file(&self, path: &RepoPath, comes_or_goes: bool) -> Result<(), Breach> {
        if self.file() == Some(path) {
            // Below `repo` the user has named this very file, so protection is their own to waive.
            return if comes_or_goes && self.level < Level::File {
                Err(self.breach(path, Outside::ComesOrGoes, Some(Level::File)))
            } else {
                Ok(())
            };
        }
        if let Some(why) = self.protects(path) {
            return Err(self.breach(path, Outside::Protected(why), None));
        }
        match self.reach {
            Reach::Repo => Ok(()),
            Reach::Lines(..) | Reach::File(_) => {
                Err(self.breach(path, Outside::OtherFile, Some(Level::Repo)))
            }
        }
    }

    /// May these base lines of `path` be replaced? Call after [`Scope::admit_file`].
    pub(super) fn admit_lines(&self, path: &RepoPath, changed: Span) -> Result<(), Breach> {
        match &self.reach {
            Reach::Lines(_, span) if !span.contains(changed) => {
                Err(self.breach(path, Outside::OtherLines(changed), Some(Level::File)))
            }
            _ => Ok(()),
        }
    }

    /// May the turn grow to touch `files` files and `lines` lines?
    pub(super) fn admit_size(&self, path: &RepoPath, files: usize, lines: usize) -> Result<(), Breach> {
        let too_much =
            self.level == Level::Repo && (files > self.leash.max_files || lines > self.leash.max_lines);
        if too_much {
            let (max_files, max_lines) = (self.leash.max_files, self.leash.max_lines);
            return Err(self.breach(path, Outside::Leash { max_files, max_lines }, None));
        }
        Ok(())
    }

    /// Why a `repo` turn may not change `path`, if so.
    pub fn protects(&self, path: &RepoPath) -> Option<Protected> {
        if self.leash.protect.is_match(path.as_str()) {
            return Some(Protected::ByUser);
        }
        protection(&path.folded())
    }

    fn breach(&self, path: &RepoPath, outside: Outside, needs: Option<Level>) -> Breach {
        Breach { path: path.clone(), granted: self.level, needs, outside }
    }
}

/// A proposed change outside the scope. It is neither clipped nor applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    pub path: RepoPath,
    pub granted: Level,
    /// The lowest notch that would admit it; `None` when no notch does.
    pub needs: Option<Level>,
    pub outside: Outside,
}

/// In which way it lies outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outside {
    OtherLines(Span),
    OtherFile,
    /// The file would be created or deleted.
    ComesOrGoes,
    Protected(Protected),
    Leash {
        max_files: usize,
        max_lines: usize,
    },
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, granted, .. } = self;
        match &self.outside {
            Outside::OtherLines(span) if span.is_empty() => {
                write!(
                    f,
                    "the reply adds lines before line {} of {path}, outside the selection",
                    span.end() + 1
                )?;
            }
            Outside::OtherLines(span) if span.len() == 1 => {
                write!(f, "the reply changes line {span} of {path}, outside the selection")?;
            }
            Outside::OtherLines(span) => {
                write!(f, "the reply changes lines {span} of {path}, outside the selection")?;
            }
            Outside::OtherFile => write!(f, "the reply changes {path}, outside the notch `{granted}`")?,
            Outside::ComesOrGoes => {
                write!(f, "the reply creates or deletes {path}, which the notch `{granted}` does not allow")?;
            }
            Outside::Protected(why) => write!(f, "the reply changes {path}, which is protected ({why})")?,
            Outside::Leash { max_files, max_lines } => write!(
                f,
                "with {path} the reply would change more than {max_files} files or {max_lines} lines"
            )?,
        }
        match (&self.needs, &self.outside) {
            (Some(level), _) => write!(f, "; raise to `{level}` to allow this"),
            (None, Outside::Leash { .. }) => {
                f.write_str("; ask for less at once, or raise `leash` in the configuration")
            }
            (None, _) => f.write_str("; open the file and ask at `file` to allow this"),
        }
    }
}

impl std::error::Error for Breach {}

/// Why a path is protected: it steers rein, other agents, or programs that run later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protected {
    OwnPolicy,
    AgentRules,
    CiWorkflow,
    Hook,
    EditorTask,
    ShellStartUp,
    PackageRegistry,
    ByUser,
}

impl fmt::Display for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnPolicy => "rein's own policy",
            Self::AgentRules => "rules or tools of a coding agent",
            Self::CiWorkflow => "runs in CI",
            Self::Hook => "a hook that git or a tool runs",
            Self::EditorTask => "tasks or settings an editor runs",
            Self::ShellStartUp => "runs when a shell or tool starts",
            Self::PackageRegistry => "says where packages are fetched from",
            Self::ByUser => "`leash.protect`",
        })
    }
}

/// The built-in class of a folded path (NVIDIA AI Red Team guidance 2026: no agent writes to
/// configuration that some other program executes).
pub(super) fn protection(folded: &str) -> Option<Protected> {
    let components: Vec<&str> = folded.split('/').collect();
    let name = components.last().copied().unwrap_or_default();
    let below = |folder: &str| components.iter().rev().skip(1).any(|c| *c == folder);
    let below_pair = |a: &str, b: &str| components.windows(2).any(|w| w == [a, b]);
    let folders: [(&str, Protected); 14] = [
        (".rein", Protected::OwnPolicy),
        (".claude", Protected::AgentRules),
        (".codex", Protected::AgentRules),
        (".agents", Protected::AgentRules),
        (".gemini", Protected::AgentRules),
        (".qwen", Protected::AgentRules),
        (".cursor", Protected::AgentRules),
        (".windsurf", Protected::AgentRules),
        (".circleci", Protected::CiWorkflow),
        (".buildkite", Protected::CiWorkflow),
        (".husky", Protected::Hook),
        (".githooks", Protected::Hook),
        (".vscode", Protected::EditorTask),
        (".idea", Protected::EditorTask),
    ];
    if let Some((_, why)) = folders.into_iter().find(|(folder, _)| below(folder)) {
        return Some(why);
    }
    if below_pair(".github", "workflows") || below_pair(".github", "actions") {
        return Some(Protected::CiWorkflow);
    }
    if below_pair(".github", "instructions") || below_pair(".devcontainer", name) {
        return Some(Protected::AgentRules);
    }
    let agent_rules: BTreeSet<&str> = [
        "agents.md",
        "claude.md",
        "claude.local.md",
        "gemini.md",
        "qwen.md",
        ".cursorrules",
        ".windsurfrules",
        ".clinerules",
        ".mcp.json",
        "mcp.json",
        "copilot-instructions.md",
    ]
    .into();
    let shell: BTreeSet<&str> = [
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".profile",
        ".zshrc",
        ".zshenv",
        ".zprofile",
        ".envrc",
        ".env",
        ".gitconfig",
        ".gitmodules",
        ".gitattributes",
        ".ripgreprc",
        ".lldbinit",
        ".gdbinit",
        ".vimrc",
        ".exrc",
        ".nvimrc",
    ]
    .into();
    match name {
        name if agent_rules.contains(name) => Some(Protected::AgentRules),
        name if shell.contains(name) => Some(Protected::ShellStartUp),
        ".gitlab-ci.yml" | "jenkinsfile" | "azure-pipelines.yml" | ".travis.yml" => {
            Some(Protected::CiWorkflow)
        }
        ".pre-commit-config.yaml" | "lefthook.yml" => Some(Protected::Hook),
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" | ".pypirc" | "pip.conf" => Some(Protected::PackageRegistry),
        _ if folded.ends_with(".cargo/config.toml") || folded.ends_with(".cargo/config") => {
            Some(Protected::PackageRegistry)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> RepoPath {
        RepoPath::parse(path).unwrap()
    }

    fn scope(level: Level) -> Scope {
        let focus = Focus { file: Some(path("a.rs")), lines: Some(Span::new(4, 8)) };
        Scope::of(level, &focus, Leash::new(10, 2, &["secret/**".into()]).unwrap()).unwrap()
    }

    #[test]
    fn a_selection_admits_its_lines_and_places_at_its_borders() {
        let scope = scope(Level::Selection);
        for inside in [Span::new(4, 8), Span::new(5, 6), Span::new(4, 4), Span::new(8, 8)] {
            assert_eq!(scope.admit_lines(&path("a.rs"), inside), Ok(()), "{inside:?}");
        }
        for outside in [Span::new(3, 4), Span::new(7, 9), Span::new(3, 3), Span::new(0, 20)] {
            let breach = scope.admit_lines(&path("a.rs"), outside).unwrap_err();
            assert_eq!(breach.needs, Some(Level::File), "{outside:?}");
        }
    }

    #[test]
    fn another_file_needs_the_repo_notch() {
        for level in [Level::Selection, Level::File] {
            let breach = scope(level).admit_file(&path("b.rs"), false).unwrap_err();
            assert_eq!(breach.needs, Some(Level::Repo));
        }
        assert_eq!(scope(Level::Repo).admit_file(&path("b.rs"), true), Ok(()));
    }

    #[test]
    fn no_notch_admits_a_protected_path_unasked() {
        for protected in [
            ".rein/config.toml",
            "AGENTS.md",
            "sub/claude.md",
            ".github/workflows/ci.yml",
            ".CURSOR/mcp.json",
            ".cursor./rules",
            ".vscode/tasks.json",
            ".bashrc",
            ".env",
            ".husky/pre-commit",
            "secret/key.txt",
            ".cargo/config.toml",
            "x/.npmrc",
            ".mcp.json",
            ".gitlab-ci.yml",
        ] {
            let breach = scope(Level::Repo).admit_file(&path(protected), false).unwrap_err();
            assert_eq!(breach.needs, None, "{protected}");
        }
        assert_eq!(scope(Level::Repo).admit_file(&path("src/agents.rs"), false), Ok(()));
    }

    #[test]
    fn a_file_the_user_opened_is_theirs_to_hand_over() {
        let focus = Focus { file: Some(path("AGENTS.md")), lines: None };
        let scope = Scope::of(Level::File, &focus, Leash::default()).unwrap();
        assert_eq!(scope.admit_file(&path("AGENTS.md"), false), Ok(()));
    }

    #[test]
    fn the_leash_counts_files_and_lines() {
        let scope = scope(Level::Repo);
        assert_eq!(scope.admit_size(&path("b"), 2, 10), Ok(()));
        assert!(scope.admit_size(&path("b"), 3, 1).is_err());
        assert!(scope.admit_size(&path("b"), 1, 11).is_err());
    }

    #[test]
    fn a_breach_says_what_would_admit_it() {
        let breach = scope(Level::Selection).admit_lines(&path("a.rs"), Span::new(0, 2)).unwrap_err();
        assert_eq!(
            breach.to_string(),
            "the reply changes lines 1-2 of a.rs, outside the selection; raise to `file` to allow this"
        );
    }

    #[test]
    fn without_a_focus_there_is_no_scope() {
        let none = Focus::default();
        let scope = |level| Scope::of(level, &none, Leash::default()).map(|_| ());
        assert_eq!(scope(Level::Complete), Err(NoScope::NotInstructed));
        assert_eq!(scope(Level::Selection), Err(NoScope::NoFile));
        assert_eq!(scope(Level::File), Err(NoScope::NoFile));
        assert_eq!(scope(Level::Repo), Ok(()));
    }
}
