//! `rein models decode` from outside: a body on stdin, the result on stdout.

#[path = "decode/quirks.rs"]
mod quirks;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn decode(args: &[&str], body: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rein"))
        .args(["models", "decode"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that was typed wrongly does not read what it is given.
    let _ = child.stdin.take().unwrap().write_all(body);
    child.wait_with_output().unwrap()
}

#[test]
fn a_body_becomes_the_result_that_a_client_must_reach() {
    let body = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"read\",\"arguments\":\"{\\\"a\\\":\"}}]}}]}\n\n\
                data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    let output = decode(&["--api", "openai-chat"], body.as_bytes());
    assert!(output.status.success());
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let call =
        json!({"id": "c", "name": "read", "arguments_raw": "{\"a\":", "arguments": null, "runnable": "no"});
    let expected = json!({
        "status": 200, "text": "", "reasoning": "", "refusal": "", "tool_calls": [call], "server_tools": [],
        "finish_raw": "tool_calls", "finish": "tool_calls", "usage": null, "error": null, "terminal": true,
        "model": "m",
    });
    assert_eq!(found, expected, "whole as the server says, and still not to be run");
}

#[test]
fn a_body_that_is_no_answer_is_shown_and_named() {
    let output = decode(&["--api", "anthropic-messages"], b"<html>");
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a whole answer"));
    let refused = decode(&["--api", "google-generate", "--status", "404"], br#"{"error":{"message":"no"}}"#);
    let found: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!((&found["finish"], &found["error"]["message"]), (&json!("error"), &json!("no")));
    assert_eq!(decode(&["--api", "fax"], b"").status.code(), Some(64));
}
