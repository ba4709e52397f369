//! A project made searchable by meaning, against servers that speak each of the wires.

use super::super::Meter;
use super::super::roles::Route;
use super::*;
use crate::model::{Budget, Counted, Money, Price, Rate};
use crate::provider::scripted::{Fault, Reply, Requests, Script, Server};
use crate::provider::{Card, Client, Endpoint, Wire};
use crate::workspace::{StateDirs, Workspace};

struct Project {
    _folder: tempfile::TempDir,
    workspace: Workspace,
    place: Place,
    index: Index,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("project");
        std::fs::create_dir(&root).unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(root.join(name), text).unwrap());
        let dirs = StateDirs { state: folder.path().join("state") };
        let workspace = Workspace::open_folder(&root, dirs).unwrap();
        let place = Place { folder: folder.path().join("index") };
        let mut index = Index::open(workspace.clone(), place.clone()).unwrap();
        index.refresh(&|| false).unwrap();
        Self { _folder: folder, workspace, place, index }
    }

    /// Many small files.
    fn of(count: usize) -> Self {
        let files: Vec<(String, String)> =
            (0..count).map(|n| (format!("f{n:03}.rs"), format!("fn number{n}() {{}}\n"))).collect();
        Self::new(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
    }

    fn meaning(&self, endpoint: Endpoint, rules: Rules, budget: Budget) -> Meaning {
        Meaning::open(&self.place, (self.embedder(endpoint, rules, budget), None), Vec::new())
    }

    fn embedder(&self, endpoint: Endpoint, rules: Rules, budget: Budget) -> Embedder {
        let rate = Rate(Money(1_000_000));
        let price = Price { input: rate, output: rate, cached: rate, cache_write: rate };
        let card = Card { price: Some(price), ..Card::default() };
        let route = Route { endpoint: endpoint.into(), model: "m".into(), card };
        let meter = Meter::of(&self.workspace, budget);
        Embedder::new(Client::new(), meter, route, rules)
    }
}

/// Runs `work` against a server with this script.
fn serving<T>(replies: Vec<Reply>, work: impl AsyncFnOnce(&dyn Fn(Wire) -> Endpoint, Requests) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (server, _) = Server::bind(Script::new(replies)).await.unwrap();
        let requests = server.requests();
        let endpoints: Vec<(Wire, Endpoint)> =
            Wire::ALL.into_iter().map(|wire| (wire, server.endpoint(wire.name(), wire).unwrap())).collect();
        let endpoint = |wire: Wire| endpoints.iter().find(|(one, _)| *one == wire).unwrap().1.clone();
        tokio::select! {
            () = server.serve() => unreachable!("it serves until it is dropped"),
            done = work(&endpoint, requests) => done,
        }
    })
}

fn refuses(status: u16, part: &str, said: &str) -> Reply {
    let body = format!("{{\"error\": {{\"message\": \"{said}\"}}}}");
    Reply::fault(Fault::Status { status, retry_after: None, body }).when(part)
}

/// What is near, by the first model.
async fn near(meaning: &mut Meaning, project: &Project, text: &str) -> Vec<Hit> {
    let near = meaning.nearest(&project.index, text).await.unwrap();
    near.map(|(_, hits)| hits).unwrap_or_default()
}

const FILES: [(&str, &str); 2] =
    [("debounce.rs", "fn debouncer_waits() {}\n"), ("other.rs", "fn parser_reads_tokens() {}\n")];

#[test]
fn every_wire_that_embeds_makes_a_project_searchable_by_meaning() {
    for wire in Wire::ALL.into_iter().filter(|wire| wire.embeds()) {
        let project = Project::new(&FILES);
        let (filling, hits, bill, requests) = serving(vec![], async |endpoint, requests| {
            let mut meaning = project.meaning(endpoint(wire), Rules::default(), Budget::default());
            let filling = meaning.fill(0, &project.index, &mut |_| {}).await.unwrap();
            let hits = near(&mut meaning, &project, "debouncing").await;
            (filling, hits, meaning.spent(), requests.all())
        });
        assert_eq!(filling, Filling { made: 2, left: 0 }, "{wire}");
        assert_eq!(hits[0].path.as_str(), "debounce.rs", "{wire}");
        assert!(hits[0].why[0].starts_with("meaning:0."), "{wire}: {:?}", hits[0].why);
        assert_eq!((requests.len(), bill.requests), (2, 2), "{wire}: the texts at once, then the question");
        assert!(bill.cost > Money(0), "{wire}");
        assert_eq!(bill.usage.counted == Counted::Estimated, wire == Wire::Gemini, "{wire}");
    }
}

#[test]
fn what_was_made_is_never_paid_for_again_and_another_model_begins_anew() {
    let project = Project::of(70);
    serving(vec![], async |endpoint, requests| {
        let open = |rules| project.meaning(endpoint(Wire::OpenAiChat), rules, Budget::default());
        let mut told = Vec::new();
        open(Rules::default()).fill(0, &project.index, &mut |filling| told.push(filling.made)).await.unwrap();
        assert_eq!((told, requests.all().len()), (vec![70], 2), "64 in one request at most");
        let mut again = open(Rules::default());
        assert_eq!(again.fill(0, &project.index, &mut |_| {}).await.unwrap(), Filling::default());
        assert_eq!(requests.all().len(), 2);
        let other = Rules { document_prefix: "passage: ".into(), ..Rules::default() };
        assert_eq!(open(other).count(0, &project.index).missing, 70);
    });
}

#[test]
fn a_stop_loses_one_batch_and_a_limit_for_the_day_is_kept_across_processes() {
    let project = Project::of(600);
    serving(vec![], async |endpoint, requests| {
        let limited = Rules { tokens: Some(Tokens(2_000)), ..Rules::default() };
        let open = |rules| project.meaning(endpoint(Wire::Voyage), rules, Budget::default());
        let stopped = open(limited.clone()).fill(0, &project.index, &mut |_| {}).await.unwrap_err();
        assert!(matches!(stopped, NotMeant::DayIsOver { limit: Tokens(2_000), .. }), "{stopped}");
        let left = open(limited.clone()).count(0, &project.index).missing;
        assert!(left > 0 && left < 600, "{left}");
        let asked = requests.all().len();
        assert!(open(limited).fill(0, &project.index, &mut |_| {}).await.is_err());
        let rest = open(Rules::default()).fill(0, &project.index, &mut |_| {}).await.unwrap();
        assert!(rest.made <= left && rest.left == 0);
        let sent: usize =
            requests.all()[asked..].iter().map(|one| one.json()["input"].as_array().unwrap().len()).sum();
        assert!(sent <= left, "{sent} of {left}: nothing that was made is sent again");
    });
}

#[test]
fn a_budget_in_money_stops_it_before_a_request_leaves() {
    let project = Project::of(3);
    serving(vec![], async |endpoint, requests| {
        let budget = Budget { day: Some(Money(5)), ..Budget::default() };
        let mut meaning = project.meaning(endpoint(Wire::Ollama), Rules::default(), budget);
        let stopped = meaning.fill(0, &project.index, &mut |_| {}).await.unwrap_err();
        assert!(matches!(stopped, NotMeant::Model(Failure::OverBudget { .. })), "{stopped}");
        assert_eq!(requests.all().len(), 0);
    });
}

#[test]
fn a_server_that_takes_less_at_once_gets_less_and_a_busy_one_time() {
    let project = Project::of(8);
    let too_long = "This model's maximum context length is 10 tokens, however you requested 99 tokens";
    let replies = vec![
        refuses(400, "number7", "batch too large"),
        refuses(503, "number1", "busy"),
        refuses(400, "number3", too_long),
    ];
    serving(replies, async |endpoint, requests| {
        let mut meaning = project.meaning(endpoint(Wire::OpenAiChat), Rules::default(), Budget::default());
        assert_eq!(meaning.fill(0, &project.index, &mut |_| {}).await.unwrap(), Filling { made: 8, left: 0 });
        assert!(requests.all().len() >= 4);
        for n in [0, 3, 7] {
            let hits = near(&mut meaning, &project, &format!("f00{n}")).await;
            assert!(hits.iter().any(|hit| hit.path.as_str() == format!("f00{n}.rs")));
        }
    });
}

#[test]
fn a_model_that_cannot_be_asked_is_said_and_a_key_in_a_question_goes_nowhere() {
    let project = Project::of(2);
    let replies = vec![refuses(401, "number", "no such key")];
    serving(replies, async |endpoint, requests| {
        let mut meaning = project.meaning(endpoint(Wire::Voyage), Rules::default(), Budget::default());
        let failed = meaning.fill(0, &project.index, &mut |_| {}).await.unwrap_err();
        assert!(matches!(failed, NotMeant::Model(Failure::Unauthorised { .. })), "{failed}");
        let key = "who uses ghp_0123456789abcdefghijABCDEFGHIJ012345";
        assert!(matches!(meaning.nearest(&project.index, key).await, Err(NotMeant::Secret)));
        assert_eq!(requests.all().len(), 1);
    });
}

#[test]
fn vectors_of_another_length_under_the_same_name_are_made_again() {
    let project = Project::new(&FILES);
    serving(vec![], async |endpoint, _| {
        let open = || project.meaning(endpoint(Wire::OpenAiChat), Rules::default(), Budget::default());
        let mut meaning = open();
        meaning.fill(0, &project.index, &mut |_| {}).await.unwrap();
        let shorter = meaning.chunks.ids(&project.index).into_iter().map(|id| (id, vec![1.0; 3]));
        Rows::open(&project.place, "openai-chat/m").keep(&shorter.collect::<Vec<_>>()).unwrap();
        let mut meaning = open();
        let said = meaning.nearest(&project.index, "debouncing").await.unwrap_err().to_string();
        assert!(said.contains("64 numbers, and those that are kept have 3"), "{said}");
        assert!(open().prove(0).await.unwrap(), "and only who asks for it loses what was paid for");
        let mut meaning = open();
        assert!(!meaning.prove(0).await.unwrap());
        assert_eq!(meaning.fill(0, &project.index, &mut |_| {}).await.unwrap(), Filling { made: 2, left: 0 });
        assert_eq!(meaning.store(0).unwrap().length(), Some(64));
        assert_eq!(near(&mut meaning, &project, "debouncing").await.len(), 1);
    });
}

#[test]
fn a_store_elsewhere_is_searched_alike_gets_no_text_and_may_lose_all_of_it() {
    let project = Project::new(&FILES);
    serving(vec![], async |endpoint, requests| {
        let remote = |name: &str| {
            let base = crate::provider::BaseUrl::parse(
                endpoint(Wire::Voyage).base_url.as_str().trim_end_matches("/v1"),
                false,
            );
            let at = Endpoint::new("vectors", Wire::Voyage, base.unwrap());
            Some(Qdrant::new(Client::new(), at, name.into()))
        };
        let open = |server| {
            let local = project.embedder(endpoint(Wire::Voyage), Rules::default(), Budget::default());
            Meaning::open(&project.place, (local, server), Vec::new())
        };
        let here = {
            let mut meaning = open(None);
            meaning.fill(0, &project.index, &mut |_| {}).await.unwrap();
            near(&mut meaning, &project, "debouncing").await
        };
        let mut there = open(remote("a"));
        assert_eq!(there.fill(0, &project.index, &mut |_| {}).await.unwrap(), Filling { made: 2, left: 0 });
        let found = near(&mut there, &project, "debouncing").await;
        let places = |hits: &[Hit]| hits.iter().map(|hit| hit.path.to_string()).collect::<Vec<_>>();
        assert_eq!(places(&found), places(&here));
        assert_eq!(open(remote("a")).fill(0, &project.index, &mut |_| {}).await.unwrap().made, 0);
        assert_eq!(open(remote("b")).count(0, &project.index).missing, 2);
        // What this machine believes to be there, and is not.
        let lost = format!("{} voyage/m", remote("lost").unwrap().shown());
        crate::index::Sent::open(&project.place, &lost).note(&there.chunks.ids(&project.index)).unwrap();
        assert_eq!(open(remote("lost")).count(0, &project.index).missing, 0);
        assert_eq!(open(remote("lost")).fill(0, &project.index, &mut |_| {}).await.unwrap().made, 2);
        let sent = requests.all();
        let stored: Vec<_> = sent.iter().filter(|one| one.path.starts_with("/collections/")).collect();
        assert!(!stored.is_empty() && stored.iter().all(|one| !one.body.contains("deboun")));
    });
}

/// A project whose first model refuses questions, and a second one behind it.
async fn two(project: &Project, endpoint: &dyn Fn(Wire) -> Endpoint) -> Meaning {
    let embedder = |wire| (project.embedder(endpoint(wire), Rules::default(), Budget::default()), None);
    Meaning::open(&project.place, embedder(Wire::Voyage), vec![embedder(Wire::OpenAiChat)])
}

#[test]
fn another_model_of_the_list_stands_in_with_its_own_vectors_once_they_are_complete() {
    let project = Project::new(&FILES);
    let down = || refuses(401, "debouncing", "no such key");
    serving(vec![down(), down()], async |endpoint, requests| {
        let mut meaning = two(&project, endpoint).await;
        assert_eq!(meaning.kept_up(), [0], "nobody asked for the second one's");
        meaning.fill(0, &project.index, &mut |_| {}).await.unwrap();
        let failed = meaning.nearest(&project.index, "debouncing").await.unwrap_err();
        assert!(matches!(failed, NotMeant::Model(Failure::Unauthorised { .. })), "{failed}");
        assert_eq!(requests.all().len(), 2, "without vectors the second is not asked");
        meaning.fill(1, &project.index, &mut |_| {}).await.unwrap();
        assert_eq!(meaning.kept_up(), [0, 1]);
        let (pointed, hits) = meaning.nearest(&project.index, "debouncing").await.unwrap().unwrap();
        assert_eq!(
            (pointed.by.to_string().as_str(), hits[0].path.as_str()),
            ("openai-chat/m", "debounce.rs")
        );
        assert_eq!(pointed.instead[0].0.to_string(), "voyage/m");
        let again = two(&project, endpoint).await;
        assert_eq!(again.count(0, &project.index).missing + again.count(1, &project.index).missing, 0);
    });
}

#[test]
fn what_is_not_complete_stands_in_for_nobody() {
    let project = Project::new(&FILES);
    let replies = vec![refuses(401, "debouncing", "no such key")];
    serving(replies, async |endpoint, _| {
        let mut meaning = two(&project, endpoint).await;
        meaning.fill(0, &project.index, &mut |_| {}).await.unwrap();
        meaning.chunks.rewind();
        let some = meaning.next(1, &project.index, 1).unwrap().swap_remove(0);
        meaning.keep(1, vec![(some.id, vec![1.0; 64])]).await.unwrap();
        let failed = meaning.nearest(&project.index, "debouncing").await.unwrap_err();
        assert!(matches!(&failed, NotMeant::Incomplete(it) if it.missing == 1), "{failed}");
    });
}
