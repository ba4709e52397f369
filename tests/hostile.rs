//! Replies that aim where no change may go, and targets that are not what they seem: each is refused
//! in words, in every format, and not one byte differs afterwards.

mod support;

use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt, symlink};
use std::path::Path;

use support::{Ran, World, block};

const ONE: &str = "one\ntwo\nthree\n";

const GOOD: &str = "uno\ndos\ntres\n";

/// A change of `name` in every format that can name a file; before it comes a good one, of `good.txt`,
/// which must not land alone. A line of prose with a blank or `//` in it is no name, so what comes in
/// prose is left out then.
fn replies(name: &str) -> Vec<(&'static str, String)> {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let call = |path: &str, old: &str| {
        format!("{{\"path\": {}, \"old_str\": {}, \"new_str\": \"new\\n\"}}\n", json(path), json(old))
    };
    let unified = |path: &str, old: &str| format!("--- a/{path}\n+++ b/{path}\n@@ -2 +2 @@\n-{old}+new\n");
    let patch = |path: &str, old: &str| format!("*** Update File: {path}\n@@\n-{old}+new\n");
    let ops = format!(
        "{{\"version\": 1, \"ops\": [{{\"op\": \"write\", \"path\": \"good.txt\", \"content_b64\": \"eA==\"}}, \
         {{\"op\": \"write\", \"path\": {}, \"content_b64\": \"eA==\"}}]}}",
        json(name)
    );
    let mut replies = vec![
        ("udiff", unified("good.txt", "dos\n") + &unified(name, "two\n")),
        (
            "apply-patch",
            format!("*** Begin Patch\n{}{}*** End Patch\n", patch("good.txt", "dos\n"), patch(name, "two\n")),
        ),
        ("str-replace", call("good.txt", "dos\n") + &call(name, "two\n")),
        ("ops", ops),
    ];
    if !name.contains([' ', '\u{feff}']) && !name.starts_with("//") {
        replies.push(("sr", block("good.txt", "dos\n", "new\n") + &block(name, "two\n", "new\n")));
        replies.push(("whole", format!("good.txt\n```\nx\n```\n{name}\n```\nx\n```\n")));
    }
    replies
}

/// Everything there is in and around the project, by name: what it is, how long, when last changed. Not
/// what rein keeps for itself.
fn everything(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.ends_with("home") {
            continue;
        }
        let stat = path.symlink_metadata().unwrap();
        // A folder shows that something was staged in it; what counts is that it is gone.
        let when = (!stat.is_dir()).then(|| (stat.mtime(), stat.mtime_nsec()));
        found.push(format!("{} {:o} {} {when:?} {}", path.display(), stat.mode(), stat.len(), stat.ino()));
        if stat.is_dir() {
            found.extend(everything(&path));
        }
    }
    found.sort();
    found
}

/// Every reply that changes `name` is refused, in words with `reason`, and nothing moved.
#[track_caller]
fn refused(world: &World, name: &str, reason: &str) {
    let before = everything(&world.root());
    let mut wrong = String::new();
    for (format, reply) in replies(name) {
        let ran: Ran = world.rein_with(&["apply", "--format", format], reply);
        let still = everything(&world.root()) == before;
        if ran.code != 2 || !ran.out.is_empty() || !ran.err.contains(reason) || !still {
            wrong += &format!("{name:?} in {format}: still so: {still}, {ran:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn world() -> World {
    let world = World::repository(&[("good.txt", GOOD), ("src/a.txt", ONE), ("locked.txt", ONE)]);
    std::fs::write(world.root().join("secret"), ONE).unwrap();
    std::fs::create_dir(world.root().join("beside")).unwrap();
    std::fs::write(world.root().join("beside/a.txt"), ONE).unwrap();
    world
}

#[test]
fn no_name_leads_out_of_the_project() {
    let world = world();
    let secret = world.root().join("secret");
    for name in ["../secret", "src/../../secret", "./../secret", "src/../../beside/a.txt"] {
        refused(&world, name, "nothing was written");
    }
    for name in [secret.to_str().unwrap(), "//etc/passwd", "C:/secret", "..\\secret"] {
        refused(&world, name, "nothing was written");
    }
}

#[test]
fn no_spelling_leads_into_version_control() {
    let world = world();
    world.write(".git/hooks/pre-commit", ONE);
    for name in [
        ".git/hooks/pre-commit",
        "src/../.git/hooks/pre-commit",
        ".GIT/hooks/pre-commit",
        ".Git/config",
        ".git./config",
        ".git /config",
        ".git. . /config",
        ".git::$INDEX_ALLOCATION/config",
        "GIT~1/config",
        ".g\u{200c}it/config",
        "\u{feff}.git/config",
        ".\u{ff47}it/config",
        "src/.git/config",
        ".git",
    ] {
        refused(&world, name, "nothing was written");
    }
    assert_eq!(world.text(".git/hooks/pre-commit"), ONE);
}

#[test]
fn no_link_leads_out_whether_it_stands_last_or_in_the_middle() {
    let world = world();
    let link = |target: &Path, name: &str| symlink(target, world.project().join(name)).unwrap();
    link(Path::new("../secret"), "relative.txt");
    link(&world.root().join("secret"), "absolute.txt");
    link(Path::new("../beside"), "folder");
    link(Path::new("src/../../secret"), "winding.txt");
    link(Path::new(".git/config"), "metadata.txt");
    link(Path::new(".git"), "metadata-folder");
    link(Path::new("/dev/null"), "null.txt");
    for name in [
        "relative.txt",
        "absolute.txt",
        "folder/a.txt",
        "folder/new.txt",
        "winding.txt",
        "metadata.txt",
        "metadata-folder/config",
        "null.txt",
    ] {
        refused(&world, name, "leads out");
    }
    link(Path::new("nothing"), "dangling.txt");
    link(Path::new("loop.txt"), "loop.txt");
    refused(&world, "dangling.txt", "leads nowhere");
    refused(&world, "loop.txt", "leads back");
}

#[test]
fn what_is_no_plain_text_file_is_refused_without_waiting_for_it() {
    let world = world();
    let file = |name: &str| world.project().join(name);
    assert!(std::process::Command::new("mkfifo").arg(file("fifo.txt")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(file("socket.txt")).unwrap();
    std::fs::File::create(file("huge.txt")).unwrap().set_len(1 << 30).unwrap();
    world.write("folder.txt/inside", ONE);
    world.write("nul.txt", b"one\ntwo\0\nthree\n");
    world.write("utf-16.txt", b"\xff\xfeo\0n\0e\0");
    assert!(file("fifo.txt").symlink_metadata().unwrap().file_type().is_fifo());
    refused(&world, "fifo.txt", "not a regular file");
    refused(&world, "socket.txt", "not a regular file");
    refused(&world, "folder.txt", "not a regular file");
    refused(&world, "huge.txt", "1073741824 bytes long");
    refused(&world, "nul.txt", "binary");
    refused(&world, "utf-16.txt", "binary");
}

#[test]
fn what_is_meant_to_stay_as_it_is_stays() {
    let world = world();
    let mode = |name: &str, mode| {
        std::fs::set_permissions(world.project().join(name), PermissionsExt::from_mode(mode)).unwrap();
    };
    mode("locked.txt", 0o444);
    refused(&world, "locked.txt", "read-only");
    // A file stands where a folder would have to be.
    refused(&world, "src/a.txt/below.txt", "nothing was");
}

#[test]
fn a_folder_that_takes_no_new_file_is_left_as_it_is() {
    let world = world();
    let folder = world.project().join("closed");
    world.write("closed/a.txt", ONE);
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o555)).unwrap();
    // To root no folder is closed.
    if std::fs::write(folder.join("probe"), "").is_err() {
        refused(&world, "closed/a.txt", "cannot stage the new text of `closed/a.txt`");
    }
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn names_that_differ_only_in_spelling_do_not_land_together() {
    let world = world();
    for (one, two) in [("new.txt", "NEW.txt"), ("a/b", "A/b"), ("x", "x."), ("k", "\u{ff2b}")] {
        let before = everything(&world.root());
        let reply = block(one, "", "1\n") + &block(two, "", "2\n");
        let ran = world.rein_with(&["apply", "--format", "sr"], reply).ends(2);
        assert!(ran.err.contains("differ only in spelling"), "{one} and {two}: {}", ran.err);
        assert_eq!(everything(&world.root()), before, "{one} and {two}");
    }
    // A new file whose name some disks take for that of the other.
    refused(&world, "GOOD.txt", "GOOD.txt");
}

#[test]
fn a_hard_link_elsewhere_keeps_the_old_text() {
    let world = world();
    std::fs::hard_link(world.root().join("secret"), world.project().join("shared")).unwrap();
    world.rein_with(&["apply"], block("shared", "two\n", "TWO\n")).ends(0);
    assert_eq!(world.text("shared"), "one\nTWO\nthree\n");
    assert_eq!(std::fs::read_to_string(world.root().join("secret")).unwrap(), ONE);
}
