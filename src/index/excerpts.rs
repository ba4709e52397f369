//! From hits to the lines themselves, for a request to a model: read again, and only if the file is
//! still the one that was searched.

use super::Index;
use super::layer::Layered;
use super::store::{Content, Kept};
use crate::context::Excerpt;
use crate::context::search::{FUSED, Hit, fused, within};
use crate::model::Tokens;
use crate::text::{Digest, Lines, RepoPath};

/// Most excerpts of one request: beyond the first few, what is wrong costs more than what is right adds.
const MOST: usize = 12;

/// How many hits are looked at for those that fit.
const LOOKED_AT: usize = 40;

/// An excerpt, and the file it is from as it was read just now.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub excerpt: Excerpt,
    pub file: Lines,
}

/// The lines that `text` is about, best first, at most `budget` tokens of them by estimate; none of
/// the files that `skip` names, which the request shows already or is not to show. Blocking: reads the
/// files.
pub fn excerpts(
    layered: &Layered<'_>,
    text: &str,
    budget: Tokens,
    skip: &dyn Fn(&RepoPath) -> bool,
) -> Vec<Drawn> {
    excerpts_near(layered, text, Vec::new(), budget, skip)
}

/// The same with what is `near` in meaning, best first: the two orders are fused as for a search. What is
/// near in a file that is unsaved is near in its old text, and does not count.
pub fn excerpts_near(
    layered: &Layered<'_>,
    text: &str,
    near: Vec<Hit>,
    budget: Tokens,
    skip: &dyn Fn(&RepoPath) -> bool,
) -> Vec<Drawn> {
    let near: Vec<Hit> = near.into_iter().filter(|hit| !layered.unsaved.contains_key(&hit.path)).collect();
    let hits = match near.is_empty() {
        true => layered.corpus().search(text, LOOKED_AT),
        false => {
            let by_words = layered.corpus().search(text, FUSED);
            fused(layered.corpus(), text, by_words, near, LOOKED_AT)
        }
    };
    let others = hits.into_iter().filter(|hit| !skip(&hit.path)).collect();
    within(others, MOST, Some(budget)).into_iter().filter_map(|hit| excerpt(layered, hit)).collect()
}

fn excerpt(layered: &Layered<'_>, hit: Hit) -> Option<Drawn> {
    let (file, unsaved) = layered.text(&hit.path)?;
    let mut why = hit.why.join("; ");
    if unsaved {
        why.insert_str(0, "unsaved; ");
    }
    let excerpt = Excerpt {
        whole: hit.span == file.span(),
        text: Lines::new(file.slice(hit.span).to_vec()),
        span: hit.span,
        why,
        path: hit.path,
    };
    Some(Drawn { excerpt, file })
}

impl Index {
    /// Was the file searched with these contents?
    pub(super) fn knows(&self, path: &RepoPath, digest: Digest) -> bool {
        let kept = self.kept(path);
        kept.is_some_and(|kept| matches!(kept.content, Content::Indexed(key) if key.digest() == digest))
    }

    /// Has it looked at the file, whether or not it searches it?
    pub fn holds(&self, path: &RepoPath) -> bool {
        self.kept(path).is_some()
    }

    pub(super) fn kept(&self, path: &RepoPath) -> Option<&Kept> {
        let at = self.store.files.binary_search_by(|kept| kept.path.cmp(path));
        at.ok().and_then(|at| self.store.files.get(at))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::super::{Place, Refreshed};
    use super::*;
    use crate::workspace::{StateDirs, Workspace};

    fn index(folder: &Path) -> Index {
        let workspace =
            Workspace::open_folder(&folder.join("project"), StateDirs { state: folder.join("state") })
                .unwrap();
        Index::open(workspace, Place { folder: folder.join("index") }).unwrap()
    }

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        files
            .iter()
            .for_each(|(name, text)| std::fs::write(folder.path().join("project").join(name), text).unwrap());
        folder
    }

    fn found(index: &Index, budget: Tokens, open: Option<&RepoPath>) -> Vec<Drawn> {
        let layered = index.under(&BTreeMap::new());
        excerpts(&layered, "watch the folder", budget, &|path| Some(path) == open)
    }

    const FILES: [(&str, &str); 3] = [
        ("a.rs", "fn watch_folder() {}\n"),
        ("b.rs", "fn watch_folder_again() {}\n"),
        ("c.rs", "fn other() {}\n"),
    ];

    #[test]
    fn excerpts_hold_the_lines_leave_out_the_open_file_and_keep_the_budget() {
        let folder = project(&FILES);
        let mut index = index(folder.path());
        index.refresh(&|| false).unwrap();
        let all = found(&index, Tokens(99), None);
        assert_eq!(all.len(), 2);
        let first = &all[0].excerpt;
        assert_eq!((first.path.as_str(), first.whole), ("a.rs", true));
        assert_eq!((first.text.bytes(), first.span), (FILES[0].1.as_bytes(), all[0].file.span()));
        let open = RepoPath::parse("a.rs").unwrap();
        let others = found(&index, Tokens(99), Some(&open));
        assert_eq!(others.iter().map(|one| one.excerpt.path.as_str()).collect::<Vec<_>>(), ["b.rs"]);
        assert!(found(&index, Tokens(2), None).is_empty());
    }

    #[test]
    fn a_file_that_changed_since_is_not_quoted_by_its_old_lines() {
        let folder = project(&FILES);
        let mut index = index(folder.path());
        index.refresh(&|| false).unwrap();
        std::fs::write(folder.path().join("project/a.rs"), "new\nfn watch_folder() {}\n").unwrap();
        assert_eq!(found(&index, Tokens(99), None).len(), 1);
        let Refreshed { changed, files, .. } = index.refresh(&|| false).unwrap();
        assert_eq!((changed, files), (1, 3));
        assert_eq!(found(&index, Tokens(99), None).len(), 2);
    }

    #[test]
    fn what_was_read_before_a_stop_is_not_read_again() {
        let folder = project(&FILES);
        let mut index = index(folder.path());
        let asked = std::cell::Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) > 5;
        assert!(index.refresh(&stop).is_err());
        let kept = super::super::store::load(&folder.path().join("index")).unwrap();
        assert!(!kept.files.is_empty() && kept.files.len() < 3);
        assert_eq!(index.refresh(&|| false).unwrap().files, 3);
    }

    #[test]
    fn a_switch_back_to_another_branch_finds_what_was_known() {
        let folder = project(&FILES);
        let mut index = index(folder.path());
        index.refresh(&|| false).unwrap();
        let write = |text: &str| std::fs::write(folder.path().join("project/a.rs"), text).unwrap();
        write("fn elsewhere() {}\n");
        index.refresh(&|| false).unwrap();
        assert_eq!(index.store.entries.len(), 4);
        write(FILES[0].1);
        index.refresh(&|| false).unwrap();
        assert_eq!(index.store.entries.len(), 4, "the old text's entry was still there");
        assert_eq!(found(&index, Tokens(99), None).len(), 2);
    }

    #[test]
    fn what_is_typed_and_not_saved_is_found_and_what_it_replaces_is_not() {
        let folder = project(&FILES);
        let mut index = index(folder.path());
        index.refresh(&|| false).unwrap();
        let path = |name: &str| RepoPath::parse(name).unwrap();
        let open = BTreeMap::from([
            (path("a.rs"), Lines::from("fn elsewhere() {}\n")),
            (path("c.rs"), Lines::from("\nfn watch_folder_now() {}\n")),
            (path("new.rs"), Lines::from("fn watch_folder_new() {}\n")),
            (path(".env"), Lines::from("watch_folder=hunter2\n")),
        ]);
        let layered = index.under(&open);
        let drawn = excerpts(&layered, "watch the folder", Tokens(999), &|_| false);
        let mut found: Vec<(&str, bool)> = drawn
            .iter()
            .map(|one| (one.excerpt.path.as_str(), one.excerpt.why.starts_with("unsaved; ")))
            .collect();
        found.sort();
        assert_eq!(found, [("b.rs", false), ("c.rs", true), ("new.rs", true)]);
        let (defined, all) = super::super::defined(&layered, "watch_folder_now", 3);
        assert_eq!((defined[0].excerpt.path.as_str(), all), ("c.rs", 1));
        assert!(defined[0].excerpt.why.ends_with("unsaved"));
        assert_eq!(super::super::symbols(&layered, "WATCH_folder_n", 1), ["watch_folder_new"]);
        assert_eq!(index.corpus().files().len(), 3, "the index itself is as it was");
    }

    #[test]
    fn a_method_is_named_with_its_type_and_comes_from_where_the_type_is() {
        let folder = project(&FILES);
        let mut index = index(folder.path());
        index.refresh(&|| false).unwrap();
        let path = |name: &str| RepoPath::parse(name).unwrap();
        let open = BTreeMap::from([
            (path("own.rs"), Lines::from("struct Cart;\nimpl Cart {\n    fn sum_up() {}\n}\n")),
            (path("other.rs"), Lines::from("fn sum_up() {}\n")),
        ]);
        let layered = index.under(&open);
        let named = |name: &str| {
            let (drawn, all) = super::super::defined(&layered, name, 3);
            let paths: Vec<String> = drawn.iter().map(|one| one.excerpt.path.to_string()).collect();
            (paths, all)
        };
        assert_eq!(named("sum_up").1, 2);
        assert_eq!(named("shop::Cart::sum_up"), (vec!["own.rs".to_owned()], 1));
        assert_eq!(named("Cart.sum_up"), (vec!["own.rs".to_owned()], 1));
        assert_eq!(named("Basket::sum_up"), (vec![], 0), "the type must be here");
    }
}
