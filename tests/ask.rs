//! `rein ask` against a model that tells the truth, one that plants falsehoods, and one that is not
//! there: every planted source is caught, every true one kept, and nothing is written.

mod support;

use rein::provider::scripted::{Fault, Reply};
use serde_json::{Value, json};
use support::{Model, World};

const RETRY: &str = "/// How often a request is tried.\npub const ATTEMPTS: u32 = 3;\n\n\
    pub fn retry(request: &Request) -> Result<Answer, Failure> {\n    let mut left = ATTEMPTS;\n    \
    while left > 0 {\n        left -= 1;\n    }\n    Err(Failure::Spent)\n}\n";

fn world() -> World {
    let world = World::repository(&[
        ("src/retry.rs", RETRY),
        ("src/main.rs", "fn main() {\n    retry(&request());\n}\n"),
        (".env", "RETRY_TOKEN=hunter2\n"),
    ]);
    world.rein(&["index"]).ends(0);
    world
}

fn answer(sources: &str, answer: &str) -> String {
    format!("SOURCES\n{sources}\nANSWER\n{answer}\n")
}

const QUESTION: &str = "how often is a request tried, where is retry";

fn ask(world: &World, model: &Model) -> Value {
    world.ask(model);
    let before = world.tree();
    let ran = world.rein(&["ask", "--json", QUESTION]);
    assert_eq!(world.tree(), before, "asking writes nothing");
    let document = ran.json();
    assert_eq!(document["schema"], "rein.ask/1");
    document
}

#[test]
fn planted_falsehoods_are_caught_and_truths_are_kept() {
    let sources = "\
        [1] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 3;\n\
        [2] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 5;\n\
        [3] src/retry.rs:700-710\n> let mut left = ATTEMPTS;\n\
        [4] src/invented.rs:1\n> pub const ATTEMPTS: u32 = 3;\n\
        [5] .env:1\n> RETRY_TOKEN=hunter2\n\
        [6] src/retry.rs:4-5\n> pub fn retry(request: &Request) -> Result<Answer, Failure> {\n>   let mut left = ATTEMPTS;\n";
    let said = "A request is tried three times [1]. It is tried five times [2]. The count starts there [3]. \
        It is defined twice [4]. The token is known [5]. `retry` counts down [6]. It never fails. It is so [1][2].";
    let (world, model) = (world(), Model::says(&answer(sources, said)));
    let document = ask(&world, &model);
    let status: Vec<&str> =
        document["citations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["verified", "unverified", "corrected", "unverified", "unverified", "verified"]);
    assert_eq!(document["citations"][2]["lines"], json!([5, 5]), "wrong lines are put right");
    assert_eq!(document["citations"][5]["lines"], json!([4, 5]));
    assert_eq!(document["citations"][3]["why"], "no such file was shown");
    let verified: Vec<bool> =
        document["answer"].as_array().unwrap().iter().map(|one| one["verified"].as_bool().unwrap()).collect();
    assert_eq!(verified, [true, false, true, false, false, true, false, true]);
    assert_eq!((&document["status"], &document["reason"]), (&"answered".into(), &Value::Null));

    let told = world.rein(&["ask", QUESTION]);
    assert_eq!(told.code, 3, "the script has nothing left to say: {told:?}");
}

#[test]
fn a_person_sees_which_sentences_rest_on_what() {
    let sources =
        "[1] src/retry.rs:9\n> pub const ATTEMPTS: u32 = 3;\n[2] src/retry.rs:2\n> const ATTEMPTS = 4\n";
    let (world, model) =
        (world(), Model::says(&answer(sources, "Three times [1]. Or four [2].\n\nBoth [1][2].")));
    world.ask(&model);
    let told = world.rein(&["ask", QUESTION]).ends(0).text();
    assert_eq!(
        told,
        "Three times [1]. Or four [2]. [?]\n\nBoth [1][2]. [2✗]\n\n\
         [1] src/retry.rs:2  verified; the answer said src/retry.rs:9\n\
         [2] src/retry.rs:2  not verified: the file does not say so\n\
         [?] 1 of 3 sentences have no source that was verified\n"
    );
}

#[test]
fn the_model_sees_the_evidence_and_no_secret_and_the_question_last() {
    let (world, model) = (world(), Model::says("Nothing is known."));
    let document = ask(&world, &model);
    assert_eq!(
        (&document["status"], document["answer"][0]["verified"].as_bool()),
        (&"unverified".into(), Some(false))
    );
    let sent = model.requests.all()[0].json();
    let user = sent["messages"][1]["content"].as_str().unwrap();
    assert!(user.contains("<excerpt path=\"src/retry.rs\" lines=\""), "{user}");
    assert!(user.ends_with(&format!("<instruction>\n{QUESTION}\n</instruction>\n")), "{user}");
    assert!(!sent.to_string().contains("hunter2"));
    assert!(document["context"].as_array().unwrap().iter().any(|one| one["path"] == "src/retry.rs"));
}

#[test]
fn every_end_has_its_exit_code() {
    let world = world();
    let end = |reply: Reply, question: &str| {
        let model = Model::plays([reply]);
        world.ask(&model);
        (world.rein(&["ask", "--json", question]), model.asked())
    };
    let (ran, _) = end(Reply::text(answer("", "It is so.")), QUESTION);
    assert_eq!(ran.ends(1).json()["status"], "unverified");
    let (ran, asked) = end(Reply::text("x"), "zyxwvut");
    assert_eq!((ran.ends(1).json()["status"].as_str(), asked), (Some("nothing-found"), 0));
    let status = Fault::Status { status: 401, retry_after: None, body: "no".into() };
    let (ran, _) = end(Reply::fault(status), QUESTION);
    assert_eq!(ran.ends(3).json()["status"], "failed");
    let cut = answer("[1] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 3;\n", "Three times [1]. And mo");
    let (ran, _) = end(Reply::text(cut).with(Fault::Finish("length".into())), QUESTION);
    let document = ran.ends(4).json();
    assert_eq!(
        (document["status"].as_str(), document["answer"].as_array().unwrap().len()),
        (Some("limit"), 1)
    );
    let inside = world.root().join("project/.index");
    let model = Model::says("x");
    world.ask(&model);
    let ran = world.rein_env(&[("REIN_INDEX_DIR", inside.to_str().unwrap())], &["ask", "--json", QUESTION]);
    assert!(ran.ends(5).json()["reason"].as_str().unwrap().contains("REIN_INDEX_DIR"));
    world.rein(&["ask", "  "]).ends(64);
    world.rein(&["ask", "--depth", "bottomless", "x"]).ends(64);
}

#[test]
fn a_question_is_read_from_stdin_and_what_an_answer_smuggles_stays_a_text() {
    let smuggled = "\x1b]0;owned\x07 `src/retry.rs` [1].\n<instruction>\n";
    let sources = "[1] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 3;\n";
    let (world, model) = (world(), Model::says(&answer(sources, smuggled)));
    world.ask(&model);
    let document = world.rein_with(&["ask", "--json", "-"], format!("{QUESTION}\n")).ends(0).json();
    assert_eq!(document["question"], QUESTION);
    assert_eq!(document["answer"][0]["verified"], true);
    assert_eq!(document["answer"].as_array().unwrap().last().unwrap()["verified"], false);
}
