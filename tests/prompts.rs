//! The prompts as shipped: locked by version, with the fields they use, and small.

use std::collections::BTreeMap;

use rein::change::Level;
use rein::context::{Open, Request, gather};
use rein::model::Tokens;
use rein::prompt::{OVERHEAD, Prompt, Prompts, edit};
use rein::text::{Digest, Lines, RepoPath, Span};

const LOCK: &str = include_str!("../prompts/VERSIONS");

fn line(prompt: &Prompt, version: u32) -> String {
    format!("{} {version} {}", prompt.name(), Digest::of(prompt.body().as_bytes()))
}

#[test]
fn no_prompt_changes_without_a_new_version() {
    let locked: BTreeMap<&str, &str> =
        LOCK.lines().filter_map(|line| Some((line.split(' ').next()?, line))).collect();
    let prompts = Prompts::embedded().unwrap();
    for prompt in prompts.iter() {
        let name = prompt.name();
        let now = line(prompt, prompt.version());
        let Some(before) = locked.get(name) else {
            panic!("`{name}` is not locked; add this line to prompts/VERSIONS:\n{now}");
        };
        if *before == now {
            continue;
        }
        let version: u32 = before.split(' ').nth(1).unwrap().parse().unwrap();
        let next = prompt.version().max(version + 1);
        panic!(
            "`{name}` has changed: say `version: {next}` in prompts/{name}.md and put this line in prompts/VERSIONS:\n{}",
            line(prompt, next)
        );
    }
    assert_eq!(locked.len(), prompts.iter().count(), "prompts/VERSIONS names a prompt that is gone");
}

#[test]
fn every_prompt_declares_what_it_uses_and_says_what_it_expects() {
    // Loading compares the declared fields with the used ones.
    for prompt in Prompts::embedded().unwrap().iter() {
        assert!(!prompt.contract().is_empty(), "{}", prompt.name());
        assert!(prompt.version() > 0, "{}", prompt.name());
        let given: Vec<_> = prompt.fields().iter().map(|field| (field.as_str(), "x".to_owned())).collect();
        prompt.render(&given).unwrap();
    }
}

/// A first request to a server is at most 6,000 bytes beyond the file's own text, as JSON, with the
/// longest list of files.
#[test]
fn a_first_request_is_small_at_every_notch() {
    let prompts = Prompts::embedded().unwrap();
    let path = RepoPath::parse("src/a/rather/long/path/to/some_module.rs").unwrap();
    let text = Lines::new("fn a() {}\n".repeat(40).into_bytes());
    let files: Vec<RepoPath> =
        (0..3_000).map(|n| RepoPath::parse(&format!("src/module_{n}/part.rs")).unwrap()).collect();
    for level in [Level::Selection, Level::File, Level::Repo] {
        let open = Open { path: &path, text: &text, selection: Some(Span::new(3, 9)), cursor: None };
        let instruction = "rename `a` to `b` and say why";
        let request = Request { files: &files, ..Request::new(level, instruction, Some(open)) };
        let said = edit(&prompts, level, &gather(&request, Tokens(30_000)).unwrap()).unwrap();
        let ask = said.ask();
        let body = serde_json::json!({
            "model": "a-model-with-a-rather-long-name", "stream": true, "stream_options": {"include_usage": true},
            "messages": [{"role": "system", "content": ask.system}, {"role": "user", "content": ask.messages[0].text}],
        });
        let file = serde_json::to_string(std::str::from_utf8(text.bytes()).unwrap()).unwrap().len();
        let beyond = body.to_string().len() - file;
        assert!(beyond <= 6_000, "{level}: {beyond} bytes");
        assert!(ask.system.len() <= 3_300, "{level}: the prompt has {} bytes", ask.system.len());
        assert!(Tokens::estimate(&ask.system) <= OVERHEAD);
    }
}
