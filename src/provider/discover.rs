//! Looks for model servers on this machine's usual ports, for someone who configured none. A short,
//! bounded look that sends no word of the user's: one `GET /models` to each port on loopback.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::timeout;

use super::{Client, Endpoint};

/// Most models of one server that are listed, and the longest name taken for one.
const MODELS: usize = 100;
const NAME: usize = 200;

/// A server that answered.
#[derive(Clone, Debug)]
pub struct Found {
    pub endpoint: Endpoint,
    /// What it serves, in its own order.
    pub models: Vec<String>,
}

/// Which of `candidates` answer and have a model, asked all at once and given `within` to answer
/// (150 ms is plenty on one machine). Never call it before the first frame.
pub async fn discover(client: &Client, candidates: &[Endpoint], within: Duration) -> Vec<Found> {
    let found = look(client, candidates, within).await.into_iter().zip(candidates);
    let found =
        found.filter_map(|(models, endpoint)| Some(Found { endpoint: endpoint.clone(), models: models? }));
    found.filter(|found| !found.models.is_empty()).collect()
}

/// What each of `candidates` says it has, in their order: nothing, where there is an answer and no list
/// in it; `None` where there is no answer within that time.
pub async fn look(client: &Client, candidates: &[Endpoint], within: Duration) -> Vec<Option<Vec<String>>> {
    join_all(candidates.iter().map(|endpoint| async move {
        let url = endpoint.wire.format().catalogue(&endpoint.base_url);
        let body = timeout(within, client.get(endpoint, url)).await.ok()?.ok()?;
        Some(models(&serde_json::from_slice(&body).unwrap_or_default()))
    }))
    .await
}

/// The names in a list of models: `data` and `id` at OpenAI and most others, `models` and `name` at
/// Ollama and at Google, who puts a folder before them.
fn models(list: &Value) -> Vec<String> {
    let models = [&list["data"], &list["models"]].into_iter().find_map(Value::as_array);
    let models = models.map(Vec::as_slice).unwrap_or_default();
    let name = |model: &'_ Value| {
        let name =
            [&model["id"], &model["name"]].into_iter().find_map(|name| name.as_str().map(str::to_owned))?;
        Some(name.strip_prefix("models/").unwrap_or(&name).to_owned())
    };
    let usable = |name: &String| (1..=NAME).contains(&name.len()) && !name.contains(char::is_control);
    models.iter().filter_map(name).filter(usable).take(MODELS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_models_is_a_strangers_list() {
        let list =
            serde_json::json!({"data": [{"id": "good"}, {"id": 4}, {}, {"id": ""}, {"id": "e\u{1b}vil"}]});
        assert_eq!(models(&list), ["good"]);
        assert!(models(&Value::Null).is_empty());
        let ollama = serde_json::json!({"models": [{"name": "qwen3-coder:30b", "model": "qwen3-coder:30b"}]});
        assert_eq!(models(&ollama), ["qwen3-coder:30b"]);
        let google = serde_json::json!({"models": [{"name": "models/gemini-x", "version": "1"}]});
        assert_eq!(models(&google), ["gemini-x"]);
    }
}
