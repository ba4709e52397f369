//! Vectors kept by a Qdrant server, by its REST interface: for an organisation whose vectors outgrow a
//! laptop. It is sent vectors and the digests that name them, and neither a text nor a path. Knows no
//! project: what a digest stands for is the caller's.

use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::{Client, Endpoint};
use crate::model::Failure;

/// A vector's name: a digest, which the server is told as a UUID.
pub type PointId = [u8; 16];

/// Most names that a search is confined to by naming them; beyond, more is asked for and sorted out here.
const NAMED: usize = 8_192;

/// How many times as many are asked for then.
const MORE: usize = 8;

/// Most points of one request.
const AT_ONCE: usize = 256;

/// A collection at a server. The key, if there is one, travels as a bearer's.
#[derive(Clone, Debug)]
pub struct Qdrant {
    client: Client,
    endpoint: Endpoint,
    collection: String,
}

impl Qdrant {
    pub fn new(client: Client, endpoint: Endpoint, collection: String) -> Self {
        Self { client, endpoint, collection }
    }

    /// The server and the collection, as in `vectors (10.0.0.7:6333), collection rein-a1b2`.
    pub fn shown(&self) -> String {
        format!("{}, collection {}", self.endpoint.shown(), self.collection)
    }

    /// How many vectors the collection has; `None`: there is no such collection.
    ///
    /// # Errors
    /// The server cannot be asked, or answers with something else.
    pub async fn count(&self) -> Result<Option<u64>, Failure> {
        let found = self.client.document(&self.endpoint, Method::GET, self.url(""), Value::Null).await?;
        Ok(found.map(|about| about["result"]["points_count"].as_u64().unwrap_or(0)))
    }

    /// Makes the collection, for vectors of `length` numbers.
    ///
    /// # Errors
    /// As for [`Qdrant::count`].
    pub async fn create(&self, length: usize) -> Result<(), Failure> {
        let body = json!({"vectors": {"size": length, "distance": "Cosine"}});
        self.client.document(&self.endpoint, Method::PUT, self.url(""), body).await?;
        Ok(())
    }

    /// Puts vectors there, in the place of those of the same name. They are found once this returns.
    ///
    /// # Errors
    /// As for [`Qdrant::count`]. Some may be there.
    pub async fn put(&self, points: &[(PointId, Vec<f32>)]) -> Result<(), Failure> {
        for some in points.chunks(AT_ONCE) {
            let point = |(id, vector): &(PointId, Vec<f32>)| json!({"id": uuid(id), "vector": vector});
            let body = json!({"points": some.iter().map(point).collect::<Vec<_>>()});
            let url = self.url("/points?wait=true");
            if self.client.document(&self.endpoint, Method::PUT, url, body).await?.is_none() {
                return Err(self.unreadable("it has no such collection any more"));
            }
        }
        Ok(())
    }

    /// The nearest of `among` by cosine, highest first, at most `limit`. The server is asked for an exact
    /// search.
    ///
    /// # Errors
    /// As for [`Qdrant::count`].
    pub async fn nearest(
        &self,
        query: &[f32],
        among: &[PointId],
        limit: usize,
    ) -> Result<Vec<(PointId, f32)>, Failure> {
        let mut body = json!({"query": query, "limit": limit, "params": {"exact": true}});
        if among.len() <= NAMED {
            let ids: Vec<String> = among.iter().map(uuid).collect();
            body["filter"] = json!({"must": [{"has_id": ids}]});
        } else {
            body["limit"] = json!(limit.saturating_mul(MORE));
        }
        let url = self.url("/points/query");
        let answer = self.client.document(&self.endpoint, Method::POST, url, body).await?;
        let answer = answer.ok_or_else(|| self.unreadable("it has no such collection"))?;
        let points = answer["result"]["points"].as_array();
        let points = points.ok_or_else(|| self.unreadable("an answer without points"))?;
        let known: std::collections::HashSet<&PointId> = among.iter().collect();
        let point = |point: &Value| {
            let score = point["score"].as_f64().filter(|score| score.is_finite())? as f32;
            Some((digest(point["id"].as_str()?)?, score))
        };
        let mut near: Vec<(PointId, f32)> =
            points.iter().filter_map(point).filter(|(id, _)| known.contains(id)).collect();
        near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        near.truncate(limit);
        Ok(near)
    }

    fn url(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.endpoint.base_url.join(&format!("/collections/{}{path}", self.collection));
        url.set_query(query);
        url
    }

    fn unreadable(&self, why: &str) -> Failure {
        Failure::Unreadable { server: self.endpoint.shown(), why: why.to_owned() }
    }
}

/// As RFC 9562 writes it, whatever its version.
fn uuid(id: &PointId) -> String {
    let mut out = String::with_capacity(36);
    for (at, byte) in id.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

fn digest(uuid: &str) -> Option<PointId> {
    let digits: Vec<u8> = uuid.bytes().filter(|byte| *byte != b'-').collect();
    let mut id = [0; 16];
    if digits.len() != 32 {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| pair.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::super::Wire;
    use super::super::scripted::{Script, Server};
    use super::*;

    #[test]
    fn a_digest_is_a_uuid_and_back() {
        let id: PointId = std::array::from_fn(|n| n as u8 * 16 + 1);
        assert_eq!(uuid(&id), "01112131-4151-6171-8191-a1b1c1d1e1f1");
        assert_eq!(digest(&uuid(&id)), Some(id));
        assert_eq!((digest("x"), digest(&"g".repeat(32)), digest(&"é".repeat(16))), (None, None, None));
    }

    #[test]
    fn what_is_put_there_is_found_by_its_cosine_and_nothing_but_vectors_leaves() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (server, address) = Server::bind(Script::default()).await.unwrap();
            let base = super::super::BaseUrl::parse(&format!("http://{address}"), false).unwrap();
            let endpoint = Endpoint::new("vectors", Wire::Voyage, base);
            let requests = server.requests();
            let work = async {
                let store = Qdrant::new(Client::new(), endpoint, "some".into());
                assert_eq!(store.count().await, Ok(None));
                assert!(store.put(&[([1; 16], vec![1.0])]).await.is_err(), "there is no collection yet");
                store.create(2).await.unwrap();
                let points =
                    [([1; 16], vec![1.0, 0.0]), ([2; 16], vec![1.0, 1.0]), ([3; 16], vec![0.0, 1.0])];
                store.put(&points).await.unwrap();
                assert_eq!(store.count().await, Ok(Some(3)));
                let near = store.nearest(&[0.0, 2.0], &[[1; 16], [2; 16]], 9).await.unwrap();
                assert_eq!(near.iter().map(|(id, _)| id[0]).collect::<Vec<_>>(), [2, 1]);
                assert!((near[0].1 - 0.5_f32.sqrt()).abs() < 1e-6);
                // So many that they are not named.
                let many: Vec<PointId> = (0..=NAMED)
                    .map(|n| if n == 0 { [3; 16] } else { (n as u128 + (1 << 90)).to_be_bytes() })
                    .collect();
                assert_eq!(store.nearest(&[0.0, 2.0], &many, 1).await.unwrap()[0].0, [3; 16]);
                assert!(store.create(2).await.is_err());
            };
            tokio::select! {
                () = server.serve() => {}
                () = work => {}
            }
            let put = requests.all().into_iter().find(|one| one.path.contains("/points?")).unwrap().json();
            let fields: Vec<&String> = put["points"][0].as_object().unwrap().keys().collect();
            assert_eq!(fields, ["id", "vector"]);
        });
    }
}
