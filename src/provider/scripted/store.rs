//! As much of Qdrant's REST interface as rein uses, in memory: collections of vectors, and an exact
//! search by cosine.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Request;

/// Collections by name: the vectors by id.
#[derive(Default, Debug)]
pub(super) struct Store(BTreeMap<String, BTreeMap<String, Vec<f64>>>);

impl Store {
    /// The status and the body of the answer, if the request is one of these.
    pub(super) fn answer(&mut self, request: &Request) -> Option<(u16, Value)> {
        let path = request.path.split('?').next()?.strip_prefix("/collections/")?;
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let body = request.json();
        let missing = (404, json!({"status": {"error": "Not found: Collection doesn't exist!"}}));
        let result = match (request.method.as_str(), rest) {
            ("PUT", "") if self.0.contains_key(name) => {
                return Some((409, json!({"status": {"error": "Wrong input: Collection already exists!"}})));
            }
            ("PUT", "") => {
                self.0.insert(name.to_owned(), BTreeMap::new());
                json!(true)
            }
            (method, rest) => {
                let Some(points) = self.0.get_mut(name) else { return Some(missing) };
                match (method, rest) {
                    ("GET", "") => json!({"status": "green", "points_count": points.len()}),
                    ("DELETE", "") => json!(self.0.remove(name).is_some()),
                    ("PUT", "points") => {
                        for point in body["points"].as_array()? {
                            points.insert(point["id"].as_str()?.to_owned(), numbers(&point["vector"]));
                        }
                        json!({"status": "completed"})
                    }
                    ("POST", "points/query") => json!({ "points": nearest(points, &body) }),
                    _ => return Some(missing),
                }
            }
        };
        Some((200, json!({"result": result, "status": "ok", "time": 0.0})))
    }
}

fn nearest(points: &BTreeMap<String, Vec<f64>>, body: &Value) -> Vec<Value> {
    let query = numbers(&body["query"]);
    let only = body["filter"]["must"][0]["has_id"].as_array();
    let asked = |id: &str| only.is_none_or(|only| only.iter().any(|one| one.as_str() == Some(id)));
    let mut near: Vec<(f64, &String)> =
        points.iter().filter(|(id, _)| asked(id)).map(|(id, vector)| (cosine(vector, &query), id)).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let limit = body["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10);
    near.into_iter().take(limit).map(|(score, id)| json!({"id": id, "version": 0, "score": score})).collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f64::MIN_POSITIVE)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}
