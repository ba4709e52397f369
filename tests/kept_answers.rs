//! Answers that outlive the program: gone on from, listed, shown again with what has become of their sources,
//! and written as Markdown. They are the user's alone, and nothing of them is in the project.

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rein::provider::scripted::{Fault, Reply};
use serde_json::{Value, json};
use support::{Model, World};

const RETRY: &str = "/// How often a request is tried.\npub const ATTEMPTS: u32 = 3;\n\n\
    pub fn retry(request: &Request) -> Result<Answer, Failure> {\n    let mut left = ATTEMPTS;\n    \
    while left > 0 {\n        left -= 1;\n    }\n    Err(Failure::Spent)\n}\n";
const QUESTION: &str = "how often is a request tried, where is retry";
const NEXT: &str = "and where is retry called?";

fn world() -> World {
    let world = World::repository(&[
        ("src/retry.rs", RETRY),
        ("src/main.rs", "fn main() {\n    retry(&request());\n}\n"),
    ]);
    world.rein(&["index"]).ends(0);
    world
}

/// The scripted model, with time enough on a busy machine.
fn serve(world: &World, model: &Model, more: &str) {
    over(world, model, "openai-chat", more);
}

fn over(world: &World, model: &Model, wire: &str, more: &str) {
    world.configure(&format!(
        "[roles]\nchat = [\"local/scripted\"]\n[providers.local]\nwire = \"{wire}\"\n\
         base_url = \"http://{}/v1\"\nfirst_byte_timeout = 20\nidle_timeout = 20\n{more}\n",
        model.address
    ));
}

fn first() -> Reply {
    Reply::text(
        "SOURCES\n[1] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 3;\n\nANSWER\nThree times [1]. Surely.\n",
    )
}

/// It names a file that only the first question was shown in full.
fn second() -> Reply {
    Reply::text(
        "SOURCES\n[1] src/main.rs:2\n> retry(&request());\n[2] src/retry.rs:5\n> let mut left = ATTEMPTS;\n\n\
         ANSWER\nIn main [1]. It counts down [2].\n",
    )
}

fn kept(world: &World) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "jsonl")
                && path.parent().is_some_and(|folder| folder.ends_with("sessions"))
            {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&world.root(), &mut found);
    found.sort();
    found
}

#[test]
fn the_next_question_goes_on_from_the_last_answer_in_another_run() {
    let (world, model) = (world(), Model::plays([first(), second()]));
    serve(&world, &model, "");
    let before = world.tree();
    let one = world.rein(&["ask", "--json", QUESTION]).ends(0).json();
    let two = world.rein(&["ask", "--json", "--continue", NEXT]).ends(0).json();
    assert_eq!(world.tree(), before, "nothing of it is in the project");
    assert_eq!((&one["goes_on"], &two["goes_on"]), (&json!(false), &json!(true)));
    assert_eq!((&one["conversation"], &two["conversation"]), (&one["id"], &one["id"]));
    let verified: Vec<&Value> =
        two["answer"].as_array().unwrap().iter().map(|one| &one["verified"]).collect();
    assert_eq!(verified, [true, true], "{two:#}");
    // The second request is the first, its answer, and something behind it: what a provider kept is of use.
    let sent: Vec<Value> = model.requests.all().iter().map(|request| request.json()).collect();
    let messages: Vec<&[Value]> =
        sent.iter().map(|sent| sent["messages"].as_array().unwrap().as_slice()).collect();
    assert!(messages[1].starts_with(messages[0]), "{sent:#?}");
    assert_eq!(messages[1].len(), messages[0].len() + 2);
    assert!(messages[1].last().unwrap()["content"].as_str().unwrap().contains(NEXT));
    // One file, one line for each answer, readable by nobody else; the first is as it was.
    let [file] = &kept(&world)[..] else { panic!("{:?}", kept(&world)) };
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 2);
}

#[test]
fn what_a_model_looked_up_is_part_of_what_is_gone_on_from_over_every_wire() {
    for wire in ["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"] {
        let looks = Reply::text("Let me look.").calling("read", r#"{"path": "src/main.rs"}"#);
        let (world, model) = (world(), Model::plays([looks, second(), second()]));
        over(&world, &model, wire, "");
        let one = world.rein(&["ask", "--json", "--depth", "research", "how often is a request tried"]);
        let one = one.ends(0).json();
        let two = world.rein(&["ask", "--json", "--continue", "once more, about retry"]).ends(0).json();
        assert_eq!((&two["goes_on"], &two["depth"]), (&json!(true), &json!("research")), "{wire}");
        assert_eq!(two["citations"][0]["status"], "verified", "{wire}: what a tool gave is evidence still");
        assert_eq!((two["conversation"].clone(), model.asked()), (one["id"].clone(), 3), "{wire}");
        let sent: Vec<Value> = model.requests.all().iter().map(|request| request.json()).collect();
        let key = ["messages", "input", "contents"].into_iter().find(|key| sent[0].get(key).is_some());
        let messages = |at: usize| without_marks(&sent[at][key.unwrap()]);
        let (before, after) = (messages(1), messages(2));
        assert!(after.as_array().unwrap().starts_with(before.as_array().unwrap()), "{wire}: {sent:#?}");
        assert_eq!(sent[1]["tools"], sent[2]["tools"], "{wire}");
    }
}

/// Messages without the marks that say up to where a provider is to keep them: those move on.
fn without_marks(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(without_marks).collect(),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| *key != "cache_control");
            kept.map(|(key, value)| (key.clone(), without_marks(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        other => other.clone(),
    }
}

#[test]
fn any_answer_can_be_gone_on_from_by_its_name() {
    let (world, model) = (world(), Model::plays([first(), second(), second(), first()]));
    serve(&world, &model, "");
    let one = world.rein(&["ask", "--json", QUESTION]).ends(0).json();
    let id = one["id"].as_str().unwrap();
    world.rein(&["ask", "--continue", NEXT]).ends(0);
    // Behind the first once more, under either spelling; and the last conversation is another now.
    for continued in [&["--continue", id][..], &[&format!("--continue={}", &id[..5])]] {
        let ran = world.rein(&[&["ask", "--json"], continued, &["once more, about retry"]].concat());
        let ran = ran.ends(0).json();
        assert_eq!((&ran["conversation"], &ran["goes_on"]), (&one["id"], &json!(true)), "{continued:?}");
        assert_eq!(ran["question"], "once more, about retry");
    }
    let listed = world.rein(&["ask", "--list", "--json"]).ends(0).json();
    let after: Vec<&Value> = listed["answers"].as_array().unwrap().iter().map(|one| &one["after"]).collect();
    assert_eq!(after, [&Value::Null, &one["id"], &one["id"], &one["id"]], "a tree, not a line");
    for (wrong, code) in [("deadbeef", 64), ("", 64)] {
        world.rein(&["ask", &format!("--continue={wrong}x"), NEXT]).ends(code);
    }
}

#[test]
fn what_cannot_be_gone_on_from_is_refused_before_a_model_is_asked() {
    let world = world();
    let ran = world.rein(&["ask", "--json", "--continue", NEXT]).ends(1);
    assert!(ran.json()["reason"].as_str().unwrap().contains("no question"), "{ran:?}");
    let cut =
        Reply::text("SOURCES\n[1] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 3;\n\nANSWER\nThree [1]. A");
    let model = Model::plays([cut.with(Fault::Finish("length".into())), first()]);
    serve(&world, &model, "");
    let part = world.rein(&["ask", "--json", QUESTION]).ends(4).json();
    let named = format!("--continue={}", part["id"].as_str().unwrap());
    let ran = world.rein(&["ask", "--json", &named, NEXT]).ends(5);
    assert!(ran.json()["reason"].as_str().unwrap().contains("did not come to its end"), "{ran:?}");
    world.rein(&["ask", QUESTION]).ends(0);
    let ran = world.rein(&["ask", "--json", "--depth", "research", "--continue", NEXT]).ends(64);
    assert!(ran.json()["reason"].as_str().unwrap().contains("depth quick"), "{ran:?}");
    assert_eq!(model.asked(), 2);
}

#[test]
fn an_answer_is_shown_again_and_each_source_says_what_has_become_of_it() {
    let (world, model) = (world(), Model::plays([first(), second()]));
    serve(&world, &model, "");
    world.rein(&["ask", QUESTION]).ends(0);
    world.rein(&["ask", "--continue", NEXT]).ends(0);
    let told = world.rein(&["ask", "--show"]).ends(0).text();
    assert!(told.contains(QUESTION) && told.contains("Three times [1]. Surely. [?]"), "{told}");
    assert!(told.contains("[2] src/retry.rs:5  verified\n"), "{told}");
    // Lines come before it, then it says something else, then there is no such file.
    let since = |source: usize| {
        let shown = world.rein(&["ask", "--show", "--json"]).ends(0).json();
        let last = shown["answers"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["citations"][source]["status"], "verified", "it held when it was given");
        (last["citations"][source]["since"].clone(), last["citations"][source]["now"].clone())
    };
    assert_eq!(since(1), (json!("unchanged"), Value::Null));
    world.write("src/retry.rs", format!("//! Retries.\n\n{RETRY}"));
    assert_eq!(since(1), (json!("moved"), json!([7, 7])));
    assert_eq!(since(0), (json!("unchanged"), Value::Null));
    world.write("src/retry.rs", RETRY.replace("let mut left", "let mut right"));
    assert_eq!(since(1), (json!("changed"), Value::Null));
    let told = world.rein(&["ask", "--show"]).ends(0).text();
    assert!(told.contains("verified; the file changed since, and does not say so any more"), "{told}");
    std::fs::remove_file(world.root().join("project/src/retry.rs")).unwrap();
    assert_eq!(since(1), (json!("gone"), Value::Null));
    world.rein(&["ask", "--show", "deadbeef"]).ends(64);
}

#[test]
fn an_answer_goes_into_a_new_file_as_markdown_and_replaces_none() {
    let (world, model) = (world(), Model::plays([first(), second()]));
    serve(&world, &model, "");
    let ran = world.rein(&["ask", "--out", "notes/answer.md", QUESTION]).ends(5);
    assert_eq!(model.asked(), 0, "said before anything is spent: {ran:?}");
    let ran = world.rein(&["ask", "--out", "answer.md", QUESTION]).ends(0);
    assert_eq!(ran.text(), "");
    let written = std::fs::read_to_string(world.root().join("project/answer.md")).unwrap();
    for part in [
        "# how often is a request tried, where is retry\n",
        "1 of 2 sentences have a source that was verified",
        "Three times [1]. Surely. [?]\n",
        "**[1]** [`src/retry.rs:2`](src/retry.rs#L2-L2) verified\n\n```\npub const ATTEMPTS: u32 = 3;\n```\n",
    ] {
        assert!(written.contains(part), "{part}\n{written}");
    }
    world.rein(&["ask", "--out", "answer.md", QUESTION]).ends(2);
    world.rein(&["ask", "--show", "--out", "answer.md"]).ends(2);
    let shown = world.rein(&["ask", "--show", "--out", "-"]).ends(0).text();
    assert_eq!(shown, written);
    assert_eq!(model.asked(), 1);
}

#[test]
fn nothing_is_kept_where_the_user_wants_none_and_a_secret_in_a_file_is_not() {
    let world = world();
    let key = format!("const KEY: &str = \"{}{}\";\n", "gh", "p_0123456789abcdefghijABCDEFGHIJ012345");
    world.write("src/retry.rs", format!("{RETRY}{key}"));
    let model = Model::plays([first(), first()]);
    serve(&world, &model, "");
    world.rein(&["ask", QUESTION]);
    let all: String = kept(&world).iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert!(all.contains("how often") && !all.contains("0123456789abcdefghij"), "{all}");
    let ran = world.rein(&["ask", "--json", "--continue", NEXT]).ends(5);
    assert!(ran.json()["reason"].as_str().unwrap().contains("a secret was shown"), "{ran:?}");
    let files = kept(&world).len();
    serve(&world, &model, "[ask]\nkeep_days = 0");
    let document = world.rein(&["ask", "--json", QUESTION]).json();
    assert_eq!((&document["id"], kept(&world).len()), (&Value::Null, files));
}

#[test]
fn a_line_that_a_crash_cut_off_or_nobody_understands_takes_no_other_along() {
    let (world, model) = (world(), Model::plays([first(), second()]));
    serve(&world, &model, "");
    world.rein(&["ask", QUESTION]).ends(0);
    let [file] = &kept(&world)[..] else { panic!() };
    let whole = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, format!("{{\"id\": 7}}\n{whole}{}", &whole[..whole.len() / 2])).unwrap();
    let two = world.rein(&["ask", "--json", "--continue", NEXT]).ends(0).json();
    assert_eq!(two["goes_on"], true);
    let listed = world.rein(&["ask", "--list", "--json"]).ends(0).json();
    assert_eq!(listed["answers"].as_array().unwrap().len(), 2, "{listed:#}");
    // Whatever is made of what is written, a request is made of the pieces that are shown, or is not made.
    let end = whole.rfind("</instruction>").unwrap();
    std::fs::write(file, format!("{}<b>{}", &whole[..end], &whole[end..])).unwrap();
    let ran = world.rein(&["ask", "--json", "--continue", NEXT]).ends(5);
    assert!(ran.json()["reason"].as_str().unwrap().contains("cannot be read"), "{ran:?}");
    assert_eq!(model.asked(), 2);
}
