//! `rein ask` against a model that tells the truth, one that plants falsehoods, and one that is not
//! there: every planted source is caught, every true one kept, and nothing is written. At depth, too: the
//! tools that a model calls, the history as a source, and what comes of a budget.

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
    serve(world, model, "openai-chat", "");
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
    serve(&world, &model, "openai-chat", "");
    let told = world.rein(&["ask", QUESTION]).ends(0).text();
    assert_eq!(
        told,
        "Three times [1]. Or four [2]. [?]\n\nBoth [1][2]. [2✗]\n\n\
         [1] src/retry.rs:2  verified; the answer said src/retry.rs:9\n\
         [2] src/retry.rs:2  not verified: it does not say so there\n\
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
        serve(&world, &model, "openai-chat", "");
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
    serve(&world, &model, "openai-chat", "");
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
    serve(&world, &model, "openai-chat", "");
    let document = world.rein_with(&["ask", "--json", "-"], format!("{QUESTION}\n")).ends(0).json();
    assert_eq!(document["question"], QUESTION);
    assert_eq!(document["answer"][0]["verified"], true);
    assert_eq!(document["answer"].as_array().unwrap().last().unwrap()["verified"], false);
}

// Where the model looks things up.

/// A world with a history: `git log` of `src/retry.rs` has two commits, of which the second says why.
fn with_history() -> World {
    let world = World::repository(&[
        ("src/retry.rs", &RETRY.replace("= 3", "= 5")),
        ("src/main.rs", "fn main() {\n    retry(&request());\n}\n"),
        (".env", "RETRY_TOKEN=hunter2\n"),
        (".gitignore", "private/\n"),
        ("private/notes.md", "the ATTEMPTS that nobody may see\n"),
    ]);
    let commit = |message: &str| {
        world.git(&["add", "-f", "src", ".env", ".gitignore"]).ends(0);
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        world.git(&[&who[..], &["commit", "-q", "-m", message]].concat()).ends(0);
    };
    commit("Retry requests");
    world.write("src/retry.rs", RETRY);
    commit("Try three times instead of five\n\nThe provider bans clients that try more often.");
    world
}

fn head(world: &World) -> String {
    world.git(&["rev-parse", "HEAD"]).ends(0).text().trim().to_owned()
}

/// The scripted model behind a wire, with time enough on a busy machine.
fn serve(world: &World, model: &Model, wire: &str, more: &str) {
    world.configure(&format!(
        "[roles]\nchat = [\"local/scripted\"]\n[providers.local]\nwire = \"{wire}\"\n\
         base_url = \"http://{}/v1\"\nfirst_byte_timeout = 20\nidle_timeout = 20\n{more}\n",
        model.address
    ));
}

fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(texts).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => fields.values().map(texts).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

#[test]
fn a_model_looks_things_up_over_every_wire_that_has_tools() {
    let world = with_history();
    world.rein(&["index"]).ends(0);
    let commit = head(&world);
    let sources = format!(
        "[1] src/main.rs:2\n> retry(&request());\n[2] commit {}\n> The provider bans clients that try more often.\n\
         [3] commit {}\n> pub const ATTEMPTS: u32 = 5;\n[4] private/notes.md:1\n> the ATTEMPTS that nobody may see\n",
        &commit[..10],
        &commit[..10]
    );
    let said = "It is called in main [1]. The provider wants it [2]. It was five [3]. Nobody may see it [4].";
    for wire in ["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"] {
        let model = Model::plays([
            Reply::text("Let me look.")
                .calling("read", r#"{"path": "src/main.rs"}"#)
                .calling("read", r#"{"path": ".env"}"#)
                .calling("read", r#"{"path": "private/notes.md"}"#)
                .calling("read", r#"{"path": "../rein.toml"}"#)
                .calling("git_log", r#"{"path": "src/retry.rs"}"#),
            Reply::text("").calling("git_show", format!(r#"{{"commit": "{commit}"}}"#)),
            Reply::text(answer(&sources, said)),
        ]);
        serve(&world, &model, wire, "");
        let before = world.tree();
        let ran = world.rein(&["ask", "--json", "--depth", "research", QUESTION]).ends(0);
        assert_eq!(world.tree(), before, "asking writes nothing");
        let document = ran.json();
        let status: Vec<&str> = document["citations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["status"].as_str().unwrap())
            .collect();
        assert_eq!(status, ["verified", "verified", "verified", "unverified"], "{wire}: {document:#}");
        assert_eq!(document["citations"][1]["commit"], commit[..10], "{wire}");
        let steps: Vec<(&str, bool)> = document["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| (step["asked"].as_str().unwrap(), step["failed"].is_null()))
            .collect();
        let show = format!("git_show {commit}");
        assert_eq!(
            steps,
            [
                ("read src/main.rs", true),
                ("read .env", false),
                ("read private/notes.md", false),
                (r#"read {"path": "../rein.toml"}"#, false),
                ("git_log src/retry.rs", true),
                (show.as_str(), true),
            ],
            "{wire}"
        );
        let sent: Vec<String> = model.requests.all().iter().map(|request| texts(&request.json())).collect();
        assert_eq!(sent.len(), 3, "{wire}");
        assert!(
            sent.iter().all(|sent| !sent.contains("hunter2") && !sent.contains("nobody may see")),
            "{wire}"
        );
        assert!(
            sent[2].contains("bans clients") && sent[2].contains("src/retry.rs lines")
                || sent[2].contains("@@")
        );
        assert_eq!(document["cost"]["requests"], 3, "{wire}");
    }
}

#[test]
fn every_request_of_a_search_is_one_before_it_and_more_and_is_in_the_ledger() {
    let world = with_history();
    world.rein(&["index"]).ends(0);
    let sources = "[1] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 3;\n";
    let model = Model::plays([
        Reply::text("")
            .calling("grep", r#"{"pattern": "ATTEMPTS"}"#)
            .calling("outline", r#"{"path": "src/retry.rs"}"#)
            .calling("uses", r#"{"name": "retry"}"#),
        Reply::text("").calling("git_blame", r#"{"path": "src/retry.rs", "first": 2, "last": 4}"#),
        Reply::text(answer(sources, "Three times [1].")),
    ]);
    serve(&world, &model, "openai-chat", "");
    world.rein(&["ask", "--depth", "research", QUESTION]).ends(0);
    let sent: Vec<Value> = model.requests.all().iter().map(|request| request.json()).collect();
    for (one, next) in sent.iter().zip(&sent[1..]) {
        let (one_messages, next_messages) =
            (one["messages"].as_array().unwrap(), next["messages"].as_array().unwrap());
        assert!(next_messages.starts_with(one_messages), "what a provider kept is of use");
        assert_eq!(one["tools"], next["tools"]);
    }
    let results = sent[2]["messages"].as_array().unwrap();
    let grep = results.iter().find(|one| texts(one).contains("src/retry.rs:2: pub const ATTEMPTS")).unwrap();
    let fence = texts(grep);
    let uses =
        results.iter().find(|one| texts(one).contains("src/main.rs:2 (in main):     retry(&request());"));
    assert!(uses.is_some(), "{results:#?}");
    let mark = fence.split_once("<result-").unwrap().1.split_once(' ').unwrap().0.to_owned();
    assert_eq!(mark.len(), 16);
    assert!(fence.contains(&format!("</result-{mark}>")));
    let blame = texts(results.last().unwrap());
    assert!(blame.contains("lines 2: ") && blame.contains("Try three times instead of five"), "{blame}");
    assert!(!blame.contains(&mark), "each answer's results have a mark of their own");
    let ledger = world.rein(&["log", "--wire", "--json"]).ends(0).json();
    assert_eq!(texts(&ledger).matches("POST ").count(), 3, "{ledger:#}");
}

#[test]
fn why_a_line_is_so_is_answered_from_the_commit_that_made_it_so() {
    let world = with_history();
    let commit = head(&world);
    let sources = format!(
        "[1] commit {}\n> The provider bans clients that try more often.\n[2] commit 1234567\n> It is faster.\n",
        &commit[..7]
    );
    let model = Model::says(&answer(&sources, "The provider wants it [1]. And it is faster [2]."));
    serve(&world, &model, "openai-chat", "");
    let why = ["ask", "--json", "--at", "src/retry.rs:2", "why is this line so?"];
    let document = world.rein(&why).ends(0).json();
    let verified: Vec<&Value> =
        document["answer"].as_array().unwrap().iter().map(|one| &one["verified"]).collect();
    assert_eq!(verified, [&json!(true), &json!(false)]);
    assert_eq!(document["citations"][1]["why"], "no such commit was shown");
    let sent = texts(&model.requests.all()[0].json());
    assert!(sent.contains(&format!("<commit id=\"{}\">", &commit[..12])), "{sent}");
    assert!(sent.contains("-pub const ATTEMPTS: u32 = 5;") && !sent.contains("ada@example.org"));
    for (at, code) in [("src/retry.rs:900", 5), ("src/retry.rs", 64), ("src/none.rs:1", 5), ("../x:1", 5)] {
        world.rein(&["ask", "--at", at, "why?"]).ends(code);
    }
    let none = world.rein(&["ask", "--at", "src/none.rs:1", "why?"]);
    assert!(none.err.contains("`src/none.rs`, which is no file here"), "{}", none.err);
    // A secret file is pointed at in vain.
    let model = Model::says("Nothing is known.");
    serve(&world, &model, "openai-chat", "");
    world.rein(&["ask", "--at", ".env:1", "why is this line of retry so?"]);
    assert!(model.requests.all().iter().all(|request| !request.body.contains("hunter2")));
}

#[test]
fn a_wire_without_tools_is_not_asked_to_use_any() {
    let world = world();
    let model = Model::says("x");
    serve(&world, &model, "openai-completions", "");
    let ran = world.rein(&["ask", "--json", "--depth", "research", QUESTION]).ends(3);
    assert!(ran.json()["reason"].as_str().unwrap().contains("tools"), "{ran:?}");
    assert_eq!(model.asked(), 0);
}

#[test]
fn a_call_that_was_cut_off_is_not_carried_out() {
    let world = world();
    let model = Model::plays([Reply::text("I look.")
        .calling("read", r#"{"path": "src/retry.rs"#)
        .with(Fault::Finish("length".into()))]);
    serve(&world, &model, "openai-chat", "");
    let document = world.rein(&["ask", "--json", "--depth", "research", QUESTION]).ends(4).json();
    assert_eq!((document["steps"].as_array().unwrap().len(), model.asked()), (0, 1));
}

// In depth.

/// What a model says in depth, by what it is asked.
fn in_depth() -> Vec<Reply> {
    let first = answer(
        "[1] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 3;\n",
        "It is tried three times [1]. Surely.",
    );
    let second = answer("[1] src/main.rs:2\n> retry(&request());\n", "It is called in main [1].");
    vec![
        Reply::text("- How often is a request tried?\n- Who calls retry?\n").when("You plan how"),
        Reply::text("1 holds\n2 holds\n").when("You check statements"),
        Reply::text("ANSWER\nThree times [1], called from main [2]. It never fails [3].\n")
            .when("You write the answer"),
        Reply::text(first).when("How often is a request tried?\n</instruction>"),
        Reply::text(second).when("Who calls retry?\n</instruction>"),
    ]
}

#[test]
fn a_question_in_depth_is_split_answered_checked_and_written_up() {
    let world = with_history();
    world.rein(&["index"]).ends(0);
    let model = Model::plays(in_depth());
    serve(&world, &model, "anthropic", "");
    let document = world.rein(&["ask", "--json", "--depth", "deep", QUESTION]).ends(0).json();
    assert_eq!(
        (&document["status"], &document["depth"]),
        (&"answered".into(), &"deep".into()),
        "{document:#}"
    );
    let told: Vec<(&str, &Value, &Value)> = document["answer"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["text"].as_str().unwrap(), &one["verified"], &one["places"]))
        .collect();
    assert_eq!(
        told,
        [
            ("Three times [1], called from main [2].", &json!(true), &json!(2)),
            ("It never fails [3].", &json!(false), &json!(0)),
        ]
    );
    assert_eq!(document["parts"].as_array().unwrap().len(), 2);
    assert_eq!((model.asked(), &document["cost"]["requests"]), (5, &json!(5)));
    assert!(texts(&document["notes"]).contains("1 statement(s) had no source"), "{document:#}");
}

#[test]
fn a_budget_ends_a_question_with_what_was_found_and_exit_code_4() {
    let world = with_history();
    world.rein(&["index"]).ends(0);
    let model = Model::plays(in_depth());
    serve(&world, &model, "openai-chat", "");
    let ran = world.rein(&["ask", "--json", "--depth", "deep", "--budget", "3700", QUESTION]).ends(4);
    let document = ran.json();
    assert_eq!((&document["status"], &document["budget"]["tokens"]), (&"limit".into(), &json!(3_700)));
    assert!(
        document["reason"].as_str().unwrap().contains("the budget of 3.7k tokens is used up"),
        "{document:#}"
    );
    assert!(document["answer"].as_array().unwrap().iter().any(|one| one["verified"] == true), "{document:#}");

    // Money: the price is known, and the most that a request may cost does not fit.
    let model = Model::plays(in_depth());
    let price = "[models.\"scripted\"]\ninput = 1000\noutput = 1000\n[ask]\ndollars = 0.000001\n";
    serve(&world, &model, "openai-chat", price);
    let document = world.rein(&["ask", "--json", "--depth", "deep", QUESTION]).ends(4).json();
    assert!(document["reason"].as_str().unwrap().contains("ask.dollars"), "{document:#}");
    assert_eq!(model.asked(), 0);

    // Time: the model is silent for longer.
    let model = Model::plays([Reply::fault(Fault::Silent)]);
    serve(&world, &model, "openai-chat", "");
    let document =
        world.rein(&["ask", "--json", "--depth", "research", "--budget", "1s", QUESTION]).ends(4).json();
    assert!(document["reason"].as_str().unwrap().contains("1 s"), "{document:#}");
}

#[test]
fn one_part_that_fails_does_not_take_the_others_along() {
    let world = with_history();
    world.rein(&["index"]).ends(0);
    let mut replies = in_depth();
    let status = Fault::Status { status: 400, retry_after: None, body: "no".into() };
    replies[4] = Reply::fault(status).when("Who calls retry?\n</instruction>");
    replies[2] = Reply::text("ANSWER\nThree times [1].\n").when("You write the answer");
    let model = Model::plays(replies);
    serve(&world, &model, "openai-chat", "");
    let document = world.rein(&["ask", "--json", "--depth", "deep", QUESTION]).ends(0).json();
    assert!(texts(&document["notes"]).contains("part 2 was not answered"), "{document:#}");
    assert_eq!(document["answer"][0]["verified"], true);
}
