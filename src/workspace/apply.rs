//! From what a human wants written to an operation: reading as text, landing an [`Approved`], saving
//! a buffer. The hunks know where they belong ([`crate::change::ApprovedFile::onto`]); here the
//! current text is fetched, under the lock, and the result handed to `landing`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FileText;
use super::boundary;
use super::error::{ApplyError, PathProblem, ReadError, SaveError, WriteError};
use super::landing::{After, Desk, Operation, Target};
use super::record::{Kind, Story};
use super::tree::{Loaded, Tree};
use super::versions;
use crate::change::{Approved, ApprovedFile, Base, Focus, Landed, Leash, Level, Receipt, Returning, Scope};
use crate::text::{Digest, Lines, RepoPath};

/// How far into a file a NUL byte is looked for, as git does.
const SNIFFED: usize = 8 << 10;

pub(super) fn read(tree: &Tree, path: &RepoPath) -> Result<Option<FileText>, ReadError> {
    let real = tree.real(path)?;
    let Some(loaded) = text(tree, path, &real)? else { return Ok(None) };
    Ok(Some(FileText {
        path: real,
        lines: lines(&loaded),
        digest: loaded.digest,
        executable: loaded.mode & 0o111 != 0,
    }))
}

/// The text of the file `real`, which was called `path`. Errors unless it is one to be edited, or none
/// is there and none should be.
fn text(tree: &Tree, path: &RepoPath, real: &RepoPath) -> Result<Option<Loaded>, ReadError> {
    match tree.load(real)? {
        None if boundary::left_out(tree.path(), real) => Err(ReadError::LeftOut(path.clone())),
        None => Ok(None),
        Some(loaded) if boundary::is_pointer(&loaded.bytes) => Err(ReadError::Pointer(path.clone())),
        Some(loaded) => refuse_binary(path, &loaded).map(|()| Some(loaded)),
    }
}

fn refuse_binary(path: &RepoPath, loaded: &Loaded) -> Result<(), ReadError> {
    if is_binary(&loaded.bytes) { Err(ReadError::Binary(path.clone())) } else { Ok(()) }
}

/// Is it no text that could be edited?
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let head = bytes.get(..SNIFFED).unwrap_or(bytes);
    // UTF-16 of ASCII is full of NULs; of other scripts it need not be, but then it has a mark.
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.contains(&0)
}

fn lines(loaded: &Loaded) -> Lines {
    Lines::new(Arc::clone(&loaded.bytes))
}

/// The file that `path` means, if a change may write it under this name: a harmless-looking link must
/// not be the way to a file that steers other programs, and other repositories are not this one.
pub(super) fn writable_path(tree: &Tree, path: &RepoPath) -> Result<RepoPath, WriteError> {
    let target = tree.real(path)?;
    if let Some(repository) = boundary::nested(tree.path(), &target) {
        return Err(WriteError::Nested { path: target, repository });
    }
    if target == *path {
        return Ok(target);
    }
    let scope = Scope::of(Level::Repo, &Focus::default(), Leash::default());
    match scope.ok().and_then(|scope| scope.protects(&target)) {
        Some(why) => {
            let why = why.to_string();
            Err(PathProblem::LinkProtected { path: path.clone(), target, why }.into())
        }
        None => Ok(target),
    }
}

/// Refuses two names in one change that a disk which folds names would take for one, unless they are
/// two files here already, or one goes as the other comes.
fn refuse_twins(targets: &[Target]) -> Result<(), WriteError> {
    let mut seen: BTreeMap<String, &Target> = BTreeMap::new();
    for target in targets {
        let Some(twin) = seen.insert(target.path.folded(), target) else { continue };
        let both_here = target.before.is_some() && twin.before.is_some();
        let one_goes = target.after.is_none() != twin.after.is_none();
        if !both_here && !one_goes {
            return Err(WriteError::Twins(twin.path.clone(), target.path.clone()));
        }
    }
    Ok(())
}

pub(super) fn apply(desk: &Desk<'_>, approved: Approved, why: &Story) -> Result<Receipt, ApplyError> {
    let mut names = BTreeMap::new();
    let mut targets = Vec::new();
    let mut landed = Vec::new();
    let mut conflicts = Vec::new();
    for file in approved.files() {
        let real = writable_path(desk.tree(), file.path())?;
        if let Some(other) = names.insert(real.clone(), file.path().clone()) {
            return Err(WriteError::SameFile(other, file.path().clone()).into());
        }
        let before = text(desk.tree(), file.path(), &real)?;
        let now = before.as_ref().map(lines);
        match file.onto(now.as_ref()) {
            Ok(text) => {
                landed.push(landing(file, before.as_ref(), now.as_ref(), text.as_ref()));
                let after = text.map(|text| {
                    let bytes = text.shared_bytes();
                    match (&before, file.returning()) {
                        (Some(before), _) => After::new(bytes, Some(before.mode)),
                        (None, None) => After::new(bytes, None),
                        (None, Some(was)) => returned(desk, &real, bytes, was),
                    }
                });
                targets.push(Target { path: real, before, after });
            }
            Err(hunks) => conflicts.push((Base { path: file.path().clone(), text: now }, hunks)),
        }
    }
    if !conflicts.is_empty() {
        return Err(ApplyError::Conflict { files: conflicts });
    }
    refuse_twins(&targets)?;
    let operation = Operation { kind: Kind::Landing, story: Some(why.clone()), vacates: Vec::new() };
    let id = desk.commit(operation, targets)?;
    Ok(approved.landed(id, landed))
}

/// A file that comes back, with the permissions the journal remembers of this text, or else as git makes it.
fn returned(desk: &Desk<'_>, path: &RepoPath, bytes: Arc<[u8]>, was: Returning) -> After {
    let after = After::new(bytes, None);
    match versions::last_mode(desk.journal(), path, after.digest) {
        Some(mode) => After { mode: Some(mode), ..after },
        None => After { executable: was.executable, ..after },
    }
}

fn landing(
    file: &ApprovedFile,
    before: Option<&Loaded>,
    now: Option<&Lines>,
    text: Option<&Lines>,
) -> Landed {
    Landed {
        path: file.path().clone(),
        op: file.op(),
        before: before.map(|before| before.digest),
        after: text.map(|text| Digest::of(text.bytes())),
        merged: now != file.base().text.as_ref(),
        text: text.cloned(),
    }
}

pub(super) fn save(
    desk: &Desk<'_>,
    path: &RepoPath,
    text: &[u8],
    expected: Option<Digest>,
) -> Result<Digest, SaveError> {
    // The user named the file themselves, so where a link leads inside the workspace is theirs to say.
    let real = desk.tree().real(path).map_err(WriteError::from)?;
    let before = desk.tree().load(&real).map_err(WriteError::from)?;
    if before.as_ref().map(|before| before.digest) != expected {
        return Err(SaveError::Changed(path.clone()));
    }
    let after = After::new(text.into(), before.as_ref().map(|before| before.mode));
    let digest = after.digest;
    if expected != Some(digest) {
        let operation = Operation { kind: Kind::Save, story: None, vacates: Vec::new() };
        desk.commit(operation, vec![Target { path: real, before, after: Some(after) }])?;
    }
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::fixture::{Project, path, story};
    use super::super::{UndoError, Workspace};
    use super::*;
    use crate::change::{Edit, EditOp, FileOp, Offered, Review, Verdict};

    /// Whole-file edits (`None`: delete), offered against what the workspace holds now, all accepted.
    fn approve(workspace: &Workspace, edits: &[(&str, Option<&str>)]) -> Approved {
        let scope = Scope::of(Level::Repo, &Focus::default(), Leash::default()).unwrap();
        let mut review = Review::new(scope);
        for (name, text) in edits {
            let op = text.map_or(EditOp::Delete, |text| EditOp::Whole(text.to_owned()));
            let edit = Edit { path: (*name).to_owned(), op, reason: None };
            let text = workspace.read(&path(name)).unwrap().map(|text| text.lines);
            let Offered::Hunks(ids) = review.offer(&edit, Base { path: path(name), text }) else {
                panic!("{name} was rejected: {:?}", review.rejected());
            };
            review.decide(&ids, Verdict::Accepted);
        }
        review.settle().unwrap()
    }

    const CHANGE: [(&str, Option<&str>); 4] = [
        ("a", Some("1\ntwo\n3\n4\n5\n")),
        ("src/new.rs", Some("fn new() {}\n")),
        ("gone", None),
        ("run", Some("#!/bin/sh\nexit 1\n")),
    ];

    fn project() -> Project {
        Project::new(&[("a", "1\n2\n3\n4\n5\n"), ("gone", "gone\n"), ("run*", "#!/bin/sh\nexit 0\n")])
    }

    #[test]
    fn what_was_approved_lands_and_the_receipt_says_what() {
        let project = project();
        let workspace = project.open();
        let before = project.snapshot();
        let receipt = workspace.apply(approve(&workspace, &CHANGE), &story()).unwrap();
        for (name, text) in CHANGE {
            assert_eq!(project.text(name).as_deref(), text, "{name}");
        }
        assert!(workspace.executable(&path("run")));
        let ops: Vec<_> = receipt.files().iter().map(|file| (file.path.as_str(), file.op)).collect();
        assert!(ops.contains(&("src/new.rs", FileOp::Create)) && ops.contains(&("gone", FileOp::Delete)));
        assert!(receipt.files().iter().all(|file| !file.merged));
        assert_eq!(workspace.log(1).unwrap()[0].id, receipt.id());
        workspace.undo(Some(receipt.id())).unwrap();
        assert_eq!(project.snapshot(), before);
    }

    #[test]
    fn a_file_that_changed_elsewhere_meanwhile_is_merged() {
        let project = project();
        let workspace = project.open();
        let approved = approve(&workspace, &CHANGE);
        project.write("a", "1\n2\n3\n4\nfive\n");
        let receipt = workspace.apply(approved, &story()).unwrap();
        assert_eq!(project.text("a").unwrap(), "1\ntwo\n3\n4\nfive\n");
        let merged: Vec<_> = receipt.files().iter().filter(|file| file.merged).collect();
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].text.as_ref().unwrap().bytes(), b"1\ntwo\n3\n4\nfive\n");
        workspace.undo(None).unwrap();
        assert_eq!(project.text("a").unwrap(), "1\n2\n3\n4\nfive\n");
    }

    #[test]
    fn one_conflict_and_no_file_is_written() {
        let project = project();
        let workspace = project.open();
        let approved = approve(&workspace, &CHANGE);
        project.write("a", "1\nTWO\n3\n4\n5\n");
        project.write("src/new.rs", "somebody was faster\n");
        let before = project.snapshot();
        let Err(ApplyError::Conflict { files }) = workspace.apply(approved, &story()) else {
            panic!("a conflict");
        };
        let names: Vec<_> = files.iter().map(|(base, _)| base.path.as_str()).collect();
        assert_eq!(names, ["a", "src/new.rs"]);
        assert_eq!(files[0].0.text.as_ref().unwrap().bytes(), b"1\nTWO\n3\n4\n5\n");
        assert!(files.iter().all(|(_, hunks)| !hunks.is_empty()));
        assert_eq!(project.snapshot(), before);
        assert!(workspace.log(9).unwrap().is_empty());
    }

    #[test]
    fn a_file_deleted_meanwhile_is_not_brought_back() {
        let project = project();
        let workspace = project.open();
        let approved = approve(&workspace, &CHANGE);
        std::fs::remove_file(project.root().join("a")).unwrap();
        assert!(matches!(workspace.apply(approved, &story()), Err(ApplyError::Conflict { .. })));
        assert_eq!(project.text("a"), None);
    }

    #[test]
    fn bytes_outside_the_change_stay_as_they_are() {
        for (old, edit, new) in [
            (&b"\xef\xbb\xbfa\r\nb\r\nc"[..], "\u{feff}a\nB\nc", &b"\xef\xbb\xbfa\r\nB\r\nc"[..]),
            (b"a\nb\nc", "a\nB\nc", b"a\nB\nc"),
        ] {
            let project = Project::new(&[]);
            project.write("file", old);
            let workspace = project.open();
            let approved = approve(&workspace, &[("file", Some(edit))]);
            let _receipt = workspace.apply(approved, &story()).unwrap();
            assert_eq!(std::fs::read(project.root().join("file")).unwrap(), new);
            workspace.undo(None).unwrap();
            assert_eq!(std::fs::read(project.root().join("file")).unwrap(), old);
        }
    }

    #[test]
    fn a_file_reached_by_a_link_is_changed_where_it_lies() {
        let project = project();
        symlink("a", project.root().join("link")).unwrap();
        let workspace = project.open();
        let approved = approve(&workspace, &[("link", Some("new\n"))]);
        let _receipt = workspace.apply(approved, &story()).unwrap();
        assert!(project.root().join("link").is_symlink());
        assert_eq!(project.text("a").unwrap(), "new\n");
        workspace.undo(None).unwrap();
        assert_eq!(project.text("a").unwrap(), "1\n2\n3\n4\n5\n");
    }

    #[test]
    fn two_names_of_one_file_are_not_changed_at_once() {
        let project = project();
        symlink("a", project.root().join("link")).unwrap();
        let workspace = project.open();
        let approved = approve(&workspace, &[("a", Some("x\n")), ("link", Some("y\n"))]);
        let refused = workspace.apply(approved, &story()).unwrap_err();
        assert!(matches!(refused, ApplyError::Write(WriteError::SameFile(..))), "{refused}");
        assert_eq!(project.text("a").unwrap(), "1\n2\n3\n4\n5\n");
    }

    #[test]
    fn two_spellings_of_one_name_are_not_changed_at_once() {
        let project = project();
        project.write("B", "1");
        let workspace = project.open();
        for change in [
            [("new", Some("x")), ("NEW", Some("y"))],
            [("a", Some("x\n")), ("A", Some("y\n"))],
            [("src/x", Some("x")), ("SRC/x.", Some("y"))],
        ] {
            let before = project.snapshot();
            let refused = workspace.apply(approve(&workspace, &change), &story()).unwrap_err();
            assert!(matches!(refused, ApplyError::Write(WriteError::Twins(..))), "{refused}");
            assert_eq!(project.snapshot(), before);
        }
        // Here they are two files; and a file may change its spelling.
        project.write("b", "2");
        for change in [[("b", Some("x")), ("B", Some("y"))], [("a", None), ("A", Some("y\n"))]] {
            let _receipt = workspace.apply(approve(&workspace, &change), &story()).unwrap();
        }
        assert_eq!(project.text("B").as_deref(), Some("y"));
        assert_eq!((project.text("a"), project.text("A").as_deref()), (None, Some("y\n")));
    }

    #[test]
    fn a_file_of_another_repository_is_not_changed() {
        let project = project();
        project.write("sub/.git", "gitdir: elsewhere");
        project.write("sub/a", "1\n");
        let workspace = project.open();
        let before = project.snapshot();
        let approved = approve(&workspace, &[("a", Some("x\n")), ("sub/a", Some("y\n"))]);
        let refused = workspace.apply(approved, &story()).unwrap_err();
        assert!(matches!(refused, ApplyError::Write(WriteError::Nested { .. })), "{refused}");
        assert_eq!(project.snapshot(), before);
    }

    #[test]
    fn a_file_that_became_a_link_outside_is_not_written_through() {
        let project = project();
        let workspace = project.open();
        let secret = project.outside().join("secret");
        std::fs::write(&secret, "1\n2\n3\n4\n5\n").unwrap();
        let approved = approve(&workspace, &CHANGE);
        std::fs::remove_file(project.root().join("a")).unwrap();
        symlink(&secret, project.root().join("a")).unwrap();
        assert!(workspace.apply(approved, &story()).is_err());
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "1\n2\n3\n4\n5\n");
        assert!(project.text("gone").is_some());
    }

    #[test]
    fn a_harmless_name_is_no_way_to_a_protected_file() {
        let project = project();
        project.write(".github/workflows/ci.yml", "safe\n");
        symlink(".github/workflows/ci.yml", project.root().join("notes.md")).unwrap();
        let workspace = project.open();
        let approved = approve(&workspace, &[("notes.md", Some("evil\n"))]);
        let refused = workspace.apply(approved, &story()).unwrap_err();
        assert!(refused.to_string().contains("protected"), "{refused}");
        assert_eq!(project.text(".github/workflows/ci.yml").unwrap(), "safe\n");
    }

    #[test]
    fn an_undo_after_a_restart_takes_back_only_what_landed() {
        let project = project();
        let workspace = project.open();
        let _receipt = workspace.apply(approve(&workspace, &CHANGE), &story()).unwrap();
        drop(workspace);
        project.write("run", "#!/bin/sh\nexit 2\n");
        assert!(
            matches!(project.open().undo(None), Err(UndoError::Conflict(files)) if files == [path("run")])
        );
        assert_eq!(project.text("gone"), None);
    }
}
