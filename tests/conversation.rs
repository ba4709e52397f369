//! A conversation about a project over several questions and rounds of tools, against a scripted model:
//! what the panel shows of it is what went over the wire, nothing is sent twice, what changed since is sent
//! anew, and what tools gave gives way, oldest first, where the model's window is too small.

mod support;

use proptest::prelude::*;
use rein::context::citation::Evidence;
use rein::context::{Excerpt, Pack, Presence, Segment, Source, evidence};
use rein::index::Place;
use rein::model::{Ask, Budget, Delta, Finish, ModelId, Role, Runnable, Tokens, ToolCall};
use rein::orchestrator::{Orchestrator, Roles};
use rein::prompt::Prompts;
use rein::provider::scripted::Reply;
use rein::provider::{BaseUrl, Card, Catalogue, Client, Endpoint, Wire};
use rein::session::{
    Depth, Effect, End, Event, Given, Inquiry, Outcome, Question, Retrieved, Session, Terms, TurnId,
};
use rein::text::{Lines, RepoPath, Span};
use rein::workspace::{Source as Frontend, StateDirs, Workspace};
use serde_json::Value;
use support::{Model, World};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::Receiver;

fn terms() -> Terms {
    let prompts = Prompts::embedded().unwrap().into();
    Terms { prompts, leash: Default::default(), max_output: None, source: Frontend::Tui }
}

/// A session with hands, as the screen has one.
struct Talks {
    world: World,
    model: Model,
    session: Session,
    orchestrator: Orchestrator,
    events: Receiver<Event>,
    runtime: Runtime,
}

impl Talks {
    fn new(files: &[(&str, &str)], replies: Vec<Reply>, wire: Wire, window: Option<Tokens>) -> Self {
        let (world, model) = (World::repository(files), Model::plays(replies));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let url = BaseUrl::parse(&format!("http://{}/v1", model.address), false).unwrap();
        let mut known = Catalogue::default();
        known.add("scripted", Card { context: window, ..Card::default() }, true);
        let mut roles = Roles::new(&[Endpoint::new("local", wire, url)], known);
        let id: ModelId = "local/scripted".parse().unwrap();
        roles.list(Role::Chat, &[id]);
        let state = StateDirs { state: world.root().join("state") };
        let workspace = Workspace::open(&world.root().join("project"), state).unwrap();
        let place = Place { folder: world.root().join("index") };
        let handle = runtime.handle().clone();
        let (orchestrator, events) =
            Orchestrator::new(workspace, Client::new(), roles, Tokens(24_000), Budget::default(), handle);
        let orchestrator = orchestrator.searching(place);
        Self { world, model, session: Session::new(terms()), orchestrator, events, runtime }
    }

    /// Puts a question and waits for its answer.
    fn ask(&mut self, question: Question) -> &Inquiry {
        let effects = self.session.ask(question).unwrap();
        let Self { session, orchestrator, events, runtime, .. } = self;
        runtime.block_on(async {
            effects.into_iter().for_each(|effect| orchestrator.run(effect));
            while session.inquiry().unwrap().is_running() {
                let event = events.recv().await.unwrap();
                session.update(event).into_iter().for_each(|effect| orchestrator.run(effect));
            }
        });
        self.session.inquiry().unwrap()
    }

    /// The bodies of all requests so far.
    fn sent(&self) -> Vec<Value> {
        self.model.requests.all().iter().map(|request| request.json()).collect()
    }
}

fn question(text: &str, depth: Depth) -> Question {
    Question { depth, follows: true, ..Question::of(text) }
}

/// What the panel shows of a request is what went over the wire (`openai-chat`), byte for byte.
fn panel_is_wire(pack: &Pack, body: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (mut system, mut wire) = (String::new(), String::new());
    for message in body["messages"].as_array().unwrap() {
        if message["role"] == "system" {
            system.push_str(&text(&message["content"]));
            continue;
        }
        wire.push_str(&text(&message["content"]));
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            wire.push_str(&text(&call["function"]["arguments"]));
        }
    }
    let shown = |of: &dyn Fn(&Segment) -> bool| -> String {
        pack.segments().iter().filter(|one| of(one)).map(|one| one.text.as_str()).collect()
    };
    assert_eq!(shown(&|one| one.source.is_system()), system);
    assert_eq!(shown(&|one| !one.source.is_system() && one.source != Source::Tools), wire);
    let tools = shown(&|one| one.source == Source::Tools);
    for tool in body["tools"].as_array().into_iter().flatten() {
        let told = ["name", "description"].map(|part| text(&tool["function"][part]));
        assert!(told.iter().all(|told| tools.contains(told)), "{tool}");
    }
}

/// `src/retry.rs 1-9, excerpt: request 2, above`.
fn standing(pack: &Pack) -> Vec<String> {
    let of_files = pack.segments().iter().filter(|one| one.source.place().1.is_some());
    of_files.map(|one| format!("{}: request {}, {}", one.source, one.request, one.presence.name())).collect()
}

const RETRY: &str = "/// How often a request is tried before the caller hears of its failure.\n\
    pub const ATTEMPTS: u32 = 3;\n\npub fn retry_request(left: u32) -> u32 {\n    ATTEMPTS - left\n}\n";

const ANSWER: &str =
    "SOURCES\n[1] src/retry.rs:2\n> pub const ATTEMPTS: u32 = 3;\n\nANSWER\nThree times [1].\n";

#[test]
fn over_three_questions_nothing_is_sent_twice_and_what_changed_is_sent_anew() {
    let third = ANSWER.replace("= 3", "= 5").replace("Three", "Five");
    let replies = [ANSWER, ANSWER, &third].map(Reply::text).to_vec();
    let mut talks = Talks::new(&[("src/retry.rs", RETRY)], replies, Wire::OpenAiChat, None);
    let ask = |talks: &mut Talks, text: &str| {
        let inquiry = talks.ask(question(text, Depth::Quick));
        assert_eq!((inquiry.end(), inquiry.proof().verified()), (Some(&End::Finished), (1, 1)), "{text}");
        let pack = inquiry.pack().unwrap().into_owned();
        panel_is_wire(&pack, talks.sent().last().unwrap());
        pack
    };
    let whole = "src/retry.rs 1-6, excerpt";
    let first = ask(&mut talks, "how many ATTEMPTS does retry_request make?");
    let spans: Vec<String> = standing(&first);
    assert!(spans.iter().all(|one| one.ends_with("request 1, sent")) && !spans.is_empty(), "{spans:?}");

    let second = ask(&mut talks, "where are the ATTEMPTS of retry_request?");
    let again: Vec<String> = standing(&second)[spans.len()..].to_vec();
    assert!(again.iter().all(|one| one.ends_with("request 2, above")) && !again.is_empty(), "{again:?}");
    let costs: Vec<Tokens> = second
        .segments()
        .iter()
        .filter(|one| one.presence == Presence::Above(1))
        .map(|one| one.tokens)
        .collect();
    assert!(costs.iter().all(|cost| *cost == Tokens(0)));
    let bodies = talks.sent();
    let (one, two) = (bodies[0]["messages"].as_array().unwrap(), bodies[1]["messages"].as_array().unwrap());
    assert!(two.starts_with(one), "what a provider kept is of use");
    assert!(!two.last().unwrap().to_string().contains("ATTEMPTS: u32"), "{whole} stands above");

    talks.world.write("src/retry.rs", RETRY.replace("= 3", "= 5"));
    let third = ask(&mut talks, "and how many ATTEMPTS does retry_request make now?");
    let told = standing(&third);
    assert!(told[..spans.len()].iter().any(|one| one.ends_with("request 1, stale")), "{told:?}");
    assert!(told.iter().any(|one| one.ends_with("request 3, renewed")), "{told:?}");
    let last = talks.sent()[2]["messages"].as_array().unwrap().last().unwrap().to_string();
    assert!(
        last.contains("ATTEMPTS: u32 = 5") && last.contains("changed=\\\"since it was shown above\\\""),
        "{last}"
    );
}

#[test]
fn a_call_that_asks_again_for_lines_gets_word_of_where_they_stand() {
    let read = r#"{"path": "src/retry.rs"}"#;
    let replies = vec![
        Reply::text("Let me look.")
            .calling("read", read)
            .calling("read", r#"{"path": "src/retry.rs", "first": 2, "last": 5}"#),
        Reply::text("").calling("read", read).calling("read", r#"{"path": "src/other.rs"}"#),
        Reply::text(ANSWER),
    ];
    let other = "// Another file, of which nobody has spoken yet.\n".repeat(9);
    let files = [("src/retry.rs", RETRY), ("src/other.rs", other.as_str())];
    let mut talks = Talks::new(&files, replies, Wire::OpenAiChat, None);
    let inquiry = talks.ask(question("zyxwvut?", Depth::Research));
    assert_eq!((inquiry.end(), inquiry.proof().verified()), (Some(&End::Finished), (1, 1)), "still a source");
    let pack = inquiry.pack().unwrap().into_owned();
    let gave = |pack: &Pack| -> Vec<(String, &'static str)> {
        let results = pack.segments().iter().filter(|one| matches!(one.source, Source::Outcome { .. }));
        results.map(|one| (one.text.clone(), one.presence.name())).collect()
    };
    let results = gave(&pack);
    let states: Vec<&str> = results.iter().map(|(_, state)| *state).collect();
    // The few lines are shorter than a word about them.
    assert_eq!(states, ["sent", "sent", "above", "sent"], "{results:?}");
    assert!(
        results[2].0.contains("src/retry.rs lines 1-6 of 6: stands above already, unchanged\n"),
        "{results:?}"
    );
    assert!(results[3].0.contains("nobody has spoken"));
    for (at, body) in talks.sent().iter().enumerate() {
        let until: Vec<Segment> =
            pack.segments().iter().filter(|one| one.request as usize <= at + 1).cloned().collect();
        panel_is_wire(&Pack::new(until), body);
    }
}

/// Everything of a value but its long texts.
fn shape(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > 80 => Value::Null,
        Value::Array(values) => values.iter().map(shape).collect(),
        Value::Object(fields) => {
            // Where a provider is to keep what it made of the beginning moves on with each request.
            let fields = fields.iter().filter(|(name, _)| *name != "cache_control");
            fields.map(|(name, value)| (name.clone(), shape(value))).collect()
        }
        other => other.clone(),
    }
}

/// The messages of a body, whatever its wire calls them.
fn messages(body: &Value) -> &Vec<Value> {
    ["messages", "input", "contents"].iter().find_map(|name| body[*name].as_array()).unwrap()
}

#[test]
fn the_oldest_results_give_way_on_every_wire_and_those_that_are_cited_stay() {
    let file = |n: usize| {
        let lines = (0..60)
            .map(|line| format!("pub fn number_{n}_{line}() {{ /* what the number {line} is for */ }}\n"));
        lines.collect::<String>()
    };
    let files: Vec<(String, String)> = (0..6).map(|n| (format!("src/f{n}.rs"), file(n))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let source = "pub fn number_0_7() { /* what the number 7 is for */ }";
    let answer = format!("SOURCES\n[1] src/f0.rs:8\n> {source}\n\nANSWER\nIt is there [1].\n");
    for wire in [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic, Wire::Gemini, Wire::Ollama] {
        let look =
            |n: usize, said: &str| Reply::text(said).calling("read", format!(r#"{{"path": "src/f{n}.rs"}}"#));
        let replies = vec![
            look(0, ""),
            look(1, "Let me go on."),
            look(2, "In `src/f1.rs:3` there is one."),
            look(3, ""),
            look(4, ""),
            Reply::text(&answer),
        ];
        let mut talks = Talks::new(&files, replies, wire, Some(Tokens(5_000)));
        let inquiry = talks.ask(question("zyxwvut?", Depth::Research));
        assert_eq!(inquiry.end(), Some(&End::Finished), "{wire:?}");
        assert_eq!(inquiry.proof().verified(), (1, 1), "{wire:?}: what was shown once is a source");
        let pack = inquiry.pack().unwrap().into_owned();
        let results = pack.segments().iter().filter(|one| matches!(one.source, Source::Outcome { .. }));
        let states: Vec<&str> = results.map(|one| one.presence.name()).collect();
        assert_eq!(states[0], "masked", "{wire:?} {states:?}");
        assert_eq!((states[1], states[4]), ("sent", "sent"), "{wire:?} {states:?}: cited, and newest");
        let (masked, weight) = inquiry.masked();
        assert!(masked > 0 && weight > Tokens(800), "{masked} {weight}");
        assert!(inquiry.progress().contains("result(s) masked"), "{}", inquiry.progress());
        let sent = talks.sent();
        let last = sent.last().unwrap().to_string();
        assert!(
            last.contains("read src/f0.rs: 61 lines, taken out to make room; call it again to see them"),
            "{last}"
        );
        assert!(!last.contains("number_0_7") && last.contains("number_1_7"), "{wire:?}");
        assert_eq!(sent.len(), 6);
        for (one, next) in sent.iter().zip(&sent[1..]) {
            let (one, next) = (messages(one), messages(next));
            let shaped: Vec<Value> = one.iter().map(shape).collect();
            let now: Vec<Value> = next.iter().take(one.len()).map(shape).collect();
            assert_eq!(shaped, now, "{wire:?}: every call keeps its result, in its place");
        }
        if wire == Wire::OpenAiChat {
            panel_is_wire(&pack, sent.last().unwrap());
        }
    }
}

/// A session that looks things up, with a window, and its first request.
fn research(window: Tokens) -> (Session, TurnId, Ask) {
    let mut session = Session::new(terms());
    let effects = session.ask(question("what?", Depth::Research)).unwrap();
    let [Effect::Retrieve { turn, .. }] = effects[..] else { panic!("{effects:?}") };
    let text = Lines::from("fn a() {}\n");
    let path = RepoPath::parse("src/a.rs").unwrap();
    let excerpt = Excerpt { path, span: text.span(), text, whole: true, why: "words".into() };
    let pack = evidence("what?", &[excerpt], Tokens(999)).unwrap();
    let found = Retrieved { window: Some(window), ..Retrieved::of(pack, Evidence::default()) };
    let ask = consulted(session.update(Event::Retrieved { turn, found: Ok(found) })).unwrap();
    (session, turn, ask)
}

fn consulted(effects: Vec<Effect>) -> Option<Ask> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::Consult { ask, .. } => Some((*ask).clone()),
        _ => None,
    })
}

/// Everything that is sent is in the pack, in order, and the other way round.
fn made_of_its_pack(pack: &Pack, ask: &Ask) {
    let mut sent = ask.system.clone();
    for message in &ask.messages {
        sent.push_str(&message.text);
        message.calls().iter().for_each(|call| sent.push_str(&call.arguments));
        message.tool_results().iter().for_each(|result| sent.push_str(&result.text));
    }
    let shown = pack.segments().iter().filter(|one| one.source != Source::Tools);
    assert_eq!(shown.map(|one| one.text.as_str()).collect::<String>(), sent);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is looked up, no request outgrows the model's window, each call has its result, and the panel
    /// has what is sent.
    #[test]
    fn no_request_outgrows_the_window(
        rounds in proptest::collection::vec(proptest::collection::vec((0usize..4, 1usize..260, 0usize..3), 1..4), 1..7),
        spare in 900u64..9_000,
    ) {
        let first = research(Tokens(1_000_000)).2.weight();
        // A quarter of a window is left for the answer.
        let most = first + Tokens(spare);
        let (mut session, turn, _) = research(Tokens(most.0 * 4 / 3));
        for calls in rounds {
            let mut outcomes = Vec::new();
            for (file, lines, version) in calls {
                let path = RepoPath::parse(&format!("src/f{file}.rs")).unwrap();
                let text: String = (0..lines).map(|n| format!("line {n} of version {version}\n")).collect();
                let arguments = format!(r#"{{"path": "{path}"}}"#);
                let call = ToolCall { id: None, name: "read".into(), arguments, freeform: false, runnable: Runnable::Yes };
                session.update(Event::Delta { turn, delta: Delta::Call(call) });
                let mut shown = Evidence::default();
                shown.add_file(path.clone(), Lines::from(text.as_str()));
                let span = Span::new(0, lines);
                outcomes.push(Outcome { gave: Ok(vec![Given::Lines { path, span, of: lines, text }]), shown });
            }
            session.update(Event::Delta { turn, delta: Delta::Finish(Finish::Calls) });
            session.update(Event::Ended { turn, result: Ok(()) });
            let Some(ask) = consulted(session.update(Event::Used { turn, dice: 7, outcomes })) else { break };
            // Results that are left out say so in a few words each, at the cost of what is left for the answer.
            let left_out = ask.messages.last().unwrap().tool_results().iter().any(|one| one.failed);
            let most = if left_out { most + Tokens(400) } else { most };
            prop_assert!(ask.weight() <= most, "{} of {most}", ask.weight());
            for pair in ask.messages.windows(2).filter(|pair| !pair[0].calls().is_empty()) {
                prop_assert_eq!(pair[0].calls().len(), pair[1].tool_results().len());
            }
            made_of_its_pack(&session.inquiry().unwrap().pack().unwrap(), &ask);
        }
    }
}
