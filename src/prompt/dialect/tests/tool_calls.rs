//! Edits as JSON.

use super::*;

const CALL: &str = r#"{"path": "a.rs", "old_str": "two", "new_str": "2"}"#;
const SAID: &str = "edit a.rs -two|+2";

fn told(format: Format, reply: &str) -> Vec<String> {
    let reads = read(format, None, reply);
    reads.iter().filter(|read| !matches!(read, Read::Prose(_) | Read::Opened { .. })).map(one).collect()
}

#[test]
fn a_call_says_what_becomes_of_a_text() {
    let fenced = format!("Why: digits\n```json\n{CALL}\n```\nDone.\n");
    check(
        Format::Auto,
        &fenced,
        r#"opened a.rs
           edit a.rs (digits) -two|+2
           prose "Done.\n""#,
    );
    let everywhere = CALL.replace('}', ", \"replace_all\": true}");
    assert_eq!(told(Format::Auto, &everywhere), [format!("{SAID} everywhere")]);
}

#[test]
fn the_names_of_the_wild_are_known() {
    for call in [
        r#"{"file_path":"a.rs","old_string":"two","new_string":"2"}"#,
        r#"{"filePath":"./a.rs","oldString":"two","newString":"2"}"#,
        r#"{"filename":"a.rs","oldText":"two","newText":"2"}"#,
        r#"{"path":"a.rs","edits":[{"oldText":"two","newText":"2"}]}"#,
        r#"{"path":"a.rs","edits":[{"old":"two","new":"2"}]}"#,
        r#"{"command":"str_replace","path":"a.rs","old_str":"two","new_str":"2"}"#,
        r#"{"type":"tool_use","id":"1","name":"Edit","input":{"file_path":"a.rs","old_string":"two","new_string":"2"}}"#,
        r#"{"tool_calls":[{"type":"function","function":{"name":"edit","arguments":"{\"path\":\"a.rs\",\"old_str\":\"two\",\"new_str\":\"2\"}"}}]}"#,
        r#"{"content":[{"type":"text","text":"I edit."},{"type":"tool_use","input":{"path":"a.rs","old_str":"two","new_str":"2"}}]}"#,
    ] {
        assert_eq!(told(Format::Auto, call), [SAID], "{call}");
        assert_eq!(told(Format::StrReplace, call), [SAID], "{call}");
    }
}

#[test]
fn other_commands_create_insert_and_look() {
    let call = r#"{"command":"create","path":"n.rs","file_text":"a\n"}"#;
    assert_eq!(told(Format::Auto, call), ["edit n.rs is \"a\\n\""]);
    let call = r#"{"command":"insert","path":"a.rs","insert_line":3,"new_str":"x\ny\n"}"#;
    assert_eq!(told(Format::Auto, call), ["edit a.rs @4 +x|+y"]);
    let calls = format!("{}\n{CALL}\n", r#"{"command":"view","path":"a.rs"}"#);
    assert_eq!(told(Format::Auto, &calls), [SAID]);
    let call = r#"{"name":"apply_patch","arguments":{"input":"*** Begin Patch\n*** Update File: a.rs\n@@\n-a\n+b\n*** End Patch"}}"#;
    assert_eq!(told(Format::Auto, call), ["edit a.rs -a|+b"]);
}

#[test]
fn calls_come_in_lists_in_lines_and_side_by_side() {
    for reply in [
        format!("[{CALL},\n{CALL}]\n"),
        format!("[\n {CALL} ,\n {CALL}\n]"),
        format!("{CALL}\n{CALL}\n"),
        format!("{CALL},\n{CALL}"),
        format!("{CALL} {CALL}\n"),
        format!("```json\n{CALL}\n```\nAnd\n```json\n{CALL}\n```\n"),
    ] {
        for format in [Format::Auto, Format::StrReplace] {
            assert_eq!(told(format, &reply), [SAID, SAID], "{reply}");
        }
    }
}

#[test]
fn a_call_is_read_when_its_object_is_closed() {
    let mut reader = Reader::new(Format::Auto, None);
    assert!(reader.feed(&format!("[{CALL},")).is_empty());
    assert_eq!(reader.feed("\n").len(), 2);
    assert!(reader.feed(" {\"path\": \"b.rs\", \"old_str\": \"a\",\n").is_empty());
    assert!(matches!(reader.finish(true).as_slice(), [Read::Unreadable(_)]));
}

#[test]
fn json_that_is_cut_or_broken_is_refused_with_all_that_follows() {
    for reply in [
        &CALL[..CALL.len() - 1],
        &CALL[..30],
        &CALL.replace("\"two\"", "\"t\two\""),
        &CALL.replace("\"two\"", "\"t\\qwo\""),
        &CALL.replace("\"two\"", "'two'"),
        &CALL.replace("\"two\"", "\"\\ud800\""),
        &CALL.replace("\"2\"", "2"),
        &CALL.replace('}', ", \"old_str\": \"x\"}"),
        &CALL.replace('}', ", \"replace_all\": \"yes\"}"),
        &CALL.replace("new_str", "why"),
        &CALL.replace("path", "way"),
        &format!("{{\"path\": \"a.rs\", \"old_str\": \"a\nb\", \"new_str\": \"\"}}\n{CALL}\n"),
    ] {
        for format in [Format::Auto, Format::StrReplace] {
            let reads = read(format, None, reply);
            assert!(edits(&reads).is_empty() && is_flawed(&reads), "{reply} {reads:?}");
        }
    }
}

#[test]
fn other_json_and_code_are_words() {
    let samples =
        ["{\n  \"name\": \"x\"\n}\n", "{\n  int a;\n}\n", "[1, 2]\n", "{} {x\n", "[{\"a\": 1}]\n", "{\n[\n"];
    for words in samples {
        let reply = format!("Look:\n```\n{words}```\n\na.rs\n{BLOCK}");
        let reads = read(Format::Auto, None, &reply);
        assert_eq!(edits(&reads).len(), 1, "{words}");
        let prose = reads.iter().map(|read| if let Read::Prose(text) = read { text.as_str() } else { "" });
        assert!(prose.collect::<String>().contains(words), "{words} {reads:?}");
    }
}

#[test]
fn a_reply_of_a_million_values_is_read_in_bounded_time() {
    read(Format::Auto, None, &"{}".repeat(1 << 20));
    read(Format::StrReplace, None, &"[".repeat(1 << 20));
    read(Format::Auto, None, &"{\n".repeat(1 << 18));
}
