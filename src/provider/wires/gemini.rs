//! Google's Gemini API (`generateContent`, v1beta): the request, its streamed chunks and whole
//! answers. Arguments of a call may come in pieces, each under the path of the value that it belongs
//! to (`$.a.b[0]`).

use reqwest::Url;
use serde_json::{Map, Value, json};

use crate::model::{Ask, Effort, Message, Speaker, Tokens, Tool, Usage};
use crate::provider::BaseUrl;
use crate::provider::answer::{Answer, Counts, tokens};
use crate::provider::call::{Call, Script, written};
use crate::provider::embed::{Embedding, GeminiEmbeddings};
use crate::provider::json::Json;
use crate::provider::wire::{Format, Part, Read, Voice, arguments, event, piece, pieces, schema, text};

const NAME: &str = "gemini";

pub(in crate::provider) struct Gemini;

impl Format for Gemini {
    fn name(&self) -> &'static str {
        NAME
    }

    fn key(&self) -> (&'static str, &'static str) {
        ("x-goog-api-key", "")
    }

    fn url(&self, base: &BaseUrl, model: &str) -> Url {
        let mut url =
            base.join_versioned("/v1beta", &format!("/models/{}:streamGenerateContent", plain(model)));
        url.query_pairs_mut().append_pair("alt", "sse");
        url
    }

    fn request(&self, model: &str, ask: &Ask) -> Option<Value> {
        let said = ask.messages.iter().map(|message| {
            let role = match message.speaker {
                Speaker::User => "user",
                Speaker::Assistant => "model",
            };
            json!({"role": role, "parts": parts(message)})
        });
        let mut body = json!({"contents": said.collect::<Vec<_>>()});
        if !ask.system.is_empty() {
            body["systemInstruction"] = json!({"parts": [{"text": ask.system}]});
        }
        if let Some(most) = ask.max_output {
            body["generationConfig"]["maxOutputTokens"] = json!(most);
        }
        if !ask.stop.is_empty() {
            // More than five are refused.
            body["generationConfig"]["stopSequences"] = json!(ask.stop.iter().take(5).collect::<Vec<_>>());
        }
        if let Some(effort) = ask.effort {
            body["generationConfig"]["thinkingConfig"] = thinking(model, effort);
        }
        if !ask.tools.is_empty() {
            let declared = |tool: &Tool| json!({"name": tool.name, "description": tool.purpose, "parametersJsonSchema": schema(tool)});
            let declared: Vec<_> = ask.tools.iter().map(declared).collect();
            body["tools"] = json!([{"functionDeclarations": declared}]);
        }
        Some(body)
    }

    fn reader(&self) -> Box<dyn Read> {
        Box::new(Reader::default())
    }

    fn catalogue(&self, base: &BaseUrl) -> Url {
        base.join_versioned("/v1beta", "/models")
    }

    fn says_its_end(&self) -> bool {
        true
    }

    fn embedding(&self) -> Option<&'static dyn Embedding> {
        Some(&GeminiEmbeddings)
    }

    fn owns(&self, path: &str) -> bool {
        path.ends_with(":streamGenerateContent")
    }

    fn streams(&self, _request: &Value) -> bool {
        true
    }

    fn say(&self, part: Part<'_>, voice: &Voice<'_>) -> String {
        say(part, voice)
    }
}

/// The parts of a message. A call goes back with the signature that came with it: without one the
/// newer models refuse the conversation.
fn parts(message: &Message) -> Vec<Value> {
    let bare = message.calls().is_empty() && message.tool_results().is_empty();
    let said = (bare || !message.text.is_empty()).then(|| json!({"text": message.text}));
    let seals = message.seals().iter().filter(|seal| seal.of == NAME);
    let seals: Vec<Value> = seals.filter_map(|seal| serde_json::from_str(&seal.body).ok()).collect();
    let calls = (0u64..).zip(message.calls()).map(|(nth, call)| {
        let mut part = json!({"functionCall": {"name": call.name, "args": arguments(&call.arguments)}});
        if let Some(seal) = seals.iter().find(|seal| seal["call"] == nth) {
            part["thoughtSignature"] = seal["thoughtSignature"].clone();
        }
        part
    });
    let results = message.tool_results().iter().map(|result| {
        let outcome = if result.failed { "error" } else { "output" };
        json!({"functionResponse": {"name": result.name, "response": {outcome: result.text}}})
    });
    said.into_iter().chain(calls).chain(results).collect()
}

/// One generation takes a level, the one before it a number of tokens.
fn thinking(model: &str, effort: Effort) -> Value {
    let budget = match effort {
        Effort::Low => 1_024,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
    };
    if model.contains("gemini-2") {
        json!({"thinkingBudget": budget, "includeThoughts": true})
    } else {
        json!({"thinkingLevel": effort, "includeThoughts": true})
    }
}

/// The name that a path holds: some lists give names with a folder before them.
pub(in crate::provider) fn plain(model: &str) -> &str {
    model.strip_prefix("models/").unwrap_or(model)
}

/// A call whose arguments come in pieces.
struct Growing {
    index: usize,
    arguments: Value,
    /// The path whose text goes on in the next piece.
    tail: Option<String>,
}

#[derive(Default)]
struct Reader {
    growing: Option<Growing>,
    /// How many calls have begun.
    calls: u64,
}

impl Read for Reader {
    fn read(&mut self, value: &Json<'_>, answer: &mut Answer) {
        answer.model(&value["modelVersion"]);
        if value["usageMetadata"].as_object().is_some_and(|fields| !fields.is_empty()) {
            count(&value["usageMetadata"], answer);
        }
        answer.withheld(&value["promptFeedback"]["blockReason"]);
        answer.explain(text(&value["promptFeedback"]["blockReasonMessage"]));
        if !value["error"].is_null() {
            answer.ended();
        }
        let Some(candidate) = pieces(&value["candidates"], answer).first() else { return };
        let content = piece(&candidate["content"], answer);
        pieces(&content["parts"], answer).iter().for_each(|part| self.part(part, answer));
        answer.reason(&candidate["finishReason"]);
        answer.explain(text(&candidate["finishMessage"]));
        if !text(&candidate["finishReason"]).is_empty() {
            answer.ended();
        }
    }
}

impl Reader {
    fn part(&mut self, part: &Json<'_>, answer: &mut Answer) {
        if piece(&part["functionCall"], answer).is_object() {
            return self.call(&part["functionCall"], &part["thoughtSignature"], answer);
        }
        match part["text"].as_str() {
            Some(thought) if part["thought"] == true => answer.reasoning(thought),
            Some(said) => answer.text(said),
            None if !part["executableCode"].is_null() => answer.hosted(0, "executableCode"),
            None => {}
        }
    }

    fn call(&mut self, call: &Json<'_>, signature: &Json<'_>, answer: &mut Answer) {
        let (named, goes_on) = (!text(&call["name"]).is_empty(), call["willContinue"] == true);
        let own = |value: &Json<'_>| value.as_str().map(str::to_owned);
        let open = Call { id: own(&call["id"]), name: own(&call["name"]), ..Call::default() };
        if !matches!(call["willContinue"], Json::Null | Json::Bool(_)) {
            answer.garbled();
        }
        let in_pieces = call["partialArgs"].is_array() || goes_on || (self.growing.is_some() && !named);
        if !in_pieces {
            self.growing = None;
            let none = Json::Object(Vec::new());
            let arguments = if call["args"].is_null() { &none } else { &call["args"] };
            answer.open(Call { text: written(arguments, Script::Unicode), ..open });
            return self.sealed(signature, answer);
        }
        if named {
            self.sealed(signature, answer);
            // Until its last piece is here nothing of it can be run.
            let index = answer.open(Call { broken: true, ..open });
            self.growing = Some(Growing { index, arguments: Value::Object(Map::new()), tail: None });
        }
        let Some(growing) = &mut self.growing else { return };
        let fit = pieces(&call["partialArgs"], answer).iter().all(|piece| growing.put(piece).is_some());
        if let Some(call) = answer.call(growing.index) {
            call.text = written(&growing.arguments, Script::Unicode);
            call.broken = goes_on || !fit;
        }
        if !goes_on || !fit {
            self.growing = None;
        }
    }

    /// Counts a call that began, and keeps its signature.
    fn sealed(&mut self, signature: &Json<'_>, answer: &mut Answer) {
        if signature.is_string() {
            let seal = json!({"call": self.calls, "thoughtSignature": signature.to_value()});
            answer.seal(NAME, seal.to_string());
        }
        self.calls += 1;
    }
}

/// Most elements of a list that a piece may open: a path with a huge index is no argument.
const LIST_LIMIT: usize = 4096;

impl Growing {
    /// Puts a piece where its path says; `None` if it fits nowhere.
    fn put(&mut self, piece: &Json<'_>) -> Option<()> {
        let path = text(&piece["jsonPath"]);
        let mut place = &mut self.arguments;
        for step in steps(path)? {
            place = match step {
                Step::Field(name) => {
                    if place.is_null() {
                        *place = Value::Object(Map::new());
                    }
                    place.as_object_mut()?.entry(name).or_insert(Value::Null)
                }
                Step::Element(index) => {
                    if place.is_null() {
                        *place = Value::Array(Vec::new());
                    }
                    let list = place.as_array_mut()?;
                    if index >= list.len() {
                        list.resize(index + 1, Value::Null);
                    }
                    list.get_mut(index)?
                }
            };
        }
        let goes_on = self.tail.as_deref() == Some(path);
        *place = match (piece["stringValue"].as_str(), &*place) {
            (Some(more), Value::String(known)) if goes_on => Value::String(format!("{known}{more}")),
            (Some(text), _) => Value::String(text.to_owned()),
            (None, _) => {
                let values = [&piece["numberValue"], &piece["boolValue"], &piece["nullValue"]];
                match values.into_iter().find(|value| !value.is_null())? {
                    value @ (Json::Number(_) | Json::Bool(_)) => value.to_value(),
                    Json::String(null) if null == "NULL_VALUE" => Value::Null,
                    _ => return None,
                }
            }
        };
        self.tail = (piece["willContinue"] == true).then(|| path.to_owned());
        Some(())
    }
}

enum Step {
    Field(String),
    Element(usize),
}

/// The steps of a path such as `$.a.b[0]` (RFC 9535, the part of it that is used here).
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(field) = rest.strip_prefix('.') {
            let end = field.find(['.', '[']).unwrap_or(field.len());
            let (name, after) = field.split_at(end);
            steps.push(Step::Field(name.to_owned()));
            rest = after;
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(match inside.parse::<usize>() {
                Ok(index) if index < LIST_LIMIT => Step::Element(index),
                Ok(_) => return None,
                Err(_) => Step::Field(inside.trim_matches(['\'', '"']).to_owned()),
            });
            rest = after;
        }
    }
    (!steps.is_empty()).then_some(steps)
}

fn count(used: &Json<'_>, answer: &mut Answer) {
    let counts = Counts {
        input: used["promptTokenCount"].as_u64(),
        output: used["candidatesTokenCount"].as_u64(),
        total: used["totalTokenCount"].as_u64(),
        cached_input: used["cachedContentTokenCount"].as_u64(),
        cache_write: None,
        reasoning: used["thoughtsTokenCount"].as_u64(),
    };
    let thought = tokens(counts.reasoning);
    let usage = Usage {
        input: tokens(counts.input),
        // Thoughts are counted beside the answer.
        output: tokens(counts.output) + thought,
        cached: tokens(counts.cached_input),
        reasoning: thought,
        ..Usage::default()
    };
    answer.count(counts, usage);
}

fn say(part: Part<'_>, voice: &Voice<'_>) -> String {
    let chunk = |said: &str, more: Value| {
        let content = json!({"role": "model", "parts": [{"text": said}]});
        let mut candidate = json!({"index": 0, "content": content});
        let mut chunk = json!({"modelVersion": voice.model});
        if let Value::Object(more) = more {
            for (name, value) in more {
                let holder = if name == "finishReason" { &mut candidate } else { &mut chunk };
                holder[name] = value;
            }
        }
        chunk["candidates"] = json!([candidate]);
        chunk
    };
    let used = |output: Tokens| json!({"promptTokenCount": voice.input, "candidatesTokenCount": output, "totalTokenCount": voice.input + output});
    match part {
        Part::Opening | Part::Farewell => String::new(),
        Part::Delta(text) => event("", &chunk(text, Value::Null)),
        Part::Calls(calls) => {
            let mut said = chunk("", Value::Null);
            let parts = calls
                .iter()
                .map(|call| json!({"functionCall": {"name": call.name, "args": arguments(&call.arguments)}}));
            said["candidates"][0]["content"]["parts"] = parts.collect();
            event("", &said)
        }
        Part::Finish(reason, output) => event(
            "",
            &chunk("", json!({"finishReason": reason.unwrap_or("STOP"), "usageMetadata": used(output)})),
        ),
        Part::Whole(said, output) => {
            chunk(said, json!({"finishReason": "STOP", "usageMetadata": used(output)})).to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Delta, Message, Runnable};
    use crate::provider::json::of;

    #[test]
    fn a_request_puts_the_model_into_the_address_and_the_key_into_a_header() {
        let ask = Ask {
            system: "be brief".into(),
            messages: vec![Message::user("hi"), Message::assistant("ho"), Message::user("ha")],
            max_output: Some(Tokens(9)),
            stop: vec!["END".into()],
            ..Ask::default()
        };
        let expected = r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"ho"}]},{"role":"user","parts":[{"text":"ha"}]}],"systemInstruction":{"parts":[{"text":"be brief"}]},"generationConfig":{"maxOutputTokens":9,"stopSequences":["END"]}}"#;
        assert_eq!(Gemini.request("m", &ask).unwrap().to_string(), expected);
        for base in ["https://h", "https://h/v1beta", "https://h/v1beta/"] {
            let base = BaseUrl::parse(base, false).unwrap();
            let expected = "https://h/v1beta/models/gemini-x:streamGenerateContent?alt=sse";
            assert_eq!(Gemini.url(&base, "models/gemini-x").as_str(), expected);
        }
    }

    fn call(pieces: &[Value]) -> (String, Runnable) {
        let (mut answer, mut reader) = (Answer::default(), Reader::default());
        for piece in pieces {
            let parts = json!([{"functionCall": piece}]);
            reader.read(&of(&json!({"candidates": [{"content": {"parts": parts}}]})), &mut answer);
        }
        reader.read(&of(&json!({"candidates": [{"finishReason": "STOP"}]})), &mut answer);
        match answer.close().unwrap().remove(0) {
            Delta::Call(call) => (call.arguments, call.runnable),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn arguments_in_pieces_are_put_together_under_their_paths() {
        let found = call(&[
            json!({"name": "save", "willContinue": true}),
            json!({"partialArgs": [{"jsonPath": "$.a.b[1]", "stringValue": "x", "willContinue": true}], "willContinue": true}),
            json!({"partialArgs": [{"jsonPath": "$.a.b[1]", "stringValue": "y"}, {"jsonPath": "$.n", "numberValue": 3}], "willContinue": true}),
            json!({}),
        ]);
        assert_eq!(found, ("{\"a\": {\"b\": [null, \"xy\"]}, \"n\": 3}".into(), Runnable::Yes));
    }

    #[test]
    fn arguments_whose_last_piece_never_comes_or_fits_nowhere_are_not_run() {
        let open = json!({"name": "save", "partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}], "willContinue": true});
        assert_eq!(call(std::slice::from_ref(&open)).1, Runnable::No);
        for path in ["$.a.b", "$[0]", "$.l[99999999999]", "a", "$", "$.l[4097]"] {
            let piece = json!({"partialArgs": [{"jsonPath": path, "stringValue": "y"}]});
            assert_eq!(call(&[open.clone(), piece]).1, Runnable::No, "{path}");
        }
    }
}
