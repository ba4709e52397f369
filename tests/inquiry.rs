//! What a model sees of a question, to the byte, at each depth: numbered and labelled, so that a change
//! of it is a small diff that a person can review.

use rein::context::{Asked, Excerpt, Pack, Segment, Source, Transcript, Trust, evidence, evidence_for};
use rein::model::{Runnable, Tokens, ToolCall, ToolResult};
use rein::prompt::{Means, Prompts, Said, after_answer, after_calls, ask, check, report, split};
use rein::text::{Lines, RepoPath};
use rein::tool;

fn sight(said: &Said) -> String {
    let mut out = String::new();
    for (at, segment) in said.pack().segments().iter().enumerate() {
        let Segment { source, why, tokens, text, trust, .. } = segment;
        out.push_str(&format!("[{}] {source} · {} · {why} · ~{tokens} tokens\n", at + 1, trust.name()));
        text.lines().for_each(|line| out.push_str(&format!("    |{line}\n")));
    }
    out
}

/// Everything that is sent is in the pack: texts, calls, results and tools.
fn made_of_its_pack(said: &Said) {
    let shown: String = said.pack().segments().iter().map(|segment| segment.text.as_str()).collect();
    let ask = said.ask();
    assert!(shown.contains(&ask.system));
    for message in &ask.messages {
        assert!(shown.contains(&message.text), "{}", message.text);
        message.calls().iter().for_each(|call| assert!(shown.contains(&call.arguments)));
        message.tool_results().iter().for_each(|result| assert!(shown.contains(&result.text)));
    }
    for tool in &ask.tools {
        assert!(
            [&tool.name, &tool.purpose, &tool.schema].into_iter().all(|part| shown.contains(part.as_str()))
        );
    }
}

fn pack(question: &str) -> Pack {
    pack_with(question, &[])
}

fn pack_with(question: &str, past: &[Segment]) -> Pack {
    let text = Lines::from("pub const ATTEMPTS: u32 = 3;\n");
    let path = RepoPath::parse("src/retry.rs").unwrap();
    let excerpt = Excerpt { path, span: text.span(), text, whole: true, why: "words".into() };
    let (excerpts, above) = ([excerpt], Transcript::default());
    evidence_for(&Asked { past, ..Asked::of(question, &excerpts, &above) }, Tokens(999)).unwrap()
}

fn prompts() -> Prompts {
    Prompts::embedded().unwrap()
}

#[test]
fn a_quick_question() {
    let said = ask(&prompts(), &pack("how often?"), &Means::default()).unwrap();
    made_of_its_pack(&said);
    insta::assert_snapshot!(sight(&said));
}

#[test]
fn a_question_about_a_line_with_its_history() {
    let text = "commit 1a2b3c4d5e6f\nAda, 2025-10-12\n\nTry three times\n";
    let source = Source::Commit { id: "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d".into() };
    let commit = Segment::new(source, "last changed line(s) 1 of src/retry.rs", text, Trust::Repository);
    let pack = pack_with("why three?", &[commit]);
    let means = Means { history: true, ..Means::default() };
    let said = ask(&prompts(), &pack, &means).unwrap();
    made_of_its_pack(&said);
    insta::assert_snapshot!(sight(&said));
}

#[test]
fn a_search_of_two_rounds_and_the_next_question() {
    let means = Means { tools: tool::offered(true), rounds: 6, history: true };
    let first = ask(&prompts(), &pack("how often?"), &means).unwrap();
    let call = |name: &str, arguments: &str| ToolCall {
        id: Some("1".into()),
        name: name.into(),
        arguments: arguments.into(),
        freeform: false,
        runnable: Runnable::Yes,
    };
    let gave = |name: &str, text: &str, failed| ToolResult {
        id: Some("1".into()),
        name: name.into(),
        text: text.into(),
        failed,
    };
    let second = after_calls(
        &first,
        "Let me look.",
        &[call("read", r#"{"path":"src/main.rs"}"#), call("read", r#"{"path":".env"}"#)],
        &[],
        vec![
            gave("read", "src/main.rs lines 1-1 of 1:\nfn main() {}\n", false),
            gave("read", "`.env` usually holds secrets and is not shown", true),
        ],
        0xfeed,
        false,
    );
    let third = after_calls(
        &second,
        "",
        &[call("list", "{}")],
        &[],
        vec![gave("list", "src/main.rs\n", false)],
        7,
        true,
    );
    for said in [&first, &second, &third] {
        made_of_its_pack(said);
    }
    assert!(third.ask().messages.starts_with(&second.ask().messages));
    let next = evidence("and where?", &[], Tokens(999)).unwrap();
    let next = after_answer(&third, "Three times.", &next).unwrap();
    made_of_its_pack(&next);
    assert!(next.ask().messages.starts_with(&third.ask().messages) && next.ask().tools == first.ask().tools);
    insta::assert_snapshot!(sight(&next));
}

#[test]
fn a_question_in_depth_is_planned_checked_and_written_up() {
    let claim = |number: u32, text: &str| {
        Segment::new(Source::Claim { number }, "found for part 1", text, Trust::Model)
    };
    let claims = vec![
        claim(1, "It is tried three times [1].\n[1] src/retry.rs:1\n> pub const ATTEMPTS: u32 = 3;\n"),
        claim(2, "Nobody calls it [2].\n[2] src/main.rs:1\n> fn main() {}\n"),
    ];
    for said in [
        split(&prompts(), &pack("how often, and where?"), 4).unwrap(),
        check(&prompts(), claims.clone(), "how often, and where?").unwrap(),
        report(&prompts(), claims, "how often, and where?").unwrap(),
    ] {
        made_of_its_pack(&said);
        let name = said.pack().segments()[0].why.replace(' ', "_");
        insta::assert_snapshot!(name, sight(&said));
    }
}
