//! What servers do beside what their documentation says, one oddity a row: made up here after their
//! source and their users' reports, where no recording of it was at hand. Each is read whole, in single
//! bytes, with other line ends, and cut off at every byte.

use rein::provider::{Decoded, Response, Wire, decode};
use serde_json::Value;

/// Events (or lines of JSON) of an answer with status 200, and what a client must reach.
struct Quirk {
    name: &'static str,
    wire: Wire,
    events: &'static [&'static str],
    /// `text | finish | calls with what may be done with them | error`, `-` for what there is none of.
    expected: &'static str,
}

const fn quirk(
    wire: Wire,
    name: &'static str,
    events: &'static [&'static str],
    expected: &'static str,
) -> Quirk {
    Quirk { name, wire, events, expected }
}

use Wire::{
    Anthropic, Gemini, LlamaCppInfill, MistralFim, Ollama, OpenAiChat, OpenAiCompletions, OpenAiResponses,
};

#[rustfmt::skip] // A row for each, as in a table.
const CHAT: &[Quirk] = &[
    quirk(OpenAiChat, "an error is a chunk of its own kind (vLLM, before it said `error`)", &[
        r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]}"#,
        r#"{"object":"error","message":"the engine died","type":"InternalServerError","param":null,"code":500}"#,
        "[DONE]",
    ], "a | error | - | the engine died"),
    quirk(OpenAiChat, "an error beside an empty choice that ends (OpenRouter)", &[
        r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
        r#"{"error":{"code":502,"message":"upstream is gone"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","native_finish_reason":"error"}]}"#,
    ], "a | error | - | upstream is gone"),
    quirk(OpenAiChat, "an error after a finish that meant calls", &[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"1","function":{"name":"go","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#,
        r#"{"error":"out of memory"}"#,
        "[DONE]",
    ], "- | error | go no | out of memory"),
    quirk(OpenAiChat, "verdicts of a filter before, between and at the end (Azure)", &[
        r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"check_offset":0},"content_filter_results":{"error":{"code":"content_filter_error","message":"timed out"}}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter","content_filter_result":{"violence":{"filtered":true}}}]}"#,
        "[DONE]",
    ], "a | content_filter | - | -"),
    quirk(OpenAiChat, "the whole so far beside each delta, and no farewell (Perplexity)", &[
        r#"{"choices":[{"index":0,"message":{"content":"a"},"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"message":{"content":"ab"},"delta":{"content":"b"},"finish_reason":"stop"}]}"#,
    ], "ab | stop | - | -"),
    quirk(OpenAiChat, "a finish that is an interruption (DeepSeek)", &[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"1","function":{"name":"go","arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"delta":{},"finish_reason":"insufficient_system_resource"}]}"#,
        "[DONE]",
    ], "- | other | go no | -"),
    quirk(OpenAiChat, "a reference among the parts of a text (Mistral)", &[
        r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},{"type":"text","text":"b"}]}}]}"#,
        r#"{"choices":[{"delta":{"content":""},"finish_reason":"stop"}]}"#,
        "[DONE]",
    ], "ab | stop | - | -"),
    quirk(OpenAiChat, "calls that all have the number 0 (Ollama, Gemini as OpenAI)", &[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"1","function":{"name":"go","arguments":"{\"a\":1}"}}]}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"2","function":{"name":"stay","arguments":"{}"}}]}}]}"#,
        r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        "[DONE]",
    ], "- | tool_calls | go yes, stay yes | -"),
    quirk(OpenAiChat, "numbers of calls as texts", &[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":"0","id":"1","function":{"name":"go","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}]}"#,
        "[DONE]",
    ], "- | tool_calls | go no | -"),
    quirk(OpenAiChat, "calls said to be wanted, and cut off (OpenRouter)", &[
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"1","function":{"name":"go","arguments":"{\"a\":\"b"}}]},"finish_reason":"tool_calls"}]}"#,
        "[DONE]",
    ], "- | tool_calls | go no | -"),
    quirk(OpenAiChat, "an end that is said with nothing before it but thoughts", &[
        r#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#,
        r#"{"choices":[{"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
        "[DONE]",
    ], "- | length | - | -"),
    quirk(MistralFim, "a fill-in in the words of a chat", &[
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"model_length"}]}"#,
        "[DONE]",
    ], "a | length | - | -"),
    quirk(OpenAiCompletions, "an error between texts", &[
        r#"{"choices":[{"index":0,"text":"a","logprobs":null,"finish_reason":null}]}"#,
        r#"{"error":{"message":"no room","type":"server_error","code":"internal"}}"#,
    ], "a | error | - | no room"),
];

#[rustfmt::skip]
const OTHERS: &[Quirk] = &[
    quirk(Anthropic, "overloaded in the middle of a call", &[
        r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":1}}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"1","name":"go","input":{}}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}"#,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
    ], "a | error | go no | Overloaded"),
    quirk(Anthropic, "a turn that is paused while the provider's own tool runs", &[
        r#"{"type":"message_start","message":{"id":"m"}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"query\":\"x\"}"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"pause_turn"},"usage":{"output_tokens":1}}"#,
        r#"{"type":"message_stop"}"#,
    ], "- | pause | - | -"),
    quirk(Anthropic, "sealed thinking, a citation and kinds that are new", &[
        r#"{"type":"message_start","message":{"id":"m"}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"x"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":[]}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"a"}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"b"}}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"some_new_delta","text":"c"}}"#,
        r#"{"type":"some_new_event","text":"d"}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","container":null},"usage":{"output_tokens":1,"server_tool_use":null}}"#,
        r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1}}"#,
    ], "a | stop | - | -"),
    quirk(Anthropic, "a call that is whole where it opens, without pieces", &[
        r#"{"type":"message_start","message":{"id":"m"}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"1","name":"go","input":{"a":1}}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":1}}"#,
        r#"{"type":"message_stop"}"#,
    ], "- | tool_calls | go yes | -"),
    quirk(Anthropic, "a window that is full in the middle of arguments", &[
        r#"{"type":"message_start","message":{"id":"m"}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"1","name":"go"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"},"usage":{"output_tokens":1}}"#,
        r#"{"type":"message_stop"}"#,
    ], "- | length | go no | -"),
    quirk(Anthropic, "an end without a reason", &[
        r#"{"type":"message_start","message":{"id":"m"}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#,
        r#"{"type":"message_stop"}"#,
    ], "a | - | - | -"),
    quirk(OpenAiResponses, "words in the whole item only", &[
        r#"{"type":"response.created","response":{"status":"in_progress"}}"#,
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","content":[]}}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"a"}]}}"#,
        r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}]}}"#,
    ], "a | stop | - | -"),
    quirk(OpenAiResponses, "no items on the way, and all of them at the end", &[
        r#"{"type":"response.output_text.delta","delta":"a"}"#,
        r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]},{"type":"function_call","call_id":"1","name":"go","arguments":"{}"}]}}"#,
    ], "a | tool_calls | go yes | -"),
    quirk(OpenAiResponses, "withheld half-way", &[
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"a"}"#,
        r#"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}}"#,
    ], "a | content_filter | - | -"),
    quirk(OpenAiResponses, "failed, with the error in the response", &[
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"a"}"#,
        r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"it broke"}}}"#,
    ], "a | error | - | it broke"),
    quirk(OpenAiResponses, "an event that is an error and nothing else", &[
        r#"{"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null,"sequence_number":1}"#,
    ], "- | error | - | slow down"),
    quirk(OpenAiResponses, "free text of a tool, cut off by the limit", &[
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"custom_tool_call","call_id":"1","name":"go","input":""}}"#,
        r#"{"type":"response.custom_tool_call_input.delta","output_index":0,"delta":"rm"}"#,
        r#"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}"#,
    ], "- | length | go no | -"),
    quirk(Gemini, "a request that was blocked, for a reason that is new", &[
        r#"{"promptFeedback":{"blockReason":"SOME_NEW_REASON","blockReasonMessage":"not here"},"usageMetadata":{"promptTokenCount":1}}"#,
    ], "- | other | - | -"),
    quirk(Gemini, "a call that the model did not write well", &[
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#,
        r#"{"candidates":[{"content":{},"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"print(go())"}]}"#,
    ], "a | error | - | -"),
    quirk(Gemini, "overloaded half-way", &[
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#,
        r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
    ], "a | error | - | The model is overloaded."),
    quirk(Gemini, "a signature on nothing, an end on its own, and counts after it", &[
        r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"x"}]},"finishReason":"STOP"}]}"#,
        r#"{"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1}}"#,
    ], "a | stop | - | -"),
    quirk(Gemini, "two calls and a limit", &[
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"go","args":{"a":1}}},{"functionCall":{"name":"stay"}}]},"finishReason":"MAX_TOKENS"}]}"#,
    ], "- | length | go may, stay may | -"),
    quirk(Ollama, "an error as a line of its own", &[
        r#"{"message":{"role":"assistant","content":"a"},"done":false}"#,
        r#"{"error":"an error was encountered while running the model: CUDA error"}"#,
    ], "a | error | - | an error was encountered while running the model: CUDA error"),
    quirk(Ollama, "calls before the end, and an end without a reason", &[
        r#"{"message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
        r#"{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"index":0,"name":"go","arguments":{"a":1}}}]},"done":false}"#,
        r#"{"message":{"role":"assistant","content":""},"done":true}"#,
    ], "- | - | go may | -"),
    quirk(LlamaCppInfill, "stopped at the limit, with the older word for it", &[
        r#"{"content":"a","stop":false}"#,
        r#"{"content":"","stop":true,"stopped_limit":true,"tokens_predicted":1,"tokens_evaluated":1}"#,
    ], "a | length | - | -"),
    quirk(LlamaCppInfill, "an error between texts", &[
        r#"{"content":"a","stop":false}"#,
        r#"{"error":{"code":500,"message":"slot is gone","type":"server_error"}}"#,
    ], "a | error | - | slot is gone"),
];

impl Quirk {
    fn body(&self, end: &str) -> String {
        let lines = self.events.iter().map(|event| match self.wire {
            Ollama => format!("{event}{end}"),
            _ => format!("data: {event}{end}{end}"),
        });
        lines.collect()
    }

    fn decode<'a>(&self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
        decode(Response { wire: self.wire, status: 200, content_type: "" }, pieces)
    }
}

fn value(decoded: &Decoded) -> Value {
    serde_json::from_str(&decoded.to_json()).unwrap()
}

/// As a row has it.
fn row(decoded: &Decoded) -> String {
    let found = value(decoded);
    let text = |value: &Value| match value.as_str() {
        None | Some("") => "-".to_owned(),
        Some(text) => text.to_owned(),
    };
    let calls = found["tool_calls"].as_array().unwrap().iter();
    let calls: Vec<String> =
        calls.map(|call| format!("{} {}", text(&call["name"]), text(&call["runnable"]))).collect();
    let calls = if calls.is_empty() { "-".to_owned() } else { calls.join(", ") };
    let error = text(&found["error"]["message"]);
    format!("{} | {} | {calls} | {error}", text(&found["text"]), text(&found["finish"]))
}

#[test]
fn what_servers_do_beside_their_documentation_is_read_for_what_it_is() {
    for quirk in CHAT.iter().chain(OTHERS) {
        let body = quirk.body("\n");
        let whole = quirk.decode([body.as_bytes()]);
        assert_eq!(row(&whole), quirk.expected, "{}: {}", quirk.wire, quirk.name);
        for end in ["\n", "\r\n"] {
            let body = quirk.body(end);
            assert_eq!(quirk.decode(body.as_bytes().chunks(1)), whole, "{} with {end:?}", quirk.name);
        }
    }
}

#[test]
fn and_cut_off_anywhere_it_runs_nothing_and_says_so() {
    for quirk in CHAT.iter().chain(OTHERS) {
        let body = quirk.body("\n");
        let whole = value(&quirk.decode([body.as_bytes()]));
        for cut in 0..body.len() {
            let decoded = quirk.decode([&body.as_bytes()[..cut]]);
            let found = value(&decoded);
            if found["terminal"] == true {
                continue;
            }
            let calls = found["tool_calls"].as_array().unwrap();
            assert!(calls.iter().all(|call| call["runnable"] == "no"), "{} at {cut}", quirk.name);
            let said = decoded.complaint.is_some() || !found["error"].is_null() || !found["finish"].is_null();
            assert!(said, "{} at {cut}", quirk.name);
            let text = whole["text"].as_str().unwrap();
            assert!(text.starts_with(found["text"].as_str().unwrap()), "{} at {cut}", quirk.name);
        }
    }
}
