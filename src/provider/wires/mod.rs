//! The wire formats, one per file. A new wire is a file here and a line in [`super::wire::Wire`].

pub(super) mod anthropic;
pub(super) mod gemini;
pub(super) mod llamacpp_infill;
pub(super) mod mistral_fim;
pub(super) mod ollama;
pub(super) mod openai_chat;
pub(super) mod openai_completions;
pub(super) mod openai_responses;
pub(super) mod voyage;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::Wire;
    use crate::model::{Ask, Effort, Message, Runnable, Seal, Tokens, Tool, ToolCall, ToolResult};

    /// A conversation with everything in it: a second question, thinking, a tool, two calls of which
    /// one has no id, their results, and seals of two providers.
    fn ask() -> Ask {
        let call = |id: Option<&str>, path: &str| ToolCall {
            id: id.map(str::to_owned),
            name: "read".into(),
            arguments: format!("{{\"path\": \"{path}\"}}"),
            freeform: false,
            runnable: Runnable::Yes,
        };
        let result = |id: Option<&str>, text: &str, failed| ToolResult {
            id: id.map(str::to_owned),
            name: "read".into(),
            text: text.into(),
            failed,
        };
        let seal = |of, body: &str| Seal { of: std::borrow::Cow::Borrowed(of), body: body.into() };
        let seals = vec![
            seal("anthropic", r#"{"type":"thinking","thinking":"hm","signature":"s1"}"#),
            seal("gemini", r#"{"call":1,"thoughtSignature":"s2"}"#),
            seal("openai-responses", r#"{"type":"reasoning","encrypted_content":"s3"}"#),
        ];
        Ask {
            steady: 0,
            system: "be brief".into(),
            messages: vec![
                Message::user("hi"),
                Message::assistant("ho"),
                Message::user("what is in a and b?"),
                Message::calling("I look.", vec![call(Some("c1"), "a"), call(None, "b")], seals),
                Message::results(vec![result(Some("c1"), "A", false), result(None, "no such file", true)]),
            ],
            max_output: Some(Tokens(100)),
            stop: vec!["END".into()],
            effort: Some(Effort::Low),
            tools: vec![Tool {
                name: "read".into(),
                purpose: "reads a file".into(),
                schema: r#"{"type":"object","properties":{"path":{"type":"string"}}}"#.into(),
            }],
        }
    }

    #[test]
    fn a_conversation_with_calls_goes_out_in_each_wires_own_words() {
        let requests = Wire::ALL.into_iter().filter_map(|wire| {
            let request = wire.format().request("model-1", &ask())?;
            Some(format!("{wire}\n{}\n", serde_json::to_string_pretty(&request).unwrap()))
        });
        insta::assert_snapshot!(requests.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn a_seal_goes_to_nobody_but_who_made_it() {
        for wire in Wire::ALL {
            let Some(request) = wire.format().request("m", &ask()) else { continue };
            let said = request.to_string();
            for (of, seal) in [("anthropic", "s1"), ("gemini", "s2"), ("openai-responses", "s3")] {
                assert_eq!(said.contains(&format!("\"{seal}\"")), wire.name() == of, "{wire} and {seal}");
            }
        }
    }

    #[test]
    fn a_call_and_its_result_are_known_by_the_same_id_where_the_provider_named_none() {
        fn ids(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(fields) => fields.iter().for_each(|(name, value)| match value {
                    Value::String(id) if name == "id" || name.ends_with("_id") => found.push(id.clone()),
                    value => ids(value, found),
                }),
                Value::Array(values) => values.iter().for_each(|value| ids(value, found)),
                _ => {}
            }
        }
        for wire in [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic] {
            let mut found = Vec::new();
            ids(&wire.format().request("m", &ask()).unwrap(), &mut found);
            assert_eq!(found.len(), 4, "{wire}: {found:?}");
            assert_eq!(found[..2], found[2..], "{wire}");
        }
    }
}
