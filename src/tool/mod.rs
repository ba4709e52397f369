//! The tools that a model may call, as one table: what it is told of each, what each takes, and how a
//! call becomes a typed [`Call`] or is refused. All of them read: none writes, starts a program or
//! reaches a server, so that no call needs anybody's consent.
//!
//! What a model writes is believed in nothing but its words: a path is parsed into the workspace or the
//! call is none, arguments that do not fit are not bent until they do, and a call that was cut off or
//! that nobody finished is never carried out. Whoever carries calls out (`orchestrator`) decides what of
//! a file may be shown; what a tool gives is a stranger's text wherever it came from.

mod call;
mod table;

pub use call::{Call, Refused};
pub use table::{TABLE, Touches};

use crate::model::{Runnable, Tool, ToolCall};
use table::Row;

/// The tools as they are offered to a model; those of the history only where there is one.
pub fn offered(history: bool) -> Vec<Tool> {
    let rows = TABLE.iter().filter(|row| history || row.touches != Touches::History);
    let tool =
        |row: &Row| Tool { name: row.name.into(), purpose: row.purpose.into(), schema: row.schema.into() };
    rows.map(tool).collect()
}

/// What a model wants, if it may have it.
///
/// # Errors
/// Why not, for the model to read.
pub fn parse(call: &ToolCall) -> Result<Call, Refused> {
    if call.runnable != Runnable::Yes {
        return Err(Refused::NotWhole);
    }
    let row = TABLE.iter().find(|row| row.name == call.name);
    let row = row.ok_or_else(|| Refused::Unknown { name: call.name.clone(), known: names() })?;
    // Some models say nothing where nothing is needed.
    let arguments = if call.arguments.trim().is_empty() { "{}" } else { call.arguments.as_str() };
    (row.read)(arguments)
}

fn names() -> String {
    TABLE.iter().map(|row| row.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    fn call(name: &str, arguments: &str) -> ToolCall {
        let (id, arguments) = (None, arguments.to_owned());
        ToolCall { id, name: name.into(), arguments, freeform: false, runnable: Runnable::Yes }
    }

    fn told(name: &str, arguments: &str) -> String {
        match parse(&call(name, arguments)) {
            Ok(call) => call.to_string(),
            Err(why) => format!("refused: {why}"),
        }
    }

    #[test]
    fn every_tool_takes_what_its_schema_names_and_says_what_it_was_asked() {
        for (name, arguments, shown) in [
            ("search", r#"{"query": "where is retry"}"#, "search where is retry"),
            ("read", r#"{"path": "src/a.rs"}"#, "read src/a.rs"),
            ("read", r#"{"path": "./src/a.rs", "first": 3, "last": 9}"#, "read src/a.rs:3-9"),
            ("read", r#"{"path": "a", "first": 3}"#, "read a from line 3"),
            ("list", "{}", "list"),
            ("list", "", "list"),
            ("list", r#"{"path": "src/"}"#, "list src"),
            ("list", r#"{"path": "."}"#, "list"),
            ("outline", r#"{"path": "src/a.rs"}"#, "outline src/a.rs"),
            ("grep", r#"{"pattern": "fn \\w+", "path": "src"}"#, "grep fn \\w+ in src"),
            ("uses", r#"{"name": "Parser::parse"}"#, "uses Parser::parse"),
            ("git_log", r#"{"path": "src/a.rs", "words": "retry"}"#, "git_log src/a.rs with retry"),
            ("git_log", "{}", "git_log"),
            ("git_blame", r#"{"path": "src/a.rs", "first": 3, "last": 3}"#, "git_blame src/a.rs:3"),
            ("git_show", r#"{"commit": "1a2b3c4", "path": "src"}"#, "git_show 1a2b3c4 src"),
        ] {
            assert_eq!(told(name, arguments), shown);
        }
        for row in TABLE {
            let tool = offered(true).into_iter().find(|tool| tool.name == row.name).unwrap();
            let schema: serde_json::Value = serde_json::from_str(&tool.schema).unwrap();
            assert_eq!(
                (schema["type"].as_str(), &schema["additionalProperties"]),
                (Some("object"), &false.into())
            );
        }
        assert!(offered(false).iter().all(|tool| !tool.name.starts_with("git")));
    }

    #[test]
    fn what_does_not_fit_is_refused_and_not_bent() {
        for (name, arguments, part) in [
            ("write", "{}", "there is no tool `write`"),
            ("read", "{}", "path"),
            ("read", r#"{"path": "../secret"}"#, "leaves the workspace"),
            ("read", r#"{"path": "/etc/passwd"}"#, "absolute"),
            ("read", r#"{"path": ".git/config"}"#, "version-control"),
            ("read", r#"{"path": "a", "first": 9, "last": 3}"#, "no lines"),
            ("read", r#"{"path": "a", "first": "3"}"#, "invalid type"),
            ("read", r#"{"path": "a", "lines": 3}"#, "unknown field"),
            ("read", "[1]", ""),
            ("grep", r#"{"pattern": ""}"#, "empty"),
            ("search", r#"{"query": "  "}"#, "empty"),
            ("search", r#"{"query": "#, "EOF"),
            ("git_show", r#"{"commit": ""}"#, "empty"),
            ("git_blame", r#"{"path": "a"}"#, "first"),
        ] {
            let refused = told(name, arguments);
            assert!(
                refused.starts_with("refused: ") && refused.contains(part),
                "{name} {arguments}: {refused}"
            );
        }
    }

    #[test]
    fn a_call_that_is_not_whole_is_never_carried_out() {
        for runnable in [Runnable::No, Runnable::May] {
            let call = ToolCall { runnable, ..call("list", "{}") };
            assert_eq!(parse(&call), Err(Refused::NotWhole));
        }
    }

    #[test]
    fn lines_without_an_end_go_to_the_end() {
        let Ok(Call::Read { lines, .. }) = parse(&call("read", r#"{"path": "a", "first": 3}"#)) else {
            panic!()
        };
        assert_eq!(lines, Some(Span::new(2, usize::MAX)));
    }
}
