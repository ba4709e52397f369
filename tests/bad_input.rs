//! Differences and patches as they come: names that are no text, endings of all kinds, what has no lines,
//! what does not fit any more. Nothing is left out silently, nothing of the terminal's reaches it, and
//! what is not asked for keeps its bytes.

mod support;

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt;

use support::World;

fn commit(world: &World) {
    for args in [
        &["config", "user.name", "t"][..],
        &["config", "user.email", "t@example.org"],
        &["add", "-A"],
        &["commit", "-q", "-m", "one"],
    ] {
        world.git(args).ends(0);
    }
}

fn odd(world: &World, name: &[u8], text: &str) {
    std::fs::write(world.project().join(std::ffi::OsStr::from_bytes(name)), text).unwrap();
}

/// One of each, and then each of them changed.
fn zoo() -> World {
    let long = "x".repeat(1_000_000);
    let world = World::repository(&[
        ("unended.txt", "a\nb\nc"),
        ("crlf.txt", "a\r\nb\r\nc\r\n"),
        ("run.sh", "#!/bin/sh\n"),
        ("old.txt", "one\ntwo\nthree\nfour\nfive\nsix\n"),
        ("quo\"te.txt", "q\n"),
        ("long.txt", &format!("{long}\nshort\n")),
        ("inner/file", "s\n"),
    ]);
    world.write("image", b"\0\x01");
    odd(&world, b"caf\xe9", "x\n");
    odd(&world, b"esc\x1b[31m", "x\n");
    odd(&world, b"two\nlines", "x\n");
    let inner = world.project().join("inner");
    let in_inner = |args: &[&str]| {
        let whole =
            [&["-C", inner.to_str().unwrap(), "-c", "user.name=t", "-c", "user.email=t@example.org"], args];
        world.git(&whole.concat()).ends(0);
    };
    in_inner(&["init", "-q"]);
    in_inner(&["add", "-A"]);
    in_inner(&["commit", "-q", "-m", "inner"]);
    commit(&world);
    world.write("unended.txt", "a\nb\nC");
    world.write("crlf.txt", "a\r\nB\r\nc\r\n");
    world.write("image", b"\0\x02");
    std::fs::set_permissions(world.project().join("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    world.git(&["mv", "old.txt", "new.txt"]).ends(0);
    world.write("new.txt", "one\nTWO\nthree\nfour\nfive\nsix\n");
    world.write("quo\"te.txt", "Q\n");
    world.write("long.txt", format!("{}y\nshort\n", "x".repeat(999_999)));
    odd(&world, b"caf\xe9", "y\n");
    odd(&world, b"esc\x1b[31m", "y\n");
    odd(&world, b"two\nlines", "y\n");
    world.write("inner/file", "t\n");
    in_inner(&["commit", "-q", "-a", "-m", "inner"]);
    world
}

#[test]
fn every_difference_is_a_hunk_or_is_named_and_what_is_rejected_comes_back_byte_for_byte() {
    let world = zoo();
    let ran = world.rein_with(&["diff", "HEAD", "--plain"], "l\nn\nn\nn\nn\nn\nland\n").ends(0);
    let said = ran.text();
    for named in [
        "image: binary",
        "caf\\xE9: its name is not UTF-8",
        "esc␛[31m: it cannot be reviewed here",
        "two⏎lines: it cannot be reviewed here",
        "run.sh: mode 100644 → 100755",
        "new.txt: renamed from old.txt",
        "inner: submodule",
        "5 hunks, 10 lines to read",
        "lines of it were cut",
        "xxxy (and 0 bytes more)",
        "c (no newline at the end)",
    ] {
        assert!(said.contains(named), "{named}: {said}");
    }
    assert!(!said.contains('\u{1b}'), "the terminal was spoken to");
    for (name, text) in [("unended.txt", "a\nb\nc"), ("crlf.txt", "a\r\nb\r\nc\r\n"), ("quo\"te.txt", "q\n")]
    {
        assert_eq!(world.text(name), text, "{name}");
    }
    assert_eq!(
        world.text("new.txt"),
        "one\ntwo\nthree\nfour\nfive\nsix\n",
        "the text comes back, the name stays"
    );
    assert_eq!(world.text("long.txt").len(), 1_000_000 + "\nshort\n".len());
    assert_eq!(world.read("image"), b"\0\x02", "what has no lines is left alone");
    world.rein(&["undo"]).ends(0);
    assert_eq!(world.text("crlf.txt"), "a\r\nB\r\nc\r\n");
}

#[test]
fn patches_that_do_not_fit_or_have_no_lines_change_nothing_and_say_why() {
    let world = World::repository(&[("a.txt", "one\ntwo\nthree"), ("b", "x\n")]);
    let before = world.tree();
    for (patch, why) in [
        (
            "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-zwei\n+TWO\n three\n",
            "no place in the file fits",
        ),
        ("diff --git a/b b/b\nold mode 100644\nnew mode 100755\n", "mode"),
        ("diff --git a/b b/b\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZ\n\n", "binary patch"),
    ] {
        let ran = world.rein_with(&["apply"], patch).ends(2);
        assert!(ran.err.contains(why) && ran.err.contains("nothing was written"), "{}", ran.err);
        assert_eq!(world.tree(), before);
    }
    // Sent through a mailer that ends lines in its own way.
    let patch =
        "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n\\ No newline at end of file\n";
    world.rein_with(&["apply"], patch.replace('\n', "\r\n")).ends(0);
    assert_eq!(world.text("a.txt"), "one\nTWO\nthree");
    let renaming = "diff --git a/b b/c\nsimilarity index 100%\nrename from b\nrename to c\n";
    world.rein_with(&["apply"], renaming).ends(0);
    assert!(!world.tree().contains_key("b"));
    assert_eq!(world.text("c"), "x\n");
}

#[test]
fn git_opens_a_difference_in_rein_as_the_help_says() {
    let world = World::repository(&[("src/a.txt", "one\ntwo\n"), ("b.txt", "x\n")]);
    commit(&world);
    world.write("src/a.txt", "one\nTWO\n");
    world.write("b.txt", "y\n");
    let tool = format!("'{}' diff --plain --files \"$LOCAL\" \"$REMOTE\"", env!("CARGO_BIN_EXE_rein"));
    world.git(&["config", "difftool.rein.cmd", &tool]).ends(0);
    let said = world.git(&["difftool", "-d", "-t", "rein", "HEAD"]).text();
    for line in ["2 hunks, 4 lines to read", "hunk 1 of 2: b.txt, line 1", "nothing is written"] {
        assert!(said.contains(line), "{line}: {said}");
    }
}
