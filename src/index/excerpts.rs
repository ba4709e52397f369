//! From hits to the lines themselves, for a request to a model: read again, and only if the file is
//! still the one that was searched.

use super::Index;
use super::store::Content;
use crate::context::Excerpt;
use crate::context::search::{Hit, within};
use crate::model::Tokens;
use crate::text::{Digest, Lines, RepoPath, Span};

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
/// the file `open`, which the request shows already. Blocking: reads the files.
pub fn excerpts(index: &Index, text: &str, budget: Tokens, open: Option<&RepoPath>) -> Vec<Drawn> {
    let hits = index.corpus().search(text, LOOKED_AT);
    let others = hits.into_iter().filter(|hit| Some(&hit.path) != open).collect();
    within(others, MOST, Some(budget)).into_iter().filter_map(|hit| excerpt(index, hit)).collect()
}

fn excerpt(index: &Index, hit: Hit) -> Option<Drawn> {
    let file = index.workspace.read(&hit.path).ok()??;
    // Other bytes have other lines.
    index.knows(&hit.path, file.digest).then(|| Drawn {
        excerpt: Excerpt {
            whole: hit.span == Span::new(0, file.lines.len()),
            text: Lines::new(file.lines.slice(hit.span).to_vec()),
            span: hit.span,
            why: hit.why.join("; "),
            path: hit.path,
        },
        file: file.lines,
    })
}

impl Index {
    /// Was the file searched with these contents?
    pub(super) fn knows(&self, path: &RepoPath, digest: Digest) -> bool {
        let at = self.store.files.binary_search_by(|kept| kept.path.cmp(path));
        let kept = at.ok().and_then(|at| self.store.files.get(at));
        kept.is_some_and(|kept| matches!(kept.content, Content::Indexed(key) if key.digest() == digest))
    }
}

#[cfg(test)]
mod tests {
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
        let all = excerpts(&index, "watch the folder", Tokens(99), None);
        assert_eq!(all.len(), 2);
        let first = &all[0].excerpt;
        assert_eq!((first.path.as_str(), first.whole), ("a.rs", true));
        assert_eq!((first.text.bytes(), first.span), (FILES[0].1.as_bytes(), all[0].file.span()));
        let open = RepoPath::parse("a.rs").unwrap();
        let others = excerpts(&index, "watch the folder", Tokens(99), Some(&open));
        assert_eq!(others.iter().map(|one| one.excerpt.path.as_str()).collect::<Vec<_>>(), ["b.rs"]);
        assert!(excerpts(&index, "watch the folder", Tokens(2), None).is_empty());
    }

    #[test]
    fn a_file_that_changed_since_is_not_quoted_by_its_old_lines() {
        let folder = project(&FILES);
        let mut index = index(folder.path());
        index.refresh(&|| false).unwrap();
        std::fs::write(folder.path().join("project/a.rs"), "new\nfn watch_folder() {}\n").unwrap();
        assert_eq!(excerpts(&index, "watch the folder", Tokens(99), None).len(), 1);
        let Refreshed { changed, files, .. } = index.refresh(&|| false).unwrap();
        assert_eq!((changed, files), (1, 3));
        assert_eq!(excerpts(&index, "watch the folder", Tokens(99), None).len(), 2);
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
        assert_eq!(excerpts(&index, "watch the folder", Tokens(99), None).len(), 2);
    }
}
