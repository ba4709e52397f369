//! The sample project, what the scripted model says about it, and the steps of the tour.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::change::Level;
use crate::provider::scripted::{Reply, Script};
use crate::text::{RepoPath, Span};
use crate::ui::{Milestone, Step};
use crate::workspace::{SaveError, Workspace};

/// The project's files as they are in the beginning.
pub const FILES: [(&str, &str); 3] = [
    ("src/main.rs", include_str!("sample/main.rs.txt")),
    ("src/cart.rs", include_str!("sample/cart.rs.txt")),
    ("src/receipt.rs", include_str!("sample/receipt.rs.txt")),
];

/// What the completion puts behind [`TYPED`].
const COMPLETION: &str = "(&self) -> bool {\n        self.items.is_empty()\n    }";

/// What the user types before the ghost text.
pub const TYPED: &str = "    pub fn is_empty";

/// The empty line of `src/cart.rs` where it is typed, from 0.
const EMPTY_LINE: usize = 29;

/// The body of `Cart::total`, when the completion has been taken.
const TOTAL: (usize, usize) = (23, 28);

/// A private folder that goes with the tour.
pub struct Folder(PathBuf);

impl Folder {
    pub fn make() -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("rein-tour-{}-{:x}", std::process::id(), now.as_nanos());
        let folder = std::env::temp_dir().join(name);
        // Fails if somebody has made it already: the folder is ours alone or not at all.
        DirBuilder::new().mode(0o700).create(&folder)?;
        let folder = Self(folder);
        DirBuilder::new().create(folder.project())?;
        Ok(folder)
    }

    pub fn project(&self) -> PathBuf {
        self.0.join("shop")
    }

    pub fn state(&self) -> PathBuf {
        self.0.join("state")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed stays in the temporary folder, where the system cleans up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes the project.
pub fn write(workspace: &Workspace) -> Result<(), SaveError> {
    for (name, text) in FILES {
        if let Ok(path) = RepoPath::parse(name) {
            workspace.save(&path, text.as_bytes(), None)?;
        }
    }
    Ok(())
}

/// What the model says, by what it is asked. A person may ask as often as they like.
pub fn script(at_full_speed: bool) -> Script {
    let pace = if at_full_speed { Duration::ZERO } else { Duration::from_millis(25) };
    let reply = |when: &str, text: &str| Reply {
        when: Some(when.to_owned()),
        text: text.to_owned(),
        chunk: 12,
        pace,
        ..Reply::default()
    };
    Script::new([
        reply("You complete code at the cursor", COMPLETION),
        reply("Only the lines between", include_str!("sample/reply-selection.md")),
        reply("Only the file in", include_str!("sample/reply-file.md")),
        reply("and files that you create", include_str!("sample/reply-repo.md")),
    ])
}

/// The tour.
pub fn steps() -> Vec<Step> {
    let cart = || RepoPath::parse("src/cart.rs").ok();
    let step = |says: &str, suggests: &str, lines: Option<Span>, level: Option<Level>, until| Step {
        says: says.to_owned(),
        suggests: suggests.to_owned(),
        shows: lines.and_then(|lines| Some((cart()?, lines))),
        level,
        until,
    };
    let line = Some(Span::new(EMPTY_LINE, EMPTY_LINE));
    let total = Some(Span::new(TOTAL.0, TOTAL.1));
    vec![
        step(
            "type `    pub fn is_empty` and wait: Tab takes the ghost text, Ctrl-S saves",
            "",
            line,
            Some(Level::Complete),
            Milestone::SavedCompletion,
        ),
        step(
            "five lines are selected: Ctrl-K, Enter asks; y accepts the hunk, Enter lands it",
            "use an iterator instead of the loop",
            total,
            Some(Level::Selection),
            Milestone::Landed(Level::Selection),
        ),
        step(
            "now the whole file: Ctrl-L, Enter; decide each hunk by y or n, Enter lands",
            "document what is public",
            None,
            None,
            Milestone::Landed(Level::File),
        ),
        step(
            "now the repository: Alt-I, Enter; y n for one hunk, Y for the rest of a file, Enter",
            "rename `cents` to `unit_price` everywhere",
            None,
            None,
            Milestone::Landed(Level::Repo),
        ),
        step("u (or Alt-U) takes the landing back, in every file", "", None, None, Milestone::TakenBack),
        step(
            "that was the tour. F3 what the model saw, F5 the journal, F1 all keys, Ctrl-Q leaves",
            "",
            None,
            None,
            Milestone::End,
        ),
    ]
}
