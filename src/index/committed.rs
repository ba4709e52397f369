//! The map of the last commit: what is being worked on changes nothing of it, so that it is made once for a
//! commit and kept beside the index, by the commit's id. A file that lies on disk as it was committed is known
//! from the index; of the others those are taken apart that the index has not, which stays as it is.

use std::collections::HashMap;
use std::sync::Arc;

use super::map::{Known, RepoMap, drawn};
use super::store::{self, Key};
use super::{Place, survey};
use crate::context::search::{Corpus, Entry, Member};
use crate::model::Tokens;
use crate::text::{Digest, RepoPath};
use crate::workspace::{Blob, Head, Workspace};

/// Most bytes of a commit that are read for its map. What comes later, in the order of paths, is left out.
const MOST: u64 = 256 << 20;

/// Raised whenever what a map says changes.
const VERSION: u32 = 1;

/// Most maps that are kept, for who goes from branch to branch; and what their files are called.
const KEPT: usize = 8;
const NAME: &str = "map-";

/// Files that say what of a project is ignored, at its root.
const IGNORES: [&str; 2] = [".gitignore", ".ignore"];

/// A map as it is kept.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    /// What it was made from, and how.
    of: String,
    map: RepoMap,
}

/// The map of a commit, of at most about `budget` tokens. Blocking: goes through all references, and reads the
/// files in the map and those that are not on disk as they were committed. `None` when `stop` says so.
pub fn committed(
    workspace: &Workspace,
    head: &Head,
    known: &Known,
    budget: Tokens,
    stop: &dyn Fn() -> bool,
) -> Option<RepoMap> {
    let (corpus, blobs) = corpus(workspace, head, known, stop)?;
    let mut text = |member: &Member| head.read(*blobs.get(member.path())?);
    let map = drawn(&corpus, budget, &mut text, stop);
    (!stop()).then(|| RepoMap { commit: Some(head.id()), ..map })
}

/// The files of a commit as a search would see them: without those that ignore rules hide, secrets and what
/// nobody wrote.
fn corpus(
    workspace: &Workspace,
    head: &Head,
    known: &Known,
    stop: &dyn Fn() -> bool,
) -> Option<(Corpus, HashMap<RepoPath, Blob>)> {
    let (on_disk, entries, untouched) = (on_disk(known), entries(known), head.untouched());
    let hidden = |path: &RepoPath| !known.files.contains_key(path) && workspace.stamp(path).is_some();
    let as_committed = |path: &RepoPath, blob: Blob| {
        let (stamp, _) = known.files.get(path)?;
        on_disk.get(path).filter(|_| untouched.is(path, blob, *stamp)).map(Arc::clone)
    };
    let (mut members, mut blobs, mut room) = (Vec::new(), HashMap::new(), MOST);
    for (path, blob) in head.files(stop) {
        if stop() {
            return None;
        }
        if let Some(entry) = as_committed(&path, blob) {
            members.push(Member::new(path.clone(), entry));
            blobs.insert(path, blob);
            continue;
        }
        let Some(size) = head.size(blob).filter(|size| *size <= room) else { continue };
        if survey::by_name(&path, size).is_some() || hidden(&path) {
            continue;
        }
        let lines = head.read(blob).filter(|lines| survey::by_text(lines).is_none());
        let Some(lines) = lines else { continue };
        room -= size;
        let known = entries.get(&Key::new(&path, Digest::of(lines.bytes()))).map(Arc::clone);
        let entry = known.unwrap_or_else(|| Arc::new(Entry::of(&path, &lines)));
        members.push(Member::new(path.clone(), entry));
        blobs.insert(path, blob);
    }
    (!stop()).then(|| (Corpus::new(members), blobs))
}

/// What the files on disk were taken apart to, by path.
fn on_disk(known: &Known) -> HashMap<RepoPath, Arc<Entry>> {
    known.corpus.files().iter().map(|member| (member.path().clone(), member.shared_entry())).collect()
}

/// The same by what they were read as: a text that was moved is known, too.
fn entries(known: &Known) -> HashMap<Key, Arc<Entry>> {
    let keyed = |member: &Member| Some((known.key(member.path())?, member.shared_entry()));
    known.corpus.files().iter().filter_map(keyed).collect()
}

/// The map of this commit, if one was made before. Milliseconds, and needs no index.
pub fn kept_map(workspace: &Workspace, place: &Place, head: &Head, budget: Tokens) -> Option<RepoMap> {
    let of = made_of(workspace, head, budget);
    let kept: Kept = serde_json::from_slice(&store::beside(&place.folder, &name(&of))?).ok()?;
    (kept.of == of).then_some(kept.map)
}

/// Keeps a map for the sessions to come. A disk that is full or read-only costs time then, no more.
pub fn keep_map(workspace: &Workspace, place: &Place, head: &Head, budget: Tokens, map: &RepoMap) {
    let of = made_of(workspace, head, budget);
    let name = name(&of);
    if let Ok(bytes) = serde_json::to_vec(&Kept { of, map: map.clone() }) {
        let _ = store::put_beside(&place.folder, &name, &bytes);
        store::keep_newest(&place.folder, NAME, KEPT);
    }
}

/// All that a map depends on: ignore rules further down are mostly of the commit itself.
fn made_of(workspace: &Workspace, head: &Head, budget: Tokens) -> String {
    let rules = IGNORES.map(|name| {
        let text = RepoPath::parse(name).ok().and_then(|path| workspace.read(&path).ok().flatten());
        text.map_or_else(String::new, |text| text.digest.to_string())
    });
    format!("{VERSION} {} {} {} {}", store::VERSION, head.id(), budget.0, rules.join(" "))
}

fn name(of: &str) -> String {
    format!("{NAME}{}", Digest::of(of.as_bytes()).short())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Index;
    use super::*;
    use crate::workspace::StateDirs;

    const CART: &str = "pub struct ShoppingCart {\n    items: u8,\n}\n";
    const MAIN: &str = "fn main() {\n    let cart = ShoppingCart::default();\n    total_price(&cart);\n}\n";
    const PRICE: &str = "pub fn total_price(cart: &ShoppingCart) -> u64 {\n    0\n}\n";
    const BUDGET: Tokens = Tokens(500);

    struct Project(tempfile::TempDir);

    impl Project {
        /// A project whose files are committed.
        fn committed(files: &[(&str, &str)]) -> Self {
            let project = Self(tempfile::tempdir().unwrap());
            std::fs::create_dir_all(project.root()).unwrap();
            files.iter().for_each(|(name, text)| project.write(name, text));
            project.git(&["init", "-q"]);
            project.commit();
            project
        }

        fn root(&self) -> std::path::PathBuf {
            self.0.path().join("project")
        }

        fn write(&self, name: &str, text: &str) {
            let file = self.root().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }

        fn git(&self, args: &[&str]) {
            let mut git = std::process::Command::new("git");
            git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
            let who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
            let ran = git.current_dir(self.root()).args(who).args(args).status().unwrap();
            assert!(ran.success(), "{args:?}");
        }

        fn commit(&self) {
            self.git(&["add", "-A", "-f"]);
            self.git(&["commit", "-q", "-m", "x"]);
        }

        fn workspace(&self) -> Workspace {
            Workspace::open(&self.root(), StateDirs { state: self.0.path().join("state") }).unwrap()
        }

        fn place(&self) -> Place {
            Place { folder: self.0.path().join("index") }
        }

        fn known(&self) -> Known {
            let mut index = Index::open(self.workspace(), self.place()).unwrap();
            index.refresh(&|| false).unwrap();
            index.known()
        }

        fn map(&self) -> RepoMap {
            let workspace = self.workspace();
            committed(&workspace, &workspace.head().unwrap(), &self.known(), BUDGET, &|| false).unwrap()
        }
    }

    const SHOWN: &str = "src/cart.rs\n  pub struct ShoppingCart\nsrc/price.rs\n  pub fn total_price(cart: &ShoppingCart) -> u64\n";

    fn shop() -> Project {
        Project::committed(&[("src/cart.rs", CART), ("src/main.rs", MAIN), ("src/price.rs", PRICE)])
    }

    #[test]
    fn what_is_being_worked_on_changes_nothing_of_it() {
        let project = shop();
        assert_eq!(project.map().text, SHOWN);
        project.write("src/price.rs", "pub fn price_of_all() {}\n");
        project.write("src/new.rs", "fn new_thing() { total_price(); price_of_all(); }\n");
        std::fs::remove_file(project.root().join("src/cart.rs")).unwrap();
        let map = project.map();
        assert_eq!((map.text.as_str(), map.of_files), (SHOWN, 3));
        let id = project.workspace().head().unwrap().id();
        let why =
            format!("2 of 3 files of commit {}, 2 definitions: what the others refer to most", &id[..10]);
        assert_eq!(map.why(), why);
        project.commit();
        let now = "src/price.rs\n  pub fn price_of_all()\n";
        assert_eq!(project.map().text, now, "the next commit has a map of its own");
    }

    #[test]
    fn it_has_no_secret_and_nothing_that_ignore_rules_hide_though_it_is_committed() {
        let project = Project::committed(&[
            ("src/cart.rs", CART),
            ("src/main.rs", MAIN),
            ("src/price.rs", PRICE),
            ("private/deep_thing.rs", "pub fn deep_thing() {}\n"),
            ("src/uses.rs", "fn uses_it() { deep_thing(); deep_thing(); secret_thing(); }\n"),
            (".env", "pub fn secret_thing() {}\n"),
        ]);
        assert!(project.map().text.contains("deep_thing"));
        project.write(".ignore", "private/\n");
        let map = project.map();
        assert!(!map.text.contains("deep_thing") && !map.text.contains("secret_thing"), "{}", map.text);
    }

    #[test]
    fn it_is_kept_by_its_commit_and_what_is_damaged_is_made_again() {
        let project = shop();
        let (workspace, place) = (project.workspace(), project.place());
        let head = workspace.head().unwrap();
        let kept = |budget| kept_map(&workspace, &place, &head, budget);
        assert_eq!(kept(BUDGET), None);
        let map = project.map();
        keep_map(&workspace, &place, &head, BUDGET, &map);
        assert_eq!(kept(BUDGET), Some(map.clone()));
        assert_eq!(kept(Tokens(1)), None, "another one");
        project.write("src/main.rs", "fn main() {}\n");
        assert_eq!(kept(BUDGET), Some(map), "files that changed since say nothing of it");
        project.write(".ignore", "src/price.rs\n");
        assert_eq!(kept(BUDGET), None, "what is hidden now does not come back");
        std::fs::remove_file(project.root().join(".ignore")).unwrap();
        let file = maps(&place.folder).pop().unwrap();
        let mut bytes = std::fs::read(&file).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(kept(BUDGET), None);
    }

    #[test]
    fn only_the_newest_are_kept() {
        let project = shop();
        let (workspace, place) = (project.workspace(), project.place());
        let (head, map) = (workspace.head().unwrap(), project.map());
        (0..20).for_each(|budget| keep_map(&workspace, &place, &head, Tokens(budget), &map));
        assert_eq!(maps(&place.folder).len(), KEPT);
    }

    fn maps(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
        entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(NAME)).collect()
    }
}
