//! Search by meaning, as a person and a script see it: what is sent, to whom, what is said of it, what it
//! costs, and that nothing happens without the role.

mod support;

use rein::provider::scripted::{Fault, Reply};
use serde_json::Value;
use support::{Model, World};

const DEBOUNCE: &str = "pub struct Debouncer {\n    quiet: u64,\n}\n";
const PARSE: &str = "pub fn parse_tokens(text: &str) -> Vec<Token> {\n    todo(text)\n}\n";

fn world() -> World {
    let world = World::folder(&[
        ("src/quiet.rs", DEBOUNCE),
        ("src/parse.rs", PARSE),
        ("src/other.rs", "fn other() {}\n"),
    ]);
    world.write(".env", "PASSWORD=hunter2\n");
    world
}

fn with_role(world: &World, model: &Model, more: &str) {
    world.configure(&format!(
        "[roles]\nembed = [\"near/m\"]\n[providers.near]\nwire = \"voyage\"\nbase_url = \"http://{}/v1\"\n[models.m]\ninput = 1000\noutput = 0\n{more}",
        model.address
    ));
}

fn found(world: &World, args: &[&str]) -> Vec<Value> {
    world.rein(&[&["search", "--json"], args].concat()).ends(0).json().as_array().unwrap().clone()
}

#[test]
fn what_words_do_not_find_is_found_by_meaning_and_each_text_is_sent_once() {
    let world = world();
    let model = Model::plays([]);
    with_role(&world, &model, "");
    world.rein(&["search", "debouncification"]).ends(1);
    assert_eq!(model.asked(), 0, "words alone ask nobody, also where the role is configured");
    let hits = found(&world, &["--mode", "semantic", "debouncification"]);
    assert_eq!(hits[0]["path"], "src/quiet.rs");
    assert!(hits[0]["why"][0].as_str().unwrap().starts_with("meaning:0."), "{}", hits[0]["why"]);
    assert_eq!(model.asked(), 2, "the texts in one request, and the question");
    let sent = model.requests.all();
    assert_eq!(sent[0].json()["input"].as_array().unwrap().len(), 3);
    assert!(sent.iter().all(|one| !one.body.contains("hunter2")));
    found(&world, &["--mode", "semantic", "parse_tokens"]);
    world.write("src/other.rs", "fn quite_other() {}\n");
    found(&world, &["--mode", "semantic", "parse_tokens"]);
    let texts = |n: usize| model.requests.all()[n].json()["input"].as_array().unwrap().len();
    assert_eq!((model.asked(), texts(3)), (5, 1), "only what changed");
    let both = found(&world, &["--mode", "semantic", "parse_tokens"]);
    let why: Vec<&str> = both[0]["why"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(why[0].starts_with("def:") && why.iter().any(|one| one.starts_with("meaning:")), "{why:?}");
}

#[test]
fn the_index_says_what_is_sent_where_and_what_it_cost() {
    let world = world();
    let told = world.rein(&["index", "--status"]).ends(0).text();
    assert!(told.ends_with("nothing of it leaves this machine\n"), "{told}");
    let status = world.rein(&["index", "--status", "--json"]).ends(0).json();
    assert_eq!((&status["sent"], &status["vectors"]), (&false.into(), &Value::Null));
    let model = Model::plays([]);
    with_role(&world, &model, "");
    let told = world.rein(&["index", "--status"]).ends(0).text();
    assert!(
        !told.contains("nothing of it leaves") && told.contains("its texts are sent to near/m at 127.0.0.1"),
        "{told}"
    );
    assert_eq!(model.asked(), 0);
    let made = world.rein(&["index", "--json"]).ends(0).json()["vectors"].clone();
    assert_eq!((&made["made"], &made["missing"], &made["chunks"]), (&3.into(), &0.into(), &3.into()));
    assert!(made["cost"]["micro_usd"].as_u64().unwrap() > 0);
    let again = world.rein(&["index"]).ends(0).text();
    assert!(
        again.contains("vectors: 3 of 3 chunks by near/m, 0 missing; kept on this machine, $0"),
        "{again}"
    );
    assert_eq!(model.asked(), 1);
    let context = world
        .rein(&["context", "--level", "file", "--file", "src/parse.rs", "make it faster"])
        .ends(0)
        .text();
    assert!(context.contains("note: the project's texts go to near/m at 127.0.0.1"), "{context}");
    assert!(
        world.rein(&["log", "--wire"]).ends(0).text().contains("embeddings"),
        "and the wire's ledger has it"
    );
}

#[test]
fn limits_outages_and_a_missing_role_are_said_with_their_codes() {
    let world = world();
    let ran = world.rein(&["search", "--mode", "semantic", "x"]).ends(5);
    assert!(ran.err.contains("`[roles]`"), "{}", ran.err);
    let model = Model::plays([]);
    with_role(&world, &model, "[embed]\ntokens = 5\n");
    let ran = world.rein(&["index"]).ends(4);
    assert!(ran.err.contains("`embed.tokens` allows 5") && ran.text().contains("3 missing"), "{ran:?}");
    with_role(&world, &model, "[budget]\nday = 0.001\n");
    world.rein(&["search", "--mode", "semantic", "x"]).ends(4);
    assert_eq!(model.asked(), 0, "what may not be paid for does not leave");
    let body = r#"{"error": {"message": "no such key"}}"#.to_owned();
    let refuses =
        || Reply::fault(Fault::Status { status: 401, retry_after: None, body: body.clone() }).when("input");
    let model = Model::plays([refuses(), refuses()]);
    with_role(&world, &model, "[embed]\nauto = true\n");
    let ran = world.rein(&["search", "--mode", "semantic", "parse"]).ends(3);
    assert!(ran.err.contains("--mode lexical"), "{}", ran.err);
    assert_eq!(found(&world, &["parse_tokens"])[0]["path"], "src/parse.rs", "by default words alone will do");
    let key = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    world.rein(&["search", "--mode", "semantic", key]).ends(2);
    assert!(model.requests.all().iter().all(|one| !one.body.contains(key)));
}

#[test]
fn searches_by_default_use_the_vectors_where_the_user_says_so_and_make_none() {
    let world = world();
    let model = Model::plays([]);
    with_role(&world, &model, "[embed]\nauto = true\n");
    world.rein(&["search", "debouncification"]).ends(1);
    assert_eq!(model.asked(), 0, "there is nothing to compare the question with");
    world.rein(&["index"]).ends(0);
    assert_eq!(found(&world, &["debouncification"])[0]["path"], "src/quiet.rs");
    world.rein(&["search", "--mode", "lexical", "debouncification"]).ends(1);
}

#[test]
fn vectors_may_be_kept_by_a_server_that_gets_no_text() {
    let world = world();
    let model = Model::plays([]);
    let store = Model::plays([]);
    with_role(
        &world,
        &model,
        &format!("[embed]\nstore = \"http://{}\"\ncollection = \"ours\"\n", store.address),
    );
    assert_eq!(found(&world, &["--mode", "semantic", "debouncification"])[0]["path"], "src/quiet.rs");
    let put = store.requests.all();
    assert!(put.iter().all(|one| one.path.starts_with("/collections/ours")), "{put:?}");
    assert!(
        put.len() >= 4 && put.iter().all(|one| !one.body.contains("ebounc") && !one.body.contains("quiet"))
    );
    let told = world.rein(&["index", "--status"]).ends(0).text();
    assert!(
        told.contains("0 missing; kept vectors (127.0.0.1:") && told.contains("collection ours"),
        "{told}"
    );
    drop(store);
    world.rein(&["search", "--mode", "semantic", "debouncification"]).ends(3);
}

/// A folder as model2vec writes it: two words that mean the same, and one that does not.
fn weights(world: &World) -> String {
    let folder = world.root().join("table");
    std::fs::create_dir_all(&folder).unwrap();
    let tokenizer = r###"{"normalizer": {"type": "BertNormalizer", "lowercase": true}, "model": {"type": "WordPiece",
        "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "settle": 1, "quiet": 2, "text": 3}}}"###;
    std::fs::write(folder.join("tokenizer.json"), tokenizer).unwrap();
    let rows: [f32; 8] = [0.0, 0.0, 1.0, 0.1, 1.0, 0.0, 0.0, 1.0];
    let data: Vec<u8> = rows.iter().flat_map(|number| number.to_le_bytes()).collect();
    let head = r#"{"embeddings": {"dtype": "F32", "shape": [4, 2], "data_offsets": [0, 32]}}"#;
    let file = [&(head.len() as u64).to_le_bytes(), head.as_bytes(), &data].concat();
    std::fs::write(folder.join("model.safetensors"), file).unwrap();
    folder.to_str().unwrap().to_owned()
}

#[test]
fn a_table_of_the_users_own_searches_by_meaning_and_nothing_leaves() {
    let world = world();
    let folder = weights(&world);
    world.configure(&format!("[embed]\nweights = \"{folder}\"\n"));
    world.rein(&["search", "settle"]).ends(1);
    let hits = found(&world, &["--mode", "semantic", "settle"]);
    assert_eq!(
        (&hits[0]["path"], &hits[0]["why"][0]),
        (&"src/quiet.rs".into(), &"meaning:1.00".into()),
        "{hits:?}"
    );
    let told = world.rein(&["index", "--status"]).ends(0).text();
    assert!(
        told.contains("by table/table, 0 missing") && told.ends_with("nothing of it leaves this machine\n"),
        "{told}"
    );
    assert_eq!(world.rein(&["index", "--status", "--json"]).ends(0).json()["sent"], false);
    std::fs::write(world.root().join("table/tokenizer.json"), "{}").unwrap();
    let ran = world.rein(&["search", "--mode", "semantic", "settle"]).ends(5);
    assert!(ran.err.contains("embed.weights"), "{}", ran.err);
    world.rein(&["search", "parse_tokens"]).ends(0);
}

/// Requests are found by meaning, patiently, with a model for questions at the same server.
fn with_auto(world: &World, model: &Model, host: &str) {
    let port = model.address.port();
    world.configure(&format!(
        "[roles]\nchat = [\"talks/m\"]\nembed = [\"near/m\"]\n[embed]\nauto = true\nwait = 60\n\
         [providers.talks]\nwire = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
         [providers.near]\nwire = \"voyage\"\nbase_url = \"http://{host}:{port}/v1\"\ninsecure = true\n\
         [models.m]\ninput = 1000\noutput = 0\n"
    ));
}

/// The same project as [`world`] under version control, so that it is one from wherever it is looked at.
fn repository() -> World {
    World::repository(&[
        ("src/quiet.rs", DEBOUNCE),
        ("src/parse.rs", PARSE),
        ("src/other.rs", "fn other() {}\n"),
    ])
}

const PREVIEW: [&str; 5] = ["context", "--level", "file", "--file", "src/parse.rs"];

fn previewed(world: &World, text: &str) -> String {
    world.rein(&[&PREVIEW[..], &[text]].concat()).ends(0).text()
}

#[test]
fn questions_and_edits_are_found_by_meaning_where_the_user_says_so_and_say_who_was_asked() {
    let world = repository();
    let said = "SOURCES\n[1] src/quiet.rs:1\n> pub struct Debouncer {\n\nANSWER\nThere is a Debouncer [1].\n";
    let model = Model::plays([Reply::text(said).when("instruction"), Reply::text("Nothing to do.")]);
    with_auto(&world, &model, "127.0.0.1");
    let told = previewed(&world, "debouncification");
    assert!(told.contains("found by words alone: nothing has a vector yet"), "{told}");
    assert_eq!(model.asked(), 0, "there is nothing to compare it with");
    world.rein(&["index"]).ends(0);
    let told = previewed(&world, "debouncification");
    assert!(told.contains("src/quiet.rs") && told.contains("meaning:0."), "{told}");
    assert!(told.contains("its words were sent to near/m at 127.0.0.1"), "{told}");
    let before = model.asked();
    let answer = world.rein(&["ask", "--json", "debouncification"]).ends(0).json();
    let sent = model.requests.all();
    assert_eq!(sent.len(), before + 2, "the vector, and the question");
    assert!(sent[before + 1].body.contains("pub struct Debouncer"), "{}", sent[before + 1].body);
    assert!(answer["cost"]["requests"].as_u64().unwrap() >= 2, "both are counted: {}", answer["cost"]);
    world.rein(&["edit", "--level", "file", "--file", "src/parse.rs", "debouncification"]);
    let sent = model.requests.all();
    assert!(sent.last().unwrap().body.contains("pub struct Debouncer"), "{sent:?}");
}

#[test]
fn a_request_goes_by_words_where_its_vector_cannot_be_had_and_says_why() {
    let world = repository();
    let model = Model::plays([]);
    with_auto(&world, &model, "127.0.0.1");
    world.rein(&["index"]).ends(0);
    let key = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    let told = previewed(&world, &format!("who has {key}"));
    assert!(told.contains("found by words alone: the question shows a key"), "{told}");
    assert!(model.requests.all().iter().all(|one| !one.body.contains(key)));
    drop(model);
    let told = previewed(&world, "debouncification");
    assert!(told.contains("found by words alone: ") && told.contains("near (127.0.0.1"), "{told}");
}

#[test]
fn what_is_only_looked_at_sends_nothing_to_another_machine() {
    let world = repository();
    let model = Model::plays([]);
    with_auto(&world, &model, "0.0.0.0");
    world.rein(&["index"]).ends(0);
    let before = model.asked();
    let told = previewed(&world, "debouncification");
    assert!(
        told.contains("its words go to near/m at 0.0.0.0") && told.contains("only when it is sent"),
        "{told}"
    );
    assert_eq!(model.asked(), before);
    let told = world.rein(&["index", "--status"]).ends(0).text();
    assert!(
        told.contains("an open screen asks first (F9)") && told.contains("sent today to near/m: ~"),
        "{told}"
    );
}

#[test]
fn another_model_of_the_list_is_begun_by_name_and_stands_in() {
    let world = world();
    let (first, second) = (Model::plays([]), Model::plays([]));
    world.configure(&format!(
        "[roles]\nembed = [\"one/m\", \"two/m\"]\n[providers.one]\nwire = \"voyage\"\nbase_url = \"http://{}/v1\"\n\
         [providers.two]\nwire = \"openai-chat\"\nbase_url = \"http://{}/v1\"\n",
        first.address, second.address
    ));
    world.rein(&["index"]).ends(0);
    assert_eq!(second.asked(), 0);
    world.rein(&["index", "--model", "three/m"]).ends(5);
    let told = world.rein(&["index", "--model", "two/m"]).ends(0).text();
    assert!(told.contains("3 of 3 chunks by one/m") && told.contains("3 of 3 chunks by two/m"), "{told}");
    world.write("src/other.rs", "fn quite_other() {}\n");
    world.rein(&["index"]).ends(0);
    drop(first);
    let ran = world.rein(&["search", "--json", "--mode", "semantic", "debouncification"]).ends(0);
    assert_eq!(ran.json()[0]["path"], "src/quiet.rs");
    assert!(ran.err.contains("searched by the vectors of two/m: one/m cannot be asked"), "{}", ran.err);
}

#[test]
fn a_table_too_large_or_cut_off_is_refused_in_words() {
    let world = world();
    let folder = weights(&world);
    world.configure(&format!("[embed]\nweights = \"{folder}\"\n"));
    let file = world.root().join("table/model.safetensors");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 4]).unwrap();
    let ran = world.rein(&["search", "--mode", "semantic", "settle"]).ends(5);
    assert!(ran.err.contains("is cut off: `embeddings`"), "{}", ran.err);
    // A hole takes no room.
    std::fs::File::options().write(true).open(&file).unwrap().set_len((1 << 30) + 1).unwrap();
    let ran = world.rein(&["search", "--mode", "semantic", "settle"]).ends(5);
    assert!(ran.err.contains("a table of at most 1024 is read"), "{}", ran.err);
}
