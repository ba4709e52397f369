//! What a model is shown, as a person sees it before and the server receives it: `rein context` and the
//! bytes on the wire, with excerpts from the index.

mod support;

use rein::provider::scripted::Reply;
use serde_json::Value;
use support::{Model, World, block};

const CART: &str = "pub fn total(items: &[Item]) -> u64 {\n    items.iter().map(price_of).sum()\n}\n";
const PRICE: &str = "/// The price of an item, with its discount.\npub fn price_of(item: &Item) -> u64 {\n    item.cents\n}\n";
const SECRET: &str = "price_of=hunter2\n";

fn shop() -> World {
    let world = World::repository(&[
        ("src/cart.rs", CART),
        ("src/price.rs", PRICE),
        ("src/other.rs", "pub fn unrelated() {}\n"),
        (".env", SECRET),
        ("deploy.key", SECRET),
    ]);
    world.rein(&["index"]).ends(0);
    world
}

fn segments(world: &World, args: &[&str]) -> Vec<Value> {
    let all = [&["context", "--json"], args].concat();
    world.rein(&all).ends(0).json()["segments"].as_array().unwrap().clone()
}

fn joined(segments: &[Value], system: bool) -> String {
    let of = segments.iter().filter(|one| (one["source"] == "system") == system);
    of.map(|one| one["text"].as_str().unwrap()).collect()
}

const AT: [&[&str]; 3] = [
    &["--level", "selection", "--file", "src/cart.rs", "--lines", "2-2", "use the discount of price_of"],
    &["--level", "file", "--file", "src/cart.rs", "use the discount of price_of"],
    &["--level", "repo", "use the discount of price_of"],
];

#[test]
fn what_is_shown_is_to_the_byte_what_edit_sends_at_every_notch() {
    for args in AT {
        let (world, model) = (shop(), Model::says("Nothing to do."));
        world.ask(&model);
        let shown = segments(&world, args);
        assert_eq!(model.asked(), 0, "showing sends nothing");
        world.rein(&[&["edit"], args].concat()).ends(1);
        let sent = model.requests.all()[0].json();
        let messages = sent["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 2);
        assert_eq!(messages[0]["content"], joined(&shown, true), "{args:?}");
        assert_eq!(messages[1]["content"], joined(&shown, false), "{args:?}");
    }
}

#[test]
fn what_the_instruction_is_about_comes_along_with_source_reason_weight_and_trust() {
    let world = shop();
    for args in &AT[..2] {
        let shown = segments(&world, args);
        let excerpt = shown.iter().find(|one| one["source"] == "excerpt").unwrap();
        assert_eq!(
            (&excerpt["path"], &excerpt["lines"]),
            (&"src/price.rs".into(), &serde_json::json!([1, 4]))
        );
        assert_eq!(excerpt["trust"], "repository");
        assert!(excerpt["why"].as_str().unwrap().contains("price_of"), "{excerpt}");
        assert!(excerpt["tokens"].as_u64().unwrap() > 0);
    }
    let shown = segments(&world, AT[2]);
    let whole = shown.iter().find(|one| one["path"] == "src/price.rs").unwrap();
    assert_eq!(whole["source"], "file", "at `repo` what is found may change, and so is shown whole");
    let told = world.rein(&[&["context"], AT[1]].concat()).ends(0).text();
    assert!(told.contains("src/price.rs 1-4, excerpt  ~"), "{told}");
}

#[test]
fn secrets_are_not_sent_whatever_is_asked() {
    let world = shop();
    for args in AT {
        let about = [&args[..args.len() - 1], &["hunter2 price_of .env deploy.key"]].concat();
        let shown = segments(&world, &about);
        assert!(!joined(&shown, false).contains("price_of=hunter2"), "{args:?}");
    }
}

#[test]
fn without_an_index_the_person_is_told_and_the_request_goes_all_the_same() {
    let world = shop();
    let inside = world.root().join("project/.index");
    let args = [&["context", "--json"], AT[1]].concat();
    let shown = world.rein_env(&[("REIN_INDEX_DIR", inside.to_str().unwrap())], &args).ends(0).json();
    assert!(shown["notes"][0].as_str().unwrap().starts_with("without excerpts: "), "{shown}");
    assert!(shown["segments"].as_array().unwrap().iter().all(|one| one["source"] != "excerpt"));
}

#[test]
fn an_excerpt_can_be_read_and_not_changed() {
    let world = shop();
    let new = PRICE.replace("item.cents", "0");
    let model = Model::plays([Reply::text(block("src/price.rs", PRICE, &new)), Reply::text("I cannot.")]);
    world.ask(&model);
    let before = world.tree();
    world.rein(&[&["edit", "--apply"], AT[1]].concat()).ends(2);
    assert_eq!(world.tree(), before);
}

#[test]
fn what_cannot_be_meant_is_a_usage_error_and_what_does_not_fit_is_said() {
    let world = shop();
    world.rein(&["context", "--level", "file", "x"]).ends(64);
    world.rein(&["context", "--level", "selection", "--file", "src/cart.rs", "x"]).ends(64);
    world.write("src/large.rs", "fn a() {}\n".repeat(20_000));
    let ran = world.rein(&["context", "--level", "file", "--file", "src/large.rs", "x"]).ends(5);
    assert!(ran.err.contains("selection"), "{}", ran.err);
}
