//! The whole road without a screen: `rein edit` against a model that is well, ill, or up to no good.

mod support;

use rein::provider::scripted::{Fault, Gate, Reply};
use support::{Model, Ran, World, block, local};

const CART: &str = "\
pub struct Cart {
    items: Vec<Item>,
}

impl Cart {
    pub fn total(&self) -> u64 {
        let mut sum = 0;
        for item in &self.items {
            sum += item.cents;
        }
        sum
    }

    pub fn count(&self) -> usize {
        self.items.len()
    }
}
";

/// The body of `total` in one line; lines 7 to 11.
fn shorter() -> String {
    let old = "        let mut sum = 0;\n        for item in &self.items {\n            sum += item.cents;\n        }\n        sum\n";
    block("src/cart.rs", old, "        self.items.iter().map(|item| item.cents).sum()\n")
}

fn shop() -> World {
    World::repository(&[
        ("src/cart.rs", CART),
        ("src/main.rs", "fn main() {\n    println!(\"{}\", Cart::default().total());\n}\n"),
        (".github/workflows/ci.yml", "on: push\n"),
    ])
}

/// `rein edit` in a shop whose model gives `replies`; the shop must be untouched.
fn refused(replies: impl IntoIterator<Item = Reply>, args: &[&str]) -> (Ran, usize) {
    let (world, model) = (shop(), Model::plays(replies));
    world.ask(&model);
    let before = world.tree();
    let ran = world.rein(&[&["edit"], args].concat());
    assert_eq!(world.tree(), before, "something was written");
    assert!(world.rein(&["log"]).ends(0).out.is_empty(), "something was journaled");
    assert_eq!(String::from_utf8_lossy(&ran.out), "", "stdout carries results only");
    (Ran { err: world.settled(&ran.err), ..ran }, model.asked())
}

const SELECTION: [&str; 7] =
    ["--level", "selection", "--file", "src/cart.rs", "--lines", "7-11", "make it shorter"];
const FILE: [&str; 5] = ["--level", "file", "--file", "src/cart.rs", "make it shorter"];
const REPO: [&str; 3] = ["--level", "repo", "make it shorter"];

#[test]
fn at_every_notch_the_patch_is_what_apply_would_land_and_git_takes_it() {
    let two_files = shorter() + &block("src/main.rs", "fn main() {\n", "/// Pays.\nfn main() {\n");
    for (args, reply) in
        [(&SELECTION[..], shorter()), (&FILE[..], shorter()), (&REPO[..], two_files), (&FILE[2..], shorter())]
    {
        let (shown, applied, model) =
            (shop(), shop(), Model::plays([Reply::text(&reply), Reply::text(&reply)]));
        shown.ask(&model);
        applied.ask(&model);

        let before = shown.tree();
        let patch = shown.rein(&[&["edit"], args].concat()).ends(0);
        assert_eq!((shown.tree(), patch.err.as_str()), (before.clone(), ""));
        shown.git_apply(&patch.out).ends(0);

        let landed = applied.rein(&[&["edit", "--apply"], args].concat()).ends(0);
        assert_eq!(landed.err, "");
        assert!(landed.text().starts_with("landed ") && landed.text().contains("src/cart.rs"));
        assert_eq!(shown.tree(), applied.tree());
        assert_ne!(applied.tree(), before);
        assert_eq!(model.asked(), 2, "a plain edit is one request");

        applied.rein(&["undo"]).ends(0);
        assert_eq!(applied.tree(), before);
    }
}

#[test]
fn a_file_can_be_made_and_removed_at_the_notches_that_allow_it() {
    let world = shop();
    let model = Model::plays([
        Reply::text(block("src/item.rs", "", "pub struct Item;\n")),
        Reply::text("--- a/src/item.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-pub struct Item;\n"),
    ]);
    world.ask(&model);
    world.rein(&["edit", "--apply", "--file", "src/item.rs", "make it"]).ends(0);
    assert_eq!(world.text("src/item.rs"), "pub struct Item;\n");
    let patch = world.rein(&["edit", "remove the item"]).ends(0);
    world.git_apply(&patch.out).ends(0);
    assert!(!world.project().join("src/item.rs").exists());
}

#[test]
fn the_first_prompt_is_small_and_holds_what_was_selected() {
    let (world, model) = (shop(), Model::says(&shorter()));
    world.ask(&model);
    world.rein(&[&["edit"], &SELECTION[..]].concat()).ends(0);
    let requests = model.requests.all();
    let [request] = requests.as_slice() else { panic!("{} requests", requests.len()) };
    assert!(request.body.len() <= CART.len() + 6_000, "{} bytes", request.body.len());
    assert!(request.body.contains("make it shorter") && request.body.contains("sum += item.cents"));
    assert_eq!(request.json()["model"], "scripted");
}

#[test]
fn json_tells_what_was_proposed_landed_and_refused() {
    let world = shop();
    let strays = shorter() + &block("src/cart.rs", "        self.items.len()\n", "        0\n");
    let model = Model::plays([Reply::text(shorter()), Reply::text(shorter()), Reply::text(strays)]);
    world.ask(&model);
    let args = [&["edit", "--json"], &SELECTION[..]].concat();
    let proposed = world.rein(&args).ends(0);
    let landed = world.rein(&[&args[..], &["--apply"]].concat()).ends(0);
    assert_eq!(landed.json()["id"].as_str().unwrap().len(), 8);
    world.rein(&["undo"]).ends(0);
    let refused = world.rein(&args).ends(2);
    assert_ne!(refused.err, "");
    let mut documents = String::new();
    for ran in [proposed, landed, refused] {
        let mut json = ran.json();
        if json["id"].is_string() {
            json["id"] = "[id]".into();
        }
        documents += &world.settled(&format!("{json:#}\n\n"));
    }
    insta::assert_snapshot!(documents);
}

#[test]
fn what_lies_outside_the_notch_is_refused_and_the_notch_that_would_do_is_named() {
    let other_lines = block("src/cart.rs", "        self.items.len()\n", "        0\n");
    let tidied = format!(
        "src/cart.rs\n```rust\n{}```\n",
        CART.replace("cents", "price").replace("len()", "len() + 0")
    );
    let second_file = shorter() + &block("src/main.rs", "fn main() {\n", "fn mein() {\n");
    let workflow = shorter() + &block(".github/workflows/ci.yml", "on: push\n", "on: [push, pull_request]\n");
    let git = block(".git/hooks/pre-commit", "", "#!/bin/sh\n");
    let climbs = block("../outside.txt", "", "gotcha\n");
    let made = block("src/new.rs", "", "fn new() {}\n");
    let mut said = String::new();
    for (name, reply, args) in [
        ("other lines, at selection", &other_lines, &SELECTION[..]),
        ("the selection and other lines, at selection", &(shorter() + &other_lines), &SELECTION[..]),
        ("a whole file that changes other lines too, at selection", &tidied, &SELECTION[..]),
        ("another file, at selection", &made, &SELECTION[..]),
        ("a second file, at file", &second_file, &FILE[..]),
        ("a protected file, at repo", &workflow, &REPO[..]),
        ("version control, at repo", &git, &REPO[..]),
        ("a path that leaves the workspace, at repo", &climbs, &REPO[..]),
    ] {
        let (ran, requests) = refused([Reply::text(reply)], &[args, &["--apply"]].concat());
        let ran = ran.ends(2);
        assert_eq!(requests, 1, "{name}: a breach is not sent back");
        said += &format!("{name}:\n{}\n", ran.err);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn an_edit_that_fits_nowhere_is_sent_back_once() {
    let wrong = block("src/cart.rs", "        let mut total = 0.0;\n", "        let total = 1;\n");
    let (world, model) = (shop(), Model::plays([Reply::text(&wrong), Reply::text(shorter())]));
    world.ask(&model);
    world.rein(&[&["edit", "--apply"], &FILE[..]].concat()).ends(0);
    assert!(world.text("src/cart.rs").contains(".sum()"));
    assert_eq!(model.asked(), 2);
    let second = model.requests.all()[1].json();
    assert_eq!(second["messages"].as_array().unwrap().len(), 4, "the conversation goes on");

    let (ran, requests) = refused([Reply::text(&wrong), Reply::text(&wrong)], &FILE);
    assert_eq!(requests, 2);
    assert!(ran.ends(2).err.contains("nothing was written"));
}

#[test]
fn a_change_that_is_only_half_mended_is_not_landed_in_part() {
    let wrong = block("src/cart.rs", "        let mut total = 0.0;\n", "        let total = 1;\n");
    let first = block("src/cart.rs", "    items: Vec<Item>,\n", "    lines: Vec<Item>,\n") + &wrong;
    let replies = [Reply::text(first), Reply::text("That edit is not needed.")];
    let (ran, requests) = refused(replies, &[&FILE[..], &["--apply"]].concat());
    assert_eq!(requests, 2);
    assert!(ran.ends(2).err.contains("all or nothing"));
}

#[test]
fn a_model_that_changes_nothing_is_the_answer_no() {
    for reply in ["It is short enough.", ""] {
        let (ran, requests) = refused([Reply::text(reply)], &FILE);
        assert!(matches!((reply, ran.code), ("", 3) | (_, 1)), "{ran:?}");
        assert_eq!(requests, 1);
    }
    let declined = Reply::text("").with(Fault::Finish("content_filter".into()));
    let (ran, _) = refused([declined], &FILE);
    assert!(ran.ends(1).err.contains("the model declined"));
}

#[test]
fn an_answer_that_was_cut_short_by_its_limit_is_refused() {
    let whole_and_open = shorter() + "src/cart.rs\n<<<<<<< SEARCH\n    items: Vec<Item>,\n=======\n";
    let (ran, _) = refused([Reply::text(whole_and_open).with(Fault::Finish("length".into()))], &FILE);
    assert!(ran.ends(4).err.contains("max_output"));
}

#[test]
fn every_way_a_server_can_fail_is_said_with_what_to_do() {
    let status = |status, retry_after: Option<&str>, said: &str| {
        let body = format!("{{\"error\":{{\"message\":\"{said}\"}}}}");
        Reply::fault(Fault::Status { status, retry_after: retry_after.map(Into::into), body })
    };
    let answer = || Reply::text(shorter());
    let mut said = String::new();
    for (name, reply, requests) in [
        ("busy for long", status(429, Some("3600"), "slow down"), 1),
        ("no key", status(401, None, "no such key \\u001b[31m"), 1),
        ("unknown model", status(404, None, "the model `scripted` does not exist"), 1),
        ("bad request", status(400, None, "unknown parameter: stream_options"), 1),
        ("redirect", Reply::fault(Fault::Redirect("http://example.com/v1/chat/completions".into())), 1),
        ("silent", Reply::fault(Fault::Silent), 1),
        ("head only", Reply::fault(Fault::HeadersOnly), 1),
        ("stalls", answer().with(Fault::StallAfter(40)), 1),
        ("cut", answer().with(Fault::CutAfter(40)), 1),
        ("ends early", answer().with(Fault::EndAfter(40)), 1),
        ("reports an error", answer().with(Fault::ErrorAfter(40)), 1),
        ("malformed", answer().with(Fault::Malformed), 1),
        ("a web page", Reply::fault(Fault::Garbage), 1),
        ("nothing", Reply::fault(Fault::Empty), 1),
    ] {
        let (ran, asked) = refused([reply], &[&FILE[..], &["--apply"]].concat());
        let ran = ran.ends(3);
        assert_eq!(asked, requests, "{name}");
        said += &format!("{name}:\n{}\n", ran.err);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_whole_answer_whose_connection_then_breaks_is_still_not_landed() {
    let len = shorter().len();
    let (ran, _) =
        refused([Reply::text(shorter()).with(Fault::CutAfter(len))], &[&FILE[..], &["--apply"]].concat());
    assert!(ran.ends(3).err.contains("1 hunk(s)"));
}

#[test]
fn what_passes_is_tried_again() {
    let busy = |after: &str| {
        let fault = Fault::Status { status: 429, retry_after: Some(after.into()), body: "{}".into() };
        Reply::fault(fault)
    };
    let (world, model) = (shop(), Model::plays([busy("0"), busy("0"), Reply::text(shorter())]));
    world.ask(&model);
    let ran = world.rein(&[&["edit", "--apply"], &FILE[..]].concat()).ends(0);
    assert_eq!((ran.err.as_str(), model.asked()), ("", 3));

    let (ran, asked) = refused([busy("0"), busy("0"), busy("0"), busy("0"), Reply::text(shorter())], &FILE);
    assert_eq!(asked, 4);
    assert!(ran.ends(3).err.contains("is busy (HTTP 429)"));

    let broken =
        |status| Reply::fault(Fault::Status { status, retry_after: Some("0".into()), body: "oh".into() });
    let (world, model) = (shop(), Model::plays([broken(503), Reply::text(shorter())]));
    world.ask(&model);
    world.rein(&[&["edit", "--apply"], &FILE[..]].concat()).ends(0);
    assert_eq!(model.asked(), 2);
}

#[test]
fn a_server_that_is_not_there_and_a_model_that_is_not_configured_are_told_apart() {
    let world = shop();
    let gone = Model::says("").address;
    world.configure(&local(&format!("http://{gone}/v1"), ""));
    let unreachable = world.rein(&[&["edit"], &FILE[..]].concat()).ends(3);
    let nameless = world.rein(&[&["edit", "--model", "scripted"], &FILE[..]].concat()).ends(64);
    let unknown = world.rein(&[&["edit", "--model", "nowhere/scripted"], &FILE[..]].concat());
    let keyless = world.rein(&[&["edit", "--model", "openai/gpt-5.2"], &FILE[..]].concat());
    assert_eq!((unknown.code, keyless.code), (5, 3));
    let all = [unreachable, nameless, unknown, keyless].map(|ran| world.settled(&ran.err));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn ctrl_c_ends_a_request_with_nothing_written() {
    let gate = Gate::after(40);
    let (world, model) = (shop(), Model::plays([Reply::text(shorter()).gate(&gate)]));
    world.configure(&local(&format!("http://{}/v1", model.address), "").replace("= 0.3", "= 60"));
    let before = world.tree();
    let child = world.start(&[&["edit", "--apply"], &FILE[..]].concat());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(gate.reached());
    let pid = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap()).ends(130);
    assert_eq!((ran.text().as_str(), ran.err.as_str()), ("", "rein: stopped; nothing was written\n"));
    assert_eq!(world.tree(), before);
    runtime.block_on(model.requests.closed());
}

#[test]
fn what_was_typed_while_the_model_answered_is_kept_or_the_edit_is_refused() {
    let tidied = format!("src/cart.rs\n```rust\n{}```\n", CART.replace("cents", "price"));
    for (typed, code) in [("    pub fn count(&self) -> usize {\n        // mine\n", 0), ("", 2)] {
        let gate = Gate::after(10);
        let (world, model) = (shop(), Model::plays([Reply::text(&tidied).gate(&gate)]));
        world.configure(&local(&format!("http://{}/v1", model.address), "").replace("= 0.3", "= 60"));
        let child = world.start(&[&["edit", "--apply"], &FILE[..]].concat());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(gate.reached());
        let mine = match code {
            0 => CART.replace("    pub fn count(&self) -> usize {\n", typed),
            _ => CART.replace("item.cents", "item.mine"),
        };
        world.write("src/cart.rs", &mine);
        gate.open();
        let ran = Ran::from(child.wait_with_output().unwrap()).ends(code);
        let expected = if code == 0 { mine.replace("cents", "price") } else { mine };
        assert_eq!(world.text("src/cart.rs"), expected, "{}", ran.err);
    }
}

#[test]
fn every_file_keeps_its_own_bytes_around_the_change() {
    for (name, text) in [
        ("crlf", &b"one\r\ntwo\r\nthree\r\n"[..]),
        ("mixed", b"one\r\ntwo\nthree\r\n"),
        ("bom", b"\xef\xbb\xbfone\ntwo\nthree\n"),
        ("no final newline", b"one\ntwo\nthree"),
        ("latin-1", b"caf\xe9\ntwo\n\xe9t\xe9\n"),
        ("trailing blanks", b"one  \ntwo\nthree\t\n"),
    ] {
        let (world, model) = (World::folder(&[]), Model::says(&block("a.txt", "two\n", "TWO\n")));
        world.write("a.txt", text);
        world.ask(&model);
        world.rein(&["edit", "--apply", "--file", "a.txt", "louder"]).ends(0);
        let at = text.windows(3).position(|window| window == b"two").unwrap();
        let expected = [&text[..at], b"TWO", &text[at + 3..]].concat();
        assert_eq!(world.read("a.txt"), expected, "{name}");
        world.rein(&["undo"]).ends(0);
        assert_eq!(world.read("a.txt"), text, "{name}");
    }
}

#[test]
fn files_of_every_size_and_kind_work_or_are_refused_in_words() {
    let lines: String = (1..=50_000).map(|n| format!("let x{n} = {n};\n")).collect();
    let (world, model) = (
        World::folder(&[("big.rs", &lines), ("empty.rs", "")]),
        Model::plays([
            Reply::text(block("big.rs", "let x25000 = 25000;\n", "let y = 1;\n")),
            Reply::text(block("empty.rs", "", "fn main() {}\n")),
        ]),
    );
    world.write("image.png", b"\x89PNG\0\0\0\r\n");
    world.ask(&model);
    world.rein(&["edit", "--apply", "--file", "big.rs", "--lines", "24990-25010", "rename"]).ends(0);
    assert_eq!(world.text("big.rs"), lines.replace("let x25000 = 25000;\n", "let y = 1;\n"));
    world.rein(&["edit", "--apply", "--file", "empty.rs", "write main"]).ends(0);
    assert_eq!(world.text("empty.rs"), "fn main() {}\n");

    std::os::unix::fs::symlink("/etc/hostname", world.project().join("out")).unwrap();
    std::os::unix::fs::symlink("nowhere", world.project().join("dangling")).unwrap();
    let asked = model.asked();
    let mut said = String::new();
    for args in [
        &["--file", "image.png", "x"][..],
        &["--file", "big.rs", "explain"],
        &["--file", "out", "x"],
        &["--file", "dangling", "x"],
        &["--file", ".", "x"],
        &["--file", ".git/config", "x"],
        &["--file", "empty.rs", "--lines", "5-9", "x"],
        &["--file", "missing.rs", "--lines", "5-9", "x"],
        &["--file", "big.rs", "--lines", "9-5", "x"],
        &["--level", "selection", "--file", "big.rs", "x"],
        &["--level", "file", "x"],
        &["--level", "file", "--file", "missing/new.rs", " "],
    ] {
        let ran = world.rein(&[&["edit"], args].concat());
        assert!(matches!(ran.code, 5 | 64), "{args:?}: {ran:?}");
        said += &format!("{} -> {}\n{}\n", args.join(" "), ran.code, world.settled(&ran.err));
    }
    assert_eq!(model.asked(), asked, "none of them reached a model");
    insta::assert_snapshot!(said);
}

#[test]
fn names_start_where_one_stands_and_the_instruction_may_come_from_stdin() {
    let (world, model) = (shop(), Model::plays([Reply::text(shorter()), Reply::text("Fine as it is.")]));
    world.ask(&model);
    let src = world.project().join("src");
    world.rein_in(&src, &["edit", "--apply", "-f", "cart.rs", "-"], "make it\nshorter").ends(0);
    assert!(world.text("src/cart.rs").contains(".sum()"));
    world.rein_in(&src, &["edit", "-f", "../src/cart.rs", "--lines", "3-99999", "x"], "").ends(1);
    let requests = model.requests.all();
    assert!(requests[0].body.contains("make it\\nshorter") && requests[0].body.contains("src/cart.rs"));
    world.rein_in(&src, &["edit", "-f", "cart.rs", "-"], " \n").ends(64);
}

#[test]
fn a_name_with_colons_is_a_name() {
    let (world, model) = (
        World::folder(&[("notes:3:4", "one\n")]),
        Model::says("<<<<<<< SEARCH\none\n=======\n1\n>>>>>>> REPLACE\n"),
    );
    world.ask(&model);
    world.rein(&["edit", "--apply", "-f", "notes:3:4", "digits"]).ends(0);
    assert_eq!(world.text("notes:3:4"), "1\n");
}

#[test]
fn a_program_that_stops_reading_the_patch_is_no_error() {
    let (world, model) = (shop(), Model::says(&shorter()));
    world.ask(&model);
    let mut child = world.start(&[&["edit"], &FILE[..]].concat());
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().unwrap()).ends(0);
    assert_eq!(ran.err, "");
}

#[test]
fn a_link_inside_the_project_is_followed_and_stays_a_link() {
    let (world, model) = (shop(), Model::says(&shorter()));
    std::os::unix::fs::symlink("src/cart.rs", world.project().join("cart")).unwrap();
    world.ask(&model);
    world.rein(&["edit", "--apply", "--file", "cart", "shorter"]).ends(0);
    assert!(world.text("src/cart.rs").contains(".sum()"));
    assert!(world.project().join("cart").is_symlink());
}
