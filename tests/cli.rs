//! The commands that need no model, as a script sees them: what goes in, what comes out, the exit
//! code, and the files afterwards.

mod support;

use std::path::{Path, PathBuf};

use support::{World, block, tree};

const ONE: &str = "one\ntwo\nthree\n";

fn upper() -> String {
    block("a.txt", "two\n", "TWO\n")
}

#[test]
fn a_reply_in_any_format_lands_from_stdin_and_is_taken_back() {
    let sr = upper();
    let unified = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n";
    let whole = "a.txt\n```\none\nTWO\nthree\n```\n";
    let named_by_flag = "one\nTWO\nthree\n";
    for (args, reply) in [
        (&["apply"][..], sr.as_str()),
        (&["apply"], unified),
        (&["apply"], whole),
        (&["apply", "--format", "sr"], &sr),
        (&["apply", "--format", "udiff"], unified),
        (&["apply", "--format", "whole"], whole),
        (&["apply", "--format", "whole", "--file", "a.txt"], named_by_flag),
    ] {
        let world = World::folder(&[("a.txt", ONE)]);
        let ran = world.rein_with(args, reply).ends(0);
        assert_eq!((ran.text().as_str(), ran.err.as_str()), ("changed a.txt\n", ""), "{args:?}");
        assert_eq!(world.text("a.txt"), "one\nTWO\nthree\n");
        world.rein(&["undo"]).ends(0);
        assert_eq!(world.text("a.txt"), ONE);
    }
}

#[test]
fn check_writes_nothing_and_its_diff_is_what_would_land() {
    let reply = upper() + &block("new/b.txt", "", "made\n");
    for (name, world) in
        [("repository", World::repository(&[("a.txt", ONE)])), ("folder", World::folder(&[("a.txt", ONE)]))]
    {
        let before = world.tree();
        let said = world.rein_with(&["apply", "--check"], &reply).ends(0).text();
        assert_eq!(said, "would change a.txt\nwould change new/b.txt\n", "{name}");
        let diff = world.rein_with(&["apply", "--check", "--diff"], &reply).ends(0);
        let json = world.rein_with(&["apply", "--check", "--json"], &reply).ends(0).json();
        assert_eq!((world.tree(), json["checked_only"].as_bool()), (before, Some(true)));
        assert!(world.rein(&["log"]).ends(0).out.is_empty());

        world.git_apply(&diff.out).ends(0);
        let by_git = world.tree();
        world.git(&["apply", "-R", "--check", "/dev/null"]);
        let other = World::folder(&[("a.txt", ONE)]);
        other.rein_with(&["apply"], &reply).ends(0);
        assert_eq!(other.tree(), by_git);
    }
}

#[test]
fn json_of_an_applied_and_of_a_refused_reply() {
    let world = World::folder(&[("a.txt", ONE), ("b.txt", "x\ny\nx\n"), ("gone.txt", "bye\n")]);
    let good = upper() + &block("new.txt", "", "made\n");
    let bad =
        block("a.txt", "one\n", "1\n") + &block("a.txt", "twoo\n", "2\n") + &block("b.txt", "x\n", "z\n");
    let mut said = String::new();
    for (reply, code) in [(good, 0), (bad, 2), ("just words".into(), 2)] {
        let before = world.tree();
        let mut json = world.rein_with(&["apply", "--json"], reply).ends(code).json();
        if json["id"].is_string() {
            json["id"] = "[id]".into();
        } else {
            assert_eq!(world.tree(), before);
        }
        said += &world.settled(&format!("{json:#}\n\n"));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn whoever_asked_for_a_document_gets_one_also_where_nothing_can_begin() {
    let world = World::folder(&[("a.txt", ONE)]);
    for (args, reply, code, status, word) in [
        (&["--root", "nowhere"][..], upper().into_bytes(), 5, "error", "nowhere"),
        (&["--base", "nowhere"], upper().into_bytes(), 5, "error", "nowhere"),
        (&[], b"a.txt\n\xff\n".to_vec(), 2, "refused", "UTF-8"),
        (&["--format", "ops"], b"[".to_vec(), 2, "refused", "operations"),
    ] {
        let before = world.tree();
        let json = world.rein_with(&[&["apply", "--json"], args].concat(), reply).ends(code).json();
        assert_eq!((json["schema"].as_str(), json["status"].as_str()), (Some("rein.apply/1"), Some(status)));
        assert!(json["reason"].as_str().is_some_and(|why| why.contains(word)), "{json}");
        assert_eq!(world.tree(), before);
    }
}

#[test]
fn a_reply_of_a_thousand_misses_is_refused_in_few_words() {
    let world = World::folder(&[("a.txt", ONE)]);
    let reply: String = (0..1000).map(|at| block("a.txt", &format!("no {at}\n"), "x\n")).collect();
    let ran = world.rein_with(&["apply"], &reply).ends(2);
    assert!(ran.err.lines().count() < 200 && ran.err.contains("900 more edit(s)"), "{}", ran.err);
    let json = world.rein_with(&["apply", "--json"], &reply).ends(2).json();
    assert_eq!(json["hunks"].as_array().map(Vec::len), Some(1000));
}

#[test]
fn a_reply_lands_in_every_file_or_in_none() {
    let world = World::repository(&[("a.txt", ONE), (".npmrc", "registry=x\n")]);
    std::os::unix::fs::symlink("/etc/hostname", world.project().join("out")).unwrap();
    world.write("image.png", b"\0\x01\x02");
    let before = world.tree();
    let cut = "a.txt\n<<<<<<< SEARCH\none\n=======\n1\n";
    let mut said = String::new();
    for (name, second) in [
        ("nowhere", block("a.txt", "four\n", "4\n")),
        ("already so", block("a.txt", "TWO!\n", "2\n")),
        ("another file is binary", block("image.png", "", "text\n")),
        ("out of the workspace", block("../a.txt", "", "x\n")),
        ("absolute", block("/etc/passwd", "", "x\n")),
        ("version control", block(".git/config", "", "x\n")),
        ("a link out", block("out", "", "x\n")),
        ("protected", block(".npmrc", "registry=x\n", "registry=y\n")),
        ("a folder", block("src/../a.txt", "one\n", "1\n")),
        ("cut off", cut.into()),
        ("overlapping", block("a.txt", "one\ntwo\n", "1\n")),
    ] {
        let ran = world.rein_with(&["apply"], upper() + &second);
        assert_eq!(ran.code, 2, "{name}: {}", world.text("a.txt"));
        assert_eq!((world.tree(), ran.out.len()), (before.clone(), 0), "{name}");
        said += &format!("{name}:\n{}\n", world.settled(&ran.err));
    }
    for reply in ["", "\n", "No change is needed.\n"] {
        world.rein_with(&["apply"], reply).ends(2);
    }
    world.rein_with(&["apply"], b"a.txt\n\xff\xfe").ends(2);
    assert_eq!(world.tree(), before);
    insta::assert_snapshot!(said);
}

#[test]
fn every_byte_that_is_not_changed_is_kept() {
    let patched =
        |text: &str| format!("--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n {text}\n-two\n+TWO\n three\n");
    for (name, old, reply) in [
        ("crlf, by block", &b"one\r\ntwo\r\nthree\r\n"[..], block("a.txt", "two\n", "TWO\n")),
        ("crlf, by diff", b"one\r\ntwo\r\nthree\r\n", patched("one")),
        ("crlf, by whole text", b"one\r\ntwo\r\nthree\r\n", "a.txt\n```\none\nTWO\nthree\n```\n".into()),
        ("mixed endings", b"one\ntwo\r\nthree\n", patched("one")),
        ("bom", b"\xef\xbb\xbfone\ntwo\nthree\n", patched("one")),
        ("bom, by whole text", b"\xef\xbb\xbfone\ntwo\nthree\n", "a.txt\n```\none\nTWO\nthree\n```\n".into()),
        ("no final newline", b"one\ntwo\nthree", patched("one")),
        ("latin-1 elsewhere", b"one\ntwo\nthree\n\xe9t\xe9\n", patched("one")),
        ("not utf-8 elsewhere", b"\xff\xc3(\none\ntwo\nthree\n", block("a.txt", "two\n", "TWO\n")),
        ("trailing blanks", b"one  \ntwo\nthree\t\n", patched("one")),
        ("tabs and a form feed", b"\x0c\none\ntwo\nthree\n", patched("one")),
    ] {
        let world = World::folder(&[]);
        world.write("a.txt", old);
        world.rein_with(&["apply"], reply).ends(0);
        let at = old.windows(3).position(|window| window == b"two").unwrap();
        let expected = [&old[..at], b"TWO", &old[at + 3..]].concat();
        assert_eq!(world.read("a.txt"), expected, "{name}");
        world.rein(&["undo"]).ends(0);
        assert_eq!(world.read("a.txt"), old, "{name}");
    }
}

#[test]
fn files_come_and_go_with_their_folders_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::folder(&[("run", "#!/bin/sh\nexit 1\n"), ("deep/old.txt", "bye\n")]);
    let run = world.project().join("run");
    std::fs::set_permissions(&run, PermissionsExt::from_mode(0o755)).unwrap();
    let before = world.tree();
    let reply = "--- a/deep/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\n\
                 --- /dev/null\n+++ b/a/b/c.txt\n@@ -0,0 +1 @@\n+hello\n\
                 --- a/run\n+++ b/run\n@@ -1,2 +1,2 @@\n #!/bin/sh\n-exit 1\n+exit 0\n";
    world.rein_with(&["apply"], reply).ends(0);
    assert_eq!(world.text("a/b/c.txt"), "hello\n");
    assert!(!world.project().join("deep/old.txt").exists());
    assert_eq!(std::fs::metadata(&run).unwrap().permissions().mode() & 0o777, 0o755);
    world.rein(&["undo"]).ends(0);
    assert_eq!(world.tree(), before);
    assert!(!world.project().join("a").exists(), "folders that were made go again");
    world.rein(&["redo"]).ends(0);
    assert_eq!(world.text("a/b/c.txt"), "hello\n");
}

#[test]
fn root_and_the_current_folder_say_what_paths_mean() {
    let world = World::repository(&[("sub/a.txt", ONE), ("a.txt", "other\n")]);
    let sub = world.project().join("sub");
    // In a work tree names start at its root, as models are told them, wherever one stands.
    world.rein_in(&sub, &["apply"], upper()).ends(2);
    world.rein_in(&sub, &["apply"], block("sub/a.txt", "two\n", "2\n")).ends(0);
    // `--root` is exactly that folder.
    world.rein_with(&["apply", "--root", "sub"], block("a.txt", "three\n", "3\n")).ends(0);
    assert_eq!(world.text("sub/a.txt"), "one\n2\n3\n");
    let missing = world.rein_with(&["apply", "--root", "missing"], upper()).ends(5);
    assert!(missing.err.contains("missing"), "{}", missing.err);
    world.rein_with(&["apply", "--file", "../../etc/passwd", "--format", "whole"], "x\n").ends(5);
}

#[test]
fn the_journal_goes_back_and_forth_across_processes() {
    let world = World::folder(&[("a.txt", "one\ntwo\n\nthree\n")]);
    let nothing = world.rein(&["undo"]).ends(1);
    assert!(nothing.err.contains("nothing to undo") && nothing.out.is_empty());
    assert!(world.rein(&["redo"]).ends(1).err.contains("nothing to redo"));
    world.rein_with(&["apply"], upper()).ends(0);
    world.rein_with(&["apply"], block("a.txt", "three\n", "3\n")).ends(0);

    let log = world.rein(&["log", "--json"]).ends(0).json();
    assert_eq!(log["schema"], "rein.log/1");
    let ids: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect();
    let [newest, oldest] = ids[..] else { panic!("{log}") };

    let undone = world.rein(&["undo", &oldest[..6], "--json"]).ends(0).json();
    assert_eq!((undone["schema"].as_str(), undone["of"].as_str()), (Some("rein.undo/1"), Some(oldest)));
    assert_eq!(world.text("a.txt"), "one\ntwo\n\n3\n", "the later change stays");
    let twice = world.rein(&["undo", oldest]).ends(2);
    assert!(twice.err.contains("already undone"), "{}", twice.err);
    world.rein(&["redo", "--json"]).ends(0);
    assert_eq!(world.text("a.txt"), "one\nTWO\n\n3\n");

    world.write("a.txt", "one\nTWO\n\nmine\n");
    let conflict = world.rein(&["undo", newest]).ends(2);
    assert!(conflict.err.contains("a.txt") && conflict.out.is_empty());
    assert_eq!(world.text("a.txt"), "one\nTWO\n\nmine\n");
    world.rein(&["undo", "ffffffff"]).ends(64);

    let lines = world.rein(&["log", "-n", "2"]).ends(0).text();
    assert!(lines.contains("redo of") && lines.contains("undo of") && !lines.contains("landing"), "{lines}");
    assert!(world.rein(&["log"]).ends(0).text().contains("landing at repo"));
    let recovered = world.rein(&["recover"]).ends(0);
    assert_eq!((recovered.out.len(), recovered.err.as_str()), (0, ""));
    assert_eq!(world.rein(&["recover", "--json"]).ends(0).json()["schema"], "rein.recover/1");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let world = World::folder(&[("a.txt", ONE)]);
    world.rein_with(&["apply"], upper()).ends(0);
    for args in [&["log"][..], &["config", "show"], &["log", "--json"]] {
        let mut child = world.start(args);
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
    }
}

#[test]
fn the_configuration_says_where_it_is_what_holds_and_what_is_wrong() {
    let world = World::folder(&[]);
    let path = world.rein(&["config", "path"]).ends(0).text();
    assert_eq!(Path::new(path.trim_end()), world.config());
    world.configure(&support::local("http://127.0.0.1:9/v1", "api_key_env = \"THE_KEY\""));
    let key = [("THE_KEY", "sk-sesame-open")];
    let shown = world.rein_env(&key, &["config", "show"]).ends(0);
    assert!(shown.text().contains("local/scripted") && !shown.text().contains("sesame"));
    assert_eq!(shown.err, "");
    assert!(!world.rein_env(&key, &["config", "check"]).ends(0).text().contains("sesame"));

    let mut said = String::new();
    for wrong in [
        "[providers.local]\nbase-url = \"http://127.0.0.1:9/v1\"\n",
        "level = \"everything\"\n",
        "[leash]\nmax_lines = \"many\"\n",
        "[providers.local]\nwire = \"openai-chat\"\nbase_url = \"http://example.com/v1\"\n",
        "[providers.local]\napi_key = \"sk-sesame-open\"\n",
        "roles = \n",
        "[roles]\nchat = [\"nowhere/m\"]\n",
    ] {
        world.configure(wrong);
        let ran = world.rein(&["config", "check"]).ends(5);
        assert_eq!(world.rein_with(&["apply"], upper()).ends(5).err, ran.err, "every command says it");
        assert!(ran.out.is_empty() && !ran.err.contains("sesame"));
        said += &format!("{wrong}-> {}\n", world.settled(&ran.err));
    }
    std::fs::remove_file(world.config()).unwrap();
    said += &world.settled(&world.rein(&["config", "show"]).ends(5).err);
    insta::assert_snapshot!(said);
}

#[test]
fn what_cannot_be_meant_is_usage_and_help_is_not() {
    let world = World::folder(&[]);
    for args in [
        &["edit"][..],
        &["edit", "--level", "complete", "x"],
        &["apply", "--format", "xml"],
        &["apply", "--diff"],
        &["nonsense", "--flag"],
    ] {
        let ran = world.rein(args).ends(64);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{args:?}");
    }
    for args in [&["--help"][..], &["--version"], &["apply", "--help"]] {
        let ran = world.rein(args).ends(0);
        assert!(ran.err.is_empty() && !ran.out.is_empty(), "{args:?}");
    }
}

#[test]
fn a_hostile_name_in_a_reply_reaches_the_terminal_only_in_words() {
    let world = World::folder(&[("a.txt", ONE)]);
    let reply =
        upper() + &block("\u{1b}]0;title\u{7}.txt", "", "x\n") + &block("a\u{202e}txt.sh", "nope\n", "x\n");
    let ran = world.rein_with(&["apply"], reply).ends(2);
    let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!ran.err.contains(hostile), "{:?}", ran.err);
}

/// Every folder in `tests/scenarios`: `input/` and `reply.txt` make `expected/`, or are refused with
/// nothing written if there is a file `refused` (each of its lines stands in the reason). `args` has
/// further arguments, split at blanks.
#[test]
fn scenarios() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 12);
    let failed: Vec<String> = names.iter().filter_map(|scenario| play(scenario).err()).collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

fn play(scenario: &Path) -> Result<(), String> {
    let name = scenario.file_name().unwrap().to_string_lossy();
    let world = World::folder(&[]);
    let input = tree(&scenario.join("input"));
    input.iter().for_each(|(name, bytes)| world.write(name, bytes));
    let more = std::fs::read_to_string(scenario.join("args")).unwrap_or_default();
    let args: Vec<&str> = ["apply"].into_iter().chain(more.split_whitespace()).collect();
    let ran = world.rein_with(&args, std::fs::read(scenario.join("reply.txt")).unwrap());
    let refused = std::fs::read_to_string(scenario.join("refused"));
    let (code, expected) = match &refused {
        Ok(_) => (2, input),
        Err(_) => (0, tree(&scenario.join("expected"))),
    };
    let show = |tree: &support::Tree| {
        let file = |(name, bytes): (&String, &Vec<u8>)| format!("{name}: {}", bytes.escape_ascii());
        tree.iter().map(file).collect::<Vec<_>>().join("\n    ")
    };
    let now = world.tree();
    if ran.code != code || now != expected {
        let (want, got) = (show(&expected), show(&now));
        return Err(format!(
            "{name}: exit {} for {code}\n  want {want}\n  got  {got}\n  {}",
            ran.code, ran.err
        ));
    }
    match refused.unwrap_or_default().lines().find(|part| !ran.err.contains(*part)) {
        Some(part) => Err(format!("{name}: `{part}` is not in\n{}", ran.err)),
        None => Ok(()),
    }
}

#[test]
fn a_landing_that_a_kill_interrupts_is_whole_or_undone_afterwards() {
    let many: Vec<String> = (0..40).map(|n| format!("f{n}.txt")).collect();
    let world = World::folder(&[]);
    many.iter().for_each(|name| world.write(name, "old\n"));
    let before = world.tree();
    let reply: String = many.iter().map(|name| block(name, "old\n", "new\n")).collect();
    // Killed at a later point of its life each time.
    for pause in 0..12 {
        let mut child = world.start_with(&["apply"], &reply);
        (0..pause * 400).for_each(|_| std::thread::yield_now());
        child.kill().unwrap();
        child.wait().unwrap();
        world.rein(&["recover"]).ends(0);
        let now = world.tree();
        let new = now.values().filter(|text| *text == b"new\n").count();
        assert!(new == 0 || new == many.len(), "{new} of {} files are new", many.len());
        assert_eq!(now.len(), many.len(), "nothing is left over");
        if new > 0 {
            world.rein(&["undo"]).ends(0);
        }
        assert_eq!(world.tree(), before);
    }
}
