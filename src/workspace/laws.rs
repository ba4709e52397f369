//! The laws of the journal over any sequence of landings, saves, undos, redos, restores and edits by
//! hand, across restarts:
//!
//! 1. what is refused changes nothing;
//! 2. what is done changes exactly the files it reports, to exactly the texts it reports;
//! 3. a redo right after an undo is the identity;
//! 4. every text that rein ever replaced can be restored byte for byte;
//! 5. lines typed by hand survive everything but the restoring of a version without them;
//! 6. the log says of each operation whether it stands.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::fixture::{Project, land, path};
use super::{Kind, LogEntry, Side, Status, Version, Wanted, Workspace};
use crate::text::Digest;

const FILES: [&str; 3] = ["a", "d/b", "c"];

#[derive(Clone, Debug)]
enum Step {
    /// Each named file gets a new line in place of the n-th, or goes.
    Land(Vec<(usize, Option<usize>)>),
    /// The user saves one file from the editor, with a line changed.
    Save(usize, usize),
    Undo(Which),
    Redo(Which),
    /// A file becomes the version before or after the n-th operation that touched it.
    Restore(usize, usize, bool),
    RestoreLast(usize),
    /// What the n-th operation that touched a file did to it is taken back.
    Without(usize, usize),
    /// Somebody adds a line by hand, at the top or the end.
    Type(usize, bool),
    /// Somebody removes a file by hand.
    Remove(usize),
    Reopen,
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Last,
    Nth(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let file = || 0..FILES.len();
    let which = || prop_oneof![2 => Just(Which::Last), 3 => (0usize..6).prop_map(Which::Nth)];
    let line = || proptest::option::weighted(0.9, 0usize..6);
    prop_oneof![
        5 => proptest::collection::vec((file(), line()), 1..3).prop_map(Step::Land),
        2 => (file(), 0usize..6).prop_map(|(file, line)| Step::Save(file, line)),
        4 => which().prop_map(Step::Undo),
        3 => which().prop_map(Step::Redo),
        2 => (file(), 0usize..4, any::<bool>()).prop_map(|(file, nth, after)| Step::Restore(file, nth, after)),
        1 => file().prop_map(Step::RestoreLast),
        1 => (file(), 0usize..4).prop_map(|(file, nth)| Step::Without(file, nth)),
        3 => (file(), any::<bool>()).prop_map(|(file, top)| Step::Type(file, top)),
        1 => file().prop_map(Step::Remove),
        1 => Just(Step::Reopen),
    ]
}

type Texts = BTreeMap<&'static str, String>;

/// What became of a step: the reported texts of the files it changed, or that it was refused.
type Outcome = Option<HashMap<String, Option<Digest>>>;

struct World {
    project: Project,
    workspace: Workspace,
    replaced: Vec<(&'static str, String)>,
    typed: Vec<String>,
    /// Has a restoring, or a change by hand, taken typed lines out of a file?
    reset: bool,
}

impl World {
    fn new() -> Self {
        let project = Project::new(&[("a", "1\n2\n3\n4\n5\n6\n"), ("d/b", "1\n2\n3"), ("c", "")]);
        let workspace = project.open();
        Self { project, workspace, replaced: vec![], typed: vec![], reset: false }
    }

    fn texts(&self) -> Texts {
        FILES.iter().filter_map(|name| Some((*name, self.project.text(name)?))).collect()
    }

    /// The text of a file with its n-th line replaced, or added when there are not so many.
    fn changed(&self, file: usize, line: usize, number: usize) -> String {
        let text = self.project.text(FILES[file]).unwrap_or_default();
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        // What somebody typed is theirs; a landing does not write over it here.
        let own = lines.get(line).is_some_and(|line| !line.starts_with("typed"));
        match lines.get_mut(line).filter(|_| own) {
            Some(line) => *line = format!("rein {number}\n"),
            None => lines.insert(0, format!("rein {number}\n")),
        }
        lines.concat()
    }

    fn landings(&self) -> Vec<LogEntry> {
        let log = self.workspace.log(999).unwrap();
        let not_moves = |entry: &LogEntry| !matches!(entry.kind, Kind::Undo { .. } | Kind::Redo { .. });
        log.into_iter().filter(not_moves).collect()
    }

    fn versions(&self, file: usize) -> Vec<Version> {
        self.workspace.versions(&path(FILES[file])).unwrap()
    }

    fn id(&self, which: Which) -> Option<String> {
        match which {
            Which::Last => None,
            Which::Nth(nth) => self.landings().get(nth).map(|entry| entry.id.clone()),
        }
    }

    fn restore(&mut self, file: usize, wanted: Wanted<'_>) -> Outcome {
        self.reset |= !matches!(wanted, Wanted::Without(_));
        let restored = self.workspace.restore(&path(FILES[file]), wanted).ok()?;
        let file = (restored.file.path.to_string(), restored.file.after);
        Some(restored.id.map(|_| file).into_iter().collect())
    }

    fn take(&mut self, step: &Step, number: usize) -> Outcome {
        match step {
            Step::Land(files) => {
                let typed =
                    |file: usize| self.project.text(FILES[file]).is_some_and(|text| text.contains("typed"));
                let mut change: BTreeMap<&str, Option<String>> = BTreeMap::new();
                for (file, line) in files {
                    let text = match line {
                        None if !typed(*file) => None,
                        line => Some(self.changed(*file, line.unwrap_or(0), number)),
                    };
                    change.insert(FILES[*file], text);
                }
                let change: Vec<_> = change.iter().map(|(name, text)| (*name, text.as_deref())).collect();
                land(&self.workspace, &change).ok()?;
                let digest = |text: &str| Digest::of(text.as_bytes());
                Some(change.iter().map(|(name, text)| ((*name).to_owned(), text.map(digest))).collect())
            }
            Step::Save(file, line) => {
                let text = self.changed(*file, *line, number);
                let now = self.project.text(FILES[*file]).map(|text| Digest::of(text.as_bytes()));
                let saved = self.workspace.save(&path(FILES[*file]), text.as_bytes(), now).ok()?;
                Some([(FILES[*file].to_owned(), Some(saved))].into())
            }
            Step::Undo(which) => {
                let id = self.id(*which);
                let before = self.texts();
                let undone = self.workspace.undo(id.as_deref()).ok()?;
                let after = self.texts();
                self.workspace.redo(None).unwrap();
                assert_eq!(self.texts(), before, "a redo right after an undo");
                self.workspace.undo(Some(&undone.of)).unwrap();
                assert_eq!(self.texts(), after, "and an undo after that");
                Some(undone.files.iter().map(|file| (file.path.to_string(), file.after)).collect())
            }
            Step::Redo(which) => {
                let id = self.id(*which);
                let redone = self.workspace.redo(id.as_deref()).ok()?;
                Some(redone.files.iter().map(|file| (file.path.to_string(), file.after)).collect())
            }
            Step::Restore(file, nth, after) => {
                let version = self.versions(*file).into_iter().nth(*nth)?;
                let side = if *after { Side::After } else { Side::Before };
                self.restore(*file, Wanted::At(&version.id, side))
            }
            Step::RestoreLast(file) => self.restore(*file, Wanted::Last),
            Step::Without(file, nth) => {
                let version = self.versions(*file).into_iter().nth(*nth)?;
                self.restore(*file, Wanted::Without(Some(&version.id)))
            }
            Step::Type(..) | Step::Remove(_) | Step::Reopen => unreachable!("not rein's doing"),
        }
    }

    fn by_hand(&mut self, step: &Step, number: usize) -> bool {
        match step {
            Step::Type(file, top) => {
                let text = self.project.text(FILES[*file]).unwrap_or_default();
                let line = format!("typed {number}\n");
                let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                let text = if *top { format!("{line}{text}") } else { format!("{text}{gap}{line}") };
                self.project.write(FILES[*file], text);
                self.typed.push(line);
            }
            Step::Remove(file) => {
                self.reset = true;
                let _ = std::fs::remove_file(self.project.root().join(FILES[*file]));
            }
            Step::Reopen => self.workspace = self.project.open(),
            _ => return false,
        }
        true
    }

    fn check(&mut self, before: &Texts, outcome: Outcome) {
        let after = self.texts();
        let reported = outcome.unwrap_or_default();
        for name in FILES {
            let (was, is) = (before.get(name), after.get(name));
            match reported.get(name) {
                Some(text) => assert_eq!(is.map(|text| Digest::of(text.as_bytes())), *text, "{name}"),
                None => assert_eq!(is, was, "{name} is not reported"),
            }
            if was != is {
                self.replaced.extend(was.map(|text| (name, text.clone())));
            }
        }
        let all: String = after.into_values().collect();
        for line in self.typed.iter().filter(|_| !self.reset) {
            assert!(all.contains(line.as_str()), "{line:?} is lost");
        }
        self.check_log();
        assert!(self.project.unfinished().is_empty());
    }

    fn check_log(&self) {
        let log = self.workspace.log(999).unwrap();
        let mut undone: HashMap<&str, bool> = HashMap::new();
        for entry in log.iter().rev() {
            match &entry.kind {
                Kind::Undo { of } => undone.insert(of, true),
                Kind::Redo { of } => undone.insert(of, false),
                _ => undone.insert(&entry.id, false),
            };
        }
        for entry in &log {
            let expected = undone.get(entry.id.as_str()).copied().unwrap_or(false);
            assert_eq!(entry.status == Status::Undone, expected, "{entry:?}");
        }
    }

    /// Every text that was replaced is among the versions, and comes back.
    fn check_versions(&mut self) {
        self.workspace = self.project.open();
        for (name, text) in std::mem::take(&mut self.replaced) {
            let digest = Some(Digest::of(text.as_bytes()));
            let versions = self.workspace.versions(&path(name)).unwrap();
            let version = versions.iter().find(|version| version.before == digest);
            let version = version.unwrap_or_else(|| panic!("{name} has lost {text:?}"));
            self.workspace.restore(&path(name), Wanted::At(&version.id, Side::Before)).unwrap();
            assert_eq!(self.project.text(name), Some(text));
        }
    }
}

/// Each is a few dozen landings on a real disk; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn whatever_is_done_in_whatever_order_the_laws_of_the_journal_hold(
        steps in proptest::collection::vec(step(), 1..14)
    ) {
        let mut world = World::new();
        for (number, step) in steps.iter().enumerate() {
            if world.by_hand(step, number) {
                continue;
            }
            let before = world.texts();
            let outcome = world.take(step, number);
            world.check(&before, outcome);
        }
        world.check_versions();
    }
}
