//! Texts as vectors: the requests of four families of servers, and their answers. An answer counts
//! only if it holds one vector for each text, all of one length and of numbers only.

use reqwest::Url;
use serde_json::{Value, json};

use super::BaseUrl;
use super::answer::BELIEVED;
use super::wires::gemini::plain as gemini_name;
use crate::model::{Counted, EmbedAs, Tokens, Usage, Vectors};

/// The elements of an array; none of anything else.
fn each(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// How a wire turns texts into vectors.
pub(super) trait Embedding: Sync {
    fn url(&self, base: &BaseUrl, model: &str) -> Url;
    fn request(&self, model: &str, texts: &[String], of: EmbedAs) -> Value;
    /// The vectors of an answer, each with the place it claims.
    fn vectors<'a>(&self, answer: &'a Value) -> Vec<(Option<u64>, &'a Value)>;
    /// The input tokens that were counted.
    fn counted(&self, answer: &Value) -> Option<u64>;
}

/// Reads the answer to a request with `expected` texts. What is wrong with it, in words.
pub(super) fn read(wire: &dyn Embedding, answer: &Value, expected: usize) -> Result<Vectors, String> {
    let mut found = wire.vectors(answer);
    if found.iter().all(|(place, _)| place.is_some()) {
        found.sort_by_key(|(place, _)| *place);
    }
    if found.len() != expected {
        return Err(format!("{} vectors for {expected} texts", found.len()));
    }
    let vectors: Option<Vec<Vec<f32>>> = found.into_iter().map(|(_, vector)| numbers(vector)).collect();
    let vectors = vectors.ok_or("a vector that is no list of numbers")?;
    let length = vectors.first().map_or(0, Vec::len);
    if (length == 0 && expected > 0) || vectors.iter().any(|vector| vector.len() != length) {
        return Err("vectors of different lengths".into());
    }
    let usage = match wire.counted(answer).map(Tokens).filter(|input| *input <= BELIEVED) {
        Some(input) => Usage { input, counted: Counted::Provider, ..Usage::default() },
        None => Usage::default(),
    };
    Ok(Vectors { vectors, usage })
}

fn numbers(vector: &Value) -> Option<Vec<f32>> {
    let number =
        |value: &Value| value.as_f64().map(|number| number as f32).filter(|number| number.is_finite());
    vector.as_array()?.iter().map(number).collect()
}

fn listed(answer: &Value) -> Vec<(Option<u64>, &Value)> {
    each(&answer["data"]).iter().map(|one| (one["index"].as_u64(), &one["embedding"])).collect()
}

/// `POST …/embeddings`, as OpenAI and most others serve it.
pub(super) struct OpenAiEmbeddings;

impl Embedding for OpenAiEmbeddings {
    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join("/embeddings")
    }

    fn request(&self, model: &str, texts: &[String], _of: EmbedAs) -> Value {
        json!({"model": model, "input": texts, "encoding_format": "float"})
    }

    fn vectors<'a>(&self, answer: &'a Value) -> Vec<(Option<u64>, &'a Value)> {
        listed(answer)
    }

    fn counted(&self, answer: &Value) -> Option<u64> {
        answer["usage"]["prompt_tokens"].as_u64()
    }
}

/// The same with the purpose of the texts, as Voyage serves it.
pub(super) struct VoyageEmbeddings;

impl Embedding for VoyageEmbeddings {
    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join("/embeddings")
    }

    fn request(&self, model: &str, texts: &[String], of: EmbedAs) -> Value {
        let of = match of {
            EmbedAs::Query => "query",
            EmbedAs::Document => "document",
        };
        json!({"model": model, "input": texts, "input_type": of})
    }

    fn vectors<'a>(&self, answer: &'a Value) -> Vec<(Option<u64>, &'a Value)> {
        listed(answer)
    }

    fn counted(&self, answer: &Value) -> Option<u64> {
        answer["usage"]["total_tokens"].as_u64()
    }
}

/// `POST …/api/embed`, Ollama's own.
pub(super) struct OllamaEmbeddings;

impl Embedding for OllamaEmbeddings {
    fn url(&self, base: &BaseUrl, _model: &str) -> Url {
        base.join_unversioned("/api/embed")
    }

    /// A text that is too long is an error, and not cut in silence.
    fn request(&self, model: &str, texts: &[String], _of: EmbedAs) -> Value {
        json!({"model": model, "input": texts, "truncate": false})
    }

    fn vectors<'a>(&self, answer: &'a Value) -> Vec<(Option<u64>, &'a Value)> {
        each(&answer["embeddings"]).iter().map(|vector| (None, vector)).collect()
    }

    fn counted(&self, answer: &Value) -> Option<u64> {
        answer["prompt_eval_count"].as_u64()
    }
}

/// `POST …/models/MODEL:batchEmbedContents`, as Google serves it.
pub(super) struct GeminiEmbeddings;

impl Embedding for GeminiEmbeddings {
    fn url(&self, base: &BaseUrl, model: &str) -> Url {
        base.join_versioned("/v1beta", &format!("/models/{}:batchEmbedContents", gemini_name(model)))
    }

    fn request(&self, model: &str, texts: &[String], of: EmbedAs) -> Value {
        let of = match of {
            EmbedAs::Query => "CODE_RETRIEVAL_QUERY",
            EmbedAs::Document => "RETRIEVAL_DOCUMENT",
        };
        let model = format!("models/{}", gemini_name(model));
        let one =
            |text: &String| json!({"model": model, "content": {"parts": [{"text": text}]}, "taskType": of});
        json!({"requests": texts.iter().map(one).collect::<Vec<_>>()})
    }

    fn vectors<'a>(&self, answer: &'a Value) -> Vec<(Option<u64>, &'a Value)> {
        each(&answer["embeddings"]).iter().map(|one| (None, &one["values"])).collect()
    }

    fn counted(&self, _answer: &Value) -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_is_read_and_put_into_the_order_of_the_texts() {
        let expected = vec![vec![1.0, 2.0], vec![3.0, 4.0]];
        let openai = json!({"data": [{"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": [1, 2]}], "usage": {"prompt_tokens": 7, "total_tokens": 7}});
        for wire in [&OpenAiEmbeddings as &dyn Embedding, &VoyageEmbeddings] {
            let read = read(wire, &openai, 2).unwrap();
            assert_eq!((read.vectors, read.usage.input), (expected.clone(), Tokens(7)));
        }
        let ollama = json!({"embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 7});
        assert_eq!(read(&OllamaEmbeddings, &ollama, 2).unwrap().vectors, expected);
        let gemini = json!({"embeddings": [{"values": [1, 2]}, {"values": [3, 4]}]});
        let read = read(&GeminiEmbeddings, &gemini, 2).unwrap();
        assert_eq!((read.vectors, read.usage.counted), (expected, Counted::Estimated));
    }

    #[test]
    fn vectors_that_do_not_fit_the_texts_are_no_answer() {
        for (answer, expected) in [
            (json!({"embeddings": [[1]]}), "1 vectors for 2 texts"),
            (json!({}), "0 vectors for 2 texts"),
            (json!({"embeddings": [[1], [1, 2]]}), "vectors of different lengths"),
            (json!({"embeddings": [[], []]}), "vectors of different lengths"),
            (json!({"embeddings": [[1], ["x"]]}), "a vector that is no list of numbers"),
            (json!({"embeddings": [[1], [1e300]]}), "a vector that is no list of numbers"),
        ] {
            assert_eq!(read(&OllamaEmbeddings, &answer, 2), Err(expected.to_owned()), "{answer}");
        }
    }

    #[test]
    fn a_request_says_what_the_texts_are_for_where_the_wire_can() {
        let texts = ["a".to_owned()];
        let voyage = VoyageEmbeddings.request("m", &texts, EmbedAs::Query);
        assert_eq!(voyage.to_string(), r#"{"model":"m","input":["a"],"input_type":"query"}"#);
        let gemini = GeminiEmbeddings.request("models/m", &texts, EmbedAs::Document);
        let expected = r#"{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_DOCUMENT"}]}"#;
        assert_eq!(gemini.to_string(), expected);
    }
}
