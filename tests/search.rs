//! `rein search` and `rein index`, as a person and a script see them: what is found, what is left out
//! and why, and that the project is not touched.

mod support;

use serde_json::Value;
use support::World;

const CONFIG: &str =
    "/// Reads the settings.\npub fn parse_config(text: &str) -> Config {\n    todo(text)\n}\n";
const WATCH: &str =
    "/// Watches the folder for changes.\npub struct FolderWatcher {\n    debounce: u64,\n}\n";

fn world() -> World {
    World::folder(&[
        ("src/config.rs", CONFIG),
        ("src/watch.rs", WATCH),
        ("tests/watch.rs", "fn watcher_reports_a_folder() { FolderWatcher; }\n"),
        ("README.md", "# Watcher\n\nIt watches a folder.\n"),
    ])
}

fn found(world: &World, args: &[&str]) -> Vec<Value> {
    let all = [&["search", "--json"], args].concat();
    world.rein(&all).ends(0).json().as_array().unwrap().clone()
}

#[test]
fn words_find_the_definition_with_its_lines_its_weight_and_the_reason() {
    let world = world();
    let before = world.tree();
    let hits = found(&world, &["watching", "folders"]);
    assert_eq!(hits[0]["path"], "src/watch.rs");
    assert_eq!((&hits[0]["start_line"], &hits[0]["end_line"]), (&1.into(), &4.into()));
    assert_eq!(hits[0]["tokens"], WATCH.len().div_ceil(7) as u64 * 2);
    let why: Vec<&str> = hits[0]["why"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(why.contains(&"def:FolderWatcher"), "{why:?}");
    assert!(hits.windows(2).all(|pair| pair[0]["score"].as_f64() >= pair[1]["score"].as_f64()));
    assert_eq!(world.tree(), before, "searching writes nothing into the project");

    let told = world.rein(&["search", "parse_config"]).ends(0).text();
    assert!(told.starts_with("src/config.rs:1-4  def:parse_config"), "{told}");
}

#[test]
fn the_limit_the_budget_and_stdin_are_obeyed() {
    let world = world();
    assert_eq!(found(&world, &["--limit", "1", "watch", "folder"]).len(), 1);
    let weight = |hits: &[Value]| hits.iter().map(|hit| hit["tokens"].as_u64().unwrap()).sum::<u64>();
    let all = found(&world, &["watch folder"]);
    let budget = weight(&all) - 1;
    let fewer = found(&world, &["--budget-tokens", &budget.to_string(), "watch folder"]);
    assert!(weight(&fewer) <= budget && fewer.len() < all.len() && !fewer.is_empty());
    let none = world.rein(&["search", "--budget-tokens", "1", "watch folder"]).ends(1);
    assert!(none.err.contains("none of which fits in 1 tokens; raise `--budget-tokens`"), "{}", none.err);
    let piped = world.rein_with(&["search", "--json", "-"], "watch folder\n").ends(0).json();
    assert_eq!(piped, Value::from(all));
}

#[test]
fn what_is_not_there_is_exit_1_and_what_cannot_be_is_said() {
    let world = world();
    assert_eq!(world.rein(&["search", "--json", "zyxwvut"]).ends(1).json(), Value::Array(vec![]));
    assert_eq!(world.rein(&["search", "zyxwvut"]).ends(1).text(), "");
    assert!(world.rein(&["search", "--mode", "semantic", "x"]).ends(5).err.contains("embed ="));
    assert!(world.rein(&["search", "--mode", "regex", "("]).ends(64).err.contains("no regular expression"));
    world.rein(&["search", "  "]).ends(64);
}

#[test]
fn a_regular_expression_is_looked_for_line_by_line() {
    let world = world();
    let hits = found(&world, &["--mode", "regex", r"pub (fn|struct) \w+"]);
    let paths: Vec<&str> = hits.iter().map(|hit| hit["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["src/config.rs", "src/watch.rs"]);
    assert_eq!(hits[0]["why"][0], "matches:1 from line 2");
}

#[test]
fn who_uses_a_name_is_found_by_the_whole_word_with_the_lines_and_the_user() {
    let world = world();
    world.write(
        "src/main.rs",
        "fn main() {\n    let text = read();\n    parse_config(&text);\n}\nfn parse_config_twice() {}\n",
    );
    world.write("tests/config.rs", "fn it_parses() { parse_config(\"\"); parse_config(\"a\"); }\n");
    let hits = found(&world, &["--mode", "uses", "config::parse_config()"]);
    let told: Vec<(&str, &str, &str)> = hits
        .iter()
        .map(|hit| {
            (hit["path"].as_str().unwrap(), hit["why"][0].as_str().unwrap(), hit["why"][1].as_str().unwrap())
        })
        .collect();
    let expected = [
        ("src/main.rs", "uses:parse_config on 3", "in:main"),
        ("tests/config.rs", "uses:parse_config on 1", "in:it_parses"),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        world.rein(&["search", "--json", "--mode", "uses", "never_named"]).ends(1).json(),
        Value::Array(vec![])
    );
    assert!(world.rein(&["search", "--mode", "uses", "::"]).ends(64).err.contains("no name"));
}

#[test]
fn at_repo_a_request_begins_with_the_map_of_the_project() {
    let world = world();
    world.write("src/main.rs", "fn main() {\n    parse_config();\n    let watcher: FolderWatcher;\n}\n");
    world.rein(&["index"]).ends(0);
    let segments = |level: &[&str]| -> Vec<Value> {
        let args = [&["context", "--json"], level, &["add a flag"]].concat();
        let all = world.rein(&args).ends(0).json();
        all["segments"].as_array().unwrap().iter().filter(|one| one["source"] == "map").cloned().collect()
    };
    // A request goes without the index rather than late: on a busy machine the first may.
    let map = (0..50).map(|_| segments(&["--level", "repo"])).find(|map| !map.is_empty()).unwrap();
    let why = "2 of 5 files as they are (there is no commit), 2 definitions: what the others refer to most";
    assert_eq!(map[0]["why"], why);
    assert_eq!(map[0]["trust"], "repository");
    let text = map[0]["text"].as_str().unwrap();
    let listed: Vec<&str> = text.lines().filter(|line| !line.starts_with(['<'])).collect();
    let expected = [
        "src/config.rs",
        "  pub fn parse_config(text: &str) -> Config",
        "src/watch.rs",
        "  pub struct FolderWatcher",
    ];
    assert_eq!(listed, expected);
    assert!(segments(&["--level", "file", "--file", "src/main.rs"]).is_empty());
}

#[test]
fn the_map_is_of_the_last_commit_and_the_next_session_has_it_at_once() {
    let world = world();
    world.write("src/main.rs", "fn main() {\n    parse_config();\n    let watcher: FolderWatcher;\n}\n");
    world.git(&["init", "-q"]).ends(0);
    world.git(&["add", "src"]).ends(0);
    let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    world.git(&[&who[..], &["commit", "-q", "-m", "first"]].concat()).ends(0);
    world.rein(&["index"]).ends(0);
    let mapped = || -> Option<(String, String)> {
        let all = world.rein(&["context", "--json", "--level", "repo", "add a flag"]).ends(0).json();
        let map = all["segments"].as_array().unwrap().iter().find(|one| one["source"] == "map")?.clone();
        Some((map["why"].as_str().unwrap().into(), map["text"].as_str().unwrap().into()))
    };
    // On a busy machine a request goes without it, and says so.
    let first = (0..50).find_map(|_| mapped()).unwrap();
    let id = world.git(&["rev-parse", "HEAD"]).ends(0).text();
    assert!(
        first.0.starts_with(&format!("2 of 3 files of commit {}, 2 definitions", &id[..10])),
        "{}",
        first.0
    );
    // What is being worked on changes nothing of it, and no index is needed for it.
    world.write("src/config.rs", "pub fn read_everything() {}\n");
    world.write("src/new.rs", "fn more() { read_everything(); parse_config(); }\n");
    world.git(&["rm", "-q", "--cached", "src/watch.rs"]).ends(0);
    assert_eq!((0..50).find_map(|_| mapped()).unwrap(), first);
}

#[test]
fn a_change_is_found_at_the_next_search_and_what_is_gone_is_not() {
    let world = world();
    world.rein(&["index"]).ends(0);
    world.write("src/config.rs", CONFIG.replace("parse_config", "read_settings"));
    std::fs::remove_file(world.project().join("src/watch.rs")).unwrap();
    world.write("src/fresh.rs", "fn brand_new() {}\n");
    assert_eq!(found(&world, &["read_settings"])[0]["path"], "src/config.rs");
    assert_eq!(found(&world, &["brand_new"])[0]["path"], "src/fresh.rs");
    assert!(found(&world, &["FolderWatcher"]).iter().all(|hit| hit["path"] != "src/watch.rs"));
}

#[test]
fn the_order_is_the_same_however_the_index_came_to_be() {
    let world = world();
    world.write("src/config.rs", "fn other() {}\n");
    found(&world, &["watch folder"]);
    world.write("src/config.rs", CONFIG);
    let grown = found(&world, &["watch folder settings"]);
    world.rein(&["index", "--rebuild"]).ends(0);
    assert_eq!(found(&world, &["watch folder settings"]), grown);
}

#[test]
fn secrets_binaries_and_generated_files_are_left_out_and_said_so() {
    let world = world();
    world.write(".env", "PASSWORD=hunter2\n");
    world.write("key.txt", "-----BEGIN PRIVATE KEY-----\nhunter2\n");
    world.write("a.bin", b"hunter2\0");
    world.write("big.log", "hunter2\n".repeat(200_000));
    world.write("package-lock.json", "{\"hunter2\": 1}\n");
    world.write(".gitignore", "out/\n");
    world.write("out/x.rs", "fn hunter2() {}\n");
    world.rein(&["search", "hunter2"]).ends(1);
    world.rein(&["search", "--mode", "regex", "hunter2"]).ends(1);
    let status = world.rein(&["index", "--status", "--json"]).ends(0).json();
    let why = |path: &str| {
        let skipped = status["skipped"].as_array().unwrap();
        skipped.iter().find(|one| one["path"] == path).map(|one| one["why"].clone())
    };
    for (path, reason) in [
        (".env", "secret"),
        ("key.txt", "secret"),
        ("a.bin", "binary"),
        ("big.log", "too-large"),
        ("package-lock.json", "generated"),
    ] {
        assert_eq!(why(path), Some(reason.into()), "{path}");
    }
    assert_eq!(status["ignored"], serde_json::json!(["out/"]));
    assert_eq!((&status["files"], &status["stale"]), (&5.into(), &0.into()));
    let told = world.rein(&["index", "--status"]).ends(0).text();
    assert!(told.contains("not indexed, may hold secrets: .env, key.txt"), "{told}");
}

#[test]
fn a_damaged_index_is_made_again_without_a_word() {
    let world = world();
    let folder = world.root().join("elsewhere");
    let env = [("REIN_INDEX_DIR", folder.to_str().unwrap())];
    world.rein_env(&env, &["index"]).ends(0);
    let inner = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let file = inner.join("index");
    let good = std::fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        bad
    };
    let cut = [0, 1, 17, 18, good.len() / 2, good.len() - 1].map(|end| good[..end].to_vec());
    let grown = [good.clone(), b"more".to_vec()].concat();
    let spots = [0, 10, 14, 18, good.len() / 3, good.len() - 1].map(flipped);
    for bad in cut.into_iter().chain(spots).chain([grown]) {
        std::fs::write(&file, bad).unwrap();
        let ran = world.rein_env(&env, &["search", "parse_config"]).ends(0);
        assert_eq!((ran.text().starts_with("src/config.rs"), ran.err.as_str()), (true, ""));
        assert_eq!(std::fs::read(&file).unwrap().len(), good.len());
    }
    assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1, "no litter");
}

#[test]
fn an_index_in_the_work_tree_is_refused_and_a_read_only_cache_is_no_obstacle() {
    let world = world();
    let before = world.tree();
    let inside = world.root().join("project/.index");
    let ran = world.rein_env(&[("REIN_INDEX_DIR", inside.to_str().unwrap())], &["search", "watch"]).ends(5);
    assert!(ran.err.contains("REIN_INDEX_DIR"), "{}", ran.err);
    assert_eq!(world.tree(), before);
    // A file where the folder should be: nothing can be kept there, and the search works all the same.
    let blocked = world.root().join("blocked");
    std::fs::write(&blocked, "").unwrap();
    let ran = world.rein_env(&[("REIN_INDEX_DIR", blocked.to_str().unwrap())], &["search", "parse_config"]);
    assert!(ran.ends(0).text().starts_with("src/config.rs"));
    let ran = world.rein_env(&[("REIN_INDEX_DIR", blocked.to_str().unwrap())], &["index"]).ends(0);
    assert!(ran.text().contains("not kept"), "{}", ran.text());
}

#[test]
fn index_reports_what_it_did() {
    let world = world();
    let first = world.rein(&["index", "--json"]).ends(0).json();
    assert_eq!((&first["files"], &first["chunks"], &first["changed"]), (&4.into(), &4.into(), &4.into()));
    assert!(first["bytes"].as_u64().unwrap() > 0 && first["ms"].is_u64());
    assert_eq!(world.rein(&["index", "--json"]).ends(0).json()["changed"], 0);
    assert_eq!(world.rein(&["index", "--rebuild", "--json"]).ends(0).json()["changed"], 4);
}
