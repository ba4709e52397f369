//! The model layer from the outside: several servers of which one dies, budgets, what is kept of the
//! wire. The real binary, two scripted servers, and the files afterwards.

mod support;

use rein::provider::scripted::{Fault, Reply};
use support::{Model, Ran, World, block};

const FILE: &str = "one\ntwo\nthree\nfour\nfive\n";

/// Two providers for chat, in this order.
fn two(world: &World, first: &str, second: &Model, more: &str) {
    world.configure(&format!(
        "{more}\n[roles]\nchat = [\"first/scripted\", \"second/scripted\"]\n\
         [providers.first]\nwire = \"openai-chat\"\nbase_url = \"{first}\"\nfirst_byte_timeout = 0.3\nidle_timeout = 0.3\n\
         [providers.second]\nwire = \"anthropic\"\nbase_url = \"http://{}\"\nfirst_byte_timeout = 5\nidle_timeout = 5\n",
        second.address
    ));
}

fn both(world: &World, first: &Model, second: &Model) {
    two(world, &format!("http://{}/v1", first.address), second, "");
}

fn apply(world: &World) -> Ran {
    world.rein(&["edit", "--file", "a.txt", "--apply", "--json", "shout"])
}

fn whole_answer() -> String {
    block("a.txt", "two\n", "TWO\n") + &block("a.txt", "four\n", "FOUR\n")
}

#[test]
fn whatever_ails_the_first_before_its_answer_the_second_answers_in_the_same_turn() {
    let status = |status, body: &str| Fault::Status { status, retry_after: None, body: body.into() };
    let wait = Fault::Status { status: 429, retry_after: Some("3600".into()), body: "{}".into() };
    for fault in [
        status(500, "{}"),
        status(503, "busy"),
        status(401, "{}"),
        status(402, "{\"error\":{\"message\":\"pay\"}}"),
        status(404, "{\"error\":{\"message\":\"model not found\"}}"),
        wait,
        Fault::Silent,
        Fault::HeadersOnly,
        Fault::HangUp,
        Fault::Garbage,
        Fault::Empty,
        Fault::ErrorAfter(0),
        Fault::Redirect("http://127.0.0.1:9/".into()),
    ] {
        let world = World::folder(&[("a.txt", FILE)]);
        let first = Model::plays([Reply::fault(fault.clone())]);
        let second = Model::says(&whole_answer());
        both(&world, &first, &second);
        let ran = apply(&world);
        assert_eq!(ran.code, 0, "{fault:?}: {}", ran.err);
        assert_eq!(world.text("a.txt"), "one\nTWO\nthree\nFOUR\nfive\n", "{fault:?}");
        assert_eq!((first.asked(), second.asked()), (1, 1), "{fault:?}: each is asked once");
        let json = ran.json();
        assert_eq!(json["model"], "second/scripted");
        let switched = &json["switched"][0];
        assert_eq!((&switched["from"], &switched["midway"]), (&"first/scripted".into(), &false.into()));
        assert!(ran.err.contains("on generator: second/scripted"), "{}", ran.err);
    }
}

#[test]
fn a_host_where_nobody_listens_is_passed_over_at_once() {
    let world = World::folder(&[("a.txt", FILE)]);
    let second = Model::says(&whole_answer());
    two(&world, "http://127.0.0.1:9/v1", &second, "");
    let ran = apply(&world).ends(0);
    assert!(ran.json()["switched"][0]["why"].as_str().unwrap().contains("refused"));
}

/// The first dies after each byte of its answer; the second goes on. Nothing is lost, nothing is
/// applied twice.
#[test]
fn an_answer_that_breaks_off_anywhere_is_gone_on_with_and_lands_once() {
    let answer = whole_answer();
    let first_edit = block("a.txt", "two\n", "TWO\n").len();
    for at in (0..answer.len()).step_by(7) {
        for (fault, repeats) in [(Fault::CutAfter(at), true), (Fault::EndAfter(at), false)] {
            let world = World::folder(&[("a.txt", FILE)]);
            let first = Model::plays([Reply { chunk: 1, ..Reply::text(&answer) }.with(fault.clone())]);
            // One model repeats all of it, another writes what is missing.
            let rest = if repeats || at < first_edit { answer.clone() } else { answer[first_edit..].into() };
            let second = Model::says(&rest);
            both(&world, &first, &second);
            let ran = apply(&world);
            assert_eq!(ran.code, 0, "{fault:?}: {}", ran.err);
            assert_eq!(world.text("a.txt"), "one\nTWO\nthree\nFOUR\nfive\n", "{fault:?}");
            assert_eq!((first.asked(), second.asked()), (1, 1), "{fault:?}");
            let body = &second.requests.all()[0].body;
            assert_eq!(body.contains("The connection broke"), at > first_edit, "{fault:?}");
            world.rein(&["undo"]).ends(0);
            assert_eq!(world.text("a.txt"), FILE, "one landing");
        }
    }
}

#[test]
fn when_nobody_is_left_the_failure_is_said_and_nothing_is_written() {
    let world = World::folder(&[("a.txt", FILE)]);
    let dead = Fault::Status { status: 500, retry_after: None, body: "{}".into() };
    let (first, second) = (Model::plays([Reply::fault(dead)]), Model::plays([Reply::fault(Fault::Garbage)]));
    both(&world, &first, &second);
    let ran = apply(&world).ends(3);
    assert_eq!((world.text("a.txt").as_str(), ran.json()["status"].as_str()), (FILE, Some("failed")));
    assert!(ran.err.contains("undo"), "{}", ran.err);
}

#[test]
fn what_is_wrong_with_the_request_itself_is_asked_of_nobody_else() {
    let world = World::folder(&[("a.txt", FILE)]);
    let too_long = "{\"error\":{\"message\":\"maximum context length is 10 tokens\"}}";
    let fault = Fault::Status { status: 400, retry_after: None, body: too_long.into() };
    let (first, second) = (Model::plays([Reply::fault(fault)]), Model::says(&whole_answer()));
    both(&world, &first, &second);
    apply(&world).ends(3);
    assert_eq!(second.asked(), 0);
}

const PRICE: &str = "[models.\"scripted\"]\ninput = 1000\noutput = 1000\n";

#[test]
fn a_budget_is_checked_before_the_request_and_the_day_outlives_the_process() {
    let world = World::folder(&[("a.txt", FILE)]);
    let (first, second) = (Model::says(&whole_answer()), Model::says(&whole_answer()));
    let config = |limits: &str| format!("max_output = 100\n[budget]\n{limits}\n{PRICE}");
    let address = format!("http://{}/v1", first.address);
    two(&world, &address, &second, &config("turn = 0.05"));
    let ran = apply(&world).ends(4);
    assert!(ran.err.contains("raise `budget.turn`"), "{}", ran.err);
    assert_eq!((first.asked(), second.asked(), world.text("a.txt").as_str()), (0, 0, FILE));
    assert_eq!(ran.json()["status"], "limit");

    two(&world, &address, &second, &config("turn = 9\nday = 9"));
    let cost = apply(&world).ends(0).json()["cost"]["micro_usd"].as_u64().unwrap();
    assert!(cost > 0);
    let day = format!("day = {}.{:06}", cost / 1_000_000, cost % 1_000_000);
    two(&world, &address, &second, &config(&day));
    world.write("a.txt", FILE);
    let ran = apply(&world).ends(4);
    assert!(ran.err.contains("raise `budget.day`"), "{}", ran.err);
}

#[test]
fn an_answer_that_reaches_its_length_limit_is_partial_and_exit_4() {
    let world = World::folder(&[("a.txt", FILE)]);
    let model = Model::plays([Reply::text(whole_answer()).with(Fault::Finish("length".into()))]);
    world.ask(&model);
    let ran = apply(&world).ends(4);
    assert_eq!((ran.json()["status"].as_str(), world.text("a.txt").as_str()), (Some("limit"), FILE));
}

#[test]
fn every_way_an_edit_cannot_begin_is_a_document_too() {
    let world = World::folder(&[("a.txt", FILE)]);
    for (config, args, code) in [
        ("tab_width = 0", &["edit", "--json", "x"][..], 5),
        ("", &["edit", "--json", "--file", ".", "x"], 5),
        ("", &["edit", "--json", "--level", "file", "x"], 64),
        ("", &["edit", "--json", "--lines", "x"], 64),
        ("", &["edit", "--json"], 64),
        ("", &["edit", "--json", "--model", "nonsense", "x"], 64),
        ("[roles]\nchat = [\"openai/m\"]", &["edit", "--json", "--file", "a.txt", "x"], 3),
    ] {
        world.configure(config);
        let ran = world.rein(args).ends(code);
        let json = ran.json();
        assert_eq!((json["schema"].as_str(), json["status"].as_str()), (Some("rein.edit/1"), Some("failed")));
        assert!(!json["reason"].as_str().unwrap().is_empty() && !ran.err.is_empty());
    }
}

#[test]
fn every_request_that_left_is_in_the_ledger_byte_for_byte_and_without_its_key() {
    let world = World::folder(&[("a.txt", FILE)]);
    let model = Model::says(&whole_answer());
    let config = |more: &str| {
        format!(
            "{more}\n[roles]\nchat = [\"it/scripted\"]\n[providers.it]\nwire = \"openai-chat\"\n\
             base_url = \"http://{}/v1\"\napi_key_env = \"IT_KEY\"\n",
            model.address
        )
    };
    world.configure(&config(""));
    let key = [("IT_KEY", "sk-sesame-open")];
    world.rein_env(&key, &["edit", "--file", "a.txt", "shout"]).ends(0);
    let sent = &model.requests.all()[0];
    assert_eq!(sent.header("authorization"), Some("Bearer sk-sesame-open"));
    let list = world.rein(&["log", "--wire"]).ends(0).text();
    assert_eq!(list.lines().count(), 1);
    let id = list.split_whitespace().next().unwrap();
    let kept = world.rein(&["log", "--wire", id]).ends(0).text();
    assert!(kept.starts_with("POST http://127.0.0.1") && kept.ends_with(&format!("\r\n\r\n{}", sent.body)));
    assert!(kept.contains("authorization: [key]\r\n") && !kept.contains("sesame"));
    let json = world.rein(&["log", "--wire", "--json"]).ends(0).json();
    assert_eq!(json["requests"][0]["id"], id);
    world.rein(&["log", "--wire", "1999"]).ends(1);

    world.configure(&config("wire_log = { days = 0 }"));
    world.rein_env(&key, &["edit", "--file", "a.txt", "shout"]);
    assert_eq!(world.rein(&["log", "--wire"]).ends(0).text(), list, "switched off");
}

/// A provider elsewhere than its key: a program prints it.
fn with_command(model: &Model, command: &str, more: &str) -> String {
    format!(
        "[roles]\nchat = [\"it/scripted\"]\n[providers.it]\nwire = \"openai-chat\"\n\
         base_url = \"http://{}/v1\"\napi_key_command = {command}\n{more}",
        model.address
    )
}

#[test]
fn a_key_that_a_program_prints_goes_to_its_server_and_nowhere_else() {
    let world = World::folder(&[("a.txt", FILE)]);
    let tape = world.root().join("tape.jsonl");
    let model = Model::says(&whole_answer());
    // The worst that somebody can write there.
    world.configure(&with_command(&model, "[\"echo\", \"sk-sesame-open\"]", ""));
    let record = ["edit", "--file", "a.txt", "--json", "--record", tape.to_str().unwrap(), "shout"];
    let ran = world.rein(&record).ends(0);
    assert_eq!(model.requests.all()[0].header("authorization"), Some("Bearer sk-sesame-open"));
    let id = world.rein(&["log", "--wire"]).ends(0).text();
    let kept = world.rein(&["log", "--wire", id.split_whitespace().next().unwrap()]).ends(0).text();
    let shown = [ran.text(), ran.err, kept, std::fs::read_to_string(&tape).unwrap()];
    let shown = shown.concat() + &world.rein(&["config", "show"]).text() + &world.rein(&["models"]).text();
    assert!(!shown.contains("sesame"), "{shown}");
    assert!(shown.contains("api_key_command = [\"echo\"") && shown.contains("key from `echo …`"), "{shown}");
}

#[test]
fn a_program_that_prints_no_key_is_named_and_the_next_provider_answers() {
    let world = World::folder(&[("a.txt", FILE)]);
    let (first, second) = (Model::says("never asked"), Model::says(&whole_answer()));
    let locked = "[\"sh\", \"-c\", \"echo the store is locked >&2; exit 3\"]";
    world.configure(&with_command(&first, locked, ""));
    let ran = world.rein(&["edit", "--file", "a.txt", "shout"]).ends(3);
    assert!(
        ran.err.contains("needs a key, and `sh …` gave none") && ran.err.contains("the store is locked"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("has to print the key and nothing else"), "{}", ran.err);
    let more =
        format!("[providers.second]\nwire = \"anthropic\"\nbase_url = \"http://{}\"\n", second.address);
    let config = with_command(&first, locked, &more);
    world.configure(&config.replace("[\"it/scripted\"]", "[\"it/scripted\", \"second/scripted\"]"));
    let ran = world.rein(&["edit", "--file", "a.txt", "shout"]).ends(0);
    assert!(ran.err.contains("on generator: second/scripted"), "{}", ran.err);
    assert_eq!(first.asked(), 0, "nothing is sent without its key");
    let two = with_command(&first, locked, "api_key_keyring = \"it\"\n");
    world.configure(&two);
    let ran = world.rein(&["models"]).ends(5);
    assert!(ran.err.contains("has both `api_key_command` and `api_key_keyring`"), "{}", ran.err);
}

#[test]
fn a_ledger_that_cannot_be_written_is_said_and_the_answer_comes_all_the_same() {
    let world = World::folder(&[("a.txt", FILE)]);
    let model = Model::plays([Reply::text("ready"), Reply::text("ready"), Reply::text(whole_answer())]);
    world.ask(&model);
    world.rein(&["models", "test"]).ends(0);
    // A file stands where the folder of the ledger was.
    let state = std::fs::read_dir(world.root().join("home/state/rein")).unwrap();
    let folders = state.map(|entry| entry.unwrap().path().join("wire"));
    let ledger = folders.into_iter().find(|folder| folder.is_dir()).unwrap();
    std::fs::remove_dir_all(&ledger).unwrap();
    std::fs::write(&ledger, "in the way").unwrap();
    let ran = world.rein(&["models", "test"]).ends(0);
    assert!(ran.err.contains("`rein log --wire` misses a request"), "{}", ran.err);
    let ran = world.rein(&["edit", "--file", "a.txt", "shout"]).ends(0);
    assert!(ran.err.contains("`rein log --wire` misses a request"), "{}", ran.err);
}

#[test]
fn a_session_is_recorded_without_keys_and_played_without_a_network_or_a_configuration() {
    let world = World::folder(&[("a.txt", FILE)]);
    let tape = world.root().join("tape.jsonl");
    let file = tape.to_str().unwrap();
    let (first, second) = (
        Model::plays([Reply { chunk: 1, ..Reply::text(whole_answer()) }.with(Fault::CutAfter(80))]),
        Model::says(&whole_answer()),
    );
    both(&world, &first, &second);
    let args = ["edit", "--file", "a.txt", "--json"];
    let recorded = world.rein(&[&args[..], &["--record", file, "shout"]].concat()).ends(0);
    let text = std::fs::read_to_string(&tape).unwrap();
    assert!(text.lines().count() == 3 && text.contains("rein.recording/1"));
    let root = world.root();
    assert!(!text.contains(root.to_str().unwrap()), "no place of this machine is in it");
    drop((first, second));

    world.configure("");
    let played = world.rein(&[&args[..], &["--replay", file, "shout"]].concat()).ends(0);
    assert_eq!(played.json(), recorded.json());
    let ran = world.rein(&[&args[..], &["--replay", file, "whisper"]].concat()).ends(3);
    assert!(ran.err.contains("recorded was `shout") && ran.err.contains("asked is `whisper"), "{}", ran.err);
    world.rein(&["edit", "--replay", file, "--record", file, "x"]).ends(64);
    world.rein(&["edit", "--record", "a.txt", "shout"]).ends(5);
    assert_eq!(world.text("a.txt"), FILE, "a file of the user's is no place for a recording");
    std::fs::write(&tape, "{}\n").unwrap();
    let ran = world.rein(&[&args[..], &["--replay", file, "shout"]].concat()).ends(5);
    assert!(ran.err.contains("it is no recording of rein's"), "{}", ran.err);
}

#[test]
fn models_are_listed_tested_and_drilled() {
    let world = World::folder(&[("a.txt", FILE)]);
    let (first, second) = (Model::plays([Reply::text("ready"), Reply::text("ready")]), Model::says("ready"));
    two(&world, &format!("http://{}/v1", first.address), &second, PRICE);
    let listed = world.rein(&["models"]).ends(0);
    let text = world.settled(&listed.text());
    assert!(
        text.contains("chat 1: first/scripted (openai-chat at 127.0.0.1:[port]): answers; $1000.00 in"),
        "{text}"
    );
    assert!(
        text.contains("chat 2: second/scripted (anthropic") && text.contains("embed: no model"),
        "{text}"
    );
    let json = world.rein(&["models", "--json"]).ends(0).json();
    assert_eq!(json["models"][0]["reachable"], true);
    assert_eq!((&json["models"][1]["place"], &json["models"][1]["key"]), (&2.into(), &"none".into()));

    let tested = world.rein(&["models", "test"]).ends(0).text();
    assert!(tested.contains("chat: first/scripted answers in") && tested.contains("cost: $0."), "{tested}");
    assert_eq!((first.asked(), second.asked()), (1, 0), "one call for the one role");

    let drill = world.rein(&["models", "drill"]).ends(0).text();
    let expected = "chat: when `first` is dark, second/scripted answers\n\
                    chat: when `second` is dark, first/scripted answers\n\
                    chat: when all are dark, nobody answers; what needs no model works\n";
    assert_eq!((drill.as_str(), first.asked()), (expected, 1));

    let third = Model::plays([Reply::text("ready"), Reply::text("plain continuation")]);
    world.configure(&format!(
        "[roles]\ncomplete = [\"third/scripted\"]\n[providers.third]\nwire = \"openai-completions\"\nbase_url = \"http://{}/v1\"\n",
        third.address
    ));
    let tested = world.rein(&["models", "test", "--json"]).ends(0).json();
    let listed = world.rein(&["models", "--json"]).ends(0).json();
    let of_completion = |rows: &serde_json::Value| {
        let row = rows.as_array().unwrap().iter().find(|row| row["role"] == "complete").unwrap();
        row["suffix"].clone()
    };
    let found = of_completion(&tested["roles"]);
    assert!(!found.is_null());
    assert_eq!(of_completion(&listed["models"]), found, "kept for the list");
    let remark = "what follows the cursor";
    let listed = world.rein(&["models"]).ends(0).text();
    assert_eq!(listed.contains(remark), found != "honoured", "{found}: {listed}");

    world.configure("");
    world.rein(&["models", "test"]).ends(3);
    assert_eq!(
        world.rein(&["models", "drill"]).ends(0).text(),
        "no role has a model; what needs none works\n"
    );
}
