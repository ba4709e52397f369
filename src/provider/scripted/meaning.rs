//! Texts as vectors, as the four families of servers give them: a stand-in for a model, to which words
//! with the same first four letters mean the same.

use serde_json::{Value, json};

/// Numbers in a vector.
const LENGTH: u64 = 64;

/// The answer to a request for vectors, if it is one by its path.
pub(super) fn answer(path: &str, body: &Value) -> Option<Value> {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    if path.ends_with("/embeddings") {
        let input = texts(&body["input"]);
        let one = |(index, text): (usize, &String)| json!({"object": "embedding", "index": index, "embedding": vector(text)});
        let data: Vec<Value> = input.iter().enumerate().map(one).collect();
        let counted = words(&input.join(" ")).count();
        let usage = json!({"prompt_tokens": counted, "total_tokens": counted});
        return Some(json!({"object": "list", "data": data, "usage": usage}));
    }
    if path.ends_with("/api/embed") {
        let input = texts(&body["input"]);
        let vectors: Vec<Vec<f32>> = input.iter().map(|text| vector(text)).collect();
        let counted = words(&input.join(" ")).count();
        return Some(json!({"embeddings": vectors, "prompt_eval_count": counted}));
    }
    if path.ends_with(":batchEmbedContents") {
        let requests = body["requests"].as_array()?;
        let text = |one: &Value| one["content"]["parts"][0]["text"].as_str().unwrap_or_default().to_owned();
        let values: Vec<Value> = requests.iter().map(|one| json!({"values": vector(&text(one))})).collect();
        return Some(json!({ "embeddings": values }));
    }
    None
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; LENGTH as usize];
    for word in words(text) {
        // FNV-1a.
        let hash = word
            .chars()
            .take(4)
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, c| (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3));
        if let Some(number) = vector.get_mut((hash >> 32) as usize % LENGTH as usize) {
            *number += 1.0;
        }
    }
    vector
}
